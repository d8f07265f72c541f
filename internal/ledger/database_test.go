package ledger_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
)

// TestDatabaseSaysOtherwise changes the database behind a published log, each leaf in turn,
// and wants the leaf or the row named.
func TestDatabaseSaysOtherwise(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir := newKey(t), t.TempDir()
		q := sequencer(t, s, k, dir)
		const n = 4
		record(t, s, 0, n)
		step(t, q)
		whole(t, s, k, dir)
		for i := range n {
			var leaf []byte
			var id string
			if err := s.DB.QueryRow(`SELECT leaf, id FROM ledger_leaf WHERE position = $1`, i).Scan(&leaf, &id); err != nil {
				t.Fatal(err)
			}
			l, err := format.ParseLeaf(leaf)
			if err != nil {
				t.Fatal(err)
			}
			l.Time = l.Time.AddDate(0, -1, 0)
			dated, err := l.Encode()
			if err != nil {
				t.Fatal(err)
			}
			where, row, j := fmt.Sprintf("leaf %d", i), fmt.Sprintf("row %d of table case_note", i), (i+1)%n
			for _, tt := range []struct {
				name, where string
				change      []string
				args        []any
			}{
				{"removed", where, []string{`DELETE FROM ledger_leaf WHERE position = $1`}, []any{i}},
				{"dated back", where, []string{`UPDATE ledger_leaf SET leaf = $2 WHERE position = $1`},
					[]any{i, dated}},
				{"swapped", where, []string{`UPDATE ledger_leaf SET position = 900 WHERE position = $1`,
					fmt.Sprintf(`UPDATE ledger_leaf SET position = %d WHERE position = %d AND $1 >= 0`, i, j),
					fmt.Sprintf(`UPDATE ledger_leaf SET position = %d WHERE position = 900 AND $1 >= 0`, j)}, []any{i}},
				{"content changed", where,
					[]string{`UPDATE ledger_opening SET value = $2 WHERE id = $1 AND name = 'content'`},
					[]any{id, []byte(`{"note":99}`)}},
				{"actor changed", where,
					[]string{`UPDATE ledger_opening SET value = $2 WHERE id = $1 AND name = 'actor'`},
					[]any{id, []byte(`nobody`)}},
				{"content gone", where, []string{`DELETE FROM ledger_opening WHERE id = $1 AND name = 'content'`},
					[]any{id}},
				{"content erased in silence", where,
					[]string{`UPDATE ledger_opening SET value = $2, salt = $2, erased = 'x' WHERE id = $1 AND name = 'content'`}, []any{id, []byte{}}},
				{"erased with another leaf as excuse", where,
					[]string{`UPDATE ledger_opening SET value = $2, salt = $2, erased = id WHERE id = $1 AND name = 'content'`}, []any{id, []byte{}}},
				{"filed under another case", where,
					[]string{`UPDATE ledger_leaf SET subject = 'C-0002' WHERE position = $1`}, []any{i}},
				{"filed as another kind", where, []string{`UPDATE ledger_leaf SET kind = 'claim' WHERE position = $1`},
					[]any{i}},
				{"row changed", row, []string{`UPDATE case_note SET text = 'all is well' WHERE id = $1`}, []any{i}},
				{"row number changed", row, []string{`UPDATE case_note SET weight = weight + 1 WHERE id = $1`},
					[]any{i}},
				{"row removed", row, []string{`DELETE FROM case_note WHERE id = $1`}, []any{i}},
				{"row without a leaf", "row 77 of table case_note",
					[]string{`INSERT INTO case_note (id, case_id, text, weight) VALUES (77, 'C-0001', 'put in', $1)`},
					[]any{i}},
				{"set back", "the database", []string{`UPDATE ledger_log SET size = $1`}, []any{i}},
			} {
				rep := changed(t, s, k, dir, tt.change, tt.args)
				if !slices.ContainsFunc(rep.Problems, func(p verify.Problem) bool { return p.Where == tt.where }) {
					t.Errorf("leaf %d %s: verify says %v, want %q named", i, tt.name, rep.Problems, tt.where)
				}
			}
		}
		whole(t, s, k, dir)
	})
}

// changed makes a change, verifies, and takes the change back.
func changed(t *testing.T, s *ledgertest.Store, k *ledger.Key, dir string, change []string, args []any) *verify.Report {
	t.Helper()
	type table struct {
		name string
		cols []string
		rows [][]any
	}
	var saved []table
	for _, name := range []string{"ledger_leaf", "ledger_opening", "ledger_log", "case_note"} {
		tb := table{name: name}
		rows, err := s.DB.Query(`SELECT * FROM ` + name)
		if err != nil {
			t.Fatal(err)
		}
		tb.cols, _ = rows.Columns()
		for rows.Next() {
			dst := make([]any, len(tb.cols))
			for i := range dst {
				dst[i] = new(any)
			}
			if err := rows.Scan(dst...); err != nil {
				t.Fatal(err)
			}
			for i := range dst {
				dst[i] = *dst[i].(*any)
			}
			tb.rows = append(tb.rows, dst)
		}
		rows.Close()
		saved = append(saved, tb)
	}
	for _, q := range change {
		if _, err := s.DB.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	rep := check(t, s, k, dir)
	err := s.Write(t.Context(), func(tx *sql.Tx) error {
		for _, tb := range saved {
			if _, err := tx.Exec(`DELETE FROM ` + tb.name); err != nil {
				return err
			}
			for _, r := range tb.rows {
				marks := make([]string, len(r))
				for i := range marks {
					marks[i] = fmt.Sprintf("$%d", i+1)
				}
				into := tb.name + " (" + strings.Join(tb.cols, ", ") + ")"
				if s.Kind == ledger.Postgres && tb.name == "ledger_leaf" {
					into += " OVERRIDING SYSTEM VALUE"
				}
				if _, err := tx.Exec(`INSERT INTO `+into+` VALUES (`+strings.Join(marks, ", ")+`)`, r...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestErase removes a field for good: the proof of the leaf stays, the field cannot be
// shown any more, verify accepts the erasure because the log recorded it.
func TestErase(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir := newKey(t), t.TempDir()
		q, log := sequencer(t, s, k, dir), ledger.NewLog(s, dir, k.Verifier())
		x := record(t, s, 0, 3)[1]
		step(t, q)
		before, err := log.Receipt(t.Context(), x.ID, ledger.FieldActor, ledger.FieldSubject)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *sql.Tx) error {
			for _, f := range []string{ledger.FieldActor, ledger.FieldSubject} {
				if _, err := (ledger.Writer{}).Erase(t.Context(), tx, x.ID, f, "bruno", "a court ordered it"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		step(t, q)
		whole(t, s, k, dir)
		after, err := log.Receipt(t.Context(), x.ID, ledger.FieldActor, ledger.FieldSubject, ledger.FieldContent)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := after.Verify(k.Verifier()); err != nil || len(after.Openings) != 1 ||
			string(after.Leaf) != string(before.Leaf) {
			t.Errorf("after the erasure: %v, shows %v", err, after.Openings)
		}
		for _, table := range []string{"ledger_opening WHERE value = $1", "ledger_opening WHERE salt = $1"} {
			var n int
			for _, secret := range [][]byte{before.Openings[0].Value, before.Openings[0].Salt} {
				s.DB.QueryRow(`SELECT count(*) FROM `+table+` AND id = '`+x.ID+`'`, secret).Scan(&n)
				if n > 0 {
					t.Errorf("the erased field is still in the database")
				}
			}
		}
		err = s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := (ledger.Writer{}).Erase(t.Context(), tx, x.ID, ledger.FieldActor, "bruno", "again")
			return err
		})
		if !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("erased twice: %v", err)
		}
	})
}
