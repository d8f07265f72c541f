package compare

import (
	"plimsoll/internal/name"
)

// Whole names are compared letter by letter where words do not help: when spaces are
// missing or too many, when the words stand in another order, and when a slip of the hand
// has made another word of a short one.

// whole scores two names as strings of letters, 0 when they are not near.
func (s *Scorer) whole(q, l *name.Name) float32 {
	v := s.strings(q, l)
	if v == 0 {
		return 0
	}
	v *= legal(q.Legal, l.Legal)
	if v >= Threshold {
		s.links = append(s.links[:0], link{qn: int8(len(q.Tokens)), ln: int8(len(l.Tokens)), sim: v, how: Joined})
		if q.Run != l.Run {
			s.links[0].how = Similar
		}
	}
	return v
}

func (s *Scorer) strings(q, l *name.Name) float32 {
	a, b := q.Run, l.Run
	if len(a) < 3 || len(b) < 3 {
		return 0
	}
	if a == b {
		return sameRun
	}
	if q.Bag != 0 && q.Bag == l.Bag {
		if l.Kind == name.Person && s.otherKorean(q.Tokens, l.Tokens) {
			return 0
		}
		return sameBag
	}
	if q.Han != 0 && l.Han == 0 && otherReading(q, l) || l.Han != 0 && q.Han == 0 && otherReading(l, q) {
		return 0
	}
	if len(a) > MaxRun || len(b) > MaxRun || !sameDigits(a, b) {
		return 0
	}
	best := float32(0)
	if v := near(a, b, core(q.Tokens, l.Tokens)); v >= Threshold && !s.contradict(q, l) && !oneWordEach(q, l) {
		best = v
	}
	if d := len(a) - len(b); len(a) >= 5 && len(b) >= 5 && len(a) <= MaxWord && len(b) <= MaxWord && (d < 9 && d > -9) {
		best = max(best, s.heard(q, l))
	}
	return best
}

// otherReading reports whether a name of nothing but Han characters is read in other syllables than a name in pinyin.
func otherReading(han, l *name.Name) bool {
	for i := range han.Tokens {
		if han.Tokens[i].Han == 0 {
			return false
		}
	}
	return len(han.Tokens) <= maxSyllables && name.OtherSyllables(han.Tokens, l.Run)
}

// near scores strings that are at most two letters apart (one when short). What differs is
// measured against the letters of the words that tell names apart.
func near(a, b string, core int) float32 {
	if min(len(a), len(b)) < 6 {
		return 0
	}
	e := Edits(a, b, Allowed(min(len(a), len(b))))
	if e < 0 {
		return 0
	}
	return min(mostWhole, 1-slip*float32(e)/float32(core))
}

// core counts the letters of the words that tell names apart, the mean of both sides; all
// letters when there are no such words.
func core(q, l []name.Token) int {
	a, b := telling(q), telling(l)
	switch {
	case a == 0 && b == 0:
		return (letters(q) + letters(l) + 1) / 2
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return (a + b + 1) / 2
}

func telling(t []name.Token) int {
	n, words := 0, 0
	for i := range t {
		if t[i].Weight >= 0.5 {
			n += len(t[i].Text)
			words++
		}
	}
	if words == 1 && n > 1 && n < 7 {
		return n - 1 // a short word with nothing beside it
	}
	return n
}

func letters(t []name.Token) int {
	n := 0
	for i := range t {
		n += len(t[i].Text)
	}
	return n
}

// Allowed is how many letters may differ between names of which the shorter has n.
func Allowed(n int) int {
	switch {
	case n < 6:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// Edits returns the Levenshtein distance of a and b when it is at most k, else -1.
func Edits(a, b string, k int) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(b)-len(a) > k:
		return -1
	case len(a) == 0:
		return len(b)
	case k == 1:
		if len(b) == 1 {
			return 1
		}
		return -1
	case k == 0:
		return -1
	}
	// k is 2: the first letters differ, and the last.
	best := -1
	try := func(a, b string, used int) {
		if e := Edits(a, b, k-used); e >= 0 && (best < 0 || e+used < best) {
			best = e + used
		}
	}
	if k > 1 {
		try(a[1:], b[1:], 1)
		try(a, b[1:], 1)
		if len(a) >= len(b)-k+2 {
			try(a[1:], b, 1)
		}
	}
	return best
}

func sameDigits(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && a[i] > '9' {
			i++
		}
		for j < len(b) && b[j] > '9' {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
		i++
		j++
	}
}

// contradict reports whether what differs has a meaning: another place, another number,
// another initial, or letters of an abbreviation.
func (s *Scorer) contradict(q, l *name.Name) bool {
	person := l.Kind == name.Person
	if person && s.otherKorean(q.Tokens, l.Tokens) {
		return true
	}
	for i := range q.Tokens {
		if s.qUsed[i] {
			continue
		}
		a := &q.Tokens[i]
		for j := range l.Tokens {
			if s.lUsed[j] {
				continue
			}
			b := &l.Tokens[j]
			switch {
			case a.Class == name.Place && b.Class == name.Place, a.Class == name.Number && b.Class == name.Number,
				a.Class == name.Initial && b.Class == name.Initial, a.Class == name.Suffix && b.Class == name.Suffix:
				return true
			case symSim(a, b) < 0:
				return true // two general words, two known names: محمد is not Mahmoud
			case (a.Loose || b.Loose) && a.Sound == b.Sound && name.VowelsClash(a, b):
				return true
			case !person && a.Class == name.Word && b.Class == name.Word && (spelt(a) || spelt(b) ||
				max(len(a.Text), len(b.Text)) <= 4):
				return true // LXC is not LAU: two letters of three
			}
		}
	}
	return false
}

// spelt reports whether a word is the letters of an abbreviation. The digits of a
// registration mark are compared elsewhere (sameDigits).
func spelt(t *name.Token) bool {
	for i := range len(t.Text) {
		if t.Text[i] <= '9' {
			return false
		}
	}
	return t.Exact
}

// oneWordEach reports whether one word alone tells each of two organisations: then that
// word is to be spelt well (oneWord), and letters elsewhere do not make up for it.
func oneWordEach(q, l *name.Name) bool {
	if l.Kind == name.Person {
		return false
	}
	a, b := only(q.Tokens), only(l.Tokens)
	return a != "" && b != "" && a != b
}

func only(t []name.Token) string {
	word := ""
	for i := range t {
		if t[i].Weight >= 0.5 {
			if word != "" {
				return ""
			}
			word = t[i].Text
		}
	}
	return word
}

// heard scores names that sound the same without their spaces.
func (s *Scorer) heard(q, l *name.Name) float32 {
	if a, b := q.Tokens[0].Sound, l.Tokens[0].Sound; len(q.Tokens[0].Text) > 2 && len(l.Tokens[0].Text) > 2 &&
		a != "" && b != "" && a[0] != b[0] &&
		!q.Tokens[0].Clung && !l.Tokens[0].Clung && q.Tokens[0].Class != name.Number &&
		l.Tokens[0].Class != name.Number {
		return 0
	}
	loose := HasLoose(q.Tokens) || HasLoose(l.Tokens)
	var a, b [MaxRun]byte
	if !name.SoundAlike(append(a[:0], q.Run...), append(b[:0], l.Run...), loose) {
		return 0
	}
	v := 1 - spellCost(q.Run, l.Run, loose, bent(q.Tokens) || bent(l.Tokens), MaxWord*full)/float32(core(q.Tokens,
		l.Tokens))
	if v < leastWhole || s.contradict(q, l) {
		return 0
	}
	return min(v, 1) * sameSound
}

func bent(t []name.Token) bool {
	for i := range t {
		if t[i].Bent {
			return true
		}
	}
	return false
}

func HasLoose(t []name.Token) bool {
	for i := range t {
		if t[i].Loose {
			return true
		}
	}
	return false
}
