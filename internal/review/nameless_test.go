package review

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/finding"
	"plimsoll/internal/world"
)

// TestNameless: one order that could not be read and names nobody leaves RF-09 open in one line of the run, and for
// none of the buyers but its own, whom its approvals name; without its number it leaves RF-09 open for its own buyer
// and end user alone.
func TestNameless(t *testing.T) {
	dir := t.TempDir()
	if err := world.Write(t.Context(), dir, world.Options{Seed: 4, Size: "40/600"}); err != nil {
		t.Fatal(err)
	}
	in := readRecords(t, dir)
	open := func(in records) (run []string, parties map[string]bool) {
		t.Helper()
		got, err := reviewRecords(t, in, today(t))
		if err != nil {
			t.Fatal(err)
		}
		parties = map[string]bool{}
		for _, f := range got.found {
			if f.Flag != "RF-09" || f.State != finding.NotComputable {
				continue
			}
			if f.Subject.Kind == "run" {
				run = append(run, f.Subject.Name)
			} else {
				parties[f.Subject.Name] = true
			}
		}
		return run, parties
	}
	rows := parseCSV(t, in["engagements.csv"])
	id, buyer, user := slices.Index(rows[0], "engagement_id"), slices.Index(rows[0], "buyer"), slices.Index(rows[0],
		"end_user")
	_, before := open(in)
	for _, tt := range []struct {
		name string
		edit func(row []string) []string
		run  string
	}{
		{"nothing of it", func([]string) []string { return []string{"zq"} },
			"1 row of the table engagements that names nobody for certain"},
		{"without its number", func(row []string) []string { row[id] = ""; return row }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			less := maps.Clone(in)
			rows := parseCSV(t, in["engagements.csv"])
			allowed := maps.Clone(before)
			allowed[rows[7][buyer]], allowed[rows[7][user]] = true, true
			rows[7] = tt.edit(rows[7])
			less["engagements.csv"] = formatCSV(rows)
			run, parties := open(less)
			if got := strings.Join(run, "; "); got != tt.run {
				t.Errorf("lines of the run: %q, want %q", got, tt.run)
			}
			for p := range parties {
				if !allowed[p] {
					t.Errorf("RF-09 is open for %s", p)
				}
			}
		})
	}
}
