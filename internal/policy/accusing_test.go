package policy

import (
	"strings"
	"testing"
)

func TestAccusingWords(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"The supplier is guilty of delays.", "guilty"},
		{"GUILTY", "guilty"},
		{"gu\u200bil\u00adty", "guilty"},
		{"A war-crime was planned here.", "war crime"},
		{"It committed war [[crimes]].", "war crimes"},
		{"A unit that spied on reporters.", "spied"},
		{"Its agents murdered people.", "murdered"},
		{"A genocidal body.", "genocidal"},
		{"They oppressed minorities.", "oppressed"},
		{"A terrorist group.", "terrorist"},
		{"Evading sanctions by transit.", "evading"},
		{"Two front companies.", "front companies"},
		{"A shell company.", "shell company"},
		{"An authoritarian regime.", "regime"},
		{"Fraudulent invoices.", "fraudulent"},
		{"The reseller is hiding the buyer.", "hiding"},
		{"A collaborator.", "collaborator"},
		{"Human-rights abuses.", "abuses"},
		{"Torture-prevention committee", "torture"},
		{"Cette unité espionne les civils.", "espionne"},
		{"Le client torture des détenus.", "torture"},
		{"Une société-écran.", "societe ecran"},
		{"Des crimes de guerre.", "crimes de guerre"},
		{"Die Einheit foltert Gefangene.", "foltert"},
		{"Kriegsverbrechen einer Behörde.", "kriegsverbrechen"},
		{"Der Völkermord", "volkermord"},
		{"Eine Briefkastenfirma.", "briefkastenfirma"},
		{"Esta unidad espía a civiles.", "espia"},
		{"El cliente es cómplice.", "complice"},
		{"Una empresa pantalla.", "empresa pantalla"},
		{"A unidade tortura presos.", "tortura"},
		{"Uma empresa de fachada.", "empresa de fachada"},
		{"O cliente é culpado.", "culpado"},
		{"هذه الوحدة تتجسس على المدنيين", "تتجسس"},
		{"والإرهابيون", "والارهابيون"},
		{"شركة وهمية", "شركه وهميه"},
		{"وجرائم الحرب", "وجرايم"},
		{"היחידה מרגלת אחרי אזרחים", "מרגלת"},
		{"פשעי מלחמה", "פשעי"},
		{"חברות קש", "חברות קש"},
		{"Подразделение шпионит за людьми.", "шпионит"},
		{"военные преступления", "военные преступления"},
		{"Подставная компания.", "подставная компания"},
		{"Підрозділ катує в'язнів.", "катує"},
		{"Підрозділ катував в'язнів.", "катував"},
		{"воєнні злочини", "воєнні злочини"},
		{"该单位监视平民并犯有战争罪", "战争罪"},
		{"空殼公司", "空殼公司"},

		{"A spyglass on the hill.", ""},
		{"Terrain maps and terrariums.", ""},
		{"Evidence of the event.", ""},
		{"An overview of evaluations.", ""},
		{"Skills of kilns.", ""},
		{"Dictation in a hospital.", ""},
		{"A reprimand.", ""},
		{"Shell scripts of the front office.", ""},
		{"Collaboration tools.", ""},
		{"Traffic cameras.", ""},
		{"Complicated accounts.", ""},
		{"Discriminate between codes.", ""},
		{"Assasi and Tirana", ""},
		{"Device forensics", ""},
		{"Der Wert betrug 3 Millionen.", ""},
		{"Ein Gerät mit Unterdruck.", ""},
		{"Le cache du serveur.", ""},
		{"Un dictado para el hospital.", ""},
		{"Um ditado no hospital.", ""},
		{"Криминалистика устройств.", ""},
		{"Режим работы.", ""},
		{"المشتري هو وزارة", ""},
		{"المطبخ", ""},
		{"משטרה ומטבח", ""},
		{"服务器存储", ""},
		{"The contract has a secrecy side term.", ""},
	} {
		got := accusingIn(tt.text)
		if foldText(got) != foldText(tt.want) {
			t.Errorf("%q: found %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestAccusingTable: every row has its cells, and no pattern is shorter than three letters.
func TestAccusingTable(t *testing.T) {
	langs := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(accusingTable), "\n") {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "topic\t") {
			continue
		}
		cell := strings.Split(line, "\t")
		if len(cell) != 4 || cell[3] == "" {
			t.Errorf("line %d has %d cells", i+1, len(cell))
			continue
		}
		langs[cell[1]]++
		for _, p := range strings.Split(cell[2], "|") {
			if p = strings.TrimSpace(p); p == "" || cell[1] != "zh" && len([]rune(strings.Trim(p, "*"))) < 2 {
				t.Errorf("line %d: pattern %q", i+1, p)
			}
		}
	}
	for _, lang := range []string{"en", "fr", "de", "es", "pt", "ar", "he", "ru", "uk", "zh"} {
		if langs[lang] < 10 {
			t.Errorf("%s has %d rows", lang, langs[lang])
		}
	}
}

// TestAccusingPacks: wherever a reader would see it, an accusing word fails the load at its line.
func TestAccusingPacks(t *testing.T) {
	for _, tt := range []struct{ name, from, to, at string }{
		{"title", "A store above its floor", "A store that tortures", "small.yaml:20: rule RF-90: \"tortures\""},
		{"sentence", "Stored {usage", "This unit spies; stored {usage", "small.yaml:31: rule RF-90: \"spies\""},
		{"a literal in a sentence", "Stored {usage.storage_tb_peak | TB}", "Stored {'by murderers'}",
			"small.yaml:31: rule RF-90: \"murderers\""},
		{"innocent", "[A migration.]", "[A migration., Not every regime is one.]",
			"small.yaml:33: rule RF-90: \"regime\""},
		{"question", "    innocent:", "    ask: [\"Who is complicit?\"]\n    innocent:",
			"small.yaml:33: rule RF-90: \"complicit\""},
		{"exemption", "why: because", "why: because it is no front company",
			"small.yaml:26: rule RF-90: \"front company\""},
		{"rights", "    innocent:", "    rights: victims of genocide\n    innocent:",
			"small.yaml:33: rule RF-90: \"genocide\""},
		{"title of the pack", "licence: CC0-1.0", "licence: CC0-1.0\ntitle: Known criminals",
			"small.yaml:5: \"criminals\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("small.yaml", []byte(strings.Replace(with(nil), tt.from, tt.to, 1)))
			if err == nil || !strings.HasPrefix(err.Error(), tt.at) {
				t.Errorf("error %v, want %s", err, tt.at)
			}
		})
	}
	law := strings.Replace(with(nil), "says: Look.,", "says: Serious violations of human rights and war crimes.,", 1)
	if _, err := Parse("small.yaml", []byte(law)); err != nil {
		t.Errorf("the text of an instrument may name what it is about: %v", err)
	}
}

// TestAccusingForms: inflected forms, capitals, marks that are left out and prefixes, in each language; and neutral
// sentences that share letters with them.
func TestAccusingForms(t *testing.T) {
	for _, tt := range []struct{ lang, accusing, neutral string }{
		{"en", "Warcrimes|He lied to the seller|It breaks the law|Circumvents the embargo|Human-rights violations by " +
			"it|A DEATH SQUAD|" +
			"People were abducted|A bogus company|Corrupt officials|Rights were violated|Stooges of the army|Bombs " +
			"civilians|Disappeared people|A henchman",
			"The value lies below the limit|A corrupted file was not read|A breach of the contract clause|Contract " +
				"executed on the day|" +
				"Kidney clinic|Puppetry theatre|A listed party owns half"},
		{"fr", "ELLE VIOLE LES DROITS|Ils ont tué des civils|Épuration ethnique|Une societe bidon|Il a menti|Le " +
			"client ment|Exactions|Exécutions sommaires|Contourne l'embargo",
			"Le cache du serveur|Le document|Mention du client|Le paiement en cours|Traitement de documents|Tuesday"},
		{"de", "Sie lügt|Menschenrechtsverletzungen|VERSTOSST GEGEN GESETZE|Wurde " +
			"getötet|Greueltaten|Rechtsbrecher|Waescht Geld|Embargobruch|Handlanger der Armee",
			"Der Betrag betrug 3 Millionen|Getauscht gegen neue Geräte|Verschlüsselung von Daten"},
		{"es", "MINTIO|Esbirros|Viola los derechos|Mataron a civiles|Desapariciones forzadas|Lavado de " +
			"dinero|Secuestró|Espió",
			"Materia prima|Mentalidad|Secuencia de datos|Almacenamiento en la región"},
		{"pt", "Violou a lei|MATOU|Mentirosos|Lavam dinheiro|Capangas|Desaparecimentos forçados|Burla as " +
			"sanções|Persegue minorias", "Mateus|Mentalidade|Sequência"},
		{"ar", "وانتهاكاتها|اضطهدت الأقليات|ولجرائمها|فاختطفوا|وكاذبون|غسيل أموال|ويغسل الأموال|الطغمة|بالاختفاء " +
			"القسري|والمرتزقة", "تخفيض السعر|خطة العمل|مهرجان|كاتب العدل"},
		{"he", "והפרת זכויות אדם|שרצחה|הרגו אזרחים|עקפו סנקציות|ומשקרים|וחטיפות|הלבנת כספים|והכיבוש|עינו אסירים",
			"הרגל עבודה|חטיבה|משרד הפנים|רימון|מטבח"},
		{"ru", "ВИНОВЕН|Нарушает права человека|Похитили людей|Лжёт|ЛЖЕТ|Приспешники|Каратели|За слежку|Обходит " +
			"эмбарго|Жестокость", "Виноградник|Режим хранения|Следит за качеством|Преследует цель|Вина и соки"},
		{"uk", "Винні у вбивстві|Порушує права людини|Вбила|Бреше|Викрадення " +
			"людей|Поплічники|Приховала|Жорстокість|КАРАТЕЛІ",
			"Виноградник|Стежить за якістю|Каталог|Режим зберігання"},
		{"zh", "侵犯人权|侵犯人權|违反制裁|撒谎|說謊|绑架|残忍|走狗|轰炸平民|傀儡公司|共谋|强迫失踪", "存储量很大|语音识别|监视系统|没有许可证记录"},
	} {
		t.Run(tt.lang, func(t *testing.T) {
			for text := range strings.SplitSeq(tt.accusing, "|") {
				if accusingIn(text) == "" {
					t.Errorf("%q is taken", text)
				}
			}
			for text := range strings.SplitSeq(tt.neutral, "|") {
				if w := accusingIn(text); w != "" {
					t.Errorf("%q is refused for %q", text, w)
				}
			}
		})
	}
}
