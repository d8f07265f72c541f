package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"plimsoll/internal/finding/findingtable"
)

func findingsCommand(s streams) *cobra.Command {
	var out string
	tables := &cobra.Command{
		Use:   "tables REVIEW --out DIR",
		Short: "Write the findings of a review as tables (Parquet)",
		Long: `Reads review.json and findings.jsonl in the output folder of a review and writes one Parquet file per table: findings, their
values, thresholds, gaps, evidence, hits, ownership steps, series, claims, clauses and words (docs/format/findings.md). Every row names the
review, so that the files of many reviews may lie in one folder of a lake.`,
		Example: "  plimsoll findings tables review --out tables\n" +
			"  duckdb -c \"SELECT flag, count(*) FROM 'tables/findings.parquet' WHERE state = 'raised' GROUP BY flag\"",
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usagef("findings tables needs --out")
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
	return group("findings", "What a review found, for databases", tables)
}
