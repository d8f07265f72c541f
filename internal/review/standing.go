package review

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

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
	"plimsoll/internal/signal"
)

// edge is an ownership statement with its parties still as mentions.
type edge struct {
	owner, owned int32
	place        record.Place
	edge         ownership.Edge
	since, until record.Date
	kind         string
}

// loadLists reads every list whole and keeps the entries that are in force on the day.
func (r *run) loadLists(ctx context.Context) error {
	if len(r.o.Lists) == 0 {
		return nil
	}
	lists, err := load.Load(ctx, r.o.Lists)
	if err != nil {
		return err
	}
	r.lists = InForce(lists, r.o.AsOf)
	r.sum.Lists = lists
	for _, l := range r.lists {
		r.sum.Screening.Entries += len(l.Entries)
		for _, e := range l.Entries {
			r.sum.Screening.Names += len(e.Names)
		}
	}
	r.sum.Screening.Lists = len(lists)
	return nil
}

// InForce returns the lists with the entries that are listed on a day: what its publisher
// removed, or what has expired, never matches as listed.
func InForce(lists []*list.List, day time.Time) []*list.List {
	out := make([]*list.List, len(lists))
	for i, l := range lists {
		c := *l
		c.Entries = make([]list.Entry, 0, len(l.Entries))
		for j := range l.Entries {
			if l.Entries[j].ListedOn(day) {
				c.Entries = append(c.Entries, l.Entries[j])
			}
		}
		out[i] = &c
	}
	return out
}

// classify gives parties their end-user class.
func (r *run) classify(context.Context) error {
	r.classes = make([]signal.Class, len(r.res.parties))
	for i := range r.res.parties {
		p := &r.res.parties[i]
		if p.Kind == party.Unknown && capability.Government(p.Name, p.Kind) {
			p.Kind = party.PublicBody
		}
		body := capability.EndUser(p.Name, p.Class, p.Names...)
		r.classes[i] = signal.Class{Name: body.Class, Why: body.Evidence, Stated: body.Stated, StatedUnknown: body.StatedUnknown,
			NameClass: body.NameClass, Contradiction: body.Contradiction, Beneath: body.Beneath}
	}
	return nil
}

// measure prepares the signals.
func (r *run) measure(ctx context.Context) (err error) {
	r.signal, err = signal.New(ctx, r.book, signal.Inputs{
		AsOf: r.o.AsOf, Parties: r.res.parties, ByMention: r.res.byMention, Classes: r.classes,
		Lists: r.listed, Owners: r.owned, AccountKey: focus.AccountKey,
		Item: func(k signal.ItemKey) signal.ItemClass {
			a := capability.Item(k.Text, k.Scheme, k.Code)
			return signal.ItemClass{Capabilities: a.Capabilities, Controlled: a.Controlled, Understood: a.Understood, Hints: a.HintsControl}
		},
		Service: func(k signal.ServiceKey) signal.Use {
			a := capability.Service(capability.Charge(k))
			return signal.Use{Capability: a.Capability, Measure: a.Measure, Factor: a.Factor, PerMonthHours: a.PerMonthHours,
				Level: a.Level, May: a.May, Wants: a.Wants}
		},
	})
	return err
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
	if len(r.lists) > 0 {
		standing := map[int32]signal.Standing{}
		for p, h := range hits {
			if len(h) > 0 {
				standing[int32(p)] = signal.Standing{Hits: h, Score: h[0].Score}
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

// proofs keeps, for every party with a hit or a path, the rows that say so: where it is
// named, the entries of the lists, the ownership statements.
func (r *run) proofs(hits [][]finding.Hit, owners map[int32]signal.Standing) {
	r.proof = map[string][]finding.Evidence{}
	entry := map[[2]string]finding.Evidence{}
	for _, l := range r.lists {
		for _, e := range l.Entries {
			if e.File < len(l.Files) {
				f := l.Files[e.File]
				entry[[2]string{l.ID, e.ID}] = finding.Evidence{SHA256: f.SHA256, File: f.Name, At: e.At, Says: "entry " + e.ID + " of " + title(l)}
			}
		}
	}
	first := map[int32]int{}
	for m, p := range r.res.byMention {
		if _, ok := first[p]; !ok {
			first[p] = m
		}
	}
	for p := range r.res.parties {
		own, above := hits[p], owners[int32(p)]
		if len(own) == 0 && len(above.Path) == 0 {
			continue
		}
		var rows []finding.Evidence
		if m := r.ms[first[int32(p)]]; m.at.At != "" {
			src := r.files[m.at.Source]
			rows = append(rows, finding.Evidence{SHA256: src.SHA256, File: src.Name, At: m.at.At, Says: "names " + m.ref.Name})
		}
		for _, h := range slices.Concat(own, above.Hits) {
			if row, ok := entry[[2]string{h.List, h.Entry}]; ok && !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
		for _, step := range above.Path {
			says := fmt.Sprintf("%s holds %s to %s of %s", step.From, percent(step.Share[0]), percent(step.Share[1]), step.To)
			if step.Share[0] == step.Share[1] {
				says = fmt.Sprintf("%s holds %s of %s", step.From, percent(step.Share[0]), step.To)
			}
			if src, ok := r.named[step.Source]; ok {
				rows = append(rows, finding.Evidence{SHA256: src.SHA256, File: src.Name, At: strings.TrimPrefix(step.Source, src.Name+" "), Says: says})
			}
		}
		r.proof[string(r.res.parties[p].ID)] = rows
	}
}

func percent(v float64) string { return strconv.FormatFloat(v*100, 'f', -1, 64) + " %" }

func (r *run) screen(ctx context.Context) ([][]finding.Hit, error) {
	parties := r.res.parties
	r.sum.Screening.Parties, r.sum.Screening.Threshold = len(parties), match.Threshold
	hits := make([][]finding.Hit, len(parties))
	if len(r.lists) == 0 {
		return hits, nil
	}
	index := match.Build(r.lists)
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
					hits[i] = r.hits(index, parties[i])
				}
				r.progress("screen", done.Add(batch), int64(len(parties)))
			}
		})
	}
	return hits, g.Wait()
}

func (r *run) hits(index *match.Index, p party.Party) []finding.Hit {
	q := match.Query{Name: p.Name, Aliases: p.Names, Kind: p.Kind, Country: p.Country, Identifiers: p.Identifiers, Addresses: p.Addresses}
	var out []finding.Hit
	for _, h := range index.Search(q, mostHits, match.Threshold) {
		l := r.lists[h.List]
		e := l.Entries[h.Entry]
		out = append(out, finding.Hit{List: l.ID, Title: title(l), Entry: e.ID, Name: h.Name, Matched: h.Matched, Score: round4(h.Score), Grade: h.Grade, Why: h.Why, Effect: e.Effect})
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
		x.Owner, x.Owned = r.res.byMention[e.owner], r.res.byMention[e.owned]
		edges = append(edges, x)
	}
	g := ownership.NewGraph(edges)
	listed := func(p int32) bool { return len(hits[p]) > 0 && hits[p][0].Score >= sameParty }
	out := map[int32]signal.Standing{}
	r.named = map[string]record.Source{}
	for _, e := range edges {
		if _, ok := out[e.Owned]; !ok {
			out[e.Owned] = signal.Standing{Known: true}
		}
	}
	below := make([]int32, 0)
	for p := range g.Below(listed) {
		below = append(below, p)
	}
	sort.Slice(below, func(i, j int) bool { return below[i] < below[j] })
	for _, p := range below {
		res := g.Listed(p, listed, r.o.AsOf)
		s := signal.Standing{Known: res.Known, ShareMin: round4(res.Min), ShareMax: round4(res.Max), Control: res.Control}
		for i, path := range res.Paths {
			if i == 0 {
				s.Path = r.steps(g, path)
			}
			if len(s.Hits) < mostHits {
				s.Hits = append(s.Hits, hits[path.Owner][0])
			}
		}
		out[p] = s
	}
	return out
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
			From: r.res.parties[e.Owner].Name, To: r.res.parties[e.Owned].Name, Share: [2]float64{round4(lo), round4(hi)},
			Since: st.since.DayString(), Until: st.until.DayString(), Source: source,
		})
	}
	return out
}

func round4(v float64) float64 {
	return float64(int64(v*10000+0.5)) / 10000
}
