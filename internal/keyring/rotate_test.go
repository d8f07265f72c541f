package keyring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/keyring/token/tokentest"
)

// held is two folders of keys under one master key, with what each key is.
type held struct {
	file string
	dirs []string
	keys map[string]string // path → secret
}

func hold(t *testing.T, file string) *held {
	t.Helper()
	h := &held{file: file, dirs: []string{t.TempDir(), t.TempDir()}, keys: map[string]string{}}
	for _, dir := range h.dirs {
		r, err := Open(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			name := fmt.Sprintf("C-%04d", i)
			id, err := r.Make(name)
			if err != nil {
				t.Fatal(err)
			}
			h.keys[r.path(name)] = id.String()
		}
	}
	return h
}

// whole opens every key with the file of the master key as it lies there.
func (h *held) whole(t *testing.T) {
	t.Helper()
	for _, dir := range h.dirs {
		r, err := Open(dir, h.file)
		if err != nil {
			t.Fatal(err)
		}
		names, err := r.Names()
		if err != nil || len(names) < 3 {
			t.Fatalf("%d keys, %v", len(names), err)
		}
		for _, name := range names {
			id, err := r.Key(name)
			if err != nil || h.keys[r.path(name)] != "" && id.String() != h.keys[r.path(name)] {
				t.Errorf("%s in %s: %v", name, dir, err)
			}
		}
	}
}

// TestRotateMasterKilled stops a rotation at each of its steps in turn: every key can be opened afterwards, the server
// could go on, and the next call finishes with the same new key; the old one opens nothing then.
func TestRotateMasterKilled(t *testing.T) {
	killed := errors.New("killed")
	for at := 1; ; at++ {
		h := hold(t, filepath.Join(t.TempDir(), "master"))
		was, err := os.ReadFile(h.file)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		n := 0
		r := Rotation{File: h.file, Dirs: append(h.dirs, t.TempDir()), Record: func(old, next string) error {
			said = append(said, old+" "+next)
			return nil
		}, fault: func() error {
			if n++; n == at {
				return killed
			}
			return nil
		}}
		_, _, err = r.Rotate()
		done := err == nil
		if !done && !errors.Is(err, killed) {
			t.Fatalf("step %d: %v", at, err)
		}
		h.whole(t)
		if !done && Halfway(h.file) == (at == 1) {
			t.Errorf("step %d: half-way: %t", at, Halfway(h.file))
		}
		if !done {
			between, err := Open(h.dirs[0], h.file) // a server that goes on meanwhile
			if err != nil {
				t.Fatal(err)
			}
			id, err := between.Make("C-0099")
			if err != nil {
				t.Fatal(err)
			}
			h.keys[between.path("C-0099")] = id.String()
		}
		r.fault = nil
		if !done {
			if _, _, err := r.Rotate(); err != nil {
				t.Fatalf("after step %d: %v", at, err)
			}
		}
		h.whole(t)
		now, err := os.ReadFile(h.file)
		if err != nil {
			t.Fatal(err)
		}
		secret := strings.Fields(string(was))[len(strings.Fields(string(was)))-1]
		if strings.Contains(string(now), secret) {
			t.Error("the old key is still in the file")
		}
		// All that was recorded of a rotation that had put its new key down is of one pair of keys.
		for _, s := range said {
			if at > 1 && s != said[0] {
				t.Errorf("recorded %q and %q", said[0], s)
			}
		}
		if len(said) == 0 {
			t.Error("nothing was recorded")
		}
		old := filepath.Join(t.TempDir(), "old")
		if err := os.WriteFile(old, was, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, dir := range h.dirs {
			if _, err := Open(dir, old); !errors.Is(err, ErrMaster) {
				t.Errorf("the old key opens %s: %v", dir, err)
			}
		}
		if done {
			if at < 9 {
				t.Errorf("only %d steps", at)
			}
			break
		}
	}
}

// TestRotateMasterBeside: a program that read the master key before it was replaced makes no key that nobody opens.
func TestRotateMasterBeside(t *testing.T) {
	h := hold(t, filepath.Join(t.TempDir(), "master"))
	early, err := Open(h.dirs[0], h.file)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := (Rotation{File: h.file, Dirs: h.dirs}).Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := early.Make("C-0500"); !errors.Is(err, ErrMaster) {
		t.Errorf("a key under a master key that is gone: %v", err)
	}
	if early.Has("C-0500") {
		t.Error("its file is there")
	}
	h.whole(t)
}

// TestRotateMasterRefused: without keys, with a lost or another master key nothing is changed.
func TestRotateMasterRefused(t *testing.T) {
	h := hold(t, filepath.Join(t.TempDir(), "master"))
	other := hold(t, filepath.Join(t.TempDir(), "master"))
	for name, r := range map[string]Rotation{
		"no keys":       {File: h.file, Dirs: []string{t.TempDir()}},
		"lost":          {File: filepath.Join(t.TempDir(), "x"), Dirs: h.dirs},
		"another":       {File: other.file, Dirs: h.dirs},
		"one of two":    {File: h.file, Dirs: []string{h.dirs[0], other.dirs[0]}},
		"no such token": {File: h.file, Dirs: h.dirs, Token: "pkcs11:token=a;object=b?module-path=/nowhere/x.so"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := r.Rotate(); err == nil {
				t.Error("it was done")
			} else {
				t.Log(err)
			}
			h.whole(t)
			other.whole(t)
		})
	}
}

// TestMasterInToken: the master key may lie in a token from the first start, or be moved there and back.
func TestMasterInToken(t *testing.T) {
	a := tokentest.New(t, "master").String()
	file := filepath.Join(t.TempDir(), "master")
	if err := UseToken(file, a); err != nil {
		t.Fatal(err)
	}
	h := hold(t, file)
	h.whole(t)
	if err := UseToken(file, a, h.dirs...); err != nil {
		t.Errorf("at the second start: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "AGE-SECRET-KEY") {
		t.Errorf("the file holds a secret: %v", err)
	}
	second := tokentest.New(t, "second").String()
	if err := UseToken(file, second, h.dirs...); err == nil {
		t.Error("another key of the token took its place")
	}
	for _, next := range []string{second, "", a} { // to another token, to a file, back
		if _, _, err := (Rotation{File: file, Dirs: h.dirs, Token: next}).Rotate(); err != nil {
			t.Fatalf("to %q: %v", next, err)
		}
		h.whole(t)
	}
	if _, _, err := (Rotation{File: file, Dirs: h.dirs, Token: a}).Rotate(); err == nil {
		t.Error("a key took its own place")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := UseToken(file, second, h.dirs...); !errors.Is(err, ErrMaster) {
		t.Errorf("a lost file of the master key: %v", err)
	}
}

// FuzzMasters: the file of a master key holds one key or two, and no other text passes. Addresses of tokens are left
// out: reading them loads libraries.
func FuzzMasters(f *testing.F) {
	f.Add("# x\nAGE-SECRET-KEY-1QQPQYQSZ\n")
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "pkcs11:") {
			return
		}
		m, err := parseMasters([]byte(text), false)
		if err != nil {
			return
		}
		again, err := parseMasters(masterText(m), false)
		if err != nil || len(again) != len(m) {
			t.Errorf("%d keys are written as %d: %v", len(m), len(again), err)
		}
	})
}
