package signal

import (
	"context"
	"fmt"
)

// ownMonths is the condition on months of accounts in the engine that restricted parties used, or nobody who is known.
func (run *Run) ownMonths(list []*restriction) string {
	parties := map[int32]bool{}
	for _, r := range list {
		parties[r.party] = true
	}
	return fmt.Sprintf("m.party IN (%s) OR m.party >= %d OR m.party IS NULL", numbers(parties, "%d"),
		len(run.in.Parties))
}

// bringOwn makes the months of accounts in the engine and brings those that restricted parties used.
func (run *Run) bringOwn(ctx context.Context, list []*restriction) error {
	for _, q := range reappearSQL {
		if q.name == "account_month" {
			if err := run.in.Away.Make(ctx, q.name, q.text); err != nil {
				return err
			}
		}
	}
	return run.bring(ctx, "account_month", "SELECT m.* FROM account_month m WHERE "+run.ownMonths(list))
}

// bringLike brings the months of the accounts in which the use of a restricted party may be back: those that share
// something with it, and those of which nobody is identified as the end user.
func (run *Run) bringLike(ctx context.Context, list []*restriction) error {
	type row struct {
		N int64 `col:"n"`
	}
	t, err := run.book.Create(ctx, "asked_account", row{})
	if err != nil {
		return err
	}
	var failed error
	err = run.elsewheres(ctx, func(x *elsewhere) {
		if failed == nil && run.mayCompare(list, x) {
			failed = t.Append(row{x.n})
		}
	})
	for _, err := range []error{err, failed, t.Close()} {
		if err != nil {
			return err
		}
	}
	if err := run.send(ctx, "asked_account"); err != nil {
		return err
	}
	if err := run.empty(ctx, "account_month"); err != nil {
		return err
	}
	return run.bring(ctx, "account_month", "SELECT m.* FROM account_month m LEFT JOIN asked_account a ON a.n = m.n "+
		"WHERE a.n IS NOT NULL OR "+run.ownMonths(list))
}

// mayCompare reports whether [Run.compare] may say something of an account, whatever is used there. Its use is that of
// its end users and holders, or of nobody who is known.
func (run *Run) mayCompare(list []*restriction, x *elsewhere) bool {
	for _, parties := range [][]int32{x.users, x.holders} {
		for _, who := range parties {
			if run.unnamed(x, who) {
				return true
			}
			for _, r := range list {
				if len(run.shared(r, x, who)) > 0 {
					return true
				}
			}
		}
	}
	return false
}
