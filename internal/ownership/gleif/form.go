package gleif

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"plimsoll/internal/ownership"
	"plimsoll/internal/record"
)

func (d *decoder) csv(ctx context.Context, do func(ownership.TableRow) error) error {
	return ownership.EachRow(ctx, d.src, do, func(at, reason string) error {
		d.stats.Rows++
		return d.reject(at, reason)
	})
}

func (d *decoder) partyRow(r ownership.TableRow) error {
	const a = "Entity.LegalAddress."
	return d.entity(entity{
		lei: r.Get("LEI"), name: r.Get("Entity.LegalName"), country: r.Get(a + "Country"),
		category:     r.Get("Entity.EntityCategory"),
		authority:    r.Get("Entity.RegistrationAuthority.RegistrationAuthorityID"),
		number:       r.Get("Entity.RegistrationAuthority.RegistrationAuthorityEntityID"),
		registration: r.Get("Registration.RegistrationStatus"),
		address: []string{r.Get(a + "FirstAddressLine"), r.Get(a + "PostalCode"), r.Get(a + "City"),
			r.Get(a + "Country")},
	}, r.At)
}

func (d *decoder) relationRow(r ownership.TableRow) error {
	rel := relation{
		start: r.Get("Relationship.StartNode.NodeID"), startType: r.Get("Relationship.StartNode.NodeIDType"),
		end: r.Get("Relationship.EndNode.NodeID"), endType: r.Get("Relationship.EndNode.NodeIDType"),
		kind: r.Get("Relationship.RelationshipType"), status: r.Get("Relationship.RelationshipStatus"),
		registration: r.Get("Registration.RegistrationStatus"),
	}
	for i := 1; ; i++ {
		p := "Relationship.Period." + strconv.Itoa(i) + "."
		if !r.Has(p + "periodType") {
			return d.relation(rel, r.At)
		}
		if k := r.Get(p + "periodType"); k != "" {
			rel.periods = append(rel.periods, period{k, r.Get(p + "startDate"), r.Get(p + "endDate")})
		}
	}
}

// The XML records, by local names: the prefixes and namespace years differ between versions.
type xmlEntity struct {
	LEI    string
	Entity struct {
		LegalName    string
		LegalAddress struct {
			FirstAddressLine, Line1, City, Country, PostalCode string
		}
		RegistrationAuthority struct {
			RegistrationAuthorityID, RegistrationAuthorityEntityID string
		}
		EntityCategory string
	}
	Registration struct{ RegistrationStatus string }
}

type xmlRelation struct {
	Relationship struct {
		StartNode, EndNode struct{ NodeID, NodeIDType string }
		RelationshipType   string
		RelationshipStatus string
		Periods            []struct {
			StartDate, EndDate, PeriodType string
		} `xml:"RelationshipPeriods>RelationshipPeriod"`
	}
	Registration struct{ RegistrationStatus string }
}

func (d *decoder) xml(ctx context.Context) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := xml.NewDecoder(text)
	in.CharsetReader = record.Charset
	depth := 0
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		token, err := in.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var start xml.StartElement
		switch t := token.(type) {
		case xml.StartElement:
			start = t
			depth++
		case xml.EndElement:
			depth--
			continue
		default:
			continue
		}
		line, _ := in.InputPos()
		at := fmt.Sprintf("line %d", line)
		switch start.Name.Local {
		case "RecordCount":
			var count string
			if err := in.DecodeElement(&count, &start); err != nil {
				return err
			}
			depth--
			// The header holds one count of its own and one of each source, deeper down.
			if v, err := strconv.Atoi(strings.TrimSpace(count)); err == nil && d.said < 0 && depth == 2 {
				d.said = v
			}
		case "LEIRecord":
			var x xmlEntity
			if err := in.DecodeElement(&x, &start); err != nil {
				return err
			}
			depth--
			if err := d.xmlEntity(&x, at); err != nil {
				return err
			}
		case "RelationshipRecord":
			var x xmlRelation
			if err := in.DecodeElement(&x, &start); err != nil {
				return err
			}
			depth--
			if err := d.xmlRelation(&x, at); err != nil {
				return err
			}
		case "Exception":
			var x xmlException
			if err := in.DecodeElement(&x, &start); err != nil {
				return err
			}
			depth--
			if err := d.exception(exception{lei: x.LEI, category: x.ExceptionCategory, reasons: x.ExceptionReason}, at); err != nil {
				return err
			}
		}
	}
}

func (d *decoder) xmlEntity(x *xmlEntity, at string) error {
	a := &x.Entity.LegalAddress
	if a.FirstAddressLine == "" { // LEI-CDF 1.0
		a.FirstAddressLine = a.Line1
	}
	return d.entity(entity{
		lei: x.LEI, name: x.Entity.LegalName, country: a.Country, category: x.Entity.EntityCategory,
		authority:    x.Entity.RegistrationAuthority.RegistrationAuthorityID,
		number:       x.Entity.RegistrationAuthority.RegistrationAuthorityEntityID,
		registration: strings.TrimSpace(x.Registration.RegistrationStatus),
		address:      []string{a.FirstAddressLine, a.PostalCode, a.City, a.Country},
	}, at)
}

func (d *decoder) xmlRelation(x *xmlRelation, at string) error {
	r := &x.Relationship
	rel := relation{
		start: r.StartNode.NodeID, startType: strings.TrimSpace(r.StartNode.NodeIDType),
		end: r.EndNode.NodeID, endType: strings.TrimSpace(r.EndNode.NodeIDType),
		kind: strings.TrimSpace(r.RelationshipType), status: strings.TrimSpace(r.RelationshipStatus),
		registration: strings.TrimSpace(x.Registration.RegistrationStatus),
	}
	for _, p := range r.Periods {
		rel.periods = append(rel.periods, period{strings.TrimSpace(p.PeriodType), p.StartDate, p.EndDate})
	}
	return d.relation(rel, at)
}

// In JSON every value of the XML form is an object {"$": value}.
type value struct {
	Text string `json:"$"`
}

type jsonEntity struct {
	LEI    value
	Entity struct {
		LegalName    value
		LegalAddress struct {
			FirstAddressLine, City, Country, PostalCode value
		}
		RegistrationAuthority struct {
			RegistrationAuthorityID, RegistrationAuthorityEntityID value
		}
		EntityCategory value
	}
	Registration struct{ RegistrationStatus value }
}

type jsonRelation struct {
	Record       *jsonRelation `json:"RelationshipRecord"` // one shell more in some files
	Relationship struct {
		StartNode, EndNode  struct{ NodeID, NodeIDType value }
		RelationshipType    value
		RelationshipStatus  value
		RelationshipPeriods struct {
			RelationshipPeriod []struct {
				StartDate, EndDate, PeriodType value
			}
		}
	}
	Registration struct{ RegistrationStatus value }
}

func (d *decoder) json(ctx context.Context, k kind, shells []string) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := ownership.NewElements(text, shells...)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, at, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch k {
		case jsonParties:
			err = d.jsonEntity(raw, at)
		case jsonExceptions:
			err = d.jsonException(raw, at)
		default:
			err = d.jsonRelation(raw, at)
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) jsonEntity(raw []byte, at string) error {
	var x jsonEntity
	if err := json.Unmarshal(raw, &x); err != nil {
		d.stats.Rows++
		return d.reject(at, "not a record of level 1: "+err.Error())
	}
	a := &x.Entity.LegalAddress
	return d.entity(entity{
		lei: x.LEI.Text, name: x.Entity.LegalName.Text, country: a.Country.Text, category: x.Entity.EntityCategory.Text,
		authority:    x.Entity.RegistrationAuthority.RegistrationAuthorityID.Text,
		number:       x.Entity.RegistrationAuthority.RegistrationAuthorityEntityID.Text,
		registration: x.Registration.RegistrationStatus.Text,
		address:      []string{a.FirstAddressLine.Text, a.PostalCode.Text, a.City.Text, a.Country.Text},
	}, at)
}

func (d *decoder) jsonRelation(raw []byte, at string) error {
	var x jsonRelation
	if err := json.Unmarshal(raw, &x); err != nil {
		d.stats.Rows++
		return d.reject(at, "not a record of level 2: "+err.Error())
	}
	if x.Record != nil {
		x = *x.Record
	}
	r := &x.Relationship
	rel := relation{
		start: r.StartNode.NodeID.Text, startType: r.StartNode.NodeIDType.Text,
		end: r.EndNode.NodeID.Text, endType: r.EndNode.NodeIDType.Text,
		kind: r.RelationshipType.Text, status: r.RelationshipStatus.Text,
		registration: x.Registration.RegistrationStatus.Text,
	}
	for _, p := range r.RelationshipPeriods.RelationshipPeriod {
		rel.periods = append(rel.periods, period{p.PeriodType.Text, p.StartDate.Text, p.EndDate.Text})
	}
	return d.relation(rel, at)
}
