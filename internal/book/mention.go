package book

import (
	"math"
	"slices"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A Mention is one distinct way in which the records name a party.
type Mention struct {
	Ref   party.Ref
	Roles map[string]int // role → times
	First record.Place
}

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
)

// Mention numbers a party that records name in a role and counts the role. Records are
// counted by Add; ownership statements come this way, with the roles [Owner] and [Owned]. A
// zero ref has the number -1; the role "" counts nothing.
func (b *Book) Mention(ref party.Ref, role string, at record.Place) int32 {
	return int32(b.intern(ref, role, at))
}

func (b *Book) intern(ref party.Ref, role string, at record.Place) Number {
	if ref.Zero() {
		return -1
	}
	b.keyBuf = refKey(b.keyBuf[:0], ref)
	n, ok := b.byRef[string(b.keyBuf)]
	if !ok {
		if len(b.mentions) == math.MaxInt32 {
			panic("book: more mentions than an int32 holds")
		}
		n = int32(len(b.mentions))
		b.byRef[string(b.keyBuf)] = n
		b.mentions = append(b.mentions, mention{ref: ref, first: at})
	}
	if role != "" {
		b.mentions[n].add(role)
	}
	return Number(n)
}

// A mention counts its few roles in a slice: there are millions of mentions.
type mention struct {
	ref   party.Ref
	first record.Place
	roles []roleCount
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
	for _, s := range [...]string{ref.Name, ref.LocalID, ref.Scope, string(ref.Kind), ref.Country, ref.Class, ref.Address} {
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
		out[i] = Mention{Ref: m.ref, Roles: roles, First: m.first}
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
