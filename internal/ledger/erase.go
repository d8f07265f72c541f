package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// An erased field says what the content of an erasure leaf is: which field of which leaf is
// gone, and why. It says nothing of what stood there.
type erased struct {
	Leaf   string `json:"leaf"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// Erase removes the value and salt of a field of a leaf, for good, and records that it did
// in a leaf of its own. Proofs of the leaf stay valid; nobody can learn or guess the value
// from them. Copies that were handed out in receipts are out of reach.
func (w Writer) Erase(ctx context.Context, tx *sql.Tx, id, field, actor, reason string) (Ticket, error) {
	if reason == "" {
		return Ticket{}, errors.New("erase a field: a reason is needed")
	}
	content, err := json.Marshal(erased{Leaf: id, Field: field, Reason: reason})
	if err != nil {
		return Ticket{}, fmt.Errorf("erase a field: %w", err)
	}
	t, err := w.Append(ctx, tx, Entry{Kind: Erasure, Subject: id, Actor: actor, Content: content})
	if err != nil {
		return t, err
	}
	r, err := tx.ExecContext(ctx,
		`UPDATE ledger_opening SET salt = $1, value = $1, erased = $2, sealed = '' WHERE id = $3 AND name = $4 AND erased = ''`,
		[]byte{}, t.ID, id, field)
	if err != nil {
		return t, fmt.Errorf("erase field %s of leaf %s: %w", field, id, err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return t, fmt.Errorf("erase field %s of leaf %s: %w", field, id, errors.Join(err, ErrUnknown))
	}
	if field == FieldSubject {
		_, err = tx.ExecContext(ctx, `UPDATE ledger_leaf SET subject = '' WHERE id = $1`, id)
	} else if field == FieldRow {
		_, err = tx.ExecContext(ctx, `UPDATE ledger_leaf SET source_key = '' WHERE id = $1`, id)
	}
	if err != nil {
		return t, fmt.Errorf("erase field %s of leaf %s: %w", field, id, err)
	}
	return t, nil
}
