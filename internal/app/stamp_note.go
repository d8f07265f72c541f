package app

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/store"
)

// stampNotes are what notes time stamps in the ledger, each once, and what tells notes from other leaves.
func stampNotes(db *store.Store) (record func(context.Context, timestamp.Stamp) error,
	idle func(ctx context.Context, from, to int64) (bool, error)) {
	record = func(ctx context.Context, s timestamp.Stamp) error {
		subject := fmt.Sprintf("%s%d", timestamp.NotePrefix, s.Size)
		return db.Write(ctx, func(tx *sql.Tx) error {
			had, err := ledger.Find(ctx, tx, subject, ledger.TimeStamp)
			if err != nil || len(had) > 0 {
				return err
			}
			_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.TimeStamp, Subject: subject, Actor: program,
				Content: s.Note()})
			return err
		})
	}
	idle = func(ctx context.Context, from, to int64) (yes bool, err error) {
		var others int64
		err = db.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT count(*) FROM ledger_leaf WHERE position >= $1 AND position < $2
				AND position >= 0 AND kind <> $3`, from, to, ledger.TimeStamp).Scan(&others)
		})
		return err == nil && others == 0, err
	}
	return record, idle
}

// absentStamps names time stamps that the ledger notes and the published log lacks.
func absentStamps(ctx context.Context, tx *sql.Tx, log string) (out []string, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT o.value FROM ledger_leaf l JOIN ledger_opening o ON o.id = l.id AND o.name = $1
		WHERE l.kind = $2 AND l.subject LIKE '`+timestamp.NotePrefix+`%' AND o.erased = ''`, ledger.FieldContent,
		ledger.TimeStamp)
	if err != nil {
		return nil, fmt.Errorf("look for time stamps: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("look for time stamps: %w", err)
		}
		if path, _, ok := timestamp.ParseNote(b); ok && !exists(filepath.Join(log, filepath.FromSlash(path))) {
			out = append(out, fmt.Sprintf("The published ledger lacks the time stamp %s, which the ledger notes.",
				path))
		}
	}
	return out, rows.Err()
}
