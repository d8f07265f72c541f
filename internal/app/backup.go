package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/backup"
	"plimsoll/internal/evidence"
	"plimsoll/internal/keyring"
	"plimsoll/internal/notice"
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

// state is the folder of keys and files of the server: --state, or the folder of the database.
func (w *where) stateFolder(state string) string {
	if state != "" {
		return state
	}
	return w.data
}

// passphrase reads the first line of a file; "" without a file.
func passphrase(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimRight(line, "\r"); strings.TrimSpace(line) == "" {
		return "", fmt.Errorf("read passphrase: the first line of %s is empty", file)
	}
	return line, nil
}

// sayKeys names keys that are no part of a backup.
func sayKeys(s streams, head string, keys []string) {
	if len(keys) == 0 {
		return
	}
	fmt.Fprintln(s.err, head)
	for _, k := range keys {
		fmt.Fprintf(s.err, "  %s: %s\n", k, backup.Use(k))
	}
}

func backupCommand(s streams) *cobra.Command {
	var w where
	var state, phrase, keyFile string
	c := w.flags(&cobra.Command{
		Use:   "backup --data DIR | --database URL [--state DIR] [--passphrase-file FILE] FILE",
		Short: "Write everything that a server needs to one file, while people work",
		Long: `Writes one moment of the database, the originals of evidence with their custody logs, the notices,
the record of the access door, and with --passphrase-file the keys, sealed with age. Without it the
keys stay out, and the command names them: keep them apart, or a restored server does not start.
The published ledger is not part of it: a server publishes it again from its database.`,
		Example: "  plimsoll backup --data /var/lib/plimsoll --passphrase-file phrase monday.plimsoll",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := w.address()
			if err != nil {
				return err
			}
			secret, err := passphrase(phrase)
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
			m, err := backup.Write(cmd.Context(), args[0], backup.Options{DB: db, Postgres: w.database != "",
				State: w.stateFolder(state), Passphrase: secret, KeyFile: keyFile, Now: time.Now})
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "Backup written to %s: %d files\n", args[0], len(m.Members))
			if !m.State {
				fmt.Fprintln(s.err, "It holds the database alone: --state DIR adds evidence, notices, the record of "+
					"the door and the keys")
			}
			sayKeys(s, "It does not hold these keys; keep them apart, or give --passphrase-file:", m.LeftOut)
			if len(m.NotTaken) > 0 {
				fmt.Fprintf(s.err, "Not taken, since no server made it: %s\n", strings.Join(m.NotTaken, ", "))
			}
			return nil
		},
	})
	c.Flags().StringVar(&state, "state", "", "folder of keys, evidence and notices (default: --data)")
	c.Flags().StringVar(&keyFile, "key-file", "", "file of the master key of evidence, as serve has it (default: in "+
		"the state folder)")
	c.Flags().StringVar(&phrase, "passphrase-file", "",
		"file whose first line is the passphrase that the keys are sealed with")
	return c
}

func restoreCommand(s streams) *cobra.Command {
	var w where
	var state, phrase string
	c := w.flags(&cobra.Command{
		Use:   "restore --data DIR | --database URL [--state DIR] [--passphrase-file FILE] FILE",
		Short: "Put a backup into a new folder or an empty database",
		Long: `Compares every file of the backup with its sum, puts all of them in place or none, ends every session,
token and link, and reads all evidence again. Exit code 1 when something is missing or not as recorded.`,
		Example: "  plimsoll restore --data /var/lib/plimsoll --passphrase-file phrase monday.plimsoll",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := w.address()
			if err != nil {
				return err
			}
			secret, err := passphrase(phrase)
			if err != nil {
				return err
			}
			dir := w.stateFolder(state)
			whole, err := backup.Has(args[0])
			if err != nil {
				return err
			}
			if !whole { // a copy of the database alone, as earlier versions wrote it
				if err := store.Restore(cmd.Context(), args[0], address); err != nil {
					return err
				}
				fmt.Fprintln(s.err, "This backup holds the database alone: evidence, notices, the ledger's key and "+
					"the access keys are missing; put the state folder of the server in its place")
				return restored(cmd.Context(), s, address, "", args[0])
			}
			r, err := backup.Restore(cmd.Context(), args[0], address, dir, secret)
			if err != nil {
				return err
			}
			if !r.Manifest.State {
				fmt.Fprintln(s.err, "This backup holds the database alone: put the state folder of the server in its "+
					"place")
				dir = ""
			}
			if !r.Keys {
				sayKeys(s, "These keys are sealed in the backup and were not put in place, since no "+
					"--passphrase-file was given:", r.Manifest.Keys)
			}
			sayKeys(s, "These keys are not part of the backup; put them in place before the server starts:",
				r.Manifest.LeftOut)
			return restored(cmd.Context(), s, address, dir, args[0])
		},
	})
	c.Flags().StringVar(&state, "state", "", "folder for keys, evidence and notices (default: --data)")
	c.Flags().StringVar(&phrase, "passphrase-file", "",
		"file whose first line is the passphrase that the keys were sealed with")
	return c
}

// restored ends what somebody may hold since the backup was made, and compares the files of a state
// folder with the database. Files that are missing or changed are named, and are an error.
func restored(ctx context.Context, s streams, address, state, file string) (err error) {
	in := context.WithoutCancel(ctx) // the database is in place: an interrupt leaves no session alive in it
	db, err := store.Open(in, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.Follow = followCases
	if err := holdRestored(in, db, state); err != nil {
		return err
	}
	if err := db.Restored(in); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "Restored from %s; every session, token and link was ended\n", file)
	if state == "" {
		return nil
	}
	problems, err := proveFiles(ctx, s, db, state)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(s.err, "  %s\n", p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d files are not as the database records them; they were so when the backup was made",
			len(problems))
	}
	return nil
}

// proveFiles reads all evidence again, looks for the files of all notices, and removes those of notices
// that the database does not know: they came after its moment.
func proveFiles(ctx context.Context, s streams, db *store.Store, state string) ([]evidence.Problem, error) {
	var out []evidence.Problem
	if dir := filepath.Join(state, "evidence"); exists(dir) {
		files, err := evidence.Open(dir)
		if errors.Is(err, keyring.ErrMaster) {
			fmt.Fprintln(s.err, "Evidence was not read again: the key that it is encrypted with is not there yet")
			files, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
		if files == nil {
			return missingNotices(ctx, db, state)
		}
		defer files.Close()
		k, err := (&store.Custody{DB: db, Files: files}).Verify(ctx, nil)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(s.err, "Evidence read again: %d cases, %d originals\n", k.Cases, k.Originals)
		out = k.Problems
	}
	missing, err := missingNotices(ctx, db, state)
	return append(out, missing...), err
}

// missingNotices names the files of notices that are not there.
func missingNotices(ctx context.Context, db *store.Store, state string) (out []evidence.Problem, err error) {
	missing, err := notice.Reconcile(ctx, db, filepath.Join(state, "notices"))
	if err != nil {
		return nil, err
	}
	for _, m := range missing {
		out = append(out, evidence.Problem{Where: "notice " + m.Notice, What: "its file " + m.File + " is missing"})
	}
	return out, nil
}
