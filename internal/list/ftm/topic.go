package ftm

import (
	"cmp"
	"strings"

	"plimsoll/internal/list"
)

// Whether the entity's own marks say that it is listed.
type mark uint8

const (
	unmarked mark = iota
	isListed
	onlyExposed // a holder of public office or a relative
	onlyLinked  // owned by or tied to a listed party
)

// listing are the topics that say that an authority, court or register lists the entity;
// a topic below one of them counts too (crime.war, mare.shadow). The vocabulary is that of
// FollowTheMoney. forced.labor is no "risk" topic there and is one here.
var listing = []string{
	"sanction", "debarment", "export.control", "export.risk", "invest.ban", "invest.risk", "asset.frozen",
	"crime", "wanted", "reg.action", "reg.warn", "corp.disqual", "mare.detained", "mare.shadow", "forced.labor",
}

func standing(e *entity) mark {
	topics := e.get("topics")
	exposed, linked, other := false, false, false
	for _, t := range topics {
		switch {
		case strings.HasSuffix(t, ".linked"):
			linked = true
		case t == "poi" || t == "role" || strings.HasPrefix(t, "role."):
			exposed = true
		default:
			other = true
			for _, l := range listing {
				if t == l || strings.HasPrefix(t, l+".") {
					return isListed
				}
			}
		}
	}
	target := e.Target != nil && *e.Target
	switch {
	case target && (other || len(topics) == 0):
		return isListed
	case linked:
		return onlyLinked
	case exposed:
		return onlyExposed
	}
	return unmarked
}

// legal says what the listing of an entity does in law, by its topics or the known lists
// that it stands on, whether one of these counts as listed what listed parties own to half, and
// by which rule, the first of several.
func legal(topics, datasets []string) (effect list.Effect, fifty bool, law string) {
	for _, ds := range datasets {
		known, rule, by := list.KnownEffect("ftm-" + ds)
		fifty, law = fifty || rule, cmp.Or(law, by)
		if effect == "" {
			effect = known
		}
	}
	for _, e := range []list.Effect{list.Sanctions, list.ExportControl, list.Debarment} {
		for _, t := range topics {
			if effect == "" && !strings.HasSuffix(t, ".linked") && list.EffectOf(t) == e {
				effect = e
			}
		}
	}
	return effect, fifty, law
}
