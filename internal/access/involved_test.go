package access

import (
	"encoding/json"
	"strings"
	"testing"

	"plimsoll/internal/finding"
)

// TestInvolved: everybody whom a deal names counts, and what looks like a party and cannot be read is held.
func TestInvolved(t *testing.T) {
	x := mustIndex(t, `
actions: [sell]
open: [{type: party, subject: true}, {type: product, resource: true}]
restrictions:
  - {id: D-1, subject: {type: party, id: barred}}
  - {id: D-2, subject: {type: party, id: half}, resource: {type: capability, id: arms}}
`)
	gate := &Gate{Screener: fakeScreener{"Listed": {Effect: Hold, Finding: &finding.Finding{ID: "F-1",
		Sentence: "Listed resembles a listed body."}}, "Clean": {}}}
	names := func(p Party) []Ref {
		if p.Name == "Half Works" {
			return []Ref{{"party", "half"}}
		}
		return nil
	}
	goods := func(r Ref, m map[string]any) Goods {
		switch m["hs"] {
		case "9306":
			return Goods{Capabilities: []string{"arms"}}
		case "?":
			return Goods{May: []string{"arms", "fuel"}}
		}
		return Goods{}
	}
	c := serve(t, DoorConfig{Source: x, Gate: gate, Names: names, Goods: goods}, nil)
	blind := serve(t, DoorConfig{Source: x}, nil)
	for _, tt := range []struct{ name, subject, properties, context, effect, want string }{
		{"nobody", "new", `{}`, `{"channel":"web","particulars":"x","time":"12:00"}`, "permit", ""},
		{"a restricted consignee by its id", "new", `{}`,
			`{"parties":[{"role":"buyer","id":"new"},{"role":"consignee","id":"barred"}]}`, "deny", "D-1"},
		{"one of another type", "new", `{}`, `{"parties":[{"role":"payer","type":"account","id":"a-1"}]}`, "deny",
			"unknown_subject"},
		{"a listed forwarder by its name", "new", `{}`,
			`{"parties":[{"role":"buyer","name":"Clean"},{"role":"forwarder","name":"Listed"}]}`, "hold",
			`"role":"forwarder"`},
		{"several, all clean", "new", `{}`, `{"unscreened_parties":[{"name":"Clean"},{"name":"Clean"}]}`, "permit",
			`"parties":[`},
		{"one of several listed", "new", `{}`, `{"unscreened_parties":[{"name":"Clean"},{"name":"Listed"}]}`, "hold",
			`"at":"unscreened_parties[1]"`},
		{"a role as a member", "new", `{}`, `{"end_user":{"name":"Listed"}}`, "hold", `"role":"end_user"`},
		{"a role in other letters", "new", `{}`, `{"endUser":{"name":"Listed"}}`, "hold", `"at":"endUser"`},
		{"a text is no party", "new", `{}`, `{"consignee":"Clean"}`, "hold", "no party that can be read"},
		{"an object is no array", "new", `{}`, `{"parties":{"name":"Clean"}}`, "hold", "no party that can be read"},
		{"a number is none", "new", `{}`, `{"parties":[7]}`, "hold", "no party that can be read"},
		{"without a name", "new", `{}`, `{"parties":[{"role":"buyer"}]}`, "hold", "has no name"},
		{"empty", "new", `{}`, `{"parties":[],"unscreened_parties":null}`, "permit", ""},
		{"a name of a restricted party, for what it may not have", "new", `{"hs":"9306"}`,
			`{"parties":[{"role":"end_user","name":"Half Works"}]}`, "hold",
			"bears the name of"},
		{"the same name for what it may have", "new", `{}`, `{"parties":[{"role":"end_user","name":"Half Works"}]}`,
			"permit", ""},
		{"goods by their code", "half", `{"hs":"9306"}`, `{}`, "deny", "D-2"},
		{"other goods", "half", `{"hs":"4802"}`, `{}`, "permit", ""},
		{"goods that are not understood", "half", `{"hs":"?"}`, `{}`, "hold", "unclear_resource"},
		{"not understood, and nobody restricted", "new", `{"hs":"?"}`, `{}`, "permit", ""},
		{"a consignee restricted for these goods", "new", `{"hs":"9306"}`, `{"parties":[{"id":"half"}]}`, "deny",
			"D-2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"subject":{"type":"party","id":"` + tt.subject +
				`"},"action":{"name":"sell"},"resource":{"type":"product","id":"p-1","properties":` +
				tt.properties + `},"context":` + tt.context + `}`
			_, b, _ := c.Post(t, pathEvaluation, body)
			var a struct {
				Decision bool
				Context  struct{ Effect string }
			}
			if err := json.Unmarshal(b, &a); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if a.Context.Effect != tt.effect || a.Decision != (tt.effect == "permit") || !strings.Contains(string(b),
				tt.want) {
				t.Errorf("got %s", b)
			}
			if _, b, _ := blind.Post(t, pathEvaluation, body); strings.Contains(tt.context, `"name"`) &&
				strings.Contains(string(b), `"decision":true`) {
				t.Errorf("without lists: %s", b)
			}
		})
	}
	many := `{"parties":[` + strings.Repeat(`{"name":"Clean"},`, mostInvolved) + `{"name":"Clean"}]}`
	_, b, _ := c.Post(t, pathEvaluation,
		`{"subject":{"type":"party","id":"new"},"action":{"name":"sell"},"resource":{"type":"product","id":"p"},"context":`+many+`}`)
	if !strings.Contains(string(b), `"effect":"hold"`) {
		t.Errorf("more parties than are read: %.300s", b)
	}
}
