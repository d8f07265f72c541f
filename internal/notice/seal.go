package notice

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"
)

// What is sealed is encrypted with HPKE (RFC 9180) to an ML-KEM-768 and X25519 hybrid key, so
// that who records it today cannot read it with the machines of tomorrow. The private key is
// made from a random scalar of Ristretto255, which is shared between people by Shamir's
// scheme: any two shares give it, one gives nothing.

const (
	keyHeader    = "plimsoll.notice-key/v1"
	shareHeader  = "plimsoll.notice-share/v1"
	sealedHeader = "plimsoll.notice-sealed/v1"
)

// need is how many people it takes to unseal.
const need = 2

var (
	kem  = hpke.MLKEM768X25519()
	kdf  = hpke.HKDFSHA256()
	aead = hpke.ChaCha20Poly1305()
)

// A Key seals. Its file is public.
type Key struct {
	ID     string // the beginning of the SHA-256 of the public key
	public hpke.PublicKey
}

// A Share is what one person keeps of the private key.
type Share struct {
	Key    string // ID of the key
	Holder string
	n      uint64
	value  group.Scalar
}

func newKey(pub hpke.PublicKey) *Key {
	h := sha256.Sum256(pub.Bytes())
	return &Key{hex.EncodeToString(h[:8]), pub}
}

// private makes the private key of a scalar.
func private(s group.Scalar) (hpke.PrivateKey, error) {
	b, err := s.MarshalBinary()
	if err != nil {
		return nil, err
	}
	seed, err := hkdf.Key(sha256.New, b, nil, keyHeader, 32)
	if err != nil {
		return nil, err
	}
	return kem.NewPrivateKey(seed)
}

// NewKey makes a key and a share for each holder. The private key itself is kept nowhere.
func NewKey(holders ...string) (*Key, []Share, error) {
	if len(holders) < need || len(holders) > 20 {
		return nil, nil, fmt.Errorf("make key: %d people hold shares; at least %d are needed and at most 20",
			len(holders), need)
	}
	for i, h := range holders {
		if h == "" || strings.ContainsFunc(h, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r)
		}) {
			return nil, nil, fmt.Errorf("make key: holder %q is not a name in lower-case letters, digits and dashes", h)
		}
		for _, other := range holders[:i] {
			if other == h {
				return nil, nil, fmt.Errorf("make key: %s is named twice; each share belongs to another person", h)
			}
		}
	}
	secret := group.Ristretto255.RandomNonZeroScalar(rand.Reader)
	k, err := private(secret)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	key := newKey(k.PublicKey())
	var shares []Share
	for i, s := range secretsharing.New(rand.Reader, need-1, secret).Share(uint(len(holders))) {
		shares = append(shares, Share{key.ID, holders[i], uint64(i + 1), s.Value})
	}
	return key, shares, nil
}

// Encode writes the public file.
func (k *Key) Encode() []byte {
	return fmt.Appendf(nil, "%s\nkey %s\npublic %s\n", keyHeader, k.ID, base64.StdEncoding.EncodeToString(
		k.public.Bytes()))
}

// fields reads "name value" lines after a header, in the order of the names.
func fields(b []byte, header string, names ...string) ([]string, error) {
	line := strings.Split(string(b), "\n")
	if line[0] != header || len(line) != len(names)+2 || line[len(line)-1] != "" {
		return nil, fmt.Errorf("it is not a file of %s", header)
	}
	out := make([]string, len(names))
	for i, n := range names {
		v, ok := strings.CutPrefix(line[i+1], n+" ")
		if !ok || v == "" {
			return nil, fmt.Errorf("line %d has no %q", i+2, n)
		}
		out[i] = v
	}
	return out, nil
}

// ParseKey reads the public file.
func ParseKey(b []byte) (*Key, error) {
	f, err := fields(b, keyHeader, "key", "public")
	if err != nil {
		return nil, fmt.Errorf("read key of notices: %w", err)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(f[1])
	if err != nil {
		return nil, errors.New("read key of notices: the public key is not base64")
	}
	pub, err := kem.NewPublicKey(raw)
	if err != nil {
		return nil, errors.New("read key of notices: this is no public key")
	}
	k := newKey(pub)
	if k.ID != f[0] {
		return nil, fmt.Errorf("read key of notices: it is named %s and is %s", f[0], k.ID)
	}
	return k, nil
}

// Encode writes the file of a share. It is secret.
func (s Share) Encode() []byte {
	b, _ := s.value.MarshalBinary() // a scalar always can
	return fmt.Appendf(nil, "%s\nkey %s\nholder %s\nshare %d\nvalue %s\n", shareHeader, s.Key, s.Holder, s.n,
		hex.EncodeToString(b))
}

// ParseShare reads the file of a share.
func ParseShare(b []byte) (Share, error) {
	f, err := fields(b, shareHeader, "key", "holder", "share", "value")
	if err != nil {
		return Share{}, fmt.Errorf("read share: %w", err)
	}
	n, err := strconv.ParseUint(f[2], 10, 8)
	raw, err2 := hex.DecodeString(f[3])
	s := Share{f[0], f[1], n, group.Ristretto255.NewScalar()}
	if err != nil || err2 != nil || n == 0 || s.value.UnmarshalBinary(raw) != nil {
		return Share{}, errors.New("read share: its number or value cannot be read")
	}
	if !bytes.Equal(s.Encode(), b) {
		return Share{}, errors.New("read share: it is written in an unusual way")
	}
	return s, nil
}

// seal encrypts one thing of a notice. The thing's name is part of what is sealed: no sealed
// file can be taken for another.
func (k *Key) seal(id ID, what string, plain []byte) ([]byte, error) {
	head := fmt.Sprintf("%s %s %s %s\n", sealedHeader, k.ID, id, what)
	c, err := hpke.Seal(k.public, kdf, aead, []byte(head), plain)
	if err != nil {
		return nil, fmt.Errorf("seal %s of %s: %w", what, id, err)
	}
	return append([]byte(head), c...), nil
}

// A Thing is what was in a sealed file.
type Thing struct {
	Notice ID
	What   string // "contact", or "file-1" and so on
	Plain  []byte
}

// Unseal opens a sealed file with the shares of two people.
func Unseal(sealed []byte, shares ...Share) (Thing, error) {
	head, c, ok := bytes.Cut(sealed, []byte("\n"))
	f := strings.Split(string(head), " ")
	if !ok || len(f) != 4 || f[0] != sealedHeader || !isNotice(f[2]) {
		return Thing{}, errors.New("unseal: this is not a sealed file of a notice")
	}
	if len(shares) < need {
		return Thing{}, fmt.Errorf("unseal: the shares of %d people are needed", need)
	}
	var ss []secretsharing.Share
	for i, s := range shares {
		if s.Key != f[1] {
			return Thing{}, fmt.Errorf("unseal: the share of %s is of key %s, this was sealed with %s", s.Holder, s.Key,
				f[1])
		}
		for _, other := range shares[:i] {
			if other.n == s.n || other.Holder == s.Holder {
				return Thing{}, fmt.Errorf("unseal: the share of %s was given twice; two different people are needed",
					s.Holder)
			}
		}
		ss = append(ss, secretsharing.Share{ID: group.Ristretto255.NewScalar().SetUint64(s.n), Value: s.value})
	}
	secret, err := secretsharing.Recover(need-1, ss)
	if err != nil {
		return Thing{}, fmt.Errorf("unseal: %w", err)
	}
	k, err := private(secret)
	if err != nil {
		return Thing{}, fmt.Errorf("unseal: %w", err)
	}
	if newKey(k.PublicKey()).ID != f[1] {
		return Thing{}, errors.New("unseal: the shares do not make the key; one of them was changed")
	}
	plain, err := hpke.Open(k, kdf, aead, sealed[:len(head)+1], c)
	if err != nil {
		return Thing{}, errors.New("unseal: the sealed file was changed")
	}
	return Thing{ID(f[2]), f[3], plain}, nil
}
