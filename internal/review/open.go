package review

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// An Open is one reason for which answers are not computable, or rest on a part of the records
// only: what is not known, how much of it there is, and what would settle it.
type Open struct {
	Reason   signal.Reason `json:"reason"`
	Column   string        `json:"column,omitempty"` // what would settle it: "table.column", or the table
	Why      string        `json:"why"`
	Supply   string        `json:"supply"`
	Flags    []string      `json:"flags"`
	Checks   int           `json:"not_computable"`   // answers that are not computable for this, among other reasons
	Partly   int           `json:"raised,omitempty"` // findings raised although this is not known
	Subjects int           `json:"subjects"`
	Rows     int64         `json:"rows,omitempty"`
	Amounts  []Amount      `json:"amounts,omitempty"` // what these rows state, the largest first
	Columns  []string      `json:"columns,omitempty"` // of a table that is missing as a whole
	Words    []OpenWord    `json:"words,omitempty"`   // the units, words or accounts, the largest first
	More     int           `json:"more_words,omitempty"`
}

// An Amount is counted in a unit as written.
type Amount struct {
	Amount float64 `json:"amount"`
	Unit   string  `json:"unit"`
}

// An OpenWord is a unit, word or account that an [Open] is about.
type OpenWord struct {
	What   string  `json:"what"`
	Rows   int64   `json:"rows,omitempty"`
	Amount float64 `json:"amount,omitempty"`
	Unit   string  `json:"unit,omitempty"`
}

const (
	shownWords = 20    // of one reason
	keptWords  = 20000 // of one reason, told apart in memory
)

// opens groups what is not known by its reason and what would settle it. The same rows are
// met by several rules, of a party and again of its accounts: rows of one kind of subject are added
// up, and of several kinds the largest sum counts.
type opens struct {
	has func(column string) bool
	by  map[openKey]*openSum
}

type openKey struct {
	reason signal.Reason
	column string
}

type openSum struct {
	flags          map[string]bool
	columns        map[string]bool
	checks, partly int
	wide           int // subjects of the line that stands for the run
	kinds          map[string]*kindSum
}

type kindSum struct {
	subjects int
	rows     int64
	amounts  map[string]float64
	words    map[[2]string]*OpenWord
	lost     int // words past keptWords
}

func newOpens(has func(string) bool) *opens { return &opens{has: has, by: map[openKey]*openSum{}} }

// gapsOf are the gaps behind a finding; a column without a gap of its own is absent from the
// run, or states nothing of this subject.
func gapsOf(f *finding.Finding, absent func(column string) bool) []finding.Gap {
	out := slices.Clone(f.Unknown)
	for _, column := range f.Missing {
		if slices.ContainsFunc(f.Unknown, func(g finding.Gap) bool { return g.Column == column }) {
			continue
		}
		reason := signal.Unstated
		if absent(column) {
			reason = signal.ColumnAbsent
		}
		out = append(out, finding.Gap{Reason: string(reason), Column: column})
	}
	return out
}

func (o *opens) at(g finding.Gap) *openSum {
	k := openKey{signal.Reason(g.Reason), g.Column}
	table, _, _ := strings.Cut(g.Column, ".")
	if k.reason == signal.ColumnAbsent && !o.has(table) || k.reason == signal.CellEmpty && g.Rows == 0 &&
		wholeRows[table] != [2]string{} {
		k.column = table
	}
	s := o.by[k]
	if s == nil {
		s = &openSum{flags: map[string]bool{}, columns: map[string]bool{}, kinds: map[string]*kindSum{}}
		o.by[k] = s
	}
	if g.Column != k.column {
		s.columns[g.Column] = true
	}
	return s
}

// subject adds what is not known of one subject, from all findings about it.
func (o *opens) subject(kind string, findings []finding.Finding, absent func(string) bool) {
	lists := make([][]finding.Gap, len(findings))
	for i := range findings {
		f := &findings[i]
		lists[i] = gapsOf(f, absent)
		seen := map[*openSum]bool{}
		for _, g := range lists[i] {
			s := o.at(g)
			s.flags[f.Flag] = true
			if seen[s] {
				continue
			}
			seen[s] = true
			if f.State == finding.Raised {
				s.partly++
			} else {
				s.checks++
			}
		}
	}
	seen := map[*kindSum]bool{}
	for _, g := range finding.JoinGaps(lists...) {
		s := o.at(g)
		k := s.kinds[kind]
		if k == nil {
			k = &kindSum{amounts: map[string]float64{}, words: map[[2]string]*OpenWord{}}
			s.kinds[kind] = k
		}
		if !seen[k] {
			seen[k] = true
			k.subjects++
		}
		k.add(g)
	}
}

func (k *kindSum) add(g finding.Gap) {
	k.rows += g.Rows
	if g.Amount != 0 {
		k.amounts[g.Unit] += g.Amount
	}
	if g.What == "" {
		return
	}
	id := [2]string{g.What, g.Unit}
	w := k.words[id]
	switch {
	case w == nil && len(k.words) >= keptWords:
		k.lost++
		return
	case w == nil:
		w = &OpenWord{What: g.What, Unit: g.Unit}
		k.words[id] = w
	}
	w.Rows, w.Amount = w.Rows+g.Rows, w.Amount+g.Amount
}

// run adds a line that stands for many subjects, none of which has the columns.
func (o *opens) run(f finding.Finding) {
	subjects, _ := f.Values["subjects"].(int)
	seen := map[*openSum]bool{}
	for _, column := range f.Missing {
		s := o.at(finding.Gap{Reason: string(signal.ColumnAbsent), Column: column})
		if seen[s] {
			continue
		}
		seen[s] = true
		s.flags[f.Flag] = true
		s.checks += subjects
		s.wide = max(s.wide, subjects)
	}
}

// list returns a line for each reason; what concerns the most rows or subjects stands first.
func (o *opens) list() []Open {
	out := make([]Open, 0, len(o.by))
	for k, s := range o.by {
		out = append(out, s.line(k))
	}
	weight := func(x Open) int64 { return max(x.Rows, int64(x.Subjects)) }
	slices.SortFunc(out, func(a, b Open) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(b.Checks, a.Checks),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Column, b.Column))
	})
	return out
}

func (s *openSum) line(k openKey) Open {
	x := Open{Reason: k.reason, Column: k.column, Flags: sorted(s.flags), Checks: s.checks, Partly: s.partly,
		Columns: sorted(s.columns)}
	var most *kindSum
	for _, kind := range sortedKinds(s.kinds) {
		sum := s.kinds[kind]
		x.Subjects += sum.subjects
		if most == nil || sum.rows > most.rows || sum.rows == most.rows && len(sum.words) > len(most.words) {
			most = sum
		}
	}
	x.Subjects = max(x.Subjects, s.wide)
	if most != nil {
		x.Rows = most.rows
		for unit, amount := range most.amounts {
			x.Amounts = append(x.Amounts, Amount{round4(amount), unit})
		}
		slices.SortFunc(x.Amounts, func(a, b Amount) int {
			return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Unit, b.Unit))
		})
		for _, w := range most.words {
			w.Amount = round4(w.Amount)
			x.Words = append(x.Words, *w)
		}
		slices.SortFunc(x.Words, func(a, b OpenWord) int {
			return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.What, b.What),
				cmp.Compare(a.Unit, b.Unit))
		})
		if n := len(x.Words); n > shownWords {
			x.Words, x.More = x.Words[:shownWords], n-shownWords
		}
		x.More += most.lost
	}
	x.Why, x.Supply = x.words()
	return x
}

func sortedKinds(m map[string]*kindSum) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// tableWords are what a table that is missing as a whole is called, and what to give for it.
var tableWords = map[string][2]string{
	"usage":       {"bills", "bills in FOCUS columns, as CSV or Parquet"},
	"accounts":    {"a register of accounts", "a table accounts: account, who holds it, who uses it"},
	"engagements": {"contracts or sales", "a table engagements, or contracts in OCDS"},
	"lists":       {"lists", "lists of concern, with --list"},
	"ownership":   {"ownership statements", "ownership statements (BODS, GLEIF or FollowTheMoney)"},
}

// wholeRows are the tables of which a subject has rows or none, with what is said of one that has
// none and what to supply. Their columns are one thing to know.
var wholeRows = map[string][2]string{
	"ownership": {"no statement says who owns or controls them",
		"ownership statements about them; that nobody has to be named is one, too"},
	"clauses": {"the register of clauses has no row for them", "rows in the table clauses for these contracts"},
}

// words says what is not known, and what would settle it.
func (x Open) words() (why, supply string) {
	rows := finding.Number(float64(x.Rows)) + " rows"
	if strings.HasPrefix(x.Column, "usage.") {
		rows = finding.Number(float64(x.Rows)) + " charges"
	}
	if x.Rows == 1 {
		rows = strings.TrimSuffix(rows, "s")
	}
	of := ""
	if x.Rows > 0 {
		of = " of " + rows
	}
	table, column, _ := strings.Cut(x.Column, ".")
	switch x.Reason {
	case signal.ColumnAbsent:
		if column != "" {
			return "no file has the column " + x.Column,
				fmt.Sprintf("the column %s in the table %s, or a --map that says which column it is", column, table)
		}
		w, ok := tableWords[table]
		if !ok {
			w = [2]string{"a table " + table, "a table " + table}
		}
		return "the records hold no " + strings.TrimPrefix(w[0], "a "), w[1]
	case signal.CellEmpty:
		if w, ok := wholeRows[x.Column]; ok {
			return w[0], w[1]
		}
		if x.Rows == 0 {
			return "no row states " + x.Column + " for them", "rows that state " + x.Column
		}
		return x.Column + " is empty" + strings.Replace(of, " of ", " in ", 1), "what belongs in " + x.Column
	case signal.UnitUnknown:
		return "the unit" + of + " is not understood",
			"the quantity in a known unit: bytes, GB-month, hours, characters, images, tokens"
	case signal.WordUnknown:
		return "the words" + of + " are not understood", "what they mean, in words or codes that are known: " + x.Column
	case signal.RowRejected:
		return rows + " could not be read", "these rows mended: rejects.jsonl says where and why"
	case signal.PartyUnread:
		texts := strings.Replace(rows, "row", "text", 1)
		return texts + " may name parties who are compared with no list",
			"the names apart, in the columns tenderers, consortium_members and subcontractors, with semicolons " +
				"between; " +
				"or a --map that says which column holds them"
	case signal.NoBill:
		return "accounts of the register have no bill", "the bills of these accounts"
	case signal.NoRegister:
		return "accounts of the bills are tied to no party",
			"rows in the table accounts that say who holds and who uses them"
	case signal.AfterReview:
		if x.Rows == 0 {
			return "all that " + table + " holds is dated after the day of the review",
				"a later day with --as-of, if these are to count"
		}
		be := "are"
		if x.Rows == 1 {
			be = "is"
		}
		return rows + " " + be + " dated after the day of the review", "a later day with --as-of, if these are to count"
	case signal.FewMonths:
		return "too few months lie before it for a comparison", "bills of the months before"
	case signal.Unstated:
		return "the records do not state " + cmp.Or(x.Column, "it"), cmp.Or(x.Column, "it") + " where it applies"
	}
	return strings.ReplaceAll(string(x.Reason), "_", " "), cmp.Or(x.Column, "the records that are missing")
}
