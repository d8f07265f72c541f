package ofac

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

// RecogniseEnhanced reports whether head begins the enhanced XML.
func RecogniseEnhanced(head []byte) bool {
	return row.Holds(head[:min(len(head), 4096)], "sanctionsData")
}

type enhancedEntity struct {
	ID      string `xml:"id,attr"`
	Type    string `xml:"generalInfo>entityType"`
	Title   string `xml:"generalInfo>title"`
	Remarks string `xml:"generalInfo>remarks"`
	Lists   []struct {
		Published string `xml:"datePublished,attr"`
		Name      string `xml:",chardata"`
	} `xml:"sanctionsLists>sanctionsList"`
	Programs []string `xml:"sanctionsPrograms>sanctionsProgram"`
	Types    []string `xml:"sanctionsTypes>sanctionsType"`
	Names    []struct {
		Primary bool   `xml:"isPrimary"`
		Low     bool   `xml:"isLowQuality"`
		Alias   string `xml:"aliasType"`
		In      []struct {
			Primary bool   `xml:"isPrimary"`
			Script  string `xml:"script"`
			Full    string `xml:"formattedFullName"`
		} `xml:"translations>translation"`
	} `xml:"names>name"`
	Addresses []struct {
		Country string `xml:"country"`
		In      []struct {
			Parts []struct {
				Value string `xml:"value"`
			} `xml:"addressParts>addressPart"`
		} `xml:"translations>translation"`
	} `xml:"addresses>address"`
	Features []struct {
		Type  string `xml:"type"`
		Value string `xml:"value"`
	} `xml:"features>feature"`
	Documents []struct {
		Type    string `xml:"type"`
		Number  string `xml:"documentNumber"`
		Country string `xml:"issuingCountry"`
	} `xml:"identityDocuments>identityDocument"`
	Relations []struct {
		Type string `xml:"type"`
		To   string `xml:"relatedEntity"`
	} `xml:"relationships>relationship"`
}

// DecodeEnhanced reads the enhanced XML of either list.
func DecodeEnhanced(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	l := &list.List{}
	file := list.File{Name: src.Name, SHA256: src.SHA256}
	seen := map[string]int{}
	sdn := false
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		switch start.Name.Local {
		case "dataAsOf":
			var s string
			if err := dec.DecodeElement(&s, &start); err != nil {
				return err
			}
			if d, err := record.ParseDate(s); err == nil {
				l.Published = d.Time
			}
		case "sanctionsList": // only the filter of the header: those of entities are read below
			var s string
			if err := dec.DecodeElement(&s, &start); err != nil {
				return err
			}
			sdn = sdn || strings.HasPrefix(list.Clean(s), "SDN")
		case "referenceValues", "featureTypes":
			return dec.Skip()
		case "entity":
			file.Rows++
			var x enhancedEntity
			if err := dec.DecodeElement(&x, &start); err != nil {
				return err
			}
			addEnhanced(l, &faults, src.Name, fmt.Sprintf("entity %d", file.Rows), &x, seen)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if file.Rows == 0 {
		faults.Addf(src.Name, "", "no entity")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	l.Files = []list.File{file}
	l.Notes = []string{"the header states no count to compare with"}
	setTitle(l, sdn)
	l.CountNames()
	return l, nil
}

func addEnhanced(l *list.List, faults *list.Faults, file, at string, x *enhancedEntity, seen map[string]int) {
	e := list.Entry{ID: list.Clean(x.ID), At: at}
	kind, ok := kindOf(list.Clean(x.Type))
	if !ok || e.ID == "" {
		faults.Addf(file, at, "entity %s has the unknown type %q", e.ID, cut(x.Type))
		return
	}
	e.Kind = kind
	for _, primary := range []bool{true, false} { // the primary name first
		for _, n := range x.Names {
			if n.Primary != primary {
				continue
			}
			for _, t := range n.In {
				kind := strings.ReplaceAll(strings.ToLower(list.Clean(n.Alias)), ".", "")
				switch {
				case !strings.EqualFold(list.Clean(t.Script), "Latin"):
					kind = "original_script"
				case primary:
					kind = "primary"
				}
				e.AddName(t.Full, kind, n.Low)
			}
		}
	}
	if len(e.Names) == 0 || e.Names[0].Type != "primary" {
		faults.Addf(file, at, "entity %s has no name", e.ID)
		return
	}
	e.Programs = list.AddTo(nil, x.Programs...)
	for _, a := range x.Addresses {
		for _, t := range a.In {
			var parts []string
			for _, p := range t.Parts {
				parts = append(parts, p.Value)
			}
			addAddress(&e, a.Country, parts...)
		}
		e.Countries = list.AddTo(e.Countries, a.Country)
	}
	for _, s := range x.Lists {
		if d, err := record.ParseDate(s.Published); err == nil && d.Known() && (!e.Listed.Known() ||
			d.Time.Before(e.Listed.Time)) {
			e.Listed = d
		}
	}
	e.Remarks = list.Clean(x.Title)
	says := readRemarks(&e, strings.Join(enhancedProse(&e, x), "; "))
	e.Effect = effect(&e, list.AddTo(list.AddTo(nil, x.Types...), says...))
	if i, dup := seen[e.ID]; dup {
		if !list.Same(&l.Entries[i], &e) {
			faults.Addf(file, at, "entity %s stands twice with different content", e.ID)
		}
		return
	}
	seen[e.ID] = len(l.Entries)
	l.Entries = append(l.Entries, e)
}

// enhancedProse reads features, documents and relations, and returns as the prose of the
// CSV files what is not data.
func enhancedProse(e *list.Entry, x *enhancedEntity) []string {
	var prose []string
	for _, f := range x.Features {
		label, v := list.Clean(f.Type), list.Clean(f.Value)
		switch {
		case label == "Birthdate" || label == "Organization Established Date":
			e.Dates = list.AddTo(e.Dates, list.Day(v))
		case strings.HasPrefix(label, "Nationality") || strings.HasPrefix(label, "Citizenship"):
			e.Countries = list.AddTo(e.Countries, v)
		case label == "Vessel Flag":
			e.Countries = list.AddTo(e.Countries, v)
		default:
			if e.AddNumber(label, v, "") {
				continue
			}
			if s := list.Clean(label + " " + v); e.Kind != party.Person || does(s) {
				prose = append(prose, s)
			}
		}
	}
	for _, d := range x.Documents {
		e.AddNumber(d.Type, d.Number, d.Country)
	}
	for _, r := range x.Relations {
		prose = append(prose, "Linked To: "+list.Clean(r.To))
	}
	return append(prose, list.Clean(x.Remarks))
}
