package review

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCommitmentsAreJoined: a commitment of a bill belongs to the contract whose id it names, also in another letter case;
// what names no contract on file is said.
func TestCommitmentsAreJoined(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"engagements.csv": "engagement_id,kind,seller,buyer,item\nK-1,contract,Nyxal Cloud plc,Marvale Bakery,cloud services\nK-2,contract,Nyxal Cloud plc,Marvale Mill,cloud services\n",
		"commitments.csv": "ContractCommitmentId,ContractId,ContractCommitmentType,ContractCommitmentCost,BillingCurrency\n" +
			"CC-1,K-1,Savings Plan,10,EUR\nCC-2,k-2,Reservation,10,EUR\nCC-3,K-9,Reservation,10,EUR\nCC-4,,Reservation,10,EUR\n",
		// The same commitments again, in a later delivery.
		"later.csv": "ContractCommitmentId,ContractId,ContractCommitmentType,ContractCommitmentCost,BillingCurrency\nCC-1,K-1,Savings Plan,10,EUR\nCC-3,K-9,Reservation,10,EUR\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: time.Date(2031, 5, 10, 0, 0, 0, 0, time.UTC), Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	c := res.Summary.Coverage.Commitments
	if c == nil || c.Commitments != 4 || c.Joined != 2 || !slices.Equal(c.Contracts, []string{"K-1", "K-2"}) || !slices.Equal(c.NotJoined, []string{"without a contract", "K-9"}) {
		t.Errorf("commitments %+v", c)
	}
	if notes := strings.Join(res.Summary.Notes, "\n"); !strings.Contains(notes, "joined to nothing: without a contract, K-9") {
		t.Errorf("notes %s", notes)
	}
}
