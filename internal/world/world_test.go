package world

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"plimsoll/internal/ownership/bods"
	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/record"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/recordtest"
	register "plimsoll/internal/record/table"
)

func write(t testing.TB, o Options) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(context.Background(), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files returns every file of a world, unpacked.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return err
			}
			if b, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := files(t, write(t, Options{Seed: 7})), files(t, write(t, Options{Seed: 7}))
	if d := cmp.Diff(a, b); d != "" {
		t.Error("two worlds of one seed differ")
	}
	c := files(t, write(t, Options{Seed: 8}))
	if a["key.jsonl"] == c["key.jsonl"] || a["accounts.csv"] == c["accounts.csv"] {
		t.Error("two seeds give one world")
	}
}

// TestRename replaces the names of one world by hand and expects the other.
func TestRename(t *testing.T) {
	a, b := files(t, write(t, Options{Seed: 3})), files(t, write(t, Options{Seed: 3, Rename: 99}))
	from, to := newNames(3, 0), newNames(3, 99)
	var pairs []string
	for i := range numStates {
		if from.state[i] == to.state[i] {
			t.Errorf("state %d keeps its name %s", i, from.state[i])
		}
		lf, lt := strings.ToLower(from.code[i]), strings.ToLower(to.code[i])
		pairs = append(pairs, from.state[i], to.state[i], from.tongue[i], to.tongue[i],
			from.code[i]+"-", to.code[i]+"-", `"`+from.code[i]+`"`, `"`+to.code[i]+`"`, lf+"-reg", lt+"-reg", lf+"-gov",
			lt+"-gov", ","+lf+",", ","+lt+",")
	}
	r := strings.NewReplacer(pairs...)
	for name, text := range a {
		if got := r.Replace(text); got != b[name] {
			t.Errorf("%s differs in more than the names:\n%s", name, cmp.Diff(strings.Split(got, "\n"),
				strings.Split(b[name], "\n")))
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d files and %d files", len(a), len(b))
	}
}

// TestNamesAreInvented compares the states and languages with real ones.
func TestNamesAreInvented(t *testing.T) {
	real := map[string]bool{}
	for _, in := range []language.Tag{language.English, language.French, language.Spanish, language.German} {
		regions, tongues := display.Regions(in), display.Languages(in)
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				if r, err := language.ParseRegion(string([]rune{a, b})); err == nil {
					real[strings.ToLower(regions.Name(r))] = true
				}
			}
		}
		for a := 'a'; a <= 'z'; a++ {
			for b := 'a'; b <= 'z'; b++ {
				if l, err := language.ParseBase(string([]rune{a, b})); err == nil {
					real[strings.ToLower(tongues.Name(l))] = true
				}
			}
		}
	}
	if len(real) < 500 {
		t.Fatalf("only %d real names to compare with", len(real))
	}
	near := func(name string) string {
		for r := range real {
			if r == name || len(r) > 3 && (strings.Contains(r, name) || strings.Contains(name, r)) ||
				distance(r, name) <= 1 {
				return r
			}
		}
		return ""
	}
	for _, front := range stateFront {
		for _, back := range stateBack {
			if r := near(strings.ToLower(front + back)); r != "" {
				t.Errorf("state %s is too near %s", front+back, r)
			}
		}
		for _, back := range tongueBack {
			if r := near(strings.ToLower(front + back)); r != "" {
				t.Errorf("language %s is too near %s", front+back, r)
			}
		}
	}
}

// distance is the number of letters to insert, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal, row[j+1] = row[j+1], min(d, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func TestRootsAreDistinct(t *testing.T) {
	n := newNames(1, 0)
	seen := map[string]int{}
	for i := range 50_000 {
		name := n.ordinary(i)
		if j, ok := seen[name]; ok {
			t.Fatalf("companies %d and %d are both %s", j, i, name)
		}
		seen[name] = i
	}
	for _, c := range n.cast {
		for i := range 2000 {
			if distance(strings.ToLower(c), strings.ToLower(n.root(i))) <= 2 {
				t.Fatalf("%s is too near the ordinary %s", c, n.root(i))
			}
		}
	}
	if len(map[string]bool{}) != 0 || len(unique(n.cast)) != len(n.cast) {
		t.Error("a cast name is given twice")
	}
}

func unique(list []string) map[string]bool {
	m := map[string]bool{}
	for _, s := range list {
		m[s] = true
	}
	return m
}

// table reads a CSV file of a world into rows by column.
func readTable(t testing.TB, text string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range r {
			m[rows[0][i]] = c
		}
		out = append(out, m)
	}
	return out
}

// TestKey checks that what the key speaks of is in the files, and that every flag of the
// issue has a case that must be raised.
func TestKey(t *testing.T) {
	all := files(t, write(t, Options{Seed: 1}))
	engagements, parties, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range readTable(t, all["engagements.csv"]) {
		engagements[r["engagement_id"]] = true
		for _, c := range []string{"buyer", "end_user", "reseller"} {
			parties[r[c]+"|"+r[c+"_id"]] = true
		}
	}
	for _, r := range readTable(t, all["accounts.csv"]) {
		accounts[r["account_id"]] = true
		parties[r["party_name"]+"|"+r["party_id"]], parties[r["end_user"]+"|"+r["end_user_id"]] = true, true
	}
	for name, text := range all { // an account may stand in the bills alone
		if !strings.HasPrefix(name, "usage/") {
			continue
		}
		for _, r := range readTable(t, text) {
			accounts[r["BillingAccountId"]] = true
			accounts[r["BillingAccountId"]+"/"+r["SubAccountId"]] = true
		}
	}
	var pack struct {
		Releases []struct{ Ocid string }
	}
	if err := json.Unmarshal([]byte(all["contracts/releases.json"]), &pack); err != nil {
		t.Fatal(err)
	}
	for _, r := range pack.Releases {
		engagements[r.Ocid+"/c1"] = true
	}
	raised, innocent := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	in := bufio.NewScanner(strings.NewReader(all["key.jsonl"]))
	for in.Scan() {
		var l KeyLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		at := l.Subject.Kind + l.Subject.ID + l.Flag
		if seen[at] {
			t.Errorf("twice in the key: %s %s %s", l.Case, l.Flag, l.Subject.Name)
		}
		seen[at] = true
		switch l.Expect {
		case Raised:
			raised[l.Flag]++
		case NotRaised:
			innocent[l.Flag]++
		case Open:
		default:
			t.Errorf("%s: expects %q", l.Case, l.Expect)
		}
		if l.Why == "" || l.Case == "" {
			t.Errorf("without reason or case: %+v", l)
		}
		if l.Subject.Kind == "party" && !parties[l.Subject.Name+"|"+l.Subject.ID] || l.Subject.Kind == "engagement" &&
			!engagements[l.Subject.ID] {
			t.Errorf("not in the records: %+v", l.Subject)
		}
		for _, e := range l.Engagements {
			if !engagements[e] {
				t.Errorf("%s: no engagement %s", l.Case, e)
			}
		}
		for _, a := range l.Accounts {
			if !accounts[a] {
				t.Errorf("%s: no account %s", l.Case, a)
			}
		}
	}
	for flag := range strings.FieldsSeq("01 02 03 06 07 08 09 10 11 15 16 17 18 19 20 21 23 24 25 27 28 29 31 32 33 " +
		"34 36 39 40 41") {
		if raised["RF-"+flag] == 0 {
			t.Errorf("RF-%s has no planted case", flag)
		}
		if innocent["RF-"+flag] == 0 {
			t.Errorf("RF-%s has no planted innocent", flag)
		}
	}
	var flags []string
	for f := range raised {
		flags = append(flags, f)
	}
	sort.Strings(flags)
	for _, f := range flags {
		t.Logf("%s raised %d, innocent %d", f, raised[f], innocent[f])
	}
}

func TestSize(t *testing.T) {
	for _, tt := range []struct {
		size string
		ok   bool
	}{{"", true}, {"small", true}, {"500/20000", true}, {"0/0", true}, {"huge", false}, {"1", false}, {"-1/5", false},
		{"9/x", false}} {
		if _, err := (Options{Size: tt.size}).size(); (err == nil) != tt.ok {
			t.Errorf("size %q: %v", tt.size, err)
		}
	}
	all := files(t, write(t, Options{Seed: 2, Size: "500/100000"})) // large beside the planted cases, which come on top
	charges := 0
	for name, text := range all {
		if strings.HasPrefix(name, "usage/") {
			charges += strings.Count(text, "\n") - 1
		}
	}
	if rows := len(readTable(t, all["engagements.csv"])); rows < 500 || rows > 650 {
		t.Errorf("%d engagements where 500 were asked for", rows)
	}
	if charges < 90_000 || charges > 115_000 {
		t.Errorf("%d charges where 100000 were asked for", charges)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Write(ctx, t.TempDir(), Options{Seed: 1}); err == nil {
		t.Error("a cancelled run reports success")
	}
}

// TestReadable reads the world's files with the decoders of the review: nothing that the
// world writes may be a reject.
func TestReadable(t *testing.T) {
	dir := write(t, Options{Seed: 1})
	sources, err := record.Find([]string{filepath.Join(dir, "ownership.json")})
	if err != nil {
		t.Fatal(err)
	}
	o := &ownershiptest.Collector{}
	stats, err := bods.Decode(context.Background(), sources[0], o)
	if err != nil || len(o.Rejects) > 0 || len(o.Statements) < 15 || len(o.Parties) < 20 {
		t.Errorf("ownership: %v, %+v, %d statements, %d parties, %+v", err, stats, len(o.Statements), len(o.Parties),
			o.Rejects)
	}
	c := &recordtest.Collector{}
	if sources, err = record.Find([]string{filepath.Join(dir, "contracts")}); err != nil {
		t.Fatal(err)
	}
	if _, err := ocds.DecodeAll(context.Background(), sources[:1], c); err != nil || len(c.Rejects) > 0 {
		t.Errorf("contracts: %v, %+v", err, c.Rejects)
	}
	if n := len(recordtest.Of[*record.Engagement](c)); n != 24 {
		t.Errorf("%d contracts, want 24", n)
	}
	for _, name := range []string{"accounts", "engagements", "claims", "clauses", "approvals", "support", "events"} {
		if sources, err = record.Find([]string{filepath.Join(dir, name+".csv")}); err != nil {
			t.Fatal(err)
		}
		c := &recordtest.Collector{}
		stats, err := register.Decode(context.Background(), sources[0], c)
		if err != nil || len(c.Rejects) > 0 || len(stats.Extra) > 0 || stats.Records == 0 {
			t.Errorf("%s: %v, %+v, %+v", name, err, stats, c.Rejects)
		}
	}
}

// TestFlagshipUsage adds up the bills of the flagship case as a review would.
func TestFlagshipUsage(t *testing.T) {
	all := files(t, write(t, Options{Seed: 1}))
	user := ""
	accounts := map[string]bool{}
	for _, r := range readTable(t, all["accounts.csv"]) {
		if strings.HasPrefix(r["end_user"], "Directorate for Special") {
			user = r["end_user_id"]
		}
	}
	for _, r := range readTable(t, all["accounts.csv"]) {
		if r["end_user_id"] == user {
			accounts[r["account_id"]] = true
		}
	}
	if len(accounts) != 2 {
		t.Fatalf("%d accounts of the unit, want its own and the reseller's", len(accounts))
	}
	sum := map[string]float64{}
	for name, text := range all {
		if !strings.HasPrefix(name, "usage/") {
			continue
		}
		for _, r := range readTable(t, text) {
			if accounts[r["BillingAccountId"]] {
				q, err := strconv.ParseFloat(r["ConsumedQuantity"], 64)
				if err != nil {
					t.Fatal(err)
				}
				sum[r["ChargePeriodStart"][:7]+" "+r["SkuMeter"]+" "+r["RegionId"]] += q
			}
		}
	}
	for _, tt := range []struct {
		key  string
		want float64
	}{
		{"2031-03 Standard Data Stored north-1", 290_000}, {"2032-02 Standard Data Stored north-1", 11_400_000},
		{"2032-03 Standard Data Stored north-1", 230_000}, {"2032-03 Standard Data Stored east-2", 11_155_000},
		{"2032-06 Standard Data Stored south-3", 9_900_000}, {"2032-05 Standard Data Stored east-2", 0},
		{"2032-02 Speech to Text Audio Hours north-1", 24_000}, {"2032-03 Data Transfer Out north-1", 9_600_000},
		{"2032-02 Text Translation Characters north-1", 5.2e9},
	} {
		if got := sum[tt.key]; got < tt.want*0.95 || got > tt.want*1.05 {
			t.Errorf("%s = %.0f, want about %.0f", tt.key, got, tt.want)
		}
	}
}

// go test -run '^$' -bench World ./internal/world
func BenchmarkWorld(b *testing.B) {
	b.Run("size=medium", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			write(b, Options{Seed: 1, Size: "medium"})
		}
	})
}

// TestDoubles: one company in a hundred is named once more without its number and with another legal form, and a small
// or complete world holds none.
func TestDoubles(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		want int
	}{
		{"large enough", Options{Seed: 3, Size: "20000/600"}, 8},
		{"small", Options{Seed: 3, Size: "small"}, 0},
		{"complete", Options{Seed: 3, Size: "20000/600", Complete: true}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			of := map[string]bool{}
			n := 0
			rows := readTable(t, files(t, write(t, tt.o))["engagements.csv"])
			for _, r := range rows {
				if id := r["engagement_id"]; strings.HasPrefix(id, "K-2") && len(id) == 9 {
					of[r["buyer"]] = of[r["buyer"]] || r["buyer_id"] != ""
				}
			}
			for _, r := range rows {
				if r["buyer"] != "" && r["buyer_id"] == "" && strings.HasSuffix(r["buyer"], " AG") && !of[r["buyer"]] {
					n++
				}
			}
			if n != tt.want {
				t.Errorf("%d doubles, want %d", n, tt.want)
			}
		})
	}
}
