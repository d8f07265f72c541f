package book

import (
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/resolve"
)

// A Mention is one distinct way in which the records name a party. A name that says too little
// to tell whom it means, with nothing beside it, is a mention in each record.
type Mention struct {
	Ref    party.Ref
	Lone   bool           // it is such a name
	Record string         // of such a name: the engagement or account, "" for a row without a key
	Roles  map[string]int // role → times
	First  record.Place
	Places Places  // up to [MostPlaces], each once, First included
	Rows   int     // how many places there are
	Beside []int32 // mentions with the same name, and something else beside it, in one row with this one
}

// MostPlaces is how many places of a mention are kept.
const MostPlaces = 200

// The roles in which records name a party. Records may name others ("tenderer").
const (
	Buyer    = "buyer"
	EndUser  = "end_user"
	Seller   = "seller"
	Reseller = "reseller"
	Account  = "account"
	Payer    = "payer"
	Payee    = "payee"
	Owner    = "owner"
	Owned    = "owned"
	Claimed  = "claim"
	Supports = "support"
	Approved = "approval"
	InEvent  = "event"
	InDemand = "demand"
)

// Mention numbers a party that records name in a role and counts the role. Records are
// counted by Add; ownership statements come this way, with the roles [Owner] and [Owned]. A
// zero ref has the number -1; the role "" counts nothing.
func (b *Book) Mention(ref party.Ref, role string, at record.Place) int32 {
	return int32(b.intern(ref, role, at, ""))
}

// intern numbers a mention. of names what the row is about ("engagement K-7"): rows of one
// record that have nothing but one name speak of one party.
func (b *Book) intern(ref party.Ref, role string, at record.Place, of string) Number {
	if ref.Zero() {
		return -1
	}
	b.keyBuf = refKey(b.keyBuf[:0], ref)
	lone := at.At != "" && resolve.Bare(&ref) && !b.alone(ref.Name)
	switch {
	case !lone:
		of = ""
	case of == "":
		b.keyBuf = append(append(strconv.AppendInt(b.keyBuf, int64(at.Source), 10), ' '), at.At...)
	default:
		b.keyBuf = append(b.keyBuf, of...)
	}
	key := [2]uint64{maphash.Bytes(b.seeds[0], b.keyBuf), maphash.Bytes(b.seeds[1], b.keyBuf)}
	n, ok := b.byRef[key]
	if !ok {
		if len(b.mentions) == math.MaxInt32 {
			panic("book: more mentions than an int32 holds")
		}
		n = int32(len(b.mentions))
		b.byRef[key] = n
		b.mentions = append(b.mentions, mention{ref: ref, lone: lone, record: of, first: at})
	}
	m := &b.mentions[n]
	if role != "" {
		m.add(role)
	}
	m.see(at)
	b.row.see(n, at, b.mentions)
	return Number(n)
}

// rowNames notes which mentions of one name stand in one row: who holds an account, with a
// number, and its end user, without one.
type rowNames struct {
	at     record.Place
	in     []int32 // the mentions of the row so far
	beside map[[2]int32]bool
}

func (r *rowNames) see(n int32, at record.Place, mentions []mention) {
	if at.At == "" {
		return
	}
	if at != r.at {
		r.at, r.in = at, r.in[:0]
	}
	name := mentions[n].ref.Name
	for _, o := range r.in {
		if o == n {
			return
		}
		if name != "" && strings.EqualFold(name, mentions[o].ref.Name) {
			if r.beside == nil {
				r.beside = map[[2]int32]bool{}
			}
			r.beside[[2]int32{min(o, n), max(o, n)}] = true
		}
	}
	r.in = append(r.in, n)
}

// alone reports whether a name says by itself whom it means, see [resolve.Alone].
func (b *Book) alone(name string) bool {
	known, ok := b.alones[name]
	if !ok {
		known = resolve.Alone(name)
		b.alones[name] = known
	}
	return known
}

// who is what a digest holds of a party that a row names: what the row says, not its number.
func who(ref party.Ref) string {
	if ref.Zero() {
		return ""
	}
	return string(refKey(nil, ref))
}

// A mention counts its few roles in a slice: there are millions of mentions.
type mention struct {
	ref    party.Ref
	lone   bool
	record string
	first  record.Place
	places Places       // up to MostPlaces
	last   record.Place // that was seen
	rows   int
	roles  []roleCount
}

// see notes a place, once: a row may name a party in several roles.
func (m *mention) see(at record.Place) {
	if at.At == "" || m.rows > 0 && at == m.last {
		return
	}
	if m.rows == 0 {
		m.first = at
	}
	m.last = at
	if m.rows++; m.rows <= MostPlaces {
		m.places.add(at)
	}
}

type roleCount struct {
	role  string
	times int32
}

func (m *mention) add(role string) {
	i := slices.IndexFunc(m.roles, func(c roleCount) bool { return c.role == role })
	if i < 0 {
		m.roles = append(m.roles, roleCount{role, 1})
	} else if m.roles[i].times < math.MaxInt32 {
		m.roles[i].times++
	}
}

func refKey(buf []byte, ref party.Ref) []byte {
	for _, s := range [...]string{ref.Name, ref.LocalID, ref.Scope, string(ref.Kind), ref.Country, ref.Class,
		ref.Address} {
		buf = append(append(buf, s...), 0)
	}
	for _, id := range ref.Identifiers {
		buf = append(append(append(append(buf, id.Scheme...), 1), id.ID...), 2)
	}
	return buf
}

// Mentions lists every distinct mention in the order of first sight. The number of a mention
// is its place in the list.
func (b *Book) Mentions() []Mention {
	out := make([]Mention, len(b.mentions))
	for i, m := range b.mentions {
		roles := map[string]int{}
		for _, c := range m.roles {
			roles[c.role] = int(c.times)
		}
		out[i] = Mention{Ref: m.ref, Lone: m.lone, Record: m.record, Roles: roles, First: m.first, Places: m.places,
			Rows: m.rows}
	}
	for pair := range b.row.beside {
		out[pair[0]].Beside = append(out[pair[0]].Beside, pair[1])
		out[pair[1]].Beside = append(out[pair[1]].Beside, pair[0])
	}
	return out
}

// EachRole yields the roles of every mention, by mention.
func (b *Book) EachRole(yield func(mention int32, role string)) {
	for i, m := range b.mentions {
		for _, c := range m.roles {
			yield(int32(i), c.role)
		}
	}
}

// MentionCount returns how many distinct mentions there are.
func (b *Book) MentionCount() int { return len(b.mentions) }
