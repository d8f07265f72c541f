package signal

import (
	"testing"

	"plimsoll/internal/record"
)

// TestWayOfGoods: a row that writes one plain name as buyer and as consignee names one body, and a country that no
// table holds is the same country where it is written the same.
func TestWayOfGoods(t *testing.T) {
	for _, tt := range []struct {
		name, consignee, country, destination string
		want                                  []string
		gap                                   string // column of the gap, "" for none
	}{
		{"one name twice", "National Guard", "Vell", "Vell", []string{}, ""},
		{"one name, other letters", "NATIONAL  GUARD", "Vell", "VELL", []string{}, ""},
		{"another body", "Dock Seven Ltd", "Vell", "Vell", []string{RouteConsignee}, ""},
		{"a country of no table", "National Guard", "Vell", "Orsa", []string{}, "engagements.destination"},
		{"two known countries", "National Guard", "Peru", "Chile", []string{RouteDestination}, ""},
		{"one country in two spellings", "National Guard", "Peru", "PER", []string{}, ""},
		{"no country of the buyer", "National Guard", "", "Chile", []string{}, "engagements.buyer_country"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := deal("E1", "National Guard", "", "Rifles", "10")
			e.Buyer.Country, e.Destination = tt.country, tt.destination
			e.Others = []record.RoleRef{{Role: record.RoleConsignee, Ref: ref(tt.consignee)}}
			f := facts(t, world{records: []record.Record{e}}.open(t), OfEngagement)["E1"]
			got, _ := f.Values["engagement.route"].([]string)
			if len(got) != len(tt.want) || len(got) == 1 && got[0] != tt.want[0] {
				t.Errorf("route = %v, want %v", f.Values["engagement.route"], tt.want)
			}
			if tt.gap != "" && gapOf(f, "engagement.route", tt.gap) == nil {
				t.Errorf("gaps = %+v, want one of %s", f.Gaps["engagement.route"], tt.gap)
			} else if tt.gap == "" && len(f.Gaps["engagement.route"]) > 0 {
				t.Errorf("gaps = %+v, want none", f.Gaps["engagement.route"])
			}
		})
	}
}
