package gleif

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"plimsoll/internal/ownership"
)

// A row gives the columns of a CSV record by name: their number changes between versions.
type row struct {
	column map[string]int
	cells  []string
}

func (r row) get(name string) string {
	if i, ok := r.column[name]; ok && i < len(r.cells) {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

func (d *decoder) csv(ctx context.Context, do func(row, string) error) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := csv.NewReader(text)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	r := row{column: map[string]int{}}
	for i, name := range head {
		r.column[strings.TrimSpace(name)] = i
	}
	width := len(head)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.cells, err = in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var bad *csv.ParseError
			if !errors.As(err, &bad) {
				return err
			}
			d.stats.Rows++
			if err := d.reject(fmt.Sprintf("row %d", bad.StartLine), "broken quoting: "+bad.Err.Error()); err != nil {
				return err
			}
			continue
		}
		line, _ := in.FieldPos(0)
		at := fmt.Sprintf("row %d", line)
		if len(r.cells) != width {
			d.stats.Rows++
			if err := d.reject(at, fmt.Sprintf("%d cells where the header has %d columns", len(r.cells), width)); err != nil {
				return err
			}
			continue
		}
		if err := do(r, at); err != nil {
			return err
		}
	}
}

func (d *decoder) partyRow(r row, at string) error {
	const a = "Entity.LegalAddress."
	return d.entity(entity{
		lei: r.get("LEI"), name: r.get("Entity.LegalName"), country: r.get(a + "Country"),
		category:     r.get("Entity.EntityCategory"),
		authority:    r.get("Entity.RegistrationAuthority.RegistrationAuthorityID"),
		number:       r.get("Entity.RegistrationAuthority.RegistrationAuthorityEntityID"),
		registration: r.get("Registration.RegistrationStatus"),
		address:      []string{r.get(a + "FirstAddressLine"), r.get(a + "PostalCode"), r.get(a + "City"), r.get(a + "Country")},
	}, at)
}

func (d *decoder) relationRow(r row, at string) error {
	rel := relation{
		start: r.get("Relationship.StartNode.NodeID"), startType: r.get("Relationship.StartNode.NodeIDType"),
		end: r.get("Relationship.EndNode.NodeID"), endType: r.get("Relationship.EndNode.NodeIDType"),
		kind: r.get("Relationship.RelationshipType"), status: r.get("Relationship.RelationshipStatus"),
		registration: r.get("Registration.RegistrationStatus"),
	}
	for i := 1; ; i++ {
		p := "Relationship.Period." + strconv.Itoa(i) + "."
		if _, ok := r.column[p+"periodType"]; !ok {
			return d.relation(rel, at)
		}
		if k := r.get(p + "periodType"); k != "" {
			rel.periods = append(rel.periods, period{k, r.get(p + "startDate"), r.get(p + "endDate")})
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

func (d *decoder) json(ctx context.Context, k kind) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := ownership.NewElements(text, "records", "relations", "exceptions")
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
