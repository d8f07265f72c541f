package notice_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/keyring"
	"plimsoll/internal/notice"
	"plimsoll/internal/store/storetest"
)

const secretWords = "the harbour police film the eastern quay"

// inClear lists the files beneath folders that hold a text in the clear.
func inClear(t *testing.T, text string, dirs ...string) (out []string) {
	t.Helper()
	for _, dir := range dirs {
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte(text)) {
				out = append(out, path)
			}
			return err
		}))
	}
	return out
}

// rowsInClear counts rows of the database that hold a text in the clear.
func (w *world) rowsInClear(t *testing.T, text string) (n int) {
	t.Helper()
	opening := `instr(CAST(value AS TEXT), $1) > 0`
	in := func(column string) string { return `instr(` + column + `, $1) > 0` }
	if w.db.Kind() == "postgres" {
		opening = `position(convert_to($1, 'UTF8') IN value) > 0`
		in = func(column string) string { return `position($1 IN ` + column + `) > 0` }
	}
	for _, q := range []string{"ledger_opening WHERE " + opening, "notice_text WHERE " + in("body"),
		"notice_reply WHERE " + in("body")} {
		n += w.count(t, `SELECT count(*) FROM `+q, text)
	}
	return n
}

// reads checks that a notice and its reply are read as they were written.
func (w *world) reads(t *testing.T, o notice.Outcome) {
	t.Helper()
	s, err := w.Read(t.Context(), auditor, o.ID)
	must(t, err)
	if s.Said.What != secretWords || len(s.Replies) != 1 || s.Replies[0].Text != "We look into "+secretWords {
		t.Errorf("the desk reads %+v", s.Notice)
	}
	list, err := w.List(t.Context(), auditor, false, 0)
	must(t, err)
	if len(list) != 1 || list[0].Said.What != secretWords {
		t.Errorf("the list: %+v", list)
	}
	content, _, err := w.Working(t.Context(), intake, o.ID, 1)
	must(t, err)
	if string(content) != "memo: "+secretWords {
		t.Errorf("the working copy reads %q", content)
	}
	receipt, err := w.ReceiptOf(t.Context(), "x", o.Code, o.ID)
	must(t, err)
	r, _ := w.proven(t, receipt)
	if said, err := r.Notice(); err != nil || said.Said.What != secretWords {
		t.Errorf("the receipt shows %+v, %v", said, err)
	}
}

// TestEncrypted: what a notice and its reply say stands nowhere on the disk; the desk and the sender read it; the log
// is checked with the keys and without; and once the notice is erased its key is gone.
func TestEncrypted(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		o := w.send(t, "what", secretWords, "contact", "code", "file", []byte("memo: "+secretWords))
		must(t, w.Reply(ctx, intake, o.ID, "We look into "+secretWords))
		w.reads(t, o)
		dirs := []string{w.Dir}
		if path, lite := strings.CutPrefix(w.address, "sqlite:"); lite {
			dirs = append(dirs, filepath.Dir(path))
		}
		if found := inClear(t, secretWords, dirs...); found != nil || w.rowsInClear(t, secretWords) != 0 {
			t.Errorf("in the clear: %v, and %d rows", found, w.rowsInClear(t, secretWords))
		}
		w.verified(t)
		key := filepath.Join(notice.KeysDir(w.Dir), "case", string(o.ID)+".age")
		kept, err := os.ReadFile(key)
		must(t, err)
		must(t, os.Remove(key))
		if l, err := w.Lacking(ctx); err != nil || len(l) != 1 || !strings.Contains(l[0], string(o.ID)) {
			t.Errorf("a key that is gone: %v, %v", l, err)
		}
		if list, err := w.List(ctx, auditor, false, 0); err != nil || len(list) != 1 ||
			!strings.Contains(list[0].Said.What, "cannot be read") {
			t.Errorf("the list without the key: %+v, %v", list, err)
		}
		must(t, os.WriteFile(key, kept, 0o600))
		must(t, w.Erase(ctx, counsel, o.ID, "article 17"))
		if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the key of an erased notice: %v", err)
		}
		if l, err := w.Lacking(ctx); err != nil || len(l) != 0 {
			t.Errorf("after the erasure is missing: %v, %v", l, err)
		}
		w.verified(t)
	})
}

// TestEncryptAll: notices that an earlier version kept in the clear are encrypted
// and the log still proves them. A box that lost its keys as a whole is refused.
func TestEncryptAll(t *testing.T) {
	for name, address := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "plimsoll.db") },
		"postgres": func() string { return storetest.Postgres(t).Schema(t) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			var cfg notice.Config
			w := beginAt(t, address(), func(c *notice.Config) { c.Keys.Plain = true; cfg = *c })
			o := w.send(t, "what", secretWords, "contact", "code", "file", []byte("memo: "+secretWords))
			must(t, w.Reply(ctx, intake, o.ID, "We look into "+secretWords))
			if n := w.rowsInClear(t, secretWords); n == 0 {
				t.Error("nothing lay in the clear to begin with")
			}
			w.Box.Close()
			cfg.Keys = notice.Keys{}
			reopen := func() (err error) {
				w.Box, err = notice.Open(ctx, cfg)
				return err
			}
			must(t, reopen())
			if n, err := w.EncryptAll(ctx); err != nil || n != 1 {
				t.Fatalf("%d were encrypted, %v", n, err)
			}
			if n, err := w.EncryptAll(ctx); err != nil || n != 0 {
				t.Errorf("a second time: %d, %v", n, err)
			}
			w.reads(t, o)
			w.proven(t, o.Receipt)
			w.verified(t)
			if path, lite := strings.CutPrefix(w.address, "sqlite:"); lite {
				must(t, w.db.Backup(ctx, path+".copy"))
				if found := inClear(t, secretWords, path+".copy"); found != nil {
					t.Errorf("pages of the database hold it in the clear: %v", found)
				}
			}
			if found := inClear(t, secretWords, w.Dir); found != nil || w.rowsInClear(t, secretWords) != 0 {
				t.Errorf("in the clear: %v, and %d rows", found, w.rowsInClear(t, secretWords))
			}
			must(t, os.RemoveAll(notice.KeysDir(w.Dir)))
			for _, plain := range []bool{false, true} {
				cfg.Keys.Plain = plain
				if err := reopen(); !errors.Is(err, keyring.ErrMaster) || keyring.Exists(notice.KeysDir(w.Dir)) {
					t.Errorf("opened without its keys: %v", err)
				}
			}
		})
	}
}

// TestAnotherKey: things are sealed to another key from a start on; that is a leaf, and both public keys stay listed.
func TestAnotherKey(t *testing.T) {
	var cfg notice.Config
	w := begin(t, func(c *notice.Config) { cfg = *c })
	w.Box.Close()
	next, _, err := notice.NewKey("dora", "eli")
	must(t, err)
	for range 2 { // the second start changes nothing
		cfg.Key = next
		w.Box, err = notice.Open(t.Context(), cfg)
		must(t, err)
		w.Box.Close()
		if n := w.count(t, `SELECT count(*) FROM notice_key WHERE name LIKE 'public/%'`); n != 2 {
			t.Errorf("%d public keys are listed", n)
		}
		if n := w.count(t, `SELECT count(*) FROM ledger_leaf WHERE kind = 'key'`); n != 1 {
			t.Errorf("%d leaves record the change", n)
		}
	}
}
