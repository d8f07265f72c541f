package resolve

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// resolver joins mentions by union-find; a group knows what its members say, so that a
// contradiction is seen before two groups become one. Mentions stand in the order of what
// they say, which is not that of the input.
type resolver struct {
	in     []Mention
	order  []int32 // place here → place in the input
	spelt  []int32 // a number for each spelling of a name
	m      []*Mention
	up     []int32
	groups []group
	forbid map[[2]int32]bool // what persons keep apart
	told   map[int32]bool    // mentions with a line among the homonyms
	shared map[party.Identifier]bool
	joined []Link
	apart  []Link
	doubt  []Link
	lost   []int
	left   int
}

// A group is what is known of mentions that are one party. The lists are sorted.
type group struct {
	countries []string // codes
	places    []string // spellings of countries that are not known
	ids       []party.Identifier
	registers []string // codes of the countries whose registers numbered it
	locals    []string // keys in the company's own tables
	addresses []string
	members   []int32
}

func groupOf(ref *party.Ref, i int32) group {
	g := group{members: []int32{i}}
	if c := country(ref.Country); c != "" {
		g.countries = []string{c}
	} else if c := unknownCountry(ref.Country); c != "" {
		g.places = []string{c}
	}
	for _, id := range ref.Identifiers {
		if n := id.Normal(); Usable(n) {
			g.ids = append(g.ids, n)
			if c := registerCountry(n.Scheme); c != "" && !slices.Contains(g.registers, c) {
				g.registers = append(g.registers, c)
			}
		}
	}
	slices.Sort(g.registers)
	slices.SortFunc(g.ids, compareIDs)
	g.ids = slices.Compact(g.ids)
	if ref.Scope == Own && usableKey(ref.LocalID) {
		g.locals = []string{ref.LocalID} // publishers number parties anew in each process
	}
	if ad := name.Fold(ref.Address); ad != "" && !None(ref.Address) {
		g.addresses = []string{ad}
	}
	return g
}

// bare reports whether nothing but names is known of a group.
func (g *group) bare() bool {
	return len(g.countries) == 0 && len(g.places) == 0 && len(g.ids) == 0 && len(g.locals) == 0 && len(g.addresses) == 0
}

// profile is what is known of a group, in one text.
func (g *group) profile() string {
	return fmt.Sprint(g.countries, g.places, g.ids, g.locals, g.addresses)
}

func (g *group) merge(o *group) {
	g.members = append(g.members, o.members...)
	g.countries = mergeSorted(g.countries, o.countries)
	g.places = mergeSorted(g.places, o.places)
	g.registers = mergeSorted(g.registers, o.registers)
	g.locals = mergeSorted(g.locals, o.locals)
	g.addresses = mergeSorted(g.addresses, o.addresses)
	if len(o.ids) > 0 {
		g.ids = append(g.ids[:len(g.ids):len(g.ids)], o.ids...)
		slices.SortFunc(g.ids, compareIDs)
		g.ids = slices.Compact(g.ids)
	}
}

func mergeSorted(a, b []string) []string {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	case len(a) == 1 && len(b) == 1 && a[0] == b[0]:
		return a
	}
	out := append(a[:len(a):len(a)], b...)
	slices.Sort(out)
	return slices.Compact(out)
}

func overlap(a, b []string) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// contradicts reports whether two groups cannot be the same party.
func (g *group) contradicts(o *group) bool {
	if len(g.countries) > 0 && len(o.countries) > 0 && !overlap(g.countries, o.countries) {
		return true
	}
	if len(g.locals) > 0 && len(o.locals) > 0 {
		if mine, _ := keysDiffer(g.locals, o.locals); mine != nil {
			return true
		}
	}
	if len(g.ids) == 0 || len(o.ids) == 0 {
		return false
	}
	return g.numbersDiffer(o) != ""
}

// against says why two groups cannot be the same party, or "".
func (g *group) against(o *group) string {
	if len(g.countries) > 0 && len(o.countries) > 0 && !overlap(g.countries, o.countries) {
		return fmt.Sprintf("countries differ (%s, %s)", listed(g.countries), listed(o.countries))
	}
	if why := g.numbersDiffer(o); why != "" {
		return why
	}
	if mine, theirs := keysDiffer(g.locals, o.locals); mine != nil {
		return fmt.Sprintf("keys of the source differ (%s, %s)", listed(mine), listed(theirs))
	}
	return ""
}

// numbersDiffer says which register gave two groups different numbers, or "".
func (g *group) numbersDiffer(o *group) string {
	for from := 0; from < len(g.ids); {
		to := from + 1
		for to < len(g.ids) && g.ids[to].Scheme == g.ids[from].Scheme {
			to++
		}
		var mine, theirs []string
		for _, id := range g.ids[from:to] {
			mine = append(mine, id.ID)
		}
		for _, id := range o.ids {
			if id.Scheme == g.ids[from].Scheme {
				theirs = append(theirs, id.ID)
			}
		}
		if len(theirs) > 0 && !overlap(mine, theirs) {
			scheme := g.ids[from].Scheme
			if scheme == "" {
				scheme = "register"
			}
			return fmt.Sprintf("%s numbers differ (%s, %s)", scheme, listed(mine), listed(theirs))
		}
		from = to
	}
	return ""
}

func listed(s []string) string {
	if len(s) > 3 {
		return strings.Join(s[:3], "/") + "/…"
	}
	return strings.Join(s, "/")
}

// country returns the ISO 3166-1 code of a country in lower case, "" for a spelling that is
// not known. It compares and does nothing else: no rule looks at it.
func country(s string) string { return strings.ToLower(list.Country(s)) }

// registerCountry returns the code of the country whose register a scheme stands for, "" for international ones. The
// codes of org-id.guide begin with ISO 3166-1 alpha-2 and a hyphen; those that begin with X are of no country.
func registerCountry(scheme string) string {
	country, _, ok := strings.Cut(scheme, "-")
	if !ok || len(country) != 2 || country[0] == 'X' || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return strings.ToLower(country)
}

// unknownCountry returns the folded spelling of a country that is not known: that two records
// write it alike speaks for one party, that they do not is no contradiction.
func unknownCountry(s string) string {
	if s == "" || country(s) != "" || None(s) {
		return ""
	}
	return name.Fold(s)
}

func (r *resolver) find(i int32) int32 {
	for r.up[i] != i {
		r.up[i] = r.up[r.up[i]]
		i = r.up[i]
	}
	return i
}

func (r *resolver) group(i int32) *group { return &r.groups[r.find(i)] }

// union makes two groups one unless a person said otherwise. The lower root stays.
func (r *resolver) union(l Link) bool {
	ra, rb := r.find(int32(l.Left)), r.find(int32(l.Right))
	if ra == rb || r.forbidden(ra, rb) {
		return false
	}
	l.Left, l.Right, l.Answer = max(l.Left, l.Right), min(l.Left, l.Right), Same
	r.joined = append(r.joined, l)
	if rb < ra {
		ra, rb = rb, ra
	}
	r.up[rb] = ra
	r.groups[ra].merge(&r.groups[rb])
	r.groups[rb] = group{}
	return true
}

// forbidden reports whether a person keeps two groups apart.
func (r *resolver) forbidden(ra, rb int32) bool {
	if len(r.forbid) == 0 {
		return false
	}
	for _, x := range r.groups[ra].members {
		for _, y := range r.groups[rb].members {
			if r.forbid[pairOf(x, y)] {
				return true
			}
		}
	}
	return false
}

func pairOf(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

// decisions follows what persons said: first what stays apart, then what is one.
func (r *resolver) decisions(decided []Decision) {
	if len(decided) == 0 {
		return
	}
	at := map[string][]int32{}
	for i, m := range r.m {
		at[m.Key()] = append(at[m.Key()], int32(i))
		if m.Record != "" { // a decision about the name wherever it stands alone
			at[m.key("")] = append(at[m.key("")], int32(i))
		}
	}
	for n, d := range decided {
		left, right := at[d.Left], at[d.Right]
		if len(left) == 0 || len(right) == 0 {
			r.lost = append(r.lost, n)
			continue
		}
		if d.Same {
			continue
		}
		for _, a := range left {
			for _, b := range right {
				r.forbid[pairOf(a, b)] = true
			}
		}
		why := d.Why
		if why == "" {
			why = "a person said so"
		}
		a, b := left[0], right[0]
		r.told[max(a, b)] = true
		r.apart = append(r.apart, Link{Left: int(a), Right: int(b), Rule: ByReviewer, Answer: Apart, Agree: []string{
			why}})
	}
	for _, d := range decided {
		if !d.Same || !d.Join {
			continue
		}
		for _, a := range at[d.Left] {
			for _, b := range at[d.Right] {
				r.union(Link{Left: int(a), Right: int(b), Rule: ByReviewer})
			}
		}
	}
}
