package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/finding"
	"plimsoll/internal/store"
)

type partyPage struct {
	ID, Name              string
	Run                   store.Run
	Raised, NotComputable []finding.Finding
	Names, Countries      []string
	Identifiers           []string
	Facts                 []fact
	Engagements, Accounts []string
	Hits                  []finding.Hit
	Paths                 [][]finding.Step
	Series                []finding.Series
	Months                []monthRow
	Claims                []casefile.Claim
	Decisions             []casefile.Decision
	Cases                 []casefile.Case
	Timeline              []moment
	Demands               []docket.Demand // that concern engagements of the party, certain or perhaps
	Until                 string          // YYYY-MM-DD: the timeline as known at the end of that day; "" now
}

// Show makes a finding of the party ready for its card.
func (p partyPage) Show(f finding.Finding) shownFinding {
	return shownFinding{f, p.Run.ID, repliesOf(p.Claims)}
}

type fact struct{ Term, Text string }

type monthRow struct {
	Month  string
	Values []float64
}

// partyName is the name of a party in the newest run that knows it, or its id.
func (s *Server) partyName(ctx context.Context, party string) (name string, err error) {
	err = s.cfg.Store.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT name FROM run_party WHERE party = $1 ORDER BY run DESC LIMIT 1`,
			party).Scan(&name)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if name == "" {
		name = party
	}
	return name, err
}

func (s *Server) party(v *visit) error {
	id := v.r.PathValue("party")
	known, err := s.cfg.Store.Party(v.ctx(), id)
	if err != nil && !errors.Is(err, store.ErrNoParty) {
		return err
	}
	p := partyPage{ID: id, Name: known.Name, Run: known.Run, Until: v.r.URL.Query().Get("until")}
	if v.me.may(readCases) {
		if err := s.partyCases(v, &p); err != nil {
			return err
		}
	}
	if known.Run.ID == "" && len(p.Cases) == 0 {
		return store.ErrNoParty
	}
	p.gather(known.Findings)
	if v.wants() != "" {
		return v.export(p.sheets())
	}
	if p.Name == "" {
		p.Name = p.Cases[0].PartyName
	}
	return v.show(http.StatusOK, "party", p.Name, p)
}

func (s *Server) partyCases(v *visit, p *partyPage) (err error) {
	if p.Claims, err = s.desk.PartyClaims(v.ctx(), v.by(), p.ID); err != nil {
		return err
	}
	if p.Decisions, err = s.desk.PartyDecisions(v.ctx(), v.by(), p.ID); err != nil {
		return err
	}
	list, err := s.desk.Cases(v.ctx(), v.by(), casefile.Query{Party: p.ID, Limit: 100})
	if err != nil {
		return err
	}
	p.Cases = list.Cases
	until := s.cfg.Now()
	if p.Until != "" {
		day, err := time.Parse(time.DateOnly, p.Until)
		if err != nil {
			return &invalid{"until", "a date looks like 2032-07-01"}
		}
		until = day.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	events, err := s.cfg.Store.Timeline(v.ctx(), s.desk, v.by(), p.ID, until)
	if err != nil {
		return err
	}
	more, demands, err := s.demandMoments(v.ctx(), p.ID, until)
	if err != nil {
		return err
	}
	p.Demands = demands
	events = append(events, more...)
	slices.SortStableFunc(events, func(a, b casefile.Event) int { return a.At.Compare(b.At) })
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p.Timeline = moments(named(events, who), p.Claims, until)
	return nil
}

// partyLines bounds how many findings of each state the page of a party shows.
const partyLines = 300

// gather sorts what findings say about a party into the parts of its page.
func (p *partyPage) gather(all []finding.Finding) {
	seen := map[string]bool{}
	first := func(k string) bool {
		had := seen[k]
		seen[k] = true
		return !had
	}
	series := map[string]bool{}
	for _, f := range all {
		switch {
		case f.State != finding.Raised && len(p.NotComputable) < partyLines:
			p.NotComputable = append(p.NotComputable, f)
		case f.State == finding.Raised && len(p.Raised) < partyLines:
			p.Raised = append(p.Raised, f)
		}
		for _, e := range f.Engagement {
			if first("e" + e) {
				p.Engagements = append(p.Engagements, e)
			}
		}
		for _, a := range f.Accounts {
			if first("a" + a) {
				p.Accounts = append(p.Accounts, a)
			}
		}
		for _, h := range f.Hits {
			if first("h" + h.List + "\x00" + h.Entry) {
				p.Hits = append(p.Hits, h)
			}
		}
		if len(f.Path) > 0 && first("p"+f.Path[0].From+f.Path[len(f.Path)-1].From) {
			p.Paths = append(p.Paths, f.Path)
		}
		for _, path := range f.Further {
			if len(path) > 0 && first("p"+path[0].From+path[len(path)-1].From) {
				p.Paths = append(p.Paths, path)
			}
		}
		for _, x := range f.Series {
			if !series[x.Measure] && (len(p.Series) == 0 || len(x.Months) == len(p.Series[0].Months)) &&
				len(p.Series) < 3 {
				series[x.Measure] = true
				p.Series = append(p.Series, x)
			}
		}
		if f.Subject.Kind == "party" {
			p.facts(f, first)
		}
	}
	for i := range p.Series {
		if i == 0 {
			for j, m := range p.Series[0].Months {
				row := monthRow{Month: m}
				for _, x := range p.Series {
					row.Values = append(row.Values, x.Values[j])
				}
				p.Months = append(p.Months, row)
			}
		}
	}
	sort.Strings(p.Engagements)
	sort.Strings(p.Accounts)
	p.knownSince()
}

// knownSince says since when the earliest of the listings that the party is compared with has stood.
func (p *partyPage) knownSince() {
	var first finding.Hit
	for _, h := range p.Hits {
		if h.Listed != "" && (first.Listed == "" || h.Listed < first.Listed) {
			first = h
		}
	}
	if first.Listed != "" {
		p.Facts = append(p.Facts, fact{"Known since", fmt.Sprintf("%s: the earliest listing compared with it, %s on %s",
			first.Listed, first.Name, first.List)})
	}
}

// facts takes what describes the party itself out of a finding's values.
func (p *partyPage) facts(f finding.Finding, first func(string) bool) {
	for _, k := range []struct{ value, term string }{{"party.class", "Kind of body"}, {"party.country", "Country"},
		{"party.roles", "Appears as"}} {
		v, ok := f.Values[k.value]
		if !ok || !first("f"+k.value) {
			continue
		}
		text := ""
		v, _ = finding.Known(v)
		switch v := v.(type) {
		case string:
			text = v
		case []any:
			var s []string
			for _, x := range v {
				if t, ok := x.(string); ok {
					s = append(s, t)
				}
			}
			text = strings.Join(s, ", ")
		}
		if text != "" {
			p.Facts = append(p.Facts, fact{k.term, strings.ReplaceAll(text, "_", " ")})
		}
	}
	if !slices.Contains(p.Names, f.Subject.Name) {
		p.Names = append(p.Names, f.Subject.Name)
	}
}
