package capability

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/party"
)

// The classes of end users.
const (
	Civil        = "civil"
	Health       = "health"
	Emergency    = "emergency"
	Police       = "police"
	Prison       = "prison"
	Border       = "border"
	Military     = "military"
	Intelligence = "intelligence"
	Commercial   = "commercial" // a company, whomever it supplies
	Unknown      = "unknown"
)

// EndUserClasses lists the classes of end users.
var EndUserClasses = []string{
	Civil, Health, Emergency, Police, Prison, Border, Military, Intelligence, Commercial, Unknown,
}

// Security reports whether a class is police, prison, border, military or intelligence.
func Security(class string) bool {
	switch class {
	case Police, Prison, Border, Military, Intelligence:
		return true
	}
	return false
}

var (
	itemRules = lazily(func(r *rule, f row) {
		if t, ok := tellings[f.fields["capability"]]; ok {
			r.tells = t
			return
		}
		r.gives, r.controlled = classesOf(f.fields["capability"]), f.fields["controlled"]
	}, "item.tsv", "goods.tsv")
	endUserRules = lazily(func(r *rule, f row) {
		r.gives, r.beneath = classesOf(f.fields["class"]), f.fields["beneath"]
		r.rank, _ = strconv.Atoi(f.fields["rank"])
	}, "enduser.tsv", tradeTable)
	publicRules = lazily(func(r *rule, f row) {
		if f.fields["public"] == "yes" {
			r.gives = []string{"public body"}
		}
	}, "public.tsv")
	eitherRules = lazily(func(r *rule, _ row) { r.gives = []string{"either"} }, "either.tsv")
	statedClass = buildStated()
	legalForms  = buildForms()
	genericText = buildGeneric()
)

// lazily returns a ruleset that is compiled when it is first used.
func lazily(fill func(*rule, row), tables ...string) func() *ruleset {
	return sync.OnceValue(func() *ruleset { return newRuleset(fill, tables...) })
}

// buildStated maps what registers write in a class column to the classes.
func buildStated() map[string]string {
	m := map[string]string{}
	for _, c := range EndUserClasses {
		m[c] = c
	}
	for _, r := range readTable("stated.tsv") {
		m[foldString(r.fields["stated"])] = r.fields["class"]
	}
	return m
}

// A formPlace is where in a name a legal form counts as one.
type formPlace string

const (
	formAny   formPlace = "any"   // anywhere
	formEnd   formPlace = "end"   // as the last words
	formStart formPlace = "start" // as the first words
	formWeak  formPlace = "weak"  // as the last words, unless the name is that of a public body
	formSigns formPlace = "signs" // as all that stands within brackets: (주), (株)
)

func buildForms() map[string]formPlace {
	m := map[string]formPlace{}
	for _, r := range readTable("legalform.tsv") {
		for _, p := range expand(r.fields["form"]) {
			m[foldString(p)] = formPlace(r.fields["where"])
		}
	}
	return m
}

// Government reports whether a party is a public body: by its kind, or by its name unless
// the name carries the legal form of a company.
func Government(name string, kind party.Kind) bool {
	switch kind {
	case party.PublicBody:
		return true
	case party.Person, party.Vessel, party.Aircraft:
		return false
	}
	form, _ := legalForm(name)
	if form != "" && form != formWeak {
		return false
	}
	found, private := false, false
	publicRules().each(name, func(m match) {
		if publicRules().rules[m.rule].none() {
			private = true
			return
		}
		found = true
	})
	if private {
		return false
	}
	if found {
		return true
	}
	return Security(EndUser(name, "").Class)
}

// longestForm is how many words a legal form has at most; Han characters and Hangul
// syllables are a word each.
const longestForm = 8

// legalForm returns how a name carries the legal form of a company, "" when it does not, and
// how many letters the form has. What stands in brackets, or after "care of", is not the
// body itself, unless the brackets hold a legal form and nothing else.
func legalForm(name string) (formPlace, int) {
	if formInBrackets(name) {
		return formAny, shortForm + 1 // the brackets leave no doubt that it is one
	}
	var bytes [320]byte
	var spans [48]span
	f := fold(bytes[:0], spans[:0], ownName(name))
	n := len(f.words)
	found, letters := formPlace(""), 0
	for i := range n {
		for k := 1; k <= min(longestForm, n-i); k++ {
			if n == k {
				break // a name of nothing but a form
			}
			switch p := legalForms[string(f.bytes(i, i+k))]; {
			case p == formAny, p == formEnd && i+k == n, p == formStart && i == 0:
				return p, utf8.RuneCount(f.bytes(i, i+k))
			case p == formWeak && i+k == n:
				found, letters = p, utf8.RuneCount(f.bytes(i, i+k))
			}
		}
	}
	return found, letters
}

// formInBrackets reports whether brackets in a name hold a legal form and nothing else: (주), ㈜, (Ltd.).
func formInBrackets(name string) bool {
	if !strings.ContainsAny(name, "(（[㈜㈱㈲") {
		return false
	}
	for rest := norm.NFKC.String(name); ; {
		open := strings.IndexAny(rest, "([")
		if open < 0 {
			return false
		}
		rest = rest[open+1:]
		end := strings.IndexAny(rest, ")]")
		if end < 0 {
			return false
		}
		if p := legalForms[foldString(rest[:end])]; p == formAny || p == formSigns {
			return true
		}
		rest = rest[end+1:]
	}
}

// ownName cuts what stands in brackets, and what follows "c/o" or "via".
func ownName(name string) string {
	low := strings.ToLower(name)
	for _, cut := range []string{" c/o ", " via ", " supplied by ", " through "} {
		if i := strings.Index(low, cut); i > 0 && len(low) == len(name) {
			name, low = name[:i], low[:i]
		}
	}
	open := strings.IndexAny(name, "(（[")
	if open <= 0 {
		return name
	}
	end := strings.LastIndexAny(name, ")）]")
	if end < open {
		return name[:open]
	}
	_, n := utf8.DecodeRuneInString(name[end:])
	return name[:open] + " " + name[end+n:]
}

type generic struct{ prefix bool }

func buildGeneric() map[string]generic {
	m := map[string]generic{}
	for _, r := range readTable("generic.tsv") {
		for _, p := range expand(r.fields["text"]) {
			text, prefix := strings.CutSuffix(p, " …")
			m[foldString(text)] = generic{prefix}
		}
	}
	return m
}

// Generic reports whether an end user as written names nobody: empty, "n/a", "various",
// "Ministry", "Government of …", "to be confirmed", "confidential".
func Generic(endUser string) bool {
	f := fold(nil, nil, endUser)
	n := len(f.words)
	if n == 0 {
		return true
	}
	if n > 8 {
		return false
	}
	text := f.text(0, n)
	if _, ok := genericText[text]; ok {
		return true
	}
	// "Government of X" names a state and no body of it.
	for k := min(n-1, 5); k > 0; k-- {
		g, ok := genericText[f.text(0, k)]
		if !ok || !g.prefix || n-k > 5 {
			continue
		}
		class := EndUser(endUser, "").Class
		if class == Unknown || class == Civil {
			named := false
			publicRules().each(f.text(k, n), func(match) { named = true })
			return !named
		}
	}
	return false
}
