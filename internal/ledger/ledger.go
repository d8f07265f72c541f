// Package ledger keeps a signed, append-only log of what was decided, claimed, preserved and
// received, and proves what is in it.
//
// Invariants: a leaf is written in the SQL transaction of what it records, so neither is
// there without the other; the database says which leaf has which index, and an index is
// given once; files are published from the database, tiles before the checkpoint that needs
// them, each written to a temporary name, synced, renamed, its folder synced; a checkpoint
// is published only when the one before it is part of its tree, so a database or folder
// that was set back stops the log; a leaf holds salted commitments only, so content can be
// erased and the proof stays.
package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger/format"
)

// Kinds of leaves. Others may follow; a kind is a lower-case word.
const (
	Decision    = "decision"
	Claim       = "claim"
	Case        = "case"
	Evidence    = "evidence"
	Custody     = "custody"
	Pack        = "pack"
	Restriction = "restriction"
	Notice      = "notice"
	Erasure     = "erasure"
	State       = "state"     // a row as it stands; of several leaves of a row the newest counts
	TimeStamp   = "timestamp" // there is a time stamp of a checkpoint; its content names the file and its hash
	KeyRotation = "key"       // a key took the place of another; its content is the statement, signed by both
)

// Fields of a leaf.
const (
	FieldSubject = "subject"
	FieldActor   = "actor"
	FieldContent = "content"
	FieldRow     = "row"
)

// Errors on which a caller branches.
var (
	ErrUnknown    = errors.New("the ledger has no such leaf")
	ErrPending    = errors.New("the leaf is recorded but not yet published")
	ErrNotElected = errors.New("another sequencer is at work")
	ErrRolledBack = errors.New("the database is older than the published log")
	ErrForked     = errors.New("the database does not continue the published log")
	ErrWitnesses  = errors.New("too few witnesses have signed the newest checkpoint; it is not published")
	ErrKey        = errors.New("the log goes on under another key")
	ErrDamaged    = errors.New("the database does not hold what the log recorded")
)

// An Entry is what a caller records. Who reads the published log sees the kind, the time
// and how many fields there are; the fields themselves only when somebody shows them.
type Entry struct {
	Kind    string
	Subject string // what it is about: a case, a party, an item; proofs are found by it
	Actor   string // who did it
	Content []byte // what is recorded, in bytes that the caller can make again
	// Compose, when set, makes the content in the place of Content once the leaf's id is drawn and its row, if it has
	// one, was read.
	Compose func(id string, row []byte) ([]byte, error)
	Row     *Row // a row of this database that the leaf pins, read in the same transaction
	// Time that the leaf bears in the place of the clock's, and that its id begins with: a coarse one, so that the
	// public log does not show when something happened. The zero time: the clock's.
	Time time.Time
	// NotBefore is until when the leaf is kept out of the log, so that its appearance does not show it either.
	NotBefore time.Time
	// name of a key of the writer's, under which the content lies encrypted in the database; "": in the clear
	Sealed string
}

// A Ticket names a leaf that waits to be integrated, or has been.
type Ticket struct {
	ID   string
	Kind string
	Time time.Time
}

// A Writer appends. Its zero value is ready; clock and salts are for tests.
type Writer struct {
	Now  func() time.Time
	Rand io.Reader
	Keys *keyring.Ring // needed for entries that are sealed
}

// Append writes the leaf of an entry in a transaction. The leaf exists when, and only when,
// the transaction commits; its receipt can be had as soon as the sequencer has published
// it. Append may be called for many entries of one transaction.
func Append(ctx context.Context, tx *sql.Tx, e Entry) (Ticket, error) {
	return Writer{}.Append(ctx, tx, e)
}

// Append is the function Append with a clock and a source of salts.
func (w Writer) Append(ctx context.Context, tx *sql.Tx, e Entry) (Ticket, error) {
	t, err := w.append(ctx, tx, e)
	if err != nil {
		return t, fmt.Errorf("append to ledger: %w", err)
	}
	return t, nil
}

func (w Writer) append(ctx context.Context, tx *sql.Tx, e Entry) (Ticket, error) {
	now := time.Now
	if w.Now != nil {
		now = w.Now
	}
	if !format.IsName(e.Kind) {
		return Ticket{}, fmt.Errorf("kind %q is not a lower-case word", e.Kind)
	}
	l := format.Leaf{Kind: e.Kind, Time: now().UTC().Truncate(time.Microsecond)}
	if !e.Time.IsZero() {
		l.Time = e.Time.UTC().Truncate(time.Microsecond)
	}
	id, err := w.id(l.Time)
	if err != nil {
		return Ticket{}, err
	}
	l.ID = id
	open := []format.Opening{
		{Name: FieldSubject, Value: []byte(e.Subject)},
		{Name: FieldActor, Value: []byte(e.Actor)},
	}
	source, key, row := "", "", []byte(nil)
	if e.Row != nil {
		b, err := e.Row.read(ctx, tx)
		if err != nil {
			return Ticket{}, err
		}
		open = append(open, format.Opening{Name: FieldRow, Value: b})
		source, key, row = e.Row.Table, e.Row.Value, b
	}
	if e.Compose != nil {
		if e.Content, err = e.Compose(id, row); err != nil {
			return Ticket{}, err
		}
	}
	open = append(open, format.Opening{Name: FieldContent, Value: e.Content})
	slices.SortFunc(open, func(a, b format.Opening) int { return strings.Compare(a.Name, b.Name) })

	for i := range open {
		if open[i].Salt, err = w.random(format.SaltSize); err != nil {
			return Ticket{}, err
		}
		l.Commits = append(l.Commits, open[i].Commit())
	}
	leaf, err := l.Encode()
	if err != nil {
		return Ticket{}, err
	}
	position := int64(-1)
	if !e.NotBefore.IsZero() {
		position = min(-1, -e.NotBefore.UnixMilli())
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_leaf (position, id, kind, subject, source, source_key, leaf)
VALUES ($7, $1, $2, $3, $4, $5, $6)`, l.ID, l.Kind, e.Subject, source, key, leaf, position); err != nil {
		return Ticket{}, err
	}
	text, args := strings.Builder{}, []any{}
	text.WriteString("INSERT INTO ledger_opening (id, name, salt, value, erased, sealed) VALUES ")
	for i, o := range open {
		under := ""
		if o.Name == FieldContent {
			under = e.Sealed
		}
		salt, value, err := atRest(w.Keys, under, o)
		if err != nil {
			return Ticket{}, err
		}
		n := len(args)
		fmt.Fprintf(&text, "%s($%d, $%d, $%d, $%d, '', $%d)", strings.Repeat(", ", min(i, 1)), n+1, n+2, n+3, n+4, n+5)
		args = append(args, l.ID, o.Name, salt, value, under)
	}
	if _, err := tx.ExecContext(ctx, text.String(), args...); err != nil {
		return Ticket{}, err
	}
	return Ticket{ID: l.ID, Kind: l.Kind, Time: l.Time}, nil
}

// id makes a new id: six bytes of milliseconds, so that the index of a large table grows at
// its end, and ten random bytes.
func (w Writer) id(t time.Time) (string, error) {
	r, err := w.random(10)
	if err != nil {
		return "", err
	}
	ms := t.UnixMilli()
	b := []byte{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)}
	return hex.EncodeToString(append(b, r...)), nil
}

func (w Writer) random(n int) ([]byte, error) {
	r := w.Rand
	if r == nil {
		r = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	return b, nil
}
