package match

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"slices"
	"unsafe"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A saved index holds the tables of an index, not the lists: they are loaded again beside
// it and must be the same. Numbers stand in the byte order of the machine that wrote
// them, which the magic number shows; another machine, or another version of the
// lexicons, builds the index anew.

// magic begins a saved index; the last two letters are the version of the tables.
const magic = uint64(0x706c696d_7369000a)

// ErrStale says that a saved index does not belong to the lists or to this program.
var ErrStale = errors.New("the saved index belongs to other lists or another version")

// savedWord is a word of the index as it is saved.
type savedWord struct {
	text   uint32 // end of its text among the texts
	syms   uint32 // end of its meanings among the meanings
	weight float32
	class  name.Class
	flags  uint8
	kind   name.Kind
	_      uint8
}

// Version changes whenever the same lists and names might give other results.
func Version() uint64 { return magic ^ name.Version() }

// Save writes the index, with a checksum at the end.
func (ix *Index) Save(w io.Writer) error {
	sum := crc32.New(castagnoli)
	b := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
	var texts []byte
	var syms []name.Sym
	words := make([]savedWord, len(ix.words))
	for i := range ix.words {
		t := &ix.words[i]
		texts = append(texts, t.Text...)
		syms = append(syms, t.Syms...)
		words[i] = savedWord{text: uint32(len(texts)), syms: uint32(len(syms)), weight: t.Weight, class: t.Class,
			flags: keyOf(t, 0).flags, kind: ix.kinds[i]}
	}
	err := errors.Join(
		put(b, []uint64{magic, fingerprintOf(ix.lists), name.Version()}),
		put(b, words), put(b, texts), put(b, syms),
		put(b, ix.names), put(b, ix.refs), put(b, ix.runs), put(b, ix.postStart), put(b, ix.postMid), put(b, ix.post),
		ix.spelt.put(b), ix.keys.put(b), ix.whole.put(b), ix.joins.put(b), ix.cuts.put(b),
		b.Flush())
	if err == nil {
		err = binary.Write(w, binary.LittleEndian, sum.Sum32())
	}
	if err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open reads a saved index of lists. It returns [ErrStale] when it has to be built anew.
func Open(file io.Reader, lists []*list.List) (*Index, error) {
	sum := crc32.New(castagnoli)
	r := io.TeeReader(file, sum)
	ix := &Index{lists: lists, ids: map[party.Identifier][]entryAt{}}
	ix.pool.New = func() any { return newSearcher(ix) }
	var head []uint64
	if err := get(r, &head); err != nil || len(head) != 3 || head[0] != magic {
		return nil, ErrStale
	}
	if head[1] != fingerprintOf(lists) || head[2] != name.Version() {
		return nil, ErrStale
	}
	var words []savedWord
	var texts []byte
	var syms []name.Sym
	err := errors.Join(
		get(r, &words), get(r, &texts), get(r, &syms),
		get(r, &ix.names), get(r, &ix.refs), get(r, &ix.runs), get(r, &ix.postStart), get(r, &ix.postMid),
		get(r, &ix.post),
		ix.spelt.get(r), ix.keys.get(r), ix.whole.get(r), ix.joins.get(r), ix.cuts.get(r))
	var want uint32
	if err == nil {
		err = binary.Read(file, binary.LittleEndian, &want)
	}
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if want != sum.Sum32() {
		return nil, errors.New("open index: the checksum is wrong")
	}
	if err := ix.check(words, texts, syms); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	ix.words, ix.kinds = make([]name.Token, len(words)), make([]name.Kind, len(words))
	inChunks(len(words), 1<<14, func(from, to int) struct{} {
		for i := from; i < to; i++ {
			var t0, s0 uint32
			if i > 0 {
				t0, s0 = words[i-1].text, words[i-1].syms
			}
			w := &words[i]
			t := &ix.words[i]
			text := texts[t0:w.text]
			t.Text = unsafe.String(unsafe.SliceData(text), len(text)) // texts is never written again
			t.Weight, t.Class, ix.kinds[i] = w.weight, w.class, w.kind
			setFlags(t, w.flags)
			if w.syms > s0 {
				t.Syms = syms[s0:w.syms:w.syms]
			}
			if t.Class != name.Number {
				t.Sound = string(name.AppendSound(make([]byte, 0, 16), text, t.Loose))
			}
		}
		return struct{}{}
	})
	ix.lighten()
	ix.identifiers()
	ix.cut()
	ix.settle()
	return ix, nil
}

// check makes sure that every number in the tables points into them, so that a damaged
// file is an error here and no panic later.
func (ix *Index) check(words []savedWord, texts []byte, syms []name.Sym) error {
	for _, part := range []struct {
		what string
		fits func() bool
	}{
		{"words", func() bool { return wordsFit(words, texts, syms) }},
		{"names", ix.namesFit},
		{"words of names", func() bool {
			return all(ix.refs, func(r *uint32) bool {
				return int(*r>>2) < len(words)
			})
		}},
		{"postings", func() bool { return ix.postingsFit(len(words)) }},
		{"keys of words", func() bool {
			word := func(x *item) bool { return int(x.value) < len(words) }
			return ix.spelt.fits(word) && ix.keys.fits(word)
		}},
		{"keys of names", func() bool {
			id := func(x *item) bool { return int(x.value) < len(ix.names) }
			return ix.whole.fits(id) && ix.cuts.fits(id)
		}},
		{"keys of joined words", func() bool {
			return ix.joins.fits(func(x *joinItem) bool { return ix.posted(&x.post, len(words)) })
		}},
	} {
		if !part.fits() {
			return fmt.Errorf("the tables do not fit together: %s", part.what)
		}
	}
	return nil
}

// wordsFit reports whether the ends of words stand in order, and the last at the end of what they are made of.
func wordsFit(words []savedWord, texts []byte, syms []name.Sym) bool {
	var t, s uint32
	for i := range words {
		if words[i].text < t || words[i].syms < s {
			return false
		}
		t, s = words[i].text, words[i].syms
	}
	return int(t) == len(texts) && int(s) == len(syms)
}

// namesFit reports whether each name is one of an entry, and its words and letters are there.
func (ix *Index) namesFit() bool {
	var refs, run uint32
	for i := range ix.names {
		n := &ix.names[i]
		if n.refs < refs || int(n.refs) > len(ix.refs) || n.run < run || int(n.run) > len(ix.runs) || !ix.named(n) {
			return false
		}
		refs, run = n.refs, n.run
	}
	return true
}

// named reports whether a name is one of an entry of the lists.
func (ix *Index) named(n *listedName) bool {
	return n.list >= 0 && int(n.list) < len(ix.lists) && n.entry >= 0 && int(n.entry) < len(ix.lists[n.list].Entries) &&
		n.name >= 0 && int(n.name) < len(ix.lists[n.list].Entries[n.entry].Names)
}

// postingsFit reports whether the postings of each of so many words are there.
func (ix *Index) postingsFit(words int) bool {
	if len(ix.postStart) != words+1 || len(ix.postMid) != words+1 {
		return false
	}
	for i := range words {
		if a, m, b := ix.postStart[i], ix.postMid[i], ix.postStart[i+1]; a > m || m > b || int(b) > len(ix.post) {
			return false
		}
	}
	return all(ix.post, func(p *posting) bool { return ix.posted(p, words) })
}

// posted reports whether a posting is of a name and of words that are there.
func (ix *Index) posted(p *posting, words int) bool {
	for _, r := range p.rest {
		if int(r&noWord) > words {
			return false
		}
	}
	return int(p.name) < len(ix.names)
}

func (k *keyTable[T]) put(w io.Writer) error {
	return errors.Join(put(w, k.bits), put(w, k.start), put(w, k.items))
}

func (k *keyTable[T]) get(r io.Reader) error {
	return errors.Join(get(r, &k.bits), get(r, &k.start), get(r, &k.items))
}

// fits reports whether the table can be searched and its items are as they must be.
func (k *keyTable[T]) fits(right func(*T) bool) bool {
	if power := func(n int) bool { return n > 0 && n&(n-1) == 0 }; len(k.start) < 2 || !power(len(k.start)-1) ||
		!power(len(k.bits)) {
		return false
	}
	if k.start[len(k.start)-1] != uint32(len(k.items)) {
		return false
	}
	for i := range k.start[1:] {
		if k.start[i] > k.start[i+1] {
			return false
		}
	}
	return all(k.items, right)
}

// all reports whether every element is as it must be; it looks on all processors.
func all[T any](s []T, right func(*T) bool) bool {
	return !slices.Contains(inChunks(len(s), 1<<18, func(from, to int) bool {
		for i := from; i < to; i++ {
			if !right(&s[i]) {
				return false
			}
		}
		return true
	}), false)
}

// fingerprintOf hashes what an index takes from lists.
func fingerprintOf(lists []*list.List) uint64 {
	h := fnv.New64a()
	for _, l := range lists {
		fmt.Fprintf(h, "%s %d\n", l.ID, len(l.Entries))
		prints := inChunks(len(l.Entries), 4096, func(from, to int) uint64 {
			sum := uint64(0)
			for i := from; i < to; i++ {
				sum = sum*0x9E3779B97F4A7C15 + fingerprint(&l.Entries[i])
			}
			return sum
		})
		for _, p := range prints {
			binary.Write(h, binary.LittleEndian, p)
		}
	}
	return h.Sum64()
}

// put writes a slice of plain values: its length, then its memory.
func put[T any](w io.Writer, s []T) error {
	if err := binary.Write(w, binary.LittleEndian, uint64(len(s))); err != nil {
		return err
	}
	var z T
	_, err := w.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(z))))
	return err
}

// get reads what put wrote. Memory grows with what is there, not with what a damaged
// length claims.
func get[T any](r io.Reader, s *[]T) error {
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return err
	}
	var z T
	size := uint64(unsafe.Sizeof(z))
	if n > 1<<40/size {
		return errors.New("a length is too large")
	}
	const step = 64 << 20
	for have := uint64(0); have < n; {
		k := min(n-have, step/size)
		if have == 0 && n <= 1<<32 && k < n {
			k = min(n, 8*step/size)
		}
		grown := make([]T, have+k)
		inLargePages(grown, false)
		copy(grown, *s)
		if _, err := io.ReadFull(r, unsafe.Slice((*byte)(unsafe.Pointer(&grown[have])), int(k*size))); err != nil {
			return err
		}
		*s, have = grown, have+k
	}
	return nil
}
