package gatehouse

import (
	"encoding/json"
	"slices"
	"testing"

	"plimsoll/internal/access"
	"plimsoll/internal/capability"
)

// TestGoods: the door reads codes and words with the tables of reviews, wherever a caller puts them.
func TestGoods(t *testing.T) {
	for _, tt := range []struct {
		name, typ, id, properties string
		has, may                  string // a capability; "-" for none
		control                   string
	}{
		{name: "customs code", typ: "product", properties: `{"hs":"9306.30"}`, has: capability.Arms, may: "-"},
		{name: "as a number", typ: "product", properties: `{"hs_code":930630}`, has: capability.Arms, may: "-"},
		{name: "beside a scheme", typ: "engagement", properties: `{"item_scheme":"HS","item_code":"8429.52"}`,
			has: capability.HeavyMachinery, may: "-"},
		{name: "control list", typ: "product", properties: `{"eccn":"5A001.f.1"}`, has: capability.Interception,
			may: "-", control: "5A001"},
		{name: "list of codes", typ: "product", properties: `{"codes":["HS:4802.56",{"scheme":"CPV","id":"35300000"}]}`,
			has: capability.Arms, may: "-"},
		{name: "items of an order", typ: "order",
			properties: `{"items":[{"name":"Office paper"},{"name":"Tracked excavator 30 t"}]}`,
			has:        capability.HeavyMachinery},
		{name: "the type is the scheme", typ: "hs", id: "8429.52", properties: `{}`, has: capability.HeavyMachinery,
			may: "-"},
		{name: "words", typ: "product", properties: `{"name":"Speech recognition software"}`, has: capability.Speech,
			may: "-"},
		{name: "harmless", typ: "product", properties: `{"name":"Office paper","hs":"4802.56"}`, has: "-", may: "-"},
		{name: "not understood", typ: "product", properties: `{"name":"Qzx 900"}`, has: "-", may: capability.Arms},
		{name: "own code of a service", typ: "service", properties: `{"code":"s-17","name":"Plan B"}`, has: "-",
			may: "-"},
		{name: "a rating is no entry", typ: "service", properties: `{"rating":5}`, has: "-", may: "-"},
		{name: "nothing said", typ: "product", properties: `{}`, has: "-", may: "-"},
		{name: "a bare number of the munitions list", typ: "product", properties: `{"ml":"3a"}`, has: capability.Arms,
			may: "-", control: "ML3"},
		{name: "a bare number of a national list", typ: "product", properties: `{"PL":"5001"}`, has: capability.Arms,
			may: "-"},
		{name: "the name written out", typ: "product",
			properties: `{"export_control_classification_number":"5a001.F.1"}`, has: capability.Interception, may: "-",
			control: "5A001.f"},
		{name: "a scheme among other words", typ: "product", properties: `{"main_cpv":"35300000-7"}`,
			has: capability.Arms, may: "-"},
		{name: "an object in the place of a code", typ: "product", properties: `{"HS":{"Code":"93 06 30"}}`,
			has: capability.Arms, may: "-"},
		{name: "a value with its scheme", typ: "product",
			properties: `{"classification":{"scheme":"HS","value":"930630"}}`, has: capability.Arms, may: "-"},
		{name: "codes by their schemes", typ: "product", properties: `{"codes":{"hs":"930630"}}`, has: capability.Arms,
			may: "-"},
		{name: "pairs", typ: "product", properties: `{"codes":[["HS","930630"]]}`, has: capability.Arms, may: "-"},
		{name: "other letters", typ: "order", properties: `{"Items":[{"HS":"930630"}]}`, has: capability.Arms, may: "-"},
		{name: "lines by number", typ: "order", properties: `{"lineItems":{"1":{"item":{"hs":"930630"}}}}`,
			has: capability.Arms, may: "-"},
		{name: "a name in two languages", typ: "product", properties: `{"name":{"en":"Rifle","de":"Gewehr"}}`,
			has: capability.Arms, may: "-"},
		{name: "words in another language", typ: "product", properties: `{"Наименование":"патроны"}`,
			has: capability.Arms, may: "-"},
		{name: "a code that is none", typ: "product", properties: `{"hs":true}`, has: "-", may: capability.Arms},
		{name: "an object without a code", typ: "product", properties: `{"hs":{"a":{"b":1}}}`, has: "-",
			may: capability.Arms},
		{name: "items too deep", typ: "order",
			properties: `{"items":[{"items":[{"items":[{"items":[{"items":[{"hs":"930630"}]}]}]}]}]}`, has: "-",
			may: capability.Arms},
		{name: "no code", typ: "product", properties: `{"hs":null,"eccn":""}`, has: "-", may: "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := map[string]any{}
			if err := json.Unmarshal([]byte(tt.properties), &m); err != nil {
				t.Fatal(err)
			}
			g := Goods(access.Ref{Type: tt.typ, ID: tt.id}, m)
			if tt.has == "-" && len(g.Capabilities) > 0 || tt.has != "-" && !slices.Contains(g.Capabilities, tt.has) {
				t.Errorf("capabilities %q, want %q", g.Capabilities, tt.has)
			}
			if tt.may == "-" && len(g.May) > 0 || tt.may != "-" && tt.may != "" && !slices.Contains(g.May, tt.may) {
				t.Errorf("may %q, want %q", g.May, tt.may)
			}
			if tt.control != "" && !slices.Contains(g.Control, tt.control) {
				t.Errorf("control %q, want %q", g.Control, tt.control)
			}
		})
	}
}

// TestCallNames: a restricted party is found by its name, another one is not.
func TestCallNames(t *testing.T) {
	c := callNames(map[string][]string{"P-1": {"Harbour Works Ltd", "Harbour Works Limited"}, "P-2": {""}})
	if got := c.find(access.Party{Name: "HARBOUR WORKS LTD."}); !slices.Equal(got, []access.Ref{{Type: "party", ID: "P-1"}}) {
		t.Errorf("found %v", got)
	}
	if got := c.find(access.Party{Name: "Ordwin Paper Mill"}); got != nil {
		t.Errorf("found %v", got)
	}
	if got := callNames(nil).find(access.Party{Name: "Harbour Works Ltd"}); got != nil {
		t.Errorf("found %v among none", got)
	}
}
