package table

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocument holds the page of the tables to the lists that the reader uses.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "..", filepath.FromSlash(pages))
	want := Document()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the lists say (%v); run the test with UPDATE=1", pages, err)
	}
	for n, line := range strings.Split(want, "\n") {
		if len(line) > 160 || len(line) > 120 && !strings.HasPrefix(line, "|") {
			t.Errorf("%s:%d: a line of %d bytes", pages, n+1, len(line))
		}
	}
	for _, table := range Tables() {
		for _, c := range Columns(table) {
			if c.Text == "" {
				t.Errorf("%s.%s says nothing of what it holds", table, c.Name)
			}
		}
	}
}
