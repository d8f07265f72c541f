package ownership

// A view is the part of the graph above one target, with local numbers: 0 is the target.
type view struct {
	g      *Graph
	day    int32
	party  []int32         // local → party
	local  map[int32]int32 // party → local
	listed []bool          // never the target
	hops   []int32
	up     [][]hold // local owned → holdings that count on the day
	shown  [][]tie  // local owned → every edge, also ended ones, for paths
	any    bool     // some listed owner was seen
	hidden []Hidden
	cut    bool
	cutAt  int32 // local: the first party whose owners were left out
}

// cutOff notes that the owners of a party are not all followed.
func (v *view) cutOff(at int32) {
	if !v.cut {
		v.cut, v.cutAt = true, at
	}
}

// A hold is everything that one owner holds of one party on the day.
type hold struct {
	owner    int32 // local
	min, max float64
	open     bool // more than min
	control  bool
	direct   bool // false: an indirect holding without a chain, counted as it stands
	again    bool // restates a chain: not added to it
	edge     int32
}

type tie struct {
	owner int32
	edge  int32
	on    bool
}

func (g *Graph) view(target int32, listed func(int32) bool, day int32) *view {
	v := &view{g: g, day: day, local: map[int32]int32{target: 0}, party: []int32{target}, listed: []bool{false},
		hops: []int32{0}}
	for at := int32(0); int(at) < len(v.party); at++ {
		v.up = append(v.up, nil)
		v.shown = append(v.shown, nil)
		if v.listed[at] {
			continue // not looked behind
		}
		edges, first := g.owners(v.party[at])
		if v.hops[at] >= maxHops && len(edges) > 0 || len(v.party) > maxParties {
			v.cutOff(at)
			continue
		}
		for i := range edges {
			e := &edges[i]
			o, ok := v.local[e.Owner]
			if !ok {
				o = int32(len(v.party))
				v.local[e.Owner] = o
				v.party = append(v.party, e.Owner)
				v.listed = append(v.listed, listed(e.Owner))
				v.hops = append(v.hops, v.hops[at]+1)
				v.any = v.any || v.listed[o]
			}
			on := e.on(day)
			v.shown[at] = append(v.shown[at], tie{owner: o, edge: first + int32(i), on: on})
			if on && e.Hidden && len(v.hidden) < maxHidden {
				v.hidden = append(v.hidden, Hidden{Owned: v.party[at], Edge: first + int32(i)})
			}
		}
	}
	if !v.any {
		return v
	}
	for at := range v.up {
		v.up[at] = v.holdings(int32(at))
	}
	for at := range v.up {
		v.chains(int32(at))
	}
	return v
}

// holdings merges the edges of each owner: they are sorted by owner already.
func (v *view) holdings(at int32) []hold {
	var out []hold
	ties := v.shown[at]
	for i := 0; i < len(ties); {
		j := i
		for j < len(ties) && ties[j].owner == ties[i].owner {
			j++
		}
		group := ties[i:j]
		i = j
		direct, indirect := merge{}, merge{}
		for _, t := range group {
			if !t.on {
				continue
			}
			if e := &v.g.edges[t.edge]; e.Indirect {
				indirect.add(e, t.edge)
			} else {
				direct.add(e, t.edge)
			}
		}
		if h, ok := direct.hold(); ok {
			h.owner, h.direct = group[0].owner, true
			out = append(out, h)
		}
		if h, ok := indirect.hold(); ok {
			h.owner = group[0].owner
			out = append(out, h)
		}
	}
	return out
}

// merge reads several statements on one pair as one holding.
type merge struct {
	n, known int
	hold_    hold
	hullMin  float64
	hullMax  float64
}

func (m *merge) add(e *Edge, edge int32) {
	h := &m.hold_
	if m.n == 0 {
		h.edge = edge
	}
	m.n++
	h.control = h.control || e.Control
	switch {
	case e.Control && !e.Known: // no share at all
	case e.Known && e.Max == 0: // an office, or the answer that nobody owns: no reading of a share
	case e.Known && m.known == 0:
		m.known++
		h.min, h.max, h.open, h.edge = e.Min, e.Max, e.MinOpen, edge
		m.hullMin, m.hullMax = e.Min, e.Max
	case e.Known:
		m.known++
		m.hullMin, m.hullMax = min(m.hullMin, e.Min), max(m.hullMax, e.Max)
		if e.Min > h.min || e.Min == h.min && e.MinOpen {
			h.min, h.open = e.Min, e.MinOpen
		}
		h.max = min(h.max, e.Max)
	case m.known == 0:
		h.max = 1
	}
}

func (m *merge) hold() (hold, bool) {
	h := m.hold_
	if m.known > 0 && h.min > h.max {
		h.min, h.max, h.open = m.hullMin, m.hullMax, false
	}
	return h, m.n > 0
}

// chains finds which indirect holdings of a party restate a chain that is stated as well.
func (v *view) chains(at int32) {
	var reach map[int32]bool
	for i := range v.up[at] {
		h := &v.up[at][i]
		if h.direct {
			continue
		}
		if reach == nil {
			reach = v.above(at)
		}
		h.again = reach == nil || reach[h.owner]
	}
}

// above returns the owners that stand at least two direct hops above a party. An owner that
// holds directly and also through others is among them only for the latter. Nil when there
// are too many to look through: then nothing is added twice, and the view is cut.
func (v *view) above(at int32) map[int32]bool {
	reach := map[int32]bool{}
	seen := map[int32]bool{at: true}
	var queue []int32
	for _, h := range v.up[at] {
		if h.direct && !seen[h.owner] {
			seen[h.owner] = true
			queue = append(queue, h.owner)
		}
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if len(seen) > maxChain {
			v.cutOff(at)
			return nil
		}
		for _, h := range v.up[p] {
			if !h.direct || h.owner == at {
				continue
			}
			reach[h.owner] = true
			if !seen[h.owner] {
				seen[h.owner] = true
				queue = append(queue, h.owner)
			}
		}
	}
	return reach
}
