package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/name"
)

// An Opening is what a case begins with.
type Opening struct {
	Title      string       `json:"title"`
	Party      string       `json:"party"`
	PartyName  string       `json:"party_name"`
	Severity   Severity     `json:"severity"`
	Trigger    Trigger      `json:"trigger"`
	Restricted bool         `json:"restricted"`
	Labels     []string     `json:"labels"`
	Findings   []FindingRef `json:"findings"`
}

// A FindingRef names a finding of a stored run.
type FindingRef struct {
	Run string `json:"run"`
	ID  string `json:"id"`
}

func foldCase(c *Case) string { return name.Fold(string(c.ID) + " " + c.Title + " " + c.PartyName) }

// Open opens a case with the trigger word for word. The clock for the receipt and triage runs
// from now. The opener becomes a member.
func (d *Desk) Open(ctx context.Context, by Actor, o Opening) (Case, error) {
	var needs []string
	if strings.TrimSpace(o.Title) == "" {
		needs = append(needs, "a title")
	}
	if strings.TrimSpace(o.Trigger.Text) == "" && len(o.Findings) == 0 {
		needs = append(needs, "the exact allegation, or a finding that it starts from")
	}
	if o.Severity != "" && !slices.Contains(Severities, o.Severity) {
		needs = append(needs, "a severity of critical, high, medium or low")
	}
	if err := lacking("Opening a case", needs); err != nil {
		return Case{}, err
	}
	id, err := d.move(ctx, by, MoveOpen, "", 0, o, func(w *work) (ID, error) { return w.open(o) })
	if err != nil {
		return Case{}, err
	}
	return d.Case(ctx, by, id)
}

func (w *work) open(o Opening) (ID, error) {
	var n int64
	if err := w.tx.QueryRowContext(w.ctx, `UPDATE counter SET n = n + 1 WHERE name = 'case' RETURNING n`).Scan(&n); err != nil {
		return "", err
	}
	c := &Case{ID: ID(fmt.Sprintf("C-%04d", n)), Version: 1, Title: strings.TrimSpace(o.Title), Party: o.Party,
		PartyName: o.PartyName,
		Trigger:   o.Trigger, Stage: StageIntake, Severity: o.Severity, Restricted: o.Restricted, Opened: w.now,
		OpenedBy: w.by.ID, Changed: w.now}
	if c.Trigger.Kind == "" && len(o.Findings) > 0 {
		c.Trigger.Kind = "finding"
	}
	w.c = c
	w.keep("case_file", string(c.ID))
	_, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO case_file (id, number, version, items, title, party, party_name, fold, stage, severity, assignee, restricted,
		opened, opened_by, changed, closed, body) VALUES ($1, $2, 1, 0, $3, $4, $5, '', $6, $7, '', $8, $9, $10, $9, '', '{}')`,
		string(c.ID), n, c.Title, c.Party, c.PartyName, string(c.Stage), string(c.Severity), c.Restricted, Stamp(w.now),
		w.by.ID)
	if err != nil {
		return "", err
	}
	if err := w.save(); err != nil {
		return "", err
	}
	if err := w.member(w.by.ID); err != nil {
		return "", err
	}
	if err := w.say(EventOpened, c.ID, "Case opened: "+c.Title, o); err != nil {
		return "", err
	}
	for _, l := range o.Labels {
		if err := w.label(l); err != nil {
			return "", err
		}
	}
	for _, f := range o.Findings {
		if err := w.link(f); err != nil {
			return "", err
		}
	}
	return c.ID, w.startClock(ClockKind(StageIntake), c.ID, stageDays[StageIntake])
}

func (w *work) member(actor string) error {
	w.keep("case_member", string(w.c.ID), actor)
	_, err := w.tx.ExecContext(w.ctx, `INSERT INTO case_member (case_id, actor) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		string(w.c.ID), actor)
	if err == nil && !slices.Contains(w.c.Members, actor) {
		w.c.Members = append(w.c.Members, actor)
	}
	return err
}

func (w *work) label(l string) error {
	w.keep("case_label", string(w.c.ID), strings.TrimSpace(l))
	_, err := w.tx.ExecContext(w.ctx, `INSERT INTO case_label (case_id, label) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		string(w.c.ID), strings.TrimSpace(l))
	return err
}

// link copies a finding into the case, as it reads now: a later run changes nothing here.
func (w *work) link(f FindingRef) error {
	w.keep("case_finding", string(w.c.ID), f.ID)
	r, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO case_finding (case_id, finding, run, flag, state, severity, sentence, body, added, added_by, answer)
		SELECT $1, f.id, r.id, f.flag, f.state, f.severity, t.sentence, t.body, $4, $5, '' FROM run r JOIN finding f ON f.run = r.seq
		JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE r.id = $2 AND f.id = $3 ON CONFLICT DO NOTHING`,
		string(w.c.ID), f.Run, f.ID, Stamp(w.now), w.by.ID)
	if err != nil {
		return err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		var had int
		if err := w.tx.QueryRowContext(w.ctx, `SELECT count(*) FROM case_finding WHERE case_id = $1 AND finding = $2`,
			string(w.c.ID), f.ID).Scan(&had); err != nil {
			return err
		}
		if had == 0 {
			return lacking("Putting a finding into the case", []string{"a finding that exists: run " + f.Run +
				" has no finding " + f.ID})
		}
		return nil
	}
	var flag, sentence string
	if err := w.tx.QueryRowContext(w.ctx, `SELECT flag, sentence FROM case_finding WHERE case_id = $1 AND finding = $2`,
		string(w.c.ID), f.ID).Scan(&flag, &sentence); err != nil {
		return err
	}
	if err := w.say(EventFinding, ID(f.ID), flag+" was put into the case: "+sentence, f); err != nil {
		return err
	}
	return w.claimsOf(f)
}

// claimsOf puts the attributed statements that stand beside a finding into the case, each
// once, as reported: what our register thinks of them is its grade, not our test.
func (w *work) claimsOf(f FindingRef) error {
	var body string
	if err := w.tx.QueryRowContext(w.ctx, `SELECT body FROM case_finding WHERE case_id = $1 AND finding = $2`,
		string(w.c.ID), f.ID).Scan(&body); err != nil {
		return err
	}
	var line finding.Finding
	if err := json.Unmarshal([]byte(body), &line); err != nil {
		return fmt.Errorf("read finding %s: %w", f.ID, err)
	}
	if len(line.Claims) == 0 {
		return nil
	}
	have, err := readClaims(w.ctx, w.tx, `WHERE case_id = $1`, string(w.c.ID))
	if err != nil {
		return err
	}
	for _, k := range line.Claims {
		if k.Text == "" || slices.ContainsFunc(have, func(c Claim) bool {
			return c.Text == k.Text &&
				c.Source == k.Source
		}) {
			continue
		}
		c := Claim{Text: k.Text, Source: or(k.Source, "a source that the register does not name"), Origin: k.Origin,
			Party: line.Subject.Party}
		if isDate(k.Published) {
			c.Published = k.Published
		}
		if len(k.Grade) == 2 {
			if g := (Grade{Source: k.Grade[:1], Information: k.Grade[1:], Reason: "as the register of claims has it (" +
				k.ID + ")", By: fromRegister}); g.valid() {
				c.Grades = []Grade{g}
			}
		}
		if _, err := w.addClaim(c); err != nil {
			return err
		}
		have = append(have, c)
	}
	return nil
}

// LinkFinding puts a finding of a stored run into the case.
func (d *Desk) LinkFinding(ctx context.Context, by Actor, id ID, f FindingRef) error {
	_, err := d.move(ctx, by, MoveFinding, id, 0, f, func(w *work) (ID, error) { return id, w.link(f) })
	return err
}

// AnswerFinding notes what was found out about a finding. "clear" needs it for each that is
// high or critical.
func (d *Desk) AnswerFinding(ctx context.Context, by Actor, id ID, finding, answer string) error {
	_, err := d.move(ctx, by, MoveStatus, id, 0, []string{finding, answer}, func(w *work) (ID, error) {
		w.keep("case_finding", string(w.c.ID), finding)
		r, err := w.tx.ExecContext(w.ctx, `UPDATE case_finding SET answer = $3 WHERE case_id = $1 AND finding = $2`,
			string(w.c.ID), finding, answer)
		if err != nil {
			return "", err
		}
		if n, _ := r.RowsAffected(); n == 0 {
			return "", ErrNotFound
		}
		return id, w.say(EventAnswered, ID(finding), "Finding "+finding+": "+answer, nil)
	})
	return err
}
