package name

import (
	"strconv"
	"strings"
)

// find returns the longest of the phrases of word i that begins there, nil when none does.
func find(list []phrase, t []Token, i int) *phrase {
	for k := range list {
		if ph := &list[k]; fits(ph.rest, t, i+1) && (ph.script == Latin && ph.han == nil || ph.written(t[i:])) {
			return ph
		}
	}
	return nil
}

// written reports whether the words are in the letters of a form, and the characters of a form in Han are theirs.
func (p *phrase) written(t []Token) bool {
	if p.script != Latin && p.script != t[0].Script {
		return false
	}
	if len(p.han) == 1 && len(t) > 1 && t[1].Bent && t[1].Class != Form {
		return false // one character within a word
	}
	for k, c := range p.han {
		if k >= len(t) || t[k].Han != 0 && t[k].Han != c {
			return false
		}
	}
	return true
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

// orgWord reads the word of an organisation's name at i, and says how many words of the text
// it is.
func (p *Parser) orgWord(x *lexicon, n *Name, t []Token, i int) (Token, int) {
	tok, words := t[i], 1
	if tok.Class == Form {
		return tok, 1
	}
	if tok.Script != Latin && len(t) > 1 && x.stopIn[stopWord{tok.Text, tok.Script}] {
		tok.Class, tok.Weight = Stop, 0
		return tok, 1
	}
	in := t[i].knownIn(x)
	if in.plain && !(len(tok.Text) <= 5 && tok.Upper) {
		if tok.Script == Cyrillic {
			tok.Text = nominative(tok.Text)
		}
		tok.Weight = wordWeight(tok.Text)
		return tok, 1
	}
	if k, ok := numberOf(x, in, t, i); ok {
		tok.Class, tok.Weight, tok.Exact = Number, 0.5, true
		tok.Syms = nil
		if k.words == 1 && in.number > 0 {
			tok.Syms = symList(spokenAs(tok.Text))
		}
		tok.Text = strconv.Itoa(k.value)
		tok.To = t[i+k.words-1].To
		return tok, k.words
	}
	if ph := x.placeAt(in, t, i); ph != nil && placed(x, in, t, i, ph) {
		words = ph.words()
		tok.Class, tok.Weight, tok.Syms = Place, ph.gen, ph.means
		tok.Text = joinText(t[i : i+words])
	} else if ph := x.generalAt(in, t, i); ph != nil && (len(tok.Text) > 1 || tok.Han != 0 && len(ph.han) > 1) {
		words = ph.words()
		tok.Class, tok.Weight, tok.Syms = Generic, ph.gen, ph.means
		if ph.word {
			tok.Class, tok.Weight = Word, wordWeight(tok.Text)
		}
		tok.Text = joinText(t[i : i+words])
	} else if in.stop && tok.Han == 0 && stopped(t, i) {
		tok.Class, tok.Weight = Stop, 0
	} else {
		if tok.Script == Cyrillic {
			tok.Text = nominative(tok.Text)
		}
		tok.Weight = wordWeight(tok.Text)
		tok.Exact = tok.Exact || hasDigit(tok.Text)
	}
	tok.To = t[i+words-1].To
	return tok, words
}

// placed reports whether a place that begins at word i is read as one.
func placed(x *lexicon, in *known, t []Token, i int, ph *phrase) bool {
	return !longer(x, in, t, i, ph) && (len(t[i].Text) > 2 || len(ph.rest) > 0 || t[i].Exact || len(t) > 1 && i > 0)
}

// stopped reports whether an article or a particle at word i is read as one.
func stopped(t []Token, i int) bool {
	w := t[i].Text
	return (len(w) > 1 || !lone(t, i)) && !t[i].Exact && (i+1 < len(t) || i == 0 || len(w) == 1)
}

// longer reports whether Han characters are a longer word than the place with which they begin: 日本電気 is no firm for
// electricity in Japan.
func longer(x *lexicon, in *known, t []Token, i int, place *phrase) bool {
	if t[i].Han == 0 {
		return false
	}
	ph := x.generalAt(in, t, i)
	return ph != nil && ph.words() > place.words()
}

// lone reports whether a single letter stands beside another one: then they are initials.
func lone(t []Token, i int) bool {
	return i > 0 && len(t[i-1].Text) == 1 || i+1 < len(t) && (len(t[i+1].Text) == 1 || t[i+1].Text == "and") || i > 0 &&
		t[i-1].Text == "and"
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

// reinstate makes words again of short forms and articles when nothing but general words
// is left beside them: in "Group A", "ET Group", "NPC International" they are the name.
func reinstate(n *Name) {
	short := 0
	for i := range n.Tokens {
		switch t := &n.Tokens[i]; {
		case t.Class == Word, t.Class == Place, t.Class == Number:
			return
		case (t.Class == Form || t.Class == Stop) && len(t.Text) <= 3 && t.Script != East && !plainForm(t.Text):
			short++
		}
	}
	if short == 0 {
		return
	}
	for i := range n.Tokens {
		if t := &n.Tokens[i]; (t.Class == Form || t.Class == Stop) && len(t.Text) <= 3 && t.Script != East &&
			!plainForm(t.Text) {
			t.Class, t.Weight, t.Exact = Word, wordWeight(t.Text), true
		}
	}
}

// Abbreviate makes Letters, the abbreviation that people would make of the name. Those of a body are made of its words
// when it is parsed.
func (n *Name) Abbreviate() {
	var b [mostLetters]byte
	if k := n.Initials(&b); k > 0 && !n.Body {
		n.Letters = string(b[:k])
	}
}

// mostLetters is how many words a name has at most that is abbreviated.
const mostLetters = 8

// Initials fills b with the first letters of the words of a name and returns how many there are, 0 when nobody
// would make an abbreviation of them.
func (n *Name) Initials(b *[mostLetters]byte) int {
	k := 0
	for i := range n.Tokens {
		t := &n.Tokens[i]
		if t.Class == Stop || t.Class == Form || t.Class == Number || len(t.Text) < 2 {
			continue
		}
		if k == len(b) {
			return 0
		}
		b[k] = t.Text[0]
		k++
	}
	if k < 3 {
		return 0
	}
	return k
}
