package app

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
)

// openLedger opens the ledger that a server keeps in a folder: its key, the published log,
// the checkpoint that it remembers, and the sequencer, which the caller runs.
func openLedger(db ledger.Store, dir string, log *slog.Logger) (*ledger.Sequencer, *ledger.Log, *ledger.Key, error) {
	key, err := custodyKey(filepath.Join(dir, "key"))
	if err != nil {
		return nil, nil, nil, err
	}
	published := filepath.Join(dir, "log")
	seq, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: published, Key: key, Remember: filepath.Join(dir, "remembered"), Log: log})
	if err != nil {
		return nil, nil, nil, err
	}
	return seq, ledger.NewLog(db, published, key.Verifier()), key, nil
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
	_, err := ledger.Append(ctx, tx, ledger.Entry{Kind: leafKind(e), Subject: about, Actor: e.Actor,
		Row: &ledger.Row{Table: "event", Key: "seq", Value: strconv.FormatInt(e.Seq, 10), Columns: eventColumns}})
	if err != nil {
		return fmt.Errorf("record event %q: %w", e.Kind, err)
	}
	return nil
}

var decisionID = regexp.MustCompile(`-D[0-9]+$`)

// leafKind is what a reader of the published log learns of an event.
func leafKind(e casefile.Event) string {
	switch {
	case decisionID.MatchString(string(e.Subject)):
		return ledger.Decision
	case strings.HasPrefix(e.Kind, "claim"):
		return ledger.Claim
	}
	return ledger.Case
}
