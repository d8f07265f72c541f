package signal

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/book"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func dayOfNull(s string) sql.NullTime {
	if s == "" {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: on(s), Valid: true}
}

// TestSound: which review covers a use that began on 10 March 2031.
func TestSound(t *testing.T) {
	run := world{}.open(t)
	lacks := func(columns ...string) (bits int64) {
		for _, c := range columns {
			for bit := int64(1); bit < 1<<40; bit <<= 1 {
				if run.book.Lacking(book.Approvals, bit)("approvals." + c) {
					bits |= bit
				}
			}
		}
		return bits
	}
	good := gate{kind: "human_rights_review", outcome: "approved", decided: dayOfNull("2031-02-01"), decidedDay: true,
		paid: "no"}
	rough := func(first string) gate {
		g := good
		g.decided, g.decidedDay = dayOfNull(first), false
		return g
	}
	with := func(change func(*gate)) gate { g := good; change(&g); return g }
	for _, tt := range []struct {
		name   string
		gate   gate
		sound  bool
		reason Reason // of the gap; "" for none
		column string
	}{
		{"a sound review", good, true, "", ""},
		{"under another name", with(func(g *gate) { g.kind = "hria" }), true, "", ""},
		{"nobody is said to be paid", with(func(g *gate) { g.paid = "" }), true, "", ""},
		{"on the day", with(func(g *gate) { g.decided = dayOfNull("2031-03-10") }), true, "", ""},
		{"late", with(func(g *gate) { g.decided = dayOfNull("2031-03-11") }), false, "", ""},
		{"three years old", with(func(g *gate) { g.decided = dayOfNull("2028-03-10") }), true, "", ""},
		{"in the month before", rough("2031-02-01"), true, "", ""},
		{"in the month itself", rough("2031-03-01"), false, CellEmpty, "approvals.decided"},
		{"in the year before", rough("2030-01-01"), true, "", ""},
		{"in the year itself", rough("2031-01-01"), false, CellEmpty, "approvals.decided"},
		{"in the month after", rough("2031-04-01"), false, "", ""},
		{"in the year in which it may be too old", rough("2028-01-01"), false, CellEmpty, "approvals.decided"},
		{"in a year that is too old", rough("2027-01-01"), false, "", ""},
		{"too old", with(func(g *gate) { g.decided = dayOfNull("2028-03-09") }), false, "", ""},
		{"by somebody paid on the deal", with(func(g *gate) { g.paid = "yes" }), false, "", ""},
		{"refused", with(func(g *gate) { g.outcome = "refused" }), false, "", ""},
		{"not decided", with(func(g *gate) { g.outcome = "in_progress" }), false, "", ""},
		{"no outcome", with(func(g *gate) { g.outcome = "" }), false, "", ""},
		{"decided after the day of the review", with(func(g *gate) { g.after = true }), false, "", ""},
		{"no review", with(func(g *gate) { g.kind = "credit_check" }), false, "", ""},
		{"an outcome that is not understood", with(func(g *gate) { g.outcome = "see_minutes" }), false, WordUnknown,
			"approvals.outcome"},
		{"no column of outcomes", with(func(g *gate) { g.outcome, g.lacks = "", lacks("outcome") }), false,
			ColumnAbsent, "approvals.outcome"},
		{"no date", with(func(g *gate) { g.decided = sql.NullTime{} }), false, CellEmpty, "approvals.decided"},
		{"no column of dates", with(func(g *gate) { g.decided, g.lacks = sql.NullTime{}, lacks("decided") }), false,
			ColumnAbsent, "approvals.decided"},
		{"no column of who is paid", with(func(g *gate) { g.paid, g.lacks = "", lacks("paid_on_deal") }), false,
			ColumnAbsent, "approvals.paid_on_deal"},
		{"a word for paid that is not understood", with(func(g *gate) { g.paid = "perhaps" }), false, WordUnknown,
			"approvals.paid_on_deal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ok, gap := run.sound(tt.gate, need{class: "speech", day: dayOfNull("2031-03-10"),
				last: dayOfNull("2031-03-10").Time})
			if ok != tt.sound {
				t.Errorf("sound = %v", ok)
			}
			if (gap != nil) != (tt.reason != "") || gap != nil && (gap.Reason != tt.reason || gap.Column != tt.column) {
				t.Errorf("gap = %+v, want %s %s", gap, tt.reason, tt.column)
			}
		})
	}
	covers := func(engagement, class string) bool { return engagement == "K-2" && class == "speech" }
	for _, tt := range []struct {
		name, engagement string
		want             []string
	}{
		{"of the contract", "K-1", []string{}}, {"of the party at large", "", []string{}},
		{"of another contract for the same", "K-2", []string{}}, {"of another contract", "K-3", []string{"speech"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := with(func(g *gate) { g.engagement = tt.engagement })
			got, gaps := run.unreviewed([]need{{"speech", "K-1", dayOfNull("2031-03-10"),
				dayOfNull("2031-03-10").Time}}, []gate{g}, covers)
			if !cmp.Equal(got, tt.want) || len(gaps) > 0 {
				t.Errorf("unreviewed = %v, %+v", got, gaps)
			}
		})
	}
}

// TestReviewsOfParties: what no sound review covers, from the records on.
func TestReviewsOfParties(t *testing.T) {
	buy := func(id, who string) *record.Engagement { return deal(id, who, who, "Speech", "10") }
	review := func(id, outcome, day, paid string) *record.Approval {
		a := &record.Approval{Engagement: id, Kind: "human rights review", Outcome: outcome, PaidOnDeal: paid}
		if day != "" {
			a.Decided = date(day)
		}
		return a
	}
	large := &record.Approval{Party: ref("At Large"), Kind: "human_rights_review", Outcome: "approved",
		Decided: date("2030-05-01"), PaidOnDeal: "no"}
	f := facts(t, world{records: []record.Record{
		buy("K-1", "Reviewed"), review("K-1", "Approved", "2031-01-05", "no"),
		buy("K-2", "Late"), review("K-2", "approved", "2031-02-05", "no"),
		buy("K-3", "Paid"), review("K-3", "approved", "2031-01-05", "yes"),
		buy("K-4", "Unclear"), review("K-4", "see minutes", "2031-01-05", "no"),
		buy("K-5", "After"), review("K-5", "approved", "2032-08-01", "no"),
		buy("K-6", "At Large"), large,
		buy("K-7", "Nothing"), review("K-1", "pending", "", "no"),
	}}.open(t), OfParty)
	for _, tt := range []struct {
		who        string
		unreviewed []string
		gap        string // column
		review     any
		faults     any
	}{
		{"Reviewed", []string{}, "", "approved", false},
		{"Late", []string{"speech"}, "", "approved", true},
		{"Paid", []string{"speech"}, "", "approved", true},
		{"Unclear", []string{}, "approvals.outcome", nil, nil},
		{"After", []string{"speech"}, "", nil, nil},
		{"At Large", []string{}, "", "approved", false},
		{"Nothing", []string{"speech"}, "", "none", false},
	} {
		t.Run(tt.who, func(t *testing.T) {
			x := f[tt.who]
			if !cmp.Equal(x.Values["party.unreviewed"], tt.unreviewed) {
				t.Errorf("unreviewed = %v, gaps %+v", x.Values["party.unreviewed"], x.Gaps["party.unreviewed"])
			}
			if tt.gap != "" && gapOf(x, "party.unreviewed", tt.gap) == nil || tt.gap == "" &&
				len(x.Gaps["party.unreviewed"]) > 0 {
				t.Errorf("gaps = %+v", x.Gaps["party.unreviewed"])
			}
			if x.Values["party.review"] != tt.review || x.Values["party.gate_faults"] != tt.faults {
				t.Errorf("review %v, faults %v; gaps %+v %+v", x.Values["party.review"], x.Values["party.gate_faults"],
					x.Gaps["party.review"], x.Gaps["party.gate_faults"])
			}
		})
	}
}

// TestAdditionReviewed: what an amendment adds wants a review on or after the day of the amendment.
func TestAdditionReviewed(t *testing.T) {
	var records []record.Record
	add := func(id, item string, reviews ...*record.Approval) {
		again := deal(id, "Army", "Army", item, "10")
		again.Signed = date("2031-06-01")
		records = append(records, deal(id, "Army", "Army", "Storage", "10"), again)
		for _, a := range reviews {
			a.Engagement, a.Kind, a.PaidOnDeal = id, "human_rights_review", "no"
			records = append(records, a)
		}
	}
	add("same", "Storage")
	add("none", "Storage and speech")
	add("before", "Storage and speech", &record.Approval{Outcome: "approved", Decided: date("2031-05-31")})
	add("on the day", "Storage and speech", &record.Approval{Outcome: "approved", Decided: date("2031-06-01")})
	add("refused", "Storage and speech", &record.Approval{Outcome: "refused", Decided: date("2031-06-02")})
	add("without a date", "Storage and speech", &record.Approval{Outcome: "approved"})
	add("unclear", "Storage and speech", &record.Approval{Outcome: "see minutes", Decided: date("2031-06-02")})
	add("after the day of the review", "Storage and speech", &record.Approval{Outcome: "approved",
		Decided: date("2032-08-01")})
	f := facts(t, world{records: records}.open(t), OfEngagement)
	for id, want := range map[string]any{
		"same": true, "none": false, "before": false, "on the day": true, "refused": false, "without a date": nil,
		"unclear":                     nil,
		"after the day of the review": false,
	} {
		t.Run(id, func(t *testing.T) {
			if got := f[id].Values["engagement.addition_reviewed"]; got != want {
				t.Errorf("addition_reviewed = %v, want %v", got, want)
			}
			if want == nil && len(f[id].Gaps["engagement.addition_reviewed"]) == 0 {
				t.Error("no gap")
			}
		})
	}
}

// TestLicencesAndCertificates: a gate or a record of kind licence, and the certificates of end use.
func TestLicencesAndCertificates(t *testing.T) {
	var records []record.Record
	sale := func(id, buyer, code string, approvals ...record.Approval) *record.Engagement {
		e := deal(id, buyer, buyer, "Face gates", "10")
		e.Items[0].Scheme, e.Items[0].Code = "ECCN", code
		records = append(records, e)
		for _, a := range approvals {
			a.Engagement = id
			records = append(records, &a)
		}
		return e
	}
	gate := func(kind, outcome string) record.Approval {
		return record.Approval{Kind: kind, Outcome: outcome, Decided: date("2031-01-02")}
	}
	licence := sale("L-1", "Harbour Police", "4A005")
	licence.Kind, licence.Start, licence.End, licence.Signed = "licence", date("2031-01-01"), date("2031-12-31"),
		date("2030-12-01")
	sale("covered", "Harbour Police", "4A005")
	sale("other goods", "Harbour Police", "5A001")
	sale("other buyer", "Border Trust", "4A005")
	byAnother := func(id, licensee, seller string) {
		l, s := sale("L-"+id, "Harbour "+id, "4A005"), sale(id, "Harbour "+id, "4A005")
		l.Kind, l.Start, l.Signed = "licence", date("2031-01-01"), date("2030-12-01")
		l.Seller, s.Seller = ref(licensee), ref(seller)
		if id == "dealer" {
			s.Reseller = ref(licensee)
		}
	}
	byAnother("seller", "Skerry Optics Ltd", "Skerry Optics Ltd")
	byAnother("another", "Skerry Optics Ltd", "Alder Optics Ltd")
	byAnother("dealer", "Bright Resale Ltd", "Skerry Optics Ltd")
	byAnother("unsaid", "", "Skerry Optics Ltd")
	byAnother("unsaid sale", "Skerry Optics Ltd", "")
	byAnother("neither", "", "")
	sale("marked", "Mill", "5A001", gate("end_use_certificate", "missing"))
	sale("marked, then given", "Mill", "5A001", gate("end_use_certificate", "not_on_file"), gate("end_use_certificate",
		"valid"))
	sale("no licence on file", "Mill", "5A001", gate("licence", "missing"))
	sale("too late", "Harbour Police", "4A005").Signed = date("2032-01-01")
	sale("before it", "Harbour Police", "4A005").Signed = date("2030-12-31")
	sale("granted", "Mill", "5A001", gate("Export licence", "granted"))
	sale("granted late", "Mill", "5A001", gate("licence", "granted")).Signed = date("2031-01-01")
	sale("no word", "Mill", "5A001", gate("licence", ""))
	sale("denied", "Mill", "5A001", gate("licence", "denied"))
	sale("unclear", "Mill", "5A001", gate("licence", "see file"))
	sale("valid", "Mill", "5A001", gate("end-use certificate", "valid"))
	sale("expired", "Mill", "5A001", gate("EUC", "expired"))
	other := gate("end_use_certificate", "valid")
	other.Party = ref("Dairy")
	sale("of another", "Mill", "5A001", other)
	sale("asked for", "Mill", "5A001", gate("end_use_certificate", "requested"))
	sale("two", "Mill", "5A001", gate("end_use_certificate", "expired"), gate("end_use_certificate", "valid"))
	sale("not read", "Mill", "5A001", gate("end_use_certificate", "zzz"))
	sale("no outcome", "Mill", "5A001", gate("end_use_certificate", ""))
	sale("asked for and refused", "Mill", "5A001", gate("end_use_certificate", "requested"), gate("end_use_certificate",
		"refused"))
	sale("decided afterwards", "Mill", "5A001", gate("end_use_certificate", "valid")).Signed = date("2031-01-01")
	f := facts(t, world{records: records}.open(t), OfEngagement)
	for _, tt := range []struct {
		id          string
		licence     any
		certificate any
	}{
		{"seller", true, "missing"}, {"another", false, "missing"}, {"dealer", true, "missing"},
		{"neither", true, "missing"},
		{"marked", false, "absent"}, {"marked, then given", false, "valid"}, {"no licence on file", false, "missing"},
		{"covered", true, "missing"}, {"other goods", false, "missing"}, {"other buyer", false, "missing"},
		{"too late", false, "missing"},
		{"before it", false, "missing"}, {"granted", true, "missing"}, {"granted late", false, "missing"},
		{"no word", nil, "missing"}, {"denied", false, "missing"},
		{"unclear", nil, "missing"},
		{"valid", false, "valid"}, {"expired", false, "expired"}, {"of another", false, "other_party"},
		{"asked for", false, "pending"},
		{"two", false, "valid"}, {"not read", false, nil}, {"no outcome", false, nil},
		{"asked for and refused", false, "expired"}, {"decided afterwards", false, "late"},
	} {
		t.Run(tt.id, func(t *testing.T) {
			for signal, want := range map[string]any{"engagement.licence": tt.licence,
				"engagement.end_use_certificate": tt.certificate} {
				if got := f[tt.id].Values[signal]; got != want {
					t.Errorf("%s = %v, want %v", signal, got, want)
				}
				if want == nil && gapOf(f[tt.id], signal, "approvals.outcome") == nil {
					t.Errorf("gaps of %s = %+v", signal, f[tt.id].Gaps[signal])
				}
			}
		})
	}
}

// TestLicenceOfAnotherSeller: a licence is its holder's; who sells under it is not known where one row does not say.
func TestLicenceOfAnotherSeller(t *testing.T) {
	for _, tt := range []struct{ licensee, seller, want string }{
		{"Skerry Optics Ltd", "Skerry Optics Ltd", Covers}, {"SKERRY OPTICS LTD", "Skerry Optics Ltd", Covers},
		{"Alder Optics Ltd", "Skerry Optics Ltd", OtherSeller}, {"", "Skerry Optics Ltd", ""}, {"Alder Optics Ltd", "",
			""}, {"", "", Covers},
	} {
		t.Run(tt.licensee+"/"+tt.seller, func(t *testing.T) {
			var records []record.Record
			for _, id := range []string{"L-1", "S-1"} {
				e := deal(id, "Army", "Army", "Face gates", "10")
				e.Items[0].Scheme, e.Items[0].Code, e.Seller = "ECCN", "4A005", ref(tt.seller)
				if id == "L-1" {
					e.Kind, e.Start, e.Signed, e.Seller = "licence", date("2030-01-01"), date("2030-01-01"),
						ref(tt.licensee)
				}
				records = append(records, e)
			}
			f := facts(t, world{records: records}.open(t), OfEngagement)["S-1"]
			got, _ := f.Values["engagement.licence_state"].(string)
			if got != tt.want || tt.want == "" && gapOf(f, "engagement.licence_state", "engagements.seller") == nil {
				t.Errorf("licence_state = %q, gaps %+v; want %q", got, f.Gaps["engagement.licence_state"], tt.want)
			}
		})
	}
}

// TestAfter: what is dated after the day of the review is left out of every table, and counted.
func TestAfter(t *testing.T) {
	const later = "2032-07-02"
	known, late := deal("K-1", "Army", "Army", "Speech", "10"), deal("K-2", "Army", "Army", "Translation", "10")
	late.Signed = date(later)
	claims := func(id, day string) *record.Claim {
		return &record.Claim{ID: id, About: ref("Army"), Published: date(day), Grade: "B2"}
	}
	next := account("A1", "", "Hospital", "")
	next.Since = date(later)
	w := world{
		records: []record.Record{
			known, late, account("A1", "", "Army", ""), next, claims("C1", "2032-07-01"), claims("C2", later),
			&record.Amendment{Engagement: "K-1", Date: date(later), Before: "10", After: "99", Currency: "CUR"},
			&record.Transaction{Engagement: "K-1", Date: date(later), Value: "3", Payer: ref("Army")},
			&record.Approval{Engagement: "K-1", Kind: "human_rights_review", Outcome: "approved", Decided: date(later),
				PaidOnDeal: "no"},
			&record.Support{Party: ref("Army"), Quarter: date("2032-10-01"), Hours: "900", Code: "ai"},
			&record.Event{ID: "V1", Kind: "conflict", Date: date(later)},
		},
		bills: join(usage("A1", "", "", "Dictate", "2032-06-01", 5, 7, 900)), // July began by the day
	}
	run := w.open(t)
	want := []After{{"accounts", 1, 2}, {"amendments", 1, 1}, {"approvals", 1, 1}, {"claims", 1, 2},
		{"engagements", 1, 2}, {"events", 1, 1},
		{"support", 1, 1}, {"transactions", 1, 1}, {"usage", 1, 3}}
	if diff := cmp.Diff(want, run.After()); diff != "" {
		t.Errorf("after the day (-want +got):\n%s", diff)
	}
	deals, parties := facts(t, run, OfEngagement), facts(t, run, OfParty)
	army := parties["Army"]
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"engagements", len(deals), 1},
		{"value", deals["K-1"].Values["engagement.value_growth"], 1.0},
		{"claims", len(army.Values["party.claims"].([]map[string]any)), 1},
		{"capabilities", army.Values["party.capabilities"], []string{"speech"}},
		{"speech", army.Values["usage.speech_hours_peak"], 7.0},
		{"use of who comes later", parties["Hospital"].Values["usage.months"], int64(0)},
		// Where all rows of a kind are later, nothing is known.
		{"paid approver", deals["K-1"].Values["engagement.paid_approver"], nil},
		{"review", deals["K-1"].Values["engagement.review"], nil},
		{"support", army.Values["support.hours_peak"], nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !cmp.Equal(tt.got, tt.want) {
				t.Errorf("got %v, want %v", tt.got, tt.want)
			}
		})
	}
	for _, x := range []struct {
		f              *Facts
		signal, column string
	}{
		{deals["K-1"], "engagement.review", "approvals.kind"}, {army, "support.hours_peak", "support.hours"},
		{army, "usage.surges", "events"},
	} {
		if g := gapOf(x.f, x.signal, x.column); g == nil || g.Reason != AfterReview {
			t.Errorf("gaps of %s = %+v", x.signal, x.f.Gaps[x.signal])
		}
	}
}

// TestReappearancesOfOthers: who comes back linked, who only resembles, and who is somebody else.
func TestReappearancesOfOthers(t *testing.T) {
	known := account("A4", "", "Foundry", "")
	known.Party.Identifiers = []party.Identifier{{Scheme: "VAT", ID: "77"}}
	same := account("A5", "", "Tug Line", "")
	same.Party.Identifiers = []party.Identifier{{Scheme: "VAT", ID: "9"}}
	own := account("A1", "", "Quay Guard", "")
	own.Party.Identifiers = []party.Identifier{{Scheme: "VAT", ID: "9"}}
	behind := account("A6", "", "Bright Resale Ltd", "various")
	behind.Reseller = ref("Bright Resale Ltd")
	again := func(a string) []bill {
		return join(usage(a, "", "north", "Object Store", "2031-07-01", 90, 90, 90), usage(a, "", "north", "Dictate",
			"2031-07-01", 900, 900, 900))
	}
	w := world{
		records: []record.Record{own, account("A2", "", "Mill", ""), known, same, behind,
			account("A7", "", "Tide Works", ""),
			&record.Event{ID: "R1", Kind: "restriction", Date: date("2031-06-01"), About: own.Party}},
		bills: join(usage("A1", "", "north", "Object Store", "2031-01-01", 100, 100, 100, 100, 100),
			usage("A1", "", "north", "Dictate", "2031-01-01", 1000, 1000, 1000, 1000, 1000),
			again("A4"), again("A6"), again("A9"), again("A7"),
			// a linked party needs one service only
			usage("A5", "", "north", "Dictate", "2031-07-01", 200, 200),
			// has always used as much
			usage("A2", "", "north", "Dictate", "2031-01-01", 800, 800, 800, 800, 800, 800, 800, 800),
		),
		class: map[string]Class{"Tide Works": {Name: "commercial"}},
	}
	got := map[string]map[string]any{}
	for _, x := range facts(t, w.open(t), OfParty)["Quay Guard"].Values["usage.reappears"].([]map[string]any) {
		got[x["account"].(string)] = x
	}
	for _, tt := range []struct {
		name, account string
		listed        bool
		linked        bool
		shared        []string
		back          []string
	}{
		{"linked by an identifier", "A5", true, true, []string{"identifier"}, []string{"speech"}},
		{"behind a reseller", "A6", true, false, []string{}, []string{}},
		{"an account that no register names", "A9", true, false, []string{}, []string{}},
		{"somebody identified who shares nothing", "A4", false, false, nil, nil},
		{"a company whose kind is known", "A7", false, false, nil, nil},
		{"a customer of old", "A2", false, false, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x, listed := got[tt.account]
			if listed != tt.listed {
				t.Fatalf("listed = %v: %v", listed, x)
			}
			if listed && (x["linked"] != tt.linked || !cmp.Equal(x["shared"], tt.shared) ||
				!slices.Equal(x["capabilities"].([]string), tt.back)) {
				t.Errorf("reappearance = %v", x)
			}
		})
	}
}
