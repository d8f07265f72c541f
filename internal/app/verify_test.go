package app

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
)

const smallLog = "../ledger/testdata/log-small"

// TestVerify runs the command on the small published log, whole and changed.
func TestVerify(t *testing.T) {
	vkey, err := os.ReadFile(filepath.Join(smallLog, "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(vkey))
	_, otherKey, err := ledger.GenerateKey("ledger.example.org/plimsoll")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(dir string) error
		args   []string
		code   int
		out    []string // in stdout and stderr together
	}{
		{name: "log with the key", args: []string{".", "--key", key}, out: []string{"21 leaves", "nothing is wrong"}},
		{name: "log with the key in a file", args: []string{".", "--key", "vkey"}, out: []string{"nothing is wrong"}},
		{name: "log with the key beside it", args: []string{"."}, out: []string{"not whose they are",
			"nothing is wrong"}},
		{name: "log and an earlier checkpoint", args: []string{".", "--key", key, "--since", "remembered-8"},
			out: []string{"nothing is wrong"}},
		{name: "receipt", args: []string{"leaf-05.tlog-proof", "--key", key}, out: []string{"leaf   5 of 21: decision",
			`shows  subject = "C-0003"`, "holds  actor, not shown"}},
		{name: "other key", args: []string{".", "--key", otherKey}, code: exitFailed,
			out: []string{"WRONG  checkpoint: the checkpoint is not signed with the key of ledger.example.org/plimsoll"}},
		{name: "receipt with another key", args: []string{"leaf-05.tlog-proof", "--key", otherKey}, code: exitFailed,
			out: []string{"WRONG  leaf-05.tlog-proof"}},
		{name: "changed leaf", change: change("tile/entries/000.p/21", "decision", "decizion"),
			args: []string{".", "--key", key}, code: exitFailed,
			out: []string{"WRONG  leaf 5: tile/entries/000.p/21 holds something else than the leaf that was signed",
				"1 thing is wrong"}},
		{name: "dated back", change: change("tile/entries/000.p/21", "2026-03-02T10:06", "2026-02-02T10:06"),
			args: []string{".", "--key", key}, code: exitFailed, out: []string{"WRONG  leaf 5"}},
		{name: "log set back", change: func(dir string) error { return os.Rename(dir+"/checkpoint", dir+"/kept") },
			args: []string{".", "--key", key}, code: exitFailed,
			out: []string{"WRONG  checkpoint: the file is missing"}},
		{name: "older than remembered", change: func(dir string) error {
			return firstErr(os.Rename(dir+"/checkpoint", dir+"/kept"), os.Rename(dir+"/remembered-8",
				dir+"/checkpoint"))
		}, args: []string{".", "--key", key, "--since", "kept"}, code: exitFailed,
			out: []string{"WRONG  kept: the remembered checkpoint has 21 leaves, the log only 8"}},
		{name: "no such path", args: []string{"nothing"}, code: exitUsage, out: []string{"nothing"}},
		{name: "no path", args: nil, code: exitUsage},
		{name: "not a log", args: []string{"tile", "--key", key}, code: exitUsage, out: []string{"neither a bag"}},
		{name: "not a receipt", args: []string{"checkpoint", "--key", key}, code: exitUsage,
			out: []string{"not a receipt"}},
		{name: "not a key", args: []string{".", "--key", "abc"}, code: exitUsage, out: []string{"a key looks like"}},
		{name: "no key", change: func(dir string) error { return os.Remove(dir + "/vkey") }, args: []string{"."},
			code: exitUsage, out: []string{"--key is needed"}},
		{name: "quorum without witnesses", args: []string{".", "--key", key, "--quorum", "1"}, code: exitUsage},
		{name: "no database", args: []string{".", "--key", key, "--database", "sqlite:none.db"}, code: exitFailed,
			out: []string{"open database"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			dir := filepath.Join(t.TempDir(), "log")
			copyLog(t, dir)
			if tt.change != nil {
				if err := tt.change(dir); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			out, code := runMain(append([]string{"verify"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit %d, want %d: %s", code, tt.code, out)
			}
			for _, w := range tt.out {
				if !strings.Contains(out, w) {
					t.Errorf("says %q, want %q in it", out, w)
				}
			}
		})
	}
}

func runMain(args ...string) (string, int) {
	var out bytes.Buffer
	code := Main(context.Background(), args, strings.NewReader(""), &out, &out)
	return out.String(), code
}

// copyLog copies the small log; the working folder may have changed, so its place is found
// from where the test began.
var smallLogFiles = func() map[string][]byte {
	files := map[string][]byte{}
	filepath.WalkDir(smallLog, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(smallLog, p)
			files[rel], err = os.ReadFile(p)
		}
		return err
	})
	return files
}()

func copyLog(t *testing.T, dir string) {
	t.Helper()
	for p, b := range smallLogFiles {
		p = filepath.Join(dir, p)
		if err := firstErr(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

func change(file, old, now string) func(string) error {
	return func(dir string) error {
		p := filepath.Join(dir, file)
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(p, bytes.Replace(b, []byte(old), []byte(now), 1), 0o644)
	}
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestVerifyDatabase remembers a checkpoint, then changes a pinned row of the database, then
// sets log and database back.
func TestVerifyDatabase(t *testing.T) {
	s, dir := ledgertest.New(t, ledger.SQLite), t.TempDir()
	secret, vkey, err := ledger.GenerateKey("ledger.example.org/verify")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ledger.ParseKey(secret + " " + vkey)
	if err != nil {
		t.Fatal(err)
	}
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	add := func(id string) {
		t.Helper()
		err := s.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT INTO case_note VALUES ($1, 'C-0001', 'first', 1)`, id); err != nil {
				return err
			}
			_, err := ledger.Append(t.Context(), tx, ledger.Entry{Kind: ledger.Case, Subject: "C-0001", Actor: "asha",
				Row: &ledger.Row{Table: "case_note", Key: "id", Value: id, Columns: []string{"text"}}})
			return err
		})
		if err == nil {
			_, err = q.Step(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("1")
	old := t.TempDir()
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	add("2")
	kept := filepath.Join(t.TempDir(), "kept")
	args := []string{"verify", dir, "--key", vkey, "--database", s.URL, "--remember", kept}
	for range 2 {
		if out, code := runMain(args...); code != exitDone || !strings.Contains(out, "nothing is wrong") {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	if out, code := runMain("verify", old, "--key", vkey, "--remember", kept); code != exitFailed ||
		!strings.Contains(out, "set back") {
		t.Errorf("set back: exit %d: %s", code, out)
	}
	if _, err := s.DB.Exec(`UPDATE case_note SET text = 'second' WHERE id = 2`); err != nil {
		t.Fatal(err)
	}
	if out, code := runMain(args...); code != exitFailed || !strings.Contains(out,
		"row 2 of table case_note: column text no longer says what leaf 1 recorded") {
		t.Errorf("changed row: exit %d: %s", code, out)
	}
}
