package notice

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
)

// Readers may read notices, Workers may answer them, put them into cases, ask for what is
// sealed and agree to it. Eraser erases.
var (
	Readers = []casefile.Role{casefile.Intake, casefile.Reviewer, casefile.Counsel, casefile.Auditor}
	Workers = []casefile.Role{casefile.Intake, casefile.Reviewer, casefile.Counsel}
	Eraser  = casefile.Counsel
)

// An Event is something that the desk did with a notice.
type Event struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Kind   string    `json:"kind"`
	What   string    `json:"what,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Kinds of events.
const (
	EventRead    = "read"
	EventCopied  = "working copy read"
	EventReplied = "replied"
	EventStatus  = "status"
	EventStory   = "story"
	EventCase    = "put into a case"
	EventAsked   = "unsealing asked for"
	EventAgreed  = "unsealing agreed to"
	EventTaken   = "handed out sealed"
	EventExport  = "exported"
	EventErased  = "erased"
)

// An Unsealing is a request to hand something sealed out.
type Unsealing struct {
	Seq    int64  `json:"seq"`
	What   string `json:"what"`
	Reason string `json:"reason"`
	Asked  string `json:"asked"`
	Agreed string `json:"agreed,omitempty"` // "" while nobody has
	Taken  bool   `json:"taken,omitempty"`
}

// A Sheet is everything that the desk sees of a notice. Cases names the cases that it lies
// in: the caller leaves out those that its reader may not see, with their events.
type Sheet struct {
	Notice
	Events  []Event     `json:"events"`
	Unseal  []Unsealing `json:"unsealings"`
	Alike   []ID        `json:"alike"`  // the other notices of its story
	Sealed  []string    `json:"sealed"` // what is sealed: contact, file-1 …
	Cases   []string    `json:"cases"`
	Senders int         `json:"senders"` // how many codes tell the story
}

func may(by casefile.Actor, roles ...casefile.Role) error {
	if by.Program {
		return casefile.ErrProgram
	}
	if !by.Has(roles...) {
		return casefile.ErrForbidden
	}
	return nil
}

// act is one thing that the desk does with a notice.
type act struct {
	ctx context.Context
	tx  *sql.Tx
	b   *Box
	by  casefile.Actor
	n   Notice
	now time.Time
}

// do runs one act on a notice: role, idempotency key, lock, then do, all in one transaction.
// kind and in tell one request from another.
func (b *Box) do(ctx context.Context, by casefile.Actor, id ID, roles []casefile.Role, kind string, in []any,
	do func(*act) error) error {
	if err := may(by, roles...); err != nil {
		return err
	}
	print := hex.EncodeToString(b.secrets.mac("request", fmt.Appendf(nil, "%q %q %q", kind, id, in)))
	err := b.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		by, err := b.current(ctx, tx, by, roles)
		if err != nil {
			return err
		}
		// what shows something is shown again
		if kind != EventRead && kind != EventCopied && kind != EventTaken && kind != EventExport {
			if _, again, err := casefile.Repeated(ctx, tx, by, kind, print, b.cfg.Now()); err != nil || again {
				return err
			}
		}
		// locks the row
		if _, err := tx.ExecContext(ctx, `UPDATE notice SET status = status WHERE id = $1`, string(id)); err != nil {
			return err
		}
		n, err := b.readNotice(ctx, tx, id)
		if err != nil {
			return err
		}
		return do(&act{ctx, tx, b, by, n, b.cfg.Now().UTC().Truncate(time.Microsecond)})
	})
	if err == nil {
		b.cfg.Wake()
	}
	return err
}

// current returns an actor with the roles of this moment, which have to allow the act.
func (b *Box) current(ctx context.Context, tx *sql.Tx, by casefile.Actor, roles []casefile.Role) (casefile.Actor,
	error) {
	if b.cfg.Current == nil {
		return by, nil
	}
	by, err := b.cfg.Current(ctx, tx, by)
	if err == nil {
		err = may(by, roles...)
	}
	return by, err
}

// What leaves pin of the rows of the desk.
var (
	eventColumns = []string{"notice", "at", "actor", "kind", "what", "reason"}
	replyColumns = []string{"notice", "at", "actor", "body"}
)

// say writes the event of an act, and its leaf.
func (a *act) say(kind, what, reason string) error {
	var seq int64
	err := a.tx.QueryRowContext(a.ctx,
		`INSERT INTO notice_event (notice, at, actor, kind, what, reason) VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq`,
		string(a.n.ID), stamp(a.now), a.by.ID, kind, what, reason).Scan(&seq)
	if err != nil {
		return fmt.Errorf("write event of a notice: %w", err)
	}
	_, err = a.ledger().Append(a.ctx, a.tx, ledger.Entry{Kind: ledger.Custody, Subject: subject(a.n.ID), Actor: a.by.ID,
		Row: &ledger.Row{Table: "notice_event", Key: "seq", Value: strconv.FormatInt(seq, 10), Columns: eventColumns}})
	return err
}

func (a *act) ledger() ledger.Writer { return a.b.ledger() }

func (b *Box) ledger() ledger.Writer { return ledger.Writer{Now: b.cfg.Now, Keys: b.keys} }

func (a *act) exec(query string, args ...any) error {
	_, err := a.tx.ExecContext(a.ctx, query, args...)
	return err
}

// words checks a text that somebody at the desk wrote.
func words(s string, missing error) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", missing
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 20_000:
		return "", &Fault{Reason: "The text is too long or holds characters that are no text."}
	}
	return s, nil
}

// Read shows a notice to the desk. The first reading by each person is an event; the first
// of all tells the sender that it is being looked at, whatever comes of it.
func (b *Box) Read(ctx context.Context, by casefile.Actor, id ID) (Sheet, error) {
	var s Sheet
	if err := may(by, Readers...); err != nil {
		return s, err
	}
	look := func(tx *sql.Tx) (err error) {
		s, err = b.readSheet(ctx, tx, id)
		return err
	}
	if err := b.cfg.DB.Read(ctx, look); err != nil {
		return s, err
	}
	if slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == EventRead && e.Actor == by.ID }) {
		return s, nil
	}
	err := b.do(ctx, by, id, Readers, EventRead, nil, func(a *act) error {
		if a.n.Status == Received && by.Has(Workers...) {
			if err := a.exec(`UPDATE notice SET status = $2 WHERE id = $1`, string(id), string(Looked)); err != nil {
				return err
			}
		}
		if err := a.say(EventRead, "", ""); err != nil {
			return err
		}
		return look(a.tx)
	})
	return s, err
}

func (b *Box) readSheet(ctx context.Context, tx *sql.Tx, id ID) (s Sheet, err error) {
	if s.Notice, err = b.readNotice(ctx, tx, id); err != nil {
		return s, err
	}
	err = each(ctx, tx, `SELECT seq, at, actor, kind, what, reason FROM notice_event WHERE notice = $1 ORDER BY seq`,
		func(r scanner) error {
			var e Event
			var at string
			err := r.Scan(&e.Seq, &at, &e.Actor, &e.Kind, &e.What, &e.Reason)
			e.At = when(at)
			s.Events = append(s.Events, e)
			return err
		}, string(id))
	if err != nil {
		return s, err
	}
	err = each(ctx, tx, `SELECT seq, what, reason, asked, agreed, taken FROM notice_unseal WHERE notice = $1 ORDER BY seq`, func(r scanner) error {
		var u Unsealing
		var taken string
		err := r.Scan(&u.Seq, &u.What, &u.Reason, &u.Asked, &u.Agreed, &taken)
		u.Taken = taken != ""
		s.Unseal = append(s.Unseal, u)
		return err
	}, string(id))
	if err != nil {
		return s, err
	}
	err = each(ctx, tx, `SELECT id FROM notice WHERE story = $1 AND id <> $2 ORDER BY seq LIMIT 100`,
		func(r scanner) error {
			var x ID
			err := r.Scan(&x)
			s.Alike = append(s.Alike, x)
			return err
		}, string(s.Story), string(id))
	if err != nil {
		return s, err
	}
	err = each(ctx, tx, `SELECT case_id FROM notice_case WHERE notice = $1 ORDER BY case_id`, func(r scanner) error {
		var x string
		err := r.Scan(&x)
		s.Cases = append(s.Cases, x)
		return err
	}, string(id))
	if err != nil {
		return s, err
	}
	if s.Erased.IsZero() {
		if s.Contact == Sealed {
			s.Sealed = append(s.Sealed, "contact")
		}
		for _, f := range s.Files {
			s.Sealed = append(s.Sealed, fmt.Sprintf("file-%d", f.N))
		}
	}
	return s, tx.QueryRowContext(ctx, `SELECT count(DISTINCT origin) FROM notice WHERE story = $1`,
		string(s.Story)).Scan(&s.Senders)
}

// A Line is a story in the list: its first notice, and how many tell it.
type Line struct {
	Notice
	Seq     int64 `json:"seq"`
	Notices int   `json:"notices"`
	Senders int   `json:"senders"`
	Waiting int   `json:"waiting"` // of these, not answered and not closed
	Files   int   `json:"files"`
}

// List lists stories, newest first, 50 at a time, those before a sequence number. open leaves
// out stories of which every notice is answered or closed.
func (b *Box) List(ctx context.Context, by casefile.Actor, open bool, before int64) (out []Line, err error) {
	if err := may(by, Readers...); err != nil {
		return nil, err
	}
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, `SELECT `+noticeColumns+
			`, n.seq, g.notices, g.senders, g.waiting, g.files, t.body, t.sealed FROM notice n JOIN notice_text t ON t.id = n.id
			JOIN (SELECT story, count(*) AS notices, count(DISTINCT origin) AS senders, sum(CASE WHEN status IN ('received', 'looked at') THEN 1 ELSE 0 END) AS waiting,
				sum((SELECT count(*) FROM notice_file f WHERE f.notice = notice.id)) AS files FROM notice GROUP BY story) g ON g.story = n.id
			WHERE ($1 = 0 OR n.seq < $1) AND (NOT $2 OR g.waiting > 0) ORDER BY n.seq DESC LIMIT 50`,
			func(r scanner) error {
				var l Line
				var body, under string
				var err error
				if l.Notice, err = scanNotice(r, &l.Seq, &l.Notices, &l.Senders, &l.Waiting, &l.Files, &body, &under); err != nil {
					return err
				}
				if l.Erased.IsZero() {
					if l.Said, err = b.statement(under, body); err != nil { // one that cannot be read hides no other
						b.cfg.Log.Error("read a notice", "notice", l.ID, "error", err)
						l.Said = Statement{What: fmt.Sprintf("(This notice cannot be read: %v.)", err)}
					}
				}
				out = append(out, l)
				return nil
			}, before, open)
		return err
	})
	return out, err
}

// Unread counts stories that nobody has read.
func (b *Box) Unread(ctx context.Context) (n int, err error) {
	err = b.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(DISTINCT story) FROM notice WHERE status = 'received'`).Scan(&n)
	})
	return n, err
}

// Working reads a working copy: what was taken out of it nobody at the desk sees.
func (b *Box) Working(ctx context.Context, by casefile.Actor, id ID, n int) (content []byte, f File, err error) {
	err = b.do(ctx, by, id, Readers, EventCopied, nil, func(a *act) error {
		i := slices.IndexFunc(a.n.Files, func(f File) bool { return f.N == n })
		if i < 0 || a.n.Files[i].Working == "" || !a.n.Erased.IsZero() {
			return ErrUnknown
		}
		f = a.n.Files[i]
		if content, err = b.readWorking(id, fmt.Sprintf("file-%d.%s", n, f.Working)); err != nil {
			return fmt.Errorf("read working copy: %w", err)
		}
		return a.say(EventCopied, fmt.Sprintf("file-%d", n), "")
	})
	return content, f, err
}

// Reply writes to the sender, who reads it with the code. Who wrote it is not
// shown there.
func (b *Box) Reply(ctx context.Context, by casefile.Actor, id ID, text string) error {
	text, err := words(text, &Fault{Field: "text", Reason: "An answer needs words."})
	if err != nil {
		return err
	}
	return b.do(ctx, by, id, Workers, EventReplied, []any{text}, func(a *act) error {
		if a.n.Contact == None || !a.n.Erased.IsZero() {
			return ErrState
		}
		body, err := b.conceal(id, text)
		if err != nil {
			return err
		}
		var seq int64
		if err := a.tx.QueryRowContext(a.ctx,
			`INSERT INTO notice_reply (notice, at, actor, body, sealed) VALUES ($1, $2, $3, $4, $5) RETURNING seq`,
			string(id), stamp(a.now), by.ID, body, b.under(id)).Scan(&seq); err != nil {
			return err
		}
		if _, err := a.ledger().Append(a.ctx, a.tx, ledger.Entry{Kind: ledger.Custody, Subject: subject(id),
			Actor: by.ID,
			Row: &ledger.Row{Table: "notice_reply", Key: "seq", Value: strconv.FormatInt(seq, 10),
				Columns: replyColumns}}); err != nil {
			return err
		}
		if a.n.Status != Closed {
			if err := a.exec(`UPDATE notice SET status = $2 WHERE id = $1`, string(id), string(Answered)); err != nil {
				return err
			}
		}
		return a.say(EventReplied, fmt.Sprintf("reply %d", seq), "")
	})
}

// SetStatus closes a notice, or opens it again.
func (b *Box) SetStatus(ctx context.Context, by casefile.Actor, id ID, to Status, reason string) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	return b.do(ctx, by, id, Workers, EventStatus, []any{to, reason}, func(a *act) error {
		if to != Closed && to != Looked || to == a.n.Status {
			return ErrState
		}
		if err := a.exec(`UPDATE notice SET status = $2 WHERE id = $1`, string(id), string(to)); err != nil {
			return err
		}
		return a.say(EventStatus, string(to), reason)
	})
}

// Join says that a notice tells the same story as another, or, with its own id, that it does
// not tell anybody else's.
func (b *Box) Join(ctx context.Context, by casefile.Actor, id, other ID, reason string) error {
	reason, err := words(reason, ErrReason)
	if err != nil {
		return err
	}
	return b.do(ctx, by, id, Workers, EventStory, []any{other, reason}, func(a *act) error {
		story, because := string(id), ""
		if other != id {
			o, err := a.b.readNotice(a.ctx, a.tx, other)
			if err != nil {
				return err
			}
			story, because = string(o.Story), "as the desk judged"
			if o.Story == a.n.Story {
				return nil
			}
		}
		if a.n.Story == id { // what was grouped under this notice goes with it
			if other == id {
				return nil
			}
			if err := a.exec(`UPDATE notice SET story = $2 WHERE story = $1`, string(id), story); err != nil {
				return err
			}
		}
		if err := a.exec(`UPDATE notice SET story = $2, because = $3 WHERE id = $1`, string(id), story, because); err != nil {
			return err
		}
		return a.say(EventStory, story, reason)
	})
}

// Attach notes that a notice lies in a case, which the caller has opened or looked up.
func (b *Box) Attach(ctx context.Context, by casefile.Actor, id ID, file casefile.ID) error {
	return b.do(ctx, by, id, Workers, EventCase, []any{file}, func(a *act) error {
		r, err := a.tx.ExecContext(a.ctx,
			`INSERT INTO notice_case (notice, case_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, string(id),
			string(file))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return a.say(EventCase, string(file), "")
	})
}
