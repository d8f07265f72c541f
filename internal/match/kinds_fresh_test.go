package match

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"plimsoll/internal/compare"
)

// freshFloor is the least F1 of each kind, a little below what was reached on the day when the pairs were written.
var freshFloor = map[string]float64{"ministry": 0.95, "police": 0.68, "unit": 0.93, "former": 0.94, "acronym": 0.56,
	"branch": 0.88}

// TestQualityFreshKinds scores pairs of six kinds that were written before the program was asked about them.
func TestQualityFreshKinds(t *testing.T) {
	b, err := os.ReadFile("testdata/kinds_fresh.tsv")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]*confusion{}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if line[0] == '#' || len(f) != 4 {
			continue
		}
		if sums[f[0]] == nil {
			sums[f[0]] = &confusion{}
		}
		want, score := f[1] == "y", compare.Pair("Organization", f[2], f[3])
		sums[f[0]].add(want, score >= Threshold)
		if want != (score >= Threshold) {
			t.Logf("want %v: %.3f %q %q", want, score, f[2], f[3])
		}
	}
	for kind, floor := range freshFloor {
		c := sums[kind]
		if c == nil || c.tp+c.fn < 20 || c.fp+c.tn < 20 {
			t.Fatalf("%s: fewer than twenty pairs that are one or two", kind)
		}
		fmt.Printf("fresh pairs %-9s P %.3f R %.3f F1 %.3f\n", kind, ratio(c.tp, c.tp+c.fp),
			ratio(c.tp, c.tp+c.fn), c.f1())
		if c.f1() < floor {
			t.Errorf("%s: F1 %.3f is below %.3f", kind, c.f1(), floor)
		}
	}
}
