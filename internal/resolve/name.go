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
	heads := make([][]int32, len(texts))
	for k := range texts {
		var same []tie
		heads[k], same = r.heads(at[k], &texts[k], known)
		ties = r.within(append(ties, same...), heads[k], &texts[k], known)
	}
	for _, l := range alike(texts) {
		ties = r.between(ties, heads[l.a], heads[l.b], &texts[l.a], &texts[l.b], &l, known)
	}
	order := make([]*tie, len(ties)) // a tie is too large to be moved about
	for k := range ties {
		order[k] = &ties[k]
	}
	slices.SortFunc(order, func(x, y *tie) int {
		return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	rivals := r.rivals(order)
	var doubt, weak []*tie
	for _, e := range order {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb {
			continue
		}
		if r.groups[ra].contradicts(&r.groups[rb]) {
			if e.score >= exactLike && !r.told[e.b] {
				r.keepApart(e, r.groups[ra].against(&r.groups[rb]))
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
		} else if e.flags&flagSpelling != 0 && e.bits >= fewBits && r.groups[ra].bare() != r.groups[rb].bare() {
			weak = append(weak, e)
		}
	}
	r.doubts(append(doubt, r.few(weak)...))
}

// few returns the ties of a name with nothing beside it to the parties that bear it word for word, where they are few:
// each of them may be meant, and a person can look at so many. What is usual among many is no question.
func (r *resolver) few(weak []*tie) []*tie {
	bare := func(e *tie) (bare, other int32) {
		a, b := r.find(e.a), r.find(e.b)
		if r.groups[a].bare() {
			return a, b
		}
		return b, a
	}
	fits := map[int32][]int32{}
	for _, e := range weak {
		if a, b := bare(e); a != b && r.groups[a].bare() && !slices.Contains(fits[a], b) {
			fits[a] = append(fits[a], b)
		}
	}
	return slices.DeleteFunc(weak, func(e *tie) bool {
		a, _ := bare(e)
		if n := len(fits[a]); n == 0 || n > fewFit {
			return true
		} else if n > 1 {
			e.flags |= flagRivals
		}
		return false
	})
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

// heads returns one mention of each group that bears a name. Of many groups of which the same
// is known only the first stands for all; the ties that hold each to the next come with them.
func (r *resolver) heads(ms []int32, t *text, known map[string]*namesakes) (heads []int32, ties []tie) {
	groups := r.distinct(ms)
	if len(groups) <= fewGroups {
		return groups, nil
	}
	l := likeness{score: 1, bits: t.bits}
	last := map[string][]int32{}
	for _, i := range groups {
		k := r.group(i).profile()
		before := last[k]
		if len(before) == 0 {
			if len(heads) == mostGroups {
				r.left++
				continue
			}
			heads = append(heads, i)
		}
		for _, j := range before {
			ties = append(ties, r.weigh(j, i, t, t, &l, known))
		}
		if last[k] = append(before, i); len(last[k]) > nextGroups {
			last[k] = last[k][1:]
		}
	}
	r.left += len(groups) - len(heads)
	return heads, ties
}

// within appends the ties between the groups that bear one name.
func (r *resolver) within(out []tie, heads []int32, t *text, known map[string]*namesakes) []tie {
	l := likeness{score: 1, bits: t.bits}
	for x := range heads {
		for _, y := range heads[x+1:] {
			out = append(out, r.weigh(heads[x], y, t, t, &l, known))
		}
	}
	return out
}

// between appends the ties between the groups of two names that can decide something. Where both have many, those that
// contradict each other are left out.
func (r *resolver) between(out []tie, ga, gb []int32, ta, tb *text, l *likeness, known map[string]*namesakes) []tie {
	many := len(ga)*len(gb) > fewGroups*fewGroups
	for _, x := range ga {
		for _, y := range gb {
			switch {
			case r.find(x) == r.find(y), l.state != "" && r.elsewhere(x, y, l.state), many &&
				r.group(x).contradicts(r.group(y)):
			default:
				e := r.weigh(x, y, ta, tb, l, known)
				if e.bits >= possibleBits || !many && e.score >= exactLike {
					out = append(out, e)
				}
			}
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
func (r *resolver) rivals(ties []*tie) map[int32]bool {
	type fit struct {
		other int32
		bits  float64
	}
	fits := map[int32][]fit{}
	for _, e := range ties { // the best first
		if e.bits >= possibleBits && !r.group(e.a).contradicts(r.group(e.b)) {
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
				out[m] = r.group(f[x].other).contradicts(r.group(f[y].other))
			}
		}
	}
	return out
}

// keepApart leaves a line for a pair of one name that is two parties.
func (r *resolver) keepApart(e *tie, why string) {
	r.told[e.b] = true // one line says it; a common name would have thousands
	l := e.link(ByName, Apart)
	l.Agree = []string{why}
	r.apart = append(r.apart, l)
}

// doubts leaves lines for the pairs that may be one, the best of each pair of groups.
func (r *resolver) doubts(ties []*tie) {
	seen := map[[2]int32]bool{}
	for _, l := range r.doubt { // by numbers and rows
		seen[pairOf(r.find(int32(l.Left)), r.find(int32(l.Right)))] = true
	}
	lines := map[int32]int{}
	for _, e := range ties {
		ra, rb := r.find(e.a), r.find(e.b)
		if ra == rb || seen[pairOf(ra, rb)] || r.forbidden(ra, rb) || r.groups[ra].contradicts(&r.groups[rb]) {
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
