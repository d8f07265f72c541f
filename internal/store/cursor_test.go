package store

import "testing"

// FuzzCursor checks that no text a browser sends back can do more than be refused.
func FuzzCursor(f *testing.F) {
	f.Add(encodeCursor(cursor{Sort: "name", Fold: "harbour", Place: 7}), "name")
	f.Add("e30", "")
	f.Add("%%%", "name")
	f.Fuzz(func(t *testing.T, text, sort string) {
		fold, place, err := readCursor(text, sort)
		if err != nil {
			return
		}
		again, p, err := readCursor(encodeCursor(cursor{Sort: sort, Fold: fold, Place: place}), sort)
		if err != nil || again != fold || p != place {
			t.Errorf("%q: %q %d became %q %d, %v", text, fold, place, again, p, err)
		}
	})
}
