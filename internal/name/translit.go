package name

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// Own tables where the general one is poor: Cyrillic and Greek in the spelling that
// passports and lists use (ICAO 9303, ISO 843), Arabic and Hebrew as consonants.
var spelling = map[rune]string{
	// Cyrillic
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'ђ': "dj", 'ѓ': "g", 'е': "e", 'ё': "e", 'є': "ye",
	'ж': "zh",
	'з': "z", 'ѕ': "dz", 'и': "i", 'і': "i", 'ї': "i", 'й': "y", 'ј': "j", 'к': "k", 'л': "l", 'љ': "lj", 'м': "m",
	'н': "n",
	'њ': "nj", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'ћ': "c", 'ќ': "k", 'у': "u", 'ў': "u", 'ф': "f",
	'х': "kh",
	'ц': "ts", 'ч': "ch", 'џ': "dz", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
	'ә': "a", 'ғ': "g", 'қ': "q", 'ң': "n", 'ө': "o", 'ұ': "u", 'ү': "u", 'һ': "h", 'ҳ': "h", 'ҷ': "j", 'ӣ': "i",
	'ӯ': "u", 'җ': "j", 'ҙ': "z", 'ҫ': "s", 'ӏ': "",
	// Greek
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l",
	'μ': "m",
	'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch",
	'ψ': "ps", 'ω': "o",
	// Arabic, Persian, Urdu
	'ا': "a", 'آ': "a", 'أ': "a", 'إ': "i", 'ٱ': "a", 'ء': "", 'ؤ': "w", 'ئ': "y", 'ب': "b", 'پ': "p", 'ت': "t",
	'ة': "a", 'ث': "th",
	'ج': "j", 'چ': "ch", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh", 'ر': "r", 'ز': "z", 'ژ': "zh", 'س': "s", 'ش': "sh",
	'ص': "s",
	'ض': "dz", 'ط': "t", 'ظ': "z", 'ع': "", 'غ': "gh", 'ف': "f", 'ق': "q", 'ك': "k", 'ک': "k", 'گ': "g", 'ل': "l",
	'م': "m", 'ن': "n",
	'ه': "h", 'ہ': "h", 'ھ': "h", 'ە': "e", 'و': "w", 'ي': "y", 'ی': "y", 'ے': "y", 'ى': "a", 'ٹ': "t", 'ڈ': "d",
	'ڑ': "r", 'ں': "n", 'ڤ': "v", 'ۇ': "u", 'ۆ': "o", 'ې': "e", 'ټ': "t", 'ډ': "d", 'ړ': "r", 'ښ': "sh", 'ځ': "z",
	'څ': "ts", 'ڼ': "n", 'ۍ': "y",
	// Hebrew
	'א': "a", 'ב': "b", 'ג': "g", 'ד': "d", 'ה': "h", 'ו': "w", 'ז': "z", 'ח': "h", 'ט': "t", 'י': "y", 'כ': "k",
	'ך': "k", 'ל': "l",
	'מ': "m", 'ם': "m", 'נ': "n", 'ן': "n", 'ס': "s", 'ע': "", 'פ': "p", 'ף': "f", 'צ': "ts", 'ץ': "ts", 'ק': "k",
	'ר': "r", 'ש': "sh", 'ת': "t",
	// Thai: first consonants in the Royal system; the vowels that are written
	'ก': "k", 'ข': "kh", 'ฃ': "kh", 'ค': "kh", 'ฅ': "kh", 'ฆ': "kh", 'ง': "ng", 'จ': "ch", 'ฉ': "ch", 'ช': "ch",
	'ซ': "s", 'ฌ': "ch", 'ญ': "y",
	'ฎ': "d", 'ฏ': "t", 'ฐ': "th", 'ฑ': "th", 'ฒ': "th", 'ณ': "n", 'ด': "d", 'ต': "t", 'ถ': "th", 'ท': "th", 'ธ': "th",
	'น': "n", 'บ': "b",
	'ป': "p", 'ผ': "ph", 'ฝ': "f", 'พ': "ph", 'ฟ': "f", 'ภ': "ph", 'ม': "m", 'ย': "y", 'ร': "r", 'ฤ': "rue", 'ล': "l",
	'ว': "w", 'ศ': "s",
	'ษ': "s", 'ส': "s", 'ห': "h", 'ฬ': "l", 'อ': "o", 'ฮ': "h", 'ะ': "a", 'ั': "a", 'า': "a", 'ำ': "am", 'ิ': "i",
	'ี': "i", 'ึ': "ue", 'ื': "ue",
	'ุ': "u", 'ู': "u", 'เ': "e", 'แ': "ae", 'โ': "o", 'ใ': "ai", 'ไ': "ai", 'ๅ': "", 'ๆ': "",
	// Latin letters that differ from the general table
	'ə': "a", 'ı': "i", 'ł': "l", 'đ': "d", 'þ': "th", 'ð': "d", 'ŋ': "ng", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ß': "ss",
	'ħ': "h", 'ǝ': "e",
}

// block caches the ASCII form of 256 code points.
type block [256]string

var blocks [0x300]atomic.Pointer[block]

// translit returns the lower-case ASCII letters for one code point, "" for none.
func translit(c rune) string {
	if c < 0 || c >= rune(len(blocks))<<8 {
		return ""
	}
	b := blocks[c>>8].Load()
	if b == nil {
		b = new(block)
		for i := range b {
			b[i] = spell(c&^0xff | rune(i))
		}
		blocks[c>>8].Store(b)
	}
	return b[c&0xff]
}

func spell(c rune) string {
	l := unicode.ToLower(c)
	if s, ok := spelling[l]; ok {
		return s
	}
	// A letter with a mark is spelt as the letter, unless the table knows it.
	if d := norm.NFD.String(string(l)); d != string(l) {
		out := ""
		for _, x := range d {
			if unicode.Is(unicode.Mn, x) && x < 0x0900 {
				continue
			}
			if x == l {
				return clean(unidecode.Unidecode(string(l)))
			}
			out += spell(x)
		}
		return out
	}
	if unicode.Is(unicode.Nd, c) {
		return string(rune('0' + digit(c)))
	}
	if unicode.In(c, unicode.Cf, unicode.Co, unicode.Cn, unicode.Cs) || unicode.Is(unicode.Mn, c) && c < 0x0900 {
		return ""
	}
	out := clean(unidecode.Unidecode(string(l)))
	if c >= 0x0900 && c < 0x0E00 {
		out = indic(c, out)
	}
	return out
}

// indic spells a letter of the Indic scripts as names are romanised: the retroflex
// consonants are written as the plain ones and not twice, the sibilants sh, the
// affricates ch, and the vowelless final letters of Malayalam as what they are.
func indic(c rune, s string) string {
	switch {
	case c >= 0x0D7A && c <= 0x0D7F:
		return []string{"n", "n", "r", "l", "l", "k"}[c-0x0D7A]
	case s == "ss":
		return "sh"
	case s == "c" && c>>7 == 0x0B80>>7: // Tamil
		return "s"
	case s == "c":
		return "ch"
	}
	for len(s) > 1 && s[0] == s[1] && !isVowel(s[0]) {
		s = s[1:]
	}
	return s
}

// digit returns the value of a decimal digit: they come in runs of ten that begin with 0.
func digit(c rune) rune {
	n := rune(0)
	for x := c - 1; n < 9 && unicode.Is(unicode.Nd, x); x-- {
		n++
	}
	if c >= '0' && c <= '9' {
		return c - '0'
	}
	return n % 10
}

func clean(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b = append(b, c)
		}
	}
	return string(b)
}

func appendTranslit(b []byte, run []rune) []byte {
	if isThai(run[0]) {
		// The vowels เ แ โ ใ ไ are written before the consonant that they follow in speech.
		for i := 0; i+1 < len(run); i++ {
			if run[i] >= 'เ' && run[i] <= 'ไ' {
				run[i], run[i+1] = run[i+1], run[i]
				i++
			}
		}
	}
	for i := 0; i < len(run); i++ {
		c := run[i]
		if c == 'ع' && (i == 0 || i == 2 && run[0] == 'ا' && run[1] == 'ل') {
			b = append(b, 'a') // a name that begins with ayn is heard with its vowel: Ali, Abd, Omar
			continue
		}
		switch {
		case (c == 'ه' || c == 'ح') && i > 0 && beforeH(run[i-1]):
			if i+1 == len(run) { // القاعده is written for القاعدة
				b = append(b, 'a')
			}
			continue // سه is s and h, not the sh of ش
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, byte(c))
			continue
		case c >= 'A' && c <= 'Z':
			b = append(b, byte(c)+'a'-'A')
			continue
		}
		if i+1 < len(run) {
			if s := greekPair(unicode.ToLower(c), unicode.ToLower(run[i+1])); s != "" {
				b = append(b, s...)
				i++
				continue
			}
		}
		b = append(b, translit(c)...)
	}
	return b
}

// beforeH reports whether an Arabic letter is spelt with one that stands for another sound before an h.
func beforeH(c rune) bool {
	switch c {
	case 'س', 'ص', 'پ', 'ت', 'ط', 'د', 'ك', 'ک', 'گ', 'ز':
		return true
	}
	return false
}

// greekPair spells the letter pairs of modern Greek (ELOT 743).
func greekPair(a, b rune) string {
	switch {
	case a == 'ο' && (b == 'υ' || b == 'ύ'):
		return "ou"
	case a == 'μ' && b == 'π':
		return "b"
	case a == 'ν' && b == 'τ':
		return "nt"
	case a == 'γ' && b == 'κ':
		return "gk"
	case a == 'γ' && b == 'γ':
		return "ng"
	case a == 'ε' && (b == 'υ' || b == 'ύ'):
		return "ev"
	case a == 'α' && (b == 'υ' || b == 'ύ'):
		return "av"
	}
	return ""
}

func isThai(c rune) bool   { return c >= 0x0E00 && c < 0x0E80 }
func isHangul(c rune) bool { return c >= 0xAC00 && c <= 0xD7A3 }
func isKana(c rune) bool   { return c >= 0x3041 && c <= 0x30FF }

// isIdeograph says what is read by character: Han, and 々 that repeats the one before.
func isIdeograph(c rune) bool {
	return c >= 0x3400 && c <= 0x4DBF || c >= 0x4E00 && c <= 0x9FFF || c >= 0xF900 && c <= 0xFAFF || c >= 0x20000 &&
		c < 0x30000
}

// isVowelless says whether the script of c leaves out vowels, or writes them in a way
// that a table cannot restore.
func isVowelless(c rune) bool {
	return c >= 0x0590 && c < 0x0780 || c >= 0x0900 && c < 0x1000 || c >= 0x1000 && c < 0x10A0 || c >= 0x1780 &&
		c < 0x1800 || c >= 0xFB1D && c <= 0xFEFF
}

// Revised Romanisation of Korean (2000): first sounds, vowels, last sounds.
var (
	hangulFirst = [19]string{"g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t",
		"p", "h"}
	hangulVowel = [21]string{"a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo",
		"we", "wi", "yu", "eu", "ui", "i"}
	hangulLast = [28]string{"", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "l", "l", "m", "p",
		"p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"}
)

// surnames holds the family names that cover nine tenths of Koreans, as they are spelt in
// Latin letters by most who bear them.
var surnames = map[rune]string{
	'김': "kim", '이': "lee", '리': "ri", '박': "park", '최': "choi", '정': "jung", '강': "kang", '조': "cho", '윤': "yoon",
	'장': "jang", '임': "lim", '림': "rim",
	'한': "han", '오': "oh", '서': "seo", '신': "shin", '권': "kwon", '황': "hwang", '안': "ahn", '송': "song", '전': "jeon",
	'홍': "hong", '유': "yoo", '류': "ryu",
	'고': "ko", '문': "moon", '양': "yang", '손': "son", '배': "bae", '백': "baek", '허': "heo", '남': "nam", '심': "sim",
	'노': "noh", '로': "ro", '하': "ha", '곽': "kwak", '성': "sung", '차': "cha", '주': "joo", '우': "woo", '구': "koo",
	'민': "min", '현': "hyun", '태': "tae",
}

func appendHangul(b []byte, run []rune) []byte {
	for _, c := range run {
		if !isHangul(c) {
			b = append(b, translit(c)...)
			continue
		}
		s := int(c - 0xAC00)
		b = append(b, hangulFirst[s/588]...)
		b = append(b, hangulVowel[s%588/28]...)
		b = append(b, hangulLast[s%28]...)
	}
	return b
}

// addHangul adds a run of Hangul. Known words at either end are words of their own: 한빛전자 is Hanbit and electronics.
// What is left, of two to four syllables that begin with a family name, is taken apart as Latin spellings do.
func (r *reader) addHangul(run []rune, f flag) {
	f |= syllabic
	for i := 1; i < len(run); i++ {
		if isHangul(run[i]) != isHangul(run[i-1]) { // 제7사단
			if string(run[:i]) != "제" || !unicode.IsDigit(run[i]) {
				r.addHangul(run[:i], f)
			}
			r.addHangul(run[i:], f)
			return
		}
	}
	if !isHangul(run[0]) {
		f &^= syllabic
	}
	from, to := knownEnds(run)
	if from+len(run)-to > 0 {
		r.addHangulWord(run[:from], f)
		r.addHangulName(run[from:to], f, true)
		for to < len(run) {
			n := knownSuffix(run[to:], true)
			r.addHangulWord(run[to:to+n], f)
			to += n
		}
		return
	}
	if knownWords()[string(run)] {
		r.addHangulWord(run, f)
		return
	}
	r.addHangulName(run, f, false)
}

func (r *reader) addHangulWord(run []rune, f flag) {
	if from := len(r.buf); len(run) > 0 {
		r.buf = appendHangul(r.buf, run)
		if len(r.buf) > from {
			r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(len(run)), flag: f,
				script: scriptOf(run[0])})
		}
	}
}

// addHangulName adds what is left of a run; firm says that it stands beside a word of organisations, so that it is no
// person's.
func (r *reader) addHangulName(run []rune, f flag, firm bool) {
	if len(run) == 0 {
		return
	}
	if s, ok := surnames[run[0]]; ok && len(run) >= 2 && len(run) <= 4 && !knownWords()[string(run)] && !firm {
		from := len(r.buf)
		r.buf = append(r.buf, s...)
		r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: 1, flag: f, script: East})
		run = run[1:]
	}
	r.addHangulWord(run, f)
}

// knownWords are the words in Hangul and Kana of the tables of forms, general words, bodies and places, of two
// syllables or more: those scripts write names without spaces.
var knownWords = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, file := range []string{"legal.txt", "generic.txt", "place.txt", "body.tsv", "word.tsv", "where.tsv"} {
		b, err := data.ReadFile("data/" + file)
		if err != nil {
			panic(err) // embedded at build time
		}
		for w := range strings.FieldsFuncSeq(string(b), func(c rune) bool {
			return !isHangul(c) && !isKana(c) &&
				c != 'ー'
		}) {
			if n := utf8.RuneCountInString(w); n >= 2 && (n >= 3 || isHangul([]rune(w)[0])) {
				known[w] = true
			}
		}
	}
	if namer := display.Regions(language.Korean); namer != nil {
		for _, c := range []string{"KR", "KP", "CN", "JP", "US", "GB", "DE", "FR", "RU", "VN"} {
			known[strings.ReplaceAll(namer.Name(language.MustParseRegion(c)), " ", "")] = true
		}
	}
	return known
})

// longestKnown is how many syllables a known word has at most.
const longestKnown = 8

// knownEnds returns what is left of a run without the known words at its ends; 0 and all of it when that is nothing, or
// one known word.
func knownEnds(run []rune) (from, to int) {
	known := knownWords()
	to = len(run)
	if to > 24 || known[string(run)] {
		return 0, to
	}
	for n := knownSuffix(run[:to], false); n > 0; n = knownSuffix(run[:to], false) {
		to -= n
	}
	for n := min(longestKnown, to-1); n >= 2; n-- {
		if isHangul(run[0]) && known[string(run[:n])] {
			from = n
			break
		}
	}
	return from, to
}

// knownSuffix returns the length of the longest known word at the end of run that is not all of it, or of the one at
// its beginning, all of it included.
func knownSuffix(run []rune, first bool) int {
	known := knownWords()
	if first {
		for n := min(longestKnown, len(run)); n >= 2; n-- {
			if known[string(run[:n])] && (n == len(run) || knownSuffix(run[n:], true) > 0) {
				return n
			}
		}
		return 0
	}
	for n := min(longestKnown, len(run)-1); n >= 2; n-- {
		if known[string(run[len(run)-n:])] {
			return n
		}
	}
	return 0
}

// leastThai is how many letters a Thai word has at least that is taken off the front of a run.
const leastThai = 4

// thaiWords are the words in Thai letters of the tables: Thai writes no spaces between words, and what a body is called
// stands before its name.
var thaiWords = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, file := range []string{"legal.txt", "generic.txt", "place.txt", "body.tsv", "word.tsv", "where.tsv"} {
		b, err := data.ReadFile("data/" + file)
		if err != nil {
			panic(err) // embedded at build time
		}
		for w := range strings.FieldsFuncSeq(string(b), func(c rune) bool { return !isThai(c) }) {
			if utf8.RuneCountInString(w) >= leastThai {
				known[w] = true
			}
		}
	}
	return known
})

// thaiHead returns the length of the longest known word with which a run in Thai begins, 0 when there is none.
func thaiHead(run []rune) int {
	if !isThai(run[0]) {
		return 0
	}
	for n := min(longestThai, len(run)); n >= leastThai; n-- {
		if thaiWords()[string(run[:n])] {
			return n
		}
	}
	return 0
}

// longestThai is how many letters such a word has at most.
const longestThai = 24

// kana in the order of the code chart from ぁ (3041); katakana stand 0x60 higher.
var kana = [...]string{
	"a", "a", "i", "i", "u", "u", "e", "e", "o", "o", "ka", "ga", "ki", "gi", "ku", "gu", "ke", "ge", "ko", "go", "sa",
	"za", "shi", "ji", "su", "zu", "se", "ze", "so", "zo",
	"ta", "da", "chi", "ji", "", "tsu", "zu", "te", "de", "to", "do", "na", "ni", "nu", "ne", "no", "ha", "ba", "pa",
	"hi", "bi", "pi", "fu", "bu", "pu", "he", "be", "pe", "ho", "bo", "po",
	"ma", "mi", "mu", "me", "mo", "ya", "ya", "yu", "yu", "yo", "yo", "ra", "ri", "ru", "re", "ro", "wa", "wa", "i",
	"e", "o", "n", "vu", "ka", "ke", "va", "vi", "ve", "vo",
}

// appendKana spells kana in the Hepburn way, without long vowels.
func appendKana(b []byte, run []rune) []byte {
	double := false
	for _, c := range run {
		k := c
		if k >= 0x30A1 && k <= 0x30FA {
			k -= 0x60
		}
		if k < 0x3041 || int(k-0x3041) >= len(kana) {
			if c != 'ー' && !isKana(c) {
				b = append(b, translit(c)...)
			}
			continue
		}
		if k == 'っ' {
			double = true
			continue
		}
		s := kana[k-0x3041]
		small := k == 'ゃ' || k == 'ゅ' || k == 'ょ' || k == 'ぁ' || k == 'ぃ' || k == 'ぅ' || k == 'ぇ' || k == 'ぉ'
		if small && len(b) > 0 && isVowel(b[len(b)-1]) {
			// きゃ is kya, しゃ is sha, ファ is fa.
			b = b[:len(b)-1]
			if n := len(b); len(s) == 2 && n > 1 && (b[n-1] == 'h' && (b[n-2] == 's' || b[n-2] == 'c') ||
				b[n-1] == 'j') {
				s = s[1:]
			}
		}
		if double && s != "" {
			b = append(b, s[0])
			double = false
		}
		b = append(b, s...)
	}
	return b
}

// Romaji reports whether a word may be Japanese in Latin letters: every consonant but n stands before a vowel.
func Romaji(w string) bool {
	for i := 0; i < len(w); i++ {
		c := w[i]
		if isVowel(c) || c == 'n' {
			continue
		}
		if c == 'l' || c == 'q' || c == 'x' || c == 'v' || c <= '9' || i+1 == len(w) {
			return false
		}
		next := w[i+1]
		switch {
		case isVowel(next):
			if c == 'c' {
				return false
			}
		case next == c, next == 'y', (c == 's' || c == 'c') && next == 'h', c == 't' && (next == 's' || next == 'c'),
			c == 'm' && (next == 'b' || next == 'p'), c == 'h' && i > 0 && w[i-1] == 'o':
		default:
			return false
		}
	}
	return true
}

func isVowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }
