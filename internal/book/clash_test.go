package book

import (
	"fmt"
	"slices"
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// TestOneIDOfManyDealings: an id that is none ("TBD") leaves as many dealings as there are, however many bear it.
func TestOneIDOfManyDealings(t *testing.T) {
	named := func(name string) party.Ref { return party.Ref{Name: name, Scope: "register"} }
	many := func(n int) (rows []record.Record) {
		for i := range n {
			rows = append(rows, &record.Engagement{ID: "TBD", Kind: "sale", Seller: named(fmt.Sprintf("Mill %d", i)),
				Buyer: named(fmt.Sprintf("Quay %d", i))})
		}
		return rows
	}
	sold := func(seller, buyer string) *record.Engagement {
		return &record.Engagement{ID: "TBD", Kind: "sale", Seller: named(seller), Buyer: named(buyer)}
	}
	items := &record.Engagement{ID: "TBD", Kind: "sale", Items: []record.Item{{Text: "Flour"}}}
	for _, tt := range []struct {
		name string
		rows []record.Record
		want int
	}{
		{"one", many(1), 1},
		{"twenty thousand", many(20_000), 20_000},
		{"a chain of shared parties", []record.Record{sold("Mill", "Quay"), sold("Ferry", "Dock"),
			sold("Mill", "Dock")}, 1},
		{"names within names", []record.Record{sold("Mill", "Quay"), sold("Ferry", "Dock"), sold("Mill of the Valley",
			"Harbour")}, 2},
		{"a row of items before all others", []record.Record{items, sold("Mill", "Quay"), sold("Ferry", "Dock")}, 2},
		{"rows of items alone", []record.Record{items, items}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t)
			for _, r := range tt.rows {
				if err := b.Add(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.TieEngagements(t.Context()); err != nil {
				t.Fatal(err)
			}
			var n, ids int
			if err := b.DB().QueryRow("SELECT count(*), count(DISTINCT id) FROM engagement").Scan(&n, &ids); err != nil {
				t.Fatal(err)
			}
			if n != len(tt.rows) || ids != tt.want {
				t.Errorf("%d rows of %d engagements, want %d of %d", n, ids, len(tt.rows), tt.want)
			}
			respelt := b.Respelt()
			if several := slices.ContainsFunc(respelt, func(x Respelt) bool { return x.Several }); several != (tt.want > 1) {
				t.Errorf("the clash is noted: %v", several)
			}
		})
	}
}
