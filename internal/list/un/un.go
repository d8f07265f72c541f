// Package un reads the Consolidated List of the United Nations Security Council (XML).
//
// Invariants: the document is read to its end tag or not at all; an alias of low quality is
// weak; of a person only names, roles, dates of birth and nationalities are kept. An entry
// that the Council removed is simply absent from the next file.
package un

import (
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Recognise reports whether head begins the list.
func Recognise(head []byte) bool {
	return row.Holds(head[:min(len(head), 4096)], "CONSOLIDATED_LIST")
}

type values struct {
	Value []string `xml:"VALUE"`
}

type alias struct {
	Quality string `xml:"QUALITY"`
	Name    string `xml:"ALIAS_NAME"`
	Note    string `xml:"NOTE"`
}

type address struct {
	Street  string `xml:"STREET"`
	City    string `xml:"CITY"`
	State   string `xml:"STATE_PROVINCE"`
	Zip     string `xml:"ZIP_CODE"`
	Country string `xml:"COUNTRY"`
}

type birth struct {
	Type string `xml:"TYPE_OF_DATE"`
	Date string `xml:"DATE"`
	Year string `xml:"YEAR"`
	From string `xml:"FROM_YEAR"`
	To   string `xml:"TO_YEAR"`
}

// An element is an INDIVIDUAL or an ENTITY. Documents, places of birth, sex and the
// comments on individuals are not read.
type element struct {
	DataID      string    `xml:"DATAID"`
	First       string    `xml:"FIRST_NAME"`
	Second      string    `xml:"SECOND_NAME"`
	Third       string    `xml:"THIRD_NAME"`
	Fourth      string    `xml:"FOURTH_NAME"`
	ListType    string    `xml:"UN_LIST_TYPE"`
	Reference   string    `xml:"REFERENCE_NUMBER"`
	ListedOn    string    `xml:"LISTED_ON"`
	Comments    string    `xml:"COMMENTS1"`
	Original    string    `xml:"NAME_ORIGINAL_SCRIPT"`
	Title       values    `xml:"TITLE"`
	Designation values    `xml:"DESIGNATION"`
	Nationality values    `xml:"NATIONALITY"`
	Aliases     []alias   `xml:"INDIVIDUAL_ALIAS"`
	EntAliases  []alias   `xml:"ENTITY_ALIAS"`
	Addresses   []address `xml:"INDIVIDUAL_ADDRESS"`
	EntAddress  []address `xml:"ENTITY_ADDRESS"`
	Births      []birth   `xml:"INDIVIDUAL_DATE_OF_BIRTH"`
}

// Decode reads the list.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	l := &list.List{
		ID: "un-sc", Title: "United Nations Security Council Consolidated List",
		Publisher: "United Nations Security Council", Format: "un",
	}
	file := list.File{Name: src.Name, SHA256: src.SHA256}
	seen := map[string]int{}
	count := map[string]int{}
	root := false
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		switch name := start.Name.Local; name {
		case "CONSOLIDATED_LIST":
			root = true
			l.Published = published(start)
		case "INDIVIDUAL", "ENTITY":
			if !root {
				return nil
			}
			file.Rows++
			count[name]++
			at := fmt.Sprintf("%s %d", name, count[name])
			var el element
			if err := dec.DecodeElement(&el, &start); err != nil {
				return err
			}
			add(l, &faults, src.Name, at, name == "INDIVIDUAL", &el, seen)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if !root {
		faults.Addf(src.Name, "", "no CONSOLIDATED_LIST element")
	} else if file.Rows == 0 {
		faults.Addf(src.Name, "", "no INDIVIDUAL and no ENTITY")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	l.Files = []list.File{file}
	l.Notes = append(l.Notes, fmt.Sprintf("%d individuals and %d entities; the file states no count to compare with",
		count["INDIVIDUAL"], count["ENTITY"]))
	l.CountNames()
	return l, nil
}

func published(root xml.StartElement) time.Time {
	for _, a := range root.Attr {
		if a.Name.Local == "dateGenerated" {
			if d, err := record.ParseDate(a.Value); err == nil {
				return d.Time
			}
		}
	}
	return time.Time{}
}

// inScript finds a name in the note of an alias: "in Arabic script: …".
var inScript = regexp.MustCompile(`(?i)^in \pL+ script: *(.+)$`)

func add(l *list.List, faults *list.Faults, file, at string, person bool, el *element, seen map[string]int) {
	e := list.Entry{ID: list.Clean(el.DataID), Kind: party.Organization, At: at}
	if person {
		e.Kind = party.Person
	}
	if ref := list.Clean(el.Reference); ref != "" {
		at += " (" + ref + ")"
		e.At = at
	}
	if e.ID == "" {
		faults.Addf(file, at, "no DATAID")
		return
	}
	name := list.Clean(strings.Join([]string{el.First, el.Second, el.Third, el.Fourth}, " "))
	if name == "" {
		faults.Addf(file, at, "no name")
		return
	}
	if person {
		e.AddName(name, "primary", false)
	} else {
		// An entity may have several names of equal rank in one field: "A (AA) ; B (BB)".
		for i, n := range strings.Split(name, " ; ") {
			kind := "aka"
			if i == 0 {
				kind = "primary"
			}
			e.AddName(n, kind, false)
		}
	}
	e.AddName(el.Original, "original_script", false)
	for _, a := range append(el.Aliases, el.EntAliases...) {
		kind, weak := "aka", false
		switch strings.ToLower(list.Clean(a.Quality)) {
		case "low":
			weak = true
		case "f.k.a.":
			kind = "fka"
		case "", "good", "a.k.a.":
		default:
			faults.Addf(file, at, "unknown quality of an alias %q", a.Quality)
		}
		e.AddName(strings.Trim(list.Clean(a.Name), "“”\""), kind, weak)
		if m := inScript.FindStringSubmatch(list.Clean(a.Note)); m != nil {
			e.AddName(m[1], "original_script", weak)
		}
	}
	fill(&e, el)
	if i, dup := seen[e.ID]; dup {
		if !list.Same(&l.Entries[i], &e) {
			faults.Addf(file, at, "DATAID %s stands twice with different content", e.ID)
		}
		return
	}
	seen[e.ID] = len(l.Entries)
	l.Entries = append(l.Entries, e)
}

func fill(e *list.Entry, el *element) {
	e.Countries = list.AddTo(e.Countries, el.Nationality.Value...)
	for _, a := range append(el.Addresses, el.EntAddress...) {
		e.Countries = list.AddTo(e.Countries, a.Country)
		if e.Kind != party.Person {
			e.Addresses = list.AddTo(e.Addresses, list.Join(a.Street, a.City, a.State, a.Zip, a.Country))
		}
	}
	for _, b := range el.Births {
		e.Dates = list.AddTo(e.Dates, day(b))
	}
	e.Programs = list.AddTo(nil, el.ListType)
	if len(e.Programs) > 0 {
		e.Effect = "Security Council list: " + e.Programs[0]
	}
	// Some dates carry a zone ("2023-07-25-04:00"): the day is what counts.
	if s := list.Clean(el.ListedOn); len(s) >= 10 {
		e.Listed = list.DateOf(s[:10])
	}
	e.Remarks = strings.Join(list.AddTo(nil, append(el.Title.Value, el.Designation.Value...)...), "; ")
	if e.Kind != party.Person {
		e.Remarks = list.Clean(el.Comments)
		if m := imo.FindStringSubmatch(e.Remarks); m != nil {
			e.AddIdentifier(party.Identifier{Scheme: "IMO-COMPANY", ID: m[1]})
		}
	}
}

// imo finds the entity's own company number: it stands as a sentence of its own. A number
// inside a sentence may be a ship's.
var imo = regexp.MustCompile(`(?:^|\. )IMO (?i:number): ?(\d{7})\b`)

func day(b birth) string {
	d := list.Day(b.Date)
	if d == "" {
		d = list.Day(b.Year)
	}
	switch strings.ToUpper(list.Clean(b.Type)) {
	case "BETWEEN":
		if b.From != "" && b.To != "" {
			return list.Day(b.From + " to " + b.To)
		}
	case "APPROXIMATELY":
		if d == "" && b.From != "" && b.To != "" {
			return list.Day(b.From + " to " + b.To)
		}
		if d != "" {
			d += "~"
		}
	}
	return d
}
