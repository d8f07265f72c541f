package capability

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A codeRule is one row of code.tsv.
type codeRule struct {
	rule
	title string
	full  string // the code as the table writes it, digits only
}

// codeRules maps scheme and significant prefix to a row.
var codeRules = buildCodes()

func buildCodes() map[string]map[string]*codeRule {
	all := map[string]map[string]*codeRule{}
	for _, r := range readTable("code.tsv") {
		scheme := r.fields["scheme"]
		c := &codeRule{title: r.fields["title"]}
		c.rule = rule{
			table: "code.tsv", row: r.line, pattern: scheme + " " + r.fields["code"],
			gives:  classesOf(r.fields["capability"]),
			source: r.fields["source"], note: r.fields["note"],
		}
		if all[scheme] == nil {
			all[scheme] = map[string]*codeRule{}
		}
		key := r.fields["code"]
		switch scheme {
		case "EC", "USML":
			if r.fields["controlled"] != "no" {
				c.controlled = key
			}
		case "CPV":
			c.full = key
			key = trimZeros(key, 1)
		case "UNSPSC":
			c.full = key
			key = trimZeros(key, 2)
		}
		if all[scheme][key] != nil {
			panic("code.tsv line " + strconv.Itoa(r.line) + ": " + scheme + " " + key + " is there twice")
		}
		all[scheme][key] = c
	}
	return all
}

// trimZeros cuts the zeros that say "everything below", step digits at a time, down to two digits.
func trimZeros(code string, step int) string {
	for len(code)-step >= 2 && strings.Trim(code[len(code)-step:], "0") == "" {
		code = code[:len(code)-step]
	}
	return code
}

// schemeAlias maps the spellings of classification schemes, letters and digits only in
// upper case, to the schemes of code.tsv.
var schemeAlias = map[string]string{
	"CPV": "CPV", "CPVS": "CPV", "CPV2008": "CPV", "EUCPV": "CPV", "ДК021": "CPV", "ДК0212015": "CPV", "DK021": "CPV",
	"UNSPSC": "UNSPSC", "CATALOGONIVEL5DNCP": "UNSPSC", "XCATALOGONIVEL5DNCP": "UNSPSC", "CATALOGONIVEL4DNCP": "UNSPSC",
	"DNCP": "UNSPSC",
	"HS":   "HS", "HS2012": "HS", "HS2017": "HS", "HS2022": "HS", "CN": "HS", "TARIC": "HS", "HTS": "HS", "HTSUS": "HS",
	"NCM": "HS", "SCHEDULEB": "HS", "УКТЗЕД": "HS", "ТНВЭД": "HS",
	"HSCODE": "HS", "HSN": "HS", "HSNCODE": "HS", "HARMONIZEDSYSTEM": "HS", "HARMONISEDSYSTEM": "HS", "CUSTOMS": "HS",
	"CUSTOMSCODE": "HS", "TARIFF": "HS",
	"TARIFFCODE": "HS", "COMMODITYCODE": "HS", "CN8": "HS", "COMBINEDNOMENCLATURE": "HS", "ZOLLTARIF": "HS",
	"ZOLLTARIFNUMMER": "HS", "WARENNUMMER": "HS",
	"KN": "HS", "KN8": "HS", "NC": "HS", "NC8": "HS", "SH": "HS", "NANDINA": "HS", "GTIP": "HS", "TNVED": "HS",
	"TARIC10":  "HS",
	"DOUANIER": "HS", "CUSTOMSTARIFF": "HS", "TARIFDOUANIER": "HS", "NOMENCLATUREDOUANIERE": "HS",
	"PARTIDAARANCELARIA": "HS",
	"ARANCELARIO":        "HS", "ARANCEL": "HS", "TARIC8": "HS", "DOGANALE": "HS", "VOCEDOGANALE": "HS",
	"NOMENCLATURACOMBINADA": "HS",
	"NOMENCLATURECOMBINEE":  "HS", "NOMENCLATURACOMBINATA": "HS", "KOMBINIERTENOMENKLATUR": "HS",
	"STATISTISCHEWARENNUMMER": "HS",
	"HSTARIFF":                "HS", "COMMODITY": "HS", "التعريفةالجمركية": "HS", "النظامالمنسق": "HS",
	"ECCN": "EC", "CCL": "EC", "EAR": "EC", "DUALUSE": "EC", "EUDUALUSE": "EC", "EU2021821": "EC", "WA": "EC",
	"WASSENAAR": "EC",
	"ML":        "EC", "EUML": "EC", "CML": "EC", "MILITARYLIST": "EC", "MUNITIONSLIST": "EC", "PL": "EC",
	"UKSEL": "EC",
	"SEL":   "EC", "UKML": "EC",
	"RATING": "EC", "AL": "EC", "AUSFUHRLISTE": "EC", "EC": "EC", "EXPORTCONTROL": "EC",
	"COMMONMILITARYLIST": "EC", "EUCOMMONMILITARYLIST": "EC", "DUALUSELIST": "EC", "ANNEXI": "EC", "ANNEXEI": "EC",
	"ANHANGI": "EC",
	"ANEXOI":  "EC", "ALLEGATOI": "EC", "PRILOZHENIEI": "EC", "ПРИЛОЖЕНИЕI": "EC", "DUALUSEANNEX": "EC",
	"EUANNEXI": "EC",
	"USML":     "USML", "ITAR": "USML",
	"GSIN": "FSC", "FSC": "FSC", "PSC": "FSC", "NSN": "FSC", "NATOSTOCK": "FSC", "STOCKNATO": "FSC",
	"NATOSTOCKNUMBER": "FSC", "NIGP": "",
}

// paraguay is how the releases of one publisher name a catalogue that is built on UNSPSC.
const paraguay = "CATALOGODEPRODUCTOSBIENES"

func schemeOf(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if t, ok := schemeAlias[s]; ok {
		return t, true
	}
	key := strings.ToUpper(strings.ReplaceAll(foldString(s), " ", ""))
	if t, ok := schemeAlias[key]; ok {
		return t, true
	}
	if t, ok := schemeOfWords(foldString(s)); ok {
		return t, true
	}
	switch {
	case strings.HasPrefix(key, paraguay), strings.HasPrefix(key, "UNSPSC"):
		return "UNSPSC", true
	case strings.HasPrefix(key, "CPV") && !strings.Contains(key, "2003"):
		return "CPV", true // national editions of the vocabulary: "CPV-AM"; that of 2003 has other divisions
	}
	return "", false
}

// byCode adds what the code says.
func byCode(a *Assignment, scheme, code string) {
	if strings.IndexFunc(code, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		code = plainDigits(norm.NFKC.String(code))
	}
	code = strings.TrimSpace(code)
	kind, known := schemeOf(scheme)
	if !known {
		return
	}
	// "CPV:35120000-1", "HS 8471.70", "HS-8429": the scheme stands in the code.
	if i := strings.IndexAny(code, "0123456789"); i > 0 && kind != "EC" && kind != "USML" {
		if k, ok := schemeOf(strings.Trim(code[:i], " :.-_/#")); ok && (k == "CPV" || k == "UNSPSC" || k == "HS") {
			kind, code = k, strings.TrimSpace(code[i:])
		}
	}
	if kind == "" && entry(code) != nil {
		kind = "EC"
	}
	if kind == "" {
		if i := strings.IndexAny(code, ": "); i > 0 {
			if k, ok := schemeOf(code[:i]); ok && k != "" {
				kind, code = k, strings.TrimSpace(code[i+1:])
			}
		}
	}
	switch kind {
	case "CPV", "UNSPSC", "HS", "FSC":
		lookupAll(a, kind, code)
	case "EC":
		code = listed(scheme, code)
		if !strings.ContainsAny(code, ",;|/+&") && entry(code) != nil {
			controlledCode(a, code)
			return
		}
		read := false
		for _, c := range strings.FieldsFunc(code, func(r rune) bool { return strings.ContainsRune(",;|/+& ", r) }) {
			read = controlledCode(a, listed(scheme, c)) || read
		}
		a.Unlisted = a.Unlisted || !read && unreadEntry(code)
	case "USML":
		a.Unlisted = !usml(a, code) && unreadEntry(code)
	default:
		guess(a, code)
	}
}

// divisions are the first two digits that codes of a scheme begin with.
var divisions = buildDivisions()

func buildDivisions() map[string]map[string]bool {
	m := map[string]map[string]bool{}
	for _, r := range readTable("division.tsv") {
		scheme := r.fields["scheme"]
		if m[scheme] == nil {
			m[scheme] = map[string]bool{}
		}
		for _, d := range expand(r.fields["division"]) {
			m[scheme][d] = true
		}
	}
	return m
}

// above holds, for every scheme, the codes that stand above one of interest, with the capability
// classes below each, sorted: such a code does not say whether the thing is of interest.
var above = buildAbove()

func buildAbove() map[string]map[string][]string {
	m := map[string]map[string][]string{}
	for scheme, rules := range codeRules {
		m[scheme] = map[string][]string{}
		for key, c := range rules {
			if c.none() {
				continue
			}
			for n := 1; n < len(key); n++ {
				prefix := strings.TrimSuffix(key[:n], ".")
				m[scheme][prefix] = union(m[scheme][prefix], c.gives)
			}
		}
	}
	return m
}

// union returns the distinct words of both, sorted, and never nil.
func union(a, b []string) []string {
	out := slices.Concat([]string{}, a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// below returns the capability classes that a thing with these digits of a known scheme may have,
// none where nothing of interest stands below the code; known is false where the division does not exist.
func below(scheme, digits string) (may []string, known bool) {
	if len(digits) < 2 || !divisions[scheme][digits[:2]] {
		return nil, false
	}
	switch scheme {
	case "CPV":
		digits = trimZeros(digits, 1)
	case "UNSPSC":
		digits = trimZeros(digits, 2)
	}
	return above[scheme][digits], true
}

// narrow notes what the digits of a code say of a thing: what it is, or what it may be at most.
func (a *Assignment) narrow(scheme, digits string) {
	switch may, known := below(scheme, digits); {
	case !known:
	case len(may) == 0:
		a.Understood = true
	default:
		a.May = union(a.May, may)
	}
}

// guess reads a code without a scheme only where its shape leaves no doubt: an
// export-control entry, a CPV code with its check digit, or a code that stands in a table
// exactly so. The first digits of CPV and UNSPSC codes mean different things.
func guess(a *Assignment, code string) {
	if controlledCode(a, code) {
		return
	}
	if tariff(code) {
		lookup(a, "HS", code)
		return
	}
	digits, rest := leadingDigits(code)
	if len(digits) != 8 {
		return
	}
	if len(rest) == 2 && rest[0] == '-' {
		lookup(a, "CPV", code)
		return
	}
	if rest != "" && rest[0] != '-' {
		return
	}
	may, known := either(digits)
	switch {
	case known && len(may) == 0:
		a.Understood = true
	case known:
		a.May = may
	}
	if rest != "" {
		return
	}
	for _, scheme := range []string{"CPV", "UNSPSC"} {
		step := 1
		if scheme == "UNSPSC" {
			step = 2
		}
		if c := codeRules[scheme][trimZeros(digits, step)]; c != nil && c.full == digits && !c.none() {
			e := c.evidence(code)
			e.Note = strings.TrimPrefix(e.Note+"; read as "+scheme, "; ")
			a.add(e, c.gives, "")
			return
		}
	}
}

// tariff reports whether a code is written as codes of the Harmonized System are: 8429.52, 8429.52.10, 8429.52.10.00.
func tariff(code string) bool {
	for i, part := range strings.Split(code, ".") {
		want := 2
		if i == 0 {
			want = 4
		}
		if digits, rest := leadingDigits(part); rest != "" || len(digits) != want && (i < 2 || len(digits) != 4) {
			return false
		}
	}
	return strings.Count(code, ".") >= 1
}

// either returns what a thing may be of which the eight digits are a code of one of several schemes.
func either(digits string) (may []string, known bool) {
	for _, scheme := range []string{"CPV", "UNSPSC"} {
		if !divisions[scheme][digits[:2]] {
			continue
		}
		var a Assignment
		lookup(&a, scheme, digits)
		may = union(may, union(a.Capabilities, a.May))
		known = true
	}
	return may, known
}

func leadingDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

// lookup finds the longest row that is a prefix of the code.
func lookup(a *Assignment, scheme, code string) {
	digits, _ := leadingDigits(code)
	switch scheme {
	case "HS":
		digits = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, code)
	case "FSC":
		// Canada's GSIN puts letters before the federal supply class: N for goods, JX for repair.
		digits, _ = leadingDigits(strings.TrimLeft(code, "NJXWL"))
		if len(digits) < 4 {
			return
		}
	case "CPV", "UNSPSC":
		if len(digits) < 2 || len(digits) > 10 {
			return
		}
		digits = digits[:min(len(digits), 8)]
	}
	for n := len(digits); n >= 2; n-- {
		if c := codeRules[scheme][digits[:n]]; c != nil {
			if !c.none() {
				e := c.evidence(scheme + " " + code)
				a.add(e, c.gives, "")
			}
			if a.Understood = a.Understood || !c.none(); !a.Understood {
				a.narrow(scheme, digits)
			}
			return
		}
	}
	a.narrow(scheme, digits)
}

// controlledCode reads an entry of an export-control list: 5A001.j, 5.A.1.j, 5a001j,
// ML5.c, ML5c, PL5001. It reports whether the code has that shape.
func controlledCode(a *Assignment, code string) bool {
	parts := entry(code)
	if parts == nil {
		return false
	}
	for n := len(parts); n > 0; n-- {
		key := strings.Join(parts[:n], ".")
		c := codeRules["EC"][key]
		if c == nil && n == 1 && len(key) == 5 {
			// The 600 series of the US list is military; PL50 and PL90 are series of the UK list.
			switch {
			case key[2] == '6':
				c = codeRules["EC"]["x6xx"]
			case key[2:4] == "99":
				c = codeRules["EC"]["x99x"]
			}
		}
		if c == nil && n == 1 && strings.HasPrefix(key, "PL50") {
			c = codeRules["EC"]["PL50"]
		}
		if c == nil {
			continue
		}
		if c.none() {
			a.Understood = true
			return true
		}
		controlled := c.controlled
		if controlled != "" {
			controlled = strings.Join(parts[:max(n, min(2, len(parts)))], ".")
		}
		e := c.evidence(code)
		if e.Gives == c.controlled {
			e.Gives = controlled
		}
		a.add(e, c.gives, controlled)
		return true
	}
	// An entry that is not of interest here is under control all the same.
	a.HintsControl, a.Unlisted = true, true
	_, more := above["EC"][strings.Join(parts, ".")]
	a.Understood = a.Understood || !more
	return true
}

// entry splits an export-control code into its entry and paragraphs, nil when it is none.
func entry(code string) []string {
	s := strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case '.', ' ', '-', '(', ')', '/', '_', ':':
			return -1
		case 'А', 'а': // Cyrillic
			return 'A'
		case 'В', 'в':
			return 'B'
		case 'С', 'с':
			return 'C'
		case 'Е', 'е':
			return 'E'
		}
		return r
	}, code))
	var head, rest string
	switch {
	case strings.HasPrefix(s, "ML") || strings.HasPrefix(s, "PL"):
		d, r := leadingDigits(s[2:])
		n, err := strconv.Atoi(d)
		if err != nil || s[0] == 'M' && (n < 1 || n > 22) || s[0] == 'P' && len(d) != 4 {
			return nil
		}
		head, rest = s[:2]+strconv.Itoa(n), r
	case len(s) >= 3 && s[0] >= '0' && s[0] <= '9' && s[1] >= 'A' && s[1] <= 'E':
		d, r := leadingDigits(s[2:])
		n, err := strconv.Atoi(d)
		if err != nil || len(d) > 3 || len(d) == 2 && !strings.ContainsAny(code, ".") {
			return nil
		}
		d = strconv.Itoa(n)
		head, rest = s[:2]+strings.Repeat("0", 3-len(d))+d, r
	default:
		return nil
	}
	parts := []string{head}
	for rest != "" {
		if d, r := leadingDigits(rest); d != "" {
			parts, rest = append(parts, d), r
			continue
		}
		if rest[0] < 'A' || rest[0] > 'Z' || len(parts) > 8 {
			return nil
		}
		parts, rest = append(parts, strings.ToLower(rest[:1])), rest[1:]
	}
	return parts
}

// usml reads a category of the US Munitions List: "XI(b)", "Category XI", "121.1 XI(b)". It reports whether there is
// one.
func usml(a *Assignment, code string) bool {
	for _, w := range strings.FieldsFunc(strings.ToUpper(code), func(r rune) bool {
		return (r < 'A' || r > 'Z') &&
			r != '('
	}) {
		w, _, _ = strings.Cut(w, "(")
		if c := codeRules["USML"][w]; c != nil {
			a.add(c.evidence(code), c.gives, "USML "+w)
			return true
		}
	}
	return false
}

// Scheme is the classification scheme or control list that a word names ("hs", "cn_code", "ECCN"), as the tables
// write it; "" where it names none.
func Scheme(word string) string {
	if s, ok := schemeOf(word); ok && s != "" {
		return s
	}
	if head, found := strings.CutSuffix(strings.ToLower(word), "code"); found {
		if s, ok := schemeOf(strings.TrimRight(head, "_- ")); ok {
			return s
		}
	}
	return ""
}
