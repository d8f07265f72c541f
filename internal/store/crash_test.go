package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// A child of the crash test gets the address of the database here.
const crashAddress, crashRun = "PLIMSOLL_CRASH_ADDRESS", "PLIMSOLL_CRASH_RUN"

func TestMain(m *testing.M) {
	if address := os.Getenv(crashAddress); address != "" {
		crashChild(address)
	}
	if address := os.Getenv(openAddress); address != "" {
		openChild(address)
	}
	os.Exit(m.Run())
}

// crashChild writes until it is killed, and says on stdout what was acknowledged.
func crashChild(address string) {
	ctx := context.Background()
	s, err := store.Open(ctx, address)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	d := casefile.NewDesk(s)
	by := casefile.Actor{ID: "child", Roles: casefile.Roles}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				c, err := d.Open(ctx, by, casefile.Opening{Title: "crash", Labels: []string{"a", "b"},
					Trigger: casefile.Trigger{Text: "x"}})
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Println("ack", c.ID)
				k, err := d.AddClaim(ctx, by, c.ID, casefile.Claim{Text: "t", Source: "s"})
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Println("ack", k.ID)
			}
		})
	}
	wg.Go(func() {
		r, stored, err := s.SaveRun(ctx, "child", os.Getenv(crashRun))
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		if stored {
			fmt.Println("run", r.ID)
		}
	})
	wg.Wait()
}

// TestKill kills a writing process without warning, again and again. After each round
// everything that was acknowledged is there, and nothing is there in part.
func TestKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills many processes")
	}
	t.Run("sqlite", func(t *testing.T) { kill(t, "sqlite:"+filepath.Join(t.TempDir(), "crash.db"), 40) })
	t.Run("postgres", func(t *testing.T) { kill(t, storetest.Postgres(t).Schema(t), 12) })
}

func kill(t *testing.T, address string, rounds int) {
	s := open(t, address)
	const findings = 700
	dir := storetest.WriteRun(t, findings, 0)
	acked, runStored := map[string]bool{}, false
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), crashAddress+"="+address, crashRun+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The moment moves: after so many acknowledgements, and then some.
		left, wait := 1+round%11, time.Duration(round*7%23)*time.Millisecond
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			kind, id, _ := strings.Cut(lines.Text(), " ")
			switch kind {
			case "ack":
				acked[id] = true
				left--
			case "run":
				runStored = true
			case "error":
				t.Fatalf("round %d: the child says %s", round, lines.Text())
			}
			if left == 0 {
				left = -1
				time.AfterFunc(wait, func() { cmd.Process.Kill() })
			}
		}
		cmd.Wait()
		whole(t, s, acked, runStored, findings)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	if len(acked) < 5*rounds {
		t.Errorf("only %d writes were acknowledged in %d rounds: the test kills too early", len(acked), rounds)
	}
	t.Logf("%d rounds, %d acknowledged writes, none lost; run stored: %v", rounds, len(acked), runStored)
}

// whole checks that each acknowledged thing is there and that none is there in part.
func whole(t *testing.T, s *store.Store, acked map[string]bool, runStored bool, findings int) {
	t.Helper()
	ctx := t.Context()
	have := map[string]bool{}
	err := s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id FROM case_file UNION ALL SELECT id FROM claim`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			have[id] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range acked {
		if !have[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	for what, query := range map[string]string{
		"a case without its event":  `SELECT count(*) FROM case_file c WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.case_id = c.id AND e.kind = 'case opened')`,
		"an event without its case": `SELECT count(*) FROM event e WHERE e.case_id <> '' AND NOT EXISTS (SELECT 1 FROM case_file c WHERE e.case_id = c.id)`,
		"a case without its clock":  `SELECT count(*) FROM case_file c WHERE (SELECT count(*) FROM clock k WHERE k.case_id = c.id) <> 1`,
		"a case without its labels": `SELECT count(*) FROM case_file c WHERE (SELECT count(*) FROM case_label l WHERE l.case_id = c.id) <> 2`,
		"a claim without its parts": `SELECT count(*) FROM claim k WHERE (SELECT count(*) FROM claim_grade g WHERE g.claim = k.id) <> 1 OR (SELECT count(*) FROM claim_status g WHERE g.claim = k.id) <> 1
			OR (SELECT count(*) FROM event e WHERE e.subject = k.id) <> 1`,
		"a gap in the case numbers": `SELECT abs((SELECT n FROM counter WHERE name = 'case') - count(*)) FROM case_file`,
	} {
		if n := number(t, s, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	switch n := number(t, s,
		`SELECT count(*) FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place`); {
	case n != 0 && n != findings:
		t.Errorf("%d of %d findings of a run are there", n, findings)
	case runStored && n == 0:
		t.Error("a run was acknowledged and is lost")
	}
}

func number(t testing.TB, s *store.Store, query string) (n int) {
	t.Helper()
	ctx := context.Background()
	if err := s.Read(ctx, func(tx *sql.Tx) error { return tx.QueryRowContext(ctx, query).Scan(&n) }); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
