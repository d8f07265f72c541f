package focus

import (
	"fmt"
	"strings"
	"testing"
)

func TestRestatements(t *testing.T) {
	manifest := func(submitted string) string {
		return fmt.Sprintf(`{"blobs":[{"blobName":"part_0.csv"}],"runInfo":{"runId":"r","submittedTime":%q}}`,
			submitted)
	}
	jan, jan2 := bill("A 2030-01-05 1", "A 2030-01-06 2"), bill("A 2030-01-05 1", "A 2030-01-06 5")
	feb := bill("A 2030-02-05 10")
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
		note  string
	}{
		{"months beside each other", map[string]string{"2030-01.csv": jan, "2030-02.csv": feb},
			"A|2030-01|2|3\nA|2030-02|1|10\n", ""},
		{"a month again", map[string]string{"2030-01.csv": jan, "2030-02.csv": feb, "2030-01-restated.csv": jan2},
			"A|2030-01|2|6\nA|2030-02|1|10\n", "month 2030-01 of account A (2 charges, billed 3 EUR) delivered again " +
				"by d/2030-01-restated.csv: not counted here"},
		{"numbers by their value", map[string]string{"bill v10.csv": jan2, "bill v9.csv": jan},
			"A|2030-01|2|6\n", "delivered again by d/bill v10.csv"},
		{"one month of a year again", map[string]string{"year.csv": bill("A 2030-01-05 1", "A 2030-02-05 10",
			"B 2030-01-05 7"), "year-fix.csv": bill("A 2030-01-05 3")},
			"A|2030-01|1|3\nA|2030-02|1|10\nB|2030-01|1|7\n", "month 2030-01 of account A"},
		{"the same file twice", map[string]string{"a.csv": jan, "b.csv": jan},
			"A|2030-01|2|3\n", "the same bytes as d/a.csv: not counted again"},
		{"one file a day", map[string]string{"2030-01-05.csv": bill("A 2030-01-05 1"),
			"2030-01-06.csv": bill("A 2030-01-06 2")},
			"A|2030-01|2|3\n", ""},
		{"one file for each team", map[string]string{"team-1.csv": jan, "team-2.csv": strings.ReplaceAll(jan2, "team-1",
			"team-2")},
			"A|2030-01|4|9\n", ""},
		{"parts of one file", map[string]string{"bill-00001.csv": jan, "bill-00002.csv": jan2},
			"A|2030-01|4|9\n", ""},
		{"parts by word", map[string]string{"bill_part1.csv": jan, "bill_part2.csv": jan2, "bill 3of3.csv": feb},
			"A|2030-01|4|9\nA|2030-02|1|10\n", ""},
		{"another provider with the same account number", map[string]string{"a.csv": jan,
			"b.csv": strings.ReplaceAll(jan2, "Nimbus", "Cumulus")},
			"A|2030-01|4|9\n", ""},
		{"execution folders", map[string]string{
			"e/data/BILLING_PERIOD=2030-01/20300202T120000Z-b/e-00001.csv":  jan2,
			"e/data/BILLING_PERIOD=2030-01/20300201T120000Z-z/e-00001.csv":  jan,
			"e/data/BILLING_PERIOD=2030-01/20300201T120000Z-z/e-00002.csv":  bill("A 2030-01-07 100"),
			"e/data/BILLING_PERIOD=2030-02/20300201T120000Z-zz/e-00001.csv": feb},
			"A|2030-01|2|6\nA|2030-02|1|10\n", "month 2030-01 of account A (1 charges, billed 100 EUR) delivered " +
				"again by"},
		{"files overwritten in place, then execution folders", map[string]string{
			"e/data/BILLING_PERIOD=2030-01/e-00001.csv":                                jan,
			"e/metadata/BILLING_PERIOD=2030-01/e-Manifest.json":                        `{"executionId":"20300203T120000Z-q"}`,
			"e/data/BILLING_PERIOD=2030-01/20300202T120000Z-b/e-00001.csv":             jan2,
			"e/metadata/BILLING_PERIOD=2030-01/20300202T120000Z-b/other-Manifest.json": `{"executionId":"20300202T120000Z-b"}`},
			"A|2030-01|2|3\n", "delivered again by"},
		{"runs with a manifest", map[string]string{
			"e/20300101-20300131/aa/part_0.csv": jan2, "e/20300101-20300131/aa/part_1.csv": bill("A 2030-01-09 4"),
			"e/20300101-20300131/aa/manifest.json": manifest("2030-02-03T08:10:31.7047394Z"),
			"e/20300101-20300131/bb/part_0.csv":    jan, "e/20300101-20300131/bb/manifest.json": manifest(
				"2030-02-01T08:10:31.7047394Z")},
			"A|2030-01|3|10\n", "delivered again by d/e/20300101-20300131/aa/part_0.csv"},
		{"a later run with a part unchanged", map[string]string{
			"e/p/aa/part_0.csv": jan, "e/p/aa/part_1.csv": bill("A 2030-01-09 4"), "e/p/aa/manifest.json": manifest(
				"2030-02-01T00:00:00Z"),
			"e/p/bb/part_0.csv": jan2, "e/p/bb/part_1.csv": bill("A 2030-01-09 4"),
			"e/p/bb/manifest.json": manifest("2030-02-02T00:00:00Z")},
			"A|2030-01|3|10\n", "the same bytes as d/e/p/bb/part_1.csv: not counted again"},
		{"a later run that brings less", map[string]string{
			"e/p/aa/part_0.csv": jan, "e/p/aa/manifest.json": manifest("2030-02-01T00:00:00Z"),
			"e/p/bb/part_0.csv": bill("A 2030-01-20 9"), "e/p/bb/manifest.json": manifest("2030-02-02T00:00:00Z")},
			"A|2030-01|1|9\n", ""},
		{"corrections before what they correct", map[string]string{"a.csv": corrected("A 2030-01-05 -0.5"),
			"b.csv": jan},
			"A|2030-01|3|2.5\n", ""},
		{"two corrections of one charge", map[string]string{"a.csv": jan, "b.csv": corrected("A 2030-01-05 -0.5"),
			"c.csv": corrected("A 2030-01-05 -0.25")},
			"A|2030-01|4|2.25\n", ""},
		{"one correction delivered again", map[string]string{"a.csv": jan, "b.csv": corrected("A 2030-01-05 -0.5"),
			"c.csv": corrected("A 2030-01-05 -0.5") + "\n"},
			"A|2030-01|3|2.5\n", "delivered again by d/c.csv"},
		{"corrections alone add to the month", map[string]string{
			"a.csv": jan,
			"b.csv": corrected("A 2030-01-05 -0.5")},
			"A|2030-01|3|2.5\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir() + "/d"
			for name, text := range tt.files {
				write(t, dir, name, text)
			}
			l := load(t, dir)
			if got := l.text(t, "SELECT account, strftime(month, '%Y-%m'), sum(charges)::BIGINT, sum(billed) FROM "+
				"usage GROUP BY ALL ORDER BY ALL"); got != tt.want {
				t.Errorf("usage = %q, want %q", got, tt.want)
			}
			var notes []string
			for _, st := range l.stats {
				for _, n := range st.Notes {
					if !strings.HasPrefix(n, "columns of") {
						notes = append(notes, n)
					}
				}
			}
			all := strings.Join(notes, "\n")
			if tt.note == "" && tt.name != "a later run that brings less" && all != "" || !strings.Contains(all,
				tt.note) {
				t.Errorf("notes = %q, want %q", notes, tt.note)
			}
		})
	}
}

// corrected is a [bill] of one correction.
func corrected(line string) string {
	return strings.Replace(strings.Replace(bill(line), "ChargeCategory", "ChargeClass,ChargeCategory", 1), "Usage",
		"Correction,Usage", 1)
}

func TestNatural(t *testing.T) {
	names := []string{"2030-01", "2030-01-restated", "2030-1-x", "2030-2", "2030-10", "bill v2", "bill v10",
		"bill v10b"}
	for i := range names {
		for j := range names {
			got := natural(names[i], names[j])
			if (got < 0) != (i < j) && !(i == 0 && j == 2) && i != j {
				t.Errorf("natural(%q, %q) = %d", names[i], names[j], got)
			}
		}
	}
}
