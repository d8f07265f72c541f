package app

import (
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

func backupCommand(s streams) *cobra.Command {
	var w where
	return w.flags(&cobra.Command{
		Use:   "backup --data DIR | --database URL FILE",
		Short: "Write one moment of the database to a file, while people work",
		Args:  exactly(1),
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
			fmt.Fprintf(s.err, "Backup written to %s\n", args[0])
			return nil
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
			fmt.Fprintf(s.err, "Restored %s\n", args[0])
			return nil
		},
	})
}
