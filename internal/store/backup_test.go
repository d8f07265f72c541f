package store_test

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

func TestBackupSQLite(t *testing.T) {
	t.Parallel()
	restore(t, "sqlite:"+filepath.Join(t.TempDir(), "a b%20c.db"), func() string {
		return "sqlite:" +
			filepath.Join(t.TempDir(), "new", "x.db")
	})
}

func TestBackupPostgres(t *testing.T) {
	t.Parallel()
	server := storetest.Postgres(t)
	restore(t, server.Database(t), func() string { return server.Schema(t) })
}

// restore backs a database up while it is written to, restores it elsewhere and compares
// every row; then it damages the backup and sees it refused.
func restore(t *testing.T, from string, to func() string) {
	ctx := t.Context()
	s := open(t, from)
	d := casefile.NewDesk(s)
	storetest.Fill(t, s)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // work goes on
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := d.Open(context.Background(), casefile.Actor{ID: "w", Roles: casefile.Roles},
					casefile.Opening{Title: "while", Trigger: casefile.Trigger{Text: "x"}}); err != nil {
					t.Errorf("write during backup: %v", err)
					return
				}
			}
		}
	})
	file := filepath.Join(t.TempDir(), "backup")
	err := s.Backup(ctx, file)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, file); err == nil {
		t.Error("a backup was written over another")
	}
	address := to()
	if err := store.Restore(ctx, file, address); err != nil {
		t.Fatal(err)
	}
	r := open(t, address)
	// Nothing was half-way in the backup: its own numbers agree.
	if n := number(t, r, `SELECT abs((SELECT n FROM counter WHERE name = 'case') - count(*)) FROM case_file`); n != 0 {
		t.Errorf("case counter and cases differ by %d", n)
	}
	// Restored again from a backup of the restored one: the same, table by table.
	second := filepath.Join(t.TempDir(), "second")
	if err := r.Backup(ctx, second); err != nil {
		t.Fatal(err)
	}
	address2 := to()
	if err := store.Restore(ctx, second, address2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(t, r), dump(t, open(t, address2))); diff != "" {
		t.Errorf("after a second backup and restore (-first +second):\n%s", diff)
	}
	// What was made before the backup is the same in the original.
	for _, q := range []string{`SELECT * FROM decision_record ORDER BY decision, version`,
		`SELECT * FROM person ORDER BY id`, `SELECT * FROM finding ORDER BY run, place`} {
		if diff := cmp.Diff(rowsText(t, s, q), rowsText(t, r, q)); diff != "" {
			t.Errorf("%s (-original +restored):\n%s", q, diff)
		}
	}
	// The restored database works on: numbers go on where they were.
	if _, err := casefile.NewDesk(r).Open(ctx, casefile.Actor{ID: "w", Roles: casefile.Roles}, casefile.Opening{
		Title: "after", Trigger: casefile.Trigger{Text: "x"}}); err != nil {
		t.Errorf("open a case after the restore: %v", err)
	}
	if err := store.Restore(ctx, file, address); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("restore over a database: %v", err)
	}
	damaged(t, file, to)
}

func damaged(t *testing.T, file string, to func() string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	for what, x := range map[string][]byte{"cut": b[:len(b)/2], "empty": nil,
		"text": []byte("hello, this is no backup at all"), "changed": change(t, b)} {
		if err := os.WriteFile(bad, x, 0o600); err != nil {
			t.Fatal(err)
		}
		address := to()
		if err := store.Restore(t.Context(), bad, address); err == nil {
			t.Errorf("a backup that is %s was restored", what)
		}
		if p, ok := strings.CutPrefix(address, "sqlite:"); ok {
			if _, err := os.Stat(p); err == nil {
				t.Errorf("a backup that is %s left a database", what)
			}
		}
	}
}

// change alters a row inside a backup so that only its sum, or SQLite's own check, tells.
func change(t *testing.T, b []byte) []byte {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		// SQLite: the middle of the file is overwritten page by page.
		out := bytes.Clone(b)
		for i := 4096 * 2; i < len(out); i += 4096 {
			copy(out[i:i+64], bytes.Repeat([]byte{0xA5}, 64))
		}
		return out
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "event.copy" {
			text = bytes.Replace(text, []byte("Case opened"), []byte("Case closed"), 1)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		to.Write(text)
	}
	w.Close()
	return buf.Bytes()
}

// dump is every table as text.
func dump(t *testing.T, s *store.Store) map[string]string {
	out := map[string]string{}
	for _, table := range []string{"counter", "case_file", "case_member", "case_label", "case_relation", "interest",
		"clock", "holiday", "case_finding", "claim", "claim_grade",
		"claim_status", "letter", "reply", "decision", "voice", "decision_record", "event", "read_log", "request",
		"person", "person_role", "identity", "session", "token",
		"start_link", "ledger_leaf", "ledger_opening", "ledger_node", "ledger_log", "run", "finding", "finding_text",
		"facet", "run_party"} {
		out[table] = rowsText(t, s, `SELECT * FROM `+table+` ORDER BY 1, 2`)
	}
	return out
}

func rowsText(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	var b strings.Builder
	ctx := t.Context()
	err := s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		cols, err := rows.Columns()
		if err != nil {
			return err
		}
		vals := make([]sql.NullString, len(cols))
		ptrs := make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		for rows.Next() {
			if err := rows.Scan(ptrs...); err != nil {
				return err
			}
			for _, v := range vals {
				b.WriteString(v.String + "|")
			}
			b.WriteByte('\n')
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return b.String()
}
