package notice

import (
	"archive/zip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/ledger"
)

// Ask asks that something sealed be handed out: the contact, or the original of a file.
func (b *Box) Ask(ctx context.Context, by casefile.Actor, id ID, what, reason string) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	return b.do(ctx, by, id, Workers, EventAsked, []any{what, reason}, func(a *act) error {
		s, err := b.readSheet(a.ctx, a.tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(s.Sealed, what) {
			return ErrUnknown
		}
		if slices.ContainsFunc(s.Unseal, func(u Unsealing) bool {
			return u.What == what && u.Agreed == "" &&
				u.Asked == by.ID
		}) {
			return nil // it waits already
		}
		var seq int64
		if err := a.tx.QueryRowContext(a.ctx, `INSERT INTO notice_unseal (notice, what, reason, asked, agreed, taken)
			VALUES ($1, $2, $3, $4, '', '') RETURNING seq`, string(id), what, reason, by.ID).Scan(&seq); err != nil {
			return err
		}
		if b.cfg.Pin != nil {
			if err := b.cfg.Pin.Pin(a.ctx, a.tx, casefile.Pinned("notice_unseal"), casefile.Kept{Table: "notice_unseal",
				Value: strconv.FormatInt(seq, 10)}, by.ID); err != nil {
				return err
			}
		}
		return a.say(EventAsked, what, reason)
	})
}

// unsealing reads a request of the notice.
func (a *act) unsealing(seq int64) (u Unsealing, err error) {
	err = a.tx.QueryRowContext(a.ctx,
		`SELECT seq, what, reason, asked, agreed FROM notice_unseal WHERE seq = $1 AND notice = $2`, seq,
		string(a.n.ID)).
		Scan(&u.Seq, &u.What, &u.Reason, &u.Asked, &u.Agreed)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	if err == nil && !a.n.Erased.IsZero() {
		err = ErrErased
	}
	if err != nil || a.b.cfg.Pin == nil {
		return u, err
	}
	held, err := a.b.cfg.Pin.Held(a.ctx, a.tx, casefile.Pinned("notice_unseal"), `seq = $1`, seq)
	if err == nil && !held[strconv.FormatInt(seq, 10)] {
		err = casefile.ErrPast // that somebody agreed may have been put in past the program
	}
	return u, err
}

// unsealed writes a request to unseal, and has the ledger hold it.
func (a *act) unsealed(seq int64, do func() error) error {
	return casefile.Holding(a.ctx, a.tx, a.b.cfg.Pin, "notice_unseal", a.by.ID,
		casefile.Row(strconv.FormatInt(seq, 10)), do)
}

// Agree is the second person's word.
func (b *Box) Agree(ctx context.Context, by casefile.Actor, id ID, seq int64, reason string) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	return b.do(ctx, by, id, Workers, EventAgreed, []any{seq, reason}, func(a *act) error {
		u, err := a.unsealing(seq)
		switch {
		case err != nil:
			return err
		case u.Asked == by.ID:
			return ErrSame
		case u.Agreed != "":
			return ErrState
		}
		if err := a.unsealed(seq, func() error {
			return a.exec(`UPDATE notice_unseal SET agreed = $2 WHERE seq = $1`, seq, by.ID)
		}); err != nil {
			return err
		}
		return a.say(EventAgreed, u.What, reason)
	})
}

// Take hands the sealed file out, to one of the two who agreed on it. It is recorded before
// the file leaves; to read it takes the shares of two people, away from here.
func (b *Box) Take(ctx context.Context, by casefile.Actor, id ID, seq int64) (sealed []byte, what string, err error) {
	err = b.do(ctx, by, id, Workers, EventTaken, nil, func(a *act) error {
		u, err := a.unsealing(seq)
		switch {
		case err != nil:
			return err
		case u.Agreed == "":
			return ErrState
		case by.ID != u.Asked && by.ID != u.Agreed:
			return casefile.ErrForbidden
		}
		what = u.What
		if sealed, err = os.ReadFile(b.place("sealed", id, what)); err != nil {
			return fmt.Errorf("read sealed file: %w", err)
		}
		if err := a.unsealed(seq, func() error {
			return a.exec(`UPDATE notice_unseal SET taken = $2 WHERE seq = $1`, seq, stamp(a.now))
		}); err != nil {
			return err
		}
		return a.say(EventTaken, what, u.Reason)
	})
	if err != nil {
		return nil, "", err
	}
	return sealed, what, nil
}

// Export writes a notice as a zip: its words as the ledger has them, its receipt, the working
// copies and what the desk did. Nothing that is sealed, and no case.
func (b *Box) Export(ctx context.Context, by casefile.Actor, id ID, reason string, w io.Writer) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	var s Sheet
	err = b.do(ctx, by, id, Workers, EventExport, nil, func(a *act) error {
		if err := a.say(EventExport, "", reason); err != nil {
			return err
		}
		s, err = b.readSheet(a.ctx, a.tx, id)
		return err
	})
	if err != nil {
		return err
	}
	s.Cases = nil
	s.Events = slices.DeleteFunc(s.Events, func(e Event) bool { return e.Kind == EventCase })
	z := zip.NewWriter(w)
	put := func(name string, content []byte) error {
		f, err := z.Create(string(id) + "/" + name)
		if err == nil {
			_, err = f.Write(content)
		}
		return err
	}
	sheet, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := put("notice.json", sheet); err != nil {
		return err
	}
	if receipt, err := b.receipt(ctx, s.Notice); err == nil {
		if err := put("receipt.txt", receipt); err != nil {
			return err
		}
	} else if !errors.Is(err, ErrPending) && !errors.Is(err, ErrLate) {
		return err
	}
	for _, f := range s.Files {
		if f.Working == "" || !s.Erased.IsZero() {
			continue
		}
		name := fmt.Sprintf("file-%d.%s", f.N, f.Working)
		content, err := b.readWorking(id, name)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := put("working/"+name, content); err != nil {
			return err
		}
	}
	return z.Close()
}

// Erase removes the content of a notice for good: its words, files, contact and answers, here
// and in the openings of its leaves. That it was received, and when, stays provable, and a
// receipt that was handed out still verifies. Backups made before are out of reach.
func (b *Box) Erase(ctx context.Context, by casefile.Actor, id ID, reason string) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	var freed int64
	err = b.do(ctx, by, id, []casefile.Role{Eraser}, EventErased, []any{reason}, func(a *act) error {
		if !a.n.Erased.IsZero() {
			return ErrErased
		}
		freed = 0
		for _, f := range a.n.Files {
			freed += f.Bytes
		}
		for _, field := range []string{ledger.FieldContent, ledger.FieldRow} {
			if _, err := a.ledger().Erase(a.ctx, a.tx, a.n.leaf, field, by.ID, reason); err != nil {
				return err
			}
		}
		rows := []*ledger.Row{{Table: "notice_text", Key: "id", Value: string(id), Columns: []string{"body"}}}
		for _, r := range a.n.Replies {
			row := &ledger.Row{Table: "notice_reply", Key: "seq", Value: strconv.FormatInt(r.Seq, 10),
				Columns: replyColumns}
			rows = append(rows, row)
			leaves, err := ledger.FindRow(a.ctx, a.tx, row.Table, row.Value)
			if err != nil {
				return err
			}
			for _, l := range leaves {
				if _, err := a.ledger().Erase(a.ctx, a.tx, l.ID, ledger.FieldRow, by.ID, reason); err != nil {
					return err
				}
			}
		}
		for _, q := range []string{`UPDATE notice_text SET body = '', sealed = '' WHERE id = $1`,
			`UPDATE notice_reply SET body = '', sealed = '' WHERE notice = $1`,
			`UPDATE notice_file SET sha256 = '', note = '', working = '' WHERE notice = $1`,
			`DELETE FROM notice_mark WHERE notice = $1`} {
			if err := a.exec(q, string(id)); err != nil {
				return err
			}
		}
		for _, row := range rows { // the emptied rows are pinned anew: nothing can be put into them
			if _, err := a.ledger().Append(a.ctx, a.tx, ledger.Entry{Kind: ledger.Custody, Subject: subject(id),
				Actor: by.ID, Row: row}); err != nil {
				return err
			}
		}
		if err := a.exec(`UPDATE notice SET erased = $2, bytes = 0, status = $3 WHERE id = $1`, string(id),
			stamp(a.now), string(Closed)); err != nil {
			return err
		}
		return a.say(EventErased, "", reason)
	})
	if err != nil {
		return err
	}
	b.release(freed)
	return b.removeFiles(id)
}

// removeFiles removes what lies of an erased notice, and its key, without which a copy of its words that somebody has
// of the database says nothing. It may run again.
func (b *Box) removeFiles(id ID) error {
	if b.keys != nil {
		if err := b.keys.Erase(string(id)); err != nil {
			return fmt.Errorf("erase the key of notice %s; the next start does it: %w", id, err)
		}
	}
	for _, dir := range []string{filepath.Join(b.cfg.Dir, "sealed", string(id)), filepath.Join(b.cfg.Dir, "working",
		string(id)), b.incoming(id)} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("erase files of notice %s; the next start does it: %w", id, err)
		}
		if err := disk.SyncFolder(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("erase files of notice %s: %w", id, err)
		}
	}
	return nil
}

// finishErasures removes files that a killed program did not get to remove.
func (b *Box) finishErasures(ctx context.Context) error {
	var ids []ID
	err := b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT id FROM notice WHERE erased <> '' AND erased > $1`, func(r scanner) error {
			var id ID
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		}, stamp(b.cfg.Now().Add(-30*24*time.Hour)))
	})
	for _, id := range ids {
		err = errors.Join(err, b.removeFiles(id))
	}
	return err
}
