// Package keyring keeps a key for each case, so that what is written under it can be read by nobody who holds the
// disk alone, and by nobody at all once the key is erased.
//
// Each key is an age identity (X25519). It lies in a file of its own, sealed to the master key. That is an age identity
// too, or an RSA key in a PKCS#11 token; a file that only its owner may read holds the one, or the address of the
// other, and lies beside the keys or where its owner puts it. While a master key is replaced the file holds both, the
// newer one below: either opens, the newer one seals.
//
// Invariants: a key is on disk before anything that was sealed to it is acknowledged; a master key that is lost or
// another one is an error in words and never replaced; an erased key is not made again from anything on this disk.
package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/lockedfile"

	"plimsoll/internal/disk"
)

// What may be wrong with keys.
var (
	// ErrErased says that the key of something is gone: what was sealed to it cannot be read any more.
	ErrErased = errors.New("its key was erased")
	// ErrMaster says that the master key is not there, or is another one.
	ErrMaster = errors.New("the master key is missing or another one")
)

const (
	masterName = "master"    // in the folder of the keys, unless another place is named
	checkName  = "check.age" // a text that the master key opens
	checkText  = "plimsoll keyring 1\n"
	suffix     = ".age"
)

// A Ring is a folder of keys with its master key. It may be used from many goroutines and programs.
type Ring struct {
	dir    string
	file   string // of the master key
	master masters
}

// Exists reports whether a folder holds keys.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, checkName))
	return err == nil
}

// MasterFile is where the master key of a folder lies: in file when it is not "", else in the folder.
func MasterFile(dir, file string) string {
	if file != "" {
		return file
	}
	return filepath.Join(dir, masterName)
}

// Open opens the keys in a folder, under the master key in file; "" is one in the folder. A folder without keys gets
// its master key now, unless file holds one. Programs that do this at once make one.
func Open(dir, file string) (*Ring, error) {
	r, err := open(dir, MasterFile(dir, file))
	if err != nil {
		return nil, fmt.Errorf("open the keys in %s: %w", dir, err)
	}
	return r, nil
}

func open(dir, file string) (*Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	r := &Ring{dir: dir, file: file}
	sealed, err := os.ReadFile(filepath.Join(dir, checkName))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, err
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		if text, err = makeMaster(file); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: it has to lie in %s; put the file back from where you keep a copy, or name its "+
			"place with --key-file", ErrMaster, file)
	case err != nil:
		return nil, err
	}
	if r.master, err = parseMasters(text, fresh); err != nil {
		return nil, fmt.Errorf("%s holds no master key: %w", file, err)
	}
	if fresh {
		sealed, err := seal([]byte(checkText), r.master.newest().to)
		if err != nil {
			return nil, err
		}
		return r, replace(filepath.Join(dir, checkName), sealed)
	}
	if got, err := unseal(sealed, r.master.all()...); err != nil || string(got) != checkText {
		return nil, fmt.Errorf("%w: %s does not open the keys", ErrMaster, file)
	}
	return r, nil
}

// makeMaster makes a master key for its owner alone to read.
func makeMaster(file string) ([]byte, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	text := []byte(secretHead + id.String() + "\n")
	return text, replace(file, text)
}

// parse reads an identity from a file with comments.
func parse(text []byte) (*age.X25519Identity, error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return age.ParseX25519Identity(line)
		}
	}
	return nil, errors.New("there is none in it")
}

func (r *Ring) path(name string) string { return filepath.Join(r.dir, "case", name+suffix) }

// Key gives the key of a name, a single element of a path. ErrErased is one that is not there.
func (r *Ring) Key(name string) (*age.X25519Identity, error) {
	sealed, err := os.ReadFile(r.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrErased
	}
	if err != nil {
		return nil, err
	}
	text, err := unseal(sealed, r.master.all()...)
	if err != nil {
		return nil, fmt.Errorf("open the key of %s: %w", name, err)
	}
	return parse(text)
}

// Make gives the key of a name, and makes one when there is none. Its file is on disk when Make returns.
func (r *Ring) Make(name string) (*age.X25519Identity, error) {
	unlock, err := lockedfile.MutexAt(filepath.Join(r.dir, "lock")).Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	id, err := r.Key(name)
	if !errors.Is(err, ErrErased) {
		return id, err
	}
	if err := r.current(); err != nil {
		return nil, err
	}
	if id, err = age.GenerateX25519Identity(); err != nil {
		return nil, err
	}
	return id, r.put(r.path(name), id, r.master.newest().to)
}

// current makes sure, under the lock of the folder, that the master key was not replaced by another program since this
// one read it: a key that is sealed to one that is gone could not be opened by anybody.
func (r *Ring) current() error {
	sealed, err := os.ReadFile(filepath.Join(r.dir, checkName))
	if err != nil {
		return err
	}
	if _, err := unseal(sealed, r.master.all()...); err != nil {
		return fmt.Errorf("%w: it was replaced while this program was at work; start it again", ErrMaster)
	}
	return nil
}

// Seal encrypts a text to the key of a name, which is made when there is none.
func (r *Ring) Seal(name string, text []byte) ([]byte, error) {
	key, err := r.Key(name)
	if errors.Is(err, ErrErased) {
		key, err = r.Make(name)
	}
	if err != nil {
		return nil, fmt.Errorf("seal under the key of %s: %w", name, err)
	}
	return seal(text, key.Recipient())
}

// Unseal opens what Seal encrypted. ErrErased says that the key is not there.
func (r *Ring) Unseal(name string, sealed []byte) ([]byte, error) {
	key, err := r.Key(name)
	if err != nil {
		return nil, fmt.Errorf("open what is sealed under the key of %s: %w", name, err)
	}
	text, err := unseal(sealed, key)
	if err != nil {
		return nil, fmt.Errorf("open what is sealed under the key of %s: %w", name, err)
	}
	return text, nil
}

// Names lists the names that have keys.
func (r *Ring) Names() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(r.dir, "case"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok {
			out = append(out, name)
		}
	}
	return out, nil
}

// Has reports whether the key of a name is there.
func (r *Ring) Has(name string) bool {
	_, err := os.Lstat(r.path(name))
	return err == nil
}

// Older reports whether the key of a name was made longer ago than d.
func (r *Ring) Older(name string, d time.Duration) bool {
	info, err := os.Lstat(r.path(name))
	return err == nil && time.Since(info.ModTime()) > d
}

// Erase removes the key of a name for good: what was sealed to it alone is erased by that.
func (r *Ring) Erase(name string) error { return wipe(r.path(name)) }

// put seals an identity into a file.
func (r *Ring) put(path string, id *age.X25519Identity, to age.Recipient) error {
	sealed, err := seal([]byte(id.String()+"\n"), to)
	if err != nil {
		return err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) { // folders that are new get their names onto disk
		if _, err := os.Lstat(dir); err == nil {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := disk.SyncFolder(dir); err != nil {
				return err
			}
			break
		}
	}
	return replace(path, sealed)
}

func (r *Ring) item(sum string) string { return filepath.Join(r.dir, "item", sum[:2], sum) }

// Share has the owner of a name read what is sealed to the key of an item: it seals that key to the name's own.
// sum names the item, by two letters or more.
func (r *Ring) Share(sum, name string, key *age.X25519Identity) error {
	own, err := r.Make(name)
	if err != nil {
		return fmt.Errorf("share the key of %s: %w", sum, err)
	}
	path := filepath.Join(r.item(sum), name+suffix)
	if b, err := os.ReadFile(path); err == nil {
		if text, err := unseal(b, own); err == nil && strings.TrimSpace(string(text)) == key.String() {
			return nil
		}
	}
	if err := r.put(path, key, own.Recipient()); err != nil {
		return fmt.Errorf("share the key of %s: %w", sum, err)
	}
	return nil
}

// Item gives the key of an item by way of any name that it was shared with and whose key is there; ErrErased when
// there is none.
func (r *Ring) Item(sum string) (*age.X25519Identity, error) {
	entries, err := os.ReadDir(r.item(sum))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var wrong error
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok {
			continue
		}
		own, err := r.Key(name)
		if errors.Is(err, ErrErased) {
			continue
		}
		if err == nil {
			var sealed, text []byte
			if sealed, err = os.ReadFile(filepath.Join(r.item(sum), e.Name())); err == nil {
				if text, err = unseal(sealed, own); err == nil {
					return parse(text)
				}
			}
		}
		wrong = errors.Join(wrong, fmt.Errorf("the key of %s for %s: %w", sum, name, err))
	}
	if wrong != nil {
		return nil, wrong
	}
	return nil, ErrErased
}

// Holds reports whether the key of a name, and that of an item as it was shared with the name, are there.
func (r *Ring) Holds(name, sum string) bool {
	for _, path := range []string{r.path(name), filepath.Join(r.item(sum), name+suffix)} {
		if _, err := os.Lstat(path); err != nil {
			return false
		}
	}
	return true
}

// HasMaster reports whether the file of the master key is there.
func (r *Ring) HasMaster() bool {
	_, err := os.Lstat(r.file)
	return err == nil
}

// Unshare takes the key of an item away from a name; with name "" from all.
func (r *Ring) Unshare(sum, name string) error {
	if name != "" {
		return wipe(filepath.Join(r.item(sum), name+suffix))
	}
	entries, err := os.ReadDir(r.item(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, wipe(filepath.Join(r.item(sum), e.Name())))
	}
	return errors.Join(err, os.RemoveAll(r.item(sum)))
}

// wipe overwrites a small file before it removes it, for disks that write in place.
func wipe(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return disk.SyncFolder(filepath.Dir(path))
}

func replace(path string, b []byte) error {
	return disk.Replace(path, func(w io.Writer) error { _, err := w.Write(b); return err })
}

func seal(text []byte, to age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

func unseal(sealed []byte, with ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
