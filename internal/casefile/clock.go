package casefile

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Calendar says which days are worked. The zero value rests on Saturday and Sunday.
type Calendar struct {
	Rest     map[time.Weekday]bool `json:"rest"`     // nil: Saturday and Sunday
	Holidays map[string]string     `json:"holidays"` // YYYY-MM-DD → name
}

// ParseHolidays reads lines "YYYY-MM-DD name"; # starts a comment.
func ParseHolidays(r io.Reader) (map[string]string, error) {
	out := map[string]string{}
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		line, _, _ := strings.Cut(s.Text(), "#")
		day, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, fmt.Errorf("read holidays: line %d: %q is not a date like 2026-12-25", n, day)
		}
		if _, twice := out[day]; twice {
			return nil, fmt.Errorf("read holidays: line %d: %s stands there twice", n, day)
		}
		out[day] = strings.TrimSpace(name)
	}
	return out, s.Err()
}

// Works reports whether the day of t (UTC) is worked.
func (c *Calendar) Works(t time.Time) bool {
	t = t.UTC()
	if c.Rest == nil && (t.Weekday() == time.Saturday || t.Weekday() == time.Sunday) || c.Rest[t.Weekday()] {
		return false
	}
	_, off := c.Holidays[t.Format(time.DateOnly)]
	return !off
}

// Add returns the end of the n-th working day after the day of t: the day itself does not
// count, and the last day counts in full.
func (c *Calendar) Add(t time.Time, n int) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	for tries := 0; n > 0 && tries < 3660; tries++ {
		day = day.AddDate(0, 0, 1)
		if c.Works(day) {
			n--
		}
	}
	return day.AddDate(0, 0, 1).Add(-time.Microsecond)
}

// Between counts the working days after the day of a up to and with the day of b.
func (c *Calendar) Between(a, b time.Time) int {
	day, last, n := a.UTC().Truncate(24*time.Hour), b.UTC().Truncate(24*time.Hour), 0
	for day.Before(last) {
		day = day.AddDate(0, 0, 1)
		if c.Works(day) {
			n++
		}
	}
	return n
}

// restPrefix marks the rows of the holiday table that name a weekday on which nobody works.
const restPrefix = "every "

// Weekday reads the English name of a day of the week, in any case.
func Weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), strings.TrimSpace(name)) {
			return d, true
		}
	}
	return 0, false
}

// calendar reads the working days that people entered.
func (w *work) calendar() (*Calendar, error) {
	if w.cal != nil {
		return w.cal, nil
	}
	w.cal = &Calendar{Holidays: map[string]string{}}
	_, err := all(w.ctx, w.tx, `SELECT day, name FROM holiday`, func(r row) (x struct{}, err error) {
		var day, name string
		err = r.Scan(&day, &name)
		week, weekly := strings.CutPrefix(day, restPrefix)
		if !weekly {
			w.cal.Holidays[day] = name
			return x, err
		}
		if d, ok := Weekday(week); ok {
			if w.cal.Rest == nil {
				w.cal.Rest = map[time.Weekday]bool{}
			}
			w.cal.Rest[d] = true
		}
		return x, err
	})
	return w.cal, err
}

// Calendar reads which days are worked.
func (d *Desk) Calendar(ctx context.Context) (Calendar, error) {
	var cal *Calendar
	err := d.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		cal, err = (&work{ctx: ctx, tx: tx, d: d}).calendar()
		return err
	})
	if err != nil {
		return Calendar{}, fmt.Errorf("read calendar: %w", err)
	}
	return *cal, nil
}

// MaySetCalendar says whether an actor may change which days are worked.
func (a Actor) MaySetCalendar() bool { return !a.Program && a.Has(Admin, Reviewer) }

// SetCalendar replaces the days that are not worked. Clocks that run keep their date.
func (d *Desk) SetCalendar(ctx context.Context, by Actor, cal Calendar) error {
	if !by.MaySetCalendar() {
		return ErrForbidden
	}
	if _, err := Fingerprint("calendar", "", cal); err != nil {
		return err
	}
	days := map[string]string{}
	for day, name := range cal.Holidays {
		if !isDate(day) {
			return lacking("A holiday", []string{"a date like 2026-12-25, not " + day})
		}
		days[day] = name
	}
	works := 7
	for week, rests := range cal.Rest {
		if rests {
			days[restPrefix+strings.ToLower(week.String())] = ""
			works--
		}
	}
	if works == 0 {
		return lacking("The week", []string{"a day that is worked"})
	}
	err := d.DB.Write(ctx, func(tx *sql.Tx) error {
		w := &work{ctx: ctx, tx: tx, d: d, by: by}
		before, err := w.calendar()
		if err != nil {
			return err
		}
		if err := w.keepEach("holiday", `1 = 1`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM holiday`); err != nil {
			return err
		}
		for _, day := range slices.Sorted(maps.Keys(days)) {
			w.keep("holiday", day)
			if _, err := tx.ExecContext(ctx, `INSERT INTO holiday (day, name) VALUES ($1, $2)`, day, days[day]); err != nil {
				return err
			}
		}
		if err := w.pin(); err != nil {
			return err
		}
		body, err := json.Marshal(map[string]any{"before": before, "after": cal})
		if err != nil {
			return err
		}
		return d.record(ctx, tx, Event{At: d.Now().UTC(), Actor: by.ID, Kind: EventCalendar,
			Text: fmt.Sprintf("The calendar has %d holidays; %d days of the week are worked", len(cal.Holidays), works),
			Body: string(body)})
	})
	if err != nil {
		return fmt.Errorf("write calendar: %w", err)
	}
	return nil
}

func readClocks(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Clock, error) {
	return all(ctx, tx, `SELECT id, kind, subject, days, started, due, paused, why, left_days, reminded, breached, ended FROM clock `+where, func(r row) (c Clock, err error) {
		var started, due, paused, reminded, breached, ended string
		err = r.Scan(&c.ID, &c.Kind, &c.Subject, &c.Days, &started, &due, &paused, &c.Why, &c.left, &reminded,
			&breached, &ended)
		c.Started, c.Due, c.Paused, c.Reminded, c.Breached, c.Ended = When(started), When(due), When(paused),
			When(reminded), When(breached), When(ended)
		return c, err
	}, args...)
}
