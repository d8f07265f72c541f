package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// An Unreadable is a decision that stands in the database and cannot be read.
type Unreadable struct {
	ID  ID
	Why error
}

// Binding lists the decisions that were approved and have not ended, also those that begin
// later: what a decision point has to hold at the door. A row that cannot be read is listed by
// itself and hides no other. It tells nothing of who is under investigation, so it asks for no
// right. The voices on a decision are left out.
func (d *Desk) Binding(ctx context.Context) (out []Decision, bad []Unreadable, err error) {
	over := []State{Proposed, Refused, Confirmed, Ended, Replaced}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		out, bad = nil, nil
		_, err := all(ctx, tx, `SELECT `+decisionColumns+` FROM decision ORDER BY id`, func(r row) (x Decision,
			err error) {
			x, err = scanDecision(r)
			switch {
			case errors.Is(err, errBroken) && !slices.Contains(over, x.State):
				bad = append(bad, Unreadable{x.ID, err})
			case err != nil && !errors.Is(err, errBroken):
				return x, err
			case err == nil && !slices.Contains(over, x.State):
				out = append(out, x)
			}
			return Decision{}, nil
		})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list binding decisions: %w", err)
	}
	return out, bad, nil
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
