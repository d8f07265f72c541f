package gatehouse

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// A house is a database with a desk, and the folder of its servers.
type house struct {
	t    *testing.T
	db   *store.Store
	desk *casefile.Desk
	dir  string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	tokens := filepath.Join(dir, "tokens")
	if err := os.WriteFile(tokens, []byte("desk "+testToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &house{t: t, db: db, desk: casefile.NewDesk(db), dir: dir}
}

const testToken = "a-long-enough-token"

// open starts a server's gatehouse; change may change its settings.
func (h *house) open(change ...func(*Config)) *Gatehouse {
	h.t.Helper()
	c := Config{Reviews: h.db, Desk: h.desk, Dir: filepath.Join(h.dir, "access"), Tokens: filepath.Join(h.dir,
		"tokens"), Origin: "http://127.0.0.1"}
	for _, f := range change {
		f(&c)
	}
	g, err := New(h.t.Context(), c)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = g.Close() })
	return g
}

func (h *house) look(g *Gatehouse) {
	h.t.Helper()
	if err := g.Look(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// store stores a review whose findings are one line for each party, with its accounts.
func (h *house) store(name string, accounts map[string][]string) {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), name)
	var lines bytes.Buffer
	for party, list := range accounts {
		for _, a := range list {
			b, err := json.Marshal(map[string]any{"id": "f-" + party + a, "flag": "RF-01", "state": "raised",
				"severity": "high",
				"subject":  map[string]string{"kind": "account", "id": a, "name": a, "party": party},
				"accounts": []string{a}})
			if err != nil {
				h.t.Fatal(err)
			}
			lines.Write(append(b, '\n'))
		}
	}
	err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "review.json"),
		[]byte(`{"as_of":"`+name+`"}`), 0o600),
		os.WriteFile(filepath.Join(dir, "findings.jsonl"), lines.Bytes(), 0o600))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.db.SaveRun(h.t.Context(), "", dir); err != nil {
		h.t.Fatal(err)
	}
}

// ask sends one question as the holder of a token, "" as a stranger.
func ask(t *testing.T, g *Gatehouse, token, subject, action, resource string) (int, bool, string) {
	t.Helper()
	kind, id, _ := strings.Cut(subject, "/")
	to, what, _ := strings.Cut(resource, "/")
	b, err := json.Marshal(map[string]any{"subject": map[string]string{"type": kind, "id": id},
		"action":   map[string]string{"name": action},
		"resource": map[string]string{"type": to, "id": what}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/access/v1/evaluation", bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	var out struct{ Decision bool }
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	return w.Code, out.Decision, w.Body.String()
}

// TestDoor asks the door of a server whose cases have decided something: what is restricted
// is denied with the decision's reference, everything else goes ahead, and a proposal alone
// changes nothing.
func TestDoor(t *testing.T) {
	h := newHouse(t)
	g := h.open()
	if code, ok, body := ask(t, g, testToken, "party/party-1", "use", "capability/speech"); !ok {
		t.Fatalf("nothing is decided, and the door denies: %d %s", code, body)
	}
	storetest.Fill(t, h.db)
	binding, bad, err := h.desk.Binding(t.Context())
	if err != nil || len(binding) == 0 || len(bad) != 0 {
		t.Fatal("the filled store has no decision that binds", err, bad)
	}
	h.look(g)
	if _, ok, body := ask(t, g, testToken, "party/party-1", "use", "capability/speech"); ok || !strings.Contains(body,
		string(binding[0].ID)) {
		t.Errorf("a decided restriction: %s", body)
	}
	for _, q := range [][3]string{{"party/party-1", "use", "mail"}, {"party/party-1", "support", "speech"},
		{"party/party-2", "use", "speech"}} {
		if _, ok, body := ask(t, g, testToken, q[0], q[1], "capability/"+q[2]); !ok {
			t.Errorf("%v is not decided and is denied: %s", q, body)
		}
	}
}

// TestAccountLearntLater: the account of a restricted party is denied as soon as a stored review
// names it, whatever the database answered in between, and stays denied when a review of another
// month does not speak of it; one that the newest review finds beneath another party is free.
func TestAccountLearntLater(t *testing.T) {
	h := newHouse(t)
	fails := &failing{Store: h.db}
	g := h.open(func(c *Config) { c.Reviews = fails })
	storetest.Fill(t, h.db)
	h.look(g)
	use := func(account string) bool {
		t.Helper()
		_, ok, _ := ask(t, g, testToken, "account/"+account, "use", "capability/speech")
		return ok
	}
	if !use("acct-9") {
		t.Error("an account that nobody knows is denied")
	}
	h.store("2031-01-31", map[string][]string{"party-1": {"acct-9/sub-1", "acct-7"}, "party-2": {"acct-8"}})
	fails.place = errors.New("the connection was lost")
	if err := g.Look(t.Context()); err == nil || len(g.Problems()) != 1 {
		t.Errorf("a look at a database that fails: %v, %v", err, g.Problems())
	}
	fails.place = nil
	h.look(g)
	if use("acct-9/sub-1") || use("sub-1") || use("acct-7") || !use("acct-8") || !use("acct-9") || g.Problems() != nil {
		t.Errorf("after the review: %v %v", use("acct-7"), g.Problems())
	}
	h.store("2031-02-28", map[string][]string{"party-1": {"acct-6"}, "party-2": {"acct-7"}})
	h.look(g)
	for account, want := range map[string]bool{"sub-1": false, "acct-6": false, "acct-7": true} {
		if use(account) != want {
			t.Errorf("after the second review %s: permitted %v, want %v", account, !want, want)
		}
	}
}

// failing is a store that can refuse to give places.
type failing struct {
	*store.Store
	place error
}

func (f *failing) Place(ctx context.Context, party string) (store.Place, error) {
	if f.place != nil {
		return store.Place{}, f.place
	}
	return f.Store.Place(ctx, party)
}

// TestTwoServers: servers that share a database publish the same content under the same version,
// whatever their clocks say, and no version goes back.
func TestTwoServers(t *testing.T) {
	h := newHouse(t)
	a := h.open()
	b := h.open(func(c *Config) { c.Dir = filepath.Join(h.dir, "access-b") })
	same := func(when string) uint64 {
		t.Helper()
		x, y := a.publish.Index(), b.publish.Index()
		if x.Version() != y.Version() || x.Sum() != y.Sum() {
			t.Errorf("%s: %d %.8s at one server, %d %.8s at the other", when, x.Version(), x.Sum(), y.Version(),
				y.Sum())
		}
		return x.Version()
	}
	first := same("at the start")
	storetest.Fill(t, h.db)
	h.look(a)
	if a.publish.Index().Version() <= first {
		t.Errorf("version %d does not follow %d", a.publish.Index().Version(), first)
	}
	h.look(b)
	second := same("after a decision")
	h.db.Now = func() time.Time { return time.Unix(1, 0) } // the clock is set back
	h.store("2031-01-31", map[string][]string{"party-1": {"acct-1"}})
	h.look(b)
	h.look(a)
	if third := same("after a review, with the clock set back"); third <= second {
		t.Errorf("version %d does not follow %d", third, second)
	}
	again := h.open(func(c *Config) { c.Dir = filepath.Join(h.dir, "access-c") })
	if v := again.publish.Index().Version(); v != same("") {
		t.Errorf("a server that starts later publishes version %d", v)
	}
}

// TestUnreadableDecision: a decision whose row is damaged stops only itself. It is named, and what
// the ledger last recorded of it stays at the door, also after a restart.
func TestUnreadableDecision(t *testing.T) {
	h := newHouse(t)
	storetest.Fill(t, h.db)
	binding, _, err := h.desk.Binding(t.Context())
	if err != nil || len(binding) != 1 {
		t.Fatal(err, binding)
	}
	id := string(binding[0].ID)
	change := func(query string, args ...any) {
		t.Helper()
		err := h.db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(query, args...); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	// A second decision, as the first, about another party.
	change(`INSERT INTO decision (id, case_id, party, service, outcome, state, interim, critical, proposer, proposed, decided, ends, body)
		SELECT 'C-0001-D99', case_id, 'party-2', service, outcome, state, interim, critical, proposer, proposed, decided, ends, replace(body, 'party-1', 'party-2') FROM decision WHERE id = $1`, id)
	ds, err := FromCases(binding, "")
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(ds)
	if err != nil {
		t.Fatal(err)
	}
	record := func(content []byte) {
		t.Helper()
		err = h.db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := ledger.Append(t.Context(), tx, ledger.Entry{Kind: ledger.Restriction, Subject: id, Actor: "x",
				Content: content})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	record(content)
	for _, damage := range []string{`{"severity": 7}`, `{`, `{"start":"soon","outcome":"restrict"}`} {
		change(`UPDATE decision SET body = $2 WHERE id = $1`, id, damage)
		g := h.open()
		for _, party := range []string{"party-1", "party-2"} {
			if _, ok, body := ask(t, g, testToken, "party/"+party, "use", "capability/speech"); ok {
				t.Errorf("body %s: %s goes ahead: %s", damage, party, body)
			}
		}
		if p := g.Problems(); len(p) != 1 || !strings.Contains(p[0], id) || !strings.Contains(p[0],
			"ledger last recorded") {
			t.Errorf("body %s: problems %q", damage, p)
		}
	}
	record([]byte("[]"))
	if p := h.open().Problems(); len(p) != 1 || !strings.Contains(p[0], "the door holds none") {
		t.Errorf("problems %q", p)
	}
}

// TestStrangers: without a token nothing is given; a door that is open gives bare decisions of
// evaluations, and nothing else.
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	storetest.Fill(t, h.db)
	for _, open := range []bool{false, true} {
		g := h.open(func(c *Config) { c.Open = open })
		code, ok, body := ask(t, g, "", "party/party-1", "use", "capability/speech")
		if open && (code != http.StatusOK || body != `{"decision":false}`) || !open &&
			(code != http.StatusUnauthorized || ok) {
			t.Errorf("open %v: %d %s", open, code, body)
		}
		if code, _, _ := ask(t, g, "a-wrong-token-of-some-length", "party/party-1", "use", "capability/speech"); code != http.StatusUnauthorized {
			t.Errorf("open %v: a wrong token: %d", open, code)
		}
		for _, p := range []string{"/access/v1/snapshot", "/access/v1/snapshot/file", "/access/v1/snapshot/blob/x",
			pathStanding, pathEvents, "/access/v1/search/subject", "/access/v1/hold/x"} {
			for _, method := range []string{"GET", "POST"} {
				w := httptest.NewRecorder()
				g.ServeHTTP(w, httptest.NewRequest(method, p, strings.NewReader("{}")))
				if w.Code != http.StatusUnauthorized && w.Code != http.StatusMethodNotAllowed ||
					strings.Contains(w.Body.String(), "party-1") {
					t.Errorf("open %v: %s %s: %d %s", open, method, p, w.Code, w.Body)
				}
			}
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/authzen-configuration", nil))
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "snapshot") {
			t.Errorf("open %v: metadata %d %s", open, w.Code, w.Body)
		}
		limited := false
		for range 300 {
			code, _, _ := ask(t, g, "another-wrong-token-of-length", "party/party-1", "use", "capability/speech")
			limited = limited || code == http.StatusTooManyRequests
		}
		if code, _, _ := ask(t, g, testToken, "party/party-1", "use", "capability/speech"); code != http.StatusOK ||
			!limited {
			t.Errorf("open %v: wrong tokens are limited: %v; a right one then: %d", open, limited, code)
		}
	}
}

// TestWake: a decision is at the door when its transaction was kept, without waiting for a tick.
func TestWake(t *testing.T) {
	h := newHouse(t)
	g := h.open()
	follow := func(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
		if Concerns(e) {
			h.db.AfterCommit(tx, g.Wake)
		}
		return nil
	}
	h.db.Follow = follow
	undone := errors.New("undone")
	err := h.db.Write(t.Context(), func(tx *sql.Tx) error { h.db.AfterCommit(tx, g.Wake); return undone })
	if !errors.Is(err, undone) || len(g.wake) != 0 {
		t.Errorf("a transaction that was undone wakes: %v %d", err, len(g.wake))
	}
	h.store("2031-01-31", map[string][]string{"party-1": {"acct-1"}})
	if len(g.wake) != 1 {
		t.Error("a stored review does not wake the door")
	}
}

// TestKey: a second start signs with the same key, a damaged one is an error and not a new key,
// and starts at once make one key and one token.
func TestKey(t *testing.T) {
	dir := t.TempDir()
	hashes := make(chan uint32, 8)
	for range 8 {
		go func() {
			s, err := openKey(dir)
			if err != nil {
				t.Error(err)
				hashes <- 0
				return
			}
			hashes <- s.KeyHash()
		}()
	}
	first := <-hashes
	for range 7 {
		if got := <-hashes; got != first {
			t.Errorf("keys %x and %x", first, got)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("PRIVATE+KEY+nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openKey(dir); err == nil {
		t.Error("a damaged key is used")
	}
	g := &Gatehouse{Config: Config{Dir: dir}}
	made, err := g.tokens()
	again, err2 := g.tokens()
	if err := errors.Join(err, err2); err != nil || len(made["gateway"]) < 32 || made["gateway"] != again["gateway"] {
		t.Errorf("tokens %v, again %v: %v", made, again, err)
	}
	if info, err := os.Stat(g.TokensFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
