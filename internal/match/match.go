// Package match says whether two parties are the same, from names, identifiers, countries
// and dates, and how sure that is.
//
// Invariants: a score lies in [0,1] and 0.70 or more means match; the score of a pair
// depends on the pair alone, never on the other entries, their order or a filter.
package match

import (
	"time"

	"plimsoll/internal/compare"
	"plimsoll/internal/party"
)

// Threshold is the score from which on a listed party is taken to match.
const Threshold = compare.Threshold

// A Query is the party to look for.
type Query struct {
	Name        string
	Aliases     []string
	Kind        party.Kind
	Country     string
	Identifiers []party.Identifier
	Dates       []string
	Addresses   []string
	Father      string // name of a person's father
	Gender      string // of a person, in any spelling that [list.Gender] reads

	Judgements *Judgements // decisions of reviewers that are respected; nil for none
	AsOf       time.Time   // the day on which judgements must hold; zero: today
	Terse      bool        // hits are not explained: Why and Pieces stay empty
}

// A Hit is a listed entry that matches a query.
type Hit struct {
	List, Entry int             // indexes into the lists that the index was built from
	Score       float64         // 0..1
	Grade       string          // how much evidence stands behind the score
	Name        string          // the listed name that matched best
	Matched     string          // the name of the query that matched it
	Why         string          // one sentence for a reviewer
	Pieces      []compare.Piece // the two names aligned

	Judgement *Judgement // of a reviewer, nil when there is none

	list, entry string // their keys, for the order
	evidence    evidence
	found       found
}

// SameEntry reports whether two hits of one index are on the same entry.
func (h Hit) SameEntry(o Hit) bool { return h.List == o.List && h.Entry == o.Entry }
