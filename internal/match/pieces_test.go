package match

import (
	"math/rand/v2"
	"slices"
	"testing"

	"plimsoll/internal/compare"
)

// Every name within the letters that may differ shares a piece key with the name asked for.
func TestPiecesFindEveryNameTwoLettersApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letter := func() byte { return "abc1"[r.IntN(4)] }
	for range 100_000 {
		a := make([]byte, 6+r.IntN(30))
		for i := range a {
			a[i] = letter()
		}
		b := slices.Clone(a)
		for range 1 + r.IntN(2) {
			i := r.IntN(len(b))
			switch r.IntN(3) {
			case 0:
				b[i] = letter()
			case 1:
				b = slices.Insert(b, r.IntN(len(b)+1), letter())
			default:
				b = slices.Delete(b, i, i+1)
			}
		}
		k := min(len(a), len(b))
		if k < 6 || compare.Edits(string(a), string(b), compare.Allowed(k)) < 0 {
			continue
		}
		keys := pieceProbes(nil, string(a))
		found := false
		pieceKeys(string(b), func(h uint64) { found = found || slices.Contains(keys, h) })
		if !found {
			t.Fatalf("%s does not find %s", a, b)
		}
	}
}
