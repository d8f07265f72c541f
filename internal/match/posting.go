package match

import (
	"math/bits"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// A posting says that a name holds a word, and what else the name holds, so that most
// names need not be looked at: a scan reads postings in order, a look costs several
// places of memory far apart.
//
// rest are the heaviest other words of the name that count. The top byte of the first has
// a bit for every set of them: whether the name may reach the threshold when these, the
// word itself and the words that had no room are near words of the query ([enough]). The
// top byte of the second is whole or not.
type posting struct {
	name uint32
	rest [3]uint32
}

const (
	wordBits = 24
	noWord   = 1<<wordBits - 1
	// whole: nothing else in the name can be linked to a word of the query and count, and
	// no word stands twice.
	whole   = 1 << wordBits
	letter0 = wordBits + 1 // in rest[1]
	letter1 = wordBits + 6 // two bits of it there, three in rest[2]
	letter2 = wordBits + 3 // in rest[2]
)

// enough says whether a listed name may reach the threshold when linked of its words, and
// near of their weight, can be linked to a word of the query. Of a person's name two words
// must be, or all; of others 0.74 of the weight: what is left over costs orgExtra.
func enough(kind name.Kind, linked, words int, near, total float32) bool {
	if kind == name.Person {
		return linked >= min(2, words) && near >= 0.43*total
	}
	return near >= 0.74*total
}

// A counted is a word of a name, as enough counts it.
type counted struct {
	word   uint32
	weight float32
	times  int
	lone   bool
}

// counting appends the words of a name that count, the heaviest first, and says whether
// they are all that can be linked.
func (ix *Index) counting(out []counted, refs []uint32, person bool) ([]counted, bool) {
	only := true
next:
	for _, r := range refs {
		w := r >> 2
		t := &ix.light[w]
		if t.weight == 0 {
			only = only && (t.class == name.Stop || t.class == name.Form && !person)
			continue
		}
		for i := range out {
			if out[i].word == w {
				out[i].weight += t.weight
				out[i].times++
				only = false
				continue next
			}
		}
		only = only && !t.lone
		out = append(out, counted{w, t.weight, 1, t.lone})
		for i := len(out) - 1; i > 0 && out[i-1].weight < out[i].weight; i-- {
			out[i], out[i-1] = out[i-1], out[i]
		}
	}
	return out, only
}

// posting makes the posting of one word of a name, or of several that are linked as one.
func (ix *Index) posting(id uint32, refs []uint32, words []counted, only bool) posting {
	none := uint32(min(len(ix.words), noWord))
	p := posting{name: id, rest: [3]uint32{none, none, none}}
	kind := ix.names[id].kind
	var weight [3]float32
	var times [3]int
	var letter [3]uint32
	var near, total float32
	n, linked, count := 0, 0, 0
	for _, c := range words {
		total += c.weight
		count += c.times
		own := repeated(refs, c.word)
		if !own && !c.lone && n < len(weight) && c.word < noWord {
			p.rest[n], weight[n], times[n] = c.word, c.weight, c.times
			letter[n] = uint32(bits.TrailingZeros32(ix.light[c.word].first)) & 31
			n++
			continue
		}
		only = only && own
		near += c.weight
		linked += c.times
	}
	var ok uint32
	for set := range uint32(8) {
		sum, k := near, linked
		for i := range weight {
			if set>>i&1 != 0 {
				sum, k = sum+weight[i], k+times[i]
			}
		}
		if enough(kind, k, count, sum, total) {
			ok |= 1 << set
		}
	}
	p.rest[0] |= ok << wordBits
	if only {
		p.rest[1] |= whole
	}
	p.rest[1] |= letter[0]<<letter0 | letter[1]&3<<letter1
	p.rest[2] |= letter[1]>>2<<wordBits | letter[2]<<letter2
	return p
}

// index builds the tables over the words.
func (ix *Index) index() {
	byWord := func(keys func(t *name.Token, kind name.Kind, f func(uint64))) [][]keyed {
		return inChunks(len(ix.words), 4096, func(from, to int) []keyed {
			var out []keyed
			for i := from; i < to; i++ {
				keys(&ix.words[i], ix.kinds[i], func(h uint64) { out = append(out, keyed{hash: h, value: uint32(i)}) })
			}
			return out
		})
	}
	ix.spelt = newKeyTable(byWord(speltKeys), func(k *keyed) item {
		return item{lettersOf(ix.words[k.value].Text),
			k.value}
	})
	ix.keys = newKeyTable(byWord(func(t *name.Token, kind name.Kind, f func(uint64)) { wordKeys(t, kind, false, f) }),
		hashed)
	n := len(ix.words)
	plain, special := make([]uint32, n+1), make([]uint32, n+1)
	ix.eachPosting(func(_ int, _ []uint32, word uint32, initial bool) {
		if initial {
			special[word]++
		} else {
			plain[word]++
		}
	})
	ix.postStart, ix.postMid = make([]uint32, n+1), make([]uint32, n+1)
	sum := uint32(0)
	for i := range n {
		ix.postStart[i] = sum
		sum += plain[i]
		ix.postMid[i] = sum
		sum += special[i]
		plain[i], special[i] = ix.postStart[i], ix.postMid[i]
	}
	ix.postStart[n], ix.postMid[n] = sum, sum
	ix.post = make([]posting, sum)
	var words []counted
	var only bool
	last := -1
	ix.eachPosting(func(id int, refs []uint32, word uint32, initial bool) {
		if id != last {
			words, only = ix.counting(words[:0], refs, ix.names[id].kind == name.Person)
			last = id
		}
		at := &plain[word]
		if initial {
			at = &special[word]
		}
		ix.post[*at] = ix.posting(uint32(id), []uint32{word << 2}, words, only)
		*at++
	})
}

// eachPosting calls f for every name and every word of it that a query may find it by.
func (ix *Index) eachPosting(f func(id int, refs []uint32, word uint32, initial bool)) {
	for id := range ix.names {
		refs := ix.refsOf(uint32(id))
		for i, r := range refs {
			w := r >> 2
			if c := ix.light[w].class; c == name.Stop || c == name.Form || repeated(refs[:i], w) {
				continue
			}
			f(id, refs, w, ix.names[id].flag&flagInitial != 0)
		}
	}
}

// postings are those of a near word from one place to another.
type postings struct {
	near     uint32
	from, to uint32
}

// each looks at every name that holds a word near one of the query's, but for the words
// to skip. Names that hold an initial are looked at all the same.
func (s *searcher) each(q *name.Name, skip uint32) {
	ix := s.ix
	at := s.ranges[:0]
	for i := range q.Tokens {
		if c := q.Tokens[i].Class; c == name.Stop || c == name.Form {
			continue
		}
		for _, w := range s.hits[i] {
			k := s.slot[w] - s.base
			n := &s.near[k]
			from, mid, to := ix.postStart[w], ix.postMid[w], ix.postStart[w+1]
			if skip&(1<<i) == 0 && !n.plain {
				n.plain = true
				at = append(at, postings{k, from, mid})
			}
			if mid < to && !n.special {
				n.special = true
				at = append(at, postings{k, mid, to})
			}
		}
	}
	for _, r := range at {
		if r.from < r.to {
			s.touched += ix.post[r.from].name
		}
	}
	for _, r := range at {
		s.scan(&s.near[r.near], ix.post[r.from:r.to])
	}
	s.ranges = at
}

// scan tries the names under a word, without those whose posting shows that too little of
// them can be near.
func (s *searcher) scan(n *nearWord, post []posting) {
	for i := range post {
		p := &post[i]
		set, ok := s.set(p)
		switch {
		case !ok:
		case p.rest[1]&whole == 0 || s.floor < Threshold:
			s.try(p.name, byWord)
		case s.reaches(n, p, set):
			s.try(p.name, byKey)
		}
	}
}

// set returns which of the other words of a posting are near words of the query, and
// whether these are enough.
func (s *searcher) set(p *posting) (uint32, bool) {
	a, b, c := p.rest[0]&noWord, p.rest[1]&noWord, p.rest[2]&noWord
	set := uint32(s.mark[a>>6]>>(a&63)&1) | uint32(s.mark[b>>6]>>(b&63)&1)<<1 | uint32(s.mark[c>>6]>>(c&63)&1)<<2
	more := set
	if s.initials != 0 {
		x, y, z := p.rest[1]>>letter0&31, p.rest[1]>>letter1&3|p.rest[2]>>wordBits&7<<2, p.rest[2]>>letter2
		more |= s.initials>>x&1 | s.initials>>y&1<<1 | s.initials>>z&1<<2
	}
	if p.rest[0]>>wordBits>>more&1 == 0 {
		return set, false
	}
	return set, true
}

// reaches is an upper bound of the score of a name that is linked to the query by word n
// and any of those of set. Every link of the name is one of these.
func (s *searcher) reaches(n *nearWord, p *posting, set uint32) bool {
	var near [4]*nearWord
	near[3] = n
	free := n.free
	for i := range 3 {
		if set>>i&1 != 0 {
			near[i] = &s.near[s.slot[p.rest[i]&noWord]-s.base]
			free = free || near[i].free
		}
	}
	if free || s.initials != 0 {
		return true
	}
	ok := p.rest[0] >> wordBits
	var left float32 // what is not in set is in no link
	firm := false
	for i := range 3 {
		if w := p.rest[i] & noWord; set>>i&1 == 0 && int(w) < len(s.ix.light) {
			left += s.ix.light[w].weight
			firm = firm || s.ix.light[w].class != name.Suffix
		}
	}
	for part := set; ; part = (part - 1) & set {
		if ok>>part&1 != 0 && s.bound(near, part, left, firm) >= s.floor {
			return true
		}
		if part == 0 {
			return false
		}
	}
}

// slack is for sums in another order.
const slack = 1e-4

// bound is an upper bound when the words of part and near[3] are those that are linked:
// the weight of a link is the mean of the weights on both sides, and its similarity at
// most the best one. left is the weight of the words that are near nothing. What person
// and org take off for the words that are not linked is taken off here.
func (s *searcher) bound(near [4]*nearWord, part uint32, left float32, firm bool) float32 {
	var good, bad, best, own, most float32
	mask, count := uint32(0), 0
	for i, n := range near {
		switch {
		case n == nil:
			continue
		case i < 3 && part>>i&1 == 0:
			left += n.weight
			firm = true
			continue
		}
		good += n.high * n.top
		bad += n.low * (1 - n.top)
		most += n.high
		own += n.weight
		best = max(best, n.top)
		mask |= n.mask | n.part
		count++
	}
	if good == 0 {
		return 0
	}
	v := good / (good + bad)
	var miss float32 // the weight of the words of the query that are not linked
	for m := s.must &^ mask; m != 0; m &= m - 1 {
		miss += s.counts[bits.TrailingZeros32(m)]
	}
	over := left / (left + own)
	if s.total > 0 {
		over = max(over, miss/s.total)
	}
	if s.q.Kind == name.Person {
		v = compare.PersonBound(v, best, miss > 0 && firm, s.two && mask&(mask-1) == 0, over)
	} else {
		v = compare.OrgBound(v, best, count, miss, left, most, over)
	}
	return v + slack
}
