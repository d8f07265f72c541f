package notice_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// A hand is somebody at the desk whose id is the role.
func hand(id string, roles ...casefile.Role) casefile.Actor {
	return casefile.Actor{ID: id, Name: id, Roles: roles}
}

var (
	intake  = hand("intake", casefile.Intake)
	counsel = hand("counsel", casefile.Counsel)
	auditor = hand("auditor", casefile.Auditor)
)

type world struct {
	*noticetest.Place
	db      *store.Store
	address string
}

// begin opens a box on each database.
func begin(t *testing.T, change ...func(*notice.Config)) *world {
	t.Helper()
	return beginAt(t, "sqlite:"+filepath.Join(t.TempDir(), "plimsoll.db"), change...)
}

func beginAt(t *testing.T, address string, change ...func(*notice.Config)) *world {
	t.Helper()
	db, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &world{noticetest.Open(t, db, t.TempDir(), change...), db, address}
}

// open opens the database as a verifier does, for reading.
func (w *world) open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := verify.OpenDatabase(w.address)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, do func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { do(t, begin(t)) })
	t.Run("postgres", func(t *testing.T) { do(t, beginAt(t, storetest.Postgres(t).Schema(t))) })
}

func (w *world) send(t *testing.T, fields ...any) notice.Outcome {
	t.Helper()
	o, err := noticetest.Send(t.Context(), w.Box, "198.51.100.7", w.Form(), fields...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := w.db.Read(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), query,
			args...).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// proven checks a receipt as a stranger does: with its bytes and the key.
func (w *world) proven(t *testing.T, receipt []byte) (notice.Receipt, format.Proven) {
	t.Helper()
	r, err := notice.ParseReceipt(receipt)
	must(t, err)
	key, err := format.Verifier(w.VKey)
	must(t, err)
	p, err := r.Proof.Verify(key)
	must(t, err)
	return r, p
}

// TestThread sends a notice and proves it, then follows it up.
func TestThread(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		o := w.send(t, "about", "Northgate Signals", "what", "They record a whole city.\r\nAnd keep it: ✓ ü 記", "how",
			"seen", "file", []byte("a memo"))
		if len(o.Receipt) == 0 || len(o.Code) != 29 || o.Repeated {
			t.Fatalf("%+v", o)
		}
		r, p := w.proven(t, o.Receipt)
		said, err := r.Notice()
		must(t, err)
		if said.ID != o.ID || said.To != "Harbour Cloud" ||
			said.Said.What != "They record a whole city.\nAnd keep it: ✓ ü 記" || len(said.Files) != 1 ||
			said.Files[0].SHA256 != o.Files[0].SHA256 {
			t.Errorf("%+v", said)
		}
		if !p.Leaf.Time.Equal(o.Received) || p.Leaf.Kind != "notice" {
			t.Errorf("leaf %+v, received %v", p.Leaf, o.Received)
		}
		seen, err := w.Follow(ctx, "x", strings.ToLower(strings.ReplaceAll(o.Code, "-", " ")))
		must(t, err)
		if len(seen) != 1 || seen[0].Status != notice.Received || seen[0].ID != o.ID {
			t.Errorf("%+v", seen)
		}
		again, err := w.ReceiptOf(ctx, "x", o.Code, o.ID)
		must(t, err)
		if r2, _ := w.proven(t, again); r2.Proof.Index != r.Proof.Index {
			t.Error("another leaf")
		}
		for _, wrong := range []string{"", "x", strings.Repeat("A", 24), o.Code[:28], strings.Repeat("9", 5000)} {
			if _, err := w.Follow(ctx, "x", wrong); !errors.Is(err, notice.ErrCode) {
				t.Errorf("code %.30q: %v", wrong, err)
			}
		}
		other := w.send(t, "what", "Something else.")
		if _, err := w.ReceiptOf(ctx, "x", other.Code, o.ID); !errors.Is(err, notice.ErrCode) {
			t.Errorf("the receipt of another sender: %v", err)
		}
		if n := w.count(t, `SELECT count(*) FROM notice_origin WHERE code LIKE $1`, "%"+strings.ReplaceAll(o.Code, "-",
			"")+"%"); n != 0 {
			t.Error("the code is kept")
		}
	})
}

// TestPending leaves the ledger unpublished: the notice is kept, and the receipt can be had
// later.
func TestPending(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	w := &world{noticetest.Prepare(t, db, t.TempDir(), func(c *notice.Config) { c.Wait = 10 * time.Millisecond }), db,
		""}
	o := w.send(t, "what", "Something happens.")
	if o.Receipt != nil {
		t.Fatal("a receipt without a published leaf")
	}
	if _, err := w.ReceiptOf(t.Context(), "x", o.Code, o.ID); !errors.Is(err, notice.ErrPending) {
		t.Errorf("before: %v", err)
	}
	_, err = w.Sequencer.Step(t.Context())
	must(t, err)
	b, err := w.ReceiptOf(t.Context(), "x", o.Code, o.ID)
	must(t, err)
	w.proven(t, b)
}

// TestUnhappy sends what no honest form is, and what honest people get wrong. Nothing is
// kept of any, the words are handed back, and the token is still good.
func TestUnhappy(t *testing.T) {
	w := begin(t, func(c *notice.Config) {
		c.Limits = notice.DefaultLimits
		c.Limits.FileBytes, c.Limits.AllBytes = 1<<20, 3<<19
	})
	token := w.Form()
	mega := bytes.Repeat([]byte("k"), 1<<20)
	many := make([]any, 0, 20_000)
	for range 10_000 {
		many = append(many, "x", "y")
	}
	for _, tt := range []struct {
		name   string
		fields []any
		field  string
		words  string
	}{
		{"empty", nil, "what", "Say what happens"},
		{"spaces", []any{"what", " \r\n\t "}, "what", "Say what happens"},
		{"NUL", []any{"what", "a\x00b"}, "what", "no text"},
		{"broken UTF-8", []any{"what", "a\xffb"}, "what", "no text"},
		{"escape", []any{"what", "x", "about", "a\x1b[2Jb"}, "about", "no text"},
		{"long", []any{"what", strings.Repeat("é", 12_001)}, "what", "too long"},
		{"longer than a field", []any{"what", "x", "how", strings.Repeat("x", 70_000)}, "how", "too long"},
		{"ten thousand fields", many, "", "too many fields"},
		{"large file", []any{"what", "x", "file", append(mega, 'k')}, "file", "A file may have"},
		{"large files", []any{"what", "x", "file", mega[:800_000], "file", mega[:800_000]}, "file",
			"All files together"},
		{"many files", []any{"what", "x", "file", []byte("1"), "file", []byte("2"), "file", []byte("3"), "file",
			[]byte("4"), "file", []byte("5"), "file", []byte("6")}, "file", "takes 5 files"},
		{"contact without words", []any{"what", "x", "contact", "sealed"}, "reach", "how we can reach you"},
		{"contact that is not to be kept", []any{"what", "x", "contact", "code", "reach", "me@mail.example"}, "reach",
			"none is kept"},
		{"strange choice", []any{"what", "x", "contact", "loud"}, "contact", "Choose"},
		{"long contact", []any{"what", "x", "contact", "sealed", "reach", strings.Repeat("x", 1001)}, "reach",
			"1000 bytes"},
		{"code that is none", []any{"what", "x", "code", "hello"}, "code", "no code"},
		{"code of nobody", []any{"what", "x", "code", strings.Repeat("A", 24)}, "code", "No notice belongs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := noticetest.Send(t.Context(), w.Box, "x", token, tt.fields...)
			var f *notice.Fault
			if !errors.As(err, &f) || f.Field != tt.field || !strings.Contains(f.Reason, tt.words) {
				t.Fatalf("error %v (%+v), want %q in %q", err, f, tt.words, tt.field)
			}
			if len(tt.fields) > 0 && len(tt.fields) < 20 && tt.fields[0] == "what" && o.Token != token {
				t.Error("the form cannot be sent again")
			}
		})
	}
	post := func(size int64, boundary string, body string) error {
		_, err := w.Receive(t.Context(), notice.Post{Address: "x", Size: size, Boundary: boundary,
			Body: strings.NewReader(body)})
		return err
	}
	boundary, whole := noticetest.Form(token, "what", "cut off", "file", []byte("the file"))
	for at := range whole[:len(whole)-4] {
		if at < len(whole)-400 && at%7 != 0 {
			continue
		}
		for _, size := range []int64{int64(at), -1} { // read whole first, and read as it comes
			if err := post(size, boundary, string(whole[:at])); err == nil {
				t.Fatalf("a form cut off at byte %d of %d was taken: %q", at, len(whole), whole[:at])
			}
		}
	}
	for name, err := range map[string]error{
		"no form": post(0, "b", ""), "no boundary": post(4, "", "text"), "only a boundary": post(20, "b", "--b--\r\n"),
		"huge by its header": post(1<<40, "b", "x"),
		"no token": post(-1, "b", "--b\r\nContent-Disposition: form-data; "+
			"name=\"what\"\r\n\r\nx\r\n--b--\r\n"),
	} {
		var f *notice.Fault
		if !errors.As(err, &f) && !errors.Is(err, notice.ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]string{"none": "", "made up": "AAAA", "changed": "A" + token[1:],
		"of another box": begin(t).Form()} {
		if bad == token {
			continue
		}
		o, err := noticetest.Send(t.Context(), w.Box, "x", bad, "what", "my words")
		if !errors.Is(err, notice.ErrToken) || o.Said.What != "my words" || o.Token == "" || o.Token == bad {
			t.Errorf("token %s: %v, %+v", name, err, o)
		}
	}
	if n := w.count(t, `SELECT (SELECT count(*) FROM notice) + (SELECT count(*) FROM notice_text) + (SELECT count(*) FROM ledger_leaf) + (SELECT count(*) FROM notice_file) + (SELECT count(*) FROM notice_origin)`); n != 0 {
		t.Errorf("%d rows are left of what was refused", n)
	}
	w.empty(t)
	w.send(t, "what", "still works")
	if o, err := noticetest.Send(t.Context(), w.Box, "x", token, "what", "the same form at last"); err != nil ||
		o.Repeated {
		t.Errorf("the form that was refused so often: %v", err)
	}
}

// empty checks that no file lies in the box.
func (w *world) empty(t *testing.T) {
	t.Helper()
	for _, d := range []string{"incoming", "sealed", "working"} {
		es, err := os.ReadDir(filepath.Join(w.Dir, d))
		must(t, err)
		for _, e := range es {
			t.Errorf("%s/%s is left", d, e.Name())
		}
	}
}

// TestOldForm: a form may stay open for two days.
func TestOldForm(t *testing.T) {
	now := time.Date(2032, 7, 2, 9, 0, 0, 0, time.UTC)
	w := begin(t, func(c *notice.Config) { c.Now = func() time.Time { return now } })
	token := w.Form()
	now = now.Add(49 * time.Hour)
	if _, err := noticetest.Send(t.Context(), w.Box, "x", token, "what", "late"); !errors.Is(err, notice.ErrToken) {
		t.Errorf("after 49 hours: %v", err)
	}
	now = now.Add(-2 * time.Hour)
	if _, err := noticetest.Send(t.Context(), w.Box, "x", token, "what", "in time"); err != nil {
		t.Errorf("after 47 hours: %v", err)
	}
}

// TestTwice sends one form many times, one after another and at once: one notice is kept, and
// every answer is the same.
func TestTwice(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		token := w.Form()
		var mu sync.Mutex
		var wg sync.WaitGroup
		codes, ids, fresh := map[string]bool{}, map[notice.ID]bool{}, 0
		for i := range 12 {
			wg.Go(func() {
				o, err := noticetest.Send(context.Background(), w.Box, fmt.Sprint(i%3), token, "what", "once", "file",
					[]byte("one file"), "contact", "sealed", "reach", "a lamp")
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, notice.ErrBusy) { // five at the same moment are more than a hand presses
					return
				}
				if err != nil {
					t.Errorf("send %d: %v", i, err)
					return
				}
				codes[o.Code], ids[o.ID] = true, true
				if !o.Repeated {
					fresh++
				}
				if o.Changed {
					t.Error("the same words are taken for others")
				}
			})
		}
		wg.Wait()
		if len(codes) != 1 || len(ids) != 1 || fresh != 1 {
			t.Errorf("codes %v, notices %v, %d of them new", codes, ids, fresh)
		}
		o, err := noticetest.Send(t.Context(), w.Box, "x", token, "what", "something else")
		if err != nil || !o.Repeated || !o.Changed || o.Said.What != "once" {
			t.Errorf("other words in the same form: %+v, %v", o, err)
		}
		if n := w.count(t, `SELECT count(*) FROM notice`); n != 1 {
			t.Errorf("%d notices", n)
		}
		es, err := os.ReadDir(filepath.Join(w.Dir, "sealed"))
		if err != nil || len(es) != 1 {
			t.Errorf("%d folders of sealed files, %v", len(es), err)
		}
		if es, _ := os.ReadDir(filepath.Join(w.Dir, "incoming")); len(es) != 0 {
			t.Errorf("%d folders are left in incoming", len(es))
		}
	})
}

// TestStories: who sends again, the same words or the same file, tells one story; a sender
// counts once.
func TestStories(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.send(t, "what", "The directorate records the whole city.", "file", []byte("the memo"))
		more := w.send(t, "what", "They began in March.", "code", a.Code)
		words := w.send(t, "what", "the  DIRECTORATE records\nthe whole city.")
		file := w.send(t, "what", "Look at this.", "file", []byte("the memo"))
		other := w.send(t, "what", "Another matter.")
		if more.Code != a.Code {
			t.Errorf("the code %s became %s", a.Code, more.Code)
		}
		for id, because := range map[notice.ID]string{a.ID: "", more.ID: "the same sender", words.ID: "the same words",
			file.ID: "the same file", other.ID: ""} {
			s, err := w.Read(ctx, intake, id)
			must(t, err)
			want := a.ID
			if id == other.ID {
				want = other.ID
			}
			if s.Story != want || s.Because != because {
				t.Errorf("%s: story %s because %q, want %s because %q", s.Said.What, s.Story, s.Because, want, because)
			}
		}
		lines, err := w.List(ctx, auditor, true, 0)
		must(t, err)
		if len(lines) != 2 || lines[1].Notices != 4 || lines[1].Senders != 3 || lines[1].Files != 2 ||
			lines[0].Senders != 1 {
			t.Errorf("%+v", lines)
		}
		must(t, w.Join(ctx, intake, other.ID, file.ID, "the same plant"))
		must(t, w.Join(ctx, intake, words.ID, words.ID, "another city"))
		lines, err = w.List(ctx, auditor, true, 0)
		must(t, err)
		if len(lines) != 2 || lines[0].ID != words.ID || lines[1].Notices != 4 || lines[1].Senders != 3 {
			t.Errorf("after the desk judged: %+v", lines)
		}
		seen, err := w.Follow(ctx, "x", a.Code)
		must(t, err)
		if len(seen) != 2 || seen[0].ID != more.ID {
			t.Errorf("the sender sees %+v", seen)
		}
		if err := w.Join(ctx, auditor, other.ID, a.ID, "x"); !errors.Is(err, casefile.ErrForbidden) {
			t.Errorf("the auditor groups: %v", err)
		}
	})
}

// TestAnswers: read, answered, closed, and what the sender sees of it.
func TestAnswers(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		o, quiet := w.send(t, "what", "Something happens."), w.send(t, "what", "Do not write.", "contact", "none")
		status := func(want notice.Status) {
			t.Helper()
			seen, err := w.Follow(ctx, "x", o.Code)
			must(t, err)
			if seen[0].Status != want {
				t.Errorf("status %s, want %s", seen[0].Status, want)
			}
		}
		_, err := w.Read(ctx, auditor, o.ID)
		must(t, err)
		status(notice.Received) // an auditor looks after the desk, not after notices
		for range 2 {
			_, err = w.Read(ctx, intake, o.ID)
			must(t, err)
		}
		status(notice.Looked)
		key := intake
		key.Request = "form 1"
		for range 2 {
			must(t, w.Reply(ctx, key, o.ID, "Thank you. Which plant?"))
		}
		if err := w.Reply(ctx, key, o.ID, "other words"); !errors.Is(err, casefile.ErrReused) {
			t.Errorf("another answer under the same key: %v", err)
		}
		status(notice.Answered)
		must(t, w.SetStatus(ctx, intake, o.ID, notice.Closed, "answered"))
		status(notice.Closed)
		seen, err := w.Follow(ctx, "x", o.Code)
		must(t, err)
		if len(seen[0].Replies) != 1 || seen[0].Replies[0].Text != "Thank you. Which plant?" {
			t.Errorf("%+v", seen)
		}
		if err := w.Reply(ctx, intake, quiet.ID, "hello"); !errors.Is(err, notice.ErrState) {
			t.Errorf("writing to who does not want it: %v", err)
		}
		program := intake
		program.Program = true
		for name, err := range map[string]error{
			"reply of an auditor": w.Reply(ctx, auditor, o.ID, "x"), "reply of a program": w.Reply(ctx, program, o.ID,
				"x"), "export by an auditor": w.Export(ctx, auditor, o.ID, "x", io.Discard),
			"erasure by intake": w.Erase(ctx, intake, o.ID, "x"), "no reason": w.SetStatus(ctx, intake, o.ID,
				notice.Looked, " "), "no words": w.Reply(ctx, intake, o.ID, ""),
			"of none": w.Reply(ctx, intake, "N-00000000", "x"), "an odd id": w.Reply(ctx, intake, "N-\x00'", "x"),
			"a strange status": w.SetStatus(ctx, intake, o.ID, "secret", "x"),
		} {
			if err == nil {
				t.Errorf("%s was allowed", name)
			}
		}
		s, err := w.Read(ctx, auditor, o.ID)
		must(t, err)
		var kinds []string
		for _, e := range s.Events {
			kinds = append(kinds, e.Actor+" "+e.Kind)
		}
		if want := []string{"auditor read", "intake read", "intake replied", "intake status"}; !slices.Equal(kinds, want) {
			t.Errorf("events %v, want %v", kinds, want)
		}
		if n := w.count(t, `SELECT count(*) FROM notice_event e WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.source = 'notice_event' AND l.source_key = CAST(e.seq AS TEXT))`); n != 0 {
			t.Errorf("%d events have no leaf", n)
		}
		for _, q := range []string{`UPDATE notice_event SET actor = 'x'`, `DELETE FROM notice_event`} {
			if err := w.db.Write(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, q); return err }); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}
