package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// interimDays is after how many days an interim measure ends by itself (domain reference 4.1).
const interimDays = 14

// least is the standard of proof that an outcome needs at least (domain reference 4.4, 4.5).
var least = map[Outcome]Standard{Clear: Indication, Monitor: Indication, Condition: ReasonableSuspicion,
	Restrict: ReasonableGrounds,
	Suspend:  ReasonableGrounds, Terminate: MoreLikelyThanNot}

// severe reports whether an outcome takes something away.
func severe(outcome Outcome) bool {
	return slices.Index(Outcomes, outcome) >= slices.Index(Outcomes, Restrict)
}

// Executable reports whether somebody has to do something for an outcome to hold.
func Executable(outcome Outcome) bool {
	return slices.Index(Outcomes, outcome) >= slices.Index(Outcomes, Condition)
}

// Lacks lists what a proposal still needs, in sentences, for the form to show. It looks at
// the case as it was read by Case.
func Lacks(c Case, p Proposal, interim bool) []string {
	needs := lacksAlways(p)
	needs = append(needs, lacksGrounds(c, p)...)
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	if interim {
		need(p.Severity == Critical, "critical severity: an interim measure is for nothing less")
		need(p.Outcome == Restrict || p.Outcome == Suspend, "an outcome that can be undone: restrict or suspend")
		for _, x := range c.Decisions {
			// Nobody prolongs an interim measure by making it again.
			same := strings.EqualFold(strings.TrimSpace(x.Service), strings.TrimSpace(p.Service))
			need(!x.Interim || x.Decided.IsZero() || !same,
				fmt.Sprintf("a decision instead: %s was already an interim measure on this service", x.ID))
		}
	} else if p.Outcome != Clear && p.Outcome != Monitor {
		needs = append(needs, replyNeeds(c)...)
	}
	switch p.Outcome {
	case Clear:
		need(p.NotSeen != "", "what was not reviewed")
		need(c.Dossier.Coverage != "", "the coverage of the records, in the dossier")
		for _, f := range c.Findings {
			if f.State == "raised" && (f.Severity == High || f.Severity == Critical) && f.Answer == "" {
				needs = append(needs, fmt.Sprintf("an answer to the finding %s (%s)", f.ID, f.Flag))
			}
		}
	case Monitor:
		need(len(p.Watch) > 0, "the measures that are watched")
		need(isDate(p.Review), "the date on which it is looked at again")
	case Condition:
		need(len(p.Duties) > 0, "the conditions")
		for i, d := range p.Duties {
			need(d.Text != "" && d.Owner != "" && isDate(d.Due), fmt.Sprintf("text, owner and date of condition %d",
				i+1))
		}
		need(p.Leverage != "", "the leverage that exists")
	case Restrict, Suspend, Terminate:
		need(p.Involved != "" && p.Involving != "", "the involvement, with reasons")
		need(p.Leverage != "", "leverage that was tried with its effect, or why none was")
		need(p.ExitHarm != "", "the harm that leaving may do, and how it is lessened")
		need(p.LegalAble != "", "whether contract and law allow it")
		need(p.Narrowest != "" && len(p.Scope.Services)+len(p.Scope.Capabilities)+len(p.Scope.Accounts) > 0,
			"the narrowest set of services, capabilities or accounts that has the effect, and why nothing narrower has")
		need(p.Notice != "", "who is told, and when")
		need(p.Reversal != "", "what would undo it (after termination: the appeal)")
		need(p.Outcome == Terminate || isDate(p.Review) || interim, "the date on which it is looked at again")
		need(len(p.Rejected) > 0, "the milder options that were considered, and why they were rejected")
	}
	return needs
}

func lacksAlways(p Proposal) (needs []string) {
	need := func(ok bool, what string) {
		if !ok {
			needs = append(needs, what)
		}
	}
	need(strings.TrimSpace(p.Service) != "", "the service that it is about")
	need(slices.Contains(Outcomes, p.Outcome), "an outcome")
	need(p.Scope.Party != "" || p.Scope.PartyName != "", "the party that it binds")
	need(len(p.Scope.Actions) > 0, "the actions: use, sell, deliver, renew, support or transfer")
	for _, a := range p.Scope.Actions {
		need(slices.Contains(Actions, a), fmt.Sprintf("an action that exists (%q does not)", a))
	}
	need(slices.Contains(Severities, p.Severity), "the severity")
	need(p.Involved == "" || slices.Contains(Involvements, p.Involved),
		"an involvement: caused, contributed, linked or none_found")
	need(strings.TrimSpace(p.Reasons) != "", "the reasons")
	for _, d := range [][2]string{{"start", p.Start}, {"end", p.End}, {"review", p.Review}} {
		need(d[1] == "" || isDate(d[1]), fmt.Sprintf("a %s date like 2026-11-23", d[0]))
	}
	need(p.Start == "" || p.End == "" || p.Start < p.End, "an end after the start")
	for _, o := range p.Rejected {
		need(slices.Contains(Outcomes, o.Outcome) && o.Why != "", "for each rejected option its name and why")
	}
	return needs
}

// lacksGrounds checks the standard of proof and what it rests on.
func lacksGrounds(c Case, p Proposal) (needs []string) {
	at := slices.Index(Standards, p.Standard)
	if at < 0 {
		return []string{"the standard of proof"}
	}
	want, ok := least[p.Outcome]
	if p.Outcome == Terminate && afterSuspension(c, p) {
		want = ReasonableGrounds
	}
	if ok && at < slices.Index(Standards, want) && !(p.Outcome == Restrict && p.Severity == Critical) {
		needs = append(needs, fmt.Sprintf("a standard of proof of at least %q for %q", want, p.Outcome))
	}
	if p.Outcome == Suspend && p.Severity != Critical && p.Severity != High {
		needs = append(needs, "a severity of high or critical: suspending is for severe harm")
	}
	if p.Outcome == Clear {
		return needs
	}
	if len(p.Claims)+len(p.Findings) == 0 {
		return append(needs, "the claims or findings that it rests on")
	}
	for _, f := range p.Findings {
		if !slices.ContainsFunc(c.Findings, func(x Finding) bool { return x.ID == f && x.State == "raised" }) {
			needs = append(needs, fmt.Sprintf("a raised finding of this case (%s is none)", f))
		}
	}
	named := false
	for _, id := range p.Claims {
		i := slices.IndexFunc(c.Claims, func(k Claim) bool { return k.ID == id })
		if i < 0 {
			needs = append(needs, fmt.Sprintf("a claim of this case (%s is none)", id))
			continue
		}
		k := c.Claims[i]
		named = named || !k.Anonymous
		if severe(p.Outcome) && !k.Holds() {
			needs = append(needs, fmt.Sprintf("a tested claim: %s stands at %q", id, k.Status))
		}
		if severe(p.Outcome) && (p.Severity == Critical || p.Severity == High) && graders(k) < 2 {
			needs = append(needs, fmt.Sprintf("a grade of %s by a second person", id))
		}
	}
	// No action beyond watching on an anonymous claim alone (domain reference, part 5).
	if slices.Index(Outcomes, p.Outcome) > slices.Index(Outcomes, Monitor) && len(p.Findings) == 0 && !named {
		needs = append(needs, "a ground besides anonymous claims")
	}
	return needs
}

// afterSuspension says whether a termination follows a suspension that changed nothing: then
// the grounds of the suspension are enough (domain reference 4.5).
func afterSuspension(c Case, p Proposal) bool {
	return p.Replaces != "" && slices.ContainsFunc(c.Decisions, func(x Decision) bool {
		return x.ID == p.Replaces && x.Outcome == Suspend && !x.Interim && !x.Decided.IsZero()
	})
}

// fromRegister is who graded a claim that came with a finding: the register that it stands
// in, which is nobody in particular.
const fromRegister = "register"

// graders counts the people who graded a claim.
func graders(k Claim) int {
	by := map[string]bool{}
	for _, g := range k.Grades {
		if g.String() != unknownGrade && g.By != fromRegister {
			by[g.By] = true
		}
	}
	return len(by)
}

// Propose puts a decision for one service to the approvers.
func (d *Desk) Propose(ctx context.Context, by Actor, id ID, p Proposal) (Decision, error) {
	return d.propose(ctx, by, MovePropose, id, p, false)
}

// Interim proposes a measure for harm that cannot wait until the party was heard. Two people
// are enough, and it ends by itself after 14 days unless a decision confirms it.
func (d *Desk) Interim(ctx context.Context, by Actor, id ID, p Proposal) (Decision, error) {
	return d.propose(ctx, by, MoveInterim, id, p, true)
}

func (d *Desk) propose(ctx context.Context, by Actor, m Move, id ID, p Proposal, interim bool) (Decision, error) {
	made, err := d.move(ctx, by, m, id, 0, p, func(w *work) (ID, error) {
		if w.c.Stage == StageIntake || !interim && w.c.Stage == StageTriage {
			return "", ErrStage
		}
		if err := fill(w.ctx, w.tx, w.c); err != nil {
			return "", err
		}
		if p.Scope.Party == "" && p.Scope.PartyName == "" {
			p.Scope.Party, p.Scope.PartyName = w.c.Party, w.c.PartyName
		}
		p.Critical = p.Critical || p.Severity == Critical
		needs := Lacks(*w.c, p, interim)
		for _, ref := range []ID{p.Confirms, p.Replaces} {
			if ref != "" && !slices.ContainsFunc(w.c.Decisions, func(x Decision) bool {
				return x.ID == ref && x.Interim == (ref == p.Confirms) && x.State != Proposed && x.State != Refused
			}) {
				needs = append(needs, fmt.Sprintf("a decision of this case that it can follow (%s is none)", ref))
			}
		}
		if err := lacking("The proposal", needs); err != nil {
			return "", err
		}
		x := Decision{Proposal: p, Interim: interim, State: Proposed, Proposer: w.by.ID, Proposed: w.now,
			Party: p.Scope.Party}
		var err error
		if x.ID, err = w.next("D"); err != nil {
			return "", err
		}
		x.Case = w.c.ID
		w.keep("decision", string(x.ID))
		_, err = w.tx.ExecContext(w.ctx,
			`INSERT INTO decision (id, case_id, party, service, outcome, state, interim, critical, proposer, proposed, decided, ends, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '{}')`,
			string(x.ID), string(x.Case), x.Party, x.Service, string(x.Outcome), string(x.State), interim, x.Critical,
			x.Proposer, Stamp(w.now))
		if err != nil {
			return "", err
		}
		w.signed(&x, m)
		if err := w.saveDecision(x); err != nil {
			return "", err
		}
		kind, what := EventProposed, "Proposed"
		if interim {
			kind, what = EventInterim, "Interim measure proposed"
		}
		if err := w.sayOf(x, kind, fmt.Sprintf("%s: %s %s", what, x.Outcome, x.Service), p); err != nil {
			return "", err
		}
		return x.ID, w.startClock(ClockApproval, x.ID, 5)
	})
	if err != nil {
		return Decision{}, err
	}
	return d.Decision(ctx, by, made)
}

// Decision reads one decision of a case that the actor may see.
func (d *Desk) Decision(ctx context.Context, by Actor, id ID) (Decision, error) {
	c, err := d.Case(ctx, by, id)
	if err != nil {
		return Decision{}, err
	}
	i := slices.IndexFunc(c.Decisions, func(x Decision) bool { return x.ID == id })
	if i < 0 {
		return Decision{}, ErrNotFound
	}
	return c.Decisions[i], nil
}

func (w *work) saveDecision(x Decision) error {
	x.Voices = nil
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	w.keep("decision", string(x.ID))
	_, err = w.tx.ExecContext(w.ctx, `UPDATE decision SET state = $2, decided = $3, ends = $4, body = $5 WHERE id = $1`,
		string(x.ID), string(x.State), Stamp(x.Decided), Stamp(x.Ends), string(body))
	return err
}

// sayOf writes an event about a decision; it belongs to the party that the decision binds.
func (w *work) sayOf(x Decision, kind EventKind, text string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return w.d.record(w.ctx, w.tx, Event{At: w.now, Actor: w.by.ID, Kind: kind, Case: x.Case, Subject: x.ID,
		Party: x.Party, Text: text, Body: string(b)})
}

func (w *work) decision(id ID) (Decision, error) {
	ds, err := readDecisions(w.ctx, w.tx, `WHERE id = $1 AND case_id = $2`, string(id), string(w.c.ID))
	if err != nil {
		return Decision{}, err
	}
	if len(ds) == 0 {
		return Decision{}, ErrNotFound
	}
	return ds[0], nil
}

func (w *work) voice(id ID, kind, reasons string) error {
	return w.insert("voice",
		`INSERT INTO voice (decision, actor, kind, reasons, outside, at, sign_in) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(id), w.by.ID, kind, reasons, !w.by.Business, Stamp(w.now), w.by.SignIn)
}

// reviewClock starts the clock of a decision's review date.
func (w *work) reviewClock(x Decision) error {
	if !x.Active(w.now) || !isDate(x.Review) {
		return nil
	}
	day, _ := time.Parse(time.DateOnly, x.Review)
	return w.setClock(ClockReview, x.ID, 0, day.AddDate(0, 0, 1).Add(-time.Microsecond))
}
