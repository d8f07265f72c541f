// Package disk makes sure that what was written is still there after the power fails. No other package renames files.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// Move gives a file or folder, whose content is on disk, another name, and writes the names to disk: when it returns
// nil, the new name is there and stays.
func Move(from, to string) error {
	if err := Rename(from, to); err != nil {
		return err
	}
	err := SyncFolder(filepath.Dir(to))
	if filepath.Dir(filepath.Clean(from)) != filepath.Dir(filepath.Clean(to)) {
		err = errors.Join(err, SyncFolder(filepath.Dir(from)))
	}
	return err
}

// Sync writes a file, or a folder and all files in it, to disk. What is neither is passed over.
func Sync(path string) error {
	return filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return SyncFolder(at)
	})
}

// ErrNoExchange says that the file system cannot exchange two names.
var ErrNoExchange = errors.New("two names cannot be exchanged here")

// Exchange gives each of two folders the name of the other in one step, so that whoever looks, and whatever stops the
// program, finds one of them whole under each name; then it writes the names to disk.
func Exchange(fresh, out string) error {
	mine, err := os.Lstat(fresh)
	if err != nil {
		return err
	}
	if err := exchange(fresh, out); err != nil {
		return err
	}
	if now, err := os.Lstat(out); err != nil || !os.SameFile(mine, now) {
		return fmt.Errorf("rename %s: the disk did not take the name %s: %w", fresh, filepath.Base(out), syscall.EIO)
	}
	return errors.Join(SyncFolder(filepath.Dir(out)), SyncFolder(filepath.Dir(fresh)))
}

// ErrNoLock says that the file system cannot lock folders.
var ErrNoLock = errors.New("folders cannot be locked here")

// Settle closes a temporary file and gives it its mode and its name once its content is on
// disk, so that whoever looks finds the old file or the whole new one. After an error the
// temporary file may still be there.
func Settle(f *os.File, mode os.FileMode, path string) error {
	if err := errors.Join(f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return Move(f.Name(), path)
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
