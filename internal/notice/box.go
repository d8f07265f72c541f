package notice

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger"
)

// Limits bound what one notice and all of them may cost.
type Limits struct {
	Files     int           // of one notice
	FileBytes int64         // of one file
	AllBytes  int64         // of the files of one notice
	Room      int64         // of all files that are kept; words do not count
	Seats     int           // notices taken in at once
	Large     int           // of these, with files
	Waiting   int           // notices that wait for a seat
	Wait      time.Duration // for how long
	Readers   int           // small notices that are on their way at once
	Every     time.Duration // one notice each, after a burst
	Burst     time.Duration // as long as the box was quiet, but at most this, may be caught up
}

// DefaultLimits let a notice a second in for good, and sixty at once.
var DefaultLimits = Limits{Files: 5, FileBytes: 10 << 20, AllBytes: 25 << 20, Room: 4 << 30, Seats: 16, Large: 6,
	Waiting: 256, Wait: 30 * time.Second,
	Readers: 512, Every: time.Second, Burst: time.Minute}

// small is how long a post may be to be read whole before it waits for a seat.
const small = 64 << 10

// Config is what a box needs; Wait, Now, Log and Limits have defaults.
type Config struct {
	DB     casefile.Database
	Ledger *ledger.Log
	VKey   string // public key of the ledger, printed in receipts
	Dir    string // folder of sealed files and working copies
	Key    *Key   // what is sealed is sealed to it
	Keys   Keys   // under which words and working copies are encrypted
	To     string // who is put on notice, as it stands in every notice
	Wake   func() // tells the sequencer that a leaf waits; may be nil
	Wait   time.Duration
	Now    func() time.Time
	Log    *slog.Logger
	Limits Limits
	// Current, when set, reads in the transaction of an act what the actor may do now, as casefile.Desk.Current does.
	Current func(ctx context.Context, tx *sql.Tx, by casefile.Actor) (casefile.Actor, error)
	// Pin, when set, has the ledger hold requests to unseal, and says which of them count.
	Pin casefile.Pinner

	Discretion Discretion // what the public log shows of when notices came
}

// A Box takes notices in. It may be used from many goroutines.
type Box struct {
	cfg     Config
	secrets secrets
	keys    *keyring.Ring // nil: words and working copies lie in the clear
	clients clients
	gate    *gate // to be taken in
	hash    *gate // to have a code hashed
	pace    pace
	readers readers
	flights flights
	work    *workshop

	mu   sync.Mutex // guards used; held for arithmetic only
	used int64      // bytes of files that are kept or on their way
}

// Open opens the box in a folder and finishes what a killed program left: files of notices
// that were committed are put in their place, others are removed when they are an hour old.
func Open(ctx context.Context, cfg Config) (*Box, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Wait == 0 {
		cfg.Wait = 3 * time.Second
	}
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	if cfg.Limits == (Limits{}) {
		cfg.Limits = DefaultLimits
	}
	cfg.To = strings.Join(strings.Fields(cfg.To), " ")
	if cfg.Key == nil || cfg.To == "" {
		return nil, errors.New("open box of notices: the key that seals and the name of the company are needed")
	}
	if err := cfg.Discretion.Valid(); err != nil {
		return nil, fmt.Errorf("open box of notices: %w", err)
	}
	l := cfg.Limits
	b := &Box{cfg: cfg, gate: newGate(l.Seats, l.Large, l.Waiting, l.Wait), hash: newGate(2, 2, l.Waiting, l.Wait),
		pace: pace{every: l.Every, burst: l.Burst}, readers: readers{most: l.Readers}, work: newWorkshop()}
	for _, d := range []string{"incoming", "sealed", "working"} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("open box of notices: %w", err)
		}
	}
	if err := errors.Join(b.openKeys(ctx), b.openSecrets(ctx), b.useKey(ctx)); err != nil {
		return nil, fmt.Errorf("open box of notices: %w", err)
	}
	if err := errors.Join(b.recover(ctx), b.finishErasures(ctx), b.dropKeys(ctx)); err != nil {
		return nil, fmt.Errorf("open box of notices: %w", err)
	}
	return b, nil
}

// Close frees what reading files needed.
func (b *Box) Close() { b.work.close() }

// To is who is put on notice.
func (b *Box) To() string { return b.cfg.To }

// Limits are what the box takes.
func (b *Box) Limits() Limits { return b.cfg.Limits }

// Form returns the token of a new form.
func (b *Box) Form() string { return b.secrets.newToken(b.cfg.Now()) }

// openSecrets reads the key of the box, or makes it; the first of several servers does.
func (b *Box) openSecrets(ctx context.Context) error {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	var text string
	err := b.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO notice_key (name, value) VALUES ('master', $1) ON CONFLICT DO NOTHING`,
			hex.EncodeToString(fresh)); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `SELECT value FROM notice_key WHERE name = 'master'`).Scan(&text); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT coalesce(sum(bytes), 0) FROM notice`).Scan(&b.used)
	})
	if err != nil {
		return err
	}
	if b.secrets.master, err = hex.DecodeString(text); err == nil && len(b.secrets.master) != 32 {
		err = errors.New("its key is damaged")
	}
	return err
}

// useKey lists the public key that things are sealed to from now on. When it took the place of another one, that is a
// leaf of the ledger. What was sealed to an earlier key opens with the shares of that key, whose public half stays
// listed.
func (b *Box) useKey(ctx context.Context) error {
	key := b.cfg.Key
	return b.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO notice_key (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
			"public/"+key.ID, string(key.Encode())); err != nil {
			return err
		}
		var last string
		err := tx.QueryRowContext(ctx, `SELECT value FROM notice_key WHERE name = 'sealing'`).Scan(&last)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.ExecContext(ctx,
				`INSERT INTO notice_key (name, value) VALUES ('sealing', $1) ON CONFLICT DO NOTHING`, key.ID)
			return err
		case err != nil || last == key.ID:
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE notice_key SET value = $1 WHERE name = 'sealing'`, key.ID); err != nil {
			return err
		}
		_, err = b.ledger().Append(ctx, tx, ledger.Entry{Kind: ledger.KeyRotation,
			Subject: ledger.RotationSubject("notices"), Actor: program,
			Content: fmt.Appendf(nil, "plimsoll.notice-key-change/v1\nold %s\nnew %s\n%s", last, key.ID, key.Encode())})
		return err
	})
}

// Files of a notice on their way lie in incoming/ID, synced before the notice is committed;
// then they are put into sealed/ID and working/ID. A folder that is still in incoming either
// belongs to a committed notice, and is put where it belongs, or to none.

func (b *Box) incoming(id ID) string { return filepath.Join(b.cfg.Dir, "incoming", string(id)) }

// place of a file, wherever it is at this moment.
func (b *Box) place(kind string, id ID, name string) string {
	final := filepath.Join(b.cfg.Dir, kind, string(id), name)
	early := filepath.Join(b.incoming(id), kind, name)
	if !exists(final) && exists(early) {
		return early
	}
	return final
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

// settle puts the files of a committed notice into their place. It may run again.
func (b *Box) settle(id ID) error {
	for _, kind := range []string{"sealed", "working"} {
		from, to := filepath.Join(b.incoming(id), kind), filepath.Join(b.cfg.Dir, kind, string(id))
		if err := disk.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep files of notice %s: %w", id, err)
		}
		if err := disk.SyncFolder(filepath.Join(b.cfg.Dir, kind)); err != nil {
			return fmt.Errorf("keep files of notice %s: %w", id, err)
		}
	}
	if err := os.Remove(b.incoming(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep files of notice %s: %w", id, err)
	}
	return nil
}

func (b *Box) recover(ctx context.Context) error {
	es, err := os.ReadDir(filepath.Join(b.cfg.Dir, "incoming"))
	if err != nil {
		return err
	}
	for _, e := range es {
		id, n := ID(e.Name()), 0
		if err := b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT count(*) FROM notice WHERE id = $1`, string(id)).Scan(&n)
		}); err != nil {
			return err
		}
		if n == 1 {
			if err := b.settle(id); err != nil {
				return err
			}
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			if err := os.RemoveAll(b.incoming(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// write puts a file of a notice into incoming, synced.
func (b *Box) write(kind string, id ID, name string, content []byte) error {
	dir := filepath.Join(b.incoming(id), kind)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncIncoming makes the names of the files durable too.
func (b *Box) syncIncoming(id ID) error {
	for _, d := range []string{filepath.Join(b.incoming(id), "sealed"), filepath.Join(b.incoming(id), "working"),
		b.incoming(id), filepath.Join(b.cfg.Dir, "incoming")} {
		if err := disk.SyncFolder(d); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reserve takes room for a file. No file may take more than an eighth of what is left, so
// that small ones find room for as long as there is any.
func (b *Box) reserve(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > (b.cfg.Limits.Room-b.used)/8 {
		return false
	}
	b.used += n
	return true
}

func (b *Box) release(n int64) {
	b.mu.Lock()
	b.used -= n
	b.mu.Unlock()
}
