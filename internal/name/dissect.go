package name

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A dissection cuts what stands beside a name off its text, part by part.
type dissection struct {
	s     string
	w     []besideWord
	cut   []bool
	parts []Part
	clung bool // the marker at hand ends with a letter that is written in one with the name
}

func (d *dissection) run() {
	joint := false
	for i := 0; i < len(d.w); {
		if d.cut[i] {
			i++
			continue
		}
		m, n := markerAt(d.w, i)
		if n == 0 {
			i = d.plain(i)
			continue
		}
		d.clung = m.clings && d.w[i+n-1].key != m.words[len(m.words)-1]
		if d.clung {
			n-- // its last letter is the first one of the name
		}
		switch m.role {
		case Joint:
			joint = true
			i += n
		case Status:
			i = d.take(Status, i, i+n, i, n)
		case salutation:
			d.drop(i, i+n)
			i += n
		case firmWord:
			if !d.capitals(i) {
				d.drop(i, i+n)
			}
			i += n
		case works:
			from, to := d.segment(i)
			i = d.take(Branch, from, to, i, n)
		case Proprietor:
			i = d.proprietor(i, n)
		case Branch:
			i = d.branch(i, n)
		case Department:
			i = d.department(i, n)
		case RegNumber, court:
			i = d.number(i, n)
		case street:
			i = d.streetAt(i)
		case Attention:
			i = d.attention(i, n)
		default:
			i = d.named(m.role, i, n)
		}
	}
	d.brackets()
	if joint || len(d.w) > fewWords {
		d.members(joint)
	}
}

// fewWords is how many words a text has at most that is one name: more are a list of names.
const fewWords = MaxTokens * 3 / 4

// named handles a marker after which a name stands, or before which, in brackets.
func (d *dissection) named(role Role, i, n int) int {
	n += d.namingAfter(role, i+n)
	from, to := i+n, d.end(i+n-1)
	if from < to && i == 0 {
		d.drop(0, n) // "On behalf of X" names X
		return n
	}
	cut := i
	if from >= to { // (X, formerly)
		from, to = i, i
		for from > 0 && d.w[from].depth > 0 && d.w[from].sep != '(' {
			from--
		}
		if from == i || from == 0 {
			return i + n
		}
		cut = from
		for k := i; k < i+n; k++ {
			d.cut[k] = true
		}
	}
	if role == never {
		role = Remark
	}
	part := Part{Role: role, Text: d.text(from, to), Marker: d.text(i, i+n)}
	if d.clung {
		_, size := utf8.DecodeRuneInString(part.Text)
		part.Text = part.Text[size:] // لشركة: of the company
	}
	if utf8.RuneCountInString(part.Text) < 2 {
		return i + n
	}
	d.parts = append(d.parts, part)
	d.drop(cut, max(to, i+n))
	return max(to, i+n)
}

// attention handles a word for somebody's attention of n words at i. Before the name, what it says ends at a sign.
func (d *dissection) attention(i, n int) int {
	to := d.end(i)
	if i == 0 {
		to = n
		for to < len(d.w) && (to == n || !parting(d.w[to].sep)) {
			to++
		}
		if to == len(d.w) {
			return n // nothing else is there
		}
	}
	return d.take(Attention, i, to, i, n)
}

// take cuts words from..to off as a part; the marker of n words stands at i.
func (d *dissection) take(role Role, from, to, i, n int) int {
	d.parts = append(d.parts, Part{Role: role, Text: d.text(from, to), Marker: d.text(i, i+n)})
	d.drop(from, to)
	return max(to, i+n)
}

// end returns the word after the piece that begins with a marker at i: the closing of the
// brackets around it, a semicolon, or the next marker.
func (d *dissection) end(i int) int {
	for j := i + 1; j < len(d.w); j++ {
		if d.w[j].depth < d.w[i].depth || d.w[j].sep == ';' || d.w[j].depth > d.w[i].depth && d.w[j].sep == '(' {
			return j
		}
		if m, n := markerAt(d.w, j); n > 0 && j > i+1 && m.role != street && m.role != Joint && m.role != salutation &&
			m.role != RegNumber && m.role != Branch && (d.w[j].sep != 0 || n > 1) {
			return j
		}
	}
	return len(d.w)
}

// segment returns the words between the signs around word i.
func (d *dissection) segment(i int) (from, to int) {
	from, to = i, i+1
	for from > 0 && !parting(d.w[from].sep) {
		from--
	}
	for to < len(d.w) && !parting(d.w[to].sep) {
		to++
	}
	return from, to
}

func parting(c rune) bool {
	return c == ',' || c == ';' || c == '(' || c == ')' || c == ':' || c == '-'
}

// branch handles a word for a branch of n words at i.
func (d *dissection) branch(i, n int) int {
	from, to := d.segment(i)
	if i == 0 {
		return d.branchOf(n)
	}
	if i == 1 && i+n < len(d.w) && d.formAt(i+n) { // Московский филиал ООО X
		d.parts = append(d.parts, Part{Role: Branch, Text: d.text(0, i+n), Marker: d.text(i, i+n)})
		d.drop(0, i+n)
		return i + n
	}
	if from > 0 && to-from <= 5 {
		return d.take(Branch, from, to, i, n)
	}
	rest := to - (i + n)
	if i < 2 || rest > 4 || rest > 0 && d.formAt(i+n) {
		return i + n
	}
	if rest == 0 && i > 2 { // X, then the place, then the word
		return d.take(Branch, i-1, to, i, n)
	}
	return d.take(Branch, i, to, i, n)
}

// branchOf handles a word for a branch of n words at the beginning: Branch of X in Y, Филиал ООО X, فرع X في Y.
func (d *dissection) branchOf(n int) int {
	at := n
	if n < len(d.w) && genitive[d.w[n].key] {
		at++
	}
	for k := at + 1; k < len(d.w); k++ {
		if placing[d.w[k].key] && len(d.w)-k <= 4 {
			d.drop(0, at)
			return d.take(Branch, k, len(d.w), 0, n)
		}
	}
	if at > n || n < len(d.w) && d.formAt(n) {
		d.drop(0, at)
		d.parts = append(d.parts, Part{Role: Branch, Text: d.text(0, n)})
	}
	return n
}

var genitive = setOf("of de du der des von di del della do da van voor för af av din de la")
var placing = setOf("in at en em im à a w we в у في ב")

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// formAt reports whether a legal form begins at word i.
func (d *dissection) formAt(i int) bool {
	_, ok := lex().legal[Fold(d.w[i].key)]
	return ok
}

// department handles a department that ends the text, a bracket or a segment.
func (d *dissection) department(i, n int) int {
	_, to := d.segment(i)
	if to > i+n {
		return i + n
	}
	return d.take(Department, i, to, i, n)
}

// leastDigits is how many digits a number beside a name has; shorter ones are part of a
// name ("Plant No. 7").
const leastDigits = 5

// mostCourt is how many words stand at most between a register and its number: RCS Marvale B 552 032 534.
const mostCourt = 3

func isCourt(m marker, _ []besideWord, _, _ int) bool { return m.role == court }

// number handles the word for a number: what has digits after it is the number.
func (d *dissection) number(i, n int) int {
	to, digits := i+n, 0
	if _, k := markerOf(d.w, i, isCourt); k > 0 {
		for to < len(d.w) && to < i+n+mostCourt && d.w[to].digits == 0 && d.w[to].sep != '(' && !d.firmFormAt(to) {
			to++
		}
		if to == len(d.w) || d.w[to].digits == 0 {
			to = i + n
		}
	}
	for start := to; to < len(d.w) && to < start+6; {
		w := &d.w[to]
		if w.digits == 0 && (to > start+1 || len(w.key) > 3 && to > start || to+1 >= len(d.w) ||
			d.w[to+1].digits == 0) {
			break
		}
		digits += int(w.digits)
		to++
	}
	if digits < leastDigits {
		return i + n
	}
	if key := d.w[i].key; (key == "hrb" || key == "hra") && to+1 == len(d.w) && d.w[to].sep == 0 {
		to++ // the court of the register: HRB 48123 München
	}
	return d.take(RegNumber, i, to, i, n)
}

// plain handles a word that is no marker: a house number or a bare number.
func (d *dissection) plain(i int) int {
	w := &d.w[i]
	if i == 0 {
		return 1
	}
	if int(w.digits) > leastDigits && w.sep != '-' && w.sep != 0 {
		if from, to := d.segment(i); from == i && to == i+1 {
			return d.take(RegNumber, i, to, i, 0)
		}
	}
	if w.digits == 0 || w.digits > 5 || len(w.key) > int(w.digits)+1 {
		if suffixStreet(w.key) && i+1 < len(d.w) && d.w[i+1].digits > 0 {
			return d.take(Address, i, d.addressEnd(i), i, 0)
		}
		return i + 1
	}
	for k := i + 1; k < len(d.w) && k <= i+4; k++ { // 17 Mill Street
		if m, n := markerAt(d.w, k); n > 0 && m.role == street && (k > i+1 || d.w[i].sep == ',') ||
			suffixStreet(d.w[k].key) {
			return d.take(Address, i, d.addressEnd(i), i, 0)
		}
	}
	return i + 1
}

func suffixStreet(w string) bool {
	for _, s := range []string{"straße", "strasse", "gasse", "straat", "gatan", "vägen", "gade", "veien", "katu", "weg",
		"allee", "platz", "damm", "ufer"} {
		if len(w) > len(s)+2 && strings.HasSuffix(w, s) {
			return true
		}
	}
	return false
}

func (d *dissection) addressEnd(i int) int {
	for j := i + 1; j < len(d.w); j++ {
		if d.w[j].depth < d.w[i].depth || d.w[j].sep == ';' {
			return j
		}
	}
	return len(d.w)
}

// streetAt handles a word for a street: with a house number in its segment, the segment and
// what follows is an address.
func (d *dissection) streetAt(i int) int {
	from, to := d.segment(i)
	if from == 0 && !leading[d.w[i].key] || i == 0 {
		return i + 1
	}
	if from == 0 {
		from = i
	}
	if to+1 < len(d.w) && houseWord[d.w[to].key] {
		to++ // ул. Мельничная, д. 12
	}
	for k := from; k < to+1 && k < len(d.w); k++ {
		if d.w[k].digits > 0 && d.w[k].digits < 6 {
			return d.take(Address, from, d.addressEnd(from), i, 1)
		}
	}
	return i + 1
}

// leading holds words that stand before the name of a street, and are seldom part of a
// company's name.
var leading = setOf("rue calle avenida avda ul ulica rua ул улица viale piazza paseo carrera chemin jalan jl вул " +
	"вулиця po")

// houseWord holds words that stand before the number of a house.
var houseWord = setOf("д дом буд будинок house no nr nº n° no")

// brackets cuts off what stands in brackets and is no part of a name: a remark that begins
// with a small letter, and the initials of the name itself.
func (d *dissection) brackets() {
	for i := 1; i < len(d.w); i++ {
		if d.w[i].sep != '(' || d.cut[i] {
			continue
		}
		to := i + 1
		for to < len(d.w) && d.w[to].depth >= d.w[i].depth && d.w[to].sep != '(' {
			to++
		}
		switch {
		case to-i >= 2 && d.w[i].small && !d.formAt(i):
			d.take(Remark, i, to, i, 0)
		case i > 1 && d.formsAfter(to) && d.places(i, to):
			d.take(Branch, i, to, i, 0)
		case to-i == 1 && d.initials(i), to == len(d.w) && to-i == 1 && i > 1 && !d.formAt(i) &&
			(d.formAt(i-1) || d.formAt(0)):
			d.take(Remark, i, to, i, 0) // after the legal form: a place, more often than not
		case to == len(d.w) && to-i <= 2 && i > 2 && d.arabicFirm():
			d.take(Remark, i, to, i, 0)
		}
	}
	d.abbreviated()
}

// mostForm is how many words the legal forms at the end of a name have at most.
const mostForm = 6

// formsAfter reports whether nothing but legal forms stands from word i on.
func (d *dissection) formsAfter(i int) bool {
	if i == len(d.w) {
		return true
	}
	if len(d.w)-i > mostForm {
		return false
	}
	var p Parser
	p.r.scan(d.text(i, len(d.w)))
	text := string(p.r.buf)
	var t []Token
	for _, w := range p.r.words {
		t = append(t, Token{Text: text[w.from:w.to]})
	}
	return len(t) > 0 && tail(lex(), t, 0)
}

// initials reports whether word i is made of the first letters of the words before it.
func (d *dissection) initials(i int) bool {
	w := d.w[i].key
	if len(w) < 3 {
		return false
	}
	for k := 0; k < i && w != ""; k++ {
		if x := d.w[k].key; !lex().stop[x] {
			r, size := utf8.DecodeRuneInString(w)
			if first, _ := utf8.DecodeRuneInString(x); first != r {
				return false
			}
			w = w[size:]
		}
	}
	return w == ""
}

// places reports whether words from..to are the name of a state or a place that the lexicon has.
func (d *dissection) places(from, to int) bool {
	w := strings.Fields(Fold(d.text(from, to)))
	if len(w) == 0 {
		return false
	}
	for _, p := range lex().place[w[0]] {
		if slices.Equal(p.rest, w[1:]) {
			return true
		}
	}
	return false
}

func (d *dissection) drop(from, to int) {
	for k := from; k < to; k++ {
		d.cut[k] = true
	}
}

// text returns words from..to as they stand in the text.
func (d *dissection) text(from, to int) string {
	if from >= to {
		return ""
	}
	return d.s[d.w[from].from:d.w[to-1].to]
}

// kept returns what was not cut off.
func (d *dissection) kept() string {
	if !anyTrue(d.cut) {
		return d.s
	}
	var b strings.Builder
	for i := 0; i < len(d.w); {
		if d.cut[i] {
			i++
			continue
		}
		j := i
		for j < len(d.w) && !d.cut[j] {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(d.text(i, j))
		i = j
	}
	return b.String()
}

func anyTrue(b []bool) bool {
	for _, x := range b {
		if x {
			return true
		}
	}
	return false
}
