package signal

import (
	"slices"
	"testing"

	"plimsoll/internal/record"
)

// TestRespelt: rows whose engagement id differs from that of a record in letter case or blanks are rows about it;
// where two records fit, nothing is known of them.
func TestRespelt(t *testing.T) {
	rows := func(id string) []record.Record {
		return []record.Record{
			&record.Approval{Engagement: id, Kind: "licence", Decided: date("2031-01-02"), Outcome: "approved",
				PaidOnDeal: "yes"},
			&record.Clause{Engagement: id, Clause: "secrecy", Present: "yes"},
		}
	}
	police := func(id string) record.Record { return deal(id, "Harbour Police", "Harbour Police", "Face gates", "10") }
	for _, tt := range []struct {
		name, id string
		deals    []record.Record
		licence  any
		open     bool // with a gap
		subjects int
	}{
		{"the same", "AB-1", []record.Record{police("AB-1")}, true, false, 1},
		{"letter case", "ab-1", []record.Record{police("AB-1")}, true, false, 1},
		{"blanks", "AB\u00a0- 1", []record.Record{police("AB-1")}, true, false, 1},
		{"another id", "AB-2", []record.Record{police("AB-1")}, false, false, 2},
		{"one of two exactly", "ab-1", []record.Record{police("ab-1"), police("AB-1")}, false, false, 2},
		{"either of two", "Ab-1", []record.Record{police("ab-1"), police("AB-1")}, nil, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := world{records: slices.Concat(tt.deals, rows(tt.id))}.open(t)
			all := facts(t, run, OfEngagement)
			if len(all) != tt.subjects {
				t.Errorf("%d engagements, want %d", len(all), tt.subjects)
			}
			f := all["AB-1"]
			for _, name := range []string{"engagement.licence", "engagement.paid_approver", "engagement.secrecy"} {
				want := tt.licence
				if name == "engagement.secrecy" && want == false {
					want = nil // of which no row of its own speaks
				}
				if f.Values[name] != want {
					t.Errorf("%s = %v, want %v", name, f.Values[name], want)
				}
			}
			if gap := gapOf(f, "engagement.licence", "approvals.engagement_id"); (gap != nil) != tt.open {
				t.Errorf("gaps of the licence: %+v", f.Gaps["engagement.licence"])
			}
			if gap := gapOf(f, "engagement.secrecy", "clauses.engagement_id"); (gap != nil) != tt.open {
				t.Errorf("gaps of clauses: %+v", f.Gaps["engagement.secrecy"])
			}
		})
	}
}

// TestOneNumberForSeveralDealings: rows of one engagement id that have no party in common are dealings of their own, in
// any order; what a register of approvals says of the bare id may be of either.
func TestOneNumberForSeveralDealings(t *testing.T) {
	sold := func(seller, buyer, item, signed string) *record.Engagement {
		e := deal("7", buyer, buyer, item, "10")
		e.Seller, e.Signed = ref(seller), date(signed)
		return e
	}
	police, bakery := sold("Cloud Ltd", "Harbour Police", "Face gates", "2031-01-05"), sold("Mill Ltd", "Bakery",
		"Flour", "2031-05-05")
	for _, tt := range []struct {
		name  string
		deals []record.Record
		want  []string
	}{
		{"two registers", []record.Record{police, bakery}, []string{"7 (Cloud Ltd)", "7 (Mill Ltd)"}},
		{"an amendment", []record.Record{police, sold("Cloud Ltd", "Harbour Police", "Face gates and training",
			"2031-05-05")}, []string{"7"}},
		{"another buyer of one seller", []record.Record{police, sold("Cloud Ltd", "Port Authority", "Face gates",
			"2031-05-05")}, []string{"7"}},
		{"names in other words", []record.Record{police, sold("Cloud", "Police of the Harbour", "Face gates",
			"2031-05-05")}, []string{"7"}},
		{"no seller stated", []record.Record{deal("7", "Harbour Police", "Harbour Police", "Face gates", "1"),
			deal("7", "Bakery", "Bakery", "Flour", "1")}, []string{"7"}},
		{"a row of items alone", []record.Record{police, &record.Engagement{ID: "7", Items: []record.Item{
			{Text: "Training"}}}, bakery},
			[]string{"7 (Cloud Ltd)", "7 (Mill Ltd)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, backwards := range []bool{false, true} {
				list := slices.Clone(tt.deals)
				if backwards {
					slices.Reverse(list)
				}
				list = append(list, &record.Approval{Engagement: "7", Kind: "licence", Decided: date("2030-01-02"),
					Outcome: "approved", PaidOnDeal: "no"})
				all := facts(t, world{records: list}.open(t), OfEngagement)
				var got []string
				for _, f := range all {
					got = append(got, f.Subject.ID)
				}
				if slices.Sort(got); !slices.Equal(got, tt.want) {
					t.Fatalf("backwards %v: engagements %q, want %q", backwards, got, tt.want)
				}
				for id, f := range all {
					if gap := gapOf(f, "engagement.licence", "approvals.engagement_id"); (gap != nil) != (len(tt.want) > 1) {
						t.Errorf("%s: gaps of the licence %+v", id, f.Gaps["engagement.licence"])
					}
				}
			}
		})
	}
}
