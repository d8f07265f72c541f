package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"plimsoll/internal/casefile"
)

// A PackUse is a policy pack that a server works with.
type PackUse struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

func (p PackUse) text() string {
	return fmt.Sprintf("Policy pack %s, version %s, SHA-256 %s, is in use", p.Name, p.Version, p.SHA256)
}

// UsePacks records which packs are in use: an event for each that is another than the last
// time, by name. What stays the same is recorded once.
func (s *Store) UsePacks(ctx context.Context, packs []PackUse) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		for _, p := range packs {
			body, err := json.Marshal(p)
			if err != nil {
				return err
			}
			var last, said string
			err = tx.QueryRowContext(ctx,
				`SELECT body, text FROM event
				WHERE kind = $2 AND subject = $1 AND case_id = '' ORDER BY seq DESC LIMIT 1`,
				p.Name, string(casefile.EventPackInUse)).Scan(&last, &said)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			// an earlier version wrote no body
			if last == string(body) || last == "" && said == p.text() {
				continue
			}
			if err := s.noteBody(ctx, tx, casefile.Event{Kind: casefile.EventPackInUse, Subject: casefile.ID(p.Name),
				Text: p.text(), Body: string(body)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record packs in use: %w", err)
	}
	return nil
}
