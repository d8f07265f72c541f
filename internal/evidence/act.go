package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"plimsoll/internal/disk"
)

// item looks an item up that is still there.
func (c *Case) item(sum string) (*Item, error) {
	i, err := c.Item(sum)
	if err == nil && i.Deleted != nil {
		err = fmt.Errorf("item %s: %w on %s: %s", i.SHA256, ErrDeleted, i.Deleted.Time, i.Deleted.Reason)
	}
	return i, err
}

// View records that somebody reads an original, and opens it for reading.
func (s *Store) View(w Warrant, sum string) (f *Content, i *Item, err error) {
	err = s.write(w, func(c *Case) ([]Event, error) {
		if i, err = c.item(sum); err != nil {
			return nil, err
		}
		if f, err = s.openOriginal(i.SHA256); err != nil {
			return nil, notOpened("open original", err)
		}
		return []Event{{Action: View, Item: i.SHA256}}, nil
	}, nil)
	if err != nil && f != nil {
		f.Close()
		f = nil
	}
	return f, i, err
}

// notOpened words why an original could not be opened.
func notOpened(what string, err error) error {
	if errors.Is(err, errCipher) {
		return fmt.Errorf("%s: %w: %w", what, ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w (%v)", what, ErrMissing, err)
}

// A cipherReader reads an original; what does not open is damaged.
type cipherReader struct{ io.Reader }

func (r cipherReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w (%v)", ErrDamaged, errCipher, err)
	}
	return n, err
}

// Copy records a working copy and writes it to a new file, which must not be there.
func (s *Store) Copy(ctx context.Context, w Warrant, sum, to string) (i *Item, err error) {
	if _, err := os.Lstat(to); err == nil {
		return nil, fmt.Errorf("copy to %s: %w", to, fs.ErrExist)
	}
	err = s.write(w, func(c *Case) ([]Event, error) {
		if i, err = c.item(sum); err != nil {
			return nil, err
		}
		return []Event{{Action: Copy, Item: i.SHA256, To: clean(filepath.Base(to), 1000)}}, nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return i, s.copyOut(ctx, i.SHA256, to, 0o600)
}

// copyOut copies an original to a new file and checks it on the way.
func (s *Store) copyOut(ctx context.Context, sum, to string, mode fs.FileMode) (err error) {
	in, err := s.openOriginal(sum)
	if err != nil {
		return notOpened("copy original", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("copy original: %w", err)
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(to)
		}
	}()
	h := newSum()
	if _, err = io.Copy(io.MultiWriter(out, h), readerCtx{ctx, cipherReader{in}}); err != nil {
		return fmt.Errorf("copy original: %w", err)
	}
	if h.String() != sum {
		return fmt.Errorf("copy original: %w: %s now has the SHA-256 %s", ErrDamaged, sum, h)
	}
	if err = out.Sync(); err != nil {
		return fmt.Errorf("copy original: %w", err)
	}
	return out.Close()
}

// Seal reads an original again and closes it: from then on its grade and labels stay.
func (s *Store) Seal(ctx context.Context, w Warrant, sum string) error {
	return s.write(w, func(c *Case) ([]Event, error) {
		i, err := c.item(sum)
		if err != nil || i.Sealed {
			return nil, err
		}
		have, _, err := s.originalSum(ctx, i.SHA256)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("seal %s: %w", i.SHA256, ErrMissing)
		case err != nil:
			return nil, fmt.Errorf("seal %s: %w: %w", i.SHA256, ErrDamaged, err)
		case have != i.SHA256:
			return nil, fmt.Errorf("seal %s: %w: the original now has the SHA-256 %s", i.SHA256, ErrDamaged, have)
		}
		return []Event{{Action: Seal, Item: i.SHA256}}, nil
	}, nil)
}

// Rate grades an item.
func (s *Store) Rate(w Warrant, sum string, g Grade) error {
	g, err := ParseGrade(string(g))
	if err != nil {
		return err
	}
	return s.change(w, sum, Event{Action: Rate, Grade: g})
}

// Label replaces the labels of an item.
func (s *Store) Label(w Warrant, sum string, ls []string) error {
	ls, err := ParseLabels(ls)
	if err != nil {
		return err
	}
	return s.change(w, sum, Event{Action: Label, Labels: ls})
}

// change records what a seal forbids.
func (s *Store) change(w Warrant, sum string, e Event) error {
	return s.write(w, func(c *Case) ([]Event, error) {
		i, err := c.item(sum)
		if err != nil {
			return nil, err
		}
		if i.Sealed {
			return nil, fmt.Errorf("item %s: %w", i.SHA256, ErrSealed)
		}
		e.Item = i.SHA256
		return []Event{e}, nil
	}, nil)
}

// Hold begins a legal hold of an item, or with an empty sum of the whole case; Release ends it.
func (s *Store) Hold(w Warrant, sum string) error { return s.hold(w, sum, Hold) }

// Release ends a legal hold. It takes two people.
func (s *Store) Release(w Warrant, sum string) error {
	if err := w.two(); err != nil {
		return err
	}
	return s.hold(w, sum, Release)
}

func (s *Store) hold(w Warrant, sum string, a Action) error {
	return s.write(w, func(c *Case) ([]Event, error) {
		held := c.Held
		if sum != "" {
			i, err := c.item(sum)
			if err != nil {
				return nil, err
			}
			sum, held = i.SHA256, i.Held
		}
		if held == (a == Hold) {
			return nil, nil
		}
		e := Event{Action: a, Item: sum}
		if a == Release {
			e.Second = clean(w.Second, 4000)
		}
		return []Event{e}, nil
	}, nil)
}

// Delete erases an original of a case: its bytes, its text and its list of parts. Its events
// stay, and a tombstone. Bytes that another case holds too stay for that case. A legal hold
// of the item or the case forbids it. It takes two people.
func (s *Store) Delete(w Warrant, sum string) error {
	if err := w.two(); err != nil {
		return err
	}
	var erase string
	empty := false // the case holds nothing after it
	return s.write(w, func(c *Case) ([]Event, error) {
		i, err := c.item(sum)
		if err != nil {
			return nil, err
		}
		if i.Held || c.Held {
			return nil, fmt.Errorf("item %s: %w", i.SHA256, ErrHeld)
		}
		others, err := s.holders(i.SHA256, c.Name)
		if err != nil {
			return nil, err
		}
		erase = ""
		if len(others) == 0 {
			erase = i.SHA256
		}
		empty = !slices.ContainsFunc(c.Items, func(x *Item) bool { return x != i && x.Deleted == nil })
		sum = i.SHA256
		return []Event{{Action: Delete, Item: i.SHA256, Second: clean(w.Second, 4000)}}, nil
	}, func() error {
		if err := s.forget(w.Case, sum, erase != ""); err != nil {
			return err
		}
		if empty && s.keys != nil { // a case is erased with its key
			if err := s.keys.Erase(w.Case); err != nil {
				return err
			}
		}
		if erase == "" {
			return nil
		}
		return s.erase(erase)
	})
}

// erase removes what is left of an item that no case holds. It may run again.
func (s *Store) erase(sum string) error {
	err := errors.Join(s.forget("", sum, true), os.RemoveAll(s.working(sum)), removeIf(s.original(sum)),
		removeIf(s.original(sum)+cipherEnd))
	if err != nil {
		return fmt.Errorf("erase %s: %w", sum, err)
	}
	if err := disk.SyncFolder(filepath.Dir(s.original(sum))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("erase %s: %w", sum, err)
	}
	return nil
}

func removeIf(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Hand records that a copy of an original goes to somebody, and opens the original for it.
// Reading to the end fails with ErrDamaged when the original is no longer what was collected.
func (s *Store) Hand(w Warrant, sum, to string) (r io.ReadCloser, i *Item, err error) {
	var f *Content
	err = s.write(w, func(c *Case) ([]Event, error) {
		if i, err = c.item(sum); err != nil {
			return nil, err
		}
		if f, err = s.openOriginal(i.SHA256); err != nil {
			return nil, notOpened("open original", err)
		}
		return []Event{{Action: Copy, Item: i.SHA256, To: clean(to, 1000)}}, nil
	}, nil)
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, nil, err
	}
	return &checked{f: f, h: newSum(), want: i.SHA256}, i, nil
}

// checked reads an original and compares its hash at the end.
type checked struct {
	f    *Content
	h    sum
	want string
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := cipherReader{c.f}.Read(b)
	c.h.Write(b[:n])
	if err == io.EOF && c.h.String() != c.want {
		err = fmt.Errorf("read original: %w: %s now has the SHA-256 %s", ErrDamaged, c.want, c.h)
	}
	return n, err
}

func (c *checked) Close() error { return c.f.Close() }

// Scratch makes a folder for what is about to leave the store. The caller removes it; one
// that a killed program left is removed by Sweep.
func (s *Store) Scratch() (string, error) {
	return os.MkdirTemp(filepath.Join(s.dir, "tmp"), outName+"*")
}

// outName begins the names of folders for what is about to leave the store.
const outName = "out-"
