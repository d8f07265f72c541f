package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Database runs transactions. Write is durable when it returns nil and leaves no trace when
// it does not; it may run do more than once. Both may be called from many goroutines.
type Database interface {
	Write(ctx context.Context, do func(*sql.Tx) error) error
	Read(ctx context.Context, do func(*sql.Tx) error) error
}

// A Desk is where cases are worked on. It may be used from many goroutines, and several
// desks, in several programs, may work on one database.
type Desk struct {
	DB  Database
	Now func() time.Time
	// Follow, when set, is called with every event inside the transaction that records it;
	// an error undoes the move. The ledger appends here.
	Follow func(ctx context.Context, tx *sql.Tx, e Event) error
	// Pin, when set, is asked in the transaction of a move for each row of PinnedTables that it writes; an error undoes
	// the move.
	Pin Pinner
	// Door, when set, says what the decision point answered before and after a decision was in
	// force there; "" where it does not know. It goes with the executor's own proof.
	Door func(decision ID) (before, after string)
	// Draw, when set, says whether a clearance is drawn for a second look; chance does otherwise.
	Draw func(decision ID) bool
}

// NewDesk returns a desk on a database.
func NewDesk(db Database) *Desk { return &Desk{DB: db, Now: time.Now} }

// A Move is something that can be done with a case.
type Move string

// The moves, and who may make them.
const (
	MoveOpen     Move = "open"
	MoveTriage   Move = "triage"
	MoveAdvance  Move = "advance"
	MoveAssign   Move = "assign"
	MoveComment  Move = "comment"
	MoveLabel    Move = "label"
	MoveRelate   Move = "relate"
	MoveRestrict Move = "restrict"
	MoveDeclare  Move = "declare"
	MoveRecuse   Move = "recuse"
	MoveDossier  Move = "dossier"
	MoveFinding  Move = "finding"
	MoveClaim    Move = "claim"
	MoveGrade    Move = "grade"
	MoveStatus   Move = "status"
	MoveDraft    Move = "draft letter"
	MoveSend     Move = "send letter"
	MoveReply    Move = "record reply"
	MovePropose  Move = "propose"
	MoveInterim  Move = "interim"
	MoveApprove  Move = "approve"
	MoveRefuse   Move = "refuse"
	MoveDissent  Move = "dissent"
	MoveExecute  Move = "execute"
	MoveVerify   Move = "verify"
	MovePause    Move = "pause"
	MoveClose    Move = "close"
	MoveReopen   Move = "reopen"
	MoveAppeal   Move = "appeal"
	MoveAdmit    Move = "admit appeal"
	MoveRule     Move = "rule on appeal"
	MoveRemedy   Move = "propose remedy"
	MoveAgree    Move = "agree remedy"
	MoveStep     Move = "remedy step"
	MoveCheck    Move = "check remedy"
	MoveAudit    Move = "audit"
)

var desk = []Role{Intake, Investigator, Reviewer, Approver, Executor, Verifier, Counsel, Publisher}

// mayMove is the table of who may do what; who is absent may not. The auditor is in one row,
// since reading evidence leaves an event and changes nothing; the admin, who does not come
// near cases, is in none.
var mayMove = map[Move][]Role{
	MoveOpen: {Intake, Investigator, Reviewer}, MoveTriage: {Intake, Reviewer}, MoveAdvance: {Investigator, Reviewer},
	MoveAssign: {Intake, Reviewer}, MoveComment: desk, MoveLabel: {Intake, Investigator, Reviewer},
	MoveRelate:   {Intake, Investigator, Reviewer},
	MoveRestrict: {Intake, Reviewer, Counsel}, MoveDeclare: desk, MoveRecuse: desk,
	MoveDossier: {Investigator, Reviewer, Counsel, Publisher},
	MoveFinding: {Intake, Investigator, Reviewer}, MoveClaim: {Intake, Investigator, Reviewer},
	MoveGrade:  {Investigator, Reviewer},
	MoveStatus: {Investigator, Reviewer}, MoveDraft: {Investigator, Reviewer, Counsel}, MoveSend: {Reviewer, Counsel},
	MoveReply: {Investigator, Reviewer, Counsel}, MovePropose: {Investigator, Reviewer}, MoveInterim: {Investigator,
		Reviewer},
	MoveApprove: {Approver}, MoveRefuse: {Approver}, MoveDissent: desk, MoveExecute: {Executor}, MoveVerify: {Verifier},
	MoveCollect: {Intake, Investigator, Reviewer, Counsel}, MoveView: readers, MoveRate: {Intake, Investigator,
		Reviewer}, MoveSeal: {Investigator, Reviewer},
	MoveHold: {Intake, Investigator, Reviewer, Counsel}, MoveRelease: {Reviewer, Counsel}, MoveDelete: {Reviewer,
		Counsel}, MoveExport: {Investigator, Reviewer, Counsel, Publisher},
	MoveAppeal: {Intake, Investigator, Reviewer, Counsel}, MoveAdmit: {Reviewer, Counsel}, MoveRule: {Approver},
	MoveRemedy: {Investigator, Reviewer, Counsel}, MoveAgree: {Approver}, MoveStep: {Executor, Investigator},
	MoveCheck: {Verifier}, MoveAudit: {Reviewer}, MoveReviewHold: {Reviewer, Counsel},
	MovePause: {Reviewer, Counsel}, MoveClose: {Reviewer, Approver}, MoveReopen: {Intake, Reviewer, Approver},
}

// programMay lists what a program may do: add what people then judge.
var programMay = []Move{MoveOpen, MoveComment, MoveFinding, MoveClaim, MoveCollect, MoveView}

// neutral lists what somebody with a declared interest may still do: add what others judge,
// speak, and hand the case over. Who stepped back does nothing in the case any more.
var neutral = []Move{MoveComment, MoveDeclare, MoveRecuse, MoveDissent, MoveFinding, MoveClaim, MoveLabel, MoveRelate,
	MoveAssign, MoveCollect, MoveView}

// afterEnd lists what may still be done with a closed case.
var afterEnd = []Move{MoveReopen, MoveComment, MoveRelate, MoveVerify, MoveAppeal, MoveAdmit, MoveRule, MoveStep,
	MoveCheck, MoveAudit, MoveReviewHold}

// readers may read cases that are not restricted.
var readers = append([]Role{Auditor}, desk...)

// MayRead reports whether the role lets an actor read cases at all.
func (a Actor) MayRead() bool { return a.Has(readers...) }

// May says why an actor may not make a move, by role alone; nil when the role allows it.
func (a Actor) May(m Move) error {
	if a.Program && !slices.Contains(programMay, m) {
		return ErrProgram
	}
	if !a.Has(mayMove[m]...) {
		return ErrForbidden
	}
	return nil
}

// work is one move in progress.
type work struct {
	ctx context.Context
	tx  *sql.Tx
	d   *Desk
	by  Actor
	c   *Case
	now time.Time
	cal *Calendar

	kept   []Kept // rows that were written
	failed error  // of a look at a row before it was written
}

// move runs one guarded move: role, idempotency key, lock on the case, visibility, version;
// then do. What do returns names the thing made, and is what a repeated request gets.
func (d *Desk) move(ctx context.Context, by Actor, m Move, id ID, version int64, in any, do func(*work) (ID, error)) (
	ID, error) {
	if err := by.May(m); err != nil {
		return "", err
	}
	id = id.File()
	print, err := Fingerprint(string(m), id, in)
	if err != nil {
		return "", wrap(m, id, err)
	}
	var made ID
	err = d.DB.Write(ctx, func(tx *sql.Tx) error {
		w := &work{ctx: ctx, tx: tx, d: d, by: by, now: d.Now().UTC().Truncate(time.Microsecond)}
		seen, repeated, err := Repeated(ctx, tx, by, string(m), print, w.now)
		if err != nil || repeated {
			made = ID(seen)
			return err
		}
		if m != MoveOpen { // every other move is on a case
			if w.c, err = w.lock(id); err != nil {
				return err
			}
			if version != 0 && version != w.c.Version-1 {
				return ErrStale
			}
			if !slices.Contains(neutral, m) {
				if err := w.notConflicted(); err != nil {
					return err
				}
			}
			if !w.c.Closed.IsZero() && !slices.Contains(afterEnd, m) {
				return ErrClosed
			}
		}
		if made, err = do(w); err == nil {
			err = w.pin()
		}
		if err != nil {
			return err
		}
		return Answered(ctx, tx, by, string(made))
	})
	if err != nil {
		return "", wrap(m, id, err)
	}
	return made, nil
}

// wrap names the move and case of an error that is not meant for the person as it is.
func wrap(m Move, id ID, err error) error {
	for _, plain := range []error{ErrNotFound, ErrForbidden, ErrProgram, ErrStale, ErrConflict, ErrRecused, ErrOwnWork,
		ErrTookPart, ErrOutside, ErrStage, ErrRuns, ErrReused, ErrClosed, ErrUnreadable} {
		if errors.Is(err, plain) {
			return err
		}
	}
	var l *Lacking
	if errors.As(err, &l) {
		return err
	}
	return fmt.Errorf("%s %s: %w", m, id, err)
}

// Fingerprint tells one request from another. It refuses what not every database can keep:
// NUL and broken UTF-8.
func Fingerprint(what string, id ID, in any) (string, error) {
	b, err := json.Marshal([]any{what, id, in})
	if err != nil {
		return "", err
	}
	// encoding/json writes NUL and broken bytes as escapes, and nothing else as these two.
	for i := 0; i+5 < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if e := string(b[i : i+6]); e == `\u0000` || e == `\ufffd` {
			return "", lacking("This", []string{"text of readable characters (it holds a NUL or broken UTF-8)"})
		}
		i++ // whatever is escaped
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Repeated claims the idempotency key of an actor's request. A key that was used for the same
// request gives its result again; for another request it is an error.
func Repeated(ctx context.Context, tx *sql.Tx, by Actor, what, print string, now time.Time) (string, bool, error) {
	if by.Request == "" {
		return "", false, nil
	}
	if !utf8.ValidString(by.Request) || strings.ContainsRune(by.Request, 0) {
		return "", false, ErrUnreadable
	}
	r, err := tx.ExecContext(ctx,
		`INSERT INTO request (actor, key, move, fingerprint, result, at) VALUES ($1, $2, $3, $4, '', $5) ON CONFLICT DO NOTHING`,
		by.ID, by.Request, what, print, Stamp(now))
	if err != nil {
		return "", false, err
	}
	if n, _ := r.RowsAffected(); n == 1 {
		return "", false, nil
	}
	var had, result string
	err = tx.QueryRowContext(ctx, `SELECT fingerprint, result FROM request WHERE actor = $1 AND key = $2`, by.ID,
		by.Request).Scan(&had, &result)
	if err != nil {
		return "", false, err
	}
	if had != print {
		return "", false, ErrReused
	}
	return result, true, nil
}

// Answered keeps what a request made, for the next time that its key comes.
func Answered(ctx context.Context, tx *sql.Tx, by Actor, made string) error {
	if by.Request == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE request SET result = $1 WHERE actor = $2 AND key = $3`, made, by.ID,
		by.Request)
	return err
}

// File returns the id of the case that a thing in it belongs to: "C-0017-K3" → "C-0017".
func (id ID) File() ID {
	p := strings.SplitN(string(id), "-", 3)
	if len(p) < 3 {
		return id
	}
	return ID(p[0] + "-" + p[1])
}

// lock takes the case for this transaction (PostgreSQL locks the row, SQLite has one writer),
// counts its version up and checks that the actor may see it.
func (w *work) lock(id ID) (*Case, error) {
	if err := mayKnow(w.ctx, w.tx, id, w.by); err != nil {
		return nil, err
	}
	w.keep("case_file", string(id))
	r, err := w.tx.ExecContext(w.ctx, `UPDATE case_file SET version = version + 1, changed = $2 WHERE id = $1`,
		string(id), Stamp(w.now))
	if err != nil {
		return nil, err
	}
	if n, _ := r.RowsAffected(); n == 0 {
		return nil, ErrNotFound
	}
	c, err := readCase(w.ctx, w.tx, id)
	if err != nil {
		return nil, err
	}
	return c, readable(c, w.by)
}

// mayKnow returns ErrNotFound for a case of which an actor may not know, and for one that is not there: by one
// query and before any other, so that the work done tells the two from each other no more than the answer does.
func mayKnow(ctx context.Context, tx *sql.Tx, id ID, by Actor) error {
	if !by.MayRead() && !by.Program {
		return ErrNotFound
	}
	var known bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM case_file c WHERE c.id = $3 AND `+seen+`)`,
		by.Has(Auditor), by.ID, string(id)).Scan(&known)
	if err == nil && !known {
		err = ErrNotFound
	}
	return err
}

// caseFor reads the row of a case for an actor who may read what is in it, with what access depends on.
func caseFor(ctx context.Context, tx *sql.Tx, id ID, by Actor) (*Case, error) {
	if err := mayKnow(ctx, tx, id, by); err != nil {
		return nil, err
	}
	c, err := readCase(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return c, readable(c, by)
}

// readable says why an actor may not read what is in a case; nil when nothing stands against it.
// Who stepped back from a case sees that it exists, and no more.
func readable(c *Case, by Actor) error {
	if !visible(c, by) {
		return ErrNotFound
	}
	if slices.ContainsFunc(c.Conflicts, func(x Conflict) bool { return x.Actor == by.ID && x.Recused }) {
		return ErrRecused
	}
	return nil
}

// visible says whether an actor may read a case: by role, and a restricted one as a member.
// The auditor reads everything.
func visible(c *Case, by Actor) bool {
	if !by.MayRead() && !by.Program {
		return false
	}
	return !c.Restricted || by.Has(Auditor) || slices.Contains(c.Members, by.ID)
}

// next numbers a new thing of the case: kind "K" claim, "L" letter, "D" decision.
func (w *work) next(kind string) (ID, error) {
	var n int64
	err := w.tx.QueryRowContext(w.ctx, `UPDATE case_file SET items = items + 1 WHERE id = $1 RETURNING items`,
		string(w.c.ID)).Scan(&n)
	return ID(fmt.Sprintf("%s-%s%d", w.c.ID, kind, n)), err
}

// say writes the event of a move.
func (w *work) say(kind EventKind, subject ID, text string, body any) error {
	e := Event{At: w.now, Actor: w.by.ID, Kind: kind, Subject: subject, Text: text}
	if w.c != nil {
		e.Case, e.Party = w.c.ID, w.c.Party
	}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		e.Body = string(b)
	}
	return w.d.record(w.ctx, w.tx, e)
}

// record appends an event.
func (d *Desk) record(ctx context.Context, tx *sql.Tx, e Event) error {
	e, err := e.Filed()
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx,
		`INSERT INTO event (at, actor, kind, case_id, subject, party, text, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq`,
		Stamp(e.At), e.Actor, string(e.Kind), string(e.Case), string(e.Subject), e.Party, e.Text, e.Body).Scan(&e.Seq)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	if d.Follow != nil {
		return d.Follow(ctx, tx, e)
	}
	return nil
}

// stampLayout has a fixed width, so that stamps sort as text.
const stampLayout = "2006-01-02T15:04:05.000000Z"

// Stamp writes a time as the database keeps it: UTC, microseconds, "" for the zero time.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampLayout)
}

// When reads a stamp; "" is the zero time.
func When(s string) time.Time {
	t, err := time.Parse(stampLayout, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Note appends an event of another package in its transaction, followed like those of cases.
func (d *Desk) Note(ctx context.Context, tx *sql.Tx, e Event) error {
	e.At = d.Now().UTC().Truncate(time.Microsecond)
	return d.record(ctx, tx, e)
}

// Involved says why an actor may not act on what is in a case: it may not be read, or the actor declared an interest.
func (d *Desk) Involved(ctx context.Context, by Actor, id ID) (Case, error) {
	c, err := d.Case(ctx, by, id)
	if err == nil && slices.ContainsFunc(c.Conflicts, func(x Conflict) bool { return x.Actor == by.ID }) {
		err = ErrConflict
	}
	return c, err
}
