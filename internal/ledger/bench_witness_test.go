package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	signednote "golang.org/x/mod/sumdb/note"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/witness"
)

// A standing witness on loopback, as "plimsoll witness" runs one; down says what it does instead: "" (it answers),
// "refuses" (nobody listens) or "hangs" (it takes requests and answers none).
func standing(b testing.TB, name, down string, log signednote.Verifier) *witness.Client {
	b.Helper()
	x := newSeat(b, name, log)
	s, err := witness.New(x.dir, x.key, []signednote.Verifier{log}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down != "" {
			<-end
			return
		}
		s.ServeHTTP(w, r)
	}))
	b.Cleanup(server.Close)
	b.Cleanup(func() { close(end) })
	c := x.client(b)
	c.URL = server.URL
	if down == "refuses" {
		server.Listener.Close()
	}
	return c
}

// BenchmarkWitnessed measures a log with three witnesses of which one is down, and a quorum of two, while 16 writers
// append: appends/s, the 99th percentile of an append, and that of a receipt: from the commit of a leaf until the
// checkpoint that covers it is signed by the quorum and published. Its reference, in the same run: no witnesses.
//
//	go test -run '^$' -bench Witnessed -benchtime 10000x ./internal/ledger
func BenchmarkWitnessed(b *testing.B) {
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		for _, down := range []string{"none", "refuses", "hangs"} {
			b.Run(fmt.Sprintf("db=%s/down=%s", kind, down), func(b *testing.B) { benchWitnessed(b, kind, down) })
		}
	}
}

func benchWitnessed(b *testing.B, kind, down string) {
	s, k, dir := ledgertest.New(b, kind), newKey(b), b.TempDir()
	cfg := ledger.Config{Store: s, Dir: dir, Key: k}
	if down != "none" {
		cfg.Quorum = 2
		for i, d := range []string{"", "", down} {
			cfg.Witnesses = append(cfg.Witnesses, standing(b, fmt.Sprintf("w%d.example", i), d, k.Verifier()))
		}
	}
	q, err := ledger.NewSequencer(cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { q.Run(ctx) })
	tl := newTimeline(dir, k.Verifier())
	wg.Go(func() { tl.run(ctx) })

	var mu sync.Mutex
	done := map[string]time.Time{}
	write(b, 16, func() error {
		x, err := appendOne(ctx, s)
		mu.Lock()
		done[x.ID] = time.Now()
		mu.Unlock()
		return err
	})
	for want := int64(b.N); tl.size.Load() < want; {
		time.Sleep(time.Millisecond)
	}
	stop()
	wg.Wait()
	rows, err := s.DB.Query(`SELECT id, position FROM ledger_leaf`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var receipts []time.Duration
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			b.Fatal(err)
		}
		receipts = append(receipts, max(0, tl.covers(at).Sub(done[id])))
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(receipts)
	b.ReportMetric(float64(receipts[len(receipts)*99/100].Microseconds())/1000, "receipt-p99-ms")
}

// A timeline is when which size of a log was published.
type timeline struct {
	path string
	key  signednote.Verifier
	size atomic.Int64
	seen []published
}

type published struct {
	at   time.Time
	size int64
}

func newTimeline(dir string, key signednote.Verifier) *timeline {
	return &timeline{path: filepath.Join(dir, format.CheckpointPath), key: key}
}

// run looks for a new checkpoint every two milliseconds.
func (l *timeline) run(ctx context.Context) {
	var last []byte
	for ctx.Err() == nil {
		time.Sleep(2 * time.Millisecond)
		text, err := os.ReadFile(l.path)
		if err != nil || bytes.Equal(text, last) {
			continue
		}
		c, err := format.OpenCheckpoint(text, l.key)
		if err != nil {
			continue
		}
		last = text
		l.seen = append(l.seen, published{time.Now(), c.Size})
		l.size.Store(c.Size)
	}
}

// covers is when the leaf of an index was first covered by a published checkpoint.
func (l *timeline) covers(index int64) time.Time {
	i, _ := slices.BinarySearchFunc(l.seen, index+1, func(p published, size int64) int { return int(p.size - size) })
	return l.seen[i].at
}
