package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Binding lists the decisions that were approved and have not ended, also those that begin
// later: what a decision point has to hold at the door. It tells nothing of who is under
// investigation, so it asks for no right.
func (d *Desk) Binding(ctx context.Context) (out []Decision, err error) {
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		all, err := readDecisions(ctx, tx, `ORDER BY id`)
		for _, x := range all {
			if !slices.Contains([]string{Proposed, Refused, Confirmed, Ended, Replaced}, x.State) {
				out = append(out, x)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list binding decisions: %w", err)
	}
	return out, nil
}

// DecisionIn reads one decision as a transaction sees it, for whoever follows events.
func DecisionIn(ctx context.Context, tx *sql.Tx, id ID) (Decision, error) {
	ds, err := readDecisions(ctx, tx, `WHERE id = $1`, string(id))
	if err == nil && len(ds) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Decision{}, fmt.Errorf("read decision %s: %w", id, err)
	}
	return ds[0], nil
}
