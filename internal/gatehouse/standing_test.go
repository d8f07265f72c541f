package gatehouse

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestOrderedNotDone follows a decided restriction at the door of a server: it shows as
// ordered and not done, with what the door answered before and after and the first denial,
// until the executor says it is done; the door's own looks go with what he attaches, survive a
// restart, and are shown to nobody without a token.
func TestOrderedNotDone(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tokens, key := filepath.Join(dir, "tokens"), filepath.Join(dir, "access", "key")
	if err := os.WriteFile(tokens, []byte("desk a-long-enough-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	desk := casefile.NewDesk(db)
	start := func(tokens string) *Gatehouse {
		t.Helper()
		d, err := New(t.Context(), Config{Reviews: db, Desk: desk, Dir: filepath.Dir(key), Tokens: tokens,
			Origin: "http://127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		desk.Door = d.Evidence
		return d
	}
	call := func(d *Gatehouse, method, path, body, token string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const token = "a-long-enough-token"
	standing := func(d *Gatehouse) (open int, all []Standing) {
		t.Helper()
		code, body := call(d, "GET", pathStanding, "", token)
		var out struct {
			Open         int `json:"ordered_not_done"`
			Restrictions []Standing
		}
		if err := json.Unmarshal([]byte(body), &out); code != http.StatusOK || err != nil {
			t.Fatalf("%d %s %v", code, body, err)
		}
		return out.Open, out.Restrictions
	}
	d := start(tokens)
	if open, all := standing(d); open != 0 || len(all) != 0 {
		t.Errorf("nothing is decided: %d %+v", open, all)
	}
	storetest.Fill(t, db)
	if err := d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	open, all := standing(d)
	if open != 1 || len(all) != 1 || !all[0].NotDone || all[0].Executed != nil || all[0].Ordered == nil ||
		all[0].Carried == 0 || all[0].Denied != nil {
		t.Fatalf("ordered: %d %+v", open, all)
	}
	if b, a := all[0].Before, all[0].After; b == nil || a == nil || b.Effect != access.Permit ||
		a.Effect != access.Deny || a.Version <= b.Version || len(a.Applying) != 1 {
		t.Fatalf("before %+v, after %+v", b, a)
	}
	if code, body := call(d, "POST", "/access/v1/evaluation",
		`{"subject":{"type":"party","id":"party-1"},"action":{"name":"use"},"resource":{"type":"capability","id":"speech"}}`, token); code != http.StatusOK || !strings.Contains(body, `"decision":false`) {
		t.Fatalf("%d %s", code, body)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, all = standing(d); all[0].Denied != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the first denial does not show")
		}
	}
	if p := all[0].Denied; p.Caller != "desk" || p.Subject.ID != "party-1" || p.Version < all[0].Carried {
		t.Errorf("first denial %+v", p)
	}

	// The executor gives the proof of what he did elsewhere, and leaves the state before to the door.
	id := casefile.ID(all[0].Decision)
	if err := desk.Execute(t.Context(), casefile.Actor{ID: "executor", Roles: []casefile.Role{casefile.Executor}}, id,
		casefile.Execution{Done: true, After: "ticket 17"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	open, all = standing(d)
	if e := all[0].Executor; open != 0 || all[0].NotDone || all[0].Executed == nil || !strings.HasPrefix(e[0],
		"The door answered permit to party/party-1") || !strings.HasPrefix(e[1], "ticket 17\nThe door answered deny") {
		t.Errorf("executed: %d %+v", open, all[0])
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	again := start(tokens)
	if _, more := standing(again); len(more) != 1 || more[0].Denied == nil ||
		more[0].After.SHA256 != all[0].After.SHA256 || more[0].Carried != all[0].Carried {
		t.Errorf("after a restart: %+v", more)
	}
	for _, path := range []string{pathStanding, pathEvents} {
		if code, body := call(again, "GET", path, "", "another-long-token-x"); code != http.StatusUnauthorized ||
			strings.Contains(body, "party-1") {
			t.Errorf("%s with a wrong token: %d %s", path, code, body)
		}
		if code, _ := call(again, "POST", path, "", token); code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, code)
		}
	}
	code, body := call(again, "GET", pathEvents, "", token)
	file, err := os.ReadFile(filepath.Join(dir, "access", "restrictions.csv"))
	if err != nil || code != http.StatusOK || body != string(file) || !strings.Contains(body, "restriction,") ||
		!strings.Contains(body, "Northgate Signals Directorate") {
		t.Errorf("events: %d %q, file %q, %v", code, body, file, err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	nobody := start("")
	defer nobody.Close()
	for _, path := range []string{pathStanding, pathEvents} {
		if code, body := call(nobody, "GET", path, "", token); code != http.StatusUnauthorized || strings.Contains(body,
			"party-1") {
			t.Errorf("%s with the token of another door: %d %s", path, code, body)
		}
	}
}
