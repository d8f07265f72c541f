package review

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// Names are evidence, not proof. What speaks for two groups of mentions being one party is
// added up in bits (Fellegi and Sunter 1969): how rare the name is that they share, whether
// their countries and addresses agree, less what it takes to tell one party from a few
// hundred others. Fitted on seeds 1 to 5 of quality/resolution.
const (
	priorBits    = -9.0 // a name that one in 512 bears is no evidence
	countryBits  = 3.0  // both known and the same
	spellingBits = 1.5  // the same country in a spelling that is not known
	addressBits  = 5.0
	registerBits = 9.0  // word for word the same in the company's own tables, and of one of them nothing else is known
	stateBits    = -3.0 // a state in one of the names, and not known that both are there
	sameBits     = 3.0  // from here on two groups are one party
	possibleBits = -3.5 // from here on a person should look
	leastLike    = 0.80 // names that score less are not compared
	exactLike    = 0.969
	rivalsBits   = 4.0  // one name fits several parties that are not one
	mostLike     = 24   // near names looked at for one name
	mostPossible = 6    // lines "possible" for one group
	bucketLimit  = 400  // groups of one name that are compared with each other
	seriesLimit  = 100  // names that differ in their digits alone, from which on they are not looked for among others
	nearLeast    = 0.55 // share of the evidence that is left of names that score leastLike
	nearMost     = 0.95 // and just below exactLike
)

// A possibleJoin says that two parties may be one: too much speaks for it to be silent, too
// little to join them.
type possibleJoin struct {
	a, b int32  // parties of the resolution, a before b
	why  string // a phrase: "only the name agrees, and it is common"
}

// A tie is what speaks for two groups being one.
type tie struct {
	a, b  int32 // mentions, the root of their group at the time
	bits  float64
	score float64
	agree []string
	most  bool // "possible" at most: what would contradict is not known
}

// names joins groups by the likeness of their names and by what else agrees.
func (r *resolver) names() {
	texts, at := r.texts()
	var ties []tie
	for k := range texts {
		ties = append(ties, r.within(at[k], texts[k].bits)...)
	}
	for _, p := range alike(texts) {
		ties = append(ties, r.between(at[p.a], at[p.b], p)...)
	}
	slices.SortStableFunc(ties, func(x, y tie) int {
		return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	rivals := r.rivals(ties)
	var doubt []tie
	for _, e := range ties {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb {
			continue
		}
		if why := r.attr[ra].against(&r.attr[rb]); why != "" {
			if e.score >= exactLike {
				r.keepApart(e, why)
			}
			continue
		}
		if e.bits >= sameBits && !e.most && !rivals[e.a] && !rivals[e.b] {
			r.union(e.a, e.b, ruleName, e.agree)
			r.weigh(e.bits)
			continue
		}
		if rivals[e.a] || rivals[e.b] {
			e.agree = append(e.agree[:len(e.agree):len(e.agree)], "more than one party fits")
		}
		if e.bits >= possibleBits {
			doubt = append(doubt, e)
		}
	}
	r.doubts(doubt)
}

// weigh notes the weight of the join that was made last.
func (r *resolver) weigh(bits float64) {
	if n := len(r.joins); n > 0 {
		r.joins[n-1].weight = bits
	}
}

// A text is one spelling of a name, and how much evidence it is to share it.
type text struct {
	name   string
	self   string // without what stands beside it
	core   string // without legal forms and places
	states []string
	bits   float64
	former bool // holds a former name
	body   bool
}

// texts returns the names of all mentions, one for each key, and the mentions that bear it.
func (r *resolver) texts() ([]text, [][]int32) {
	var texts []text
	var at [][]int32
	number := map[string]int{}
	var parser name.Parser
	var n0 name.Name
	for i, m := range r.m {
		if m.ref.Name == "" || isNone(m.ref.Name) {
			continue
		}
		k := name.Key(m.ref.Name)
		n, ok := number[k]
		if !ok {
			n = len(texts)
			number[k] = n
			parts := name.Parts(m.ref.Name)
			parser.Parse(parts[0].Text, name.Org, &n0)
			t := text{name: m.ref.Name, self: parts[0].Text, bits: n0.Rarity(), core: n0.Core(), states: n0.States(), body: n0.Body}
			for _, p := range parts[1:] {
				t.former = t.former || p.Role == name.Former
			}
			texts = append(texts, t)
			at = append(at, nil)
		}
		at[n] = append(at[n], int32(i))
	}
	return texts, at
}

// A likeness is two texts that are near.
type likeness struct {
	a, b  int
	score float64
	bits  float64
	state string // one of them names this state and the other none
}

// alike finds the texts that are near each other, through the index of the matcher.
func alike(texts []text) []likeness {
	entries := make([]list.Entry, len(texts))
	for i := range texts {
		entries[i] = list.Entry{ID: fmt.Sprintf("%09d", i), Kind: party.Organization, Status: list.Listed, Names: []list.Name{{Text: texts[i].name}}}
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
				for _, h := range ix.Search(match.Query{Name: texts[i].name, Kind: party.Organization}, mostLike, leastLike) {
					if h.Entry != i {
						a, b := min(i, h.Entry), max(i, h.Entry)
						found[i] = append(found[i], likeness{a: a, b: b, score: h.Score})
					}
				}
			}
		})
	}
	wg.Wait()
	best := map[[2]int]float64{}
	for _, list := range found {
		for _, l := range list {
			best[[2]int{l.a, l.b}] = max(best[[2]int{l.a, l.b}], l.score)
		}
	}
	out := make([]likeness, 0, len(best))
	for k, s := range best {
		a, b := &texts[k[0]], &texts[k[1]]
		if a.former && b.former && match.Pair("Company", a.self, b.self) < leastLike && match.Pair("Company", a.name, b.self) < leastLike &&
			match.Pair("Company", a.self, b.name) < leastLike {
			continue // they share a former name only
		}
		if a.core != b.core || !stated(a, b) {
			out = append(out, likeness{a: k[0], b: k[1], score: s, bits: min(a.bits, b.bits) * quality(s)})
		}
	}
	out = append(out, placed(texts)...)
	slices.SortFunc(out, func(x, y likeness) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return out
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
		out[i] = len(plain[i]) != len(texts[i].name) && count[plain[i]] > seriesLimit
	}
	return out
}

// stated reports whether one of two names names a state and the other none.
func stated(a, b *text) bool { return (len(a.states) == 1) != (len(b.states) == 1) }

// placed returns the pairs of names that are the same but for a state in one of them.
func placed(texts []text) []likeness {
	byCore := map[string][]int{}
	for i := range texts {
		if c := texts[i].core; c != "" && len(byCore[c]) < bucketLimit {
			byCore[c] = append(byCore[c], i)
		}
	}
	var out []likeness
	for _, at := range byCore {
		for x := range at {
			for y := x + 1; y < len(at); y++ {
				a, b := &texts[at[x]], &texts[at[y]]
				if stated(a, b) && len(a.states)+len(b.states) == 1 {
					state := append(a.states[:len(a.states):len(a.states)], b.states...)[0]
					out = append(out, likeness{a: at[x], b: at[y], score: exactLike, bits: min(a.bits, b.bits), state: state})
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

// within returns the ties between the groups that bear one name.
func (r *resolver) within(ms []int32, bits float64) []tie {
	var out []tie
	groups := r.groups(ms)
	for x := range groups {
		for y := x + 1; y < len(groups); y++ {
			out = append(out, r.tie(groups[x], groups[y], 1, bits))
		}
	}
	return out
}

// between returns the ties between the groups of two names.
func (r *resolver) between(a, b []int32, l likeness) []tie {
	var out []tie
	ga, gb := r.groups(a), r.groups(b)
	for _, x := range ga {
		for _, y := range gb {
			if r.find(x) == r.find(y) || len(out) >= bucketLimit {
				continue
			}
			t := r.tie(x, y, l.score, l.bits)
			if l.state != "" && !r.inState(&t, l.state) {
				continue
			}
			out = append(out, t)
		}
	}
	return out
}

// inState weighs that one of two names names a state. It reports false when one of the
// groups is known to be elsewhere.
func (r *resolver) inState(t *tie, state string) bool {
	a, b := r.attr[r.find(t.a)].countries, r.attr[r.find(t.b)].countries
	if len(a) > 0 && !a[state] || len(b) > 0 && !b[state] {
		return false
	}
	if len(a) == 0 && len(b) == 0 {
		t.agree = append(t.agree, "state in one name only")
		t.bits += stateBits
	}
	return true
}

// groups returns one mention of each group, the first.
func (r *resolver) groups(ms []int32) []int32 {
	var out []int32
	seen := map[int32]bool{}
	for _, i := range ms {
		if root := r.find(i); !seen[root] && len(out) < bucketLimit {
			seen[root] = true
			out = append(out, i)
		}
	}
	return out
}

// tie adds up what speaks for the groups of two mentions.
func (r *resolver) tie(i, j int32, score, bits float64) tie {
	i, j = min(i, j), max(i, j)
	a, b := &r.attr[r.find(i)], &r.attr[r.find(j)]
	x, y := r.m[i].ref, r.m[j].ref
	e := tie{a: i, b: j, score: score, bits: priorBits + bits}
	switch {
	case spelling(x.Name) == spelling(y.Name):
		e.agree = append(e.agree, "spelling")
	case score >= exactLike:
		e.agree = append(e.agree, "name")
	default:
		e.agree = append(e.agree, fmt.Sprintf("name nearly (%.2f)", score))
	}
	switch {
	case overlap(a.countries, b.countries):
		e.agree = append(e.agree, "country")
		e.bits += countryBits
	case overlap(a.places, b.places):
		e.agree = append(e.agree, "country as written")
		e.bits += spellingBits
	case len(a.places) > 0 && len(b.places) > 0:
		e.most = true
	}
	if overlap(a.addresses, b.addresses) {
		e.agree = append(e.agree, "address")
		e.bits += addressBits
	}
	if x.Scope == ownRegister && y.Scope == ownRegister && spelling(x.Name) == spelling(y.Name) && (r.isBare(i) || r.isBare(j)) {
		e.agree = append(e.agree, "register")
		e.bits += registerBits
	}
	e.bits = math.Round(e.bits*10) / 10
	return e
}

// rivals returns the mentions whose group fits several groups about equally well that
// contradict each other: the records do not say which of them it is.
func (r *resolver) rivals(ties []tie) map[int32]bool {
	type fit struct {
		other int32
		bits  float64
	}
	fits := map[int32][]fit{}
	for _, e := range ties { // the best first
		if e.bits >= possibleBits && r.attr[r.find(e.a)].against(&r.attr[r.find(e.b)]) == "" {
			fits[e.a] = append(fits[e.a], fit{e.b, e.bits})
			fits[e.b] = append(fits[e.b], fit{e.a, e.bits})
		}
	}
	out := map[int32]bool{}
	for m, f := range fits {
		n := 0
		for n < len(f) && n < mostLike && f[n].bits >= f[0].bits-rivalsBits {
			n++
		}
		for x := range f[:n] {
			for y := x + 1; y < n && !out[m]; y++ {
				out[m] = r.attr[r.find(f[x].other)].against(&r.attr[r.find(f[y].other)]) != ""
			}
		}
	}
	return out
}

// keepApart leaves a line for a pair of one name that is two parties.
func (r *resolver) keepApart(e tie, why string) {
	if r.told[e.b] { // one line says it; a common name would have thousands
		return
	}
	r.told[e.b] = true
	r.apart = append(r.apart, join{left: int(e.b), right: int(e.a), rule: ruleName, agree: []string{why}, decision: decisionApart, weight: e.bits})
}

// doubts leaves lines for the pairs that may be one, the best of each pair of groups.
func (r *resolver) doubts(ties []tie) {
	seen := map[[2]int32]bool{}
	lines := map[int32]int{}
	for _, e := range ties {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb || seen[pairOf(ra, rb)] || r.forbidden(ra, rb) || r.attr[ra].against(&r.attr[rb]) != "" {
			continue
		}
		if lines[ra] >= mostPossible || lines[rb] >= mostPossible {
			continue
		}
		seen[pairOf(ra, rb)] = true
		lines[ra]++
		lines[rb]++
		r.doubt = append(r.doubt, join{left: int(e.b), right: int(e.a), rule: rulePossible, agree: e.agree, decision: decisionPossible, weight: e.bits})
	}
}

// why says in a phrase what a possible join rests on.
func (j *join) why() string {
	what := "the " + strings.Join(j.agree, ", the ") + " agree"
	if len(j.agree) == 1 {
		what = "only the " + j.agree[0] + " agrees"
	}
	what = strings.ReplaceAll(what, "the more than one party fits agree", "more than one party fits")
	if j.weight < 0 {
		return what + ", and such names are common"
	}
	return what + ", and nothing contradicts it"
}
