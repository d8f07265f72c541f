package ledger_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/ledgertest"
)

// noteID numbers the notes of a benchmark run.
var noteID atomic.Int64

func appendOne(ctx context.Context, s *ledgertest.Store) (x ledger.Ticket, err error) {
	id := int(noteID.Add(1))
	err = s.Write(ctx, func(tx *sql.Tx) (err error) { x, err = note(ctx, tx, id); return err })
	return x, err
}

func report(b *testing.B, times []time.Duration, d time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(len(times))/d.Seconds(), "leaves/s")
}

// BenchmarkAppend measures durable appends, each with the row that it records in a
// transaction of its own, while a sequencer integrates and publishes. Its references, in the
// same run: the same bytes inserted and committed as one plain row (what=insert), and
// appended to a file and synced (what=fsync).
//
//	go test -run '^$' -bench Append -benchtime 2000x ./internal/ledger
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		for _, writers := range []int{1, 16} {
			for _, witnesses := range []int{0, 3} {
				b.Run(fmt.Sprintf("what=append/db=%s/writers=%d/witnesses=%d", kind, writers, witnesses),
					func(b *testing.B) {
						s := ledgertest.New(b, kind)
						ctx, stop := context.WithCancel(b.Context())
						var wg sync.WaitGroup
						q, err := ledger.NewSequencer(witnessed(b, ledger.Config{Store: s, Dir: b.TempDir(),
							Key: newKey(b)}, witnesses))
						if err != nil {
							b.Fatal(err)
						}
						wg.Go(func() { q.Run(ctx) })
						write(b, writers, func() error { _, err := appendOne(ctx, s); return err })
						stop()
						wg.Wait()
					})
			}
			b.Run(fmt.Sprintf("what=insert/db=%s/writers=%d", kind, writers), func(b *testing.B) {
				s, row := ledgertest.New(b, kind), strings.Repeat("x", rowBytes)
				write(b, writers, func() error {
					return s.Write(b.Context(), func(tx *sql.Tx) error {
						_, err := tx.Exec(`INSERT INTO case_note (id, case_id, text, weight) VALUES ($1, 'C-0001', $2, 0)`, noteID.Add(1), row)
						return err
					})
				})
			})
		}
	}
	b.Run("what=fsync/writers=1", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		row := bytes.Repeat([]byte("x"), rowBytes)
		write(b, 1, func() error {
			if _, err := f.Write(row); err != nil {
				return err
			}
			return f.Sync()
		})
	})
}

// witnessed adds witnesses on loopback to a configuration, the last of them down, and a quorum of the others.
func witnessed(b testing.TB, cfg ledger.Config, n int) ledger.Config {
	for i := range n {
		x := newSeat(b, fmt.Sprintf("w%d.example", i), cfg.Key.Verifier())
		x.down.Store(i == n-1)
		cfg.Witnesses = append(cfg.Witnesses, x.client(b))
	}
	cfg.Quorum = max(n-1, 0)
	return cfg
}

// rowBytes is about what one append writes: the leaf, four openings, the row that it pins.
const rowBytes = 1100

// write has writers do something b.N times and reports how long each took.
func write(b *testing.B, writers int, do func() error) {
	var mu sync.Mutex
	var times []time.Duration
	left := atomic.Int64{}
	left.Store(int64(b.N))
	start := time.Now()
	b.ResetTimer()
	var ws sync.WaitGroup
	for range writers {
		ws.Go(func() {
			for left.Add(-1) >= 0 {
				t := time.Now()
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				times = append(times, time.Since(t))
				mu.Unlock()
			}
		})
	}
	ws.Wait()
	b.StopTimer()
	report(b, times, time.Since(start))
}

// BenchmarkProof measures from the commit of a leaf to its receipt in hand, with nobody
// waking the sequencer.
//
//	go test -run '^$' -bench Proof -benchtime 100x ./internal/ledger
func BenchmarkProof(b *testing.B) {
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		for _, witnesses := range []int{0, 3} {
			b.Run(fmt.Sprintf("db=%s/witnesses=%d", kind, witnesses), func(b *testing.B) {
				benchReceipt(b, kind, witnesses)
			})
		}
	}
}

func benchReceipt(b *testing.B, kind string, witnesses int) {
	s, k, dir := ledgertest.New(b, kind), newKey(b), b.TempDir()
	ctx, stop := context.WithCancel(b.Context())
	q, err := ledger.NewSequencer(witnessed(b, ledger.Config{Store: s, Dir: dir, Key: k}, witnesses))
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { q.Run(ctx) })
	log := ledger.NewLog(s, dir, k.Verifier())
	var times []time.Duration
	start := time.Now()
	for b.Loop() {
		x, err := appendOne(ctx, s)
		if err != nil {
			b.Fatal(err)
		}
		t := time.Now()
		if _, err := log.Await(ctx, x.ID, ledger.FieldContent); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(t))
	}
	report(b, times, time.Since(start))
	stop()
	wg.Wait()
}

// BenchmarkVerifyReceipt measures what a stranger does with a receipt: signature, proof and
// the fields shown. Its references, in the same run: the same number of bare SHA-256 steps,
// and one bare Ed25519 verification.
//
//	go test -run '^$' -bench VerifyReceipt ./internal/ledger
func BenchmarkVerifyReceipt(b *testing.B) {
	data := readFile(b, "testdata/log-small/leaf-05.tlog-proof")
	v, err := format.Verifier(string(readFile(b, "testdata/log-small/vkey")))
	if err != nil {
		b.Fatal(err)
	}
	r, err := format.ParseReceipt(data)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("what=receipt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := format.ParseReceipt(data)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := r.Verify(v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("what=sha256", func(b *testing.B) {
		for b.Loop() {
			sum := sha256.Sum256(r.Leaf)
			for range len(r.Proof) {
				sum = sha256.Sum256(append(sum[:], sum[:]...))
			}
			for _, o := range r.Openings {
				sum = sha256.Sum256(o.Value)
			}
		}
	})
	b.Run("what=ed25519", func(b *testing.B) {
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			b.Fatal(err)
		}
		sig := ed25519.Sign(key, r.Checkpoint)
		for b.Loop() {
			if !ed25519.Verify(pub, r.Checkpoint, sig) {
				b.Fatal("the signature does not hold")
			}
		}
	})
}

// A grown is a log that benchmarks fill step by step.
type grown struct {
	s    *ledgertest.Store
	q    *ledger.Sequencer
	log  *ledger.Log
	size int64
}

// openGrown opens the log that PLIMSOLL_BENCH_LOG names (a folder that stays) and
// PLIMSOLL_BENCH_DB (its database; SQLite in that folder when not set), or a new one.
func openGrown(b testing.TB, kind string) *grown {
	b.Helper()
	dir := os.Getenv("PLIMSOLL_BENCH_LOG")
	if dir == "" {
		s, k, dir := ledgertest.New(b, kind), newKey(b), b.TempDir()
		return &grown{s: s, q: sequencer(b, s, k, dir), log: ledger.NewLog(s, dir, k.Verifier())}
	}
	address := os.Getenv("PLIMSOLL_BENCH_DB")
	if address == "" {
		address = "sqlite:" + filepath.Join(dir, "bench.db")
	}
	k, err := ledger.OpenKey(filepath.Join(dir, "key"), origin, true)
	if err != nil {
		b.Fatal(err)
	}
	s, err := ledgertest.Open(address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if s.Kind != kind {
		b.Skipf("the log of this run is on %s", s.Kind)
	}
	if _, err := s.DB.Exec(`SELECT 1 FROM ledger_log`); err != nil {
		if err := s.Create(); err != nil {
			b.Fatal(err)
		}
	}
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: filepath.Join(dir, "log"), Key: k, Batch: 8192})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(q.Close)
	step(b, q)
	g := &grown{s: s, q: q, log: ledger.NewLog(s, filepath.Join(dir, "log"), k.Verifier())}
	if err := s.DB.QueryRow(`SELECT size FROM ledger_log`).Scan(&g.size); err != nil {
		b.Fatal(err)
	}
	var last sql.NullInt64
	if err := s.DB.QueryRow(`SELECT max(id) FROM case_note`).Scan(&last); err != nil {
		b.Fatal(err)
	}
	noteID.Store(max(noteID.Load(), last.Int64))
	return g
}

// fill brings the log to n leaves, through the sequencer that publishes every log.
func (g *grown) fill(b testing.TB, n int64) {
	b.Helper()
	for g.size < n {
		err := g.s.Write(b.Context(), func(tx *sql.Tx) error {
			for m := min(8192, n-g.size); m > 0; m -= min(m, 512) {
				err := ledger.Bulk(b.Context(), tx, int(min(m, 512)), func(i int) ledger.Entry {
					return ledger.Entry{Kind: ledger.Case, Subject: fmt.Sprintf("C-%06d", (g.size+m-int64(i))/40),
						Content: fmt.Appendf(nil, `{"n":%d}`, g.size+m-int64(i))}
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		for {
			k := step(b, g.q)
			if g.size += int64(k); k == 0 {
				break
			}
		}
	}
}

// TestFill brings the log of PLIMSOLL_BENCH_LOG to PLIMSOLL_BENCH_LEAVES leaves, for BenchmarkSize.
func TestFill(t *testing.T) {
	if os.Getenv("PLIMSOLL_BENCH_LOG") == "" {
		t.Skip("fills a large log for BenchmarkSize; PLIMSOLL_BENCH_LOG names its folder")
	}
	kind := ledger.SQLite
	if os.Getenv("PLIMSOLL_BENCH_DB") != "" {
		kind = ledger.Postgres
	}
	g := openGrown(t, kind)
	for _, n := range benchSizes(t) {
		start, from := time.Now(), g.size
		g.fill(t, n)
		t.Logf("%d to %d leaves: %v a leaf", from, g.size, time.Since(start)/time.Duration(max(1, g.size-from)))
	}
}

func benchSizes(b testing.TB) []int64 {
	sizes := []int64{10_000, 40_000}
	if s := os.Getenv("PLIMSOLL_BENCH_LEAVES"); s != "" {
		sizes = nil
		for _, x := range strings.Split(s, ",") {
			n, err := strconv.ParseInt(x, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			sizes = append(sizes, n)
		}
	}
	return sizes
}

// BenchmarkSize measures what one more leaf, its publication and its receipt cost when the
// log already has n leaves; the reference is a row inserted into an empty table of the same
// database, which no size can slow down. PLIMSOLL_BENCH_LEAVES gives other sizes.
//
//	go test -run '^$' -bench Size -benchtime 500x ./internal/ledger
func BenchmarkSize(b *testing.B) {
	sizes := benchSizes(b)
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		b.Run("db="+kind, func(b *testing.B) {
			g := openGrown(b, kind)
			for _, n := range sizes {
				g.fill(b, n)
				b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) { g.measure(b) })
			}
		})
	}
}

func (g *grown) measure(b *testing.B) {
	var add, publish, prove, plain []time.Duration
	if _, err := g.s.DB.Exec(
		`DROP TABLE IF EXISTS plain; CREATE TABLE plain (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	timed := func(to *[]time.Duration, do func() error) {
		t := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		*to = append(*to, time.Since(t))
	}
	for b.Loop() {
		var x ledger.Ticket
		timed(&add, func() (err error) { x, err = appendOne(b.Context(), g.s); return err })
		timed(&publish, func() error { g.size += int64(step(b, g.q)); return nil })
		timed(&prove, func() error { _, err := g.log.Receipt(b.Context(), x.ID); return err })
		timed(&plain, func() error {
			return g.s.Write(b.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(`INSERT INTO plain (id, body) VALUES ($1, $2)`, x.ID, strings.Repeat("x", 800))
				return err
			})
		})
	}
	for name, d := range map[string][]time.Duration{"append-us": add, "publish-us": publish, "receipt-us": prove,
		"plain-insert-us": plain} {
		slices.Sort(d)
		b.ReportMetric(float64(d[len(d)/2].Microseconds()), name)
	}
}
