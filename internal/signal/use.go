package signal

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// The measures that usage is added up in, as package capability names them.
const (
	storageTB = "storage_tb_month"
	speech    = "speech_hours"
	chars     = "translation_chars"
	images    = "vision_images"
	tokens    = "llm_tokens"
	gpuHours  = "gpu_hours"
	egressTB  = "egress_tb"
)

// measureOf is the measure that a capability class is counted in. Use of a class without a
// countable quantity makes its measure unknown, not zero.
var measureOf = map[string]string{
	"bulk_storage": storageTB, "speech": speech, "translation": chars, "vision": images, "face": images, "llm": tokens, "gpu": gpuHours,
}

var unitOf = map[string]string{
	storageTB: "TB", speech: "hours", chars: "characters", images: "images", tokens: "tokens", gpuHours: "GPU hours", egressTB: "TB",
}

// What a row of bills says of a quantity: "11.4 PB stored".
var verbOf = map[string]string{
	storageTB: "stored", speech: "of speech", chars: "translated", images: "analysed", tokens: "of language models", gpuHours: "", egressTB: "moved out",
}

// A month counts months since year 0.
type month int

func monthOf(t time.Time) month { return month(t.Year()*12 + int(t.Month()) - 1) }

func (m month) start() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}
func (m month) end() time.Time { return (m + 1).start() } // the day after the last
func (m month) String() string { return m.start().Format("2006-01") }
func (m month) hours() float64 { return m.end().Sub(m.start()).Hours() }
func (m month) day() string    { return m.start().Format(time.DateOnly) }

// use is what one party used, month by month.
type use struct {
	months  []month                       // with a row, sorted
	measure map[string]map[month]float64  // measure → month → amount
	class   map[string]map[month]float64  // capability class → month → amount in its measure
	used    map[string]map[month]bool     // capability class → months of use
	region  map[string]map[month]float64  // region → storage
	blind   map[string]bool               // measures with use that nothing counts
	counted map[string]bool               // measures with a countable quantity
	named   bool                          // a service is named
	placed  bool                          // a region is named
	sources []int                         // of its bills
	subs    map[string]map[string]float64 // measure → sub-account → largest month
	window  month                         // the first month of the combination
}

const (
	useSQL = `
SELECT party, month, service_id, region_id, CAST(sum(quantity) AS DOUBLE), count(*), count(quantity)
FROM usage_fact WHERE party >= $1 AND party < $2 GROUP BY party, month, service_id, region_id
ORDER BY party, month, service_id, region_id`
	useSourcesSQL = `SELECT DISTINCT party, source FROM usage_fact WHERE party >= $1 AND party < $2 ORDER BY party, source`
	useSubsSQL    = `
SELECT f.party, s.account, s.sub, f.month, f.service_id, CAST(sum(f.quantity) AS DOUBLE)
FROM usage_fact f JOIN usage_slot s ON s.slot = f.slot JOIN service_class c ON c.service_id = f.service_id
WHERE f.party >= $1 AND f.party < $2 AND c.measure IN ('storage_tb_month', 'speech_hours') AND f.quantity IS NOT NULL
GROUP BY f.party, s.account, s.sub, f.month, f.service_id
ORDER BY f.party, s.account, s.sub, f.month, f.service_id`
)

// useBatch reads the use of a batch of parties.
func (b *Book) useBatch(ctx context.Context, batch []subject, from, to int32) error {
	if b.usage.rows == 0 {
		return nil
	}
	at := func(p int32) *use {
		s := &batch[p-from]
		if s.use == nil {
			s.use = newUse()
		}
		return s.use
	}
	err := b.each(ctx, "read use of parties", useSQL, func(r *sql.Rows) error {
		var p, service, region int32
		var t time.Time
		var q sql.NullFloat64
		var rows, filled int64
		if err := r.Scan(&p, &t, &service, &region, &q, &rows, &filled); err != nil {
			return err
		}
		at(p).add(monthOf(t), b.services[service], b.usage.regions[region-1], q)
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	err = b.each(ctx, "read bills of parties", useSourcesSQL, func(r *sql.Rows) error {
		var p int32
		var source int
		if err := r.Scan(&p, &source); err != nil {
			return err
		}
		at(p).sources = append(at(p).sources, source)
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	return b.subBatch(ctx, at, from, to)
}

func (b *Book) subBatch(ctx context.Context, at func(int32) *use, from, to int32) error {
	type key struct {
		party        int32
		account, sub string
		month        month
	}
	var now key
	sum := map[string]float64{}
	flush := func() {
		if now.account == "" && now.sub == "" {
			return
		}
		u := at(now.party)
		name := now.account + "/" + now.sub
		for measure, v := range sum {
			if u.subs[measure] == nil {
				u.subs[measure] = map[string]float64{}
			}
			if v > u.subs[measure][name] {
				u.subs[measure][name] = v
			}
		}
		clear(sum)
	}
	err := b.each(ctx, "read use of sub-accounts", useSubsSQL, func(r *sql.Rows) error {
		var k key
		var t time.Time
		var service int32
		var q float64
		if err := r.Scan(&k.party, &k.account, &k.sub, &t, &service, &q); err != nil {
			return err
		}
		k.month = monthOf(t)
		if k != now {
			flush()
			now = k
		}
		s := b.services[service]
		sum[s.Measure] += s.amount(q, k.month)
		return nil
	}, from, to)
	flush()
	return err
}

func newUse() *use {
	return &use{
		measure: map[string]map[month]float64{}, class: map[string]map[month]float64{}, used: map[string]map[month]bool{},
		region: map[string]map[month]float64{}, blind: map[string]bool{}, counted: map[string]bool{}, subs: map[string]map[string]float64{},
	}
}

// amount turns a month's quantity into the measure.
func (u Use) amount(quantity float64, m month) float64 {
	if u.PerMonthHours {
		return quantity * u.Factor / m.hours()
	}
	return quantity * u.Factor
}

// add takes the sum of one month, service and region. Calls come by month.
func (u *use) add(m month, s serviceUse, region string, q sql.NullFloat64) {
	if n := len(u.months); n == 0 || u.months[n-1] != m {
		u.months = append(u.months, m)
	}
	u.named = u.named || s.Service != ""
	if s.Capability != "" && (!q.Valid || q.Float64 > 0) {
		if u.used[s.Capability] == nil {
			u.used[s.Capability] = map[month]bool{}
		}
		u.used[s.Capability][m] = true
	}
	if s.Measure == "" || !q.Valid {
		measure := s.Measure
		if measure == "" {
			measure = measureOf[s.Capability]
		}
		if measure != "" {
			u.blind[measure] = true
		}
		return
	}
	u.counted[s.Measure] = true
	v := s.amount(q.Float64, m)
	add(u.measure, s.Measure, m, v)
	if s.Capability != "" {
		add(u.class, s.Capability, m, v)
	}
	if s.Measure == storageTB && region != "" {
		add(u.region, region, m, v)
		u.placed = true
	}
}

func add(to map[string]map[month]float64, key string, m month, v float64) {
	if to[key] == nil {
		to[key] = map[month]float64{}
	}
	to[key][m] += v
}

// line is one measure over the months that have a row at all; a month with other rows and
// none of this measure is 0, a month without any bill is left out.
type line struct {
	months []month
	values []float64
	first  int // the first month above 0, len(months) when there is none
}

func (u *use) line(of map[month]float64) line {
	l := line{months: u.months, values: make([]float64, len(u.months)), first: len(u.months)}
	for i, m := range u.months {
		l.values[i] = of[m]
		if l.values[i] > 0 && l.first == len(u.months) {
			l.first = i
		}
	}
	return l
}

func (l line) peak() float64 {
	var most float64
	for _, v := range l.values {
		most = max(most, v)
	}
	return most
}

// before returns the values of the months before i, since the first month of use and at
// most span months back.
func (l line) before(i int, span month) []float64 {
	var out []float64
	for j := l.first; j < i; j++ {
		if l.months[j] >= l.months[i]-span {
			out = append(out, l.values[j])
		}
	}
	return out
}

const (
	leastBefore = 3    // earlier months that a comparison needs
	madFloor    = 0.05 // of the median: a flat series has no spread to divide by
)

// mads is the largest distance above the median of up to twelve months before, in median
// absolute deviations.
func (l line) mads() (float64, bool) {
	var most float64
	known := false
	for i := range l.values {
		prev := l.before(i, 12)
		if len(prev) < leastBefore {
			continue
		}
		med := median(prev)
		dev := make([]float64, len(prev))
		for j, v := range prev {
			dev[j] = max(v-med, med-v)
		}
		if spread := max(median(dev), madFloor*med); spread > 0 {
			most, known = max(most, (l.values[i]-med)/spread), true
		}
	}
	return most, known
}

// growth is the largest month that has three earlier ones over the median of those.
func (l line) growth() (float64, bool) {
	best := -1
	for i := range l.values {
		if i-l.first >= leastBefore && (best < 0 || l.values[i] > l.values[best]) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	med := median(l.before(best, month(len(l.months))*12+1200))
	if med <= 0 {
		return 0, false
	}
	return l.values[best] / med, true
}

// rise is the largest month that has three earlier ones over the smallest of the six
// calendar months before it that has a row.
func (l line) rise() (float64, bool) {
	best := -1
	for i := range l.values {
		if i-l.first >= leastBefore && (best < 0 || l.values[i] > l.values[best]) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	least := 0.0
	for _, v := range l.before(best, 6) {
		if v > 0 && (least == 0 || v < least) {
			least = v
		}
	}
	if least == 0 {
		return 0, false
	}
	return l.values[best] / least, true
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	s := slices.Clone(list)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// combination returns the classes used within the three consecutive months that hold most
// of them, and the largest monthly storage within these. Of equal windows the one with
// most storage counts, then the earliest.
func (u *use) combination() (classes []string, tb float64) {
	classes = []string{}
	for _, from := range u.months {
		var in []string
		var stored float64
		for c, months := range u.used {
			for m := from; m < from+3; m++ {
				if months[m] {
					in = append(in, c)
					break
				}
			}
		}
		for m := from; m < from+3; m++ {
			stored = max(stored, u.measure[storageTB][m])
		}
		if len(in) > len(classes) || len(in) == len(classes) && stored > tb {
			slices.Sort(in)
			classes, tb, u.window = in, stored, from
		}
	}
	return classes, tb
}

// A commitment is the storage that contracts with one term provide for.
type commitment struct {
	from, to sql.NullTime
	tb       float64
}

// committed is the storage in force in a month: what is contracted in it, or, past the end
// of every contract, what was contracted last. Contracts without dates hold always.
func committed(list []commitment, m month) (tb float64, ok bool) {
	var lastEnd time.Time
	for _, c := range list {
		if c.from.Valid && !c.from.Time.Before(m.end()) {
			continue
		}
		if c.to.Valid && c.to.Time.Before(m.start()) {
			if c.to.Time.After(lastEnd) {
				lastEnd = c.to.Time
			}
			continue
		}
		tb, ok = tb+c.tb, true
	}
	if ok || lastEnd.IsZero() {
		return tb, ok
	}
	for _, c := range list {
		if c.to.Valid && c.to.Time.Equal(lastEnd) {
			tb += c.tb
		}
	}
	return tb, true
}
