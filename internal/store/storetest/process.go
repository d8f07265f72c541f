package storetest

import (
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// appeals checks who may appeal, hear and rule, which clocks run, and what a ruling does to the decision.
func appeals(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	newReviewer, newApprover := person("reviewer 9", casefile.Reviewer), person("approver 9", casefile.Approver)
	for _, tt := range []struct {
		ruling string
		state  casefile.State
		stage  casefile.Stage
	}{{"stands", casefile.Ordered, "intake"}, {"reversed", casefile.Ended, "intake"}, {"sent_back", casefile.Ordered,
		"decide"}} {
		x := Decided(t, d.Desk, false)
		a := casefile.Appeal{Decision: x.ID, By: "named_party", Who: "Office of the Director",
			Grounds: "The figures are those of another unit."}
		for name, change := range map[string]func(*casefile.Appeal){
			"grounds": func(a *casefile.Appeal) { a.Grounds = "" }, "who appeals": func(a *casefile.Appeal) {
				a.By = "a friend"
			}, "a code": func(a *casefile.Appeal) { a.By, a.Who = "notifier", "" },
		} {
			b := a
			change(&b)
			_, err := d.Appeal(ctx, hand(casefile.Intake), b)
			lacks(t, "an appeal without "+name, err, name)
		}
		id, err := d.Appeal(ctx, hand(casefile.Intake), a)
		must(t, "appeal", err)
		_, err = d.Appeal(ctx, hand(casefile.Intake), a)
		lacks(t, "the same appeal again", err, "that runs")
		refused(t, "heard by the sender of the letter", d.AdmitAppeal(ctx, hand(casefile.Reviewer), id, true, "x"),
			casefile.ErrTookPart)
		refused(t, "ruled before it is heard", d.RuleOnAppeal(ctx, newApprover, id, tt.ruling, "x"), casefile.ErrStage)
		must(t, "admit", d.AdmitAppeal(ctx, newReviewer, id, true, "It names a fact that was not looked at."))
		refused(t, "ruled by the approver", d.RuleOnAppeal(ctx, hand(casefile.Approver), id, tt.ruling, "x"),
			casefile.ErrTookPart)
		both := newReviewer
		both.Roles = []casefile.Role{casefile.Reviewer, casefile.Approver}
		refused(t, "ruled by who heard it", d.RuleOnAppeal(ctx, both, id, tt.ruling, "x"), casefile.ErrOwnWork)
		lacks(t, "another ruling", d.RuleOnAppeal(ctx, newApprover, id, "softened", "x"), "a ruling")
		must(t, "rule", d.RuleOnAppeal(ctx, newApprover, id, tt.ruling, "The bills were read again."))
		refused(t, "ruled twice", d.RuleOnAppeal(ctx, person("approver 10", casefile.Approver), id, tt.ruling, "x"),
			casefile.ErrStage)
		c, err := d.Case(ctx, hand(casefile.Reviewer), x.Case)
		must(t, "read", err)
		if got := c.Decisions[0].State; got != tt.state || c.Stage != tt.stage && tt.ruling == "sent_back" ||
			len(c.Appeals) != 1 || c.Appeals[0].Ruling != tt.ruling {
			t.Errorf("%s: the decision is %s at stage %s, appeals %+v", tt.ruling, got, c.Stage, c.Appeals)
		}
		r, err := d.Record(ctx, hand(casefile.Reviewer), x.ID)
		must(t, "record", err)
		if !strings.Contains(r.Appeal, string(id)) || !strings.Contains(r.Appeal, "The bills were read again.") {
			t.Errorf("%s: point 28 of the record says %q", tt.ruling, r.Appeal)
		}
		for _, k := range c.Clocks {
			if strings.HasPrefix(string(k.Kind), "appeal ") && k.Ended.IsZero() != (k.Kind == "appeal redecision") {
				t.Errorf("%s: the clock %q, ended %v", tt.ruling, k.Kind, k.Ended)
			}
		}
	}
}

// remedies checks who proposes, agrees, does and checks a remedy, and its clocks.
func remedies(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	x := Decided(t, d.Desk, false)
	r := casefile.Remedy{Decision: x.ID, Kind: "rehabilitation", Text: "A fund for those affected.",
		With: "an association of affected families", Wanted: "A public letter and a fund.",
		Steps: []casefile.Step{{Text: "Pay the fund in", Owner: "finance", Due: d.now.AddDate(0, 1,
			0).Format(time.DateOnly)}, {Text: "Publish the letter", Owner: "the board", Due: d.now.AddDate(0, 2,
			0).Format(time.DateOnly)}}}
	for what, change := range map[string]func(*casefile.Remedy){"a kind": func(r *casefile.Remedy) {
		r.Kind = "a gift"
	}, "with whom": func(r *casefile.Remedy) { r.With = "" },
		"asked for": func(r *casefile.Remedy) { r.Wanted = "" }, "a step": func(r *casefile.Remedy) { r.Steps = nil },
		"for step 1": func(r *casefile.Remedy) { r.Steps = []casefile.Step{{Text: "x", Owner: "y", Due: "soon"}} }} {
		b := r
		change(&b)
		_, err := d.ProposeRemedy(ctx, hand(casefile.Investigator), x.Case, b)
		lacks(t, "a remedy without "+what, err, what)
	}
	id, err := d.ProposeRemedy(ctx, hand(casefile.Investigator), x.Case, r)
	must(t, "propose", err)
	self := hand(casefile.Investigator)
	self.Roles = []casefile.Role{casefile.Investigator, casefile.Approver, casefile.Verifier}
	refused(t, "agreed by who proposed it", d.AgreeRemedy(ctx, self, id, true, "x"), casefile.ErrOwnWork)
	refused(t, "a step before it is agreed", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 1, "x"),
		casefile.ErrStage)
	must(t, "agree", d.AgreeRemedy(ctx, hand(casefile.Approver), id, true, "It is what was asked for."))
	lacks(t, "a step without proof", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 1, " "), "proof")
	refused(t, "a step that is not there", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 3, "x"),
		casefile.ErrNotFound)
	must(t, "step", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 1, "bank receipt 7"))
	refused(t, "checked by who proposed it", d.CheckRemedyStep(ctx, self, id, 1, true, "x"), casefile.ErrOwnWork)
	must(t, "not done", d.CheckRemedyStep(ctx, hand(casefile.Verifier), id, 1, false,
		"The receipt is of another fund."))
	must(t, "step again", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 1, "bank receipt 8"))
	must(t, "check", d.CheckRemedyStep(ctx, hand(casefile.Verifier), id, 1, true, "The fund confirms it."))
	d.days(70)
	_, err = d.Tick(ctx)
	must(t, "tick", err)
	c, err := d.Case(ctx, hand(casefile.Reviewer), x.Case)
	must(t, "read", err)
	late := ""
	for _, k := range c.Clocks {
		if !k.Breached.IsZero() && strings.HasPrefix(string(k.Kind), "remedy") {
			late += string(k.Kind) + "; "
		}
	}
	if late != "remedy step 2; " {
		t.Errorf("late: %q, want the second step alone", late)
	}
	must(t, "second step", d.DoRemedyStep(ctx, hand(casefile.Executor), id, 2, "the company's site, 3 May"))
	must(t, "second check", d.CheckRemedyStep(ctx, hand(casefile.Verifier), id, 2, true, "read"))
	rec, err := d.Record(ctx, hand(casefile.Reviewer), x.ID)
	must(t, "record", err)
	if !strings.Contains(rec.Remedy, "done and checked: 2 of 2") || !strings.Contains(rec.Remedy,
		"association of affected families") {
		t.Errorf("point 25 of the record says %q", rec.Remedy)
	}
}

// retention checks how long a case is kept after its end, that opening it again ends that clock, and second looks at
// clearances.
func retention(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	due := func(id casefile.ID) (string, int) {
		t.Helper()
		c, err := d.Case(ctx, hand(casefile.Reviewer), id)
		must(t, "read", err)
		n, last := 0, ""
		for _, k := range c.Clocks {
			if k.Kind == "retention" && k.Ended.IsZero() {
				n, last = n+1, k.Due.Format(time.DateOnly)
			}
		}
		return last, n
	}
	at := func(years, months int) string { return d.now.AddDate(years, months, 0).Format(time.DateOnly) }
	c, err := d.Open(ctx, hand(casefile.Intake), opening("turned away"))
	must(t, "open", err)
	must(t, "triage", d.Triage(ctx, hand(casefile.Intake), c.ID, 0, "low", casefile.Triage{Scale: "x", Scope: "x",
		Irremediability: "x", Likelihood: "x", Outcome: "close", Reason: "no ground"}))
	if got, n := due(c.ID); n != 1 || got != at(0, 6) {
		t.Errorf("a case that was turned away is kept until %s (%d clocks), want %s", got, n, at(0, 6))
	}
	must(t, "reopen", d.Reopen(ctx, hand(casefile.Intake), c.ID, "new facts"))
	if _, n := due(c.ID); n != 0 {
		t.Error("a case that was opened again has a clock of its end")
	}
	drawn := true
	d.Draw = func(casefile.ID) bool { return drawn }
	clear := func() casefile.Decision {
		t.Helper()
		c, k := walk(t, d.Desk, s, false)
		p := Proposal(k)
		p.Outcome, p.NotSeen = casefile.Clear, "contracts before 2025"
		x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
		must(t, "propose", err)
		must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
		must(t, "close", d.Close(ctx, hand(casefile.Approver), c.ID, 0, "cleared"))
		return x
	}
	x := clear()
	if got, _ := due(x.Case); got != at(2, 0) {
		t.Errorf("a cleared case is kept until %s, want %s", got, at(2, 0))
	}
	c, err = d.Case(ctx, hand(casefile.Reviewer), x.Case)
	must(t, "read", err)
	if len(c.Audits) != 1 {
		t.Fatalf("%d second looks were drawn, want 1", len(c.Audits))
	}
	id := c.Audits[0].ID
	other := person("reviewer 9", casefile.Reviewer)
	refused(t, "by who took part", d.Audit(ctx, hand(casefile.Reviewer), id, true, "x"), casefile.ErrTookPart)
	lacks(t, "without words", d.Audit(ctx, other, id, true, ""), "found")
	d.days(40)
	tasks, err := d.Inbox(ctx, other)
	if err != nil || !hasTask(tasks, "audit") {
		t.Errorf("the second look is in no inbox: %+v, %v", tasks, err)
	}
	if tasks, err = d.Inbox(ctx, hand(casefile.Reviewer)); err != nil || hasTask(tasks, "audit") {
		t.Errorf("the second look is offered to who took part: %v", err)
	}
	must(t, "audit", d.Audit(ctx, other, id, false, "Two flags were not answered."))
	c, err = d.Case(ctx, hand(casefile.Reviewer), x.Case)
	must(t, "read", err)
	if !c.Closed.IsZero() || c.Stage != casefile.StageTriage || c.Audits[0].State != "does_not_hold" {
		t.Errorf("a clearance that does not hold left the case at %s, closed %v", c.Stage, c.Closed)
	}
	drawn = false
	x = clear()
	if c, err = d.Case(ctx, hand(casefile.Reviewer), x.Case); err != nil || len(c.Audits) != 0 {
		t.Errorf("chance drew nothing, and there are %d second looks, %v", len(c.Audits), err)
	}
}

func hasTask(tasks []casefile.Task, kind string) bool {
	for _, x := range tasks {
		if x.Kind == kind {
			return true
		}
	}
	return false
}
