package format

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The first lines of a receipt and of the envelope in its extra line.
const (
	proofHeader    = "c2sp.org/tlog-proof@v1"
	envelopeHeader = "plimsoll.receipt/v1"
)

// MaxReceipt bounds what ParseReceipt reads.
const MaxReceipt = 64 << 20

// A Receipt proves, without the log at hand, that a leaf is in it. On paper it is a C2SP
// tlog-proof file whose extra line carries the leaf and what its owner wants to show.
type Receipt struct {
	Index      int64
	Proof      []tlog.Hash // from the leaf's sibling to the root's child
	Checkpoint []byte      // the signed note, as published
	Leaf       []byte      // canonical bytes; nil in a receipt that does not carry them
	Openings   []Opening
	Extra      []byte // of a foreign tlog-proof: its extra data as it came
}

// Encode writes the file.
func (r Receipt) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(proofHeader + "\n")
	extra := r.Extra
	if r.Leaf != nil {
		extra = r.envelope()
	}
	if extra != nil {
		fmt.Fprintf(&b, "extra %s\n", base64.StdEncoding.EncodeToString(extra))
	}
	fmt.Fprintf(&b, "index %d\n", r.Index)
	for _, h := range r.Proof {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// envelope writes the leaf as it is, after its length, so that whoever decodes the extra
// line can read it.
func (r Receipt) envelope() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nleaf %d\n%s", envelopeHeader, len(r.Leaf), r.Leaf)
	for _, o := range r.Openings {
		fmt.Fprintf(&b, "open %s %s %s\n", o.Name, hex.EncodeToString(o.Salt), base64.StdEncoding.EncodeToString(
			o.Value))
	}
	return b.Bytes()
}

// ParseReceipt reads the one encoding of a receipt.
func ParseReceipt(b []byte) (Receipt, error) {
	var r Receipt
	if len(b) > MaxReceipt {
		return r, fmt.Errorf("the receipt is longer than %d bytes", MaxReceipt)
	}
	head, checkpoint, ok := strings.Cut(string(b), "\n\n")
	if !ok {
		return r, errors.New("the receipt has no empty line before its checkpoint")
	}
	r.Checkpoint = []byte(checkpoint)
	line := strings.Split(head, "\n")
	if line[0] != proofHeader {
		return r, fmt.Errorf("line 1 is not %q", proofHeader)
	}
	line = line[1:]
	if len(line) > 0 && strings.HasPrefix(line[0], "extra ") {
		extra, err := base64.StdEncoding.DecodeString(line[0][len("extra "):])
		if err != nil {
			return r, errors.New("the extra line is not base64")
		}
		if err := r.open(extra); err != nil {
			return r, err
		}
		line = line[1:]
	}
	if len(line) == 0 {
		return r, errors.New("the receipt has no index line")
	}
	index, ok := strings.CutPrefix(line[0], "index ")
	n, err := strconv.ParseInt(index, 10, 64)
	if !ok || err != nil || n < 0 {
		return r, errors.New("the receipt has no index line")
	}
	r.Index = n
	for i, s := range line[1:] {
		h, err := parseHash(s)
		if err != nil || i >= 64 {
			return r, fmt.Errorf("hash %d of the proof is not a hash", i+1)
		}
		r.Proof = append(r.Proof, h)
	}
	if !bytes.Equal(r.Encode(), b) {
		return r, errors.New("the receipt is written in an unusual way: it was changed")
	}
	return r, nil
}

// open reads our envelope, or keeps what is not ours.
func (r *Receipt) open(extra []byte) error {
	text, ok := strings.CutPrefix(string(extra), envelopeHeader+"\n")
	if !ok {
		r.Extra = extra
		return nil
	}
	length, text, _ := strings.Cut(text, "\n")
	length, ok = strings.CutPrefix(length, "leaf ")
	n, err := strconv.Atoi(length)
	if !ok || err != nil || n < 0 || n > min(len(text), MaxLeaf) {
		return errors.New("the extra line carries no leaf")
	}
	r.Leaf = append([]byte{}, text[:n]...)
	if text = text[n:]; text == "" {
		return nil
	}
	if text, ok = strings.CutSuffix(text, "\n"); !ok {
		return errors.New("the extra line is cut off")
	}
	for i, s := range strings.Split(text, "\n") {
		f := strings.Split(s, " ")
		if len(f) != 4 || f[0] != "open" || !IsName(f[1]) {
			return fmt.Errorf("field %d of the extra line cannot be read", i+1)
		}
		salt, err := hex.DecodeString(f[2])
		value, err2 := base64.StdEncoding.DecodeString(f[3])
		if err != nil || err2 != nil {
			return fmt.Errorf("field %q of the extra line cannot be read", f[1])
		}
		r.Openings = append(r.Openings, Opening{Name: f[1], Salt: salt, Value: value})
	}
	return nil
}

// A Proven is what a checked receipt says.
type Proven struct {
	Leaf   Leaf
	Index  int64
	Signed Signed
}

// Verify checks the receipt against the key of the log: signature, place of the leaf in the
// tree, and every opening.
func (r Receipt) Verify(log note.Verifier, witnesses ...note.Verifier) (Proven, error) {
	var p Proven
	s, err := OpenCheckpoint(r.Checkpoint, log, witnesses...)
	if err != nil {
		return p, err
	}
	if r.Leaf == nil {
		return p, errors.New("the receipt does not carry its leaf")
	}
	if r.Index >= s.Size {
		return p, fmt.Errorf("the receipt speaks of leaf %d, the signed tree has only %d leaves", r.Index, s.Size)
	}
	if err := tlog.CheckRecord(r.Proof, s.Size, s.Root, r.Index, Hash(r.Leaf)); err != nil {
		return p, fmt.Errorf("leaf %d is not in the signed tree of %d leaves: leaf, index or proof was changed",
			r.Index, s.Size)
	}
	l, err := ParseLeaf(r.Leaf)
	if err != nil {
		return p, fmt.Errorf("leaf %d: %w", r.Index, err)
	}
	seen := map[string]bool{}
	for _, o := range r.Openings {
		if seen[o.Name] {
			return p, fmt.Errorf("leaf %d: field %q is shown twice", r.Index, o.Name)
		}
		seen[o.Name] = true
		if err := l.Check(o); err != nil {
			return p, fmt.Errorf("leaf %d: %w", r.Index, err)
		}
	}
	return Proven{Leaf: l, Index: r.Index, Signed: s}, nil
}
