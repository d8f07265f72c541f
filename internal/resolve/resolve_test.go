package resolve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/party"
)

// reg is a mention in the company's own tables: name, country, local key, identifiers.
func reg(name string, more ...string) Mention {
	m := Mention{Ref: party.Ref{Name: name, Scope: Own}, Times: 1}
	if len(more) > 0 {
		m.Ref.Country = more[0]
	}
	if len(more) > 1 {
		m.Ref.LocalID = more[1]
	}
	for _, id := range more[min(2, len(more)):] {
		m.Ref.Identifiers = append(m.Ref.Identifiers, party.ParseIdentifier(id))
	}
	return m
}

func published(name, country string) Mention {
	return Mention{Ref: party.Ref{Name: name, Country: country, Scope: "ocds:x"}, Times: 1}
}

// lone is a name with nothing beside it in one record.
func lone(name, record string) Mention {
	m := reg(name)
	m.Record = record
	return m
}

// beside is a mention that stands in one row with others, by their places.
func beside(m Mention, others ...int) Mention {
	m.Beside = others
	return m
}

// at is a mention with an address.
func at(m Mention, address string) Mention {
	m.Ref.Address = address
	return m
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ms    []Mention
		want  []int // party of each mention, numbered by first sight
		rules string
		doubt int // lines "possible"
	}{
		{"one number under two names", []Mention{reg("Ferrow Imaging", "", "", "XX-REG:001-234"),
			reg("Ferrow Optics FZE", "", "", "XX-REG:001234")}, []int{0, 0}, "identifier", 0},
		{"the register's own key", []Mention{reg("Halden Data", "", "P-7"), reg("Halden Data Ltd", "", "P-7")},
			[]int{0, 0}, "local_id", 0},
		{"one key for many unlike names", []Mention{reg("Halden Data", "", "C-4"), reg("Quelvane Optics", "", "C-4"),
			reg("Ferrow Imaging", "", "C-4"),
			reg("Tolmenor Holding", "", "C-4"), reg("Bastrel Conseil", "", "C-4")}, []int{0, 1, 2, 3, 4}, "", 0},
		{"a shared key tells nobody apart", []Mention{reg("Halden Data GmbH", "Calder", "C-4"), reg("Quelvane Optics",
			"", "C-4"), reg("Ferrow Imaging", "", "C-4"),
			reg("Tolmenor Holding", "", "C-4"), reg("Bastrel Conseil", "", "C-4"), reg("Halden Data GmbH", "Calder",
				"P-9")}, []int{0, 1, 2, 3, 4, 0}, "name", 0},
		{"a common body in two records", []Mention{lone("Prison Service", "account A"), lone("Prison Service",
			"account B")}, []int{0, 1}, "", 1},
		{"a unit in two records", []Mention{lone("Unit 7410", "account A"), lone("Unit 7410", "account B")},
			[]int{0, 1}, "", 1},
		{"two units", []Mention{lone("Unit 7410", "account A"), lone("Unit 7140", "account B")}, []int{0, 1}, "", 0},
		{"a common company in two records", []Mention{lone("Global Trading LLC", "account A"),
			lone("Global Trading LLC", "account B")}, []int{0, 1}, "", 1},
		{"a bare name joins the only candidate", []Mention{reg("Tolmenor Holding", "Calder", "P-1"),
			reg("Tolmenor Holding")}, []int{0, 0}, "name", 0},
		{"a bare name with two candidates stays apart", []Mention{reg("Tolmenor Holding", "Calder", "P-1"),
			reg("Tolmenor Holding", "Vessia", "P-2"), reg("Tolmenor Holding")}, []int{0, 1, 2}, "", 2},
		{"an office named with its country once, and bare", []Mention{reg("Bureau of Supply", "Calder"),
			lone("Bureau of Supply", "claim 1")}, []int{0, 0}, "name", 0},
		{"an office of two countries, and bare", []Mention{reg("Bureau of Supply", "Calder"), reg("Bureau of Supply",
			"Vessia"), lone("Bureau of Supply", "claim 1")},
			[]int{0, 1, 2}, "", 3},
		{"an office bare in two records", []Mention{lone("Bureau of Supply", "claim 1"), lone("Bureau of Supply",
			"claim 2")}, []int{0, 1}, "", 1},
		{"a unit with its country once, and bare", []Mention{reg("Unit 7410", "Calder"), lone("Unit 7410", "claim 1")},
			[]int{0, 1}, "", 1},
		{"a firm of general words, with its country once, and bare", []Mention{reg("Global Trading LLC", "AE"),
			lone("Global Trading LLC", "claim 1")}, []int{0, 1}, "", 1},
		{"a rare firm named with its number, and bare", []Mention{reg("Ossdaskor Imaging FZE", "AE", "",
			"AE-REG:66238187"), reg("Ossdaskor Imaging FZE")}, []int{0, 0}, "name", 0},
		{"one row, with and without a country", []Mention{reg("Unit 7410", "Calder"),
			beside(lone("Unit 7410", "account A"), 0)}, []int{0, 0}, "row", 0},
		{"one row, another row without", []Mention{reg("Unit 7410", "Calder"), beside(lone("Unit 7410", "account A"),
			0), lone("Unit 7410", "account B")}, []int{0, 0, 1}, "row", 1},
		{"one row, two numbers of one register", []Mention{reg("Unit 7410", "", "", "XX-REG:11187"),
			beside(reg("Unit 7410", "", "", "XX-REG:22287"), 0)}, []int{0, 1}, "", 0},
		{"rows of two parties", []Mention{reg("Unit 7410", "GB"), reg("Unit 7410", "DE"),
			beside(lone("Unit 7410", "account A"), 0, 1)}, []int{0, 1, 2}, "", 2},
		{"a word for none twice in one row", []Mention{reg("n/a", "GB"), beside(reg("n/a"), 0)}, []int{0, 1}, "", 0},
		{"a usual name in two spellings, one bare", []Mention{reg("Silver Lake Services Limited", "", "",
			"IN-REG:11187001"), reg("Silver Lake Services Co., Ltd.")},
			[]int{0, 1}, "", 1},
		{"a rare name in two spellings, one bare", []Mention{reg("Ossdaskor Imaging Limited", "", "",
			"IN-REG:11187001"), reg("Ossdaskor Imaging Co., Ltd.")},
			[]int{0, 0}, "name", 0},
		{"a usual name in one spelling and one country", []Mention{reg("Silver Lake Services Limited", "IN", "",
			"IN-REG:11187001"), reg("SILVER LAKE SERVICES LTD", "India")},
			[]int{0, 0}, "name", 0},
		{"homonyms in two countries", []Mention{reg("Marrow Systems", "GB"), published("Marrow Systems", "DE")},
			[]int{0, 1}, "", 0},
		{"homonyms with two numbers", []Mention{reg("Marrow Systems", "Calder", "", "CA-REG:11187"),
			reg("Marrow Systems", "Calder", "", "CA-REG:22287")}, []int{0, 1}, "", 0},
		{"another source, same country", []Mention{reg("Marrow Systems", "Calder"), published("Marrow Systems",
			"Calder")}, []int{0, 0}, "name", 0},
		{"another source, only a rare name", []Mention{reg("Marrow Systems"), published("Marrow Systems", "")},
			[]int{0, 0}, "name", 0},
		{"another source, only a common name", []Mention{reg("Global Trading"), published("Global Trading", "")},
			[]int{0, 1}, "", 1},
		{"another source, a common name, another legal form", []Mention{reg("Global Trading GmbH"),
			published("Global Trading FZE", "")}, []int{0, 1}, "", 0},
		{"a legal form that the country does not know", []Mention{reg("Delta Systems GmbH"), published("Delta Systems",
			"SG")}, []int{0, 1}, "", 0},
		{"spellings of a country that are not known contradict nothing", []Mention{reg("Quorvane Biometrics", "Vessya"),
			published("Quorvane Biometrics", "Vessia")}, []int{0, 1}, "", 1},
		{"a rare name with a slip, one country", []Mention{reg("Quorvane Biometrics Ltd", "GB"),
			published("Quorvane Biometrisc Ltd", "UK")}, []int{0, 0}, "name", 0},
		{"a former name", []Mention{reg("Quorvane Biometrics Ltd", "GB"),
			published("Zelmora Ltd (formerly Quorvane Biometrics)", "England")}, []int{0, 0}, "name", 0},
		{"a former name that two share", []Mention{reg("Quorvane Ltd (formerly Bexstan Holdings)"),
			reg("Zelmora Ltd (formerly Bexstan Holdings)")}, []int{0, 1}, "", 0},
		{"sisters", []Mention{reg("Quorvane Biometrics", "GB"), reg("Quorvane Avionics", "GB")}, []int{0, 1}, "", 0},
		{"a state in one name, known of the other", []Mention{reg("Quorvane Optics (Turkey)"), reg("Quorvane Optics",
			"TR")}, []int{0, 0}, "name", 0},
		{"a state in one name, the other elsewhere", []Mention{reg("Quorvane Optics (Turkey)"), reg("Quorvane Optics",
			"FR")}, []int{0, 1}, "", 0},
		{"a body of a state, in another order", []Mention{reg("Ministry of Interior of Turkey"),
			published("Turkey Ministry of Interior", "")}, []int{0, 0}, "name", 0},
		{"one root, two legal forms, one country", []Mention{reg("Quorvane Biometrics GmbH", "DE"),
			reg("Quorvane Biometrics AG", "DE")}, []int{0, 1}, "", 1},
		{"a firm and its service company at one address", []Mention{at(reg("Quorvane Biometrics GmbH", "DE"),
			"Mill Lane 12"), at(reg("Quorvane Biometrics Service GmbH", "DE"), "Mill Lane 12")}, []int{0, 1}, "", 1},
		{"noughts are no key of one's own, and join nobody", []Mention{reg("Quorvane Biometrics", "", "000000"),
			reg("Zelmora Avionics", "", "000000")}, []int{0, 1}, "", 0},
		{"noughts are no key of one's own, and tell nobody apart", []Mention{reg("Quorvane Biometrics", "DE", "000000"),
			reg("Quorvane Biometrics", "DE", "C-1001")}, []int{0, 0}, "name", 0},
		{"digits in order are no key of one's own", []Mention{reg("Quorvane Biometrics", "", "12345678"),
			reg("Zelmora Avionics", "", "12345678")}, []int{0, 1}, "", 0},
		{"a small customer number is one", []Mention{reg("Quorvane Biometrics", "", "111"), reg("Quorvane Ltd", "",
			"111")}, []int{0, 0}, "local_id", 0},
		{"a customer and a supplier with keys of two systems", []Mention{reg("Quorvane Biometrics", "DE", "C-1001"),
			reg("Quorvane Biometrics", "DE", "V-2044")}, []int{0, 0}, "name", 0},
		{"one key in two spellings", []Mention{reg("Quorvane Biometrics", "", "B-12345674"), reg("Zelmora", "",
			"b 12345674")}, []int{0, 0}, "local_id", 0},
		{"one key of which a spreadsheet dropped the noughts", []Mention{reg("Quorvane Biometrics", "DE", "00017"),
			reg("Quorvane Biometrics", "DE", "17")}, []int{0, 0}, "name", 0},
		{"two customers of one name", []Mention{reg("Quorvane Biometrics", "DE", "C-1001"),
			reg("Quorvane Biometrics", "DE", "C-2044")}, []int{0, 1}, "", 0},
		{"a usual name alone beside the two that bear it", []Mention{reg("Global Trading LLC", "AE", "",
			"AE-DED:778812"), reg("Global Trading LLC", "OM"), lone("Global Trading LLC", "claim 1")},
			[]int{0, 1, 2}, "", 2},
		{"a name alone, its legal form left out, beside the two that bear it", []Mention{
			reg("Gulf Star Electronics LLC", "AE"), reg("Gulf Star Electronics LLC", "QA"),
			lone("Gulf Star Electronics", "claim 1")}, []int{0, 1, 2}, "", 2},
		{"a usual name alone beside many that bear it", []Mention{reg("Global Trading LLC", "AE"),
			reg("Global Trading LLC", "OM"), reg("Global Trading LLC", "QA"), reg("Global Trading LLC", "KW"),
			lone("Global Trading LLC", "claim 1")}, []int{0, 1, 2, 3, 4}, "", 0},
		{"words for none identify nobody", []Mention{reg("Aldis Freight", "", "n/a", "VAT:keine"),
			reg("Borrel Mills", "", "N/A", "VAT:keine")}, []int{0, 1}, "", 0},
		{"digits in order identify nobody", []Mention{reg("Aldis Freight", "", "", "VAT:12345678"),
			reg("Borrel Mills", "", "", "VAT:12345678")}, []int{0, 1}, "", 0},
		{"a word for none is no name", []Mention{reg("Unknown", "GB"), published("unknown", "GB")}, []int{0, 1}, "", 0},
		{"placeholders identify nobody", []Mention{reg("Aldis Freight", "", "", "VAT:00000"), reg("Borrel Mills", "",
			"", "VAT:0")}, []int{0, 1}, "", 0},
		{"a number of four unlike names identifies none", []Mention{reg("Aldis Freight", "", "", "VAT:481516"),
			reg("Borrel Mills", "", "", "VAT:481516"),
			reg("Corvin Glass", "", "", "VAT:481516"), reg("Dunmar Hotels", "", "", "VAT:481516")}, []int{0, 1, 2, 3},
			"", 0},
		{"names that differ by a letter in registers of two countries", []Mention{reg("Doriker Breweries Ltd", "", "",
			"NL-KVK:30281733"),
			reg("Doraker Breweries Ltd", "", "", "GB-COH:08812764")}, []int{0, 1}, "", 0},
		{"names that sound nearly the same in registers of two countries", []Mention{reg("Fenervick Orchards Ltd", "",
			"", "NL-KVK:30281733"),
			reg("Fenarvick Orchards Ltd", "", "", "GB-COH:08812764")}, []int{0, 1}, "", 0},
		{"one name in registers of two countries", []Mention{reg("Doriker Breweries Ltd", "", "", "NL-KVK:30281733"),
			reg("Doriker Breweries Ltd", "", "", "GB-COH:08812764")}, []int{0, 0}, "name", 0},
		{"names that differ by a letter, one in an international register", []Mention{reg("Doriker Breweries Ltd", "",
			"", "XI-GRID:grid.4400.7"),
			reg("Doraker Breweries Ltd", "", "", "GB-COH:08812764")}, []int{0, 0}, "name", 0},
		{"two registers disagree", []Mention{reg("Aldis Freight", "", "", "GB-COH:00481516", "DUNS:551234567"),
			reg("Aldis Freight", "", "", "GB-COH:00481517", "DUNS:551234567")}, []int{0, 1}, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := Resolve(tt.ms, nil)
			for i, want := range tt.want {
				if int(res.ByMention[i]) != want {
					t.Errorf("mention %d (%s) is party %d, want %d", i, tt.ms[i].Ref.Name, res.ByMention[i], want)
				}
			}
			var rules []string
			for _, l := range res.Joined {
				rules = append(rules, string(l.Rule))
			}
			if got := strings.Join(rules, ","); got != tt.rules {
				t.Errorf("rules %q, want %q", got, tt.rules)
			}
			if len(res.Doubtful) != tt.doubt {
				t.Errorf("%d lines possible, want %d: %+v", len(res.Doubtful), tt.doubt, res.Doubtful)
			}
			for _, l := range slices.Concat(res.Joined, res.Doubtful) {
				sum := 0.0
				for _, p := range l.Evidence {
					sum += p.Bits
				}
				if d := sum - l.Weight; d < -0.06 || d > 0.06 {
					t.Errorf("the pieces %v make %.2f, the weight is %.1f", l.Evidence, sum, l.Weight)
				}
			}
		})
	}
}

// TestTransitiveConflict: two mentions that contradict are not joined through a third.
func TestTransitiveConflict(t *testing.T) {
	ms := []Mention{reg("Quorvane Biometrics", "GB"), reg("Quorvane Biometrics"), published("Quorvane Biometrics",
		"DE")}
	res := Resolve(ms, nil)
	if res.ByMention[0] == res.ByMention[2] {
		t.Fatalf("parties %v: two countries are one party", res.ByMention)
	}
	if len(res.Doubtful) != 2 || !res.Doubtful[0].Rivals {
		t.Errorf("possible %+v, want both candidates of the name without a country", res.Doubtful)
	}
}

func TestDecisions(t *testing.T) {
	ms := []Mention{reg("Tolmenor Holding", "Calder", "P-1"), reg("Tolmenor Holding")}
	if res := Resolve(ms, nil); len(res.Parties) != 1 {
		t.Fatalf("without a decision: %d parties, want 1", len(res.Parties))
	}
	if res := Resolve(ms, []Decision{{Left: ms[1].Key(), Right: ms[0].Key()}}); len(res.Parties) != 2 {
		t.Errorf("apart: %d parties, want 2", len(res.Parties))
	}
	ms = []Mention{reg("Marrow Systems", "GB"), reg("Marrow Systems", "DE")}
	if res := Resolve(ms, []Decision{{Left: ms[1].Key(), Right: ms[0].Key(), Same: true, Join: true}}); len(res.Parties) != 1 {
		t.Errorf("same: %d parties, want 1", len(res.Parties))
	}
	if res := Resolve(ms, []Decision{{Left: "gone", Right: ms[0].Key(), Same: true, Join: true}}); len(res.Lost) != 1 {
		t.Errorf("a line of other records: lost %v", res.Lost)
	}
	ms = []Mention{lone("Unit 7410", "account A"), lone("Unit 7410", "account B")}
	name := reg("Unit 7410")
	if res := Resolve(ms, []Decision{{Left: name.Key(), Right: ms[0].Key(), Same: true, Join: true}}); len(res.Parties) != 1 {
		t.Errorf("a decision about the name alone: %d parties, want 1", len(res.Parties))
	}
}

// TestOrder checks that parties and answers do not depend on the order of the mentions.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	ms := many(rng, 400)
	want := said(ms, Resolve(ms, nil))
	for range 6 {
		rng.Shuffle(len(ms), func(i, j int) { ms[i], ms[j] = ms[j], ms[i] })
		if got := said(ms, Resolve(ms, nil)); !slices.Equal(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("another order, another answer:\n%s\n%s", got[i], want[i])
				}
			}
			t.Fatalf("%d answers, then %d", len(want), len(got))
		}
	}
}

// said lists what a result says, in an order of its own.
func said(ms []Mention, res Result) []string {
	var out []string
	for i, p := range res.ByMention {
		out = append(out, ms[i].Key()+" is "+string(res.Parties[p].ID))
	}
	for _, l := range slices.Concat(res.Joined, res.Doubtful, res.Homonyms) {
		out = append(out, fmt.Sprintf("%s %s %s %.1f %v", ms[l.Left].Key(), l.Answer, ms[l.Right].Key(), l.Weight,
			l.Agree))
	}
	slices.Sort(out)
	return out
}

// many makes n mentions of fictional organisations as people write them.
func many(rng *rand.Rand, n int) []Mention {
	pick := func(s string) string { f := strings.Split(s, "|"); return f[rng.IntN(len(f))] }
	var ms []Mention
	for i := range n {
		var m Mention
		switch rng.IntN(5) {
		case 0:
			m = lone(pick("Unit 7410|Prison Service|Global Trading LLC|Global Trading"), fmt.Sprint("account ", i))
		case 1:
			m = reg(pick("Global Trading|Sunrise Technologies|Delta Systems")+pick("| Ltd| LLC| GmbH"),
				pick("|GB|DE|AE|Vessia"))
		default:
			m = reg(pick("Zelron|Korvek|Thalmora|Ossdask|Quorlin")+pick("is|a|ex|or|um")+
				pick(" Imaging| Optics| Cloud")+pick("| Ltd| GmbH"), pick("||GB|UK|DE"))
		}
		if rng.IntN(4) == 0 {
			m.Ref.Identifiers = []party.Identifier{{Scheme: pick("GB-COH|DUNS"),
				ID: fmt.Sprint(40137000 + rng.IntN(60))}}
			m.Record = ""
		}
		if rng.IntN(6) == 0 {
			m.Ref.Address, m.Record = fmt.Sprintf("%d Mill Street", rng.IntN(9)), ""
		}
		ms = append(ms, m)
	}
	return ms
}

// go test -run xxx -bench Resolve ./internal/resolve
func BenchmarkResolve(b *testing.B) {
	for _, spread := range []string{"few names", "many names"} {
		b.Run(spread, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			ms := many(rng, 20000)
			if spread == "many names" {
				syllable := strings.Fields("zel kor vard nim thal oss bry quor hask lum prax wol jor sev dru fen")
				for i := range ms {
					if ms[i].Record == "" {
						k := rng.IntN(6000)
						root := syllable[k&15] + syllable[k>>4&15] + syllable[k>>8&15] + syllable[k>>12&15]
						ms[i].Ref.Name = root + " " + ms[i].Ref.Name[strings.IndexByte(ms[i].Ref.Name, ' ')+1:]
					}
				}
			}
			for b.Loop() {
				Resolve(ms, nil)
			}
			b.ReportMetric(float64(len(ms)*b.N)/b.Elapsed().Seconds(), "mentions/s")
		})
	}
}

func TestCountry(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"GB", "gb"}, {"United Kingdom", "gb"}, {"Deutschland", "de"}, {"Україна", "ua"}, {"PRT", "pt"}, {"Calder", ""},
		{"U.A.E.", "ae"}, {"Korea, Republic of", "kr"}, {"", ""},
	} {
		if got := country(tt.in); got != tt.want {
			t.Errorf("country(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A number that stands with its register in one file and without in another speaks for one party, less than with it
// on both sides, and never against one.
func TestANumberWithoutItsRegister(t *testing.T) {
	for _, tt := range []struct {
		what string
		a, b Mention
		want bool // the name alone does not join them
	}{
		{"the same number", reg("Global Trading LLC", "", "7707083893"),
			reg("Global Trading LLC", "", "", "INN:7707083893"), true},
		{"spaces, and a nought that a spreadsheet dropped", reg("Global Trading LLC", "", "120 9384"),
			reg("Global Trading LLC", "", "", "GB-COH:01209384"), true},
		{"another number", reg("Global Trading LLC", "", "7707083894"),
			reg("Global Trading LLC", "", "", "INN:7707083893"), false},
		{"a number of a few digits", reg("Global Trading LLC", "", "7707"),
			reg("Global Trading LLC", "", "", "X-REG:7707"), false},
		{"another name", reg("Quorvane Optics", "", "7707083893"),
			reg("Lanthir Foods", "", "", "INN:7707083893"), false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			res := Resolve([]Mention{tt.a, tt.b}, nil)
			if got := res.ByMention[0] == res.ByMention[1]; got != tt.want {
				t.Errorf("one party: %v, want %v; possible %v, apart %v", got, tt.want, res.Doubtful, res.Homonyms)
			}
		})
	}
}
