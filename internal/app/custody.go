package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/store"
)

// An openCustody is the evidence of a data folder with its ledger, for a command.
type openedCustody struct {
	store.Custody
	seq *ledger.Sequencer
}

// openCustody opens the ledger of a data folder: its database (that of address, or SQLite in
// the folder), its key in ledger/key, and the published log in ledger/log.
func openCustody(ctx context.Context, data, address string, files *evidence.Store) (*openedCustody, error) {
	if address == "" {
		address = "sqlite:" + filepath.Join(data, "plimsoll.db")
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	seq, log, key, err := openLedger(ctx, db, filepath.Join(data, "ledger"), nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if _, err := hold(ctx, db, key, filepath.Join(data, "ledger")); err != nil {
		seq.Close()
		return nil, errors.Join(err, db.Close())
	}
	l := &openedCustody{Custody: store.Custody{DB: db, Files: files, Log: log, VKey: key.VKey()}, seq: seq}
	l.Publish = l.publish
	return l, nil
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

func (l *openedCustody) close() error {
	l.seq.Close()
	return l.DB.Close()
}

// publish integrates what waits, unless another program does.
func (l *openedCustody) publish(ctx context.Context) error {
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
				rep.Problems = append(rep.Problems, verify.Problem{Where: n,
					What: "it is the receipt of an event that data/custody.jsonl does not have"})
			}
		}
	}
	for i, line := range lines {
		if !proven[string(line)] {
			rep.Problems = append(rep.Problems, verify.Problem{Where: "data/custody.jsonl",
				What: fmt.Sprintf("event %d has no receipt", i+1)})
		}
	}
	return nil
}
