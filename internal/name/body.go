package name

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The names of public bodies are read as concepts: what kind of body it is, what it deals
// with, which state's, and its number. "Interior Ministry", "MVD" and "وزارة الداخلية" are
// the concepts ministry and interior, in whatever order and script (data/body.tsv).

// bodyType says what a word does in the name of a body.
type bodyType uint8

const (
	bodyNone     bodyType = iota
	bodyKind              // makes a name a body's
	bodyUnit              // does so with a number or a subject
	bodyWeak              // does so with a subject
	bodySubject           // what it deals with
	bodyModifier          // says little: national, general
	bodyShort             // stands for several concepts
	bodyNamed             // one body, known by letters
)

var bodyTypes = map[string]bodyType{"kind": bodyKind, "unit": bodyUnit, "weak": bodyWeak, "subject": bodySubject,
	"modifier": bodyModifier, "short": bodyShort, "named": bodyNamed}

// bodyWeight is how much a concept says about which body is meant, 0 to 1 a word; a body
// known by letters stands for several. Two bodies differ by their subject far more often
// than by what their office is called. Fitted on quality/org_pairs_dev.csv.
var bodyWeight = [...]float32{bodyKind: 0.7, bodyUnit: 0.3, bodyWeak: 0.08, bodySubject: 1, bodyModifier: 0.08, bodyNamed: 2.5}

// What numbers weigh in the names of bodies: the number of a unit is its name, all the more
// when it is long.
const (
	bodyNumber    = 1
	longNumber    = 2.5  // of three digits or more, in the name of a unit
	besideNumber  = 0.4  // times the weight of the other words, beside a long number
	bodyState     = 0.3  // a state in the name of a body: whose it is is often left out
	besideSubject = 0.45 // a word that is no concept, beside kind and subject: a state or a town
	leastLongUnit = 100
)

// leastRomanised is how many letters a form has that is known in Latin letters too, though it
// is written in others: "stratos" is a Greek army and a company.
const leastRomanised = 9

// A bodyPart is one concept that a form stands for.
type bodyPart struct {
	text   string // the concept's name; "" when the words themselves are the text
	sym    Sym
	weight float32
	class  Class
}

// A bodyForm is a form of data/body.tsv after its first word.
type bodyForm struct {
	rest  []string
	han   []rune // of a form in Han characters: many of them sound alike
	typ   bodyType
	loose bool // in a script without vowels
	bent  bool // in Han, Kana or Hangul
	alien bool // in letters that are not Latin
	size  int  // letters of all words
	caps  bool // a short abbreviation: read only when written in capitals
	parts []bodyPart
}

func (x *lexicon) loadBodies() {
	type line struct {
		typ     bodyType
		concept string
		forms   string
	}
	var lines []line
	syms := map[string]bodyPart{}
	table("body", func(f []string) {
		l := line{bodyTypes[f[0]], f[1], f[2]}
		lines = append(lines, l)
		if l.typ != bodyShort && syms[l.concept].sym == 0 {
			class := Word
			if l.typ == bodyUnit || l.typ == bodyWeak || l.typ == bodyModifier {
				class = Generic
			}
			syms[l.concept] = bodyPart{sym: SymBody | Sym(len(syms)+1), weight: bodyWeight[l.typ], class: class}
		}
	})
	concept := func(w string) bodyPart {
		if len(w) == 2 && w[0] <= 'Z' {
			return bodyPart{text: strings.ToLower(w), sym: x.states[w], weight: bodyState, class: Place}
		}
		p, ok := syms[w]
		if !ok {
			p = bodyPart{sym: SymBody | Sym(len(syms)+1), weight: 1.5, class: Word}
			syms[w] = p
		}
		p.text = w
		return p
	}
	for _, typ := range []bodyType{bodyNamed, bodyShort, bodyKind, bodyUnit, bodyWeak, bodySubject, bodyModifier} {
		for _, l := range lines {
			if l.typ != typ {
				continue
			}
			var parts []bodyPart
			if typ == bodyShort {
				for w := range strings.FieldsSeq(l.concept) {
					parts = append(parts, concept(w))
				}
			} else {
				parts = []bodyPart{syms[l.concept]}
			}
			for form := range strings.SplitSeq(l.forms, "|") {
				for _, v := range bodySpellings(form) {
					x.addBody(v, typ, parts)
				}
			}
		}
	}
	for _, p := range syms {
		x.one[p.sym] = []Sym{p.sym}
	}
}

// bodySpellings returns a form with the articles and prepositions that Hebrew and Arabic
// write as one with a word.
func bodySpellings(form string) []string {
	out := []string{form}
	r := []rune(form)
	switch {
	case unicode.Is(unicode.Hebrew, r[0]):
		for _, p := range "הלבו" {
			if r[0] != p {
				out = append(out, string(p)+form)
			}
		}
	case strings.HasPrefix(form, "ال"):
		out = append(out, "لل"+strings.TrimPrefix(form, "ال"), "و"+form)
	}
	return out
}

func (x *lexicon) addBody(form string, typ bodyType, parts []bodyPart) {
	var p Parser
	p.r.scan(form)
	text := string(p.r.buf)
	var words []string
	f := bodyForm{typ: typ, parts: parts}
	for i, w := range p.r.words {
		if i == 0 {
			f.loose, f.bent, f.alien = w.flag&vowelless != 0, w.flag&syllabic != 0, w.flag&foreign != 0
		}
		if w.flag&article != 0 {
			w.from += 2 // as in parse
		}
		words = append(words, text[w.from:w.to])
		if w.han != 0 {
			han := w.han
			if c, ok := x.simple[han]; ok {
				han = c
			}
			f.han = append(f.han, han)
		}
		f.size += int(w.to - w.from)
	}
	if len(words) == 0 {
		return
	}
	f.rest = words[1:]
	f.caps = !f.loose && !f.bent && len(words) == 1 && len(words[0]) <= 3
	list := x.body[words[0]]
	at := len(list)
	for i, q := range list {
		if len(q.rest) == len(f.rest) && strings.Join(q.rest, " ") == strings.Join(f.rest, " ") && q.loose == f.loose && q.bent == f.bent && q.alien == f.alien && slices.Equal(q.han, f.han) {
			return // the first meaning is kept
		}
		if at == len(list) && len(q.rest) < len(f.rest) {
			at = i
		}
	}
	list = append(list, bodyForm{})
	copy(list[at+1:], list[at:])
	list[at] = f
	x.body[words[0]] = list
	x.roles[words[0]] |= isBody
	if typ != bodySubject && typ != bodyModifier {
		x.roles[words[0]] |= isBodyKind
	}
}

// findBody returns the longest form that begins at word i.
func findBody(x *lexicon, t []Token, i int) (*bodyForm, bool) {
	w := &t[i]
	if x.roles[w.Text]&isBody == 0 {
		return nil, false
	}
	list := x.body[w.Text]
	for k := range list {
		f := &list[k]
		if f.loose != w.Loose || f.bent != w.Bent || f.alien != w.Alien && f.size < leastRomanised || !fits(f.rest, t, i+1) || !f.written(t[i:]) {
			continue
		}
		if f.caps && !w.Upper && !w.Exact && !(f.typ == bodyShort && f.parts[0].text == "ministry") {
			continue
		}
		if w.Bent && len(f.rest) == 0 && len(w.Text) <= 5 && !lastHan(t, i) && (f.typ != bodyModifier || i == 0) {
			continue // one character within a word
		}
		return f, true
	}
	return nil, false
}

// written reports whether the characters of a form in Han are those of the words.
func (f *bodyForm) written(t []Token) bool {
	for k, c := range f.han {
		if k >= len(t) || t[k].Han != c {
			return false
		}
	}
	return true
}

// lastHan reports whether word i is a single character at the end of a name, or before
// what is no character.
func lastHan(t []Token, i int) bool { return i+1 == len(t) || !t[i+1].Bent }

// body reads the words of n as the concepts of a public body. It reports false, and leaves n
// as it is, when it is none.
func (p *Parser) body(x *lexicon, n *Name) bool {
	const business = LLC | JSC | CORP | LP | GP | LLP | SP | COOP
	t := n.Tokens
	maybe := false
	for i := range t {
		maybe = maybe || x.roles[t[i].Text]&isBodyKind != 0
	}
	if !maybe {
		return false
	}
	var has [bodyNamed + 1]bool
	company, long, number := n.Legal&business != 0, false, false
	out := p.tokens[:0]
	for i := 0; i < len(t); {
		if t[i].Class == Form {
			out = append(out, t[i])
			i++
			continue
		}
		if tok, words, v, ok := bodyNumeral(x, t, i); ok {
			number = true
			long = long || v >= leastLongUnit
			out = append(out, tok)
			i += words
			continue
		}
		f, ok := findBody(x, t, i)
		tok, words := p.orgWord(x, n, t, i)
		if !ok || words > 1+len(f.rest) && tok.Class != Stop {
			out = append(out, tok)
			i += words
			continue
		}
		if f.typ == bodyShort && len(t) == 1 && f.size <= 4 && f.parts[0].text != "ministry" {
			return false // letters alone are of many
		}
		has[f.typ] = true
		words = 1 + len(f.rest)
		for _, c := range f.parts {
			tok := t[i]
			tok.To = t[i+words-1].To
			tok.Text, tok.Syms, tok.Weight, tok.Class = c.text, symList(c.sym), c.weight, c.class
			if c.text == "" {
				tok.Text = joinText(t[i : i+words])
			} else {
				tok.Loose, tok.Bent, tok.Clung, tok.Upper, tok.Han = false, false, false, false, 0
			}
			tok.Exact = f.typ == bodyNamed && len(tok.Text) < 6
			out = append(out, tok)
		}
		i += words
	}
	p.tokens = out
	switch {
	case has[bodyNamed]:
	case company:
		return false
	case has[bodyKind], has[bodyShort]:
	case has[bodyUnit] && (number || has[bodySubject]):
	case has[bodyWeak] && has[bodySubject]:
	default:
		return false
	}
	out = out[:min(len(out), MaxTokens)]
	for i := range out {
		w := &out[i]
		switch {
		case w.Class == Place:
			w.Weight = min(w.Weight, bodyState)
		case w.Class == Word && len(w.Syms) == 0 && !w.Exact && has[bodyKind] && has[bodySubject]:
			w.Weight = min(w.Weight, besideSubject)
		case w.Class == Word && w.Exact && allDigits(w.Text) && long && has[bodyUnit]:
			w.Weight = longNumber
			continue
		}
		if long && has[bodyUnit] {
			w.Weight = besideNumber * min(w.Weight, 1)
		}
	}
	n.Letters = initialsOf(x, t)
	n.Tokens = append(n.Tokens[:0], out...)
	n.Body = true
	return true
}

// mostInitials is how many first letters of the name of a body are kept.
const mostInitials = 8

// initialsOf returns the first letters of the words of a body as they are written, "" for fewer than three or more than
// mostInitials, and in scripts that know no such abbreviations.
func initialsOf(x *lexicon, t []Token) string {
	var b [mostInitials]byte
	k := 0
	for i := range t {
		w := &t[i]
		switch {
		case w.Bent, w.Loose, hasDigit(w.Text):
			return ""
		case w.Class == Form, x.stop[w.Text], w.Text == "":
			continue
		case k == len(b):
			return ""
		}
		b[k] = w.Text[0]
		k++
	}
	if k < 3 {
		return ""
	}
	return string(b[:k])
}

// bodyNumeral reads a number in the name of a body; a Roman one may stand first, before the
// unit. It is a word: a unit with another number is another unit.
func bodyNumeral(x *lexicon, t []Token, i int) (tok Token, words, value int, ok bool) {
	k, ok := number(x, t, i)
	if !ok && i == 0 && len(t) > 1 && t[0].Upper && len(t[0].Text) <= 5 && x.roles[t[1].Text]&isBodyKind != 0 {
		k = numeral{roman(t[0].Text), 1}
		ok = k.value > 0
	}
	if !ok && t[i].Upper {
		k = numeral{highRoman(t[i].Text), 1}
		ok = k.value > 0
	}
	if !ok {
		k = numeral{ordinal(t[i].Text, true), 1}
		ok = k.value > 0
	}
	if !ok {
		return tok, 0, 0, false
	}
	tok = t[i]
	tok.Class, tok.Weight, tok.Exact = Word, bodyNumber, true
	tok.Text, tok.Syms, tok.Loose, tok.Bent, tok.Upper = strconv.Itoa(k.value), nil, false, false, false
	if i+k.words < len(t) && ordinalEnding(t[i+k.words].Text) {
		k.words++
	}
	tok.To = t[i+k.words-1].To
	return tok, k.words, k.value, true
}

// highRoman reads the numerals from 40 to 99 of three letters or more, as in "XLIV Corps"; 0 when w is none.
func highRoman(w string) int {
	if len(w) < 3 {
		return 0
	}
	tens, rest := 0, w
	switch {
	case strings.HasPrefix(w, "xl"):
		tens, rest = 40, w[2:]
	case strings.HasPrefix(w, "xc"):
		tens, rest = 90, w[2:]
	case w[0] == 'l':
		tens = 50
		for rest = w[1:]; strings.HasPrefix(rest, "x") && tens < 80; rest = rest[1:] {
			tens += 10
		}
	default:
		return 0
	}
	if rest == "" {
		return tens
	}
	if v := roman(rest); v > 0 && v < 10 {
		return tens + v
	}
	return 0
}

// ordinalEnding reports whether w is what Slavic languages write after a figure: 2-я, 7-й.
func ordinalEnding(w string) bool {
	switch w {
	case "ya", "y", "go", "yy", "oy", "aya", "ma", "ta", "ha", "sha", "e", "a", "inci", "nci", "uncu", "ncu":
		return true
	}
	return false
}
