package compare

import (
	"plimsoll/internal/name"
)

// A link ties words of the query to words of the listed name.
type link struct {
	q, l   int8 // first word
	qn, ln int8 // how many words
	sim    float32
	how    How
}

// How says why two words, or a word that has none to go with, were taken as they are.
type How uint8

// The ways.
const (
	Equal   How = iota
	Similar     // spelt alike
	Meaning     // the same word in another language, a place, a number
	Variant     // another spelling or a short form of one personal name
	Letter      // an initial
	Joined      // written in one word or in two
	Letters     // an abbreviation
	Extra       // stands on one side only
	Differs     // stands against another word
	Ignored     // a legal form, an article, a title
)

var howText = [...]string{"equal", "similar", "same meaning", "name variant", "initial", "joined", "abbreviation",
	"only here", "differs", "not counted"}

func (h How) String() string { return howText[h] }

// A Scorer compares two names. It keeps its memory between pairs; scoring allocates
// nothing. Not for concurrent use.
type Scorer struct {
	Sim   [name.MaxTokens][name.MaxTokens]float32
	links []link
	qUsed [name.MaxTokens]bool
	lUsed [name.MaxTokens]bool
	pair  orgPair
	two   personPair
}

// matrix fills in how alike the words are.
func (s *Scorer) matrix(q, l []name.Token) {
	for i := range q {
		for j := range l {
			s.Sim[i][j] = Cell(&q[i], &l[j])
		}
	}
}

// Cell compares two words as part of names: like WordSim, but knows which classes of words
// may stand for each other.
func Cell(a, b *name.Token) float32 {
	if len(a.Text) == 1 || len(b.Text) == 1 {
		return initial(a, b)
	}
	return WordSim(a, b)
}

func initial(a, b *name.Token) float32 {
	if a.Text == b.Text {
		return 1
	}
	if a.Class != name.Initial && b.Class != name.Initial || a.Class > name.Patronym || b.Class > name.Patronym ||
		a.Class == name.Number || b.Class == name.Number {
		if (a.Bent || b.Bent || len(a.Text) > 1 || len(b.Text) > 1) && symSim(a, b) > 0 {
			return symSim(a, b)
		}
		return 0
	}
	if a.Text[0] == b.Text[0] {
		return initialLike
	}
	if symSim(a, b) > 0 {
		return symSim(a, b)
	}
	return 0
}

// align links the words, the surest first: equal words, words joined or split, then the
// most similar.
func (s *Scorer) align(q, l []name.Token) {
	s.links = s.links[:0]
	for i := range q {
		s.qUsed[i] = false
	}
	for j := range l {
		s.lUsed[j] = false
	}
	s.pairs(q, l, 1)
	s.joins(q, l, false)
	s.joins(l, q, true)
	s.pairs(q, l, least)
}

// pairs links single words that are at least as similar as floor. Among equals the ones
// that stand at the most similar places go together.
func (s *Scorer) pairs(q, l []name.Token, floor float32) {
	for {
		best, bi, bj, bd := float32(0), -1, -1, 0
		for i := range q {
			if s.qUsed[i] {
				continue
			}
			for j := range l {
				v := s.Sim[i][j]
				if v < floor || s.lUsed[j] || v < best {
					continue
				}
				if !agree(&q[i], &l[j]) {
					continue
				}
				if d := distance(i, j, len(q), len(l)); v > best || d < bd {
					best, bi, bj, bd = v, i, j, d
				}
			}
		}
		if bi < 0 {
			return
		}
		s.add(link{q: int8(bi), l: int8(bj), qn: 1, ln: 1, sim: best, how: howOf(&q[bi], &l[bj], best)})
	}
}

// agree says whether words of these classes may be the same: an article is no name.
func agree(a, b *name.Token) bool {
	if a.Class == b.Class {
		return true
	}
	if a.Class == name.Stop || b.Class == name.Stop {
		return false
	}
	return true
}

func howOf(a, b *name.Token, sim float32) How {
	switch {
	case a.Text == b.Text:
		return Equal
	case len(a.Text) == 1 || len(b.Text) == 1:
		return Letter
	case symSim(a, b) > 0 && len(a.Syms) > 0:
		if k := a.Syms[0].Kind(); k == name.SymSame || k == name.SymShort {
			return Variant
		}
		return Meaning
	}
	return Similar
}

func distance(i, j, n, m int) int {
	d := i*m - j*n
	if d < 0 {
		d = -d
	}
	return d
}

func (s *Scorer) add(k link) {
	for i := k.q; i < k.q+k.qn; i++ {
		s.qUsed[i] = true
	}
	for j := k.l; j < k.l+k.ln; j++ {
		s.lUsed[j] = true
	}
	s.links = append(s.links, k)
}

// joins links two or three words of many to one word of single. back says that many are
// the listed words.
func (s *Scorer) joins(many, single []name.Token, back bool) {
	mUsed, sUsed := &s.qUsed, &s.lUsed
	if back {
		mUsed, sUsed = sUsed, mUsed
	}
	for j := range single {
		t := &single[j]
		if sUsed[j] || len(t.Text) < 4 || t.Class == name.Number || t.Class == name.Stop {
			continue
		}
		for i := 0; i+1 < len(many); i++ {
			if otherBeginning(&many[i], t) {
				continue
			}
			size := 0
			for n := 1; n <= 3 && i+n <= len(many) && !mUsed[i+n-1]; n++ {
				size += len(many[i+n-1].Text)
				if n < 2 {
					continue
				}
				if size > len(t.Text)+3 {
					break
				}
				v := JoinSim(many[i:i+n], t, size)
				if v == 0 {
					continue
				}
				k := link{q: int8(i), l: int8(j), qn: int8(n), ln: 1, sim: v, how: Joined}
				if back {
					k.q, k.l, k.qn, k.ln = k.l, k.q, k.ln, k.qn
				}
				s.add(k)
				break
			}
			if sUsed[j] {
				break
			}
		}
	}
}

// JoinSizes says whether words of a letters together may sound like one of b letters. A
// script without vowels writes up to half as many.
func JoinSizes(a, b int, loose bool) bool {
	if loose {
		return a < 2*b+2 && b < 2*a+2
	}
	return a-b <= 3 && b-a <= 3
}

// otherBeginning reports whether words that begin with first cannot sound like t: what sounds the same begins the same.
func otherBeginning(first, t *name.Token) bool {
	x := first.Sound
	return len(first.Text) > 2 && x != "" && t.Sound != "" && x[0] != t.Sound[0]
}

// JoinSim compares words written together with one word: they must sound the same.
func JoinSim(many []name.Token, t *name.Token, size int) float32 {
	if size < 4 || size > MaxWord || len(t.Text) > MaxWord {
		return 0
	}
	if otherBeginning(&many[0], t) {
		return 0
	}
	loose, bent := t.Loose, t.Bent
	for i := range many {
		if many[i].Class == name.Number || many[i].Class == name.Initial || many[i].Class == name.Form {
			return 0
		}
		loose, bent = loose || many[i].Loose, bent || many[i].Bent
	}
	if !JoinSizes(size, len(t.Text), loose) {
		return 0
	}
	var buf [MaxWord + 16]byte
	b := buf[:0]
	for i := range many {
		b = append(b, many[i].Text...)
	}
	if string(b) == t.Text {
		return joined
	}
	if many[0].Han != 0 && !t.Bent && !t.Loose && name.OtherSyllables(many, t.Text) {
		return 0
	}
	if len(t.Sound) < JoinSound || t.Exact || !name.SoundsAs(b, loose, t.Sound) {
		return 0
	}
	// b does not outlive the call, so the conversion does not allocate.
	long := float32(max(size, len(t.Text)))
	v := 1 - spellCost(string(b), t.Text, loose, bent, int(long*(1-leastFar)*full)+1)/long
	if loose {
		v = max(v, joinedLoose)
	}
	if v < leastFar {
		return 0
	}
	return min(v, mostSpelt) * joined
}
