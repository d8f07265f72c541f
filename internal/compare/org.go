package compare

import (
	"math"
	"slices"

	"plimsoll/internal/name"
)

// An orgPair is what linking the words of two names of organisations or vessels came to.
type orgPair struct {
	q, l   *name.Name
	s      *Scorer
	weight float32 // of the linked words
	left   [2]float32
	number [2]int // the number that one side has and the other has not, see [left]

	words      int     // linked words that tell names apart
	cores      float32 // how alike these are, together
	single     int     // of these, single letters
	short      int     // letters of the shortest of them
	first      bool    // they begin alike
	firm       int     // linked words that are sure
	counted    int     // all that are linked and weigh
	places     int
	general    int
	generality float32 // what the linked general words weigh
	translated bool    // one stands in another language
}

// An orgRule changes the score of two names of organisations by one thing that is known of them.
type orgRule struct {
	what  string
	apply func(p *orgPair, v float32) float32
}

// orgRules are applied one after the other.
var orgRules = [...]orgRule{
	{"no word is sure", func(p *orgPair, v float32) float32 {
		if p.firm == 0 && p.counted > 1 {
			return v - noFirmOrg
		}
		return v
	}},
	{"words on one side only, or against each other", (*orgPair).leftOver},
	{"numbers", func(p *orgPair, v float32) float32 {
		return v * numbers(p.number[0], p.number[1], p.words, p.q,
			p.l)
	}},
	{"legal forms", func(p *orgPair, v float32) float32 { return v * legal(p.q.Legal, p.l.Legal) }},
	{"other spaces and another spelling, and nothing else", func(p *orgPair, v float32) float32 {
		if k := p.s.links; len(k) == 1 && k[0].how == Joined && k[0].sim < sureJoin {
			return v - onlyJoined
		}
		return v
	}},
	{"a name of one word", (*orgPair).oneWord},
	{"general words alone", func(p *orgPair, v float32) float32 {
		if p.words == 1 && p.cores < shakyCore || p.words == 0 && !p.q.Body && !p.l.Body && p.tells() {
			return min(v, onlyGeneral)
		}
		return v
	}},
	{"single letters alone", func(p *orgPair, v float32) float32 {
		if p.words > 0 && p.words == p.single && p.q.Run != p.l.Run {
			return min(v, onlyGeneral)
		}
		return v
	}},
	{"a body of several people against an office", func(p *orgPair, v float32) float32 {
		if p.q.Body && p.l.Body && (p.committee(p.q, p.l, &p.s.qUsed, &p.s.lUsed) || p.committee(p.l, p.q, &p.s.lUsed,
			&p.s.qUsed)) {
			return min(v, contradicted)
		}
		return v
	}},
	{"one office by two words, and nothing says whose", func(p *orgPair, v float32) float32 {
		if p.q.Body && p.l.Body && p.counted == 1 && otherOffice(p.q.Run, p.l.Run) {
			return min(v, onlyGeneral)
		}
		return v
	}},
	{"letters alone that stand for the words of a body", func(p *orgPair, v float32) float32 {
		if p.q.Lone != p.l.Lone {
			return min(v, BodyLetters)
		}
		return v
	}},
	{"general words in two languages", func(p *orgPair, v float32) float32 {
		switch {
		case !p.translated || p.words > 0 || p.places > 0 && p.general > 0:
		case p.general > 1 && p.generality >= severalGeneral && max(p.left[0], p.left[1]) <= fillerLeft:
			return min(v, inOtherWords)
		default:
			return min(v, onlyGeneral)
		}
		return v
	}},
}

// org scores two names of organisations or vessels.
func (s *Scorer) org(qn, ln *name.Name) float32 {
	if v := s.letters(qn, ln); v > 0 {
		return v
	}
	p := &s.pair
	*p = orgPair{q: qn, l: ln, s: s, short: MaxWord, first: true}
	sum := float32(0)
	for i := range s.links {
		sum += p.count(&s.links[i])
	}
	if p.weight == 0 {
		return 0
	}
	p.left[0], p.number[0] = left(qn.Tokens, &s.qUsed)
	p.left[1], p.number[1] = left(ln.Tokens, &s.lUsed)
	v := sum / p.weight
	for i := range orgRules {
		v = orgRules[i].apply(p, v)
	}
	return v
}

// offices are words for what a body is that say nothing of what it does.
var offices = [...]string{"department", "service", "services", "force", "agency", "authority", "administration",
	"directorate", "office", "board", "bureau", "corps", "division", "command", "college"}

// otherOffice reports whether two names differ by nothing but such a word, which both have: one Police Department and
// one Police Service are seldom those of one place.
func otherOffice(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == 0 || i == len(a) || i == len(b) {
		return false
	}
	ends := func(s string) bool {
		return slices.ContainsFunc(offices[:], func(w string) bool { // they may begin alike: agency, administration
			at := len(s) - len(w)
			return at > 0 && at <= i && s[at:] == w
		})
	}
	return ends(a) && ends(b)
}

// committee reports whether a is a body of several people by a word without a counterpart, and b is an office by one.
func (p *orgPair) committee(a, b *name.Name, aUsed, bUsed *[name.MaxTokens]bool) bool {
	has := func(n *name.Name, used *[name.MaxTokens]bool, want bool) bool {
		for i := range n.Tokens {
			if t := &n.Tokens[i]; !used[i] && len(t.Syms) > 0 && t.Syms[0].Kind() == name.SymBody &&
				name.IsCommittee(t.Syms[0]) == want {
				return true
			}
		}
		return false
	}
	return has(a, aUsed, true) && has(b, bUsed, false)
}

// count takes a link into account, and returns how alike its words are times what they weigh.
func (p *orgPair) count(k *link) float32 {
	q, l := p.q.Tokens, p.l.Tokens
	a, b := linkWeight(q, k.q, k.qn), linkWeight(l, k.l, k.ln)
	if a == 0 || b == 0 {
		return 0 // a word matched by part of a legal form has nothing more to say
	}
	x, y := &q[k.q], &l[k.l]
	if k.how == Similar && heardOnly(x, y) {
		k.sim = min(k.sim, soundAlone)
	}
	w := (a + b) / 2
	p.weight += w
	p.counted++
	switch x.Class {
	case name.Place:
		p.places++
	case name.Generic:
		p.general++
		p.generality += w
	}
	p.translated = p.translated || k.how == Meaning && !sameStem(x.Text, y.Text)
	if k.sim > firmWord {
		p.firm++
	}
	if x.Class == name.Word || y.Class == name.Word {
		p.telling(k, x, y)
	}
	return w * k.sim
}

// heardOnly reports whether two words in Latin letters are too many letters apart and only sound the same: in one
// script letters are compared, and sound says who is meant across scripts.
func heardOnly(x, y *name.Token) bool {
	if x.Alien || y.Alien || x.Loose || y.Loose || x.Bent || y.Bent {
		return false
	}
	return !Within(x.Text, y.Text, Reach(min(len(x.Text), len(y.Text))))
}

// telling takes a link of words that tell names apart into account.
func (p *orgPair) telling(k *link, x, y *name.Token) {
	p.words++
	if len(x.Text) == 1 && len(y.Text) == 1 && x.Text[0] > '9' && !p.q.Body && !p.l.Body {
		p.single++
	}
	if k.how == Meaning { // nothing was spelt in another way
		p.cores++
		return
	}
	p.cores += k.sim - coined(p.q.Tokens, p.l.Tokens, *k)
	if x.Bent != y.Bent && k.sim > bentNear {
		return // another script knows no first letter, and few letters are no few sounds
	}
	if x.Loose == y.Loose || k.sim < longVowelsHeard { // few letters are no few sounds where vowels are not written
		p.short = min(p.short, len(x.Text), len(y.Text))
	}
	p.first = p.first && x.Text[0] == y.Text[0]
}

// leftOver lowers the score for words without a counterpart.
func (p *orgPair) leftOver(v float32) float32 {
	qx, lx := p.left[0], p.left[1]
	if qx > 0 && lx > 0 {
		c := float32(math.Sqrt(float64(qx * lx)))
		return v * max(contradicted, 1-orgConflict*c/min(1, p.weight))
	}
	if x := max(qx/(qx+kept(p.q.Tokens, &p.s.qUsed)), lx/(lx+kept(p.l.Tokens, &p.s.lUsed))); x > 0 {
		return v * max(leastExtra, 1-orgExtra*x)
	}
	return v
}

// oneWord lowers the score of names that one word alone tells, and that spell it in two ways.
func (p *orgPair) oneWord(v float32) float32 {
	if p.words != 1 || p.cores >= 1 || p.weight >= oneWordWeight {
		return v
	}
	w := v - (1-p.cores)*oneWord
	if !p.first {
		w -= otherFirst // hands and ears seldom slip on the first letter
	}
	if p.short <= shortWord {
		w -= shortSlip
	}
	return max(w, min(v, lowSight)) // still worth showing when the threshold is lowered
}

// tells reports whether a word without a counterpart tells names apart.
func (p *orgPair) tells() bool {
	return tellingLeft(p.q.Tokens, &p.s.qUsed) || tellingLeft(p.l.Tokens, &p.s.lUsed)
}

// coined is what a link between two coined words is worth less than its letters are: what they differ in is measured
// against what stands before the part that many firms share, and another part is another word.
func coined(q, l []name.Token, k link) float32 {
	if k.qn != 1 || k.ln != 1 || k.sim >= 1 || k.how != Similar {
		return 0
	}
	a, b := &q[k.q], &l[k.l]
	if a.Loose || b.Loose || a.Bent || b.Bent {
		return 0
	}
	i, x := name.Element(a.Text)
	j, y := name.Element(b.Text)
	switch {
	case x == 0 || y == 0:
		return 0
	case x != y:
		return k.sim
	}
	return (1 - k.sim) * (float32(max(len(a.Text), len(b.Text)))/float32(max(i, j)) - 1)
}

// sameStem reports whether two words begin alike (technology, technologies), or one is an
// abbreviation of the other (intl, international).
func sameStem(a, b string) bool {
	n := min(len(a), len(b), 5)
	if n >= 4 && a[:n] == b[:n] {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 3 || a[0] != b[0] {
		return false
	}
	i := 0
	for j := 0; j < len(b) && i < len(a); j++ {
		if a[i] == b[j] {
			i++
		}
	}
	return i == len(a)
}

// left sums up the words without a counterpart, and returns the numbers among them
// (-1 none, -2 several).
func left(t []name.Token, used *[name.MaxTokens]bool) (float32, int) {
	sum, num := float32(0), -1
	for i := range t {
		if used[i] {
			continue
		}
		if t[i].Class == name.Number {
			if num != -1 {
				num = -2
				continue
			}
			num = 0
			for _, c := range []byte(t[i].Text) {
				num = num*10 + int(c-'0')
			}
			continue
		}
		if t[i].Class != name.Generic || !repeated(t, used, i) {
			sum += t[i].Weight
		}
	}
	return sum, num
}

// repeated reports whether a general word means what a word with a counterpart means: a verf is a shipyard.
func repeated(t []name.Token, used *[name.MaxTokens]bool, i int) bool {
	for k := range t {
		if used[k] && len(t[k].Syms) > 0 && len(t[i].Syms) > 0 && symSim(&t[k], &t[i]) > 0 {
			return true
		}
	}
	return false
}

// tellingLeft reports whether a word without a counterpart is one that tells names apart.
func tellingLeft(t []name.Token, used *[name.MaxTokens]bool) bool {
	for i := range t {
		if !used[i] && t[i].Class == name.Word && t[i].Weight >= 1 {
			return true
		}
	}
	return false
}

func kept(t []name.Token, used *[name.MaxTokens]bool) float32 {
	sum := float32(0)
	for i := range t {
		if used[i] && t[i].Class != name.Number {
			sum += t[i].Weight
		}
	}
	return max(sum, 0.01)
}

// numbers says what the numbers do that one side has and the other has not (-1: none).
func numbers(q, l, words int, qn, ln *name.Name) float32 {
	vessel := ln.Kind == name.Vessel
	switch {
	case q == -1 && l == -1:
		return 1
	case q != -1 && l != -1 && words > 0:
		if vessel || words > 1 || qn.Legal&ln.Legal&name.LP != 0 {
			return otherSeries
		}
		return contradicted
	case q != -1 && l != -1:
		return onlyNumber
	case vessel:
		return shipNumber
	case q == 1 || l == 1:
		return noFirst
	}
	return noNumber
}

// otherOrdinal reports whether two names of general words share a number that each says in another language: First
// Bank and Erste Bank are no more one than First Pharma and Yi Yao. Bodies are (the first army, la première armée).
func otherOrdinal(q, l *name.Name) bool {
	if q.Kind != name.Org || q.Body || l.Body {
		return false
	}
	a, b := spoken(q.Tokens), spoken(l.Tokens)
	return a != 0 && b != 0 && a != b
}

// spoken returns how the only number in words of a name begins, 0 when there is none or a word tells whose name it is.
func spoken(t []name.Token) name.Sym {
	s := name.Sym(0)
	for i := range t {
		switch t[i].Class {
		case name.Word:
			return 0
		case name.Number:
			if s != 0 || len(t[i].Syms) == 0 {
				return 0
			}
			s = t[i].Syms[0]
		}
	}
	return s
}
