package book

import (
	"math/big"
	"testing"

	"plimsoll/internal/record"
)

func TestDecimal(t *testing.T) {
	b := &Book{}
	for _, tt := range []struct{ in, want string }{
		{"0", "0"}, {"-0.5", "-500000000000"}, {"1.2345678901234", "1234567890123"}, {"0.0000000000005", "1"},
		{"+7", "7000000000000"},
		{"-12.340", "-12340000000000"}, {".5", "500000000000"},
	} {
		got, ok := b.decimal(record.Decimal(tt.in)).(*big.Int)
		if !ok || got.String() != tt.want {
			t.Errorf("decimal(%q) = %v, want %s", tt.in, got, tt.want)
		}
	}
	if b.decimal("") != nil || b.outOfRange != 0 {
		t.Error("an empty cell is a number")
	}
	if b.decimal("99999999999999999999999999999") != nil || b.outOfRange != 1 {
		t.Error("a number out of range is kept")
	}
}
