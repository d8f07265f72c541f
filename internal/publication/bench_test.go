package publication_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/publication"
	"plimsoll/internal/store/storetest"
)

// many makes copies of a released decision by rows, each with its own case.
func (h *house) many(t testing.TB, n int) {
	t.Helper()
	first := h.release(draft(storetest.Decided(t, h.cases, false)))
	page, err := json.Marshal(first.Page)
	if err != nil {
		t.Fatal(err)
	}
	err = h.db.Write(t.Context(), func(tx *sql.Tx) error {
		for i := 2; i <= n; i++ {
			c, d := fmt.Sprintf("C-%04d", i), fmt.Sprintf("C-%04d-D9", i)
			for _, q := range []struct {
				text string
				args []any
			}{
				{`INSERT INTO case_file SELECT $1, $2, version, items, title, party, party_name, fold, stage, severity, assignee, restricted, opened, opened_by, changed, closed, body FROM case_file WHERE id = 'C-0001'`, []any{c, i}},
				{`INSERT INTO decision SELECT $1, $2, party, service, outcome, state, interim, critical, proposer, proposed, decided, ends, body FROM decision WHERE case_id = 'C-0001'`, []any{d, c}},
				{`INSERT INTO publication (seq, id, kind, subject, case_id, version, state, proposer, proposed, second, decided, gone, next, body, page)
					SELECT $1, $2, kind, $3, $4, 1, state, proposer, proposed, second, decided, '', '', body, $5 FROM publication WHERE id = 'P-0001'`, []any{i, fmt.Sprintf("P-%04d", i), d, c, string(page)}},
			} {
				if _, err := tx.ExecContext(t.Context(), q.text, q.args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.cases.Cases(t.Context(), storetest.Hand(casefile.Auditor), casefile.Query{}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkWrite writes a site of 10,000 decisions, with all proofs, synced to disk. Run:
// go test -run '^$' -bench BenchmarkWrite -benchtime 1x ./internal/publication/
func BenchmarkWrite(b *testing.B) {
	h := newHouse(b)
	const decisions = 10_000
	h.many(b, decisions)
	out := filepath.Join(b.TempDir(), "site")
	var w publication.Written
	b.ReportAllocs()
	for b.Loop() {
		w = h.write(out)
	}
	if w.Decisions != decisions {
		b.Fatalf("%+v", w)
	}
	b.ReportMetric(float64(decisions)*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
