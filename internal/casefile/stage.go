package casefile

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stageDays are the default clocks in working days (domain reference 4.1); a stage that is
// not here has no clock of its own.
var stageDays = map[Stage]int{StageIntake: 2, StageTriage: 5, StageHold: 1, StageScope: 10, StageTest: 30,
	StageReply:  15,
	StageDecide: 10, StageRemedy: 30, StagePublish: 90}

// startClock starts a clock of n working days; 0 starts none.
func (w *work) startClock(kind ClockKind, subject ID, n int) error {
	if n == 0 {
		return nil
	}
	cal, err := w.calendar()
	if err != nil {
		return err
	}
	return w.setClock(kind, subject, n, cal.Add(w.now, n))
}

// setClock starts a clock that is due at a moment.
func (w *work) setClock(kind ClockKind, subject ID, n int, due time.Time) error {
	return w.insert("clock",
		`INSERT INTO clock (case_id, kind, subject, days, started, due, paused, why, left_days, reminded, breached, ended)
		VALUES ($1, $2, $3, $4, $5, $6, '', '', 0, '', '', '')`,
		string(w.c.ID), string(kind), string(subject), n, Stamp(w.now), Stamp(due))
}

// endClocks ends the running clocks of a kind for a subject ("" any subject; kind "" any kind).
func (w *work) endClocks(kind ClockKind, subject ID) error {
	return w.endWhere(func(k Clock) bool {
		return (kind == "" || k.Kind == kind) && (subject == "" || k.Subject == subject)
	})
}

// endWhere ends the running clocks of the case that fit.
func (w *work) endWhere(fits func(Clock) bool) error {
	running, err := readClocks(w.ctx, w.tx, `WHERE case_id = $1 AND ended = '' ORDER BY id`, string(w.c.ID))
	if err != nil {
		return err
	}
	for _, k := range running {
		if !fits(k) {
			continue
		}
		w.keep("clock", strconv.FormatInt(k.ID, 10))
		if _, err := w.tx.ExecContext(w.ctx, `UPDATE clock SET ended = $2 WHERE id = $1 AND ended = ''`, k.ID,
			Stamp(w.now)); err != nil {
			return err
		}
	}
	return nil
}

// enter puts the case at a stage and starts its clock.
func (w *work) enter(to Stage) error {
	if err := w.endClocks(ClockKind(w.c.Stage), ""); err != nil {
		return err
	}
	w.c.Stage = to
	return w.startClock(ClockKind(to), w.c.ID, stageDays[to])
}

// Triage records the first judgement and opens, merges or closes the case with a reason.
func (d *Desk) Triage(ctx context.Context, by Actor, id ID, version int64, severity Severity, t Triage) error {
	_, err := d.move(ctx, by, MoveTriage, id, version, []any{severity, t}, func(w *work) (ID, error) {
		if w.c.Stage != StageIntake && w.c.Stage != StageTriage {
			return "", ErrStage
		}
		var needs []string
		need := func(ok bool, what string) {
			if !ok {
				needs = append(needs, what)
			}
		}
		need(slices.Contains(Severities, severity), "a severity of critical, high, medium or low")
		need(t.Scale != "" && t.Scope != "" && t.Irremediability != "", "scale, scope and how hard the harm is to undo")
		need(t.Likelihood != "", "the likelihood")
		need(strings.TrimSpace(t.Reason) != "", "a reason")
		need(slices.Contains([]string{"open", "merge", "close"}, t.Outcome), "an outcome: open, merge or close")
		need(t.Outcome != "merge" || t.Into != "", "the case that this one is merged into")
		if err := lacking("Triage", needs); err != nil {
			return "", err
		}
		w.c.Severity, w.c.Triage = severity, t
		switch t.Outcome {
		case "open":
			// Evidence moves: preservation comes before anything else.
			if err := w.enter(StageHold); err != nil {
				return "", err
			}
		case "merge":
			if err := w.relate(t.Into, "merged", t.Reason); err != nil {
				return "", err
			}
			fallthrough
		default:
			if err := w.shut(); err != nil {
				return "", err
			}
		}
		if err := w.save(); err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventTriaged, w.c.ID, fmt.Sprintf("Triage: %s, severity %s: %s", t.Outcome, severity,
			t.Reason), t)
	})
	return err
}

// Advance moves the case to another stage: one step or several forward when what the stages
// need is there, or back with a reason.
func (d *Desk) Advance(ctx context.Context, by Actor, id ID, version int64, to Stage, reason string) error {
	_, err := d.move(ctx, by, MoveAdvance, id, version, []any{to, reason}, func(w *work) (ID, error) {
		from, at := slices.Index(Stages, w.c.Stage), slices.Index(Stages, to)
		if at < 0 || to == StageClosed || w.c.Stage == StageIntake || w.c.Stage == StageTriage || to == StageIntake ||
			to == StageTriage || from == at {
			return "", ErrStage
		}
		if at < from && strings.TrimSpace(reason) == "" {
			return "", lacking("Going back", []string{"a reason"})
		}
		if at > from {
			if err := fill(w.ctx, w.tx, w.c); err != nil {
				return "", err
			}
			if err := lacking("Moving on to "+string(to), Needs(*w.c, to)); err != nil {
				return "", err
			}
		}
		was := w.c.Stage
		if err := w.enter(to); err != nil {
			return "", err
		}
		if err := w.save(); err != nil {
			return "", err
		}
		text := fmt.Sprintf("The case moved from %s to %s", was, to)
		if reason != "" {
			text += ": " + reason
		}
		return w.c.ID, w.say(EventStage, w.c.ID, text, nil)
	})
	return err
}

// Needs lists what a case still needs before it can stand at a stage.
func Needs(c Case, to Stage) []string {
	var needs []string
	at := slices.Index(Stages, to)
	after := func(s Stage) bool { return at > slices.Index(Stages, s) }
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	if after(StageHold) {
		need(c.Dossier.Hold != "", "what was preserved (hold)")
	}
	if after(StageScope) {
		s := c.Dossier.Scope
		need(len(s.Entities)+len(s.Contracts)+len(s.Services) > 0, "the scope: entities, contracts or services")
		need(s.Out != "", "what is left out of the scope, and why")
	}
	if after(StageMap) {
		need(c.Dossier.Coverage != "", "the coverage: which records existed, were missing or withheld")
		need(len(c.Claims)+len(c.Findings) > 0, "a claim or a finding")
	}
	if after(StageTest) {
		open := 0
		for _, k := range c.Claims {
			if k.Status == Reported || k.Status == UnderReview {
				open++
			}
		}
		need(open == 0, fmt.Sprintf("a result for each claim (%d not tested)", open))
		need(c.Dossier.Innocent != "", "the best innocent explanation, and what became of it")
	}
	if after(StageReply) {
		needs = append(needs, replyNeeds(c)...)
	}
	if after(StageDecide) {
		need(slices.ContainsFunc(c.Decisions, func(d Decision) bool {
			return !d.Interim && !d.Decided.IsZero() &&
				d.State != Refused
		}), "an approved decision")
	}
	if after(StageEnforce) {
		need(!slices.ContainsFunc(c.Decisions, func(d Decision) bool {
			return d.State == Ordered ||
				d.State == Failed
		}), "every ordered measure done")
	}
	if after(StageVerify) {
		need(!slices.ContainsFunc(c.Decisions, func(d Decision) bool { return d.State == Executed }),
			"every measure verified by another person")
	}
	if after(StageRemedy) {
		need(c.Dossier.Remedy != "", "an assessment of remedy")
	}
	if after(StagePublish) {
		need(c.Dossier.Publication != "", "the publication, or the reason why it is delayed")
	}
	return needs
}

// replyNeeds says what is missing for the party to have been heard: each critical assertion
// was put to it and answered, or the deadline has passed; or a reason why it was not asked.
func replyNeeds(c Case) []string {
	if c.Dossier.NoLetter != "" && c.Dossier.NoLetterTill != "" {
		return nil
	}
	now := c.AsOf
	if now.Before(c.Changed) {
		now = c.Changed
	}
	asked := map[ID]bool{}
	sent := false
	for _, l := range c.Letters {
		if l.Sent.IsZero() {
			continue
		}
		sent = true
		over := !l.Deadline.IsZero() && now.After(l.Deadline)
		for _, a := range l.Assertions {
			if a.Reply != nil || over {
				asked[a.Claim] = true
			}
		}
	}
	if !sent {
		return []string{"a letter to the party, or the reason why it is not asked and when that is looked at again"}
	}
	var waiting []string
	for _, k := range c.Claims {
		if k.Critical && k.Denies == "" && k.Status != Withdrawn && !asked[k.ID] {
			waiting = append(waiting, string(k.ID))
		}
	}
	if len(waiting) > 0 {
		return []string{"the party's reply, or the end of its deadline, for " + strings.Join(waiting, ", ")}
	}
	return nil
}

// shut closes the case: no clock of it runs on but those of what was promised for a date, the
// checks, conditions and reviews of its decisions.
func (w *work) shut() error {
	w.c.Stage, w.c.Closed = StageClosed, w.now
	if err := w.endWhere(func(k Clock) bool { return !k.Kind.duty().stays }); err != nil {
		return err
	}
	return w.retain()
}

// Close closes a case with a reason, when nothing that was ordered is left undone.
func (d *Desk) Close(ctx context.Context, by Actor, id ID, version int64, reason string) error {
	_, err := d.move(ctx, by, MoveClose, id, version, reason, func(w *work) (ID, error) {
		if err := fill(w.ctx, w.tx, w.c); err != nil {
			return "", err
		}
		var needs []string
		if strings.TrimSpace(reason) == "" {
			needs = append(needs, "a reason")
		}
		for _, x := range w.c.Decisions {
			switch x.State {
			case Proposed:
				needs = append(needs, "an answer to the proposal "+string(x.ID))
			case Ordered, Failed, Executed:
				needs = append(needs, fmt.Sprintf("the measure %s done and verified (it stands at %q)", x.ID, x.State))
			}
		}
		if err := lacking("Closing the case", needs); err != nil {
			return "", err
		}
		if err := w.shut(); err != nil {
			return "", err
		}
		if err := w.save(); err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventClosed, w.c.ID, "Case closed: "+reason, nil)
	})
	return err
}

// Reopen opens a closed case again, at triage.
func (d *Desk) Reopen(ctx context.Context, by Actor, id ID, reason string) error {
	_, err := d.move(ctx, by, MoveReopen, id, 0, reason, func(w *work) (ID, error) {
		if w.c.Closed.IsZero() {
			return "", ErrStage
		}
		if strings.TrimSpace(reason) == "" {
			return "", lacking("Reopening", []string{"a reason"})
		}
		w.c.Closed = time.Time{}
		if err := w.endClocks(ClockRetention, ""); err != nil {
			return "", err
		}
		if err := w.enter(StageTriage); err != nil {
			return "", err
		}
		if err := w.save(); err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventReopened, w.c.ID, "Case reopened: "+reason, nil)
	})
	return err
}
