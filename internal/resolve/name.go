package resolve

import (
	"cmp"
	"slices"
)

// names joins groups by the likeness of their names and by what else agrees.
func (r *resolver) names() {
	texts, at, of := r.texts()
	r.places(texts, of)
	known := r.namesakes(texts, of)
	var ties []tie
	for k := range texts {
		ties = append(ties, r.within(at[k], &texts[k], known)...)
	}
	for _, l := range alike(texts) {
		ties = append(ties, r.between(at[l.a], at[l.b], &texts[l.a], &texts[l.b], &l, known)...)
	}
	slices.SortFunc(ties, func(x, y tie) int {
		return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	rivals := r.rivals(ties)
	var doubt []tie
	for _, e := range ties {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb {
			continue
		}
		if why := r.groups[ra].against(&r.groups[rb]); why != "" {
			if e.score >= exactLike {
				r.keepApart(&e, why)
			}
			continue
		}
		if rivals[e.a] || rivals[e.b] {
			e.flags |= flagRivals
		}
		if e.bits >= sameBits && e.flags&(flagMost|flagRivals) == 0 {
			r.union(e.link(ByName, Same))
			continue
		}
		if e.bits >= possibleBits && e.flags&flagRivals == 0 || e.bits >= rivalsBits {
			doubt = append(doubt, e)
		}
	}
	r.doubts(doubt)
}

// places takes the state that the name of a public body holds for its country, where nothing
// else is known of it.
func (r *resolver) places(texts []text, of []int32) {
	for i := range r.m {
		g := r.group(int32(i))
		if of[i] < 0 || len(g.countries)+len(g.places) > 0 {
			continue
		}
		if t := &texts[of[i]]; t.body && len(t.states) == 1 {
			g.countries = t.states
		}
	}
}

// within returns the ties between the groups that bear one name.
func (r *resolver) within(ms []int32, t *text, known map[string]*namesakes) []tie {
	var out []tie
	groups := r.distinct(ms)
	l := likeness{score: 1, bits: t.bits}
	for x := range groups {
		to := len(groups)
		if len(groups) > mostGroups && to > x+1+nextGroups {
			r.left += to - (x + 1 + nextGroups)
			to = x + 1 + nextGroups
		}
		for _, y := range groups[x+1 : to] {
			out = append(out, r.weigh(groups[x], y, t, t, &l, known))
		}
	}
	return out
}

// between returns the ties between the groups of two names.
func (r *resolver) between(a, b []int32, ta, tb *text, l *likeness, known map[string]*namesakes) []tie {
	var out []tie
	ga, gb := r.distinct(a), r.distinct(b)
	for i, x := range ga {
		for k, y := range gb {
			if r.find(x) == r.find(y) {
				continue
			}
			if len(ga)*len(gb) > mostGroups*mostGroups/2 && k-i*len(gb)/len(ga) > nextGroups {
				r.left += len(gb) - k
				break
			}
			if l.state != "" && r.elsewhere(x, y, l.state) {
				continue
			}
			out = append(out, r.weigh(x, y, ta, tb, l, known))
		}
	}
	return out
}

// elsewhere reports whether one of two groups is known to be in another state than the one
// that a name holds.
func (r *resolver) elsewhere(x, y int32, state string) bool {
	for _, g := range []*group{r.group(x), r.group(y)} {
		if len(g.countries) > 0 && !slices.Contains(g.countries, state) {
			return true
		}
	}
	return false
}

// distinct returns one mention of each group, the first.
func (r *resolver) distinct(ms []int32) []int32 {
	if len(ms) == 1 {
		return ms
	}
	out := make([]int32, 0, len(ms))
	seen := make(map[int32]bool, len(ms))
	for _, i := range ms {
		if root := r.find(i); !seen[root] {
			seen[root] = true
			out = append(out, i)
		}
	}
	return out
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
		if e.bits >= possibleBits && r.group(e.a).against(r.group(e.b)) == "" {
			fits[e.a] = append(fits[e.a], fit{e.b, e.bits})
			fits[e.b] = append(fits[e.b], fit{e.a, e.bits})
		}
	}
	out := map[int32]bool{}
	for m, f := range fits {
		n := 0
		for n < len(f) && n < mostLike && f[n].bits >= f[0].bits-nearRival {
			n++
		}
		for x := range f[:n] {
			for y := x + 1; y < n && !out[m]; y++ {
				out[m] = r.group(f[x].other).against(r.group(f[y].other)) != ""
			}
		}
	}
	return out
}

// keepApart leaves a line for a pair of one name that is two parties.
func (r *resolver) keepApart(e *tie, why string) {
	if r.told[e.b] { // one line says it; a common name would have thousands
		return
	}
	r.told[e.b] = true
	l := e.link(ByName, Apart)
	l.Agree = []string{why}
	r.apart = append(r.apart, l)
}

// doubts leaves lines for the pairs that may be one, the best of each pair of groups.
func (r *resolver) doubts(ties []tie) {
	seen := map[[2]int32]bool{}
	lines := map[int32]int{}
	for _, e := range ties {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb || seen[pairOf(ra, rb)] || r.forbidden(ra, rb) || r.groups[ra].against(&r.groups[rb]) != "" {
			continue
		}
		if lines[ra] >= mostPossible || lines[rb] >= mostPossible {
			r.left++
			continue
		}
		seen[pairOf(ra, rb)] = true
		lines[ra]++
		lines[rb]++
		r.doubt = append(r.doubt, e.link(ByDoubt, Possible))
	}
}
