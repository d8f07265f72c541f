package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

// ledgered gives evidence a ledger of its own, published by whoever records.
func ledgered(t testing.TB, db *store.Store, keep *evidence.Store) *store.Custody {
	t.Helper()
	secret, vkey, err := ledger.GenerateKey("ledger.example.org/test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret + "\n" + vkey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &store.Custody{DB: db, Files: keep, Log: ledger.NewLog(db, dir, key.Verifier()), VKey: vkey,
		Publish: publisher(t, db, dir, key)}
}

// publisher steps a sequencer of its own.
func publisher(t testing.TB, db *store.Store, dir string, key *ledger.Key) func(context.Context) error {
	q, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	var mu sync.Mutex // one goroutine may use a sequencer
	return func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		for {
			if n, err := q.Step(ctx); err != nil || n == 0 {
				return err
			}
		}
	}
}

func sumOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// upload sends files with fields that stand before them.
func (c *client) upload(path string, files map[string]string, fields ...string) answer {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			c.t.Fatal(err)
		}
	}
	for name, content := range files {
		p, err := w.CreateFormFile("file", name)
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := io.WriteString(p, content); err != nil {
			c.t.Fatal(err)
		}
	}
	w.Close()
	return c.do("POST", path, &b, "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
}

// mustSee fails when a page does not say something.
func mustSee(t testing.TB, what string, a answer, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: %d, want %d: %s", what, a.status, status, a.body[max(0, len(a.body)-2000):])
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("%s does not say %q", what, w)
		}
	}
}

// follow goes where a form leads.
func (c *client) follow(a answer) answer {
	c.t.Helper()
	if a.status != http.StatusSeeOther {
		c.t.Fatalf("no redirect: %d %s", a.status, a.body[max(0, len(a.body)-1500):])
	}
	return c.get(a.head.Get("Location"))
}

const (
	register = "<html><title>Register of deliveries</title><body><p>Forty cameras went to the Vendria " +
		"Ministry.</p><script>alert(1)</script></body></html>"
	wrong = "=cmd()|'x'\"<b>.html"
)

// TestEvidenceStory takes evidence in, cites, searches, holds, deletes and hands it over with
// pages alone, and checks the bag as a stranger would.
func TestEvidenceStory(t *testing.T) {
	s := newSite(t, "")
	rev2 := s.person("Rune Falk", casefile.Reviewer)
	inv, counsel, out := s.person("Ines Vale", casefile.Investigator), s.person("Karel Lund", casefile.Counsel),
		s.person("Tom Oduya", casefile.Reviewer)
	at := inv.post("/cases", "title", "Cameras for Vendria", "party_name", "Vendria Ministry", "severity", "high",
		"kind", "press", "text", "A market is watched.", "restricted", "yes").head.Get("Location")
	at = strings.Split(at, "?")[0]
	here := at + "/evidence"
	mustSee(t, "empty page", inv.get(here), 200, "holds no evidence yet", `name="reason" required`)
	mustSee(t, "an outsider", out.get(here), 404)
	mustSee(t, "an outsider's upload", out.upload(here, map[string]string{"a": "a"}, "reason", "x"), 404)
	mustSee(t, "without a reason", inv.upload(here, map[string]string{"a.html": register}), 422, "reason")
	mustSee(t, "a grade that is none", inv.upload(here, map[string]string{"a.html": register}, "reason", "x", "grade",
		"Z9"), 422, "Z9")
	mustSee(t, "without a file", inv.upload(here, nil, "reason", "x"), 422, "Choose a file")
	mustSee(t, "still empty", inv.get(here), 200, "holds no evidence yet")

	page := inv.follow(inv.upload(here, map[string]string{wrong: register}, "reason", "basis of the inquiry", "source",
		"the ministry's register", "method", "browser", "grade", "b2", "labels", "deliveries, public"))
	mustSee(t, "item", page, 200, "It was taken in", "text/html", "source usually reliable, information probably true",
		"basis of the inquiry", "Ines Vale (", "&lt;b&gt;.html")
	if strings.Contains(page.body, "<b>.html") {
		t.Error("a file's name is not escaped")
	}
	sum := page.body[strings.Index(page.body, `<code class="wrap">`)+len(`<code class="wrap">`):][:64]
	item := here + "/" + sum
	if again := inv.upload(here, map[string]string{wrong: register}, "reason", "again"); again.status != 303 {
		t.Errorf("the same file again: %d", again.status)
	}

	// claims point at it
	mustSee(t, "claim", inv.follow(inv.post(at+"/claim", "text", "Forty cameras were delivered.", "source",
		"The Harbour Post")), 200)
	claim := strings.TrimPrefix(at, "/cases/") + "-K1"
	mustSee(t, "cite", inv.follow(inv.post(item+"/cite", "claim", claim, "note", "first paragraph")), 200,
		"points at this original", "first paragraph")
	mustSee(t, "case page", inv.get(at), 200, "Rests on", "first paragraph", "1 original")

	// reading leaves an event
	mustSee(t, "search without words", inv.post(here+"/search", "reason", "x"), 422, "words")
	mustSee(t, "search", inv.post(here+"/search", "words", "FORTY cameras", "reason", "testing the claim"), 200,
		"Forty cameras went to the Vendria Ministry.", "testing the claim")
	mustSee(t, "search for nothing", inv.post(here+"/search", "words", "submarine", "reason", "testing"), 200,
		"No original holds all these words")
	view := inv.post(item+"/view", "reason", "reading the list")
	mustSee(t, "view", view, 200, "Forty cameras went", "Register of deliveries", "reading the list")
	if strings.Contains(view.body, "alert(1)") {
		t.Error("a script of an original is shown as its text")
	}
	mustSee(t, "copy without a reason", inv.post(item+"/copy"), 422, "reason")
	if c := inv.post(item+"/copy", "reason", "for the expert"); c.status != 200 || c.body != register ||
		c.head.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(c.head.Get("Content-Disposition"), "attachment") ||
		c.head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("copy: %d %v %q", c.status, c.head, c.body)
	}

	// hold, seal, delete
	mustSee(t, "hold", counsel.get(here), 404) // restricted: counsel is no member yet
	if a := memberJoins(t, s, at, inv, counsel, rev2); a.status != 200 {
		t.Fatalf("counsel cannot read the evidence: %d", a.status)
	}
	mustSee(t, "hold", counsel.follow(counsel.post(here+"/hold", "reason", "suit filed")), 200,
		"nothing of it can be deleted", "suit filed")
	mustSee(t, "delete on hold", counsel.post(item+"/delete", "reason", "asked to"), 409, "legal hold")
	mustSee(t, "seal", inv.follow(inv.post(item+"/seal", "reason", "complete")), 200, "sealed")
	mustSee(t, "grade what is sealed", inv.post(item+"/grade", "grade", "A1", "reason", "x"), 409, "sealed")
	mustSee(t, "release by one", counsel.follow(counsel.post(here+"/release", "reason", "suit ended")), 200,
		"Another person has to ask", "nothing of it can be deleted")
	mustSee(t, "release by the same", counsel.follow(counsel.post(here+"/release", "reason", "suit ended")), 200,
		"Another person has to ask")
	mustSee(t, "release by two", rev2.follow(rev2.post(here+"/release", "reason", "suit ended")), 200, "not on hold")

	// the bag
	mustSee(t, "second original", inv.upload(here, map[string]string{"two.txt": "second"}, "reason", "completes it"),
		303)
	bag := inv.post(here+"/export", "reason", "for the court")
	if bag.status != 200 {
		t.Fatalf("export: %d %s", bag.status, bag.body)
	}
	checkBag(t, s, unzip(t, bag.body), 2)
	mustSee(t, "after the export", inv.get(here), 200, "for the court", "export")

	mustSee(t, "delete by one", rev2.follow(rev2.post(item+"/delete", "reason", "order of the court 12/32")), 200,
		"Another person has to ask")
	mustSee(t, "delete by two", counsel.follow(counsel.post(item+"/delete", "reason", "order of the court 12/32")), 200,
		"tombstone", "order of the court 12/32")
	mustSee(t, "copy what was deleted", inv.post(item+"/copy", "reason", "x"), 409, "deleted")
	mustSee(t, "cite what was deleted", inv.post(item+"/cite", "claim", claim), 422, "an original that this case holds")
	for format, want := range map[string]string{"csv": "order of the court 12/32", "json": `"deleted":"`,
		"xlsx": "PK"} {
		if a := inv.get(here + "?format=" + format); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("export %s: %d %.200s", format, a.status, a.body)
		}
		if a := inv.get(here + "?table=custody&format=" + format); a.status != 200 {
			t.Errorf("export of custody as %s: %d", format, a.status)
		}
	}
	if a := inv.get(here + "?format=csv"); strings.Contains(a.body, "\n=cmd") || strings.Contains(a.body, ",=cmd") {
		t.Errorf("a file's name is a formula in the export: %s", a.body)
	}
	log, err := casefile.NewDesk(s.store).Readings(t.Context(), casefile.Actor{ID: "a", Roles: []casefile.Role{
		casefile.Auditor}}, casefile.ID(strings.TrimPrefix(at, "/cases/")), 500)
	if err != nil || len(log) < 10 {
		t.Errorf("%d readings of the restricted case are logged, %v", len(log), err)
	}
}

// memberJoins makes people members of a restricted case and opens the evidence as the first one.
func memberJoins(t *testing.T, s *site, at string, by *client, who ...*client) answer {
	t.Helper()
	d := casefile.NewDesk(s.store)
	id := casefile.ID(strings.TrimPrefix(at, "/cases/"))
	members := []string{by.id}
	for _, w := range who {
		members = append(members, w.id)
	}
	if err := d.Restrict(t.Context(), casefile.Actor{ID: by.id, Roles: []casefile.Role{casefile.Reviewer}}, id, 0, true,
		members, "counsel joins"); err != nil {
		t.Fatal(err)
	}
	return who[0].get(at + "/evidence")
}

// unzip puts a bag into a folder.
func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	es, err := os.ReadDir(dir)
	if err != nil || len(es) != 1 {
		t.Fatalf("the ZIP holds %v, want one folder (%v)", es, err)
	}
	return filepath.Join(dir, es[0].Name())
}

// checkBag checks a bag with nothing but the public key.
func checkBag(t *testing.T, s *site, dir string, originals int) {
	t.Helper()
	v, err := fs.ReadFile(os.DirFS(dir), "vkey")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := verify.Bag(t.Context(), os.DirFS(dir), verify.Keys{Log: verifier(t, string(v))})
	if err != nil || !rep.OK() || rep.Leaves == 0 {
		t.Errorf("bag: %v, %+v", err, rep)
	}
	k, err := evidence.CheckBag(t.Context(), os.DirFS(dir))
	if err != nil || len(k.Problems) > 0 || k.Originals != originals || int(rep.Leaves) != k.Events {
		t.Errorf("bag: %v, %+v, %d receipts", err, k, rep.Leaves)
	}
}

// TestEvidenceAPI does the same with a token: it adds and reads, and never deletes.
func TestEvidenceAPI(t *testing.T) {
	s := newSite(t, "")
	rev := s.person("Rev", casefile.Reviewer, casefile.Investigator)
	at := strings.Split(rev.post("/cases", "title", "Cameras", "kind", "press", "text", "x").head.Get("Location"),
		"?")[0]
	here := "/api/v1" + at + "/evidence"
	a := rev.upload(here, map[string]string{"one.txt": "the first deliveries", "two.txt": "the second"}, "reason",
		"inquiry", "grade", "C3")
	mustSee(t, "add", a, 200, `"already":false`, `"media":"text/plain"`)
	mustSee(t, "add again", rev.upload(here, map[string]string{"one.txt": "the first deliveries"}, "reason", "inquiry"),
		200, `"already":true`)
	mustSee(t, "no reason", rev.upload(here, map[string]string{"x": "x"}), 422, "reason")
	mustSee(t, "not a form", rev.do("POST", here, strings.NewReader("{}"), "Content-Type", "application/json",
		"Sec-Fetch-Site", "same-origin"), 422, "multipart")
	mustSee(t, "list", rev.get(here), 200, `"grade":"C3"`, `"action":"collect"`)
	sum := sumOf("the first deliveries")
	send := func(path, body string) answer {
		return rev.do("POST", path, strings.NewReader(body), "Content-Type", "application/json", "Sec-Fetch-Site",
			"same-origin")
	}
	mustSee(t, "one", rev.get(here+"/"+sum), 200, `"sha256":"`+sum)
	mustSee(t, "none", rev.get(here+"/"+strings.Repeat("0", 64)), 404)
	mustSee(t, "search", send(here+"-search", `{"words":["deliveries"],"reason":"x"}`), 200, sum)
	mustSee(t, "grade", send(here+"/"+sum+"/grade", `{"grade":"A1","reason":"x"}`), 200)
	mustSee(t, "labels", send(here+"/"+sum+"/labels", `{"labels":["a","b"],"reason":"x"}`), 200)
	mustSee(t, "bad label", send(here+"/"+sum+"/labels", `{"labels":["<a>"],"reason":"x"}`), 422)
	mustSee(t, "hold", send(here+"/"+sum+"/hold", `{"reason":"x"}`), 200)
	mustSee(t, "delete on hold", send(here+"/"+sum+"/delete", `{"reason":"x"}`), 409)
	mustSee(t, "release by one", send(here+"/"+sum+"/release", `{"reason":"x"}`), 202, "another person")
	other, law := s.person("Odo", casefile.Reviewer), s.person("Cora", casefile.Counsel)
	as := func(c *client, path, body string) answer {
		return c.do("POST", path, strings.NewReader(body), "Content-Type", "application/json", "Sec-Fetch-Site",
			"same-origin")
	}
	mustSee(t, "release by two without counsel", as(other, here+"/"+sum+"/release", `{"reason":"x"}`), 403, "counsel")
	mustSee(t, "release by two", as(law, here+"/"+sum+"/release", `{"reason":"x"}`), 200)
	mustSee(t, "delete by one", as(law, here+"/"+sum+"/delete", `{"reason":"x"}`), 202)
	mustSee(t, "delete by the same", as(law, here+"/"+sum+"/delete", `{"reason":"y"}`), 202)
	if c := send(here+"/"+sum+"/copy", `{"reason":"x"}`); c.body != "the first deliveries" {
		t.Errorf("copy: %d %q", c.status, c.body)
	}
	bag := send(here+"-export", `{"reason":"x"}`)
	if bag.status != 200 {
		t.Fatalf("export: %d %s", bag.status, bag.body)
	}
	checkBag(t, s, unzip(t, bag.body), 2)

	var made struct {
		Secret string `json:"secret"`
	}
	rev.api("POST", "/account/tokens", map[string]any{"name": "feed", "scopes": []string{"read", "write"},
		"days": 3}).into(t, &made)
	token := made.Secret
	prog := func(method, path, body, kind string) answer {
		return s.stranger().do(method, path, strings.NewReader(body), "Authorization", "Bearer "+token, "Content-Type",
			kind)
	}
	mustSee(t, "a program lists", prog("GET", here, "", ""), 200)
	mustSee(t, "a program deletes", prog("POST", here+"/"+sum+"/delete", `{"reason":"x"}`, "application/json"), 403)
	mustSee(t, "a program adds", prog("POST", here, "--b\r\nContent-Disposition: form-data; "+
		"name=\"reason\"\r\n\r\nfeed\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; "+
		"filename=\"three\"\r\n\r\n3\r\n--b--\r\n", "multipart/form-data; boundary=b"), 200)
	// an upload that breaks off leaves nothing half
	mustSee(t, "broken off", prog("POST", here, "--b\r\nContent-Disposition: form-data; "+
		"name=\"reason\"\r\n\r\nfeed\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; "+
		"filename=\"four\"\r\n\r\n44444", "multipart/form-data; boundary=b"), 422, "broke off")
	if a := rev.get(here); strings.Contains(a.body, "four") {
		t.Error("half an upload was kept")
	}
}

// TestEvidenceDamaged changes an original behind the server: copies and seals are refused, and
// the health page says so after the next reading.
func TestEvidenceDamaged(t *testing.T) {
	dir := t.TempDir()
	files, err := evidence.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	var keep *store.Custody
	s := newSite(t, "", func(c *web.Config) { c.Custody.Files = files; keep = c.Custody })
	inv, aud := s.person("Ines", casefile.Investigator), s.person("Aud", casefile.Auditor)
	at := strings.Split(inv.post("/cases", "title", "Cameras", "kind", "press", "text", "x").head.Get("Location"),
		"?")[0]
	inv.upload(at+"/evidence", map[string]string{"one.txt": "as it was"}, "reason", "inquiry")
	mustSee(t, "before the first reading", aud.get("/health"), 200, "have not been read again yet")
	if _, err := keep.Recheck(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	mustSee(t, "whole", aud.get("/health"), 200, "1 original", "nothing was changed")
	sum := sumOf("as it was")
	damage(t, dir, sum)
	mustSee(t, "seal", inv.post(at+"/evidence/"+sum+"/seal", "reason", "x"), 500)
	if a, broke := tryCopy(inv, at+"/evidence/"+sum+"/copy"); !broke {
		t.Errorf("a damaged original was handed out whole: %d %q", a.status, a.body)
	}
	if x, err := keep.Recheck(t.Context(), nil); err != nil || len(x.Problems) != 1 {
		t.Fatalf("reading again: %v %v", err, x.Problems)
	}
	mustSee(t, "health", aud.get("/health"), 200, "1 thing was wrong", sum)
	mustSee(t, "health of an admin", s.person("Adm", casefile.Admin).get("/health"), 200, "1 thing was wrong")
	mustSee(t, "evidence page", inv.get(at+"/evidence"), 200, "something was wrong")
	mustSee(t, "API", aud.get("/api/v1/health"), 200, `"problems":1`)
}

func verifier(t *testing.T, vkey string) note.Verifier {
	t.Helper()
	v, err := format.Verifier(strings.TrimSpace(vkey))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tryCopy reads a copy and says whether the answer was cut off.
func tryCopy(c *client, path string) (answer, bool) {
	req, err := http.NewRequestWithContext(c.t.Context(), "POST", c.site.url+path, strings.NewReader("reason=x"))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, true
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b)}, err != nil
}

// damage flips a bit of an original, as a disk may.
func damage(t *testing.T, dir, sum string) {
	t.Helper()
	path := filepath.Join(dir, "originals", sum[:2], sum)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Fatalf("the original: %v, %v; want it read-only for its owner", info, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFirstHandGone: who asked for a deletion, and then stepped back from the case, lost the role or had the account
// closed, is no first hand any more: it takes two others.
func TestFirstHandGone(t *testing.T) {
	s := newSite(t, "")
	inv, rev := s.person("Ines", casefile.Investigator), s.person("Rob", casefile.Reviewer)
	at := strings.Split(inv.post("/cases", "title", "Papers", "text", "x").head.Get("Location"), "?")[0]
	admin := s.person("Ada", casefile.Admin)
	stored := func(c *client) store.Person {
		p, err := s.store.Person(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, leave := range map[string]func(c *client){
		"stepped back": func(c *client) { c.post(at+"/recuse", "reason", "a cousin") },
		"an interest":  func(c *client) { c.post(at+"/declare", "interest", "a cousin") },
		"lost the role": func(c *client) {
			p := stored(c)
			p.Roles = []casefile.Role{casefile.Intake}
			if _, err := s.store.SetPerson(t.Context(), stored(admin).Actor(), p); err != nil {
				t.Fatal(err)
			}
		},
		"closed": func(c *client) {
			p := stored(c)
			p.Disabled = true
			if _, err := s.store.SetPerson(t.Context(), stored(admin).Actor(), p); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inv.upload(at+"/evidence", map[string]string{name + ".txt": name}, "reason", "inquiry")
			sum := sha256.Sum256([]byte(name))
			item := at + "/evidence/" + hex.EncodeToString(sum[:])
			first, third := s.person("First "+name, casefile.Reviewer), s.person("Third "+name, casefile.Counsel)
			remove := func(c *client) { c.post(item+"/delete", "reason", "order of the court") }
			remove(first)
			leave(first)
			remove(rev)
			if c := inv.post(item+"/copy", "reason", "x"); c.status != 200 {
				t.Fatalf("deleted by one hand: %d", c.status)
			}
			remove(third)
			if c := inv.post(item+"/copy", "reason", "x"); c.status != 409 {
				t.Errorf("not deleted by two: %d", c.status)
			}
		})
	}
}
