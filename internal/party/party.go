// Package party names the organisations that records speak of.
//
// Invariants: a party is an organisation, a public body or a vessel; a natural person
// appears only as an entry of an official list or as an owner that the law discloses,
// and no field here can hold anything else about a person. Identifiers are compared
// only after [Identifier.Normal].
package party

import (
	"strings"
	"unicode"
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

// FixedWidth reports whether a scheme, in any case, is a register whose numbers have a fixed count of digits.
func FixedWidth(scheme string) bool {
	for _, r := range registers().named[strings.ToUpper(scheme)] {
		if r.digits > 0 {
			return true
		}
	}
	return false
}

// Normal returns i under the one scheme of its register (data/register.tsv) in upper case, and the number without
// spaces, dots, dashes and slashes, in upper case. Leading zeros are part of the number; where the register's numbers
// have a fixed count of digits, those that got lost are put back.
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
	return canonical(Identifier{Scheme: strings.ToUpper(strings.TrimSpace(i.Scheme)), ID: id})
}

// lettersOnly are the schemes whose numbers may have no digit.
var lettersOnly = map[string]bool{"BIC": true, "SWIFT": true, "SWIFT/BIC": true, "BIC/SWIFT": true, "SWIFTBIC": true,
	"CALL SIGN": true, "VESSEL CALL SIGN": true}

// Empty reports whether i names nothing: no number, zeros or nines only, or a word for none
// ("PENDING", "SIN RUC", "не указано") where a number has digits.
func (i Identifier) Empty() bool {
	n := i.Normal()
	if strings.Trim(n.ID, "0") == "" {
		return true
	}
	if !strings.ContainsAny(n.ID, "0123456789") {
		return !lettersOnly[n.Scheme] && strings.IndexFunc(n.ID, unicode.IsDigit) < 0
	}
	return len(n.ID) >= 6 && strings.Trim(n.ID, "9") == ""
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
	Name    string // as written, spaces trimmed
	LocalID string // the source's own key for the party; compared only within one Scope
	// what LocalID and Name belong to: "register" for the company's own tables, else a publisher or a process
	Scope       string
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
