package signal

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// A batch is a number of subjects whose rows were read, ready to be computed in any order and
// by several goroutines at a time.
type batch struct {
	size int
	fact func(i int) *Facts // nil for a number that is no subject
}

// Facts yields the signals of every subject of a kind (OfParty, OfEngagement, OfAccount),
// engagements and accounts by key, parties by number, then the accounts that no party is
// known of, which are judged like parties. The Facts may be kept.
func (run *Run) Facts(ctx context.Context, kind string, yield func(*Facts) error) error {
	return Judge(ctx, run, kind, func(int, *Facts) struct{} { return struct{}{} },
		func(f *Facts, _ struct{}) error {
			f.Evidence() // whoever keeps the Facts has them whole
			return yield(f)
		})
}

// Judge computes the signals of every subject of a kind and what judge makes of them, and
// hands both to take in the order of [Run.Facts]. judge is called by several goroutines, each with a
// number below [Workers]; calls of take do not overlap. An error of take stops all.
func Judge[T any](ctx context.Context, run *Run, kind string, judge func(worker int, f *Facts) T,
	take func(*Facts, T) error) error {
	var read func(context.Context, func(batch) error) error
	switch kind {
	case OfEngagement:
		read = run.engagementFacts
	case OfAccount:
		read = run.accountFacts
	case OfParty:
		read = run.partyFacts
	default:
		return fmt.Errorf("compute signals: no kind of subject is called %q", kind)
	}
	type judged struct {
		facts *Facts
		what  T
	}
	batches := func(ctx context.Context, yield func(batch) error) error { return read(ctx, yield) }
	return inOrder(ctx, batches, func(b batch) int { return b.size }, func(worker int, b batch, i int) (x judged) {
		if x.facts = b.fact(i); x.facts != nil {
			x.what = judge(worker, x.facts)
		}
		return x
	}, func(x judged) error {
		if x.facts == nil {
			return nil
		}
		return take(x.facts, x.what)
	})
}

// Workers is how many goroutines compute at a time.
func Workers() int { return max(2, min(runtime.GOMAXPROCS(0), 16)) }

// partSize is how many subjects of a batch one goroutine computes before the next may take over.
const partSize = 64

// A part is a piece of a batch, with what work made of it once done is closed.
type part[B, T any] struct {
	of       B
	from, to int
	out      []T
	done     chan struct{}
}

// inOrder reads batches in one goroutine, works on their elements in several and takes what comes
// out in the order of the elements. While one batch is worked on the next is read; no more than a few
// parts wait to be taken.
func inOrder[B, T any](ctx context.Context, read func(context.Context, func(B) error) error, size func(B) int,
	work func(worker int, b B, i int) T, take func(T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan *part[B, T], Workers())
	order := make(chan *part[B, T], 4*Workers())
	g.Go(func() error {
		defer close(todo)
		defer close(order)
		return read(ctx, func(b B) error {
			for from, n := 0, size(b); from < n; from += partSize {
				p := &part[B, T]{of: b, from: from, to: min(from+partSize, n), done: make(chan struct{})}
				for _, c := range []chan *part[B, T]{order, todo} {
					select {
					case c <- p:
					case <-ctx.Done():
						return ctx.Err()
					}
				}
			}
			return nil
		})
	})
	for worker := range Workers() {
		g.Go(func() error {
			for p := range todo {
				if err := ctx.Err(); err != nil {
					return err
				}
				p.out = make([]T, 0, p.to-p.from)
				for i := p.from; i < p.to; i++ {
					p.out = append(p.out, work(worker, p.of, i))
				}
				close(p.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for p := range order {
			select {
			case <-p.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, x := range p.out {
				if err := take(x); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}
