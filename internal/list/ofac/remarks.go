package ofac

import (
	"regexp"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
)

// quotedAlias is a weak alias: OFAC keeps strong ones in ALT.CSV, and the weak ones inside
// the remarks in quotes.
var quotedAlias = regexp.MustCompile(`^([afn]\.k\.a\.) '(.+)'$`)

// value splits "7744001497 (Russia) issued 14 Dec 2005" into the number and the country.
func value(s string) (number, country string) {
	for _, w := range []string{" issued ", " Issued ", " expires ", " issuing "} {
		s, _, _ = strings.Cut(s, w)
	}
	if i := strings.LastIndex(s, " ("); i >= 0 && strings.HasSuffix(s, ")") {
		s, country = s[:i], s[i+2:len(s)-1]
	}
	return strings.TrimPrefix(s, ": "), country
}

// readRemarks takes names, dates, nationalities and register numbers out of the prose of
// the Remarks column and adds the rest to e.Remarks, of a person only what speaks of the
// listing. It returns the sentences that say what the listing does.
func readRemarks(e *list.Entry, remarks string) (says []string) {
	var keep []string
	for _, piece := range strings.Split(strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(remarks), "."), "; "),
		"; ") {
		piece = list.Clean(piece)
		if piece == "" {
			continue
		}
		plain := strings.TrimPrefix(piece, "alt. ")
		switch {
		case readAlias(e, plain), readFact(e, plain), readNumber(e, plain):
			continue
		}
		switch {
		case does(plain):
			says = list.AddTo(says, plain)
		case e.Kind != party.Person, strings.HasPrefix(plain, "Linked To:"):
			keep = append(keep, piece)
		}
	}
	if e.Remarks != "" {
		keep = append([]string{e.Remarks}, keep...)
	}
	e.Remarks = strings.Join(keep, "; ")
	return says
}

func readAlias(e *list.Entry, piece string) bool {
	if !strings.HasSuffix(piece, "'") {
		return false
	}
	m := quotedAlias.FindStringSubmatch(piece)
	if m == nil {
		return false
	}
	e.AddName(m[2], strings.ReplaceAll(m[1], ".", ""), true)
	return true
}

// readFact reads dates and nationalities.
func readFact(e *list.Entry, piece string) bool {
	for _, label := range []string{"DOB ", "Organization Established Date "} {
		if rest, ok := strings.CutPrefix(piece, label); ok {
			d := list.Day(rest)
			e.Dates = list.AddTo(e.Dates, d)
			return d != "" || e.Kind == party.Person
		}
	}
	for _, label := range []string{"nationality ", "citizen ", "Nationality of Registration "} {
		if rest, ok := strings.CutPrefix(piece, label); ok {
			e.Countries = list.AddTo(e.Countries, rest)
			return true
		}
	}
	if rest, ok := strings.CutPrefix(piece, "Listing Date "); ok {
		// "Listing Date (EO 14024 Directive 2): 24 Feb 2022": the first of several counts.
		if _, day, ok := strings.Cut(rest, ")"); ok {
			if d := list.DateOf(strings.TrimLeft(day, ": ")); d.Known() &&
				(!e.Listed.Known() || d.Time.Before(e.Listed.Time)) {
				e.Listed = d
			}
		}
		return false // the sentence itself stays in the remarks
	}
	return false
}

func readNumber(e *list.Entry, piece string) bool {
	label, rest, ok := list.NumberLabel(piece)
	if !ok {
		return false
	}
	number, country := value(rest)
	return e.AddNumber(label, number, country)
}

// does reports whether a piece of the remarks says what the listing does.
func does(piece string) bool {
	for _, p := range []string{
		"Secondary sanctions risk", "Additional Sanctions Information", "Executive Order ", "CAATSA Section ",
		"Transactions Prohibited", "United States financial institutions", "IFSR Determination", "Subject to Directive",
	} {
		if strings.HasPrefix(piece, p) {
			return true
		}
	}
	return false
}
