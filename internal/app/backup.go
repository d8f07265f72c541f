package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"plimsoll/internal/store"
)

// where says which database a command works on, as serve does.
type where struct{ data, database string }

func (w *where) flags(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&w.data, "data", "", "folder of the database")
	c.Flags().StringVar(&w.database, "database", "", "PostgreSQL address (postgres://…) instead of --data")
	return c
}

func (w *where) address() (string, error) {
	switch {
	case (w.data == "") == (w.database == ""):
		return "", usagef("give either --data DIR or --database URL")
	case w.database != "":
		return w.database, nil
	}
	return "sqlite:" + filepath.Join(w.data, "plimsoll.db"), nil
}

// beside are the folders of a server that lie beside its database, with what is lost with them.
var beside = []struct{ name, holds string }{
	{"evidence", "the originals of evidence, with their custody logs"},
	{"notices", "the notices and their sealed files"},
	{"ledger", "the published ledger with its key: without the key the server does not start"},
	{"access", "the key and the tokens of the access door, and its record"},
}

// notIn names the folders that are there and that a backup of the database does not hold.
func (w *where) notIn(s streams, head string) error {
	if w.data == "" {
		fmt.Fprintln(s.err, "It does not hold what lies in the state folder of the server (evidence, notices, the ledger and its key, access): copy that folder too")
		return nil
	}
	said := false
	for _, b := range beside {
		path := filepath.Join(w.data, b.name)
		if !exists(path) {
			continue
		}
		if !said {
			said = true
			fmt.Fprintln(s.err, head)
		}
		fmt.Fprintf(s.err, "  %s: %s\n", path, b.holds)
	}
	return nil
}

// missing names the folders that a restored database may need and that are not there.
func (w *where) missing(s streams) error {
	if w.data == "" {
		fmt.Fprintln(s.err, "Evidence, notices, the ledger with its key and the access keys are not part of it: put the state folder of the server in its place before it starts")
		return nil
	}
	for _, b := range beside {
		if path := filepath.Join(w.data, b.name); !exists(path) {
			fmt.Fprintf(s.err, "Missing: %s, %s; it is not part of the backup: copy it from where you keep it, if the server had it\n", path, b.holds)
		}
	}
	return nil
}

// endSignins ends what somebody may hold since the backup was made.
func endSignins(ctx context.Context, address string) error {
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	db.Follow = followCases
	return errors.Join(db.Restored(ctx), db.Close())
}

func backupCommand(s streams) *cobra.Command {
	var w where
	return w.flags(&cobra.Command{
		Use:   "backup --data DIR | --database URL FILE",
		Short: "Write one moment of the database to a file, while people work",
		Long: `Writes the database. Originals of evidence, notices, the ledger with its key and the access keys
are folders beside it and not part of the file: the command names those that are there.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := w.address()
			if err != nil {
				return err
			}
			if w.data != "" { // opening would make an empty one where there is none
				if _, err := os.Stat(filepath.Join(w.data, "plimsoll.db")); err != nil {
					return fmt.Errorf("there is no database in %s: %w", w.data, err)
				}
			}
			db, err := store.Open(cmd.Context(), address)
			if err != nil {
				return err
			}
			defer db.Close()
			if err := db.Backup(cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(s.err, "Backup of the database written to %s\n", args[0])
			return w.notIn(s, "It does not hold these, which a server needs as well; copy them too:")
		},
	})
}

func restoreCommand(s streams) *cobra.Command {
	var w where
	return w.flags(&cobra.Command{
		Use:   "restore --data DIR | --database URL FILE",
		Short: "Put a backup into a new folder or an empty database",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := w.address()
			if err != nil {
				return err
			}
			if err := store.Restore(cmd.Context(), args[0], address); err != nil {
				return err
			}
			if err := endSignins(cmd.Context(), address); err != nil {
				return err
			}
			fmt.Fprintf(s.err, "Restored the database from %s; every session, token and link was ended\n", args[0])
			return w.missing(s)
		},
	})
}
