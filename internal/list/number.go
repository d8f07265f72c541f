package list

import (
	"slices"
	"strings"
	"sync"

	"plimsoll/internal/party"
)

// The kinds of register number that the American lists name, by their own labels in lower
// case. REG is a company register, TAX a tax office; the country's code is appended, since
// numbers of two registers are not comparable. Labels of people's papers (passport, cedula,
// national ID, social security) are not here on purpose.
var numberLabels = map[string]string{
	"registration number": "REG", "registration id": "REG", "business registration number": "REG",
	"company number": "REG", "uk company number": "REG", "commercial registry number": "REG",
	"public registration number": "REG", "c.r. no.": "REG", "enterprise number": "REG",
	"chamber of commerce number": "REG", "business registration document #": "REG",
	"matricula mercantil no": "MATRICULA", "folio mercantil no.": "FOLIO", "trade license no.": "TRADE-LICENCE",
	"tax id no.": "TAX", "nit #": "NIT", "ruc #": "RUC", "rif #": "RIF", "r.f.c.": "RFC", "rfc": "RFC", "c.u.i.t.": "CUIT",
	"us fein": "EIN", "v.a.t. number": "VAT", "government gazette number": "GAZETTE",
	"unified social credit code (uscc)": "USCC", "legal entity number": "LEI", "swift/bic": "BIC",
	"d-u-n-s number": "DUNS", "isin": "ISIN", "mmsi": "MMSI", "bik (ru)": "BIK", "okpo code": "OKPO",
	"vessel registration identification": "IMO", "vessel registration number": "IMO", "company imo number": "IMO-COMPANY",
	"aircraft manufacturer's serial number (msn)": "MSN", "aircraft tail number": "TAIL", "aircraft serial identification": "MSN",
	"aircraft construction number (also called l/n or s/n or f/n)": "MSN", "identification number": "ID",
	"vessel call sign": "CALLSIGN", "other vessel call sign": "CALLSIGN",
}

// Worldwide numbers need no country.
var worldwide = map[string]bool{
	"LEI": true, "BIC": true, "DUNS": true, "ISIN": true, "MMSI": true, "IMO": true, "IMO-COMPANY": true, "USCC": true,
	"MSN": true, "TAIL": true, "CALLSIGN": true, "BIK": true, "OKPO": true, "EIN": true,
}

// byWord finds the labels by their first word, the longest label first.
var byWord = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for l := range numberLabels {
		w, _, _ := strings.Cut(l, " ")
		out[w] = append(out[w], l)
	}
	for _, ls := range out {
		slices.SortFunc(ls, func(a, b string) int { return len(b) - len(a) })
	}
	return out
})

// NumberLabel returns the label of [Number] that s begins with, and what follows it.
func NumberLabel(s string) (label, rest string, ok bool) {
	low := strings.ToLower(s)
	word, _, _ := strings.Cut(low, " ")
	candidates := byWord()[word]
	if len(low) != len(s) {
		return "", "", false
	}
	for _, l := range candidates {
		if strings.HasPrefix(low, l) && (len(low) == len(l) || low[len(l)] == ' ') {
			return l, strings.TrimSpace(s[len(l):]), true
		}
	}
	return "", "", false
}

// Number turns a labelled number of a list into an identifier. The country is a name or a
// code. It is not ok when the label is none of a register.
func Number(label, number, country string, kind party.Kind) (party.Identifier, bool) {
	scheme, ok := numberLabels[strings.ToLower(strings.TrimRight(Clean(label), ":"))]
	number = Clean(number)
	if !ok || number == "" || kind == party.Person {
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
	case code == "RU" && scheme == "TAX" && digits && (len(number) == 10 || len(number) == 12):
		scheme = "INN"
	case (code == "RU" || code == "") && scheme == "REG" && digits && len(number) == 13 && (number[0] == '1' || number[0] == '5'):
		scheme = "OGRN"
	case code == "RU" && scheme == "GAZETTE":
		scheme = "OKPO"
	case worldwide[scheme] || code == "":
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
