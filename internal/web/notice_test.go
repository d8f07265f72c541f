package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

// noticeSite is a server that takes notices and publishes their leaves.
func noticeSite(t testing.TB, change ...func(*notice.Config)) (*site, *noticetest.Place) {
	t.Helper()
	var place *noticetest.Place
	s := newSite(t, "", func(c *web.Config) {
		place = noticetest.Open(t, c.Store, t.TempDir(),
			append([]func(*notice.Config){func(n *notice.Config) { n.Now = c.Now }}, change...)...)
		c.Notices = place.Box
		// one database, one ledger
		c.Custody = &store.Custody{DB: c.Store, Files: c.Custody.Files, Log: place.Ledger, VKey: place.VKey,
			Publish: func(context.Context) error { return nil }}
	})
	s.box = place.Box
	return s, place
}

// tor sends a request as a Tor browser does: no cookie, an origin that tells nothing.
func (s *site) tor(t testing.TB, method, path, kind string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "plimsollexampleonionaddress.onion"
	if kind != "" {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", "null")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

const plainForm = "application/x-www-form-urlencoded"

var tokenIn = regexp.MustCompile(`name="token" value="([^"]+)"`)

// notify opens the page and sends its form.
func (s *site) notify(t testing.TB, fields ...any) answer {
	t.Helper()
	page := s.tor(t, "GET", "/notice", "", nil)
	m := tokenIn.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("%d %s", page.status, page.body)
	}
	boundary, body := noticetest.Form(m[1], fields...)
	return s.tor(t, "POST", "/notice", "multipart/form-data; boundary="+boundary, bytes.NewReader(body))
}

var (
	codeIn   = regexp.MustCompile(`class="code">([^<]+)<`)
	noticeIn = regexp.MustCompile(`N-[0-9A-Z]{8}`)
)

// TestNoticePages walks the pages over an onion host without a script or cookie, and weighs
// them.
func TestNoticePages(t *testing.T) {
	s, place := noticeSite(t)
	form := s.tor(t, "GET", "/notice", "", nil)
	css := regexp.MustCompile(`/static/notice-[0-9a-f]+\.css`).FindString(form.body)
	style := s.tor(t, "GET", css, "", nil)
	if form.status != 200 || style.status != 200 {
		t.Fatalf("%d, %s %d", form.status, css, style.status)
	}
	weight := len(form.body) + len(style.body)
	t.Logf("the form is %d bytes and its style %d", len(form.body), len(style.body))
	if weight > 16_000 {
		t.Errorf("the page weighs %d bytes: too much for a slow phone", weight)
	}
	sent := s.notify(t, "about", `<img src=x onerror=alert(1)>`, "what",
		"They record a whole city.</textarea><script>alert(1)</script>", "file", []byte("the words of a memo"))
	code := codeIn.FindStringSubmatch(sent.body)
	id := noticeIn.FindString(sent.body)
	if sent.status != 200 || code == nil || !strings.Contains(sent.body, "Download the receipt") {
		t.Fatalf("%d %s", sent.status, sent.body)
	}
	follow := s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader("code="+code[1]))
	receipt := s.tor(t, "POST", "/notice/receipt", plainForm, strings.NewReader("code="+code[1]+"&notice="+id))
	more := s.tor(t, "POST", "/notice/more", plainForm, strings.NewReader("code="+code[1]))
	if !strings.Contains(more.body, code[1]) || !strings.Contains(follow.body, id) {
		t.Error("the pages after it do not know the notice")
	}
	r, err := notice.ParseReceipt([]byte(receipt.body))
	if err != nil {
		t.Fatalf("%v: %s", err, receipt.body)
	}
	key, err := format.Verifier(place.VKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Proof.Verify(key); err != nil {
		t.Error(err)
	}
	if d := receipt.head.Get("Content-Disposition"); d != `attachment; filename="receipt-`+id+`.txt"` {
		t.Errorf("the receipt is sent as %s", d)
	}
	wrong := s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader("code=AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"))
	empty := s.notify(t, "about", "kept", "what", "")
	if wrong.status != 404 || empty.status != 422 || !strings.Contains(empty.body, `value="kept"`) ||
		!strings.Contains(empty.body, "Say what happens") {
		t.Errorf("a wrong code: %d; an empty notice: %d %s", wrong.status, empty.status, empty.body)
	}
	for name, a := range map[string]answer{"form": form, "sent": sent, "follow": follow, "more": more,
		"receipt": receipt, "wrong": wrong, "empty": empty} {
		h := a.head
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || strings.Contains(csp,
			"unsafe") || !strings.Contains(csp, "form-action 'self'") {
			t.Errorf("%s: policy %q", name, csp)
		}
		if h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" ||
			len(h["Set-Cookie"]) > 0 {
			t.Errorf("%s: %v", name, h)
		}
		for _, bad := range []string{"<script", "onerror=alert(1)>", " style=", "<style", "http://", "https://"} {
			if name != "receipt" && strings.Contains(a.body, bad) && !strings.Contains(a.body, "&lt;"+
				strings.TrimPrefix(bad, "<")) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}

// TestNoticeAPI walks the same by the API.
func TestNoticeAPI(t *testing.T) {
	s, _ := noticeSite(t)
	var form struct {
		Token string
		Files int
	}
	s.tor(t, "GET", "/api/v1/notice/form", "", nil).into(t, &form)
	boundary, body := noticetest.Form(form.Token, "what", "Something happens.", "file", []byte("memo"))
	var sent struct {
		ID, Code, Receipt string
		Files             []notice.File
	}
	s.tor(t, "POST", "/api/v1/notice", "multipart/form-data; boundary="+boundary, bytes.NewReader(body)).into(t, &sent)
	ask, _ := json.Marshal(map[string]string{"code": sent.Code, "notice": sent.ID})
	var seen struct{ Notices []notice.Seen }
	s.tor(t, "POST", "/api/v1/notice/follow", "application/json", bytes.NewReader(ask)).into(t, &seen)
	receipt := s.tor(t, "POST", "/api/v1/notice/receipt", "application/json", bytes.NewReader(ask))
	if len(seen.Notices) != 1 || receipt.body != sent.Receipt || len(sent.Files) != 1 || form.Files != 5 {
		t.Errorf("%+v %+v", sent, seen)
	}
	for name, a := range map[string]answer{
		"a code of nobody": s.tor(t, "POST", "/api/v1/notice/follow", "application/json",
			strings.NewReader(`{"code":"x"}`)),
		"no JSON": s.tor(t, "POST", "/api/v1/notice/follow", "application/json", strings.NewReader(`{`)),
		"no form": s.tor(t, "POST", "/api/v1/notice", "text/plain", strings.NewReader(`hello`)),
	} {
		if a.status < 400 || a.status > 422 || a.head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// TestRestrictedSaysNothing puts one of two notices into a restricted case: their senders see
// the same page, and so does everybody at the desk who is not in the case.
func TestRestrictedSaysNothing(t *testing.T) {
	s, _ := noticeSite(t)
	ada, ben := s.person("Ada", casefile.Intake), s.person("Ben", casefile.Intake)
	send := func(what string) (id, code string) {
		a := s.notify(t, "about", "Northgate", "what", what)
		return noticeIn.FindString(a.body), codeIn.FindStringSubmatch(a.body)[1]
	}
	idA, codeA := send("The first matter.")
	idB, codeB := send("Another matter.")
	for _, id := range []string{idA, idB} {
		if a := ada.get("/notices/" + id); a.status != 200 {
			t.Fatalf("%d", a.status)
		}
	}
	if a := ada.post("/notices/"+idA+"/file", "title", "A secret inquiry", "restricted", "yes"); a.status != http.StatusSeeOther {
		t.Fatalf("open a case: %d %s", a.status, a.body)
	}
	if a := ada.get("/notices/" + idA); !strings.Contains(a.body, "C-0001") {
		t.Error("its member does not see the case")
	}
	if a := ada.get("/cases/C-0001"); !strings.Contains(a.body, "The first matter.") || !strings.Contains(a.body, idA) {
		t.Errorf("the case does not have the words of the notice: %d", a.status)
	}
	mask := strings.NewReplacer(idA, "N", idB, "N", codeA, "C", codeB, "C", "The first matter.", "M", "Another matter.",
		"M")
	clock := regexp.MustCompile(`value="[0-9a-f]{8,}[^"]*"|[0-9T:.]+Z`)
	look := func(path func(id, code string) answer) (string, string) {
		x, y := path(idA, codeA), path(idB, codeB)
		return clock.ReplaceAllString(mask.Replace(x.body), ""), clock.ReplaceAllString(mask.Replace(y.body), "")
	}
	for name, path := range map[string]func(id, code string) answer{
		"the sender's page": func(_, code string) answer {
			return s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader("code="+code))
		},
		"the page of the desk": func(id, _ string) answer { return ben.get("/notices/" + id) },
	} {
		if x, y := look(path); x != y {
			t.Errorf("%s differs:\n%s\n%s", name, x, y)
		}
	}
	if a := ben.post("/notices/"+idB+"/attach", "case", "C-0001"); a.status != http.StatusNotFound {
		t.Errorf("put into a case that one may not see: %d", a.status)
	}
	// Pressed twice, one case is opened.
	for range 2 {
		ben.post("/notices/"+idB+"/file", "title", "Open inquiry")
	}
	if a := ben.get("/cases"); strings.Contains(a.body, "A secret inquiry") || !strings.Contains(a.body, "C-0002") ||
		strings.Contains(a.body, "C-0003") {
		t.Error("the cases after it are not as they should be")
	}
}

// TestDesk walks the desk's side: quarantine, answer, unsealing by two, export, erasure.
func TestDesk(t *testing.T) {
	s, place := noticeSite(t)
	ada, ben, law := s.person("Ada", casefile.Intake), s.person("Ben", casefile.Reviewer),
		s.person("Cora", casefile.Counsel)
	sent := s.notify(t, "what", "Something happens.", "file", []byte("<script>alert(1)</script> memo"), "contact",
		"sealed", "reach", "a lamp")
	id, code := noticeIn.FindString(sent.body), codeIn.FindStringSubmatch(sent.body)[1]
	at := "/notices/" + id
	if a := ada.get("/"); !strings.Contains(a.body, "1 notice</a> that nobody has read") {
		t.Error("the inbox does not know of it")
	}
	if a := ada.get("/notices"); !strings.Contains(a.body, id) || !strings.Contains(a.body, "not read yet") {
		t.Errorf("the list: %d", a.status)
	}
	if a := ada.get("/notices?format=csv"); !strings.Contains(a.body, id) {
		t.Errorf("as CSV: %d %s", a.status, a.body)
	}
	if a := ada.get(at); strings.Contains(a.body, "a lamp") || !strings.Contains(a.body, "Something happens.") {
		t.Error("the page of the notice")
	}
	c := ada.get(at + "/files/1")
	if c.status != 200 || c.head.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(c.head.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(c.head.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a working copy: %d %v", c.status, c.head)
	}
	ada.post(at+"/write", "text", "Thank you.")
	if a := s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader("code="+code)); !strings.Contains(a.body,
		"Thank you.") || !strings.Contains(a.body, "we answered") || strings.Contains(a.body, "Ada") {
		t.Error("the sender does not see the answer, or sees who wrote it")
	}
	if a := ada.post(at+"/file", "title", "An inquiry"); a.status != http.StatusSeeOther {
		t.Errorf("open a case: %d %s", a.status, a.body)
	}
	if a := ada.get("/cases/C-0001/evidence"); !strings.Contains(a.body, id+"-file-1.txt") {
		t.Errorf("the case does not have the working copy: %d", a.status)
	}
	ada.post(at+"/ask", "what", "contact", "reason", "a threat")
	if a := ada.post(at+"/agree", "unsealing", "1", "reason", "me"); a.status != http.StatusForbidden {
		t.Errorf("agreed with oneself: %d", a.status)
	}
	if a := ada.post(at+"/take", "unsealing", "1"); a.status != http.StatusConflict {
		t.Errorf("taken alone: %d", a.status)
	}
	ben.post(at+"/agree", "unsealing", "1", "reason", "it is grave")
	taken := ada.post(at+"/take", "unsealing", "1")
	if thing, err := notice.Unseal([]byte(taken.body), place.Shares[0], place.Shares[2]); err != nil ||
		strings.TrimSpace(string(thing.Plain)) != "a lamp" {
		t.Errorf("what was handed out: %d %v", taken.status, err)
	}
	if a := law.post(at+"/export", "reason", "for court"); a.status != 200 || !strings.HasPrefix(a.body, "PK") {
		t.Errorf("export: %d", a.status)
	}
	if a := ada.post(at+"/erase", "reason", "x"); a.status != http.StatusForbidden {
		t.Errorf("erased by intake: %d", a.status)
	}
	law.post(at+"/erase", "reason", "article 17")
	if a := ben.get(at); strings.Contains(a.body, "Something happens.") || strings.Contains(a.body, "Thank you.") ||
		!strings.Contains(a.body, "was erased") {
		t.Error("the page after the erasure")
	}
	if a := s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader("code="+code)); !strings.Contains(a.body,
		"the proof that it was received stays") {
		t.Error("the sender does not learn of the erasure")
	}
}

// TestFlood sends thousands of bogus posts from the address that honest people share with
// them, as over Tor, while those send theirs: every honest notice is taken, within a bounded
// number of tries, and gets a receipt.
func TestFlood(t *testing.T) {
	const honest, bogus = 20, 2000
	s, _ := noticeSite(t, func(c *notice.Config) {
		c.Limits = notice.DefaultLimits
		// Less than what is asked for: 50 a second, a small waiting room.
		c.Limits.Every, c.Limits.Burst, c.Limits.Seats, c.Limits.Large, c.Limits.Waiting,
			c.Limits.Wait = 20*time.Millisecond, 200*time.Millisecond, 4, 2, 16, 3*time.Second
		c.Wait, c.Now = 10*time.Second, time.Now
	})
	tr := &http.Transport{MaxIdleConnsPerHost: 200}
	defer tr.CloseIdleConnections()
	web := &http.Client{Transport: tr}
	post := func(ctx context.Context, body []byte, boundary string) (int, string) {
		req, err := http.NewRequestWithContext(ctx, "POST", s.url+"/notice", bytes.NewReader(body))
		if err != nil {
			return 0, err.Error()
		}
		req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		res, err := web.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var flood, people sync.WaitGroup
	var tried, refused, taken atomic.Int64
	reused := s.box.Form()
	for worker := range 40 {
		flood.Go(func() {
			for i := range bogus / 40 {
				if ctx.Err() != nil {
					return
				}
				var boundary string
				var body []byte
				switch (worker + i) % 5 {
				case 0:
					boundary, body = noticetest.Form("forged", "what", "spam")
				case 1:
					boundary, body = noticetest.Form(reused, "what", "spam")
				case 2:
					boundary, body = noticetest.Form(s.box.Form(), "what", fmt.Sprint("spam ", worker, i))
				case 3:
					boundary, body = noticetest.Form(s.box.Form(), "what", "spam", "file", bytes.Repeat([]byte("x"),
						200_000))
				default:
					boundary, body = noticetest.Form(s.box.Form(), "what", "spam")
					body = body[:len(body)/2]
				}
				tried.Add(1)
				if status, _ := post(ctx, body, boundary); status == http.StatusOK {
					taken.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	var most atomic.Int64
	for i := range honest {
		people.Go(func() {
			time.Sleep(time.Duration(i) * 40 * time.Millisecond)
			form := s.box.Form() // opened while the flood runs, and written for a moment
			time.Sleep(500 * time.Millisecond)
			boundary, body := noticetest.Form(form, "what", fmt.Sprint("An honest report, number ", i), "file",
				[]byte("my memo"))
			for n := int64(1); n <= 10; n++ {
				status, page := post(t.Context(), body, boundary)
				if status == http.StatusOK {
					if !strings.Contains(page, "Download the receipt") {
						t.Errorf("number %d got no receipt", i)
					}
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					return
				}
				time.Sleep(500 * time.Millisecond) // a person reads the answer before trying again
			}
			t.Errorf("number %d was not taken in ten tries", i)
		})
	}
	people.Wait()
	during := tried.Load()
	flood.Wait()
	t.Logf("%d honest notices taken, each in %d tries at most, amid %d of %d bogus posts (%d refused, %d taken or "+
		"counted as repeated)", honest, most.Load(), during, tried.Load(), refused.Load(), taken.Load())
	if tried.Load() < bogus || refused.Load() < bogus/3 {
		t.Errorf("%d bogus posts, %d refused: that was no flood", tried.Load(), refused.Load())
	}
}
