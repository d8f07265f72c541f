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
		{"o.csv", "owner,share,since\nA,50%,2031\n", Ownership, "owned or owned_id", true},
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

func TestMistypedColumns(t *testing.T) {
	g := Nearest(file(t, "a.csv", []byte("engagment_id,kind,seler,buyer,valeu,item\n1,contract,A,B,5,c\n")))
	s := g.String()
	for _, want := range []string{`"engagment_id" is perhaps engagement_id`, `"seler" is perhaps seller`,
		`"valeu" is perhaps value`} {
		if !strings.Contains(s, want) {
			t.Errorf("%s\nwant %s in it", s, want)
		}
	}
	for _, tt := range []struct {
		a, b string
		want int
	}{{"value", "value", 0}, {"valeu", "value", 1}, {"seler", "seller", 1}, {"engagmentid", "engagementid", 1},
		{"item", "unit", 4}, {"", "ab", 2}, {"abc", "cab", 2}} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
