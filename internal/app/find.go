package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/report"
	"plimsoll/internal/review"
)

func findCommand(s streams) *cobra.Command {
	var book string
	var least, most float64
	var asJSON bool
	q := review.FindQuery{}
	c := &cobra.Command{
		Use:   "find --book DIR WORDS...",
		Short: "Search all records of a review: words, parties in any of their spellings, codes, days, values",
		Long: `Searches the records of a review that was made with --keep-book. All words must be there, in a record or in
a spelling or number of a party that it names; a quoted argument is a phrase. Records with flags come first,
then the newest.`,
		Example: "  plimsoll review --keep-book --out review records\n  plimsoll find --book review speech ministry\n" +
			"  plimsoll find --book review --from 2031-01-01 --min 1000000 'earth moving' 8429",
		RunE: func(cmd *cobra.Command, args []string) error {
			if book == "" {
				return usagef("find needs --book DIR, the folder of a review that was made with --keep-book")
			}
			for _, f := range []struct {
				name string
				v    *float64
				into **float64
			}{{"min", &least, &q.Min}, {"max", &most, &q.Max}} {
				if cmd.Flags().Changed(f.name) {
					*f.into = f.v
				}
			}
			q.Words = args
			if len(args) == 0 && q.From == "" && q.To == "" && q.Min == nil && q.Max == nil && q.Table == "" {
				return usagef("find needs at least one word, day or value")
			}
			return runFind(cmd.Context(), s, book, q, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&book, "book", "", "folder of a review that was made with --keep-book")
	f.StringVar(&q.From, "from", "", "first day, for example 2031-01-01")
	f.StringVar(&q.To, "to", "", "last day")
	f.Float64Var(&least, "min", 0, "least value")
	f.Float64Var(&most, "max", 0, "greatest value")
	f.StringVar(&q.Table, "table", "", "records of one table: engagements, accounts, claims, approvals, events, "+
		"holdings")
	f.IntVar(&q.Limit, "limit", 20, "most records shown")
	f.BoolVar(&asJSON, "json", false, "JSON lines")
	return c
}

func runFind(ctx context.Context, s streams, book string, q review.FindQuery, asJSON bool) error {
	started := time.Now()
	found, err := review.Find(ctx, book, q)
	if errors.Is(err, review.ErrNoBook) {
		return usagef("%v", err)
	}
	if err != nil {
		return err
	}
	for _, f := range found.First {
		if asJSON {
			if err := writeJSON(s.out, f); err != nil {
				return err
			}
			continue
		}
		who := strings.Trim(strings.Join([]string{f.Seller, f.Buyer}, " → "), " →")
		if f.EndUser != "" && f.EndUser != f.Buyer {
			who += " (end user " + f.EndUser + ")"
		}
		line := strings.Join(strings.Fields(strings.Join([]string{f.ID, f.Day, f.Kind, f.Table}, " ")), "  ")
		fmt.Fprintf(s.out, "%s\n    %s\n", line, who)
		if what := strings.TrimSpace(f.What + "  " + f.Value + " " + f.Currency + "  " + f.Flags); what != "" {
			fmt.Fprintf(s.out, "    %s\n", what)
		}
		fmt.Fprintf(s.out, "    %s %s\n", f.File, f.At)
	}
	cut := ""
	if int64(len(found.First)) < found.All {
		cut = fmt.Sprintf("; the first %s are shown (--limit)", report.Count(len(found.First)))
	}
	fmt.Fprintf(s.err, "%s of %s%s, in %d ms\n", report.Plural(found.All, "record fits", "records fit"),
		report.Count(found.Of), cut, time.Since(started).Milliseconds())
	return nil
}
