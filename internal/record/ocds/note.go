package ocds

import (
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/record"
)

// A note is something that a reader of the findings should know of a file, with how often.
type note uint8

const (
	noteEarly note = iota
	noteLinked
	noteEmpty
	noteLatin
	noteOdd
	noteTwice
	noteAgain
	noteVersioned
	noteStale
	noteTenderOnly
	noteNobody
	noteNoSupplier
	noteCancelled
	noteAwards
	noteNoBuyer
	noteCurrency
	noteNoCurrency
	noteAmount
	noteNullDate
	noteDate
	noteNoDate
	noteNoID
	notePersons
	noteNameless
	notes // how many there are
)

var noteText = [notes]string{
	noteEarly:  "releases in the shape before OCDS 1.0, read as far as it goes",
	noteLinked: "releases only linked to, not in the file",
	noteEmpty:  "packages and records without a release",
	noteLatin:  "texts that are not UTF-8, read as Windows-1252",
	noteOdd:    "values that are no JSON (NaN, Infinity, 0123 …), read as unknown or as text",
	noteTwice:  "releases that were given before and change nothing",
	noteAgain: "members that an object gives twice: lists and organisations are all read, of anything else the " +
		"last counts",
	noteVersioned:  "versioned releases, of which the first and last values were taken",
	noteStale:      "compiled releases set aside because they differ from what their record's releases come to",
	noteTenderOnly: "processes without an award or contract that stands: engagements of the kind tender",
	noteNobody:     "processes that name nobody: no engagement",
	noteNoSupplier: "contracts and awards that name no supplier",
	noteCancelled:  "contracts and awards cancelled or unsuccessful: no engagement of their own",
	noteAwards:     "engagements that are awards without a contract",
	noteNoBuyer:    "engagements without a buyer",
	noteCurrency:   "currencies not in ISO 4217, left out",
	noteNoCurrency: "values without a currency",
	noteAmount:     "amounts that are no numbers, left out",
	noteNullDate:   "dates that stand for none (0001-01-01, 9999-12-31 …), read as unknown",
	noteDate:       "dates that could not be read, or only the day of them",
	noteNoDate:     "releases without a date, merged first",
	noteNoID:       "contracts and awards without an id, told apart by their position",
	noteNameless:   "mentions that say “withheld”, “unknown” and the like in place of a name: nobody is known by them",
	notePersons:    "natural persons who tender or own, left out",
}

// A count is what a file came to.
type count struct {
	name    string
	rows    int
	records int
	rejects int
	empty   bool   // the last text of it held nothing
	failed  string // why the file was not read to its end
	same    string // the file whose bytes this one repeats
	notes   map[note]int
	// of tables of flattened releases
	flatNotes []string
	unread    []string // what in a workbook is nothing that is read
}

// other notes a sheet that is not read.
func (c *count) other(name string) { c.unread = append(c.unread, name) }

// mostNamed is how many sheets that are not read are named; the others are counted.
const mostNamed = 20

func (c *count) stats() record.Stats {
	s := record.Stats{Rows: c.rows, Records: c.records, Rejects: c.rejects, Failed: c.failed}
	if c.failed != "" {
		s.Notes = append(s.Notes, "not read to its end: "+c.failed)
	}
	if c.same != "" {
		s.Notes = append(s.Notes, "the same bytes as "+c.same+": changes nothing")
	}
	for n := range notes {
		if k := c.notes[n]; k > 0 {
			s.Notes = append(s.Notes, noteText[n]+": "+strconv.Itoa(k))
		}
	}
	s.Notes = append(s.Notes, c.flatNotes...)
	if n := len(c.unread); n > 0 {
		text := fmt.Sprintf("parts of it that were not read (%d): %s", n, strings.Join(c.unread[:min(n, mostNamed)],
			", "))
		if n > mostNamed {
			text += " …"
		}
		s.Notes = append(s.Notes, text)
	}
	return s
}

// An interner keeps one copy of a text that is met again and again, apart from the bytes it
// was read from.
type interner map[string]string

const maxInterned = 1 << 16

func (in interner) keep(s string) string {
	if s == "" {
		return ""
	}
	if t, ok := in[s]; ok {
		return t
	}
	if len(in) >= maxInterned {
		clear(in)
	}
	t := strings.Clone(s)
	in[t] = t
	return t
}
