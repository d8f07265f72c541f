package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"plimsoll/internal/finding"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/world"
)

// TestGolden holds the findings of the small world against those that were read and found
// right. UPDATE=1 writes them anew.
func TestGolden(t *testing.T) {
	_, found, _ := reviewWorld(t, world.Options{Seed: 1, Size: "small"}, nil)
	var lines []string
	for _, f := range found {
		if f.State == finding.Raised {
			lines = append(lines, fmt.Sprintf("%s %-8s %s: %s", f.Flag, f.Severity, f.Subject.Name, f.Sentence))
		} else {
			lines = append(lines, fmt.Sprintf("%s %s for %s, missing %s", f.Flag, f.State, f.Subject.Name,
				strings.Join(f.Missing, ", ")))
		}
	}
	sort.Strings(lines)
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", "small.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("findings of the small world (-want +got):\n%s", diff)
	}
}

// TestStopped stops a run at every stage: nothing is left behind, and an earlier output stays whole.
func TestStopped(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "world"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := world.Write(context.Background(), in, world.Options{Seed: 1, Size: "small"}); err != nil {
		t.Fatal(err)
	}
	asOf, _ := time.Parse("2006-01-02", world.Today)
	for _, stage := range []string{"read", "join", "screen", "judge"} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: asOf,
			Out: out,
			Progress: func(s string, _, _ int64) {
				if s == stage {
					cancel()
				}
			}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %s: %v", stage, err)
		}
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range left {
			if f.Name() != "world" {
				t.Errorf("stopped at %s: %s is left", stage, f.Name())
			}
		}
	}
}

// TestAFailureKeepsTheOldOutput checks that a run that fails late does not touch what an earlier one wrote.
func TestAFailureKeepsTheOldOutput(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	write(t, filepath.Join(in, "engagements.csv"),
		"engagement_id,seller,buyer,end_user,item,value,currency\nK-1,Altus,Wexcombe Dairy,Wexcombe Dairy,milk "+
			"cans,12,EUR\n")
	o := Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), Out: out}
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(out, "review.json"))
	if err != nil {
		t.Fatal(err)
	}
	o.Write = func(string, *Result) error { return errors.New("disk full") }
	if _, err := Run(context.Background(), o); err == nil {
		t.Fatal("a report that cannot be written must fail the run")
	}
	after, err := os.ReadFile(filepath.Join(out, "review.json"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the earlier output changed: %v", err)
	}
}

// TestNothingOfAnEarlierReviewStays writes two reviews into one folder: the second leaves what a folder of its own
// would hold, and what people put there themselves.
func TestNothingOfAnEarlierReviewStays(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	write(t, filepath.Join(first, "fund.csv"), "portfolio,issuer_name,value,currency,as_of\n"+
		"North,Mirel Quarries Ltd,100,EUR,2031-03-31\n")
	write(t, filepath.Join(first, "instruments.csv"), "instrument_id,title,kind,issuer,date,force\n"+
		"I1,Order 7,order,Board of Licences,2030-01-01,binding\n")
	write(t, filepath.Join(first, "demands.csv"), "demand_id,instrument_id,text,of,about_kind,about,due\n"+
		"D1,I1,Report on dealings,companies,party,Mirel Quarries Ltd,2031-03-01\n")
	write(t, filepath.Join(second, "engagements.csv"),
		"engagement_id,seller,buyer,end_user,item,value,currency\nK-1,Altus,Wexcombe Dairy,Wexcombe Dairy,milk "+
			"cans,12,EUR\n")
	names := func(dir string) []string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	run := func(in, out string, keep bool) {
		o := Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), Out: out, KeepBook: keep}
		if _, err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	both, alone := filepath.Join(dir, "both"), filepath.Join(dir, "alone")
	run(first, both, true)
	old := names(both)
	write(t, filepath.Join(both, "notes.txt"), "mine")
	run(second, both, false)
	run(second, alone, false)
	want := append(names(alone), "notes.txt")
	sort.Strings(want)
	if diff := cmp.Diff(want, names(both)); diff != "" {
		t.Errorf("files after the second review (-want +got), the first wrote %v:\n%s", old, diff)
	}
	for _, name := range []string{"demands.csv", "holdings.csv", keptBook} {
		if !slices.Contains(old, name) {
			t.Errorf("the first review wrote no %s, so its absence shows nothing", name)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestJoinsFedBack undoes a join in joins.csv, feeds the file back, and gets two parties.
func TestJoinsFedBack(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	write(t, filepath.Join(in, "engagements.csv"),
		"engagement_id,seller,buyer,buyer_country,end_user,item,value,currency\nK-1,Altus,Tolmen "+
			"Trading,Calder,Tolmen Trading,milk cans,12,EUR\n")
	o := Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), Out: out}
	parties := func() int {
		t.Helper()
		res, err := Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return res.Summary.Counts.Parties
	}
	first := parties()
	b, err := os.ReadFile(filepath.Join(out, "joins.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), ",row,spelling;row,,same,") {
		t.Fatalf("joins.csv does not say why: %s", b)
	}
	write(t, filepath.Join(in, "joins.csv"), strings.ReplaceAll(string(b), ",same,", ",apart,"))
	if second := parties(); second != first+1 {
		t.Errorf("%d parties after the join was undone, %d before", second, first)
	}
}

// TestReal reviews real published contracts, payments and bills against real lists, and
// counts against the files' own rows.
func TestReal(t *testing.T) {
	for _, tt := range []struct {
		name                string
		paths, lists        []string
		mapping             string
		rows, minEngagement int
		rejects             int
	}{
		{"Portugal", []string{"data/ocds/kingfisher/collection_file.json"}, []string{"data/sanctions/un",
			"data/sanctions/ofac_sdn_2021"}, "", 100, 100, 0},
		{"UK payments", []string{"data/gov_contracts/uk_spend/cabinetoffice_2020-12.csv",
			"data/gov_contracts/uk_spend/networkrail_2017-03.csv"}, []string{"data/sanctions/un"},
			"../../examples/maps", 894 + 2485, 894 + 2484, 1},
		{"FOCUS sample", []string{"data/focus/focus-1.0-sample/focus_sample.csv"}, nil, "", 1000, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Map: tt.mapping, AsOf: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
				Out: filepath.Join(t.TempDir(), "out")}
			for _, p := range tt.paths {
				o.Paths = append(o.Paths, recordtest.Shared(t, p))
			}
			for _, p := range tt.lists {
				o.Lists = append(o.Lists, recordtest.Shared(t, p))
			}
			res, err := Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			c := res.Summary.Counts
			if c.Rows != tt.rows || c.ByTable["engagements"] < tt.minEngagement || c.Rejects != tt.rejects {
				t.Errorf("%d rows (want %d), %d engagements (want %d), %d rejects (want %d); unknown %v", c.Rows,
					tt.rows, c.ByTable["engagements"], tt.minEngagement, c.Rejects, tt.rejects, res.Summary.Unknown)
			}
		})
	}
}

// FuzzJoins checks that no joins.csv makes the reader panic or lose a line without a word.
func FuzzJoins(f *testing.F) {
	f.Add("mention,name,country,identifiers,first_seen,joined_to,joined_name,rule,agree,decision\na,x,,,,b,x,name,spelling,same\n")
	f.Add("mention,name,country\n\"")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "joins.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		rejects := 0
		judged, stats, err := readJoins(context.Background(), record.Source{Path: path, Name: "joins.csv"},
			func(record.Reject) error { rejects++; return nil })
		if err == nil && (len(judged)+rejects != stats.Rows || stats.Rejects != rejects) {
			t.Errorf("%d rows, %d read, %d rejects", stats.Rows, len(judged), rejects)
		}
	})
}

// TestSummaryIsJSON checks that review.json can be read back and names what it must.
func TestSummaryIsJSON(t *testing.T) {
	dir, _, sum := reviewWorld(t, world.Options{Seed: 1, Size: "small"}, nil)
	b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "out", "review.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"tool", "as_of", "inputs", "unknown_files", "lists", "packs", "counts", "flags",
		"coverage", "screening"} {
		if _, ok := m[k]; !ok {
			t.Errorf("review.json lacks %q", k)
		}
	}
	if len(sum.Coverage.Families) != 6 || sum.Coverage.Usage.Months != world.Months ||
		len(sum.Coverage.Usage.Gaps) != 0 {
		t.Errorf("coverage: %+v", sum.Coverage)
	}
	for _, in := range sum.Inputs {
		if len(in.SHA256) != 64 || in.Rows == 0 {
			t.Errorf("input %+v", in)
		}
	}
}

// TestOrphans checks that a clause of a contract that is not there does not vanish.
func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	write(t, filepath.Join(in, "engagements.csv"),
		"engagement_id,seller,buyer,end_user,item,value,currency\nK-1,Altus,Wexcombe Dairy,Wexcombe Dairy,milk "+
			"cans,12,EUR\n")
	write(t, filepath.Join(in, "clauses.csv"),
		"engagement_id,clause,present,reference\nK-1,secrecy,no,1\nK-9,exit_penalty,yes,2\n")
	res, err := Run(context.Background(), Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0,
		time.UTC), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(out, "rejects.jsonl"))
	if err != nil || res.Summary.Counts.Rejects != 1 || !strings.Contains(string(b), `"at":"row 3"`) ||
		!strings.Contains(string(b), "K-9") {
		t.Errorf("rejects %d: %s %v", res.Summary.Counts.Rejects, b, err)
	}
}

// TestOddFiles checks that what is no record is named or passed over, and stops nothing.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	write(t, filepath.Join(in, "engagements.csv"),
		"engagement_id,seller,buyer,end_user,item,value,currency\nK-1,Altus,Wexcombe Dairy,Wexcombe Dairy,milk "+
			"cans,12,EUR\n")
	write(t, filepath.Join(in, "empty.csv"), "")
	write(t, filepath.Join(in, "notes.txt"), "nothing\n")
	if err := os.Symlink(filepath.Join(in, "nowhere"), filepath.Join(in, "dangling.csv")); err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	if err := book.SetCellValue("Sheet1", "A1", "a heading of no table"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(filepath.Join(in, "other.xlsx")); err != nil {
		t.Fatal(err)
	}
	res, err := Run(context.Background(), Options{Paths: []string{in}, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0,
		time.UTC), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range res.Summary.Unknown {
		names = append(names, filepath.Base(u.File))
	}
	if got := strings.Join(names, " "); got != "dangling.csv empty.csv notes.txt other.xlsx" {
		t.Errorf("named as not read: %s", got)
	}
}

func TestGarbage(t *testing.T) {
	for _, tt := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing measured yet", 0, garbagePercent},
		{"a small run", 10 << 20, garbagePercent},
		{"half of the goal", heapGoal / 2, 100},
		{"all of it", heapGoal, leastGarbage},
		{"more than it", 3 * heapGoal, leastGarbage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := garbage(tt.live); got != tt.want {
				t.Errorf("garbage(%d) = %d, want %d", tt.live, got, tt.want)
			}
		})
	}
}
