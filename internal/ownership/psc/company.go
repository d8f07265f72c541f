package psc

import (
	"context"
	"strings"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
)

// companies reads the basic company data: a party for each company.
func (d *decoder) companies(ctx context.Context) error {
	return ownership.EachRow(ctx, d.src, func(r ownership.TableRow) error {
		d.stats.Rows++
		id, name := number(r.Get("CompanyNumber")), r.Get("CompanyName")
		if id == "" || name == "" {
			return d.reject(r.At, "no company number or no name")
		}
		return d.company(id, name, r)
	}, func(at, reason string) error {
		d.stats.Rows++
		return d.reject(at, reason)
	})
}

func (d *decoder) company(id, name string, r ownership.TableRow) error {
	const a = "RegAddress."
	var parts []string
	for _, c := range []string{"AddressLine1", "AddressLine2", "PostTown", "County", "PostCode", "Country"} {
		if v := r.Get(a + c); v != "" {
			parts = append(parts, v)
		}
	}
	d.stats.Records++
	return d.sink.Party(party.Ref{
		Name: name, LocalID: id, Scope: scope, Kind: party.Organization, Country: "GB", Address: strings.Join(parts,
			", "),
		Identifiers: []party.Identifier{{Scheme: companyScheme, ID: id}},
	})
}
