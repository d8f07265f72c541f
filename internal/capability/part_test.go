package capability

import "testing"

// A body of a body is what its head word says, in the languages of the table; whose it is stays known.
func TestPartOfBody(t *testing.T) {
	for _, tt := range []struct{ name, class, beneath string }{
		{"Police Academy Library", Civil, Police},
		{"Library of the Police Academy", Civil, Police},
		{"Army Sports Club", Civil, Military},
		{"Police Credit Union", Civil, Police},
		{"Navy Pension Fund", Civil, Military},
		{"Military School Canteen", Civil, Military},
		{"Prison Service Band", Civil, Prison},
		{"Border Guard Museum", Civil, Border},
		{"Bibliothèque de la Gendarmerie nationale", Civil, Police},
		{"Association sportive de la Police nationale", Civil, Police},
		{"Biblioteca del Ministerio de Defensa", Civil, Military},
		{"Banda de Música de la Policía", Civil, Police},
		{"Bibliothek der Polizeiakademie", Civil, Police},
		{"Polizeibibliothek Tolmen", Civil, Police},
		{"Biblioteca della Polizia di Stato", Civil, Police},
		{"Библиотека Академии МВД", Civil, Police},
		{"Спортивный клуб армии", Civil, Military},
		{"Бібліотека Академії поліції", Civil, Police},
		{"Muzeum Policji", Civil, Police},
		{"Klub Sportowy Policji", Civil, Police},
		{"Polis Akademisi Kütüphanesi", Civil, Police},
		{"مكتبة كلية الشرطة", Civil, Police},
		{"نادي الشرطة الرياضي", Civil, Police},
		{"警察学院图书馆", Civil, Police},
		{"警察図書館", Civil, Police},
		{"경찰공제회", Civil, Police},
		{"पुलिस पुस्तकालय", Civil, Police},
		// A street, a quarter or a police of such houses is none of them.
		{"Police Station, Chapel Street", Police, ""},
		{"Museum Road Police Station", Police, ""},
		{"Library Police", Police, ""},
		{"Chapel Hill Police Department", Police, ""},
		{"图书馆派出所", Police, ""},
		{"Police Forensic Laboratory", Police, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := EndUser(tt.name, "")
			if b.Class != tt.class || b.Beneath != tt.beneath {
				t.Errorf("class %s beneath %q, want %s beneath %q (%s)", b.Class, b.Beneath, tt.class, tt.beneath,
					b.Evidence)
			}
		})
	}
}

// A legal form in brackets, before or after the name, makes a company.
func TestFormInBrackets(t *testing.T) {
	for _, name := range []string{
		"(주)한빛", "한빛(주)", "㈜한빛", "한빛㈜", "（주）한빛", "(유)두루", "주식회사 한빛", "(株)ヤマト電機", "ヤマト電機㈱", "㈲ヤマト", "㍿ヤマト",
		"Tolmen (Pvt) Ltd", "Tolmen (FZE)", "ООО «Вектор»", "ТОВ «Обрій»", "Grupo Tolmen S.A. de C.V.",
		"Tolmen S. de R.L. de C.V.",
		"Tolmen Sp. z o.o.", "Tolmen Kft.", "Tolmen d.o.o.", "Tolmen sh.p.k.", "Tolmen L.L.C-FZ", "(주)한빛경찰산업",
	} {
		t.Run(name, func(t *testing.T) {
			if b := EndUser(name, ""); b.Class != Commercial {
				t.Errorf("class %s (%s), want %s", b.Class, b.Evidence, Commercial)
			}
			if Government(name, "") {
				t.Error("is taken for a public body")
			}
		})
	}
	for _, name := range []string{"서울경찰청", "Police (Tolmen)", "警察庁", "Ministry of Defence (SA)"} {
		if b := EndUser(name, ""); b.Class == Commercial {
			t.Errorf("%s: a public body is taken for a company", name)
		}
	}
}
