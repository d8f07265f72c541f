package notice

import (
	"context"
	"sync"
	"time"
)

// A gate decides who is served next when more want in than there are seats. The order is
// fair between clients first: whoever has the fewest inside goes first. Within one client
// (which over Tor, or behind one proxy, is everybody) small ones go before large ones, and
// then whoever opened the form first: a person who wrote for ten minutes goes before a
// program that took a form a moment ago, and who was sent away once goes before those who
// came later. When the waiting room is full, the last in that order of the most crowded
// client is sent away.
type gate struct {
	seats int           // served at once
	large int           // of these, for large ones at most
	room  int           // waiting at once
	wait  time.Duration // for how long

	mu      sync.Mutex // guards all below; held for map and list work only
	inside  map[string]int
	served  int
	bulky   int
	waiting map[string][]*waiter
	count   int
}

// A waiter is one request at the gate.
type waiter struct {
	client string
	large  bool
	since  time.Time // when its form was opened
	answer chan error
}

func newGate(seats, large, room int, wait time.Duration) *gate {
	return &gate{seats: seats, large: large, room: room, wait: wait, inside: map[string]int{},
		waiting: map[string][]*waiter{}}
}

// before says which of two requests of one client goes first.
func (w *waiter) before(x *waiter) bool {
	if w.large != x.large {
		return x.large
	}
	return w.since.Before(x.since)
}

// enter waits for a seat. leave has to be called when it is free again.
func (g *gate) enter(ctx context.Context, client string, large bool, since time.Time) (leave func(), err error) {
	w := &waiter{client, large, since, make(chan error, 1)}
	g.mu.Lock()
	g.waiting[client] = append(g.waiting[client], w)
	g.count++
	g.admit()
	for g.count > g.room {
		g.sendAway(g.last())
	}
	g.mu.Unlock()
	t := time.NewTimer(g.wait)
	defer t.Stop()
	select {
	case err = <-w.answer:
	case <-t.C:
		err = g.giveUp(w, ErrBusy)
	case <-ctx.Done():
		err = g.giveUp(w, ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { g.leave(w) }), nil
}

// giveUp takes a waiter out, unless it was answered at that very moment.
func (g *gate) giveUp(w *waiter, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case err := <-w.answer:
		return err
	default:
	}
	g.remove(w)
	return why
}

func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside[w.client]--; g.inside[w.client] == 0 {
		delete(g.inside, w.client)
	}
	g.served--
	if w.large {
		g.bulky--
	}
	g.admit()
}

// admit seats whoever is next while there are seats.
func (g *gate) admit() {
	for g.served < g.seats {
		var next *waiter
		for client, ws := range g.waiting {
			var first *waiter
			for _, w := range ws {
				if (!w.large || g.bulky < g.large) && (first == nil || w.before(first)) {
					first = w
				}
			}
			if first == nil {
				continue
			}
			if next == nil || g.inside[client] < g.inside[next.client] || g.inside[client] == g.inside[next.client] &&
				first.before(next) {
				next = first
			}
		}
		if next == nil {
			return
		}
		g.remove(next)
		g.inside[next.client]++
		g.served++
		if next.large {
			g.bulky++
		}
		next.answer <- nil
	}
}

// last is whom to send away: the last of the client with the most waiting.
func (g *gate) last() *waiter {
	crowded := ""
	for client, ws := range g.waiting {
		if crowded == "" || len(ws) > len(g.waiting[crowded]) || len(ws) == len(g.waiting[crowded]) &&
			client < crowded {
			crowded = client
		}
	}
	var last *waiter
	for _, w := range g.waiting[crowded] {
		if last == nil || !w.before(last) {
			last = w
		}
	}
	return last
}

func (g *gate) sendAway(w *waiter) {
	g.remove(w)
	w.answer <- ErrBusy
}

func (g *gate) remove(w *waiter) {
	ws := g.waiting[w.client]
	for i := range ws {
		if ws[i] == w {
			ws = append(ws[:i:i], ws[i+1:]...)
			g.count--
			break
		}
	}
	if len(ws) == 0 {
		delete(g.waiting, w.client)
	} else {
		g.waiting[w.client] = ws
	}
}

// A pace spreads what is stored over time: so many a second, and a burst. What is over the
// pace waits in the gate, which it holds a seat of.
type pace struct {
	every time.Duration
	burst time.Duration

	mu   sync.Mutex // guards next; held for arithmetic only
	next time.Time
}

// take waits for its turn.
func (p *pace) take(ctx context.Context, now time.Time) error {
	if p.every == 0 {
		return nil
	}
	p.mu.Lock()
	if earliest := now.Add(-p.burst); p.next.Before(earliest) {
		p.next = earliest
	}
	at := p.next
	p.next = at.Add(p.every)
	p.mu.Unlock()
	d := at.Sub(now)
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
