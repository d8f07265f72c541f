package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/store"
)

// A custodyLedger records the custody logs of a data folder in its ledger. The custody log is
// written first and is the truth; what the ledger lacks of it, because a program was killed
// between the two, the next command records. So a leaf may come late, but is never missing
// for long and never doubled.
type custodyLedger struct {
	db  *store.Store
	log *ledger.Log
	key *ledger.Key
	seq *ledger.Sequencer
}

// openCustody opens the ledger of a data folder: its database, its key in ledger/key, and
// the published log in ledger/log.
func openCustody(ctx context.Context, data string) (*custodyLedger, error) {
	if err := os.MkdirAll(filepath.Join(data, "ledger"), 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	// One at a time: the first makes the tables and the key.
	unlock, err := lockedfile.MutexAt(filepath.Join(data, "ledger", "lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	defer unlock()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(data, "plimsoll.db"))
	if err != nil {
		return nil, err
	}
	key, err := custodyKey(filepath.Join(data, "ledger", "key"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	dir := filepath.Join(data, "ledger", "log")
	seq, err := ledger.NewSequencer(ledger.Config{Store: db, Dir: dir, Key: key})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &custodyLedger{db: db, log: ledger.NewLog(db, dir, key.Verifier()), key: key, seq: seq}, nil
}

// custodyKey reads the key, or makes one with a name of its own.
func custodyKey(path string) (*ledger.Key, error) {
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		return ledger.ParseKey(string(b))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read key of the log: %w", err)
	}
	id := make([]byte, 6)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	return ledger.OpenKey(path, "plimsoll/"+hex.EncodeToString(id), true)
}

func (l *custodyLedger) close() error {
	l.seq.Close()
	return l.db.Close()
}

// custodySubject is under which a custody event is found in the ledger.
func custodySubject(name string) string { return "custody/" + name }

// record brings the ledger up to the custody log of a case and publishes it.
func (l *custodyLedger) record(ctx context.Context, st *evidence.Store, name string) error {
	var lines [][]byte
	var events []evidence.Event
	if _, err := st.Events(name, func(e evidence.Event, line []byte) error {
		lines, events = append(lines, bytes.Clone(line)), append(events, e)
		return nil
	}); err != nil {
		return err
	}
	err := l.db.Write(ctx, func(tx *sql.Tx) error {
		had, err := ledger.Find(ctx, tx, custodySubject(name), "")
		if err != nil {
			return err
		}
		if len(had) > len(lines) {
			return fmt.Errorf("%w: the ledger has %d custody events of case %s, its log has %d: events were taken away", evidence.ErrDamaged, len(had), name, len(lines))
		}
		if n := len(had); n > 0 {
			if err := sameLine(ctx, tx, had[n-1].ID, name, n, lines[n-1]); err != nil {
				return err
			}
		}
		for i := len(had); i < len(lines); i++ {
			kind := ledger.Custody
			if events[i].Action == evidence.Collect {
				kind = ledger.Evidence
			}
			if _, err := ledger.Append(ctx, tx, ledger.Entry{Kind: kind, Subject: custodySubject(name), Actor: events[i].Actor, Content: lines[i]}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("the custody log is written, the ledger is not: %w", err)
	}
	return l.publish(ctx)
}

// sameLine checks that a leaf holds a line of a custody log. A field that was erased cannot
// be compared.
func sameLine(ctx context.Context, tx *sql.Tx, id, name string, n int, line []byte) error {
	var said []byte
	var erased string
	err := tx.QueryRowContext(ctx, `SELECT value, erased FROM ledger_opening WHERE id = $1 AND name = $2`, id, ledger.FieldContent).Scan(&said, &erased)
	if err != nil {
		return fmt.Errorf("read leaf %s: %w", id, err)
	}
	if erased == "" && !bytes.Equal(said, line) {
		return fmt.Errorf("%w: event %d of case %s is not the one that the ledger recorded", evidence.ErrDamaged, n, name)
	}
	return nil
}

// publish integrates what waits, unless another program does.
func (l *custodyLedger) publish(ctx context.Context) error {
	for {
		n, err := l.seq.Step(ctx)
		if errors.Is(err, ledger.ErrNotElected) {
			return nil // a server is at work on this data
		}
		if err != nil || n == 0 {
			return err
		}
	}
}

// check compares every custody log with the ledger, event by event. Events that a killed
// program did not get to record are recorded first.
func (l *custodyLedger) check(ctx context.Context, st *evidence.Store, k *evidence.Check) error {
	names, err := st.Cases()
	if err != nil {
		return err
	}
	for _, name := range names {
		var lines [][]byte
		if _, err := st.Events(name, func(_ evidence.Event, line []byte) error {
			lines = append(lines, bytes.Clone(line))
			return nil
		}); err != nil {
			continue // Verify has said so
		}
		if err := l.record(ctx, st, name); err != nil && !errors.Is(err, evidence.ErrDamaged) {
			return err
		}
		err := l.db.Read(ctx, func(tx *sql.Tx) error {
			had, err := ledger.Find(ctx, tx, custodySubject(name), "")
			if err != nil {
				return err
			}
			if len(had) != len(lines) {
				k.Problems = append(k.Problems, evidence.Problem{Where: "case " + name, What: fmt.Sprintf("the custody log has %d events, the ledger %d", len(lines), len(had))})
			}
			for i := range min(len(had), len(lines)) {
				err := sameLine(ctx, tx, had[i].ID, name, i+1, lines[i])
				if errors.Is(err, evidence.ErrDamaged) {
					k.Problems = append(k.Problems, evidence.Problem{Where: "case " + name, What: err.Error()})
				} else if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitReceipt is how long an export waits for a server to publish.
const awaitReceipt = 30 * time.Second

// proofs returns a receipt for every custody event of a case, and the public key.
func (l *custodyLedger) proofs(ctx context.Context, st *evidence.Store, c *evidence.Case) (map[string][]byte, error) {
	if err := l.record(ctx, st, c.Name); err != nil {
		return nil, err
	}
	var had []ledger.Position
	if err := l.db.Read(ctx, func(tx *sql.Tx) (err error) {
		had, err = ledger.Find(ctx, tx, custodySubject(c.Name), "")
		return err
	}); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, awaitReceipt)
	defer stop()
	out := map[string][]byte{"vkey": []byte(l.key.VKey() + "\n")}
	for i, p := range had[:min(int64(len(had)), c.Events)] {
		r, err := l.receipt(ctx, p.ID)
		if err != nil {
			return nil, fmt.Errorf("receipt of custody event %d: %w", i+1, err)
		}
		out[fmt.Sprintf("proofs/custody-%06d.tlog-proof", i+1)] = r.Encode()
	}
	return out, nil
}

// receipt waits for a leaf to be published: by whoever is at work, else by us.
func (l *custodyLedger) receipt(ctx context.Context, id string) (format.Receipt, error) {
	for {
		r, err := l.log.Receipt(ctx, id, ledger.FieldContent)
		if !errors.Is(err, ledger.ErrPending) {
			return r, err
		}
		if err := l.publish(ctx); err != nil {
			return r, err
		}
		select {
		case <-ctx.Done():
			return r, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// bagCustody adds to the report of a bag what its custody log says: that the log is unbroken,
// that it names exactly the originals that are there, and that the receipts are of its events.
// A bag that is not one of ours has no custody log and is left alone.
func bagCustody(ctx context.Context, fsys fs.FS, keys verify.Keys, rep *verify.Report) error {
	log, err := fs.ReadFile(fsys, "data/custody.jsonl")
	info, ierr := fs.ReadFile(fsys, "bag-info.txt")
	if errors.Is(err, fs.ErrNotExist) && (ierr != nil || !bytes.Contains(info, []byte("Plimsoll-Custody-Head: "))) {
		return nil
	}
	k, err := evidence.CheckBag(ctx, fsys)
	if err != nil {
		return err
	}
	for _, p := range k.Problems {
		rep.Problems = append(rep.Problems, verify.Problem{Where: p.Where, What: p.What})
	}
	for _, p := range k.Remarks {
		rep.Remarks = append(rep.Remarks, p.String())
	}
	lines := bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n"))
	there := map[string]bool{}
	for _, line := range lines {
		there[string(line)] = true
	}
	names, err := fs.Glob(fsys, "proofs/custody-*.tlog-proof")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		rep.Remarks = append(rep.Remarks, "the custody log has no receipts: nothing but the bag itself speaks for it")
		return nil
	}
	proven := map[string]bool{}
	for _, n := range names {
		b, err := fs.ReadFile(fsys, n)
		if err != nil {
			return fmt.Errorf("check bag: %w", err)
		}
		r, err := format.ParseReceipt(b)
		if err != nil {
			continue // already reported
		}
		if _, err := r.Verify(keys.Log, keys.Witnesses...); err != nil {
			continue
		}
		for _, o := range r.Openings {
			if o.Name != ledger.FieldContent {
				continue
			}
			proven[string(o.Value)] = true
			if !there[string(o.Value)] {
				rep.Problems = append(rep.Problems, verify.Problem{Where: n, What: "it is the receipt of an event that data/custody.jsonl does not have"})
			}
		}
	}
	for i, line := range lines {
		if !proven[string(line)] {
			rep.Problems = append(rep.Problems, verify.Problem{Where: "data/custody.jsonl", What: fmt.Sprintf("event %d has no receipt", i+1)})
		}
	}
	return nil
}
