package app

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/review"
)

func policyCommand(s streams) *cobra.Command {
	check := &cobra.Command{
		Use: "check [PATH...]", Short: "Compile packs and say what they hold; without PATH the built-in pack",
		RunE: func(_ *cobra.Command, args []string) error { return checkPacks(s, args) },
	}
	test := &cobra.Command{
		Use: "test [PATH...]", Short: "Run the tests that ship in packs; without PATH those of the built-in pack",
		RunE: func(_ *cobra.Command, args []string) error { return testPacks(s, args) },
	}
	var o reviewOptions
	diff := &cobra.Command{
		Use:   "diff OLD NEW [RECORDS...]",
		Short: "What differs between two packs, and what would change on the records given",
		Long:  `OLD and NEW are pack files or folders, or the word "builtin".`,
		Args:  atLeast(2, "two packs"),
		RunE:  func(cmd *cobra.Command, args []string) error { return diffPacks(cmd.Context(), s, o, args) },
	}
	diff.Flags().StringArrayVar(&o.lists, "list", nil, "list file or folder for the records (repeat)")
	diff.Flags().StringVar(&o.asOf, "as-of", "", "day of the review (default today)")
	diff.Flags().StringVar(&o.mapping, "map", "", "YAML that maps other headers onto the register tables")
	return group("policy", "Work with policy packs", check, test, diff)
}

func loadPack(paths ...string) (*policy.Pack, error) {
	if len(paths) == 0 || len(paths) == 1 && paths[0] == "builtin" {
		return policy.Builtin()
	}
	return policy.Load(paths...)
}

func checkPacks(s streams, paths []string) error {
	pack, err := loadPack(paths...)
	if err != nil {
		return err
	}
	faults, err := pack.Check()
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Fprintln(s.err, f)
	}
	if len(faults) > 0 {
		return fmt.Errorf("check packs: %d faults", len(faults))
	}
	for _, p := range pack.Parts {
		read := map[finding.Reading]int{}
		for _, in := range p.Instruments {
			for _, c := range in.Clauses {
				read[c.Read]++
			}
		}
		fmt.Fprintf(s.out, "%s %s (%s)\n  %d rules, %d parameters, %d instruments\n  clauses: %d read in the text "+
			"itself, %d in a secondary source, %d from memory\n  sha256 %s\n",
			p.Name, p.Version, p.Title, len(p.Rules), len(p.Parameters), len(p.Instruments),
			read[finding.Primary], read[finding.Secondary], read[finding.Memory], p.Digest)
		for _, o := range p.Overrides {
			fmt.Fprintf(s.out, "  %s of %s: %v %s, was %v\n", o.Name, o.Pack, o.To, o.Unit, o.From)
		}
		for _, d := range p.Disabled {
			fmt.Fprintf(s.out, "  switched off: %s (%s) of %s: %s\n", d.Flag, d.Of, d.Pack, d.Why)
		}
		w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
		for _, r := range p.Rules {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%d tests\n", r.Flag, r.Of, r.Title, len(r.Trials))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func testPacks(s streams, paths []string) error {
	pack, err := loadPack(paths...)
	if err != nil {
		return err
	}
	results, err := pack.Test()
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
			fmt.Fprintf(s.out, "FAIL %s %s: %s\n", r.Flag, r.Name, r.Detail)
		}
	}
	fmt.Fprintf(s.out, "%d passed, %d failed\n", len(results)-failed, failed)
	if failed > 0 {
		return fmt.Errorf("test packs: %d of %d tests failed", failed, len(results))
	}
	return nil
}

func diffPacks(ctx context.Context, s streams, o reviewOptions, args []string) error {
	var packs [2]*policy.Pack
	for i := range packs {
		p, err := loadPack(args[i])
		if err != nil {
			return err
		}
		packs[i] = p
	}
	changes := policy.Diff(packs[0], packs[1])
	if len(changes) == 0 {
		fmt.Fprintln(s.out, "the packs say the same")
	}
	for _, c := range changes {
		fmt.Fprintln(s.out, c)
	}
	if len(args) == 2 {
		return nil
	}
	asOf, err := asOfDay(o.asOf)
	if err != nil {
		return err
	}
	effects, err := review.Compare(ctx, review.Options{Paths: args[2:], Lists: o.lists, Map: o.mapping, AsOf: asOf,
		Version: Version}, packs[0], packs[1])
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\non the records given, %d answers change\n", len(effects))
	for _, e := range effects {
		fmt.Fprintf(s.out, "%s %s %s: %s, was %s\n", e.Flag, e.Kind, e.Name, plain(e.To), plain(e.From))
	}
	return nil
}

func plain(state string) string { return strings.ReplaceAll(state, "_", " ") }
