package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/ledgertest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		child()
		return
	}
	ledgertest.Main(m)
}

const origin = "ledger.example.org/plimsoll"

func newKey(t testing.TB) *ledger.Key {
	t.Helper()
	secret, vkey, err := ledger.GenerateKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ledger.ParseKey(secret + "\n" + vkey)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// record appends n notes to a case, each with the row that it pins, in one transaction.
func record(t testing.TB, s *ledgertest.Store, first, n int) []ledger.Ticket {
	t.Helper()
	var out []ledger.Ticket
	err := s.Write(t.Context(), func(tx *sql.Tx) error {
		out = nil
		for i := first; i < first+n; i++ {
			k, err := note(t.Context(), tx, i)
			if err != nil {
				return err
			}
			out = append(out, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func note(ctx context.Context, tx *sql.Tx, i int) (ledger.Ticket, error) {
	if _, err := tx.ExecContext(ctx, `INSERT INTO case_note (id, case_id, text, weight) VALUES ($1, $2, $3, $4)`,
		i, "C-0001", fmt.Sprintf("note %d", i), i*i); err != nil {
		return ledger.Ticket{}, err
	}
	return ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Case, Subject: "C-0001", Actor: "asha",
		Content: fmt.Appendf(nil, `{"note":%d}`, i),
		Row: &ledger.Row{Table: "case_note", Key: "id", Value: fmt.Sprint(i), Columns: []string{"case_id", "text",
			"weight"}}})
}

func sequencer(t testing.TB, s ledger.Store, k *ledger.Key, dir string) *ledger.Sequencer {
	t.Helper()
	q, err := ledger.NewSequencer(ledger.Config{Store: s, Dir: dir, Key: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

func step(t testing.TB, q *ledger.Sequencer) int {
	t.Helper()
	n, err := q.Step(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAppendAndProve(t *testing.T) {
	ledgertest.Each(t, func(t *testing.T, s *ledgertest.Store) {
		k, dir := newKey(t), t.TempDir()
		q, log := sequencer(t, s, k, dir), ledger.NewLog(s, dir, k.Verifier())
		a := record(t, s, 0, 1)[0]
		if _, err := log.Receipt(t.Context(), a.ID); !errors.Is(err, ledger.ErrPending) {
			t.Fatalf("receipt before the sequencer ran: %v", err)
		}
		if n := step(t, q); n != 1 {
			t.Fatalf("step = %d, want 1", n)
		}
		for _, n := range []int{1, 2, 250, 3, 600} { // fills tiles, ends inside one
			from := int(count(t, s))
			record(t, s, from, n)
			if got := step(t, q); got != n {
				t.Fatalf("step = %d, want %d", got, n)
			}
		}
		r, err := log.Receipt(t.Context(), a.ID, ledger.FieldContent, ledger.FieldSubject)
		if err != nil {
			t.Fatal(err)
		}
		back, err := format.ParseReceipt(r.Encode())
		if err != nil {
			t.Fatal(err)
		}
		p, err := back.Verify(k.Verifier())
		if err != nil {
			t.Fatal(err)
		}
		if p.Index != 0 || p.Leaf.ID != a.ID || p.Signed.Size != 857 || len(back.Openings) != 2 {
			t.Errorf("receipt proves %+v with %d fields", p, len(back.Openings))
		}
		if _, err := log.Receipt(t.Context(), "00000000000000000000000000000000"); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("receipt of nothing: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "tile/0/000.p")); !os.IsNotExist(err) {
			t.Errorf("partial tiles stay beside the full one: %v", err)
		}
	})
}

func count(t testing.TB, s *ledgertest.Store) (n int64) {
	t.Helper()
	if err := s.DB.QueryRow(`SELECT count(*) FROM ledger_leaf`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
