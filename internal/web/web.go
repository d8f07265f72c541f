// Package web serves the pages and the API: sign-in, review runs, findings, parties, cases.
//
// Invariants: every endpoint stands in one table with the permission that it needs, and a
// test tries every role against every endpoint; everything from records is data, escaped
// where it is shown and inert in exported cells; no page needs a script but the one
// on which a browser speaks to a security key, none carries an inline script or style, and the policy sent with each
// says so; nothing but reading happens on GET; secrets are stored as hashes; a restricted case looks as if it did not
// exist to those who may not read it, and every read of one is logged.
package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-webauthn/webauthn/webauthn"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/notice"
	"plimsoll/internal/policy"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
)

// Config is what a server needs. Store and Origin are required.
type Config struct {
	Store   *store.Store
	Origin  string // scheme, host and port under which people reach the server
	Version string
	Lists   []*list.List // searched by name; may be empty
	Pack    *policy.Pack // shown on the policy page
	OIDC    *OIDC        // nil: only start links and invitations
	Admins  []string     // verified mail addresses that become admin at their first sign-in
	Now     func() time.Time
	Log     *slog.Logger
	Custody *store.Custody          // the evidence of the cases; nil: this server keeps none
	Desk    *casefile.Desk          // where cases are worked on; nil: one of its own on the store
	Notices *notice.Box             // takes notices from anybody; nil: there are no such pages
	Mount   map[string]http.Handler // further handlers by mux pattern, such as "/access/v1/"; they guard themselves
	// Problems, when set, says what is wrong with what else this server does; the health page shows it.
	Problems func() []string
	// RequireFactor asks everybody for a second factor before what takes one; else those who enrolled a security key.
	RequireFactor bool
	Rate          float64 // requests a second and person, with bursts of four times that; 0 means 50
}

// A Server answers requests. It may be used from many goroutines.
type Server struct {
	cfg     Config
	pages   *pages
	limit   *limiter
	oidc    *provider
	keys    *webauthn.WebAuthn // this server as security keys know it; nil: it has no name, and they cannot be used
	desk    *casefile.Desk
	public  *publication.Desk
	docket  *docket.Docket
	index   atomic.Pointer[nameIndex]
	huma    huma.API // the operations of the API
	storage storageFault
	handler http.Handler
}

// nameIndex is the lists with their index, swapped whole.
type nameIndex struct {
	lists []*list.List
	index *match.Index
}

// New opens what the pages keep in the store and returns the server.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rate == 0 {
		cfg.Rate = 50
	}
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	origin, err := url.Parse(cfg.Origin)
	if err != nil || origin.Host == "" || origin.Scheme != "http" && origin.Scheme != "https" {
		return nil, fmt.Errorf("open server: origin %q is not an address such as https://plimsoll.example", cfg.Origin)
	}
	cfg.Origin = origin.Scheme + "://" + origin.Host
	s := &Server{cfg: cfg, limit: newLimiter(cfg.Rate, cfg.Now)}
	if s.pages, err = openPages(); err != nil {
		return nil, err
	}
	if cfg.OIDC != nil {
		if s.oidc, err = openProvider(ctx, *cfg.OIDC, cfg.Origin+"/signin/callback"); err != nil {
			return nil, err
		}
	}
	if s.keys, err = relyingParty(cfg.Origin); err != nil {
		return nil, err
	}
	if s.desk = cfg.Desk; s.desk == nil {
		s.desk = casefile.NewDesk(cfg.Store)
		s.desk.Now = cfg.Now
	}
	if s.desk.Current == nil {
		s.desk.Current = cfg.Store.Current
	}
	s.docket = docket.New(s.desk)
	s.public = publication.NewDesk(s.desk)
	s.index.Store(&nameIndex{lists: cfg.Lists, index: match.Build(cfg.Lists)})
	if s.handler, err = s.build(); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// FirstLink makes the first admin and the one-time link that signs this person in, or returns
// store.ErrPeople when people are there. Decisions still need other people.
func (s *Server) FirstLink(ctx context.Context) (string, error) {
	key, _, err := s.cfg.Store.FirstLink(ctx, linkLife)
	if err != nil {
		return "", err
	}
	return s.linkAt(key), nil
}

// linkAt is the address of a one-time link.
func (s *Server) linkAt(key string) string { return s.cfg.Origin + "/start?key=" + key }

// secure says whether people reach the server over TLS.
func (s *Server) secure() bool { return strings.HasPrefix(s.cfg.Origin, "https:") }

// A visit is one request by one actor.
type visit struct {
	w  http.ResponseWriter
	r  *http.Request
	s  *Server
	me *actor // nil for a stranger

	body io.ReadCloser // of the request, without the bound that forms have
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// A route is one endpoint of the pages.
type route struct {
	method, path string
	may          permission
	do           func(*visit) error
}

// build makes the handler: pages and API on muxes of their own, behind the same guards.
func (s *Server) build() (http.Handler, error) {
	pages := http.NewServeMux()
	for _, rt := range s.routes() {
		pages.Handle(rt.method+" "+rt.path, s.page(rt))
	}
	pages.Handle("GET /static/", http.HandlerFunc(s.static))
	pages.Handle("/", s.page(route{may: public, do: func(v *visit) error { return errNoPage }}))
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	api := s.api()
	mux.Handle("/api/", api)
	mux.Handle("/openapi.json", api)
	mux.HandleFunc("GET /healthz", s.healthz)
	for pattern, h := range s.cfg.Mount {
		mux.Handle(pattern, h)
	}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.problem(&visit{w: w, r: r, s: s}, errCrossOrigin)
	}))
	h := cross.Handler(mux)
	if s.cfg.Notices != nil {
		var err error
		if h, err = s.openNotices(h); err != nil {
			return nil, err
		}
	}
	return s.guard(h), nil
}

// page wraps a route: who asks, how often, and may they.
func (s *Server) page(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, s: s}
		defer func() {
			if x := recover(); x != nil {
				if x == http.ErrAbortHandler {
					panic(x)
				}
				s.cfg.Log.Error("panic", "path", r.URL.Path, "value", x, "stack", string(debug.Stack()))
				s.problem(v, fmt.Errorf("panic: %v", x))
			}
		}()
		var err error
		if v.me, err = s.who(r); err == nil {
			err = s.admit(v, rt.may)
		}
		if err == nil {
			v.body = r.Body
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			err = rt.do(v)
		}
		if err != nil {
			s.problem(v, err)
		}
	})
}

// maxForm bounds what a form may send.
const maxForm = 1 << 20

// admit says whether a visit may go on.
func (s *Server) admit(v *visit, p permission) error {
	if p != signingIn && !s.limit.allow(clientOf(v)) {
		return errTooMany
	}
	switch {
	case v.me.may(p):
		return nil
	case v.me == nil:
		return errSignIn
	}
	return &refusal{p}
}

var (
	errNoPage      = errors.New("there is no such page")
	errSignIn      = errors.New("please sign in first")
	errTooMany     = errors.New("too many requests; wait a moment")
	errCrossOrigin = errors.New("this request came from another site and was refused")
)

// A refusal says which permission is missing.
type refusal struct{ need permission }

func (e *refusal) Error() string { return "your roles do not let you " + string(e.need) }

// An invalid value, by field.
type invalid struct{ field, reason string }

func (e *invalid) Error() string { return e.reason }

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	if err := s.cfg.Store.Read(r.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(r.Context(),
			"SELECT 1").Scan(new(int))
	}); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	if r.URL.Query().Has("live") { // whether to start it anew; what is missing does not come back by that
		_, _ = w.Write([]byte("ok\n"))
		return
	}
	last, err := s.cfg.Store.LastRecheck(r.Context())
	if err != nil || len(s.problems()) > 0 || last != nil && len(last.Problems) > 0 {
		http.Error(w, "something is not as it should be; the health page says what", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
