package capability

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/unicode/norm"
)

// foldLow maps every character below U+2000 to its lower-case letters without marks, "" for
// marks and " " for what separates words. Both patterns and records pass through it.
var foldLow = buildFold()

func buildFold() *[0x2000]string {
	special := map[rune]string{
		'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ł': "l", 'ı': "i", 'ħ': "h", 'þ': "th", 'ð': "d",
		// Arabic letters that are written one for the other.
		'أ': "ا", 'إ': "ا", 'آ': "ا", 'ى': "ي", 'ة': "ه", 'ی': "ي", 'ک': "ك", 'ـ': "",
		'և': "եւ", 'ґ': "г",
	}
	var t [0x2000]string
	for r := range rune(len(t)) {
		l := unicode.ToLower(r)
		if s, ok := special[l]; ok {
			t[r] = s
			continue
		}
		var b strings.Builder
		for _, c := range norm.NFKD.String(string(l)) {
			switch {
			case unicode.Is(unicode.Mn, c):
			case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mc, c):
				b.WriteRune(unicode.ToLower(c))
			}
		}
		t[r] = b.String()
		if t[r] == "" && !unicode.Is(unicode.Mn, r) && r != 0xad {
			t[r] = " "
		}
	}
	return &t
}

// A span is one word of a folded text.
type span struct{ start, end int32 }

// A folder holds one text as folded words.
type folder struct {
	buf   []byte
	words []span
}

// fold splits text into lower-case words without marks. Dots inside an abbreviation of
// single letters do not split ("S.R.L." is "srl"); Han, Kana, Hangul and Thai characters are
// a word each, since their scripts do not part words, or part them as the writer likes.
// Full-width letters and other compatibility forms are the letters that they stand for,
// direction marks are nothing, letters of two scripts in one word are taken for those of
// the script that most of the word is written in, and the Arabic and Hebrew article is cut.
//
// The result is in buf and words, grown where they are too short.
func fold(buf []byte, words []span, text string) folder {
	f, ok := foldText(buf, words, text, false)
	if !ok {
		f, _ = foldText(buf, words, norm.NFKC.String(text), true)
	}
	return f
}

// foldText is fold for text whose letters stand for themselves; unless it is normal, it
// stops with false at the first one that does not.
func foldText(buf []byte, words []span, text string, normal bool) (folder, bool) {
	buf, words = buf[:0], words[:0]
	start, letters := -1, 0 // start of the word, and characters in it since its last dot
	var scripts script
	end := func() {
		if start >= 0 {
			if scripts > latin {
				buf = unify(buf, start, scripts)
			}
			words = append(words, span{int32(start), int32(len(buf))})
			buf = append(buf, ' ')
			start, letters, scripts = -1, 0, 0
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			switch {
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
				if start < 0 {
					start = len(buf)
				}
				letters++
				if c >= 'a' {
					scripts |= latin
				}
				buf = append(buf, c)
			case c == '.' && letters == 1 && i < len(text) && (text[i] >= utf8.RuneSelf || isLetter(text[i])):
				letters = 0
			default:
				end()
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if r < rune(len(foldLow)) && !unspaced(r) {
			s := foldLow[r]
			switch s {
			case "":
			case " ":
				end()
			default:
				if start < 0 {
					start = len(buf)
				}
				letters++
				scripts |= scriptOf(r)
				buf = append(buf, s...)
			}
			continue
		}
		if !normal && compatible(r) {
			return folder{}, false
		}
		switch {
		case unspaced(r):
			end()
			start = len(buf)
			buf = utf8.AppendRune(buf, r)
			end()
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) && r != zeroWidthNonJoiner:
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = len(buf)
			}
			letters++
			buf = utf8.AppendRune(buf, unicode.ToLower(r))
		default:
			end()
		}
	}
	end()
	return folder{buf, words}, true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// unspaced reports whether r belongs to a script that does not part words.
func unspaced(r rune) bool {
	switch {
	case r >= 0x0e00 && r <= 0x0e7f:
		return !unicode.Is(unicode.Mn, r)
	case r < 0x2e80:
		return false
	}
	return r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

func (f *folder) word(i int) []byte { return f.buf[f.words[i].start:f.words[i].end] }

func (f *folder) bytes(from, to int) []byte { return f.buf[f.words[from].start:f.words[to-1].end] }

func (f *folder) text(from, to int) string { return string(f.bytes(from, to)) }

// foldString returns the folded words of s with one space between them.
func foldString(s string) string {
	f := fold(nil, nil, s)
	return strings.TrimSuffix(string(f.buf), " ")
}

// A word of a pattern: the whole word, or how it starts.
type word struct {
	text   string
	prefix bool
}

// A term is a word of a phrase: the whole word, how it starts ("word*"), how it ends ("*word")
// or what it holds ("*word*"). "#" is a word of digits.
type term struct {
	word
	inner bool
}

func (w term) matches(s string) bool {
	switch {
	case w.text == "#":
		return strings.Trim(s, "0123456789") == ""
	case w.inner && w.prefix:
		return strings.Contains(s, w.text)
	case w.inner:
		return strings.HasSuffix(s, w.text)
	case w.prefix:
		return strings.HasPrefix(s, w.text)
	}
	return s == w.text
}

// A phrase is a run of words that a rule asks for.
type phrase struct {
	rule, part int32
	words      []term
}

// ruleset finds the rules whose words are in a text, in one pass over its words: a trie of
// the first words of all phrases, the rest of a phrase compared directly. A second trie
// holds the first words that may stand inside a word.
type ruleset struct {
	rules   []rule
	phrases []phrase
	nodes   []node // 0 is the root of whole words and starts, 1 that of what a word holds
	ends    []ends
	starts  [2][256]int32
}

type node struct {
	next  []edge
	ends  int32 // of ruleset.ends, 0 for none
	after int32 // where the next word goes on when one ends here, 0 for nowhere
	any   int32 // where the next word goes on whatever follows in this one
}

// ends are the phrases that may end at a node.
type ends struct {
	whole []int32 // with the end of a word
	start []int32 // within a word
}

type edge struct {
	b  byte
	to int32
}

// newRuleset compiles the "pattern" column of tables. fill gives a rule what else its row says.
func newRuleset(fill func(*rule, row), tables ...string) *ruleset {
	rs := &ruleset{nodes: make([]node, 2), ends: make([]ends, 1)}
	seen := map[string][]string{}
	for _, table := range tables {
		for _, r := range readTable(table) {
			for _, pattern := range expand(r.fields["pattern"]) {
				ru := rule{
					table: table, row: r.line, pattern: r.fields["pattern"], source: r.fields["source"],
					note: r.fields["note"],
				}
				fill(&ru, r)
				rs.compile(ru, pattern, seen)
			}
		}
	}
	for root := range rs.starts {
		for _, e := range rs.nodes[root].next {
			rs.starts[root][e.b] = e.to
		}
	}
	return rs
}

// compile adds a pattern; seen keeps words that are folded already.
func (rs *ruleset) compile(ru rule, pattern string, seen map[string][]string) {
	where := ru.table + " line " + strconv.Itoa(ru.row)
	parts := strings.Split(pattern, " + ")
	ru.parts = len(parts)
	if ru.parts > 8 {
		panic(where + ": more than 8 parts")
	}
	for i, part := range parts {
		ph := phrase{rule: int32(len(rs.rules)), part: int32(i)}
		for _, w := range strings.Fields(part) {
			if w == "#" && len(ph.words) > 0 {
				ph.words = append(ph.words, term{word: word{text: w}})
				continue
			}
			prefix, inner := strings.HasSuffix(w, "*"), strings.HasPrefix(w, "*")
			folded, ok := seen[w]
			if !ok {
				folded = strings.Fields(foldString(w))
				seen[w] = folded
			}
			for j, x := range folded {
				ph.words = append(ph.words, term{word{x, prefix && j == len(folded)-1}, inner && j == 0})
			}
		}
		if len(ph.words) == 0 {
			panic(where + ": empty pattern")
		}
		rs.insert(ph)
	}
	rs.rules = append(rs.rules, ru)
}

// insert adds a phrase to the trie, as far as its words stand at the beginning of a word;
// [ruleset.try] compares the rest.
func (rs *ruleset) insert(ph phrase) {
	id := int32(len(rs.phrases))
	rs.phrases = append(rs.phrases, ph)
	n := int32(0)
	if ph.words[0].inner {
		n = 1
	}
	for k, w := range ph.words {
		for i := range len(w.text) {
			n = rs.child(n, w.text[i])
		}
		if k+1 == len(ph.words) || ph.words[k+1].inner || ph.words[k+1].text == "#" {
			if rs.nodes[n].ends == 0 {
				rs.nodes[n].ends = int32(len(rs.ends))
				rs.ends = append(rs.ends, ends{})
			}
			e := &rs.ends[rs.nodes[n].ends]
			if w.prefix {
				e.start = append(e.start, id)
			} else {
				e.whole = append(e.whole, id)
			}
			return
		}
		on := &rs.nodes[n].after
		if w.prefix {
			on = &rs.nodes[n].any
		}
		if *on == 0 {
			*on = int32(len(rs.nodes))
			rs.nodes = append(rs.nodes, node{})
			n = int32(len(rs.nodes) - 1)
			continue
		}
		n = *on
	}
}

// child returns the node that b leads to from n, and makes it.
func (rs *ruleset) child(n int32, b byte) int32 {
	for _, e := range rs.nodes[n].next {
		if e.b == b {
			return e.to
		}
	}
	to := int32(len(rs.nodes))
	rs.nodes = append(rs.nodes, node{})
	rs.nodes[n].next = append(rs.nodes[n].next, edge{b, to})
	return to
}

// A match is a rule found in a text.
type match struct {
	rule     int32
	part     int32
	from, to int32 // words
}

// each calls yield for every rule that the text fulfils and that no rule for a longer or
// equally long phrase about the same words sets aside, in the order of the text. Of two
// phrases about the same words the longer counts.
func (rs *ruleset) each(text string, yield func(match)) {
	var bytes [640]byte
	var spans [96]span
	var buf [24]match
	f := fold(bytes[:0], spans[:0], text)
	rs.valid(rs.find(&f, buf[:0]), yield)
}

// valid calls yield for what [ruleset.each] describes among the matches found.
func (rs *ruleset) valid(found []match, yield func(match)) {
	for i, m := range found {
		r := &rs.rules[m.rule]
		if m.part != 0 || !r.none() && rs.masked(found, m) {
			continue
		}
		if r.parts > 1 && !rs.complete(found, m) || !r.none() && rs.said(found, i) {
			continue
		}
		yield(m)
	}
}

// said reports whether another match says more about the same words ("riot control
// training" about "riot control"), or says the same earlier.
func (rs *ruleset) said(found []match, i int) bool {
	m := found[i]
	for j, x := range found {
		r := &rs.rules[x.rule]
		switch {
		case i == j || r.none() || r.tells != nothing || x.part != 0:
		case x.rule == m.rule && j < i:
			return true
		case x.from > m.from || x.to < m.to || r.parts > 1:
		case x.to-x.from > m.to-m.from:
			return !rs.masked(found, x)
		case j < i && r.rank >= rs.rules[m.rule].rank && slices.Equal(r.gives, rs.rules[m.rule].gives):
			return true
		}
	}
	return false
}

// mostMatches bounds the work on texts made of nothing but words of the tables.
const mostMatches = 400

func (rs *ruleset) find(f *folder, found []match) []match {
	inside := len(rs.nodes[1].next) > 0
	for i := range f.words {
		if len(found) > mostMatches {
			break
		}
		w := f.word(i)
		found = rs.walk(f, found, rs.starts[0][w[0]], i, w)
		if !inside {
			continue
		}
		for j := range w {
			if n := rs.starts[1][w[j]]; n != 0 {
				found = rs.walk(f, found, n, i, w[j:])
			}
		}
	}
	return found
}

// walk follows the trie from node n, to which the first letter of w led; w is the rest of
// word at.
func (rs *ruleset) walk(f *folder, found []match, n int32, at int, w []byte) []match {
	type onward struct{ n, k int32 } // go on with node n at word at+k
	var buf [16]onward
	left := buf[:0]
	for k := int32(0); ; {
		for j := 1; n > 0; j++ {
			nd := &rs.nodes[n]
			e := &rs.ends[nd.ends]
			for _, id := range e.start {
				found = rs.try(f, found, id, at, int(k))
			}
			if nd.any > 0 {
				left = append(left, onward{nd.any, k + 1})
			}
			if j == len(w) {
				for _, id := range e.whole {
					found = rs.try(f, found, id, at, int(k))
				}
				if nd.after > 0 {
					left = append(left, onward{nd.after, k + 1})
				}
				break
			}
			n = nd.step(w[j])
		}
		if len(left) == 0 {
			return found
		}
		n, k = left[len(left)-1].n, left[len(left)-1].k
		left = left[:len(left)-1]
		if at+int(k) >= len(f.words) {
			n = -1
			continue
		}
		w = f.word(at + int(k))
		n = rs.nodes[n].step(w[0])
	}
}

// step returns the node that b leads to, -1 for none.
func (nd *node) step(b byte) int32 {
	for _, e := range nd.next {
		if e.b == b {
			return e.to
		}
	}
	return -1
}

// try adds a phrase of which the words up to k are found, when the others follow.
func (rs *ruleset) try(f *folder, found []match, id int32, at, k int) []match {
	ph := &rs.phrases[id]
	if at+len(ph.words) > len(f.words) {
		return found
	}
	for k++; k < len(ph.words); k++ {
		w := f.word(at + k)
		if !ph.words[k].matches(unsafe.String(unsafe.SliceData(w), len(w))) {
			return found
		}
	}
	return append(found, match{rule: ph.rule, part: ph.part, from: int32(at), to: int32(at + len(ph.words))})
}

// masked reports whether a phrase that means nothing of interest covers m.
func (rs *ruleset) masked(found []match, m match) bool {
	for _, x := range found {
		r := &rs.rules[x.rule]
		if r.none() && x.from < m.to && m.from < x.to && x.to-x.from >= m.to-m.from &&
			(r.parts == 1 || rs.complete(found, x)) {
			return true
		}
	}
	return false
}

// complete reports whether every part of m's rule is in the text and not set aside.
func (rs *ruleset) complete(found []match, m match) bool {
	r := &rs.rules[m.rule]
	have := 0
	for _, x := range found {
		if x.rule == m.rule && (r.none() || !rs.masked(found, x)) {
			have |= 1 << x.part
		}
	}
	return have == 1<<r.parts-1
}
