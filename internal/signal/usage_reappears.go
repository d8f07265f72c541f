package signal

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll/internal/book"
)

// What "the same pattern elsewhere" is looked for in (RF-25). Packs decide what is similar
// enough; these floors only keep out what nobody would call similar.
const (
	profileMonths = 3   // before the restriction; and as many of the other's months are averaged
	reappearDays  = 180 // after the restriction
	cosineFloor   = 0.5
	volumeFloor   = 0.1
	linkedFloor   = 0.1 // of what was used of a measure: from here on it is back in a linked account
	newFactor     = 2.0 // the other has to have grown at least this much over its own months before the restriction
	reappearCap   = 20
)

// usualAmount brings measures to one scale where the restricted party used none of one: it
// is what a middling customer uses in a month.
var usualAmount = map[string]float64{storageTB: 100, speech: 1000, chars: 1e8, images: 1e6, tokens: 1e9, gpuHours: 1000}

var reappearSQL = []struct{ name, text string }{
	{"account_month", `
SELECT c.n, f.party, f.month, f.service_id, f.region_id, CAST(sum(f.quantity) AS DOUBLE) * f.scale AS quantity
FROM usage_fact f JOIN slot_subject c ON c.slot = f.slot
WHERE f.quantity IS NOT NULL AND f.used = 'yes' AND f.unread IS NULL AND NOT f.twice AND f.month >= DATE '1990-01-01'
GROUP BY c.n, f.party, f.month, f.service_id, f.region_id, f.scale
ORDER BY c.n, f.month`},
	{"account_owner", `
SELECT DISTINCT c.n, c.account, c.sub, a.holder_party, a.user_party, a.reseller_party, coalesce(a.end_user_text, '') AS text
FROM account_subject c LEFT JOIN account_row a ON a.account = c.account AND a.sub = c.sub
ORDER BY c.n`},
}

const (
	accountMonthsSQL = `
SELECT n, party, month, service_id, region_id, quantity FROM account_month
WHERE n > $1 AND n <= $2 ORDER BY n, month, service_id, region_id, party`
	accountOwnersSQL = `
SELECT n, account, sub, holder_party, user_party, reseller_party FROM account_owner
WHERE n > $1 AND n <= $2
ORDER BY n, holder_party NULLS FIRST, user_party NULLS FIRST, reseller_party NULLS FIRST, text`
)

// amounts are measures by month.
type amounts map[month]map[string]float64

func (a amounts) add(m month, measure string, v float64) {
	if usualAmount[measure] == 0 || v == 0 {
		return // what moves out is no pattern of use, and a charge of nothing is no use
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
	classes                 map[int32]map[string]month // class → the first month of its use
}

func (x *elsewhere) note(who int32, m month, class string) {
	if x.classes == nil {
		x.classes = map[int32]map[string]month{}
	}
	if x.classes[who] == nil {
		x.classes[who] = map[string]month{}
	}
	if first, ok := x.classes[who][class]; !ok || m < first {
		x.classes[who][class] = m
	}
}

// A restriction is what is looked for: the use of a party before the day it was restricted.
type restriction struct {
	event
	party   int32
	before  amounts
	own     []elsewhere // accounts that it used before
	regions map[string]amounts
	classes map[string]bool // that it used before
	open    []Gap           // accounts of no register that would count if they were linked to it
}

// reappearances finds, for every party asked about that was restricted, where a similar mix of use came
// up afterwards: in another account, behind a reseller, or in another region. The gaps are accounts that no register
// row ties to anybody and that would count if they were linked to the party.
func (run *Run) reappearances(ctx context.Context, events []event) (map[int32][]map[string]any, map[int32][]Gap,
	error) {
	var list []*restriction
	for _, e := range events {
		if e.kind == "restriction" && e.about >= 0 && (run.in.Only == nil || run.in.Only[e.about]) {
			list = append(list, &restriction{event: e, party: e.about, before: amounts{}, regions: map[string]amounts{},
				classes: map[string]bool{}})
		}
	}
	if len(list) == 0 || run.usage.rows == 0 {
		return nil, nil, nil
	}
	for _, q := range reappearSQL {
		if err := run.book.Derive(ctx, q.name, q.text); err != nil {
			return nil, nil, err
		}
	}
	if run.away() {
		if err := run.bringOwn(ctx, list); err != nil {
			return nil, nil, err
		}
	}
	// First what the restricted used, then everything else against it.
	err := run.elsewheres(ctx, func(x *elsewhere) {
		for _, r := range list {
			r.learn(x)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if run.away() {
		if err := run.bringLike(ctx, list); err != nil {
			return nil, nil, err
		}
	}
	found, open := map[int32][]map[string]any{}, map[int32][]Gap{}
	err = run.elsewheres(ctx, func(x *elsewhere) {
		for _, r := range list {
			found[r.party] = append(found[r.party], run.compare(r, x)...)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		found[r.party] = append(found[r.party], run.compareRegions(r)...)
		open[r.party] = append(open[r.party], r.open...)
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
	return found, open, nil
}

// elsewheres walks over every account with its use.
func (run *Run) elsewheres(ctx context.Context, visit func(*elsewhere)) error {
	var last int64
	if err := run.db.QueryRowContext(ctx, "SELECT count(*) FROM account_subject").Scan(&last); err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	for from := int64(0); from < last; from += batchSize {
		to := min(from+batchSize, last)
		batch := make([]elsewhere, to-from)
		err := run.book.Each(ctx, "read accounts", accountOwnersSQL, func(r *sql.Rows) error {
			var n int64
			var account, sub string
			var holder, user, reseller sql.NullInt32
			if err := r.Scan(&n, &account, &sub, &holder, &user, &reseller); err != nil {
				return err
			}
			x := &batch[n-from-1]
			x.n, x.account, x.sub = n, account, sub
			x.holders, x.users, x.resells = addParty(x.holders, holder), addParty(x.users, user),
				addParty(x.resells, reseller)
			return nil
		}, from, to)
		if err != nil {
			return err
		}
		err = run.book.Each(ctx, "read use of accounts", accountMonthsSQL, func(r *sql.Rows) error {
			var n int64
			var p sql.NullInt32
			var t time.Time
			var service, region int32
			var q float64
			if err := r.Scan(&n, &p, &t, &service, &region, &q); err != nil {
				return err
			}
			s := run.services[service]
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
			name := run.usage.regions[region-1]
			if x.byRegion[who][name] == nil {
				x.byRegion[who][name] = amounts{}
			}
			v := s.amount(q, m)
			x.byParty[who].add(m, s.Measure, v)
			if s.Capability != "" && v > 0 {
				x.note(who, m, s.Capability)
			}
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
	for class, first := range x.classes[r.party] {
		if first < at {
			r.classes[class] = true
		}
	}
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

// compare looks at one account that the restricted party did not use before. An account that
// shares something with it counts when a service of the restricted kind is used there,
// whatever else is. One that shares nothing counts when its mix is alike and nobody is named
// as its end user; somebody identified who shares nothing is another customer.
func (run *Run) compare(r *restriction, x *elsewhere) []map[string]any {
	if slices.ContainsFunc(r.own, func(o elsewhere) bool { return o.n == x.n }) {
		return nil
	}
	var out []map[string]any
	for _, who := range keysOf(x.byParty) {
		shared := run.shared(r, x, who)
		var m map[string]any
		ok := false
		if len(shared) > 0 {
			m, ok = r.returned(x.byParty[who])
		} else if run.unnamed(x, who) {
			m, ok = r.similar(x.byParty[who])
		}
		if len(shared) == 0 && (who < 0 || run.stray(who) != nil) {
			if _, back := r.returned(x.byParty[who]); back {
				r.open = append(r.open, run.noRegister(x.key(), 0))
			}
		}
		if !ok {
			continue
		}
		m["via"] = "account"
		if len(x.resells) > 0 {
			m["via"] = "reseller"
		}
		m["linked"], m["shared"], m["account"], m["event"], m["party"] = len(shared) > 0, shared, x.key(), r.id,
			run.partyName(who)
		out = append(out, m)
	}
	return out
}

// unnamed reports whether nobody is identified as the end user of an account: none is named,
// a reseller stands before it, or the one named carries no identifier and is of no known kind.
func (run *Run) unnamed(x *elsewhere, who int32) bool {
	if run.stray(who) != nil || len(x.users) == 0 {
		return len(x.holders) == 0 || len(x.resells) > 0 || !run.identified(who) && !run.classKnown(who)
	}
	return len(x.resells) > 0 && !run.identified(who)
}

func keysOf[V any](m map[int32]V) []int32 {
	out := make([]int32, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (x *elsewhere) key() string {
	if x.sub == "" {
		return x.account
	}
	return x.account + "/" + x.sub
}

// compareRegions looks at the regions that the restricted party itself did not use before.
func (run *Run) compareRegions(r *restriction) []map[string]any {
	var out []map[string]any
	at := monthOf(r.day)
	for _, region := range keys(r.regions) {
		a := r.regions[region]
		if region == "" || len(a.mean(at-profileMonths, at)) > 0 {
			continue
		}
		if m, ok := r.returned(a); ok {
			m["via"], m["linked"], m["shared"], m["region"], m["event"] = "region", true, []string{"end user"}, region,
				r.id
			out = append(out, m)
		}
	}
	return out
}

// returned looks for the services of the restricted party in an account that is linked to it:
// how much of each measure that it used before is used there in one of the months after, and
// from when.
func (r *restriction) returned(a amounts) (map[string]any, bool) {
	profile, at := r.profile(), monthOf(r.day)
	before := a.mean(at-profileMonths, at)
	for m := at; m.start().Sub(r.day).Hours()/24 <= reappearDays; m++ {
		var back []string
		var volume float64
		for _, measure := range keys(profile) {
			had, now := profile[measure], a[m][measure]
			if had <= baseShare*usualAmount[measure] || now < linkedFloor*had || now < newFactor*before[measure] {
				continue
			}
			back = append(back, classesOf(measure)...)
			volume = max(volume, now/had)
		}
		if len(back) > 0 {
			cosine := r.cosine(a.mean(m, m+1))
			return map[string]any{
				"days": max(0, m.start().Sub(r.day).Hours()/24), "cosine": cosine, "volume": volume, "date": m.day(),
				"capabilities": sorted(r.usedOf(back)),
			}, true
		}
	}
	return nil, false
}

// usedOf keeps of some classes those that the restricted party used.
func (r *restriction) usedOf(classes []string) []string {
	var out []string
	for _, c := range classes {
		if r.classes[c] {
			out = append(out, c)
		}
	}
	return out
}

// scales is what a measure is divided by, so that hours and characters weigh the same: what
// the restricted party used of it, or what is usual where it used none. size counts the former.
func (r *restriction) scales() (scale map[string]float64, size int) {
	profile := r.profile()
	scale = map[string]float64{}
	for measure, usual := range usualAmount {
		scale[measure] = usual
		if profile[measure] > baseShare*usual {
			scale[measure] = profile[measure]
			size++
		}
	}
	return scale, size
}

// cosine is how alike a mix of use is to that of the restricted party, 0 to 1.
func (r *restriction) cosine(mix map[string]float64) float64 {
	profile := r.profile()
	scale, size := r.scales()
	var dot, right float64
	for _, measure := range keys(scale) {
		v := mix[measure] / scale[measure]
		right += v * v
		if profile[measure] > baseShare*usualAmount[measure] {
			dot += v
		}
	}
	if right == 0 || size == 0 {
		return 0
	}
	return min(1, dot/math.Sqrt(right)/math.Sqrt(float64(size)))
}

// similar compares the use of an account that shares nothing with the restricted party, after
// the restriction, with what was restricted. Of customers that only store, all look alike: one
// measure alone is no likeness.
func (r *restriction) similar(a amounts) (map[string]any, bool) {
	profile, at := r.profile(), monthOf(r.day)
	scale, size := r.scales()
	if size < 2 {
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
		var volume float64
		for _, measure := range keys(scale) {
			if profile[measure] > baseShare*usualAmount[measure] {
				volume += min(after[measure]/scale[measure], 1) / float64(size)
			}
		}
		cosine := r.cosine(after)
		if cosine < cosineFloor || volume < volumeFloor {
			return nil, false
		}
		return map[string]any{
			"days": max(0, m.start().Sub(r.day).Hours()/24), "cosine": cosine, "volume": volume, "date": m.day(),
			"capabilities": []string{},
		}, true
	}
	return nil, false
}

// shared lists what ties an account to the restricted party.
func (run *Run) shared(r *restriction, x *elsewhere, who int32) []string {
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
	if who >= 0 && int(who) < len(run.in.Parties) && who != r.party {
		p, q := run.in.Parties[r.party], run.in.Parties[who]
		above := append([]int32{r.party}, run.parents[r.party]...)
		if overlap(above, run.parents[who]) || slices.Contains(above[1:], who) {
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
				if i != "" && book.PlainWords(i) == book.PlainWords(j) {
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
