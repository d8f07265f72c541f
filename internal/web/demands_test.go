package web_test

import (
	"strings"
	"testing"

	"plimsoll/internal/casefile"
)

// TestDemands: the demands of the example world's review by status, as a page, a calendar and a feed.
func TestDemands(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Investigator)
	at := "/runs/" + s.run + "/demands"
	for _, tt := range []struct {
		name, path  string
		status      int
		has, hasNot string
	}{
		{"all", at, 200, "no answer is on file", "FAILED"},
		{"overdue", at + "?status=overdue", 200, "DEMAND-unanswered", "DEMAND-answered"},
		{"met", at + "?status=met", 200, "DEMAND-answered", "DEMAND-unanswered"},
		{"due not known", at + "?status=due+not+known", 200, "DEMAND-undated", "DEMAND-answered"},
		{"a status that is none", at + "?status=forgiven", 422, "No demand stands so", "DEMAND-"},
		{"a calendar", at + "?format=ics", 200, "BEGIN:VEVENT", "DEMAND-answered@"},
		{"a feed", "/api/v1" + at + "?status=overdue", 200, `"demand_id":"DEMAND-unanswered"`, "DEMAND-undated"},
		{"of no review", "/runs/none/demands", 404, "", "DEMAND-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ada.get(tt.path)
			if a.status != tt.status || !strings.Contains(a.body, tt.has) || strings.Contains(a.body, tt.hasNot) {
				t.Errorf("%d, want %d with %q and without %q:\n%.2000s", a.status, tt.status, tt.has, tt.hasNot, a.body)
			}
		})
	}
}
