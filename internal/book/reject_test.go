package book

import (
	"slices"
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// TestTorn: a row that could not be used concerns those whom it names; what names nobody for certain may concern
// anybody.
func TestTorn(t *testing.T) {
	named := func(name string) party.Ref { return party.Ref{Name: name, Scope: "register"} }
	for _, tt := range []struct {
		name        string
		reject      record.Reject
		parties     []string
		engagements []string
		anybody     int64
	}{
		{"an order without its number", record.Reject{Kind: Engagements, Of: &record.Engagement{Seller: named("Mill"),
			Buyer:   named("Ferry Office"),
			EndUser: named("Coast Guard")}}, []string{"Ferry Office", "Coast Guard"}, nil, 0},
		{"an order of which the seller alone is read", record.Reject{Kind: Engagements, Of: &record.Engagement{
			Seller: named("Mill")}}, nil, nil, 1},
		{"a clause without a word", record.Reject{Kind: Clauses, Of: &record.Clause{Engagement: "K-1"}}, nil,
			[]string{"K-1"}, 0},
		{"an event without a day", record.Reject{Kind: Events, Of: &record.Event{About: named("Coast Guard")}},
			[]string{"Coast Guard"}, nil, 0},
		{"an event about nobody", record.Reject{Kind: Events, Of: &record.Event{}}, nil, nil, 1},
		{"cells out of place", record.Reject{Kind: Engagements, Cells: []string{"K-9", "sale", "ferry office ", "x"}},
			[]string{"Ferry Office"}, nil, 1},
		{"cells out of place that name an engagement", record.Reject{Kind: Approvals, Cells: []string{"k-1", "", "", "",
			""}}, nil, []string{"K-1"}, 1},
		{"cells out of place with a number", record.Reject{Kind: Claims, Cells: []string{"QT-1:2481"}},
			[]string{"Ferry Office"}, nil, 1},
		{"nothing", record.Reject{Kind: Engagements}, nil, nil, 1},
		{"a record all the same", record.Reject{Kind: Engagements, Cells: []string{"Ferry Office"}, Kept: true}, nil,
			nil, 0},
		{"another format", record.Reject{Kind: "ocds", Cells: []string{"Ferry Office"}}, nil, nil, 0},
		{"a statement without what is owned", record.Reject{Kind: Ownership, Of: &record.Ownership{
			Owner: named("Mill")}}, []string{"Mill"}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			office := named("Ferry Office")
			office.Identifiers = []party.Identifier{{Scheme: "QT-1", ID: "2481"}}
			if err := b.Add(&record.Engagement{ID: "K-1", Kind: "sale", Seller: named("Mill"), Buyer: office}); err != nil {
				t.Fatal(err)
			}
			b.Reject(tt.reject)
			torn, err := b.Torn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var parties, engagements []string
			mentions := b.Mentions()
			for _, x := range torn {
				for _, m := range x.Mentions {
					parties = append(parties, mentions[m].Ref.Name)
				}
				engagements = append(engagements, x.Engagements...)
			}
			if tt.reject.Kind == "ocds" && b.Unplaced(Engagements) != 1 {
				t.Errorf("%d records of other formats, want 1", b.Unplaced(Engagements))
			}
			if n := b.Rejected(tt.reject.Kind); !slices.Equal(parties, tt.parties) || !slices.Equal(engagements,
				tt.engagements) || n != tt.anybody {
				t.Errorf("parties %q, engagements %q, %d rows that may concern anybody", parties, engagements, n)
			}
		})
	}
}

// TestNamelessRows: a row about a number that identifies nobody, without a name, may be about anybody.
func TestNamelessRows(t *testing.T) {
	for _, tt := range []struct {
		name string
		ref  party.Ref
		want int64
	}{
		{"a number of equal digits", party.Ref{Identifiers: []party.Identifier{{Scheme: "QT-GOV", ID: "4444"}}}, 1},
		{"a number", party.Ref{Identifiers: []party.Identifier{{Scheme: "QT-GOV", ID: "4831"}}}, 0},
		{"such a number and a name", party.Ref{Name: "Mill", Identifiers: []party.Identifier{
			{Scheme: "QT-GOV", ID: "4444"}}}, 0},
		{"the register's own key", party.Ref{LocalID: "4444"}, 0},
		{"an event of context, about nobody", party.Ref{}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			if err := b.Add(&record.Event{Kind: "inquiry", About: tt.ref}); err != nil {
				t.Fatal(err)
			}
			if got := b.Rejected(Events); got != tt.want {
				t.Errorf("%d rows that may be about anybody, want %d", got, tt.want)
			}
		})
	}
}
