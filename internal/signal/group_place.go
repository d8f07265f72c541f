package signal

import (
	"database/sql"

	"plimsoll/internal/record/focus"
)

// A groupAt is the first group behind a fact of a grouped bill, with the keys of the two that follow it; empty for
// other bills.
type groupAt struct{ snapshot, first, second, third sql.NullString }

func (g *groupAt) into() []any { return []any{&g.snapshot, &g.first, &g.second, &g.third} }

// place is where rows first to last of a bill stand: rows of a file, or groups of a snapshot.
func (g *groupAt) place(first, last int64) string {
	if !g.snapshot.Valid {
		return rowRange(first, last)
	}
	return focus.GroupPlace(g.snapshot.String, []string{g.first.String, g.second.String, g.third.String}, last-first+1)
}
