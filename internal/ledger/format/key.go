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
