package draft

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"plimsoll/internal/record/table"
)

// A source column of a file.
type source struct {
	i        int // from 0
	heading  string
	twice    bool // another column has the same heading, or it has none: only its number names it
	concepts map[string]float64
	language map[string]string
	cells    []string // those that are filled
	distinct map[string]int

	numbers, dates, serials, urls float64 // shares of the filled cells
}

// Shares of the filled cells from which a column counts as one of a kind.
const (
	mostCells = 0.8
	someCells = 0.5
)

var (
	leiForm  = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{2}$`)                                             // ISO 17442
	guidForm = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`) // RFC 9562
	// AWS account ids
	awsForm     = regexp.MustCompile(`^\d{12}$`)
	urlForm     = regexp.MustCompile(`(?i)^(https?://|www\.)\S+$`)
	companyForm = regexp.MustCompile(
		`(?i)\b(ltd|limited|plc|inc|corp|llc|gmbh|ag|kg|s\.?a\.?|s\.?r\.?l|s\.?l|bv|b\.v|nv|oy|ab|as|a/s|sp\. z o\.?o|ооо|оао|зао|пао|ministry|ministerio|ministerium|company|group|holding)\b|公司|株式会社`)
)

// columnsOf looks at the headings and cells of a grid.
func columnsOf(g *grid) []*source {
	n := len(g.headings)
	seen := map[string]int{}
	for _, h := range g.headings {
		seen[fold(h)]++
	}
	out := make([]*source, n)
	for i := range n {
		s := &source{i: i, heading: g.headings[i], distinct: map[string]int{}}
		s.twice = s.heading == "" || seen[fold(s.heading)] > 1 || g.header < 0
		for _, row := range g.body {
			if i < len(row) {
				if c := strings.TrimSpace(row[i]); c != "" && !isNull(c) {
					s.cells = append(s.cells, c)
					s.distinct[c]++
				}
			}
		}
		s.concepts, s.language = map[string]float64{}, map[string]string{}
		if g.header >= 0 && s.heading != "" {
			s.concepts, s.language = concepts(s.heading)
			if g.groups != nil && g.groups[i] != "" {
				s.under(g.groups[i])
			}
		}
		s.numbers, s.dates = s.share(isNumber), s.share(isDate)
		s.urls = s.share(urlForm.MatchString)
		s.serials = s.share(func(c string) bool { return table.IsSerial(c, g.date1904) })
		s.fromCells(g.delimiter == 0)
		out[i] = s
	}
	return out
}

// under adds what the heading means under the word that stands over it and its neighbours.
func (s *source) under(group string) {
	score, lang := concepts(group + " " + s.heading)
	own, _ := concepts(group)
	for c, n := range score {
		if n > s.concepts[c] && own[c] < n { // "Contract Number" is more than "Contract"
			s.concepts[c], s.language[c] = n, lang[c]
		}
	}
	for c, n := range own { // "Customer" over "Name": the name of a customer
		if s.concepts["party"] >= partOfWord && (c == "customer" || c == "seller" || c == "end_user" || c == "owner" ||
			c == "owned" || c == "reseller" || c == "payer") && n > s.concepts[c] {
			s.concepts[c] = n
			delete(s.concepts, "party")
			break
		}
	}
}

// share returns which part of the filled cells is so.
func (s *source) share(is func(string) bool) float64 {
	if len(s.cells) == 0 {
		return 0
	}
	n := 0
	for _, c := range s.cells {
		if is(c) {
			n++
		}
	}
	return float64(n) / float64(len(s.cells))
}

// What cells say by themselves, where no heading does: less than a heading that is a known word.
const (
	sureCells = 0.95 // a form that only one thing has
	mayCells  = 0.45
)

// fromCells adds what the cells themselves say of the column, and takes away what they rule out.
func (s *source) fromCells(sheet bool) {
	if len(s.cells) == 0 {
		return
	}
	put := func(concept string, score float64) {
		if score > s.concepts[concept] {
			s.concepts[concept] = score
		}
	}
	unknown := len(s.concepts) == 0
	switch {
	case s.share(leiForm.MatchString) >= mostCells:
		s.concepts = map[string]float64{"lei": sureCells}
	case s.urls >= mostCells:
		s.concepts = map[string]float64{"url": sureCells}
	case s.share(awsForm.MatchString) >= mostCells && s.concepts["amount"] == 0 && s.concepts["sub_account_id"] == 0:
		put("account_id", sureCells)
	case s.share(guidForm.MatchString) >= mostCells && unknown:
		put("sub_account_id", mayCells)
		put("account_id", mayCells)
	case s.share(isCurrency) >= mostCells && unknown:
		put("currency", sureCells)
	case unknown && s.dates >= mostCells:
		put("date", mayCells)
	case unknown && s.share(isRegion) >= mostCells:
		put("country", mayCells)
	case unknown && s.share(companyForm.MatchString) >= someCells:
		put("party", mayCells)
	}
	if s.concepts["number"] > 0 && len(s.distinct) < len(s.cells) { // a number that several rows share counts nothing
		delete(s.concepts, "number")
	}
	dated := s.dates >= someCells || s.serials >= someCells
	for c := range s.concepts {
		switch {
		case dateConcepts[c] && !dated, // years and months are dates of less precision
			numberConcepts[c] && s.numbers < someCells,
			nameConcepts[c] && (s.numbers >= mostCells && !awsLike(c) || s.dates >= mostCells):
			s.concepts[c] *= 0.2
		}
	}
	// "Source" over links is a link, over names a publisher.
	if s.urls >= mostCells {
		delete(s.concepts, "source")
	}
	_ = sheet
}

func awsLike(concept string) bool { return concept == "account_id" }

var (
	dateConcepts = map[string]bool{"date": true, "later_date": true, "start": true, "end": true, "published": true,
		"decided": true, "usage_date": true, "as_of": true}
	numberConcepts = map[string]bool{"amount": true, "quantity": true, "usage_quantity": true, "hours": true,
		"holding_value": true, "weight": true}
	nameConcepts = map[string]bool{"customer": true, "party": true, "seller": true, "end_user": true,
		"reseller": true, "payer": true, "owner": true,
		"owned": true, "item": true, "reason": true, "source": true, "publisher": true, "country": true,
		"currency": true, "service": true, "unit": true,
		"statement": true, "alias": true}
)

func isCurrency(s string) bool { _, ok := table.Currency(s); return ok && len(s) <= 3 }

func isRegion(s string) bool {
	if len(s) < 2 || len(s) > 3 || strings.ToUpper(s) != s {
		return false
	}
	r, err := language.ParseRegion(s)
	return err == nil && r.IsCountry()
}

func isNull(s string) bool { _, ok := words().values["null"][strings.ToLower(s)]; return ok }

// sumWords of a cell: the cell names a sum over rows.
func isSum(s string) bool {
	_, ok := words().values["sum"][strings.ToLower(strings.TrimRight(strings.TrimSpace(s), ":."))]
	return ok
}

// A form of dates or numbers that a draft tries.
var (
	numberForms = forms(table.NumberForm, "1234.56", "1,234.56", "1.234,56", "1 234,56", "1'234.56", "12,34,567.89")
	dateForms   = datePatterns()
)

func forms(f func(string) (table.Form, error), names ...string) (out []table.Form) {
	for _, n := range names {
		x, err := f(n)
		if err != nil {
			panic("draft: " + err.Error())
		}
		out = append(out, x)
	}
	return out
}

// A dated form of dates, in the months of a language.
type dated struct {
	table.Form
	months   []string // nil for English or none
	language string
	twin     string // the pattern that reads the same text with day and month the other way round
}

// patterns of dates that a draft tries, with the one that exchanges day and month.
var patterns = [][2]string{
	{"ISO", ""}, {"YYYY/MM/DD", ""}, {"YYYY/M/D", ""}, {"YYYY.MM.DD", ""}, {"YYYY.M.D", ""}, {"YYYY-MM-DD", ""},
	{"YYYY-M-D", ""}, {"YYYY. M. D.", ""}, {"YYYY년 M월 D일", ""}, {"D. M. YYYY", ""}, {"YYYYMMDD", ""}, {"YYYY年M月D日", ""},
	{"YYYY年M月", ""},
	{"DD.MM.YYYY", ""}, {"D.M.YYYY", ""}, {"DD.MM.YY", ""}, {"D.M.YY", ""},
	{"DD/MM/YYYY", "MM/DD/YYYY"}, {"D/M/YYYY", "M/D/YYYY"}, {"MM/DD/YYYY", "DD/MM/YYYY"}, {"M/D/YYYY", "D/M/YYYY"},
	{"DD-MM-YYYY", "MM-DD-YYYY"}, {"D-M-YYYY", "M-D-YYYY"}, {"MM-DD-YYYY", "DD-MM-YYYY"}, {"M-D-YYYY", "D-M-YYYY"},
	{"DD/MM/YY", "MM/DD/YY"}, {"D/M/YY", "M/D/YY"}, {"MM/DD/YY", "DD/MM/YY"}, {"M/D/YY", "D/M/YY"},
	{"MM/YYYY", ""}, {"M/YYYY", ""}, {"MM.YYYY", ""}, {"M.YYYY", ""}, {"YYYY/MM", ""},
}

// named are the patterns with the name of a month.
var named = []string{"D MMMM YYYY", "D MMM YYYY", "D-MMM-YYYY", "DD-MMM-YY", "D. MMMM YYYY", "D. MMM YYYY",
	"MMMM D, YYYY", "MMM D, YYYY", "MMM YYYY", "MMMM YYYY",
	"MMM-YYYY", "D de MMMM de YYYY", "D MMM YY", "D-MMM-YY", "MMM D YYYY"}

// clocks may stand behind a date.
var clocks = []string{"", " hh:mm", " hh:mm:ss", " hh:mm AM", " hh:mm:ss AM", ", hh:mm", ", hh:mm:ss AM"}

func datePatterns() (out []dated) {
	add := func(pattern, twin, lang string, months []string) {
		f, err := table.DateForm(pattern, slices.Clone(months))
		if err == nil { // "de" is no mark between the parts in every version of the language
			out = append(out, dated{f, months, lang, twin})
		}
	}
	for _, clock := range clocks {
		for _, p := range patterns {
			if clock != "" && (p[0] == "ISO" || !strings.Contains(p[0], "D")) {
				continue
			}
			twin := p[1]
			if twin != "" {
				twin += clock
			}
			add(p[0]+clock, twin, "", nil)
		}
	}
	for _, p := range named {
		add(p, "", "", nil)
		for _, lang := range languages {
			for _, months := range words().months[lang] {
				add(p, "", lang, months)
			}
		}
	}
	return out
}

// languages that the months are known in.
var languages = []string{"de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ru", "sv", "da", "no", "cs", "uk", "ro"}

func isNumber(s string) bool {
	s = amount(s)
	if !strings.ContainsAny(s, "0123456789") {
		return false
	}
	if _, err := table.ParseNumber(s); err == nil {
		return true
	}
	for _, f := range numberForms {
		if _, err := f.Number(s); err == nil {
			return true
		}
	}
	return false
}

// amount is the number in a cell that has its currency beside it.
func amount(s string) string {
	s = table.Digits(s)
	if n, c := table.SplitMoney(s); c != "" {
		return n
	}
	return s
}

func isDate(s string) bool {
	s = table.Digits(s)
	if len(s) < 6 || len(s) > 30 || !strings.ContainsAny(s, "0123456789") {
		return false
	}
	for _, f := range dateForms {
		if t, ok := f.Date(s, false); ok && t.Time.Year() >= 1950 && t.Time.Year() <= 2100 {
			return true
		}
	}
	return false
}
