package notice

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"
)

// A Rounding is how coarse the time is that the leaf of a notice bears in the public log.
type Rounding string

// The roundings.
const (
	Exact Rounding = ""     // the clock's own time
	Day   Rounding = "day"  // the day's beginning, UTC
	Week  Rounding = "week" // the beginning of its Monday, UTC
)

// longestRound is the longest time by which a rounding sets a time back.
const longestRound = 7 * 24 * time.Hour

// LongestDelay is the longest time for which the leaf of a notice may be kept out of the public log.
const LongestDelay = 30 * 24 * time.Hour

// ParseRounding reads "exact", "day" or "week".
func ParseRounding(s string) (Rounding, error) {
	switch s {
	case "exact":
		return Exact, nil
	case string(Day), string(Week):
		return Rounding(s), nil
	}
	return Exact, fmt.Errorf("%q is neither exact nor day nor week", s)
}

// down returns the beginning of the day or week of a time.
func (r Rounding) down(t time.Time) time.Time {
	t = t.UTC()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	if r == Week {
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	}
	return day
}

// A Discretion is what the public log shows of when notices came. The zero value shows the time, at once.
type Discretion struct {
	Round Rounding
	// Delay is the longest time for which a leaf is kept out of the log; the actual one is drawn anew for each notice,
	// evenly. It needs a rounding: the leaf would tell otherwise.
	Delay time.Duration
}

// Valid checks that the parts fit together.
func (d Discretion) Valid() error {
	switch {
	case d.Delay < 0 || d.Delay > LongestDelay:
		return fmt.Errorf("a delay of notices is from 0 to %d days", LongestDelay/(24*time.Hour))
	case d.Delay > 0 && d.Round == Exact:
		return fmt.Errorf("a delay of notices needs a rounding to day or week: their leaves show the time otherwise")
	}
	return nil
}

// leafTime is the time that a leaf bears and from when on it may be placed; zero times mean the clock's, and at once.
func (d Discretion) leafTime(now time.Time) (bears, notBefore time.Time, err error) {
	if d.Round == Exact {
		return bears, notBefore, nil
	}
	bears = d.Round.down(now)
	if d.Delay > 0 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(d.Delay)))
		if err != nil {
			return bears, notBefore, fmt.Errorf("draw a delay: %w", err)
		}
		notBefore = now.Add(time.Duration(n.Int64()))
	}
	return bears, notBefore, nil
}

// fits checks that the time that a leaf bears is that at which a notice says that it was received, or a rounding of it.
func (t Text) fits(leaf time.Time) error {
	if t.Received.IsZero() {
		return nil
	}
	if d := Day; leaf.Equal(d.down(t.Received)) || leaf.Equal(Week.down(t.Received)) {
		return nil
	}
	return fmt.Errorf("the notice says that it was received at %s; its leaf bears %s, which is neither the day nor "+
		"the week of that", t.Received.Format(receivedForm), leaf.Format(receivedForm))
}
