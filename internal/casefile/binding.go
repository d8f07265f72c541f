package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Binding lists the approved decisions that restrict, suspend or terminate, also those that
// begin later: what a decision point has to hold at the door. It reads only decisions, not
// who is under investigation, so it asks for no right.
func (d *Desk) Binding(ctx context.Context) (out []Decision, err error) {
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		all, err := readDecisions(ctx, tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		for _, x := range all {
			if slices.Contains([]string{Proposed, Refused, Confirmed, Ended, Replaced}, x.State) {
				continue
			}
			if x.Outcome == Restrict || x.Outcome == Suspend || x.Outcome == Terminate {
				out = append(out, x)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list binding decisions: %w", err)
	}
	return out, nil
}
