package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// ledgerPins has the ledger hold the rows of PinnedTables. Its zero value has no key: then nobody stands behind leaves,
// and rows count that read as their newest leaf says.
type ledgerPins struct {
	key  *ledger.Key
	seen *vouches
}

// newPins returns pins under the key of a server's ledger; nil is a server that keeps no key.
func newPins(key *ledger.Key) ledgerPins {
	if key == nil {
		return ledgerPins{}
	}
	return ledgerPins{key: key, seen: &vouches{age: map[[32]byte]int{}}}
}

// vouches remembers signatures that were checked: a person's roles are read at each request.
type vouches struct {
	mu  sync.Mutex // guards age; held for map work only
	age map[[32]byte]int
}

// mostVouches bounds what vouches remembers, 40 bytes each.
const mostVouches = 50_000

// unvouched is the age of a leaf that no key of the server stands behind.
const unvouched = -1

// age says which key stands behind a leaf: 0 the newest one of the ledger, 1 the one before it and so on.
func (p ledgerPins) age(l ledger.PinLeaf) int {
	if p.key == nil {
		return 0
	}
	vouch := l.Past().Vouch
	if vouch == "" {
		return unvouched
	}
	sum := sha256.Sum256(append(format.VouchText(l.ID, l.Row), vouch...))
	p.seen.mu.Lock()
	age, known := p.seen.age[sum]
	p.seen.mu.Unlock()
	if known {
		return age
	}
	age, ok := format.Vouched(p.key.Verifier(), l.ID, l.Row, vouch)
	if !ok {
		age = unvouched
	}
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	if len(p.seen.age) >= mostVouches {
		clear(p.seen.age)
	}
	p.seen.age[sum] = age
	return age
}

// counts reports whether a leaf counts: of a vouched table the newest key has to stand behind it. That a row is gone
// needs nobody's word: it gives no power.
func (p ledgerPins) counts(t casefile.PinnedTable, l ledger.PinLeaf) bool {
	return !t.Vouched || p.age(l) == 0
}

// Changed compares a row with its newest leaf.
func (p ledgerPins) Changed(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, value string) ([]string, error) {
	leaf, found, err := ledger.NewestPin(ctx, tx, t.Name, value)
	if err != nil {
		return nil, err
	}
	var had format.Pin
	if found {
		if had, err = leaf.Pin(); err != nil {
			return nil, err
		}
	}
	now, there, err := rowOf(t, value, columnsOf(had)).Stands(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("read row %s of %s: %w", value, t.Name, err)
	}
	switch {
	case !there && (!found || had.Gone()):
		return nil, nil
	case !there:
		return []string{format.RowGone}, nil
	case !found || had.Gone():
		return []string{format.RowPutIn}, nil
	case !p.counts(t, leaf):
		return []string{format.RowForged}, nil
	}
	return differ(now.Columns, had.Columns), nil
}

// differ names the columns that read otherwise.
func differ(now, had []format.PinColumn) (out []string) {
	for i, c := range now {
		if i >= len(had) || c != had[i] {
			out = append(out, c.Name)
		}
	}
	return out
}

// Held reads which rows count.
func (p ledgerPins) Held(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, where string, args ...any) (
	map[string]bool, error) {
	rows, err := ledger.PinnedRows(ctx, tx, rowOf(t, "", t.Columns), where, args...)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r.Key] = p.differs(t, r) == nil
	}
	return out, nil
}

// differs says how a row differs from its newest leaf; nil when it does not.
func (p ledgerPins) differs(t casefile.PinnedTable, r ledger.PinnedRow) []string {
	if !r.Found {
		return []string{format.RowPutIn}
	}
	had, err := r.Leaf.Pin()
	switch {
	case err != nil || had.Table != t.Name || had.Key != t.Key || had.Value != r.Key || !p.counts(t, r.Leaf):
		return []string{format.RowForged}
	case had.Gone():
		return []string{format.RowPutIn}
	}
	return differ(r.Now, had.Columns)
}

// Pin records how a row stands, unless its newest leaf says the same.
func (p ledgerPins) Pin(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, k casefile.Kept, actor string) error {
	err := p.pinRow(ctx, tx, t, k, actor, false)
	if err != nil {
		return fmt.Errorf("record row %s of %s: %w", k.Value, t.Name, err)
	}
	return nil
}

// pinRow is Pin; taken says that the row is taken over as it stands.
func (p ledgerPins) pinRow(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable, k casefile.Kept, actor string,
	taken bool) error {
	row := rowOf(t, k.Value, t.Columns)
	now, there, err := row.Stands(ctx, tx)
	if err != nil {
		return err
	}
	if t.Vouched && there && len(k.Changed) > 0 && !k.Whole {
		return casefile.ErrPast
	}
	e := ledger.Entry{Kind: ledger.Case, Subject: t.Name + "/" + k.Value, Actor: actor, Row: &row}
	if t.Changes {
		leaf, found, err := ledger.NewestPin(ctx, tx, t.Name, k.Value)
		if err != nil {
			return err
		}
		var had format.Pin
		if found {
			if had, err = leaf.Pin(); err != nil {
				return err
			}
		}
		if !there {
			now.Columns, row.Columns = nil, nil
		}
		same := found && slices.Equal(had.Columns, now.Columns) && p.counts(t, leaf) || !found && !there
		if same && len(k.Changed) == 0 {
			return nil
		}
		e.Kind = ledger.State
	}
	past := format.Past{Changed: k.Changed, Taken: taken}
	switch {
	case t.Vouched && p.key != nil:
		e.Compose = func(id string, row []byte) ([]byte, error) {
			vouch, err := p.key.Vouch(id, row)
			if err != nil {
				return nil, err
			}
			return json.Marshal(format.Past{Changed: past.Changed, Taken: past.Taken, Vouch: vouch})
		}
	case taken || len(k.Changed) > 0:
		if e.Content, err = json.Marshal(past); err != nil {
			return err
		}
	}
	_, err = ledger.Append(ctx, tx, e)
	return err
}

func rowOf(t casefile.PinnedTable, value string, columns []string) ledger.Row {
	return ledger.Row{Table: t.Name, Key: t.Key, Value: value, Columns: columns}
}

func columnsOf(p format.Pin) (names []string) {
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	return names
}
