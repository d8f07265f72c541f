package match

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"unsafe"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A searcher holds the memory of one search. It is used again by the next; after the
// first few searches it allocates only what it returns.
type searcher struct {
	ix     *Index
	s      compare.Scorer
	parser name.Parser
	q, l   name.Name
	other  name.Token // a word of the index

	// Of the words of the index that are near a word of the query: slot[w]-base numbers
	// them, and near holds how near they are to each word of the query.
	slot      []uint32
	base      uint32
	near      []nearWord
	nearWords []uint32 // the words that near speaks of, in its order
	joined    []uint32 // words that stand for several of the query
	doubt     []doubt
	hits      [name.MaxTokens][]uint32 // the near words of each query word
	cost      [name.MaxTokens]int      // how many names hold one of them
	mark      []uint64                 // a bit for every near word
	asked     [1 << 10]uint64          // words compared with the query word number asking, see fresh
	asking    uint32
	rivals    []uint32 // words that are to be compared with it
	keys      []uint64
	buckets   []bucket
	touched   uint32                  // only so that reading ahead is not left out
	initials  uint32                  // first letters of the initials of the query
	two       bool                    // two words of the query must be in a match
	must      uint32                  // its words that cost something when they are not linked
	total     float32                 // the weight of its words
	counts    [name.MaxTokens]float32 // what each of them weighs
	seen      []uint32                // names looked at in this round
	round     uint32

	cache    map[wordKey][]nearOne
	kept     int
	gathered bool
	wholes   []uint32
	pieces   []uint32
	at       found // what is searched for
	floor    float32
	guessed  bool   // the query does not say what bears the name
	full     string // the text of the query at hand
	firm     bool   // the name at hand is a firm's
	abbr     bool   // it is nothing but an abbreviation
	letters  [8]byte

	candidates []candidate
	ranges     []postings

	found   []found
	results []Hit // all of a search, of which it returns the best
	rank    []int32
	parsed  found // which reading of the query q holds
	why     []byte
	buf     [128]byte
	snd     [160]byte
}

type nearWord struct {
	mask      uint32 // query words that it is near: those with a sim, and
	part      uint32 // those that it stands for together with others
	weight    float32
	top       float32 // the best similarity
	low, high float32 // the weight of a link
	free      bool    // near a word of the query that does not count
	plain     bool    // its names were looked at, and
	special   bool    // those that hold initials
	sim       [name.MaxTokens]float32
}

// found is a listed name that reaches the threshold.
type found struct {
	name    uint32
	score   float32
	text    int16 // which name of the query
	variant int16 // which reading of it
	kind    name.Kind
	lone    bool // letters alone that stand for the words of the listed body
	firm    bool // the name has a legal form, or the kind that was stated is no person's
}

func newSearcher(ix *Index) *searcher {
	n := len(ix.words)
	s := &searcher{ix: ix, cache: map[wordKey][]nearOne{}, slot: make([]uint32, n), mark: make([]uint64, n/64+1),
		seen: make([]uint32, len(ix.names)), base: 1}
	inLargePages(s.slot, true)
	inLargePages(s.seen, true)
	return s
}

// Search returns the entries that match q with at least threshold, the best first: by
// grade, then by score, then by the keys of list and entry. The same name is returned as
// grade D also when what contradicts it takes the score below. A limit of 0 means all. All
// entries that score [Threshold] or more are found; below it, those that share a key.
func (ix *Index) Search(q Query, limit int, threshold float64) []Hit {
	if len(ix.names) == 0 {
		return nil
	}
	s := ix.pool.Get().(*searcher)
	defer ix.pool.Put(s)
	return s.search(&q, limit, threshold)
}

func (s *searcher) search(q *Query, limit int, threshold float64) []Hit {
	s.found = s.found[:0]
	texts := make([]string, 0, 8)
	texts = append(append(texts, q.Name), q.Aliases...)
	floor := float32(min(threshold, Threshold))
	for i, text := range texts {
		s.text(q, text, int16(i), floor)
	}
	return s.hitsOf(q, texts, limit, threshold)
}

// text finds the names near one name of the query.
func (s *searcher) text(q *Query, text string, number int16, floor float32) {
	kinds := [...]name.Kind{name.Person, name.Org, name.Vessel}
	use := kinds[:]
	if k := compare.NameKind(q.Kind); k != name.Unknown {
		use = []name.Kind{k}
	}
	s.guessed = len(use) > 1
	stated := q.Kind == party.Organization || q.Kind == party.PublicBody
	han := uint64(0)
	s.full = text
	one := [...]string{text}
	variants := one[:]
	if !name.Single(text) {
		variants = name.Variants(text)
	}
	for vi, v := range variants {
		business := false
		s.gathered = false
		for i, kind := range use {
			if i == 0 {
				s.parser.Parse(v, kind, &s.q)
			} else {
				s.parser.Again(v, kind, &s.q)
			}
			if vi == 0 {
				han = s.q.Han
			}
			compare.KeepHan(&s.q, han)
			if kind == name.Person && len(use) > 1 {
				business = s.q.Business()
			}
			s.firm = stated || business
			if len(s.q.Tokens) > 0 && (kind == name.Org || !business) {
				s.probe(number, int16(vi), floor)
			}
		}
	}
}

// probe finds the listed names that score floor or more against s.q.
func (s *searcher) probe(number, variant int16, floor float32) {
	s.round++
	if s.round == 0 {
		clear(s.seen)
		s.round = 1
	}
	q := &s.q
	s.at = found{text: number, variant: variant, kind: q.Kind, firm: s.firm}
	s.floor = floor
	s.abbr = compare.Abbreviation(q.Tokens) != ""
	s.neighbours()
	s.measure()
	if !s.gathered {
		s.gather()
	}
	for _, id := range s.wholes {
		s.try(id, byWhole)
	}
	for _, id := range s.pieces {
		s.try(id, byWhole)
	}
	s.joinedHere()
	s.joinedThere()
	for _, w := range s.joined {
		s.under(w)
	}
	s.each(q, s.skip(q))
	s.judge()
	for _, w := range s.nearWords {
		s.mark[w>>6] &^= 1 << (w & 63)
	}
}

// gather collects the names that may be near the query as a whole. They are the same for
// every kind of name. What is not among them is not near as a whole, so that the other
// ways to a name need not ask again.
func (s *searcher) gather() {
	s.gathered = true
	s.wholes = s.wholes[:0]
	emit := func(h uint64) {
		for _, x := range s.ix.whole.span(h) {
			if x.check == uint32(h) {
				s.wholes = append(s.wholes, x.value)
			}
		}
	}
	nameKeys(&s.q, true, emit)
	s.pieces = s.pieces[:0]
	letters := odd([]byte(s.q.Run))
	s.keys = pieceProbes(s.keys[:0], s.q.Run)
	s.buckets = s.ix.cuts.buckets(s.keys, s.buckets)
	touch(s.ix.cuts.items, s.buckets, &s.touched)
	for _, b := range s.buckets {
		for _, x := range s.ix.cuts.items[b.from:b.to] {
			if bits.OnesCount32(x.check^letters) <= 4 && s.nearRun(x.value) {
				s.pieces = append(s.pieces, x.value)
			}
		}
	}
}

// nearRun reports whether the letters of a listed name are as near as whole asks.
func (s *searcher) nearRun(id uint32) bool {
	run := s.ix.runOf(id)
	l := unsafe.String(unsafe.SliceData(run), len(run))
	k := min(len(l), len(s.q.Run))
	return k >= 6 && compare.Edits(s.q.Run, l, compare.Allowed(k)) >= 0
}

// A name that is taken for a person's on trial, but holds a word like Group or Systems, is
// compared with persons all the same; short of being equal it must be nearer than others.
const (
	guessedFactor = 0.75 // with oneHeard: 39 of 20,339 suppliers hit persons, 53 before
	sureOfKind    = 0.97
)

// oneHeard is what is left of the score of a name of one word in letters with vowels, of which nobody says that it is a
// person's, on a listed person's in a script without: a firm called Metali sounds like مطيع الله. Chosen on names of
// suppliers.
const oneHeard = 0.75

// heardOnly lowers the score of a person's name that agrees with one in a script without
// vowels, when a word of the query says that it is no person's, or when nobody says that it is one and it has one word
// in letters with vowels: the sound alone is too little.
func heardOnly(v float32, q, l *name.Name, guessed bool) float32 {
	if q.Kind != name.Person || compare.HasLoose(q.Tokens) == compare.HasLoose(l.Tokens) {
		return v
	}
	switch {
	case q.General || q.Firm:
		return v * guessedFactor * guessedFactor
	case guessed && v < sureOfKind && oneTelling(q) && !compare.HasLoose(q.Tokens):
		return v * oneHeard
	}
	return v
}

// oneTelling reports whether one word alone tells whose a personal name is.
func oneTelling(n *name.Name) bool {
	words, _ := n.Given()
	return words == 1
}

// How a name was found.
const (
	byWhole uint8 = iota // as a whole
	byKey                // by what makes sure that enough is linked
	byJoin               // by words that stand for one of the query
	byWord               // by a word
)

// A candidate is a listed name that is to be scored, and how it was found.
type candidate struct {
	name uint32
	way  uint8
}

// try has the listed name id scored by judge.
func (s *searcher) try(id uint32, way uint8) { s.candidates = append(s.candidates, candidate{id, way}) }

// judge scores the candidates, each name once, as the way says by which it came first. When it
// was found by a word, a sum over its words may show beforehand that it cannot reach the
// threshold. It goes step by step, as compare does.
func (s *searcher) judge() {
	ix := s.ix
	left := s.candidates[:0]
	for _, c := range s.candidates {
		if s.seen[c.name] != s.round && ix.names[c.name].kind == s.q.Kind {
			s.seen[c.name] = s.round
			left = append(left, c)
		}
	}
	for _, c := range left {
		s.touched += ix.refs[ix.names[c.name].refs]
	}
	for _, c := range left {
		for _, r := range ix.refsOf(c.name) {
			s.touched += uint32(ix.cards[r>>2].text) + s.slot[r>>2]
		}
	}
	for _, c := range left {
		if c.way < byJoin || s.may(ix.refsOf(c.name), s.q.Kind, c.way == byJoin) {
			s.score(c)
		}
	}
	s.candidates = left[:0]
}

// score scores a listed name.
func (s *searcher) score(c candidate) {
	n := &s.ix.names[c.name]
	s.fill(c.name)
	var v float32
	if c.way == byWhole {
		v = s.s.Judge(&s.q, &s.l)
	} else {
		v = s.s.Words(&s.q, &s.l)
	}
	if s.guessed && s.q.General && v < sureOfKind {
		v *= guessedFactor
	}
	v = heardOnly(v, &s.q, &s.l, s.guessed)
	if n.flag&flagVariant != 0 || s.at.variant > 0 {
		v *= compare.VariantFactor
	}
	if v >= s.floor && n.flag&flagVariant != 0 && s.at.variant > 0 && name.Elsewhere(s.full,
		s.ix.lists[n.list].Entries[n.entry].Names[n.name].Text) {
		return
	}
	if n.flag&flagWeak != 0 {
		v *= weakFactor
	}
	if v >= s.floor {
		f := s.at
		f.name, f.score, f.lone = c.name, v, s.q.Lone && !s.l.Lone
		s.found = append(s.found, f)
	}
}

// may is an upper bound: the share of a listed name's weight that can be linked to words
// of the query. split says that several words may stand for one. It looks at small tables
// only.
func (s *searcher) may(refs []uint32, kind name.Kind, split bool) bool {
	if split && s.floor < Threshold {
		return true
	}
	var near, total float32
	words, linked := 0, 0
	limit := uint32(len(s.near))
	covered := uint32(0) // words of the name that could be part of one of the query
	if split {
		covered = s.covers(refs)
	}
	for i, r := range refs {
		w := r >> 2
		t := &s.ix.light[w]
		if t.weight == 0 {
			continue
		}
		total += t.weight
		words++
		k := s.slot[w] - s.base
		if t.first&s.initials != 0 || t.lone || covered>>i&1 != 0 || k < limit {
			near += t.weight
			linked++
			if k < limit && s.near[k].part != 0 {
				linked++ // it stands for two
			}
		}
	}
	return enough(kind, linked, words, near, total)
}

// covers says which words of a listed name could, written together, be a word of the
// query: what compare.JoinSim asks of their length and first letter.
func (s *searcher) covers(refs []uint32) uint32 {
	out := uint32(0)
	for i := range refs {
		size, loose := 0, false
		first := &s.ix.light[refs[i]>>2]
		for k := i; k < len(refs) && k < i+3; k++ {
			t := &s.ix.light[refs[k]>>2]
			if t.class == name.Number || t.class == name.Form {
				break
			}
			loose = loose || t.loose
			if size += int(t.size); k == i || size < 4 {
				continue
			}
			for j := range s.q.Tokens {
				x := &s.q.Tokens[j]
				if len(x.Text) < 4 || x.Class == name.Stop || x.Class == name.Number || size > len(x.Text)+3 {
					continue
				}
				if first.size > 2 && first.sound != 0 && x.Sound != "" && first.sound != x.Sound[0] {
					continue
				}
				if size < len(x.Text)-3 && !x.Loose && !loose {
					continue
				}
				out |= uint32(1)<<(k+1) - uint32(1)<<i
			}
		}
	}
	return out
}

// listed brings back a name of the index.
func (ix *Index) listed(id uint32, l *name.Name) {
	n := &ix.names[id]
	run := ix.runOf(id)
	l.Run, l.Bag, l.Han = unsafe.String(unsafe.SliceData(run), len(run)), n.bag, n.han // the index does not change
	l.Kind, l.Legal, l.Letters, l.Mixed, l.Body = n.kind, n.legal, "", n.flag&flagMixed != 0, n.flag&flagBody != 0
	l.Lone = n.flag&flagLone != 0
	if k := bytes.IndexByte(n.letters[:], 0); l.Body && k != 0 {
		l.Letters = unsafe.String(&n.letters[0], min(uint(k), uint(len(n.letters))))
	}
	l.Tokens = l.Tokens[:0]
	for _, r := range ix.refsOf(id) {
		l.Tokens = append(l.Tokens, name.Token{})
		t := &l.Tokens[len(l.Tokens)-1]
		ix.word(r>>2, t)
		t.Father = int8(r & 3)
	}
}

// fill brings back a listed name and fills in how alike its words are to those of s.q.
func (s *searcher) fill(id uint32) {
	l, refs := &s.l, s.ix.refsOf(id)
	s.ix.listed(id, l)
	if s.abbr && l.Kind != name.Person && !l.Body {
		if k := l.Initials(&s.letters); k > 0 {
			l.Letters = unsafe.String(&s.letters[0], k) // until the next name is filled in
		}
	}
	limit := uint32(len(s.near))
	q := s.q.Tokens
	for j := range l.Tokens {
		t := &l.Tokens[j]
		k := s.slot[refs[j]>>2] - s.base
		for i := range q {
			switch {
			case len(t.Text) == 1 || len(q[i].Text) == 1 || q[i].Class == name.Stop:
				s.s.Sim[i][j] = compare.Cell(&q[i], t)
			case k < limit && s.near[k].mask&(1<<i) != 0:
				s.s.Sim[i][j] = s.near[k].sim[i]
			default:
				s.s.Sim[i][j] = 0
			}
		}
	}
}

// weakFactor is what a score loses when the list calls the name a weak alias.
const weakFactor = 0.92

// hitsOf turns the names found into hits, the best name of each entry.
func (s *searcher) hitsOf(q *Query, texts []string, limit int, threshold float64) []Hit {
	ix := s.ix
	hits := s.results[:0]
	slices.SortFunc(s.found, func(a, b found) int {
		x, y := &ix.names[a.name], &ix.names[b.name]
		return cmp.Or(cmp.Compare(x.list, y.list), cmp.Compare(x.entry, y.entry), cmp.Compare(b.score, a.score),
			cmp.Compare(x.name, y.name), cmp.Compare(a.text, b.text), cmp.Compare(a.variant, b.variant),
			cmp.Compare(a.name, b.name))
	})
	var last entryAt = entryAt{-1, -1}
	facts := newFacts(q)
	for _, f := range s.found {
		n := &ix.names[f.name]
		if at := (entryAt{n.list, n.entry}); at == last {
			continue
		} else {
			last = at
		}
		e := &ix.lists[n.list].Entries[n.entry]
		score := float64(f.score)
		if f.firm && e.Kind == party.Unknown && (score < sureOfKind || len(ix.refsOf(f.name)) < 2) && s.personal(e) {
			score = min(score, personalEntry)
		}
		ev := facts.weigh(e, score, score >= 0.97)
		if f.lone && ev.agree() == 0 {
			ev.score = min(ev.score, loneLetters)
		}
		if !ev.shown(score, threshold) {
			continue
		}
		hits = append(hits, Hit{List: int(n.list), Entry: int(n.entry), Score: ev.score, Grade: ev.grade(),
			Name: e.Names[n.name].Text, Matched: texts[f.text], list: ix.lists[n.list].ID, entry: e.ID, evidence: ev,
			found: f})
	}
	hits = s.identified(q, hits, facts)
	s.results = hits
	hits = s.apply(q, hits)
	rank := s.rank[:0]
	for i := range hits {
		rank = append(rank, int32(i))
	}
	s.rank = rank
	slices.SortFunc(rank, func(a, b int32) int { return cmp.Or(byRank(&hits[a], &hits[b]), cmp.Compare(a, b)) })
	if limit > 0 && len(rank) > limit {
		rank = rank[:limit]
	}
	if len(rank) == 0 {
		return nil
	}
	out := make([]Hit, len(rank))
	s.parsed = found{name: noName}
	for i, k := range rank {
		out[i] = hits[k]
		if !q.Terse {
			s.explain(q, &out[i])
		}
	}
	return out
}

// loneLetters is the most that letters alone score on a body of which they are the usual abbreviation, when nothing
// else agrees: MSS is the ministry of one state and the social services of another.
const loneLetters = 0.69

// personalEntry is the most that the name of a firm scores on an entry of which the list does not say what it is, and
// whose names are a person's, unless two words or more are the same: in sight when the threshold is lowered.
const personalEntry = 0.69

// personal reports whether the names of an entry are a natural person's: one has two words, one is or has a given name,
// and none has the words of a firm or a body.
func (s *searcher) personal(e *list.Entry) bool {
	var n name.Name
	most, known := 0, false
	for i := range e.Names {
		s.parser.Parse(e.Names[i].Text, name.Unknown, &n)
		if n.Kind != name.Person || n.Business() || n.General {
			return false
		}
		words, given := n.Given()
		most, known = max(most, words), known || given
	}
	return known && most > 1
}

func byRank(a, b *Hit) int {
	return cmp.Or(cmp.Compare(a.Grade, b.Grade), cmp.Compare(b.Score, a.Score), cmp.Compare(a.list, b.list),
		cmp.Compare(a.entry, b.entry), cmp.Compare(a.List, b.List), cmp.Compare(a.Entry, b.Entry))
}

// identified adds the entries that share a number with q.
func (s *searcher) identified(q *Query, hits []Hit, facts facts) []Hit {
	if len(s.ix.ids) == 0 {
		return hits
	}
	for _, id := range q.Identifiers {
		id, ok := party.Strong(id)
		if !ok {
			continue
		}
	next:
		for _, at := range s.ix.ids[id] {
			for i := range hits {
				if hits[i].List == int(at.list) && hits[i].Entry == int(at.entry) {
					continue next
				}
			}
			e := &s.ix.lists[at.list].Entries[at.entry]
			if e.Status == list.Removed || len(e.Names) == 0 {
				continue
			}
			ev := facts.weigh(e, 0, false)
			hits = append(hits, Hit{List: int(at.list), Entry: int(at.entry), Score: ev.score, Grade: ev.grade(),
				Name: e.Names[0].Text, Matched: q.Name, list: s.ix.lists[at.list].ID, entry: e.ID, evidence: ev,
				found: found{name: noName}})
		}
	}
	return hits
}

const noName = ^uint32(0)
