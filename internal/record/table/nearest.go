package table

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// pages is where people find the columns of all tables.
const pages = "docs/format/tables.md"

// A Guess is the register table that a file was meant to be, as far as its header or its
// name says so.
type Guess struct {
	Table   string
	Has     []string // columns of the table that the header has
	Missing []string // what makes a header that table and is not there: "engagement_id", "buyer, seller or end_user"
	Spelt   []string // columns of the header that may be mistyped: `"engagment_id" is written for engagement_id`
	// Meant: the file is that table in all but what is missing, by its name or by most of its
	// header, and not merely nearest to it.
	Meant bool
}

// recognised says by which columns [Recognise] knows a table: one of each list.
var recognised = map[string][][]string{
	Accounts:    {{"account_id"}, {"party_name", "party_id", "end_user"}},
	Engagements: {{"engagement_id"}, {"buyer", "seller", "end_user", "buyer_id", "seller_id", "end_user_id"}},
	Claims:      {{"claim_id"}, {"about", "about_id"}},
	Clauses:     {{"engagement_id"}, {"clause"}},
	Approvals:   {{"engagement_id", "party_name", "party_id"}, {"kind"}, {"decided", "outcome"}},
	Support:     {{"party_name", "party_id"}, {"hours"}},
	Events:      {{"kind"}, {"date"}, {"source", "event_id"}},
	Holdings:    {{"portfolio", "weight", "as_of"}, {"issuer_name", "lei", "isin", "figi"}},
	Products:    {{"sku"}, {"codes", "capability"}},
	Places:      {{"place"}, {"list", "publisher"}},
	Ownership:   {{"owner", "owner_id"}, {"owned", "owned_id"}},
	Instruments: {{"instrument_id"}, {"title", "issuer", "force", "addressees"}},
	Demands:     {{"demand_id"}, {"instrument_id"}},
	Answers:     {{"answer_id"}, {"demand_id"}},
}

// Nearest guesses which register table a file that is none was meant to be. The table is ""
// when nothing says so.
func Nearest(src record.Source) Guess {
	byName := meantBy(src.Name)
	best := Guess{Table: byName, Meant: byName != ""}
	if byName != "" {
		best.Missing = missing(byName, nil)
	}
	head, err := src.Head()
	if err != nil {
		return best
	}
	for _, header := range headers(src, head) {
		for _, t := range tables() {
			if byName != "" && t != byName {
				continue
			}
			g := guess(t, header)
			if g.Meant = byName != "" || 2*len(g.Has) > len(header) && len(g.Has) > 2; byName == "" && len(g.Has) < 2 {
				continue
			}
			if len(g.Has) > len(best.Has) || len(g.Has) == len(best.Has) && len(g.Has) > 0 &&
				len(g.Missing) < len(best.Missing) {
				best = g
			}
		}
	}
	return best
}

// headers are the first rows of a text under each delimiter, or of each sheet.
func headers(src record.Source, head []byte) (out [][]string) {
	if bytes.HasPrefix(head, []byte("PK")) {
		w, err := openWorkbook(src)
		if err != nil {
			return nil
		}
		defer w.close()
		for _, name := range w.sheets {
			s, err := w.rows(name)
			if err != nil {
				continue
			}
			if h, err := s.header(); err == nil && len(h) > 0 {
				out = append(out, h)
			}
			s.close()
		}
		return out
	}
	for _, d := range delimited.Candidates(head) {
		if h, ok := firstRow(head, d); ok && len(h) > 1 {
			out = append(out, append([]string(nil), h...))
		}
	}
	return out
}

func guess(table string, header []string) Guess {
	g := Guess{Table: table}
	there := map[string]bool{}
	for _, h := range header {
		there[key(h)] = true
	}
	for _, c := range known[table] {
		if there[key(c)] {
			g.Has = append(g.Has, c)
		}
	}
	g.Missing = missing(table, there)
	g.Spelt = spelt(table, header, there)
	return g
}

// spelt lists the columns of a header that are one or two letters away from one that the table lacks.
func spelt(table string, header []string, there map[string]bool) (out []string) {
	taken := map[string]bool{}
	for _, c := range known[table] {
		taken[key(c)] = true
	}
	for _, h := range header {
		k := key(h)
		if k == "" || taken[k] {
			continue
		}
		for _, c := range known[table] {
			if d := Distance(k, key(c)); !there[key(c)] && d > 0 && d <= min(2, len(k)/4) {
				out = append(out, fmt.Sprintf("%q is perhaps %s", clip(h), c))
				break
			}
		}
	}
	return out
}

// Distance counts the letters to add, take away, change or swap with their neighbour to turn a into b (the
// restricted Damerau-Levenshtein distance).
func Distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// missing lists what a header lacks to be the table.
func missing(table string, there map[string]bool) (out []string) {
next:
	for _, any := range recognised[table] {
		for _, c := range any {
			if there[key(c)] {
				continue next
			}
		}
		out = append(out, either(any))
	}
	return out
}

// either joins names by commas and a last "or".
func either(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// meantBy reads the table out of a file's name: claims.csv, claims-2031.xlsx, 2031_claims.csv.
func meantBy(name string) string {
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name = name[i+1:]
	}
	base := strings.ToLower(path.Base(name))
	base, _, _ = strings.Cut(base, ".")
	for w := range strings.FieldsFuncSeq(base, func(r rune) bool { return (r < 'a' || r > 'z') && r < 128 }) {
		for _, t := range tables() {
			if w == t || w+"s" == t && w != "support" {
				return t
			}
		}
	}
	return ""
}

// String says what a reader can do about the file.
func (g Guess) String() string {
	see := "the columns of the register tables are described in " + pages +
		", and plimsoll map draft FILE writes a --map that says how to read it"
	switch {
	case g.Table == "":
		return "it comes near none of the register tables (" + strings.Join(tables(), ", ") + "); " + see
	case len(g.Missing) == 0:
		return fmt.Sprintf("it comes nearest to the register table %s, and cannot be read as one; %s", g.Table, see)
	case len(g.Has) == 0:
		return fmt.Sprintf("by its name it is the register table %s, and its header lacks %s; %s", g.Table,
			strings.Join(g.Missing, " and "), see)
	}
	typed := ""
	if len(g.Spelt) > 0 {
		typed = " (" + strings.Join(g.Spelt, ", ") + ")"
	}
	return fmt.Sprintf("it comes nearest to the register table %s (it has %s), and lacks %s%s; %s",
		g.Table, strings.Join(g.Has, ", "), strings.Join(g.Missing, " and "), typed, see)
}
