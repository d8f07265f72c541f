package app

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/access/accesstest"
)

// lines collects a command's messages while it runs.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var answering = regexp.MustCompile(`answering on (\S+) from`)

// startPDP runs the command as a user would and waits until it answers.
func startPDP(t *testing.T, args ...string) (url string, out *lines, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out = &lines{}
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, append([]string{"pdp", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""),
			io.Discard, out)
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if code := <-done; code != exitDone {
				t.Errorf("pdp %v ended with %d: %s", args, code, out)
			}
		})
	}
	t.Cleanup(stop)
	for start := time.Now(); time.Since(start) < 10*time.Second; time.Sleep(2 * time.Millisecond) {
		if m := answering.FindStringSubmatch(out.String()); m != nil {
			return m[1], out, stop
		}
		select {
		case code := <-done:
			done <- code
			t.Fatalf("pdp %v ended with %d: %s", args, code, out)
		default:
		}
	}
	t.Fatalf("pdp %v does not answer: %s", args, out)
	return
}

const certification = "../access/testdata/authzen/certification.yaml"

// TestPDPCertification runs the whole certification scenario against the command.
func TestPDPCertification(t *testing.T) {
	url, _, _ := startPDP(t, "--snapshot", certification)
	accesstest.Certification(t, accesstest.Client{URL: url, HTTP: http.DefaultClient})
}

// TestPDPReplica publishes from one command to another, restricts, lifts, and cuts the
// replica off.
func TestPDPReplica(t *testing.T) {
	dir := t.TempDir()
	var vkey, msg bytes.Buffer
	key := filepath.Join(dir, "key")
	if code := Main(t.Context(), []string{"pdp", "key", "--name", "house.example/access", "--out", key},
		strings.NewReader(""), &vkey, &msg); code != exitDone {
		t.Fatalf("pdp key: %d %s", code, &msg)
	}
	rules := filepath.Join(dir, "rules.yaml")
	write := func(restrictions string) {
		t.Helper()
		text := "snapshot: house\nstale: {after: 1s, then: deny}\nsubjects:\n  - {type: unit, id: u-1}\nresources:\n " +
			" - {type: service, id: speech}\n" + restrictions
		if err := os.WriteFile(rules+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(rules+".new", rules); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	from, _, stopPublisher := startPDP(t, "--snapshot", rules, "--sign", key, "--vouch", "200ms")
	state := filepath.Join(dir, "state")
	args := []string{"--snapshot", from, "--key", strings.TrimSpace(vkey.String()), "--state", state}
	url, _, stop := startPDP(t, args...)
	ask := func() string {
		t.Helper()
		_, b, _ := accesstest.Client{URL: url, HTTP: http.DefaultClient}.Post(t, accesstest.Evaluation,
			`{"subject":{"type":"unit","id":"u-1"},"action":{"name":"use"},"resource":{"type":"service","id":"speech"}}`)
		return string(b)
	}
	until := func(what, want string) {
		t.Helper()
		start := time.Now()
		for b := ask(); !strings.Contains(b, want); b = ask() {
			if time.Since(start) > 3*time.Second {
				t.Fatalf("%s: %s", what, b)
			}
			time.Sleep(2 * time.Millisecond)
		}
		t.Logf("%s after %s", what, time.Since(start).Round(time.Millisecond))
	}
	until("free", `"decision":true`)
	write("restrictions:\n  - {id: D-1, subject: {type: unit, id: u-1}, decision: D-1}\n")
	until("restricted", `"decision":false`)
	write("restrictions: [}\n")
	time.Sleep(300 * time.Millisecond)
	until("still restricted by a broken file", `"decision":false`)
	write("")
	until("lifted", `"decision":true`)
	stop()
	url, _, _ = startPDP(t, args...)
	until("restarted", `"decision":true`)
	stopPublisher()
	until("cut off for longer than allowed", `"doubt":"stale_snapshot"`)
	url, _, _ = startPDP(t, args...) // from disk alone
	until("started while cut off", `"doubt":"stale_snapshot"`)
}

// TestPDPScreensAtTheDoor asks about a party that nobody has screened.
func TestPDPScreensAtTheDoor(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "named.csv")
	if err := os.WriteFile(list,
		[]byte("name,aliases,country,identifiers,publisher,report,url,published,status,effect\nVarnholm Interception "+
			"Systems GmbH,VIS GmbH,DE,,Example Watch,Report 7,https://example.org/7,2026-01-05,listed,watch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(rules, []byte("open:\n  - {type: prospect, subject: true}\nresources:\n  - {type: "+
		"product, id: p-1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	proof := filepath.Join(dir, "proof.jsonl")
	url, _, stop := startPDP(t, "--snapshot", rules, "--list", list, "--proof", proof, "--proof-sample", "1")
	c := accesstest.Client{URL: url, HTTP: http.DefaultClient}
	ask := func(party string) (bool, map[string]any) {
		t.Helper()
		_, b, _ := c.Post(t, accesstest.Evaluation,
			`{"subject":{"type":"prospect","id":"new"},"action":{"name":"sell"},"resource":{"type":"product","id":"p-1"},"context":{"unscreened_party":`+party+`}}`)
		var a struct {
			Decision bool
			Context  struct{ Gate map[string]any }
		}
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		return a.Decision, a.Context.Gate
	}
	if ok, gate := ask(`{"name":"Harbour Street Bakery","country":"DE"}`); !ok || gate["outcome"] != "permit" {
		t.Errorf("a bakery: %v %v", ok, gate)
	}
	ok, gate := ask(`{"name":"Varnholm Interception Systems","country":"DE"}`)
	if ok || gate["outcome"] != "hold" || gate["finding"] == nil || gate["reference"] == nil {
		t.Fatalf("a listed party: %v %v", ok, gate)
	}
	if _, again := ask(`{"name":"Varnholm Interception Systems","country":"DE"}`); again["reference"] != gate["reference"] {
		t.Errorf("asked again: reference %v, then %v", gate["reference"], again["reference"])
	}
	res, err := http.Get(url + gate["follow"].(string))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || !strings.Contains(string(b), "Varnholm") {
		t.Errorf("the hold: %d %s", res.StatusCode, b)
	}
	stop()
	kept, err := os.ReadFile(proof)
	if err != nil || strings.Count(string(kept), "\n") != 3 || strings.Contains(string(kept), "Varnholm") ||
		!strings.Contains(string(kept), gate["reference"].(string)) {
		t.Errorf("the record: %v\n%s", err, kept)
	}
}

// certificate makes a certificate by an authority, or an authority when by is nil.
func certificate(t *testing.T, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate,
	*ecdsa.PrivateKey, []byte, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth,
			x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: by == nil,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if by == nil {
		by, byKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	kb, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: kb})
}

// TestPDPAsksWhoAsks: TLS, client certificates and bearer tokens.
func TestPDPAsksWhoAsks(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, caKey, caPEM, _ := certificate(t, "authority", nil, nil)
	_, _, cert, key := certificate(t, "pdp", ca, caKey)
	_, _, clientCert, clientKey := certificate(t, "order-desk", ca, caKey)
	args := []string{"--snapshot", certification, "--tls-cert", put("cert", cert), "--tls-key", put("key", key),
		"--client-ca", put("ca", caPEM),
		"--tokens", put("tokens", []byte("# callers\ndesk a-long-secret-of-the-desk\n"))}
	url, _, _ := startPDP(t, args...)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	pair, err := tls.X509KeyPair(clientCert, clientKey)
	if err != nil {
		t.Fatal(err)
	}
	with := func(certs ...tls.Certificate) *http.Client {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certs}, ForceAttemptHTTP2: true}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	if res, err := with().Post(url+accesstest.Evaluation, "application/json", strings.NewReader("{}")); err == nil {
		res.Body.Close()
		t.Error("answered without a client certificate")
	}
	c := accesstest.Client{URL: url, HTTP: with(pair)}
	body := `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`
	for token, want := range map[string]int{"": 401, "Bearer wrong-secret-of-the-desk": 401,
		"Basic a-long-secret-of-the-desk": 401, "Bearer a-long-secret-of-the-desk": 200} {
		header := []string{"X-Request-ID", "r-1"}
		if token != "" {
			header = append(header, "Authorization", token)
		}
		status, b, h := c.Post(t, accesstest.Evaluation, body, header...)
		if status != want || h.Get("X-Request-ID") != "r-1" || want == 401 && h.Get("WWW-Authenticate") == "" {
			t.Errorf("token %q: %d %s %v, want %d", token, status, b, h, want)
		}
	}
}

func TestPDPUsage(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no snapshot":  {nil, exitUsage, "--snapshot"},
		"no such file": {[]string{"--snapshot", "nowhere.yaml"}, exitFailed, "nowhere.yaml"},
		"plain beyond loopback": {[]string{"--snapshot", certification, "--listen", "0.0.0.0:0"}, exitUsage,
			"not loopback"},
		"publisher without key": {[]string{"--snapshot", "http://127.0.0.1:1"}, exitUsage, "--key"},
		"bad key":               {[]string{"--snapshot", "http://127.0.0.1:1", "--key", "x"}, exitUsage, "--key"},
		"half a certificate":    {[]string{"--snapshot", certification, "--tls-cert", "x"}, exitFailed, "certificate"},
	} {
		var out bytes.Buffer
		if code := Main(t.Context(), append([]string{"pdp"}, tt.args...), strings.NewReader(""), io.Discard, &out); code != tt.code || !strings.Contains(out.String(), tt.want) {
			t.Errorf("%s: exit %d %s, want %d with %q", name, code, &out, tt.code, tt.want)
		}
	}
}

func TestPDPExport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "b.tar.gz")
	var msg bytes.Buffer
	if code := Main(t.Context(), []string{"pdp", "export", "--snapshot", certification, "--out", out},
		strings.NewReader(""), io.Discard, &msg); code != exitDone {
		t.Fatalf("exit %d: %s", code, &msg)
	}
	if st, err := os.Stat(out); err != nil || st.Size() < 500 {
		t.Errorf("bundle: %v %v", st, err)
	}
	events := filepath.Join(t.TempDir(), "events.csv")
	if code := Main(t.Context(), []string{"pdp", "export", "--events", "--snapshot", certification, "--out", events},
		strings.NewReader(""), io.Discard, &msg); code != exitDone {
		t.Fatalf("exit %d: %s", code, &msg)
	}
	if b, err := os.ReadFile(events); err != nil || !strings.HasPrefix(string(b), "event_id,kind,date,about") {
		t.Errorf("events: %v %s", err, b)
	}
}
