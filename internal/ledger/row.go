package ledger

import (
	"context"
	"database/sql"
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

// NewestPin reads what the newest leaf about a row holds of it, and whether there is one.
func NewestPin(ctx context.Context, tx *sql.Tx, table, value string) (p format.Pin, found bool, err error) {
	var b []byte
	err = tx.QueryRowContext(ctx, `SELECT o.value FROM ledger_leaf l
		JOIN ledger_opening o ON o.id = l.id AND o.name = $3
		WHERE l.source = $1 AND l.source_key = $2 AND l.source <> '' ORDER BY l.queued DESC LIMIT 1`, table, value,
		FieldRow).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err == nil {
		p, err = format.ParsePin(b)
	}
	if err != nil {
		return p, false, fmt.Errorf("read what the ledger holds of row %s of %s: %w", value, table, err)
	}
	return p, true, nil
}
