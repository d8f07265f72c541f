package signal

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"
)

// What "the same pattern elsewhere" is looked for in (RF-25). Packs decide what is similar
// enough; these floors only keep out what nobody would call similar.
const (
	profileMonths = 3   // before the restriction; and as many of the other's months are averaged
	reappearDays  = 180 // after the restriction
	cosineFloor   = 0.5
	volumeFloor   = 0.1
	newFactor     = 2.0 // the other has to have grown at least this much over its own months before the restriction
	reappearCap   = 20
)

// usualAmount brings measures to one scale where the restricted party used none of one: it
// is what a middling customer uses in a month.
var usualAmount = map[string]float64{storageTB: 100, speech: 1000, chars: 1e8, images: 1e6, tokens: 1e9, gpuHours: 1000}

var reappearSQL = []struct{ name, text string }{
	{"account_month", `
SELECT c.n, f.party, f.month, f.service_id, f.region_id, CAST(sum(f.quantity) AS DOUBLE) AS quantity
FROM usage_fact f JOIN slot_subject c ON c.slot = f.slot WHERE f.quantity IS NOT NULL
GROUP BY c.n, f.party, f.month, f.service_id, f.region_id
ORDER BY c.n, f.month`},
	{"account_owner", `
SELECT DISTINCT c.n, c.account, c.sub, a.holder_party, a.user_party, a.reseller_party
FROM account_subject c LEFT JOIN account_row a ON a.account = c.account AND a.sub = c.sub
ORDER BY c.n`},
}

const (
	accountMonthsSQL = `
SELECT n, party, month, service_id, region_id, quantity FROM account_month
WHERE n > $1 AND n <= $2 ORDER BY n, month, service_id, region_id, party NULLS FIRST`
	accountOwnersSQL = `
SELECT n, account, sub, holder_party, user_party, reseller_party FROM account_owner
WHERE n > $1 AND n <= $2 ORDER BY n, holder_party NULLS FIRST, user_party NULLS FIRST, reseller_party NULLS FIRST`
)

// amounts are measures by month.
type amounts map[month]map[string]float64

func (a amounts) add(m month, measure string, v float64) {
	if usualAmount[measure] == 0 {
		return // what moves out is no pattern of use
	}
	if a[m] == nil {
		a[m] = map[string]float64{}
	}
	a[m][measure] += v
}

// mean is the average month of the span [from, to), a month without a row counting as nothing.
func (a amounts) mean(from, to month) map[string]float64 {
	out := map[string]float64{}
	for m := from; m < to; m++ {
		for measure, v := range a[m] {
			out[measure] += v / float64(to-from)
		}
	}
	return out
}

// An elsewhere is one account in which a pattern could come back.
type elsewhere struct {
	n                       int64
	account, sub            string
	holders, users, resells []int32
	byParty                 map[int32]amounts // -1: nobody known
	byRegion                map[int32]map[string]amounts
}

// A restriction is what is looked for: the use of a party before the day it was restricted.
type restriction struct {
	event
	party   int32
	before  amounts
	own     []elsewhere // accounts that it used before
	regions map[string]amounts
}

// reappearances finds, for every party that was restricted, where a similar mix of use came
// up afterwards: in another account, behind a reseller, or in another region.
func (b *Book) reappearances(ctx context.Context, events []event) (map[int32][]map[string]any, error) {
	var list []*restriction
	for _, e := range events {
		if e.kind == "restriction" && e.about >= 0 {
			list = append(list, &restriction{event: e, party: e.about, before: amounts{}, regions: map[string]amounts{}})
		}
	}
	if len(list) == 0 || b.usage.rows == 0 {
		return nil, nil
	}
	for _, q := range reappearSQL {
		if err := b.derive(ctx, q.name, q.text); err != nil {
			return nil, err
		}
	}
	// First what the restricted used, then everything else against it.
	err := b.elsewheres(ctx, func(x *elsewhere) {
		for _, r := range list {
			r.learn(x)
		}
	})
	if err != nil {
		return nil, err
	}
	found := map[int32][]map[string]any{}
	err = b.elsewheres(ctx, func(x *elsewhere) {
		for _, r := range list {
			found[r.party] = append(found[r.party], b.compare(r, x)...)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		found[r.party] = append(found[r.party], b.compareRegions(r)...)
	}
	for p, all := range found {
		slices.SortStableFunc(all, func(x, y map[string]any) int {
			if d := y["cosine"].(float64)*y["volume"].(float64) - x["cosine"].(float64)*x["volume"].(float64); d != 0 {
				return int(math.Copysign(1, d))
			}
			return 0
		})
		found[p] = all[:min(len(all), reappearCap)]
	}
	return found, nil
}

// elsewheres walks over every account with its use.
func (b *Book) elsewheres(ctx context.Context, visit func(*elsewhere)) error {
	var last int64
	if err := b.db.QueryRowContext(ctx, "SELECT count(*) FROM account_subject").Scan(&last); err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	for from := int64(0); from < last; from += batchSize {
		to := min(from+batchSize, last)
		batch := make([]elsewhere, to-from)
		err := b.each(ctx, "read accounts", accountOwnersSQL, func(r *sql.Rows) error {
			var n int64
			var account, sub string
			var holder, user, reseller sql.NullInt32
			if err := r.Scan(&n, &account, &sub, &holder, &user, &reseller); err != nil {
				return err
			}
			x := &batch[n-from-1]
			x.n, x.account, x.sub = n, account, sub
			x.holders, x.users, x.resells = addParty(x.holders, holder), addParty(x.users, user), addParty(x.resells, reseller)
			return nil
		}, from, to)
		if err != nil {
			return err
		}
		err = b.each(ctx, "read use of accounts", accountMonthsSQL, func(r *sql.Rows) error {
			var n int64
			var p sql.NullInt32
			var t time.Time
			var service, region int32
			var q float64
			if err := r.Scan(&n, &p, &t, &service, &region, &q); err != nil {
				return err
			}
			s := b.services[service]
			if s.Measure == "" {
				return nil
			}
			x, who, m := &batch[n-from-1], index(p), monthOf(t)
			if x.byParty == nil {
				x.byParty, x.byRegion = map[int32]amounts{}, map[int32]map[string]amounts{}
			}
			if x.byParty[who] == nil {
				x.byParty[who], x.byRegion[who] = amounts{}, map[string]amounts{}
			}
			name := b.usage.regions[region-1]
			if x.byRegion[who][name] == nil {
				x.byRegion[who][name] = amounts{}
			}
			v := s.amount(q, m)
			x.byParty[who].add(m, s.Measure, v)
			x.byRegion[who][name].add(m, s.Measure, v)
			return nil
		}, from, to)
		if err != nil {
			return err
		}
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if batch[i].account != "" || batch[i].byParty != nil {
				visit(&batch[i])
			}
		}
	}
	return nil
}

func addParty(list []int32, p sql.NullInt32) []int32 {
	if p.Valid && !slices.Contains(list, p.Int32) {
		return append(list, p.Int32)
	}
	return list
}

// learn takes what the restricted party used in an account.
func (r *restriction) learn(x *elsewhere) {
	mine := x.byParty[r.party]
	if mine == nil {
		return
	}
	at := monthOf(r.day)
	used := false
	for m, by := range mine {
		for measure, v := range by {
			if m < at {
				r.before.add(m, measure, v)
				used = true
			}
		}
	}
	for region, a := range x.byRegion[r.party] {
		if r.regions[region] == nil {
			r.regions[region] = amounts{}
		}
		for m, by := range a {
			for measure, v := range by {
				r.regions[region].add(m, measure, v)
			}
		}
	}
	if used {
		r.own = append(r.own, elsewhere{n: x.n, account: x.account, sub: x.sub, holders: x.holders, resells: x.resells})
	}
}

func (r *restriction) profile() map[string]float64 {
	at := monthOf(r.day)
	return r.before.mean(at-profileMonths, at)
}

// compare looks at one account that the restricted party did not use before.
func (b *Book) compare(r *restriction, x *elsewhere) []map[string]any {
	if slices.ContainsFunc(r.own, func(o elsewhere) bool { return o.n == x.n }) {
		return nil
	}
	var out []map[string]any
	whos := make([]int32, 0, len(x.byParty))
	for who := range x.byParty {
		whos = append(whos, who)
	}
	slices.Sort(whos)
	for _, who := range whos {
		shared := b.shared(r, x, who)
		m, ok := r.similar(x.byParty[who], len(shared) > 0)
		if !ok {
			continue
		}
		m["via"] = "account"
		if len(x.resells) > 0 {
			m["via"] = "reseller"
		}
		m["shared"], m["account"], m["event"], m["party"] = shared, x.key(), r.id, b.partyName(who)
		out = append(out, m)
	}
	return out
}

func (x *elsewhere) key() string {
	if x.sub == "" {
		return x.account
	}
	return x.account + "/" + x.sub
}

// compareRegions looks at the regions that the restricted party itself did not use before.
func (b *Book) compareRegions(r *restriction) []map[string]any {
	var out []map[string]any
	at := monthOf(r.day)
	for _, region := range keys(r.regions) {
		a := r.regions[region]
		if region == "" || len(a.mean(at-profileMonths, at)) > 0 {
			continue
		}
		if m, ok := r.similar(a, true); ok {
			m["via"], m["shared"], m["region"], m["event"] = "region", []string{"end user"}, region, r.id
			out = append(out, m)
		}
	}
	return out
}

// similar compares the use in an account after the restriction with what was restricted.
// Each measure is divided by what the restricted party used of it, so that hours and
// characters weigh the same; one that it did not use is divided by what is usual.
func (r *restriction) similar(a amounts, linked bool) (map[string]any, bool) {
	profile, at := r.profile(), monthOf(r.day)
	scale := map[string]float64{}
	size := 0
	for measure, usual := range usualAmount {
		scale[measure] = usual
		if profile[measure] > baseShare*usual {
			scale[measure] = profile[measure]
			size++
		}
	}
	// Of customers that only store, all look alike: without a link one measure says nothing.
	if size == 0 || size == 1 && !linked {
		return nil, false
	}
	total := func(of map[string]float64) (sum float64) {
		for _, measure := range keys(scale) {
			sum += of[measure] / scale[measure]
		}
		return sum
	}
	had := total(a.mean(at-profileMonths, at))
	for m := at; m.start().Sub(r.day).Hours()/24 <= reappearDays; m++ {
		if now := total(a[m]); now < volumeFloor*float64(size) || now < newFactor*had {
			continue
		}
		span := month(0)
		for span < profileMonths && len(a[m+span]) > 0 {
			span++
		}
		after := a.mean(m, m+span)
		var dot, right, volume float64
		for _, measure := range keys(scale) {
			v := after[measure] / scale[measure]
			right += v * v
			if profile[measure] > baseShare*usualAmount[measure] {
				dot += v
				volume += min(v, 1) / float64(size)
			}
		}
		if right == 0 {
			return nil, false
		}
		cosine := dot / math.Sqrt(right) / math.Sqrt(float64(size))
		if cosine < cosineFloor || volume < volumeFloor {
			return nil, false
		}
		return map[string]any{
			"days": max(0, m.start().Sub(r.day).Hours()/24), "cosine": min(cosine, 1), "volume": volume, "date": m.day(),
		}, true
	}
	return nil, false
}

// shared lists what ties an account to the restricted party.
func (b *Book) shared(r *restriction, x *elsewhere, who int32) []string {
	out := []string{}
	if who == r.party {
		out = append(out, "end user")
	}
	for _, o := range r.own {
		if o.account == x.account {
			out = append(out, "billing account")
		}
		if overlap(o.resells, x.resells) {
			out = append(out, "reseller")
		}
		if overlap(o.holders, x.holders) {
			out = append(out, "account holder")
		}
	}
	if who >= 0 && who != r.party {
		p, q := b.parties[r.party], b.parties[who]
		above := append([]int32{r.party}, b.parents[r.party]...)
		if overlap(above, b.parents[who]) || slices.Contains(above[1:], who) {
			out = append(out, "parent body")
		}
		for _, i := range p.Identifiers {
			for _, j := range q.Identifiers {
				if !i.Empty() && i.Normal() == j.Normal() {
					out = append(out, "identifier")
				}
			}
		}
		for _, i := range p.Addresses {
			for _, j := range q.Addresses {
				if i != "" && plainWords(i) == plainWords(j) {
					out = append(out, "address")
				}
			}
		}
	}
	return sorted(out)
}

func overlap(a, b []int32) bool {
	return slices.ContainsFunc(a, func(p int32) bool { return slices.Contains(b, p) })
}
