package ownership

import (
	"cmp"
	"container/heap"
	"slices"
)

// A trail remembers, for each owner reached, the hop that leads down from it.
type trail struct {
	down     []int32 // local owner → local owned, -1 when not reached
	edge     []int32
	min, max []float64
	hops     []int32
	control  []bool
	ended    []bool
}

func newTrail(n int) *trail {
	t := &trail{
		down: make([]int32, n), edge: make([]int32, n), min: make([]float64, n), max: make([]float64, n),
		hops: make([]int32, n), control: make([]bool, n), ended: make([]bool, n),
	}
	for i := range t.down {
		t.down[i] = -1
	}
	t.min[0], t.max[0], t.control[0] = 1, 1, true
	return t
}

// step records that owner was reached from p through an edge.
func (t *trail) step(p, owner, edge int32, lo, hi float64, control, on bool) {
	t.down[owner], t.edge[owner] = p, edge
	t.min[owner], t.max[owner] = t.min[p]*lo, t.max[p]*hi
	t.hops[owner] = t.hops[p] + 1
	t.control[owner] = t.control[p] && control
	t.ended[owner] = t.ended[p] || !on
}

func (t *trail) path(v *view, owner int32) (Path, bool) {
	if t.down[owner] < 0 {
		return Path{}, false
	}
	p := Path{
		Owner: v.party[owner], Min: t.min[owner], Max: t.max[owner],
		Control: t.control[owner], Ended: t.ended[owner],
	}
	for at := owner; at != 0; at = t.down[at] {
		p.Edges = append(p.Edges, t.edge[at])
	}
	if p.Ended {
		p.Min, p.Max, p.Control = 0, 0, false
	}
	return p, true
}

// explain picks the paths that show why: for each listed owner the strongest by what is
// sure, or else by what may be, the shortest of control, and the shortest at all; where
// nothing holds on the day, the shortest that once did.
func (v *view) explain(r *Result) {
	sure := v.strongest(func(h *hold) float64 { return h.min })
	may := v.strongest(func(h *hold) float64 { return h.max })
	control := v.shortest(func(h *hold) bool { return h.control || h.majority() })
	short := v.shortest(func(h *hold) bool { return !h.again })
	var past *trail
	for p := range v.party {
		if !v.listed[p] {
			continue
		}
		owner := int32(p)
		var own []Path
		add := func(t *trail) {
			path, ok := t.path(v, owner)
			if !ok {
				return
			}
			for _, have := range own {
				if slices.Equal(have.Edges, path.Edges) {
					return
				}
			}
			own = append(own, path)
		}
		add(sure)
		if len(own) == 0 {
			add(may)
		}
		add(control)
		if len(own) < 2 {
			add(short)
		}
		if len(own) == 0 {
			if past == nil {
				past = v.anyTie()
			}
			add(past)
		}
		r.Paths = append(r.Paths, own...)
	}
	slices.SortStableFunc(r.Paths, func(a, b Path) int {
		if a.Ended != b.Ended {
			if a.Ended {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Min, a.Min), cmp.Compare(b.Max, a.Max),
			cmp.Compare(len(a.Edges), len(b.Edges)), cmp.Compare(a.Owner, b.Owner))
	})
	if len(r.Paths) > maxPaths {
		r.Paths = r.Paths[:maxPaths]
	}
}

type candidate struct {
	p      int32
	weight float64
	hops   int32
}

type frontier []candidate

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(f[j].weight, f[i].weight), cmp.Compare(f[i].hops, f[j].hops),
		cmp.Compare(f[i].p, f[j].p)) < 0
}
func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)   { *f = append(*f, x.(candidate)) }
func (f *frontier) Pop() any {
	old := *f
	x := old[len(old)-1]
	*f = old[:len(old)-1]
	return x
}

// strongest finds for each owner the chain with the largest product: shares are at most 1,
// so Dijkstra's order holds.
func (v *view) strongest(share func(*hold) float64) *trail {
	t := newTrail(len(v.party))
	best := make([]float64, len(v.party))
	done := make([]bool, len(v.party))
	best[0] = 1
	f := &frontier{{weight: 1}}
	for f.Len() > 0 {
		c := heap.Pop(f).(candidate)
		if done[c.p] {
			continue
		}
		done[c.p] = true
		for i := range v.up[c.p] {
			h := &v.up[c.p][i]
			w := best[c.p] * share(h)
			if h.again || w <= 0 || done[h.owner] {
				continue
			}
			if w > best[h.owner] || w == best[h.owner] && t.hops[c.p]+1 < t.hops[h.owner] {
				best[h.owner] = w
				t.step(c.p, h.owner, h.edge, h.min, h.max, h.control || h.majority(), true)
				heap.Push(f, candidate{h.owner, w, t.hops[h.owner]})
			}
		}
	}
	return t
}

func (v *view) shortest(use func(*hold) bool) *trail {
	t := newTrail(len(v.party))
	queue := []int32{0}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for i := range v.up[p] {
			h := &v.up[p][i]
			if h.owner == 0 || t.down[h.owner] >= 0 || !use(h) {
				continue
			}
			t.step(p, h.owner, h.edge, h.min, h.max, h.control || h.majority(), true)
			queue = append(queue, h.owner)
		}
	}
	return t
}

// anyTie is the shortest chain through edges of any date.
func (v *view) anyTie() *trail {
	t := newTrail(len(v.party))
	queue := []int32{0}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for _, tie := range v.shown[p] {
			if tie.owner == 0 || t.down[tie.owner] >= 0 {
				continue
			}
			e := &v.g.edges[tie.edge]
			t.step(p, tie.owner, tie.edge, e.Min, e.Max, e.Control || e.majority(), tie.on)
			queue = append(queue, tie.owner)
		}
	}
	return t
}
