package app

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"plimsoll/internal/name"
)

// nameColumns are the columns of a file of names that are used, with the headings that stand for them in ten languages.
var nameColumns = map[string]string{
	"name": "full name, company name, entity name, party name, supplier name, customer name, " +
		"vendor name; Firmenname, Firma, Bezeichnung; nom, raison sociale, dénomination; " +
		"nombre, razón social, denominación; nome, razão social, ragione sociale, " +
		"denominazione; наименование, название, имя, ФИО; назва, найменування; الاسم, اسم " +
		"الشركة; nazwa; ad, unvan, ünvan; 名称",
	"aliases": "alias, aka, other names, also known as; Aliasname, weitere Namen; autres noms; " +
		"otros nombres; outros nomes; altri nomi; псевдонимы, другие имена; أسماء أخرى; inne " +
		"nazwy; diğer adlar; 别名",
	"kind": "type, entity type, party type, schema; Art, Typ; genre, type d'entité; tipo; тип, " +
		"вид; النوع; rodzaj; tür; 类型",
	"country": "country code, nationality, jurisdiction; Land, Staat, Staatsangehörigkeit; pays, " +
		"nationalité; país, pais, nacionalidad, nacionalidade; paese, nazione, nazionalità; " +
		"страна, гражданство; країна, громадянство; البلد, الدولة, الجنسية; kraj; ülke; 国家",
	"id":          "identifier",
	"identifiers": "ids",
	"birth_date": "birth date, date of birth, dob, birthdate, born, year of birth; Geburtsdatum, " +
		"Geburtstag, Geburtsjahr; date de naissance, né le; fecha de nacimiento; data de " +
		"nascimento; data di nascita; дата рождения; дата народження; تاريخ الميلاد; data " +
		"urodzenia; doğum tarihi; 出生日期",
	"date": "incorporation date, date of incorporation, registration date; Gründungsdatum; date " +
		"de création; fecha de constitución; data de constituição; data di costituzione; " +
		"дата регистрации; تاريخ التأسيس; kuruluş tarihi",
	"father": "father name, father's name, fathers name, name of father; Vater, Name des Vaters; " +
		"père, nom du père; padre, nombre del padre; pai, nome do pai; nome del padre; отец, " +
		"имя отца; اسم الأب; ojciec, imię ojca; baba adı",
	"gender": "sex; Geschlecht; sexe; género, sexo; gênero; genere, sesso; пол; стать; الجنس; " +
		"płeć; cinsiyet; 性别",
	"address": "full address, street address, registered address; Anschrift, Adresse; adresse; " +
		"dirección, domicilio; endereço, morada; indirizzo; адрес; адреса; العنوان; adres; " +
		"地址",
}

// headings are the columns by what stands for them, folded.
var headings = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, column := range slices.Sorted(maps.Keys(nameColumns)) {
		for h := range strings.FieldsFuncSeq(nameColumns[column], func(c rune) bool { return c == ',' || c == ';' }) {
			if f := name.Fold(h); f != "" && out[f] == "" {
				out[f] = column
			}
		}
	}
	return out
})

// columnOf returns the column of a file of names that a heading stands for: the column itself, whatever its case and
// whatever stands between its words, or a word for it; "" for none.
func columnOf(heading string) string {
	h := strings.ToLower(strings.TrimSpace(heading))
	if _, ok := nameColumns[h]; ok {
		return h
	}
	return headings()[name.Fold(strings.ReplaceAll(h, "_", " "))]
}

// nameHead returns the places of the columns in a header, and the headings that are not read. A column that stands
// there by its own name comes before a word for it.
func nameHead(head []string) (at map[string]int, unused []string) {
	at = map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		if _, ok := nameColumns[h]; ok {
			at[h] = i // the last of two alike counts
		}
	}
	for i, h := range head {
		c := columnOf(h)
		if _, there := at[c]; c != "" && !there {
			at[c] = i
		}
		if j, ok := at[c]; strings.TrimSpace(h) != "" && (!ok || j != i) {
			unused = append(unused, strings.ToLower(strings.TrimSpace(h)))
		}
	}
	slices.Sort(unused)
	return at, unused
}
