package draft

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// mostShown is how many values, columns or tables a comment names.
const mostShown = 6

// A writer puts one mapping together.
type writer struct {
	g      *grid
	sheets []string // further ones with the same headings
	src    record.Source
	c      choice
	lines  []string // of columns
	doubts []string
	used   map[*source]bool
	number string   // for the whole mapping, "" for none
	dates  []string // for the whole mapping
	months []string
}

// text returns the mapping as an item of the list maps.
func (w *writer) text(columns []*source, files []string, others []choice) string {
	w.used = map[*source]bool{}
	w.forms()
	for _, column := range table.ColumnsOf(w.c.table) {
		w.column(column, columns)
	}
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	name := strings.TrimSuffix(path.Base(files[0]), path.Ext(files[0]))
	if w.g.sheet != "" && w.g.sheet != "Sheet1" {
		name += " " + w.g.sheet
	}
	put("  - name: %s", quote(name))
	note := ""
	if len(others) > 0 && others[0].score > 0.75*w.c.score && others[0].lacking() == 0 {
		note = "   # doubt: it could also be " + others[0].table + " (plimsoll map draft --table " + others[0].table +
			")"
		w.doubts = append(w.doubts, "the table could also be "+others[0].table)
	}
	put("    table: %s%s", w.c.table, note)
	put("    files: [%s]", quoteAll(files))
	if header := w.headerKey(); header != "" && w.g.header >= 0 {
		put("    header: [%s]", header)
	}
	if w.g.delimiter != 0 {
		put("    delimiter: %s",
			quote(map[bool]string{true: "tab", false: string(w.g.delimiter)}[w.g.delimiter == '\t']))
	} else if len(w.sheets) > 0 {
		put("    sheet: [%s]", quoteAll(append([]string{w.g.sheet}, w.sheets...)))
	} else {
		put("    sheet: %s", quote(w.g.sheet))
	}
	if w.g.encoding != "" {
		put("    encoding: %s   # doubt: found out from the headings", w.g.encoding)
		w.doubts = append(w.doubts, "the encoding is found out from the headings")
	}
	switch {
	case w.g.header < 0:
		put("    no_header: true   # doubt: no row of headings was found; columns are named by their number")
		w.doubts = append(w.doubts, "no row of headings was found")
		if skip := firstFilled(w.g.rows); skip > 0 {
			put("    skip_rows: %d", skip)
		}
	case w.g.header > 0 && firstFilled(w.g.rows) != w.g.header:
		put("    skip_rows: %d", w.g.header)
	}
	if w.number != "" {
		put("    number: %s", quote(w.number))
	}
	if len(w.dates) > 0 {
		put("    date: %s", list(w.dates))
	}
	if len(w.months) > 0 {
		put("    months: [%s]", quoteAll(w.months))
	}
	if null := w.nulls(); len(null) > 0 {
		put("    null: [%s]", quoteAll(null))
	}
	if reject := w.sums(columns); reject != "" {
		put("    reject:\n      - %s", reject)
	}
	put("    columns:")
	for _, l := range w.lines {
		put("      %s", l)
	}
	var rest []string
	for _, s := range columns {
		if !w.used[s] && len(s.cells) > 0 {
			rest = append(rest, s.name())
		}
	}
	if len(rest) > 0 {
		put("    # not used: %s", strings.ReplaceAll(strings.Join(rest, ", "), "\n", " "))
	}
	return b.String()
}

func firstFilled(rows [][]string) int {
	for i, r := range rows {
		if !blank(r) && !strings.HasPrefix(strings.ToLower(r[0]), "sep=") {
			return i
		}
	}
	return 0
}

// name is how comments name a column.
func (s *source) name() string {
	if s.twice {
		return fmt.Sprintf("column %d", s.i+1)
	}
	return s.heading
}

// ref is how the mapping names a column.
func (s *source) ref() string {
	if s.twice {
		return strconv.Itoa(s.i + 1)
	}
	return quote(s.heading)
}

// piece is how a text names a column.
func (s *source) piece() string {
	if s.twice || strings.ContainsAny(s.heading, "{}\n") || slices.Contains([]string{"row", "file", "folder", "sheet"},
		s.heading) || strings.HasPrefix(s.heading, "#") {
		return fmt.Sprintf("{#%d}", s.i+1)
	}
	return "{" + s.heading + "}"
}

// headerKey names the columns by which a file is known: those of the needs.
func (w *writer) headerKey() string {
	var out []string
	for _, any := range needsOf(w.c.table) {
		for _, column := range any {
			if s := w.c.from[column]; s != nil && !s.twice {
				out = append(out, quote(s.heading))
				break
			}
		}
	}
	return strings.Join(out, ", ")
}

func (w *writer) line(column, value, doubt string) {
	l := column + ": " + value
	if doubt != "" {
		l += "   # doubt: " + strings.ReplaceAll(doubt, "\n", " ")
		w.doubts = append(w.doubts, column+": "+doubt)
	}
	w.lines = append(w.lines, l)
}

// choose writes a line that the user has to decide: it counts only once its "#" is taken away.
func (w *writer) choose(column, value, doubt string) {
	w.lines = append(w.lines, "# "+column+": "+value+"   # doubt: "+strings.ReplaceAll(doubt, "\n", " "))
	w.doubts = append(w.doubts, column+": "+doubt)
}

// column writes the line of one column of the table, if anything is known of it.
func (w *writer) column(column string, columns []*source) {
	s := w.c.from[column]
	if s == nil {
		w.absent(column, columns)
		return
	}
	w.used[s] = true
	doubt := ""
	if best := s.best(w.c.table, column); best < sureWord*0.75 {
		doubt = "the heading does not say it for certain"
		if s.concepts == nil || s.twice {
			doubt = "by its cells, not by a heading"
		}
	}
	if column == "signed" && s.concepts["later_date"] > s.concepts["date"] {
		doubt = "a day of delivery, invoice or booking: the signature is earlier, and what came between is taken for " +
			"in time"
	}
	switch {
	case table.IsDate(column):
		w.date(column, s, doubt)
	case table.IsNumber(column):
		w.numberLine(column, s, doubt)
	case column == "item_code":
		if w.c.from["item_scheme"] == nil {
			w.line("item_scheme", "{const: "+w.scheme(s)+"}", "")
		}
		w.line(column, s.ref(), doubt)
	case column == "identifiers":
		w.identifiers(s, columns)
	case strings.HasSuffix(column, "_id") && w.ofParty(column):
		w.partyID(column, s, columns, doubt)
	default:
		w.coded(column, s, doubt)
	}
}

// best is how far the heading or the cells speak for a column of the table.
func (s *source) best(t, column string) float64 {
	best := 0.0
	if fold(s.heading) == fold(column) {
		return ownName
	}
	for _, to := range targetsOf(t) {
		if to.column == column {
			for _, c := range to.concepts {
				best = max(best, s.concepts[c])
			}
		}
	}
	return best
}

func (w *writer) ofParty(column string) bool {
	return slices.Contains([]string{"buyer_id", "seller_id", "party_id", "owner_id", "owned_id", "end_user_id",
		"about_id"}, column)
}

// schemes of item codes by concept.
var schemes = map[string]string{"hs_code": "HS", "cn_code": "CN", "cpv": "CPV", "unspsc": "UNSPSC", "eccn": "ECCN"}

func (w *writer) scheme(s *source) string {
	for _, c := range slices.Sorted(maps.Keys(s.concepts)) {
		if x := schemes[c]; x != "" {
			return x
		}
	}
	return "HS"
}

// partyID joins the identifiers of one party: the register's own key, and those with a scheme.
func (w *writer) partyID(column string, s *source, columns []*source, doubt string) {
	if column != "buyer_id" && column != "party_id" {
		w.line(column, s.ref(), doubt)
		return
	}
	var pieces []string
	for _, concept := range []string{"customer_id", "lei", "vat"} {
		for _, x := range columns {
			if x.concepts[concept] < sureWord*0.75 || w.used[x] && x != s {
				continue
			}
			w.used[x] = true
			pieces = append(pieces, map[string]string{"lei": "LEI:", "vat": "VAT:"}[concept]+x.piece())
			break
		}
	}
	switch {
	case len(pieces) == 1 && !strings.Contains(pieces[0], ":{"):
		w.line(column, s.ref(), doubt)
	case len(pieces) > 0:
		w.line(column, "{text: "+quote(strings.Join(pieces, ";"))+"}", doubt)
	default:
		w.line(column, s.ref(), doubt)
	}
}

// identifiers of a list need a scheme.
func (w *writer) identifiers(s *source, columns []*source) {
	var pieces []string
	for _, concept := range []string{"lei", "vat"} {
		for _, x := range columns {
			if x.concepts[concept] >= sureWord*0.75 {
				w.used[x] = true
				pieces = append(pieces, map[string]string{"lei": "LEI:", "vat": "VAT:"}[concept]+x.piece())
				break
			}
		}
	}
	if len(pieces) > 0 {
		w.line("identifiers", "{text: "+quote(strings.Join(pieces, ";"))+"}", "")
		return
	}
	w.choose("identifiers", "{text: "+quote("SCHEME:"+s.piece())+"}",
		"write for SCHEME the code of the register (org-id.guide)")
}

// coded writes a column of text; words of a coded column are translated.
func (w *writer) coded(column string, s *source, doubt string) {
	translate := words().values[w.c.table+"."+column]
	known := table.WordsOf(w.c.table, column)
	if w.c.table == table.List && column == "status" {
		known = func(v string) bool { v = strings.ToLower(v); return v == "listed" || v == "removed" }
	}
	if translate == nil && known == nil {
		w.line(column, s.ref(), doubt)
		return
	}
	values := map[string]string{}
	var unknown []string
	for _, v := range slices.Sorted(maps.Keys(s.distinct)) {
		if known != nil && known(v) {
			continue
		}
		if to, ok := translate[strings.ToLower(v)]; ok {
			values[v] = to
		} else {
			unknown = append(unknown, v)
		}
	}
	if w.c.table == table.Engagements && column == "kind" && len(unknown) > 0 && len(values) == 0 &&
		len(unknown) == len(s.distinct) {
		delete(w.used, s) // a type that is not one of dealings
		w.absent(column, nil)
		return
	}
	if len(unknown) > 0 {
		doubt = "not understood: " + strings.Join(short(unknown), ", ") + "; say with values what they mean"
	}
	if len(values) == 0 {
		w.line(column, s.ref(), doubt)
		return
	}
	var parts []string
	for _, v := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, quote(v)+": "+values[v])
	}
	w.line(column, "{column: "+s.ref()+", values: {"+strings.Join(parts, ", ")+"}}", doubt)
}

func short(list []string) []string {
	out := []string{}
	for i, v := range list {
		if i == mostShown {
			return append(out, fmt.Sprintf("and %d more", len(list)-i))
		}
		if len(v) > 40 {
			v = strings.ToValidUTF8(v[:40], "") + "…"
		}
		out = append(out, strconv.Quote(v))
	}
	return out
}

// absent writes what a draft can say of a column that the file does not have.
func (w *writer) absent(column string, columns []*source) {
	switch w.c.table + "." + column {
	case "engagements.engagement_id":
		w.line(column, `{text: "{file}/{row}"}`, "no column is a number of the order or contract: each row is an "+
			"engagement of its own")
	case "engagements.kind":
		kind := "sale"
		if s := w.c.from["engagement_id"]; s != nil && isContract(s.heading) {
			kind = "contract"
		} else if s != nil && speaksOf(s.heading, "licence") {
			kind = "licence"
		} else if s != nil && speaksOf(s.heading, "delivery") {
			kind = "delivery"
		}
		w.line(column, "{const: "+kind+"}", "every row counts as a "+kind)
	case "engagements.seller":
		w.choose(column, "{const: Your company}", "no column names the seller; when all rows are your own sales, "+
			"write your company's name")
	case "engagements.currency", "usage.BillingCurrency":
		if c := w.currency(); c != "" {
			w.line(column, "{const: "+c+"}", "")
		} else if s := w.besideAmounts(); s != nil {
			w.line(column, "{column: "+s.ref()+`, take: "[^\\s\\d.,'()+-]+"}`, "")
		}
	case "list.status":
		w.line(column, "{const: listed}", "every row counts as listed")
	case "list.publisher":
		w.line(column, "{const: "+quote("own list ("+path.Base(strings.ReplaceAll(w.src.Name, "!", "/"))+")")+"}",
			"no column says who lists; write who stands behind the list")
	case "usage.ChargeCategory":
		w.line(column, "{const: Usage}", "every row counts as use, none as a fee, credit or tax")
	}
}

// isContract reports whether a heading names a contract rather than an order or invoice.
func isContract(heading string) bool {
	h := fold(heading)
	for _, w := range []string{"contract", "agreement", "vertrag", "contrat", "contrato", "contratto", "umow",
		"sozlesme", "договор", "контракт", "合同", "契約", "expediente", "عقد", "계약", "smlouv", "avtal"} {
		if strings.Contains(h, fold(w)) {
			return true
		}
	}
	return false
}

// currency reads the currency out of the heading or the cells of the amounts.
func (w *writer) currency() string {
	s := w.c.from["value"]
	if s == nil {
		s = w.c.from["BilledCost"]
	}
	if s == nil {
		return ""
	}
	heading := strings.FieldsFunc(s.heading, func(r rune) bool { return strings.ContainsRune(" ()[]_-/,.:", r) })
	for _, word := range heading {
		if c, ok := table.Currency(word); ok && (len(word) == 3 && strings.ToUpper(word) == word ||
			strings.ContainsAny(word, "€£¥₹₽₺$")) {
			return c
		}
		if c, scaled := scaledCurrency(word); scaled {
			return c
		}
	}
	found := map[string]bool{}
	for _, c := range s.cells {
		sign := strings.TrimSpace(strings.Trim(c, "0123456789.,'’ -+()\u00a0\u202f"))
		if x, ok := table.Currency(sign); ok && sign != "" {
			found[x] = true
		}
	}
	if len(found) == 1 {
		return slices.Collect(maps.Keys(found))[0]
	}
	return ""
}

// scaledCurrency reads a currency with a letter for thousands or millions before it: TEUR, kCHF, MUSD, k€.
func scaledCurrency(word string) (string, bool) {
	if rest, ok := strings.CutSuffix(word, "€"); ok && len(rest) == 1 {
		return "EUR", true
	}
	if len(word) != 4 || !strings.ContainsRune("TtKkM", rune(word[0])) || strings.ToUpper(word[1:]) != word[1:] {
		return "", false
	}
	return table.Currency(word[1:])
}

// besideAmounts returns the column of the amounts when its cells name currencies.
func (w *writer) besideAmounts() *source {
	s := w.c.from["value"]
	if s == nil {
		return nil
	}
	n := 0
	for _, c := range s.cells {
		if _, currency := table.SplitMoney(table.Digits(c)); currency != "" {
			n++
		}
	}
	if float64(n) < someCells*float64(len(s.cells)) {
		return nil
	}
	return s
}

// nulls are the words of cells that hold nothing and that the readers do not know by themselves.
func (w *writer) nulls() []string {
	seen := map[string]bool{}
	for _, row := range w.g.body {
		for _, c := range row {
			if c = strings.TrimSpace(c); c != "" && isNull(c) {
				seen[strings.ToLower(c)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// sums returns the condition for rows that are sums.
func (w *writer) sums(columns []*source) string {
	for i, s := range columns {
		found := map[string]bool{}
		for _, rows := range [][][]string{w.g.body, w.g.tail} {
			for _, row := range rows {
				if i < len(row) && isSum(row[i]) {
					found[strings.TrimSpace(row[i])] = true
				}
			}
		}
		if len(found) > 0 {
			return "{column: " + s.ref() + ", is: [" + quoteAll(slices.Sorted(maps.Keys(found))) +
				"], reason: \"a sum over rows, no record\"}"
		}
	}
	return ""
}

// quote writes a text so that YAML reads the same text.
func quote(s string) string {
	plain := s != "" && !strings.ContainsAny(s, ":#{}[],&*!|>'\"%@`\\\n\t") && strings.TrimSpace(s) == s &&
		!strings.ContainsAny(s[:1], "-?=<~0123456789.+") &&
		!slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s))
	for _, r := range s {
		plain = plain && r >= ' ' && r != 0x7f && !(r >= 0x80 && r < 0xa0) && r != 0xfeff && r != 0x2028 && r != 0x2029
	}
	if plain {
		return s
	}
	return strconv.QuoteToGraphic(s)
}

func quoteAll(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(s)
	}
	return strings.Join(out, ", ")
}

// list writes one text, or several as a list.
func list(texts []string) string {
	if len(texts) == 1 {
		return quote(texts[0])
	}
	return "[" + quoteAll(texts) + "]"
}
