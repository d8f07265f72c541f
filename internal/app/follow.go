package app

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/lockedfile"

	"plimsoll/internal/access"
	"plimsoll/internal/casefile"
	"plimsoll/internal/gatehouse"
	"plimsoll/internal/ledger"
)

// openLedger opens the ledger that a server keeps in a folder: its key, the published log,
// the checkpoint that it remembers, and the sequencer, which the caller runs. Programs that open
// one folder at once make one key. A database whose log is under another key is refused.
func openLedger(ctx context.Context, db ledger.Store, dir string, log *slog.Logger) (*ledger.Sequencer, *ledger.Log,
	*ledger.Key, error) {
	key, err := ledgerKey(ctx, db, dir)
	if err != nil {
		return nil, nil, nil, err
	}
	published := filepath.Join(dir, "log")
	text, rotations, err := ledger.UseNewest(ctx, db, ledger.OwnKey, filepath.Join(dir, "key"))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open ledger: %w", err)
	}
	if len(rotations) > 0 {
		if key, err = ledgerKey(ctx, db, dir); err == nil { // the file may have been replaced just now
			key, err = key.Succeed(rotations)
		}
		if err = errors.Join(err, ledger.PublishRotations(text, published)); err != nil {
			return nil, nil, nil, err
		}
	}
	seq, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: published, Key: key, Remember: filepath.Join(dir,
		"remembered"), Log: log})
	if err != nil {
		return nil, nil, nil, err
	}
	return seq, ledger.NewLog(db, published, key.Verifier()), key, nil
}

// ledgerKey reads the key of the ledger in a folder, and makes one for a database without a log.
func ledgerKey(ctx context.Context, db ledger.Store, dir string) (*ledger.Key, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	defer unlock()
	path := filepath.Join(dir, "key")
	origin, err := ledger.Origin(ctx, db)
	if err != nil {
		return nil, err
	}
	if origin == "" {
		return custodyKey(path)
	}
	key, err := ledger.OpenKey(path, origin, false)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the key of the ledger is missing: the database holds the log %s, whose key has to "+
			"lie in %s; put the key file back from where you keep a copy", origin, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger: the database holds the log %s: %w", origin, err)
	}
	return key, nil
}

// eventColumns is what a leaf pins of an event: all of it.
var eventColumns = []string{"at", "actor", "kind", "case_id", "subject", "party", "text", "body"}

// followCases records every event of every case in the ledger, in the transaction that
// makes it: a move without its leaf does not happen.
func followCases(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
	about := string(e.Case)
	if about == "" {
		about = string(e.Subject)
	}
	_, err := ledger.Append(ctx, tx, ledger.Entry{Kind: string(e.Leaf), Subject: about, Actor: e.Actor,
		Row: &ledger.Row{Table: "event", Key: "seq", Value: strconv.FormatInt(e.Seq, 10), Columns: eventColumns}})
	if err != nil {
		return fmt.Errorf("record event %q: %w", e.Kind, err)
	}
	if e.Kind == casefile.EventRunStored {
		_, err := ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Case, Subject: "run/" + string(e.Subject),
			Actor: e.Actor,
			Row: &ledger.Row{Table: "run", Key: "id", Value: string(e.Subject), Columns: []string{"name", "as_of",
				"tool", "imported", "by_actor", "findings", "raised", "rejects"}}})
		if err != nil {
			return fmt.Errorf("record review %s: %w", e.Subject, err)
		}
	}
	if e.Leaf == casefile.LeafDecision {
		return followRestriction(ctx, tx, e)
	}
	return nil
}

// followRestriction records what a decision restricts at the door, whenever an event changes
// it: when it begins to bind, and with an empty list when it ends.
func followRestriction(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
	x, err := casefile.DecisionIn(ctx, tx, e.Subject)
	if err != nil {
		return err
	}
	ds, err := gatehouse.FromCases([]casefile.Decision{x}, "")
	if err != nil {
		return err
	}
	now, err := json.Marshal(append([]access.Decision{}, ds...))
	if err != nil {
		return fmt.Errorf("record restriction of %s: %w", e.Subject, err)
	}
	last := []byte("[]")
	had, err := ledger.Find(ctx, tx, string(e.Subject), ledger.Restriction)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		err := tx.QueryRowContext(ctx, `SELECT value FROM ledger_opening WHERE id = $1 AND name = $2`,
			had[len(had)-1].ID, ledger.FieldContent).Scan(&last)
		if err != nil {
			return fmt.Errorf("read last restriction of %s: %w", e.Subject, err)
		}
	}
	if bytes.Equal(last, now) {
		return nil
	}
	_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Restriction, Subject: string(e.Subject), Actor: e.Actor,
		Content: now})
	return err
}
