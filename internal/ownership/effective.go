package ownership

// effective adds up what the listed owners hold: weights run from the target upwards
// through the strongly connected parts of the view in order, so that parts without a cycle
// cost one step an edge; inside a cycle the simple paths are walked one by one.
func (v *view) effective(r *Result) {
	parts, of := v.parts()
	low := make([]float64, len(v.party)) // weight of each party in the target
	high := make([]float64, len(v.party))
	low[0], high[0] = 1, 1
	steps := maxSteps
	for _, part := range parts {
		if len(part) > 1 {
			v.cycle(part, of, low, high, &steps)
		}
		for _, p := range part {
			for i := range v.up[p] {
				h := &v.up[p][i]
				if h.again || of[h.owner] == of[p] {
					continue
				}
				low[h.owner] += low[p] * h.min
				high[h.owner] += high[p] * h.max
			}
		}
	}
	for p := range v.party {
		if !v.listed[p] {
			continue
		}
		lo, hi := low[p], high[p]
		// An indirect holding in the target that restates a chain: the chain may be known
		// less well than the whole.
		var own, again hold
		for _, h := range v.up[0] {
			if int(h.owner) != p {
				continue
			}
			if h.again {
				again = h
			} else {
				own.min, own.max = own.min+h.min, own.max+h.max
			}
		}
		lo = max(lo, own.min+again.min)
		hi = max(hi, own.max+again.min)
		r.Min += lo
		r.Max += hi
	}
	r.Min, r.Max = min(r.Min, 1), min(r.Max, 1)
}

// parts returns the strongly connected parts of the view, the target's first and owners
// after what they own (Tarjan's order reversed), and the part of each party.
func (v *view) parts() (parts [][]int32, of []int32) {
	n := len(v.party)
	index, lowlink := make([]int32, n), make([]int32, n)
	of = make([]int32, n)
	for i := range of {
		of[i] = -1
	}
	type frame struct{ p, next int32 }
	var stack []int32
	var calls []frame
	count := int32(0)
	open := func(p int32) {
		count++
		index[p], lowlink[p] = count, count
		stack = append(stack, p)
		calls = append(calls, frame{p: p})
	}
	open(0)
	for len(calls) > 0 {
		f := &calls[len(calls)-1]
		if int(f.next) < len(v.up[f.p]) {
			h := &v.up[f.p][f.next]
			f.next++
			if h.again {
				continue
			}
			if index[h.owner] == 0 {
				open(h.owner)
			} else if of[h.owner] < 0 {
				lowlink[f.p] = min(lowlink[f.p], index[h.owner])
			}
			continue
		}
		p := f.p
		calls = calls[:len(calls)-1]
		if len(calls) > 0 {
			parent := calls[len(calls)-1].p
			lowlink[parent] = min(lowlink[parent], lowlink[p])
		}
		if lowlink[p] != index[p] {
			continue
		}
		var part []int32
		for {
			q := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			of[q] = int32(len(parts))
			part = append(part, q)
			if q == p {
				break
			}
		}
		parts = append(parts, part)
	}
	// Tarjan closes owners before what they own.
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	for i := range of {
		if of[i] >= 0 {
			of[i] = int32(len(parts)) - 1 - of[i]
		}
	}
	return parts, of
}

// cycle replaces the weights that reach a part from below with the weights of its parties:
// the sum over the simple paths inside it. When they are too many to walk, the least is the
// sum over the short ones and the most is the sum over all walks, which is never less.
func (v *view) cycle(part, of []int32, low, high []float64, steps *int) {
	inLow, inHigh := make(map[int32]float64, len(part)), make(map[int32]float64, len(part))
	for _, p := range part {
		inLow[p], inHigh[p] = low[p], high[p]
	}
	if v.paths(part, of, inLow, inHigh, low, high, len(part), steps) {
		return
	}
	for hops := 1; hops < len(part); hops++ {
		left := maxSteps
		lo, hi := make([]float64, len(low)), make([]float64, len(low))
		if !v.paths(part, of, inLow, inHigh, lo, hi, hops, &left) {
			break
		}
		for _, p := range part {
			low[p] = lo[p]
		}
	}
	v.walks(part, of, inHigh, high)
}

// paths sums over the simple paths of at most so many hops inside a part, and reports
// whether the steps sufficed.
func (v *view) paths(part, of []int32, inLow, inHigh map[int32]float64, low, high []float64, hops int,
	steps *int) bool {
	for _, p := range part {
		low[p], high[p] = 0, 0
	}
	on := make(map[int32]bool, len(part))
	var walk func(p int32, lo, hi float64, left int)
	walk = func(p int32, lo, hi float64, left int) {
		low[p] += lo
		high[p] += hi
		if left == 0 {
			return
		}
		on[p] = true
		for i := range v.up[p] {
			h := &v.up[p][i]
			if h.again || of[h.owner] != of[p] || on[h.owner] || h.max == 0 {
				continue
			}
			if *steps--; *steps < 0 {
				break
			}
			walk(h.owner, lo*h.min, hi*h.max, left-1)
		}
		on[p] = false
	}
	for _, p := range part {
		if inHigh[p] > 0 {
			walk(p, inLow[p], inHigh[p], hops)
		}
	}
	return *steps >= 0
}

// walks sums over all walks inside a part, each weight at most 1, until nothing moves.
func (v *view) walks(part, of []int32, in map[int32]float64, high []float64) {
	for _, p := range part {
		high[p] = min(in[p], 1)
	}
	for range 10_000 {
		moved := 0.0
		next := make(map[int32]float64, len(part))
		for _, p := range part {
			next[p] += in[p]
			for i := range v.up[p] {
				if h := &v.up[p][i]; !h.again && of[h.owner] == of[p] {
					next[h.owner] += high[p] * h.max
				}
			}
		}
		for _, p := range part {
			x := min(next[p], 1)
			moved = max(moved, x-high[p])
			high[p] = x
		}
		if moved < 1e-9 {
			return
		}
	}
	for _, p := range part { // not settled: anything is possible
		high[p] = 1
	}
}
