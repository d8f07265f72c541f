package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
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
// transaction of its own, while a sequencer integrates and publishes.
//
//	go test -run '^$' -bench Append -benchtime 2000x ./internal/ledger
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("db=%s/writers=%d", kind, writers), func(b *testing.B) {
				s := ledgertest.New(b, kind)
				ctx, stop := context.WithCancel(b.Context())
				var wg sync.WaitGroup
				q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: b.TempDir(), Key: newKey(b)})
				if err != nil {
					b.Fatal(err)
				}
				wg.Go(func() { q.Run(ctx) })
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
							if _, err := appendOne(ctx, s); err != nil {
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
				stop()
				wg.Wait()
			})
		}
	}
}

// BenchmarkProof measures from the commit of a leaf to its receipt in hand, with nobody
// waking the sequencer.
//
//	go test -run '^$' -bench Proof -benchtime 100x ./internal/ledger
func BenchmarkProof(b *testing.B) {
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		b.Run("db="+kind, func(b *testing.B) {
			s, k, dir := ledgertest.New(b, kind), newKey(b), b.TempDir()
			ctx, stop := context.WithCancel(b.Context())
			q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k})
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
		})
	}
}

// BenchmarkVerifyReceipt measures what a stranger does with a receipt.
//
//	go test -run '^$' -bench VerifyReceipt ./internal/ledger
func BenchmarkVerifyReceipt(b *testing.B) {
	data := readFile(b, "testdata/log-small/leaf-05.tlog-proof")
	v, err := format.Verifier(string(readFile(b, "testdata/log-small/vkey")))
	if err != nil {
		b.Fatal(err)
	}
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
}

// BenchmarkSize measures what one more leaf, its publication and its receipt cost when the
// log already has n leaves. PLIMSOLL_BENCH_LEAVES gives other sizes.
//
//	PLIMSOLL_BENCH_LEAVES=10000,100000,1000000 go test -run '^$' -bench Size -benchtime 500x -timeout 60m ./internal/ledger
func BenchmarkSize(b *testing.B) {
	sizes := []int{10_000, 40_000}
	if s := os.Getenv("PLIMSOLL_BENCH_LEAVES"); s != "" {
		sizes = nil
		for _, x := range strings.Split(s, ",") {
			n, err := strconv.Atoi(x)
			if err != nil {
				b.Fatal(err)
			}
			sizes = append(sizes, n)
		}
	}
	for _, kind := range []string{ledger.SQLite, ledger.Postgres} {
		s, k, dir := ledgertest.New(b, kind), newKey(b), b.TempDir()
		q, log := sequencer(b, s, k, dir), ledger.NewLog(s, dir, k.Verifier())
		size := 0
		for _, n := range sizes {
			for size < n {
				m := min(1000, n-size)
				err := s.Write(b.Context(), func(tx *sql.Tx) error {
					for range m {
						if _, err := note(b.Context(), tx, int(noteID.Add(1))); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				size += step(b, q)
			}
			b.Run(fmt.Sprintf("db=%s/n=%d", kind, n), func(b *testing.B) {
				var add, publish, prove time.Duration
				for b.Loop() {
					t := time.Now()
					x, err := appendOne(b.Context(), s)
					if err != nil {
						b.Fatal(err)
					}
					add += time.Since(t)
					t = time.Now()
					size += step(b, q)
					publish += time.Since(t)
					t = time.Now()
					if _, err := log.Receipt(b.Context(), x.ID); err != nil {
						b.Fatal(err)
					}
					prove += time.Since(t)
				}
				for name, d := range map[string]time.Duration{"append-us": add, "publish-us": publish, "receipt-us": prove} {
					b.ReportMetric(float64(d.Microseconds())/float64(b.N), name)
				}
			})
		}
	}
}
