package book

import (
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// TestPointers: a cell that points at another cell of its row holds the party of that cell, and is not understood where
// that cell is empty or the word does not say which.
func TestPointers(t *testing.T) {
	buyer := party.Ref{Name: "Harbour Police", Country: "NZ", Identifiers: []party.Identifier{{Scheme: "VAT", ID: "9"}}}
	mill := party.Ref{Name: "Mill"}
	for _, tt := range []struct {
		name           string
		e              record.Engagement
		user, payer    string
		consignee      string
		unread, column string
	}{
		{"end user is the buyer", record.Engagement{Buyer: buyer, EndUser: party.Ref{Name: "wie oben"}},
			"Harbour Police", "", "", "", ""},
		{"in the text alone", record.Engagement{Buyer: buyer, EndUserText: "same as buyer"}, "Harbour Police", "", "",
			"", ""},
		{"nobody buys", record.Engagement{EndUser: party.Ref{Name: "idem"}}, "", "", "", "idem", "end_user"},
		{"payer by its role", record.Engagement{Buyer: buyer, EndUser: mill, Payer: party.Ref{Name: "Buyer"}}, "Mill",
			"Harbour Police", "", "", ""},
		{"payer is the end user", record.Engagement{Buyer: buyer, EndUser: mill, Payer: party.Ref{Name: "end user"}},
			"Mill", "Mill", "", "", ""},
		{"somebody who is named", record.Engagement{Buyer: buyer, EndUser: mill, Payer: party.Ref{
			Name: "Buyers Union"}}, "Mill", "Buyers Union", "", "", ""},
		{"goods go to the end user", record.Engagement{Buyer: buyer, EndUser: mill, Others: []record.RoleRef{
			{Role: record.RoleConsignee,
				Ref: party.Ref{Name: "same as end user"}}}}, "Mill", "", "Mill", "", ""},
		{"above may be two", record.Engagement{Buyer: buyer, EndUser: mill, Others: []record.RoleRef{
			{Role: record.RoleConsignee,
				Ref: party.Ref{Name: "see above"}}}}, "Mill", "", "", "see above", "consignee"},
		{"a generic word stays one", record.Engagement{Buyer: buyer, EndUser: party.Ref{Name: "customer"}}, "customer",
			"", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.e
			got := plain(&tt.e)
			consignee := ""
			for _, o := range got.Others {
				consignee = o.Ref.Name
			}
			if got.EndUser.Name != tt.user || got.Payer.Name != tt.payer || consignee != tt.consignee {
				t.Errorf("end user %q, payer %q, consignee %q", got.EndUser.Name, got.Payer.Name, consignee)
			}
			if tt.user == buyer.Name && (got.EndUser.Country != buyer.Country || len(got.EndUser.Identifiers) != 1 ||
				got.EndUserText != tt.user) {
				t.Errorf("end user %+v, text %q", got.EndUser, got.EndUserText)
			}
			if tt.unread == "" && len(got.Unread) > 0 || tt.unread != "" && (len(got.Unread) != 1 ||
				got.Unread[0].Value != tt.unread || got.Unread[0].Column != tt.column) {
				t.Errorf("unread %+v", got.Unread)
			}
			if before.EndUser.Name != tt.e.EndUser.Name || before.Payer.Name != tt.e.Payer.Name {
				t.Error("the record itself was changed")
			}
		})
	}
	a := plainAccount(&record.Account{Party: buyer, EndUser: party.Ref{Name: "同上", Class: "police"}})
	if a.EndUser.Name != "Harbour Police" || a.EndUser.Class != "police" {
		t.Errorf("account: %+v", a.EndUser)
	}
}
