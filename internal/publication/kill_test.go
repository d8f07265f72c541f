package publication_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// kills is how often a writing is killed.
const kills = 12

// TestKill: whatever moment the writing of a site is killed at, the old site stands whole, or the new one does.
func TestKill(t *testing.T) {
	if dir := os.Getenv("PLIMSOLL_PUBLISH"); dir != "" {
		writeFor(t, dir)
		return
	}
	dir := t.TempDir()
	prepare(t, dir)
	out := filepath.Join(dir, "site")
	// One that is not killed, and how long it takes.
	began := time.Now()
	if b, err := writer(t, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	whole := time.Since(began)
	key, err := ledger.OpenKey(filepath.Join(dir, "key"), "plimsoll/test", false)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i := range kills {
		c := writer(t, dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whole * time.Duration(i+1) / kills)
		_ = c.Process.Kill()
		_ = c.Wait()
		found, err := publication.CheckSite(os.DirFS(out), key.Verifier())
		if err != nil || len(found.Problems) > 0 || found.Files < 10 {
			t.Fatalf("after kill %d: %d files, %q, %v", i+1, found.Files, found.Problems, err)
		}
		seen[fmt.Sprint(found.Proven.Index)]++
	}
	t.Logf("%d kills within %s: %d different sites, each whole", kills, whole, len(seen))
}

func writer(t *testing.T, dir string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$", "-test.count=1")
	c.Env = append(os.Environ(), "PLIMSOLL_PUBLISH="+dir)
	return c
}

// prepare fills a store on disk with a few publications.
func prepare(t *testing.T, dir string) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := ledger.OpenKey(filepath.Join(dir, "key"), "plimsoll/test", true); err != nil {
		t.Fatal(err)
	}
	cases := casefile.NewDesk(db)
	desk := publication.NewDesk(cases)
	for range 5 {
		p, err := desk.Propose(t.Context(), paula, draft(storetest.Decided(t, cases, false)))
		if err == nil {
			err = desk.Release(t.Context(), counsel, p.ID, "x")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// writeFor writes a site, in a process that may be killed.
func writeFor(t *testing.T, dir string) {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	key, err := ledger.OpenKey(filepath.Join(dir, "key"), "plimsoll/test", false)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: filepath.Join(dir, "log"), Key: key,
		Lease: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer seq.Close()
	h := &house{t: t, db: db, seq: seq, key: key, log: ledger.NewLog(db, filepath.Join(dir, "log"), key.Verifier()),
		now: time.Now()}
	for range 100 { // the lease of one that was killed runs out
		if _, err := seq.Step(t.Context()); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.write(filepath.Join(dir, "site"))
}
