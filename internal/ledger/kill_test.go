package ledger_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
)

const childArg = "ledger-child"

// child writes notes until it is killed: four writers, one sequencer. It prints the id of a
// leaf when its transaction was acknowledged.
func child() {
	address, dir, keyFile, base := os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	s, err := ledgertest.Open(address)
	if err != nil {
		panic(err)
	}
	k, err := ledger.OpenKey(keyFile, origin, false)
	if err != nil {
		panic(err)
	}
	first, _ := strconv.Atoi(base)
	ctx := context.Background()
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k, Every: time.Millisecond,
		Remember: filepath.Join(filepath.Dir(keyFile), "remembered")})
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				var x ledger.Ticket
				err := s.Write(ctx, func(tx *sql.Tx) (err error) {
					x, err = note(ctx, tx, first+w*100000+i)
					return err
				})
				if err != nil {
					panic(err)
				}
				mu.Lock()
				fmt.Println(x.ID)
				mu.Unlock()
				q.Wake()
			}
		}()
	}
	panic(q.Run(ctx))
}

// TestKill kills the process at any point, many times: nothing that was acknowledged is
// lost, nothing is doubled, every note has its leaf, and no checkpoint is taken back. The
// rounds are PLIMSOLL_KILL_ROUNDS (200 for the long run).
func TestKill(t *testing.T) {
	rounds := 6
	if s := os.Getenv("PLIMSOLL_KILL_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "key")
		k, err := ledger.OpenKey(keyFile, origin, true)
		if err != nil {
			t.Fatal(err)
		}
		var acked []string
		var olds []verify.Old
		for round := range rounds {
			acked = append(acked, killed(t, s.URL, dir, keyFile, (round+1)*1000000)...)
			b, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			// as the kill left it, before anything repairs it
			rep, err := verify.Folder(t.Context(), os.DirFS(dir), verify.Keys{Log: k.Verifier()}, olds...)
			if err != nil || !rep.OK() {
				t.Fatalf("round %d, as the kill left it: %v %v", round, err, rep.Problems)
			}
			olds = []verify.Old{{Name: fmt.Sprintf("round %d", round), Checkpoint: b}}
		}
		q := sequencer(t, s, k, dir)
		for step(t, q) > 0 {
		}
		rep := whole(t, s, k, dir, olds...)
		if rep.Leaves != count(t, s) || int(rep.Leaves) < len(acked) {
			t.Errorf("%d leaves in the log, %d in the database, %d acknowledged", rep.Leaves, count(t, s), len(acked))
		}
		log := ledger.NewLog(s, dir, k.Verifier())
		for i, id := range acked {
			if i%25 != 0 {
				var n int
				if err := s.DB.QueryRow(`SELECT count(*) FROM ledger_leaf WHERE id = $1 AND position >= 0`,
					id).Scan(&n); err != nil || n != 1 {
					t.Errorf("acknowledged leaf %s is there %d times (%v)", id, n, err)
				}
			} else if _, err := log.Receipt(t.Context(), id); err != nil {
				t.Errorf("acknowledged leaf %s: %v", id, err)
			}
		}
		t.Logf("%d rounds, %d acknowledged, %d leaves", rounds, len(acked), rep.Leaves)
	})
}

// killed runs a child, kills it after a while and returns what it acknowledged.
func killed(t *testing.T, address, dir, keyFile string, base int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], childArg, address, dir, keyFile, strconv.Itoa(base))
	var fault strings.Builder
	cmd.Stderr = &fault
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var ids []string
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		if len(ids) == 0 {
			d := time.Duration(rand.IntN(200)) * time.Millisecond
			time.AfterFunc(d, func() { cmd.Process.Kill() })
		}
		ids = append(ids, lines.Text())
	}
	cmd.Wait()
	if fault.Len() > 0 {
		t.Fatalf("child: %s", fault.String())
	}
	if n := len(ids); n > 0 && len(ids[n-1]) != 32 {
		ids = ids[:n-1] // the kill cut the line
	}
	return ids
}
