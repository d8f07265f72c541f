package ownership

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC)

func exact(owner, owned int32, share float64) Edge {
	return Edge{Owner: owner, Owned: owned, Min: share, Max: share, Known: true, Since: NoDay, Until: NoDay}
}

func is(listed ...int32) func(int32) bool {
	return func(p int32) bool {
		for _, l := range listed {
			if l == p {
				return true
			}
		}
		return false
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestListed(t *testing.T) {
	control := func(owner, owned int32) Edge {
		return Edge{Owner: owner, Owned: owned, Control: true, Since: NoDay, Until: NoDay}
	}
	unknown := func(owner, owned int32) Edge {
		return Edge{Owner: owner, Owned: owned, Max: 1, Since: NoDay, Until: NoDay}
	}
	indirect := func(e Edge) Edge { e.Indirect = true; return e }
	past := func(e Edge) Edge { e.Until = day(noon) - 1; return e }
	ended := func(e Edge) Edge { e.Ended = true; return e }
	open := func(e Edge) Edge { e.MinOpen = true; e.Max = 1; return e }
	for _, tt := range []struct {
		name       string
		edges      []Edge
		listed     []int32
		min, max   float64
		control    bool
		fifty, may bool
		paths      int
		hops       int // of the first path
	}{
		{"three hops", []Edge{exact(1, 0, .8), exact(2, 1, .5), exact(3, 2, .9)}, []int32{3}, .36, .36, false, true,
			true, 1, 3},
		{"two listed together", []Edge{exact(1, 0, .3), exact(2, 0, .25)}, []int32{1, 2}, .55, .55, false, true, true,
			2, 1},
		{"fifty is transitive where the product is small", []Edge{exact(1, 0, .5), exact(2, 1, .5)}, []int32{2}, .25,
			.25, false, true, true, 1, 2},
		{"minority stops the rule", []Edge{exact(1, 0, .9), exact(2, 1, .4)}, []int32{2}, .36, .36, false, false, false,
			1, 2},
		{"unknown is a range", []Edge{unknown(1, 0), exact(2, 1, .6)}, []int32{2}, 0, .6, false, false, true, 1, 2},
		{"not looked behind a listed owner", []Edge{exact(1, 0, .6), exact(2, 1, 1)}, []int32{1, 2}, .6, .6, false,
			true, true, 1, 1},
		{"diamond", []Edge{exact(1, 0, .5), exact(2, 0, .5), exact(3, 1, .4), exact(3, 2, .2)}, []int32{3}, .3, .3,
			false, false, false, 1, 2},
		{"more than all is all", []Edge{exact(1, 0, 1), exact(2, 0, 1)}, []int32{1, 2}, 1, 1, false, true, true, 2, 1},
		{"own shares count for nobody", []Edge{exact(1, 0, .4), exact(2, 0, .5), exact(0, 2, .5)}, []int32{1}, .4, .4,
			false, false, false, 1, 1},
		{"cross holding above", []Edge{exact(1, 0, 1), exact(2, 1, .5), exact(1, 2, .5), exact(3, 2, .4)}, []int32{3},
			.2, .2, false, false, false, 1, 3},
		{"restated by two sources", []Edge{exact(1, 0, .3), exact(1, 0, .3)}, []int32{1}, .3, .3, false, false, false,
			1, 1},
		{"narrower source wins", []Edge{exact(1, 0, .4), {Owner: 1, Owned: 0, Min: .25, Max: .5, Known: true,
			Since: NoDay, Until: NoDay}}, []int32{1}, .4, .4, false, false, false, 1, 1},
		{"contradiction keeps the range", []Edge{exact(1, 0, .2), exact(1, 0, .6)}, []int32{1}, .2, .6, false, false,
			true, 1, 1},
		{"control alone", []Edge{control(1, 0)}, []int32{1}, 0, 0, true, false, false, 1, 1},
		{"control through a majority", []Edge{exact(1, 0, .51), control(2, 1)}, []int32{2}, 0, 0, true, false, false, 1,
			2},
		{"control of a minority owner", []Edge{exact(1, 0, .49), control(2, 1)}, []int32{2}, 0, 0, false, false, false,
			1, 2},
		{"more than half", []Edge{open(exact(1, 0, .5)), open(exact(2, 1, .5))}, []int32{2}, .25, 1, false, true, true,
			1, 2},
		{"ended by date", []Edge{past(exact(1, 0, .9))}, nil, 0, 0, false, false, false, 0, 0},
		{"ended is shown", []Edge{past(exact(1, 0, .9)), exact(2, 0, .1)}, []int32{1}, 0, 0, false, false, false, 1, 1},
		{"ended by status", []Edge{ended(exact(1, 0, .9))}, []int32{1}, 0, 0, false, false, false, 1, 1},
		{"indirect restates the chain", []Edge{exact(1, 0, .5), exact(2, 1, .8), indirect(exact(2, 0, .4))}, []int32{2},
			.4, .4, false, true, true, 1, 2},
		{"indirect knows more than the chain", []Edge{exact(1, 0, .5), unknown(2, 1), indirect(exact(2, 0, .5)),
			exact(2, 0, .5)}, []int32{2}, 1, 1, false, true, true, 1, 1},
		{"indirect without a chain", []Edge{indirect(exact(2, 0, .4)), exact(1, 0, .3)}, []int32{1, 2}, .7, .7, false,
			true, true, 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewGraph(tt.edges).Listed(0, is(tt.listed...), noon)
			if !near(r.Min, tt.min) || !near(r.Max, tt.max) || r.Control != tt.control {
				t.Errorf("Listed = [%v, %v] control %v, want [%v, %v] %v", r.Min, r.Max, r.Control, tt.min, tt.max,
					tt.control)
			}
			if r.Fifty != tt.fifty || r.FiftyMay != tt.may {
				t.Errorf("fifty = %v, may %v; want %v, %v", r.Fifty, r.FiftyMay, tt.fifty, tt.may)
			}
			if len(r.Paths) != tt.paths {
				t.Fatalf("paths = %+v, want %d", r.Paths, tt.paths)
			}
			if tt.paths > 0 && len(r.Paths[0].Edges) != tt.hops {
				t.Errorf("first path = %+v, want %d hops", r.Paths[0], tt.hops)
			}
			if !r.Known || r.Cut {
				t.Errorf("known %v, cut %v", r.Known, r.Cut)
			}
		})
	}
}

// simple is the slow obvious twin: every simple path, one by one.
func simple(edges []Edge, target int32, listed func(int32) bool, least bool) float64 {
	sum := 0.0
	on := map[int32]bool{}
	var walk func(p int32, w float64)
	walk = func(p int32, w float64) {
		if p != target && listed(p) {
			sum += w
			return
		}
		on[p] = true
		for _, e := range edges {
			if e.Owned != p || e.Owner == p || on[e.Owner] {
				continue
			}
			if least {
				walk(e.Owner, w*e.Min)
			} else {
				walk(e.Owner, w*e.Max)
			}
		}
		on[p] = false
	}
	walk(target, 1)
	return min(sum, 1)
}

func random(rng *rand.Rand, parties, n int) []Edge {
	var edges []Edge
	have := map[[2]int32]bool{}
	for range n {
		a, b := rng.Int32N(int32(parties)), rng.Int32N(int32(parties))
		if a == b || have[[2]int32{a, b}] {
			continue
		}
		have[[2]int32{a, b}] = true
		lo := float64(rng.IntN(11)) / 10
		hi := min(lo+float64(rng.IntN(4))/10, 1)
		edges = append(edges, Edge{Owner: a, Owned: b, Min: lo, Max: hi, Known: true, Since: NoDay, Until: NoDay,
			Ref: int32(len(edges))})
	}
	return edges
}

func TestListedEqualsEveryPath(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		parties := 2 + rng.IntN(7)
		edges := random(rng, parties, 1+rng.IntN(16))
		mask := rng.Uint32()
		listed := func(p int32) bool { return mask>>p&1 == 1 }
		g := NewGraph(edges)
		for target := range int32(parties) {
			r := g.Listed(target, listed, noon)
			lo, hi := simple(edges, target, listed, true), simple(edges, target, listed, false)
			if !near(r.Min, lo) || !near(r.Max, hi) {
				t.Fatalf("Listed(%d) = [%v, %v], every path says [%v, %v]\nlisted %b\n%+v", target, r.Min, r.Max, lo,
					hi, mask, edges)
			}
			if r.Fifty && !r.FiftyMay || r.FiftyMin > r.FiftyMax+1e-9 {
				t.Fatalf("fifty is inconsistent: %+v", r)
			}
			for _, p := range r.Paths {
				at, lo, hi := p.Owner, 1.0, 1.0
				for _, i := range p.Edges {
					e := g.Edge(i)
					if e.Owner != at {
						t.Fatalf("path %+v breaks at %d", p, i)
					}
					at, lo, hi = e.Owned, lo*e.Min, hi*e.Max
				}
				if at != target || !listed(p.Owner) || !near(lo, p.Min) || !near(hi, p.Max) {
					t.Fatalf("path %+v ends at %d with [%v, %v]", p, at, lo, hi)
				}
			}
			if below := g.Below(listed); (r.Max > 0 || len(r.Paths) > 0) && !has(below, target) {
				t.Fatalf("%d is not below a listed owner, but %+v", target, r)
			}
		}
	}
}

// TestManyCycles asks about a mesh whose simple paths cannot be walked: the answer must be
// a range that holds, in bounded time.
func TestManyCycles(t *testing.T) {
	var edges []Edge
	const n = 60
	for a := range int32(n) {
		for b := range int32(n) {
			if a != b {
				edges = append(edges, exact(a, b, .01))
			}
		}
	}
	edges = append(edges, exact(n, 7, .4))
	start := time.Now()
	r := NewGraph(edges).Listed(0, is(n), noon)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if r.Min <= 0.004-1e-9 || r.Max < r.Min || r.Max > 0.02 {
		t.Errorf("Listed = [%v, %v]", r.Min, r.Max)
	}
}

func has(m map[int32]int32, p int32) bool { _, ok := m[p]; return ok }

func TestDeepChain(t *testing.T) {
	var edges []Edge
	for p := range int32(3000) {
		edges = append(edges, exact(p+1, p, 1))
	}
	g := NewGraph(edges)
	for _, hops := range []int32{60, 90, 999} {
		r := g.Listed(0, is(hops), noon)
		if r.Min != 1 || r.Cut || !r.Fifty || len(r.FiftyPath.Edges) != int(hops) {
			t.Errorf("%d hops: [%v, %v] cut %v, fifty %v", hops, r.Min, r.Max, r.Cut, r.Fifty)
		}
	}
	r := g.Listed(0, is(2500), noon)
	if !r.Cut || r.Min != 0 || r.Max != 1 || r.CutAt != maxHops || r.CutHops != maxHops || !r.FiftyMay || r.Fifty {
		t.Errorf("2,500 hops: %+v, want a cut answer", r)
	}
	if below := g.Below(is(2500)); below[0] != 2500 || has(below, 2500) {
		t.Errorf("Below = %d for the last, want 2500", below[0])
	}
}

func TestFiftyPath(t *testing.T) {
	ranged := func(owner, owned int32, lo, hi float64) Edge {
		return Edge{Owner: owner, Owned: owned, Min: lo, Max: hi, Known: true, Since: NoDay, Until: NoDay}
	}
	for _, tt := range []struct {
		name   string
		edges  []Edge
		listed []int32
		sure   bool
		owner  int32
		hops   int
	}{
		{"three majorities, an eighth in all", []Edge{exact(1, 0, .51), exact(2, 1, .51), exact(3, 2, .51)}, []int32{3},
			true, 3, 3},
		{"two listed owners make a half together", []Edge{exact(1, 0, .2), exact(2, 0, .3)}, []int32{1, 2}, true, 2, 1},
		{"one of them through a company it owns", []Edge{exact(1, 0, .3), exact(2, 1, .5), exact(3, 0, .2)},
			[]int32{2, 3}, true, 2, 2},
		{"only as far as the ranges allow", []Edge{ranged(1, 0, .4, .5), exact(2, 1, 1)}, []int32{2}, false, 2, 2},
		{"a circle below the listed party", []Edge{exact(1, 0, .6), exact(2, 1, .3), exact(1, 2, .9), exact(3, 1, .5)},
			[]int32{3}, true, 3, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGraph(tt.edges)
			r := g.Listed(0, is(tt.listed...), noon)
			if r.Fifty != tt.sure || !r.FiftyMay || r.FiftyPath == nil {
				t.Fatalf("fifty %v, may %v, path %v", r.Fifty, r.FiftyMay, r.FiftyPath)
			}
			if r.FiftyPath.Owner != tt.owner || len(r.FiftyPath.Edges) != tt.hops {
				t.Errorf("path = %+v, want %d hops from %d", r.FiftyPath, tt.hops, tt.owner)
			}
			at := r.FiftyPath.Owner
			for _, i := range r.FiftyPath.Edges {
				if g.Edge(i).Owner != at {
					t.Fatalf("path breaks at edge %d", i)
				}
				at = g.Edge(i).Owned
			}
			if at != 0 {
				t.Errorf("path ends at %d", at)
			}
		})
	}
}

func TestHidden(t *testing.T) {
	hidden := Edge{Owner: 2, Owned: 1, Max: 1, Hidden: true, Since: NoDay, Until: NoDay}
	r := NewGraph([]Edge{exact(1, 0, 1), hidden}).Listed(0, is(), noon)
	if len(r.Hidden) != 1 || r.Hidden[0].Owned != 1 {
		t.Errorf("Hidden = %+v, want the holder of 1", r.Hidden)
	}
	hidden.Until = day(noon) - 1
	if r := NewGraph([]Edge{exact(1, 0, 1), hidden}).Listed(0, is(), noon); len(r.Hidden) != 0 {
		t.Errorf("Hidden = %+v, want none: it ended", r.Hidden)
	}
}

// go test -run '^$' -bench Graph ./internal/ownership
func BenchmarkGraph(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	const parties, n = 600_000, 1_000_000
	edges := make([]Edge, 0, n)
	for i := range int32(n) {
		a, c := rng.Int32N(parties), rng.Int32N(parties)
		edges = append(edges, Edge{Owner: max(a, c), Owned: min(a, c), Min: .2, Max: .6, Known: true, Since: NoDay,
			Until: NoDay, Ref: i})
	}
	b.Run("build/edges=1e6", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewGraph(edges)
		}
	})
	g := NewGraph(edges)
	b.Run("listed/edges=1e6", func(b *testing.B) {
		b.ReportAllocs()
		listed := func(p int32) bool { return p%1000 == 0 }
		target := int32(0)
		for b.Loop() {
			g.Listed(target, listed, noon)
			target = (target + 7919) % parties
		}
	})
	b.Run("below/edges=1e6", func(b *testing.B) {
		listed := func(p int32) bool { return p%1000 == 0 }
		for b.Loop() {
			g.Below(listed)
		}
	})
}
