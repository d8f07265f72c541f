package ledger_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ledger/format"
)

// TestDocument compares the blocks of docs/format/ledger.md with the small log. UPDATE=1
// writes them.
func TestDocument(t *testing.T) {
	const path = "../../docs/format/ledger.md"
	r, err := format.ParseReceipt(readFile(t, "testdata/log-small/leaf-05.tlog-proof"))
	if err != nil {
		t.Fatal(err)
	}
	o := r.Openings[0]
	blocks := map[string]string{
		"leaf": string(r.Leaf),
		"opening": fmt.Sprintf("NAME  %s\nSALT  %s\nVALUE %s\n", o.Name, hex.EncodeToString(o.Salt),
			base64.StdEncoding.EncodeToString(o.Value)),
	}
	doc := string(readFile(t, path))
	block := regexp.MustCompile("(?s)<!-- output: ([a-z]+) -->\n```\n.*?```\n")
	now := block.ReplaceAllStringFunc(doc, func(s string) string {
		name := block.FindStringSubmatch(s)[1]
		return "<!-- output: " + name + " -->\n```\n" + blocks[name] + "```\n"
	})
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(doc, now); d != "" {
		t.Errorf("%s (-there +now):\n%s", path, d)
	}
}
