package party

import "testing"

// Numbers with check digits: right ones, and ones with a digit changed.
func TestCheckDigits(t *testing.T) {
	for _, tt := range []struct {
		name, scheme, good, bad string
	}{
		{"LEI", "LEI", "529900T8BM49AURSDO55", "529900T8BM49AURSDO56"},
		{"ship", "IMO", "9074729", "9074728"},
		{"Russian tax", "INN", "7707083893", "7707083894"},
		{"Russian register", "OGRN", "1027700132195", "1027700132196"},
		{"security", "ISIN", "US0378331005", "US0378331006"},
		{"bank", "BIC", "DEUTDEFF", "DEUT1EFF"},
		{"American register", "UEI", "ABCDEF123456", "OBCDEF123456"},
		{"VAT Belgium", "VAT", "BE0123456749", "BE0123456750"},
		{"VAT Germany", "VAT", "DE136695976", "DE136695977"},
		{"VAT France", "VAT", "FRAB123456789", "FRAB12345678X"},
		{"VAT Britain", "VAT", "GB999999973", "GB999999974"},
		{"VAT Britain, a branch", "VAT", "GB123456789012", "GB1234567890"},
		{"VAT Italy", "VAT", "IT12345678903", "IT12345678904"},
		{"VAT Netherlands", "VAT", "NL123456789B01", "NL123456789C01"},
		{"VAT Poland", "VAT", "PL5260001246", "PL5260001247"},
		{"VAT Portugal", "VAT", "PT501964843", "PT501964844"},
		{"VAT of a country without a rule here", "VAT", "ATU12345678", "AT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, ok := Strong(Identifier{Scheme: tt.scheme, ID: tt.good}); !ok {
				t.Errorf("%s %s is refused", tt.scheme, tt.good)
			}
			if _, ok := Strong(Identifier{Scheme: tt.scheme, ID: tt.bad}); ok {
				t.Errorf("%s %s is taken", tt.scheme, tt.bad)
			}
		})
	}
}

// Each rule for value added tax has a row above.
func TestVATRulesAreTried(t *testing.T) {
	if len(vatRules) != 8 {
		t.Errorf("%d rules, 8 rows of TestCheckDigits", len(vatRules))
	}
}
