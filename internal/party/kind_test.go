package party

import "testing"

func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		word string
		want Kind
	}{
		{"Company", Organization}, {" organisation ", Organization}, {"legal_entity", Organization},
		{"LegalEntity", Unknown},
		{"PublicBody", PublicBody}, {"public_body", PublicBody}, {"Individual", Person}, {"Ship", Vessel},
		{"Airplane", Aircraft},
		{"", Unknown}, {"Asset", Unknown}, {"firm-ish", Unknown},
	} {
		t.Run(tt.word, func(t *testing.T) {
			if got := KindOf(tt.word); got != tt.want {
				t.Errorf("KindOf(%q) = %q, want %q", tt.word, got, tt.want)
			}
		})
	}
}
