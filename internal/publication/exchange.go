package publication

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"plimsoll/internal/disk"
)

// exchange gives the new folder the name of the old one in one step: whoever looks, and whatever stops us, finds the
// old site or the new one. The old one is then under the other name.
func exchange(fresh, out string) error {
	err := disk.Move(fresh, out) // where nothing, or an empty folder, stands
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err = disk.Exchange(fresh, out); errors.Is(err, disk.ErrNoExchange) {
		return twoSteps(fresh, out)
	}
	return err
}

// asideEnd is the end of the name of an old site between the two steps.
const asideEnd = ".before"

// twoSteps is for file systems that cannot exchange two folders: the old site is put aside, whole, under a name of its
// own, and comes back when the new one cannot take its place. A stop between the two leaves it under that name, from
// where putBack takes it.
func twoSteps(fresh, out string) error {
	aside := out + asideEnd
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := disk.Move(out, aside); err != nil {
		return err
	}
	if err := disk.Move(fresh, out); err != nil {
		return errors.Join(err, disk.Move(aside, out))
	}
	return os.RemoveAll(aside)
}

// putBack gives a site that was put aside its name back, where the program was stopped before the new one had it.
func putBack(out string) error {
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(out+asideEnd, ManifestName)); err != nil {
		return nil
	}
	return disk.Move(out+asideEnd, out)
}
