package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/lockedfile"

	"plimsoll/internal/disk"
	"plimsoll/internal/keyring"
)

// version is written into a new store, so that a later program knows what it finds.
const version = "plimsoll evidence 1\n"

// A Store is a folder of evidence. Many programs may use one at a time: whatever changes it
// holds its lock. Its methods may be called by many goroutines.
type Store struct {
	Now    func() time.Time
	Limits Limits

	dir  string
	lock *lockedfile.Mutex
	keys *keyring.Ring // nil: nothing is encrypted

	mu   sync.Mutex         // guards logs; held, like lock, while files are written
	logs map[string]*caseAt // what was read of the logs, by case
	pdf  reader
}

// A caseAt is a log as it was read. It is read again when its size or time is another.
type caseAt struct {
	c    *Case
	size int64
	mod  time.Time
}

// Open opens the store in a folder, and makes it when there is none. What a new store takes in is in the clear.
func Open(dir string) (*Store, error) { return OpenUnder(dir, Keys{Plain: true}) }

// OpenUnder does the same, and encrypts what is taken in under keys.
func OpenUnder(dir string, k Keys) (*Store, error) {
	s := &Store{Now: time.Now, Limits: DefaultLimits, dir: dir, lock: lockedfile.MutexAt(filepath.Join(dir, "lock")),
		logs: map[string]*caseAt{}}
	for _, d := range []string{"", "originals", "working", "custody", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("open evidence: %w", err)
		}
	}
	unlock, err := s.lock.Lock()
	if err != nil {
		return nil, fmt.Errorf("lock evidence: %w", err)
	}
	defer unlock()
	at := filepath.Join(dir, "version")
	b, err := os.ReadFile(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := writeWhole(at, []byte(version), 0o444); err != nil {
			return nil, fmt.Errorf("open evidence: %w", err)
		}
		for _, d := range []string{dir, filepath.Dir(filepath.Clean(dir))} {
			if err := disk.SyncFolder(d); err != nil {
				return nil, fmt.Errorf("open evidence: %w", err)
			}
		}
	case err != nil:
		return nil, fmt.Errorf("open evidence: %w", err)
	case string(b) != version:
		return nil, fmt.Errorf("open evidence: %s holds %q; this program knows %q", dir, clean(string(b), 60),
			strings.TrimSpace(version))
	}
	if err := s.openKeys(k); err != nil {
		return nil, fmt.Errorf("open evidence: %w", err)
	}
	if err := s.Sweep(); err != nil {
		return nil, fmt.Errorf("open evidence: %w", err)
	}
	return s, nil
}

// Close frees what reading PDF files needed.
func (s *Store) Close() { s.pdf.close() }

// How long a temporary file may lie untouched before it belongs to a program that was killed. What is about to leave
// the store is in the clear, and no answer of a server takes longer than ten minutes.
const (
	tmpLife = 24 * time.Hour
	outLife = 20 * time.Minute
)

// Sweep removes temporary files of programs that were killed. A server calls it now and then.
func (s *Store) Sweep() error {
	es, err := os.ReadDir(filepath.Join(s.dir, "tmp"))
	if err != nil {
		return fmt.Errorf("remove temporary files of evidence: %w", err)
	}
	for _, e := range es {
		life := tmpLife
		if strings.HasPrefix(e.Name(), outName) {
			life = outLife
		}
		if info, ierr := e.Info(); ierr == nil && s.Now().Sub(info.ModTime()) > life {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, "tmp", e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("remove temporary files of evidence: %w", err)
	}
	return nil
}

// Original is the path of an original, for reading only.
func (s *Store) original(sum string) string {
	return filepath.Join(s.dir, "originals", sum[:2], sum)
}

// Has reports whether the file of an original is there, whatever it holds.
func (s *Store) Has(sum string) bool {
	if !isSum(sum) {
		return false
	}
	for _, end := range []string{"", cipherEnd} {
		if _, err := os.Lstat(s.original(sum) + end); err == nil {
			return true
		}
	}
	return false
}

func (s *Store) working(sum string) string {
	return filepath.Join(s.dir, "working", sum[:2], sum)
}

func (s *Store) custody(name string) string {
	return filepath.Join(s.dir, "custody", name+".jsonl")
}

// Cases returns the names of all cases, sorted.
func (s *Store) Cases() ([]string, error) {
	es, err := os.ReadDir(filepath.Join(s.dir, "custody"))
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	var out []string
	for _, e := range es {
		if name, ok := strings.CutSuffix(e.Name(), ".jsonl"); ok && validCase(name) == nil {
			out = append(out, name)
		}
	}
	return out, nil
}

// Case reads a case. A case without events is empty, not an error.
func (s *Store) Case(name string) (*Case, error) {
	return s.Events(name, nil)
}

// Events calls each for every event of a case, with its line, and returns the case.
func (s *Store) Events(name string, each func(Event, []byte) error) (*Case, error) {
	if err := validCase(name); err != nil {
		return nil, err
	}
	f, err := os.Open(s.custody(name))
	if errors.Is(err, fs.ErrNotExist) {
		return &Case{Name: name}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read custody of %s: %w", name, err)
	}
	defer f.Close()
	c, _, err := readLog(f, each)
	if err != nil {
		return nil, fmt.Errorf("read custody of %s: %w: %w", name, ErrDamaged, err)
	}
	if c.Name != "" && c.Name != name {
		return nil, fmt.Errorf("read custody of %s: %w: its events are of case %q", name, ErrDamaged, c.Name)
	}
	c.Name = name
	return c, nil
}

// write runs do while nobody else changes the store. do sees the case as it is and returns
// the events to append, none when nothing is to be done; they are durable on return. Then,
// still alone, after is run when it is not nil.
func (s *Store) write(w Warrant, do func(*Case) ([]Event, error), after func() error) (err error) {
	if err := w.Valid(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock.Lock()
	if err != nil {
		return fmt.Errorf("lock evidence: %w", err)
	}
	defer unlock()
	f, at, err := s.tail(w.Case)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	es, err := do(at.c)
	if err != nil || len(es) == 0 {
		return err
	}
	delete(s.logs, w.Case) // until all is written, nothing is known
	for _, e := range es {
		e.Seq, e.Prev = at.c.Events+1, at.c.Head
		e.Case, e.Actor, e.Reason = w.Case, clean(w.Actor, 4000), clean(w.Reason, 4000)
		now := s.Now().UTC().Truncate(time.Microsecond)
		if now.Before(at.c.last) { // the clock was set back: the order of the log holds
			now = at.c.last
		}
		e.Time = now.Format(timeLayout)
		line, err := e.encode()
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Action, err)
		}
		if err := at.c.apply(e, line); err != nil {
			return fmt.Errorf("record %s: %w", e.Action, err)
		}
		n, err := f.Write(append(line, '\n'))
		at.size += int64(n)
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Action, err)
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("record custody of %s: %w", w.Case, err)
	}
	if info, err := f.Stat(); err == nil && info.Size() == at.size {
		at.mod = info.ModTime()
		s.logs[w.Case] = at
	}
	if after != nil {
		return after()
	}
	return nil
}

// tail opens the log of a case for appending and brings what is known of it up to date. A
// line that was half-written when a machine stopped is set aside.
func (s *Store) tail(name string) (f *os.File, at *caseAt, err error) {
	path := s.custody(name)
	f, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open custody of %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("open custody of %s: %w", name, err)
	}
	if at = s.logs[name]; at != nil && at.size == info.Size() && at.mod.Equal(info.ModTime()) {
		return f, at, nil
	}
	c, whole, err := readLog(f, nil)
	if err == nil && c.Name != "" && c.Name != name {
		err = fmt.Errorf("its events are of case %q", c.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read custody of %s: %w: %w", name, ErrDamaged, err)
	}
	if whole < info.Size() {
		if err := setAside(f, path, whole, info.Size()); err != nil {
			return nil, nil, fmt.Errorf("mend custody of %s: %w", name, err)
		}
	}
	if info.Size() == 0 {
		if err := disk.SyncFolder(filepath.Dir(path)); err != nil {
			return nil, nil, fmt.Errorf("open custody of %s: %w", name, err)
		}
	}
	c.Name = name
	return f, &caseAt{c: c, size: whole}, nil
}

// setAside moves the torn end of a log to a file of its own and cuts it off.
func setAside(f *os.File, path string, whole, size int64) error {
	torn, err := io.ReadAll(io.NewSectionReader(f, whole, size-whole))
	if err != nil {
		return err
	}
	t, err := os.OpenFile(path+".torn", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = t.Write(append(torn, '\n'))
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return err
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	return f.Sync()
}

// A draft is content on its way in: hashed, synced, not yet an original.
type draft struct {
	path string
	sum  string
	size int64
	key  *age.X25519Identity // that it is encrypted to; nil: it is in the clear
}

func (s *Store) draft(ctx context.Context, r io.Reader) (d draft, err error) {
	f, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "in-*")
	if err != nil {
		return d, err
	}
	d.path = f.Name()
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(d.path)
		}
	}()
	h := sha256.New()
	var out io.Writer = f
	var sealed io.WriteCloser
	if s.keys != nil {
		if d.key, err = age.GenerateX25519Identity(); err != nil {
			return d, err
		}
		if sealed, err = age.Encrypt(f, d.key.Recipient()); err != nil {
			return d, err
		}
		out = sealed
	}
	if d.size, err = io.Copy(io.MultiWriter(out, h), readerCtx{ctx, r}); err != nil {
		return d, err
	}
	if sealed != nil {
		if err = sealed.Close(); err != nil {
			return d, err
		}
	}
	if err = f.Chmod(0o400); err != nil {
		return d, err
	}
	if err = f.Sync(); err != nil {
		return d, err
	}
	d.sum = hex.EncodeToString(h.Sum(nil))
	return d, f.Close()
}

// place makes an original of a draft. The caller holds the lock. An original that is there
// already is read again: a new custody event must not vouch for a damaged file.
func (s *Store) place(ctx context.Context, name string, d draft) error {
	there, err := s.again(ctx, name, d)
	if err != nil || there {
		return err
	}
	return s.settle(name, s.original(d.sum), d)
}

// holders returns the other cases in which an item is kept.
func (s *Store) holders(sum, but string) ([]string, error) {
	names, err := s.Cases()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range slices.DeleteFunc(names, func(n string) bool { return n == but }) {
		c, err := s.Case(n)
		if err != nil {
			return nil, err
		}
		if i := c.bySum[sum]; i != nil && i.Deleted == nil {
			out = append(out, n)
		}
	}
	return out, nil
}

// readerCtx stops reading when its context ends.
type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// writeWhole writes a file so that it is there whole or not at all. The caller syncs the folder.
func writeWhole(path string, b []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err != nil {
		return err
	}
	if err = f.Chmod(mode); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return disk.Rename(f.Name(), path)
}

// Still runs do while nobody changes the evidence in a folder. A folder that no program has opened yet has no version:
// nobody changes it, and it gets no lock.
func Still(dir string, do func() error) error {
	switch _, err := os.Lstat(filepath.Join(dir, "version")); {
	case errors.Is(err, fs.ErrNotExist):
		return do()
	case err != nil:
		return fmt.Errorf("lock evidence: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return fmt.Errorf("lock evidence: %w", err)
	}
	defer unlock()
	return do()
}
