// Package disk makes sure that what was written is still there after the power fails.
package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// SyncFolder writes the names in a folder to disk: those that were added, changed or removed.
func SyncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Rename gives a file another name. A name that the disk did not take although it said so is an error.
func Rename(from, to string) error {
	mine, err := os.Lstat(from)
	if err == nil {
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	if now, err := os.Lstat(to); err == nil && os.SameFile(mine, now) {
		return nil
	}
	if _, err := os.Lstat(from); err != nil {
		return nil // another writer was faster with the same name
	}
	return fmt.Errorf("rename %s: the disk did not take the name %s: %w", from, filepath.Base(to), syscall.EIO)
}

// Settle closes a temporary file and gives it its mode and its name once its content is on
// disk, so that whoever looks finds the old file or the whole new one. After an error the
// temporary file may still be there.
func Settle(f *os.File, mode os.FileMode, path string) error {
	if err := errors.Join(f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Replace writes the file at path whole or not at all, for its owner alone to read.
func Replace(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	if err = write(f); err == nil {
		err = Settle(f, 0o600, path)
	} else {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
