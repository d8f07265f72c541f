package disk

import (
	"errors"
	"syscall"
)

// Full reports whether an error says that no room is left: on the disk, or within what its owner may use.
func Full(err error) bool { return anyOf(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG) }

// Broken reports whether an error says that the disk cannot be used: it is read only, or reading or writing fails.
func Broken(err error) bool {
	return anyOf(err, syscall.EROFS, syscall.EIO, syscall.ENODEV, syscall.ENXIO, syscall.ESTALE, syscall.EMFILE,
		syscall.ENFILE)
}

func anyOf(err error, of ...error) bool {
	for _, e := range of {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
