package app

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A rateLine says how often names of one script and kind hit an entry that nothing but the name speaks for.
type rateLine struct {
	Script string `json:"script"`
	Kind   string `json:"kind"`
	Names  int    `json:"names"`
	Hit    int    `json:"hit"` // names that hit, of which nobody knows that they are meant
	// names that share a number with an entry, or that a reviewer called the same
	Same    int            `json:"same,omitempty"`
	Rate    float64        `json:"rate"`             // hit among the names that are not the same
	Low     float64        `json:"low"`              // bounds of the rate, with 95 percent confidence
	High    float64        `json:"high"`             //
	Grades  map[string]int `json:"grades,omitempty"` // names that hit, by the letter of their best grade
	Samples []rateSample   `json:"samples,omitempty"`
}

// A rateSample is one of the names that hit.
type rateSample struct {
	Row   int     `json:"row,omitempty"`
	Name  string  `json:"name"`
	Entry string  `json:"entry"`
	Score float64 `json:"score"`
	Grade string  `json:"grade"`
}

// rateSamples is how many names that hit a line shows.
const rateSamples = 3

// rates counts screened names by script and kind. Not for concurrent use.
type rates struct {
	lines  map[[2]string]*rateLine
	all    rateLine
	unread int // rows without a name, or that could not be read
}

func newRates() *rates {
	return &rates{lines: map[[2]string]*rateLine{}, all: rateLine{Script: "all", Kind: "all"}}
}

func (r *rates) add(x screened, kind party.Kind) {
	if x.Error != "" || x.Name == "" {
		r.unread++
		return
	}
	k := [2]string{scriptOf(x.Name), kindLabel(x.Name, kind)}
	l := r.lines[k]
	if l == nil {
		l = &rateLine{Script: k[0], Kind: k[1]}
		r.lines[k] = l
	}
	l.add(x)
	r.all.add(x)
}

func (l *rateLine) add(x screened) {
	l.Names++
	if len(x.Hits) == 0 {
		return
	}
	best := x.Hits[0]
	for _, h := range x.Hits {
		if strings.HasPrefix(h.Grade, "A") { // a number is shared, or a reviewer said so
			l.Same++
			return
		}
		if h.Grade < best.Grade {
			best = h
		}
	}
	l.Hit++
	if l.Grades == nil {
		l.Grades = map[string]int{}
	}
	l.Grades[best.Grade[:min(1, len(best.Grade))]]++
	if len(l.Samples) < rateSamples {
		l.Samples = append(l.Samples, rateSample{x.Row, x.Name, best.Name, best.Score, best.Grade})
	}
}

// settle works out the rate and its bounds.
func (l *rateLine) settle() {
	of := l.Names - l.Same
	if of == 0 {
		l.High = 1
		return
	}
	l.Rate = round(float64(l.Hit) / float64(of))
	low, high := wilson(l.Hit, of)
	l.Low, l.High = round(low), round(high)
}

// z95 is the point that 97.5 percent of the normal distribution lie below.
const z95 = 1.959964

// wilson returns the 95 percent interval of a share (E. B. Wilson, Journal of the American Statistical Association 22,
// 1927), which holds for small numbers and for none too.
func wilson(hit, of int) (low, high float64) {
	n, p := float64(of), float64(hit)/float64(of)
	middle := p + z95*z95/(2*n)
	wide := z95 * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	scale := 1 + z95*z95/n
	return max(0, (middle-wide)/scale), min(1, (middle+wide)/scale)
}

// write writes a line for each script and kind, and one for all.
func (r *rates) write(out, said io.Writer) error {
	r.all.settle()
	lines := make([]*rateLine, 0, len(r.lines))
	for _, l := range r.lines {
		l.settle()
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b *rateLine) int {
		return cmp.Or(cmp.Compare(b.Names, a.Names), cmp.Compare(a.Script, b.Script), cmp.Compare(a.Kind, b.Kind))
	})
	r.all.Samples = nil
	for _, l := range append(lines, &r.all) {
		if err := writeJSON(out, l); err != nil {
			return err
		}
	}
	fmt.Fprintf(said, "%d of %d names hit an entry of which nothing but the name speaks (%s; %s to %s with 95 %% "+
		"confidence).\n",
		r.all.Hit, r.all.Names-r.all.Same, percent(r.all.Rate), percent(r.all.Low), percent(r.all.High))
	if r.unread > 0 {
		fmt.Fprintf(said, "Rows without a name, or that could not be read: %d. Nothing is known of them.\n", r.unread)
	}
	for _, l := range lines {
		switch {
		case l.Low > r.all.High:
			fmt.Fprintf(said, "Names in %s script, kind %s, hit more often than all: %s of %d.\n", l.Script, l.Kind,
				percent(l.Rate), l.Names-l.Same)
		case l.High < r.all.Low:
			fmt.Fprintf(said, "Names in %s script, kind %s, hit less often than all: %s of %d.\n", l.Script, l.Kind,
				percent(l.Rate), l.Names-l.Same)
		}
	}
	return nil
}

func percent(v float64) string { return fmt.Sprintf("%.2f %%", v*100) }

// scriptOf is the script of most letters of a name (Unicode Standard Annex 24), "none" for a name without letters.
func scriptOf(s string) string {
	n := map[string]int{}
	for _, c := range s {
		if !unicode.IsLetter(c) {
			continue
		}
		if unicode.Is(unicode.Latin, c) {
			n["Latin"]++
			continue
		}
		for script, table := range unicode.Scripts {
			if unicode.Is(table, c) {
				n[script]++
				break
			}
		}
	}
	best, most := "none", 0
	for script, count := range n {
		if count > most || count == most && script < best {
			best, most = script, count
		}
	}
	return best
}

// kindLabel is the kind that the file states, or the one that the name reads like.
func kindLabel(s string, stated party.Kind) string {
	if stated != party.Unknown {
		return string(stated)
	}
	switch name.Parse(s, name.Unknown).Kind {
	case name.Person:
		return string(party.Person)
	case name.Org:
		return string(party.Organization)
	case name.Vessel:
		return string(party.Vessel)
	}
	return "not told"
}
