package table

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// lostOf leaves out what a reject holds beside its place and reason, which TestRejectNames looks at.
var lostOf = cmpopts.IgnoreFields(record.Reject{}, "Of", "Cells", "Kept")

// TestRejectNames: a row that is no record holds whom it names where its columns were told apart, else its cells; a row
// that is a record all the same has lost nothing.
func TestRejectNames(t *testing.T) {
	const head = "engagement_id,kind,seller,buyer,end_user\n"
	for _, tt := range []struct {
		name, row string
		buyer     string
		cells     []string
		kept      bool
	}{
		{"no key", ",sale,Mill,Ferry Office,Coast Guard\n", "Ferry Office", nil, false},
		{"a comma too many", "K-1,sale,Mill,Ferry, Office,Coast Guard\n", "", []string{"K-1", "sale", "Mill", "Ferry",
			" Office", "Coast Guard"}, false},
		{"a kind that is none", "K-1,gift,Mill,Ferry Office,Coast Guard\n", "", nil, true},
		{"a quote that does not end", "K-1,sale,\"Mill,Ferry Office,Coast Guard\n", "", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &recordtest.Collector{}
			if _, err := Decode(t.Context(), file(t, "engagements.csv", []byte(head+tt.row)), c); err != nil {
				t.Fatal(err)
			}
			if len(c.Rejects) != 1 {
				t.Fatalf("rejects: %+v", c.Rejects)
			}
			x := c.Rejects[0]
			buyer := ""
			if e, ok := x.Of.(*record.Engagement); ok {
				buyer = e.Buyer.Name
			}
			if buyer != tt.buyer || !slices.Equal(x.Cells, tt.cells) || x.Kept != tt.kept {
				t.Errorf("buyer %q, cells %q, kept %t", buyer, x.Cells, x.Kept)
			}
		})
	}
}
