package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestSettle(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report")
	for _, content := range []string{"old", "new"} {
		f, err := os.CreateTemp(dir, "part-*")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(content); err != nil {
			t.Fatal(err)
		}
		if err := Settle(f, 0o640, path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != content {
			t.Errorf("the file holds %q, %v; want %q", b, err, content)
		}
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v, %v", st.Mode(), err)
	}
	if had, _ := os.ReadDir(dir); len(had) != 1 {
		t.Errorf("%d files are left, want 1", len(had))
	}
	f, err := os.CreateTemp(dir, "part-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := Settle(f, 0o600, filepath.Join(dir, "nowhere", "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	if err := SyncFolder(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	broken := errors.New("broken")
	for _, fails := range []error{nil, broken} {
		err := Replace(path, func(w io.Writer) error {
			_, _ = io.WriteString(w, "whole")
			if fails != nil {
				_, _ = io.WriteString(w, ", not")
			}
			return fails
		})
		if !errors.Is(err, fails) {
			t.Errorf("%v, want %v", err, fails)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "whole" {
			t.Errorf("the file holds %q, %v", b, err)
		}
		if had, _ := os.ReadDir(filepath.Dir(path)); len(had) != 1 {
			t.Errorf("%d files are left, want 1", len(had))
		}
	}
}
