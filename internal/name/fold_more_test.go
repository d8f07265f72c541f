package name

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

// TestComposed holds that what composed passes is in normal form C and K, alone and beside another such letter.
func TestComposed(t *testing.T) {
	for c := rune(0x80); c < 0xE000; c++ {
		s := string(c)
		if composed(s) && !norm.NFKC.IsNormalString(s) {
			t.Errorf("composed(%q) = true, and its normal form is %q", s, norm.NFKC.String(s))
		}
		if p := norm.NFKC.PropertiesString(s); composed(s) && p.CCC() != 0 {
			t.Errorf("composed(%q) = true, and it combines with the letter before it", s)
		}
	}
}

// TestPlainLetter holds that a letter which is read without a look at the rules is read by the last of them.
func TestPlainLetter(t *testing.T) {
	for c := rune(0x80); c < 0xE000; c++ {
		if !plainLetter(c) || isHangul(c) {
			continue
		}
		var r reader
		for i := range runeRules {
			if rule := &runeRules[i]; rule.when(&r, c, string(c)) {
				if i != len(runeRules)-1 {
					t.Errorf("plainLetter(%q) = true, and the rule %q fits", c, rule.what)
				}
				break
			}
		}
	}
}

// TestQuiet holds that a text which is quiet holds nothing beside a name, letter after letter.
func TestQuiet(t *testing.T) {
	for _, s := range []string{"Quelvane Trading", "J. Quelvane", "O'Tarrin & Co", "Plant 7", "Plant No. 7, Varn",
		"Varn f.k.a. Tarrin", "Varn fka Tarrin", "VarnTarrin", "Varn dba Tarrin", "Varn formerly Tarrin", "VAT 1234567",
		"Varn (Tarrin)", "Varn/Tarrin", "Varn; Tarrin", "Varn attn Tarrin", "Varn 17 Mill Street", "Varn 123456",
		"Varn on behalf of Tarrin", "Varn in liquidation", "T/A Varn", "A.B.C. Varn", "Varn, t.a. Tarrin", "a.k.a Varn",
		"Varn A.K.A. Tarrin"} {
		full := mayHoldMore(s) || hasCamel(s)
		if quiet(s) && full {
			t.Errorf("quiet(%q) = true, and a look at all of it says that it may hold more", s)
		}
	}
	if !quiet("Quelvane Trading Company Limited") {
		t.Error("a name of plain words is not quiet")
	}
}
