package name

import (
	"strings"
	"testing"
)

func TestParts(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Harbour Lantern Ltd", "name=Harbour Lantern Ltd"},
		{"Harbour Lantern (in liquidation)", "name=Harbour Lantern|status=in liquidation"},
		{"Harbour Lantern Ltd in Liquidation", "name=Harbour Lantern Ltd|status=in Liquidation"},
		{"Harbour Lantern i.L.", "name=Harbour Lantern|status=i.L"},
		{"Harbour Lantern en liquidation judiciaire", "name=Harbour Lantern|status=en liquidation judiciaire"},
		{"ООО Маяк, в стадии ликвидации", "name=ООО Маяк|status=в стадии ликвидации"},
		{"Harbour Lantern (vormals Quay Lamps GmbH)", "name=Harbour Lantern|former=Quay Lamps GmbH"},
		{"Harbour Lantern f/k/a Quay Lamps", "name=Harbour Lantern|former=Quay Lamps"},
		{"Harbour Lantern (ex-Quay Lamps)", "name=Harbour Lantern|former=Quay Lamps"},
		{"Harbour Lantern (Quay Lamps سابقا)", "name=Harbour Lantern|former=Quay Lamps"},
		{"Фонарь (бывш. Маяк)", "name=Фонарь|former=Маяк"},
		{"灯塔公司（原名港口公司）", "name=灯塔公司|former=港口公司"},
		{"Quay Lamps, now Harbour Lantern", "name=Quay Lamps|current=Harbour Lantern"},
		{"Harbour Lantern t/a Quay Lamps", "name=Harbour Lantern|trading=Quay Lamps"},
		{"Harbour Lantern on behalf of Quay Lamps", "name=Harbour Lantern|on_behalf=Quay Lamps"},
		{"Harbour Lantern c/o Quay Lamps", "name=Harbour Lantern|on_behalf=Quay Lamps"},
		{"Harbour Lantern im Auftrag von Quay Lamps", "name=Harbour Lantern|on_behalf=Quay Lamps"},
		{"Harbour Lantern (subsidiary of Quay Lamps)", "name=Harbour Lantern|related=Quay Lamps"},
		{"Harbour Lantern (not to be confused with Quay Lamps)", "name=Harbour Lantern|remark=Quay Lamps"},
		{"Harbour Lantern and Quay Lamps JV", "name=Harbour Lantern and Quay Lamps JV|joint=Harbour " +
			"Lantern|joint=Quay Lamps"},
		{"Consortium of Aldane Co., Ltd, Bermane and Cormane",
			"name=Consortium of Aldane Co., Ltd, Bermane and Cormane|joint=Aldane Co., Ltd|joint=Bermane|joint=Cormane"},
		{"Harbour Lantern VAT 1234567", "name=Harbour Lantern|number=VAT 1234567"},
		{"Harbour Lantern, Company No. 0012 3456", "name=Harbour Lantern|number=Company No. 0012 3456"},
		{"Фонарь ИНН 7700000001", "name=Фонарь|number=ИНН 7700000001"},
		{"Harbour Lantern (1234567)", "name=Harbour Lantern|number=1234567"},
		{"Harbour Lantern 17 Mill Street Marvale", "name=Harbour Lantern|address=17 Mill Street Marvale"},
		{"Harbour Lantern, Hauptstraße 17, 1010 Wien", "name=Harbour Lantern|address=Hauptstraße 17, 1010 Wien"},
		{"Harbour Lantern, rue du Port 5", "name=Harbour Lantern|address=rue du Port 5"},
		{"Harbour Lantern P.O. Box 12", "name=Harbour Lantern|address=P.O. Box 12"},
		{"Harbour Lantern Purchasing Department", "name=Harbour Lantern|department=Purchasing Department"},
		{"To: Harbour Lantern, attn. procurement", "name=Harbour Lantern|attention=attn. procurement"},
		{"Messrs Harbour Lantern", "name=Harbour Lantern"},
		{"Harbour Lantern, Ostrese branch", "name=Harbour Lantern|branch=Ostrese branch"},
		{"Harbour Lantern Zweigniederlassung Wien", "name=Harbour Lantern|branch=Zweigniederlassung Wien"},
		{"Branch of Harbour Lantern in Calder", "name=Harbour Lantern|branch=in Calder"},
		{"Harbour Lantern (under new management)", "name=Harbour Lantern|remark=under new management"},
		{"Harbour Lantern Export (HLE)", "name=Harbour Lantern Export|remark=HLE"},
		// Names in which such words are part of the name.
		{"Plant No. 7", "name=Plant No. 7"},
		{"Olive Branch", "name=Olive Branch"},
		{"Ex Libris Ltd", "name=Ex Libris Ltd"},
		{"Late Harvest Co", "name=Late Harvest Co"},
		{"Fund for Peace", "name=Fund for Peace"},
		{"Bakery at Harbour Street", "name=Bakery at Harbour Street"},
		{"Military Unit 74455", "name=Military Unit 74455"},
		{"Ferrow Optics (UK) Ltd", "name=Ferrow Optics Ltd|branch=UK"},
		{"Attention: Ms Quill, Ferrow Optics Ltd", "name=Ferrow Optics Ltd|attention=Attention: Ms Quill"},
		{"Вниманию Квиллова, Ферроу Оптика", "name=Ферроу Оптика|attention=Вниманию Квиллова"},
		{"Филиал Ферроу Оптика в г. Тальмень", "name=Ферроу Оптика|branch=в г. Тальмень"},
		{"Тальменский филиал ООО Ферроу Оптика", "name=ООО Ферроу Оптика|branch=Тальменский филиал"},
		{"Ferrow Optik GmbH HRB 48123 Talmen", "name=Ferrow Optik GmbH|number=HRB 48123 Talmen"},
		{"Al Noor Shipping, Ltd", "name=Al Noor Shipping, Ltd"},
		{"Ferrow GmbH, früher firmierend als Quay Lamps GmbH", "name=Ferrow GmbH|former=Quay Lamps GmbH"},
		{"ООО Ферроу, ранее именовавшееся Маяк", "name=ООО Ферроу|former=Маяк"},
		{"Fa. Ferrow Optik GmbH", "name=Ferrow Optik GmbH"},
		{"FA Cup Trading", "name=FA Cup Trading"},
		{"Ferrow Optik GmbH, Werk Süd", "name=Ferrow Optik GmbH|branch=Werk Süd"},
		{"Marine Works, Plant Hire", "name=Marine Works, Plant Hire"},
		{"FOL (Ferrow Optics Ltd)", "name=Ferrow Optics Ltd|remark=FOL"},
		{"FOL - Ferrow Optics Ltd", "name=Ferrow Optics Ltd|remark=FOL"},
		{"XYZ - Ferrow Optics Ltd", "name=XYZ - Ferrow Optics Ltd"},
		{"Ferrow Optik GmbH i. L.", "name=Ferrow Optik GmbH|status=i. L"},
		{"Ferrow Optique SARL RCS Talmen B 123 456 789",
			"name=Ferrow Optique SARL|number=RCS Talmen B 123 456 789"},
		{"شركة فيرو للبصريات لصاحبها سالم المصباح", "name=شركة فيرو للبصريات|proprietor=لصاحبها سالم المصباح"},
		{"مجموعة فيرو للبصريات (تلمن)", "name=مجموعة فيرو للبصريات|remark=تلمن"},
		{"Joint venture of Ferrow & Sons Ltd and Quay Lamps Ltd",
			"name=Joint venture of Ferrow & Sons Ltd and Quay Lamps Ltd|joint=Ferrow & Sons Ltd|joint=Quay Lamps Ltd"},
		{"Joint Venture Jill Ferrow and Associates and Quay Lamps", "name=Joint Venture Jill Ferrow and Associates and " +
			"Quay Lamps|joint=Jill Ferrow and Associates|joint=Quay Lamps"},
		{"", "name="}, {"(", "name=("}, {"formerly", "name=formerly"}, {"(formerly)", "name=(formerly)"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			var got []string
			for _, p := range Parts(tt.text) {
				got = append(got, string(p.Role)+"="+p.Text)
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("Parts(%q)\n got %s\nwant %s", tt.text, g, tt.want)
			}
		})
	}
}

func TestLookingForMoreDoesNotAllocate(t *testing.T) {
	for _, s := range []string{"Harbour Lantern Ltd", "Harbour Lantern (in liquidation)", "ООО Маяк"} {
		if n := testing.AllocsPerRun(100, func() { mayHoldMore(s) }); n > 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}

func FuzzParts(f *testing.F) {
	for _, s := range []string{"A (formerly B", "c/o", "JV of A, B", "x 17 y street", "\xff(", "f/k/a f/k/a f/k/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Parts(s)
		if len(p) == 0 || p[0].Role != Self {
			t.Fatalf("Parts(%q) = %v", s, p)
		}
	})
}
