// Package obligation is a register of what was demanded, of whom, by when, and what was done about it: instruments
// (court orders, resolutions, treaties, reports, licence conditions …), the demands that they make, and the answers
// that are on file.
//
// Invariants: a demand without a date or an addressee is never met and never overdue, but "due not known" or
// "addressee not known"; a status holds for a day, and is computed from rows alone; nothing here says that somebody
// broke a rule: it says what was asked by when, and what is on file.
package obligation

import (
	"strings"

	"plimsoll/internal/record"
)

// Force is whether an instrument binds.
type Force string

// The forces of instruments.
const (
	Binding      Force = "binding"
	NonBinding   Force = "non_binding"
	ForceUnknown Force = "unknown"
)

// Reading says how the text of an instrument was read.
type Reading string

// The ways of reading: the text itself, what others write about it, or memory.
const (
	Primary   Reading = "primary"
	Secondary Reading = "secondary"
	Memory    Reading = "memory"
)

// An Instrument is a document that makes demands.
type Instrument struct {
	ID, Kind, Issuer, Title string
	Date                    record.Date
	Force                   Force
	Addressees              string
	Votes                   string // "124 for, 14 against, 43 abstained"; "" when none was taken or none is stated
	Objections              string // objections and reservations, with who made them
	Status                  string // in force, superseded, under appeal …
	Source                  string
	SHA256                  string // of the document that was read, in lower case; "" when none is on file
	Read                    Reading
	At                      Place
}

// Of is of whom something is demanded.
type Of string

// The kinds of addressee. The empty one is not known.
const (
	OfState     Of = "state"
	OfAllStates Of = "all_states"
	OfCompany   Of = "company"
	OfCompanies Of = "companies"
	OfCustomer  Of = "customer"
	OfBody      Of = "body"
)

// AboutKind is what a demand is about. The empty one is not known.
type AboutKind string

// The kinds of what a demand is about.
const (
	AboutParty      AboutKind = "party"
	AboutEngagement AboutKind = "engagement"
	AboutGoods      AboutKind = "goods"
	AboutService    AboutKind = "service"
	AboutCapability AboutKind = "capability"
	AboutPlace      AboutKind = "place"
	AboutConduct    AboutKind = "conduct" // the addressee's own conduct: it concerns no engagement by itself
)

// A Demand is one thing that an instrument asks for.
type Demand struct {
	ID, Instrument, Text string
	Of                   Of
	Addressee            string // by name, "" for all of a kind
	AboutKind            AboutKind
	About                string // which, with semicolons between; of a party or of conduct one text
	Where                string // only what goes to or is used in these places, "" for anywhere
	Due                  Due
	Condition            string      // under which it holds, "" for none
	ConditionMet         record.Date // day on which the condition came about
	Done                 string      // what would count as done
	Clause, Source       string      // where the instrument demands it, and where that can be read
	// of the document of Source; without a Source of its own, of that of the instrument
	SHA256 string
	Read   Reading // of the clause
	At     Place
}

// Acted is what an answer says was done.
type Acted string

// The kinds of answer.
const (
	Done    Acted = "done"
	Partly  Acted = "partly"
	Refused Acted = "refused"
	Silent  Acted = "no_answer"
)

// An Answer is evidence of what an addressee did, attributed and graded like a claim.
type Answer struct {
	ID, Demand, By, Text string
	Acted                Acted
	Date                 record.Date
	Publisher, Source    string
	Grade                string // "B2" on the Admiralty scale
	Withdrawn            bool
	At                   Place
}

// A Place is a row of a file; Source is the number of the file in a run.
type Place struct {
	File, Row string
	Source    int
}

func (p Place) String() string { return strings.TrimSpace(p.File + " " + p.Row) }

// words reads a cell of a closed vocabulary: letters and digits with "_" between.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == ' ' || r == '-' ||
			r == '_'
	}), "_")
}
