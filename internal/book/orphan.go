package book

import (
	"context"
	"database/sql"

	"plimsoll/internal/record"
)

// An Orphan is a row that speaks of an engagement which no record of the run holds: most
// often a slip in its id, which would hide what the row says.
type Orphan struct {
	Table, Engagement string
	record.Place
}

const orphansSQL = `
SELECT 'clauses' AS kind, c.source, c.place, c.engagement FROM clause c
WHERE c.engagement <> '' AND NOT EXISTS (SELECT 1 FROM engagement e WHERE e.id = c.engagement)
UNION ALL
SELECT 'approvals', a.source, a.place, a.engagement FROM approval a
WHERE a.engagement <> '' AND a.party IS NULL AND NOT EXISTS (SELECT 1 FROM engagement e WHERE e.id = a.engagement)
ORDER BY 2, 1, 3`

// Orphans yields the clauses and approvals whose engagement is not there.
func (b *Book) Orphans(ctx context.Context, yield func(Orphan) error) error {
	if err := b.Flush(); err != nil {
		return err
	}
	return b.Each(ctx, "list rows of unknown engagements", orphansSQL, func(r *sql.Rows) error {
		var o Orphan
		var at sql.NullString
		if err := r.Scan(&o.Table, &o.Source, &at, &o.Engagement); err != nil {
			return err
		}
		o.At = at.String
		return yield(o)
	})
}
