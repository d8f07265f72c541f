package review

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
	"plimsoll/internal/world"
)

const (
	// worstRise is how much of the checks of a flag may become not computable for a reason before
	// the tests refuse it.
	worstRise = 0.005
	// worstComplete is how much of all answers may be not computable where the records state everything.
	worstComplete = 0.02
)

// An openShare counts the answers of some reviews.
type openShare struct {
	checked map[string]int // by flag
	open    map[string]int // not computable
	absent  map[string]int // of these, for a column or table that the records do not have
	reasons map[[2]string]int
}

func newOpenShare() *openShare {
	return &openShare{checked: map[string]int{}, open: map[string]int{}, absent: map[string]int{},
		reasons: map[[2]string]int{}}
}

// add counts the answers of one review. An answer with several reasons counts for each, and as
// absent where one of them is that a column or table is not there.
func (s *openShare) add(found []finding.Finding, sum Summary) {
	for flag, c := range sum.Flags {
		s.checked[flag] += c.Checked
		for reason, n := range c.Reasons {
			s.reasons[[2]string{flag, reason}] += n
		}
	}
	for _, f := range found {
		if f.State != finding.NotComputable {
			continue
		}
		n := 1
		if many, ok := f.Values["subjects"].(float64); ok && f.Subject.Kind == "run" {
			n = int(many)
		}
		s.open[f.Flag] += n
		if slices.ContainsFunc(f.Unknown, func(g finding.Gap) bool {
			return g.Reason == string(signal.ColumnAbsent)
		}) ||
			slices.ContainsFunc(f.Missing, func(column string) bool {
				return !slices.ContainsFunc(f.Unknown, func(g finding.Gap) bool { return g.Column == column })
			}) {
			s.absent[f.Flag] += n
		}
	}
}

func total(m map[string]int) int {
	n := 0
	for _, x := range m {
		n += x
	}
	return n
}

// all is the share of all answers that are not computable.
func (s *openShare) all() float64 { return float64(total(s.open)) / float64(max(total(s.checked), 1)) }

// there is the share of those answers that are not computable for which the columns exist.
func (s *openShare) there() float64 {
	absent := total(s.absent)
	return float64(total(s.open)-absent) / float64(max(total(s.checked)-absent, 1))
}

// table is the share by flag and reason, a line each.
func (s *openShare) table() string {
	var out []string
	for k, n := range s.reasons {
		out = append(out, fmt.Sprintf("%s\t%s\t%.4f\n", k[0], k[1], float64(n)/float64(max(s.checked[k[0]], 1))))
	}
	slices.Sort(out)
	return "flag\treason\tshare\n" + strings.Join(out, "")
}

// noRise compares the shares with those of a file of testdata and refuses a rise; UPDATE=1 writes it.
func (s *openShare) noRise(t *testing.T, file string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	before := map[string]float64{}
	if b, err := os.ReadFile(path); err == nil {
		for line := range strings.Lines(string(b)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if share, err := strconv.ParseFloat(f[len(f)-1], 64); err == nil && len(f) == 3 {
				before[f[0]+"\t"+f[1]] = share
			}
		}
	}
	for k, n := range s.reasons {
		share, was := float64(n)/float64(max(s.checked[k[0]], 1)), before[k[0]+"\t"+k[1]]
		if share > was+worstRise {
			t.Errorf("%s: %.1f %% of checks are not computable for %s, %.1f %% before", k[0], share*100, k[1], was*100)
		}
	}
	t.Logf("not computable by flag and reason:\n%s", s.table())
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(s.table()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestQualityUnknown prints, by flag and reason, the share of checks that are not computable in the
// example world, and refuses a rise over testdata/unknown.tsv (UPDATE=1 writes it).
func TestQualityUnknown(t *testing.T) {
	_, found, sum := reviewWorld(t, world.Options{Seed: 1, Size: "small"}, nil)
	s := newOpenShare()
	s.add(found, sum)
	s.noRise(t, "unknown.tsv")
}

// TestQualityUnknownComplete reviews worlds whose registers state everything: hardly an answer may
// be not computable there, and what is planted must be found as everywhere. make quality takes
// four worlds, make test one.
func TestQualityUnknownComplete(t *testing.T) {
	seeds := uint64(1)
	if os.Getenv("PLIMSOLL_QUALITY") != "" {
		seeds = 4
	}
	s := newOpenShare()
	for seed := uint64(1); seed <= seeds; seed++ {
		dir, found, sum := reviewWorld(t, world.Options{Seed: seed, Size: "small", Complete: true}, nil)
		s.add(found, sum)
		tallies, faults := score(found, key(t, dir))
		for _, f := range faults {
			t.Errorf("seed %d: %s", seed, f)
		}
		if len(tallies) < len(required) {
			t.Errorf("seed %d: %d flags are planted, want at least %d", seed, len(tallies), len(required))
		}
	}
	t.Logf("%d of %d answers are not computable (%.2f %%)", total(s.open), total(s.checked), 100*s.all())
	if s.all() > worstComplete {
		t.Errorf("%.2f %% of all answers are not computable in complete worlds, at most %.0f %% may be", 100*s.all(),
			100*worstComplete)
	}
	s.noRise(t, "unknown-complete.tsv")
}
