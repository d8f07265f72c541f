package access_test

import (
	"fmt"
	"time"

	"plimsoll/internal/access"
)

// A unit of a customer asks for the service that two people suspended for that customer, and for another one.
func ExampleIndex_Decide() {
	c, err := access.ParseYAML([]byte(`
snapshot: example
subjects:
  - {type: customer, id: bureau}
  - {type: unit, id: u-1, in: [customer/bureau]}
resources:
  - {type: service, id: speech}
  - {type: service, id: payroll}
restrictions:
  - {id: D-1, subject: {type: customer, id: bureau}, resource: {type: service, id: speech}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := access.NewIndex(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	var a access.Answer
	for _, service := range []string{"speech", "payroll"} {
		q := access.Question{Subject: access.Ref{Type: "unit", ID: "u-1"}, Action: "use",
			Resource: access.Ref{Type: "service", ID: service}}
		x.Decide(&q, time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC), &a)
		fmt.Println(service, a.Effect)
	}
	// Output:
	// speech deny
	// payroll permit
}
