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
	// What is no member that is read and looks like a party is held; what is none is not.
	for effect, contexts := range map[string][]string{
		"hold": {
			`{"order":{"consignee":{"name":"Listed"}}}`, `{"deal":{"parties":[{"name":"Listed"}]}}`,
			`{"a":[{"b":[{"enduser":{"name":"Listed"}}]}]}`, `{"consigne":{"name":"Clean"}}`, `{"consigne":"Clean"}`,
			`{"forwader":{"name":"Clean"}}`, `{"partys":[{"name":"Clean"}]}`, `{"paries":[{"name":"Clean"}]}`,
			`{"unscreened_partys":[{"name":"Clean"}]}`, `{"unscreened":[{"name":"Listed"}]}`, `{"enduesr":"Clean"}`,
			`{"destinataire":{"name":"Listed"}}`, `{"Käufer":{"name":"Listed"}}`, `{"Empfänger":"Clean"}`,
			`{"收货人":"Clean"}`, `{"получатель":{"name":"Listed"}}`, `{"comprador":"Clean"}`,
			`{"usuario_final":{"nombre":"Clean"}}`, `{"parties":{"buyer":{"name":"Clean"}}}`, `{"parties":[["Clean"]]}`,
			`{"parties":false}`, `{"party":7}`, `{"PARTIES":[{"name":"Listed"}]}`, `{"parties":[{"Name":"Clean"}]}`,
			`{"parties":[{"name":"Clean","on_behalf_of":{"name":"Listed"}}]}`,
			`{"parties":[{"name":"Clean","end_user":"Clean"}]}`, `{"supplier":{"name":"Listed"}}`,
			`{"customer":{"name":"Listed"}}`, `{"ship_to":{"name":"Listed"}}`, `{"buyer_name":"Clean"}`,
			`{"consigneeId":"new"}`, `{"stakeholders":[{"role":"consignee","name":"Listed"}]}`,
			`{"entities":[{"name":"Clean","country":"PE"}]}`, `{"x":{"role":"consignee","name":"Clean"}}`,
			`{"y":{"identifiers":["LEI:1"]}}`, `{"c":"\u0050","b\u0075yer":{"name":"Listed"}}`,
		},
		"permit": {
			`{"device":{"name":"phone"},"location":{"name":"Berlin","country":"DE"}}`, `{"user":{"name":"kim"}}`,
			`{"client":{"name":"app","version":"1"}}`, `{"layer":"edge","player":3}`, `{"department":{"name":"Sales"}}`,
			`{"region":"eu","channel":"web","time":"12:00"}`, `{"user_agent":"x","end":"2030","partner_level":"gold"}`,
			`{"order":{"consignee":{"name":"Clean"}}}`, `{"customer":"C-17"}`, `{"consignee":null,"end_user":[]}`,
			`{"courier":"fast","destination":"PE"}`, `{"acheteur":{"name":"Clean"}}`,
		},
	} {
		for _, context := range contexts {
			_, b, _ := c.Post(t, pathEvaluation, `{"subject":{"type":"party","id":"new"},"action":{"name":"sell"},`+
				`"resource":{"type":"product","id":"p"},"context":`+context+`}`)
			if !strings.Contains(string(b), `"effect":"`+effect+`"`) {
				t.Errorf("%s: want %s, got %.400s", context, effect, b)
			}
		}
	}
	// An order names its parties in its own properties.
	for _, tt := range []struct{ properties, effect string }{
		{`{"consignee":{"name":"Listed"}}`, "hold"}, {`{"consignee":"Clean"}`, "hold"},
		{`{"lines":[{"end_user":{"name":"Listed"}}]}`, "hold"}, {`{"consignee":{"id":"barred"}}`, "deny"},
		{`{"consignee":{"name":"Clean"}}`, "permit"}, {`{"vendor":"Maker","carrier":"sea"}`, "permit"},
	} {
		_, b, _ := c.Post(t, pathEvaluation, `{"subject":{"type":"party","id":"new"},"action":{"name":"sell"},`+
			`"resource":{"type":"product","id":"p","properties":`+tt.properties+`}}`)
		if !strings.Contains(string(b), `"effect":"`+tt.effect+`"`) {
			t.Errorf("properties %s: want %s, got %.400s", tt.properties, tt.effect, b)
		}
	}
	many := `{"parties":[` + strings.Repeat(`{"name":"Clean"},`, mostInvolved) + `{"name":"Clean"}]}`
	_, b, _ := c.Post(t, pathEvaluation,
		`{"subject":{"type":"party","id":"new"},"action":{"name":"sell"},"resource":{"type":"product","id":"p"},"context":`+many+`}`)
	if !strings.Contains(string(b), `"effect":"hold"`) {
		t.Errorf("more parties than are read: %.300s", b)
	}
}
