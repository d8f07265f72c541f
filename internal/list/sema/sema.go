// Package sema reads the Consolidated Canadian Autonomous Sanctions List (XML) of Global
// Affairs Canada.
//
// Invariants: a record is an entry, its key is made of regulation, schedule and item; the
// aliases that stand in one cell are names of their own; of a person only names and dates
// of birth are kept.
package sema

import (
	"context"
	"encoding/xml"
	"fmt"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Recognise reports whether head begins the list.
func Recognise(head []byte) bool {
	head = head[:min(len(head), 8192)]
	return row.Holds(head, "data-set") && row.Holds(head, "record") &&
		(row.Holds(head, "Schedule") || row.Holds(head, "EntityOrShip") || row.Holds(head, "DateOfListing"))
}

// Decode reads the list.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := list.NewBuilder(&list.List{
		ID: "ca-sema", Title: "Consolidated Canadian Autonomous Sanctions List", Format: "sema",
		Publisher: "Global Affairs Canada",
	}, src.Name, &faults)
	rows, same := 0, 0
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		if start.Name.Local != "record" {
			return nil
		}
		rows++
		cells, err := row.Cells(dec)
		if err != nil {
			return err
		}
		if !add(b, fmt.Sprintf("record %d", rows), cells) {
			same++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	notes := []string{"the file carries no date of publication; " + b.List.Counted()}
	if same > 0 {
		notes = append(notes, fmt.Sprintf("%d records repeat another record", same))
	}
	return b.Done(src.SHA256, rows, notes...)
}

// add reports whether the record is new.
func add(b *list.Builder, at string, cells map[string]string) bool {
	first := func(names ...string) string {
		for _, n := range names {
			if v := list.Clean(cells[n]); v != "" {
				return v
			}
		}
		return ""
	}
	e := list.Entry{At: at, Kind: party.Organization}
	name := first("entityorship", "entity")
	person := list.Clean(first("givenname") + " " + first("lastname"))
	imo := first("shipimonumber", "imonumber")
	switch {
	case name == "" && person != "":
		name, e.Kind = person, party.Person
	case imo != "":
		e.Kind = party.Vessel
	}
	if name == "" {
		b.Badf(at, "no name")
		return true
	}
	day, ok := list.DayFirst(first("dateoflisting"))
	if !ok {
		b.Badf(at, "the date of listing is %q", first("dateoflisting"))
		return true
	}
	e.Listed = day
	country, _, _ := strings.Cut(first("country", "regulation"), "/")
	country = list.Clean(country)
	e.Programs = list.AddTo(nil, country)
	e.Effect = list.Join("Special Economic Measures or Justice for Victims of Corrupt Foreign Officials", country)
	if s := first("schedule"); s != "" && s != "N/A" {
		e.Effect = list.Join(e.Effect, "schedule "+s)
	}
	for i, n := range strings.Split(name, " / ") {
		kind := "aka"
		if i == 0 {
			kind = "primary"
		}
		e.AddName(n, kind, false)
	}
	for _, n := range Aliases(first("aliases")) {
		e.AddName(n, "aka", false)
	}
	if e.Kind == party.Person {
		e.Dates = list.AddTo(nil, list.Day(first("dateofbirth", "dateofbirthorshipbuilddate")))
		e.Remarks = first("title", "titleorship")
	}
	if imo != "" {
		e.AddIdentifier(party.Identifier{Scheme: "IMO", ID: strings.TrimSpace(strings.TrimPrefix(imo, "IMO"))})
	}
	e.ID = strings.ToLower(strings.Join(strings.Fields(strings.Join([]string{country, first("schedule"), first("item"),
		name}, " ")), "-"))
	at0, fresh := b.Entry(e.ID, at)
	if !fresh {
		if !list.Same(at0, &e) {
			b.Badf(at, "the record stands twice with different content (first at %s)", at0.At)
		}
		return false
	}
	*at0 = e
	return true
}

// forms are words that continue a name behind a comma and are none by themselves.
var forms = map[string]bool{
	"ltd": true, "limited": true, "inc": true, "incorporated": true, "llc": true, "llp": true, "jsc": true,
	"pjsc": true, "ojsc": true,
	"cjsc": true, "plc": true, "sa": true, "s.a": true, "ag": true, "gmbh": true, "co": true, "corp": true, "jr": true,
	"sr": true,
}

// Aliases splits the names of one cell at ";" and ",", but for a comma before a legal form.
func Aliases(cell string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
		s = list.Clean(s)
		low := strings.TrimRight(strings.ToLower(s), ". ")
		if forms[low] && len(out) > 0 {
			out[len(out)-1] += ", " + s
			continue
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
