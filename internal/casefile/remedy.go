package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Remedies are the kinds of remedy (UNGP 22 and 25, as the domain reference lists them).
var Remedies = []string{"stop", "apology", "restitution", "rehabilitation", "compensation", "guarantees", "cooperation",
	"preservation"}

// A RemedyState is where a remedy stands.
type RemedyState string

// States of a remedy.
const (
	RemedyProposed RemedyState = "proposed"
	RemedyAgreed   RemedyState = "agreed"
	RemedyRefused  RemedyState = "refused"
	RemedyDone     RemedyState = "done" // every step was done, and checked by another person
)

// A Remedy is what was agreed with those whom a harm touched.
type Remedy struct {
	ID       ID          `json:"id"`
	Case     ID          `json:"case"`
	Decision ID          `json:"decision,omitempty"`
	Kind     string      `json:"kind"`
	Text     string      `json:"text"`
	With     string      `json:"with"`   // an organisation, a representative body or a code; never the name of a person
	Wanted   string      `json:"wanted"` // what affected people asked for
	Steps    []Step      `json:"steps"`
	State    RemedyState `json:"state"`
	Proposer string      `json:"proposer"`
	Proposed time.Time   `json:"proposed"`
	Second   string      `json:"second,omitempty"` // who agreed or refused
	Decided  time.Time   `json:"decided,omitzero"`
	Reasons  string      `json:"reasons,omitempty"`
}

// A Step of a remedy has its owner and day.
type Step struct {
	Text    string    `json:"text"`
	Owner   string    `json:"owner"`
	Due     string    `json:"due"`
	Done    time.Time `json:"done,omitzero"`
	By      string    `json:"by,omitempty"`
	Proof   string    `json:"proof,omitempty"`
	Checked time.Time `json:"checked,omitzero"`
	Checker string    `json:"checker,omitempty"`
	Found   string    `json:"found,omitempty"`
}

// ProposeRemedy puts a remedy down for another person to agree.
func (d *Desk) ProposeRemedy(ctx context.Context, by Actor, file ID, r Remedy) (ID, error) {
	return d.move(ctx, by, MoveRemedy, file, 0, r, func(w *work) (ID, error) {
		var needs []string
		need := func(ok bool, what string) {
			if !ok {
				needs = append(needs, what)
			}
		}
		need(slices.Contains(Remedies, r.Kind), "a kind: "+strings.Join(Remedies, ", "))
		need(strings.TrimSpace(r.Text) != "", "what is agreed")
		need(strings.TrimSpace(r.With) != "", "with whom: an organisation, a representative body or a code")
		need(strings.TrimSpace(r.Wanted) != "", "what affected people asked for, or why they could not be asked")
		need(len(r.Steps) > 0, "a step with its owner and day")
		for i := range r.Steps {
			s := &r.Steps[i]
			*s = Step{Text: strings.TrimSpace(s.Text), Owner: strings.TrimSpace(s.Owner), Due: s.Due}
			need(s.Text != "" && s.Owner != "" && isDate(s.Due),
				fmt.Sprintf("for step %d: what is done, by whom, by which day", i+1))
		}
		if r.Decision != "" {
			if _, err := w.decision(r.Decision); err != nil {
				return "", err
			}
		}
		if err := lacking("A remedy", needs); err != nil {
			return "", err
		}
		var err error
		if r.ID, err = w.next("R"); err != nil {
			return "", err
		}
		r.Case, r.State, r.Proposer, r.Proposed, r.Second, r.Decided, r.Reasons = w.c.ID, RemedyProposed, w.by.ID,
			w.now, "", time.Time{}, ""
		if err := w.putProcess("remedy", r.ID, r.Decision, string(r.State), r, true); err != nil {
			return "", err
		}
		if err := w.startClock(ClockRemedy, r.ID, redecideDays); err != nil {
			return "", err
		}
		return r.ID, w.say(EventRemedy, r.ID, fmt.Sprintf("Remedy %s proposed (%s), with %s: %s", r.ID, r.Kind,
			r.With, r.Text), r)
	})
}

// AgreeRemedy agrees to a remedy or refuses it: another person than who proposed it. Agreed, its steps have clocks.
func (d *Desk) AgreeRemedy(ctx context.Context, by Actor, id ID, yes bool, reasons string) error {
	return d.remedyMove(ctx, by, MoveAgree, id, []any{id, yes, reasons}, func(w *work, r *Remedy) (EventKind, string,
		error) {
		if r.State != RemedyProposed {
			return "", "", ErrStage
		}
		if r.Proposer == w.by.ID {
			return "", "", ErrOwnWork
		}
		if strings.TrimSpace(reasons) == "" {
			return "", "", lacking("Your word on a remedy", []string{"reasons"})
		}
		r.Second, r.Decided, r.Reasons, r.State = w.by.ID, w.now, reasons, RemedyRefused
		if err := w.endClocks(ClockRemedy, r.ID); err != nil {
			return "", "", err
		}
		if !yes {
			return EventRemedyRefused, fmt.Sprintf("Remedy %s refused: %s", r.ID, reasons), nil
		}
		r.State = RemedyAgreed
		for i, s := range r.Steps {
			day, err := time.Parse(time.DateOnly, s.Due)
			if err != nil {
				return "", "", err
			}
			if err := w.setClock(ClockRemedyStep.numbered(i+1), r.ID, 0,
				day.AddDate(0, 0, 1).Add(-time.Microsecond)); err != nil {
				return "", "", err
			}
		}
		return EventRemedyAgreed, fmt.Sprintf("Remedy %s agreed: %s", r.ID, reasons), nil
	})
}

// DoRemedyStep records that a step was done, with its proof.
func (d *Desk) DoRemedyStep(ctx context.Context, by Actor, id ID, step int, proof string) error {
	return d.remedyMove(ctx, by, MoveStep, id, []any{id, step, proof}, func(w *work, r *Remedy) (EventKind, string,
		error) {
		s, err := r.step(step)
		if err != nil {
			return "", "", err
		}
		if !s.Done.IsZero() {
			return "", "", ErrStage
		}
		if strings.TrimSpace(proof) == "" {
			return "", "", lacking("A step of a remedy", []string{"how one sees that it was done (the proof)"})
		}
		s.Done, s.By, s.Proof = w.now, w.by.ID, proof
		return EventRemedyStepDone, fmt.Sprintf("Remedy %s, step %d done: %s (%s)", r.ID, step, s.Text, proof),
			w.endClocks(ClockRemedyStep.numbered(step), r.ID)
	})
}

// CheckRemedyStep records an independent look at a step: by somebody who neither proposed the remedy, agreed to it, nor
// did the step. A step that was not done counts as open again.
func (d *Desk) CheckRemedyStep(ctx context.Context, by Actor, id ID, step int, holds bool, found string) error {
	return d.remedyMove(ctx, by, MoveCheck, id, []any{id, step, holds, found}, func(w *work, r *Remedy) (EventKind,
		string, error) {
		s, err := r.step(step)
		if err != nil {
			return "", "", err
		}
		switch {
		case s.Done.IsZero() || !s.Checked.IsZero():
			return "", "", ErrStage
		case slices.Contains([]string{r.Proposer, r.Second, s.By}, w.by.ID):
			return "", "", ErrOwnWork
		case strings.TrimSpace(found) == "":
			return "", "", lacking("The check", []string{"what was found"})
		}
		if !holds {
			s.Done, s.By, s.Proof, s.Found = time.Time{}, "", "", found
			return EventRemedyStepNotDone, fmt.Sprintf("Remedy %s, step %d was not done: %s", r.ID, step, found),
				w.setClock(ClockRemedyStep.numbered(step), r.ID, 0, w.now)
		}
		s.Checked, s.Checker, s.Found = w.now, w.by.ID, found
		if !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Checked.IsZero() }) {
			r.State = RemedyDone
		}
		return EventRemedyStepChecked, fmt.Sprintf("Remedy %s, step %d checked: %s", r.ID, step, found), nil
	})
}

func (r *Remedy) step(n int) (*Step, error) {
	if r.State != RemedyAgreed {
		return nil, ErrStage
	}
	if n < 1 || n > len(r.Steps) {
		return nil, ErrNotFound
	}
	return &r.Steps[n-1], nil
}

// remedyMove runs one change of a remedy.
func (d *Desk) remedyMove(ctx context.Context, by Actor, m Move, id ID, in any,
	do func(*work, *Remedy) (kind EventKind, text string, err error)) error {
	_, err := d.move(ctx, by, m, id, 0, in, func(w *work) (ID, error) {
		list, err := readRemedies(w.ctx, w.tx, w.c.ID)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(list, func(r Remedy) bool { return r.ID == id })
		if i < 0 {
			return "", ErrNotFound
		}
		r := list[i]
		kind, text, err := do(w, &r)
		if err != nil {
			return "", err
		}
		if err := w.putProcess("remedy", r.ID, r.Decision, string(r.State), r, false); err != nil {
			return "", err
		}
		if err := w.say(kind, r.ID, text, r); err != nil {
			return "", err
		}
		if r.Decision != "" {
			return id, w.keepRecord(r.Decision)
		}
		return id, nil
	})
	return err
}

func readRemedies(ctx context.Context, tx *sql.Tx, id ID) ([]Remedy, error) {
	return readProcess[Remedy](ctx, tx, "remedy", id)
}

// Told says a remedy in a line of the record.
func (r Remedy) Told() string {
	done := 0
	for _, s := range r.Steps {
		if !s.Checked.IsZero() {
			done++
		}
	}
	return fmt.Sprintf("%s (%s), with %s, %s; steps done and checked: %d of %d: %s", r.ID, r.Kind, r.With, r.State,
		done, len(r.Steps), r.Text)
}
