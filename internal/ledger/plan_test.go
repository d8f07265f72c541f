package ledger_test

import (
	"database/sql"
	"strings"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
)

// TestPublishPlan holds SQLite to the index of positions. It uses a partial index only where
// the condition of the index stands in the query, word for word; and it begins at the first
// lower end that it reads. Otherwise every tile costs a walk through the whole log.
func TestPublishPlan(t *testing.T) {
	s := ledgertest.New(t, ledger.SQLite)
	begins := false // some instruction seeks at the first parameter
	lines(t, s.DB, `EXPLAIN `+ledger.LeafRange, func(c []sql.NullString) {
		// c: address, operation, P1, P2, P3; Variable puts parameter P1 into register P2,
		// SeekGE looks for register P3.
		if c[1].String == "Variable" && c[2].String == "1" {
			lines(t, s.DB, `EXPLAIN `+ledger.LeafRange, func(seek []sql.NullString) {
				begins = begins || seek[1].String == "SeekGE" && seek[4].String == c[3].String
			})
		}
	})
	if !begins {
		t.Errorf("%s does not begin at its first parameter", ledger.LeafRange)
	}
	for _, query := range []string{ledger.LeafRange, ledger.PlaceWaiting} {
		lines(t, s.DB, `EXPLAIN QUERY PLAN `+strings.ReplaceAll(query, "$3", "-512"), func(c []sql.NullString) {
			if what := c[3].String; strings.HasPrefix(what, "SCAN ledger_leaf") && !strings.Contains(what,
				"USING INDEX ledger_leaf_waiting") {
				t.Errorf("%s reads the whole table: %s", query, what)
			}
		})
	}
}

// lines calls do for every row of a query with two parameters.
func lines(t *testing.T, db *sql.DB, query string, do func([]sql.NullString)) {
	t.Helper()
	rows, err := db.Query(query, 256, 512)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]sql.NullString
	for rows.Next() {
		cols, _ := rows.Columns()
		c, dst := make([]sql.NullString, len(cols)), make([]any, len(cols))
		for i := range c {
			dst[i] = &c[i]
		}
		if err := rows.Scan(dst...); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	rows.Close()
	for _, c := range out {
		do(c)
	}
}
