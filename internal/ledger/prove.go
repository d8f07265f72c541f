package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger/format"
)

// A Log reads what a sequencer publishes and makes receipts. It may be used from many
// goroutines.
type Log struct {
	store    Store
	dir      string
	verifier note.Verifier
	keys     *keyring.Ring // opens fields that are encrypted; nil: they cannot be shown
}

// Under is the same log, read with keys for fields that are encrypted.
func (l *Log) Under(keys *keyring.Ring) *Log {
	with := *l
	with.keys = keys
	return &with
}

// NewLog reads the log in a folder.
func NewLog(store Store, dir string, verifier note.Verifier) *Log {
	return &Log{store: store, dir: dir, verifier: verifier}
}

// Checkpoint returns the published checkpoint, and its bytes.
func (l *Log) Checkpoint() (format.Signed, []byte, error) {
	b, err := os.ReadFile(filepath.Join(l.dir, format.CheckpointPath))
	if err != nil {
		return format.Signed{}, nil, fmt.Errorf("read checkpoint: %w", err)
	}
	s, err := format.OpenCheckpoint(b, l.verifier)
	return s, b, err
}

// Receipt makes the receipt of a leaf: the proof and, of its fields, those that are named.
// Without names it shows none. A field that was erased is left out. ErrPending says that
// the leaf is not published yet, ErrUnknown that there is none.
func (l *Log) Receipt(ctx context.Context, id string, show ...string) (format.Receipt, error) {
	var r format.Receipt
	err := l.store.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT position, leaf FROM ledger_leaf WHERE id = $1`, id).Scan(&r.Index,
			&r.Leaf)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrUnknown
		}
		if err != nil || len(show) == 0 {
			return err
		}
		r.Openings, err = openings(ctx, tx, l.keys, id, show)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("read leaf %s: %w", id, err)
	}
	if r.Index < 0 {
		return r, ErrPending
	}
	s, b, err := l.Checkpoint()
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && r.Index >= s.Size:
		return r, ErrPending
	case err != nil:
		return r, err
	}
	r.Checkpoint = b
	if r.Proof, err = tlog.ProveRecord(s.Size, r.Index, format.Files{FS: os.DirFS(l.dir)}.Hashes(s.Checkpoint)); err != nil {
		return r, fmt.Errorf("prove leaf %d: %w", r.Index, err)
	}
	if _, err := r.Verify(l.verifier); err != nil { // never hand out a receipt that does not hold
		return r, fmt.Errorf("prove leaf %d: %w", r.Index, err)
	}
	return r, nil
}

// Await is Receipt, waiting for the leaf to be published.
func (l *Log) Await(ctx context.Context, id string, show ...string) (format.Receipt, error) {
	for {
		r, err := l.Receipt(ctx, id, show...)
		if !errors.Is(err, ErrPending) {
			return r, err
		}
		select {
		case <-ctx.Done():
			return r, ErrPending
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func openings(ctx context.Context, tx *sql.Tx, keys *keyring.Ring, id string, show []string) ([]format.Opening, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT name, salt, value, sealed FROM ledger_opening WHERE id = $1 AND erased = '' ORDER BY name`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []format.Opening
	for rows.Next() {
		var o format.Opening
		var under string
		if err := rows.Scan(&o.Name, &o.Salt, &o.Value, &under); err != nil {
			return nil, err
		}
		if !slices.Contains(show, o.Name) {
			continue
		}
		if o, err = atHand(keys, under, o); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// A Position is where a leaf stands. Index is -1 while it waits.
type Position struct {
	Ticket
	Index int64
}

// Find lists the leaves about a subject, oldest first; kind "" means every kind.
func Find(ctx context.Context, tx *sql.Tx, subject, kind string) ([]Position, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT position, leaf FROM ledger_leaf WHERE subject = $1 AND (kind = $2 OR $2 = '') ORDER BY queued`, subject,
		kind)
	if err != nil {
		return nil, fmt.Errorf("find leaves: %w", err)
	}
	return positions(rows)
}

// FindRow lists the leaves that pin a row, oldest first.
func FindRow(ctx context.Context, tx *sql.Tx, table, value string) ([]Position, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT position, leaf FROM ledger_leaf WHERE source = $1 AND source_key = $2 AND source <> '' ORDER BY queued`,
		table, value)
	if err != nil {
		return nil, fmt.Errorf("find leaves: %w", err)
	}
	return positions(rows)
}

func positions(rows *sql.Rows) ([]Position, error) {
	defer rows.Close()
	var out []Position
	for rows.Next() {
		var p Position
		var b []byte
		if err := rows.Scan(&p.Index, &b); err != nil {
			return nil, fmt.Errorf("find leaves: %w", err)
		}
		l, err := format.ParseLeaf(b)
		if err != nil {
			return nil, fmt.Errorf("find leaves: %w", err)
		}
		p.Index = max(p.Index, -1)
		p.Ticket = Ticket{ID: l.ID, Kind: l.Kind, Time: l.Time}
		out = append(out, p)
	}
	return out, rows.Err()
}
