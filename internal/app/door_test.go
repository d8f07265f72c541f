package app

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestDoor asks the door of a server whose cases have decided something: what is restricted
// is denied with the decision's reference, everything else goes ahead, and a proposal alone
// changes nothing.
func TestDoor(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	desk := casefile.NewDesk(db)
	d, err := newDoor(t.Context(), db, desk, filepath.Join(dir, "access", "key"), "", "http://127.0.0.1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(subject, action, capability string) (bool, string) {
		t.Helper()
		body := `{"subject":{"type":"party","id":"` + subject + `"},"action":{"name":"` + action + `"},"resource":{"type":"capability","id":"` + capability + `"}}`
		r := httptest.NewRequest("POST", "/access/v1/evaluation", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		var out struct{ Decision bool }
		if err := json.Unmarshal(w.Body.Bytes(), &out); w.Code != http.StatusOK || err != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return out.Decision, w.Body.String()
	}
	if ok, body := ask("party-1", "use", "speech"); !ok {
		t.Fatalf("nothing is decided, and the door denies: %s", body)
	}
	storetest.Fill(t, db)
	binding, err := desk.Binding(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(binding) == 0 {
		t.Fatal("the filled store has no decision that binds")
	}
	if err := d.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ok, body := ask("party-1", "use", "speech"); ok || !strings.Contains(body, string(binding[0].ID)) {
		t.Errorf("a decided restriction: %s", body)
	}
	for _, q := range [][3]string{{"party-1", "use", "mail"}, {"party-1", "support", "speech"}, {"party-2", "use", "speech"}} {
		if ok, body := ask(q[0], q[1], q[2]); !ok {
			t.Errorf("%v is not decided and is denied: %s", q, body)
		}
	}

	// A second start signs with the same key, and a replica can check what it gets.
	again, err := newDoor(t.Context(), db, desk, filepath.Join(dir, "access", "key"), "", "http://127.0.0.1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	again.handler.ServeHTTP(w, httptest.NewRequest("GET", "/access/v1/snapshot", nil))
	signer, err := doorKey(filepath.Join(dir, "access", "key"))
	if err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(signer.Name())) {
		t.Errorf("snapshot: %d %s", w.Code, w.Body)
	}
}

// TestDoorKey checks that a damaged key is an error, not a new key.
func TestDoorKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := doorKey(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := doorKey(path); err == nil {
		t.Error("a damaged key is used")
	}
}
