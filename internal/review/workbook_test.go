package review

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestRegisterAndBill reads the register sheets of a workbook and the bill in it.
func TestRegisterAndBill(t *testing.T) {
	dir := t.TempDir()
	f := excelize.NewFile()
	defer f.Close()
	for sheet, rows := range map[string][][]any{
		"engagements": {{"engagement_id", "kind", "seller", "buyer"}, {"E-1", "contract", "Nyxal Cloud plc",
			"Marvale Bakery"}},
		"Bill": {{"BillingAccountId", "ChargePeriodStart", "ServiceName", "ConsumedQuantity", "ConsumedUnit",
			"BilledCost", "BillingCurrency", "ChargeCategory"},
			{"acc-1", "2031-02-01T00:00:00Z", "Object Store", 5, "GB", 2.5, "EUR", "Usage"}},
		"Notes": {{"nothing", "here"}, {"a", "b"}},
	} {
		if _, err := f.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			at, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow(sheet, at, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	in := filepath.Join(dir, "all.xlsx")
	if err := f.SaveAs(in); err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), Options{Paths: []string{in}, Out: filepath.Join(dir, "out")})
	if err != nil {
		t.Fatal(err)
	}
	kinds, notes := map[string]int{}, ""
	for _, i := range result.Summary.Inputs {
		kinds[i.Kind] = i.Records
		notes += strings.Join(i.Notes, "; ")
	}
	if kinds["xlsx"] != 1 || kinds["focus"] != 1 {
		t.Errorf("records %v", kinds)
	}
	for what, want := range map[string]bool{`"Bill" was not read`: false, `"engagements" was not read`: false,
		`"Notes" was not read`: true} {
		if strings.Contains(notes, what) != want {
			t.Errorf("notes %q, %s wanted: %v", notes, what, want)
		}
	}
	if result.Summary.Coverage.Usage.Charges != 1 {
		t.Errorf("%+v", result.Summary.Coverage.Usage)
	}
}
