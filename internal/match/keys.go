package match

import (
	"math/bits"
	"runtime"
	"sync"

	"plimsoll/internal/compare"
)

// A keyTable maps hashes to numbers: of words that hold a key, or of names. It is flat
// slices, so that it can be written to a file and read back as it is. Hashes may collide;
// whoever looks up checks what comes back.
type keyTable[T any] struct {
	bits  []uint64 // two bits of one word for every key: most lookups find nothing, and end here
	start []uint32 // of each bucket, and the end
	items []T      // each in the bucket of its hash
}

// An item is a word or a name under a key.
type item struct {
	check uint32 // low half of the hash, or the letters (see lettersOf, odd)
	value uint32
}

// A joinItem is a name under a key of words that stand next to each other in it. They are
// the word of the posting.
type joinItem struct {
	check uint32 // low half of the hash
	post  posting
}

// span returns the items of the bucket of h, unless nothing is under h.
func (t *keyTable[T]) span(h uint64) []T {
	if len(t.bits) == 0 {
		return nil
	}
	if m := bitsOf(h); t.bits[h>>32&uint64(len(t.bits)-1)]&m != m {
		return nil
	}
	b := h >> (64 - uint(bits.Len(uint(len(t.start)-2))))
	if len(t.start) == 2 {
		b = 0
	}
	return t.items[t.start[b]:t.start[b+1]]
}

// A bucket is where the items under a key are.
type bucket struct {
	hash     uint64
	from, to uint32
}

// buckets finds the items of many keys at once, without those under which there is nothing.
// Step by step for all of them, so that the waits for memory run side by side.
func (t *keyTable[T]) buckets(keys []uint64, out []bucket) []bucket {
	out = out[:0]
	if len(t.bits) == 0 {
		return out
	}
	mask := uint64(len(t.bits) - 1)
	for _, h := range keys {
		if m := bitsOf(h); t.bits[h>>32&mask]&m == m {
			out = append(out, bucket{hash: h})
		}
	}
	shift := 64 - uint(bits.Len(uint(len(t.start)-2)))
	for i := range out {
		b := uint64(0)
		if len(t.start) > 2 {
			b = out[i].hash >> shift
		}
		out[i].from, out[i].to = t.start[b], t.start[b+1]
	}
	return out
}

// bitsOf leaves out the low bits, in which keys of joined words differ though they are
// looked up as one.
func bitsOf(h uint64) uint64 { return 1<<(h>>8&63) | 1<<(h>>14&63) }

type keyed struct {
	hash  uint64
	value uint32
	from  uint8 // of the words that the key stands for, where there are some
	to    uint8
}

// newKeyTable builds a table from parts, in their order. The items of one key stay in the
// order of the parts.
func newKeyTable[T any](parts [][]keyed, make1 func(*keyed) T) keyTable[T] {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	size, words := 1, 1
	for size < n/3 {
		size *= 2
	}
	for words < n/12 {
		words *= 2
	}
	t := keyTable[T]{bits: make([]uint64, words), start: make([]uint32, size+1), items: make([]T, n)}
	shift := 64 - uint(bits.Len(uint(size-1)))
	bucket := func(h uint64) uint64 {
		if size == 1 {
			return 0
		}
		return h >> shift
	}
	for _, p := range parts {
		for i := range p {
			t.start[bucket(p[i].hash)+1]++
		}
	}
	for i := 1; i < len(t.start); i++ {
		t.start[i] += t.start[i-1]
	}
	at := make([]uint32, size)
	copy(at, t.start)
	for _, p := range parts {
		for i := range p {
			h := p[i].hash
			b := bucket(h)
			t.items[at[b]] = make1(&p[i])
			at[b]++
			t.bits[h>>32&uint64(words-1)] |= bitsOf(h)
		}
	}
	return t
}

func hashed(k *keyed) item { return item{uint32(k.hash), k.value} }

// inChunks runs f over [0,n) in pieces on all processors and returns the results in order.
func inChunks[T any](n, size int, f func(from, to int) T) []T {
	chunks := (n + size - 1) / size
	out := make([]T, chunks)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), max(chunks, 1)) {
		wg.Go(func() {
			for c := range next {
				out[c] = f(c*size, min(n, (c+1)*size))
			}
		})
	}
	for c := range chunks {
		next <- c
	}
	close(next)
	wg.Wait()
	return out
}

// Kinds of keys; they start the hash.
const (
	keyKind      = 0x2545F4914F6CDD1D // times the kind of name, added to keys of words
	keyText      = 0x9E3779B97F4A7C15 // a word, or what is left of it without one or two letters
	keySound     = 0xC2B2AE3D27D4EB4F // a skeleton
	keySym       = 0x165667B19E3779F9 // a meaning
	keyJoin      = 0x27D4EB2F165667C5 // two or three words written together
	keyJoinSound = 0x9FB21C651E98DF25 // their skeleton
	keyWhole     = 0x85EBCA77C2B2AE63 // the skeleton of a whole name
	keySkel      = 0xA0761D6478BD642F // a skeleton without one letter, of a word with vowels
	keyLoose     = 0xE7037ED1A0B428DB // a skeleton without one letter, of a word without vowels
	keyLatin     = 0x8CB92BA72F3D8DD7 // a further skeleton of a word with vowels, by which one without is found
	// the skeleton of a word without vowels, which a further one of a word with vowels finds
	keyVowelless = 0xAEF17502108EF2D9
	keyLoanLatin = 0x94D049BB133111EB // the consonants of a word in Latin letters as Japanese and Korean write them
	keyLoanBent  = 0xBF58476D1CE4E5B9 // those of a word in these scripts
	keyBag       = 0x8EBC6AF09C88C6E3 // the words of a name in any order
	keyPieces    = 0x589965CC75374CC3 // two of the four pieces of a name without spaces
	keyExact     = 0xFF51AFD7ED558CCD // a whole folded name
	keyLetters   = 0xC4CEB9FE1A85EC53 // an abbreviation that could be made of the name
	keyAbbr      = 0xD6E8FEB86659FD93 // an abbreviation that is the name
)

func hashBytes(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001B3
		h ^= h >> 29
	}
	return finish(h)
}

func hashString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 0x100000001B3
		h ^= h >> 29
	}
	return finish(h)
}

func finish(h uint64) uint64 {
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>32
}

// prefix is how much of a word goes into its keys. Two words within k edits share what is
// left of their first letters after at most k deletions on each side: cut both at the
// last letters that a best alignment pairs within the prefix; each cut-off prefix has
// then at most k letters that are not paired.
const prefix = 7

// deletions calls f with the hash of every string that is left of w after up to reach
// deletions from its first letters.
func deletions(w string, f func(uint64)) {
	k := compare.Reach(len(w))
	w = w[:min(len(w), prefix)]
	f(hashString(keyText, w))
	if k == 0 {
		return
	}
	var b [prefix]byte
	for i := range len(w) {
		if i > 0 && w[i] == w[i-1] {
			continue // the same string as before
		}
		n := copy(b[:], w[:i])
		n += copy(b[n:], w[i+1:])
		f(hashBytes(keyText, b[:n]))
		if k < 2 {
			continue
		}
		var c [prefix]byte
		for j := i; j < n; j++ {
			if j > i && b[j] == b[j-1] {
				continue
			}
			m := copy(c[:], b[:j])
			m += copy(c[m:], b[j+1:n])
			f(hashBytes(keyText, c[:m]))
		}
	}
}
