package report

import (
	"strings"
	"testing"

	"plimsoll/internal/review"
)

func TestValueTileStandsForAllCurrencies(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []review.ValueShare
		want   tile
	}{
		{"one", []review.ValueShare{{Currency: "EUR", Tied: 0.5, Identified: 0.2}},
			tile{"50 %", "of contract value in EUR", "tied to a party, 30 % by name only"}},
		{"the worst is named", []review.ValueShare{{Currency: "AMD", Tied: 1, Identified: 1}, {Currency: "GBP"}},
			tile{"0–100 %", "of contract value in 2 currencies", "tied to a party; least in GBP, 0 % by name only"}},
		{"all alike", []review.ValueShare{{Currency: "AMD", Tied: 1, Identified: 1}, {Tied: 1, Identified: 1}},
			tile{"100 %", "of contract value in 2 currencies", "tied to a party; least in AMD, 0 % by name only"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := valueTile(tt.values); got != tt.want {
				t.Errorf("valueTile = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestARunThatLookedAtNobodyIsNoAnswer(t *testing.T) {
	got := lede(&review.Result{Summary: review.Summary{NothingChecked: []string{"the files hold no record"}}})
	if !strings.HasPrefix(got, "Nothing could be checked: the files hold no record") || strings.Contains(got,
		"Nothing was raised") {
		t.Errorf("lede = %q", got)
	}
}

func TestRowsAfterTheDayAreSaid(t *testing.T) {
	got := afterLines(review.Summary{AsOf: "2031-06-01", After: []review.AfterReview{{Table: "claims", Rows: 3, Of: 9},
		{Table: "events", Rows: 1, Of: 2}}})
	want := []line{
		{"After 1 June 2031", "3 of 9 claims are dated after the day of the review and were not used"},
		{"After 1 June 2031", "1 of 2 events is dated after the day of the review and was not used"},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("afterLines = %q, want %q", got, want)
	}
}
