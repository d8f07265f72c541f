package world

import (
	"fmt"
	"math/rand/v2"
)

// Syllables of what is invented. No state, body, company or language is real; a test
// compares the states and languages with those that are.
var (
	stateFront = []string{"Ostr", "Kelm", "Vard", "Mirn", "Drav", "Selg", "Torr", "Quenn", "Ulth", "Harv", "Crov",
		"Brenn", "Fald", "Grev", "Jorv", "Ithr", "Lorm", "Pavr", "Skav", "Wyll", "Yeld", "Zarn"}
	stateBack = []string{"avine", "ador", "esse", "une", "oria", "ath", "ennor", "istra", "undra", "owe", "abane",
		"emor"}
	tongueBack = []string{"ish", "ese", "ic", "ane"}

	// Roots of ordinary companies and roots of those that play a part have no syllable in
	// common, so that an ordinary company is not taken for a listed one.
	rootFront = []string{"Ber", "Cal", "Dor", "Fen", "Gal", "Hol", "Jan", "Lin", "Mor", "Nor", "Pel", "Ral", "Sto",
		"Tam", "Wen", "Ard", "Els", "Ing", "Osm", "Und"}
	rootMid  = []string{"a", "e", "i", "o", "u", "an", "en", "in", "on", "er", "ar", "or"}
	rootBack = []string{"bro", "dale", "fax", "gate", "ham", "ker", "ley", "mont", "nash", "quin", "rick", "sund",
		"ton", "vick", "well", "zett", "bury", "cliff", "dane", "fell", "grove", "hurst", "lock", "mere"}

	castFront = []string{"Ferr", "Tolm", "Quill", "Skarn", "Vyrr", "Ashk", "Drux", "Aelv", "Oxt", "Umbr", "Brakh",
		"Glym", "Fjor", "Hesk", "Jeph", "Lykt", "Maz", "Nyx", "Phael", "Rhum", "Sarv", "Tych", "Wrax", "Yst", "Zeph"}
	castMid  = []string{"a", "o", "u", "e", "i"}
	castBack = []string{"ndrel", "stov", "thex", "mmir", "lgund", "rvane", "shtal", "kkoth", "ffelt", "ddwyn", "nnuk",
		"lleth", "quist", "vorr", "zeme"}

	sectors = []string{"Freight", "Textiles", "Dairy", "Insurance", "Furniture", "Printing", "Shipping", "Retail",
		"Foods", "Ceramics", "Travel", "Media", "Breweries", "Paper", "Tiles", "Garden Supply", "Bakeries", "Optics",
		"Bicycles", "Orchards"}
	forms = []string{"Ltd", "LLC", "GmbH", "SARL", "Oy", "BV"}
)

// States of the world, by what part they play.
const (
	home      = iota // the provider's
	calder           // of the flagship case
	resale           // of resellers
	east             //
	west             //
	south            //
	numStates        //
)

// names holds what Rename changes, and the order in which the rest is drawn.
type names struct {
	state  [numStates]string
	code   [numStates]string // user-assigned codes of ISO 3166-1: no state has them
	tongue [numStates]string
	cast   []string
	offset int
}

func newNames(seed, rename uint64) names {
	var n names
	// Only what is drawn from this source depends on rename.
	r := rand.New(rand.NewPCG(seed, 0xd1b54a32d192ed03+rename))
	front, back := r.Perm(len(stateFront)), r.Perm(len(stateBack))
	codes := r.Perm(14)
	for i := range numStates {
		n.state[i] = stateFront[front[i]] + stateBack[back[i]]
		n.tongue[i] = stateFront[front[numStates+i]] + tongueBack[r.IntN(len(tongueBack))]
		n.code[i] = "Q" + string(rune('M'+codes[i]))
	}
	// Two cast names share at most one syllable at either end.
	c := rand.New(rand.NewPCG(seed, 0x8cb92ba72f3d8dd7))
	f, b := c.Perm(len(castFront)), c.Perm(len(castBack))
	for round := range len(castBack) {
		for i := range f {
			n.cast = append(n.cast, castFront[f[i]]+castMid[(i+round)%len(castMid)]+castBack[b[(i*4+round)%len(b)]])
		}
	}
	n.offset = int(c.Uint32() >> 1)
	return n
}

// root returns the i-th root of ordinary companies. Different i give different roots.
func (n *names) root(i int) string {
	total := len(rootFront) * len(rootMid) * len(rootBack)
	// A prime that divides no factor of total walks through all of them in a scattered order.
	i = (i*2003 + n.offset) % total
	return rootFront[i%len(rootFront)] + rootMid[i/len(rootFront)%len(rootMid)] +
		rootBack[i/len(rootFront)/len(rootMid)]
}

// ordinary returns the name of the i-th ordinary company.
func (n *names) ordinary(i int) string {
	total := len(rootFront) * len(rootMid) * len(rootBack)
	name := n.root(i)
	if round := i / total; round > 0 {
		name += " " + n.root(i*7+round)
	}
	return fmt.Sprintf("%s %s %s", name, sectors[i%len(sectors)], forms[i/3%len(forms)])
}

// An org is one party of the world.
type org struct {
	name, id string
	state    int
	class    string // as the registers state it, "" when they do not
	address  string
	public   bool
}

// number returns a register number that no other party has.
func (w *world) number() string {
	for {
		s := fmt.Sprintf("%08d", 1_000_000+w.rng.IntN(98_000_000))
		if !w.numbers[s] {
			w.numbers[s] = true
			return s
		}
	}
}

// company invents a company that plays a part; suffix is the rest of its name.
func (w *world) company(state int, suffix string) org {
	name := w.names.cast[w.nextID] + " " + suffix
	w.nextID++
	return org{name: name, id: w.names.code[state] + "-REG:" + w.number(), state: state, class: "civil",
		address: w.street(state)}
}

// body invents a public body: what it is called, of a state.
func (w *world) body(state int, called, class string) org {
	return org{
		name: called + " of " + w.names.state[state], id: w.names.code[state] + "-GOV:" + w.number(),
		state: state, class: class, public: true, address: w.street(state),
	}
}

func (w *world) street(state int) string {
	streets := []string{"Quay Street", "Mill Lane", "Station Road", "Harbour View", "Linden Walk", "Bridge Street",
		"Market Row", "Orchard Way"}
	return fmt.Sprintf("%d %s, %s", 1+w.rng.IntN(240), streets[w.rng.IntN(len(streets))], w.names.state[state])
}
