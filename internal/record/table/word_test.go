package table

import "testing"

// TestKinds: the usual words of many languages mean a kind of dealing, in any case and with or without accents; what is
// no kind of its own is unknown in every language.
func TestKinds(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Contrat", "contract"}, {"Договор", "contract"}, {"合同", "contract"}, {"عقد", "contract"}, {"חוזה", "contract"},
		{"Venta", "sale"}, {"VERKAUF", "sale"}, {"采购", "sale"}, {"продажа", "sale"}, {"SATIŞ", "sale"},
		{"sprzedaz", "sale"},
		{"Lieferung", "delivery"}, {"توريد", "delivery"}, {"Поставка", "delivery"}, {"納品", "delivery"},
		{"납품", "delivery"},
		{"Reexportación", "re-export"}, {"REEXPORTACION", "re-export"}, {"Wiederausfuhr", "re-export"},
		{"Pièces  de rechange", "spare_part"}, {"Запасные части", "spare_part"}, {"Yedek Parça", "spare_part"},
		{"Wartung", "maintenance"}, {"entretien", "maintenance"}, {"تعمیر و نگهداری", "maintenance"},
		{"Appel d'offres", "tender"}, {"İHALE", "tender"}, {"licitacao", "tender"}, {"מכרז", "tender"},
		{"Ausfuhrgenehmigung", "licence"}, {"ліцензія", "licence"}, {"Purchase order", "contract"},
		{"Miete", ""}, {"barter", ""}, {"gift", ""}, {"location", ""}, {"поставка / ремонт", ""},
	} {
		t.Run(tt.in, func(t *testing.T) {
			if got, ok := engagementKind.find(tt.in); got != tt.want || ok != (tt.want != "") {
				t.Errorf("kind of %q = %q, %t, want %q", tt.in, got, ok, tt.want)
			}
		})
	}
}
