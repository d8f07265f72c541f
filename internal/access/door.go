package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// A Source gives the index in use: a fixed one, a publisher's or a replica's.
type Source interface{ Index() *Index }

// Index lets a fixed index stand as a [Source].
func (x *Index) Index() *Index { return x }

// DoorConfig is what a door needs. Only Source is required.
type DoorConfig struct {
	Source Source
	URL    string            // public base URL of this decision point, as callers know it
	Tokens map[string]string // bearer tokens by the name of their caller; none: no token is asked for
	Bare   bool              // with Tokens: who has none is given bare decisions of evaluations, and nothing else
	Gate   *Gate             // screens parties that nobody has screened; nil: such questions are held
	Names  func(Party) []Ref // which restricted subjects may be meant by a name; nil: none is known by name
	Goods  Classifier        // tells what goods are by codes and words; nil: by the snapshot alone
	Proof  *Recorder         // nil: answers are not recorded
	Now    func() time.Time
	Log    *slog.Logger

	MaxBody  int // bytes, default 1 MiB
	MaxBatch int // items, default 1000
	MaxPage  int // results, default 1000
}

// A Door answers AuthZEN Authorization API 1.0 over HTTP.
type Door struct {
	DoorConfig
	base   *url.URL
	tokens []callerToken
	calls  sync.Pool
	prefix string
	serial atomic.Uint64
	mux    *http.ServeMux

	warned atomic.Int64  // when staleness was last logged, Unix seconds
	wrong  *rate.Limiter // of answers to wrong tokens
}

// How many wrong tokens are answered: whoever guesses more, from whatever addresses, is told to
// wait. Right tokens are never limited, so nobody is locked out by somebody else's guesses.
const (
	wrongTokens      = 10 // a second
	wrongTokensBurst = 100
)

type callerToken struct {
	sum    [sha256.Size]byte
	caller string
}

// The paths of section 10.
const (
	pathEvaluation  = "/access/v1/evaluation"
	pathEvaluations = "/access/v1/evaluations"
	pathSubject     = "/access/v1/search/subject"
	pathResource    = "/access/v1/search/resource"
	pathAction      = "/access/v1/search/action"
	pathMetadata    = "/.well-known/authzen-configuration"
	pathHold        = "/access/v1/hold/"
	pathHealth      = "/healthz"
)

// NewDoor makes a door. It serves until its server stops; it starts nothing.
func NewDoor(c DoorConfig) (*Door, error) {
	if c.Source == nil {
		return nil, errors.New("open door: it has no restrictions to answer from")
	}
	d := &Door{DoorConfig: c, mux: http.NewServeMux(), wrong: rate.NewLimiter(wrongTokens, wrongTokensBurst)}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	for _, l := range []struct {
		at    *int
		value int
	}{{&d.MaxBody, 1 << 20}, {&d.MaxBatch, 1000}, {&d.MaxPage, 1000}} {
		if *l.at <= 0 {
			*l.at = l.value
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil || c.URL != "" && (base.Host == "" || base.RawQuery != "" || base.Fragment != "") {
		return nil, errors.New("open door: the public URL needs a scheme and host, and no query or fragment: " + c.URL)
	}
	d.base = base
	for name, t := range c.Tokens {
		if len(t) < 16 {
			return nil, errors.New("open door: the token of " + name + " is shorter than 16 characters")
		}
		d.tokens = append(d.tokens, callerToken{sha256.Sum256([]byte(t)), name})
	}
	var seed [6]byte
	_, _ = rand.Read(seed[:])
	d.prefix = hex.EncodeToString(seed[:])
	d.calls.New = func() any { return &call{} }
	prefix := strings.TrimSuffix(base.Path, "/")
	if strings.ContainsAny(prefix, "{} ") {
		return nil, errors.New("open door: the path of the public URL holds a brace or a space: " + c.URL)
	}
	for path, f := range map[string]func(*call) error{pathEvaluation: d.evaluation, pathEvaluations: d.evaluations,
		pathSubject: d.searchSubject, pathResource: d.searchResource, pathAction: d.searchAction} {
		h := d.post(f, c.Bare && (path == pathEvaluation || path == pathEvaluations))
		d.mux.Handle(path, h)
		if prefix != "" { // as the metadata names it; a proxy may have cut it off
			d.mux.Handle(prefix+path, h)
		}
	}
	// Section 9.2.1: the well-known part stands between host and path. Without the path it would
	// name another decision point than the one that was asked for.
	d.mux.HandleFunc("GET "+pathMetadata+prefix, d.metadata)
	d.mux.HandleFunc("GET "+pathHold+"{reference}", d.hold)
	d.mux.HandleFunc("GET "+pathHealth, d.health)
	return d, nil
}

// ServeHTTP implements [http.Handler]. Every answer repeats the request's X-Request-ID, also
// one about a path or method that does not exist.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := r.Header[requestIDHeader]; ok {
		w.Header()[requestIDHeader] = id
	}
	d.mux.ServeHTTP(w, r)
}

// A call is one request under way. It is used again for later ones.
type call struct {
	d         *Door
	ctx       context.Context
	x         *Index
	now       time.Time
	stale     bool
	caller    string
	requestID string
	bare      bool // a stranger asks: the decision, without reasons, numbers and names
	p         parser
	r         request
	q         Question
	a         Answer
	in        []byte
	out       []byte
	hits      []Restriction
	shared    objects
	partyIn   []byte // the context that parties were last read from
	parties   []Involved
	gates     []*gated // what came of screening them
	goodsIn   []byte   // the properties that goods was last read from
	goodsOf   Ref
	goods     Goods
}

const requestIDHeader = "X-Request-Id"

// post wraps one of the five calls: caller, content type, size, error, echo. bare says that
// strangers are given its bare decisions.
func (d *Door) post(f func(*call) error, bare bool) http.Handler {
	jsonType := []string{"application/json"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		caller, ok := d.authenticate(r)
		stranger := !ok && bare && r.Header.Get("Authorization") == ""
		if !ok && !stranger {
			d.refuse(w, r)
			return
		}
		if r.Method != http.MethodPost {
			h.Set("Allow", "POST")
			plainError(w, http.StatusMethodNotAllowed, "use POST")
			return
		}
		if !isJSON(r.Header.Get("Content-Type")) {
			plainError(w, http.StatusBadRequest, "the Content-Type must be application/json")
			return
		}
		if r.Header.Get("Content-Encoding") != "" {
			plainError(w, http.StatusBadRequest, "the body must not be compressed: Content-Encoding is not supported")
			return
		}
		c := d.calls.Get().(*call)
		defer d.release(c)
		var err error
		if c.in, err = readAll(r.Body, c.in[:0], d.MaxBody); err != nil {
			h.Set("Connection", "close")
			switch {
			case errors.Is(err, errTooLarge):
				plainError(w, http.StatusRequestEntityTooLarge, "the body is larger than "+strconv.Itoa(d.MaxBody)+
					" bytes")
			case errors.Is(err, os.ErrDeadlineExceeded):
				plainError(w, http.StatusRequestTimeout, "the body came too slowly")
			default:
				plainError(w, http.StatusBadRequest, "the body ended too early")
			}
			return
		}
		c.begin(d, r.Context(), caller, r.Header.Get(requestIDHeader))
		c.bare = stranger
		if err := f(c); err != nil {
			if r.Context().Err() != nil { // the caller went away, or a server that stops cut it off
				plainError(w, http.StatusServiceUnavailable, "the request was cut off")
				return
			}
			plainError(w, http.StatusBadRequest, err.Error())
			return
		}
		h["Content-Type"] = jsonType
		h["Content-Length"] = []string{strconv.Itoa(len(c.out))}
		_, _ = w.Write(c.out)
	})
}

func (c *call) begin(d *Door, ctx context.Context, caller, requestID string) {
	c.d, c.ctx, c.caller, c.requestID, c.bare = d, ctx, caller, requestID, false
	c.x, c.now = d.Source.Index(), d.Now()
	c.stale = c.x.Stale(c.now)
	if c.stale {
		d.warnStale(c.x, c.now)
	}
	c.r = request{evaluations: c.r.evaluations[:0]}
	c.shared, c.a.shared, c.partyIn, c.parties, c.goodsIn = nil, &c.shared, nil, nil, nil
	c.out = c.out[:0]
}

// release returns a call's memory, unless a giant request made it large.
func (d *Door) release(c *call) {
	if cap(c.in) > 1<<16 || cap(c.out) > 1<<18 || cap(c.r.evaluations) > 256 {
		return
	}
	c.x, c.ctx, c.q, c.a.acts = nil, nil, Question{}, nil
	c.shared, c.partyIn, c.parties, c.goodsIn, c.goods = nil, nil, nil, nil, Goods{}
	clear(c.gates[:cap(c.gates)])
	clear(c.a.Hits[:cap(c.a.Hits)])
	clear(c.r.evaluations[:cap(c.r.evaluations)])
	clear(c.hits[:cap(c.hits)])
	d.calls.Put(c)
}

func (d *Door) warnStale(x *Index, now time.Time) {
	last := d.warned.Load()
	if now.Unix()-last >= 10 && d.warned.CompareAndSwap(last, now.Unix()) {
		d.Log.Warn("the snapshot is older than allowed", "version", x.version, "age", x.Age(now).Round(time.Second),
			"allowed", x.settings.Stale.After, "goes on", x.settings.Stale.Open)
	}
}

var errTooLarge = errors.New("the body is too large")

func readAll(r io.Reader, b []byte, most int) ([]byte, error) {
	if cap(b) == 0 {
		b = make([]byte, 0, 1024)
	}
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if len(b) > most {
			return b, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

func plainError(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// authenticate names the caller: by token, else by client certificate.
func (d *Door) authenticate(r *http.Request) (string, bool) {
	caller := ""
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		caller = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	if len(d.tokens) == 0 {
		return caller, true
	}
	return d.callerOf(r.Header.Get("Authorization"))
}

// refuse answers who has no token, or a wrong one.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" && !d.wrong.Allow() {
		w.Header().Set("Retry-After", "10")
		plainError(w, http.StatusTooManyRequests, "too many wrong tokens; wait a moment")
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="access"`)
	plainError(w, http.StatusUnauthorized, "a bearer token is required")
}

func (d *Door) callerOf(authorization string) (string, bool) {
	caller := ""
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	found := false
	for i := range d.tokens { // all of them, so that the time says nothing
		if subtle.ConstantTimeCompare(sum[:], d.tokens[i].sum[:]) == 1 {
			caller, found = d.tokens[i].caller, true
		}
	}
	return caller, found
}

// ---- evaluation

func (d *Door) evaluation(c *call) error {
	if err := c.r.decode(&c.p, c.in, d.MaxBatch, "action"); err != nil {
		return err
	}
	return c.single()
}

func (c *call) single() error {
	if err := question(&c.r.subject, &c.r.action, &c.r.resource, c.r.context, &c.q); err != nil {
		return err
	}
	c.decide()
	return nil
}

func (d *Door) evaluations(c *call) error {
	if err := c.r.decode(&c.p, c.in, d.MaxBatch, "action", "evaluations", "options"); err != nil {
		return err
	}
	r := &c.r
	if len(r.evaluations) == 0 {
		return c.single()
	}
	for _, g := range []struct { // a mistake in what all items inherit is one of the whole
		g    *given
		what string
	}{{&r.subject, "subject"}, {&r.action, "action"}, {&r.resource, "resource"}} {
		if g.g.there {
			if err := g.g.check(g.what, true); err != nil {
				return err
			}
		}
	}
	c.out = append(c.out, `{"evaluations":[`...)
	for i := range r.evaluations {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		it := &r.evaluations[i]
		s, a, res, context := &it.subject, &it.action, &it.resource, it.context
		if !s.there {
			s = &r.subject
		}
		if !a.there {
			a = &r.action
		}
		if !res.there {
			res = &r.resource
		}
		if !it.hasContext {
			context = r.context
		}
		if i > 0 {
			c.out = append(c.out, ',')
		}
		err := it.err
		if err == nil {
			err = question(s, a, res, context, &c.q)
		}
		permitted := false
		if err != nil {
			c.out = append(c.out, `{"decision":false,"context":{"error":{"status":400,"message":`...)
			c.out = appendJSON(c.out, err.Error())
			c.out = append(c.out, `}}}`...)
		} else {
			c.decide()
			permitted = c.a.Permitted()
		}
		if r.semantic == denyOnFirstDeny && !permitted || r.semantic == permitOnFirstPermit && permitted {
			break
		}
	}
	c.out = append(c.out, "]}"...)
	return nil
}

// decide answers c.q, appends the decision, records it and gives its number.
func (c *call) decide() uint64 {
	c.answer()
	c.gates = c.gates[:0]
	if c.a.Effect < Deny {
		c.others(c.everybody())
	}
	gate, all := c.gate()
	id := c.d.serial.Add(1)
	c.writeDecision(id, gate, all)
	if c.d.Proof != nil {
		c.d.Proof.add(c, id, gate)
	}
	return id
}

// answer answers c.q from the restrictions, the age of the snapshot, and what is known of the goods.
func (c *call) answer() {
	c.q.Beneath = nil
	perhaps := c.place()
	c.x.Decide(&c.q, c.now, &c.a)
	c.age()
	if len(perhaps) > 0 && c.a.Effect < Hold {
		c.doubtGoods(perhaps)
	}
}

// age turns a permit of a snapshot that is too old into a denial, unless the operator chose
// to go on. Denials stand either way.
func (c *call) age() {
	if c.stale && !c.x.settings.Stale.Open && c.a.Effect < Deny {
		c.a.Effect, c.a.Doubt = Deny, StaleSnapshot
	}
}

func (d *Door) evaluationID(n uint64) string { return d.prefix + "-" + strconv.FormatUint(n, 36) }

// A Reply is the answer to a question that did not come as AuthZEN.
type Reply struct {
	Effect Effect
	ID     string // evaluation id
	Body   []byte // the answer as AuthZEN writes it
}

// Permitted reports whether the subject may go ahead.
func (r Reply) Permitted() bool { return r.Effect < Hold }

// Ask answers a question that came another way, with gate, age and record as for any other.
// Type, id and action must not be empty.
func (d *Door) Ask(ctx context.Context, q Question, caller, requestID string) (Reply, error) {
	for _, s := range []string{q.Subject.Type, q.Subject.ID, q.Action, q.Resource.Type, q.Resource.ID} {
		if s == "" {
			return Reply{}, badf("subject, action and resource are required")
		}
		if err := checkText(s); err != nil {
			return Reply{}, badRequest(err.Error())
		}
	}
	c := d.calls.Get().(*call)
	defer d.release(c)
	c.begin(d, ctx, caller, requestID)
	c.q = q
	id := d.evaluationID(c.decide())
	return Reply{Effect: c.a.Effect, ID: id, Body: append([]byte(nil), c.out...)}, nil
}

// Caller names who sends an Authorization value; false when it may not ask.
func (d *Door) Caller(authorization string) (string, bool) {
	if len(d.tokens) == 0 {
		return "", true
	}
	return d.callerOf(authorization)
}

// WithPublisher serves snapshots beside answers, to the same callers.
func (d *Door) WithPublisher(p *Publisher) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != pathHead && !strings.HasPrefix(r.URL.Path, pathHead+"/") {
			d.ServeHTTP(w, r)
			return
		}
		if _, ok := d.authenticate(r); !ok {
			d.refuse(w, r)
			return
		}
		p.ServeHTTP(w, r)
	})
}

// RequireToken serves h to callers with a bearer token. Without tokens it serves nobody: what h shows
// names all restrictions at once, which no single question does.
func (d *Door) RequireToken(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if len(d.tokens) == 0 {
			plainError(w, http.StatusForbidden, "this door asks for no tokens, so it shows this to nobody")
			return
		}
		if _, ok := d.callerOf(r.Header.Get("Authorization")); !ok {
			d.refuse(w, r)
			return
		}
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", "GET")
			plainError(w, http.StatusMethodNotAllowed, "use GET")
			return
		}
		h(w, r)
	}
}
