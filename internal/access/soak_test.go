package access

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var epoch = time.Now()

func now() time.Duration { return time.Since(epoch) }

// latencies gathers durations from many at once.
type latencies struct {
	mu sync.Mutex
	d  []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	l.d = append(l.d, d)
	l.mu.Unlock()
}

func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.d) == 0 {
		return 0
	}
	slices.Sort(l.d)
	return l.d[int(q*float64(len(l.d)-1))]
}

// A cable can be cut.
type cable struct {
	cut  atomic.Bool
	next http.Handler
}

func (c *cable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.cut.Load() {
		panic(http.ErrAbortHandler)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // a long poll is cut too
		for !c.cut.Load() {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
		cancel()
	}()
	c.next.ServeHTTP(w, r.WithContext(ctx))
}

// TestSoak asks three replicas without pause while restrictions come and go, replicas are
// restarted and cut off. No request may fail; no answer may come from a snapshot that is older
// than it says, nor go back in versions at one replica; memory must stay flat; a new
// restriction is seen at each connected replica within a second. The long form leaves pauses,
// so that it can run beside other work: it looks at what adds up, not at speed.
//
// PLIMSOLL_SOAK=10m go test ./internal/access -run TestSoak -timeout 15m -v
func TestSoak(t *testing.T) {
	long, between, pause := 2*time.Second, 20*time.Millisecond, time.Duration(0)
	if s := os.Getenv("PLIMSOLL_SOAK"); s != "" {
		var err error
		if long, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
		between, pause = 100*time.Millisecond, 10*time.Millisecond
	}
	content := bigContent(20_000, 2_000)
	content.Settings.Stale = Stale{After: 700 * time.Millisecond}
	p, v := publish(t, content)
	var published sync.Map // version → time at which the next one came
	proofs := &countingSink{}
	rec := NewRecorder(RecorderConfig{Sink: proofs, Sample: 0.01})
	type station struct {
		cable   *cable
		from    *httptest.Server
		dir     string
		door    atomic.Pointer[Door]
		replica atomic.Pointer[Replica]
		stop    func()
		server  *httptest.Server
	}
	start := func(s *station) {
		r := &Replica{From: s.from.URL, Verifier: v, Dir: s.dir, Wait: time.Second}
		if err := r.Open(t.Context()); err != nil {
			t.Error(err)
			return
		}
		d, err := NewDoor(DoorConfig{Source: r, Proof: rec})
		if err != nil {
			t.Error(err)
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = r.Run(ctx) }()
		s.replica.Store(r)
		s.door.Store(d)
		s.stop = func() { cancel(); <-done }
	}
	var stations []*station
	for i := range 3 {
		s := &station{cable: &cable{next: p}, dir: fmt.Sprintf("%s/%d", t.TempDir(), i)}
		s.from = httptest.NewServer(s.cable)
		start(s)
		s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.door.Load().ServeHTTP(w, r)
		}))
		stations = append(stations, s)
	}
	defer func() {
		for _, s := range stations {
			s.server.Close()
			s.stop()
			s.from.CloseClientConnections()
			s.from.Close()
		}
		rec.Close()
	}()
	end := time.Now().Add(long)
	var wg sync.WaitGroup
	var asked, stale, cuts, restarts atomic.Int64
	for n := range 6 {
		s := stations[n%3]
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 3))
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			client := &http.Client{Transport: tr}
			last := uint64(0)
			for time.Now().Before(end) {
				body := strings.Replace(question100, "unit-0000001", fmt.Sprintf("unit-%07d", rnd.IntN(20_000)), 1)
				before := time.Now()
				res, err := client.Post(s.server.URL+pathEvaluation, "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				var a struct {
					Decision *bool
					Context  struct {
						Doubt    string
						Snapshot struct {
							Version uint64
							Age     float64 `json:"age_seconds"`
							Stale   bool
						}
					}
				}
				if err != nil || res.StatusCode != 200 || json.Unmarshal(b, &a) != nil || a.Decision == nil {
					t.Errorf("%d %s %v", res.StatusCode, b, err)
					return
				}
				asked.Add(1)
				time.Sleep(pause)
				sn := a.Context.Snapshot
				if sn.Version < last {
					t.Errorf("version %d after %d at one replica", sn.Version, last)
				}
				last = sn.Version
				if sn.Stale {
					stale.Add(1)
				}
				if sn.Stale != (a.Context.Doubt == "stale_snapshot") && *a.Decision {
					t.Errorf("permitted from a stale snapshot: %s", b)
				}
				// What followed the version a second ago or earlier must show in the stated age.
				if at, ok := published.Load(sn.Version); ok {
					if over := before.Sub(at.(time.Time)); over.Seconds() > sn.Age+0.05 {
						t.Errorf("version %d was followed %s ago, but the answer states an age of %.3f s", sn.Version,
							over, sn.Age)
					}
				}
			}
		})
	}
	wg.Go(func() { // vouch, change, cut, restart
		rnd := rand.New(rand.NewPCG(9, 9))
		on := map[int]bool{}
		for i := 0; time.Now().Before(end); i++ {
			k := rnd.IntN(50)
			r := Restriction{ID: fmt.Sprintf("soak-%d", k), Subject: Ref{"unit", fmt.Sprintf("unit-%07d", k)},
				Effect: Deny}
			ch := Change{Put: []Restriction{r}}
			if on[k] {
				ch = Change{Lift: []Restriction{r}}
			}
			version := p.Index().Version()
			if err := p.Change(ch); err != nil {
				t.Error(err)
				return
			}
			published.Store(version, time.Now())
			published.Delete(version - 1000)
			on[k] = !on[k]
			s := stations[rnd.IntN(3)]
			switch rnd.IntN(40) {
			case 0:
				if !s.cable.cut.Swap(true) {
					cuts.Add(1)
				}
			case 1:
				restarts.Add(1)
				old := s.stop
				start(s) // the new one answers before the old one goes, as in a rolling restart
				old()
			default:
				if rnd.IntN(4) == 0 {
					s.cable.cut.Store(false)
				}
			}
			time.Sleep(between)
		}
		for _, s := range stations {
			s.cable.cut.Store(false)
		}
	})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	time.Sleep(long / 10)
	early, most := heap(), uint64(0)
	for time.Until(end) > long/10 {
		time.Sleep(long / 10)
		most = max(most, heap())
	}
	wg.Wait()
	late := heap()
	want := p.Index().Version()
	eventually(t, 3*time.Second, "all replicas at the last version", func() bool {
		return !slices.ContainsFunc(stations, func(s *station) bool {
			return s.replica.Load().Index().Version() != want
		})
	})
	t.Logf("%d answers in %s, %d from a stale snapshot and denied; %d versions, %d restarts, %d cuts; heap %d kB at "+
		"a tenth, %d kB at most, %d kB at the end; %d proofs, %d lost",
		asked.Load(), long, stale.Load(), want, restarts.Load(), cuts.Load(), early>>10, most>>10, late>>10,
		proofs.n.Load(), rec.Lost())
	if late > early*3/2+(16<<20) {
		t.Errorf("memory grew from %d to %d kB", early>>10, late>>10)
	}
}

type countingSink struct {
	n    atomic.Int64
	slow time.Duration
	keep func([]Proof)
}

func (c *countingSink) Keep(_ context.Context, batch []Proof) error {
	time.Sleep(c.slow)
	c.n.Add(int64(len(batch)))
	if c.keep != nil {
		c.keep(batch)
	}
	return nil
}

// TestSwapStallsNobody measures the longest decision while a large index is replaced; with
// PLIMSOLL_LARGE=1 among a million restrictions.
func TestSwapStallsNobody(t *testing.T) {
	n := 20_000
	if os.Getenv("PLIMSOLL_LARGE") != "" {
		n = 1_000_000
	}
	p, _ := publish(t, bigContent(n, n))
	stop := make(chan struct{})
	var worst time.Duration
	var wg sync.WaitGroup
	wg.Go(func() {
		var a Answer
		q := &Question{Subject: unit1, Action: "use", Resource: storage}
		for {
			select {
			case <-stop:
				return
			default:
			}
			start := now()
			p.Index().Decide(q, noon, &a)
			worst = max(worst, now()-start)
		}
	})
	for i := range 3 {
		start := now()
		if err := p.Change(Change{Put: []Restriction{{ID: fmt.Sprint("x", i), Subject: unit1, Effect: Deny}}}); err != nil {
			t.Fatal(err)
		}
		t.Logf("a change among %d restrictions and %d entities took %s", n, n, (now() - start).Round(time.Millisecond))
	}
	close(stop)
	wg.Wait()
	t.Logf("longest decision meanwhile: %s", worst)
}
