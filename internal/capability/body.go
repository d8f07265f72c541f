package capability

import (
	"slices"
	"strings"
)

// A Body is what kind of body an end user is, and how that is known.
type Body struct {
	Class         string // the class that counts, one of [EndUserClasses]
	Evidence      string // what gives the class, "" for [Unknown]
	Stated        string // the class as the record states it, without blanks around it
	StatedClass   string // what the stated word means, "" when none is stated or it is not understood
	StatedUnknown bool   // a class is stated and its word is not understood
	NameClass     string // what the names alone say
	Contradiction bool   // the stated class is laxer than what the names say
	Either        bool   // a civil class is stated for what is police in some states and administration in others
	Beneath       string // security class of the body that an exempt one belongs to: an army hospital
	Understood    bool   // false: neither a name nor the statement tells what kind of body this is
}

// EndUser returns what kind of body an end user is. A stated class counts when its word is
// known, unless it is laxer than what the name says: then the name counts, and Contradiction
// is true. A ministry of the interior commands the police in some states and is plain administration in
// others (either.tsv): its name alone is police, and with a civil class stated its class is not known, so
// that nothing is cleared and nobody is said to have stated a wrong class. The first of the names that tells something
// decides; a further one that names a security body outweighs an earlier one that names none.
//
// The function of a body weighs more than whom it belongs to: a hospital of the armed
// forces is health, an emergency call centre of the police is emergency, with Beneath saying
// to whom it belongs. A company is commercial, whomever it supplies.
func EndUser(name, stated string, aliases ...string) Body {
	b := Body{Stated: strings.TrimSpace(stated)}
	byName := nameBody(name)
	for _, alias := range aliases {
		if Security(byName.class) {
			break
		}
		if x := nameBody(alias); byName.class == Unknown || Security(x.class) {
			byName = x
		}
	}
	b.NameClass, b.Class, b.Evidence, b.Beneath = byName.class, byName.class, byName.evidence, byName.beneath
	if b.Stated != "" {
		b.StatedClass = statedMeaning(b.Stated)
		b.StatedUnknown = b.StatedClass == ""
	}
	switch said := "stated: " + b.Stated; {
	case b.StatedClass == "" || b.StatedClass == Unknown:
	case b.NameClass == Police && b.StatedClass == Civil && eitherName(append([]string{name}, aliases...)):
		b.Either, b.Class = true, Unknown
		b.Evidence = "police in some states and administration in others (either.tsv); stated: " + b.Stated
	case Security(b.NameClass) && !Security(b.StatedClass):
		b.Contradiction = true
		b.Evidence += "; stated otherwise: " + b.Stated
	case b.NameClass == Commercial && b.StatedClass == Civil:
		// A company is a civil body in the common sense of the word.
	case Security(b.StatedClass) && b.Beneath != "":
		// "Army hospital", stated as military: whom it belongs to, not what it does.
		b.Evidence += "; " + said
	default:
		b.Class, b.Evidence = b.StatedClass, said
		if Security(b.Class) {
			b.Beneath = ""
		}
	}
	b.Understood = b.Class != Unknown
	return b
}

// eitherName reports whether all that makes a security body of names is the name of a ministry that is police in
// some states and administration in others: "Ministry of the Interior", and not its police directorate.
func eitherName(names []string) bool {
	found := false
	for _, name := range names {
		f := fold(nil, nil, name)
		rest := make([]bool, len(f.words)) // words of the ministry
		eitherRules().each(name, func(m match) {
			found = true
			for i := m.from; i < m.to; i++ {
				rest[i] = true
			}
		})
		var others []string
		for i := range f.words {
			if !rest[i] {
				others = append(others, f.text(i, i+1))
			}
		}
		if Security(nameBody(strings.Join(others, " ")).class) {
			return false
		}
	}
	return found
}

// What a name alone says.
type named struct{ class, evidence, beneath string }

// rankFunction is the rank from which on a rule of enduser.tsv names what a body does,
// whomever it belongs to.
const rankFunction = 7

func nameBody(name string) named {
	var bytes [320]byte
	var spans [48]span
	var buf [32]match
	f := fold(bytes[:0], spans[:0], name)
	found := endUserRules().find(&f, buf[:0])
	best, bestRank, bestLen := match{}, -1, int32(0)
	owner, ownerRank, head := "", -1, int32(0)
	var parts [4]match // what may make this a body of a security body: its library, its club
	nparts, ownerFrom := 0, int32(0)
	trade := false // a word of a trade beside it: a restaurant, a workshop
	endUserRules().valid(found, func(m match) {
		r := &endUserRules().rules[m.rule]
		if r.none() || r.table == tradeTable && len(f.words) == 1 && len(f.buf) <= shortTrade {
			return
		}
		trade = trade || r.gives[0] == Commercial
		if Security(r.gives[0]) && r.rank > ownerRank {
			owner, ownerRank, ownerFrom, head = r.gives[0], r.rank, m.from, m.to
		}
		if r.beneath == ownerAfter || r.beneath == ownerBefore {
			if nparts < len(parts) {
				parts[nparts] = m
				nparts++
			}
			return
		}
		if r.rank >= rankFunction && !Security(r.gives[0]) && streetWords[wordAt(&f, m.to)] {
			return // "Museum Road Police Station" is no museum
		}
		if n := m.to - m.from; r.rank > bestRank || r.rank == bestRank && n > bestLen {
			if ownerRank >= 0 && r.rank >= rankFunction && !Security(r.gives[0]) && ofOnly(&f, head, m.from) {
				return // "Border Guard Service of the Ministry of Emergency Situations" is the border guard
			}
			best, bestRank, bestLen = m, r.rank, n
		}
	})
	for _, p := range parts[:nparts] {
		r := &endUserRules().rules[p.rule]
		if bestRank >= 0 && r.rank >= bestRank && partOf(&f, r, p, ownerFrom, head, ownerRank >= 0,
			within(found) != "") {
			best, bestRank, bestLen = p, r.rank, p.to-p.from
			break
		}
	}
	form, weight := legalForm(name)
	company := named{Commercial, "the name carries the legal form of a company (legalform.tsv)", ""}
	if bestRank < 0 {
		if form != "" {
			return company
		}
		return named{Unknown, "", ""}
	}
	r := &endUserRules().rules[best.rule]
	class := r.gives[0]
	if form != "" && class != Health && (form != formWeak || class == Commercial) {
		// A company that supplies the police is not the police. Two letters at the end of what is
		// otherwise the full name of a security body are no proof of one, unless a trade is named as well.
		if !Security(class) || weight > shortForm || bestLen < 2 || trade {
			return company
		}
	}
	n := named{class, r.evidence(f.text(int(best.from), int(best.to))).String(), ""}
	if !Security(class) && class != Commercial && bestRank >= rankFunction && r.beneath != noOwner {
		n.beneath = owner
		if owner == "" {
			n.beneath = within(found)
		}
	}
	return n
}

// Marks in the column beneath of enduser.tsv: the rule speaks of bodies of security bodies and of no others. The words
// for those stand after it (Museo de la Policía), or before it (Police Academy Library).
const (
	ownerAfter  = "+"
	ownerBefore = "+last"
)

// partOf reports whether the words of p name a body that belongs to the security body of which the words are
// from..to: a library, a club, and not a street or a quarter in which that body has a house.
func partOf(f *folder, r *rule, p match, from, to int32, owner, inside bool) bool {
	switch {
	case streetWords[wordAt(f, p.to)], streetWords[wordAt(f, p.from-1)]:
		return false
	case !owner:
		return inside
	case from < p.to && p.from < to: // one word for both: Polizeibibliothek
		return true
	case r.beneath == ownerAfter:
		return p.to <= from
	}
	return p.from >= to || ofWords[wordAt(f, p.to)]
}

// wordAt returns word i of a text, "" where there is none.
func wordAt(f *folder, i int32) string {
	if i < 0 || int(i) >= len(f.words) {
		return ""
	}
	return string(f.word(int(i)))
}

// streetWords stand before or after the name of a street or a place.
var streetWords = map[string]bool{
	"street": true, "st": true, "road": true, "rd": true, "lane": true, "avenue": true, "ave": true, "square": true,
	"hill":  true,
	"drive": true, "gate": true, "quarter": true, "strasse": true, "platz": true, "weg": true,
	"straat": true, "plein": true, "rue": true, "place": true, "quartier": true, "calle": true, "avenida": true,
	"plaza":  true,
	"barrio": true, "rua": true, "praca": true, "via": true, "piazza": true, "ulica": true, "ul": true, "улица": true,
	"ул":     true,
	"вулиця": true, "вул": true, "sokak": true, "caddesi": true, "cad": true, "شارع": true, "حي": true, "רחוב": true,
	"خیابان": true,
}

// noOwner in the column beneath of enduser.tsv: words for a security body in the phrase name none.
const noOwner = "-"

// within returns the security class that words inside longer matches name: "military" of
// "military court of appeal".
func within(found []match) string {
	class, rank := "", -1
	for _, x := range found {
		r := &endUserRules().rules[x.rule]
		if r.none() || !Security(r.gives[0]) || r.rank <= rank ||
			endUserRules().masked(found, x) || r.parts > 1 && !endUserRules().complete(found, x) {
			continue
		}
		class, rank = r.gives[0], r.rank
	}
	return class
}

// A single short word of trade.tsv ("steel") is as well a code name.
const (
	tradeTable = "trade.tsv"
	shortTrade = 9 // bytes, with the blank that ends a word
)

// shortForm is how many letters a legal form has that may be any abbreviation.
const shortForm = 2

// ofWords are the words between a body and another one that it belongs to, not names.
var ofWords = map[string]bool{
	"of": true, "the": true, "de": true, "la": true, "le": true, "les": true, "l": true, "d": true, "du": true,
	"des": true,
	"del": true, "el": true, "los": true, "las": true, "da": true, "do": true, "dos": true, "das": true, "di": true,
	"della": true, "dello": true, "dell": true, "dei": true, "delle": true, "van": true, "het": true, "der": true,
	"fur": true, "im": true, "ministry": true, "department": true, "ministere": true, "ministerio": true,
	"ministero": true, "ministerul": true, "ministerului": true, "ministerstwa": true, "ministerstva": true,
	"министерства": true, "министерство": true, "міністерства": true, "служба": true, "service": true, "services": true,
	"corps": true, "general": true, "وزاره": true,
}

// ofOnly reports whether only such words stand between two words of a name, and at least one.
func ofOnly(f *folder, from, to int32) bool {
	for i := from; i < to; i++ {
		if !ofWords[string(f.word(int(i)))] {
			return false
		}
	}
	return from < to
}

// strictness orders the classes that one stated cell may name: "Public sector / Police" is police.
var strictness = []string{Unknown, Civil, Health, Emergency, Commercial, Prison, Police, Border, Military, Intelligence}

// statedMeaning returns the class that a stated word or phrase stands for, "" for none:
// "Government" alone is no class.
func statedMeaning(stated string) string {
	if c, ok := statedClass[stated]; ok {
		return c
	}
	if c, ok := statedClass[foldString(stated)]; ok {
		return c
	}
	found := ""
	for _, piece := range strings.FieldsFunc(stated, func(r rune) bool {
		return strings.ContainsRune("-–—/|,;:&+()[]>_.，、／・", r)
	}) {
		c, ok := statedClass[foldString(piece)]
		if !ok {
			c = nameBody(piece).class
		}
		if c != "" && c != Unknown && slices.Index(strictness, c) > slices.Index(strictness, found) {
			found = c
		}
	}
	if whole := nameBody(stated).class; found == "" || Security(whole) {
		if whole != Unknown {
			found = whole
		}
	}
	return found
}
