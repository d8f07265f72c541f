package book

import (
	"strings"
	"unicode"
)

// urgentStems are beginnings of words that give urgency as the ground of a procurement
// method (Directive 2014/24/EU art. 32(2)(c) and its like), in the languages of the
// registers that are read.
var urgentStems = []string{
	"urgen", "emergenc", "dringend", "dringlich", "eilbed", "spoed", "terminow", "pilna", "pilne", "pilny",
	"невідкладн", "терміново", "термінов", "нагальн", "срочн", "неотложн", "экстренн", "հրատապ", "անհետաձգելի", "عاجل",
	"طارئ",
	"緊急", "紧急", "긴급", "acil", "επείγ", "κατεπείγ", "kiireell", "hitna", "hitno",
}

func urgentGround(rationale string) bool {
	for _, w := range strings.Fields(PlainWords(rationale)) {
		for _, stem := range urgentStems {
			if strings.HasPrefix(w, stem) || len(stem) > 5 && stem[0] > 0xe0 && strings.Contains(w, stem) {
				return true
			}
		}
	}
	return false
}

// PlainWords folds case, drops marks other than letters and digits, and joins words with one blank.
func PlainWords(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}
