package name

import "strings"

// AppendSound appends the consonant skeleton of a folded word: vowels are left out (a
// leading one becomes a), voiced and unvoiced sounds are one letter, double letters are
// single. Words that are spelt differently but heard alike share it:
//
//	mohammed, muhamad → mmt    qaddafi, gathafi → ktf    tsetung, zedong → stnk
//
// A script without vowels writes no letter double that is not spoken twice, so that
// nothing is made single there (loose).
func AppendSound(b []byte, w []byte, loose bool) []byte { return appendSound(b, w, loose, nil) }

// vowels are those that stand after a consonant of a skeleton, as bits.
type vowels uint8

const (
	vowelA vowels = 1 << iota
	vowelE
	vowelI // and y
	vowelO
	vowelU    // and w
	longVowel // written double: oo, ee
)

var vowelOf = [26]vowels{0: vowelA, 'e' - 'a': vowelE, 'i' - 'a': vowelI, 'o' - 'a': vowelO, 'u' - 'a': vowelU, 'y' - 'a': vowelI,
	'w' - 'a': vowelU}

// maxSlots is how many consonants of a word have their vowels compared.
const maxSlots = 24

// appendSound also notes in slots, unless it is nil, which vowels stand after each consonant.
func appendSound(b []byte, w []byte, loose bool, slots *[maxSlots + 1]vowels) []byte {
	from := len(b)
	for i := 0; i < len(w); i++ {
		c := w[i]
		var next, third byte
		if i+1 < len(w) {
			next = w[i+1]
		}
		if i+2 < len(w) {
			third = w[i+2]
		}
		var s byte
		switch c {
		case 'a', 'e', 'i', 'o', 'u':
			if i == 0 {
				s = 'a'
			}
		case 'y':
			if i == 0 {
				s = 'a'
			}
		case 'w', 'v', 'f':
			s = 'f'
			if c == 'w' && i > 0 {
				s = 0
			}
		case 'h':
			if i == 0 {
				s = 'h'
			}
		case 'b':
			s = 'p'
		case 'p':
			s = 'p'
			if next == 'h' {
				s = 'f'
				i++
			}
		case 'd':
			s = 't'
			if next == 'z' && third != 'h' {
				i++ // ds and dz are kept as the stop
			}
			switch {
			case next == 'j', next == 'z' && third == 'h':
				s = 0 // dj is j
			case next == 'g' && (third == 'e' || third == 'i' || third == 'y'):
				s = 'j' // bridge
				i++
			}
		case 't':
			s = 't'
			switch {
			case next == 'c' && third == 'h', next == 's' && third == 'c':
				s = 0 // tch, tsch are ch
			case next == 's', next == 'z':
				s = 's'
				i++
			}
		case 'c':
			s = 'k'
			switch {
			case next == 'h':
				s = 'j'
				i++
			case next == 'e', next == 'i', next == 'y':
				s = 's'
			}
		case 's':
			s = 's'
			if next == 'c' && third == 'h' {
				i += 2
			} else if next == 'h' {
				i++
			}
		case 'z':
			s = 's'
			if next == 'h' {
				s = 'j'
				i++
			}
		case 'k', 'g', 'q':
			s = 'k'
			if next == 'h' {
				i++
			}
		case 'x':
			if i == 0 {
				s = 's'
			} else {
				b = append(b, 'k')
				s = 's'
			}
		case 'l':
			s = 'r' // one sound in the scripts of Japan and Korea, and to the transcribers of Chinese
		case 'n':
			s = 'n'
			if next == 'p' || next == 'b' {
				s = 'm'
			}
		default:
			s = c // j m r and digits
		}
		if s != 0 && (loose || len(b) == from || b[len(b)-1] != s || apart(w, i)) {
			b = append(b, s)
		}
		if slots != nil && s == 0 && c >= 'a' && c <= 'z' && vowelOf[c-'a'] != 0 {
			k := min(len(b)-from, maxSlots)
			slots[k] |= vowelOf[c-'a']
			if c == next && (c == 'o' || c == 'e') {
				slots[k] |= longVowel
			}
		}
	}
	return b
}

// VowelsClash reports whether two words of one skeleton, one of them from a script that leaves out short vowels, are
// known to be two by the vowels that are written: محمد has no long vowel and is not Mahmood, the y of حسين is not the a
// of Hassan, and the second vowel of Bihar would be written. Where both are from such a script, their long vowels must be the same.
func VowelsClash(a, b *Token) bool {
	clash := false
	eachSlot(a, b, func(x, y vowels, last bool) {
		switch {
		case last && (len(a.Sound) > 2 || a.Loose && b.Loose || ends(a) || ends(b)): // writers differ most at the end
		case b.Loose && a.Loose:
			clash = clash || (x^y)&(vowelI|vowelU) != 0
		case last:
			clash = clash || x == 0 && y&^(vowelE|longVowel) != 0 || x == vowelA && y&(vowelA|vowelE|vowelI) == 0 && y != 0
		default:
			clash = clash || x == 0 && (y&longVowel != 0 || y == vowelI|vowelA) || x != 0 && y != 0 && !heardAs(x, y)
		}
	})
	return clash
}

// LongVowels counts the places after a consonant where a script without short vowels writes a vowel that the other word,
// of the same skeleton, has there as well.
func LongVowels(a, b *Token) int {
	n := 0
	eachSlot(a, b, func(x, y vowels, last bool) {
		if x != 0 && y != 0 && heardAs(x, y) {
			n++
		}
	})
	return n
}

// ends reports whether a word without vowels ends in an h: a consonant, or in Hebrew a last a or e.
func ends(t *Token) bool { return t.Loose && strings.HasSuffix(t.Text, "h") }

// SingleSound appends a skeleton with one letter for those that stand double in it: a script without vowels writes the two
// l of Faizullah, and Latin spellings may write one.
func SingleSound(b []byte, sound string) []byte {
	for i := range len(sound) {
		if i == 0 || sound[i] != sound[i-1] {
			b = append(b, sound[i])
		}
	}
	return b
}

// eachSlot calls f with the vowels after each consonant of two words that have as many consonants, first those of the
// word from a script without vowels.
func eachSlot(a, b *Token, f func(x, y vowels, last bool)) {
	if !a.Loose {
		a, b = b, a
	}
	var x, y [maxSlots + 1]vowels
	var ab, bb, s, t [64]byte
	if !a.Loose || len(a.Text) > len(ab) || len(b.Text) > len(bb) {
		return
	}
	n := len(appendSound(s[:0], append(ab[:0], a.Text...), a.Loose, &x))
	m := len(appendSound(t[:0], append(bb[:0], b.Text...), b.Loose, &y))
	if n != m || n < 2 {
		return
	}
	for k := 1; k <= min(n, maxSlots); k++ {
		f(x[k], y[k], k == n)
	}
}

// heardAs reports whether the vowels y of a spelling in Latin letters may be those that a script writes as x.
func heardAs(x, y vowels) bool {
	may := vowels(0)
	if x&vowelA != 0 {
		may |= vowelA | vowelE | vowelO
	}
	if x&vowelI != 0 {
		may |= vowelI | vowelE
	}
	if x&vowelU != 0 {
		may |= vowelU | vowelO
	}
	if x&vowelE != 0 { // of Indic scripts
		may |= vowelE | vowelI | vowelA
	}
	if x&vowelO != 0 {
		may |= vowelO | vowelU | vowelA
	}
	if y&longVowel != 0 && (y&vowelE != 0 && x&vowelI == 0 || y&vowelO != 0 && x&(vowelU|vowelO) == 0) {
		return false // ee is a long i, and oo a long u
	}
	return y&may != 0
}

// otherSpellings are letters of Latin spellings that stand for another sound of a script without vowels: g for the jim
// of Egypt and in George, ch and v for Hebrew het and bet.
var otherSpellings = [...]struct{ from, to string }{{"g", "j"}, {"ch", "h"}, {"v", "b"}}

// OtherSounds calls f with the further skeletons of a word, which are valid until f returns. In a script without vowels
// a w may be the consonant (Hebrew dwd is David, the second w of Persian mwswy the v of Mousavi) and the emphatic d is z
// to some (Arabic fydz is Faiz); to a word in Latin letters, those which count beside such a word.
func OtherSounds(w string, loose bool, f func([]byte)) {
	var c, b [64]byte
	if len(w) > len(c) {
		return
	}
	if !loose {
		if x := strings.ReplaceAll(w, "ch", "sh"); x != w { // French
			f(appendSound(b[:0], append(c[:0], x...), false, nil))
		}
		last := w
		for _, o := range otherSpellings {
			if x := strings.ReplaceAll(last, o.from, o.to); x != last {
				last = x
				f(appendSound(b[:0], append(c[:0], x...), false, nil))
			}
		}
		return
	}
	for _, all := range [...]bool{true, false} {
		n, has := 0, false
		for i := 0; i < len(w); i++ {
			x := w[i]
			switch {
			case x == 'w' && i > 0 && (all || i+1 < len(w) && (w[i+1] == 'a' || w[i+1] == 'y' || w[i+1] == 'w')):
				x, has = 'v', true
			case x == 'd' && i+1 < len(w) && (w[i+1] == 'z' || w[i+1] == 'h'):
				has = true
				continue // dz and dh are z to Persian and Turkish ears
			case x == 'h' && i > 0 && w[i-1] == 'd':
				x = 'z'
			}
			c[n] = x
			n++
		}
		if has {
			f(appendSound(b[:0], c[:n], true, nil))
		}
	}
	n := len(appendSound(b[:0], append(c[:0], w...), true, nil))
	if x := SingleSound(c[:0], string(b[:n])); len(x) < n {
		f(x)
	}
}

// apart reports whether a vowel, or an h, stands before the consonant at i: then a letter
// like the one before is heard again.
func apart(w []byte, i int) bool {
	for i--; i >= 0 && (w[i] == 'h' || w[i] == 'w' || w[i] == 'y'); i-- {
		if w[i] == 'h' && i > 0 && isVowel(w[i-1]) {
			return true
		}
	}
	return i >= 0 && isVowel(w[i])
}

// Sound returns the consonant skeleton of a folded word.
func Sound(w string) string {
	var a [32]byte
	return string(AppendSound(a[:0], []byte(w), false))
}
