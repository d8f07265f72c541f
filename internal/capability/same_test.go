package capability

import (
	"strings"
	"testing"
)

func TestSameAs(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Cell
	}{
		{"same as buyer", CellBuyer}, {"Same as the Buyer.", CellBuyer}, {"(SAME AS PURCHASER)", CellBuyer},
		{"= buyer", CellBuyer},
		{"identical to customer", CellBuyer}, {"Buyer itself", CellBuyer}, {"own use", CellBuyer},
		{"as account holder", CellBuyer},
		{"idem", CellAbove}, {"Idem.", CellAbove}, {"see above", CellAbove}, {"ditto", CellAbove},
		{"- as above -", CellAbove},
		{"same as end user", CellEndUser}, {"same as reseller", CellReseller}, {"see seller", CellSeller},
		{"même que l'acheteur", CellBuyer}, {"IDEM ACHETEUR", CellBuyer}, {"voir ci-dessus", CellAbove},
		{"identisch mit Käufer", CellBuyer}, {"wie Käufer", CellBuyer}, {"wie oben", CellAbove}, {"s.o.", CellAbove},
		{"dto.", CellAbove},
		{"el mismo que el comprador", CellBuyer}, {"ídem", CellAbove}, {"véase más arriba", CellAbove},
		{"o mesmo que o comprador", CellBuyer}, {"vide acima", CellAbove},
		{"نفس المشتري", CellBuyer}, {"انظر أعلاه", CellAbove}, {"כמו הקונה", CellBuyer}, {"כנ\"ל", CellAbove},
		{"тот же, что и покупатель", CellBuyer}, {"см. выше", CellAbove}, {"той самий, що і покупець", CellBuyer},
		{"див. вище", CellAbove},
		{"与买方相同", CellBuyer}, {"同上", CellAbove}, {"如上", CellAbove},
		{"lo stesso dell'acquirente", CellBuyer}, {"zie boven", CellAbove}, {"jak wyżej", CellAbove},

		{"", NoCell}, {"various", NoCell}, {"Harbour Police", NoCell}, {"Same Day Couriers Ltd", NoCell},
		{"Buyers Union", NoCell},
		{"Idem Consulting GmbH", NoCell}, {"buyer", NoCell}, {"customer", NoCell}, {"\"", NoCell},
		{"Police of the Above Valley", NoCell},
		{strings.Repeat("same as buyer ", 20), NoCell},
	} {
		t.Run(tt.text, func(t *testing.T) {
			if got := SameAs(tt.text); got != tt.want {
				t.Errorf("SameAs(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	for text, at := range pointers {
		if at != CellBuyer && at != CellEndUser && at != CellSeller && at != CellReseller && at != CellAbove {
			t.Errorf("same.tsv: %q stands for %q", text, at)
		}
	}
}
