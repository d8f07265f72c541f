package app

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A register's or a letter's ways to write a company in one language: % is the company, %% the company with its legal
// form twice, ~ with its legal form misspelt, @ its initials.
type registerForms struct {
	language string
	listed   []string // companies as a list has them
	forms    []string
}

// everyLanguage are forms that all languages have.
var everyLanguage = []string{"@", "~"}

// mostMissed is how many of the forms of each language may miss a listed company: initials alone are those of many.
const mostMissed = 1

var formsOfRegisters = []registerForms{
	{"English", []string{"Tarnholt Signal Ltd", "Quelvane Optics Limited", "Brennick Avionics plc", "Ossmere Data LLC",
		"Varrow & Sons Ltd", "Dunmarrow Imaging Inc.", "Kestrelby Forensics Ltd", "Harrowgate Microwave Corp.",
		"Polvane Networks Ltd", "Sundrake Telecom Limited", "Delta Ferrow FZE", "Zelmora Robotics Pte Ltd"}, []string{
		"% (in liquidation)", "Marrow Textiles Ltd (formerly %)", "% f.k.a. Marrow Textiles",
		"% trading as Blue Lantern", "%, Ostrese branch", "Marrow Textiles Ltd on behalf of %",
		"Joint venture of % and Marrow Textiles Ltd", "Attention: Ms Quill, %", "% VAT 123 4567 89",
		"%, Company No. 01234567", "%, 12 Mill Road, Ostrese OS1 4RT", "% - Purchasing Department",
		"Marrow Textiles Ltd, a subsidiary of %", "% (in administration)", "% (Ostrese)", "% (Cyprus)",
		"%%", "% (@)", "M/s. %",
		"% (in liquidation, formerly Marrow Textiles), 12 Mill Road, VAT 123456789"}},
	{"French", []string{"Varenque Signal SARL", "Quelvane Optique SAS", "Brennelle Avionique SA",
		"Ossemer Données SARL",
		"Établissements Polvan SAS", "Dunmarre Imagerie SA", "Cressonne Télécom SAS", "Harvelle Hyperfréquences SA",
		"Polvane Réseaux SARL", "Sundraque Robotique SAS", "Delta Ferrow FZE", "Tarnholt Signal Ltd"}, []string{
		"% en liquidation judiciaire", "Textiles Marelle SA (anciennement %)", "Textiles Marelle SA, ex %",
		"%, nom commercial Lanterne Bleue", "%, succursale de Marvale", "Textiles Marelle SA pour le compte de %",
		"Groupement momentané d'entreprises % / Textiles Marelle SA", "À l'attention de Mme Quill, %",
		"% TVA intracommunautaire FR40303265045", "% RCS Marvale 552 032 534", "% SIRET 55203253400646",
		"%, 12 rue du Moulin, 69003 Marvale", "% - Service des achats", "Textiles Marelle SA, filiale de %",
		"% (en redressement judiciaire)", "% (Marvale)", "% (France)", "%%", "% (@)",
		"% (en liquidation, anciennement Textiles Marelle), 12 rue du Moulin, TVA FR40303265045"}},
	{"German", []string{"Tarnholt Signal GmbH", "Quelvane Optik AG", "Brennick Luftfahrt GmbH",
		"Ossmer Daten GmbH & Co. KG", "Dunmarr Bildtechnik GmbH", "Kestrelbach Forensik GmbH",
		"Harrogau Mikrowellen AG", "Polvan Netze GmbH",
		"Sundrak Telekom AG", "Zelmor Robotik UG (haftungsbeschränkt)", "Delta Ferrow FZE", "Varenque Signal SARL"},
		[]string{"% i. L.", "Marrau Textil GmbH (vormals %)", "Marrau Textil GmbH, früher %",
			"% handelnd unter Blaue Laterne", "%, Zweigniederlassung Marwald", "Marrau Textil GmbH im Auftrag der %",
			"Bietergemeinschaft % / Marrau Textil GmbH", "z. Hd. Frau Quill, %", "% USt-IdNr. DE136695976",
			"% HRB 45678 B", "%, Mühlenstraße 12, 04109 Marwald", "% - Abteilung Einkauf",
			"Marrau Textil GmbH, Tochtergesellschaft der %", "% (in Insolvenz)", "% (Marwald)", "% (Deutschland)",
			"Firma %", "%%", "% (@)",
			"% in Liquidation (vormals Marrau Textil), Mühlenstraße 12, USt-IdNr. DE136695976"}},
	{"Spanish", []string{"Industrias Colmedo SA", "Quelvane Óptica S.L.", "Brenica Aviónica S.A.", "Osmera Datos SL",
		"Dunmarra Imagen S.A.U.", "Cestrela Forense SL", "Harroga Microondas S.A.", "Polvana Redes S.L.U.",
		"Sundraca Telecom S.A. de C.V.", "Zelmora Robótica S.A.S.", "Delta Ferrow FZE",
		"Tarnholt Signal Ltd"}, []string{
		"% en liquidación", "Textiles Marela SL (antes %)", "Textiles Marela SL, anteriormente denominada %",
		"%, nombre comercial Farol Azul", "%, sucursal en Marvale",
		"Textiles Marela SL en nombre y representación de %",
		"UTE % - Textiles Marela SL", "A la atención de la Sra. Quill, %", "% NIF B-12345674", "% C.I.F. A58818501",
		"%, Calle del Molino 12, 28001 Marvale", "% - Departamento de Compras", "Textiles Marela SL, filial de %",
		"% (en concurso de acreedores)", "% (Marvale)", "% (España)", "Empresa %", "%%", "% (@)",
		"% en liquidación (antes Textiles Marela), Calle del Molino 12, NIF B12345674"}},
	{"Arabic", []string{"شركة القصرين لأنظمة المراقبة", "شركة كويلفان للبصريات ذ.م.م", "شركة برنيك للطيران",
		"مجموعة أوسمير للبيانات", "شركة دنمار للتصوير المحدودة", "مؤسسة كسترال للأدلة", "شركة هاروغا للموجات الدقيقة",
		"شركة بولفان للشبكات ش.م.م", "شركة سندراك للاتصالات", "شركة زلمورا للروبوتات", "Delta Ferrow FZE",
		"Tarnholt Signal Ltd"}, []string{
		"% (تحت التصفية)", "شركة ماريل للنسيج (سابقا %)", "شركة ماريل للنسيج، المعروفة سابقا باسم %",
		"% تعمل باسم الفانوس الأزرق", "%، فرع مرفال", "شركة ماريل للنسيج نيابة عن %",
		"مشروع مشترك % وشركة ماريل للنسيج", "عناية السيدة كويل، %", "% الرقم الضريبي 300123456700003",
		"% سجل تجاري رقم 1010123456", "%، شارع الطاحونة 12، مرفال", "% - قسم المشتريات",
		"شركة ماريل للنسيج، شركة تابعة لـ %", "% تحت الحراسة القضائية", "% (مرفال)", "% (الأردن)",
		"السادة / %", "ائتلاف % وشركة ماريل للنسيج", "%%",
		"% تحت التصفية (سابقا ماريل للنسيج)، شارع الطاحونة 12، الرقم الضريبي 300123456700003"}},
	{"Russian", []string{"ООО «Квелван Оптика»", "АО «Тарнхольт Сигнал»", "ПАО «Бренник Авиа»", "ООО «Осмер Данные»",
		"ЗАО «Дунмар Снимок»", "ООО «Кестрель Экспертиза»", "АО «НПП Харрога»", "ООО «Полван Сети»",
		"ПАО «Сундрак Телеком»", "ООО «Зелмора Роботикс»", "Delta Ferrow FZE", "Tarnholt Signal Ltd"}, []string{
		"% (в стадии ликвидации)", "ООО «Марель Текстиль» (ранее %)", "ООО «Марель Текстиль», прежнее наименование %",
		"%, торговая марка Синий Фонарь", "%, филиал в г. Марваль", "ООО «Марель Текстиль» от имени %",
		"Консорциум % и ООО «Марель Текстиль»", "Вниманию Квилловой, %", "% ИНН 7707083893",
		"% ОГРН 1027700132195 КПП 770701001", "%, ул. Мельничная, д. 12, г. Марваль", "% - отдел закупок",
		"ООО «Марель Текстиль», дочернее общество %", "% (внешнее управление)", "% (Марваль)", "% (Россия)",
		"%%", "Филиал % в г. Марваль", "% (@)",
		"% в ликвидации (бывшее ООО «Марель Текстиль»), ул. Мельничная, д. 12, ИНН 7707083893"}},
}

// TestScreenFormsOfRegisters writes listed companies as registers and letters write them in six languages. All but one
// of the twenty-two forms of each language show each of them, by the name itself or by another party that the text
// names.
func TestScreenFormsOfRegisters(t *testing.T) {
	for _, tt := range formsOfRegisters {
		t.Run(tt.language, func(t *testing.T) {
			forms := slices.Concat(tt.forms, everyLanguage)
			if len(forms) != 22 || len(tt.listed) < 10 {
				t.Fatalf("%d forms of %d companies", len(forms), len(tt.listed))
			}
			var lines []listLine
			var asked strings.Builder
			out := csv.NewWriter(&asked)
			out.Write([]string{"name", "kind"})
			var want []string
			for i, company := range tt.listed {
				lines = append(lines, listLine{id: fmt.Sprintf("CA-REG:%d", 4000+i), name: `"` + company + `"`,
					status: "listed", effect: "named as supplier"})
				for _, form := range forms {
					want = append(want, company)
					out.Write([]string{written(form, company), "company"})
				}
			}
			out.Flush()
			list := filepath.Join(t.TempDir(), "list.csv")
			writeList(t, list, lines)
			got, _ := screenRun(t, asked.String(), "--list", list, "--in", "-")
			found := map[string]int{}
			shown := shownNames(t, got)
			if len(shown) != len(want) {
				t.Fatalf("%d answers for %d names", len(shown), len(want))
			}
			missed := map[string][]string{}
			for i, company := range want {
				if strings.Contains(shown[i], "|"+company+"|") {
					found[company]++
				} else {
					form := forms[i%len(forms)]
					missed[form] = append(missed[form], company)
				}
			}
			for form, companies := range missed {
				t.Logf("not shown: %s: %s", form, strings.Join(companies, ", "))
			}
			for _, company := range tt.listed {
				if found[company] < len(forms)-mostMissed {
					t.Errorf("%s: %d of %d forms are shown", company, found[company], len(forms))
				}
			}
		})
	}
}

// written puts a company into a form.
func written(form, company string) string {
	words := strings.Fields(company)
	last := words[len(words)-1]
	doubled := company + " " + last
	misspelt := company + last[len(last)-utf8Last(last):] // its last letter twice
	if strings.HasSuffix(last, "»") || words[0] == "شركة" || words[0] == "مجموعة" || words[0] == "مؤسسة" {
		doubled = words[0] + " " + company
		misspelt = strings.Replace(company, words[0], words[0]+words[0][len(words[0])-utf8Last(words[0]):], 1)
	}
	initials := ""
	for _, w := range words {
		if r := []rune(strings.Trim(w, "«»&()")); len(r) > 0 {
			initials += string(r[0]) + "."
		}
	}
	return strings.NewReplacer("%%", doubled, "%", company, "~", misspelt, "@", initials).Replace(form)
}

// utf8Last returns how many bytes the last character of a text has.
func utf8Last(s string) int {
	_, n := utf8.DecodeLastRuneInString(s)
	return n
}

// A company among twelve of a consortium is found by each way to list them.
func TestScreenConsortium(t *testing.T) {
	others := []string{"Aldane Works Ltd", "Bremor Steel AG", "Corvin Roads SA", "Deltar Pipes GmbH", "Esmor Power BV",
		"Fendale Glass Ltd", "Gorlan Trucks SpA", "Hestia Paper Oy", "Imvar Cables AS", "Jorvik Stone AB",
		"Kelmar Paint Ltd"}
	const company = "Quelvane Optics Limited"
	list := filepath.Join(t.TempDir(), "list.csv")
	writeList(t, list, []listLine{{id: "CA-REG:4000", name: company, status: "listed", effect: "named as supplier"}})
	for _, way := range []struct{ before, between, last string }{
		{"Consortium of ", ", ", ", "}, {"", "; ", "; "}, {"JV ", " / ", " / "}, {"", "---", "---"},
		{"Bietergemeinschaft ", ", ", " und "}, {"Joint venture: ", " & ", " & "}, {"UTE ", " - ", " - "},
	} {
		for _, at := range []int{0, 5, len(others)} {
			t.Run(fmt.Sprintf("%q at %d", way.between, at), func(t *testing.T) {
				all := slices.Insert(slices.Clone(others), at, company)
				text := way.before + strings.Join(all[:len(all)-1], way.between) + way.last + all[len(all)-1]
				out, _ := screenRun(t, "name,kind\n\""+text+"\",company\n", "--list", list, "--in", "-")
				if shown := shownNames(t, out); !strings.Contains(shown[0], "|"+company+"|") {
					t.Errorf("not shown: %s", text)
				}
			})
		}
	}
}

// shownNames returns for each answer of screen the entries that it shows, each between bars.
func shownNames(t *testing.T, out string) []string {
	t.Helper()
	type hit struct {
		Name string `json:"name"`
	}
	var all []string
	for line := range strings.Lines(out) {
		var a struct {
			Hits  []hit `json:"hits"`
			Named []struct {
				Hits []hit `json:"hits"`
			} `json:"named"`
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		shown := "|"
		for _, h := range a.Hits {
			shown += h.Name + "|"
		}
		for _, n := range a.Named {
			for _, h := range n.Hits {
				shown += h.Name + "|"
			}
		}
		all = append(all, shown)
	}
	return all
}
