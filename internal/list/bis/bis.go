// Package bis reads the Denied Persons List of the Bureau of Industry and Security.
//
// Invariants: one denial order is one entry, also when the file has a row for each of its
// addresses; an order that has expired stays in the file and is kept with its last day. The
// list does not say which of its entries are natural persons, so a street address is kept
// only where the name reads like an organisation's.
package bis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Needed are the columns of the list.
var Needed = []string{
	"name", "street_address", "city", "state", "country", "postal_code", "effective_date",
	"expiration_date", "standard_order", "last_update", "action", "fr_citation",
}

// Recognise reports whether head is the list's header.
func Recognise(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	low := bytes.ToLower(line)
	return bytes.Contains(low, []byte("\t")) && bytes.Contains(low, []byte("effective_date")) &&
		bytes.Contains(low, []byte("fr_citation"))
}

// Decode reads the list.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	d := &decoder{
		l: &list.List{
			ID: "bis-dpl", Title: "Denied Persons List", Format: "bis",
			Publisher: "Bureau of Industry and Security, U.S. Department of Commerce",
		},
		name: src.Name, faults: &faults, orders: map[string]int{}, rows: map[string]bool{},
	}
	table, err := row.Each(ctx, src, '\t', Needed, &faults, d.row)
	if err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	d.l.Files = []list.File{{Name: src.Name, SHA256: src.SHA256, Rows: table.Rows}}
	d.l.Notes = append(table.Notes, d.notes()...)
	d.l.CountNames()
	return d.l, nil
}

type decoder struct {
	l      *list.List
	name   string
	faults *list.Faults
	orders map[string]int  // name, effective and expiration date → entry
	rows   map[string]bool // whole rows
	twice  int
	newest time.Time
	odd    []string // dates of update that cannot be
}

func (d *decoder) row(r row.Row) {
	at, get := r.At, r.Get
	if d.rows[r.Whole()] {
		d.twice++
		return
	}
	d.rows[r.Whole()] = true
	name := get("name")
	if name == "" {
		d.faults.Addf(d.name, at, "no name")
		return
	}
	from, ok1 := day(get("effective_date"))
	until, ok2 := day(get("expiration_date"))
	if !ok1 || !from.Known() {
		d.faults.Addf(d.name, at, "the effective date is %q", get("effective_date"))
		return
	}
	if !ok2 {
		d.faults.Addf(d.name, at, "the expiration date is %q", get("expiration_date"))
		return
	}
	d.update(get("last_update"))
	key := strings.Join([]string{name, from.String(), until.String()}, "\x00")
	i, known := d.orders[key]
	if !known {
		i = len(d.l.Entries)
		d.orders[key] = i
		sum := sha256.Sum256([]byte(key))
		e := list.Entry{
			ID: hex.EncodeToString(sum[:6]), At: at, Listed: from, Until: until,
			Programs: []string{"Denied Persons List"}, Effect: "order denying export privileges",
		}
		if list.Corporate(name) {
			e.Kind = party.Organization
		}
		if get("standard_order") != "" && !strings.EqualFold(get("standard_order"), "y") {
			e.Effect = "order denying export privileges (not the standard order)"
		}
		e.AddName(name, "primary", false)
		d.l.Entries = append(d.l.Entries, e)
	}
	e := &d.l.Entries[i]
	e.Countries = list.AddTo(e.Countries, get("country"))
	place := list.Join(get("city"), get("state"), get("country"))
	if e.Kind == party.Organization {
		place = list.Join(get("street_address"), get("city"), get("state"), get("postal_code"), get("country"))
	}
	e.Addresses = list.AddTo(e.Addresses, place)
	if c := get("fr_citation"); c != "" && !strings.Contains(e.Remarks, c) {
		e.Remarks = strings.TrimPrefix(e.Remarks+"; "+c, "; ")
	}
}

// day reads the two forms that stand in one row: 10/16/2017 and 2017-10-23.
func day(s string) (record.Date, bool) {
	if s == "" {
		return record.Date{}, true
	}
	d := list.DateOf(s)
	return d, d.Prec == record.Day
}

// update notes the newest date of change. The file has years such as 3017: a slip, since
// the Needed beside it are of 2017.
func (d *decoder) update(s string) {
	t, ok := day(s)
	switch {
	case !ok || !t.Known():
	case t.Time.Year() >= 2100:
		if !slices.Contains(d.odd, s) {
			d.odd = append(d.odd, s)
		}
	case t.Time.After(d.newest):
		d.newest = t.Time
	}
}

func (d *decoder) notes() []string {
	out := []string{"the file carries no date of publication"}
	if !d.newest.IsZero() {
		out[0] += "; its newest change is of " + d.newest.Format(time.DateOnly)
	}
	if len(d.odd) > 0 {
		out = append(out, "dates of change that cannot be: "+strings.Join(d.odd, ", "))
	}
	if d.twice > 0 {
		out = append(out, fmt.Sprintf("%d rows repeat another row", d.twice))
	}
	return out
}
