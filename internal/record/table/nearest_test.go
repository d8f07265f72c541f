package table

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	for _, tt := range []struct {
		name, text, table, missing string
		meant                      bool
	}{
		{"sales.csv", "buyer;seller;item;value;currency\n1;2;3;4;5\n", Engagements, "engagement_id", true},
		{"accounts.csv", "party_name,country,since\nx,y,2031\n", Accounts, "account_id", true},
		{"claims.csv", "\x01\x02garbage", Claims, "claim_id and about or about_id", true},
		{"2031_claims-q2.csv", "", Claims, "claim_id and about or about_id", true},
		{"approvals.csv", "engagement_id,decided,outcome\n", Approvals, "kind", true},
		{"orders.csv", "Auftrag;Kunde;Betrag\n", "", "", false},
		{"list.csv", "name,kind,country,date,remark,code,other\n", Events, "source or event_id", false},
	} {
		g := Nearest(file(t, tt.name, []byte(tt.text)))
		if g.Table != tt.table || strings.Join(g.Missing, " and ") != tt.missing || g.Meant != tt.meant {
			t.Errorf("%s: %+v, want %s lacking %q, meant %v", tt.name, g, tt.table, tt.missing, tt.meant)
		}
		if s := g.String(); !strings.Contains(s, pages) || tt.table != "" && !strings.Contains(s, tt.table) {
			t.Errorf("%s: %s", tt.name, s)
		}
	}
}
