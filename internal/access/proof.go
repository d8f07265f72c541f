package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"plimsoll/internal/disk"
)

// A Proof is one recorded answer: who asked what, and what was answered on which ground. It
// holds no property and no context, so nothing of the business itself.
type Proof struct {
	ID           string    `json:"id,omitempty"`
	At           time.Time `json:"at"`
	Caller       string    `json:"caller,omitempty"`
	RequestID    string    `json:"request_id,omitempty"`
	Subject      Ref       `json:"subject"`
	Action       string    `json:"action"`
	Resource     Ref       `json:"resource"`
	Effect       Effect    `json:"effect"`
	Doubt        string    `json:"doubt,omitempty"`
	Restrictions []string  `json:"restrictions,omitempty"`
	Hold         string    `json:"hold,omitempty"` // reference
	Version      uint64    `json:"version"`
	SHA256       string    `json:"sha256"`
	Lost         uint64    `json:"lost,omitempty"` // not an answer: so many were not recorded before this line
}

// A ProofSink keeps batches of proofs. Calls do not overlap; a batch is durable on return.
type ProofSink interface {
	Keep(ctx context.Context, batch []Proof) error
}

// A Recorder passes proofs on in batches. Adding never waits: when the sink is slower than
// the answers, permits are left out first, then denials; what was left out is counted, shown
// in the metadata, and stands in the record itself.
type Recorder struct {
	sink    ProofSink
	sample  float64
	most    int
	every   time.Duration
	log     *slog.Logger
	lost    atomic.Uint64
	stop    chan struct{}
	wake    chan struct{}
	stopped chan struct{}

	mu      sync.Mutex // guards what follows; held for an append only, never while the sink works
	waiting []Proof
	missed  uint64
	closed  bool
}

// RecorderConfig sets a recorder up.
type RecorderConfig struct {
	Sink   ProofSink
	Sample float64       // share of permits that are recorded, 0 to 1; denials and holds always are
	Buffer int           // most proofs that may wait, default 65536
	Every  time.Duration // longest wait for a batch, default 200 ms
	Log    *slog.Logger
}

// NewRecorder starts a recorder; Close ends it.
func NewRecorder(c RecorderConfig) *Recorder {
	r := &Recorder{sink: c.Sink, sample: c.Sample, most: c.Buffer, every: c.Every, log: c.Log,
		stop: make(chan struct{}), wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	if r.most <= 0 {
		r.most = 1 << 16
	}
	if r.every <= 0 {
		r.every = 200 * time.Millisecond
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	go r.run()
	return r
}

// Lost says how many answers could not be recorded.
func (r *Recorder) Lost() uint64 { return r.lost.Load() }

func (r *Recorder) add(c *call, id uint64, gate *gated) {
	a := &c.a
	if a.Effect < Hold && (r.sample <= 0 || r.sample < 1 && rand.Float64() >= r.sample) {
		return
	}
	p := Proof{ID: c.d.evaluationID(id), At: c.now.UTC(), Caller: c.caller, RequestID: cut(c.requestID),
		Subject: c.q.Subject, Action: c.q.Action, Resource: c.q.Resource,
		Effect: a.Effect, Doubt: a.Doubt.String(), Version: c.x.version, SHA256: c.x.sum}
	for _, h := range a.Hits {
		p.Restrictions = append(p.Restrictions, h.Restriction().ID)
	}
	if gate != nil {
		p.Hold = gate.reference
	}
	r.put(p)
}

// cut shortens a request id, which may be as long as a header, so that those that wait stay small.
func cut(id string) string {
	const most = 256
	if len(id) <= most {
		return id
	}
	return strings.ToValidUTF8(strings.Clone(id[:most]), "")
}

func (r *Recorder) put(p Proof) {
	room := r.most
	if p.Effect < Hold {
		room /= 2 // the other half is kept for denials
	}
	r.mu.Lock()
	full := r.closed || len(r.waiting) >= room
	if full {
		r.missed++
		r.lost.Add(1)
	} else {
		r.waiting = append(r.waiting, p)
	}
	hurry := len(r.waiting) >= min(1024, r.most)
	r.mu.Unlock()
	if hurry {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

func (r *Recorder) run() {
	defer close(r.stopped)
	t := time.NewTicker(r.every)
	defer t.Stop()
	for {
		stop := false
		select {
		case <-t.C:
		case <-r.wake:
		case <-r.stop:
			stop = true
		}
		r.flush(stop)
		if stop {
			return
		}
	}
}

// flush hands the waiting proofs over. A batch that the sink refuses is tried again until it
// takes it, or once more when the recorder closes; meanwhile the buffer fills.
func (r *Recorder) flush(last bool) {
	r.mu.Lock()
	batch, missed := r.waiting, r.missed
	r.waiting, r.missed = nil, 0
	r.mu.Unlock()
	if missed > 0 {
		batch = append(batch, Proof{At: time.Now().UTC(), Effect: Deny, Lost: missed})
	}
	if len(batch) == 0 {
		return
	}
	wait := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := r.sink.Keep(context.Background(), batch)
		if err == nil {
			return
		}
		r.log.Error("proofs could not be kept", "proofs", len(batch), "try", try, "error", err)
		if last {
			r.lost.Add(uint64(len(batch)))
			return
		}
		select {
		case <-time.After(wait):
			wait = min(wait*2, 5*time.Second)
		case <-r.stop:
			last = true
		}
	}
}

// Close hands over what waits and stops.
func (r *Recorder) Close() error {
	r.mu.Lock()
	was := r.closed
	r.closed = true
	r.mu.Unlock()
	if !was {
		close(r.stop)
	}
	<-r.stopped
	return nil
}

// ProofFileSize is the size in bytes at which a [ProofFile] is put aside when nothing else is set.
const ProofFileSize = 256 << 20

// A ProofFile keeps proofs as JSON lines; each batch is synced to disk. A file that would grow
// beyond its size is put aside as path.000001, path.000002 and so on, the oldest first, and a
// new one is begun at path. A batch stays in one file. It has one writer.
type ProofFile struct {
	path string
	most int64    // bytes; 0: one file without end
	f    *os.File // nil between two files
	size int64    // of what was kept whole
}

// OpenProofFile opens or makes the file at path. A last line that was cut short, of a batch that
// was never kept, is dropped.
func OpenProofFile(path string, most int64) (*ProofFile, error) {
	p := &ProofFile{path: path, most: most}
	if err := p.open(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *ProofFile) open() error {
	f, err := os.OpenFile(p.path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open proof file: %w", err)
	}
	end, err := endOfLines(f)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		err = disk.SyncFolder(filepath.Dir(p.path)) // its name, and that of the one put aside
	}
	if err != nil {
		return fmt.Errorf("open proof file %s: %w", p.path, errors.Join(err, f.Close()))
	}
	p.f, p.size = f, end
	return nil
}

// endOfLines gives where the last whole line ends.
func endOfLines(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	b := make([]byte, 1<<16)
	for end := st.Size(); end > 0; {
		from := max(end-int64(len(b)), 0)
		part := b[:end-from]
		if _, err := f.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// putAside gives the file the next number. Killed at any point, it leaves each line in one file.
func (p *ProofFile) putAside() error {
	had, err := filepath.Glob(filepath.Join(globSafe.Replace(filepath.Dir(p.path)),
		globSafe.Replace(filepath.Base(p.path))+".*"))
	if err != nil {
		return fmt.Errorf("put proof file aside: %w", err)
	}
	last := 0
	for _, name := range had {
		if n, err := strconv.Atoi(strings.TrimPrefix(filepath.Ext(name), ".")); err == nil {
			last = max(last, n)
		}
	}
	if err := disk.Move(p.path, fmt.Sprintf("%s.%06d", p.path, last+1)); err != nil {
		return fmt.Errorf("put proof file aside: %w", err)
	}
	f := p.f
	p.f = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("put proof file aside: %w", err)
	}
	return p.open()
}

var globSafe = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// Keep implements [ProofSink]. A batch that cannot be kept leaves nothing behind, so that
// trying again does not double it.
func (p *ProofFile) Keep(_ context.Context, batch []Proof) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range batch {
		if err := e.Encode(&batch[i]); err != nil {
			return fmt.Errorf("write proofs: %w", err)
		}
	}
	if p.f == nil {
		if err := p.open(); err != nil {
			return err
		}
	}
	if p.most > 0 && p.size > 0 && p.size+int64(b.Len()) > p.most {
		if err := p.putAside(); err != nil {
			return err
		}
	}
	_, err := p.f.Write(b.Bytes())
	if err == nil {
		err = p.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("write proofs: %w", errors.Join(err, p.f.Truncate(p.size)))
	}
	p.size += int64(b.Len())
	return nil
}

// Close closes the file.
func (p *ProofFile) Close() error {
	if p.f == nil {
		return nil
	}
	return p.f.Close()
}

// Sinks hands each batch to several sinks, in order.
type Sinks []ProofSink

// Keep implements [ProofSink].
func (s Sinks) Keep(ctx context.Context, batch []Proof) error {
	for _, k := range s {
		if err := k.Keep(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}
