package review

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// commitments says which contracts that commitments of bills name are on file.
func (r *run) commitments(ctx context.Context) error {
	contracts, err := r.book.Committed(ctx)
	if err != nil || len(contracts) == 0 {
		return err
	}
	c := &CommitmentCoverage{NotJoined: []string{}}
	for _, x := range contracts {
		c.Commitments += x.Commitments
		if x.Joined {
			c.Joined += x.Commitments
			c.Contracts = append(c.Contracts, x.Contract)
			continue
		}
		c.NotJoined = append(c.NotJoined, cmp.Or(x.Contract, "without a contract"))
	}
	note := fmt.Sprintf("Commitments that bills state: %d, of which %d are joined to a contract on file by its id",
		c.Commitments, c.Joined)
	if n := len(c.NotJoined); n > 0 {
		note += fmt.Sprintf("; %d contracts that they name are not on file, so that these commitments are joined to "+
			"nothing: %s", n, firstOf(c.NotJoined))
	}
	r.sum.Notes = append(r.sum.Notes, note)
	r.committed = c
	return nil
}

// drawn says which accounts draw on commitments of contracts, as their bills state it. What a commitment is for, in
// money or in hours, is bought and not used: it bears on no signal but by this tie.
func (r *run) drawn(ctx context.Context) error {
	ties, err := r.book.TieAccounts(ctx)
	if err != nil || len(ties) == 0 {
		return err
	}
	accounts, taken, missing := map[[2]string]bool{}, map[[2]string]bool{}, map[string]bool{}
	for _, t := range ties {
		key := [2]string{t.Account, t.Sub}
		if t.OnFile {
			accounts[key] = true
		} else {
			missing[t.Contract] = true
		}
		if t.Taken {
			taken[key] = true
		}
	}
	note := fmt.Sprintf("Accounts whose charges draw on a commitment of a contract on file: %d", len(accounts))
	if n := len(taken); n > 0 {
		r.mentions() // these buyers stand in bills as well
		note += fmt.Sprintf("; of %d of them nothing else says who holds them, and the contract's buyer counts as "+
			"their holder", n)
	}
	if n := len(missing); n > 0 {
		note += fmt.Sprintf("; %d contracts that charges draw on are not on file: %s", n,
			firstOf(slices.Sorted(maps.Keys(missing))))
	}
	r.sum.Notes = append(r.sum.Notes, note)
	return nil
}

// firstOf lists the first of some words.
func firstOf(list []string) string {
	s := strings.Join(list[:min(len(list), listedFirst)], ", ")
	if len(list) > listedFirst {
		s += " …"
	}
	return s
}

// open says which months of the bills are not closed by who issues the invoices, so that their charges may change.
func (r *run) open(ctx context.Context) error {
	if len(r.periods) == 0 {
		return nil
	}
	billed := map[string]bool{}
	err := r.book.Each(ctx, "list months of bills",
		"SELECT DISTINCT strftime(month, '%Y-%m') FROM usage WHERE month IS NOT NULL", func(rows *sql.Rows) error {
			var month string
			if err := rows.Scan(&month); err != nil {
				return err
			}
			billed[month] = true
			return nil
		})
	if err = errors.Join(err, r.billedMonths(ctx, billed)); err != nil {
		return err
	}
	open := map[string]bool{}
	for _, p := range r.periods {
		if month := p.Start.Time.Format("2006-01"); !p.Final && billed[month] {
			open[strings.TrimSpace(month+" "+p.Issuer)] = true
		}
	}
	if len(open) == 0 {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("Billing periods on file (%d): none that a bill is of is open",
			len(r.periods)))
		return nil
	}
	r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("Not final: billing periods that are not closed, whose charges may "+
		"still change (%d): %s",
		len(open), firstOf(slices.Sorted(maps.Keys(open)))))
	return nil
}
