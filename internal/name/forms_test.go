package name

import (
	"slices"
	"testing"
)

// A register writes much beside a name. Whatever it is, the name itself, or the other party that
// the text names, comes out.
func TestNameInFormsOfRegisters(t *testing.T) {
	for _, lang := range []struct {
		code, name string
		forms      []string
	}{
		{"en", "Tarnholt Signal Ltd", []string{
			"% (in liquidation)", "Quist Data Ltd (formerly %)", "Quist Data Ltd, f.k.a. %",
			"Quist Data Ltd trading as %", "%, Ostrese branch",
			"Quist Data Ltd on behalf of %", "Joint venture % / Quist Data Ltd", "%, attn: Accounts Payable",
			"% VAT 123456789", "% (Reg. No. 1234567)",
			"%, 12 Mill Road, Ostrese", "%, Purchasing Department", "Quist Data Ltd, a subsidiary of %",
			"% (in administration)", "% (Germany)",
		}},
		{"fr", "Varenque Signal SARL", []string{
			"% (en liquidation judiciaire)", "Quist Données SA (anciennement %)",
			"Quist Données exerçant sous le nom de %", "%, succursale de Marvale",
			"Quist Données pour le compte de %", "Groupement Quist Données SA / %",
			"%, à l'attention du service comptable", "% TVA FR12345678901",
			"%, 12 rue du Moulin, 75002 Marvale", "%, Service informatique", "Quist Données, filiale de %",
			"%, en procédure de sauvegarde", "% (France)",
		}},
		{"de", "Tarnholt Signal GmbH", []string{
			"% in Liquidation", "Quist Daten AG, vormals %", "Quist Daten AG handelnd unter %",
			"%, Niederlassung Marvale",
			"Quist Daten AG im Auftrag der %", "Bietergemeinschaft Quist Daten AG und %", "%, z.Hd. Buchhaltung",
			"% USt-IdNr. DE123456789",
			"%, Mühlweg 12, 04109 Marvale", "%, Abteilung Einkauf", "Quist Daten AG (Tochtergesellschaft der %)",
			"% unter Insolvenzverwaltung", "% (Deutschland)",
		}},
		{"es", "Industrias Colmedo SA", []string{
			"% en liquidación", "Datos Quist SL (antes %)", "Datos Quist SL que opera como %", "%, sucursal de Marvale",
			"Datos Quist SL por cuenta de %",
			"UTE Datos Quist SL - %", "%, a la atención de Compras", "% NIF A12345678",
			"%, Calle del Molino 12, 41001 Marvale", "%, Departamento de Compras",
			"Datos Quist SL, filial de %", "% (en concurso de acreedores)", "% (España)",
		}},
		{"ru", "ООО Маровек Связь", []string{
			"% (в стадии ликвидации)", "ООО Квист (ранее %)", "ООО Квист, торговая марка %", "%, филиал в г. Марваль",
			"ООО Квист по поручению %",
			"Совместное предприятие ООО Квист и %", "%, вниманию бухгалтерии", "% ИНН 7712345678",
			"%, ул. Мельничная, д. 12", "%, отдел закупок",
			"ООО Квист (дочерняя компания %)", "% в конкурсном производстве", "% (Россия)",
		}},
		{"ar", "القصرين لأنظمة المراقبة", []string{
			"% (قيد التصفية)", "كويست للبيانات (سابقا %)", "كويست للبيانات تعمل باسم %", "% - فرع مارفال",
			"كويست للبيانات نيابة عن %",
			"% عناية قسم الحسابات", "% رقم السجل التجاري 1234567", "%، شارع الطاحونة 12", "%، قسم المشتريات",
			"% تحت الحراسة القضائية",
		}},
	} {
		for _, form := range lang.forms {
			i := slices.Index([]byte(form), '%')
			text := form[:i] + lang.name + form[i+1:]
			t.Run(lang.code+"/"+form, func(t *testing.T) {
				parts := Parts(text)
				if !slices.ContainsFunc(parts, func(p Part) bool {
					return (p.Role.own() || p.Role.Other()) && Fold(p.Text) == Fold(lang.name)
				}) {
					t.Errorf("Parts(%q) = %+v, want %q among the names", text, parts, lang.name)
				}
			})
		}
	}
}
