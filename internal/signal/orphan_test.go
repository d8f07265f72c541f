package signal

import (
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// TestOrphans: of an engagement that only clauses and approvals name, what these say is known and all
// else is not; so are the roles and purchases of those of whom no deal is on file.
func TestOrphans(t *testing.T) {
	records := []record.Record{
		deal("E1", "City Library", "City Library", "Chairs", "10"),
		&record.Clause{Engagement: "E9", Clause: "exit_penalty", Present: "yes"},
		&record.Approval{Engagement: "E9", Party: ref("Harbour Police"), Kind: "limited_access",
			Decided: date("2031-02-10"), Outcome: "approved", PaidOnDeal: "yes"},
		&record.Claim{ID: "C1", About: ref("Army of the Isles"), Grade: "B2", Published: date("2031-03-01")},
	}
	run := world{records: records}.open(t)
	e := facts(t, run, OfEngagement)
	if len(e) != 2 || e["E9"] == nil {
		t.Fatalf("subjects %d, E9 %v", len(e), e["E9"])
	}
	for name, want := range map[string]any{
		"engagement.exit_penalty": true, "engagement.paid_approver": true, "engagement.review": "none",
		"engagement.gates":    int64(1),
		"engagement.security": nil, "engagement.class": nil, "engagement.capabilities": nil,
		"engagement.controlled":   nil,
		"engagement.value_growth": nil, "engagement.addition_reviewed": nil, "engagement.third_payer": nil,
		"engagement.end_user_stated": nil,
	} {
		if got := e["E9"].Values[name]; got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
		if want == nil && len(e["E9"].Gaps[name]) == 0 {
			t.Errorf("%s has no gap", name)
		}
	}
	p := facts(t, run, OfParty)
	for _, tt := range []struct {
		who  string
		open bool
	}{{"Harbour Police", true}, {"Army of the Isles", true}, {"City Library", false}} {
		t.Run(tt.who, func(t *testing.T) {
			if p[tt.who] == nil {
				t.Fatal("is no subject")
			}
			for _, name := range []string{"party.roles", "party.capabilities"} {
				if got := len(p[tt.who].Gaps[name]) > 0; got != tt.open {
					t.Errorf("gaps of %s: %+v", name, p[tt.who].Gaps[name])
				}
			}
		})
	}
	// Somebody of whom a claim speaks is no customer where no deal is known to be missing.
	p = facts(t, world{records: []record.Record{records[0], records[3]}}.open(t), OfParty)
	if gaps := p["Army of the Isles"].Gaps["party.roles"]; len(gaps) > 0 {
		t.Errorf("gaps of roles: %+v", gaps)
	}
	// Rows that could not be read may hold its deal.
	p = facts(t, world{records: []record.Record{records[0], records[3]}, rejected: []string{"engagements"}}.open(t),
		OfParty)
	if gapOf(p["Army of the Isles"], "party.roles", "engagements") == nil {
		t.Error("a rejected row leaves no gap")
	}
}

// TestUsersWithoutColumn: what a holder is says nothing of the users of its accounts where the
// register has no column for them.
func TestUsersWithoutColumn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		holder string
		lacks  record.Columns
		user   string
		open   bool
	}{
		{"an exempt holder", "City Library", record.Columns{"end_user": true}, "", true},
		{"a cell that is empty", "City Library", nil, "", false},
		{"a named user", "City Library", nil, "City Library", false},
		{"a holder of unknown kind", "Lantern Works", record.Columns{"end_user": true}, "", false},
		{"a security body", "Harbour Police", record.Columns{"end_user": true}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := account("A1", "", tt.holder, tt.user)
			a.Lacks = tt.lacks
			run := world{records: []record.Record{a}, bills: []bill{{account: "A1", month: "2031-01",
				service: "Dictate", quantity: 9000}}}.open(t)
			p, x := facts(t, run, OfParty)[tt.holder], facts(t, run, OfAccount)["A1"]
			for _, f := range []*Facts{p, x} {
				name := f.Kind + ".class"
				if got := gapOf(f, name, "accounts.end_user") != nil && f.Values[name] == nil; got != tt.open {
					t.Errorf("%s = %v, gaps %+v", name, f.Values[name], f.Gaps[name])
				}
			}
		})
	}
}

// TestUnreadUser: without a column for the end user, the payer or the holder of a certificate may be
// the one, and a dealer's own kind says nothing of whoever uses what it bought.
func TestUnreadUser(t *testing.T) {
	made := func(lacks record.Columns, buyer, endUser, reseller string) *record.Engagement {
		e := deal("E1", buyer, endUser, "Storage", "10")
		e.Payer, e.Lacks = ref("Isle Fund"), lacks
		if endUser == "" {
			e.EndUserText = ""
		}
		if reseller != "" {
			e.Reseller = ref(reseller)
		}
		return e
	}
	none := record.Columns{"end_user": true}
	for _, tt := range []struct {
		name         string
		deal         *record.Engagement
		payer, class any
	}{
		{"the column is there and empty", made(nil, "City Library", "", ""), true, "civil"},
		{"no column", made(none, "City Library", "", ""), nil, nil},
		{"no column for resellers", made(record.Columns{"reseller": true}, "City Library", "City Library", ""), nil,
			"civil"},
		{"a dealer buys", made(nil, "Harbour Trading", "", "Harbour Trading"), true, "unknown"},
		{"a dealer buys for somebody named", made(nil, "Harbour Trading", "City Library", "Harbour Trading"), true,
			"civil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := facts(t, world{records: []record.Record{tt.deal}, class: map[string]Class{
				"Harbour Trading": {Name: "commercial"}}}.open(t), OfEngagement)["E1"]
			if got := f.Values["engagement.third_payer"]; got != tt.payer {
				t.Errorf("third_payer = %v, want %v (%+v)", got, tt.payer, f.Gaps["engagement.third_payer"])
			}
			if got := f.Values["engagement.class"]; got != tt.class {
				t.Errorf("class = %v, want %v", got, tt.class)
			}
			if _, known := f.Values["engagement.security"]; known == (tt.class == nil || tt.class == "unknown") {
				t.Errorf("security = %v", f.Values["engagement.security"])
			}
		})
	}
}

// TestOrderOfVersions: without dates of signature nothing says which version came first, and an item
// that is not understood may be what was added.
func TestOrderOfVersions(t *testing.T) {
	made := func(item, value, signed string) *record.Engagement {
		e := deal("E1", "Harbour Police", "Harbour Police", item, value)
		if e.Signed = (record.Date{}); signed != "" {
			e.Signed = date(signed)
		}
		return e
	}
	const early, late = "2031-01-10", "2031-09-01"
	for _, tt := range []struct {
		name            string
		versions        []record.Record
		added, reviewed any
		growth          any
	}{
		{"one version", []record.Record{made("Storage", "10", "")}, false, true, 1.0},
		{"dated", []record.Record{made("Storage and speech", "16", late), made("Storage", "10", early)}, true, false,
			1.6},
		{"neither is dated", []record.Record{made("Storage and speech", "16", ""), made("Storage", "10", "")}, nil, nil,
			nil},
		{"neither is dated, and nothing differs but the value", []record.Record{made("Storage", "16", ""),
			made("Storage", "10", "")}, false, true, nil},
		{"one is not dated", []record.Record{made("Storage and speech", "16", ""), made("Storage", "10", early)}, true,
			nil, 1.6},
		{"what was added is not understood", []record.Record{made("Storage", "10", early), made("?", "10", late)}, nil,
			nil, 1.0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{records: tt.versions, declare: map[string]record.Columns{"approvals": {}}}
			f := facts(t, w.open(t), OfEngagement)["E1"]
			for name, want := range map[string]any{"capability_added": tt.added, "addition_reviewed": tt.reviewed,
				"value_growth": tt.growth} {
				if got := f.Values["engagement."+name]; got != want {
					t.Errorf("%s = %v, want %v (%+v)", name, got, want, f.Gaps["engagement."+name])
				}
			}
		})
	}
}

// TestCompanyForSomebody: a company that holds an account for an end user who is written of and not named is
// not known to use it itself.
func TestCompanyForSomebody(t *testing.T) {
	for _, tt := range []struct {
		text  string
		class any
	}{
		{"", "commercial"}, {"n/a", "commercial"}, {"-", "commercial"}, {"undisclosed", nil},
		{"customers of the dealer", nil},
	} {
		t.Run(tt.text, func(t *testing.T) {
			held := account("A1", "", "Kestrel Ltd", "")
			held.EndUser, held.EndUserText = party.Ref{}, tt.text
			w := world{records: []record.Record{held}, bills: usage("A1", "", "", "Dictate", "2031-01-01", 6, 5, 900),
				class: map[string]Class{"Kestrel Ltd": {Name: "commercial"}}}
			f := facts(t, w.open(t), OfParty)["Kestrel Ltd"]
			if got := f.Values["party.class"]; got != tt.class {
				t.Errorf("class = %v, want %v (%+v)", got, tt.class, f.Gaps["party.class"])
			}
		})
	}
}
