package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// nameless emits a line for each flag that rows which name nobody, or a table that is not there, leave open for
// somebody whom no rule was asked about; wide are the lines that stand for the run already.
func (j *judging) nameless(ctx context.Context, wide []finding.Finding) error {
	list, err := j.signal.Nameless(ctx)
	if err != nil {
		return err
	}
	for _, x := range list {
		var gaps []finding.Gap
		for _, g := range x.Gaps {
			gaps = append(gaps, finding.Gap{Reason: string(g.Reason), Column: g.Column, What: g.What, Rows: g.Rows})
		}
		found := j.pack.Nameless(namelessSubject(x), gaps, func(r *policy.Rule) bool {
			if x.Parties > 0 && r.Of != signal.OfParty || slices.ContainsFunc(wide, func(f finding.Finding) bool {
				return f.Flag == r.Flag && lacksTable(f, x.Table)
			}) {
				return false
			}
			if x.Hidden > 0 { // who is not told apart is compared with no list
				return r.Of == signal.OfParty && slices.Contains(r.Signals, listedScore)
			}
			return slices.ContainsFunc(r.Signals, func(s string) bool { return signal.Feeds(s, x.Table) })
		})
		if len(found) == 0 {
			continue
		}
		j.open.subject("run", found, func(string) bool { return x.Gaps[0].Reason == signal.ColumnAbsent })
		for _, f := range found {
			if err := j.emit(f, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// namelessSubject is what stands for those whom the records do not name.
func namelessSubject(x signal.Nameless) finding.Subject {
	s := finding.Subject{Kind: "run", ID: x.Table + " naming nobody"}
	switch {
	case x.Parties > 0:
		s.ID, s.Name = "owners", fmt.Sprintf("%d parties named by statements of ownership alone", x.Parties)
		if x.Parties == 1 {
			s.Name = "1 party named by statements of ownership alone"
		}
	case x.Hidden > 0:
		s.ID, s.Name = x.Table+" parties unread", fmt.Sprintf("whoever is named in %d texts of the table %s that were "+
			"not told apart", x.Hidden, x.Table)
		if x.Hidden == 1 {
			s.Name = "whoever is named in 1 text of the table " + x.Table + " that was not told apart"
		}
	case x.Files > 0:
		s.ID, s.Name = x.Table+" unread", "whoever is named in what could not be read of the table "+x.Table
	case x.Rows == 1:
		s.Name = fmt.Sprintf("1 row of the table %s that names nobody for certain", x.Table)
	default:
		s.Name = fmt.Sprintf("%d rows of the table %s that name nobody for certain", x.Rows, x.Table)
	}
	return s
}

// lacksTable reports whether a line misses a column of a table.
func lacksTable(f finding.Finding, table string) bool {
	return slices.ContainsFunc(f.Missing, func(c string) bool { return strings.HasPrefix(c, table+".") })
}
