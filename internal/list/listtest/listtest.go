// Package listtest helps the tests of list decoders: sources from text, and what every list
// that was read must satisfy.
package listtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Source writes text to a file of that name and returns it as a run would find it.
func Source(t testing.TB, name, text string) record.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := record.Find([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	return src[0]
}

// Problem fails the test unless err is a *list.LoadError of which one problem has the place
// and contains the words given.
func Problem(t testing.TB, err error, at, words string) {
	t.Helper()
	var le *list.LoadError
	if !errors.As(err, &le) {
		t.Fatalf("error is %v, want a problem at %q with %q", err, at, words)
	}
	for _, p := range le.Problems {
		if p.File == "" {
			t.Errorf("problem %q names no file", p.Reason)
		}
		if strings.HasPrefix(p.At, at) && strings.Contains(p.Reason, words) {
			return
		}
	}
	t.Errorf("no problem at %q with %q in: %v", at, words, err)
}

// Sound fails the test when l breaks what holds for every list: each entry has a key that
// no other has, a place, a named first name, and no papers or street of a person.
func Sound(t testing.TB, l *list.List) {
	t.Helper()
	if l.ID == "" || l.Title == "" || l.Publisher == "" || l.Format == "" || len(l.Files) == 0 {
		t.Errorf("list %q lacks a title, publisher, format or file: %+v", l.ID, l.Files)
	}
	ids := map[string]bool{}
	names := 0
	for i := range l.Entries {
		e := &l.Entries[i]
		names += len(e.Names)
		switch {
		case e.ID == "" || ids[e.ID]:
			t.Errorf("entry %d: key %q is empty or not its own", i, e.ID)
		case e.At == "" || e.File < 0 || e.File >= len(l.Files):
			t.Errorf("entry %s has no place", e.ID)
		case len(e.Names) == 0 || e.Names[0].Type != "primary" || strings.TrimSpace(e.Names[0].Text) == "":
			t.Errorf("entry %s has no primary name: %+v", e.ID, e.Names)
		case e.Kind == party.Person && len(e.Identifiers) > 0:
			t.Errorf("entry %s is a person and has numbers %v", e.ID, e.Identifiers)
		}
		ids[e.ID] = true
	}
	if names != l.Names {
		t.Errorf("list %s counts %d names, its entries have %d", l.ID, l.Names, names)
	}
}
