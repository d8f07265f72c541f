package ledger

import (
	"context"
	"database/sql"
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
	Columns []string // what the leaf pins, in this order
}

// read returns the canonical bytes of the row as the transaction sees it.
func (r Row) read(ctx context.Context, tx *sql.Tx) ([]byte, error) {
	p := format.Pin{Table: r.Table, Key: r.Key, Value: r.Value}
	for _, c := range r.Columns {
		p.Columns = append(p.Columns, format.PinColumn{Name: c})
	}
	if err := p.Valid(); err != nil {
		return nil, err
	}
	dst := make([]any, len(r.Columns))
	for i := range dst {
		dst[i] = new(any)
	}
	if err := tx.QueryRowContext(ctx, p.Query(), r.Value).Scan(dst...); err != nil {
		return nil, fmt.Errorf("read row %s %s=%s: %w", r.Table, r.Key, strings.TrimSpace(r.Value), err)
	}
	for i := range dst {
		p.Columns[i].Value = format.PinValue(*dst[i].(*any))
	}
	return p.Encode(), nil
}
