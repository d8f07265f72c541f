package ledger

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
)

// How witnesses that fail or are slow are dealt with.
const (
	firstPause  = time.Second            // after a failure; twice as long after each further one
	longestWait = time.Minute            // the longest such pause: one that is back is noticed by then
	hedge       = 100 * time.Millisecond // after which those in a pause are asked, too: a third of the receipt's bar
	longSilence = time.Minute            // after which a witness that does not sign is a problem
)

// A panel is the witnesses of a sequencer with what is known of each.
type panel struct {
	mu    sync.Mutex // guards seats; held for no longer than it takes to read or write them
	seats []seat
	asks  sync.WaitGroup // requests on their way
	ctx   context.Context
	stop  context.CancelFunc
}

// A seat is what is known of one witness.
type seat struct {
	busy  int           // requests on their way
	pause time.Duration // after its newest failure; 0 when it signed last
	until time.Time     // of the pause
	since time.Time     // when it failed first, after it signed last
	last  time.Time     // when it failed last
	why   string        // its newest failure
}

// An answer is that of witness n.
type answer struct {
	n    int
	line string
	err  error
}

// cosigned returns a checkpoint with the signatures of a quorum of the witnesses below the log's own. Those that are
// free and signed last are asked at the same time; the others only when a quorum needs them, or has not come about
// within hedge. Those that have not answered when the quorum is there are not waited for.
func (s *Sequencer) cosigned(ctx context.Context, signed []byte) ([]byte, error) {
	if len(s.Witnesses) == 0 {
		return signed, nil
	}
	at, err := format.OpenCheckpoint(signed, s.Key.verifier)
	if err != nil {
		return nil, err
	}
	answers := make(chan answer, len(s.Witnesses))
	first, later := s.panel.order(len(s.Witnesses), time.Now())
	out := 0 // requests that are not answered yet
	ask := func(some []int) {
		for _, n := range some {
			s.ask(ctx, n, signed, at.Checkpoint, answers)
		}
		out += len(some)
	}
	ask(first)
	slow := time.NewTimer(hedge)
	defer slow.Stop()
	lines := make([]string, len(s.Witnesses))
	var failed []string
	for got := 0; got < s.Quorum; {
		if got+out < s.Quorum {
			ask(later)
			later = nil
		}
		if got+out < s.Quorum {
			why := fmt.Sprintf("of %d witnesses %d did not sign the checkpoint of %d leaves, %d have to: %s",
				len(s.Witnesses), len(failed), at.Size, s.Quorum, strings.Join(failed, "; "))
			s.problem.Store(&why)
			return nil, fmt.Errorf("%w: %s", ErrWitnesses, why)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-slow.C:
			ask(later)
			later = nil
		case a := <-answers:
			out--
			if a.err != nil {
				failed = append(failed, a.err.Error())
				continue
			}
			lines[a.n], got = a.line, got+1
		}
	}
	s.problem.Store(nil)
	return format.WithSignatures(signed, s.Key.verifier, lines...)
}

// ask has a witness sign a checkpoint. The request does not end with the quorum: a slow witness is to follow the log,
// too. It ends with the sequencer's patience, and with the sequencer.
func (s *Sequencer) ask(ctx context.Context, n int, signed []byte, at format.Checkpoint, answers chan<- answer) {
	p := &s.panel
	if p.ctx == nil {
		p.ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	}
	ctx, stop := context.WithTimeout(p.ctx, s.Patience)
	p.mu.Lock()
	p.seats[n].busy++
	p.mu.Unlock()
	p.asks.Go(func() {
		defer stop()
		line, err := s.Witnesses[n].Cosign(ctx, signed, at, s.prove(at))
		if first := p.answered(n, err, time.Now()); first && p.ctx.Err() == nil {
			s.Log.Warn("witness", "err", err)
		}
		answers <- answer{n, line, err}
	})
}

// order says which witnesses are asked first, and which only when they are needed.
func (p *panel) order(witnesses int, now time.Time) (first, later []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seats) != witnesses {
		p.seats = make([]seat, witnesses)
	}
	for n, x := range p.seats {
		if x.busy == 0 && !now.Before(x.until) {
			first = append(first, n)
		} else {
			later = append(later, n)
		}
	}
	// Of those in need the ones that have been at rest longest may be back.
	slices.SortStableFunc(later, func(a, b int) int { return p.seats[a].until.Compare(p.seats[b].until) })
	return first, later
}

// answered notes how a request ended, and reports whether it is the first failure after a signature.
func (p *panel) answered(n int, err error, now time.Time) (first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := &p.seats[n]
	x.busy--
	if err == nil {
		*x = seat{busy: x.busy}
		return false
	}
	if first = x.pause == 0; first {
		x.since = now
	}
	x.pause = min(max(2*x.pause, firstPause), longestWait)
	x.last, x.until, x.why = now, now.Add(x.pause), err.Error()
	return first
}

// close ends the requests that are on their way, and waits for that.
func (p *panel) close() {
	if p.stop == nil {
		return
	}
	p.stop()
	p.asks.Wait()
	p.ctx, p.stop = nil, nil
}

// prove returns proofs from the published tiles, which are written before the checkpoint that needs them.
func (s *Sequencer) prove(at format.Checkpoint) func(int64) ([]tlog.Hash, error) {
	return func(old int64) ([]tlog.Hash, error) {
		return tlog.ProveTree(at.Size, old, format.Files{FS: os.DirFS(s.Dir)}.Hashes(at))
	}
}

// Problem says why nothing is published, "" when nothing is wrong. Anybody may ask at any time.
func (s *Sequencer) Problem() string {
	if why := s.problem.Load(); why != nil {
		return *why
	}
	return ""
}

// Silent says which witnesses did not sign whenever they were asked, for a minute or more, and why. Anybody may ask at
// any time.
func (s *Sequencer) Silent() (out []string) {
	s.panel.mu.Lock()
	defer s.panel.mu.Unlock()
	for _, x := range s.panel.seats {
		if x.last.Sub(x.since) >= longSilence {
			out = append(out, fmt.Sprintf("does not sign since %s: %s", x.since.UTC().Format(time.RFC3339), x.why))
		}
	}
	return out
}
