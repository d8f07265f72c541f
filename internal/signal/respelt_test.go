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
			&record.Approval{Engagement: id, Kind: "licence", Decided: date("2031-01-02"), Outcome: "approved", PaidOnDeal: "yes"},
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
