package match

import (
	"strings"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// Which words of the index are near those of the query.

// neighbours finds the words of the index that are near each word of the query.
func (s *searcher) neighbours() {
	if s.base > 1<<31 {
		clear(s.slot)
		s.base = 1
	}
	s.base += uint32(len(s.near))
	s.near, s.nearWords = s.near[:0], s.nearWords[:0]
	for i := range s.q.Tokens {
		t := &s.q.Tokens[i]
		s.hits[i], s.cost[i] = s.hits[i][:0], 0
		if t.Class == name.Stop {
			continue
		}
		if k := s.same(i); k < i {
			for _, w := range s.hits[k] {
				s.link(i, w, s.near[s.slot[w]-s.base].sim[k])
			}
			continue
		}
		key := keyOf(t, s.q.Kind)
		if list, ok := s.cache[key]; ok {
			for _, n := range list {
				s.touched += uint32(s.ix.cards[n.word].text) + s.slot[n.word]
			}
			for _, n := range list {
				s.link(i, n.word, n.sim)
			}
			continue
		}
		if s.asking++; s.asking == 0 {
			clear(s.asked[:])
			s.asking = 1
		}
		s.compare(i, t)
		s.keep(key, i)
	}
}

// compare finds the words of the index that are near word i of the query. It goes step by
// step, each for all candidates: what is read far apart in memory is then waited for together.
func (s *searcher) compare(i int, t *name.Token) {
	ix := s.ix
	keys := s.keys[:0]
	add := func(h uint64) { keys = append(keys, h) }
	wordKeys(t, s.q.Kind, true, add)
	bySound := len(keys)
	speltKeys(t, s.q.Kind, add)
	s.keys = keys
	s.rivals = s.rivals[:0]
	s.buckets = ix.keys.buckets(keys[:bySound], s.buckets)
	touch(ix.keys.items, s.buckets, &s.touched)
	for _, b := range s.buckets {
		for _, x := range ix.keys.items[b.from:b.to] {
			if x.check == uint32(b.hash) && s.fresh(x.value) {
				s.rivals = append(s.rivals, x.value)
			}
		}
	}
	heard := len(s.rivals) // these need not be spelt alike
	s.buckets = ix.spelt.buckets(keys[bySound:], s.buckets)
	touch(ix.spelt.items, s.buckets, &s.touched)
	letters, k := lettersOf(t.Text), compare.Reach(len(t.Text))
	if asIs(t) {
		k = 0
	}
	for _, b := range s.buckets {
		for _, x := range ix.spelt.items[b.from:b.to] {
			if mayBeNear(letters, x.check, k) && s.fresh(x.value) {
				s.rivals = append(s.rivals, x.value)
			}
		}
	}
	for _, w := range s.rivals {
		s.touched += uint32(ix.cards[w].text) + s.slot[w]
	}
	for n, w := range s.rivals {
		if ix.cards[w].kind != s.q.Kind { // keys of two kinds may collide
			continue
		}
		if n >= heard && k > 0 && !compare.Within(t.Text, ix.textOf(w), k) {
			continue
		}
		ix.word(w, &s.other)
		if v := compare.Cell(t, &s.other); v > 0 {
			s.link(i, w, v)
		}
	}
}

// touch reads the first item of each bucket.
func touch(items []item, at []bucket, sum *uint32) {
	for i := range at {
		if b := &at[i]; b.from < b.to {
			*sum += items[b.from].check
		}
	}
}

// fresh reports whether a word of the index was not yet compared with the word of the query
// that is being asked for. Now and then it forgets one; link takes no word twice.
func (s *searcher) fresh(w uint32) bool {
	now := uint64(s.asking)<<32 | uint64(w)
	x := &s.asked[w*0x9E3779B1>>22]
	if *x == now {
		return false
	}
	*x = now
	return true
}

// same returns the first query word that is the same as word i: they have the same
// neighbours.
func (s *searcher) same(i int) int {
	t := &s.q.Tokens[i]
	for k := range i {
		if x := &s.q.Tokens[k]; x.Text == t.Text && x.Class == t.Class && x.Exact == t.Exact {
			return k
		}
	}
	return i
}

// link notes that a word of the index is near word i of the query.
func (s *searcher) link(i int, w uint32, sim float32) {
	n := s.nearOf(w, sim, s.q.Tokens[i].Weight)
	if n.mask>>i&1 != 0 {
		return
	}
	n.sim[i] = sim
	n.mask |= uint32(1) << i
	s.hits[i] = append(s.hits[i], w)
	s.cost[i] += int(s.ix.cards[w].names)
}

// nearOf returns the near word w, after it was found to be near words of some weight.
func (s *searcher) nearOf(w uint32, sim, weight float32) *nearWord {
	c := &s.ix.cards[w]
	both := (weight + c.weight) / 2
	n := s.slot[w]
	if n < s.base || n-s.base >= uint32(len(s.near)) {
		n = s.base + uint32(len(s.near))
		s.slot[w] = n
		if len(s.near) < cap(s.near) {
			s.near = s.near[:len(s.near)+1]
		} else {
			s.near = append(s.near, nearWord{})
		}
		s.nearWords = append(s.nearWords, w)
		s.mark[w>>6] |= 1 << (w & 63)
		x := &s.near[n-s.base]
		x.mask, x.part, x.weight, x.top, x.low, x.high = 0, 0, c.counts, 0, both, both
		x.free, x.plain, x.special = false, false, false
	}
	x := &s.near[n-s.base]
	x.top, x.low, x.high = max(x.top, sim), min(x.low, both), max(x.high, both)
	x.free = x.free || weight == 0
	return x
}

// measure works out how much of the query must be in a match (see skip for the rules).
func (s *searcher) measure() {
	s.initials, s.two, s.must, s.total = 0, false, 0, 0
	words := 0
	for i := range s.q.Tokens {
		t := &s.q.Tokens[i]
		if t.Class == name.Initial && len(t.Text) == 1 {
			s.initials |= 1 << (t.Text[0] & 31)
		}
		if s.q.Kind == name.Person && compare.IsWord(t) {
			words++
		}
		if t.Weight == 0 || t.Class == name.Number && s.q.Kind != name.Person {
			continue
		}
		s.counts[i] = t.Weight
		s.total += t.Weight
		if t.Class != name.Suffix && !s.formNear(i) {
			s.must |= 1 << i
		}
	}
	s.two = words >= 2
}

// keep remembers the neighbours of a word: a few thousand words make up most names.
func (s *searcher) keep(key wordKey, i int) {
	if len(s.hits[i]) > maxKept {
		return
	}
	if s.kept += len(s.hits[i]) + 8; s.kept > maxKept {
		clear(s.cache)
		s.kept = len(s.hits[i])
	}
	list := make([]nearOne, len(s.hits[i]))
	for k, w := range s.hits[i] {
		list[k] = nearOne{w, s.near[s.slot[w]-s.base].sim[i]}
	}
	key.text = strings.Clone(key.text)
	s.cache[key] = list
}

// maxKept bounds what a searcher remembers, to about 8 MB.
const maxKept = 1 << 20

type nearOne struct {
	word uint32
	sim  float32
}
