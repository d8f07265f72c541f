// Package csl reads the Consolidated Screening List that trade.gov publishes as one file, CSV
// or JSON, of thirteen lists of three departments.
//
// Invariants: a row is an entry; its key is the abbreviation of the list it comes from and
// the key in the file, since one number stands on several lists; the licence requirement and
// policy of the Entity List stay word for word. Of persons, and of entries that may be
// persons, neither papers nor street addresses are kept.
package csl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Needed are the columns without which an entry could not be read whole; _id came later.
var Needed = []string{
	"source", "entity_number", "type", "programs", "name", "addresses", "start_date", "end_date",
	"license_requirement", "license_policy", "vessel_flag", "remarks", "alt_names", "citizenships",
	"dates_of_birth", "nationalities", "source_information_url", "ids",
}

// Recognise reports whether head is the list's header.
func Recognise(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	for _, c := range []string{"source", "license_requirement", "license_policy", "alt_names",
		"federal_register_notice"} {
		if !bytes.Contains(line, []byte(c)) {
			return false
		}
	}
	return true
}

// Decode reads the CSV form.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	d := newDecoder(src, &faults)
	table, err := row.Each(ctx, src, 0, Needed, &faults, func(r row.Row) { d.row(r.At, r.Get) })
	if err != nil {
		return nil, err
	}
	return d.list(table.Rows, table.Notes)
}

func newDecoder(src record.Source, faults *list.Faults) *decoder {
	return &decoder{
		l: &list.List{
			ID: "us-csl", Title: "Consolidated Screening List", Format: "csl",
			Publisher: "International Trade Administration, U.S. Department of Commerce",
		},
		src: src, name: src.Name, faults: faults, seen: map[string]int{}, per: map[string]int{},
	}
}

// list returns what was read, or the faults.
func (d *decoder) list(rows int, notes []string) (*list.List, error) {
	if err := d.faults.Err(); err != nil {
		return nil, err
	}
	d.l.Files = []list.File{{Name: d.src.Name, SHA256: d.src.SHA256, Rows: rows}}
	d.l.Notes = append(notes, d.notes()...)
	d.l.CountNames()
	return d.l, nil
}

type decoder struct {
	src    record.Source
	l      *list.List
	name   string
	faults *list.Faults
	seen   map[string]int // key → entry
	per    map[string]int // list → rows
	twice  int
}

// abbreviation finds "EL" in "Entity List (EL) - Bureau of Industry and Security".
var abbreviation = regexp.MustCompile(`\(([A-Z][A-Z-]*)(?: List)?\)`)

func (d *decoder) row(at string, get func(string) string) {
	source, name := get("source"), get("name")
	if source == "source" {
		d.faults.Addf(d.name, at, "a second header: the file is joined from several")
		return
	}
	if source == "" || name == "" {
		d.faults.Addf(d.name, at, "no name or no source list")
		return
	}
	e := list.Entry{At: at, URL: get("source_information_url")}
	switch t := strings.ToLower(get("type")); t {
	case "individual":
		e.Kind = party.Person
	case "entity":
		e.Kind = party.Organization
	case "vessel":
		e.Kind = party.Vessel
	case "aircraft":
		e.Kind = party.Aircraft
	case "":
		if list.Corporate(name) || organisations(source) {
			e.Kind = party.Organization
		}
	default:
		d.faults.Addf(d.name, at, "unknown type %q", t)
		return
	}
	if e.Listed, e.Until = date(get("start_date")), date(get("end_date")); e.Listed.Known() != (get("start_date") != "") || e.Until.Known() != (get("end_date") != "") {
		d.faults.Addf(d.name, at, "start date %q or end date %q is not a date", get("start_date"), get("end_date"))
		return
	}
	for _, n := range names(name, "primary") {
		e.AddName(n.Text, n.Type, false)
	}
	for _, alt := range split(get("alt_names")) {
		for _, n := range names(strings.TrimPrefix(alt, "and "), "aka") {
			e.AddName(n.Text, n.Type, false)
		}
	}
	d.facts(&e, get)
	e.ID = d.key(source, get, &e)
	if i, dup := d.seen[e.ID]; dup {
		if !list.Same(&d.l.Entries[i], &e) {
			d.faults.Addf(d.name, at, "entry %s stands twice with different content", e.ID)
		}
		d.twice++
		return
	}
	d.seen[e.ID] = len(d.l.Entries)
	d.per[source]++
	d.l.Entries = append(d.l.Entries, e)
}

// organisations reports whether a list that leaves the type empty lists organisations, as
// far as its name tells; the others (denied and debarred persons, the State Department's)
// list people as well.
func organisations(source string) bool {
	return strings.Contains(source, "(MEU)") || strings.Contains(source, "(UVL)")
}

func (d *decoder) key(source string, get func(string) string, e *list.Entry) string {
	list := source
	if m := abbreviation.FindStringSubmatch(source); m != nil {
		list = m[1]
	}
	id := get("_id")
	if id == "" {
		id = get("entity_number")
	}
	if id == "" {
		sum := sha256.Sum256([]byte(strings.Join(append([]string{e.Names[0].Text, e.Listed.String()}, e.Addresses...),
			"\x00")))
		id = hex.EncodeToString(sum[:8])
	}
	return list + "-" + id
}

func (d *decoder) facts(e *list.Entry, get func(string) string) {
	e.Programs = append([]string{get("source")}, split(get("programs"))...)
	for _, a := range split(get("addresses")) {
		if i := strings.LastIndex(a, ","); len(a)-i-1 <= 3 {
			e.Countries = list.AddTo(e.Countries, a[i+1:])
		}
		if len(a) > 3 && (e.Kind != party.Person && e.Kind != party.Unknown || strings.Contains(get("source"),
			"(EL)")) {
			e.Addresses = list.AddTo(e.Addresses, a)
		}
	}
	e.Countries = list.AddTo(e.Countries, split(get("nationalities"))...)
	e.Countries = list.AddTo(e.Countries, split(get("citizenships"))...)
	e.Countries = list.AddTo(e.Countries, get("vessel_flag"))
	for _, b := range split(get("dates_of_birth")) {
		e.Dates = list.AddTo(e.Dates, list.Day(b))
	}
	if e.Kind == party.Vessel {
		e.AddIdentifier(party.Identifier{Scheme: "CALLSIGN", ID: get("call_sign")})
	}
	for _, n := range split(get("ids")) {
		readNumber(e, n)
	}
	if e.Kind != party.Person {
		e.Remarks = get("remarks")
	}
	if n := get("federal_register_notice"); n != "" {
		e.Remarks = strings.TrimPrefix(e.Remarks+"; "+n, "; ")
	}
	e.Effect = effect(get)
}

// effect keeps the words of the list: for the Entity List the licence requirement and
// policy, for the Treasury's lists the programmes.
func effect(get func(string) string) string {
	out := []string{get("source")}
	if p := get("programs"); p != "" {
		out = append(out, "programme "+strings.ReplaceAll(p, "; ", ", "))
	}
	if r := get("license_requirement"); r != "" {
		out = append(out, "licence requirement: "+r)
	}
	if p := get("license_policy"); p != "" {
		out = append(out, "licence policy: "+p)
	}
	return strings.Join(out, "; ")
}

// readNumber reads one element of the ids column. Its order differs between downloads:
// "Tax ID No., 7736640919, RU" and "RU, 7736640919, Tax ID No." were both seen.
func readNumber(e *list.Entry, s string) {
	parts := strings.Split(s, ", ")
	label := -1
	for i, p := range parts {
		if l, rest, ok := list.NumberLabel(strings.TrimRight(p, ":")); ok && rest == "" && l != "" {
			label = i
			break
		}
	}
	if label < 0 {
		return
	}
	var number, country string
	for i, p := range parts {
		switch {
		case i == label:
		case len(p) == 2 && p == strings.ToUpper(p) && list.Country(p) != "":
			country = p
		case number == "" && strings.ContainsAny(p, "0123456789") && !isDay(p),
			number == "" && strings.EqualFold(parts[label], "SWIFT/BIC"):
			number = p
		}
	}
	e.AddNumber(parts[label], number, country)
}

func isDay(s string) bool { return len(s) == 10 && s[4] == '-' && s[7] == '-' }

func date(s string) record.Date {
	d, err := record.ParseDate(s)
	if err != nil {
		return record.Date{}
	}
	return d
}

func split(s string) []string {
	var out []string
	for _, p := range strings.Split(s, "; ") {
		if p = strings.TrimRight(list.Clean(p), ";"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func (d *decoder) notes() []string {
	out := []string{"the file carries no date of publication"}
	var lists []string
	for name, n := range d.per {
		lists = append(lists, fmt.Sprintf("%s: %d", name, n))
	}
	slices.Sort(lists)
	out = append(out, lists...)
	if d.twice > 0 {
		out = append(out, fmt.Sprintf("%d rows repeat another row", d.twice))
	}
	return out
}
