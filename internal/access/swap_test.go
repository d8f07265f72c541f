package access

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A held index can be replaced.
type heldIndex struct{ atomic.Pointer[Index] }

func (h *heldIndex) Index() *Index { return h.Load() }

// askWhile asks a server without haste while busy runs, and gives how long the requests took.
func askWhile(t testing.TB, h http.Handler, busy func(stop <-chan struct{})) *latencies {
	t.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	var lat latencies
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				start := now()
				res, err := client.Post(s.URL+pathEvaluation, "application/json", strings.NewReader(question100))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if i > 10 { // not the connection
					lat.add(now() - start)
				}
				time.Sleep(500 * time.Microsecond)
			}
		})
	}
	busy(stop)
	close(stop)
	wg.Wait()
	return &lat
}

// report states how long requests waited.
func (l *latencies) report(b *testing.B) {
	slow := 0
	for _, d := range l.d {
		if d > 5*time.Millisecond {
			slow++
		}
	}
	b.ReportMetric(float64(l.quantile(0.5))/1e6, "p50-ms")
	b.ReportMetric(float64(l.quantile(0.99))/1e6, "p99-ms")
	b.ReportMetric(float64(l.quantile(1))/1e6, "longest-ms")
	b.ReportMetric(float64(slow), "over-5ms")
	b.ReportMetric(float64(len(l.d)), "requests")
	b.ReportMetric(0, "ns/op")
}

// gaps reads the clock on every core and gives the longest time in which a core did nothing of
// it: what the machine itself takes away.
func gaps(long time.Duration) time.Duration {
	var longest atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			last := now()
			for end := last + long; last < end; {
				t := now()
				if d := int64(t - last); d > longest.Load() {
					longest.Store(d)
				}
				last = t
			}
		})
	}
	wg.Wait()
	return time.Duration(longest.Load())
}

// hog keeps n cores busy for a while, as any program beside the door may.
func hog(n int, long time.Duration) func(<-chan struct{}) {
	return func(<-chan struct{}) {
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				x := 1
				for end := time.Now().Add(long); time.Now().Before(end); {
					for range 1_000_000 {
						x = x*1664525 + 1013904223
					}
				}
				_ = x
			})
		}
		wg.Wait()
	}
}

// BenchmarkSwap states the longest wait of a request: at rest; beside plain work on one core,
// which is what the machine does to any handler; while a snapshot of a million restrictions is
// loaded and takes the place of the one in use, while it only does that 250 times, and while a publisher changes one of
// a million.
//
// go test ./internal/access -run - -bench Swap -benchtime 1x -cpu 2
func BenchmarkSwap(b *testing.B) {
	const n = 1_000_000
	debug.FreeOSMemory()
	path := filepath.Join(b.TempDir(), "snapshot")
	v := func() note.Verifier { // the publisher lives elsewhere
		p, v := publish(b, bigContent(n, n))
		if err := os.WriteFile(path, snapshotOf(b, p), 0o600); err != nil {
			b.Fatal(err)
		}
		return v
	}()
	rest := func(<-chan struct{}) { time.Sleep(5 * time.Second) }
	debug.FreeOSMemory()
	small, err := NewIndex(bigContent(1000, 100))
	if err != nil {
		b.Fatal(err)
	}
	held := &heldIndex{}
	held.Store(small)
	d, err := NewDoor(DoorConfig{Source: held})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("server=none", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(float64(gaps(5*time.Second))/1e6, "longest-ms")
		}
		b.ReportMetric(0, "ns/op")
	})
	for _, tt := range []struct {
		name string
		h    http.Handler
		busy func(<-chan struct{})
	}{
		{"server=bare/beside=nothing", plainHandler(), rest},
		{"server=door/beside=nothing", d, rest},
		{"server=bare/beside=work-on-1-core", plainHandler(), hog(1, 6*time.Second)},
		{"server=door/beside=work-on-1-core", d, hog(1, 6*time.Second)},
		{"server=door/beside=load", d, func(<-chan struct{}) {
			for range 3 {
				start := now()
				x, err := ReadSnapshot(path, v)
				if err != nil {
					b.Fatal(err)
				}
				held.Store(x)
				b.ReportMetric((now() - start).Seconds(), "load-s")
			}
		}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			debug.FreeOSMemory()
			for b.Loop() {
				askWhile(b, tt.h, tt.busy).report(b)
			}
		})
	}
	b.Run("server=door/beside=swap", func(b *testing.B) {
		large, err := ReadSnapshot(path, v)
		if err != nil {
			b.Fatal(err)
		}
		debug.FreeOSMemory()
		for b.Loop() {
			askWhile(b, d, func(<-chan struct{}) {
				for i := range 250 {
					held.Store([]*Index{large, small}[i%2])
					time.Sleep(20 * time.Millisecond)
				}
			}).report(b)
		}
	})
	b.Run("server=door/beside=change", func(b *testing.B) {
		p, _ := publish(b, bigContent(n, n))
		door, err := NewDoor(DoorConfig{Source: p})
		if err != nil {
			b.Fatal(err)
		}
		debug.FreeOSMemory()
		for b.Loop() {
			askWhile(b, door, func(<-chan struct{}) {
				for i := range 5 {
					start := now()
					if err := p.Change(Change{Put: []Restriction{{ID: fmt.Sprint("x", i), Subject: unit1,
						Effect: Deny}}}); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(now()-start)/1e6, "change-ms")
				}
			}).report(b)
		}
	})
}

// BenchmarkVisible states how long a new or lifted restriction takes from the publisher to all
// of three replicas on loopback: from the call that publishes it until the last one's door
// answers by it.
//
// go test ./internal/access -run - -bench Visible -benchtime 20x -cpu 2
func BenchmarkVisible(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("entities=%d", n), func(b *testing.B) {
			p, v := publish(b, bigContent(n, n/10))
			s := httptest.NewServer(p)
			b.Cleanup(s.Close)
			var doors []*Door
			for range 3 {
				r := &Replica{From: s.URL, Verifier: v, Dir: b.TempDir(), Wait: 10 * time.Second}
				follow(b, r)
				d, err := NewDoor(DoorConfig{Source: r})
				if err != nil {
					b.Fatal(err)
				}
				doors = append(doors, d)
			}
			debug.FreeOSMemory()
			r := Restriction{ID: "D-new#1", Subject: unit1, Effect: Deny, Decision: "D-new"}
			q := Question{Subject: unit1, Action: "use", Resource: storage}
			var lat latencies
			on := false
			for b.Loop() {
				on = !on
				ch, want := Change{Put: []Restriction{r}}, Deny
				if !on {
					ch, want = Change{Lift: []Restriction{r}}, Permit
				}
				start := now()
				if err := p.Change(ch); err != nil {
					b.Fatal(err)
				}
				for _, d := range doors {
					for {
						a, err := d.Ask(b.Context(), q, "", "")
						if err != nil {
							b.Fatal(err)
						}
						if a.Effect == want {
							break
						}
						time.Sleep(200 * time.Microsecond)
					}
				}
				lat.add(now() - start)
			}
			b.ReportMetric(float64(lat.quantile(0.5))/1e6, "p50-ms")
			b.ReportMetric(float64(lat.quantile(1))/1e6, "slowest-ms")
		})
	}
}
