package focus

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/record"
)

// Grouped bills are read in two steps. Each file adds its rows to usage_grouped; when all files are read, the groups
// of each snapshot are compared with its control rows, what stands twice or was made again later is left out, and the
// rest becomes rows of usage_stage, which are settled with all other bills.

// groupedSchema holds the rows of all grouped bills. bad is why a row cannot be used, null for one that can.
func groupedSchema() string {
	var words strings.Builder
	for _, c := range wordColumns {
		fmt.Fprintf(&words, ", w%d VARCHAR", c)
	}
	return `CREATE OR REPLACE TEMP TABLE usage_grouped(source INTEGER, row BIGINT, bad VARCHAR, kind VARCHAR, snapshot VARCHAR, group_key VARCHAR, month INTEGER,
  billing INTEGER, period BIGINT, unread VARCHAR, first_at TIMESTAMP, last_at TIMESTAMP, charges BIGINT, quantities BIGINT,
  large DECIMAL(38,0), quantity DECIMAL(38,12), billed DECIMAL(38,12), effective DECIMAL(38,12), controls BIGINT` +
		words.String() + ")"
}

// A groupedFile is one source of groups.
type groupedFile struct {
	src record.Source
	h   *header
	has map[string]bool // special columns that the file has
}

// groupedColumns are the columns of a grouped bill beside those of FOCUS, by the columns of usage_grouped that they
// fill.
var groupedColumns = []struct{ name, into, typ string }{
	{GroupMonth, "month", "INTEGER"}, {GroupBilling, "billing", "INTEGER"}, {GroupPeriod, "period", "BIGINT"},
	{GroupFirst, "first_at", "TIMESTAMP"}, {GroupLast, "last_at", "TIMESTAMP"}, {GroupCharges, "charges", "BIGINT"},
	{GroupQuantities, "quantities", "BIGINT"}, {GroupLarge, "large", "DECIMAL(38,0)"}, {GroupControls, "controls",
		"BIGINT"},
}

// grouped adds the rows of one file to usage_grouped: from is where SQL finds them, row the place of each, and column
// gives the text of what stands at a position of the header.
func (l *loader) grouped(src record.Source, h *header, from, row string, column func(i int) string) (record.Stats,
	error) {
	_, lacks := isGrouped(h.names)
	if len(lacks) > 0 {
		return l.refuse(src, "a grouped bill without the columns "+strings.Join(lacks, ", "))
	}
	if len(l.groups) == 0 {
		if err := l.exec(groupedSchema()); err != nil {
			return record.Stats{}, fmt.Errorf("create table of groups: %w", err)
		}
	}
	f := groupedFile{src: src, h: h, has: map[string]bool{}}
	if err := l.exec(f.sql(from, row, column)); err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	l.groups = append(l.groups, f)
	return record.Stats{Extra: map[string]int{}}, nil
}

// sql reads the file into usage_grouped.
func (f *groupedFile) sql(from, row string, cell func(i int) string) string {
	index := map[string]int{}
	for i, n := range f.h.names {
		index[nameKey(n)] = i
	}
	text := func(name string) string {
		i, ok := index[nameKey(name)]
		if !ok {
			return "CAST(NULL AS VARCHAR)"
		}
		f.has[name] = true
		return fmt.Sprintf("nullif(%s, '')", sqlText(cell(i)))
	}
	into := []string{"source", "row", "kind", "snapshot", "group_key", "unread"}
	list := []string{fmt.Sprint(f.src.Index), row, "lower(" + text(GroupRow) + ")", text(GroupSnapshot), text(GroupKey),
		text(GroupUnread)}
	var bad []string
	number := func(name, as, typ string) {
		x := text(name)
		read := fmt.Sprintf("try_cast(%s AS %s)", x, typ)
		if typ == "TIMESTAMP" {
			read = sqlTime(x)
		}
		into, list = append(into, as), append(list, read)
		bad = append(bad, fmt.Sprintf("WHEN %s IS NOT NULL AND %s IS NULL THEN %s", x, read,
			quote(name+" cannot be read")))
	}
	for _, c := range groupedColumns {
		number(c.name, c.into, c.typ)
	}
	for _, c := range numberColumns {
		as := map[column]string{colQuantity: "quantity", colBilled: "billed", colEffective: "effective"}[c]
		typ := sqlSum
		if c == colQuantity {
			typ = "DECIMAL(38,12)"
		}
		number(reads[c].name, as, typ)
	}
	var s scan
	f.h.texts(&s, cell)
	for _, c := range wordColumns {
		x := s.text[c]
		if x == "" {
			x = "NULL"
		}
		into, list = append(into, fmt.Sprintf("w%d", c)), append(list, x)
	}
	charges := fmt.Sprintf("coalesce(try_cast(%s AS BIGINT), 0)", text(GroupCharges))
	month := fmt.Sprintf("try_cast(%s AS INTEGER)", text(GroupMonth))
	kind := "lower(" + text(GroupRow) + ")"
	reason := "CASE WHEN " + kind + fmt.Sprintf(" IS NULL OR %s NOT IN ('%s', '%s') THEN %s", kind, IsGroup, IsControl,
		quote(GroupRow+" is neither group nor control")) +
		fmt.Sprintf(" WHEN %s IS NULL THEN %s", text(GroupSnapshot), quote("no "+GroupSnapshot)) +
		fmt.Sprintf(" WHEN %s = '%s' AND %s IS NULL THEN %s", kind, IsGroup, text(GroupKey), quote("no "+GroupKey)) +
		fmt.Sprintf(" WHEN %s <= 0 THEN %s", charges, quote(GroupCharges+" is no number of charges")) +
		fmt.Sprintf(" WHEN %s NOT BETWEEN 199001 AND 219912 OR %s %% 100 NOT BETWEEN 1 AND 12 THEN %s", month, month,
			quote(GroupMonth+" is no month as 203101")) +
		" " + strings.Join(bad, " ") + " END"
	return fmt.Sprintf("INSERT INTO usage_grouped(%s, bad) SELECT %s, %s FROM %s", strings.Join(into, ", "),
		strings.Join(list, ",\n  "), reason, from)
}

// groupedText copies a grouped bill in text to a form that DuckDB cannot misread and adds its rows.
func (l *loader) groupedText(src record.Source, h *header) (record.Stats, error) {
	out, err := os.CreateTemp(l.dir, "groups-*.csv")
	if err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	w := csv.NewWriter(out)
	rejects, rows, failed := 0, 0, ""
	_, err = eachRow(l.ctx, src, h, func(at int64, fields []string, why string) error {
		rows++
		if why != "" {
			rejects++
			return l.sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("row %d", at), Kind: kind, Reason: why})
		}
		line := []string{fmt.Sprint(at)}
		for i := range h.names {
			line = append(line, oneLine(fields[i]))
		}
		if err := w.Write(line); err != nil {
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		return nil
	})
	if err != nil && l.ctx.Err() == nil && record.Damaged(err) {
		failed, err = record.CutNote(src.Name, rows, err), nil
	}
	if err != nil {
		return record.Stats{}, err
	}
	w.Flush()
	if err := errors.Join(w.Error(), out.Close()); err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	cols := "'r': 'BIGINT'"
	for i := range h.names {
		cols += fmt.Sprintf(", 'c%d': 'VARCHAR'", i)
	}
	from := fmt.Sprintf(
		`read_csv(%s, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', max_line_size = %d, buffer_size = %d, columns = {%s})`, quote(out.Name()), longestLine, csvBuffer, cols)
	st, err := l.grouped(src, h, from, "r", func(i int) string { return fmt.Sprintf("c%d", i) })
	if err != nil {
		return st, err
	}
	st.Rejects += rejects
	if rejects > 0 {
		l.lose(src.Index, lostRows{count: int64(rejects), first: 1, last: 1}, lostWhy[0])
	}
	if failed != "" {
		st.Failed = failed
		st.Notes = append(st.Notes, "not read to its end: "+behindDamage)
		l.lose(src.Index, lostRows{count: 1, first: 1, last: 1}, behindDamage)
	}
	return st, nil
}

// settleGroups checks all grouped bills, says what is wrong with them, and stages what counts.
func (l *loader) settleGroups() error {
	if len(l.groups) == 0 {
		return nil
	}
	for _, step := range []func() error{l.badGroups, l.countGroups, l.groupsTwice, l.checkControls, l.olderSnapshots,
		l.stageGroups} {
		if err := step(); err != nil {
			return fmt.Errorf("read grouped bills: %w", err)
		}
	}
	return l.exec("DROP TABLE usage_grouped")
}

// query reads rows of text, one after the other.
func (l *loader) query(q string, n int, f func(x []string) error) error {
	rows, err := l.conn.QueryContext(l.ctx, q)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		x := make([]string, n)
		into := make([]any, n)
		for i := range x {
			into[i] = &x[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		return f(x)
	})
}

func (l *loader) noteGroup(source int, change func(st *record.Stats)) {
	st := l.stats[source]
	change(&st)
	l.stats[source] = st
}

// badGroups turns rows that cannot be used into rejects. Whose charges they hold is not known.
func (l *loader) badGroups() error {
	err := l.query("SELECT source::VARCHAR, row::VARCHAR, bad FROM usage_grouped WHERE bad IS NOT NULL ORDER BY "+
		"source, row", 3, func(x []string) error {
		f := l.groupedAt(x[0])
		l.noteGroup(f.src.Index, func(st *record.Stats) { st.Rejects++ })
		l.lose(f.src.Index, lostRows{count: 1, first: 1, last: 1}, "a row of a grouped bill that cannot be read")
		return l.sink.Reject(record.Reject{File: f.src.Name, At: "row " + x[1], Kind: kind, Reason: x[2]})
	})
	return errors.Join(err, l.exec("DELETE FROM usage_grouped WHERE bad IS NOT NULL"))
}

// groupedAt is the file with an index, written as text.
func (l *loader) groupedAt(source string) *groupedFile {
	for i := range l.groups {
		if fmt.Sprint(l.groups[i].src.Index) == source {
			return &l.groups[i]
		}
	}
	return nil
}

// countGroups notes what each file holds.
func (l *loader) countGroups() error {
	for _, f := range l.groups {
		var groups, charges, snapshots, quantities int64
		var snapshot string
		err := l.conn.QueryRowContext(l.ctx,
			fmt.Sprintf(`SELECT count(*), coalesce(sum(charges), 0)::BIGINT, count(DISTINCT snapshot), coalesce(min(snapshot), ''),
  coalesce(sum(quantities), 0)::BIGINT FROM usage_grouped WHERE source = %d AND kind = '%s'`, f.src.Index,
				IsGroup)).Scan(&groups, &charges, &snapshots, &snapshot, &quantities)
		if err != nil {
			return err
		}
		l.noteGroup(f.src.Index, func(st *record.Stats) {
			st.Rows = int(charges) + st.Rejects
			of := "snapshot " + snapshot
			if snapshots != 1 {
				of = fmt.Sprintf("%d snapshots", snapshots)
			}
			st.Notes = append([]string{fmt.Sprintf("grouped bill: %d groups of %d charges, %s", groups, charges, of)},
				st.Notes...)
		})
		lacks := map[string]bool{}
		for _, c := range lacked {
			if c != colChargeStart && !f.h.given(c) {
				lacks[reads[c].name] = true
			}
		}
		if !f.has[GroupFirst] {
			lacks[reads[colChargeStart].name] = true
		}
		if f.h.has(colQuantity) && f.has[GroupQuantities] && quantities == 0 && charges > 0 {
			lacks[reads[colQuantity].name] = true
			l.noteGroup(f.src.Index, func(st *record.Stats) {
				st.Notes = append(st.Notes,
					"column ConsumedQuantity has no value in any row")
			})
		}
		for _, name := range slices.Sorted(maps.Keys(lacks)) {
			if err := l.exec(fmt.Sprintf("INSERT INTO usage_lacks VALUES (%d, %s)", f.src.Index, quote(name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupsTwice leaves out rows that stand twice with one content. Rows of one key and two contents stay apart and are
// named.
func (l *loader) groupsTwice() error {
	content := []string{"month", "billing", "period", "unread", "charges", "quantities", "large", "quantity", "billed",
		"effective", "controls"}
	for _, c := range wordColumns {
		content = append(content, fmt.Sprintf("coalesce(w%d, '')", c))
	}
	currency := fmt.Sprintf("coalesce(w%d, '')", colCurrency)
	identity := fmt.Sprintf("kind, snapshot, CASE WHEN kind = '%s' THEN coalesce(month::VARCHAR, '') || ' ' || %s "+
		"ELSE group_key END", IsControl, currency)
	if err := l.exec(fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE usage_again AS SELECT * FROM (
  SELECT source, row, kind, snapshot, group_key, charges, row_number() OVER (PARTITION BY %s ORDER BY source, row) AS k,
    first_value(source) OVER (PARTITION BY %s ORDER BY source, row) AS earlier,
    row(%s) IS DISTINCT FROM first_value(row(%s)) OVER (PARTITION BY %s ORDER BY source, row) AS differs FROM usage_grouped) WHERE k > 1`,
		identity, identity, strings.Join(content, ", "), strings.Join(content, ", "), identity)); err != nil {
		return err
	}
	err := l.query(`SELECT source::VARCHAR, snapshot, any_value(earlier)::VARCHAR, count(*)::VARCHAR, sum(charges)::VARCHAR FROM usage_again
  WHERE NOT differs AND kind = '`+IsGroup+`' GROUP BY source, snapshot ORDER BY source, snapshot`, 5,
		func(x []string) error {
			in := "this file"
			if x[2] != x[0] {
				in = l.groupedAt(x[2]).src.Name
			}
			note := fmt.Sprintf("%s groups of snapshot %s (%s charges) stand twice, first in %s: counted once", x[3],
				x[1],
				x[4], in)
			l.noteGroup(l.groupedAt(x[0]).src.Index, func(st *record.Stats) { st.Notes = append(st.Notes, note) })
			return nil
		})
	if err != nil {
		return err
	}
	err = l.query(`SELECT source::VARCHAR, snapshot, kind, min(coalesce(group_key, '')), count(*)::VARCHAR FROM usage_again WHERE differs GROUP BY source, snapshot, kind ORDER BY 1, 2, 3`, 5, func(x []string) error {
		what := "group " + x[3]
		if x[2] == IsControl {
			what = "a control row"
		}
		l.failSnapshot(x[1], fmt.Sprintf("%s stands twice with different content (%s such rows)", what, x[4]))
		return nil
	})
	if err != nil {
		return err
	}
	return l.exec("DELETE FROM usage_grouped g WHERE EXISTS (SELECT 1 FROM usage_again a WHERE a.source = g.source " +
		"AND a.row = g.row); DROP TABLE usage_again")
}

// failSnapshot notes why a snapshot cannot be taken for whole.
func (l *loader) failSnapshot(snapshot, why string) {
	if l.torn == nil {
		l.torn = map[string][]string{}
	}
	l.torn[snapshot] = append(l.torn[snapshot], why)
}

// controlsSQL compares the sums of the groups with the control rows, by snapshot, month and currency.
var controlsSQL = fmt.Sprintf(`
WITH s AS (SELECT kind, snapshot, coalesce(month, 0) AS month, coalesce(w%d, '') AS currency, sum(charges) AS charges, coalesce(sum(large), 0) AS large,
    coalesce(sum(quantity), 0) AS quantity, coalesce(sum(billed), 0) AS billed, coalesce(sum(effective), 0) AS effective
  FROM usage_grouped GROUP BY ALL),
g AS (SELECT * FROM s WHERE kind = '%s'), c AS (SELECT * FROM s WHERE kind = '%s')
SELECT snapshot, month::VARCHAR, currency, coalesce(g.charges, 0)::VARCHAR, coalesce(c.charges, 0)::VARCHAR,
  coalesce(g.billed, 0)::VARCHAR, coalesce(c.billed, 0)::VARCHAR, coalesce(g.effective, 0)::VARCHAR, coalesce(c.effective, 0)::VARCHAR,
  coalesce(g.quantity, 0)::VARCHAR, coalesce(c.quantity, 0)::VARCHAR, coalesce(g.large, 0)::VARCHAR, coalesce(c.large, 0)::VARCHAR
FROM g FULL JOIN c USING (snapshot, month, currency)
WHERE g.charges IS DISTINCT FROM c.charges OR g.billed IS DISTINCT FROM c.billed OR g.effective IS DISTINCT FROM c.effective
  OR g.quantity IS DISTINCT FROM c.quantity OR g.large IS DISTINCT FROM c.large
ORDER BY snapshot, month, currency`, colCurrency, IsGroup, IsControl)

// checkControls compares every snapshot with its control rows. What a snapshot that fails the check holds counts, and
// what may be missing of it is use of every account that is not known.
func (l *loader) checkControls() error {
	without := map[string]bool{}
	err := l.query(fmt.Sprintf(
		`SELECT snapshot, count(*) FILTER (kind = '%s')::VARCHAR, coalesce(max(controls), 0)::VARCHAR FROM usage_grouped GROUP BY snapshot ORDER BY snapshot`, IsControl), 3, func(x []string) error {
		switch {
		case x[1] == "0":
			without[x[0]] = true
			l.failSnapshot(x[0], "it has no control row, so that nothing says whether all groups are there")
		case x[1] != x[2]:
			l.failSnapshot(x[0], fmt.Sprintf("%s of its %s control rows are there", x[1], x[2]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = l.query(controlsSQL, 13, func(x []string) error {
		if without[x[0]] {
			return nil
		}
		l.failSnapshot(x[0], controlWords(x))
		return nil
	})
	if err != nil {
		return err
	}
	for _, snapshot := range slices.Sorted(maps.Keys(l.torn)) {
		why := l.torn[snapshot]
		var source int
		if err := l.conn.QueryRowContext(l.ctx, "SELECT min(source) FROM usage_grouped WHERE snapshot = "+
			quote(snapshot)).Scan(&source); err != nil {
			return err
		}
		more := ""
		if n := len(why) - mostWhys; n > 0 {
			why, more = why[:mostWhys], fmt.Sprintf("; and %d more", n)
		}
		l.noteGroup(source, func(st *record.Stats) {
			words := fmt.Sprintf("%s: snapshot %s: %s%s", l.groupedAt(fmt.Sprint(source)).src.Name, snapshot,
				strings.Join(why, "; "), more)
			st.Failed = strings.TrimPrefix(st.Failed+"; "+words, "; ")
		})
		l.lose(source, lostRows{count: 1, first: 1, last: 1}, "a grouped bill that differs from its control rows")
	}
	return nil
}

// mostWhys is how many differences of one snapshot are written out.
const mostWhys = 3

// controlWords says how the groups of a month and their control row differ, with both sums.
func controlWords(x []string) string {
	month := "charges without a month"
	if m := x[1]; len(m) == 6 {
		month = "month " + m[:4] + "-" + m[4:]
	}
	if x[2] != "" {
		month += ", " + x[2]
	}
	short := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	var groups, control []string
	for i, name := range []string{"charges", "BilledCost", "EffectiveCost", "ConsumedQuantity", GroupLarge} {
		if g, c := short(x[3+2*i]), short(x[4+2*i]); g != c {
			groups, control = append(groups, name+" "+g), append(control, name+" "+c)
		}
	}
	return fmt.Sprintf("%s: the groups add up to %s, the control row to %s", month, strings.Join(groups, ", "),
		strings.Join(control, ", "))
}

// olderSnapshots leaves out a month of an account that a later snapshot brings again, by the rules of delivery.go.
// Snapshots are in the order of their names, numbers by their value; one that failed its check is older than all that
// are whole.
func (l *loader) olderSnapshots() error {
	var all []string
	if err := l.query("SELECT DISTINCT snapshot FROM usage_grouped ORDER BY 1", 1, func(x []string) error {
		all = append(all, x[0])
		return nil
	}); err != nil || len(all) < 2 {
		return err
	}
	slices.SortStableFunc(all, func(a, b string) int {
		whole := func(s string) int {
			if len(l.torn[s]) > 0 {
				return 0
			}
			return 1
		}
		if d := whole(a) - whole(b); d != 0 {
			return d
		}
		return natural(a, b)
	})
	values := make([]string, len(all))
	for i, s := range all {
		values[i] = fmt.Sprintf("(%s, %d)", quote(s), i)
	}
	w := func(c column) string { return fmt.Sprintf("coalesce(w%d, '')", c) }
	var same []string
	for _, c := range []column{colSubAccount, colRegion, colCategory, colService, colSubcategory, colMeter, colUnit,
		colCharge, colClass} {
		same = append(same, fmt.Sprintf("coalesce(a.w%d, '') = coalesce(b.w%d, '')", c, c))
	}
	if err := l.exec(`CREATE OR REPLACE TEMP TABLE usage_older AS
WITH r(snapshot, rank) AS (VALUES ` + strings.Join(values, ", ") + `),
s AS (SELECT g.*, r.rank, ` + sqlWho(w(colProvider)) + ` AS who, ` + w(colAccount) +
		` AS account FROM usage_grouped g JOIN r ON r.snapshot = g.snapshot WHERE kind = '` + IsGroup + `'),
again AS (SELECT DISTINCT a.who, a.account, a.billing, a.snapshot, b.snapshot AS later, b.rank FROM s a JOIN s b
  ON a.who = b.who AND a.account = b.account AND a.billing = b.billing AND a.rank < b.rank AND ` + strings.Join(same,
		" AND ") + `
  AND (a.first_at IS NULL OR b.first_at IS NULL OR b.first_at <= a.last_at AND a.first_at <= b.last_at)),
later AS (SELECT who, account, billing, snapshot, arg_max(later, rank) AS later FROM again GROUP BY ALL)
SELECT s.source, s.row, s.snapshot, l.later, s.billing, s.account, s.charges, s.billed FROM s JOIN later l
  ON l.who = s.who AND l.account = s.account AND l.billing = s.billing AND l.snapshot = s.snapshot`); err != nil {
		return err
	}
	err := l.query(`SELECT source::VARCHAR, snapshot, later, min(billing)::VARCHAR, max(billing)::VARCHAR, count(DISTINCT account)::VARCHAR, sum(charges)::VARCHAR
  FROM usage_older GROUP BY source, snapshot, later ORDER BY source, snapshot, later`, 7, func(x []string) error {
		months := "month " + dashed(x[3])
		if x[3] != x[4] {
			months = fmt.Sprintf("months %s to %s", dashed(x[3]), dashed(x[4]))
		}
		note := fmt.Sprintf("%s of %s accounts (%s charges) of snapshot %s made again by snapshot %s: not counted here",
			months, x[5], x[6], x[1], x[2])
		l.noteGroup(l.groupedAt(x[0]).src.Index, func(st *record.Stats) { st.Notes = append(st.Notes, note) })
		return nil
	})
	if err != nil {
		return err
	}
	return l.exec("DELETE FROM usage_grouped g WHERE EXISTS (SELECT 1 FROM usage_older o WHERE o.source = g.source " +
		"AND o.row = g.row); DROP TABLE usage_older")
}

// dashed writes 203101 as 2031-01.
func dashed(month string) string {
	if len(month) != 6 {
		return month
	}
	return month[:4] + "-" + month[4:]
}

// stageGroups numbers the groups that count so that those of one account and service follow each other, keeps which
// group a number is, and stages them as if each were one row of a bill.
func (l *loader) stageGroups() error {
	var words, order []string
	for _, c := range wordColumns {
		words = append(words, fmt.Sprintf("w%d", c))
	}
	for _, c := range []column{colAccount, colSubAccount} {
		order = append(order, fmt.Sprintf("coalesce(trim(w%d), '')", c))
	}
	order = append(order, "month")
	for _, c := range wordColumns[2:] {
		order = append(order, fmt.Sprintf("coalesce(trim(w%d), '')", c))
	}
	order = append(order, "period", "unread", "large IS NULL", "billing", "group_key")
	window := "OVER (PARTITION BY source ORDER BY " + strings.Join(order, ", ") + ")"
	if err := l.exec(fmt.Sprintf(
		`CREATE OR REPLACE TEMP TABLE usage_numbered AS SELECT *, row_number() %s AS n, lead(group_key) %s AS second_key,
  lead(group_key, 2) %s AS third_key FROM usage_grouped WHERE kind = '%s'`, window, window, window, IsGroup)); err != nil {
		return err
	}
	if err := l.exec("INSERT INTO usage_group SELECT source, n, snapshot, group_key, second_key, third_key FROM " +
		"usage_numbered ORDER BY source, n"); err != nil {
		return err
	}
	monthOf := func(m string) string {
		return fmt.Sprintf("CASE WHEN %s BETWEEN 199001 AND 219912 AND %s %% 100 BETWEEN 1 AND 12 THEN make_date(%s "+
			"// 100, %s %% 100, 1) END", m, m, m, m)
	}
	read := func(x string) string { return "CASE WHEN unread IS NULL THEN " + x + " END" }
	for _, f := range l.groups {
		err := l.exec(stageSQL(strconv.Itoa(f.src.Index), f.h, fmt.Sprintf(`(SELECT * REPLACE (`+cleanWords()+
			`) FROM (SELECT n AS first_row, n AS last_row, charges, %s,
  %s AS month, coalesce(%s, %s) AS billing_month, CASE WHEN month IS NOT NULL THEN first_at END AS from_at,
  CASE WHEN month IS NOT NULL THEN last_at END AS to_at, unread,
  CASE WHEN large IS NULL AND (quantity IS NULL OR abs(quantity) < `+scaledSum+
			`) THEN 1 ELSE %s END AS scale, period / 3600.0 AS period_hours,
  %s AS quantity, %s AS billed, %s AS effective FROM usage_numbered WHERE source = %d) ORDER BY first_row)`,
			strings.Join(words, ", "), monthOf("month"), monthOf("billing"), monthOf("month"), sqlScale,
			read("CASE WHEN large IS NOT NULL THEN CAST(large * "+sqlScaler+" AS "+sqlSum+") WHEN abs(quantity) >= "+
				scaledSum+" THEN CAST(CAST(quantity AS DECIMAL(38,0)) * "+sqlScaler+" AS "+sqlSum+
				") ELSE CAST(quantity AS "+sqlSum+") END"), read("billed"), read("effective"), f.src.Index)))
		if err != nil {
			return err
		}
	}
	err := l.query("SELECT source::VARCHAR, snapshot, group_key, unread, charges::VARCHAR FROM usage_numbered WHERE "+
		"unread IS NOT NULL ORDER BY source, n", 5, func(x []string) error {
		f := l.groupedAt(x[0])
		var n int
		_, _ = fmt.Sscan(x[4], &n)
		l.noteGroup(f.src.Index, func(st *record.Stats) { st.Rejects += n })
		return l.sink.Reject(record.Reject{File: f.src.Name, At: GroupPlace(x[1], []string{x[2]}, 1), Kind: kind,
			Reason: fmt.Sprintf("%s (%s charges)", x[3], x[4])})
	})
	return errors.Join(err, l.exec("DROP TABLE usage_numbered"))
}

// GroupPlace is how evidence names groups of a snapshot: the first keys of count in all.
func GroupPlace(snapshot string, keys []string, count int64) string {
	if count == 1 {
		return "snapshot " + snapshot + ", group " + keys[0]
	}
	shown := keys[:min(int64(len(keys)), count)]
	s := "snapshot " + snapshot + ", groups " + strings.Join(shown, ", ")
	if more := count - int64(len(shown)); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
