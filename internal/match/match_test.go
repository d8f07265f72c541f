package match

import (
	"testing"

	"plimsoll/internal/list"
)

func TestSearchFindsAnEqualName(t *testing.T) {
	ix := Build([]*list.List{{ID: "x", Entries: []list.Entry{{ID: "1", Names: []list.Name{{Text: "Harbour Lantern Optics Ltd"}}}}}})
	hits := ix.Search(Query{Name: "HARBOUR LANTERN OPTICS LIMITED"}, 5, Threshold)
	if len(hits) != 1 || hits[0].Score < 0.95 {
		t.Fatalf("Search = %+v, want one hit of at least 0.95", hits)
	}
}
