package storetest

import (
	"slices"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// due checks that what was promised for a date reaches an inbox when the date comes, also
// after the case is closed, and that a new flag on a closed case's party is put before people.
func due(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	s.Now = d.Now
	must(t, "store run", saveRun(t, s, 3, 0))
	c, k := walk(t, d.Desk, s, false)
	p := Proposal(k)
	p.Review = "2026-12-10"
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
	must(t, "propose", err)
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	must(t, "execute", d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{Done: true, Before: "a",
		After: "b"}))
	kinds := func(role casefile.Role) []string {
		t.Helper()
		tasks, err := d.Inbox(ctx, hand(role))
		must(t, "inbox", err)
		var out []string
		for _, x := range tasks {
			out = append(out, x.Kind)
		}
		slices.Sort(out)
		return out
	}
	expect := func(when string, role casefile.Role, want ...string) {
		t.Helper()
		if got := kinds(role); !slices.Equal(got, want) {
			t.Errorf("%s, %s: inbox %v, want %v", when, role, got, want)
		}
	}
	expect("after the execution", casefile.Verifier, "verify")
	d.days(7)
	must(t, "verify", d.Verify(ctx, hand(casefile.Verifier), x.ID, casefile.Check{Holds: true, Found: "no use"}))
	expect("after the check", casefile.Verifier)
	must(t, "close", d.Close(ctx, hand(casefile.Reviewer), c.ID, 0, "done"))
	d.days(23)
	expect("30 days after the execution, closed", casefile.Verifier, "check")
	expect("30 days after the execution, closed", casefile.Executor)
	must(t, "second check", d.Verify(ctx, hand(casefile.Verifier), x.ID, casefile.Check{Holds: true,
		Found: "still none"}))
	expect("after the second check", casefile.Verifier)
	d.days(8)
	expect("on the review's date", casefile.Investigator, "review")
	expect("on the review's date", casefile.Reviewer, "review")
	if got, err := d.Tick(ctx); err != nil || got.Breached != 0 {
		t.Errorf("%+v, %v", got, err)
	}

	// The same findings again are no news; another one is.
	must(t, "store run", saveRun(t, s, 3, 1))
	expect("the same flags again", casefile.Intake)
	must(t, "store run", saveRun(t, s, 30, 0))
	expect("a new flag", casefile.Intake, "reopen")
	must(t, "reopen", d.Reopen(ctx, hand(casefile.Intake), c.ID, "a new flag"))
	expect("opened again", casefile.Intake, "triage")
}

// interests checks what somebody with a declared interest may still do: speak and hand over; and
// that who stepped back reads and does nothing in the case any more.
func interests(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, k := walk(t, d.Desk, s, false)
	paid := person("paid", casefile.Roles...)
	must(t, "declare", d.DeclareConflict(ctx, paid, c.ID, "a former client", true))
	grade := casefile.Grade{Source: "A", Information: "1", Reason: "x"}
	for what, err := range map[string]error{
		"grade": d.GradeClaim(ctx, paid, k, grade), "status": d.SetClaimStatus(ctx, paid, k, casefile.StatusChange{
			Status: casefile.NotSupported, Reason: "x"}),
		"mark": d.MarkClaim(ctx, paid, k, false, "x"), "advance": d.Advance(ctx, paid, c.ID, 0, casefile.StageScope,
			""), "dossier": d.SetDossier(ctx, paid, c.ID, 0, casefile.Dossier{}),
		"restrict": d.Restrict(ctx, paid, c.ID, 0, true, nil, "x"), "close": d.Close(ctx, paid, c.ID, 0, "x"),
		"pause": d.Pause(ctx, paid, c.ID, c.Clocks[0].ID, "x"),
		"reply": d.RecordReply(ctx, paid, c.Letters[0].ID, []casefile.Reply{{Claim: k, Answer: "not"}}),
	} {
		refused(t, what, err, casefile.ErrConflict)
	}
	_, err := d.DraftLetter(ctx, paid, c.ID, casefile.LetterDraft{To: "x"})
	refused(t, "letter", err, casefile.ErrConflict)
	must(t, "comment", d.Comment(ctx, paid, c.ID, "I worked for them until May"))
	must(t, "hand over", d.Assign(ctx, paid, c.ID, 0, "investigator"))
	recused(t, d, c, k)

	// Marking keeps the history, and only what is marked goes into the next letter.
	must(t, "leave out", d.MarkClaim(ctx, hand(casefile.Reviewer), k, false, "asked already"))
	_, err = d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "x"})
	lacks(t, "a letter about nothing", err, "critical")
	lacks(t, "mark without a reason", d.MarkClaim(ctx, hand(casefile.Reviewer), k, true, " "), "a reason")
	must(t, "put in", d.MarkClaim(ctx, hand(casefile.Reviewer), k, true, "ask again"))
	l, err := d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "x"})
	must(t, "letter", err)
	if len(l.Assertions) != 1 {
		t.Errorf("%d assertions", len(l.Assertions))
	}
}

// recused has an investigator step back from a case, who then sees that it exists and no more.
func recused(t *testing.T, d *steps, c casefile.Case, k casefile.ID) {
	t.Helper()
	ctx := t.Context()
	out := person("stepped-back", casefile.Investigator, casefile.Reviewer)
	must(t, "read before", second(d.Case(ctx, out, c.ID)))
	must(t, "recuse", d.Recuse(ctx, out, c.ID, "the party pays my brother", true))
	for what, err := range map[string]error{
		"read": second(d.Case(ctx, out, c.ID)), "letter": second(d.Letter(ctx, out, c.Letters[0].ID)),
		"comment": d.Comment(ctx, out, c.ID, "x"),
		"claim":   second(d.AddClaim(ctx, out, c.ID, casefile.Claim{Text: "x", Source: "y"})), "assign": d.Assign(ctx,
			out, c.ID, 0, "investigator"),
		"grade":            d.GradeClaim(ctx, out, k, casefile.Grade{Source: "A", Information: "1", Reason: "x"}),
		"label":            d.Label(ctx, out, c.ID, []string{"x"}, nil),
		"look at evidence": d.Admit(ctx, out, casefile.MoveView, c.ID), "add evidence": d.Admit(ctx, out,
			casefile.MoveCollect, c.ID),
		"export": d.Admit(ctx, out, casefile.MoveExport, c.ID), "declare": d.DeclareConflict(ctx, out, c.ID, "x",
			false),
	} {
		refused(t, what, err, casefile.ErrRecused)
	}
	page, err := d.Cases(ctx, out, casefile.Query{})
	must(t, "list", err)
	for _, x := range page.Cases {
		if x.ID == c.ID && (x.Title == c.Title || x.Party != "" || x.PartyName != "" || x.Assignee != "") {
			t.Errorf("the list shows %+v to who stepped back", x)
		}
	}
	for what, q := range map[string]casefile.Query{"title": {Text: c.Title}, "party": {Party: c.Party}} {
		page, err := d.Cases(ctx, out, q)
		must(t, "search", err)
		for _, x := range page.Cases {
			if x.ID == c.ID {
				t.Errorf("a search by %s finds the case for who stepped back", what)
			}
		}
	}
	claims, err := d.PartyClaims(ctx, out, c.Party)
	must(t, "claims of the party", err)
	events, err := d.Timeline(ctx, out, c.Party, time.Time{})
	must(t, "timeline", err)
	for _, e := range events {
		if e.Case == c.ID {
			t.Errorf("the timeline shows %q to who stepped back", e.Text)
		}
	}
	for _, x := range claims {
		if x.Case == c.ID {
			t.Errorf("claim %s is shown to who stepped back", x.ID)
		}
	}
	tasks, err := d.Inbox(ctx, out)
	must(t, "inbox", err)
	for _, x := range tasks {
		if x.Case == c.ID {
			t.Errorf("the inbox shows %+v to who stepped back", x)
		}
	}
}

// second is the error of a call that gives a value too.
func second[T any](_ T, err error) error { return err }
