package signal

import (
	"fmt"
	"math"
	"testing"

	"plimsoll/internal/record"
)

// TestSegmentLimits: limits are the 99th percentile of 30 or more; what is not known of a segment
// leaves the limit open, and never drops it.
func TestSegmentLimits(t *testing.T) {
	upTo := func(n int) []float64 {
		var out []float64
		for i := range n {
			out = append(out, float64(i+1))
		}
		return out
	}
	for _, tt := range []struct {
		name        string
		n, unsure   int
		least, most float64
	}{
		{"nobody", 0, 40, 0, 0},
		{"too few", 29, 0, 0, 0},
		{"thirty: the largest of them", 30, 0, 30, 30},
		{"one row of thirty no longer says of which class", 29, 1, 0, math.Inf(1)},
		{"two hundred: one in a hundred lies above", 200, 0, 199, 199},
		{"two hundred, and a hundred that may be of the class", 200, 100, 198, math.Inf(1)},
		{"a segment that is too small whoever the others are", 10, 19, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			least, most := segment{peaks: upTo(tt.n), unsure: tt.unsure}.limits()
			if least != tt.least || most != tt.most {
				t.Errorf("limits = %v to %v, want %v to %v", least, most, tt.least, tt.most)
			}
		})
	}
}

// TestSegmentOfRecords: 30 companies that dictate make a segment. One whose class is no longer
// stated leaves its limit unknown; one whose bills are gone leaves the class with its own limits.
func TestSegmentOfRecords(t *testing.T) {
	of := func(n int, unknown string) *Facts {
		w := world{class: map[string]Class{}}
		for i := range n {
			name := fmt.Sprintf("Works %c%c", 'A'+i/26, 'a'+i%26)
			w.class[name] = Class{Name: "commercial"}
			w.records = append(w.records, account(name, "", name, ""))
			w.bills = append(w.bills, bill{account: name, month: "2031-01", service: "Dictate", quantity: 100 + 10*i})
		}
		if unknown != "" {
			w.class[unknown] = Class{Name: "unknown"}
		}
		return facts(t, w.open(t), OfParty)["Works Aa"]
	}
	for _, tt := range []struct {
		name, unknown string
		n             int
		want          float64
		open          bool
	}{
		{"thirty companies", "", 30, 390, false},
		{"twenty-nine companies", "", 29, 0, false},
		{"thirty, and one of them of unknown kind", "Works Ab", 30, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := of(tt.n, tt.unknown)
			if got := f.Values["segment.speech_hours"]; got != tt.want {
				t.Errorf("limit = %v, want %v", got, tt.want)
			}
			if got := len(f.Gaps["segment.speech_hours"]) > 0; got != tt.open {
				t.Errorf("open = %t, want %t: %+v", got, tt.open, f.Gaps["segment.speech_hours"])
			}
			if got := f.Values["segment.translation_chars"]; got != 0.0 {
				t.Errorf("limit of translation = %v", got)
			}
		})
	}
}

// TestUsers: users of all accounts of a party add up; one account that states none leaves them unknown.
func TestUsers(t *testing.T) {
	row := func(id, sub, holder, users string) *record.Account {
		a := account(id, sub, holder, "")
		a.Users = record.Decimal(users)
		return a
	}
	ended := row("A9", "", "Mill", "")
	ended.Until = date("2030-12-31")
	f := facts(t, world{records: []record.Record{
		row("A1", "", "Mill", "40"), row("A2", "", "Mill", "12"), ended,
		row("B1", "", "Dairy", "30"), row("B2", "", "Dairy", ""),
		row("C1", "", "Studio", "9"), row("C1", "desk", "Studio", "4"),
		row("D1", "x", "Press", "5"), row("D1", "y", "Press", "6"),
		row("E1", "", "Ferry", "0"),
	}}.open(t), OfParty)
	for name, want := range map[string]float64{"Mill": 52, "Dairy": 0, "Studio": 9, "Press": 11, "Ferry": 0} {
		if got := f[name].Values["party.users"]; got != want {
			t.Errorf("users of %s = %v, want %v", name, got, want)
		}
	}
}
