// Package timestamp has an authority confirm at which time a checkpoint existed (RFC 3161), keeps what it answers
// beside the published log, and checks such time stamps.
//
// Invariants: a time stamp is kept only when it is of the bytes and the nonce that were sent, and signed by a
// certificate that is made for time stamps; asking never holds anything back; a time stamp is checked with its file,
// the checkpoint beside it and certificates that the verifier brings along, by this program or by "openssl ts".
package timestamp

import (
	"bytes"
	"crypto"
	"crypto/sha1" // names a certificate in the older form of RFC 2634; the signature does not rest on it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// MaxReply is the most bytes that an answer of an authority may have; those of public ones have 2 to 8 KiB. The work of
// reading one grows with the square.
const MaxReply = 32 << 10

// Identifiers of objects.
var (
	oidContentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}         // RFC 5652, section 11.1
	oidTSTInfo     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}  // RFC 3161, section 2.4.2
	oidSigningCert = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12} // RFC 2634, section 5.4
	oidSigningV2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47} // RFC 5035, section 3
	oidExtUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}                       // RFC 5280, section 4.2.1.12
	oidSHA256      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// A Token is a time stamp whose signature was checked.
type Token struct {
	Time time.Time // by the clock of the authority
	By   string    // the name in the certificate that signed it

	digest []byte // SHA-256 of what was stamped
	nonce  *big.Int
	signer *x509.Certificate
	others *x509.CertPool
}

// Parse reads the answer of an authority and checks its signature, but not who the authority is.
func Parse(reply []byte) (t *Token, err error) {
	defer func() { // a decoder of others: no answer may end the server
		if r := recover(); r != nil {
			t, err = nil, errors.New("the time stamp cannot be read")
		}
	}()
	if len(reply) > MaxReply {
		return nil, fmt.Errorf("the time stamp has more than %d bytes", MaxReply)
	}
	raw, err := timestamp.ParseResponse(reply)
	var shape asn1.StructuralError
	var cut asn1.SyntaxError
	if errors.As(err, &shape) || errors.As(err, &cut) {
		return nil, errors.New("the answer is no time stamp (RFC 3161)")
	}
	if err != nil {
		return nil, fmt.Errorf("the time stamp cannot be used: %w", err)
	}
	p, err := pkcs7.Parse(raw.RawToken)
	if err != nil {
		return nil, fmt.Errorf("the time stamp cannot be used: %w", err)
	}
	t = &Token{Time: raw.Time.UTC(), nonce: raw.Nonce, digest: raw.HashedMessage, signer: p.GetOnlySigner(),
		others: x509.NewCertPool()}
	if t.signer == nil {
		return nil, errors.New("the time stamp does not hold the one certificate that signed it")
	}
	if raw.HashAlgorithm != crypto.SHA256 {
		return nil, errors.New("the time stamp is not over a SHA-256 sum")
	}
	if err := p.Verify(); err != nil {
		return nil, fmt.Errorf("the signature of the time stamp does not hold: %w", err)
	}
	var kind asn1.ObjectIdentifier
	if err := p.UnmarshalSignedAttribute(oidContentType, &kind); err != nil || !kind.Equal(oidTSTInfo) {
		return nil, errors.New("what was signed is no time stamp")
	}
	if err := namesSigner(p, t.signer); err != nil {
		return nil, err
	}
	if err := forStamps(t.signer); err != nil {
		return nil, err
	}
	if t.Time.Before(t.signer.NotBefore) || t.Time.After(t.signer.NotAfter) {
		return nil, fmt.Errorf("the certificate of the authority does not hold at the time of the stamp, %s",
			t.Time.Format(time.RFC3339))
	}
	for _, c := range p.Certificates {
		t.others.AddCert(c)
	}
	if t.By = t.signer.Subject.CommonName; t.By == "" {
		t.By = t.signer.Subject.String()
	}
	return t, nil
}

// namesSigner checks that the signed attributes name the certificate (RFC 3161, section 2.4.2, and RFC 5816): otherwise
// another certificate of the same key could be put in its place.
func namesSigner(p *pkcs7.PKCS7, signer *x509.Certificate) error {
	wrong := errors.New("the time stamp does not name the certificate that signed it")
	var list asn1.RawValue // SigningCertificate and its V2: a sequence whose first element is a sequence of ESSCertID
	v2 := p.UnmarshalSignedAttribute(oidSigningV2, &list) == nil
	if !v2 && p.UnmarshalSignedAttribute(oidSigningCert, &list) != nil {
		return wrong
	}
	var certs, first asn1.RawValue
	if _, err := asn1.Unmarshal(list.Bytes, &certs); err != nil {
		return wrong
	}
	if _, err := asn1.Unmarshal(certs.Bytes, &first); err != nil {
		return wrong
	}
	var field asn1.RawValue
	rest, err := asn1.Unmarshal(first.Bytes, &field)
	if err != nil {
		return wrong
	}
	sum := func() []byte { s := sha256.Sum256(signer.Raw); return s[:] }
	if !v2 {
		sum = func() []byte { s := sha1.Sum(signer.Raw); return s[:] }
	} else if field.Tag == asn1.TagSequence {
		var name asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(field.Bytes, &name); err != nil {
			return wrong
		}
		switch {
		case name.Equal(oidSHA384):
			sum = func() []byte { s := sha512.Sum384(signer.Raw); return s[:] }
		case name.Equal(oidSHA512):
			sum = func() []byte { s := sha512.Sum512(signer.Raw); return s[:] }
		case !name.Equal(oidSHA256):
			return wrong
		}
		if _, err := asn1.Unmarshal(rest, &field); err != nil {
			return wrong
		}
	}
	if field.Tag != asn1.TagOctetString || !bytes.Equal(field.Bytes, sum()) {
		return wrong
	}
	return nil
}

// forStamps checks that a certificate is made for time stamps alone (RFC 3161, section 2.3).
func forStamps(c *x509.Certificate) error {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtUsage) && e.Critical && len(c.UnknownExtKeyUsage) == 0 && len(c.ExtKeyUsage) == 1 &&
			c.ExtKeyUsage[0] == x509.ExtKeyUsageTimeStamping {
			return nil
		}
	}
	return errors.New("the certificate that signed is not one for time stamps alone")
}

// Covers checks that a time stamp is of some bytes.
func (t *Token) Covers(data []byte) error {
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], t.digest) {
		return errors.New("the time stamp is of something else")
	}
	return nil
}

// Trusted checks that the certificate of the authority comes from one of the roots, at the time of the stamp.
func (t *Token) Trusted(roots *x509.CertPool) error {
	_, err := t.signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: t.others, CurrentTime: t.Time,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
	if err != nil {
		return fmt.Errorf("the authority of the time stamp, %q, is not one that the roots vouch for: %w", t.By, err)
	}
	return nil
}

// ReadRoots reads certificates in PEM from a file.
func ReadRoots(path string) (*x509.CertPool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read roots of time stamps: %w", err)
	}
	roots, n := x509.NewCertPool(), 0
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read roots of time stamps: %s, certificate %d: %w", path, n+1, err)
		}
		roots.AddCert(c)
		n++
	}
	if n == 0 {
		return nil, fmt.Errorf("read roots of time stamps: %s holds no certificate in PEM", path)
	}
	return roots, nil
}
