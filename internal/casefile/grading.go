package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// AddClaim puts an attributed statement into the case. A grade that comes with it is the
// first; without one it is F6, unknown.
func (d *Desk) AddClaim(ctx context.Context, by Actor, id ID, c Claim) (Claim, error) {
	made, err := d.move(ctx, by, MoveClaim, id, 0, c, func(w *work) (ID, error) {
		if len(c.Grades) > 0 {
			c.Grades = []Grade{c.Grades[0]}
			c.Grades[0].By = by.ID
		}
		return w.addClaim(c)
	})
	if err != nil {
		return Claim{}, err
	}
	return d.claim(ctx, by, made)
}

// claim reads one claim of a case that the actor may see.
func (d *Desk) claim(ctx context.Context, by Actor, id ID) (Claim, error) {
	c, err := d.Case(ctx, by, id)
	if err != nil {
		return Claim{}, err
	}
	i := slices.IndexFunc(c.Claims, func(k Claim) bool { return k.ID == id })
	if i < 0 {
		return Claim{}, ErrNotFound
	}
	return c.Claims[i], nil
}

func (w *work) addClaim(c Claim) (ID, error) {
	var needs []string
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	need(strings.TrimSpace(c.Text) != "", "the statement, one assertion only")
	need(strings.TrimSpace(c.Source) != "", "who says it")
	need(c.Published == "" || isDate(c.Published), "a date like 2026-11-23 for its publication")
	if c.Denies != "" {
		var n int
		if err := w.tx.QueryRowContext(w.ctx, `SELECT count(*) FROM claim WHERE id = $1 AND case_id = $2`,
			string(c.Denies), string(w.c.ID)).Scan(&n); err != nil {
			return "", err
		}
		need(n == 1, "a claim of this case that it denies")
	}
	grade := Grade{Source: unknownGrade[:1], Information: unknownGrade[1:], Reason: "not graded yet"}
	if len(c.Grades) > 0 {
		grade = c.Grades[0]
		need(grade.valid(), "a grade from A1 to F6")
	}
	if err := lacking("A claim", needs); err != nil {
		return "", err
	}
	id, err := w.next("K")
	if err != nil {
		return "", err
	}
	if c.Party == "" {
		c.Party = w.c.Party
	}
	c.ID, c.Case, c.Status, c.Added, c.AddedBy = id, w.c.ID, Reported, w.now, w.by.ID
	c.Grades, c.History, c.Replies, c.Evidence = nil, nil, nil, nil
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	w.keep("claim", string(id))
	_, err = w.tx.ExecContext(w.ctx,
		`INSERT INTO claim (id, case_id, party, status, origin, critical, added, added_by, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		string(id), string(w.c.ID), c.Party, c.Status, c.Origin, c.Critical, Stamp(w.now), w.by.ID, string(body))
	if err != nil {
		return "", err
	}
	if grade.By != fromRegister {
		grade.By = w.by.ID
	}
	if err := w.grade(id, grade); err != nil {
		return "", err
	}
	if err := w.status(id, StatusChange{Status: Reported, Text: c.Text, Reason: "as it came"}); err != nil {
		return "", err
	}
	verb := " reports: "
	if c.Denies != "" {
		verb = " denies " + string(c.Denies) + ": "
	}
	e := Event{At: w.now, Actor: w.by.ID, Kind: EventClaim, Case: w.c.ID, Subject: id, Party: c.Party,
		Text: c.Source + verb + c.Text, Body: string(body)}
	return id, w.d.record(w.ctx, w.tx, e)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func (g Grade) valid() bool {
	return len(g.Source) == 1 && strings.Contains("ABCDEF", g.Source) && len(g.Information) == 1 &&
		strings.Contains("123456", g.Information)
}

func (w *work) grade(id ID, g Grade) error {
	return w.insert("claim_grade",
		`INSERT INTO claim_grade (claim, source, information, reason, by_actor, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(id), g.Source, g.Information, g.Reason, g.By, Stamp(w.now))
}

func (w *work) status(id ID, s StatusChange) error {
	return w.insert("claim_status",
		`INSERT INTO claim_status (claim, status, wording, reason, authority, by_actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(id), s.Status, s.Text, s.Reason, s.Authority, w.by.ID, Stamp(w.now))
}

// has finds a claim of the case in this transaction.
func (w *work) has(id ID) (Claim, error) {
	ks, err := readClaims(w.ctx, w.tx, `WHERE id = $1 AND case_id = $2`, string(id), string(w.c.ID))
	if err != nil {
		return Claim{}, err
	}
	if len(ks) == 0 {
		return Claim{}, ErrNotFound
	}
	return ks[0], nil
}

// GradeClaim adds a person's grade. The earlier ones stay: a claim that supports a hard
// decision needs the grades of two people.
func (d *Desk) GradeClaim(ctx context.Context, by Actor, id ID, g Grade) error {
	var needs []string
	if !g.valid() {
		needs = append(needs, "a source from A to F and an information from 1 to 6")
	}
	if strings.TrimSpace(g.Reason) == "" {
		needs = append(needs, "a reason")
	}
	if err := lacking("A grade", needs); err != nil {
		return err
	}
	_, err := d.move(ctx, by, MoveGrade, id, 0, []any{id, g}, func(w *work) (ID, error) {
		if _, err := w.has(id); err != nil {
			return "", err
		}
		g.By = w.by.ID
		if err := w.grade(id, g); err != nil {
			return "", err
		}
		return id, w.say(EventClaimGraded, id, fmt.Sprintf("%s graded %s: %s", id, g, g.Reason), nil)
	})
	return err
}

// SetClaimStatus changes where a claim stands. Text, when set, is the corrected wording;
// the old one stays in the history.
func (d *Desk) SetClaimStatus(ctx context.Context, by Actor, id ID, s StatusChange) error {
	_, err := d.move(ctx, by, MoveStatus, id, 0, []any{id, s}, func(w *work) (ID, error) {
		c, err := w.has(id)
		if err != nil {
			return "", err
		}
		var needs []string
		need := func(ok bool, what string) {
			if !ok {
				needs = append(needs, what)
			}
		}
		need(slices.Contains(Statuses, s.Status), "a status")
		need(strings.TrimSpace(s.Reason) != "", "a reason")
		need(s.Status != FoundByAuthority || s.Authority != "",
			"the authority's name, the date and the state of an appeal")
		need(s.Status != Corrected || s.Text != "" && s.Text != c.Text, "the corrected wording")
		need(c.Status != Withdrawn || s.Status == Reported || s.Status == Withdrawn,
			"a withdrawn claim to be reported again first")
		if err := lacking("The status of a claim", needs); err != nil {
			return "", err
		}
		was := c.Status
		if s.Text != "" {
			c.Text = s.Text
		}
		s.Text, c.Status = c.Text, s.Status
		c.Grades, c.History, c.Replies, c.Evidence = nil, nil, nil, nil
		body, err := json.Marshal(c)
		if err != nil {
			return "", err
		}
		w.keep("claim", string(id))
		if _, err := w.tx.ExecContext(w.ctx, `UPDATE claim SET status = $2, body = $3 WHERE id = $1`, string(id),
			c.Status, string(body)); err != nil {
			return "", err
		}
		if err := w.status(id, s); err != nil {
			return "", err
		}
		e := Event{At: w.now, Actor: w.by.ID, Kind: EventClaimStatus, Case: w.c.ID, Subject: id, Party: c.Party,
			Text: fmt.Sprintf("%s went from %s to %s: %s", id, was, s.Status, s.Reason)}
		b, _ := json.Marshal(s)
		e.Body = string(b)
		return id, w.d.record(w.ctx, w.tx, e)
	})
	return err
}

// MarkClaim says whether a claim is critical: one that the party has to be asked about. A
// claim that came with a finding begins as one that is not.
func (d *Desk) MarkClaim(ctx context.Context, by Actor, id ID, critical bool, reason string) error {
	_, err := d.move(ctx, by, MoveStatus, id, 0, []any{id, "critical", critical, reason}, func(w *work) (ID, error) {
		c, err := w.has(id)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(reason) == "" {
			return "", lacking("Marking a claim", []string{"a reason"})
		}
		if c.Critical == critical {
			return id, nil
		}
		w.keep("claim", string(id))
		if _, err := w.tx.ExecContext(w.ctx, `UPDATE claim SET critical = $2 WHERE id = $1`, string(id), critical); err != nil {
			return "", err
		}
		text := fmt.Sprintf("%s goes into the letter: %s", id, reason)
		if !critical {
			text = fmt.Sprintf("%s does not go into the letter: %s", id, reason)
		}
		return id, w.say(EventClaimMarked, id, text, map[string]bool{"critical": critical})
	})
	return err
}
