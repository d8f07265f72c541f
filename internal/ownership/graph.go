package ownership

import (
	"slices"
	"time"
)

// A Graph answers who stands behind a party. It is read-only and may be used concurrently.
//
// Shares along a path multiply, paths add up, and a sum is at most 1. A path visits a party
// at most once, so that no edge of a cycle counts twice and nothing that a company holds in
// itself is anybody's. Several statements on one pair of parties are readings of one
// holding: known shares that overlap are intersected, shares that contradict each other
// keep the whole range, and none of them are added.
type Graph struct {
	edges []Edge  // sorted by Owned, then Owner, then Ref
	into  []int32 // into[p]:into[p+1] are the edges that end at p
	out   []int32 // out[p]:out[p+1] index byOwner
	own   []int32 // edges by owner
}

// Limits of one question. Beyond them the answer says that it is cut.
const (
	maxParties = 100_000 // owners walked through
	// hops walked up: more than any register was seen to hold, and a chain of 100,000 stays bounded
	maxHops   = 1_000
	maxSteps  = 200_000 // steps of path enumeration inside cycles
	maxChain  = 4_096   // owners looked through for the chain of an indirect holding
	maxPaths  = 8       // explaining paths returned
	maxHidden = 8       // holders that are not named returned
)

// NewGraph indexes the edges. Edges from a party to itself say nothing and are left out.
func NewGraph(edges []Edge) *Graph {
	g := &Graph{}
	g.edges = make([]Edge, 0, len(edges))
	top := int32(-1)
	for _, e := range edges {
		if e.Owner == e.Owned || e.Owner < 0 || e.Owned < 0 {
			continue
		}
		top = max(top, e.Owner, e.Owned)
		g.edges = append(g.edges, e)
	}
	slices.SortFunc(g.edges, func(a, b Edge) int {
		if a.Owned != b.Owned {
			return int(a.Owned - b.Owned)
		}
		if a.Owner != b.Owner {
			return int(a.Owner - b.Owner)
		}
		return int(a.Ref - b.Ref)
	})
	g.into = make([]int32, top+2)
	g.out = make([]int32, top+2)
	for _, e := range g.edges {
		g.into[e.Owned+1]++
		g.out[e.Owner+1]++
	}
	for p := range top + 1 {
		g.into[p+1] += g.into[p]
		g.out[p+1] += g.out[p]
	}
	g.own = make([]int32, len(g.edges))
	next := slices.Clone(g.out)
	for i, e := range g.edges {
		g.own[next[e.Owner]] = int32(i)
		next[e.Owner]++
	}
	return g
}

// owners returns the edges that end at p, and the index of the first of them.
func (g *Graph) owners(p int32) ([]Edge, int32) {
	if p < 0 || int(p)+1 >= len(g.into) {
		return nil, 0
	}
	return g.edges[g.into[p]:g.into[p+1]], g.into[p]
}

// Known reports whether any statement, also an ended one, names p as owned.
func (g *Graph) Known(p int32) bool {
	e, _ := g.owners(p)
	return len(e) > 0
}

// Edge returns an edge by the index that paths use.
func (g *Graph) Edge(i int32) Edge { return g.edges[i] }

// Below returns every party that some listed party may own or control, through statements
// of any date, with one such listed party: only those are worth asking about. The listed
// parties themselves are not among them unless another one stands above them.
func (g *Graph) Below(listed func(int32) bool) map[int32]int32 {
	below := map[int32]int32{}
	type step struct{ at, from int32 }
	var queue []step
	n := int32(max(len(g.out)-1, 0))
	for p := range n {
		if g.out[p] < g.out[p+1] && listed(p) {
			queue = append(queue, step{p, p})
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		for _, i := range g.own[g.out[s.at]:g.out[s.at+1]] {
			q := g.edges[i].Owned
			if _, seen := below[q]; !seen {
				below[q] = s.from
				queue = append(queue, step{q, s.from})
			}
		}
	}
	return below
}

// A Path is one chain of edges from a listed owner down to the target.
type Path struct {
	Owner    int32   // the listed party
	Edges    []int32 // for [Graph.Edge], from the owner down to the target
	Min, Max float64 // product of the shares; 0 where a hop is control alone
	Control  bool    // every hop is control or a majority
	Ended    bool    // some hop does not hold on the day: shown, not counted
}

// A Result is what listed parties hold of a target together.
type Result struct {
	Min, Max float64 // share, through any number of hops
	Control  bool    // a listed party controls it otherwise than by shares
	// Fifty is the reading of the 50 percent rule of OFAC (guidance of 13 August 2014): an
	// entity that blocked parties own to 50 percent or more together, directly or through
	// entities that are so owned, is itself blocked. FiftyMay holds when it could be so
	// within the ranges. FiftyMin and FiftyMax are the direct shares of blocked owners.
	Fifty, FiftyMay    bool
	FiftyMin, FiftyMax float64
	FiftyPath          *Path    // the chain on which Fifty, or else FiftyMay, rests most; nil when neither holds
	Paths              []Path   // the strongest and the shortest of each owner, counted ones first
	Known              bool     // some statement names an owner of the target
	Hidden             []Hidden // holders on the day, at any height, whom the source does not name
	Cut                bool     // a limit was reached; Min still holds, Max is 1
	CutAt              int32    // where Cut: the first party whose owners were not followed
	CutHops            int32    // where Cut: the hops from the target to that party
}

// Hidden is a holder on the way up whom the source does not name.
type Hidden struct {
	Owned int32 // whose holder it is
	Edge  int32 // for [Graph.Edge]
}

// Listed returns what listed parties together own or control of target on a day. A listed
// owner is not looked behind: what stands above it is counted through it. Whether the
// target itself is listed plays no part.
func (g *Graph) Listed(target int32, listed func(int32) bool, asOf time.Time) Result {
	r := Result{Known: g.Known(target)}
	if !r.Known {
		return r
	}
	v := g.view(target, listed, day(asOf.UTC()))
	r.Hidden = v.hidden
	if v.any {
		v.effective(&r)
		v.control(&r)
		v.fifty(&r)
		v.explain(&r)
	}
	if v.cut {
		r.Cut, r.Max, r.FiftyMay, r.FiftyMax = true, 1, true, 1
		r.CutAt, r.CutHops = v.party[v.cutAt], v.hops[v.cutAt]
	}
	return r
}
