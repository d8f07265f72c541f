package focus

import "testing"

func TestAccountKey(t *testing.T) {
	const id = "5f0c9e1a-0d2b-4c7e-9a33-8b1d6f2e4c50"
	for _, tt := range []struct{ name, s, want string }{
		{"nothing", "", ""},
		{"blanks", "  \t", ""},
		{"plain", "Team-7", "team-7"},
		{"no-break space", "\u00a0TEAM-7 ", "team-7"},
		{"subscription", "/subscriptions/" + id, id},
		{"subscription, other case", "/SUBSCRIPTIONS/5F0C9E1A-0D2B-4C7E-9A33-8B1D6F2E4C50/", id},
		{"GUID in braces", "{" + id + "}", id},
		{"GUID in brackets", "(" + id + ")", id},
		{"billing account of Microsoft", "/providers/Microsoft.Billing/billingAccounts/00778899", "778899"},
		{"billing profile below it",
			"/providers/Microsoft.Billing/billingAccounts/11:22_2019-05-31/billingProfiles/ABCD-EF01-BG2-XYZ",
			"abcd-ef01-bg2-xyz"},
		{"billing account of Google", "billingAccounts/01ABCD-23EF45-6789AB", "01abcd-23ef45-6789ab"},
		{"the same alone", "01ABCD-23EF45-6789AB", "01abcd-23ef45-6789ab"},
		{"a leading zero", "012345678901", "12345678901"},
		{"lost", "12345678901", "12345678901"},
		{"kept by an apostrophe", "'012345678901", "12345678901"},
		{"in groups", "0123-4567-8901", "12345678901"},
		{"as a fraction", "12345678901.0", "12345678901"},
		{"only zeros", "000", "0"},
		{"E notation is not guessed", "1.23457E+11", "1.23457e+11"},
		{"letters keep their zeros", "00ab12", "00ab12"},
		{"a dash in other groups stays", "012-345", "012-345"},
		{"a slash of its own", "north/sales", "north/sales"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := AccountKey(tt.s)
			if got != tt.want {
				t.Errorf("AccountKey(%q) = %q, want %q", tt.s, got, tt.want)
			}
			if again := AccountKey(got); again != got {
				t.Errorf("AccountKey(%q) = %q: a key has another key", got, again)
			}
		})
	}
}
