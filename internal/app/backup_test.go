package app

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/notice"
	"plimsoll/internal/notice/noticetest"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestBackupCommands backs a folder up and restores it by the command line.
func TestBackupCommands(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "old", "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Fill(t, s)
	defer s.Close()
	file := filepath.Join(dir, "b.db")
	run := func(want int, args ...string) string {
		t.Helper()
		var out, msg bytes.Buffer
		if got := Main(t.Context(), args, strings.NewReader(""), &out, &msg); got != want {
			t.Errorf("plimsoll %s: exit %d, want %d: %s", strings.Join(args, " "), got, want, msg.String())
		}
		return msg.String()
	}
	run(exitUsage, "backup", file)
	run(exitUsage, "backup", "--data", dir, "--database", "postgres://x", file)
	run(exitFailed, "backup", "--data", filepath.Join(dir, "nowhere"), file)
	run(exitDone, "backup", "--data", filepath.Join(dir, "old"), file)
	run(exitFailed, "backup", "--data", filepath.Join(dir, "old"), file)
	run(exitDone, "restore", "--data", filepath.Join(dir, "new"), file)
	restored, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "new", "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := restored.Sessions(t.Context(), "local"); err != nil || len(list) != 0 {
		t.Errorf("sessions after a restore: %v %v", list, err)
	}
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	if msg := run(exitFailed, "restore", "--data", filepath.Join(dir, "new"), file); !strings.Contains(msg,
		"not empty") {
		t.Errorf("restore over a database says %q", msg)
	}
	if _, err := os.Stat(filepath.Join(dir, "new", "plimsoll.db")); err != nil {
		t.Error(err)
	}

	// A backup that is cut off is named as that; a folder of somebody's own is left as it is.
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut, mine := filepath.Join(dir, "cut"), filepath.Join(dir, "other", ".restore-notes", "mine")
	// Evidence that no server has opened yet is taken without a lock.
	loose := filepath.Join(dir, "old", "evidence", "originals", "loose")
	for path, text := range map[string][]byte{cut: whole[:len(whole)/2], mine: []byte("x"), loose: []byte("x")} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if msg := run(exitFailed, "restore", "--data", filepath.Join(dir, "other"), cut); !strings.Contains(msg,
		"not whole") {
		t.Errorf("half a backup: %q", msg)
	}
	run(exitDone, "restore", "--data", filepath.Join(dir, "other"), file)
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	second := filepath.Join(dir, "second")
	run(exitDone, "backup", "--data", filepath.Join(dir, "old"), second)
	if _, err := os.Stat(filepath.Join(dir, "old", "evidence", "lock")); err == nil {
		t.Error("a backup put a lock into evidence that was never opened")
	}
	z, err := zip.OpenReader(second)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "state/evidence/originals/loose" }) {
		t.Error("the loose original is no part of the backup")
	}
}

// A site is a server's database and state folder with something in every corner.
type site struct {
	db     *store.Store
	state  string
	box    *notice.Box
	files  *evidence.Store
	held   string // an original that a case holds
	caseID casefile.ID
}

func makeSite(t *testing.T, address string) *site {
	t.Helper()
	x := &site{state: filepath.Join(t.TempDir(), "state")}
	var err error
	if x.db, err = store.Open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.db.Close() })
	storetest.Fill(t, x.db)
	_, log, _, err := openLedger(t.Context(), x.db, filepath.Join(x.state, "ledger"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if x.files, err = evidence.Open(filepath.Join(x.state, "evidence")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.files.Close)
	x.caseID = "C-0001"
	x.held = x.add(t, "a register of companies")
	custody := &store.Custody{DB: x.db, Files: x.files, Log: log}
	if err := custody.RecordAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.box = noticetest.Prepare(t, x.db, t.TempDir(), func(c *notice.Config) {
		c.Dir, c.Ledger = filepath.Join(x.state, "notices"), log
		c.Wait = time.Millisecond
	}).Box
	x.notify(t)
	for name, text := range map[string]string{"access/key": "secret", "access/tokens": "tokens",
		"access/watch.jsonl": "{}\n{\"cut", "origin": "https://plimsoll.example\n", "stray.txt": "?"} {
		path := filepath.Join(x.state, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func (x *site) add(t *testing.T, content string) string {
	t.Helper()
	a, err := x.files.AddReader(t.Context(), evidence.Warrant{Case: string(x.caseID), Actor: "investigator",
		Reason: "inquiry"},
		evidence.About{Source: "a registry", Grade: "B2"}, "register.txt", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a.SHA256
}

func (x *site) notify(t *testing.T) {
	t.Helper()
	_, err := noticetest.Send(t.Context(), x.box, "192.0.2.1", x.box.Form(), "what",
		"Servers are used for something else.",
		"contact", "sealed", "reach", "by mail", "file", []byte("plain text of a file"))
	if err != nil {
		t.Fatal(err)
	}
}

// TestBackupDrill backs a server up while it works, and restores it from each kind of database.
func TestBackupDrill(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			var server *storetest.Server
			if kind == "postgres" {
				server = storetest.Postgres(t)
			}
			empty := func() (address string, flags []string) {
				dir := filepath.Join(t.TempDir(), "place")
				if server != nil {
					address = server.Database(t)
					return address, []string{"--database", address, "--state", dir}
				}
				return "sqlite:" + filepath.Join(dir, "plimsoll.db"), []string{"--data", dir}
			}
			address, from := empty()
			x := makeSite(t, address)
			if kind == "sqlite" { // the state lies in another folder, as --state allows
				from = append(from, "--state", x.state)
			} else {
				from[3] = x.state
			}
			drill(t, x, from, empty)
		})
	}
}

func drill(t *testing.T, x *site, from []string, empty func() (string, []string)) {
	dir := t.TempDir()
	phrase, wrong := filepath.Join(dir, "phrase"), filepath.Join(dir, "wrong")
	for path, text := range map[string]string{phrase: "eleven grey herons\n", wrong: "ten\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(want int, args ...string) string {
		t.Helper()
		var out, msg bytes.Buffer
		if got := Main(t.Context(), args, strings.NewReader(""), &out, &msg); got != want {
			t.Errorf("plimsoll %s: exit %d, want %d: %s", strings.Join(args, " "), got, want, msg.String())
		}
		return msg.String()
	}
	command := func(name string, flags []string, rest ...string) []string {
		return slices.Concat([]string{name}, flags, rest)
	}

	// Work goes on while the backup is made.
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			x.add(t, fmt.Sprintf("page %d", n))
			x.notify(t)
		}
	}()
	bare, whole := filepath.Join(dir, "bare.plimsoll"), filepath.Join(dir, "whole.plimsoll")
	said := run(exitDone, command("backup", from, bare)...)
	for _, want := range []string{"ledger/key", "access/key", "access/tokens", "stray.txt"} {
		if !strings.Contains(said, want) {
			t.Errorf("backup without a passphrase does not name %s: %s", want, said)
		}
	}
	if said := run(exitDone, command("backup", from, "--passphrase-file", phrase, whole)...); strings.Contains(said,
		"ledger/key") {
		t.Errorf("backup with a passphrase: %s", said)
	}
	stop()
	<-done

	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("whole", func(t *testing.T) {
		address, to := empty()
		said := run(exitDone, command("restore", to, "--passphrase-file", phrase, whole)...)
		if strings.Contains(said, "keys") || !strings.Contains(said, "originals") {
			t.Errorf("restore: %s", said)
		}
		checkSite(t, x, address, to[len(to)-1])
	})
	t.Run("without keys", func(t *testing.T) {
		_, to := empty()
		if said := run(exitDone, command("restore", to, bare)...); !strings.Contains(said, "ledger/key") {
			t.Errorf("restore of a backup without keys: %s", said)
		}
		_, to = empty()
		if said := run(exitDone, command("restore", to, whole)...); !strings.Contains(said, "no --passphrase-file") {
			t.Errorf("restore without a passphrase: %s", said)
		}
	})
	t.Run("refused", func(t *testing.T) {
		address, to := empty()
		state := to[len(to)-1]
		refuse := func(what string, args ...string) {
			t.Helper()
			run(exitFailed, command("restore", to, args...)...)
			left, err := os.ReadDir(state)
			if err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
				t.Errorf("%s: left %v %v", what, left, err)
			}
		}
		refuse("wrong passphrase", "--passphrase-file", wrong, whole)
		half := filepath.Join(dir, "half.plimsoll")
		for _, n := range []int{0, 1, 100, len(b) / 2, len(b) - 30, len(b) - 1} {
			if err := os.WriteFile(half, b[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			refuse(fmt.Sprintf("cut at %d of %d", n, len(b)), half)
		}
		changed := bytes.Clone(b)
		at := bytes.Index(changed, []byte("a register of companies"))
		if at < 0 {
			t.Fatal("the original is not in the backup")
		}
		changed[at] ^= 1
		if err := os.WriteFile(half, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		refuse("a changed byte", half)
		if strings.HasPrefix(address, "sqlite:") {
			return
		}
		s, err := store.Open(t.Context(), address) // the database was left empty too
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if people, err := s.People(t.Context()); err != nil || len(people) != 0 {
			t.Errorf("people after refused restores: %v %v", people, err)
		}
	})
}

// checkSite compares a restored server with the one that was backed up.
func checkSite(t *testing.T, x *site, address, state string) {
	t.Helper()
	db, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if list, err := db.Sessions(t.Context(), "local"); err != nil || len(list) != 0 {
		t.Errorf("sessions after a restore: %v %v", list, err)
	}
	for _, name := range []string{"ledger/key", "access/key", "access/tokens", "origin"} {
		want, err := os.ReadFile(filepath.Join(x.state, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(state, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(state, "access", "watch.jsonl")); err != nil || string(got) != "{}\n" {
		t.Errorf("watch.jsonl is %q, %v; want its whole lines", got, err)
	}
	files, err := evidence.Open(filepath.Join(state, "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if !files.Has(x.held) {
		t.Error("the original is missing")
	}
	seq, log, _, err := openLedger(t.Context(), db, filepath.Join(state, "ledger"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer seq.Close()
	custody := &store.Custody{DB: db, Files: files, Log: log}
	if err := custody.RecordAll(t.Context()); err != nil {
		t.Error(err)
	}
	if k, err := custody.Verify(t.Context(), nil); err != nil || len(k.Problems) > 0 {
		t.Errorf("evidence: %+v %v", k, err)
	}
	if missing, err := notice.Reconcile(t.Context(), db, filepath.Join(state, "notices")); err != nil ||
		len(missing) > 0 {
		t.Errorf("notices: %v %v", missing, err)
	}
}
