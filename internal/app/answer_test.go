package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// full is a writer that takes so many bytes and no more.
type full struct{ left int }

var errFull = errors.New("no space left")

// Write implements [io.Writer].
func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	f.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// TestLostAnswer: a command whose answer does not arrive whole ends as one that could not finish, and says so.
func TestLostAnswer(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := file("list.csv", "name,publisher,report,status\nKesh Cargo,Harbour Watch,Quay Report,listed\n")
	names := file("names.csv", "name\nKesh Cargo\n")
	pairs := file("pairs.csv", "name1,name2\nKesh Cargo,Kesh Cargo Ltd\n")
	own := file("own.csv", "Company;Country\nKesh Cargo;NO\n")
	for _, args := range [][]string{
		{}, {"--help"}, {"help"}, {"version"}, {"review", "--help"}, {"completion", "bash"},
		{"usage", "sql", "--dialect", "duckdb", "--table", "t"},
		{"lists", "show", list}, {"lists", "show", "--json", list},
		{"screen", "--list", list, "Kesh Cargo"}, {"screen", "--list", list, "--in", names},
		{"names", "compare", "--in", pairs},
		{"policy", "check"}, {"map", "draft", "--table", "list", own},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var all, said bytes.Buffer
			if code := Main(t.Context(), args, strings.NewReader(""), &all, &said); code != exitDone || all.Len() == 0 {
				t.Fatalf("exit code %d, %d bytes: %s", code, all.Len(), &said)
			}
			for _, left := range []int{0, all.Len() / 2, all.Len() - 1} {
				said.Reset()
				code := Main(t.Context(), args, strings.NewReader(""), &full{left: left}, &said)
				if code != exitFailed || !strings.Contains(said.String(), errFull.Error()) ||
					strings.Count(said.String(), errFull.Error()) != 1 {
					t.Errorf("%d of %d bytes arrive: exit code %d, said %q", left, all.Len(), code, &said)
				}
			}
		})
	}
}
