package review

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"plimsoll/internal/record/focus"
)

// beginBills begins to read bills, with what the book of earlier runs holds of them.
func (r *run) beginBills(ctx context.Context, g *grouping) (*focus.Loading, error) {
	var kept focus.Kept
	if r.o.Book != "" && r.o.rename == nil {
		build, err := thisBuild()
		if err != nil {
			return nil, fmt.Errorf("open book %s: %w", r.o.Book, err)
		}
		kept.Dir = filepath.Join(r.o.Book, build[:16], "bills")
		if err := os.MkdirAll(kept.Dir, 0o755); err != nil {
			return nil, fmt.Errorf("open book: %w", err)
		}
	}
	return focus.BeginKept(ctx, r.book.DB(), g.bills, g.mapped, kept)
}

// thisBuild names the program: what another build has read is not taken for what this one would read. It is a hash of
// the build ID, which the linker makes of all that the program consists of, or of the whole file where it has none.
var thisBuild = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if id := buildID(path); len(id) > 0 {
		h.Write(id)
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// shortestBuildID is the length of a build ID with a hash of what was built, in bytes; "-ldflags=-buildid=x" makes
// shorter ones, which name nothing.
const shortestBuildID = 40

// buildID is the note with the build ID of a Go program in an ELF file, nil where there is none.
func buildID(path string) []byte {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	note := f.Section(".note.go.buildid")
	if note == nil {
		return nil
	}
	id, err := note.Data()
	if err != nil || len(id) < shortestBuildID {
		return nil
	}
	return id
}
