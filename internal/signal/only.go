package signal

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A stretch is a range of subjects by number: beyond from, up to to.
type stretch struct{ from, to int64 }

// nearby is how far apart subjects may be to be read with one query; those between are read with them.
const nearby = 256

// numbers writes parties for a query, each in a form, in order.
func numbers(parties map[int32]bool, form string) string {
	list := make([]string, 0, len(parties))
	for _, p := range slices.Sorted(maps.Keys(parties)) {
		if p >= 0 && parties[p] {
			list = append(list, fmt.Sprintf(form, p))
		}
	}
	if len(list) == 0 {
		return fmt.Sprintf(form, -1)
	}
	return strings.Join(list, ", ")
}

// stretches are the subjects of a table in batches, and which of them are asked about: all. With a query that
// returns their numbers in order, they are these and few others.
func (run *Run) stretches(ctx context.Context, table, query string) (out []stretch, wanted func(n int64) bool,
	err error) {
	if query == "" {
		var last int64
		if err := run.db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&last); err != nil {
			return nil, nil, fmt.Errorf("count %s: %w", table, err)
		}
		for from := int64(0); from < last; from += batchSize {
			out = append(out, stretch{from, min(from+batchSize, last)})
		}
		return out, func(int64) bool { return true }, nil
	}
	asked := map[int64]bool{}
	err = run.book.Each(ctx, "list "+table, query, func(r *sql.Rows) error {
		var n int64
		if err := r.Scan(&n); err != nil {
			return err
		}
		asked[n] = true
		if k := len(out) - 1; k >= 0 && n-out[k].to <= nearby && n-out[k].from < batchSize {
			out[k].to = n
		} else {
			out = append(out, stretch{n - 1, n})
		}
		return nil
	})
	return out, func(n int64) bool { return asked[n] }, err
}

// engagementsOf is the query for the engagements that parties buy, use or resell.
func engagementsOf(parties map[int32]bool) string {
	in := numbers(parties, "%d")
	return "SELECT n FROM engagement_fact WHERE buyer IN (" + in + ") OR end_user IN (" + in + ") OR reseller IN (" +
		in + ") ORDER BY n"
}

// onlyEngagements is that query while only some parties are asked about, "" for all engagements.
func (run *Run) onlyEngagements() string {
	if run.in.Only == nil {
		return ""
	}
	return engagementsOf(run.in.Only)
}

// onlyAccounts is the query for the accounts that these parties hold or use, "" for all accounts.
func (run *Run) onlyAccounts() string {
	if run.in.Only == nil {
		return ""
	}
	in := numbers(run.in.Only, "%d")
	return "SELECT DISTINCT c.n FROM account_subject c JOIN account_row a ON a.account = c.account WHERE " +
		"a.holder_party IN (" + in +
		") OR a.user_party IN (" + in + ") ORDER BY c.n"
}
