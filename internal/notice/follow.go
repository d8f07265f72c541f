package notice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/ledger"
)

// A Notice is what is kept of one.
type Notice struct {
	ID       ID        `json:"id"`
	Received time.Time `json:"received"`
	Said     Statement `json:"said"`
	Files    []File    `json:"files"`
	Contact  Contact   `json:"contact"`
	Status   Status    `json:"status"`
	Replies  []Reply   `json:"replies"`
	Origin   string    `json:"origin"`            // whoever holds the same code
	Story    ID        `json:"story"`             // the first notice that tells the same
	Because  string    `json:"because,omitempty"` // why it is one story with it
	Erased   time.Time `json:"erased,omitzero"`
	leaf     string
}

// A Reply is what was written to the sender.
type Reply struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Text  string    `json:"text"`
}

// A Seen notice is what its sender sees of it: nothing about cases, people or other notices.
type Seen struct {
	ID       ID          `json:"id"`
	Received time.Time   `json:"received"`
	Status   Status      `json:"status"`
	Contact  Contact     `json:"contact"`
	Erased   bool        `json:"erased,omitempty"`
	Replies  []SeenReply `json:"replies"`
}

// A SeenReply is a reply as its reader sees it: by the company, on a day.
type SeenReply struct {
	On   string `json:"on"`
	Text string `json:"text"`
}

const noticeColumns = `n.id, n.leaf, n.received, n.contact, n.status, n.origin, n.story, n.because, n.erased`

type scanner interface{ Scan(...any) error }

func scanNotice(r scanner, more ...any) (n Notice, err error) {
	var received, erased string
	err = r.Scan(append([]any{&n.ID, &n.leaf, &received, &n.Contact, &n.Status, &n.Origin, &n.Story, &n.Because,
		&erased}, more...)...)
	n.Received, n.Erased = when(received), when(erased)
	return n, err
}

// each runs a query and scans every row.
func each(ctx context.Context, tx *sql.Tx, query string, scan func(scanner) error, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *Box) readNotice(ctx context.Context, tx *sql.Tx, id ID) (Notice, error) {
	var body, under string
	n, err := scanNotice(tx.QueryRowContext(ctx, `SELECT `+noticeColumns+
		`, t.body, t.sealed FROM notice n JOIN notice_text t ON t.id = n.id WHERE n.id = $1`, string(id)),
		&body, &under)
	if errors.Is(err, sql.ErrNoRows) {
		return n, ErrUnknown
	}
	if err != nil {
		return n, fmt.Errorf("read notice: %w", err)
	}
	if n.Erased.IsZero() {
		if n.Said, err = b.statement(under, body); err != nil {
			return n, fmt.Errorf("read notice %s: %w", id, err)
		}
	}
	err = each(ctx, tx, `SELECT n, sha256, bytes, media, working, note FROM notice_file WHERE notice = $1 ORDER BY n`,
		func(r scanner) error {
			var f File
			err := r.Scan(&f.N, &f.SHA256, &f.Bytes, &f.Media, &f.Working, &f.Note)
			n.Files = append(n.Files, f)
			return err
		}, string(id))
	if err != nil {
		return n, fmt.Errorf("read notice %s: %w", id, err)
	}
	err = each(ctx, tx, `SELECT seq, at, actor, body, sealed FROM notice_reply WHERE notice = $1 ORDER BY seq`,
		func(r scanner) error {
			var x Reply
			var at, under string
			err := r.Scan(&x.Seq, &at, &x.Actor, &x.Text, &under)
			if err == nil {
				x.Text, err = b.reveal(under, x.Text)
			}
			x.At = when(at)
			n.Replies = append(n.Replies, x)
			return err
		}, string(id))
	if err != nil {
		return n, fmt.Errorf("read notice %s: %w", id, err)
	}
	return n, nil
}

// statement reads the words of a notice as the database keeps them.
func (b *Box) statement(under, body string) (Statement, error) {
	body, err := b.reveal(under, body)
	if err != nil {
		return Statement{}, err
	}
	t, err := ParseText([]byte(body))
	return t.Said, err
}

// Follow shows what became of the notices of a code, newest first.
func (b *Box) Follow(ctx context.Context, address, code string) ([]Seen, error) {
	ns, err := b.ofCode(ctx, address, code)
	if err != nil {
		return nil, err
	}
	var out []Seen
	for _, n := range ns {
		s := Seen{ID: n.ID, Received: n.Received, Status: n.Status, Contact: n.Contact, Erased: !n.Erased.IsZero()}
		for _, r := range n.Replies {
			s.Replies = append(s.Replies, SeenReply{r.At.Format(time.DateOnly), r.Text})
		}
		out = append(out, s)
	}
	return out, nil
}

// ReceiptOf makes the receipt of a notice of a code.
func (b *Box) ReceiptOf(ctx context.Context, address, code string, id ID) ([]byte, error) {
	ns, err := b.ofCode(ctx, address, code)
	if err != nil {
		return nil, err
	}
	for _, n := range ns {
		if n.ID == id {
			return b.receipt(ctx, n)
		}
	}
	return nil, ErrCode
}

func (b *Box) receipt(ctx context.Context, n Notice) ([]byte, error) {
	r, err := b.cfg.Ledger.Receipt(ctx, n.leaf, ledger.FieldContent)
	if errors.Is(err, ledger.ErrPending) && b.cfg.Discretion.Delay > 0 {
		return nil, ErrLate
	}
	if errors.Is(err, ledger.ErrPending) {
		return nil, ErrPending
	}
	if err != nil {
		return nil, fmt.Errorf("make receipt: %w", err)
	}
	return Receipt{VKey: b.cfg.VKey, Proof: r}.Encode()
}

// ofCode finds the notices of a code. What it costs does not depend on whether there are any.
func (b *Box) ofCode(ctx context.Context, address, code string) ([]Notice, error) {
	c, err := parseCode(code)
	if err != nil {
		return nil, err
	}
	hash, err := b.slow(ctx, b.clients.name(address, b.cfg.Now()), c)
	if err != nil {
		return nil, err
	}
	var out []Notice
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		var ids []ID
		err := each(ctx, tx,
			`SELECT n.id FROM notice_origin o JOIN notice n ON n.origin = o.id WHERE o.code = $1 ORDER BY n.seq DESC`,
			func(r scanner) error {
				var id ID
				err := r.Scan(&id)
				ids = append(ids, id)
				return err
			}, hash)
		for _, id := range ids {
			n, err := b.readNotice(ctx, tx, id)
			if err != nil {
				return err
			}
			out = append(out, n)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = ErrCode
	}
	return out, err
}
