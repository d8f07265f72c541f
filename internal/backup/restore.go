package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"plimsoll/internal/disk"
	"plimsoll/internal/store"
)

// ErrPassphrase says that the keys of a backup need a passphrase, or another one.
var ErrPassphrase = errors.New("the keys of this backup open with the passphrase that it was made with")

// maxKeys bounds the text of all keys of a backup, in bytes.
const maxKeys = 64 << 20

// Restored says what a restore put in place.
type Restored struct {
	Manifest Manifest
	Keys     bool // the keys were put in place
}

// Restore puts a backup into an empty place: the database to an address, the files to a state folder.
// Every member is compared with the size and sum that the backup states before anything is put in
// place; what is not whole is refused.
func Restore(ctx context.Context, file, address, state, passphrase string) (r *Restored, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("restore %s: it is not whole: %w", file, err)
	}
	defer z.Close()
	r, err = restore(ctx, &z.Reader, address, state, passphrase)
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", file, err)
	}
	return r, nil
}

func restore(ctx context.Context, z *zip.Reader, address, state, passphrase string) (*Restored, error) {
	m, members, err := readManifest(z)
	if err != nil {
		return nil, err
	}
	if kind, _, _ := strings.Cut(address, ":"); strings.HasPrefix(kind, "sqlite") != (m.Database == "sqlite") {
		return nil, fmt.Errorf("it is of a %s database", m.Database)
	}
	if m.State && state == "" {
		return nil, errors.New("it holds the state folder of the server: give --state DIR")
	}
	dir, err := scratch(state, address)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, f := range m.Members {
		if err := extract(ctx, members[f.Path], f, dir); err != nil {
			return nil, err
		}
	}
	r := &Restored{Manifest: *m}
	if r.Keys, err = openKeys(m, dir, passphrase); err != nil {
		return nil, err
	}
	if err := arrange(dir); err != nil {
		return nil, err
	}
	// The database comes last: a folder without one does not start as if it were whole.
	if m.State {
		if err := place(filepath.Join(dir, "state"), state); err != nil {
			return nil, err
		}
	}
	if err := store.Restore(ctx, filepath.Join(dir, databaseName), address); err != nil {
		if m.State {
			err = errors.Join(err, unplace(state))
		}
		return nil, err
	}
	return r, nil
}

// readManifest reads what a backup holds, and refuses one whose members are others.
func readManifest(z *zip.Reader) (*Manifest, map[string]*zip.File, error) {
	members := map[string]*zip.File{}
	for _, f := range z.File {
		if members[f.Name] != nil {
			return nil, nil, fmt.Errorf("it holds %q twice", f.Name)
		}
		members[f.Name] = f
	}
	head := members[manifestName]
	if head == nil {
		return nil, nil, fmt.Errorf("it is not whole: %s is missing", manifestName)
	}
	in, err := head.Open()
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	var m Manifest
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", manifestName, err)
	}
	if m.Format != format {
		return nil, nil, fmt.Errorf("it is of format %d; this program knows %d", m.Format, format)
	}
	delete(members, manifestName)
	for _, f := range m.Members {
		switch {
		case members[f.Path] == nil:
			return nil, nil, fmt.Errorf("it is not whole: %s is missing", f.Path)
		case !filepath.IsLocal(filepath.FromSlash(f.Path)):
			return nil, nil, fmt.Errorf("%q is no path inside a backup", f.Path)
		case f.Path != databaseName && f.Path != keysName && !inState(f.Path):
			return nil, nil, fmt.Errorf("%q does not belong into a backup", f.Path)
		}
	}
	if len(members) != len(m.Members) {
		return nil, nil, fmt.Errorf("it holds %d files; its manifest names %d", len(members), len(m.Members))
	}
	if !slices.ContainsFunc(m.Members, func(f Member) bool { return f.Path == databaseName }) {
		return nil, nil, errors.New("it is not whole: the database is missing")
	}
	return &m, members, nil
}

// places are what a restore puts into a state folder.
var places = []string{"origin", "evidence", "notices", "access", "ledger"}

// inState reports whether a member is of a file that a state folder holds.
func inState(path string) bool {
	rel, ok := strings.CutPrefix(path, stateName)
	top, _, _ := strings.Cut(rel, "/")
	return ok && slices.Contains(places, top)
}

// scratchName is the pattern of the folder into which a backup is unpacked.
const scratchName = ".plimsoll-restore-*"

// scratch makes a folder on the disk of the state folder, and refuses a state folder in use.
func scratch(state, address string) (string, error) {
	base := state
	if base == "" {
		if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
			base = filepath.Dir(strings.TrimPrefix(path, "//"))
		} else {
			return os.MkdirTemp("", scratchName)
		}
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		return "", err
	}
	var killed []string // what restores left that did not end
	for _, e := range entries {
		if ok, _ := filepath.Match(scratchName, e.Name()); ok {
			killed = append(killed, e.Name())
		}
	}
	for _, p := range append([]string{"plimsoll.db"}, places...) {
		switch _, err := os.Lstat(filepath.Join(base, p)); {
		case err != nil:
		case len(killed) > 0:
			return "", fmt.Errorf("%s: %w, and beside it lies %s of a restore that did not end: when nothing was "+
				"written here since, delete both and restore again", filepath.Join(base, p), store.ErrNotEmpty,
				killed[0])
		default:
			return "", fmt.Errorf("%s: %w", filepath.Join(base, p), store.ErrNotEmpty)
		}
	}
	for _, name := range killed {
		err = errors.Join(err, os.RemoveAll(filepath.Join(base, name)))
	}
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(base, scratchName)
}

// extract writes a member beneath a folder, and compares it with its size and sum.
func extract(ctx context.Context, f *zip.File, want Member, dir string) error {
	if int64(f.UncompressedSize64) != want.Bytes { // #nosec: a size above the range of int64 is another one too
		return fmt.Errorf("%s is damaged: it has %d bytes, its manifest says %d", f.Name, f.UncompressedSize64,
			want.Bytes)
	}
	path := filepath.Join(dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s := &summed{r: in, h: sha256.New(), ctx: ctx}
	_, err = io.Copy(out, s)
	var onDisk *fs.PathError
	if err = errors.Join(err, out.Sync(), out.Close()); errors.As(err, &onDisk) || ctx.Err() != nil {
		return fmt.Errorf("unpack %s: %w", f.Name, err)
	}
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", f.Name, err)
	}
	if s.sum() != want.SHA256 {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, its manifest says %s", f.Name, s.sum(), want.SHA256)
	}
	return nil
}

// openKeys puts the keys where they belong, when a passphrase is given. A wrong one is an error.
func openKeys(m *Manifest, dir, passphrase string) (bool, error) {
	if len(m.Keys) == 0 || passphrase == "" {
		return false, nil
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return false, fmt.Errorf("open keys: %w", err)
	}
	f, err := os.Open(filepath.Join(dir, keysName))
	if err != nil {
		return false, err
	}
	defer f.Close()
	in, err := age.Decrypt(f, id)
	if err != nil {
		return false, ErrPassphrase
	}
	text := map[string][]byte{}
	if err := json.NewDecoder(io.LimitReader(in, maxKeys)).Decode(&text); err != nil {
		return false, fmt.Errorf("open keys: %w", err)
	}
	for _, k := range m.Keys {
		if Use(k) == "" || text[k] == nil {
			return false, fmt.Errorf("open keys: %q is missing", k)
		}
		path := filepath.Join(dir, "state", filepath.FromSlash(k))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return false, err
		}
		if err := os.WriteFile(path, text[k], 0o600); err != nil {
			return false, err
		}
	}
	return true, nil
}

// arrange drops from incoming notices what was read a second time at its final place, and gives
// originals the mode that they have in a store.
func arrange(dir string) error {
	notices := filepath.Join(dir, "state", "notices")
	incoming, err := os.ReadDir(filepath.Join(notices, "incoming"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range incoming {
		for _, kind := range []string{"sealed", "working"} {
			if _, err := os.Lstat(filepath.Join(notices, kind, e.Name())); err != nil {
				continue
			}
			if err := os.RemoveAll(filepath.Join(notices, "incoming", e.Name(), kind)); err != nil {
				return err
			}
		}
	}
	files := filepath.Join(dir, "state", "evidence")
	if err := os.Chmod(filepath.Join(files, "version"), 0o444); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return filepath.WalkDir(filepath.Join(files, "originals"), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || d.IsDir():
			return err
		}
		return os.Chmod(path, 0o400)
	})
}

// place moves what was unpacked into the state folder.
func place(from, state string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) { // the server had no file yet
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := disk.Rename(filepath.Join(from, e.Name()), filepath.Join(state, e.Name())); err != nil {
			return errors.Join(err, unplace(state))
		}
	}
	return disk.SyncFolder(state)
}

// unplace takes back what place put into a state folder that was empty before.
func unplace(state string) error {
	var err error
	for _, p := range places {
		err = errors.Join(err, os.RemoveAll(filepath.Join(state, p)))
	}
	return err
}
