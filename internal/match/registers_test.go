package match

import (
	"testing"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A listed firm in twenty forms of registers and letters, in five languages; at least nineteen are found, by the name
// itself or as another party that the text names.
func TestFormsOfRegisters(t *testing.T) {
	for _, tt := range []struct {
		listed string
		texts  []string
	}{
		{"Quelvane Optique SARL", []string{
			"Quelvane Optique SARL, en liquidation judiciaire",
			"Quelvane Optique SARL (anciennement Bastrel Conseil)",
			"Bastrel Conseil SAS, ex Quelvane Optique SARL",
			"Quelvane Optique SARL, nom commercial Lumino",
			"Quelvane Optique SARL, succursale de Marvalle",
			"Quelvane Optique SARL agissant pour le compte de Bastrel Conseil",
			"Groupement Quelvane Optique SARL / Bastrel Conseil SAS",
			"Quelvane Optique SARL, à l'attention de M. Dupuis",
			"Quelvane Optique SARL, n° TVA FR40303265045",
			"Quelvane Optique SARL RCS Marvalle 552 032 534",
			"Quelvane Optique SARL, 12 rue du Moulin, 69003 Marvalle",
			"Quelvane Optique SARL – service comptabilité",
			"Quelvane Optique SARL, filiale de Bastrel Conseil",
			"Quelvane Optique SARL, sous administration judiciaire",
			"Quelvane Optique SARL (Marvalle)",
			"Quelvane Optique (France) SARL",
			"SARL Quelvane Optique SARL",
			"Quelvane Optique S.A.R.L. à responsabilité limité",
			"Q. Optique (Quelvane Optique) SARL",
			"Quelvane Optique SARL (en liquidation, anciennement Bastrel), 12 rue du Moulin, TVA FR40303265045",
		}},
		{"Quelvane Optik GmbH", []string{
			"Quelvane Optik GmbH i.L.",
			"Quelvane Optik GmbH (vormals Bastrel Beratung GmbH)",
			"Bastrel Beratung GmbH, früher Quelvane Optik GmbH",
			"Quelvane Optik GmbH, handelnd unter Lumino",
			"Quelvane Optik GmbH, Zweigniederlassung Marvalle",
			"Quelvane Optik GmbH im Auftrag der Bastrel Beratung AG",
			"ARGE Quelvane Optik GmbH / Bastrel Beratung AG",
			"Quelvane Optik GmbH, z. Hd. Frau Meier",
			"Quelvane Optik GmbH, USt-IdNr. DE136695976",
			"Quelvane Optik GmbH HRB 45678",
			"Quelvane Optik GmbH, Mühlenstraße 12, 12345 Marvalle",
			"Quelvane Optik GmbH, Abteilung Einkauf",
			"Quelvane Optik GmbH, Tochtergesellschaft der Bastrel AG",
			"Quelvane Optik GmbH unter Insolvenzverwaltung",
			"Quelvane Optik GmbH (Marvalle)",
			"Quelvane Optik (Deutschland) GmbH",
			"Quelvane Optik GmbH Gesellschaft mit beschränkter Haftung",
			"Quelvane Optik Gesellschaft mit beschrenkter Haftung",
			"Q. Optik GmbH (Quelvane Optik)",
			"Quelvane Optik GmbH i.L. (vormals Bastrel), Mühlenstraße 12, USt-IdNr. DE136695976",
		}},
		{"Quelvane Óptica S.L.", []string{
			"Quelvane Óptica S.L. en liquidación",
			"Quelvane Óptica S.L. (antes Bastrel Consultores)",
			"Bastrel Consultores S.A., antes denominada Quelvane Óptica S.L.",
			"Quelvane Óptica S.L., nombre comercial Lumino",
			"Quelvane Óptica S.L., sucursal de Marvalle",
			"Quelvane Óptica S.L. en nombre de Bastrel Consultores S.A.",
			"UTE Quelvane Óptica S.L. - Bastrel Consultores S.A.",
			"Quelvane Óptica S.L., a la atención de Sr. Pérez",
			"Quelvane Óptica S.L., NIF B12345674",
			"Quelvane Óptica S.L. CIF: B-12345674",
			"Quelvane Óptica S.L., Calle del Molino 12, 28001 Marvalle",
			"Quelvane Óptica S.L., departamento de compras",
			"Quelvane Óptica S.L., filial de Bastrel Consultores",
			"Quelvane Óptica S.L., bajo administración judicial",
			"Quelvane Óptica S.L. (Marvalle)",
			"Quelvane Óptica (España) S.L.",
			"S.L. Quelvane Óptica S.L.",
			"Quelvane Óptica Sociedad Limtada",
			"Q. Óptica (Quelvane Óptica) S.L.",
			"Quelvane Óptica S.L. en liquidación (antes Bastrel), Calle del Molino 12, NIF B12345674",
		}},
		{"شركة كويلفان للبصريات", []string{
			"شركة كويلفان للبصريات (تحت التصفية)",
			"شركة كويلفان للبصريات (سابقا باستريل)",
			"شركة باستريل، المعروفة سابقا باسم شركة كويلفان للبصريات",
			"شركة كويلفان للبصريات، المعروفة باسم لومينو",
			"شركة كويلفان للبصريات، فرع مرفال",
			"شركة كويلفان للبصريات نيابة عن شركة باستريل للاستشارات",
			"ائتلاف شركة كويلفان للبصريات وشركة باستريل",
			"شركة كويلفان للبصريات، لعناية السيد حسن",
			"شركة كويلفان للبصريات، الرقم الضريبي 300123456700003",
			"شركة كويلفان للبصريات س.ت 1010123456",
			"شركة كويلفان للبصريات، شارع الطاحونة 12، مرفال",
			"شركة كويلفان للبصريات - قسم المشتريات",
			"شركة كويلفان للبصريات، شركة تابعة لشركة باستريل",
			"شركة كويلفان للبصريات تحت الحراسة القضائية",
			"شركة كويلفان للبصريات (مرفال)",
			"شركة كويلفان للبصريات (الأردن)",
			"شركة كويلفان للبصريات ذ.م.م ش.ذ.م.م",
			"شركه كويلفان للبصريات المحدوده",
			"كويلفان للبصريات",
			"شركة كويلفان للبصريات تحت التصفية (سابقا باستريل)، شارع الطاحونة 12، الرقم الضريبي 300123456700003",
		}},
		{"ООО «Квелван Оптика»", []string{
			"ООО «Квелван Оптика» (в стадии ликвидации)",
			"ООО «Квелван Оптика» (ранее ООО «Бастрел»)",
			"ООО «Бастрел», прежнее наименование ООО «Квелван Оптика»",
			"ООО «Квелван Оптика», торговая марка Люмино",
			"Филиал ООО «Квелван Оптика» в г. Марваль",
			"ООО «Квелван Оптика» от имени АО «Бастрел»",
			"Консорциум ООО «Квелван Оптика» и АО «Бастрел»",
			"ООО «Квелван Оптика», вниманию Иванова И.И.",
			"ООО «Квелван Оптика», ИНН 7707083893",
			"ООО «Квелван Оптика» ОГРН 1027700132195 КПП 770701001",
			"ООО «Квелван Оптика», ул. Мельничная, д. 12, г. Марваль",
			"ООО «Квелван Оптика», отдел закупок",
			"ООО «Квелван Оптика», дочернее общество АО «Бастрел»",
			"ООО «Квелван Оптика» (внешнее управление)",
			"ООО «Квелван Оптика» (Марваль)",
			"ООО «Квелван Оптика» (Россия)",
			"ООО ООО «Квелван Оптика»",
			"Обществo с ограниченой ответственностью «Квелван Оптика»",
			"К. Оптика (Квелван Оптика), ООО",
			"ООО «Квелван Оптика» в ликвидации (бывшее ООО «Бастрел»), ул. Мельничная, д. 12, ИНН 7707083893",
		}},
		{"Quelvane Optics", []string{ // in six languages, before and after the name
			"Attention: Ms Quill, Quelvane Optics", "Att. Sr. Quill, Quelvane Optics",
			"z.H. Frau Quill, Quelvane Optics GmbH",
			"À l'att. de Mme Quill, Quelvane Optics", "Вниманию Квиллова, Quelvane Optics",
			"إلى عناية السيدة كويل، Quelvane Optics",
			"Quelvane Optics (Cyprus) Ltd", "Quelvane Optics (France) SAS", "Quelvane Optics (Panamá) S.A.",
			"Quelvane Optics (Россия) ООО",
			"Coentreprise Quelvane Optics et Bastrel", "مشروع مشترك Quelvane Optics وباستريل",
			"Empresa conjunta Quelvane Optics y Bastrel",
			"Quelvane Optics GmbH HRB 48123 Marvalle", "Филиал Quelvane Optics в г. Марваль",
			"Марвальский филиал ООО «Quelvane Optics»",
			"فرع شركة Quelvane Optics في مرفال", "Quelvane Optics банкрот", "شركة Quelvane Optics المحدودة ذ.م.م",
			"Branch of Quelvane Optics in Marvalle",
		}},
	} {
		t.Run(tt.listed, func(t *testing.T) {
			ix := Build([]*list.List{{ID: "list", Entries: []list.Entry{{ID: "1", Kind: party.Organization,
				Status: list.Listed,
				Names:  []list.Name{{Text: tt.listed}}}}}})
			found := 0
			for _, text := range tt.texts {
				hit := len(ix.Search(Query{Name: text}, 1, Threshold)) > 0
				for _, other := range name.Others(text) {
					hit = hit || len(ix.Search(Query{Name: other.Text}, 1, Threshold)) > 0
				}
				if hit {
					found++
				} else {
					t.Logf("not found: %s", text)
				}
			}
			if found < 19 {
				t.Errorf("%d of %d forms are found", found, len(tt.texts))
			}
		})
	}
}
