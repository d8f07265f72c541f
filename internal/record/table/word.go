package table

import (
	_ "embed"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/record"
)

// wordTable holds the words of the coded columns with where they come from.
//
//go:embed data/word.tsv
var wordTable string

// A vocabulary is the list of words that a column may hold, with other spellings.
type vocabulary struct {
	words []string
	also  map[string]string // other spelling → word
	bare  map[string]string // the same without accents, see [unaccented]
}

// vocabularies by the column of word.tsv.
var vocabularies = readWords(wordTable)

func readWords(text string) map[string]vocabulary {
	out := map[string]vocabulary{}
	head := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if head {
			head = false
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[3] == "" {
			panic("table: data/word.tsv: a row without column, word, meaning and source: " + line)
		}
		v, ok := out[f[0]]
		if !ok {
			v.also, v.bare = map[string]string{}, map[string]string{}
		}
		if f[1] == f[2] {
			v.words = append(v.words, f[1])
		}
		v.also[words(f[1])] = f[2]
		v.bare[unaccented(words(f[1]))] = f[2]
		out[f[0]] = v
	}
	return out
}

// The vocabularies that columns use.
var (
	engagementKind    = vocabularies["engagements.kind"]
	procurementMethod = vocabularies["engagements.method"]
	clauseName        = vocabularies["clauses.clause"]
	presence          = vocabulary{vocabularies["clauses.present"].words, merge(vocabularies["clauses.present"].also,
		vocabularies["*.yesno"].also), merge(vocabularies["clauses.present"].bare, vocabularies["*.yesno"].bare)}
	yesNo           = vocabularies["*.yesno"]
	claimCapability = vocabularies["claims.capability"]
	claimStatus     = vocabularies["claims.status"]
	eventKind       = vocabularies["events.kind"]
	approvalKind    = vocabularies["approvals.kind"]
	approvalOutcome = vocabularies["approvals.outcome"]
	endUserClass    = vocabularies["*.end_user_class"]
	supportCode     = vocabularies["support.code"]
)

// Method returns the word of the column method (open, selective, limited, direct) that a text means.
func Method(s string) (string, bool) { return procurementMethod.find(strings.TrimSpace(s)) }

func merge(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// words folds a term to the spelling of the vocabularies: lower case, one underscore
// between words.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == ' ' || r == '-' || r == '_' || r == '\u00a0' || r == '\t' || r == '\n'
	}), "_")
}

func (v vocabulary) find(s string) (string, bool) {
	for _, w := range v.words {
		if w == s {
			return w, true
		}
	}
	key := words(s)
	w, ok := v.also[key]
	if !ok {
		w, ok = v.bare[unaccented(key)]
	}
	return w, ok
}

// unaccented writes a word without the marks on its letters, and letters that have a mark in one piece as people write
// them without.
func unaccented(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case barred[r] != 0:
			b.WriteRune(barred[r])
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// barred are letters whose mark Unicode does not take off, and Arabic letters that are written with and without one.
var barred = map[rune]rune{'ł': 'l', 'ı': 'i', 'ø': 'o', 'đ': 'd', 'ى': 'ي', 'ة': 'ه', 'ی': 'ي', 'ک': 'ك',
	'\u200c': '_'}

func (v vocabulary) String() string { return strings.Join(v.words, ", ") }

// maxWords is how many different words of one column a note names.
const maxWords = 12

// doubts counts the cells of one column that were not understood for one reason.
type doubts struct {
	column, reason string
	words          map[string]*sighting
	order          []string
	more, moreRows int // words beyond maxWords, and their rows
}

// A sighting is how often a word was met and where first.
type sighting struct {
	rows  int
	first string
}

func (d *decoder) doubt(column, word, reason, at string) {
	key := column + "\x00" + reason
	x := d.doubts[key]
	if x == nil {
		x = &doubts{column: column, reason: reason, words: map[string]*sighting{}}
		d.doubts[key] = x
	}
	s := x.words[word]
	switch {
	case s != nil:
		s.rows++
	case len(x.words) == maxWords:
		x.more++ // words that come again are counted again: they are not remembered
		x.moreRows++
	default:
		x.words[word] = &sighting{1, at}
		x.order = append(x.order, word)
	}
}

// doubtNotes says the doubts in a stable order: `kind: not understood (none of contract,
// sale), the rest of the row is used: "gift" (2 rows, the first is row 5)`.
func (d *decoder) doubtNotes() []string {
	var out []string
	for _, x := range d.doubts {
		var parts []string
		for _, w := range x.order {
			s := x.words[w]
			where := s.first
			if s.rows > 1 {
				where = strconv.Itoa(s.rows) + " rows, the first is " + s.first
			}
			parts = append(parts, fmt.Sprintf("%q (%s)", w, where))
		}
		if x.more > 0 {
			parts = append(parts, fmt.Sprintf("and others in %d rows", x.moreRows))
		}
		out = append(out, fmt.Sprintf("%s: not understood (%s), the rest of the row is used: %s", x.column,
			strings.TrimPrefix(x.reason, "is "), strings.Join(parts, ", ")))
	}
	sort.Strings(out)
	return out
}

// unread notes a cell that was not understood.
func (r *row) unread(c col, value, reason string) {
	value = clip(value)
	r.doubts = append(r.doubts, record.Unread{Column: c.column, Value: value, Reason: reason})
	r.d.doubt(c.name, value, reason, r.place.At)
}

// doubtful puts what was not understood into the record. What the record holds no value of
// is also among its Lacks, so that it is unknown and not absent.
func (b *binding) doubtful(rec record.Record, list []record.Unread) {
	var lacks *record.Columns
	switch x := rec.(type) {
	case *record.Engagement:
		lacks, x.Unread = &x.Lacks, list
	case *record.Account:
		lacks, x.Unread = &x.Lacks, list
	case *record.Claim:
		lacks, x.Unread = &x.Lacks, list
	case *record.Clause:
		lacks, x.Unread = &x.Lacks, list
	case *record.Approval:
		lacks, x.Unread = &x.Lacks, list
	case *record.Support:
		lacks, x.Unread = &x.Lacks, list
	case *record.Event:
		lacks, x.Unread = &x.Lacks, list
	case *record.Holding:
		lacks, x.Unread = &x.Lacks, list
	case *record.Product:
		lacks, x.Unread = &x.Lacks, list
	case *record.Listed:
		lacks, x.Unread = &x.Lacks, list
	case *record.Obligation:
		lacks, x.Unread = &x.Lacks, list
	default:
		return
	}
	names := make([]string, 0, len(list))
	for _, u := range list {
		if !keptRaw[u.Column] || u.Column == "kind" && b.kind == Engagements {
			names = append(names, u.Column)
		}
	}
	if len(names) == 0 {
		return
	}
	sort.Strings(names)
	key := strings.Join(names, " ")
	more, ok := b.doubted[key]
	if !ok {
		more = record.Columns{}
		for c := range b.lacks {
			more[c] = true
		}
		for _, n := range names {
			more[n] = true
		}
		if b.doubted == nil {
			b.doubted = map[string]record.Columns{}
		}
		b.doubted[key] = more
	}
	*lacks = more
}

// keptRaw are the columns of which a record holds the word as written when it is none of the
// vocabulary: what comes after may know it.
var keptRaw = map[string]bool{"end_user_class": true, "capability": true, "clause": true, "status": true,
	"outcome": true, "kind": true,
	"grade": true, "code": true}
