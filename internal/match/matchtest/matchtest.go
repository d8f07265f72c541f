// Package matchtest invents lists of any size for tests and benchmarks. The names are made
// of syllables, but their words are as unevenly frequent as those of real names, and like
// those they do not run out: every further thousand names brings new words.
//
// The measure was taken from 10,000 names of Canadian government suppliers and from the
// persons and organisations of the OFAC, UN and CSL lists, each entry's first name once:
//
//	                         words of 2,000 names   of 10,000   seen once   commonest, 10th, 100th word
//	suppliers                2,470                  8,800       74 %        8.6, 0.9, 0.17 % of the names
//	listed organisations     2,370                  6,000       –           1.4, 0.5, 0.13 %
//	listed persons           3,210                  7,600       –           3.8, 1.2, 0.29 %
//
// A word is one of a few hundred common ones, the k-th as frequent as 1/k, or comes from a
// Pitman-Yor urn: a word drawn before, the more likely the more often it was drawn, or a
// new one; so that the number of words grows as a power of the number of names, and most
// stand in one name only. TestWordsAreAsUneven compares both.
package matchtest

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
)

// A Maker invents names, the same for the same seed.
type Maker struct {
	r                     *rand.Rand
	seen                  map[string]bool
	given, family, brands urn
}

// New returns a maker.
func New(seed uint64) *Maker {
	m := &Maker{r: rand.New(rand.NewPCG(seed, 0x6d61746368)), seen: map[string]bool{}}
	m.given = urn{m: m, least: 2, most: 3, common: 0.45, theta: 600, discount: 0.55}
	m.family = urn{m: m, least: 2, most: 4, common: 0.12, theta: 1500, discount: 0.70}
	m.brands = urn{m: m, least: 2, most: 4, common: 0.12, theta: 400, discount: 0.75}
	return m
}

var syllables = strings.Fields(
	`a ab ad al am an ar as be ben bo bra cha chi da de di do dra du el en er es fa fe fi ga ge gor gra ha he hu ib il in is ja je ji jo ka ke kha ki ko kov
	la le li lo lu ma me mi mo mu na ne ni no nu ol om on or pa pe pi po ra re ri ro ru sa se sha si so su ta te ti to tra tu ul um un ur va ve vi vo wa we wi ya ye yu za ze zi zo mir nov ski zad ov ev ian ez son man ber ger tar ham mad sul tan gor lin ton mar vel dor fen gal`)

// word invents a word that was not there before.
func (m *Maker) word(least, most int) string {
	for {
		var b strings.Builder
		for range least + m.r.IntN(most-least+1) {
			b.WriteString(syllables[m.r.IntN(len(syllables))])
		}
		if w := b.String(); len(w) > 3 && !m.seen[w] {
			m.seen[w] = true
			return strings.ToUpper(w[:1]) + w[1:]
		}
		if m.r.IntN(8) == 0 {
			most++ // the short ones are used up
		}
	}
}

// An urn hands out the words of one place in a name.
type urn struct {
	m           *Maker
	least, most int      // syllables
	common      float64  // how many words are common ones
	head        []string // these
	theta       float64
	discount    float64
	drawn       []draw
}

type draw struct {
	word  string
	first bool // it was new then
}

const heads = 300

func (u *urn) pick() string {
	r := u.m.r
	for len(u.head) < heads {
		u.head = append(u.head, u.m.word(u.least, u.most))
	}
	if r.Float64() < u.common {
		// 1/k, flattened so that the first few are about as frequent as each other.
		const flat = 3
		k := 0.0
		for {
			k = r.Float64() * heads
			if r.Float64() < flat/(flat+k) {
				break
			}
		}
		return u.head[int(k)]
	}
	x := r.Float64() * (u.theta + float64(len(u.drawn)))
	if i := int(x); i < len(u.drawn) && !(u.drawn[i].first && r.Float64() < u.discount) {
		u.drawn = append(u.drawn, draw{u.drawn[i].word, false})
	} else {
		u.drawn = append(u.drawn, draw{u.m.word(u.least, u.most), true})
	}
	return u.drawn[len(u.drawn)-1].word
}

var (
	lines = strings.Fields("Trading Shipping Technologies Holding Investment Systems Industries Bank Engineering " +
		"Construction Energy Logistics Services International Group Electronics Oil Steel Pharma Foods")
	ends = strings.Fields("Ltd LLC GmbH OOO S.A. JSC Inc. B.V. S.r.l. AG Co.")
)

// Person invents the name of a person.
func (m *Maker) Person() string {
	switch m.r.IntN(4) {
	case 0, 1:
		return m.given.pick() + " " + m.given.pick() + " " + m.family.pick()
	case 2:
		return strings.ToUpper(m.family.pick()) + ", " + m.given.pick()
	}
	return m.given.pick() + " " + m.family.pick()
}

// Company invents the name of a company.
func (m *Maker) Company() string {
	s := m.brands.pick()
	for range m.r.IntN(3) {
		s += " " + m.brands.pick()
	}
	for range m.r.IntN(3) {
		s += " " + lines[m.r.IntN(len(lines))]
	}
	return s + " " + ends[m.r.IntN(len(ends))]
}

// List invents a list of n entries with three names each.
func (m *Maker) List(n int) *list.List {
	l := &list.List{ID: "invented", Format: "named"}
	l.Entries = make([]list.Entry, n)
	for i := range l.Entries {
		e := &l.Entries[i]
		e.ID, e.Kind = strconv.Itoa(i), party.Person
		name := m.Person
		if m.r.IntN(2) == 0 {
			e.Kind, name = party.Organization, m.Company
		}
		e.Names = []list.Name{{Text: name()}, {Text: name()}, {Text: name()}}
	}
	return l
}

// Slip changes a name by one letter.
func (m *Maker) Slip(s string) string {
	b := []byte(s)
	i := 1 + m.r.IntN(len(b)-1)
	switch m.r.IntN(3) {
	case 0:
		b[i] = byte('a' + m.r.IntN(26))
	case 1:
		b = append(b[:i], b[i+1:]...)
	default:
		b[i-1], b[i] = b[i], b[i-1]
	}
	return string(b)
}
