package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
)

// A PinnedTable is a table of cases of which the ledger holds every row: as it was written, or as it stands when it is
// one that moves change.
type PinnedTable struct {
	Name    string
	Key     string   // the column that names a row
	Columns []string // what is held of it
	Changes bool     // the newest leaf of a row counts, and not every one
}

// PinnedTables are the tables of cases that the ledger holds.
var PinnedTables = []PinnedTable{
	{"case_file", "id", []string{"number", "title", "party", "party_name", "stage", "severity", "assignee",
		"restricted", "opened", "opened_by", "closed", "body"}, true},
	{"claim", "id", []string{"case_id", "party", "status", "origin", "critical", "added", "added_by", "body"}, true},
	{"letter", "id", []string{"case_id", "sent", "deadline", "body"}, true},
	{"decision", "id", []string{"case_id", "party", "service", "outcome", "state", "interim", "critical", "proposer",
		"proposed", "decided", "ends", "body"}, true},
	{"process", "id", []string{"case_id", "decision", "kind", "state", "at", "body"}, true},
	{"claim_grade", "seq", []string{"claim", "source", "information", "reason", "by_actor", "at"}, false},
	{"claim_status", "seq", []string{"claim", "status", "wording", "reason", "authority", "by_actor", "at"}, false},
	{"claim_evidence", "seq", []string{"claim", "sha256", "note", "by_actor", "at"}, false},
	{"reply", "seq", []string{"letter", "claim", "answer", "wording", "received", "effect", "by_actor", "at"}, false},
	{"voice", "seq", []string{"decision", "actor", "kind", "reasons", "outside", "at", "sign_in"}, false},
}

// A Kept row was written by a move.
type Kept struct {
	Table string
	Value string // of its key
}

// keep notes that a move wrote a row; its leaf is written at the end of the move, when the row stands as it stays.
func (w *work) keep(table, value string) {
	if k := (Kept{table, value}); !slices.Contains(w.kept, k) {
		w.kept = append(w.kept, k)
	}
}

// insert writes a row that is numbered by the database and never changes.
func (w *work) insert(table, query string, args ...any) error {
	var seq int64
	if err := w.tx.QueryRowContext(w.ctx, query+` RETURNING seq`, args...).Scan(&seq); err != nil {
		return err
	}
	w.keep(table, strconv.FormatInt(seq, 10))
	return nil
}

// pin hands over the rows that were written.
func (w *work) pin() error {
	for _, k := range w.kept {
		if w.d.Pin == nil {
			break
		}
		i := slices.IndexFunc(PinnedTables, func(t PinnedTable) bool { return t.Name == k.Table })
		if err := w.d.Pin(w.ctx, w.tx, PinnedTables[i], k.Value, w.by.ID); err != nil {
			return err
		}
	}
	w.kept = nil
	return nil
}

// Keys names all rows of a table, in the order of their keys.
func (t PinnedTable) Keys(ctx context.Context, tx *sql.Tx) ([]string, error) {
	out, err := all(ctx, tx, `SELECT CAST(`+t.Key+` AS TEXT) FROM `+t.Name+` ORDER BY `+t.Key,
		func(r row) (key string, err error) { err = r.Scan(&key); return key, err })
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s: %w", t.Name, err)
	}
	return out, nil
}
