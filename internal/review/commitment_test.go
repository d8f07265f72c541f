package review

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCommitmentsAreJoined: a commitment of a bill belongs to the contract whose id it names, also in another letter
// case; what names no contract on file is said.
func TestCommitmentsAreJoined(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"engagements.csv": "engagement_id,kind,seller,buyer,item\nK-1,contract,Nyxal Cloud plc,Marvale Bakery,cloud " +
			"services\nK-2,contract,Nyxal Cloud plc,Marvale Mill,cloud services\n",
		"commitments.csv": "ContractCommitmentId,ContractId,ContractCommitmentType,ContractCommitmentCost,BillingCurrency\n" +
			"CC-1,K-1,Savings " +
			"Plan,10,EUR\nCC-2,k-2,Reservation,10,EUR\nCC-3,K-9,Reservation,10,EUR\nCC-4,,Reservation,10,EUR\n",
		// The same commitments again, in a later delivery.
		"later.csv": "ContractCommitmentId,ContractId,ContractCommitmentType,ContractCommitmentCost,BillingCurrency\nCC-1,K-1,Savings Plan,10,EUR\nCC-3,K-9,Reservation,10,EUR\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: time.Date(2031, 5, 10, 0, 0, 0, 0, time.UTC),
		Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	c := res.Summary.Coverage.Commitments
	if c == nil || c.Commitments != 4 || c.Joined != 2 || !slices.Equal(c.Contracts, []string{"K-1", "K-2"}) ||
		!slices.Equal(c.NotJoined, []string{"without a contract", "K-9"}) {
		t.Errorf("commitments %+v", c)
	}
	if notes := strings.Join(res.Summary.Notes, "\n"); !strings.Contains(notes,
		"joined to nothing: without a contract, K-9") {
		t.Errorf("notes %s", notes)
	}
}

// A charge that draws on a commitment of a contract on file ties its account to the contract's buyer, where no register
// says who holds the account; months that are not closed are named.
func TestAccountsTiedByContracts(t *testing.T) {
	const header = "BilledCost,BillingAccountId,BillingPeriodStart,ChargeCategory,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ServiceName,SubAccountId,BillingCurrency,ContractApplied\n"
	row := func(account, sub, contract string) string {
		applied := ""
		if contract != "" {
			applied = `"{""Elements"":[{""ContractId"":""` + contract + `""}]}"`
		}
		return "1," + account + ",2030-01-01T00:00:00Z,Usage,2030-01-05T00:00:00Z,3,Hours,Speech to Text," + sub +
			",EUR," + applied + "\n"
	}
	const contracts = "engagement_id,kind,seller,buyer,item\nK-1,contract,Amber Cloud plc,Harbour Office of " +
		"Olm,cloud\nK-2,contract,Amber Cloud plc,Velm Grain Co,cloud\n"
	for _, tt := range []struct{ name, bill, accounts, contracts, want string }{
		{"holder taken from the contract", row("A", "s", "K-1"), "", contracts, "1; of 1 of them"},
		{"a register says who holds it", row("A", "s", "K-1"), "account_id,party_name\nA,Pell Group\n", contracts,
			"contract on file: 1"},
		{"the register has another account", row("A", "s", "K-1"), "account_id,party_name\nB,Pell Group\n", contracts,
			"1; of 1 of them"},
		{"contracts of two buyers", row("A", "s", "K-1") + row("A", "s", "K-2"), "", contracts, "contract on file: 1"},
		{"sub-accounts of two buyers", row("A", "s", "K-1") + row("A", "r", "K-2"), "", contracts, "2; of 2 of them"},
		{"no sub-account, while others have one", row("A", "", "K-1") + row("A", "r", ""), "", contracts,
			"contract on file: 1"},
		{"no sub-account at all", row("A", "", "K-1"), "", contracts, "1; of 1 of them"},
		{"contract not on file", row("A", "s", "K-9"), "", contracts,
			"contract on file: 0; 1 contracts that charges draw on are not on file: K-9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"bill.csv": header + tt.bill, "engagements.csv": tt.contracts,
				"periods.csv": "BillingPeriodStart,BillingPeriodStatus,InvoiceIssuerName\n2030-01-01T00:00:00Z,Open,Amber\n2029-12-01T00:00:00Z,Open,Amber\n"}
			if tt.accounts != "" {
				files["accounts.csv"] = tt.accounts
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: time.Date(2031, 5, 10, 0, 0, 0, 0, time.UTC),
				Out: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(r.Summary.Notes, "\n")
			if !strings.Contains(notes, tt.want) || strings.Contains(notes, "of them nothing else") != strings.Contains(
				tt.want, "of them") {
				t.Errorf("notes %s, want %q", notes, tt.want)
			}
			if !strings.Contains(notes, "not closed, whose charges may still change (1): 2030-01 Amber") {
				t.Errorf("open months are not named: %s", notes)
			}
		})
	}
}
