package publication

import (
	"errors"
	"os"
)

// twoSteps is for file systems that cannot exchange two folders: the old site is put aside, whole, under a name of its
// own, and comes back when the new one cannot take its place. A stop between the two leaves it under that name.
func twoSteps(fresh, out string) error {
	aside := out + ".before"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := os.Rename(out, aside); err != nil {
		return err
	}
	if err := os.Rename(fresh, out); err != nil {
		return errors.Join(err, os.Rename(aside, out))
	}
	return os.RemoveAll(aside)
}
