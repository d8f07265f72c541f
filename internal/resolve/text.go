package resolve

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A text is one spelling of a name, and how much evidence it is to share it.
type text struct {
	name   string
	self   string // without what stands beside it
	core   string // without legal forms and places
	states []string
	bits   float64
	former bool // holds a former name
	body   bool
	usual  bool // made of words that many firms share
	legal  name.Legal
	forms  []uint16
	abroad []string // states that know the legal form, nil when it says nothing
	words  int
}

// many reports whether a name is one of a kind that many parties bear whatever the records
// know: a body with a number (each state numbers its units), a firm of general words alone.
func (t *text) many() bool {
	return strings.ContainsFunc(t.core, unicode.IsDigit) || len(t.forms) > 0 && t.bits < generalName
}

func textOf(s string) text {
	var n name.Name
	var p name.Parser
	return parseText(s, &p, &n)
}

func parseText(s string, p *name.Parser, n *name.Name) text {
	parts := name.Parts(s)
	p.Parse(parts[0].Text, name.Org, n)
	t := text{name: s, self: parts[0].Text, bits: min(n.Rarity(), mostName), core: n.Core(), states: n.States(),
		body: n.Body, usual: n.Usual(), legal: n.FormClasses(), forms: n.Forms,
		abroad: n.FormStates()}
	t.words = strings.Count(t.core, " ") + 1
	for _, part := range parts[1:] {
		t.former = t.former || part.Role == name.Former
		if part.Role == name.Branch { // "Quorvane Optics (Turkey)": the state says where the party is
			t.states = append(t.states, name.StatesIn(part.Text)...)
		}
	}
	return t
}

// texts returns the names of all mentions, one for each key, and the mentions that bear it.
func (r *resolver) texts() (texts []text, at [][]int32, of []int32) {
	number := map[string]int32{}
	spelt := map[string]int32{}
	of = make([]int32, len(r.m))
	var parser name.Parser
	var parsed name.Name
	for i, m := range r.m {
		of[i] = -1
		s := m.Ref.Name
		if s == "" {
			continue
		}
		n, ok := spelt[s]
		if !ok {
			if None(s) {
				continue
			}
			k := keyOf(s)
			if n, ok = number[k]; !ok {
				n = int32(len(texts))
				number[k] = n
				texts = append(texts, parseText(s, &parser, &parsed))
				at = append(at, nil)
			}
			spelt[s] = n
		}
		of[i] = n
		at[n] = append(at[n], int32(i))
	}
	return texts, at, of
}

// keyOf is what spellings of one name share: unlike [name.Key] it holds the legal form.
func keyOf(s string) string {
	n := name.Parse(s, name.Org)
	var b strings.Builder
	for i := range n.Tokens {
		switch t := &n.Tokens[i]; t.Class {
		case name.Form, name.Stop:
		default:
			b.WriteString(t.Text)
			b.WriteByte(' ')
		}
	}
	if b.Len() == 0 {
		return name.Fold(s)
	}
	fmt.Fprint(&b, n.Forms)
	return b.String()
}

// A likeness is two texts that are near.
type likeness struct {
	a, b  int32
	score float64
	bits  float64
	state string // one of them names this state and the other none
	slips int    // of names in Latin letters that differ in one word: how many letters of it do, two for more than one
}

// alike finds the texts that are near each other, through the index of the matcher.
func alike(texts []text) []likeness {
	entries := make([]list.Entry, len(texts))
	for i := range texts {
		entries[i] = list.Entry{ID: fmt.Sprintf("%09d", i), Kind: party.Organization, Status: list.Listed,
			Names: []list.Name{{Text: texts[i].name}}}
	}
	ix := match.Build([]*list.List{{ID: "mentions", Entries: entries}})
	series := numbered(texts)
	found := make([][]likeness, len(texts))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(texts) {
					return
				}
				if series[i] {
					continue
				}
				q := match.Query{Name: texts[i].name, Kind: party.Organization, Terse: true}
				for _, h := range ix.Search(q, mostLike, leastLike) {
					if h.Entry != i {
						found[i] = append(found[i], likeness{a: int32(min(i, h.Entry)), b: int32(max(i, h.Entry)),
							score: h.Score})
					}
				}
			}
		})
	}
	wg.Wait()
	all := slices.Concat(found...)
	all = append(all, sameCore(texts)...)
	slices.SortFunc(all, func(x, y likeness) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b), cmp.Compare(y.score, x.score))
	})
	all = slices.CompactFunc(all, func(x, y likeness) bool { return x.a == y.a && x.b == y.b })
	out := all[:0]
	for _, l := range all {
		a, b := &texts[l.a], &texts[l.b]
		if a.former && b.former && compare.Pair("Company", a.self, b.self) < leastLike && compare.Pair("Company",
			a.name, b.self) < leastLike &&
			compare.Pair("Company", a.self, b.name) < leastLike {
			continue // they share a former name only
		}
		if a.core == b.core {
			l.score = max(l.score, exactLike)
		}
		l.bits = min(a.bits, b.bits) * quality(l.score)
		if l.score < exactLike {
			l.slips = slips(a, b)
		}
		if len(a.states)+len(b.states) == 1 {
			l.state = slices.Concat(a.states, b.states)[0]
		}
		out = append(out, l)
	}
	return out
}

// slips counts the letters in which one word of a name differs from one of another, up to two; 0 where more or fewer
// words differ, or other than Latin letters are written: then the names differ by more than the slips of a hand.
func slips(a, b *text) int {
	if !latin(a.name) || !latin(b.name) {
		return 0
	}
	x, y := strings.Fields(a.core), strings.Fields(b.core)
	x, y = without(x, y), without(y, x)
	if len(x) != 1 || len(y) != 1 {
		return 0
	}
	return compare.Slips(x[0], y[0])
}

// wider reports whether one of two names is the other with a word more: firms of one group are named so (Quorvane Optics, Quorvane Optics Service), and lie at one address.
func (t *text) wider(o *text) bool {
	x, y := strings.Fields(t.core), strings.Fields(o.core)
	return len(x) != len(y) && (len(without(x, y)) == 0 || len(without(y, x)) == 0)
}

func without(x, y []string) []string {
	return slices.DeleteFunc(slices.Clone(x), func(w string) bool { return slices.Contains(y, w) })
}

func latin(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return unicode.IsLetter(c) && !unicode.Is(unicode.Latin, c) }) < 0
}

// numbered marks the names of long series that differ in their digits alone ("Store 1" to
// "Store 5000"): another number is another body, and each would be near all others.
func numbered(texts []text) []bool {
	plain := make([]string, len(texts))
	count := map[string]int{}
	for i := range texts {
		plain[i] = strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, texts[i].name)
		if len(plain[i]) != len(texts[i].name) {
			count[plain[i]]++
		}
	}
	out := make([]bool, len(texts))
	for i := range texts {
		out[i] = len(plain[i]) != len(texts[i].name) && count[plain[i]] > seriesNames
	}
	return out
}

// sameCore returns the pairs of names that are the same but for places and legal forms.
func sameCore(texts []text) []likeness {
	byCore := map[string][]int32{}
	for i := range texts {
		if c := texts[i].core; c != "" && len(byCore[c]) < mostGroups {
			byCore[c] = append(byCore[c], int32(i))
		}
	}
	var out []likeness
	for _, at := range byCore {
		for x := range at {
			for _, y := range at[x+1:] {
				if a, b := &texts[at[x]], &texts[y]; len(a.states)+len(b.states) < 2 || overlap(a.states, b.states) {
					out = append(out, likeness{a: at[x], b: y, score: exactLike})
				}
			}
		}
	}
	return out
}

// quality is the share of a name's evidence that is left when the names are only near.
func quality(score float64) float64 {
	if score >= exactLike {
		return 1
	}
	return nearLeast + (nearMost-nearLeast)*(score-leastLike)/(exactLike-leastLike)
}
