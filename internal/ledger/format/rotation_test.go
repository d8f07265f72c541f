package format_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/ledger/format"
)

// signing makes a key of a name.
func signing(t *testing.T, name string) (note.Signer, note.Verifier, string) {
	t.Helper()
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := format.VKeyOf(secret); err != nil || got != vkey {
		t.Errorf("the public key of the secret is %s, %v; want %s", got, err, vkey)
	}
	return s, v, vkey
}

// TestRotations: from each key of a succession the others are known; what an earlier key signed counts up to the size
// at which it was replaced, and a statement counts only whole, signed by both, and in its place.
func TestRotations(t *testing.T) {
	const name = "log.example/1"
	s1, v1, k1 := signing(t, name)
	s2, v2, k2 := signing(t, name)
	s3, v3, k3 := signing(t, name)
	_, other, _ := signing(t, name)
	at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	first, err := format.Rotation{Name: name, Upto: 10, At: at, Old: k1, New: k2}.Sign(s1, s2)
	if err != nil {
		t.Fatal(err)
	}
	second, err := format.Rotation{Name: name, Upto: 20, At: at, Old: k2, New: k3}.Sign(s2, s3)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := format.ParseRotations(append(append([]byte{}, first...), second...))
	if err != nil || len(rs) != 2 {
		t.Fatalf("%d rotations, %v", len(rs), err)
	}
	if _, err := format.Succeed(other, rs); err == nil {
		t.Error("a key of nobody leads to the log")
	}
	signed := func(s note.Signer, size int64) []byte {
		b, err := format.Checkpoint{Origin: name, Size: size}.Sign(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i, trusted := range []note.Verifier{v1, v2, v3} {
		v, err := format.Succeed(trusted, rs)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			by   note.Signer
			size int64
			ok   bool
		}{{s1, 10, true}, {s1, 11, false}, {s2, 20, true}, {s2, 21, false}, {s3, 5, true}, {s3, 1 << 40, true}} {
			if _, err := format.OpenCheckpoint(signed(tt.by, tt.size), v); (err == nil) != tt.ok {
				t.Errorf("trusting key %d: %d leaves signed by %x: %v", i+1, tt.size, tt.by.KeyHash(), err)
			}
		}
	}
	alone, err := note.Sign(&note.Note{Text: format.Rotation{Name: name, Upto: 10, At: at, Old: k1, New: k2}.Text()},
		s2)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"signed by the new key alone": string(alone),
		"in another order":            string(second) + string(first),
		"another size":                strings.Replace(string(first), "upto 10", "upto 99", 1),
		"cut":                         string(first[:len(first)-20]),
		"something before":            "hello\n" + string(first),
		"no statement":                "hello\n",
	} {
		if _, err := format.ParseRotations([]byte(text)); err == nil {
			t.Errorf("%s: it was taken", what)
		}
	}
	if rs, err := format.ParseRotations(nil); err != nil || rs != nil {
		t.Errorf("of nothing: %v, %v", rs, err)
	}
}
