package app

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// run runs a command to its end.
func run(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(t.Context(), args, strings.NewReader(""), &out, &errs); code != want {
		t.Fatalf("plimsoll %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, out.String(),
			errs.String())
	}
	return out.String(), errs.String()
}

// serving starts the server and returns where it listens and what it prints.
func serving(t *testing.T, args ...string) (at string, out *lockedBuffer, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &lockedBuffer{}
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""),
			io.Discard, out)
	}()
	stop = func() {
		cancel()
		select {
		case code := <-done:
			if code != exitDone {
				t.Errorf("serve: exit %d: %s", code, out.String())
			}
		case <-time.After(20 * time.Second):
			t.Error("the server does not stop")
		}
		done <- exitDone
	}
	t.Cleanup(stop)
	for range 400 {
		if m := regexp.MustCompile(`Plimsoll serves (\S+)`).FindStringSubmatch(out.String()); m != nil {
			return m[1], out, stop
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the server does not start: %s", out.String())
	return
}

// stranger sends a form as a Tor browser does: no cookie, an origin of null.
func stranger(t *testing.T, c *http.Client, method, address string, body io.Reader, kind string) (int, string,
	http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", "null")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	req.Header.Set("User-Agent", oddAgent)
	req.Header.Set("X-Forwarded-For", oddAddress)
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// What must be found nowhere.
const (
	oddAgent   = "Quillfeather/77.3 (odd browser)"
	oddAddress = "203.0.113.77"
	fileName   = "from-my-desk-at-the-mill.txt"
)

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func noticeForm(t *testing.T, page string, fields ...string) (*bytes.Buffer, string) {
	t.Helper()
	m := tokenField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no form: %s", page)
	}
	return formBody(m[1], fields...)
}

// formBody writes a form as a browser does: the token, then names and values by turns.
func formBody(token string, fields ...string) (*bytes.Buffer, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("token", token)
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == "file" {
			f, _ := w.CreateFormFile("file", fileName)
			_, _ = io.WriteString(f, fields[i+1])
			continue
		}
		_ = w.WriteField(fields[i], fields[i+1])
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// TestNotice walks the thread from the page to the receipt, which is then checked with
// nothing but its file and the key; and looks for who sent it in everything that was kept.
func TestNotice(t *testing.T) {
	dir := t.TempDir()
	keys, data := filepath.Join(dir, "keys"), filepath.Join(dir, "data")
	run(t, exitDone, "notices", "key", "--out", keys, "ada", "ben", "cora")
	at, out, stop := serving(t, "--data", data, "--notices", filepath.Join(keys, "notices.key"), "--notices-to",
		"Harbour Cloud")
	c := &http.Client{}
	status, page, head := stranger(t, c, "GET", at+"/notice", nil, "")
	if status != 200 || len(head["Set-Cookie"]) > 0 || strings.Contains(page, "<script") {
		t.Fatalf("the page: %d, cookies %v", status, head["Set-Cookie"])
	}
	body, kind := noticeForm(t, page, "about", "Northgate Signals", "what",
		"They record a whole city.\r\nSince spring.", "file", "the words of a memo\n", "contact", "sealed", "reach",
		"lamp at the third pier")
	status, page, _ = stranger(t, c, "POST", at+"/notice", body, kind)
	code := regexp.MustCompile(`class="code">([^<]+)<`).FindStringSubmatch(page)
	id := regexp.MustCompile(`N-[0-9A-Z]{8}`).FindString(page)
	if status != 200 || code == nil || id == "" {
		t.Fatalf("sending: %d %s", status, page)
	}
	form := func(s string) io.Reader { return strings.NewReader(s) }
	status, receipt, _ := stranger(t, c, "POST", at+"/notice/receipt", form("code="+code[1]+"&notice="+id),
		"application/x-www-form-urlencoded")
	if status != 200 {
		t.Fatalf("receipt: %d %s", status, receipt)
	}
	status, page, _ = stranger(t, c, "POST", at+"/notice/follow",
		form("code="+strings.ToLower(strings.ReplaceAll(code[1], "-", " "))), "application/x-www-form-urlencoded")
	if status != 200 || !strings.Contains(page, "waits to be read") {
		t.Errorf("follow: %d %s", status, page)
	}
	c.CloseIdleConnections()
	stop()

	// Offline, with the key from elsewhere.
	own := filepath.Join(dir, "mine")
	write := func(name, text string) string {
		t.Helper()
		if err := os.MkdirAll(own, 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(own, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	vkey := regexp.MustCompile(`under the key (\S+)`).FindStringSubmatch(out.String())[1]
	path := write("receipt.txt", receipt)
	write("memo.txt", "the words of a memo\n")
	said, _ := run(t, exitDone, "verify", path, "--key", vkey)
	for _, want := range []string{"notice, recorded", `notice ` + id + ` to "Harbour Cloud"`,
		`about = "Northgate Signals"`, `what = "They record a whole city.\nSince spring."`, `it is "memo.txt"`,
		"nothing is wrong"} {
		if !strings.Contains(said, want) {
			t.Errorf("verify does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(receipt, "third pier") || strings.Contains(receipt, code[1]) {
		t.Error("the receipt holds the contact or the code")
	}
	run(t, exitFailed, "verify", write("changed.txt", strings.Replace(receipt, "    They record",
		"    They do not record", 1)), "--key", vkey)
	run(t, exitFailed, "verify", write("redated.txt", strings.Replace(receipt, "Z\n", "0Z\n", 1)+" "), "--key", vkey)
	_, warned := run(t, exitDone, "verify", path)
	if !strings.Contains(warned, "not whose it is") {
		t.Errorf("without --key: %s", warned)
	}
	nowhere(t, out, data, oddAgent, oddAddress, "127.0.0.1", fileName, strings.ReplaceAll(code[1], "-", ""), code[1],
		"third pier", "Quillfeather")
	// The key of the log, the database and what it pins agree.
	run(t, exitDone, "verify", filepath.Join(data, "ledger", "log"), "--key", vkey, "--database", "sqlite:"+
		filepath.Join(data, "plimsoll.db"), "--cover", "notice_text.id")

	sealed := filepath.Join(data, "notices", "sealed", id, "contact")
	opened, _ := run(t, exitDone, "notices", "unseal", "--share", filepath.Join(keys, "ada.share"), "--share",
		filepath.Join(keys, "cora.share"), sealed)
	if strings.TrimSpace(opened) != "lamp at the third pier" {
		t.Errorf("unsealed %q", opened)
	}
	run(t, exitUsage, "notices", "unseal", "--share", filepath.Join(keys, "ada.share"), sealed)
	run(t, exitFailed, "notices", "unseal", "--share", filepath.Join(keys, "ada.share"), "--share",
		filepath.Join(keys, "ada.share"), sealed)
}

// nowhere reads every file of a folder, and what a program printed, for words that must not
// be in them. "127.0.0.1" is looked for in files only: the program prints where it listens.
func nowhere(t *testing.T, out *lockedBuffer, dir string, words ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == filepath.Join(dir, originFile) { // the server's own address
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) || strings.Contains(path, w) {
				t.Errorf("%s holds %q", path, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 8 {
		t.Errorf("only %d files were looked through", files)
	}
	for _, w := range words {
		if w != "127.0.0.1" && strings.Contains(out.String(), w) {
			t.Errorf("the program printed %q: %s", w, out.String())
		}
	}
}

// TestNoticesOff checks that a server takes no notices unless it is told to.
func TestNoticesOff(t *testing.T) {
	at, _, _ := serving(t, "--data", t.TempDir())
	for _, path := range []string{"/notice", "/notice/follow", "/api/v1/notice/form"} {
		if status, _, _ := stranger(t, &http.Client{}, "GET", at+path, nil, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	run(t, exitFailed, "serve", "--data", t.TempDir(), "--notices", "none.key")
	run(t, exitUsage, "serve", "--database", "postgres://none", "--notices", "none.key")
}

// TestNoAddress checks that what the HTTP server logs by itself tells no address.
func TestNoAddress(t *testing.T) {
	var b bytes.Buffer
	for _, s := range []string{"http: TLS handshake error from 203.0.113.9:5151: EOF",
		"http: panic serving [2001:db8::1]:443: x"} {
		n, err := noAddress{&b}.Write([]byte(s))
		if err != nil || n != len(s) {
			t.Errorf("wrote %d of %d: %v", n, len(s), err)
		}
	}
	if got := b.String(); strings.Contains(got, "203.") || strings.Contains(got, "db8") || !strings.Contains(got,
		"handshake error from (address)") {
		t.Errorf("logged %q", got)
	}
}
