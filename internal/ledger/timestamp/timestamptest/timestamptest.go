// Package timestamptest runs an authority for time stamps on loopback for tests, which can be told to answer wrongly.
//
// Invariants: keys and certificates are made anew for each authority, and nothing leaves this machine.
package timestamptest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// A Fault is what an authority does wrong.
type Fault string

// Faults of an authority.
const (
	None        Fault = ""
	Down        Fault = "down"          // 503
	Page        Fault = "page"          // a page instead of a time stamp
	Rejection   Fault = "rejection"     // an answer that says no
	OtherNonce  Fault = "other nonce"   // an answer to another question
	NoNonce     Fault = "no nonce"      // an answer to no question
	OtherHash   Fault = "other hash"    // a stamp of something else
	SHA512      Fault = "SHA-512"       // a stamp over another kind of sum
	Changed     Fault = "changed"       // a byte of the stamp, near its end, is another
	WrongSigner Fault = "wrong signer"  // a certificate that is not for time stamps
	OtherRoot   Fault = "other root"    // an authority of which nobody has heard
	NoCert      Fault = "no cert"       // without the certificate
	Expired     Fault = "expired"       // its certificate does not hold any more
	Huge        Fault = "huge"          // endless
	Slow        Fault = "slow"          // no end of the answer
	Empty       Fault = "empty"         // no bytes
	Replay      Fault = "replay"        // the answer before, again
	WrongClock  Fault = "wrong clock"   // a day late; not refused
	Trailing    Fault = "trailing data" // more bytes after the answer
	Elsewhere   Fault = "elsewhere"     // another address, at which all is well
)

// Refused are the faults that a client has to see.
var Refused = []Fault{Down, Page, Rejection, OtherNonce, NoNonce, OtherHash, SHA512, Changed, WrongSigner, OtherRoot,
	NoCert, Expired, Huge, Slow, Empty, Replay, Trailing, Elsewhere}

// elsewhere is the path at which an authority answers that sends clients there.
const elsewhere = "/elsewhere"

// An Authority answers on loopback.
type Authority struct {
	URL   string
	Roots string // file with the certificate of its root
	Asked atomic.Int64

	fault           atomic.Pointer[Fault]
	good, bad, lost certified // for time stamps, for something else, of an unknown root
	stale           certified // for time stamps, and expired
	last            atomic.Pointer[[]byte]
	end             chan struct{}
}

type certified struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New starts an authority that answers until the test ends.
func New(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{Roots: filepath.Join(t.TempDir(), "roots.pem"), end: make(chan struct{})}
	a.Set(None)
	root := issue(t, certified{}, "Example Root", nil, time.Hour)
	stamps := []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	a.good = issue(t, root, "Example Time Stamps", stamps, time.Hour)
	a.bad = issue(t, root, "example.org", []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, time.Hour)
	a.lost = issue(t, issue(t, certified{}, "Another Root", nil, time.Hour), "Another Authority", stamps, time.Hour)
	a.stale = issue(t, root, "Old Time Stamps", stamps, -time.Hour)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw})
	if err := os.WriteFile(a.Roots, text, 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	a.URL = server.URL
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(a.end) })
	return a
}

// Set says what the authority does from now on.
func (a *Authority) Set(f Fault) { a.fault.Store(&f) }

// ServeHTTP answers a question (RFC 3161, section 3.4).
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.Asked.Add(1)
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "no question", http.StatusBadRequest)
		return
	}
	fault := *a.fault.Load()
	switch fault {
	case Down:
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	case Page:
		_, _ = io.WriteString(w, "<!doctype html><title>Sign in</title>")
		return
	case Empty:
		return
	case Elsewhere:
		if r.URL.Path != elsewhere {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect) // asks the same there
			return
		}
	case Huge:
		for range 1024 {
			if _, err := w.Write(bytes.Repeat([]byte{0x30}, 1<<12)); err != nil {
				return
			}
		}
		return
	case Slow:
		_, _ = w.Write([]byte{0x30, 0x82})
		w.(http.Flusher).Flush()
		select {
		case <-a.end:
		case <-r.Context().Done():
		}
		return
	}
	reply, err := a.answer(body, fault)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if had := a.last.Load(); fault == Replay && had != nil {
		reply = *had
	}
	a.last.Store(&reply)
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(reply)
}

func (a *Authority) answer(body []byte, fault Fault) ([]byte, error) {
	q, err := timestamp.ParseRequest(body)
	if err != nil {
		return nil, err
	}
	if fault == Rejection {
		return timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadRequest)
	}
	out := timestamp.Timestamp{HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Nonce: q.Nonce,
		Time:              time.Now().UTC().Truncate(time.Second),
		Policy:            asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1}, // of examples (RFC 5612)
		AddTSACertificate: fault != NoCert}
	by := a.good
	switch fault {
	case OtherNonce:
		out.Nonce = big.NewInt(7)
	case NoNonce:
		out.Nonce = nil
	case OtherHash:
		out.HashedMessage = make([]byte, len(q.HashedMessage))
	case SHA512:
		out.HashAlgorithm, out.HashedMessage = crypto.SHA512, make([]byte, 64)
	case WrongSigner:
		by = a.bad
	case OtherRoot:
		by = a.lost
	case Expired:
		by = a.stale
	case WrongClock:
		out.Time = out.Time.Add(-40 * time.Minute)
	}
	reply, err := out.CreateResponseWithOpts(by.cert, by.key, crypto.SHA256)
	switch {
	case err != nil:
	case fault == Changed:
		reply[len(reply)-9] ^= 1
	case fault == Trailing:
		reply = append(reply, 0)
	}
	return reply, err
}

// issue makes a certificate that holds for an hour before and d after now; without an issuer its own root.
func issue(t testing.TB, by certified, name string, usage []x509.ExtKeyUsage, d time.Duration) certified {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(d), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature}
	if usage == nil {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
	} else { // x509 makes no critical extension of these (RFC 3161, section 2.3)
		oid := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
		if usage[0] != x509.ExtKeyUsageTimeStamping {
			oid = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
		}
		v, err := asn1.Marshal([]asn1.ObjectIdentifier{oid})
		if err != nil {
			t.Fatal(err)
		}
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: v}}
	}
	if by.cert == nil {
		by = certified{c, key}
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	return certified{c, key}
}
