package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"plimsoll/internal/ledger/format"
)

// A Row names a row that a leaf pins. Pin rows that never change afterwards: events,
// decisions as approved, custody entries; a verifier reports a pinned row that reads
// otherwise or is gone.
type Row struct {
	Table   string
	Key     string   // the column that names the row
	Value   string   // its value
	Columns []string // what the leaf pins, in this order; none: that the row is gone
}

// read returns the canonical bytes of the row as the transaction sees it. A row that is to be gone and is there is an
// error, and so is one that is to be there and is not.
func (r Row) read(ctx context.Context, tx *sql.Tx) ([]byte, error) {
	p, there, err := r.Stands(ctx, tx)
	if err == nil && there == p.Gone() {
		if err = sql.ErrNoRows; there {
			err = errors.New("it is there, and is to be recorded as gone")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read row %s %s=%s: %w", r.Table, r.Key, strings.TrimSpace(r.Value), err)
	}
	return p.Encode(), nil
}

// Stands reads the row as the transaction sees it, and whether it is there.
func (r Row) Stands(ctx context.Context, tx *sql.Tx) (p format.Pin, there bool, err error) {
	p = format.Pin{Table: r.Table, Key: r.Key, Value: r.Value}
	for _, c := range r.Columns {
		p.Columns = append(p.Columns, format.PinColumn{Name: c})
	}
	if err := p.Valid(); err != nil {
		return p, false, err
	}
	dst := make([]any, max(len(r.Columns), 1))
	for i := range dst {
		dst[i] = new(any)
	}
	err = tx.QueryRowContext(ctx, p.Query(), r.Value).Scan(dst...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	for i := range p.Columns {
		p.Columns[i].Value = format.PinValue(*dst[i].(*any))
	}
	return p, true, nil
}

// A PinLeaf is the newest leaf about a row.
type PinLeaf struct {
	ID      string
	Queued  int64  // leaves are numbered as they are written
	Row     []byte // the pin's bytes
	Content []byte
}

// Pin reads what the leaf holds of the row.
func (l PinLeaf) Pin() (format.Pin, error) { return format.ParsePin(l.Row) }

// Past reads what the leaf says beside the row; the zero value where it says nothing that can be read.
func (l PinLeaf) Past() (p format.Past) {
	if json.Unmarshal(l.Content, &p) != nil {
		return format.Past{}
	}
	return p
}

// pinLeaves reads leaves about a row, newest first.
const pinLeaves = `SELECT l.id, l.queued, o.value, c.value FROM ledger_leaf l
	JOIN ledger_opening o ON o.id = l.id AND o.name = $3
	JOIN ledger_opening c ON c.id = l.id AND c.name = $4
	WHERE l.source = $1 AND l.source_key = $2 AND l.source <> '' ORDER BY l.queued DESC`

// NewestPin reads the newest leaf about a row, and whether there is one.
func NewestPin(ctx context.Context, tx *sql.Tx, table, value string) (l PinLeaf, found bool, err error) {
	err = tx.QueryRowContext(ctx, pinLeaves+` LIMIT 1`, table, value, FieldRow, FieldContent).Scan(&l.ID, &l.Queued,
		&l.Row, &l.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("read what the ledger holds of row %s of %s: %w", value, table, err)
	}
	return l, true, nil
}

// RowLeaves reads the leaves about a row, newest first.
func RowLeaves(ctx context.Context, tx *sql.Tx, table, value string) (out []PinLeaf, err error) {
	rows, err := tx.QueryContext(ctx, pinLeaves, table, value, FieldRow, FieldContent)
	if err != nil {
		return nil, fmt.Errorf("read what the ledger holds of row %s of %s: %w", value, table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var l PinLeaf
		if err := rows.Scan(&l.ID, &l.Queued, &l.Row, &l.Content); err != nil {
			return nil, fmt.Errorf("read what the ledger holds of row %s of %s: %w", value, table, err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// A PinnedRow is a row of the database as it stands, with its newest leaf.
type PinnedRow struct {
	Key   string
	Now   []format.PinColumn
	Leaf  PinLeaf
	Found bool // there is a leaf
}

// PinnedRows reads the rows of a table that a condition in SQL selects, with their newest leaves. r.Value is not used.
func PinnedRows(ctx context.Context, tx *sql.Tx, r Row, where string, args ...any) (out []PinnedRow, err error) {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = "t." + c
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT CAST(t.`+r.Key+` AS TEXT), l.id, coalesce(l.queued, 0), o.value, c.value, `+
			strings.Join(names, ", ")+` FROM (SELECT * FROM `+r.Table+` WHERE `+where+`) t
		LEFT JOIN ledger_leaf l ON l.queued = (SELECT max(m.queued) FROM ledger_leaf m WHERE m.source = '`+r.Table+
			`' AND m.source <> '' AND m.source_key = CAST(t.`+r.Key+` AS TEXT))
		LEFT JOIN ledger_opening o ON o.id = l.id AND o.name = '`+FieldRow+`'
		LEFT JOIN ledger_opening c ON c.id = l.id AND c.name = '`+FieldContent+`'`, args...)
	if err != nil {
		return nil, fmt.Errorf("read what the ledger holds of %s: %w", r.Table, err)
	}
	defer rows.Close()
	for rows.Next() {
		p := PinnedRow{Now: make([]format.PinColumn, len(r.Columns))}
		var id sql.NullString
		dst := []any{&p.Key, &id, &p.Leaf.Queued, &p.Leaf.Row, &p.Leaf.Content}
		for range r.Columns {
			dst = append(dst, new(any))
		}
		if err := rows.Scan(dst...); err != nil {
			return nil, fmt.Errorf("read what the ledger holds of %s: %w", r.Table, err)
		}
		for i, c := range r.Columns {
			p.Now[i] = format.PinColumn{Name: c, Value: format.PinValue(*dst[i+5].(*any))}
		}
		p.Leaf.ID, p.Found = id.String, id.Valid
		out = append(out, p)
	}
	return out, rows.Err()
}
