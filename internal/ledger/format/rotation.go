package format

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A log, or the access door, may go on under another key. Both keys sign a statement of it, a C2SP signed note, so that
// whoever trusts either of them comes to the other. What the earlier key signed counts up to a size that the statement
// names, and not beyond: somebody who stole that key cannot go on with it.

// RotationHeader is the first line of a statement.
const RotationHeader = "plimsoll.rotation/v1"

// RotationsPath is the file of a published log that holds the statements, oldest first.
const RotationsPath = "rotations"

// maxRotations bounds how many statements a file may hold.
const maxRotations = 1000

// A Rotation says that a key took the place of another.
type Rotation struct {
	Name     string // of both keys: the origin of the log
	Upto     int64  // the last size of the log, or version of a snapshot, that the old key may have signed
	At       time.Time
	Old, New string // vkeys
}

// Text is the text that both keys sign.
func (r Rotation) Text() string {
	return fmt.Sprintf("%s\nname %s\nupto %d\ntime %s\nold %s\nnew %s\n", RotationHeader, r.Name, r.Upto,
		r.At.UTC().Format(TimeLayout), r.Old, r.New)
}

// Sign makes the statement.
func (r Rotation) Sign(old, next note.Signer) ([]byte, error) {
	b, err := note.Sign(&note.Note{Text: r.Text()}, old, next)
	if err != nil {
		return nil, fmt.Errorf("sign rotation of a key: %w", err)
	}
	return b, nil
}

// ParseRotation reads a statement and checks that both keys signed it.
func ParseRotation(b []byte) (r Rotation, err error) {
	text, _, ok := strings.Cut(string(b), "\n\n")
	line := strings.Split(text, "\n")
	if !ok || len(line) != 6 || line[0] != RotationHeader {
		return r, errors.New("it is no statement of a rotation")
	}
	field := map[string]string{}
	for _, l := range line[1:] {
		name, value, _ := strings.Cut(l, " ")
		field[name] = value
	}
	r.Name, r.Old, r.New = field["name"], field["old"], field["new"]
	if r.Upto, err = strconv.ParseInt(field["upto"], 10, 64); err != nil || r.Upto < 0 {
		return r, errors.New("its size cannot be read")
	}
	if r.At, err = time.Parse(TimeLayout, field["time"]); err != nil || r.Text() != text+"\n" {
		return r, errors.New("it is written in an unusual way")
	}
	for _, vkey := range []string{r.Old, r.New} {
		v, err := note.NewVerifier(vkey)
		if err != nil || v.Name() != r.Name {
			return r, fmt.Errorf("it names a key that is none of %s", r.Name)
		}
		if _, err := note.Open(b, note.VerifierList(v)); err != nil {
			return r, fmt.Errorf("it is not signed with the key %s", vkey)
		}
	}
	if r.Old == r.New {
		return r, errors.New("it names one key twice")
	}
	return r, nil
}

// ParseRotations reads statements that stand one after the other, and checks that each goes on from the one before.
func ParseRotations(b []byte) ([]Rotation, error) {
	var out []Rotation
	parts := strings.Split("\n"+string(b), "\n"+RotationHeader+"\n")
	if strings.TrimSpace(parts[0]) != "" || len(parts) > maxRotations {
		return nil, errors.New("read rotations of keys: this is no file of them")
	}
	for i, p := range parts[1:] {
		if !strings.HasSuffix(p, "\n") {
			p += "\n" // taken by the split
		}
		r, err := ParseRotation([]byte(RotationHeader + "\n" + p))
		if err == nil && i > 0 && (r.Old != out[i-1].New || r.Name != out[i-1].Name || r.Upto < out[i-1].Upto) {
			err = errors.New("it does not go on from the one before")
		}
		if err != nil {
			return nil, fmt.Errorf("read rotations of keys: statement %d: %w", i+1, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// A Succession is the newest key of a log, with those that came before it. It is a note.Verifier of the newest key;
// OpenCheckpoint also takes what the earlier ones signed while they were in use.
type Succession struct {
	note.Verifier
	VKey    string
	Earlier []Earlier
}

// An Earlier key counts up to a size.
type Earlier struct {
	note.Verifier
	VKey string
	Upto int64
}

// Succeed follows rotations from a key that is trusted, whichever of the keys it is. Without rotations it is that key.
func Succeed(trusted note.Verifier, rotations []Rotation) (note.Verifier, error) {
	if len(rotations) == 0 {
		return trusted, nil
	}
	last := rotations[len(rotations)-1]
	known := false
	same := func(vkey string) (note.Verifier, error) {
		v, err := note.NewVerifier(vkey)
		if err == nil && v.Name() == trusted.Name() && v.KeyHash() == trusted.KeyHash() {
			known = true
		}
		return v, err
	}
	v, err := same(last.New)
	if err != nil {
		return nil, fmt.Errorf("follow rotations of keys: %w", err)
	}
	out := Succession{Verifier: v, VKey: last.New}
	for _, r := range rotations {
		v, err := same(r.Old)
		if err != nil {
			return nil, fmt.Errorf("follow rotations of keys: %w", err)
		}
		out.Earlier = append(out.Earlier, Earlier{v, r.Old, r.Upto})
	}
	if !known {
		return nil, fmt.Errorf("the rotations of keys lead from %s to %s, and neither they nor those between are the "+
			"key of %s that was given",
			rotations[0].Old, last.New, trusted.Name())
	}
	return out, nil
}

// VKeyOf is the public key of a secret text (note.GenerateKey).
func VKeyOf(secret string) (string, error) {
	s, err := note.NewSigner(secret)
	if err != nil {
		return "", errors.New("it holds no secret key")
	}
	part := strings.SplitN(secret, "+", 5) // PRIVATE, KEY, name, hash, key, which may hold "+", too
	b, err := base64.StdEncoding.DecodeString(part[len(part)-1])
	if err != nil || len(b) != 1+ed25519.SeedSize || b[0] != algEd25519 {
		return "", errors.New("its secret key is not one of Ed25519")
	}
	public := ed25519.NewKeyFromSeed(b[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(s.Name(), public)
	if err != nil {
		return "", fmt.Errorf("public key of %s: %w", s.Name(), err)
	}
	return vkey, nil
}

// Known lists a key with those that came before it.
func Known(log note.Verifier) []note.Verifier {
	out := []note.Verifier{log}
	if s, ok := log.(Succession); ok {
		for _, e := range s.Earlier {
			out = append(out, e.Verifier)
		}
	}
	return out
}

// SignedUpto reports whether a signature is one of a key or of those that came before it, and the largest size or
// version for which it counts; -1 is any.
func SignedUpto(log note.Verifier, sig note.Signature) (upto int64, ok bool) {
	if sig.Name != log.Name() {
		return 0, false
	}
	if sig.Hash == log.KeyHash() {
		return -1, true
	}
	if s, ok := log.(Succession); ok {
		for _, e := range s.Earlier {
			if e.KeyHash() == sig.Hash {
				return e.Upto, true
			}
		}
	}
	return 0, false
}
