package name

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Role says what a piece of a text is to the party that the text names.
type Role string

// The roles. Former, current and trading names are names of the party itself; behalf, owner
// and joint name another one; the others name nobody.
const (
	Self       Role = "name"       // the name without what stands beside it
	Former     Role = "former"     // a name that it had
	Current    Role = "current"    // a name that it has now
	Trading    Role = "trading"    // a name under which it acts
	Behalf     Role = "on_behalf"  // for whom it acts, or who acts for it
	Owner      Role = "related"    // who owns it, whose part or partner it is
	Joint      Role = "joint"      // a member of a joint venture
	Status     Role = "status"     // in liquidation
	Branch     Role = "branch"     // a branch and where it is
	Department Role = "department" // a department or an office
	Attention  Role = "attention"  // for whose attention
	RegNumber  Role = "number"     // a number of a register, of an order
	Proprietor Role = "proprietor" // a person who owns it or runs it; never looked for
	Address    Role = "address"
	Remark     Role = "remark" // anything else in brackets, and names that the text denies
)

// Other reports whether a piece of this role names another party.
func (r Role) Other() bool { return r == Behalf || r == Owner || r == Joint }

// own reports whether a piece of this role is a name of the party itself.
func (r Role) own() bool { return r == Self || r == Former || r == Current || r == Trading }

// Internal roles, of words that place a piece.
const (
	never      Role = "never"
	salutation Role = "salutation"
	street     Role = "street"
	firmWord   Role = "firm"   // a word for a firm before a name that has a legal form
	works      Role = "works"  // a works or a site, after a name that has a legal form
	naming     Role = "naming" // after a word for a former name: known as
	kin        Role = "kin"    // after an "and" that is no border between two names: sons, associates
	court      Role = "court"  // a register that stands with its court before the number
)

// A Part is a piece of a text that names a party.
type Part struct {
	Role   Role   `json:"role"`
	Text   string `json:"text"`             // as written
	Marker string `json:"marker,omitempty"` // the words by which the role was known, as written
}

// marker is one form of data/beside.tsv after its first word.
type marker struct {
	words []string
	role  Role
	signs bool // single letters: only with points or slashes, f/k/a
	free  bool // may stand without a sign before it

	clings bool // its last word is one letter that may be written in one with what follows: تابعة ل
}

var markers = sync.OnceValue(func() map[string][]marker {
	roles := map[string]Role{"status": Status, "former": Former, "current": Current, "trading": Trading,
		"behalf": Behalf,
		"owner":  Owner, "never": never, "attention": Attention, "salutation": salutation, "branch": Branch,
		"department": Department, "number": RegNumber, "joint": Joint, "street": street,
		"proprietor": Proprietor, "firm": firmWord, "works": works, "naming": naming, "kin": kin, "court": court}
	m := map[string][]marker{}
	table("beside", func(f []string) {
		role, ok := roles[f[0]]
		if !ok {
			panic("data/beside.tsv: no role " + f[0]) // embedded at build time
		}
		for form := range strings.SplitSeq(f[1], "|") {
			form, free := strings.CutPrefix(form, "+")
			w := besideWords(form)
			text := make([]string, len(w))
			for i := range w {
				text[i] = w[i].key
			}
			x := marker{role: role, free: free || len(w) > 1}
			text, x.signs = joinLetters(text)
			x.words = text[1:]
			x.clings = len(x.words) > 0 && strings.Contains("ل ب ל ב", x.words[len(x.words)-1]) &&
				x.words[len(x.words)-1] != ""
			x.free = x.free || x.signs
			m[text[0]] = append(m[text[0]], x)
		}
	})
	return m
})

// joinLetters makes one word of single letters that stand side by side.
func joinLetters(w []string) ([]string, bool) {
	var out []string
	signs := false
	for i := 0; i < len(w); {
		j := i
		for j < len(w) && utf8.RuneCountInString(w[j]) == 1 && w[j][0] < 0x80 {
			j++
		}
		if j-i >= 2 {
			out = append(out, strings.Join(w[i:j], ""))
			signs = signs || len(w) == j-i
			i = j
			continue
		}
		out = append(out, w[i])
		i++
	}
	return out, signs
}

// table calls f for every line of a data file of which the fields are parted by tabs.
func table(file string, f func([]string)) {
	b, err := data.ReadFile("data/" + file + ".tsv")
	if err != nil {
		panic(err) // embedded at build time
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && line[0] != '#' {
			f(strings.Split(line, "\t"))
		}
	}
}

// A besideWord is a word of a text with what stands before it.
type besideWord struct {
	key      string // lower case, without points
	from, to int    // in the text
	sep      rune   // the sign between it and the word before: , ; : ( ) - / or 0
	depth    int8   // brackets around it
	signs    bool   // written with points or slashes between single letters
	digits   int8   // how many digits it has
	small    bool   // begins with a small letter
}

// besideWords reads the words of s.
func besideWords(s string) []besideWord {
	var out []besideWord
	var sc besideScan
	for sc.next(s) {
		w := sc.word
		w.key = string(sc.key())
		out = append(out, w)
	}
	return out
}

// besideScan reads one word after the other without allocating.
type besideScan struct {
	at    int
	depth int8
	buf   [64]byte
	size  int // of the word in buf
	word  besideWord
}

func (sc *besideScan) key() []byte { return sc.buf[:sc.size] }

func (sc *besideScan) next(s string) bool {
	sc.size, sc.word = 0, besideWord{}
	w := &sc.word
	letters, start := 0, false // letters since the last point
	for sc.at < len(s) {
		if b := s[sc.at]; isAlnum(b) {
			if !start {
				w.from, w.depth, start = sc.at, sc.depth, true
				w.small = b >= 'a'
			}
			if b <= '9' {
				w.digits++
			} else {
				b |= 'a' - 'A'
			}
			if sc.size < len(sc.buf)-utf8.UTFMax {
				sc.buf[sc.size] = b
				sc.size++
			}
			sc.at++
			w.to = sc.at
			letters++
			continue
		} else if b == ' ' {
			if start {
				return true
			}
			sc.at++
			continue
		}
		c, n := utf8.DecodeRuneInString(s[sc.at:])
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c), unicode.Is(unicode.M, c):
			han := isIdeograph(c) || isKana(c)
			if start && han {
				return true
			}
			if !start {
				w.from, w.depth, start = sc.at, sc.depth, true
				w.small = unicode.IsLower(c)
			}
			if unicode.IsDigit(c) {
				w.digits++
			}
			if sc.size < len(sc.buf)-utf8.UTFMax {
				sc.size += utf8.EncodeRune(sc.buf[sc.size:], unicode.ToLower(c))
			}
			sc.at += n
			w.to = sc.at
			letters++
			if han {
				return true
			}
			continue
		case start && (c == '.' || c == '/') && letters == 1:
			next, k := utf8.DecodeRuneInString(s[sc.at+n:])
			after, _ := utf8.DecodeRuneInString(s[sc.at+n+k:])
			if unicode.IsLetter(next) && (c == '.' || !unicode.IsLetter(after) && !unicode.IsDigit(after)) {
				w.signs, letters = true, 0
				sc.at += n
				continue
			}
			if c == '.' && next == ' ' && spacedPoint(s[sc.at+n+k:]) { // i. L.
				w.signs, letters = true, 0
				sc.at += n + k
				continue
			}
		case !start:
			sc.sign(c)
			sc.at += n
			continue
		}
		return true
	}
	return start
}

// spacedPoint reports whether s begins with one small letter or one that ends it, and a point.
func spacedPoint(s string) bool {
	c, n := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(c) && strings.HasPrefix(s[n:], ".") && (unicode.IsLower(c) ||
		strings.Trim(s[n:], ".) ") == "")
}

// sign notes what stands before the next word.
func (sc *besideScan) sign(c rune) {
	switch c {
	case '(', '[', '（', '【', '{':
		sc.depth++
		sc.word.sep = '('
	case ')', ']', '）', '】', '}':
		if sc.depth > 0 {
			sc.depth--
		}
		sc.word.sep = ')'
	case ',', '،', '、', '，', ';', '؛', '；', ':', '：', '/', '|', '\n', '+', '&', '"', '«', '„', '“':
		if sc.word.sep != '(' {
			sc.word.sep = plainSign(c)
		}
	case '-', '–', '—':
		if sc.word.sep == 0 {
			sc.word.sep = '-'
		}
	}
}

func plainSign(c rune) rune {
	switch c {
	case '،', '、', '，':
		return ','
	case '؛', '；', '\n', '|':
		return ';'
	case '：':
		return ':'
	case '"', '«', '„', '“':
		return '"'
	}
	return c
}

// markerAt returns the longest marker at word i and how many words it has.
func markerAt(w []besideWord, i int) (m marker, n int) {
	return markerOf(w, i, allowedAt)
}

// markerOf returns the longest marker at word i that may stand there, and how many words it has.
func markerOf(w []besideWord, i int, allowed func(marker, []besideWord, int, int) bool) (m marker, n int) {
	for _, x := range markers()[w[i].key] {
		k := len(x.words) + 1
		if k <= n || i+k > len(w) || x.signs && !w[i].signs {
			continue
		}
		ok := true
		for j, t := range x.words {
			if w[i+1+j].key != t && !(x.clings && j == len(x.words)-1 && strings.HasPrefix(w[i+1+j].key, t)) ||
				w[i+1+j].sep != 0 && w[i+1+j].sep != '-' {
				ok = false
				break
			}
		}
		if ok && allowed(x, w, i, k) {
			m, n = x, k
		}
	}
	return m, n
}

// allowedAt reports whether a marker of n words may stand at word i.
func allowedAt(x marker, w []besideWord, i, n int) bool {
	apart := w[i].sep != 0 && w[i].sep != '"' && w[i].sep != '&'
	switch x.role {
	case salutation:
		return i == 0 && i+n < len(w) && (x.free && n == 1 || w[i+n].sep == ':')
	case Branch, Joint, street:
		return true
	case naming, kin:
		return false // only where they are looked for
	case firmWord:
		return firmWordAt(w, i, n)
	case works:
		return i > 1 && worksAt(w, i)
	case RegNumber, court:
		return i > 0 && (apart || n > 1 || len(w[i].key) > 2) && i+n < len(w)
	case Behalf:
		return (x.free || apart) && (i > 0 || n > 1)
	case Attention:
		return i == 0 && i+n < len(w) || i > 0 && (x.free || apart)
	}
	return i > 0 && (x.free || apart)
}

// mostBeside is how many words a text has at most that is taken apart: more are no name, and each part is looked for
// among all of them.
const mostBeside = 2048

// Parts takes apart a text in which more stands than a name: the status of a company,
// former and trading names, a branch, another party for which it acts, numbers, an
// address. The first part is the name itself. A text in which nothing stands beside the
// name has one part, the text.
func Parts(s string) []Part {
	if !mayHoldMore(s) {
		return []Part{{Role: Self, Text: s}}
	}
	d := dissection{s: s, w: besideWords(s)}
	if len(d.w) > mostBeside {
		return []Part{{Role: Self, Text: s}}
	}
	d.cut = make([]bool, len(d.w))
	d.run()
	self := d.kept()
	if self == "" {
		return []Part{{Role: Self, Text: s}}
	}
	return append([]Part{{Role: Self, Text: self}}, d.parts...)
}

// trigger says when a word may begin what stands beside a name.
type trigger uint8

const (
	atStart    trigger = 1 << iota // as the first word
	anywhere                       // after it
	afterSign                      // after a comma, a bracket or the like
	withSigns                      // written with points or slashes
	withDigits                     // when the text has digits
	beforeSign                     // as the first word, when the text has a comma, a bracket or the like
)

// A triggerWord is the first word of markers.
type triggerWord struct {
	alone trigger         // when it is all of a marker
	with  []triggerSecond // the words that follow it in others
}

// A triggerSecond is the second word of a marker.
type triggerSecond struct {
	word   string
	clings bool // it may be written in one with what follows
	when   trigger
}

// A triggerTable holds the first words of markers.
type triggerTable struct {
	words map[string]triggerWord
	sizes [1 << 10]uint64 // by first and last byte: a bit for each number of bytes that such words have
}

func triggerPlace(first, last byte) int { return (int(first)<<5 ^ int(last)) & (1<<10 - 1) }

// of returns what a word may begin that stands beside a name.
func (t *triggerTable) of(w []byte) (triggerWord, bool) {
	if len(w) == 0 || t.sizes[triggerPlace(w[0], w[len(w)-1])]>>min(len(w), 63)&1 == 0 {
		return triggerWord{}, false
	}
	x, ok := t.words[string(w)]
	return x, ok
}

// may returns when a word in ASCII, of fewer letters than mostQuiet, begins what stands beside a name, as far as the
// first letter of the word after it tells.
func (t *triggerTable) may(w, after string) trigger {
	var b [mostQuiet]byte
	n := copy(b[:], w)
	for i := range n {
		b[i] |= 'a' - 'A'
	}
	x, ok := t.words[string(b[:n])]
	if !ok || len(x.with) == 0 {
		return x.alone
	}
	i, when := 0, x.alone
	for i < len(after) && signClasses[after[i]] == 0 && after[i] < utf8.RuneSelf {
		i++
	}
	for k := range x.with {
		c := x.with[k].word[0]
		if i < len(after) && (c == after[i]|0x20 || c >= utf8.RuneSelf && after[i] >= utf8.RuneSelf) {
			when |= x.with[k].when
		}
	}
	return when
}

var triggers = sync.OnceValue(func() *triggerTable {
	t := &triggerTable{words: map[string]triggerWord{}}
	for first, list := range markers() {
		var x triggerWord
		for _, m := range list {
			var when trigger
			switch {
			case m.role == naming || m.role == kin:
				continue
			case m.role == street || m.role == RegNumber || m.role == court:
				when = withDigits
			case m.role == works:
				when = anywhere
			case m.role == salutation || m.role == firmWord:
				when = atStart
			case m.signs:
				when = withSigns
			case m.role == Joint || m.role == Branch || m.role == Behalf && m.free:
				when = atStart | anywhere
			case m.role == Attention && m.free:
				when = beforeSign | anywhere
			case m.role == Attention:
				when = beforeSign | afterSign
			case m.free:
				when = anywhere
			default:
				when = afterSign
			}
			if len(m.words) == 0 {
				x.alone |= when
			} else {
				x.with = append(x.with, triggerSecond{m.words[0], m.clings && len(m.words) == 1, when})
			}
		}
		t.words[first] = x
		t.sizes[triggerPlace(first[0], first[len(first)-1])] |= 1 << min(len(first), 63)
	}
	return t
})

// A triggerScan is what the words of a text so far came to.
type triggerScan struct {
	need, first trigger
	with        []triggerSecond // of the word before
	when        trigger         // that hold for it
}

// word reads word i, and reports whether something beside a name may begin there.
func (x *triggerScan) word(all *triggerTable, sc *besideScan, i int) bool {
	w := &sc.word
	when := withDigits
	if i == 0 {
		when |= atStart | beforeSign
	} else {
		when |= anywhere
		if w.sep != 0 {
			when |= afterSign
		}
	}
	if w.signs {
		when |= withSigns
	}
	seen := trigger(0)
	for k := range x.with {
		if s := &x.with[k]; string(sc.key()) == s.word || s.clings && strings.HasPrefix(string(sc.key()), s.word) {
			seen |= s.when & x.when
		}
	}
	t, _ := all.of(sc.key())
	seen |= t.alone & when
	x.with, x.when = t.with, when
	x.need |= seen & withDigits
	x.first |= seen & beforeSign
	return seen&^(withDigits|beforeSign) != 0
}

// mayHoldMore looks for words or a sign that may stand beside a name, without allocating.
func mayHoldMore(s string) bool {
	if len(s) > MaxBytes/2 {
		return true
	}
	var sc besideScan
	var x triggerScan
	all := triggers()
	digits, signs, i := 0, false, 0
	var last besideWord
	for ; sc.next(s); i++ {
		w := &sc.word
		if i == 1 && w.sep != 0 && w.sep != '&' && shortWord(&last) {
			return true // TSL - Tarnholt Signal Ltd
		}
		last = *w
		digits += int(w.digits)
		signs = signs || w.sep != 0 && w.sep != '-'
		if w.sep == '(' || w.digits > leastDigits || x.word(all, &sc, i) || signs && x.first != 0 {
			return true
		}
	}
	return digits > 0 && (x.need != 0 || signs) || i > fewWords || i > 2 && last.sep != 0 && last.sep != '&' &&
		shortWord(&last)
}

// Others returns the other parties that a text names beside the party itself.
func Others(s string) []Part {
	var out []Part
	for _, p := range Parts(s) {
		if p.Role.Other() {
			out = append(out, p)
		}
	}
	return out
}
