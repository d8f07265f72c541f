package app

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/store"
)

// A difference is a row that reads otherwise than the record holds, or is there and should not be, or is gone.
type difference struct {
	table  casefile.PinnedTable
	key    string
	now    []format.PinColumn // nil: the row is gone
	record []format.PinColumn // nil: the record holds no such row
	forged bool               // the newest leaf is one that no key of the server stands behind
}

// differences compares the rows of vouched tables with the record. all is false where tables whose missing rows give
// nobody power, and of which the record holds very many, are looked at only for what is in them.
func (p ledgerPins) differences(ctx context.Context, tx *sql.Tx, all bool) (out []difference, err error) {
	for _, t := range casefile.PinnedTables {
		if !t.Vouched {
			continue
		}
		found, err := p.differencesOf(ctx, tx, t, all || !slices.Contains(comeAndGo, t.Name))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// differencesOf compares the rows of a table with the record; rows that the database lacks only when missing is set.
func (p ledgerPins) differencesOf(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, missing bool) (
	out []difference, err error) {
	rows, err := ledger.PinnedRows(ctx, tx, rowOf(t, "", t.Columns), `1 = 1`)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if p.differs(t, r) == nil {
			continue
		}
		d := difference{table: t, key: r.Key, now: r.Now, forged: r.Found && !p.counts(t, r.Leaf)}
		if !d.forged && r.Found {
			had, err := r.Leaf.Pin()
			if err != nil {
				return nil, err
			}
			d.record = had.Columns
		} else if d.record, err = p.lastVouched(ctx, tx, t, r.Key); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	if !missing {
		return out, nil
	}
	gone, err := p.gone(ctx, tx, t)
	return append(out, gone...), err
}

// Lost reports whether the record holds a row with a value in a column that the database lacks or says otherwise.
func (p ledgerPins) Lost(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, column, value string) (bool, error) {
	found, err := p.differencesOf(ctx, tx, t, true)
	want := format.PinColumn{Name: column, Value: format.PinValue(value)}
	return slices.ContainsFunc(found, func(d difference) bool { return slices.Contains(d.record, want) }), err
}

// comeAndGo are the tables of sign-ins: the record holds every one that ever was.
var comeAndGo = []string{"session", "token", "start_link"}

// gone lists rows that the record holds and the database does not.
func (p ledgerPins) gone(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable) (out []difference, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT l.source_key FROM ledger_leaf l WHERE l.source = '`+t.Name+
		`' AND l.source <> '' AND NOT EXISTS (SELECT 1 FROM `+t.Name+` t WHERE CAST(t.`+t.Key+` AS TEXT) = l.source_key)
		ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s that are gone: %w", t.Name, err)
	}
	defer rows.Close()
	var keys []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, key := range keys {
		had, err := p.lastVouched(ctx, tx, t, key)
		if err != nil {
			return nil, err
		}
		if len(had) > 0 {
			out = append(out, difference{table: t, key: key, record: had})
		}
	}
	return out, nil
}

// lastVouched reads what the newest leaf that counts holds of a row; nil where it is gone, or there is no such leaf.
func (p ledgerPins) lastVouched(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, key string) (
	[]format.PinColumn, error) {
	leaves, err := ledger.RowLeaves(ctx, tx, t.Name, key)
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		had, err := l.Pin()
		if err != nil || !p.counts(t, l) && !(had.Gone() && slices.Contains(comeAndGo, t.Name)) {
			continue
		}
		return had.Columns, nil
	}
	return nil, nil
}

// silent are columns whose values are not shown: hashes of secrets, and records of security keys.
var silent = []string{"hash", "body"}

// String says which row differs, what the record says and what the database says.
func (d difference) String() string {
	row := fmt.Sprintf("Table %s, row %s", d.table.Name, shortKey(d.key))
	if d.table.Name == "session" || d.table.Name == "start_link" {
		row = fmt.Sprintf("Table %s, a row of %s", d.table.Name, d.person())
	}
	switch {
	case d.now == nil:
		return row + ": the record holds it (" + held(d.record) + "), and the database does not."
	case d.record == nil:
		why := "the database holds it (" + held(d.now) + "), and the record does not"
		if d.forged {
			why += ": its leaf was put in past the program"
		}
		return row + ": " + why + "; it counts as not there."
	}
	var what []string
	for _, c := range d.now {
		i := slices.IndexFunc(d.record, func(o format.PinColumn) bool { return o.Name == c.Name })
		switch {
		case i < 0 || d.record[i] == c:
		case slices.Contains(silent, c.Name):
			what = append(what, c.Name+" is another one")
		default:
			what = append(what, fmt.Sprintf("%s: the record says %s, the database %s", c.Name, value(d.record[i]),
				value(c)))
		}
	}
	if len(what) == 0 {
		what = append(what, "its newest leaf was put in past the program")
	}
	return row + ": " + strings.Join(what, "; ") + ". It counts as not there."
}

// person is whose row it is.
func (d difference) person() string {
	for _, cs := range [][]format.PinColumn{d.record, d.now} {
		for _, c := range cs {
			if c.Name == "person" {
				return value(c)
			}
		}
	}
	return "nobody"
}

func held(cs []format.PinColumn) string {
	var out []string
	for _, c := range cs {
		if v := value(c); v != `""` && !slices.Contains(silent, c.Name) {
			out = append(out, c.Name+" "+v)
		}
	}
	return strings.Join(out, ", ")
}

// value is what a column holds, for readers.
func value(c format.PinColumn) string {
	kind, v, _ := strings.Cut(c.Value, " ")
	if kind == "text" {
		return fmt.Sprintf("%q", shortKey(v))
	}
	return shortKey(v)
}

func shortKey(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// mostDiffering is how many rows that differ the health page names; the rest is counted.
const mostDiffering = 20

// Differ says in words how the rows about people differ from the record.
func (p ledgerPins) Differ(ctx context.Context, tx *sql.Tx) (out []string, err error) {
	found, err := p.differences(ctx, tx, false)
	for i, d := range found {
		if i == mostDiffering {
			return append(out, fmt.Sprintf("Of the rows about people, %d more differ from the record.",
				len(found)-i)), err
		}
		out = append(out, d.String())
	}
	return out, err
}

// mend puts back what the record holds of people, and returns what differed.
func (p ledgerPins) mend(ctx context.Context, db *store.Store) (what []string, err error) {
	err = db.Write(ctx, func(tx *sql.Tx) error {
		what = nil
		found, err := p.differences(ctx, tx, true)
		if err != nil || len(found) == 0 {
			return err
		}
		// A person comes before what refers to it, and goes after that; PinnedTables stand in this order.
		for _, d := range slices.Backward(found) {
			what = append(what, d.String())
			if d.record == nil {
				if _, err := tx.ExecContext(ctx,
					`DELETE FROM `+d.table.Name+` WHERE CAST(`+d.table.Key+` AS TEXT) = $1`,
					d.key); err != nil {
					return fmt.Errorf("take out row %s of %s: %w", d.key, d.table.Name, err)
				}
			}
		}
		for _, d := range found {
			if d.record != nil {
				if err := d.putBack(ctx, tx, db.Kind()); err != nil {
					return fmt.Errorf("put back row %s of %s: %w", d.key, d.table.Name, err)
				}
			}
			k := casefile.Kept{Table: d.table.Name, Value: d.key, Changed: []string{format.RowPutIn}, Whole: true}
			if d.now == nil {
				k.Changed = []string{format.RowGone}
			} else if d.record != nil {
				k.Changed = append(differ(d.now, d.record), k.Changed[1:]...)
			}
			if d.forged {
				k.Changed = []string{format.RowForged}
			}
			if err := p.Pin(ctx, tx, d.table, k, program); err != nil {
				return err
			}
		}
		return db.Mended(ctx, tx, what)
	})
	return what, err
}

// putBack writes a row as the record holds it.
func (d difference) putBack(ctx context.Context, tx *sql.Tx, kind string) error {
	names, places, args := []string{}, []string{}, []any{}
	add := func(name string, v any) {
		names, args = append(names, name), append(args, v)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	if d.table.Key != "pin" {
		add(d.table.Key, d.key)
	}
	for _, c := range d.record {
		v, err := format.ReadValue(c.Value)
		if err != nil {
			return err
		}
		add(c.Name, v)
	}
	if d.now == nil {
		for _, c := range d.table.Free {
			add(c, "")
		}
	}
	var sets []string
	for i, n := range names {
		sets = append(sets, n+" = "+places[i])
	}
	over := ""
	if kind == ledger.Postgres { // a number that the database gave
		over = " OVERRIDING SYSTEM VALUE"
	}
	query := `INSERT INTO ` + d.table.Name + ` (` + strings.Join(names, ", ") + `)` + over + ` VALUES (` +
		strings.Join(places, ", ") + `)`
	if d.now != nil {
		add("", d.key)
		query = `UPDATE ` + d.table.Name + ` SET ` + strings.Join(sets, ", ") + ` WHERE CAST(` + d.table.Key +
			` AS TEXT) = ` + places[len(places)-1]
	}
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}
