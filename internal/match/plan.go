package match

import (
	"cmp"
	"slices"

	"plimsoll/internal/name"
)

// Which listed names a query has to look at: as few as can be without losing a match.

// each looks at every name that holds a word near one of the query's, but for the words
// to skip. A signature of each name shows beforehand, for most, that too few of its words
// can be near.
func (s *searcher) each(q *name.Name, skip uint32) {
	s.signatures(q)
	ix := s.ix
	for i := range q.Tokens {
		if c := q.Tokens[i].Class; c == name.Stop || c == name.Form {
			continue
		}
		for _, w := range s.hits[i] {
			from, to := ix.postStart[w], ix.postStart[w+1]
			mid := ix.postMid[w]
			if skip&(1<<i) == 0 {
				for _, id := range ix.post[from:mid] {
					if s.signed(ix.sigs[id]) {
						s.try(id, byWord)
					}
				}
			}
			for _, id := range ix.post[mid:to] {
				s.try(id, byWord)
			}
		}
	}
}

// A signature has a bit for every word of a name, by its first meaning or itself. sig of
// the query's words has the bits of all words near one.
type signature struct {
	mask   [name.MaxTokens]uint64
	weight [name.MaxTokens]float32
	n      int
	least  float32 // what the weights must sum up to
}

func (s *searcher) signatures(q *name.Name) {
	g := &s.sig
	g.n, g.least = 0, 0
	words, free, total := 0, float32(0), float32(0)
	for i := range q.Tokens {
		t := &q.Tokens[i]
		if t.Class == name.Stop || t.Class == name.Form || q.Kind != name.Person && t.Class == name.Number {
			continue
		}
		if q.Kind == name.Person && len(t.Text) == 1 && !t.Bent {
			return // an initial may stand for any word
		}
		m := uint64(0)
		for _, w := range s.hits[i] {
			m |= s.ix.light[w].sig
		}
		weight := float32(1)
		if q.Kind != name.Person {
			weight = t.Weight
			total += weight
			if s.formNear(i) {
				free += weight
			}
		} else if isWord(t) {
			words++
		}
		g.mask[g.n], g.weight[g.n] = m, weight
		g.n++
	}
	if q.Kind != name.Person {
		g.least = 0.739*total - free
	} else if words >= 2 {
		g.least = 2
	}
}

func (s *searcher) signed(sig uint64) bool {
	g := &s.sig
	sum := float32(0)
	for i := range g.n {
		if g.mask[i]&sig != 0 {
			sum += g.weight[i]
		}
	}
	return sum >= g.least
}

// A name in a list of names is read from memory in order; a name looked at costs far more.
// So where two words of the query must be in a match, the names that hold both are found
// first, with a bit for every name.

// worthwhile is how many names are looked at before bits are tried, and lookCost how many
// bits are set in the time of one look.
const (
	worthwhile = 200
	lookCost   = 60
)

// together looks at the names that hold two words of the query, where every match must
// hold two (see skip for the rules), and reports whether it did.
func (s *searcher) together(q *name.Name) bool {
	if q.Kind == name.Person {
		return s.anyTwo(q)
	}
	// Words of more than a quarter of the weight are in every match.
	t := q.Tokens
	total := float32(0)
	for i := range t {
		if c := t[i].Class; c != name.Stop && c != name.Form && c != name.Number {
			total += t[i].Weight
		}
	}
	a, b := -1, -1
	for i := range t {
		if c := t[i].Class; c == name.Stop || c == name.Form || c == name.Number || t[i].Weight <= 0.27*total || s.formNear(i) || s.repeats(i) {
			continue
		}
		switch {
		case a < 0 || s.cost[i] < s.cost[a]:
			a, b = i, a
		case b < 0 || s.cost[i] < s.cost[b]:
			b = i
		}
	}
	if a < 0 || b < 0 || s.cost[a] < worthwhile || s.cost[a]*lookCost < s.cost[a]+s.cost[b]+len(s.bits) {
		return false
	}
	clear(s.bits)
	s.setBits(b, false)
	for _, w := range s.hits[a] {
		for _, id := range s.ix.post[s.ix.postStart[w]:s.ix.postStart[w+1]] {
			if s.bits[id/64]&(1<<(id%64)) != 0 {
				s.try(id, byWord)
			}
		}
	}
	return true
}

// repeats reports whether word i of the query stands twice: one listed word may then be
// near both.
func (s *searcher) repeats(i int) bool {
	for k := range s.q.Tokens {
		if k != i && s.q.Tokens[k].Text == s.q.Tokens[i].Text {
			return true
		}
	}
	return false
}

func (s *searcher) setBits(i int, plain bool) {
	for _, w := range s.hits[i] {
		to := s.ix.postStart[w+1]
		if plain {
			to = s.ix.postMid[w]
		}
		for _, id := range s.ix.post[s.ix.postStart[w]:to] {
			s.bits[id/64] |= 1 << (id % 64)
		}
	}
}

// anyTwo looks at the names of persons that hold any two words of the query, and at those
// that hold an initial and one.
func (s *searcher) anyTwo(q *name.Name) bool {
	t := q.Tokens
	words, all := 0, 0
	for i := range t {
		switch c := t[i].Class; {
		case len(t[i].Text) == 1 && !t[i].Bent:
			return false
		case c == name.Stop || c == name.Form:
			continue
		case isWord(&t[i]):
			words++
		}
		all += s.cost[i]
	}
	if words < 2 {
		return false
	}
	skip, direct := s.skip(q), 0
	for i := range t {
		if skip&(1<<i) == 0 && t[i].Class != name.Stop && t[i].Class != name.Form {
			direct += s.cost[i]
		}
	}
	if direct < worthwhile || direct*lookCost < 2*all+len(s.bits) {
		return false
	}
	clear(s.bits)
	for i := range t {
		if c := t[i].Class; c == name.Stop || c == name.Form {
			continue
		}
		for _, w := range s.hits[i] {
			for _, id := range s.ix.post[s.ix.postStart[w]:s.ix.postMid[w]] {
				if s.bits[id/64]&(1<<(id%64)) != 0 {
					s.try(id, byWord)
				}
			}
		}
		s.setBits(i, true)
	}
	s.each(q, ^uint32(0)) // the names with initials
	return true
}

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
		case q.Kind == name.Person && !isWord(&t[i]):
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
		if s.ix.words[w].Class == name.Form {
			return true
		}
	}
	return false
}
