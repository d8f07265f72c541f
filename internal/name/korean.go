package name

import (
	"slices"
	"strings"
)

// KoreanSyllable reports whether a word of a personal name can be one syllable of a Korean name in Latin letters: it is
// in the lexicon as one, or is spelt like one.
func (t *Token) KoreanSyllable() bool { return len(t.korean()) > 0 || koreanSpelling(t.Text) }

// SameSyllable reports whether two words are spellings of one syllable of Korean names: Un and Eun.
func SameSyllable(a, b *Token) bool {
	return a.Text == b.Text ||
		slices.ContainsFunc(a.korean(), func(s Sym) bool { return slices.Contains(b.korean(), s) })
}

// korean returns what a word means as a syllable of a Korean name, also one that is read as a particle.
func (t *Token) korean() []Sym {
	all := t.knownIn(lex()).given
	from := slices.IndexFunc(all, func(s Sym) bool { return s&symKorean != 0 })
	if from < 0 {
		return nil
	}
	to := from
	for to < len(all) && all[to]&symKorean != 0 {
		to++
	}
	return all[from:to]
}

// koreanEnds are the consonants that a Korean syllable may end with, as they are romanised.
var koreanEnds = map[string]bool{"": true, "n": true, "ng": true, "k": true, "g": true, "l": true, "m": true, "p": true,
	"b": true, "t": true, "h": true}

// koreanStarts are the consonants that it may begin with.
var koreanStarts = map[string]bool{"": true, "g": true, "k": true, "kk": true, "n": true, "d": true, "t": true,
	"tt": true, "r": true, "l": true, "m": true, "b": true, "p": true, "pp": true, "s": true, "ss": true, "sh": true,
	"j": true, "jj": true, "ch": true, "h": true}

// koreanSpelling reports whether a word is spelt like one Korean syllable: Kwang, Chun, Hyok.
func koreanSpelling(w string) bool {
	const vowels = "aeiouyw"
	from := strings.IndexAny(w, vowels)
	to := strings.LastIndexAny(w, vowels) + 1
	return from >= 0 && to-from <= 3 && strings.Trim(w[from:to], vowels) == "" && koreanStarts[w[:from]] &&
		koreanEnds[w[to:]]
}
