package signal

import (
	"strings"
	"unicode"
)

// genericEndUsers are answers to "who is the end user?" that name nobody (RF-01). A list of
// words, not of countries or languages: each means the same in every register.
var genericEndUsers = map[string]bool{
	"": true, "various": true, "several": true, "multiple": true, "miscellaneous": true, "mixed": true, "many": true,
	"n a": true, "na": true, "nil": true, "none": true, "null": true, "tbd": true, "tbc": true, "tba": true, "unknown": true,
	"not stated": true, "not known": true, "not applicable": true, "not disclosed": true, "undisclosed": true, "unspecified": true,
	"to be determined": true, "to be confirmed": true, "to be advised": true, "confidential": true, "classified": true,
	"secret": true, "redacted": true, "withheld": true, "restricted": true, "anonymous": true, "private": true,
	"end user": true, "enduser": true, "user": true, "users": true, "customer": true, "client": true, "government": true,
	"government customer": true, "government agency": true, "government body": true, "government entity": true,
	"public sector": true, "public authority": true, "public body": true, "state": true, "state body": true, "authority": true,
	"authorities": true, "agency": true, "agencies": true, "ministry": true, "ministries": true, "department": true,
	"departments": true, "the ministry": true, "security forces": true, "armed forces": true, "various agencies": true,
	"various bodies": true, "various ministries": true, "various end users": true, "various customers": true,
	"multiple end users": true, "several agencies": true, "other": true, "others": true, "see contract": true, "see annex": true,
	"as per contract": true, "end customer": true, "final customer": true, "final user": true, "x": true, "xx": true, "xxx": true,
	"divers": true, "diverses": true, "verschiedene": true, "varios": true, "vários": true, "plusieurs": true, "vari": true,
	"inconnu": true, "desconocido": true, "desconhecido": true, "unbekannt": true, "gobierno": true, "governo": true,
	"gouvernement": true, "regierung": true, "ministère": true, "ministerio": true, "ministério": true, "ministerium": true,
	"різні": true, "невідомо": true, "різне": true, "разные": true, "неизвестно": true, "متعدد": true, "غير معروف": true,
	"多个": true, "多個": true, "未知": true, "各種": true, "不明": true,
}

// Generic reports whether an end user as written names nobody: empty, "various",
// "Ministry", "Government of X".
func Generic(s string) bool {
	s = plainWords(s)
	if genericEndUsers[s] {
		return true
	}
	s = strings.TrimPrefix(s, "the ")
	for _, p := range []string{"government of ", "govt of ", "gov of ", "state of ", "republic of "} {
		// "Government of X" names no body; "Government of X Water Board" does.
		if rest, ok := strings.CutPrefix(s, p); ok && len(strings.Fields(strings.TrimPrefix(rest, "the "))) <= 2 {
			return true
		}
	}
	return genericEndUsers[s]
}

// plainWords folds case, drops marks other than letters and digits, and joins words with one blank.
func plainWords(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}

// urgentStems are beginnings of words that give urgency as the ground of a procurement
// method (Directive 2014/24/EU art. 32(2)(c) and its like), in the languages of the
// registers that are read.
var urgentStems = []string{
	"urgen", "emergenc", "dringend", "dringlich", "eilbed", "spoed", "terminow", "pilna", "pilne", "pilny",
	"невідкладн", "терміново", "термінов", "нагальн", "срочн", "неотложн", "экстренн", "հրատապ", "անհետաձգելի", "عاجل", "طارئ",
	"緊急", "紧急", "긴급", "acil", "επείγ", "κατεπείγ", "kiireell", "hitna", "hitno",
}

func urgentGround(rationale string) bool {
	for _, w := range strings.Fields(plainWords(rationale)) {
		for _, stem := range urgentStems {
			if strings.HasPrefix(w, stem) || len(stem) > 5 && stem[0] > 0xe0 && strings.Contains(w, stem) {
				return true
			}
		}
	}
	return false
}

// Security reports whether an end-user class is police, prison, border, military or intelligence.
func Security(class string) bool {
	switch class {
	case "police", "prison", "border", "military", "intelligence":
		return true
	}
	return false
}
