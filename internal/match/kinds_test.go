package match

import (
	"testing"

	"plimsoll/internal/compare"
)

// Pairs of names by the kind of fault that they stand for; all firms are fictional.
func TestKindsOfPairs(t *testing.T) {
	for _, tt := range []struct {
		kind, schema, a, b string
		same               bool
	}{
		{"long vowels", "Person", "محمد علي حسن", "Mahmoud Ali Hassan", false},
		{"long vowels", "Person", "محمود درويش", "Mahmoud Darwish", true},
		{"long vowels", "Person", "حسين كريم", "Hassan Karim", false},
		{"long vowels", "Person", "حسين كريم", "Hussein Karim", true},
		{"long vowels", "Person", "جمال ناصر", "Jamil Nasser", false},
		{"long vowels", "Person", "يوسف حداد", "Youssef Haddad", true},
		{"consonants", "Person", "خالد عمر", "Khalil Omar", false},
		{"consonants", "Person", "राजेश कुमार", "Rakesh Kumar", false},
		{"consonants", "Person", "राकेश कुमार", "Rakesh Kumar", true},
		{"soft g", "Person", "جورج حبش", "George Habash", true},
		{"short words", "Company", "شركة نور", "Noor Company", true},
		{"short words", "Company", "شركة نور", "Nora Company", false},
		{"short words", "Company", "شركة ريم", "Rome Co", false},
		{"syllables", "Company", "星河科技", "Xinghai Technology", false},
		{"syllables", "Company", "星河科技", "Xinghe Technology", true},
		{"figures", "Company", "第八二〇〇部隊", "Unit 8200", true},
		{"figures", "Company", "第八二〇〇部队", "Unit 8020", false},
		{"figures", "Company", "第六十一旅", "61st Brigade", true},
		{"figures", "Company", "Войсковая часть №74455", "Military Unit 74455", true},
		{"figures", "Company", "7e division", "7th Division", true},
		{"figures", "Company", "7e division", "17th Division", false},
		{"figures", "Company", "3ª Brigada", "3rd Brigade", true},
		{"figures", "Company", "اللواء ٤٧", "47th Brigade", true},
		{"figures", "Company", "यूनिट ८२००", "Unit 8200", true},
		{"figures", "Company", "제7사단", "7th Division", true},
		{"bodies", "Company", "北京市公安局", "Beijing Public Security Bureau", true},
		{"bodies", "Company", "北京市公安局", "Shanghai Public Security Bureau", false},
		{"bodies", "Company", "서울지방경찰청", "Seoul Metropolitan Police Agency", true},
		{"bodies", "Company", "公安調査庁", "Public Security Intelligence Agency", true},
		{"bodies", "Company", "国家移民管理局", "National Immigration Administration", true},
		{"Hangul", "Company", "한빛전자", "Hanbit Electronics", true},
		{"Hangul", "Company", "기아", "Kia", true},
		{"Kana", "Company", "ブリヂストン", "Bridgestone", true},
		{"Kana", "Company", "キヤノン", "Canon", true},
		{"signs", "Company", "(주)한빛", "Hanbit Co Ltd", true},
		{"signs", "Company", "㈱ヤマト電機", "ヤマト電機株式会社", true},
		{"letters", "Company", "VNP", "Vessian National Police", true},
		{"letters", "Company", "CIA", "Culinary Institute of Armavia", false},
		{"coined", "Company", "Mantech Inc.", "Magtech", false},
		{"coined", "Company", "Vitech Corporation", "Vatech", false},
		{"misspelt form", "Company", "Zenkar Gesellschaft mit beschrenkter Haftung", "Zenkar GmbH", true},
		{"misspelt form", "Company", "Zenkar Sociedad Anonma", "Zenkar S.A.", true},
		{"initials", "Company", "Q. Optics (Quelvane Optics) Ltd", "Quelvane Optics Ltd", true},
	} {
		t.Run(tt.kind+"/"+tt.a, func(t *testing.T) {
			if s := compare.Pair(tt.schema, tt.a, tt.b); s >= Threshold != tt.same {
				t.Errorf("%q and %q score %.3f, one: %v", tt.a, tt.b, s, tt.same)
			}
		})
	}
}
