//go:build linux || darwin

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// TryLock locks a folder that is there, until unlock is called or the program ends. It leaves no file behind. Where
// another program, or another call in this one, has it, ok is false. The error is ErrNoLock where the file system
// knows no locks.
func TryLock(dir string) (unlock func(), ok bool, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, false, fmt.Errorf("lock %s: %w", dir, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return func() { _ = f.Close() }, true, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, false, f.Close()
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS),
		errors.Is(err, unix.EBADF): // NFS wants a file that is open for writing
		err = fmt.Errorf("%w: %w", ErrNoLock, err)
	}
	return nil, false, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
}

// SameOwner reports whether two files belong to the same user and group.
func SameOwner(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, also := b.Sys().(*syscall.Stat_t)
	return ok && also && x.Uid == y.Uid && x.Gid == y.Gid
}

// Mine reports whether a file belongs to the user who runs the program.
func Mine(info fs.FileInfo) bool {
	x, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(x.Uid) == os.Geteuid()
}
