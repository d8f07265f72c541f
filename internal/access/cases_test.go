package access

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
)

func TestFromCases(t *testing.T) {
	of := func(id, state, outcome string, s casefile.Scope, change func(*casefile.Decision)) casefile.Decision {
		d := casefile.Decision{ID: casefile.ID(id), Case: "C-1", Party: "p-1", State: state, Proposal: casefile.Proposal{Outcome: outcome, Scope: s}}
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
		of("D-4", casefile.InForce, casefile.Condition, casefile.Scope{Accounts: []string{"a-1", "a-2"}, Actions: []string{"use"}}, func(d *casefile.Decision) { d.Duties = []casefile.Duty{{Text: "at most 10 TB"}} }),
		of("D-5", casefile.InForce, casefile.Monitor, party, nil),
		of("D-6", casefile.Executed, casefile.Restrict, casefile.Scope{Party: "p-1", Capabilities: []string{"speech"}, Regions: []string{"north"}}, func(d *casefile.Decision) { d.Start, d.End = "2026-11-01", "2026-12-01" }),
		of("D-7", casefile.Executed, casefile.Restrict, casefile.Scope{Party: "p-1", Regions: []string{"north"}}, func(d *casefile.Decision) { d.Ends = noon.Add(-time.Second) }),
		of("D-8", casefile.Replaced, casefile.Terminate, party, nil),
	}, "https://house.example/appeal")
	if err != nil {
		t.Fatal(err)
	}
	rs, err := Compile(got)
	if err != nil {
		t.Fatal(err)
	}
	c := &Content{Name: "house", Version: 1, Restrictions: rs, Entities: []Entity{
		{Ref: Ref{"party", "p-1"}, Subject: true}, {Ref: Ref{"party", "p-2"}, Subject: true, OwnedBy: []Ref{{"party", "p-1"}}}, {Ref: Ref{"account", "a-1"}, Subject: true},
		{Ref: Ref{"service", "speech"}, Resource: true, In: []Ref{{"capability", "speech"}}}, {Ref: Ref{"service", "storage"}, Resource: true},
	}}
	x, err := NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		subject, resource, properties, want string
		effect                              Effect
	}{
		{"party/p-1", "service/speech", `{"region":"south"}`, "D-1#1 D-3#1", Deny},
		{"party/p-1", "service/speech", `{"region":"north"}`, "D-1#1 D-3#1 D-6#1", Deny},
		{"party/p-1", "service/speech", ``, "D-1#1 D-3#1 D-6#1", Deny},
		{"party/p-2", "service/storage", ``, "D-3#1", Deny},
		{"account/a-1", "service/storage", ``, "D-4#1", Limit},
	} {
		s, _ := ParseRef(tt.subject)
		r, _ := ParseRef(tt.resource)
		var a Answer
		x.Decide(&Question{Subject: s, Action: "use", Resource: r, ResourceProperties: []byte(tt.properties)}, noon, &a)
		if got := strings.Join(ids(&a), " "); got != tt.want || a.Effect != tt.effect {
			t.Errorf("%s %s %s: %s %s, want %s %s", tt.subject, tt.resource, tt.properties, a.Effect, got, tt.effect, tt.want)
		}
	}
	if _, err := FromCases([]casefile.Decision{of("D", casefile.Ordered, "ban", party, nil)}, ""); err == nil {
		t.Error("an unknown outcome was compiled")
	}
	var b bytes.Buffer
	if left, err := x.WriteEvents(&b, noon); err != nil || left != len(rs)-1 || !strings.Contains(b.String(), "D-6#1,restriction,2026-11-01,p-1,p-1,,decision D-6") {
		t.Errorf("events: %d left out, %v\n%s", left, err, b.String())
	}
}

func TestRestrict(t *testing.T) {
	p, _ := publish(t, bigContent(300, 20))
	all := bigContent(300, 20).Restrictions
	if did, err := p.Restrict(all); did || err != nil || p.Index().Version() != 1 {
		t.Errorf("the same again: %v %v", did, err)
	}
	all[3].User = "Other words."
	all = append(all[1:], Restriction{ID: "new", Subject: unit1, Effect: Deny})
	if did, err := p.Restrict(all); !did || err != nil || p.Index().Version() != 2 {
		t.Errorf("changed: %v %v", did, err)
	}
	got := map[string]string{}
	for r := range p.Index().Restrictions() {
		got[r.ID] = r.User
	}
	if _, gone := got["D-0#1"]; gone || len(got) != 20 || got["D-3#1"] != "Other words." || effectAt(p.Index()) != Deny {
		t.Errorf("after: %d restrictions, %v", len(got), got)
	}
	if _, err := p.Restrict(append(all, all[0])); err == nil {
		t.Error("a restriction twice was published")
	}
}
