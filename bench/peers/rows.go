package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/resolve"
	"plimsoll/internal/resolve/resolvetest"
)

// A record is what a peer gets of a mention: countries as codes, so that its knowledge of their spellings is not what
// is compared.
type record struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Country string `json:"country"`
	Address string `json:"address"`
}

// compareRows makes the records of one seed and prints a line for each program: pairs of rows that are one party.
func compareRows(generate, python string, seed int) error {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if out, err := exec.Command(python, generate, dir, fmt.Sprint(seed)).CombinedOutput(); err != nil {
		return fmt.Errorf("make the records of seed %d: %w: %s", seed, err, out)
	}
	rows, err := resolvetest.Read(filepath.Join(dir, "truth.csv"))
	if err != nil {
		return err
	}
	ms, of := resolvetest.Mentions(rows)
	set := fmt.Sprintf("resolution, seed %d (%d rows)", seed, len(rows))
	resolve.Resolve(ms, nil) // tables are read at the first use
	start := time.Now()
	res := resolve.Resolve(ms, nil)
	took := time.Since(start)
	p := resolvetest.Judge(rows, of, &res)
	line(set, "plimsoll: same", p.Precision(), p.Recall(), 0, 0, took)
	line(set, "plimsoll: same or possible", p.MayPrecision(), p.MayRecall(), 0, 0, took)
	in := make([]record, len(ms))
	for i := range ms {
		r := &ms[i].Ref
		in[i] = record{Name: r.Name, Country: list.Country(r.Country), Address: r.Address}
		if len(r.Identifiers) > 0 {
			in[i].ID = r.Identifiers[0].String()
		}
	}
	for _, peer := range peers {
		var scored [][3]float64
		took, err := ask(python, peer.tool, "rows", in, &scored)
		if err != nil {
			fmt.Printf("| %s | %s | could not run: %v |\n", set, peer.tool, err)
			continue
		}
		count := func(threshold float64) (p, r float64) {
			pairs := resolvetest.Count(rows, joined(len(ms), of, scored, threshold), nil)
			return pairs.Precision(), pairs.Recall()
		}
		p, r := count(peer.threshold)
		best, at := bestOf(count)
		line(set, peer.tool, p, r, best, at, took)
	}
	return nil
}

// joined numbers the party of each row when mentions that score the threshold are one, through others too.
func joined(mentions int, of []int, scored [][3]float64, threshold float64) []int32 {
	up := make([]int32, mentions)
	for i := range up {
		up[i] = int32(i)
	}
	find := func(i int32) int32 {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	for _, s := range scored {
		if s[2] >= threshold {
			up[find(int32(s[0]))] = find(int32(s[1]))
		}
	}
	out := make([]int32, len(of))
	for i, m := range of {
		out[i] = find(int32(m))
	}
	return out
}
