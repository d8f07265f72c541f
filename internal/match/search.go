package match

import (
	"cmp"
	"slices"
	"strings"
	"unsafe"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
)

// A searcher holds the memory of one search. It is used again by the next; after the
// first few searches it allocates only what it returns.
type searcher struct {
	ix     *Index
	s      scorer
	parser name.Parser
	q, l   name.Name

	// Of the words of the index that are near a word of the query: slot[w]-base numbers
	// them, and near holds how near they are to each word of the query.
	slot     []uint32
	base     uint32
	near     []nearWord
	hits     [name.MaxTokens][]uint32 // the near words of each query word
	cost     [name.MaxTokens]int      // how many names hold one of them
	initials uint32                   // first letters of the initials of the query
	sig      signature
	bits     []uint64 // one for every name
	seen     []uint32 // names looked at in this round
	round    uint32

	cache    map[wordKey][]nearOne
	kept     int
	gathered bool
	wholes   []uint32
	pieces   []uint32
	at       found // what is searched for
	floor    float32
	guessed  bool // the query does not say what bears the name

	found []found
	buf   [128]byte
	snd   [160]byte
}

type nearWord struct {
	mask uint32 // query words that it is near
	sim  [name.MaxTokens]float32
}

// found is a listed name that reaches the threshold.
type found struct {
	name    uint32
	score   float32
	text    int16 // which name of the query
	variant int16 // which reading of it
	kind    name.Kind
}

func newSearcher(ix *Index) *searcher {
	return &searcher{ix: ix, cache: map[wordKey][]nearOne{}, slot: make([]uint32, len(ix.words)), seen: make([]uint32, len(ix.names)), bits: make([]uint64, len(ix.names)/64+1), base: 1}
}

// Search returns the entries that match q with at least threshold, the best first: by
// score, then by grade, then by the keys of list and entry. A limit of 0 means all. All
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
	if k := kindOfParty(q.Kind); k != name.Unknown {
		use = []name.Kind{k}
	}
	s.guessed = len(use) > 1
	for vi, v := range name.Variants(text) {
		business := false
		s.gathered = false
		for _, kind := range use {
			s.parser.Parse(v, kind, &s.q)
			if kind == name.Person && len(use) > 1 {
				business = s.q.Business()
			}
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
	s.neighbours()
	s.initials = 0
	for i := range s.q.Tokens {
		if t := &s.q.Tokens[i]; len(t.Text) == 1 {
			s.initials |= 1 << (t.Text[0] & 31)
		}
	}
	q := &s.q
	s.at = found{text: number, variant: variant, kind: q.Kind}
	s.floor = floor
	if !s.gathered {
		s.gather()
	}
	for _, id := range s.wholes {
		s.try(id, byWhole)
	}
	for _, id := range s.pieces {
		if s.seen[id] != s.round && s.ix.names[id].kind == s.q.Kind {
			s.try(id, byWhole)
		}
	}
	s.joinProbes()
	if !s.together(q) {
		s.each(q, s.skip(q))
	}
}

// neighbours finds the words of the index that are near each word of the query.
func (s *searcher) neighbours() {
	ix := s.ix
	if s.base > 1<<31 {
		clear(s.slot)
		s.base = 1
	}
	s.base += uint32(len(s.near))
	s.near = s.near[:0]
	for i := range s.q.Tokens {
		t := &s.q.Tokens[i]
		s.hits[i], s.cost[i] = s.hits[i][:0], 0
		if t.Class == name.Stop {
			continue
		}
		bit := uint32(1) << i
		same := i // a word that stands twice has the same neighbours
		for k := range i {
			if s.q.Tokens[k].Text == t.Text && s.q.Tokens[k].Class == t.Class && s.q.Tokens[k].Exact == t.Exact {
				same = k
				break
			}
		}
		if same < i {
			for _, w := range s.hits[same] {
				n := &s.near[s.slot[w]-s.base]
				n.mask |= bit
				n.sim[i] = n.sim[same]
			}
			s.hits[i], s.cost[i] = append(s.hits[i], s.hits[same]...), s.cost[same]
			continue
		}
		key := keyOf(t, s.q.Kind)
		if list, ok := s.cache[key]; ok {
			for _, n := range list {
				x := s.slotOf(n.word)
				x.mask |= bit
				x.sim[i] = n.sim
				s.hits[i] = append(s.hits[i], n.word)
				s.cost[i] += int(ix.postStart[n.word+1] - ix.postStart[n.word])
			}
			continue
		}
		wordKeys(t, true, func(h uint64) {
			lo, hi := ix.keys.span(h)
			for k := lo; k < hi; k++ {
				if ix.keys.check[k] == uint32(h) && ix.kinds[ix.keys.value[k]] == s.q.Kind {
					s.neighbour(i, bit, ix.keys.value[k])
				}
			}
		})
		s.keep(key, i)
	}
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

// slotOf returns the place of a word of the index among the near words.
func (s *searcher) slotOf(w uint32) *nearWord {
	n := s.slot[w]
	if n < s.base || n-s.base >= uint32(len(s.near)) {
		n = s.base + uint32(len(s.near))
		s.slot[w] = n
		if len(s.near) < cap(s.near) {
			s.near = s.near[:len(s.near)+1]
			s.near[len(s.near)-1].mask = 0
		} else {
			s.near = append(s.near, nearWord{})
		}
	}
	return &s.near[n-s.base]
}

func (s *searcher) neighbour(i int, bit, w uint32) {
	x := s.slotOf(w)
	if x.mask&bit != 0 {
		return
	}
	v := cell(&s.q.Tokens[i], &s.ix.words[w])
	x.mask |= bit
	x.sim[i] = v
	if v > 0 {
		s.hits[i] = append(s.hits[i], w)
		s.cost[i] += int(s.ix.postStart[w+1] - s.ix.postStart[w])
	}
}

// gather collects the names that may be near the query as a whole. They are the same for
// every kind of name. What is not among them is not near as a whole, so that the other
// ways to a name need not ask again.
func (s *searcher) gather() {
	s.gathered = true
	s.wholes = s.wholes[:0]
	t := &s.ix.joins
	emit := func(h uint64) {
		lo, hi := t.span(h)
		for i := lo; i < hi; i++ {
			if t.check[i] == uint32(h) {
				s.wholes = append(s.wholes, t.value[i])
			}
		}
	}
	nameKeys(&s.q, emit)
	if !hasLoose(s.q.Tokens) && len(s.q.Run) >= 5 && len(s.q.Run) <= maxRun {
		emit(hashBytes(keyWhole, name.AppendSound(s.snd[:0], append(s.buf[:0], s.q.Run...), true)))
	}
	s.pieces = s.pieces[:0]
	pieceProbes(s.q.Run, func(h uint64) {
		lo, hi := t.span(h)
		for i := lo; i < hi; i++ {
			if t.check[i] == uint32(h) && s.nearRun(t.value[i]) {
				s.pieces = append(s.pieces, t.value[i])
			}
		}
	})
}

// nearRun reports whether the letters of a listed name are as near as whole asks.
func (s *searcher) nearRun(id uint32) bool {
	run := s.ix.runOf(id)
	l := unsafe.String(unsafe.SliceData(run), len(run))
	k := min(len(l), len(s.q.Run))
	return k >= 6 && edits(s.q.Run, l, allowed(k)) >= 0
}

// joinProbes looks up what is written in one word here and in several there, and
// abbreviations.
func (s *searcher) joinProbes() {
	t := s.q.Tokens
	ix := s.ix
	emit := func(h uint64) {
		lo, hi := ix.joins.span(h)
		for i := lo; i < hi; i++ {
			if ix.joins.check[i] == uint32(h) {
				s.try(ix.joins.value[i], byJoin)
			}
		}
	}
	for i := range t {
		if len(t[i].Text) >= 4 && t[i].Class != name.Stop && t[i].Class != name.Number {
			joinProbesOf(&t[i], emit)
		}
	}
	both := func(b []byte, f func([]byte)) {
		a := name.AppendSound(s.snd[:0], b, false)
		f(a)
		k := len(a)
		if c := name.AppendSound(a, b, true)[k:]; string(c) != string(a) {
			f(c)
		}
	}
	for i := range t {
		size := 0
		for k := i; k < len(t) && k < i+3; k++ {
			if t[k].Class == name.Number || t[k].Class == name.Form {
				break
			}
			if size += len(t[k].Text); size > maxWord {
				break
			}
			if k == i || size < 4 {
				continue
			}
			b := s.buf[:0]
			for _, w := range t[i : k+1] {
				b = append(b, w.Text...)
			}
			words := func(h uint64) {
				lo, hi := ix.keys.span(h)
				for x := lo; x < hi; x++ {
					if ix.keys.check[x] != uint32(h) || ix.kinds[ix.keys.value[x]] != s.q.Kind {
						continue
					}
					w := ix.keys.value[x]
					if joinSim(t[i:k+1], &ix.words[w], size) == 0 {
						continue
					}
					for _, id := range ix.post[ix.postStart[w]:ix.postStart[w+1]] {
						s.try(id, byJoin)
					}
				}
			}
			both(b, func(x []byte) {
				if len(x) >= joinSound {
					words(hashBytes(keySound, x))
				}
			})
			words(hashBytes(keyText, b[:min(len(b), prefix)]))
		}
	}
	if s.q.Kind != name.Person {
		if w := abbreviation(t); w != "" {
			emit(hashString(keyLetters, w))
		}
		if len(s.q.Letters) >= 4 {
			emit(hashString(keyAbbr, s.q.Letters))
		}
	}
}

// A name that is taken for a person's on trial, but holds a word like Group or Systems, is
// compared with persons all the same; short of being equal it must be nearer than others.
const (
	guessedFactor = 0.80
	sureOfKind    = 0.97
)

// How a name was found.
const (
	byWhole = iota // by a key of the whole name
	byJoin         // by words joined or split, or an abbreviation
	byWord         // by a word
)

// try scores the listed name id once in a round. When it was found by a word, a sum over
// its words may show beforehand that it cannot reach the threshold.
func (s *searcher) try(id uint32, way int) {
	if s.seen[id] == s.round {
		return
	}
	ix := s.ix
	n := &ix.names[id]
	if n.kind != s.q.Kind {
		return
	}
	s.seen[id] = s.round
	refs := ix.refsOf(id)
	if way == byWord && !s.may(refs, n.kind) {
		return
	}
	s.fill(id)
	var v float32
	if way == byWhole {
		v = s.s.judge(&s.q, &s.l)
	} else {
		v = s.s.words(&s.q, &s.l)
	}
	if s.guessed && s.q.General && v < sureOfKind {
		v *= guessedFactor
	}
	if n.flag&flagVariant != 0 || s.at.variant > 0 {
		v *= variantFactor
	}
	if n.flag&flagWeak != 0 {
		v *= weakFactor
	}
	if v >= s.floor {
		f := s.at
		f.name, f.score = id, v
		s.found = append(s.found, f)
	}
}

// may is an upper bound: the share of a listed name's weight that is near some word of the
// query, and for persons two words. It is asked for every name that holds a word of the
// query, and so looks at small tables only.
func (s *searcher) may(refs []uint32, kind name.Kind) bool {
	var near, total float32
	words, linked := 0, 0
	limit := uint32(len(s.near))
	for _, r := range refs {
		w := r >> 2
		t := s.ix.light[w]
		if t.weight == 0 {
			continue
		}
		total += t.weight
		words++
		if t.first&s.initials != 0 || t.lone || s.slot[w]-s.base < limit && s.near[s.slot[w]-s.base].mask != 0 {
			near += t.weight
			linked++
		}
	}
	if kind == name.Person {
		return linked >= min(2, words) && near >= 0.43*total
	}
	return near >= 0.74*total
}

// listed brings back a name of the index.
func (ix *Index) listed(id uint32, l *name.Name) {
	n := &ix.names[id]
	run := ix.runOf(id)
	l.Run, l.Bag = unsafe.String(unsafe.SliceData(run), len(run)), n.bag // the index does not change
	l.Kind, l.Legal, l.Letters, l.Mixed = n.kind, n.legal, "", n.flag&flagMixed != 0
	l.Tokens = l.Tokens[:0]
	for _, r := range ix.refsOf(id) {
		l.Tokens = append(l.Tokens, ix.words[r>>2])
		l.Tokens[len(l.Tokens)-1].Father = int8(r & 3)
	}
}

// fill brings back a listed name and fills in how alike its words are to those of s.q.
func (s *searcher) fill(id uint32) {
	l, refs := &s.l, s.ix.refsOf(id)
	s.ix.listed(id, l)
	if l.Kind != name.Person && abbreviation(s.q.Tokens) != "" {
		l.Abbreviate()
	}
	limit := uint32(len(s.near))
	q := s.q.Tokens
	for j := range l.Tokens {
		t := &l.Tokens[j]
		k := s.slot[refs[j]>>2] - s.base
		for i := range q {
			switch {
			case len(t.Text) == 1 || len(q[i].Text) == 1 || q[i].Class == name.Stop:
				s.s.sim[i][j] = cell(&q[i], t)
			case k < limit && s.near[k].mask&(1<<i) != 0:
				s.s.sim[i][j] = s.near[k].sim[i]
			default:
				s.s.sim[i][j] = 0
			}
		}
	}
}

// weakFactor is what a score loses when the list calls the name a weak alias.
const weakFactor = 0.92

// abbreviation returns the word of a name that is nothing but an abbreviation.
func abbreviation(t []name.Token) string {
	at := -1
	for i := range t {
		switch t[i].Class {
		case name.Form, name.Stop, name.Place:
		case name.Word:
			if at >= 0 || !t[i].Upper && !t[i].Exact || len(t[i].Text) < 4 || len(t[i].Text) > 8 {
				return ""
			}
			at = i
		default:
			return ""
		}
	}
	if at < 0 {
		return ""
	}
	return t[at].Text
}

// hitsOf turns the names found into hits, the best name of each entry.
func (s *searcher) hitsOf(q *Query, texts []string, limit int, threshold float64) []Hit {
	ix := s.ix
	var hits []Hit
	slices.SortFunc(s.found, func(a, b found) int {
		x, y := &ix.names[a.name], &ix.names[b.name]
		return cmp.Or(cmp.Compare(x.list, y.list), cmp.Compare(x.entry, y.entry), cmp.Compare(b.score, a.score), cmp.Compare(x.name, y.name), cmp.Compare(a.text, b.text), cmp.Compare(a.variant, b.variant), cmp.Compare(a.name, b.name))
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
		ev := facts.weigh(e, float64(f.score), f.score >= 0.97)
		if ev.score < threshold {
			continue
		}
		hits = append(hits, Hit{List: int(n.list), Entry: int(n.entry), Score: ev.score, Grade: ev.grade(), Name: e.Names[n.name].Text, Matched: texts[f.text], list: ix.lists[n.list].ID, entry: e.ID, evidence: ev, found: f})
	}
	hits = s.apply(q, s.identified(q, hits, facts))
	slices.SortStableFunc(hits, byRank)
	if limit > 0 && len(hits) > limit {
		hits = hits[:limit]
	}
	for i := range hits {
		s.explain(q, &hits[i])
	}
	return hits
}

func byRank(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Grade, b.Grade), cmp.Compare(a.list, b.list), cmp.Compare(a.entry, b.entry), cmp.Compare(a.List, b.List), cmp.Compare(a.Entry, b.Entry))
}

// identified adds the entries that share a number with q.
func (s *searcher) identified(q *Query, hits []Hit, facts facts) []Hit {
	if len(s.ix.ids) == 0 {
		return hits
	}
	for _, id := range q.Identifiers {
		id, ok := Strong(id)
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
			hits = append(hits, Hit{List: int(at.list), Entry: int(at.entry), Score: ev.score, Grade: ev.grade(), Name: e.Names[0].Text, Matched: q.Name, list: s.ix.lists[at.list].ID, entry: e.ID, evidence: ev, found: found{name: noName}})
		}
	}
	return hits
}

const noName = ^uint32(0)
