package match

import (
	"math"
	"strings"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// An evidence is what stands for and against two parties being one, beside the name.
//
// The grade is a letter, then a digit, and sorts as text, the best first:
//
//	A  a register number agrees
//	B  the name is the same, and nothing known contradicts it
//	C  the name is near, and nothing known contradicts it
//	D  the name is the same, but something known contradicts it
//	E  the name is near, but something known contradicts it
//
// The digit is 9 less the number of independent properties (number, country, date,
// address, father's name) that agree: B7 is better than B8.
type evidence struct {
	score   float64
	same    bool // the name is the same
	number  int8 // 1 agrees, -1 conflicts, 0 not known on both sides
	country int8
	date    int8
	address int8
	father  int8
	gender  int8             // -1 conflicts; that it agrees says nothing
	id      party.Identifier // the number that agrees or conflicts
	other   party.Identifier
}

func (e evidence) agree() (n int) {
	for _, x := range [...]int8{e.number, e.country, e.date, e.address, e.father} {
		if x > 0 {
			n++
		}
	}
	return n
}

func (e evidence) conflict() bool {
	return e.number < 0 || e.country < 0 || e.date < 0 || e.father < 0 || e.gender < 0
}

// shown reports whether a hit on a name of this score is shown at a threshold. A contradiction
// takes a name below it, not out of sight: the same name stays as grade D, and one that is
// spelt almost alike as grade E. Two numbers of one register are two parties.
func (e evidence) shown(nameScore, threshold float64) bool {
	if e.score >= threshold {
		return true
	}
	return e.conflict() && e.number >= 0 && nameScore >= threshold && (e.same || nameScore >= almostSame)
}

func (e evidence) grade() string {
	letter := byte('C')
	switch {
	case e.number > 0:
		letter = 'A'
	case e.same && e.conflict():
		letter = 'D'
	case e.conflict():
		letter = 'E'
	case e.same:
		letter = 'B'
	}
	return string([]byte{letter, byte('9' - e.agree())})
}

// facts are the properties of a query, made comparable once.
type facts struct {
	ids     []party.Identifier
	country string
	known   bool // country is a code
	dates   []span
	address []map[string]bool
	father  string
	gender  string
	person  bool
}

func newFacts(q *Query) facts {
	f := facts{person: q.Kind == party.Person, father: q.Father, gender: list.Gender(q.Gender)}
	for _, id := range q.Identifiers {
		if id, ok := party.Strong(id); ok {
			f.ids = append(f.ids, id)
		}
	}
	if q.Country != "" {
		f.country, f.known = countryOf(q.Country)
	}
	for _, d := range q.Dates {
		if d, ok := readSpan(d); ok {
			f.dates = append(f.dates, d)
		}
	}
	for _, a := range q.Addresses {
		f.address = append(f.address, addressWords(a))
	}
	return f
}

// What agreement and contradiction beside the name do to a score. A register number that
// is the same decides; one that differs where the register gives a party only one number
// says that they are two parties, whatever their names.
const (
	numberDiffers  = 0.65
	otherRegister  = 0.70 // another state, and other numbers in its registers
	countryDiffers = 0.96 // of persons, ships and aircraft, who move
	// Of persons whose names are only near, and of whom no date agrees. Measured on the half for fitting of
	// TestQualityParties: 2 of 10 false hits less, no true one.
	nearCountryDiffers = 0.80
	nearLeast          = 0.90 // names that score less are only near
	// Of names that are only near and of which no date is of the same year, though one is near. See the test.
	nearYearDiffers = 0.85
	nudge           = 0.01 // for each property that agrees, below the top

	// Measured on pairs of records of published lists whose names score 1: of 75 pairs of
	// organisations with different countries none is one party, of 126 pairs with dates more
	// than a year apart 4 are, of 22 pairs with different fathers none is. Each takes the same
	// name below [Threshold].
	orgCountryDiffers = 0.69
	dateDiffers       = 0.65
	fatherDiffers     = 0.65
	genderDiffers     = 0.80 // chosen, not measured: no pair with it was at hand

	sameNameLeast = 0.60 // a name that is the same scores no less, whatever contradicts but a number
	almostSame    = 0.90 // a name from this score on is shown though something contradicts
)

// weigh puts the properties of an entry beside those of the query.
func (f facts) weigh(e *list.Entry, score float64, same bool) evidence {
	ev := f.weighed(e, score, same)
	ev.score = math.Round(max(0, min(1, ev.score))*1e4) / 1e4 // what is shown is what is compared
	return ev
}

func (f facts) weighed(e *list.Entry, score float64, same bool) evidence {
	ev := evidence{score: score, same: same}
	f.numbers(e, &ev)
	if f.country != "" && len(e.Countries) > 0 {
		alike := false // both are known, so that a difference is one
		for _, c := range e.Countries {
			code, known := countryOf(c)
			alike = alike || known && f.known // a spelling that is not known contradicts nothing
			if code == f.country {
				ev.country = 1
			}
		}
		if alike && ev.country == 0 {
			ev.country = -1
		}
	}
	slip := false
	ev.date, slip = f.date(e)
	ev.father = f.fathers(e)
	ev.gender = f.genders(e)
	for _, a := range f.address {
		for _, b := range e.Addresses {
			if sameAddress(a, addressWords(b)) {
				ev.address = 1
			}
		}
	}
	switch {
	case ev.number > 0:
		ev.score = 1
		return ev
	case ev.number < 0:
		ev.score *= numberDiffers
	}
	switch {
	case ev.country == 0 && ev.number == 0 && f.otherRegister(e):
		ev.country = -1
		ev.score *= otherRegister * countryDiffers
		if same {
			ev.score = max(ev.score, Threshold) // the same name stays in sight, whatever register another number is of
		}
	case ev.country < 0:
		ev.score *= f.countryFactor(e, ev.date <= 0 && score < nearLeast)
	}
	switch {
	case ev.date < 0:
		ev.score *= dateDiffers
	case slip && score < nearLeast:
		ev.score *= nearYearDiffers
	}
	if ev.father < 0 {
		ev.score *= fatherDiffers
	}
	if ev.gender < 0 {
		ev.score *= genderDiffers
	}
	if same && ev.number >= 0 && ev.conflict() {
		ev.score = max(ev.score, sameNameLeast)
	}
	if ev.score < 0.99 && !ev.conflict() {
		ev.score = min(0.99, ev.score+nudge*float64(ev.agree()))
	}
	return ev
}

// genders compares genders: -1 when both are known and differ.
func (f facts) genders(e *list.Entry) int8 {
	if f.gender != "" && e.Gender != "" && f.gender != e.Gender {
		return -1
	}
	return 0
}

// countryFactor is what another country costs; near says that the names are only near, and that no date agrees.
func (f facts) countryFactor(e *list.Entry, near bool) float64 {
	switch e.Kind {
	case party.Organization, party.PublicBody:
		if !f.person {
			return orgCountryDiffers
		}
	}
	if near {
		return nearCountryDiffers
	}
	return countryDiffers
}

// fathers compares the names of the fathers: 1 when one agrees, -1 when all are other names.
func (f facts) fathers(e *list.Entry) int8 {
	if f.father == "" || len(e.Fathers) == 0 {
		return 0
	}
	best := 0.0
	for _, x := range e.Fathers {
		best = max(best, compare.Pair("Person", f.father, x))
	}
	switch {
	case best >= Threshold:
		return 1
	case best < otherFather:
		return -1
	}
	return 0
}

// otherFather is the score below which two names of fathers are other names.
const otherFather = 0.5

// unique are the schemes under which one party has one number: two numbers are two parties.
var unique = map[string]bool{"LEI": true, "OGRN": true, "IMO": true, "UEI": true, "INN": true, "GB-COH": true,
	"USCC": true}

func (f facts) numbers(e *list.Entry, ev *evidence) {
	if len(f.ids) == 0 {
		return
	}
	for _, x := range e.Identifiers {
		x, ok := party.Strong(x)
		if !ok {
			continue
		}
		for _, y := range f.ids {
			if x.Scheme != y.Scheme {
				continue
			}
			if x.ID == y.ID {
				ev.number, ev.id, ev.other = 1, y, x
				return
			}
			if unique[x.Scheme] {
				ev.number, ev.id, ev.other = -1, y, x
			}
		}
	}
}

// otherRegister reports whether both sides have numbers, all of them of registers of
// different states: the scheme of such a number begins with the code of the state.
func (f facts) otherRegister(e *list.Entry) bool {
	found := false
	if len(f.ids) == 0 {
		return found
	}
	for _, x := range e.Identifiers {
		x, ok := party.Strong(x)
		if !ok {
			continue
		}
		for _, y := range f.ids {
			a, b := registerState(x.Scheme), registerState(y.Scheme)
			if a == "" || b == "" {
				continue
			}
			if a == b {
				return false
			}
			found = true
		}
	}
	return found
}

// registerState returns the code of the state in a scheme: GB-COH of org-id.guide, REG-RU
// of the American lists. XI is the prefix of org-id.guide for the whole world.
func registerState(scheme string) string {
	first, last, ok := strings.Cut(scheme, "-")
	switch {
	case !ok || first == "XI" || first == "IMO":
		return ""
	case len(last) == 2 && len(first) != 2:
		return last
	case len(first) == 2 || len(first) == 3:
		return first
	}
	return ""
}

// countryOf returns a code, or the folded text when it is none that we know. Two capitals are a code, whether or
// not a table has it: another code is another country.
func countryOf(s string) (code string, known bool) {
	if c := list.Country(s); c != "" {
		return c, true
	}
	if len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' {
		return s, true
	}
	return name.Fold(s), false
}

func addressWords(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(foldAddress(s)) {
		m[w] = true
	}
	return m
}

// sameAddress reports whether two addresses share a number and most of the words of the
// shorter.
func sameAddress(a, b map[string]bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 3 {
		return false
	}
	n, num := 0, false
	for w := range a {
		if b[w] {
			n++
			num = num || w[0] <= '9'
		}
	}
	return num && n*10 >= len(a)*6
}
