package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every column of a file of names reaches the matcher, under its own name and under usual headings of several
// languages; what is not read is known.
func TestNameHeadings(t *testing.T) {
	for _, tt := range []struct {
		language, text string
		want           string // name|kind|country|dates|father|gender|address|identifiers|aliases
		unused         []string
	}{
		{"own names", "name,aliases,kind,country,id,birth_date,father,gender,address\n" +
			"Tarim Quenlow,T. Quenlow,person,DE,X-REG:7,1970-01-02,Walrad,m,Mill Road 1\n",
			"Tarim Quenlow|person|DE|1970-01-02|Walrad|m|Mill Road 1|X-REG:7|T. Quenlow", nil},
		{"English", "Full Name,Entity_Type,Nationality,Date of Birth,Father's name,SEX,Full address,Notes\n" +
			"Tarim Quenlow,person,DE,1970-01-02,Walrad,m,Mill Road 1,x\n",
			"Tarim Quenlow|person|DE|1970-01-02|Walrad|m|Mill Road 1||", []string{"notes"}},
		{"German", "Bezeichnung;Art;Staatsangehörigkeit;GEBURTSDATUM;Name des Vaters;Geschlecht;Anschrift\n" +
			"Tarim Quenlow;person;DE;1970-01-02;Walrad;m;Mühlweg 1\n",
			"Tarim Quenlow|person|DE|1970-01-02|Walrad|m|Mühlweg 1||", nil},
		{"French", "Dénomination,Pays,Date de naissance,Nom du père,Sexe,Adresse,Remarque\n" +
			"Tarim Quenlow,DE,1970-01-02,Walrad,m,Rue 1,x\n",
			"Tarim Quenlow||DE|1970-01-02|Walrad|m|Rue 1||", []string{"remarque"}},
		{"Spanish", "Razón social\tPaís\tFecha de nacimiento\tDirección\n" +
			"Tarim Quenlow\tDE\t1970-01-02\tCalle 1\n",
			"Tarim Quenlow||DE|1970-01-02|||Calle 1||", nil},
		{"Russian", "Наименование;Страна;Дата рождения;Имя отца;Пол;Адрес;ИНН\n" +
			"Tarim Quenlow;DE;1970-01-02;Walrad;m;ул. 1;7\n",
			"Tarim Quenlow||DE|1970-01-02|Walrad|m|ул. 1||", []string{"инн"}},
		{"Arabic", "الاسم,الجنسية,تاريخ الميلاد,اسم الأب,الجنس,العنوان\nTarim Quenlow,DE,1970-01-02,Walrad,m,1\n",
			"Tarim Quenlow||DE|1970-01-02|Walrad|m|1||", nil},
		{"two for one column", "Supplier name,name,DOB,birth_date\nAnother,Tarim Quenlow,1911,1970-01-02\n",
			"Tarim Quenlow|||1970-01-02|||||", []string{"dob", "supplier name"}},
	} {
		t.Run(tt.language, func(t *testing.T) {
			in, err := newNameReader(strings.NewReader(tt.text), "name")
			if err != nil {
				t.Fatal(err)
			}
			a, err := in.next()
			if err != nil || a.err != "" {
				t.Fatal(err, a.err)
			}
			q := a.query
			ids := ""
			for _, id := range q.Identifiers {
				ids += id.String()
			}
			got := strings.Join([]string{q.Name, string(q.Kind), q.Country, strings.Join(q.Dates, ";"), q.Father,
				q.Gender, strings.Join(q.Addresses, ";"), ids, strings.Join(q.Aliases, ";")}, "|")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !slices.Equal(in.unused, tt.unused) {
				t.Errorf("not used: %q, want %q", in.unused, tt.unused)
			}
		})
	}
}

// A word stands for one column only.
func TestNameHeadingsAreApart(t *testing.T) {
	for column, words := range nameColumns {
		for h := range strings.FieldsFuncSeq(words, func(c rune) bool { return c == ',' || c == ';' }) {
			t.Run(fmt.Sprint(column, h), func(t *testing.T) {
				if c := columnOf(h); c != column {
					t.Errorf("%q stands for %q, not for %q", strings.TrimSpace(h), c, column)
				}
			})
		}
	}
}
