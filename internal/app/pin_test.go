package app

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// publishAll publishes what waits in the ledger of a folder.
func publishAll(t *testing.T, db *store.Store, dir string) {
	t.Helper()
	seq, _, _, err := openLedger(t.Context(), db, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer seq.Close()
	for {
		if n, err := seq.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}

// TestPinnedTables: a row of each table of cases that somebody changes, takes out or puts in is found by verify,
// whether the rows were recorded as they were written or at the first start on a database of an earlier version.
func TestPinnedTables(t *testing.T) {
	for name, later := range map[string]bool{"as written": false, "at the first start": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			address := "sqlite:" + filepath.Join(dir, "plimsoll.db")
			db, err := store.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			desk := casefile.NewDesk(db)
			desk.Follow = followCases
			if !later {
				desk.Pin = pinRow
			}
			decided := storetest.Decided(t, desk, false)
			if later {
				if err := pinCases(t.Context(), db); err != nil {
					t.Fatal(err)
				}
			}
			publishAll(t, db, filepath.Join(dir, "ledger"))
			desk.Pin = pinRow
			// rows that change have a newer leaf
			if err := desk.Dissent(t.Context(), storetest.Hand(casefile.Approver), decided.ID,
				"The scope is too wide."); err != nil {
				t.Log(err)
			}
			publishAll(t, db, filepath.Join(dir, "ledger"))
			check := func(want int) string {
				t.Helper()
				out, _ := run(t, want, "verify", filepath.Join(dir, "ledger", "log"), "--key",
					strings.Fields(keptAt(t, dir, "ledger", "key"))[1], "--database", address)
				return out
			}
			check(exitDone)
			exec := func(query string) {
				t.Helper()
				if err := db.Write(t.Context(), func(tx *sql.Tx) error {
					_, err := tx.ExecContext(context.Background(),
						query)
					return err
				}); err != nil {
					t.Fatalf("%s: %v", query, err)
				}
			}
			for _, table := range casefile.PinnedTables {
				var n int
				if err := db.Read(t.Context(), func(tx *sql.Tx) error {
					return tx.QueryRow(`SELECT count(*) FROM ` +
						table.Name).Scan(&n)
				}); err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					t.Logf("no row of %s in this case", table.Name)
					continue
				}
				for _, guard := range []string{"update", "delete"} { // whoever owns the database can drop them
					exec(`DROP TRIGGER IF EXISTS ` + table.Name + `_no_` + guard)
				}
				column := table.Columns[len(table.Columns)-1]
				row := `(SELECT max(` + table.Key + `) FROM ` + table.Name + `)`
				exec(`CREATE TABLE was AS SELECT ` + table.Key + ` AS k, ` + column + ` AS v FROM ` + table.Name +
					` WHERE ` + table.Key + ` = ` + row)
				exec(`UPDATE ` + table.Name + ` SET ` + column + ` = ` + column + ` || 'x' WHERE ` + table.Key + ` = ` +
					row)
				if out := check(exitFailed); !strings.Contains(out, "of table "+table.Name+": column "+column) {
					t.Errorf("a changed row of %s: %s", table.Name, out)
				}
				exec(`UPDATE ` + table.Name + ` SET ` + column + ` = (SELECT v FROM was) WHERE ` + table.Key +
					` = (SELECT k FROM was)`)
				exec(`DROP TABLE was`)
			}
			check(exitDone)
			exec(`INSERT INTO letter (id, case_id, sent, deadline, body) SELECT id || '9', case_id, sent, deadline, body FROM letter LIMIT 1`)
			if out := check(exitFailed); !strings.Contains(out, "of table letter: no leaf of the log recorded it") {
				t.Errorf("a row that was put in: %s", out)
			}
		})
	}
}
