package access

import (
	"sort"
	"time"
)

// A Question is one access evaluation. The raw members are JSON objects or empty; they are
// only read, and only while deciding.
type Question struct {
	Subject            Ref
	Action             string
	Resource           Ref
	SubjectProperties  []byte
	ActionProperties   []byte
	ResourceProperties []byte
	Context            []byte
	Beneath            []Ref // what else the resource lies beneath, such as the capability of goods by their code
}

// A Doubt says why an answer does not rest on restrictions alone.
type Doubt uint8

// The doubts. Each denies unless the operator's default permits.
const (
	NoDoubt Doubt = iota
	UnknownSubject
	UnknownResource
	UnknownAction
	StaleSnapshot
	UnclearResource // what is said of the goods is not understood
)

var doubtNames = [...]string{"", "unknown_subject", "unknown_resource", "unknown_action", "stale_snapshot",
	"unclear_resource"}

func (d Doubt) String() string { return doubtNames[d] }

// A Hit is a restriction that applies.
type Hit struct {
	shard *shard
	rule  *rule
}

// Restriction reads the restriction.
func (h Hit) Restriction() Restriction { return h.shard.restriction(h.rule) }

// Effect is the restriction's effect.
func (h Hit) Effect() Effect { return h.rule.effect }

// An Answer is filled by [Index.Decide]. Using one again saves its memory; it must not be
// used by two at once.
type Answer struct {
	Effect Effect
	Doubt  Doubt
	Hits   []Hit // all that apply, whatever their effect

	over []target // scratch: the resource and what it lies beneath
	acts *activations

	shared *objects // nil: what the question states is read for this question only
}

// Permitted reports whether the subject may go ahead (a limit is named in the answer).
func (a *Answer) Permitted() bool { return a.Effect < Hold }

type target struct {
	key uint64
	ref Ref
}

var anything = target{key(Ref{}), Ref{}}

// Decide answers q as of now. It fills a, and allocates nothing unless a condition has to be
// evaluated. It knows nothing of the snapshot's age: see [Index.Age].
func (x *Index) Decide(q *Question, now time.Time, a *Answer) {
	a.Effect, a.Doubt, a.Hits, a.over, a.acts = Permit, NoDoubt, a.Hits[:0], a.over[:0], nil
	var chain uint32
	known := false
	if s := x.find(key(q.Subject), q.Subject); s != nil {
		chain, known = s.chain, s.flags&flagSubject != 0
	} else {
		chain = x.root(q.Subject.Type)
	}
	if !known && !x.open[q.Subject.Type].Subject && !x.settings.Default.Subject {
		a.Effect, a.Doubt = Deny, UnknownSubject
	}
	rk := key(q.Resource)
	resource := x.find(rk, q.Resource)
	if (resource == nil || resource.flags&flagResource == 0) && a.Doubt == NoDoubt &&
		!x.open[q.Resource.Type].Resource && !x.settings.Default.Resource {
		a.Effect, a.Doubt = Deny, UnknownResource
	}
	bit, declared := x.actions[q.Action]
	if !declared {
		bit = otherAction
		if a.Doubt == NoDoubt && !x.settings.Default.Action {
			a.Effect, a.Doubt = Deny, UnknownAction
		}
	}
	links := x.linksOf(chain)
	if len(links) == 0 {
		return
	}
	x.targets(q, target{rk, q.Resource}, x.placeOf(rk, resource), a)
	if len(a.over) >= maxTargets && a.Doubt == NoDoubt { // not all was looked at
		a.Effect, a.Doubt = Deny, UnknownResource
	}
	asked := uint64(0)
	for i := range a.over {
		asked |= sieve(a.over[i].key)
	}
	at := now.UnixNano()
	for i := range links {
		l := &links[i]
		if l.about&asked == 0 {
			continue
		}
		sh := x.shards[l.shard]
		nd := &sh.nodes[l.node]
		rules := sh.rules[nd.rules[0]:nd.rules[1]]
		if len(rules) <= 8 {
			x.apply(q, l, rules, bit, at, a)
			continue
		}
		// Rules of one subject are sorted by the resource's key.
		for _, t := range a.over {
			from := sort.Search(len(rules), func(i int) bool { return rules[i].key >= t.key })
			to := from
			for to < len(rules) && rules[to].key == t.key {
				to++
			}
			x.apply(q, l, rules[from:to], bit, at, a)
		}
	}
}

func (x *Index) apply(q *Question, l *link, rules []rule, bit uint8, at int64, a *Answer) {
	for i := range rules {
		ru := &rules[i]
		switch {
		case ru.actions != 0 && ru.actions&(1<<bit) == 0, reaches[ru.reach]&l.via == 0,
			ru.start != 0 && at < ru.start, ru.end != 0 && at >= ru.end:
			continue
		}
		sh := x.shards[l.shard]
		if !meets(sh, ru, a.over) || bit == otherAction && ru.actions != 0 && !names(sh, ru, q.Action) {
			continue
		}
		if ru.cond >= 0 && !x.holds(q, sh.conds[ru.cond], at, a) {
			continue
		}
		a.Hits = append(a.Hits, Hit{sh, ru})
		a.Effect = max(a.Effect, ru.effect)
	}
}

func meets(sh *shard, ru *rule, over []target) bool {
	for i := range over {
		if over[i].key == ru.key && sh.is(ru.resource, over[i].ref) {
			return true
		}
	}
	return false
}

// names tells apart the actions that share the last bit.
func names(sh *shard, ru *rule, action string) bool {
	for _, s := range sh.restriction(ru).Actions {
		if s == action {
			return true
		}
	}
	return false
}

func (x *Index) holds(q *Question, k *condition, at int64, a *Answer) bool {
	if a.acts == nil {
		var s, r string
		if p := x.place(key(q.Subject), q.Subject); p != nowhere {
			s = x.properties(p)
		}
		if p := x.place(key(q.Resource), q.Resource); p != nowhere {
			r = x.properties(p)
		}
		a.acts = newActivations(q, a.shared, s, r, time.Unix(0, at).UTC())
	}
	return a.acts.holds(k)
}

// maxTargets bounds what one resource may lie beneath.
const maxTargets = 256

// targets gathers the resource, all that it lies beneath in the tree or by its link
// properties, and the classes of these.
func (x *Index) targets(q *Question, own target, p place, a *Answer) {
	a.over = append(a.over, anything)
	x.addTarget(own, p, a)
	for _, r := range q.Beneath {
		k := key(r)
		x.addTarget(target{k, r}, x.place(k, r), a)
	}
	if len(x.linked) == 0 {
		return
	}
	if len(q.ResourceProperties) > 0 {
		x.addLinks(q.ResourceProperties, a)
	}
	if p != nowhere {
		if s := x.properties(p); s != "" {
			x.addLinks([]byte(s), a)
		}
	}
}

func (x *Index) addTarget(t target, p place, a *Answer) {
	for i := range a.over {
		if a.over[i] == t {
			return
		}
	}
	if len(a.over) >= maxTargets {
		return
	}
	a.over = append(a.over, t)
	class := Ref{Type: t.ref.Type}
	ck := target{key(class), class}
	seen := false
	for i := range a.over {
		seen = seen || a.over[i] == ck
	}
	if !seen {
		a.over = append(a.over, ck)
	}
	if p == nowhere {
		return
	}
	edges, over := x.above(p)
	for i := range edges {
		x.addTarget(target{edges[i].key, x.shards[p.shard].ref(edges[i].at)}, over[i], a)
	}
}

// addLinks follows the properties that place a resource. Their values are texts.
func (x *Index) addLinks(object []byte, a *Answer) {
	p := parser{b: object}
	for _, name := range x.linked {
		p.i = 0
		p.eachText(name, func(v string) {
			r := Ref{name, v}
			k := key(r)
			x.addTarget(target{k, r}, x.place(k, r), a)
		})
	}
}
