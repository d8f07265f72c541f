package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

// TestHeaders reads the policy that each page sends, and looks for what it forbids.
func TestHeaders(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Investigator)
	for _, path := range []string{"/", "/runs", "/runs/" + s.run, "/runs/" + s.run + "/findings", "/search?q=x",
		"/policy", "/cases", "/cases/new", "/people", "/health", "/account", "/nowhere", "/signin", "/api/v1/me"} {
		a := ada.get(path)
		csp := a.head.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp,
			"frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Referrer-Policy": "same-origin"} {
			if got := a.head.Get(k); got != want {
				t.Errorf("%s: %s is %q", path, k, got)
			}
		}
		for _, bad := range []string{" style=\"", "<style", "<script>", " onclick", "javascript:"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
	}
	page := ada.get("/").body
	for _, part := range []string{"/static/plimsoll-", "/static/keys-"} {
		i := strings.Index(page, part)
		if i < 0 {
			t.Fatalf("no %s", part)
		}
		a := ada.get(page[i : i+strings.IndexByte(page[i:], '"')])
		if a.status != 200 || !strings.Contains(a.head.Get("Cache-Control"), "immutable") || strings.Contains(a.body,
			"url(http") {
			t.Errorf("%s: %d %s", part, a.status, a.head.Get("Cache-Control"))
		}
	}
}

// TestCrossOrigin refuses what another site's page sends.
func TestCrossOrigin(t *testing.T) {
	s := newSite(t, "")
	ada := s.person("Ada", casefile.Intake)
	for _, path := range []string{"/cases", "/signout", "/api/v1/cases"} {
		a := ada.do("POST", path, strings.NewReader("title=x&text=x"), "Content-Type",
			"application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example")
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "another site") {
			t.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
	}
	if a := ada.get("/cases?closed=yes"); !strings.Contains(a.body, "0 cases") {
		t.Error("a case was opened")
	}
}

// TestSession says when a sign-in ends: at sign-out, when revoked, when idle, at its end,
// and when an admin closes the account; a start link works once and not for long.
func TestSession(t *testing.T) {
	s := newSite(t, "")
	link, err := s.web.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := link[strings.Index(link, "key=")+4:]
	local := s.stranger()
	if a := local.get("/start?key=" + key); a.status != 200 || !strings.Contains(a.body, key) {
		t.Fatalf("looking at the link: %d", a.status)
	}
	if a := local.post("/start", "key", key); a.status != http.StatusSeeOther {
		t.Fatalf("using the link: %d", a.status)
	}
	if a := s.stranger().post("/start", "key", key); a.status != http.StatusForbidden {
		t.Errorf("using the link twice: %d", a.status)
	}
	if _, err := s.web.FirstLink(t.Context()); !errors.Is(err, store.ErrPeople) {
		t.Errorf("a second first link: %v", err)
	}
	late, _, err := s.store.AdminLink(t.Context(), "", 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	in := func(c *client) bool { return c.get("/account").status == 200 }
	if !in(local) {
		t.Fatal("not signed in")
	}
	ada, ben := s.person("Ada", casefile.Intake), s.person("Ben", casefile.Intake)
	if ben.post("/people/"+ada.id, "role", "intake", "disabled", "yes").status != http.StatusForbidden || !in(ada) {
		t.Error("somebody who is no admin closed an account")
	}
	if a := local.post("/people/"+ada.id, "role", "intake", "disabled", "yes"); a.status != http.StatusSeeOther ||
		in(ada) {
		t.Errorf("a closed account is still signed in (%d)", a.status)
	}
	ben.post("/signout")
	if in(ben) {
		t.Error("signed out and still in")
	}
	s.wait(time.Hour)
	if a := s.stranger().post("/start", "key", late); a.status != http.StatusForbidden {
		t.Errorf("an old link: %d", a.status)
	}
	if !in(local) {
		t.Error("an hour without use ended the session")
	}
	s.wait(3 * time.Hour)
	if in(local) {
		t.Error("three hours without use did not")
	}
	cara := s.person("Cara", casefile.Intake)
	for range 12 {
		s.wait(time.Hour + time.Minute)
		cara.get("/account")
	}
	if in(cara) {
		t.Error("a session outlived its end")
	}
	for _, next := range []string{"https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example",
		"javascript:alert(1)"} {
		a := s.stranger().get("/signin?next=" + url.QueryEscape(next))
		if strings.Contains(a.body, "elsewhere") || strings.Contains(a.body, "alert") {
			t.Errorf("the sign-in would lead to %s", next)
		}
	}
}

// TestTwice sends one form twice, as an impatient hand does: it acts once.
func TestTwice(t *testing.T) {
	s := newSite(t, "")
	ada := s.person("Ada", casefile.Intake)
	for range 2 {
		if a := ada.post("/cases", "title", "Pressed twice", "text", "x", "key", "once"); a.head.Get("Location") != "/cases/C-0001?done=opened" {
			t.Errorf("%d %s", a.status, a.head.Get("Location"))
		}
	}
	if a := ada.get("/cases"); !strings.Contains(a.body, "1 case.") {
		t.Error("two cases were opened")
	}
}

// TestRate gives out 429 with a time to wait, and forgets.
func TestRate(t *testing.T) {
	s := newSite(t, "", func(c *web.Config) { c.Rate = 5 })
	c := s.stranger()
	last := answer{}
	for range 40 {
		last = c.get("/nowhere")
	}
	if last.status != http.StatusTooManyRequests || last.head.Get("Retry-After") == "" {
		t.Errorf("forty requests at once: %d", last.status)
	}
	if a := c.get("/signin"); a.status != 200 {
		t.Errorf("the page to sign in, from an address with too many requests: %d", a.status)
	}
	s.wait(10 * time.Second)
	if a := c.get("/nowhere"); a.status != http.StatusNotFound {
		t.Errorf("after a pause: %d", a.status)
	}
}

// TestRateOfKeys: wrong one-time keys are limited, and keep nobody with a right one out, from the
// same address or from any of many.
func TestRateOfKeys(t *testing.T) {
	s := newSite(t, "", func(c *web.Config) { c.Rate = 50 })
	root := s.person("Root", casefile.Admin)
	limited := 0
	for n := range 60 {
		if a := s.stranger().post("/start", "key", fmt.Sprint("guess ", n)); a.status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited == 0 {
		t.Error("sixty wrong keys in a row were all answered")
	}
	var made struct{ Person, Link string }
	root.api("POST", "/people", map[string]any{"name": "Nadia Fell"}).into(t, &made)
	if a := s.stranger().post("/start", "key", made.Link[strings.Index(made.Link, "key=")+4:]); a.status != http.StatusSeeOther {
		t.Errorf("a right key after the guesses: %d", a.status)
	}
}

// TestTokenOfScopePeople: a program with a token neither ends a sign-in nor comes to hold one, and
// gives nobody a deciding role.
func TestTokenOfScopePeople(t *testing.T) {
	s := newSite(t, "")
	root, ada := s.person("Root", casefile.Admin), s.person("Ada", casefile.Intake)
	var made struct{ Secret string }
	root.api("POST", "/account/tokens", map[string]any{"name": "hr", "scopes": []string{"people", "read"},
		"days": 3}).into(t, &made)
	call := func(method, path, body string) answer {
		return s.stranger().do(method, "/api/v1"+path, strings.NewReader(body), "Authorization", "Bearer "+made.Secret,
			"Content-Type", "application/json")
	}
	mustSee(t, "reads its sign-ins", call("GET", "/account/signins", ""), 200)
	mustSee(t, "makes a token", call("POST", "/account/tokens", `{"name":"x","scopes":["read"],"days":3}`), 403)
	mustSee(t, "ends a sign-in", call("DELETE", "/account/signins/x", ""), 403)
	a := call("POST", "/people", `{"name":"Eve","roles":["intake"]}`)
	mustSee(t, "adds somebody", a, 200)
	if strings.Contains(a.body, "key=") {
		t.Errorf("a program was given a sign-in link: %s", a.body)
	}
	mustSee(t, "adds an approver", call("POST", "/people", `{"name":"Eve","roles":["approver"]}`), 403)
	mustSee(t, "makes an approver", call("PUT", "/people/"+ada.id, `{"name":"Ada","roles":["approver"]}`), 403)
	mustSee(t, "makes a link", call("POST", "/people/"+ada.id+"/link", `{}`), 403)
}

// TestTold: whose roles or sign-ins others change is told so.
func TestTold(t *testing.T) {
	s := newSite(t, "")
	root, ada := s.person("Root", casefile.Admin), s.person("Ada", casefile.Intake)
	if a := ada.get("/account"); strings.Contains(a.body, "What others changed in your account") &&
		strings.Contains(a.body, "executor") {
		t.Error("told of a change before there was one")
	}
	if a := root.post("/people/"+ada.id, "role", "intake", "role", "executor"); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, path := range []string{"/account", "/"} {
		if a := ada.get(path); !strings.Contains(a.body, "Ada has the roles") && !strings.Contains(a.body,
			"was given the roles executor") {
			t.Errorf("%s does not tell of the new role: %s", path, a.body)
		}
	}
}

// TestRestricted: a restricted case looks as if it did not exist, and readings are listed
// for the auditor.
func TestRestricted(t *testing.T) {
	s := newSite(t, "")
	ada, ben, eve := s.person("Ada", casefile.Intake), s.person("Ben", casefile.Reviewer),
		s.person("Eve", casefile.Auditor)
	a := ada.post("/cases", "title", "A source in danger", "text", "x", "restricted", "yes", "party", "p-1",
		"party_name", "Hollin Glass")
	at := strings.Split(a.head.Get("Location"), "?")[0]
	none := ben.get("/cases/C-9999")
	for _, path := range []string{at, at + "?format=json"} {
		if got := ben.get(path); got.status != http.StatusNotFound || got.body != strings.ReplaceAll(none.body,
			"/cases/C-9999", at) {
			t.Errorf("%s shows that it exists: %d", path, got.status)
		}
	}
	if got := ben.post(at+"/comment", "text", "x"); got.status != http.StatusNotFound {
		t.Errorf("comment: %d", got.status)
	}
	for _, path := range []string{"/cases", "/", "/cases?format=csv", "/parties/p-1"} {
		if strings.Contains(ben.get(path).body, "A source in danger") {
			t.Errorf("%s tells of it", path)
		}
	}
	if a := ada.get(at); a.status != 200 {
		t.Errorf("the opener: %d", a.status)
	}
	if a := eve.get(at); a.status != 200 {
		t.Errorf("the auditor: %d", a.status)
	}
	if a := eve.get("/people").body; !strings.Contains(a, "Readings of restricted cases") ||
		strings.Count(a, ">C-0001<") < 2 {
		t.Error("readings are not listed")
	}
}

// TestExports compares the three forms of one table, and looks at what a spreadsheet would run.
func TestExports(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("=HYPERLINK(\"x\")", casefile.Intake, casefile.Investigator)
	at := "/runs/" + s.run + "/findings?state=raised&format="
	rows, err := csv.NewReader(strings.NewReader(ada.get(at + "csv").body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	if err := json.Unmarshal([]byte(ada.get(at+"json").body), &objects); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader([]byte(ada.get(at + "xlsx").body)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(objects)+1 || len(cells) != len(rows) || len(rows) < 40 {
		t.Fatalf("%d CSV rows, %d objects, %d sheet rows", len(rows), len(objects), len(cells))
	}
	for i, o := range objects {
		if o["id"] != rows[i+1][0] || rows[i+1][0] != cells[i+1][0] {
			t.Fatalf("row %d: %v %v %v", i, o["id"], rows[i+1][0], cells[i+1][0])
		}
	}
	for _, path := range []string{"/people?format=csv", "/runs?format=csv", "/cases?format=csv", "/health?format=csv",
		"/search?q=Tolmalleth&format=csv", "/?format=csv"} {
		a := ada.get(path)
		if a.status != 200 || !strings.HasPrefix(a.head.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d", path, a.status)
		}
		if strings.Contains(a.body, "\n=") || strings.Contains(a.body, ",=") || strings.Contains(a.body, ",\"=") {
			t.Errorf("%s holds a formula: %s", path, a.body)
		}
	}
}

// TestOIDC signs somebody in at a real OpenID provider, started here.
func TestOIDC(t *testing.T) {
	front := httptest.NewUnstartedServer(nil)
	issuer := "http://" + front.Listener.Addr().String()
	users := storage.NewUserStore(issuer)
	front.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(users), slog.New(slog.DiscardHandler),
		false)
	front.Start()
	t.Cleanup(front.Close)
	// The clock has to be the real one: the provider's tokens are of now.
	s := newSite(t, "", func(c *web.Config) {
		c.Now, c.Rate = time.Now, 10
		c.Admins = []string{"test-user@zitadel.ch"}
		c.OIDC = &web.OIDC{Issuer: issuer, ClientID: "web", Secret: "secret", Name: "the provider"}
		storage.RegisterClients(storage.WebClient("web", "secret", c.Origin+"/signin/callback"))
	})
	s.mu.Lock()
	s.now = time.Now()
	s.mu.Unlock()

	c := s.stranger()
	if a := c.get("/signin?next=/people"); !strings.Contains(a.body, "Sign in with the provider") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	back := signInAt(t, c, issuer, "/signin/provider?next=/people")
	a := c.do("GET", strings.TrimPrefix(back, s.url), nil)
	if a.status != http.StatusSeeOther || a.head.Get("Location") != "/people" {
		t.Fatalf("callback: %d %s %s", a.status, a.head.Get("Location"), a.body)
	}
	if a := c.get("/people"); a.status != 200 || !strings.Contains(a.body, "Test User") || !strings.Contains(a.body,
		"admin") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := c.get("/cases"); a.status != http.StatusForbidden {
		t.Errorf("an admin sees cases: %d", a.status)
	}
	// The provider states that the person signed in there just now: that confirms the session.
	if people, err := s.store.People(t.Context()); err != nil || len(people) != 1 {
		t.Fatalf("%v, %v", people, err)
	} else {
		must(t, s.store.EnrolKey(t.Context(), store.SecurityKey{ID: "k", Person: people[0].ID, Name: "Blue",
			Body: "{}"}))
	}
	if a := c.post("/people", "name", "Ada", "role", "intake"); a.status != http.StatusOK || !strings.Contains(a.body,
		"A link for Ada") {
		t.Errorf("a change of roles after a fresh sign-in: %d %s", a.status, a.body)
	}
	// The same answer again, in the same browser and in another, signs nobody in.
	if a := c.do("GET", strings.TrimPrefix(back, s.url), nil); a.status != http.StatusForbidden {
		t.Errorf("callback again: %d", a.status)
	}
	stolen := signInAt(t, s.stranger(), issuer, "/signin/provider")
	if a := s.stranger().do("GET", strings.TrimPrefix(stolen, s.url), nil); a.status != http.StatusForbidden {
		t.Errorf("an answer meant for another browser: %d", a.status)
	}
	// Wrong answers in any number, from the same address, keep a right one out of nothing.
	limited := 0
	for range 40 {
		x := s.stranger()
		began := x.get("/signin/provider").head.Get("Location")
		u, err := url.Parse(began)
		if err != nil {
			t.Fatal(err)
		}
		if a := x.get("/signin/callback?code=guess&state=" + url.QueryEscape(u.Query().Get("state"))); a.status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited == 0 {
		t.Error("forty wrong answers of the provider in a row were all looked at and none was refused as one too many")
	}
	// A second sign-in is the same person.
	again := s.stranger()
	again.do("GET", strings.TrimPrefix(signInAt(t, again, issuer, "/signin/provider"), s.url), nil)
	people, err := s.store.People(t.Context())
	if err != nil || len(people) != 2 {
		t.Errorf("%d people (%v)", len(people), err)
	}
	if a := again.get("/account"); a.status != 200 {
		t.Errorf("second sign-in: %d", a.status)
	}
}

// signInAt follows a sign-in through the provider's login form and returns the address to
// which the provider sends the browser back.
func signInAt(t *testing.T, c *client, issuer, path string) string {
	t.Helper()
	a := c.get(path)
	to := a.head.Get("Location")
	for range 6 {
		if strings.HasPrefix(to, c.site.url) {
			return to
		}
		if strings.HasPrefix(to, "/") {
			to = issuer + to
		}
		res, err := c.http.Get(to)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if next := res.Header.Get("Location"); next != "" {
			to = next
			continue
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		host := strings.Split(strings.TrimPrefix(issuer, "http://"), ":")[0]
		res, err = c.http.PostForm(issuer+"/login/username", url.Values{"username": {"test-user@" + host},
			"password": {"verysecure"}, "id": {u.Query().Get("authRequestID")}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		to = res.Header.Get("Location")
		if to == "" {
			t.Fatalf("the provider refused: %s", res.Status)
		}
	}
	t.Fatalf("the sign-in does not come back: %s", to)
	return ""
}
