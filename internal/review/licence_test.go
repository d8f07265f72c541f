package review

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDrawDown: what deliveries leave of licences, for each kind of goods by itself, in other units, over several
// licences, and where a quantity is not known. Of each delivery the state of its licence is wanted, "" where it is not
// known.
func TestDrawDown(t *testing.T) {
	const head = "engagement_id,kind,seller,buyer,end_user,end_user_class,item,item_scheme,item_code,quantity,unit," +
		"signed,start,end,destination\n"
	row := func(id, kind, item, code, quantity, unit, signed, span string) string {
		return id + "," + kind + ",Skerry Arms,Quay Guard Corps,Quay Guard Corps,military," + item + ",HS," + code +
			"," +
			quantity + "," + unit + "," + signed + "," + span + ",Quay\n"
	}
	const year = "2031-01-01,2031-12-31"
	licence := func(id, item, code, quantity, unit, span string) string {
		return row(id, "licence", item, code, quantity, unit, "2031-01-01", span)
	}
	for _, tt := range []struct {
		name, rows string
		want       map[string]string
	}{
		{"each kind of goods has its own quantity",
			licence("L1", "Rifles", "9303.30", "10", "pcs", year) + licence("L1", "Cartridges", "9306.30", "1000",
				"pcs", year) +
				row("D1", "delivery", "Rifles", "9303.30", "8", "pcs", "2031-02-01", ",") +
				row("D2", "delivery", "Cartridges", "9306.30", "900", "pcs", "2031-02-02", ",") +
				row("D3", "delivery", "Rifles", "9303.30", "8", "pcs", "2031-03-01", ","),
			map[string]string{"D1": "covers", "D2": "covers", "D3": "exceeded"}},
		{"lines of the same goods add up",
			licence("L1", "Cartridges", "9306.30", "40", "pcs", year) + licence("L1", "Cartridges", "9306.30", "60",
				"pcs", year) +
				row("D1", "delivery", "Cartridges", "9306.30", "100", "pcs", "2031-02-01", ","),
			map[string]string{"D1": "covers"}},
		{"tonnes and kilograms", licence("L1", "Powder charges", "9306.30", "1", "t", year) +
			row("D1", "delivery", "Powder charges", "9306.30", "600", "kg", "2031-02-01", ",") +
			row("D2", "delivery", "Powder charges", "9306.30", "0.4", "tonnes", "2031-03-01", ",") +
			row("D3", "delivery", "Powder charges", "9306.30", "500", "g", "2031-04-01", ","),
			map[string]string{"D1": "covers", "D2": "covers", "D3": "exceeded"}},
		{"units that cannot be turned into each other", licence("L1", "Cartridges", "9306.30", "5", "crates", year) +
			row("D1", "delivery", "Cartridges", "9306.30", "100", "pcs", "2031-02-01", ","), map[string]string{
			"D1": ""}},
		{"a second licence takes what the first does not",
			licence("L1", "Cartridges", "9306.30", "100", "pcs", "2031-01-01,2031-06-30") +
				licence("L2", "Cartridges", "9306.30", "100", "pcs", year) +
				row("D1", "delivery", "Cartridges", "9306.30", "80", "pcs", "2031-02-01", ",") +
				row("D2", "delivery", "Cartridges", "9306.30", "80", "pcs", "2031-03-01", ",") +
				row("D3", "delivery", "Cartridges", "9306.30", "40", "pcs", "2031-04-01", ",") +
				row("D4", "delivery", "Cartridges", "9306.30", "1", "pcs", "2031-05-01", ","),
			map[string]string{"D1": "covers", "D2": "covers", "D3": "covers", "D4": "exceeded"}},
		{"after a delivery of unknown size", licence("L1", "Cartridges", "9306.30", "100", "pcs", year) +
			row("D1", "delivery", "Cartridges", "9306.30", "", "pcs", "2031-02-01", ",") +
			row("D2", "delivery", "Cartridges", "9306.30", "10", "pcs", "2031-03-01", ",") +
			row("D3", "delivery", "Cartridges", "9306.30", "101", "pcs", "2031-04-01", ","),
			map[string]string{"D1": "", "D2": "", "D3": "exceeded"}},
		{"an order and its delivery", licence("L1", "Cartridges", "9306.30", "100", "pcs", year) +
			row("S1", "sale", "Cartridges", "9306.30", "100", "pcs", "2031-02-01", ",") +
			row("D1", "delivery", "Cartridges", "9306.30", "100", "pcs", "2031-03-01", ","),
			map[string]string{"S1": "covers", "D1": "covers"}},
		{"goods that are lent", licence("L1", "Cartridges", "9306.30", "100", "pcs", year) +
			row("D1", "loan", "Cartridges", "9306.30", "10", "pcs", "2031-02-01", ","), map[string]string{
			"D1": "covers"}},
		{"before it begins and after it ends", licence("L1", "Cartridges", "9306.30", "100", "pcs",
			"2031-03-01,2031-06-30") +
			row("D1", "delivery", "Cartridges", "9306.30", "1", "pcs", "2031-02-01", ",") +
			row("D2", "delivery", "Cartridges", "9306.30", "1", "pcs", "2031-06-30", ",") +
			row("D3", "delivery", "Cartridges", "9306.30", "1", "pcs", "2031-07-01", ","),
			map[string]string{"D1": "expired", "D2": "covers", "D3": "expired"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			in := filepath.Join(dir, "goods.csv")
			if err := os.WriteFile(in, []byte(head+tt.rows), 0o600); err != nil {
				t.Fatal(err)
			}
			// the records hold approvals, so that a licence could be on file there
			gates := filepath.Join(dir, "approvals.csv")
			if err := os.WriteFile(gates,
				[]byte("engagement_id,kind,decided,outcome\nX,credit_check,2031-01-01,approved\n"),
				0o600); err != nil {
				t.Fatal(err)
			}
			res, err := Run(t.Context(), Options{Paths: []string{in, gates}, Out: filepath.Join(dir, "out"),
				AsOf: time.Date(2031, 8, 1, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for id := range tt.want {
				got[id] = "covers" // of which neither is raised nor open
			}
			for _, f := range res.First {
				if _, asked := tt.want[f.Subject.ID]; f.Flag != "RF-42" || !asked {
					continue
				}
				if state, _ := f.Values["engagement.licence_state"].(string); f.State == "raised" {
					got[f.Subject.ID] = state
				} else {
					got[f.Subject.ID] = ""
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("licence states (-want +got):\n%s", d)
			}
		})
	}
}
