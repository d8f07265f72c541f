package ownership

import "slices"

// control looks for a chain from a listed owner down to the target in which every hop is
// control or a majority and at least one is control by other means than shares.
func (v *view) control(r *Result) {
	// Two states a party: reached by majorities alone, and with a hop of control.
	seen := make([][2]bool, len(v.party))
	type state struct {
		p    int32
		with bool
	}
	queue := []state{{}}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for i := range v.up[s.p] {
			h := &v.up[s.p][i]
			if !h.control && !h.majority() {
				continue
			}
			next := state{h.owner, s.with || h.control}
			if next.with && v.listed[next.p] {
				r.Control = true
				return
			}
			k := 0
			if next.with {
				k = 1
			}
			if !seen[next.p][k] {
				seen[next.p][k] = true
				queue = append(queue, next)
			}
		}
	}
}

func (h *hold) majority() bool { return h.min > 0.5 || h.min == 0.5 && h.open }

// half is the threshold of the 50 percent rule: 50 percent or more.
const half = 0.5

// fifty finds the least set of parties that are blocked through their owners, once with the
// shares that are sure and once with those that may be.
func (v *view) fifty(r *Result) {
	sure := v.blocked(func(h *hold) float64 { return h.min })
	may := v.blocked(func(h *hold) float64 { return h.max })
	r.FiftyMin, r.FiftyMax = min(sure.held(0), 1), min(may.held(0), 1)
	r.Fifty, r.FiftyMay = atLeastHalf(r.FiftyMin), atLeastHalf(r.FiftyMax)
	switch {
	case r.Fifty:
		r.FiftyPath = sure.path()
	case r.FiftyMay:
		r.FiftyPath = may.path()
	}
}

// atLeastHalf allows for what binary fractions lose: 0.1 + 0.4 is one half.
func atLeastHalf(x float64) bool { return x >= half-1e-9 }

// A closure is the set of parties of a view that are listed or, by one reading of the
// shares, owned to half by parties of the set.
type closure struct {
	v     *view
	share func(*hold) float64
	rank  []int32 // order in which a party came into the set: 1 for the listed, 0 for those outside
}

// blocked returns the closure of the listed parties. The target itself is left outside.
func (v *view) blocked(share func(*hold) float64) *closure {
	c := &closure{v: v, share: share, rank: make([]int32, len(v.party))}
	below := make([][]int32, len(v.party)) // owner → what it holds of directly
	var queue []int32
	for p := range v.up {
		for i := range v.up[p] {
			below[v.up[p][i].owner] = append(below[v.up[p][i].owner], int32(p))
		}
	}
	for p, listed := range v.listed {
		if listed {
			c.rank[p] = 1
			queue = append(queue, int32(p))
		}
	}
	for next := int32(2); len(queue) > 0; queue = queue[1:] {
		for _, p := range below[queue[0]] {
			if p != 0 && c.rank[p] == 0 && atLeastHalf(c.held(p)) {
				c.rank[p] = next
				next++
				queue = append(queue, p)
			}
		}
	}
	return c
}

// held returns what owners in the set hold of a party directly.
func (c *closure) held(p int32) float64 {
	all, alone := 0.0, 0.0
	for i := range c.v.up[p] {
		h := &c.v.up[p][i]
		if c.rank[h.owner] > 0 && !h.again {
			all += c.share(h)
		}
		if c.v.listed[h.owner] { // with its indirect holding, without the chain that this restates
			alone += c.share(h)
		}
	}
	return max(all, alone)
}

// path follows the largest holding of an owner in the set from the target up to a listed
// party. Each owner on it came into the set before what it owns, so it has no cycle.
func (c *closure) path() *Path {
	out := &Path{Min: 1, Max: 1, Control: true}
	rank := int32(len(c.v.party)) + 2
	for p := int32(0); p == 0 || !c.v.listed[p]; {
		var best *hold
		for i := range c.v.up[p] {
			h := &c.v.up[p][i]
			if k := c.rank[h.owner]; k == 0 || k >= rank || h.again && !c.v.listed[h.owner] {
				continue
			}
			if best == nil || c.share(h) > c.share(best) {
				best = h
			}
		}
		if best == nil {
			return nil
		}
		out.Edges = append(out.Edges, best.edge)
		out.Min, out.Max = out.Min*best.min, out.Max*best.max
		out.Control = out.Control && (best.control || best.majority())
		p, rank = best.owner, c.rank[best.owner]
		out.Owner = c.v.party[p]
	}
	slices.Reverse(out.Edges)
	return out
}
