package ocds

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// TestBrokenOnPurpose reads texts in which everything may begin a release and nothing does: the time stays within
// reach of their size.
func TestBrokenOnPurpose(t *testing.T) {
	numbers := strings.Repeat("1,", 3000)
	for _, tt := range []struct{ name, text string }{
		{"lists in objects", strings.Repeat(`{"a":[`, 50_000)},
		{"objects in lists", strings.Repeat(`[{"a":`, 50_000)},
		{"quotes and brackets", strings.Repeat(`"{`, 100_000)},
		{"long lists that do not end", `[{"x" ` + strings.Repeat(`{"k":[`+numbers, 300)},
		{"objects behind a broken one", `[{"x" ` + strings.Repeat(`{"k":1},`, 100_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &recordtest.Collector{}
			w := &walker{
				ctx:    context.Background(),
				emit:   func(found) error { return nil },
				reject: func(at, reason string) error { return c.Reject(record.Reject{At: at, Reason: reason}) },
			}
			start := time.Now()
			if err := w.text(bytes.NewReader([]byte(tt.text))); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%d bytes took %s", len(tt.text), took)
			}
			if len(c.Rejects) == 0 {
				t.Error("nothing is refused")
			}
		})
	}
}
