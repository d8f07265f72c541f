// Package icij reads the tables of the Offshore Leaks database of the International Consortium of Investigative
// Journalists: nodes (entities, officers, intermediaries, others) and the relationships between them.
//
// Invariants: entities only. An officer who may be a natural person is dropped and counted, and so is what only such
// an officer says; an officer stays when the name has the form of a company's. The tables state no share: what is
// held is unknown, and never nothing. That somebody stands in this database means no wrong.
package icij

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/name"
	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

const (
	nodes = "nodes"
	edges = "relationships"
	scope = "icij"
)

// Recognise reports whether a text begins with the header of one of the tables.
func Recognise(head []byte) bool { return tableOf(ownership.Columns(head)) != "" }

// The names of columns changed between the releases of 2016 (node_1, rel_type, node_2), 2017 (START_ID, TYPE, END_ID)
// and later.
var (
	starts = []string{"node_id_start", "start_id", "node_1", ":start_id"}
	ends   = []string{"node_id_end", "end_id", "node_2", ":end_id"}
	types  = []string{"rel_type", "type", ":type"}
	ids    = []string{"node_id", "node_id:id"}
)

func tableOf(names []string) string {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(n string) bool { return slices.Contains(names, n) })
	}
	switch {
	case has(starts) && has(ends) && has(types):
		return edges
	case has(ids) && has([]string{"name"}) && has([]string{"sourceid"}) &&
		has([]string{"countries", "country_codes", "jurisdiction"}):
		return nodes
	}
	return ""
}

// A decoder reads the tables of nodes first, since relationships name them by their number.
type decoder struct {
	sink   ownership.Sink
	roster *ownership.Roster
	person map[[2]uint64]bool // officers who were dropped
	stats  map[int]record.Stats
}

// DecodeAll reads tables that belong together.
func DecodeAll(ctx context.Context, srcs []record.Source, sink ownership.Sink) (map[int]record.Stats, error) {
	d := &decoder{sink: sink, roster: ownership.NewRoster(), person: map[[2]uint64]bool{},
		stats: map[int]record.Stats{}}
	defer d.roster.Close()
	for _, want := range []string{nodes, edges} {
		for _, src := range srcs {
			head, err := src.Head()
			if err == nil {
				if tableOf(ownership.Columns(head)) != want {
					continue
				}
				err = d.table(ctx, src, want)
			}
			if err != nil && ctx.Err() == nil && record.Damaged(err) {
				st := d.stats[src.Index]
				st.Failed = record.CutNote(src.Name, st.Rows, err)
				d.stats[src.Index] = st
			} else if err != nil {
				return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
			}
		}
	}
	return d.stats, nil
}

// table reads one table; what it comes to stands in the stats, also when it breaks off.
func (d *decoder) table(ctx context.Context, src record.Source, what string) error {
	st, count := record.Stats{}, map[string]int{}
	reject := func(at, reason string) error {
		st.Rejects++
		return d.sink.Reject(record.Reject{File: src.Name, At: at, Kind: "icij", Reason: reason})
	}
	err := ownership.EachRow(ctx, src, func(r ownership.TableRow) (err error) {
		st.Rows++
		problem := ""
		if what == nodes {
			problem, err = d.node(r, officers(src), count, &st)
		} else {
			problem, err = d.edge(r, record.Place{Source: src.Index, At: r.At}, count, &st)
		}
		if err == nil && problem != "" {
			err = reject(r.At, problem)
		}
		return err
	}, func(at, reason string) error {
		st.Rows++
		return reject(at, reason)
	})
	for _, note := range []string{noteOfficers, noteEdges, noteOther, noteUnknown} {
		if n := count[note]; n > 0 {
			st.Notes = append(st.Notes, fmt.Sprintf("%s: %d", note, n))
		}
	}
	d.stats[src.Index] = st
	return err
}

const (
	noteOfficers = "officers who may be natural persons, left out"
	noteEdges    = "relationships of officers who were left out"
	noteOther    = "relationships that are no ownership (intermediaries, addresses, likenesses, offices held)"
	noteUnknown  = "relationships with nodes that no file describes"
)

// officers reports whether a table is that of the officers by its name; one with none of an entity's columns is one
// too.
func officers(src record.Source) bool { return strings.Contains(strings.ToLower(src.Name), "officer") }

func (d *decoder) node(
	r ownership.TableRow, officer bool, count map[string]int, st *record.Stats,
) (problem string, err error) {
	id := r.Get(ids...)
	if id == "" {
		return "no node_id", nil
	}
	called := r.Get("name")
	// Entities have an incorporation date, intermediaries a status, others a type; officers have none of these columns.
	ofEntities := r.Has("jurisdiction", "incorporation_date", "status", "internal_id", "company_type", "type")
	officer = officer || !ofEntities
	if officer && !isCompany(called) {
		count[noteOfficers]++
		d.person[d.roster.Key(id)] = true
		return "", nil
	}
	if called == "" {
		return "no name", nil
	}
	country := r.Get("jurisdiction", "country_codes", "countries")
	if strings.Contains(country, ";") { // several places: none of them is the one
		country = ""
	}
	ref := party.Ref{Name: called, LocalID: id, Scope: scope, Country: country}
	st.Records++
	if err := d.roster.Put(id, ref); err != nil {
		return "", err
	}
	return "", d.sink.Party(ref)
}

// isCompany reports whether a name has a legal form or speaks of a body; what else it may be is left open.
func isCompany(s string) bool {
	n := name.Parse(s, name.Unknown)
	return n.Kind == name.Org && !n.Firm || n.Body
}

// holding are the words for holding something in the column link of a relationship, by their beginning.
var holding = []string{"shareholder", "beneficial owner", "beneficiary", "owner", "ultimate beneficial owner",
	"member / shareholder", "member/shareholder", "principal beneficiary", "joint shareholder", "co-owner",
	"unit holder",
	"subscriber", "first beneficiary", "sole shareholder", "partner"}

func (d *decoder) edge(
	r ownership.TableRow, at record.Place, count map[string]int, st *record.Stats,
) (problem string, err error) {
	from, to := r.Get(starts...), r.Get(ends...)
	if from == "" || to == "" {
		return "the row names no two nodes", nil
	}
	link := strings.ToLower(strings.TrimSpace(r.Get("link", types[0], types[1], types[2])))
	word := strings.TrimSuffix(strings.ReplaceAll(link, "_", " "), " of")
	if !slices.ContainsFunc(holding, func(h string) bool { return strings.HasPrefix(word, h) }) {
		count[noteOther]++
		return "", nil
	}
	if d.person[d.roster.Key(from)] {
		count[noteEdges]++
		return "", nil
	}
	owner, known, err := d.roster.Get(from)
	if err != nil {
		return "", err
	}
	owned, also, err := d.roster.Get(to)
	if err != nil {
		return "", err
	}
	s := ownership.Statement{Place: at, Owner: owner, Owned: owned, Max: 1, Kind: word,
		Since: day(r.Get("start_date")), Until: day(r.Get("end_date"))}
	if !known || !also {
		count[noteUnknown]++
		if !also {
			return "", nil
		}
		// Somebody holds it, and no file given says who.
		s.Owner, s.Reason = party.Ref{LocalID: "not described/" + from, Scope: scope}, "node "+from+
			" is in no file given"
	}
	st.Records++
	return "", d.sink.Statement(s)
}

// day reads the forms of days in the tables; 02/01/2006 is not told from 01/02/2006 and left out.
func day(s string) record.Date {
	for _, layout := range []string{time.DateOnly, "02-Jan-2006", "Jan 02, 2006", "2-Jan-2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return record.DayOf(t.Year(), t.Month(), t.Day())
		}
	}
	return record.Date{}
}
