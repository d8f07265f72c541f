package resolve

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plimsoll/internal/name"
)

// A tie is what speaks for two groups being one, piece by piece.
type tie struct {
	a, b  int32 // mentions, the lower first
	bits  float64
	score float64
	part  [parts]float32
	flags uint8
}

// The pieces of a weight.
const (
	partPrior = iota
	partName
	partCountry
	partPlace
	partAddress
	partForm
	partAbroad
	partRegisters
	partOwn
	partState
	partNamesakes
	partOthers
	partSlips
	partOnly
	partAlone
	parts
)

var partWords = [parts]string{"prior", "name", "country", "country as written", "address", "legal form",
	"legal form and country", "registers of two countries", "own tables", "state in one name only", "namesakes",
	"another legal form among namesakes", "more than one letter",
	"only party of the name", "no namesake known"}

const (
	flagSpelling uint8 = 1 << iota // written alike but for case and spaces
	flagMost                       // "possible" at most: what would contradict is not known
	flagRivals                     // more than one party fits
)

func (e *tie) put(part int, bits float64) {
	e.part[part] += float32(bits)
	e.bits += bits
}

// namesakes counts, for a name without its legal form and places, the countries and numbers
// under which the records know it.
type namesakes struct {
	stated    map[string]bool            // countries, known or not, as the records have them
	countries map[string]bool            // known countries
	numbers   map[string]map[string]bool // country → scheme and number
}

// spread returns how many parties of a name are known at least: beyond the pair's country, or
// in it when they agree on it.
func (n *namesakes) spread(countries []string) float64 {
	if len(countries) > 0 {
		most := 1
		for _, c := range countries {
			most = max(most, len(n.numbers[c]))
		}
		return float64(most)
	}
	sum := 0
	for c := range n.countries {
		sum += max(1, len(n.numbers[c]))
	}
	return float64(max(1, sum))
}

// one reports whether the records place the bearers of a name in one country at most.
func (n *namesakes) one() bool { return n == nil || len(n.stated) < 2 }

// namesakes finds what the records know of the bearers of each core that more than one party bears, or one in more
// than one country; nil stands for the others.
func (r *resolver) namesakes(texts []text, of []int32) map[string]*namesakes {
	out := map[string]*namesakes{}
	bearers := map[string]int32{}
	for pass := range 2 {
		r.bearers(texts, of, func(core string, g *group) {
			switch {
			case pass == 0:
				bearers[core] += int32(min(2, len(g.countries)+len(g.places)))
			case bearers[core] > 1:
				out[core] = out[core].with(g)
			}
		})
	}
	return out
}

// bearers calls visit for each party so far whose name has a core and whose country or place is stated.
func (r *resolver) bearers(texts []text, of []int32, visit func(core string, g *group)) {
	for i := range r.m {
		if of[i] < 0 || r.find(int32(i)) != int32(i) { // roots hold what is known of a party before names join anything
			continue
		}
		g := &r.groups[i]
		if core := texts[of[i]].core; core != "" && len(g.countries)+len(g.places) > 0 {
			visit(core, g)
		}
	}
}

// with adds what is known of one party; n may be nil.
func (n *namesakes) with(g *group) *namesakes {
	if n == nil {
		n = &namesakes{stated: map[string]bool{}, countries: map[string]bool{}, numbers: map[string]map[string]bool{}}
	}
	for _, c := range slices.Concat(g.countries, g.places) {
		n.stated[c] = true
	}
	if len(g.countries) == 0 {
		return n
	}
	c := g.countries[0]
	n.countries[c] = true
	for _, id := range g.ids[:min(1, len(g.ids))] {
		if n.numbers[c] == nil {
			n.numbers[c] = map[string]bool{}
		}
		n.numbers[c][id.String()] = true
	}
	return n
}

// weigh adds up what speaks for the groups of two mentions with near names.
func (r *resolver) weigh(i, j int32, a, b *text, l *likeness, known map[string]*namesakes) tie {
	i, j = min(i, j), max(i, j)
	g, o := r.group(i), r.group(j)
	e := tie{a: i, b: j, score: l.score}
	e.put(partPrior, priorBits)
	e.put(partName, l.bits)
	if spelling(r.m[i].Ref.Name) == spelling(r.m[j].Ref.Name) {
		e.flags |= flagSpelling
	}
	var agreed []string
	switch {
	case overlap(g.countries, o.countries):
		agreed = g.countries
		e.put(partCountry, countryBits)
	case overlap(g.places, o.places):
		e.put(partPlace, placeBits)
	case len(g.places) > 0 && len(o.places) > 0:
		e.flags |= flagMost
	}
	if overlap(g.addresses, o.addresses) {
		e.put(partAddress, addressBits)
	}
	e.forms(a, b, g, o)
	if a.core != b.core && len(g.registers) > 0 && len(o.registers) > 0 && !overlap(g.registers, o.registers) {
		e.put(partRegisters, registersBits)
	}
	if e.flags&flagSpelling != 0 && r.m[i].Ref.Scope == Own && r.m[j].Ref.Scope == Own {
		e.put(partOwn, ownBits)
	}
	if l.state != "" && !slices.Contains(g.countries, l.state) && !slices.Contains(o.countries, l.state) {
		e.put(partState, stateBits)
	}
	for _, core := range []string{a.core, b.core} {
		if n := known[core]; n != nil && e.part[partAddress] == 0 {
			if s := n.spread(agreed); s > 1 {
				e.put(partNamesakes, -math.Log2(s))
			}
		}
		if a.core == b.core {
			break
		}
	}
	near := l.score < exactLike
	otherForm := e.part[partForm] < 0 || e.part[partAbroad] < 0
	if otherForm && e.part[partNamesakes] < 0 {
		e.put(partOthers, othersBits)
	}
	if l.slips > 1 {
		e.put(partSlips, slipsBits)
	}
	usual := a.usual || b.usual
	switch {
	case near && (otherForm || l.slips > 1): // a slip, and something else beside it
		e.flags |= flagMost
	case e.part[partNamesakes] < 0 && agreed == nil && (near || usual): // any of the namesakes may be meant
		e.flags |= flagMost
	case usual && e.flags&flagSpelling == 0 && agreed == nil && e.part[partAddress] == 0 && e.part[partOwn] == 0 && e.part[partPlace] == 0:
		e.flags |= flagMost
	}
	// One name in the company's own tables, with details once and with none the other time, and no other party of that name
	// on record.
	if e.bits < sameBits && e.part[partOwn] > 0 && g.bare() != o.bare() && e.part[partNamesakes] == 0 && e.part[partAbroad] == 0 &&
		!a.many() && known[a.core].one() {
		e.put(partOnly, sameBits-e.bits)
	}
	// One name, nothing against it, and no namesake is known: too little to join, and nobody may take it for two parties
	// without a word.
	if e.bits < possibleBits && l.score >= exactLike && e.part[partNamesakes] == 0 && e.part[partForm] >= 0 && e.part[partAbroad] == 0 &&
		e.part[partRegisters] == 0 {
		e.put(partAlone, possibleBits-e.bits)
	}
	e.bits = math.Round(e.bits*10) / 10
	return e
}

// forms weighs the legal forms: one form speaks for one party, two forms against it, and one
// that the law of the other's country does not know as well.
func (e *tie) forms(a, b *text, g, o *group) {
	switch {
	case len(a.forms) == 0 || len(b.forms) == 0:
	case slices.ContainsFunc(a.forms, func(row uint16) bool { return slices.Contains(b.forms, row) }):
		e.put(partForm, formBits)
	case compatible(a.legal, b.legal) && (a.abroad == nil || b.abroad == nil):
		e.put(partForm, formsBits) // one may be the other in English
	default:
		e.put(partForm, classBits)
	}
	if strange(a, o) || strange(b, g) {
		e.put(partAbroad, abroadBits)
	}
}

func compatible(a, b name.Legal) bool { return a == 0 || b == 0 || a&b != 0 || (a|b)&name.CORP != 0 }

// strange reports whether the legal form of a name is unknown to the law of every country
// that is known of a group.
func strange(t *text, g *group) bool {
	if len(t.abroad) == 0 || len(g.countries) == 0 {
		return false
	}
	return !overlap(t.abroad, g.countries)
}

// spelling is the name as written, without case and repeated spaces.
func spelling(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// agree lists in words what agrees.
func (e *tie) agree() []string {
	var out []string
	switch {
	case e.flags&flagSpelling != 0:
		out = append(out, "spelling")
	case e.score >= exactLike:
		out = append(out, "name")
	default:
		out = append(out, fmt.Sprintf("name nearly (%.2f)", e.score))
	}
	for p := partCountry; p < partAlone; p++ {
		if e.part[p] > 0 {
			out = append(out, partWords[p])
		}
	}
	if e.part[partState] < 0 {
		out = append(out, partWords[partState])
	}
	if e.flags&flagRivals != 0 {
		out = append(out, "more than one party fits")
	}
	return out
}

// pieces lists what the weight is made of.
func (e *tie) pieces() []Piece {
	var out []Piece
	for p, bits := range e.part {
		if bits != 0 {
			out = append(out, Piece{partWords[p], float64(bits)})
		}
	}
	return out
}

func (e *tie) link(rule Rule, answer Answer) Link {
	return Link{Left: int(e.b), Right: int(e.a), Rule: rule, Answer: answer, Agree: e.agree(), Weight: e.bits, Evidence: e.pieces(),
		Rivals: e.flags&flagRivals != 0}
}
