package review

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

func TestDistinctive(t *testing.T) {
	for _, tt := range []struct {
		name string
		want bool
	}{
		{"VDT", false},
		{"Orion", false}, // five letters: many bodies bear such a name
		{"Ashkezeme", true},
		{"Al Noor", false},
		{"Trading Company Ltd", false},
		{"Lantern Harbour Works", true},
	} {
		if got := Distinctive(tt.name); got != tt.want {
			t.Errorf("Distinctive(%q) = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// Ten thousand subjects that lack the same thing are one line, with what to supply; rows that
// several rules meet are counted once.
func TestOpensAreFewLines(t *testing.T) {
	o := newOpens(func(column string) bool { return column == "usage" })
	gap := finding.Gap{Reason: string(signal.UnitUnknown), Column: "usage.ConsumedUnit", What: "blorps", Unit: "blorps",
		Rows: 2, Amount: 3}
	for i := range 10000 {
		id := strconv.Itoa(i)
		o.subject("party", []finding.Finding{
			{Flag: "RF-17", State: finding.NotComputable, Subject: finding.Subject{Kind: "party", ID: id},
				Unknown: []finding.Gap{gap}},
			{Flag: "RF-18", State: finding.Raised, Subject: finding.Subject{Kind: "party", ID: id},
				Unknown: []finding.Gap{gap},
				Missing: []string{"claims.published"}},
		}, func(string) bool { return true })
	}
	o.subject("party", []finding.Finding{{Flag: "RF-03", State: finding.NotComputable, Subject: finding.Subject{
		Kind: "party", ID: "x"},
		Unknown: []finding.Gap{{Reason: string(signal.CellEmpty), Column: "ownership.share"},
			{Reason: string(signal.CellEmpty), Column: "ownership.control"}},
	}}, func(string) bool { return false })
	got := o.list()
	if last := got[len(got)-1]; last.Column != "ownership" || last.Checks != 1 || len(last.Columns) != 2 {
		t.Errorf("two columns of a table without a row: %+v", last)
	}
	got = got[:len(got)-1]
	if len(got) != 2 {
		t.Fatalf("%d lines, want 2: %+v", len(got), got)
	}
	units, claims := got[0], got[1]
	if units.Column != "usage.ConsumedUnit" {
		units, claims = claims, units
	}
	want := Open{
		Reason: signal.UnitUnknown, Column: "usage.ConsumedUnit", Flags: []string{"RF-17", "RF-18"}, Checks: 10000,
		Partly:   10000,
		Subjects: 10000, Rows: 20000, Amounts: []Amount{{30000, "blorps"}}, Columns: []string{},
		Words: []OpenWord{{What: "blorps", Rows: 20000, Amount: 30000, Unit: "blorps"}},
	}
	units.Why, units.Supply = "", ""
	if d := cmp.Diff(want, units); d != "" {
		t.Errorf("line (-want +got):\n%s", d)
	}
	if claims.Column != "claims" || claims.Reason != signal.ColumnAbsent || !slices.Equal(claims.Columns,
		[]string{"claims.published"}) {
		t.Errorf("a column of a table that is missing as a whole: %+v", claims)
	}
	for _, x := range got {
		if x.Supply == "" {
			t.Errorf("nothing to supply for %s %s", x.Reason, x.Column)
		}
	}
}
