package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint is a signed statement of a log: at this size my tree had this root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the note text (C2SP tlog-checkpoint): origin, size, root.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Sign makes the signed note.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	b, err := note.Sign(&note.Note{Text: c.Text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return b, nil
}

// A Signed is a checkpoint whose signature by the log was checked.
type Signed struct {
	Checkpoint
	Note      string   // its note text, with extension lines: what every signature is over
	Witnesses []string // names of the known keys, other than the log's, that signed it too
	Unknown   int      // signatures by keys that nobody named; they were not checked
}

// OpenCheckpoint checks the signature of the log, whose key name is its origin, and those
// of the witnesses that are known. A bad signature by a known key refuses the whole note.
func OpenCheckpoint(b []byte, log note.Verifier, witnesses ...note.Verifier) (Signed, error) {
	var s Signed
	if len(b) > 1<<20 {
		return s, errors.New("the checkpoint is longer than 1 MiB")
	}
	n, err := note.Open(b, note.VerifierList(append(Known(log), witnesses...)...))
	var none *note.UnverifiedNoteError
	var bad *note.InvalidSignatureError
	switch {
	case errors.As(err, &none):
		return s, fmt.Errorf("the checkpoint is not signed with the key of %s", log.Name())
	case errors.As(err, &bad):
		return s, fmt.Errorf("the signature of %s on the checkpoint is false: the checkpoint was changed", bad.Name)
	case err != nil:
		return s, errors.New("the checkpoint is not a signed note")
	}
	if err := oneEncoding(b, n); err != nil {
		return s, err
	}
	byLog, upto := false, int64(0)
	for _, sig := range n.Sigs {
		if most, ok := SignedUpto(log, sig); ok {
			if byLog = true; most < 0 || upto >= 0 && most > upto {
				upto = most
			}
		} else {
			s.Witnesses = append(s.Witnesses, sig.Name)
		}
	}
	if !byLog {
		return s, fmt.Errorf("the checkpoint is not signed with the key of %s", log.Name())
	}
	s.Unknown, s.Note = len(n.UnverifiedSigs), n.Text
	if s.Checkpoint, err = ParseCheckpoint(n.Text); err != nil {
		return s, err
	}
	if upto >= 0 && s.Size > upto {
		return s, fmt.Errorf("the checkpoint of %d leaves is signed with an earlier key of %s, which counted up to "+
			"%d leaves", s.Size, log.Name(), upto)
	}
	if s.Origin != log.Name() {
		return s, fmt.Errorf("the checkpoint speaks for log %q, the key is of %q", s.Origin, log.Name())
	}
	return s, nil
}

// ParseCheckpoint reads a note text. Extension lines are allowed and not read.
func ParseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	line := strings.SplitN(text, "\n", 4)
	if len(line) != 4 || line[0] == "" {
		return c, errors.New("the checkpoint has fewer than three lines")
	}
	c.Origin = line[0]
	n, err := strconv.ParseInt(line[1], 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != line[1] {
		return c, errors.New("line 2 of the checkpoint is not a size")
	}
	c.Size = n
	if c.Root, err = parseHash(line[2]); err != nil {
		return c, fmt.Errorf("line 3 of the checkpoint: %w", err)
	}
	return c, nil
}

// oneEncoding refuses a note that reads the same but is written otherwise (spare bits of
// base64), so that no byte of a checkpoint can change unseen.
func oneEncoding(b []byte, n *note.Note) error {
	for _, sigs := range [][]note.Signature{n.Sigs, n.UnverifiedSigs} {
		for _, sig := range sigs {
			if raw, err := base64.StdEncoding.DecodeString(sig.Base64); err != nil || base64.StdEncoding.EncodeToString(
				raw) != sig.Base64 {
				return fmt.Errorf("the signature of %s on the checkpoint is written in an unusual way: the "+
					"checkpoint was changed", sig.Name)
			}
		}
	}
	want := []byte(n.Text + "\n")
	if !bytes.HasPrefix(b, want) {
		return errors.New("the checkpoint is not a signed note")
	}
	rest := strings.SplitAfter(string(b[len(want):]), "\n")
	if rest[len(rest)-1] != "" || len(rest)-1 != len(n.Sigs)+len(n.UnverifiedSigs) {
		return errors.New("the checkpoint has a signature twice, or text after its signatures")
	}
	return nil
}

// parseHash reads the one base64 spelling of a hash.
func parseHash(s string) (tlog.Hash, error) {
	var h tlog.Hash
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return h, fmt.Errorf("%q is not a hash in base64", s)
	}
	copy(h[:], b)
	return h, nil
}

// WithSignatures returns a signed checkpoint with the log's signature alone and further signature lines, each
// ended by a line feed.
func WithSignatures(signed []byte, log note.Verifier, lines ...string) ([]byte, error) {
	n, err := note.Open(signed, note.VerifierList(Known(log)...))
	if err != nil {
		return nil, errors.New("add signatures: the checkpoint is not signed by its log")
	}
	b := []byte(n.Text + "\n")
	for _, s := range n.Sigs {
		b = fmt.Appendf(b, "— %s %s\n", s.Name, s.Base64)
	}
	for _, l := range lines {
		b = append(b, l...)
	}
	return b, nil
}
