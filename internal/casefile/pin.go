package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A PinnedTable is a table of cases of which the ledger holds every row: as it was written, or as it stands when it is
// one that moves change.
type PinnedTable struct {
	Name    string
	Key     string   // the column that names a row
	Columns []string // what is held of it: all others
	Changes bool     // the newest leaf of a row counts, and not every one
}

// PinnedTables are the tables of cases that the ledger holds.
var PinnedTables = []PinnedTable{
	{"case_file", "id", []string{"number", "version", "items", "title", "party", "party_name", "fold", "stage",
		"severity", "assignee", "restricted", "opened", "opened_by", "changed", "closed", "body"}, true},
	{"case_member", pinKey, []string{"case_id", "actor"}, true},
	{"case_label", pinKey, []string{"case_id", "label"}, true},
	{"case_relation", pinKey, []string{"case_id", "other", "kind", "note"}, true},
	{"case_finding", pinKey, []string{"case_id", "finding", "run", "flag", "state", "severity", "sentence", "body",
		"added", "added_by", "answer"}, true},
	{"interest", pinKey, []string{"case_id", "actor", "what", "paid", "recused", "at"}, true},
	{"clock", "id", []string{"case_id", "kind", "subject", "days", "started", "due", "paused", "why", "left_days",
		"reminded", "breached", "ended"}, true},
	{"claim", "id", []string{"case_id", "party", "status", "origin", "critical", "added", "added_by", "body"}, true},
	{"claim_grade", "seq", []string{"claim", "source", "information", "reason", "by_actor", "at"}, false},
	{"claim_status", "seq", []string{"claim", "status", "wording", "reason", "authority", "by_actor", "at"}, false},
	{"claim_evidence", "seq", []string{"claim", "sha256", "note", "by_actor", "at"}, false},
	{"letter", "id", []string{"case_id", "sent", "deadline", "body"}, true},
	{"reply", "seq", []string{"letter", "claim", "answer", "wording", "received", "effect", "by_actor", "at"}, false},
	{"decision", "id", []string{"case_id", "party", "service", "outcome", "state", "interim", "critical", "proposer",
		"proposed", "decided", "ends", "body"}, true},
	{"voice", "seq", []string{"decision", "actor", "kind", "reasons", "outside", "at", "sign_in"}, false},
	{"decision_record", pinKey, []string{"decision", "version", "at", "sha256", "previous", "body"}, false},
	{"process", "id", []string{"case_id", "decision", "kind", "state", "at", "body"}, true},
	{"read_log", "seq", []string{"at", "actor", "case_id", "what"}, false},
	{"audit_seed", "period", []string{"seed", "made", "shown"}, true},
	{"holiday", "day", []string{"name"}, true},
	{"demand_answer", "id", []string{"seq", "demand", "at", "actor", "body"}, false},
	{"demand_status", pinKey, []string{"demand", "n", "at", "day", "status", "due", "words", "run", "event"}, false},
}

// pinKey is the column that names a row of a table whose key has two columns: the database makes it of them, with a
// slash between.
const pinKey = "pin"

// PinMark is the subject of the leaf that is written once all rows are held in this form. From then on a row without a
// leaf is one that was put in past the program.
const PinMark = "pins/2"

// A Kept row was written by a move.
type Kept struct {
	Table string
	Value string // of its key
	// Changed are the columns that read otherwise before the move than the ledger held of them.
	Changed []string
}

// A Pinner has the ledger hold rows of PinnedTables.
type Pinner interface {
	// Changed compares a row with its newest leaf, before a move writes it: the columns that read otherwise.
	Changed(ctx context.Context, tx *sql.Tx, t PinnedTable, value string) ([]string, error)
	// Pin records how a row stands, or that it is gone, in the transaction that wrote it.
	Pin(ctx context.Context, tx *sql.Tx, t PinnedTable, k Kept, actor string) error
}

// keep notes that a move is about to write a row; its leaf is written at the end of the move, when the row stands as
// it stays.
func (w *work) keep(table string, value ...string) {
	k := Kept{Table: table, Value: strings.Join(value, "/")}
	same := func(o Kept) bool { return o.Table == k.Table && o.Value == k.Value }
	if w.d.Pin == nil || slices.ContainsFunc(w.kept, same) {
		return
	}
	if t := pinned(table); t.Changes {
		changed, err := w.d.Pin.Changed(w.ctx, w.tx, t, k.Value)
		if err != nil && w.failed == nil {
			w.failed = err
		}
		k.Changed = changed
	}
	w.kept = append(w.kept, k)
}

// pinned finds a table.
func pinned(name string) PinnedTable {
	return PinnedTables[slices.IndexFunc(PinnedTables, func(t PinnedTable) bool { return t.Name == name })]
}

// keepEach notes that a move is about to write the rows of a table that a condition names.
func (w *work) keepEach(table, where string, args ...any) error {
	keys, err := words(w.ctx, w.tx, `SELECT CAST(`+pinned(table).Key+` AS TEXT) FROM `+table+` WHERE `+where, args...)
	for _, k := range keys {
		w.keep(table, k)
	}
	return err
}

// insert writes a row that is numbered by the database.
func (w *work) insert(table, query string, args ...any) error {
	var seq int64
	key := pinned(table).Key
	if err := w.tx.QueryRowContext(w.ctx, query+` RETURNING `+key, args...).Scan(&seq); err != nil {
		return err
	}
	w.kept = append(w.kept, Kept{Table: table, Value: strconv.FormatInt(seq, 10)})
	return nil
}

// pin hands over the rows that were written.
func (w *work) pin() error {
	if w.failed != nil {
		return w.failed
	}
	for _, k := range w.kept {
		if w.d.Pin == nil {
			break
		}
		if err := w.d.Pin.Pin(w.ctx, w.tx, pinned(k.Table), k, w.by.ID); err != nil {
			return err
		}
	}
	w.kept = nil
	return nil
}

// Hold has the ledger hold a row of PinnedTables that another package has written in a transaction of its own.
func (d *Desk) Hold(ctx context.Context, tx *sql.Tx, table, actor string, value ...string) error {
	if d.Pin == nil {
		return nil
	}
	return d.Pin.Pin(ctx, tx, pinned(table), Kept{Table: table, Value: strings.Join(value, "/")}, actor)
}

// Keys names all rows of a table, in the order of their keys.
func (t PinnedTable) Keys(ctx context.Context, tx *sql.Tx) ([]string, error) {
	out, err := words(ctx, tx, `SELECT CAST(`+t.Key+` AS TEXT) FROM `+t.Name+` ORDER BY `+t.Key)
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s: %w", t.Name, err)
	}
	return out, nil
}
