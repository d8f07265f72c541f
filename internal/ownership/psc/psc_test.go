package psc

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
)

// brief prints what was read, a statement or party a line.
func brief(t *testing.T, text string) ([]string, *ownershiptest.Collector, []string) {
	t.Helper()
	if !Recognise([]byte(text)) {
		t.Fatalf("not recognised: %s", text)
	}
	c := &ownershiptest.Collector{}
	stats, err := Decode(context.Background(), ownershiptest.File(t, []byte(text)), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(stats); err != nil {
		t.Error(err)
	}
	var out []string
	for _, s := range c.Statements {
		line := fmt.Sprintf("%s > %s", s.Owner.Name, s.Owned.LocalID)
		for _, id := range s.Owner.Identifiers {
			line += " " + id.String()
		}
		if s.ShareKnown {
			line += fmt.Sprintf(" %.4g-%.4g", s.Min, s.Max)
		}
		for _, f := range []struct {
			on   bool
			text string
		}{{s.MinOpen, "minopen"}, {s.MaxOpen, "maxopen"}, {s.Control, "control"}, {s.Ended, "ended"},
			{s.Hidden(), "hidden " + s.Reason}} {
			if f.on {
				line += " " + f.text
			}
		}
		if s.Until.Known() {
			line += " .." + s.Until.String()
		}
		out = append(out, line)
	}
	for _, p := range c.Parties {
		out = append(out, fmt.Sprintf("%s %s %s", p.Name, p.Identifiers[0], p.Address))
	}
	return out, c, stats.Notes
}

func entry(kind, rest string) string {
	return `{"company_number":"441200","data":{"kind":"` + kind +
		`","links":{"self":"/company/00441200/persons-with-significant-control/x/1"}` + rest + `}}`
}

func TestDecode(t *testing.T) {
	const body = "corporate-entity-person-with-significant-control"
	natures := func(n ...string) string {
		return `,"name":"Ostrin  Works","natures_of_control":["` + strings.Join(n, `","`) + `"]`
	}
	for _, tt := range []struct{ name, text, want string }{
		{"three bands of one entry", entry(body, natures("ownership-of-shares-50-to-75-percent",
			"voting-rights-50-to-75-percent")), "Ostrin Works > 00441200 0.5-0.75 minopen maxopen control"},
		{"the highest band", entry(body, natures("ownership-of-shares-75-to-100-percent-as-trust")),
			"Ostrin Works > 00441200 0.75-1"},
		{"the lowest band", entry(body, natures("ownership-of-shares-25-to-50-percent")),
			"Ostrin Works > 00441200 0.25-0.5 minopen"},
		{"an overseas entity", entry("corporate-entity-beneficial-owner",
			natures("ownership-of-shares-more-than-25-percent-registered-overseas-entity")),
			"Ostrin Works > 00441200 0.25-1 minopen"},
		{"no share", entry(body, natures("significant-influence-or-control")), "Ostrin Works > 00441200 control"},
		{"no nature", entry(body, `,"name":"Ostrin Works"`), "Ostrin Works > 00441200"},
		{"ceased", entry(body, natures("ownership-of-shares-75-to-100-percent")+`,"ceased_on":"2030-02-03"`),
			"Ostrin Works > 00441200 0.75-1 ..2030-02-03"},
		{"a number of the same register", entry(body, natures("voting-rights-75-to-100-percent")+
			`,"identification":{"country_registered":"Scotland","registration_number":"sc12"}`),
			"Ostrin Works > 00441200 GB-COH:SC12 control"},
		{"a number without its zeros", entry(body, natures("voting-rights-75-to-100-percent")+
			`,"identification":{"place_registered":"Companies House","registration_number":"12"}`),
			"Ostrin Works > 00441200 GB-COH:00000012 control"},
		{"a person", entry("individual-person-with-significant-control",
			`,"name":"Ilke Oranth","address":{"country":"Wales"},"natures_of_control":["ownership-of-shares-25-to-50-percent"]`),
			"Ilke Oranth > 00441200 0.25-0.5 minopen"},
		{"protected", entry("super-secure-person-with-significant-control", ""),
			" > 00441200 hidden super-secure-person-with-significant-control"},
		{"not identified", entry("persons-with-significant-control-statement",
			`,"statement":"psc-exists-but-not-identified"`), " > 00441200 hidden psc-exists-but-not-identified"},
		{"nobody", entry("persons-with-significant-control-statement",
			`,"statement":"no-individual-or-entity-with-signficant-control"`), " > 00441200 0-0"},
		{"a statement of a later version", entry("persons-with-significant-control-statement",
			`,"statement":"psc-something-new"`), " > 00441200 hidden psc-something-new"},
		{"about somebody named elsewhere", entry("persons-with-significant-control-statement",
			`,"statement":"psc-has-failed-to-confirm-changed-details"`), ""},
		{"a page of the API", `{"items":[{"kind":"` + body +
			`","name":"Ostrin Works","natures_of_control":["ownership-of-shares-75-to-100-percent"],` +
			`"links":{"self":"/company/00000007/persons-with-significant-control/x/1"}}],"active_count":1}`,
			"Ostrin Works > 00000007 0.75-1"},
		{"basic company data", "CompanyName, CompanyNumber,RegAddress.PostTown\nOSTRIN WORKS LTD,12,PORT MELIN\n",
			"OSTRIN WORKS LTD GB-COH:00000012 PORT MELIN"},
		{"basic company data in other letters", "COMPANYNAME, COMPANYNUMBER,REGADDRESS.POSTTOWN\nOSTRIN WORKS " +
			"LTD,12,PORT MELIN\n", "OSTRIN WORKS LTD GB-COH:00000012 PORT MELIN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, c, _ := brief(t, tt.text)
			if d := cmp.Diff(tt.want, strings.Join(got, "|")); d != "" || len(c.Rejects) > 0 {
				t.Errorf("rejects %v (-want +got):\n%s", c.Rejects, d)
			}
		})
	}
}

func TestDecodeRejects(t *testing.T) {
	for _, tt := range []struct{ name, text, words string }{
		{"no company", `{"data":{"kind":"corporate-entity-person-with-significant-control","name":"X","natures_of_control":[]},"company_number":""}`, "no company_number"},
		{"no name", entry("corporate-entity-person-with-significant-control", ""), "without a name"},
		{"a kind that is not known", entry("robot-with-significant-control", `,"name":"X"`), "unknown kind"},
		{"a day that is none", entry("corporate-entity-person-with-significant-control",
			`,"name":"X","notified_on":"2030-02-31"`), "notified_on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c, _ := brief(t, tt.text)
			if len(c.Rejects) != 1 || !strings.Contains(c.Rejects[0].Reason, tt.words) {
				t.Errorf("rejects %+v, want one with %q", c.Rejects, tt.words)
			}
		})
	}
	_, _, notes := brief(t, entry("super-secure-person-with-significant-control", "")+"\n"+
		`{"data":{"kind":"totals#persons-of-significant-control-snapshot","persons_of_significant_control_count":3}}`)
	if len(notes) != 2 {
		t.Errorf("notes %q, want the count that is short and the holder who is not named", notes)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(entry("corporate-entity-person-with-significant-control",
		`,"name":"X","natures_of_control":["ownership-of-shares-25-to-50-percent"]`)))
	f.Add([]byte("CompanyName, CompanyNumber,RegAddress.PostTown\nX,1,Y\n"))
	f.Add([]byte(`{"items":[{"kind":"individual-person-with-significant-control"}],"links":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		c := &ownershiptest.Collector{}
		stats, err := Decode(context.Background(), ownershiptest.File(t, text), c)
		if err != nil {
			return
		}
		if err := c.Check(stats); err != nil {
			t.Error(err)
		}
	})
}
