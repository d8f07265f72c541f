// Package resolve says which mentions in records speak of one party.
//
// Numbers of registers come first, then the source's own key, then names: what a name, a
// country, a legal form and an address weigh is added up in bits, and the sum makes two
// mentions the same party, possibly the same, or apart (weights.go holds every number).
//
// Invariants: what contradicts is never joined, also through a third mention; what is not
// known contradicts nothing; a possible join keeps two parties; the result does not depend
// on the order of the mentions.
package resolve

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/party"
)

// Own is the scope of the company's own tables, whose keys are its own.
const Own = "register"

// A Mention is one way in which records name a party.
type Mention struct {
	Ref    party.Ref
	Times  int    // how often; 0 counts as 1
	Record string // the record, for a name that says nothing by itself, see [Alone]; "" otherwise
	Beside []int  // places in the input of the mentions of the same name that stand in one row with this one
}

// Key names a mention between runs over the same records: joins.csv refers to it.
func (m *Mention) Key() string { return m.key(m.Record) }

func (m *Mention) key(record string) string {
	h := sha256.New()
	ids := make([]string, 0, len(m.Ref.Identifiers))
	for _, id := range m.Ref.Identifiers {
		n := id.Normal()
		ids = append(ids, n.Scheme+":"+n.ID)
	}
	slices.Sort(ids)
	scope := m.Ref.Scope
	if scope != Own && !strings.HasPrefix(scope, "ocds:") {
		scope, _, _ = strings.Cut(scope, ":") // the rest names a file, which a person may move
	}
	fmt.Fprintf(h, "%q%q%q%q%q%q", m.Ref.Name, m.Ref.LocalID, scope, m.Ref.Country, m.Ref.Address, ids)
	if record != "" {
		fmt.Fprintf(h, "%q", record)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// An Answer is what two mentions are to each other.
type Answer string

// The answers. A possible join keeps two parties.
const (
	Same     Answer = "same"
	Possible Answer = "possible"
	Apart    Answer = "apart"
)

// A Rule says what an answer rests on, strongest first.
type Rule string

// The rules.
const (
	ByReviewer   Rule = "reviewer"   // a person decided
	ByIdentifier Rule = "identifier" // one register gave both the same number
	ByLocalID    Rule = "local_id"   // the source's own key is the same
	ByRow        Rule = "row"        // one row has the name twice, and nothing is against it
	ByName       Rule = "name"       // the name and what agrees beside it is enough, nothing against it
	ByDoubt      Rule = "possible"   // it is not enough, and too much to be silent
)

// A Decision is what a person said of two mentions, by their keys.
type Decision struct {
	Left, Right string
	Same        bool
	Join        bool   // a join of the person's own, not a line that the program wrote and nobody changed
	Why         string // for a pair that is kept apart
}

// A Link is the answer for two mentions, by their places in the input.
type Link struct {
	Left, Right int // Left is the one joined to Right
	Answer      Answer
	Rule        Rule
	Agree       []string // what agrees, in words; of a pair that is apart, why
	Weight      float64  // in bits; 0 where a number or a person decided
	Evidence    []Piece  // what the weight is made of
	Rivals      bool     // more than one party fits
}

// A Piece is one part of a weight.
type Piece struct {
	What string
	Bits float64
}

func (p Piece) String() string { return fmt.Sprintf("%s %+.1f", p.What, p.Bits) }

// Result is what mentions were resolved to.
type Result struct {
	ByMention []int32
	Parties   []party.Party
	Joined    []Link         // same
	Doubtful  []Link         // possible; the pair of parties is never one
	Homonyms  []Link         // apart, although they share a name or a number
	Lost      []int          // decisions that name no mention of this run
	Left      int            // pairs of one name that were not compared, see weights.go
	Places    map[string]int // countries in spellings that are not known, and how many mentions have them

	Suppositions []Supposition // readings of the doubtful links, for the parties that they concern
	Unsupposed   int           // doubtful links that stand in none of them
}

// Alone reports whether a name says by itself which party is meant: then two records with
// it and nothing else speak of one party.
func Alone(name string) bool { return priorBits+textOf(name).bits+ownBits >= sameBits }

// Bare reports whether nothing but a name is known of a mention.
func Bare(ref *party.Ref) bool {
	return ref.Name != "" && ref.Country == "" && ref.Address == "" && ref.LocalID == "" && len(ref.Identifiers) == 0
}

// Resolve joins mentions. The mentions are not changed.
func Resolve(ms []Mention, decided []Decision) Result {
	r := newResolver(ms)
	r.decisions(decided)
	r.identifiers()
	r.locals()
	r.rows()
	r.names()
	return r.result()
}

// newResolver brings the mentions into an order of their own, by what they say.
func newResolver(ms []Mention) *resolver {
	r := &resolver{in: ms, order: make([]int32, len(ms)), m: make([]*Mention, len(ms)), up: make([]int32, len(ms)),
		groups: make([]group, len(ms)),
		forbid: map[[2]int32]bool{}, told: map[int32]bool{}, shared: map[party.Identifier]bool{}}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	slices.SortStableFunc(r.order, func(a, b int32) int { return compareMentions(&ms[a], &ms[b]) })
	spellings := map[string]int32{}
	r.spelt = make([]int32, len(ms))
	for k, i := range r.order {
		r.m[k], r.up[k] = &ms[i], int32(k)
		if k > 0 && r.m[k].Ref.Name == r.m[k-1].Ref.Name {
			r.spelt[k] = r.spelt[k-1]
		} else {
			written := spelling(ms[i].Ref.Name)
			if _, ok := spellings[written]; !ok {
				spellings[written] = int32(len(spellings))
			}
			r.spelt[k] = spellings[written]
		}
		r.groups[k] = groupOf(&ms[i].Ref, int32(k))
	}
	return r
}

func compareMentions(a, b *Mention) int {
	return cmp.Or(cmp.Compare(a.Ref.Name, b.Ref.Name), cmp.Compare(a.Ref.Country, b.Ref.Country),
		cmp.Compare(a.Ref.Scope, b.Ref.Scope), cmp.Compare(a.Ref.LocalID, b.Ref.LocalID),
		slices.CompareFunc(a.Ref.Identifiers, b.Ref.Identifiers, compareIDs),
		cmp.Compare(a.Ref.Address, b.Ref.Address), cmp.Compare(a.Record, b.Record),
		cmp.Compare(a.Ref.Kind, b.Ref.Kind), cmp.Compare(a.Ref.Class, b.Ref.Class))
}

func compareIDs(a, b party.Identifier) int {
	return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.ID, b.ID))
}
