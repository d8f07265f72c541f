package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/store"
)

// takenFile notes in the folder of the ledger that the rows about people were taken over. A database that says
// otherwise later was changed: its rows are not taken over again.
const takenFile = "people"

// errTaken refuses to take people over again.
var errTaken = errors.New("the database no longer says that its people were taken over into the ledger, and this " +
	"server knows that they were: somebody changed the database, or it is another one")

// pinAll records how rows stand at the first start on a database of an earlier version, which held fewer tables and
// columns. It does so once: later a row without a leaf stays to be seen. A row that reads otherwise than an earlier
// version recorded keeps its leaf, so that verify names it. dir is the folder of the ledger, "" where there is none.
func (p ledgerPins) pinAll(ctx context.Context, db *store.Store, dir string) error {
	for _, m := range casefile.PinMarks {
		if m == casefile.MarkPeople {
			continue
		}
		if err := db.Write(ctx, func(tx *sql.Tx) error { return p.pinMark(ctx, tx, m) }); err != nil {
			return err
		}
	}
	return p.takePeople(ctx, db, dir)
}

func (p ledgerPins) pinMark(ctx context.Context, tx *sql.Tx, m casefile.PinMark) error {
	done, err := ledger.Find(ctx, tx, string(m), ledger.Case)
	if err != nil || len(done) > 0 {
		return err
	}
	for _, t := range casefile.PinnedTables {
		if t.Mark != m {
			continue
		}
		if err := p.pinTable(ctx, tx, t); err != nil {
			return fmt.Errorf("record rows of %s: %w", t.Name, err)
		}
	}
	_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Case, Subject: string(m), Actor: program})
	return err
}

// program is the actor of what the program does by itself.
const program = "plimsoll"

func (p ledgerPins) pinTable(ctx context.Context, tx *sql.Tx, t casefile.PinnedTable) error {
	var known bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM ledger_leaf WHERE source = $1 AND source <> '')`,
		t.Name).Scan(&known); err != nil {
		return err
	}
	if known && !t.Changes {
		return nil // all columns of these were held by earlier versions too
	}
	keys, err := t.Keys(ctx, tx, "")
	if err != nil {
		return err
	}
	for _, key := range keys {
		leaf, found, err := ledger.NewestPin(ctx, tx, t.Name, key)
		if err != nil {
			return err
		}
		// Of the tables of cases earlier versions held every row, though not every column of it; a leaf that is there
		// was written by this version otherwise, before it took the others over.
		if known && (found || t.Mark == casefile.MarkCases) {
			changed, err := p.Changed(ctx, tx, t, key)
			if err != nil {
				return err
			}
			if had, err := leaf.Pin(); len(changed) > 0 || found && err == nil && len(had.Columns) == len(t.Columns) {
				continue
			}
		}
		if err := p.pinRow(ctx, tx, t, casefile.Kept{Table: t.Name, Value: key}, program, true); err != nil {
			return err
		}
	}
	return nil
}

// hold has the ledger hold the rows of a database from now on, under the key of its log (nil where there is none), and
// takes over what an earlier version did not hold. dir is the folder of the ledger, "" where there is none.
func hold(ctx context.Context, db *store.Store, key *ledger.Key, dir string) (ledgerPins, error) {
	if db.Follow == nil {
		db.Follow = followCases
	}
	p := newPins(key)
	if err := p.pinAll(ctx, db, dir); err != nil {
		return p, err
	}
	db.Pin = p
	return p, nil
}

// holdAt is hold with the key that lies in the state folder of a server. A database that no server was started on has
// none yet.
func holdAt(ctx context.Context, db *store.Store, state string) (ledgerPins, error) {
	if state == "" {
		return hold(ctx, db, nil, "")
	}
	origin, err := ledger.Origin(ctx, db)
	if err != nil {
		return ledgerPins{}, err
	}
	dir := filepath.Join(state, "ledger")
	if origin == "" && !exists(filepath.Join(dir, "key")) {
		return hold(ctx, db, nil, "")
	}
	_, _, key, err := openLedger(ctx, db, dir, nil)
	if err != nil {
		return ledgerPins{}, err
	}
	return hold(ctx, db, key, dir)
}

// holdRestored has the ledger hold the rows of a database that was just put back. Where the keys are not in place yet
// its sign-ins are ended without the key's word.
func holdRestored(ctx context.Context, db *store.Store, state string) error {
	if _, err := os.Stat(filepath.Join(state, "ledger", "key")); state == "" || err != nil {
		return db.Read(ctx, func(tx *sql.Tx) error {
			_, found, err := ledgerPins{}.mark(ctx, tx)
			if found {
				db.Pin = ledgerPins{}
			}
			return err
		})
	}
	_, err := holdAt(ctx, db, state)
	return err
}

// errKeyless says that rows of this database need the word of a key that is not at hand.
var errKeyless = errors.New("the rows about people of this database are vouched for by the key of its ledger: give " +
	"--state DIR, the folder of the server's keys")

// takePeople takes the people of a database of an earlier version over, once, with an event that says so, and puts the
// newest key of the ledger behind what the one before it stood behind.
func (p ledgerPins) takePeople(ctx context.Context, db *store.Store, dir string) error {
	noted := false
	if dir != "" {
		_, err := os.Stat(filepath.Join(dir, takenFile))
		noted = err == nil
	}
	err := db.Write(ctx, func(tx *sql.Tx) error {
		mark, found, err := p.mark(ctx, tx)
		if err != nil {
			return err
		}
		if found && p.key == nil && mark.Past().Vouch != "" {
			return errKeyless
		}
		if found {
			return errors.Join(p.renew(ctx, tx), p.settle(ctx, tx))
		}
		if noted {
			return errTaken
		}
		return p.take(ctx, db, tx)
	})
	if errors.Is(err, errTaken) {
		return fmt.Errorf("the record of people: %w; plimsoll verify --database says what else differs, and plimsoll "+
			"restore puts a backup back", err)
	}
	if err != nil || dir == "" || p.key == nil || noted {
		return err
	}
	return disk.Replace(filepath.Join(dir, takenFile), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "The rows about people of this database are held by the ledger.")
		return err
	})
}

// mark reads the newest leaf that says that people are held and that counts.
func (p ledgerPins) mark(ctx context.Context, tx *sql.Tx) (l ledger.PinLeaf, found bool, err error) {
	at, err := ledger.Find(ctx, tx, string(casefile.MarkPeople), ledger.Case)
	for _, m := range slices.Backward(at) {
		l = ledger.PinLeaf{ID: m.ID, Row: []byte(casefile.MarkPeople)}
		if err = tx.QueryRowContext(ctx, `SELECT value FROM ledger_opening WHERE id = $1 AND name = $2`, l.ID,
			ledger.FieldContent).Scan(&l.Content); err != nil {
			return l, false, err
		}
		if p.age(l) != unvouched {
			return l, true, nil
		}
	}
	return l, false, err
}

func (p ledgerPins) take(ctx context.Context, db *store.Store, tx *sql.Tx) error {
	taken := 0
	for _, t := range casefile.PinnedTables {
		if t.Mark != casefile.MarkPeople {
			continue
		}
		keys, err := t.Keys(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := p.pinRow(ctx, tx, t, casefile.Kept{Table: t.Name, Value: key}, program, true); err != nil {
				return fmt.Errorf("record row %s of %s: %w", key, t.Name, err)
			}
		}
		taken += len(keys)
	}
	if err := pinEvents(ctx, tx); err != nil {
		return fmt.Errorf("record events of an earlier version: %w", err)
	}
	if taken > 0 {
		if err := db.TakenOver(ctx, tx, taken); err != nil {
			return err
		}
	}
	return p.writeMark(ctx, tx)
}

func (p ledgerPins) writeMark(ctx context.Context, tx *sql.Tx) error {
	e := ledger.Entry{Kind: ledger.Case, Subject: string(casefile.MarkPeople), Actor: program}
	if p.key != nil {
		e.Compose = func(id string, _ []byte) ([]byte, error) {
			vouch, err := p.key.Vouch(id, []byte(casefile.MarkPeople))
			if err != nil {
				return nil, err
			}
			return json.Marshal(format.Past{Vouch: vouch})
		}
	}
	_, err := ledger.Append(ctx, tx, e)
	return err
}

// renew puts the newest key of the ledger behind the leaves that the one before it stood behind when it was replaced.
// What bears the old key and was written later is of somebody who stole it.
func (p ledgerPins) renew(ctx context.Context, tx *sql.Tx) error {
	if p.key == nil {
		return nil
	}
	mark, found, err := p.mark(ctx, tx)
	if err != nil || !found || p.age(mark) == 0 {
		return err
	}
	var replaced int64
	if err := tx.QueryRowContext(ctx,
		`SELECT coalesce(max(queued), 0) FROM ledger_leaf WHERE subject = $1 AND kind = $2`,
		ledger.RotationSubject(ledger.OwnKey), ledger.KeyRotation).Scan(&replaced); err != nil {
		return err
	}
	for _, t := range casefile.PinnedTables {
		if !t.Vouched {
			continue
		}
		rows, err := ledger.PinnedRows(ctx, tx, rowOf(t, "", t.Columns), `1 = 1`)
		if err != nil {
			return err
		}
		for _, r := range rows {
			had, err := r.Leaf.Pin()
			if !r.Found || err != nil || p.age(r.Leaf) < 1 || r.Leaf.Queued > replaced ||
				len(differ(r.Now, had.Columns)) > 0 || had.Value != r.Key {
				continue
			}
			if err := p.pinRow(ctx, tx, t, casefile.Kept{Table: t.Name, Value: r.Key}, program, false); err != nil {
				return err
			}
		}
	}
	return p.writeMark(ctx, tx)
}

// settle puts the key behind rows that a program without it ended: tokens that were revoked, links that were used. They
// give no power.
func (p ledgerPins) settle(ctx context.Context, tx *sql.Tx) error {
	if p.key == nil {
		return nil
	}
	for name, ended := range map[string]string{"token": `revoked <> ''`, "start_link": `used <> ''`} {
		t := casefile.Pinned(name)
		rows, err := ledger.PinnedRows(ctx, tx, rowOf(t, "", t.Columns), ended)
		if err != nil {
			return err
		}
		for _, r := range rows {
			had, err := r.Leaf.Pin()
			if !r.Found || err != nil || p.age(r.Leaf) != unvouched || len(differ(r.Now, had.Columns)) > 0 {
				continue
			}
			if err := p.pinRow(ctx, tx, t, casefile.Kept{Table: name, Value: r.Key}, program, false); err != nil {
				return err
			}
		}
	}
	return nil
}
