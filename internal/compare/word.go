package compare

import (
	"slices"
	"strings"

	"plimsoll/internal/name"
)

// Two words are compared only when they are near: equal, sharing a meaning, sharing a
// skeleton, or within reach edits of each other. The index looks up just these four, so
// that the candidates it finds and the words that the score accepts are the same set.

// Reach is how many letters may differ between words of which the shorter has n letters.
func Reach(n int) int {
	switch {
	case n <= 2:
		return 0
	case n <= 4:
		return 1
	}
	return 2
}

// WordSim returns how alike two words are: 1 when equal, 0 when they are different words.
// Words of one letter are left to the caller.
func WordSim(a, b *name.Token) float32 {
	if a.Text == b.Text {
		return 1
	}
	if s := symSim(a, b); s != 0 {
		return max(s, 0)
	}
	if a.Exact || b.Exact || a.Class == name.Number || b.Class == name.Number {
		return 0
	}
	if otherCompass(a.Text, b.Text) {
		return 0
	}
	if n := min(len(a.Text), len(b.Text)); n < 2 || max(len(a.Text), len(b.Text)) > MaxWord {
		return 0
	}
	if a.Loose || b.Loose {
		return looseSim(a, b)
	}
	return spelling(a, b, a.Sound == b.Sound && a.Sound != "")
}

// compass are the beginnings of words that say where something lies.
var compass = []string{"north", "south", "nord", "sud"}

// otherCompass reports whether two words begin with two directions: Southwest is not Northwest.
func otherCompass(a, b string) bool {
	if min(len(a), len(b)) < 7 || a[0] == b[0] || a[0] != 'n' && a[0] != 's' || b[0] != 'n' && b[0] != 's' {
		return false
	}
	begins := func(s string) bool {
		return slices.ContainsFunc(compass, func(c string) bool { return strings.HasPrefix(s, c) })
	}
	return begins(a) && begins(b)
}

// looseSim compares words of which one is in a script that leaves out vowels.
func looseSim(a, b *name.Token) float32 {
	near := a.Sound == b.Sound && a.Sound != "" || otherSound(a, b)
	switch {
	case near && a.Loose != b.Loose && name.LiquidsClash(a.Text, b.Text):
		return 0
	case near && name.VowelsClash(a, b):
		if len(a.Sound) < 3 || a.Loose == b.Loose {
			return 0
		}
		return least
	case near:
		return spelling(a, b, true)
	case len(a.Sound) >= 4 && len(b.Sound) >= 4 && Within(a.Sound, b.Sound, 1):
		// One consonant apart, as ض is d to some and z to others.
		return oneSoundApart + eachSound*float32(min(len(a.Sound), len(b.Sound), 5))
	case a.Loose == b.Loose:
		return spelling(a, b, false)
	case len(a.Sound) >= 3 && len(b.Sound) >= 3 && Within(a.Sound, b.Sound, 1) && JoinSizes(len(a.Text), len(b.Text),
		true):
		return least // all that such a script writes are its consonants
	}
	return 0
}

// spelling compares the letters of two words; near says that they sound the same.
func spelling(a, b *name.Token, near bool) float32 {
	la, lb := len(a.Text), len(b.Text)
	loan := 0
	if a.Bent != b.Bent && a.Han == 0 && b.Han == 0 {
		loan = name.Loan(a, b)
		near = near || loan > 0
	}
	far := la-lb > 2 || lb-la > 2 || Reach(min(la, lb)) == 0 || !Within(a.Text, b.Text, Reach(min(la, lb)))
	if far && (!near || name.GlidesClash(a, b)) || (a.Han != 0) != (b.Han != 0) && otherPinyin(a, b) {
		return 0
	}
	long, lowest, loose := max(la, lb), float32(least), a.Loose || b.Loose
	if far {
		lowest = leastFar
	}
	cost := spellCost(a.Text, b.Text, loose, a.Bent || b.Bent, int(float32(long)*(1-lowest)*full)+1)
	s := 1 - cost/float32(long)
	if near && loose && JoinSizes(la, lb, true) {
		// The vowels are not there to differ; the more consonants agree the better.
		s = max(s, min(mostHeard, leastHeard+eachHeard*float32(len(a.Sound))+longVowels*float32(name.LongVowels(a, b))))
	}
	if near && a.Bent != b.Bent && len(a.Sound) > 2 && kana(a, b) {
		s = max(s, bentWord)
	}
	switch {
	case loan > 2:
		s = max(s, loanWord)
	case loan > 0:
		s = max(s, shortLoan)
	}
	if s < lowest {
		return 0
	}
	return min(s, mostSpelt)
}

// kana reports whether one of two words is written in Kana and the other is no Japanese in Latin letters, which would
// be spelt as it is read.
func kana(a, b *name.Token) bool {
	if !a.Bent {
		a, b = b, a
	}
	return a.Kana && !name.Romaji(b.Text)
}

// otherPinyin reports whether a Han character and a word in Latin letters are two syllables of Mandarin.
func otherPinyin(a, b *name.Token) bool {
	if a.Han == 0 {
		a, b = b, a
	}
	return !b.Bent && !b.Loose && name.OtherSyllables([]name.Token{*a}, b.Text)
}

// otherSound compares the further skeletons of each word with the skeleton of the other.
func otherSound(a, b *name.Token) bool {
	return slices.Contains(name.OtherSounds(a), b.Sound) || slices.Contains(name.OtherSounds(b), a.Sound)
}

// symSim compares meanings: above 0 when one is shared, below 0 when they exclude each
// other, 0 when they say nothing.
func symSim(a, b *name.Token) float32 {
	if len(a.Syms) == 0 || len(b.Syms) == 0 {
		return 0
	}
	best := float32(0)
	for _, x := range a.Syms {
		for _, y := range b.Syms {
			if x == y {
				switch x.Kind() {
				case name.SymShort:
					best = max(best, shortForm)
				case name.SymSame:
					best = max(best, otherSpelling)
				default:
					best = max(best, oneMeaning)
				}
			}
		}
	}
	if best > 0 {
		return best
	}
	ka, kb := a.Syms[0].Kind(), b.Syms[0].Kind()
	if ka == name.SymSame && kb == ka && a.Loose != b.Loose {
		return -1 // each is a known name, and another one: where no vowels are written, the sound is not enough
	}
	if (a.Class == name.Word || b.Class == name.Word) && ka == name.SymGeneric && a.Alien == b.Alien &&
		a.Bent == b.Bent {
		return 0 // words that may be names: in one script their letters tell
	}
	if ka == kb && (ka == name.SymPlace || ka == name.SymGeneric || ka == name.SymBody) {
		return -1
	}
	return 0
}

// Within reports whether a and b are at most k edits apart, where an edit adds, drops or
// changes a letter or swaps two neighbours (optimal string alignment). k is at most 2.
func Within(a, b string, k int) bool {
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
		return false
	case len(b) <= k:
		return true
	case k == 0 || len(a) == 0:
		return false
	case k == 1:
		return len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	}
	// The first letters differ, and the last.
	return Within(a[1:], b[1:], k-1) || Within(a, b[1:], k-1) || len(a) == len(b) && Within(a[1:], b, k-1) ||
		len(a) > 1 && a[0] == b[1] && a[1] == b[0] && Within(a[2:], b[2:], k-1)
}

// Slips counts the letters in which two words differ, two for more than one. Neighbours that changed places are one.
func Slips(a, b string) int {
	switch {
	case a == b:
		return 0
	case Within(a, b, 1):
		return 1
	}
	return 2
}
