package match

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// invented makes lists of fictional entries.
func invented(seed uint64, n int) []*list.List {
	r := rand.New(rand.NewPCG(seed, 1))
	first := []string{"Ahmad", "Vladimir", "Marisol", "Jong", "Tariq", "Olena", "Wei", "Abd al-Rahman", "Nur al-Din",
		"Anneke", "J."}
	last := []string{"Harbourov", "al-Lanterni", "Quillfeather", "Brandtmark", "Osei-Tal", "Kestrelson", "Velmurin",
		"Pak", "bin Salvar", "Drosten"}
	brand := []string{"Lantern", "Quillmark", "Norvex", "Brightwater", "Tolmar", "Ostrava Glas", "Kestrel", "Vantablue",
		"Meridian Optik", "Aurelis"}
	line := []string{"Optics", "Trading", "Shipping", "Bank", "Technologies", "Steel", "General Trading", "Systems"}
	form := []string{"Ltd", "LLC", "GmbH", "OOO", "S.A.", "PJSC", "", "Sp. z o.o."}
	pick := func(s []string) string { return s[r.IntN(len(s))] }
	lists := []*list.List{{ID: "a", Format: "named"}, {ID: "b", Format: "named"}}
	for i := range n {
		e := list.Entry{ID: fmt.Sprint(i), Countries: []string{pick([]string{"Germany", "Iran", "Kenya"})}}
		if i%2 == 0 {
			e.Kind = party.Person
			e.Names = []list.Name{{Text: pick(first) + " " + pick(last)}, {Text: pick(first) + " " + pick(first) + " " +
				pick(last), Weak: i%3 == 0}}
			e.Dates = []string{fmt.Sprint(1950 + r.IntN(40))}
		} else {
			e.Kind = party.Organization
			e.Names = []list.Name{{Text: pick(brand) + " " + pick(line) + " " + pick(form)},
				{Text: pick(brand) + " " + pick(brand) + " " + pick(form)}}
		}
		if i%9 == 0 {
			e.Kind = party.Unknown
		}
		l := lists[i%2]
		l.Entries = append(l.Entries, e)
	}
	return lists
}

var ignore = cmp.Options{cmpopts.IgnoreUnexported(Hit{}), cmpopts.EquateEmpty()}

func queries(lists []*list.List, seed uint64, n int) []Query {
	r := rand.New(rand.NewPCG(seed, 9))
	var out []Query
	for range n {
		l := lists[r.IntN(len(lists))]
		e := &l.Entries[r.IntN(len(l.Entries))]
		q := Query{Name: mangle(r, e.Names[r.IntN(len(e.Names))].Text)}
		switch r.IntN(4) {
		case 0:
			q.Kind = e.Kind
		case 1:
			q.Country = "DE"
		case 2:
			q.Dates = []string{"1961"}
		}
		out = append(out, q)
	}
	return out
}

func TestInventedIndexEqualsItsTwin(t *testing.T) {
	lists := invented(5, 300)
	tw, ix := newTwin(lists), Build(lists)
	for _, q := range queries(lists, 3, 1500) {
		checkTwin(t, tw, ix, q)
		if t.Failed() {
			return
		}
	}
}

func FuzzIndexEqualsItsTwin(f *testing.F) {
	lists := invented(6, 200)
	tw, ix := newTwin(lists), Build(lists)
	for _, s := range []string{"Lantern Optics", "Abdurrahman Quillfether", "ООО Тольмар", "J. Harbourov",
		"Nuraldin bin Salvar", "Tol mar LLC", "\u0430urelis", "", "Ltd", "a b c d", "ааа", "عبد الرحمن"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 300 {
			return
		}
		checkTwin(t, tw, ix, Query{Name: s})
		checkTwin(t, tw, ix, Query{Name: s, Kind: party.Organization})
	})
}

func FuzzPair(f *testing.F) {
	f.Add("Lantern Optics Ltd", "LANTERN OPTICS LIMITED")
	f.Add("\u202eZWJ\u200d", "e\u0301\u0301\u0301\u0301")
	f.Add("박나루", "Pak Na Ru")
	f.Add(strings.Repeat("a b ", 99), "\xff\xfe")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, kind := range []string{"Person", "Company", "Vessel", "LegalEntity"} {
			v := compare.Pair(kind, a, b)
			if !(v >= 0 && v <= 1) {
				t.Fatalf("Pair(%s, %q, %q) = %v", kind, a, b, v)
			}
		}
		if name.Fold(a) != "" {
			if v := compare.Pair("Company", a, a); v < 0.999 {
				t.Fatalf("%q scores %v against itself", a, v)
			}
		}
	})
}

func TestPair(t *testing.T) {
	for _, tt := range []struct {
		kind, a, b string
		match      bool
	}{
		{"Company", "Lantern Optics GmbH", "LANTERN OPTICS", true},
		{"Company", "Lantern Optics GmbH", "Lantern Optiks Ltd.", true},
		{"Company", "Lantern Optics", "Lantern Shipping", false},
		{"Company", "Lantern Optics of Kenya", "Lantern Optics of Peru", false},
		{"Company", "Tolmar Fund II LP", "Tolmar Fund III LP", true},
		{"Company", "ООО «Тольмар»", "Tolmar LLC", true},
		{"Company", "Open Joint Stock Company Norvex", "OAO Norvex", true},
		{"Company", "Good Lantern Company", "Goodlantern Company", true},
		{"Company", "Gаzelle Optics", "Gazelle Optics", true}, // Cyrillic а
		{"Company", "Limited Liability Company", "Lantern LLC", false},
		{"Company", "", "", false},
		{"Company", "The and of", "Lantern", false},
		{"Person", "Quillfeather, Marisol A.", "Marisol Quillfeather", true},
		{"Person", "Marisol A. Quillfeather", "Marisol B. Quillfeather", false},
		{"Person", "Tariq bin Salvar al-Lanterni", "Salvar bin Tariq al-Lanterni", false},
		{"Person", "Abd al-Rahman Velmurin", "Abdurrahman Velmurin", true},
		{"Person", "Ivan Petrovich Harbourov", "Ivan Sergeevich Harbourov", false},
		{"Person", "Ivan Petrovich Harbourov", "Ivan Harbourov", true},
		{"Person", "Bob Quillfeather", "Robert Quillfeather", true},
		{"Person", "Quillfeather", "Marisol Quillfeather", false},
		{"Vessel", "MV Lantern Spirit", "LANTERN SPIRIT", true},
	} {
		if got := compare.Pair(tt.kind, tt.a, tt.b); got >= Threshold != tt.match {
			t.Errorf("Pair(%s, %q, %q) = %.3f, want match %v", tt.kind, tt.a, tt.b, got, tt.match)
		}
	}
}

// What a name costs grows no faster than its length, whatever it is made of: bytes allocated are counted, and what is
// compared, not seconds, which depend on what else the machine does.
func TestBadInputIsBounded(t *testing.T) {
	const (
		bytesEach = 2000    // for each byte of the name, and no more than
		bytesMost = 1 << 20 // beside them
	)
	ix := Build(invented(5, 300))
	for _, unit := range []string{
		"a", "Lantern Optics ", "\u0301", "e\u0301\u0302\u0303", "\u200b\u202e", "金", "ﷺ", "a.", "\xff", "/a", "(b;",
		"(b", "b)", "7 ", "999999, ",
		"a.k.a. b ", "on behalf of Lantern Optics, formerly Quorvane ", "Mill Street 7, ", "branch of ", "", " ", "...",
		"Ltd ", "of the and ",
		"\x00",
	} {
		for _, times := range []int{1, 700, 9000} {
			s := strings.Repeat(unit, times)
			t.Run(fmt.Sprintf("%.12q/%d", unit, times), func(t *testing.T) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				ix.Search(Query{Name: s}, 10, Threshold)
				compare.Pair("Company", s, s+" x")
				compare.Pair("Person", s, "Marisol Quillfeather")
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > uint64(bytesMost+bytesEach*len(s)) {
					t.Errorf("%d bytes are allocated for a name of %d", n, len(s))
				}
				if n := len(name.Variants(s)); n > 64 {
					t.Errorf("%d names are compared", n)
				}
				if n := len(name.Parse(s, name.Org).Tokens); n > name.MaxTokens {
					t.Errorf("%d words are compared", n)
				}
			})
		}
	}
}

func TestScoringDoesNotAllocate(t *testing.T) {
	q, l := name.Parse("Abdul Rahman Quillfether", name.Person), name.Parse("QUILLFEATHER, Abd al-Rahman J.",
		name.Person)
	a, b := name.Parse("Lantern General Trading LLC", name.Org), name.Parse("Lanternn Genral Trading Holding GmbH",
		name.Org)
	var s compare.Scorer
	s.Names(q, l)
	s.Names(a, b)
	if n := testing.AllocsPerRun(200, func() { s.Names(q, l); s.Names(a, b) }); n != 0 {
		t.Errorf("scoring two pairs allocates %v times", n)
	}
	ix := Build(invented(5, 300))
	sr := newSearcher(ix)
	query := Query{Name: "Norvex Brightwater Optics"}
	probe := func() {
		sr.found = sr.found[:0]
		sr.parser.Parse(query.Name, name.Org, &sr.q)
		sr.gathered = false
		sr.probe(0, 0, Threshold)
	}
	probe()
	if n := testing.AllocsPerRun(200, probe); n > 3 { // the texts and skeletons of the query
		t.Errorf("looking for a name allocates %v times", n)
	}
}

func TestResultsDoNotDependOnOrder(t *testing.T) {
	lists := invented(7, 200)
	turned := []*list.List{}
	for _, l := range slices.Backward(lists) {
		c := *l
		c.Entries = slices.Clone(l.Entries)
		slices.Reverse(c.Entries)
		turned = append(turned, &c)
	}
	a, b := Build(lists), Build(turned)
	key := func(ls []*list.List, hits []Hit) map[string]string {
		m := map[string]string{}
		for _, h := range hits {
			m[ls[h.List].ID+"/"+ls[h.List].Entries[h.Entry].ID] = fmt.Sprint(h.Score, h.Grade, h.Name, h.Why)
		}
		return m
	}
	for _, q := range queries(lists, 4, 400) {
		x, y := key(lists, a.Search(q, 0, Threshold)), key(turned, b.Search(q, 0, Threshold))
		if d := cmp.Diff(x, y); d != "" {
			t.Fatalf("query %q: %s", q.Name, d)
		}
		one := key(lists[:1], Build(lists[:1]).Search(q, 0, Threshold))
		for k, v := range one {
			if x[k] != v {
				t.Fatalf("query %q: %s alone gives %s, beside other lists %s", q.Name, k, v, x[k])
			}
		}
		if len(x) > 0 && testing.Short() {
			return
		}
	}
}

func TestIdentifiersDecide(t *testing.T) {
	lei, other := "529900T8BM49AURSDO55", "5493001KJTIIGC8Y1R12"
	lists := []*list.List{{ID: "a", Entries: []list.Entry{{ID: "1", Kind: party.Organization, Names: []list.Name{
		{Text: "Norvex Optics GmbH"}}, Identifiers: []party.Identifier{{Scheme: "LEI", ID: lei}}, Countries: []string{
		"Germany"}}}}}
	ix := Build(lists)
	hits := ix.Search(Query{Name: "Something Else AG", Identifiers: []party.Identifier{
		{Scheme: "xi-lei", ID: strings.ToLower(lei)}}}, 5, Threshold)
	if len(hits) != 1 || hits[0].Score != 1 || hits[0].Grade[0] != 'A' {
		t.Errorf("an equal LEI gives %+v, want a certain hit", hits)
	}
	hits = ix.Search(Query{Name: "Norvex Optics", Identifiers: []party.Identifier{{Scheme: "LEI", ID: other}}}, 5,
		Threshold)
	if len(hits) != 0 {
		t.Errorf("another LEI gives %+v, want none", hits)
	}
	bad := lei[:19] + "6"
	hits = ix.Search(Query{Name: "Something Else AG", Identifiers: []party.Identifier{{Scheme: "LEI", ID: bad}}}, 5,
		Threshold)
	if len(hits) != 0 {
		t.Errorf("an LEI with wrong check digits gives %+v, want none", hits)
	}
	hits = ix.Search(Query{Name: "Norvex Optics", Country: "DE"}, 5, Threshold)
	if len(hits) != 1 || hits[0].Grade != "B8" || !strings.Contains(hits[0].Why, "country agrees") {
		t.Errorf("an equal name and country gives %+v, want grade B8", hits)
	}
	hits = ix.Search(Query{Name: "Norvex Optics", Country: "Kenya"}, 5, Threshold)
	if len(hits) != 1 || hits[0].Grade != "D9" || hits[0].Score >= 0.99 {
		t.Errorf("another country gives %+v, want grade D9 and a lower score", hits)
	}
}

func TestJudgementsAreRespected(t *testing.T) {
	lists := []*list.List{{ID: "a", Entries: []list.Entry{{ID: "1", Names: []list.Name{{Text: "Norvex Optics GmbH"}}},
		{ID: "2", Names: []list.Name{{Text: "Norvex Optiks"}}}, {ID: "3", Names: []list.Name{{Text: "Norvex Optix"}}}}}}
	ix := Build(lists)
	js, err := ReadJudgements(strings.NewReader("name,list,entry,verdict,reason,until\nNORVEX " +
		"OPTICS,a,1,not_same,another town,2027-06-30\nNorvex Optics,,2,same,the register says so,\nNorvex " +
		"Optics,a,3,unsure,waiting for an answer,\n"))
	if err != nil {
		t.Fatal(err)
	}
	search := func(day string) (out []string) {
		d, _ := time.Parse(time.DateOnly, day)
		for _, h := range ix.Search(Query{Name: "Norvex Optics", Judgements: js, AsOf: d}, 0, Threshold) {
			v := Verdict("")
			if h.Judgement != nil {
				v = h.Judgement.Verdict
			}
			out = append(out, fmt.Sprintf("%s %s %v", lists[0].Entries[h.Entry].ID, v, h.Score == 1))
		}
		slices.Sort(out)
		return out
	}
	if d := cmp.Diff([]string{"2 same true", "3 unsure false"}, search("2027-06-30")); d != "" {
		t.Error(d)
	}
	if got := search("2027-07-01"); len(got) != 3 {
		t.Errorf("after the judgement expired: %v, want three hits", got)
	}
	if _, err := ReadJudgements(strings.NewReader("name,entry,verdict,reason\nx,1,perhaps,y\n")); err == nil {
		t.Error("an unknown verdict is taken")
	}
	if _, err := ReadJudgements(strings.NewReader("name,entry,verdict,reason\nx,1,same,\n")); err == nil {
		t.Error("a judgement without a reason is taken")
	}
}

// changed makes the next version of lists: entries go, come, change and move.
func changed(seed uint64, n int) []*list.List {
	r := rand.New(rand.NewPCG(seed, 77))
	next := []*list.List{}
	for li, l := range invented(seed, n) {
		c := *l
		c.Entries = slices.DeleteFunc(l.Entries, func(list.Entry) bool { return r.IntN(20) == 0 })
		for i := range c.Entries {
			switch r.IntN(40) {
			case 0:
				c.Entries[i].Names = append(slices.Clone(c.Entries[i].Names), list.Name{Text: "Norvex Kestrel"})
			case 1:
				c.Entries[i].Status = list.Removed
			case 2:
				c.Entries[i].Countries = []string{"Peru"}
			case 3:
				c.Entries[i].Effect = "assets frozen"
			case 4:
				c.Entries[i].ID = c.Entries[0].ID // a key that stands twice
			}
		}
		extra := invented(seed+100, n/20)[li].Entries
		for i := range extra {
			extra[i].ID = "n" + extra[i].ID
		}
		c.Entries = append(c.Entries, extra...)
		r.Shuffle(len(c.Entries), func(i, j int) { c.Entries[i], c.Entries[j] = c.Entries[j], c.Entries[i] })
		next = append(next, &c)
	}
	return next
}

// said is what a hit says, whatever the place of its entry in the list.
func said(lists []*list.List, hits []Hit) (out []string) {
	for _, h := range hits {
		e := lists[h.List].Entries[h.Entry]
		out = append(out, fmt.Sprint(lists[h.List].ID, e.ID, e.Effect, e.Countries, h.Score, h.Grade, h.Name, h.Matched,
			h.Why, h.Pieces))
	}
	return out
}

func TestWhatNoChangeTouchesStays(t *testing.T) {
	stay, all := 0, 0
	for seed := range uint64(6) {
		old, next := invented(seed, 160), changed(seed, 160)
		c := NewChange(Prints(old), next)
		before, after := Build(old), Build(next)
		for _, limit := range []int{0, 3} {
			for _, q := range queries(old, seed, 150) {
				hits := before.Search(q, limit, Threshold)
				all++
				if c.Touches(q, Threshold) || slices.ContainsFunc(hits, func(h Hit) bool {
					return !c.Same(h.list, h.entry)
				}) {
					continue
				}
				stay++
				if d := cmp.Diff(said(next, after.Search(q, limit, Threshold)), said(old, hits)); d != "" {
					t.Fatalf("seed %d, limit %d, query %q: %s", seed, limit, q.Name, d)
				}
			}
		}
	}
	if stay < all/10 {
		t.Errorf("%d of %d results stay: the change is taken for larger than it is", stay, all)
	}
}

func TestSavedIndexIsTheSame(t *testing.T) {
	lists := invented(5, 300)
	ix := Build(lists)
	var b bytes.Buffer
	if err := ix.Save(&b); err != nil {
		t.Fatal(err)
	}
	saved := b.Bytes()
	back, err := Open(bytes.NewReader(saved), lists)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries(lists, 8, 300) {
		if d := cmp.Diff(ix.Search(q, 5, Threshold), back.Search(q, 5, Threshold), ignore); d != "" {
			t.Fatalf("query %q: %s", q.Name, d)
		}
	}
	if _, err := Open(bytes.NewReader(saved), invented(6, 300)); !errors.Is(err, ErrStale) {
		t.Errorf("open with other lists: %v, want ErrStale", err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	for range 300 { // a damaged file is an error or an index, never a panic
		c := slices.Clone(saved)
		for range 1 + r.IntN(4) {
			c[40+r.IntN(len(c)-40)] ^= byte(1 + r.IntN(255))
		}
		if r.IntN(3) == 0 {
			c = c[:r.IntN(len(c))]
		}
		if x, err := Open(bytes.NewReader(c), lists); err == nil {
			x.Search(Query{Name: "Norvex Optics"}, 3, Threshold)
		}
	}
}

func TestStreamKeepsOrder(t *testing.T) {
	const n = 5000
	i, at := 0, 0
	err := Stream(context.Background(), func() (int, bool, error) { i++; return i - 1, i <= n, nil },
		func(x int) int {
			if x%97 == 0 {
				time.Sleep(time.Millisecond)
			}
			return x * x
		},
		func(x int) error {
			if x != at*at {
				return fmt.Errorf("result %d is %d", at, x)
			}
			at++
			return nil
		})
	if err != nil || at != n {
		t.Fatalf("Stream ends after %d with %v", at, err)
	}
	stop := errors.New("stop")
	i = 0
	err = Stream(context.Background(), func() (int, bool, error) { i++; return i, true, nil }, func(x int) int {
		return x
	},
		func(x int) error {
			if x == 100 {
				return stop
			}
			return nil
		})
	if !errors.Is(err, stop) {
		t.Errorf("an error of the writer gives %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	i = 0
	err = Stream(ctx, func() (int, bool, error) { i++; return i, true, nil }, func(x int) int {
		if x == 500 {
			cancel()
		}
		return x
	}, func(int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled stream gives %v", err)
	}
}

func TestWhyIsASentence(t *testing.T) {
	lists := []*list.List{{ID: "a", Entries: []list.Entry{{ID: "1", Kind: party.Organization, Names: []list.Name{
		{Text: "Norvex Optics Holding GmbH"}, {Text: "Novaya Liniya", Weak: true}}, Countries: []string{"Germany"}}}}}
	ix := Build(lists)
	for _, tt := range []struct{ name, want string }{
		{"Norvex Optics Holding GmbH",
			`"Norvex Optics Holding GmbH" is the listed name "Norvex Optics Holding GmbH"; country agrees; register number and date and address cannot be compared.`},
		{"Nоrvex Optics Holding", `"Nоrvex Optics Holding" mixes letters of two alphabets that look alike.`},
		{"Novaya Liniya", "The list calls this alias weak."},
	} {
		hits := ix.Search(Query{Name: tt.name, Country: "DE"}, 1, Threshold)
		if len(hits) != 1 || !strings.Contains(hits[0].Why, tt.want) {
			t.Errorf("why of %q: %+v, want %s", tt.name, hits, tt.want)
		}
	}
}
