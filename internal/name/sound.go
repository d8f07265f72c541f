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

// AppendSounds appends both skeletons of a folded word to b and returns where they stand: with double letters made
// single, and as a script without vowels would write them. They share their memory when they are the same.
func AppendSounds(b []byte, w []byte) (single, loose []byte) {
	from := len(b)
	double := false
	for i := 0; i < len(w); i++ {
		c := w[i]
		s := c
		if r := ruleAt(w, i); r != nil {
			if r.lead != 0 {
				b = append(b, r.lead)
			}
			s = r.sound
			i += int(r.skip)
		}
		if s != 0 {
			double = double || len(b) > from && b[len(b)-1] == s && !apart(w, i)
			b = append(b, s)
		}
	}
	loose = b[from:]
	if !double {
		return loose, loose
	}
	return appendSound(b, w, false, nil)[len(b):], loose
}

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

var vowelOf = [26]vowels{0: vowelA, 'e' - 'a': vowelE, 'i' - 'a': vowelI, 'o' - 'a': vowelO, 'u' - 'a': vowelU,
	'y' - 'a': vowelI,
	'w' - 'a': vowelU}

// maxSlots is how many consonants of a word have their vowels compared.
const maxSlots = 24

// A soundRule says what is heard of a letter, by where it stands and what follows it.
type soundRule struct {
	first bool   // the letter begins the word
	next  string // the letter after it is one of these; "" any or none
	third string // and so is the one after that
	sound string // consonants of the skeleton, "" none
	skip  int    // letters after it that belong to the sound
}

// soundRules are the rules of each letter, in order: the first that fits counts. A letter without rules, and a digit,
// is heard as it is.
var soundRules = map[byte][]soundRule{
	'a': {{first: true, sound: "a"}, {}},
	'e': {{first: true, sound: "a"}, {}},
	'i': {{first: true, sound: "a"}, {}},
	'o': {{first: true, sound: "a"}, {}},
	'u': {{first: true, sound: "a"}, {}},
	'y': {{first: true, sound: "a"}, {}},
	'w': {{first: true, sound: "f"}, {}},
	'v': {{sound: "f"}},
	'h': {{first: true, sound: "h"}, {}},
	'b': {{sound: "p"}},
	'p': {{next: "h", sound: "f", skip: 1}, {sound: "p"}},
	'd': {
		{next: "z", third: "h"}, // dzh is zh
		{next: "z", sound: "t", skip: 1},
		{next: "j"},
		{next: "g", third: "eiy", sound: "j", skip: 1}, // bridge
		{sound: "t"},
	},
	't': {
		{next: "c", third: "h"}, // tch is ch
		{next: "s", third: "c"}, // tsch is sch
		{next: "sz", sound: "s", skip: 1},
		{sound: "t"},
	},
	'c': {{next: "h", sound: "j", skip: 1}, {next: "eiy", sound: "s"}, {sound: "k"}},
	's': {{next: "c", third: "h", sound: "s", skip: 2}, {next: "h", sound: "s", skip: 1}, {sound: "s"}},
	'z': {{next: "h", sound: "j", skip: 1}, {sound: "s"}},
	'k': {{next: "h", sound: "k", skip: 1}, {sound: "k"}},
	'g': {{next: "h", sound: "k", skip: 1}, {sound: "k"}},
	'q': {{next: "h", sound: "k", skip: 1}, {sound: "k"}},
	'x': {{first: true, sound: "s"}, {sound: "ks"}},
	'l': {{sound: "r"}}, // one sound in the scripts of Japan and Korea, and to the transcribers of Chinese
	'n': {{next: "bp", sound: "m"}, {sound: "n"}},
}

// A compiled is a soundRule with its letters as bits.
type compiled struct {
	next, third uint32 // 0: any or none
	first       bool
	skip        uint8
	lead, sound byte // lead stands before sound; 0 none
}

// soundTable are the soundRules by letter from a.
var soundTable = func() (t [26][]compiled) {
	bits := func(s string) (b uint32) {
		for i := range len(s) {
			b |= letterBit(s[i])
		}
		return b
	}
	for c, rules := range soundRules {
		for _, r := range rules {
			x := compiled{next: bits(r.next), third: bits(r.third), first: r.first, skip: uint8(r.skip)}
			if n := len(r.sound); n > 0 {
				x.sound = r.sound[n-1]
				if n > 1 {
					x.lead = r.sound[0]
				}
			}
			t[c-'a'] = append(t[c-'a'], x)
		}
	}
	return t
}()

// letterBit returns the bit of a letter from a to z, 0 for anything else.
func letterBit(c byte) uint32 {
	if c < 'a' || c > 'z' {
		return 0
	}
	return 1 << (c - 'a')
}

// soundNext are the rules that fit a letter: by whether it begins the word, by the letter, and by the letter after it
// from a=1, 0 for anything else or none. asThird stands where the one after that decides.
var soundNext = func() (t [2][26][27]*compiled) {
	for first := range t {
		for c := range t[first] {
			for next := range t[first][c] {
				w := []byte{'a' + byte(c), 'a' - 1 + byte(next)}
				r := ruleFor(w, 0, first == 1)
				for third := byte('a'); third <= 'z'; third++ {
					if x := ruleFor(append(w, third), 0, first == 1); x != r {
						r = &asThird
						break
					}
				}
				t[first][c][next] = r
			}
		}
	}
	return t
}()

var asThird compiled

// ruleAt returns the rule that fits letter i of w, nil where it has none.
func ruleAt(w []byte, i int) *compiled {
	c := w[i] - 'a'
	if c >= 26 {
		return nil
	}
	next := byte(0)
	if i+1 < len(w) {
		if next = w[i+1] - ('a' - 1); next > 26 {
			next = 0
		}
	}
	if r := soundNext[b2i(i == 0)][c][next]; r != &asThird {
		return r
	}
	return ruleFor(w, i, i == 0)
}

// ruleFor returns the first rule that fits letter i of w, nil where it has none.
func ruleFor(w []byte, i int, first bool) *compiled {
	var next, third uint32
	if i+1 < len(w) {
		next = letterBit(w[i+1])
	}
	if i+2 < len(w) {
		third = letterBit(w[i+2])
	}
	rules := soundTable[w[i]-'a']
	for k := range rules {
		r := &rules[k]
		if (!r.first || first) && (r.next == 0 || r.next&next != 0) && (r.third == 0 || r.third&third != 0) {
			return r
		}
	}
	return nil
}

// appendSound also notes in slots, unless it is nil, which vowels stand after each consonant.
func appendSound(b []byte, w []byte, loose bool, slots *[maxSlots + 1]vowels) []byte {
	from := len(b)
	for i := 0; i < len(w); i++ {
		c := w[i]
		s := c
		if r := ruleAt(w, i); r != nil {
			if r.lead != 0 {
				b = append(b, r.lead)
			}
			s = r.sound
			i += int(r.skip)
		}
		switch {
		case s != 0:
			if loose || len(b) == from || b[len(b)-1] != s || apart(w, i) {
				b = append(b, s)
			}
		case slots != nil:
			slots[min(len(b)-from, maxSlots)] |= vowelAt(w, i)
		}
	}
	return b
}

// A soundScan makes the skeleton of a word one consonant after the other.
type soundScan struct {
	w           []byte
	at          int
	loose, some bool
	last, next  byte // what it made last; what follows that
}

// consonant returns the next letter of the skeleton, 0 at its end.
func (s *soundScan) consonant() byte {
	if c := s.next; c != 0 {
		s.last, s.next = c, 0
		return c
	}
	for s.at < len(s.w) {
		i := s.at
		c := s.w[i]
		if r := ruleAt(s.w, i); r != nil {
			c = r.sound
			i += int(r.skip)
			s.next = r.lead
		}
		s.at = i + 1
		if lead := s.next; lead != 0 { // two for one letter
			s.next, s.some = c, true
			return lead
		}
		if c != 0 && (s.loose || !s.some || s.last != c || apart(s.w, i)) {
			s.last, s.some = c, true
			return c
		}
	}
	return 0
}

// SoundAlike reports whether two folded words have one skeleton (see AppendSound), which it seldom reads to the end.
func SoundAlike(a, b []byte, loose bool) bool {
	p, q := soundScan{w: a, loose: loose}, soundScan{w: b, loose: loose}
	for {
		x := p.consonant()
		if x != q.consonant() {
			return false
		}
		if x == 0 {
			return true
		}
	}
}

// SoundsAs reports whether a skeleton is that of a folded word (see AppendSound).
func SoundsAs(w []byte, loose bool, skeleton string) bool {
	s := soundScan{w: w, loose: loose}
	for i := range len(skeleton) {
		if s.consonant() != skeleton[i] {
			return false
		}
	}
	return s.consonant() == 0
}

// vowelAt returns the vowel that letter i of w writes, and whether it is long.
func vowelAt(w []byte, i int) vowels {
	c := w[i]
	v := vowelOf[c-'a']
	if (c == 'o' || c == 'e') && i+1 < len(w) && w[i+1] == c {
		v |= longVowel
	}
	return v
}

// LiquidsClash reports whether two words of one skeleton have an l where the other has an r: the skeleton has one
// letter for both, for the sake of Japanese, Korean and Chinese, and scripts that leave out vowels write them apart.
func LiquidsClash(a, b string) bool {
	i, j := 0, 0
	for {
		x, y := liquid(a, &i), liquid(b, &j)
		if x != y {
			return x != 0 && y != 0
		}
		if x == 0 {
			return false
		}
	}
}

// liquid returns the next l or r of w from at on, 0 when there is none; of a double letter once.
func liquid(w string, at *int) byte {
	for *at < len(w) {
		c := w[*at]
		*at++
		if c == 'l' || c == 'r' {
			for *at < len(w) && w[*at] == c {
				*at++
			}
			return c
		}
	}
	return 0
}

// VowelsClash reports whether two words of one skeleton, one of them from a script that leaves out short vowels, are
// known to be two by the vowels that are written: محمد has no long vowel and is not Mahmood, the y of حسين is not the a
// of Hassan, and the second vowel of Bihar would be written. Where both are from such a script, their long vowels must
// be the same.
func VowelsClash(a, b *Token) bool {
	clash := false
	eachSlot(a, b, func(x, y vowels, last bool) {
		switch {
		case last && (len(a.Sound) > 2 || a.Loose && b.Loose || ends(a) || ends(b)): // writers differ most at the end
		case b.Loose && a.Loose:
			clash = clash || (x^y)&(vowelI|vowelU) != 0
		case last:
			clash = clash || x == 0 && y&^(vowelE|longVowel) != 0 || x == vowelA && y != 0 && y&(vowelA|vowelE) == 0 &&
				(y&vowelI == 0 || y&vowelO != 0)
		default:
			clash = clash || y&vowelI != 0 && y&(vowelO|vowelU) != 0 && x&vowelI == 0 // the y of Toyota is written
			clash = clash || x == 0 && (y&longVowel != 0 || y == vowelI|vowelA) || x != 0 && y != 0 && !heardAs(x, y)
		}
	})
	return clash
}

// LongVowels counts the places after a consonant where a script without short vowels writes a vowel that the other
// word, of the same skeleton, has there as well.
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

// SingleSound appends a skeleton with one letter for those that stand double in it: a script without vowels writes the
// two l of Faizullah, and Latin spellings may write one.
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

// OtherSounds returns the further skeletons of the text of a token, not to be changed. In a script without vowels
// a w may be the consonant (Hebrew dwd is David, the second w of Persian mwswy the v of Mousavi) and the emphatic d is
// z to some (Arabic fydz is Faiz); to a word in Latin letters, those which count beside such a word.
func OtherSounds(t *Token) []string {
	k := t.known
	if k == nil || k.text != t.Text { // not noted in t, which others may read
		var b [longestKept]byte
		k = lex().know(append(b[:0], t.Text...))
	}
	at := &k.others[b2i(t.Loose)]
	if list := at.Load(); list != nil {
		return *list
	}
	var list []string
	otherSounds(t.Text, t.Loose, func(x []byte) { list = append(list, string(x)) })
	at.Store(&list)
	return list
}

// otherSounds calls f with the further skeletons of a word, which are valid until f returns.
func otherSounds(w string, loose bool, f func([]byte)) {
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

// AppendLoan appends the consonants of a word as Japanese and Korean can write them when they take it over: one letter
// for what they do not tell apart (l and r, b, v, f and p, voiced and unvoiced), none for an r that ends a syllable in
// English, and none for the vowels that they put between consonants. bent says that the word is in one of these
// scripts.
func AppendLoan(b []byte, w string, bent bool) []byte {
	from, last := len(b), -2
	for i := 0; i < len(w); i++ {
		if w[i] == 'x' {
			b = append(b, 'k')
		}
		s, size := loanSound(w, i, bent)
		end := i + size - 1
		if s != 0 {
			if len(b) == from || b[len(b)-1] != s || last != i-1 { // a double letter is one
				b = append(b, s)
			}
			last = end
		}
		i = end
	}
	return b
}

// loanLetters are the letters that are heard alike wherever they stand.
var loanLetters = [26]byte{'b' - 'a': 'p', 'v' - 'a': 'p', 'f' - 'a': 'p', 'p' - 'a': 'p', 's' - 'a': 's',
	'z' - 'a': 's', 'x' - 'a': 's', 't' - 'a': 't',
	'd' - 'a': 't', 'c' - 'a': 'k', 'j' - 'a': 'c', 'g' - 'a': 'k', 'k' - 'a': 'k', 'q' - 'a': 'k', 'l' - 'a': 'r',
	'm' - 'a': 'm', 'n' - 'a': 'n'}

// loanPairs are those that are heard in another way together.
var loanPairs = map[string]byte{"ph": 'p', "sh": 's', "zh": 's', "ts": 'c', "tz": 'c', "ds": 'c', "dz": 'c', "th": 's',
	"ch": 'c'}

// loanSound returns what is heard of letter i of a word, 0 for nothing, and how many letters that are.
func loanSound(w string, i int, bent bool) (sound byte, size int) {
	c, next := w[i], byte(0)
	if c <= '9' {
		return c, 1
	}
	if i+1 < len(w) {
		next = w[i+1]
		if s := loanPairs[w[i:i+2]]; s != 0 {
			return s, 2
		}
	}
	soft := next == 'e' || next == 'i'
	switch {
	case c == 'r':
		if bent || isVowel(next) || i == 0 || !isVowel(w[i-1]) {
			return 'r', 1
		}
		return 0, 1
	case c == 'h' && i == 0:
		return 'h', 1
	case c == 'c' && (soft || next == 'y'):
		return 's', 1
	case c == 'g' && soft && !bent:
		return 'c', 1
	case c == 'm' && (next == 'p' || next == 'b'):
		return 'n', 1
	case c < 'a' || c > 'z':
		return 0, 1
	}
	return loanLetters[c-'a'], 1
}

// Loan reports how much two words agree that one of the scripts of Japan and Korea and one in Latin letters write: 0
// when they are two, else how many consonants they have.
func Loan(a, b *Token) int {
	var x, y [64]byte
	if len(a.Text) > 48 || len(b.Text) > 48 || a.Text == "" || b.Text == "" {
		return 0
	}
	p, q := AppendLoan(x[:0], a.Text, a.Bent), AppendLoan(y[:0], b.Text, b.Bent)
	if len(p) < 2 || string(p) != string(q) || isVowel(a.Text[0]) != isVowel(b.Text[0]) {
		return 0
	}
	v, w := firstVowels(a.Text), firstVowels(b.Text)
	short := len(p) < 3 && (v&w&^vowelI == 0 && v != w || strings.HasPrefix(a.Text, "sh") != strings.HasPrefix(b.Text,
		"sh"))
	if short || len(p) < 4 && GlidesClash(a, b) {
		return 0
	}
	return len(p)
}

// GlidesClash reports whether one of two words, one of them in Hangul, has a y before its first vowel and the other
// none: 현대 is Hyundai and not Honda.
func GlidesClash(a, b *Token) bool {
	return a.Bent != b.Bent && !a.Kana && !b.Kana && a.Han == 0 && b.Han == 0 &&
		(firstVowels(a.Text)^firstVowels(b.Text))&vowelI != 0
}

// firstVowels returns the vowels with which a word begins, or those after its first consonants: an i or y among them
// before another vowel, and what Korean eo and ae are to others.
func firstVowels(w string) (v vowels) {
	i := 0
	for i < len(w) && !isVowel(w[i]) && w[i] != 'y' {
		i++
	}
	from := i
	for ; i < len(w) && (isVowel(w[i]) || w[i] == 'y'); i++ {
		switch w[i] {
		case 'e':
			v |= vowelE
			if i+1 < len(w) && w[i+1] == 'o' {
				v |= vowelU
			}
		case 'y', 'i':
			if i == from && i+1 < len(w) && isVowel(w[i+1]) {
				v |= vowelI
			} else {
				v |= vowelE
			}
		case 'u':
			v |= vowelU
		case 'o':
			v |= vowelO
		case 'a':
			v |= vowelA
		}
	}
	return v
}
