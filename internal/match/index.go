package match

import (
	"sync"
	"unsafe"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// An Index answers searches over lists. It is immutable; any number of searches may run at
// the same time. Whoever replaces a list builds a new one and swaps the pointer.
type Index struct {
	lists []*list.List

	light []lightWord    // of words, what the first look at a name needs
	words []name.Token   // every distinct word of the listed names, for each kind of name
	cards []card         // of words, what comparing them takes
	kinds []name.Kind    // of words: what kind of names they stand in
	spelt keyTable[item] // texts, whole and with letters left out → words, with their letters in place of the hash
	keys  keyTable[item] // skeletons and meanings → words

	names []listedName
	refs  []uint32           // words of the names, one after the other: word<<2 | father mark
	runs  []byte             // letters of the names, one after the other
	whole keyTable[item]     // whole names, abbreviations → names
	joins keyTable[joinItem] // words written together → names
	cuts  keyTable[item]     // pieces of names → names, with their letters in place of the hash

	postStart []uint32 // per word, into post: the names that hold it
	postMid   []uint32 // where those of them begin that hold an initial
	post      []posting

	ids map[party.Identifier][]entryAt

	pool sync.Pool // of *searcher
}

// A listedName is one name of an entry, or another reading of it.
type listedName struct {
	list, entry int32
	name        int16
	legal       name.Legal
	kind        name.Kind
	flag        uint8
	letters     [8]byte // of a body, the first letters of its words
	refs        uint32  // first of its words in Index.refs; the next name's is the end
	run         uint32  // first byte of its letters in Index.runs; the next name's is the end
	bag         uint64  // its words in any order
	han         uint64  // its Han characters
}

// A lightWord is what has to be known of a word before a name is scored.
type lightWord struct {
	weight float32 // 0: does not count
	first  uint32  // bit of the first letter, when an initial may stand for the word
	class  name.Class
	size   uint8
	sound  byte // the first of its skeleton
	lone   bool // a single letter
	loose  bool
}

// lighten makes the small table of the words, and puts their letters side by side.
func (ix *Index) lighten() {
	ix.light = make([]lightWord, len(ix.words))
	var all []byte
	for i := range ix.words {
		t := &ix.words[i]
		all = append(append(all, t.Text...), t.Sound...)
		ix.light[i] = lightWord{class: t.Class, size: uint8(min(len(t.Text), 255)), loose: t.Loose}
		if t.Sound != "" {
			ix.light[i].sound = t.Sound[0]
		}
		if t.Class == name.Number {
			continue
		}
		ix.light[i].weight, ix.light[i].lone = t.Weight, len(t.Text) == 1
		if t.Class <= name.Patronym && t.Text != "" {
			ix.light[i].first = 1 << (t.Text[0] & 31)
		}
	}
	text, at := string(all), 0
	for i := range ix.words {
		t := &ix.words[i]
		mid, end := at+len(t.Text), at+len(t.Text)+len(t.Sound)
		t.Text, t.Sound = text[at:mid], text[mid:end]
		at = end
	}
}

// A card is a word as far as comparing it goes, in one line of the processor's cache: most of
// a search in a large index is waiting for memory.
type card struct {
	letters [40]byte // text and skeleton
	weight  float32
	counts  float32 // as in lightWord
	names   uint32  // how many hold it
	text    uint8   // how much of letters is text; 0: the word is only among words
	sound   uint8
	class   name.Class
	flags   uint8 // as in wordKey
	kind    name.Kind
	_       [7]uint8 // up to the end of the line
}

// cut makes the cards of all words.
func (ix *Index) cut() {
	ix.cards = make([]card, len(ix.words))
	inLargePages(ix.cards, false)
	inChunks(len(ix.words), 1<<14, func(from, to int) struct{} {
		for i := from; i < to; i++ {
			t, c := &ix.words[i], &ix.cards[i]
			c.weight, c.counts, c.names = t.Weight, ix.light[i].weight, ix.postStart[i+1]-ix.postStart[i]
			c.class, c.flags, c.kind = t.Class, keyOf(t, 0).flags, ix.kinds[i]
			if len(t.Syms) == 0 && len(t.Text)+len(t.Sound) <= len(c.letters) {
				c.text = uint8(copy(c.letters[:], t.Text))
				c.sound = uint8(copy(c.letters[c.text:], t.Sound))
			}
		}
		return struct{}{}
	})
}

// word fills t with a word of the index, and leaves out where it stood.
func (ix *Index) word(w uint32, t *name.Token) {
	c := &ix.cards[w]
	if c.text == 0 {
		*t = ix.words[w]
		return
	}
	all := unsafe.String(&c.letters[0], int(c.text)+int(c.sound)) // the index does not change
	t.Text, t.Sound = all[:c.text], all[c.text:]
	t.Syms, t.Weight, t.Class = nil, c.weight, c.class
	setFlags(t, c.flags)
	t.Father, t.From, t.To = 0, 0, 0
}

// textOf returns the letters of a word.
func (ix *Index) textOf(w uint32) string {
	c := &ix.cards[w]
	if c.text == 0 {
		return ix.words[w].Text
	}
	return unsafe.String(&c.letters[0], int(c.text))
}

// Flags of a listed name.
const (
	flagWeak    = 1 << iota // a weak alias
	flagVariant             // one of several names in one text, or another reading
	flagInitial             // holds an initial
	flagMixed               // letters of two alphabets that look alike
	flagBody                // of a public body
	flagLone                // letters alone that stand for the words of one
)

type entryAt struct{ list, entry int32 }

// modes returns how the names of an entry are read.
func modes(k party.Kind) []name.Kind {
	if m := compare.NameKind(k); m != name.Unknown {
		return []name.Kind{m}
	}
	return []name.Kind{name.Person, name.Org}
}

// Build indexes the entries of lists that their publishers still list.
func Build(lists []*list.List) *Index {
	ix := &Index{lists: lists, ids: map[party.Identifier][]entryAt{}}
	ix.pool.New = func() any { return newSearcher(ix) }
	var at []entryAt
	for li, l := range lists {
		for ei := range l.Entries {
			e := &l.Entries[ei]
			if e.Status == list.Removed {
				continue
			}
			at = append(at, entryAt{int32(li), int32(ei)})
		}
	}
	ix.fill(at)
	ix.identifiers()
	ix.index()
	ix.cut()
	ix.settle()
	return ix
}

// identifiers keeps which entries bear which number.
func (ix *Index) identifiers() {
	for li, l := range ix.lists {
		for ei := range l.Entries {
			e := &l.Entries[ei]
			if e.Status == list.Removed {
				continue
			}
			for _, id := range e.Identifiers {
				if id, ok := party.Strong(id); ok {
					ix.ids[id] = append(ix.ids[id], entryAt{int32(li), int32(ei)})
				}
			}
		}
	}
}

// parsed is a piece of the lists, taken apart.
type parsed struct {
	names []listedName // refs is the number of words
	words []name.Token
	runs  []byte
	whole []keyed // value is the number of the name within the piece
	joins []keyed
	cuts  []keyed
}

// fill parses the names on all processors and numbers their words in the order of the
// lists, so that the index does not depend on how the work was shared out.
func (ix *Index) fill(at []entryAt) {
	parts := inChunks(len(at), 2048, func(from, to int) parsed {
		var p parsed
		var parser name.Parser
		var n name.Name
		for _, a := range at[from:to] {
			p.entry(ix.lists, a, &parser, &n)
		}
		return p
	})
	number := map[wordKey]uint32{}
	var whole, joins, cuts [][]keyed
	for i := range parts {
		p := &parts[i]
		base, w, run := uint32(len(ix.names)), 0, uint32(len(ix.runs))
		ix.runs = append(ix.runs, p.runs...)
		for _, n := range p.names {
			count := int(n.refs)
			n.refs = uint32(len(ix.refs))
			n.run += run
			ix.names = append(ix.names, n)
			for range count {
				t := &p.words[w]
				w++
				k := keyOf(t, n.kind)
				id, ok := number[k]
				if !ok {
					id = uint32(len(ix.words))
					number[k] = id
					ix.kinds = append(ix.kinds, n.kind)
					c := *t
					c.Father, c.From, c.To = 0, 0, 0
					ix.words = append(ix.words, c)
				}
				ix.refs = append(ix.refs, id<<2|uint32(t.Father))
			}
		}
		for _, keys := range [][]keyed{p.whole, p.joins, p.cuts} {
			for j := range keys {
				keys[j].value += base
			}
		}
		whole, joins, cuts = append(whole, p.whole), append(joins, p.joins), append(cuts, p.cuts)
		p.words, p.runs = nil, nil
	}
	ix.lighten()
	ix.whole = newKeyTable(whole, hashed)
	ix.cuts = newKeyTable(cuts, func(k *keyed) item { return item{odd(ix.runOf(k.value)), k.value} })
	var words []counted
	ix.joins = newKeyTable(joins, func(k *keyed) joinItem {
		words, _ = ix.counting(words[:0], ix.refsOf(k.value), false)
		return joinItem{uint32(k.hash), ix.posting(k.value, ix.refsOf(k.value)[k.from:k.to], words, false)}
	})
}

// A wordKey holds all that two words must share to be one word of the index. Words of
// persons and of organisations are apart, so that a search for one passes the other by.
type wordKey struct {
	text   string
	sym    name.Sym
	weight float32
	class  name.Class
	flags  uint8
	kind   name.Kind
}

func keyOf(t *name.Token, kind name.Kind) wordKey {
	k := wordKey{text: t.Text, weight: t.Weight, class: t.Class, kind: kind}
	if len(t.Syms) > 0 {
		k.sym = t.Syms[0]
	}
	for i, b := range [...]bool{t.Exact, t.Loose, t.Bent, t.Upper, t.Clung, t.Kana, t.Han != 0, t.Alien} {
		if b {
			k.flags |= 1 << i
		}
	}
	return k
}

// setFlags gives t back what keyOf put into flags.
func setFlags(t *name.Token, flags uint8) {
	t.Exact, t.Loose, t.Bent, t.Upper, t.Clung = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0, flags&16 != 0
	t.Kana, t.Han, t.Alien = flags&32 != 0, 0, flags&128 != 0
	if flags&64 != 0 {
		t.Han = 1 // that there is one is all that comparing needs
	}
}

// entry takes the names of an entry apart, in every way they may be read.
func (p *parsed) entry(lists []*list.List, a entryAt, parser *name.Parser, n *name.Name) {
	e := &lists[a.list].Entries[a.entry]
	kinds := modes(e.Kind)
	for ni := range e.Names {
		han := uint64(0)
		for vi, text := range name.Variants(e.Names[ni].Text) {
			for _, kind := range kinds {
				parser.Parse(text, kind, n)
				if vi == 0 {
					han = n.Han
				}
				compare.KeepHan(n, han)
				if len(n.Tokens) == 0 {
					continue
				}
				l := listedName{list: a.list, entry: a.entry, name: int16(ni), legal: n.Legal, kind: n.Kind,
					refs: uint32(len(n.Tokens)), run: uint32(len(p.runs)), bag: n.Bag, han: n.Han}
				p.runs = append(p.runs, n.Run...)
				if e.Names[ni].Weak {
					l.flag |= flagWeak
				}
				if vi > 0 {
					l.flag |= flagVariant
				}
				if n.Mixed {
					l.flag |= flagMixed
				}
				if n.Body {
					l.flag |= flagBody
					if n.Lone {
						l.flag |= flagLone
					}
					copy(l.letters[:], n.Letters)
				}
				letters := compare.Abbreviation(n.Tokens) != ""
				for i := range n.Tokens {
					t := &n.Tokens[i]
					if len(t.Text) == 1 {
						l.flag |= flagInitial
					}
					// Capitals matter for abbreviations only; without them there are fewer words.
					t.Upper = t.Upper && letters && t.Class == name.Word
					t.Clung = t.Clung && i == 0
				}
				id := uint32(len(p.names))
				p.names = append(p.names, l)
				p.words = append(p.words, n.Tokens...)
				joinKeys(n, func(h uint64, from, to int) {
					p.joins = append(p.joins, keyed{h + uint64(n.Kind)*keyKind&^joinCheck, id, uint8(from), uint8(to)})
				})
				wholeKeys(n, func(h uint64) { p.whole = append(p.whole, keyed{hash: h, value: id}) })
				pieceKeys(n.Run, func(h uint64) { p.cuts = append(p.cuts, keyed{hash: h, value: id}) })
			}
		}
	}
}

// wholeKeys calls f with the keys under which a listed name is found as a whole.
func wholeKeys(n *name.Name, f func(uint64)) {
	nameKeys(n, compare.HasLoose(n.Tokens), f)
	if n.Kind != name.Person {
		if compare.Abbreviable(n) {
			f(hashString(keyLetters, n.Letters))
		}
		if w := compare.Abbreviation(n.Tokens); w != "" {
			f(hashString(keyAbbr, w))
		}
	}
}

// nameKeys calls f with the keys of a whole name that are the same for query and index; loose says that it is also
// found by how a script without vowels would write it.
func nameKeys(n *name.Name, loose bool, f func(uint64)) {
	f(hashString(keyExact, n.Run))
	if n.Bag != 0 {
		f(finish(keyBag ^ n.Bag))
	}
	if len(n.Run) >= 5 && len(n.Run) <= compare.MaxRun {
		var run [compare.MaxRun]byte
		var snd [4 * compare.MaxRun]byte
		single, double := name.AppendSounds(snd[:0], append(run[:0], n.Run...))
		f(hashBytes(keyWhole, single))
		if loose && len(double) != len(single) {
			f(hashBytes(keyWhole, double))
		}
	}
}

func repeated(refs []uint32, w uint32) bool {
	for _, r := range refs {
		if r>>2 == w {
			return true
		}
	}
	return false
}

func (ix *Index) runOf(id uint32) []byte {
	if int(id)+1 < len(ix.names) {
		return ix.runs[ix.names[id].run:ix.names[id+1].run]
	}
	return ix.runs[ix.names[id].run:]
}

func (ix *Index) refsOf(id uint32) []uint32 {
	if int(id)+1 < len(ix.names) {
		return ix.refs[ix.names[id].refs:ix.names[id+1].refs]
	}
	return ix.refs[ix.names[id].refs:]
}

// settle asks for large pages under all that searches read.
func (ix *Index) settle() {
	inLargePages(ix.light, true)
	inLargePages(ix.words, true)
	inLargePages(ix.cards, true)
	inLargePages(ix.names, true)
	inLargePages(ix.refs, true)
	inLargePages(ix.runs, true)
	inLargePages(ix.postStart, true)
	inLargePages(ix.postMid, true)
	inLargePages(ix.post, true)
	for _, t := range []*keyTable[item]{&ix.spelt, &ix.keys, &ix.whole, &ix.cuts} {
		t.settle()
	}
	ix.joins.settle()
}

func (t *keyTable[T]) settle() {
	inLargePages(t.bits, true)
	inLargePages(t.start, true)
	inLargePages(t.items, true)
}

// Size says what the index holds.
func (ix *Index) Size() (names, words, bytes int) {
	bytes = len(ix.names)*int(unsafe.Sizeof(listedName{})) + len(ix.runs) + 4*(len(ix.refs)+len(ix.postStart)+
		len(ix.postMid)) +
		len(ix.post)*int(unsafe.Sizeof(posting{})) + len(ix.words)*int(unsafe.Sizeof(name.Token{})+
		unsafe.Sizeof(lightWord{})+unsafe.Sizeof(card{})+1)
	for _, t := range []*keyTable[item]{&ix.spelt, &ix.keys, &ix.whole, &ix.cuts} {
		bytes += 8*len(t.bits) + 4*len(t.start) + 8*len(t.items)
	}
	bytes += 8*len(ix.joins.bits) + 4*len(ix.joins.start) + len(ix.joins.items)*int(unsafe.Sizeof(joinItem{}))
	for i := range ix.words {
		bytes += len(ix.words[i].Text) + len(ix.words[i].Sound)
	}
	return len(ix.names), len(ix.words), bytes
}

// Lists returns the lists that the index was built from.
func (ix *Index) Lists() []*list.List { return ix.lists }
