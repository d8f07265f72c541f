// Package eu reads the consolidated list of persons, groups and entities subject to European
// Union financial sanctions (FSF), XML 1.1 and CSV.
//
// Invariants: rows or names of one logical id are one entry; an entry is in force from its
// designation, or where that is not stated from the first of its regulations; of a person
// only names, dates of birth and citizenships are kept.
package eu

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func newList() *list.List {
	return &list.List{
		ID: "eu-fsf", Title: "Consolidated list of persons, groups and entities subject to EU financial sanctions",
		Format:    "eu",
		Publisher: "European Commission",
	}
}

// RecogniseXML reports whether head begins the XML.
func RecogniseXML(head []byte) bool {
	head = head[:min(len(head), 8192)]
	return bytes.Contains(head, []byte("eu.europa.ec/fpi/fsd/export")) || row.Holds(head, "sanctionEntity")
}

type entity struct {
	ID          string `xml:"logicalId,attr"`
	Reference   string `xml:"euReferenceNumber,attr"`
	UN          string `xml:"unitedNationId,attr"`
	Designated  string `xml:"designationDate,attr"`
	Remark      string `xml:"remark"`
	Regulations []struct {
		Published string `xml:"publicationDate,attr"`
		Force     string `xml:"entryIntoForceDate,attr"`
		Programme string `xml:"programme,attr"`
		Title     string `xml:"numberTitle,attr"`
		URL       string `xml:"publicationUrl"`
	} `xml:"regulation"`
	Subject struct {
		Code  string `xml:"code,attr"`
		Class string `xml:"classificationCode,attr"`
	} `xml:"subjectType"`
	Names []struct {
		Whole    string `xml:"wholeName,attr"`
		First    string `xml:"firstName,attr"`
		Middle   string `xml:"middleName,attr"`
		Last     string `xml:"lastName,attr"`
		Function string `xml:"function,attr"`
		Strong   string `xml:"strong,attr"`
	} `xml:"nameAlias"`
	Citizenships []struct {
		Code string `xml:"countryIso2Code,attr"`
	} `xml:"citizenship"`
	Births []struct {
		Date string `xml:"birthdate,attr"`
		Year string `xml:"year,attr"`
		From string `xml:"yearRangeFrom,attr"`
		To   string `xml:"yearRangeTo,attr"`
		Near string `xml:"circa,attr"`
	} `xml:"birthdate"`
	Addresses []struct {
		Street  string `xml:"street,attr"`
		Box     string `xml:"poBox,attr"`
		City    string `xml:"city,attr"`
		Zip     string `xml:"zipCode,attr"`
		Region  string `xml:"region,attr"`
		Place   string `xml:"place,attr"`
		Country string `xml:"countryDescription,attr"`
		Code    string `xml:"countryIso2Code,attr"`
	} `xml:"address"`
	Numbers []struct {
		Type    string `xml:"identificationTypeCode,attr"`
		Number  string `xml:"number,attr"`
		Country string `xml:"countryIso2Code,attr"`
		False   string `xml:"knownFalse,attr"`
	} `xml:"identification"`
}

// DecodeXML reads the XML.
func DecodeXML(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := list.NewBuilder(newList(), src.Name, &faults)
	rows := 0
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		switch start.Name.Local {
		case "export":
			for _, a := range start.Attr {
				if d, err := record.ParseDate(dayOf(a.Value)); a.Name.Local == "generationDate" && err == nil {
					b.List.Published = d.Time
				}
			}
		case "sanctionEntity":
			rows++
			var x entity
			if err := dec.DecodeElement(&x, &start); err != nil {
				return err
			}
			x.add(b, fmt.Sprintf("sanctionEntity %d", rows))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.Done(src.SHA256, rows, b.List.Counted())
}

// dayOf is the day of a time: "2031-08-05T16:47:04.449+02:00".
func dayOf(s string) string { s, _, _ = strings.Cut(s, "T"); return s }

// numberLabels reads the identificationTypeCode of register numbers; papers of persons are
// not here on purpose.
var numberLabels = map[string]string{
	"regnumber": "registration number", "fiscalcode": "tax id no.", "swiftbic": "swift/bic",
	"imo":   "vessel registration identification",
	"other": "",
}

// kindOf reads the type of a subject, or where that is a word of another version its class.
func kindOf(code, class string) (party.Kind, bool) {
	kind, ok := list.KindOf(code)
	if !ok && class != "" {
		return list.KindOf(class)
	}
	return kind, ok
}

// country takes the code "00", which stands for unknown, for none.
func country(code string) string { return strings.Trim(list.Clean(code), "0") }

func (x *entity) add(b *list.Builder, at string) {
	id := list.Clean(x.ID)
	if id == "" {
		b.Badf(at, "no logicalId")
		return
	}
	if b.Has(id) {
		b.Badf(at, "entity %s stands twice", id)
		return
	}
	kind, ok := kindOf(x.Subject.Code, x.Subject.Class)
	if !ok {
		b.Badf(at, "unknown type of subject %q", x.Subject.Code)
		return
	}
	e, _ := b.Entry(id, at)
	e.Kind, e.Former = kind, list.AddTo(nil, x.Reference)
	if x.Reference != "" {
		e.At = at + " (" + list.Clean(x.Reference) + ")"
	}
	dates := []string{}
	for _, r := range x.Regulations {
		dates = append(dates, r.Published)
		if r.Published == "" {
			dates = append(dates, r.Force)
		}
		e.Programs = list.AddTo(e.Programs, r.Programme)
		e.Effect = strings.Join(list.AddTo(list.AddTo(nil, e.Effect), r.Title), "; ")
		if e.URL == "" {
			e.URL = list.Clean(r.URL)
		}
	}
	if !listed(b, e, at, x.Designated, dates) {
		return
	}
	for _, n := range x.Names {
		whole := list.Clean(n.Whole)
		if whole == "" {
			whole = list.Clean(n.First + " " + n.Middle + " " + n.Last)
		}
		e.AddName(whole, "aka", n.Strong == "false")
		if f := list.Clean(n.Function); f != "" && e.Remarks == "" {
			e.Remarks = f
		}
	}
	for _, c := range x.Citizenships {
		e.Countries = list.AddTo(e.Countries, country(c.Code))
	}
	for _, a := range x.Addresses {
		e.Countries = list.AddTo(e.Countries, country(a.Code))
		e.Addresses = list.AddTo(e.Addresses, list.Join(a.Street, a.Box, a.Place, a.Zip, a.City, a.Region, a.Country))
	}
	for _, d := range x.Births {
		born(e, d.Date, d.Year, d.From, d.To, d.Near == "true")
	}
	for _, n := range x.Numbers {
		if label := numberLabels[n.Type]; label != "" && n.False != "true" {
			e.AddNumber(label, imo(n.Type, n.Number), country(n.Country))
		}
	}
	if kind != party.Person {
		e.Remarks = list.Clean(x.Remark)
	}
	finish(e)
}

// imo writes a ship's number as the American lists do, which [list.Number] reads.
func imo(kind, number string) string {
	if kind == "imo" && !strings.HasPrefix(number, "IMO") {
		return "IMO " + number
	}
	return number
}

// listed sets the first day of a listing; it reports whether the dates could be read.
func listed(b *list.Builder, e *list.Entry, at, designated string, regulations []string) bool {
	first := record.Date{}
	for _, s := range regulations {
		d, ok := list.DayFirst(dayOf(s))
		if !ok {
			b.Badf(at, "the date of a regulation is %q", s)
			return false
		}
		if d.Known() && (!first.Known() || d.Time.Before(first.Time)) {
			first = d
		}
	}
	d, ok := list.DayFirst(dayOf(designated))
	if !ok {
		b.Badf(at, "the date of designation is %q", designated)
		return false
	}
	if d.Known() && (!first.Known() || d.Time.Before(first.Time)) {
		first = d
	}
	if first.Known() && (!e.Listed.Known() || first.Time.Before(e.Listed.Time)) {
		e.Listed = first
	}
	return true
}

func born(e *list.Entry, date, year, from, to string, near bool) {
	d := list.Day(dayOf(date))
	if t, ok := list.DayFirst(date); ok && t.Known() { // 02/03/1961 is in March
		d = t.String()
	}
	if d == "" {
		d = list.Day(year)
	}
	if d == "" && from != "" && to != "" {
		d = list.Day(from + " to " + to)
	} else if near && d != "" {
		d += "~"
	}
	e.Dates = list.AddTo(e.Dates, d)
}

func finish(e *list.Entry) {
	if len(e.Programs) > 0 && e.Effect == "" {
		e.Effect = "programme " + strings.Join(e.Programs, ", ")
	}
	if len(e.Names) > 0 && !e.Names[0].Weak {
		e.Names[0].Type = "primary"
	}
}

// Columns of the CSV, in lower case: the name in version 1.1 and, after the bar, in version 1.0.
const (
	colID       = "entity_logicalid|entity_logical_id"
	colKind     = "entity_subjecttype|subject_type|entity_subjecttype_classificationcode"
	colName     = "namealias_wholename|naal_wholename"
	colFile     = "filegenerationdate|date_file"
	colCode     = "entity_eu_referencenumber|eu_ref_num"
	colURL      = "entity_regulation_publicationurl|leba_url"
	colTitle    = "entity_regulation_numbertitle|leba_numtitle"
	colLaw      = "entity_regulation_publicationdate|leba_publication_date"
	colForce    = "entity_regulation_entryintoforcedate"
	colRemark   = "entity_remark"
	colFunction = "namealias_function|naal_function"
)

// programmes are the columns that name a programme; in version 1.0 each part of a row has one.
var programmes = []string{
	"entity_regulation_programme|programme", "namealias_regulation_programme|naal_programme",
	"address_regulation_programme|addr_programme",
}

// Needed are the columns of the CSV without which an entry could not be read.
var Needed = []string{colID, colKind, colName}

// Recognise reports whether head is that of the CSV.
func Recognise(head []byte) bool {
	_, _, ok := row.FindHeader(head, Needed...)
	return ok
}

// Decode reads the CSV, version 1.0 or 1.1: a row for each name, address, date or number of an entity.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := list.NewBuilder(newList(), src.Name, &faults)
	table, err := row.Each(ctx, src, 0, Needed, &faults, func(r row.Row) { addRow(b, r) })
	if err != nil {
		return nil, err
	}
	for i := range b.List.Entries {
		finish(&b.List.Entries[i])
	}
	return b.Done(src.SHA256, table.Rows, append(table.Notes, b.List.Counted())...)
}

func addRow(b *list.Builder, r row.Row) {
	get := r.Get
	id := get(colID)
	if id == "" {
		b.Badf(r.At, "no Entity_LogicalId")
		return
	}
	kind, ok := kindOf(get(colKind), get("entity_subjecttype_classificationcode"))
	if !ok {
		b.Badf(r.At, "unknown type of subject %q", get(colKind))
		return
	}
	if d, ok := list.DayFirst(dayOf(r.Text(colFile))); ok && d.Time.After(b.List.Published) {
		b.List.Published = d.Time
	}
	e, fresh := b.Entry(id, r.At)
	if fresh {
		e.Kind, e.Former = kind, list.AddTo(nil, get(colCode))
	}
	law := r.Text(colLaw)
	if law == "" {
		law = r.Text(colForce)
	}
	for _, p := range programmes {
		e.Programs = list.AddTo(e.Programs, get(p))
	}
	if !listed(b, e, r.At, r.Text("entity_designationdate"), []string{law}) {
		return
	}
	if e.URL == "" {
		e.URL = get(colURL)
	}
	if t := get(colTitle); t != "" && !strings.Contains(e.Effect, t) {
		e.Effect = strings.Join(list.AddTo(list.AddTo(nil, e.Effect), t), "; ")
	}
	name := get(colName)
	if name == "" {
		name = list.Clean(get("namealias_firstname|naal_firstname") + " " +
			get("namealias_middlename|naal_middlename") + " " +
			get("namealias_lastname|naal_lastname"))
	}
	e.AddName(name, "aka", strings.EqualFold(get("namealias_strong"), "false"))
	home := country(get("address_countryiso2code|addr_country"))
	e.Countries = list.AddTo(e.Countries, country(get("citizenship_countryiso2code|citi_country")), home)
	e.Addresses = list.AddTo(e.Addresses, list.Join(get("addr_number"), get("address_street|addr_street"),
		get("address_pobox"),
		get("address_place"), get("address_zipcode|addr_zipcode"), get("address_city|addr_city"), get("address_region"),
		get("address_countrydescription"), get("addr_other")))
	born(e, r.Text("birthdate_birthdate|birt_date"), get("birthdate_year"), get("birthdate_yearrangefrom"),
		get("birthdate_yearrangeto"),
		strings.EqualFold(get("birthdate_circa"), "true"))
	addNumber(e, r)
	if kind != party.Person {
		e.Remarks = strings.Join(list.AddTo(list.AddTo(nil, e.Remarks), get(colRemark)), "; ")
	} else if e.Remarks == "" {
		e.Remarks = get(colFunction)
	}
}

// addNumber adds the number of a row. Version 1.0 has no column for its type: what stands in brackets behind the
// number ("01999000 (regnumber-Registration Number)") is one, and a number without any is an identification number.
func addNumber(e *list.Entry, r row.Row) {
	number, state := r.Get("identification_number"), country(r.Get("identification_countryiso2code"))
	kind := r.Get("identification_typecode")
	if strings.EqualFold(r.Get("identification_knownfalse"), "true") {
		return
	}
	if old := r.Get("iden_number"); old != "" {
		number, state = old, country(r.Get("iden_country"))
		if before, in, ok := strings.Cut(old, "("); ok {
			number = list.Clean(before)
			kind, _, _ = strings.Cut(in, "-")
			kind = strings.TrimRight(kind, ") ")
		} else {
			e.AddNumber("identification number", number, state)
			return
		}
	}
	if label := numberLabels[kind]; label != "" {
		e.AddNumber(label, imo(kind, number), state)
	}
}
