package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
)

// An Index answers searches over lists. It is immutable.
type Index struct {
	lists []*list.List
	names []listed
	token map[string][]int32
}

type listed struct {
	list, entry, name int32
	key               []string
}

// Build indexes the entries of lists that their publishers still list.
func Build(lists []*list.List) *Index {
	ix := &Index{lists: lists, token: map[string][]int32{}}
	for li, l := range lists {
		for ei := range l.Entries {
			if l.Entries[ei].Status == list.Removed {
				continue
			}
			for ni, n := range l.Entries[ei].Names {
				key := strings.Fields(name.Key(n.Text))
				id := int32(len(ix.names))
				ix.names = append(ix.names, listed{int32(li), int32(ei), int32(ni), key})
				for _, w := range key {
					ix.token[w] = append(ix.token[w], id)
				}
			}
		}
	}
	return ix
}

// Search returns the entries that match q with at least threshold, the best first.
// A limit of 0 means all.
func (ix *Index) Search(q Query, limit int, threshold float64) []Hit {
	best := map[[2]int]Hit{}
	for _, text := range append([]string{q.Name}, q.Aliases...) {
		key := strings.Fields(name.Key(text))
		seen := map[int32]bool{}
		for _, w := range key {
			for _, id := range ix.token[w] {
				if seen[id] {
					continue
				}
				seen[id] = true
				n := ix.names[id]
				s := score(key, n.key)
				if s < threshold {
					continue
				}
				at := [2]int{int(n.list), int(n.entry)}
				if s > best[at].Score {
					e := &ix.lists[n.list].Entries[n.entry]
					best[at] = Hit{List: at[0], Entry: at[1], Score: s, Grade: "C", Name: e.Names[n.name].Text, Matched: text,
						Why: fmt.Sprintf("The name %q is spelt like the listed name %q.", text, e.Names[n.name].Text)}
				}
			}
		}
	}
	var hits []Hit
	for _, h := range best {
		hits = append(hits, h)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.List, b.List), cmp.Compare(a.Entry, b.Entry))
	})
	if limit > 0 && len(hits) > limit {
		hits = hits[:limit]
	}
	return hits
}

// Pair scores two names of one schema ("Person", "Company" …).
func Pair(schema, name1, name2 string) float64 {
	return score(strings.Fields(name.Key(name1)), strings.Fields(name.Key(name2)))
}

func score(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	used := make([]bool, len(b))
	same := 0.0
	for _, x := range a {
		for j, y := range b {
			if !used[j] && x == y {
				used[j] = true
				same++
				break
			}
		}
	}
	if strings.Join(a, "") == strings.Join(b, "") {
		return 1
	}
	return 2 * same / float64(len(a)+len(b))
}
