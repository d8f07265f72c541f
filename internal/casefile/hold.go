package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MoveReviewHold is the look at a legal hold that falls due each half-year (domain reference, part 5).
const MoveReviewHold Move = "review hold"

// holds starts the clock of each case of which something is under legal hold, and ends that of a case where nothing is
// any more. It reads the custody log as the database has it, so that no way of holding or releasing passes it by.
func (w *work) holds() error {
	type held struct {
		id    ID
		since time.Time
	}
	list, err := all(w.ctx, w.tx, `SELECT e.case_id, min(e.at) FROM custody_event e JOIN case_file c ON c.id = e.case_id
		WHERE e.action = 'hold' AND NOT EXISTS (SELECT 1 FROM custody_event r WHERE r.case_id = e.case_id AND r.item = e.item AND r.action = 'release' AND r.seq > e.seq)
		GROUP BY e.case_id ORDER BY e.case_id`, func(r row) (h held, err error) {
		var at string
		err = r.Scan(&h.id, &at)
		if h.since, _ = time.Parse(time.RFC3339Nano, at); h.since.IsZero() {
			h.since = w.now
		}
		return h, err
	})
	if err != nil {
		return err
	}
	running, err := all(w.ctx, w.tx, `SELECT case_id FROM clock WHERE kind = $1 AND ended = ''`,
		func(r row) (id ID, err error) {
			err = r.Scan(&id)
			return id, err
		}, ClockHold)
	if err != nil {
		return err
	}
	for _, id := range running {
		if slices.ContainsFunc(list, func(h held) bool { return h.id == id }) {
			continue
		}
		w.c = &Case{ID: id}
		if err := w.endClocks(ClockHold, ""); err != nil {
			return err
		}
	}
	for _, h := range list {
		if slices.Contains(running, h.id) {
			continue
		}
		w.c = &Case{ID: h.id}
		if err := w.setClock(ClockHold, h.id, 0, h.since.AddDate(0, holdReviewMonths, 0)); err != nil {
			return err
		}
	}
	w.c = nil
	return nil
}

// ReviewHold records that somebody looked at the legal hold of a case and why it stays; it falls due again half a year
// later. A hold that is to end is released, which takes two people.
func (d *Desk) ReviewHold(ctx context.Context, by Actor, id ID, why string) error {
	_, err := d.move(ctx, by, MoveReviewHold, id, 0, why, func(w *work) (ID, error) {
		if err := w.holdsNow(); err != nil {
			return "", err
		}
		if strings.TrimSpace(why) == "" {
			return "", lacking("The look at a hold", []string{"why the hold stays"})
		}
		if err := w.endClocks(ClockHold, ""); err != nil {
			return "", err
		}
		due := w.now.AddDate(0, holdReviewMonths, 0)
		if err := w.setClock(ClockHold, w.c.ID, 0, due); err != nil {
			return "", err
		}
		return w.c.ID, w.say(EventHoldReviewed, w.c.ID,
			fmt.Sprintf("The legal hold stays: %s. It is looked at again by %s",
				strings.TrimRight(strings.TrimSpace(why), "."), due.Format(time.DateOnly)), nil)
	})
	return err
}

// holdsNow refuses a case of which nothing is under legal hold, and brings its clock up to what the custody log says.
func (w *work) holdsNow() error {
	c := w.c
	if err := w.holds(); err != nil {
		return err
	}
	w.c = c
	n := 0
	err := w.tx.QueryRowContext(w.ctx, `SELECT count(*) FROM clock WHERE case_id = $1 AND kind = $2 AND ended = ''`,
		string(c.ID), ClockHold).Scan(&n)
	if err == nil && n == 0 {
		err = ErrStage
	}
	return err
}
