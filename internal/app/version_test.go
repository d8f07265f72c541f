package app

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"plimsoll/internal/policy"
	"plimsoll/internal/store"
)

// A build names what tells it from another.
func TestVersion(t *testing.T) {
	var out bytes.Buffer
	if err := showVersion(streams{out: &out, err: &out}); err != nil {
		t.Fatal(err)
	}
	schema, err := store.Newest()
	if err != nil || schema == 0 {
		t.Fatalf("newest migration %d, %v", schema, err)
	}
	pack, err := policy.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for _, want := range []string{"plimsoll " + Version, fmt.Sprintf("schema %d", schema),
		fmt.Sprintf("pack %s %s %s", pack.Parts[0].Name, pack.Parts[0].Version, pack.Parts[0].Digest)} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("no line %q in:\n%s", want, out.String())
		}
	}
}
