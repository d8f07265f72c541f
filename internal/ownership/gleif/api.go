package gleif

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/ownership"
)

// An answer is what GLEIF's API (JSON:API) gives for one question: one record or a page of them.
type answer struct {
	Meta struct {
		Pagination struct {
			Current int `json:"currentPage"`
			Last    int `json:"lastPage"`
			Total   int `json:"total"`
		} `json:"pagination"`
	} `json:"meta"`
	Data json.RawMessage `json:"data"`
}

type resource struct {
	Type       string          `json:"type"`
	Attributes json.RawMessage `json:"attributes"`
}

type apiEntity struct {
	LEI    string `json:"lei"`
	Entity struct {
		LegalName struct {
			Name string `json:"name"`
		} `json:"legalName"`
		Address struct {
			Lines   []string `json:"addressLines"`
			City    string   `json:"city"`
			Country string   `json:"country"`
			Code    string   `json:"postalCode"`
		} `json:"legalAddress"`
		Authority struct {
			ID string `json:"id"`
		} `json:"registeredAt"`
		Number   string `json:"registeredAs"`
		Category string `json:"category"`
	} `json:"entity"`
	Registration struct {
		Status string `json:"status"`
	} `json:"registration"`
}

type apiRelation struct {
	Relationship struct {
		Start   apiNode `json:"startNode"`
		End     apiNode `json:"endNode"`
		Type    string  `json:"type"`
		Status  string  `json:"status"`
		Periods []struct {
			Type  string `json:"type"`
			Start string `json:"startDate"`
			End   string `json:"endDate"`
		} `json:"periods"`
	} `json:"relationship"`
	Registration struct {
		Status string `json:"status"`
	} `json:"registration"`
}

type apiNode struct{ ID, Type string }

type apiException struct {
	LEI      string `json:"lei"`
	Category string `json:"category"`
	Reason   string `json:"reason"`
	ValidTo  string `json:"validTo"`
}

// isAnswer reports whether head begins an answer of the API that says who is who or who
// owns whom. Answers of other kinds name such records too, as links.
func isAnswer(head []byte) bool {
	compact := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, head)
	_, data, ok := bytes.Cut(compact, []byte(`"data":`))
	// records without their shell
	if bare := bytes.TrimLeft(compact, "["); !ok && bytes.HasPrefix(bare, []byte(`{"type":"`)) {
		data, ok = bare, true
	}
	if !ok || !bytes.Contains(compact, []byte(`"attributes"`)) && !bytes.Contains(compact, []byte("api.gleif.org")) {
		return false
	}
	if bytes.HasPrefix(data, []byte("[]")) { // an entity without children
		return bytes.Contains(compact, []byte("-child"))
	}
	for t, holds := range map[string]string{
		"relationship-records": `"startNode":{`, "reporting-exceptions": `"category":"`, "lei-records": `"legalName":{`,
	} {
		if bytes.Contains(data, []byte(`"type":"`+t+`"`)) && bytes.Contains(data, []byte(holds)) {
			return true
		}
	}
	return false
}

// api reads answers of the API, one after another or in an array.
func (d *decoder) api(ctx context.Context) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := ownership.NewElements(text)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, at, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.answer(raw, at); err != nil {
			return err
		}
	}
}

func (d *decoder) answer(raw []byte, at string) error {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		d.stats.Rows++
		return d.reject(at, "not an answer of the API: "+err.Error())
	}
	if p := a.Meta.Pagination; p.Last > 1 {
		d.note("%s is page %d of %d of an answer of %d records: the other pages are needed too", at, p.Current, p.Last,
			p.Total)
	}
	var all []resource
	data := bytes.TrimSpace(a.Data)
	if len(data) == 0 { // a record without its shell
		data = raw
	}
	switch {
	case len(data) == 0 || string(data) == "null":
	case data[0] == '[':
		if err := json.Unmarshal(data, &all); err != nil {
			d.stats.Rows++
			return d.reject(at, "not an answer of the API: "+err.Error())
		}
	default:
		all = make([]resource, 1)
		if err := json.Unmarshal(data, &all[0]); err != nil {
			d.stats.Rows++
			return d.reject(at, "not an answer of the API: "+err.Error())
		}
	}
	for i := range all {
		place := at
		if data[0] == '[' {
			place = fmt.Sprintf("%s data/%d", at, i)
		}
		if err := d.resource(&all[i], place); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) resource(x *resource, at string) error {
	bad := func(err error) error {
		d.stats.Rows++
		return d.reject(at, "attributes of a record of the API: "+err.Error())
	}
	switch x.Type {
	case "lei-records":
		var e apiEntity
		if err := json.Unmarshal(x.Attributes, &e); err != nil {
			return bad(err)
		}
		a := &e.Entity.Address
		return d.entity(entity{
			lei: e.LEI, name: e.Entity.LegalName.Name, country: a.Country, category: e.Entity.Category,
			authority: e.Entity.Authority.ID,
			number:    e.Entity.Number, registration: e.Registration.Status,
			address: []string{strings.Join(a.Lines, ", "), a.Code, a.City, a.Country},
		}, at)
	case "relationship-records":
		var r apiRelation
		if err := json.Unmarshal(x.Attributes, &r); err != nil {
			return bad(err)
		}
		s := &r.Relationship
		rel := relation{
			start: s.Start.ID, startType: s.Start.Type, end: s.End.ID, endType: s.End.Type, kind: s.Type,
			status:       s.Status,
			registration: r.Registration.Status,
		}
		for _, p := range s.Periods {
			rel.periods = append(rel.periods, period{p.Type, p.Start, p.End})
		}
		return d.relation(rel, at)
	case "reporting-exceptions":
		var e apiException
		if err := json.Unmarshal(x.Attributes, &e); err != nil {
			return bad(err)
		}
		return d.exception(exception{lei: e.LEI, category: e.Category, reasons: []string{e.Reason}, until: e.ValidTo},
			at)
	}
	d.skip["other"]++
	return nil
}
