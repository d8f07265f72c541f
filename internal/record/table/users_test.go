package table

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/internal/record"
)

// TestUsersOfAccounts: a count is read; what is no count is a doubt that does not repeat the cell,
// for it may name people.
func TestUsersOfAccounts(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"40", "40"}, {"1200", "1200"}, {"", ""}, {"-3", ""}, {"Ann Example and Bo Example", ""},
	} {
		t.Run(tt.cell, func(t *testing.T) {
			in := "account_id,party_name,users\nA1,Tide Works Ltd,\"" + tt.cell + "\"\n"
			c, s := decode(t, file(t, "accounts.csv", []byte(in)))
			if len(c.Records) != 1 {
				t.Fatalf("%d records, rejects %+v", len(c.Records), c.Rejects)
			}
			a := c.Records[0].(*record.Account)
			if string(a.Users) != tt.want {
				t.Errorf("users = %q, want %q", a.Users, tt.want)
			}
			doubt := tt.want == "" && tt.cell != ""
			if doubt != (len(a.Unread) == 1) {
				t.Errorf("unread = %+v", a.Unread)
			}
			if text := fmt.Sprintf("%+v %+v", a.Unread, s); doubt && len(tt.cell) > 3 && strings.Contains(text,
				"Example") {
				t.Errorf("the cell is repeated: %s", text)
			}
		})
	}
}
