package access

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A slab leads from references to nodes, for one part of the key space: that of several
// shards. It belongs to an index, which shares it with the next one where nothing in it
// changed. A look into the main memory costs more than all else that a decision does, and
// almost every question is answered by one, at its slot: so the slot holds short ids and the
// chain of the node, two slots fill a line of the processor's cache, and there are few slabs.
type slab struct {
	slots []slot // open addressing in pairs, half full at most
	long  []byte // ids that are too long for a slot
}

type slot struct {
	node  uint32 // number in the index + 1; 0: free
	chain uint32 // as in Index.chain
	kind  uint16 // number of its type
	flags uint8  // of the node
	size  uint8  // of the id, or longID
	text  [20]byte
}

// longID marks a slot that holds not the id but its key, and where the id stands in long.
const longID = 0xff

// maxSlabs bounds the slabs of an index.
const maxSlabs = 64

// pair gives the first slot in which a key may be.
func (b *slab) pair(k uint64) int { return int(uint64(uint32(k))*uint64(len(b.slots)/2)>>32) * 2 }

// find gives the slot of r, whose key is k and whose type's number is kind; nil when it is not
// here.
func (b *slab) find(k uint64, kind uint16, r Ref) *slot {
	for at := b.pair(k); ; {
		s := &b.slots[at]
		switch {
		case s.node == 0:
			return nil
		case s.kind != kind:
		case s.size == longID:
			if binary.LittleEndian.Uint64(s.text[:8]) == k && b.idAt(s) == r.ID {
				return s
			}
		case int(s.size) == len(r.ID) && string(s.text[:s.size]) == r.ID:
			return s
		}
		if at++; at == len(b.slots) {
			at = 0
		}
	}
}

func (b *slab) idAt(s *slot) string {
	from, size := binary.LittleEndian.Uint32(s.text[8:12]), binary.LittleEndian.Uint32(s.text[12:16])
	return string(b.long[from : from+size])
}

// put adds a node.
func (b *slab) put(k uint64, s slot, id string) {
	if len(id) <= len(s.text) {
		s.size = uint8(copy(s.text[:], id))
	} else {
		s.size = longID
		binary.LittleEndian.PutUint64(s.text[:8], k)
		binary.LittleEndian.PutUint32(s.text[8:12], uint32(len(b.long)))
		binary.LittleEndian.PutUint32(s.text[12:16], uint32(len(id)))
		b.long = append(b.long, id...)
	}
	at := b.pair(k)
	for b.slots[at].node != 0 {
		if at++; at == len(b.slots) {
			at = 0
		}
	}
	b.slots[at] = s
}

// setChain changes the chain of node number n, whose key is k.
func (b *slab) setChain(k uint64, n, chain uint32) {
	at := b.pair(k)
	for b.slots[at].node != n+1 {
		if at++; at == len(b.slots) {
			at = 0
		}
	}
	b.slots[at].chain = chain
}

// fill makes the slabs of an index. The chains are not yet known.
func (x *Index) fill() error {
	x.kinds = map[string]uint16{}
	for _, sh := range x.shards {
		for _, t := range sh.own {
			if _, ok := x.kinds[t]; !ok {
				if len(x.kinds) > 0xffff {
					return errors.New("build index: more than 65,536 types")
				}
				x.kinds[t] = uint16(len(x.kinds))
			}
		}
	}
	n := min(len(x.shards), maxSlabs)
	each := len(x.shards) / n
	x.perSlab = x.shift
	for i := 1; i < each; i *= 2 {
		x.perSlab++
	}
	x.slabs = make([]slab, n)
	inParallel(n, func(i int) {
		from, to := i*each, (i+1)*each
		nodes := int(x.base[to] - x.base[from])
		b := slab{slots: make([]slot, max(2*nodes, 4))}
		for s := from; s < to; s++ {
			sh := x.shards[s]
			last, kind := "", x.kinds[""]
			for j := range sh.nodes {
				nd := &sh.nodes[j]
				r := sh.ref(nd.at)
				if r.Type != last {
					last, kind = r.Type, x.kinds[r.Type]
				}
				b.put(nd.key, slot{node: x.base[s] + uint32(j) + 1, kind: kind, flags: nd.flags}, r.ID)
			}
		}
		x.slabs[i] = b
	})
	return nil
}

// setChains writes all chains into the slots, which nobody reads yet.
func (x *Index) setChains() {
	inParallel(len(x.slabs), func(i int) {
		for j := range x.slabs[i].slots {
			if s := &x.slabs[i].slots[j]; s.node != 0 {
				s.chain = x.chain[s.node-1]
			}
		}
	})
}

// changeChains takes the slabs of an older index, and writes the chains of some nodes anew.
func (x *Index) changeChains(old *Index, changed []place) {
	x.slabs, x.perSlab = old.slabs, old.perSlab
	if len(changed) == 0 {
		return
	}
	x.slabs = slices.Clone(x.slabs)
	mine := make([]bool, len(x.slabs))
	for _, p := range changed {
		k, n := x.at(p).key, x.base[p.shard]+p.node
		b := k >> x.perSlab
		if !mine[b] {
			mine[b] = true
			x.slabs[b].slots = slices.Clone(x.slabs[b].slots)
		}
		x.slabs[b].setChain(k, n, x.chain[n])
	}
}

// find gives the slot of a reference.
func (x *Index) find(k uint64, r Ref) *slot {
	kind, ok := x.kinds[r.Type]
	if !ok {
		return nil
	}
	return x.slabs[k>>x.perSlab].find(k, kind, r)
}

// place gives the node of a reference, or nowhere.
func (x *Index) place(k uint64, r Ref) place { return x.placeOf(k, x.find(k, r)) }

func (x *Index) placeOf(k uint64, s *slot) place {
	if s == nil {
		return nowhere
	}
	home := uint32(k >> x.shift)
	return place{home, s.node - 1 - x.base[home]}
}
