package signal

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"plimsoll/internal/capability"
)

// The measures that usage is added up in, as package capability names them.
const (
	storageTB = "storage_tb_month"
	speech    = "speech_hours"
	chars     = "translation_chars"
	images    = "vision_images"
	records   = "text_records"
	tokens    = "llm_tokens"
	gpuHours  = "gpu_hours"
	egressTB  = "egress_tb"
)

// measures lists them in the order in which reports show them.
var measures = []string{storageTB, speech, chars, tokens, images, records, gpuHours, egressTB}

// measureOf is the measure that a capability class is counted in. Use of a class without a
// countable quantity makes its measure unknown, not zero. "egress" is no class of capability,
// and what a charge may be.
var measureOf = map[string]string{
	capability.BulkStorage: storageTB, capability.Speech: speech, capability.Translation: chars,
	capability.Vision: images,
	capability.Face:   images, capability.TextAnalytics: records, capability.LLM: tokens, capability.GPU: gpuHours,
	"egress": egressTB,
}

// classesOf are the capability classes that are counted in a measure.
func classesOf(measure string) []string {
	var out []string
	for _, c := range capability.Classes {
		if measureOf[c] == measure {
			out = append(out, c)
		}
	}
	return out
}

var unitOf = map[string]string{
	storageTB: "TB", speech: "hours", chars: "characters", images: "images", records: "records", tokens: "tokens",
	gpuHours: "GPU hours", egressTB: "TB",
}

// What a row of bills says of a quantity: "11.4 PB stored".
var verbOf = map[string]string{
	storageTB: "stored", speech: "of speech", chars: "translated", images: "analysed", records: "analysed",
	tokens: "of language models", gpuHours: "", egressTB: "moved out",
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

// use is what one party used, month by month, and what of its use is not known.
type use struct {
	months  []month                                 // with a row, sorted
	measure map[string]map[month]float64            // measure → month → amount
	class   map[string]map[month]float64            // capability class → month → amount in its measure
	used    map[string]map[month]bool               // capability class → months of use
	region  map[string]map[month]float64            // region → storage
	placed  bool                                    // a region is named
	sources []int                                   // of its bills
	subs    map[string]map[month]map[string]float64 // measure → month → sub-account → amount
	unknown map[string]*unknownUse                  // class, or egress → what is not known of its use
	undated *Gap                                    // charges whose month is not known
	passed  []passedOn                              // accounts that belong to another party from a month on
}

// A passedOn is an account that another party has from a day of a month on.
type passedOn struct {
	account, sub string
	since        month
}

// unknownUse is what is not known of the use of one class.
type unknownUse struct {
	gaps []Gap
	most map[month]float64 // of charges whose amount is known and whose being use is not: how much more it may be
	open map[month]bool    // months with an amount that nothing bounds; noMonth: any month
	sure map[month]bool    // of those, months in which the class was used for certain
}

// openIn reports whether an amount that nothing bounds may lie in one of the months from..to.
func (x *unknownUse) openIn(from, to month) bool {
	if x == nil {
		return false
	}
	if x.open[noMonth] {
		return true
	}
	for m := from; m <= to; m++ {
		if x.open[m] {
			return true
		}
	}
	return false
}

const (
	useSQL = `
SELECT party, month, service_id, region_id, used, coalesce(unread, ''), scale, CAST(sum(quantity) AS DOUBLE), CAST(sum(charges) AS BIGINT),
  CAST(sum(CASE WHEN quantity IS NULL THEN charges ELSE 0 END) AS BIGINT), min(source)
FROM usage_fact WHERE party >= $1 AND party < $2 GROUP BY party, month, service_id, region_id, used, unread, scale
ORDER BY party, month, service_id, region_id, used, unread, scale`
	useSourcesSQL = `SELECT DISTINCT party, source FROM usage_fact WHERE party >= $1 AND party < $2 ORDER BY party, source`
	usePassedSQL  = `SELECT party, account, sub, since FROM party_passed WHERE party >= $1 AND party < $2 ORDER BY party, account, sub, since`
	useSubsSQL    = `
SELECT f.party, s.account, s.sub, f.month, f.service_id, f.scale, CAST(sum(f.quantity) AS DOUBLE)
FROM usage_fact f JOIN usage_slot s ON s.slot = f.slot JOIN service_class c ON c.service_id = f.service_id
WHERE f.party >= $1 AND f.party < $2 AND c.measure IN ('storage_tb_month', 'speech_hours') AND f.quantity IS NOT NULL
  AND f.used = 'yes' AND f.unread IS NULL AND f.month >= DATE '1990-01-01'
GROUP BY f.party, s.account, s.sub, f.month, f.service_id, f.scale
ORDER BY f.party, s.account, s.sub, f.month, f.service_id, f.scale`
)

// A charge is the sum of the charges of one party, month, service and region that agree in what is known of them.
type charges struct {
	month    month
	service  serviceUse
	region   string
	used     string // yes, unknown or [shared]
	unread   string // why the charges could not be read, "" when they were
	quantity sql.NullFloat64
	rows     int64
	blank    int64 // of those, without a quantity
	source   int
}

// useBatch reads the use of a batch of parties and strays.
func (run *Run) useBatch(ctx context.Context, batch []subject, from, to int32) error {
	if run.usage.rows == 0 {
		return nil
	}
	at := func(p int32) *use {
		s := &batch[p-from]
		if s.use == nil {
			s.use = newUse()
		}
		return s.use
	}
	err := run.book.Each(ctx, "read use of parties", useSQL, func(r *sql.Rows) error {
		var p, service, region int32
		var t time.Time
		var scale float64
		var x charges
		if err := r.Scan(&p, &t, &service, &region, &x.used, &x.unread, &scale, &x.quantity, &x.rows, &x.blank,
			&x.source); err != nil {
			return err
		}
		x.month, x.service, x.region = monthOf(t), run.services[service], run.usage.regions[region-1]
		x.quantity.Float64 *= scale
		at(p).add(x, run.usage.sourceLacks[x.source])
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	for i := range batch {
		if u := batch[i].use; u != nil {
			u.takenBack()
		}
	}
	if run.away() {
		if err := run.boundBatch(ctx, batch, from, to); err != nil {
			return err
		}
	}
	err = run.book.Each(ctx, "read bills of parties", useSourcesSQL, func(r *sql.Rows) error {
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
	err = run.book.Each(ctx, "read accounts that changed hands", usePassedSQL, func(r *sql.Rows) error {
		var p int32
		var x passedOn
		var since time.Time
		if err := r.Scan(&p, &x.account, &x.sub, &since); err != nil {
			return err
		}
		if u := batch[p-from].use; u != nil {
			x.since = monthOf(since)
			u.passed = append(u.passed, x)
		}
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	return run.book.Each(ctx, "read use of sub-accounts", useSubsSQL, func(r *sql.Rows) error {
		var p, service int32
		var account, sub string
		var t time.Time
		var scale, q float64
		if err := r.Scan(&p, &account, &sub, &t, &service, &scale, &q); err != nil {
			return err
		}
		s, m := run.services[service], monthOf(t)
		u := at(p)
		if u.subs[s.Measure] == nil {
			u.subs[s.Measure] = map[month]map[string]float64{}
		}
		if u.subs[s.Measure][m] == nil {
			u.subs[s.Measure][m] = map[string]float64{}
		}
		u.subs[s.Measure][m][pairKey(account, sub)] += s.amount(q*scale, m)
		return nil
	}, from, to)
}

func newUse() *use {
	return &use{
		measure: map[string]map[month]float64{}, class: map[string]map[month]float64{},
		used:   map[string]map[month]bool{},
		region: map[string]map[month]float64{}, subs: map[string]map[month]map[string]float64{},
		unknown: map[string]*unknownUse{},
	}
}

// amount turns a month's quantity into the measure.
func (u Use) amount(quantity float64, m month) float64 {
	if u.PerMonthHours {
		return quantity * u.Factor / m.hours()
	}
	return quantity * u.Factor
}

// add takes the charges of one month, service and region. Calls come by month. lacks are the
// columns that the source of the charges does not have.
func (u *use) add(x charges, lacks map[string]bool) {
	s, m := x.service, x.month
	if m != noMonth && x.unread != allLater {
		if n := len(u.months); n == 0 || u.months[n-1] != m {
			u.months = append(u.months, m)
		}
	} else if m == noMonth {
		u.addUndated(x, lacks)
	}
	class := s.Capability
	if class == "" && (s.Measure == egressTB || s.Wants == egressTB) {
		class = "egress"
	}
	if x.unread != "" || x.used != "yes" || m == noMonth {
		u.doubt(x, class, lacks)
		return
	}
	if class != "" && class != "egress" && (!x.quantity.Valid || x.quantity.Float64 > 0) {
		if u.used[class] == nil {
			u.used[class] = map[month]bool{}
		}
		u.used[class][m] = true
	}
	if x.blank > 0 && (class != "" || len(s.May) > 0) {
		g := Gap{Reason: CellEmpty, Column: "usage.ConsumedQuantity", What: s.label(), Rows: x.blank}
		if lacks["ConsumedQuantity"] {
			g.Reason = ColumnAbsent
		}
		u.note(g, class, s.May, m, class != "")
	}
	// a name for more than one service
	if class != "" && len(s.May) > 0 && (!x.quantity.Valid || x.quantity.Float64 != 0) {
		u.note(unrecognised(x, lacks), "", s.May, m, false)
	}
	if !x.quantity.Valid {
		return
	}
	switch {
	case s.Measure != "":
		v := s.amount(x.quantity.Float64, m)
		add(u.measure, s.Measure, m, v)
		if s.Capability != "" {
			add(u.class, s.Capability, m, v)
		}
		if s.Measure == storageTB && x.region != "" {
			add(u.region, x.region, m, v)
			u.placed = true
		}
	case class != "" && measureOf[class] != "":
		g := Gap{Reason: UnitUnknown, Column: "usage.ConsumedUnit", What: s.Unit, Rows: x.rows,
			Amount: x.quantity.Float64, Unit: s.Unit}
		switch {
		case lacks["ConsumedUnit"]:
			g.Reason = ColumnAbsent
		case s.Unit == "":
			g.Reason, g.What = CellEmpty, s.label()
		}
		u.note(g, class, nil, m, true)
	case len(s.May) > 0 && x.quantity.Float64 != 0:
		u.note(unrecognised(x, lacks), "", s.May, m, false)
	}
}

// addUndated counts charges whose month is not known.
func (u *use) addUndated(x charges, lacks map[string]bool) {
	if u.undated == nil {
		u.undated = &Gap{Reason: CellEmpty, Column: "usage.ChargePeriodStart"}
	}
	if lacks["ChargePeriodStart"] {
		u.undated.Reason = ColumnAbsent
	}
	u.undated.Rows += x.rows
}

func (u *use) undatedGaps() []Gap {
	if u.undated == nil {
		return nil
	}
	return []Gap{*u.undated}
}

// windowGaps are what is not known of the numbers of windows.
func (u *use) windowGaps() []Gap {
	var out [][]Gap
	for _, c := range keys(u.unknown) {
		if c == capability.BulkStorage || slices.ContainsFunc(windowFields, func(f windowField) bool {
			return f.class == c
		}) {
			out = append(out, u.unknown[c].gaps)
		}
	}
	return uniteGaps(out...)
}

// unrecognised is the gap of charges of which no table says what they are for.
func unrecognised(x charges, lacks map[string]bool) Gap {
	g := Gap{Reason: WordUnknown, Column: "usage.ServiceName", What: x.service.label(), Rows: x.rows,
		Amount: x.quantity.Float64, Unit: x.service.Unit}
	switch {
	case lacks["ServiceName"]:
		g.Reason, g.What = ColumnAbsent, ""
	case lacks["SkuMeter"] && x.service.Meter == "":
		g.Reason, g.Column = ColumnAbsent, "usage.SkuMeter"
	case x.service.Meter == "" && x.service.Words == "":
		g.Column = "usage.SkuMeter"
	}
	return g
}

// doubt takes charges that could not be read, whose month is not known, or of which nothing says that they are use.
func (u *use) doubt(x charges, class string, lacks map[string]bool) {
	s := x.service
	g := Gap{Reason: RowRejected, Column: "usage.ConsumedQuantity", What: x.unread, Rows: x.rows}
	switch {
	case x.unread == allLater:
		g = Gap{Reason: AfterReview, Column: "usage.ChargePeriodStart", Rows: x.rows}
	case x.unread != "":
	case x.used == shared:
		g = Gap{Reason: Unstated, Column: "accounts.since",
			What: "which of its holders used an account in the month in which it changed hands",
			Rows: x.rows, Amount: x.quantity.Float64, Unit: s.Unit}
	case x.used != "yes":
		g = Gap{Reason: CellEmpty, Column: "usage.ChargeCategory", What: s.label(), Rows: x.rows,
			Amount: x.quantity.Float64, Unit: s.Unit}
		if lacks["ChargeCategory"] {
			g.Reason = ColumnAbsent
		}
	default:
		g = Gap{Reason: CellEmpty, Column: "usage.ChargePeriodStart", What: s.label(), Rows: x.rows,
			Amount: x.quantity.Float64, Unit: s.Unit}
	}
	if class != "" && len(s.May) > 0 {
		u.note(g, "", s.May, x.month, false)
	}
	if x.unread == "" && x.month != noMonth && x.quantity.Valid && x.blank == 0 && s.Measure != "" && class != "" {
		// The amount is known: only whether it is use is not.
		k := u.unknownOf(class)
		k.gaps = append(k.gaps, g)
		k.most[x.month] += max(0, s.amount(x.quantity.Float64, x.month))
		return
	}
	u.note(g, class, s.May, x.month, false)
}

// note keeps a gap for the class of a charge, or for the classes that it may be. sure: the class was used for certain.
func (u *use) note(g Gap, class string, may []string, m month, sure bool) {
	classes := may
	if class != "" {
		classes = []string{class}
	}
	for _, c := range classes {
		k := u.unknownOf(c)
		if !sure {
			g.May = []string{c}
		}
		k.gaps = append(k.gaps, g)
		k.open[m] = true
		if sure {
			k.sure[m] = true
		}
	}
}

// takenBackAtLeast is how much below 0 a month has to be, in the measure's unit: what is nearer is rounding.
const takenBackAtLeast = 1e-6

// takenBack notes the months of which corrections take back more than the bills on file charge: the charges that they
// correct are not there.
func (u *use) takenBack() {
	for _, c := range keys(u.class) {
		for _, m := range u.months {
			if v := u.class[c][m]; v < -takenBackAtLeast {
				u.note(Gap{Reason: Unstated, Column: "usage.ConsumedQuantity", What: "the charges of " + m.day()[:7] +
					" that corrections take back"}, c, nil, m, true)
			}
		}
	}
}

func (u *use) unknownOf(class string) *unknownUse {
	k := u.unknown[class]
	if k == nil {
		k = &unknownUse{most: map[month]float64{}, open: map[month]bool{}, sure: map[month]bool{}}
		u.unknown[class] = k
	}
	return k
}

// gaps are what is not known of a measure: of every class that is counted in it.
func (u *use) gaps(measure string) []Gap {
	var out [][]Gap
	for _, c := range append(classesOf(measure), "egress") {
		if k := u.unknown[c]; k != nil && measureOf[c] == measure {
			out = append(out, k.gaps)
		}
	}
	return uniteGaps(out...)
}

// bound returns the most that a measure may have been in its largest month, and whether there is such a bound.
func (u *use) bound(measure string) (float64, bool) {
	extra := map[month]float64{}
	for c, k := range u.unknown {
		if measureOf[c] != measure {
			continue
		}
		if len(k.open) > 0 {
			return 0, false
		}
		for m, v := range k.most {
			extra[m] += v
		}
	}
	var most float64
	for m, v := range u.measure[measure] {
		most = max(most, v+extra[m])
	}
	for m, v := range extra {
		most = max(most, v+u.measure[measure][m])
	}
	return most, true
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

// rise is the largest ratio of a month, of at least half the peak and with three earlier ones, over
// the smallest of the six calendar months before it that has a row. The peak alone would not do: of
// a level that was reached at once, any later month may be the largest by a little.
func (l line) rise() (float64, bool) {
	peak := 0.0
	for i, v := range l.values {
		if i-l.first >= leastBefore {
			peak = max(peak, v)
		}
	}
	best := 0.0
	for i, v := range l.values {
		if i-l.first < leastBefore || v < peak/2 {
			continue
		}
		least := 0.0
		for _, earlier := range l.before(i, 6) {
			if earlier > 0 && (least == 0 || earlier < least) {
				least = earlier
			}
		}
		if least > 0 {
			best = max(best, v/least)
		}
	}
	return best, best > 0
}

// rising is the largest number of months, of any twelve in a row with a bill, in which more
// was kept than in the month before; not known under twelve months.
func (l line) rising() (float64, bool) {
	const span = 12
	most, known := 0, false
	for i := l.first + span - 1; i < len(l.values); i++ {
		n := 0
		for j := i - span + 1; j <= i; j++ {
			if j > l.first && l.values[j] > l.values[j-1]*1.005 { // half a per cent is noise of metering
				n++
			}
		}
		most, known = max(most, n), true
	}
	return float64(most), known
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
