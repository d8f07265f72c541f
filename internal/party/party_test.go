package party

import "testing"

func TestIdentifier(t *testing.T) {
	for _, tt := range []struct {
		scheme, id, want string
		empty            bool
	}{
		{"GB-COH", "1234567", "01234567", false}, {"gb-coh", "SC 123456", "SC123456", false}, {"GB-COH", "123", "123", false},
		{"PL-KRS", "123456", "0000123456", false}, {"ZZ-REG", "123456", "123456", false}, {"ZZ-REG", "123457", "123457", false},
		{"RU-INN", "274062111", "0274062111", false}, {"FR-SIREN", "552 100 554", "552100554", false},
		{"VND", "PENDING", "PENDING", true}, {"PY-RUC", "SIN RUC", "SINRUC", true}, {"INN", "не указано", "неуказано", true},
		{"BIC", "VELMZZ2A", "VELMZZ2A", false}, {"BIC", "VELMZZAA", "VELMZZAA", false}, {"VAT", "999999999", "999999999", true},
		{"VAT", "00000", "00000", true}, {"LEI", "529900VELM0000000020", "529900VELM0000000020", false}, {"", "", "", true},
		{"ZZ-REG", "٤٥٦٧", "٤٥٦٧", false},
	} {
		i := Identifier{tt.scheme, tt.id}
		if got := i.Normal().ID; got != tt.want || i.Empty() != tt.empty {
			t.Errorf("%v: %q, empty %v; want %q, %v", i, got, i.Empty(), tt.want, tt.empty)
		}
	}
}
