package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moov-io/watchman/pkg/search"

	"plimsoll/internal/compare"
)

// A pair is two names, and whether they are of one party.
type pair struct {
	schema, a, b string
	same         bool
}

// An outcome is one score a pair, and how long they took together.
type outcome struct {
	scores []float64
	took   time.Duration
}

// comparePairs prints a line for each program over a file of labelled pairs.
func comparePairs(path, python string) error {
	pairs, err := readPairs(path)
	if err != nil {
		return err
	}
	set := fmt.Sprintf("%s (%d)", strings.TrimSuffix(filepath.Base(path), ".csv"), len(pairs))
	report(set, "every pair is one", pairs, outcome{scores: slices.Repeat([]float64{1}, len(pairs))}, 1)
	var c compare.Comparer
	report(set, "plimsoll", pairs, timed(pairs, func(p pair) float64 { return c.Pair(p.schema, p.a, p.b) }),
		compare.Threshold)
	report(set, "watchman", pairs, timed(pairs, func(p pair) float64 {
		return search.Similarity(entity(p.schema, "", p.a, nil), entity(p.schema, "l", p.b, nil))
	}), 0.70)
	if python == "" {
		return nil
	}
	in := make([][3]string, len(pairs))
	for i, p := range pairs {
		in[i] = [3]string{p.schema, p.a, p.b}
	}
	for _, peer := range peers {
		var scores []float64
		took, err := ask(python, peer.tool, "pairs", in, &scores)
		if err != nil {
			fmt.Printf("| %s | %s | could not run: %v |\n", set, peer.tool, err)
			continue
		}
		report(set, peer.tool, pairs, outcome{scores, took}, peer.threshold)
	}
	return nil
}

// readPairs reads the columns schema, name1, name2 and is_match.
func readPairs(path string) ([]pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	at := map[string]int{}
	for i, column := range rows[0] {
		at[column] = i
	}
	for _, column := range []string{"schema", "name1", "name2", "is_match"} {
		if _, ok := at[column]; !ok {
			return nil, fmt.Errorf("read %s: no column %s", path, column)
		}
	}
	var out []pair
	for _, r := range rows[1:] {
		out = append(out, pair{r[at["schema"]], r[at["name1"]], r[at["name2"]], r[at["is_match"]] == "true"})
	}
	return out, nil
}

// timed scores every pair, and then again for a second; it gives the time of one round.
func timed(pairs []pair, score func(pair) float64) outcome {
	o := outcome{scores: make([]float64, len(pairs))}
	for i, p := range pairs {
		o.scores[i] = score(p)
	}
	start, rounds := time.Now(), 0
	for time.Since(start) < time.Second {
		for _, p := range pairs {
			score(p)
		}
		rounds++
	}
	o.took = time.Since(start) / time.Duration(rounds)
	return o
}

// report prints a program's precision and recall at its own threshold, and its best F1 at any.
func report(set, who string, pairs []pair, o outcome, threshold float64) {
	count := func(threshold float64) (p, r float64) {
		hits, right, true := 0.0, 0.0, 0.0
		for i, x := range pairs {
			got := o.scores[i] >= threshold
			if got {
				hits++
			}
			if x.same {
				true++
			}
			if got && x.same {
				right++
			}
		}
		return right / max(1, hits), right / max(1, true)
	}
	p, r := count(threshold)
	best, at := bestOf(count)
	line(set, who, p, r, best, at, o.took)
}

// bestOf returns the best F1 of all thresholds, and where.
func bestOf(count func(threshold float64) (p, r float64)) (best, at float64) {
	for _, t := range grid() {
		p, r := count(t)
		if f := 2 * p * r / max(1e-9, p+r); f > best {
			best, at = f, t
		}
	}
	return best, at
}

// grid is the thresholds that are tried: hundredths, and closer at both ends, where probabilities lie.
func grid() []float64 {
	out := []float64{0.001, 0.002, 0.003, 0.005, 0.007}
	for k := 1; k < 100; k++ {
		out = append(out, float64(k)/100)
	}
	return append(out, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 0.999999)
}
