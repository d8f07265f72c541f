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

// widths are the registers whose numbers have a fixed count of digits and may begin with
// zeros, which spreadsheets take off. Scheme codes are those of org-id.guide, and the names
// that lists use; the widths are the registers' own.
var widths = map[string]int{
	"GB-COH": 8, "FR-RCS": 9, "FR-SIREN": 9, "SIREN": 9, "FR-SIRET": 14, "SIRET": 14, "US-EIN": 9, "EIN": 9, "DUNS": 9, "XI-DUNS": 9, "US-DUNS": 9,
	"CIK": 10, "US-CIK": 10, "NL-KVK": 8, "BE-BCE_KBO": 10, "DK-CVR": 8, "SE-BLV": 10, "FI-PRO": 8, "EE-RIK": 8, "LV-RE": 11, "LT-RC": 9, "PL-KRS": 10,
	"PL-REGON": 9, "PL-NIP": 10, "CZ-ICO": 8, "SK-ORSR": 8, "SK-ICO": 8, "HR-OIB": 11, "BG-EIK": 9, "IT-RI": 11, "IT-CF": 11, "PT-NIPC": 9, "GR-AFM": 9,
	"IL-ROC": 9, "AU-ABN": 11, "AU-ACN": 9, "BR-CNPJ": 14, "PE-RUC": 11, "AR-CUIT": 11, "EC-RUC": 13, "UA-EDR": 8, "RU-INN": 10, "INN": 10, "KZ-BIN": 12,
	"BY-UNP": 9, "MD-IDNO": 13, "KR-BRN": 10, "TH-DBD": 13, "XI-IMO": 7, "IMO": 7,
}

// FixedWidth reports whether a scheme, in any case, is a register whose numbers have a fixed count of digits.
func FixedWidth(scheme string) bool { return widths[strings.ToUpper(scheme)] > 0 }

// Normal returns i with the scheme in upper case and the number without spaces, dots,
// dashes and slashes, in upper case. Leading zeros are part of the number; where the
// register's numbers have a fixed width, those that got lost are put back.
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
	n := Identifier{Scheme: strings.ToUpper(strings.TrimSpace(i.Scheme)), ID: id}
	if w := widths[n.Scheme]; len(id) < w && 2*len(id) >= w && strings.Trim(id, "0123456789") == "" {
		n.ID = "0000000000000"[:w-len(id)] + id
	}
	return n
}

// lettersOnly are the schemes whose numbers may have no digit.
var lettersOnly = map[string]bool{"BIC": true, "SWIFT": true, "SWIFT/BIC": true, "BIC/SWIFT": true, "SWIFTBIC": true, "CALL SIGN": true, "VESSEL CALL SIGN": true}

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
