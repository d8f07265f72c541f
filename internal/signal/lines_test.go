package signal

import (
	"database/sql"
	"testing"
	"time"
)

// TestLinesAreNoAmendment: rows of one table for one day are lines of one document: what a later line holds is not
// added, and different values add up. Rows of another day, file or publisher are amendments.
func TestLinesAreNoAmendment(t *testing.T) {
	day := func(n int) sql.NullTime {
		return sql.NullTime{Time: time.Date(2031, 2, n, 0, 0, 0, 0, time.UTC), Valid: true}
	}
	row := func(source, n int, value float64, class string) version {
		return version{source: source, signed: day(n), signedLast: day(n), currency: "EUR",
			value: sql.NullFloat64{Float64: value, Valid: true},
			items: []item{{text: class, capabilities: []string{class}, understood: true}}}
	}
	published := row(1, 1, 900, "face")
	published.published = true
	for _, tt := range []struct {
		name     string
		versions []version
		added    bool
		growth   float64
		items    int
	}{
		{"lines with their own values", []version{row(1, 1, 100, "office"), row(1, 1, 900, "face")}, false, 1, 2},
		{"lines that repeat the whole value", []version{row(1, 1, 900, "office"), row(1, 1, 900, "face")}, false, 1, 2},
		{"another day", []version{row(1, 1, 100, "office"), row(1, 2, 900, "face")}, true, 9, 1},
		{"another file", []version{row(1, 1, 100, "office"), row(2, 1, 900, "face")}, true, 9, 1},
		{"published", []version{row(1, 1, 100, "office"), published}, true, 9, 1},
		{"lines, and an amendment of two lines", []version{row(1, 1, 100, "office"), row(1, 1, 200, "paper"),
			row(1, 9, 200, "office"), row(1, 9, 400, "face")}, true, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &engagement{versions: tt.versions}
			growth, known := e.growth()
			if added := e.capabilityAdded(); added != tt.added || growth != tt.growth || !known {
				t.Errorf("added %t, growth %v (known %t), want %t and %v", added, growth, known, tt.added, tt.growth)
			}
			if got := len(e.current().items); got != tt.items {
				t.Errorf("%d items now, want %d", got, tt.items)
			}
		})
	}
}
