package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/policy"
	"plimsoll/internal/review"
)

func TestPackLines(t *testing.T) {
	s := review.Summary{AsOf: "2032-07-01", Packs: []review.Pack{{
		Name: "own", Extends: "base",
		Lapsed: []policy.Lapse{{Pack: "own", Flag: "XY-1", Of: "party", Title: "Large store",
			Why:     "not yet in force: from 2033-01-01",
			Clauses: []policy.LapsedClause{{Clause: "OWN 1", From: "2033-01-01"}}}},
		Disabled: []policy.Disabled{{Pack: "base", Flag: "RF-18", Of: "party", Title: "Large volume of translation",
			Why: "We sell none."}},
		Overrides: []policy.Override{{Pack: "base", Name: "floor", From: 10, To: 20, Doc: "Larger stores."}},
	}}}
	want := []line{
		{"Rule not in force", "XY-1 (party) of own, Large store: not yet in force: from 2033-01-01 (OWN 1)"},
		{"Rule switched off", "RF-18 (party) of base, Large volume of translation, by own: We sell none."},
		{"Threshold changed", "floor of base is 20 by own, not 10: Larger stores."},
		{"Nothing was computed", "no rule of the packs was in force on 2032-07-01"},
	}
	if diff := cmp.Diff(want, packLines(s)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
