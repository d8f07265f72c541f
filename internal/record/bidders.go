package record

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/party"
)

// Bidders is who stands in a text that names who bids: one, several, or a group that bids as one.
type Bidders struct {
	Group  string   // the text as written, where it names a group that bids together
	Names  []string // each by itself: the members of the group as far as they are named, or the names of a list
	Unsure bool     // one name, or several that the text does not tell apart: Names holds the text as one
}

// Apart returns x, and whom its name names besides: a group with its members, or each of a list in place of the list.
// ref makes the mention of a name. What the name may hide is returned as well, as of a column of the source.
func (x RoleRef) Apart(column string, ref func(name string) party.Ref) (all []RoleRef, hidden []Hidden) {
	b := ReadBidders(x.Ref.Name)
	known := len(x.Ref.Identifiers) > 0
	one := func(n, of string) RoleRef {
		m := x
		m.Ref, m.Group = ref(n), of
		return m
	}
	switch {
	case b.Group != "":
		all = append(all, x)
		for _, n := range b.Names {
			all = append(all, one(n, b.Group))
		}
		if len(b.Names) == 0 && !known {
			hidden = append(hidden, Hidden{column, b.Group, HiddenMembers})
		}
	case known || len(b.Names) < 2 && !b.Unsure:
		return []RoleRef{x}, nil
	case b.Unsure && len(b.Names) < 2:
		return []RoleRef{x}, []Hidden{{column, oneLine(x.Ref.Name), HiddenList}}
	default:
		for _, n := range b.Names {
			more, h := one(n, x.Group).Apart(column, ref)
			all, hidden = append(all, more...), append(hidden, h...)
		}
	}
	return all, hidden
}

// ReadBidders tells apart whom a text names. Semicolons, line breaks, bars and numbers (1) 2) part names wherever they
// stand. Commas, strokes and words for "and" part them only where what stands on both sides is a name by itself, since
// firms bear these signs in their names: "Smith, Jones & Co", "Norden A/S", "Müller und Söhne GmbH". In a group (ARGE,
// UTE, RTI, JV …) they part its members. What may be either way is not cut.
func ReadBidders(text string) Bidders {
	text = strings.TrimSpace(text)
	if text == "" {
		return Bidders{}
	}
	if g, ok := group(text); ok && (g.said || !strings.ContainsAny(text, strongSigns)) {
		return Bidders{Group: oneLine(text), Names: g.members}
	}
	pieces := numbered(text)
	if len(pieces) < 2 {
		pieces = strong(text)
	}
	if len(pieces) == 1 {
		return listed(pieces[0])
	}
	var out Bidders
	for _, p := range pieces {
		b := ReadBidders(p)
		out.Unsure = out.Unsure || b.Unsure
		if b.Group != "" {
			out.Names = append(out.Names, b.Group)
			continue
		}
		out.Names = append(out.Names, b.Names...)
	}
	return out
}

const strongSigns = ";；|\n\r"

// strong cuts a text at the signs that never stand in a name. A piece that is nothing but a legal form belongs to the
// one before it: "Orrin Optics;\nGmbH".
func strong(text string) []string {
	return cut(text, func(s string, i int) int {
		r, n := utf8.DecodeRuneInString(s[i:])
		if strings.ContainsRune(strongSigns, r) || r == '、' {
			return n
		}
		return 0
	}, func(left, right string, _ string) bool { return !tailOnly(right) })
}

var number = regexp.MustCompile(`(?:^|[\s,;])\(?(\d{1,2})[.)]\s+`)

// numbered cuts "1) A 2) B" at its numbers, nil where they do not count from 1.
func numbered(text string) []string {
	at := number.FindAllStringSubmatchIndex(text, -1)
	if len(at) < 2 || strings.TrimSpace(text[:at[0][0]]) != "" {
		return nil
	}
	var out []string
	for i, m := range at {
		if text[m[2]:m[3]] != itoa(i+1) {
			return nil
		}
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if p := trimmed(text[m[1]:end]); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// listed reads a text without strong signs that names no group.
func listed(text string) Bidders {
	one := Bidders{Names: []string{oneLine(text)}}
	if pieces := cut(text, comma, func(left, right, _ string) bool {
		return !tailOnly(right) &&
			!kinFirst(right)
	}); len(pieces) > 1 {
		switch listOf(pieces) {
		case yes:
			return flat(pieces)
		case perhaps:
			one.Unsure = true
			return one
		}
		return one
	}
	if pieces := cut(text, stroke, func(left, right, sep string) bool {
		return !tailOnly(right) && (strings.TrimSpace(sep) != sep || selfStanding(left) && selfStanding(right))
	}); len(pieces) > 1 {
		return flat(pieces)
	}
	if pieces := cut(text, and, func(left, right, _ string) bool {
		return hasForm(left) && hasForm(right) && !tailOnly(right) && !kinFirst(right)
	}); len(pieces) > 1 {
		return flat(pieces)
	}
	return one
}

// flat reads each piece of a list again.
func flat(pieces []string) Bidders {
	var out Bidders
	for _, p := range pieces {
		b := listed(p)
		if g, ok := group(p); ok {
			b = Bidders{Names: append([]string{p}, g.members...)}
		}
		out.Names, out.Unsure = append(out.Names, b.Names...), out.Unsure || b.Unsure
	}
	return out
}

type answer uint8

const (
	no answer = iota
	perhaps
	yes
)

// mostWords is how many words a name has at most that stands in a list without a legal form; a longer piece is a
// sentence.
const mostWords = 8

// listOf tells whether pieces between commas are names of their own: each has a legal form, or all but the last have,
// or there are three or more of two words or longer. The names of partners ("Skadden, Arps & Flom LLP"), an address
// and a place are none.
func listOf(pieces []string) answer {
	forms, long, single := 0, 0, 0
	for i, p := range pieces {
		words := len(strings.Fields(p))
		switch {
		case strings.ContainsAny(p, "0123456789") && !hasForm(p), words > mostWords, lower(p):
			return no
		case hasForm(p):
			forms++
		case words > 1:
			long++
		default:
			single++
		}
		if last := i == len(pieces)-1; last && single == len(pieces)-1 && conjoined(p) {
			return no // the names of partners
		}
	}
	n := len(pieces)
	switch {
	case forms == n, forms == n-1 && long == 1 && !hasForm(pieces[n-1]) && n > 2, forms+long == n && n > 2 &&
		!anyConjoined(pieces):
		return yes
	case n > 2, single == n, forms+long == n:
		return perhaps
	}
	return no
}

func anyConjoined(pieces []string) bool {
	for _, p := range pieces {
		if conjoined(p) && !hasForm(p) {
			return true
		}
	}
	return conjoined(pieces[len(pieces)-1])
}

// conjoined reports whether a word for "and" stands within a piece.
func conjoined(p string) bool {
	for i := range p {
		if i > 0 && and(p, i) > 0 {
			return true
		}
	}
	return false
}

// lower reports whether a piece begins with a small letter, as no name does.
func lower(p string) bool {
	r, _ := utf8.DecodeRuneInString(p)
	return unicode.IsLower(r)
}

// A sign returns how long a separator at s[i:] is, 0 where none stands.
type sign func(s string, i int) int

func comma(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	if r == '，' || r == '،' || r == ',' && !(i > 0 && i+1 < len(s) && digit(s[i-1]) && digit(s[i+1])) {
		return n
	}
	return 0
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// stroke is a "/" with the blanks around it. Between short words it is part of one: A/S, c/o, AC/DC.
func stroke(s string, i int) int {
	from := i
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if i >= len(s) || s[i] != '/' && !strings.HasPrefix(s[i:], "／") {
		return 0
	}
	at := i
	_, n := utf8.DecodeRuneInString(s[i:])
	i += n
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if i-from == n && min(beside(s[:at], true), beside(s[i:], false)) < 3 && !(hasForm(s[:at]) && hasForm(s[i:])) {
		return 0
	}
	return i - from
}

// beside counts the letters of the word at the end or at the beginning of a text.
func beside(s string, end bool) (n int) {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if end {
			r, size = utf8.DecodeLastRuneInString(s)
		}
		if !unicode.IsLetter(r) {
			return n
		}
		if n++; end {
			s = s[:len(s)-size]
		} else {
			s = s[size:]
		}
	}
	return n
}

// ands are words for "and" between two names, with blanks around them.
var ands = map[string]bool{"and": true, "und": true, "et": true, "y": true, "e": true, "ed": true, "i": true, "и": true,
	"та": true, "і": true, "ve": true, "en": true, "og": true, "och": true, "ja": true, "oraz": true, "és": true,
	"și": true, "si": true, "και": true, "a": true, "dan": true, "và": true, "con": true, "mit": true, "avec": true,
	"with": true, "&": true, "+": true, "و": true}

func and(s string, i int) int {
	if s[i] != ' ' {
		return 0
	}
	from := i
	for i < len(s) && s[i] == ' ' {
		i++
	}
	word, rest, ok := strings.Cut(s[i:], " ")
	if !ok || !ands[word] || strings.HasSuffix(s[:from], "-") || strings.HasPrefix(rest, "-") { // Straßen- und Tiefbau
		return 0
	}
	n := i - from + len(word)
	for from+n < len(s) && s[from+n] == ' ' {
		n++
	}
	return n
}

// dash is a hyphen or dash between blanks.
func dash(s string, i int) int {
	for _, d := range []string{" - ", " – ", " — ", " + "} {
		if strings.HasPrefix(s[i:], d) {
			return len(d)
		}
	}
	return 0
}

// dot is what parts names in Chinese, Japanese and Korean.
func dot(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	switch r {
	case '・', '·', '、', '和', '与', '與', '及', '＋', '＆':
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+n:])
		if before > 0x2E80 && after > 0x2E80 {
			return n
		}
	}
	return 0
}

// cut cuts a text at signs outside of brackets and quotes where ok agrees with what would stand on both sides.
func cut(text string, at sign, ok func(left, right, sep string) bool) []string {
	type span struct{ from, to int }
	var seps []span
	depth, quoted := 0, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch r {
		case '(', '[', '（', '«', '„', '“':
			depth++
		case ')', ']', '）', '»', '”':
			depth = max(depth-1, 0)
		case '"':
			quoted = !quoted && strings.ContainsRune(text[i+1:], '"')
		}
		if depth == 0 && !quoted {
			if n := at(text, i); n > 0 {
				seps = append(seps, span{i, i + n})
				i += n
				continue
			}
		}
		i += size
	}
	var out []string
	from := 0
	for k, s := range seps {
		end := len(text)
		if k+1 < len(seps) {
			end = seps[k+1].from
		}
		left, right := trimmed(text[from:s.from]), trimmed(text[s.to:end])
		if left == "" && right != "" {
			from = s.to
			continue
		}
		if right == "" || !ok(left, right, text[s.from:s.to]) {
			continue
		}
		out, from = append(out, oneLine(left)), s.to
	}
	if rest := trimmed(text[from:]); rest != "" {
		out = append(out, oneLine(rest))
	}
	return out
}

func trimmed(s string) string { return strings.Trim(s, " \t\n\r,;/|–—-") }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
