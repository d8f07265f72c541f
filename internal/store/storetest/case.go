package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// steps is a desk whose clock the test moves.
type steps struct {
	*casefile.Desk
	now time.Time
}

func newSteps(s *store.Store) *steps {
	x := &steps{Desk: casefile.NewDesk(s), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)} // a Monday
	x.Now = func() time.Time { return x.now }
	return x
}

func (x *steps) days(n int) { x.now = x.now.AddDate(0, 0, n) }

// Proposal is a complete proposal to restrict a service, resting on claims.
func Proposal(claims ...casefile.ID) casefile.Proposal {
	return casefile.Proposal{
		Service: "speech transcription", Outcome: casefile.Restrict, Standard: casefile.ReasonableGrounds,
		Severity: "high",
		Scope: casefile.Scope{Party: "party-1", PartyName: "Northgate Signals Directorate", Capabilities: []string{
			"speech"},
			Actions: []string{"use", "renew"}, Descendants: true},
		Reasons: "Records show speech use far beyond the stated purpose.", Claims: claims,
		Rejected: []casefile.Option{{Outcome: casefile.Condition, Why: "no clause lets us check"}},
		Involved: "linked", Involving: "The service is used by the party itself.",
		Leverage:  "A request for an attestation stayed unanswered.",
		ExitHarm:  "None for patients or emergency lines: the account serves neither.",
		Narrowest: "Storage is not needed for the harm.",
		LegalAble: "The acceptable use clause allows it.", Notice: "The party, on the day.",
		Reversal: "A verified change of use.", Review: "2027-05-01",
	}
}

// walk brings a case from opening to a proposal; restrict makes it a restricted one. It
// returns the case and the claim that the proposal rests on.
func walk(t testing.TB, d *casefile.Desk, _ *store.Store, restrict bool) (casefile.Case, casefile.ID) {
	t.Helper()
	ctx := t.Context()
	o := opening("Speech use far beyond contract")
	if restrict {
		o.Restricted = true
	}
	c, err := d.Open(ctx, hand(casefile.Intake), o)
	must(t, "open", err)
	if restrict {
		var ids []string
		for _, r := range casefile.Roles {
			ids = append(ids, string(r))
		}
		must(t, "restrict", d.Restrict(ctx, hand(casefile.Intake), c.ID, 0, true, append(ids, "approver 2"),
			"danger to a source"))
	}
	must(t, "triage", d.Triage(ctx, hand(casefile.Intake), c.ID, 0, "high", casefile.Triage{Scale: "large",
		Scope: "many", Irremediability: "hard", Likelihood: "likely",
		Urgency: "soon", Outcome: "open", Reason: "named publisher, plausible"}))
	must(t, "assign", d.Assign(ctx, hand(casefile.Reviewer), c.ID, 0, "investigator"))
	must(t, "dossier", d.SetDossier(ctx, hand(casefile.Investigator), c.ID, 0, casefile.Dossier{
		Hold: "bills of 2026 frozen", Coverage: "bills of 24 months, no contract text",
		Scope:    casefile.Extent{Services: []string{"speech"}, Out: "other accounts: no sign"},
		Innocent: "a call centre: none is known", Remedy: "referral", Publication: "in 90 days"}))
	k, err := d.AddClaim(ctx, hand(casefile.Investigator), c.ID, casefile.Claim{
		Text: "The service transcribes intercepted calls.", Source: "The Harbour Post",
		Published: "2026-10-20", Origin: "harbour-1", Critical: true, Grades: []casefile.Grade{
			{Source: "B", Information: "2", Reason: "documents seen"}}})
	must(t, "claim", err)
	must(t, "second grade", d.GradeClaim(ctx, hand(casefile.Reviewer), k.ID, casefile.Grade{Source: "B",
		Information: "3", Reason: "second view"}))
	must(t, "status", d.SetClaimStatus(ctx, hand(casefile.Investigator), k.ID, casefile.StatusChange{
		Status: casefile.Supported, Reason: "bills show it"}))
	l, err := d.DraftLetter(ctx, hand(casefile.Investigator), c.ID, casefile.LetterDraft{To: "Office of the Director"})
	must(t, "letter", err)
	must(t, "send", d.SendLetter(ctx, hand(casefile.Reviewer), l.ID, casefile.Sending{Proof: "registered mail 1"}))
	must(t, "reply", d.RecordReply(ctx, hand(casefile.Investigator), l.ID, []casefile.Reply{
		{Claim: k.ID, Answer: "partly", Text: "We transcribe public hearings.", Effect: "none"}}))
	c, err = d.Case(ctx, hand(casefile.Reviewer), c.ID)
	must(t, "read", err)
	return c, k.ID
}

// road walks a case from intake to closing, and reads the record.
func road(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, k := walk(t, d.Desk, s, false)
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	must(t, "to decide", d.Advance(ctx, hand(casefile.Reviewer), c.ID, 0, casefile.StageDecide, ""))
	lacks(t, "verify stage without a decision", d.Advance(ctx, hand(casefile.Reviewer), c.ID, 0, casefile.StageVerify,
		""), "approved decision")
	must(t, "dissent", d.Dissent(ctx, hand(casefile.Counsel), x.ID, "a condition would do"))
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "grounds are reasonable"))
	lacks(t, "close before it is done", d.Close(ctx, hand(casefile.Reviewer), c.ID, 0, "done"), "done and verified")
	must(t, "failed try", d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{
		Failure: "the console was down"}))
	lacks(t, "done without proof", d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{Done: true}),
		"proof")
	must(t, "execute", d.Execute(ctx, hand(casefile.Executor), x.ID, casefile.Execution{Done: true, Before: "sha256:aa",
		After: "sha256:bb"}))
	d.days(7)
	must(t, "verify", d.Verify(ctx, hand(casefile.Verifier), x.ID, casefile.Check{Holds: true, Found: "no use since",
		Evasion: "no other account"}))
	must(t, "close", d.Close(ctx, hand(casefile.Reviewer), c.ID, 0, "done"))
	refused(t, "a claim in a closed case", d.SetClaimStatus(ctx, hand(casefile.Investigator), k, casefile.StatusChange{
		Status: casefile.Withdrawn, Reason: "x"}), casefile.ErrClosed)
	must(t, "reopen", d.Reopen(ctx, hand(casefile.Intake), c.ID, "new report"))

	r, err := d.Record(ctx, hand(casefile.Auditor), x.ID)
	must(t, "record", err)
	sum, err := r.Sum()
	must(t, "sum", err)
	if sum != r.Seal.SHA256 || r.Identity.Version != 4 {
		t.Errorf("record version %d with sum %s, sealed %s", r.Identity.Version, sum, r.Seal.SHA256)
	}
	versions, err := d.Records(ctx, hand(casefile.Auditor), x.ID)
	must(t, "records", err)
	for i, v := range versions {
		if i > 0 && v.Seal.Previous != versions[i-1].Seal.SHA256 {
			t.Errorf("version %d is not linked to the one before", i+1)
		}
		if sum, _ := v.Sum(); sum != v.Seal.SHA256 {
			t.Errorf("version %d does not have its sum", i+1)
		}
	}
	if len(r.People.Voices) != 2 || r.People.Voices[0].Kind != "dissent" || r.Enforcement.State != casefile.Verified ||
		len(r.Trigger.Claims[0].Replies) != 1 || len(r.Reply.Letters) != 1 {
		t.Errorf("record: %+v", r)
	}
}

// fourEyes tries every pair of hands that must differ.
func fourEyes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	all := person("one for all", casefile.Roles...)
	c, k := walk(t, d.Desk, s, false)
	p := Proposal(k)
	x, err := d.Propose(ctx, all, c.ID, p)
	must(t, "propose", err)
	refused(t, "approve one's own", d.Approve(ctx, all, x.ID, "mine"), casefile.ErrOwnWork)
	refused(t, "refuse one's own", d.Refuse(ctx, all, x.ID, "mine"), casefile.ErrOwnWork)
	robot := person("robot", casefile.Roles...)
	robot.Program = true
	for what, err := range map[string]error{"approve": d.Approve(ctx, robot, x.ID, "r"), "refuse": d.Refuse(ctx, robot,
		x.ID, "r"), "close": d.Close(ctx, robot, c.ID, 0, "r"),
		"execute": d.Execute(ctx, robot, x.ID, casefile.Execution{Done: true, Before: "a", After: "b"}),
		"triage":  d.Triage(ctx, robot, c.ID, 0, "low", casefile.Triage{})} {
		refused(t, "a program: "+what, err, casefile.ErrProgram)
	}
	_, err = d.Propose(ctx, robot, c.ID, p)
	refused(t, "a program: propose", err, casefile.ErrProgram)
	refused(t, "an auditor", d.Approve(ctx, hand(casefile.Auditor), x.ID, "a"), casefile.ErrForbidden)
	refused(t, "an admin", d.Approve(ctx, hand(casefile.Admin), x.ID, "a"), casefile.ErrForbidden)
	must(t, "declare", d.DeclareConflict(ctx, person("paid", casefile.Approver), c.ID, "I am paid on this account",
		true))
	refused(t, "an interested approver", d.Approve(ctx, person("paid", casefile.Approver), x.ID, "a"),
		casefile.ErrConflict)
	refused(t, "assign to the interested", d.Assign(ctx, hand(casefile.Reviewer), c.ID, 0, "paid"),
		casefile.ErrConflict)
	must(t, "approve", d.Approve(ctx, person("boss", casefile.Roles...), x.ID, "yes"))
	done := casefile.Execution{Done: true, Before: "a", After: "b"}
	refused(t, "execute as proposer", d.Execute(ctx, all, x.ID, done), casefile.ErrOwnWork)
	refused(t, "execute as approver", d.Execute(ctx, person("boss", casefile.Roles...), x.ID, done),
		casefile.ErrOwnWork)
	must(t, "a try", d.Execute(ctx, person("night shift", casefile.Roles...), x.ID, casefile.Execution{
		Failure: "locked out"}))
	must(t, "execute", d.Execute(ctx, person("ops", casefile.Roles...), x.ID, done))
	for _, who := range []string{"one for all", "boss", "ops", "night shift"} {
		refused(t, "verify as "+who, d.Verify(ctx, person(who, casefile.Roles...), x.ID, casefile.Check{Holds: true,
			Found: "f"}), casefile.ErrOwnWork)
	}
	must(t, "verify", d.Verify(ctx, person("fresh", casefile.Roles...), x.ID,
		casefile.Check{Found: "still on in one region"}))
	refused(t, "execute as verifier", d.Execute(ctx, person("fresh", casefile.Roles...), x.ID, done),
		casefile.ErrOwnWork)
	must(t, "execute again", d.Execute(ctx, person("ops", casefile.Roles...), x.ID, done))
	must(t, "verify again", d.Verify(ctx, person("fresh", casefile.Roles...), x.ID, casefile.Check{Holds: true,
		Found: "off everywhere"}))
	if y, _ := d.Decision(ctx, hand(casefile.Auditor), x.ID); y.State != casefile.Verified ||
		len(y.Enforced.Checks) != 2 || y.Enforced.Tries != 3 {
		t.Errorf("after a measure that did not hold: %+v", y.Enforced)
	}

	p.Severity = "critical"
	x, err = d.Propose(ctx, hand(casefile.Investigator), c.ID, p)
	must(t, "propose critical", err)
	inside := func(id string) casefile.Actor { a := person(id, casefile.Approver); a.Business = true; return a }
	must(t, "first approval", d.Approve(ctx, inside("sales 1"), x.ID, "yes"))
	if y, _ := d.Decision(ctx, hand(casefile.Auditor), x.ID); y.State != casefile.Proposed {
		t.Errorf("a critical decision is %s after one approval", y.State)
	}
	refused(t, "the same approver twice", d.Approve(ctx, inside("sales 1"), x.ID, "yes"), casefile.ErrOwnWork)
	refused(t, "two from the business line", d.Approve(ctx, inside("sales 2"), x.ID, "yes"), casefile.ErrOutside)
	must(t, "outside approval", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	if y, _ := d.Decision(ctx, hand(casefile.Auditor), x.ID); y.State != casefile.Ordered || len(y.Voices) != 2 {
		t.Errorf("after two approvals: %+v", y)
	}
}

// races lets many hands do at once what only one may.
func races(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := newSteps(s)
	c, k := walk(t, d.Desk, s, false)
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			if i%2 == 0 {
				errs[i] = d.Approve(ctx, person(fmt.Sprint("approver ", i), casefile.Approver), x.ID, "yes")
			} else {
				errs[i] = d.Refuse(ctx, person(fmt.Sprint("approver ", i), casefile.Approver), x.ID, "no")
			}
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, casefile.ErrStage):
			t.Errorf("hand %d: %v", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d hands settled one proposal", won, len(errs))
	}
	ids := map[casefile.ID]bool{}
	var mu sync.Mutex
	for range 20 {
		wg.Go(func() {
			c, err := d.Open(ctx, hand(casefile.Intake), opening("at once"))
			mu.Lock()
			defer mu.Unlock()
			if err != nil || ids[c.ID] {
				t.Errorf("open: %v %v", c.ID, err)
			}
			ids[c.ID] = true
		})
	}
	wg.Wait()
}

func idempotency(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	by := hand(casefile.Intake)
	by.Request = "key-1"
	var wg sync.WaitGroup
	ids := make([]casefile.ID, 6)
	for i := range ids {
		wg.Go(func() {
			c, err := d.Open(ctx, by, opening("once"))
			if err != nil {
				t.Errorf("open %d: %v", i, err)
			}
			ids[i] = c.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one key made %s and %s", ids[0], id)
		}
	}
	_, err := d.Open(ctx, by, opening("something else"))
	refused(t, "the key for something else", err, casefile.ErrReused)
	other := person("other", casefile.Intake)
	other.Request = "key-1"
	c, err := d.Open(ctx, other, opening("once"))
	must(t, "the same key of somebody else", err)
	if c.ID == ids[0] {
		t.Error("a key of one person answered another")
	}
	if n := count(t, s, `SELECT count(*) FROM case_file`); n != 2 {
		t.Errorf("%d cases, want 2", n)
	}
	// A failed request leaves its key free.
	by.Request = "key-2"
	lacks(t, "close without a reason", d.Close(ctx, casefile.Actor{ID: "r", Roles: []casefile.Role{casefile.Reviewer},
		Request: "key-2"}, c.ID, 0, ""), "a reason")
	must(t, "close", d.Close(ctx, casefile.Actor{ID: "r", Roles: []casefile.Role{casefile.Reviewer}, Request: "key-2"},
		c.ID, 0, "dup"))
}

func versions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := casefile.NewDesk(s)
	c, err := d.Open(ctx, hand(casefile.Intake), opening("v"))
	must(t, "open", err)
	must(t, "assign", d.Assign(ctx, hand(casefile.Reviewer), c.ID, c.Version, "ada"))
	refused(t, "an old version", d.Assign(ctx, hand(casefile.Reviewer), c.ID, c.Version, "bob"), casefile.ErrStale)
	now, err := d.Case(ctx, hand(casefile.Reviewer), c.ID)
	must(t, "read", err)
	if now.Assignee != "ada" || now.Version != c.Version+1 {
		t.Errorf("assignee %q version %d", now.Assignee, now.Version)
	}
	_, err = d.Case(ctx, hand(casefile.Reviewer), "C-9999")
	refused(t, "a case that is not there", err, casefile.ErrNotFound)
}

// Fill puts a bit of everything into a store: people, a run, a case with a decision.
func Fill(t testing.TB, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	key, p, err := s.FirstLink(ctx, time.Hour)
	must(t, "start link", err)
	_, err = s.UseLink(ctx, key)
	must(t, "use link", err)
	_, err = s.NewSession(ctx, p.ID, "link", time.Hour)
	must(t, "session", err)
	_, _, err = s.NewToken(ctx, p.Actor(), "nightly", []string{"read"}, time.Now().AddDate(0, 1, 0))
	must(t, "token", err)
	must(t, "identity", s.LinkIdentity(ctx, p.ID, p.ID, "https://id.example.test", "1"))
	must(t, "run", saveRun(t, s, 250, 0))
	d := casefile.NewDesk(s)
	must(t, "holidays", d.SetCalendar(ctx, hand(casefile.Admin), casefile.Calendar{Holidays: map[string]string{
		"2026-12-25": "a feast\twith a tab, a \\ and\na line"}}))
	c, k := walk(t, d, s, true)
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	by := hand(casefile.Intake)
	by.Request = "key"
	_, err = d.Open(ctx, by, opening("second"))
	must(t, "open", err)
	must(t, "relate", d.Relate(ctx, hand(casefile.Intake), c.ID, "C-0002", "same_party", "n"))
	must(t, "declare", d.DeclareConflict(ctx, hand(casefile.Publisher), c.ID, "a cousin", false))
}

// Hand is a person with one role, called like it.
func Hand(role casefile.Role) casefile.Actor { return hand(role) }

// Decided walks a new case to a decision that was approved. restrict makes it a restricted one.
func Decided(t testing.TB, d *casefile.Desk, restrict bool) casefile.Decision {
	t.Helper()
	c, k := walk(t, d, nil, restrict)
	x, err := d.Propose(t.Context(), hand(casefile.Investigator), c.ID, Proposal(k))
	must(t, "propose", err)
	must(t, "approve", d.Approve(t.Context(), hand(casefile.Approver), x.ID, "The grounds are reasonable."))
	return x
}
