package capability

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// givenNames are the words of given.tsv.
var givenNames = wordsOf("given.tsv", "name", "")

// What person.tsv holds: words before the name of a person, words before a surname that are no name by themselves, and
// words that stand before or among given names in what is no person's name.
var (
	titles    = wordsOf("person.tsv", "word", "title")
	particles = wordsOf("person.tsv", "word", "particle")
	notPerson = wordsOf("person.tsv", "word", "other")
)

// wordsOf returns the folded words in a column of a table, of one class, or of all rows.
func wordsOf(table, column, class string) map[string]bool {
	m := map[string]bool{}
	for _, r := range readTable(table) {
		if class != "" && r.fields["class"] != class {
			continue
		}
		for _, p := range expand(r.fields[column]) {
			m[foldString(p)] = true
		}
	}
	return m
}

// LooksLikePerson reports whether a name looks like that of a natural person: two to four
// words, a given name or an initial among them, no digits, no legal form, and no word of a
// body or a trade. It errs towards no.
func LooksLikePerson(name string) bool {
	raw := strings.Fields(name)
	for len(raw) > 2 && titles[foldString(raw[0])] {
		raw = raw[1:]
		name = strings.Join(raw, " ")
	}
	if len(raw) < 2 || len(raw) > 4 || strings.ContainsAny(name, "0123456789&/@()\"") {
		return false
	}
	if form, _ := legalForm(name); form != "" {
		return false
	}
	given, initial, full, before := false, false, 0, ""
	var own []string // without particles: a van is a vehicle
	for _, w := range raw {
		w = strings.Trim(w, ",;")
		if r, n := utf8.DecodeRuneInString(w); unicode.IsLetter(r) && (w[n:] == "." || w[n:] == "") {
			initial = initial || w[n:] == "." && unicode.IsUpper(r)
			continue
		}
		folded := foldString(w)
		if notPerson[folded] {
			return false
		}
		for _, part := range strings.Fields(folded) {
			given = given || givenNames[part] || givenNames[before+" "+part] // "Anna-Karin" is two
			before = part
		}
		if utf8.RuneCountInString(folded) > 1 && !particles[folded] {
			own = append(own, w)
			full++
		}
	}
	if !given && !(initial && full == 1) || full == 0 {
		return false
	}
	if Government(name, "") || nameBody(name).class != Unknown {
		return false
	}
	return !Item(strings.Join(own, " "), "", "").Understood
}

// HasLegalForm reports whether a name holds the legal form of a company or other body: it is then no natural person's.
func HasLegalForm(name string) bool {
	form, _ := legalForm(name)
	return form != ""
}
