package name

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
	n.Text, n.Kind, n.Legal, n.Forms, n.Mixed, n.General, n.Body, n.Lone, n.Letters = s, kind, 0, nil, p.r.note, false,
		false, false, ""
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
	p.sound(n)
	n.Han = p.hanOf(x, n)
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

func hash(s string) uint64 {
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
			if ph, ok := find(x.legal, t, i); ok && (len(ph.rest) > 0 || len(w) > 3 || i == len(t)-1) {
				return Org
			}
			if _, ok := x.generalAt(t, i); ok && len(x.given[w]) == 0 {
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
