package ownership

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Row returns what a row of an ownership table states. A share that cannot be read is
// unknown, never nothing: its text stays in Kind.
func Row(o *record.Ownership) Statement {
	st := Statement{Place: o.Place, Owner: o.Owner, Owned: o.Owned, Kind: o.Kind, Reason: o.Reason, Since: o.Since,
		Until: o.Until, Max: 1}
	if o.Owner.Zero() {
		st.Owner = party.Ref{LocalID: "not named/" + o.Owned.Name + o.Owned.LocalID + "/" + o.At, Scope: "register"}
	}
	known := false
	if st.Min, st.Max, st.MinOpen, known = Share(o.Share); known {
		st.ShareKnown = true
	} else if o.Share != "" {
		st.Kind = strings.TrimSpace(st.Kind + " (share as written: " + o.Share + ")")
	}
	switch c := classOf(o.Kind); {
	case o.Control == "yes" || c == controlling && o.Control != "no":
		st.Control = true
		if c == controlling && !mentions(o.Kind, "share") { // a share of votes is no share of the property
			st.ShareKnown, st.Min, st.Max, st.MinOpen = false, 0, 0, false
		}
	case c == office:
		st.ShareKnown, st.Min, st.Max, st.MinOpen = true, 0, 0, false
	}
	return st
}

type class uint8

const (
	property class = iota
	controlling
	office
)

// Words that make a relation control, or an office that is neither share nor control; a
// relation with none of them is a holding of shares. They follow the code list interestType
// of the Beneficial Ownership Data Standard 0.4 and the links of Offshore Leaks tables.
var (
	controlWords = []string{"vot", "control", "influence", "appoint", "golden", "trustee", "settlor", "protector",
		"parent", "consolidat"}
	officeWords = []string{"director", "secretary", "board", "officer", "agent", "intermediary", "nominee", "auditor",
		"address", "employee"}
	shareWords = []string{"share", "equity", "owner", "stock", "stake", "holding", "partner"}
)

func classOf(kind string) class {
	for _, w := range shareWords {
		if mentions(kind, w) && !mentions(kind, "nominee") {
			return property
		}
	}
	for _, w := range controlWords {
		if mentions(kind, w) {
			return controlling
		}
	}
	for _, w := range officeWords {
		if mentions(kind, w) {
			return office
		}
	}
	return property
}

func mentions(kind, word string) bool { return strings.Contains(strings.ToLower(kind), word) }

// The forms in which tables write shares, in percent: "51", "51,5 %", "25-50", "25 to 50 %", "> 50", and with the words
// of data/share.tsv for the signs "more than 50 %", "at least 25", "bis zu 10 Prozent".
var (
	oneShare = regexp.MustCompile(`^(\d+(?:[.,]\d+)?) ?(%)?$`)
	// "25 до 50" and "25 tot 50" have "<=" in the middle, "more than 25 % but not more than 50 %" both signs.
	rangeShare = regexp.MustCompile(
		`^(>|>=|≥)? ?(\d+(?:[.,]\d+)?) ?%? ?(?:-|–|—|to|bis|a|à|al|\.\.|,? ?[a-zа-яіё]{0,5} ?(?:<=|<|≤)) ?(\d+(?:[.,]\d+)?) ?%?$`)
	between = regexp.MustCompile(
		`^>= ?(\d+(?:[.,]\d+)?) ?%? ?(?:and|und|et|y|e|en|i|a|и|і|och|și) ?(\d+(?:[.,]\d+)?) ?%?$`)
	overAfter  = regexp.MustCompile(`^(\d+(?:[.,]\d+)?) ?%? ?(>|>=)$`)
	overShare  = regexp.MustCompile(`^(>|>=|≥) ?(\d+(?:[.,]\d+)?) ?%?$`)
	underShare = regexp.MustCompile(`^(?:<|<=|≤) ?(\d+(?:[.,]\d+)?) ?%?$`)
)

//go:embed data/share.tsv
var shareTable string

// shareSigns writes the words of data/share.tsv as the signs that they stand for.
var shareSigns = sync.OnceValue(func() func(string) string {
	type word struct{ text, sign string }
	var words []word
	for line := range strings.Lines(shareTable) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) == 4 && f[0] != "word" {
			words = append(words, word{f[0], f[1]})
		}
	}
	// "not more than" before "more than"
	slices.SortStableFunc(words, func(a, b word) int { return len(b.text) - len(a.text) })
	return func(s string) string {
		for _, w := range words {
			before, after, found := strings.Cut(s, w.text)
			letter := func(r rune, _ int) bool { return unicode.IsLetter(r) }
			if last, n := utf8.DecodeLastRuneInString(before); found && n > 0 && letter(last, n) {
				continue
			}
			if first, n := utf8.DecodeRuneInString(after); found && n > 0 && letter(first, n) {
				continue
			}
			if found {
				s = strings.TrimSpace(strings.TrimSpace(before) + " " + w.sign + " " + strings.TrimSpace(after))
			}
		}
		return s
	}
})

// Share reads a share as a table writes it and returns it as a fraction. A number up to 1
// without a percent sign may be a fraction or a percentage, so it is the range of both. It
// is not known when the text is empty, of no such form, or above 100 percent.
func Share(s string) (lo, hi float64, open, known bool) {
	s = shareSigns()(strings.ToLower(strings.Join(strings.Fields(s), " ")))
	percent := func(t string) float64 {
		v, err := strconv.ParseFloat(strings.Replace(t, ",", ".", 1), 64)
		if err != nil || v > 100 {
			return -1
		}
		return v / 100
	}
	lo, hi = 0, 1
	switch {
	case oneShare.MatchString(s):
		m := oneShare.FindStringSubmatch(s)
		lo = percent(m[1])
		hi = lo
		if m[2] == "" && lo > 0 && lo <= 0.01 {
			hi = lo * 100
		}
	case rangeShare.MatchString(s):
		m := rangeShare.FindStringSubmatch(s)
		lo, hi, open = percent(m[2]), percent(m[3]), m[1] == ">"
	case between.MatchString(s):
		m := between.FindStringSubmatch(s)
		lo, hi = percent(m[1]), percent(m[2])
	case overAfter.MatchString(s):
		m := overAfter.FindStringSubmatch(s)
		lo, open = percent(m[1]), m[2] == ">"
	case overShare.MatchString(s):
		m := overShare.FindStringSubmatch(s)
		lo = percent(m[2])
		open = m[1] == ">"
	case underShare.MatchString(s):
		hi = percent(underShare.FindStringSubmatch(s)[1])
	default:
		return 0, 1, false, false
	}
	if lo < 0 || hi < 0 || lo > hi {
		return 0, 1, false, false
	}
	return lo, hi, open, true
}
