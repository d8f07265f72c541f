package name

import (
	"slices"
	"strings"
	"unicode"
)

// The words of data/word.tsv and data/where.tsv: what names of organisations share in languages that are not written in
// Latin letters, so that a name and its translation hold the same meanings.

// Script is the letters in which a word is written.
type Script uint8

// The scripts that the tables tell apart. In one of them a form of another, that happens to be spelt the same in Latin
// letters, does not count.
const (
	Latin Script = iota
	Cyrillic
	Greek
	Hebrew
	Arabic
	Indic
	East // Han, Kana, Hangul
	OtherScript
)

func scriptOf(c rune) Script {
	switch {
	case c < 0x370:
		return Latin
	case c < 0x400 || c >= 0x1F00 && c < 0x2000:
		return Greek
	case c < 0x530:
		return Cyrillic
	case c < 0x590:
		return OtherScript
	case c < 0x600 || c >= 0xFB1D && c < 0xFB50:
		return Hebrew
	case c < 0x780 || c >= 0xFB50 && c < 0xFF00:
		return Arabic
	case c >= 0x900 && c < 0xE00:
		return Indic
	case isHangul(c), isKana(c), isIdeograph(c):
		return East
	case unicode.Is(unicode.Latin, c):
		return Latin
	}
	return OtherScript
}

// endings are those of nouns and adjectives of the Slavic languages and of Greek, all cases and genders, that a star
// stands for in the tables, in Latin letters. A stem may take none of them.
var endings = func() map[string]bool {
	m := map[string]bool{"": true}
	for e := range strings.FieldsSeq("а я и ы е о у ю і ї ь ой ей ый ий ая яя ое ее ые ие ого его ому ему ым им ых " +
		"их ую юю ою ею ом ем ам ями ами ах " +
		"ях ов ев ия ии ию ием иями иях ія ії ію ією ій ої ими ьої ього ьому ство ства ств ні ній ня ню ням ння нню " +
		"нням нні " +
		"ή ής ός ό ού οί ά ών ές η ης ος ο ου οι α ων ες ους") {
		m[Fold(e)] = true
	}
	return m
}()

// longestEnding is how many letters an ending has at most.
const longestEnding = 6

// A stem is a form of which words end in any way that its language has.
type stem struct {
	words []string // the words, the first included
	open  []bool   // of each: it is a stem
	phrase
}

// stemHead is how many letters of the first word of a stem are looked at first.
const stemHead = 3

// addStem adds a form with stars.
func addStem(m map[string][]stem, form string, p phrase) {
	s := stem{phrase: p}
	for w := range strings.FieldsSeq(strings.ReplaceAll(form, "-", " ")) {
		bare, open := strings.CutSuffix(w, "*")
		s.words, s.open = append(s.words, Fold(bare)), append(s.open, open)
	}
	s.more = int8(len(s.words) - 1)
	key := s.words[0]
	list := m[key]
	at := slices.IndexFunc(list, func(o stem) bool { return len(o.words) < len(s.words) })
	if at < 0 {
		at = len(list)
	}
	m[key] = slices.Insert(list, at, s)
}

// fits reports whether the words from i on are those of a stem.
func (s *stem) fits(t []Token, i int) bool {
	if len(t)-i < len(s.words) {
		return false
	}
	for k, w := range s.words {
		rest, ok := strings.CutPrefix(t[i+k].Text, w)
		if !ok || rest != "" && !(s.open[k] && endings[rest]) {
			return false
		}
	}
	return true
}

// leastRomanisedStem is how many letters a word has in Latin letters that is looked for among the stems.
const leastRomanisedStem = 9

// findStem returns the longest form that begins at word i, and how many words it has.
func findStem(m map[string][]stem, heads map[string]bool, t []Token, i int) (*phrase, int) {
	w := &t[i]
	if w.Script > Greek || len(w.Text) < stemHead || w.Script == Latin && len(w.Text) < leastRomanisedStem ||
		!heads[w.Text[:stemHead]] {
		return nil, 0
	}
	var best *stem
	for n := len(w.Text); n >= max(stemHead, len(w.Text)-longestEnding); n-- {
		for k := range m[w.Text[:n]] {
			if s := &m[w.Text[:n]][k]; (best == nil || len(s.words) > len(best.words)) && s.fits(t, i) {
				best = s
			}
		}
	}
	if best == nil {
		return nil, 0
	}
	return &best.phrase, len(best.words)
}

// spread returns the forms of a row: the Arabic article is put before a word or taken away, and Hebrew words get the
// letters that stand for articles and prepositions.
func spread(form, lang string) []string {
	out := []string{form}
	r := []rune(form)
	switch {
	case lang == "he" && len(r) > 2 && unicode.Is(unicode.Hebrew, r[0]):
		for _, p := range "הלבו" {
			if r[0] != p {
				out = append(out, string(p)+form)
			}
		}
	case lang == "ar" && unicode.Is(unicode.Arabic, r[0]):
		w := strings.Fields(form)
		for i := range w {
			w[i] = strings.TrimPrefix(w[i], "ال")
		}
		bare := strings.Join(w, " ")
		out = append(out, bare, "ال"+bare, "ال"+strings.Join(w, " ال"))
		if len(w) == 1 {
			out = append(out, "لل"+bare, "وال"+bare, "ب"+bare, "بال"+bare)
		}
		if strings.HasSuffix(bare, "ي") && len(w) == 1 {
			out = append(out, bare+"ة", "ال"+bare+"ة")
		}
	}
	return out
}

// leastNative is how many letters a form has that counts in Latin letters too, though it is written in others.
const leastNative = 8

// phraseOf reads how a form is written, beside what it means.
func (x *lexicon) phraseOf(form string, p phrase) (string, phrase) {
	var r reader
	r.scan(form)
	text := make([]byte, 0, len(r.buf)+len(r.words))
	for i, w := range r.words {
		if i > 0 {
			text = append(text, ' ')
		} else {
			p.script = w.script
		}
		text = append(text, r.text(w)...)
		if w.han != 0 {
			c := w.han
			if s, ok := x.simple[c]; ok {
				c = s
			}
			p.han = append(p.han, c)
		}
	}
	if (p.script == Cyrillic || p.script == Greek) && len(text) >= leastNative {
		p.script = Latin
	}
	return string(text), p
}

// A stopWord is an article, a conjunction or a preposition in letters that are not Latin.
type stopWord struct {
	text   string
	script Script
}

// loadWords reads data/word.tsv; last is the last general word of generic.txt.
func (x *lexicon) loadWords(last Sym) {
	own := map[string]Sym{} // meanings that generic.txt has not
	table("word", func(f []string) {
		if f[0] == "-" {
			for form := range strings.SplitSeq(f[2], "|") {
				if text, ph := x.phraseOf(form, phrase{}); text != "" {
					x.stopIn[stopWord{text, ph.script}] = true
				}
			}
			return
		}
		p := phrase{word: true, gen: 1}
		for i, concept := range strings.Split(f[0], ",") {
			ph, general := x.generalWord(concept)
			switch {
			case general:
				if i == 0 {
					p.word, p.gen = false, ph.gen
				}
			case own[concept] == 0:
				last++
				own[concept] = SymGeneric | last
				fallthrough
			default:
				ph.sym = own[concept]
			}
			p.syms = append(p.syms, ph.sym)
		}
		p.sym = p.syms[0]
		for form := range strings.SplitSeq(f[2], "|") {
			x.addForm(x.generic, x.genericStem, form, f[1], p)
		}
	})
}

// merge gives what is written in Cyrillic and stands in generic.txt the meanings of the stems that it fits as well.
func (x *lexicon) merge() {
	for w, list := range x.generic {
		t := []Token{{Text: w, Script: Cyrillic}}
		at := slices.IndexFunc(list, func(p phrase) bool { return len(p.rest) == 0 })
		s, _ := findStem(x.genericStem, x.stemHeads, t, 0)
		if at < 0 || s == nil || list[at].script != Latin || len(s.syms) == 0 {
			continue
		}
		p := list[at]
		p.syms = []Sym{p.sym}
		for _, y := range s.syms {
			if y != p.sym {
				p.syms = append(p.syms, y)
			}
		}
		p.script = Cyrillic
		x.generic[w] = slices.Insert(list, at, p)
	}
}

// generalWord returns the line of generic.txt that holds a word.
func (x *lexicon) generalWord(s string) (phrase, bool) {
	w := strings.Fields(Fold(s))
	for _, ph := range x.generic[w[0]] {
		if slices.Equal(ph.rest, w[1:]) && !ph.word && ph.script == Latin {
			return ph, true
		}
	}
	return phrase{}, false
}

// loadWhere reads data/where.tsv.
func (x *lexicon) loadWhere(code func(string) Sym) {
	table("where", func(f []string) {
		for form := range strings.SplitSeq(f[2], "|") {
			p := phrase{gen: placeWeight}
			for c := range strings.SplitSeq(f[0], ",") {
				p.syms = append(p.syms, code(c))
			}
			if p.sym = p.syms[0]; len(p.syms) == 1 {
				p.syms = nil
			}
			x.addForm(x.place, x.placeStem, form, f[1], p)
		}
	})
}

// addForm adds a form of a row.
func (x *lexicon) addForm(m map[string][]phrase, stems map[string][]stem, form, lang string, p phrase) {
	if strings.Contains(form, "*") {
		addStem(stems, form, p)
		head := Fold(strings.TrimRight(strings.Fields(strings.ReplaceAll(form, "-", " "))[0], "*"))
		x.stemHeads[head[:min(stemHead, len(head))]] = true
		return
	}
	for _, v := range spread(form, lang) {
		text, ph := x.phraseOf(v, p)
		if text == "" || lang != "en" && x.also(m, text, ph) {
			continue
		}
		x.add(m, text, ph)
	}
}

// nominative gives an adjective in Cyrillic, which names of organisations have in the case of "of", its first form: of
// the Laboratory of Kaspersky.
func nominative(w string) string {
	for _, e := range [...]string{"skogo", "skoy", "skaya", "skoe", "skoye", "skikh", "skim", "skom", "skie", "skiye",
		"skoi"} {
		if bare, ok := strings.CutSuffix(w, e); ok && len(bare) > 2 {
			return bare + "skiy"
		}
	}
	return w
}

// placeAt returns the place whose name begins at word i, of which k is known, nil when none does.
func (x *lexicon) placeAt(k *known, t []Token, i int) *phrase {
	return x.either(k.place, k.stem, x.placeStem, t, i)
}

// generalAt returns the general word, or the word with a meaning, that begins at word i, nil when none does.
func (x *lexicon) generalAt(k *known, t []Token, i int) *phrase {
	return x.either(k.generic, k.stem, x.genericStem, t, i)
}

// either returns the longer of the forms and stems that begin at word i.
func (x *lexicon) either(list []phrase, stemmed bool, stems map[string][]stem, t []Token, i int) *phrase {
	var ph *phrase
	for k := 0; k < len(list) && ph == nil; k++ {
		f := &list[k]
		if fits(f.rest, t, i+1) && (f.script == Latin && f.han == nil && t[i].Han == 0 || (f.script != Latin ||
			f.han != nil) && f.written(t[i:])) {
			ph = f
		}
	}
	if !stemmed {
		return ph
	}
	s, words := findStem(stems, x.stemHeads, t, i)
	if s == nil || ph != nil && ph.words() >= words {
		return ph
	}
	return s
}

// words returns how many words a form has.
func (p *phrase) words() int { return 1 + len(p.rest) + int(p.more) }

// also adds the meanings of a form to those that the same words have already, and reports whether they had any. A form
// that counts in all letters keeps its meaning in the others.
func (x *lexicon) also(m map[string][]phrase, text string, p phrase) bool {
	w := strings.Fields(text)
	list := m[w[0]]
	for i := range list {
		q := &list[i]
		if !slices.Equal(q.rest, w[1:]) || q.script != Latin && q.script != p.script || q.han != nil &&
			!slices.Equal(q.han, p.han) {
			continue
		}
		if len(p.syms) == 0 || q.script == Latin && p.script == Latin {
			return true
		}
		syms := slices.Clone(q.syms)
		if syms == nil {
			syms = []Sym{q.sym}
		}
		for _, s := range p.syms {
			if !slices.Contains(syms, s) {
				syms = append(syms, s)
			}
		}
		if q.script != Latin {
			q.syms = syms
			return true
		}
		p.rest, p.sym, p.syms, p.gen, p.word = q.rest, q.sym, syms, q.gen, q.word
		m[w[0]] = slices.Insert(list, i, p)
		return true
	}
	return false
}
