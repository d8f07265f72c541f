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
	gate := &access.Gate{}
	if len(paths) == 0 {
		return gate, nil
	}
	lists, err := load.Load(ctx, paths)
	if err != nil {
		return nil, err
	}
	sc := &listScreener{lists: list.InForce(lists, time.Now().UTC()), hold: hold, deny: deny}
	sc.index = match.Build(sc.lists)
	gate.Screener = sc
	return gate, nil
}

// mostHits is how many entries a finding of the door names.
const mostHits = 5

// Screen implements [access.Screener].
func (sc *listScreener) Screen(ctx context.Context, p access.Party) (access.Screening, error) {
	if err := ctx.Err(); err != nil {
		return access.Screening{}, err
	}
	q := match.Asked{Name: p.Name, Kind: string(p.Kind), Country: p.Country, Address: p.Address, Dates: p.BirthDate, Father: p.Father, Gender: p.Gender}.Query()
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
	f := &finding.Finding{State: finding.Raised, Flag: "screening", Title: "A party at the door resembles a listed one", Severity: "high", Confidence: rounded(hits[0].Score),
		Subject: finding.Subject{Kind: "party", Name: p.Name}, Sentence: fmt.Sprintf("%s resembles %s on %s: %s", p.Name, hits[0].Name, sc.lists[hits[0].List].ID, strings.TrimSuffix(hits[0].Why, ".")) + ". A person has to look before this goes ahead.",
		Innocent: []string{"Another body bears a similar name."}}
	for _, h := range hits {
		e := sc.lists[h.List].Entries[h.Entry]
		f.Hits = append(f.Hits, finding.Hit{List: sc.lists[h.List].ID, Entry: e.ID, Name: h.Name, Matched: h.Matched, Score: rounded(h.Score), Grade: h.Grade, Why: h.Why, Effect: e.Effect})
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
