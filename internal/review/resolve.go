package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"plimsoll/internal/name"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// ownRegister is the scope of the company's own tables, whose keys are its own.
const ownRegister = "register"

// A mention is one way in which records name a party, with the times it occurs.
type mention struct {
	ref   party.Ref
	times int
	where string // "engagements.csv row 17", the first place
	at    record.Place
}

// key is stable between runs over the same records: joins.csv refers to it.
func (m mention) key() string {
	h := sha256.New()
	ids := make([]string, 0, len(m.ref.Identifiers))
	for _, id := range m.ref.Identifiers {
		n := id.Normal()
		ids = append(ids, n.Scheme+":"+n.ID)
	}
	sort.Strings(ids)
	scope := m.ref.Scope
	if scope != ownRegister && !strings.HasPrefix(scope, "ocds:") {
		scope, _, _ = strings.Cut(scope, ":") // the rest names a file, which a person may move
	}
	fmt.Fprintf(h, "%q%q%q%q%q%q", m.ref.Name, m.ref.LocalID, scope, m.ref.Country, m.ref.Address, ids)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// A join says why one mention was put with another one.
type join struct {
	left, right int // indexes of mentions; right is the one joined to
	rule        string
	agree       []string
	decision    string  // same, possible or apart
	weight      float64 // what speaks for it, in bits; 0 where a number or a person decided
}

// The decisions of joins.csv. A possible join keeps two parties.
const (
	decisionSame     = "same"
	decisionPossible = "possible"
	decisionApart    = "apart"
)

// The rules by which mentions are joined, strongest first.
const (
	ruleReviewer   = "reviewer"   // joins.csv says so
	ruleIdentifier = "identifier" // one register gave both the same number
	ruleLocal      = "local_id"   // the source's own key is the same
	ruleName       = "name"       // the name and what agrees beside it is enough, nothing against it
	rulePossible   = "possible"   // it is not enough, and too much to be silent
)

// resolution is what mentions were resolved to.
type resolution struct {
	byMention []int32
	parties   []party.Party
	joins     []join
	apart     []join // homonyms: same name, kept apart, with the reason in agree
	doubt     []join // lines "possible"
	possible  []possibleJoin
	unknown   []judgement // lines of a joins.csv that name no mention of this run
}

// resolver joins mentions by union-find; groups carry their attributes so that a
// contradiction is seen before two groups become one.
type resolver struct {
	m      []mention
	up     []int32
	attr   []attributes
	forbid map[[2]int32]bool // what reviewers keep apart, by mention
	told   map[int32]bool    // mentions with a line in apart
	joins  []join
	apart  []join
	doubt  []join
	lost   []judgement
}

type attributes struct {
	countries map[string]bool            // codes
	places    map[string]bool            // spellings of countries that are not known
	ids       map[string]map[string]bool // scheme → numbers
	locals    map[string]map[string]bool // scope → keys
	addresses map[string]bool
	members   []int32
}

// resolve joins mentions: by reviewers' word, then identifier, then the source's own key,
// then by what the likeness of names and other attributes weigh. What contradicts stays
// apart; what may be one is said and stays two.
func resolve(ms []mention, judged []judgement) resolution {
	r := &resolver{m: ms, up: make([]int32, len(ms)), attr: make([]attributes, len(ms)), forbid: map[[2]int32]bool{}, told: map[int32]bool{}}
	for i, m := range ms {
		r.up[i] = int32(i)
		r.attr[i] = attributesOf(m.ref, int32(i))
	}
	r.judgements(judged)
	r.identifiers()
	r.locals()
	r.names()
	return r.result()
}

func attributesOf(ref party.Ref, i int32) attributes {
	a := attributes{members: []int32{i}}
	put := func(m *map[string]map[string]bool, k, v string) {
		if *m == nil {
			*m = map[string]map[string]bool{}
		}
		if (*m)[k] == nil {
			(*m)[k] = map[string]bool{}
		}
		(*m)[k][v] = true
	}
	if c := country(ref.Country); c != "" {
		a.countries = map[string]bool{c: true}
	} else if c := otherCountry(ref.Country); c != "" {
		a.places = map[string]bool{c: true}
	}
	for _, id := range ref.Identifiers {
		if n := id.Normal(); usable(n) {
			put(&a.ids, n.Scheme, n.ID)
		}
	}
	if ref.LocalID != "" && !isNone(ref.LocalID) {
		put(&a.locals, ref.Scope, ref.LocalID)
	}
	if ad := name.Fold(ref.Address); ad != "" {
		a.addresses = map[string]bool{ad: true}
	}
	return a
}

func (r *resolver) find(i int32) int32 {
	for r.up[i] != i {
		r.up[i] = r.up[r.up[i]]
		i = r.up[i]
	}
	return i
}

// union makes two groups one unless a reviewer said otherwise. The lower index stays root,
// so that the result does not depend on the order of the joins.
func (r *resolver) union(a, b int32, rule string, agree []string) bool {
	ra, rb := r.find(a), r.find(b)
	if ra == rb {
		return false
	}
	if r.forbidden(ra, rb) {
		return false
	}
	r.joins = append(r.joins, join{left: int(max(a, b)), right: int(min(a, b)), rule: rule, agree: agree, decision: decisionSame})
	if rb < ra {
		ra, rb = rb, ra
	}
	r.up[rb] = ra
	r.attr[ra].merge(r.attr[rb])
	r.attr[rb] = attributes{}
	return true
}

// forbidden reports whether a reviewer keeps two groups apart.
func (r *resolver) forbidden(ra, rb int32) bool {
	if len(r.forbid) == 0 {
		return false
	}
	for _, x := range r.attr[ra].members {
		for _, y := range r.attr[rb].members {
			if r.forbid[pairOf(x, y)] {
				return true
			}
		}
	}
	return false
}

func pairOf(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

func (a *attributes) merge(b attributes) {
	a.members = append(a.members, b.members...)
	a.countries = mergeSet(a.countries, b.countries)
	a.places = mergeSet(a.places, b.places)
	a.addresses = mergeSet(a.addresses, b.addresses)
	a.ids = mergeSets(a.ids, b.ids)
	a.locals = mergeSets(a.locals, b.locals)
}

func mergeSet(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		return b
	}
	for k := range b {
		a[k] = true
	}
	return a
}

func mergeSets(a, b map[string]map[string]bool) map[string]map[string]bool {
	if len(a) == 0 {
		return b
	}
	for k, v := range b {
		a[k] = mergeSet(a[k], v)
	}
	return a
}

// against says why two groups cannot be the same party, or "".
func (a *attributes) against(b *attributes) string {
	if len(a.countries) > 0 && len(b.countries) > 0 && !overlap(a.countries, b.countries) {
		return fmt.Sprintf("countries differ (%s, %s)", listed(a.countries), listed(b.countries))
	}
	for scheme, x := range a.ids {
		if y := b.ids[scheme]; len(y) > 0 && !overlap(x, y) {
			return fmt.Sprintf("%s numbers differ (%s, %s)", orWord(scheme, "register"), listed(x), listed(y))
		}
	}
	for scope, x := range a.locals {
		if scope != ownRegister {
			continue // publishers number parties anew in each process
		}
		if y := b.locals[scope]; len(y) > 0 && !overlap(x, y) {
			return fmt.Sprintf("keys of the source differ (%s, %s)", listed(x), listed(y))
		}
	}
	return ""
}

func overlap(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

func listed(m map[string]bool) string {
	s := make([]string, 0, len(m))
	for k := range m {
		s = append(s, k)
	}
	sort.Strings(s)
	if len(s) > 3 {
		s = append(s[:3], "…")
	}
	return strings.Join(s, "/")
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

func (r *resolver) judgements(judged []judgement) {
	if len(judged) == 0 {
		return
	}
	at := map[string]int32{}
	for i, m := range r.m {
		at[m.key()] = int32(i)
	}
	for _, j := range judged {
		a, okA := at[j.left]
		b, okB := at[j.right]
		switch {
		case !okA || !okB:
			r.lost = append(r.lost, j)
		case !j.same:
			r.forbid[pairOf(a, b)] = true
			why := j.agree
			if why == "" || j.rule != ruleReviewer {
				why = "a person said so"
			}
			r.told[max(a, b)] = true
			r.apart = append(r.apart, join{left: int(a), right: int(b), rule: ruleReviewer, decision: decisionApart, agree: []string{why}})
		}
	}
	for _, j := range judged {
		a, okA := at[j.left]
		b, okB := at[j.right]
		if okA && okB && j.same && j.rule == ruleReviewer {
			r.union(a, b, ruleReviewer, nil)
		}
	}
}

// sharedBy is the number of differently named parties past which a number identifies an
// agent or an address rather than a party.
const sharedBy = 8

func (r *resolver) identifiers() {
	byID := map[party.Identifier][]int32{}
	var order []party.Identifier
	for i, m := range r.m {
		for _, id := range m.ref.Identifiers {
			n := id.Normal()
			if !usable(n) {
				continue
			}
			if byID[n] == nil {
				order = append(order, n)
			}
			byID[n] = append(byID[n], int32(i))
		}
	}
	for _, id := range order {
		at := byID[id]
		keys := map[string]bool{}
		for _, i := range at {
			keys[name.Key(r.m[i].ref.Name)] = true
		}
		if len(keys) > sharedBy {
			for _, i := range at[1:] {
				r.apart = append(r.apart, join{left: int(i), right: int(at[0]), rule: ruleIdentifier, decision: decisionApart,
					agree: []string{fmt.Sprintf("%s is carried by %d names: it identifies none of them", id, len(keys))}})
			}
			continue
		}
		for _, i := range at[1:] {
			r.union(at[0], i, ruleIdentifier, []string{id.String()})
		}
	}
}

func (r *resolver) locals() {
	first := map[[3]string]int32{}
	for i, m := range r.m {
		if m.ref.LocalID == "" || isNone(m.ref.LocalID) {
			continue
		}
		k := [3]string{m.ref.Scope, m.ref.LocalID}
		if m.ref.Scope != ownRegister { // "1" in one process is not "1" in the next
			k[2] = name.Key(m.ref.Name)
		}
		if f, ok := first[k]; ok {
			r.union(f, int32(i), ruleLocal, []string{"key " + m.ref.LocalID})
		} else {
			first[k] = int32(i)
		}
	}
}

// isBare reports whether the group of i knows nothing but a name.
func (r *resolver) isBare(i int32) bool {
	a := &r.attr[r.find(i)]
	return len(a.countries) == 0 && len(a.places) == 0 && len(a.ids) == 0 && len(a.locals) == 0 && len(a.addresses) == 0
}

// spelling is the name as written, without case and repeated spaces.
func spelling(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (r *resolver) result() resolution {
	out := resolution{byMention: make([]int32, len(r.m)), joins: r.joins, unknown: r.lost}
	index := map[int32]int32{}
	for i := range r.m {
		root := r.find(int32(i))
		p, ok := index[root]
		if !ok {
			p = int32(len(out.parties))
			index[root] = p
			out.parties = append(out.parties, r.party(root))
		}
		out.byMention[i] = p
	}
	for _, a := range r.apart {
		if out.byMention[a.left] != out.byMention[a.right] { // not joined by something stronger later
			out.apart = append(out.apart, a)
		}
	}
	for _, d := range r.doubt {
		x, y := out.byMention[d.left], out.byMention[d.right]
		out.doubt = append(out.doubt, d)
		out.possible = append(out.possible, possibleJoin{a: min(x, y), b: max(x, y), why: d.why()})
	}
	return out
}

// party sums up a group: the most frequent spelling names it.
func (r *resolver) party(root int32) party.Party {
	times := map[string]int{}
	var p party.Party
	ids := map[party.Identifier]bool{}
	addresses := map[string]bool{}
	classes := map[string]int{}
	kinds := map[party.Kind]int{}
	countries := map[string]int{}
	for _, i := range r.attr[root].members {
		ref := r.m[i].ref
		if ref.Name != "" {
			times[ref.Name] += max(r.m[i].times, 1)
		}
		for _, id := range ref.Identifiers {
			if n := id.Normal(); usable(n) && !ids[n] {
				ids[n] = true
				p.Identifiers = append(p.Identifiers, n)
			}
		}
		if ref.Address != "" && !addresses[ref.Address] {
			addresses[ref.Address] = true
			p.Addresses = append(p.Addresses, ref.Address)
		}
		if ref.Class != "" {
			classes[strings.ToLower(strings.TrimSpace(ref.Class))] += max(r.m[i].times, 1)
		}
		if ref.Kind != party.Unknown {
			kinds[ref.Kind]++
		}
		if ref.Country != "" {
			countries[ref.Country]++
		}
	}
	p.Name, p.Class, p.Country = top(times), top(classes), top(countries)
	p.Kind = party.Kind(top(strKeys(kinds)))
	if p.Name == "" {
		p.Name = orWord(r.m[root].ref.LocalID, "(no name)")
		if len(p.Identifiers) > 0 && r.m[root].ref.LocalID == "" {
			p.Name = p.Identifiers[0].String()
		}
	}
	for n := range times {
		if n != p.Name {
			p.Names = append(p.Names, n)
		}
	}
	sort.Strings(p.Names)
	sort.Strings(p.Addresses)
	sort.Slice(p.Identifiers, func(i, j int) bool { return p.Identifiers[i].String() < p.Identifiers[j].String() })
	p.ID = party.ID(r.partyKey(root, p))
	return p
}

// partyKey is stable between runs: the first identifier when there is one, else the least
// mention key of the group.
func (r *resolver) partyKey(root int32, p party.Party) string {
	if len(p.Identifiers) > 0 {
		return "p-" + short(p.Identifiers[0].String())
	}
	least := ""
	for _, i := range r.attr[root].members {
		if k := r.m[i].key(); least == "" || k < least {
			least = k
		}
	}
	return "p-" + short(least)
}

func short(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:6])
}

func strKeys(m map[party.Kind]int) map[string]int {
	out := make(map[string]int, len(m))
	for k, v := range m {
		out[string(k)] = v
	}
	return out
}

// top returns the key with the highest count, the least one on a tie.
func top(m map[string]int) string {
	best, n := "", 0
	for k, v := range m {
		if v > n || v == n && k < best {
			best, n = k, v
		}
	}
	return best
}
