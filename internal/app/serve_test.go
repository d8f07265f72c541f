package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lockedBuffer is what a running command writes, read while it runs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestServe starts the command with a stored review, signs in with the link that it prints,
// reads a page, and stops it.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "review")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"review.json":    `{"as_of":"2032-07-01","tool":{"name":"plimsoll","version":"test"}}`,
		"findings.jsonl": `{"id":"f1","flag":"RF-01","state":"raised","severity":"high","confidence":0.5,"subject":{"kind":"party","id":"p-1","name":"Hollin Glass","party":"p-1"},"sentence":"A sentence.","title":"A title"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out lockedBuffer
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, []string{"serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--import",
			folder}, strings.NewReader(""), io.Discard, &out)
	}()
	link := regexp.MustCompile(`http://localhost:\d+/start\?key=\S+`)
	var start string
	for range 200 {
		if start = link.FindString(out.String()); start != "" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if start == "" {
		t.Fatalf("no link: %s", out.String())
	}
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	u, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.PostForm("http://"+u.Host+"/start", url.Values{"key": {u.Query().Get("key")}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	res, err = c.Get("http://" + u.Host + "/parties/p-1")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.Contains(string(b), "Hollin Glass") {
		t.Errorf("%d %s", res.StatusCode, b)
	}
	c.CloseIdleConnections()
	for range 200 { // until the sequencer has published
		if exists(filepath.Join(dir, "data", "ledger", "log", "checkpoint")) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	select {
	case code := <-done:
		if code != exitDone {
			t.Errorf("exit %d: %s", code, out.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("does not stop")
	}

	// What it wrote, from the pack in use to the person who signed in, is in the ledger that it published.
	key, err := os.ReadFile(filepath.Join(dir, "data", "ledger", "key"))
	if err != nil {
		t.Fatal(err)
	}
	code, said := plimsoll("verify", filepath.Join(dir, "data", "ledger", "log"), "--key",
		strings.Fields(string(key))[1], "--database", "sqlite:"+filepath.Join(dir, "data", "plimsoll.db"))
	if code != exitDone || !strings.Contains(said, "nothing is wrong") || strings.Contains(said, " 0 leaves") {
		t.Errorf("verify of what it served: exit %d: %s", code, said)
	}
}

// TestServeUsage refuses options that do not go together.
func TestServeUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"--data", "x", "--database", "postgres://y"}, {"--data", "x", "--tls-cert",
		"c"}, {"--data", "x", "--oidc-issuer", "https://i.example"},
		{"--data", "x", "--listen", "0.0.0.0:0"}, {"--data", "x", "--listen", ":0"}, {"--data", "x", "--listen",
			"[::]:0", "--origin", "https://p.example"}} {
		var errs bytes.Buffer
		if code := Main(t.Context(), append([]string{"serve"}, args...), strings.NewReader(""), io.Discard, &errs); code != exitUsage {
			t.Errorf("serve %v: exit %d (%s)", args, code, errs.String())
		}
	}
}
