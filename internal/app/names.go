package app

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/compare"
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
	r := csv.NewReader(textReader(in, &changed))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: the input is empty; it needs a header line with name1 and name2", path)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	name1, name2, schema := -1, -1, -1
	for i, h := range head {
		switch strings.ToLower(strings.TrimSpace(h)) {
		case "name1":
			name1 = i
		case "name2":
			name2 = i
		case "schema":
			schema = i
		}
	}
	if name1 < 0 || name2 < 0 {
		return fmt.Errorf("read %s: line 1: the header needs columns name1 and name2, it has %s", path, strings.Join(head, ", "))
	}
	out := csv.NewWriter(s.out)
	if err := out.Write(append(head, "score")); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			out.Flush()
			return out.Error()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if name1 >= len(row) || name2 >= len(row) {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("read %s: line %d: %d fields, the header has %d", path, line, len(row), len(head))
		}
		kind := ""
		if schema >= 0 && schema < len(row) {
			kind = row[schema]
		}
		score := compare.Pair(kind, row[name1], row[name2])
		for len(row) < len(head) {
			row = append(row, "")
		}
		if err := out.Write(append(row[:len(head):len(head)], strconv.FormatFloat(score, 'f', 4, 64))); err != nil {
			return err
		}
	}
}
