package app

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// TestRotationsAtOnce: keys are not replaced while two servers write; of several rotations at once one wins, each other
// one says why not or goes on from it, and nothing is lost: the log holds under the first key, originals open, and who
// was signed in still is.
func TestRotationsAtOnce(t *testing.T) {
	for name, database := range map[string]func(t *testing.T, data string) []string{
		"sqlite":   func(_ *testing.T, data string) []string { return []string{"--data", data} },
		"postgres": func(t *testing.T, data string) []string { return postgresAt(t, data) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			data := filepath.Join(dir, "data")
			at := database(t, data)
			var stops []func()
			for i := range 2 {
				if i == 1 && name == "sqlite" {
					break // one server has a SQLite database
				}
				_, out, stop := serving(t, at...)
				stops = append(stops, stop)
				for range 400 {
					if strings.Contains(out.String(), "Access decisions are answered") {
						break
					}
					time.Sleep(25 * time.Millisecond)
				}
			}
			address := "sqlite:" + filepath.Join(data, "plimsoll.db")
			if at[0] == "--database" {
				address = at[1]
			}
			db, err := store.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := holdAt(t.Context(), db, data); err != nil {
				t.Fatal(err)
			}
			if _, err := db.CreatePerson(t.Context(), "", store.Person{ID: "ada", Roles: []casefile.Role{
				casefile.Approver}}); err != nil {
				t.Fatal(err)
			}
			key, err := db.NewSession(t.Context(), "ada", "link", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // until the sequencer is at work
			old := strings.Fields(keptAt(t, data, "ledger", "key"))[1]
			for _, part := range []string{ledger.OwnKey, ledger.MasterKey} {
				if won := rotateAtOnce(t, part, at); won != 0 {
					t.Errorf("%s: %d rotations passed beside servers", part, won)
				}
			}
			for _, stop := range stops {
				stop()
			}
			won := map[string]int{}
			for _, part := range []string{ledger.OwnKey, ledger.MasterKey} {
				if won[part] = rotateAtOnce(t, part, at); won[part] == 0 {
					t.Errorf("%s: none of several rotations passed", part)
				}
			}
			if err := db.Read(t.Context(), func(tx *sql.Tx) error {
				for part, want := range won {
					at, err := ledger.Find(t.Context(), tx, ledger.RotationSubject(part), ledger.KeyRotation)
					if err != nil || len(at) != want {
						t.Errorf("%s: %d rotations passed, the ledger has %d (%v)", part, want, len(at), err)
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := holdAt(t.Context(), db, data); err != nil {
				t.Fatal(err)
			}
			if p, _, err := db.BySession(t.Context(), key); err != nil || len(p.Roles) != 1 {
				t.Errorf("who was signed in: %+v, %v", p, err)
			}
			publishAll(t, db, filepath.Join(data, "ledger"))
			run(t, exitDone, "verify", filepath.Join(data, "ledger", "log"), "--key", old, "--database", address)
		})
	}
}

func postgresAt(t *testing.T, state string) []string {
	return []string{"--database", storetest.Postgres(t).Database(t), "--state", state}
}

// rotateAtOnce starts several rotations of a key, and counts those that passed.
func rotateAtOnce(t *testing.T, part string, at []string) (won int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			var msg bytes.Buffer
			code := Main(t.Context(), append([]string{"key", "rotate", part, "--actor", "asha"}, at...),
				strings.NewReader(""), &msg, &msg)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case code == exitDone:
				won++
			case !strings.Contains(msg.String(), "stop it first, or wait for it") &&
				!strings.Contains(msg.String(), "another"):
				t.Errorf("%s: exit %d without the reason: %s", part, code, msg.String())
			}
		})
	}
	wg.Wait()
	return won
}
