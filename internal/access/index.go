package access

import (
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// An Index answers questions from one snapshot. It is never changed: a new snapshot is a new
// index, which shares the shards that stayed the same. Safe for concurrent use.
type Index struct {
	name     string
	version  uint64
	sum      string    // SHA-256 of the snapshot's table, hex
	issued   time.Time // when the publisher last vouched for it
	settings Settings

	compiler *compiler
	shift    uint // 64 - log2 of the number of shards
	shards   []*shard
	slabs    []slab            // how nodes are found; see slab
	perSlab  uint              // 64 - log2 of the number of slabs
	kinds    map[string]uint16 // numbers of the types of all nodes
	base     []uint32          // number of a shard's first node among all nodes
	over     []place           // targets of all edges, shard by shard
	overAt   []uint32          // where a shard's targets begin
	chain    []uint32          // of each node: where the restricted nodes at and above it begin in links
	links    [][]link          // pages of chains; the first link stands for none
	roots    map[string]uint32 // chain of an unlisted subject by type; "" of any other type
	circles  bool              // some companies own each other
	whole    int               // pages there were when all chains were gathered

	actions  map[string]uint8
	open     map[string]OpenType
	linked   []string // link properties whose type some restriction or edge uses
	binding  int      // restrictions
	entities int      // listed
}

// A place is a node: its shard and its number there.
type place struct{ shard, node uint32 }

var nowhere = place{^uint32(0), 0}

// A link says that the restrictions of a node bind whoever has the link in its chain.
type link struct {
	place
	about uint64 // of the node
	more  uint32 // links of this chain from here on
	via   uint8  // how it is reached; see below
}

const (
	viaItself    uint8 = 1 << iota // it is the node, or the class of all nodes of its type
	viaContained                   // by containment alone
	viaAny                         // by containment and ownership
)

var reaches = [...]uint8{Contained: viaItself | viaContained, Itself: viaItself,
	Owned: viaItself | viaContained | viaAny}

// maxShards bounds a snapshot; a shard of the largest world then holds a few hundred things.
const maxShards = 1 << 14

// NewIndex builds an index from content that was read from a file or made in memory.
func NewIndex(c *Content) (*Index, error) {
	parts, err := split(c, shardsFor(len(c.Entities)+len(c.Restrictions)))
	if err != nil {
		return nil, err
	}
	comp, err := newCompiler()
	if err != nil {
		return nil, err
	}
	x := &Index{name: c.Name, version: c.Version, settings: c.Settings.filled(), compiler: comp}
	raws := make([]string, len(parts))
	for i := range parts {
		raws[i] = string(encodeShard(parts[i].entities, parts[i].restrictions))
	}
	if x.shards, err = decodeShards(raws, comp); err != nil {
		return nil, err
	}
	x.sum = (&table{Settings: x.settings, Shards: sums(x.shards)}).sum()
	return x, x.link(nil)
}

func (s Settings) filled() Settings {
	if len(s.Actions) == 0 {
		s.Actions = DefaultActions
	}
	if len(s.Links) == 0 {
		s.Links = DefaultLinks
	}
	return s
}

// A part is the content of one shard.
type part struct {
	entities     []Entity
	restrictions []Restriction
}

// shardsFor gives a power of two: about 256 things for each shard.
func shardsFor(things int) int {
	n := 1
	for n < maxShards/4 && n*256 < things {
		n *= 2
	}
	return n
}

func split(c *Content, n int) ([]part, error) {
	if err := c.Settings.check(); err != nil {
		return nil, err
	}
	parts := make([]part, n)
	shift := 64 - uint(bits.TrailingZeros(uint(n)))
	seen := make(map[Ref]bool, len(c.Entities))
	for i := range c.Entities {
		e := &c.Entities[i]
		if err := e.check(); err != nil {
			return nil, err
		}
		if seen[e.Ref] {
			return nil, fmt.Errorf("entity %s is listed twice", e.Ref)
		}
		seen[e.Ref] = true
		p := &parts[key(e.Ref)>>shift]
		p.entities = append(p.entities, *e)
	}
	ids := make(map[string]bool, len(c.Restrictions))
	actions := c.Settings.filled().Actions
	for i := range c.Restrictions {
		r := &c.Restrictions[i]
		if err := r.check(); err != nil {
			return nil, err
		}
		if ids[r.ID] {
			return nil, fmt.Errorf("restriction %s is there twice", r.ID)
		}
		ids[r.ID] = true
		for _, a := range r.Actions {
			if !slices.Contains(actions, a) {
				return nil, fmt.Errorf("restriction %s: action %q is not declared, so it would bind nobody; declared "+
					"are %s", r.ID, a, strings.Join(actions, ", "))
			}
		}
		p := &parts[key(r.Subject)>>shift]
		p.restrictions = append(p.restrictions, *r)
	}
	return parts, nil
}

func (e *Entity) check() error {
	if e.Type == "" || e.ID == "" {
		return fmt.Errorf("entity %s: it needs a type and an id", e.Ref)
	}
	for _, r := range append(append([]Ref{e.Ref}, e.In...), e.OwnedBy...) {
		if r.Type == "" || r.ID == "" {
			return fmt.Errorf("entity %s: what it lies in needs a type and an id", e.Ref)
		}
		if err := errors.Join(checkText(r.Type), checkText(r.ID)); err != nil {
			return fmt.Errorf("entity %s: %w", e.Ref, err)
		}
	}
	if err := checkProperties(e.Properties); err != nil {
		return fmt.Errorf("entity %s: %w", e.Ref, err)
	}
	return nil
}

func (s Settings) check() error {
	for _, t := range append(slices.Clone(s.Actions), s.Links...) {
		if t == "" {
			return errors.New("settings: an action or link has no name")
		}
		if err := checkText(t); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	}
	for _, o := range s.Open {
		if o.Type == "" {
			return errors.New("settings: an open type has no name")
		}
	}
	if s.Stale.After < 0 {
		return errors.New("settings: stale after a negative time")
	}
	return nil
}

// link resolves who lies beneath whom and gathers for each node the restricted nodes above it.
// Where only restrictions of listed subjects differ from old, it gathers anew only beneath these.
func (x *Index) link(old *Index) error {
	n := len(x.shards)
	if n == 0 || n&(n-1) != 0 || n > maxShards {
		return fmt.Errorf("build index: %d shards: want a power of two up to %d", n, maxShards)
	}
	x.shift = 64 - uint(bits.TrailingZeros(uint(n)))
	x.binding, x.entities = 0, 0
	types := map[string]bool{}
	for i, sh := range x.shards {
		x.binding += len(sh.rules)
		x.entities += sh.listed
		if !sh.fits(uint64(i), x.shift) {
			return fmt.Errorf("build index: shard %d holds what belongs into another", i)
		}
		maps.Copy(types, sh.types)
	}
	x.linked = nil
	for _, l := range x.settings.Links {
		if types[l] {
			x.linked = append(x.linked, l)
		}
	}
	x.declare()
	if changed, toggled, ok := x.since(old); ok && x.relink(old, changed, toggled) {
		return nil
	}
	x.base, x.overAt = make([]uint32, n+1), make([]uint32, n+1)
	for i, sh := range x.shards {
		x.base[i+1] = x.base[i] + uint32(len(sh.nodes))
		x.overAt[i+1] = x.overAt[i] + uint32(len(sh.edges))
	}
	if err := x.fill(); err != nil {
		return err
	}
	x.over = make([]place, x.overAt[n])
	inParallel(n, func(i int) {
		at := x.overAt[i]
		for j := range x.shards[i].edges {
			g := &x.shards[i].edges[j]
			x.over[at+uint32(j)] = x.place(g.key, x.shards[i].ref(g.at))
		}
	})
	newChains(x).build()
	x.whole = len(x.links)
	x.setChains()
	return nil
}

// declare numbers the actions and finds the open types.
func (x *Index) declare() {
	for _, a := range x.settings.Actions {
		x.compiler.bit(a)
	}
	all := x.compiler.actions()
	x.actions = make(map[string]uint8, len(x.settings.Actions))
	for _, a := range x.settings.Actions {
		if b, ok := all[a]; ok {
			x.actions[a] = b
		} else {
			x.actions[a] = otherAction
		}
	}
	x.open = map[string]OpenType{}
	for _, o := range x.settings.Open {
		x.open[o.Type] = o
	}
}

// since gives the shards that differ from those of old and the nodes that are restricted now
// and were not, or the other way round; false where the entities differ too.
func (x *Index) since(old *Index) (changed []uint32, toggled []place, ok bool) {
	if old == nil || len(old.shards) != len(x.shards) {
		return nil, nil, false
	}
	for s, sh := range x.shards {
		was := old.shards[s]
		if sh == was {
			continue
		}
		changed = append(changed, uint32(s))
		if len(sh.nodes) != len(was.nodes) || sh.raw[:sh.skeleton] != was.raw[:was.skeleton] {
			return nil, nil, false
		}
		for i := range sh.nodes {
			a, b := &sh.nodes[i], &was.nodes[i]
			if a.key != b.key || sh.ref(a.at) != was.ref(b.at) {
				return nil, nil, false
			}
			if (a.rules[0] == a.rules[1]) != (b.rules[0] == b.rules[1]) {
				toggled = append(toggled, place{uint32(s), uint32(i)})
			}
		}
	}
	return changed, toggled, true
}

// relink takes the chains of old and gathers anew those at and beneath the toggled nodes.
// Chains that nobody uses any more stay behind; when they are as many as the others, and
// where companies own each other in circles, it is better done from scratch.
func (x *Index) relink(old *Index, changed []uint32, toggled []place) bool {
	if len(toggled) > 0 && (old.circles || len(old.links) > 2*old.whole+32 || len(toggled) > 1<<12) {
		return false
	}
	x.base, x.overAt, x.over, x.chain, x.links = old.base, old.overAt, old.over, old.chain, old.links
	x.slabs, x.perSlab, x.kinds, x.roots, x.circles, x.whole = old.slabs, old.perSlab, old.kinds, old.roots,
		old.circles, old.whole
	if len(changed) == 0 {
		return true
	}
	x.links = slices.Clone(x.links)
	x.renew(old, changed)
	x.changeChains(old, x.rechain(toggled))
	return true
}

// renew tells the links to restricted nodes what these are about now.
func (x *Index) renew(old *Index, changed []uint32) {
	differ := map[uint32]bool{}
	for _, s := range changed {
		for i := range x.shards[s].nodes {
			if x.shards[s].nodes[i].about != old.shards[s].nodes[i].about {
				differ[s] = true
			}
		}
	}
	if len(differ) == 0 {
		return
	}
	mark := make([]bool, len(x.shards))
	for s := range differ {
		mark[s] = true
	}
	var p pace
	for i, page := range x.links {
		p.rest()
		mine := false
		for j := range page {
			l := &page[j]
			if !mark[l.shard] || l.more == 0 {
				continue
			}
			if about := x.at(l.place).about; about != l.about {
				if !mine { // the page is in use by others
					mine = true
					x.links[i] = append(make([]link, 0, cap(page)), page...)
				}
				x.links[i][j].about = about
			}
		}
	}
}

// beneath finds what lies beneath marked nodes, looking at each node once. There are no
// circles, or the chains would be gathered from scratch.
type beneath struct {
	x     *Index
	mark  []uint8
	found []place // by way of another node
}

const (
	apart    uint8 = 1
	affected uint8 = 4
)

func (b *beneath) find(p place) bool {
	m := apart
	_, over := b.x.above(p)
	for _, o := range over {
		if o == nowhere {
			continue
		}
		g := b.x.base[o.shard] + o.node
		if b.mark[g] == 0 && b.find(o) {
			b.found = append(b.found, o)
		}
		if b.mark[g] == affected {
			m = affected
			break
		}
	}
	b.mark[b.x.base[p.shard]+p.node] = m
	return m == affected
}

// rechain gathers anew the chains at and beneath the toggled nodes, and gives all these nodes.
func (x *Index) rechain(toggled []place) []place {
	if len(toggled) == 0 {
		return nil
	}
	x.chain = slices.Clone(x.chain)
	c := &chains{x: x, state: make([]uint8, len(x.chain)), known: map[string]uint32{}}
	b := &beneath{x: x, mark: c.state}
	for _, p := range toggled {
		c.state[x.base[p.shard]+p.node] = affected
	}
	todo := toggled
	for s, sh := range x.shards {
		c.pace.rest()
		for i := range sh.nodes {
			p := place{uint32(s), uint32(i)}
			if c.state[x.base[s]+p.node] == 0 && b.find(p) {
				todo = append(todo, p)
			}
		}
	}
	todo = append(todo, b.found...)
	for i := range c.state {
		if c.state[i] == affected {
			c.state[i] = 0
		} else {
			c.state[i] = 2
		}
	}
	for i, p := range todo {
		if i%256 == 0 {
			c.pace.rest()
		}
		c.visit(p, 0)
	}
	return todo
}

func (x *Index) at(p place) *node { return &x.shards[p.shard].nodes[p.node] }

func (x *Index) ref(p place) Ref { return x.shards[p.shard].ref(x.at(p).at) }

func (x *Index) properties(p place) string { return x.shards[p.shard].properties(x.at(p)) }

// above gives the targets of a node's edges, in the order of the edges.
func (x *Index) above(p place) ([]edge, []place) {
	sh := x.shards[p.shard]
	e := sh.nodes[p.node].edges
	at := x.overAt[p.shard]
	return sh.edges[e[0]:e[1]], x.over[at+e[0] : at+e[1]]
}

// Size says what the index holds.
func (x *Index) Size() (entities, restrictions int) { return x.entities, x.binding }

// Version is the number of the snapshot; it only grows.
func (x *Index) Version() uint64 { return x.version }

// Sum is the SHA-256 of the snapshot's table, in hex.
func (x *Index) Sum() string { return x.sum }

// Settings returns the snapshot's settings.
func (x *Index) Settings() Settings { return x.settings }
