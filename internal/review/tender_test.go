package review

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
)

// tenderRun reviews a table of tenders against a list of names.
func tenderRun(t *testing.T, table, names string, policies ...string) *Result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"records/tenders.csv": table,
		"list.csv": "name,country,identifiers,publisher,report,url,published,status\n" + names} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Run(t.Context(), Options{Paths: []string{filepath.Join(dir, "records")},
		Lists: []string{filepath.Join(dir,
			"list.csv")}, Policies: policies, AsOf: time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC), Out: filepath.Join(dir,
			"out")})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

const onList = ",,,Watch of Vell,First report,https://example.org/r,2030-01-01,listed\n"

// TestBiddersFollowGrades: what is said of a bidder is what findings and names to check say: a name is no listing.
func TestBiddersFollowGrades(t *testing.T) {
	for _, tt := range []struct{ name, bidder, list, status string }{
		{"the same register number", "Orrin Optics", "Orrin Optics,,GB-COH:04826137", OnList},
		{"the same distinctive name", "Quennebergen Optische Werke", "Quennebergen Optische Werke,,", SameName},
		{"the same general name", "Defence Industries", "Defence Industries,,", StandingCheck},
		{"a near name", "Orrin Optics", "Orrin Optic,,", StandingCheck},
		{"the same name in another country", "Quennebergen Optische Werke", "Quennebergen Optische Werke,Chile,",
			OtherBody},
		{"the same name and another number of one register", "Quennebergen Optische Werke",
			"Quennebergen Optische Werke,,GB-COH:07193548", ""},
		{"nothing alike", "Orrin Optics", "Velm Works AG,,", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := "GB-COH:04826137"
			if tt.status == SameName || tt.status == StandingCheck || tt.status == OtherBody {
				id = ""
			}
			// a buyer's table has no column for numbers of tenderers: the seller of a tender has one
			res := tenderRun(t, "engagement_id,kind,buyer,seller,seller_id,seller_country,item\nT-1,tender,Town of "+
				"Vell,"+tt.bidder+
				","+id+",Norway,Lamps\n", tt.list+strings.Replace(onList, ",,,", ",", 1))
			got := ""
			b := res.Summary.Tenders[0].Bidders[0]
			if len(b.Said) > 0 {
				got = b.Said[0].Status
			}
			if got != tt.status {
				t.Fatalf("standing %q, want %q: %+v", got, tt.status, b)
			}
			raised := slices.ContainsFunc(res.First, func(f finding.Finding) bool {
				return f.State == finding.Raised && f.Flag == "RF-03"
			})
			if want := tt.status == OnList || tt.status == SameName; raised != want || (len(b.Flags) > 0) != want {
				t.Errorf("raised is %v, flags of the bidder %v, want %v", raised, b.Flags, want)
			}
			check := tt.status == StandingCheck || tt.status == OtherBody
			if (len(res.Summary.ToCheck) > 0) != check {
				t.Errorf("names to check are %v, want some: %v", res.Summary.ToCheck, check)
			}
			if check && strings.Contains(b.Said[0].Ground, "Article") {
				t.Errorf("a name to check has the ground %q", b.Said[0].Ground)
			}
		})
	}
}

// TestPartiesNotRead: where parties of a tender may stand who are not told apart, the tender says so, and the run has a
// line that is not computable.
func TestPartiesNotRead(t *testing.T) {
	for _, tt := range []struct{ name, header, cell, unread, bidder string }{
		{"a heading that is known", "JV-Partner", "Karst Quarry", "", "Karst Quarry"},
		{"a heading with a number", "Bidder 2", "Karst Quarry", "", "Karst Quarry"},
		{"a heading that sounds like it", "Unser Konsortium", "Karst", "column “Unser Konsortium”", ""},
		{"a cell that looks like a name", "Mitstreiter", "Karst Quarry AG", "column “Mitstreiter”", ""},
		{"a yes", "JV-Partner", "yes", "", ""},
		{"a place", "Region", "North Harn", "", ""},
		{"a remark", "colour", "dark blue, please", "", ""},
		{"one name or several", "tenderers", "Harn Port, Velm Works AG", "may be one body or several",
			"Harn Port, Velm Works AG"},
		{"a group without members", "tenderers", "ARGE Stadtlicht", "members of the group", "ARGE Stadtlicht"},
		{"a group with members", "tenderers", "ARGE Stadtlicht (Lumen AG / Vitrum AG)", "", "Vitrum AG"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := tenderRun(t, "engagement_id,kind,buyer,item,"+tt.header+"\nT-1,tender,Town of "+
				"Vell,Lamps,\""+tt.cell+"\"\n",
				"Skarn Mining,,"+strings.Replace(onList, ",,,", ",", 1))
			x := res.Summary.Tenders[0]
			if got := strings.Join(x.Unread, " "); (got == "") != (tt.unread == "") || !strings.Contains(got,
				tt.unread) {
				t.Errorf("not read: %q, want %q", got, tt.unread)
			}
			if tt.bidder != "" && !slices.ContainsFunc(x.Bidders, func(b Bidder) bool { return b.Name == tt.bidder }) {
				t.Errorf("bidders %v, want %s", x.Bidders, tt.bidder)
			}
			open := slices.ContainsFunc(res.Summary.Open, func(o Open) bool { return o.Reason == "parties_not_read" })
			line := slices.ContainsFunc(res.First, func(f finding.Finding) bool {
				return f.Flag == "RF-03" && f.State == finding.NotComputable && f.Subject.Kind == "run"
			})
			if want := tt.unread != ""; open != want || want && !line {
				t.Errorf("coverage says %v, a line for the run %v, want %v", open, line, want)
			}
		})
	}
}

// TestAnswers: until when a bidder may answer is what the records or the buyer's own pack say, and nothing else.
func TestAnswers(t *testing.T) {
	pack := filepath.Join(t.TempDir(), "own.yaml")
	text := "pack: town\nextends: " + policy.BuiltinName + "\ntitle: Town of Vell\nversion: 1.0.0\ndate: 2031-01-01\n" +
		"licence: CC0-1.0\nparameters:\n  bidder_answer_days: {value: 7, unit: days, doc: Standing orders of the " +
		"town.}\n"
	if err := os.WriteFile(pack, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, columns, cells string
		packs                []string
		until, dates         string
	}{
		{"nothing is known", "", "", nil, "no date is in the records", ""},
		{"the close alone", ",end", ",2031-06-20", nil, "no date is in the records", "bids until 20 June 2031"},
		{"a close that passed", ",end", ",2031-05-20", nil, "no date is in the records",
			"bids until 20 May 2031 (passed)"},
		{"the buyer's day", ",answer_by", ",2031-06-10", nil, "10 June 2031",
			"the buyer hears bidders until 10 June 2031"},
		{"standstill", ",standstill_until", ",2031-06-10", nil, "no date is in the records",
			"standstill until 10 June 2031"},
		{"the buyer's pack", "", "", []string{policy.BuiltinName, pack}, "7 days after the buyer asks", ""},
		{"the day goes before the pack", ",answer_by", ",2031-06-10", []string{policy.BuiltinName, pack},
			"10 June 2031",
			"the buyer hears bidders until 10 June 2031"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := tenderRun(t, fmt.Sprintf("engagement_id,kind,buyer,item,tenderers%s\nT-1,tender,Town of "+
				"Vell,Lamps,Orrin%s\n",
				tt.columns, tt.cells), "Orrin,,"+strings.Replace(onList, ",,,", ",", 1), tt.packs...)
			x := res.Summary.Tenders[0]
			if x.Until != tt.until || strings.Join(x.Dates, "; ") != tt.dates {
				t.Errorf("until %q, dates %q, want %q, %q", x.Until, x.Dates, tt.until, tt.dates)
			}
		})
	}
}
