package finding

import (
	"bytes"
	"errors"
	"testing"
)

// TestSeal: a change of any byte of review.json, or of the findings, is seen; a review of an earlier version is told
// apart.
func TestSeal(t *testing.T) {
	const findings = "aa11"
	plain := []byte("{\n  \"as_of\": \"2032-07-01\",\n  \"inputs\": [{\"sha256\": \"" + ZeroSum +
		"\"}],\n  \"findings_sha256\": \"" + findings + "\",\n  \"sha256\": \"" + ZeroSum + "\"\n}\n")
	sealed, err := Seal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckSeal(sealed, findings); err != nil {
		t.Errorf("as it was written: %v", err)
	}
	if err := CheckSeal(sealed, "bb22"); !errors.Is(err, ErrChanged) {
		t.Errorf("with other findings: %v", err)
	}
	if _, err := Seal(sealed); err == nil {
		t.Error("sealed twice")
	}
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		if err := CheckSeal(b, findings); err == nil || errors.Is(err, ErrUnsealed) {
			t.Errorf("byte %d (%q) changed: %v", i, sealed[i], err)
		}
	}
	if err := CheckSeal([]byte(`{"as_of":"2032-07-01"}`), findings); !errors.Is(err, ErrUnsealed) {
		t.Errorf("of an earlier version: %v", err)
	}
}
