package notice_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store"
)

const childArg = "notice-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 4 && os.Args[1] == childArg {
		child(os.Args[2], os.Args[3], os.Args[4])
	}
	os.Exit(m.Run())
}

// acked is what a child prints when a notice was acknowledged to its sender.
type acked struct {
	ID    notice.ID
	Code  string
	Token string
}

// child takes notices in, each with a file and a contact, until it is killed.
func child(address, dir, keyFile string) {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	db, err := store.Open(ctx, address)
	check(err)
	b, err := os.ReadFile(keyFile)
	check(err)
	key, err := notice.ParseKey(b)
	check(err)
	k, err := ledger.OpenKey(filepath.Join(dir, "ledger.key"), "plimsoll.example/log", true)
	check(err)
	l := notice.DefaultLimits
	l.Every = 0
	box, err := notice.Open(ctx, notice.Config{DB: db, Ledger: ledger.NewLog(db, filepath.Join(dir, "log"),
		k.Verifier()), VKey: k.VKey(), Dir: filepath.Join(dir, "notices"), Key: key, To: "Harbour Cloud",
		Wait: time.Millisecond, Limits: l})
	check(err)
	out := make(chan acked)
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				token := box.Form()
				o, err := noticetest.Send(ctx, box, "x", token, "what", fmt.Sprint("number ", i), "file",
					bytes.Repeat([]byte{byte(i)}, 3000), "file", []byte("words"), "contact", "sealed", "reach", "y")
				check(err)
				out <- acked{o.ID, o.Code, token}
			}
		}()
	}
	for a := range out {
		line, err := json.Marshal(a)
		check(err)
		fmt.Println(string(line))
	}
}

// TestKill kills the process that takes notices in, at any point, many times: what was
// acknowledged is there whole (words, leaf, files, contact, code), nothing is half there, and
// a form that was sent again after the kill is counted once. The rounds are
// PLIMSOLL_KILL_ROUNDS.
func TestKill(t *testing.T) {
	rounds := 8
	if s := os.Getenv("PLIMSOLL_KILL_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	dir := t.TempDir()
	address := "sqlite:" + filepath.Join(dir, "plimsoll.db")
	key, shares, err := notice.NewKey("ada", "ben")
	must(t, err)
	keyFile := filepath.Join(dir, "notices.key")
	must(t, os.WriteFile(keyFile, key.Encode(), 0o600))
	var all []acked
	for range rounds {
		all = append(all, killed(t, address, dir, keyFile)...)
	}
	db, err := store.Open(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k, err := ledger.OpenKey(filepath.Join(dir, "ledger.key"), "plimsoll.example/log", false)
	must(t, err)
	q, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: filepath.Join(dir, "log"), Key: k})
	must(t, err)
	for {
		n, err := q.Step(t.Context())
		must(t, err)
		if n == 0 {
			break
		}
	}
	q.Close()
	cfg := notice.Config{DB: db, Ledger: ledger.NewLog(db, filepath.Join(dir, "log"), k.Verifier()), VKey: k.VKey(),
		Dir: filepath.Join(dir, "notices"), Key: key, To: "Harbour Cloud"}
	box, err := notice.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(box.Close)
	w := &world{&noticetest.Place{Box: box, Dir: cfg.Dir, VKey: k.VKey()}, db, address}
	seen := map[notice.ID]bool{}
	for i, a := range all {
		if seen[a.ID] {
			t.Errorf("%s was given twice", a.ID)
		}
		seen[a.ID] = true
		if i%10 != 0 { // each costs a slow hash
			continue
		}
		b, err := box.ReceiptOf(t.Context(), "x", a.Code, a.ID)
		if err != nil {
			t.Fatalf("acknowledged notice %s: %v", a.ID, err)
		}
		w.proven(t, b)
		o, err := noticetest.Send(t.Context(), box, "x", a.Token, "what", "again")
		if err != nil || !o.Repeated || o.ID != a.ID || o.Code != a.Code {
			t.Errorf("the form of %s, sent again: %+v, %v", a.ID, o, err)
		}
	}
	// Every notice, acknowledged or not, is whole.
	rows := 0
	must(t, db.Read(t.Context(), func(tx *sql.Tx) error {
		r, err := tx.Query(`SELECT n.id, (SELECT count(*) FROM notice_text x WHERE x.id = n.id) + (SELECT count(*) FROM notice_file f WHERE f.notice = n.id) + (SELECT count(*) FROM ledger_leaf l WHERE l.id = n.leaf AND l.position >= 0) FROM notice n`)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var id notice.ID
			var parts int
			if err := r.Scan(&id, &parts); err != nil {
				return err
			}
			rows++
			delete(seen, id)
			if parts != 4 {
				t.Errorf("notice %s has %d parts of 4", id, parts)
			}
			for _, name := range []string{"contact", "file-1", "file-2"} {
				b, err := os.ReadFile(filepath.Join(cfg.Dir, "sealed", string(id), name))
				if err == nil && rows%10 == 0 {
					_, err = notice.Unseal(b, shares...)
				}
				if err != nil {
					t.Errorf("notice %s: %v", id, err)
				}
			}
		}
		return r.Err()
	}))
	for id := range seen {
		t.Errorf("notice %s was acknowledged and is gone", id)
	}
	if n := w.count(t, `SELECT count(*) FROM notice_text t WHERE NOT EXISTS (SELECT 1 FROM notice n WHERE n.id = t.id)`); n != 0 {
		t.Errorf("%d texts belong to no notice", n)
	}
	if n := w.count(t, `SELECT count(*) FROM ledger_leaf WHERE kind = 'notice'`); n != rows {
		t.Errorf("%d leaves for %d notices", n, rows)
	}
	es, err := os.ReadDir(filepath.Join(cfg.Dir, "sealed"))
	must(t, err)
	if len(es) != rows {
		t.Errorf("%d folders of sealed files for %d notices", len(es), rows)
	}
	// What was on its way and never committed stays for an hour, then goes.
	left, err := os.ReadDir(filepath.Join(cfg.Dir, "incoming"))
	must(t, err)
	old := time.Now().Add(-2 * time.Hour)
	for _, e := range left {
		must(t, os.Chtimes(filepath.Join(cfg.Dir, "incoming", e.Name()), old, old))
	}
	again, err := notice.Open(t.Context(), cfg)
	must(t, err)
	again.Close()
	if es, err := os.ReadDir(filepath.Join(cfg.Dir, "incoming")); err != nil || len(es) != 0 {
		t.Errorf("%d folders are left of notices that never were", len(es))
	}
	if len(all) < rounds {
		t.Errorf("only %d notices were acknowledged", len(all))
	}
	t.Logf("%d rounds, %d acknowledged, %d kept, %d given up on their way", rounds, len(all), rows, len(left))
}

// killed runs a child, kills it after a while and returns what it acknowledged.
func killed(t *testing.T, address, dir, keyFile string) (all []acked) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childArg, address, dir, keyFile)
	var fault strings.Builder
	cmd.Stderr = &fault
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	limit := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(all) == 0 {
			time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		var a acked
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			break // the kill cut the line
		}
		all = append(all, a)
	}
	_ = cmd.Wait()
	if fault.Len() > 0 {
		t.Fatal(errors.New(fault.String()))
	}
	return all
}
