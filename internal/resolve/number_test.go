package resolve

import (
	"testing"

	"plimsoll/internal/party"
)

// What people type to get past a form is no number, and what registers gave is one.
func TestUsable(t *testing.T) {
	for _, tt := range []struct {
		id     string
		usable bool
	}{
		{"GB480912337", true}, {"RUC 20480912337", true}, {"HRB 6691", true}, {"B-28480917", true}, {"SC480917", true},
		{"00480917", true},
		{"ABC480917", true}, {"1000047", true}, {"J40/4809/1997", true}, {"48E7201", true},
		{"000000001", false}, {"999", false}, {"1111-2222-3333", false}, {"1.23457E+11", false}, {"abc123", false},
		{"ABC123456", false},
		{"XYZ1234", false}, {"ABCD", false}, {"12345678", false}, {"0", false}, {"XX-XXXXXXX", false}, {"n/v", false},
		{"PENDING", false},
		{"Vendor Nbr", false}, {"SIN RUC", false}, {"NOT PROVIDED", false},
	} {
		t.Run(tt.id, func(t *testing.T) {
			if got := Usable(party.ParseIdentifier("VAT:" + tt.id).Normal()); got != tt.usable {
				t.Errorf("Usable(%q) = %v", tt.id, got)
			}
		})
	}
}
