package app

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/store"
)

// TestMissingIsSeen: an original, a custody log, a key of a case, a tile and a key file that are gone are named by the
// server, which then answers /healthz with 503, and its liveness with 200.
func TestMissingIsSeen(t *testing.T) {
	data := t.TempDir()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	desk := casefile.NewDesk(db)
	desk.Follow = followCases
	by := casefile.Actor{ID: "asha", Name: "Asha", Roles: []casefile.Role{casefile.Investigator}}
	memo := filepath.Join(t.TempDir(), "memo.txt")
	for _, text := range []string{"one", "two", "three"} {
		c, err := desk.Open(t.Context(), by, casefile.Opening{Title: "x", Trigger: casefile.Trigger{Kind: "press",
			Text: "x"}})
		if err == nil {
			err = os.WriteFile(memo, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		run(t, exitDone, "evidence", "add", "--data", data, "--case", string(c.ID), "--actor", "Asha", "--reason", "x",
			memo)
	}
	db.Close()
	health := func(at, query string) int {
		res, err := http.Get(at + "/healthz" + query)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		return res.StatusCode
	}
	at, _, stop := serving(t, "--data", data, "--recheck", "0")
	if code := health(at, ""); code != http.StatusOK {
		t.Errorf("healthz of a whole server: %d", code)
	}
	allPublished(t, data)
	stop()

	var originals, tiles []string
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
		case strings.Contains(path, "/originals/"):
			originals = append(originals, path)
		case strings.Contains(path, "/ledger/log/tile/0/"):
			tiles = append(tiles, path)
		}
		return err
	})
	if err != nil || len(originals) != 3 || len(tiles) == 0 {
		t.Fatal(originals, tiles, err)
	}
	// Not the original of the case whose log goes: its file is there.
	first := fmt.Sprintf("%x", sha256.Sum256([]byte("one")))
	gone := append(tiles, filepath.Join(data, "evidence/originals", first[:2], first+".age"),
		filepath.Join(data, "evidence/keys/case/C-0002.age"), filepath.Join(data, "evidence/custody/C-0003.jsonl"))
	for _, path := range gone {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	at, out, _ := serving(t, "--data", data, "--recheck", "0")
	wants := []string{first + ": it is missing; case C-0001", "lacks 1 of its tiles", "its key is missing; case C-0002",
		"case C-0003: its custody log is missing"}
	for range 100 {
		if strings.Contains(out.String(), wants[1]) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, w := range wants {
		if !strings.Contains(out.String(), w) {
			t.Errorf("the log does not say %q:\n%s", w, out.String())
		}
	}
	if a, b := health(at, ""), health(at, "?live"); a != http.StatusServiceUnavailable || b != http.StatusOK {
		t.Errorf("healthz %d, its liveness %d", a, b)
	}
}

// allPublished waits until the newest checkpoint of the server whose folder is data covers every leaf of its database:
// a tile that ends at an older checkpoint is not missed once the next one is published.
func allPublished(t *testing.T, data string) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "plimsoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var leaves string
	var lines []string
	for range 200 {
		if err := db.Read(t.Context(), func(tx *sql.Tx) error {
			return tx.QueryRowContext(t.Context(), `SELECT CAST(count(*) AS TEXT) FROM ledger_leaf`).Scan(&leaves)
		}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(data, "ledger/log", format.CheckpointPath))
		if err != nil {
			t.Fatal(err)
		}
		if lines = strings.Split(string(b), "\n"); lines[1] == leaves {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s leaves, and the checkpoint covers %s", leaves, lines[1])
}
