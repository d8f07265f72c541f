// Package uk reads the sanctions lists of the United Kingdom: the UK Sanctions List of the
// Foreign, Commonwealth & Development Office (CSV, workbook, XML), and the consolidated list
// of the Office of Financial Sanctions Implementation that it replaced on 28 January 2026
// (ConList.csv, ConList.xml).
//
// Invariants: rows of one Unique ID or Group ID are one entry; dates are day first; of a
// person only names, dates of birth and nationalities are kept. The Treasury's list has an
// entry in force from its designation on.
package uk

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Columns without which a file is none of these lists.
var (
	Needed    = []string{"unique_id", "ofsi_group_id", "name_6", "name_type", "designation_type", "date_designated"}
	NeededOld = []string{"name_6", "name_1", "group_type", "alias_type", "regime", "listed_on", "group_id"}
)

// Recognise reports whether head is that of one of the tables.
func Recognise(head []byte) bool {
	if _, _, ok := row.FindHeader(head, Needed...); ok {
		return true
	}
	_, _, ok := row.FindHeader(head, NeededOld...)
	return ok
}

// Decode reads one of the tables.
func Decode(ctx context.Context, src record.Source, head []byte) (*list.List, error) {
	var faults list.Faults
	_, _, old := row.FindHeader(head, NeededOld...)
	b := list.NewBuilder(newList(old), src.Name, &faults)
	b.List.Published = published(head)
	needed, read := Needed, fromSanctionsList
	if old {
		needed, read = NeededOld, fromConsolidated
	}
	table, err := row.Each(ctx, src, 0, needed, &faults, func(r row.Row) {
		add(b, r.At, read(func(c string) string {
			if strings.Contains(c, "date") || c == "listed_on" || c == "d.o.b" || c == "dob" {
				return r.Text(c)
			}
			return r.Get(c)
		}))
	})
	if err != nil {
		return nil, err
	}
	return b.Done(src.SHA256, table.Rows, append(table.Notes, b.List.Counted())...)
}

func newList(old bool) *list.List {
	if old {
		return &list.List{
			ID: "uk-ofsi", Title: "Consolidated List of Financial Sanctions Targets", Format: "uk",
			Publisher: "Office of Financial Sanctions Implementation, HM Treasury",
			Notes:     []string{"this list ended on 28 January 2026: the UK Sanctions List is the list since then"},
		}
	}
	return &list.List{
		ID: "uk-sanctions", Title: "UK Sanctions List", Format: "uk",
		Publisher: "Foreign, Commonwealth & Development Office",
	}
}

// reportDate finds the day in the line above the header: "Report Date: 08-Oct-2031",
// "Last Updated,05/06/2031".
var reportDate = regexp.MustCompile(`(?i)^(?:report date|last updated)[:,;\s]+"?([0-9A-Za-z/.-]+)`)

func published(head []byte) (t time.Time) {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte("\n"))
	m := reportDate.FindSubmatch(bytes.Trim(line, "\" \r"))
	if m == nil {
		return t
	}
	return dateOf(string(m[1])).Time
}

// A part is what one row says of an entry.
type part struct {
	id, former, kind, name, nameType, quality, script string
	regime, effect, remarks, position                 string
	designated                                        string
	countries, births, addresses                      []string
	registers, imo, url                               string
}

func fromSanctionsList(get func(string) string) part {
	return part{
		id: get("unique_id"), former: get("ofsi_group_id"), kind: get("designation_type"),
		name: fullName(get), nameType: get("name_type"), quality: get("alias_strength"),
		script: get("name_non-latin_script"),
		regime: get("regime_name"), effect: get("sanctions_imposed"), position: get("position"),
		remarks:    list.Join(get("other_information"), get("uk_statement_of_reasons")),
		designated: get("date_designated"),
		countries:  []string{get("address_country"), get("nationality(/ies)"), get("current_believed_flag_of_ship")},
		births:     []string{get("d.o.b")},
		addresses: []string{list.Join(get("address_line_1"), get("address_line_2"), get("address_line_3"),
			get("address_line_4"),
			get("address_line_5"), get("address_line_6"), get("address_postal_code"), get("address_country"))},
		registers: get("business_registration_number_(s)"), imo: get("imo_number"), url: get("website"),
	}
}

// listRef finds the key of the UK Sanctions List in the remarks of the Treasury's.
var listRef = regexp.MustCompile(`\(UK Sanctions List Ref\): ?([A-Z]+\d+)`)

func fromConsolidated(get func(string) string) part {
	p := part{
		id: get("group_id"), kind: get("group_type"), name: fullName(get), nameType: get("alias_type"),
		quality: get("alias_quality"),
		script:  get("name_non-latin_script"), regime: get("regime"), remarks: get("other_information"),
		position:   get("position"),
		designated: get("uk_sanctions_list_date_designated"), effect: "financial sanctions",
		countries: []string{get("country"), get("nationality")}, births: []string{get("dob")},
		addresses: []string{list.Join(get("address_1"), get("address_2"), get("address_3"), get("address_4"),
			get("address_5"),
			get("address_6"), get("post/zip_code"), get("country"))},
	}
	if p.designated == "" {
		p.designated = get("listed_on")
	}
	if m := listRef.FindStringSubmatch(p.remarks); m != nil {
		p.former = m[1]
	}
	return p
}

// fullName puts the parts of a name together: Name 6 is the surname or the whole.
func fullName(get func(string) string) string {
	return list.Clean(strings.Join([]string{get("name_1"), get("name_2"), get("name_3"), get("name_4"), get("name_5"),
		get("name_6")}, " "))
}

func add(b *list.Builder, at string, p part) {
	if p.id == "" {
		b.Badf(at, "no key (Unique ID or Group ID)")
		return
	}
	kind, ok := list.KindOf(p.kind)
	if !ok {
		b.Badf(at, "unknown type of designation %q", p.kind)
		return
	}
	day, ok := list.DayFirst(p.designated)
	if !ok {
		b.Badf(at, "the date of designation is %q", p.designated)
		return
	}
	e, fresh := b.Entry(p.id, at)
	if fresh {
		e.Kind, e.Listed = kind, day
		e.Former = list.AddTo(nil, p.former)
	} else if e.Kind != kind {
		b.Badf(at, "entry %s stands as %q and as %q", p.id, e.Kind, p.kind)
		return
	}
	nameType, weak := "aka", strings.Contains(strings.ToLower(p.quality), "low")
	switch strings.ToLower(p.nameType) {
	case "primary name":
		nameType = "primary"
	case "fka":
		nameType = "fka"
	}
	if nameType == "primary" && len(e.Names) > 0 && e.Names[0].Type == "primary" {
		nameType = "aka"
	}
	e.AddName(p.name, nameType, weak)
	e.AddName(p.script, "original_script", weak)
	for _, c := range p.countries {
		e.Countries = list.AddTo(e.Countries, strings.FieldsFunc(c, func(r rune) bool {
			return r == '|' ||
				r == ';'
		})...)
	}
	for _, s := range p.births {
		for _, one := range strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ';' }) {
			if d, ok := list.DayFirst(one); ok && d.Known() {
				e.Dates = list.AddTo(e.Dates, d.String())
			}
		}
	}
	e.Programs = list.AddTo(e.Programs, p.regime)
	if p.effect != "" && e.Effect == "" {
		e.Effect = strings.ReplaceAll(p.effect, "|", ", ")
	}
	if kind == party.Person {
		e.Remarks = strings.Join(list.AddTo(list.AddTo(nil, e.Remarks), p.position), "; ")
		return
	}
	e.Addresses = list.AddTo(e.Addresses, p.addresses...)
	if len(e.Remarks) < len(p.remarks) {
		e.Remarks = p.remarks
	}
	country := ""
	if len(e.Countries) == 1 {
		country = e.Countries[0]
	}
	e.Registers(p.registers, country)
	for _, n := range strings.FieldsFunc(p.imo, func(r rune) bool { return r == '|' || r == ';' || r == ',' }) {
		if n = list.Clean(strings.TrimPrefix(list.Clean(n), "IMO")); n != "" {
			e.AddIdentifier(party.Identifier{Scheme: "IMO", ID: n})
		}
	}
}
