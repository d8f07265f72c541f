package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestTwoServers lets several servers begin on one empty PostgreSQL at the same time and
// work on it: they behave as one.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	together(t, storetest.Postgres(t).Schema(t))
}

// TestTwoProgramsSQLite does the same with a file: the server and a command beside it.
func TestTwoProgramsSQLite(t *testing.T) {
	t.Parallel()
	address := "sqlite:" + filepath.Join(t.TempDir(), "plimsoll.db")
	open(t, address) // the file is made by the first; the others find it
	together(t, address)
}

func together(t *testing.T, address string) {
	ctx := t.Context()
	servers := make([]*store.Store, 3)
	var wg sync.WaitGroup
	for i := range servers {
		wg.Go(func() {
			s, err := store.Open(ctx, address)
			if err != nil {
				t.Errorf("server %d: %v", i, err)
				return
			}
			servers[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, s := range servers {
		t.Cleanup(func() { s.Close() })
	}
	link, _, err := servers[0].FirstLink(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	won, ids := 0, map[casefile.ID]bool{}
	for i := range 9 {
		s := servers[i%3]
		wg.Go(func() {
			if _, err := s.UseLink(ctx, link); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			} else if !errors.Is(err, store.ErrSignIn) {
				t.Errorf("use link: %v", err)
			}
			by := casefile.Actor{ID: "ada", Roles: casefile.Roles, Request: "the same request"}
			c, err := casefile.NewDesk(s).Open(ctx, by, casefile.Opening{Title: "once", Trigger: casefile.Trigger{
				Text: "x"}})
			if err != nil {
				t.Errorf("open: %v", err)
			}
			mu.Lock()
			ids[c.ID] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if won != 1 || len(ids) != 1 {
		t.Errorf("the link worked %d times; one request made the cases %v", won, ids)
	}
	dir := storetest.WriteRun(t, 300, 0)
	made := 0
	for _, s := range servers {
		wg.Go(func() {
			_, stored, err := s.SaveRun(ctx, "ada", dir)
			if err != nil {
				t.Errorf("store run: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if stored {
				made++
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("one run was stored %d times", made)
	}
	// A clock that ran out is told once, whoever looks.
	breached := 0
	for _, s := range servers {
		wg.Go(func() {
			d := casefile.NewDesk(s)
			d.Now = func() time.Time { return time.Now().AddDate(0, 1, 0) }
			got, err := d.Tick(ctx)
			if err != nil {
				t.Errorf("tick: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			breached += got.Breached
		})
	}
	wg.Wait()
	if breached != 1 {
		t.Errorf("one clock ran out %d times", breached)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx := t.Context()
	for _, address := range []string{"", "mysql://x", "sqlite:", "plimsoll.db",
		"postgres://127.0.0.1:1/none?connect_timeout=1"} {
		if s, err := store.Open(ctx, address); err == nil {
			s.Close()
			t.Errorf("%q was opened", address)
		}
	}
	path := filepath.Join(t.TempDir(), "not.db")
	if err := os.WriteFile(path, []byte("this is a text that is no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(ctx, "sqlite:"+path); err == nil {
		s.Close()
		t.Error("a text was opened as a database")
	}
	address := "sqlite:" + filepath.Join(t.TempDir(), "newer.db")
	s := open(t, address)
	err := s.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, address); !errors.Is(err, store.ErrNewer) {
		t.Errorf("the database of a newer program: %v", err)
	}
	if info, err := os.Stat(address[len("sqlite:"):]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file may be read by others: %v %v", info.Mode(), err)
	}
}

// TestFollow checks that what follows an event can undo it, on the desk and in the store.
func TestFollow(t *testing.T) {
	ctx := t.Context()
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	stop := errors.New("the ledger is full")
	var seen []string
	follow := func(fail bool) func(context.Context, *sql.Tx, casefile.Event) error {
		return func(_ context.Context, _ *sql.Tx, e casefile.Event) error {
			seen = append(seen, fmt.Sprintf("%d %s", e.Seq, e.Kind))
			if fail {
				return stop
			}
			return nil
		}
	}
	d := casefile.NewDesk(s)
	by := casefile.Actor{ID: "ada", Roles: casefile.Roles}
	for _, fail := range []bool{true, false} {
		d.Follow, s.Follow = follow(fail), follow(fail)
		_, err := d.Open(ctx, by, casefile.Opening{Title: "t", Trigger: casefile.Trigger{Text: "x"}})
		_, err2 := s.CreatePerson(ctx, "ada", store.Person{Name: "Bob"})
		if errors.Is(err, stop) != fail || errors.Is(err2, stop) != fail {
			t.Errorf("fail %v: %v, %v", fail, err, err2)
		}
	}
	if n := number(t, s, `SELECT count(*) FROM case_file`) + number(t, s, `SELECT count(*) FROM person`) +
		number(t, s, `SELECT count(*) FROM event`); n != 4 {
		t.Errorf("%d rows, want one case, one person and their two events; seen %v", n, seen)
	}
}
