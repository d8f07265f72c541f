package web_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store/storetest"
	"plimsoll/internal/web"
)

// served answers one request of somebody with every role, without a network between.
func served(s *site, cookie *http.Cookie, method, target string, body []byte,
	head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", bytes.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.Host = strings.TrimPrefix(s.url, "http://")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	return w
}

// quiet keeps a server from logging to a fuzz target, which may not log.
func quiet(c *web.Config) { c.Log = slog.New(slog.DiscardHandler) }

// everybody is the session of somebody with every role.
func everybody(s *site) *http.Cookie {
	c := s.person("Everybody", casefile.Roles...)
	u, _ := url.Parse(s.url)
	return c.http.Jar.Cookies(u)[0]
}

// holds says what every answer holds to, whatever it was asked.
func holds(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 || w.Code < 200 {
		t.Errorf("%s: %d %.300s", what, w.Code, w.Body)
	}
	if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: an answer without its headers", what)
	}
	if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) &&
		!strings.Contains(to, "authorize") {
		t.Errorf("%s leads away, to %q", what, to)
	}
	if kind := w.Header().Get("Content-Type"); strings.HasPrefix(kind, "text/html") && strings.Contains(w.Body.String(),
		"<script>") {
		t.Errorf("%s: a script came through", what)
	}
}

// address fills the places of a path.
func address(path, id, move string) string {
	for strings.Contains(path, "{") {
		i, j := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		with := id
		switch path[i : j+1] {
		case "{$}":
			with = ""
		case "{move}":
			with = move
		}
		path = path[:i] + with + path[j+1:]
	}
	return path
}

// FuzzAPI sends any body to any operation of the API.
func FuzzAPI(f *testing.F) {
	s := newSite(f, "", quiet)
	who := everybody(s)
	var ops []web.Endpoint
	for _, e := range s.web.Endpoints() {
		if strings.HasPrefix(e.Path, "/api/") && !strings.Contains(e.Path, "/notice") && e.ID != "end-signin" &&
			e.ID != "end-person-signin" {
			ops = append(ops, e)
		}
	}
	for i, body := range []string{`{}`, `{"title":"x","trigger":{"text":"<script>"},"findings":[{"run":"r","id":"f"}]}`,
		`{"severity":"high","triage":{"outcome":"merge","into":"C-0001"}}`,
		`{"proposal":{"service":"x","outcome":"restrict","scope":{"actions":["use"]},"claims":["C-0001-K1"]},"interim":true}`, `{"replies":[{"claim":"C-0001-K1","answer":"partly"}]}`, `{"to":"scope","version":9223372036854775807}`, `[`, ``} {
		f.Add(uint16(i*7), "C-0001", "after=e30&limit=3&until=2032-07-01T00:00:00Z", []byte(body), "key")
	}
	f.Fuzz(func(t *testing.T, n uint16, id, query string, body []byte, key string) {
		e := ops[int(n)%len(ops)]
		w := served(s, who, e.Method, address(e.Path, id, "")+"?"+query, body, "Content-Type", "application/json",
			"Idempotency-Key", key)
		holds(t, e.ID, w)
		if w.Code >= 400 && !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d as %q", e.ID, w.Code, w.Header().Get("Content-Type"))
		}
	})
}

// FuzzPages sends any form to any page, and asks any page with any address.
func FuzzPages(f *testing.F) {
	s := newSite(f, "", quiet)
	who := everybody(s)
	var pages []web.Endpoint
	for _, e := range s.web.Endpoints() {
		if !strings.HasPrefix(e.Path, "/api/") && e.ID != "POST /signout" && !strings.HasSuffix(e.Path, "/revoke") &&
			e.ID != "POST /people/{person}" {
			pages = append(pages, e)
		}
	}
	var every []string
	for _, list := range moves {
		every = append(every, list...)
	}
	for i, form := range []string{"title=x&text=%3Cscript%3E&key=1",
		"severity=high&outcome=merge&into=C-0001&reason=x&version=-1", "grade=B2&reason=x", "context=a%7Cb&version=1",
		"rest=Friday&holidays=2032-07-04+x%0A%00",
		"answer-C-0001-K1=partly&claim=C-0001-K1&text-C-0001-K1=%FF",
		"duties=a%7Cb%7Cc%7Cd&do=propose&outcome=condition&action=use", "days=99999999999999999999&clock=x"} {
		f.Add(uint16(i*5), uint16(i*3), "C-0001", "table=claims&format=csv&done=saved&until=2032-07-01&next=//x",
			[]byte(form))
	}
	f.Fuzz(func(t *testing.T, n, m uint16, id, query string, body []byte) {
		e := pages[int(n)%len(pages)]
		holds(t, e.ID, served(s, who, e.Method, address(e.Path, id, every[int(m)%len(every)])+"?"+query, body,
			"Content-Type", "application/x-www-form-urlencoded"))
	})
}

// FuzzUpload stores any two files as a review.
func FuzzUpload(f *testing.F) {
	s := newSite(f, "", quiet)
	who := everybody(s)
	f.Add([]byte(`{"as_of":"2032-07-01","tool":{"name":"plimsoll","version":"1"}}`),
		[]byte(`{"id":"f1","flag":"RF-01","state":"raised","severity":"high","subject":{"kind":"party","id":"p","name":"P"}}`+"\n"))
	f.Add([]byte(`{}`), []byte("{\n"))
	f.Add([]byte(`[]`), []byte("\x00"))
	f.Fuzz(func(t *testing.T, review, findings []byte) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, text := range map[string][]byte{"review.json": review, "findings.jsonl": findings} {
			p, err := w.CreateFormFile(name, name)
			if err != nil {
				t.Fatal(err)
			}
			p.Write(text)
		}
		w.Close()
		for _, path := range []string{"/runs", "/api/v1/runs"} {
			holds(t, path, served(s, who, "POST", path, b.Bytes(), "Content-Type", w.FormDataContentType()))
		}
		holds(t, "/runs", served(s, who, "GET", "/runs", nil))
	})
}

// FuzzCallback comes back from an OpenID provider with any cookie and any answer: nobody is
// signed in.
func FuzzCallback(f *testing.F) {
	front := httptest.NewUnstartedServer(nil)
	issuer := "http://" + front.Listener.Addr().String()
	front.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)),
		slog.New(slog.DiscardHandler), false)
	front.Start()
	f.Cleanup(front.Close)
	s := newSite(f, "", func(c *web.Config) {
		c.OIDC = &web.OIDC{Issuer: issuer, ClientID: "web", Secret: "secret"}
		quiet(c)
	})
	f.Add("eyJzIjoieCIsIm4iOiJ5IiwidiI6InoiLCJ4IjoiLyIsImUiOjk5OTk5OTk5OTk5fQ", "state=x&code=y")
	f.Add("", "error=access_denied&state=")
	f.Add("%%%", "state=x")
	f.Fuzz(func(t *testing.T, cookie, query string) {
		w := served(s, &http.Cookie{Name: "plimsoll-flow", Value: cookie}, "GET", "/signin/callback?"+query, nil)
		holds(t, "callback", w)
		for _, c := range w.Result().Cookies() {
			if c.Name == "plimsoll" && c.Value != "" {
				t.Errorf("somebody was signed in by %q", query)
			}
		}
		holds(t, "start", served(s, nil, "POST", "/start", []byte(query), "Content-Type",
			"application/x-www-form-urlencoded"))
	})
}

// TestOddCharacters sends NUL and broken UTF-8 to every endpoint on both databases, of which
// one can keep neither: nothing breaks.
func TestOddCharacters(t *testing.T) {
	for name, address := range map[string]string{"sqlite": "", "postgres": "postgres"} {
		t.Run(name, func(t *testing.T) {
			if address != "" {
				address = storetest.Postgres(t).Schema(t)
			}
			oddCharacters(t, newSite(t, address))
		})
	}
}

func oddCharacters(t *testing.T, s *site) {
	who := everybody(s)
	served(s, who, "POST", "/cases", []byte("title=x&text=x"), "Content-Type", "application/x-www-form-urlencoded")
	n := 0
	for _, e := range s.web.Endpoints() {
		if e.ID == "POST /signout" {
			continue
		}
		for _, odd := range []string{"\x00", "a\xff", "\ufffd", strings.Repeat("x", 5000), "';--", "%00", "🂡"} {
			for _, id := range []string{odd, "C-0001", "C-0001-K1" + odd} {
				n++
				names := []string{""}
				if m, ok := moves[e.Path]; ok {
					names = m
				}
				for _, move := range names {
					v := url.Values{}
					for _, field := range []string{"q", "title", "text", "name", "reason", "reasons", "interest",
						"source", "party", "holidays", "key", "person", "member", "other", "to", "how", "proof",
						"after", "stage", "label", "assignee", "finding", "run", "case", "id", "flag", "until",
						"table"} {
						v.Set(field, odd)
					}
					kind, body := "application/x-www-form-urlencoded", v.Encode()
					if strings.HasPrefix(e.Path, "/api/") {
						kind, body = "application/json", `{"name":"`+strings.ReplaceAll(odd, "\x00", `\u0000`)+
							`","title":"\u0000","text":"\u0000","reason":"\u0000","roles":["intake"],"scopes":["read"],"days":3,"holidays":[{"day":"2032-01-01","name":"\u0000"}]}`
					}
					holds(t, e.ID+" with "+strings.ToValidUTF8(odd[:1], "?"), served(s, who, e.Method,
						address(e.Path, id, move)+"?"+v.Encode(), []byte(body), "Content-Type", kind, "Idempotency-Key",
						odd))
				}
			}
		}
	}
	if n < 1000 {
		t.Errorf("only %d requests", n)
	}
}
