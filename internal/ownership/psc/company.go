package psc

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/party"
)

// companies reads the basic company data: a party for each company.
func (d *decoder) companies(ctx context.Context) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := csv.NewReader(text)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	head, err := in.Read()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	column, width := map[string]int{}, len(head)
	for i, name := range head {
		column[strings.TrimSpace(name)] = i
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cells, err := in.Read()
		if err == io.EOF {
			return nil
		}
		d.stats.Rows++
		if err != nil {
			var bad *csv.ParseError
			if !errors.As(err, &bad) {
				return err
			}
			if err := d.reject(fmt.Sprintf("row %d", bad.StartLine), "broken quoting: "+bad.Err.Error()); err != nil {
				return err
			}
			continue
		}
		line, _ := in.FieldPos(0)
		at := fmt.Sprintf("row %d", line)
		get := func(name string) string {
			if i, ok := column[name]; ok && i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		id, name := number(get("CompanyNumber")), get("CompanyName")
		switch {
		case len(cells) != width:
			err = d.reject(at, fmt.Sprintf("%d cells where the header has %d columns", len(cells), width))
		case id == "" || name == "":
			err = d.reject(at, "no company number or no name")
		default:
			err = d.company(id, name, get)
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) company(id, name string, get func(string) string) error {
	const a = "RegAddress."
	var parts []string
	for _, c := range []string{"AddressLine1", "AddressLine2", "PostTown", "County", "PostCode", "Country"} {
		if v := get(a + c); v != "" {
			parts = append(parts, v)
		}
	}
	d.stats.Records++
	return d.sink.Party(party.Ref{
		Name: name, LocalID: id, Scope: scope, Kind: party.Organization, Country: "GB", Address: strings.Join(parts, ", "),
		Identifiers: []party.Identifier{{Scheme: companyScheme, ID: id}},
	})
}
