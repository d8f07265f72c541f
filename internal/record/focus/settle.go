package focus

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"plimsoll/internal/record"
)

// settle decides what was delivered again, moves what counts into usage and says so in the
// notes of both files.
func (l *loader) settle(sources []record.Source) error {
	deliveries := l.group(sources)
	// A file that breaks off replaces nothing: it is taken for older than all that is whole.
	slices.SortStableFunc(deliveries, func(a, b *delivery) int {
		whole := func(d *delivery) int {
			if slices.ContainsFunc(d.sources, func(i int) bool { return l.stats[sources[i].Index].Failed != "" }) {
				return 0
			}
			return 1
		}
		return whole(a) - whole(b)
	})
	if err := l.rank(deliveries, sources); err != nil {
		return err
	}
	narrow, err := l.widen() // no other query is at work now
	if err != nil {
		return err
	}
	defer narrow()
	lost, err := l.replaced(deliveries)
	if err != nil {
		return err
	}
	if err := l.keep(); err != nil {
		return err
	}
	rows, err := l.conn.QueryContext(l.ctx, "SELECT source, sum(charges)::BIGINT FROM usage WHERE unread IS NULL AND "+
		"source IN (SELECT source FROM usage_rank) GROUP BY source")
	if err != nil {
		return fmt.Errorf("count charges: %w", err)
	}
	if err := each(rows, func() error {
		var source int
		var n int64
		if err := rows.Scan(&source, &n); err != nil {
			return err
		}
		st := l.stats[source]
		st.Records = int(n)
		l.stats[source] = st
		return nil
	}); err != nil {
		return fmt.Errorf("count charges: %w", err)
	}
	l.note(lost, deliveries, sources)
	return l.exec("DROP TABLE IF EXISTS usage_rank; DROP TABLE IF EXISTS usage_lost")
}

// widen lets a query use every processor, until narrow is called.
func (l *loader) widen() (narrow func(), err error) {
	var threads int
	if err := l.conn.QueryRowContext(l.ctx, "SELECT current_setting('threads')").Scan(&threads); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if threads >= runtime.GOMAXPROCS(0) {
		return func() {}, nil
	}
	set := func(ctx context.Context, n int) error {
		_, err := l.conn.ExecContext(ctx, fmt.Sprintf("SET threads = %d", n))
		return err
	}
	return func() { _ = set(context.WithoutCancel(l.ctx), threads) }, set(l.ctx, runtime.GOMAXPROCS(0))
}

func each(rows *sql.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// group puts the sources into deliveries, ordered from the first to the last.
func (l *loader) group(sources []record.Source) []*delivery {
	byKey := map[string]*delivery{}
	var deliveries []*delivery
	for i, src := range sources {
		d := deliveryOf(src)
		if l.groupedAt(fmt.Sprint(src.Index)) != nil {
			d = delivery{key: "grouped bills", name: "grouped bills"} // what of them replaces what is decided already
		}
		if have := byKey[d.key]; have != nil {
			have.sources = append(have.sources, i)
			continue
		}
		d.sources = []int{i}
		byKey[d.key] = &d
		deliveries = append(deliveries, &d)
	}
	slices.SortStableFunc(deliveries, before)
	return deliveries
}

// rank writes the order of the deliveries and the export of each where SQL can see them.
func (l *loader) rank(deliveries []*delivery, sources []record.Source) error {
	exports := map[string]int{"": -1}
	var values []string
	for r, d := range deliveries {
		e, ok := exports[d.export]
		if !ok {
			e = len(exports)
			exports[d.export] = e
		}
		if e < 0 {
			e = -1 - r // a plain file is an export of its own
		}
		for _, i := range d.sources {
			values = append(values, fmt.Sprintf("(%d, %d, %d)", sources[i].Index, r, e))
		}
	}
	if err := l.exec("CREATE OR REPLACE TEMP TABLE usage_rank(source INTEGER, rank INTEGER, export INTEGER)"); err != nil {
		return fmt.Errorf("order deliveries: %w", err)
	}
	for part := range slices.Chunk(values, 500) {
		if err := l.exec("INSERT INTO usage_rank VALUES " + strings.Join(part, ", ")); err != nil {
			return fmt.Errorf("order deliveries: %w", err)
		}
	}
	return nil
}

// replacedSQL finds the months of deliveries that a later delivery brings again. Most are in one delivery only, and are
// not looked at after that is known.
const replacedSQL = `
CREATE OR REPLACE TEMP TABLE usage_shared AS
SELECT who, account, billing_month FROM (SELECT DISTINCT s.who, s.account, s.billing_month, k.rank FROM ` + besideDB +
	`.usage_stage s JOIN usage_rank k ON k.source = s.source)
GROUP BY who, account, billing_month HAVING count(*) > 1;
CREATE OR REPLACE TEMP TABLE usage_lost AS
WITH staged AS (SELECT s.*, k.rank, k.export FROM ` + besideDB +
	`.usage_stage s JOIN usage_rank k ON k.source = s.source
  JOIN usage_shared m ON m.who = s.who AND m.account = s.account AND m.billing_month = s.billing_month),
months AS (SELECT who, account, billing_month, rank, any_value(export) AS export FROM staged GROUP BY who, account, billing_month, rank),
again AS (
  SELECT a.who, a.account, a.billing_month, a.rank, b.rank AS later FROM months a JOIN months b
    ON b.who = a.who AND b.account = a.account AND b.billing_month = a.billing_month AND b.export = a.export AND b.rank > a.rank
  UNION ALL
  SELECT DISTINCT a.who, a.account, a.billing_month, a.rank, b.rank FROM staged a
  JOIN staged b ON b.who = a.who AND b.account = a.account AND b.billing_month = a.billing_month AND b.rank > a.rank AND b.export <> a.export
    AND b.sub_account = a.sub_account AND b.region = a.region AND b.category = a.category AND b.service = a.service
    AND b.subcategory = a.subcategory AND b.meter = a.meter AND b.unit = a.unit AND b.charge = a.charge AND b.correction = a.correction
    AND b.from_at <= a.to_at AND a.from_at <= b.to_at
    AND (NOT a.correction OR b.quantity IS NOT DISTINCT FROM a.quantity AND b.billed IS NOT DISTINCT FROM a.billed))
SELECT who, account, billing_month, rank, max(later) AS later FROM again GROUP BY who, account, billing_month, rank;
DROP TABLE usage_shared`

func (l *loader) replaced(deliveries []*delivery) ([]lostMonth, error) {
	if err := l.exec(replacedSQL); err != nil {
		return nil, fmt.Errorf("find months that were delivered again: %w", err)
	}
	if len(deliveries) < 2 {
		return nil, nil
	}
	rows, err := l.conn.QueryContext(l.ctx, `
SELECT s.source, l.later, s.currency, count(DISTINCT (l.account, l.billing_month))::BIGINT, count(DISTINCT l.account)::BIGINT,
  any_value(l.account), min(strftime(l.billing_month, '%Y-%m')), max(strftime(l.billing_month, '%Y-%m')),
  sum(s.charges)::BIGINT, coalesce(sum(s.billed), 0)::VARCHAR
FROM `+besideDB+`.usage_stage s JOIN usage_rank k ON k.source = s.source
JOIN usage_lost l ON l.who = s.who AND l.account = s.account AND l.billing_month = s.billing_month AND l.rank = k.rank
GROUP BY s.source, l.later, s.currency ORDER BY s.source, l.later, s.currency`)
	if err != nil {
		return nil, fmt.Errorf("list months that were delivered again: %w", err)
	}
	var out []lostMonth
	err = each(rows, func() error {
		var m lostMonth
		if err := rows.Scan(&m.source, &m.later, &m.currency, &m.months, &m.accounts, &m.account, &m.from, &m.to,
			&m.charges, &m.billed); err != nil {
			return err
		}
		out = append(out, m)
		return nil
	})
	return out, err
}

// A lostMonth is what of one source another delivery replaced, in one currency.
type lostMonth struct {
	source, later    int
	currency         string
	months, accounts int64
	account          string
	from, to         string
	charges          int64
	billed           string
}

func (m lostMonth) what() string {
	s := "month " + m.from
	if m.from != m.to {
		s = fmt.Sprintf("months %s to %s", m.from, m.to)
	}
	if m.accounts == 1 {
		s += " of account " + m.account
	} else {
		s += fmt.Sprintf(" of %d accounts", m.accounts)
	}
	billed := strings.TrimSuffix(strings.TrimRight(m.billed, "0"), ".")
	return fmt.Sprintf("%s (%d charges, billed %s)", s, m.charges, strings.TrimSpace(billed+" "+m.currency))
}

// keep moves what counts from the stage into usage.
func (l *loader) keep() error {
	err := l.exec(`
INSERT INTO usage
SELECT s.source, min(s.first_row), max(s.last_row), sum(s.charges)::BIGINT, s.account, s.sub_account, s.month, s.region, s.category, s.service, s.subcategory,
  s.meter, s.unit, s.charge, s.used, sum(s.quantity), sum(s.billed), sum(s.effective), s.currency, s.provider, s.issuer, s.publisher, s.host,
  s.words, s.scale, s.period_hours, s.unread
FROM ` + besideDB + `.usage_stage s JOIN usage_rank k ON k.source = s.source
WHERE NOT EXISTS (SELECT 1 FROM usage_lost l WHERE l.who = s.who AND l.account = s.account AND l.billing_month = s.billing_month AND l.rank = k.rank)
GROUP BY s.source, s.account, s.sub_account, s.month, s.region, s.category, s.service, s.subcategory, s.meter, s.unit, s.charge, s.used,
  s.currency, s.provider, s.issuer, s.publisher, s.host, s.words, s.scale, s.period_hours, s.unread
ORDER BY s.source, min(s.first_row)`)
	if err != nil {
		return fmt.Errorf("add up bills: %w", err)
	}
	return nil
}

// note says in both files what replaced what.
func (l *loader) note(lost []lostMonth, deliveries []*delivery, sources []record.Source) {
	name := map[int]string{}
	for _, s := range sources {
		name[s.Index] = s.Name
	}
	add := func(index int, note string) {
		st := l.stats[index]
		st.Notes = append(st.Notes, note)
		l.stats[index] = st
	}
	for _, m := range lost {
		by := sources[deliveries[m.later].sources[0]]
		add(m.source, m.what()+" delivered again by "+by.Name+": not counted here")
		add(by.Index, "replaces "+m.what()+" of "+name[m.source])
	}
}
