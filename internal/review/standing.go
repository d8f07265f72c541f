package review

import (
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/match"
	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/table"
	"plimsoll/internal/resolve"
	"plimsoll/internal/signal"
)

// edge is an ownership statement with its parties still as mentions.
type edge struct {
	owner, owned int32
	place        record.Place
	edge         ownership.Edge
	since, until record.Date
	kind, reason string
}

// loadLists reads every list whole and keeps the entries that are in force on the day.
func (r *run) loadLists(ctx context.Context) error {
	if len(r.o.Lists) == 0 {
		return nil
	}
	maps, err := r.maps()
	if err != nil {
		return err
	}
	lists, err := load.Mapped(ctx, r.o.Lists, maps, r.o.Bounds)
	if err != nil {
		return err
	}
	if r.o.rename != nil {
		r.o.rename.lists(lists)
	}
	if r.countries != nil {
		for _, l := range lists {
			for _, e := range l.Entries {
				for _, c := range e.Countries {
					r.countries[c] = true
				}
			}
		}
	}
	r.lists = list.InForce(lists, r.o.AsOf)
	if note := list.On(lists, r.o.AsOf).String(); note != "" {
		r.sum.Notes = append(r.sum.Notes, "Lists as of "+r.sum.AsOf+": "+note)
	}
	r.sum.Lists = lists
	for _, l := range lists {
		for _, u := range l.Unread {
			r.sum.Notes = append(r.sum.Notes, "Lists: "+u)
		}
	}
	for _, l := range r.lists {
		r.sum.Screening.Entries += len(l.Entries)
		for _, e := range l.Entries {
			r.sum.Screening.Names += len(e.Names)
		}
	}
	r.sum.Screening.Lists = len(lists)
	return nil
}

// classify gives parties their end-user class.
func (r *run) classify(context.Context) error {
	r.classes = append(make([]signal.Class, 0, len(r.res.Parties)), r.classes...)[:len(r.res.Parties)]
	for i := range r.res.Parties {
		if r.only != nil && !r.only[int32(i)] {
			continue
		}
		p := &r.res.Parties[i]
		if p.Kind == party.Unknown && capability.Government(p.Name, p.Kind) {
			p.Kind = party.PublicBody
		}
		body := capability.EndUser(p.Name, p.Class, p.Names...)
		r.classes[i] = signal.Class{Name: body.Class, Why: body.Evidence, Stated: body.Stated,
			StatedUnknown: body.StatedUnknown,
			NameClass:     body.NameClass, Contradiction: body.Contradiction, Either: body.Either,
			Beneath: body.Beneath}
	}
	return nil
}

// perhaps returns, for each party, those that it may be the same as.
func perhaps(res *resolve.Result) map[int32][]int32 {
	out := map[int32][]int32{}
	for _, l := range res.Doubtful {
		a, b := res.ByMention[l.Left], res.ByMention[l.Right]
		out[a], out[b] = append(out[a], b), append(out[b], a)
	}
	return out
}

// measure prepares the signals.
func (r *run) measure(ctx context.Context) (err error) {
	unusable := r.unusable()
	if r.only == nil { // else the book knows
		for name, why := range unusable {
			r.book.Unusable(name, why)
		}
	}
	products := capability.NewRange(r.products)
	var away signal.Away // no interface that holds nil
	if r.scratch != nil {
		away = r.scratch
	}
	r.signal, err = signal.New(ctx, r.book, signal.Inputs{
		Away: away, Settled: r.pack.Settled,
		AsOf: r.o.AsOf, Parties: r.res.Parties, ByMention: r.res.ByMention, Classes: r.classes,
		Lists: r.listed, Owners: r.owned, OwnersCut: unusable[table.Ownership], Below: r.below,
		Places: r.places, PlacesLost: r.placesLost, PlacesCut: unusable[table.Places], Demands: r.demands,
		DemandSets: len(r.o.Sets) > 0,
		Possible:   perhaps(&r.res), Only: r.only, Base: r.base, Room: r.room, AccountKey: focus.AccountKey,
		Item: func(k signal.ItemKey) signal.ItemClass {
			a, _ := products.Item(k.Text, k.Scheme, k.Code)
			told := k.Code != "" && capability.Item("", k.Scheme, k.Code).Understood // what the code alone says
			return signal.ItemClass{Capabilities: a.Capabilities, Controlled: a.Controlled, Understood: a.Understood,
				May:   a.May,
				Hints: a.HintsControl && (!told || a.Unlisted)}
		},
		Service: func(k signal.ServiceKey) signal.Use {
			a := capability.Service(capability.Charge(k))
			return signal.Use{Capability: a.Capability, Measure: a.Measure, Factor: a.Factor,
				PerMonthHours: a.PerMonthHours,
				Level:         a.Level, May: a.May, Wants: a.Wants}
		},
	})
	if err != nil {
		return err
	}
	if n, columns := r.signal.Limitless(); len(columns) > 0 {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("Licences and end-use certificates among the approvals (%d) "+
			"are taken "+
			"as without end or limit where no source has the column: %s", n, strings.Join(columns, ", ")))
	}
	return nil
}

// sameParty is the score from which on a party is taken to be the listed one when its
// holdings are followed: a path must not start at a guess.
const sameParty = 0.85

// mostHits is how many entries a party shows; the best come first.
const mostHits = 6

// stand screens every party against every list and looks for listed owners behind it.
func (r *run) stand(ctx context.Context) error {
	hits, err := r.screen(ctx)
	if err != nil {
		return err
	}
	r.hitsOf = hits
	// Lists of which no entry is in force say nothing of anybody.
	if r.sum.Screening.Entries > 0 {
		standing := map[int32]signal.Standing{}
		for p, h := range hits {
			if len(h) > 0 {
				standing[int32(p)] = signal.Standing{Hits: h, Score: bestScore(h)}
				r.sum.Screening.Hits++
			}
		}
		r.listed = standing
	}
	owners := map[int32]signal.Standing{}
	if len(r.edges) > 0 {
		owners = r.owners(hits)
		r.owned = owners
	}
	r.proofs(hits, owners)
	return nil
}

// bestScore is the best score among hits that nothing speaks against: of a namesake whose
// number, country or date contradicts (grades D and E), the name alone is no hit.
func bestScore(hits []finding.Hit) float64 {
	var best float64
	for _, h := range hits {
		if h.Grade < "D" {
			best = max(best, h.Score)
		}
	}
	return best
}

// proofs keeps, for every party with a hit or a path, the rows that say so: where it is
// named, the entries of the lists, the ownership statements.
func (r *run) proofs(hits [][]finding.Hit, owners map[int32]signal.Standing) {
	r.proof = map[string][]finding.Evidence{}
	entry := map[[2]string]finding.Evidence{}
	for _, l := range r.lists {
		for _, e := range l.Entries {
			if e.File < len(l.Files) {
				f := l.Files[e.File]
				entry[[2]string{l.ID, e.ID}] = finding.Evidence{SHA256: f.SHA256, File: f.Name, At: e.At,
					Says: "entry " + e.ID + " of " + title(l)}
			}
		}
	}
	first := map[int32]int{}
	for m, p := range r.res.ByMention {
		if _, ok := first[p]; !ok {
			first[p] = m
		}
	}
	for p := range r.res.Parties {
		own, above := hits[p], owners[int32(p)]
		beneath := r.below[int32(p)]
		if len(own) == 0 && len(above.Path) == 0 && len(beneath.Path) == 0 { // without a path there is no further one
			continue
		}
		var rows []finding.Evidence
		if m := r.ms[first[int32(p)]]; m.at.At != "" {
			src := r.files[m.at.Source]
			rows = append(rows, finding.Evidence{SHA256: src.SHA256, File: src.Name, At: m.at.At, Says: "names " +
				r.shown(first[int32(p)])})
		}
		if beneath.Hit.Entry != "" {
			above.Hits = append(slices.Clone(above.Hits), beneath.Hit)
		}
		for _, h := range slices.Concat(own, above.Hits) {
			if row, ok := entry[[2]string{h.List, h.Entry}]; ok && !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
		for _, step := range slices.Concat(append(above.Further, above.Path, beneath.Path)...) {
			says := fmt.Sprintf("%s holds %s to %s of %s", step.From, percent(step.Share[0]), percent(step.Share[1]),
				step.To)
			if step.Share[0] == step.Share[1] {
				says = fmt.Sprintf("%s holds %s of %s", step.From, percent(step.Share[0]), step.To)
			}
			if src, ok := r.named[step.Source]; ok {
				rows = append(rows, finding.Evidence{SHA256: src.SHA256, File: src.Name,
					At: strings.TrimPrefix(step.Source, src.Name+" "), Says: says})
			}
		}
		r.proof[string(r.res.Parties[p].ID)] = rows
	}
}

// percent writes a share; 0.07 times 100 is 7.000000000000001 in binary fractions.
func percent(v float64) string { return strconv.FormatFloat(math.Round(v*1e6)/1e4, 'f', -1, 64) + " %" }

func (r *run) screen(ctx context.Context) ([][]finding.Hit, error) {
	parties := r.res.Parties
	r.sum.Screening.Parties, r.sum.Screening.Threshold = len(parties), match.Threshold
	hits := make([][]finding.Hit, len(parties))
	copy(hits, r.hitsOf)
	if len(r.lists) == 0 {
		return hits, nil
	}
	if r.index == nil {
		r.index = match.Build(r.lists)
	}
	index := r.index
	g, ctx := errgroup.WithContext(ctx)
	var next, done atomic.Int64
	const batch = 64
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				if err := ctx.Err(); err != nil {
					return err
				}
				from := int(next.Add(batch)) - batch
				if from >= len(parties) {
					return nil
				}
				for i := from; i < min(from+batch, len(parties)); i++ {
					if r.only != nil && !r.only[int32(i)] {
						continue
					}
					hits[i] = r.hits(index, int32(i))
				}
				r.progress("screen", min(done.Add(batch), int64(len(parties))), int64(len(parties)))
			}
		})
	}
	return hits, g.Wait()
}

// hits compares a party with every entry; a natural person is not compared with entries for persons.
func (r *run) hits(index *match.Index, i int32) []finding.Hit {
	p := r.res.Parties[i]
	_, person := r.person[i]
	most := mostHits
	if person {
		most = 0
	}
	q := match.Query{Name: p.Name, Aliases: p.Names, Kind: p.Kind, Country: p.Country, Identifiers: p.Identifiers,
		Addresses: p.Addresses}
	out := r.search(index, q, person, most)
	for _, other := range q.Others() {
		for _, h := range r.search(index, other.Query, false, most) {
			h.Why = other.Why(h.Why)
			if !slices.ContainsFunc(out, func(o finding.Hit) bool { return o.List == h.List && o.Entry == h.Entry }) &&
				len(out) < mostHits {
				out = append(out, h)
			}
		}
	}
	return out
}

// search returns what a query finds, the best first; for a natural person no entries for persons.
func (r *run) search(index *match.Index, q match.Query, person bool, most int) []finding.Hit {
	var out []finding.Hit
	for _, h := range index.Search(q, most, match.Threshold) {
		l := r.lists[h.List]
		e := l.Entries[h.Entry]
		if person && e.Kind == party.Person || len(out) == mostHits {
			continue
		}
		out = append(out, finding.Hit{List: l.ID, Title: title(l), Entry: e.ID, Name: h.Name, Matched: h.Matched,
			Score: round4(h.Score), Grade: h.Grade, Why: h.Why, Effect: e.Effect, Listed: e.Listed.String(),
			Legal: string(e.Legal), FiftyRule: e.FiftyRule, FiftyLaw: e.FiftyLaw})
	}
	return out
}

// title names a list for people: "Treasury: Sanctions list".
func title(l *list.List) string {
	switch {
	case l.Publisher == "" || strings.Contains(l.Title, l.Publisher):
		return l.Title
	case l.Title == "":
		return l.Publisher
	}
	return l.Publisher + ", " + l.Title
}

// owners asks the graph about every party that a listed one may stand behind.
func (r *run) owners(hits [][]finding.Hit) map[int32]signal.Standing {
	edges := make([]ownership.Edge, 0, len(r.edges))
	for _, e := range r.edges {
		if e.owner < 0 || e.owned < 0 {
			continue
		}
		x := e.edge
		x.Owner, x.Owned = r.res.ByMention[e.owner], r.res.ByMention[e.owned]
		edges = append(edges, x)
	}
	g := ownership.NewGraph(edges)
	listed := func(p int32) bool { return bestScore(hits[p]) >= sameParty }
	unnamed := map[int32]bool{}
	out := map[int32]signal.Standing{}
	base, unmoved := r.unmoved(g)
	r.named = maps.Clone(base)
	for _, e := range edges {
		out[e.Owned] = signal.Standing{Known: true}
		unnamed[e.Owner] = unnamed[e.Owner] || e.Hidden
	}
	above := g.Below(func(p int32) bool { return listed(p) || unnamed[p] })
	for _, p := range slices.Sorted(maps.Keys(above)) {
		if s, ok := r.owned[p]; ok && unmoved(p) {
			out[p] = s
			continue
		}
		out[p] = r.standing(g, p, hits, listed, unnamed)
	}
	// A chain may be longer than what is followed from below: then a listed party above is named all the same.
	above = g.Below(listed)
	for p, s := range out {
		if top, ok := above[p]; ok && s.Cut != "" && len(s.Hits) == 0 {
			s.Hits = []finding.Hit{hits[top][0]}
			out[p] = s
		}
	}
	r.ownershipNotes(out)
	into := map[int32][]int32{}
	for _, e := range edges {
		into[e.Owned] = append(into[e.Owned], e.Owner)
	}
	r.below = r.downward(g, listed, hits, func(p int32) []int32 { return into[p] })
	return out
}

// unmoved returns, for the second look at parties that may be one, the sources that are named already, and which
// parties have the owners that they had at the first look: those that are not among the supposed nor below one.
func (r *run) unmoved(g *ownership.Graph) (named map[string]record.Source, same func(int32) bool) {
	if r.only == nil {
		return map[string]record.Source{}, func(int32) bool { return false }
	}
	below := g.Below(func(p int32) bool { return r.only[p] })
	return r.named, func(p int32) bool {
		_, moved := below[p]
		return !moved && !r.only[p]
	}
}

// watchShare is the least share of listed parties that a rule asks about (share_watch of the
// built-in pack): a holder who is not named matters from there on.
const watchShare = 0.25

// standing is what the ownership statements say of one party.
func (r *run) standing(g *ownership.Graph, p int32, hits [][]finding.Hit, listed func(int32) bool,
	unnamed map[int32]bool) signal.Standing {
	res := g.Listed(p, listed, r.o.AsOf)
	s := signal.Standing{
		Known: res.Known, ShareMin: round4(res.Min), ShareMax: round4(res.Max), ShareOpen: round4(res.Max),
		Control: res.Control,
		Fifty:   res.Fifty, FiftyMay: res.FiftyMay,
	}
	paths := res.Paths
	if res.FiftyPath != nil {
		paths = append([]ownership.Path{*res.FiftyPath}, paths...)
	}
	drawn := map[int32]bool{} // owners that have a path
	for i, path := range paths {
		if i == 0 {
			s.Path = r.steps(g, path)
			drawn[path.Owner] = true
		} else if !drawn[path.Owner] {
			drawn[path.Owner] = true
			s.Further = append(s.Further, r.steps(g, path))
		}
		if h := hits[path.Owner][0]; len(s.Hits) < mostHits && !slices.Contains(s.Hits, h) {
			s.Hits = append(s.Hits, h)
		}
	}
	if res.Cut {
		s.Cut = fmt.Sprintf("its owners were followed for %d steps; who stands behind %s was not followed further",
			res.CutHops, r.res.Parties[res.CutAt].Name)
	}
	if len(res.Hidden) > 0 {
		s.ShareOpen = round4(g.Listed(p, func(q int32) bool { return listed(q) || unnamed[q] }, r.o.AsOf).Max)
		s.Withheld = r.withheld(g, p, res.Hidden)
		if s.ShareMax == 0 && !s.Control && s.ShareOpen >= watchShare {
			s.Known = false
		}
	}
	return s
}

// withheld lists holders whom the sources do not name: "direct parent: NON_PUBLIC".
func (r *run) withheld(g *ownership.Graph, p int32, hidden []ownership.Hidden) string {
	var parts []string
	for _, h := range hidden {
		st := r.edges[g.Edge(h.Edge).Ref]
		text := strings.TrimPrefix(st.kind+": "+st.reason, ": ")
		if h.Owned != p {
			text += " (of " + r.res.Parties[h.Owned].Name + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// mostNamed is how many parties a note lists by name.
const mostNamed = 5

// ownershipNotes puts into the summary whose owners are not named and whose were not all followed.
func (r *run) ownershipNotes(standing map[int32]signal.Standing) {
	var withheld, cut []string
	for _, p := range slices.Sorted(maps.Keys(standing)) {
		s := standing[p]
		if s.Withheld != "" {
			withheld = append(withheld, r.res.Parties[p].Name+" ("+s.Withheld+")")
		}
		if s.Cut != "" {
			cut = append(cut, r.res.Parties[p].Name+" ("+s.Cut+named(s.Hits)+")")
		}
	}
	note := func(what string, who []string) {
		if n := len(who); n > 0 {
			if n > mostNamed {
				who = append(who[:mostNamed:mostNamed], fmt.Sprintf("and %d more", n-mostNamed))
			}
			r.sum.Notes = append(r.sum.Notes, fmt.Sprintf(what, n)+": "+strings.Join(who, "; "))
		}
	}
	note("Owners whom the sources do not name, so that who stands behind is unknown and not clear (parties: %d)",
		withheld)
	note("Chains of ownership that are longer than what was followed (parties: %d)", cut)
}

func named(hits []finding.Hit) string {
	if len(hits) == 0 {
		return ""
	}
	return "; above it stands " + hits[0].Matched
}

func (r *run) steps(g *ownership.Graph, path ownership.Path) []finding.Step {
	var out []finding.Step
	for _, i := range path.Edges {
		e := g.Edge(i)
		st := r.edges[e.Ref]
		lo, hi := e.Min, e.Max
		if e.Control && !e.Known {
			lo, hi = 0, 1
		}
		source := ""
		if src, ok := r.files[st.place.Source]; ok {
			source = src.Name + " " + st.place.At
			r.named[source] = src
		}
		out = append(out, finding.Step{
			From: r.res.Parties[e.Owner].Name, To: r.res.Parties[e.Owned].Name, Share: [2]float64{round4(lo),
				round4(hi)},
			Since: st.since.DayString(), Until: st.until.DayString(), Source: source,
		})
	}
	return out
}

func round4(v float64) float64 {
	return math.Round(v*10000) / 10000
}
