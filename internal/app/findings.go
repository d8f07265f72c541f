package app

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"plimsoll/internal/engine"
	"plimsoll/internal/finding/findingtable"
)

func findingsCommand(s streams) *cobra.Command {
	var out, into string
	tables := &cobra.Command{
		Use:   "tables REVIEW (--out DIR | --into ENGINE)",
		Short: "Write the findings of a review as tables (Parquet, or in an engine)",
		Long: `Reads review.json and findings.jsonl in the output folder of a review and writes one Parquet file per table: findings, their
values, thresholds, gaps, evidence, hits, ownership steps, series, claims, clauses and words (docs/format/findings.md). Every row names the
review, so that the files of many reviews may lie in one folder of a lake.

With --into the same tables are made and filled in a schema of an engine. A review that is there already is not added again, and a load that
was stopped goes on. "findings" is filled last: who joins it sees whole reviews only.`,
		Example: "  plimsoll findings tables review --out tables\n" +
			"  duckdb -c \"SELECT flag, count(*) FROM 'tables/findings.parquet' WHERE state = 'raised' GROUP BY flag\"\n" +
			"  plimsoll findings tables review --into trinos://reviewer@trino.example:443/lake/findings",
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (out == "") == (into == "") {
				return usagef("findings tables needs either --out or --into")
			}
			if into != "" {
				return findingsInto(cmd.Context(), s, args[0], into)
			}
			n, err := findingtable.Write(cmd.Context(), args[0], out)
			if err != nil {
				return fmt.Errorf("findings tables: %w", err)
			}
			for i := range findingtable.Tables {
				t := &findingtable.Tables[i]
				if _, err := fmt.Fprintf(s.out, "%s/%s.parquet: %d rows\n", out, t.Name, n[t.Name]); err != nil {
					return err
				}
			}
			return nil
		},
	}
	tables.Flags().StringVar(&out, "out", "", "folder for the tables; it must not hold any yet")
	tables.Flags().StringVar(&into, "into", "", "schema of an engine: trino://user@host:8080/catalog/schema (trinos:// for "+
		"TLS); credentials as for review --engine")
	return group("findings", "What a review found, for databases", tables)
}

// findingsInto fills the tables in an engine.
func findingsInto(ctx context.Context, s streams, folder, address string) error {
	if _, err := engine.ParseAddress(address); err != nil {
		return usagef("--into: %v", err)
	}
	c, err := engine.FromEnvironment(os.Getenv)
	if err != nil {
		return fmt.Errorf("findings tables: %w", err)
	}
	e, err := engine.Open(ctx, address, c)
	if err != nil {
		return fmt.Errorf("findings tables: %w", err)
	}
	defer e.Close()
	n, err := findingtable.Into(ctx, folder, e)
	if err != nil {
		return fmt.Errorf("findings tables: %w", err)
	}
	for i := range findingtable.Tables {
		t := &findingtable.Tables[i]
		if _, err := fmt.Fprintf(s.out, "%s: %d rows of the review\n", e.Table(e.Catalog, e.Schema, t.Name),
			n[t.Name]); err != nil {
			return err
		}
	}
	return nil
}
