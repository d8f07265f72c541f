package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger/format"
)

// A field may lie encrypted in the database: its column "sealed" names the key, its value is the age file of salt and
// value one after the other, and its salt is empty. The leaf commits to what was encrypted, so receipts are as ever;
// whoever holds the database without the key can neither read the value nor guess it, since the salt is encrypted too.

// Sealing is the text of the migration that follows Schema.
const Sealing = `ALTER TABLE ledger_opening ADD COLUMN sealed TEXT NOT NULL DEFAULT ''`

var errNoKeys = errors.New("the field is encrypted, and the keys are not at hand")

// atRest is what the database holds of an opening; under "" that is the opening itself.
func atRest(keys *keyring.Ring, under string, o format.Opening) (salt, value []byte, err error) {
	if under == "" {
		return o.Salt, append([]byte{}, o.Value...), nil
	}
	if keys == nil {
		return nil, nil, errNoKeys
	}
	value, err = keys.Seal(under, format.Joined(o))
	return []byte{}, value, err
}

// atHand opens what the database holds.
func atHand(keys *keyring.Ring, under string, o format.Opening) (format.Opening, error) {
	if under == "" {
		return o, nil
	}
	if keys == nil {
		return o, errNoKeys
	}
	b, err := keys.Unseal(under, o.Value)
	if err != nil {
		return o, err
	}
	return format.Split(o.Name, b)
}

// Seal encrypts a field of a leaf that lies in the clear. The leaf, and receipts of it, stay as they are. A field that
// was erased or is encrypted already is left alone.
func (w Writer) Seal(ctx context.Context, tx *sql.Tx, id, field, under string) error {
	o := format.Opening{Name: field}
	err := tx.QueryRowContext(ctx,
		`SELECT salt, value FROM ledger_opening WHERE id = $1 AND name = $2 AND erased = '' AND sealed = ''`, id,
		field).
		Scan(&o.Salt, &o.Value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	var salt, value []byte
	if err == nil {
		salt, value, err = atRest(w.Keys, under, o)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx,
			`UPDATE ledger_opening SET salt = $1, value = $2, sealed = $3 WHERE id = $4 AND name = $5`, salt, value,
			under, id, field)
	}
	if err != nil {
		return fmt.Errorf("encrypt field %s of leaf %s: %w", field, id, err)
	}
	return nil
}
