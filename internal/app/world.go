package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"plimsoll/internal/disk"
	"plimsoll/internal/world"
)

func worldCommand(s streams) *cobra.Command {
	var o world.Options
	var out string
	c := &cobra.Command{
		Use:   "world --out DIR",
		Short: "Write a fictional world with planted cases, planted innocents and the answer key",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("world needs --out DIR")
			}
			return writeWorld(cmd.Context(), s, out, o)
		},
	}
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "seed: the same seed gives the same world")
	c.Flags().StringVar(&o.Size, "size", "small", "small, medium, large, or ENGAGEMENTS/CHARGES as numbers")
	c.Flags().BoolVar(&o.Complete, "complete", false,
		"a world in which the registers state everything: owners, clauses, gates, bills")
	c.Flags().StringVar(&out, "out", "", "folder for the world; must be new or empty")
	return c
}

func writeWorld(ctx context.Context, s streams, out string, o world.Options) error {
	if files, err := os.ReadDir(out); err == nil && len(files) > 0 {
		return usagef("--out %s is not empty", out)
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(out)), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), ".plimsoll-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := world.Write(ctx, tmp, o); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Remove(out); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := disk.Rename(tmp, out); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "World: %s (answer key: %s)\n", out, filepath.Join(out, "key.jsonl"))
	return nil
}

// demoDay is the day on which the bundled example is reviewed, see world.Today.
func demoCommand(s streams) *cobra.Command {
	out := ""
	c := &cobra.Command{
		Use:   "demo [--out DIR]",
		Short: "Review the bundled example world; ends by naming the report",
		Args:  exactly(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), s, out) },
	}
	c.Flags().StringVar(&out, "out", "plimsoll-demo",
		"folder for the world and the review; an earlier demo there is replaced")
	return c
}

func demo(ctx context.Context, s streams, out string) error {
	place := filepath.Join(out, "world")
	if err := os.RemoveAll(place); err != nil {
		return fmt.Errorf("replace %s: %w", place, err)
	}
	if err := writeWorld(ctx, s, place, world.Options{Seed: 1, Size: "small"}); err != nil {
		return err
	}
	if err := runReview(ctx, s, reviewOptions{
		lists: []string{filepath.Join(place, "lists")}, asOf: world.Today, out: filepath.Join(out, "review"),
	}, []string{place}); err != nil {
		return err
	}
	fmt.Fprint(s.err, "\nYour own files, tables of any headings (CSV, XLSX) among them:\n"+
		"  plimsoll map draft --out map.yaml FILE...\n"+
		"  plimsoll review --map map.yaml --out review FILE...\n")
	return nil
}
