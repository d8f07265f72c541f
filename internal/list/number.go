package list

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"plimsoll/internal/party"
)

//go:embed data/number.tsv
var numberTable string

// A numberKind is the register that a label names. REG is a company register, TAX a tax
// office. Labels of people's papers (passport, cedula, social security) are not among them
// on purpose.
type numberKind struct {
	scheme string
	scope  string // country, world or organisation; see data/number.tsv
}

var numberLabels = sync.OnceValue(func() map[string]numberKind {
	out := map[string]numberKind{}
	for _, r := range rows(numberTable, 4) {
		out[r[0]] = numberKind{scheme: r[1], scope: r[2]}
	}
	return out
})

// rows reads a table of this package: tab-separated, "#" begins a comment, the first row
// names the columns.
func rows(table string, width int) [][]string {
	var out [][]string
	for _, line := range strings.Split(table, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(cells) != width {
			panic("list: a row of a built-in table has another width: " + line)
		}
		out = append(out, cells)
	}
	return out[1:]
}

// byWord finds the labels by their first word, the longest label first.
var byWord = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for l := range numberLabels() {
		w := firstWord(l)
		out[w] = append(out[w], l)
	}
	for _, ls := range out {
		slices.SortFunc(ls, func(a, b string) int { return len(b) - len(a) })
	}
	return out
})

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return strings.TrimRight(w, ".:#")
}

// NumberLabel returns the label of [Number] that s begins with, and what follows it.
func NumberLabel(s string) (label, rest string, ok bool) {
	low := strings.ToLower(s)
	candidates := byWord()[firstWord(low)]
	if len(low) != len(s) {
		return "", "", false
	}
	for _, l := range candidates {
		if !strings.HasPrefix(low, l) {
			continue
		}
		rest := strings.TrimLeft(s[len(l):], ".:#")
		if rest == "" || rest[0] == ' ' {
			return l, strings.TrimSpace(rest), true
		}
	}
	return "", "", false
}

// Number turns a labelled number of a list into an identifier. The country is a name or a
// code. It is not ok when the label is none of a register.
func Number(label, number, country string, kind party.Kind) (party.Identifier, bool) {
	l, _, ok := NumberLabel(Clean(label))
	register := numberLabels()[l]
	scheme := register.scheme
	number = Clean(number)
	if !ok || number == "" || kind == party.Person || register.scope == "organisation" && kind != party.Organization {
		return party.Identifier{}, false
	}
	if scheme != "BIC" && scheme != "CALLSIGN" && scheme != "TAIL" && !strings.ContainsAny(number, "0123456789") {
		return party.Identifier{}, false
	}
	if rest, imo := strings.CutPrefix(number, "IMO"); imo {
		// "Vessel Registration Identification IMO 9187629" is a ship, "Company Number IMO
		// 5055293" and "Identification Number IMO 5342883" are a shipping company.
		scheme, number = "IMO-COMPANY", strings.Trim(rest, " :")
		if kind == party.Vessel {
			scheme = "IMO"
		}
	} else if scheme == "IMO" {
		return party.Identifier{}, false // a number of some other ship register
	}
	code := Country(country)
	digits := digitsOnly(number)
	switch {
	case code == "GB" && scheme == "REG":
		scheme = "GB-COH" // the org-id.guide code of Companies House
	case code == "GB" && scheme == "CHARITY":
		scheme = "GB-CHC" // the org-id.guide code of the Charity Commission for England and Wales
	case code == "GB" && scheme == "SOCIETY":
		scheme = "GB-MPR" // the org-id.guide code of the Mutuals Public Register
	case code == "RU" && scheme == "TAX" && digits && (len(number) == 10 || len(number) == 12):
		scheme = "INN"
	case (code == "RU" || code == "") && scheme == "REG" && digits && len(number) == 13 &&
		(number[0] == '1' || number[0] == '5'):
		scheme = "OGRN"
	case code == "RU" && scheme == "GAZETTE":
		scheme = "OKPO"
	case register.scope == "world" || code == "":
	default:
		scheme += "-" + code
	}
	return party.Identifier{Scheme: scheme, ID: number}, true
}

// AddNumber adds a labelled number to e and reports whether it was one of a register. A
// number without a country is taken to be of the entry's country, when it has only one.
func (e *Entry) AddNumber(label, number, country string) bool {
	if country == "" && len(e.Countries) == 1 {
		country = e.Countries[0]
	}
	id, ok := Number(label, number, country, e.Kind)
	if ok {
		e.AddIdentifier(id)
	}
	return ok
}

func digitsOnly(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
