package review

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A renaming gives every state another one's name, in columns of countries and inside names and texts. Words that
// columns of countries hold and no table knows get an invented name. Equal words change equally; register numbers,
// and names of cities and regions, stay.
type renaming struct {
	words   map[string]string // words for a state, lower case → the other state's
	codes   map[string]string // ISO 3166-1 alpha-2 → the other state's
	longest int               // words of the longest phrase
	last    record.Record     // renamed last: a row that is used in part comes as a record and as a reject
}

// newRenaming makes the renaming; countries are the words of the columns of countries of one run.
func newRenaming(countries map[string]bool) *renaming {
	n := &renaming{words: map[string]string{}, codes: map[string]string{}, longest: 1}
	var known, bare []name.State // those with words of their own, and the others
	for _, s := range name.States() {
		if len(s.Forms) > 0 {
			known = append(known, s)
		} else {
			bare = append(bare, s)
		}
	}
	for _, group := range [][]name.State{known, bare} {
		for i, s := range group {
			n.state(s, group[(i+len(group)/2)%len(group)])
		}
	}
	for c := range countries {
		if key := strings.ToLower(strings.TrimSpace(c)); list.Country(c) == "" && n.words[key] == "" {
			n.put(key, invented(key))
		}
	}
	return n
}

// state notes the words for a state with those of the other one, language for language.
func (n *renaming) state(s, other name.State) {
	n.codes[s.Code] = other.Code
	for language, text := range s.Names {
		if to := other.Names[language]; to != "" {
			n.put(strings.ToLower(text), strings.ToLower(to))
		}
	}
	for i, form := range s.Forms {
		var same []string // of the same script
		for _, f := range other.Forms {
			if script(f) == script(form) {
				same = append(same, f)
			}
		}
		if to := other.Names[languageOf[script(form)]]; len(same) == 0 && to != "" {
			same = []string{strings.ToLower(to)}
		}
		if len(same) > 0 {
			n.put(form, same[i%len(same)])
		}
	}
}

// shortest is how many letters a word for a state has at least that is looked for inside texts: "us" and "in" are
// mostly other words.
const shortest = 4

func (n *renaming) put(from, to string) {
	if _, ok := n.words[from]; ok || utf8.RuneCountInString(from) < shortest && script(from) == unicode.Latin {
		return
	}
	n.words[from] = to
	n.longest = max(n.longest, len(strings.Fields(from)))
}

// languageOf is the language whose name of a state stands for a script.
var languageOf = map[*unicode.RangeTable]string{unicode.Latin: "en", unicode.Cyrillic: "ru", unicode.Arabic: "ar",
	unicode.Han:    "zh",
	unicode.Hebrew: "he", unicode.Hangul: "ko", unicode.Devanagari: "hi", unicode.Greek: "el", unicode.Katakana: "ja"}

// script is the script of the first letter of a text, nil for one that is not told apart here.
func script(s string) *unicode.RangeTable {
	for _, r := range s {
		for t := range languageOf {
			if unicode.Is(t, r) {
				return t
			}
		}
	}
	return nil
}

// invented is a word that no record holds: each vowel and each other letter of the Latin alphabet moves on by a few.
func invented(s string) string {
	const vowels, others = "aeiou", "bcdfghjklmnpqrstvwxz"
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(vowels, r); i >= 0 {
			return rune(vowels[(i+2)%len(vowels)])
		}
		if i := strings.IndexRune(others, r); i >= 0 {
			return rune(others[(i+7)%len(others)])
		}
		return r
	}, s)
}

// country renames the text of a column of countries.
func (n *renaming) country(s string) string {
	if code := list.Country(s); code != "" {
		if to := n.codes[code]; to != "" {
			return to
		}
	}
	return n.text(s)
}

// text renames every word for a state in a text.
func (n *renaming) text(s string) string {
	type word struct{ from, to int }
	var words []word
	start := -1
	for i, r := range s + " " {
		letter := unicode.IsLetter(r) || unicode.Is(unicode.M, r)
		switch {
		case letter && start < 0:
			start = i
		case !letter && start >= 0:
			words = append(words, word{start, i})
			start = -1
		}
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(words); i++ {
		for k := min(n.longest, len(words)-i); k > 0; k-- {
			from, to := words[i].from, words[i+k-1].to
			if other, ok := n.words[strings.ToLower(strings.Join(strings.Fields(s[from:to]), " "))]; ok {
				b.WriteString(s[done:from] + inCase(s[from:to], other))
				done, i = to, i+k-1
				break
			}
		}
	}
	return b.String() + s[done:]
}

// inCase writes a lower-case text in capitals, or with capitals at the head of words, as like is written.
func inCase(like, text string) string {
	first, _ := utf8.DecodeRuneInString(like)
	switch {
	case strings.ToUpper(like) == like && utf8.RuneCountInString(like) > 1:
		return strings.ToUpper(text)
	case !unicode.IsUpper(first):
		return text
	}
	var b strings.Builder
	head := true
	for _, r := range text {
		if head {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		head = r == ' ' || r == '-'
	}
	return b.String()
}

// ref renames what a record says of a party.
func (n *renaming) ref(r party.Ref) party.Ref {
	r.Name, r.Address = n.text(r.Name), n.text(r.Address)
	if r.Country != "" {
		r.Country = n.country(r.Country)
	}
	return r
}

var refType = reflect.TypeFor[party.Ref]()

// record renames a record in place.
func (n *renaming) record(rec record.Record) {
	if rec == n.last {
		return
	}
	n.last = rec
	n.refs(reflect.ValueOf(rec).Elem())
	switch rec := rec.(type) {
	case *record.Engagement:
		rec.EndUserText, rec.Destination = n.text(rec.EndUserText), n.country(rec.Destination)
		rec.Delivery, rec.EndUse = n.text(rec.Delivery), n.text(rec.EndUse)
		for i := range rec.Items {
			rec.Items[i].Text = n.text(rec.Items[i].Text)
		}
	case *record.Account:
		rec.EndUserText = n.text(rec.EndUserText)
	case *record.Listed:
		rec.PartOf = n.text(rec.PartOf)
	case *record.Claim:
		rec.Text, rec.Source = n.text(rec.Text), n.text(rec.Source)
	case *record.Event:
		rec.Region = n.text(rec.Region)
	case *record.Obligation:
		for column, cell := range rec.Cells {
			rec.Cells[column] = n.text(cell)
		}
	}
}

// refs renames every party.Ref in a struct.
func (n *renaming) refs(v reflect.Value) {
	switch {
	case v.Type() == refType:
		v.Set(reflect.ValueOf(n.ref(v.Interface().(party.Ref))))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				n.refs(v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice && (v.Type().Elem() == refType ||
		v.Type().Elem() == reflect.TypeFor[record.RoleRef]()):
		for i := range v.Len() {
			n.refs(v.Index(i))
		}
	}
}

// statement renames a statement about ownership.
func (n *renaming) statement(st ownership.Statement) ownership.Statement {
	st.Owner, st.Owned = n.ref(st.Owner), n.ref(st.Owned)
	return st
}

// lists renames the entries of lists.
func (n *renaming) lists(all []*list.List) {
	for _, l := range all {
		l.Entries = slices.Clone(l.Entries)
		for i := range l.Entries {
			e := &l.Entries[i]
			e.Names, e.Countries, e.Addresses = slices.Clone(e.Names), slices.Clone(e.Countries),
				slices.Clone(e.Addresses)
			for j := range e.Names {
				e.Names[j].Text = n.text(e.Names[j].Text)
			}
			for j := range e.Countries {
				e.Countries[j] = n.country(e.Countries[j])
			}
			for j := range e.Addresses {
				e.Addresses[j] = n.text(e.Addresses[j])
			}
		}
	}
}
