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

// stretches are the subjects of a table in batches; with a query that returns their
// numbers these and few others, in order.
func (run *Run) stretches(ctx context.Context, table, query string) ([]stretch, error) {
	if query == "" {
		var last int64
		if err := run.db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&last); err != nil {
			return nil, fmt.Errorf("count %s: %w", table, err)
		}
		var out []stretch
		for from := int64(0); from < last; from += batchSize {
			out = append(out, stretch{from, min(from+batchSize, last)})
		}
		return out, nil
	}
	list, err := run.list(ctx, table, query)
	var out []stretch
	for _, n := range list {
		if k := len(out) - 1; k >= 0 && n-out[k].to <= nearby && n-out[k].from < batchSize {
			out[k].to = n
		} else {
			out = append(out, stretch{n - 1, n})
		}
	}
	return out, err
}

// list returns the numbers that a query about a table returns.
func (run *Run) list(ctx context.Context, table, query string) (out []int64, err error) {
	err = run.book.Each(ctx, "list "+table, query, func(r *sql.Rows) error {
		var n int64
		err := r.Scan(&n)
		out = append(out, n)
		return err
	})
	return out, err
}

// wanted returns which numbers a query about a table names: all without one.
func (run *Run) wanted(ctx context.Context, table, query string) (func(n int64) bool, error) {
	if query == "" {
		return func(int64) bool { return true }, nil
	}
	list, err := run.list(ctx, table, query)
	in := make(map[int64]bool, len(list))
	for _, n := range list {
		in[n] = true
	}
	return func(n int64) bool { return in[n] }, err
}

// engagementsOf is the query for the engagements that parties buy, use or resell.
func engagementsOf(parties map[int32]bool) string {
	in := numbers(parties, "%d")
	return "SELECT n FROM engagement_fact WHERE buyer IN (" + in + ") OR end_user IN (" + in + ") OR reseller IN (" + in + ") ORDER BY n"
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
	return "SELECT DISTINCT c.n FROM account_subject c JOIN account_row a ON a.account = c.account WHERE a.holder_party IN (" + in +
		") OR a.user_party IN (" + in + ") ORDER BY c.n"
}
