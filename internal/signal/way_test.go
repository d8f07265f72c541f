package signal

import (
	"slices"
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

// TestWayToTheEndUser: goods that an agent abroad has sent to the end user go nowhere else; those that stop at the
// agent's do.
func TestWayToTheEndUser(t *testing.T) {
	for _, tt := range []struct {
		name, buyer, user, destination string // countries
		want                           []string
	}{
		{"sent on to the end user", "AE", "PE", "Peru", []string{}},
		{"kept at the agent's", "AE", "PE", "United Arab Emirates", []string{RouteDestination}},
		{"to a third state", "AE", "PE", "TR", []string{RouteDestination}},
		{"the end user's country is not stated", "AE", "", "PE", []string{RouteDestination}},
		{"neither is", "", "", "PE", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := deal("E1", "Blue Trading", "National Guard", "Rifles", "10")
			e.Buyer.Country, e.EndUser.Country, e.Destination = tt.buyer, tt.user, tt.destination
			f := facts(t, world{records: []record.Record{e}}.open(t), OfEngagement)["E1"]
			if got, _ := f.Values["engagement.route"].([]string); !slices.Equal(got, tt.want) {
				// not known is no value
				if len(got)+len(tt.want) > 0 {
					t.Errorf("route = %v, want %v", got, tt.want)
				}
			}
		})
	}
}

// TestRestrictedLater: upkeep that is extended after a restriction, or that a restricted body receives, counts.
func TestRestrictedLater(t *testing.T) {
	events := []record.Record{&record.Event{ID: "V1", Kind: "restriction", Date: date("2031-04-01"),
		About: ref("Army Depot"), Source: "Board"}}
	upkeep := func(id, buyer, day string) *record.Engagement {
		e := deal(id, buyer, "", "Upkeep", "10")
		e.Kind, e.Signed = "maintenance", date(day)
		return e
	}
	received := upkeep("E3", "Dock Seven Ltd", "2031-05-01")
	received.Others = []record.RoleRef{{Role: record.RoleConsignee, Ref: ref("Army Depot")}}
	f := facts(t, world{records: append(events, upkeep("E1", "Army Depot", "2031-03-01"),
		upkeep("E2", "Army Depot",
			"2031-03-01"), upkeep("E2", "Army Depot", "2031-04-11"), received,
		upkeep("E4", "Dock Seven Ltd", "2031-05-01"))}.open(t),
		OfEngagement)
	for id, want := range map[string]float64{"E1": -1, "E2": 10, "E3": 30, "E4": -1} {
		if got := f[id].Values["engagement.restricted_days"]; got != want {
			t.Errorf("%s: %v days, want %v", id, got, want)
		}
	}
}
