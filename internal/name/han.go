package name

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

var pinyinArgs = pinyin.NewArgs()

// addHan adds one character as the word that it reads in Mandarin. Other readings are
// made from the character when the name is parsed.
func (r *reader) addHan(c rune) {
	from := len(r.buf)
	if c == '々' && len(r.words) > 0 {
		c = r.words[len(r.words)-1].han
	}
	if p := pinyin.SinglePinyin(c, pinyinArgs); len(p) > 0 {
		r.buf = append(r.buf, clean(strings.ReplaceAll(p[0], "ü", "v"))...)
	} else {
		r.buf = append(r.buf, clean(translit(c))...)
	}
	if len(r.buf) > from {
		r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: 1, flag: ideograph | syllabic,
			han: c, script: East})
	}
	r.brk = 0
}

// syllables are those of Mandarin in pinyin, without tones.
var syllables = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, list := range pinyin.PinyinDict {
		for p := range strings.SplitSeq(list, ",") {
			m[clean(translitAll(p))] = true
		}
	}
	for _, interjection := range []string{"", "e", "o", "n", "ng", "m", "hm", "hng"} {
		delete(m, interjection)
	}
	return m
})

func translitAll(s string) string {
	var b strings.Builder
	for _, c := range s {
		b.WriteString(translit(c))
	}
	return b.String()
}

// OtherSyllables reports whether a word in Latin letters is pinyin of as many syllables as there are Han characters
// read, which begin alike, and is not what they read: 星河 is Xinghe and not Xinghai. Spellings that are no pinyin, such
// as those of Taiwan and Hong Kong, are left to the sound.
func OtherSyllables(han []Token, w string) bool {
	if len(han) == 0 {
		return w != ""
	}
	known := syllables()
	for n := min(6, len(w)); n > 0; n-- {
		if s := w[:n]; known[s] && beginAlike(s, han[0].Text) && (len(han) > 1 || n == len(w)) {
			if len(han) == 1 {
				return s != han[0].Text && s != "yu" && s != "you"
			}
			if same := s == han[0].Text; OtherSyllables(han[1:], w[n:]) || !same && begins(han[1:], w[n:]) {
				return true
			}
		}
	}
	return false
}

// begins reports whether a word is pinyin of the syllables of Han characters, or of ones that begin alike.
func begins(han []Token, w string) bool {
	if len(han) == 0 {
		return w == ""
	}
	for n := min(6, len(w)); n > 0; n-- {
		if syllables()[w[:n]] && beginAlike(w[:n], han[0].Text) && begins(han[1:], w[n:]) {
			return true
		}
	}
	return false
}

// beginAlike reports whether two syllables have one first sound.
func beginAlike(a, b string) bool { return initialOf(a) == initialOf(b) }

func initialOf(s string) string {
	n := 0
	for n < len(s) && !isVowel(s[n]) {
		n++
	}
	return s[:n]
}

// figures of Chinese and Japanese, and what multiplies them.
var (
	hanDigit = map[rune]int{'〇': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	hanTimes = map[rune]int{'十': 10, '百': 100, '千': 1000, '万': 10000, '萬': 10000}
)

// unitSigns are the characters before which two figures are a number: those for units of armed forces, bureaux,
// prisons.
const unitSigns = "旅师師团團団军軍营營连連队隊部号號所局区區监監狱獄厂廠大支分中"

// addFigure adds the number in Han figures with which s begins, as digits, and returns how many bytes it took; 0 when
// s begins with none. Few figures without a sign that they are a number are part of a name: 三一, 百度.
func (r *reader) addFigure(s string) int {
	at, ordinal := 0, strings.HasPrefix(s, "第")
	if ordinal {
		at = len("第")
	}
	value, part, digit, figures := 0, 0, -1, 0
	places, nought, times := true, false, false // figures one after the other, without what multiplies them
	for at < len(s) && value < 1<<30 {
		c, n := utf8.DecodeRuneInString(s[at:])
		if d, ok := hanDigit[c]; ok {
			nought = nought || d == 0
			if digit >= 0 && !times {
				digit = digit*10 + d
			} else {
				digit = d
			}
		} else if m, ok := hanTimes[c]; ok {
			places, times = false, true
			if m == 10000 {
				value, part = (value+part+max(digit, 0))*m, 0
			} else {
				if digit < 0 { // 十 alone is ten
					digit = 1
				}
				part += digit * m
			}
			digit = -1
		} else {
			break
		}
		figures++
		at += n
	}
	next, _ := utf8.DecodeRuneInString(s[at:])
	switch {
	case figures == 0 && ordinal && next >= '0' && next <= '9': // 第8200
		return at
	case figures == 0:
		return 0
	case ordinal, figures >= 3 && (places || digit >= 0 || times), figures == 2 &&
		(nought && places || strings.ContainsRune(unitSigns, next)):
	default:
		return 0
	}
	from := len(r.buf)
	r.buf = strconv.AppendInt(r.buf, int64(value+part+max(digit, 0)), 10)
	r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: int32(figures), flag: r.brk})
	r.brk = 0
	return at
}

// Readings returns the ways in which a name in Han characters may be read besides
// Mandarin: as the name of a Korean, or of a Japanese, when every character can be.
func Readings(s string) []string {
	han, other := 0, 0
	for _, c := range s {
		switch {
		case isIdeograph(c):
			han++
		case c == ' ' || c == '　' || c == '·':
		case isKana(c):
		default:
			other++
		}
	}
	if han < 2 || han > 8 || other > 0 {
		return nil
	}
	x := lex()
	var out []string
	if k := korean(x, s); k != "" {
		out = append(out, k)
	}
	if j := japanese(x, s); j != "" {
		out = append(out, j)
	}
	return out
}

func korean(x *lexicon, s string) string {
	var w []string
	for _, c := range s {
		if c == ' ' || c == '　' {
			continue
		}
		k := x.hanja[c]
		if k == "" {
			return ""
		}
		w = append(w, k)
	}
	if len(w) < 2 || len(w) > 4 {
		return ""
	}
	return strings.Join(w, " ")
}

// japanese cuts s into words of the lexicon, the longest first.
func japanese(x *lexicon, s string) string {
	var run []rune
	for _, c := range s {
		if c != ' ' && c != '　' {
			run = append(run, c)
		}
	}
	var w []string
	for i := 0; i < len(run); {
		n := min(x.kanjiMax, len(run)-i)
		for ; n > 0; n-- {
			if k := x.kanji[string(run[i:i+n])]; k != "" {
				w = append(w, k)
				break
			}
		}
		if n == 0 {
			return ""
		}
		i += n
	}
	if len(w) < 2 {
		return ""
	}
	return strings.Join(w, " ")
}
