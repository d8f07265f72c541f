package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/evidence"
)

// An act is a command about one item of a case, or several.
type act struct {
	use, short string
	least      int // arguments after the case
	do         func(ctx context.Context, s streams, st *evidence.Store, w evidence.Warrant, args []string) error
}

var acts = []act{
	{"copy CASE ITEM FILE", "Write a working copy of an original to a new file", 2, func(ctx context.Context, s streams,
		st *evidence.Store, w evidence.Warrant, a []string) error {
		i, err := st.Copy(ctx, w, a[0], a[1])
		if err == nil {
			fmt.Fprintf(s.err, "copied %s to %s\n", i.SHA256, a[1])
		}
		return err
	}},
	{"view CASE ITEM", "Write an original to standard output", 1, func(_ context.Context, s streams, st *evidence.Store,
		w evidence.Warrant, a []string) error {
		f, _, err := st.View(w, a[0])
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(s.out, f)
		return err
	}},
	{"search CASE WORD...", "Find the items whose text holds all words", 1, searchEvidence},
	{"seal CASE ITEM...", "Read originals again and close them: grade and labels stay", 1,
		eachItem(func(ctx context.Context, st *evidence.Store, w evidence.Warrant, i string) error {
			return st.Seal(ctx, w, i)
		})},
	{"delete CASE ITEM...", "Erase originals; their custody events stay. Needs --second", 1,
		eachItem(func(_ context.Context, st *evidence.Store, w evidence.Warrant, i string) error {
			return st.Delete(w, i)
		})},
	{"hold CASE [ITEM...]", "Begin a legal hold of items, or of the whole case", 0,
		wholeOrItems(func(st *evidence.Store, w evidence.Warrant, i string) error { return st.Hold(w, i) })},
	{"release CASE [ITEM...]", "End a legal hold. Needs --second", 0,
		wholeOrItems(func(st *evidence.Store, w evidence.Warrant, i string) error { return st.Release(w, i) })},
	{"grade CASE ITEM GRADE", "Grade an item: source A to F, information 1 to 6", 2, func(_ context.Context, _ streams,
		st *evidence.Store, w evidence.Warrant, a []string) error {
		return st.Rate(w, a[0], evidence.Grade(a[1]))
	}},
	{"label CASE ITEM [LABEL...]", "Replace the labels of an item", 1, func(_ context.Context, _ streams,
		st *evidence.Store, w evidence.Warrant, a []string) error {
		return st.Label(w, a[0], a[1:])
	}},
}

func eachItem(do func(context.Context, *evidence.Store, evidence.Warrant, string) error) func(context.Context, streams,
	*evidence.Store, evidence.Warrant, []string) error {
	return func(ctx context.Context, _ streams, st *evidence.Store, w evidence.Warrant, items []string) error {
		for _, i := range items {
			if err := do(ctx, st, w, i); err != nil {
				return err
			}
		}
		return nil
	}
}

func wholeOrItems(do func(*evidence.Store, evidence.Warrant, string) error) func(context.Context, streams,
	*evidence.Store, evidence.Warrant, []string) error {
	return func(_ context.Context, _ streams, st *evidence.Store, w evidence.Warrant, items []string) error {
		if len(items) == 0 {
			items = []string{""}
		}
		for _, i := range items {
			if err := do(st, w, i); err != nil {
				return err
			}
		}
		return nil
	}
}

// evidenceActs are the commands of acts. An item is named by its SHA-256 or the beginning of
// it, six letters at least.
func evidenceActs(s streams) []*cobra.Command {
	var out []*cobra.Command
	for _, a := range acts {
		var f evidenceFlags
		c := &cobra.Command{
			Use: a.use, Short: a.short, Args: atLeast(1+a.least,
				strings.ToLower(strings.TrimPrefix(a.use, strings.Fields(a.use)[0]+" "))),
			RunE: func(cmd *cobra.Command, args []string) error {
				st, err := f.open(args[0])
				if err != nil {
					return err
				}
				defer st.Close()
				if err := a.do(cmd.Context(), s, st, f.warrant, args[1:]); err != nil {
					return err
				}
				return f.record(cmd.Context(), st)
			},
		}
		out = append(out, f.bind(c, true))
	}
	return out
}

// searchEvidence looks for words in the text of the items of a case, whatever their case.
// Each item that is shown is a view.
func searchEvidence(ctx context.Context, s streams, st *evidence.Store, w evidence.Warrant, words []string) error {
	hits, err := st.Search(ctx, w, words)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	for _, h := range hits {
		fmt.Fprintf(out, "%s  %s\n", h.Item.SHA256[:16], h.Item.Name())
		for _, l := range h.Lines {
			fmt.Fprintf(out, "    %s\n", l)
		}
	}
	if len(hits) == 0 {
		fmt.Fprintln(s.err, "no item holds these words")
	}
	return out.Flush()
}
