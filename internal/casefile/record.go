package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// A Record is the decision record with the 29 points of the domain reference, 4.9. The json
// names carry the number of the point.
type Record struct {
	Identity    RecordIdentity    `json:"01_identity"`
	Policy      RecordPolicy      `json:"02_policy"`
	Trigger     RecordTrigger     `json:"03_trigger_and_claims"`
	Scope       Extent            `json:"04_scope"`
	Coverage    string            `json:"05_coverage"`
	Content     string            `json:"06_content_statement"`
	EndUser     RecordEndUser     `json:"07_end_user_and_path"`
	Flags       []RecordFlag      `json:"08_flags"`
	Evidence    []Evidence        `json:"09_evidence"`
	Innocent    RecordInnocent    `json:"10_innocent_explanations"`
	Context     []Modifier        `json:"11_context"`
	Involvement [2]string         `json:"12_involvement"` // kind, reasons
	Severity    RecordSeverity    `json:"13_severity"`
	Leverage    string            `json:"14_leverage"`
	Reply       RecordReply       `json:"15_reply"`
	Affected    [2]string         `json:"16_affected_people_and_experts"`
	Legal       string            `json:"17_legal_notes"` // without the privileged part
	Options     []Option          `json:"18_options"`
	Outcome     RecordOutcome     `json:"19_outcome"`
	ExitHarm    string            `json:"20_exit_harm"`
	Conditions  RecordConditions  `json:"21_conditions"`
	People      RecordPeople      `json:"22_people"`
	Enforcement RecordEnforcement `json:"23_enforcement"`
	Notices     []string          `json:"24_notices"`
	Remedy      string            `json:"25_remedy"`
	Publication RecordPublication `json:"26_publication"`
	Review      RecordReview      `json:"27_review"`
	Appeal      string            `json:"28_appeal"`
	Seal        RecordSeal        `json:"29_seal"`
}

// The points that have parts.
type (
	// RecordIdentity is point 1.
	RecordIdentity struct {
		Decision ID        `json:"decision"`
		Case     ID        `json:"case"`
		Version  int       `json:"version"`
		Title    string    `json:"title"`
		Proposed time.Time `json:"proposed"`
		Decided  time.Time `json:"decided,omitzero"`
		Written  time.Time `json:"written"`
		Language string    `json:"language"`
		State    State     `json:"state"`
		Interim  bool      `json:"interim"`
	}
	// RecordPolicy is point 2.
	RecordPolicy struct {
		Packs   []string `json:"packs"` // "name version", as the findings name them
		Digest  string   `json:"sha256"`
		LawAsAt string   `json:"law_as_at"`
	}
	// RecordTrigger is point 3.
	RecordTrigger struct {
		Trigger Trigger `json:"trigger"`
		Claims  []Claim `json:"claims"`
		Origins int     `json:"independent_origins"`
	}
	// RecordEndUser is point 7.
	RecordEndUser struct {
		Text  string            `json:"text"`
		Paths []json.RawMessage `json:"paths"`
	}
	// RecordFlag is one flag of point 8.
	RecordFlag struct {
		Flag     string `json:"flag"`
		State    string `json:"state"` // raised | not_computable | not_raised
		Finding  string `json:"finding,omitempty"`
		Sentence string `json:"sentence"`
		Answer   string `json:"answer"`
	}
	// RecordInnocent is point 10.
	RecordInnocent struct {
		Considered string   `json:"considered"`
		Known      []string `json:"known"` // what the rules name
	}
	// RecordSeverity is point 13.
	RecordSeverity struct {
		Severity        Severity `json:"severity"`
		Scale           string   `json:"scale"`
		Scope           string   `json:"scope"`
		Irremediability string   `json:"irremediability"`
		Likelihood      string   `json:"likelihood"`
	}
	// RecordReply is point 15.
	RecordReply struct {
		Letters []Letter `json:"letters"`
		NoAsked string   `json:"not_asked_because"`
	}
	// RecordOutcome is point 19.
	RecordOutcome struct {
		Service  string   `json:"service"`
		Outcome  Outcome  `json:"outcome"`
		Scope    Scope    `json:"scope"`
		Standard Standard `json:"standard_of_proof"`
		Reasons  string   `json:"reasons"`
		NotSeen  string   `json:"not_reviewed"`
		Start    string   `json:"start"`
		End      string   `json:"end"`
	}
	// RecordConditions is point 21.
	RecordConditions struct {
		Duties    []Duty   `json:"conditions"`
		Watch     []string `json:"watched"`
		Narrowest string   `json:"narrowest"`
		LegalAble string   `json:"legal_ability"`
	}
	// RecordPeople is point 22.
	RecordPeople struct {
		Proposer string     `json:"proposer"`
		Voices   []Voice    `json:"voices"`
		SignIns  []SignIn   `json:"sign_ins,omitempty"` // of who proposed, executed and verified
		Recusals []Conflict `json:"conflicts_and_recusals"`
	}
	// RecordEnforcement is point 23.
	RecordEnforcement struct {
		Enforcement
		State State `json:"state"`
	}
	// RecordPublication is point 26.
	RecordPublication struct {
		Publication string   `json:"publication"`
		Redactions  []string `json:"redactions"`
	}
	// RecordReview is point 27.
	RecordReview struct {
		Date     string   `json:"date"`
		Reversal string   `json:"reversal"`
		Triggers []string `json:"reopen_when"`
	}
	// RecordSeal is point 29. SHA256 is of the record's JSON with SHA256 and Signature empty.
	RecordSeal struct {
		SHA256    string `json:"sha256"`
		Previous  string `json:"previous_sha256"`
		Signature string `json:"signature"`
	}
)

// ContentStatement is point 6 when the dossier says nothing more.
const ContentStatement = "No customer content was used: the records read are business records; columns that " +
	"customers write are dropped or hashed when a file is read, and there is no field that could hold content."

// Record returns the record of a decision, as it was last kept, or as it would read now
// while the decision is only proposed.
func (d *Desk) Record(ctx context.Context, by Actor, id ID) (Record, error) {
	c, err := d.Case(ctx, by, id)
	if err != nil {
		return Record{}, err
	}
	for _, x := range c.Decisions {
		if x.ID != id {
			continue
		}
		versions, err := d.Records(ctx, by, id)
		if err != nil {
			return Record{}, err
		}
		if len(versions) > 0 {
			return versions[len(versions)-1], nil
		}
		var rv *review
		err = d.DB.Read(ctx, func(tx *sql.Tx) (err error) { rv, err = readReview(ctx, tx, &c); return err })
		if err != nil {
			return Record{}, err
		}
		return makeRecord(c, x, rv, 0, "", d.Now())
	}
	return Record{}, ErrNotFound
}

// Records returns every kept version, oldest first.
func (d *Desk) Records(ctx context.Context, by Actor, id ID) (out []Record, err error) {
	restricted := false
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		c, err := caseFor(ctx, tx, id.File(), by)
		if err != nil {
			return err
		}
		restricted = c.Restricted
		out, err = all(ctx, tx, `SELECT body FROM decision_record WHERE decision = $1 ORDER BY version`,
			func(r row) (x Record, err error) {
				var body string
				if err = r.Scan(&body); err != nil {
					return x, err
				}
				return x, json.Unmarshal([]byte(body), &x)
			}, string(id))
		return err
	})
	if err == nil && restricted {
		err = d.logRead(ctx, by, id.File(), "record")
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// keepRecord writes the next version of a decision's record, linked to the one before.
func (w *work) keepRecord(id ID) error {
	// Read again: the record shows the case as this transaction leaves it.
	c, err := readCase(w.ctx, w.tx, w.c.ID)
	if err != nil {
		return err
	}
	if err := fill(w.ctx, w.tx, c); err != nil {
		return err
	}
	rv, err := readReview(w.ctx, w.tx, c)
	if err != nil {
		return err
	}
	var version int
	var previous string
	err = w.tx.QueryRowContext(w.ctx,
		`SELECT version, sha256 FROM decision_record WHERE decision = $1 ORDER BY version DESC LIMIT 1`,
		string(id)).Scan(&version, &previous)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, x := range c.Decisions {
		if x.ID != id {
			continue
		}
		r, err := makeRecord(*c, x, rv, version+1, previous, w.now)
		if err != nil {
			return err
		}
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		w.keep("decision_record", string(id), strconv.Itoa(version+1))
		_, err = w.tx.ExecContext(w.ctx,
			`INSERT INTO decision_record (decision, version, at, sha256, previous, body) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(id), version+1, Stamp(w.now), r.Seal.SHA256, previous, string(body))
		if err != nil {
			return err
		}
		return w.sayOf(x, EventRecord, "Version of the record kept, SHA-256 "+r.Seal.SHA256, map[string]any{
			"version": version + 1, "sha256": r.Seal.SHA256, "previous": previous})
	}
	return ErrNotFound
}

// Sum computes the hash that point 29 carries.
func (r Record) Sum() (string, error) {
	r.Seal.SHA256, r.Seal.Signature = "", ""
	b, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}
