package name

import (
	"strings"

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
		r.words = append(r.words, word{from: int32(from), to: int32(len(r.buf)), runes: 1, flag: ideograph | syllabic, han: c})
	}
	r.brk = 0
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
