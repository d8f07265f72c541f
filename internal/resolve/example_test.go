package resolve_test

import (
	"fmt"

	"plimsoll/internal/party"
	"plimsoll/internal/resolve"
)

// Two records name one company by its register number, a third has a like name and nothing else.
func ExampleResolve() {
	lei := []party.Identifier{{Scheme: "LEI", ID: "5493001KJTIIGC8Y1R12"}}
	r := resolve.Resolve([]resolve.Mention{
		{Ref: party.Ref{Name: "Delta Optronics FZE", Scope: "register", Identifiers: lei}},
		{Ref: party.Ref{Name: "DELTA OPTRONICS F.Z.E.", Scope: "bills", Identifiers: lei}},
		{Ref: party.Ref{Name: "Skerry Bakery Ltd", Scope: "bills"}},
	}, nil)
	fmt.Println(len(r.Parties), "parties")
	for _, l := range r.Joined {
		fmt.Println(l.Answer, "by", l.Rule)
	}
	// Output:
	// 2 parties
	// same by identifier
}
