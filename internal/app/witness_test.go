package app

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// background runs a command until the test ends, and returns what its standard error says of a pattern.
func background(t *testing.T, pattern string, args ...string) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var out lockedBuffer
	done := make(chan int, 1)
	go func() { done <- Main(ctx, args, strings.NewReader(""), io.Discard, &out) }()
	t.Cleanup(func() {
		stop()
		<-done
	})
	re := regexp.MustCompile(pattern)
	for range 600 {
		if m := re.FindStringSubmatch(out.String()); m != nil {
			return m
		}
		select {
		case code := <-done:
			done <- code
			t.Fatalf("plimsoll %s: exit %d: %s", strings.Join(args, " "), code, out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("plimsoll %s does not say %s: %s", strings.Join(args, " "), pattern, out.String())
	return nil
}

// TestTwoOrganisations lets two organisations witness each other's ledgers, by the commands alone.
func TestTwoOrganisations(t *testing.T) {
	dir := t.TempDir()
	folder := func(name string) string { return filepath.Join(dir, name) }
	const ledgerLine, witnessLine = `under the key (\S+)`, `--witness:\n(\S+) (http://\S+)`
	type org struct{ data, log, witness, url string }
	orgs := []org{{data: folder("a")}, {data: folder("b")}}
	for i := range orgs { // the first start makes the ledger's key
		t.Run("first start", func(t *testing.T) {
			orgs[i].log = background(t, ledgerLine, "serve", "--data", orgs[i].data, "--listen", "127.0.0.1:0")[1]
		})
	}
	for i := range orgs {
		m := background(t, witnessLine, "witness", "--data", folder("w"+orgs[i].log[:12]), "--name", "witness."+
			string(rune('a'+i))+".example",
			"--log", orgs[1-i].log, "--listen", "127.0.0.1:0")
		orgs[i].witness, orgs[i].url = m[1], m[2]
	}
	for i := range orgs {
		other := orgs[1-i]
		background(t, "Plimsoll serves", "serve", "--data", orgs[i].data, "--listen", "127.0.0.1:0", "--witness",
			other.witness+" "+other.url)
	}
	for i := range orgs {
		run := func(args ...string) (code int, msg string) {
			var out, err bytes.Buffer
			code = Main(t.Context(), append([]string{"verify", filepath.Join(orgs[i].data, "ledger", "log"), "--key",
				orgs[i].log}, args...),
				strings.NewReader(""), &out, &err)
			return code, out.String() + err.String()
		}
		// The checkpoint of the first start was published without witnesses; a new leaf brings a new one.
		var admin bytes.Buffer
		if code := Main(t.Context(), []string{"admin", "link", "--data", orgs[i].data}, strings.NewReader(""),
			io.Discard, &admin); code != exitDone {
			t.Fatalf("admin link: %s", admin.String())
		}
		code, msg := 0, ""
		for range 200 {
			if code, msg = run("--witness", orgs[1-i].witness, "--quorum", "1"); code == exitDone {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if code != exitDone || !strings.Contains(msg, "witness.") {
			t.Errorf("verify with a quorum: exit %d: %s", code, msg)
		}
		if code, msg := run("--witness", orgs[i].witness, "--quorum", "1"); code != exitFailed {
			t.Errorf("verify with its own witness: exit %d: %s", code, msg)
		}
	}
}

// TestWitnessCommand refuses what would not be a witness.
func TestWitnessCommand(t *testing.T) {
	dir := t.TempDir()
	const log = "log.example+3e9b1a5a+AQ"
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"no folder", []string{"--log", log}, exitUsage},
		{"no log", []string{"--data", dir, "--name", "w"}, exitUsage},
		{"a log that is no key", []string{"--data", dir, "--name", "w", "--log", "x"}, exitUsage},
		{"beyond loopback", []string{"--data", dir, "--name", "w", "--log", log, "--listen", ":8330"}, exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			var msg bytes.Buffer
			if got := Main(t.Context(), append([]string{"witness"}, c.args...), strings.NewReader(""), io.Discard,
				&msg); got != c.want {
				t.Errorf("exit %d, want %d: %s", got, c.want, msg.String())
			}
		})
	}
	lost := filepath.Join(dir, "lost")
	if err := os.MkdirAll(filepath.Join(lost, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := witnessKey(lost, "w"); err == nil || !strings.Contains(err.Error(), "the key is gone") {
		t.Errorf("a witness without its key: %v", err)
	}
	first, err := witnessKey(filepath.Join(dir, "new"), "w.example")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := witnessKey(filepath.Join(dir, "new"), ""); err != nil || again.VKey() != first.VKey() {
		t.Errorf("the key at the second start: %v", err)
	}
	if _, err := witnessKey(filepath.Join(dir, "new"), "other"); err == nil {
		t.Error("a key under another name")
	}
}
