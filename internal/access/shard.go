package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// A shard holds the entities and restrictions whose subject's key falls into one part of the
// key space. It is the unit in which snapshots are addressed, fetched and shared between
// indexes. Its bytes are canonical: entities and restrictions in order, each once.
//
//	"plimsoll-shard/1\n"
//	count, entity*:      type, id, flags, properties, count, (kind, type, id)*
//	count, restriction*: subject type, subject id, resource type, resource id, id, reach, effect,
//	                     start, end, count, action*, when, code, admin, user, decision, appeal, limit
//
// Numbers are uvarints, times varints of Unix nanoseconds (0: open), texts a length and bytes.
type shard struct {
	raw   string
	sum   [sha256.Size]byte
	nodes []node
	edges []edge
	rules []rule
	slots []uint64 // open addressing by the low bits of the key: its upper half, then node number + 1
	conds []*condition

	skeleton int             // where the entities end in raw
	listed   int             // nodes that are entities, not only named by a restriction
	types    map[string]bool // of the resources of rules and the targets of edges
	lowest   uint64          // bounds of the keys
	highest  uint64
}

const shardMagic = "plimsoll-shard/1\n"

type node struct {
	key        uint64
	ref        Ref
	properties string
	edges      [2]uint32 // from, to
	rules      [2]uint32
	flags      uint8
}

const (
	flagSubject uint8 = 1 << iota
	flagResource
	flagListed // not only named by a restriction
)

type edge struct {
	key   uint64
	ref   Ref
	owned bool
}

// A rule is what deciding needs of a restriction; the rest stays encoded at off.
type rule struct {
	resource   Ref
	key        uint64 // of resource
	actions    uint64 // bits of the compiler; 0 means every action
	start, end int64
	cond       int32 // into conds, -1 for always
	off        uint32
	effect     Effect
	reach      Reach
}

// key hashes a reference. Equal keys of different references are told apart by comparing.
func key(r Ref) uint64 { return xxh3.HashStringSeed(r.ID, xxh3.HashString(r.Type)|1) }

func compareRef(a, b Ref) int {
	return cmp.Or(cmp.Compare(key(a), key(b)), strings.Compare(a.Type, b.Type), strings.Compare(a.ID, b.ID))
}

// ---- writing

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// encodeShard writes the canonical bytes; it sorts its arguments.
func encodeShard(entities []Entity, restrictions []Restriction) []byte {
	slices.SortFunc(entities, func(a, b Entity) int { return compareRef(a.Ref, b.Ref) })
	slices.SortFunc(restrictions, func(a, b Restriction) int {
		return cmp.Or(compareRef(a.Subject, b.Subject), compareRef(a.Resource, b.Resource), strings.Compare(a.ID, b.ID))
	})
	b := []byte(shardMagic)
	b = binary.AppendUvarint(b, uint64(len(entities)))
	for i := range entities {
		e := &entities[i]
		b = appendText(appendText(b, e.Type), e.ID)
		flags := flagListed
		if e.Subject {
			flags |= flagSubject
		}
		if e.Resource {
			flags |= flagResource
		}
		b = appendText(append(b, flags), e.Properties)
		b = binary.AppendUvarint(b, uint64(len(e.In)+len(e.OwnedBy)))
		for _, r := range e.In {
			b = appendText(appendText(append(b, 0), r.Type), r.ID)
		}
		for _, r := range e.OwnedBy {
			b = appendText(appendText(append(b, 1), r.Type), r.ID)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(restrictions)))
	for i := range restrictions {
		b = appendRestriction(b, &restrictions[i])
	}
	return b
}

func appendRestriction(b []byte, r *Restriction) []byte {
	for _, s := range [...]string{r.Subject.Type, r.Subject.ID, r.Resource.Type, r.Resource.ID, r.ID} {
		b = appendText(b, s)
	}
	b = append(b, byte(r.Reach), byte(r.Effect))
	b = binary.AppendVarint(b, nanos(r.Start))
	b = binary.AppendVarint(b, nanos(r.End))
	b = binary.AppendUvarint(b, uint64(len(r.Actions)))
	for _, s := range r.Actions {
		b = appendText(b, s)
	}
	for _, s := range [...]string{r.When, r.Code, r.Admin, r.User, r.Decision, r.Appeal, r.Limit} {
		b = appendText(b, s)
	}
	return b
}

// ---- reading

var errShard = errors.New("it is cut short or not canonical")

// A scanner reads the bytes of a shard. After a mistake it gives zero values and bad is set.
type scanner struct {
	s   string
	i   int
	bad bool
}

func (d *scanner) uvarint() uint64 {
	var v uint64
	for shift := uint(0); d.i < len(d.s) && shift < 64; shift += 7 {
		c := d.s[d.i]
		d.i++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if c == 0 && shift > 0 || shift == 63 && c > 1 {
				break // not the shortest form, or too large
			}
			return v
		}
	}
	d.bad = true
	return 0
}

func (d *scanner) varint() int64 {
	u := d.uvarint()
	v := int64(u >> 1)
	if u&1 != 0 {
		v = ^v
	}
	return v
}

func (d *scanner) byte(most byte) byte {
	if d.i >= len(d.s) || d.s[d.i] > most {
		d.bad = true
		return 0
	}
	d.i++
	return d.s[d.i-1]
}

func (d *scanner) text() string {
	n := d.uvarint()
	if n > maxText || n > uint64(len(d.s)-d.i) {
		d.bad = true
		return ""
	}
	d.i += int(n)
	return d.s[d.i-int(n) : d.i]
}

func (d *scanner) ref() Ref { return Ref{d.text(), d.text()} }

// count reads how many things follow, of which each takes at least size bytes.
func (d *scanner) count(size int) int {
	n := d.uvarint()
	if n > uint64((len(d.s)-d.i)/size) {
		d.bad = true
		return 0
	}
	return int(n)
}

// decodeShard reads and checks a shard. Its strings are parts of raw.
func decodeShard(raw string, c *compiler) (*shard, error) {
	sh := &shard{raw: raw, sum: sha256.Sum256([]byte(raw))}
	if !strings.HasPrefix(raw, shardMagic) {
		return nil, errors.New("read shard: it does not begin as one")
	}
	d := &scanner{s: raw, i: len(shardMagic)}
	if err := sh.readNodes(d); err != nil {
		return nil, err
	}
	sh.skeleton, sh.listed, sh.types, sh.lowest = d.i, len(sh.nodes), map[string]bool{}, ^uint64(0)
	if err := sh.readRules(d, c); err != nil {
		return nil, err
	}
	if d.bad || d.i != len(raw) {
		return nil, fmt.Errorf("read shard: %w", errShard)
	}
	size := 4
	for size < len(sh.nodes)*2 {
		size *= 2
	}
	sh.slots = make([]uint64, size)
	for i := range sh.edges {
		sh.types[sh.edges[i].ref.Type] = true
	}
	for i := range sh.rules {
		sh.types[sh.rules[i].resource.Type] = true
	}
	for i := range sh.nodes {
		sh.lowest, sh.highest = min(sh.lowest, sh.nodes[i].key), max(sh.highest, sh.nodes[i].key)
		at := sh.nodes[i].key & uint64(size-1)
		for sh.slots[at] != 0 {
			at = (at + 1) & uint64(size-1)
		}
		sh.slots[at] = sh.nodes[i].key&^0xffffffff | uint64(i+1)
	}
	return sh, nil
}

func (sh *shard) readNodes(d *scanner) error {
	n := d.count(5)
	sh.nodes = make([]node, 0, n+n/4)
	sh.edges = make([]edge, 0, n)
	for range n {
		nd := node{ref: d.ref()}
		nd.key = key(nd.ref)
		nd.flags = d.byte(flagSubject | flagResource | flagListed)
		nd.properties = d.text()
		nd.edges[0] = uint32(len(sh.edges))
		for range d.count(3) {
			owned := d.byte(1) == 1
			r := d.ref()
			sh.edges = append(sh.edges, edge{key(r), r, owned})
		}
		nd.edges[1] = uint32(len(sh.edges))
		if k := len(sh.nodes); k > 0 && (sh.nodes[k-1].key > nd.key || sh.nodes[k-1].key == nd.key && compareRef(sh.nodes[k-1].ref, nd.ref) >= 0) || nd.flags&flagListed == 0 || nd.ref.Type == "" || nd.ref.ID == "" {
			d.bad = true
		}
		if d.bad {
			return fmt.Errorf("read shard: entity %d: %w", len(sh.nodes)+1, errShard)
		}
		if err := checkProperties(nd.properties); err != nil {
			return fmt.Errorf("read shard: entity %s: %w", nd.ref, err)
		}
		sh.nodes = append(sh.nodes, nd)
	}
	return nil
}

func (sh *shard) readRules(d *scanner, c *compiler) error {
	n := d.count(17)
	sh.rules = make([]rule, 0, n)
	listed := sh.nodes
	merged := make([]node, 0, len(listed)+min(n, 1<<16))
	conds := map[string]int32{}
	bits := map[string]uint64{}
	var last Ref
	var current *node
	at := 0
	for i := range n {
		off := d.i
		subject := d.ref()
		ru := rule{resource: d.ref(), off: uint32(off)}
		ru.key = key(ru.resource)
		d.text() // id
		ru.reach, ru.effect = Reach(d.byte(byte(Owned))), Effect(d.byte(byte(Deny)))
		ru.start, ru.end = d.varint(), d.varint()
		for range d.count(1) {
			a := d.text()
			b, ok := bits[a]
			if !ok && !d.bad {
				b = 1 << c.bit(a)
				bits[a] = b
			}
			ru.actions |= b
		}
		when := d.text()
		for range 6 {
			d.text()
		}
		if d.bad || ru.effect == Permit || i > 0 && compareRef(last, subject) > 0 {
			return fmt.Errorf("read shard: restriction %d: %w", i+1, errShard)
		}
		if ru.cond = -1; when != "" {
			k, ok := conds[when]
			if !ok {
				p, err := c.condition(when)
				if err != nil {
					return fmt.Errorf("read shard: restriction %d: %w", i+1, err)
				}
				k = int32(len(sh.conds))
				sh.conds, conds[when] = append(sh.conds, p), k
			}
			ru.cond = k
		}
		if current == nil || last != subject {
			k := key(subject)
			for at < len(listed) && (listed[at].key < k || listed[at].key == k && compareRef(listed[at].ref, subject) < 0) {
				merged = append(merged, listed[at])
				at++
			}
			if at < len(listed) && listed[at].ref == subject {
				merged = append(merged, listed[at])
				at++
			} else {
				merged = append(merged, node{key: k, ref: subject, flags: flagSubject})
			}
			current = &merged[len(merged)-1]
			current.rules[0] = uint32(len(sh.rules))
			last = subject
		}
		sh.rules = append(sh.rules, ru)
		current.rules[1] = uint32(len(sh.rules))
	}
	sh.nodes = append(merged, listed[at:]...)
	return nil
}

// restriction reads the whole of a rule again.
func (sh *shard) restriction(ru *rule) Restriction {
	d := &scanner{s: sh.raw, i: int(ru.off)}
	r := Restriction{Subject: d.ref(), Resource: d.ref(), ID: d.text()}
	r.Reach, r.Effect = Reach(d.byte(255)), Effect(d.byte(255))
	r.Start, r.End = instant(d.varint()), instant(d.varint())
	for range d.count(1) {
		r.Actions = append(r.Actions, d.text())
	}
	r.When, r.Code, r.Admin, r.User, r.Decision, r.Appeal, r.Limit = d.text(), d.text(), d.text(), d.text(), d.text(), d.text(), d.text()
	return r
}

// entity gives back a listed entity, for a publisher that starts from a snapshot.
func (sh *shard) entity(nd *node) Entity {
	e := Entity{Ref: nd.ref, Properties: nd.properties, Subject: nd.flags&flagSubject != 0, Resource: nd.flags&flagResource != 0}
	for _, g := range sh.edges[nd.edges[0]:nd.edges[1]] {
		if g.owned {
			e.OwnedBy = append(e.OwnedBy, g.ref)
		} else {
			e.In = append(e.In, g.ref)
		}
	}
	return e
}

func (sh *shard) find(k uint64, r Ref) (uint32, bool) {
	mask := uint64(len(sh.slots) - 1)
	for at := k & mask; sh.slots[at] != 0; at = (at + 1) & mask {
		if sh.slots[at]>>32 != k>>32 {
			continue // another node, told apart without touching it
		}
		i := uint32(sh.slots[at]) - 1
		if nd := &sh.nodes[i]; nd.key == k && nd.ref.ID == r.ID && nd.ref.Type == r.Type {
			return i, true
		}
	}
	return 0, false
}
