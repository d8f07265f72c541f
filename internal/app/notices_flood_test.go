package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	codeShown = regexp.MustCompile(`class="code">([^<]+)<`)
	idShown   = regexp.MustCompile(`N-[0-9A-Z]{8}`)
)

// tell sends one notice and returns its code; "" when it was not acknowledged.
func tell(c *http.Client, at string, page []byte, fields ...string) (code string, status int) {
	m := tokenField.FindSubmatch(page)
	if m == nil {
		return "", 0
	}
	body, kind := formBody(string(m[1]), fields...)
	res, err := c.Post(at+"/notice", kind, body)
	if err != nil {
		return "", 0
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if shown := codeShown.FindSubmatch(b); err == nil && res.StatusCode == http.StatusOK && shown != nil {
		return string(shown[1]), res.StatusCode
	}
	return "", res.StatusCode
}

// openForm fetches the page; nil when the server did not give it.
func openForm(c *http.Client, at string) []byte {
	res, err := c.Get(at + "/notice")
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil
	}
	return b
}

// until sends requests that end with a context.
type until struct {
	ctx context.Context
	http.RoundTripper
}

func (u until) RoundTrip(r *http.Request) (*http.Response, error) {
	return u.RoundTripper.RoundTrip(r.WithContext(u.ctx))
}

// TestNoticesFlood pours junk and invented notices into the public form from one address, as
// over Tor, while eight people send theirs. Each of them gets a code and a receipt that
// verifies, by doing what the page says: wait, and send the same form again.
func TestNoticesFlood(t *testing.T) {
	dir := t.TempDir()
	keys, data := filepath.Join(dir, "keys"), filepath.Join(dir, "data")
	run(t, exitDone, "notices", "key", "--out", keys, "ada", "ben")
	at, out, _ := serving(t, "--data", data, "--notices", filepath.Join(keys, "notices.key"), "--notices-to",
		"Harbour Cloud")
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	c := &http.Client{Transport: transport, Timeout: time.Minute}
	defer transport.CloseIdleConnections()

	const honest, floods, each = 8, 32, 200
	pages := make([][]byte, honest) // they have the page open and are writing
	for i := range pages {
		if pages[i] = openForm(c, at); pages[i] == nil {
			t.Fatal("no form")
		}
	}
	var wg sync.WaitGroup
	var bogus, taken atomic.Int64
	flooding, over := context.WithCancel(t.Context())
	defer over()
	bad := &http.Client{Transport: until{flooding, transport}}
	junk := bytes.Repeat([]byte("junk "), 40_000)
	for f := range floods {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(11, uint64(f)))
			for i := range each {
				if flooding.Err() != nil {
					return
				}
				bogus.Add(1)
				var code string
				switch r.IntN(4) {
				case 0: // no form at all
					res, err := bad.Post(at+"/notice", "multipart/form-data; boundary=x", bytes.NewReader(junk))
					if err == nil {
						io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
				case 1: // the one form of somebody else, again and again
					code, _ = tell(bad, at, []byte(`name="token" value="stale"`), "what", "x")
				case 2:
					code, _ = tell(bad, at, openForm(bad, at), "what", fmt.Sprintf("Invented story %d of %d.", i, f),
						"file", string(junk))
				default:
					code, _ = tell(bad, at, openForm(bad, at), "what", fmt.Sprintf("Invented story %d of %d.", i, f))
				}
				if code != "" {
					taken.Add(1)
				}
			}
		})
	}
	codes := make([]string, honest)
	tries := make([]int, honest)
	var people sync.WaitGroup
	for i := range honest {
		people.Go(func() {
			for range 200 { // amid the flood: the minute that may be caught up is used up
				if taken.Load() >= 60 {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			for tries[i] = 1; tries[i] <= 40; tries[i]++ {
				if codes[i], _ = tell(c, at, pages[i], "what", fmt.Sprintf("What I saw on day %d.", i), "file",
					"the words of a memo"); codes[i] != "" {
					return
				}
				time.Sleep(500 * time.Millisecond)
			}
		})
	}
	people.Wait()
	over()
	wg.Wait()
	for i, code := range codes {
		if code == "" {
			t.Errorf("person %d was not heard in %d tries", i, tries[i]-1)
		}
	}
	t.Logf("%d people heard after %v tries, amid %d bogus requests, of which %d invented notices were taken", honest,
		tries, bogus.Load(), taken.Load())
	vkey := regexp.MustCompile(`under the key (\S+)`).FindStringSubmatch(out.String())[1]
	proven(t, c, at, dir, vkey, codes)
}

// proven gets the receipt of each code and checks it with the key alone.
func proven(t *testing.T, c *http.Client, at, dir, vkey string, codes []string) {
	t.Helper()
	for i, code := range codes {
		if code == "" {
			continue
		}
		post := func(path, form string) (int, string) {
			for range 40 {
				status, page, _ := stranger(t, c, "POST", at+path, strings.NewReader(form),
					"application/x-www-form-urlencoded")
				if status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
					return status, page
				}
				time.Sleep(100 * time.Millisecond)
			}
			return 0, "still busy"
		}
		status, page := post("/notice/follow", "code="+code)
		id := idShown.FindString(page)
		if status != http.StatusOK || id == "" {
			t.Errorf("code %d is not known: %d", i, status)
			continue
		}
		status, receipt := post("/notice/receipt", "code="+code+"&notice="+id)
		if status != http.StatusOK {
			t.Errorf("no receipt for code %d: %d", i, status)
			continue
		}
		path := filepath.Join(dir, fmt.Sprintf("receipt-%d.txt", i))
		if err := os.WriteFile(path, []byte(receipt), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, exitDone, "verify", path, "--key", vkey)
	}
}

// TestNoticesKilled kills the program with SIGKILL while notices with files come in, several
// times. What was acknowledged is there with its receipt; the log and the database agree.
func TestNoticesKilled(t *testing.T) {
	dir := t.TempDir()
	keys, data := filepath.Join(dir, "keys"), filepath.Join(dir, "data")
	run(t, exitDone, "notices", "key", "--out", keys, "ada", "ben")
	args := []string{"--data", data, "--notices", filepath.Join(keys, "notices.key"), "--notices-to", "Harbour Cloud"}
	var codes []string
	for round := range 5 {
		codes = append(codes, killedServer(t, round, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...))...)
	}
	if len(codes) == 0 {
		t.Fatal("nothing was acknowledged before the kills")
	}
	at, out, stop := serving(t, args...)
	vkey := regexp.MustCompile(`under the key (\S+)`).FindStringSubmatch(out.String())[1]
	c := &http.Client{}
	proven(t, c, at, dir, vkey, codes)
	c.CloseIdleConnections()
	stop()
	run(t, exitDone, "verify", filepath.Join(data, "ledger", "log"), "--key", vkey, "--database", "sqlite:"+
		filepath.Join(data, "plimsoll.db"), "--cover", "notice_text.id")
	t.Logf("%d acknowledged notices, none lost", len(codes))
}

// killedServer runs the program, sends notices to it, kills it and returns the codes that it
// gave out.
func killedServer(t *testing.T, round int, args []string) (codes []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), strangerEnv+"=yes")
	var errs lockedBuffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var at string
	for range 400 {
		if m := regexp.MustCompile(`Plimsoll serves (\S+)`).FindStringSubmatch(errs.String()); m != nil {
			at = m[1]
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if at == "" {
		t.Fatalf("the server does not start: %s", errs.String())
	}
	transport := &http.Transport{}
	c := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	defer transport.CloseIdleConnections()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 50 {
				page := openForm(c, at)
				if page == nil {
					return // killed
				}
				code, status := tell(c, at, page, "what", fmt.Sprintf("Round %d, person %d, story %d.", round, w, i),
					"file", strings.Repeat("words of a memo ", 2000))
				if status == 0 {
					return
				}
				if code != "" {
					mu.Lock()
					codes = append(codes, code)
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(time.Duration(400+170*round) * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	return codes
}
