package review

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answered are the lines of findings.jsonl without what names files and rows.
func answered(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	if _, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: time.Date(2031, 5, 10, 0, 0, 0, 0, time.UTC),
		Out: out}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(out, "findings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		var f map[string]any
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		delete(f, "evidence")
		text, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	return lines
}

// Corrections of a month that was closed give what one delivery of the month as it is in the end would give, whichever
// file comes first; corrections of charges that are not on file leave the month unknown.
func TestCorrectionsOfClosedMonths(t *testing.T) {
	const head = "BillingAccountId,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ServiceCategory,ServiceName,SkuMeter,RegionId," +
		"ConsumedQuantity,ConsumedUnit,BilledCost,EffectiveCost,BillingCurrency,ServiceProviderName,InvoiceIssuerName\n"
	charge := func(day, billed, class string, hours, cost int) string {
		return fmt.Sprintf("A-1,%sT00:00:00Z,%s-28T00:00:00Z,%s-01T00:00:00Z,Usage,%s,AI and Machine "+
			"Learning,Speech-to-Text,Speech to text,eu-1,%d,Hours,%d,%d,EUR,Nyxal,Nyxal\n",
			day, day[:7], billed, class, hours, cost, cost)
	}
	const accounts = "account_id,party_name,party_id,country,end_user,end_user_class,since\nA-1,Signals Bureau of " +
		"Arvania,QV-GOV:77,Arvania,Signals Bureau of Arvania,intelligence,2030-01-01\n"
	march, april := charge("2031-03-05", "2031-03", "", 26000, 100), charge("2031-04-05", "2031-04", "", 22000, 90)
	full := answered(t, map[string]string{"accounts.csv": accounts, "bill.csv": head + charge("2031-03-05", "2031-03",
		"", 24000, 80) + april})
	if len(full) == 0 || !strings.Contains(strings.Join(full, ""), "24000") {
		t.Fatalf("the full delivery raises nothing about 24,000 hours: %v", full)
	}
	for _, tt := range []struct {
		name  string
		parts []string // in the order of the names of the first run, and in reverse in the second
	}{
		{"in the next bill", []string{march, charge("2031-03-05", "2031-04", "Correction", -2000, -20) + april}},
		{"of the closed month itself", []string{march, charge("2031-03-05", "2031-03", "Correction", -2000, -20),
			april}},
		{"taken back and charged anew", []string{march, charge("2031-03-05", "2031-04", "Correction", -26000, -100) +
			charge("2031-03-05", "2031-04", "Correction", 24000, 80) + april}},
		{"in two steps", []string{march, charge("2031-03-05", "2031-04", "Correction", -1500, -15) + april,
			charge("2031-03-05", "2031-04", "Correction", -500, -5)}},
		{"in one file", []string{march + charge("2031-03-05", "2031-03", "Correction", -2000, -20) + april}},
	} {
		for _, order := range []string{"abc", "cba"} {
			t.Run(tt.name+", "+order, func(t *testing.T) {
				files := map[string]string{"accounts.csv": accounts}
				for i, part := range tt.parts {
					files[order[i:i+1]+".csv"] = head + part
				}
				if diff := cmp.Diff(full, answered(t, files)); diff != "" {
					t.Errorf("findings (-one full delivery +corrections):\n%s", diff)
				}
			})
		}
	}
	t.Run("without what is corrected", func(t *testing.T) {
		got := strings.Join(answered(t, map[string]string{"accounts.csv": accounts, "bill.csv": head +
			charge("2031-03-05", "2031-04", "Correction", -2000, -20)}), "")
		if !strings.Contains(got, "the charges of 2031-03 that corrections take back") {
			t.Errorf("nothing says that charges are missing: %s", got)
		}
	})
}
