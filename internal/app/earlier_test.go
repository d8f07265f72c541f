package app

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"plimsoll/internal/store/storetest"
)

// unpacked unpacks a folder that a version of 28 November 2026 (commit c1b74349) wrote: a server with two people and
// three cases, and with SQLite a piece of evidence; with PostgreSQL dump.sql is what pg_dump --inserts wrote.
func unpacked(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Open(filepath.Join("testdata", "earlier", name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, filepath.FromSlash(h.Name))
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			placed(t, at, string(b))
		}
	}
}

// TestEarlierVersion opens what an earlier version wrote: the server starts, nothing is lost, and verify finds nothing
// wrong; but an event that somebody put into a case beforehand, past the program, is named.
func TestEarlierVersion(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		for _, forged := range []bool{false, true} {
			t.Run(kind+map[bool]string{true: "/an event was put in"}[forged], func(t *testing.T) {
				dir := unpacked(t, kind)
				driver, dsn, address := "sqlite", filepath.Join(dir, "plimsoll.db"), "sqlite:"+filepath.Join(dir,
					"plimsoll.db")
				args := []string{"--data", dir}
				if kind == "postgres" {
					driver, address = "pgx", storetest.Postgres(t).Database(t)
					dsn, args = address, []string{"--database", address, "--state", dir}
				}
				db, err := sql.Open(driver, dsn)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if kind == "postgres" {
					loadDump(t, db, keptAt(t, dir, "dump.sql"))
				}
				if forged {
					if _, err := db.Exec(`INSERT INTO event (seq, at, actor, kind, case_id, subject, party, text, body)
VALUES (99, '2026-11-28T12:00:00Z', 'local', 'person added', 'C-0001', 'C-0001', '', 'Nothing was found',
'')`); err != nil {
						t.Fatal(err)
					}
				}
				_, out, stop := serving(t, args...)
				said := ""
				for range 100 { // the log takes in what waits
					if said = verified(t, dir, address); said == "" || forged && strings.Contains(said, "WRONG") {
						break
					}
					time.Sleep(100 * time.Millisecond)
				}
				stop()
				if forged != strings.Contains(said, "row 99 of table event: no leaf") || !forged && said != "" {
					t.Errorf("verify: %s\nserve: %s", said, out.String())
				}
				var cases, people int
				if err := errors.Join(db.QueryRow(`SELECT count(*) FROM case_file`).Scan(&cases),
					db.QueryRow(`SELECT count(*) FROM person`).Scan(&people)); err != nil || cases != 3 || people != 2 {
					t.Errorf("%d cases, %d people, %v", cases, people, err)
				}
			})
		}
	}
}

// loadDump runs what pg_dump wrote.
func loadDump(t *testing.T, db *sql.DB, dump string) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), dump); err != nil {
		t.Fatal(err)
	}
}

// verified returns what verify finds wrong, "" for nothing.
func verified(t *testing.T, dir, address string) string {
	t.Helper()
	var out lines
	key := strings.Fields(keptAt(t, dir, "ledger", "key"))[1]
	args := [][]string{{"verify", filepath.Join(dir, "ledger", "log"), "--key", key, "--database", address}}
	if strings.HasPrefix(address, "sqlite:") {
		args = append(args, []string{"evidence", "verify", "--data", dir})
	}
	for _, a := range args {
		if code := Main(t.Context(), a, strings.NewReader(""), &out, &out); code != exitDone {
			return out.String()
		}
	}
	return ""
}
