package capability

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The measures that usage is added up in.
const (
	StorageTBMonth   = "storage_tb_month" // TB averaged over the month
	SpeechHours      = "speech_hours"
	TranslationChars = "translation_chars"
	VisionImages     = "vision_images" // an hour of video counts as 3,600
	TextRecords      = "text_records"  // documents, records and questions of search; 1,000 characters count as one
	LLMTokens        = "llm_tokens"
	GPUHours         = "gpu_hours"
	EgressTB         = "egress_tb"
)

// Egress stands in [ServiceAssignment.May] for data moved out, which is a measure of no class.
const Egress = "egress"

// A Charge is what a cloud bill says of one kind of charge: the FOCUS columns ServiceCategory,
// ServiceName, ServiceSubcategory, SkuMeter, ConsumedUnit and ServiceProviderName, and the
// provider's own words ("product | product :: meter | meter", see package focus). Empty is unknown.
type Charge struct{ Category, Service, Subcategory, Meter, Words, Unit, Provider string }

// A ServiceAssignment is what one kind of charge of a cloud bill stands for. The zero value stands for a
// charge that is understood and of no interest. A charge of a service that its meter would tell apart, and whose meter
// is not named, has the capability that is certain and those that it May have besides.
type ServiceAssignment struct {
	Capability string // "" when of no interest, or not understood: then May is not empty
	Measure    string // "" when the unit says nothing that can be added up
	Factor     float64
	// PerMonthHours: the measure is quantity × Factor ÷ hours in the month.
	PerMonthHours bool
	// Level: the quantity is what lay there during the period of each charge, and no share of a month. The measure
	// is quantity × Factor × hours of the period ÷ hours in the month, and quantity × Factor where the period is the
	// month.
	Level bool
	// May are the classes, sorted, that a charge could be whose service or meter is not understood, [Egress] among
	// them.
	May []string
	// UnitUnknown: the charge is understood and its unit is not; Wants is the measure that it would have fed.
	UnitUnknown bool
	Wants       string
	Evidence    string
}

// The fields of a charge that rules test, as columns of service.tsv.
const (
	fieldCategory = iota
	fieldSubcategory
	fieldService
	fieldMeter
	fieldEither // service or meter
	fieldCount
)

var fieldNames = [fieldCount]string{"category", "subcategory", "service", "meter", "either"}

// A serviceRule is one row of service.tsv. The first row that fits decides.
type serviceRule struct {
	rule
	fields   [fieldCount]fieldTest
	units    []string // dimensions the unit may have, empty: any
	measure  string
	count    float64  // what one unit of the dimension is worth, e.g. GPUs per instance
	umbrella bool     // the charge could be any of gives
	besides  []string // what the charge could be besides what it gives
}

// A fieldTest is the alternatives of one field: "", "object storage|s3", "!snapshot", "^support".
type fieldTest struct {
	any, not phrases
	whole    [][]serviceWord
	empty    bool // the field has to be empty
}

// phrases are patterns of which one has to be in a field, found by their first word where it is a whole one.
type phrases struct {
	list   [][]serviceWord
	first  map[string][]int
	others []int // whose first word goes on, or is one of a kind
}

func (p *phrases) add(phrase []serviceWord) {
	n := len(p.list)
	p.list = append(p.list, phrase)
	if w := phrase[0]; w.prefix || w.is != nil {
		p.others = append(p.others, n)
		return
	}
	if p.first == nil {
		p.first = map[string][]int{}
	}
	p.first[phrase[0].text] = append(p.first[phrase[0].text], n)
}

// find returns the words that the first of the phrases stands for that is in words.
func (p *phrases) find(words []string) (string, bool) {
	best, at := len(p.list), 0
	for i := range words {
		for _, n := range p.first[words[i]] {
			if n < best && startsWith(words[i:], p.list[n]) {
				best, at = n, i
			}
		}
	}
	for _, n := range p.others {
		if n > best {
			break
		}
		for i := range words {
			if startsWith(words[i:], p.list[n]) {
				best, at = n, i
				break
			}
		}
	}
	if best == len(p.list) {
		return "", false
	}
	return strings.Join(words[at:at+len(p.list[best])], " "), true
}

// A serviceWord is a word of a pattern: whole, by its beginning, or one of a kind.
type serviceWord struct {
	word
	is func(string) bool
}

// wordKinds are the kinds of words that a pattern may ask for.
var wordKinds = map[string]func(string) bool{
	"{size}":      instanceSize,
	"{awsvm}":     awsMachine.MatchString,
	"{awsgpu}":    awsAccelerator.MatchString,
	"{azurevm}":   azureMachine.MatchString,
	"{azuregpu}":  azureAccelerator.MatchString,
	"{gn}":        chineseAccelerator.MatchString,
	"{tencentvm}": tencentMachine.MatchString,
}

// Families of machines, by the letters before their generation (instance types of Amazon EC2; series of Azure
// virtual machines; instance families of Alibaba and Tencent).
var (
	awsMachine = regexp.MustCompile(
		`^(?:a1|c[1-9]\w*|m[1-9]\w*|mac\d*\w*|r[3-9]\w*|t[1-4]\w*|x[1-9]\w*|i[2-9]\w*|im4gn|is4gen|d[23]\w*|h1|hs1|hpc\w*|z1d)$`)
	awsAccelerator = regexp.MustCompile(`^(?:p[2-9]\w*|g[2-9]\w*|gr[6-9]\w*|trn\w*|inf\w*|dl[12]\w*|vt1)$`)
	azureMachine   = regexp.MustCompile(
		`^(?:a|av|b|d|dc|dcs|ds|e|ec|es|f|fs|fx|g|gs|h|hb|hc|hx|l|ls|m|ms)\d+[a-z0-9]*$`)
	azureAccelerator   = regexp.MustCompile(`^n[cdgv]\d+[a-z0-9]*$`)
	tencentMachine     = regexp.MustCompile(`^(?:s|sa|sk|st|sr|m|ma|mi|c|ci|cn|it|ita|d|bf|ts)\d+[a-z]*$`)
	chineseAccelerator = regexp.MustCompile(`^(?:gn|vgn|sgn|ebmgn|scgn|gni|pnv|hccg)\d+[a-z]*$`)
)

// instanceSize reports whether w is a size of Amazon's machines: "2xlarge", "metal".
func instanceSize(w string) bool {
	switch w {
	case "nano", "micro", "small", "medium", "large", "xlarge", "metal":
		return true
	}
	n, ok := strings.CutSuffix(w, "xlarge")
	return ok && strings.Trim(n, "0123456789") == ""
}

func (t *fieldTest) fits(words []string) (string, bool) {
	if t.empty {
		return "", len(words) == 0
	}
	if _, found := t.not.find(words); found {
		return "", false
	}
	if len(t.any.list)+len(t.whole) == 0 {
		return "", true
	}
	if s, ok := t.any.find(words); ok {
		return s, true
	}
	for _, p := range t.whole {
		if s, ok := isName(words, p); ok {
			return s, true
		}
	}
	return "", false
}

// vendors are the words before a service's own name that say whose it is.
var vendors = map[string]bool{
	"amazon": true, "aws": true, "azure": true, "microsoft": true, "google": true, "gcp": true, "oracle": true,
	"oci":     true,
	"alibaba": true, "tencent": true, "huawei": true, "ibm": true,
}

// isName reports whether one of the names in words is p and no more, but for the vendor and, where p ends
// in a prefix, what goes on.
func isName(words []string, p []serviceWord) (string, bool) {
	for len(words) > 0 {
		end := slices.Index(words, "")
		if end < 0 {
			end = len(words)
		}
		name := words[:end]
		for len(name) > 1 && vendors[name[0]] {
			name = name[1:]
		}
		if len(name) == len(p) || len(name) > len(p) && p[len(p)-1].prefix {
			if startsWith(name, p) {
				return strings.Join(name[:len(p)], " "), true
			}
		}
		words = words[min(end+1, len(words)):]
	}
	return "", false
}

// startsWith reports whether words begin with a phrase.
func startsWith(words []string, p []serviceWord) bool {
	if len(words) < len(p) {
		return false
	}
	for k, w := range p {
		x := words[k]
		switch {
		case w.is != nil:
			if !w.is(x) {
				return false
			}
		case w.prefix:
			if !strings.HasPrefix(x, w.text) {
				return false
			}
		case x != w.text:
			return false
		}
	}
	return true
}

var serviceRules = buildServices()

// categories are the values of ServiceCategory as FOCUS has them, by the words that stand for them elsewhere, folded.
var categories = func() map[string]string {
	out := map[string]string{}
	for _, r := range readTable("category.tsv") {
		for _, w := range strings.Split(r.fields["words"], "|") {
			key := foldString(w)
			if have, twice := out[key]; twice && have != r.fields["category"] {
				panic(fmt.Sprintf("category.tsv line %d: %q stands for two categories", r.line, w))
			}
			out[key] = r.fields["category"]
		}
	}
	return out
}()

func buildServices() []serviceRule {
	var out []serviceRule
	for _, r := range readTable("service.tsv") {
		s := serviceRule{measure: r.fields["measure"], count: 1}
		gives, besides, _ := strings.Cut(r.fields["capability"], " ?")
		s.besides = classesOf(besides)
		gives, s.umbrella = strings.CutPrefix(gives, "?")
		s.rule = rule{table: "service.tsv", row: r.line, gives: classesOf(gives), source: r.fields["source"],
			note: r.fields["note"]}
		for i, name := range fieldNames {
			s.fields[i] = readFieldTest(r.fields[name])
		}
		if u := r.fields["unit"]; u != "" {
			s.units = strings.Split(u, "|")
		}
		if c := r.fields["count"]; c != "" {
			if _, err := fmt.Sscan(c, &s.count); err != nil {
				panic(fmt.Sprintf("service.tsv line %d: count %q", r.line, c))
			}
		}
		out = append(out, s)
	}
	return out
}

func readFieldTest(pattern string) fieldTest {
	if pattern == "=" {
		return fieldTest{empty: true}
	}
	var t fieldTest
	for _, alt := range strings.Split(pattern, "|") {
		if alt == "" {
			continue
		}
		text, not := strings.CutPrefix(alt, "!")
		text, whole := strings.CutPrefix(text, "^")
		var p []serviceWord
		for _, w := range strings.Fields(text) {
			if is := wordKinds[w]; is != nil {
				p = append(p, serviceWord{is: is})
				continue
			}
			prefix := strings.HasSuffix(w, "*")
			folded := strings.Fields(foldString(splitCase(w)))
			for j, x := range folded {
				p = append(p, serviceWord{word: word{x, prefix && j == len(folded)-1}})
			}
		}
		switch {
		case not:
			t.not.add(p)
		case whole:
			t.whole = append(t.whole, p)
		default:
			t.any.add(p)
		}
	}
	return t
}

// splitCase parts what providers write together: "AmazonS3" is "Amazon S3",
// "DataTransfer-Out-Bytes" is "Data Transfer Out Bytes".
func splitCase(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if i > 0 && c >= 'A' && c <= 'Z' {
			p := s[i-1]
			plural := i+1 < len(s) && s[i+1] == 's' && (i+2 == len(s) || s[i+2] == ' ') // "GPUs" is one word
			if p >= 'a' && p <= 'z' || p >= 'A' && p <= 'Z' && i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z' &&
				!plural {
				b.WriteByte(' ')
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// serviceWords are the words of a text in both spellings: "OpenAI" and "Open AI". An empty
// word stands between, so that no phrase runs over the joint.
func serviceWords(s string) []string {
	words := strings.Fields(foldString(splitCase(s)))
	if whole := strings.Fields(foldString(s)); !slices.Equal(whole, words) {
		words = append(append(words, ""), whole...)
	}
	return words
}

// words gives the words of the fields that rules test. The provider's own words count for the field that they
// are nearest to: products with the service, meters with the meter.
func (c Charge) words() (words [fieldCount][]string) {
	for i, s := range []string{c.Category, c.Subcategory, c.Service, c.Meter} {
		words[i] = serviceWords(s)
	}
	if name, ok := categories[foldString(c.Category)]; ok {
		words[fieldCategory] = strings.Fields(name)
	}
	product, meter, ok := strings.Cut(c.Words, "::")
	if !ok {
		product, meter = "", c.Words
	}
	for i, list := range map[int]string{fieldService: product, fieldMeter: meter} {
		for part := range strings.SplitSeq(list, "|") {
			more := serviceWords(part)
			if len(more) > 0 && len(words[i]) > 0 {
				words[i] = append(words[i], "")
			}
			words[i] = append(words[i], more...)
		}
	}
	words[fieldEither] = slices.Concat(words[fieldService], []string{""}, words[fieldMeter])
	return words
}

// Service returns what a charge stands for. Meant to be called once per distinct Charge. Where neither the meter nor
// the provider's words are there to tell it, the words of the unit may ("Transcription Hours").
func Service(c Charge) ServiceAssignment {
	a := service(c)
	if len(a.May) > 0 && c.Meter == "" && c.Words == "" && c.Unit != "" {
		c.Service, c.Meter = "", c.Unit
		if b := service(c); b.Capability != "" {
			return b
		}
	}
	return a
}

func service(c Charge) ServiceAssignment {
	words := c.words()
	q := parseUnit(c.Unit, binaryUnits(c.Provider))
	for i := range serviceRules {
		r := &serviceRules[i]
		if !r.unitFits(q) {
			continue
		}
		var matched []string
		fits := true
		for k := range words {
			var s string
			if s, fits = r.fields[k].fits(words[k]); !fits {
				break
			}
			if s != "" {
				matched = append(matched, s)
			}
		}
		if fits {
			return r.assign(c, q, words[fieldMeter], strings.Join(matched, " · "))
		}
	}
	return ServiceAssignment{}
}

func (r *serviceRule) assign(c Charge, q quantity, meter []string, matched string) ServiceAssignment {
	e := r.evidence(matched)
	if r.umbrella {
		a := ServiceAssignment{May: mayBe(r.gives, q.dim)}
		e.Gives = "not understood"
		a.Evidence = e.String()
		return a
	}
	a := ServiceAssignment{}
	if len(r.gives) > 0 {
		a.Capability = r.gives[0]
	}
	a.May = mayBe(r.besides, q.dim)
	a.Measure, a.Factor, a.PerMonthHours, a.Level = r.convert(q, meter)
	if e.Gives == "" {
		e.Gives = "of no interest"
		if r.measure != "" {
			e.Gives = r.measure
		}
	}
	a.Evidence = e.String()
	// Machines that search or analyse are billed by the hour: the unit is understood, and counts no records.
	if a.Measure == "" && r.measure != "" && !(r.measure == TextRecords && q.machines()) {
		a.UnitUnknown, a.Wants = true, r.measure
		a.Evidence += fmt.Sprintf("; the unit %q cannot be turned into %s", c.Unit, r.measure)
	}
	return a
}

// machines reports whether the unit counts what machines stand ready with: hours, memory, disks.
func (q quantity) machines() bool {
	return slices.Contains([]dim{dimTime, dimUnitTime, dimBytes, dimByteTime, dimMachine}, q.dim)
}

// fitting are the classes that a unit may count; a unit that is not here may count any.
var fitting = map[dim][]string{
	dimByteTime: {BulkStorage},
	dimBytes:    {BulkStorage, Egress},
	dimTime:     {Speech, Vision, Face, TextAnalytics, LLM, GPU},
	dimChars:    {Translation, TextAnalytics, LLM},
	dimTokens:   {LLM, Speech},
	dimImages:   {Vision, Face, LLM},
	dimMachine:  {},
	dimRequests: {Speech, Translation, Vision, Face, TextAnalytics, LLM, Location},
	dimDocs:     {Translation, Vision, Face, TextAnalytics, LLM},
}

// mayBe returns those of the classes that the unit fits, sorted.
func mayBe(classes []string, d dim) []string {
	var out []string
	for _, c := range classes {
		if fits, known := fitting[d]; !known || slices.Contains(fits, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

func (r *serviceRule) unitFits(q quantity) bool {
	if len(r.units) == 0 {
		return true
	}
	for _, u := range r.units {
		switch {
		case u == string(q.dim), u == "none" && q.dim == dimNone, u == "bytemonth" && q.dim == dimBytes:
			return true
		}
	}
	return false
}

// charsPerRecord is what Azure's text analytics bills as one text record (Azure pricing: up to 1,000 characters).
const charsPerRecord = 1000

// convert returns what one unit is worth in the rule's measure.
func (r *serviceRule) convert(q quantity, meter []string) (measure string, factor float64, perMonthHours, level bool) {
	f := q.factor * r.count
	says := func(prefixes ...string) bool {
		return slices.ContainsFunc(meter, func(w string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(w, p) })
		})
	}
	whole := func(w string) bool { return slices.Contains(meter, w) }
	switch r.measure {
	case StorageTBMonth:
		switch {
		case q.dim == dimByteTime:
			return r.measure, f, q.hourly, false
		case q.dim == dimUnitTime && r.count != 1: // of a known size
			return r.measure, f, q.hourly, false
		case q.dim == dimBytes && (says("month", "byte hrs") || whole("mo")):
			return r.measure, f, false, false
		case q.dim == dimBytes && slices.Contains(r.units, "bytemonth"):
			return r.measure, f, false, true
		}
	case SpeechHours, GPUHours:
		if q.dim == dimTime || q.dim == dimUnitTime && q.hourly && r.measure == GPUHours {
			return r.measure, f, false, false
		}
		if r.measure == SpeechHours && q.dim == dimCount && says("minute") {
			return r.measure, f / 60, false, false
		}
	case TranslationChars:
		counts := q.dim == dimCount || q.dim == dimRequests
		if q.dim == dimChars || counts && (says("char") || q.dim == dimCount && q.factor >= 1e6) {
			return r.measure, f, false, false
		}
	case VisionImages:
		switch q.dim {
		case dimImages, dimCount, dimRequests, dimDocs:
			return r.measure, f, false, false
		case dimTime:
			return r.measure, f * 3600, false, false
		}
	case TextRecords:
		switch {
		case q.dim == dimDocs, q.dim == dimRequests, q.dim == dimCount && says("record", "document", "quer", "search",
			"transaction"):
			return r.measure, f, false, false
		case q.dim == dimChars:
			return r.measure, f / charsPerRecord, false, false
		}
	case LLMTokens:
		if q.dim == dimTokens || q.dim == dimCount && says("token") {
			return r.measure, f, false, false
		}
	case EgressTB:
		if q.dim == dimBytes {
			return r.measure, f, false, false
		}
	}
	return "", 0, false, false
}
