package capability

import (
	"strconv"
	"strings"

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
	Unknown      = "unknown"
)

// EndUserClasses lists the classes of end users.
var EndUserClasses = []string{Civil, Health, Emergency, Police, Prison, Border, Military, Intelligence, Unknown}

// Security reports whether a class is police, prison, border, military or intelligence.
func Security(class string) bool {
	switch class {
	case Police, Prison, Border, Military, Intelligence:
		return true
	}
	return false
}

var (
	itemRules = newRuleset("item.tsv", readTable("item.tsv"), func(r *rule, f row) {
		r.gives, r.controlled = classesOf(f.fields["capability"]), f.fields["controlled"]
	})
	endUserRules = newRuleset("enduser.tsv", readTable("enduser.tsv"), func(r *rule, f row) {
		r.gives = classesOf(f.fields["class"])
		r.rank, _ = strconv.Atoi(f.fields["rank"])
	})
	publicRules = newRuleset("public.tsv", readTable("public.tsv"), func(r *rule, f row) {
		if f.fields["public"] == "yes" {
			r.gives = []string{"public body"}
		}
	})
	statedClass = buildStated()
	legalForms  = buildWords("legalform.tsv", "form")
	genericText = buildGeneric()
)

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

func buildWords(table, column string) map[string]string {
	m := map[string]string{}
	for _, r := range readTable(table) {
		for _, p := range expand(r.fields[column]) {
			m[foldString(p)] = r.fields["where"]
		}
	}
	return m
}

// EndUserClass returns what kind of body an end user is, and what says so. A stated class
// wins when it is one of [EndUserClasses] or a known word for one. The name decides
// otherwise; "unknown" with no evidence means that nothing says it.
//
// The function of a body weighs more than whom it belongs to: a hospital of the armed
// forces is health, an emergency call centre of the police is emergency.
func EndUserClass(name, stated string) (class, evidence string) {
	if s := strings.TrimSpace(stated); s != "" {
		c, ok := statedClass[s]
		if !ok {
			c, ok = statedClass[foldString(s)]
		}
		if ok && c != Unknown {
			return c, "stated: " + s
		}
	}
	best, bestRank, bestLen := match{}, -1, int32(0)
	endUserRules.each(name, func(m match) {
		r := &endUserRules.rules[m.rule]
		if r.none() {
			return
		}
		if n := m.to - m.from; r.rank > bestRank || r.rank == bestRank && n > bestLen {
			best, bestRank, bestLen = m, r.rank, n
		}
	})
	if bestRank < 0 {
		return Unknown, ""
	}
	r := &endUserRules.rules[best.rule]
	if r.gives[0] != Health && legalForm(name) {
		// A company that supplies the police is not the police.
		return Unknown, ""
	}
	return r.gives[0], r.evidence(best.text).String()
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
	if legalForm(name) {
		return false
	}
	found, private := false, false
	publicRules.each(name, func(m match) {
		if publicRules.rules[m.rule].none() {
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
	class, _ := EndUserClass(name, "")
	return Security(class)
}

// longestForm is how many words a legal form has at most; Han characters are a word each.
const longestForm = 6

// legalForm reports whether a name carries the legal form of a company, at its end or
// start. Forms that are no other word count anywhere: "ACME S.A. de C.V. Branch".
func legalForm(name string) bool {
	var bytes [320]byte
	var spans [48]span
	f := fold(bytes[:0], spans[:0], name)
	n := len(f.words)
	for k := min(longestForm, n-1); k > 0; k-- {
		switch legalForms[string(f.bytes(n-k, n))] {
		case "end", "any":
			return true
		}
		switch legalForms[string(f.bytes(0, k))] {
		case "start", "any":
			return true
		}
	}
	for i := 1; i < n; i++ {
		if legalForms[string(f.word(i))] == "any" {
			return true
		}
	}
	return false
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
		class, _ := EndUserClass(endUser, "")
		if class == Unknown || class == Civil {
			named := false
			publicRules.each(f.text(k, n), func(match) { named = true })
			return !named
		}
	}
	return false
}
