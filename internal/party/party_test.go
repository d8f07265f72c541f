package party

import "testing"

func TestIdentifier(t *testing.T) {
	for _, tt := range []struct {
		scheme, id, want string
		empty            bool
	}{
		{"GB-COH", "1234567", "01234567", false}, {"gb-coh", "SC 123456", "SC123456", false}, {"GB-COH", "123", "123",
			false},
		{"PL-KRS", "123456", "0000123456", false}, {"ZZ-REG", "123456", "123456", false}, {"ZZ-REG", "123457", "123457",
			false},
		{"RU-INN", "274062111", "0274062111", false}, {"FR-SIREN", "552 100 554", "552100554", false},
		{"VND", "PENDING", "PENDING", true}, {"PY-RUC", "SIN RUC", "SINRUC", true}, {"INN", "не указано", "неуказано",
			true},
		{"BIC", "VELMZZ2A", "VELMZZ2A", false}, {"BIC", "VELMZZAA", "VELMZZAA", false},
		{"VAT", "999999999", "999999999", true},
		{"VAT", "00000", "00000", true}, {"LEI", "529900VELM0000000020", "529900VELM0000000020", false},
		{"", "", "", true},
		{"ZZ-REG", "٤٥٦٧", "٤٥٦٧", false},
	} {
		i := Identifier{tt.scheme, tt.id}
		if got := i.Normal().ID; got != tt.want || i.Empty() != tt.empty {
			t.Errorf("%v: %q, empty %v; want %q, %v", i, got, i.Empty(), tt.want, tt.empty)
		}
	}
}

func TestOneRegisterOneScheme(t *testing.T) {
	for _, tt := range []struct{ name, a, b string }{
		{"Dutch, as OFAC and org-id.guide name it", "REG-NL:34362985", "NL-KVK:34362985"},
		{"Dutch, as GLEIF names it", "RA000463:34362985", "kvk:34.362.985"},
		{"Danish", "ID-DK:36213728", "DK-CVR:36 21 37 28"},
		{"Belgian, with its zero", "REG-BE:0403.838.524", "BE-BCE_KBO:403838524"},
		{"Swiss, with its letters", "REG-CH:CHE-123.456.789", "CH-FDJP:123456789"},
		{"Austrian", "REG-AT:FN 237338 p", "AT-FB:237338p"},
		{"Polish court register", "REG-PL:0000037171", "PL-KRS:37171"},
		{"Canadian business number of a charity", "CHARITY-CA:88221 1009 RR0001", "CA-BN:882211009"},
		{"Canadian business number", "REG-CA:882211009", "CA-CRA_ACR:882211009RR0001"},
		{"charity of England", "CHARITY-GB:299881", "GB-CHC:299881"},
		{"charity of Scotland", "CHARITY-GB:SC012345", "GB-SC:SC012345"},
		{"Thai juristic person", "ID-TH:0105558096348", "TH-DBD:0105558096348"},
		{"Chinese", "REG-CN:91110000600037341L", "USCC:91110000600037341L"},
		{"Russian register", "REG-RU:1027700132195", "OGRN:1027700132195"},
		{"Russian tax number", "TAX-RU:7707083893", "RU-INN:7707083893"},
		{"Peruvian", "RUC-PE:20100047218", "PE-RUC:20100047218"},
		{"Singaporean", "RA000523:196700240H", "UEN:196700240h"},
		{"French, of two bodies", "FR-RCS:552 100 554", "SIREN:552100554"},
		{"value added tax", "DE-VAT:129273398", "VAT:DE129273398"},
		{"value added tax of Greece", "VAT-GR:GR094259216", "EL-VAT:094259216"},
		{"ship", "IMO:IMO 9187629", "XI-IMO:9187629"},
		{"world", "XI-LEI:529900VELM0000000020", "lei:529900velm0000000020"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := ParseIdentifier(tt.a).Normal(), ParseIdentifier(tt.b).Normal(); a != b {
				t.Errorf("%s is %v, %s is %v", tt.a, a, tt.b, b)
			}
		})
	}
	for _, tt := range []struct{ name, a, b string }{
		{"a statistical number is none of the court's", "REG-PL:123456789", "PL-KRS:0123456789"},
		{"a tax number is none of the court's", "TAX-PL:1234567890", "PL-KRS:1234567890"},
		{"no zeros are put before a number of some register", "REG-NL:4362985", "NL-KVK:04362985"},
		{"an establishment is no company", "SIRET:55210055400013", "SIREN:552100554"},
		{"a number of another form keeps its name", "REG-TH:7105558096348", "TH-DBD:7105558096348"},
		{"registers of two countries", "REG-NL:34362985", "REG-DK:34362985"},
		{"a country without a row", "REG-XV:34362985", "ID-XV:34362985"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := ParseIdentifier(tt.a).Normal(), ParseIdentifier(tt.b).Normal(); a == b {
				t.Errorf("%s and %s are both %v", tt.a, tt.b, a)
			}
		})
	}
}

// TestRegistersAreTheirOwn checks that a normal form is final, whatever the row.
func TestRegistersAreTheirOwn(t *testing.T) {
	for named, rs := range registers().named {
		for _, r := range rs {
			own := registers().named[r.scheme]
			if len(own) != 1 || own[0] != r {
				t.Errorf("%s, called %s, is not the one register of its own name", r.scheme, named)
			}
		}
	}
	for _, tt := range []string{"REG-NL:34362985", "REG-AT:FN237338p", "GR-VAT:094259216", "CHARITY-CA:882211009RR0001",
		"NG-CAC:RC12345"} {
		n := ParseIdentifier(tt).Normal()
		if again := n.Normal(); again != n {
			t.Errorf("%s is %v, and that is %v", tt, n, again)
		}
	}
}
