package ocds

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// TestWhoAndWhat reads one release of each shape in which publishers name parties and items.
func TestWhoAndWhat(t *testing.T) {
	const head = `{"ocid":"ocds-ab1234-1","id":"1","date":"2031-02-01T00:00:00Z","tag":["award"],`
	const award = `"awards":[{"id":"a1","status":"active","suppliers":[{"id":"S1","name":"Velm Works AG"}]}]`
	for _, tt := range []struct {
		name, text string
		want       []string // "role name" and "item text|scheme code", sorted
	}{
		{"tender without award",
			head + `"buyer":{"name":"Port of Harn"},"tender":{"title":"Cranes","tenderers":[{"name":"Orrin AG"},{"name":"Velm AG"}]}}`,
			[]string{"kind tender", "buyer Port of Harn", "end user Port of Harn", "tenderer Orrin AG",
				"tenderer Velm AG", "item Cranes|"}},
		{"planning only", head +
			`"buyer":{"name":"Port of Harn"},"planning":{"budget":{"description":"Quay","budgetBreakdown":[{"sourceParty":{"name":"Bank of Harn"}}]}}}`,
			[]string{"kind tender", "buyer Port of Harn", "end user Port of Harn", "funder Bank of Harn",
				"item Quay|"}},
		{"award without supplier", head +
			`"buyer":{"name":"Port of Harn"},"awards":[{"id":"a1","title":"Cranes","suppliers":[]}]}`,
			[]string{"kind contract", "buyer Port of Harn", "end user Port of Harn", "item Cranes|"}},
		{"award called off", head +
			`"buyer":{"name":"Port of Harn"},"awards":[{"id":"a1","status":"cancelled","suppliers":[{"name":"Orrin AG"}]}]}`,
			[]string{"kind tender", "buyer Port of Harn", "end user Port of Harn", "tenderer Orrin AG"}},
		{"joint buyers", head + `"buyer":[{"name":"Port of Harn"},{"name":"Town of Harn"}],` + award + `}`,
			[]string{"kind contract", "buyer Port of Harn", "buyer Town of Harn", "end user Port of Harn",
				"seller Velm Works AG"}},
		{"suppliers in parties only", head +
			`"parties":[{"id":"1","name":"Velm AG","roles":["supplier"]},{"id":"2","name":"Orrin AG","roles":["supplier","tenderer"]},{"id":"3","name":"Port of Harn","roles":["buyer"]}],"awards":[{"id":"a1"}]}`,
			[]string{"kind contract", "buyer Port of Harn", "end user Port of Harn", "seller Orrin AG",
				"seller Velm AG", "tenderer Orrin AG"}},
		{"every role", head +
			`"parties":[{"id":"4","name":"Bank of Harn","roles":"funder, payer"},{"id":"5","name":"Quist AG","roles":["invitedCandidate"]},` +
			`{"id":"6","name":"Dorn AG","roles":["sub-contractor"]},{"id":"7","name":"Yard AG","roles":["weigher"]},{"id":"8","name":"Union of Harn"}],"buyer":{"name":"Port of Harn"},` + award + `}`,
			[]string{"kind contract", "buyer Port of Harn", "end user Port of Harn", "seller Velm Works AG",
				"payer Bank of Harn", "funder Bank of Harn", "tenderer Quist AG",
				"subcontractor Dorn AG", "other_role Yard AG", "other_role Union of Harn"}},
		{"bids and subcontracts", head +
			`"bids":{"details":[{"id":"1","tenderers":[{"name":"Quist AG"}]}]},"buyer":{"name":"Port of Harn"},"awards":[{"id":"a1","suppliers":[{"name":"Velm AG"}],` +
			`"subcontracting":{"subcontracts":[{"id":"1","subcontractor":{"name":"Dorn AG"}}]}}]}`,
			[]string{"kind contract", "buyer Port of Harn", "end user Port of Harn", "seller Velm AG",
				"tenderer Quist AG", "subcontractor Dorn AG"}},
		{"parties keyed by id", head +
			`"parties":{"S1":{"name":"Velm Works AG","roles":["supplier"],"identifier":{"scheme":"ZZ-REG","id":"12345678"}},"T1":{"name":"Quist AG","roles":["tenderer"]}},` +
			`"buyer":{"name":"Port of Harn"},` + award + `}`,
			[]string{"kind contract", "buyer Port of Harn", "end user Port of Harn",
				"seller Velm Works AG ZZ-REG:12345678", "tenderer Quist AG"}},
		{"names in other languages", head +
			`"parties":[{"id":"S1","name_pl":"Welm","name_en":"Velm AG","roles":["supplier"]}],"buyer":{"name_fr":"Port de Harn"},` + strings.Replace(award, `,"name":"Velm Works AG"`, ``, 1) + `}`,
			[]string{"kind contract", "buyer Port de Harn", "end user Port de Harn", "seller Velm AG"}},
		{"org-id", head + `"parties":[{"id":"GB-COH-01234567","name":"Velm AG","roles":["supplier"]}],"awards":[{"id":"a1","suppliers":[{"id":"GB-COH-01234567"}]}]}`,
			[]string{"kind contract", "seller Velm AG GB-COH:01234567"}},
		{"classification of the tender", head +
			`"tender":{"classification":{"scheme":"CPV","id":"42414000"},"additionalClassifications":[{"scheme":"HS","id":"8426","description":"Cranes"}],"title":"Lot 7"},` + award + `}`,
			[]string{"kind contract", "seller Velm Works AG", "item Lot 7|CPV 42414000", "item Lot 7|HS 8426"}},
		{"description only", head + `"tender":{"title":"Call 12","description":"Two cranes for the quay"},` + award +
			`}`,
			[]string{"kind contract", "seller Velm Works AG", "item Call 12: Two cranes for the quay|"}},
		{"description of the lot", head +
			`"tender":{"title":"Call 12","lots":[{"id":"1","description":"Cranes"},{"id":"2","description":"Meals"}]},"awards":[{"id":"a1","relatedLots":["2"],"suppliers":[{"name":"Velm AG"}]}]}`,
			[]string{"kind contract", "seller Velm AG", "item Meals|"}},
		{"items of the lot", head +
			`"tender":{"title":"Call 12","lots":[{"id":"1"},{"id":"2"}],"items":[{"id":"1","description":"Cranes","relatedLot":"1"},{"id":"2","description":"Meals","relatedLots":["2"]},{"id":"3","description":"Transport"}]},` +
			`"awards":[{"id":"a1","relatedLot":"2","suppliers":[{"name":"Velm AG"}]}]}`,
			[]string{"kind contract", "seller Velm AG", "item Meals|", "item Transport|", "item Call 12|"}},
		{"numbers and dates of a database", strings.Replace(head, `"2031-02-01T00:00:00Z"`,
			`{"$date":{"$numberLong":"1927929600000"}}`, 1) +
			`"awards":[{"id":"a1","value":{"amount":{"$numberDecimal":"12.50"},"currency":"EUR"},"date":{"$date":1927929600000},"suppliers":[{"name":"Velm AG"}]}]}`,
			[]string{"kind contract", "seller Velm AG", "value 12.50 EUR", "signed 2031-02-04T00:00:00Z"}},
		{"dates that stand for none", head +
			`"awards":[{"id":"a1","date":"2031-03-01","suppliers":[{"name":"Velm AG"}],"value":{"amount":"1,250,000.50","currency":"EUR"}}],` +
			`"contracts":[{"id":"c","awardID":"a1","dateSigned":"0001-01-01T00:00:00Z","period":{"startDate":"1900-01-01","endDate":"9999-12-31T23:59:59-05:00"}}]}`,
			[]string{"kind contract", "seller Velm AG", "value 1250000.50 EUR", "signed 2031-03-01"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decodeText(t, spoolLimit, tt.text)
			list := recordtest.Of[*record.Engagement](c)
			if len(list) != 1 {
				t.Fatalf("%d engagements, want 1; rejects %v", len(list), c.Rejects)
			}
			got := summary(list[0])
			sort.Strings(tt.want)
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

func summary(e *record.Engagement) (out []string) {
	say := func(role string, r record.RoleRef) {
		if !r.Ref.Zero() {
			s := role + " " + r.Ref.Name
			for _, id := range r.Ref.Identifiers {
				s += " " + id.String()
			}
			out = append(out, s)
		}
	}
	out = append(out, "kind "+e.Kind)
	say("buyer", record.RoleRef{Ref: e.Buyer})
	say("end user", record.RoleRef{Ref: e.EndUser})
	say("seller", record.RoleRef{Ref: e.Seller})
	say("payer", record.RoleRef{Ref: e.Payer})
	for _, s := range e.Sellers {
		say("seller", record.RoleRef{Ref: s})
	}
	for _, o := range e.Others {
		say(string(o.Role), o)
	}
	for _, i := range e.Items {
		out = append(out, "item "+i.Text+"|"+strings.TrimSpace(i.Scheme+" "+i.Code))
	}
	if !e.Value.Null() {
		out = append(out, fmt.Sprint("value ", e.Value, " ", e.Currency))
	}
	if e.Signed.Known() {
		out = append(out, "signed "+e.Signed.String())
	}
	sort.Strings(out)
	return out
}

// TestJointBids: everybody who bids together with others is named, wherever a publisher puts the group.
func TestJointBids(t *testing.T) {
	const group = `"members":[{"name":"Orrin Optics"},{"name":"A. Person","type":"natural person"}]`
	for _, tt := range []struct{ name, parties, rest string }{
		{"members of a party", `{"id":"j","name":"Lamps JV","roles":["tenderer"],` + group + `}`, ""},
		{"consortium of a party", `{"id":"j","name":"Lamps JV","roles":["supplier"],"consortium":{` + group + `}}`, ""},
		{"members of a bidder", "", `,"bids":{"details":[{"id":"1","tenderers":[{"name":"Lamps JV",` + group + `}]}]}`},
		{"partners in a bid", "", `,"bids":{"details":[{"id":"1","consortium":{"leadPartner":{"name":"Lamps JV"},` +
			`"jointVenturePartners":[{"name":"Orrin Optics"}]}}]}`},
		{"a group by its name", "", `,"bids":{"details":[{"id":"1","jointVenture":"Lamps JV",` +
			`"consortiumMembers":["Orrin Optics"],"consortium":"yes"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rest := tt.rest
			if tt.parties != "" {
				rest += `,"parties":[` + tt.parties + `]`
			}
			text := `{"releases":[{"ocid":"ocds-x-1","id":"1","date":"2031-01-01T00:00:00Z","tag":["tender"],` +
				`"buyer":{"name":"Town of Vell"},"tender":{"id":"T","title":"Lamps"}` + rest + `}]}`
			got := map[string]bool{}
			c, _ := decodeText(t, spoolLimit, text)
			for _, e := range recordtest.Of[*record.Engagement](c) {
				got[e.Seller.Name] = true
				for _, o := range e.Others {
					got[o.Ref.Name] = true
				}
			}
			if !got["Orrin Optics"] || !got["Lamps JV"] || got["A. Person"] || got["yes"] {
				t.Errorf("the parties of the tender are %v", got)
			}
		})
	}
}

// TestTenderStage: who bids in which way for what, until when, and what the releases do not say of it.
func TestTenderStage(t *testing.T) {
	const head = `{"releases":[{"ocid":"ocds-x-1","id":"1","date":"2031-01-01T00:00:00Z","tag":["tender"],` +
		`"buyer":{"name":"Town of Vell"},"parties":[{"id":"t1","name":"Orrin Optics","roles":["tenderer"]},` +
		`{"id":"t2","name":"Velm Works AG","roles":["subcontractor"]},{"id":"t3","roles":["tenderer"]}],`
	for _, tt := range []struct{ name, rest, want string }{
		{"two ways to bid", `"tender":{"id":"T"},"bids":{"details":[` +
			`{"id":"1","status":"valid","relatedLots":["1","2"],"tenderers":[{"id":"t1"}]},` +
			`{"id":"2","status":"withdrawn","relatedLots":["3"],"tenderers":[{"id":"t1"}]},` +
			`{"id":"3","status":"valid","relatedLots":["4"],"tenderers":[{"id":"t1"}]}]}`,
			"tender|Orrin Optics tenderer 1, 2, 4||Orrin Optics tenderer 3 withdrawn|Velm Works AG subcontractor"},
		{"one bid of two, one of whom is the subcontractor of others", `"tender":{"id":"T"},"bids":{"details":[` +
			`{"id":"1","tenderers":[{"id":"t1"},{"id":"t2"}],"lotValues":[{"relatedLot":"7"}]}]}`,
			"tender|Orrin Optics tenderer 7 one bid of 2|Velm Works AG tenderer 7 one bid of 2|Velm Works AG " +
				"subcontractor"},
		{"a bidder without a name", `"tender":{"id":"T"},"bids":{"details":[{"id":"1","tenderers":[{"id":"t3"}]}]}`,
			"tender|Orrin Optics tenderer|Velm Works AG subcontractor|1 hidden 3"},
		{"more bidders than names", `"tender":{"id":"T","numberOfTenderers":4}`,
			"tender|Orrin Optics tenderer|Velm Works AG subcontractor|4, and names 1 hidden 4"},
		{"a group by its name", `"tender":{"id":"T","tenderers":[{"name":"Consortium Lumen AG / Vitrum AG"}]}`,
			"tender|Consortium Lumen AG / Vitrum AG tenderer|Lumen AG tenderer Consortium Lumen AG / Vitrum AG|" +
				"Vitrum AG tenderer Consortium Lumen AG / Vitrum AG|Orrin Optics tenderer|Velm Works AG subcontractor"},
		{"a group without its members", `"tender":{"id":"T","tenderers":[{"name":"ARGE Stadtlicht"}]}`,
			"tender|ARGE Stadtlicht tenderer|Orrin Optics tenderer|Velm Works AG subcontractor|ARGE Stadtlicht " +
				"hidden 2"},
		{"dates", `"tender":{"id":"T","tenderPeriod":{"endDate":"2031-03-01T12:00:00Z"},` +
			`"enquiryPeriod":{"endDate":"2031-02-01T12:00:00Z"},"awardPeriod":{"endDate":"2031-04-01T12:00:00Z"}}`,
			"tender|Orrin Optics tenderer|Velm Works AG subcontractor|ask 2031-02-01|close 2031-03-01|decide " +
				"2031-04-01"},
		{"an award that is proposed",
			`"tender":{"id":"T","tenderPeriod":{"endDate":"2031-03-01T12:00:00Z"}},"awards":[` +
				`{"id":"a","status":"pending","suppliers":[{"id":"t1"},{"name":"Lumen AG"}],` +
				`"standstillPeriod":{"endDate":"2031-03-20T00:00:00Z"}}]`,
			"tender|Orrin Optics tenderer|Velm Works AG subcontractor|Lumen AG supplier|close 2031-03-01|still " +
				"2031-03-20"},
		{"an award in force", `"tender":{"id":"T"},"awards":[{"id":"a","status":"active","suppliers":[{"id":"t1"}]}]`,
			"contract|Orrin Optics tenderer|Velm Works AG subcontractor"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decodeText(t, spoolLimit, head+tt.rest+`}]}`)
			list := recordtest.Of[*record.Engagement](c)
			if len(list) != 1 {
				t.Fatalf("%d engagements; rejects %v", len(list), c.Rejects)
			}
			e := list[0]
			got := []string{e.Kind}
			for _, o := range e.Others {
				got = append(got, strings.Join(strings.Fields(strings.Join([]string{o.Ref.Name, string(o.Role), o.Lots,
					o.State, o.Group}, " ")), " "))
			}
			for _, h := range e.Hidden {
				got = append(got, fmt.Sprintf("%s hidden %d", h.Text, h.Why))
			}
			for what, d := range map[string]record.Date{"ask": e.AskBy, "close": e.Closes, "decide": e.DecideBy,
				"still": e.Standstill} {
				if d.Known() {
					got = append(got, what+" "+d.Time.Format("2006-01-02"))
				}
			}
			want := strings.Split(strings.ReplaceAll(tt.want, "||", "|"), "|")
			sort.Strings(got)
			sort.Strings(want)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		})
	}
}
