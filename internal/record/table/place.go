package table

import (
	"strings"

	"plimsoll/internal/record"
)

// Places is the table of places, and of uses, that a user wants looked at.
const Places = "places"

// The words of places.kind.
const (
	KindPlace  = "place"
	KindEndUse = "end_use"
)

var placeKind = vocabularies["places.kind"]

// isPlaces reports whether a header is that of a table of places: a place, and the list or publisher that names it.
func isPlaces(one func(...string) bool) bool {
	return one("place") && one("list", "publisher") && !one("name", "about", "hours")
}

func (b *binder) listedPlace() func(*row) record.Record {
	place, aliases, kind, part := b.need("place"), b.need("aliases"), b.need("kind"), b.need("part_of")
	list, publisher, url := b.need("list"), b.need("publisher"), b.need("url")
	since, until := b.need("since"), b.need("until")
	return func(r *row) record.Record {
		p := &record.Listed{Place: r.place, Name: r.must(place), PartOf: r.text(part), Kind: r.word(kind, placeKind),
			List:      r.text(list),
			Publisher: r.text(publisher), URL: r.text(url), Since: r.date(since), Until: r.date(until), Lacks: b.lacks}
		for a := range strings.SplitSeq(r.text(aliases), ";") {
			if a = strings.TrimSpace(a); a != "" {
				p.Aliases = append(p.Aliases, a)
			}
		}
		return p
	}
}
