package name

import "sync"

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
	Script Script
	Father int8 // 1 before a word like bin, 2 after it
	Han    rune // the character, simplified, that the word is the reading of; 0 for none
	From   int32
	To     int32  // the word in Name.Folded
	known  *known // what was looked up about Text; counts while its text is Text
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
	Lone    bool     // a public body's, and nothing but letters that stand for words which no state stands beside: MSS
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
	tokens []Token // of a body, while it is read
	seen   bodySeen
	part   part
	roles  [2 * MaxTokens]role
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
	p := parsers.Get().(*Parser)
	defer parsers.Put(p)
	n := new(Name)
	p.Parse(s, kind, n)
	return n
}

var parsers = sync.Pool{New: func() any { return new(Parser) }}

func (p *Parser) parse(s string, kind Kind, n *Name) {
	n.Text, n.Kind, n.Legal, n.Forms, n.Mixed, n.General, n.Body, n.Lone, n.Letters = s, kind, 0, nil, p.r.note, false,
		false, false, ""
	n.Tokens = n.Tokens[:0]
	x := lex()
	if len(p.r.words) > MaxTokens {
		p.r.words = p.r.words[:MaxTokens]
	}
	n.Run, n.Bag = string(p.r.buf), 0
	parents, written := false, false
	for _, w := range p.r.words {
		k := x.know(p.r.buf[w.from:w.to])
		n.Bag += k.hash
		parents = parents || k.role&isParent != 0
		if w.flag&article != 0 && k.text != "allh" {
			w.from += 2
			k = x.know(p.r.buf[w.from:w.to])
		}
		han := w.han
		if han != 0 {
			written = true
			if c, ok := x.simple[han]; ok {
				han = c
			}
		}
		n.Tokens = append(n.Tokens, Token{
			Clung: w.flag&article != 0, Han: han, known: k,
			Text: k.text, From: w.from, To: w.to, Weight: 1,
			Exact: w.flag&dotted != 0, Loose: w.flag&vowelless != 0, Bent: w.flag&syllabic != 0,
			Upper: w.flag&upper != 0, Alien: w.flag&foreign != 0, Kana: w.flag&kanaWord != 0, Script: w.script,
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
	sound(x, n)
	if n.Han = 0; written {
		n.Han = p.hanOf(x, n)
	}
}

// hanOf hashes the Han characters of a name, without those of legal forms: names that sound alike are one in two
// scripts, not in one.
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

func hash(s []byte) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 32
	return h * 0x9E3779B97F4A7C15
}

// guess says whether words look like those of an organisation.
func guess(x *lexicon, t []Token) Kind {
	for i := range t {
		w := t[i].Text
		if len(w) >= 3 && !x.particle[w] {
			k := t[i].knownIn(x)
			if ph := find(k.legal, t, i); ph != nil && (len(ph.rest) > 0 || len(w) > 3 || i == len(t)-1) {
				return Org
			}
			if len(k.given) == 0 && x.generalAt(k, t, i) != nil {
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

// sound fills in the skeletons and meanings of the tokens that lack them.
func sound(x *lexicon, n *Name) {
	for i := range n.Tokens {
		t := &n.Tokens[i]
		k := t.knownIn(x)
		switch {
		case t.Class == Number:
			t.Sound = ""
		case t.Loose:
			t.Sound = k.loose
		default:
			t.Sound = k.sound
		}
		if t.Syms == nil && (t.Class == Word || t.Class == Initial || t.Class == Honor) && n.Kind == Person {
			t.Syms = k.given
		}
	}
}

// symList returns a list of one meaning without allocating each time.
func symList(s Sym) []Sym {
	return lex().one[s]
}
