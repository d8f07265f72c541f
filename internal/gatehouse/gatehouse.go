// Package gatehouse keeps the access door of a server in step with what people decided: it turns
// the decisions of cases into restrictions, adds what stored reviews know of the parties, and
// publishes both as signed snapshots.
//
// Invariants: what is published is read from the database each time, never remembered from an
// earlier look; a snapshot takes its version from the database, so servers that share one never
// sign two contents under one version; a decision that cannot be read or compiled stops only
// itself, is named in the log and on the health page, and what the ledger last recorded of it
// stays at the door; when the database does not answer, the door keeps what it has, no longer
// vouches for it, and says so.
package gatehouse

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/list"
	"plimsoll/internal/store"
)

// Reviews is what the gatehouse asks the store of reviews.
type Reviews interface {
	// Place gives name and accounts of a party, or store.ErrNoParty.
	Place(ctx context.Context, party string) (store.Place, error)
	// NewestRun grows with every stored review.
	NewestRun(ctx context.Context) (int64, error)
	// SnapshotVersion gives a snapshot its version, see [store.Store.SnapshotVersion].
	SnapshotVersion(ctx context.Context, read func(last uint64) (digest string, err error)) (uint64, error)
	// SnapshotHead gives the newest version and the SHA-256 of its content.
	SnapshotHead(ctx context.Context) (version uint64, digest string, err error)
}

// Config is what a gatehouse needs.
type Config struct {
	Reviews Reviews
	Desk    *casefile.Desk // its clock is the clock of the gatehouse
	Dir     string         // keys, tokens and records of the door; made when it is not there
	Tokens  string         // file of bearer tokens; "": one of its own in Dir
	Open    bool           // strangers are given bare decisions of evaluations
	Origin  string         // address under which callers reach the door
	Lists   []*list.List   // that parties of questions are screened against; without any such questions are held
	Log     *slog.Logger
}

// A Gatehouse answers AuthZEN questions from the decisions of cases, and hands signed snapshots
// to replicas ("plimsoll pdp --snapshot URL"). It may be used from many goroutines.
type Gatehouse struct {
	Config
	tokensFile string
	signer     note.Signer
	publish    *access.Publisher
	door       *access.Door
	handler    http.Handler
	watch      *Watch
	proofs     *access.Recorder
	events     string // file: the restrictions as events for the next review
	files      []io.Closer
	wake       chan struct{}
	called     atomic.Pointer[called] // the restricted parties by name

	looking sync.Mutex             // guards what follows; held while decisions are read and published
	run     int64                  // the newest review that places holds
	places  map[string]store.Place // of the restricted parties; those of which no review speaks are absent
	compile map[string]error       // what came of compiling a decision, by its content

	mu       sync.Mutex // guards what follows; held for a moment
	decided  []casefile.Decision
	names    map[string]string // of parties
	problems []string
	failed   error // of the last look
	looked   time.Time
}

// The addresses that tell a bearer how far the decided restrictions have got, and give them
// as an events table for the next review.
const (
	pathStanding = "/access/v1/standing"
	pathEvents   = "/access/v1/events.csv"
)

const (
	// lookEvery is how often decisions are looked at when nothing wakes the gatehouse: what
	// another server decided is at this door within a second.
	lookEvery = time.Second
	// vouchEvery is how often an unchanged snapshot is signed again.
	vouchEvery = 10 * time.Second
	// staleAfter is the age from which answers say that they may be out of date: several times
	// vouchEvery. They go on: a restriction stays, and a service that no decision restricts is not
	// cut off because a server is.
	staleAfter = time.Minute
	// permitSample is the share of permits that are recorded; denials and holds always are.
	permitSample = 0.01
)

// settings: a party or an account that no decision names may go ahead; this server speaks for
// decided restrictions only, and whoever asks knows his own customers.
func settings() access.Settings {
	return access.Settings{
		Default: access.Default{Subject: true, Resource: true},
		Stale:   access.Stale{After: staleAfter, Open: true},
		Open: []access.OpenType{
			{Type: "party", Subject: true}, {Type: "account", Subject: true}, {Type: "service", Resource: true},
			{Type: "capability", Resource: true}, {Type: "region", Resource: true}, {Type: "product", Resource: true},
			{Type: "engagement", Resource: true},
		},
	}
}

// New opens the gatehouse and publishes what is decided now.
func New(ctx context.Context, c Config) (*Gatehouse, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gatehouse{Config: c, wake: make(chan struct{}, 1), compile: map[string]error{}, names: map[string]string{},
		events: filepath.Join(c.Dir, "restrictions.csv")}
	var err error
	if g.signer, err = openKey(c.Dir); err != nil {
		return nil, err
	}
	tokens, err := g.tokens()
	if err != nil {
		return nil, err
	}
	if err := g.record(); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	if err := g.Look(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	g.door, err = access.NewDoor(access.DoorConfig{Source: g.publish, Now: c.Desk.Now, URL: c.Origin, Tokens: tokens,
		Bare: c.Open,
		Log:  c.Log, Proof: g.proofs, Gate: GateOf(c.Lists, HoldFrom, NeverDeny), Goods: Goods,
		Names: func(p access.Party) []access.Ref { return g.called.Load().find(p) }})
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/", g.door.WithPublisher(g.publish))
	mux.Handle(pathStanding, g.door.RequireToken(g.showStanding))
	mux.Handle(pathEvents, g.door.RequireToken(g.showEvents))
	mux.Handle(access.PathRotations, g.door.RequireToken(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		http.ServeFile(w, r, filepath.Join(c.Dir, format.RotationsPath))
	}))
	g.handler = mux
	return g, nil
}

// ServeHTTP answers one request.
func (g *Gatehouse) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.handler.ServeHTTP(w, r) }

// record opens what the door keeps of its answers: each denial and hold, and of each restriction
// the state before, after, and the first denial.
func (g *Gatehouse) record() (err error) {
	if g.watch, err = OpenWatch(filepath.Join(g.Dir, "watch.jsonl")); err != nil {
		return err
	}
	g.files = append(g.files, g.watch)
	answers, err := access.OpenProofFile(filepath.Join(g.Dir, "answers.jsonl"), access.ProofFileSize)
	if err != nil {
		return err
	}
	g.files = append(g.files, answers)
	// The answers come last: a batch that one of them refuses is tried again whole, and only the
	// watch takes one twice without doubling it.
	g.proofs = access.NewRecorder(access.RecorderConfig{Sink: access.Sinks{g.watch, answers}, Sample: permitSample,
		Log: g.Log})
	return nil
}

// Close writes what waits and closes the files.
func (g *Gatehouse) Close() error {
	var err error
	if g.proofs != nil {
		err = g.proofs.Close()
	}
	for _, f := range g.files {
		err = errors.Join(err, f.Close())
	}
	g.files = nil
	return err
}

// Wake has the decisions looked at soon. It does not block.
func (g *Gatehouse) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Concerns reports whether an event may change what the door answers: it is of a decision, or a
// review was stored.
func Concerns(e casefile.Event) bool {
	return e.Kind == casefile.EventRunStored || e.Case != "" && e.Subject != e.Case
}

// Run keeps the door in step with the decisions until the context ends.
func (g *Gatehouse) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, g.Close()) }()
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	vouched := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-g.wake:
		}
		if err := g.Look(ctx); err != nil {
			continue // Look has said so; what is not known to hold is not vouched for
		}
		if time.Since(vouched) > vouchEvery { // replicas see that what they hold is still what holds
			vouched = time.Now()
			if err := g.publish.Vouch(); err != nil {
				g.Log.Error("vouch for the snapshot", "error", err)
			}
		}
	}
}

// Look publishes what the decisions and the stored reviews say now, when that differs from what
// is published.
func (g *Gatehouse) Look(ctx context.Context) error {
	g.looking.Lock()
	defer g.looking.Unlock()
	err := g.look(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.failed, g.looked = nil, g.Desk.Now()
		return nil
	}
	if g.failed == nil || g.failed.Error() != err.Error() {
		g.Log.Error("the door cannot see the decisions and keeps what it has", "error", err)
	}
	g.failed = err
	return err
}

func (g *Gatehouse) look(ctx context.Context) error {
	s, err := g.read(ctx)
	if err != nil {
		return err
	}
	head, newest, err := g.Reviews.SnapshotHead(ctx)
	if err != nil {
		return err
	}
	// Another server may have published the same content again under a later version.
	changed := g.publish == nil || g.publish.Index().Sum() != s.digest || newest == s.digest &&
		head != g.publish.Index().Version()
	if changed {
		version, err := g.Reviews.SnapshotVersion(ctx, func(last uint64) (string, error) {
			if s, err = g.read(ctx); err != nil { // again: nobody else takes a version now
				return "", err
			}
			s.content.Version = last
			return s.digest, nil
		})
		if err != nil {
			return err
		}
		if err := g.show(s, version); err != nil {
			return err
		}
	} else if err := g.watch.note(nil, nil, s.content.Restrictions, g.publish.Index(), g.Desk.Now()); err != nil {
		return err
	}
	if changed {
		g.called.Store(callNames(s.names(g.places)))
	}
	g.mu.Lock()
	g.decided = s.decided
	for party, p := range g.places {
		g.names[party] = p.Name
	}
	if !slices.Equal(s.problems, g.problems) {
		for _, p := range s.problems {
			g.Log.Error("a decision at the door", "problem", p)
		}
	}
	g.problems = s.problems
	g.mu.Unlock()
	if _, err := os.Stat(g.events); changed || err != nil {
		return disk.Replace(g.events, g.writeEvents)
	}
	return nil
}

// show publishes a state under its version, and keeps what the door answered about new
// restrictions just before and after.
func (g *Gatehouse) show(s *state, version uint64) error {
	fresh, carried := g.watch.unseen(s.content.Restrictions)
	var was *access.Index
	if g.publish != nil {
		was = g.publish.Index()
	} else { // just started: what was carried before the start is in force
		before := *s.content
		before.Restrictions = carried
		var err error
		if was, err = access.NewIndex(&before); err != nil {
			return err
		}
	}
	looks := make([]*Look, len(fresh))
	for i := range fresh {
		looks[i] = look(was, &fresh[i], g.Desk.Now())
	}
	s.content.Version = version
	if g.publish == nil {
		p, err := access.NewPublisher(g.signer, s.content, g.Desk.Now)
		if err != nil {
			return err
		}
		g.publish = p
	} else if err := g.publish.Set(s.content); err != nil {
		return err
	}
	return g.watch.note(fresh, looks, s.content.Restrictions, g.publish.Index(), g.Desk.Now())
}

// A state is what the door has to hold, as the database says it at one moment.
type state struct {
	content  *access.Content
	digest   string
	decided  []casefile.Decision
	problems []string // decisions that cannot be read or compiled
}

// names are those that restricted parties have in reviews and decisions, by party.
func (s *state) names(places map[string]store.Place) map[string][]string {
	out := map[string][]string{}
	for _, e := range s.content.Restrictions {
		if e.Subject.Type == "party" {
			out[e.Subject.ID] = []string{places[e.Subject.ID].Name}
		}
	}
	for _, d := range s.decided {
		if party := partyOf(d); d.Scope.PartyName != "" && party != "" {
			out[party] = append(out[party], d.Scope.PartyName)
		}
	}
	return out
}

func (g *Gatehouse) read(ctx context.Context) (*state, error) {
	decided, bad, err := g.Desk.Binding(ctx)
	if err != nil {
		return nil, err
	}
	s := &state{content: &access.Content{Name: g.signer.Name(), Settings: settings()}, decided: decided}
	parties := map[string]bool{}
	for i := range decided {
		d := &decided[i]
		rs, err := g.restrictions(d)
		if err != nil {
			bad = append(bad, casefile.Unreadable{ID: d.ID, Why: err})
			continue
		}
		s.content.Restrictions = append(s.content.Restrictions, rs...)
		if party := partyOf(*d); party != "" {
			parties[party] = true
		}
	}
	for _, u := range bad {
		rs, err := g.recorded(ctx, u.ID)
		if err != nil {
			return nil, err
		}
		said := fmt.Sprintf("Decision %s cannot be used: %v.", u.ID, u.Why)
		if len(rs) > 0 {
			said += " What the ledger last recorded of it stays at the door."
		} else {
			said += " The ledger records no restriction of it, so the door holds none."
		}
		s.problems = append(s.problems, said)
		s.content.Restrictions = append(s.content.Restrictions, rs...)
		for _, r := range rs {
			if r.Subject.Type == "party" {
				parties[r.Subject.ID] = true
			}
		}
	}
	if err := g.place(ctx, parties); err != nil {
		return nil, err
	}
	s.content.Entities = g.entities(parties)
	s.digest, err = s.content.Digest()
	return s, err
}

// restrictions compiles one decision, and checks that it can be published.
func (g *Gatehouse) restrictions(d *casefile.Decision) ([]access.Restriction, error) {
	c, err := fromCase(d, "")
	if err != nil || c == nil {
		return nil, err
	}
	rs, err := access.Compile([]access.Decision{*c})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	err, known := g.compile[string(b)]
	if !known {
		_, err = access.NewIndex(&access.Content{Name: g.signer.Name(), Settings: settings(), Restrictions: rs})
		g.compile[string(b)] = err
	}
	return rs, err
}

// recorded gives the restrictions of a decision as the ledger last recorded them.
func (g *Gatehouse) recorded(ctx context.Context, id casefile.ID) (rs []access.Restriction, err error) {
	err = g.Desk.DB.Read(ctx, func(tx *sql.Tx) error {
		had, err := ledger.Find(ctx, tx, string(id), ledger.Restriction)
		if err != nil || len(had) == 0 {
			return err
		}
		var b []byte
		err = tx.QueryRowContext(ctx, `SELECT value FROM ledger_opening WHERE id = $1 AND name = $2`,
			had[len(had)-1].ID,
			ledger.FieldContent).Scan(&b)
		if err != nil {
			return err
		}
		var ds []access.Decision
		if json.Unmarshal(b, &ds) != nil { // erased, or damaged as well: the door holds nothing of it, and says so
			return nil
		}
		if rs, err = access.Compile(ds); err != nil {
			rs = nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the recorded restriction of %s: %w", id, err)
	}
	return rs, nil
}

// place brings the places of the restricted parties up to the newest stored review.
func (g *Gatehouse) place(ctx context.Context, parties map[string]bool) error {
	run, err := g.Reviews.NewestRun(ctx)
	if err != nil {
		return err
	}
	if run != g.run || g.places == nil {
		g.run, g.places = run, map[string]store.Place{}
	}
	for party := range parties {
		if _, ok := g.places[party]; ok {
			continue
		}
		p, err := g.Reviews.Place(ctx, party)
		if err != nil && !errors.Is(err, store.ErrNoParty) {
			return fmt.Errorf("find the accounts of party %s: %w", party, err)
		}
		g.places[party] = p // empty where no review speaks of it, until a newer one is there
	}
	return nil
}

// entities are the restricted parties and the accounts beneath them, so that a gateway that
// knows an account only is answered too.
func (g *Gatehouse) entities(parties map[string]bool) []access.Entity {
	var out []access.Entity
	in := map[string][]access.Ref{}
	for party := range parties {
		place := g.places[party]
		if place.Name == "" && len(place.Accounts) == 0 {
			continue
		}
		ref := access.Ref{Type: "party", ID: party}
		out = append(out, access.Entity{Ref: ref, Subject: true})
		for _, a := range place.Accounts {
			for _, id := range accountNames(a) {
				if !slices.Contains(in[id], ref) {
					in[id] = append(in[id], ref)
				}
			}
		}
	}
	for id, refs := range in {
		slices.SortFunc(refs, func(a, b access.Ref) int { return strings.Compare(a.ID, b.ID) })
		out = append(out, access.Entity{Ref: access.Ref{Type: "account", ID: id}, In: refs, Subject: true})
	}
	return out
}

// accountNames are the ways in which a gateway may name "account/sub": a sub-account is
// named whole, since the account above it may be another party's.
func accountNames(a string) []string {
	if _, sub, ok := strings.Cut(a, "/"); ok {
		return []string{a, sub}
	}
	return []string{a}
}

// Problems says in words what keeps the door from being as people decided; nil when nothing does.
func (g *Gatehouse) Problems() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := slices.Clone(g.problems)
	if g.failed != nil {
		out = append(out, fmt.Sprintf("The access door has not seen the decisions since %s and answers from what it "+
			"had: %v.",
			g.looked.UTC().Format(time.RFC3339), g.failed))
	}
	return out
}
