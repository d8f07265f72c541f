package notice

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// alphabet is Crockford's base 32: no I, L, O or U, so that a code can be read aloud and
// copied by hand.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	idChars   = 8  // 40 random bits
	codeChars = 24 // 120 random bits
)

// letters writes the beginning of b in the alphabet, n letters.
func letters(b []byte, n int) string {
	var s strings.Builder
	for i := range n {
		bit := 5 * i
		v := uint16(b[bit/8]) << 8
		if bit/8+1 < len(b) {
			v |= uint16(b[bit/8+1])
		}
		s.WriteByte(alphabet[v>>(11-bit%8)&31])
	}
	return s.String()
}

func newID() ID {
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails
	return ID("N-" + letters(b, idChars))
}

// spaced writes a code in groups of four.
func spaced(code string) string {
	var b strings.Builder
	for i := range len(code) {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(code[i])
	}
	return b.String()
}

// parseCode reads a code as a person types it.
func parseCode(s string) (string, error) {
	if len(s) > 200 {
		return "", ErrCode
	}
	s = strings.NewReplacer("-", "", " ", "", "\t", "", "\r", "", "\n", "", "–", "", "O", "0", "I", "1", "L",
		"1").Replace(strings.ToUpper(s))
	if len(s) != codeChars || strings.Trim(s, alphabet) != "" {
		return "", ErrCode
	}
	return s, nil
}

// secrets are the keys of a box, all made from one that lies in the database: servers that
// share a database know each other's forms.
type secrets struct{ master []byte }

func (s secrets) mac(purpose string, of ...[]byte) []byte {
	h := hmac.New(sha256.New, s.master)
	fmt.Fprintf(h, "plimsoll.notice/%s\n", purpose)
	for _, b := range of {
		h.Write(b)
	}
	return h.Sum(nil)
}

// A mark recognises what came before, for whoever holds the key only: a file or text that
// was erased cannot be guessed from it.
func (s secrets) mark(kind, of string) string {
	return hex.EncodeToString(s.mac("mark", []byte(kind+"\n"+of))[:16])
}

// tokenLife is how long a form may stay open: a careful report takes a day.
const tokenLife = 48 * time.Hour

// A token is what a form carries instead of a cookie: when it was made, a random number and
// a signature. It can be used for one notice.
type token struct {
	raw  []byte
	made time.Time
}

func (s secrets) newToken(now time.Time) string {
	b := make([]byte, 24, 40)
	binary.BigEndian.PutUint64(b, uint64(now.UnixMilli()))
	_, _ = rand.Read(b[8:]) // never fails
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac("token", b)[:16]...))
}

func (s secrets) parseToken(text string, now time.Time) (token, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 40 || !hmac.Equal(b[24:], s.mac("token", b[:24])[:16]) {
		return token{}, ErrToken
	}
	t := token{b, time.UnixMilli(int64(binary.BigEndian.Uint64(b)))}
	if age := now.Sub(t.made); age > tokenLife || age < -time.Minute {
		return token{}, ErrToken
	}
	return t, nil
}

// name is under which a used token is kept.
func (s secrets) name(t token) string { return hex.EncodeToString(s.mac("used", t.raw)[:16]) }

// code is the follow-up code of a form. It follows from the form's token, so a form that was
// sent twice because the answer got lost gives the same code; nothing that is kept gives it.
func (s secrets) code(t token) string { return letters(s.mac("code", t.raw), codeChars) }

// slow hashes a code: Argon2id (RFC 9106) with 19 MiB and two passes. The salt is the box's own: one hash finds one
// row, so looking up a code takes the same time whether or not it exists.
func (s secrets) slow(code string) string {
	return hex.EncodeToString(argon2.IDKey([]byte(code), s.mac("salt")[:16], 2, 19*1024, 1, 32))
}

// clients names who is at the other end of a connection, for fairness between them and for
// nothing else: an address hashed with a salt that lives in memory and is thrown away every
// hour.
type clients struct {
	mu   sync.Mutex // guards salt and made; held for a hash
	salt [32]byte
	made time.Time
}

func (c *clients) name(address string, now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.made) > time.Hour || c.made.IsZero() {
		_, _ = rand.Read(c.salt[:]) // never fails
		c.made = now
	}
	h := hmac.New(sha256.New, c.salt[:])
	h.Write([]byte(address))
	return hex.EncodeToString(h.Sum(nil)[:8])
}
