package review

import (
	"encoding/csv"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/resolve"
)

// plainBooks are the records of a world as somebody with a spreadsheet would read them: it shares
// no code with the signals, so that a fault of theirs is not made twice.
type plainBooks struct {
	t       *testing.T
	files   records
	owners  *plainOwners
	tables  map[string][]map[string]string
	use     map[string]map[string]map[string]float64            // subject, measure, month
	subs    map[string]map[string]map[string]map[string]float64 // subject, measure, month, account/sub
	regions map[string]map[string]map[string]float64            // subject, region, month: TB stored
	months  map[string]map[string]bool                          // of any bill of the subject
	terms   map[string]float64                                  // TB that contracts provide for, by party
	names   map[string][]string                                 // party: its names in the registers
}

var measureOfMeter = map[string]string{
	"Standard Data Stored": "TB", "Speech to Text Audio Hours": "speech", "Text Translation Characters": "translation",
	"Model Input Tokens": "llm", "Images Analyzed": "vision", "Faces Compared": "face", "GPU Hours": "gpu",
	"Data Transfer Out": "egress",
}

// subjectOf is how a finding calls the party of an identifier, or of a name without one.
func subjectOf(id, name string) string {
	if id != "" {
		return string(resolve.PartyID(id))
	}
	return name
}

func plainBooksOf(t *testing.T, in records) *plainBooks {
	b := &plainBooks{t: t, files: in,
		tables: map[string][]map[string]string{}, use: map[string]map[string]map[string]float64{},
		terms:   map[string]float64{},
		subs:    map[string]map[string]map[string]map[string]float64{},
		regions: map[string]map[string]map[string]float64{},
		months:  map[string]map[string]bool{}, names: map[string][]string{},
	}
	for _, file := range slices.Sorted(maps.Keys(in)) {
		if !isCSV(file) {
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(in[file])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows[1:] {
			m := map[string]string{}
			for i, c := range r {
				m[rows[0][i]] = c
			}
			b.tables[tableOf(file)] = append(b.tables[tableOf(file)], m)
		}
	}
	users, listed := map[string]string{}, map[string]bool{} // of account/sub; accounts of the register
	for _, r := range b.tables["accounts"] {
		key := r["account_id"]
		listed[key] = true
		if r["sub_account_id"] != "" {
			key += "/" + r["sub_account_id"]
		}
		users[key] = subjectOf(r["end_user_id"], r["end_user"])
	}
	for _, r := range b.tables["usage"] {
		account, sub := r["BillingAccountId"], r["SubAccountId"]
		place := account
		if sub != "" {
			place += "/" + sub
		}
		who := users[place]
		if who == "" {
			who = users[account]
		}
		if who == "" {
			who = place
		}
		b.bill(t, who, account+"/"+sub, r)
	}
	last := map[string]map[string]string{} // an amendment takes the place of what it amends
	var order []string
	for _, r := range b.tables["engagements"] {
		if last[r["engagement_id"]] == nil {
			order = append(order, r["engagement_id"])
		}
		last[r["engagement_id"]] = r
	}
	for _, id := range order {
		if r := last[id]; r["unit"] == "TB" {
			b.terms[subjectOf(r["end_user_id"], r["end_user"])] += plainNumber(t, r["quantity"])
		}
	}
	return b
}

// bill adds a charge to the use of its subject, in TB, hours, characters, pictures or tokens.
func (b *plainBooks) bill(t *testing.T, who, place string, r map[string]string) {
	start, err := time.Parse(time.RFC3339, r["ChargePeriodStart"])
	if err != nil {
		t.Fatal(err)
	}
	month := start.Format("2006-01")
	if b.months[who] == nil {
		b.months[who] = map[string]bool{}
	}
	b.months[who][month] = true
	measure := measureOfMeter[r["SkuMeter"]]
	if measure == "" {
		return
	}
	days := float64(time.Date(start.Year(), start.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day())
	q := plainNumber(t, r["ConsumedQuantity"])
	switch unit := r["ConsumedUnit"]; {
	case unit == "GB-Months":
		q /= 1000
	case unit == "GB-Hours":
		q /= 1000 * days * 24
	case unit == "Byte-Hours":
		q /= 1e12 * days * 24
	case unit == "GB" && measure == "TB": // what lay there on a day
		q /= 1000 * days
	case unit == "Minutes":
		q /= 60
	case unit == "M Characters":
		q *= 1e6
	case slices.Contains([]string{"GB", "Hours", "Characters", "Images", "Tokens"}, unit):
	default:
		t.Fatalf("unit %q: the test does not know it", unit)
	}
	deep(b.use, who, measure)[month] += q
	if b.subs[who] == nil {
		b.subs[who] = map[string]map[string]map[string]float64{}
	}
	deep(b.subs[who], measure, month)[place] += q
	if measure == "TB" {
		deep(b.regions, who, r["RegionId"])[month] += q
	}
}

func deep(m map[string]map[string]map[string]float64, a, b string) map[string]float64 {
	if m[a] == nil {
		m[a] = map[string]map[string]float64{}
	}
	if m[a][b] == nil {
		m[a][b] = map[string]float64{}
	}
	return m[a][b]
}

func plainNumber(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// line is a measure over the months in which the subject has any bill.
func (b *plainBooks) line(who, measure string) (months []string, values []float64) {
	months = slices.Sorted(maps.Keys(b.months[who]))
	for _, m := range months {
		values = append(values, b.use[who][measure][m])
	}
	return months, values
}

func most(list []float64) float64 { return slices.Max(append([]float64{0}, list...)) }

func middle(list []float64) float64 {
	s := slices.Sorted(slices.Values(list))
	if n := len(s); n == 0 {
		return 0
	} else if n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// peak is the largest month of a measure.
func (b *plainBooks) peak(who, measure string) float64 {
	_, v := b.line(who, measure)
	return most(v)
}

// rise is the largest step of a month of at least half the peak over the least of six months before.
func (b *plainBooks) rise(who, measure string) float64 {
	_, v := b.line(who, measure)
	best := 0.0
	for i := 3; i < len(v); i++ {
		least := math.Inf(1)
		for _, x := range v[max(0, i-6):i] {
			if x > 0 {
				least = min(least, x)
			}
		}
		if v[i] >= most(v[3:])/2 {
			best = max(best, v[i]/least)
		}
	}
	return best
}

// growth is the largest month with three before it over the median of all before it.
func (b *plainBooks) growth(who, measure string) float64 {
	_, v := b.line(who, measure)
	at := 3
	for i := 3; i < len(v); i++ {
		if v[i] > v[at] {
			at = i
		}
	}
	return v[at] / middle(v[:at])
}

// rising is the most months, of twelve in a row, that lie half a per cent above the month before.
func (b *plainBooks) rising(who string) float64 {
	_, v := b.line(who, "TB")
	best := 0
	for i := 11; i < len(v); i++ {
		n := 0
		for j := max(1, i-11); j <= i; j++ {
			if v[j] > v[j-1]*1.005 {
				n++
			}
		}
		best = max(best, n)
	}
	return float64(best)
}

// window is what is stored on the average day and in the largest month of the three months with most stored
// in which something else is used as well: of equal largest months, that with most in all its days.
func (b *plainBooks) window(who string) (mean, largest float64) {
	floors := map[string]float64{"speech": 60, "translation": 5e6, "vision": 1e5, "face": 2e4}
	months, stored := b.line(who, "TB")
	most3 := 0.0 // TB·days
	for i := range months {
		end := min(i+3, len(months))
		for measure, floor := range floors {
			_, v := b.line(who, measure)
			sum := 0.0
			for _, x := range v[i:end] {
				sum += x
			}
			if sum < floor {
				continue
			}
			kept, all := 0.0, 0.0
			for k := i; k < end; k++ {
				first, _ := time.Parse("2006-01", months[k])
				days := first.AddDate(0, 1, 0).Sub(first).Hours() / 24
				kept, all = kept+stored[k]*days, all+days
			}
			if x := most(stored[i:end]); x > largest || x == largest && kept > most3 {
				mean, largest, most3 = kept/all, x, kept
			}
		}
	}
	return mean, largest
}

// split is what sub-accounts used in the month in which they used most together.
func (b *plainBooks) split(who, measure string) []float64 {
	best, sum := []float64{}, 0.0
	for _, bySub := range b.subs[who][measure] {
		list, total := []float64{}, 0.0
		for _, v := range bySub {
			list, total = append(list, v), total+v
		}
		if total > sum {
			best, sum = list, total
		}
	}
	return best
}

var fellWhere = regexp.MustCompile(`region (\S+) fell .* of ([0-9]+ [A-Z][a-z]+ [0-9]{4})`)

// fell is the first fall of more than three tenths of what a region holds, against the larger of
// the month of the event that a sentence names and the month before it.
func (b *plainBooks) fell(who, sentence string) float64 {
	m := fellWhere.FindStringSubmatch(sentence)
	if m == nil {
		return math.NaN()
	}
	day, err := time.Parse("2 January 2006", m[2])
	if err != nil {
		return math.NaN()
	}
	first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	stored := func(months int) float64 { return b.regions[who][m[1]][first.AddDate(0, months, 0).Format("2006-01")] }
	base := max(stored(0), stored(-1))
	for later := 1; later <= 2; later++ {
		if fall := 1 - stored(later)/base; fall > 0.3 {
			return fall
		}
	}
	return math.NaN()
}

var (
	surgeOf = regexp.MustCompile(
		`of ([0-9]+ [A-Z][a-z]+ [0-9]{4}).*use of (.*) rose in the month from ([0-9]+ [A-Z][a-z]+ [0-9]{4})`)
	returnOf = regexp.MustCompile(`used through another [a-z]+ \(([^)]+)\)`)
)

// measureOfWords is the measure of a capability as sentences call it.
var measureOfWords = map[string]string{"bulk storage": "TB", "speech-to-text": "speech", "translation": "translation",
	"language models": "llm", "image and video analysis": "vision", "face recognition": "face"}

// surged is the month that a sentence names over the median of up to twelve months before it, or
// the month after, where that is larger and begins within 31 days of the event.
func (b *plainBooks) surged(who, sentence string) float64 {
	m := surgeOf.FindStringSubmatch(sentence)
	if m == nil {
		return math.NaN()
	}
	event, err1 := time.Parse("2 January 2006", m[1])
	day, err2 := time.Parse("2 January 2006", m[3])
	if err1 != nil || err2 != nil {
		return math.NaN()
	}
	months, values := b.line(who, measureOfWords[m[2]])
	first := slices.IndexFunc(values, func(v float64) bool { return v > 0 })
	at := slices.Index(months, day.Format("2006-01"))
	if at < 0 || first < 0 {
		return math.NaN()
	}
	top := values[at]
	if next := day.AddDate(0, 1, 0); at+1 < len(values) && next.Sub(event).Hours()/24 <= 31 {
		top = max(top, values[at+1])
	}
	return top / middle(values[max(first, at-12):at])
}

// returned is when, after its first restriction, a party used again a tenth or more of a measure in
// the account that a sentence names, and the largest share of the months before it that came back.
func (b *plainBooks) returned(who, sentence string) (days, volume float64) {
	m := returnOf.FindStringSubmatch(sentence)
	if m == nil {
		return math.NaN(), math.NaN()
	}
	place := m[1]
	if !strings.Contains(place, "/") {
		place += "/"
	}
	for _, e := range b.tables["events"] {
		if e["kind"] != "restriction" || subjectOf(e["about_id"], e["about"]) != who {
			continue
		}
		day, err := time.Parse(time.DateOnly, e["date"])
		if err != nil {
			continue
		}
		at := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
		before := func(measure string) (sum float64) {
			for k := 1; k <= 3; k++ {
				sum += b.use[who][measure][at.AddDate(0, -k, 0).Format("2006-01")] / 3
			}
			return sum
		}
		for k := range 7 {
			month := at.AddDate(0, k, 0)
			for measure := range b.subs[who] {
				if measure == "egress" {
					continue
				}
				if had := before(measure); had > 0 {
					if now := b.subs[who][measure][month.Format("2006-01")][place]; now >= 0.1*had {
						volume = max(volume, now/had)
					}
				}
			}
			if volume > 0 {
				return max(0, month.Sub(day).Hours()/24), volume
			}
		}
	}
	return math.NaN(), math.NaN()
}
