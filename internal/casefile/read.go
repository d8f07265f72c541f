package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// caseBody is the part of a case that is kept as JSON.
type caseBody struct {
	Trigger Trigger `json:"trigger"`
	Triage  Triage  `json:"triage"`
	Dossier Dossier `json:"dossier"`
}

const caseColumns = `id, version, title, party, party_name, stage, severity, assignee, restricted, opened, opened_by, changed, closed, body`

type row interface{ Scan(...any) error }

func scanCase(r row) (*Case, error) {
	var c Case
	var opened, changed, closed, body string
	err := r.Scan(&c.ID, &c.Version, &c.Title, &c.Party, &c.PartyName, &c.Stage, &c.Severity, &c.Assignee,
		&c.Restricted, &opened, &c.OpenedBy, &changed, &closed, &body)
	if err != nil {
		return nil, err
	}
	c.Opened, c.Changed, c.Closed = When(opened), When(changed), When(closed)
	var b caseBody
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return nil, fmt.Errorf("read body of case %s: %w", c.ID, err)
	}
	c.Trigger, c.Triage, c.Dossier = b.Trigger, b.Triage, b.Dossier
	return &c, nil
}

// readCase reads the row of a case with what access depends on.
func readCase(ctx context.Context, tx *sql.Tx, id ID) (*Case, error) {
	c, err := scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM case_file WHERE id = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if c.Members, err = words(ctx, tx, `SELECT actor FROM case_member WHERE case_id = $1 ORDER BY actor`, string(id)); err != nil {
		return nil, err
	}
	c.Conflicts, err = all(ctx, tx,
		`SELECT actor, what, paid, recused, at FROM interest WHERE case_id = $1 ORDER BY at, actor`,
		func(r row) (x Conflict, err error) {
			var at string
			err = r.Scan(&x.Actor, &x.Interest, &x.Paid, &x.Recused, &at)
			x.At = When(at)
			return x, err
		}, string(id))
	return c, err
}

// all runs a query and scans each row.
func all[T any](ctx context.Context, tx *sql.Tx, query string, scan func(row) (T, error), args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

func words(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	return all(ctx, tx, query, func(r row) (s string, err error) { err = r.Scan(&s); return s, err }, args...)
}

// save writes the case row back; the version was counted up by lock.
func (w *work) save() error {
	b, err := json.Marshal(caseBody{w.c.Trigger, w.c.Triage, w.c.Dossier})
	if err != nil {
		return err
	}
	c := w.c
	w.keep("case_file", string(c.ID))
	_, err = w.tx.ExecContext(w.ctx,
		`UPDATE case_file SET title = $2, party = $3, party_name = $4, fold = $5, stage = $6, severity = $7, assignee = $8,
		restricted = $9, closed = $10, body = $11 WHERE id = $1`,
		string(c.ID), c.Title, c.Party, c.PartyName, foldCase(c), string(c.Stage), string(c.Severity), c.Assignee,
		c.Restricted, Stamp(c.Closed), string(b))
	return err
}

// Case reads one case with everything in it. Reading a restricted case is logged.
func (d *Desk) Case(ctx context.Context, by Actor, id ID) (Case, error) {
	id = id.File()
	var c *Case
	err := d.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if c, err = caseFor(ctx, tx, id, by); err != nil {
			return err
		}
		if err := fill(ctx, tx, c); err != nil {
			return err
		}
		return hideRelated(ctx, tx, c, by)
	})
	if err != nil {
		return Case{}, wrap("read", id, err)
	}
	c.AsOf = d.Now().UTC()
	if !by.Has(Counsel) {
		c.Dossier.Privileged = ""
	}
	if c.Restricted {
		if err := d.logRead(ctx, by, id, "case"); err != nil {
			return Case{}, err
		}
	}
	return *c, nil
}

// hideRelated takes out what would tell of a related case that the actor may not see.
func hideRelated(ctx context.Context, tx *sql.Tx, c *Case, by Actor) error {
	hidden := map[ID]bool{}
	for _, r := range c.Related {
		o, err := readCase(ctx, tx, r.Case)
		if err != nil {
			return err
		}
		if readable(o, by) != nil {
			hidden[r.Case] = true
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	c.Related = slices.DeleteFunc(c.Related, func(r Relation) bool { return hidden[r.Case] })
	c.Events = slices.DeleteFunc(c.Events, func(e Event) bool { return e.Kind == EventRelated && hidden[e.Subject] })
	return nil
}

// logRead notes who read a restricted case. What cannot be logged is not shown.
func (d *Desk) logRead(ctx context.Context, by Actor, id ID, what string) error {
	err := d.DB.Write(ctx, func(tx *sql.Tx) error {
		w := &work{ctx: ctx, tx: tx, d: d, by: by}
		if err := w.insert("read_log", `INSERT INTO read_log (at, actor, case_id, what) VALUES ($1, $2, $3, $4)`,
			Stamp(d.Now()), by.ID, string(id), what); err != nil {
			return err
		}
		return w.pin()
	})
	if err != nil {
		return fmt.Errorf("log reading of case %s: %w", id, err)
	}
	return nil
}

// A Reading is one line of the log of who read a restricted case.
type Reading struct {
	At    string `json:"at"`
	Actor string `json:"actor"`
	Case  ID     `json:"case"`
	What  string `json:"what"`
}

// Readings lists who read restricted cases, newest first; one case, or all when id is "".
// Only the auditor sees it.
func (d *Desk) Readings(ctx context.Context, by Actor, id ID, limit int) (out []Reading, err error) {
	if !by.Has(Auditor) {
		return nil, ErrForbidden
	}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		out, err = all(ctx, tx,
			`SELECT at, actor, case_id, what FROM read_log WHERE $1 = '' OR case_id = $1 ORDER BY seq DESC LIMIT $2`,
			func(r row) (x Reading, err error) { err = r.Scan(&x.At, &x.Actor, &x.Case, &x.What); return x, err },
			string(id), limit)
		return err
	})
	return out, err
}

// fill reads what lies in a case.
func fill(ctx context.Context, tx *sql.Tx, c *Case) (err error) {
	id := string(c.ID)
	if c.Labels, err = words(ctx, tx, `SELECT label FROM case_label WHERE case_id = $1 ORDER BY label`, id); err != nil {
		return err
	}
	c.Related, err = all(ctx, tx, `SELECT other, kind, note FROM case_relation WHERE case_id = $1 ORDER BY other`,
		func(r row) (x Relation, err error) { err = r.Scan(&x.Case, &x.Kind, &x.Note); return x, err }, id)
	if err != nil {
		return err
	}
	if c.Clocks, err = readClocks(ctx, tx, `WHERE case_id = $1 ORDER BY id`, id); err != nil {
		return err
	}
	if c.Findings, err = readFindings(ctx, tx, c.ID); err != nil {
		return err
	}
	if c.Claims, err = readClaims(ctx, tx, `WHERE case_id = $1 ORDER BY added, id`, id); err != nil {
		return err
	}
	if c.Items, err = readItems(ctx, tx, c.ID); err != nil {
		return err
	}
	if c.Letters, err = readLetters(ctx, tx, `WHERE case_id = $1 ORDER BY id`, id); err != nil {
		return err
	}
	if c.Decisions, err = readDecisions(ctx, tx, `WHERE case_id = $1 ORDER BY proposed, id`, id); err != nil {
		return err
	}
	if c.Appeals, err = readAppeals(ctx, tx, c.ID); err != nil {
		return err
	}
	if c.Remedies, err = readRemedies(ctx, tx, c.ID); err != nil {
		return err
	}
	if c.Audits, err = readAudits(ctx, tx, c.ID); err != nil {
		return err
	}
	c.Events, err = readEvents(ctx, tx, `WHERE case_id = $1 ORDER BY seq`, id)
	return err
}

func readFindings(ctx context.Context, tx *sql.Tx, id ID) ([]Finding, error) {
	return all(ctx, tx, `SELECT run, finding, flag, state, severity, sentence, body, added, added_by, answer FROM case_finding WHERE case_id = $1 ORDER BY added, finding`,
		func(r row) (x Finding, err error) {
			var added string
			err = r.Scan(&x.Run, &x.ID, &x.Flag, &x.State, &x.Severity, &x.Sentence, &x.Body, &added, &x.By, &x.Answer)
			x.Added = When(added)
			return x, err
		}, string(id))
}

func readEvents(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Event, error) {
	return all(ctx, tx, `SELECT seq, at, actor, kind, case_id, subject, party, text, body FROM event `+where, scanEvent,
		args...)
}

func scanEvent(r row) (e Event, err error) {
	var at string
	err = r.Scan(&e.Seq, &at, &e.Actor, &e.Kind, &e.Case, &e.Subject, &e.Party, &e.Text, &e.Body)
	e.At = When(at)
	return e, err
}

func readClaims(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Claim, error) {
	claims, err := all(ctx, tx,
		`SELECT id, case_id, party, status, origin, critical, added, added_by, body FROM claim `+where,
		func(r row) (c Claim, err error) {
			var added, body, id, in, party, status, origin, by string
			var critical bool
			if err = r.Scan(&id, &in, &party, &status, &origin, &critical, &added, &by, &body); err != nil {
				return c, err
			}
			err = json.Unmarshal([]byte(body), &c)
			c.ID, c.Case, c.Party, c.Status, c.Origin, c.Critical, c.Added, c.AddedBy = ID(id), ID(in), party, status,
				origin, critical, When(added), by
			return c, err
		}, args...)
	if err != nil {
		return nil, err
	}
	for i := range claims {
		c := &claims[i]
		c.Grades, err = all(ctx, tx,
			`SELECT source, information, reason, by_actor, at FROM claim_grade WHERE claim = $1 ORDER BY seq`,
			func(r row) (g Grade, err error) {
				var at string
				err = r.Scan(&g.Source, &g.Information, &g.Reason, &g.By, &at)
				g.At = When(at)
				return g, err
			}, string(c.ID))
		if err != nil {
			return nil, err
		}
		c.History, err = all(ctx, tx,
			`SELECT status, wording, reason, authority, by_actor, at FROM claim_status WHERE claim = $1 ORDER BY seq`,
			func(r row) (s StatusChange, err error) {
				var at string
				err = r.Scan(&s.Status, &s.Text, &s.Reason, &s.Authority, &s.By, &at)
				s.At = When(at)
				return s, err
			}, string(c.ID))
		if err != nil {
			return nil, err
		}
		if c.Evidence, err = readCitations(ctx, tx, c.ID); err != nil {
			return nil, err
		}
		if c.Replies, err = readReplies(ctx, tx, `WHERE claim = $1 ORDER BY seq`, string(c.ID)); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

func readReplies(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Reply, error) {
	return all(ctx, tx, `SELECT letter, claim, answer, wording, received, effect, by_actor, at FROM reply `+where,
		func(r row) (x Reply, err error) {
			var at string
			err = r.Scan(&x.Letter, &x.Claim, &x.Answer, &x.Text, &x.Received, &x.Effect, &x.By, &at)
			x.At = When(at)
			return x, err
		}, args...)
}

func readLetters(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Letter, error) {
	letters, err := all(ctx, tx, `SELECT id, case_id, sent, deadline, body FROM letter `+where, func(r row) (l Letter,
		err error) {
		var id, in, sent, deadline, body string
		if err = r.Scan(&id, &in, &sent, &deadline, &body); err != nil {
			return l, err
		}
		err = json.Unmarshal([]byte(body), &l)
		l.ID, l.Case, l.Sent, l.Deadline = ID(id), ID(in), When(sent), When(deadline)
		return l, err
	}, args...)
	if err != nil {
		return nil, err
	}
	for i := range letters {
		replies, err := readReplies(ctx, tx, `WHERE letter = $1 ORDER BY seq`, string(letters[i].ID))
		if err != nil {
			return nil, err
		}
		for j := range letters[i].Assertions {
			for k := range replies {
				if replies[k].Claim == letters[i].Assertions[j].Claim {
					letters[i].Assertions[j].Reply = &replies[k]
				}
			}
		}
	}
	return letters, nil
}

const decisionColumns = `id, case_id, party, state, interim, proposer, proposed, decided, ends, body`

// errBroken says that a row was read, and its body is not what the program wrote.
var errBroken = errors.New("the stored text of it is damaged")

func scanDecision(r row) (d Decision, err error) {
	var id, in, party, state, proposer, proposed, decided, ends, body string
	var interim bool
	if err = r.Scan(&id, &in, &party, &state, &interim, &proposer, &proposed, &decided, &ends, &body); err != nil {
		return d, err
	}
	if err = json.Unmarshal([]byte(body), &d); err != nil {
		err = fmt.Errorf("decision %s: %w: %w", id, errBroken, err)
	}
	d.ID, d.Case, d.Party, d.State, d.Interim, d.Proposer = ID(id), ID(in), party, State(state), interim, proposer
	d.Proposed, d.Decided, d.Ends = When(proposed), When(decided), When(ends)
	return d, err
}

func readDecisions(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Decision, error) {
	ds, err := all(ctx, tx, `SELECT `+decisionColumns+` FROM decision `+where, scanDecision, args...)
	if err != nil {
		return nil, err
	}
	for i := range ds {
		ds[i].Voices, err = all(ctx, tx,
			`SELECT actor, kind, reasons, outside, at, sign_in FROM voice WHERE decision = $1 ORDER BY seq`,
			func(r row) (v Voice, err error) {
				var at string
				err = r.Scan(&v.Actor, &v.Kind, &v.Reasons, &v.Outside, &at, &v.SignIn)
				v.At = When(at)
				return v, err
			}, string(ds[i].ID))
		if err != nil {
			return nil, err
		}
	}
	return ds, nil
}
