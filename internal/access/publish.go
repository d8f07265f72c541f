package access

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Publisher signs snapshots and hands them to replicas. Versions only grow. Safe for
// concurrent use; its index is a [Source].
type Publisher struct {
	signer note.Signer
	now    func() time.Time
	index  atomic.Pointer[Index]

	mu      sync.Mutex // guards what follows; held while a snapshot is built, never while one is served
	blobs   []map[string]string
	current atomic.Pointer[published]
}

type published struct {
	note  []byte
	head  Head
	table []byte
	blobs map[string]string // what a replica of this or a recent version may still fetch
	newer chan struct{}     // closed when this one is followed
}

// keepVersions is how many versions' parts stay fetchable, for replicas that are midway.
const keepVersions = 4

// NewPublisher publishes c as its first snapshot. The name of the key is that of the publisher.
func NewPublisher(signer note.Signer, c *Content, now func() time.Time) (*Publisher, error) {
	if now == nil {
		now = time.Now
	}
	p := &Publisher{signer: signer, now: now}
	return p, p.Replace(c)
}

// Index gives the index of the newest snapshot.
func (p *Publisher) Index() *Index { return p.index.Load() }

// Replace publishes other content. Its version is at least one more than the last.
func (p *Publisher) Replace(c *Content) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.index.Load()
	n := shardsFor(len(c.Entities) + len(c.Restrictions))
	if old != nil && n < len(old.shards)*4 && len(old.shards) < n*4 { // shards that move share nothing
		n = len(old.shards)
	}
	parts, err := split(c, n)
	if err != nil {
		return fmt.Errorf("publish snapshot: %w", err)
	}
	raws := make([]string, n)
	inParallel(n, func(i int) { raws[i] = string(encodeShard(parts[i].entities, parts[i].restrictions)) })
	return p.publish(max(c.Version, 1), c.Settings, raws)
}

// Set publishes content under exactly its own version, in a form that depends on nothing but the
// content: publishers that agree on versions sign the same bytes. Content that is published
// already changes nothing; other content under a version that is not newer is refused.
func (p *Publisher) Set(c *Content) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	raws, err := c.encode()
	if err != nil {
		return fmt.Errorf("publish snapshot: %w", err)
	}
	if old := p.index.Load(); c.Version <= old.version {
		if c.Version == old.version && c.table(raws).sum() == old.sum {
			return nil
		}
		return fmt.Errorf("publish snapshot: version %d is not newer than %d", c.Version, old.version)
	}
	return p.publish(c.Version, c.Settings, raws)
}

// Digest is the SHA-256 that a snapshot of this content has, in hex, whatever its version.
func (c *Content) Digest() (string, error) {
	raws, err := c.encode()
	if err != nil {
		return "", fmt.Errorf("digest of snapshot: %w", err)
	}
	return c.table(raws).sum(), nil
}

// encode gives the shards of the content in their binary form.
func (c *Content) encode() ([]string, error) {
	parts, err := split(c, shardsFor(len(c.Entities)+len(c.Restrictions)))
	if err != nil {
		return nil, err
	}
	raws := make([]string, len(parts))
	inParallel(len(parts), func(i int) { raws[i] = string(encodeShard(parts[i].entities, parts[i].restrictions)) })
	return raws, nil
}

func (c *Content) table(raws []string) *table {
	t := &table{Settings: c.Settings.filled(), Shards: make([]string, len(raws))}
	for i, raw := range raws {
		t.Shards[i] = hexSum([]byte(raw))
	}
	return t
}

// A Change is what differs from one snapshot to the next.
type Change struct {
	Put      []Restriction // new or other than before, by subject and id
	Lift     []Restriction // only subject and id count
	Entities []Entity      // new or other than before
	Remove   []Ref         // entities that are gone
}

// Change publishes a snapshot that differs in parts. Only the shards that hold these are built.
func (p *Publisher) Change(ch Change) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.index.Load()
	parts := map[uint64]*part{}
	of := func(r Ref) *part {
		i := key(r) >> old.shift
		if parts[i] == nil {
			parts[i] = old.shards[i].part()
		}
		return parts[i]
	}
	same := func(a Restriction) func(Restriction) bool {
		return func(b Restriction) bool { return a.ID == b.ID && a.Subject == b.Subject }
	}
	for _, r := range ch.Lift {
		k := of(r.Subject)
		n := len(k.restrictions)
		if k.restrictions = slices.DeleteFunc(k.restrictions, same(r)); len(k.restrictions) == n {
			return fmt.Errorf("publish snapshot: lift restriction %s of %s: there is none", r.ID, r.Subject)
		}
	}
	for _, r := range ch.Put {
		if err := r.check(); err != nil {
			return fmt.Errorf("publish snapshot: %w", err)
		}
		for _, a := range r.Actions {
			if !slices.Contains(old.settings.Actions, a) {
				return fmt.Errorf("publish snapshot: restriction %s: action %q is not declared", r.ID, a)
			}
		}
		k := of(r.Subject)
		k.restrictions = append(slices.DeleteFunc(k.restrictions, same(r)), r)
	}
	for _, r := range ch.Remove {
		k := of(r)
		k.entities = slices.DeleteFunc(k.entities, func(e Entity) bool { return e.Ref == r })
	}
	for _, e := range ch.Entities {
		if err := e.check(); err != nil {
			return fmt.Errorf("publish snapshot: %w", err)
		}
		k := of(e.Ref)
		k.entities = append(slices.DeleteFunc(k.entities, func(had Entity) bool { return had.Ref == e.Ref }), e)
	}
	raws := make([]string, len(old.shards))
	for i, sh := range old.shards {
		raws[i] = sh.raw
		if k := parts[uint64(i)]; k != nil {
			raws[i] = string(encodeShard(k.entities, k.restrictions))
		}
	}
	return p.publish(old.version+1, old.settings, raws)
}

// part gives the content of a shard back.
func (sh *shard) part() *part {
	k := &part{}
	for i := range sh.nodes {
		if sh.nodes[i].flags&flagListed != 0 {
			k.entities = append(k.entities, sh.entity(&sh.nodes[i]))
		}
	}
	for i := range sh.rules {
		k.restrictions = append(k.restrictions, sh.restriction(&sh.rules[i]))
	}
	return k
}

// publish signs and shows a snapshot. The caller holds mu.
func (p *Publisher) publish(version uint64, s Settings, raws []string) error {
	old := p.index.Load()
	if old != nil {
		version = max(version, old.version+1)
	}
	t := &table{Settings: s.filled(), Shards: make([]string, len(raws))}
	blobs := make(map[string]string, len(raws)+1)
	for i, raw := range raws {
		sum := ""
		if old != nil && len(old.shards) == len(raws) && raw == old.shards[i].raw { // unchanged: not hashed again
			sum = hex.EncodeToString(old.shards[i].sum[:])
		} else {
			sum = hexSum([]byte(raw))
		}
		t.Shards[i] = sum
		blobs[sum] = raw
	}
	tb := t.bytes()
	h := Head{Name: p.signer.Name(), Version: version, Issued: p.now().UTC(), Table: hexSum(tb)}
	blobs[h.Table] = string(tb)
	x, err := old.next(h, t, func(_ int, sum string) (string, error) { return blobs[sum], nil })
	if err != nil {
		return fmt.Errorf("publish snapshot: %w", err)
	}
	if p.blobs = append(p.blobs, blobs); len(p.blobs) > keepVersions {
		p.blobs = slices.Clone(p.blobs[1:])
	}
	all := map[string]string{}
	for _, b := range p.blobs {
		maps.Copy(all, b)
	}
	return p.show(h, tb, all, x)
}

func (p *Publisher) show(h Head, tb []byte, blobs map[string]string, x *Index) error {
	n, err := note.Sign(&note.Note{Text: h.text()}, p.signer)
	if err != nil {
		return fmt.Errorf("sign snapshot: %w", err)
	}
	p.index.Store(x)
	was := p.current.Swap(&published{note: n, head: h, table: tb, blobs: blobs, newer: make(chan struct{})})
	if was != nil {
		close(was.newer)
	}
	return nil
}

// Vouch signs the newest snapshot again, with the present time. Call it as often as replicas
// need to know that nothing has changed.
func (p *Publisher) Vouch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.current.Load()
	h := c.head
	h.Issued = p.now().UTC()
	x := *p.index.Load()
	x.issued = h.Issued
	return p.show(h, c.table, c.blobs, &x)
}

// Paths under which a publisher serves.
const (
	pathHead = "/access/v1/snapshot"
	pathBlob = "/access/v1/snapshot/blob/"
	pathFile = "/access/v1/snapshot/file"
)

// maxWait bounds a long poll.
const maxWait = time.Minute

// ServeHTTP gives the head (with ETag; "?wait=30s" and If-None-Match wait for another), the
// parts by their SHA-256, and the whole as one file.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		plainError(w, http.StatusMethodNotAllowed, "use GET")
		return
	}
	switch {
	case r.URL.Path == pathHead:
		p.serveHead(w, r)
	case r.URL.Path == pathFile:
		w.Header().Set("Content-Type", "application/octet-stream")
		_ = p.WriteFile(w)
	case strings.HasPrefix(r.URL.Path, pathBlob):
		b, ok := p.current.Load().blobs[strings.TrimPrefix(r.URL.Path, pathBlob)]
		if !ok {
			plainError(w, http.StatusNotFound, "no such part")
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = io.WriteString(w, b)
	default:
		plainError(w, http.StatusNotFound, "no such page")
	}
}

func (c *published) etag() string { return `"` + hexSum(c.note)[:32] + `"` }

func (p *Publisher) serveHead(w http.ResponseWriter, r *http.Request) {
	c := p.current.Load()
	if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil && wait > 0 &&
		r.Header.Get("If-None-Match") == c.etag() {
		t := time.NewTimer(min(wait, maxWait))
		defer t.Stop()
		select {
		case <-c.newer:
			c = p.current.Load()
		case <-t.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("ETag", c.etag())
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == c.etag() {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(c.note)
}

// ---- files

const fileMagic = "plimsoll-snapshot/1\n"

// WriteFile writes the newest snapshot as one file: the signed head, the table, the shards.
func (p *Publisher) WriteFile(w io.Writer) error {
	c := p.current.Load()
	t, err := parseTable(c.table)
	if err != nil {
		return err
	}
	return writeFile(w, c.note, c.table, t, func(sum string) string { return c.blobs[sum] })
}

func writeFile(w io.Writer, signed, tb []byte, t *table, blob func(string) string) error {
	b := bufio.NewWriterSize(w, 1<<16)
	var n [binary.MaxVarintLen64]byte
	put := func(s string) {
		_, _ = b.Write(binary.AppendUvarint(n[:0], uint64(len(s))))
		_, _ = b.WriteString(s)
	}
	_, _ = b.WriteString(fileMagic)
	put(string(signed))
	put(string(tb))
	for _, s := range t.Shards {
		put(blob(s))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// IsSnapshot reports whether a file begins as a signed snapshot.
func IsSnapshot(head []byte) bool { return strings.HasPrefix(string(head), fileMagic) }

// parseFile takes a snapshot file apart. It checks what the signature covers, not yet the shards.
func parseFile(s string, v note.Verifier) (*snapshotFile, error) {
	f := &snapshotFile{}
	fail := func(err error) (*snapshotFile, error) { return nil, fmt.Errorf("read snapshot file: %w", err) }
	if !strings.HasPrefix(s, fileMagic) {
		return fail(errors.New("it does not begin as one"))
	}
	d := &scanner{s: s, i: len(fileMagic)}
	part := func() string {
		n := d.uvarint()
		if d.bad || n > uint64(len(s)-d.i) {
			d.bad = true
			return ""
		}
		d.i += int(n)
		return s[d.i-int(n) : d.i]
	}
	f.signed, f.tableBytes = part(), part()
	if d.bad {
		return fail(errors.New("it is truncated"))
	}
	var err error
	if f.head, err = openHead([]byte(f.signed), v); err != nil {
		return fail(err)
	}
	if hexSum([]byte(f.tableBytes)) != f.head.Table {
		return fail(errors.New("its table is not the one that was signed"))
	}
	if f.table, err = parseTable([]byte(f.tableBytes)); err != nil {
		return fail(err)
	}
	for range f.table.Shards {
		f.raws = append(f.raws, part())
	}
	if d.bad || d.i != len(s) {
		return fail(errors.New("it is truncated"))
	}
	return f, nil
}

// A snapshotFile is a file taken apart.
type snapshotFile struct {
	signed     string
	head       Head
	tableBytes string
	table      *table
	raws       []string
}

// ReadSnapshot reads a signed snapshot file.
func ReadSnapshot(path string, v note.Verifier) (*Index, error) {
	s, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return ParseSnapshot(s, v)
}

// ParseSnapshot reads a signed snapshot.
func ParseSnapshot(s string, v note.Verifier) (*Index, error) {
	f, err := parseFile(s, v)
	if err != nil {
		return nil, err
	}
	return (*Index)(nil).next(f.head, f.table, f.shard)
}

func (f *snapshotFile) shard(i int, _ string) (string, error) { return f.raws[i], nil }

// readFile reads a file without ever copying the whole of it at once, see [pageBits].
func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read snapshot file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read snapshot file: %w", err)
	}
	var b strings.Builder
	b.Grow(int(min(st.Size(), 1<<32)))
	if _, err := io.CopyBuffer(struct{ io.Writer }{&b}, struct{ io.Reader }{f}, make([]byte, 1<<18)); err != nil {
		return "", fmt.Errorf("read snapshot file: %w", err)
	}
	return b.String(), nil
}
