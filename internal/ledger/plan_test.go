package ledger_test

import (
	"strings"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
)

// TestPublishPlan holds SQLite to the index of positions: it uses a partial index only where
// the condition of the index stands in the query, word for word, and otherwise reads every
// leaf of the log for each tile that it publishes.
func TestPublishPlan(t *testing.T) {
	s := ledgertest.New(t, ledger.SQLite)
	for _, query := range ledger.Queries {
		rows, err := s.DB.Query(`EXPLAIN QUERY PLAN `+query, 256, 512)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan += detail + "\n"
		}
		rows.Close()
		if strings.Contains(plan, "SCAN ledger_leaf\n") {
			t.Errorf("%s reads the whole table:\n%s", query, plan)
		}
	}
}
