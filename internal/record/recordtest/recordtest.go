// Package recordtest helps the tests of decoders: it finds real data that lies beside the
// checkout, and collects what a decoder emits.
package recordtest

import (
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record"
)

// Shared returns the path of a file or folder of the real data that lies beside the
// checkout (or at $PLIMSOLL_SHARED), and skips the test when it is not there.
func Shared(t testing.TB, path string) string {
	t.Helper()
	roots := []string{os.Getenv("PLIMSOLL_SHARED")}
	if dir, err := os.Getwd(); err == nil {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			roots = append(roots, filepath.Join(dir, "shared"))
		}
	}
	for _, root := range roots {
		if root == "" {
			continue
		}
		full := filepath.Join(root, filepath.FromSlash(path))
		if _, err := os.Stat(full); err == nil {
			return full
		}
	}
	t.Skipf("real data %s is not here; set PLIMSOLL_SHARED to the folder that holds it", path)
	return ""
}

// Sources lists the files under path as the run would.
func Sources(t testing.TB, path ...string) []record.Source {
	t.Helper()
	src, err := record.Find(path)
	if err != nil {
		t.Fatalf("find %v: %v", path, err)
	}
	return src
}

// A Collector keeps everything that a decoder emits.
type Collector struct {
	Records []record.Record
	Rejects []record.Reject
}

// Record implements [record.Sink].
func (c *Collector) Record(r record.Record) error { c.Records = append(c.Records, r); return nil }

// Reject implements [record.Sink].
func (c *Collector) Reject(r record.Reject) error { c.Rejects = append(c.Rejects, r); return nil }

// Of returns the records of one type, in order.
func Of[T record.Record](c *Collector) []T {
	var out []T
	for _, r := range c.Records {
		if x, ok := r.(T); ok {
			out = append(out, x)
		}
	}
	return out
}
