package match

import (
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/match/matchtest"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// Fictional names made of common words, in the scripts that must compare with Latin.
func TestScriptsCompareBothWays(t *testing.T) {
	for _, tt := range []struct{ script, kind, other, latin string }{
		{"Cyrillic", "Person", "Сергей Гаврилов", "Sergei Gavrilov"},
		{"Greek", "Person", "Αλέξανδρος Παπαδάκης", "Alexandros Papadakis"},
		{"Armenian", "Person", "Արմեն Սարգսյան", "Armen Sargsyan"},
		{"Georgian", "Person", "გიორგი მაისურაძე", "Giorgi Maisuradze"},
		{"Hangul", "Person", "김민수", "Kim Min-su"},
		{"Arabic", "Person", "محمود الخالدي", "Mahmoud al-Khalidi"},
		{"Hebrew", "Person", "דוד לוי", "David Levi"},
		{"Han", "Person", "王建国", "Wang Jianguo"},
		{"Kana", "Person", "タナカ ヒロシ", "Tanaka Hiroshi"},
		{"Thai", "Person", "สมชาย", "Somchai"},
		{"Devanagari", "Person", "राजेश शर्मा", "Rajesh Sharma"},
		{"Bengali", "Person", "রহিম করিম", "Rahim Karim"},
		{"Gujarati", "Person", "રમેશ પટેલ", "Ramesh Patel"},
		{"Gurmukhi", "Person", "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "Gurpreet Singh"},
		{"Tamil", "Person", "முருகன் குமார்", "Murugan Kumar"},
		{"Telugu", "Person", "రమేష్ కుమార్", "Ramesh Kumar"},
		{"Kannada", "Person", "ರಮೇಶ್ ಕುಮಾರ್", "Ramesh Kumar"},
		{"Malayalam", "Person", "രമേഷ് കുമാർ", "Ramesh Kumar"},
		{"Cyrillic", "Company", "ООО «Нордвест Логистика»", "Nordvest Logistics LLC"},
		{"Han", "Company", "天元科技有限公司", "Tianyuan Technology Co., Ltd."},
		{"Arabic", "Company", "شركة النهضة للتجارة", "Al-Nahda Trading Company"},
	} {
		if s := compare.Pair(tt.kind, tt.other, tt.latin); s < Threshold {
			t.Errorf("%s: %q / %q scores %.3f", tt.script, tt.other, tt.latin, s)
		}
		if s := compare.Pair(tt.kind, tt.latin, tt.other); s < Threshold {
			t.Errorf("%s: %q / %q scores %.3f", tt.script, tt.latin, tt.other, s)
		}
		kind := party.Organization
		if tt.kind == "Person" {
			kind = party.Person
		}
		for _, way := range [][2]string{{tt.other, tt.latin}, {tt.latin, tt.other}} {
			ix := Build([]*list.List{
				{ID: "a", Entries: []list.Entry{{ID: "1", Kind: kind, Names: []list.Name{{Text: way[1]}}}}}})
			if len(ix.Search(Query{Name: way[0], Kind: kind}, 1, Threshold)) != 1 {
				t.Errorf("%s: %q does not find %q", tt.script, way[0], way[1])
			}
		}
	}
}

func TestDatesAddressesAndNumbersCount(t *testing.T) {
	entry := list.Entry{ID: "1", Kind: party.Person, Names: []list.Name{{Text: "Marisol Quillfeather"}},
		Dates:     []string{"1961-03-02"},
		Addresses: []string{"14 Harbour Street, Port Calder"}, Countries: []string{"Kenya"}}
	company := list.Entry{ID: "2", Kind: party.Organization, Names: []list.Name{{Text: "Norvex Optics GmbH"}},
		Identifiers: []party.Identifier{{Scheme: "CA-REG", ID: "44110"}}, Countries: []string{"Germany"}}
	ix := Build([]*list.List{{ID: "a", Entries: []list.Entry{entry, company}}})
	plain := Query{Name: "Marisol Quillfeather", Kind: party.Person}
	base := ix.Search(plain, 1, Threshold)[0]
	for _, tt := range []struct {
		what   string
		with   func(q *Query)
		better int // 1 the grade is better, -1 it is worse
		said   string
	}{
		{"same day", func(q *Query) { q.Dates = []string{"1961-03-02"} }, 1, "date agree"},
		{"same year", func(q *Query) { q.Dates = []string{"1961"} }, 1, "date agree"},
		{"another year", func(q *Query) { q.Dates = []string{"1984"} }, -1, "date"},
		{"same address", func(q *Query) { q.Addresses = []string{"Harbour St. 14, Port Calder"} }, 1, "address agree"},
		{"same country", func(q *Query) { q.Country = "KE" }, 1, "country agree"},
		{"another country", func(q *Query) { q.Country = "PE" }, -1, "country"},
	} {
		q := plain
		tt.with(&q)
		hits := ix.Search(q, 1, Threshold)
		if len(hits) != 1 {
			t.Errorf("%s: %d hits", tt.what, len(hits))
			continue
		}
		h := hits[0]
		if got := strings.Compare(base.Grade, h.Grade); got != tt.better || !strings.Contains(h.Why, tt.said) {
			t.Errorf("%s: grade %s after %s: %s", tt.what, h.Grade, base.Grade, h.Why)
		}
		if tt.better < 0 && h.Score >= base.Score {
			t.Errorf("%s: the score does not fall: %v, %v", tt.what, h.Score, base.Score)
		}
	}
	q := Query{Name: "Norvex Optix", Kind: party.Organization, Identifiers: []party.Identifier{
		{Scheme: "CA-REG", ID: "44110"}}}
	if hits := ix.Search(q, 1, Threshold); len(hits) != 1 || hits[0].Grade[0] != 'A' {
		t.Errorf("an equal registration number: %+v", hits)
	}
}

// Every piece of both names stands in the alignment, in the order of the query.
func TestNamesAreAlignedPieceByPiece(t *testing.T) {
	ix := Build([]*list.List{{ID: "a", Entries: []list.Entry{{ID: "1", Kind: party.Organization, Names: []list.Name{
		{Text: "Brightwater Quillmark Optics Holding GmbH"}}}}}})
	hits := ix.Search(Query{Name: "Bright Water Kwillmark Optics Ltd", Kind: party.Organization}, 1, 0.5)
	if len(hits) != 1 {
		t.Fatalf("%d hits", len(hits))
	}
	var got []string
	for _, p := range hits[0].Pieces {
		got = append(got, p.Query+"|"+p.Listed+"|"+p.How)
	}
	want := []string{"bright water|brightwater|joined", "kwillmark|quillmark|similar", "optics|optics|equal",
		"ltd||not counted", "|holding|only here", "|gmbh|not counted"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("pieces %q, want %q", got, want)
	}
}

// The words of invented lists are as uneven as those of real ones: see matchtest.
func TestWordsAreAsUneven(t *testing.T) {
	m := matchtest.New(3)
	count := func(kind name.Kind, make func() string) (at2000, at10000 int) {
		seen := map[string]bool{}
		for i := range 10000 {
			if i == 2000 {
				at2000 = len(seen)
			}
			for _, w := range name.Parse(make(), kind).Tokens {
				if w.Class == name.Word || w.Class == name.Patronym {
					seen[w.Text] = true
				}
			}
		}
		return at2000, len(seen)
	}
	for _, tt := range []struct {
		what            string
		kind            name.Kind
		make            func() string
		at2000, at10000 int
	}{
		{"companies, as suppliers", name.Org, m.Company, 2467, 8801},
		{"persons, as listed", name.Person, m.Person, 3319, 10500}, // 7,577 words in 6,214 names
	} {
		a, b := count(tt.kind, tt.make)
		if near := func(x, y int) bool { return 4*x > 3*y && 4*y > 3*x }; !near(a, tt.at2000) || !near(b, tt.at10000) {
			t.Errorf("%s: %d words in 2,000 names, %d in 10,000; of real ones %d and %d", tt.what, a, b, tt.at2000,
				tt.at10000)
		}
	}
}
