package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestKnownHost: a name that is not the server's own is refused, an address is not.
func TestKnownHost(t *testing.T) {
	h := knownHost("https://plimsoll.example:8443", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"plimsoll.example:8443": 200, "PLIMSOLL.example": 200, "plimsoll.example.": 200, "localhost:8320": 200,
		"127.0.0.1:8320": 200, "[::1]:8320": 200,
		"192.0.2.7": 200, "evil.example": 421, "plimsoll.example.evil.example": 421, "": 421,
		"127.0.0.1.evil.example:8320": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q: %d, want %d", host, w.Code, want)
		}
	}
}

// TestAdminLink makes a link on the machine of a server: for an admin, for somebody by id, and not
// where there is no database.
func TestAdminLink(t *testing.T) {
	dir := t.TempDir()
	if code, out := plimsoll("admin", "link", "--data", dir, "--origin", "https://p.example"); code != exitFailed ||
		!strings.Contains(out, "no database") {
		t.Errorf("without a database: %d %s", code, out)
	}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	storetest.Fill(t, db)
	if code, out := plimsoll("admin", "link", "--data", dir); code != exitUsage {
		t.Errorf("without an address: %d %s", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, originFile), []byte("https://p.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := plimsoll("admin", "link", "--data", dir)
	_, key, ok := strings.Cut(strings.TrimSpace(out), "https://p.example/start?key=")
	if code != exitDone || !ok {
		t.Fatalf("%d %s", code, out)
	}
	if p, err := db.UseLink(t.Context(), key); err != nil || p.ID != "local" {
		t.Errorf("the link signs in %+v, %v", p, err)
	}
	if code, out := plimsoll("admin", "name", "--data", dir, "--person", "local"); code != exitDone ||
		!strings.Contains(out, "is an admin now") {
		t.Errorf("name an admin: %d %s", code, out)
	}
	if code, out := plimsoll("admin", "name", "--data", dir); code != exitUsage {
		t.Errorf("name nobody: %d %s", code, out)
	}
	if code, out := plimsoll("admin", "link", "--data", dir, "--person", "nobody"); code != exitFailed {
		t.Errorf("for nobody: %d %s", code, out)
	}
}

// TestLedgerKeyLost: a database whose log is under a key that is gone, or under another one, is
// refused in words, and no new key is made.
func TestLedgerKeyLost(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	folder := filepath.Join(dir, "ledger")
	seq, _, _, err := openLedger(t.Context(), db, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Fill(t, db)
	if _, err := seq.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	seq.Close()
	key := filepath.Join(folder, "key")
	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := openLedger(t.Context(), db, folder, nil); err == nil || !strings.Contains(err.Error(),
		"key of the ledger is missing") || exists(key) {
		t.Errorf("without the key: %v; a key was made: %v", err, exists(key))
	}
	if _, err := custodyKey(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "other"), key); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := openLedger(t.Context(), db, folder, nil); err == nil || !strings.Contains(err.Error(),
		"holds the log") {
		t.Errorf("with another key: %v", err)
	}
	if err := os.WriteFile(key, good, 0o600); err != nil {
		t.Fatal(err)
	}
	again, _, _, err := openLedger(t.Context(), db, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
