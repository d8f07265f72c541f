package capability

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A script is the set of scripts that the letters of a word belong to.
type script uint8

const (
	latin script = 1 << iota
	cyrillic
	greek
	arabic
	hebrew
)

// zeroWidthNonJoiner parts what Persian writes as one word.
const zeroWidthNonJoiner = 0x200c

func scriptOf(r rune) script {
	switch {
	case r < 0x250:
		return latin
	case r >= 0x370 && r <= 0x3ff:
		return greek
	case r >= 0x400 && r <= 0x52f:
		return cyrillic
	case r >= 0x590 && r <= 0x5ff:
		return hebrew
	case r >= 0x600 && r <= 0x6ff:
		return arabic
	}
	return 0
}

// compatible reports whether r, not below U+2000, is a form of another letter: full-width,
// half-width, enclosed, presentation form, mathematical letter (Unicode Standard Annex 15, NFKC).
func compatible(r rune) bool {
	switch {
	case r >= 0x2070 && r <= 0x209f, r >= 0x2100 && r <= 0x214f, r >= 0x2460 && r <= 0x24ff,
		r == 0x3099, r == 0x309a, r >= 0x3200 && r <= 0x33ff, r >= 0xf900 && r <= 0xfdff,
		r >= 0xfe70 && r < 0xfeff, r >= 0xff00 && r <= 0xffef, r >= 0x1d400 && r <= 0x1d7ff, r >= 0x1f100 &&
			r <= 0x1f1ff:
		return true
	}
	return false
}

// lookalikes are letters of Latin, Cyrillic and Greek that look the same (Unicode Technical
// Standard 39, confusables), in this order.
var lookalikes = [][3]rune{
	{'a', 'а', 'α'}, {'b', 'в', 'β'}, {'c', 'с', 0}, {'e', 'е', 'ε'}, {'h', 'һ', 'η'}, {'i', 'і', 'ι'}, {'j', 'ј', 0},
	{'k', 'к', 'κ'}, {'m', 'м', 'μ'}, {'o', 'о', 'ο'}, {'p', 'р', 'ρ'}, {'s', 'ѕ', 0}, {'t', 'т', 'τ'},
	{'v', 'ѵ', 'ν'}, {'x', 'х', 'χ'}, {'y', 'у', 'υ'}, {'z', 0, 'ζ'},
}

// arabicArticles are the article and what is written as one word with it.
var arabicArticles = [][]byte{[]byte("وال"), []byte("بال"), []byte("كال"), []byte("فال"), []byte("لل"), []byte("ال")}

// shortestStem is how many letters of a word an article leaves at least.
const shortestStem = 3

// unify rewrites the word that starts at start: letters of one script, without an article.
func unify(buf []byte, start int, scripts script) []byte {
	switch scripts {
	case arabic:
		return cutArticle(buf, start, arabicArticles)
	case hebrew:
		return cutArticle(buf, start, [][]byte{[]byte("ה")})
	case latin | cyrillic, latin | greek:
		other := 1
		if scripts&greek != 0 {
			other = 2
		}
		return oneScript(buf, start, other)
	}
	return buf
}

func cutArticle(buf []byte, start int, articles [][]byte) []byte {
	for {
		w := buf[start:]
		k := slices.IndexFunc(articles, func(a []byte) bool {
			return bytes.HasPrefix(w, a) && utf8.RuneCount(w[len(a):]) >= shortestStem
		})
		if k < 0 {
			return buf
		}
		buf = append(buf[:start], w[len(articles[k]):]...)
	}
}

// oneScript turns the letters of the rarer script into those of the other that look the same.
func oneScript(buf []byte, start, other int) []byte {
	w := string(buf[start:])
	few, many := 0, 0 // letters of Latin and of the other script
	for _, r := range w {
		if r < utf8.RuneSelf && unicode.IsLetter(r) {
			few++
		} else if r >= utf8.RuneSelf {
			many++
		}
	}
	from, to := 0, other
	if few >= many {
		from, to = other, 0
	}
	buf = buf[:start]
	for _, r := range w {
		for _, l := range lookalikes {
			if l[from] == r && l[to] != 0 {
				r = l[to]
				break
			}
		}
		buf = utf8.AppendRune(buf, r)
	}
	return buf
}
