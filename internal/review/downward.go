package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/finding"
	"plimsoll/internal/ownership"
	"plimsoll/internal/signal"
)

// mostAbove is how many parties above one listed party are looked at.
const mostAbove = 1000

// background are the roles that name a party without a dealing.
var background = map[string]bool{book.Owner: true, book.Owned: true, book.Claimed: true, book.InEvent: true,
	book.Supports: true, book.Approved: true}

// dealtWith returns the parties with whom the records deal, or in which they hold a share.
func (r *run) dealtWith() map[int32]bool {
	out := map[int32]bool{}
	r.book.EachRole(func(m int32, role string) {
		if p := r.res.ByMention[m]; p >= 0 && !background[role] {
			out[p] = true
		}
	})
	return out
}

// downward finds what the parties dealt with hold of listed parties: of each the listed one that it holds
// most of. Statements that do not hold on the day are left out.
func (r *run) downward(g *ownership.Graph, listed func(int32) bool, hits [][]finding.Hit,
	owners func(int32) []int32) map[int32]signal.Below {
	dealt := r.dealtWith()
	out := map[int32]signal.Below{}
	for low := range r.res.Parties {
		target := int32(low)
		if !listed(target) || !g.Known(target) {
			continue
		}
		for _, p := range above(target, owners) {
			if !dealt[p] {
				continue
			}
			res := g.Listed(target, func(q int32) bool { return q == p }, r.o.AsOf)
			if res.Max == 0 && !res.Control {
				continue
			}
			b := signal.Below{Min: round4(res.Min), Max: round4(res.Max), Control: res.Control, Hit: hits[target][0],
				Name: r.res.Parties[target].Name}
			if old, ok := out[p]; ok && cmp.Or(cmp.Compare(old.Min, b.Min), cmp.Compare(old.Max, b.Max),
				-cmp.Compare(old.Name, b.Name)) >= 0 {
				continue
			}
			if len(res.Paths) > 0 {
				b.Path = r.steps(g, res.Paths[0])
			}
			out[p] = b
		}
	}
	for p, b := range out {
		b.Says = pathWords(b.Path)
		out[p] = b
	}
	return out
}

// above returns the parties that may stand above one, nearest first, by number among equals.
func above(target int32, owners func(int32) []int32) []int32 {
	seen := map[int32]bool{target: true}
	queue := []int32{target}
	var out []int32
	for len(queue) > 0 && len(out) < mostAbove {
		p := queue[0]
		queue = queue[1:]
		next := owners(p)
		slices.Sort(next)
		for _, q := range next {
			if !seen[q] {
				seen[q] = true
				out, queue = append(out, q), append(queue, q)
			}
		}
	}
	return out
}

// pathWords writes a path as a sentence has it: "A holds 60 % of B since 2030-01-01; B holds 100 % of C".
func pathWords(path []finding.Step) string {
	parts := make([]string, 0, len(path))
	for _, s := range path {
		share := percent(s.Share[0])
		switch {
		case s.Share == [2]float64{0, 1}:
			share = "an unstated share"
		case s.Share[0] != s.Share[1]:
			share = percent(s.Share[0]) + " to " + percent(s.Share[1])
		}
		text := fmt.Sprintf("%s holds %s of %s", s.From, share, s.To)
		if s.Since != "" {
			text += " since " + s.Since
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
