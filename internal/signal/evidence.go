package signal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"plimsoll/internal/capability"
)

// billed is one group of charges as evidence.
type billed struct {
	Row
	class, measure, region string
	month                  month
}

const (
	dealRowsSQL = `
SELECT party, role, source, place, says, storage_tb IS NOT NULL, capabilities <> '' FROM party_deal
WHERE party >= $1 AND party < $2 ORDER BY party, role, k`
	accountPlacesSQL = `
SELECT party, source, place, account, sub, holder_party, user_party, reseller_party, end_user_text, since, until FROM party_account_row
WHERE party >= $1 AND party < $2 ORDER BY party, k`
	// The rows that weigh most in each measure; ties fall by place.
	useRowsSQL = `
SELECT party, service_id, month, region_id, w.source, first_row, last_row, charges, quantity, total, g.snapshot, g.group_key, g.second_key, g.third_key FROM (
  SELECT f.party, f.service_id, f.month, f.region_id, f.source, f.first_row, f.last_row, f.charges,
    CAST(f.quantity AS DOUBLE) * f.scale AS quantity,
    row_number() OVER (PARTITION BY f.party, c.capability, c.measure
      ORDER BY f.quantity * f.scale * c.factor DESC NULLS LAST, f.month, f.source, f.first_row) AS k,
    count(*) OVER (PARTITION BY f.party) AS total
  FROM usage_fact f JOIN service_class c ON c.service_id = f.service_id
  WHERE f.party >= $1 AND f.party < $2 AND f.used = 'yes' AND f.unread IS NULL AND (c.capability <> '' OR c.measure <> '')) w
LEFT JOIN usage_group g ON g.source = w.source AND g.n = w.first_row
WHERE k <= 20 ORDER BY party, service_id, k`
)

// evidenceBatch reads the places that the facts of a batch of parties rest on.
func (run *Run) evidenceBatch(ctx context.Context, batch []subject, from, to int32) error {
	at := func(p int32) *subject { return &batch[p-from] }
	err := run.book.Each(ctx, "read engagements of parties", dealRowsSQL, func(r *sql.Rows) error {
		var p int32
		var role string
		var row Row
		var storage, capable bool
		if err := r.Scan(&p, &role, &row.Source, &row.At, &row.Says, &storage, &capable); err != nil {
			return err
		}
		s := at(p)
		add := func(signal string) { row.Signal = signal; s.deeds = append(s.deeds, row) }
		switch {
		case role == "reseller":
			add("party.resales")
			add("party.security_share")
		case storage:
			add("usage.committed_tb")
			add("usage.storage_over_2m")
			add("party.capabilities")
		default:
			add("party.capabilities")
		}
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	err = run.book.Each(ctx, "read accounts of parties", accountPlacesSQL, func(r *sql.Rows) error {
		var p int32
		var a accountSubject
		var row accountRow
		var holder, user, reseller sql.NullInt32
		if err := r.Scan(&p, &row.source, &row.at, &a.account, &a.sub, &holder, &user, &reseller, &row.text, &row.since,
			&row.until); err != nil {
			return err
		}
		row.holder, row.user, row.reseller = index(holder), index(user), index(reseller)
		at(p).deeds = append(at(p).deeds, Row{Signal: "usage.", Source: row.source, At: row.at,
			Says: row.says(run, &a)})
		return nil
	}, from, to)
	if err != nil || run.usage.rows == 0 {
		return err
	}
	return run.book.Each(ctx, "read rows of bills", useRowsSQL, func(r *sql.Rows) error {
		var p, service, region int32
		var x billed
		var t sql.NullTime
		var first, last, charges, total int64
		var q sql.NullFloat64
		var group groupAt
		if err := r.Scan(append([]any{&p, &service, &t, &region, &x.Source, &first, &last, &charges, &q, &total},
			group.into()...)...); err != nil {
			return err
		}
		s, use := at(p), run.services[service]
		x.month, x.region, x.class, x.measure = monthOf(t.Time), run.usage.regions[region-1], use.Capability,
			use.Measure
		x.At, x.Signal, x.Says = group.place(first, last), "usage."+signalOf[use.Measure], use.says(x.month, x.region,
			q, charges)
		if use.Measure == "" || !q.Valid {
			x.Signal = "usage.combination"
		}
		s.bills, s.billsTotal = append(s.bills, x), int(total)
		return nil
	}, from, to)
}

// says tells what a group of charges contributes.
func (s serviceUse) says(m month, region string, q sql.NullFloat64, charges int64) string {
	text := plain(s.Capability) + " used"
	if s.Measure != "" && q.Valid {
		text = volume(s.amount(q.Float64, m), unitOf[s.Measure])
		if v := verbOf[s.Measure]; v != "" {
			text += " " + v
		}
	}
	text += " in " + m.String()
	if region != "" {
		text += ", " + region
	}
	if charges > 1 {
		text += fmt.Sprintf(" (%s charges)", amount(float64(charges)))
	}
	return text
}

// signalOf is the middle of the names of the signals that a measure feeds.
var signalOf = map[string]string{
	storageTB: "storage", speech: "speech", chars: "translation", images: "vision", records: "text", tokens: "llm",
	gpuHours: "gpu", egressTB: "relocations",
}

// fewRows is how many bills stand for one finding of a list signal.
const fewRows = 4

// billRows adds bills to the evidence: first those that tell of a combination, a surge, a
// movement, a sub-account, then the largest of each measure.
func (s *subject) billRows(list *rowList, f *Facts) {
	pick := func(signal string, most int, fits func(billed) bool) {
		for _, x := range s.bills {
			if most == 0 {
				return
			}
			if fits(x) {
				row := x.Row
				row.Signal = signal
				list.add(row)
				most--
			}
		}
	}
	if windows, _ := f.Values["usage.windows"].([]map[string]any); len(windows) > 0 {
		day, _ := windows[0]["from"].(string)
		from := monthOf(dayOf(day))
		for _, c := range capability.Classes {
			pick("usage.windows", fewRows, func(x billed) bool {
				return x.class == c && x.month >= from &&
					x.month < from+windowMonths
			})
		}
	}
	for _, signal := range []string{"usage.surges", "usage.relocations", "usage.reappears"} {
		entries, _ := f.Values[signal].([]map[string]any)
		for _, e := range entries[:min(len(entries), 5)] {
			d, _ := e["date"].(string)
			region, _ := e["region"].(string)
			class, _ := e["capability"].(string)
			pick(signal, fewRows, func(x billed) bool {
				switch {
				case class != "":
					return x.class == class && (x.month.day() == d || (x.month+1).day() == d || (x.month-1).day() == d)
				case region != "":
					return x.region == region && x.measure == storageTB
				}
				return x.Signal == "usage.relocations" && x.month.day() == d
			})
		}
	}
	for _, w := range [][2]string{{"usage.sub_speech_hours", speech}, {"usage.sub_storage_tb", storageTB}} {
		if subs, _ := f.Values[w[0]].([]float64); len(subs) > 1 {
			pick(w[0], 20, func(x billed) bool { return x.measure == w[1] })
		}
	}
	for _, x := range s.bills {
		list.add(x.Row)
	}
	list.more += s.billsTotal - len(s.bills)
}

// dayOf reads a day as series and windows write it; the zero time for anything else.
func dayOf(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}
