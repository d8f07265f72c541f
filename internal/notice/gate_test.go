package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestGateOrder: the client with the fewest inside goes first; within one client small before
// large, and then whoever opened the form first.
func TestGateOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1, 100, time.Hour)
		start := time.Now()
		leave, err := g.enter(t.Context(), "tor", false, start)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		for _, w := range []struct {
			client string
			large  bool
			age    int
		}{{"tor", false, 1}, {"tor", true, 900}, {"tor", false, 600}, {"tor", false, 30}, {"direct", false, 2},
			{"direct", true, 500}} {
			wg.Go(func() {
				l, err := g.enter(t.Context(), w.client, w.large, start.Add(-time.Duration(w.age)*time.Second))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, fmt.Sprintf("%s %v %d", w.client, w.large, w.age))
				mu.Unlock()
				time.Sleep(time.Second)
				l()
			})
			synctest.Wait()
		}
		leave()
		leave() // twice is once
		wg.Wait()
		want := []string{"tor false 600", "tor false 30", "direct false 2", "tor false 1", "tor true 900",
			"direct true 500"}
		// Between clients with as many inside, the smaller and older goes first.
		if !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
		if g.served != 0 || g.count != 0 || g.bulky != 0 || len(g.inside) != 0 || len(g.waiting) != 0 {
			t.Errorf("left in the gate: %+v", g)
		}
	})
}

// TestGateCrowd fills the waiting room: of the most crowded client the youngest are sent
// away, whoever waits at another address or has waited long stays.
func TestGateCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 1, 20, time.Hour)
		start := time.Now()
		var in []func()
		for range 2 {
			l, err := g.enter(t.Context(), "flood", false, start)
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, l)
		}
		results := map[string][]error{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		ask := func(name, client string, since time.Time) {
			wg.Go(func() {
				l, err := g.enter(t.Context(), client, false, since)
				if err == nil {
					l()
				}
				mu.Lock()
				results[name] = append(results[name], err)
				mu.Unlock()
			})
			synctest.Wait()
		}
		for i := range 50 {
			ask("flood", "flood", start.Add(time.Duration(i)*time.Millisecond))
			if i == 25 {
				ask("patient", "flood", start.Add(-time.Minute))
				ask("direct", "elsewhere", start)
			}
		}
		in[0]()
		in[1]()
		wg.Wait()
		away := 0
		for _, err := range results["flood"] {
			if errors.Is(err, ErrBusy) {
				away++
			}
		}
		if results["patient"][0] != nil || results["direct"][0] != nil || away != 32 {
			t.Errorf("%d of the flood sent away; patient %v, direct %v", away, results["patient"][0],
				results["direct"][0])
		}
	})
}

// TestGateGivesUp: nobody waits longer than the gate lets them, and who leaves leaves no trace.
func TestGateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1, 10, 5*time.Second)
		l, err := g.enter(t.Context(), "a", true, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.enter(t.Context(), "b", false, time.Now()); !errors.Is(err, ErrBusy) {
			t.Errorf("after five seconds: %v", err)
		}
		gone, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		if _, err := g.enter(gone, "c", false, time.Now()); !errors.Is(err, context.Canceled) {
			t.Errorf("of one who left: %v", err)
		}
		l()
		if g.count != 0 || g.served != 0 {
			t.Errorf("%+v", g)
		}
	})
}

// TestPace lets a burst through and then one each.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: time.Second, burst: 10 * time.Second}
		begin := time.Now()
		for range 16 {
			if err := p.take(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(begin); d != 5*time.Second {
			t.Errorf("16 took %v, want 5 s after a burst of 11", d)
		}
	})
}

// TestRoom: a file takes an eighth of what is left at most, so small ones always find room.
func TestRoom(t *testing.T) {
	b := &Box{cfg: Config{Limits: Limits{Room: 8000}}}
	if b.reserve(1001) || !b.reserve(1000) || b.reserve(1000) || !b.reserve(875) {
		t.Error("room is not shared out by eighths")
	}
	for range 1000 {
		b.reserve((8000 - b.used) / 8)
	}
	if b.used > 8000 || !b.reserve(0) {
		t.Errorf("%d used of 8000", b.used)
	}
	b.release(b.used)
	if !b.reserve(1000) {
		t.Error("room that was freed is not given again")
	}
}

// TestReaders: when too many forms are on their way, the one that has been longest is cut off.
func TestReaders(t *testing.T) {
	r := readers{most: 3}
	cut := []int{}
	var ends []func()
	for i := range 5 {
		ends = append(ends, r.begin(func() { cut = append(cut, i) }))
	}
	if !slices.Equal(cut, []int{0, 1}) || r.open.Len() != 3 {
		t.Errorf("cut off %v, open %d", cut, r.open.Len())
	}
	for _, end := range ends {
		end()
	}
	if r.open.Len() != 0 {
		t.Errorf("%d are left", r.open.Len())
	}
}

// TestClients: an address gives one name within the hour and another after it, and the name
// does not hold it.
func TestClients(t *testing.T) {
	var c clients
	now := time.Now()
	a, b := c.name("198.51.100.7", now), c.name("198.51.100.8", now)
	if a == b || a != c.name("198.51.100.7", now.Add(59*time.Minute)) || a == c.name("198.51.100.7",
		now.Add(61*time.Minute)) || len(a) != 16 {
		t.Errorf("%s %s", a, b)
	}
}
