// Peers compares the matcher with two open ones on the same lists, queries and pairs, in
// one run: watchman's public search package and, when a Python with nomenklatura is
// given, its logic-v2. It is a module of its own, so that the product does not depend on
// its peers.
//
//	go run . -shared ../../../shared [-python /path/to/python] [-queries 300]
package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/watchman/pkg/search"

	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type pair struct {
	schema, a, b string
	same         bool
}

func run() error {
	shared := flag.String("shared", "../../../shared", "the folder with real lists and labelled pairs")
	python := flag.String("python", "", "a Python that can import nomenklatura")
	count := flag.Int("queries", 300, "misspelt names to search for")
	flag.Parse()
	lists, err := load.Load(context.Background(), []string{
		filepath.Join(*shared, "data/sanctions/ofac_sdn_2021"), filepath.Join(*shared, "data/sanctions/un"),
		filepath.Join(*shared, "data/sanctions/us_csl/consolidated.csv.gz"),
	})
	if err != nil {
		return err
	}
	pairs, err := readPairs(filepath.Join(*shared, "quality/name_pairs_dev.csv"))
	if err != nil {
		return err
	}
	fmt.Printf("%d processors, %s; %d labelled pairs\n", runtime.GOMAXPROCS(0), runtime.Version(), len(pairs))
	fmt.Println("\npairs: the threshold of 0.70, and each one's best")
	report("plimsoll", pairs, timed(pairs, func() func(pair) float64 {
		var c match.Comparer
		return func(p pair) float64 { return c.Pair(p.schema, p.a, p.b) }
	}()))
	report("watchman", pairs, timed(pairs, func(p pair) float64 {
		return search.Similarity(entity(p.schema, "", p.a, nil), entity(p.schema, "l", p.b, nil))
	}))
	if *python != "" {
		scores, took, err := logicV2(*python, pairs)
		if err != nil {
			fmt.Println("logic-v2  could not run:", err)
		} else {
			report("logic-v2", pairs, outcome{scores, took})
		}
	}
	fmt.Println("\nsearch: misspelt list names, found among the first ten")
	searches(lists, *count)
	return nil
}

func readPairs(path string) ([]pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []pair
	for _, r := range rows[1:] {
		out = append(out, pair{r[1], r[2], r[3], r[4] == "true"})
	}
	return out, nil
}

type outcome struct {
	scores []float64
	mean   time.Duration
}

func timed(pairs []pair, score func(pair) float64) outcome {
	o := outcome{scores: make([]float64, len(pairs))}
	for i, p := range pairs { // warm, and keep the scores
		o.scores[i] = score(p)
	}
	start, rounds := time.Now(), 0
	for time.Since(start) < time.Second {
		for _, p := range pairs {
			score(p)
		}
		rounds++
	}
	o.mean = time.Since(start) / time.Duration(rounds*len(pairs))
	return o
}

func report(who string, pairs []pair, o outcome) {
	f1 := func(threshold float64) (f, p, r float64) {
		tp, fp, fn := 0.0, 0.0, 0.0
		for i, x := range pairs {
			switch got := o.scores[i] >= threshold; {
			case got && x.same:
				tp++
			case got:
				fp++
			case x.same:
				fn++
			}
		}
		return 2 * tp / max(1, 2*tp+fp+fn), tp / max(1, tp+fp), tp / max(1, tp+fn)
	}
	best, at := 0.0, 0.0
	for t := 0.30; t < 1; t += 0.01 {
		if f, _, _ := f1(t); f > best {
			best, at = f, t
		}
	}
	f, p, r := f1(0.70)
	fmt.Printf("%-9s F1 %.3f (P %.3f R %.3f); best F1 %.3f at %.2f; %v a pair\n", who, f, p, r, best, at, o.mean)
}

// entity makes watchman's form of a name.
func entity(schema, id, name string, other []string) search.Entity[search.Value] {
	e := search.Entity[search.Value]{Name: name, SourceID: id, Source: search.SourceUSOFAC}
	if id == "" {
		e.Source = search.SourceAPIRequest
	}
	switch schema {
	case "Person":
		e.Type, e.Person = search.EntityPerson, &search.Person{Name: name, AltNames: other}
	case "Vessel":
		e.Type, e.Vessel = search.EntityVessel, &search.Vessel{Name: name, AltNames: other}
	default:
		e.Type, e.Business = search.EntityBusiness, &search.Business{Name: name, AltNames: other}
	}
	return e.Normalize()
}

func schemaOf(k party.Kind) string {
	switch k {
	case party.Person:
		return "Person"
	case party.Vessel, party.Aircraft:
		return "Vessel"
	}
	return "Company"
}

type query struct {
	name, schema string
	kind         party.Kind
	list, entry  int
}

func searches(lists []*list.List, count int) {
	r := rand.New(rand.NewPCG(1, 2))
	var qs []query
	for len(qs) < 20*count { // the peer gets the first of them
		li := r.IntN(len(lists))
		ei := r.IntN(len(lists[li].Entries))
		e := &lists[li].Entries[ei]
		n := e.Names[r.IntN(len(e.Names))]
		if n.Weak || len(n.Text) < 8 || e.Status == list.Removed || e.Kind == party.Unknown {
			continue
		}
		b := []byte(n.Text)
		i := 1 + r.IntN(len(b)-2)
		b[i], b[i+1-r.IntN(2)] = b[i+1], b[i]
		qs = append(qs, query{string(b), schemaOf(e.Kind), e.Kind, li, ei})
	}
	var entries []search.Entity[search.Value]
	var at [][2]int
	for li, l := range lists {
		for ei := range l.Entries {
			e := &l.Entries[ei]
			var other []string
			for _, n := range e.Names[1:] {
				other = append(other, n.Text)
			}
			entries = append(entries, entity(schemaOf(e.Kind), e.ID, e.Names[0].Text, other))
			at = append(at, [2]int{li, ei})
		}
	}
	start := time.Now()
	ix := match.Build(lists)
	fmt.Printf("%d entries; index built in %v\n", len(entries), time.Since(start).Round(time.Millisecond))
	same := func(q query, li, ei int) bool {
		if q.list == li && q.entry == ei {
			return true
		}
		x, y := &lists[q.list].Entries[q.entry], &lists[li].Entries[ei]
		return slices.ContainsFunc(y.Names, func(n list.Name) bool {
			return strings.EqualFold(n.Text,
				x.Names[0].Text)
		})
	}
	run := func(who string, qs []query, find func(q query) [][2]int) float64 {
		var found, next atomic.Int64
		took := make([]time.Duration, len(qs))
		start := time.Now()
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= len(took) {
						return
					}
					q := qs[i]
					t := time.Now()
					hits := find(q)
					took[i] = time.Since(t)
					for _, h := range hits {
						if same(q, h[0], h[1]) {
							found.Add(1)
							break
						}
					}
				}
			})
		}
		wg.Wait()
		all := time.Since(start)
		slices.Sort(took)
		speed := float64(len(took)) / all.Seconds()
		fmt.Printf("%-9s found %.4f of %d; %.0f names/s; p50 %v p99 %v\n", who,
			float64(found.Load())/float64(len(took)), len(took), speed, took[len(took)/2], took[len(took)*99/100])
		return speed
	}
	ours := func(q query) (out [][2]int) {
		for _, h := range ix.Search(match.Query{Name: q.name, Kind: q.kind}, 10, match.Threshold) {
			out = append(out, [2]int{h.List, h.Entry})
		}
		return out
	}
	run("plimsoll", qs[:count], ours)
	fast := run("plimsoll", qs, ours)
	slow := run("watchman", qs[:count], func(q query) [][2]int {
		want := entity(q.schema, "", q.name, nil)
		type scored struct {
			at    int
			score float64
		}
		var top []scored
		for i := range entries {
			if s := search.Similarity(want, entries[i]); s >= 0.5 {
				top = append(top, scored{i, s})
			}
		}
		slices.SortFunc(top, func(a, b scored) int {
			if a.score > b.score {
				return -1
			}
			return 1
		})
		var out [][2]int
		for _, x := range top[:min(10, len(top))] {
			out = append(out, at[x.at])
		}
		return out
	})
	fmt.Printf("plimsoll searches %.0f times as fast as watchman\n", fast/slow)
}

// logicV2 scores the pairs in Python and times the comparison alone.
func logicV2(python string, pairs []pair) ([]float64, time.Duration, error) {
	in := make([][3]string, len(pairs))
	for i, p := range pairs {
		in[i] = [3]string{p.schema, p.a, p.b}
	}
	b, err := json.Marshal(in)
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(python, "logicv2.py")
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(b)), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, 0, err
	}
	var got struct {
		Scores []float64
		Micros float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, 0, err
	}
	return got.Scores, time.Duration(got.Micros * 1000), nil
}
