package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/lake"
)

type usageOptions struct {
	lake.Options
	version, provider string
}

func usageCommand(s streams) *cobra.Command {
	var o usageOptions
	sql := &cobra.Command{
		Use:   "sql --dialect D --table NAME",
		Short: "Print the one SQL statement that groups a FOCUS table of charges where it lies",
		Long: `Prints a statement for an engine that stands beside the bills. Its result is small, holds no words of customers,
and is read by plimsoll review as Parquet or CSV (docs/format/grouped.md, docs/scale.md).

The columns are those of a version of FOCUS and, with --provider, that provider's own for classification; --columns
names those that the table really has, in its spelling, and whatever is not on the allow-list is left out.
With --group KEY the statement lists the charges behind one group that evidence names; give the same flags as before.`,
		Example: "  plimsoll usage sql --dialect duckdb --table '\"bills/*.parquet\"' --provider aws > group.sql\n" +
			"  plimsoll usage sql --dialect trino --table hive.billing.focus --focus 1.2 --month 2031-01\n" +
			"  plimsoll usage sql --dialect snowflake --table FINOPS.PUBLIC.FOCUS --columns " +
			"BILLINGACCOUNTID,SUBACCOUNTID,CHARGEPERIODSTART,SERVICENAME,BILLEDCOST",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("columns") && (cmd.Flags().Changed("focus") || o.provider != "") {
				return usagef("--columns says what the table has: give it without --focus and --provider")
			}
			return usageSQL(s, o)
		},
	}
	var dialects []string
	for _, d := range lake.Dialects {
		dialects = append(dialects, string(d))
	}
	f := sql.Flags()
	f.StringVar(&o.Dialect, "dialect", "", "engine: "+strings.Join(dialects, ", "))
	f.StringVar(&o.Table, "table", "", "table of charges: catalog.schema.table; a part with points stands in double "+
		"quotes")
	f.StringVar(&o.version, "focus", "1.0", "version of FOCUS that the table has: "+strings.Join(focus.LakeVersions(),
		", "))
	f.StringVar(&o.provider, "provider", "", "whose own columns the table has beside them: "+
		strings.Join(focus.LakeProviders(), ", "))
	f.StringSliceVar(&o.Columns, "columns", nil, "the columns that the table has, in its spelling, with commas "+
		"between them")
	f.BoolVar(&o.TextTime, "text-times", false, "the times of the table are text (ISO 8601) and no timestamps")
	f.StringVar(&o.Month, "month", "", "one billing month only, YYYY-MM, and the charges without a readable one")
	f.StringVar(&o.Snapshot, "snapshot", "", "name of the result in evidence (default: the time now)")
	f.StringVar(&o.Group, "group", "", "print the statement that lists the charges of the group with this key")
	for name, words := range map[string][]string{"dialect": dialects, "focus": focus.LakeVersions(),
		"provider": focus.LakeProviders()} {
		_ = sql.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return group("usage", "Bills that are too large to be sent: grouped where they lie", sql)
}

func usageSQL(s streams, o usageOptions) error {
	if o.Dialect == "" || o.Table == "" {
		return usagef("usage sql needs --dialect and --table")
	}
	if !slices.Contains(focus.LakeVersions(), o.version) {
		return usagef("--focus %q is none of %s", o.version, strings.Join(focus.LakeVersions(), ", "))
	}
	if o.provider != "" && !slices.Contains(focus.LakeProviders(), o.provider) {
		return usagef("--provider %q is none of %s", o.provider, strings.Join(focus.LakeProviders(), ", "))
	}
	if len(o.Columns) == 0 {
		o.Columns = focus.LakeColumns(o.version, o.provider)
	}
	if o.Snapshot == "" {
		o.Snapshot = time.Now().UTC().Format(time.RFC3339)
	}
	text, err := lake.SQL(o.Options)
	if err != nil {
		return usagef("usage sql: %w", err)
	}
	_, err = fmt.Fprintln(s.out, text)
	return err
}
