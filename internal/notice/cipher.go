package notice

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger"
)

// The words of a notice, what was written to its sender and its working copies are encrypted (age) under a key of the
// notice, which is sealed to the master key of evidence. A notice comes before any case, so the key is its own; what is
// taken from it into a case is encrypted under the key of that case. Erasing the notice erases the key.
//
// In the database a column "sealed" names the key, and the text is base64 of the age file; the opening of the notice's
// leaf lies encrypted too (package ledger). A working copy that is encrypted has ".age" after its name.

const cipherEnd = ".age"

// Keys say under which master key a box encrypts what it takes in.
type Keys struct {
	File  string // of the master key; "" is one in the folder of the box
	Plain bool   // nothing is encrypted, unless something was before
}

// KeysDir is the folder of the keys in the folder of a box.
func KeysDir(dir string) string { return filepath.Join(dir, "keys") }

// openKeys opens the keys. Where the keys are gone as a whole and something is encrypted, none are made.
func (b *Box) openKeys(ctx context.Context) (err error) {
	dir := KeysDir(b.cfg.Dir)
	if !keyring.Exists(dir) {
		var n int
		if err := b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT count(*) FROM notice_text WHERE sealed <> ''`).Scan(&n)
		}); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%w: the folder %s is gone, and the words of %d notices are encrypted; put the folder "+
				"back from a backup", keyring.ErrMaster, dir, n)
		}
		if b.cfg.Keys.Plain {
			return nil
		}
	}
	if b.keys, err = keyring.Open(dir, b.cfg.Keys.File); err == nil {
		b.cfg.Ledger = b.cfg.Ledger.Under(b.keys)
	}
	return err
}

// under names the key of a notice; "" when nothing is encrypted.
func (b *Box) under(id ID) string {
	if b.keys == nil {
		return ""
	}
	return string(id)
}

// conceal is a text as the database keeps it.
func (b *Box) conceal(id ID, text string) (string, error) {
	if b.keys == nil {
		return text, nil
	}
	c, err := b.keys.Seal(string(id), []byte(text))
	return base64.StdEncoding.EncodeToString(c), err
}

// reveal opens what the database keeps.
func (b *Box) reveal(under, text string) (string, error) {
	if under == "" {
		return text, nil
	}
	c, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("open what is sealed under the key of %s: %w", under, err)
	}
	if b.keys == nil {
		return "", keyring.ErrMaster
	}
	plain, err := b.keys.Unseal(under, c)
	return string(plain), err
}

// writeWorking puts a working copy on its way in.
func (b *Box) writeWorking(id ID, name string, content []byte) (err error) {
	if b.keys != nil {
		name += cipherEnd
		if content, err = b.keys.Seal(string(id), content); err != nil {
			return err
		}
	}
	return b.write("working", id, name, content)
}

// readWorking reads a working copy.
func (b *Box) readWorking(id ID, name string) ([]byte, error) {
	content, err := os.ReadFile(b.place("working", id, name))
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	if content, err = os.ReadFile(b.place("working", id, name+cipherEnd)); err != nil {
		return nil, err
	}
	if b.keys == nil {
		return nil, keyring.ErrMaster
	}
	return b.keys.Unseal(string(id), content)
}

// dropKeys removes keys of notices that were on their way when a program was killed, and of erased ones. A notice that
// another server takes in at this moment is left alone: its key is young.
func (b *Box) dropKeys(ctx context.Context) error {
	if b.keys == nil {
		return nil
	}
	names, err := b.keys.Names()
	if err != nil || len(names) == 0 {
		return err
	}
	known := map[string]bool{}
	if err := b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT id FROM notice WHERE erased = ''`, func(r scanner) error {
			var id string
			err := r.Scan(&id)
			known[id] = true
			return err
		})
	}); err != nil {
		return err
	}
	for _, name := range names {
		if !known[name] && isNotice(name) && b.keys.Older(name, tokenLife) {
			err = errors.Join(err, b.keys.Erase(name))
		}
	}
	return err
}

// Lacking names the notices that cannot be read since a key is gone, and the master key when it is.
func (b *Box) Lacking(ctx context.Context) (out []string, err error) {
	if b.keys == nil {
		return nil, nil
	}
	if !b.keys.HasMaster() {
		out = append(out, "the master key is missing: after the next start no notice can be read")
	}
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT id FROM notice_text WHERE sealed <> '' ORDER BY id`, func(r scanner) error {
			var id string
			err := r.Scan(&id)
			if err == nil && !b.keys.Has(id) {
				out = append(out, "the key of notice "+id+" is missing: its words cannot be read")
			}
			return err
		})
	})
	return out, err
}

// batch is how many notices EncryptAll looks up at a time.
const batch = 200

// EncryptAll encrypts words and working copies of notices that lie in the clear, as earlier versions kept them, and
// returns how many notices it was. The rows are pinned anew in the ledger, since their leaves pinned the clear text.
func (b *Box) EncryptAll(ctx context.Context) (n int, err error) {
	if b.keys == nil {
		return 0, nil
	}
	for after := ""; ; {
		var ids []ID
		if err := b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
			return each(ctx, tx,
				`SELECT t.id FROM notice_text t JOIN notice n ON n.id = t.id WHERE t.sealed = '' AND n.erased = '' AND t.id > $1
				ORDER BY t.id LIMIT $2`, func(r scanner) error {
					var id ID
					err := r.Scan(&id)
					ids = append(ids, id)
					return err
				}, after, batch)
		}); err != nil {
			return n, fmt.Errorf("encrypt notices: %w", err)
		}
		if len(ids) == 0 {
			return n, b.encryptCopies(ctx)
		}
		for _, id := range ids {
			if err := b.encrypt(ctx, id); err != nil {
				return n, fmt.Errorf("encrypt notice %s: %w", id, err)
			}
			n++
		}
		after = string(ids[len(ids)-1])
	}
}

// program is the actor of what a server does by itself.
const program = "plimsoll"

// whyAnew is the reason that the ledger keeps of it.
const whyAnew = "encrypted where it lies; what it says is as it was"

// encrypt encrypts the words of one notice and what was written to its sender.
func (b *Box) encrypt(ctx context.Context, id ID) error {
	return b.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		// locks the row
		if _, err := tx.ExecContext(ctx, `UPDATE notice SET status = status WHERE id = $1`, string(id)); err != nil {
			return err
		}
		n, err := b.readNotice(ctx, tx, id)
		if err != nil || !n.Erased.IsZero() {
			return err
		}
		w := ledger.Writer{Now: b.cfg.Now, Keys: b.keys}
		if err := w.Seal(ctx, tx, n.leaf, ledger.FieldContent, string(id)); err != nil {
			return err
		}
		if err := b.encryptRow(ctx, tx, w, id, &ledger.Row{Table: "notice_text", Key: "id", Value: string(id),
			Columns: []string{"body"}}); err != nil {
			return err
		}
		for _, r := range n.Replies {
			row := &ledger.Row{Table: "notice_reply", Key: "seq", Value: strconv.FormatInt(r.Seq, 10),
				Columns: replyColumns}
			if err := b.encryptRow(ctx, tx, w, id, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// encryptRow encrypts the body of a row of a notice that lies in the clear, takes the clear text out of the leaves that
// pinned it, and pins it anew.
func (b *Box) encryptRow(ctx context.Context, tx *sql.Tx, w ledger.Writer, id ID, row *ledger.Row) error {
	var body, sealed string
	err := tx.QueryRowContext(ctx, `SELECT body, sealed FROM `+row.Table+` WHERE `+row.Key+` = $1`, row.Value).Scan(
		&body, &sealed)
	if err != nil || sealed != "" {
		return err
	}
	if body, err = b.conceal(id, body); err != nil {
		return err
	}
	leaves, err := ledger.FindRow(ctx, tx, row.Table, row.Value)
	if err != nil {
		return err
	}
	for _, l := range leaves {
		if _, err := w.Erase(ctx, tx, l.ID, ledger.FieldRow, program, whyAnew); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+row.Table+` SET body = $1, sealed = $2 WHERE `+row.Key+` = $3`, body,
		string(id), row.Value); err != nil {
		return err
	}
	_, err = w.Append(ctx, tx, ledger.Entry{Kind: ledger.Custody, Subject: subject(id), Actor: program, Row: row})
	return err
}

// encryptCopies encrypts working copies that lie in the clear.
func (b *Box) encryptCopies(ctx context.Context) error {
	root := filepath.Join(b.cfg.Dir, "working")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		id := ID(filepath.Base(filepath.Dir(path)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // erased meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir(), filepath.Ext(path) == cipherEnd, strings.HasPrefix(d.Name(), "."), !isNotice(string(id)),
			!b.keys.Has(string(id)):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sealed, err := b.keys.Seal(string(id), content)
		if err != nil {
			return err
		}
		if err := disk.Replace(path+cipherEnd, func(w io.Writer) error { _, err := w.Write(sealed); return err }); err != nil {
			return err
		}
		return errors.Join(os.Remove(path), disk.SyncFolder(filepath.Dir(path)))
	})
	if err != nil {
		return fmt.Errorf("encrypt working copies of notices: %w", err)
	}
	return nil
}

// dropKeysOf removes the keys of notices that a restored database does not know.
func dropKeysOf(dir string, known map[string][]string) error {
	at := filepath.Join(KeysDir(dir), "case")
	es, err := os.ReadDir(at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = nil
	for _, e := range es {
		name := strings.TrimSuffix(e.Name(), cipherEnd)
		if _, ok := known[name]; !ok && isNotice(name) {
			err = errors.Join(err, os.Remove(filepath.Join(at, e.Name())))
		}
	}
	return err
}

// missingKeys names the notices whose words are encrypted and whose key is not there.
func missingKeys(ctx context.Context, db casefile.Database, dir string) (out []MissingFile, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT id FROM notice_text WHERE sealed <> '' ORDER BY id`, func(r scanner) error {
			var id string
			err := r.Scan(&id)
			if err == nil && !exists(filepath.Join(KeysDir(dir), "case", id+cipherEnd)) {
				out = append(out, MissingFile{Notice: id, File: "key"})
			}
			return err
		})
	})
	return slices.Clip(out), err
}
