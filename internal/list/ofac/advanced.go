package ofac

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/record"
)

// RecogniseAdvanced reports whether head begins the advanced XML (Advanced Sanctions Data Model of the UN, as OFAC
// publishes it: sdn_advanced.xml, cons_advanced.xml).
func RecogniseAdvanced(head []byte) bool {
	head = head[:min(len(head), 4096)]
	return row.Holds(head, "Sanctions") && (bytes.Contains(head, []byte("www.un.org/sanctions/1.0")) ||
		bytes.Contains(head, []byte("ADVANCED_XML")) || row.Holds(head, "DistinctParties") ||
		row.Holds(head, "ReferenceValueSets"))
}

// What of the reference values is needed, for files that come without them: the ids are OFAC's own and do not change.
var advancedValues = map[string]map[string]string{
	"PartySubType": {"1": "Vessel", "2": "Aircraft", "3": "Entity", "4": "Individual"},
	"AliasType":    {"1400": "A.K.A.", "1401": "F.K.A.", "1402": "N.K.A.", "1403": "Name"},
	"Script":       {"215": "Latin"},
	"NamePartType": {"1520": "Last Name", "1521": "First Name", "1522": "Middle Name"},
}

type advancedDate struct {
	Year  string `xml:"Year"`
	Month string `xml:"Month"`
	Day   string `xml:"Day"`
}

func (d advancedDate) String() string {
	if d.Year == "" {
		return ""
	}
	s := d.Year
	if d.Month != "" && d.Day != "" {
		s += fmt.Sprintf("-%02s-%02s", d.Month, d.Day)
	}
	return s
}

type advancedLocation struct {
	ID      string `xml:"ID,attr"`
	Country struct {
		ID string `xml:"CountryID,attr"`
	} `xml:"LocationCountry"`
	Parts []struct {
		Value string `xml:"LocationPartValue>Value"`
	} `xml:"LocationPart"`
}

type advancedDocument struct {
	Type     string `xml:"IDRegDocTypeID,attr"`
	Identity string `xml:"IdentityID,attr"`
	Country  string `xml:"IssuedBy-CountryID,attr"`
	Number   string `xml:"IDRegistrationNo"`
}

type advancedParty struct {
	Ref     string `xml:"FixedRef,attr"`
	Comment string `xml:"Comment"`
	Profile struct {
		ID         string `xml:"ID,attr"`
		Type       string `xml:"PartySubTypeID,attr"`
		Identities []struct {
			ID      string `xml:"ID,attr"`
			Aliases []struct {
				Type    string `xml:"AliasTypeID,attr"`
				Primary bool   `xml:"Primary,attr"`
				Low     bool   `xml:"LowQuality,attr"`
				Names   []struct {
					Parts []struct {
						Value struct {
							Group  string `xml:"NamePartGroupID,attr"`
							Script string `xml:"ScriptID,attr"`
							Text   string `xml:",chardata"`
						} `xml:"NamePartValue"`
					} `xml:"DocumentedNamePart"`
				} `xml:"DocumentedName"`
			} `xml:"Alias"`
			Groups []struct {
				Parts []struct {
					ID   string `xml:"ID,attr"`
					Type string `xml:"NamePartTypeID,attr"`
				} `xml:"NamePartGroup"`
			} `xml:"NamePartGroups>MasterNamePartGroup"`
		} `xml:"Identity"`
		Features []struct {
			Type     string `xml:"FeatureTypeID,attr"`
			Versions []struct {
				Period *struct {
					From advancedDate `xml:"Start>From"`
					To   advancedDate `xml:"End>To"`
				} `xml:"DatePeriod"`
				Details []struct {
					Reference string `xml:"DetailReferenceID,attr"`
					Text      string `xml:",chardata"`
				} `xml:"VersionDetail"`
				Locations []struct {
					ID string `xml:"LocationID,attr"`
				} `xml:"VersionLocation"`
			} `xml:"FeatureVersion"`
		} `xml:"Feature"`
	} `xml:"Profile"`
}

type advancedEntry struct {
	Profile string `xml:"ProfileID,attr"`
	List    string `xml:"ListID,attr"`
	Events  []struct {
		Date advancedDate `xml:"Date"`
	} `xml:"EntryEvent"`
	Measures []struct {
		Type    string `xml:"SanctionsTypeID,attr"`
		Comment string `xml:"Comment"`
	} `xml:"SanctionsMeasure"`
}

// An advanced is a file while it is read. Parties stand before the entries that say why they are listed, so they
// wait for the end of the file.
type advanced struct {
	values    map[string]map[string]string // kind of reference value → id → text
	subtypes  map[string]string            // id of a kind of party → id of its wider kind
	locations map[string]advancedLocation
	documents map[string][]advancedDocument
	waiting   []*enhancedEntity
	of        map[string][]int // profile → its party
	sdn, any  bool
	issued    advancedDate
}

// DecodeAdvanced reads the advanced XML of either list. What it says is put into the shape of the enhanced form and
// read as that is.
func DecodeAdvanced(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	l := &list.List{}
	file := list.File{Name: src.Name, SHA256: src.SHA256}
	a := &advanced{
		values: map[string]map[string]string{}, subtypes: map[string]string{}, locations: map[string]advancedLocation{},
		documents: map[string][]advancedDocument{}, of: map[string][]int{},
	}
	err := row.Elements(ctx, src, &faults, func(dec *xml.Decoder, start xml.StartElement) error {
		return a.element(dec, start, &file)
	})
	if err != nil {
		return nil, err
	}
	if file.Rows == 0 {
		faults.Addf(src.Name, "", "no party")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if d, err := record.ParseDate(a.issued.String()); err == nil {
		l.Published = d.Time
	}
	seen := map[string]int{}
	for i, x := range a.waiting {
		addEnhanced(l, &faults, src.Name, fmt.Sprintf("party %d", i+1), x, seen)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	l.Files = []list.File{file}
	l.Notes = []string{"the file states no count to compare with"}
	setTitle(l, a.sdn || !a.any)
	l.CountNames()
	return l, nil
}

func (a *advanced) element(dec *xml.Decoder, start xml.StartElement, file *list.File) error {
	attr := func(name string) string {
		for _, x := range start.Attr {
			if x.Name.Local == name {
				return x.Value
			}
		}
		return ""
	}
	switch start.Name.Local {
	case "DateOfIssue":
		return dec.DecodeElement(&a.issued, &start)
	case "AliasType", "Country", "FeatureType", "IDRegDocType", "List", "PartySubType", "PartyType", "SanctionsType",
		"Script", "DetailReference", "NamePartType":
		if attr("ID") == "" {
			return nil
		}
		var s string
		if err := dec.DecodeElement(&s, &start); err != nil {
			return err
		}
		if a.values[start.Name.Local] == nil {
			a.values[start.Name.Local] = map[string]string{}
		}
		a.values[start.Name.Local][attr("ID")] = list.Clean(s)
		if start.Name.Local == "PartySubType" {
			a.subtypes[attr("ID")] = attr("PartyTypeID")
		}
	case "Location":
		var x advancedLocation
		if err := dec.DecodeElement(&x, &start); err != nil {
			return err
		}
		a.locations[x.ID] = x
	case "IDRegDocument":
		var x advancedDocument
		if err := dec.DecodeElement(&x, &start); err != nil {
			return err
		}
		a.documents[x.Identity] = append(a.documents[x.Identity], x)
	case "DistinctParty":
		file.Rows++
		var x advancedParty
		if err := dec.DecodeElement(&x, &start); err != nil {
			return err
		}
		a.of[x.Profile.ID] = append(a.of[x.Profile.ID], len(a.waiting))
		a.waiting = append(a.waiting, a.party(&x))
	case "SanctionsEntry":
		var x advancedEntry
		if err := dec.DecodeElement(&x, &start); err != nil {
			return err
		}
		a.entry(&x)
	}
	return nil
}

// text is what a reference value says.
func (a *advanced) text(kind, id string) string {
	if s := a.values[kind][id]; s != "" {
		return s
	}
	return advancedValues[kind][id]
}

// kind is what a party is. Entities and individuals have a kind of their own that says no more than "Unknown".
func (a *advanced) kind(id string) string {
	s := a.text("PartySubType", id)
	if s == "" || strings.EqualFold(s, "Unknown") {
		if s = a.text("PartyType", a.subtypes[id]); s == "" {
			s = advancedValues["PartySubType"][id]
		}
	}
	if s == "" {
		s = "party sub-type " + id
	}
	return s
}

func (a *advanced) party(p *advancedParty) *enhancedEntity {
	x := &enhancedEntity{ID: p.Ref, Type: a.kind(p.Profile.Type), Remarks: p.Comment}
	if x.ID == "" {
		x.ID = p.Profile.ID
	}
	for i := range p.Profile.Identities {
		id := &p.Profile.Identities[i]
		kinds := map[string]string{}
		for _, g := range id.Groups {
			for _, part := range g.Parts {
				kinds[part.ID] = a.text("NamePartType", part.Type)
			}
		}
		for j := range id.Aliases {
			alias := &id.Aliases[j]
			x.Names = append(x.Names, struct {
				Primary bool   `xml:"isPrimary"`
				Low     bool   `xml:"isLowQuality"`
				Alias   string `xml:"aliasType"`
				In      []struct {
					Primary bool   `xml:"isPrimary"`
					Script  string `xml:"script"`
					Full    string `xml:"formattedFullName"`
				} `xml:"translations>translation"`
			}{Primary: alias.Primary, Low: alias.Low, Alias: a.text("AliasType", alias.Type)})
			n := &x.Names[len(x.Names)-1]
			for _, name := range alias.Names {
				var last, rest []string
				script := ""
				for _, part := range name.Parts {
					s := list.Clean(part.Value.Text)
					if strings.EqualFold(kinds[part.Value.Group], "Last Name") {
						last = append(last, s)
					} else {
						rest = append(rest, s)
					}
					script = part.Value.Script
				}
				full := strings.Join(append(last, rest...), " ")
				if len(last) > 0 && len(rest) > 0 {
					full = strings.Join(last, " ") + ", " + strings.Join(rest, " ")
				}
				in := a.text("Script", script)
				if in == "" { // without a table of scripts nothing says that it is another
					in = "Latin"
				}
				n.In = append(n.In, struct {
					Primary bool   `xml:"isPrimary"`
					Script  string `xml:"script"`
					Full    string `xml:"formattedFullName"`
				}{alias.Primary, in, full})
			}
		}
		for _, d := range a.documents[id.ID] {
			x.Documents = append(x.Documents, struct {
				Type    string `xml:"type"`
				Number  string `xml:"documentNumber"`
				Country string `xml:"issuingCountry"`
			}{a.text("IDRegDocType", d.Type), d.Number, a.text("Country", d.Country)})
		}
	}
	a.features(x, p)
	return x
}

func (a *advanced) features(x *enhancedEntity, p *advancedParty) {
	for i := range p.Profile.Features {
		f := &p.Profile.Features[i]
		label := a.text("FeatureType", f.Type)
		add := func(v string) {
			if v != "" {
				x.Features = append(x.Features, struct {
					Type  string `xml:"type"`
					Value string `xml:"value"`
				}{label, v})
			}
		}
		for _, v := range f.Versions {
			for _, at := range v.Locations {
				where := a.locations[at.ID]
				country := a.text("Country", where.Country.ID)
				if label != "Location" && label != "" { // a nationality or flag
					add(country)
					continue
				}
				var parts []struct {
					Value string `xml:"value"`
				}
				for _, part := range where.Parts {
					parts = append(parts, struct {
						Value string `xml:"value"`
					}{part.Value})
				}
				x.Addresses = append(x.Addresses, struct {
					Country string `xml:"country"`
					In      []struct {
						Parts []struct {
							Value string `xml:"value"`
						} `xml:"addressParts>addressPart"`
					} `xml:"translations>translation"`
				}{Country: country, In: []struct {
					Parts []struct {
						Value string `xml:"value"`
					} `xml:"addressParts>addressPart"`
				}{{Parts: parts}}})
			}
			if v.Period != nil {
				add(v.Period.From.String())
			}
			for _, d := range v.Details {
				s := list.Clean(d.Text)
				if s == "" {
					s = a.text("DetailReference", d.Reference)
				}
				add(s)
			}
		}
	}
}

// entry adds why and since when a party is listed. Programmes are measures whose comment is the programme's code.
func (a *advanced) entry(e *advancedEntry) {
	name := a.text("List", e.List)
	a.any = a.any || name != ""
	a.sdn = a.sdn || strings.HasPrefix(name, "SDN")
	for _, i := range a.of[e.Profile] {
		x := a.waiting[i]
		for _, event := range e.Events {
			x.Lists = append(x.Lists, struct {
				Published string `xml:"datePublished,attr"`
				Name      string `xml:",chardata"`
			}{event.Date.String(), name})
		}
		for _, m := range e.Measures {
			kind := a.text("SanctionsType", m.Type)
			if code := list.Clean(m.Comment); code != "" && (kind == "" || strings.EqualFold(kind, "Program")) {
				x.Programs = append(x.Programs, code)
			} else if kind != "" && !strings.EqualFold(kind, "Program") {
				x.Types = append(x.Types, kind)
			}
		}
	}
}
