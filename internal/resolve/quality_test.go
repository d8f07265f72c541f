package resolve_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/resolve"
	"plimsoll/internal/resolve/resolvetest"
)

// Floors of the resolution benchmark: the means of its seeds must not fall below them.
const (
	leastPrecision = 0.985 // of pairs joined
	leastRecall    = 0.80
	leastMayRecall = 0.90 // joined or possible
	leastMayShare  = 0.60 // of the possible pairs that are right
)

// TestQualityResolution makes fictional records of known parties, joins them and counts pairs of rows.
func TestQualityResolution(t *testing.T) {
	var all resolvetest.Pairs
	for seed := 1; seed <= 3; seed++ {
		rows, err := resolvetest.Read(benchmark(t, seed))
		if err != nil {
			t.Fatal(err)
		}
		ms, of := resolvetest.Mentions(rows)
		res := resolve.Resolve(ms, nil)
		p := resolvetest.Judge(rows, of, &res)
		t.Logf("seed %d: same %s", seed, shares(p))
		all.Add(p)
	}
	t.Logf("all: %s", shares(all))
	for _, bar := range []struct {
		what       string
		got, least float64
	}{
		{"precision", all.Precision(), leastPrecision},
		{"recall", all.Recall(), leastRecall},
		{"recall, joined or possible", all.MayRecall(), leastMayRecall},
		{"share of the possible pairs that is right", all.MayShare(), leastMayShare},
	} {
		if bar.got < bar.least {
			t.Errorf("%s %.3f, want at least %.3f", bar.what, bar.got, bar.least)
		}
	}
}

func shares(p resolvetest.Pairs) string {
	return fmt.Sprintf("P %.3f R %.3f, or possible P %.3f R %.3f, of the possible %.3f right; wrong %d lost %d",
		p.Precision(), p.Recall(), p.MayPrecision(), p.MayRecall(), p.MayShare(), p.Same-p.SameRight,
		p.True-p.SameRight)
}

// benchmark makes the rows of one seed of the benchmark that lies beside the checkout, in a CSV file.
func benchmark(t *testing.T, seed int) (path string) {
	t.Helper()
	generate := recordtest.Shared(t, "quality/resolution/generate")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the benchmark is made by a program in Python 3, which is not here")
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, generate, dir, fmt.Sprint(seed)).CombinedOutput(); err != nil {
		t.Fatalf("make the benchmark: %v\n%s", err, out)
	}
	return filepath.Join(dir, "truth.csv")
}
