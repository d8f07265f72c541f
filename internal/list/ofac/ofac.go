// Package ofac reads the lists of the Office of Foreign Assets Control of the United States
// Treasury: the legacy sets of four headerless CSV files, SDN.XML and CONSOLIDATED.XML, and
// the "enhanced" XML.
//
// Invariants: a set is read whole or not at all, so that an address or alias always finds
// its entry; of natural persons only names, dates of birth and nationalities are kept,
// never papers or street addresses.
package ofac

import (
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
)

const publisher = "Office of Foreign Assets Control, U.S. Department of the Treasury"

// Which of the two publications a file belongs to.
const (
	sdnID   = "ofac-sdn"
	consID  = "ofac-cons"
	sdnName = "Specially Designated Nationals and Blocked Persons List"
	conName = "Consolidated (non-SDN) Sanctions List"
)

// nonSDN are programmes that stand on the consolidated list only.
func nonSDN(program string) bool {
	return strings.HasPrefix(program, "NS-") || strings.HasPrefix(program, "561") || strings.HasPrefix(program,
		"CMIC") ||
		strings.HasPrefix(program, "FSE") || program == "UKRAINE-EO13662"
}

// identify decides which publication the entries are: by the file's name, else by programme.
func identify(l *list.List, file string) {
	low := strings.ToLower(file[strings.LastIndexAny(file, "/!")+1:])
	sdn := !strings.Contains(low, "cons")
	if sdn && !strings.Contains(low, "sdn") {
		n := 0
		for i := range l.Entries {
			for _, p := range l.Entries[i].Programs {
				if nonSDN(p) {
					n++
					break
				}
			}
		}
		sdn = 2*n <= len(l.Entries)
	}
	setTitle(l, sdn)
}

func setTitle(l *list.List, sdn bool) {
	l.Publisher, l.Format = publisher, "ofac"
	l.ID, l.Title = consID, conName
	if sdn {
		l.ID, l.Title = sdnID, sdnName
	}
}

// effect says what the listing does in the list's words: the programmes, and the sentences
// of the entry that state a directive or a risk.
func effect(e *list.Entry, sentences []string) string {
	var out []string
	if len(e.Programs) > 0 {
		out = append(out, "programme "+strings.Join(e.Programs, ", "))
	}
	return strings.Join(append(out, sentences...), "; ")
}

func kindOf(sdnType string) (party.Kind, bool) {
	switch strings.ToLower(sdnType) {
	case "", "entity":
		return party.Organization, true
	case "individual":
		return party.Person, true
	case "vessel":
		return party.Vessel, true
	case "aircraft":
		return party.Aircraft, true
	}
	return party.Unknown, false
}

// addAddress keeps an organisation's address whole, and of a person's the country only.
func addAddress(e *list.Entry, country string, parts ...string) {
	e.Countries = list.AddTo(e.Countries, country)
	if place := list.Join(parts...); e.Kind != party.Person && place != "" {
		e.Addresses = list.AddTo(e.Addresses, list.Join(place, country))
	}
}
