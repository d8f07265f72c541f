package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

// SnapshotVersion gives a snapshot of the access restrictions its version. read gives the
// SHA-256 of what is to be published; it is called while no other server takes a version, with
// the newest version so far, and reads what is committed by then. The same content as that of
// the newest version has its version; other content has a greater one, which is never below the
// seconds since 1970, so that a database from a backup does not take a version twice.
func (s *Store) SnapshotVersion(ctx context.Context, read func(last uint64) (digest string, err error)) (uint64,
	error) {
	var version int64
	err := s.Write(ctx, func(tx *sql.Tx) error {
		// PostgreSQL: the row is locked, and every statement that begins later sees what others committed.
		if _, err := tx.ExecContext(ctx, `UPDATE access_head SET version = version WHERE name = 'head'`); err != nil {
			return err
		}
		var had string
		if err := tx.QueryRowContext(ctx, `SELECT version, digest FROM access_head WHERE name = 'head'`).Scan(&version,
			&had); err != nil {
			return err
		}
		digest, err := read(uint64(version))
		if err != nil || digest == had && version > 0 {
			return err
		}
		version = max(version+1, s.now().Unix())
		_, err = tx.ExecContext(ctx, `UPDATE access_head SET version = $1, digest = $2, at = $3 WHERE name = 'head'`,
			version, digest, casefile.Stamp(s.now()))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take snapshot version: %w", err)
	}
	return uint64(version), nil
}

// SnapshotHead gives the newest version of the access snapshot and the SHA-256 of its content.
func (s *Store) SnapshotHead(ctx context.Context) (version uint64, digest string, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT version, digest FROM access_head WHERE name = 'head'`).Scan(&version,
			&digest)
	})
	if err != nil {
		return 0, "", fmt.Errorf("read snapshot version: %w", err)
	}
	return version, digest, nil
}

// A Place is what the stored reviews know of a party: its name, and the accounts beneath it.
type Place struct {
	Name     string
	Accounts []string // "account" or "account/sub", sorted
}

// Place gives the place of a party: its accounts in every stored review, since a review of one
// month knows only the bills of that month, without those that the newest review finds beneath
// another party. It returns ErrNoParty when no review speaks of it.
func (s *Store) Place(ctx context.Context, party string) (p Place, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		p = Place{}
		err := tx.QueryRowContext(ctx, `SELECT name FROM run_party WHERE party = $1 ORDER BY run DESC LIMIT 1`,
			party).Scan(&p.Name)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoParty
		}
		if err != nil {
			return err
		}
		newest := int64(0)
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM run`).Scan(&newest); err != nil {
			return err
		}
		last, err := accountsOf(ctx, tx, party)
		if err != nil {
			return err
		}
		moved, err := accountsElsewhere(ctx, tx, party, newest, last)
		if err != nil {
			return err
		}
		for a := range last {
			if !moved[a] {
				p.Accounts = append(p.Accounts, a)
			}
		}
		slices.Sort(p.Accounts)
		return nil
	})
	return p, err
}

// accountsOf gives the accounts of a party, each with the newest run that names it.
func accountsOf(ctx context.Context, tx *sql.Tx, party string) (map[string]int64, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT f.run, t.body FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE f.party = $1`, party)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var run int64
		var body sql.RawBytes
		if err := rows.Scan(&run, &body); err != nil {
			return nil, err
		}
		var f finding.Finding
		if err := json.Unmarshal(body, &f); err != nil {
			return nil, fmt.Errorf("read findings of %s: %w", party, err)
		}
		for _, a := range f.Accounts {
			out[a] = max(out[a], run)
		}
	}
	return out, rows.Err()
}

// accountsElsewhere gives the accounts that only earlier runs know beneath a party, and the
// newest one beneath another.
func accountsElsewhere(ctx context.Context, tx *sql.Tx, party string, newest int64, last map[string]int64) (
	map[string]bool, error) {
	earlier := false
	for _, run := range last {
		earlier = earlier || run < newest
	}
	if !earlier {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT DISTINCT subject FROM finding WHERE run = $1 AND kind = 'account' AND party <> '' AND party <> $2`,
		newest, party)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		if run, ok := last[account]; ok && run < newest {
			out[account] = true
		}
	}
	return out, rows.Err()
}

// NewestRun is the number of the newest stored review, which grows with each; 0 when there is none.
func (s *Store) NewestRun(ctx context.Context) (n int64, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM run`).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("read newest review: %w", err)
	}
	return n, nil
}
