package list

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Clean trims s and makes every run of white space one space.
func Clean(s string) string { return strings.Join(strings.Fields(s), " ") }

// Join puts the parts that say something into one line, separated by ", ".
func Join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.Trim(Clean(p), ", "); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// AddTo appends the values that say something and are not there yet.
func AddTo(have []string, values ...string) []string {
	for _, v := range values {
		if v = Clean(v); v != "" && !slices.Contains(have, v) {
			have = append(have, v)
		}
	}
	return have
}

// AddName appends a name unless e has the same text already.
func (e *Entry) AddName(text, kind string, weak bool) {
	if text = Clean(text); text == "" {
		return
	}
	for _, n := range e.Names {
		if n.Text == text {
			return
		}
	}
	if kind == "aka" && !latin(text) {
		kind = "original_script"
	}
	e.Names = append(e.Names, Name{Text: text, Weak: weak, Type: kind})
}

// latin reports whether the first letter of s is a Latin one.
func latin(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.Is(unicode.Latin, r)
		}
	}
	return true
}

// AddIdentifier appends a register number unless it is empty or there already. Numbers of
// natural persons are never kept: a list entry needs a name, a date of birth and a
// nationality to tell two people apart, not their passports.
func (e *Entry) AddIdentifier(id party.Identifier) {
	if e.Kind == party.Person || id.Empty() || id.Scheme == "" {
		return
	}
	n := id.Normal()
	for _, have := range e.Identifiers {
		if have.Normal() == n {
			return
		}
	}
	e.Identifiers = append(e.Identifiers, id)
}

var dayLayouts = []struct {
	layout string
	out    string
}{
	{"2006-01-02", "2006-01-02"}, {"02 Jan 2006", "2006-01-02"}, {"2 Jan 2006", "2006-01-02"},
	{"2 January 2006", "2006-01-02"}, {"01/02/2006", "2006-01-02"},
	{"Jan 2006", "2006-01"}, {"January 2006", "2006-01"}, {"2006-01", "2006-01"}, {"2006", "2006"},
}

// Day turns the ways in which lists write a date of birth or foundation into one: "14 Jun
// 1975" is 1975-06-14, "circa 1951" is 1951~, "1959 to 1961" is 1959/1961 (the marks are
// those of ISO 8601-2). What it does not understand is "".
func Day(s string) string {
	s = Clean(s)
	if from, to, ok := strings.Cut(s, " to "); ok {
		a, b := Day(from), Day(to)
		if a == "" || b == "" {
			return ""
		}
		return strings.TrimSuffix(a, "~") + "/" + strings.TrimSuffix(b, "~")
	}
	for _, about := range []string{"circa ", "approximately ", "Circa ", "c. "} {
		if rest, ok := strings.CutPrefix(s, about); ok {
			if d := Day(rest); d != "" && !strings.ContainsAny(d, "~/") {
				return d + "~"
			}
			return ""
		}
	}
	for _, l := range dayLayouts {
		if t, err := time.Parse(l.layout, s); err == nil && t.Year() >= 1000 {
			return t.Format(l.out)
		}
	}
	return ""
}

// DateOf returns the date that Day reads from s as a record.Date; an interval or an
// approximate date is unknown.
func DateOf(s string) record.Date {
	d, err := record.ParseDate(Day(s))
	if err != nil {
		return record.Date{}
	}
	return d
}

// corporate holds words that make a name a company's or a body's and not a person's, without
// their points. Used only where a list does not say which of the two it lists.
var corporate = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`
		ab academy aerospace ag agency airline airlines airways as association authority aviation bank bhd bureau
		bv cargo center centre cjsc co committee company components consulting corp corporation department
		electronic electronics engineering enterprise enterprises equipment export exports factory forwarding
		foundation freight fzc fzco fze fzllc gmbh group holding holdings import imports inc incorporated
		industrial industries industry institute international jsc kg laboratory limited llc llp logistics lp ltd
		ltda manufacturing ministry nv oao ojsc ooo organisation organization oy pao pjsc plant plc pte pty pvt
		sa san sarl sdn semiconductor services shipping solutions spa srl sti supply systems tech technologies
		technology telecom tic trade traders trading university wll zao
	`) {
		words[w] = true
	}
	return words
})

// Corporate reports whether name reads like an organisation's.
func Corporate(name string) bool {
	words := corporate()
	name = strings.ReplaceAll(strings.ToLower(name), ".", "")
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if words[w] {
			return true
		}
	}
	return false
}

// Line is how a place in a text file reads.
func Line(n int) string { return fmt.Sprintf("line %d", n) }

// Same reports whether two entries say the same, wherever they stand.
func Same(a, b *Entry) bool {
	x, y := *a, *b
	x.At, y.At, x.File, y.File = "", "", 0, 0
	return reflect.DeepEqual(x, y)
}
