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
	partNumber
	partForm
	partAbroad
	partRegisters
	partOwn
	partState
	partNamesakes
	partOthers
	partSlips
	partKeys
	partOnly
	partAlone
	parts
)

var partWords = [parts]string{"prior", "name", "country", "country as written", "address",
	"number without its register", "legal form",
	"legal form and country", "registers of two countries", "own tables", "state in one name only", "namesakes",
	"another legal form among namesakes", "more than one letter", "own keys of two kinds",
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

// alike reports whether two names are the same and no legal form speaks against it.
func (e *tie) alike() bool {
	return e.score >= exactLike && e.part[partForm] >= 0 && e.part[partAbroad] >= 0
}

// A pair is two groups with near names, as they are weighed.
type pair struct {
	tie
	g, o   *group
	x, y   *text
	l      *likeness
	agreed []string // countries, when both are known and the same
	own    bool     // both stand in the company's own tables
	known  map[string]*namesakes
}

// A pieceRule gives what one thing weighs that is known of a pair, 0 for nothing.
type pieceRule struct {
	part int
	bits func(p *pair) float64
}

// pieceRules are asked in order; later ones see what earlier ones gave.
var pieceRules = []pieceRule{
	{partPrior, func(*pair) float64 { return priorBits }},
	{partName, func(p *pair) float64 { return p.l.bits }},
	{partCountry, func(p *pair) float64 { return when(p.agreed != nil, countryBits) }},
	{partPlace, func(p *pair) float64 { return when(p.agreed == nil && overlap(p.g.places, p.o.places), placeBits) }},
	{partAddress, func(p *pair) float64 { return when(overlap(p.g.addresses, p.o.addresses), addressBits) }},
	{partNumber, func(p *pair) float64 { return when(bareNumber(p.g, p.o) || bareNumber(p.o, p.g), bareNumberBits) }},
	{partForm, (*pair).forms},
	{partAbroad, func(p *pair) float64 { return when(strange(p.x, p.o) || strange(p.y, p.g), abroadBits) }},
	{partRegisters, func(p *pair) float64 {
		return when(p.x.core != p.y.core && len(p.g.registers) > 0 && len(p.o.registers) > 0 && !overlap(p.g.registers,
			p.o.registers), registersBits)
	}},
	{partOwn, func(p *pair) float64 { return when(p.flags&flagSpelling != 0 && p.own, ownBits) }},
	{partState, func(p *pair) float64 {
		s := p.l.state
		return when(s != "" && !slices.Contains(p.g.countries, s) && !slices.Contains(p.o.countries, s), stateBits)
	}},
	{partNamesakes, func(p *pair) float64 { return p.namesakesOf(p.x.core) }},
	{partNamesakes, func(p *pair) float64 {
		if p.x.core == p.y.core {
			return 0
		}
		return p.namesakesOf(p.y.core)
	}},
	{partOthers, func(p *pair) float64 { return when(p.otherForm() && p.part[partNamesakes] < 0, othersBits) }},
	{partSlips, func(p *pair) float64 { return when(p.l.slips > 1, slipsBits) }},
	{partKeys, func(p *pair) float64 {
		return when(len(p.g.locals) > 0 && len(p.o.locals) > 0 && !overlap(p.g.locals, p.o.locals), keysBits)
	}},
	// One name in the company's own tables, with details once and with none the other time, and no other party of that
	// name on record.
	{partOnly, func(p *pair) float64 {
		only := p.bits < sameBits && p.part[partOwn] > 0 && p.g.bare() != p.o.bare() && p.part[partNamesakes] == 0 &&
			p.part[partAbroad] == 0 && !p.x.many() && p.known[p.x.core].one()
		return when(only, sameBits-p.bits)
	}},
	// One name, nothing against it, and no namesake is known: too little to join, and nobody may take it for two
	// parties without a word.
	{partAlone, func(p *pair) float64 {
		alone := p.bits < possibleBits && p.l.score >= exactLike && p.part[partNamesakes] == 0 &&
			p.part[partForm] >= 0 &&
			p.part[partAbroad] == 0 && p.part[partRegisters] == 0
		return when(alone, possibleBits-p.bits)
	}},
}

// A capRule says when a pair is possible at most, whatever it weighs.
type capRule struct {
	what string
	when func(p *pair) bool
}

var capRules = []capRule{
	{"countries in two spellings that are not known", func(p *pair) bool {
		return p.agreed == nil && len(p.g.places) > 0 && len(p.o.places) > 0 && p.part[partPlace] == 0
	}},
	{"a slip, and something else beside it", func(p *pair) bool {
		return p.near() &&
			(p.otherForm() || p.l.slips > 1)
	}},
	{"legal forms of two classes", func(p *pair) bool { return p.part[partForm] <= classBits }},
	{"a word more in one name", func(p *pair) bool { return p.near() && p.x.wider(p.y) }},
	{"any of the namesakes may be meant", func(p *pair) bool {
		return p.part[partNamesakes] < 0 && p.agreed == nil && (p.near() || p.usual())
	}},
	{"usual words in two spellings, and nothing beside them", func(p *pair) bool {
		return p.usual() && p.flags&flagSpelling == 0 && p.agreed == nil && p.part[partAddress] == 0 &&
			p.part[partOwn] == 0 && p.part[partPlace] == 0
	}},
}

// when returns bits if ok, else 0.
func when(ok bool, bits float64) float64 {
	if ok {
		return bits
	}
	return 0
}

func (p *pair) near() bool      { return p.l.score < exactLike }
func (p *pair) usual() bool     { return p.x.usual || p.y.usual }
func (p *pair) otherForm() bool { return p.part[partForm] < 0 || p.part[partAbroad] < 0 }

// namesakesOf returns what the known bearers of a name take from its evidence.
func (p *pair) namesakesOf(core string) float64 {
	n := p.known[core]
	if n == nil || p.part[partAddress] != 0 {
		return 0
	}
	if s := n.spread(p.agreed); s > 1 {
		return -math.Log2(s)
	}
	return 0
}

// weigh adds up what speaks for the groups of two mentions with near names.
func (r *resolver) weigh(i, j int32, a, b *text, l *likeness, known map[string]*namesakes) tie {
	if i > j {
		i, j, a, b = j, i, b, a
	}
	p := pair{tie: tie{a: i, b: j, score: l.score}, g: r.group(i), o: r.group(j), x: a, y: b, l: l, known: known,
		own: r.m[i].Ref.Scope == Own && r.m[j].Ref.Scope == Own}
	if r.spelt[i] == r.spelt[j] {
		p.flags |= flagSpelling
	}
	if overlap(p.g.countries, p.o.countries) {
		p.agreed = p.g.countries
	}
	for k := range pieceRules {
		p.put(pieceRules[k].part, pieceRules[k].bits(&p))
	}
	for k := range capRules {
		if capRules[k].when(&p) {
			p.flags |= flagMost
		}
	}
	p.bits = math.Round(p.bits*10) / 10
	return p.tie
}

// forms weighs the legal forms: one form speaks for one party, two forms against it.
func (p *pair) forms() float64 {
	a, b := p.x, p.y
	switch {
	case len(a.forms) == 0 || len(b.forms) == 0:
		return 0
	case slices.ContainsFunc(a.forms, func(row uint16) bool { return slices.Contains(b.forms, row) }):
		return formBits
	case compatible(a.legal, b.legal) && (a.abroad == nil || b.abroad == nil):
		return formsBits // one may be the other in English
	}
	return classBits
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

// Usual reports whether the name of a link is one that many parties bear: it is little evidence by itself.
func (l *Link) Usual() bool {
	for _, p := range l.Evidence {
		if p.What == partWords[partName] {
			return p.Bits < generalName
		}
	}
	return false
}

// speaksAgainst are the pieces that speak against a pair by themselves, and how a sentence says it.
var speaksAgainst = map[string]string{
	partWords[partForm]: "the legal forms differ", partWords[partAbroad]: "the country does not know the legal form",
	partWords[partRegisters]: "registers of two countries", partWords[partSlips]: "more than one letter differs",
	partWords[partKeys]: "keys of two kinds",
}

// Against says in a phrase what speaks against a link, or "".
func (l *Link) Against() string {
	for _, p := range l.Evidence {
		if why := speaksAgainst[p.What]; why != "" && p.Bits < 0 {
			return why
		}
	}
	return ""
}

func (e *tie) link(rule Rule, answer Answer) Link {
	return Link{Left: int(e.b), Right: int(e.a), Rule: rule, Answer: answer, Agree: e.agree(), Weight: e.bits,
		Evidence: e.pieces(),
		Rivals:   e.flags&flagRivals != 0}
}
