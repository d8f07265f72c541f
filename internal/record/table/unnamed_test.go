package table

import (
	"maps"
	"slices"
	"testing"

	"plimsoll/internal/record"
)

// TestUnnamed: a table that names a role by numbers alone does not say of a row without a number that the role is
// empty.
func TestUnnamed(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string // of end_user and reseller, what the row lacks
	}{
		{"names and numbers", "engagement_id,buyer,end_user,end_user_id,reseller,reseller_id\nE1,A,,,,\n", nil},
		{"numbers alone, none in the row", "engagement_id,buyer,end_user_id,reseller_id\nE1,A,,\n",
			[]string{"end_user", "reseller"}},
		{"numbers alone, one in the row", "engagement_id,buyer,end_user_id,reseller_id\nE1,A,QR-GOV:7,\n",
			[]string{"reseller"}},
		{"names alone", "engagement_id,buyer,end_user,reseller\nE1,A,,\n", nil},
		{"neither", "engagement_id,buyer\nE1,A\n", []string{"end_user", "reseller"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decode(t, file(t, "engagements.csv", []byte(tt.text)))
			if len(c.Records) != 1 {
				t.Fatalf("%d records", len(c.Records))
			}
			lacks := c.Records[0].(*record.Engagement).Lacks
			got := slices.DeleteFunc(slices.Sorted(maps.Keys(lacks)), func(c string) bool {
				return c != "end_user" &&
					c != "reseller"
			})
			if !slices.Equal(got, tt.want) {
				t.Errorf("the row lacks %v, want %v", got, tt.want)
			}
		})
	}
}
