package match

import "plimsoll/internal/compare"

// pieceKeys calls f with the keys by which names at most two letters apart are found. A
// name is cut into four pieces of almost equal length; two letters can spoil two of them,
// so that two pieces stand unchanged in the other name, each moved by the letters that
// were added or dropped before it.
func pieceKeys(run string, f func(uint64)) {
	n := len(run)
	if n < 6 || n > compare.MaxRun {
		return
	}
	var p prefixes
	p.of(run)
	var h [4]uint64
	for i := range h {
		h[i] = p.between(cut(n, i))
	}
	for i := range 4 {
		for j := i + 1; j < 4; j++ {
			f(pieceKey(h[i], h[j], n, i, j))
		}
	}
}

// prefixes are the hashes of the first letters of a name, so that any piece of it is hashed in one step.
type prefixes [compare.MaxRun + 1]uint64

// pieceBase is what a letter is worth more than the one after it, modulo 2^64; piecePowers are its powers.
const pieceBase = 0x9E3779B97F4A7C15

var piecePowers = func() (t prefixes) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * pieceBase
	}
	return t
}()

func (p *prefixes) of(run string) {
	h := uint64(0)
	for i := range len(run) {
		h = h*pieceBase + uint64(run[i])
		p[i+1] = h
	}
}

func (p *prefixes) between(from, to int) uint64 { return p[to] - p[from]*piecePowers[to-from] }

func pieceKey(a, b uint64, n, i, j int) uint64 {
	return finish((a^keyPieces)*0x9E3779B97F4A7C15 ^ b ^ uint64(n)<<8 ^ uint64(i<<2|j))
}

// cut returns where piece i of a name of n letters stands.
func cut(n, i int) (from, to int) { return n * i / 4, n * (i + 1) / 4 }

// A pieceMove says how far two pieces of a name have moved in another one.
type pieceMove struct{ i, j, a, b int8 }

// pieceMoves are the moves to ask for, by how many edits there may be and by how many letters the query has more
// than the name looked for, plus two. The two pieces are the first two that stand unchanged: what comes before, between
// and after them holds at least one edit for each piece, and for each letter by which the next one has moved.
var pieceMoves = func() (t [3][5][]pieceMove) {
	for k := 1; k < len(t); k++ {
		for d := -k; d <= k; d++ {
			for i := range 4 {
				for j := i + 1; j < 4; j++ {
					for a := -k; a <= k; a++ {
						for b := -k; b <= k; b++ {
							if max(abs(a), i)+max(abs(b-a), j-i-1)+abs(d-b) <= k {
								t[k][d+2] = append(t[k][d+2], pieceMove{int8(i), int8(j), int8(a), int8(b)})
							}
						}
					}
				}
			}
		}
	}
	return t
}()

// pieceProbes appends the keys under which a name near run may be kept.
func pieceProbes(keys []uint64, run string) []uint64 {
	n := len(run)
	if n < 6 || n > compare.MaxRun {
		return keys
	}
	var p prefixes
	p.of(run)
	// The names looked for have m letters; both lengths decide how many edits there may be.
	for m := max(6, n-2); m <= min(compare.MaxRun, n+2); m++ {
		k := compare.Allowed(min(n, m))
		d := n - m
		if d > k || -d > k {
			continue
		}
		var from, to [4]int
		for i := range 4 {
			from[i], to[i] = cut(m, i)
		}
		for _, x := range pieceMoves[k][d+2] {
			i, j, a, b := int(x.i), int(x.j), int(x.a), int(x.b)
			if from[i]+a < 0 || to[j]+b > n || to[i]+a > n {
				continue
			}
			keys = append(keys, pieceKey(p.between(from[i]+a, to[i]+a), p.between(from[j]+b, to[j]+b), m, i, j))
		}
	}
	return keys
}

// odd has a bit for every letter and digit that stands an odd number of times in run. An
// edit changes two of them at most.
func odd(run []byte) uint32 {
	x := uint32(0)
	for _, c := range run {
		x ^= 1 << (c & 31)
	}
	return x
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
