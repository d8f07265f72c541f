package uk

import (
	"context"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// dateOf reads the date of a list: day first, or with the month in letters.
func dateOf(s string) record.Date {
	if d, ok := list.DayFirst(s); ok {
		return d
	}
	for _, layout := range []string{"02-Jan-2006", "2-Jan-06", "02 Jan 2006", "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return record.Date{Time: t, Prec: record.Day}
		}
	}
	return record.Date{}
}

// RecogniseXML reports whether head begins the XML of one of the lists.
func RecogniseXML(head []byte) bool {
	head = head[:min(len(head), 8192)]
	return row.Holds(head, "Designations") && (row.Holds(head, "UniqueID") || row.Holds(head, "DateGenerated")) ||
		row.Holds(head, "FinancialSanctionsTarget")
}

type designation struct {
	ID         string `xml:"UniqueID"`
	Group      string `xml:"OFSIGroupID"`
	Designated string `xml:"DateDesignated"`
	Regime     string `xml:"RegimeName"`
	Kind       string `xml:"IndividualEntityShip"`
	Effect     string `xml:"SanctionsImposed"`
	Other      string `xml:"OtherInformation"`
	Reasons    string `xml:"UKStatementofReasons"`
	Names      []struct {
		Name1   string `xml:"Name1"`
		Name2   string `xml:"Name2"`
		Name3   string `xml:"Name3"`
		Name4   string `xml:"Name4"`
		Name5   string `xml:"Name5"`
		Name6   string `xml:"Name6"`
		Type    string `xml:"NameType"`
		Quality string `xml:"AliasStrength"`
	} `xml:"Names>Name"`
	Scripts []struct {
		Names []string `xml:"NameNonLatinScript"`
		In    []struct {
			Name string `xml:"NameNonLatinScript"`
		} `xml:"NonLatinName"`
	} `xml:"NonLatinNames"`
	Addresses []struct {
		Line1   string `xml:"AddressLine1"`
		Line2   string `xml:"AddressLine2"`
		Line3   string `xml:"AddressLine3"`
		Line4   string `xml:"AddressLine4"`
		Line5   string `xml:"AddressLine5"`
		Line6   string `xml:"AddressLine6"`
		Code    string `xml:"AddressPostalCode"`
		Country string `xml:"AddressCountry"`
	} `xml:"Addresses>Address"`
	Births        []string `xml:"IndividualDetails>Individual>DOBs>DOB"`
	Nationalities []string `xml:"IndividualDetails>Individual>Nationalities>Nationality"`
	Positions     []string `xml:"IndividualDetails>Individual>Positions>Position"`
	Registers     []string `xml:"EntityDetails>Entity>BusinessRegistrationNumbers>BusinessRegistrationNumber"`
	IMO           []string `xml:"ShipDetails>Ship>IMONumbers>IMONumber"`
	Flags         []string `xml:"ShipDetails>Ship>CurrentBelievedFlagOfShips>CurrentBelievedFlagOfShip"`
}

// DecodeXML reads the XML of either list.
func DecodeXML(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := list.NewBuilder(newList(false), src.Name, &faults)
	rows, old := 0, false
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		switch start.Name.Local {
		case "DateGenerated":
			var s string
			if err := dec.DecodeElement(&s, &start); err != nil {
				return err
			}
			b.List.Published = dateOf(list.Clean(s)).Time
		case "Designation":
			rows++
			var d designation
			if err := dec.DecodeElement(&d, &start); err != nil {
				return err
			}
			d.add(b, fmt.Sprintf("Designation %d", rows))
		case "ArrayOfFinancialSanctionsTarget":
			old = true
		case "FinancialSanctionsTarget":
			rows++
			old = true
			cells, err := row.Cells(dec)
			if err != nil {
				return err
			}
			addTarget(b, fmt.Sprintf("FinancialSanctionsTarget %d", rows), cells)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if old {
		published := b.List.Published
		entries := b.List.Entries
		*b.List = *newList(true)
		b.List.Published, b.List.Entries = published, entries
	}
	return b.Done(src.SHA256, rows, b.List.Counted())
}

func (d *designation) add(b *list.Builder, at string) {
	p := part{
		id: list.Clean(d.ID), former: list.Clean(d.Group), kind: list.Clean(d.Kind), regime: list.Clean(d.Regime),
		effect: list.Clean(d.Effect), remarks: list.Join(d.Other, d.Reasons), designated: list.Clean(d.Designated),
		position: strings.Join(d.Positions, "; "), births: d.Births, countries: append(d.Nationalities, d.Flags...),
		registers: strings.Join(d.Registers, "|"), imo: strings.Join(d.IMO, "|"),
	}
	for _, a := range d.Addresses {
		p.countries = append(p.countries, a.Country)
		p.addresses = append(p.addresses, list.Join(a.Line1, a.Line2, a.Line3, a.Line4, a.Line5, a.Line6, a.Code,
			a.Country))
	}
	if len(d.Names) == 0 {
		b.Badf(at, "designation %s has no name", p.id)
		return
	}
	for _, n := range d.Names {
		p.name = list.Clean(strings.Join([]string{n.Name1, n.Name2, n.Name3, n.Name4, n.Name5, n.Name6}, " "))
		p.nameType, p.quality = list.Clean(n.Type), n.Quality
		add(b, at, p)
	}
	if !b.Has(p.id) {
		return
	}
	e, _ := b.Entry(p.id, at)
	for _, s := range d.Scripts {
		for _, n := range s.Names {
			e.AddName(n, "original_script", false)
		}
		for _, n := range s.In {
			e.AddName(n.Name, "original_script", false)
		}
	}
}

// addTarget reads one FinancialSanctionsTarget; its children are flat, and their names were
// written in more than one way.
func addTarget(b *list.Builder, at string, cells map[string]string) {
	first := func(names ...string) string {
		for _, n := range names {
			if v := list.Clean(cells[n]); v != "" {
				return v
			}
		}
		return ""
	}
	if d := dateOf(first("lastupdated", "datelastupdated")); d.Known() && d.Time.After(b.List.Published) {
		b.List.Published = d.Time
	}
	p := part{
		id: first("groupid"), kind: first("grouptypedescription", "grouptype"), script: first("namenonlatinscript"),
		nameType: first("aliastypename", "aliastype"), quality: first("aliasquality"), regime: first("regimename",
			"regime"),
		remarks: first("otherinformation", "furtheridentifiyinginformation"), position: first("individual_position",
			"position"),
		designated: first("uksanctionslistdatedesignated", "datedesignated", "datelisted"),
		effect:     "financial sanctions",
		countries:  []string{first("country", "address_country"), first("nationality", "individual_nationality")},
		births:     []string{first("dob", "individual_dateofbirth")},
		addresses: []string{list.Join(first("address1"), first("address2"), first("address3"), first("address4"),
			first("address5"),
			first("address6"), first("postcode"), first("country", "address_country"))},
		registers: first("entity_businessregnumber"), imo: first("ship_imonumber"),
	}
	p.name = list.Clean(strings.Join([]string{first("name1"), first("name2"), first("name3"), first("name4"),
		first("name5"), first("name6")}, " "))
	if m := listRef.FindStringSubmatch(p.remarks); m != nil {
		p.former = m[1]
	}
	if k, _ := list.KindOf(p.kind); k == party.Person {
		p.registers = ""
	}
	add(b, at, p)
}
