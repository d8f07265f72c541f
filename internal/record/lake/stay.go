package lake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/engine"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
)

// ErrCannotStay says that the groups of a table have to be brought to be read.
var ErrCannotStay = errors.New("the groups cannot stay in the engine")

// A Stayed is what is known of a table whose groups stay in the engine, in the tables "usage" and "usage_group" of a
// scratch, which have the columns of [focus.Schema].
type Stayed struct {
	Hash     string   // of all groups, in the place of a file's SHA-256
	Snapshot string   // as evidence names it
	Groups   int64    // of charges
	Charges  int64    // in them
	Read     int64    // of these, charges that could be read
	Lacks    []string // columns that the table lacks, as usage_lacks has them
	Notes    []string
	Unread   []record.Reject // a line for each group that could not be read; File is empty
}

// Stay groups the charges of a table and leaves the groups in the engine. Only the combinations of words that charges
// have beside their account come back, to be read as [focus.Loading] reads them, and are sent as they are understood.
// dir is a folder for files meanwhile.
func (r *Remote) Stay(ctx context.Context, s *engine.Scratch, source int, dir string) (st Stayed, err error) {
	x := &stay{Remote: r, s: s, source: source, dir: dir, out: &st}
	if x.columns, err = focus.Lake(r.Columns); err != nil {
		return st, err
	}
	statement, err := SQL(Options{Dialect: string(Trino), Table: r.table(), Columns: r.Columns, Texts: r.Texts,
		Version: r.Snapshot, Snapshot: cmp.Or(r.Snapshot, unnamed)})
	if err != nil {
		return st, fmt.Errorf("group %s: %w", r.Name, err)
	}
	if err := s.Make(ctx, "charge_group", statement); err != nil {
		return st, fmt.Errorf("group %s in the engine: %w", r.Name, err)
	}
	for _, step := range []func(context.Context) error{x.check, x.number, x.words, x.usage, x.unread} {
		if err := step(ctx); err != nil {
			return st, fmt.Errorf("group %s in the engine: %w", r.Name, err)
		}
	}
	return st, nil
}

// A stay is what Stay is at.
type stay struct {
	*Remote
	s          *engine.Scratch
	source     int
	dir        string
	columns    focus.LakeTable
	quantities int64
	out        *Stayed
}

// has is a column of the groups, or null of a type where the table has no such column.
func (x *stay) amount(column, name, typ string) string {
	if column == "" {
		return "CAST(NULL AS " + typ + ")"
	}
	return engine.Quote(name)
}

func (x *stay) quantity() string {
	return x.amount(x.columns.Quantity, "ConsumedQuantity", "DECIMAL(38,12)")
}
func (x *stay) billed() string { return x.amount(x.columns.BilledCost, "BilledCost", "DECIMAL(38,12)") }
func (x *stay) effective() string {
	return x.amount(x.columns.EffectiveCost, "EffectiveCost", "DECIMAL(38,12)")
}
func (x *stay) large() string {
	return x.amount(x.columns.Quantity, focus.GroupLarge, "DECIMAL(38,0)")
}

// The columns of the groups that say whose charges they are.
const accountColumn, subColumn = "BillingAccountId", "SubAccountId"

func (x *stay) word(name string) string {
	if !slices.ContainsFunc(x.columns.Words, func(w focus.LakeColumn) bool { return w.Name == name }) {
		return "''"
	}
	return "coalesce(" + engine.Quote(name) + ", '')"
}

// others are the columns of words that say nothing of whose charges they are.
func (x *stay) others() (out []string) {
	for _, w := range x.columns.Words {
		if w.Name != accountColumn && w.Name != subColumn {
			out = append(out, w.Name)
		}
	}
	return out
}

// isGroup and isControl are conditions on rows of charge_group.
const (
	isGroup   = `"` + focus.GroupRow + `" = '` + focus.IsGroup + `'`
	isControl = `"` + focus.GroupRow + `" = '` + focus.IsControl + `'`
)

// wordKey is what stands for the words of a group beside its account.
func (x *stay) wordKey() string {
	parts := []string{"''"}
	for _, name := range x.others() {
		parts = append(parts, x.word(name))
	}
	return "lower(to_hex(md5(to_utf8(" + strings.Join(parts, " || chr(31) || ") + "))))"
}

// one reads the one row of a query as numbers and texts.
func (x *stay) one(ctx context.Context, query string, into ...any) error {
	var got []string
	if err := x.s.Rows(ctx, query, func(row []string) error {
		got = slices.Clone(row)
		return nil
	}); err != nil {
		return err
	}
	if len(got) != len(into) {
		return fmt.Errorf("the engine gave %d of %d values", len(got), len(into))
	}
	for i, v := range into {
		switch v := v.(type) {
		case *string:
			*v = got[i]
		case *int64:
			n, err := strconv.ParseInt(cmp.Or(got[i], "0"), 10, 64)
			if err != nil {
				return fmt.Errorf("the engine gave %q for a number", got[i])
			}
			*v = n
		}
	}
	return nil
}

// check counts the groups, compares them with their control rows, and finds what only a reader of files can read: sums
// beyond what the tables hold, and account ids with control characters or blanks that engines trim otherwise.
func (x *stay) check(ctx context.Context) error {
	var differ, controls, stated, large, odd int64
	var a, b, c, d, quantities string
	signed := func(column string) string {
		return "sum(CASE WHEN " + isGroup + " THEN " + column + " ELSE -" + column + " END)"
	}
	currency := `''`
	for _, w := range x.columns.Words {
		if w.Column == x.columns.Currency {
			currency = x.word(w.Name)
		}
	}
	charges := engine.Quote(focus.GroupCharges)
	err := x.one(ctx, `SELECT count(*) FROM (SELECT `+engine.Quote(focus.GroupMonth)+`, `+currency+`, `+
		strings.Join([]string{signed(charges) + " AS c", signed(x.quantity()) + " AS q", signed(x.large()) + " AS l",
			signed(x.billed()) + " AS b", signed(x.effective()) + " AS e"}, ", ")+`
FROM charge_group GROUP BY 1, 2) t WHERE c <> 0 OR coalesce(q, 0) <> 0 OR coalesce(l, 0) <> 0 OR coalesce(b, 0) <> 0 OR coalesce(e, 0) <> 0`,
		&differ)
	if err != nil {
		return err
	}
	quantities = "0"
	if x.columns.Quantity != "" {
		quantities = "sum(CASE WHEN " + isGroup + " THEN " + engine.Quote(focus.GroupQuantities) + " END)"
	}
	content := func(n int) string {
		return fmt.Sprintf(`lower(to_hex(checksum(sha256(to_utf8(concat_ws('|', '%d', "%s", "%s", CAST(%s AS VARCHAR), CAST(%s AS VARCHAR), CAST(%s AS VARCHAR), CAST(%s AS VARCHAR), CAST(%s AS VARCHAR)))))))`,
			n, focus.GroupRow, focus.GroupKey, charges, x.quantity(), x.large(), x.billed(), x.effective())
	}
	tooLarge := func(column string) string {
		return column + " IS NOT NULL AND try_cast(" + column + " AS DECIMAL(38,18)) IS NULL"
	}
	strange := func(column string) string {
		w := x.word(column)
		return fmt.Sprintf("trim(%s) <> trim(BOTH ' ' FROM %s) OR regexp_like(%s, '\\p{Cc}')", w, w, w)
	}
	err = x.one(ctx, `SELECT sum(CASE WHEN `+isGroup+` THEN 1 ELSE 0 END), sum(CASE WHEN `+isGroup+` THEN `+charges+
		` ELSE 0 END), sum(CASE WHEN `+isGroup+` AND "`+focus.GroupUnread+`" IS NULL THEN `+charges+` ELSE 0 END), `+
		quantities+`, sum(CASE WHEN `+isControl+` THEN 1 ELSE 0 END), max("`+focus.GroupControls+`"), sum(CASE WHEN `+
		tooLarge(x.billed())+` OR `+tooLarge(x.effective())+` THEN 1 ELSE 0 END), sum(CASE WHEN `+
		strange(accountColumn)+` OR `+strange(subColumn)+` THEN 1 ELSE 0 END), `+
		strings.Join([]string{content(1), content(2), content(3), content(4)}, ", ")+` FROM charge_group`,
		&x.out.Groups, &x.out.Charges, &x.out.Read, &x.quantities, &controls, &stated, &large, &odd, &a, &b, &c, &d)
	if err != nil {
		return err
	}
	if differ > 0 || controls != stated || large > 0 || odd > 0 {
		return fmt.Errorf("%w: %d sums differ from control rows, %d of %d control rows are there, %d sums are "+
			"too large, %d groups have account ids that are to be read here", ErrCannotStay, differ, controls, stated,
			large, odd)
	}
	whole := sha256.Sum256([]byte(x.Snapshot + a + b + c + d))
	x.out.Hash = hex.EncodeToString(whole[:])
	x.out.Snapshot = cmp.Or(x.Snapshot, x.out.Hash[:32])
	x.out.Notes = []string{fmt.Sprintf("grouped bill: %d groups of %d charges, snapshot %s", x.out.Groups,
		x.out.Charges, x.out.Snapshot)}
	return nil
}

// number numbers the groups so that those of one account and service follow each other, with what of a row of
// [focus.Schema] needs no words.
func (x *stay) number(ctx context.Context) error {
	w := &writer{syntax: syntaxes[Trino]}
	clean := func(column string) string {
		v := x.word(column)
		return "CASE WHEN " + w.blank(v) + " THEN '' ELSE trim(BOTH ' ' FROM " + v + ") END"
	}
	account, sub := clean(accountColumn), clean(subColumn)
	if x.word(accountColumn) == "''" {
		account, sub = sub, "''"
	}
	m := engine.Quote(focus.GroupMonth)
	period := engine.Quote(focus.GroupPeriod)
	scaled := "(" + x.large() + " IS NOT NULL OR abs(" + x.quantity() + ") >= DECIMAL '100000000000000000')"
	trillionth := "DECIMAL '0.000000000001'"
	return x.s.Make(ctx, "charge_numbered", fmt.Sprintf(`
SELECT *, row_number() OVER (ORDER BY account, sub_account, month, word_key, period_hours, unread, group_key) AS n,
  lead(group_key) OVER (ORDER BY account, sub_account, month, word_key, period_hours, unread, group_key) AS second_key,
  lead(group_key, 2) OVER (ORDER BY account, sub_account, month, word_key, period_hours, unread, group_key) AS third_key
FROM (
  SELECT %s AS account, %s AS sub_account, %s AS word_key, "%s" AS group_key, "%s" AS unread, "%s" AS charges,
    CASE WHEN %s IS NOT NULL THEN date_add('month', MOD(%s, 100) - 1, date_add('year', %s / 100 - 1970, DATE '1970-01-01')) END AS month,
    CAST(%s AS DOUBLE) / 3600e0 AS period_hours, CASE WHEN %s THEN 1e12 ELSE 1e0 END AS scale,
    CASE WHEN %s IS NOT NULL THEN CAST(%s * %s AS DECIMAL(38,18)) WHEN %s THEN CAST(CAST(%s AS DECIMAL(38,0)) * %s AS DECIMAL(38,18))
      ELSE CAST(%s AS DECIMAL(38,18)) END AS quantity,
    CAST(%s AS DECIMAL(38,18)) AS billed, CAST(%s AS DECIMAL(38,18)) AS effective
  FROM charge_group WHERE %s) g`, account, sub, x.wordKey(), focus.GroupKey, focus.GroupUnread, focus.GroupCharges,
		m, m, m, period, scaled, x.large(), x.large(), trillionth, scaled, x.quantity(), trillionth, x.quantity(),
		x.billed(), x.effective(), isGroup))
}

// wordColumns are the columns of [focus.Schema] that words of a charge fill.
const wordColumns = "region, category, service, subcategory, meter, unit, charge, used, currency, provider, issuer, " +
	"publisher, host, words"

// words brings each combination of words once, has it read as the bill of one account, and sends what was read.
func (x *stay) words(ctx context.Context) error {
	path := filepath.Join(x.dir, "words.csv")
	defer os.Remove(path)
	n, err := x.writeWords(ctx, path)
	if err != nil {
		return err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	src := record.Source{Path: path, Name: x.Name}
	loading, err := focus.Begin(ctx, db, []record.Source{src}, nil)
	if err != nil {
		return err
	}
	defer loading.Close()
	stats, err := loading.Finish(noRecords{})
	if err != nil {
		return err
	}
	st := stats[0]
	if st.Failed != "" || st.Rejects > 0 {
		return fmt.Errorf("%w: words of charges cannot be read: %s", ErrCannotStay, st.Failed)
	}
	for _, note := range st.Notes {
		if !strings.HasPrefix(note, "grouped bill: ") {
			x.out.Notes = append(x.out.Notes, note)
		}
	}
	if err := eachText(ctx, db, "SELECT column_name FROM usage_lacks ORDER BY 1", 1, func(row []any) error {
		x.out.Lacks = append(x.out.Lacks, row[0].(string))
		return nil
	}); err != nil {
		return err
	}
	columns := []engine.ScratchColumn{{Name: "word_key", Type: "VARCHAR"}}
	for _, c := range strings.Split(wordColumns, ", ") {
		columns = append(columns, engine.ScratchColumn{Name: c, Type: "VARCHAR"})
	}
	sent, err := x.s.Send(ctx, "charge_word", columns, func(yield func([]any) error) error {
		return eachText(ctx, db, "SELECT account, "+wordColumns+" FROM usage ORDER BY account", len(columns), yield)
	})
	if err != nil {
		return err
	}
	if sent != n {
		return fmt.Errorf("%w: %d combinations of words are read as %d", ErrCannotStay, n, sent)
	}
	return nil
}

// eachText hands on the rows of a query whose columns are texts.
func eachText(ctx context.Context, db *sql.DB, query string, n int, yield func([]any) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		cells, into := make([]any, n), make([]any, n)
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := yield(cells); err != nil {
			return err
		}
	}
	return rows.Err()
}

// noRecords takes nothing: what could not be read of the words is counted.
type noRecords struct{ record.Sink }

func (noRecords) Reject(record.Reject) error { return nil }

// writeWords writes the combinations of words as a grouped bill in which each is of an account of its own.
func (x *stay) writeWords(ctx context.Context, path string) (n int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names := x.others()
	header := []string{focus.GroupRow, focus.GroupSnapshot, focus.GroupKey, focus.GroupMonth, focus.GroupCharges,
		focus.GroupUnread, focus.GroupControls}
	var more, one []string // further columns and what stands in them
	add := func(column, name, value string) {
		if column != "" {
			more, one = append(more, name), append(one, value)
		}
	}
	some := "0"
	if x.quantities > 0 {
		some = "1"
	}
	add(x.columns.Quantity, focus.GroupQuantities, some)
	add(x.columns.Quantity, "ConsumedQuantity", "")
	add(x.columns.BilledCost, "BilledCost", "")
	add(x.columns.EffectiveCost, "EffectiveCost", "")
	add(x.columns.ChargeStart, focus.GroupFirst, "")
	who := accountColumn
	if x.word(accountColumn) == "''" {
		who = subColumn
	}
	if x.word(who) == "''" {
		return 0, fmt.Errorf("%w: the table has no column for accounts", ErrCannotStay)
	}
	header = append(append(append(header, more...), names...), who)
	if who == accountColumn && x.word(subColumn) != "''" {
		header = append(header, subColumn)
	}
	currency := -1
	for i, w := range names {
		for _, c := range x.columns.Words {
			if c.Name == w && c.Column == x.columns.Currency {
				currency = i
			}
		}
	}
	var list []string
	for _, name := range names {
		list = append(list, x.word(name))
	}
	w := csv.NewWriter(f)
	controls := map[string]int64{}
	line := make([]string, 0, len(header))
	query := "SELECT DISTINCT " + strings.Join(append([]string{x.wordKey()}, list...), ", ") +
		" FROM charge_group WHERE " + isGroup
	begin := func() error {
		n = 0
		clear(controls)
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		w = csv.NewWriter(f)
		return errors.Join(f.Truncate(0), w.Write(header))
	}
	write := func(kind, key, charges, count string, words []string, account string) error {
		line = append(line[:0], kind, "words", key, "200101", charges, "", count)
		line = append(append(append(line, one...), words...), account)
		for len(line) < len(header) {
			line = append(line, "")
		}
		return w.Write(line)
	}
	if err := begin(); err != nil {
		return 0, err
	}
	if err := x.s.Rows(ctx, query, func(row []string) error {
		if row == nil {
			return begin()
		}
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "\r\n", "\n") // as readers of CSV have it
		}
		n++
		money := ""
		if currency >= 0 {
			money = row[1+currency]
		}
		controls[money]++
		return write(focus.IsGroup, row[0], "1", "", row[1:], row[0])
	}); err != nil {
		return 0, err
	}
	for money, charges := range controls {
		words := make([]string, len(names))
		if currency >= 0 {
			words[currency] = money
		}
		if err := write(focus.IsControl, "", fmt.Sprint(charges), fmt.Sprint(len(controls)), words, ""); err != nil {
			return 0, err
		}
	}
	w.Flush()
	return n, errors.Join(w.Error(), f.Close())
}

// usage makes the tables of [focus.Schema].
func (x *stay) usage(ctx context.Context) error {
	var words []string
	for _, c := range strings.Split(wordColumns, ", ") {
		words = append(words, "d."+c)
	}
	by := "g.account, g.sub_account, g.month, " + strings.Join(words, ", ") + ", g.scale, g.period_hours, g.unread"
	w := func(from, to int) string { return strings.Join(words[from:to], ", ") }
	if err := x.s.Make(ctx, "usage", fmt.Sprintf(`
SELECT CAST(%d AS INTEGER) AS source, min(g.n) AS first_row, max(g.n) AS last_row, CAST(sum(g.charges) AS BIGINT) AS charges,
  g.account, g.sub_account, g.month, %s, CAST(sum(g.quantity) AS DECIMAL(38,18)) AS quantity, CAST(sum(g.billed) AS DECIMAL(38,18)) AS billed,
  CAST(sum(g.effective) AS DECIMAL(38,18)) AS effective, %s, g.scale, g.period_hours, g.unread
FROM charge_numbered g JOIN charge_word d ON d.word_key = g.word_key
GROUP BY %s`, x.source, w(0, 8), w(8, len(words)), by)); err != nil {
		return err
	}
	return x.s.Make(ctx, "usage_group", fmt.Sprintf(`
SELECT CAST(%d AS INTEGER) AS source, n, CAST('%s' AS VARCHAR) AS snapshot, group_key, second_key, third_key FROM charge_numbered`,
		x.source, x.out.Snapshot))
}

// unread brings the groups that could not be read.
func (x *stay) unread(ctx context.Context) error {
	return x.s.Rows(ctx, "SELECT group_key, unread, CAST(charges AS VARCHAR) FROM charge_numbered WHERE unread IS NOT "+
		"NULL ORDER BY n", func(row []string) error {
		if row == nil {
			x.out.Unread = nil
			return nil
		}
		x.out.Unread = append(x.out.Unread, record.Reject{
			At: focus.GroupPlace(x.out.Snapshot, []string{row[0]}, 1), Kind: "focus",
			Reason: fmt.Sprintf("%s (%s charges)", row[1], row[2])})
		return nil
	})
}
