package publication

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange gives the new folder the name of the old one in one step, renameat2(2) with RENAME_EXCHANGE: whoever looks,
// and whatever stops us, finds the old site or the new one. The old one is then under the other name.
func exchange(fresh, out string) error {
	err := os.Rename(fresh, out) // where nothing, or an empty folder, stands
	if err == nil {
		return nil
	}
	err = unix.Renameat2(unix.AT_FDCWD, fresh, unix.AT_FDCWD, out, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return twoSteps(fresh, out)
	}
	return err
}
