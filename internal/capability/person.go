package capability

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// givenNames are the words of given.tsv.
var givenNames = buildGiven()

func buildGiven() map[string]bool {
	m := map[string]bool{}
	for _, r := range readTable("given.tsv") {
		for _, p := range expand(r.fields["name"]) {
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

// titles stand before the name of a person.
var titles = map[string]bool{
	"dr": true, "prof": true, "mr": true, "mrs": true, "ms": true, "miss": true, "herr": true, "frau": true, "mme": true, "mlle": true,
	"monsieur": true, "madame": true, "senor": true, "senora": true, "sr": true, "sra": true, "dra": true, "sig": true, "signora": true,
	"dott": true, "pan": true, "pani": true, "ing": true, "mag": true, "bay": true, "bayan": true, "السيد": true, "السيده": true,
}

// particles stand before a surname and are no name by themselves.
var particles = map[string]bool{
	"van": true, "von": true, "der": true, "den": true, "de": true, "del": true, "della": true, "di": true, "da": true, "dos": true,
	"das": true, "la": true, "le": true, "ter": true, "ten": true, "zu": true, "zum": true, "af": true, "av": true, "bin": true,
	"ibn": true, "ben": true,
}

// notPerson are words that stand before or among given names in what is no person's name:
// saints and holy places, and words for a business.
var notPerson = map[string]bool{
	"saint": true, "st": true, "san": true, "santa": true, "santo": true, "sao": true, "sainte": true, "sankt": true,
	"the": true, "and": true, "y": true, "e": true, "und": true, "et": true, "of": true, "for": true, "sons": true,
	"brothers": true, "project": true, "team": true, "group": true, "unit": true, "bureau": true, "systems": true,
	"services": true, "service": true, "works": true, "house": true, "center": true, "centre": true, "operation": true,
	"partner": true, "partners": true, "channel": true, "security": true, "division": true, "program": true, "programme": true,
}

// HasLegalForm reports whether a name holds the legal form of a company or other body: it is then no natural person's.
func HasLegalForm(name string) bool {
	form, _ := legalForm(name)
	return form != ""
}
