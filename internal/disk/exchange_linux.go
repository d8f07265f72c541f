package disk

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// exchange is renameat2(2) with RENAME_EXCHANGE.
func exchange(fresh, out string) error {
	err := unix.Renameat2(unix.AT_FDCWD, fresh, unix.AT_FDCWD, out, unix.RENAME_EXCHANGE)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP),
		errors.Is(err, unix.EXDEV), errors.Is(err, unix.EBUSY): // the last two: where something is mounted
		return fmt.Errorf("%w: %w", ErrNoExchange, err)
	}
	return fmt.Errorf("exchange %s and %s: %w", fresh, out, err)
}
