// Package name brings names of any script to one comparable form, and takes them apart
// into words whose meaning for a comparison is known: legal forms, general words, places,
// numbers, titles, particles, initials.
//
// Invariants: Fold(Fold(s)) == Fold(s); its result holds only a-z, 0-9 and single spaces
// between words; no input makes it fail, and time is linear in the input. The lexicons
// under data/ are read once, on first use, and never change afterwards, so that
// everything here may be called concurrently.
package name

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxBytes is how much of a folded name is kept. The longest name on the official lists
// that we know folds to fewer than 400 bytes.
const MaxBytes = 512

// Fold returns s in lower case ASCII, words separated by one space.
func Fold(s string) string {
	if plain(s) {
		return s
	}
	var r reader
	r.scan(s)
	b := make([]byte, 0, len(r.buf)+len(r.words))
	for i, w := range r.words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, r.text(w)...)
	}
	if len(b) > MaxBytes {
		b = b[:MaxBytes]
		for len(b) > 0 && b[len(b)-1] == ' ' {
			b = b[:len(b)-1]
		}
	}
	return string(b)
}

// plain reports whether s is folded already.
func plain(s string) bool {
	if len(s) > MaxBytes {
		return false
	}
	space := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			space = false
		case c == ' ' && !space:
			space = true
		default:
			return false
		}
	}
	return s == "" || !space
}

// A flag says how a word was written.
type flag uint16

const (
	dotted    flag = 1 << iota // single letters with dots between: J.P.
	upper                      // written in capitals
	vowelless                  // from a script that does not write all vowels
	ideograph                  // one Han character
	syllabic                   // from Hangul, Kana or Han: foreign names are bent to fit
	lookalike                  // held letters of another script that look like its own
	afterStop                  // a stop sign such as / or ( stands before it
	ampersand                  // the sign &
	hyphened                   // joined to the word before by a hyphen
	foreign                    // in letters that are not Latin
	kanaWord                   // in Kana
	article                    // begins with the Arabic article, written as one with the word
)

type word struct {
	from, to int32 // into reader.buf
	runes    int32
	flag     flag
	han      rune
	script   Script
}

// A reader turns text into words. It is used again for the next name, so that reading
// many names does not allocate.
type reader struct {
	buf   []byte
	words []word
	run   []rune // the letters of the word at hand, composed, in their own case
	seg   int    // letters since the last dot within the word
	dots  int
	brk   flag // what stood before the word
	note  bool // some word mixed look-alike letters
}

func (r *reader) text(w word) []byte { return r.buf[w.from:w.to] }

func (r *reader) reset() {
	r.buf, r.words, r.run = r.buf[:0], r.words[:0], r.run[:0]
	r.seg, r.dots, r.brk, r.note = 0, 0, 0, false
}

// scan reads s. Text after MaxBytes folded bytes is not read.
func (r *reader) scan(s string) {
	r.reset()
	if !composed(s) && !norm.NFKC.IsNormalString(s) {
		s = norm.NFKC.String(strings.ReplaceAll(s, "№", " No "))
	}
	for i := 0; i < len(s) && len(r.buf)+len(r.run) < MaxBytes; {
		if c := s[i]; c < utf8.RuneSelf {
			if n := r.plainWord(s[i:]); n > 0 {
				i += n
				continue
			}
			if i++; c != ' ' || len(r.run) > 0 {
				r.readASCII(c, s[i:])
			}
			continue
		}
		c, n := utf8.DecodeRuneInString(s[i:])
		if plainLetter(c) && (len(r.run) > 0 || !isHangul(c)) {
			r.letter(c)
			i += n
			continue
		}
		if c == utf8.RuneError && n == 1 {
			i++
			continue
		}
		i += r.readRune(c, s[i:])
	}
	r.end()
}

// A signClass says what an ASCII character is.
type signClass uint8

const (
	smallLetter signClass = 1 << iota
	capital
	figure
	partingSign // a sign that may part what stands beside a name from it, or names
)

var signClasses = func() (t [256]signClass) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = smallLetter, capital
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = figure
	}
	for _, c := range "()[]{}/;" {
		t[c] = partingSign
	}
	return t
}()

// plainWord reads the word with which s begins when it is of ASCII letters alone, or of digits alone, and no other sign
// than one that ends it follows. It returns how many bytes it read, 0 for a word that is read letter by letter.
func (r *reader) plainWord(s string) int {
	if len(r.run) > 0 {
		return 0
	}
	n, all := 0, signClass(0)
	for ; n < len(s) && signClasses[s[n]]&(smallLetter|capital|figure) != 0; n++ {
		all |= signClasses[s[n]]
	}
	if n == 0 || all&figure != 0 && all != figure || len(r.buf)+n >= MaxBytes {
		return 0
	}
	if n < len(s) && (s[n] >= utf8.RuneSelf || s[n] == '.' && n == 1 || s[n] == '@' || isQuote(rune(s[n]))) {
		return 0
	}
	f := r.brk
	if all&smallLetter == 0 {
		f |= upper
	}
	from := len(r.buf)
	r.buf = append(r.buf, s[:n]...)
	if all&capital != 0 {
		for i := from; i < len(r.buf); i++ {
			r.buf[i] |= 'a' - 'A'
		}
	}
	r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(n), flag: f})
	r.brk = 0
	return n
}

// plainLetter reports whether c is a letter for which no rule of readRune but the last one is, from a look at its
// number: of Latin with marks, Greek, Cyrillic, Hebrew, Arabic, Kana and Hangul.
func plainLetter(c rune) bool {
	switch {
	case c < 0x250:
		return c >= 0xC0 && c != 0xD7 && c != 0xF7
	case c < 0x530:
		return c >= 0x391 && c <= 0x3CE && c != 0x3A2 || c >= 0x400 && c < 0x482 || c >= 0x48A
	case c < 0x700:
		return c >= 0x5D0 && c <= 0x5EA || c >= 0x620 && c <= 0x64A
	case c < 0x3100:
		return c >= 0x3041 && c <= 0x3096 || c >= 0x30A1 && c <= 0x30FA
	}
	return isHangul(c)
}

// composed reports whether a text is ASCII, or of letters that NFKC leaves as they are, from a look at their numbers.
func composed(s string) bool {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c >= 0xC0 && c < 0x132, c >= 0x388 && c < 0x3D0, c >= 0x400 && c < 0x483, c >= 0x5D0 && c <= 0x5EA,
			c >= 0x620 && c <= 0x64A, c >= 0x3041 && c <= 0x3096, c >= 0x30A1 && c <= 0x30FA, c >= 0x4E00 && c < 0xA000,
			isHangul(c):
		default:
			return false
		}
		i += n
	}
	return true
}

// letter adds c to the word at hand.
func (r *reader) letter(c rune) {
	r.run = append(r.run, c)
	r.seg++
}

// readASCII reads a character before rest.
func (r *reader) readASCII(c byte, rest string) {
	switch {
	case isAlnum(c):
		r.letter(rune(c))
	case c == '.':
		r.dot(rest)
	case isQuote(rune(c)): // joins: O'Brien, Int'l
	case c == '@' && r.seg > 0 && rest != "" && letterByte(rest[0]):
		r.letter('a') // Kh@lid
	default:
		r.end()
		r.mark(rune(c))
	}
}

// A runeRule says how a character is read that is not ASCII. read takes the text from the character on, and returns how
// many bytes of it were read.
type runeRule struct {
	what string
	when func(r *reader, c rune, s string) bool
	read func(r *reader, c rune, s string) int
}

// runeRules are tried in order, and the first that fits counts; what none fits parts words.
var runeRules = []runeRule{
	{"an apostrophe joins: Qa’ida", func(_ *reader, c rune, _ string) bool { return isQuote(c) },
		func(*reader, rune, string) int { return 0 }},
	{"a legal form as one Hangul syllable in brackets: (주)", func(r *reader, c rune, s string) bool {
		return isHangul(c) && len(r.run) == 0 && r.brk&afterStop != 0 && signs[c] != "" && closes(s[utf8.RuneLen(c):])
	}, func(r *reader, c rune, _ string) int {
		r.addHangul([]rune(signs[c]), r.brk)
		r.brk = 0
		return 0
	}},
	{"a Han character", func(_ *reader, c rune, _ string) bool { return isIdeograph(c) || c == '〇' },
		(*reader).readHan},
	// Marks that did not compose, zero-width and direction signs. Vowel signs of Indic and Thai scripts are marks too,
	// but carry a sound.
	{"a mark", func(_ *reader, c rune, _ string) bool {
		return unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf, unicode.Sk, unicode.Co, unicode.Cs)
	}, func(r *reader, c rune, _ string) int {
		if c > 0x0900 && c < 0x1800 && unicode.Is(unicode.Mn, c) && translit(c) != "" {
			r.letter(c)
		}
		return 0
	}},
	{"a letter or a digit", func(_ *reader, c rune, _ string) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mc, c) || unicode.Is(unicode.Nl, c)
	}, func(r *reader, c rune, _ string) int {
		r.letter(c)
		return 0
	}},
}

// readRune reads the character c at the beginning of s, and returns how many bytes that took.
func (r *reader) readRune(c rune, s string) int {
	for i := range runeRules {
		if rule := &runeRules[i]; rule.when(r, c, s) {
			return max(utf8.RuneLen(c), rule.read(r, c, s))
		}
	}
	r.end()
	r.mark(c)
	return utf8.RuneLen(c)
}

// readHan reads a Han character: a legal form alone in brackets, a figure of several characters, or a word.
func (r *reader) readHan(c rune, s string) int {
	r.end()
	if form := signs[c]; form != "" && r.brk&afterStop != 0 && closes(s[utf8.RuneLen(c):]) { // (株)
		for _, x := range form {
			r.addHan(x)
		}
		return 0
	}
	if n := r.addFigure(s); n > 0 {
		return n
	}
	r.addHan(c)
	return 0
}

// signs are the legal forms that Korea and Japan write as one character in brackets.
var signs = map[rune]string{'주': "주식회사", '유': "유한회사", '합': "합자회사", '株': "株式会社", '有': "有限会社", '合': "合資会社", '名': "合名会社",
	'資': "合資会社"}

// closes reports whether s begins with a closing bracket.
func closes(s string) bool { return strings.HasPrefix(s, ")") || strings.HasPrefix(s, "]") }

// dot ends the word at a dot unless the dot stands between single letters.
func (r *reader) dot(rest string) {
	if r.seg == 0 {
		return
	}
	if r.seg > 1 {
		r.end()
		return
	}
	r.dots++
	r.seg = 0
	a, n := utf8.DecodeRuneInString(rest)
	b, _ := utf8.DecodeRuneInString(rest[n:])
	if isLetter(a) && (isLetter(b) || unicode.Is(unicode.Mn, b)) || !isLetter(a) && !isQuote(a) {
		r.end()
	}
}

func (r *reader) mark(c rune) {
	switch c {
	case '&', '+', '＆':
		r.buf = append(r.buf, "and"...)
		n := int32(len(r.buf))
		r.words = append(r.words, word{from: n - 3, to: n, runes: 3, flag: ampersand})
		r.brk = 0
	case '/', '(', ')', '[', ']', ';', '|', '\\':
		r.brk |= afterStop
	case '-', '‐', '‑', '–', '·', '・':
		r.brk |= hyphened
	case ',':
		r.brk &^= hyphened
	}
}

func (r *reader) end() {
	run := r.run
	if len(run) == 0 {
		r.seg, r.dots = 0, 0
		return
	}
	f := r.brk
	if r.dots > 0 && r.dots >= len(run)-1 {
		f |= dotted
	}
	f |= shape(run)
	if run[0] >= 0x250 && !unicode.Is(unicode.Latin, run[0]) {
		f |= foreign
	}
	letterise(run)
	if repair(run) {
		f |= lookalike
		r.note = true
	}
	from := len(r.buf)
	switch {
	case isHangul(run[0]):
		r.addHangul(run, f)
		r.run, r.seg, r.dots, r.brk = r.run[:0], 0, 0, 0
		return
	case isKana(run[0]):
		f |= syllabic | kanaWord
		if _, to := knownEnds(run); to < len(run) { // what is left of it is a word of its own
			r.buf = appendKana(r.buf, run[:to])
			r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(to), flag: f,
				script: East})
			from, run = len(r.buf), run[to:]
		}
		r.buf = appendKana(r.buf, run)
	default:
		for n := thaiHead(run); n > 0 && n < len(run); n = thaiHead(run) {
			r.buf = appendTranslit(r.buf, run[:n])
			r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(n),
				flag:   f | vowelless,
				script: OtherScript})
			from, run = len(r.buf), run[n:]
		}
		r.buf = appendTranslit(r.buf, run)
		if isVowelless(run[0]) {
			f |= vowelless
			if len(run) >= 5 && run[0] == 'ا' && run[1] == 'ل' {
				f |= article
			}
		}
	}
	if len(r.buf) > from {
		r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(len(run)), flag: f,
			script: scriptOf(run[0])})
	}
	r.run, r.seg, r.dots, r.brk = r.run[:0], 0, 0, 0
}

func letterByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 }

// letterise puts letters back where digits that look like them stand in a word: a nought
// for an O anywhere, other digits between two letters. A word of fewer than four letters,
// or with two digits side by side, is left as it is: there the digits are a number.
func letterise(run []rune) {
	if !slices.ContainsFunc(run, func(c rune) bool { return c >= '0' && c <= '9' }) {
		return
	}
	letters, digits := 0, 0
	for i, c := range run {
		switch {
		case c >= '0' && c <= '9':
			if digits++; i > 0 && run[i-1] >= '0' && run[i-1] <= '9' {
				return
			}
		case unicode.IsLetter(c):
			letters++
		}
	}
	if digits == 0 || digits > 2 || letters < 4 {
		return
	}
	for i, c := range run {
		inside := i > 0 && i+1 < len(run)
		switch {
		case c == '0' && i+1 < len(run):
			run[i] = 'o'
		case c == '1' && inside:
			run[i] = 'l'
		case c == '3' && inside:
			run[i] = 'e'
		case c == '5' && inside:
			run[i] = 's'
		case c == '4' && inside:
			run[i] = 'a'
		case c == '7' && inside:
			run[i] = 't'
		}
	}
}

func shape(run []rune) flag {
	for _, c := range run {
		if unicode.IsLetter(c) && !unicode.IsUpper(c) {
			return 0
		}
	}
	return upper
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isLetter(c rune) bool { return c != utf8.RuneError && unicode.IsLetter(c) }

func isQuote(c rune) bool {
	switch c {
	case '\'', '’', '‘', '`', '´', 'ʼ', 'ʹ', 'ʻ', 'ʿ', 'ʾ', '‛', 'ˈ', '′', '՚', '״', '׳', '"':
		return c != '"'
	}
	return false
}

// lookalikes maps letters of Cyrillic and Greek to the Latin letters that look the same
// in most faces (Unicode TR 39, confusables).
var lookalikes = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'х': 'x', 'у': 'y', 'і': 'i', 'ѕ': 's', 'ј': 'j', 'һ': 'h',
	'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'ь': 'b', 'к': 'k', 'м': 'm', 'т': 't', 'н': 'h', 'в': 'b', 'п': 'n', 'г': 'r',
	'и': 'u',
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'Х': 'X',
	'У': 'Y', 'І': 'I', 'Ѕ': 'S', 'Ј': 'J',
	'α': 'a', 'ο': 'o', 'ρ': 'p', 'ν': 'v', 'ι': 'i', 'κ': 'k', 'υ': 'u', 'χ': 'x', 'γ': 'y', 'η': 'n', 'ε': 'e',
	'τ': 't',
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P',
	'Τ': 'T', 'Υ': 'Y', 'Χ': 'X',
	'օ': 'o', 'ո': 'n', 'ս': 'u', 'ց': 'g',
}

// oneAlphabet reports whether a word is all in letters of Latin, or all in others, from a look at their numbers.
func oneAlphabet(run []rune) bool {
	latin, other := true, true
	for _, c := range run {
		latin = latin && c < 0x250 && c != 0xB5
		other = other && (c >= 0x370 && c < 0x1000 || c <= '9') // no Latin letters stand there
	}
	return latin || other
}

var cyrillicOf = func() map[rune]rune {
	m := map[rune]rune{}
	for c, l := range lookalikes {
		if unicode.Is(unicode.Cyrillic, c) && c != 'ь' && c != 'п' && c != 'г' && c != 'и' && c != 'к' && c != 'м' &&
			c != 'т' && c != 'н' && c != 'в' {
			m[l] = c
		}
	}
	return m
}()

// repair makes a word of one script again when it is a Latin word with look-alikes of
// other scripts in it, or a Cyrillic word with Latin ones. It reports whether it did.
func repair(run []rune) bool {
	if oneAlphabet(run) {
		return false
	}
	latin, other := 0, 0
	for _, c := range run {
		switch {
		case c < 0x80:
			if c > '9' {
				latin++
			}
		case unicode.Is(unicode.Latin, c):
			latin++
		case unicode.Is(unicode.Cyrillic, c), unicode.Is(unicode.Greek, c), unicode.Is(unicode.Armenian, c):
			other++
		}
	}
	if latin == 0 || other == 0 {
		return false
	}
	if latin >= other {
		for i, c := range run {
			if l, ok := lookalikes[c]; ok {
				run[i] = l
			}
		}
		return true
	}
	for i, c := range run {
		if l, ok := cyrillicOf[c]; ok {
			run[i] = l
		}
	}
	return true
}
