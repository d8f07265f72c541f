package format

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Signature types of C2SP signed-note and tlog-cosignature.
const (
	algEd25519     = 0x01
	algCosignature = 0x04 // cosignature/v1 with Ed25519
)

// Verifier reads a vkey: an Ed25519 key of a log, or the cosignature/v1 key of a witness.
func Verifier(vkey string) (note.Verifier, error) {
	name, rest, ok := strings.Cut(strings.TrimSpace(vkey), "+")
	id, key64, ok2 := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(key64)
	if !ok || !ok2 || err != nil || len(key) == 0 || len(id) != 8 {
		return nil, errors.New(`a key looks like "name+1a2b3c4d+AbCd…"`)
	}
	switch key[0] {
	case algEd25519:
		v, err := note.NewVerifier(strings.TrimSpace(vkey))
		if err != nil {
			return nil, fmt.Errorf("key of %s: its parts do not belong together", name)
		}
		return v, nil
	case algCosignature:
		h, err := hex.DecodeString(id)
		if err != nil || len(key) != 1+ed25519.PublicKeySize || binary.BigEndian.Uint32(h) != keyID(name, key) {
			return nil, fmt.Errorf("key of %s: its parts do not belong together", name)
		}
		return cosigner{name, keyID(name, key), key[1:]}, nil
	}
	return nil, fmt.Errorf("key of %s: type %#02x is not supported (Ed25519 and cosignature/v1 are)", name, key[0])
}

// keyID is SHA-256(name, line feed, type, key)[:4] (C2SP signed-note).
func keyID(name string, typed []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write(typed)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// A cosigner checks the cosignatures of a witness: 8 bytes of time, then an Ed25519
// signature over that time and the note (C2SP tlog-cosignature).
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", t, msg), sig[8:])
}

// A Cosigner signs checkpoints of other logs as a witness does (C2SP tlog-cosignature, cosignature/v1).
type Cosigner struct {
	cosigner
	private ed25519.PrivateKey
}

// secretPrefix begins the secret text of a cosigner, as note.GenerateKey begins that of a log.
const secretPrefix = "PRIVATE+KEY+"

// GenerateCosigner makes the key of a witness and returns its secret text and its public vkey.
func GenerateCosigner(name string) (secret, vkey string, err error) {
	if !isKeyName(name) {
		return "", "", fmt.Errorf("make key of witness: %q is no name: it may not be empty, and hold no blank and no "+
			"plus sign", name)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", "", fmt.Errorf("make key of witness: %w", err)
	}
	typed := append([]byte{algCosignature}, public...)
	id := fmt.Sprintf("%08x", keyID(name, typed))
	seed := append([]byte{algCosignature}, private.Seed()...)
	return secretPrefix + name + "+" + id + "+" + base64.StdEncoding.EncodeToString(seed),
		name + "+" + id + "+" + base64.StdEncoding.EncodeToString(typed), nil
}

func isKeyName(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsSpace) &&
		!strings.Contains(name, "+")
}

// ParseCosigner reads the secret text of a witness.
func ParseCosigner(secret string) (*Cosigner, error) {
	bad := errors.New("the secret key of the witness cannot be read")
	rest, ok := strings.CutPrefix(strings.TrimSpace(secret), secretPrefix)
	part := strings.SplitN(rest, "+", 3)
	if !ok || len(part) != 3 || !isKeyName(part[0]) {
		return nil, bad
	}
	seed, err := base64.StdEncoding.DecodeString(part[2])
	if err != nil || len(seed) != 1+ed25519.SeedSize || seed[0] != algCosignature {
		return nil, bad
	}
	private := ed25519.NewKeyFromSeed(seed[1:])
	public := private.Public().(ed25519.PublicKey)
	id := keyID(part[0], append([]byte{algCosignature}, public...))
	if part[1] != fmt.Sprintf("%08x", id) {
		return nil, bad
	}
	return &Cosigner{cosigner{part[0], id, public}, private}, nil
}

// VKey is the public key.
func (c *Cosigner) VKey() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.id, base64.StdEncoding.EncodeToString(append([]byte{algCosignature},
		c.key...)))
}

// Cosign returns the signature line of a witness below the text of a checkpoint, ended by a line feed: at this
// time it had seen no other tree of this log.
func (c *Cosigner) Cosign(text string, at time.Time) string {
	t := uint64(max(at.Unix(), 0)) // #nosec: not negative
	sig := ed25519.Sign(c.private, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", t, text))
	b := binary.BigEndian.AppendUint32(nil, c.id)
	b = binary.BigEndian.AppendUint64(b, t)
	return "— " + c.name + " " + base64.StdEncoding.EncodeToString(append(b, sig...)) + "\n"
}
