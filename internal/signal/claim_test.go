package signal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/record"
)

// TestVersionsOfClaims: which of several rows with one claim id count, in any order of the rows.
func TestVersionsOfClaims(t *testing.T) {
	claim := func(about, source, day, grade, status string) *record.Claim {
		return &record.Claim{ID: "1", About: ref(about), Source: source, Published: date(day), Grade: grade,
			Status: status}
	}
	for _, tt := range []struct {
		name   string
		claims []*record.Claim
		want   map[string]string // party → grade and status of what counts
	}{
		{"a later version", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""), claim("Army", "The Post",
			"2031-05-01", "C3", "")},
			map[string]string{"Army": "C3 reported"}},
		{"withdrawn later", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""), claim("Army", "The Post",
			"2031-05-01", "B2", "withdrawn")},
			map[string]string{"Army": "B2 withdrawn"}},
		{"withdrawn with the same day", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""),
			claim("Army", "The Post", "2031-03-01", "B2", "withdrawn")},
			map[string]string{"Army": "B2 withdrawn"}},
		{"two grades of one day", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""),
			claim("Army", "The Post", "2031-03-01", "F6", "")},
			map[string]string{"Army": "B2 reported"}},
		{"one number in two publishers' tables", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""),
			claim("Army", "The Mail", "2031-05-01", "F6", "")},
			map[string]string{"Army": "B2 reported, F6 reported"}},
		{"one number for two parties", []*record.Claim{claim("Army", "The Post", "2031-03-01", "B2", ""),
			claim("Bakery", "The Post", "2031-05-01", "F6", "")},
			map[string]string{"Army": "B2 reported", "Bakery": "F6 reported"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, backwards := range []bool{false, true} {
				list := slices.Clone(tt.claims)
				if backwards {
					slices.Reverse(list)
				}
				w := world{records: []record.Record{account("A1", "", "Army", ""), account("A2", "", "Bakery", "")}}
				for _, c := range list {
					w.records = append(w.records, c)
				}
				f := facts(t, w.open(t), OfParty)
				for who, want := range tt.want {
					var got []string
					for _, c := range f[who].Claims {
						got = append(got, fmt.Sprintf("%s %s", c.Grade, c.Status))
					}
					slices.Sort(got)
					if s := strings.Join(got, ", "); s != want {
						t.Errorf("%s, backwards %v: %q, want %q", who, backwards, s, want)
					}
				}
			}
		})
	}
}
