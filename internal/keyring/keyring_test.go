package keyring

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
)

// TestRing: a key is the same each time, an item is read by any name that it was shared with, and not once the last
// one's key was erased.
func TestRing(t *testing.T) {
	dir := t.TempDir()
	master := filepath.Join(t.TempDir(), "apart", "key")
	r, err := Open(dir, master)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(master)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the master key: %v, %v", info, err)
	}
	a, err := r.Make("C-0001")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Make("C-0001"); err != nil || again.String() != a.String() {
		t.Errorf("another key the second time: %v", err)
	}
	item, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"C-0001", "C-0002"} {
		if err := r.Share("abcdef", c, item); err != nil {
			t.Fatal(err)
		}
	}
	if r, err = Open(dir, master); err != nil { // another program
		t.Fatal(err)
	}
	reads := func() error {
		got, err := r.Item("abcdef")
		if err == nil && got.String() != item.String() {
			t.Error("another key")
		}
		return err
	}
	if err := reads(); err != nil {
		t.Error(err)
	}
	if err := r.Erase("C-0001"); err != nil {
		t.Fatal(err)
	}
	if err := reads(); err != nil {
		t.Errorf("the other case cannot read it: %v", err)
	}
	if err := r.Erase("C-0002"); err != nil {
		t.Fatal(err)
	}
	if err := reads(); !errors.Is(err, ErrErased) {
		t.Errorf("after both keys were erased: %v", err)
	}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "AGE-SECRET-KEY") {
			t.Errorf("%s holds a key in the clear", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestMaster: a lost master key, another one and a damaged one are errors in words, and none is made in their place.
func TestMaster(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, ""); err != nil {
		t.Fatal(err)
	}
	master := MasterFile(dir, "")
	good, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"another": other.String(), "damaged": string(good[:len(good)-9]),
		"empty": ""} {
		if err := os.WriteFile(master, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, ""); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if err := os.Remove(master); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, ""); !errors.Is(err, ErrMaster) || !strings.Contains(err.Error(), "--key-file") {
		t.Errorf("missing: %v", err)
	}
	if _, err := os.Lstat(master); err == nil {
		t.Error("a new master key was made in place of the lost one")
	}
}

// TestAtOnce: programs that start at once make one master key and one key of a case.
func TestAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range 8 {
		wg.Go(func() {
			r, err := Open(dir, "")
			if err != nil {
				t.Error(err)
				return
			}
			k, err := r.Make("C-0001")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[k.String()] = true
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("%d keys were made, want 1", len(seen))
	}
}
