package review

import (
	"context"
	"crypto/sha256"
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

// thisBuild is the SHA-256 of the program: what another build has read is not taken for what this one would read.
var thisBuild = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})
