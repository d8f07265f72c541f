package name

import "testing"

// Each rule about the words of a personal name decides a word in one of these.
func TestPersonRules(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		rule, name string
		word       int
		class      Class
	}{
		{"a particle of one letter", "Marco d Alvento", 1, Stop},
		{"an initial", "J. Quenlow", 0, Initial},
		{"a word for son or daughter", "Tarim bin Walrad", 1, Stop},
		{"an Arabic article or kunya by itself", "ابو سلمان الدوري", 0, Stop},
		{"a particle", "Pieter van Ostrand", 1, Stop},
		{"a title before a name", "Dr Pieter Ostrand", 0, Honor},
		{"a title before a name", "Tarim Haji Walrad", 1, Honor},
		{"a title before one word", "Mrs Ostrand", 0, Honor},
		{"junior, senior", "Tom Quenlow Jr", 2, Suffix},
		{"a numeral after a name", "Tom Quenlow III", 2, Suffix},
		{"a patronymic", "Oleg Petrovich Lantrov", 1, Patronym},
		{"a legal form", "Quenlow GmbH", 1, Form},
		{"", "Sultan Ostrand King", 2, Word},
	} {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			n := Parse(tt.name, Person)
			if got := n.Tokens[tt.word].Class; got != tt.class {
				t.Errorf("word %d of %q is of class %d, want %d", tt.word, tt.name, got, tt.class)
			}
			if got := personRuleOf(tt.name, tt.word); got != tt.rule {
				t.Errorf("word %d of %q is read by the rule %q, want %q", tt.word, tt.name, got, tt.rule)
			}
		})
		seen[tt.rule] = true
	}
	for _, r := range personRules {
		if !seen[r.what] {
			t.Errorf("no row for the rule %q", r.what)
		}
	}
}

// personRuleOf returns which rule reads a word, "" for none.
func personRuleOf(s string, word int) string {
	x := lex()
	var p Parser
	p.r.scan(s)
	var n Name
	p.parse(s, Vessel, &n) // words alone
	t := joinServant(x, splitInitials(x, bareWords(s)))
	var roles [2 * MaxTokens]role
	w := part{t: t, words: namesOf(x, t, &roles)}
	for w.i = range t {
		w.role = roles[w.i]
		for k := range personRules {
			if r := &personRules[k]; r.when(&w) {
				if r.mark(&n, &w); w.i == word {
					return r.what
				}
				break
			}
		}
		w.prev = t[w.i].Class
	}
	return ""
}

// bareWords returns the words of a text before any rule has read them.
func bareWords(s string) []Token {
	var p Parser
	p.r.scan(s)
	var out []Token
	for _, w := range p.r.words {
		out = append(out, Token{Text: string(p.r.text(w)), From: w.from, To: w.to, Weight: 1, Exact: w.flag&dotted != 0,
			Loose: w.flag&vowelless != 0, Bent: w.flag&syllabic != 0, Upper: w.flag&upper != 0})
	}
	return out
}

// Each rule about a letter is heard in one of these words.
func TestSoundRules(t *testing.T) {
	used := map[*compiled]bool{}
	for _, tt := range []struct{ word, want string }{
		{"alva", "arf"}, {"elim", "arm"}, {"ivre", "afr"}, {"olan", "arn"}, {"urim", "arm"}, {"ymir", "amr"},
		{"oyen", "an"}, {"waw", "f"}, {"viv", "ff"}, {"haha", "h"}, {"bib", "pp"}, {"phil", "fr"}, {"pil", "pr"},
		{"adzhar", "ajr"}, {"adzar", "atr"}, {"adjar", "ajr"}, {"badge", "pj"}, {"dad", "tt"},
		{"atchar", "ajr"}, {"ntscha", "ns"}, {"tsar", "sr"}, {"tzar", "sr"}, {"tat", "tt"},
		{"char", "jr"}, {"cilo", "sr"}, {"calo", "kr"}, {"schir", "sr"}, {"shir", "sr"}, {"sir", "sr"},
		{"zhar", "jr"}, {"zar", "sr"}, {"khar", "kr"}, {"kar", "kr"}, {"ghar", "kr"}, {"gar", "kr"}, {"qhar", "kr"},
		{"qar", "kr"},
		{"xenar", "snr"}, {"alex", "arks"}, {"lil", "rr"}, {"ganba", "kmp"}, {"nan", "nn"}, {"jorm7", "jrm7"},
		{"moomin", "mmn"},
		{"uhu", "a"}, {"aeiou", "a"},
	} {
		t.Run(tt.word, func(t *testing.T) {
			if got := string(AppendSound(nil, []byte(tt.word), false)); got != tt.want {
				t.Errorf("the skeleton of %q is %q, want %q", tt.word, got, tt.want)
			}
		})
		for i := 0; i < len(tt.word); i++ {
			if r := ruleAt([]byte(tt.word), i); r != nil {
				used[r] = true
				i += int(r.skip)
			}
		}
	}
	for c := range soundTable {
		for k := range soundTable[c] {
			if !used[&soundTable[c][k]] {
				t.Errorf("no row for rule %d of the letter %c", k, 'a'+c)
			}
		}
	}
}

// Each rule about what makes a name a body's decides one of these.
func TestBodyRules(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		rule, name string
		body       bool
	}{
		{"a body known by letters", "NIOC Ltd", true},
		{"the legal form of a business", "Ostrese Police Supplies Ltd", false},
		{"a word like ministry or police", "Ministry of Fisheries", true},
		{"a unit with a number or a subject", "Unit 7410", true},
		{"an office with a subject", "Office for Border Security", true},
		{"", "Harbour Brewery", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := Parse(tt.name, Org)
			if n.Body != tt.body {
				t.Errorf("%q is a body's: %v, want %v", tt.name, n.Body, tt.body)
			}
			if got := bodyRuleOf(tt.name); got != tt.rule {
				t.Errorf("%q is decided by the rule %q, want %q", tt.name, got, tt.rule)
			}
		})
		seen[tt.rule] = true
	}
	for _, r := range bodyRules {
		if !seen[r.what] {
			t.Errorf("no row for the rule %q", r.what)
		}
	}
}

func bodyRuleOf(s string) string {
	x := lex()
	var p Parser
	n := Name{Kind: Org, Tokens: bareWords(s)}
	markLegal(x, &n)
	seen := bodySeen{company: n.Legal&(LLC|JSC) != 0}
	p.concepts(x, &n, &seen)
	for _, r := range bodyRules {
		if r.when(&seen) {
			return r.what
		}
	}
	return ""
}

// Each rule about a character that is not ASCII reads one of these.
func TestRuneRules(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct{ rule, in, want string }{
		{"an apostrophe joins: Qa’ida", "Qa’ida", "qaida"},
		{"a legal form as one Hangul syllable in brackets: (주)", "한빛(주)", "han bit jusikhoesa"},
		{"a Han character", "海光", "hai guang"},
		{"a mark", "Os\u200btrand", "ostrand"},
		{"a letter or a digit", "Überlauf", "uberlauf"},
		{"", "Alva — Ostrand", "alva ostrand"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			if got := Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
		seen[tt.rule] = true
	}
	for _, r := range runeRules {
		if !seen[r.what] {
			t.Errorf("no row for the rule %q", r.what)
		}
	}
}
