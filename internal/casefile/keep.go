package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long what a case holds is kept after its end (domain reference, part 5): months where it was turned away at
// triage, years where it was cleared, and years where something else was decided.
const (
	keepRejectedMonths = 6
	keepClearedYears   = 2
	keepDecidedYears   = 10
	holdReviewMonths   = 6 // after which a legal hold is looked at again
)

// auditOne of how many clearances is looked at again by somebody who took no part, and auditDays how long that may
// take. Our own choice: the source asks for a random audit and names no share.
const (
	auditOne  = 10
	auditDays = 20
)

// An AuditState is where a second look stands.
type AuditState string

// States of a second look.
const (
	AuditDrawn   AuditState = "drawn"
	AuditHolds   AuditState = "holds"
	AuditDoesNot AuditState = "does_not_hold"
)

// An Audit is a second look at a clearance that chance has drawn.
type Audit struct {
	ID       ID         `json:"id"`
	Case     ID         `json:"case"`
	Decision ID         `json:"decision"`
	State    AuditState `json:"state"`
	Drawn    time.Time  `json:"drawn"`
	Auditor  string     `json:"auditor,omitempty"`
	At       time.Time  `json:"at,omitzero"`
	Found    string     `json:"found,omitempty"`
}

// keepUntil is until when a closed case is kept.
func keepUntil(c Case, from time.Time) time.Time {
	cleared := false
	for _, x := range c.Decisions {
		if x.Decided.IsZero() || x.State == Refused {
			continue
		}
		if x.Outcome != Clear {
			return from.AddDate(keepDecidedYears, 0, 0)
		}
		cleared = true
	}
	if cleared {
		return from.AddDate(keepClearedYears, 0, 0)
	}
	return from.AddDate(0, keepRejectedMonths, 0)
}

// retain starts the clock of how long a closed case is kept.
func (w *work) retain() error {
	c := *w.c
	var err error
	if c.Decisions, err = readDecisions(w.ctx, w.tx, `WHERE case_id = $1`, string(c.ID)); err != nil {
		return err
	}
	due := keepUntil(c, w.now)
	if err := w.setClock(ClockRetention, c.ID, 0, due); err != nil {
		return err
	}
	return w.say(EventRetention, c.ID, "What the case holds is kept until "+due.Format(time.DateOnly), nil)
}

// draw has chance pick a clearance for a second look.
func (w *work) draw(x Decision) error {
	picked := false
	if w.d.Draw != nil {
		picked = w.d.Draw(x.ID)
	} else {
		seed, err := w.seed()
		if err != nil {
			return err
		}
		picked = Drawn(seed, x.ID)
	}
	if !picked {
		return nil
	}
	a := Audit{Case: w.c.ID, Decision: x.ID, State: AuditDrawn, Drawn: w.now}
	var err error
	if a.ID, err = w.next("U"); err != nil {
		return err
	}
	if err := w.putProcess("audit", a.ID, x.ID, string(a.State), a, true); err != nil {
		return err
	}
	if err := w.startClock(ClockAudit, a.ID, auditDays); err != nil {
		return err
	}
	return w.d.record(w.ctx, w.tx, Event{At: w.now, Actor: clockwork.ID, Kind: EventAuditDrawn, Case: w.c.ID,
		Subject: a.ID, Party: w.c.Party,
		Text: fmt.Sprintf("Chance has drawn the clearance %s for a second look by somebody who took no part", x.ID)})
}

// Audit records the second look at a clearance, by a person who took no part in the case before. One that does not hold
// opens the case again, at triage.
func (d *Desk) Audit(ctx context.Context, by Actor, id ID, holds bool, found string) error {
	_, err := d.move(ctx, by, MoveAudit, id, 0, []any{id, holds, found}, func(w *work) (ID, error) {
		list, err := readAudits(w.ctx, w.tx, w.c.ID)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(list, func(a Audit) bool { return a.ID == id })
		if i < 0 {
			return "", ErrNotFound
		}
		a := list[i]
		if a.State != AuditDrawn {
			return "", ErrStage
		}
		if err := w.fresh(); err != nil {
			return "", err
		}
		if strings.TrimSpace(found) == "" {
			return "", lacking("A second look", []string{"what was found"})
		}
		a.State, a.Auditor, a.At, a.Found = AuditHolds, w.by.ID, w.now, found
		text := fmt.Sprintf("Second look %s: the clearance %s holds: %s", id, a.Decision, found)
		if !holds {
			a.State, text = AuditDoesNot, fmt.Sprintf("Second look %s: the clearance %s does not hold: %s", id,
				a.Decision, found)
		}
		if err := w.putProcess("audit", a.ID, a.Decision, string(a.State), a, false); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockAudit, id); err != nil {
			return "", err
		}
		if err := w.say(EventAudit, id, text, a); err != nil {
			return "", err
		}
		if holds {
			return id, nil
		}
		w.c.Closed = time.Time{}
		if err := w.endClocks(ClockRetention, ""); err != nil {
			return "", err
		}
		if err := w.enter(StageTriage); err != nil {
			return "", err
		}
		return id, w.save()
	})
	return err
}

func readAudits(ctx context.Context, tx *sql.Tx, id ID) ([]Audit, error) {
	return readProcess[Audit](ctx, tx, "audit", id)
}
