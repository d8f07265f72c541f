package access

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"time"
)

// Restrictions goes through all restrictions, expired ones too.
func (x *Index) Restrictions() func(yield func(Restriction) bool) {
	return func(yield func(Restriction) bool) {
		for _, sh := range x.shards {
			for i := range sh.rules {
				if !yield(sh.restriction(&sh.rules[i])) {
					return
				}
			}
		}
	}
}

// WriteEvents writes the restrictions that have begun as an events table for a review, whose
// evasion watch (RF-25) then looks for the restricted use elsewhere. Restrictions without a
// start have no day to look from and are counted as left out.
func (x *Index) WriteEvents(out io.Writer, now time.Time) (left int, err error) {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"event_id", "kind", "date", "about", "about_id", "region", "source"})
	var rows [][]string
	for r := range x.Restrictions() {
		if r.Start.IsZero() || r.Subject.ID == "" || r.Start.After(now) || r.Effect < Deny {
			left++
			continue
		}
		region := ""
		if r.Resource.Type == "region" {
			region = r.Resource.ID
		}
		rows = append(rows, []string{r.ID, "restriction", r.Start.Format(time.DateOnly), r.Subject.ID, r.Subject.ID,
			region, "decision " + r.Decision})
	}
	slices.SortFunc(rows, slices.Compare)
	if err := w.WriteAll(rows); err != nil {
		return left, fmt.Errorf("write events: %w", err)
	}
	return left, nil
}
