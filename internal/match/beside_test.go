package match

import (
	"strings"
	"testing"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
)

// What contradicts takes the same name below the threshold, and leaves it in sight as grade D.
func TestContradictionsBesideAName(t *testing.T) {
	ix := Build([]*list.List{{ID: "l", Entries: []list.Entry{
		{ID: "p", Kind: party.Person, Names: []list.Name{{Text: "Ostrin Kael"}}, Dates: []string{"1961-03-02"},
			Fathers: []string{"Davor"}, Gender: "male"},
		{ID: "o", Kind: party.Organization, Names: []list.Name{{Text: "Norvex Optics"}}, Countries: []string{"DE"}},
	}}})
	person := Query{Name: "Ostrin Kael", Kind: party.Person}
	for _, tt := range []struct {
		name  string
		query Query
		grade byte
		below bool
		said  string
	}{
		{"nothing known", person, 'B', false, "cannot be compared"},
		{"date a year apart", Query{Name: person.Name, Kind: person.Kind, Dates: []string{"1962"}}, 'B', false, ""},
		{"date two years apart", Query{Name: person.Name, Kind: person.Kind, Dates: []string{"1963"}}, 'D', true,
			"date differs"},
		{"father agrees", Query{Name: person.Name, Kind: person.Kind, Father: "Davor"}, 'B', false,
			"father's name agrees"},
		{"another father", Query{Name: person.Name, Kind: person.Kind, Father: "Milen"}, 'D', true,
			"father's name differs"},
		{"another gender", Query{Name: person.Name, Kind: person.Kind, Gender: "F"}, 'D', false, "gender differs"},
		{"another country", Query{Name: "Norvex Optics", Kind: party.Organization, Country: "KE"}, 'D', true,
			"(KE here, DE there) differs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hits := ix.Search(tt.query, 5, Threshold)
			if len(hits) != 1 || hits[0].Grade[0] != tt.grade || (hits[0].Score < Threshold) != tt.below ||
				!strings.Contains(hits[0].Why, tt.said) {
				t.Errorf("%+v, want one of grade %c that says %q", hits, tt.grade, tt.said)
			}
		})
	}
}
