package gatehouse

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/access"
	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/match"
)

// listScreener screens the parties that come through the door against lists.
type listScreener struct {
	index      *match.Index
	lists      []*list.List
	hold, deny float64
}

// ScreeningGate loads the lists; without lists there is no gate, and such parties are held.
// hold and deny are the scores from which a party is held or denied, 0 to 1; above 1 never.
func ScreeningGate(ctx context.Context, paths []string, hold, deny float64) (*access.Gate, error) {
	if len(paths) == 0 {
		return &access.Gate{}, nil
	}
	lists, err := load.Load(ctx, paths)
	if err != nil {
		return nil, err
	}
	return GateOf(lists, hold, deny), nil
}

// GateOf is a gate that screens against lists; nil without any.
func GateOf(lists []*list.List, hold, deny float64) *access.Gate {
	if len(lists) == 0 {
		return nil
	}
	sc := &listScreener{lists: list.InForce(lists, time.Now().UTC()), hold: hold, deny: deny}
	sc.index = match.Build(sc.lists)
	return &access.Gate{Screener: sc}
}

// HoldFrom is the score from which a party that nobody has screened is held, where the operator sets no other.
const HoldFrom = 0.85

// NeverDeny is a score that no name reaches: a likeness alone holds and does not deny.
const NeverDeny = 2

// called finds restricted parties by name.
type called struct {
	index *match.Index
	refs  []access.Ref // by entry
}

// callNames makes the index of the restricted parties' names.
func callNames(names map[string][]string) *called {
	ids := make([]string, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	c, l := &called{}, &list.List{ID: "restricted"}
	for _, id := range ids {
		e := list.Entry{ID: id}
		for _, n := range names[id] {
			if n != "" {
				e.Names = append(e.Names, list.Name{Text: n, Type: "primary"})
			}
		}
		if len(e.Names) > 0 {
			l.Entries = append(l.Entries, e)
			c.refs = append(c.refs, access.Ref{Type: "party", ID: id})
		}
	}
	if len(l.Entries) > 0 {
		c.index = match.Build([]*list.List{l})
	}
	return c
}

// find gives the restricted parties that a party may be by its name.
func (c *called) find(p access.Party) []access.Ref {
	if c == nil || c.index == nil || p.Name == "" {
		return nil
	}
	var out []access.Ref
	q := match.Asked{Name: p.Name, Kind: string(p.Kind), Country: p.Country}.Query()
	for _, h := range c.index.Search(q, mostHits, HoldFrom) {
		out = append(out, c.refs[h.Entry])
	}
	return out
}

// mostHits is how many entries a finding of the door names.
const mostHits = 5

// Screen implements [access.Screener].
func (sc *listScreener) Screen(ctx context.Context, p access.Party) (access.Screening, error) {
	if err := ctx.Err(); err != nil {
		return access.Screening{}, err
	}
	q := match.Asked{Name: p.Name, Kind: string(p.Kind), Country: p.Country, Address: p.Address, Dates: p.BirthDate,
		Father: p.Father, Gender: p.Gender}.Query()
	q.Identifiers = p.Identifiers
	hits := sc.index.Search(q, mostHits, min(sc.hold, sc.deny))
	for _, other := range q.Others() {
		for _, h := range sc.index.Search(other.Query, mostHits, min(sc.hold, sc.deny)) {
			if h.Why = other.Why(h.Why); len(hits) < mostHits && !slices.ContainsFunc(hits, h.SameEntry) {
				hits = append(hits, h)
			}
		}
	}
	if len(hits) == 0 {
		return access.Screening{Effect: access.Permit}, nil
	}
	f := &finding.Finding{State: finding.Raised, Flag: "screening", Title: "A party at the door resembles a listed one",
		Severity: "high", Confidence: rounded(hits[0].Score),
		Subject: finding.Subject{Kind: "party", Name: p.Name}, Sentence: fmt.Sprintf("%s resembles %s on %s: %s",
			p.Name, hits[0].Name, sc.lists[hits[0].List].ID, strings.TrimSuffix(hits[0].Why, ".")) +
			". A person has to look before this goes ahead.",
		Innocent: []string{"Another body bears a similar name."}}
	for _, h := range hits {
		e := sc.lists[h.List].Entries[h.Entry]
		f.Hits = append(f.Hits, finding.Hit{List: sc.lists[h.List].ID, Entry: e.ID, Name: h.Name, Matched: h.Matched,
			Score: rounded(h.Score), Grade: h.Grade, Why: h.Why, Effect: e.Effect})
	}
	effect := access.Hold
	// The first hit has the best grade, which is not always the highest score.
	if slices.ContainsFunc(hits, func(h match.Hit) bool { return h.Score >= sc.deny && h.Grade < "D" }) {
		effect = access.Deny
	}
	return access.Screening{Effect: effect, Finding: f}, nil
}

// rounded gives a score with four decimals.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
