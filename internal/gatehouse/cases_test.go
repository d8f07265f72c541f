package gatehouse

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// ids names the restrictions of an answer, in its order.
func ids(a *access.Answer) []string {
	var out []string
	for _, h := range a.Hits {
		out = append(out, h.Restriction().ID)
	}
	return out
}

func TestFromCases(t *testing.T) {
	of := func(id string, state casefile.State, outcome casefile.Outcome, s casefile.Scope,
		change func(*casefile.Decision)) casefile.Decision {
		d := casefile.Decision{ID: casefile.ID(id), Case: "C-1", Party: "p-1", State: state,
			Proposal: casefile.Proposal{Outcome: outcome, Scope: s}}
		if change != nil {
			change(&d)
		}
		return d
	}
	party := casefile.Scope{Party: "p-1", Services: []string{"speech"}}
	got, err := FromCases([]casefile.Decision{
		of("D-1", casefile.Ordered, casefile.Suspend, party, nil),
		of("D-2", casefile.Proposed, casefile.Suspend, party, nil),
		of("D-3", casefile.Verified, casefile.Terminate, casefile.Scope{Party: "p-1", Descendants: true}, nil),
		of("D-4", casefile.InForce, casefile.Condition, casefile.Scope{Accounts: []string{"a-1", "a-2"},
			Actions: []string{"use"}}, func(d *casefile.Decision) {
			d.Duties = []casefile.Duty{
				{Text: "at most 10 TB"}}
		}),
		of("D-5", casefile.InForce, casefile.Monitor, party, nil),
		of("D-6", casefile.Executed, casefile.Restrict, casefile.Scope{Party: "p-1", Capabilities: []string{"speech"},
			Regions: []string{"north"}}, func(d *casefile.Decision) { d.Start, d.End = "2026-11-01", "2026-12-01" }),
		of("D-7", casefile.Executed, casefile.Restrict, casefile.Scope{Party: "p-1", Regions: []string{"north"}},
			func(d *casefile.Decision) { d.Ends = noon.Add(-time.Second) }),
		of("D-8", casefile.Replaced, casefile.Terminate, party, nil),
	}, "https://house.example/appeal")
	if err != nil {
		t.Fatal(err)
	}
	rs, err := access.Compile(got)
	if err != nil {
		t.Fatal(err)
	}
	c := &access.Content{Name: "house", Version: 1, Restrictions: rs, Entities: []access.Entity{
		{Ref: access.Ref{Type: "party", ID: "p-1"}, Subject: true}, {Ref: access.Ref{Type: "party", ID: "p-2"},
			Subject: true, OwnedBy: []access.Ref{{Type: "party", ID: "p-1"}}},
		{Ref: access.Ref{Type: "account", ID: "a-1"}, Subject: true},
		{Ref: access.Ref{Type: "service", ID: "speech"}, Resource: true, In: []access.Ref{
			{Type: "capability", ID: "speech"}}}, {Ref: access.Ref{Type: "service", ID: "storage"}, Resource: true},
	}}
	x, err := access.NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		subject, resource, properties, want string
		effect                              access.Effect
	}{
		{"party/p-1", "service/speech", `{"region":"south"}`, "D-1#1 D-3#1", access.Deny},
		{"party/p-1", "service/speech", `{"region":"north"}`, "D-1#1 D-3#1 D-6#1", access.Deny},
		{"party/p-1", "service/speech", ``, "D-1#1 D-3#1 D-6#1", access.Deny},
		{"party/p-2", "service/storage", ``, "D-3#1", access.Deny},
		{"account/a-1", "service/storage", ``, "D-4#1", access.Limit},
	} {
		s, _ := access.ParseRef(tt.subject)
		r, _ := access.ParseRef(tt.resource)
		var a access.Answer
		x.Decide(&access.Question{Subject: s, Action: "use", Resource: r, ResourceProperties: []byte(tt.properties)},
			noon, &a)
		if got := strings.Join(ids(&a), " "); got != tt.want || a.Effect != tt.effect {
			t.Errorf("%s %s %s: %s %s, want %s %s", tt.subject, tt.resource, tt.properties, a.Effect, got, tt.effect,
				tt.want)
		}
	}
	for _, tt := range []struct {
		state   casefile.State
		outcome casefile.Outcome
	}{{casefile.Ordered, "ban"}, {"paused", casefile.Suspend}} {
		if _, err := FromCases([]casefile.Decision{of("D", tt.state, tt.outcome, party, nil)}, ""); err == nil {
			t.Errorf("state %q with outcome %q was compiled", tt.state, tt.outcome)
		}
	}
	var b bytes.Buffer
	if left, err := x.WriteEvents(&b, noon); err != nil || left != len(rs)-1 || !strings.Contains(b.String(),
		"D-6#1,restriction,2026-11-01,p-1,p-1,,decision D-6") {
		t.Errorf("events: %d left out, %v\n%s", left, err, b.String())
	}
}
