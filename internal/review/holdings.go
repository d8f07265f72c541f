package review

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Holdings are what portfolios hold, and what lists and ownership statements say of the issuers.
type Holdings struct {
	Portfolios []Portfolio   `json:"portfolios"`
	Lines      []HoldingLine `json:"lines"`             // holdings of which something is said; all are in holdings.csv
	Letters    int           `json:"letters,omitempty"` // drafts of letters to issuers in letters.md
}

// A Portfolio is one portfolio on one day in one currency.
type Portfolio struct {
	Name     string `json:"portfolio"`
	AsOf     string `json:"as_of,omitempty"`
	Currency string `json:"currency,omitempty"`
	Holdings int    `json:"holdings"`
	Value    string `json:"value,omitempty"` // exact; of the holdings that state one
	NoValue  int    `json:"without_value"`   // holdings that state none
	Named    int    `json:"holdings_named"`  // holdings of which something is said
	Open     int    `json:"holdings_open"`   // holdings of which nothing is said and something was not checked
	// of the value that is stated; what was sold short counts as much as what is held
	Share float64 `json:"share_of_value_named"`
	total *big.Rat
	gross float64
	named float64
}

// The standings of an issuer.
const (
	OnList        = "on a list"
	OwnedByList   = "owned by a listed party"
	OwnsList      = "owns a listed party"
	StandingCheck = "name to check"
	RemovedEntry  = "entry removed from a list"
)

// The standings of an issuer of which nothing is said: what was looked at. Only the last is an answer to every
// question.
const (
	NoIssuer  = "issuer not read"
	NoName    = "issuer not known: its number is tied to no name"
	NoLists   = "not checked: no list was read"
	NoOwners  = "on no list read; no statement says who owns it"
	NoListing = "on no list read; no listed owner in the statements read"
)

// A HoldingLine is one holding and one thing that is said of its issuer.
type HoldingLine struct {
	Portfolio string  `json:"portfolio"`
	Issuer    string  `json:"issuer"`
	Party     string  `json:"party"`
	ISIN      string  `json:"isin,omitempty"`
	Value     string  `json:"value,omitempty"`
	Currency  string  `json:"currency,omitempty"`
	AsOf      string  `json:"as_of,omitempty"`
	Share     float64 `json:"share_of_portfolio,omitempty"` // 0 when it is not known
	Status    string  `json:"status"`
	List      string  `json:"list,omitempty"`
	Entry     string  `json:"entry,omitempty"`
	Effect    string  `json:"effect,omitempty"` // what the listing does, in the list's words
	Says      string  `json:"says"`             // score and grade, or the path with shares and dates
	File      string  `json:"file"`
	At        string  `json:"at"`
}

const holdingsSQL = `
SELECT h.portfolio, m.party, h.isin, CAST(h.value AS VARCHAR), CAST(h.value AS DOUBLE), h.weight, h.currency, h.day, h.source, h.place FROM (
  SELECT *, row_number() OVER (PARTITION BY content ORDER BY seq) AS copy FROM holding WHERE day IS NULL OR day <= CAST($1 AS DATE)) h
LEFT JOIN party_map m ON m.mention = h.issuer WHERE h.copy = 1 ORDER BY h.portfolio, h.day, h.seq`

// holdings writes holdings.csv and fills the summary, where the records hold any holding.
func (r *run) holdings(ctx context.Context) error {
	if r.book.Rows("holdings") == 0 {
		return nil
	}
	removed, err := r.removedIndex()
	if err != nil {
		return err
	}
	type held struct {
		line   HoldingLine
		party  int32
		value  float64
		weight string
	}
	var all []held
	err = r.book.Each(ctx, "read holdings", holdingsSQL, func(rows *sql.Rows) error {
		var h held
		var who sql.NullInt32
		var text sql.NullString
		var value sql.NullFloat64
		var day sql.NullTime
		var source int
		if err := rows.Scan(&h.line.Portfolio, &who, &h.line.ISIN, &text, &value, &h.weight, &h.line.Currency, &day,
			&source, &h.line.At); err != nil {
			return err
		}
		h.party, h.value, h.line.Value = -1, value.Float64, withoutZeros(text.String)
		if who.Valid {
			h.party = who.Int32
			h.line.Issuer, h.line.Party = r.res.Parties[h.party].Name, string(r.res.Parties[h.party].ID)
		}
		if day.Valid {
			h.line.AsOf = day.Time.Format(time.DateOnly)
		}
		h.line.File = r.files[source].Name
		all = append(all, h)
		return nil
	}, r.o.AsOf.Format(time.DateOnly))
	if err != nil {
		return err
	}
	out := &Holdings{Portfolios: []Portfolio{}, Lines: []HoldingLine{}}
	at := map[[3]string]int{}
	place := func(l *HoldingLine) *Portfolio {
		k := [3]string{l.Portfolio, l.AsOf, l.Currency}
		i, ok := at[k]
		if !ok {
			i = len(out.Portfolios)
			at[k] = i
			out.Portfolios = append(out.Portfolios, Portfolio{Name: l.Portfolio, AsOf: l.AsOf, Currency: l.Currency,
				total: new(big.Rat)})
		}
		return &out.Portfolios[i]
	}
	wholes := map[[2]string]*weights{} // of a portfolio on a day, in all its currencies
	whole := func(l *HoldingLine) *weights {
		k := [2]string{l.Portfolio, l.AsOf}
		if wholes[k] == nil {
			wholes[k] = &weights{currencies: map[string]bool{}}
		}
		return wholes[k]
	}
	for i := range all {
		p := place(&all[i].line)
		p.Holdings++
		if all[i].line.Value == "" {
			p.NoValue++
		}
		p.total.Add(p.total, record.Decimal(all[i].line.Value).Rat())
		p.gross += math.Abs(all[i].value)
		whole(&all[i].line).add(all[i].weight)
		whole(&all[i].line).currency(all[i].line.Currency)
	}
	perhaps := perhaps(&r.res)
	table := [][]string{{"portfolio", "issuer", "isin", "value", "currency", "as_of", "share_of_portfolio", "status",
		"list", "entry", "effect", "says", "file", "at"}}
	for i := range all {
		h := &all[i]
		p := place(&h.line)
		h.line.Share = whole(&h.line).share(h.weight, h.value, p.gross)
		said := r.said(h.party, removed)
		if len(said) == 0 {
			said = r.saidPerhaps(h.party, perhaps)
		}
		if len(said) > 0 {
			p.Named++
			p.named += math.Abs(h.value)
		}
		rows := []HoldingLine{h.line}
		if len(said) > 0 {
			rows = nil
		} else if rows[0].Status = r.unsaid(h.party); rows[0].Status != NoListing {
			p.Open++
		}
		for _, s := range said {
			l := h.line
			l.Status, l.List, l.Entry, l.Effect, l.Says = s.Status, s.List, s.Entry, s.Effect, s.Says
			rows = append(rows, l)
			out.Lines = append(out.Lines, l)
		}
		for _, l := range rows {
			share := ""
			if l.Share != 0 {
				share = strconv.FormatFloat(l.Share, 'f', -1, 64)
			}
			table = append(table, []string{l.Portfolio, l.Issuer, l.ISIN, l.Value, l.Currency, l.AsOf, share,
				l.Status, l.List, l.Entry, l.Effect, l.Says, l.File, l.At})
		}
	}
	for i := range out.Portfolios {
		p := &out.Portfolios[i]
		if p.gross > 0 {
			p.Share = round4(p.named / p.gross)
		}
		if p.NoValue < p.Holdings {
			places, _ := p.total.FloatPrec() // sums of decimals end
			p.Value = p.total.FloatString(places)
		}
	}
	slices.SortStableFunc(out.Lines, func(a, b HoldingLine) int {
		return cmp.Or(cmp.Compare(statusOrder(a.Status), statusOrder(b.Status)), cmp.Compare(math.Abs(b.Share),
			math.Abs(a.Share)),
			cmp.Compare(a.Issuer, b.Issuer))
	})
	r.sum.Holdings = out
	return writeCSV(filepath.Join(r.dir, "holdings.csv"), table)
}

func statusOrder(s string) int {
	return slices.Index([]string{OnList, OwnedByList, OwnsList, StandingCheck, RemovedEntry}, s)
}

// unsaid is the standing of an issuer of which nothing is said.
func (r *run) unsaid(p int32) string {
	switch {
	case p < 0:
		return NoIssuer
	case numberOnly(&r.res.Parties[p]):
		return NoName
	case len(r.sum.Lists) == 0:
		return NoLists
	case !r.owned[p].Known:
		return NoOwners
	}
	return NoListing
}

// numberOnly reports whether nothing is known of an issuer but the number of a security or its own: what is called by a
// number is on no list by its name.
func numberOnly(p *party.Party) bool {
	number := func(name string) bool {
		return slices.ContainsFunc(p.Identifiers, func(id party.Identifier) bool { return id.ID == name })
	}
	return number(p.Name) && !slices.ContainsFunc(p.Names, func(n string) bool { return !number(n) })
}

// saidPerhaps is what lists and ownership say of parties that an issuer may be.
func (r *run) saidPerhaps(p int32, perhaps map[int32][]int32) (out []HoldingLine) {
	if p < 0 {
		return nil
	}
	for _, q := range perhaps[p] {
		for _, l := range r.said(q, &removedEntries{}) {
			l.Says = fmt.Sprintf("it may be “%s” of other records (joins.csv): %s; %s", r.res.Parties[q].Name, l.Status,
				l.Says)
			l.Status = StandingCheck
			out = append(out, l)
		}
	}
	return out
}

// weights tell whether the weights of a portfolio are percent or fractions: "0.5" may be either. What was sold short
// has a weight below 0, and the sum is that of the whole.
type weights struct {
	sum, most  float64 // as fractions would be; of those without a sign for percent
	short      bool    // some are below 0
	currencies map[string]bool
}

func (w *weights) add(text string) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
	case percent:
		w.sum += x / 100
	default:
		w.sum, w.most, w.short = w.sum+x, max(w.most, math.Abs(x)), w.short || x < 0
	}
}

func (w *weights) currency(s string) { w.currencies[s] = true }

// The sums between which weights are taken for fractions of a whole portfolio, cash and rounding allowed for. Our own
// choice: of a smaller sum nobody can say whether it is a part in fractions or a small part in percent.
const (
	leastWhole = 0.9
	mostWhole  = 1.1
)

// share is the share of a holding in its portfolio: as stated, else by value among all values without their signs where
// these are in one currency; below 0 for what was sold short, 0 when neither is known.
func (w *weights) share(text string, value, gross float64) float64 {
	number, percent := strings.CutSuffix(text, "%")
	if x, err := strconv.ParseFloat(number, 64); err == nil {
		switch {
		case percent, w.sum > mostWhole:
			return round6(x / 100)
		case w.sum >= leastWhole && (w.most <= 1 || w.short): // 1.3 held and 0.3 sold short make a whole
			return round6(x)
		case w.most > 1:
			return round6(x / 100)
		}
	}
	if gross > 0 && len(w.currencies) < 2 {
		return round6(value / gross)
	}
	return 0
}

// round6 rounds a share to a millionth: many holdings are smaller than what [round4] sees.
func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// said is what lists and ownership say of an issuer.
func (r *run) said(p int32, removed *removedEntries) []HoldingLine {
	if p < 0 {
		return nil
	}
	var out []HoldingLine
	if hits := r.listed[p].Hits; bestScore(hits) > 0 {
		h := hits[0]
		status := OnList
		if ground, _, _ := worth(hits); h.Score < sameParty || ground == groundWeak {
			status = StandingCheck
		}
		out = append(out, hitLine(status, h))
	}
	if s := r.owned[p]; s.ShareMax >= watchShare || s.Control {
		l := HoldingLine{Status: OwnedByList, Says: pathWords(s.Path)}
		if len(s.Hits) > 0 {
			l.List, l.Entry, l.Effect = cmp.Or(s.Hits[0].Title, s.Hits[0].List), s.Hits[0].Entry, s.Hits[0].Effect
		}
		out = append(out, l)
	}
	if b, ok := r.below[p]; ok && (b.Max >= watchShare || b.Control) {
		out = append(out, HoldingLine{Status: OwnsList, List: cmp.Or(b.Hit.Title, b.Hit.List), Entry: b.Hit.Entry,
			Effect: b.Hit.Effect, Says: b.Says})
	}
	for _, h := range removed.hits(r, p) {
		out = append(out, hitLine(RemovedEntry, h))
	}
	return out
}

func hitLine(status string, h finding.Hit) HoldingLine {
	return HoldingLine{Status: status, List: cmp.Or(h.Title, h.List), Entry: h.Entry, Effect: h.Effect,
		Says: fmt.Sprintf("compared with “%s”, score %s, grade %s", h.Name, strconv.FormatFloat(round4(h.Score), 'f',
			-1, 64), h.Grade)}
}

// removedEntries finds names among the entries that lists removed: they are never a match, and a reader
// of a portfolio wants to know that they were there.
type removedEntries struct {
	lists []*list.List
	index *match.Index
}

func (r *run) removedIndex() (*removedEntries, error) {
	x := &removedEntries{}
	n := 0
	for _, l := range r.sum.Lists {
		c := *l
		c.Entries = nil
		for _, e := range l.Entries {
			if e.Status == list.Removed {
				e.Status = list.Listed // the index holds entries in force only
				c.Entries = append(c.Entries, e)
			}
		}
		n += len(c.Entries)
		x.lists = append(x.lists, &c)
	}
	if n > 0 {
		x.index = match.Build(x.lists)
	}
	return x, nil
}

func (x *removedEntries) hits(r *run, i int32) []finding.Hit {
	if x.index == nil {
		return nil
	}
	p := r.res.Parties[i]
	var out []finding.Hit
	for _, h := range x.index.Search(match.Query{Name: p.Name, Aliases: p.Names, Kind: p.Kind, Country: p.Country,
		Identifiers: p.Identifiers, Addresses: p.Addresses}, 1, sameParty) {
		if h.Grade >= "D" { // something speaks against it
			continue
		}
		l := x.lists[h.List]
		e := l.Entries[h.Entry]
		out = append(out, finding.Hit{List: l.ID, Title: title(l), Entry: e.ID, Name: h.Name, Score: round4(h.Score),
			Grade: h.Grade, Effect: e.Effect, Listed: e.Listed.String()})
	}
	return out
}

func withoutZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// writeCSV writes a table; a cell that a spreadsheet would take for a formula gets an apostrophe.
func writeCSV(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	w := csv.NewWriter(f)
	for _, row := range rows {
		for i, c := range row {
			row[i] = inert(c)
		}
		if err := w.Write(row); err != nil {
			f.Close()
			return fmt.Errorf("write %s: %w", filepath.Base(path), err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return f.Close()
}

// inert keeps a spreadsheet from taking a text for a formula; numbers stay as they are.
func inert(s string) string {
	if table.Inert(s) == s {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return table.Inert(s)
}
