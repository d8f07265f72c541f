package name

import (
	"strconv"
	"strings"
)

// Kind is what sort of thing bears a name; it decides how the words are read.
type Kind uint8

// The kinds. Unknown is read as an organisation when a legal form or a general word is in
// the name, and as a person otherwise.
const (
	Unknown Kind = iota
	Person
	Org
	Vessel
)

// Class is what a word does in a name.
type Class uint8

// The classes. Only words, and what stands for them, tell one bearer from another.
const (
	Word     Class = iota
	Generic        // a general word: bank, trading, group
	Place          // a state, a city
	Number         // digits, ordinals, roman numerals
	Initial        // one letter of a personal name
	Patronym       // Ivanovich
	Honor          // a title
	Suffix         // junior
	Stop           // an article, a particle: counts only when words are joined
	Form           // part of a legal form
)

// A Token is one word of a name, in its comparable form.
type Token struct {
	Text   string  // a-z and 0-9
	Sound  string  // consonant skeleton
	Syms   []Sym   // what it means; not to be changed
	Weight float32 // how much it says about who is meant, 0..1
	Class  Class
	Exact  bool // letters of an abbreviation or digits: no letter may differ
	Loose  bool // from a script without vowels
	Clung  bool // the Arabic article was cut off
	Bent   bool // from a script by syllables: l and r are one sound
	Upper  bool // written in capitals
	Kana   bool // written in Kana
	Alien  bool // written in letters that are not Latin
	Father int8 // 1 before a word like bin, 2 after it
	Han    rune // the character, simplified, that the word is the reading of; 0 for none
	From   int32
	To     int32 // the word in Name.Folded
}

// A Name is a name taken apart.
type Name struct {
	Text    string // as given
	Kind    Kind
	Tokens  []Token
	Legal   Legal
	Forms   []uint16 // the rows of data/legal.txt that hold its last legal form; not to be changed
	Firm    bool     // a person's, but with a legal form at its end
	General bool     // a person's, but with a word in it that names of organisations share
	Body    bool     // a public body's, read as concepts
	Mixed   bool     // letters of two scripts that look alike were mixed in one word
	Run     string   // all words as they are folded, without spaces
	Bag     uint64   // hash of the words in any order; 0 when one of them says whose son
	Han     uint64   // hash of the Han characters that tell the bearer, simplified; 0 for none
	Letters string   // the first letters of three words or more of an organisation
}

// MaxTokens is how many words of a name are compared.
const MaxTokens = 32

// A Parser takes names apart; it keeps its memory between names. Not for concurrent use.
type Parser struct {
	r      reader
	buf    []byte
	tokens []Token // of a body, while it is read
}

// Parse takes s apart as the name of a kind of thing. The tokens of n are used again, but
// do not point into p.
func (p *Parser) Parse(s string, kind Kind, n *Name) {
	p.r.scan(s)
	p.parse(s, kind, n)
}

// Again takes the text that was parsed last apart as the name of another kind of thing.
func (p *Parser) Again(s string, kind Kind, n *Name) { p.parse(s, kind, n) }

// Parse takes s apart as the name of a kind of thing.
func Parse(s string, kind Kind) *Name {
	var p Parser
	n := new(Name)
	p.Parse(s, kind, n)
	return n
}

func (p *Parser) parse(s string, kind Kind, n *Name) {
	n.Text, n.Kind, n.Legal, n.Forms, n.Mixed, n.General, n.Body, n.Letters = s, kind, 0, nil, p.r.note, false, false, ""
	n.Tokens = n.Tokens[:0]
	x := lex()
	if len(p.r.words) > MaxTokens {
		p.r.words = p.r.words[:MaxTokens]
	}
	text := string(p.r.buf)
	n.Run, n.Bag = text, 0
	parents := false
	for _, w := range p.r.words {
		word := text[w.from:w.to]
		n.Bag += hash(word)
		parents = parents || x.roles[word]&isParent != 0
		if w.flag&article != 0 && word != "allh" {
			w.from += 2
		}
		han := w.han
		if c, ok := x.simple[han]; ok && han != 0 {
			han = c
		}
		n.Tokens = append(n.Tokens, Token{
			Clung: w.flag&article != 0, Han: han,
			Text: text[w.from:w.to], From: w.from, To: w.to, Weight: 1,
			Exact: w.flag&dotted != 0, Loose: w.flag&vowelless != 0, Bent: w.flag&syllabic != 0, Upper: w.flag&upper != 0, Alien: w.flag&foreign != 0, Kana: w.flag&kanaWord != 0,
		})
	}
	if parents {
		n.Bag = 0
	}
	if kind == Unknown {
		kind = guess(x, n.Tokens)
		n.Kind = kind
	}
	n.Firm = false
	switch kind {
	case Person:
		n.Firm = endsInForm(x, n.Tokens)
		p.person(x, n)
	default:
		p.org(x, n)
	}
	p.sound(n)
	n.Han = p.hanOf(x, n)
}

// hanOf hashes the Han characters of a name, without those of legal forms: names that sound alike are one in two scripts, not in one.
func (p *Parser) hanOf(x *lexicon, n *Name) uint64 {
	h, k := uint64(0), 0
	for _, w := range p.r.words {
		if w.han == 0 {
			continue
		}
		for k < len(n.Tokens) && n.Tokens[k].To <= w.from {
			k++
		}
		if k == len(n.Tokens) || n.Tokens[k].From > w.from || n.Tokens[k].Class == Form {
			continue
		}
		c := w.han
		if s, ok := x.simple[c]; ok {
			c = s
		}
		h = (h ^ uint64(c)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 32
	return h * 0x9E3779B97F4A7C15
}

// Business reports whether s ends or begins with a legal form that no person bears as a
// name, so that it is no person's.
func (n *Name) Business() bool {
	if n.Firm {
		return true
	}
	for i := range n.Tokens {
		if n.Tokens[i].Class == Form && (i == 0 || i == len(n.Tokens)-1) && businessForm(n.Tokens[i].Text) {
			return true
		}
	}
	return false
}

// endsInForm reports whether a text ends in a legal form that is long enough, or written
// with points, or stands after "and": "Sh.p.k.", "& Co". A short one may be a family name.
func endsInForm(x *lexicon, t []Token) bool {
	for i := 1; i < len(t); i++ {
		ph, ok := find(x.legal, t, i)
		if !ok || i+1+len(ph.rest) != len(t) || x.roles[t[i].Text]&(isGiven|isHonor|isSuffix|isParent) != 0 {
			continue
		}
		size, points := 0, false
		for _, w := range t[i:] {
			size += len(w.Text)
			points = points || w.Exact
		}
		if size > 3 && len(ph.rest) > 0 || size > 4 || points && size > 2 || t[i-1].Text == "and" && t[i].Text == "co" {
			return true
		}
	}
	return false
}

// guess says whether words look like those of an organisation.
func guess(x *lexicon, t []Token) Kind {
	for i := range t {
		w := t[i].Text
		if len(w) >= 3 && !x.particle[w] {
			if ph, ok := find(x.legal, t, i); ok && (len(ph.rest) > 0 || len(w) > 3 || i == len(t)-1) {
				return Org
			}
			if _, ok := find(x.generic, t, i); ok && len(x.given[w]) == 0 {
				return Org
			}
		}
		for j := 0; j < len(w); j++ {
			if w[j] <= '9' {
				return Org
			}
		}
	}
	return Person
}

// find returns the longest phrase of m that begins at word i.
func find(m map[string][]phrase, t []Token, i int) (phrase, bool) {
	list := m[t[i].Text]
	for k := range list {
		if fits(list[k].rest, t, i+1) {
			return list[k], true
		}
	}
	return phrase{}, false
}

func fits(rest []string, t []Token, i int) bool {
	if len(t)-i < len(rest) {
		return false
	}
	for k, w := range rest {
		if t[i+k].Text != w {
			return false
		}
	}
	return true
}

func (p *Parser) org(x *lexicon, n *Name) {
	t := n.Tokens
	if n.Kind == Vessel {
		for len(t) > 1 && x.vessel[t[0].Text] {
			t = t[1:]
			if len(t) > 1 && len(t[0].Text) == 1 && len(t[1].Text) > 1 { // "M V" written apart
				t = t[1:]
			}
		}
		n.Tokens = append(n.Tokens[:0], t...)
		t = n.Tokens
	} else {
		markLegal(x, n)
	}
	if n.Kind == Vessel || !p.body(x, n) {
		out := t[:0]
		for i := 0; i < len(t); {
			area := t[i].Han == '市' || t[i].Han == '省' // the city of Shenzhen, the province of Hebei
			tok, words := p.orgWord(x, n, t, i)
			if area && words == 1 && len(out) > 0 && out[len(out)-1].Class == Place {
				tok.Class, tok.Weight = Stop, 0
			}
			out = append(out, tok)
			i += words
		}
		n.Tokens = out
	}
	numberAsName(n)
	reinstate(n)
	atLeastOne(n)
	n.Abbreviate()
}

// numberAsName makes a word again of a number in letters when nothing but legal forms stands
// beside it: "Premier Corporation" is not the first of a series.
func numberAsName(n *Name) {
	at := -1
	for i := range n.Tokens {
		switch n.Tokens[i].Class {
		case Form, Stop:
		case Number:
			if at >= 0 {
				return
			}
			at = i
		default:
			return
		}
	}
	if at < 0 {
		return
	}
	t := &n.Tokens[at]
	if w := n.Run[t.From:t.To]; !hasDigit(w) && len(w) >= 4 {
		t.Text, t.Class, t.Weight, t.Exact = w, Word, 1, false
	}
}

// orgWord reads the word of an organisation's name at i, and says how many words of the text
// it is.
func (p *Parser) orgWord(x *lexicon, n *Name, t []Token, i int) (Token, int) {
	tok, words := t[i], 1
	if tok.Class == Form {
		return tok, 1
	}
	if plainWord(x, t, i) {
		tok.Weight = wordWeight(tok.Text)
		return tok, 1
	}
	if k, ok := number(x, t, i); ok {
		tok.Class, tok.Weight, tok.Exact = Number, 0.5, true
		tok.Syms = nil
		if k.words == 1 && x.number[tok.Text] > 0 {
			tok.Syms = symList(spokenAs(tok.Text))
		}
		tok.Text = strconv.Itoa(k.value)
		tok.To = t[i+k.words-1].To
		return tok, k.words
	}
	if ph, ok := find(x.place, t, i); ok && (len(tok.Text) > 2 || len(ph.rest) > 0 || tok.Exact || len(t) > 1 && i > 0) {
		words = 1 + len(ph.rest)
		tok.Class, tok.Weight, tok.Syms = Place, ph.gen, symList(ph.sym)
		tok.Text = joinText(t[i : i+words])
	} else if ph, ok := find(x.generic, t, i); ok && !(len(tok.Text) == 1) {
		words = 1 + len(ph.rest)
		tok.Class, tok.Weight, tok.Syms = Generic, ph.gen, symList(ph.sym)
		tok.Text = joinText(t[i : i+words])
	} else if x.stop[tok.Text] && (len(tok.Text) > 1 || !lone(t, i)) && !tok.Exact && (i+1 < len(t) || i == 0 || len(tok.Text) == 1) {
		tok.Class, tok.Weight = Stop, 0
	} else {
		tok.Weight = wordWeight(tok.Text)
		tok.Exact = tok.Exact || hasDigit(tok.Text)
	}
	tok.To = t[i+words-1].To
	return tok, words
}

// plainWord reports whether word i is letters, in no lexicon of organisations and no roman
// numeral.
func plainWord(x *lexicon, t []Token, i int) bool {
	w := t[i].Text
	if len(w) <= 5 && t[i].Upper || hasDigit(w) || w == "no" || w == "nr" || w == "num" || w == "number" {
		return false
	}
	return x.roles[w]&isOrg == 0
}

// lone reports whether a single letter stands beside another one: then they are initials.
func lone(t []Token, i int) bool {
	return i > 0 && len(t[i-1].Text) == 1 || i+1 < len(t) && (len(t[i+1].Text) == 1 || t[i+1].Text == "and") || i > 0 && t[i-1].Text == "and"
}

func wordWeight(w string) float32 {
	switch len(w) {
	case 1:
		return 0.5
	case 2:
		return 0.8
	}
	return 1
}

func hasDigit(w string) bool {
	for i := 0; i < len(w); i++ {
		if w[i] <= '9' {
			return true
		}
	}
	return false
}

// joinText joins the texts of words that stand next to each other.
func joinText(t []Token) string {
	if len(t) == 1 {
		return t[0].Text
	}
	var b strings.Builder
	for i := range t {
		b.WriteString(t[i].Text)
	}
	return b.String()
}

// markLegal marks the words of legal forms. A form of one or two letters counts only at
// either end of a name: AS, SA, CO are words of many languages.
func markLegal(x *lexicon, n *Name) {
	t := n.Tokens
	for i := 0; i < len(t); {
		ph, ok := find(x.legal, t, i)
		if near, found := x.nearPhrase(t, i); found && (!ok || len(near.rest) > len(ph.rest)) {
			ph, ok = near, true
		}
		if !ok {
			ph, ok = x.nearForm(t[i].Text)
		}
		if !ok {
			i++
			continue
		}
		k, size := 1+len(ph.rest), 0
		for j := i; j < i+k; j++ {
			size += len(t[j].Text)
		}
		if size <= 2 && i > 0 && !tail(x, t, i+k) || k == 1 && t[i].Han != 0 { // 大 is no Norwegian DA
			i++
			continue
		}
		for j := i; j < i+k; j++ {
			t[j].Class, t[j].Weight = Form, 0
		}
		n.Legal |= ph.legal
		n.Forms = ph.rows
		i += k
	}
	left := false
	for i := 0; i < len(t) && !left; i++ {
		left = t[i].Class != Form && !x.stop[t[i].Text]
	}
	if !left { // a name of nothing but legal forms is what it is
		n.Legal, n.Forms = 0, nil
		for i := range t {
			t[i].Class, t[i].Weight = Word, 1
		}
	}
	if n.Legal&^(CORP) != 0 {
		n.Legal &^= CORP
	}
}

// leastNear is how many letters a word has that is taken for a legal form with one slip.
const leastNear = 10

// nearForm returns the legal form that w is but for one letter: Aktiengeselschaft.
func (x *lexicon) nearForm(w string) (phrase, bool) {
	if len(w) < leastNear || x.roles[w]&isOrg != 0 {
		return phrase{}, false
	}
	for _, f := range x.longForms[w[0]] {
		if oneSlip(w, f) {
			ph := x.legal[f]
			return phrase{legal: ph[len(ph)-1].legal, rows: ph[len(ph)-1].rows}, true
		}
	}
	return phrase{}, false
}

// leastSlip is how many letters a word of a long legal form has in which one slip is overlooked.
const leastSlip = 6

// nearPhrase returns the legal form of several words that begins at word i but for one letter: Gesellschaft mit
// beschrenkter Haftung.
func (x *lexicon) nearPhrase(t []Token, i int) (phrase, bool) {
	list := x.legal[t[i].Text]
	for k := range list {
		rest := list[k].rest
		if len(rest) < 1 {
			break // the longest stand first
		}
		if len(t)-i-1 < len(rest) {
			continue
		}
		slips := 0
		for j, w := range rest {
			if g := t[i+1+j].Text; g != w {
				slips++
				if len(w) < leastSlip || !oneSlip(g, w) {
					slips = 2
				}
			}
		}
		if slips == 1 {
			return list[k], true
		}
	}
	return phrase{}, false
}

// oneSlip reports whether a and b differ by one letter more, less or other, or by two
// neighbours that changed places.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return i < len(a) && (a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
}

// tail reports whether nothing but legal forms follows.
func tail(x *lexicon, t []Token, i int) bool {
	for i < len(t) {
		ph, ok := find(x.legal, t, i)
		if !ok {
			return false
		}
		i += 1 + len(ph.rest)
	}
	return true
}

// spokenAs returns what tells the language of a number in words: its first three letters, since the endings change
// within a language. It is 0 for one with a figure.
func spokenAs(w string) Sym {
	if hasDigit(w) || len(w) < 3 {
		return 0
	}
	return SymSpoken | Sym(w[0]&31)<<10 | Sym(w[1]&31)<<5 | Sym(w[2]&31)
}

type numeral struct{ value, words int }

// number reads digits, number words and roman numerals at word i.
func number(x *lexicon, t []Token, i int) (numeral, bool) {
	w := t[i].Text
	if (w == "no" || w == "nr" || w == "number" || w == "num") && i+1 < len(t) && allDigits(t[i+1].Text) {
		k, ok := number(x, t, i+1)
		k.words++
		return k, ok
	}
	if allDigits(w) {
		v, err := strconv.Atoi(w)
		return numeral{v, 1}, err == nil
	}
	if len(w) > 2 && w[0] == 'n' && (w[1] == 'o' || w[1] == 'r') && allDigits(w[2:]) { // Nº3
		v, err := strconv.Atoi(w[2:])
		return numeral{v, 1}, err == nil
	}
	if _, ok := x.number[w]; ok {
		return spoken(x, t, i), true
	}
	if v := ordinal(w, false); v > 0 {
		return numeral{v, 1}, true
	}
	if i > 0 && t[i].Upper && len(w) <= 5 {
		if v := roman(w); v > 0 && (len(w) > 1 || seriesEnd(t, i)) {
			return numeral{v, 1}, true
		}
	}
	return numeral{}, false
}

// spoken reads number words that follow each other: "forty fourth", "forty 4", "two
// hundred", and digits said one by one: "eight two hundred" is 8200.
func spoken(x *lexicon, t []Token, i int) numeral {
	const most = 1 << 20
	v, last, n := 0, 0, 0
	for ; i+n < len(t) && v < most; n++ {
		u, ok := x.number[t[i+n].Text]
		if d := t[i+n].Text; !ok && n > 0 && last >= 20 && last < 100 && len(d) == 1 && d[0] > '0' && d[0] <= '9' {
			u, ok = int(d[0]-'0'), true
		}
		if !ok {
			break
		}
		switch {
		case n == 0:
			v = u
		case last >= 20 && last < 100 && u > 0 && u < 10:
			v += u
		case u == 100 || u == 1000:
			v *= u
		case last == 100 && u < 100 || last == 1000 && u < 1000:
			v += u
		case last < 10 && u < 10:
			v = v*10 + u
		case t[i+n].Loose && last < 10 && u >= 20 && u < 100 && t[i+n].Text[0] == 'w':
			v += u // الرابع والأربعون: the fourth and fortieth
		default:
			return numeral{v, n}
		}
		last = u
	}
	return numeral{v, n}
}

// seriesEnd reports whether word i ends the name or stands before its legal form: there a
// single I, V or X is a numeral.
func seriesEnd(t []Token, i int) bool {
	return len(t[i-1].Text) > 1 && (i+1 == len(t) || t[i+1].Class == Form)
}

// ordinal reads 44th, 21st, 7e, 3er, 8inci; body says that the word stands in the name of a body, where one letter
// after the figure is enough.
func ordinal(w string, body bool) int {
	k := 0
	for k < len(w) && w[k] <= '9' {
		k++
	}
	if k == 0 || k > 9 || k == len(w) || !ordinalEnds[w[k:]] || len(w)-k == 1 && !body {
		return 0
	}
	v, _ := strconv.Atoi(w[:k])
	return v
}

// ordinalEnds are what is written after a figure for an ordinal number: in English, French, Spanish, Portuguese,
// Italian, Dutch, Swedish, Turkish, Slavic languages, Hungarian and Hindi.
var ordinalEnds = setOf("st nd rd th e er re ere eme ieme iem nd nde de ste ra ro ro do da to ta mo ma vo va no na o a y ya go yy oy aya ha sha " +
	"inci uncu nci ncu ik odik vin viin va van")

func allDigits(w string) bool {
	if w == "" || len(w) > 9 {
		return false
	}
	for i := 0; i < len(w); i++ {
		if w[i] > '9' {
			return false
		}
	}
	return true
}

// roman reads numerals up to 39; more are words far more often.
func roman(w string) int {
	v, i := 0, 0
	for ; i < len(w) && w[i] == 'x'; i++ {
		v += 10
	}
	if i > 3 {
		return 0
	}
	switch w[i:] {
	case "":
	case "i":
		v++
	case "ii":
		v += 2
	case "iii":
		v += 3
	case "iv":
		v += 4
	case "v":
		v += 5
	case "vi":
		v += 6
	case "vii":
		v += 7
	case "viii":
		v += 8
	case "ix":
		v += 9
	default:
		return 0
	}
	return v
}

// reinstate makes words again of short forms and articles when nothing but general words
// is left beside them: in "Group A", "ET Group", "NPC International" they are the name.
func reinstate(n *Name) {
	short := 0
	for i := range n.Tokens {
		switch t := &n.Tokens[i]; {
		case t.Class == Word, t.Class == Place, t.Class == Number:
			return
		case (t.Class == Form || t.Class == Stop) && len(t.Text) <= 3 && !plainForm(t.Text):
			short++
		}
	}
	if short == 0 {
		return
	}
	for i := range n.Tokens {
		if t := &n.Tokens[i]; (t.Class == Form || t.Class == Stop) && len(t.Text) <= 3 && !plainForm(t.Text) {
			t.Class, t.Weight, t.Exact = Word, wordWeight(t.Text), true
		}
	}
}

// plainForm says which short words are never the name: forms and articles of the lists'
// most frequent languages.
func plainForm(w string) bool {
	switch w {
	case "ltd", "llc", "inc", "co", "plc", "jsc", "the", "of", "and", "for", "ag", "kg", "sa", "bv", "nv", "ab", "as", "oy", "srl", "spa", "de", "la", "du", "des", "und", "der", "die", "ooo", "oao", "zao", "pao", "ao", "pte", "pty", "bhd", "sdn", "lp", "llp", "sas", "sal", "fze", "doo", "dd", "ad", "pt", "al", "el":
		return true
	}
	return false
}

// atLeastOne gives weight to what there is when nothing weighs.
func atLeastOne(n *Name) {
	sum := float32(0)
	for i := range n.Tokens {
		sum += n.Tokens[i].Weight
	}
	if sum > 0 {
		return
	}
	for i := range n.Tokens {
		n.Tokens[i].Weight = 1
		n.Tokens[i].Class = Word
	}
}

// Abbreviate makes Letters, the abbreviation that people would make of the name. Those of a body are made of its words
// when it is parsed.
func (n *Name) Abbreviate() {
	if n.Body {
		return
	}
	var b [8]byte
	k := 0
	for i := range n.Tokens {
		t := &n.Tokens[i]
		if t.Class == Stop || t.Class == Form || t.Class == Number || len(t.Text) < 2 {
			continue
		}
		if k == len(b) {
			return
		}
		b[k] = t.Text[0]
		k++
	}
	if k >= 3 {
		n.Letters = string(b[:k])
	}
}

// sound fills in the skeletons and meanings of the tokens that lack them.
func (p *Parser) sound(n *Name) {
	x := lex()
	p.buf = p.buf[:0]
	type span struct{ from, to int }
	var spans [MaxTokens * 2]span
	for i := range n.Tokens {
		t := &n.Tokens[i]
		from := len(p.buf)
		if t.Class != Number {
			var w [64]byte
			p.buf = AppendSound(p.buf, append(w[:0], t.Text...), t.Loose)
		}
		spans[i] = span{from, len(p.buf)}
		if t.Syms == nil && (t.Class == Word || t.Class == Initial || t.Class == Honor) && n.Kind == Person {
			t.Syms = x.given[t.Text]
		}
	}
	all := string(p.buf)
	for i := range n.Tokens {
		n.Tokens[i].Sound = all[spans[i].from:spans[i].to]
	}
}

// symList returns a list of one meaning without allocating each time.
func symList(s Sym) []Sym {
	return lex().one[s]
}
