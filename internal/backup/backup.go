// Package backup writes everything that a server needs into one file while the server works, and
// puts it back whole or not at all.
//
// A backup is a zip. Its members are the database (a SQLite file, or the copy of a PostgreSQL
// database), the files of the state folder beneath "state/", the keys beneath an age passphrase as
// "keys.age", and at the end "backup.json", which names every member with its size and SHA-256. The
// published tree of the ledger is not a member: the server publishes it anew from its database. Its time
// stamps are: nobody can make them again.
//
// Order makes it consistent: the checkpoint that the ledger remembers is read before the database,
// so that it is never newer; originals, custody logs and notices are read after it, so that what the
// database names is there.
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"plimsoll/internal/disk"
	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/store"
)

const (
	format       = 1
	manifestName = "backup.json"
	databaseName = "database"
	keysName     = "keys.age"
	stateName    = "state/"
	zipHead      = "PK\x03\x04" // of the first member
)

// masterPath is where the master key of evidence and notices lies, or is put by a restore.
const masterPath = "evidence/keys/master"

// keyFiles are the secrets in a state folder, and what does not work without each.
var keyFiles = []struct{ path, use string }{
	{"ledger/key", "the key of the ledger: without it the server does not start"},
	{"access/key", "the key that signs access snapshots: replicas have to be given a new one"},
	{masterPath, "the master key of evidence and notices: without it originals, working copies and the words of " +
		"notices cannot be read"},
	{"access/tokens", "the tokens of those who ask the access door: new ones have to be handed out"},
}

// A Manifest says what a backup holds.
type Manifest struct {
	Format   int       `json:"format"`
	Made     time.Time `json:"made"`
	Database string    `json:"database"` // "sqlite" or "postgres"
	State    bool      `json:"state"`    // the state folder is part of it
	Keys     []string  `json:"keys"`     // key files that are in keys.age
	LeftOut  []string  `json:"left_out"` // key files that exist and are not in it
	NotTaken []string  `json:"not_taken,omitempty"`
	Members  []Member  `json:"members"`
}

// A Member is one file of a backup.
type Member struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Options say what is backed up.
type Options struct {
	DB         *store.Store
	Postgres   bool
	State      string // state folder of the server; "": the database alone
	Passphrase string // of the keys; "": they stay out
	KeyFile    string // of the master key; "": in the state folder
	Now        func() time.Time
}

// Write writes a backup to a file that is not there yet. The file is complete and on disk when Write
// returns, or it is not there.
func Write(ctx context.Context, file string, o Options) (m *Manifest, err error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("back up to %s: the file is there already", file)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".backup-*.part")
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	defer os.Remove(f.Name())
	w := &writer{ctx: ctx, z: zip.NewWriter(f), o: o, had: map[string]bool{}}
	err = w.all(filepath.Dir(file))
	if err == nil {
		err = w.z.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("back up to %s: %w", file, errors.Join(err, f.Close()))
	}
	if err := disk.Settle(f, 0o600, file); err != nil {
		return nil, fmt.Errorf("back up to %s: %w", file, err)
	}
	return &w.m, nil
}

type writer struct {
	ctx context.Context
	z   *zip.Writer
	o   Options
	m   Manifest
	had map[string]bool
}

func (w *writer) all(scratch string) error {
	w.m = Manifest{Format: format, Made: w.o.Now().UTC().Truncate(time.Second), Database: "sqlite",
		State: w.o.State != ""}
	if w.o.Postgres {
		w.m.Database = "postgres"
	}
	if w.m.State {
		if err := w.file("ledger/remembered"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Before the database, too: no time stamp is of more leaves than that holds.
		if err := w.folder(filepath.Join("ledger", "log", timestamp.Dir)); err != nil {
			return err
		}
	}
	if err := w.database(scratch); err != nil {
		return err
	}
	if w.m.State {
		if err := w.state(); err != nil {
			return err
		}
		if err := w.keys(); err != nil {
			return err
		}
	}
	out, err := w.z.Create(manifestName)
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(w.m)
}

// database adds one moment of the database, by way of a file beside the backup.
func (w *writer) database(scratch string) error {
	dir, err := os.MkdirTemp(scratch, ".backup-*.part")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, databaseName)
	if err := w.o.DB.Backup(w.ctx, path); err != nil {
		return err
	}
	return w.member(databaseName, path, zip.Deflate, false)
}

// state adds the files of the state folder.
func (w *writer) state() error {
	entries, err := os.ReadDir(w.o.State)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "origin":
			err = w.file(name)
		case name == "evidence" && e.IsDir():
			err = w.evidence()
		case name == "notices" && e.IsDir():
			// A notice moves from incoming to the others: so it is in one of them at least. A working copy that is
			// encrypted at this moment goes under another name: so the names are read twice.
			for _, d := range []string{"incoming", "sealed", "working", "working", "keys"} {
				err = errors.Join(err, w.folder(filepath.Join("notices", d)))
			}
		case name == "access" && e.IsDir():
			err = w.folder("access")
		case name == "ledger" && e.IsDir(), strings.HasPrefix(name, "plimsoll.db"), strings.HasPrefix(name, "."):
		default:
			w.m.NotTaken = append(w.m.NotTaken, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// evidence adds originals, working copies and custody logs. Nobody may change a log while the logs are
// read, so that every original that a log holds is part of the backup.
func (w *writer) evidence() error {
	for _, d := range []string{"originals", "working"} {
		if err := w.folder(filepath.Join("evidence", d)); err != nil {
			return err
		}
	}
	return evidence.Still(filepath.Join(w.o.State, "evidence"), func() error {
		for _, d := range []string{"custody", "keys", "originals", "working"} {
			if err := w.folder(filepath.Join("evidence", d)); err != nil {
				return err
			}
		}
		if err := w.file("evidence/version"); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// skip reports whether a file of a folder is no part of a backup: keys, which go beneath a passphrase,
// locks, and files on their way.
func skip(path string) bool {
	base := filepath.Base(path)
	if base == "lock" || strings.HasPrefix(base, ".") {
		return true
	}
	for _, k := range keyFiles {
		if path == k.path {
			return true
		}
	}
	return false
}

// folder adds the files beneath a folder of the state, but for those it has. Files that go away
// meanwhile were erased or put elsewhere by the server.
func (w *writer) folder(rel string) error {
	root := filepath.Join(w.o.State, rel)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		in, err := filepath.Rel(w.o.State, path)
		if err != nil {
			return err
		}
		in = filepath.ToSlash(in)
		switch {
		case d.IsDir():
		case !d.Type().IsRegular():
			w.m.NotTaken = append(w.m.NotTaken, in)
		case skip(in) || w.had[in]:
		default:
			if err := w.file(in); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	})
}

// file adds one file of the state folder.
func (w *writer) file(rel string) error {
	method := zip.Deflate
	if strings.HasPrefix(rel, "evidence/originals/") || strings.HasPrefix(rel, "notices/") {
		method = zip.Store // mostly pictures, PDF and sealed bytes
	}
	lines := strings.HasSuffix(rel, ".jsonl") || strings.Contains(rel, ".jsonl.")
	err := w.member(stateName+rel, filepath.Join(w.o.State, filepath.FromSlash(rel)), method, lines)
	if err == nil {
		w.had[rel] = true
	}
	return err
}

// member adds a file. Of a file of lines that somebody may be appending to, whole lines only are taken.
func (w *writer) member(name, path string, method uint16, lines bool) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if lines {
		if size, err = wholeLines(in, size); err != nil {
			return err
		}
	}
	out, err := w.z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: w.m.Made})
	if err != nil {
		return err
	}
	s := &summed{r: io.NewSectionReader(in, 0, size), h: sha256.New(), ctx: w.ctx}
	n, err := io.Copy(out, s)
	if err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	w.m.Members = append(w.m.Members, Member{Path: name, Bytes: n, SHA256: s.sum()})
	return nil
}

// wholeLines returns the size of a file up to the end of its last whole line.
func wholeLines(f io.ReaderAt, size int64) (int64, error) {
	b := make([]byte, 64<<10)
	for end := size; end > 0; {
		n := min(end, int64(len(b)))
		if _, err := f.ReadAt(b[:n], end-n); err != nil {
			return 0, err
		}
		for i := n - 1; i >= 0; i-- {
			if b[i] == '\n' {
				return end - n + i + 1, nil
			}
		}
		end -= n
	}
	return 0, nil
}

// keys adds the key files beneath the passphrase, or names them as left out.
func (w *writer) keys() error {
	var files []Member
	text := map[string][]byte{}
	for _, k := range keyFiles {
		path := filepath.Join(w.o.State, filepath.FromSlash(k.path))
		if k.path == masterPath && w.o.KeyFile != "" {
			path = w.o.KeyFile
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		files, text[k.path] = append(files, Member{Path: k.path}), b
	}
	for _, f := range files {
		if w.o.Passphrase == "" {
			w.m.LeftOut = append(w.m.LeftOut, f.Path)
		} else {
			w.m.Keys = append(w.m.Keys, f.Path)
		}
	}
	if len(w.m.Keys) == 0 {
		return nil
	}
	to, err := age.NewScryptRecipient(w.o.Passphrase)
	if err != nil {
		return fmt.Errorf("seal keys: %w", err)
	}
	out, err := w.z.Create(keysName)
	if err != nil {
		return err
	}
	h := sha256.New()
	count := &counted{w: io.MultiWriter(out, h)}
	sealed, err := age.Encrypt(count, to)
	if err != nil {
		return fmt.Errorf("seal keys: %w", err)
	}
	if err := errors.Join(json.NewEncoder(sealed).Encode(text), sealed.Close()); err != nil {
		return fmt.Errorf("seal keys: %w", err)
	}
	w.m.Members = append(w.m.Members, Member{Path: keysName, Bytes: count.n, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

// A summed reader knows the SHA-256 of what was read, and ends with its context.
type summed struct {
	ctx context.Context
	r   io.Reader
	h   hash.Hash
}

func (s *summed) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	return n, err
}

func (s *summed) sum() string { return hex.EncodeToString(s.h.Sum(nil)) }

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Use returns what does not work without a key file.
func Use(path string) string {
	for _, k := range keyFiles {
		if k.path == path {
			return k.use
		}
	}
	return ""
}

// Has reports whether a file is a backup of this package, and not the copy of a database alone. A zip that is cut off
// is an error.
func Has(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	head := make([]byte, len(zipHead))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != zipHead {
		return false, nil
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		return false, fmt.Errorf("restore %s: it is not whole: %w", file, err)
	}
	defer z.Close()
	return slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == manifestName }), nil
}
