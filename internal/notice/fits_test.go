package notice

import (
	"testing"
	"time"
)

// TestFits: a notice that states a time under a leaf of another day is no receipt.
func TestFits(t *testing.T) {
	at := time.Date(2026, 12, 3, 17, 41, 9, 0, time.UTC)
	for _, c := range []struct {
		name           string
		received, leaf time.Time
		ok             bool
	}{
		{"no time of its own", time.Time{}, at, true},
		{"its day", at, time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC), true},
		{"its week", at, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), true},
		{"the day before", at, time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC), false},
		{"the day after", at, time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC), false},
		{"a time of day", at, at.Add(-time.Hour), false},
		{"a Sunday's week began on Monday", time.Date(2026, 12, 6, 23, 59, 0, 0, time.UTC),
			time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := (Text{Received: c.received}).fits(c.leaf); (err == nil) != c.ok {
				t.Errorf("fits: %v", err)
			}
		})
	}
}
