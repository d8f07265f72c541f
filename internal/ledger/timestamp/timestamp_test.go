package timestamp_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/ledger/timestamp/timestamptest"
)

func client(t testing.TB, a *timestamptest.Authority) timestamp.Authority {
	t.Helper()
	c, err := timestamp.ParseAuthority(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	if c.Roots, err = timestamp.ReadRoots(a.Roots); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStamp: a time stamp is of the bytes that were sent, comes from the authority that the roots vouch for, and is one
// for openssl, too.
func TestStamp(t *testing.T) {
	a := timestamptest.New(t)
	data := []byte("a checkpoint\n")
	reply, got, err := client(t, a).Stamp(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if time.Since(got.Time).Abs() > time.Minute || got.By != "Example Time Stamps" {
		t.Errorf("stamped at %s by %q", got.Time, got.By)
	}
	if err := got.Covers([]byte("another checkpoint\n")); err == nil {
		t.Error("it covers other bytes")
	}
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not on this machine: the independent check is left out")
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"data": data, "other": []byte("x"), "reply": reply} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(file string) error {
		out, err := exec.Command(openssl, "ts", "-verify", "-data", filepath.Join(dir, file), "-in",
			filepath.Join(dir, "reply"), "-CAfile", a.Roots).CombinedOutput()
		if err != nil {
			t.Logf("openssl: %s", out)
		}
		return err
	}
	if run("data") != nil {
		t.Error("openssl does not accept the time stamp")
	}
	if run("other") == nil {
		t.Error("openssl accepts the time stamp for other bytes")
	}
}

// TestHostileAuthority: each wrong answer is refused, in words, within bounded time.
func TestHostileAuthority(t *testing.T) {
	a := timestamptest.New(t)
	c := client(t, a)
	for _, f := range timestamptest.Refused {
		t.Run(string(f), func(t *testing.T) {
			a.Set(timestamptest.None)
			if _, _, err := c.Stamp(t.Context(), []byte("before")); err != nil { // what a replay repeats
				t.Fatal(err)
			}
			a.Set(f)
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			if f != timestamptest.Slow {
				ctx = t.Context()
			}
			reply, got, err := c.Stamp(ctx, []byte("now"))
			if err == nil {
				t.Fatalf("accepted: %+v, %d bytes", got, len(reply))
			}
			t.Log(err)
		})
	}
}

// aLog is a folder with a checkpoint of a size.
type aLog struct {
	dir    string
	signer note.Signer
	key    note.Verifier
}

func newLog(t testing.TB) *aLog {
	t.Helper()
	secret, vkey, err := ledger.GenerateKey("log.example/1")
	if err != nil {
		t.Fatal(err)
	}
	l := &aLog{dir: t.TempDir()}
	if l.signer, err = note.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	if l.key, err = format.Verifier(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *aLog) grow(t testing.TB, size int64) {
	t.Helper()
	b, err := format.Checkpoint{Origin: "log.example/1", Size: size}.Sign(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.dir, format.CheckpointPath), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (l *aLog) keeper(c timestamp.Authority) *timestamp.Keeper {
	return &timestamp.Keeper{Authority: c, Folder: l.dir, Key: l.key, Every: 20 * time.Millisecond, Now: time.Now,
		Log: slog.New(slog.DiscardHandler)}
}

// TestKeeper: a checkpoint is stamped once; a failing authority is a problem in words and asked again; a clock that is
// apart is one, too.
func TestKeeper(t *testing.T) {
	a, l := timestamptest.New(t), newLog(t)
	k := l.keeper(client(t, a))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stamps := func(want int) []timestamp.Stamp {
		t.Helper()
		for range 400 {
			got, err := timestamp.Read(os.DirFS(l.dir))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == want {
				return got
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("not %d time stamps: %s", want, k.Problem())
		return nil
	}
	l.grow(t, 3) // published after the server has started
	s := stamps(1)[0]
	if tok, err := s.Check(); err != nil || s.Size != 3 || tok.By == "" {
		t.Errorf("stamp of size %d: %v", s.Size, err)
	}
	asked := a.Asked.Load()
	time.Sleep(100 * time.Millisecond)
	if got := a.Asked.Load(); got != asked {
		t.Errorf("asked %d times for a checkpoint that is stamped", got-asked)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}

	a.Set(timestamptest.Down)
	l.grow(t, 4)
	if _, err := k.Stamp(t.Context()); err == nil {
		t.Error("no failure")
	}
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	go func() { done <- k.Run(ctx) }()
	for range 400 {
		if k.Problem() != "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.Contains(k.Problem(), "503") {
		t.Errorf("problem: %q", k.Problem())
	}
	stamps(1)
	stop()
	<-done
	a.Set(timestamptest.WrongClock)
	ctx, end := context.WithCancel(t.Context())
	go func() { done <- k.Run(ctx) }()
	stamps(2)
	for range 400 {
		if strings.Contains(k.Problem(), "apart") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.Contains(k.Problem(), "40m") {
		t.Errorf("problem: %q", k.Problem())
	}
	end()
	<-done
}

// TestCheck: a stamp without its checkpoint, or with another one, does not hold.
func TestCheck(t *testing.T) {
	a, l := timestamptest.New(t), newLog(t)
	l.grow(t, 3)
	if _, err := l.keeper(client(t, a)).Stamp(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.dir, timestamp.Dir, "3.checkpoint")
	for name, do := range map[string]func() error{
		"another checkpoint": func() error { return os.WriteFile(path, []byte("x"), 0o644) },
		"no checkpoint":      func() error { return os.Remove(path) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		s, err := timestamp.Read(os.DirFS(l.dir))
		if err != nil || len(s) != 1 {
			t.Fatalf("%d, %v", len(s), err)
		}
		if _, err := s[0].Check(); err == nil {
			t.Errorf("%s: it holds", name)
		}
	}
}

// FuzzParse: no answer ends the program, and none without a signature passes.
func FuzzParse(f *testing.F) {
	a := timestamptest.New(f)
	reply, _, err := client(f, a).Stamp(f.Context(), []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reply)
	f.Add(reply[:len(reply)/2])
	f.Add([]byte{0x30, 0x80})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := timestamp.Parse(b)
		if err == nil && tok.Covers([]byte("x")) != nil {
			t.Errorf("a time stamp of something that was never stamped: %+v", tok)
		}
	})
}
