package match_test

import (
	"fmt"

	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
)

// A list of one company is searched for a name as a contract writes it.
func ExampleIndex_Search() {
	e := list.Entry{ID: "7", Kind: party.Organization, Countries: []string{"Ostre"}}
	e.AddName("Delta Optronics Trading FZE", "primary", false)
	watch := &list.List{ID: "watch", Entries: []list.Entry{e}}

	ix := match.Build([]*list.List{watch})
	q := match.Query{Name: "DELTA OPTRONICS TRADING (in liquidation)", Kind: party.Organization}
	for _, h := range ix.Search(q, 5, match.Threshold) {
		fmt.Println(watch.Entries[h.Entry].ID, h.Name)
	}
	for _, h := range ix.Search(match.Query{Name: "Harbour Bakery Ltd"}, 5, match.Threshold) {
		fmt.Println("unexpected:", h.Name)
	}
	// Output: 7 Delta Optronics Trading FZE
}
