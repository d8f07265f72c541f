package match

import (
	"math"

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

var howText = [...]string{"equal", "similar", "same meaning", "name variant", "initial", "joined", "abbreviation", "only here", "differs", "not counted"}

func (h How) String() string { return howText[h] }

// A scorer compares two names. It keeps its memory between pairs; scoring allocates
// nothing. Not for concurrent use.
type scorer struct {
	sim   [name.MaxTokens][name.MaxTokens]float32
	links []link
	qUsed [name.MaxTokens]bool
	lUsed [name.MaxTokens]bool
}

// matrix fills in how alike the words are.
func (s *scorer) matrix(q, l []name.Token) {
	for i := range q {
		for j := range l {
			s.sim[i][j] = cell(&q[i], &l[j])
		}
	}
}

// cell compares two words as part of names: like wordSim, but knows which classes of words
// may stand for each other.
func cell(a, b *name.Token) float32 {
	if len(a.Text) == 1 || len(b.Text) == 1 {
		return initial(a, b)
	}
	return wordSim(a, b)
}

func initial(a, b *name.Token) float32 {
	if a.Text == b.Text {
		return 1
	}
	if a.Class != name.Initial && b.Class != name.Initial || a.Class > name.Patronym || b.Class > name.Patronym || a.Class == name.Number || b.Class == name.Number {
		if (a.Bent || b.Bent || len(a.Text) > 1 || len(b.Text) > 1) && symSim(a, b) > 0 {
			return symSim(a, b)
		}
		return 0
	}
	if a.Text[0] == b.Text[0] {
		return 0.8
	}
	if symSim(a, b) > 0 {
		return symSim(a, b)
	}
	return 0
}

// align links the words, the surest first: equal words, words joined or split, then the
// most similar.
func (s *scorer) align(q, l []name.Token) {
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
func (s *scorer) pairs(q, l []name.Token, floor float32) {
	for {
		best, bi, bj, bd := float32(0), -1, -1, 0
		for i := range q {
			if s.qUsed[i] {
				continue
			}
			for j := range l {
				v := s.sim[i][j]
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

func (s *scorer) add(k link) {
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
func (s *scorer) joins(many, single []name.Token, back bool) {
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
			size := 0
			for n := 1; n <= 3 && i+n <= len(many) && !mUsed[i+n-1]; n++ {
				size += len(many[i+n-1].Text)
				if n < 2 {
					continue
				}
				if size > len(t.Text)+3 {
					break
				}
				v := joinSim(many[i:i+n], t, size)
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

// joinSound is how many consonants words must have to be known as joined by their sound;
// shorter ones must be spelt the same.
const joinSound = 3

// joinSizes says whether words of a letters together may sound like one of b letters. A
// script without vowels writes up to half as many.
func joinSizes(a, b int, loose bool) bool {
	if loose {
		return a < 2*b+2 && b < 2*a+2
	}
	return a-b <= 3 && b-a <= 3
}

// joinSim compares words written together with one word: they must sound the same.
func joinSim(many []name.Token, t *name.Token, size int) float32 {
	if size < 4 || size > maxWord || len(t.Text) > maxWord {
		return 0
	}
	if x := many[0].Sound; len(many[0].Text) > 2 && x != "" && t.Sound != "" && x[0] != t.Sound[0] {
		return 0 // what sounds the same begins the same
	}
	for i := range many {
		if many[i].Class == name.Number || many[i].Class == name.Initial || many[i].Class == name.Form {
			return 0
		}
	}
	var buf, snd [maxWord + 16]byte
	b := buf[:0]
	loose, bent := t.Loose, t.Bent
	for i := range many {
		b = append(b, many[i].Text...)
		loose, bent = loose || many[i].Loose, bent || many[i].Bent
	}
	if string(b) == t.Text {
		return 0.97
	}
	if many[0].Han != 0 && !t.Bent && !t.Loose && name.OtherSyllables(many, t.Text) {
		return 0
	}
	if !joinSizes(size, len(t.Text), loose) {
		return 0
	}
	if len(t.Sound) < joinSound || t.Exact || string(name.AppendSound(snd[:0], b, loose)) != t.Sound {
		return 0
	}
	// b does not outlive the call, so the conversion does not allocate.
	long := float32(max(size, len(t.Text)))
	v := 1 - spellCost(string(b), t.Text, loose, bent, int(long*(1-leastFar)*full)+1)/long
	if loose {
		v = max(v, 0.9)
	}
	if v < 0.78 {
		return 0
	}
	return min(v, 0.99) * 0.97
}

// What lowers the score of two personal names.
const (
	noFirmWord   = 0.08 // no word is sure
	contradicted = 0.62 // each side has a word that contradicts the other
	personExtra  = 0.36 // times the share of the words that stand on one side only
	lonely       = 0.7  // one word of several is a coincidence
	shakyWord    = 0.88 // one of two words is hardly near
)

// Names compares two names of one kind that were taken apart.
func (s *scorer) names(q, l *name.Name) float32 {
	if len(q.Tokens) == 0 || len(l.Tokens) == 0 {
		return 0
	}
	s.matrix(q.Tokens, l.Tokens)
	return s.judge(q, l)
}

// judge scores two names whose matrix is filled in.
func (s *scorer) judge(q, l *name.Name) float32 {
	v := s.words(q, l)
	if v < Threshold {
		v = max(v, s.whole(q, l))
	}
	return max(0, min(v, most(q, l), 1))
}

// otherHan is the most that two names score which are written with different Han characters,
// though they may sound alike: a keyboard makes such slips.
const otherHan = 0.89

// cutName is the most that two names score which were read in part and differ.
const cutName = 0.99

// most is the most that two names can score, however alike their words are.
func most(q, l *name.Name) float32 {
	switch {
	case q.Han != 0 && l.Han != 0 && q.Han != l.Han:
		return otherHan
	case len(q.Tokens) >= name.MaxTokens && len(l.Tokens) >= name.MaxTokens && q.Run != l.Run:
		return cutName
	}
	return 1
}

// words scores two names by their words.
func (s *scorer) words(q, l *name.Name) float32 {
	s.align(q.Tokens, l.Tokens)
	if s.equal(q.Tokens, l.Tokens) {
		return most(q, l)
	}
	var v float32
	if l.Kind == name.Person {
		v = s.person(q.Tokens, l.Tokens)
	} else {
		v = s.org(q, l)
	}
	return max(0, min(v, most(q, l), 1))
}

// equal reports whether the words are the same, one after the other.
func (s *scorer) equal(q, l []name.Token) bool {
	if len(q) != len(l) {
		return false
	}
	for i := range q {
		if q[i].Text != l[i].Text {
			return false
		}
	}
	return true
}

// isWord says which words of a personal name tell people apart.
func isWord(t *name.Token) bool {
	return t.Class == name.Word || t.Class == name.Patronym
}

// person scores two personal names.
func (s *scorer) person(q, l []name.Token) float32 {
	var sum, weight, worst float32 = 0, 0, 1
	words, firm, swaps, v0 := 0, 0, 0, float32(0)
	for _, k := range s.links {
		a, b := &q[k.q], &l[k.l]
		w := (linkWeight(q, k.q, k.qn) + linkWeight(l, k.l, k.ln)) / 2
		if w == 0 {
			continue
		}
		sum += w * k.sim
		weight += w
		if k.how == Joined {
			words += int(max(k.qn, k.ln))
			firm++
			if len(s.links) == 1 && k.sim < 0.93 {
				v0 = 0.15 // the spaces and the spelling differ, and there is nothing else
			}
			continue
		}
		if k.how != Letter && isWord(a) && isWord(b) {
			words++
			worst = min(worst, k.sim)
			if k.sim > 0.9 {
				firm++
			}
		}
		if a.Father != b.Father && a.Father*b.Father > 0 && k.sim > 0.9 {
			swaps++
		}
	}
	if weight == 0 {
		return 0
	}
	qw, qo, qf := rest(q, &s.qUsed)
	lw, lo, lf := rest(l, &s.lUsed)
	v := sum/weight - v0
	switch {
	case words == 0:
		return 0.4 * v // initials alone name nobody
	case firm == 0:
		v -= noFirmWord
	}
	if qf && lf || qw > 0 && lo > 0 || lw > 0 && qo > 0 || qo > 0 && lo > 0 {
		v *= contradicted
	} else {
		if over := max(qw/(qw+own(q, &s.qUsed)), lw/(lw+own(l, &s.lUsed))); over > 0 {
			v *= 1 - personExtra*over
			if over > 0.55 {
				v *= 0.8
			}
		}
		if words == 1 && (qw > 0 || lw > 0) {
			v *= lonely
		}
		if qo > 0 || lo > 0 {
			v *= 0.98
		}
	}
	if words == 1 && qw == 0 && lw == 0 && worst < 1 {
		v -= (1 - worst) * oneWord
	}
	if swaps > 1 {
		v *= 0.62
	}
	if x, y := suffix(q), suffix(l); x != "" && y != "" && x != y {
		v *= 0.65
	}
	if worst < 0.7 && words < 3 {
		v *= shakyWord
	}
	return v
}

// rest sums up what was left over: words, initials, and whether there are any words that
// must not differ.
func rest(t []name.Token, used *[name.MaxTokens]bool) (words, initials float32, firm bool) {
	for i := range t {
		if used[i] {
			continue
		}
		switch t[i].Class {
		case name.Word, name.Generic, name.Place, name.Number:
			words += t[i].Weight
			firm = true
		case name.Patronym:
			words += t[i].Weight
			firm = true
		case name.Initial:
			initials += t[i].Weight
		}
	}
	return words, initials, firm
}

func own(t []name.Token, used *[name.MaxTokens]bool) float32 {
	sum := float32(0)
	for i := range t {
		if used[i] {
			sum += t[i].Weight
		}
	}
	return max(sum, 0.01)
}

func suffix(t []name.Token) string {
	if n := len(t); n > 0 && t[n-1].Class == name.Suffix {
		switch t[n-1].Text {
		case "jr", "junior", "jnr", "ii", "filho", "hijo", "fils":
			return "2"
		case "sr", "senior", "snr":
			return "1"
		}
		return t[n-1].Text
	}
	return ""
}

func linkWeight(t []name.Token, i, n int8) float32 {
	sum := float32(0)
	for k := i; k < i+n; k++ {
		sum += t[k].Weight
	}
	return sum
}

// What a word that stands on one side only does to the score of two organisations, and
// when words that stand against each other are too much.
const (
	orgExtra        = 1.33
	orgConflict     = 1.6
	conflictCap     = 0.62
	noFirmOrg       = 0.18 // no word is sure
	asLetters       = 0.66 // letters that could stand for the name: seen when the threshold is lowered
	bodyLetters     = 0.72 // letters alone that are those of a public body: a match, and never a sure one
	longVowelsHeard = 0.88 // two consonants and a long vowel agree in two scripts
	oneWord         = 1.0  // a name of one word must be spelt well: there is nothing else to go by
)

// org scores two names of organisations or vessels.
func (s *scorer) org(qn, ln *name.Name) float32 {
	q, l := qn.Tokens, ln.Tokens
	if v := s.letters(qn, ln); v > 0 {
		return v
	}
	var sum, weight float32
	words, cores, firm, counted, short, first := 0, float32(0), 0, 0, maxWord, true
	places, general, translated := 0, 0, false
	for _, k := range s.links {
		a, b := linkWeight(q, k.q, k.qn), linkWeight(l, k.l, k.ln)
		w := (a + b) / 2
		if a == 0 || b == 0 {
			// A word matched by part of a legal form has nothing more to say.
			continue
		}
		sum += w * k.sim
		weight += w
		counted++
		switch {
		case q[k.q].Class == name.Place:
			places++
		case q[k.q].Class == name.Generic:
			general++
		}
		translated = translated || k.how == Meaning && !sameStem(q[k.q].Text, l[k.l].Text)
		if q[k.q].Class == name.Word || l[k.l].Class == name.Word {
			words++
			if k.sim > 0.9 {
				firm++
			}
			if k.how == Meaning { // nothing was spelt in another way
				cores++
				continue
			}
			cores += k.sim - coined(q, l, k)
			if bend := q[k.q].Bent != l[k.l].Bent && k.sim > 0.85; bend {
				continue // another script knows no first letter, and few letters are no few sounds
			}
			if q[k.q].Loose == l[k.l].Loose || k.sim < longVowelsHeard { // few letters are no few sounds where vowels are not written
				short = min(short, len(q[k.q].Text), len(l[k.l].Text))
			}
			first = first && q[k.q].Text[0] == l[k.l].Text[0]
		} else if k.sim > 0.9 {
			firm++
		}
	}
	if weight == 0 {
		return 0
	}
	v := sum / weight
	if firm == 0 && counted > 1 {
		v -= noFirmOrg
	}
	qx, qnum := left(q, &s.qUsed)
	lx, lnum := left(l, &s.lUsed)
	if qx > 0 && lx > 0 {
		c := float32(math.Sqrt(float64(qx * lx)))
		v *= max(conflictCap, 1-orgConflict*c/min(1, weight))
	} else if x := max(qx/(qx+kept(q, &s.qUsed)), lx/(lx+kept(l, &s.lUsed))); x > 0 {
		v *= max(0.3, 1-orgExtra*x)
	}
	v *= numbers(qnum, lnum, words, qn, ln)
	v *= legal(qn.Legal, ln.Legal)
	if len(s.links) == 1 && s.links[0].how == Joined && s.links[0].sim < 0.93 {
		v -= 0.15
	}
	if words == 1 && cores < 1 && weight < 1.42 {
		w := v - (1-cores)*oneWord
		if !first {
			w -= 0.15 // hands and ears seldom slip on the first letter
		}
		if short <= 4 {
			w -= 0.17
		}
		v = max(w, min(v, 0.5)) // still worth showing when the threshold is lowered
	}
	if words == 1 && cores < shakyCore || words == 0 && !qn.Body && !ln.Body && (tellingLeft(q, &s.qUsed) || tellingLeft(l, &s.lUsed)) {
		v = min(v, onlyGeneral)
	}
	if translated && words == 0 && (places == 0 || general == 0) {
		v = min(v, onlyGeneral)
	}
	return v
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

// shakyCore is how near the one word must be that tells an organisation: what stands beside it says little.
const shakyCore = 0.7

// onlyGeneral is the most that two names score which share nothing but general words in two
// languages: "First Pharma" and "Yi Yao" name nobody in common. A state with a general word
// (中国银行, Bank of China) is a name.
const onlyGeneral = 0.65

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
		sum += t[i].Weight
	}
	return sum, num
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

// What numbers that differ cost two names that are alike else. The number of a unit, a camp
// or a fund is its name. Ships of one name, and the partnerships and trusts of one house,
// are two as well, but near enough that a person should look.
const (
	otherNumber = 0.62
	otherSeries = 0.78
	onlyNumber  = 0.5 // the number is all that tells them apart
	noNumber    = 0.65
	noFirst     = 0.93 // the first of a series is often written without its number
	shipNumber  = 0.8
)

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
		return otherNumber
	case q != -1 && l != -1:
		return onlyNumber
	case vessel:
		return shipNumber
	case q == 1 || l == 1:
		return noFirst
	}
	return noNumber
}

// legal compares the classes of the legal forms.
func legal(q, l name.Legal) float32 {
	const business = name.LLC | name.JSC | name.CORP | name.LP | name.GP | name.LLP | name.SP
	switch {
	case q == 0 || l == 0 || q&l != 0:
		return 1
	case q&business != 0 && l&business != 0:
		return 0.97
	case q&name.NGO != 0 && l&business != 0 || l&name.NGO != 0 && q&business != 0:
		return 0.65
	}
	return 0.92
}
