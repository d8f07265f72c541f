package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"plimsoll/internal/disk"
	"plimsoll/internal/keyring"
)

// Originals and working copies are encrypted (age) to a key of each item, which every case that holds the item can
// open with a key of its own; see package keyring. A file "SUM.age" is encrypted, a file "SUM" is in the clear, as
// earlier versions wrote it and as a store does that was opened without keys.

const cipherEnd = ".age"

// Keys say under which master key a store encrypts what it takes in.
type Keys struct {
	File  string // of the master key; "" is one in the store
	Plain bool   // nothing is encrypted, unless the store was before
}

// KeysDir is the folder of the keys in a store.
func KeysDir(dir string) string { return filepath.Join(dir, "keys") }

// KeyFile is where the master key of a store lies: in file when it is not "", else in the store.
func KeyFile(dir, file string) string { return keyring.MasterFile(KeysDir(dir), file) }

// openKeys opens the keys of a store. A store that has keys goes on with them; one that holds encrypted files and no
// keys has lost them, and gets no new ones: they would open nothing.
func (s *Store) openKeys(k Keys) (err error) {
	if !keyring.Exists(KeysDir(s.dir)) {
		switch sealed, err := s.firstSealed(); {
		case err != nil:
			return err
		case sealed != "":
			return fmt.Errorf("%w: the folder %s is gone, and originals are encrypted (%s is one); put the folder "+
				"back from a backup",
				keyring.ErrMaster, KeysDir(s.dir), filepath.Base(sealed))
		case k.Plain:
			return nil
		}
	}
	s.keys, err = keyring.Open(KeysDir(s.dir), k.File)
	return err
}

// firstSealed is the path of some original that is encrypted; "" when there is none.
func (s *Store) firstSealed() (found string, err error) {
	err = filepath.WalkDir(filepath.Join(s.dir, "originals"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == cipherEnd {
			found = path
			return fs.SkipAll
		}
		return err
	})
	return found, err
}

// Encrypted reports whether what is taken in is encrypted.
func (s *Store) Encrypted() bool { return s.keys != nil }

// A Content is what a file of the store holds, open for reading.
type Content struct {
	*io.SectionReader
	f *os.File
}

// Close closes the file.
func (c *Content) Close() error { return c.f.Close() }

// errCipher says that an encrypted file is no longer what was written.
var errCipher = errors.New("it was changed: it does not open with its key")

// open opens the file at path, or the encrypted one beside it. Neither is an error that is fs.ErrNotExist.
func (s *Store) open(path, sum string) (*Content, error) {
	f, err := os.Open(path)
	if err == nil {
		return section(f, f)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if f, err = os.Open(path + cipherEnd); err != nil {
		return nil, err
	}
	key, err := s.itemKey(sum)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return decrypted(f, key)
}

// itemKey gives the key of an item.
func (s *Store) itemKey(sum string) (*age.X25519Identity, error) {
	if s.keys == nil {
		return nil, keyring.ErrMaster
	}
	return s.keys.Item(sum)
}

// decrypted reads an encrypted file. The file is closed when that fails.
func decrypted(f *os.File, key age.Identity) (*Content, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	at, size, err := age.DecryptReaderAt(f, info.Size(), key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w (%v)", errCipher, err), f.Close())
	}
	return &Content{io.NewSectionReader(at, 0, size), f}, nil
}

func section(f *os.File, at io.ReaderAt) (*Content, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Content{io.NewSectionReader(at, 0, info.Size()), f}, nil
}

// openOriginal opens an original for reading.
func (s *Store) openOriginal(sum string) (*Content, error) { return s.open(s.original(sum), sum) }

// originalSum reads an original through and gives its SHA-256 and size.
func (s *Store) originalSum(ctx context.Context, sum string) (string, int64, error) {
	c, err := s.openOriginal(sum)
	if err != nil {
		return "", 0, err
	}
	defer c.Close()
	h := newSum()
	n, err := io.Copy(h, readerCtx{ctx, c})
	if err != nil && ctx.Err() == nil {
		return "", n, fmt.Errorf("%w (%v)", errCipher, err)
	}
	return h.String(), n, err
}

// create makes a new file for writing, which is encrypted to key, when there is one. Closing it completes it.
func (s *Store) create(path string, key *age.X25519Identity) (io.WriteCloser, error) {
	if key == nil {
		return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	}
	f, err := os.OpenFile(path+cipherEnd, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	w, err := age.Encrypt(f, key.Recipient())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &encrypting{w, f}, nil
}

// An encrypting file is being written.
type encrypting struct {
	io.WriteCloser
	f *os.File
}

func (s *encrypting) Close() error { return errors.Join(s.WriteCloser.Close(), s.f.Close()) }

// settle puts a draft in the place of an original, after its key was shared with the case.
func (s *Store) settle(name, at string, d draft) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	if d.key != nil {
		if err := s.keys.Unshare(d.sum, ""); err != nil { // of an original whose keys were erased
			return err
		}
		if err := s.keys.Share(d.sum, name, d.key); err != nil {
			return err
		}
		at += cipherEnd
	}
	if err := disk.Rename(d.path, at); err != nil {
		return err
	}
	if err := disk.SyncFolder(filepath.Dir(at)); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Join(s.dir, "originals"))
}

// again has a case read an original that is there already. It reports false where nobody has the key any more, so
// that the original has to be put there anew.
func (s *Store) again(ctx context.Context, name string, d draft) (bool, error) {
	sum, _, err := s.originalSum(ctx, d.sum)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, keyring.ErrErased):
		return false, nil
	case errors.Is(err, errCipher):
		return false, fmt.Errorf("%w: the original %s is there and %w", ErrDamaged, d.sum, err)
	case err != nil:
		return false, err
	case sum != d.sum:
		return false, fmt.Errorf("%w: the original %s is there and no longer has that SHA-256", ErrDamaged, d.sum)
	}
	if _, err := os.Lstat(s.original(d.sum) + cipherEnd); err != nil {
		return true, nil // in the clear
	}
	key, err := s.itemKey(d.sum)
	if err != nil {
		return false, err
	}
	return true, s.keys.Share(d.sum, name, key)
}

// forget takes what a case can read of an item away from it; erased is that no other case holds the item.
func (s *Store) forget(name, sum string, erased bool) error {
	if s.keys == nil {
		return nil
	}
	if erased {
		return s.keys.Unshare(sum, "")
	}
	return s.keys.Unshare(sum, name)
}

// EncryptAll encrypts originals that lie in the clear, as earlier versions wrote them, and removes what is in the clear
// once the encrypted file was read again. Working copies are made anew.
func (s *Store) EncryptAll(ctx context.Context) (n int, err error) {
	if s.keys == nil {
		return 0, nil
	}
	names, err := s.Cases()
	if err != nil {
		return 0, err
	}
	holders, media := map[string][]string{}, map[string]string{}
	for _, name := range names {
		c, err := s.Case(name)
		if errors.Is(err, ErrDamaged) {
			continue // said elsewhere; its originals stay as they are
		}
		if err != nil {
			return n, err
		}
		for _, i := range c.Items {
			if i.Deleted == nil {
				holders[i.SHA256] = append(holders[i.SHA256], name)
				media[i.SHA256] = i.Media
			}
		}
	}
	for sum, of := range holders {
		if _, err := os.Lstat(s.original(sum)); err != nil {
			continue
		}
		done, err := s.encryptOne(ctx, sum, of)
		if err != nil {
			return n, fmt.Errorf("encrypt the original %s: %w", sum, err)
		}
		if !done {
			continue
		}
		n++
		if _, err := s.index(ctx, sum, media[sum]); err != nil {
			return n, err
		}
	}
	return n, nil
}

// encryptOne encrypts one original. A damaged one stays as it is: that it is damaged must stay to be seen.
func (s *Store) encryptOne(ctx context.Context, sum string, of []string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock.Lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	f, err := os.Open(s.original(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // erased meanwhile
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	d, err := s.draft(ctx, f)
	if err != nil {
		return false, err
	}
	defer os.Remove(d.path)
	if d.sum != sum {
		return false, nil
	}
	for _, name := range of[1:] {
		if err := s.keys.Share(sum, name, d.key); err != nil {
			return false, err
		}
	}
	if err := s.keys.Share(sum, of[0], d.key); err != nil {
		return false, err
	}
	at := s.original(sum) + cipherEnd
	if err := disk.Rename(d.path, at); err != nil {
		return false, err
	}
	if err := disk.SyncFolder(filepath.Dir(at)); err != nil {
		return false, err
	}
	sealed, err := os.Open(at)
	if err != nil {
		return false, err
	}
	c, err := decrypted(sealed, d.key)
	if err != nil {
		return false, err
	}
	defer c.Close()
	h := newSum()
	if _, err := io.Copy(h, c); err != nil || h.String() != sum {
		return false, errors.Join(err, os.Remove(at))
	}
	if err := errors.Join(os.Remove(s.original(sum)), os.RemoveAll(s.working(sum))); err != nil {
		return false, err
	}
	return true, disk.SyncFolder(filepath.Dir(at))
}

// Lacks says what an original of a case lacks to be read, without reading it: its file, or a key; "" when nothing is.
func (s *Store) Lacks(name, sum string) string {
	switch {
	case !s.Has(sum):
		return "it is missing"
	case s.keys == nil:
		return ""
	}
	if _, err := os.Lstat(s.original(sum)); err == nil {
		return "" // in the clear
	}
	if !s.keys.Holds(name, sum) {
		return "its key is missing"
	}
	return ""
}

// LacksMaster reports whether the file of the master key is gone since the store was opened.
func (s *Store) LacksMaster() bool { return s.keys != nil && !s.keys.HasMaster() }
