package record

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// legalForms are short forms of companies without points, as they end a name; a few begin it. They serve to tell a list
// of names from one name, not to compare names: package name has the whole lexicon.
var legalForms = words("gmbh mbh ggmbh ag kg ohg ug gbr se kgaa ek ev eg ltd limited llc llp lp plc inc incorporated " +
	"corp " +
	"corporation pty pte pvt private sa sas sarl sasu snc sca eurl sci sprl sc sl slu slp srl srls spa sapa scarl " +
	"scrl scpa coop " +
	"sac saci saic sacv sadecv sderldecv lda ltda unipessoal eireli epp me bv nv vof bvba cvba spzoo spj spk as aps " +
	"asa ab oy oyj " +
	"hb kb ans sro kft zrt nyrt bt doo dd ad ead eood ood ооо оао зао пао ао тов тзов ип пп ат сти sti ae epe ike αε " +
	"επε ικε " +
	"оод еоод ад еад kk gk sdnbhd bhd berhad tbk tnhh lte ltee is ks ps sia uab ou sarlau wll fzco fze fzllc jsc " +
	"pjsc ojsc cjsc co company " +
	"kommanditgesellschaft aktiengesellschaft aktiebolag anonim sirketi ticaret")

// formsBefore are legal forms that stand before a name.
var formsBefore = words("ооо оао зао пао ао тов тзов пп ат ип pt cv tov ooo oao zao pao sc")

// formSuffixes end a name in one word with it.
var formSuffixes = []string{"公司", "株式会社", "有限会社", "集团", "주식회사", "(주)", "㈜"}

// kins are words behind an "and" that are no name by themselves: sons, company, partners.
var kins = words("co cie company compania compagnie companhia sons son sohne sohn sohnes fils frere freres hijos " +
	"hijo " +
	"filhos filho irmaos hermanos figli figlio fratelli zonen zoon soner sonner synowie syn сыновья сын partners " +
	"partner partnere " +
	"associates associes asociados associados associati brothers bros gebruder tochter daughters cia ogullari " +
	"ogullari kardesler")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

var undecomposed = strings.NewReplacer("ß", "ss", "ł", "l", "ı", "i", "ø", "o", "æ", "ae", "œ", "oe", "đ", "d", "ё",
	"е")

// folded writes a text in lower case without accents and signs, with single blanks.
func folded(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(undecomposed.Replace(strings.ToLower(s))) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '.':
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '%':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(norm.NFC.String(b.String())), " ")
}

// mostForm is how many words of a text a legal form takes at most: "S. A. de C. V.".
const mostForm = 6

// withoutForm takes the legal form off the end of folded words and reports whether there was one.
func withoutForm(w []string) ([]string, bool) {
	for n := min(mostForm, len(w)); n > 0; n-- {
		if legalForms[strings.Join(w[len(w)-n:], "")] {
			return w[:len(w)-n], true
		}
	}
	return w, false
}

// hasForm reports whether a text ends with a legal form, or begins with one that stands before names, and has a name
// beside it.
func hasForm(s string) bool {
	for _, f := range formSuffixes {
		if strings.HasSuffix(s, f) && len(s) > len(f) {
			return true
		}
	}
	w := strings.Fields(folded(unbracketed(s)))
	if len(w) > 1 && formsBefore[w[0]] {
		return true
	}
	rest, ok := withoutForm(w)
	return ok && len(rest) > 0
}

// unbracketed takes brackets off the end of a text: "Orrin Optics GmbH (lead)".
func unbracketed(s string) string {
	s = strings.TrimSpace(s)
	if open := strings.LastIndexAny(s, "(["); open > 0 && strings.HasSuffix(s, ")") {
		return s[:open]
	}
	return s
}

// tailOnly reports whether a text is a legal form, or words that belong to the name before it, and nothing else.
func tailOnly(s string) bool {
	w := strings.Fields(folded(s))
	if len(w) == 0 {
		return true
	}
	for {
		rest, ok := withoutForm(w)
		if !ok {
			break
		}
		w = rest
	}
	for _, x := range w {
		if !kins[x] && !ands[x] && x != "de" {
			return false
		}
	}
	return true
}

// kinFirst reports whether a text begins with a word that belongs to the name before it: "Söhne GmbH".
func kinFirst(s string) bool {
	w := strings.Fields(folded(s))
	return len(w) > 0 && kins[w[0]]
}

// selfStanding reports whether a text is a name by itself: two words, or one with a legal form.
func selfStanding(s string) bool { return hasForm(s) || len(strings.Fields(s)) > 1 }

// MayName reports whether a text looks like the name of a body: it has a legal form, or two to eight words that begin
// with capitals, and no numbers.
func MayName(s string) bool {
	w := strings.Fields(s)
	if hasForm(s) && len(w) <= 2*mostWords {
		return true
	}
	if len(w) < 2 || len(w) > mostWords || strings.ContainsAny(s, "0123456789@") {
		return false
	}
	for _, x := range w {
		if r := []rune(x)[0]; unicode.IsLower(r) && !ands[x] && x != "of" && x != "de" && x != "du" && x != "der" {
			return false
		}
	}
	return unicode.IsUpper([]rune(w[0])[0])
}
