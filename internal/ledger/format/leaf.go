// Package format holds the bytes of the ledger: leaves, commitments, tiles, checkpoints and
// receipts. It is all that the writer and the verifier share.
//
// Invariants: every value has exactly one encoding, and a decoder refuses any other; a leaf
// holds no words that people wrote, only salted commitments to them; hashing is RFC 6962
// with SHA-256; files are C2SP tlog-tiles, checkpoints are C2SP signed notes, receipts are
// C2SP tlog-proof files.
package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Version is the first line of every leaf. A change of what a leaf means is a new version.
const Version = "plimsoll.leaf/v1"

// MaxLeaf is the longest entry of a bundle (tlog-tiles: a uint16 length).
const MaxLeaf = 65535

// SaltSize is the length of a salt in bytes: as long as the hash, so that a commitment to
// "yes" or "no" says nothing about which.
const SaltSize = 32

// TimeLayout writes the time of a leaf: UTC, microseconds, fixed width.
const TimeLayout = "2006-01-02T15:04:05.000000Z"

// A Leaf is one entry of the log.
type Leaf struct {
	ID      string    // 32 lower-case hex digits, made by whoever wrote it; unique in the log
	Kind    string    // what was recorded: decision, claim, evidence …
	Time    time.Time // when the record was written, UTC, whole microseconds
	Commits []Commit  // sorted by name, no name twice
}

// A Commit binds a leaf to a value without showing it.
type Commit struct {
	Name string
	Sum  [sha256.Size]byte
}

// An Opening shows what a Commit bound.
type Opening struct {
	Name  string
	Salt  []byte // SaltSize bytes
	Value []byte
}

// Commit computes the commitment: SHA-256 over a fixed line, the name and a line feed, the
// salt (of fixed length) and the value. A name has no line feed, so nothing can shift.
func (o Opening) Commit() Commit {
	h := sha256.New()
	h.Write([]byte("plimsoll.commit/v1\n"))
	h.Write([]byte(o.Name))
	h.Write([]byte{'\n'})
	h.Write(o.Salt)
	h.Write(o.Value)
	c := Commit{Name: o.Name}
	h.Sum(c.Sum[:0])
	return c
}

// Joined is an opening as one text, salt first, for keeping it encrypted.
func Joined(o Opening) []byte { return append(append([]byte{}, o.Salt...), o.Value...) }

// Split is the opening of a field that Joined wrote.
func Split(name string, b []byte) (Opening, error) {
	if len(b) < SaltSize {
		return Opening{}, fmt.Errorf("what is encrypted of field %q has %d bytes and holds no salt", name, len(b))
	}
	return Opening{Name: name, Salt: b[:SaltSize:SaltSize], Value: b[SaltSize:]}, nil
}

// Commit returns the commitment of a name.
func (l Leaf) Commit(name string) (Commit, bool) {
	for _, c := range l.Commits {
		if c.Name == name {
			return c, true
		}
	}
	return Commit{}, false
}

// Check says whether an opening is what the leaf committed to.
func (l Leaf) Check(o Opening) error {
	c, ok := l.Commit(o.Name)
	if !ok {
		return fmt.Errorf("the leaf has no field %q", o.Name)
	}
	if len(o.Salt) != SaltSize {
		return fmt.Errorf("the salt of field %q has %d bytes, not %d", o.Name, len(o.Salt), SaltSize)
	}
	if o.Commit().Sum != c.Sum {
		return fmt.Errorf("field %q is not what the leaf recorded", o.Name)
	}
	return nil
}

// Encode writes the canonical bytes.
func (l Leaf) Encode() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nid %s\nkind %s\ntime %s\n", Version, l.ID, l.Kind, l.Time.UTC().Format(TimeLayout))
	for _, c := range l.Commits {
		fmt.Fprintf(&b, "commit %s %s\n", c.Name, hex.EncodeToString(c.Sum[:]))
	}
	if _, err := ParseLeaf(b.Bytes()); err != nil {
		return nil, fmt.Errorf("encode leaf: %w", err)
	}
	return b.Bytes(), nil
}

// ParseLeaf reads canonical bytes, and nothing else.
func ParseLeaf(b []byte) (Leaf, error) {
	var l Leaf
	if len(b) > MaxLeaf {
		return l, fmt.Errorf("a leaf of %d bytes is longer than %d", len(b), MaxLeaf)
	}
	text, ok := strings.CutSuffix(string(b), "\n")
	if !ok {
		return l, fmt.Errorf("the leaf does not end with a line feed")
	}
	line := strings.Split(text, "\n")
	if line[0] != Version {
		return l, fmt.Errorf("the leaf is not of version %q", Version)
	}
	if len(line) < 4 {
		return l, fmt.Errorf("the leaf has %d lines, at least 4 are needed", len(line))
	}
	if l.ID, ok = strings.CutPrefix(line[1], "id "); !ok || !IsID(l.ID) {
		return l, fmt.Errorf("line 2 is not an id of 32 hex digits")
	}
	if l.Kind, ok = strings.CutPrefix(line[2], "kind "); !ok || !IsName(l.Kind) {
		return l, fmt.Errorf("line 3 is not a kind in lower-case letters")
	}
	at, ok := strings.CutPrefix(line[3], "time ")
	t, err := time.Parse(TimeLayout, at)
	if !ok || err != nil || t.Format(TimeLayout) != at {
		return l, fmt.Errorf("line 4 is not a time like %s", TimeLayout)
	}
	l.Time = t.UTC()
	for i, s := range line[4:] {
		c, err := parseCommit(s)
		if err != nil {
			return l, fmt.Errorf("line %d: %w", i+5, err)
		}
		if i > 0 && l.Commits[i-1].Name >= c.Name {
			return l, fmt.Errorf("line %d: field %q is out of order or there twice", i+5, c.Name)
		}
		l.Commits = append(l.Commits, c)
	}
	return l, nil
}

func parseCommit(s string) (c Commit, err error) {
	rest, ok := strings.CutPrefix(s, "commit ")
	name, sum, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 || !IsName(name) || !isHex(sum, 2*sha256.Size) {
		return c, fmt.Errorf("not a commitment")
	}
	c.Name = name
	_, err = hex.Decode(c.Sum[:], []byte(sum))
	return c, err
}

// Hash is the RFC 6962 hash of leaf bytes.
func Hash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// IsID says whether s can be the id of a leaf.
func IsID(s string) bool { return isHex(s, 32) }

// IsName says whether s can be a kind or the name of a field: lower-case letters, digits
// and underscores, a letter first, at most 40.
func IsName(s string) bool {
	if s == "" || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, r := range []byte(s) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, r := range []byte(s) {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}
