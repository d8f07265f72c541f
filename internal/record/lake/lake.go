// Package lake writes the one SQL statement that groups a table of FOCUS charges where it lies, in an engine that
// already stands beside the data: account, sub-account, month, region, service, SKU, unit, charge class and
// issuer with sums, number of charges and a key that points back. Its result is a grouped bill
// (docs/format/grouped.md), which [focus.Loading] reads.
//
// Invariants: only columns of the allow-lists of record/focus are named, so that what customers write stays in the
// lake; every charge is in exactly one group, also one that cannot be read, which has a group with the reason
// and no amounts; all dialects give the same rows for the same charges; names and texts from outside are quoted.
package lake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/record/focus"
)

// Options are what a statement is about.
type Options struct {
	Dialect  string
	Table    string   // catalog.schema.table, parts with points in double quotes
	Columns  []string // of the table, as it spells them
	TextTime bool     // times are text as ISO 8601 and no timestamps
	Texts    []string // columns of times that are text, where not all are
	Version  string   // snapshot of the table that is read, a number; "" for what it holds now. Trino alone
	Month    string   // YYYY-MM of the billing period, "" for all
	Snapshot string   // what the result is called in evidence
	Group    string   // instead of grouping: the charges of the group with this key
}

// The names of the parts of the statement. A table cannot have them.
const (
	chargePart = "plimsoll_charge"
	readPart   = "plimsoll_read"
	rawPart    = "plimsoll_raw"
	tidyPart   = "plimsoll_tidy"
	groupPart  = "plimsoll_group"
)

var keyForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// longestSnapshot bounds the name of a snapshot, which every row repeats, in bytes.
const longestSnapshot = 200

// SQL returns the statement, without a semicolon.
func SQL(o Options) (string, error) {
	s, err := parse(o.Dialect)
	if err != nil {
		return "", err
	}
	w := &writer{syntax: s, o: o}
	if w.table, err = s.tableName(o.Table); err != nil {
		return "", err
	}
	for _, part := range []string{chargePart, readPart, rawPart, tidyPart, groupPart} {
		if strings.EqualFold(strings.Trim(o.Table, "\"`"), part) {
			return "", fmt.Errorf("a table cannot be called %s here: the statement uses the name", part)
		}
	}
	if o.Version != "" {
		if Dialect(o.Dialect) != Trino || strings.Trim(o.Version, "0123456789") != "" {
			return "", fmt.Errorf("version %q: a number that Trino knows the table's snapshot by is needed", o.Version)
		}
		w.table += " FOR VERSION AS OF " + o.Version
	}
	if w.columns, err = focus.Lake(o.Columns); err != nil {
		return "", err
	}
	if o.Group != "" && !keyForm.MatchString(o.Group) {
		return "", fmt.Errorf("group %q is no key of a group: 32 digits 0 to 9 and a to f", o.Group)
	}
	if o.Group == "" && (strings.TrimSpace(o.Snapshot) == "" || len(o.Snapshot) > longestSnapshot) {
		return "", fmt.Errorf("the name of a snapshot has 1 to %d bytes", longestSnapshot)
	}
	if o.Month != "" {
		m, err := time.Parse("2006-01", o.Month)
		if err != nil {
			return "", fmt.Errorf("month %q is not written YYYY-MM", o.Month)
		}
		w.month = m.Year()*100 + int(m.Month())
	}
	return w.statement()
}

// A writer puts a statement together.
type writer struct {
	*syntax
	o       Options
	table   string
	columns focus.LakeTable
	month   int // as 203101, 0 for all
	err     error
}

// column is a column of the table.
func (w *writer) column(name string) string {
	q, err := w.ident(name)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("column %w", err)
	}
	return q
}

func (w *writer) statement() (string, error) {
	var b strings.Builder
	part := func(name, text string) {
		if b.Len() > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "%s AS %s(\n%s\n)", name, w.once, text)
	}
	part(chargePart, w.charges())
	part(readPart, w.read())
	if w.o.Group != "" {
		part(tidyPart, w.tidy(readPart, []string{"r.*"}))
		fmt.Fprintf(&b, "\nSELECT * FROM %s\nWHERE %s = %s", tidyPart, w.hash(w.keyText()), w.literal(w.o.Group))
		return "WITH " + b.String(), w.err
	}
	part(rawPart, w.raw())
	part(tidyPart, w.tidy(rawPart, w.tidySums()))
	part(groupPart, w.groups())
	return "WITH " + b.String() + "\n" + w.result(), w.err
}

// An amount is a number of a charge: q the quantity, b and e the costs. From ten to the power of end on it is none that
// is added up with the others.
type amount struct {
	short, column, name string
	end                 int
}

func (w *writer) amounts() []amount {
	var out []amount
	for _, a := range []amount{{"q", w.columns.Quantity, "ConsumedQuantity", focus.LargeFrom},
		{"b", w.columns.BilledCost, "BilledCost", focus.AmountEnd},
		{"e", w.columns.EffectiveCost, "EffectiveCost", focus.AmountEnd}} {
		if a.column != "" {
			out = append(out, a)
		}
	}
	return out
}

// The digits of the widest decimal that all engines have, and those of amounts behind the point.
const digits, places = 38, 12

// word is the name of a column of words within the statement.
func word(i int) string { return fmt.Sprintf("w%d", i) }

// charges reads the columns of each charge that are allowed.
func (w *writer) charges() string {
	var list []string
	add := func(x, as string) { list = append(list, x+" AS "+as) }
	for i, c := range w.columns.Words {
		x := fmt.Sprintf("coalesce(%s, '')", w.text(w.column(c.Column)))
		if len(c.OnlyOf) > 0 {
			var own []string
			for _, beginning := range c.OnlyOf {
				own = append(own, fmt.Sprintf("lower(trim(%s)) LIKE %s", w.text(w.column(w.columns.Provider)),
					w.literal(beginning+"%")))
			}
			x = fmt.Sprintf("CASE WHEN %s THEN %s ELSE '' END", strings.Join(own, " OR "), x)
		}
		add(x, word(i))
	}
	at := func(column, as string) {
		if column == "" {
			return
		}
		x := w.column(column)
		read := w.time
		if w.o.TextTime || slices.Contains(w.o.Texts, column) {
			read = w.isoTime
		}
		add(read(x), as+"_time")
		add(x, as+"_raw")
	}
	at(w.start(), "start")
	if w.columns.ChargeStart != "" {
		at(w.columns.BillingStart, "billing")
		at(w.columns.ChargeEnd, "end")
	}
	for _, a := range w.amounts() {
		x := w.column(a.column)
		add(w.number(x, a.end, places), a.short+"_number")
		add(x, a.short+"_raw")
	}
	if w.o.Group != "" {
		list = append(list, "c.*")
	}
	text := "  SELECT " + strings.Join(list, ",\n    ") + "\n  FROM " + w.table + " c"
	if w.whereUTC != "" {
		text += "\n  WHERE " + w.whereUTC
	}
	return text
}

// start is the column by which charges belong to months.
func (w *writer) start() string {
	if w.columns.ChargeStart != "" {
		return w.columns.ChargeStart
	}
	return w.columns.BillingStart
}

func (w *writer) startName() string {
	if w.columns.ChargeStart != "" {
		return "ChargePeriodStart"
	}
	return "BillingPeriodStart"
}

// The months that bills can have, as record/focus has them.
const firstMonth, lastMonth = 199001, 219912

// read turns what was read into months, periods in seconds, and the status of each charge.
func (w *writer) read() string {
	monthOf := func(t string) string {
		return fmt.Sprintf("EXTRACT(YEAR FROM %s) * 100 + EXTRACT(MONTH FROM %s)", t, t)
	}
	inner := []string{"d.*", monthOf("start_time") + " AS start_month"}
	if w.hasBilling() {
		inner = append(inner, monthOf("billing_time")+" AS billing_start_month")
	}
	if w.hasPeriod() {
		inner = append(inner, w.seconds("start_time", "end_time")+" AS period")
	}
	if w.columns.Quantity != "" {
		inner = append(inner, "CASE WHEN q_number IS NULL THEN "+w.number("q_raw", digits, 0)+" END AS q_large")
	}
	return fmt.Sprintf("  SELECT r.*,\n    %s AS status\n  FROM (SELECT %s FROM %s d) r", w.status(),
		strings.Join(inner, ", "), chargePart)
}

func (w *writer) hasBilling() bool {
	return w.columns.ChargeStart != "" && w.columns.BillingStart != ""
}

func (w *writer) hasPeriod() bool { return w.columns.ChargeStart != "" && w.columns.ChargeEnd != "" }

// sane is a month within the bounds, null of one without.
func sane(m string) string {
	return fmt.Sprintf("CASE WHEN %s BETWEEN %d AND %d THEN %s END", m, firstMonth, lastMonth, m)
}

// billingMonth is the month of the bill, of a charge or of the charges of a raw group.
func (w *writer) billingMonth() string {
	if !w.hasBilling() {
		return sane("start_month")
	}
	return fmt.Sprintf("coalesce(%s, %s)", sane("billing_start_month"), sane("start_month"))
}

// rawKeys are what charges are grouped by first: what each engine reads fastest from a charge.
func (w *writer) rawKeys() []string {
	out := w.words()
	out = append(out, "start_month")
	if w.hasBilling() {
		out = append(out, "billing_start_month")
	}
	if w.hasPeriod() {
		out = append(out, "period")
	}
	return append(out, "status")
}

// raw adds charges up by their raw keys. All that a group needs beside them is asked of these few raw groups then, and
// not of each charge. Charges of one raw group have one status, so that no sum has to ask for it.
func (w *writer) raw() string {
	list := append(w.rawKeys(), "count(*) AS raw_charges", "min(start_time) AS raw_first", "max(start_time) AS raw_last")
	for _, a := range w.amounts() {
		if a.short == "q" {
			list = append(list, "count(q_number) AS raw_count", "sum(q_large) AS raw_large")
		}
		list = append(list, "sum("+a.short+"_number) AS raw_"+a.short)
	}
	return fmt.Sprintf("  SELECT %s\n  FROM %s%s\n  GROUP BY %s", strings.Join(list, ",\n    "), readPart, w.only(),
		strings.Join(w.rawKeys(), ", "))
}

// tidy brings the raw keys of a part to the keys of groups, with other columns beside them.
func (w *writer) tidy(part string, more []string) string {
	period := "CAST(NULL AS " + w.integer() + ")"
	if w.hasPeriod() {
		step := func(n int) string { return fmt.Sprintf("period + %d - MOD(period + %d, %d)", n/2, n/2, n) }
		period = fmt.Sprintf("CASE WHEN period <= 0 OR period >= %d THEN NULL WHEN period < 3600 THEN greatest(900, "+
			"%s) WHEN period < 172800 THEN %s ELSE %s END",
			focus.MaxPeriodSeconds, step(900), step(3600), step(86400))
	}
	list := slices.Clone(more)
	if !slices.Contains(more, "r.*") {
		list = append(w.words(), list...)
	}
	list = append(list, sane("start_month")+" AS charge_month", w.billingMonth()+" AS billing_month",
		period+" AS period_seconds", w.unread()+" AS unread")
	if w.columns.Quantity != "" { // whether the quantity is added up in whole units
		list = append(list, "MOD(status, 2) AS is_large")
	}
	return fmt.Sprintf("  SELECT %s\n  FROM %s r", strings.Join(list, ",\n    "), part)
}

// tidySums are the sums of a raw group: amounts of charges that can be read alone, times of those with a month.
func (w *writer) tidySums() []string {
	read := func(x string) string { return fmt.Sprintf("CASE WHEN status < 2 THEN %s END AS %s", x, x) }
	month := func(x string) string {
		return fmt.Sprintf("CASE WHEN start_month BETWEEN %d AND %d THEN %s END AS %s", firstMonth, lastMonth, x, x)
	}
	out := []string{"raw_charges", month("raw_first"), month("raw_last")}
	for _, a := range w.amounts() {
		if a.short == "q" {
			out = append(out, "CASE status WHEN 0 THEN raw_count WHEN 1 THEN raw_charges ELSE 0 END AS raw_count",
				read("raw_large"))
		}
		out = append(out, read("raw_"+a.short))
	}
	return out
}

func (w *writer) integer() string {
	if w.syntax == syntaxes[ClickHouse] {
		return "Nullable(Int64)"
	}
	return "BIGINT"
}

// power is a power of ten as a decimal.
func (w *writer) power(zeros, scale int) string {
	return w.decimal("'1"+strings.Repeat("0", zeros)+"'", scale)
}

// blank reports whether a value is null, or a text that stands for it. It is a CASE and no IN, which DuckDB turns into
// a join over all charges, also where hardly one comes to it (on 1,000,000 charges 5 of 7 s).
func (w *writer) blank(x string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE coalesce(lower(trim(%s)), '')", w.text(x))
	for _, n := range focus.NullWords() {
		fmt.Fprintf(&b, " WHEN %s THEN TRUE", w.literal(n))
	}
	return b.String() + " ELSE FALSE END"
}

// A reason is why a charge cannot be read: a condition and the words of record/focus.
type reason struct{ when, why string }

func (w *writer) reasons() []reason {
	out := []reason{
		{"start_time IS NULL AND " + w.blank("start_raw"), focus.WhyNoTime(w.startName())},
		{fmt.Sprintf("start_month IS NULL OR start_month NOT BETWEEN %d AND %d", firstMonth, lastMonth),
			focus.WhyBadTime(w.startName())},
	}
	if w.columns.Quantity != "" {
		out = append(out, reason{"abs(q_large) >= " + w.power(focus.LargeEnd, 0), focus.WhyTooLarge("ConsumedQuantity")})
	}
	for _, a := range w.amounts() {
		none := a.short + "_number IS NULL"
		if a.short == "q" {
			none += " AND q_large IS NULL"
		} else {
			out = append(out, reason{fmt.Sprintf("%s AND abs(%s) >= %s", none, w.number(a.short+"_raw", digits-places,
				places), w.power(a.end, places)), focus.WhyTooLarge(a.name)})
		}
		out = append(out, reason{fmt.Sprintf("%s AND %s_raw IS NOT NULL AND NOT %s", none, a.short,
			w.blank(a.short+"_raw")), focus.WhyNoNumber(a.name)})
	}
	return out
}

// status is a number: 0 of a charge that can be read, 2 times n of one that cannot for the nth reason, and 1 more where
// the quantity is added up in whole units. Most charges have a month and numbers within bounds: of these no more is
// asked.
func (w *writer) status() string {
	var b strings.Builder
	fine := []string{fmt.Sprintf("start_month BETWEEN %d AND %d", firstMonth, lastMonth)}
	for _, a := range w.amounts() {
		fine = append(fine, a.short+"_number IS NOT NULL")
	}
	fmt.Fprintf(&b, "CASE WHEN %s THEN 0 ELSE CASE", strings.Join(fine, " AND "))
	for i, r := range w.reasons() {
		fmt.Fprintf(&b, "\n      WHEN %s THEN %d", r.when, 2*(i+1))
	}
	b.WriteString(" ELSE 0 END")
	if w.columns.Quantity != "" {
		b.WriteString(" + CASE WHEN q_large IS NULL THEN 0 ELSE 1 END")
	}
	return b.String() + " END"
}

// unread is null for charges that can be read, with the words of record/focus for those that cannot.
func (w *writer) unread() string {
	var b strings.Builder
	b.WriteString("CASE")
	for i, r := range w.reasons() {
		fmt.Fprintf(&b, " WHEN status IN (%d, %d) THEN %s", 2*(i+1), 2*(i+1)+1, w.literal(r.why))
	}
	return b.String() + " END"
}

// words are the names of the columns of words within the statement.
func (w *writer) words() []string {
	var out []string
	for i := range w.columns.Words {
		out = append(out, word(i))
	}
	return out
}

// keys are what charges of a group agree in, within the statement.
func (w *writer) keys() []string {
	out := append(w.words(), "charge_month", "billing_month", "period_seconds", "unread")
	if w.columns.Quantity != "" {
		out = append(out, "is_large")
	}
	return out
}

func (w *writer) keyText() string {
	parts := w.words()
	for _, k := range []string{"charge_month", "billing_month", "period_seconds", "unread"} {
		parts = append(parts, fmt.Sprintf("coalesce(%s, '')", w.text(k)))
	}
	if w.columns.Quantity != "" {
		parts = append(parts, w.text("is_large"))
	}
	return w.joined(parts)
}

// sums are the totals over raw groups.
func (w *writer) sums() []string {
	out := []string{"min(raw_first) AS first_time", "max(raw_last) AS last_time", "sum(raw_charges) AS charges"}
	for _, a := range w.amounts() {
		if a.short == "q" {
			out = append(out, "sum(raw_count) AS q_count", "sum(raw_large) AS large_sum")
		}
		out = append(out, "sum(raw_"+a.short+") AS "+a.short+"_sum")
	}
	return out
}

// only keeps one billing month, and the charges of which it is not known.
func (w *writer) only() string {
	if w.month == 0 {
		return ""
	}
	month := w.billingMonth()
	return fmt.Sprintf("\n  WHERE %s = %d OR %s IS NULL", month, w.month, month)
}

// groups adds the raw groups up by the keys and, from the raw groups as well and not from the groups, once more by
// month and currency: the control rows, of which is_control is 1.
func (w *writer) groups() string {
	by := w.keys()
	control := []string{"charge_month"}
	for i, c := range w.columns.Words {
		if c.Column == w.columns.Currency {
			control = append(control, word(i))
		}
	}
	list := append(slices.Clone(by), "GROUPING(billing_month) AS is_control")
	list = append(list, w.sums()...)
	return fmt.Sprintf("  SELECT %s\n  FROM %s\n  GROUP BY GROUPING SETS ((%s), (%s))", strings.Join(list, ",\n    "),
		tidyPart, strings.Join(by, ", "), strings.Join(control, ", "))
}

// result brings groups and control rows under the names of the format.
func (w *writer) result() string {
	var list []string
	add := func(name, x string) {
		q, err := w.ident(name)
		if err != nil && w.err == nil {
			w.err = err
		}
		list = append(list, x+" AS "+q)
	}
	group := func(name, x string) { add(name, "CASE WHEN is_control = 0 THEN "+x+" END") } // null of a control row
	sum := w.sum
	if sum == nil {
		sum = func(x string) string { return x }
	}
	add(focus.GroupRow, fmt.Sprintf("CASE WHEN is_control = 0 THEN %s ELSE %s END", w.literal(focus.IsGroup),
		w.literal(focus.IsControl)))
	add(focus.GroupSnapshot, w.literal(w.o.Snapshot))
	group(focus.GroupKey, w.hash(w.keyText()))
	add(focus.GroupMonth, "charge_month")
	group(focus.GroupBilling, "billing_month")
	for i, c := range w.columns.Words {
		if c.Column == w.columns.Currency {
			add(c.Name, word(i))
		} else {
			group(c.Name, word(i))
		}
	}
	group(focus.GroupPeriod, "period_seconds")
	group(focus.GroupUnread, "unread")
	if w.columns.ChargeStart != "" {
		group(focus.GroupFirst, w.stamp("first_time"))
		group(focus.GroupLast, w.stamp("last_time"))
	}
	add(focus.GroupCharges, "charges")
	for _, a := range w.amounts() {
		if a.short == "q" {
			add(focus.GroupQuantities, "q_count")
			add(focus.GroupLarge, sum("large_sum"))
		}
		add(a.name, sum(a.short+"_sum"))
	}
	add(focus.GroupControls, "CASE WHEN is_control = 1 THEN count(CASE WHEN is_control = 1 THEN 1 END) OVER () END")
	return "SELECT " + strings.Join(list, ",\n  ") + "\nFROM " + groupPart
}
