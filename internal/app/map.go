package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/disk"
	"plimsoll/internal/policy"
	"plimsoll/internal/record"
	"plimsoll/internal/record/draft"
	"plimsoll/internal/record/table"
	"plimsoll/internal/signal"
)

func mapCommand(s streams) *cobra.Command {
	var only, out string
	drafting := &cobra.Command{
		Use:   "draft FILE...",
		Short: "Write a map for tables of your own: CSV or XLSX, any headings",
		Long: `Looks at the headings (ten languages), the cells, and how numbers and dates are written, and writes a map to
standard output or --out. What is not certain is a comment with the word "doubt". Lines that begin with "#" count
only once you take the "#" away.`,
		Example: "  plimsoll map draft orders.csv > map.yaml\n  plimsoll map try --map map.yaml orders.csv\n" +
			"  plimsoll review --map map.yaml --out review orders.csv\n\n" +
			"  plimsoll map draft --table list watchlist.xlsx --out map.yaml\n  plimsoll screen --map map.yaml " +
			"--list watchlist.xlsx \"Harbour Office\"",
		Args: atLeast(1, "at least one file"),
		RunE: func(cmd *cobra.Command, args []string) error { return draftMap(cmd.Context(), s, args, only, out) },
	}
	drafting.Flags().StringVar(&only, "table", "", "the table that the files are, when it is not found out: "+
		strings.Join(table.Targets(), ", "))
	drafting.Flags().StringVar(&out, "out", "", "file for the map (default: standard output); one that is there is "+
		"not overwritten")

	var mapping string
	var rows int
	trying := &cobra.Command{
		Use:   "try --map FILE FILE...",
		Short: "Show what a map reads of your files, and which flags the absent columns cost",
		Long: `Reads the files under the map and shows the first rows as records, what was not understood, which columns of the
file are not used, and which flags cannot be computed because a column is absent. Writes nothing.`,
		Example: "  plimsoll map try --map map.yaml orders.csv\n  plimsoll map try --map map.yaml --rows 1 exports",
		Args:    atLeast(1, "at least one file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if mapping == "" {
				return usagef("map try needs --map FILE; plimsoll map draft writes one")
			}
			if rows < 0 {
				return usagef("--rows must be 0 or more")
			}
			return tryMap(cmd.Context(), s, args, mapping, rows)
		},
	}
	trying.Flags().StringVar(&mapping, "map", "", "the map (YAML), or a folder of maps")
	trying.Flags().IntVar(&rows, "rows", 3, "how many rows of each file are shown")
	return group("map", "Read tables of your own: draft a map, and try it", drafting, trying)
}

func draftMap(ctx context.Context, s streams, paths []string, only, out string) error {
	sources, err := record.Find(paths)
	if err != nil {
		return err
	}
	text, notes, err := draft.Files(ctx, sources, only)
	if err != nil {
		return usagef("%w", err)
	}
	drafted := 0
	for _, n := range notes {
		if n.Table == "" {
			fmt.Fprintf(s.err, "%s: no map: %s\n", n.File, n.Reason)
			continue
		}
		drafted++
		fmt.Fprintf(s.err, "%s: read as the table %s, %s to look at\n", n.File, n.Table, counted(len(n.Doubts),
			"doubt"))
		for _, sheet := range n.Sheets {
			fmt.Fprintf(s.err, "%s: sheet %q looks like a table of its own; a file becomes one table, so save it as "+
				"another file\n", n.File, sheet)
		}
	}
	if text == "" {
		return fmt.Errorf("draft map: no map could be made of %s", strings.Join(paths, ", "))
	}
	if _, err := table.ParseMaps("draft", []byte(text)); err != nil {
		return fmt.Errorf("draft map: the draft has a mistake of its own (please report it): %w", err)
	}
	name := "map.yaml"
	if out == "" {
		if _, err := io.WriteString(s.out, text); err != nil {
			return fmt.Errorf("write map: %w", err)
		}
	} else {
		name = out
		if _, err := os.Lstat(out); err == nil {
			return fmt.Errorf("write map: %s is there already; give another name", out)
		}
		if err := disk.Replace(out, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.err, "next: look at the lines with \"doubt\", then plimsoll map try --map %s %s\n", name,
		strings.Join(paths, " "))
	if drafted < len(notes) {
		return fmt.Errorf("draft map: no map for %d of %d files", len(notes)-drafted, len(notes))
	}
	return nil
}

// counted writes "1 doubt", "2 doubts".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func tryMap(ctx context.Context, s streams, paths []string, mapping string, rows int) error {
	all, err := table.LoadMaps(mapping)
	if err != nil {
		return err
	}
	sources, err := record.Find(paths)
	if err != nil {
		return err
	}
	pack, err := policy.Builtin()
	if err != nil {
		return err
	}
	lost := 0
	for _, src := range sources {
		if src.Skipped != "" {
			fmt.Fprintf(s.out, "%s: not read: %s\n\n", src.Name, src.Skipped)
			lost++
			continue
		}
		m, ok, err := table.Match(all, src)
		if err == nil && !ok {
			err = fmt.Errorf("no mapping of %s is for it: %s", mapping, why(all, src))
		}
		if err == nil {
			err = tryFile(ctx, s, src, m, pack, rows)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(s.out, "%s: not read: %v\n\n", src.Name, err)
			lost++
		}
	}
	if lost > 0 {
		return fmt.Errorf("try map: %s cannot be read by %s", counted(lost, "file"), mapping)
	}
	return nil
}

// why says what the mappings ask of a file's name or header that it lacks.
func why(all []table.Map, src record.Source) string {
	var names []string
	for _, m := range all {
		if len(m.Files) > 0 {
			names = append(names, m.Name+" is for "+strings.Join(m.Files, ", "))
		} else {
			names = append(names, m.Name+" is for files with its header")
		}
	}
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	return strings.Join(names, "; ")
}

func tryFile(ctx context.Context, s streams, src record.Source, m table.Map, pack *policy.Pack, rows int) error {
	columns := m.Columns()
	shown := 0
	fmt.Fprintf(s.out, "%s: mapping %s, table %s\n", src.Name, m.Name, m.Table)
	if _, err := table.EachMapped(ctx, src, m, func(r *table.MappedRow) error {
		if shown >= rows || r.Reason != "" {
			return nil
		}
		shown++
		fmt.Fprintf(s.out, "\n  %s\n", r.At)
		unread := map[string]record.Unread{}
		for _, u := range r.Unread {
			unread[u.Column] = u
		}
		for i, c := range columns {
			if u, bad := unread[c]; bad {
				fmt.Fprintf(s.out, "    %-18s ? %q: %s\n", c, u.Value, u.Reason)
			} else if r.Cells[i] != "" {
				fmt.Fprintf(s.out, "    %-18s %s\n", c, r.Cells[i])
			}
		}
		return nil
	}); err != nil {
		return err
	}
	rejects := &rejectSink{}
	st, err := table.DecodeMapped(ctx, src, m, rejects)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n  %s, %s, %d not used\n", counted(st.Rows, "row"), counted(st.Records, "record"), st.Rejects)
	for _, r := range rejects.first {
		fmt.Fprintf(s.out, "    %s: %s\n", r.At, r.Reason)
	}
	if st.Rejects > len(rejects.first) {
		fmt.Fprintf(s.out, "    and %d more\n", st.Rejects-len(rejects.first))
	}
	if st.Failed != "" {
		return errors.New(st.Failed)
	}
	for _, n := range st.Notes {
		fmt.Fprintf(s.out, "  %s\n", n)
	}
	if len(st.Extra) > 0 {
		fmt.Fprintf(s.out, "  columns of the file that are not used: %s\n",
			strings.Join(slices.Sorted(maps.Keys(st.Extra)), ", "))
	}
	cost(s.out, m, pack)
	fmt.Fprintln(s.out)
	return nil
}

// rejectSink keeps the first rejects and nothing else.
type rejectSink struct{ first []record.Reject }

// Record implements record.Sink.
func (*rejectSink) Record(record.Record) error { return nil }

// Reject implements record.Sink.
func (k *rejectSink) Reject(r record.Reject) error {
	if len(k.first) < 5 {
		k.first = append(k.first, r)
	}
	return nil
}

// cost says which flags need a column that the mapping leaves absent.
func cost(w io.Writer, m table.Map, pack *policy.Pack) {
	columns := map[string][]string{} // signal → table.column
	for _, d := range signal.Catalogue {
		columns[d.Name] = d.Columns
	}
	by := map[string][]string{} // column → flags
	for _, part := range pack.Describe().Packs {
		for _, r := range part.Rules {
			for _, name := range r.Signals {
				for _, c := range columns[name] {
					if t, column, _ := strings.Cut(c, "."); t == m.Table && !slices.Contains(by[column], r.Flag) {
						by[column] = append(by[column], r.Flag)
					}
				}
			}
		}
	}
	first := true
	for _, c := range m.Lacks() {
		if len(by[c]) == 0 {
			continue
		}
		if first {
			fmt.Fprintln(w, "  absent columns, and the flags that are not computable, or only in part, where no "+
				"other file has them:")
			first = false
		}
		slices.Sort(by[c])
		fmt.Fprintf(w, "    %-18s %s\n", c, strings.Join(by[c], ", "))
	}
}
