// Package ownership says who owns or controls whom, through any number of hops, as far as
// the statements that were read allow.
//
// Invariants: a share is a range between what is surely held and what may be held; an
// unknown share is [0, 1], never 0. A statement that restates a chain (an indirect
// holding, an ultimate parent) is not added to that chain. Control without a share is kept
// apart from shares. A natural person is a name that the law discloses and nothing else.
package ownership

import (
	"time"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A Statement says that Owner owns or controls Owned. Control without ShareKnown carries no
// share at all; neither Control nor ShareKnown means that the share may be anything.
type Statement struct {
	record.Place
	Owner, Owned party.Ref
	Min, Max     float64 // 0..1; 0..1 when the share is not known
	MinOpen      bool    // more than Min, not Min itself
	MaxOpen      bool    // less than Max
	ShareKnown   bool
	Control      bool   // voting rights, appointment, golden share, consolidation, management
	Indirect     bool   // held through others: it may restate a chain that is stated too
	Kind         string // in the source's words: "shareholding", "IS_DIRECTLY_CONSOLIDATED_BY" …
	Reason       string // why the owner is not named, as the source answers; usually empty
	Since, Until record.Date
	Ended        bool // the source says that it is over, whatever the dates
}

// A Sink takes what a decoder reads; calls do not overlap. A decoder stops at the first error.
type Sink interface {
	Statement(Statement) error
	Party(party.Ref) error // a register's entry of an organisation, with its identifiers
	Reject(record.Reject) error
}

// Hidden reports whether s says that somebody may own or control Owned without saying who.
// The answer that nobody does (a share that is known to be nothing) is no such statement.
func (s Statement) Hidden() bool {
	return s.Reason != "" && s.Owner.Name == "" && len(s.Owner.Identifiers) == 0 && !(s.ShareKnown && s.Max == 0)
}

// An Edge is a statement between resolved parties.
type Edge struct {
	Owner, Owned int32
	Min, Max     float64
	MinOpen      bool
	Known        bool // the share is stated
	Control      bool
	Indirect     bool
	Ended        bool
	Hidden       bool  // the source says that there is an owner, and not who
	Since, Until int32 // days since 1970-01-01, NoDay when not stated; both days included
	Ref          int32 // the caller's index of the statement
}

// NoDay is the Since or Until of an edge without that date.
const NoDay int32 = -1 << 31

// Edge returns the edge of s between two resolved parties; ref is the caller's index of s.
func (s Statement) Edge(owner, owned, ref int32) Edge {
	e := Edge{
		Owner: owner, Owned: owned, Min: s.Min, Max: s.Max, MinOpen: s.MinOpen, Known: s.ShareKnown,
		Control: s.Control, Indirect: s.Indirect, Ended: s.Ended,
		Hidden: s.Hidden(), Since: NoDay, Until: NoDay, Ref: ref,
	}
	switch {
	case !s.ShareKnown && s.Control:
		e.Min, e.Max = 0, 0
	case !s.ShareKnown:
		e.Min, e.Max = 0, 1
	}
	if s.Since.Known() {
		e.Since = day(s.Since.Time)
	}
	if s.Until.Known() {
		e.Until = lastDay(s.Until)
	}
	return e
}

func day(t time.Time) int32 {
	const seconds = 24 * 60 * 60
	n := t.Unix()
	d := n / seconds
	if n%seconds < 0 {
		d--
	}
	return int32(d)
}

// lastDay reads an end in the widest way: an interest that ended "in 2019" may have lasted
// to the end of that year.
func lastDay(d record.Date) int32 {
	switch d.Prec {
	case record.Year:
		return day(d.Time.AddDate(1, 0, -1))
	case record.Month:
		return day(d.Time.AddDate(0, 1, -1))
	}
	return day(d.Time)
}

// on reports whether e holds on a day.
func (e *Edge) on(d int32) bool {
	return !e.Ended && (e.Since == NoDay || e.Since <= d) && (e.Until == NoDay || d <= e.Until)
}

// majority reports a stated share above one half.
func (e *Edge) majority() bool { return e.Min > 0.5 || e.Min == 0.5 && e.MinOpen }
