package list

import (
	_ "embed"
	"strings"
	"sync"
)

// An Effect is the kind of thing that a listing does in law.
type Effect string

// The effects. The zero value says that it is not known.
const (
	Sanctions     Effect = "sanctions"      // funds frozen, dealings forbidden
	ExportControl Effect = "export_control" // exports forbidden or subject to a licence
	Debarment     Effect = "debarment"      // excluded from contracts, funds or exports of a kind
	Reported      Effect = "report"         // named by a body or publisher; no legal effect of its own
)

//go:embed data/effect.tsv
var effectTable string

//go:embed data/effectword.tsv
var effectWords string

// An effectRow is a row of data/effect.tsv.
type effectRow struct {
	list, part string
	effect     Effect
	owned      bool
	law        string // the instrument of the built-in pack that holds the rule
	words      string
}

var effects = sync.OnceValue(func() map[string][]effectRow {
	out := map[string][]effectRow{}
	for _, r := range rows(effectTable, 8) {
		out[r[0]] = append(out[r[0]], effectRow{list: r[0], part: r[1], effect: Effect(r[2]), owned: r[3] == "yes",
			law: r[4], words: r[5]})
	}
	return out
})

type effectWord struct {
	words  string
	effect Effect
}

var effectOfWords = sync.OnceValue(func() []effectWord {
	var out []effectWord
	for _, r := range rows(effectWords, 3) {
		out = append(out, effectWord{words: r[0], effect: Effect(r[1])})
	}
	return out
})

// EffectOf reads what a listing does from a list's own words, "" where they do not say it.
func EffectOf(words string) Effect {
	low := strings.ToLower(words)
	for _, w := range effectOfWords() {
		if strings.Contains(low, w.words) {
			return w.effect
		}
	}
	return ""
}

// KnownEffect returns what all listings of a known list do, by the id of the list, whether
// its authority counts as listed what listed parties own to half, and by which rule.
func KnownEffect(id string) (effect Effect, fifty bool, law string) {
	for _, r := range effects()[id] {
		if r.part == "*" {
			return r.effect, r.owned, r.law
		}
	}
	return "", false, ""
}

// SetEffects fills in what each listing of l does and whether the list's authority counts as
// listed what listed parties own to half: from the table of known lists, else as the decoder
// set it, else for a table of names from the entry's own words. The list has an effect, or a
// rule, when all its entries have the same.
func (l *List) SetEffects() {
	known := effects()[l.ID]
	for i := range l.Entries {
		e := &l.Entries[i]
		if l.Format == "named" {
			e.Legal = EffectOf(e.Effect)
		}
		for _, r := range known {
			if r.part == "*" || holds(e.Programs, r.part) {
				e.Legal, e.FiftyRule, e.FiftyLaw = r.effect, r.owned, r.law
				break
			}
		}
	}
	for i := range l.Entries {
		e := &l.Entries[i]
		if i == 0 {
			l.Effect, l.FiftyRule = e.Legal, e.FiftyRule
			continue
		}
		if e.Legal != l.Effect {
			l.Effect = ""
		}
		l.FiftyRule = l.FiftyRule && e.FiftyRule
	}
	l.FiftyWords = ""
	if l.FiftyRule && len(known) > 0 {
		l.FiftyWords = known[0].words
	}
}

func holds(programs []string, part string) bool {
	for _, p := range programs {
		if strings.Contains(p, part) {
			return true
		}
	}
	return false
}
