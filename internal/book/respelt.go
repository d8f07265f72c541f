package book

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// A Respelt is an engagement id of clauses, approvals, amendments, payments or commitments that no record bears, while
// records bear one that differs from it in letter case and blanks only.
type Respelt struct {
	Named string
	IDs   []string // that it may be; one: the rows are read as rows about it
	// Several: records bear it as it is, of dealings that have no party in common, which have ids of their own now.
	Several bool
}

// respeltSQL compares ids without blanks, no-break spaces (U+00A0, U+202F), tabs and letter case.
const respeltSQL = `
SELECT o.id, e.id FROM (
  SELECT id, lower(replace(replace(replace(replace(id, ' ', ''), chr(160), ''), chr(8239), ''), chr(9), '')) AS folded FROM (
    SELECT engagement AS id FROM clause UNION SELECT engagement FROM approval
    UNION SELECT engagement FROM amendment UNION SELECT engagement FROM payment UNION SELECT engagement FROM commitment) n
  WHERE id <> '' AND id NOT IN (SELECT id FROM engagement)) o
JOIN (SELECT id, lower(replace(replace(replace(replace(id, ' ', ''), chr(160), ''), chr(8239), ''), chr(9), '')) AS folded
  FROM (SELECT DISTINCT id FROM engagement) d) e ON e.folded = o.folded
ORDER BY 1, 2`

// TieEngagements reads rows that name an engagement in another spelling as rows about the one that it can only
// be, and makes the table engagement_unsure (named, id) of those that more than one fits. The book must be
// complete; a second call changes nothing.
func (b *Book) TieEngagements(ctx context.Context) error {
	if err := b.Flush(); err != nil {
		return err
	}
	if err := b.splitEngagements(ctx); err != nil {
		return err
	}
	var found []Respelt
	err := b.Each(ctx, "list engagements in other spellings", respeltSQL, func(r *sql.Rows) error {
		var named, id string
		if err := r.Scan(&named, &id); err != nil {
			return err
		}
		if n := len(found); n == 0 || found[n-1].Named != named {
			found = append(found, Respelt{Named: named})
		}
		x := &found[len(found)-1]
		x.IDs = append(x.IDs, id)
		return nil
	})
	if err != nil {
		return err
	}
	type unsureRow struct {
		Named string
		ID    string `col:"id"`
	}
	unsure, err := b.Create(ctx, "engagement_unsure", unsureRow{})
	if err != nil {
		return err
	}
	b.respelt = slices.DeleteFunc(b.respelt, func(x Respelt) bool { return len(x.IDs) > 1 })
	for _, x := range slices.Concat(b.clashes, found) {
		b.respelt = append(b.respelt, x)
		for _, id := range x.IDs {
			if len(x.IDs) > 1 {
				if err := unsure.Append(unsureRow{x.Named, id}); err != nil {
					return err
				}
				continue
			}
			for _, table := range []string{"clause", "approval", "amendment", "payment", "commitment"} {
				if _, err := b.db.ExecContext(ctx, "UPDATE "+table+" SET engagement = $2 WHERE engagement = $1",
					x.Named, id); err != nil {
					return fmt.Errorf("tie %q to engagement %q: %w", x.Named, id, err)
				}
			}
		}
	}
	return unsure.Close()
}

// Respelt returns the engagement ids that were tied to another spelling, or that more than one fits.
func (b *Book) Respelt() []Respelt { return slices.Clone(b.respelt) }
