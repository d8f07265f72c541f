package review

import (
	"context"
	"slices"
	"unicode/utf8"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// secondProperty is the worst grade of a hit for which more than the name speaks: a register
// number, or the name and two further properties (see the grades of package match).
const secondProperty = "B7"

// exactName is the worst grade of a hit whose name is the same and nothing known is against it.
const exactName = "B9"

// longWord is how many letters a name of one word needs to say who is meant. Shorter ones are
// acronyms and first names, which many bodies bear.
const longWord = 6

// heavyWord is the least weight (package name) of a word that tells one body from another.
const heavyWord = 0.5

// Distinctive reports whether a name says who is meant by itself: two words, or one word of six
// letters or more, that are neither general words, legal forms, places nor numbers.
func Distinctive(s string) bool {
	words := 0
	for _, t := range name.Parse(s, name.Org).Tokens {
		if t.Class != name.Word || t.Weight < heavyWord || utf8.RuneCountInString(t.Text) < 2 {
			continue
		}
		if utf8.RuneCountInString(t.Text) >= longWord {
			return true
		}
		words++
	}
	return words >= 2
}

// A nameGround is what the names behind a result are worth.
type nameGround uint8

const (
	groundOther nameGround = iota // more than a name, or no name at all
	groundName                    // an exact and distinctive name, and nothing else
	groundWeak                    // a name that is near, or says little, and nothing else
)

// listedScore is the signal of rules that compare the name of a party with lists.
const listedScore = "party.listed_score"

// ground says what a raised result of a rule about listed names rests on.
func (r *run) ground(f *signal.Facts, res *policy.Result) (nameGround, string) {
	if !slices.Contains(res.Signals, listedScore) || f.Subject.Kind != signal.OfParty {
		return groundOther, ""
	}
	p, ok := r.place[f.Subject.ID]
	if !ok {
		return groundOther, ""
	}
	own := r.listed[p]
	least, ok := res.Finding.Threshold["listed_score"]
	if len(own.Hits) == 0 || ok && own.Score < least || owned(r.owned[p], f, res.Finding.Threshold["share_watch"]) {
		return groundOther, ""
	}
	ground, said, _ := worth(own.Hits)
	return ground, said
}

// worth is what hits of names are worth, why it is no more, and the hit that says the most.
func worth(hits []finding.Hit) (ground nameGround, said string, at int) {
	said = "the name is near, not the same"
	for i, h := range hits {
		switch {
		case h.Grade <= secondProperty:
			return groundOther, "", i
		case h.Grade > exactName:
		case Distinctive(h.Name) && Distinctive(h.Matched):
			return groundName, "", i
		default:
			said, at = "the name is the same, but so short or general that many bodies may bear it", i
		}
	}
	return groundWeak, said, at
}

// owned reports whether ownership statements are a ground of their own: a listed party holds a share
// from watch on, controls it otherwise, or may own half of it. State bodies have no owners to look for.
func owned(s signal.Standing, f *signal.Facts, watch float64) bool {
	if state, _ := f.Values["party.government"].(bool); state {
		return false
	}
	return s.Control || s.FiftyMay || s.Fifty || s.ShareMax > 0 && s.ShareMax >= watch
}

// looksLikePerson reports whether records name a natural person: they say so, or the name looks
// it and no legal entity identifier is with it.
func looksLikePerson(p *party.Party) bool {
	switch p.Kind {
	case party.Person:
		return true
	case party.Unknown:
		lei := func(id party.Identifier) bool { return party.LEI(id.Normal().ID) }
		return !slices.ContainsFunc(p.Identifiers, lei) && capability.LooksLikePerson(p.Name)
	}
	return false
}

// individuals finds the parties that look like natural persons and that no ownership statement
// names as an owner: reviews are about organisations. What is shown instead of the name says where
// the records name it.
func (r *run) individuals() {
	r.person = map[int32]string{}
	owner := make([]bool, len(r.res.Parties))
	first := make([]int, len(r.res.Parties))
	for i := range first {
		first[i] = -1
	}
	for m, p := range r.res.ByMention {
		if p >= 0 && first[p] < 0 {
			first[p] = m
		}
	}
	r.book.EachRole(func(m int32, role string) {
		if p := r.res.ByMention[m]; p >= 0 && role == book.Owner {
			owner[p] = true
		}
	})
	for i := range r.res.Parties {
		p := &r.res.Parties[i]
		if owner[i] || first[i] < 0 || !looksLikePerson(p) {
			continue
		}
		r.person[int32(i)] = individual(r.ms[first[i]].where)
	}
	r.sum.Screening.Individuals = len(r.person)
}

// individual is what a natural person is called.
func individual(where string) string {
	if where == "" {
		return "an individual"
	}
	return "an individual, " + where
}

// unname takes the names of natural persons out of what is shown.
func (r *run) unname(context.Context) error {
	for i, shown := range r.person {
		p := &r.res.Parties[i]
		for k := range r.listed[i].Hits {
			r.listed[i].Hits[k].Matched = shown
		}
		p.Name, p.Names = shown, nil
	}
	return nil
}

// shown is what the bearer of a mention is called.
func (r *run) shown(m int) string {
	if p := r.res.ByMention[m]; p >= 0 {
		if _, person := r.person[p]; person {
			return individual(r.ms[m].where)
		}
	}
	return r.ms[m].Ref.Name
}
