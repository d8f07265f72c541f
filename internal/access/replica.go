package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// A Replica follows a publisher or a file. It keeps answering from the last good snapshot
// whatever it is sent, and keeps that on disk. Safe for concurrent use; it is a [Source].
type Replica struct {
	From     string        // URL of a publisher (scheme and host, or up to /access/v1/snapshot), or a file's path
	Verifier note.Verifier // the publisher's key
	Dir      string        // where the last good snapshot is kept; "" keeps none
	Client   *http.Client
	Token    string        // bearer token for the publisher
	Wait     time.Duration // of a long poll, and how often a file is looked at (then at most 1 s); default 30 s
	Now      func() time.Time
	Log      *slog.Logger
	OnSwap   func(*Index) // called after each swap; must not block

	index atomic.Pointer[Index]
	good  atomic.Pointer[good]
	keeps chan struct{} // wakes the one who writes to disk
	etag  string
	seen  os.FileInfo // of the file that is in use
}

// good is what the disk should hold.
type good struct {
	signed, table string
	index         *Index
	whole         bool // not only the head is new
}

// ErrNoSnapshot says that a replica has nothing to answer from.
var ErrNoSnapshot = errors.New("no snapshot could be had, and none is on disk")

// Index gives the index in use; nil before [Replica.Open] has succeeded.
func (r *Replica) Index() *Index { return r.index.Load() }

// PathRotations is where a publisher shows the statements about its key.
const PathRotations = "/access/v1/rotations"

// The last good snapshot, and its newest head when it was vouched for again since.
const (
	lastGood = "last-good.snapshot"
	lastHead = "last-good.head"
)

// skew is how far a publisher's clock may run ahead.
const skew = time.Minute

// Open loads the last good snapshot from disk, then asks the source once. One of the two must
// give a snapshot.
func (r *Replica) Open(ctx context.Context) error {
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.Client == nil {
		r.Client = &http.Client{}
	}
	if r.Wait <= 0 {
		r.Wait = 30 * time.Second
	}
	r.keeps = make(chan struct{}, 1)
	if r.Dir != "" {
		if err := os.MkdirAll(r.Dir, 0o700); err != nil {
			return fmt.Errorf("open replica: %w", err)
		}
		if err := r.load(); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.Log.Error("the last good snapshot on disk cannot be used", "error", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := r.poll(ctx, 0); err != nil {
		if r.index.Load() == nil {
			return fmt.Errorf("open replica: %w: %w", ErrNoSnapshot, err)
		}
		r.Log.Error("the source gives no snapshot; answering from disk", "error", err, "version", r.Index().version,
			"age", r.Index().Age(r.Now()).Round(time.Second))
	}
	r.keep()
	return nil
}

// succeed asks the publisher whether another key took the place of the one that is known, and follows the statements
// that both have signed. They are kept beside the last good snapshot.
func (r *Replica) succeed(ctx context.Context, base string) error {
	text, status, _, err := r.get(ctx, base+PathRotations, "", 1<<20)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return fmt.Errorf("fetch rotations of the publisher's key: %w", err)
	}
	v, err := followStatements(r.Verifier, text)
	if err != nil {
		return err
	}
	if r.Dir != "" {
		if err := disk.Replace(filepath.Join(r.Dir, format.RotationsPath), func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		}); err != nil {
			return err
		}
	}
	r.Verifier = v
	r.Log.Warn("the publisher's key was replaced by another, as both state", "key", v.(format.Succession).VKey)
	return nil
}

// followStatements goes from a key that is trusted to those that took its place.
func followStatements(trusted note.Verifier, text []byte) (note.Verifier, error) {
	rs, err := format.ParseRotations(text)
	if err == nil && len(rs) == 0 {
		err = errors.New("there are no rotations")
	}
	if err != nil {
		return nil, err
	}
	return format.Succeed(trusted, rs)
}

// load takes the snapshot on disk.
func (r *Replica) load() error {
	text, err := os.ReadFile(filepath.Join(r.Dir, format.RotationsPath))
	if err == nil {
		if r.Verifier, err = followStatements(r.Verifier, text); err != nil {
			return err
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	b, err := readFile(filepath.Join(r.Dir, lastGood))
	if err != nil {
		return err
	}
	if err := r.take(b); err != nil {
		return err
	}
	r.good.Load().whole = false
	head, err := os.ReadFile(filepath.Join(r.Dir, lastHead))
	if err != nil {
		return err
	}
	h, err := openHead(head, r.Verifier)
	if err == nil && h.Version == r.Index().version && r.admit(h) == nil {
		r.vouched(h, string(head))
	}
	return err
}

// Run follows the source until ctx ends.
func (r *Replica) Run(ctx context.Context) error {
	wait := time.Duration(0)
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		for {
			select {
			case <-r.keeps:
				r.keep()
			case <-ctx.Done():
				r.keep()
				return
			}
		}
	})
	for {
		var err error
		if r.isFile() {
			if !sleep(ctx, min(r.Wait, time.Second)) {
				return ctx.Err()
			}
			err = r.poll(ctx, 0)
		} else {
			limit, cancel := context.WithTimeout(ctx, r.Wait+30*time.Second)
			err = r.poll(limit, r.Wait)
			cancel()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			wait = 0
			continue
		}
		x := r.Index()
		r.Log.Error("the snapshot could not be renewed", "error", err, "version", x.version, "age",
			x.Age(r.Now()).Round(time.Millisecond), "stale", x.Stale(r.Now()))
		wait = min(max(wait*2, 50*time.Millisecond), 2*time.Second)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *Replica) isFile() bool {
	return !strings.HasPrefix(r.From, "http://") && !strings.HasPrefix(r.From, "https://")
}

func (r *Replica) poll(ctx context.Context, wait time.Duration) error {
	if r.isFile() {
		return r.pollFile()
	}
	base, _, _ := strings.Cut(r.From, pathHead)
	base = strings.TrimSuffix(base, "/")
	url := base + pathHead
	if wait > 0 {
		url += "?wait=" + wait.String()
	}
	head, status, etag, err := r.get(ctx, url, r.etag, 1<<16)
	if err != nil {
		return err
	}
	if status == http.StatusNotModified {
		return nil
	}
	h, err := openHead(head, r.Verifier)
	if errors.Is(err, errOtherKey) && r.succeed(ctx, base) == nil {
		h, err = openHead(head, r.Verifier)
	}
	if err != nil {
		return err
	}
	if err := r.admit(h); err != nil {
		return err
	}
	old := r.Index()
	if old != nil && old.version == h.Version { // vouched for again, or by another publisher a little earlier
		r.etag = etag
		if h.Issued.After(old.issued) {
			r.vouched(h, string(head))
		}
		return nil
	}
	blob := func(sum string) ([]byte, error) {
		b, status, _, err := r.get(ctx, base+pathBlob+sum, "", 1<<30)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("fetch part %.12s: status %d", sum, status)
		}
		return b, err
	}
	tb, err := blob(h.Table)
	if err != nil {
		return err
	}
	if hexSum(tb) != h.Table {
		return errors.New("read snapshot table: its content is not what was signed")
	}
	t, err := parseTable(tb)
	if err != nil {
		return err
	}
	x, err := old.next(h, t, func(_ int, sum string) (string, error) {
		b, err := blob(sum)
		return string(b), err
	})
	if err != nil {
		return err
	}
	r.etag = etag
	r.use(x, string(head), string(tb))
	return nil
}

func (r *Replica) get(ctx context.Context, url, etag string, most int) ([]byte, int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, "", fmt.Errorf("fetch snapshot: %w", err)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	res, err := r.Client.Do(req)
	if err != nil {
		return nil, 0, "", fmt.Errorf("fetch snapshot: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	switch {
	case err != nil:
		return nil, 0, "", fmt.Errorf("fetch snapshot: %w", err)
	case len(b) > most:
		return nil, 0, "", fmt.Errorf("fetch snapshot: more than %d bytes", most)
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNotModified:
		return nil, res.StatusCode, "", fmt.Errorf("fetch snapshot: status %d", res.StatusCode)
	}
	return b, res.StatusCode, res.Header.Get("ETag"), nil
}

// admit refuses what is older than the snapshot in use, and a second one of the same version.
// The same snapshot, vouched for earlier than the one in use, is no error: several publishers of
// one database vouch each at its own time. It makes nothing younger.
func (r *Replica) admit(h Head) error {
	if h.Issued.After(r.Now().Add(skew)) {
		return fmt.Errorf("refuse snapshot version %d: it is dated %s, in the future", h.Version,
			h.Issued.Format(time.RFC3339))
	}
	old := r.Index()
	switch {
	case old == nil:
		return nil
	case h.Name != old.name:
		return fmt.Errorf("refuse snapshot: it is of %q, not of %q", h.Name, old.name)
	case h.Version < old.version:
		return fmt.Errorf("refuse snapshot: version %d is older than %d, which is in use", h.Version, old.version)
	case h.Version == old.version && h.Table != old.sum:
		return fmt.Errorf("refuse snapshot: there are two of version %d", h.Version)
	}
	return nil
}

func (r *Replica) pollFile() error {
	st, err := os.Stat(r.From)
	if err != nil {
		return fmt.Errorf("read snapshot file: %w", err)
	}
	if r.seen != nil && os.SameFile(st, r.seen) && st.ModTime().Equal(r.seen.ModTime()) && st.Size() == r.seen.Size() {
		return nil
	}
	b, err := readFile(r.From)
	if err != nil {
		return err
	}
	if err := r.take(b); err != nil {
		return err
	}
	r.seen = st
	return nil
}

// take uses a whole file.
func (r *Replica) take(s string) error {
	f, err := parseFile(s, r.Verifier)
	if err != nil {
		return err
	}
	if err := r.admit(f.head); err != nil {
		return err
	}
	old := r.Index()
	if old != nil && old.version == f.head.Version && !f.head.Issued.After(old.issued) {
		return nil
	}
	x, err := old.next(f.head, f.table, f.shard)
	if err != nil {
		return err
	}
	r.use(x, f.signed, f.tableBytes)
	return nil
}

func (r *Replica) use(x *Index, signed, tb string) {
	r.index.Store(x)
	r.Log.Info("snapshot in use", "version", x.version, "sha256", x.sum[:12], "restrictions", x.binding, "entities",
		x.entities)
	if r.OnSwap != nil {
		r.OnSwap(x)
	}
	r.write(&good{signed, tb, x, true})
}

// vouched notes that the snapshot in use still is the newest.
func (r *Replica) vouched(h Head, signed string) {
	x := *r.Index()
	x.issued = h.Issued
	r.index.Store(&x)
	g := *r.good.Load()
	g.signed, g.index = signed, &x
	r.write(&g)
}

// write lets the disk follow; the answer comes first.
func (r *Replica) write(g *good) {
	r.good.Store(g)
	select {
	case r.keeps <- struct{}{}:
	default:
	}
}

// keep writes to disk what is good now.
func (r *Replica) keep() {
	g := r.good.Load()
	if r.Dir == "" || g == nil {
		return
	}
	var err error
	if g.whole {
		t := &table{Shards: sums(g.index.shards)}
		raws := make(map[string]string, len(t.Shards))
		for i, s := range t.Shards {
			raws[s] = g.index.shards[i].raw
		}
		err = disk.Replace(filepath.Join(r.Dir, lastGood), func(w io.Writer) error {
			return writeFile(w, []byte(g.signed), []byte(g.table), t, func(sum string) string { return raws[sum] })
		})
		if err == nil {
			after := *g
			after.whole = false
			r.good.CompareAndSwap(g, &after)
		}
	}
	if err == nil {
		err = disk.Replace(filepath.Join(r.Dir, lastHead), func(w io.Writer) error {
			_, err := io.WriteString(w, g.signed)
			return err
		})
	}
	if err != nil {
		r.Log.Error("the snapshot could not be kept on disk", "error", err)
	}
}
