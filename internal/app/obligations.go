package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

type obligationOptions struct {
	asOf, out, holidays string
	sets                []string
}

func obligationsCommand(s streams) *cobra.Command {
	var o obligationOptions
	c := &cobra.Command{
		Use:   "obligations [PATH...]",
		Short: "What was demanded of whom by when, and what is on file about it",
		Long: `Reads tables of instruments, demands and answers (CSV, XLSX; docs/format/obligations.md), reckons the day of each
demand, and says how it stands on the day of --as-of: overdue, due soon, pending, met, declined, or why that is not
known. --out writes obligations.csv, obligations.json and obligations.ics. That a day has passed is no finding
about anyone: the register says what was asked and what is on file.`,
		Example: "  plimsoll obligations --as-of 2032-07-01 --out due register/",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(o.sets) > 0 {
				return nil
			}
			return atLeast(1, "a file or folder, or a set (plimsoll obligations sets lists them)")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return obligations(cmd.Context(), s, args, o) },
	}
	c.Flags().StringVar(&o.asOf, "as-of", "", "day on which the demands are looked at (default today)")
	c.Flags().StringVar(&o.out, "out", "", "folder for the output, which must not be there")
	c.Flags().StringVar(&o.holidays, "holidays", "",
		`file of days of rest for spans in working days, a line "YYYY-MM-DD name" each`)
	c.Flags().StringArrayVar(&o.sets, "obligations-set", nil, "set of obligations that ships with the program (repeat)")
	c.AddCommand(&cobra.Command{
		Use:     "sets",
		Short:   "The sets of obligations that ship with the program; none is on by itself",
		Example: "  plimsoll obligations sets",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return obligationSets(s.out) },
	})
	return c
}

func obligationSets(w io.Writer) error {
	sets, err := obligation.Sets()
	if err != nil {
		return err
	}
	for _, set := range sets {
		n := map[string]int{}
		for _, r := range set.Rows {
			n[r.Table]++
		}
		fmt.Fprintf(w, "%-14s %s (%s, %s)\n", set.Name, set.Title, counted(n[table.Instruments], "instrument"),
			counted(n[table.Demands], "demand"))
	}
	return nil
}

func obligations(ctx context.Context, s streams, paths []string, o obligationOptions) error {
	asOf := time.Now().UTC().Truncate(24 * time.Hour)
	if o.asOf != "" {
		var err error
		if asOf, err = time.Parse(time.DateOnly, o.asOf); err != nil {
			return usagef("--as-of %q is not a day like 2032-07-01", o.asOf)
		}
	}
	if o.out != "" && exists(o.out) {
		return usagef("--out %s is there already", o.out)
	}
	works, err := readHolidays(o.holidays)
	if err != nil {
		return err
	}
	var sources []record.Source
	if len(paths) > 0 {
		if sources, err = record.Find(paths); err != nil {
			return err
		}
	}
	var more []obligation.Row
	for _, name := range o.sets {
		set, err := obligation.LoadSet(name)
		if err != nil {
			return usagef("--obligations-set: %v", err)
		}
		more = append(more, set.Rows...)
	}
	r, err := obligation.Read(ctx, sources, works, more...)
	if err != nil {
		return err
	}
	for _, f := range r.Unread {
		fmt.Fprintf(s.err, "Not read: %s\n", f)
	}
	for _, x := range r.Rejects {
		fmt.Fprintf(s.err, "Not used: %s %s: %s\n", x.File, x.At, x.Reason)
	}
	if len(o.sets) > 0 {
		fmt.Fprintln(s.err, obligation.SetNote)
	}
	lines := obligation.Lines(r.Stand(asOf))
	if len(lines) == 0 {
		return errors.New("no demand could be read, so nothing is known to be met or due; docs/format/obligations.md " +
			"says how the tables look")
	}
	if asOf.After(time.Now()) {
		fmt.Fprintln(s.err, "The day of --as-of lies ahead: answers that come until then are not on file yet")
	}
	if o.out != "" {
		if err := writeObligations(o.out, asOf, r, lines); err != nil {
			return err
		}
	}
	sayObligations(s.out, asOf, lines)
	switch {
	case len(r.Unread) > 0:
		return fmt.Errorf("%s not read, so there may be demands and answers that are not shown", counted(len(r.Unread),
			"file"))
	case len(r.Rejects) > 0:
		return fmt.Errorf("%s could not be used as they are", counted(len(r.Rejects), "row"))
	}
	return nil
}

func readHolidays(path string) (*casefile.Calendar, error) {
	works := &casefile.Calendar{}
	if path == "" {
		return works, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	defer f.Close()
	works.Holidays, err = casefile.ParseHolidays(f)
	return works, err
}

// writeObligations writes all three files or none.
func writeObligations(dir string, asOf time.Time, r *obligation.Register, lines []obligation.Line) error {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("write obligations: %w", err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(dir), ".obligations-*.part")
	if err != nil {
		return fmt.Errorf("write obligations: %w", err)
	}
	defer os.RemoveAll(scratch)
	part := filepath.Join(scratch, "out")
	if err := os.Mkdir(part, 0o755); err != nil {
		return fmt.Errorf("write obligations: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"obligations.csv":  func(w io.Writer) error { return obligation.WriteCSV(w, lines) },
		"obligations.json": func(w io.Writer) error { return obligation.WriteJSON(w, asOf, r, lines) },
		"obligations.ics":  func(w io.Writer) error { return obligation.WriteICS(w, asOf, lines) },
	} {
		if err := disk.Replace(filepath.Join(part, name), write); err != nil {
			return err
		}
	}
	if err := disk.Move(part, dir); err != nil {
		return fmt.Errorf("write obligations: %w", err)
	}
	return nil
}

// sayObligations prints the counts, then what is overdue, due soon or cannot be judged.
func sayObligations(w io.Writer, asOf time.Time, lines []obligation.Line) {
	count := map[obligation.Status]int{}
	for _, l := range lines {
		count[l.Status]++
	}
	fmt.Fprintf(w, "%d demands as of %s\n", len(lines), asOf.Format("2 January 2006"))
	for _, st := range obligation.Statuses {
		if count[st] > 0 {
			fmt.Fprintf(w, "  %-24s %d\n", st, count[st])
		}
	}
	for _, l := range lines {
		switch l.Status {
		case obligation.Met, obligation.NotInForce, obligation.Pending:
			continue
		}
		whom := l.Addressee
		if whom == "" {
			whom = string(l.Of)
		}
		fmt.Fprintf(w, "\n%s  %s\n  %s\n  of %s; %s; %s\n", l.Status, l.Demand, l.Text,
			cmp.Or(whom, "an addressee that is not stated"), l.DueWords, l.Words)
		if l.Instrument != "" {
			fmt.Fprintf(w, "  %s, %s, %s; text: %s; %s\n", l.Instrument, cmp.Or(l.Issuer, "issuer not stated"),
				force(l.Force), l.Read, l.Document())
		}
		for _, a := range l.Answers {
			fmt.Fprintf(w, "  on file: %s\n", a)
		}
	}
}

func force(f obligation.Force) string {
	switch f {
	case obligation.Binding:
		return "binding"
	case obligation.NonBinding:
		return "not binding"
	}
	return "whether it binds is not stated"
}
