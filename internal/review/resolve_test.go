package review

import (
	"strings"
	"testing"

	"plimsoll/internal/party"
)

func TestResolve(t *testing.T) {
	reg := func(name string, more ...string) party.Ref { // name, country, local id, identifiers…
		r := party.Ref{Name: name, Scope: "register"}
		if len(more) > 0 {
			r.Country = more[0]
		}
		if len(more) > 1 {
			r.LocalID = more[1]
		}
		for _, id := range more[min(2, len(more)):] {
			r.Identifiers = append(r.Identifiers, party.ParseIdentifier(id))
		}
		return r
	}
	published := func(name, country string) party.Ref { return party.Ref{Name: name, Country: country, Scope: "ocds:x"} }
	for _, tt := range []struct {
		name  string
		refs  []party.Ref
		want  []int // party of each mention, numbered by first sight
		rules string
	}{
		{"one number under two names", []party.Ref{reg("Ferrow Imaging", "", "", "XX-REG:001-234"), reg("Ferrow Optics FZE", "", "", "XX-REG:001234")}, []int{0, 0}, "identifier"},
		{"the register's own key", []party.Ref{reg("Halden Data", "", "P-7"), reg("Halden Data Ltd", "", "P-7")}, []int{0, 0}, "local_id"},
		{"one name of a common body, word for word, in the own tables", []party.Ref{reg("Directorate of Signals"), reg("Directorate of  signals")}, []int{0, 0}, "name"},
		{"a bare name joins the only candidate", []party.Ref{reg("Tolmen Holding", "Calder", "P-1"), reg("Tolmen Holding")}, []int{0, 0}, "name"},
		{"a bare name with two candidates stays apart", []party.Ref{reg("Tolmen Holding", "Calder", "P-1"), reg("Tolmen Holding", "Vessia", "P-2"), reg("Tolmen Holding")}, []int{0, 1, 2}, ""},
		{"homonyms in two countries", []party.Ref{reg("Marrow Systems", "Calder"), published("Marrow Systems", "Vessia")}, []int{0, 1}, ""},
		{"homonyms with two numbers", []party.Ref{reg("Marrow Systems", "Calder", "", "CA-REG:111"), reg("Marrow Systems", "Calder", "", "CA-REG:222")}, []int{0, 1}, ""},
		{"another source, same country", []party.Ref{reg("Marrow Systems", "Calder"), published("Marrow Systems", "Calder")}, []int{0, 0}, "name"},
		{"another source, only a rare name", []party.Ref{reg("Marrow Systems"), published("Marrow Systems", "")}, []int{0, 0}, "name"},
		{"another source, only a common name", []party.Ref{reg("Global Trading"), published("Global Trading", "")}, []int{0, 1}, ""},
		{"a rare name with a slip, one country", []party.Ref{reg("Quorvane Biometrics Ltd", "GB"), published("Quorvane Biometrisc Ltd", "UK")}, []int{0, 0}, "name"},
		{"a former name", []party.Ref{reg("Quorvane Biometrics Ltd", "GB"), published("Zelmora Ltd (formerly Quorvane Biometrics)", "England")}, []int{0, 0}, "name"},
		{"a former name that two share", []party.Ref{reg("Quorvane Ltd (formerly Bexstan Holdings)"), reg("Zelmora Ltd (formerly Bexstan Holdings)")}, []int{0, 1}, ""},
		{"sisters", []party.Ref{reg("Quorvane Biometrics", "GB"), reg("Quorvane Avionics", "GB")}, []int{0, 1}, ""},
		{"a state in one name, known of the other", []party.Ref{reg("Quorvane Optics (Turkey)"), reg("Quorvane Optics", "TR")}, []int{0, 0}, "name"},
		{"a state in one name, the other elsewhere", []party.Ref{reg("Quorvane Optics (Turkey)"), reg("Quorvane Optics", "FR")}, []int{0, 1}, ""},
		{"words for none identify nobody", []party.Ref{reg("Aldis Freight", "", "n/a", "VAT:keine"), reg("Borrel Mills", "", "N/A", "VAT:keine")}, []int{0, 1}, ""},
		{"digits in order identify nobody", []party.Ref{reg("Aldis Freight", "", "", "VAT:12345678"), reg("Borrel Mills", "", "", "VAT:12345678")}, []int{0, 1}, ""},
		{"a word for none is no name", []party.Ref{reg("Unknown", "GB"), published("unknown", "GB")}, []int{0, 1}, ""},
		{"placeholders identify nobody", []party.Ref{reg("Aldis Freight", "", "", "VAT:00000"), reg("Borrel Mills", "", "", "VAT:0")}, []int{0, 1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ms []mention
			for _, r := range tt.refs {
				ms = append(ms, mention{ref: r, times: 1})
			}
			res := resolve(ms, nil)
			for i, want := range tt.want {
				if int(res.byMention[i]) != want {
					t.Errorf("mention %d (%s) is party %d, want %d; joins %+v apart %+v", i, tt.refs[i].Name, res.byMention[i], want, res.joins, res.apart)
				}
			}
			var rules []string
			for _, j := range res.joins {
				rules = append(rules, j.rule)
			}
			if got := strings.Join(rules, ","); got != tt.rules {
				t.Errorf("rules %q, want %q", got, tt.rules)
			}
		})
	}
}

func TestPossibleJoins(t *testing.T) {
	ms := []mention{
		{ref: party.Ref{Name: "Delta Trading LLC", Scope: "register", Country: "AE"}, times: 1},
		{ref: party.Ref{Name: "Delta Trading", Scope: "bods:x"}, times: 1},
		{ref: party.Ref{Name: "Halden Data", Scope: "register", Country: "AE"}, times: 1},
	}
	res := resolve(ms, nil)
	if len(res.parties) != 3 || len(res.possible) != 1 {
		t.Fatalf("%d parties, possible %+v; want 3 and one", len(res.parties), res.possible)
	}
	p := res.possible[0]
	if p.a != res.byMention[0] || p.b != res.byMention[1] || !strings.Contains(p.why, "only the name agrees, and nothing contradicts it") {
		t.Errorf("possible join %+v", p)
	}
	same := []judgement{{left: ms[1].key(), right: ms[0].key(), rule: ruleReviewer, same: true}}
	if res := resolve(ms, same); len(res.parties) != 2 || len(res.possible) != 0 {
		t.Errorf("a person joined them: %d parties, possible %+v", len(res.parties), res.possible)
	}
}

func TestReviewerUndoesAJoin(t *testing.T) {
	ms := []mention{
		{ref: party.Ref{Name: "Tolmen Holding", Country: "Calder", Scope: "register", LocalID: "P-1"}},
		{ref: party.Ref{Name: "Tolmen Holding", Scope: "register"}},
	}
	if res := resolve(ms, nil); len(res.parties) != 1 {
		t.Fatalf("without a judgement: %d parties, want 1", len(res.parties))
	}
	undo := []judgement{{left: ms[1].key(), right: ms[0].key(), rule: ruleName}}
	if res := resolve(ms, undo); len(res.parties) != 2 {
		t.Errorf("not_same: %d parties, want 2", len(res.parties))
	}
	homonyms := []mention{
		{ref: party.Ref{Name: "Marrow Systems", Country: "Calder", Scope: "register"}},
		{ref: party.Ref{Name: "Marrow Systems", Country: "Vessia", Scope: "register"}},
	}
	one := []judgement{{left: homonyms[1].key(), right: homonyms[0].key(), rule: ruleReviewer, same: true}}
	if res := resolve(homonyms, one); len(res.parties) != 1 {
		t.Errorf("same: %d parties, want 1", len(res.parties))
	}
}

// TestResolveOrder checks that the parties do not depend on the order of the records.
func TestResolveOrder(t *testing.T) {
	refs := []party.Ref{
		{Name: "Halden Data", Scope: "register", Country: "Calder"},
		{Name: "Halden Data", Scope: "register"},
		{Name: "HALDEN DATA LTD", Scope: "ocds:a", Country: "Calder", Identifiers: []party.Identifier{{Scheme: "CA-REG", ID: "77001"}}},
		{Name: "Halden Data", Scope: "ocds:a", Country: "Vessia"},
		{Name: "Halden Datum", Scope: "ocds:b", Identifiers: []party.Identifier{{Scheme: "CA-REG", ID: "77001"}}},
	}
	group := func(order []int) map[string]string {
		var ms []mention
		for _, i := range order {
			ms = append(ms, mention{ref: refs[i], times: 1})
		}
		res := resolve(ms, nil)
		out := map[string]string{}
		for i, m := range ms {
			out[m.key()] = string(res.parties[res.byMention[i]].ID)
		}
		return out
	}
	want := group([]int{0, 1, 2, 3, 4})
	for _, order := range [][]int{{4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {1, 3, 0, 4, 2}} {
		got := group(order)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("order %v: mention %s is %s, want %s", order, k, got[k], v)
			}
		}
	}
}

func TestCountry(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"GB", "gb"}, {"United Kingdom", "gb"}, {"Deutschland", "de"}, {"Україна", "ua"}, {"PRT", "pt"}, {"Calder", ""}, {"U.A.E.", "ae"}, {"Korea, Republic of", "kr"}, {"", ""},
	} {
		if got := country(tt.in); got != tt.want {
			t.Errorf("country(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestInert(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"} {
		if got := Inert(s); got != "'"+s {
			t.Errorf("Inert(%q) = %q", s, got)
		}
	}
	if got := Inert("Halden"); got != "Halden" {
		t.Errorf("Inert(Halden) = %q", got)
	}
}
