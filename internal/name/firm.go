package name

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// leastFirm is how many letters a legal form has at least by which a text is known to name a company.
const leastFirm = 2

// formWord reports whether w begins a legal form of some length.
func formWord(w *besideWord) bool {
	if utf8.RuneCountInString(w.key) < leastFirm {
		return false
	}
	_, ok := lex().legal[Fold(w.key)]
	return ok
}

// firmFormAt reports whether word i is a legal form of some length.
func (d *dissection) firmFormAt(i int) bool { return i >= 0 && formWord(&d.w[i]) }

// firmWordAt reports whether a word for a firm stands at word i before a name that has a legal form of its own: Fa.
// Ossmer GmbH.
func firmWordAt(w []besideWord, i, n int) bool {
	if i != 0 || len(w) < n+2 || w[n].sep != 0 && w[n].sep != ':' && w[n].sep != '"' {
		return false
	}
	for k := n; k < len(w); k++ {
		if k != n+1 && formWord(&w[k]) || k == n+1 && k == len(w)-1 && formWord(&w[k]) {
			return k > n || !w[k].small
		}
	}
	return false
}

// capitals reports whether word i is in capitals and no point follows: FA is part of a name, Fa. is not.
func (d *dissection) capitals(i int) bool {
	text := d.text(i, i+1)
	return strings.ToUpper(text) == text && strings.ToLower(text) != text && !strings.HasPrefix(d.s[d.w[i].to:], ".")
}

// worksAt reports whether the segment of word i stands after a name with a legal form and has none itself, so that a
// word for a works in it names a place: Tarnholt Signal Ltd, Werk Süd.
func worksAt(w []besideWord, i int) bool {
	from, to := i, i+1
	for from > 0 && !parting(w[from].sep) {
		from--
	}
	for to < len(w) && !parting(w[to].sep) {
		to++
	}
	if from == 0 || to-from > mostPlace {
		return false
	}
	for k := from; k < to; k++ {
		if k != i && formWord(&w[k]) && len(w[k].key) > leastFirm || w[k].sep == '"' {
			return false
		}
	}
	for k := range w[:from] {
		if formWord(&w[k]) && (k == 0 || k == from-1 || parting(w[k+1].sep)) {
			return true
		}
	}
	return false
}

// mostPlace is how many words the place of a works has at most.
const mostPlace = 5

// namingAfter returns how many words at word i belong to the marker before it: früher (firmierend als).
func (d *dissection) namingAfter(role Role, i int) int {
	if role != Former && role != Current && role != Trading {
		return 0
	}
	k := i
	for k < len(d.w) && (d.w[k].sep == 0 || d.w[k].sep == ':') {
		_, n := markerOf(d.w, k, func(m marker, _ []besideWord, _, _ int) bool {
			return m.role == naming || !m.signs && len(m.words) > 0 && (m.role == Former || m.role == Trading)
		})
		if n == 0 || k+n >= len(d.w) {
			break
		}
		k += n
	}
	return k - i
}

// proprietor handles a word for who owns or runs a firm: a company with a legal form is another party, a person is not
// looked for.
func (d *dissection) proprietor(i, n int) int {
	to := d.end(i)
	if to == i+n {
		return i + n
	}
	for k := i + n; k < to; k++ {
		if d.firmFormAt(k) {
			return d.named(Owner, i, n)
		}
	}
	return d.take(Proprietor, i, to, i, n)
}

// arabicFirm reports whether the first word is an Arabic word for a firm.
func (d *dissection) arabicFirm() bool {
	w := d.w[0].key
	c, _ := utf8.DecodeRuneInString(w)
	if !unicode.Is(unicode.Arabic, c) {
		return false
	}
	return d.formAt(0) || generalAlone(w)
}

// mostShort is how many letters an abbreviation of a name has at most.
const mostShort = 8

// shortWord reports whether a word may be the initials of a name: small letters are not.
func shortWord(w *besideWord) bool {
	return !w.small && w.digits == 0 && w.to-w.from >= 2 && len(w.key) <= mostShort
}

// abbreviated cuts off an abbreviation that stands beside the full name: TSL (Tarnholt Signal Ltd), and the other way.
func (d *dissection) abbreviated() {
	last := len(d.w) - 1
	if last < 2 {
		return
	}
	if w := &d.w[0]; !d.cut[0] && !d.cut[1] && d.w[1].sep != 0 && d.w[1].sep != '&' && shortWord(w) &&
		d.lettersOf(w.key, 1, len(d.w)) {
		d.take(Remark, 0, 1, 0, 0)
	} else if w := &d.w[last]; !d.cut[last] && !d.cut[0] && w.sep != 0 && w.sep != '&' && shortWord(w) &&
		d.lettersOf(w.key, 0, last) {
		d.take(Remark, last, last+1, last, 0)
	}
}

// lettersOf reports whether key is made of the first letters of words from..to: of two or more, with or without those
// of a legal form at the end.
func (d *dissection) lettersOf(key string, from, to int) bool {
	used, left := 0, key
	for k := from; k < to; k++ {
		x := d.w[k].key
		if d.cut[k] {
			break
		}
		first, size := utf8.DecodeRuneInString(x)
		if strings.HasPrefix(left, string(first)) {
			left = left[size:]
			used++
			continue
		}
		if lex().stop[x] || conjunction[x] || left == "" && d.formAt(k) {
			continue
		}
		return false
	}
	return left == "" && used > 1
}
