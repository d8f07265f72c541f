package app

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system in memory of its own, or skips where that is not allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		if os.Getenv("CI") != "" && os.Geteuid() == 0 {
			t.Errorf("mount: %v", err)
		}
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A hand is a person at a served site.
type hand struct {
	t  *testing.T
	at string
	c  *http.Client
}

// firstHand signs the first admin in by the link that serve prints.
func firstHand(t *testing.T, at string, printed *lockedBuffer) *hand {
	t.Helper()
	var key []string
	for range 400 { // it is printed after the address
		if key = regexp.MustCompile(`/start\?key=(\S+)\n`).FindStringSubmatch(printed.String()); key != nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	jar, err := cookiejar.New(nil)
	if err != nil || key == nil {
		t.Fatalf("no link in %q (%v)", printed.String(), err)
	}
	h := &hand{t, at, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	if code, body, _ := h.post("/start", url.Values{"key": {key[1]}}); code != http.StatusSeeOther {
		t.Fatalf("sign in: %d %s", code, body)
	}
	return h
}

func (h *hand) send(method, path, kind string, body io.Reader) (int, string, http.Header) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.at+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := h.c.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func (h *hand) post(path string, f url.Values) (int, string, http.Header) {
	h.t.Helper()
	return h.send("POST", path, "application/x-www-form-urlencoded", strings.NewReader(f.Encode()))
}

func (h *hand) upload(path, name string, content []byte) (int, string) {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err := w.WriteField("reason", "basis of the inquiry")
	if err == nil {
		var p io.Writer
		if p, err = w.CreateFormFile("file", name); err == nil {
			_, err = p.Write(content)
		}
	}
	if err != nil || w.Close() != nil {
		h.t.Fatal(err)
	}
	code, body, _ := h.send("POST", path, w.FormDataContentType(), &b)
	return code, body
}

// fill leaves little room on a disk: it writes files until none fits, then takes one back.
func fill(t *testing.T, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, ".ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for b := make([]byte, 4096); err == nil; {
		_, err = f.Write(b)
	}
	return ballast
}

// TestFullDisk fills the disk of a server, and makes it read only, while people work: what cannot be kept is answered
// with 507 or 503 in words, healthz and the health page say so, reading goes on, nothing is half there, and all works
// again once there is room.
func TestFullDisk(t *testing.T) {
	data := smallDisk(t, "24m")
	at, out, stop := serving(t, "--data", data, "--recheck", "0")
	h := firstHand(t, at, out)
	code, body, head := h.post("/cases", url.Values{"title": {"Cameras"}, "text": {"x"}})
	if code != http.StatusSeeOther {
		t.Fatalf("open a case: %d %s", code, body)
	}
	file := strings.Split(head.Get("Location"), "?")[0]
	content := make([]byte, 1<<20)
	rand.Read(content)
	if code, body := h.upload(file+"/evidence", "first.bin", content); code != http.StatusSeeOther {
		t.Fatalf("an upload while there is room: %d %s", code, body)
	}

	refused := func(what string, want int, words string, do func() (int, string)) {
		t.Helper()
		if code, body := do(); code != want || !strings.Contains(body, words) {
			t.Errorf("%s: %d, want %d with %q: %s", what, code, want, words, body[max(0, len(body)-1500):])
		}
	}
	upload := func(name string) func() (int, string) {
		rand.Read(content)
		return func() (int, string) { return h.upload(file+"/evidence", name, content) }
	}
	long := strings.Repeat("many words ", 60_000)
	comment := func() (int, string) {
		code, body, _ := h.post(file+"/comment", url.Values{"text": {long}})
		return code, body
	}
	see := func(path string) func() (int, string) {
		return func() (int, string) { code, body, _ := h.send("GET", path, "text/plain", nil); return code, body }
	}

	ballast := fill(t, data)
	refused("an upload on a full disk", http.StatusInsufficientStorage, "no room left", upload("second.bin"))
	refused("words on a full disk", http.StatusInsufficientStorage, "no room left", comment)
	refused("healthz", http.StatusServiceUnavailable, "health page", see("/healthz"))
	refused("the health page", http.StatusOK, "No room", see("/health"))
	refused("reading", http.StatusOK, "Cameras", see(file))
	if code, said := plimsoll("backup", "--data", data, filepath.Join(data, "b.plimsoll")); code != exitFailed ||
		!strings.Contains(said, "full") && !strings.Contains(said, "no space left") {
		t.Errorf("a backup onto a full disk: exit %d: %s", code, said)
	}
	if left, _ := filepath.Glob(filepath.Join(data, ".backup*")); len(left) > 0 {
		t.Errorf("a half backup is left: %v", left)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if code, body := upload("third.bin")(); code != http.StatusSeeOther {
		t.Errorf("an upload once there is room: %d %s", code, body)
	}
	if code, body := comment(); code != http.StatusSeeOther {
		t.Errorf("words once there is room: %d %s", code, body)
	}
	// refused while files are open for writing
	if err := syscall.Mount("", data, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err == nil {
		refused("an upload on a disk that is read only", http.StatusServiceUnavailable, "does not work now",
			upload("fourth.bin"))
		if err := syscall.Mount("", data, "", syscall.MS_REMOUNT, ""); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	_, said := run(t, exitDone, "evidence", "verify", "--data", data)
	if strings.Contains(said, "problem") {
		t.Error(said)
	}
	if left, _ := os.ReadDir(filepath.Join(data, "evidence", "tmp")); len(left) > 0 {
		t.Errorf("%d files on their way are left", len(left))
	}
	if n := strings.Count(out.String(), "storage fails"); n == 0 || n > 3 {
		t.Errorf("the log says %d times that storage fails", n)
	}
	if n := strings.Count(out.String(), "\n"); n > 60 {
		t.Errorf("the log has %d lines:\n%.4000s", n, out.String())
	}
}
