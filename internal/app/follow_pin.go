package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// ledgerPins has the ledger hold the rows of cases.
type ledgerPins struct{}

// Changed compares a row with its newest leaf.
func (ledgerPins) Changed(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, value string) ([]string, error) {
	had, found, err := ledger.NewestPin(ctx, tx, t.Name, value)
	if err != nil {
		return nil, err
	}
	now, there, err := rowOf(t, value, columnsOf(had)).Stands(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("read row %s of %s: %w", value, t.Name, err)
	}
	switch {
	case !there && (!found || had.Gone()):
		return nil, nil
	case !there:
		return []string{format.RowGone}, nil
	case !found || had.Gone():
		return []string{format.RowPutIn}, nil
	}
	var changed []string
	for i, c := range now.Columns {
		if c != had.Columns[i] {
			changed = append(changed, c.Name)
		}
	}
	return changed, nil
}

// Pin records how a row stands, unless its newest leaf says the same.
func (ledgerPins) Pin(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, k casefile.Kept, actor string) error {
	err := pinRow(ctx, tx, t, k, actor)
	if err != nil {
		return fmt.Errorf("record row %s of %s: %w", k.Value, t.Name, err)
	}
	return nil
}

func pinRow(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, k casefile.Kept, actor string) error {
	row := rowOf(t, k.Value, t.Columns)
	now, there, err := row.Stands(ctx, tx)
	if err != nil {
		return err
	}
	e := ledger.Entry{Kind: ledger.Case, Subject: t.Name + "/" + k.Value, Actor: actor, Row: &row}
	if t.Changes {
		had, found, err := ledger.NewestPin(ctx, tx, t.Name, k.Value)
		if err != nil {
			return err
		}
		if !there {
			now.Columns, row.Columns = nil, nil
		}
		same := found && slices.Equal(had.Columns, now.Columns) || !found && !there
		if same && len(k.Changed) == 0 {
			return nil
		}
		e.Kind = ledger.State
	}
	if len(k.Changed) > 0 {
		if e.Content, err = json.Marshal(format.Past{Changed: k.Changed}); err != nil {
			return err
		}
	}
	_, err = ledger.Append(ctx, tx, e)
	return err
}

func rowOf(t casefile.PinnedTable, value string, columns []string) ledger.Row {
	return ledger.Row{Table: t.Name, Key: t.Key, Value: value, Columns: columns}
}

func columnsOf(p format.Pin) (names []string) {
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	return names
}

// pinCases records how the rows of cases stand at the first start on a database of an earlier version, which held fewer
// tables and columns. It does so once: later a row without a leaf stays to be seen. A row that reads otherwise than an
// earlier version recorded keeps its leaf, so that verify names it.
func pinCases(ctx context.Context, db casefile.Database) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		done, err := ledger.Find(ctx, tx, casefile.PinMark, ledger.Case)
		if err != nil || len(done) > 0 {
			return err
		}
		for _, t := range casefile.PinnedTables {
			if err := pinTable(ctx, tx, t); err != nil {
				return fmt.Errorf("record rows of %s: %w", t.Name, err)
			}
		}
		if err := pinEvents(ctx, tx); err != nil {
			return fmt.Errorf("record events of an earlier version: %w", err)
		}
		_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Case, Subject: casefile.PinMark, Actor: "plimsoll"})
		return err
	})
}

func pinTable(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable) error {
	var known bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM ledger_leaf WHERE source = $1 AND source <> '')`,
		t.Name).Scan(&known); err != nil {
		return err
	}
	if known && !t.Changes {
		return nil // all columns of these were held by earlier versions too
	}
	keys, err := t.Keys(ctx, tx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if known {
			changed, err := ledgerPins{}.Changed(ctx, tx, t, key)
			if err != nil {
				return err
			}
			if len(changed) > 0 {
				continue
			}
		}
		if err := pinRow(ctx, tx, t, casefile.Kept{Table: t.Name, Value: key}, "plimsoll"); err != nil {
			return err
		}
	}
	return nil
}
