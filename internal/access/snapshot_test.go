package access

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
)

func newKey(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	sk, vk, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(sk)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vk)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func publish(t testing.TB, c *Content) (*Publisher, note.Verifier) {
	t.Helper()
	s, v := newKey(t, "house.example/access")
	p, err := NewPublisher(s, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, v
}

func snapshotOf(t testing.TB, p *Publisher) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteFile(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// follow runs a replica until the test ends.
func follow(t testing.TB, r *Replica) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if err := r.Open(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

var (
	unit1   = Ref{"unit", "unit-0000001"}
	storage = Ref{"service", "service-1"}
)

func effectAt(x *Index) Effect {
	var a Answer
	x.Decide(&Question{Subject: unit1, Action: "use", Resource: storage}, time.Now(), &a)
	return a.Effect
}

func eventually(t testing.TB, within time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !ok() {
		if time.Since(start) > within {
			t.Fatalf("%s: not within %s", what, within)
		}
		time.Sleep(200 * time.Microsecond)
	}
	return time.Since(start)
}

// TestVisibleWithinASecond: a restriction and its lifting reach every replica in time.
func TestVisibleWithinASecond(t *testing.T) {
	p, v := publish(t, bigContent(10_000, 2_000))
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	var rs []*Replica
	for i := range 3 {
		r := &Replica{From: s.URL, Verifier: v, Dir: filepath.Join(t.TempDir(), fmt.Sprint(i)), Wait: 10 * time.Second}
		follow(t, r)
		rs = append(rs, r)
	}
	r := Restriction{ID: "D-new#1", Subject: unit1, Effect: Deny, Decision: "D-new"}
	var slowest time.Duration
	for range 5 {
		for want, ch := range map[Effect]Change{Deny: {Put: []Restriction{r}}} {
			for _, step := range []struct {
				Change
				want Effect
			}{{ch, want}, {Change{Lift: []Restriction{r}}, Permit}} {
				if err := p.Change(step.Change); err != nil {
					t.Fatal(err)
				}
				d := eventually(t, time.Second, "the change at every replica", func() bool {
					return !slices.ContainsFunc(rs, func(r *Replica) bool { return effectAt(r.Index()) != step.want })
				})
				slowest = max(slowest, d)
			}
		}
	}
	t.Logf("slowest of 10 changes at 3 replicas: %s", slowest)
}

// TestIncremental: a change fetches the shard it is in and shares the others.
func TestIncremental(t *testing.T) {
	p, v := publish(t, bigContent(10_000, 2_000))
	var blobs atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, pathBlob) {
			blobs.Add(1)
		}
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	r := &Replica{From: s.URL, Verifier: v}
	follow(t, r)
	first, all := r.Index(), blobs.Load()
	if err := p.Change(Change{Put: []Restriction{{ID: "n", Subject: unit1, Effect: Deny}}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "change", func() bool { return r.Index().Version() == 2 })
	if got := blobs.Load() - all; got != 2 || all != int64(len(first.shards)+1) {
		t.Errorf("fetched %d parts first and %d for the change, want %d and 2 (table and shard)", all, got,
			len(first.shards)+1)
	}
	shared := 0
	for i, sh := range r.Index().shards {
		if sh == first.shards[i] {
			shared++
		}
	}
	if shared != len(first.shards)-1 {
		t.Errorf("%d of %d shards are shared", shared, len(first.shards))
	}
}

// TestSameContentSameBytes: the name of a snapshot depends on what it holds alone.
func TestSameContentSameBytes(t *testing.T) {
	c := bigContent(3000, 500)
	a, err := NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	c2 := bigContent(3000, 500)
	slices.Reverse(c2.Entities)
	slices.Reverse(c2.Restrictions)
	b, err := NewIndex(c2)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := publish(t, c)
	if a.Sum() != b.Sum() || a.Sum() != p.Index().Sum() {
		t.Errorf("sums %s, %s, %s", a.Sum(), b.Sum(), p.Index().Sum())
	}
	r := Restriction{ID: "n", Subject: unit1, Effect: Deny}
	for _, ch := range []Change{{Put: []Restriction{r}}, {Lift: []Restriction{r}}} {
		if err := p.Change(ch); err != nil {
			t.Fatal(err)
		}
	}
	if p.Index().Sum() != a.Sum() || p.Index().Version() != 3 {
		t.Errorf("after put and lift: version %d, sum %s, want 3 and the first sum", p.Index().Version(),
			p.Index().Sum())
	}
}

func TestRefusedSnapshots(t *testing.T) {
	c := bigContent(300, 50)
	c.Version = 5
	p, v := publish(t, c)
	good := snapshotOf(t, p)
	x, err := ParseSnapshot(string(good), v)
	if err != nil || x.Version() != 5 || x.Sum() != p.Index().Sum() {
		t.Fatalf("read back: %v", err)
	}
	_, stranger := newKey(t, "house.example/access")
	if _, err := ParseSnapshot(string(good), stranger); err == nil {
		t.Error("a snapshot by another key was taken")
	}
	for n := 0; n < len(good); n += 97 {
		if _, err := ParseSnapshot(string(good[:n]), v); err == nil {
			t.Fatalf("a snapshot cut at byte %d was taken", n)
		}
	}
	for i := 0; i < len(good); i += 41 {
		b := bytes.Clone(good)
		b[i] ^= 0x20
		if y, err := ParseSnapshot(string(b), v); err == nil && y.Sum() != x.Sum() {
			t.Fatalf("a snapshot changed at byte %d was taken", i)
		}
	}
	if _, err := ParseSnapshot(string(good)+"x", v); err == nil {
		t.Error("a snapshot with something behind it was taken")
	}
	if _, err := ParseSnapshot("snapshot: x\n", v); err == nil {
		t.Error("an unsigned file was taken")
	}
}

// TestReplicaKeepsTheLastGood: whatever the source becomes, the replica answers from the last
// good snapshot, also after a restart, and takes no older one.
func TestReplicaKeepsTheLastGood(t *testing.T) {
	signer, v := newKey(t, "house.example/access")
	c := bigContent(300, 50)
	now := time.Now()
	clock := func() time.Time { return now }
	older, err := NewPublisher(signer, c, clock)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := NewPublisher(signer, c, clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := newer.Change(Change{Put: []Restriction{{ID: "n", Subject: unit1, Effect: Deny}}}); err != nil {
		t.Fatal(err)
	}
	other, err := NewPublisher(signer, c, clock) // the same version with other content
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Change(Change{Put: []Restriction{{ID: "m", Subject: unit1, Effect: Hold}}}); err != nil {
		t.Fatal(err)
	}
	var source atomic.Pointer[http.Handler]
	use := func(h http.Handler) { source.Store(&h) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*source.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	dir := t.TempDir()
	use(newer)
	r := &Replica{From: s.URL, Verifier: v, Dir: dir, Now: clock}
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	stranger, _ := newKey(t, "house.example/access")
	forged, err := NewPublisher(stranger, c, clock)
	if err != nil {
		t.Fatal(err)
	}
	truncated := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			b := rec.Body.Bytes()
			_, _ = w.Write(b[:len(b)/2])
		})
	}
	third, err := NewPublisher(signer, c, clock)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := third.Change(Change{Put: []Restriction{{ID: "z", Subject: unit1, Effect: Limit, Limit: "x"}}}); err != nil {
			t.Fatal(err)
		}
	}
	parts := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a good head, torn parts
		if strings.HasPrefix(r.URL.Path, pathBlob) {
			truncated(third).ServeHTTP(w, r)
			return
		}
		third.ServeHTTP(w, r)
	})
	future, err := NewPublisher(signer, c, func() time.Time { return now.Add(time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]http.Handler{"older": older, "forged": forged, "truncated": truncated(third),
		"torn parts": parts, "two of one version": other, "from the future": future,
		"error page": http.NotFoundHandler(), "nonsense": http.HandlerFunc(func(w http.ResponseWriter,
			_ *http.Request) {
			_, _ = io.WriteString(w, "hello")
		})} {
		use(bad)
		if err := r.poll(t.Context(), 0); err == nil {
			t.Errorf("%s: was taken", name)
		}
		if r.Index().Version() != 2 || effectAt(r.Index()) != Deny {
			t.Fatalf("%s: answers from version %d", name, r.Index().Version())
		}
		again := &Replica{From: s.URL, Verifier: v, Dir: dir, Now: clock}
		if err := again.Open(t.Context()); err != nil || again.Index().Version() != 2 ||
			effectAt(again.Index()) != Deny {
			t.Fatalf("%s: after a restart: %v", name, err)
		}
	}
	use(third)
	if err := r.poll(t.Context(), 0); err != nil || r.Index().Version() != 4 || effectAt(r.Index()) != Limit {
		t.Errorf("good again: %v, version %d", err, r.Index().Version())
	}
	lost := &Replica{From: s.URL, Verifier: v, Dir: t.TempDir(), Now: clock}
	use(http.NotFoundHandler())
	if err := lost.Open(t.Context()); err == nil {
		t.Error("a replica without any snapshot opened")
	}
	if err := os.Truncate(filepath.Join(dir, lastGood), 100); err != nil {
		t.Fatal(err)
	}
	if err := (&Replica{From: s.URL, Verifier: v, Dir: dir, Now: clock}).Open(t.Context()); err == nil {
		t.Error("a replica opened from a truncated file")
	}
}

// TestStale: beyond the stated age a door fails closed or open, and says so.
func TestStale(t *testing.T) {
	for _, open := range []bool{false, true} {
		c := bigContent(300, 0)
		c.Settings.Stale = Stale{After: time.Minute, Open: open}
		now := time.Now()
		clock := func() time.Time { return now }
		signer, v := newKey(t, "house.example/access")
		p, err := NewPublisher(signer, c, clock)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(p)
		t.Cleanup(s.Close)
		r := &Replica{From: s.URL, Verifier: v, Now: clock}
		if err := r.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		door := serve(t, DoorConfig{Source: r, Now: clock}, nil)
		ask := func() string {
			_, b, _ := door.Post(t, pathEvaluation,
				`{"subject":{"type":"unit","id":"unit-0000001"},"action":{"name":"use"},"resource":{"type":"service","id":"service-1"}}`)
			return string(b)
		}
		if b := ask(); !strings.Contains(b, `"decision":true`) || strings.Contains(b, "stale") ||
			!strings.Contains(b, `"age_seconds":0.000`) {
			t.Errorf("open %v, fresh: %s", open, b)
		}
		now = now.Add(2 * time.Minute)
		want := `"decision":false`
		if open {
			want = `"decision":true`
		}
		if b := ask(); !strings.Contains(b, want) || !strings.Contains(b, `"stale":true`) ||
			!strings.Contains(b, `"age_seconds":120.000`) {
			t.Errorf("open %v, stale: %s", open, b)
		}
		res, err := door.HTTP.Get(door.URL + pathMetadata)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if !strings.Contains(string(b), `"stale":true`) || !strings.Contains(string(b), `"age_seconds":120`) {
			t.Errorf("open %v: metadata %s", open, b)
		}
		if err := p.Vouch(); err != nil { // nothing changed, but the publisher is back
			t.Fatal(err)
		}
		if err := r.poll(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if b := ask(); !strings.Contains(b, `"decision":true`) || strings.Contains(b, "stale") {
			t.Errorf("open %v, vouched for again: %s", open, b)
		}
	}
}

// TestFileReplica: a replica may follow a file that something else replaces.
func TestFileReplica(t *testing.T) {
	p, v := publish(t, bigContent(300, 10))
	path := filepath.Join(t.TempDir(), "s")
	write := func() {
		if err := disk.Replace(path, p.WriteFile); err != nil {
			t.Fatal(err)
		}
	}
	write()
	r := &Replica{From: path, Verifier: v, Wait: 10 * time.Millisecond}
	follow(t, r)
	if err := p.Change(Change{Put: []Restriction{{ID: "n", Subject: unit1, Effect: Deny}}}); err != nil {
		t.Fatal(err)
	}
	write()
	eventually(t, time.Second, "the new file", func() bool { return effectAt(r.Index()) == Deny })
}

func FuzzShard(f *testing.F) {
	c := randomContent(1, 12, 10)
	parts, err := split(c, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encodeShard(parts[0].entities, parts[0].restrictions))
	f.Add(encodeShard([]Entity{{Ref: Ref{"a", "b"}, Properties: `{"x":1}`}},
		[]Restriction{{ID: "r", Subject: Ref{"a", "b"}, Effect: Deny, When: "now > now"}}))
	comp, err := newCompiler()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sh, err := decodeShard(string(b), comp, &loft{})
		if err != nil {
			return
		}
		k := sh.part()
		if again := encodeShard(k.entities, k.restrictions); !bytes.Equal(again, b) {
			again2, err := decodeShard(string(again), comp, &loft{})
			if err != nil || len(again2.rules) != len(sh.rules) {
				t.Fatalf("a shard that was read is written otherwise: %q, then %q", b, again)
			}
		}
	})
}

// go test ./internal/access -run - -bench Load -benchtime 1x
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			p, v := publish(b, bigContent(n, n))
			file := string(snapshotOf(b, p))
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := ParseSnapshot(file, v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
