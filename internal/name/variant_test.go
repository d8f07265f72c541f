package name

import (
	"strings"
	"testing"
)

// No name that holds another may be taken for a single one.
func TestSingleNamesHoldNoOther(t *testing.T) {
	for _, cut := range []string{" a.k.a. ", " aka ", " f/k/a ", " fka ", " d/b/a ", " t/a ", " trading as ",
		" formerly ", "; ", " / ", " now known as "} {
		for _, s := range []string{"Harbour Lantern" + cut + "Quayside Lamps", "Harbour (Lamps)" + cut + "Quayside"} {
			for _, s := range []string{s, strings.ToUpper(s), strings.ToLower(s)} {
				if Single(s) || len(Variants(s)) < 3 {
					t.Errorf("%q: single %v, variants %q", s, Single(s), Variants(s))
				}
			}
		}
	}
	for _, s := range []string{"Harbour (Lamps; Lanterns)", "金正恩"} {
		if Single(s) || len(Variants(s)) < 2 {
			t.Errorf("%q: single %v, variants %q", s, Single(s), Variants(s))
		}
	}
	for _, s := range []string{"", "Harbour", "Harbour Lantern Ltd", "Al Noor Shipping", "x aka"} {
		if got := Variants(s); len(got) != 1 || !Single(s) && s != "x aka" {
			t.Errorf("%q is not single", s)
		}
	}
}
