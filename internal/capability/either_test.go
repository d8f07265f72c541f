package capability

import "testing"

// Ministries of the interior: the name alone is police, so that nothing is cleared; a civil class stated beside it
// leaves the kind open, and contradicts nothing. What is police by more than that stays police.
func TestMinistriesOfTheInterior(t *testing.T) {
	for _, name := range []string{
		"Ministry of the Interior of Tolmen", "Home Office", "Ministry of Home Affairs", // en
		"Ministère de l'Intérieur et de l'Outre-mer",              // fr
		"Ministerio del Interior de Tolmen",                       // es
		"Ministério da Administração Interna",                     // pt
		"Bundesministerium des Innern", "Tolmer Innenministerium", // de
		"Ministero dell'Interno", // it
		"Ministerie van Binnenlandse Zaken",
		"Ministerstwo Spraw Wewnętrznych i Administracji",
		"Inrikesdepartementet", "Sisäministeriö", "Belügyminisztérium", "Ministerstvo vnútra",
		"Ministerul Afacerilor Interne",
		"Министерство внутренних дел", "Міністерство внутрішніх справ Толмену", "Министерство на вътрешните работи",
		"İçişleri Bakanlığı", "وزارة الداخلية", "משרד הפנים", "Υπουργείο Εσωτερικών",
		"内政部", "內政部", "内務省", "내무부", "गृह मंत्रालय", "Kementerian Dalam Negeri", "Bộ Nội vụ",
	} {
		t.Run(name, func(t *testing.T) {
			if b := EndUser(name, ""); b.Class != Police || b.Either || b.Contradiction {
				t.Errorf("nothing stated: %+v, want police", b)
			}
			for _, stated := range []string{"administration", "civil"} {
				if b := EndUser(name, stated); b.Class != Unknown || !b.Either || b.Contradiction || b.Understood ||
					b.NameClass != Police {
					t.Errorf("stated as %s: %+v, want unknown and no contradiction", stated, b)
				}
			}
			if b := EndUser(name, "police"); b.Class != Police || b.Contradiction {
				t.Errorf("stated as police: %+v", b)
			}
			if b := EndUser(name, "commercial"); b.Class != Police || !b.Contradiction {
				t.Errorf("stated as commercial: %+v, want police and a contradiction", b)
			}
		})
	}
	for _, tt := range []struct{ name, class string }{
		{"Ministry of Interior - Police General Directorate", Police},
		{"Direction générale de la Police nationale, Ministère de l'Intérieur", Police},
		{"Главное управление полиции МВД", Police},
		{"وزارة الداخلية - مديرية الشرطة", Police},
		{"内政部警政署", Police},
		{"Border Guard of the Ministry of the Interior", Border},
		{"Military Intelligence Directorate", Intelligence},
		{"Ministry of Defence", Military},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if b := EndUser(tt.name, "administration"); b.Class != tt.class || !b.Contradiction || b.Either {
				t.Errorf("%+v, want %s and a contradiction", b, tt.class)
			}
		})
	}
}

// A university of a security body is a university; whose it is stays known.
func TestUniversitiesOfSecurityBodies(t *testing.T) {
	for _, tt := range []struct{ name, beneath string }{
		{"National Defence University", Military}, {"Defense University of Tolmen", Military},
		{"Military University of Technology", Military},
		{"Universidad de la Defensa", Military}, {"Universidade da Defesa", Military}, {"Università della Difesa",
			Military},
		{"Uniwersytet Obrony", Military}, {"Univerzita obrany", Military}, {"Milli Savunma Üniversitesi", Military},
		{"جامعة الدفاع الوطني", Military}, {"Военный университет", Military}, {"Національний університет оборони",
			Military},
		{"国防大学", Military}, {"국방대학교", Military}, {"האוניברסיטה הצבאית", Military},
		{"Universität der Bundeswehr", Military}, {"Police University", Police}, {"Университет МВД", Police},
		{"警察大学", Police},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, stated := range []string{"", "education"} {
				if b := EndUser(tt.name, stated); b.Class != Civil || b.Beneath != tt.beneath || b.Contradiction {
					t.Errorf("stated %q: %+v, want civil beneath %s", stated, b, tt.beneath)
				}
			}
		})
	}
}

// Legal forms before and after the name, in brackets, and in scripts without blanks.
func TestCompaniesByTheirForms(t *testing.T) {
	for _, name := range []string{
		"(주)한빛", "한빛(주)", "㈜한빛", "(株)星野", "星野（株）", "株式会社星野", "星野製作所株式会社", "有限会社 山田", "北辰科技有限公司",
		"АО Вектор", "ПАО «Вектор»", "ООО «Ромашка»", "Ромашка, ООО", "UAB Vėjas", "Vėjas UAB", "כוכב בע\"מ",
		"אור שותפות ש\"ת",
		"Marsh & Fenwick LLP", "Puente Azul, S. de R.L. de C.V.", "Acme K.K.", "Hallow (UK) Ltd",
		"شرکت نوآوران (سهامی خاص)", "PT. Merdeka Jaya",
		"(주)국방솔루션", "株式会社防衛システム", "警用装备有限公司", "ООО «Полиция Сервис»", "Police Supplies LLP",
	} {
		t.Run(name, func(t *testing.T) {
			if b := EndUser(name, ""); b.Class != Commercial {
				t.Errorf("%+v, want a company", b)
			}
		})
	}
	for _, tt := range []struct{ name, class string }{
		{"Администрация Ненецкого АО", Civil}, {"서울경찰청", Police}, {"Ministry of Defence (Procurement)", Military},
		{"Unit 7410", Unknown}, {"Project Osprey", Unknown}, {"고객 17", Unknown}, {"星计划", Unknown},
		{"Объект 12", Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if b := EndUser(tt.name, ""); b.Class != tt.class {
				t.Errorf("%+v, want %s", b, tt.class)
			}
		})
	}
}
