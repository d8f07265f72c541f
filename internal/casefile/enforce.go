package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Execution is what the executor reports.
type Execution struct {
	Done    bool   `json:"done"`
	Before  string `json:"before"`  // proof of the state before
	After   string `json:"after"`   // proof of the state after
	Failure string `json:"failure"` // why it could not be done
}

// CheckDays are the days after execution on which another person looks whether it holds
// (domain reference 4.1, stage 11).
var CheckDays = []int{7, 30, 90, 180}

// took reports whether somebody already acted on a decision.
func took(x Decision, actor string, executor bool) bool {
	return x.Proposer == actor || executor && slices.Contains(x.Enforced.Hands, actor) ||
		slices.ContainsFunc(x.Voices, func(v Voice) bool { return v.Actor == actor && v.Kind == "approve" })
}

// Execute records that an ordered measure was done, with proof of before and after, or why it
// was not: "ordered, not done" stays visible until it is. The executor is neither the
// proposer nor an approver.
func (d *Desk) Execute(ctx context.Context, by Actor, id ID, e Execution) error {
	if d.Door != nil && e.Done {
		before, after := d.Door(id)
		e.Before, e.After = joined(e.Before, before), joined(e.After, after)
	}
	_, err := d.move(ctx, by, MoveExecute, id, 0, []any{id, e}, func(w *work) (ID, error) {
		x, err := w.decision(id)
		if err != nil {
			return "", err
		}
		if x.State != Ordered && x.State != Failed || !x.Ends.IsZero() && !w.now.Before(x.Ends) {
			return "", ErrStage
		}
		if took(x, w.by.ID, false) || slices.ContainsFunc(x.Enforced.Checks, func(k Check) bool {
			return k.Verifier == w.by.ID
		}) {
			return "", ErrOwnWork
		}
		var needs []string
		if e.Done && (e.Before == "" || e.After == "") {
			needs = append(needs, "proof of the state before and after")
		}
		if !e.Done && strings.TrimSpace(e.Failure) == "" {
			needs = append(needs, "why it could not be done")
		}
		if err := lacking("The enforcement", needs); err != nil {
			return "", err
		}
		x.Enforced.Executor, x.Enforced.Done, x.Enforced.Tries = w.by.ID, e.Done, x.Enforced.Tries+1
		if !slices.Contains(x.Enforced.Hands, w.by.ID) {
			x.Enforced.Hands = append(x.Enforced.Hands, w.by.ID)
		}
		x.Enforced.Before, x.Enforced.After, x.Enforced.Failure = e.Before, e.After, e.Failure
		kind, text := EventFailed, fmt.Sprintf("%s ordered, not done: %s", id, e.Failure)
		x.State = Failed
		if e.Done {
			x.State, x.Enforced.Executed = Executed, w.now
			kind, text = EventExecuted, fmt.Sprintf("%s done: %s %s", id, x.Outcome, x.Service)
			if err := w.endClocks(ClockEnforcement, id); err != nil {
				return "", err
			}
			for _, day := range CheckDays {
				due := w.now.AddDate(0, 0, day)
				if !x.Ends.IsZero() && due.After(x.Ends) {
					break
				}
				if err := w.setClock(ClockCheck.numbered(day), id, 0, due); err != nil {
					return "", err
				}
			}
		}
		w.signed(&x, MoveExecute)
		if err := w.saveDecision(x); err != nil {
			return "", err
		}
		if err := w.sayOf(x, kind, text, e); err != nil {
			return "", err
		}
		return id, w.keepRecord(id)
	})
	return err
}

// joined puts what the door saw after what the executor says.
func joined(own, seen string) string {
	if own = strings.TrimSpace(own); own == "" || seen == "" {
		return own + seen
	}
	return own + "\n" + seen
}

// Verify records an independent look at a measure: does it hold, and did the pattern come
// back elsewhere? The verifier took no other part. A measure that does not hold is ordered
// again.
func (d *Desk) Verify(ctx context.Context, by Actor, id ID, k Check) error {
	_, err := d.move(ctx, by, MoveVerify, id, 0, []any{id, k}, func(w *work) (ID, error) {
		x, err := w.decision(id)
		if err != nil {
			return "", err
		}
		if x.State != Executed && x.State != Verified {
			return "", ErrStage
		}
		if took(x, w.by.ID, true) {
			return "", ErrOwnWork
		}
		if strings.TrimSpace(k.Found) == "" {
			return "", lacking("The check", []string{"what was found"})
		}
		k.Verifier, k.At = w.by.ID, w.now
		if k.Day == 0 {
			k.Day = dueCheck(x)
		}
		x.Enforced.Checks = append(x.Enforced.Checks, k)
		x.State = Verified
		kind, text := EventVerified, fmt.Sprintf("%s holds: %s", id, k.Found)
		if !k.Holds {
			x.State = Ordered
			for _, day := range CheckDays { // they begin again with the next execution
				if err := w.endClocks(ClockCheck.numbered(day), id); err != nil {
					return "", err
				}
			}
			kind, text = EventNotHeld, fmt.Sprintf("%s does not hold: %s", id, k.Found)
			if w.c.Closed.IsZero() {
				if err := w.startClock(ClockEnforcement, id, 5); err != nil {
					return "", err
				}
			}
		}
		w.signed(&x, MoveVerify)
		if err := w.saveDecision(x); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockCheck.numbered(k.Day), id); err != nil {
			return "", err
		}
		if err := w.sayOf(x, kind, text, k); err != nil {
			return "", err
		}
		return id, w.keepRecord(id)
	})
	return err
}

// MeetDuty records that a condition (1 is the first) was met, and how. The same hands that
// verify measures do this.
func (d *Desk) MeetDuty(ctx context.Context, by Actor, id ID, n int, how string) error {
	_, err := d.move(ctx, by, MoveVerify, id, 0, []any{id, "condition", n, how}, func(w *work) (ID, error) {
		x, err := w.decision(id)
		if err != nil {
			return "", err
		}
		if n < 1 || n > len(x.Duties) || x.Decided.IsZero() || x.State == Refused || x.Duties[n-1].Met != "" {
			return "", ErrStage
		}
		if took(x, w.by.ID, true) {
			return "", ErrOwnWork
		}
		if strings.TrimSpace(how) == "" {
			return "", lacking("A condition that was met", []string{"how one sees that"})
		}
		x.Duties[n-1].Met = w.now.Format(time.DateOnly) + ": " + how
		w.signed(&x, MoveVerify)
		if err := w.saveDecision(x); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockCondition.numbered(n), id); err != nil {
			return "", err
		}
		if err := w.sayOf(x, EventDutyMet, fmt.Sprintf("Condition %d of %s was met: %s", n, id, how), nil); err != nil {
			return "", err
		}
		return id, w.keepRecord(id)
	})
	return err
}

// dueCheck is the first check that is still open.
func dueCheck(x Decision) int {
	for _, day := range CheckDays {
		if !slices.ContainsFunc(x.Enforced.Checks, func(k Check) bool {
			return k.Day == day &&
				!k.At.Before(x.Enforced.Executed)
		}) {
			return day
		}
	}
	return CheckDays[len(CheckDays)-1]
}
