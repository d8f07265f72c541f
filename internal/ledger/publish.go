package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// lockName is the file in the published folder whose lock keeps a second sequencer out.
// It holds a name of the folder, by which the lease tells a dead holder.
const lockName = ".sequencer"

// A folder is a published log under our lock.
type folder struct {
	dir  string
	id   string
	lock *os.File
}

// lockFolder takes the lock, or returns ErrNotElected. flock excludes other processes and
// other sequencers of this process; the kernel frees it when its holder dies.
func lockFolder(dir string) (*folder, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock folder of the log: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, ErrNotElected)
	}
	b := make([]byte, 64)
	n, _ := f.ReadAt(b, 0)
	id := strings.TrimSpace(string(b[:n]))
	if len(id) != 32 {
		r := make([]byte, 16)
		if _, err = rand.Read(r); err == nil {
			id = hex.EncodeToString(r)
			err = errors.Join(f.Truncate(0), writeAt(f, id+"\n"), f.Sync())
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock folder of the log: %w", err)
		}
	}
	host, _ := os.Hostname() // a copy of the folder on another machine is another folder
	return &folder{dir: dir, id: id + "@" + host, lock: f}, nil
}

func writeAt(f *os.File, s string) error { _, err := f.WriteAt([]byte(s), 0); return err }

func (f *folder) close() {
	if f != nil {
		f.lock.Close()
	}
}

func (f *folder) path(p string) string { return filepath.Join(f.dir, filepath.FromSlash(p)) }

// publish writes the files between the published tree and the database's, then the checkpoint.
func (s *Sequencer) publish(ctx context.Context) error {
	from, to := s.size, s.state.size
	if from == to {
		return nil
	}
	var checkpoint string
	touched := map[string]bool{}
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		var size int64
		if err := tx.QueryRowContext(ctx, `SELECT size, checkpoint FROM ledger_log WHERE name = 'log'`).Scan(&size,
			&checkpoint); err != nil {
			return err
		}
		if size != to {
			return fmt.Errorf("publish %d leaves: %w", to, ErrNotElected)
		}
		if c, err := format.OpenCheckpoint([]byte(checkpoint), s.Key.verifier); err != nil || c.Size != to ||
			c.Root != s.state.edge.Root() {
			return fmt.Errorf("%w: its newest checkpoint was changed", errors.Join(ErrDamaged, err))
		}
		if err := s.publishLeaves(ctx, tx, from, to, touched); err != nil {
			return err
		}
		return s.publishNodes(ctx, tx, from, to, touched)
	})
	if err != nil {
		return fmt.Errorf("publish log: %w", err)
	}
	for dir := range touched {
		if err := s.sync(dir); err != nil {
			return fmt.Errorf("publish log: %w", err)
		}
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	for dir := range touched {
		s.known[dir] = true
	}
	signed, err := s.cosigned(ctx, []byte(checkpoint))
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	if err := s.publishCheckpoint(signed); err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	s.dropPartials(from, to)
	s.signed, s.size = signed, to
	return nil
}

func (s *Sequencer) publishCheckpoint(b []byte) error {
	for _, p := range []string{s.folder.path(format.CheckpointPath), s.Remember} {
		if p == "" {
			continue
		}
		if err := s.write(p, b); err != nil {
			return err
		}
		if err := s.sync(filepath.Dir(p)); err != nil {
			return err
		}
	}
	return nil
}

// write and sync are the durable steps of a publication; fault lets a test stop at any.
func (s *Sequencer) write(path string, b []byte) error {
	if s.fault != nil {
		if err := s.fault(path); err != nil {
			return err
		}
	}
	return writeFile(path, b, 0o644)
}

func (s *Sequencer) sync(dir string) error {
	if s.fault != nil {
		if err := s.fault(dir); err != nil {
			return err
		}
	}
	return disk.SyncFolder(dir)
}

// publishLeaves writes bundles and the tiles of level 0. The leaves come from the database
// and are hashed again, so what is published is what the root was made of.
func (s *Sequencer) publishLeaves(ctx context.Context, tx *sql.Tx, from, to int64, touched map[string]bool) error {
	for n := from / format.Width; n*format.Width < to; n++ {
		first, last := n*format.Width, min((n+1)*format.Width, to)
		leaves, hs := [][]byte{}, []tlog.Hash{}
		err := each(ctx, tx, leafRange, []any{first, last}, func(at int64, b []byte) error {
			if at != first+int64(len(hs)) {
				return fmt.Errorf("%w: leaf %d is missing", ErrDamaged, first+int64(len(hs)))
			}
			leaves, hs = append(leaves, b), append(hs, format.Hash(b))
			return nil
		})
		if err != nil {
			return err
		}
		if int64(len(hs)) != last-first {
			return fmt.Errorf("%w: leaf %d is missing", ErrDamaged, first+int64(len(hs)))
		}
		if err := s.proveTile(ctx, tx, 0, n, hs); err != nil {
			return err
		}
		bundle, err := format.Bundle(leaves)
		if err != nil {
			return err
		}
		if err := s.writeTile(format.Tile{Level: format.Entries, N: n, W: len(hs)}, bundle, touched); err != nil {
			return err
		}
		if err := s.writeTile(format.Tile{Level: 0, N: n, W: len(hs)}, format.Hashes(hs), touched); err != nil {
			return err
		}
	}
	return nil
}

// publishNodes writes the tiles above level 0 that have grown.
func (s *Sequencer) publishNodes(ctx context.Context, tx *sql.Tx, from, to int64, touched map[string]bool) error {
	for level := 1; ; level++ {
		was, is := from>>(format.Height*level), to>>(format.Height*level)
		if is == 0 {
			return nil
		}
		if was == is {
			continue
		}
		for n := was / format.Width; n*format.Width < is; n++ {
			first, last := n*format.Width, min((n+1)*format.Width, is)
			var hs []tlog.Hash
			err := each(ctx, tx, `SELECT n, hash FROM ledger_node WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n`,
				[]any{level, first, last}, func(_ int64, b []byte) error {
					h, err := hash(b)
					hs = append(hs, h)
					return err
				})
			if err != nil {
				return err
			}
			if int64(len(hs)) != last-first {
				return fmt.Errorf("%w: hashes of level %d are missing", ErrDamaged, level)
			}
			if err := s.proveTile(ctx, tx, level, n, hs); err != nil {
				return err
			}
			if err := s.writeTile(format.Tile{Level: level, N: n, W: len(hs)}, format.Hashes(hs), touched); err != nil {
				return err
			}
		}
	}
}

// proveTile compares a full tile with the hash that stands for it one level up, and a
// partial one with the right edge, which the root was computed from.
func (s *Sequencer) proveTile(ctx context.Context, tx *sql.Tx, level int, n int64, hs []tlog.Hash) error {
	bad := fmt.Errorf("%w: tile %d of level %d reads otherwise than when it was signed", ErrDamaged, n, level)
	if len(hs) < format.Width {
		if len(s.state.edge) <= level || !bytes.Equal(format.Hashes(s.state.edge[level]), format.Hashes(hs)) {
			return bad
		}
		return nil
	}
	var want []byte
	if err := tx.QueryRowContext(ctx, `SELECT hash FROM ledger_node WHERE level = $1 AND n = $2`, level+1,
		n).Scan(&want); err != nil {
		return err
	}
	if h := format.Fold(hs, nil); !bytes.Equal(h[:], want) {
		return bad
	}
	return nil
}

// writeTile writes a file unless it is there. One that says something else is put right and
// reported: the database has just proved what belongs there.
func (s *Sequencer) writeTile(t format.Tile, b []byte, touched map[string]bool) error {
	path := s.folder.path(t.Path())
	// Also when the file is there: who renamed it may have died before the folder was synced.
	touched[filepath.Dir(path)] = true
	for dir := filepath.Dir(path); !s.known[dir] && dir != filepath.Clean(s.Dir); dir = filepath.Dir(dir) {
		touched[filepath.Dir(dir)] = true
	}
	if old, err := os.ReadFile(path); err == nil {
		if bytes.Equal(old, b) {
			return nil
		}
		s.Log.Warn("a published file was changed; it is written again", "file", t.Path())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return s.write(path, b)
}

// dropPartials removes partial tiles that a full one has replaced.
func (s *Sequencer) dropPartials(from, to int64) {
	for level := format.Entries; level < 8; level++ {
		shift := format.Height * max(level, 0)
		for n := from >> shift / format.Width; (n+1)*format.Width <= to>>shift; n++ {
			full := s.folder.path(format.Tile{Level: level, N: n, W: format.Width}.Path())
			if err := os.RemoveAll(full + ".p"); err != nil {
				s.Log.Warn("remove partial tiles", "err", err)
			}
			delete(s.known, full+".p")
		}
	}
}

// writeFile writes to a temporary name beside the file, syncs and renames. The folder is
// not synced yet.
func writeFile(path string, b []byte, mode os.FileMode) (err error) {
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = disk.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}
