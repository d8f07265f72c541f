package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/store"
)

// door answers AuthZEN questions from the decisions of cases, and hands signed snapshots to
// replicas ("plimsoll pdp --snapshot URL").
type door struct {
	db      *store.Store
	desk    *casefile.Desk
	publish *access.Publisher
	handler http.Handler
	appeal  string
	log     *slog.Logger
	seen    map[string]bool // parties and accounts whose place is published
	watch   *access.Watch
	proofs  *access.Recorder
	events  string // file: the restrictions as events for the next review
	files   []io.Closer

	mu      sync.Mutex // guards what follows; held for a moment
	decided []casefile.Decision
	names   map[string]string // of parties
}

// The addresses that tell a bearer how far the decided restrictions have got, and give them
// as an events table for the next review.
const (
	pathStanding = "/access/v1/standing"
	pathEvents   = "/access/v1/events.csv"
)

// doorEvery is how often decisions are looked at: a new or lifted one is at the door, and at
// every replica that waits, within a second.
const doorEvery = 250 * time.Millisecond

// doorSettings: a party or an account that no decision names may go ahead; this server
// speaks for decided restrictions only, and whoever asks knows his own customers.
func doorSettings() access.Settings {
	return access.Settings{
		Default: access.Default{Subject: true, Resource: true},
		Open: []access.OpenType{
			{Type: "party", Subject: true}, {Type: "account", Subject: true}, {Type: "service", Resource: true}, {Type: "capability", Resource: true},
			{Type: "region", Resource: true}, {Type: "product", Resource: true}, {Type: "engagement", Resource: true},
		},
	}
}

func newDoor(ctx context.Context, db *store.Store, desk *casefile.Desk, keyFile, tokensFile, origin string, log *slog.Logger) (*door, error) {
	signer, err := doorKey(keyFile)
	if err != nil {
		return nil, err
	}
	tokens, err := readTokens(tokensFile)
	if err != nil {
		return nil, err
	}
	d := &door{db: db, desk: desk, log: log, seen: map[string]bool{}, names: map[string]string{}, events: filepath.Join(filepath.Dir(keyFile), "restrictions.csv")}
	if d.publish, err = access.NewPublisher(signer, &access.Content{Name: signer.Name(), Version: uint64(time.Now().Unix()), Settings: doorSettings()}, desk.Now); err != nil {
		return nil, err
	}
	if err := d.record(filepath.Dir(keyFile)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	at, err := access.NewDoor(access.DoorConfig{Source: d.publish, Now: desk.Now, URL: origin, Tokens: tokens, Log: log, Proof: d.proofs})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/", at.WithPublisher(d.publish))
	mux.Handle(pathStanding, at.Only(d.showStanding))
	mux.Handle(pathEvents, at.Only(d.showEvents))
	d.handler = mux
	if err := d.look(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// record opens what the door keeps of its answers: each denial and hold, and of each
// restriction the state before, after, and the first denial.
func (d *door) record(dir string) (err error) {
	if d.watch, err = access.OpenWatch(filepath.Join(dir, "watch.jsonl")); err != nil {
		return err
	}
	d.files = append(d.files, d.watch)
	answers, err := access.OpenProofFile(filepath.Join(dir, "answers.jsonl"), access.ProofFileSize)
	if err != nil {
		return err
	}
	d.files = append(d.files, answers)
	// The answers come last: a batch that one of them refuses is tried again whole, and only the
	// watch takes one twice without doubling it.
	d.proofs = access.NewRecorder(access.RecorderConfig{Sink: access.Sinks{d.watch, answers}, Sample: 0.01, Log: d.log})
	return nil
}

// Close writes what waits and closes the files.
func (d *door) Close() error {
	var err error
	if d.proofs != nil {
		err = d.proofs.Close()
	}
	for _, f := range d.files {
		err = errors.Join(err, f.Close())
	}
	d.files = nil
	return err
}

// doorKey reads the key that snapshots are signed with, and makes one at the first start.
func doorKey(path string) (note.Signer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		secret, public, err := note.GenerateKey(rand.Reader, "plimsoll.access")
		if err != nil {
			return nil, fmt.Errorf("make access key: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("make access key: %w", err)
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("make access key: %w", err)
		}
		_, err = fmt.Fprintln(f, secret)
		if err := errors.Join(err, f.Sync(), f.Close(), os.WriteFile(path+".pub", []byte(public+"\n"), 0o644)); err != nil {
			return nil, fmt.Errorf("make access key: %w", err)
		}
		b = []byte(secret)
	} else if err != nil {
		return nil, fmt.Errorf("read access key: %w", err)
	}
	signer, err := note.NewSigner(string(bytes.TrimSpace(b)))
	if err != nil {
		return nil, fmt.Errorf("read access key %s: %w", path, err)
	}
	return signer, nil
}

// run keeps the door in step with the decisions until the context ends. When the database
// does not answer, the door keeps what it has and says so in the log.
func (d *door) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, d.Close()) }()
	t := time.NewTicker(doorEvery)
	defer t.Stop()
	vouched := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("decisions at the door", "error", err)
			continue
		}
		if time.Since(vouched) > 10*time.Second { // replicas see that what they hold is still what holds
			vouched = time.Now()
			if err := d.publish.Vouch(); err != nil {
				d.log.Error("vouch for the snapshot", "error", err)
			}
		}
	}
}

// look publishes what the decisions say now, when that differs.
func (d *door) look(ctx context.Context) error {
	decided, err := d.desk.Binding(ctx)
	if err != nil {
		return err
	}
	if err := d.places(ctx, decided); err != nil {
		return err
	}
	ds, err := access.FromCases(decided, d.appeal)
	if err != nil {
		return err
	}
	rs, err := access.Compile(ds)
	if err != nil {
		return err
	}
	changed, err := d.watch.Restrict(d.publish, rs, d.desk.Now())
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.decided = decided
	d.mu.Unlock()
	if _, err := os.Stat(d.events); changed || err != nil {
		return disk.Replace(d.events, d.writeEvents)
	}
	return nil
}

// places publishes which accounts lie beneath a restricted party, as the newest stored review
// knows them, so that a gateway that knows an account only is answered too.
func (d *door) places(ctx context.Context, decided []casefile.Decision) error {
	var ch access.Change
	for _, x := range decided {
		party := partyOf(x)
		if party == "" || d.seen[party] {
			continue
		}
		d.seen[party] = true
		view, err := d.db.Party(ctx, party)
		if errors.Is(err, store.ErrNoParty) {
			continue
		}
		if err != nil {
			return err
		}
		d.mu.Lock()
		d.names[party] = view.Name
		d.mu.Unlock()
		ch.Entities = append(ch.Entities, access.Entity{Ref: access.Ref{Type: "party", ID: party}, Subject: true})
		for _, f := range view.Findings {
			for _, a := range f.Accounts {
				for _, id := range accountNames(a) {
					if d.seen["account "+id] {
						continue
					}
					d.seen["account "+id] = true
					ch.Entities = append(ch.Entities, access.Entity{Ref: access.Ref{Type: "account", ID: id}, In: []access.Ref{{Type: "party", ID: party}}, Subject: true})
				}
			}
		}
	}
	if len(ch.Entities) == 0 {
		return nil
	}
	return d.publish.Change(ch)
}

// accountNames are the ways in which a gateway may name "account/sub": a sub-account is
// named whole, since the account above it may be another party's.
func accountNames(a string) []string {
	if _, sub, ok := strings.Cut(a, "/"); ok {
		return []string{a, sub}
	}
	return []string{a}
}
