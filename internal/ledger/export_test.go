package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/ledger/format"
)

// What runs for every tile, and for every batch.
const (
	LeafRange    = leafRange
	PlaceWaiting = placeWaiting
)

// Die stops a sequencer as a kill would: its lock is freed by the kernel, its lease stays.
func (s *Sequencer) Die() {
	s.folder.close()
	s.folder, s.known, s.elected = nil, nil, false
}

// Fault has the sequencer ask before every durable step of a publication.
func (s *Sequencer) Fault(f func(path string) error) { s.fault = f }

// Answered notes how a request to the only witness ended.
func (s *Sequencer) Answered(at time.Time, err error) {
	s.panel.order(1, at)
	s.panel.seats[0].busy++
	s.panel.answered(0, err, at)
}

// Bulk appends n entries with one statement for each table. The leaves are like those of
// Append; only the number of round trips to the database differs. It fills large logs.
func Bulk(ctx context.Context, tx *sql.Tx, n int, entry func(i int) Entry) error {
	var w Writer
	leaf, open := strings.Builder{}, strings.Builder{}
	leaf.WriteString("INSERT INTO ledger_leaf (position, id, kind, subject, source, source_key, leaf) VALUES ")
	open.WriteString("INSERT INTO ledger_opening (id, name, salt, value, erased) VALUES ")
	var leafArgs, openArgs []any
	for i := range n {
		e := entry(i)
		l := format.Leaf{Kind: e.Kind, Time: time.Now().UTC().Truncate(time.Microsecond)}
		id, err := w.id(l.Time)
		if err != nil {
			return err
		}
		salt, err := w.random(format.SaltSize)
		if err != nil {
			return err
		}
		o := format.Opening{Name: FieldContent, Salt: salt, Value: e.Content}
		l.ID, l.Commits = id, []format.Commit{o.Commit()}
		b, err := l.Encode()
		if err != nil {
			return err
		}
		comma := strings.Repeat(", ", min(i, 1))
		k := len(leafArgs)
		fmt.Fprintf(&leaf, "%s(-1, $%d, $%d, $%d, '', '', $%d)", comma, k+1, k+2, k+3, k+4)
		leafArgs = append(leafArgs, id, e.Kind, e.Subject, b)
		k = len(openArgs)
		fmt.Fprintf(&open, "%s($%d, '%s', $%d, $%d, '')", comma, k+1, FieldContent, k+2, k+3)
		openArgs = append(openArgs, id, salt, e.Content)
	}
	if _, err := tx.ExecContext(ctx, leaf.String(), leafArgs...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, open.String(), openArgs...)
	return err
}
