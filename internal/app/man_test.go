package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMan: each command has a page, with its flags, that man can format where it is installed.
func TestMan(t *testing.T) {
	dir := t.TempDir()
	run(t, exitDone, "man", dir)
	b, err := os.ReadFile(filepath.Join(dir, "plimsoll-serve.1"))
	if err != nil || !strings.Contains(string(b), `\-\-key\-file`) {
		t.Errorf("the page of serve: %v\n%s", err, b)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 30 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
	if tool, err := exec.LookPath("groff"); err == nil {
		for _, p := range pages {
			if out, err := exec.Command(tool, "-man", "-Tutf8", "-ww", "-z", p).CombinedOutput(); err != nil ||
				strings.Contains(string(out), "error") {
				t.Errorf("%s: %v %s", p, err, out)
			}
		}
	}
}
