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
	// "ofac-sdn", "un-sc", "bis-dpl", "us-csl", or derived from publisher and report
	ID        string    `json:"id"`
	Title     string    `json:"title"`     // what the publisher calls it
	Publisher string    `json:"publisher"` //
	Format    string    `json:"format"`    // ofac | un | bis | csl | ftm | named
	Published time.Time `json:"published"` // the publisher's own date; zero when the file has none
	Files     []File    `json:"files"`
	Entries   []Entry   `json:"-"`
	Nameless  []string  `json:"-"`                // places of entries without a name, which are not among Entries
	Names     int       `json:"names"`            // primary names and aliases
	Notes     []string  `json:"notes"`            // what a reader of a match should know (a cut file, a stale date)
	Unread    []string  `json:"unread,omitempty"` // what lies beside it and was not read: hidden files, documents
	// Effect is what all listings of the list do, "" where it differs by entry or is not known. FiftyRule says
	// that for all entries the authority counts as listed what listed parties own to half; FiftyWords is the
	// rule in its source's words. [List.SetEffects] fills them in.
	Effect     Effect `json:"effect,omitempty"`
	FiftyRule  bool   `json:"fifty_rule"`
	FiftyWords string `json:"fifty_words,omitempty"`
}

// A File is one file that a list was read from.
type File struct {
	Name   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"` // data rows or elements, as the file itself counts them
}

// An Entry is one listed party.
type Entry struct {
	ID          string   // the publisher's key
	Former      []string // other keys of the publisher for the same entry
	Kind        party.Kind
	Names       []Name // the primary name first
	Identifiers []party.Identifier
	Countries   []string // as written: nationality, registration, address
	Addresses   []string // one line each
	// birth or incorporation, as far as known: "1961", "1961-03-02", "1961~" (about), "1959/1961" (between)
	Dates     []string
	Fathers   []string // names of a person's father
	Gender    string   // of a person: "male", "female", "" when not known
	Programs  []string // "SDGT", "Entity List" …
	Listed    record.Date
	Until     record.Date // last day of the listing, unknown when it has no end
	Status    Status
	Effect    string // what the listing does, in the list's words
	Legal     Effect // what it does in law, "" when not known; see [List.SetEffects]
	FiftyRule bool   // what it and other listed parties own to half counts as listed
	FiftyLaw  string // the rule on ownership that its authority has or had: "OFAC-50"; "" for none that is known
	Report    string // title of the report for named lists
	URL       string
	Remarks   string
	At        string // row or element
	File      int    // index in List.Files
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

// ListedOn reports whether the publisher listed e on the day of t: no longer before the
// listing date (where one is known), and not after the last day of the listing. An entry
// that was removed on a day that is not known was listed on none. A date known to the month
// or the year only counts with its whole month or year.
func (e *Entry) ListedOn(t time.Time) bool {
	if e.Status == Removed && !e.Until.Known() {
		return false
	}
	if e.Listed.Known() && t.Before(midnight(e.Listed.Time)) {
		return false
	}
	if !e.Until.Known() {
		return true
	}
	end := midnight(e.Until.Time)
	switch e.Until.Prec {
	case record.Year:
		end = end.AddDate(1, 0, 0)
	case record.Month:
		end = end.AddDate(0, 1, 0)
	default:
		end = end.AddDate(0, 0, 1)
	}
	return t.Before(end)
}

func midnight(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// CountNames sets Names from the entries.
func (l *List) CountNames() {
	l.Names = 0
	for i := range l.Entries {
		l.Names += len(l.Entries[i].Names)
	}
}
