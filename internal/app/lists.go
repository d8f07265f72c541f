package app

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
)

func listsCommand(s streams) *cobra.Command {
	var asJSON bool
	show := &cobra.Command{
		Use:   "show PATH...",
		Short: "What each list file holds: publisher, date, entries, names",
		Args:  atLeast(1, "at least one list file or folder"),
		RunE:  func(cmd *cobra.Command, args []string) error { return showLists(cmd.Context(), s, args, asJSON) },
	}
	show.Flags().BoolVar(&asJSON, "json", false, "JSON lines instead of a table")
	return group("lists", "Look at lists", show)
}

type shownList struct {
	*list.List
	Entries int `json:"entries"`
	Listed  int `json:"listed"`
	Removed int `json:"removed"`
	Rejects int `json:"rejects"` // always 0: a list loads whole or not at all
}

func showLists(ctx context.Context, s streams, paths []string, asJSON bool) error {
	lists, err := load.Load(ctx, paths)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(w, "LIST\tPUBLISHER\tDATE\tENTRIES\tREMOVED\tNAMES\tFILE\tROWS\tREJECTS")
	}
	for _, l := range lists {
		x := shownList{List: l, Entries: len(l.Entries)}
		for _, e := range l.Entries {
			if e.Status == list.Removed {
				x.Removed++
			} else {
				x.Listed++
			}
		}
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
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%d\t%d\n", l.ID, l.Publisher, date, x.Entries, x.Removed, l.Names, f.Name, f.Rows, x.Rejects)
			} else {
				fmt.Fprintf(w, "\t\t\t\t\t\t%s\t%d\t0\n", f.Name, f.Rows)
			}
		}
		for _, n := range l.Notes {
			fmt.Fprintf(w, "\t  %s\n", n)
		}
	}
	return w.Flush()
}
