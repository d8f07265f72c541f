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
	for _, part := range []string{chargePart, readPart, groupPart} {
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
	fmt.Fprintf(&b, "WITH %s AS %s(\n%s\n),\n%s AS %s(\n%s\n)", chargePart, w.once, w.charges(), readPart, w.once,
		w.read())
	if w.o.Group != "" {
		fmt.Fprintf(&b, "\nSELECT * FROM %s\nWHERE %s = %s", readPart, w.hash(w.keyText()), w.literal(w.o.Group))
		return b.String(), w.err
	}
	fmt.Fprintf(&b, ",\n%s AS (\n%s\n)\n%s", groupPart, w.groups(), w.result())
	return b.String(), w.err
}

// An amount is a number of a charge: q the quantity, b and e the costs.
type amount struct{ short, column, name string }

func (w *writer) amounts() []amount {
	var out []amount
	for _, a := range []amount{{"q", w.columns.Quantity, "ConsumedQuantity"}, {"b", w.columns.BilledCost, "BilledCost"},
		{"e", w.columns.EffectiveCost, "EffectiveCost"}} {
		if a.column != "" {
			out = append(out, a)
		}
	}
	return out
}

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
		add(w.number(x, 12), a.short+"_number")
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

// read turns what was read into months, steps of periods, and the reason why a charge cannot be used.
func (w *writer) read() string {
	monthOf := func(t string) string {
		return fmt.Sprintf("EXTRACT(YEAR FROM %s) * 100 + EXTRACT(MONTH FROM %s)", t, t)
	}
	sane := func(m string) string {
		return fmt.Sprintf("CASE WHEN %s BETWEEN %d AND %d THEN %s END", m, firstMonth, lastMonth, m)
	}
	inner := []string{"d.*", monthOf("start_time") + " AS start_month"}
	billing, period := "start_month", "CAST(NULL AS "+w.integer()+")"
	if w.columns.ChargeStart != "" && w.columns.BillingStart != "" {
		inner = append(inner, monthOf("billing_time")+" AS billing_start_month")
		billing = "billing_start_month"
	}
	if w.columns.ChargeStart != "" && w.columns.ChargeEnd != "" {
		inner = append(inner, w.seconds("start_time", "end_time")+" AS period")
		step := func(n int) string { return fmt.Sprintf("period + %d - MOD(period + %d, %d)", n/2, n/2, n) }
		period = fmt.Sprintf("CASE WHEN period <= 0 OR period >= %d THEN NULL WHEN period < 3600 THEN greatest(900, "+
			"%s) WHEN period < 172800 THEN %s ELSE %s END",
			focus.MaxPeriodSeconds, step(900), step(3600), step(86400))
	}
	if w.columns.Quantity != "" {
		inner = append(inner, fmt.Sprintf("CASE WHEN q_number IS NULL OR abs(q_number) >= %s THEN %s END AS q_large",
			w.power(focus.LargeFrom, 12), w.number("q_raw", 0)))
	}
	outer := []string{"r.*", sane("start_month") + " AS charge_month",
		fmt.Sprintf("coalesce(%s, %s) AS billing_month", sane(billing), sane("start_month")),
		period + " AS period_seconds", w.reason() + " AS unread"}
	if w.columns.Quantity != "" { // whether the quantity is added up in whole units
		outer = append(outer, "CASE WHEN q_large IS NULL THEN 0 ELSE 1 END AS is_large")
	}
	return fmt.Sprintf("  SELECT %s\n  FROM (SELECT %s FROM %s d) r", strings.Join(outer, ",\n    "),
		strings.Join(inner, ", "), chargePart)
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

// reason is null for a charge that can be read, with the words of record/focus for one that cannot. Most charges have a
// month and numbers within bounds: of these nothing more is asked.
func (w *writer) reason() string {
	var b strings.Builder
	fine := []string{fmt.Sprintf("start_month BETWEEN %d AND %d", firstMonth, lastMonth)}
	when := func(condition, why string) { fmt.Fprintf(&b, "\n      WHEN %s THEN %s", condition, w.literal(why)) }
	when("start_time IS NULL AND "+w.blank("start_raw"), focus.WhyNoTime(w.startName()))
	when(fmt.Sprintf("start_month IS NULL OR start_month NOT BETWEEN %d AND %d", firstMonth, lastMonth),
		focus.WhyBadTime(w.startName()))
	if w.columns.Quantity != "" {
		when("abs(q_large) >= "+w.power(focus.LargeEnd, 0), focus.WhyTooLarge("ConsumedQuantity"))
	}
	for _, a := range w.amounts() {
		none, zeros := a.short+"_number IS NULL", focus.AmountEnd
		if a.short == "q" {
			none, zeros = none+" AND q_large IS NULL", focus.LargeFrom
		} else {
			when(fmt.Sprintf("abs(%s_number) >= %s", a.short, w.power(focus.AmountEnd, 12)), focus.WhyTooLarge(a.name))
		}
		when(fmt.Sprintf("%s AND %s_raw IS NOT NULL AND NOT %s", none, a.short, w.blank(a.short+"_raw")),
			focus.WhyNoNumber(a.name))
		fine = append(fine, fmt.Sprintf("abs(%s_number) < %s", a.short, w.power(zeros, 12)))
	}
	return "CASE WHEN " + strings.Join(fine, " AND ") + " THEN NULL ELSE CASE" + b.String() + " END END"
}

// keys are what charges of a group agree in, within the statement.
func (w *writer) keys() []string {
	var out []string
	for i := range w.columns.Words {
		out = append(out, word(i))
	}
	out = append(out, "charge_month", "billing_month", "period_seconds", "unread")
	if w.columns.Quantity != "" {
		out = append(out, "is_large")
	}
	return out
}

func (w *writer) keyText() string {
	var parts []string
	for i := range w.columns.Words {
		parts = append(parts, word(i))
	}
	for _, k := range []string{"charge_month", "billing_month", "period_seconds", "unread"} {
		parts = append(parts, fmt.Sprintf("coalesce(%s, '')", w.text(k)))
	}
	if w.columns.Quantity != "" {
		parts = append(parts, w.text("is_large"))
	}
	return strings.Join(parts, " || "+w.separator+" || ")
}

// sums are the totals over charges that can be read.
func (w *writer) sums() []string {
	read := func(x string) string { return "sum(CASE WHEN unread IS NULL THEN " + x + " END)" }
	out := []string{"count(*) AS charges"}
	for _, a := range w.amounts() {
		if a.short != "q" {
			out = append(out, read(a.short+"_number")+" AS "+a.short+"_sum")
			continue
		}
		out = append(out, "sum(CASE WHEN unread IS NULL AND (q_number IS NOT NULL OR q_large IS NOT NULL) THEN 1 "+
			"ELSE 0 END) AS q_count",
			"sum(CASE WHEN unread IS NULL AND q_large IS NULL THEN q_number END) AS q_sum", read("q_large")+
				" AS large_sum")
	}
	return out
}

// only keeps one billing month, and the charges of which it is not known.
func (w *writer) only() string {
	if w.month == 0 {
		return ""
	}
	return fmt.Sprintf("\n  WHERE billing_month = %d OR billing_month IS NULL", w.month)
}

// groups adds the charges up by their keys and, with the same reading of the table but not from the groups, once more
// by month and currency: the control rows, of which is_control is 1.
func (w *writer) groups() string {
	by := w.keys()
	list := slices.Clone(by)
	control := []string{"charge_month"}
	for i, c := range w.columns.Words {
		if c.Column == w.columns.Currency {
			control = append(control, word(i))
		}
	}
	list = append(list, "GROUPING(billing_month) AS is_control",
		"min(CASE WHEN charge_month IS NOT NULL THEN start_time END) AS first_time",
		"max(CASE WHEN charge_month IS NOT NULL THEN start_time END) AS last_time")
	list = append(list, w.sums()...)
	return fmt.Sprintf("  SELECT %s\n  FROM %s%s\n  GROUP BY GROUPING SETS ((%s), (%s))", strings.Join(list, ",\n    "),
		readPart, w.only(),
		strings.Join(by, ", "), strings.Join(control, ", "))
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
