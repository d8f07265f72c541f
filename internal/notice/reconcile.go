package notice

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
)

// A MissingFile is a sealed file that the database records and that is not there.
type MissingFile struct{ Notice, File string }

// Reconcile compares the folder of a box with its database after both were restored. It returns the sealed
// files that are missing, and removes those of notices that the database does not know: they were received
// after the moment that it was restored to.
func Reconcile(ctx context.Context, db casefile.Database, dir string) ([]MissingFile, error) {
	known := map[string][]string{} // sealed files by notice
	err := db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT n.id, n.contact = 'sealed', coalesce(f.n, 0) FROM notice n
LEFT JOIN notice_file f ON f.notice = n.id WHERE n.erased = '' ORDER BY n.id, f.n`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var contact bool
			var n int
			if err := rows.Scan(&id, &contact, &n); err != nil {
				return err
			}
			if known[id] == nil {
				known[id] = []string{}
				if contact {
					known[id] = append(known[id], "contact")
				}
			}
			if n > 0 {
				known[id] = append(known[id], fmt.Sprintf("file-%d", n))
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("compare notices with their files: %w", err)
	}
	for _, kind := range []string{"incoming", "sealed", "working"} {
		entries, err := os.ReadDir(filepath.Join(dir, kind))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("compare notices with their files: %w", err)
		}
		for _, e := range entries {
			if _, ok := known[e.Name()]; !ok {
				if err := os.RemoveAll(filepath.Join(dir, kind, e.Name())); err != nil {
					return nil, fmt.Errorf("remove files of a notice that is not known: %w", err)
				}
			}
		}
	}
	if err := dropKeysOf(dir, known); err != nil {
		return nil, fmt.Errorf("remove keys of notices that are not known: %w", err)
	}
	out, err := missingKeys(ctx, db, dir)
	if err != nil {
		return nil, fmt.Errorf("compare notices with their keys: %w", err)
	}
	for id, files := range known {
		for _, f := range files {
			if !exists(filepath.Join(dir, "sealed", id, f)) && !exists(filepath.Join(dir, "incoming", id, "sealed",
				f)) {
				out = append(out, MissingFile{Notice: id, File: f})
			}
		}
	}
	slices.SortFunc(out, func(a, b MissingFile) int {
		return cmp.Or(strings.Compare(a.Notice, b.Notice), strings.Compare(a.File, b.File))
	})
	return out, nil
}
