package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A PinnedTable is a table of which the ledger holds every row: as it was written, or as it stands when it is one that
// moves change.
type PinnedTable struct {
	Name    string
	Key     string   // the column that names a row
	Columns []string // what is held of it
	Changes bool     // the newest leaf of a row counts, and not every one
	Free    []string // columns that come and go and that nothing rests on: no leaf holds them
	Mark    PinMark
	// Vouched says that the rows give power: the server's key signs their leaves, and a row of which the newest leaf is
	// not signed so, or says something else, counts as not there.
	Vouched bool
}

// A PinMark is the subject of the leaf that is written once all rows of some tables are held. From then on a row
// without
// a leaf is one that was put in past the program.
type PinMark string

// The marks, in the order in which versions of the program came to hold tables.
const (
	MarkCases  PinMark = "pins/2"
	MarkPublic PinMark = "pins/3"   // originals by case, publications
	MarkPeople PinMark = "people/1" // people, roles, whatever signs somebody in, and what two people ask for
)

// PinMarks lists them.
var PinMarks = []PinMark{MarkCases, MarkPublic, MarkPeople}

// PinnedTables are the tables that the ledger holds.
var PinnedTables = slices.Concat(marked(MarkCases, false, caseTables), marked(MarkPublic, false, publicTables),
	marked(MarkPeople, true, peopleTables))

func marked(m PinMark, vouched bool, tables []PinnedTable) []PinnedTable {
	out := slices.Clone(tables)
	for i := range out {
		out[i].Mark, out[i].Vouched = m, vouched
	}
	return out
}

var caseTables = []PinnedTable{
	{Name: "case_file", Key: "id", Changes: true, Columns: []string{"number", "version", "items", "title",
		"party", "party_name", "fold", "stage", "severity", "assignee", "restricted", "opened", "opened_by",
		"changed", "closed", "body"}},
	{Name: "case_member", Key: pinKey, Changes: true, Columns: []string{"case_id", "actor"}},
	{Name: "case_label", Key: pinKey, Changes: true, Columns: []string{"case_id", "label"}},
	{Name: "case_relation", Key: pinKey, Changes: true, Columns: []string{"case_id", "other", "kind", "note"}},
	{Name: "case_finding", Key: pinKey, Changes: true, Columns: []string{"case_id", "finding", "run", "flag",
		"state", "severity", "sentence", "body", "added", "added_by", "answer"}},
	{Name: "interest", Key: pinKey, Changes: true, Columns: []string{"case_id", "actor", "what", "paid",
		"recused", "at"}},
	{Name: "clock", Key: "id", Changes: true, Columns: []string{"case_id", "kind", "subject", "days",
		"started", "due", "paused", "why", "left_days", "reminded", "breached", "ended"}},
	{Name: "claim", Key: "id", Changes: true, Columns: []string{"case_id", "party", "status", "origin",
		"critical", "added", "added_by", "body"}},
	{Name: "claim_grade", Key: "seq", Columns: []string{"claim", "source", "information", "reason", "by_actor",
		"at"}},
	{Name: "claim_status", Key: "seq", Columns: []string{"claim", "status", "wording", "reason", "authority",
		"by_actor", "at"}},
	{Name: "claim_evidence", Key: "seq", Columns: []string{"claim", "sha256", "note", "by_actor", "at"}},
	{Name: "letter", Key: "id", Changes: true, Columns: []string{"case_id", "sent", "deadline", "body"}},
	{Name: "reply", Key: "seq", Columns: []string{"letter", "claim", "answer", "wording", "received", "effect",
		"by_actor", "at"}},
	{Name: "decision", Key: "id", Changes: true, Columns: []string{"case_id", "party", "service", "outcome",
		"state", "interim", "critical", "proposer", "proposed", "decided", "ends", "body"}},
	{Name: "voice", Key: "seq", Columns: []string{"decision", "actor", "kind", "reasons", "outside", "at",
		"sign_in"}},
	{Name: "decision_record", Key: pinKey, Columns: []string{"decision", "version", "at", "sha256", "previous",
		"body"}},
	{Name: "process", Key: "id", Changes: true, Columns: []string{"case_id", "decision", "kind", "state", "at",
		"body"}},
	{Name: "read_log", Key: "seq", Columns: []string{"at", "actor", "case_id", "what"}},
	{Name: "audit_seed", Key: "period", Changes: true, Columns: []string{"seed", "made", "shown"}},
	{Name: "holiday", Key: "day", Changes: true, Columns: []string{"name"}},
	{Name: "demand_answer", Key: "id", Columns: []string{"seq", "demand", "at", "actor", "body"}},
	{Name: "demand_status", Key: pinKey, Columns: []string{"demand", "n", "at", "day", "status", "due",
		"words", "run", "event"}},
}

var publicTables = []PinnedTable{
	{Name: "evidence_item", Key: pinKey, Changes: true, Columns: []string{"case_id", "sha256", "place", "kept",
		"body"}},
	{Name: "publication", Key: "id", Changes: true, Columns: []string{"seq", "kind", "subject", "case_id",
		"version", "state", "proposer", "proposed", "second", "decided", "gone", "next", "body", "page"}},
}

var peopleTables = []PinnedTable{
	{Name: "person", Key: "id", Changes: true, Columns: []string{"name", "email", "business", "disabled",
		"created"}},
	{Name: "person_role", Key: pinKey, Changes: true, Columns: []string{"person", "role"}},
	{Name: "identity", Key: pinKey, Changes: true, Columns: []string{"issuer", "subject", "person"}},
	{Name: "security_key", Key: "id", Changes: true, Columns: []string{"person", "name", "body", "created"},
		Free: []string{"used"}},
	{Name: "session", Key: "hash", Changes: true, Columns: []string{"person", "how", "created", "expires",
		"factor", "factor_at"}, Free: []string{"seen"}},
	{Name: "token", Key: "id", Changes: true, Columns: []string{"hash", "person", "name", "scopes", "created",
		"expires", "revoked"}, Free: []string{"used"}},
	{Name: "start_link", Key: "hash", Changes: true, Columns: []string{"person", "created", "expires", "used"}},
	{Name: "second_hand", Key: pinKey, Changes: true, Columns: []string{"kind", "subject", "actor", "reason",
		"body", "at"}},
	{Name: "notice_unseal", Key: "seq", Changes: true, Columns: []string{"notice", "what", "reason", "asked",
		"agreed", "taken"}},
}

// pinKey is the column that names a row of a table whose key has two columns: the database makes it of them, with a
// slash between.
const pinKey = "pin"

// A Kept row was written by a move.
type Kept struct {
	Table string
	Value string // of its key
	// Changed are the columns that read otherwise before the move than the ledger held of them.
	Changed []string
	Whole   bool // the move wrote all columns of the row, whatever had stood there
}

// ErrPast refuses a move that would build on a row which gives power and was changed past the program.
var ErrPast = errors.New("this rests on a row of the database that does not say what the record says (the health " +
	"page shows which); on the machine of the server, plimsoll admin mend puts back what the record says")

// A Pinner has the ledger hold rows of PinnedTables.
type Pinner interface {
	// Changed compares a row with its newest leaf, before a move writes it: the columns that read otherwise.
	Changed(ctx context.Context, tx *sql.Tx, t PinnedTable, value string) ([]string, error)
	// Pin records how a row stands, or that it is gone, in the transaction that wrote it. ErrPast: of a vouched table a
	// row that had been changed past the program, and of which the move wrote a part.
	Pin(ctx context.Context, tx *sql.Tx, t PinnedTable, k Kept, actor string) error
	// Held reads the rows of a table that a condition in SQL selects, and for each key whether the row counts:
	// whether it
	// reads as its newest leaf says, and of a vouched table whether the server's key stands behind that leaf.
	Held(ctx context.Context, tx *sql.Tx, t PinnedTable, where string, args ...any) (map[string]bool, error)
}

// keep notes that a move is about to write a row; its leaf is written at the end of the move, when the row stands as
// it stays.
func (w *work) keep(table string, value ...string) {
	k := Kept{Table: table, Value: strings.Join(value, "/")}
	same := func(o Kept) bool { return o.Table == k.Table && o.Value == k.Value }
	if w.d.Pin == nil || slices.ContainsFunc(w.kept, same) {
		return
	}
	if t := Pinned(table); t.Changes {
		changed, err := w.d.Pin.Changed(w.ctx, w.tx, t, k.Value)
		if err != nil && w.failed == nil {
			w.failed = err
		}
		k.Changed = changed
	}
	w.kept = append(w.kept, k)
}

// Pinned finds a table.
func Pinned(name string) PinnedTable {
	return PinnedTables[slices.IndexFunc(PinnedTables, func(t PinnedTable) bool { return t.Name == name })]
}

// keepEach notes that a move is about to write the rows of a table that a condition names.
func (w *work) keepEach(table, where string, args ...any) error {
	keys, err := words(w.ctx, w.tx, `SELECT CAST(`+Pinned(table).Key+` AS TEXT) FROM `+table+` WHERE `+where, args...)
	for _, k := range keys {
		w.keep(table, k)
	}
	return err
}

// insert writes a row that is numbered by the database.
func (w *work) insert(table, query string, args ...any) error {
	var seq int64
	key := Pinned(table).Key
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
		if err := w.d.Pin.Pin(w.ctx, w.tx, Pinned(k.Table), k, w.by.ID); err != nil {
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
	return d.Pin.Pin(ctx, tx, Pinned(table), Kept{Table: table, Value: strings.Join(value, "/")}, actor)
}

// Holding runs what writes rows of a table, named by their keys or by a condition in SQL, and has the ledger hold them
// as they stand afterwards. p may be nil: then nothing is held.
func Holding(ctx context.Context, tx *sql.Tx, p Pinner, table, actor string, rows Rows, do func() error) error {
	if p == nil {
		return do()
	}
	t := Pinned(table)
	kept, err := rows.before(ctx, tx, p, t)
	if err == nil {
		err = do()
	}
	if err == nil && rows.Where != "" { // what was put in
		var keys []string
		keys, err = t.Keys(ctx, tx, rows.Where, rows.Args...)
		for _, k := range keys {
			if !slices.ContainsFunc(kept, func(o Kept) bool { return o.Value == k }) {
				kept = append(kept, Kept{Table: table, Value: k})
			}
		}
	}
	for _, k := range kept {
		if err == nil {
			err = p.Pin(ctx, tx, t, k, actor)
		}
	}
	return err
}

// Rows of a table: those of some keys and those that a condition selects.
type Rows struct {
	Keys  []string
	Where string // "" for none
	Args  []any
	Whole bool // all columns are written, whatever stands there
}

// All says that all columns of the rows are written, whatever stands there.
func (r Rows) All() Rows { r.Whole = true; return r }

// Row is the row of a key.
func Row(key string) Rows { return Rows{Keys: []string{key}} }

// Where are the rows that a condition selects.
func Where(where string, args ...any) Rows { return Rows{Where: where, Args: args} }

// before lists the rows as they are before they are written, with how they differ from what the ledger holds.
func (r Rows) before(ctx context.Context, tx *sql.Tx, p Pinner, t PinnedTable) (kept []Kept, err error) {
	keys := r.Keys
	if r.Where != "" {
		found, err := t.Keys(ctx, tx, r.Where, r.Args...)
		if err != nil {
			return nil, err
		}
		keys = append(slices.Clone(keys), found...)
	}
	for _, key := range keys {
		k := Kept{Table: t.Name, Value: key, Whole: r.Whole}
		if t.Changes {
			if k.Changed, err = p.Changed(ctx, tx, t, key); err != nil {
				return nil, err
			}
		}
		kept = append(kept, k)
	}
	return kept, nil
}

// Keys names the rows of a table that a condition selects, all with "", in the order of their keys.
func (t PinnedTable) Keys(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]string, error) {
	if where != "" {
		where = ` WHERE ` + where
	}
	out, err := words(ctx, tx, `SELECT CAST(`+t.Key+` AS TEXT) FROM `+t.Name+where+` ORDER BY `+t.Key, args...)
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s: %w", t.Name, err)
	}
	return out, nil
}
