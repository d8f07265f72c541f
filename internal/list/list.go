// Package list holds what lists of concern say: sanctions lists, denied parties, and the
// lists that human-rights bodies publish.
//
// Invariants: a list is read whole or not at all; an entry that its publisher removed is
// kept and marked, and never matches as listed; what a listing means is in the list's own
// words (Effect), never in ours.
package list

import (
	"time"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A List is one load of one publisher's list.
type List struct {
	ID        string    `json:"id"`        // "ofac-sdn", "un-sc", "bis-dpl", "us-csl", or derived from publisher and report
	Title     string    `json:"title"`     // what the publisher calls it
	Publisher string    `json:"publisher"` //
	Format    string    `json:"format"`    // ofac | un | bis | csl | ftm | named
	Published time.Time `json:"published"` // the publisher's own date; zero when the file has none
	Files     []File    `json:"files"`
	Entries   []Entry   `json:"-"`
	Names     int       `json:"names"` // primary names and aliases
	Notes     []string  `json:"notes"` // what a reader of a match should know (a cut file, a stale date)
}

// A File is one file that a list was read from.
type File struct {
	Name   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"` // data rows or elements, as the file itself counts them
}

// An Entry is one listed party.
type Entry struct {
	ID          string // the publisher's key
	Kind        party.Kind
	Names       []Name // the primary name first
	Identifiers []party.Identifier
	Countries   []string // as written: nationality, registration, address
	Addresses   []string // one line each
	Dates       []string // birth or incorporation, as far as known: "1961", "1961-03-02"
	Programs    []string // "SDGT", "Entity List" …
	Listed      record.Date
	Status      Status
	Effect      string // what the listing does, in the list's words
	Report      string // title of the report for named lists
	URL         string
	Remarks     string
	At          string // row or element
	File        int    // index in List.Files
}

// A Name is one name of an entry.
type Name struct {
	Text string
	Weak bool   // the publisher marks it as a weak or low-quality alias
	Type string // "primary", "aka", "fka", "nka", "original_script" …
}

// Status says whether the publisher still lists the entry.
type Status uint8

// The statuses.
const (
	Listed Status = iota
	Removed
)

func (s Status) String() string {
	if s == Removed {
		return "removed"
	}
	return "listed"
}
