package name

import (
	"embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed data/*.txt data/*.tsv
var data embed.FS

// A Sym is a meaning that words share: a legal class, a general word, a place, a number,
// a personal name. 0 is none. The high byte is the kind of meaning.
type Sym uint32

// The kinds of meaning.
const (
	SymGeneric Sym = 1 << 24
	SymPlace   Sym = 2 << 24
	SymNumber  Sym = 3 << 24
	SymSame    Sym = 4 << 24 // spellings of one personal name
	SymShort   Sym = 5 << 24 // a personal name and its short forms
	SymBody    Sym = 6 << 24 // a body that is known by letters
	SymSpoken  Sym = 7 << 24 // how a number in words begins, which tells its language: first, erste
	symKind    Sym = 0xff << 24

	symKorean Sym = 1 << 23 // a syllable of Korean names
	symFamily Sym = 1 << 22 // a Korean family name
)

// Kind returns the kind of meaning of s.
func (s Sym) Kind() Sym { return s & symKind }

// Family reports whether s is a Korean family name.
func (s Sym) Family() bool { return s.Kind() == SymSame && s&symFamily != 0 }

// A formRow is a row of data/legal.txt: a class and the states that know it, "*" for many.
type formRow struct {
	class  Legal
	states []string
}

// Legal is a set of legal classes.
type Legal uint16

// The classes of legal forms, after the groups of ISO 20275.
const (
	LLC Legal = 1 << iota
	JSC
	CORP
	LP
	GP
	LLP
	SP
	COOP
	NGO
	SOE
	BR
)

var legalClass = map[string]Legal{"LLC": LLC, "JSC": JSC, "CORP": CORP, "LP": LP, "GP": GP, "LLP": LLP, "SP": SP,
	"COOP": COOP, "NGO": NGO, "SOE": SOE, "BR": BR}

// phrase is what a run of words means. The runs of one first word are kept together, the
// longest first.
type phrase struct {
	rest  []string // after the first word
	legal Legal
	rows  []uint16 // of a legal form: the rows of data/legal.txt that hold it
	sym   Sym
	gen   float32

	syms   []Sym  // of a form with several meanings; sym is the first
	means  []Sym  // syms, or sym alone
	more   int8   // words of a stem after the first
	word   bool   // a word that may be a name: it has a meaning, and is not general
	script Script // the letters in which it counts; Latin: in any
	han    []rune // of a form in Han characters: many of them sound alike
}

type lexicon struct {
	legal   map[string][]phrase // by first word
	generic map[string][]phrase
	place   map[string][]phrase
	// forms with stems, by the first of them, and how those begin
	genericStem, placeStem map[string][]stem
	stemHeads              map[string]bool
	stopIn                 map[stopWord]bool
	number                 map[string]int
	given                  map[string][]Sym
	stop                   map[string]bool
	particle               map[string]bool
	parent                 map[string]bool
	honor                  map[string]bool
	suffix                 map[string]bool
	religious              map[string]bool
	borne                  map[string]bool
	firm                   map[string]bool
	vessel                 map[string]bool
	hanja                  map[rune]string
	kanji                  map[string]string
	kanjiMax               int
	longForms              map[byte][]string // legal forms of one long word, by first letter
	formRows               []formRow         // by row of data/legal.txt
	simple                 map[rune]rune     // simplified forms of traditional characters
	one                    map[Sym][]Sym     // lists of one
	body                   map[string][]bodyForm
	committee              Sym            // what a body of several people is called
	republic               Sym            // a form of state
	states                 map[string]Sym // of the codes of ISO 3166-1
	roles                  map[string]role
	memo                   memo
}

// A role says which of the maps of a lexicon hold a word: most words of names are in none,
// and one look tells.
type role uint16

const (
	isParticle role = 1 << iota
	isParent
	isHonor
	isSuffix
	isGeneric
	isGiven
	isReligious // a title that stands anywhere in a name
	isBorne     // a title that is a family name as well
	isFirm      // a legal form that no person bears as a name
	isOrg       // what the names of organisations are read for
	isBody      // the first word of a form of data/body.tsv
	isBodyKind  // one that may make a name a body's
	isPatronym  // it ends like a patronymic; in no map
)

func (x *lexicon) loadRoles() {
	x.roles = map[string]role{}
	for r, m := range map[role]map[string]bool{isParticle: x.particle, isParent: x.parent, isHonor: x.honor,
		isSuffix:    x.suffix,
		isReligious: x.religious, isBorne: x.borne, isFirm: x.firm} {
		for w := range m {
			x.roles[w] |= r
		}
	}
	for w := range x.given {
		x.roles[w] |= isGiven
	}
	for w := range x.generic {
		x.roles[w] |= isGeneric
	}
	for _, m := range []map[string][]phrase{x.legal, x.generic, x.place} {
		for w := range m {
			x.roles[w] |= isOrg
		}
	}
	for w := range x.number {
		x.roles[w] |= isOrg
	}
	for w := range x.stop {
		x.roles[w] |= isOrg
	}
}

var lex = sync.OnceValue(load)

func load() *lexicon {
	x := &lexicon{legal: map[string][]phrase{}, generic: map[string][]phrase{}, place: map[string][]phrase{},
		number: map[string]int{}, given: map[string][]Sym{},
		stop: map[string]bool{}, particle: map[string]bool{}, parent: map[string]bool{}, honor: map[string]bool{},
		suffix: map[string]bool{}, vessel: map[string]bool{},
		religious: map[string]bool{}, borne: map[string]bool{}, firm: map[string]bool{},
		simple: map[rune]rune{}, hanja: map[rune]string{}, kanji: map[string]string{}, one: map[Sym][]Sym{},
		body: map[string][]bodyForm{}}
	x.formRows = []formRow{{}} // row 0 is no form
	rows := map[string][]uint16{}
	lines("legal", func(f []string) {
		for _, form := range forms(f[2]) {
			rows[form] = append(rows[form], uint16(len(x.formRows)))
		}
		x.formRows = append(x.formRows, formRow{legalClass[f[0]], strings.Fields(strings.ToLower(f[1]))})
	})
	lines("legal", func(f []string) {
		for _, form := range forms(f[2]) {
			x.add(x.legal, form, phrase{legal: legalClass[f[0]], rows: rows[form]})
		}
	})
	table("han", func(f []string) {
		to, _ := utf8.DecodeRuneInString(f[0])
		for _, c := range f[1] {
			x.simple[c] = to
		}
	})
	id := Sym(0)
	lines("generic", func(f []string) {
		w, _ := strconv.ParseFloat(f[1], 32)
		for concept := range strings.SplitSeq(f[2], "|") {
			id++
			for form := range strings.SplitSeq(concept, ",") {
				x.addListed(x.generic, form, phrase{sym: SymGeneric | id, gen: float32(w)})
			}
		}
	})
	if ph, ok := x.generalWord("republic"); ok {
		x.republic = ph.sym
	}
	codes := x.loadPlaces()
	x.stopIn = map[stopWord]bool{}
	x.genericStem, x.placeStem, x.stemHeads = map[string][]stem{}, map[string][]stem{}, map[string]bool{}
	x.loadWords(id)
	x.merge()
	x.loadWhere(codes)
	x.setMeans()
	lines("number", func(f []string) {
		n, _ := strconv.Atoi(f[0])
		for _, form := range forms(f[1]) {
			if !strings.Contains(form, " ") {
				x.number[form] = n
			}
		}
	})
	id = 0
	lines("given", func(f []string) {
		id++
		kind := SymSame
		if f[0] == "short" {
			kind = SymShort
		}
		switch {
		case strings.HasPrefix(f[2], "Korean family name"):
			kind |= symKorean | symFamily
		case strings.HasPrefix(f[2], "Korean"):
			kind |= symKorean
		}
		for _, form := range forms(f[1]) {
			form = strings.ReplaceAll(form, " ", "")
			if n := len(x.given[form]); n == 0 || x.given[form][n-1] != kind|id {
				x.given[form] = append(x.given[form], kind|id)
			}
		}
	})
	sets := map[string]map[string]bool{"stop": x.stop, "particle": x.particle, "parent": x.parent, "honorific": x.honor,
		"suffix": x.suffix,
		"vessel": x.vessel, "religious": x.religious, "borne": x.borne, "firm": x.firm}
	lines("particle", func(f []string) {
		for _, form := range forms(f[1]) {
			sets[f[0]][form] = true
		}
	})
	lines("hanja", func(f []string) {
		for _, c := range f[1] {
			if c != ' ' && x.hanja[c] == "" {
				x.hanja[c] = f[0]
			}
		}
	})
	lines("kanji", func(f []string) {
		for _, w := range strings.Fields(f[1]) {
			if x.kanji[w] == "" {
				x.kanji[w] = f[0]
			}
			x.kanjiMax = max(x.kanjiMax, len([]rune(w)))
		}
	})
	x.longForms = map[byte][]string{}
	for _, w := range slices.Sorted(maps.Keys(x.legal)) {
		if list := x.legal[w]; len(w) >= leastNear && len(list[len(list)-1].rest) == 0 {
			x.longForms[w[0]] = append(x.longForms[w[0]], w)
		}
	}
	for w := range x.number {
		if s := spokenAs(w); s != 0 {
			x.one[s] = []Sym{s}
		}
	}
	x.loadRoles()
	x.loadBodies()
	return x
}

// setMeans fills in what places and general words mean, as lists.
func (x *lexicon) setMeans() {
	set := func(p *phrase) {
		if p.means = p.syms; p.means == nil {
			if x.one[p.sym] == nil {
				x.one[p.sym] = []Sym{p.sym}
			}
			p.means = x.one[p.sym]
		}
	}
	for _, m := range []map[string][]phrase{x.generic, x.place} {
		for _, list := range m {
			for i := range list {
				set(&list[i])
			}
		}
	}
	for _, m := range []map[string][]stem{x.genericStem, x.placeStem} {
		for _, list := range m {
			for i := range list {
				set(&list[i].phrase)
			}
		}
	}
}

// placeWeight is how much a place says about which organisation is meant, 0 to 1.
const placeWeight = 0.6

// loadPlaces reads the own lines and, for every state, its name in thirty languages. It returns what gives the meaning
// of a code.
func (x *lexicon) loadPlaces() func(string) Sym {
	codes := map[string]Sym{}
	code := func(s string) Sym {
		if codes[s] == 0 {
			codes[s] = SymPlace | Sym(len(codes)+1)
		}
		return codes[s]
	}
	lines("place", func(f []string) {
		w := float32(placeWeight)
		if strings.HasPrefix(f[2], "part of the world") {
			w = 0.2 // a market that a company serves more often than a seat
		}
		for form := range strings.SplitSeq(f[1], ",") {
			x.addListed(x.place, form, phrase{sym: code(f[0]), gen: w})
		}
	})
	x.states = codes
	var regions []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if r, err := language.ParseRegion(string([]rune{a, b})); err == nil && r.IsCountry() &&
				r.Canonicalize() == r && r.String() == string([]rune{a, b}) {
				regions = append(regions, r)
			}
		}
	}
	for _, l := range []string{"en", "de", "fr", "es", "pt", "it", "nl", "ru", "uk", "pl", "tr", "ar", "fa", "zh",
		"zh-Hant", "ja", "ko", "sv", "da", "nb", "fi", "el", "he", "cs", "ro", "hu", "bg", "sr", "id", "hi"} {
		namer := display.Regions(language.MustParse(l))
		if namer == nil {
			continue
		}
		for _, r := range regions {
			n := namer.Name(r)
			if cut := strings.IndexAny(n, "(（"); cut > 0 {
				n = n[:cut]
			}
			if strings.ContainsFunc(n, isIdeograph) {
				x.addListed(x.place, n, phrase{sym: code(r.String()), gen: placeWeight})
				continue
			}
			if l == "ar" && n != "" {
				x.addForm(x.place, nil, n, l, phrase{sym: code(r.String()), gen: placeWeight})
			}
			for _, form := range forms(n) {
				if len(form) > 3 {
					x.add(x.place, form, phrase{sym: code(r.String()), gen: placeWeight})
				}
			}
		}
	}
	return code
}

// lines calls f for every line of a data file, with the fields but the last, which is for
// readers.
func lines(file string, f func([]string)) {
	b, err := data.ReadFile("data/" + file + ".txt")
	if err != nil {
		panic(err) // embedded at build time
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f(strings.Split(line, ";"))
	}
}

// forms folds a comma-separated list.
func forms(s string) []string {
	var out []string
	for f := range strings.SplitSeq(s, ",") {
		if x := Fold(f); x != "" {
			out = append(out, x)
		}
		// the parser cuts the Arabic article off
		if bare := strings.ReplaceAll(" "+f, " \u0627\u0644", " "); len(bare) != len(f)+1 {
			if x := Fold(bare); x != "" {
				out = append(out, x)
			}
			if to := strings.TrimSpace(bare); !strings.Contains(to, " ") { // للأنظمة: for the systems
				out = append(out, Fold("\u0644\u0644"+to), Fold("\u0648\u0627\u0644"+to)) // والأنظمة: and the systems
			}
		}
	}
	return out
}

// addListed adds a form of a list; one in Han characters counts for these alone, and as they are read.
func (x *lexicon) addListed(m map[string][]phrase, form string, p phrase) {
	if strings.ContainsFunc(form, isIdeograph) {
		text, ph := x.phraseOf(form, p)
		ph.script = Latin
		x.add(m, text, ph)
		return
	}
	for _, f := range forms(form) {
		x.add(m, f, p)
	}
}

// add keeps the first meaning that a phrase is given.
func (x *lexicon) add(m map[string][]phrase, form string, p phrase) {
	w := strings.Fields(form)
	p.rest = w[1:]
	list := m[w[0]]
	at := len(list)
	for i, q := range list {
		if slices.Equal(q.rest, p.rest) && (slices.Equal(q.han, p.han) || q.han == nil) {
			return
		}
		if at == len(list) && len(q.rest) < len(p.rest) {
			at = i
		}
	}
	list = append(list, phrase{})
	copy(list[at+1:], list[at:])
	list[at] = p
	m[w[0]] = list
}

// Version changes whenever a lexicon does, and with the rules that read them (the number
// added): what was made from names with another version has to be made again.
var Version = sync.OnceValue(func() uint64 {
	const rules = 7
	sum := uint64(rules)
	entries, err := data.ReadDir("data")
	if err != nil {
		panic(err) // embedded at build time
	}
	for _, e := range entries {
		b, err := data.ReadFile("data/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum = sum*0x9E3779B97F4A7C15 + hash(b)
	}
	return sum
})
