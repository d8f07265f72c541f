package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Ticked says what the clock did.
type Ticked struct {
	Reminded int `json:"reminded"`
	Breached int `json:"breached"`
	Ended    int `json:"ended"` // interim measures that ran out, decisions past their end
}

// Tick reminds of clocks that are due within one working day, notes those that are past, and
// writes down which interim measures have ended. It decides nothing: an interim measure is
// over at its end whether Tick ran or not. It may be called often, and by several servers.
func (d *Desk) Tick(ctx context.Context) (Ticked, error) {
	var t Ticked
	err := d.DB.Write(ctx, func(tx *sql.Tx) error {
		t = Ticked{}
		w := &work{ctx: ctx, tx: tx, d: d, by: clockwork, now: d.Now().UTC().Truncate(time.Microsecond)}
		cal, err := w.calendar()
		if err != nil {
			return err
		}
		if err := w.holds(); err != nil {
			return err
		}
		// Whoever updates first does it: the condition on the old value keeps two servers apart.
		late, err := w.due(`ended = '' AND paused = '' AND breached = '' AND due < $1`, Stamp(w.now))
		if err != nil {
			return err
		}
		for _, k := range late {
			if k.Kind == ClockInterim {
				continue // ends, is not late
			}
			ok, err := w.mark(`UPDATE clock SET breached = $2 WHERE id = $1 AND breached = '' AND ended = ''`, k)
			if err != nil {
				return err
			}
			if ok {
				t.Breached++
				if err := w.tell(k, EventClockBreached, fmt.Sprintf("Overdue since %s: %s", k.Due.Format(time.DateOnly),
					k.Kind.duty().words)); err != nil {
					return err
				}
			}
		}
		soon, err := w.due(`ended = '' AND paused = '' AND breached = '' AND reminded = '' AND due <= $1`,
			Stamp(cal.Add(w.now, 1)))
		if err != nil {
			return err
		}
		for _, k := range soon {
			ok, err := w.mark(`UPDATE clock SET reminded = $2 WHERE id = $1 AND reminded = '' AND ended = ''`, k)
			if err != nil {
				return err
			}
			if ok {
				t.Reminded++
				if err := w.tell(k, EventClockReminder, fmt.Sprintf("Due on %s: %s", k.Due.Format(time.DateOnly),
					k.Kind.duty().words)); err != nil {
					return err
				}
			}
		}
		if t.Ended, err = w.lapse(); err != nil {
			return err
		}
		if err := w.showSeeds(); err != nil {
			return err
		}
		if err := w.pin(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM request WHERE at < $1`, Stamp(w.now.AddDate(0, 0, -keyDays)))
		return err
	})
	if err != nil {
		return Ticked{}, fmt.Errorf("run the clocks: %w", err)
	}
	return t, nil
}

// keyDays is how long an idempotency key is known.
const keyDays = 30

type dueClock struct {
	Clock
	Case  ID
	Party string
}

func (w *work) due(where, at string) ([]dueClock, error) {
	return all(w.ctx, w.tx,
		`SELECT k.id, k.case_id, k.kind, k.subject, k.due, c.party FROM clock k JOIN case_file c ON c.id = k.case_id WHERE `+where+` ORDER BY k.id`, func(r row) (x dueClock, err error) {
			var due string
			err = r.Scan(&x.ID, &x.Case, &x.Kind, &x.Subject, &due, &x.Party)
			x.Due = When(due)
			return x, err
		}, at)
}

func (w *work) mark(query string, k dueClock) (bool, error) {
	w.keep("clock", strconv.FormatInt(k.ID, 10))
	r, err := w.tx.ExecContext(w.ctx, query, k.ID, Stamp(w.now))
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

func (w *work) tell(k dueClock, kind EventKind, text string) error {
	return w.d.record(w.ctx, w.tx, Event{At: w.now, Actor: w.by.ID, Kind: kind, Case: k.Case, Subject: k.Subject,
		Party: k.Party, Text: text})
}

// lapse notes the end of interim measures and of decisions with an end date.
func (w *work) lapse() (int, error) {
	ds, err := readDecisions(w.ctx, w.tx,
		`WHERE state IN ('in_force', 'ordered', 'failed', 'executed', 'verified') ORDER BY id`)
	if err != nil {
		return 0, err
	}
	n := 0
	today := w.now.Format(time.DateOnly)
	for _, x := range ds {
		if (x.Ends.IsZero() || w.now.Before(x.Ends)) && (x.End == "" || today < x.End) {
			continue
		}
		// The case is taken as in every move, so that a decision that is just being made waits.
		w.keep("case_file", string(x.Case))
		r, err := w.tx.ExecContext(w.ctx, `UPDATE case_file SET version = version + 1 WHERE id = $1`, string(x.Case))
		if err != nil {
			return 0, err
		}
		if k, _ := r.RowsAffected(); k == 0 {
			continue
		}
		if w.c, err = readCase(w.ctx, w.tx, x.Case); err != nil {
			return 0, err
		}
		if x, err = w.decision(x.ID); err != nil {
			return 0, err
		}
		if x.State == Ended || x.State == Confirmed || x.State == Replaced {
			continue
		}
		was := x.State
		x.State = Ended
		if err := w.saveDecision(x); err != nil {
			return 0, err
		}
		if err := w.endClocks("", x.ID); err != nil {
			return 0, err
		}
		text := fmt.Sprintf("%s ended on its date", x.ID)
		if x.Interim {
			text = fmt.Sprintf("%s, an interim measure, ended by itself after %d days without being confirmed", x.ID,
				interimDays)
		}
		if was == Ordered || was == Failed {
			text += "; it was ordered and never done"
		}
		if err := w.sayOf(x, EventEnded, text, map[string]State{"was": was}); err != nil {
			return 0, err
		}
		if err := w.keepRecord(x.ID); err != nil {
			return 0, err
		}
		n++
	}
	w.c = nil
	return n, nil
}

// Pause stops a clock with a reason; the working days that are left are kept.
func (d *Desk) Pause(ctx context.Context, by Actor, id ID, clock int64, why string) error {
	_, err := d.move(ctx, by, MovePause, id, 0, []any{"pause", clock, why}, func(w *work) (ID, error) {
		k, err := w.clock(clock)
		if err != nil {
			return "", err
		}
		if !k.Paused.IsZero() || k.Kind == ClockInterim {
			return "", ErrStage // nobody prolongs an interim measure by stopping its clock
		}
		if strings.TrimSpace(why) == "" {
			return "", lacking("Pausing a clock", []string{"a reason"})
		}
		cal, err := w.calendar()
		if err != nil {
			return "", err
		}
		_, err = w.tx.ExecContext(w.ctx, `UPDATE clock SET paused = $2, why = $3, left_days = $4 WHERE id = $1`, clock,
			Stamp(w.now), why, cal.Between(w.now, k.Due))
		if err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventClockPaused, k.Subject, "Clock paused for "+k.Kind.duty().words+": "+why, nil)
	})
	return err
}

// Resume lets a paused clock run on with the working days that were left.
func (d *Desk) Resume(ctx context.Context, by Actor, id ID, clock int64) error {
	_, err := d.move(ctx, by, MovePause, id, 0, []any{"resume", clock}, func(w *work) (ID, error) {
		k, err := w.clock(clock)
		if err != nil {
			return "", err
		}
		if k.Paused.IsZero() {
			return "", ErrStage
		}
		cal, err := w.calendar()
		if err != nil {
			return "", err
		}
		due := cal.Add(w.now, k.left)
		_, err = w.tx.ExecContext(w.ctx,
			`UPDATE clock SET paused = '', why = '', due = $2, reminded = '' WHERE id = $1`, clock, Stamp(due))
		if err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventClockResumed, k.Subject, "Clock runs again for "+k.Kind.duty().words+", due on "+
			due.Format(time.DateOnly), nil)
	})
	return err
}

// clock finds a running clock of the case.
func (w *work) clock(id int64) (Clock, error) {
	ks, err := readClocks(w.ctx, w.tx, `WHERE id = $1 AND case_id = $2 AND ended = ''`, id, string(w.c.ID))
	if err != nil {
		return Clock{}, err
	}
	if len(ks) == 0 {
		return Clock{}, ErrNotFound
	}
	w.keep("clock", strconv.FormatInt(id, 10))
	return ks[0], nil
}
