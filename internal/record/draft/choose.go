package draft

import (
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/record/table"
)

// A choice is one table that a file may be, with the source of each of its columns.
type choice struct {
	table string
	from  map[string]*source // by column
	score float64
	alone bool // the file has one column and nothing else
}

// How much is taken from the score of a table that a file can hardly be.
const (
	hardly   = 4.0
	nameHint = 2.0 // for a file whose name speaks of the table
	laterWay = 0.1 // for each concept that stands before the one used
)

// choices ranks the tables that a file may be, the likeliest first.
func choices(columns []*source, hint string) []choice {
	var out []choice
	for _, t := range table.Targets() {
		c := assign(t, columns)
		c.score -= hardly * c.lacking()
		if t == hint {
			c.score += nameHint
		}
		out = append(out, c)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].score > out[j].score })
	return out
}

// assign gives each column of a table the source that fits best; the best pair first.
func assign(t string, columns []*source) choice {
	type pair struct {
		to    target
		from  *source
		score float64
	}
	var pairs []pair
	for _, to := range targetsOf(t) {
		for _, s := range columns {
			best := 0.0
			if fold(s.heading) == fold(to.column) && !s.twice {
				best = ownName
			}
			for i, concept := range to.concepts {
				best = max(best, s.concepts[concept]*(1-laterWay*float64(i)))
			}
			if best >= leastPart {
				pairs = append(pairs, pair{to, s, best})
			}
		}
	}
	sort.SliceStable(pairs, func(i, j int) bool {
		a, b := pairs[i], pairs[j]
		if a.score != b.score {
			return a.score > b.score
		}
		return a.to.weight > b.to.weight
	})
	c := choice{table: t, from: map[string]*source{}, alone: len(columns) == 1}
	used := map[*source]bool{}
	for _, p := range pairs {
		if c.from[p.to.column] != nil || used[p.from] {
			continue
		}
		c.from[p.to.column], used[p.from] = p.from, true
		c.score += p.score * p.to.weight
	}
	return c
}

// needs lists for each table what a file of it has: one column of each group. What a draft can supply itself (the
// key of an engagement, the status of a listing) is not among it.
var needs = map[string][][]string{
	table.Engagements: {{"buyer", "seller", "end_user", "consignee"}, {"engagement_id", "value", "item", "quantity"}},
	table.Accounts:    {{"account_id"}, {"party_name", "end_user"}},
	table.Claims:      {{"about"}, {"text"}, {"source", "url", "published"}},
	table.Clauses:     {{"engagement_id"}, {"clause"}},
	table.Approvals:   {{"engagement_id", "party_name"}, {"kind"}, {"decided", "outcome"}},
	table.Support:     {{"party_name"}, {"hours"}, {"quarter"}},
	table.Events:      {{"kind"}, {"date"}, {"source", "url", "event_id"}},
	table.Ownership:   {{"owner"}, {"owned"}},
	table.List: {{"name"}, {"reason", "publisher", "url", "effect", "aliases", "status", "published",
		"identifiers", "country"}},
	table.Usage: {{"BillingAccountId", "SubAccountId"}, {"ChargePeriodStart"}, {"ServiceName", "SkuMeter"},
		{"ConsumedQuantity", "BilledCost"}},
}

// needs names what the table needs and no column gives: "owner or owner_id".
func (c choice) needs() (out []string) {
	if c.table == table.List && c.from["name"] != nil && c.alone {
		return nil
	}
	for _, any := range needsOf(c.table) {
		if !slices.ContainsFunc(any, func(column string) bool { return c.from[column] != nil }) {
			out = append(out, strings.Join(any, " or "))
		}
	}
	return out
}

// lacking counts the needs of the table that no column meets.
func (c choice) lacking() float64 {
	n := float64(len(c.needs()))
	// A claim is a statement: a reason for a listing is none by itself.
	if s := c.from["text"]; c.table == table.Claims && s != nil && s.concepts["statement"] < leastPart {
		n += 0.5
	}
	return n
}

// targetsOf returns the columns of a table with what they may hold. Those of a table that column.tsv does not
// name are tied to the concepts that columns of the same name have elsewhere.
func targetsOf(t string) []target {
	list := slices.Clone(words().targets[t])
	elsewhere := map[string][]string{}
	for _, other := range words().targets {
		for _, x := range other {
			if len(x.concepts) > len(elsewhere[x.column]) {
				elsewhere[x.column] = x.concepts
			}
		}
	}
	known := len(list) > 0
	for _, c := range table.ColumnsOf(t) {
		switch {
		case !known:
			list = append(list, target{t, c, elsewhere[c], 1})
		case !slices.ContainsFunc(list, func(x target) bool { return x.column == c }):
			list = append(list, target{t, c, nil, 1}) // by its own name alone
		}
	}
	return list
}

// needsOf returns the needs of a table; where none are written here, what a row of it cannot do without.
func needsOf(t string) [][]string {
	if n := needs[t]; n != nil {
		return n
	}
	return table.Needs(t)
}
