package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// SiteLeaf is the kind of the leaf that a site is recorded in.
const SiteLeaf = "site"

// A Ledger proves what was recorded. Await returns once the leaf is published.
type Ledger interface {
	Await(ctx context.Context, id string, show ...string) (format.Receipt, error)
	Checkpoint() (format.Signed, []byte, error)
}

// Written says what a site holds.
type Written struct {
	Decisions, Corrections, Demands, Notices, Reports int
	Files                                             int
	Size                                              int64 // of the log that proves it
}

// publishPatience is how long the log may take to take the leaf of a site in.
const publishPatience = 30 * time.Second

// Write writes the site into a folder that is there whole or as it was before. The site is recorded in the ledger, and
// every file has its proof beside it. publish, when not nil, lets the log take in what waits.
func Write(ctx context.Context, db casefile.Database, log Ledger, publish func(context.Context) error, out string,
	set Settings) (w Written, err error) {
	out = filepath.Clean(out)
	if err := putBack(out); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	if err := mayReplace(out); err != nil {
		return w, err
	}
	s, err := read1(ctx, db, set)
	if err != nil {
		return w, err
	}
	parent := filepath.Dir(out)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	sweep(parent, filepath.Base(out))
	scratch, err := os.MkdirTemp(parent, "."+filepath.Base(out)+"-*"+partEnding)
	if err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	defer os.RemoveAll(scratch)
	s.dir = filepath.Join(scratch, "site")
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	if publish != nil {
		if err := publish(ctx); err != nil {
			return w, fmt.Errorf("write site: %w", err)
		}
	}
	_, checkpoint, err := log.Checkpoint()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return w, fmt.Errorf("write site: %w", err)
	}
	if err := db.Read(ctx, func(tx *sql.Tx) (err error) {
		s.rotations, _, err = ledger.Rotations(ctx, tx, ledger.OwnKey)
		return err
	}); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	if err := s.write(string(checkpoint)); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	if w.Size, err = s.prove(ctx, db, log, publish); err != nil {
		return w, fmt.Errorf("prove site: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return w, err
	}
	if err := s.sync(); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	if err := exchange(s.dir, out); err != nil {
		return w, fmt.Errorf("write site: %w", err)
	}
	w.Decisions, w.Corrections, w.Demands, w.Notices = s.counts.Decisions, s.counts.Corrections, s.counts.Demands,
		s.counts.Notices
	w.Reports, w.Files = len(s.reports), len(s.files)
	return w, nil
}

// partEnding is the end of the name of a folder in which a site is being written.
const partEnding = ".part"

// mayReplace refuses to put a site in the place of anything but a site or nothing.
func mayReplace(out string) error {
	had, err := os.ReadDir(out)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("write site: %w", err)
	case len(had) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(out, ManifestName)); err != nil {
		return fmt.Errorf("write site: %s holds something that is no site of ours (there is no %s in it); name "+
			"another folder", out, ManifestName)
	}
	return nil
}

// staleAfter is how old a folder of an earlier writing is, at least, that was left behind by a stop.
const staleAfter = time.Hour

// sweep removes what an earlier writing that was stopped left beside the site.
func sweep(parent, base string) {
	old, err := filepath.Glob(filepath.Join(parent, "."+base+"-*"+partEnding))
	if err != nil {
		return
	}
	for _, p := range old {
		if st, err := os.Stat(p); err == nil && time.Since(st.ModTime()) > staleAfter {
			os.RemoveAll(p)
		}
	}
}

// prove records the site and writes the proofs, the manifest last.
func (s *site) prove(ctx context.Context, db casefile.Database, log Ledger, publish func(context.Context) error) (int64,
	error) {
	slices.SortFunc(s.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	t, err := treeOf(s.files)
	if err != nil {
		return 0, err
	}
	root, err := t.root()
	if err != nil {
		return 0, err
	}
	var ticket ledger.Ticket
	err = db.Write(ctx, func(tx *sql.Tx) error {
		ticket, err = ledger.Append(ctx, tx, ledger.Entry{Kind: SiteLeaf, Subject: "site", Content: rootText(t.n,
			root)})
		return err
	})
	if err != nil {
		return 0, err
	}
	if publish != nil {
		if err := publish(ctx); err != nil {
			return 0, err
		}
	}
	wait, stop := context.WithTimeout(ctx, publishPatience)
	defer stop()
	r, err := log.Await(wait, ticket.ID, ledger.FieldContent)
	if errors.Is(err, ledger.ErrPending) {
		return 0, fmt.Errorf("the log did not take the site in within %s; is a server at work that waits for "+
			"witnesses?", publishPatience)
	}
	if err != nil {
		return 0, err
	}
	receipt := r.Encode()
	var manifest strings.Builder
	for i, f := range s.files {
		manifest.Write(f.line())
		b, err := pageProof(t, int64(i), f, receipt)
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(s.dir, filepath.FromSlash(f.path)+proofEnding), b, 0o644); err != nil {
			return 0, err
		}
	}
	if err := os.WriteFile(filepath.Join(s.dir, ManifestName), []byte(manifest.String()), 0o644); err != nil {
		return 0, err
	}
	c, err := format.ParseCheckpoint(string(r.Checkpoint))
	if err != nil {
		return 0, err
	}
	return c.Size, os.WriteFile(filepath.Join(s.dir, ManifestName+proofEnding), receipt, 0o644)
}

// syncers is how many files are written to disk at a time.
const syncers = 16

// sync makes all files and their names durable.
func (s *site) sync() error {
	var g errgroup.Group
	g.SetLimit(syncers)
	var mu sync.Mutex // guards folders; held for map work only
	folders := map[string]bool{}
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			mu.Lock()
			folders[path] = true
			mu.Unlock()
			return nil
		}
		g.Go(func() error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			return errors.Join(f.Sync(), f.Close())
		})
		return nil
	})
	if err := errors.Join(err, g.Wait()); err != nil {
		return err
	}
	for dir := range folders {
		if err := disk.SyncFolder(dir); err != nil {
			return err
		}
	}
	return nil
}
