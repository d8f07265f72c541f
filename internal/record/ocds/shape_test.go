package ocds

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// TestShapes reads what publishers write where the standard has another shape.
func TestShapes(t *testing.T) {
	const head = `{"ocid":"ocds-ab1234-1","id":"1","date":"2031-02-01T00:00:00Z","buyer":{"name":"Port of Harn"},`
	const award = `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}]}]}`
	lots := func(rest string) string {
		return head + `"tender":{"lots":[{"id":"LOT-1","title":"Cranes"},{"id":"LOT-2","title":"Meals"}],"lotGroups":[{"id":"G","relatedLots":["LOT-2"]}],` +
			`"items":[{"id":"i1","description":"Hook","relatedLot":"LOT-1"},{"id":"i2","description":"Soup","relatedLot":"LOT-2"}]},"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],` + rest + `}]}`
	}
	for _, tt := range []struct {
		name, text string
		want       []string // what the engagement has beside its buyer Port of Harn and seller Velm AG
	}{
		{"members in capitals", strings.NewReplacer(`"awards"`, `"Awards"`, `"suppliers"`, `"Suppliers"`, `"name"`,
			`"Name"`, `"ocid"`, `"OCID"`).Replace(head + award), nil},
		{"members with strokes",
			head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}]}],"contracts":[{"id":"c","award_id":"a1","date_signed":"2031-03-01"}]}`, []string{"signed 2031-03-01"}},
		{"a list twice", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"suppliers":[{"name":"Orrin AG"}]}]}`,
			[]string{"seller Orrin AG"}},
		{"an organisation twice", head +
			`"tender":{"procuringEntity":{"name":"Bureau One"},"procuringEntity":{"name":"Bureau Two"}},` + award,
			[]string{"procuring_entity Bureau One", "procuring_entity Bureau Two"}},
		{"buyer of the award", strings.Replace(head, `"buyer":{"name":"Port of Harn"},`, "", 1) +
			`"awards":[{"id":"a1","buyer":{"name":"Port of Harn"},"suppliers":["Velm AG"]}]}`, nil},
		{"buyers of a contract",
			head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}]}],"contracts":[{"id":"c","buyers":[{"name":"Port of Harn"},{"name":"Town of Harn"}]}]}`,
			[]string{"buyer Town of Harn"}},
		{"supplier within", head +
			`"awards":[{"id":"a1","suppliers":[{"organization":{"name":"Velm AG"}},{"party":{"name":"Orrin AG"}}]}]}`,
			[]string{"seller Orrin AG"}},
		{"parties within and as texts", head +
			`"parties":["Quist AG",{"organisation":{"name":"Dorn AG"},"roles":["tenderer"]}],` + award,
			[]string{"other_role Quist AG", "tenderer Dorn AG"}},
		{"parties by role", head +
			`"parties":{"tenderers":[{"name":"Quist AG"},{"name":"Dorn AG"}],"funder":{"name":"Bank of Harn"}},` +
			award,
			[]string{"tenderer Quist AG", "tenderer Dorn AG", "funder Bank of Harn"}},
		{"roles in words", head +
			`"parties":[{"name":"Quist AG","roles":"tenderer and payee"},{"name":"Dorn AG","roles":[{"name":"Soumissionnaire"}]},{"name":"Yard AG","role":"Nachunternehmer"}],` + award,
			[]string{"tenderer Quist AG", "payee Quist AG", "tenderer Dorn AG", "subcontractor Yard AG"}},
		{"those who did not win", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}]},{"id":"a2","status":"unsuccessful","suppliers":[{"name":"Quist AG"}]}]}`, []string{"tenderer Quist AG"}},
		{"further suppliers of a framework",
			head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"},{"name":"Quist AG"}]}],"contracts":[{"id":"c","suppliers":[{"name":"Velm AG"}]}]}`,
			[]string{"supplier Quist AG"}},
		{"bids in other words", head +
			`"bids":[{"id":"1","tenderer":"Quist AG"},{"id":"2","bidder":{"name":"Dorn AG"}},{"id":"3","supplier":{"name":"Yard AG"}}],` + award,
			[]string{"tenderer Quist AG", "tenderer Dorn AG", "tenderer Yard AG"}},
		{"subcontractors in other words",
			head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"subContractors":[{"name":"Quist AG"}],"subcontractor":"Dorn AG"}]}`,
			[]string{"subcontractor Quist AG", "subcontractor Dorn AG"}},
		{"lots name bidders and buyers", head +
			`"tender":{"lots":[{"id":"1","title":"Cranes","tenderers":[{"name":"Quist AG"}],"buyer":{"name":"Town of Harn"}}]},` + award,
			[]string{"tenderer Quist AG", "buyer Town of Harn", "item Cranes|"}},
		{"money behind the contract", head +
			`"planning":{"budget":{"budgetBreakdown":[{"sourceEntity":{"name":"Bank One"}}]}},"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}]}],` +
			`"contracts":[{"id":"c","finance":[{"financingParty":{"name":"Bank Two"}}],"guarantees":[{"guarantor":{"name":"Bank Three"}}]}]}`,
			[]string{"funder Bank One", "funder Bank Two", "funder Bank Three"}},
		{"end user of the tender", head +
			`"tender":{"title":"Cranes","endUsers":[{"name":"Quay Three"},{"name":"Quay Four"}]},` + award,
			[]string{"end user Quay Three", "end_user Quay Four", "item Cranes|", "!end user Port of Harn"}},
		{"lot in other letters", lots(`"relatedLots":["lot-2"]`), []string{"item Soup|", "item Meals|"}},
		{"group of lots", lots(`"relatedLots":["G"]`), []string{"item Soup|", "item Meals|"}},
		{"two lots in a text", lots(`"relatedLots":"LOT-1; LOT-2"`), []string{"item Hook|", "item Soup|",
			"item Cranes|", "item Meals|"}},
		{"lot by the item", lots(`"items":[{"id":"i2"}]`), []string{"item Soup|", "item Meals|"}},
		{"no word of the lot", lots(`"status":"active"`), []string{"item Hook|", "item Soup|", "item Cranes|",
			"item Meals|"}},
		{"own words beside lots", lots(`"title":"Envelopes","relatedLots":["LOT-9"]`), []string{"item Envelopes|"}},
		{"classifications as a list", head +
			`"tender":{"title":"Cranes","classification":[{"scheme":"CPV","id":"42414000"},{"scheme":"CPV","id":"42414100"}]},` + award,
			[]string{"item Cranes|CPV 42414000", "item Cranes|CPV 42414100"}},
		{"classification as a text", head +
			`"tender":{"items":[{"id":"1","description":"Cranes","classification":"CPV 42414000"}]},` + award,
			[]string{"item Cranes|CPV 42414000"}},
		{"texts by language",
			head + `"tender":{"title":{"fr":"Grues","en":"Cranes"},"description":["Two","of them"]},` + award,
			[]string{"item Cranes: Two; of them|"}},
		{"project only", head + `"planning":{"project":{"title":"Quay wall"}},` + award, []string{"item Quay wall|"}},
		{"tender in a list", head + `"tender":[{"title":"Cranes"}],` + award, []string{"item Cranes|"}},
		{"amount with its currency", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"value":"1 234,50 €"}]}`,
			[]string{"value 1234.50 EUR"}},
		{"amount without tax", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"value":{"amountNet":12,"currency":"EUR"}}]}`,
			[]string{"value 12 EUR"}},
		{"seconds of a clock", head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"date":1932768000}]}`,
			[]string{"signed 2031-04-01T00:00:00Z"}},
		{"day first", head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"date":"31/03/2031"}]}`,
			[]string{"signed 2031-03-31"}},
		{"day or month first", head + `"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"date":"04/03/2031"}]}`,
			nil},
		{"zero of a clock", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"date":"1601-01-01T00:00:00Z"}]}`, nil},
		{"nothing is withheld", head + `"withheldInformation":false,` + award, nil},
		{"a name is withheld", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"},{"id":"S2","name":"[REDACTED]"},{"name":"Información reservada"}]}]}`, []string{"withheld"}},
		{"a word for none", head +
			`"tender":{"tenderers":[{"name":"n/a"},{"name":"unknown"},{"name":"Unknown Worlds AG"}]},` + award,
			[]string{"tenderer Unknown Worlds AG"}},
		{"the award is withheld", head +
			`"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],"withheldInformation":[{"reason":"secret"}]}]}`,
			[]string{"withheld"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decodeText(t, spoolLimit, tt.text)
			list := recordtest.Of[*record.Engagement](c)
			if len(list) != 1 {
				t.Fatalf("%d engagements, want 1; rejects %v", len(list), c.Rejects)
			}
			got := summary(list[0])
			if list[0].Withheld {
				got = append(got, "withheld")
			}
			want := []string{"kind contract", "buyer Port of Harn", "seller Velm AG"}
			user := "end user Port of Harn"
			for _, w := range tt.want {
				if w == "!"+user {
					user = ""
				} else {
					want = append(want, w)
				}
			}
			if user != "" {
				want = append(want, user)
			}
			sort.Strings(want)
			sort.Strings(got)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		})
	}
}

// TestNumbersOfParties reads the forms in which publishers give the number of a register.
func TestNumbersOfParties(t *testing.T) {
	for _, tt := range []struct{ supplier, want string }{
		{`{"name":"V","identifier":"GB-COH-01234567"}`, "GB-COH:01234567"},
		{`{"name":"V","identifiers":[{"scheme":"GB-COH","id":"01234567"}]}`, "GB-COH:01234567"},
		{`{"name":"V","identifier":[{"scheme":"GB-COH","id":"01234567"}]}`, "GB-COH:01234567"},
		{`{"name":"V","identifier":{"id":"GB-COH-01234567"}}`, "GB-COH:01234567"},
		{`{"name":"V","identifier":{"scheme":"GB-COH","id":"GB-COH-01234567"}}`, "GB-COH:01234567"},
		{`{"name":"V","additionalIdentifiers":{"a":{"scheme":"GB-COH","id":"01234567"}}}`, "GB-COH:01234567"},
		{`{"name":"V","identifier":{"scheme":"GB-COH","id":"1.234567E6"}}`, "GB-COH:1234567"},
		{`{"name":"V","lei":"5493001KJTIIGC8Y1R12"}`, "LEI:5493001KJTIIGC8Y1R12"},
		{`{"name":"V","id":"gb-coh-SC123456"}`, "GB-COH:SC123456"},
		{`{"name":"V","id":"GB-COH:01234567"}`, "GB-COH:01234567"},
		{`{"name":"V","id":"http://example.org/id/GB-COH-01234567"}`, "GB-COH:01234567"},
		{`{"name":"V","id":"us-buyer-1234"}`, ""},
	} {
		t.Run(tt.supplier, func(t *testing.T) {
			c, _ := decodeText(t, spoolLimit, `{"ocid":"ocds-ab1234-1","awards":[{"id":"a","suppliers":[`+tt.supplier+
				`]}]}`)
			e := recordtest.Of[*record.Engagement](c)[0]
			got := ""
			for _, id := range e.Seller.Identifiers {
				got += id.String()
			}
			if got != tt.want {
				t.Errorf("numbers %q, want %q", got, tt.want)
			}
		})
	}
}

// TestDamageCostsOneRelease breaks the third of five releases in each way, in a package and in an
// array, in one line and indented, with the ocid first and last: the other four are read, and a
// reject says that something was not.
func TestDamageCostsOneRelease(t *testing.T) {
	release := func(i int, last bool) string {
		first, end := fmt.Sprintf(`"ocid":"ocds-ab1234-%d",`, i), ""
		if last {
			first, end = "", fmt.Sprintf(`,"ocid":"ocds-ab1234-%d"`, i)
		}
		return "{" + first +
			fmt.Sprintf(`"id":"%d","buyer":{"name":"Port"},"tender":{"title":"Cranes"},"awards":[{"id":"a","status":"active","value":{"amount":10%d}}]`, i, i) + end + "}"
	}
	for _, damage := range []struct{ name, old, new string }{
		{"bracket too many", `"active"`, `"active"}`},
		{"brackets too many", `"active"`, `"active"}]}]}`},
		{"square bracket too many", `"active"`, `"active"]`},
		{"brackets open", `"active"`, `[{"active"`},
		{"quote too many", `"Cranes"`, `"Cra"nes"`},
		{"quote open", `"Cranes"`, `"Cranes`},
		{"no colon", `"title":`, `"title"`},
		{"no value", `102`, ``},
		{"word for no number", `102`, `<br>`},
		{"too deep a list", `102`, strings.Repeat("[", 400) + strings.Repeat("]", 400)},
		{"too deep an object", `102`, strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400)},
		{"comment", `"status":`, "// a note\n\"status\":"},
	} {
		for _, last := range []bool{false, true} {
			for _, wrap := range []string{`{"uri":"p","version":"1.1","releases":[%s]}`, `[%s]`} {
				for _, between := range []string{",", ",\n  "} {
					name := fmt.Sprintf("%s, ocid last %v, %q, %q", damage.name, last, wrap[:2], between)
					t.Run(name, func(t *testing.T) {
						var list []string
						for i := range 5 {
							r := release(i, last)
							if i == 2 {
								r = strings.Replace(r, damage.old, damage.new, 1)
							}
							list = append(list, strings.ReplaceAll(r, `],`, `]`+between))
						}
						c, n := decodeText(t, spoolLimit, fmt.Sprintf(wrap, strings.Join(list, between)))
						var got []string
						for _, e := range recordtest.Of[*record.Engagement](c) {
							got = append(got, e.Process[len(e.Process)-1:])
						}
						sort.Strings(got)
						if strings.ReplaceAll(strings.Join(got, ""), "2", "") != "0134" || n[0].Rejects == 0 {
							t.Errorf("read %v, %d rejects: %v", got, n[0].Rejects, c.Rejects)
						}
					})
				}
			}
		}
	}
}
