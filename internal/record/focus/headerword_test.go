package focus

import "testing"

// TestHeaderOfAnotherTableIsCheap counts allocations, since every file of a run is looked at: an archive of many small
// files took seconds when each language took each profile's own columns apart again.
func TestHeaderOfAnotherTableIsCheap(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		most       float64 // allocations, several times what is needed today
	}{
		{"register table", "engagement_id,kind,seller,buyer\nE1,contract,Nyxal Cloud plc,Marvale Bakery\n", 800},
		{"table in German", "Vertrag;Datum;Käufer;Verkäufer;Betrag\n1;01.02.2031;Marvale;Nyxal;1,00\n", 2000},
		{"table without a known word", "qqx;zzv\n1;2\n", 800},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := testing.AllocsPerRun(5, func() { Recognise([]byte(tt.head), "a.csv") })
			if got > tt.most {
				t.Errorf("recognising the header takes %.0f allocations, more than %.0f", got, tt.most)
			}
			t.Logf("%.0f allocations", got)
		})
	}
}
