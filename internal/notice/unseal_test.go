package notice_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
)

// TestTwoPeople: what is sealed is handed out after two people agreed, each step is recorded,
// and it takes the shares of two people to read it.
func TestTwoPeople(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		o := w.send(t, "what", "Something happens.", "contact", "sealed", "reach", "lamp at the third pier", "file",
			[]byte("the memo"))
		ben := hand("ben", casefile.Intake)
		if err := w.Ask(ctx, intake, o.ID, "contact", ""); !errors.Is(err, notice.ErrReason) {
			t.Errorf("without a reason: %v", err)
		}
		if err := w.Ask(ctx, intake, o.ID, "file-2", "x"); !errors.Is(err, notice.ErrUnknown) {
			t.Errorf("what there is not: %v", err)
		}
		if err := w.Ask(ctx, intake, o.ID, "../../key", "x"); !errors.Is(err, notice.ErrUnknown) {
			t.Errorf("a path: %v", err)
		}
		must(t, w.Ask(ctx, intake, o.ID, "contact", "a threat to the sender"))
		s, err := w.Read(ctx, counsel, o.ID)
		must(t, err)
		seq := s.Unseal[0].Seq
		if _, _, err := w.Take(ctx, intake, o.ID, seq); !errors.Is(err, notice.ErrState) {
			t.Errorf("taken before anybody agreed: %v", err)
		}
		if err := w.Agree(ctx, intake, o.ID, seq, "me again"); !errors.Is(err, notice.ErrSame) {
			t.Errorf("agreed with oneself: %v", err)
		}
		if err := w.Agree(ctx, auditor, o.ID, seq, "x"); !errors.Is(err, casefile.ErrForbidden) {
			t.Errorf("agreed as auditor: %v", err)
		}
		must(t, w.Agree(ctx, counsel, o.ID, seq, "yes, that is grave"))
		if err := w.Agree(ctx, ben, o.ID, seq, "me too"); !errors.Is(err, notice.ErrState) {
			t.Errorf("agreed twice: %v", err)
		}
		if _, _, err := w.Take(ctx, ben, o.ID, seq); !errors.Is(err, casefile.ErrForbidden) {
			t.Errorf("taken by a third: %v", err)
		}
		sealed, what, err := w.Take(ctx, counsel, o.ID, seq)
		must(t, err)
		if bytes.Contains(sealed, []byte("third pier")) || what != "contact" {
			t.Fatalf("%s: %q", what, sealed)
		}
		s, err = w.Read(ctx, counsel, o.ID)
		must(t, err)
		last := s.Events[len(s.Events)-1]
		if last.Kind != notice.EventTaken || last.Actor != "counsel" || last.Reason != "a threat to the sender" {
			t.Errorf("the hand-out is recorded as %+v", last)
		}
		for _, two := range [][]notice.Share{{w.Shares[0], w.Shares[1]}, {w.Shares[2], w.Shares[0]}, w.Shares} {
			thing, err := notice.Unseal(sealed, two...)
			if err != nil || strings.TrimSpace(string(thing.Plain)) != "lamp at the third pier" ||
				thing.Notice != o.ID || thing.What != "contact" {
				t.Errorf("%+v, %v", thing, err)
			}
		}
		_, strangers, err := notice.NewKey("ada", "ben")
		must(t, err)
		mixed := w.Shares[1]
		mixed.Key = strangers[0].Key
		for name, shares := range map[string][]notice.Share{"none": nil, "one": w.Shares[:1], "one twice": {w.Shares[0],
			w.Shares[0]}, "of another key": strangers, "mixed": {strangers[0], mixed}} {
			if _, err := notice.Unseal(sealed, shares...); err == nil {
				t.Errorf("unsealed with %s", name)
			}
		}
		renamed := w.Shares[0]
		renamed.Holder = "somebody"
		if _, err := notice.Unseal(sealed, w.Shares[0], renamed); err == nil {
			t.Error("unsealed with one share under two names")
		}
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			if _, err := notice.Unseal(changed, w.Shares[0], w.Shares[1]); err == nil {
				t.Fatalf("byte %d changed, and it was unsealed", i)
			}
			if i > 300 {
				break
			}
		}
		original, err := os.ReadFile(filepath.Join(w.Dir, "sealed", string(o.ID), "file-1"))
		must(t, err)
		thing, err := notice.Unseal(original, w.Shares[1], w.Shares[2])
		if err != nil || string(thing.Plain) != "the memo" {
			t.Errorf("the original: %q, %v", thing.Plain, err)
		}
	})
}

// TestKeyFiles: what is written is read again, and nothing else is.
func TestKeyFiles(t *testing.T) {
	key, shares, err := notice.NewKey("ada", "ben")
	must(t, err)
	back, err := notice.ParseKey(key.Encode())
	if err != nil || back.ID != key.ID {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := notice.ParseKey(shares[0].Encode()); err == nil {
		t.Error("a share was read as the public key")
	}
	share, err := notice.ParseShare(shares[0].Encode())
	if err != nil || !bytes.Equal(share.Encode(), shares[0].Encode()) {
		t.Errorf("%+v, %v", share, err)
	}
	for _, names := range [][]string{nil, {"ada"}, {"ada", "ada"}, {"ada", "../ben"}, {"ada", ""}, {"Ada", "ben"}} {
		if _, _, err := notice.NewKey(names...); err == nil {
			t.Errorf("a key for %q", names)
		}
	}
}

// TestErase: the content goes, the proof stays, an old receipt still verifies, and the
// database still says what the log recorded.
func TestErase(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		o := w.send(t, "what", "A private matter of the seventh floor.", "contact", "sealed", "reach", "x", "file",
			[]byte("memo of the seventh floor"))
		must(t, w.Reply(ctx, intake, o.ID, "We asked the seventh floor."))
		var b bytes.Buffer
		must(t, w.Export(ctx, intake, o.ID, "for counsel", &b))
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		must(t, err)
		names := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			must(t, err)
			content, err := io.ReadAll(r)
			must(t, err)
			names[f.Name] = string(content)
		}
		dir := string(o.ID) + "/"
		if len(names) != 3 || names[dir+"working/file-1.txt"] != "memo of the seventh floor" ||
			!strings.Contains(names[dir+"notice.json"], "seventh floor") {
			t.Errorf("the export: %v", names)
		}
		w.proven(t, []byte(names[dir+"receipt.txt"]))

		must(t, w.Erase(ctx, counsel, o.ID, "article 17"))
		if err := w.Erase(ctx, counsel, o.ID, "again"); !errors.Is(err, notice.ErrErased) {
			t.Errorf("erased twice: %v", err)
		}
		if _, _, err := w.Working(ctx, intake, o.ID, 1); err == nil {
			t.Error("the working copy is still handed out")
		}
		w.empty(t)
		for _, table := range []string{"notice_text.body", "notice_reply.body", "notice_file.sha256"} {
			name, column, _ := strings.Cut(table, ".")
			if n := w.count(t, `SELECT count(*) FROM `+name+` WHERE `+column+` <> ''`); n != 0 {
				t.Errorf("%d rows of %s still say something", n, table)
			}
		}
		for _, word := range []string{"seventh floor"} {
			q := `SELECT count(*) FROM ledger_opening WHERE instr(CAST(value AS TEXT), $1) > 0`
			if w.db.Kind() == "postgres" {
				q = `SELECT count(*) FROM ledger_opening WHERE position(convert_to($1, 'UTF8') IN value) > 0`
			}
			if n := w.count(t, q, word); n != 0 {
				t.Errorf("%d openings of the ledger still say %q", n, word)
			}
		}
		if n := w.count(t, `SELECT count(*) FROM notice_mark`); n != 0 {
			t.Errorf("%d marks are left", n)
		}
		w.proven(t, o.Receipt) // what was handed out stays true
		now, err := w.ReceiptOf(ctx, "x", o.Code, o.ID)
		must(t, err)
		r, p := w.proven(t, now)
		if _, err := r.Notice(); !errors.Is(err, notice.ErrErased) || !p.Leaf.Time.Equal(o.Received) {
			t.Errorf("the receipt after the erasure: %v, %v", err, p.Leaf.Time)
		}
		seen, err := w.Follow(ctx, "x", o.Code)
		must(t, err)
		if !seen[0].Erased {
			t.Errorf("the sender sees %+v", seen)
		}
		s, err := w.Read(ctx, auditor, o.ID)
		must(t, err)
		if s.Said.What != "" || len(s.Sealed) != 0 {
			t.Errorf("the desk sees %+v", s)
		}
		w.verified(t)
	})
}

// verified checks the published log against the database: every text and event has a leaf,
// and says what it said.
func (w *world) verified(t *testing.T) {
	t.Helper()
	key, err := format.Verifier(w.VKey)
	must(t, err)
	db := w.open(t)
	for range 100 { // until the sequencer has published everything
		if w.count(t, `SELECT count(*) FROM ledger_leaf WHERE position < 0`) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	openers := map[string]verify.Opener{"without the keys": nil}
	if dir := notice.KeysDir(w.Dir); keyring.Exists(dir) {
		keys, err := keyring.Open(dir, "")
		must(t, err)
		openers["with the keys"] = keys.Unseal
	}
	for name, open := range openers {
		rep, err := verify.Folder(t.Context(), os.DirFS(w.Published), verify.Keys{Log: key})
		must(t, err)
		must(t, verify.Database(t.Context(), db, os.DirFS(w.Published), rep, open, verify.Cover{Table: "notice_text",
			Key: "id"},
			verify.Cover{Table: "notice_event", Key: "seq"}, verify.Cover{Table: "notice_reply", Key: "seq"}))
		for _, p := range rep.Problems {
			t.Errorf("%s: %v", name, p)
		}
		if rep.Leaves == 0 {
			t.Error("nothing was checked")
		}
	}
}
