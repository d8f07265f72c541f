package evidence

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/keyring"
)

// inClear lists the files beneath a folder that hold a text in the clear.
func inClear(t *testing.T, dir, text string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const secretWords = "the seventh floor ordered forty cameras"

// TestEncrypted: what originals and working copies say stands nowhere on the disk; who has the keys reads, searches and
// copies it; and without the master key nothing is opened.
func TestEncrypted(t *testing.T) {
	dir := t.TempDir()
	master := filepath.Join(t.TempDir(), "master")
	s, err := OpenUnder(dir, Keys{File: master})
	if err != nil {
		t.Fatal(err)
	}
	sum := add(t, s, warrant, "memo.txt", secretWords)
	if found := inClear(t, dir, secretWords); found != nil {
		t.Errorf("in the clear: %v", found)
	}
	s.Close()
	if s, err = OpenUnder(dir, Keys{File: master, Plain: true}); err != nil { // once encrypted, it stays so
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	second := add(t, s, warrant, "second.txt", secretWords+" again")
	if found := inClear(t, dir, secretWords); found != nil || !s.Encrypted() {
		t.Errorf("in the clear: %v", found)
	}
	f, _, err := s.View(warrant, sum)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(b) != secretWords {
		t.Errorf("it reads %q, %v", b, err)
	}
	hits, err := s.Search(t.Context(), warrant, []string{"cameras", "again"})
	if err != nil || len(hits) != 1 || hits[0].Item.SHA256 != second {
		t.Errorf("search: %+v, %v", hits, err)
	}
	if k := verifyStore(t, s); len(k.Problems) != 0 || k.Originals != 2 {
		t.Errorf("%d originals, problems %v", k.Originals, k.Problems)
	}
	for _, other := range []string{filepath.Join(t.TempDir(), "another"), ""} {
		if _, err := OpenUnder(dir, Keys{File: other}); !errors.Is(err, keyring.ErrMaster) {
			t.Errorf("with the key %q: %v", other, err)
		}
	}
}

// TestEraseCase: the last original of a case takes its key with it; a copy of the encrypted file that somebody kept
// cannot be read any more, and another case goes on reading what it holds.
func TestEraseCase(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w, other := warrant, Warrant{"PL-8", "analyst", "same file elsewhere", "counsel"}
	w.Second = "counsel Ode"
	sum := add(t, s, w, "a.txt", secretWords)
	add(t, s, other, "b.txt", secretWords)
	alone := add(t, s, w, "c.txt", "held by one case")
	kept, err := os.ReadFile(stored(s, alone))
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(KeysDir(dir), "case", "PL-7.age")
	if err := s.Delete(w, alone); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(keyFile); err != nil {
		t.Errorf("the key of a case that still holds something: %v", err)
	}
	if err := s.Delete(w, sum); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(keyFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key of a case that holds nothing: %v", err)
	}
	if f, _, err := s.View(other, sum); err != nil {
		t.Errorf("the other case: %v", err)
	} else {
		f.Close()
	}
	// Somebody puts the kept copy back: it is there, and nobody reads it.
	if err := os.WriteFile(s.original(alone)+cipherEnd, kept, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := s.openOriginal(alone); !errors.Is(err, keyring.ErrErased) {
		t.Errorf("the kept copy: %v", err)
	}
	add(t, s, w, "c.txt", "held by one case") // it may be collected again
	if f, _, err := s.View(w, alone); err != nil {
		t.Errorf("collected again: %v", err)
	} else {
		f.Close()
	}
	if k := verifyStore(t, s); len(k.Problems) != 0 {
		t.Errorf("problems: %v", k.Problems)
	}
}

// TestEncryptAll: originals that an earlier version wrote are encrypted, a damaged one stays to be seen.
func TestEncryptAll(t *testing.T) {
	dir := t.TempDir()
	old, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, other := warrant, Warrant{"PL-8", "analyst", "same file elsewhere", "counsel"}
	sum := add(t, old, w, "a.txt", secretWords)
	add(t, old, other, "a.txt", secretWords)
	bad := add(t, old, w, "b.txt", "what was changed since")
	old.Close()
	path := old.original(bad)
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("something else"), 0o400)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	n, err := s.EncryptAll(t.Context())
	if err != nil || n != 1 {
		t.Fatalf("%d were encrypted, %v", n, err)
	}
	if found := inClear(t, dir, secretWords); found != nil {
		t.Errorf("in the clear: %v", found)
	}
	for _, who := range []Warrant{w, other} {
		if hits, err := s.Search(t.Context(), who, []string{"cameras"}); err != nil || len(hits) != 1 {
			t.Errorf("search in %s: %v, %v", who.Case, hits, err)
		}
		f, _, err := s.View(who, sum)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	k := verifyStore(t, s)
	if len(k.Problems) != 1 || !strings.Contains(k.Problems[0].String(), bad) {
		t.Errorf("problems %v, want the damaged original", k.Problems)
	}
	if n, err := s.EncryptAll(t.Context()); err != nil || n != 0 {
		t.Errorf("a second time: %d, %v", n, err)
	}
}

// TestLostKeys: a store whose folder of keys is gone as a whole is refused, with or without a master key elsewhere, and
// gets no new keys; one in the clear, or that holds nothing yet, gets some.
func TestLostKeys(t *testing.T) {
	for name, keys := range map[string]Keys{"in the store": {}, "elsewhere": {File: filepath.Join(t.TempDir(),
		"master")}, "in the clear from now on": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			with := keys
			with.Plain = false
			s, err := OpenUnder(dir, with)
			if err != nil {
				t.Fatal(err)
			}
			add(t, s, warrant, "memo.txt", secretWords)
			s.Close()
			if err := os.RemoveAll(KeysDir(dir)); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenUnder(dir, keys); !errors.Is(err, keyring.ErrMaster) || !strings.Contains(err.Error(),
				"put the folder back") {
				t.Errorf("opened without its keys: %v", err)
			}
			if keyring.Exists(KeysDir(dir)) {
				t.Error("new keys were made")
			}
		})
	}
}

// TestSweep: what was about to leave the store when a program was killed is removed soon, other temporary files in a
// day.
func TestSweep(t *testing.T) {
	s := open(t, t.TempDir())
	out, err := s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(s.dir, "tmp", "in-1")
	if err := os.WriteFile(in, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after   time.Duration
		out, in bool
	}{{time.Minute, true, true}, {time.Hour, false, true}, {25 * time.Hour, false, false}} {
		s.Now = func() time.Time { return time.Now().Add(tt.after) }
		if err := s.Sweep(); err != nil {
			t.Fatal(err)
		}
		_, oerr := os.Lstat(out)
		_, ierr := os.Lstat(in)
		if (oerr == nil) != tt.out || (ierr == nil) != tt.in {
			t.Errorf("after %v: what leaves %v, what comes in %v", tt.after, oerr, ierr)
		}
	}
}
