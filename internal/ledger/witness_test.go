package ledger_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	signednote "golang.org/x/mod/sumdb/note"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/ledger/witness"
)

// A seat is a witness that answers on loopback. It can be stopped and started, and keeps its memory.
type seat struct {
	server *httptest.Server
	key    *format.Cosigner
	dir    string
	down   atomic.Bool
}

func newSeat(t testing.TB, name string, logs ...signednote.Verifier) *seat {
	t.Helper()
	secret, vkey, err := format.GenerateCosigner(name)
	if err != nil {
		t.Fatal(err)
	}
	x := &seat{dir: t.TempDir()}
	if x.key, err = format.ParseCosigner(secret); err != nil || x.key.VKey() != vkey {
		t.Fatalf("key of a witness: %v, %s, want %s", err, x.key.VKey(), vkey)
	}
	x.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		// Opened anew for each request: what it remembers has to be on disk.
		s, err := witness.New(x.dir, x.key, logs, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Error(err)
			return
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(x.server.Close)
	return x
}

func (x *seat) client(t testing.TB) *witness.Client {
	t.Helper()
	c, err := witness.ParseClient(x.key.VKey() + " " + x.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWitnesses publishes a checkpoint when a quorum of the witnesses has signed it, and not before.
func TestWitnesses(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir := newKey(t), t.TempDir()
		seats := []*seat{newSeat(t, "a.example", k.Verifier()), newSeat(t, "b.example", k.Verifier()),
			newSeat(t, "c.example", k.Verifier())}
		cfg := ledger.Config{Store: s, Dir: dir, Key: k, Quorum: 2}
		keys := verify.Keys{Log: k.Verifier(), Quorum: 2}
		for _, x := range seats {
			cfg.Witnesses = append(cfg.Witnesses, x.client(t))
			v, err := format.Verifier(x.key.VKey())
			if err != nil {
				t.Fatal(err)
			}
			keys.Witnesses = append(keys.Witnesses, v)
		}
		q, err := ledger.NewSequencer(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		log := ledger.NewLog(s, dir, k.Verifier())
		checkFolder := func() {
			t.Helper()
			rep, err := verify.Folder(t.Context(), os.DirFS(dir), keys)
			if err != nil || !rep.OK() {
				t.Errorf("verify with a quorum of two: %v %+v", err, rep)
			}
		}
		seats[2].down.Store(true)
		for i := range 4 { // sizes within and beyond one tile
			x := record(t, s, i*150, 150)[3]
			step(t, q)
			r, err := log.Receipt(t.Context(), x.ID)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := r.Verify(k.Verifier(), keys.Witnesses...); err != nil {
				t.Errorf("receipt: %+v, %v", p, err)
			}
			checkFolder()
		}

		seats[1].down.Store(true)
		x := record(t, s, 1000, 1)[0]
		if _, err := q.Step(t.Context()); !errors.Is(err, ledger.ErrWitnesses) {
			t.Errorf("one witness of three: %v", err)
		}
		if !strings.Contains(q.Problem(), "of 3 witnesses 2 did not sign") {
			t.Errorf("problem: %q", q.Problem())
		}
		if _, err := log.Receipt(t.Context(), x.ID); !errors.Is(err, ledger.ErrPending) {
			t.Errorf("receipt without a quorum: %v", err)
		}
		seats[2].down.Store(false) // it has to catch up from nothing
		if _, err := q.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := log.Receipt(t.Context(), x.ID); err != nil || q.Problem() != "" {
			t.Errorf("receipt with a quorum: %v, problem %q", err, q.Problem())
		}
		checkFolder()
	})
}

// TestWitnessSeesFork: a log whose database and folder were both set back, and grew otherwise, is not signed.
func TestWitnessSeesFork(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k := newKey(t)
		x := newSeat(t, "a.example", k.Verifier())
		run := func(s *ledgertest.Store) error {
			q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: t.TempDir(), Key: k, Quorum: 1,
				Witnesses: []ledger.Witness{x.client(t)}})
			if err != nil {
				t.Fatal(err)
			}
			defer q.Close()
			_, err = q.Step(t.Context())
			return err
		}
		record(t, s, 0, 5)
		if err := run(s); err != nil {
			t.Fatal(err)
		}
		old := s.Copy(t)
		record(t, s, 5, 5)
		if err := run(s); err != nil {
			t.Fatal(err)
		}
		if err := run(old); !errors.Is(err, ledger.ErrWitnesses) || !strings.Contains(err.Error(), "set back") {
			t.Errorf("a log that was set back: %v", err)
		}
		record(t, old, 100, 20)
		alone := sequencer(t, old, k, t.TempDir())
		step(t, alone)
		alone.Close()
		if err := run(old); !errors.Is(err, ledger.ErrWitnesses) || !strings.Contains(err.Error(), "422") {
			t.Errorf("a log that grew otherwise: %v", err)
		}
		if err := run(s); err != nil {
			t.Errorf("the log itself afterwards: %v", err)
		}
	})
}

// TestWitnessAnswers sends a witness requests of every kind.
func TestWitnessAnswers(t *testing.T) {
	k := newKey(t)
	x := newSeat(t, "a.example", k.Verifier())
	s := ledgertest.New(t, ledger.SQLite)
	q := sequencer(t, s, k, filepath.Join(t.TempDir(), "log"))
	record(t, s, 0, 3)
	step(t, q)
	_, signed, err := ledger.NewLog(s, q.Dir, k.Verifier()).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	other, vkey, err := ledger.GenerateKey("elsewhere.example/log")
	if err != nil {
		t.Fatal(err)
	}
	ko, err := ledger.ParseKey(other + "\n" + vkey)
	if err != nil {
		t.Fatal(err)
	}
	so := ledgertest.New(t, ledger.SQLite)
	qo := sequencer(t, so, ko, filepath.Join(t.TempDir(), "log"))
	record(t, so, 0, 3)
	step(t, qo)
	_, strange, err := ledger.NewLog(so, qo.Dir, ko.Verifier()).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	post := func(body string) (int, string) {
		t.Helper()
		res, err := http.Post(x.server.URL+witness.AddPath, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	for _, c := range []struct {
		name, body string
		want       int
	}{
		{"empty", "", 400},
		{"no proof line that is a hash", "old 0\nnot a hash\n\n" + string(signed), 400},
		{"a negative size", "old -1\n\n" + string(signed), 400},
		{"a size with zeros", "old 00\n\n" + string(signed), 400},
		{"too long", "old 0\n\n" + string(signed) + strings.Repeat("x", 100_000), 400},
		{"too long a proof", "old 0\n" + strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64) + "\n" +
			string(signed), 400},
		{"a log that it does not know", "old 0\n\n" + string(strange), 404},
		{"a changed checkpoint", "old 0\n\n" + strings.Replace(string(signed), "\n3\n", "\n4\n", 1), 403},
		{"an old size beyond the new one", "old 9\n\n" + string(signed), 400},
		{"an old size that it does not hold", "old 2\n\n" + string(signed), 409},
		{"a proof from nothing", "old 0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + string(signed), 422},
		{"the first checkpoint", "old 0\n\n" + string(signed), 200},
		{"the same again, from the wrong size", "old 0\n\n" + string(signed), 409},
		{"the same again", "old 3\n\n" + string(signed), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, body := post(c.body); got != c.want {
				t.Errorf("status %d, want %d: %s", got, c.want, body)
			}
		})
	}
	if _, body := post("old 0\n\n" + string(signed)); body != "3\n" {
		t.Errorf("the size that it holds: %q", body)
	}
}

// FuzzWitness sends a witness any bytes; it answers with a status of the protocol.
func FuzzWitness(f *testing.F) {
	k := newKey(f)
	x := newSeat(f, "a.example", k.Verifier())
	s, err := witness.New(x.dir, x.key, []signednote.Verifier{k.Verifier()}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("old 0\n\nlog.example\n3\nAAAA\n\n— log.example AAAA\n")
	f.Add("old 2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n")
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, witness.AddPath, strings.NewReader(body)))
		if w.Code != 400 && w.Code != 403 && w.Code != 404 {
			t.Errorf("status %d", w.Code)
		}
	})
}

// TestSlowWitness does not hold back a checkpoint that a quorum has signed.
func TestSlowWitness(t *testing.T) {
	k, s := newKey(t), ledgertest.New(t, ledger.SQLite)
	x := newSeat(t, "a.example", k.Verifier())
	free := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-free }))
	defer slow.Close()
	defer close(free)
	y := newSeat(t, "b.example", k.Verifier()).client(t)
	y.URL = slow.URL
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: t.TempDir(), Key: k, Quorum: 1, Patience: time.Minute,
		Witnesses: []ledger.Witness{y, x.client(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	record(t, s, 0, 5)
	step(t, q) // would take a minute
}

// TestWitnessOnRest: a witness that answers nothing is asked seldom and holds nothing back; when it is back it follows
// the log by itself, and when a quorum needs it at once it is asked at once.
func TestWitnessOnRest(t *testing.T) {
	k, s := newKey(t), ledgertest.New(t, ledger.SQLite)
	x, z := newSeat(t, "a.example", k.Verifier()), newSeat(t, "b.example", k.Verifier())
	var asked atomic.Int64
	gone := atomic.Bool{}
	gone.Store(true)
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); gone.Load() {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		z.server.Config.Handler.ServeHTTP(w, r)
	}))
	defer flaky.Close()
	y := z.client(t)
	y.URL = flaky.URL
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: t.TempDir(), Key: k, Quorum: 1,
		Patience: 200 * time.Millisecond, Witnesses: []ledger.Witness{y, x.client(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for i := range 40 {
		record(t, s, i, 1)
		step(t, q)
		time.Sleep(10 * time.Millisecond)
	}
	if n := asked.Load(); n > 4 {
		t.Errorf("a witness that answers nothing was asked %d times for 40 checkpoints", n)
	}
	gone.Store(false)
	x.down.Store(true) // now it is needed, although its pause is not over
	record(t, s, 100, 1)
	step(t, q)
	x.down.Store(false)
	if got := q.Silent(); len(got) > 0 {
		t.Errorf("silent for less than a minute: %q", got)
	}
}

// TestSilentWitness: a witness that did not sign for a minute is named.
func TestSilentWitness(t *testing.T) {
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		after []time.Duration // failures; a negative one is a signature
		want  int
	}{
		{"it signs", []time.Duration{-1}, 0},
		{"one failure", []time.Duration{0}, 0},
		{"failures within a minute", []time.Duration{0, time.Second, 3 * time.Second}, 0},
		{"failures over a minute", []time.Duration{0, time.Second, 61 * time.Second}, 1},
		{"it signs again", []time.Duration{0, 61 * time.Second, -1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q ledger.Sequencer
			for _, d := range c.after {
				err := errors.New("no answer")
				if d < 0 {
					err = nil
				}
				q.Answered(at.Add(d), err)
			}
			if got := q.Silent(); len(got) != c.want {
				t.Errorf("silent: %q, want %d", got, c.want)
			}
		})
	}
}

// TestWitnessElsewhere: a witness does not send a server to another address.
func TestWitnessElsewhere(t *testing.T) {
	asked := atomic.Int64{}
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	k := newKey(t)
	x := newSeat(t, "a.example", k.Verifier())
	for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		hostile := httptest.NewServer(http.RedirectHandler(inside.URL, code))
		c := x.client(t)
		c.URL = hostile.URL
		_, err := c.Cosign(t.Context(), []byte("a checkpoint\n"), format.Checkpoint{Origin: k.Origin(), Size: 1}, nil)
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(code)) {
			t.Errorf("%d: %v", code, err)
		}
		hostile.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("another address was asked %d times", n)
	}
}
