package signal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/record"
)

// A ListedPlace is a row of a register of places that the user gives.
type ListedPlace struct {
	record.Listed

	names []string // folded, with its aliases
	after bool     // on the list only after the day of the review, or no longer
}

// The kind of row whose words are those of a use, and not of a place.
const listedUse = "end_use"

func (run *Run) preparePlaces() {
	for i := range run.in.Places {
		p := &run.in.Places[i]
		p.names = foldings(append([]string{p.Name}, p.Aliases...)...)
		p.after = p.Since.Known() && p.Since.Time.After(run.in.AsOf) ||
			p.Until.Known() && p.Until.Last().Time.Before(run.in.AsOf.Truncate(24*time.Hour))
	}
}

// foldings are texts in their own letters and in Latin ones, without those that are empty.
func foldings(texts ...string) (out []string) {
	for _, t := range texts {
		for _, f := range []string{book.PlainWords(t), name.Fold(t)} {
			if f != "" && !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// placeFacts say whether an engagement goes to a place, or is for a use, that the user wants looked at. The records
// must say where it goes, or that it goes to a state in which no place of the register lies: an end use that nobody
// states is not clear.
func (run *Run) placeFacts(f *Facts, e *engagement, now version, lacks func(string) bool) {
	if run.in.Places == nil {
		run.put(f, lacks, cell{name: "engagement.place_listed"})
		run.put(f, lacks, cell{name: "engagement.place_words"})
		return
	}
	texts := foldings(now.delivery, now.endUse, now.destination)
	for _, v := range e.versions {
		for _, it := range v.items {
			texts = append(texts, foldings(it.text)...)
		}
	}
	var said []string
	var gaps []Gap
	for i := range run.in.Places {
		p := &run.in.Places[i]
		if p.after {
			continue
		}
		named := slices.ContainsFunc(texts, func(t string) bool {
			return slices.ContainsFunc(p.names, func(n string) bool { return holdsWords(t, n) })
		})
		lies, gap := run.liesIn(p, now, texts)
		switch {
		case named && lies:
			said = append(said, p.words())
			f.Rows = append(f.Rows, Row{Signal: "engagement.place", Source: p.Source, At: p.At, Says: p.words()})
		case named && gap != nil: // the name is there, and perhaps that of another place
			gaps = append(gaps, *gap)
		case !named && (lies || gap != nil):
			gaps = append(gaps, run.unstatedPlace(p, now, lacks)...)
		}
	}
	if run.in.PlacesLost > 0 {
		gaps = append(gaps, Gap{Reason: RowRejected, Column: "places.place", Rows: int64(run.in.PlacesLost)})
	}
	if run.in.PlacesCut != "" {
		gaps = append(gaps, Gap{Reason: ColumnAbsent, Column: "places.place", What: run.in.PlacesCut})
	}
	at, words := cell{name: "engagement.place_listed", value: true}, cell{name: "engagement.place_words",
		value: listed(said)}
	if len(said) == 0 {
		at.value = false
		if at.gaps = joinGaps(gaps); len(gaps) > 0 {
			at.value, words.value, words.gaps = nil, nil, at.gaps
		}
	}
	run.put(f, nil, at)
	run.put(f, nil, words)
}

// liesIn reports whether an engagement may go to the state or part that a listed place lies in. A gap says that nothing
// tells where it goes, or that its words are not understood.
func (run *Run) liesIn(p *ListedPlace, now version, texts []string) (bool, *Gap) {
	if p.Kind == listedUse || p.PartOf == "" {
		return true, nil
	}
	for _, part := range foldings(strings.Split(p.PartOf, ",")...) {
		if slices.ContainsFunc(texts, func(t string) bool { return holdsWords(t, part) }) {
			return true, nil
		}
	}
	if now.destination == "" {
		return false, run.wantingPlace("engagements.destination", p)
	}
	same, gap := samePlace(p.PartOf, now.destination)
	if same || gap != nil && gap.Reason == Unstated {
		return true, nil // it goes to the state in which the place lies
	}
	state, there := p.PartOf, list.Country(now.destination)
	if i := strings.LastIndexByte(state, ','); i > 0 {
		state = strings.TrimSpace(state[i+1:])
	}
	if home := list.Country(state); home == "" || there == "" { // words that no table of states holds
		if holdsWords(book.PlainWords(state), book.PlainWords(now.destination)) {
			return true, nil // "Republic of X" and "X"; the other way round was seen above
		}
		return false, &Gap{Reason: WordUnknown, Column: "engagements.destination", What: state + " / " +
			now.destination, Rows: 1}
	}
	return false, nil
}

func (run *Run) wantingPlace(column string, p *ListedPlace) *Gap {
	g := run.wanting(column, p.Name)
	return &g
}

// unstatedPlace is why it is not known whether an engagement goes to a listed place, or is for a listed use, that it
// does not name.
func (run *Run) unstatedPlace(p *ListedPlace, now version, lacks func(string) bool) []Gap {
	column, text := "engagements.delivery_place", now.delivery
	if p.Kind == listedUse {
		column, text = "engagements.end_use", now.endUse
	}
	if text != "" {
		return nil
	}
	g := Gap{Reason: CellEmpty, Column: column, Rows: 1}
	if !run.Has(column) || lacks(column) {
		g.Reason, g.Rows = ColumnAbsent, 0
	}
	return []Gap{g}
}

// words are a listed place with who lists it.
func (p *ListedPlace) words() string {
	by := ""
	if p.List != "" {
		by = fmt.Sprintf("on the list “%s”", clip(p.List))
	}
	if p.Publisher != "" {
		by = strings.TrimSpace(by + " of " + p.Publisher)
	}
	if by == "" {
		by = "in the register of places"
	}
	return fmt.Sprintf("“%s” stands %s", clip(p.Name), by)
}
