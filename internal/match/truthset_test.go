package match

import (
	"strconv"
	"strings"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// A Record is what one register says of a party, for finding which records of several
// registers speak of one.
type Record struct {
	Kind      string              // "Person", "Organization", "" not known
	Names     []string            //
	Dates     []string            // birth or foundation, in any order of day, month and year
	Addresses []string            // one line each
	Numbers   map[string][]string // scheme → numbers that a state or a register gave
	Contacts  []string            // e-mail addresses and telephone numbers
}

// A Resolver finds records of one party. Not for concurrent use.
type Resolver struct{ c compare.Comparer }

// Same reports whether two records speak of one party:
//
//   - an equal number, with any further sign, unless the names contradict each other in
//     every word;
//   - names that match, with a date, contact or address that agrees, and no number or date
//     that contradicts;
//   - names that share a word, when two of date, contact and address agree: people change
//     family names.
func (r *Resolver) Same(a, b *Record) bool {
	number := numbersAgree(a.Numbers, b.Numbers)
	if number < 0 {
		return false
	}
	name, shared := r.names(a, b)
	date := datesAgree(a.Dates, b.Dates)
	contact := contactsAgree(a.Contacts, b.Contacts)
	address := addressesAgree(a.Addresses, b.Addresses)
	agree := 0
	for _, x := range []int{date, contact, address} {
		if x > 0 {
			agree++
		}
	}
	switch {
	case number > 0:
		return name >= Threshold || shared || agree > 0 || len(a.Names) == 0 || len(b.Names) == 0
	case date < 0:
		return false
	case name >= Threshold:
		return agree > 0
	}
	return shared && agree >= 2 && date > 0
}

// names returns the best score of two names, and whether any two begin with the same word:
// the given name, which people keep, and families do not share.
func (r *Resolver) names(a, b *Record) (best float64, shared bool) {
	for _, x := range a.Names {
		for _, y := range b.Names {
			best = max(best, r.c.Pair(a.Kind, x, y))
			w, _, _ := strings.Cut(name.Fold(x), " ")
			v, _, _ := strings.Cut(name.Fold(y), " ")
			shared = shared || w == v && len(w) > 2
		}
	}
	return best, shared
}

func numbersAgree(a, b map[string][]string) int {
	result := 0
	for scheme, xs := range a {
		for _, x := range xs {
			for _, y := range b[scheme] {
				if plainNumber(x) == plainNumber(y) {
					return 1
				}
				result = -1
			}
		}
	}
	return result
}

func plainNumber(s string) string { return strings.ReplaceAll(name.Fold(s), " ", "") }

// datesAgree compares dates whose order of day and month is not known: 1 when the same
// numbers stand in them, 0 when one number differs by little or nothing is known, -1 when
// they cannot be one.
func datesAgree(a, b []string) int {
	result, known := -1, false
	for _, x := range a {
		for _, y := range b {
			p, ok1 := dateParts(x)
			q, ok2 := dateParts(y)
			if !ok1 || !ok2 {
				continue
			}
			known = true
			year := p[0] == q[0]
			days := p[1] == q[1] && p[2] == q[2] || p[1] == q[2] && p[2] == q[1]
			switch {
			case year && days:
				return 1
			case days && p[0]-q[0] <= 1 && q[0]-p[0] <= 1, year && (p[1] == q[1] || p[2] == q[2] || p[1] == q[2] ||
				p[2] == q[1]):
				result = max(result, 0)
			}
		}
	}
	if !known {
		return 0
	}
	return result
}

var months = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
	"oct": 10, "nov": 11, "dec": 12}

// dateParts returns the year in its century (last two digits) and the two other numbers.
func dateParts(s string) ([3]int, bool) {
	var n []int
	at, word := -1, false
	for _, w := range strings.FieldsFunc(s, func(c rune) bool {
		return c == '/' || c == '-' || c == '.' || c == ' ' ||
			c == ','
	}) {
		if digits(w) && len(w) <= 4 {
			if len(w) == 4 {
				at = len(n)
			}
			v, _ := strconv.Atoi(w)
			n = append(n, v)
		} else if m := months[strings.ToLower(w[:min(3, len(w))])]; m > 0 {
			word = true
			n = append(n, m)
		}
	}
	if len(n) != 3 {
		return [3]int{}, false
	}
	if at < 0 {
		at = 2 // a year of two digits stands last
	}
	_ = word
	var out [3]int
	out[0] = n[at] % 100
	k := 1
	for i, x := range n {
		if i != at {
			out[k] = x
			k++
		}
	}
	return out, true
}

func contactsAgree(a, b []string) int {
	for _, x := range a {
		for _, y := range b {
			if c := contact(x); c != "" && c == contact(y) {
				return 1
			}
		}
	}
	return 0
}

// contact returns an e-mail address in lower case, or the last seven digits of a number.
func contact(s string) string {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s = strings.TrimSuffix(s[i+1:], ">")
	}
	if box, _, mail := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "@"); mail {
		switch box {
		case "info", "sales", "office", "admin", "contact", "mail", "hello", "support", "post":
			return "" // many people read it
		}
		return strings.ToLower(strings.TrimSpace(s))
	}
	var d []byte
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			d = append(d, s[i])
		}
	}
	if len(d) < 7 {
		return ""
	}
	return string(d[len(d)-7:])
}

func addressesAgree(a, b []string) int {
	for _, x := range a {
		for _, y := range b {
			if sameStreet(x, y) {
				return 1
			}
		}
	}
	return 0
}

// streetWords brings the words of streets to one.
var streetWords = map[string]string{"street": "st", "strasse": "st", "str": "st", "road": "rd", "avenue": "ave",
	"lane": "ln", "drive": "dr", "place": "pl", "boulevard": "blvd", "north": "n", "south": "s", "east": "e",
	"west": "w", "no": ""}

// sameStreet reports whether the words of the shorter address stand in the longer one,
// with a house number among them and at most one word amiss.
func sameStreet(x, y string) bool {
	words := func(s string) map[string]bool {
		m := map[string]bool{}
		for w := range strings.FieldsSeq(name.Fold(s)) {
			if strings.HasSuffix(w, "strasse") && len(w) > 7 {
				m[strings.TrimSuffix(w, "strasse")] = true
				w = "st"
			}
			if v, ok := streetWords[w]; ok {
				w = v
			}
			if w != "" {
				m[w] = true
			}
		}
		return m
	}
	a, b := words(x), words(y)
	if len(a) > len(b) {
		a, b = b, a
	}
	missing, house := 0, false
	for w := range a {
		if b[w] {
			house = house || w[0] <= '9' && len(w) < 5
		} else {
			missing++
		}
	}
	return house && len(a) >= 3 && missing <= len(a)/4
}

// Cluster returns, for each record, the number of the party that it speaks of: records
// are taken together when they are the same or linked by others that are. A record that
// could be either of two which contradict each other is taken to neither.
func (r *Resolver) Cluster(records []Record) []int {
	parent := make([]int, len(records))
	like := make([][]int, len(records))
	for i := range parent {
		parent[i] = i
		for j := range i {
			if r.Same(&records[i], &records[j]) {
				like[i], like[j] = append(like[i], j), append(like[j], i)
			}
		}
	}
	torn := func(i, j int) bool { // i could as well be another than j
		if numbersAgree(records[i].Numbers, records[j].Numbers) > 0 {
			return false
		}
		for _, k := range like[i] {
			if k != j && contradict(&records[j], &records[k]) {
				return true
			}
		}
		return false
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i := range records {
		for _, j := range like[i] {
			if j < i && !torn(i, j) && !torn(j, i) {
				parent[root(i)] = root(j)
			}
		}
	}
	for i := range parent {
		parent[i] = root(i)
	}
	return parent
}

func contradict(a, b *Record) bool {
	return datesAgree(a.Dates, b.Dates) < 0 || numbersAgree(a.Numbers, b.Numbers) < 0
}
