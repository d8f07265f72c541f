package match

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
	"plimsoll/internal/record/recordtest"
)

// The quality of the matcher on labelled pairs and on real lists. Every table line is
// printed with a 95 % interval; floors are asserted. Run: make quality.

// A confusion counts right and wrong answers.
type confusion struct{ tp, fp, tn, fn int }

func (c *confusion) add(want, got bool) {
	switch {
	case want && got:
		c.tp++
	case want:
		c.fn++
	case got:
		c.fp++
	default:
		c.tn++
	}
}

func (c confusion) f1() float64 {
	return ratio(2*c.tp, 2*c.tp+c.fp+c.fn)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// wilson returns the 95 % interval of a share.
func wilson(k, n int) (lo, hi float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	d := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return mid - d, mid + d
}

// bootstrap returns the 95 % interval of F1 over resamples of the rows.
func bootstrap(rows [][2]bool) (lo, hi float64) {
	r := rand.New(rand.NewPCG(7, 11))
	f := make([]float64, 1000)
	for i := range f {
		var c confusion
		for range rows {
			x := rows[r.IntN(len(rows))]
			c.add(x[0], x[1])
		}
		f[i] = c.f1()
	}
	slices.Sort(f)
	return f[25], f[974]
}

func readCSV(t testing.TB, path string) [][]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.Comment = -1, '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestQualityPairs(t *testing.T) {
	rows := readCSV(t, recordtest.Shared(t, "quality/name_pairs_dev.csv"))[1:]
	slices := map[string][][2]bool{}
	var order []string
	for _, r := range rows {
		score := compare.Pair(r[1], r[2], r[3])
		want, got := r[4] == "true", score >= Threshold
		group := []string{"all", r[1], "tier " + r[5], "group " + r[0]}
		if r[1] == "Company" || r[1] == "Organization" || r[1] == "LegalEntity" {
			group = append(group, "organisations")
		}
		for _, g := range group {
			if slices[g] == nil {
				order = append(order, g)
			}
			slices[g] = append(slices[g], [2]bool{want, got})
		}
		if want != got && testing.Verbose() {
			t.Logf("want %-5v got %.3f %s %s: %q / %q", want, score, r[5], r[1], r[2], r[3])
		}
	}
	floor := map[string]float64{"all": 0.90, "organisations": 0.92, "tier STRONG": 1, "Person": 0.88}
	for _, g := range order {
		var c confusion
		for _, x := range slices[g] {
			c.add(x[0], x[1])
		}
		lo, hi := bootstrap(slices[g])
		fmt.Printf("pairs %-22s n %3d  tp %3d fp %3d tn %3d fn %3d  P %.3f R %.3f  F1 %.3f [%.3f, %.3f]\n", g,
			len(slices[g]), c.tp, c.fp, c.tn, c.fn, ratio(c.tp, c.tp+c.fp), ratio(c.tp, c.tp+c.fn), c.f1(), lo, hi)
		if c.f1() < floor[g] {
			t.Errorf("%s: F1 %.3f is below the floor %.2f", g, c.f1(), floor[g])
		}
	}
}

// share prints a line of the table and asserts a floor (or, with most, a ceiling).
func share(t *testing.T, what string, k, n int, bar float64, most bool) {
	t.Helper()
	lo, hi := wilson(k, n)
	fmt.Printf("%-52s %6d of %6d  %.4f [%.4f, %.4f]  bar %.4f\n", what, k, n, ratio(k, n), lo, hi, bar)
	if v := ratio(k, n); !most && v < bar || most && v > bar {
		t.Errorf("%s: %.4f misses the bar %.4f", what, v, bar)
	}
}

func TestQualityCrossScript(t *testing.T) {
	rows := readCSV(t, recordtest.Shared(t, "data/sanctions/other/cross_script_pairs.csv"))
	hit, n := 0, 0
	try := func(kind, a, b string) bool {
		n++
		if s := compare.Pair(kind, a, b); s >= Threshold {
			hit++
			return true
		} else {
			t.Logf("%q / %q scores %.3f", a, b, s)
		}
		return false
	}
	for _, r := range rows {
		if len(r) < 3 {
			continue
		}
		try("Person", r[0], r[1])
		try("Person", r[1], r[0])
	}
	share(t, "cross-script pairs, both ways", hit, n, 0.97, false)
	// A name in the original script is sought in an index that knows the Latin names alone.
	// Those of organisations are translations as often as transcriptions.
	lists := real(t)
	var latin []*list.List
	for _, l := range lists {
		if l.Format == "un" {
			c := *l
			c.Entries = slices.Clone(l.Entries)
			for i := range c.Entries {
				c.Entries[i].Names = slices.DeleteFunc(slices.Clone(c.Entries[i].Names), func(x list.Name) bool {
					return !isLatin(x.Text)
				})
			}
			latin = append(latin, &c)
		}
	}
	ix := Build(latin)
	full := Build(lists)
	var k [3]int
	var of [3]int
	for li, l := range lists {
		for i := range l.Entries {
			if l.Format != "un" {
				continue
			}
			e := &l.Entries[i]
			for _, x := range e.Names {
				if isLatin(x.Text) {
					continue
				}
				what := 0
				if e.Kind != party.Person {
					what = 1
				}
				of[what]++
				of[2]++
				if has(full.Search(Query{Name: x.Text}, 10, Threshold), li, i) {
					k[2]++
				}
				if has(ix.Search(Query{Name: x.Text, Kind: e.Kind}, 10, Threshold), 0, i) {
					k[what]++
				} else if e.Kind == party.Person || testing.Verbose() {
					t.Logf("%s %q not found for %q", e.Kind, x.Text, e.Names[0].Text)
				}
			}
		}
	}
	share(t, "UN names in other scripts, on the list", k[2], of[2], 0.97, false)
	share(t, "UN persons in other scripts, Latin names alone", k[0], of[0], 0.88, false)
	share(t, "UN organisations in other scripts, Latin names alone", k[1], of[1], 0.40, false)
}

func has(hits []Hit, l, e int) bool {
	for _, h := range hits {
		if h.List == l && h.Entry == e {
			return true
		}
	}
	return false
}

func isLatin(s string) bool {
	for _, c := range s {
		if unicode.IsLetter(c) && !unicode.Is(unicode.Latin, c) {
			return false
		}
	}
	return true
}

func TestQualityPublishedNames(t *testing.T) {
	lists := real(t)
	ix := Build(lists)
	n, good := 0, 0
	for li, l := range lists {
		for ei := range l.Entries {
			e := &l.Entries[ei]
			if e.Status == list.Removed || ei%7 != 0 && !testing.Verbose() { // all of them in make quality
				continue
			}
			for _, x := range e.Names {
				if x.Weak || name.Fold(x.Text) == "" {
					continue
				}
				n++
				hits := ix.Search(Query{Name: x.Text}, 0, Threshold)
				ok := false
				for _, h := range hits {
					if h.Score < hits[0].Score {
						break
					}
					if h.List == li && h.Entry == ei && h.Score >= 0.95 {
						ok = true
					}
				}
				if ok {
					good++
				} else if n-good < 30 {
					t.Logf("%q of %s %s is not first: %v", x.Text, l.ID, e.ID, short(hits))
				}
			}
		}
	}
	share(t, "published names first, at 0.95 or more", good, n, 1, false)
}

func short(hits []Hit) (out []string) {
	for i, h := range hits {
		if i == 3 {
			break
		}
		out = append(out, fmt.Sprintf("%.3f %s", h.Score, h.Name))
	}
	return out
}

// misspell makes one deterministic misspelling of a name.
func misspell(r *rand.Rand, s string) (string, string) {
	b := []rune(s)
	letter := func() int { // a letter that is not the first of a word
		for range 50 {
			if i := 1 + r.IntN(len(b)-1); b[i] != ' ' && b[i-1] != ' ' && b[i] != '-' {
				return i
			}
		}
		return len(b) - 1
	}
	edit := func() {
		i := letter()
		switch r.IntN(4) {
		case 0:
			b[i] = rune('a' + r.IntN(26))
		case 1:
			b = append(b[:i:i], b[i+1:]...)
		case 2:
			b = append(b[:i:i], append([]rune{rune('a' + r.IntN(26))}, b[i:]...)...)
		case 3:
			if i+1 < len(b) && b[i+1] != ' ' {
				b[i], b[i+1] = b[i+1], b[i]
			}
		}
	}
	words := strings.Fields(s)
	switch k := r.IntN(6); {
	case k == 0:
		edit()
		return string(b), "one edit"
	case k == 1:
		edit()
		edit()
		return string(b), "two edits"
	case k == 2 && len(words) > 1:
		i := r.IntN(len(words) - 1)
		words[i], words[i+1] = words[i+1], words[i]
		return strings.Join(words, " "), "swapped words"
	case k == 3 && len(words) > 1:
		i := r.IntN(len(words) - 1)
		return strings.Join(append(append(slices.Clone(words[:i]), words[i]+words[i+1]), words[i+2:]...), " "),
			"joined words"
	case k == 4:
		i := letter()
		return string(b[:i]) + " " + string(b[i:]), "split word"
	}
	pairs := []string{"ph", "f", "ou", "u", "kh", "h", "sh", "sch", "y", "i", "ee", "i", "oo", "u", "ks", "x", "v", "w",
		"j", "dj", "ch", "tch", "q", "k", "k", "q", "dh", "d", "u", "ou", "i", "y", "ss", "s", "mm", "m", "ll", "l",
		"a", "e"}
	low := strings.ToLower(s)
	for range 40 {
		i := 2 * r.IntN(len(pairs)/2)
		if at := strings.Index(low, pairs[i]); at >= 0 && len(low) == len(s) {
			return s[:at] + pairs[i+1] + s[at+len(pairs[i]):], "transliteration"
		}
	}
	edit()
	return string(b), "one edit"
}

func TestQualityMisspellings(t *testing.T) {
	lists := real(t)
	ix := Build(lists)
	r := rand.New(rand.NewPCG(3, 14))
	found, n := map[string]int{}, map[string]int{}
	all, hit, sure := 0, 0, 0
	for all < 2000 {
		li := r.IntN(len(lists))
		e := &lists[li].Entries[r.IntN(len(lists[li].Entries))]
		x := e.Names[r.IntN(len(e.Names))]
		if e.Status == list.Removed || x.Weak || len(x.Text) < 5 || !isASCII(x.Text) || len(name.Fold(x.Text)) < 5 {
			continue
		}
		bad, how := misspell(r, x.Text)
		all++
		n[how]++
		ok := false
		hits := ix.Search(Query{Name: bad}, 10, 0.5)
		for _, h := range hits {
			same := sameEntry(lists, h, e, x.Text)
			ok = ok || same
			if same && h.Score >= Threshold {
				sure++
				break
			}
		}
		if ok {
			hit++
			found[how]++
		} else {
			t.Logf("%s: %q for %q not among %v", how, bad, x.Text, short(hits))
		}
	}
	for _, how := range []string{"one edit", "two edits", "swapped words", "joined words", "split word",
		"transliteration"} {
		share(t, "misspelt, among the first ten: "+how, found[how], n[how], 0.90, false)
	}
	share(t, "misspelt, among the first ten", hit, all, 0.99, false)
	share(t, "misspelt, among the first ten and a match", sure, all, 0.97, false)
}

// sameEntry reports whether a hit is on e, or on an entry that bears the same name.
func sameEntry(lists []*list.List, h Hit, e *list.Entry, text string) bool {
	x := &lists[h.List].Entries[h.Entry]
	if x == e {
		return true
	}
	want := name.Fold(text)
	for _, n := range x.Names {
		if name.Fold(n.Text) == want {
			return true
		}
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// unrelated collects names of real companies from registers and contracts.
func unrelated(t testing.TB) []string {
	set := map[string]bool{}
	var gleif struct {
		Records []struct {
			Entity struct {
				LegalName struct {
					Text string `json:"$"`
				}
			}
		} `json:"records"`
	}
	b, err := os.ReadFile(recordtest.Shared(t,
		"data/gleif/goldencopy/20240505-0000-gleif-goldencopy-lei2-intra-day.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &gleif); err != nil {
		t.Fatal(err)
	}
	for _, r := range gleif.Records {
		set[r.Entity.LegalName.Text] = true
	}
	gl := len(set)
	z, err := zip.OpenReader(recordtest.Shared(t,
		"data/ocds/canada-buyandsell-2014/contracts_releases_compact.json.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		supplierNames(t, rc, set)
		rc.Close()
	}
	fmt.Printf("unrelated names: %d of GLEIF, %d of suppliers\n", gl, len(set)-gl)
	var out []string
	for s := range set {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	hash := func(s string) uint64 { h := fnv.New64a(); io.WriteString(h, s); return h.Sum64() }
	slices.SortFunc(out, func(a, b string) int {
		if hash(a) < hash(b) {
			return -1
		}
		return 1
	})
	return out[:min(len(out), 10000)]
}

func supplierNames(t testing.TB, r io.Reader, set map[string]bool) {
	var f struct {
		Releases []struct {
			Awards []struct {
				Suppliers []struct {
					ID struct {
						Name string `json:"name"`
					} `json:"id"`
				} `json:"suppliers"`
			} `json:"awards"`
		} `json:"releases"`
	}
	if err := json.NewDecoder(r).Decode(&f); err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Releases {
		for _, a := range r.Awards {
			for _, s := range a.Suppliers {
				set[s.ID.Name] = true
			}
		}
	}
}

func TestQualityUnrelated(t *testing.T) {
	ix := Build(real(t))
	names := unrelated(t)
	for _, kind := range []party.Kind{party.Organization, party.Unknown} {
		hit := 0
		for _, s := range names {
			if hits := ix.Search(Query{Name: s, Kind: kind}, 1, Threshold); len(hits) > 0 {
				hit++
				t.Logf("%s: %q hits %.3f %q", kind, s, hits[0].Score, hits[0].Name)
			}
		}
		what, bar := "unrelated companies that hit", 0.0030
		if kind == party.Unknown {
			what, bar = "the same, kind not stated", 0.0065
		}
		share(t, what, hit, len(names), bar, true)
	}
}

// senzing reads a file of the truth set into records.
func senzing(t *testing.T, file string) (keys []string, out []Record) {
	b, err := os.ReadFile(recordtest.Shared(t, "data/sanctions/senzing/truthset_demo/"+file+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var r struct {
			Source   string           `json:"DATA_SOURCE"`
			ID       string           `json:"RECORD_ID"`
			Features []map[string]any `json:"FEATURES"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		rec := Record{Numbers: map[string][]string{}}
		for _, f := range r.Features {
			get := func(k string) string { s, _ := f[k].(string); return strings.TrimSpace(s) }
			for _, n := range []string{get("NAME_FULL"), get("NAME_ORG"), strings.TrimSpace(get("NAME_FIRST") + " " +
				get("NAME_MIDDLE") + " " + get("NAME_LAST"))} {
				if n != "" {
					rec.Names = append(rec.Names, n)
				}
			}
			switch get("RECORD_TYPE") {
			case "PERSON":
				rec.Kind = "Person"
			case "ORGANIZATION":
				rec.Kind = "Organization"
			}
			if d := get("DATE_OF_BIRTH"); d != "" {
				rec.Dates = append(rec.Dates, d)
			}
			if a := strings.TrimSpace(get("ADDR_FULL") + " " + get("ADDR_LINE1") + " " + get("ADDR_CITY") + " " +
				get("ADDR_STATE") + " " + get("ADDR_POSTAL_CODE")); a != "" {
				rec.Addresses = append(rec.Addresses, a)
			}
			for _, k := range []string{"PASSPORT_NUMBER", "DRIVERS_LICENSE_NUMBER", "SSN_NUMBER", "NATIONAL_ID_NUMBER",
				"TAX_ID_NUMBER", "LEI_NUMBER"} {
				if v := get(k); v != "" {
					rec.Numbers[k] = append(rec.Numbers[k], v)
				}
			}
			for _, k := range []string{"EMAIL_ADDRESS", "PHONE_NUMBER"} {
				if v := get(k); v != "" {
					rec.Contacts = append(rec.Contacts, v)
				}
			}
		}
		keys, out = append(keys, r.Source+" "+r.ID), append(out, rec)
	}
	return keys, out
}

func TestQualityTruthSet(t *testing.T) {
	var keys []string
	var records []Record
	for _, f := range []string{"customers", "reference", "watchlist"} {
		k, r := senzing(t, f)
		keys, records = append(keys, k...), append(records, r...)
	}
	truth := map[string]string{}
	for _, r := range readCSV(t,
		recordtest.Shared(t, "data/sanctions/senzing/truthset_demo/actual_truthset_key.csv"))[1:] {
		truth[r[2]+" "+r[3]] = r[1]
	}
	var r Resolver
	cluster := r.Cluster(records)
	var c confusion
	var rows [][2]bool
	for i := range records {
		for j := range i {
			want, got := truth[keys[i]] != "" && truth[keys[i]] == truth[keys[j]], cluster[i] == cluster[j]
			c.add(want, got)
			rows = append(rows, [2]bool{want, got})
			if want != got {
				t.Logf("want %v: %s %v / %s %v", want, keys[i], records[i].Names, keys[j], records[j].Names)
			}
		}
	}
	lo, hi := bootstrap(rows)
	fmt.Printf("truth set, pairs of %d records: tp %d fp %d fn %d  P %.3f R %.3f  F1 %.3f [%.3f, %.3f]\n", len(records),
		c.tp, c.fp, c.fn, ratio(c.tp, c.tp+c.fp), ratio(c.tp, c.tp+c.fn), c.f1(), lo, hi)
	if c.f1() < 0.95 {
		t.Errorf("F1 %.3f is below 0.95", c.f1())
	}
}
