package review

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
	"plimsoll/internal/world"
)

// An answer is what a review of records says: its findings, who is put on the shelf of names to
// check, and which files it says that it could not use at all.
type answer struct {
	found   []finding.Finding
	toCheck []NameToCheck
	unread  map[string]bool
}

// reviewRecords writes records and reviews them; an error of the review is returned.
func reviewRecords(t testing.TB, in records, day time.Time) (answer, error) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "r")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	root := filepath.Join(dir, "in")
	var lists []string
	for file, text := range in {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if tableOf(file) == "lists" {
			lists = []string{filepath.Join(root, "lists")}
		}
	}
	out := filepath.Join(dir, "out")
	res, err := Run(context.Background(), Options{Paths: []string{root}, Lists: lists, AsOf: day, Out: out,
		Version: "test", fold: 1 << 30})
	if err != nil {
		return answer{}, err
	}
	unread := map[string]bool{}
	for _, u := range res.Summary.Unknown {
		unread[strings.TrimPrefix(u.File, "in/")] = true
	}
	for _, x := range res.Summary.Inputs {
		if x.Records == 0 && x.Rejects > 0 {
			unread[strings.TrimPrefix(x.File, "in/")] = true
		}
	}
	return answer{lines(t, filepath.Join(out, "findings.jsonl")), res.Summary.ToCheck, unread}, nil
}

// names are what a finding may be recognised by after a change: its subject, accounts, engagements.
func names(f finding.Finding) map[string]bool {
	m := map[string]bool{f.Subject.Name: true, f.Subject.ID: true}
	for _, s := range slices.Concat(f.Accounts, f.Engagement) {
		m[s] = true
	}
	delete(m, "")
	return m
}

// silenced returns the findings that were raised before and of which nothing is said after: no
// line of the flag, raised or not computable, about the same subject, an account or engagement of
// its, or of a column that the whole run lacks, and no name to check. What no file that was read
// names any more cannot be spoken of. An account of no register is named by the id that bills give it: without that
// its use is a part of what bills give to no account, and what is said of that is said of it. The name that a customer
// gives an account is a word of the customer's own, which is not read.
func silenced(before, after answer, in records) []finding.Finding {
	by := map[string][]finding.Finding{}
	for _, f := range after.found {
		if f.State == finding.Raised || f.State == finding.NotComputable {
			by[f.Flag] = append(by[f.Flag], f)
		}
	}
	for _, x := range after.toCheck {
		by[x.Flag] = append(by[x.Flag], finding.Finding{Subject: x.Party})
	}
	var rest strings.Builder
	for _, file := range slices.Sorted(maps.Keys(in)) {
		if tableOf(file) != "lists" && !after.unread[file] {
			rest.WriteString(in[file])
			rest.WriteByte('\n')
		}
	}
	left := rest.String()
	var out []finding.Finding
	for _, f := range before.found {
		if f.State != finding.Raised {
			continue
		}
		mine := names(f)
		if slices.ContainsFunc(by[f.Flag], func(g finding.Finding) bool {
			if !slices.Contains([]string{"party", "account", "engagement"}, g.Subject.Kind) {
				return g.State == finding.NotComputable
			}
			if g.Subject.Name == signal.UnnamedAccount && f.Subject.Kind == signal.OfAccount {
				return true
			}
			for n := range names(g) {
				if mine[n] {
					return true
				}
			}
			return false
		}) {
			continue
		}
		// A flag about a party is asked of parties and accounts: an engagement that is still named is not its subject.
		for _, n := range append([]string{f.Subject.Name, f.Subject.ID}, f.Accounts...) {
			if n != "" && regexp.MustCompile(`(^|[^\w-])`+regexp.QuoteMeta(n)+`($|[^\w-])`).MatchString(left) {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// sampled is how many changes are tried where not all are.
const sampled = 25

// A tryWorld is records on which the test takes things away.
type tryWorld struct {
	name string
	seed uint64
	in   func(t testing.TB) (records, time.Time)
	only bool // with PLIMSOLL_QUALITY only
}

// ofWorld writes the records of a world of our own.
func ofWorld(o world.Options, change func(testing.TB, records) records) func(testing.TB) (records, time.Time) {
	return func(t testing.TB) (records, time.Time) {
		dir := t.TempDir()
		if err := world.Write(context.Background(), dir, o); err != nil {
			t.Fatal(err)
		}
		in := fewerBills(t, readRecords(t, dir))
		if change != nil {
			in = change(t, in)
		}
		return in, today(t)
	}
}

// outsideWorld writes the records of the messy world beside the project; the test is skipped where
// that, or what writes it, is not there.
func outsideWorld(t testing.TB) (records, time.Time) {
	script := filepath.Join("..", "..", "..", "shared", "quality", "world-messy", "gen.py")
	if _, err := os.Stat(script); err != nil {
		t.Skip("the world beside the project is not there")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the world beside the project is written by python3, which is not there")
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, script, dir, "1").CombinedOutput(); err != nil {
		t.Fatalf("write the world beside the project: %v\n%s", err, out)
	}
	var key struct {
		AsOf string `json:"as_of"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "key.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &key); err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, key.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	return fewerBills(t, readRecords(t, filepath.Join(dir, "in"))), day
}

var tryWorlds = []tryWorld{
	{"demo", 1, ofWorld(world.Options{Seed: 1, Size: "small"}, nil), true},
	{"messy", 4, ofWorld(world.Options{Seed: 4, Size: "40/600"}, messy), false},
	{"outside", 7, outsideWorld, true},
}

// TestLessNeverClears takes one thing at a time from the records of several worlds: nothing that was
// raised may vanish or become clear. PLIMSOLL_QUALITY=1 tries every change, else a sample is tried;
// -run takes a world and a table of it, PLIMSOLL_CHANGE the changes whose name a regular expression fits.
func TestLessNeverClears(t *testing.T) {
	all := os.Getenv("PLIMSOLL_QUALITY") != ""
	for _, w := range tryWorlds {
		t.Run(w.name, func(t *testing.T) {
			if w.only && !all {
				t.Skip("runs with PLIMSOLL_QUALITY=1")
			}
			in, day := w.in(t)
			before, err := reviewRecords(t, in, day)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(w.seed, 31))
			changes := changesOf(t, in, r, 8)
			if !all {
				r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
				changes = changes[:min(sampled, len(changes))]
			}
			byTable := map[string][]change{}
			only := regexp.MustCompile(os.Getenv("PLIMSOLL_CHANGE"))
			for _, c := range changes {
				if !only.MatchString(c.name) {
					continue
				}
				byTable[c.table] = append(byTable[c.table], c)
			}
			for _, table := range slices.Sorted(maps.Keys(byTable)) {
				t.Run(table, func(t *testing.T) {
					t.Parallel()
					for _, c := range byTable[table] {
						less := c.apply(t, in)
						after, err := reviewRecords(t, less, day)
						if err != nil {
							if err.Error() == "" {
								t.Errorf("%s: an error without words", c.name)
							}
							continue
						}
						report(t, w.name+", "+c.name, silenced(before, after, less))
					}
				})
			}
		})
	}
}

// TestOrder gives rows and files in other orders: the findings are the same, but for the places of
// their evidence.
func TestOrder(t *testing.T) {
	orders := 1
	if os.Getenv("PLIMSOLL_QUALITY") != "" {
		orders = 3
	}
	in, day := tryWorlds[1].in(t)
	before, err := reviewRecords(t, in, day)
	if err != nil {
		t.Fatal(err)
	}
	want := placeless(before.found)
	for i := range orders {
		r := rand.New(rand.NewPCG(uint64(i), 5))
		after, err := reviewRecords(t, moveFiles(reorderRows(t, in, r), r), day)
		if err != nil {
			t.Fatal(err)
		}
		got := placeless(after.found)
		for id, line := range want {
			if got[id] != line {
				t.Errorf("order %d:\n was %s\n is  %s", i, line, got[id])
			}
		}
		for id, line := range got {
			if want[id] == "" {
				t.Errorf("order %d: new: %s", i, line)
			}
		}
	}
}

// moveFiles puts every file but the lists into a folder of another name, so that they are read in another order.
func moveFiles(in records, r *rand.Rand) records {
	out := records{}
	for _, file := range slices.Sorted(maps.Keys(in)) {
		to := file
		if tableOf(file) != "lists" {
			to = string('a'+rune(r.IntN(26))) + "/" + file
		}
		out[to] = in[file]
	}
	return out
}

// placeless are findings by identity, as text, without the places of what they rest on.
func placeless(found []finding.Finding) map[string]string {
	out := map[string]string{}
	for _, f := range found {
		var says []string
		for _, e := range f.Evidence {
			says = append(says, chargeCount.ReplaceAllString(e.Says, ""))
		}
		slices.Sort(says)
		f.Evidence = nil
		for _, path := range append(f.Further, f.Path) {
			for i := range path {
				path[i].Source = ""
			}
		}
		f.Sentence = filePlace.ReplaceAllString(f.Sentence, "in FILE")
		for i := range f.If {
			f.If[i].Left.At, f.If[i].Right.At = "", ""
		}
		b, _ := json.Marshal(f) // a finding that was read from JSON is written as JSON
		out[f.ID] += string(b) + strings.Join(slices.Compact(says), "; ")
	}
	return out
}

// filePlace is a row of a file, as sentences about parties that may be one name it.
var filePlace = regexp.MustCompile(`in/\S+ row \d+`)

// chargeCount is how evidence counts the charges of a file: that depends on which rows stand together.
var chargeCount = regexp.MustCompile(`^[0-9\x{202f}]+ charges? `)

// report names the flags that fell silent.
func report(t *testing.T, name string, silent []finding.Finding) {
	t.Helper()
	by := map[string][]string{}
	for _, f := range silent {
		by[f.Flag] = append(by[f.Flag], f.Subject.Name)
	}
	for _, flag := range slices.Sorted(maps.Keys(by)) {
		t.Errorf("%s: %s was raised about %d and is silent (first: %s)", name, flag, len(by[flag]), by[flag][0])
	}
}
