package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/watchman/pkg/search"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
)

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
		for _, h := range ix.Search(match.Query{Name: q.name, Kind: q.kind}, 10, compare.Threshold) {
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
