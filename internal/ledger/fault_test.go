package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
)

// TestFaultAtEveryStep has each durable step of a publication fail in turn, as a full disk
// or a crash at that moment would: what stands in the folder is whole, the checkpoint is the
// old or the new one, and the next sequencer goes on.
func TestFaultAtEveryStep(t *testing.T) {
	full := errors.New("disk full")
	s, k, dir := ledgertest.New(t, ledger.SQLite), newKey(t), t.TempDir()
	remember := filepath.Join(t.TempDir(), "remembered")
	open := func() *ledger.Sequencer {
		q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k, Remember: remember})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	next, failed := 0, 0
	for at := 0; ; at++ {
		record(t, s, next, 90) // now and then a tile fills
		next += 90
		q := open()
		n := 0
		q.Fault(func(string) error {
			if n++; n == at+1 {
				return full
			}
			return nil
		})
		_, err := q.Step(t.Context())
		q.Die()
		if err == nil {
			break
		}
		if !errors.Is(err, full) {
			t.Fatalf("step %d: %v", at, err)
		}
		failed++
		if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
			rep, err := verify.Folder(t.Context(), os.DirFS(dir), verify.Keys{Log: k.Verifier()})
			if err != nil || !rep.OK() {
				t.Fatalf("after fault %d: %v %v", at, err, rep.Problems)
			}
		}
		r := open()
		step(t, r)
		r.Close()
		whole(t, s, k, dir)
	}
	if failed < 8 {
		t.Errorf("only %d steps were tried", failed)
	}
	t.Logf("%d steps failed in turn", failed)
}

// A failing store fails before or after a transaction, which is how a lost connection looks.
type failing struct {
	ledger.Store
	n, at int
	after bool
}

var errLost = errors.New("connection lost")

func (f *failing) Write(ctx context.Context, do func(*sql.Tx) error) error {
	f.n++
	if f.n != f.at {
		return f.Store.Write(ctx, do)
	}
	if f.after {
		f.Store.Write(ctx, do)
	}
	return errLost
}

func (f *failing) Read(ctx context.Context, do func(*sql.Tx) error) error {
	f.n++
	if f.n != f.at {
		return f.Store.Read(ctx, do)
	}
	return errLost
}

// TestFaultOfDatabase loses the connection at each transaction, before and after it was
// committed: the same sequencer goes on, and no leaf is given two places.
func TestFaultOfDatabase(t *testing.T) {
	s, k, dir := ledgertest.New(t, ledger.SQLite), newKey(t), t.TempDir()
	next := 0
	for _, after := range []bool{false, true} {
		for at := 1; at < 8; at++ {
			f := &failing{Store: s, at: at, after: after}
			q, err := ledger.NewSequencer(ledger.Config{Store: f, Dir: dir, Key: k})
			if err != nil {
				t.Fatal(err)
			}
			record(t, s, next, 40)
			next += 40
			for range 4 {
				if _, err := q.Step(t.Context()); err != nil && !errors.Is(err, errLost) {
					t.Fatalf("transaction %d: %v", at, err)
				}
			}
			q.Close()
			if rep := whole(t, s, k, dir); rep.Leaves != int64(next) {
				t.Fatalf("transaction %d: %d leaves published, %d were written", at, rep.Leaves, next)
			}
		}
	}
}
