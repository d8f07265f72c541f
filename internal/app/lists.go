package app

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

func listsCommand(s streams) *cobra.Command {
	var asJSON bool
	var asOf, mapping string
	show := &cobra.Command{
		Use:   "show PATH...",
		Short: "What each list file holds: publisher, date, entries, names",
		Args:  atLeast(1, "at least one list file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return showLists(cmd.Context(), s, args, mapping, asOf, asJSON)
		},
	}
	show.Flags().StringVar(&mapping, "map", "", "YAML that says how lists with other headers are read (plimsoll map "+
		"draft writes one)")
	show.Flags().BoolVar(&asJSON, "json", false, "JSON lines instead of a table")
	show.Flags().StringVar(&asOf, "as-of", "", "count what is in force on this day (YYYY-MM-DD); today when absent")
	return group("lists", "Look at lists", show, listsDiffCommand(s))
}

type shownList struct {
	*list.List
	Entries int `json:"entries"`
	Listed  int `json:"listed"`
	Removed int `json:"removed"`
	Rejects int `json:"rejects"` // always 0: a list loads whole or not at all
	// As of a day.
	AsOf  string     `json:"as_of"`
	Force list.Force `json:"force"`
}

// loadLists reads lists, those of other headers by the mappings of a file or folder, "" for none.
func loadLists(ctx context.Context, paths []string, mapping string) ([]*list.List, error) {
	if mapping == "" {
		return load.Load(ctx, paths)
	}
	maps, err := table.LoadMaps(mapping)
	if err != nil {
		return nil, err
	}
	return load.Mapped(ctx, paths, maps, record.Bounds{})
}

func showLists(ctx context.Context, s streams, paths []string, mapping, asOf string, asJSON bool) error {
	day, err := asOfDay(asOf)
	if err != nil {
		return err
	}
	lists, err := loadLists(ctx, paths, mapping)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(w, "LIST\tPUBLISHER\tDATE\tENTRIES\tIN FORCE\tREMOVED\tNAMES\tFILE\tROWS\tREJECTS")
	}
	for _, l := range lists {
		x := shownList{List: l, Entries: len(l.Entries), AsOf: day.Format("2006-01-02"), Force: l.On(day)}
		x.Removed, x.Listed = x.Force.Removed, x.Entries-x.Force.Removed
		if asJSON {
			if err := writeJSON(s.out, x); err != nil {
				return err
			}
			continue
		}
		date := "not stated"
		if !l.Published.IsZero() {
			date = l.Published.Format("2006-01-02")
		}
		for i, f := range l.Files {
			if i == 0 {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%d\t%d\n", l.ID, l.Publisher, date, x.Entries,
					x.Force.Listed, x.Removed, l.Names, f.Name, f.Rows, x.Rejects)
			} else {
				fmt.Fprintf(w, "\t\t\t\t\t\t\t%s\t%d\t0\n", f.Name, f.Rows)
			}
		}
		if note := x.Force.String(); note != "" {
			fmt.Fprintf(w, "\t  as of %s: %s\n", x.AsOf, note)
		}
		for _, n := range slices.Concat(l.Notes, l.Unread) {
			fmt.Fprintf(w, "\t  %s\n", n)
		}
	}
	return w.Flush()
}
