package match

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"sync"

	"plimsoll/internal/list"
)

// An Update is what changed between two versions of the lists. A score depends on the two
// parties alone, so that a hit on an entry that did not change stands, and only the
// entries that are new or changed need to be searched.
type Update struct {
	next  []*list.List
	moved map[entryAt]entryAt // where an unchanged entry of the old lists stands now
	delta *Index              // of the new and changed entries
	back  []entryAt           // where the entries of delta stand in the new lists
	full  func() *Index
	Same  int // entries that did not change
	Gone  int // entries that are no longer listed, or changed
	New   int // entries that are new, or changed
}

// NewUpdate compares two versions of the lists.
func NewUpdate(old, next []*list.List) *Update {
	u := &Update{next: next, moved: map[entryAt]entryAt{}, full: sync.OnceValue(func() *Index { return Build(next) })}
	type key struct {
		list  string
		print uint64
	}
	before := map[key][]entryAt{}
	for li, l := range old {
		for ei := range l.Entries {
			if e := &l.Entries[ei]; e.Status != list.Removed {
				k := key{l.ID, fingerprint(e)}
				before[k] = append(before[k], entryAt{int32(li), int32(ei)})
				u.Gone++
			}
		}
	}
	var changed []*list.List
	for li, l := range next {
		c := &list.List{ID: l.ID, Title: l.Title, Format: l.Format}
		for ei := range l.Entries {
			e := &l.Entries[ei]
			if e.Status == list.Removed {
				continue
			}
			k, at := key{l.ID, fingerprint(e)}, entryAt{int32(li), int32(ei)}
			if was := before[k]; len(was) > 0 {
				u.moved[was[0]] = at
				before[k] = was[1:]
				u.Same++
				u.Gone--
				continue
			}
			c.Entries = append(c.Entries, *e)
			u.back = append(u.back, at)
			u.New++
		}
		changed = append(changed, c)
	}
	u.delta = Build(changed)
	return u
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
	put(e.Status.String())
	return h.Sum64()
}

// Rescreen returns what a search of the new lists would, from what the same search of the
// old lists returned. Only when hits fell away from a list that was cut at limit are the
// new lists searched as a whole.
func (u *Update) Rescreen(q Query, before []Hit, limit int, threshold float64) []Hit {
	out := make([]Hit, 0, len(before))
	for _, h := range before {
		at, ok := u.moved[entryAt{int32(h.List), int32(h.Entry)}]
		if !ok {
			continue
		}
		h.List, h.Entry = int(at.list), int(at.entry)
		out = append(out, h)
	}
	if limit > 0 && len(before) >= limit && len(out) < len(before) {
		return u.full().Search(q, limit, threshold)
	}
	for _, h := range u.delta.Search(q, limit, threshold) {
		at := u.back[u.delta.lists0(h.List)+h.Entry]
		h.List, h.Entry = int(at.list), int(at.entry)
		out = append(out, h)
	}
	slices.SortStableFunc(out, byRank)
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out
}

// lists0 returns how many entries stand in the lists before list i.
func (ix *Index) lists0(i int) int {
	n := 0
	for _, l := range ix.lists[:i] {
		n += len(l.Entries)
	}
	return n
}
