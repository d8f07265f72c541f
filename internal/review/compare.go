package review

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// Compare reads the records once and says what would change from one set of packs to
// another. It writes nothing that stays.
func Compare(ctx context.Context, o Options, before, after *policy.Pack) (effects []policy.Effect, err error) {
	dir, err := os.MkdirTemp("", "plimsoll-compare-")
	if err != nil {
		return nil, fmt.Errorf("compare packs: %w", err)
	}
	defer os.RemoveAll(dir)
	o.Out = filepath.Join(dir, "out")
	r := newRun(o)
	defer func() { err = errors.Join(err, r.clean()) }()
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	day := o.AsOf.Format("2006-01-02")
	var failed error
	facts := func(yield func(*signal.Facts) bool) {
		for _, kind := range []string{signal.OfParty, signal.OfAccount, signal.OfEngagement} {
			failed = r.signal.Facts(ctx, kind, func(f *signal.Facts) error {
				if !yield(f) {
					return context.Canceled
				}
				return ctx.Err()
			})
			if failed != nil {
				return
			}
		}
	}
	for e := range policy.DiffOn(before.AsOf(day), after.AsOf(day), facts) {
		effects = append(effects, e)
	}
	return effects, failed
}
