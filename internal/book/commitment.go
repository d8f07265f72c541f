package book

import (
	"context"
	"database/sql"

	"plimsoll/internal/record"
)

type commitmentRow struct {
	Seq        int64
	Source     int32
	Place      string
	Commitment string
	Engagement string // ContractId, or the id of the engagement that it can only be
	Kind       string
	Category   string
	Cost       record.Decimal
	Currency   string
	Quantity   record.Decimal
	Unit       string
	Start      record.Date
	End        record.Date `col:"until"`
}

func (b *Book) addCommitment(r *record.Commitment) error {
	return b.commitments.Append(commitmentRow{Seq: b.seq, Source: int32(r.Source), Place: r.At, Commitment: r.ID,
		Engagement: r.Contract,
		Kind:       r.Kind, Category: r.Category, Cost: r.Cost, Currency: r.Currency, Quantity: r.Quantity,
		Unit:  r.Unit,
		Start: r.Start, End: r.End})
}

// A Committed is a contract that commitments of bills name.
type Committed struct {
	Contract    string // "" for those that name none
	Commitments int64  // distinct ones
	Joined      bool   // an engagement of the run has this id
}

const committedSQL = `
SELECT c.engagement, count(DISTINCT c.commitment), c.engagement <> '' AND c.engagement IN (SELECT id FROM engagement)
FROM commitment c GROUP BY c.engagement ORDER BY c.engagement`

// Committed returns the contracts that commitments of bills name, by id. The book must be complete, and engagements
// tied (see [Book.TieEngagements]).
func (b *Book) Committed(ctx context.Context) ([]Committed, error) {
	var out []Committed
	err := b.Each(ctx, "list contracts of commitments", committedSQL, func(r *sql.Rows) error {
		var c Committed
		if err := r.Scan(&c.Contract, &c.Commitments, &c.Joined); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}
