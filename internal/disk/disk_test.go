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

func TestMove(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	from, to := filepath.Join(dir, "a", "x"), filepath.Join(dir, "b", "y")
	if err := Move(from, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	if err := os.WriteFile(from, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Sync(dir), Move(from, to)); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != "text" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestExchange(t *testing.T) {
	dir := t.TempDir()
	fresh, out := filepath.Join(dir, "fresh"), filepath.Join(dir, "out")
	for _, path := range []string{fresh, out} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, filepath.Base(path)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := Exchange(fresh, out)
	if errors.Is(err, ErrNoExchange) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for at, was := range map[string]string{fresh: "out", out: "fresh"} {
		if _, err := os.Stat(filepath.Join(at, was)); err != nil {
			t.Error(err)
		}
	}
	if err := Exchange(fresh, filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with what is not there: %v", err)
	}
	inside := filepath.Join(out, "inside")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Exchange(inside, out); !errors.Is(err, ErrNoExchange) {
		t.Errorf("with its own folder: %v", err)
	}
}

func TestTryLock(t *testing.T) {
	dir := t.TempDir()
	unlock, ok, err := TryLock(dir)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := TryLock(dir); ok || err != nil {
		t.Errorf("locked twice: %v, %v", ok, err)
	}
	unlock()
	if _, ok, err := TryLock(dir); !ok || err != nil {
		t.Errorf("not given back: %v, %v", ok, err)
	}
	if _, _, err := TryLock(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if had, _ := os.ReadDir(dir); len(had) != 0 {
		t.Errorf("%d files are left", len(had))
	}
}
