package bods

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

type recordKind uint8

const (
	entity recordKind = iota
	person
	relationship
)

// A statement is one statement of any version.
type statement struct {
	wire
	modern    bool // 0.4
	kind      recordKind
	key       string // recordId (0.4), statementID (0.2, 0.3)
	statement string
	date      string
}

// text is a string that may be null.
type text string

// wire holds the members that are read, of 0.4 above and of 0.2 and 0.3 in details, where
// they stand beside each other.
type wire struct {
	StatementID text            `json:"statementId"`
	RecordID    text            `json:"recordId"`
	RecordType  text            `json:"recordType"`
	Status      text            `json:"recordStatus"`
	Details     json.RawMessage `json:"recordDetails"`
	Date        text            `json:"statementDate"`

	OldID         text     `json:"statementID"`
	StatementType text     `json:"statementType"`
	Replaces      []string `json:"replacesStatements"`

	Publication struct {
		Date      text `json:"publicationDate"`
		Publisher struct {
			Name text `json:"name"`
			URL  text `json:"url"`
		} `json:"publisher"`
	} `json:"publicationDetails"`

	details
}

type details struct {
	Component  *bool         `json:"isComponent"`
	EntityType entityType    `json:"entityType"`
	PersonType text          `json:"personType"`
	Name       text          `json:"name"`
	Alternate  []string      `json:"alternateNames"`
	Names      []personName  `json:"names"`
	IDs        []identifier  `json:"identifiers"`
	Addresses  []address     `json:"addresses"`
	Place      *jurisdiction `json:"jurisdiction"`
	OldPlace   *jurisdiction `json:"incorporatedInJurisdiction"`

	Subject       end        `json:"subject"`
	Interested    end        `json:"interestedParty"`
	Interests     []interest `json:"interests"`
	Components    []string   `json:"componentRecords"`
	OldComponents []string   `json:"componentStatementIDs"`
}

type personName struct {
	Type text `json:"type"`
	Full text `json:"fullName"`
}

type identifier struct {
	ID         text `json:"id"`
	Scheme     text `json:"scheme"`
	SchemeName text `json:"schemeName"`
}

type address struct {
	Type     text         `json:"type"`
	Line     text         `json:"address"`
	PostCode text         `json:"postCode"`
	Country  jurisdiction `json:"country"`
}

// entityType is a word (0.2, 0.3) or an object (0.4).
type entityType string

func (e *entityType) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			Type text `json:"type"`
		}
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		*e = entityType(o.Type)
		return nil
	}
	return json.Unmarshal(b, (*string)(e))
}

// jurisdiction is a code (0.2 addresses) or an object with name and code.
type jurisdiction struct{ Name, Code string }

func (j *jurisdiction) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			Name text `json:"name"`
			Code text `json:"code"`
		}
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		j.Name, j.Code = string(o.Name), string(o.Code)
		return nil
	}
	return json.Unmarshal(b, &j.Code)
}

func (j *jurisdiction) String() string {
	switch {
	case j == nil:
		return ""
	case j.Code != "":
		return j.Code
	}
	return j.Name
}

// end is one end of a relationship: a record id, or why there is none.
type end struct {
	id, reason string
}

func (e *end) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, &e.id)
	}
	var o struct {
		ByEntity    text `json:"describedByEntityStatement"`
		ByPerson    text `json:"describedByPersonStatement"`
		Reason      text `json:"reason"`
		Description text `json:"description"`
		Unspecified *struct {
			Reason      text `json:"reason"`
			Description text `json:"description"`
		} `json:"unspecified"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	e.id = string(o.ByEntity)
	if e.id == "" {
		e.id = string(o.ByPerson)
	}
	reason, description := o.Reason, o.Description
	if o.Unspecified != nil {
		reason, description = o.Unspecified.Reason, o.Unspecified.Description
	}
	switch {
	case camel(string(reason)) == strings.ToLower(noOwner):
		e.reason = noOwner
	case reason != "" && description != "":
		e.reason = fmt.Sprintf("%s: %s", reason, description)
	default:
		e.reason = string(reason + description)
	}
	if e.id == "" && e.reason == "" {
		e.reason = "unknown"
	}
	return nil
}

// camel brings the codes of 0.2 ("voting-rights") and of 0.3 ("votingRights") together.
func camel(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }

// ref is the party that an entity or person statement describes.
func (s *statement) ref(scope string) party.Ref {
	ref := party.Ref{LocalID: s.key, Scope: scope}
	if s.kind == person {
		ref.Kind = party.Person
		if t := camel(string(s.PersonType)); t == "unknownperson" || t == "anonymousperson" {
			return ref
		}
		for _, n := range s.Names {
			if name := strings.TrimSpace(string(n.Full)); name != "" {
				ref.Name = name
				break
			}
		}
		return ref
	}
	ref.Name = strings.TrimSpace(string(s.Name))
	if ref.Name == "" && len(s.Alternate) > 0 {
		ref.Name = strings.TrimSpace(s.Alternate[0])
	}
	switch camel(string(s.EntityType)) {
	case "state", "statebody":
		ref.Kind = party.PublicBody
	case "unknownentity", "anonymousentity":
	default:
		ref.Kind = party.Organization
	}
	ref.Country = s.Place.String()
	if ref.Country == "" {
		ref.Country = s.OldPlace.String()
	}
	for i, a := range s.Addresses {
		if i > 0 && a.Type != "registered" {
			continue
		}
		var lines []string
		for _, part := range []string{string(a.Line), string(a.PostCode), a.Country.String()} {
			if part = strings.TrimSpace(part); part != "" && !strings.Contains(strings.Join(lines, ", "), part) {
				lines = append(lines, part)
			}
		}
		ref.Address = strings.Join(lines, ", ")
		if a.Type == "registered" {
			break
		}
	}
	for _, id := range s.IDs {
		scheme := id.Scheme
		if scheme == "" {
			scheme = id.SchemeName
		}
		if id.ID != "" {
			ref.Identifiers = append(ref.Identifiers, party.Identifier{Scheme: string(scheme), ID: string(id.ID)})
		}
	}
	return ref
}

// publisher is who published the statement: by name, or by the address that a publisher without a name has.
func (s *statement) publisher() string {
	p := &s.Publication.Publisher
	return strings.Join(strings.Fields(string(cmp.Or(p.Name, p.URL))), " ")
}

// parseDate reads a date that may be a year or a month.
func parseDate(field string, t text) (record.Date, error) {
	d, err := record.ParseDate(string(t))
	if err != nil {
		return d, errors.New(field + ": " + err.Error())
	}
	return d, nil
}
