package compare

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The kinds of bodies and companies that two scripts write: the half on which words were fitted row by row, and the
// other half as counts by language and kind alone. When they were written down the held half had an F1 of .610, and
// precision 1.
func TestBodiesAcross(t *testing.T) {
	for _, half := range []struct {
		file  string
		floor float64
	}{{"across_dev", 0.96}, {"across_held", 0.75}} {
		t.Run(half.file, func(t *testing.T) {
			b, err := os.ReadFile("testdata/" + half.file + ".tsv")
			if err != nil {
				t.Fatal(err)
			}
			hits, wrong, lost := 0, 0, 0
			for line := range strings.Lines(string(b)) {
				f := strings.Split(strings.TrimRight(line, "\n"), "\t")
				if line[0] == '#' || len(f) != 5 {
					continue
				}
				hit := Pair("Organization", f[0], f[1]) >= Threshold
				switch one := f[3] == "true"; {
				case hit && one:
					hits++
				case hit:
					wrong++
					t.Errorf("%q is taken for %q: %s", f[0], f[1], f[4])
				case one:
					lost++
				}
			}
			f1 := 2 * float64(hits) / float64(max(1, 2*hits+wrong+lost))
			fmt.Printf("bodies across scripts %-12s tp %d fp %d fn %d  F1 %.3f\n", half.file, hits, wrong, lost, f1)
			if f1 < half.floor {
				t.Errorf("F1 %.3f is below the floor %.2f", f1, half.floor)
			}
		})
	}
}
