package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
)

// whole checks the published folder and the database, and that every note has a leaf.
func whole(t testing.TB, s *ledgertest.Store, k *ledger.Key, dir string, olds ...verify.Old) *verify.Report {
	t.Helper()
	rep := check(t, s, k, dir, olds...)
	for _, p := range rep.Problems {
		t.Errorf("verify: %s", p)
	}
	return rep
}

func check(t testing.TB, s *ledgertest.Store, k *ledger.Key, dir string, olds ...verify.Old) *verify.Report {
	t.Helper()
	rep, err := verify.Folder(t.Context(), os.DirFS(dir), verify.Keys{Log: k.Verifier()}, olds...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := verify.OpenDatabase(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := verify.Database(t.Context(), db, os.DirFS(dir), rep, nil, verify.Cover{Table: "case_note", Key: "id"}); err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestRolledBackTransaction leaves neither the record nor its leaf.
func TestRolledBackTransaction(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		stop := errors.New("stop")
		err := s.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := note(t.Context(), tx, 1); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) || count(t, s) != 0 {
			t.Errorf("%v, %d leaves stay", err, count(t, s))
		}
	})
}

// TestManyWriters has sixteen writers and two sequencers with one folder, and a third with
// a folder of its own, at work at once.
func TestManyWriters(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir, far := newKey(t), t.TempDir(), t.TempDir()
		ctx, stop := context.WithCancel(t.Context())
		var seq, writers sync.WaitGroup
		for _, d := range []string{dir, dir, far} {
			q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: d, Key: k, Every: time.Millisecond, Batch: 7})
			if err != nil {
				t.Fatal(err)
			}
			seq.Add(1)
			go func() {
				defer seq.Done()
				if err := q.Run(ctx); err != nil {
					t.Errorf("sequencer: %v", err)
				}
			}()
		}
		const n, each = 16, 15
		for w := range n {
			writers.Add(1)
			go func() {
				defer writers.Done()
				for i := range each {
					err := s.Write(ctx, func(tx *sql.Tx) error { _, err := note(ctx, tx, w*1000+i); return err })
					if err != nil {
						t.Error(err)
					}
				}
			}()
		}
		writers.Wait()
		wait(t, func() bool {
			var size int64
			s.DB.QueryRow(`SELECT size FROM ledger_log`).Scan(&size)
			return size == n*each
		})
		stop()
		seq.Wait()
		for _, d := range []string{dir, far} { // whoever did not work then publishes it all now
			q := sequencer(t, s, k, d)
			step(t, q)
			q.Close()
			if rep := whole(t, s, k, d); rep.Leaves != n*each {
				t.Errorf("%d leaves in the log, %d were written", rep.Leaves, n*each)
			}
		}
	})
}

func wait(t testing.TB, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited ten seconds in vain")
}

// TestOneFolderOneSequencer: the lock excludes a second one even within a process, and is
// free at once when its holder dies; the lease of a dead holder of the same folder does not
// keep its successor waiting.
func TestOneFolderOneSequencer(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir := newKey(t), t.TempDir()
		a, b := sequencer(t, s, k, dir), sequencer(t, s, k, dir)
		record(t, s, 0, 3)
		step(t, a)
		record(t, s, 3, 3)
		if _, err := b.Step(t.Context()); !errors.Is(err, ledger.ErrNotElected) {
			t.Fatalf("second sequencer: %v", err)
		}
		a.Die()
		if n := step(t, b); n != 3 {
			t.Errorf("successor integrates %d leaves, want 3", n)
		}
		whole(t, s, k, dir)
	})
}

// TestTakeover moves the log to another folder after the lease has run out; the old holder,
// asleep meanwhile, integrates nothing and follows.
func TestTakeover(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k := newKey(t)
		now := time.Now()
		clock := func() time.Time { return now }
		open := func(dir string) *ledger.Sequencer {
			q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k, Now: clock, Lease: 5 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(q.Close)
			return q
		}
		da, db := t.TempDir(), t.TempDir()
		a, b := open(da), open(db)
		record(t, s, 0, 300)
		step(t, a)
		record(t, s, 300, 5)
		if _, err := b.Step(t.Context()); !errors.Is(err, ledger.ErrNotElected) {
			t.Fatalf("while the lease runs: %v", err)
		}
		now = now.Add(6 * time.Second)
		if n := step(t, b); n != 5 {
			t.Fatalf("successor integrates %d leaves, want 5", n)
		}
		record(t, s, 305, 5)
		old := readFile(t, filepath.Join(da, "checkpoint"))
		for range 2 { // notices, then follows
			if _, err := a.Step(t.Context()); !errors.Is(err, ledger.ErrNotElected) {
				t.Errorf("the old holder wakes up: %v", err)
			}
		}
		if string(readFile(t, filepath.Join(da, "checkpoint"))) != string(readFile(t,
			filepath.Join(db, "checkpoint"))) {
			t.Error("the old holder did not follow")
		}
		step(t, b)
		whole(t, s, k, db, verify.Old{Name: "of the first folder", Checkpoint: old})
		b.Close() // gives the lease back
		record(t, s, 310, 1)
		step(t, a)
		whole(t, s, k, da)
	})
}

// TestFollow: a server that is not elected publishes in its own folder what the elected one
// integrated, and hands out receipts; when its folder knows more than the database it stops.
func TestFollow(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, da, db := newKey(t), t.TempDir(), t.TempDir()
		a, b := sequencer(t, s, k, da), sequencer(t, s, k, db)
		log := ledger.NewLog(s, db, k.Verifier())
		for i := range 3 {
			x := record(t, s, i*200, 200)[7]
			step(t, a)
			for range 2 {
				if _, err := b.Step(t.Context()); !errors.Is(err, ledger.ErrNotElected) {
					t.Fatalf("follower: %v", err)
				}
			}
			if _, err := log.Receipt(t.Context(), x.ID); err != nil {
				t.Errorf("receipt from the follower: %v", err)
			}
			whole(t, s, k, db)
		}
		b.Close()
		record(t, s, 1000, 1)
		step(t, a)
		if _, err := s.DB.Exec(
			`UPDATE ledger_leaf SET leaf = (SELECT leaf FROM ledger_leaf WHERE position = 3) WHERE position = 600`); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Step(t.Context()); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("follower of a changed database: %v", err)
		}
	})
}

// TestRestoredBackup: a database set back behind the published log stops the sequencer; one
// that has grown again by other leaves too; and when the folder was set back with it, only
// the remembered checkpoint tells.
func TestRestoredBackup(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir, remembered := newKey(t), t.TempDir(), filepath.Join(t.TempDir(), "remembered")
		q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k, Remember: remembered})
		if err != nil {
			t.Fatal(err)
		}
		record(t, s, 0, 5)
		step(t, q)
		q.Close()
		backup := s.Copy(t)
		oldDir := t.TempDir()
		if err := os.CopyFS(oldDir, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		record(t, s, 5, 5)
		step(t, q)
		q.Close()
		whole(t, s, k, dir)

		rep := check(t, backup, k, dir)
		if rep.OK() || !strings.Contains(rep.Problems[0].What, "restored from an old copy") {
			t.Errorf("verify with the old database: %v", rep.Problems)
		}
		try := func(what, dir, remember string, want error) {
			t.Helper()
			r, err := ledger.NewSequencer(ledger.Config{Store: backup, Dir: dir, Key: k, Remember: remember})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := r.Step(t.Context()); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		try("old database, new folder", dir, "", ledger.ErrRolledBack)
		try("old database, old folder, remembered checkpoint", oldDir, remembered, ledger.ErrRolledBack)
		record(t, backup, 100, 20)
		try("old database that grew, new folder", dir, "", ledger.ErrRolledBack)
		free := t.TempDir() // a folder that knows nothing lets the old database grow
		r := sequencer(t, backup, k, free)
		step(t, r)
		r.Close()
		try("grown old database, new folder", dir, "", ledger.ErrForked)
		try("grown old database, remembered checkpoint", free, remembered, ledger.ErrForked)

		kept := verify.Old{Name: "remembered", Checkpoint: readFile(t, remembered)}
		if rep := check(t, backup, k, free); !rep.OK() {
			t.Errorf("the fork by itself: %v", rep.Problems)
		}
		if rep := check(t, backup, k, free, kept); rep.OK() || !strings.Contains(rep.Problems[0].What, "rewritten") {
			t.Errorf("the fork against the remembered checkpoint: %v", rep.Problems)
		}
	})
}

// TestRebuild publishes a log from the database alone, with full tiles and partial ones.
func TestRebuild(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir, again := newKey(t), t.TempDir(), t.TempDir()
		q := sequencer(t, s, k, dir)
		record(t, s, 0, 700)
		step(t, q)
		q.Close()
		r := sequencer(t, s, k, again)
		step(t, r)
		whole(t, s, k, again)
		a, b := map[string]string{}, map[string]string{}
		walk(t, dir, func(p string, x []byte) { a[p] = string(x) })
		walk(t, again, func(p string, x []byte) { b[p] = string(x) })
		if len(a) != len(b) || a["checkpoint"] != b["checkpoint"] || a["tile/1/000.p/2"] != b["tile/1/000.p/2"] {
			t.Errorf("%d files published, %d rebuilt", len(a), len(b))
		}
	})
}

// TestDamagedPartialIsNotCarriedForward changes a published partial bundle before the next
// leaf: what is published next comes from the database, not from the file.
func TestDamagedPartialIsNotCarriedForward(t *testing.T) {
	s, k, dir := ledgertest.New(t, ledger.SQLite), newKey(t), t.TempDir()
	q := sequencer(t, s, k, dir)
	record(t, s, 0, 3)
	step(t, q)
	p := filepath.Join(dir, "tile/entries/000.p/3")
	b := readFile(t, p)
	b[40] ^= 1
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	record(t, s, 3, 1)
	step(t, q)
	rep := check(t, s, k, dir)
	if len(rep.Problems) != 1 || !strings.Contains(rep.Problems[0].String(), "tile/entries/000.p/3") {
		t.Errorf("verify: %v", rep.Problems)
	}
}

// TestChangedDatabaseStopsTheLog changes a leaf in the database: a sequencer that starts
// does not sign on top of it.
func TestChangedDatabaseStopsTheLog(t *testing.T) {
	for _, change := range []string{
		`UPDATE ledger_leaf SET leaf = (SELECT leaf FROM ledger_leaf WHERE position = 1) WHERE position = 2`,
		`DELETE FROM ledger_leaf WHERE position = 2`,
		`UPDATE ledger_node SET hash = (SELECT hash FROM ledger_node WHERE n = 0) WHERE n = 1`,
		`DELETE FROM ledger_node WHERE n = 1`,
		`UPDATE ledger_log SET size = size - 1`,
		`UPDATE ledger_log SET root = (SELECT hash FROM ledger_node WHERE n = 0)`,
	} {
		s, k, dir := ledgertest.New(t, ledger.SQLite), newKey(t), t.TempDir()
		q := sequencer(t, s, k, dir)
		record(t, s, 0, 600)
		step(t, q)
		q.Close()
		if strings.Contains(change, "position = 2") {
			change = strings.ReplaceAll(change, "position = 2", "position = 599")
		}
		if _, err := s.DB.Exec(change); err != nil {
			t.Fatal(err)
		}
		record(t, s, 1000, 1)
		r := sequencer(t, s, k, dir)
		if _, err := r.Step(t.Context()); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("%s: %v", change, err)
		}
	}
}

// TestReceiptsOverTime keeps receipts valid as the log grows, and proves each new
// checkpoint consistent with the ones before.
func TestReceiptsOverTime(t *testing.T) {
	s, k, dir := ledgertest.New(t, ledger.SQLite), newKey(t), t.TempDir()
	q, log := sequencer(t, s, k, dir), ledger.NewLog(s, dir, k.Verifier())
	var olds []verify.Old
	next := 0
	for _, n := range []int{1, 1, 254, 1, 3, 255, 300} {
		tickets := record(t, s, next, n)
		next += n
		step(t, q)
		r, err := log.Await(t.Context(), tickets[0].ID, ledger.FieldRow)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(k.Verifier()); err != nil || len(r.Openings) != 1 {
			t.Errorf("receipt at %d leaves: %v", next, err)
		}
		olds = append(olds, verify.Old{Name: fmt.Sprint(next), Checkpoint: r.Checkpoint})
		whole(t, s, k, dir, olds...)
	}
	s.Read(t.Context(), func(tx *sql.Tx) error {
		at, err := ledger.FindRow(t.Context(), tx, "case_note", "7")
		if err != nil || len(at) != 1 || at[0].Index != 7 {
			t.Errorf("leaf of row 7: %v, %v", at, err)
		}
		all, err := ledger.Find(t.Context(), tx, "C-0001", ledger.Case)
		if err != nil || len(all) != next {
			t.Errorf("%d leaves about the case, %v", len(all), err)
		}
		return nil
	})
}
