package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/store"
)

// custody opens the evidence of a server, when there is a folder for it, and records what a
// program that was killed did not get to record.
func (o serveOptions) custody(ctx context.Context, db *store.Store, led *openedLedger, log *slog.Logger) (
	*store.Custody, error) {
	if o.folder() == "" {
		return nil, nil
	}
	files, err := evidence.OpenUnder(filepath.Join(o.folder(), "evidence"), evidence.Keys{File: o.keyFile,
		Plain: o.clear})
	if err != nil {
		return nil, err
	}
	c := &store.Custody{DB: db, Files: files, Log: led.log, VKey: led.key.VKey(), Wake: led.seq.Wake,
		Also: func(ctx context.Context) ([]evidence.Problem, error) { return o.recheckRecord(ctx, led) }}
	if err := c.RecordAll(ctx); errors.Is(err, evidence.ErrDamaged) {
		log.Error("evidence is not as it was", "error", err)
		o.found.evidence = fmt.Sprintf("At the start of the server the evidence was not as it was: %v.", err)
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// recheckRecord compares the database with the published ledger, as plimsoll verify --database does.
func (o serveOptions) recheckRecord(ctx context.Context, led *openedLedger) ([]evidence.Problem, error) {
	address, err := o.address()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.folder(), "ledger", "log")
	if !exists(filepath.Join(dir, format.CheckpointPath)) {
		return nil, nil // nothing is published yet; presence says when it should be
	}
	rep, err := verifyLog(ctx, dir, verify.Keys{Log: led.key.Verifier()}, verifyFlags{database: address,
		state: o.folder(), keyFile: o.keyFile}, nil)
	if err != nil {
		return nil, fmt.Errorf("compare the database with the ledger: %w", err)
	}
	var out []evidence.Problem
	for _, p := range rep.Problems {
		out = append(out, evidence.Problem{Where: "record: " + p.Where, What: p.What})
	}
	if rep.More > 0 {
		out = append(out, evidence.Problem{Where: "record", What: fmt.Sprintf("%d more things differ; plimsoll verify "+
			"--database lists them", rep.More)})
	}
	return out, nil
}

// encryptAll encrypts originals that an earlier version left in the clear. What cannot be encrypted now stays as it
// is, and is tried again at the next start.
func encryptAll(ctx context.Context, c *store.Custody, log *slog.Logger) error {
	if c == nil {
		return nil
	}
	n, err := c.Files.EncryptAll(ctx)
	if n > 0 {
		log.Warn("originals that lay in the clear were encrypted", "originals", n)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("encrypt originals that lie in the clear", "error", err)
	}
	return nil
}

// recheckRate bounds what reading all originals again takes from the disk.
const recheckRate = 32 << 20 // bytes a second

// recheck reads all originals again now and then, slowly, until the context ends. The last
// time is kept in the database, so that a server that is often started does not begin anew.
func recheck(ctx context.Context, c *store.Custody, every time.Duration, log *slog.Logger) error {
	if c == nil || every <= 0 {
		return nil
	}
	for {
		wait := time.Duration(0)
		last, err := c.DB.LastRecheck(ctx)
		if err == nil && last != nil {
			wait = max(0, every-time.Since(last.Ended))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		x, err := c.Recheck(ctx, func(_ string, size int64) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(size) * time.Second / recheckRate):
			}
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.Error("reading evidence again", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Minute):
			}
		}
		for _, p := range x.Problems {
			log.Error("evidence is not as it was", "where", p.Where, "what", p.What)
		}
	}
}
