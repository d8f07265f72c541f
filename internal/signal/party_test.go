package signal

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/record"
)

// months returns n months from the first on, as "2031-01".
func months(from string, n int) []string {
	m := monthOf(date(from).Time)
	var out []string
	for i := range n {
		out = append(out, (m + month(i)).String())
	}
	return out
}

func account(id, sub, holder, endUser string) *record.Account {
	a := &record.Account{Place: record.Place{Source: 2, At: "row " + id}, AccountID: id, SubAccountID: sub,
		Party: ref(holder), EndUserText: endUser}
	if endUser != "" {
		a.EndUser = ref(endUser)
	}
	return a
}

// use makes one bill per month for the quantities given; -1 leaves the month out.
func usage(account, sub, region, service, from string, quantities ...float64) []bill {
	var out []bill
	for i, m := range months(from, len(quantities)) {
		if quantities[i] >= 0 {
			out = append(out, bill{account: account, sub: sub, month: m, region: region, service: service,
				quantity: quantities[i]})
		}
	}
	return out
}

func join(lists ...[]bill) []bill {
	out := []bill{}
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

const unit = "Special Directorate"

// caseWorld is the case that this project exists for, small.
func caseWorld() world {
	contract := deal("K-88", "Ministry of Home Affairs", unit, "Storage", "100")
	contract.Items[0].Quantity, contract.Items[0].Unit = "400", "TB"
	contract.Start, contract.End = date("2031-01-01"), date("2033-01-01")
	contract.Reseller = ref("Bright Resale Ltd")
	return world{
		records: []record.Record{
			account("A1", "", "Ministry of Home Affairs", unit),
			account("A2", "", "City Library", ""),
			contract,
			&record.Claim{ID: "C1", About: ref("Ministry of Home Affairs"), Capability: "speech", Source: "The Post",
				Published: date("2032-02-20"), Grade: "B2", Origin: "The Post"},
			&record.Claim{ID: "C2", About: ref(unit), Source: "The Post", Published: date("2024-02-20"), Grade: "C3",
				Status: "withdrawn"},
			&record.Approval{Engagement: "K-88", Kind: "human_rights_review", Outcome: "pending"},
			&record.Support{Party: ref(unit), Quarter: date("2031-01-01"), Hours: "200", Code: "ai"},
			&record.Support{Party: ref(unit), Quarter: date("2031-04-01"), Hours: "600", Code: "data"},
			&record.Support{Party: ref(unit), Quarter: date("2031-04-01"), Hours: "900", Code: "incident response"},
			&record.Event{ID: "V1", Kind: "conflict", Date: date("2031-06-20")},
		},
		bills: join(
			usage("A1", "s1", "north", "Object Store", "2031-01-01", 100, 100, 110, 100, 120, 300, 1100, 1200, 1200,
				1200, 1200, 1200, 1200, 1200, 200),
			usage("A1", "s1", "north", "Dictate", "2031-01-01", 10, 10, 10, 10, 10, 50, 240, 240),
			usage("A1", "s2", "north", "Dictate", "2031-07-01", 200),
			usage("A1", "s1", "north", "Translate", "2031-08-01", 1e6),
			usage("A1", "s1", "north", "Transfer", "2031-01-01", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 900),
			usage("A2", "", "north", "Dictate", "2031-01-01", 5),
		),
		lists: map[string]Standing{"Bright Resale Ltd": {Score: 0.91, Hits: []finding.Hit{
			{List: "l", Entry: "1", Score: 0.91}}}},
		owners: map[string]Standing{"Bright Resale Ltd": {Known: true, ShareMin: 0.4, ShareMax: 0.6}},
	}
}

func TestPartySignals(t *testing.T) {
	f := facts(t, caseWorld().open(t), OfParty)
	for _, tt := range []struct {
		party, signal string
		want          any
	}{
		{unit, "party.class", "intelligence"},
		{unit, "party.security", true},
		{unit, "party.government", true},
		{unit, "party.roles", []string{"claim", "end_user"}},
		{unit, "party.capabilities", []string{"bulk_storage", "speech", "translation"}},
		{unit, "party.listed_score", 0.0},
		{unit, "party.listed_share_max", nil},
		{unit, "party.review", "pending"},
		{unit, "usage.months", int64(15)},
		{unit, "usage.storage_tb_peak", 1200.0},
		{unit, "usage.committed_tb", 400.0},
		{unit, "usage.storage_over_2m", 3.0},
		{unit, "usage.storage_growth", 1200.0 / 110},
		{unit, "usage.speech_hours_peak", 440.0},
		{unit, "usage.speech_growth", 44.0},
		{unit, "usage.combination_tb", 1200.0},
		{unit, "usage.combination", []string{"bulk_storage", "speech", "translation"}},
		{unit, "usage.face_images_peak", 0.0},
		{unit, "usage.llm_growth", 0.0},
		{unit, "usage.storage_rising_months", 5.0},
		{unit, "usage.absences", []map[string]any{}},
		{unit, "party.unreviewed", []string{"bulk_storage", "speech", "translation"}},
		{unit, "party.class_contradicted", false},
		{unit, "party.gate_faults", false},
		{unit, "usage.sub_speech_hours", []float64{200, 240}},
		{unit, "usage.sub_storage_tb", []float64{1200}},
		{unit, "usage.gpu_hours_peak", 0.0},
		{unit, "support.hours_peak", 600.0},
		{unit, "support.growth", 3.0},
		{unit, "support.codes", []string{"ai", "data", "incident_response"}},
		{"Bright Resale Ltd", "party.listed_score", 0.91},
		{"Bright Resale Ltd", "party.listed_share_min", 0.4},
		{"Bright Resale Ltd", "party.resales", int64(1)},
		{"Bright Resale Ltd", "party.security_share", 1.0},
		{"Bright Resale Ltd", "usage.storage_tb_peak", 0.0},
		{"City Library", "usage.speech_hours_peak", 5.0},
		{"City Library", "usage.speech_growth", nil},
		{"City Library", "usage.storage_growth", 0.0},
		{"City Library", "usage.committed_tb", nil},
		{"Ministry of Home Affairs", "usage.storage_tb_peak", 0.0},
		{"Ministry of Home Affairs", "party.capabilities", []string{"bulk_storage", "speech", "translation"}},
	} {
		if f[tt.party] == nil {
			t.Fatalf("no party %s", tt.party)
		}
		if got := f[tt.party].Values[tt.signal]; !cmp.Equal(got, tt.want) {
			t.Errorf("%s of %s = %v, want %v (misses %v)", tt.signal, tt.party, got, tt.want,
				f[tt.party].Missing[tt.signal])
		}
	}
	u := f[unit]
	if diff := cmp.Diff([]map[string]any{
		{"capability": "bulk_storage", "factor": 1100. / 100, "days": 0.0, "event": "V1", "kind": "conflict",
			"event_date": "2031-06-20", "date": "2031-06-01"},
		{"capability": "speech", "factor": 44.0, "days": 0.0, "event": "V1", "kind": "conflict",
			"event_date": "2031-06-20", "date": "2031-06-01"},
	}, u.Values["usage.surges"]); diff != "" {
		t.Errorf("surges (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]map[string]any{
		{"kind": "egress", "region": "", "factor": 900 / 1.15, "fall": 0.0, "days": 10.0, "trigger": "publication",
			"trigger_date": "2032-02-20", "publisher": "The Post", "grade": "B2", "status": "reported",
			"date": "2032-03-01"},
		{"kind": "fall", "region": "north", "factor": 0.0, "fall": 1 - 200./1200, "days": 10.0,
			"trigger": "publication", "trigger_date": "2032-02-20", "publisher": "The Post", "grade": "B2",
			"status": "reported", "date": "2032-03-01"},
	}, u.Values["usage.relocations"]); diff != "" {
		t.Errorf("relocations (-want +got):\n%s", diff)
	}
	claims := u.Values["party.claims"].([]map[string]any)
	if len(claims) != 2 || claims[0]["live"] != false || claims[1]["parent"] != true ||
		claims[1]["credibility"] != int64(2) || claims[1]["reliability"] != "B" {
		t.Errorf("claims = %v", claims)
	}
	if len(u.Series) != 4 || u.Series[0].Limit != 400 || u.Series[0].Label != "contracted 400 TB" ||
		len(u.Series[0].Months) != 15 {
		t.Errorf("series = %+v", u.Series)
	}
	if len(u.Accounts) != 1 || len(u.Engagements) != 1 || u.Period != [2]string{"2031-01-01", "2032-04-01"} {
		t.Errorf("accounts %v, engagements %v, period %v", u.Accounts, u.Engagements, u.Period)
	}
	if testing.Verbose() {
		for _, r := range u.Rows {
			fmt.Println(r)
		}
	}
}
