package match

import (
	"context"
	"runtime"
	"sync"
)

// streamChunk is how many items go to a worker at once: enough to make the hand-over
// cheap, few enough to bound what waits.
const streamChunk = 32

// Stream reads items, works on them on all processors and hands out the results in the
// order of the items. It holds a bounded number of items, however many there are. next
// returns false at the end; next and emit are called from one goroutine each, never at
// the same time as themselves. The first error, or the end of ctx, stops it.
func Stream[Q, R any](ctx context.Context, next func() (Q, bool, error), work func(Q) R, emit func(R) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type chunk struct {
		in   []Q
		out  []R
		done chan struct{}
	}
	workers := runtime.GOMAXPROCS(0)
	queue := make(chan *chunk, workers)   // to the workers
	order := make(chan *chunk, 4*workers) // to the writer
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(queue)
		defer close(order)
		for more := true; more; {
			c := &chunk{done: make(chan struct{})}
			for len(c.in) < streamChunk {
				q, ok, err := next()
				if err != nil {
					cancel(err)
					return
				}
				if more = ok; !ok {
					break
				}
				c.in = append(c.in, q)
			}
			if len(c.in) == 0 {
				return
			}
			select { // first in the writer's order, then to a worker
			case order <- c:
			case <-ctx.Done():
				return
			}
			select {
			case queue <- c:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		wg.Go(func() {
			for c := range queue {
				if ctx.Err() == nil {
					c.out = make([]R, len(c.in))
					for i := range c.in {
						c.out[i] = work(c.in[i])
					}
				}
				close(c.done)
			}
		})
	}
	for c := range order {
		select {
		case <-c.done:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		for i := range c.out {
			if err := emit(c.out[i]); err != nil {
				cancel(err)
				break
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	if ctx.Err() != nil {
		cancel(nil)
		wg.Wait()
		return context.Cause(ctx)
	}
	wg.Wait()
	return context.Cause(ctx)
}
