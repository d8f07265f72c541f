package ownership

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
	low := v.blocked(func(h *hold) float64 { return h.min })
	high := v.blocked(func(h *hold) float64 { return h.max })
	r.FiftyMin, r.FiftyMax = min(low, 1), min(high, 1)
	r.Fifty, r.FiftyMay = atLeastHalf(low), atLeastHalf(high)
}

// atLeastHalf allows for what binary fractions lose: 0.1 + 0.4 is one half.
func atLeastHalf(x float64) bool { return x >= half-1e-9 }

// blocked returns what listed and blocked owners hold of the target directly.
func (v *view) blocked(share func(*hold) float64) float64 {
	is := make([]bool, len(v.party))
	copy(is, v.listed)
	held := func(p int32) float64 {
		all, alone := 0.0, 0.0
		for i := range v.up[p] {
			h := &v.up[p][i]
			if is[h.owner] && !h.again {
				all += share(h)
			}
			if v.listed[h.owner] { // with its indirect holding, without the chain that this restates
				alone += share(h)
			}
		}
		return max(all, alone)
	}
	// Owners come after what they own, so a walk from the end settles all but cycles at once.
	for moved := true; moved; {
		moved = false
		for p := len(v.party) - 1; p > 0; p-- {
			if !is[p] && atLeastHalf(held(int32(p))) {
				is[p], moved = true, true
			}
		}
	}
	return held(0)
}
