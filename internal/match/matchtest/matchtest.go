// Package matchtest invents lists of any size for tests and benchmarks. The names are made
// of syllables; their words are as unevenly frequent as those of real names: a few given
// names and general words are in very many of them.
package matchtest

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
)

// A Maker invents names, the same for the same seed.
type Maker struct {
	r                     *rand.Rand
	given, family, brands []string
}

// New returns a maker whose stock of words suits n entries.
func New(seed uint64, n int) *Maker {
	m := &Maker{r: rand.New(rand.NewPCG(seed, 0x6d61746368))}
	m.given = m.words(2000+n/200, 2, 3)
	m.family = m.words(5000+n/10, 2, 4)
	m.brands = m.words(5000+n/8, 2, 4)
	return m
}

var syllables = strings.Fields(`a ab ad al am an ar as be ben bo bra cha chi da de di do dra du el en er es fa fe fi ga ge gor gra ha he hu ib il in is ja je ji jo ka ke kha ki ko kov
	la le li lo lu ma me mi mo mu na ne ni no nu ol om on or pa pe pi po ra re ri ro ru sa se sha si so su ta te ti to tra tu ul um un ur va ve vi vo wa we wi ya ye yu za ze zi zo mir nov ski zad ov ev ian ez son man ber ger tar ham mad sul tan gor lin ton mar vel dor fen gal`)

func (m *Maker) words(n, least, most int) []string {
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for len(out) < n {
		var b strings.Builder
		for range least + m.r.IntN(most-least+1) {
			b.WriteString(syllables[m.r.IntN(len(syllables))])
		}
		if w := b.String(); len(w) > 3 && !seen[w] {
			seen[w] = true
			out = append(out, strings.ToUpper(w[:1])+w[1:])
		}
	}
	return out
}

// pick chooses a word; the k-th is about 1/k as frequent as the first, but for the first
// ones, which are as frequent as each other: no word stands in more than a percent or two
// of the names of persons, and no brand in more than a few in a thousand.
func (m *Maker) pick(w []string, head int) string {
	u := m.r.Float64()
	k := math.Pow(float64(len(w)+head), u) - 1
	if int(k) < head {
		k = m.r.Float64() * float64(head)
	}
	return w[min(int(k), len(w)-1)]
}

var (
	lines = strings.Fields("Trading Shipping Technologies Holding Investment Systems Industries Bank Engineering Construction Energy Logistics Services International Group Electronics Oil Steel Pharma Foods")
	ends  = strings.Fields("Ltd LLC GmbH OOO S.A. JSC Inc. B.V. S.r.l. AG Co.")
)

// Person invents the name of a person.
func (m *Maker) Person() string {
	switch m.r.IntN(4) {
	case 0:
		return m.pick(m.given, 30) + " " + m.pick(m.given, 30) + " " + m.pick(m.family, 60)
	case 1:
		return strings.ToUpper(m.pick(m.family, 60)) + ", " + m.pick(m.given, 30)
	}
	return m.pick(m.given, 30) + " " + m.pick(m.family, 60)
}

// Company invents the name of a company.
func (m *Maker) Company() string {
	s := m.pick(m.brands, 300)
	if m.r.IntN(3) == 0 {
		s += " " + m.pick(m.brands, 300)
	}
	for range 1 + m.r.IntN(2) {
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
