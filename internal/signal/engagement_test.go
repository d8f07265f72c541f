package signal

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
)

func deal(id, buyer, endUser, item, value string) *record.Engagement {
	e := &record.Engagement{
		Place: record.Place{Source: 1, At: "row " + id}, ID: id, Kind: "contract", Seller: ref("Altus Cloud"),
		Buyer:       ref(buyer),
		EndUserText: endUser, Items: []record.Item{{Text: item}}, Value: record.Decimal(value), Currency: "CUR",
		Signed: date("2031-01-10"),
		Lacks:  record.Columns{"method": true, "rationale": true, "withheld": true},
	}
	if endUser != "" {
		e.EndUser = ref(endUser)
	}
	return e
}

func TestEngagementSignals(t *testing.T) {
	amended := deal("E1", "Ministry of Home Affairs", "Special Directorate", "Storage and speech", "160")
	amended.Signed = date("2031-09-01")
	w := world{records: []record.Record{
		deal("E1", "Ministry of Home Affairs", "Special Directorate", "Storage", "100"),
		amended,
		deal("E2", "City Library", "various", "Chairs", "10"),
		&record.Clause{Engagement: "E1", Clause: "human_rights", Present: "no"},
		&record.Clause{Engagement: "E1", Clause: "audit_right", Present: "yes"},
		&record.Clause{Engagement: "E1", Clause: "no_restriction", Present: "yes"},
		&record.Clause{Engagement: "E1", Clause: "secrecy", Present: "unknown"},
		&record.Approval{Engagement: "E1", Kind: "human_rights_review", Decided: date("2031-02-10"),
			Outcome: "Approved", PaidOnDeal: "yes"},
	}}
	b := w.open(t)
	f := facts(t, b, OfEngagement)
	want := map[string]any{
		"engagement.kind": "contract", "engagement.end_user_stated": true,
		"engagement.end_user_text": "Special Directorate",
		"engagement.class":         "intelligence", "engagement.security": true, "engagement.government": true,
		"engagement.value_growth": 1.6, "engagement.capabilities": []string{"bulk_storage", "speech"},
		"engagement.capability_added": true,
		"engagement.clauses_known":    int64(2), "engagement.clauses_missing": int64(1),
		"engagement.no_restriction": true,
		"engagement.review":         "approved", "engagement.review_late_days": 31.0, "engagement.paid_approver": true,
		"engagement.licence": false, "engagement.gates": int64(1),
	}
	for name, v := range want {
		if got := f["E1"].Values[name]; !cmp.Equal(got, v) {
			t.Errorf("E1 %s = %v, want %v (missing %v)", name, got, v, f["E1"].Missing[name])
		}
	}
	if got := f["E2"].Values["engagement.end_user_stated"]; got != false {
		t.Errorf("E2 end_user_stated = %v, want false", got)
	}
	if got := f["E2"].Missing["engagement.clauses_missing"]; !cmp.Equal(got, []string{"clauses.clause"}) ||
		f["E2"].Absent["clauses.clause"] {
		t.Errorf("E2 clauses_missing misses %v absent %v", got, f["E2"].Absent)
	}
}

func TestAccountSignals(t *testing.T) {
	w := world{
		records: []record.Record{
			&record.Account{AccountID: "A1", Party: ref("Ministry of Home Affairs"),
				EndUser: ref("Special Directorate"), EndUserText: "Special Directorate", EndUserClass: "intelligence"},
			&record.Account{AccountID: "A1", SubAccountID: "s2", Party: ref("Ministry of Home Affairs"),
				EndUserText: "various", Reseller: ref("Bright Resale Ltd")},
			&record.Account{AccountID: "A2", Party: ref("City Library")},
		},
		bills: []bill{
			{account: "A1", sub: "s1", month: "2031-01", service: "Object Store", quantity: 5},
			{account: "A1", sub: "s2", month: "2031-01", service: "Dictate", quantity: 5,
				issuer: "Bright Resale Limited"},
			{account: "A9", sub: "x", month: "2031-01", service: "Dictate", quantity: 5, issuer: "Somebody"},
			{account: "A9", sub: "y", month: "2031-02", service: "Translate", quantity: 5, charge: "Tax"},
		},
	}
	f := facts(t, w.open(t), OfAccount)
	for _, tt := range []struct {
		account, signal string
		want            any
	}{
		{"A1", "account.end_user_stated", true},
		{"A1", "account.class", "intelligence"},
		{"A1", "account.issuer_differs", false},
		{"A1", "account.capabilities", []string{"bulk_storage"}},
		{"A1/s2", "account.end_user_stated", false},
		{"A1/s2", "account.class", "unknown"},
		{"A1/s2", "account.reseller_named", true},
		{"A1/s2", "account.issuer_differs", false},
		{"A1/s2", "account.government", true},
		{"A2", "account.issuer_differs", nil},
		{"A2", "account.class", "civil"},
		{"A9", "account.class", nil},
		{"A9", "account.government", nil},
		{"A9", "account.issuer_differs", true},
		{"A9", "account.capabilities", []string{"speech"}},
	} {
		if f[tt.account] == nil {
			t.Fatalf("no account %s", tt.account)
		}
		if got := f[tt.account].Values[tt.signal]; !cmp.Equal(got, tt.want) {
			t.Errorf("%s of %s = %v, want %v", tt.signal, tt.account, got, tt.want)
		}
	}
}
