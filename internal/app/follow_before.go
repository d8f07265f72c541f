package app

import (
	"context"
	"database/sql"
	"strconv"

	"plimsoll/internal/ledger"
)

// leafless are the kinds of the events about people and reviews that versions of before 29 November 2026 wrote without
// a leaf. They are about no case.
const leafless = `'person added', 'person changed', 'identity linked', 'link made', 'signed in', 'session ended',
'sessions revoked', 'token made', 'token revoked', 'run stored'`

// pinEvents has the ledger hold the events that an earlier version wrote without a leaf. An event about a case had one
// in every version: where it has none, verify goes on to name it.
func pinEvents(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT seq, subject FROM event WHERE case_id = '' AND kind IN (`+leafless+`)
AND NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.source = 'event' AND l.source <> '' AND
  l.source_key = CAST(event.seq AS TEXT)) ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found []ledger.Entry
	for rows.Next() {
		var seq int64
		e := ledger.Entry{Kind: ledger.Case, Actor: "plimsoll"}
		if err := rows.Scan(&seq, &e.Subject); err != nil {
			return err
		}
		e.Row = &ledger.Row{Table: "event", Key: "seq", Value: strconv.FormatInt(seq, 10), Columns: eventColumns}
		found = append(found, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, e := range found {
		if _, err := ledger.Append(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}
