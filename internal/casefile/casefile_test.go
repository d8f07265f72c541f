package casefile

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/message"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t.Add(15 * time.Hour)
}

func TestCalendar(t *testing.T) {
	off, err := ParseHolidays(strings.NewReader("# closed\n2026-12-25 Christmas\n\n2026-12-28 observed # moved\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := &Calendar{Holidays: off}
	fridays := &Calendar{Rest: map[time.Weekday]bool{time.Friday: true, time.Saturday: true}}
	for _, tt := range []struct {
		name string
		cal  *Calendar
		from string
		n    int
		want string
	}{
		{"none", c, "2026-12-23", 0, "2026-12-23"},
		{"next day", c, "2026-12-22", 1, "2026-12-23"},
		{"over a weekend with holidays", c, "2026-12-24", 1, "2026-12-29"},
		{"from a Saturday", c, "2026-12-19", 1, "2026-12-21"},
		{"over New Year", c, "2026-12-30", 5, "2027-01-06"},
		{"a week that rests on Friday", fridays, "2026-11-26", 1, "2026-11-29"},
		{"leap day", &Calendar{}, "2028-02-28", 1, "2028-02-29"},
	} {
		got := tt.cal.Add(day(tt.from), tt.n)
		if got.Format(time.DateOnly) != tt.want || got.Add(time.Microsecond).Hour() != 0 {
			t.Errorf("%s: %d days after %s = %s, want the end of %s", tt.name, tt.n, tt.from, got, tt.want)
		}
		if n := tt.cal.Between(day(tt.from), got); n != tt.n {
			t.Errorf("%s: %d days between, want %d", tt.name, n, tt.n)
		}
	}
	if got := (&Calendar{Rest: map[time.Weekday]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true,
		6: true}}).Add(day("2026-01-01"), 1); got.IsZero() {
		t.Error("a calendar without a working day")
	}
	if _, err := ParseHolidays(strings.NewReader("2026-12-25 a\n25.12.2027 b")); err == nil ||
		!strings.Contains(err.Error(), "line 2") {
		t.Errorf("bad holiday: %v", err)
	}
}

func FuzzParseHolidays(f *testing.F) {
	f.Add("2026-12-25 Christmas\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		days, err := ParseHolidays(strings.NewReader(text))
		if err != nil {
			return
		}
		for d := range days {
			if _, err := time.Parse(time.DateOnly, d); err != nil {
				t.Errorf("%q is not a date", d)
			}
		}
		(&Calendar{Holidays: days}).Add(day("2026-01-01"), 3)
	})
}

// TestWhoMay tries every role against every move; the table is written out so that a change
// of rights shows in a review.
func TestWhoMay(t *testing.T) {
	want := map[Role]string{
		Intake: "open triage assign comment label relate restrict declare recuse finding claim dissent reopen " +
			"collect evidence read evidence grade evidence hold evidence appeal",
		Investigator: "open advance comment label relate declare recuse dossier finding claim grade status draft " +
			"letter record reply propose interim dissent " +
			"collect evidence read evidence grade evidence seal evidence hold evidence export evidence appeal " +
			"propose remedy remedy step",
		Reviewer: "open triage advance assign comment label relate restrict declare recuse dossier finding claim " +
			"grade status draft letter send letter record reply " +
			"propose interim dissent pause close reopen collect evidence read evidence grade evidence seal evidence " +
			"hold evidence release evidence delete evidence export evidence appeal admit appeal propose remedy audit " +
			"review hold",
		Approver: "comment declare recuse approve refuse dissent close reopen read evidence rule on appeal agree " +
			"remedy",
		Executor: "comment declare recuse dissent execute read evidence remedy step",
		Verifier: "comment declare recuse dissent verify read evidence check remedy",
		Counsel: "comment restrict declare recuse dossier draft letter send letter record reply dissent pause " +
			"collect evidence read evidence hold evidence release evidence delete evidence export evidence appeal " +
			"admit appeal propose remedy review hold",
		Publisher: "comment declare recuse dossier dissent read evidence export evidence",
		Auditor:   "read evidence",
		Admin:     "",
	}
	order := []Move{MoveOpen, MoveTriage, MoveAdvance, MoveAssign, MoveComment, MoveLabel, MoveRelate, MoveRestrict,
		MoveDeclare, MoveRecuse, MoveDossier, MoveFinding,
		MoveClaim, MoveGrade, MoveStatus, MoveDraft, MoveSend, MoveReply, MovePropose, MoveInterim, MoveApprove,
		MoveRefuse, MoveDissent, MoveExecute, MoveVerify, MovePause,
		MoveClose, MoveReopen, MoveCollect, MoveView, MoveRate, MoveSeal, MoveHold, MoveRelease, MoveDelete, MoveExport,
		MoveAppeal, MoveAdmit, MoveRule, MoveRemedy, MoveAgree, MoveStep, MoveCheck, MoveAudit, MoveReviewHold}
	if len(order) != len(mayMove) {
		t.Errorf("%d moves here, %d in the table", len(order), len(mayMove))
	}
	for _, r := range Roles {
		var got []string
		for _, m := range order {
			err := Actor{ID: "x", Roles: []Role{r}}.May(m)
			if err == nil {
				got = append(got, string(m))
			} else if !errors.Is(err, ErrForbidden) {
				t.Errorf("%s %s: %v", r, m, err)
			}
			program := Actor{ID: "x", Roles: []Role{r}, Program: true}.May(m)
			if (program == nil) != (err == nil && slices.Contains(programMay, m)) {
				t.Errorf("a program with %s, %s: %v", r, m, program)
			}
		}
		if diff := cmp.Diff(want[r], strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r, diff)
		}
		if may := (Actor{Roles: []Role{r}}).MayRead(); may != (r != Admin) {
			t.Errorf("%s may read: %v", r, may)
		}
	}
	for _, m := range programMay {
		if slices.Contains([]Move{MovePropose, MoveInterim, MoveApprove, MoveRefuse, MoveExecute, MoveVerify,
			MoveTriage, MoveClose, MoveRelease, MoveDelete, MoveExport}, m) {
			t.Errorf("a program may %s", m)
		}
	}
}

func TestOrigins(t *testing.T) {
	claims := []Claim{{ID: "1", Origin: "wire"}, {ID: "2", Origin: "wire"}, {ID: "3"}, {ID: "4"},
		{ID: "5", Origin: "wire", Denies: "1"}, {ID: "6", Origin: "new", Status: Withdrawn}}
	if n := Origins(claims); n != 3 {
		t.Errorf("%d origins, want 3", n)
	}
}

func whole() (Case, Proposal) {
	c := Case{ID: "C-0001", Changed: day("2026-11-23"), Dossier: Dossier{Coverage: "24 months"},
		Claims: []Claim{{ID: "C-0001-K1", Status: Supported, Critical: true, Source: "a paper", Grades: []Grade{
			{Source: "B", Information: "2", By: "a"}, {Source: "C", Information: "2", By: "b"}}}},
		Letters: []Letter{{ID: "C-0001-L1", Sent: day("2026-11-01"), Deadline: day("2026-11-20"),
			Assertions: []Assertion{{No: 1, Claim: "C-0001-K1"}}}},
		Findings: []Finding{{ID: "f1", State: "raised", Severity: "high", Flag: "RF-15"}}}
	p := Proposal{Service: "speech", Outcome: Terminate, Standard: MoreLikelyThanNot, Severity: "high", Reasons: "r",
		Claims: []ID{"C-0001-K1"}, Findings: []string{"f1"},
		Scope: Scope{Party: "p", Actions: []string{"use"}, Services: []string{"speech"}}, Rejected: []Option{
			{Suspend, "tried"}}, Involved: "linked", Involving: "w", Leverage: "l",
		ExitHarm: "e", Narrowest: "n", LegalAble: "a", Notice: "n", Reversal: "appeal", Review: "2027-01-01",
		NotSeen: "contracts", Watch: []string{"hours"}, Duties: []Duty{{"t", "o", "2027-01-01", ""}}}
	return c, p
}

// TestLacks takes one thing away at a time from a complete proposal.
func TestLacks(t *testing.T) {
	for _, o := range Outcomes {
		c, p := whole()
		p.Outcome = o
		if o == Clear {
			c.Findings[0].Answer = "a migration"
		}
		if needs := Lacks(c, p, false); len(needs) > 0 {
			t.Errorf("%s: a complete proposal lacks %q", o, needs)
		}
	}
	for _, tt := range []struct {
		name    string
		outcome Outcome
		take    func(*Case, *Proposal)
		want    string
	}{
		{"service", Terminate, func(_ *Case, p *Proposal) { p.Service = " " }, "service"},
		{"outcome", "forbid", func(*Case, *Proposal) {}, "an outcome"},
		{"actions", Monitor, func(_ *Case, p *Proposal) { p.Scope.Actions = nil }, "actions"},
		{"wrong action", Monitor, func(_ *Case, p *Proposal) { p.Scope.Actions = []string{"dance"} }, "dance"},
		{"reasons", Monitor, func(_ *Case, p *Proposal) { p.Reasons = "" }, "reasons"},
		{"no standard", Monitor, func(_ *Case, p *Proposal) { p.Standard = "beyond doubt" }, "standard"},
		{"weak standard for termination", Terminate, func(_ *Case, p *Proposal) { p.Standard = ReasonableGrounds },
			"more_likely_than_not"},
		{"weak standard for suspension", Suspend, func(_ *Case, p *Proposal) { p.Standard = ReasonableSuspicion },
			"reasonable_grounds"},
		{"weak standard for a condition", Condition, func(_ *Case, p *Proposal) { p.Standard = Indication },
			"reasonable_suspicion"},
		{"mild harm for suspension", Suspend, func(_ *Case, p *Proposal) { p.Severity = "low" }, "severe harm"},
		{"no ground", Monitor, func(_ *Case, p *Proposal) { p.Claims, p.Findings = nil, nil }, "rests on"},
		{"a claim of another case", Restrict, func(_ *Case, p *Proposal) { p.Claims = []ID{"C-0002-K1"} }, "C-0002-K1"},
		{"a finding that was not raised", Restrict, func(c *Case, _ *Proposal) {
			c.Findings[0].State = "not_computable"
		}, "raised finding"},
		{"an untested claim", Restrict, func(c *Case, _ *Proposal) { c.Claims[0].Status = UnderReview },
			"tested claim"},
		{"one grader", Restrict, func(c *Case, _ *Proposal) { c.Claims[0].Grades = c.Claims[0].Grades[:1] },
			"second person"},
		{"the same grader twice", Restrict, func(c *Case, _ *Proposal) { c.Claims[0].Grades[1].By = "a" },
			"second person"},
		{"only anonymous claims", Condition, func(c *Case, p *Proposal) {
			c.Claims[0].Anonymous, p.Findings = true,
				nil
		}, "anonymous"},
		{"not heard", Condition, func(c *Case, _ *Proposal) { c.Letters = nil }, "letter"},
		{"not yet answered", Restrict, func(c *Case, _ *Proposal) { c.Changed = day("2026-11-19") }, "reply"},
		{"exit harm", Terminate, func(_ *Case, p *Proposal) { p.ExitHarm = "" }, "leaving"},
		{"leverage", Restrict, func(_ *Case, p *Proposal) { p.Leverage = "" }, "leverage"},
		{"options", Restrict, func(_ *Case, p *Proposal) { p.Rejected = nil }, "milder options"},
		{"narrowest", Restrict, func(_ *Case, p *Proposal) { p.Scope.Services = nil }, "narrowest"},
		{"review date", Suspend, func(_ *Case, p *Proposal) { p.Review = "" }, "looked at again"},
		{"end before start", Restrict, func(_ *Case, p *Proposal) { p.Start, p.End = "2027-02-01", "2027-01-01" },
			"after the start"},
		{"watch", Monitor, func(_ *Case, p *Proposal) { p.Watch = nil }, "watched"},
		{"duty without owner", Condition, func(_ *Case, p *Proposal) { p.Duties[0].Owner = "" }, "owner"},
		{"clear with an open flag", Clear, func(*Case, *Proposal) {}, "f1 (RF-15)"},
		{"clear without coverage", Clear, func(c *Case, _ *Proposal) { c.Dossier.Coverage = "" }, "coverage"},
		{"clear without what was not seen", Clear, func(_ *Case, p *Proposal) { p.NotSeen = "" }, "not reviewed"},
	} {
		c, p := whole()
		p.Outcome = tt.outcome
		tt.take(&c, &p)
		if got := strings.Join(Lacks(c, p, false), "; "); !strings.Contains(got, tt.want) {
			t.Errorf("%s: lacks %q, want it to name %q", tt.name, got, tt.want)
		}
	}
	c, p := whole()
	c.Letters, p.Severity, p.Outcome = nil, "critical", Suspend
	if needs := Lacks(c, p, true); len(needs) > 0 {
		t.Errorf("an interim measure does not wait for a reply: lacks %q", needs)
	}
	c.Decisions = []Decision{{ID: "C-0001-D1", Interim: true, Decided: day("2026-11-01"), State: Ended,
		Proposal: Proposal{Service: " Speech"}}}
	if needs := Lacks(c, p, true); len(needs) != 1 || !strings.Contains(needs[0], "C-0001-D1") {
		t.Errorf("an interim measure that follows its like: lacks %q", needs)
	}
	c.Decisions = nil
	p.Outcome = Terminate
	if needs := Lacks(c, p, true); len(needs) == 0 {
		t.Error("an interim measure cannot be for good")
	}
	c, p = whole()
	p.Standard, p.Replaces = ReasonableGrounds, "C-0001-D2"
	c.Decisions = []Decision{{ID: "C-0001-D2", Decided: day("2026-06-01"), State: Verified, Proposal: Proposal{
		Service: "speech", Outcome: Suspend}}}
	if needs := Lacks(c, p, false); len(needs) > 0 {
		t.Errorf("a termination after a suspension that changed nothing lacks %q", needs)
	}
	c.Decisions[0].Outcome = Restrict
	if needs := Lacks(c, p, false); len(needs) != 1 {
		t.Errorf("a termination on reasonable grounds alone lacks %q", needs)
	}
	c, p = whole()
	c.Letters, c.Dossier.NoLetter, c.Dossier.NoLetterTill = nil, "danger to a source", "2027-01-01"
	if needs := Lacks(c, p, false); len(needs) > 0 {
		t.Errorf("a reason for not asking is enough: lacks %q", needs)
	}
}

func TestActive(t *testing.T) {
	at := day("2026-11-23")
	for _, tt := range []struct {
		name string
		d    Decision
		want bool
	}{
		{"proposed", Decision{State: Proposed}, false},
		{"refused", Decision{State: Refused}, false},
		{"ordered", Decision{State: Ordered}, true},
		{"failed is still ordered", Decision{State: Failed}, true},
		{"begins tomorrow", Decision{State: InForce, Proposal: Proposal{Start: "2026-11-24"}}, false},
		{"begins today", Decision{State: InForce, Proposal: Proposal{Start: "2026-11-23"}}, true},
		{"ended yesterday", Decision{State: Verified, Proposal: Proposal{End: "2026-11-23"}}, false},
		{"last day", Decision{State: Verified, Proposal: Proposal{End: "2026-11-24"}}, true},
		{"interim over", Decision{State: Ordered, Ends: at}, false},
		{"interim runs", Decision{State: Ordered, Ends: at.Add(1)}, true},
		{"replaced", Decision{State: Replaced}, false},
	} {
		if got := tt.d.Active(at); got != tt.want {
			t.Errorf("%s: active %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLetterAccusesNobody checks the wording that is generated.
func TestLetterAccusesNobody(t *testing.T) {
	en := message.For("en")
	c := &Case{ID: "C-0007", Title: "Speech use", PartyName: "Northgate Signals Directorate"}
	as := []Assertion{{No: 1, Text: assertion(Claim{Source: "The Harbour Post", Published: "2026-10-20",
		Text: "calls are stored."}, en)},
		{No: 2, Text: assertion(Claim{Source: "Ada Example", Anonymous: true, Text: "the account grew."}, en)}}
	got := letterText(c, as, 15, en)
	for _, want := range []string{"1. The Harbour Post reported on 2026-10-20: calls are stored.",
		"2. A source whose name is protected reported: the account grew.", "C-0007", "15 working days", "not decided"} {
		if !strings.Contains(got, want) {
			t.Errorf("the letter lacks %q:\n%s", want, got)
		}
	}
	for _, never := range []string{"Ada Example", "guilty", "complicit", "criminal"} {
		if strings.Contains(got, never) {
			t.Errorf("the letter says %q", never)
		}
	}
}

// TestPoints checks that the record has all 29 points, in order.
func TestPoints(t *testing.T) {
	b, err := json.Marshal(Record{})
	if err != nil {
		t.Fatal(err)
	}
	rt := reflect.TypeFor[Record]()
	if rt.NumField() != 29 {
		t.Errorf("%d points", rt.NumField())
	}
	last := -1
	for i := range rt.NumField() {
		tag := rt.Field(i).Tag.Get("json")
		if want := i + 1; !strings.HasPrefix(tag, string([]byte{byte('0' + want/10), byte('0' + want%10), '_'})) {
			t.Errorf("point %d is tagged %s", want, tag)
		}
		if at := strings.Index(string(b), `"`+tag+`"`); at <= last {
			t.Errorf("%s is out of order", tag)
		} else {
			last = at
		}
	}
}

func TestFile(t *testing.T) {
	for in, want := range map[ID]ID{"C-0017": "C-0017", "C-0017-K3": "C-0017", "C-0017-K3-x": "C-0017", "": "",
		"x": "x"} {
		if got := in.File(); got != want {
			t.Errorf("%q.File() = %q, want %q", in, got, want)
		}
	}
}
