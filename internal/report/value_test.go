package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// Every signal has words for a reader: "combination_tb" is none.
func TestEverySignalHasWords(t *testing.T) {
	known := map[string]bool{}
	for _, d := range signal.Catalogue {
		known[d.Name] = true
		if named[d.Name] == "" {
			t.Errorf("signal %s has no words in the report", d.Name)
		}
	}
	for n := range named {
		if !known[n] {
			t.Errorf("%s is worded, but no signal of the catalogue", n)
		}
	}
}

func TestValuesAreWorded(t *testing.T) {
	got := values(finding.Finding{Values: map[string]any{
		"usage.combination_tb":         11337.1,
		"usage.combination":            []string{"bulk_storage", "llm"},
		"party.listed_share_max":       0.675,
		"party.security":               true,
		"engagement.clauses_missing":   2,
		"usage.storage_growth":         40.5,
		"usage.sub_speech_hours":       []any{10.0, 2400.0},
		"party.claims":                 []any{map[string]any{"grade": "B2"}},
		"somebody.else":                "a_b",
		"engagement.review":            "",
		"usage.translation_chars_peak": 5160320000.0,
	}})
	want := []string{
		"safeguard clauses absent: 2 of 7",
		"listed parties hold at most: 67.5 %",
		"police, prison, border, military or intelligence: yes",
		"else: a b",
		"used together within 90 days: bulk storage, language models",
		"most stored in those 90 days: 11\u202f337 TB",
		"storage at its peak over the months before: 40.5 times",
		"speech-to-text of each sub-account: 10, 2400 hours",
		"most translated in a month: 5.16 billion characters",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
}

// The legend of a plot names what was measured, not the column.
func TestLegendIsWorded(t *testing.T) {
	got := Legend([]finding.Series{{Measure: "storage_tb_month", Unit: "TB", Months: []string{"2031-01", "2031-02"},
		Values: []float64{5, 40}}})
	if d := cmp.Diff([]string{"storage, peak 40 TB"}, got); d != "" {
		t.Errorf("legend (-want +got):\n%s", d)
	}
}
