package name

import (
	"strings"
	"unicode/utf8"
)

// members adds the members of a joint venture, or of a long list of names, as other parties.
func (d *dissection) members(joint bool) {
	var out []string
	ampersand := !d.otherBorder()
	from := -1
	flush := func(to int) {
		if from >= 0 {
			if t := d.text(from, to); utf8.RuneCountInString(t) >= 4 && !(to == from+1 && d.formAt(from)) &&
				!generalAlone(t) {
				out = append(out, t)
			}
		}
		from = -1
	}
	for i := 0; i < len(d.w); i++ {
		m, n := markerAt(d.w, i)
		and := d.w[i].sep == '&' || conjunction[d.w[i].key]
		if from >= 0 && and && d.kinAfter(i) {
			continue // Varrow & Sons, Lindsay and Associates
		}
		if from >= 0 && d.border(i, ampersand) {
			flush(i)
		}
		switch {
		case d.cut[i]:
			flush(i)
		case n > 0 && m.role == Joint:
			flush(i)
			i += n - 1
		case conjunction[d.w[i].key]:
			flush(i)
		case from >= 0 && (joinedAnd(d.w[i].key) || joint && clungAnd(d.w[i].key)):
			flush(i)
			from = i
		case from < 0 && !genitive[d.w[i].key]:
			from = i
		}
	}
	flush(len(d.w))
	if len(out) < 2 {
		return
	}
	for _, t := range out {
		d.parts = append(d.parts, Part{Role: Joint, Text: t})
	}
}

// border reports whether the sign before word i parts two members; an "&" does where no other border is, and after a
// legal form.
func (d *dissection) border(i int, ampersand bool) bool {
	switch d.w[i].sep {
	case ';', '/', '+', '-', '(', ')':
		return true
	case ',':
		return !d.formAt(i)
	case '&':
		return ampersand || d.firmFormAt(i-1) && !d.formAt(i)
	}
	return false
}

// otherBorder reports whether a border between members is there that is no "&" inside of a name.
func (d *dissection) otherBorder() bool {
	for i := 2; i+1 < len(d.w); i++ {
		if _, n := markerAt(d.w, i); n > 0 || d.cut[i] {
			continue
		}
		if d.border(i, false) || conjunction[d.w[i].key] && !d.kinAfter(i) || joinedAnd(d.w[i].key) {
			return true
		}
	}
	return false
}

// kinAfter reports whether the "and" at or before word i is followed by a word that is no name of its own: sons.
func (d *dissection) kinAfter(i int) bool {
	if conjunction[d.w[i].key] {
		i++
	}
	if i >= len(d.w) {
		return false
	}
	_, n := markerOf(d.w, i, func(m marker, _ []besideWord, _, _ int) bool { return m.role == kin })
	return n > 0
}

// joinedAnd reports whether a word is an Arabic word for a firm that is written in one with "and".
func joinedAnd(w string) bool {
	switch strings.TrimPrefix(w, "و") {
	case "شركة", "شركه", "مؤسسة", "مجموعة", "الشركة":
		return strings.HasPrefix(w, "و")
	}
	return false
}

// clungAnd reports whether a word of the members of a joint venture begins with the Arabic "and".
func clungAnd(w string) bool { return strings.HasPrefix(w, "و") && utf8.RuneCountInString(w) > 4 }

// conjunction holds words for "and" between two names.
var conjunction = setOf("and und et y e i ve и та і و ו en og och ja ja und oraz")
