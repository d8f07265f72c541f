package publication

import (
	"fmt"
	"strings"
	"testing"
)

// TestSuppress: no figure from 1 to 4 is shown, and none can be worked out.
func TestSuppress(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []int // a total and its parts
		want string
	}{
		{"large ones", []int{30, 10, 20, 0}, "30 10 20 0"},
		{"nothing at all", []int{0, 0, 0, 0}, "0 0 0 0"},
		{"one small part hides the next one", []int{33, 3, 10, 20}, "33 <5 – 20"},
		{"a small part beside one other", []int{13, 3, 10, 0}, "13 <5 – 0"},
		{"the only part: the total goes", []int{3, 3, 0, 0}, "<5 <5 0 0"},
		{"two small parts hide each other", []int{25, 2, 3, 20}, "25 <5 <5 20"},
		{"a small part of a total that is not", []int{5, 4, 1, 0}, "5 <5 <5 0"},
		{"a limit", []int{9, 5, 4, 0}, "9 – <5 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := Group{total: 0, parts: []int{1, 2, 3}}
			for _, n := range tt.in {
				g.Rows = append(g.Rows, Row{N: n})
			}
			g.suppress()
			var got []string
			for _, r := range g.Rows {
				switch {
				case r.Small:
					got = append(got, "<5")
				case r.Held:
					got = append(got, "–")
				default:
					got = append(got, fmt.Sprint(r.N))
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%v shows %q, want %q", tt.in, s, tt.want)
			}
		})
	}
}

func FuzzParsePageProof(f *testing.F) {
	f.Add([]byte(ProofHeader + "\nfile x\nsha256 00\nindex 0\nfiles 1\n" + ledgerLine + "\nc2sp.org/tlog-proof@v1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePageProof(b)
		if err == nil && (p.Index < 0 || p.Index >= p.Files) {
			t.Errorf("a proof of file %d of %d", p.Index, p.Files)
		}
	})
}
