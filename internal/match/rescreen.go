package match

import (
	"encoding/binary"
	"hash/fnv"

	"plimsoll/internal/list"
)

// A Print stands for an entry of a list as it was at a screening: its key, and all that a
// hit on it may say.
type Print struct{ Key, Entry uint64 }

// Prints returns those of all entries that are still listed.
func Prints(lists []*list.List) []Print {
	var out []Print
	for _, l := range lists {
		for i := range l.Entries {
			if e := &l.Entries[i]; e.Status != list.Removed {
				out = append(out, Print{entryKey(l.ID, e.ID), fingerprint(e)})
			}
		}
	}
	return out
}

// A Change is what differs between the lists of an earlier screening and those of today. A
// score depends on the two parties alone, so that the result for a party can differ only
// when one of its hits was on an entry that changed, or an entry that is new or changed
// matches it now.
type Change struct {
	same  map[uint64]bool // keys of entries that did not change
	delta *Index          // of the others
	New   int             // entries that are new, or changed
	Gone  int             // entries that are no longer listed, or changed
}

// NewChange compares the prints of an earlier screening with lists. A key that stands
// twice on either side counts as changed.
func NewChange(old []Print, lists []*list.List) *Change {
	type seen struct {
		print  uint64
		before int
		now    int
	}
	entries := make(map[uint64]seen, len(old))
	for _, p := range old {
		s := entries[p.Key]
		s.print = p.Entry
		s.before++
		entries[p.Key] = s
	}
	for _, p := range Prints(lists) {
		s := entries[p.Key]
		if s.before == 1 && s.print != p.Entry {
			s.now++ // twice: changed
		}
		s.now++
		entries[p.Key] = s
	}
	c := &Change{same: map[uint64]bool{}}
	for k, s := range entries {
		if s.before == 1 && s.now == 1 {
			c.same[k] = true
		}
	}
	c.Gone = len(old) - len(c.same)
	var changed []*list.List
	for _, l := range lists {
		d := &list.List{ID: l.ID, Title: l.Title, Format: l.Format}
		for i := range l.Entries {
			if e := &l.Entries[i]; e.Status != list.Removed && !c.same[entryKey(l.ID, e.ID)] {
				d.Entries = append(d.Entries, *e)
			}
		}
		c.New += len(d.Entries)
		changed = append(changed, d)
	}
	c.delta = Build(changed)
	return c
}

// Same reports whether an entry is what it was at the earlier screening.
func (c *Change) Same(list, entry string) bool { return c.same[entryKey(list, entry)] }

// Touches reports whether an entry that is new or changed matches q.
func (c *Change) Touches(q Query, threshold float64) bool {
	return len(c.delta.Search(q, 1, threshold)) > 0
}

func entryKey(list, entry string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(list))
	h.Write([]byte{0})
	h.Write([]byte(entry))
	return h.Sum64()
}

// fingerprint hashes all that a score or a hit can depend on.
func fingerprint(e *list.Entry) uint64 {
	h := fnv.New64a()
	put := func(s string) {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	all := func(s []string) {
		put("")
		for _, x := range s {
			put(x)
		}
	}
	put(e.ID)
	put(string(e.Kind))
	for _, n := range e.Names {
		put(n.Text)
		if n.Weak {
			put("weak")
		}
	}
	put("")
	for _, id := range e.Identifiers {
		put(id.Scheme)
		put(id.ID)
	}
	all(e.Countries)
	all(e.Addresses)
	all(e.Dates)
	all(e.Fathers)
	put(e.Gender)
	all(e.Programs)
	put(e.Effect)
	put(e.Status.String())
	return h.Sum64()
}
