package list

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"plimsoll/internal/party"
)

// A Builder collects the entries of one file whose rows or elements each say a part of an
// entry: one name, one address. The zero value is not ready; see [NewBuilder].
type Builder struct {
	List   *List
	Faults *Faults
	file   string
	at     map[string]int // key → entry
}

// NewBuilder returns a builder of l that reads file.
func NewBuilder(l *List, file string, faults *Faults) *Builder {
	return &Builder{List: l, Faults: faults, file: file, at: map[string]int{}}
}

// Badf records a problem at a place.
func (b *Builder) Badf(at, format string, args ...any) { b.Faults.Addf(b.file, at, format, args...) }

// Has reports whether there is an entry of a key.
func (b *Builder) Has(id string) bool { _, ok := b.at[id]; return ok }

// Entry returns the entry of a key and whether it is new. The pointer is good until the
// next call.
func (b *Builder) Entry(id, at string) (*Entry, bool) {
	if i, ok := b.at[id]; ok {
		return &b.List.Entries[i], false
	}
	b.at[id] = len(b.List.Entries)
	b.List.Entries = append(b.List.Entries, Entry{ID: id, At: at})
	return &b.List.Entries[len(b.List.Entries)-1], true
}

// Done checks that every entry has a name and puts the primary one first, removes what the
// list may not keep of persons, and returns the list of rows rows or elements.
func (b *Builder) Done(sha256 string, rows int, notes ...string) (*List, error) {
	for i := range b.List.Entries {
		e := &b.List.Entries[i]
		if len(e.Names) == 0 {
			b.Badf(e.At, "entry %s has no name", e.ID)
			continue
		}
		slices.SortStableFunc(e.Names, func(x, y Name) int { return rank(x) - rank(y) })
		e.Names[0].Type, e.Names[0].Weak = "primary", false
		if e.Kind == party.Person {
			e.Identifiers, e.Addresses = nil, nil
		}
	}
	if len(b.List.Entries) == 0 && b.Faults.Err() == nil {
		b.Badf("", "no entry")
	}
	if err := b.Faults.Err(); err != nil {
		return nil, err
	}
	b.List.Files = []File{{Name: b.file, SHA256: sha256, Rows: rows}}
	b.List.Notes = append(b.List.Notes, notes...)
	b.List.CountNames()
	return b.List, nil
}

// rank orders names: the primary one first, then strong ones in Latin script, weak ones last.
func rank(n Name) int {
	switch {
	case n.Type == "primary":
		return 0
	case n.Weak:
		return 3
	case n.Type == "original_script":
		return 2
	}
	return 1
}

// KindOf reads the word of a list for what an entry is, in English, French and German.
func KindOf(word string) (party.Kind, bool) {
	switch strings.ToLower(Clean(word)) {
	case "individual", "person", "p", "personne physique", "natürliche person":
		return party.Person, true
	case "entity", "enterprise", "organisation", "organization", "company", "firm", "e", "entité",
		"organisation/entity",
		"group", "unternehmen":
		return party.Organization, true
	case "ship", "vessel", "navire", "schiff":
		return party.Vessel, true
	case "aircraft", "aéronef":
		return party.Aircraft, true
	case "":
		return party.Unknown, true
	}
	return party.Unknown, false
}

// Registers adds the numbers in a cell that holds several, separated by ";", "|" or lines:
// "1047796940465", "GB-COH 01999000", "INN: 7707083893". A number without a label is one of
// a company register of the entry's country, when that is known.
func (e *Entry) Registers(cell, country string) {
	for _, s := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '|' || r == '\n' }) {
		if s = Clean(s); s == "" {
			continue
		}
		if label, rest, ok := NumberLabel(s); ok && rest != "" {
			e.AddNumber(label, strings.TrimLeft(rest, ":. "), country)
			continue
		}
		label, number, found := strings.Cut(s, " ")
		label = strings.TrimRight(label, ":")
		if found && scheme(label) {
			e.AddIdentifier(party.Identifier{Scheme: label, ID: strings.TrimSpace(number)})
			continue
		}
		e.AddNumber("registration number", s, country)
	}
}

// scheme reports whether a word before a number reads like the code of a register: capital
// letters, perhaps behind a country ("INN", "GB-COH").
func scheme(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) && r < 0x80:
			letters++
		case r == '-':
		default:
			return false
		}
	}
	return letters >= 2
}

// Counted returns a note of how many entries of each kind a list has.
func (l *List) Counted() string {
	n := map[party.Kind]int{}
	for i := range l.Entries {
		n[l.Entries[i].Kind]++
	}
	return fmt.Sprintf("%d persons, %d ships and %d others; the file states no count to compare with",
		n[party.Person], n[party.Vessel], len(l.Entries)-n[party.Person]-n[party.Vessel])
}
