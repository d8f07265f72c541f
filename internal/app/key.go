package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/store"
)

// keyCommand replaces keys of a server.
func keyCommand(s streams) *cobra.Command {
	var w where
	var state, who, keyFile, keyToken string
	rotate := w.flags(&cobra.Command{
		Use:   "rotate ledger|access|master --data DIR | --database URL [--state DIR] --actor A",
		Short: "Have a server go on under a new key, while it is stopped",
		Long: `Makes a new key for the ledger, for snapshots of access decisions, or a new master key of evidence and
notices. Of ledger and access the old key and the new one both
sign a statement of it, which is a leaf of the ledger and is published: whoever knows either key comes
to the other, and what the old key signed before still holds. The old key is then erased.

Stop every server of this database first. Witnesses are given the statement after the key in the file
of --log; replicas fetch it by themselves, and "plimsoll verify" takes the file rotations that lies
beside the log, a bag or a site. Notices are sealed to another key by starting "plimsoll serve
--notices" with its file: that, too, is a leaf of the ledger.

Of master, the keys of all cases and notices are sealed anew, and the old master key is erased. Stopped
half-way, all can be read with the file of the master key as it lies there, which holds both, and the
next call goes on. --key-token puts the new one into a PKCS#11 token. Backups made before need the old
key: make a new one.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(who) == "" {
				return usagef("key rotate needs --actor: who does it stands in the ledger")
			}
			if args[0] == ledger.MasterKey {
				return rotateMaster(cmd.Context(), s, w, w.stateFolder(state), keyFile, keyToken, who)
			}
			if keyFile != "" || keyToken != "" {
				return usagef("key rotate: --key-file and --key-token are for master")
			}
			return rotateKey(cmd.Context(), s, w, w.stateFolder(state), args[0], who)
		},
	})
	rotate.Flags().StringVar(&state, "state", "", "folder of the keys (default: --data)")
	rotate.Flags().StringVar(&who, "actor", "", "who does it: written into the ledger")
	rotate.Flags().StringVar(&keyFile, "key-file", "", "of master: its file, as serve has it (default: in the state "+
		"folder)")
	rotate.Flags().StringVar(&keyToken, "key-token", "", "of master: address of the new one in a PKCS#11 token "+
		"(pkcs11:token=T;object=O?module-path=FILE&pin-source=FILE); made when it is not there")
	return group("key", "The keys that a server signs and encrypts with", rotate)
}

func rotateKey(ctx context.Context, s streams, w where, state, part, who string) error {
	c := ledger.Change{Part: part, Actor: who}
	switch part {
	case ledger.OwnKey:
		c.Path, c.Upto = filepath.Join(state, "ledger", "key"), ledger.Size
		c.Also = func(ctx context.Context, tx *sql.Tx, next *ledger.Key) error { // what the old key stood behind
			return newPins(next).renew(ctx, tx)
		}
	case ledger.AccessKey:
		c.Path, c.Upto = filepath.Join(state, "access", "key"), func(ctx context.Context, tx *sql.Tx) (n int64,
			err error) {
			err = tx.QueryRowContext(ctx, `SELECT version FROM access_head WHERE name = 'head'`).Scan(&n)
			return n, err
		}
	default:
		return usagef("key rotate: %q is neither ledger nor access nor master", part)
	}
	address, err := w.address()
	if err != nil {
		return err
	}
	if state == "" {
		return usagef("key rotate with --database needs --state DIR, the folder of the keys")
	}
	if _, err := os.Stat(c.Path); err != nil {
		return fmt.Errorf("there is no key to replace: %w", err)
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	defer db.Close()
	if part == ledger.AccessKey {
		if _, err := accessRotations(ctx, db, filepath.Join(state, "access")); err != nil {
			return err
		}
	}
	seq, _, _, err := openLedger(ctx, db, filepath.Join(state, "ledger"), nil)
	if err != nil {
		return err
	}
	r, err := seq.Rotate(context.WithoutCancel(ctx), c)
	if errors.Is(err, ledger.ErrNotElected) {
		return fmt.Errorf("a server, or another command that replaces keys, is at work on this database: stop it "+
			"first, or wait for it (%w)", err)
	}
	if err != nil {
		return err
	}
	if part == ledger.AccessKey {
		_, err = accessRotations(ctx, db, filepath.Join(state, "access"))
	} else {
		_, _, _, err = openLedger(ctx, db, filepath.Join(state, "ledger"), nil)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "The key of the %s is now another one. What the old key signed up to %d still holds. The new "+
		"key:\n", part, r.Upto)
	fmt.Fprintln(s.out, r.New)
	return nil
}

// accessRotations makes sure that the key of access decisions is the newest one, and shows its rotations to replicas.
func accessRotations(ctx context.Context, db ledger.Store, dir string) ([]format.Rotation, error) {
	path := filepath.Join(dir, "key")
	text, rs, err := ledger.UseNewest(ctx, db, ledger.AccessKey, path)
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	if err := os.WriteFile(path+".pub", []byte(rs[len(rs)-1].New+"\n"), 0o644); err != nil {
		return nil, err
	}
	return rs, ledger.PublishRotations(text, dir)
}
