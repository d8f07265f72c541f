package capability

import (
	"slices"
	"testing"
)

func TestRange(t *testing.T) {
	g := NewRange([]Product{
		{SKU: "ZX-900", Name: "Zorblax", Capabilities: []string{Interception}, Stated: true},
		{SKU: "CH-1", Name: "Blue Falcon", Stated: true},
		{SKU: "Q77Q", Name: "Quargel", Codes: [][2]string{{"HS", "8429.52"}}},
		{SKU: "U-1000", Name: "Umbrix", Stated: true, Unclear: true},
		{SKU: "N-1000", Name: "Nimbix"},
		{SKU: "R-1000", Name: "Telephone interception system", Stated: true},
		{SKU: "V-1000", Name: "Vidrax chair", Capabilities: []string{Vision}, Stated: true},
	})
	tests := []struct {
		name, text, scheme, code string
		want                     []string
		understood, product      bool
	}{
		{"by name", "zorblax", "", "", []string{Interception}, true, true},
		{"by number as code", "Licence", "SKU", "zx 900", []string{Interception}, true, true},
		{"by number among words", "Annual licence (ZX-900), 12 months", "", "", []string{Interception}, true, true},
		{"said to be of no class", "Blue Falcon", "", "", nil, true, true},
		{"by the code of the product", "Quargel", "", "", []string{HeavyMachinery}, true, true},
		{"a word that is not understood", "Umbrix", "", "", nil, false, true},
		{"nothing said", "Nimbix", "", "", nil, false, true},
		{"interception stays", "Telephone interception system", "", "", []string{Interception}, true, true},
		{"the company's word before the words", "Vidrax chair", "", "", []string{Vision}, true, true},
		{"the code of the contract stays", "Blue Falcon", "ML", "ML1", []string{Arms}, true, true},
		{"no product", "Zorblax spare housing", "", "", nil, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, product := g.Item(tt.text, tt.scheme, tt.code)
			if !slices.Equal(a.Capabilities, tt.want) || a.Understood != tt.understood || product != tt.product {
				t.Errorf("%v understood %v product %v, want %v %v %v", a.Capabilities, a.Understood, product, tt.want,
					tt.understood, tt.product)
			}
		})
	}
	var none *Range
	if a, product := none.Item("rifles", "", ""); product || !slices.Contains(a.Capabilities, Arms) {
		t.Errorf("an empty range: %v %v", a, product)
	}
}

func TestAgainst(t *testing.T) {
	p := Product{Name: "Telephone interception system", Codes: [][2]string{{"XYZ", "99"}}, Stated: true}
	if got := p.Against(); !slices.Equal(got, []string{Interception}) {
		t.Errorf("against: %v", got)
	}
	if got := p.CodesUnknown(); !slices.Equal(got, []string{"XYZ:99"}) {
		t.Errorf("codes: %v", got)
	}
}
