package record

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Forms of bidding as one, folded as [folded] does. Usual words of tender notices; from memory.
var (
	// before the names
	groupWords = []string{
		"consortium of companies", "consortium", "joint venture company", "joint venture", "jointventure", "jv", "ijv",
		"temporary association", "temporary joint venture", "grouping of companies", "grouping",
		"arge", "arbeitsgemeinschaft", "bietergemeinschaft", "bewerbergemeinschaft", "biege", "konsortium",
		"groupement momentane d entreprises", "groupement d entreprises solidaires", "groupement d entreprises",
		"groupement conjoint", "groupement solidaire", "groupement momentane", "groupement", "gme",
		"union temporal de empresas", "union temporal", "ute", "consorcio", "agrupacion temporal",
		"agrupamento de empresas", "agrupamento", "consorcio de empresas",
		"raggruppamento temporaneo di imprese", "raggruppamento temporaneo di professionisti",
		"raggruppamento temporaneo", "associazione temporanea di imprese", "associazione temporanea", "rti", "rtp",
		"ati", "costituendo rti", "costituenda ati", "consorzio ordinario",
		"konsorcjum firm", "konsorcjum", "konsorcium", "konzorcium", "konzorcij", "konzorcijum", "sdruzeni",
		"zdruzenie", "skupina dodavatelu", "zajednica ponuditelja", "grupa ponudaca", "kozos ajanlattevok",
		"asocierea", "asociere", "asocierii", "consortiul", "consortiu",
		"консорциум", "консорціум", "группа лиц", "обединение", "дззд", "объединение участников", "об єднання",
		"combinatie", "bouwcombinatie", "tijdelijke handelsvereniging", "tijdelijke maatschap", "thv", "tm",
		"is ortakligi", "ortak girisim", "ortak girisimi", "konsorsiyum", "konsorsiyumu",
		"konsortiet", "konsortie", "arbeidsfellesskap", "arbeidsfellesskapet", "ryhmittyma", "tyoyhteenliittyma",
		"konsortsium", "konsorsium", "kso", "lien danh", "κοινοπραξια", "ενωση εταιρειων", "ενωση οικονομικων φορεων",
		"ائتلاف", "تحالف", "كونسورتيوم", "مشروع مشترك", "کنسرسیوم", "مشارکت",
	}
	// behind the names
	groupEnds = []string{"joint venture", "jv", "consortium", "konsortium", "konsorcjum", "konsorsiyumu", "konsorsiyum",
		"is ortakligi", "ortak girisimi", "ortak girisim", "arge", "ute", "rti", "ati", "consorcio", "groupement",
		"combinatie", "консорциум", "консорціум", "konzorcium"}
	// behind the names, written in one with them
	groupSuffixes = []string{"联合体", "聯合體", "联营体", "聯營體", "共同企業体", "共同企业体", "ＪＶ", "컨소시엄", "공동수급체"}
	// before the names, written in one with them
	groupPrefixes = []string{"联合体", "聯合體", "共同企業体", "컨소시엄", "공동수급체"}
	// between the form and the names
	groupOf = []string{"of the companies", "of companies", "of", "between", "among", "consisting of", "made up of",
		"formed by", "bestehend aus", "aus", "von", "der firmen", "zwischen", "forme de", "forme par", "compose de",
		"compose des", "constitue de", "constitue par", "entre", "formada por", "formado por", "compuesta por",
		"compuesto por", "integrada por", "integrado por", "composto por", "constituido por", "tra", "fra",
		"composta da", "composto da", "costituito da", "costituita da", "formato da", "w skladzie", "miedzy", "firm",
		"в составе", "у складі", "в складі", "между", "bestaande uit", "tussen", "van", "mellem", "mellan",
		"bestaende av",
		"bestaaende af", "ve slozeni", "formata din", "dintre", "بين", "من", "μεταξυ", "των"}
)

// letters are short forms that may stand for anything: with them two members at least must be named.
var letters = words("jv ijv ati rti rtp tm thv kso gme biege дззд")

// A groupRead is a group and whom the text names in it.
type groupRead struct {
	members []string
	said    bool // a word or a colon says that what follows are the members
}

// firstWords and lastWords are the words with which forms of groups begin and end.
var firstWords, lastWords = edges(groupWords, 0), edges(groupEnds, -1)

func edges(phrases []string, at int) map[string]bool {
	m := map[string]bool{}
	for _, p := range phrases {
		w := strings.Fields(folded(p))
		m[w[(len(w)+at)%len(w)]] = true
	}
	return m
}

// mayName reports whether the first word of a text, or its last, is one of a form: few texts need more to be looked at.
func mayName(text string) bool {
	end := strings.IndexAny(text, " :(-–'’")
	if end < 0 {
		end = len(text)
	}
	return firstWords[folded(text[:end])] || strings.HasSuffix(text, ")") ||
		lastWords[folded(text[strings.LastIndexByte(text, ' ')+1:])]
}

// group reads a text that names a group by its form, before or behind the names or in brackets behind them.
func group(text string) (groupRead, bool) {
	for _, p := range groupPrefixes {
		if rest, ok := strings.CutPrefix(text, p); ok {
			return membersOf(strings.TrimLeft(rest, " :：")), true
		}
	}
	for _, p := range groupSuffixes {
		if rest, ok := strings.CutSuffix(text, p); ok && rest != "" {
			return membersOf(rest), true
		}
	}
	if !mayName(text) {
		return groupRead{}, false
	}
	if n := phraseAt(text, groupWords); n > 0 {
		rest := strings.TrimSpace(text[n:])
		said := false
		if r, size := utf8.DecodeRuneInString(rest); r == ':' || r == '：' {
			rest, said = strings.TrimSpace(rest[size:]), true
		}
		if k := phraseAt(rest, groupOf); k > 0 {
			rest, said = strings.TrimSpace(strings.TrimLeft(rest[k:], " :")), true
		} else if r, size := utf8.DecodeRuneInString(rest); r == '-' || r == '–' {
			rest = strings.TrimSpace(rest[size:])
		}
		g := inGroup(rest, said)
		if len(g.members) > 1 {
			return g, true
		}
		if !said || !hasForm(rest) {
			g.members = nil
		}
		// A company that is called so has a legal form of its own; letters may stand for anything.
		return g, len(g.members) > 0 || !hasForm(text) && !letters[folded(text[:n])]
	}
	if before, inner, ok := bracket(text); ok && slices.Contains(groupWords, folded(inner)) {
		return membersOf(before), true
	}
	words := strings.Fields(text)
	for n := min(3, len(words)-1); n > 0; n-- {
		if slices.Contains(groupEnds, folded(strings.Join(words[len(words)-n:], " "))) {
			end := folded(strings.Join(words[len(words)-n:], " "))
			g := inGroup(strings.Join(words[:len(words)-n], " "), false)
			return g, len(g.members) > 1 || !letters[end] && end != "arge" && end != "ute"
		}
	}
	return groupRead{}, false
}

// inGroup reads the names of a group: those in brackets behind its own name, else those in what follows its form.
func inGroup(rest string, said bool) groupRead {
	if _, inner, ok := bracket(rest); ok {
		if n := phraseAt(inner, groupOf); n > 0 {
			inner = strings.TrimLeft(inner[n:], " :")
		}
		if g := membersOf(inner); len(g.members) > 1 {
			return g
		}
	}
	if head, list, ok := strings.Cut(rest, ": "); ok && !slices.Contains(leads, folded(head)) && len(apart(head)) == 0 {
		rest, said = list, true // the group's own name stands before the members
	}
	g := membersOf(rest)
	if !said {
		g.members = apart(rest)
	}
	g.said = said
	return g
}

// bracket cuts off the brackets that end a text.
func bracket(s string) (before, inner string, ok bool) {
	last, size := utf8.DecodeLastRuneInString(s)
	open, ok := map[rune]rune{')': '(', ']': '[', '）': '（'}[last]
	if !ok {
		return s, "", false
	}
	depth := 0
	for i := len(s); i > 0; {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
		switch r {
		case last:
			depth++
		case open:
			if depth--; depth == 0 && i > 0 {
				return s[:i], s[i+n : len(s)-size], true
			}
		}
	}
	return s, "", false
}

// membersOf cuts what is known to be a list of members at every sign for one.
func membersOf(text string) groupRead {
	return groupRead{members: memberNames(text, func(_, _, _ string) bool { return true })}
}

// apart cuts what follows the form of a group, which may be the group's own name: at strokes, dashes and commas, and at
// words for "and" only between names of two words or with legal forms ("ARGE Wasser und Abwasser" has none).
func apart(text string) []string {
	out := memberNames(text, func(left, right, sep string) bool {
		if w := strings.TrimSpace(sep); ands[w] && w != "&" && w != "+" {
			return selfStanding(left) && selfStanding(right)
		}
		return true
	})
	if len(out) < 2 {
		return nil
	}
	return out
}

// memberNames cuts at every sign that may part members and drops what says no name: shares, roles and lots.
func memberNames(text string, ok func(left, right, sep string) bool) (out []string) {
	border := func(s string, i int) int {
		for _, at := range []sign{comma, stroke, dash, and, dot} {
			if n := at(s, i); n > 0 {
				return n
			}
		}
		if strings.IndexByte(strongSigns, s[i]) >= 0 {
			return 1
		}
		return 0
	}
	pieces := cut(text, border, func(left, right, sep string) bool {
		return !tailOnly(right) && !kinFirst(right) && ok(left, right, sep)
	})
	for _, p := range pieces {
		if p = memberName(p); utf8.RuneCountInString(p) > 1 && !lot.MatchString(folded(p)) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

var (
	share = regexp.MustCompile(`[\s(\[]*\b\d{1,3}(?:[.,]\d+)?\s*%[)\]]?\s*$`)
	lot   = regexp.MustCompile(`^(?:lots?|los|lose|lote|lotes|lotto|lotti|partie|czesc|zadanie|phase|fase|лот|лоты|perceel|kisim|part|section|package)\s*(?:no|nr|n)?\s*[0-9ivx]{1,4}$`)
)

// leads are words for the part that a member has in a group.
var leads = []string{"lead", "leader", "lead partner", "lead member", "lead bidder", "leading", "member", "partner",
	"federfuhrer", "federfuhrend", "federfuhrung", "konsortialfuhrer", "kaufmannische leitung", "mitglied",
	"chef de file", "mandataire", "mandataire solidaire", "cotraitant", "co traitant", "pilote", "lider", "socio",
	"miembro", "integrante",
	"mandataria", "mandante", "capogruppo", "capofila", "lider konsorcjum", "partner konsorcjum", "czlonek konsorcjum",
	"лидер", "участник", "учасник", "penvoerder", "pilot ortak", "ozel ortak", "牵头人", "牵头方", "成员", "成员单位", "代表者", "構成員"}

// memberName takes what says the part of a member, and its share, off its name.
func memberName(p string) string {
	p = share.ReplaceAllString(p, "")
	if head, rest, ok := strings.Cut(p, ":"); ok && slices.Contains(leads, folded(head)) {
		p = rest
	}
	if before, inner, ok := bracket(p); ok && (slices.Contains(leads, folded(inner)) || share.MatchString(inner)) {
		p = before
	}
	return trimmed(p)
}

// phraseAt returns how many bytes of a text the longest of some phrases takes that it begins with, 0 for none.
func phraseAt(text string, phrases []string) (n int) {
	for _, p := range phrases {
		if k := prefix(text, p); k > n {
			n = k
		}
	}
	return n
}

// prefix returns how many bytes of a text a phrase takes whose words it begins with.
func prefix(text, phrase string) int {
	at := 0
	for word := range strings.FieldsSeq(phrase) {
		for at < len(text) && strings.IndexByte(" '’.-", text[at]) >= 0 {
			at++
		}
		end := at
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if strings.ContainsRune(" '’:(,;/–", r) {
				break
			}
			end += size
		}
		if at == end || folded(text[at:end]) != folded(word) {
			return 0
		}
		at = end
	}
	return at
}
