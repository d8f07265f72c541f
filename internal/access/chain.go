package access

import (
	"encoding/binary"
	"slices"
)

// chains gathers, for each node, the restricted nodes at and above it. Equal chains are kept
// once: most nodes of a large tree share the chain of the node above them.
type chains struct {
	x     *Index
	state []uint8       // 0 not seen, 1 under way, 2 done, 3 done but on or beneath a circle
	below [2][][]uint32 // of each chain: that of what it contains, and of what it owns; 0 not yet known
	known map[string]uint32
	key   []byte
	buf   []link
	part  []link
	pace  pace
}

func newChains(x *Index) *chains {
	n := x.base[len(x.shards)]
	x.chain = make([]uint32, n)
	x.links = [][]link{{{}}} // chain 0 is empty
	x.roots = map[string]uint32{}
	return &chains{x: x, state: make([]uint8, n), known: map[string]uint32{}}
}

func (c *chains) build() {
	x := c.x
	for _, sh := range x.shards {
		for i := range sh.nodes {
			if nd := &sh.nodes[i]; nd.flags&flagClass != 0 {
				t := sh.ref(nd.at).Type
				c.buf = c.addWild(c.buf[:0], t)
				x.roots[t] = c.intern(c.buf)
			}
		}
	}
	var circle []place
	for s, sh := range x.shards {
		c.pace.rest()
		for i := range sh.nodes {
			p := place{uint32(s), uint32(i)}
			if c.visit(p, 0) {
				circle = append(circle, p)
			}
		}
	}
	x.circles = len(circle) > 0
	for _, p := range circle { // companies do own each other in circles
		x.chain[x.base[p.shard]+p.node] = c.walk(p)
	}
}

// root is the chain of what is not listed: the restrictions on its whole type and on everybody.
func (x *Index) root(t string) uint32 {
	if len(x.roots) == 0 {
		return 0
	}
	if c, ok := x.roots[t]; ok {
		return c
	}
	return x.roots[""]
}

func (c *chains) addWild(l []link, t string) []link {
	for _, r := range [...]Ref{{t, ""}, {}} {
		if p := c.x.place(key(r), r); p != nowhere {
			l = append(l, c.x.linkTo(p, viaItself))
		}
		if t == "" {
			break
		}
	}
	return l
}

// maxDepth is where a tree becomes a chain that nobody built on purpose; deeper nodes are
// gathered by walking.
const maxDepth = 1000

// visit computes the chain of p and reports whether p lies on or beneath a circle.
func (c *chains) visit(p place, depth int) bool {
	x := c.x
	g := x.base[p.shard] + p.node
	switch {
	case c.state[g] == 2:
		return false
	case c.state[g] != 0 || depth > maxDepth:
		return true
	}
	c.state[g] = 1
	circle := false
	edges, over := x.above(p)
	for _, o := range over {
		if o != nowhere && c.visit(o, depth+1) {
			circle = true
		}
	}
	if circle {
		c.state[g] = 3
		return true
	}
	c.state[g] = 2
	sh, nd := x.shards[p.shard], x.at(p)
	root := uint32(0)
	if len(x.roots) > 0 {
		root = x.root(sh.ref(nd.at).Type)
	}
	restricted := nd.rules[0] != nd.rules[1] && nd.flags&flagClass == 0
	if len(over) == 0 && !restricted {
		x.chain[g] = root
		return false
	}
	if len(over) == 1 && root == 0 && !restricted {
		x.chain[g] = c.beneath(over[0], sh, &edges[0])
		return false
	}
	buf := append(c.part[:0], x.linksOf(root)...)
	if restricted {
		buf = addLink(buf, x.linkTo(p, viaItself))
	}
	for i, o := range over {
		for _, l := range x.linksOf(c.beneath(o, sh, &edges[i])) {
			buf = addLink(buf, l)
		}
	}
	c.part = buf
	if restricted { // no other node has a link to p itself
		x.chain[g] = c.add(buf)
	} else {
		x.chain[g] = c.intern(buf)
	}
	return false
}

// beneath is the chain of what lies directly beneath p, which the edge g of sh leads to. What
// is not listed is still one of its type.
func (c *chains) beneath(p place, sh *shard, g *edge) uint32 {
	ch := uint32(0)
	if p == nowhere {
		ch = c.x.root(sh.ref(g.at).Type)
	} else {
		ch = c.x.chain[c.x.base[p.shard]+p.node]
	}
	if ch == 0 {
		return 0
	}
	way := 0
	if g.owned {
		way = 1
	}
	page, at := ch>>pageBits, ch&(1<<pageBits-1)
	for len(c.below[way]) <= int(page) {
		c.below[way] = append(c.below[way], nil)
	}
	if c.below[way][page] == nil {
		c.below[way][page] = make([]uint32, 1<<pageBits)
	}
	if b := c.below[way][page][at]; b != 0 {
		return b
	}
	c.buf = c.buf[:0]
	same := true
	for _, l := range c.x.linksOf(ch) {
		via := down(l.via, g.owned)
		same = same && via == l.via
		l.via = via
		c.buf = append(c.buf, l)
	}
	b := ch
	if !same {
		b = c.add(c.buf)
	}
	c.below[way][page][at] = b
	return b
}

func (x *Index) linkTo(p place, via uint8) link {
	return link{place: p, about: x.at(p).about, via: via}
}

func down(via uint8, owned bool) uint8 {
	if !owned && via&(viaItself|viaContained) != 0 {
		return viaContained | viaAny
	}
	return viaAny
}

func addLink(l []link, add link) []link {
	for i := range l {
		if l[i].place == add.place {
			l[i].via |= add.via
			return l
		}
	}
	return append(l, add)
}

// walk gathers a chain without the help of other chains.
func (c *chains) walk(p place) uint32 {
	x := c.x
	via := map[place]uint8{p: viaItself}
	queue := []place{p}
	var buf []link
	for len(queue) > 0 {
		q := queue[0]
		queue = queue[1:]
		edges, over := x.above(q)
		for i, o := range over {
			if o == nowhere {
				for _, l := range x.linksOf(x.root(x.shards[q.shard].ref(edges[i].at).Type)) {
					l.via = down(via[q], edges[i].owned)
					buf = addLink(buf, l)
				}
				continue
			}
			if next := via[o] | down(via[q], edges[i].owned); next != via[o] {
				via[o] = next
				queue = append(queue, o)
			}
		}
	}
	for q, v := range via {
		nd := x.at(q)
		if nd.rules[0] != nd.rules[1] {
			buf = addLink(buf, x.linkTo(q, v))
		}
		for _, l := range x.linksOf(x.root(x.ref(q).Type)) {
			l.via = v
			buf = addLink(buf, l)
		}
	}
	slices.SortFunc(buf, func(a, b link) int { return compareRef(x.ref(a.place), x.ref(b.place)) })
	return c.intern(buf)
}

// Chains stand in pages, so that many can be made and shared without ever moving them: a copy
// of a hundred megabytes would stop everybody for as long as it takes. A chain's number is
// its page and where it begins there.
const pageBits = 16

func (x *Index) linksOf(chain uint32) []link {
	page, at := x.links[chain>>pageBits], chain&(1<<pageBits-1)
	return page[at : at+page[at].more]
}

// intern numbers a chain; equal ones get one number.
func (c *chains) intern(l []link) uint32 {
	if len(l) == 0 {
		return 0
	}
	c.key = c.key[:0]
	for _, k := range l {
		c.key = binary.LittleEndian.AppendUint32(c.key, k.shard)
		c.key = append(binary.LittleEndian.AppendUint32(c.key, k.node), k.via)
	}
	if n, ok := c.known[string(c.key)]; ok {
		return n
	}
	n := c.add(l)
	c.known[string(c.key)] = n
	return n
}

// add numbers a chain: it is named after where it begins.
func (c *chains) add(l []link) uint32 {
	x := c.x
	last := len(x.links) - 1
	if len(x.links[last])+len(l) > cap(x.links[last]) {
		x.links = append(x.links, make([]link, 0, max(1<<pageBits, len(l))))
		last++
	}
	page := x.links[last]
	n := uint32(last)<<pageBits | uint32(len(page))
	for i, k := range l {
		k.more = uint32(len(l) - i)
		page = append(page, k)
	}
	x.links[last] = page
	return n
}
