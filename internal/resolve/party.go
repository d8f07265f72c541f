package resolve

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/party"
)

// result numbers the parties by the first mention of each in the input.
func (r *resolver) result() Result {
	out := Result{ByMention: make([]int32, len(r.m)), Lost: r.lost, Left: r.left, Places: map[string]int{}}
	here := make([]int32, len(r.m)) // place in the input → place here
	for k, i := range r.order {
		here[i] = int32(k)
		if c := r.m[k].Ref.Country; unknownCountry(c) != "" {
			out.Places[c]++
		}
	}
	index := make(map[int32]int32, len(r.m))
	for i := range r.in {
		root := r.find(here[i])
		p, ok := index[root]
		if !ok {
			p = int32(len(index))
			index[root] = p
			out.Parties = append(out.Parties, r.party(root))
		}
		out.ByMention[i] = p
	}
	r.rename(out.Parties, index)
	put := func(to *[]Link, links []Link, one bool) {
		for _, l := range links {
			if (r.find(int32(l.Left)) == r.find(int32(l.Right))) == one { // else something stronger came later
				l.Left, l.Right = int(r.order[l.Left]), int(r.order[l.Right])
				*to = append(*to, l)
			}
		}
	}
	put(&out.Joined, r.joined, true)
	put(&out.Doubtful, r.doubt, false)
	put(&out.Homonyms, r.apart, false)
	root := make(map[int32]int32, len(index))
	for k, p := range index {
		root[p] = k
	}
	r.suppose(&out, root)
	return out
}

// rename gives parties that would bear one ID, because they state one number and are not one,
// IDs of their own.
func (r *resolver) rename(parties []party.Party, index map[int32]int32) {
	byID := map[party.ID][]int32{}
	for root, p := range index {
		byID[parties[p].ID] = append(byID[parties[p].ID], root)
	}
	for _, roots := range byID {
		if len(roots) < 2 {
			continue
		}
		slices.Sort(roots)
		for n, root := range roots {
			parties[index[root]].ID = PartyID(fmt.Sprintf("%s %d", r.leastKey(root), n))
		}
	}
}

// party sums up a group and names it.
func (r *resolver) party(root int32) party.Party {
	p := r.summary(r.groups[root].members)
	p.ID = PartyID(r.partyKey(root, &p))
	return p
}

// summary sums up mentions: the most frequent spelling names them.
func (r *resolver) summary(members []int32) party.Party {
	var p party.Party
	names, classes, kinds, countries := count{}, count{}, count{}, count{}
	ids := map[party.Identifier]bool{}
	addresses := map[string]bool{}
	for _, i := range members {
		m := r.m[i]
		names.add(m.Ref.Name, max(m.Times, 1))
		classes.add(strings.ToLower(strings.TrimSpace(m.Ref.Class)), max(m.Times, 1))
		kinds.add(string(m.Ref.Kind), 1)
		countries.add(m.Ref.Country, 1)
		for _, id := range m.Ref.Identifiers {
			if n := id.Normal(); Usable(n) && !ids[n] {
				ids[n] = true
				p.Identifiers = append(p.Identifiers, n)
			}
		}
		if a := m.Ref.Address; a != "" && !addresses[a] {
			addresses[a] = true
			p.Addresses = append(p.Addresses, a)
		}
	}
	p.Name, p.Class, p.Country, p.Kind = names.top(), classes.top(), countries.top(), party.Kind(kinds.top())
	if isNumber(p.Name, p.Identifiers) { // a table of holdings may have only that
		words := maps.Clone(names)
		maps.DeleteFunc(words, func(n string, _ int) bool { return isNumber(n, p.Identifiers) })
		p.Name = cmp.Or(words.top(), p.Name)
	}
	slices.SortFunc(p.Identifiers, func(a, b party.Identifier) int { return strings.Compare(a.String(), b.String()) })
	slices.Sort(p.Addresses)
	for n := range names {
		if n != p.Name {
			p.Names = append(p.Names, n)
		}
	}
	slices.Sort(p.Names)
	if p.Name == "" {
		switch local := r.m[slices.Min(members)].Ref.LocalID; {
		case local != "":
			p.Name = local
		case len(p.Identifiers) > 0:
			p.Name = p.Identifiers[0].String()
		default:
			p.Name = "(no name)"
		}
	}
	return p
}

// isNumber reports whether a name is no more than one of the numbers.
func isNumber(name string, ids []party.Identifier) bool {
	return slices.ContainsFunc(ids, func(id party.Identifier) bool { return id.ID == name })
}

// partyKey is stable between runs: the first identifier when there is one, else the least
// mention key of the group.
func (r *resolver) partyKey(root int32, p *party.Party) string {
	for _, id := range p.Identifiers {
		if !r.shared[id] {
			return id.String()
		}
	}
	return r.leastKey(root)
}

func (r *resolver) leastKey(root int32) string {
	least := ""
	for _, i := range r.groups[root].members {
		if k := r.m[i].Key(); least == "" || k < least {
			least = k
		}
	}
	return least
}

// PartyID is the ID of the party whose key is an identifier or the key of a mention.
func PartyID(key string) party.ID {
	h := sha256.Sum256([]byte(key))
	return party.ID("p-" + hex.EncodeToString(h[:6]))
}

// count counts words.
type count map[string]int

func (c count) add(s string, n int) {
	if s != "" {
		c[s] += n
	}
}

// top returns the word with the highest count, the least one on a tie.
func (c count) top() string {
	best, n := "", 0
	for k, v := range c {
		if v > n || v == n && k < best {
			best, n = k, v
		}
	}
	return best
}
