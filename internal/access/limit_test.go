package access

import (
	"strings"
	"testing"
	"time"
)

// TestLimits: too many items and too deep a body are exact 400s; the largest that is allowed
// is answered.
func TestLimits(t *testing.T) {
	door := serve(t, DoorConfig{Source: mustIndex(t, bureau), MaxBatch: 3}, nil)
	items := func(n int) string {
		return `{"subject":{"type":"unit","id":"u-1"},"action":{"name":"use"},"resource":{"type":"service","id":"storage"},"evaluations":[` + strings.TrimSuffix(strings.Repeat("{},", n), ",") + `]}`
	}
	nested := func(n int) string {
		return `{"subject":{"type":"unit","id":"u-1"},"action":{"name":"use"},"resource":{"type":"service","id":"storage"},"context":` + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) + `}`
	}
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{pathEvaluations, items(3), 200, `"decision":true`},
		{pathEvaluations, items(4), 400, "evaluations has more than 3 items"},
		{pathEvaluation, nested(maxNesting - 1), 200, `"decision":true`},
		{pathEvaluation, nested(maxNesting), 400, "nested too deeply"},
	} {
		if status, b, _ := door.Post(t, tt.path, tt.body); status != tt.status || !strings.Contains(string(b),
			tt.want) {
			t.Errorf("%.150s: %d %s, want %d with %q", tt.body, status, b, tt.status, tt.want)
		}
	}
}

// TestAllNamed: overlapping restrictions are all in the answer, the most restrictive first,
// with the reasons of each code and the moment at which the last that denies stops by itself.
func TestAllNamed(t *testing.T) {
	x := mustIndex(t, bureau+`restrictions:
  - {id: r1, subject: {type: customer, id: bureau}, effect: hold, reason: {code: "H1", user: Somebody looks.}}
  - {id: r2, subject: {type: unit, id: u-1}, end: 2026-11-24T12:00:00Z, reason: {code: "D1", user: It is suspended., admin: UNGP 13(b)}, decision: D-2}
  - {id: r3, subject: {type: account, id: a-1}, end: 2026-11-25T12:00:00Z, reason: {code: "D1", user: It is suspended.}, decision: D-3}
`)
	at := noon
	door := serve(t, DoorConfig{Source: x, Now: func() time.Time { return at }}, nil)
	ask := func() string {
		_, b, _ := door.Post(t, pathEvaluation,
			`{"subject":{"type":"unit","id":"u-1"},"action":{"name":"use"},"resource":{"type":"service","id":"storage"}}`)
		return string(b)
	}
	got := ask()
	for _, want := range []string{`"effect":"deny"`, `"id":"r2"`, `"id":"r3"`, `"id":"r1"`, `"D1":"It is suspended."`,
		`"H1":"Somebody looks."`, `"expires_at":"2026-11-25T12:00:00Z"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Index(got, `"id":"r1"`) < strings.Index(got, `"id":"r3"`) {
		t.Errorf("the most restrictive does not stand first: %s", got)
	}
	at = noon.AddDate(0, 0, 2) // both have stopped by themselves; the hold stands
	if got := ask(); !strings.Contains(got, `"effect":"hold"`) || strings.Contains(got, `"id":"r2"`) ||
		strings.Contains(got, "expires_at") {
		t.Errorf("after their end: %s", got)
	}
}
