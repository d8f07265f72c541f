package access

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/finding"
)

type fakeScreener map[string]Screening

func (f fakeScreener) Screen(ctx context.Context, p Party) (Screening, error) {
	switch p.Name {
	case "Broken":
		return Screening{}, errors.New("the lists are being replaced")
	case "Slow":
		<-ctx.Done()
		return Screening{}, ctx.Err()
	}
	return f[p.Name], nil
}

func TestGate(t *testing.T) {
	x := mustIndex(t, `
actions: [sell]
open: [{type: prospect, subject: true}]
subjects: [{type: customer, id: bad}]
resources: [{type: product, id: p-1}]
restrictions: [{id: D-1, subject: {type: customer, id: bad}}]
`)
	var mu sync.Mutex
	var held []Held
	gate := &Gate{Timeout: 30 * time.Millisecond, OnHold: func(h Held) {
		mu.Lock()
		held = append(held, h)
		mu.Unlock()
	}, Screener: fakeScreener{
		"Listed":  {Effect: Hold, Finding: &finding.Finding{ID: "F-1", Sentence: "Listed resembles a listed body."}},
		"Named":   {Effect: Deny, Finding: &finding.Finding{ID: "F-2", Sentence: "Named is on the list."}},
		"Limited": {Effect: Limit}, "Clean": {},
	}}
	c := serve(t, DoorConfig{Source: x, Gate: gate}, nil)
	without := serve(t, DoorConfig{Source: x}, nil)
	for _, tt := range []struct {
		name, subject, context string
		decision               bool
		effect, outcome, want  string
	}{
		{"clean", "prospect/new", `{"unscreened_party":{"name":"Clean"}}`, true, "permit", "permit", ""},
		{"no party", "prospect/new", `{}`, true, "permit", "", ""},
		{"a member that is not read", "prospect/new",
			`{"unscreened_party":{"name":"Clean","colour":"blue","Name":"x"}}`, true, "permit", "permit",
			`"not_used":["Name","colour"]`},
		{"null party", "prospect/new", `{"unscreened_party":null}`, true, "permit", "", ""},
		{"held with finding", "prospect/new", `{"unscreened_party":{"name":"Listed","identifiers":["LEI:x"]}}`, false,
			"hold", "hold", `"id":"F-1"`},
		{"denied", "prospect/new", `{"unscreened_party":{"name":"Named"}}`, false, "deny", "deny", `"id":"F-2"`},
		{"a limit is no screening result", "prospect/new", `{"unscreened_party":{"name":"Limited"}}`, false, "hold",
			"hold", ""},
		{"screening fails", "prospect/new", `{"unscreened_party":{"name":"Broken"}}`, false, "hold", "hold",
			"could not be screened"},
		{"screening takes too long", "prospect/new", `{"unscreened_party":{"name":"Slow"}}`, false, "hold", "hold",
			"could not be screened"},
		{"nameless", "prospect/new", `{"unscreened_party":{"country":"DE"}}`, false, "hold", "hold", "neither a name"},
		{"unreadable", "prospect/new", `{"unscreened_party":["Clean"]}`, false, "hold", "hold", "neither a name"},
		{"written with escapes", "prospect/new", `{"\u0075nscreened_party":{"name":"Named"}}`, false, "deny", "deny",
			""},
		{"in another case it counts too", "prospect/new", `{"Unscreened_party":{"name":"Named"}}`, false, "deny",
			"deny", `"at":"Unscreened_party"`},
		{"another case does not take it away", "prospect/new",
			`{"unscreened_party":{"name":"Named"},"Unscreened_party":null}`, false, "deny", "deny", `"id":"F-2"`},
		{"nor does it change the name", "prospect/new", `{"unscreened_party":{"name":"Named","Name":"Clean"}}`, false,
			"deny", "deny", `"id":"F-2"`},
		{"a name that is no text", "prospect/new", `{"unscreened_party":{"name":7}}`, false, "hold", "hold",
			"neither a name"},
		{"restricted already: not screened", "customer/bad", `{"unscreened_party":{"name":"Clean"}}`, false, "deny", "",
			"D-1"},
	} {
		s, _ := ParseRef(tt.subject)
		body := `{"subject":{"type":"` + s.Type + `","id":"` + s.ID +
			`"},"action":{"name":"sell"},"resource":{"type":"product","id":"p-1"},"context":` + tt.context + `}`
		_, b, _ := c.Post(t, pathEvaluation, body)
		var a struct {
			Decision bool
			Context  struct {
				Effect string
				Gate   struct{ Outcome, Reference string }
			}
		}
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatalf("%s: %s: %v", tt.name, b, err)
		}
		if a.Decision != tt.decision || a.Context.Effect != tt.effect || a.Context.Gate.Outcome != tt.outcome ||
			!strings.Contains(string(b), tt.want) || (a.Context.Gate.Reference != "") != (tt.outcome == "hold" ||
			tt.outcome == "deny") {
			t.Errorf("%s: %s", tt.name, b)
		}
		if tt.outcome != "" {
			if _, b, _ := without.Post(t, pathEvaluation, body); !strings.Contains(string(b), `"effect":"hold"`) &&
				tt.name != "nameless" {
				t.Errorf("%s, without lists: %s", tt.name, b)
			}
		}
	}
	n := len(held)
	for range 3 {
		c.Post(t, pathEvaluation,
			`{"subject":{"type":"prospect","id":"new"},"action":{"name":"sell"},"resource":{"type":"product","id":"p-1"},"context":{"unscreened_party":{"name":"Listed","identifiers":["LEI:x"]}}}`)
	}
	if len(held) != n {
		t.Errorf("asking again opened %d more holds", len(held)-n)
	}
}

// TestProofs: denials are always recorded, permits by their share, nothing of the business is
// in it, and a slow sink delays no answer.
func TestProofs(t *testing.T) {
	x := mustIndex(t, bureau+"restrictions:\n  - {id: D-1#1, subject: {type: unit, id: u-1}, decision: D-1}\n")
	var got []Proof
	sink := &countingSink{keep: func(b []Proof) { got = append(got, b...) }}
	rec := NewRecorder(RecorderConfig{Sink: sink, Sample: 0.5, Every: time.Millisecond})
	c := serve(t, DoorConfig{Source: x, Proof: rec, Tokens: map[string]string{"desk": "a-secret-of-the-desk"}}, nil)
	ask := func(subject string) {
		c.Post(t, pathEvaluation, `{"subject":{"type":"unit","id":"`+subject+
			`","properties":{"secret":"s3cr3t"}},"action":{"name":"use"},"resource":{"type":"service","id":"storage"},"context":{"secret":"s3cr3t"}}`,
			"Authorization", "Bearer a-secret-of-the-desk", "X-Request-ID", "r-"+subject)
	}
	for range 100 {
		ask("u-1")
		ask("u-2")
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	denied, permitted := 0, 0
	for _, p := range got {
		if p.Caller != "desk" || p.RequestID != "r-"+p.Subject.ID || p.Version != 1 || p.SHA256 != x.Sum() ||
			p.ID == "" {
			t.Fatalf("proof %+v", p)
		}
		if p.Effect == Deny {
			denied++
			if !slices.Equal(p.Restrictions, []string{"D-1#1"}) {
				t.Fatalf("proof %+v", p)
			}
		} else {
			permitted++
		}
	}
	b, err := json.Marshal(got)
	if err != nil || strings.Contains(string(b), "s3cr3t") {
		t.Errorf("a proof holds what was asked about: %v", err)
	}
	if denied != 100 || permitted < 20 || permitted > 80 || rec.Lost() != 0 {
		t.Errorf("%d denials, %d permits recorded, %d lost", denied, permitted, rec.Lost())
	}
}

func TestProofsOverflow(t *testing.T) {
	var got []Proof
	sink := &countingSink{slow: 20 * time.Millisecond, keep: func(b []Proof) { got = append(got, b...) }}
	rec := NewRecorder(RecorderConfig{Sink: sink, Sample: 1, Buffer: 100, Every: time.Hour})
	start := time.Now()
	for i := range 5000 {
		e := Permit
		if i%10 == 0 {
			e = Deny
		}
		rec.put(Proof{Effect: e})
	}
	if d := time.Since(start); d > 500*time.Millisecond {
		t.Errorf("5000 proofs against a slow sink took %s", d)
	}
	rec.Close()
	var kept, lost uint64
	for _, p := range got {
		if p.Lost > 0 {
			lost += p.Lost
		} else {
			kept++
		}
	}
	if kept+lost != 5000 || lost != rec.Lost() || lost == 0 {
		t.Errorf("%d kept, %d lost by the record, %d by the count; want 5000 together", kept, lost, rec.Lost())
	}
}
