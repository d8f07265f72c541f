package app

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"plimsoll/internal/evidence"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger"
	"plimsoll/internal/notice"
	"plimsoll/internal/store"
)

// token makes sure that the master key lies in the token that --key-token names.
func (o serveOptions) token() error {
	if o.keyToken == "" {
		return nil
	}
	files := filepath.Join(o.folder(), "evidence")
	if err := keyring.UseToken(evidence.KeyFile(files, o.keyFile), o.keyToken, evidence.KeysDir(files),
		notice.KeysDir(filepath.Join(o.folder(), "notices"))); err != nil {
		return fmt.Errorf("--key-token: %w", err)
	}
	return nil
}

// rotateMaster puts a new master key in the place of that of evidence and notices.
func rotateMaster(ctx context.Context, s streams, w where, state, keyFile, keyToken, who string) error {
	address, err := w.address()
	if err != nil {
		return err
	}
	if state == "" {
		return usagef("key rotate with --database needs --state DIR, the folder of the keys")
	}
	files := filepath.Join(state, "evidence")
	r := keyring.Rotation{File: evidence.KeyFile(files, keyFile), Token: keyToken,
		Dirs: []string{evidence.KeysDir(files), notice.KeysDir(filepath.Join(state, "notices"))}}
	if _, err := os.Stat(r.File); err != nil {
		return fmt.Errorf("there is no master key to replace: %w", err)
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	defer db.Close()
	seq, _, _, err := openLedger(ctx, db, filepath.Join(state, "ledger"), nil)
	if err != nil {
		return err
	}
	defer seq.Close()
	ctx = context.WithoutCancel(ctx)
	r.Record = func(old, next string) error {
		return seq.Alone(ctx, func(tx *sql.Tx) error { return recordMaster(ctx, tx, old, next, who) })
	}
	err = seq.Alone(ctx, func(*sql.Tx) error { return nil })
	var next string
	if err == nil {
		_, next, err = r.Rotate()
	}
	if errors.Is(err, ledger.ErrNotElected) {
		return fmt.Errorf("a server, or another command that replaces keys, is at work on this database: stop it "+
			"first, or wait for it (%w)", err)
	}
	if err != nil {
		return fmt.Errorf("key rotate master: %w", err)
	}
	fmt.Fprintf(s.err, "All keys of cases and notices are sealed to a new master key. Keep a copy of %s apart, and "+
		"make a new backup: those made before need the old one. The new key's public half:\n", r.File)
	fmt.Fprintln(s.out, next)
	return nil
}

// recordMaster writes the leaf that one master key takes the place of another, unless it is there.
func recordMaster(ctx context.Context, tx *sql.Tx, old, next, who string) error {
	text := fmt.Appendf(nil, "plimsoll.master-key-change/v1\nold %s\nnew %s\n", old, next)
	rows, err := tx.QueryContext(ctx,
		`SELECT o.value FROM ledger_leaf l JOIN ledger_opening o ON o.id = l.id AND o.name = $1
WHERE l.subject = $2 AND o.erased = ''`, ledger.FieldContent, ledger.RotationSubject(ledger.MasterKey))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var had []byte
		if err := rows.Scan(&had); err != nil {
			return err
		}
		if bytes.Equal(had, text) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.KeyRotation,
		Subject: ledger.RotationSubject(ledger.MasterKey), Actor: who, Content: text})
	return err
}
