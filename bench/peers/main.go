// Peers compares Plimsoll with open programs that do a part of the same work, in one run and over the same data:
// watchman's public search package, nomenklatura's logic-v2 and Splink. It is a module of its own, so that the
// product does not depend on its peers. README.md says how to run it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/list/load"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	shared := flag.String("shared", "../../../shared", "the folder with real lists, labelled pairs and the benchmark of "+
		"resolution")
	python := flag.String("python", "", "a Python that can import what requirements.txt names; without it, logic-v2 and "+
		"Splink are left out and records to join are not made")
	seeds := flag.String("seeds", "1,2", "seeds of the records to join")
	count := flag.Int("queries", 300, "misspelt names to search for; 0 leaves searching out")
	flag.Parse()
	fmt.Printf("%d processors, %s, %s\n\n", runtime.GOMAXPROCS(0), runtime.Version(),
		time.Now().UTC().Format(time.DateOnly))
	fmt.Println("| set | program | P | R | F1 | best F1, at | seconds |\n|---|---|---|---|---|---|---|")
	for _, file := range []string{"name_pairs_dev.csv", "org_pairs_dev.csv"} {
		if err := comparePairs(filepath.Join(*shared, "quality", file), *python); err != nil {
			return err
		}
	}
	if *python != "" {
		for _, s := range strings.Split(*seeds, ",") {
			seed, err := strconv.Atoi(strings.TrimSpace(s))
			if err != nil {
				return fmt.Errorf("-seeds: %w", err)
			}
			if err := compareRows(filepath.Join(*shared, "quality/resolution/generate"), *python, seed); err != nil {
				return err
			}
		}
	}
	if *count == 0 {
		return nil
	}
	lists, err := load.Load(context.Background(), []string{
		filepath.Join(*shared, "data/sanctions/ofac_sdn_2021"), filepath.Join(*shared, "data/sanctions/un"),
		filepath.Join(*shared, "data/sanctions/us_csl/consolidated.csv.gz"),
	})
	if err != nil {
		return err
	}
	fmt.Println("\nsearch: misspelt list names, found among the first ten")
	searches(lists, *count)
	return nil
}

// line prints one row of the table. best is the best F1 at any threshold, chosen with the labels in sight; 0 for
// programs that have none to choose.
func line(set, who string, p, r, best, at float64, took time.Duration) {
	f := 0.0
	if p+r > 0 {
		f = 2 * p * r / (p + r)
	}
	hindsight := "–"
	if best > 0 {
		hindsight = fmt.Sprintf("%.3f, %g", best, at)
	}
	fmt.Printf("| %s | %s | %.3f | %.3f | %.3f | %s | %s |\n", set, who, p, r, f, hindsight, seconds(took))
}

func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatFloat(d.Seconds(), 'g', 2, 64)
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 0, 64)
}
