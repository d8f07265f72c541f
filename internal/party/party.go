// Package party names the organisations that records speak of.
//
// Invariants: a party is an organisation, a public body or a vessel; a natural person
// appears only as an entry of an official list or as an owner that the law discloses,
// and no field here can hold anything else about a person. Identifiers are compared
// only after [Identifier.Normal].
package party

import (
	"strings"
)

// ID names one resolved party within one review. It is stable for the same inputs.
type ID string

// Kind is what sort of thing a name belongs to.
type Kind string

// The kinds. The empty kind means that the source does not say.
const (
	Unknown      Kind = ""
	Organization Kind = "organization" // a company or another legal person
	PublicBody   Kind = "public_body"  // a ministry, agency, unit, municipality
	Person       Kind = "person"       // only from official lists and disclosed owners
	Vessel       Kind = "vessel"
	Aircraft     Kind = "aircraft"
)

// An Identifier is a number that a register gave to a party. Scheme is the register
// (an org-id.guide code such as "GB-COH", or LEI, VAT, UEI, IMO, BIC, INN, OGRN, DUNS …).
type Identifier struct {
	Scheme string `json:"scheme"`
	ID     string `json:"id"`
}

// Normal returns i with the scheme in upper case and the number without spaces, dots,
// dashes and slashes, in upper case. Leading zeros are kept: they are part of the number.
func (i Identifier) Normal() Identifier {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r > 127:
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, i.ID)
	return Identifier{Scheme: strings.ToUpper(strings.TrimSpace(i.Scheme)), ID: id}
}

// Empty reports whether i names nothing: no number, or one made of zeros only.
func (i Identifier) Empty() bool {
	return strings.Trim(i.Normal().ID, "0") == ""
}

func (i Identifier) String() string { return i.Scheme + ":" + i.ID }

// ParseIdentifier reads "SCHEME:ID". Without a colon the scheme is empty.
func ParseIdentifier(s string) Identifier {
	scheme, id, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok {
		return Identifier{ID: strings.TrimSpace(s)}
	}
	return Identifier{Scheme: strings.TrimSpace(scheme), ID: strings.TrimSpace(id)}
}

// A Ref is one mention of a party in a record: what the record says, unresolved.
// Two equal Refs from one register speak of the same party.
type Ref struct {
	Name        string       // as written, spaces trimmed
	LocalID     string       // the source's own key for the party; compared only within one Scope
	Scope       string       // what LocalID and Name belong to: "register" for the company's own tables, else a publisher or a process
	Kind        Kind         // unknown unless the source says
	Country     string       // as written; compared after folding
	Class       string       // end-user class as the source states it, usually empty
	Address     string       // one line
	Identifiers []Identifier // from registers
}

// Zero reports whether the record names nobody here.
func (r Ref) Zero() bool {
	return r.Name == "" && r.LocalID == "" && len(r.Identifiers) == 0
}

// A Party is what the mentions were resolved to.
type Party struct {
	ID          ID
	Name        string   // the most frequent spelling
	Names       []string // every other spelling, sorted
	Kind        Kind
	Country     string
	Addresses   []string
	Identifiers []Identifier
	Class       string // the end-user class that a record states, "" when none does
}
