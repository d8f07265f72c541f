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
	var h [4]uint64
	for i := range h {
		from, to := cut(n, i)
		h[i] = hashString(keyPieces, run[from:to])
	}
	for i := range 4 {
		for j := i + 1; j < 4; j++ {
			f(pieceKey(h[i], h[j], n, i, j))
		}
	}
}

func pieceKey(a, b uint64, n, i, j int) uint64 {
	return finish(a*0x9E3779B97F4A7C15 ^ b ^ uint64(n)<<8 ^ uint64(i<<2|j))
}

// cut returns where piece i of a name of n letters stands.
func cut(n, i int) (from, to int) { return n * i / 4, n * (i + 1) / 4 }

// pieceProbes calls f with the keys under which a name near run may be kept.
func pieceProbes(run string, f func(uint64)) {
	n := len(run)
	if n < 6 || n > compare.MaxRun {
		return
	}
	// The names looked for have m letters; both lengths decide how many edits there may be.
	for m := max(6, n-2); m <= min(compare.MaxRun, n+2); m++ {
		k := compare.Allowed(min(n, m))
		d := n - m
		if d > k || -d > k {
			continue
		}
		var h [4][5]uint64
		for i := range 4 {
			from, to := cut(m, i)
			for s := -k; s <= k; s++ {
				if from+s >= 0 && to+s <= n {
					h[i][s+2] = hashString(keyPieces, run[from+s:to+s])
				}
			}
		}
		for i := range 4 {
			for j := i + 1; j < 4; j++ {
				for a := -k; a <= k; a++ {
					for b := -k; b <= k; b++ {
						if abs(a)+abs(b-a)+abs(d-b) <= k && h[i][a+2] != 0 && h[j][b+2] != 0 {
							f(pieceKey(h[i][a+2], h[j][b+2], m, i, j))
						}
					}
				}
			}
		}
	}
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
