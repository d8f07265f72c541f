package report

import (
	"strings"
	"testing"

	"plimsoll/internal/finding"
)

func TestSome(t *testing.T) {
	for _, tt := range []struct {
		name  string
		names []string
		all   int
		want  string
	}{
		{"an account without an id is named as that", []string{"", "acc-7"}, 2, "(no id), acc-7"},
		{"those beyond the list are counted", []string{"acc-7"}, 3, "acc-7 and 2 more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := some(tt.names, tt.all); got != tt.want {
				t.Errorf("some(%q, %d) = %q, want %q", tt.names, tt.all, got, tt.want)
			}
		})
	}
}

// A drawing of owners holds every owner that a sentence counts, and what paths share stands once.
func TestOwnersAreAllDrawn(t *testing.T) {
	step := func(from, to string, share float64) finding.Step {
		return finding.Step{From: from, To: to, Share: [2]float64{share, share}}
	}
	got := string(Owners([]finding.Step{step("Listed One", "Holding", .6), step("Holding", "Target", 1)},
		[][]finding.Step{{step("Listed Two", "Holding", .4), step("Holding", "Target", 1)},
			{step("Listed Three", "Target", .1)}, nil}))
	for _, want := range []string{">Listed One<", ">Listed Two<", ">Listed Three<", ">60 %<", ">40 %<", ">10 %<",
		"Listed Two holds 40 % of Holding; Holding holds 100 % of Target"} {
		if !strings.Contains(got, want) {
			t.Errorf("the drawing lacks %q", want)
		}
	}
	if n := strings.Count(got, ">Holding<"); n != 1 {
		t.Errorf("what two paths share stands %d times", n)
	}
	if n := strings.Count(got, `class="box listed"`); n != 3 {
		t.Errorf("%d owners are marked as listed, want 3", n)
	}
	if Owners(nil, nil) != "" {
		t.Error("no path gives a drawing")
	}
}

// Each measure has a panel of its own, and an event one number in all of them.
func TestPanels(t *testing.T) {
	months := []string{"2031-01", "2031-02", "2031-03"}
	got := string(Plot([]finding.Series{
		{Measure: "storage_tb_month", Unit: "TB", Months: months, Values: []float64{1, 2, 40}, Marks: []finding.Mark{
			{Date: "2031-02-10", Label: "conflict"}, {Date: "2031-02-20", Label: "claim"}}},
		{Measure: "translation_chars", Unit: "characters", Months: months, Values: []float64{1, 2, 3.4e9},
			Marks: []finding.Mark{{Date: "2031-02-10", Label: "conflict"}}},
	}))
	if n := strings.Count(got, "<svg"); n != 2 {
		t.Errorf("%d panels, want 2", n)
	}
	for _, want := range []string{"<li>conflict, 10 February 2031</li><li>claim, 20 February 2031</li>", ">3.4 bn<",
		"storage, peak 40 TB", "2: claim on 20 February 2031"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plot lacks %q", want)
		}
	}
	if n := strings.Count(got, `class="mark-line"`); n != 4 {
		t.Errorf("%d event lines, want 2 in each panel", n)
	}
}
