package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// RotationSubject is under which the leaves about the key of a log, or of another part of a server, are found.
func RotationSubject(part string) string { return "key/" + part }

// Parts of a server whose keys are followed by statements.
const (
	OwnKey    = "ledger"
	AccessKey = "access"
)

// MasterKey is the part whose key encrypts: its leaves name public halves alone.
const MasterKey = "master"

// nextEnd is how the file of a key that is not in use yet ends.
const nextEnd = ".next"

// Rotations reads the statements about the keys of a part, oldest first. The database holds them as leaves.
func Rotations(ctx context.Context, tx *sql.Tx, part string) (text []byte, rs []format.Rotation, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT o.value FROM ledger_leaf l JOIN ledger_opening o ON o.id = l.id AND o.name = $1
WHERE l.subject = $2 AND l.kind = $3 AND o.erased = '' ORDER BY l.queued`, FieldContent, RotationSubject(part),
		KeyRotation)
	if err != nil {
		return nil, nil, fmt.Errorf("read rotations of keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, nil, fmt.Errorf("read rotations of keys: %w", err)
		}
		text = append(text, b...)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read rotations of keys: %w", err)
	}
	if rs, err = format.ParseRotations(text); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return text, rs, nil
}

// UseNewest makes sure that the file of a part's key holds the newest one that the database knows of: it finishes a
// rotation that was stopped before the new key came into use. It returns the rotations and their text.
func UseNewest(ctx context.Context, db Store, part, path string) (text []byte, rs []format.Rotation, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) (err error) {
		text, rs, err = Rotations(ctx, tx, part)
		return err
	})
	if err != nil || len(rs) == 0 {
		return nil, nil, err
	}
	newest := rs[len(rs)-1]
	held, err := vkeyIn(path)
	if err != nil || held == newest.New {
		return text, rs, err
	}
	if next, err := vkeyIn(path + nextEnd); err != nil && !errors.Is(err, os.ErrNotExist) || next != newest.New {
		if held, err := vkeyIn(path); err == nil && held == newest.New {
			return text, rs, nil // another program put it there meanwhile
		}
		return nil, nil, errors.Join(err, fmt.Errorf("%w: since %s it is %s, and %s holds %s; put the newest key "+
			"file there", ErrKey,
			newest.At.Format(time.DateOnly), newest.New, path, held))
	}
	if err := useNext(path); err != nil {
		if held, again := vkeyIn(path); again != nil || held != newest.New { // else another program was faster
			return nil, nil, err
		}
	}
	return text, rs, nil
}

// vkeyIn is the public key of the secret in the first line of a file.
func vkeyIn(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	secret, _, _ := strings.Cut(string(b), "\n")
	vkey, err := format.VKeyOf(strings.TrimSpace(secret))
	if err != nil {
		return "", fmt.Errorf("read key %s: %w", path, err)
	}
	return vkey, nil
}

// Succeed has the keys that a log had before count for what they signed.
func (k *Key) Succeed(rs []format.Rotation) (*Key, error) {
	with := *k
	var err error
	with.verifier, err = format.Succeed(k.verifier, rs)
	return &with, err
}

// useNext puts the new key in the place of the old one, which is gone with that.
func useNext(path string) error {
	if err := disk.Move(path+nextEnd, path); err != nil {
		return fmt.Errorf("use the new key: %w", err)
	}
	return nil
}

// A Change is a key that is to be replaced: that of a part, in a file. Upto reads how far the old one has signed.
type Change struct {
	Part, Path, Actor string
	Upto              func(context.Context, *sql.Tx) (int64, error)
	// Also, when set, runs in the transaction of the change, with the new key and those that came before it.
	Also func(ctx context.Context, tx *sql.Tx, next *Key) error
}

// Size reads how many leaves the key of the log has signed.
func Size(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT size FROM ledger_log WHERE name = 'log'`).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// Rotate puts a new key in the place of another one. Both sign a statement of it, which is a leaf of the log. No server
// may be at work meanwhile: ErrNotElected. The old key counts for what it has signed, and is gone.
func (s *Sequencer) Rotate(ctx context.Context, c Change) (r format.Rotation, err error) {
	defer s.Close()
	if err := s.own(); err != nil {
		return r, err
	}
	b, err := os.ReadFile(c.Path)
	if err != nil {
		return r, fmt.Errorf("read key: %w", err)
	}
	line := strings.Fields(string(b))
	if len(line) == 0 {
		return r, fmt.Errorf("read key %s: it is empty", c.Path)
	}
	old, err := note.NewSigner(line[0])
	if err != nil {
		return r, fmt.Errorf("read key %s: the secret cannot be read", c.Path)
	}
	secret, vkey, err := GenerateKey(old.Name())
	if err != nil {
		return r, err
	}
	next, err := note.NewSigner(secret)
	if err != nil {
		return r, err
	}
	r = format.Rotation{Name: old.Name(), At: s.Now().UTC().Truncate(time.Microsecond), New: vkey}
	if r.Old, err = format.VKeyOf(line[0]); err != nil {
		return r, err
	}
	text := secret + "\n"
	if len(line) > 1 { // a file that holds the public key, too
		text += vkey + "\n"
	}
	if err := errors.Join(writeFile(c.Path+nextEnd, []byte(text), 0o600), disk.SyncFolder(filepath.Dir(c.Path))); err != nil {
		return r, fmt.Errorf("keep the new key: %w", err)
	}
	if err := s.Store.Write(ctx, func(tx *sql.Tx) error { return s.record(ctx, tx, c, &r, old, next) }); err != nil {
		return r, fmt.Errorf("rotate key: %w", err)
	}
	if err := useNext(c.Path); err != nil {
		if held, again := vkeyIn(c.Path); again != nil || held != r.New { // else a program that opened it was faster
			return r, err
		}
	}
	return r, nil
}

// own takes the lock of the folder, unless it is ours.
func (s *Sequencer) own() (err error) {
	if s.folder == nil {
		s.folder, err = lockFolder(s.Dir)
	}
	return err
}

// Alone runs a transaction while no server is at work, and none starts until Close: ErrNotElected.
func (s *Sequencer) Alone(ctx context.Context, do func(*sql.Tx) error) error {
	if err := s.own(); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *sql.Tx) error {
		if err := s.exclude(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

// exclude keeps every sequencer out, of this machine and others.
func (s *Sequencer) exclude(ctx context.Context, tx *sql.Tx) error {
	q, err := tx.ExecContext(ctx,
		`UPDATE ledger_log SET epoch = epoch + 1, lease = 0 WHERE name = 'log' AND (lease < $1 OR folder = $2)`,
		s.Now().UnixMilli(), s.folder.id)
	if err != nil {
		return err
	}
	free, err := q.RowsAffected()
	if err != nil {
		return err
	}
	var logs int64
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM ledger_log WHERE name = 'log'`).Scan(&logs); err != nil {
		return err
	}
	if free != logs {
		return ErrNotElected
	}
	return nil
}

// record keeps every sequencer out and writes the leaf of a rotation.
func (s *Sequencer) record(ctx context.Context, tx *sql.Tx, c Change, r *format.Rotation, old, next note.Signer) (
	err error) {
	if err := s.exclude(ctx, tx); err != nil {
		return err
	}
	if r.Upto, err = c.Upto(ctx, tx); err != nil {
		return err
	}
	statement, err := r.Sign(old, next)
	if err != nil {
		return err
	}
	_, err = Writer{Now: s.Now}.Append(ctx, tx, Entry{Kind: KeyRotation, Subject: RotationSubject(c.Part),
		Actor: c.Actor, Content: statement})
	if err != nil || c.Also == nil {
		return err
	}
	_, rs, err := Rotations(ctx, tx, c.Part)
	if err != nil {
		return err
	}
	v, err := format.Verifier(r.New)
	if err != nil {
		return err
	}
	k, err := (&Key{signer: next, verifier: v, vkey: r.New}).Succeed(rs)
	if err != nil {
		return err
	}
	return c.Also(ctx, tx, k)
}

// PublishRotations writes the statements about a key into a folder that others read.
func PublishRotations(text []byte, dir string) error {
	path := filepath.Join(dir, format.RotationsPath)
	if had, err := os.ReadFile(path); len(text) == 0 || err == nil && bytes.Equal(had, text) {
		return nil
	}
	// Several programs that open one ledger may do so at once: each writes a file of its own first.
	f, err := os.CreateTemp(dir, ".rotations-*")
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(dir, 0o755); err == nil {
			f, err = os.CreateTemp(dir, ".rotations-*")
		}
	}
	if err == nil {
		defer os.Remove(f.Name())
		if _, err = f.Write(text); err != nil {
			err = errors.Join(err, f.Close())
		} else {
			err = disk.Settle(f, 0o644, path)
		}
	}
	if err != nil {
		return fmt.Errorf("publish rotations of keys: %w", err)
	}
	return disk.SyncFolder(dir)
}

// newestKey refuses a sequencer whose key was replaced while it was at work elsewhere.
func (s *Sequencer) newestKey(ctx context.Context, tx *sql.Tx) error {
	_, rs, err := Rotations(ctx, tx, OwnKey)
	if err != nil || len(rs) == 0 || rs[len(rs)-1].New == s.Key.vkey {
		return err
	}
	return fmt.Errorf("%w, %s: start this server again with the newest key file", ErrKey, rs[len(rs)-1].New)
}

// Trusted reads a public key, which rotations may follow in the same text, one after the other.
func Trusted(text string) (note.Verifier, error) {
	vkey, rest, _ := strings.Cut(strings.TrimLeft(text, "\n "), "\n")
	v, err := format.Verifier(vkey)
	if err != nil || strings.TrimSpace(rest) == "" {
		return v, err
	}
	rs, err := format.ParseRotations([]byte(strings.TrimLeft(rest, "\n")))
	if err != nil {
		return nil, err
	}
	return format.Succeed(v, slices.Clip(rs))
}
