package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A PackUse is a policy pack that a server works with.
type PackUse struct{ Name, Version, SHA256 string }

func (p PackUse) text() string {
	return fmt.Sprintf("Policy pack %s, version %s, SHA-256 %s, is in use", p.Name, p.Version, p.SHA256)
}

// UsePacks records which packs are in use: an event for each that is another than the last
// time, by name. What stays the same is recorded once.
func (s *Store) UsePacks(ctx context.Context, packs []PackUse) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		for _, p := range packs {
			var last string
			err := tx.QueryRowContext(ctx,
				`SELECT text FROM event WHERE kind = 'pack in use' AND subject = $1 AND case_id = '' ORDER BY seq DESC LIMIT 1`, p.Name).Scan(&last)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if last == p.text() {
				continue
			}
			if err := s.note(ctx, tx, "", "pack in use", p.Name, p.text()); err != nil {
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
