package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/list/load"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/policy"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
	"plimsoll/internal/world"
)

// day is when the tests happen: the morning after the world's review.
var day = time.Date(2032, 7, 2, 9, 0, 0, 0, time.UTC)

// A site is a running server with its store.
type site struct {
	t     testing.TB
	store *store.Store
	web   *web.Server
	box   *notice.Box
	url   string
	run   string // the stored review
	mu    sync.Mutex
	now   time.Time
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// newSite starts a server. address is of the database, "" for a new SQLite.
func newSite(t testing.TB, address string, change ...func(*web.Config)) *site {
	t.Helper()
	if address == "" {
		address = "sqlite:" + filepath.Join(t.TempDir(), "plimsoll.db")
	}
	db, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &site{t: t, store: db, now: day}
	db.Now = s.clock
	srv := httptest.NewUnstartedServer(nil)
	s.url = "http://" + srv.Listener.Addr().String()
	pack, err := policy.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	keep, err := evidence.Open(filepath.Join(t.TempDir(), "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keep.Close)
	keep.Now = s.clock
	cfg := web.Config{Store: db, Custody: ledgered(t, db, keep), Origin: s.url, Pack: pack, Now: s.clock, Rate: 10_000,
		Log: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))}
	cfg.Notices = noticetest.Prepare(t, db, t.TempDir(), func(c *notice.Config) {
		c.Now, c.Wait = s.clock,
			time.Millisecond
	}).Box
	for _, f := range change {
		f(&cfg)
	}
	s.box = cfg.Notices
	if s.web, err = web.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = s.web
	srv.Start()
	t.Cleanup(srv.Close)
	return s
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// example is the fictional world, written and reviewed once for all tests.
var example = sync.OnceValues(func() (string, error) {
	dir, err := exampleDir()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	place := filepath.Join(dir, "world")
	if err := world.Write(ctx, place, world.Options{Seed: 1, Size: "small"}); err != nil {
		return "", err
	}
	asOf, err := time.Parse(time.DateOnly, world.Today)
	if err != nil {
		return "", err
	}
	_, err = review.Run(ctx, review.Options{Paths: []string{place}, Lists: []string{filepath.Join(place, "lists")},
		AsOf: asOf, Out: filepath.Join(dir, "review"), Version: "test"})
	return dir, err
})

// withWorld stores the review of the example world and loads its lists.
func withWorld(t testing.TB, address string) *site {
	t.Helper()
	dir, err := example()
	if err != nil {
		t.Fatal(err)
	}
	lists, err := load.Load(t.Context(), []string{filepath.Join(dir, "world", "lists")})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, address, func(c *web.Config) { c.Lists = lists })
	r, _, err := s.store.SaveRun(t.Context(), "", filepath.Join(dir, "review"))
	if err != nil {
		t.Fatal(err)
	}
	s.run = r.ID
	return s
}

// A client is somebody with a browser that knows nothing of scripts.
type client struct {
	t    testing.TB
	site *site
	http *http.Client
	id   string
}

// stranger is a client that nobody signed in.
func (s *site) stranger() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &client{t: s.t, site: s, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request,
		[]*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// person adds somebody with roles, signed in by a link.
func (s *site) person(name string, roles ...casefile.Role) *client {
	s.t.Helper()
	p, err := s.store.CreatePerson(s.t.Context(), "", store.Person{Name: name, Roles: roles})
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := s.store.LinkFor(s.t.Context(), p.ID, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.stranger()
	c.id = p.ID
	if r := c.post("/start", "key", key); r.status != http.StatusSeeOther {
		s.t.Fatalf("sign in %s: %d %s", name, r.status, r.body)
	}
	return c
}

type answer struct {
	status int
	head   http.Header
	body   string
}

func (c *client) do(method, path string, body io.Reader, head ...string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.site.url+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (c *client) get(path string) answer {
	c.t.Helper()
	return c.do("GET", path, nil)
}

func (c *client) post(path string, fields ...string) answer {
	c.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return c.do("POST", path, strings.NewReader(v.Encode()), "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Site", "same-origin")
}
