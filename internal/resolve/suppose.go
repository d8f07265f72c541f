package resolve

import (
	"slices"

	"plimsoll/internal/party"
)

// mostSuppositions bounds how many readings of the doubtful links are followed. Candidates
// that contradict each other stand in different readings.
const mostSuppositions = 3

// A Supposition is a reading of the records in which parties that may be one are one. What
// contradicts is apart in it as well.
type Supposition struct {
	ByMention []int32       // the parties of the result; of each group the lead stands for all
	Parties   []party.Party // as in the result, but for the leads
	Groups    []Supposed
}

// Supposed is one party of a supposition.
type Supposed struct {
	Lead    int32   // the least of Members
	Members []int32 // parties of the result
	Links   []int   // places in Result.Doubtful
}

// suppose reads the doubtful links of a result, the heaviest first.
func (r *resolver) suppose(out *Result, root map[int32]int32) {
	edges := make([]int, len(out.Doubtful))
	for i := range edges {
		edges[i] = i
	}
	for len(edges) > 0 && len(out.Suppositions) < mostSuppositions {
		s := reading{resolver: r, up: map[int32]int32{}, merged: map[int32]*group{}, links: map[int32][]int{}}
		var rest []int
		for _, e := range edges {
			l := &out.Doubtful[e]
			if !s.join(root[out.ByMention[l.Left]], root[out.ByMention[l.Right]], e) {
				rest = append(rest, e)
			}
		}
		if len(rest) == len(edges) {
			break
		}
		out.Suppositions = append(out.Suppositions, s.supposition(out))
		edges = rest
	}
	out.Unsupposed = len(edges)
}

// A reading joins groups for the sake of a supposition; the resolver stays as it is.
type reading struct {
	*resolver
	up     map[int32]int32
	merged map[int32]*group
	links  map[int32][]int
}

func (s *reading) find(root int32) int32 {
	for {
		up, ok := s.up[root]
		if !ok {
			return root
		}
		root = up
	}
}

func (s *reading) of(root int32) *group {
	if g := s.merged[root]; g != nil {
		return g
	}
	g := s.groups[root]
	g.members = slices.Clone(g.members)
	return &g
}

// join supposes that two groups are one; false when what they say contradicts it.
func (s *reading) join(a, b int32, link int) bool {
	a, b = s.find(a), s.find(b)
	if a == b {
		s.links[a] = append(s.links[a], link)
		return true
	}
	g, o := s.of(a), s.of(b)
	if g.contradicts(o) {
		return false
	}
	if len(s.forbid) > 0 {
		for _, x := range g.members {
			for _, y := range o.members {
				if s.forbid[pairOf(x, y)] {
					return false
				}
			}
		}
	}
	g.merge(o)
	s.up[b], s.merged[a] = a, g
	s.links[a] = append(append(s.links[a], s.links[b]...), link)
	delete(s.merged, b)
	delete(s.links, b)
	return true
}

func (s *reading) supposition(res *Result) Supposition {
	out := Supposition{ByMention: slices.Clone(res.ByMention), Parties: slices.Clone(res.Parties)}
	for root, g := range s.merged {
		var members []int32
		for _, m := range g.members {
			members = append(members, res.ByMention[s.order[m]])
		}
		slices.Sort(members)
		members = slices.Compact(members)
		slices.Sort(s.links[root])
		x := Supposed{Lead: members[0], Members: members, Links: s.links[root]}
		for _, m := range g.members {
			out.ByMention[s.order[m]] = x.Lead
		}
		id := out.Parties[x.Lead].ID
		out.Parties[x.Lead] = s.summary(g.members)
		out.Parties[x.Lead].ID = id
		out.Groups = append(out.Groups, x)
	}
	slices.SortFunc(out.Groups, func(a, b Supposed) int { return int(a.Lead - b.Lead) })
	return out
}
