package casefile

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Calendar says which days are worked. The zero value rests on Saturday and Sunday.
type Calendar struct {
	Rest     map[time.Weekday]bool // nil: Saturday and Sunday
	Holidays map[string]string     // YYYY-MM-DD → name
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

// calendar reads the holidays that people entered.
func (w *work) calendar() (*Calendar, error) {
	if w.cal != nil {
		return w.cal, nil
	}
	w.cal = &Calendar{Holidays: map[string]string{}}
	_, err := all(w.ctx, w.tx, `SELECT day, name FROM holiday`, func(r row) (x struct{}, err error) {
		var day, name string
		err = r.Scan(&day, &name)
		w.cal.Holidays[day] = name
		return x, err
	})
	return w.cal, err
}

func readClocks(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Clock, error) {
	return all(ctx, tx, `SELECT id, kind, subject, days, started, due, paused, why, left_days, reminded, breached, ended FROM clock `+where, func(r row) (c Clock, err error) {
		var started, due, paused, reminded, breached, ended string
		err = r.Scan(&c.ID, &c.Kind, &c.Subject, &c.Days, &started, &due, &paused, &c.Why, &c.left, &reminded, &breached, &ended)
		c.Started, c.Due, c.Paused, c.Reminded, c.Breached, c.Ended = When(started), When(due), When(paused), When(reminded), When(breached), When(ended)
		return c, err
	}, args...)
}
