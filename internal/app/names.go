package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/compare"
	"plimsoll/internal/record/delimited"
)

// asOfDay reads --as-of; empty means today (UTC).
func asOfDay(s string) (time.Time, error) {
	if s == "" {
		return time.Now().UTC().Truncate(24 * time.Hour), nil
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return time.Time{}, usagef("--as-of %q is not a date like 2031-05-17", s)
	}
	return t, nil
}

func namesCommand(s streams) *cobra.Command {
	var in string
	compare := &cobra.Command{
		Use:   "compare [--in FILE|-]",
		Short: `Score pairs of names: CSV with name1,name2 and optional schema in, the same rows with a column "score" out`,
		Args:  exactly(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return compareNames(cmd.Context(), s, in) },
	}
	compare.Flags().StringVar(&in, "in", "-", "CSV of pairs, - for standard input")
	return group("names", "Compare names with each other", compare)
}

func compareNames(ctx context.Context, s streams, path string) error {
	in := s.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("open %s: %w", path, errors.Unwrap(err))
		}
		defer f.Close()
		in = f
	}
	changed := 0
	defer func() { sayChanged(s.err, changed) }()
	r, head, err := openRows(textReader(in, &changed), "name1", "name2")
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	name1, name2, schema := columnAt(head, "name1"), columnAt(head, "name2"), columnAt(head, "schema")
	out := csv.NewWriter(s.out)
	if err := out.Write(append(head, "score")); err != nil {
		return err
	}
	unread := 0
	bad := func(line int, reason string) {
		unread++
		fmt.Fprintf(s.err, "%s: line %d: %s\n", path, line, reason)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		read, err := r.Next()
		row := read.Cells
		if errors.Is(err, io.EOF) {
			break
		}
		if damaged, ok := errors.AsType[*delimited.BadRow](err); ok {
			bad(damaged.Line, damaged.Reason)
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if len(row) == 1 && row[0] == "" { // an empty line
			continue
		}
		if name1 >= len(row) || name2 >= len(row) {
			bad(read.Line, fmt.Sprintf("%d fields, the header has %d", len(row), len(head)))
			continue
		}
		kind := ""
		if schema >= 0 && schema < len(row) {
			kind = row[schema]
		}
		score := compare.Pair(kind, row[name1], row[name2])
		cells := make([]string, len(head), len(head)+1)
		copy(cells, row)
		if err := out.Write(append(cells, strconv.FormatFloat(score, 'f', 4, 64))); err != nil {
			return err
		}
	}
	if out.Flush(); out.Error() != nil {
		return out.Error()
	}
	if unread > 0 {
		return fmt.Errorf("read %s: %d rows could not be read; the others have their score", path, unread)
	}
	return nil
}
