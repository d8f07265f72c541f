package resolve

import "testing"

func TestUsableKey(t *testing.T) {
	for _, tt := range []struct {
		key  string
		want bool
	}{
		{"C-1001", true}, {"17", true}, {"111", true}, {"1234", true}, {"10020030", true}, {"HRB 45712", true},
		{"0", false}, {"000000", false}, {"00-00", false}, {"99999999", false}, {"1111-2222-3333", false},
		{"12345678", false}, {"", false}, {"n/a", false}, {"keine", false}, {"٠٠١٢", true},
	} {
		if got := usableKey(tt.key); got != tt.want {
			t.Errorf("usableKey(%q) = %v, want %v", tt.key, got, tt.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, tt := range []struct{ key, want string }{
		{"C-1001", "C"}, {"c1001", "C"}, {"HRB 45712", "HRB"}, {"1001", ""}, {" 1001 ", ""}, {"A1B2", "?"},
		{"sales-team", "?"}, {"7f3a9c", "?"},
	} {
		if got := kindOf(tt.key); got != tt.want {
			t.Errorf("kindOf(%q) = %q, want %q", tt.key, got, tt.want)
		}
	}
}
