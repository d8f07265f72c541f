package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/digitorus/timestamp"
)

// patience is how long an authority may take with an answer.
const patience = 15 * time.Second

// An Authority gives time stamps over HTTP (RFC 3161, section 3.4).
type Authority struct {
	URL   string
	Roots *x509.CertPool // that have to vouch for it; nil: whoever answers
	HTTP  *http.Client   // nil: one that goes nowhere else than to URL
}

// direct follows no answer to another address: an authority does not say whom this machine asks.
var direct = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ParseAuthority checks the address of an authority.
func ParseAuthority(address string) (Authority, error) {
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return Authority{}, fmt.Errorf("%q is no address of an authority for time stamps: it begins with http:// or "+
			"https://", address)
	}
	return Authority{URL: address}, nil
}

// Stamp has bytes stamped. It returns the answer, as "openssl ts -verify -in" reads it, and what it says.
func (a Authority) Stamp(ctx context.Context, data []byte) (reply []byte, t *Token, err error) {
	sum := sha256.Sum256(data)
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, nil, err
	}
	ask := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Certificates: true, Nonce: nonce}
	body, err := ask.Marshal()
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	req.Header.Set("Accept", "application/timestamp-reply")
	client := a.HTTP
	if client == nil {
		client = direct
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if to := res.Header.Get("Location"); to != "" && res.StatusCode/100 == 3 {
		return nil, nil, fmt.Errorf("the authority answers %d and sends us to %.200q, where we do not go",
			res.StatusCode, to)
	}
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("the authority answers %.100s", res.Status)
	}
	if reply, err = io.ReadAll(io.LimitReader(res.Body, MaxReply+1)); err != nil {
		return nil, nil, err
	}
	if t, err = Parse(reply); err != nil {
		return nil, nil, err
	}
	if err := t.Covers(data); err != nil {
		return nil, nil, err
	}
	if t.nonce == nil || t.nonce.Cmp(nonce) != 0 {
		return nil, nil, errors.New("the time stamp is an answer to another question")
	}
	if a.Roots != nil {
		if err := t.Trusted(a.Roots); err != nil {
			return nil, nil, err
		}
	}
	return reply, t, nil
}
