package signal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTiesTwin: the ties that the database finds are those of the obvious way over lists in memory.
func TestTiesTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	ids := []string{"", "a", "A", "b", "B ", "/subscriptions/a", "c", "u", "U", "v", " "}
	some := func() string { return ids[r.IntN(len(ids))] }
	found := 0
	for trial := range 12 {
		var w world
		w.key = spelling
		var register, bills [][2]string
		for i := range 1 + r.IntN(6) {
			at := [2]string{some(), some()}
			if at[0] == "" {
				at[0] = "z"
			}
			register = append(register, at)
			w.records = append(w.records, account(at[0], at[1], fmt.Sprintf("Body %d", i), ""))
		}
		for range 12 {
			at := [2]string{some(), some()}
			bills = append(bills, at)
			w.bills = append(w.bills, bill{account: at[0], sub: at[1], month: "2031-01", service: "Dictate", quantity: 1})
		}
		got := w.open(t).Ties()
		want := slowTies(register, bills)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d: register %q, bills %q (-want +got):\n%s", trial, register, bills, diff)
		}
		found += len(want)
	}
	if found < 10 {
		t.Errorf("%d ties in all", found)
	}
}

func slowTies(register, bills [][2]string) (out []Tie) {
	sorted := func(list [][2]string) [][2]string {
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
		return slices.Compact(list)
	}
	register, bills = sorted(register), sorted(bills)
	fit := func(ok func([2]string) bool, of func([2]string) [2]string) (list [][2]string) {
		for _, x := range register {
			if ok(x) && !slices.Contains(list, of(x)) {
				list = append(list, of(x))
			}
		}
		return list
	}
	whole := func(x [2]string) [2]string { return x }
	for _, b := range bills {
		to := b
		if !slices.ContainsFunc(register, func(x [2]string) bool { return x[0] == b[0] }) {
			k := spelling(b[0])
			same := fit(func(x [2]string) bool { return k != "" && spelling(x[0]) == k },
				func(x [2]string) [2]string { return [2]string{x[0]} })
			inside := fit(func(x [2]string) bool { return k != "" && x[1] != "" && spelling(x[1]) == k }, whole)
			named := fit(func(x [2]string) bool { return x[1] != "" && spelling(x[1]) != "" && spelling(x[1]) == spelling(b[1]) },
				whole)
			switch {
			case len(same) == 1:
				to[0] = same[0][0]
			case len(inside) == 1 && b[1] == "":
				to = inside[0]
			case b[0] == "" && b[1] != "" && len(named) == 1:
				to = named[0]
			}
		}
		k := spelling(to[1])
		subs := fit(func(x [2]string) bool { return x[0] == to[0] && x[1] != "" && k != "" && spelling(x[1]) == k }, whole)
		if to[1] != "" && !slices.Contains(register, to) && len(subs) == 1 {
			to[1] = subs[0][1]
		}
		if to != b {
			out = append(out, Tie{pairKey(b[0], b[1]), pairKey(to[0], to[1])})
		}
	}
	return out
}
