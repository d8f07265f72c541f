package match

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// An Asked is what a caller knows of a party, as text: a row of a table, a form, a question at the door. Several
// values of a field other than Name and Address are separated by ";". All callers read it through [Asked.Query], so
// that the same question has the same answer wherever it is put.
type Asked struct {
	Name, Aliases   string
	Kind            string // as [party.KindOf] reads it
	Country         string
	Identifiers     string // SCHEME:NUMBER
	Dates           string // birth, incorporation or building: a year or a day
	Address, Father string
	Gender          string
}

// Query returns the query that a asks.
func (a Asked) Query() Query {
	q := Query{Name: strings.TrimSpace(a.Name), Aliases: list.AddTo(nil, strings.Split(a.Aliases, ";")...),
		Kind:    party.KindOf(a.Kind),
		Country: strings.TrimSpace(a.Country), Dates: list.AddTo(nil, strings.Split(a.Dates, ";")...),
		Addresses: list.AddTo(nil, a.Address),
		Father:    strings.TrimSpace(a.Father), Gender: strings.TrimSpace(a.Gender)}
	for text := range strings.SplitSeq(a.Identifiers, ";") {
		if id := party.ParseIdentifier(text); !id.Empty() && !slices.Contains(q.Identifiers, id) {
			q.Identifiers = append(q.Identifiers, id)
		}
	}
	return q
}

// Other is another party that the text of a name speaks of ("on behalf of X"), as a query of its own: nothing but a
// name is known of it.
type Other struct {
	name.Part
	Query Query
}

// Why returns the reason of a hit on the other party, as it stands beside those on the party itself.
func (o Other) Why(why string) string {
	return strings.TrimSuffix(fmt.Sprintf("the name speaks of %s (%s); %s", o.Text, o.Role, why), "; ")
}

// Others returns the other parties that the names of q speak of, each once.
func (q *Query) Others() []Other {
	var out []Other
	for _, text := range append([]string{q.Name}, q.Aliases...) {
		for _, p := range name.Others(text) {
			if !slices.ContainsFunc(out, func(o Other) bool { return o.Text == p.Text }) {
				o := Other{p, Query{Name: p.Text, Judgements: q.Judgements, AsOf: q.AsOf}}
				if p.Role == name.Joint {
					o.Query.Kind = party.Organization // no ship is a member of a consortium
				}
				out = append(out, o)
			}
		}
	}
	return out
}
