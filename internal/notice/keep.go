package notice

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/name"
)

// subject is under which the leaves of a notice are found in the ledger.
func subject(id ID) string { return "notice/" + string(id) }

// sender is the actor of a notice's leaf: nobody knows more.
const sender = "sender"

// slow hashes a code when it is its turn: hashing takes memory, and many may ask.
func (b *Box) slow(ctx context.Context, client, code string) (string, error) {
	leave, err := b.hash.enter(ctx, client, false, time.Time{})
	if err != nil {
		return "", err
	}
	defer leave()
	return b.secrets.slow(code), nil
}

// keep writes a notice: files first, then everything else with the leaf in one transaction.
// It returns the leaf when the receipt is still to be waited for.
func (b *Box) keep(ctx context.Context, client string, d *draft) (o Outcome, leaf string, err error) {
	o = Outcome{ID: d.id, Code: spaced(d.code), Contact: d.contact, Files: d.files, Said: d.said}
	code := d.code
	if d.earlier != "" {
		if code, err = parseCode(d.earlier); err != nil {
			return o, "", fault("code", "code.form")
		}
		o.Code = spaced(code)
	}
	hash, err := b.slow(ctx, client, code)
	if err != nil {
		return o, "", err
	}
	if d.contact == Sealed {
		padded := append([]byte(d.reach), bytes.Repeat([]byte("\n"), maxReach-len(d.reach))...)
		sealed, err := b.cfg.Key.seal(d.id, "contact", padded)
		if err == nil {
			err = b.write("sealed", d.id, "contact", sealed)
		}
		if err != nil {
			return o, "", fmt.Errorf("keep a contact: %w", err)
		}
	}
	if b.keys != nil { // on disk before what it seals, and not while others wait to write
		if _, err := b.keys.Make(string(d.id)); err != nil {
			return o, "", fmt.Errorf("make the key of a notice: %w", err)
		}
	}
	if err := b.syncIncoming(d.id); err != nil {
		return o, "", fmt.Errorf("keep files of a notice: %w", err)
	}
	err = b.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		w := &intake{ctx, tx, b, d}
		origin, err := w.origin(hash, d.earlier != "")
		if err != nil {
			return err
		}
		o.Received, leaf, err = w.insert(origin)
		return err
	})
	if err != nil {
		o, err = b.undone(ctx, d, o, err)
		return o, "", err
	}
	d.kept, d.bytes = true, 0 // the room stays taken
	if err := b.settle(d.id); err != nil {
		b.cfg.Log.Error("put files of a notice in place; the next start does it", "notice", d.id, "error", err)
	}
	b.cfg.Wake()
	return o, leaf, nil
}

// errTaken says that a form was sent twice at the same moment and the other was first.
var errTaken = errors.New("this form was sent before")

// undone looks what became of a notice whose transaction failed: a connection that broke at
// the commit does not tell.
func (b *Box) undone(ctx context.Context, d *draft, o Outcome, why error) (Outcome, error) {
	var fault *Fault
	if errors.As(why, &fault) {
		return o, why
	}
	look, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	first, err := b.first(look, d.token)
	d.kept = err != nil || first == d.id
	if err == nil && first != "" {
		if first == d.id {
			d.bytes = 0
			err = b.settle(d.id)
		}
		return b.repeated(look, d, first, err)
	}
	return o, fmt.Errorf("keep a notice: %w", why)
}

// first returns the notice that a form became, "" when it was not sent yet.
func (b *Box) first(ctx context.Context, t token) (id ID, err error) {
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT id FROM notice WHERE token = $1`, b.secrets.name(t)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, err
}

// repeated answers a form that was sent before with what came of it then.
func (b *Box) repeated(ctx context.Context, d *draft, id ID, err error) (Outcome, error) {
	if err != nil {
		return Outcome{Said: d.said}, err
	}
	var n Notice
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		n, err = b.readNotice(ctx, tx, id)
		return err
	})
	if err != nil {
		return Outcome{Said: d.said}, err
	}
	o := Outcome{ID: id, Code: spaced(d.code), Contact: n.Contact, Files: n.Files, Received: n.Received, Repeated: true,
		Said: n.Said}
	if c, err := parseCode(d.earlier); err == nil {
		o.Code = spaced(c)
	}
	o.Changed = n.Erased.IsZero() && (d.said.check() != nil || d.said != n.Said)
	o.Receipt = b.await(ctx, n.leaf)
	return o, nil
}

// await waits a little for the receipt of a leaf. One that is not ready is nil: the notice is
// kept all the same, and the receipt can be had under the code.
func (b *Box) await(ctx context.Context, leaf string) []byte {
	wait := b.cfg.Wait
	if b.cfg.Discretion.Delay > 0 { // it will not come now
		wait = 0
	}
	short, stop := context.WithTimeout(ctx, wait)
	defer stop()
	var text []byte
	r, err := b.cfg.Ledger.Await(short, leaf, ledger.FieldContent)
	if err == nil {
		text, err = Receipt{VKey: b.cfg.VKey, Proof: r}.Encode()
	}
	if err != nil && !errors.Is(err, ledger.ErrPending) && short.Err() == nil {
		b.cfg.Log.Error("make a receipt; the notice is kept", "leaf", leaf, "error", err)
	}
	return text
}

// intake is one notice being written.
type intake struct {
	ctx context.Context
	tx  *sql.Tx
	b   *Box
	d   *draft
}

// origin finds who a notice belongs to by the code's hash, or makes a new one.
func (w *intake) origin(hash string, old bool) (id string, err error) {
	err = w.tx.QueryRowContext(w.ctx, `SELECT id FROM notice_origin WHERE code = $1`, hash).Scan(&id)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	if old {
		return "", fault("code", "code.none")
	}
	id = string(newID())
	_, err = w.tx.ExecContext(w.ctx, `INSERT INTO notice_origin (id, code) VALUES ($1, $2)`, id, hash)
	return id, err
}

// insert writes the notice, its leaf, its files and the marks by which it is recognised.
func (w *intake) insert(origin string) (at time.Time, leaf string, err error) {
	d, id := w.d, string(w.d.id)
	now := w.b.cfg.Now().UTC().Truncate(time.Microsecond)
	bears, notBefore, err := w.b.cfg.Discretion.leafTime(now)
	if err != nil {
		return at, "", err
	}
	words := Text{ID: d.id, To: w.b.cfg.To, Said: d.said, Files: d.files}
	if !bears.IsZero() {
		words.Received = now
	}
	text := words.Encode()
	body, err := w.b.conceal(d.id, string(text))
	if err != nil {
		return at, "", err
	}
	under := w.b.under(d.id)
	if _, err = w.tx.ExecContext(w.ctx, `INSERT INTO notice_text (id, body, sealed) VALUES ($1, $2, $3)`, id, body,
		under); err != nil {
		return at, "", err
	}
	t, err := w.b.ledger().Append(w.ctx, w.tx, ledger.Entry{Kind: ledger.Notice, Subject: subject(d.id), Actor: sender,
		Content: text, Sealed: under, Time: bears, NotBefore: notBefore,
		Row: &ledger.Row{Table: "notice_text", Key: "id", Value: id, Columns: []string{"body"}}})
	if err != nil {
		return at, "", err
	}
	if at = t.Time; !bears.IsZero() {
		at = now
	}
	story, because, err := w.story(origin)
	if err != nil {
		return at, "", err
	}
	var sum int64
	for _, f := range d.files {
		sum += f.Bytes
	}
	r, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO notice (id, token, origin, leaf, received, contact, status, story, because, bytes, erased)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '') ON CONFLICT (token) DO NOTHING`,
		id, w.b.secrets.name(d.token), origin, t.ID, stamp(at), string(d.contact), string(Received), story, because,
		sum)
	if err != nil {
		return at, "", err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return at, "", errors.Join(errTaken, err)
	}
	for _, f := range d.files {
		if _, err := w.tx.ExecContext(w.ctx,
			`INSERT INTO notice_file (notice, n, sha256, bytes, media, working, note) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, f.N, f.SHA256, f.Bytes, f.Media, f.Working, f.Note); err != nil {
			return at, "", err
		}
	}
	for _, m := range w.marks() {
		if _, err := w.tx.ExecContext(w.ctx,
			`INSERT INTO notice_mark (mark, notice, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, m.mark, id,
			m.kind); err != nil {
			return at, "", err
		}
	}
	return at, t.ID, nil
}

type mark struct{ mark, kind string }

// marks are what a later notice is compared with: its words, whatever their case and
// spacing, and each file.
func (w *intake) marks() []mark {
	out := []mark{{w.b.secrets.mark("words", name.Fold(w.d.said.What)), "the same words"}}
	for _, f := range w.d.files {
		out = append(out, mark{w.b.secrets.mark("file", f.SHA256), "the same file"})
	}
	return out
}

// story finds which earlier notice tells the same: one of the same sender, with the same
// words, or with the same file. Notices of one story count once. The oldest gives the name.
func (w *intake) story(origin string) (story, because string, err error) {
	type found struct {
		seq            int64
		story, because string
	}
	var all []found
	scan := func(query, because string, args ...any) error {
		var f found
		err := w.tx.QueryRowContext(w.ctx, query, args...).Scan(&f.seq, &f.story)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		f.because = because
		all = append(all, f)
		return err
	}
	err = scan(`SELECT seq, story FROM notice WHERE origin = $1 ORDER BY seq LIMIT 1`, "the same sender", origin)
	for _, m := range w.marks() {
		if err == nil {
			err = scan(`SELECT n.seq, n.story FROM notice_mark m JOIN notice n ON n.id = m.notice WHERE m.mark = $1 ORDER BY n.seq LIMIT 1`, m.kind, m.mark)
		}
	}
	if err != nil || len(all) == 0 {
		return string(w.d.id), "", err
	}
	first := slices.MinFunc(all, func(a, b found) int { return int(a.seq - b.seq) })
	return first.story, first.because, nil
}
