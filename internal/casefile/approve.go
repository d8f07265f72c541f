package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Approve gives one person's yes. The proposer cannot, nor whoever declared an interest. A
// critical decision needs two, at least one of them from outside the business line; an
// interim measure needs one. The last needed yes puts the decision into force.
func (d *Desk) Approve(ctx context.Context, by Actor, id ID, reasons string) error {
	_, err := d.move(ctx, by, MoveApprove, id, 0, []any{id, reasons}, func(w *work) (ID, error) {
		x, err := w.judge(id, "approve", reasons)
		if err != nil {
			return "", err
		}
		if err := fill(w.ctx, w.tx, w.c); err != nil {
			return "", err
		}
		// What it rests on may have changed since it was proposed.
		if err := lacking("The decision", Lacks(*w.c, x.Proposal, x.Interim)); err != nil {
			return "", err
		}
		yes, outside := 1, !w.by.Business
		for _, v := range x.Voices {
			if v.Kind == "approve" {
				yes, outside = yes+1, outside || v.Outside
			}
		}
		needed := Approvals(x)
		if yes >= needed && x.Critical && !outside {
			return "", ErrOutside
		}
		if err := w.voice(id, "approve", reasons); err != nil {
			return "", err
		}
		if err := w.sayOf(x, EventApproved, fmt.Sprintf("%s approved (%d of %d): %s", id, yes, needed, reasons),
			w.signInOf()); err != nil {
			return "", err
		}
		if yes < needed {
			return id, nil
		}
		return id, w.decide(x)
	})
	return err
}

// Approvals is how many people have to approve a decision.
func Approvals(x Decision) int {
	if x.Critical && !x.Interim {
		return 2
	}
	return 1
}

// judge checks that the actor may speak on a proposal: a person without an interest, who is
// neither its proposer nor has spoken already.
func (w *work) judge(id ID, kind, reasons string) (Decision, error) {
	x, err := w.decision(id)
	if err != nil {
		return x, err
	}
	if x.State != Proposed {
		return x, ErrStage
	}
	if x.Proposer == w.by.ID {
		return x, ErrOwnWork
	}
	if slices.ContainsFunc(x.Voices, func(v Voice) bool { return v.Actor == w.by.ID && v.Kind == kind }) {
		return x, ErrOwnWork
	}
	if strings.TrimSpace(reasons) == "" {
		return x, lacking("Your word on a decision", []string{"reasons"})
	}
	return x, nil
}

// decide puts an approved decision into force, and replaces what it follows.
func (w *work) decide(x Decision) error {
	x.Decided, x.State = w.now, InForce
	if Executable(x.Outcome) {
		x.State = Ordered
	}
	if x.Start == "" {
		x.Start = w.now.Format(time.DateOnly)
	}
	if x.Interim {
		x.Ends = w.now.AddDate(0, 0, interimDays)
		if err := w.setClock(ClockInterim, x.ID, 0, x.Ends); err != nil {
			return err
		}
		// The party's right to be heard follows at once.
		if !slices.ContainsFunc(w.c.Letters, func(l Letter) bool { return !l.Sent.IsZero() }) {
			if err := w.startClock(ClockHearing, x.ID, 1); err != nil {
				return err
			}
		}
	}
	if err := w.endClocks(ClockApproval, x.ID); err != nil {
		return err
	}
	if err := w.saveDecision(x); err != nil {
		return err
	}
	for _, p := range []struct {
		id    ID
		state State
		event EventKind
	}{{x.Confirms, Confirmed, EventConfirmed}, {x.Replaces, Replaced, EventReplaced}} {
		if p.id == "" {
			continue
		}
		old, err := w.decision(p.id)
		if err != nil {
			return err
		}
		if old.State == Ended {
			continue
		}
		old.State, old.Successor = p.state, x.ID
		if err := w.saveDecision(old); err != nil {
			return err
		}
		if err := w.endClocks("", old.ID); err != nil {
			return err
		}
		if err := w.sayOf(old, p.event, fmt.Sprintf("%s gives way to %s", old.ID, x.ID), nil); err != nil {
			return err
		}
	}
	if x.State == Ordered {
		if err := w.startClock(ClockEnforcement, x.ID, 5); err != nil {
			return err
		}
	}
	for i, duty := range x.Duties {
		if day, err := time.Parse(time.DateOnly, duty.Due); err == nil {
			if err := w.setClock(ClockCondition.numbered(i+1), x.ID, 0,
				day.AddDate(0, 0, 1).Add(-time.Microsecond)); err != nil {
				return err
			}
		}
	}
	if err := w.reviewClock(x); err != nil {
		return err
	}
	if x.Outcome == Clear {
		if err := w.draw(x); err != nil {
			return err
		}
	}
	if x.Replaces != "" {
		if err := w.endClocks(ClockRedecision, x.Replaces); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("Decided: %s %s", x.Outcome, x.Service)
	if x.Interim {
		text = fmt.Sprintf("Interim measure in force until %s: %s %s", x.Ends.Format(time.DateOnly), x.Outcome,
			x.Service)
	}
	if err := w.sayOf(x, EventDecided, text, x); err != nil {
		return err
	}
	return w.keepRecord(x.ID)
}

// Refuse gives one person's no, which ends the proposal. What others said stays.
func (d *Desk) Refuse(ctx context.Context, by Actor, id ID, reasons string) error {
	_, err := d.move(ctx, by, MoveRefuse, id, 0, []any{id, reasons}, func(w *work) (ID, error) {
		x, err := w.judge(id, "refuse", reasons)
		if err != nil {
			return "", err
		}
		if err := w.voice(id, "refuse", reasons); err != nil {
			return "", err
		}
		x.State = Refused
		if err := w.saveDecision(x); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockApproval, id); err != nil {
			return "", err
		}
		if err := w.sayOf(x, EventRefused, fmt.Sprintf("%s refused: %s", id, reasons), w.signInOf()); err != nil {
			return "", err
		}
		return id, w.keepRecord(id)
	})
	return err
}

// Dissent records a different view, before or after the decision. It is never removed.
func (d *Desk) Dissent(ctx context.Context, by Actor, id ID, reasons string) error {
	_, err := d.move(ctx, by, MoveDissent, id, 0, []any{id, reasons}, func(w *work) (ID, error) {
		x, err := w.decision(id)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(reasons) == "" {
			return "", lacking("A dissent", []string{"reasons"})
		}
		if err := w.voice(id, "dissent", reasons); err != nil {
			return "", err
		}
		if err := w.sayOf(x, EventDissent, fmt.Sprintf("Dissent on %s: %s", id, reasons), w.signInOf()); err != nil {
			return "", err
		}
		if x.State == Proposed {
			return id, nil
		}
		return id, w.keepRecord(id)
	})
	return err
}
