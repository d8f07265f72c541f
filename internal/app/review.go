package app

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/engine"
	"plimsoll/internal/finding"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record"
	"plimsoll/internal/report"
	"plimsoll/internal/review"
	"plimsoll/internal/telemetry"
)

type reviewOptions struct {
	lists, policies  []string
	sets             []string
	mapping, asOf    string
	failOn, out, mem string
	about            string
	neutrality       bool
	title, portfolio string
	previous         string
	keepBook         bool
	book             string
	engine           string
	engineTables     []string
	engineScratch    string
	engineFetch      bool
	unpackRatio      int64
	unpackSize       string
	bounds           record.Bounds
	metrics          string
}

func reviewCommand(s streams) *cobra.Command {
	var o reviewOptions
	c := &cobra.Command{
		Use:   "review [--list PATH]... --out DIR PATH...",
		Short: "Review a folder of business records; writes findings, rejects, a report and a workbook",
		Long: `Reads contracts (OCDS), bills (FOCUS), register tables (CSV, XLSX), ownership (BODS,
GLEIF, FollowTheMoney); the kind of each file is recognised from its content. Writes
review.json, findings.jsonl, rejects.jsonl, joins.csv, findings.xlsx and report.html to --out.`,
		Example: "  plimsoll review --list lists --out review records\n  plimsoll review --map map.yaml --as-of " +
			"2031-12-31 --fail-on high --out review exports\n\n" +
			"  Tables of your own: plimsoll map draft orders.csv > map.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if o.engine != "" {
				return nil
			}
			return atLeast(1, "at least one file or folder")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.within(); err != nil {
				return err
			}
			return runReview(cmd.Context(), s, o, args)
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.lists, "list", nil, "list file or folder (repeat)")
	f.StringArrayVar(&o.policies, "policy", nil, "policy pack file or folder (repeat; default: the built-in pack)")
	f.StringArrayVar(&o.sets, "obligations-set", nil,
		"set of obligations to switch on (repeat; plimsoll obligations sets lists them)")
	f.StringVar(&o.mapping, "map", "", "YAML that says how tables and lists with other headers are read (plimsoll "+
		"map draft writes one)")
	f.StringVar(&o.asOf, "as-of", "", "day of the review (default today)")
	f.StringVar(&o.failOn, "fail-on", "", "exit with 3 when something of this severity or worse is raised: low, "+
		"medium, high, critical")
	f.StringVar(&o.out, "out", "", "folder for the output")
	f.StringVar(&o.about, "about", "", "what the records are about, for the words and the first page of the report: "+
		"sales, usage, tender, portfolio")
	f.StringVar(&o.title, "title", "", "title of the report")
	f.StringVar(&o.portfolio, "portfolio", "", "what the review is of, for example a fund or a business unit; runs "+
		"are compared inside one portfolio only")
	f.StringVar(&o.previous, "previous", "", "folder of an earlier review: the report says what has changed since")
	f.StringVar(&o.book, "book", "", "folder in which what bills add up to stays between runs, so that only new or "+
		"changed files are read; it may be deleted")
	f.StringVar(&o.engine, "engine", "", "engine in which bills lie and are grouped: "+
		"trino://user@host:8080/catalog/schema, trinos:// for TLS; "+
		"credentials come from "+engine.EnvPassword+" or "+engine.EnvToken+", or the files that these with _FILE name")
	f.StringArrayVar(&o.engineTables, "engine-table", nil,
		"table of charges in the engine (repeat; default: all of the schema that have the columns of FOCUS)")
	f.StringVar(&o.engineScratch, "engine-scratch", "",
		"catalog.schema of the engine in which the run makes tables and drops them again (default: that of --engine)")
	f.BoolVar(&o.engineFetch, "engine-fetch", false,
		"make no tables in the engine: bring all groups of charges and derive the rest on this machine")
	f.BoolVar(&o.keepBook, "keep-book", false, "keep all records in book.duckdb for plimsoll find")
	f.BoolVar(&o.neutrality, "neutrality", false, "run the records again with every state under another name, and "+
		"attach the comparison to the report")
	f.StringVar(&o.mem, "memory", "", "memory for the record book, for example 2GB (default 700MB)")
	f.StringVar(&o.metrics, "metrics", "", "file for figures of the run, in the form that Prometheus collects")
	f.Int64Var(&o.unpackRatio, "unpack-ratio", record.MaxUnzipRatio,
		"how many bytes one byte of a ZIP member may unpack to, past the first 64 MiB")
	f.StringVar(&o.unpackSize, "unpack-size", "1TB", "how much one packed file may unpack to, for example 20GB")
	return c
}

// bytesOf reads a size such as 700MB or 2GB, in powers of 1,000, as bytes.
func bytesOf(s string) (int64, error) {
	number, unit := strings.TrimSpace(strings.ToUpper(s)), int64(1)
	for i, name := range []string{"KB", "MB", "GB", "TB"} {
		if cut, ok := strings.CutSuffix(number, name); ok {
			number = strings.TrimSpace(cut)
			for range i + 1 {
				unit *= 1000
			}
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is no size such as 500MB or 20GB", s)
	}
	return n * unit, nil
}

// within reads the flags that bound what packed files may unpack to.
func (o *reviewOptions) within() error {
	if o.unpackRatio <= 0 {
		return usagef("--unpack-ratio must be at least 1, got %d", o.unpackRatio)
	}
	size, err := bytesOf(o.unpackSize)
	if err != nil {
		return usagef("--unpack-size %v", err)
	}
	o.bounds = record.Bounds{Ratio: o.unpackRatio, Size: size}
	return nil
}

// lake reads the flags about an engine, nil without one.
func (o *reviewOptions) lake() (*review.Engine, error) {
	if o.engine == "" {
		if len(o.engineTables) > 0 {
			return nil, usagef("--engine-table needs --engine")
		}
		if o.engineScratch != "" || o.engineFetch {
			return nil, usagef("--engine-scratch and --engine-fetch need --engine")
		}
		return nil, nil
	}
	if _, err := engine.ParseAddress(o.engine); err != nil {
		return nil, usagef("--engine: %v", err)
	}
	if o.engineScratch != "" && o.engineFetch {
		return nil, usagef("--engine-fetch makes no tables, so that it needs no --engine-scratch")
	}
	if o.engineScratch != "" {
		if _, _, err := engine.ParseSchema(o.engineScratch); err != nil {
			return nil, usagef("--engine-scratch: %v", err)
		}
	}
	c, err := engine.FromEnvironment(os.Getenv)
	if err != nil {
		return nil, err
	}
	return &review.Engine{Address: o.engine, Tables: o.engineTables, Credentials: c, Scratch: o.engineScratch,
		Fetch: o.engineFetch}, nil
}

func runReview(ctx context.Context, s streams, o reviewOptions, args []string) error {
	if o.out == "" {
		return usagef("review needs --out DIR")
	}
	if o.failOn != "" && finding.Rank(o.failOn) > 3 {
		return usagef("--fail-on %q is none of low, medium, high, critical", o.failOn)
	}
	if o.about != "" && !slices.Contains(review.Abouts, review.About(o.about)) {
		return usagef("--about %q is none of sales, usage, tender, portfolio", o.about)
	}
	asOf, err := asOfDay(o.asOf)
	if err != nil {
		return err
	}
	if o.previous != "" {
		if _, err := os.Stat(filepath.Join(o.previous, "review.json")); err != nil {
			return usagef("--previous %s is no folder of a review: %v", o.previous, err)
		}
	}
	slices.Sort(o.sets)
	o.sets = slices.Compact(o.sets)
	for _, name := range o.sets {
		if _, err := obligation.LoadSet(name); err != nil {
			return usagef("--obligations-set: %v", err)
		}
	}
	lake, err := o.lake()
	if err != nil {
		return err
	}
	watch, err := telemetry.New(ctx, "review", Version, sayOn(s))
	if err != nil {
		return usagef("%v", err)
	}
	defer watch.Close()
	ctx, end := watch.Stage(ctx, "review")
	bars := newProgress(s.err)
	res, err := review.Run(ctx, review.Options{
		Paths: args, Lists: o.lists, Policies: o.policies, Map: o.mapping, AsOf: asOf, Out: o.out, Memory: o.mem,
		About: review.About(o.about), Sets: o.sets,
		Bounds: o.bounds, Neutrality: o.neutrality, Title: o.title, Portfolio: o.portfolio, Previous: o.previous,
		KeepBook: o.keepBook, Engine: lake, Book: o.book,
		Version: Version, Progress: bars.step, Write: writeReport, Stage: watch.Stage,
	})
	bars.close()
	end(err)
	if o.metrics != "" && err == nil {
		err = reviewFigures(watch, &res.Summary, o.metrics)
	}
	if err != nil {
		return err
	}
	if err := report.Terminal(s.err, res); err != nil {
		return err
	}
	if why := res.Summary.NothingChecked; len(why) > 0 {
		return fmt.Errorf("nothing could be checked: %s", strings.Join(why, "; "))
	}
	if why := res.Summary.Failed; len(why) > 0 {
		return fmt.Errorf("could not finish; the report holds what was read: %s", strings.Join(why, "; "))
	}
	for severity, n := range res.Summary.Counts.BySeverity {
		if o.failOn != "" && n > 0 && finding.Rank(severity) <= finding.Rank(o.failOn) {
			return errFindings
		}
	}
	return nil
}

// writeReport writes what people read, beside the machine's files.
func writeReport(dir string, res *review.Result) error {
	f, err := os.Create(filepath.Join(dir, "report.html"))
	if err != nil {
		return err
	}
	if err := report.HTML(f, res); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write report.html: %w", err)
	}
	return report.XLSX(dir, res)
}
