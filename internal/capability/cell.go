package capability

import (
	"slices"
	"strings"
	"unicode"
)

// codeWords are words that stand beside the name of a scheme and are no part of it: "Código CPV", "UNSPSC code", "CPV
// no.".
var codeWords = []string{
	"code", "codes", "codigo", "codice", "kod", "код", "номер", "number", "nummer", "no", "nr", "numero", "id", "رمز",
	"category", "class", "item", "eu", "us", "uk",
}

// schemeOfWords reads the name of a scheme that has words or a version beside it: "CPV-Code", "UNSPSC v26", "Código
// CPV".
func schemeOfWords(folded string) (string, bool) {
	if strings.Contains(folded, "2003") {
		return "", false // the vocabulary of 2003 has other divisions
	}
	kept := slices.DeleteFunc(strings.Fields(folded), func(w string) bool {
		digits, rest := leadingDigits(strings.TrimPrefix(w, "v"))
		return slices.Contains(codeWords, w) || digits != "" && rest == ""
	})
	t, ok := schemeAlias[strings.ToUpper(strings.Join(kept, ""))]
	return t, ok && len(kept) > 0
}

// plainDigits writes decimal digits of every script, and the Arabic decimal separator, as those of ASCII.
func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < unicode.MaxASCII:
			return r
		case r == '\u066b': // Arabic decimal separator
			return '.'
		case unicode.Is(unicode.Nd, r):
			for n := rune(1); n <= 10; n++ { // the ten digits of a script stand one after another
				if !unicode.Is(unicode.Nd, r-n) || n == 10 {
					return '0' + (n-1)%10
				}
			}
		}
		return r
	}, s)
}

// editions are the years of the editions of the Harmonized System and of the vocabulary that cells name before a code
// and that begin no heading: chapter 20 has the headings 2001 to 2009, chapter 19 those to 1905.
var editions = map[string][]string{
	"HS":  {"1988", "1992", "1996", "2012", "2017", "2022", "2027"},
	"CPV": {"2008"},
}

// withoutEdition cuts the year of an edition off a code: "2022:930630" is 930630.
func withoutEdition(scheme, code string) string {
	for _, year := range editions[scheme] {
		if rest, found := strings.CutPrefix(code, year); found && rest != "" && strings.ContainsRune(" :-/_",
			rune(rest[0])) {
			if digits, _ := leadingDigits(strings.TrimLeft(rest, " :-/_")); len(digits) >= 4 {
				return strings.TrimLeft(rest, " :-/_")
			}
		}
	}
	return code
}

// codesIn returns the codes of a cell that lists several, and the cell itself where it is one code. The digits of one
// code may stand in groups ("9306 30 90", "35.32.10.00-4"); so a text is parted at white space only between whole
// codes.
func codesIn(scheme, cell string) []string {
	least := map[string]int{"HS": 4, "CPV": 8, "UNSPSC": 8, "FSC": 4}[scheme]
	for _, marks := range []string{";|\n", ",", "/", " "} {
		parts := strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(marks, r) })
		if marks == " " && scheme == "HS" {
			least = 6
		}
		whole := func(p string) bool { return countDigits(p) >= least }
		if len(parts) < 2 || marks != ";|\n" && !slices.ContainsFunc(parts[1:], whole) || marks != ";|\n" &&
			!whole(parts[0]) {
			continue
		}
		var out []string
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" {
				out = append(out, codesIn(scheme, p)...)
			}
		}
		return out
	}
	return []string{cell}
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// grouped writes a code of eight digits that stands in groups as such: "35.32.10.00-4" is 35321000-4, "46-10-15-01" is
// 46101501.
func grouped(code string) string {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-", r) {
			return -1
		}
		return r
	}, code)
	if d, rest := leadingDigits(digits); rest == "" && (len(d) == 8 || len(d) == 9) {
		return d[:8]
	}
	return code
}

// lookupAll reads the codes of one cell. A cell of which one code is not known is not understood.
func lookupAll(a *Assignment, scheme, cell string) {
	groups := scheme == "CPV" || scheme == "UNSPSC"
	if !strings.ContainsAny(cell, ";|\n,/ ") && (!groups || strings.Count(cell, ".")+strings.Count(cell, "-") < 2) {
		lookup(a, scheme, withoutEdition(scheme, cell))
		return
	}
	codes := codesIn(scheme, cell)
	understood := true
	for _, code := range codes {
		var one Assignment
		if groups {
			code = grouped(code)
		}
		lookup(&one, scheme, withoutEdition(scheme, code))
		for _, c := range one.Evidence {
			a.add(c, one.Capabilities, "")
		}
		understood = understood && one.Understood
		if a.May = union(a.May, one.May); len(codes) > 1 && !one.Understood && one.May == nil {
			a.partUnread = true
		}
	}
	if a.Understood = understood; len(a.May) == 0 || a.partUnread {
		a.May = nil
	}
}

// notControlled are the words that a column of control entries has for goods on no list of dual-use or military goods:
// EAR99 is the basket of 15 CFR 734.3(c), NLR is "no licence required" of 15 CFR 758.1(g); the rest stands for an empty
// cell.
var notControlled = []string{"EAR99", "NLR", "NA", "NONE", "NIL", "NO", "KEINE", "NEIN", "AUCUN", "NON", "NINGUNO",
	"НЕТ", "NOTCONTROLLED", "UNCONTROLLED", "NOTLISTED", "0"}

// unreadEntry reports whether the text in a column of control entries is an entry that cannot be read.
func unreadEntry(code string) bool {
	key := strings.ToUpper(strings.Join(strings.FieldsFunc(code, func(r rune) bool {
		return !unicode.IsLetter(r) &&
			!unicode.IsDigit(r)
	}), ""))
	return key != "" && !slices.Contains(notControlled, key)
}

// listed writes an entry as its list numbers it where the column has the number alone: the munitions list's "13.c" is
// ML13.c, "5001" in a column of the UK's list is PL5001, and "0006" or "A 0006" of Part I Section A of the German list
// is ML6.
func listed(scheme, code string) string {
	if entry(code) != nil {
		return code
	}
	key := strings.ToUpper(strings.ReplaceAll(foldString(scheme), " ", ""))
	bare := strings.TrimSpace(strings.TrimPrefix(strings.ToUpper(code), "A"))
	digits, _ := leadingDigits(bare)
	switch german := key == "AL" || key == "AUSFUHRLISTE"; {
	case digits == "":
	case german && len(digits) == 4 && strings.HasPrefix(digits, "00"):
		return "ML" + strings.TrimLeft(bare, "0")
	case strings.Contains(key, "PL") || key == "UKML" || key == "UKSEL" || key == "SEL":
		if len(digits) == 4 {
			return "PL" + bare
		}
		return "ML" + bare
	case strings.HasSuffix(key, "ML") || strings.HasSuffix(key, "LIST"):
		return "ML" + bare
	}
	return code
}
