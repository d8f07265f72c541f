package web_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web"
)

// TestOpenAPI compares the description of the API with the one in the repository.
func TestOpenAPI(t *testing.T) {
	a := newSite(t, "").stranger().get("/openapi.json")
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var doc struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 50 {
		t.Errorf("OpenAPI %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(a.body), "", " "); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "openapi.json")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(golden, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"),
		strings.Split(strings.TrimSpace(pretty.String()), "\n")); d != "" {
		t.Errorf("the API changed; UPDATE=1 rewrites %s:\n%.2000s", golden, d)
	}
}

func (c *client) api(method, path string, body any, head ...string) answer {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	var in *bytes.Reader
	if body != nil {
		in = bytes.NewReader(b)
	} else {
		in = bytes.NewReader(nil)
	}
	return c.do(method, "/api/v1"+path, in, append([]string{"Content-Type", "application/json", "Sec-Fetch-Site",
		"same-origin"}, head...)...)
}

func (a answer) into(t testing.TB, x any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), x); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

func (a answer) problem(t testing.TB, status int, words string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, words) || !strings.HasPrefix(a.head.Get("Content-Type"),
		"application/problem+json") {
		t.Errorf("%d %s %s, want %d with %q", a.status, a.head.Get("Content-Type"), a.body, status, words)
	}
}

// TestAPIStory walks the road of a case by the API alone.
func TestAPIStory(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Intake, casefile.Investigator, casefile.Approver)
	ben := s.person("Ben", casefile.Reviewer)
	cora, eli, fay := s.person("Cora", casefile.Approver), s.person("Eli", casefile.Executor),
		s.person("Fay", casefile.Verifier)

	// Two pages of findings hold what one page holds.
	var one, first, second struct {
		Findings []struct{ ID, Flag, Party string }
		Next     string
		Total    int
	}
	ada.api("GET", "/runs/"+s.run+"/findings?state=raised&limit=40", nil).into(t, &one)
	ada.api("GET", "/runs/"+s.run+"/findings?state=raised&limit=20", nil).into(t, &first)
	ada.api("GET", "/runs/"+s.run+"/findings?state=raised&limit=20&after="+first.Next, nil).into(t, &second)
	if d := cmp.Diff(one.Findings, append(first.Findings, second.Findings...)); d != "" || len(one.Findings) != 40 {
		t.Errorf("pages differ from the whole: %s", d)
	}
	ada.api("GET", "/runs/"+s.run+"/findings?state=raised&after=nonsense", nil).problem(t, 422, "begin again")

	open := map[string]any{"title": "Listed owner", "party": one.Findings[0].Party, "severity": "high",
		"trigger": map[string]any{"kind": "finding"}, "findings": []any{map[string]string{"run": s.run,
			"id": one.Findings[0].ID}}}
	var c, again casefile.Case
	ada.api("POST", "/cases", open, "Idempotency-Key", "k1").into(t, &c)
	ada.api("POST", "/cases", open, "Idempotency-Key", "k1").into(t, &again)
	if c.ID == "" || c.ID != again.ID {
		t.Errorf("the same key opened %s and %s", c.ID, again.ID)
	}
	open["title"] = "Another"
	ada.api("POST", "/cases", open, "Idempotency-Key", "k1").problem(t, http.StatusConflict, "idempotency key")
	at := "/cases/" + string(c.ID)
	ok := func(a answer) { t.Helper(); a.into(t, &struct{}{}) }
	ok(ben.api("POST", at+"/triage", map[string]any{"severity": "high", "triage": map[string]string{"scale": "a",
		"scope": "b", "irremediability": "c", "likelihood": "d", "outcome": "open", "reason": "e"}}))
	ben.api("POST", at+"/advance", map[string]any{"to": "scope", "version": 1}).problem(t, http.StatusConflict,
		"omebody else")
	var k casefile.Claim
	ada.api("POST", at+"/claims", map[string]any{"text": "It is owned by a listed group.",
		"source": "Commission (example)", "critical": true, "origin": "c1"}).into(t, &k)
	ok(ada.api("POST", "/claims/"+string(k.ID)+"/grades", map[string]string{"source": "A", "information": "2",
		"reason": "x"}))
	ok(ben.api("POST", "/claims/"+string(k.ID)+"/grades", map[string]string{"source": "B", "information": "2",
		"reason": "x"}))
	ok(ben.api("POST", "/claims/"+string(k.ID)+"/status", map[string]string{"status": "supported",
		"reason": "the register says so"}))
	var l casefile.Letter
	ada.api("POST", at+"/letters", map[string]any{"to": "The board"}).into(t, &l)
	ada.api("POST", "/letters/"+string(l.ID)+"/send", map[string]any{"proof": "mail"}).problem(t, http.StatusForbidden,
		"role")
	ok(ben.api("POST", "/letters/"+string(l.ID)+"/send", map[string]any{"proof": "mail 7"}))
	const words = "We sold our share.\nSee <annex 1> & \"annex 2\"."
	ok(ben.api("POST", "/letters/"+string(l.ID)+"/replies",
		map[string]any{"replies": []any{map[string]string{"claim": string(k.ID), "answer": "answered",
			"text": words}}}))
	if page := ada.get(at).body; !strings.Contains(page, "See &lt;annex 1&gt; &amp; &#34;annex 2&#34;") {
		t.Error("the reply is not on the page word for word")
	}

	p := storetest.Proposal(k.ID)
	p.Scope.Party, p.Scope.PartyName = c.Party, c.PartyName
	p.Reasons = ""
	var lacks struct{ Missing []string }
	ada.api("POST", at+"/decisions/check", map[string]any{"proposal": p}).into(t, &lacks)
	if d := cmp.Diff([]string{"the reasons"}, lacks.Missing); d != "" {
		t.Error(d)
	}
	ada.api("POST", at+"/decisions", map[string]any{"proposal": p}).problem(t, 422, "the reasons")
	p.Reasons = "The register shows it."
	var d casefile.Decision
	ada.api("POST", at+"/decisions", map[string]any{"proposal": p}).into(t, &d)
	do := "/decisions/" + string(d.ID)
	ada.api("POST", do+"/approve", map[string]string{"reasons": "x"}).problem(t, http.StatusForbidden,
		"wo different people")
	ok(cora.api("POST", do+"/approve", map[string]string{"reasons": "agreed"}))
	cora.api("POST", do+"/execute", map[string]any{"done": true}).problem(t, http.StatusForbidden, "role")
	ok(eli.api("POST", do+"/execute", map[string]any{"done": true, "before": "a", "after": "b"}))
	ok(fay.api("POST", do+"/verify", map[string]any{"holds": true, "found": "nothing since"}))
	var r casefile.Record
	fay.api("GET", do+"/record", nil).into(t, &r)
	if sum, err := r.Sum(); err != nil || sum != r.Seal.SHA256 || r.Reply.Letters[0].Assertions[0].Reply.Text != words {
		t.Errorf("record %s sealed %s (%v): %+v", sum, r.Seal.SHA256, err, r.Reply)
	}
	a := fay.get(do + "/record?format=json")
	if a.status != 200 || !strings.Contains(a.body, `"29_seal"`) {
		t.Errorf("%d %.200s", a.status, a.body)
	}
	ada.api("POST", at+"/assign", map[string]any{"person": "p-nobody"}).problem(t, 422, "no person")
	root := s.person("Root", casefile.Admin)
	ada.api("POST", at+"/assign", map[string]any{"person": root.id}).problem(t, 422, "cannot read cases")
	ok(ada.api("POST", at+"/assign", map[string]any{"person": ben.id}))
	ada.api("GET", "/nothing", nil).problem(t, http.StatusNotFound, "openapi.json")
	ada.api("POST", at+"/comments", map[string]string{"txt": "typo"}).problem(t, 422, "unexpected")
}

// TestToken says what a program may do: what its scopes and its owner's roles allow, until
// it expires or is ended, and no decision.
func TestToken(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Intake, casefile.Investigator, casefile.Approver)
	made := func(days int, scopes ...string) (string, string) {
		t.Helper()
		var o struct {
			Secret string
			Token  struct{ ID string }
		}
		ada.api("POST", "/account/tokens", map[string]any{"name": "desk", "scopes": scopes, "days": days}).into(t, &o)
		return o.Secret, o.Token.ID
	}
	call := func(secret, method, path string, body any) answer {
		t.Helper()
		return s.stranger().api(method, path, body, "Authorization", "Bearer "+secret, "Sec-Fetch-Site", "")
	}
	reader, id := made(1, "read")
	writer, _ := made(30, "read", "write", "people")
	call(reader, "GET", "/runs", nil).into(t, &struct{}{})
	call(reader, "POST", "/cases", map[string]any{"title": "x", "trigger": map[string]string{"text": "x"}}).problem(t,
		http.StatusForbidden, "Your roles do not let you")
	var c casefile.Case
	call(writer, "POST", "/cases", map[string]any{"title": "x", "trigger": map[string]string{"text": "x"}}).into(t, &c)
	call(writer, "POST", "/cases/"+string(c.ID)+"/decisions", map[string]any{"proposal": map[string]any{}}).problem(t,
		http.StatusForbidden, "program may not decide")
	// a scope is no role
	call(writer, "POST", "/people", map[string]any{"name": "x"}).problem(t, http.StatusForbidden, "manage people")
	call(writer, "POST", "/account/tokens", map[string]any{"name": "y", "scopes": []string{"read"}, "days": 3}).problem(
		t, http.StatusForbidden, "token")
	call("plimsoll_wrong", "GET", "/runs", nil).problem(t, http.StatusUnauthorized, "revoked")
	ada.api("DELETE", "/account/signins/"+id, nil).into(t, &struct{}{})
	call(reader, "GET", "/runs", nil).problem(t, http.StatusUnauthorized, "revoked")
	s.wait(31 * 24 * time.Hour)
	call(writer, "GET", "/runs", nil).problem(t, http.StatusUnauthorized, "expired")
}

// changed is a form with the files of a review of which the findings were changed afterwards.
func changed(t *testing.T, dir string) (kind string, body *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, n := range []string{"review.json", "findings.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, "review", n))
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.CreateFormFile(n, n)
		if err != nil {
			t.Fatal(err)
		}
		if n == "findings.jsonl" {
			text = bytes.Replace(text, []byte(`"high"`), []byte(`"low"`), 1)
		}
		f.Write(text)
	}
	w.Close()
	return w.FormDataContentType(), &b
}

// TestUpload stores a review by the page and by the API; twice is once.
func TestUpload(t *testing.T) {
	dir, err := example()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "")
	ada := s.person("Ada", casefile.Investigator)
	form := func(change func(string, []byte) []byte) (string, *bytes.Buffer) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, n := range []string{"review.json", "findings.jsonl"} {
			text, err := os.ReadFile(filepath.Join(dir, "review", n))
			if err != nil {
				t.Fatal(err)
			}
			f, err := w.CreateFormFile(n, n)
			if err != nil {
				t.Fatal(err)
			}
			// a review of these findings, as an earlier version wrote it
			if text = change(n, text); n == "review.json" {
				text = regexp.MustCompile(`,\s*"findings_sha256": "\w+",\s*"sha256": "\w+"\s*\}\s*$`).ReplaceAll(text,
					[]byte("\n}\n"))
			}
			f.Write(text)
		}
		w.Close()
		return w.FormDataContentType(), &b
	}
	same := func(_ string, b []byte) []byte { return b }
	kind, body := form(same)
	a := ada.do("POST", "/runs", body, "Content-Type", kind, "Sec-Fetch-Site", "same-origin")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.head.Get("Location"), "/runs/") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	kind, body = form(same)
	var o struct{ Made bool }
	ada.do("POST", "/api/v1/runs", body, "Content-Type", kind, "Sec-Fetch-Site", "same-origin").into(t, &o)
	if o.Made {
		t.Error("the same review was stored twice")
	}
	kind, body = form(func(n string, b []byte) []byte {
		if n == "findings.jsonl" {
			return append(b[:len(b)/2:len(b)/2], "cut"...)
		}
		return b
	})
	a = ada.do("POST", "/runs", body, "Content-Type", kind, "Sec-Fetch-Site", "same-origin")
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "findings.jsonl line") {
		t.Errorf("a cut file: %d %s", a.status, a.body)
	}
	kind, body = changed(t, dir)
	a = ada.do("POST", "/runs", body, "Content-Type", kind, "Sec-Fetch-Site", "same-origin")
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "changed after the review") {
		t.Errorf("a review whose findings were changed: %d %.300s", a.status, a.body)
	}
	// A second review of other findings shows what is gone.
	kind, body = form(func(n string, b []byte) []byte {
		if n == "findings.jsonl" {
			return b[bytes.IndexByte(b, '\n')+1:]
		}
		return b
	})
	a = ada.do("POST", "/runs", body, "Content-Type", kind, "Sec-Fetch-Site", "same-origin")
	page := ada.get(strings.Split(a.head.Get("Location"), "?")[0])
	if !strings.Contains(page.body, "1 gone") {
		t.Errorf("%d %.300s", page.status, page.body)
	}
	csv := ada.get(strings.Split(a.head.Get("Location"), "?")[0] + "/changes?kind=gone&format=csv")
	if n := strings.Count(csv.body, "\n"); n != 2 {
		t.Errorf("changes: %d lines\n%s", n, csv.body)
	}
}

// TestTwoServers has two servers share one PostgreSQL: a session of one is good at the
// other, ended at one it is ended at both, and racing hands do one thing once.
func TestTwoServers(t *testing.T) {
	address := storetest.Postgres(t).Schema(t)
	a := withWorld(t, address)
	b := newSite(t, address, func(c *web.Config) { c.Origin = a.url })
	ada := a.person("Ada", casefile.Intake, casefile.Investigator, casefile.Admin)
	at := func(s *site) *client { c := *ada; c.site = s; return &c }
	// One cookie jar for both: they have one origin, and different ports here.
	var c casefile.Case
	open := map[string]any{"title": "Twice at once", "trigger": map[string]string{"text": "x"}}
	at(a).api("POST", "/cases", open).into(t, &c)
	var seen casefile.Case
	at(b).api("GET", "/cases/"+string(c.ID), nil).into(t, &seen)
	if seen.Title != c.Title {
		t.Errorf("the other server reads %q", seen.Title)
	}
	ids := make([]string, 16)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			var x casefile.Case
			r := at([]*site{a, b}[i%2]).api("POST", "/cases", open, "Idempotency-Key", "race")
			if r.status == http.StatusOK {
				_ = json.Unmarshal([]byte(r.body), &x)
			}
			ids[i] = string(x.ID)
		})
	}
	group.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("one key at two servers made %v", ids)
		}
	}
	if r := at(b).post("/signout"); r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	if r := at(a).api("GET", "/me", nil); r.status != http.StatusUnauthorized {
		t.Errorf("a session that ended at one server still works at the other: %d", r.status)
	}
}
