package policy

import (
	"os"
	"regexp"
	"testing"
)

// TestDocumentedPack loads the pack of docs/format/pack.md and runs its tests.
func TestDocumentedPack(t *testing.T) {
	text, err := os.ReadFile("../../docs/format/pack.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if block == nil {
		t.Fatal("the document shows no pack")
	}
	if len(block) < 2 {
		t.Fatal("the document shows no overlay")
	}
	if _, err := Parse("overlay.md", block[1][1]); err != nil {
		t.Errorf("the overlay of the document: %v", err)
	}
	p, err := Parse("pack.md", block[0][1])
	if err != nil {
		t.Fatal(err)
	}
	results, err := p.Test()
	if err != nil || len(results) != 5 {
		t.Fatalf("%d tests, %v", len(results), err)
	}
	if faults, err := p.Check(); err != nil || len(faults) > 0 {
		t.Errorf("faults %v, %v", faults, err)
	}
	for _, r := range results {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}
