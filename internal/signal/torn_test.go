package signal

import (
	"fmt"
	"testing"

	"plimsoll/internal/book"
	"plimsoll/internal/record"
)

// TestTornRows: a row that could not be read leaves open what it may say of those whom it names; one that names nobody
// is a line of the run while such rows are few, and leaves everybody open once they are many.
func TestTornRows(t *testing.T) {
	const deals = 100 // two of a hundred rows may be lost, see fewLost
	for _, tt := range []struct {
		name              string
		torn              []record.Reject
		army, mill, dairy bool // whether it is open what they bought
		nameless          int64
	}{
		{"none", nil, false, false, false, 0},
		{"an order of one", []record.Reject{{Kind: book.Engagements, Of: &record.Engagement{Buyer: ref("Army"),
			Seller: ref("Altus Cloud")}}},
			true, false, false, 0},
		{"cells out of place", []record.Reject{{Kind: book.Engagements, Cells: []string{"K", "Mill", "x"}}}, false,
			true, false, 1},
		{"one that names nobody", []record.Reject{{Kind: book.Engagements}}, false, false, false, 1},
		{"two of a hundred that name nobody", []record.Reject{{Kind: book.Engagements}, {Kind: book.Engagements}},
			false, false, false, 2},
		{"more of them", []record.Reject{{Kind: book.Engagements}, {Kind: book.Engagements}, {Kind: book.Engagements}},
			true, true, true, 3},
		{"of another table", []record.Reject{{Kind: book.Clauses}}, false, false, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{torn: tt.torn}
			for i := range deals - 2 {
				w.records = append(w.records, deal(fmt.Sprintf("K%d", i), "Dairy", "Dairy", "Chairs", "10"))
			}
			w.records = append(w.records, deal("A", "Army", "Army", "Chairs", "10"), deal("M", "Mill", "Mill", "Chairs",
				"10"))
			run := w.open(t)
			f := facts(t, run, OfParty)
			for name, want := range map[string]bool{"Army": tt.army, "Mill": tt.mill, "Dairy": tt.dairy} {
				if got := gapOf(f[name], "party.capabilities", book.Engagements) != nil; got != want {
					t.Errorf("%s: gaps %+v, want one: %t", name, f[name].Gaps["party.capabilities"], want)
				}
			}
			list, err := run.Nameless(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got int64
			for _, x := range list {
				if x.Table == book.Engagements {
					got += x.Rows
				}
			}
			if got != tt.nameless {
				t.Errorf("%d rows of engagements that name nobody, want %d", got, tt.nameless)
			}
		})
	}
}

// TestTornApproval: a row of the approvals that could not be read may be the review that seems to be missing.
func TestTornApproval(t *testing.T) {
	for _, tt := range []struct {
		name string
		torn []record.Reject
		want bool // that a review is missing is known
	}{
		{"none", nil, true},
		{"of the deal", []record.Reject{{Kind: book.Approvals, Of: &record.Approval{Engagement: "A"}}}, false},
		{"of the party", []record.Reject{{Kind: book.Approvals, Of: &record.Approval{Party: ref("Army")}}}, false},
		{"of another deal", []record.Reject{{Kind: book.Approvals, Of: &record.Approval{Engagement: "M"}}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{torn: tt.torn, records: []record.Record{deal("A", "Army", "Army", "Face search", "10"),
				deal("M", "Mill", "Mill", "Chairs", "10"),
				&record.Approval{Engagement: "M", Kind: "human_rights_review", Outcome: "approved",
					Decided: date("2031-01-01")}}}
			f := facts(t, w.open(t), OfParty)["Army"]
			missing, _ := f.Values["party.unreviewed"].([]string)
			if known := len(missing) > 0; known != tt.want ||
				known == (gapOf(f, "party.unreviewed", book.Approvals) != nil) {
				t.Errorf("unreviewed %v, gaps %+v", missing, f.Gaps["party.unreviewed"])
			}
		})
	}
}
