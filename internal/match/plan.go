package match

import (
	"cmp"
	"slices"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// Which listed names a query has to look at: as few as can be without losing a match.

// skip chooses the query words whose names need not be looked at, as a bit set: a match
// must hold enough of the query that one of the other words is in it as well.
//
//   - Persons: with two words or more, one linked word alone scores below the threshold
//     (see person: ×0.7 and less for what is left over), unless an initial stands for the
//     other. So one word can be skipped, and more while the skipped ones together are
//     less than 0.45 of the weight. Names that hold initials are looked at all the same.
//   - Organisations: what is left over may be at most a quarter of the query's weight
//     (orgExtra), so words of less than 0.74 of it can be skipped.
func (s *searcher) skip(q *name.Name) uint32 {
	t := q.Tokens
	total, free := float32(0), float32(0)
	countable := 0
	var order [name.MaxTokens]int
	n := 0
	for i := range t {
		switch {
		case q.Kind == name.Person && len(t[i].Text) == 1 && !t[i].Bent:
			return 0
		case q.Kind == name.Person && !compare.IsWord(&t[i]):
			if t[i].Class != name.Stop && t[i].Class != name.Form {
				free += t[i].Weight // a title may be linked to a word
			}
			continue
		case t[i].Class == name.Stop, t[i].Class == name.Form, t[i].Class == name.Number:
			continue
		}
		total += t[i].Weight
		countable++
		if q.Kind != name.Person && s.formNear(i) {
			free += t[i].Weight
			continue
		}
		order[n] = i
		n++
	}
	slices.SortFunc(order[:n], func(a, b int) int { return cmp.Compare(s.cost[b], s.cost[a]) })
	var set uint32
	if q.Kind == name.Person {
		skipped := float32(0)
		for k, i := range order[:n] {
			if k+1 >= countable {
				break
			}
			if skipped += t[i].Weight; k == 0 || skipped+free < 0.44*total {
				set |= 1 << i
				continue
			}
			break
		}
		if free > 0 && n < 3 {
			return 0
		}
		return set
	}
	skipped := free
	for k, i := range order[:n] {
		if skipped+t[i].Weight >= 0.74*total {
			if s.cost[i] < 2000 || k > 2 {
				break
			}
			continue // a lighter word may still be skipped
		}
		skipped += t[i].Weight
		set |= 1 << i
	}
	return set
}

// formNear reports whether a word of a legal form is near query word i: what is linked to
// one of those is not looked up by name.
func (s *searcher) formNear(i int) bool {
	for _, w := range s.hits[i] {
		if s.ix.light[w].class == name.Form {
			return true
		}
	}
	return false
}
