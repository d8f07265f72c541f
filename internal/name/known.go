package name

import (
	"strings"
	"sync/atomic"
)

// A known is what the lexicons and the rules of sound have about one folded word. Nothing but others is changed once it
// is made.
type known struct {
	text    string
	hash    uint64
	role    role
	legal   []phrase
	generic []phrase
	place   []phrase
	body    []bodyForm
	near    *phrase // the legal form that it is but for one letter
	given   []Sym
	number  int // its value in words; counts if numeral is set
	numeral bool
	digit   bool // it holds one
	stop    bool
	stem    bool // it begins like a form with stems
	plain   bool // letters, in no lexicon of organisations
	joined  bool // a part of a personal name of two words, like Abd or Din
	one     string
	sound   string // see AppendSound
	loose   string
	others  [2]atomic.Pointer[[]string] // see OtherSounds, once it was called; the second of a word without vowels
}

// memoBits is the size of the table of words in use: 32,768 of them, 10 MB when it is full. Of the words of
// 10,000 names of suppliers and companies, read a second time, 97 in 100 were found in it; in one of 8,192 words, 81.
const memoBits = 15

// longestKept is how many letters a word has at most that is put into the table.
const longestKept = 48

// memo is a table of words in use, each in one of the two places that its hash gives. It may be used concurrently.
type memo [1 << memoBits]atomic.Pointer[known]

// know returns what there is about a folded word.
func (x *lexicon) know(w []byte) *known {
	h := hash(w)
	at := h >> (64 - memoBits)
	k := x.memo[at].Load()
	if k != nil && k.hash == h && k.text == string(w) {
		return k
	}
	if k := x.memo[at^1].Load(); k != nil && k.hash == h && k.text == string(w) {
		return k
	}
	if k != nil {
		at ^= 1
	}
	k = x.learn(string(w), h)
	if len(w) <= longestKept {
		x.memo[at].Store(k)
	}
	return k
}

// known returns what there is about the text of a token.
func (t *Token) knownIn(x *lexicon) *known {
	if k := t.known; k != nil && k.text == t.Text {
		return k
	}
	var b [longestKept]byte
	t.known = x.know(append(b[:0], t.Text...))
	return t.known
}

// learn looks a word up everywhere.
func (x *lexicon) learn(w string, h uint64) *known {
	k := &known{text: w, hash: h, role: x.roles[w], stop: x.stop[w], given: x.given[w], one: w}
	k.number, k.numeral = x.number[w]
	if k.role&isOrg != 0 {
		k.legal, k.generic, k.place = x.legal[w], x.generic[w], x.place[w]
	}
	if k.role&isBody != 0 {
		k.body = x.body[w]
	}
	if patronymic(w) {
		k.role |= isPatronym
	}
	k.near = x.nearForm(w)
	k.stem = len(w) >= stemHead && x.stemHeads[w[:stemHead]]
	k.digit = hasDigit(w)
	k.plain = k.role&isOrg == 0 && !k.stem && !k.digit && w != "no" && w != "nr" && w != "num" && w != "number"
	k.joined = isServant(w) || isFaith(w) || w == "allh" || w == "ullah" || w == "ollah" || w == "oullah"
	if one := oneServant(w); one != w {
		k.one = strings.Clone(one) // not a part of a longer text
	}
	var b [4 * longestKept]byte
	single, loose := AppendSounds(b[:0], []byte(w))
	k.sound = string(single)
	if k.loose = k.sound; len(loose) != len(single) {
		k.loose = string(loose)
	}
	return k
}
