package table

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"plimsoll/internal/record"
)

// defaults are what the mapping says for all its columns.
type defaults struct {
	null   map[string]bool
	dates  []datePattern
	months []string
	number *numberFormat
}

// How the values of a register column are written.
var (
	dateColumns = map[string]bool{"since": true, "until": true, "signed": true, "start": true, "end": true,
		"published": true, "decided": true, "date": true, "quarter": true, "condition_met": true,
		"valid_until": true, "as_of": true, "ChargePeriodStart": true, "ChargePeriodEnd": true,
		"BillingPeriodStart": true}
	numberColumns = map[string]bool{"quantity": true, "value": true, "hours": true, "weight": true,
		"ConsumedQuantity": true, "BilledCost": true, "EffectiveCost": true}
)

// columns reads what each register column is made of.
func (p *mapParser) columns(n *yaml.Node, key, tableName string, d defaults) []expr {
	var out []expr
	keys := map[string]func(*yaml.Node, string){}
	for _, name := range known[tableName] {
		keys[name] = func(n *yaml.Node, k string) { out = append(out, p.expr(n, k, name, d)) }
	}
	if len(keys) == 0 {
		return nil // the table's name is wrong, which has been said
	}
	p.object(n, key, keys)
	have := map[string]bool{}
	for _, e := range out {
		have[e.target] = true
	}
	for _, need := range required[tableName] {
		ok := false
		for _, alt := range need {
			ok = ok || have[alt]
		}
		if !ok {
			p.errorf(n, key, "%s needs %s", tableName, strings.Join(need, " or "))
		}
	}
	return out
}

// required lists what a row cannot do without.
var required = map[string][][]string{
	Accounts:    {{"account_id"}},
	Engagements: {{"engagement_id"}},
	Claims:      {{"about", "about_id"}},
	Clauses:     {{"engagement_id"}, {"clause"}},
	Ownership:   {{"owner", "owner_id"}, {"owned", "owned_id"}},
	Approvals:   {{"kind"}, {"engagement_id", "party_name", "party_id"}},
	Support:     {{"party_name", "party_id"}, {"hours"}},
	Events:      {{"kind"}, {"date"}},
	Holdings:    {{"issuer_name", "lei", "isin", "figi"}},
	Products:    {{"sku", "name"}, {"codes", "capability"}},
	Places:      {{"place"}},
	Instruments: {{"instrument_id"}},
	Demands:     {{"demand_id"}, {"instrument_id"}},
	Answers:     {{"answer_id"}, {"demand_id"}, {"acted"}},
	List:        {{"name"}, {"publisher"}, {"status"}},
	Usage: {{"BillingAccountId", "SubAccountId"}, {"ChargePeriodStart", "BillingPeriodStart"},
		{"ServiceName", "SkuMeter"}, {"ConsumedQuantity", "BilledCost", "EffectiveCost"}},
}

// expr reads one column's value: the short form (a header or a number) or the long one.
func (p *mapParser) expr(n *yaml.Node, key, target string, d defaults) expr {
	e := expr{target: target, line: n.Line, null: d.null, join: " "}
	if dateColumns[target] {
		e.dates = inMonths(d.dates, d.months)
	}
	if numberColumns[target] {
		e.number = d.number
	}
	if n.Kind == yaml.ScalarNode {
		e.from = []place{p.place(n, key)}
		return e
	}
	months, sources := d.months, 0
	var dates *yaml.Node
	p.object(n, key, map[string]func(*yaml.Node, string){
		"column": func(n *yaml.Node, k string) { sources++; e.from, e.spelling = p.spellings(n, k) },
		"join":   func(n *yaml.Node, k string) { sources++; e.from = p.joined(n, k) },
		"with":   func(n *yaml.Node, k string) { e.join = p.text(n, k) },
		"const": func(n *yaml.Node, k string) {
			sources++
			e.constant, e.pieces = true,
				[]piece{{word: p.text(n, k)}}
		},
		"text":     func(n *yaml.Node, k string) { sources++; e.pieces = p.template(n, k) },
		"take":     func(n *yaml.Node, k string) { e.take = p.pattern(n, k) },
		"only":     func(n *yaml.Node, k string) { e.only = p.flag(n, k) },
		"values":   func(n *yaml.Node, k string) { e.values = p.values(n, k) },
		"when":     func(n *yaml.Node, k string) { e.when = p.rules(n, k) },
		"else":     func(n *yaml.Node, k string) { s := p.text(n, k); e.other = &s },
		"null":     func(n *yaml.Node, k string) { e.null = folded(p.texts(n, k)) },
		"date":     func(n *yaml.Node, k string) { dates = n; e.dates = p.dates(n, k) },
		"months":   func(n *yaml.Node, k string) { months = p.months(n, k) },
		"number":   func(n *yaml.Node, k string) { e.number = p.number(n, k) },
		"times":    func(n *yaml.Node, k string) { e.times = p.factor(n, k) },
		"optional": func(n *yaml.Node, k string) { e.optional = p.flag(n, k) },
	})
	if n.Kind == yaml.MappingNode && sources != 1 {
		p.errorf(n, key, "exactly one of column, join, text and const is needed")
	}
	if (e.number != nil || e.times != "") && !numberColumns[target] {
		p.errorf(n, key, "number and times are for numbers, and %s is none", target)
	}
	if dates != nil && !dateColumns[target] {
		p.errorf(dates, key+".date", "%s is no date", target)
	}
	if e.only && e.take == nil {
		p.errorf(n, key+".only", "it belongs to take, which is missing")
	}
	e.dates = inMonths(e.dates, months)
	return e
}

// inMonths returns the patterns with the names of the months that they are written in.
func inMonths(dates []datePattern, months []string) []datePattern {
	out := slices.Clone(dates)
	for i := range out {
		out[i].months = months
	}
	return out
}

// spellings reads "column": one, or several of which the first that the file has counts.
func (p *mapParser) spellings(n *yaml.Node, key string) (first, others []place) {
	if n.Kind != yaml.SequenceNode {
		return []place{p.place(n, key)}, nil
	}
	var all []place
	for _, c := range n.Content {
		all = append(all, p.place(c, key))
	}
	if len(all) == 0 {
		p.errorf(n, key, "the list is empty")
		return nil, nil
	}
	return all[:1], all[1:]
}

func (p *mapParser) joined(n *yaml.Node, key string) []place {
	var out []place
	for _, c := range p.list(n, key) {
		out = append(out, p.place(c, key))
	}
	if len(out) == 0 {
		p.errorf(n, key, "a list of columns is expected")
	}
	return out
}

// template cuts "{Name}" and "{#3}" out of a text. "{{" is a brace.
func (p *mapParser) template(n *yaml.Node, key string) []piece {
	s := p.text(n, key)
	var out []piece
	word := ""
	for s != "" {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			word += s
			break
		}
		word += s[:i]
		s = s[i+1:]
		if strings.HasPrefix(s, "{") {
			word, s = word+"{", s[1:]
			continue
		}
		name, rest, ok := strings.Cut(s, "}")
		if !ok || name == "" {
			p.errorf(n, key, "a brace is not closed; a brace itself is written {{")
			return out
		}
		if word != "" {
			out, word = append(out, piece{word: word}), ""
		}
		s = rest
		switch number, isNumber := strings.CutPrefix(name, "#"); {
		case name == "row", name == "file", name == "folder", name == "sheet":
			out = append(out, piece{what: name})
		case isNumber:
			i, err := strconv.Atoi(number)
			if err != nil || i < 1 || i > 16384 {
				p.errorf(n, key, "{%s}: columns are numbered from 1 to 16384", name)
				i = 1
			}
			out = append(out, piece{col: place{n: i}})
		default:
			out = append(out, piece{col: place{name: name}})
		}
	}
	if word != "" {
		out = append(out, piece{word: word})
	}
	return out
}

func (p *mapParser) values(n *yaml.Node, key string) map[string]string {
	if n.Kind != yaml.MappingNode {
		p.errorf(n, key, "a mapping from their words to ours is expected")
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := fold(p.text(n.Content[i], key))
		if _, twice := out[k]; twice {
			p.errorf(n.Content[i], key, "%q stands twice", k)
		}
		out[k] = p.text(n.Content[i+1], key+"."+k)
	}
	return out
}

func (p *mapParser) rules(n *yaml.Node, key string) []rule {
	var out []rule
	for i, c := range p.list(n, key) {
		var r rule
		k := fmt.Sprintf("%s[%d]", key, i+1)
		p.object(c, k, map[string]func(*yaml.Node, string){
			"match": func(n *yaml.Node, k string) { r.match = p.pattern(n, k) },
			"value": func(n *yaml.Node, k string) { r.value = p.text(n, k) },
		})
		if r.match == nil {
			p.errorf(c, k, "match is needed")
			continue
		}
		out = append(out, r)
	}
	return out
}

func (p *mapParser) conditions(n *yaml.Node, key string) []condition {
	var out []condition
	for i, c := range p.list(n, key) {
		x := condition{line: c.Line}
		k := fmt.Sprintf("%s[%d]", key, i+1)
		tests := 0
		p.object(c, k, map[string]func(*yaml.Node, string){
			"column": func(n *yaml.Node, k string) { x.col = p.place(n, k) },
			"is":     func(n *yaml.Node, k string) { tests++; x.is = folded(p.texts(n, k)) },
			"match":  func(n *yaml.Node, k string) { tests++; x.match = p.pattern(n, k) },
			"empty":  func(n *yaml.Node, k string) { tests++; x.empty = p.flag(n, k) },
			"reason": func(n *yaml.Node, k string) { x.reason = p.text(n, k) },
		})
		if x.col == (place{}) || tests != 1 || x.reason == "" {
			p.errorf(c, k, "column, reason and exactly one of is, match and empty are needed")
		}
		out = append(out, x)
	}
	return out
}

// numberExample has the groups of an example number: 1,234.56 or 12,34,567.89.
var numberExample = regexp.MustCompile(`^(?:(12)(.)34(.)567|1(.)234|1234)(?:([.,])\d+)?$`)

// number reads a format from an example, which says more to a person than marks do.
func (p *mapParser) number(n *yaml.Node, key string) *numberFormat {
	s := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(p.text(n, key))
	m := numberExample.FindStringSubmatch(s)
	if m == nil || m[2] != m[3] {
		p.errorf(n, key, `%q is no example of a number; examples: "1,234.56", "1.234,56", "1 234,56", "1234.56", "12,34,567.89"`, s)
		return nil
	}
	f := &numberFormat{group: m[2] + m[4], point: m[5], indian: m[1] != ""}
	if f.group == "'" {
		f.group = " "
	}
	if f.group != "" && (!strings.Contains(" ,.", f.group) || f.group == f.point) {
		p.errorf(n, key, "%q groups thousands by %q", s, f.group)
		return nil
	}
	if f.point == "" {
		f.point = "\x00" // no decimals
	}
	return f
}

func (p *mapParser) factor(n *yaml.Node, key string) string {
	s := p.text(n, key)
	d, err := record.ParseDecimal(s)
	if err != nil || d.Null() {
		p.errorf(n, key, "a number is expected")
		return ""
	}
	return string(d)
}

func (p *mapParser) months(n *yaml.Node, key string) []string {
	out := p.texts(n, key)
	if len(out) != 12 {
		p.errorf(n, key, "twelve names are expected")
		return nil
	}
	for i := range out {
		out[i] = fold(out[i])
	}
	return out
}

// A datePattern is one way of writing dates.
type datePattern struct {
	text   string // as the mapping writes it
	layout string // for package time; "" for ISO, "serial" for day numbers
	named  bool   // holds a month's name
	prec   record.Precision
	months []string
}

// tokens of a date pattern, longest first.
var dateTokens = []struct {
	token, layout string
	prec          record.Precision
}{
	{"YYYY", "2006", record.Year}, {"YY", "06", record.Year}, {"MMMM", "January", record.Month},
	{"MMM", "Jan", record.Month},
	{"MM", "01", record.Month}, {"M", "1", record.Month}, {"DD", "02", record.Day}, {"D", "2", record.Day},
	{"hh", "15", record.Instant}, {"mm", "04", record.Instant}, {"ss", "05", record.Instant},
	// of the Romance languages: 3 de febrero de 2031
	{"AM", "PM", record.Instant}, {" de ", " de ", 0}, {" d'", " d'", 0},
}

func (p *mapParser) dates(n *yaml.Node, key string) []datePattern {
	var out []datePattern
	for _, s := range p.texts(n, key) {
		d, err := newDatePattern(s)
		if err != nil {
			p.errorf(n, key, "%v", err)
			continue
		}
		out = append(out, d)
	}
	return out
}

func newDatePattern(s string) (datePattern, error) {
	d := datePattern{text: s}
	switch s {
	case "ISO":
		return d, nil
	case "SERIAL":
		d.layout = "serial"
		return d, nil
	}
	seen := map[record.Precision]bool{}
next:
	for rest := s; rest != ""; {
		for _, t := range dateTokens {
			if strings.HasPrefix(rest, t.token) {
				d.layout += t.layout
				if t.prec != 0 {
					seen[t.prec] = true
				}
				d.prec = max(d.prec, t.prec)
				d.named = d.named || strings.HasPrefix(t.token, "MMM")
				rest = rest[len(t.token):]
				continue next
			}
		}
		c, size := utf8.DecodeRuneInString(rest)
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' && c != 'T' || c == '_' {
			return d, fmt.Errorf("%q is no date pattern: it is made of YYYY, YY, MM, M, MMM, MMMM, DD, D, hh, mm, "+
				"ss, AM and marks, or is ISO or SERIAL", s)
		}
		d.layout += rest[:size]
		rest = rest[size:]
	}
	if !seen[record.Year] || seen[record.Day] && !seen[record.Month] || seen[record.Instant] && !seen[record.Day] {
		return d, fmt.Errorf("%q is no date pattern: year, month, day and time are needed down to the last one used", s)
	}
	return d, nil
}

// parse reads a date that is written so.
func (d datePattern) parse(s string, date1904 bool) (record.Date, bool) {
	switch d.layout {
	case "", "2006-01-02":
		if t, ok := isoDay(s); ok || d.layout != "" {
			return t, ok
		}
		t, err := record.ParseDate(s)
		return t, err == nil
	case "serial":
		return serial(s, date1904)
	}
	if d.named && d.months != nil {
		low := strings.ToLower(s)
		best, at := -1, 0
		for i, m := range d.months {
			if k := strings.Index(low, m); m != "" && k >= 0 && (best < 0 || len(m) > len(d.months[best])) {
				best, at = i, k
			}
		}
		if best >= 0 && len(low) == len(s) {
			name := time.Month(best + 1).String()
			if !strings.Contains(d.layout, "January") {
				name = name[:3]
			}
			s = s[:at] + name + s[at+len(d.months[best]):]
		}
	}
	t, err := time.Parse(d.layout, s)
	if err != nil {
		return record.Date{}, false
	}
	return record.Date{Time: t, Prec: d.prec, Zone: d.prec != record.Instant}, true
}

// multiply scales a number by an exact factor.
func multiply(d record.Decimal, factor string) (record.Decimal, error) {
	a, b := d.Rat(), record.Decimal(factor).Rat()
	r := new(big.Rat).Mul(a, b)
	n, exact := r.FloatPrec()
	if !exact || n > 40 {
		return "", fmt.Errorf("%q times %s is out of range", d, factor)
	}
	return record.Decimal(r.FloatString(n)), nil
}
