package app

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"plimsoll/internal/evidence"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/web"
)

// presenceEvery is how often a server looks whether the files are there that its database knows of.
const presenceEvery = time.Minute

// mostMissing is how many missing files the health page names; the rest is counted.
const mostMissing = 20

// presence looks now and then whether custody logs, originals, keys and the published ledger are there, and whether the
// rows about people say what the record says, and puts what is not so onto the health page and into /healthz.
func (o serveOptions) presence(ctx context.Context, cfg web.Config, led *openedLedger) error {
	c, log := cfg.Custody, cfg.Log
	var said []string
	t := time.NewTicker(presenceEvery)
	defer t.Stop()
	for {
		if c != nil {
			if err := c.Files.Sweep(); err != nil && ctx.Err() == nil {
				log.Error("remove what killed programs left", "error", err)
			}
		}
		missing, err := o.absent(ctx, cfg, led)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			missing = append(missing, fmt.Sprintf("Whether all files are there cannot be looked at: %v.", err))
		}
		o.found.missing.Store(&missing)
		if !slices.Equal(missing, said) {
			for _, m := range missing {
				log.Error("something is missing or was changed", "what", m)
			}
			said = missing
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// absent names what should be there and is not.
func (o serveOptions) absent(ctx context.Context, cfg web.Config, led *openedLedger) (out []string, err error) {
	if box := cfg.Notices; box != nil {
		lacking, err := box.Lacking(ctx)
		if err != nil {
			return nil, err
		}
		for i, p := range lacking {
			if i == mostMissing {
				out = append(out, fmt.Sprintf("Of notices, %d more things are missing.", len(lacking)-i))
				break
			}
			out = append(out, "Notices: "+p+".")
		}
	}
	if c := cfg.Custody; c != nil {
		ps, err := c.Missing(ctx)
		if err != nil {
			return nil, err
		}
		for i, p := range ps {
			if i == mostMissing {
				out = append(out, fmt.Sprintf("Of evidence, %d more things are missing.", len(ps)-i))
				break
			}
			out = append(out, "Evidence: "+p.String()+".")
		}
	}
	for _, k := range []string{"ledger/key", "access/key"} {
		if _, err := os.Lstat(filepath.Join(o.folder(), filepath.FromSlash(k))); err != nil {
			out = append(out, fmt.Sprintf("The key file %s is missing: the server does not start again without it.", k))
		}
	}
	if keyring.Halfway(evidence.KeyFile(filepath.Join(o.folder(), "evidence"), o.keyFile)) {
		out = append(out, "The master key was being replaced, and that was not finished: stop the server and give "+
			"plimsoll key rotate master again.")
	}
	if pins := cfg.Store.Pin; pins != nil {
		err := cfg.Store.Read(ctx, func(tx *sql.Tx) error {
			wrong, err := pins.Differ(ctx, tx)
			for _, w := range wrong {
				out = append(out, "The database was changed past the program. "+w)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if led == nil {
		return out, nil
	}
	if err := cfg.Store.Read(ctx, func(tx *sql.Tx) error {
		lacking, err := absentStamps(ctx, tx, filepath.Join(o.folder(), "ledger", "log"))
		out = append(out, lacking...)
		return err
	}); err != nil {
		return nil, err
	}
	said, err := o.absentTiles(led)
	if said != "" {
		out = append(out, said)
	}
	return out, err
}

// absentTiles says what the published ledger lacks. While it grows, tiles take the place of partial ones: what seems to
// be missing is looked for again beneath the newest checkpoint.
func (o serveOptions) absentTiles(led *openedLedger) (said string, err error) {
	files := format.Files{FS: os.DirFS(filepath.Join(o.folder(), "ledger", "log"))}
	for range 10 {
		b, err := fs.ReadFile(files.FS, format.CheckpointPath)
		if err != nil {
			if last, rerr := os.ReadFile(filepath.Join(o.folder(), "ledger", "remembered")); rerr == nil &&
				len(last) > 0 {
				return "The published ledger has no checkpoint any more.", nil
			}
			return "", nil // nothing is published yet
		}
		at, err := format.OpenCheckpoint(b, led.key.Verifier())
		if err != nil {
			return fmt.Sprintf("The published ledger: its checkpoint is not one of its key: %v.", err), nil
		}
		tiles, err := files.Missing(at.Size)
		if err != nil || len(tiles) == 0 {
			return "", err
		}
		if again, err := fs.ReadFile(files.FS, format.CheckpointPath); err == nil && !bytes.Equal(again, b) {
			continue
		}
		said = fmt.Sprintf("The published ledger lacks %d of its tiles, the first is %s: stop the server, remove the "+
			"folder ledger/log, "+
			"and start it; the log is published again.", len(tiles), tiles[0])
		break
	}
	return said, nil
}
