//go:build !linux

package publication

import "os"

func exchange(fresh, out string) error {
	if err := os.Rename(fresh, out); err == nil {
		return nil
	}
	return twoSteps(fresh, out)
}
