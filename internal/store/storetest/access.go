package storetest

import (
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// restricted checks that only members see a restricted case, by whatever way one looks, and
// that reading it is logged.
func restricted(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, _ := walk(t, d.Desk, s, true)
	out := person("outsider", casefile.Intake, casefile.Investigator, casefile.Reviewer, casefile.Approver,
		casefile.Counsel)
	_, err := d.Case(ctx, out, c.ID)
	refused(t, "read", err, casefile.ErrNotFound)
	_, err = d.Letter(ctx, out, c.Letters[0].ID)
	refused(t, "read letter", err, casefile.ErrNotFound)
	refused(t, "comment", d.Comment(ctx, out, c.ID, "hello"), casefile.ErrNotFound)
	refused(t, "status", d.SetClaimStatus(ctx, out, c.Claims[0].ID, casefile.StatusChange{Status: casefile.Withdrawn,
		Reason: "x"}), casefile.ErrNotFound)
	mine, err := d.Open(ctx, out, opening("mine"))
	must(t, "open", err)
	refused(t, "relate", d.Relate(ctx, out, mine.ID, c.ID, "same_party", ""), casefile.ErrNotFound)
	p, err := d.Cases(ctx, out, casefile.Query{})
	must(t, "list", err)
	if len(p.Cases) != 1 || p.Total != 1 {
		t.Errorf("an outsider lists %d of %d cases, want 1", len(p.Cases), p.Total)
	}
	for what, n := range map[string]func() (int, error){
		"timeline":  func() (int, error) { e, err := d.Timeline(ctx, out, c.Party, time.Time{}); return len(e), err },
		"claims":    func() (int, error) { e, err := d.PartyClaims(ctx, out, c.Party); return len(e), err },
		"decisions": func() (int, error) { e, err := d.PartyDecisions(ctx, out, c.Party); return len(e), err },
	} {
		got, err := n()
		must(t, what, err)
		want := 0
		if what == "timeline" {
			want = 1 // its own case
		}
		if got != want {
			t.Errorf("an outsider sees %d in %s, want %d", got, what, want)
		}
	}
	tasks, err := d.Inbox(ctx, out)
	must(t, "inbox", err)
	for _, x := range tasks {
		if x.Case == c.ID {
			t.Errorf("an outsider's inbox shows %+v", x)
		}
	}
	admin := hand(casefile.Admin)
	_, err = d.Case(ctx, admin, c.ID)
	refused(t, "an admin, though a member", err, casefile.ErrNotFound)
	_, err = d.Cases(ctx, admin, casefile.Query{})
	refused(t, "an admin's list", err, casefile.ErrForbidden)

	before := count(t, s, `SELECT count(*) FROM read_log`)
	_, err = d.Case(ctx, hand(casefile.Auditor), c.ID)
	must(t, "auditor reads", err)
	if after := count(t, s, `SELECT count(*) FROM read_log WHERE actor = 'auditor'`); after != 1 ||
		count(t, s, `SELECT count(*) FROM read_log`) != before+1 {
		t.Error("reading a restricted case was not logged once")
	}
	list, err := d.Readings(ctx, hand(casefile.Auditor), c.ID, 5)
	must(t, "readings", err)
	if len(list) != 5 || list[0].Actor != "auditor" {
		t.Errorf("readings: %+v", list)
	}
	_, err = d.Readings(ctx, hand(casefile.Reviewer), c.ID, 5)
	refused(t, "readings for others", err, casefile.ErrForbidden)

	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(c.Claims[0].ID))
	must(t, "propose", err)
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	before = count(t, s, `SELECT count(*) FROM read_log WHERE actor = 'reviewer'`)
	_, err = d.Records(ctx, hand(casefile.Reviewer), x.ID)
	must(t, "records", err)
	if after := count(t, s, `SELECT count(*) FROM read_log WHERE actor = 'reviewer'`); after != before+1 {
		t.Errorf("reading the records of a restricted case was logged %d times", after-before)
	}
	p, err = d.Cases(ctx, hand(casefile.Reviewer), casefile.Query{})
	must(t, "list", err)
	for _, x := range p.Cases {
		if x.Trigger.Text != "" || x.Dossier.Hold != "" || x.Triage.Reason != "" {
			t.Errorf("a list, which is not logged, tells what stands in %s", x.ID)
		}
	}
	// A case that was related and then restricted is not told of.
	must(t, "relate", d.Relate(ctx, person("intake", casefile.Intake), mine.ID, c.ID, "same_party", "a hint"))
	seen, err := d.Case(ctx, out, mine.ID)
	must(t, "read", err)
	if len(seen.Related) != 0 || strings.Contains(seen.Events[len(seen.Events)-1].Text, string(c.ID)) {
		t.Errorf("an outsider is told of %s: %+v", c.ID, seen.Related)
	}
	if inside, err := d.Case(ctx, hand(casefile.Reviewer), mine.ID); err != nil || len(inside.Related) != 1 {
		t.Errorf("a member is not told of it: %+v, %v", inside.Related, err)
	}
}

func clocks(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	must(t, "holidays", d.SetCalendar(ctx, hand(casefile.Admin), casefile.Calendar{Holidays: map[string]string{
		"2026-11-03": "a feast"}}))
	c, err := d.Open(ctx, hand(casefile.Intake), opening("clock"))
	must(t, "open", err)
	// Two working days after Monday the 2nd, with the 3rd off, end with Thursday the 5th.
	if got := c.Clocks[0].Due.Format(time.DateOnly); got != "2026-11-05" {
		t.Errorf("due %s, want 2026-11-05", got)
	}
	tick := func(want casefile.Ticked) {
		t.Helper()
		got, err := d.Tick(ctx)
		must(t, "tick", err)
		if got != want {
			t.Errorf("on %s: %+v, want %+v", d.now.Format(time.DateOnly), got, want)
		}
	}
	tick(casefile.Ticked{})
	d.days(2) // Wednesday
	tick(casefile.Ticked{Reminded: 1})
	tick(casefile.Ticked{})
	must(t, "pause", d.Pause(ctx, hand(casefile.Reviewer), c.ID, c.Clocks[0].ID, "waiting for a court"))
	d.days(7)
	tick(casefile.Ticked{})
	must(t, "resume", d.Resume(ctx, hand(casefile.Reviewer), c.ID, c.Clocks[0].ID))
	c, err = d.Case(ctx, hand(casefile.Intake), c.ID)
	must(t, "read", err)
	if got := c.Clocks[0].Due.Format(time.DateOnly); got != "2026-11-12" {
		t.Errorf("after the pause due %s, want 2026-11-12", got)
	}
	d.days(2)
	tick(casefile.Ticked{Breached: 1, Reminded: 0})
	tick(casefile.Ticked{})
	var kinds []string
	c, _ = d.Case(ctx, hand(casefile.Intake), c.ID)
	for _, e := range c.Events {
		kinds = append(kinds, string(e.Kind))
	}
	if got := strings.Join(kinds, ", "); got != "case opened, clock reminder, clock paused, clock resumed, clock breached" {
		t.Errorf("events: %s", got)
	}
}

func interim(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, k := walk(t, d.Desk, s, false)
	p := Proposal(k)
	_, err := d.Interim(ctx, hand(casefile.Investigator), c.ID, p)
	lacks(t, "interim for high", err, "critical severity")
	p.Severity = "critical"
	for _, confirm := range []bool{false, true} {
		if confirm {
			_, err := d.Interim(ctx, hand(casefile.Investigator), c.ID, p)
			lacks(t, "the same interim measure again", err, "a decision instead")
			p.Service = "object storage"
		}
		x, err := d.Interim(ctx, hand(casefile.Investigator), c.ID, p)
		must(t, "interim", err)
		refused(t, "approve one's own", d.Approve(ctx, person("investigator", casefile.Approver), x.ID, "y"),
			casefile.ErrOwnWork)
		must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "cannot wait"))
		x, err = d.Decision(ctx, hand(casefile.Auditor), x.ID)
		must(t, "read", err)
		if !x.Active(d.now) || x.State != casefile.Ordered || !x.Ends.Equal(d.now.AddDate(0, 0, 14)) {
			t.Errorf("interim: state %s ends %s", x.State, x.Ends)
		}
		if confirm {
			q := p
			q.Confirms = x.ID
			y, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, q)
			must(t, "propose", err)
			must(t, "first yes", d.Approve(ctx, hand(casefile.Approver), y.ID, "y"))
			must(t, "second yes", d.Approve(ctx, person("approver 2", casefile.Approver), y.ID, "y"))
			x, _ = d.Decision(ctx, hand(casefile.Auditor), x.ID)
			if x.State != casefile.Confirmed || x.Successor != y.ID || x.Active(d.now) {
				t.Errorf("confirmed: %s by %s", x.State, x.Successor)
			}
			continue
		}
		d.days(14)
		if x.Active(d.now) {
			t.Error("an interim measure binds on its 14th day without anybody having confirmed it")
		}
		refused(t, "execute after the end", d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{Done: true,
			Before: "a", After: "b"}), casefile.ErrStage)
		got, err := d.Tick(ctx)
		must(t, "tick", err)
		again, _ := d.Tick(ctx)
		x, _ = d.Decision(ctx, hand(casefile.Auditor), x.ID)
		if got.Ended != 1 || again.Ended != 0 || x.State != casefile.Ended {
			t.Errorf("ended %d then %d, state %s", got.Ended, again.Ended, x.State)
		}
	}
}

// duties checks conditions: each has its clock, and somebody who took no other part sees
// that it was met.
func duties(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, k := walk(t, d.Desk, s, false)
	p := Proposal(k)
	p.Outcome, p.Standard = casefile.Condition, casefile.ReasonableSuspicion
	p.Duties = []casefile.Duty{{Text: "an attestation of use", Owner: "account team", Due: "2026-11-12"},
		{Text: "a cap on hours", Owner: "operations", Due: "2026-12-01"}}
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
	must(t, "propose", err)
	refused(t, "met before it is decided", d.MeetDuty(ctx, hand(casefile.Verifier), x.ID, 1, "letter"),
		casefile.ErrStage)
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	d.days(5)
	refused(t, "met says the approver", d.MeetDuty(ctx, person("approver", casefile.Verifier), x.ID, 1, "letter"),
		casefile.ErrOwnWork)
	must(t, "met", d.MeetDuty(ctx, hand(casefile.Verifier), x.ID, 1, "attestation of 6 November"))
	refused(t, "met twice", d.MeetDuty(ctx, hand(casefile.Verifier), x.ID, 1, "again"), casefile.ErrStage)
	refused(t, "a condition that is not there", d.MeetDuty(ctx, hand(casefile.Verifier), x.ID, 3, "x"),
		casefile.ErrStage)
	d.days(60)
	_, err = d.Tick(ctx)
	must(t, "tick", err)
	c, err = d.Case(ctx, hand(casefile.Auditor), c.ID)
	must(t, "read", err)
	late := map[string]bool{}
	for _, k := range c.Clocks {
		late[string(k.Kind)] = !k.Breached.IsZero()
	}
	if late["condition 1"] || !late["condition 2"] || c.Decisions[0].Duties[0].Met == "" {
		t.Errorf("late: %v, duties %+v", late, c.Decisions[0].Duties)
	}
}

func timeline(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	s.Now = d.Now
	must(t, "store run", saveRun(t, s, 3, 0))
	d.days(1)
	c, k := walk(t, d.Desk, s, false)
	known := d.now
	d.days(1)
	_, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	d.days(1)
	must(t, "store run", saveRun(t, s, 3, 1))
	kinds := func(until time.Time) string {
		t.Helper()
		events, err := s.Timeline(ctx, d.Desk, hand(casefile.Auditor), "party-1", until)
		must(t, "timeline", err)
		var out []string
		for i, e := range events {
			if i > 0 && e.At.Before(events[i-1].At) {
				t.Errorf("event %d is out of order", i)
			}
			out = append(out, string(e.Kind))
		}
		return strings.Join(out, ", ")
	}
	then := "finding new, finding new, case opened, triaged, assigned, dossier, claim added, claim graded, claim " +
		"status, letter drafted, letter sent, reply"
	if got := kinds(known); got != then {
		t.Errorf("known then: %s\nwant %s", got, then)
	}
	if got := kinds(time.Time{}); got != then+", decision proposed, finding changed" {
		t.Errorf("known now: %s", got)
	}
}
