package name

import (
	"math/rand/v2"
	"testing"
)

// TestSoundAlike compares the skeletons made step by step, and those made together, with those made whole.
func TestSoundAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := "aaeioubcdfghhjklmnpqrsstvwxyz1"
	word := func() []byte {
		w := make([]byte, r.IntN(9))
		for i := range w {
			w[i] = letters[r.IntN(len(letters))]
		}
		return w
	}
	for range 200_000 {
		a, b := word(), word()
		single, loose := AppendSounds(nil, a)
		if x, y := AppendSound(nil, a, false), AppendSound(nil, a, true); string(x) != string(single) ||
			string(y) != string(loose) || (len(x) == len(y)) != (string(x) == string(y)) {
			t.Fatalf("AppendSounds(%q) = %q, %q, want %q, %q", a, single, loose, x, y)
		}
		if r.IntN(2) == 0 {
			b = append([]byte(nil), a...)
			if len(b) > 0 {
				b[r.IntN(len(b))] = letters[r.IntN(len(letters))]
			}
		}
		for _, loose := range []bool{false, true} {
			x, y := string(AppendSound(nil, a, loose)), string(AppendSound(nil, b, loose))
			if got := SoundsAs(a, loose, y); got != (x == y) {
				t.Fatalf("SoundsAs(%q, %v, %q) = %v, with the skeleton %q", a, loose, y, got, x)
			}
			if got := SoundAlike(a, b, loose); got != (x == y) {
				t.Fatalf("SoundAlike(%q, %q, %v) = %v, with the skeletons %q and %q", a, b, loose, got, x, y)
			}
		}
	}
}
