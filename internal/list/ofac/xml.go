package ofac

import (
	"context"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// RecogniseXML reports whether head begins SDN.XML or CONSOLIDATED.XML.
func RecogniseXML(head []byte) bool {
	return row.Holds(head[:min(len(head), 4096)], "sdnList")
}

type sdnEntry struct {
	UID      string   `xml:"uid"`
	First    string   `xml:"firstName"`
	Last     string   `xml:"lastName"`
	Title    string   `xml:"title"`
	Type     string   `xml:"sdnType"`
	Remarks  string   `xml:"remarks"`
	Programs []string `xml:"programList>program"`
	AKA      []struct {
		Type     string `xml:"type"`
		Category string `xml:"category"`
		First    string `xml:"firstName"`
		Last     string `xml:"lastName"`
	} `xml:"akaList>aka"`
	Addresses []struct {
		A1      string `xml:"address1"`
		A2      string `xml:"address2"`
		A3      string `xml:"address3"`
		City    string `xml:"city"`
		State   string `xml:"stateOrProvince"`
		Code    string `xml:"postalCode"`
		Country string `xml:"country"`
	} `xml:"addressList>address"`
	IDs []struct {
		Type    string `xml:"idType"`
		Number  string `xml:"idNumber"`
		Country string `xml:"idCountry"`
	} `xml:"idList>id"`
	Births        []string `xml:"dateOfBirthList>dateOfBirthItem>dateOfBirth"`
	Nationalities []string `xml:"nationalityList>nationality>country"`
	Citizenships  []string `xml:"citizenshipList>citizenship>country"`
	Vessel        struct {
		CallSign string `xml:"callSign"`
		Flag     string `xml:"vesselFlag"`
		Owner    string `xml:"vesselOwner"`
	} `xml:"vesselInfo"`
}

// DecodeXML reads SDN.XML or CONSOLIDATED.XML. The count in its header must be met.
func DecodeXML(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	l := &list.List{}
	file := list.File{Name: src.Name, SHA256: src.SHA256}
	seen := map[string]int{}
	declared := ""
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		switch start.Name.Local {
		case "Publish_Date":
			var s string
			if err := dec.DecodeElement(&s, &start); err != nil {
				return err
			}
			l.Published = list.DateOf(s).Time
		case "Record_Count":
			return dec.DecodeElement(&declared, &start)
		case "sdnEntry":
			file.Rows++
			var x sdnEntry
			if err := dec.DecodeElement(&x, &start); err != nil {
				return err
			}
			addXML(l, &faults, src.Name, fmt.Sprintf("sdnEntry %d", file.Rows), &x, seen)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n, err := strconv.Atoi(strings.TrimSpace(declared)); declared != "" && (err != nil || n != file.Rows) {
		faults.Addf(src.Name, "", "the header counts %s records, the file holds %d", list.Clean(declared), file.Rows)
	}
	if file.Rows == 0 {
		faults.Addf(src.Name, "", "no sdnEntry")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if declared == "" {
		l.Notes = append(l.Notes, "the header states no count to compare with")
	}
	l.Files = []list.File{file}
	identify(l, src.Name)
	l.CountNames()
	return l, nil
}

// fullName is a name in the form of the CSV files: "SURNAME, Given".
func fullName(last, first string) string { return list.Join(last, first) }

func addXML(l *list.List, faults *list.Faults, file, at string, x *sdnEntry, seen map[string]int) {
	e := list.Entry{ID: list.Clean(x.UID), At: at}
	kind, ok := kindOf(list.Clean(x.Type))
	name := fullName(x.Last, x.First)
	switch {
	case !number(e.ID):
		faults.Addf(file, at, "the uid is %q", cut(e.ID))
		return
	case !ok:
		faults.Addf(file, at, "entry %s has the unknown type %q", e.ID, cut(x.Type))
		return
	case name == "":
		faults.Addf(file, at, "entry %s has no name", e.ID)
		return
	}
	e.Kind = kind
	e.AddName(name, "primary", false)
	for _, a := range x.AKA {
		n := fullName(a.Last, a.First)
		t := strings.ReplaceAll(strings.ToLower(list.Clean(a.Type)), ".", "")
		if n == "" || t != "aka" && t != "fka" && t != "nka" {
			faults.Addf(file, at, "entry %s has an alias without name or of unknown kind %q", e.ID, cut(a.Type))
			return
		}
		e.AddName(n, t, strings.EqualFold(list.Clean(a.Category), "weak"))
	}
	e.Programs = list.AddTo(nil, x.Programs...)
	for _, a := range x.Addresses {
		addAddress(&e, a.Country, a.A1, a.A2, a.A3, a.City, a.State, a.Code)
	}
	e.Countries = list.AddTo(e.Countries, x.Nationalities...)
	e.Countries = list.AddTo(e.Countries, x.Citizenships...)
	for _, b := range x.Births {
		e.Dates = list.AddTo(e.Dates, list.Day(b))
	}
	if kind == party.Vessel {
		e.Countries = list.AddTo(e.Countries, x.Vessel.Flag)
		e.AddIdentifier(party.Identifier{Scheme: "CALLSIGN", ID: list.Clean(x.Vessel.CallSign)})
	}
	e.Remarks = list.Clean(x.Title)
	if x.Vessel.Owner != "" {
		e.Remarks = list.Join(e.Remarks, "owner: "+x.Vessel.Owner)
	}
	// The id list holds register numbers, and as "ids" also what the CSV files say in prose.
	var prose []string
	for _, n := range x.IDs {
		if e.AddNumber(n.Type, n.Number, n.Country) {
			continue
		}
		if s := list.Clean(n.Type + " " + n.Number); does(s) || kind != party.Person {
			prose = append(prose, s)
		}
	}
	e.Effect = effect(&e, readRemarks(&e, strings.Join(append(prose, list.Clean(x.Remarks)), "; ")))
	if i, dup := seen[e.ID]; dup {
		if !list.Same(&l.Entries[i], &e) {
			faults.Addf(file, at, "entry %s stands twice with different content", e.ID)
		}
		return
	}
	seen[e.ID] = len(l.Entries)
	l.Entries = append(l.Entries, e)
}
