package review

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/resolve"
	"plimsoll/internal/world"
)

// reviewWorld writes a world and reviews it; change may alter the files in between.
func reviewWorld(t testing.TB, o world.Options, change func(dir string)) (dir string, found []finding.Finding,
	sum Summary) {
	t.Helper()
	dir = t.TempDir()
	in, out := filepath.Join(dir, "world"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := world.Write(context.Background(), in, o); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(in)
	}
	res, err := Run(context.Background(), Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")},
		AsOf: today(t), Out: out, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return in, lines(t, filepath.Join(out, "findings.jsonl")), res.Summary
}

// today is the day on which worlds are reviewed.
func today(t testing.TB) time.Time {
	t.Helper()
	day, err := time.Parse(time.DateOnly, world.Today)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func lines(t testing.TB, path string) []finding.Finding {
	t.Helper()
	var out []finding.Finding
	eachJSON(t, path, func(b []byte) error {
		var f finding.Finding
		err := json.Unmarshal(b, &f)
		out = append(out, f)
		return err
	})
	return out
}

func key(t testing.TB, dir string) []world.KeyLine {
	t.Helper()
	var out []world.KeyLine
	eachJSON(t, filepath.Join(dir, "key.jsonl"), func(b []byte) error {
		var k world.KeyLine
		err := json.Unmarshal(b, &k)
		out = append(out, k)
		return err
	})
	return out
}

func eachJSON(t testing.TB, path string, do func([]byte) error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if err := do(s.Bytes()); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}

type tally struct{ hit, missed, wrong, quiet int }

// isAbout reports whether a finding speaks of the subject of a key line: a party of its name, an
// account or engagement of its id.
func isAbout(f finding.Finding, s world.KeySubject) bool {
	if f.Subject.Kind != s.Kind {
		return false
	}
	if s.Kind == "party" {
		return f.Subject.ID == string(resolve.PartyID(s.ID)) || s.ID == "" && f.Subject.Name == s.Name
	}
	return f.Subject.ID == s.ID || f.Subject.Name == s.ID
}

// score holds findings against the key. What the key does not speak of is background: a
// finding on a planted subject that the key does not expect is wrong.
func score(found []finding.Finding, keys []world.KeyLine) (map[string]*tally, []string) {
	out := map[string]*tally{}
	var faults []string
	at := func(flag string) *tally {
		if out[flag] == nil {
			out[flag] = &tally{}
		}
		return out[flag]
	}
	expected := map[string]bool{}
	for _, k := range keys {
		var got string
		for _, f := range found {
			if f.Flag == k.Flag && isAbout(f, k.Subject) && (got == "" || f.State == finding.Raised) {
				got = f.State
				expected[f.ID] = true
			}
		}
		fault := func(word string) {
			faults = append(faults, fmt.Sprintf("%-7s %s on %s (%s), got %q: %s", word, k.Flag, k.Subject.Name, k.Case,
				got, k.Why))
		}
		switch {
		case k.Expect == world.Raised && got == finding.Raised, k.Expect == world.Open && (got == finding.Raised ||
			got == finding.NotComputable):
			at(k.Flag).hit++
		case k.Expect == world.NotRaised && got == finding.Raised:
			at(k.Flag).wrong++
			fault("wrong")
		case k.Expect == world.NotRaised:
			at(k.Flag).quiet++
		default:
			at(k.Flag).missed++
			fault("missed")
		}
	}
	for _, f := range found {
		if f.State != finding.Raised || expected[f.ID] {
			continue
		}
		if i := slices.IndexFunc(keys, func(k world.KeyLine) bool { return isAbout(f, k.Subject) }); i >= 0 {
			at(f.Flag).wrong++
			faults = append(faults, fmt.Sprintf("wrong   %s on %s (%s): the key does not expect it", f.Flag,
				f.Subject.Name, keys[i].Case))
		}
	}
	sort.Strings(faults)
	return out, faults
}

// qualityFloor is what recall and precision have to reach, of each flag and of all together. It
// leaves room for no fault in a flag with few planted cases.
const qualityFloor = 0.97

// TestQuality measures recall and precision per flag over the planted subjects of several
// worlds.
func TestQuality(t *testing.T) {
	total := map[string]*tally{}
	background := 0
	for seed := uint64(1); seed <= 4; seed++ {
		dir, found, _ := reviewWorld(t, world.Options{Seed: seed, Size: "small"}, nil)
		tallies, faults := score(found, key(t, dir))
		for _, f := range faults {
			t.Logf("seed %d: %s", seed, f)
		}
		for flag, x := range tallies {
			if total[flag] == nil {
				total[flag] = &tally{}
			}
			total[flag].hit += x.hit
			total[flag].missed += x.missed
			total[flag].wrong += x.wrong
			total[flag].quiet += x.quiet
		}
		for _, f := range found {
			if f.State == finding.Raised {
				background++
			}
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-7s %8s %8s %8s %8s %8s %10s\n", "flag", "planted", "found", "missed", "wrong", "recall",
		"precision")
	flags := make([]string, 0, len(total))
	for f := range total {
		flags = append(flags, f)
	}
	sort.Strings(flags)
	var all tally
	row := func(name string, x tally) (recall, precision float64) {
		recall, precision = 1, 1
		if x.hit+x.missed > 0 {
			recall = float64(x.hit) / float64(x.hit+x.missed)
		}
		if x.hit+x.wrong > 0 {
			precision = float64(x.hit) / float64(x.hit+x.wrong)
		}
		fmt.Fprintf(&table, "%-7s %8d %8d %8d %8d %8.3f %10.3f\n", name, x.hit+x.missed, x.hit, x.missed, x.wrong,
			recall, precision)
		return recall, precision
	}
	check := func(what string, recall, precision float64) {
		if recall < qualityFloor || precision < qualityFloor {
			t.Errorf("%s: recall %.3f, precision %.3f; both are to reach %.2f", what, recall, precision, qualityFloor)
		}
	}
	for _, f := range flags {
		x := *total[f]
		recall, precision := row(f, x)
		check(f, recall, precision)
		all.hit += x.hit
		all.missed += x.missed
		all.wrong += x.wrong
	}
	recall, precision := row("all", all)
	check("all flags", recall, precision)
	fmt.Printf("planted cases in 4 worlds (%d flags raised in all)\n%s", background, table.String())
	for _, flag := range required {
		if x := total[flag]; x == nil || x.hit == 0 {
			t.Errorf("%s is planted nowhere or never found", flag)
		}
	}
}

// required are the flags that the built-in pack computes at least.
var required = []string{"RF-01", "RF-02", "RF-03", "RF-07", "RF-08", "RF-09", "RF-10", "RF-11", "RF-15", "RF-17",
	"RF-18", "RF-21", "RF-23",
	"RF-24", "RF-25", "RF-28", "RF-29", "RF-31", "RF-32", "RF-34", "RF-39",
	"RF-06", "RF-16", "RF-19", "RF-20", "RF-27", "RF-33", "RF-36", "RF-40", "RF-41"}

// shape is what must not change when names do: flag, state, severity, how many rows.
func shape(found []finding.Finding) map[string]int {
	out := map[string]int{}
	for _, f := range found {
		out[fmt.Sprintf("%s %s %s %s %v", f.Flag, f.State, f.Severity, f.Subject.Kind, f.Missing)]++
	}
	return out
}

// TestRename checks that country and language raise nothing: other names for every state
// and language give the same flags on the same subjects.
func TestRename(t *testing.T) {
	_, a, _ := reviewWorld(t, world.Options{Seed: 5, Size: "small"}, nil)
	_, b, _ := reviewWorld(t, world.Options{Seed: 5, Size: "small", Rename: 77}, nil)
	x, y := shape(a), shape(b)
	for k, n := range x {
		if y[k] != n {
			t.Errorf("%s: %d before, %d after renaming every state and language", k, n, y[k])
		}
	}
	for k, n := range y {
		if x[k] == 0 {
			t.Errorf("%s: 0 before, %d after renaming every state and language", k, n)
		}
	}
}

// TestSameBytes checks that a second run and a shuffled, doubled input give the same findings.
func TestSameBytes(t *testing.T) {
	raw := func(change func(string)) []byte {
		dir, _, _ := reviewWorld(t, world.Options{Seed: 6, Size: "small"}, change)
		b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "out", "findings.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := raw(nil)
	if !bytes.Equal(first, raw(nil)) {
		t.Error("the same input gave other bytes")
	}
	if !bytes.Equal(first, raw(func(dir string) {
		for _, f := range []string{"engagements.csv", "ownership.json", "usage/usage-2031-05.csv.gz"} {
			b, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(dir, "zz"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "zz", filepath.Base(f)), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})) {
		t.Error("files given twice changed the findings")
	}
}

// dropColumn removes one column from a CSV file of a world.
func dropColumn(t *testing.T, path, column string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], column)
	if at < 0 {
		t.Fatalf("%s has no column %s", path, column)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range rows {
		if err := w.Write(slices.Delete(slices.Clone(r), at, at+1)); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMissingColumn removes a column, or a whole table, at a time: what was raised for it
// must become not computable and name the column, never silently not raised.
func TestMissingColumn(t *testing.T) {
	for _, tt := range []struct {
		file, column, missing string
		flags                 []string
	}{
		{"clauses.csv", "", "clauses.", []string{"RF-28", "RF-29"}},
		{"clauses.csv", "present", "clauses.present", []string{"RF-28", "RF-29"}},
		{"approvals.csv", "", "approvals.", []string{"RF-09", "RF-10", "RF-39"}},
		{"claims.csv", "", "claims.", []string{"RF-07", "RF-08"}},
		{"claims.csv", "grade", "claims.grade", []string{"RF-07"}},
		{"support.csv", "", "support.", []string{"RF-34"}},
		{"support.csv", "hours", "support.hours", []string{"RF-34"}},
		{"ownership.json", "", "ownership.", []string{"RF-03"}},
		{"engagements.csv", "end_user,end_user_id,end_user_country,end_user_class", "engagements.end_user",
			[]string{"RF-01"}},
		{"engagements.csv", "item_code", "engagements.item_code", []string{"RF-10"}},
		{"engagements.csv", "reseller,reseller_id,reseller_country", "engagements.reseller", []string{"RF-02"}},
		{"usage", "", "usage.", []string{"RF-11", "RF-15", "RF-17", "RF-18", "RF-21", "RF-23", "RF-24", "RF-25"}},
	} {
		name := tt.file
		if tt.column != "" {
			name += "-" + strings.Split(tt.column, ",")[0]
		}
		t.Run(name, func(t *testing.T) {
			_, found, sum := reviewWorld(t, world.Options{Seed: 2, Size: "small"}, func(dir string) {
				path := filepath.Join(dir, tt.file)
				if tt.column != "" {
					for _, c := range strings.Split(tt.column, ",") {
						dropColumn(t, path, c)
					}
				} else if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
			})
			for _, flag := range tt.flags {
				named := false
				for _, f := range found {
					for _, m := range f.Missing {
						named = named || f.Flag == flag && f.State == finding.NotComputable &&
							strings.HasPrefix(m, tt.missing)
					}
				}
				if !named {
					t.Errorf("%s: no line is not computable for want of %s; counts %+v", flag, tt.missing,
						sum.Flags[flag])
				}
			}
		})
	}
}
