package table

import (
	"os"
	"strings"
	"testing"
)

// TestMapDocument compares docs/format/map.md with the language: every key and every table and column stands there.
func TestMapDocument(t *testing.T) {
	b, err := os.ReadFile("../../../docs/format/map.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	_, err = ParseMaps("m.yaml", []byte("maps: [{none: 1, table: events, columns: {kind: {none: 1}}, reject: [{none: "+
		"1}]}]"))
	if err == nil {
		t.Fatal("an unknown key is taken")
	}
	for line := range strings.Lines(err.Error()) {
		_, keys, ok := strings.Cut(line, "no such key; there are ")
		if !ok {
			continue
		}
		for k := range strings.SplitSeq(strings.TrimSpace(keys), ", ") {
			if k != "maps" && !strings.Contains(text, "`"+k) && !strings.Contains(text, k+":") {
				t.Errorf("the page does not name the key %s", k)
			}
		}
	}
	for _, name := range []string{List, Usage} {
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("the page does not name the table %s", name)
		}
	}
	for _, c := range known[Usage] {
		if !strings.Contains(text, c) {
			t.Errorf("the page does not name the column %s", c)
		}
	}
}
