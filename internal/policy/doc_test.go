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
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("the document shows no pack")
	}
	p, err := Parse("pack.md", block[1])
	if err != nil {
		t.Fatal(err)
	}
	results, err := p.Test()
	if err != nil || len(results) != 4 {
		t.Fatalf("%d tests, %v", len(results), err)
	}
	for _, r := range results {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}
