package match

import (
	"math/bits"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// speltKeys calls f with the keys of how a word is spelt; words of one spelling, and those
// within reach of each other, share one.
func speltKeys(t *name.Token, kind name.Kind, f func(uint64)) {
	g := func(h uint64) { f(h + uint64(kind)*keyKind) }
	if asIs(t) {
		g(hashString(keyText, t.Text[:min(len(t.Text), prefix)]))
	} else {
		deletions(t.Text, g)
	}
}

// asIs says which words are compared with no others.
func asIs(t *name.Token) bool {
	return t.Exact || t.Class == name.Number || len(t.Text) < 2 || len(t.Text) > compare.MaxWord
}

// wordKeys calls f with the keys of a word by sound and meaning (see compare.WordSim): those under
// which the index keeps it, or those by which a query looks for it.
func wordKeys(t *name.Token, kind name.Kind, query bool, f func(uint64)) {
	g := func(h uint64) { f(h + uint64(kind)*keyKind) }
	if !asIs(t) {
		soundKeys(t, query, g)
	}
	if t.Han == 0 && !asIs(t) {
		side := uint64(keyLoanLatin)
		if t.Bent != query { // each side is looked for on the other
			side = keyLoanBent
		}
		var b [64]byte
		if l := name.AppendLoan(b[:0], t.Text, t.Bent); len(l) > 1 {
			g(hashBytes(side, l))
		}
	}
	for _, s := range t.Syms {
		g(finish(keySym ^ uint64(s)))
	}
}

// Letters of a word: the low bits as odd has them, the high ones its length.
const (
	oddBits = 27
	oddMask = 1<<oddBits - 1
	sizeMax = 31
)

func lettersOf[S string | []byte](w S) uint32 {
	x := uint32(min(len(w), sizeMax)) << oddBits
	for i := range len(w) {
		x ^= 1 << (w[i] & 31)
	}
	return x
}

// mayBeNear says of the letters of two words whether they may be k edits apart or less: an
// edit changes two letters at most, and one that makes a word longer changes one.
func mayBeNear(a, b uint32, k int) bool {
	d := int(a>>oddBits) - int(b>>oddBits)
	if d < 0 {
		d = -d
	}
	return d <= k && bits.OnesCount32((a^b)&oddMask) <= 2*k-d
}

func soundKeys(t *name.Token, query bool, f func(uint64)) {
	if t.Sound == "" {
		return
	}
	f(hashString(keySound, t.Sound))
	// Further skeletons of a word in Latin letters count beside words without vowels alone.
	mine, theirs := uint64(keyLatin), uint64(keyVowelless)
	if query {
		mine, theirs = theirs, mine
	}
	if t.Loose {
		f(hashString(theirs, t.Sound))
	}
	for _, o := range name.OtherSounds(t) {
		if t.Loose {
			f(hashString(keySound, o))
		} else {
			f(hashString(mine, o))
		}
	}
	if len(t.Sound) < 3 { // of words one consonant apart both have four, so that three are left
		return
	}
	switch {
	case !query && t.Loose:
		oneLess(keyLoose, t.Sound, f)
	case !query:
		oneLess(keySkel, t.Sound, f)
	case t.Loose:
		oneLess(keySkel, t.Sound, f)
		oneLess(keyLoose, t.Sound, f)
	default:
		oneLess(keyLoose, t.Sound, f)
	}
}

// oneLess calls f with the hash of w and of every string that is left of it without one letter.
func oneLess(kind uint64, w string, f func(uint64)) {
	f(hashString(kind, w))
	var b [64]byte
	for i := range min(len(w), len(b)) {
		if i > 0 && w[i] == w[i-1] {
			continue
		}
		n := copy(b[:], w[:i])
		n += copy(b[n:], w[i+1:])
		f(hashBytes(kind, b[:n]))
	}
}
