package ocds

import (
	"fmt"
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
	noteTwice
	noteVersioned
	noteStale
	noteTenderOnly
	noteNoSupplier
	noteCancelled
	noteAwards
	noteNoBuyer
	noteCurrency
	noteNoCurrency
	noteAmount
	noteDate
	noteNoDate
	noteNoID
	notes // how many there are
)

var noteText = [notes]string{
	noteEarly:      "%d releases in the shape before OCDS 1.0: read as far as it goes",
	noteLinked:     "%d releases are only linked to, not in the file",
	noteEmpty:      "%d packages or records hold no release",
	noteLatin:      "%d strings are not UTF-8: read as Windows-1252",
	noteTwice:      "%d releases were given before and change nothing",
	noteVersioned:  "%d versioned releases: first and last values taken",
	noteStale:      "%d compiled releases differ from what their record's releases come to: set aside",
	noteTenderOnly: "%d processes have no award or contract yet: no engagement",
	noteNoSupplier: "%d awards name no supplier and have no contract: no engagement",
	noteCancelled:  "%d contracts or awards were cancelled or unsuccessful: no engagement",
	noteAwards:     "%d engagements are awards without a contract",
	noteNoBuyer:    "%d engagements name no buyer",
	noteCurrency:   "%d currencies are not in ISO 4217: left out",
	noteNoCurrency: "%d values have no currency",
	noteAmount:     "%d amounts are not numbers: left out",
	noteDate:       "%d dates could not be read or only in part",
	noteNoDate:     "%d releases have no date: merged first",
	noteNoID:       "%d contracts or awards have no id: told apart by their position",
}

// A count is what a file came to.
type count struct {
	name    string
	rows    int
	records int
	rejects int
	same    string // the file whose bytes this one repeats
	notes   map[note]int
}

func (c *count) stats() record.Stats {
	s := record.Stats{Rows: c.rows, Records: c.records, Rejects: c.rejects}
	if c.same != "" {
		s.Notes = append(s.Notes, "the same bytes as "+c.same+": changes nothing")
	}
	for n := range notes {
		if k := c.notes[n]; k > 0 {
			s.Notes = append(s.Notes, fmt.Sprintf(noteText[n], k))
		}
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
