package capability

import (
	"strings"
	"testing"
)

// Bodies of each kind in each language that the tables speak; every name is made up of plain words.
func TestBodiesByLanguage(t *testing.T) {
	for _, tt := range []struct{ lang, class, names string }{
		{"en", Civil, "Asylum Board of %|Road Transport Agency|Electoral Commission|National Statistics Bureau|Trade " +
			"Marks Registry|Hydrographic Office of %|" +
			"State Pension Agency|Labour Exchange|Philharmonic of %|Court of Appeal|House of Representatives|Public " +
			"Radio of %|Water Board|Tax Authority|Consulate of %"},
		{"en", Health, "Poison Control Centre|Blood Transfusion Service|Virology Institute of %"},
		{"en", Emergency, "Sea Rescue of %|Ambulance Dispatch|Firefighters College"},
		{"en", Police, "Mounted Police|Bureau of Investigation|Public Order Police|River Police of %"},
		{"en", Prison, "Remand Prison of %|Correctional Institution No. 3"},
		{"en", Border, "Frontier Guard Corps|Border Rangers|Coast Guard District North"},
		{"en", Military, "Third Armoured Brigade|Naval Base %|Signals Battalion 4|Defence Staff|Marine Infantry"},
		{"en", Intelligence, "External Intelligence Agency|Secret Police of %|State Security Directorate|Special " +
			"Communications Service|Counterintelligence Bureau"},
		{"de", Civil, "Wetterdienst %|Markenamt|Arbeitsamt %|Landestheater|Oberlandesgericht %|Stadtwerke %"},
		{"de", Health, "Kreiskrankenhaus %|Blutspendedienst|Genomzentrum"},
		{"de", Police, "Wasserschutzpolizei|Landeskriminalamt"},
		{"de", Military, "Fallschirmjägerregiment 9|Marinekommando|Luftwaffengeschwader"},
		{"de", Intelligence, "Auslandsnachrichtendienst|Geheimdienst %"},
		{"fr", Civil, "Bureau des élections|Institut géologique|Caisse de chômage|Opéra de %|Télévision publique"},
		{"fr", Health, "Centre antipoison|Banque de sang"}, {"fr", Border, "Gardes-côtes|Police aux frontières"},
		{"fr", Intelligence, "Services spéciaux|Direction de la surveillance du territoire"},
		{"fr", Military, "Régiment de parachutistes|Base navale de %"},
		{"es", Civil, "Registro de marcas|Servicio Meteorológico|Seguro de desempleo|Junta Electoral"},
		{"es", Intelligence, "Servicio Secreto|Central de Inteligencia"},
		{"es", Military, "Batallón de Infantería|Fuerza Aérea"}, {"es", Border, "Patrulla Fronteriza"},
		{"es", Prison, "Reclusorio Norte"},
		{"pt", Civil, "Instituto Geográfico|Tribunal de Contas|Teatro Nacional"}, {"pt", Police, "Polícia Civil"},
		{"pt", Intelligence, "Serviço de Informações"},
		{"it", Civil, "Corte dei conti|Ufficio immigrazione|Catasto"}, {"it", Military, "Brigata corazzata"},
		{"it", Health, "Centro antiveleni"},
		{"nl", Civil, "Octrooicentrum|Sterrenwacht %|Immigratiedienst"}, {"nl", Military, "Pantserbrigade"},
		{"nl", Intelligence, "Inlichtingendienst"},
		{"pl", Civil, "Urząd do Spraw Cudzoziemców|Obserwatorium|Filharmonia"}, {"pl", Prison, "Zakład Karny %"},
		{"pl", Military, "Brygada Pancerna"},
		{"cs", Civil, "Katastrální úřad|Divadlo %|Úřad práce"}, {"cs", Intelligence, "Zpravodajská služba"},
		{"cs", Emergency, "Horská služba"},
		{"ro", Civil, "Curtea de Conturi|Biroul pentru Migrație"}, {"ro", Border, "Grăniceri %"},
		{"ro", Health, "Centrul de transfuzie"},
		{"el", Civil, "Αστεροσκοπείο|Υπηρεσία Ασύλου"}, {"el", Intelligence, "Υπηρεσία Πληροφοριών"},
		{"el", Military, "Τεθωρακισμένη Ταξιαρχία"},
		{"ru", Civil, "Бюро по делам беженцев|Обсерватория|Счётная палата"},
		{"ru", Military, "Мотострелковый полк|В/ч 20155"}, {"ru", Intelligence, "Служба внешней разведки"},
		{"uk", Civil, "Міграційна служба|Обсерваторія"}, {"uk", Border, "Прикордонний загін"},
		{"uk", Military, "Танковий батальйон"},
		{"tr", Civil, "Rasathane|Sayıştay"}, {"tr", Military, "Zırhlı Tugay"},
		{"tr", Intelligence, "İstihbarat Başkanlığı"}, {"tr", Health, "Kan Merkezi"},
		{"ar", Civil, "ديوان المحاسبة|المسح الجيولوجي"}, {"ar", Military, "الجيش"}, {"ar", Prison, "إدارة السجون"},
		{"ar", Health, "مركز السموم"},
		{"he", Civil, "רשם הפטנטים|מבקר המדינה"}, {"he", Prison, "בית סוהר"}, {"he", Intelligence, "המודיעין"},
		{"he", Emergency, "כבאות והצלה"},
		{"fa", Civil, "رصدخانه|دیوان محاسبات"}, {"fa", Border, "مرزبانی"}, {"fa", Military, "نیروی دریایی"},
		{"zh", Civil, "商标局|天文台|失业保险局"}, {"zh", Military, "步兵旅"}, {"zh", Intelligence, "情报局"}, {"zh", Health, "血站"},
		{"ja", Civil, "会計検査院|気象台"}, {"ja", Military, "歩兵連隊"}, {"ja", Police, "機動隊"}, {"ja", Prison, "少年刑務所"},
		{"ko", Civil, "선거관리위원회|천문대"}, {"ko", Border, "국경수비대"}, {"ko", Military, "보병여단"},
		{"hi", Civil, "वेधशाला|निर्वाचन आयोग"}, {"hi", Prison, "केंद्रीय कारागार"}, {"hi", Border, "सीमा सुरक्षा बल"},
		{"hu", Civil, "Csillagvizsgáló|Számvevőszék"}, {"hu", Military, "Páncélos Dandár"}, {"hu", Prison, "Börtön"},
		{"sv", Civil, "Lantmäteriet|Valmyndigheten"}, {"sv", Military, "Pansarbataljonen"},
		{"no", Prison, "Kretsfengsel"}, {"da", Intelligence, "Efterretningstjenesten"},
		{"fi", Civil, "Ilmatieteen laitos|Vaaliviranomainen"}, {"fi", Border, "Merivartiosto"},
		{"fi", Military, "Panssariprikaati"},
		{"id", Civil, "Observatorium|Mahkamah Agung"}, {"id", Police, "Kepolisian Daerah"},
		{"id", Military, "Resimen Infanteri"},
	} {
		t.Run(tt.lang+"/"+tt.class, func(t *testing.T) {
			for _, name := range strings.Split(tt.names, "|") {
				// Another place changes nothing.
				for _, place := range []string{"Arvania", "Quellstadt", "Дорвания", "新州"} {
					name := strings.ReplaceAll(name, "%", place)
					if b := EndUser(name, ""); b.Class != tt.class || !b.Understood || b.NameClass != tt.class {
						t.Errorf("EndUser(%q) = %s, want %s: %s", name, b.Class, tt.class, b.Evidence)
					}
				}
			}
		})
	}
}

// Companies, by legal form or by trade, whatever they sell and to whom.
func TestCompanies(t *testing.T) {
	for _, name := range []string{
		"Ravel Optik GmbH", "Ravel Police Outfitters Ltd", "Ravel Intelligence Systems S.A.",
		"Ravel Spyware Labs s.r.o.", "Munitions Works of % JSC", "Ravel Kft.",
		"Ravel FZ-LLC", "Ravel Oyj", "ООО «Равель»", "ТОВ Равель", "拉维尔科技有限公司", "株式会社ラヴェル", "(주)라벨 주식회사", "شركة رافيل",
		`רוול בע"מ`, "Ravel Sp. z o.o.",
		"% Ironworks", "% Savings Bank", "Molkerei %", "Brasserie de %", "Imprenta %", "Padaria %", "Tipografia %",
		"Browar %", "Пивоварня %", "Ξενοδοχείο %", "فندق %", "מלון %",
		"%银行", "%新聞社", "% 호텔", "Szálloda %", "Bokhandel %", "Leipomo %", "Toko % Logistik",
		"Private Security Company of %", "Ravel & Sons",
	} {
		name := strings.ReplaceAll(name, "%", "Quellstadt")
		if b := EndUser(name, ""); b.Class != Commercial || b.Beneath != "" {
			t.Errorf("EndUser(%q) = %s, want commercial: %s", name, b.Class, b.Evidence)
		}
	}
}

// A code name, a number or a word that may be anything tells nothing.
func TestUnknownBodies(t *testing.T) {
	for _, name := range []string{"Project Heron", "heron", "red", "k7", "Unit 7", "Customer 31", "Office Twelve",
		"Steel", "Sky Systems", "Delta", "Team North", "Special Works", "Dienststelle Nord", "Bureau 9"} {
		if b := EndUser(name, ""); b.Class != Unknown || b.Understood || b.Evidence != "" {
			t.Errorf("EndUser(%q) = %s: %s", name, b.Class, b.Evidence)
		}
	}
}

// The function of a body outranks its owner, which is said all the same.
func TestBeneath(t *testing.T) {
	for _, tt := range []struct{ name, class, beneath string }{
		{"Air Force Hospital", Health, Military}, {"Police Orchestra", Civil, Police}, {"Museum of the Border Guard",
			Civil, Border}, {"Military Court of Appeal", Civil, Military},
		{"Fire Service of the Naval Base", Emergency, Military}, {"Armed Forces Pension Fund", Civil, Military},
		{"University of the Interior Ministry", Civil, Police},
		{"Militärmuseum", Civil, Military}, {"Polizeiklinik", Health, Police}, {"Военный госпиталь", Health, Military},
		{"المستشفى العسكري", Health, Military}, {"武警医院", Health, Police},
		{"Hôpital de la gendarmerie", Health, Police}, {"Hospital Naval", Health, Military}, {"City Hospital", Health,
			""}, {"Financial Intelligence Unit", Civil, ""},
		{"University Police", Police, ""}, {"Parliament Guard", Police, ""},
		{"Coast Guard of the Ministry of Emergency Situations", Border, ""}, {"Police of the University", Police, ""},
	} {
		b := EndUser(tt.name, "")
		if b.Class != tt.class || b.Beneath != tt.beneath {
			t.Errorf("EndUser(%q) = %s beneath %q, want %s beneath %q: %s", tt.name, b.Class, b.Beneath, tt.class,
				tt.beneath, b.Evidence)
		}
	}
}

func TestStatedAgainstName(t *testing.T) {
	for _, tt := range []struct {
		name, stated, class, meaning string
		contradiction, unknown       bool
	}{
		{"Counter-Espionage Bureau", "education", Intelligence, Civil, true, false},
		{"Counter-Espionage Bureau", "private company", Intelligence, Commercial, true, false},
		{"Counter-Espionage Bureau", "military", Military, Military, false, false},
		{"Army Hospital", "military", Health, Military, false, false},
		{"Heron", "Government / Secret service", Intelligence, Intelligence, false, false},
		{"Heron", "Öffentlich - Polizei", Police, Police, false, false},
		{"Heron", "Ministry of Defence", Military, Military, false, false},
		{"Heron", "军队", Military, Military, false, false},
		{"Heron", "Public sector", Unknown, "", false, true},
		{"Heron", "blorb", Unknown, "", false, true},
		{"Heron", "not stated", Unknown, Unknown, false, false},
		{"Heron", "", Unknown, "", false, false},
		{"Ravel Ltd", "civil", Commercial, Civil, false, false},
		{"Ravel Ltd", "law enforcement", Police, Police, false, false},
		{"Ministry of Culture", "blorb", Civil, "", false, true},
	} {
		b := EndUser(tt.name, tt.stated)
		if b.Class != tt.class || b.StatedClass != tt.meaning || b.Contradiction != tt.contradiction ||
			b.StatedUnknown != tt.unknown {
			t.Errorf("EndUser(%q, %q) = %+v, want %+v", tt.name, tt.stated, b, tt)
		}
		if b.Understood != (b.Class != Unknown) {
			t.Errorf("EndUser(%q, %q): understood %v", tt.name, tt.stated, b.Understood)
		}
	}
	if b := EndUser("Heron", "", "Heron Works Ltd", "Border Guard Command"); b.Class != Border {
		t.Errorf("a further name that is a security body: %+v", b)
	}
}

func TestLooksLikePerson(t *testing.T) {
	for _, name := range []string{"Margaret Ashdown", "ASHDOWN, Margaret", "Q. Ashdown", "Anna-Karin Lindqvist",
		"José Ramón Villalba", "Ольга Ветрова", "محمد الراعي",
		"Dr. Hans Ashdorf", "Mr Sean O'Dell", "van der Tolm, P.", "Nguyễn Văn Tol", "Prof. Dr. Ulrike Ashdorf",
		"Т. Ветрова"} {
		if !LooksLikePerson(name) {
			t.Errorf("LooksLikePerson(%q) = false", name)
		}
	}
	for _, name := range []string{"", "Margaret", "Ashdown Margaret Ltd", "St Thomas Hospital", "San Miguel Brewery",
		"Heron Systems", "Project Martin", "Thomas & Sons", "Unit 4", "Martin Steel Works", "Ministry of David",
		"Delta Echo",
		"Dr. Ashdorf", "Dr. Oet", "La Tolm", "Van der Tolm Transport", "Mr Clean Services", "Nguyễn Kim"} {
		if LooksLikePerson(name) {
			t.Errorf("LooksLikePerson(%q) = true", name)
		}
	}
}

// What tries to hide a word, or to make the program slow, does neither.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"ＳＥＣＲＥＴ　ＳＥＲＶＩＣＥ", "Sеcrеt Sеrvice", "se\u200bcret ser\u00advice", "\u202esecret service\u202c",
		"S\u0336e\u0336cret Service", "SECRET_SERVICE", "𝐒𝐞𝐜𝐫𝐞𝐭 𝐒𝐞𝐫𝐯𝐢𝐜𝐞",
		"secret service " + strings.Repeat("x ", 5000),
	} {
		if b := EndUser(name, ""); b.Class != Intelligence {
			t.Errorf("EndUser(%.40q) = %s, want intelligence", name, b.Class)
		}
	}
	for _, s := range []string{strings.Repeat("police ", 40000), strings.Repeat("a", 1<<20),
		strings.Repeat("ministry of ", 20000), strings.Repeat("((", 10000), "\xff\xfe\x00",
		strings.Repeat("部", 1<<16)} {
		b := EndUser(s, s, s)
		a := Item(s, s, s)
		if b.Class != Unknown && b.Evidence == "" || a.Understood && s[0] == 'a' {
			t.Errorf("%.20q: %+v", s, b)
		}
		LooksLikePerson(s)
		Generic(s)
	}
}
