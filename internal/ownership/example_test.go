package ownership_test

import (
	"fmt"
	"time"

	"plimsoll/internal/ownership"
)

// Party 0 is listed. It holds 60 % of party 1, which holds 50 % of party 2 and whose share of party 3 is not stated.
func ExampleGraph_Listed() {
	stated := func(owner, owned int32, share float64) ownership.Edge {
		return ownership.Edge{Owner: owner, Owned: owned, Min: share, Max: share, Known: true,
			Since: ownership.NoDay, Until: ownership.NoDay}
	}
	unknown := stated(1, 3, 0)
	unknown.Max, unknown.Known = 1, false
	g := ownership.NewGraph([]ownership.Edge{stated(0, 1, .6), stated(1, 2, .5), unknown})

	listed := func(p int32) bool { return p == 0 }
	day := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []int32{1, 2, 3} {
		r := g.Listed(p, listed, day)
		fmt.Printf("party %d: %.2f to %.2f, half or more: %t, perhaps: %t\n", p, r.Min, r.Max, r.Fifty, r.FiftyMay)
	}
	// Output:
	// party 1: 0.60 to 0.60, half or more: true, perhaps: true
	// party 2: 0.30 to 0.30, half or more: true, perhaps: true
	// party 3: 0.00 to 0.60, half or more: false, perhaps: true
}
