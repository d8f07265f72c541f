package name

import (
	"slices"
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
var bodyWeight = [...]float32{bodyKind: 0.7, bodyUnit: 0.3, bodyWeak: 0.08, bodySubject: 1, bodyModifier: 0.08,
	bodyNamed: 2.5}

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
	syms   []Sym // sym alone
	weight float32
	class  Class
}

// A bodyForm is a form of data/body.tsv after its first word.
type bodyForm struct {
	rest   []string
	han    []rune // of a form in Han characters: many of them sound alike
	typ    bodyType
	loose  bool // in a script without vowels
	bent   bool // in Han, Kana or Hangul
	alien  bool // in letters that are not Latin
	script Script
	size   int  // letters of all words
	caps   bool // a short abbreviation: read only when written in capitals
	parts  []bodyPart
}

func (x *lexicon) loadBodies() {
	type line struct {
		typ     bodyType
		concept string
		forms   string
		lang    string
	}
	var lines []line
	syms := map[string]bodyPart{}
	table("body", func(f []string) {
		l := line{bodyTypes[f[0]], f[1], f[2], f[3]}
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
				for _, v := range bodySpellings(form, l.lang) {
					x.addBody(v, typ, parts)
				}
			}
		}
	}
	x.committee = syms["committee"].sym
	for _, p := range syms {
		x.one[p.sym] = []Sym{p.sym}
	}
	for _, list := range x.body {
		for i := range list {
			for k := range list[i].parts {
				c := &list[i].parts[k]
				c.syms = x.one[c.sym]
			}
		}
	}
}

// bodySpellings returns a form with the articles and prepositions that Hebrew and Arabic
// write as one with a word.
func bodySpellings(form, lang string) []string {
	out := []string{form}
	r := []rune(form)
	switch {
	case (lang == "fr" || lang == "it") && strings.ContainsRune("aeiouhéèê", r[0]): // d'infanterie, l'intérieur
		out = append(out, "d"+form, "l"+form, "dell"+form)
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
			f.script = w.script
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
		if len(q.rest) == len(f.rest) && strings.Join(q.rest, " ") == strings.Join(f.rest, " ") && q.loose == f.loose &&
			q.bent == f.bent && q.alien == f.alien && q.script == f.script && slices.Equal(q.han, f.han) {
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
	list := w.knownIn(x).body
	for k := range list {
		f := &list[k]
		if f.script != w.Script && f.script != Latin && w.Script != Latin {
			continue
		}
		if f.loose != w.Loose || f.bent != w.Bent || f.alien != w.Alien && f.size < leastRomanised ||
			!fits(f.rest, t, i+1) || !f.written(t[i:]) {
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

// bodySeen is what reading a name as a body's came to.
type bodySeen struct {
	has     [bodyNamed + 1]bool // concepts of each type
	company bool                // it has the legal form of a business
	number  bool
	long    bool // a number of three digits or more
}

// A bodyRule says what makes a name a body's, or keeps it from being one.
type bodyRule struct {
	what string
	when func(b *bodySeen) bool
	body bool
}

// bodyRules are tried in order, and the first that fits counts. A name that none fits is no body's.
var bodyRules = [...]bodyRule{
	{"a body known by letters", func(b *bodySeen) bool { return b.has[bodyNamed] }, true},
	{"the legal form of a business", func(b *bodySeen) bool { return b.company }, false},
	{"a word like ministry or police", func(b *bodySeen) bool { return b.has[bodyKind] || b.has[bodyShort] }, true},
	{"a unit with a number or a subject", func(b *bodySeen) bool {
		return b.has[bodyUnit] &&
			(b.number || b.has[bodySubject])
	}, true},
	{"an office with a subject", func(b *bodySeen) bool { return b.has[bodyWeak] && b.has[bodySubject] }, true},
}

// isBody judges what was seen.
func (b *bodySeen) isBody() bool {
	for i := range bodyRules {
		if bodyRules[i].when(b) {
			return bodyRules[i].body
		}
	}
	return false
}

// body reads the words of n as the concepts of a public body. It reports false, and leaves n
// as it is, when it is none.
func (p *Parser) body(x *lexicon, n *Name) bool {
	const business = LLC | JSC | CORP | LP | GP | LLP | SP | COOP
	t := n.Tokens
	maybe := false
	for i := range t {
		maybe = maybe || t[i].knownIn(x).role&isBodyKind != 0
	}
	if !maybe {
		return false
	}
	seen := &p.seen
	*seen = bodySeen{company: n.Legal&business != 0}
	if !p.concepts(x, n, seen) || !seen.isBody() {
		return false
	}
	out := p.tokens[:min(len(p.tokens), MaxTokens)]
	for i := range out {
		seen.weigh(&out[i])
	}
	x.statesOnce(out)
	n.Lone = len(t) == 1 && seen.has[bodyShort] && len(n.Tokens) == 1 && !slices.ContainsFunc(out, func(w Token) bool {
		return w.Class == Place
	})
	n.Letters = initialsOf(x, t)
	n.Tokens = append(n.Tokens[:0], out...)
	n.Body = true
	return true
}

// concepts reads the words of n into p.tokens, those of bodies as concepts. It reports false for letters alone that
// many bodies share.
func (p *Parser) concepts(x *lexicon, n *Name, seen *bodySeen) bool {
	t, out := n.Tokens, p.tokens[:0]
	for i := 0; i < len(t); {
		if t[i].Class == Form {
			out = append(out, t[i])
			i++
			continue
		}
		if tok, words, v, ok := bodyNumeral(x, t, i); ok {
			seen.number = true
			seen.long = seen.long || v >= leastLongUnit
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
			return false
		}
		seen.has[f.typ] = true
		words = 1 + len(f.rest)
		for k := range f.parts {
			out = append(out, f.token(&f.parts[k], t[i:i+words]))
		}
		i += words
	}
	p.tokens = out
	return true
}

// token returns a concept as the word that t is.
func (f *bodyForm) token(c *bodyPart, t []Token) Token {
	tok := t[0]
	tok.To = t[len(t)-1].To
	tok.Text, tok.Syms, tok.Weight, tok.Class = c.text, c.syms, c.weight, c.class
	if c.text == "" {
		tok.Text = joinText(t)
	} else {
		tok.Loose, tok.Bent, tok.Clung, tok.Upper, tok.Han = false, false, false, false, 0
	}
	tok.Exact = f.typ == bodyNamed && len(tok.Text) < 6
	return tok
}

// IsCommittee reports whether a concept is that of a body of several people, which is another one than an office for
// the same subject: a National Defence Commission is no Department of National Defence.
func IsCommittee(s Sym) bool { return s != 0 && s == lex().committee }

// weigh changes what a word weighs beside what else was seen.
func (b *bodySeen) weigh(w *Token) {
	unit := b.long && b.has[bodyUnit]
	switch {
	case w.Class == Place:
		w.Weight = min(w.Weight, bodyState)
	case w.Class == Word && len(w.Syms) == 0 && !w.Exact && b.has[bodyKind] && b.has[bodySubject]:
		w.Weight = min(w.Weight, besideSubject)
	case w.Class == Word && w.Exact && allDigits(w.Text) && unit:
		w.Weight = longNumber
		return
	}
	if unit {
		w.Weight = besideNumber * min(w.Weight, 1)
	}
}

// statesOnce takes the weight from a state that the words of a body say a second time (КНБ, which is Kazakhstan's, of
// Kazakhstan), and most of it from the form of a state beside it: of Kazakhstan is of the Republic of Kazakhstan.
func (x *lexicon) statesOnce(t []Token) {
	state := false
	for i := range t {
		if t[i].Class != Place || len(t[i].Syms) == 0 {
			continue
		}
		state = true
		same := func(w Token) bool { return w.Class == Place && slices.Equal(w.Syms, t[i].Syms) }
		if slices.ContainsFunc(t[:i], same) {
			t[i].Class, t[i].Weight = Stop, 0
		}
	}
	for i := range t {
		if state && t[i].Class == Generic && len(t[i].Syms) > 0 && t[i].Syms[0] == x.republic {
			t[i].Weight = bodyWeight[bodyModifier]
		}
	}
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
		case w.Class == Form, w.knownIn(x).stop, w.Text == "":
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
