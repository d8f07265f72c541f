package notice_test

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store"
)

// TestCoarse: with a rounding the public log shows the day or the week of a notice, in the leaf's time and its id, and
// the receipt the exact time; with a delay the leaf, and so the receipt, comes later.
func TestCoarse(t *testing.T) {
	at := time.Date(2026, 12, 3, 17, 41, 9, 123456000, time.UTC) // a Thursday
	day, monday := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		d     notice.Discretion
		bears time.Time
	}{
		{"exact", notice.Discretion{}, at},
		{"day", notice.Discretion{Round: notice.Day}, day},
		{"week", notice.Discretion{Round: notice.Week}, monday},
		{"week and late", notice.Discretion{Round: notice.Week, Delay: 48 * time.Hour}, monday},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
			must(t, err)
			t.Cleanup(func() { db.Close() })
			w := &world{noticetest.Prepare(t, db, t.TempDir(), func(cfg *notice.Config) {
				cfg.Now, cfg.Discretion, cfg.Wait = func() time.Time { return at }, c.d, 10*time.Millisecond
			}), db, ""}
			now := at
			w.Sequencer.Now = func() time.Time { return now }
			appended(t, db, at.Add(-time.Minute)) // another leaf, with its exact time, stands before
			o := w.send(t, "what", "Something happens.")
			if !o.Received.Equal(at) {
				t.Errorf("received %s, want %s", o.Received, at)
			}
			_, err = w.Sequencer.Step(t.Context())
			must(t, err)
			if c.d.Delay > 0 {
				if _, err := w.ReceiptOf(t.Context(), "x", o.Code, o.ID); !errors.Is(err, notice.ErrLate) {
					t.Errorf("a receipt before the delay is over: %v", err)
				}
				now = at.Add(c.d.Delay)
				_, err = w.Sequencer.Step(t.Context())
				must(t, err)
			}
			b, err := w.ReceiptOf(t.Context(), "x", o.Code, o.ID)
			must(t, err)
			r, p := w.proven(t, b)
			if !p.Leaf.Time.Equal(c.bears) {
				t.Errorf("the leaf bears %s, want %s", p.Leaf.Time, c.bears)
			}
			id, err := hex.DecodeString(p.Leaf.ID)
			must(t, err)
			ms := int64(0)
			for _, x := range id[:6] {
				ms = ms<<8 | int64(x)
			}
			if ms != c.bears.UnixMilli() {
				t.Errorf("the id of the leaf shows %s", time.UnixMilli(ms).UTC())
			}
			text, err := r.Notice()
			must(t, err)
			shown := strings.Contains(string(b), at.Format("2006-01-02 15:04:05.000000"))
			exact := c.d.Round == notice.Exact
			if exact != text.Received.IsZero() || !exact && !text.Received.Equal(at) || !shown {
				t.Errorf("the receipt states %s, shows it: %t", text.Received, shown)
			}
			v, err := format.Verifier(w.VKey)
			must(t, err)
			rep, err := verify.Folder(t.Context(), os.DirFS(w.Published), verify.Keys{Log: v})
			must(t, err)
			if remark := strings.Join(rep.Remarks, "\n"); !rep.OK() || strings.Contains(remark, "dated back") ||
				(c.d.Round != notice.Exact) != strings.Contains(remark, "1 notices bear the day or week") {
				t.Errorf("verify: %v, %q", rep.Problems, rep.Remarks)
			}
		})
	}
}

// appended writes a leaf of something else.
func appended(t *testing.T, db *store.Store, at time.Time) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := ledger.Writer{Now: func() time.Time { return at }}.Append(t.Context(), tx, ledger.Entry{
			Kind: ledger.Case, Subject: "C-0001", Actor: "asha", Content: []byte("x")})
		return err
	}))
}

// TestDiscretion refuses what would not hide anything.
func TestDiscretion(t *testing.T) {
	for _, c := range []struct {
		name string
		d    notice.Discretion
		ok   bool
	}{
		{"nothing", notice.Discretion{}, true},
		{"a day", notice.Discretion{Round: notice.Day}, true},
		{"a day, late", notice.Discretion{Round: notice.Day, Delay: time.Hour}, true},
		{"late alone", notice.Discretion{Delay: time.Hour}, false},
		{"early", notice.Discretion{Round: notice.Day, Delay: -time.Hour}, false},
		{"too late", notice.Discretion{Round: notice.Day, Delay: 31 * 24 * time.Hour}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.d.Valid(); (err == nil) != c.ok {
				t.Errorf("valid: %v", err)
			}
		})
	}
	if _, err := notice.ParseRounding("month"); err == nil {
		t.Error("a month is taken")
	}
}
