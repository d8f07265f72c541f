package match

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/name"
	"plimsoll/internal/record/recordtest"
)

// real loads OFAC, UN and CSL from beside the checkout, once.
func real(t testing.TB) []*list.List {
	paths := []string{recordtest.Shared(t, "data/sanctions/ofac_sdn_2021"), recordtest.Shared(t, "data/sanctions/un"),
		recordtest.Shared(t, "data/sanctions/us_csl/consolidated.csv.gz")}
	lists, err := realLists(paths)
	if err != nil {
		t.Fatal(err)
	}
	return lists
}

var (
	realMu    sync.Mutex
	realCache []*list.List
)

func realLists(paths []string) ([]*list.List, error) {
	realMu.Lock()
	defer realMu.Unlock()
	if realCache != nil {
		return realCache, nil
	}
	lists, err := load.Load(context.Background(), paths)
	realCache = lists
	return lists, err
}

// A twin is the index without an index: it scores every name.
type twin struct {
	lists []*list.List
	names []twinName
}

type twinName struct {
	listedName
	parsed name.Name
}

func newTwin(lists []*list.List) *twin {
	tw := &twin{lists: lists}
	for li, l := range lists {
		for ei := range l.Entries {
			if l.Entries[ei].Status == list.Removed {
				continue
			}
			var p parsed
			var parser name.Parser
			var n name.Name
			p.entry(lists, entryAt{int32(li), int32(ei)}, &parser, &n)
			w, first := 0, len(tw.names)
			for _, x := range p.names {
				tn := twinName{listedName: x}
				tn.parsed.Tokens = p.words[w : w+int(x.refs)]
				w += int(x.refs)
				tn.parsed.Kind, tn.parsed.Legal, tn.parsed.Bag, tn.parsed.Han = x.kind, x.legal, x.bag, x.han
				end := len(p.runs)
				if k := len(tw.names) - first + 1; k < len(p.names) {
					end = int(p.names[k].run)
				}
				tn.parsed.Run = string(p.runs[x.run:end])
				tn.parsed.Body = x.flag&flagBody != 0
				tn.parsed.Lone = x.flag&flagLone != 0
				tn.parsed.Letters = strings.TrimRight(string(x.letters[:]), "\x00")
				if x.kind != name.Person {
					tn.parsed.Abbreviate()
				}
				tw.names = append(tw.names, tn)
			}
		}
	}
	return tw
}

// search returns the score of every name that reaches the threshold.
func (tw *twin) search(q Query, floor float32) map[string]float32 {
	out := map[string]float32{}
	var s compare.Scorer
	var p name.Parser
	var a name.Name
	kinds := []name.Kind{name.Person, name.Org, name.Vessel}
	if k := compare.NameKind(q.Kind); k != name.Unknown {
		kinds = []name.Kind{k}
	}
	han := uint64(0)
	for vi, v := range name.Variants(q.Name) {
		business := false
		for _, kind := range kinds {
			p.Parse(v, kind, &a)
			if vi == 0 {
				han = a.Han
			}
			compare.KeepHan(&a, han)
			if kind == name.Person {
				business = len(kinds) > 1 && a.Business()
			}
			if len(a.Tokens) == 0 || business && kind != name.Org {
				continue
			}
			for i := range tw.names {
				n := &tw.names[i]
				if n.kind != kind {
					continue
				}
				score := s.Names(&a, &n.parsed)
				if len(kinds) > 1 && a.General && score < sureOfKind {
					score *= guessedFactor
				}
				score = heardOnly(score, &a, &n.parsed, len(kinds) > 1)
				if vi > 0 || n.flag&flagVariant != 0 {
					score *= compare.VariantFactor
				}
				if n.flag&flagWeak != 0 {
					score *= weakFactor
				}
				if score >= floor {
					k := fmt.Sprintf("%d/%d/%d/%d", n.list, n.entry, n.name, i)
					out[k] = max(out[k], score)
				}
			}
		}
	}
	return out
}

// scores is the same from the index.
func scores(ix *Index, q Query, floor float32) map[string]float32 {
	s := newSearcher(ix)
	s.text(&q, q.Name, 0, floor)
	out := map[string]float32{}
	for _, f := range s.found {
		n := ix.names[f.name]
		k := fmt.Sprintf("%d/%d/%d/%d", n.list, n.entry, n.name, f.name)
		out[k] = max(out[k], f.score)
	}
	return out
}

// mangle changes a name as people do.
func mangle(r *rand.Rand, s string) string {
	b := []rune(s)
	for range r.IntN(4) {
		if len(b) < 3 {
			break
		}
		i := r.IntN(len(b) - 1)
		switch r.IntN(7) {
		case 0:
			b[i] = rune('a' + r.IntN(26))
		case 1:
			b = append(b[:i], b[i+1:]...)
		case 2:
			b = append(b[:i], append([]rune{rune('a' + r.IntN(26))}, b[i:]...)...)
		case 3:
			b[i], b[i+1] = b[i+1], b[i]
		case 4:
			b = append(b[:i], append([]rune{' '}, b[i:]...)...)
		case 5:
			for k, c := range b {
				if c == ' ' {
					b = append(b[:k], b[k+1:]...)
					break
				}
			}
		case 6:
			b = append(b, []rune(" "+[]string{"LLC", "Holding", "bin Ali", "Jr", "X", "Trading", "Iran", "II",
				"Mohammed"}[r.IntN(9)])...)
		}
	}
	return string(b)
}

func checkTwin(t *testing.T, tw *twin, ix *Index, q Query) {
	t.Helper()
	want, got := tw.search(q, Threshold), scores(ix, q, Threshold)
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			var l, e, n, id int
			fmt.Sscanf(k, "%d/%d/%d/%d", &l, &e, &n, &id)
			t.Errorf("query %q (%s): name %q scores %v in the twin, %v in the index", q.Name, q.Kind,
				tw.lists[l].Entries[e].Names[n].Text, v, g)
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("query %q (%s): name %s scores %v in the index, not in the twin", q.Name, q.Kind, k, v)
		}
	}
}

func TestIndexEqualsItsTwin(t *testing.T) {
	lists := real(t)
	// A tenth of the entries, so that the twin can keep up.
	var cut []*list.List
	for _, l := range lists {
		c := *l
		c.Entries = nil
		for i := range l.Entries {
			if i%10 == 3 {
				c.Entries = append(c.Entries, l.Entries[i])
			}
		}
		cut = append(cut, &c)
	}
	tw, ix := newTwin(cut), Build(cut)
	if len(tw.names) != len(ix.names) {
		t.Fatalf("the twin has %d names, the index %d", len(tw.names), len(ix.names))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		l := cut[r.IntN(len(cut))]
		e := l.Entries[r.IntN(len(l.Entries))]
		q := Query{Name: mangle(r, e.Names[r.IntN(len(e.Names))].Text)}
		if r.IntN(2) == 0 {
			q.Kind = e.Kind
		}
		checkTwin(t, tw, ix, q)
		if t.Failed() {
			return
		}
	}
}

// TestCardIsALine checks that a card fills one line of the processor's cache: one of 60 bytes
// lies across two of them, which made a search in a million entries a third slower.
func TestCardIsALine(t *testing.T) {
	if n := unsafe.Sizeof(card{}); n != 64 {
		t.Errorf("a card takes %d bytes", n)
	}
}
