package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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
//
// What deciding reads holds no pointers: the collector has nothing to follow in a million nodes.
type shard struct {
	raw   string
	nodes []node
	edges []edge
	rules []rule
	conds []*condition
	sum   [sha256.Size]byte

	skeleton int             // where the entities end in raw
	listed   int             // nodes that are entities, not only named by a restriction
	own      []string        // types of the nodes
	types    map[string]bool // of the resources of rules and the targets of edges
}

const shardMagic = "plimsoll-shard/1\n"

type node struct {
	key        uint64
	at         uint32    // where its type and id stand in raw
	properties uint32    // where its properties stand in raw; 0: it has none
	edges      [2]uint32 // from, to
	rules      [2]uint32
	about      uint64 // a bit for each resource of its rules, see sieve
	flags      uint8
}

const (
	flagSubject uint8 = 1 << iota
	flagResource
	flagListed // not only named by a restriction
	flagClass  // stands for all of its type; never in raw
)

type edge struct {
	key   uint64
	at    uint32 // where type and id stand in raw
	owned bool
}

// sieve gives the bit that stands for a resource in the sieves that let most rules pass by
// without a look.
func sieve(key uint64) uint64 { return 1 << (key >> 58) }

// A rule is what deciding needs of a restriction; the rest stays encoded at off.
type rule struct {
	key        uint64 // of the resource
	actions    uint64 // bits of the compiler; 0 means every action
	start, end int64
	cond       int32  // into conds, -1 for always
	off        uint32 // in raw
	resource   uint32 // where its type and id stand in raw
	effect     Effect
	reach      Reach
}

// key hashes a reference. Equal keys of different references are told apart by comparing.
func key(r Ref) uint64 { return xxh3.HashStringSeed(r.ID, xxh3.HashString(r.Type)|1) }

func compareRef(a, b Ref) int { return compareKeyed(key(a), a, key(b), b) }

func compareKeyed(ka uint64, a Ref, kb uint64, b Ref) int {
	switch {
	case ka < kb:
		return -1
	case ka > kb:
		return 1
	}
	return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.ID, b.ID))
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

// A loft is where the tables of many shards are laid out next to each other. Left apart, each
// would be a piece of memory of its own, and sweeping ten thousands of these takes Go's
// collector so long that requests wait for it. For one goroutine.
type loft struct {
	nodes  []node // free ones
	edges  []edge
	rules  []rule
	listed []node // of the shard that is being read
	ahead  int    // shards to come, this one with them
}

// together is how many shards share a piece of memory at most. It is let go when none of them
// is in use any more.
const together = 64

// room makes sure that there is space for n things.
func room[T any](free []T, n, ahead int) []T {
	if cap(free) < n {
		return make([]T, 0, n*max(min(ahead, together), 1))
	}
	return free[:0]
}

// keep cuts off what is filled, and gives the rest back.
func keep[T any](s []T) (filled, free []T) { return s[:len(s):len(s)], s[len(s):] }

// decodeShard reads and checks a shard. Its strings are parts of raw.
func decodeShard(raw string, c *compiler, at *loft) (*shard, error) {
	sh := &shard{raw: raw}
	if !strings.HasPrefix(raw, shardMagic) {
		return nil, errors.New("read shard: it does not begin as one")
	}
	if len(raw) > math.MaxInt32 {
		return nil, errors.New("read shard: it is larger than 2 GiB")
	}
	sh.sum = sha256.Sum256([]byte(raw))
	d := &scanner{s: raw, i: len(shardMagic)}
	sh.types = map[string]bool{}
	if err := sh.readNodes(d, at); err != nil {
		return nil, err
	}
	sh.skeleton, sh.listed = d.i, len(at.listed)
	if err := sh.readRules(d, c, at); err != nil {
		return nil, err
	}
	if d.bad || d.i != len(raw) {
		return nil, fmt.Errorf("read shard: %w", errShard)
	}
	last := ""
	for i := range sh.nodes {
		if t := sh.ref(sh.nodes[i].at).Type; i == 0 || t != last {
			if last = t; !slices.Contains(sh.own, t) {
				sh.own = append(sh.own, t)
			}
		}
	}
	return sh, nil
}

// fits reports whether all keys have number as their upper bits.
func (sh *shard) fits(number uint64, shift uint) bool {
	n := len(sh.nodes)
	return n == 0 || sh.nodes[0].key>>shift == number && sh.nodes[n-1].key>>shift == number
}

// readNodes reads the entities into the list of the loft.
func (sh *shard) readNodes(d *scanner, at *loft) error {
	n := d.count(5)
	at.listed = slices.Grow(at.listed[:0], n)
	at.edges = room(at.edges, n, at.ahead)
	sh.edges = at.edges
	var last Ref
	kind := ""
	for range n {
		nd := node{at: uint32(d.i)}
		r := d.ref()
		nd.key = key(r)
		nd.flags = d.byte(flagSubject | flagResource | flagListed)
		nd.properties = uint32(d.i)
		properties := d.text()
		if properties == "" {
			nd.properties = 0
		}
		nd.edges[0] = uint32(len(sh.edges))
		for range d.count(3) {
			g := edge{owned: d.byte(1) == 1, at: uint32(d.i)}
			over := d.ref()
			g.key = key(over)
			if kind != over.Type {
				kind = over.Type
				sh.types[kind] = true
			}
			sh.edges = append(sh.edges, g)
		}
		nd.edges[1] = uint32(len(sh.edges))
		if k := len(at.listed); k > 0 && compareKeyed(at.listed[k-1].key, last, nd.key, r) >= 0 ||
			nd.flags&flagListed == 0 || r.Type == "" || r.ID == "" {
			d.bad = true
		}
		if d.bad {
			return fmt.Errorf("read shard: entity %d: %w", len(at.listed)+1, errShard)
		}
		if err := checkProperties(properties); err != nil {
			return fmt.Errorf("read shard: entity %s: %w", r, err)
		}
		at.listed = append(at.listed, nd)
		last = r
	}
	sh.edges, at.edges = keep(sh.edges)
	return nil
}

// A ruleReader reads the restrictions of a shard and sorts their subjects in among the nodes.
type ruleReader struct {
	d      *scanner
	c      *compiler
	conds  map[string]int32
	bits   map[string]uint64
	listed []node
	taken  int // of listed
	action string
	bit    uint64
}

func (sh *shard) readRules(d *scanner, c *compiler, at *loft) error {
	n := d.count(17)
	at.nodes = room(at.nodes, len(at.listed)+n, at.ahead)
	at.rules = room(at.rules, n, at.ahead)
	sh.nodes, sh.rules = at.nodes, at.rules
	r := &ruleReader{d: d, c: c, conds: map[string]int32{}, bits: map[string]uint64{}, listed: at.listed}
	var subject, resource Ref // of the restriction before
	var id, kind string
	var was uint64
	for i := range n {
		ru, now, over, name, err := r.rule(sh)
		if err != nil {
			return fmt.Errorf("read shard: restriction %d: %w", i+1, err)
		}
		k := was
		if now != subject || i == 0 {
			k = key(now)
		}
		order := compareKeyed(was, subject, k, now)
		if i > 0 && order == 0 {
			order = cmp.Or(compareKeyed(sh.rules[i-1].key, resource, ru.key, over), strings.Compare(id, name))
		}
		if i > 0 && order >= 0 {
			return fmt.Errorf("read shard: restriction %d: %w", i+1, errShard)
		}
		if i == 0 || now != subject {
			r.subject(sh, k, now, ru.off)
			sh.nodes[len(sh.nodes)-1].rules = [2]uint32{uint32(i), uint32(i)}
		}
		if kind != over.Type || i == 0 {
			kind = over.Type
			sh.types[kind] = true
		}
		subject, resource, id, was = now, over, name, k
		sh.rules = append(sh.rules, ru)
		nd := &sh.nodes[len(sh.nodes)-1]
		nd.rules[1]++
		nd.about |= sieve(ru.key)
	}
	sh.nodes = append(sh.nodes, r.listed[r.taken:]...)
	sh.nodes, at.nodes = keep(sh.nodes)
	sh.rules, at.rules = keep(sh.rules)
	return nil
}

// rule reads one restriction, and gives its subject, resource and id too.
func (r *ruleReader) rule(sh *shard) (ru rule, subject, resource Ref, id string, err error) {
	d := r.d
	ru = rule{off: uint32(d.i), cond: -1}
	subject = d.ref()
	ru.resource = uint32(d.i)
	resource = d.ref()
	ru.key = key(resource)
	id = d.text()
	ru.reach, ru.effect = Reach(d.byte(byte(Owned))), Effect(d.byte(byte(Deny)))
	ru.start, ru.end = d.varint(), d.varint()
	for range d.count(1) {
		a := d.text()
		if a != r.action || r.bit == 0 {
			b, ok := r.bits[a]
			if !ok && !d.bad {
				b = 1 << r.c.bit(a)
				r.bits[a] = b
			}
			r.action, r.bit = a, b
		}
		ru.actions |= r.bit
	}
	when := d.text()
	for range 6 {
		d.text()
	}
	if d.bad || ru.effect == Permit {
		return ru, subject, resource, id, errShard
	}
	if when != "" {
		k, ok := r.conds[when]
		if !ok {
			p, err := r.c.condition(when)
			if err != nil {
				return ru, subject, resource, id, err
			}
			k = int32(len(sh.conds))
			sh.conds, r.conds[when] = append(sh.conds, p), k
		}
		ru.cond = k
	}
	return ru, subject, resource, id, nil
}

// subject appends the listed nodes before a subject, and the subject.
func (r *ruleReader) subject(sh *shard, k uint64, s Ref, at uint32) {
	for ; r.taken < len(r.listed); r.taken++ {
		nd := &r.listed[r.taken]
		order := cmp.Compare(nd.key, k)
		if order == 0 {
			order = compareKeyed(nd.key, sh.ref(nd.at), k, s)
		}
		if order > 0 {
			break
		}
		sh.nodes = append(sh.nodes, *nd)
		if order == 0 {
			r.taken++
			return
		}
	}
	nd := node{key: k, at: at, flags: flagSubject}
	if s.ID == "" {
		nd.flags |= flagClass
	}
	sh.nodes = append(sh.nodes, nd)
}

// ref reads the type and id at a place in raw.
func (sh *shard) ref(at uint32) Ref {
	d := scanner{s: sh.raw, i: int(at)}
	return d.ref()
}

// is reports whether r is the type and id at a place in raw.
func (sh *shard) is(at uint32, r Ref) bool { return refIs(sh.raw, at, r) }

func refIs(raw string, at uint32, r Ref) bool {
	s := raw[at:]
	t, n := len(r.Type), len(r.ID)
	if t >= 0x80 || n >= 0x80 { // lengths of more than a byte
		d := scanner{s: s}
		return d.ref() == r
	}
	return len(s) >= t+n+2 && int(s[0]) == t && int(s[t+1]) == n && s[1:t+1] == r.Type && s[t+2:t+2+n] == r.ID
}

// properties gives a node's properties, a JSON object or "".
func (sh *shard) properties(nd *node) string {
	if nd.properties == 0 {
		return ""
	}
	d := scanner{s: sh.raw, i: int(nd.properties)}
	return d.text()
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
	r.When, r.Code, r.Admin, r.User, r.Decision, r.Appeal, r.Limit = d.text(), d.text(), d.text(), d.text(), d.text(),
		d.text(), d.text()
	return r
}

// entity gives back a listed entity, for a publisher that starts from a snapshot.
func (sh *shard) entity(nd *node) Entity {
	e := Entity{Ref: sh.ref(nd.at), Properties: sh.properties(nd), Subject: nd.flags&flagSubject != 0,
		Resource: nd.flags&flagResource != 0}
	for _, g := range sh.edges[nd.edges[0]:nd.edges[1]] {
		if g.owned {
			e.OwnedBy = append(e.OwnedBy, sh.ref(g.at))
		} else {
			e.In = append(e.In, sh.ref(g.at))
		}
	}
	return e
}
