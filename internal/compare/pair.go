package compare

import (
	"strings"
	"sync"

	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// KindOf reads a schema name of FollowTheMoney, or a kind of party, as a kind of name.
func KindOf(schema string) name.Kind {
	switch k := party.KindOf(schema); {
	case k != party.Unknown:
		return NameKind(k)
	case strings.EqualFold(schema, "asset"), strings.EqualFold(schema, "security"):
		return name.Vessel // what has a name and is no party
	}
	return name.Unknown
}

// NameKind returns how the name of a party of a kind is read.
func NameKind(k party.Kind) name.Kind {
	switch k {
	case party.Person:
		return name.Person
	case party.Organization, party.PublicBody:
		return name.Org
	case party.Vessel, party.Aircraft:
		return name.Vessel
	}
	return name.Unknown
}

// A Comparer scores pairs of names. It keeps its memory between pairs. Not for concurrent use.
type Comparer struct {
	p    name.Parser
	s    Scorer
	q, l name.Name

	hanQ, hanL uint64 // Han characters of the names of which the pair are variants
}

// Pair scores two names of one schema ("Person", "Company", "Vessel"; anything else: not
// known). Names that hold two names ("X a.k.a. Y") match when one of them does.
func (c *Comparer) Pair(schema, name1, name2 string) float64 {
	kind := KindOf(schema)
	best := c.pair(kind, name1, name2, false)
	if best >= 0.999 {
		return best
	}
	if name.Single(name1) && name.Single(name2) {
		return best
	}
	c.hanQ, c.hanL = c.q.Han, c.l.Han // another reading of Han characters stays a reading of them
	all, more, elsewhere := name.VariantsOf(name1, name2)
	for _, a := range all {
		for _, b := range more {
			if elsewhere && a != name1 && b != name2 {
				continue
			}
			if a != name1 || b != name2 {
				best = max(best, c.pair(kind, a, b, true)*VariantFactor)
			}
		}
	}
	c.hanQ, c.hanL = 0, 0
	return best
}

// pair scores two texts as they are. again says that those of the pair before belong to the same two names, so that
// what was parsed then need not be parsed anew.
func (c *Comparer) pair(kind name.Kind, a, b string, again bool) float64 {
	if kind == name.Unknown {
		c.p.Parse(a, kind, &c.q)
		c.p.Parse(b, kind, &c.l)
		if c.q.Kind != c.l.Kind { // what one of them is decides for both
			c.p.Parse(a, name.Org, &c.q)
			c.p.Parse(b, name.Org, &c.l)
		}
	} else {
		if !again || c.q.Text != a {
			c.p.Parse(a, kind, &c.q)
		}
		if !again || c.l.Text != b {
			c.p.Parse(b, kind, &c.l)
		}
	}
	KeepHan(&c.q, c.hanQ)
	KeepHan(&c.l, c.hanL)
	return float64(c.s.Names(&c.q, &c.l))
}

// KeepHan gives a reading in other letters the Han characters that it is a reading of.
func KeepHan(n *name.Name, han uint64) {
	if n.Han == 0 {
		n.Han = han
	}
}

var comparers = sync.Pool{New: func() any { return new(Comparer) }}

// Pair scores two names of one schema. It may be called concurrently.
func Pair(schema, name1, name2 string) float64 {
	c := comparers.Get().(*Comparer)
	defer comparers.Put(c)
	return c.Pair(schema, name1, name2)
}
