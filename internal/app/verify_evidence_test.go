package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyEvidence: verify takes a folder of evidence; what was changed or taken away is named, also a case of which
// nothing is left in the folder.
func TestVerifyEvidence(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	memo, dir := filepath.Join(t.TempDir(), "memo.txt"), filepath.Join(data, "evidence")
	for _, name := range []string{"PL-1", "PL-2"} {
		placed(t, memo, "the original of "+name)
		run(t, exitDone, "evidence", "add", "--data", data, "--case", name, "--actor", "asha", "--reason", "r", memo)
	}
	if out, _ := run(t, exitDone, "verify", dir); !strings.Contains(out, "2 cases, 2 custody events, 2 originals") {
		t.Errorf("verify: %s", out)
	}
	run(t, exitDone, "verify", dir, "--database", "sqlite:"+filepath.Join(data, "plimsoll.db"))
	run(t, exitUsage, "verify", dir, "--remember", memo)
	run(t, exitUsage, "verify", dir, "--state", t.TempDir(), "--database", "sqlite:"+filepath.Join(data, "plimsoll.db"))
	first := func(pattern string) string {
		found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing is %s: %v", pattern, err)
		}
		return found[0]
	}
	original, custody := first("originals/*/*"), first("custody/PL-2*")
	for _, c := range []struct {
		name string
		do   func(path string) error
		path string
		want string
	}{
		{"an original that is gone", os.Remove, original, "it is missing"},
		{"an original that was changed", func(p string) error {
			return errors.Join(os.Chmod(p, 0o600), os.WriteFile(p, []byte("x"), 0o600))
		}, original, "original "},
		{"a custody log that is gone", os.Remove, custody, "its custody log is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := keptAt(t, c.path)
			if err := c.do(c.path); err != nil {
				t.Fatal(err)
			}
			if out, _ := run(t, exitFailed, "verify", dir); !strings.Contains(out, c.want) {
				t.Errorf("verify: %s", out)
			}
			if err := os.WriteFile(c.path, []byte(whole), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, exitDone, "verify", dir)
		})
	}
	alone := filepath.Join(t.TempDir(), "evidence")
	if err := os.CopyFS(alone, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if out, _ := run(t, exitDone, "verify", alone); !strings.Contains(out, "no database lies beside it") {
		t.Errorf("a copy alone: %s", out)
	}
}
