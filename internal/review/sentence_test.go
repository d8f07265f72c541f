package review

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/resolve"
	"plimsoll/internal/world"
)

// plainBooks are the records of a world as somebody with a spreadsheet would read them: it shares
// no code with the signals, so that a fault of theirs is not made twice.
type plainBooks struct {
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
	"Model Input Tokens": "llm", "Images Analyzed": "vision", "Faces Compared": "face", "GPU Hours": "gpu", "Data Transfer Out": "egress",
}

// subjectOf is how a finding calls the party of an identifier, or of a name without one.
func subjectOf(id, name string) string {
	if id != "" {
		return string(resolve.PartyID(id))
	}
	return name
}

func plainBooksOf(t *testing.T, in records) *plainBooks {
	b := &plainBooks{
		tables: map[string][]map[string]string{}, use: map[string]map[string]map[string]float64{}, terms: map[string]float64{},
		subs: map[string]map[string]map[string]map[string]float64{}, regions: map[string]map[string]map[string]float64{},
		months: map[string]map[string]bool{}, names: map[string][]string{},
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

// window is the most stored in three months in which enough was analysed.
func (b *plainBooks) window(who string) float64 {
	floors := map[string]float64{"speech": 60, "translation": 5e6, "vision": 1e5, "face": 2e4}
	months, stored := b.line(who, "TB")
	best := 0.0
	for i := range months {
		end := min(i+3, len(months))
		for measure, floor := range floors {
			_, v := b.line(who, measure)
			sum := 0.0
			for _, x := range v[i:end] {
				sum += x
			}
			if sum >= floor {
				best = max(best, most(stored[i:end]))
			}
		}
	}
	return best
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

// A reading is how the sentence of a flag is read: each group of the pattern is a number that
// of recomputes, in the same order. NaN is a number that the sentence need not hold.
type reading struct {
	pattern string
	of      func(b *plainBooks, who string, f finding.Finding) []float64
}

// number is a number as sentences write it, with a size where it is one of data.
const number = "([0-9][0-9\u202f]*(?:\\.[0-9]+)?(?: [TPEG]B)?)"

// readings are the flags whose sentences hold numbers that are recomputed.
var readings = map[string]reading{
	"RF-02": {"Of " + number + " engagements that it resells, " + number + " %|no identifier", func(b *plainBooks, who string, f finding.Finding) []float64 {
		all, security := map[string]bool{}, map[string]bool{}
		for _, r := range b.tables["engagements"] {
			if subjectOf(r["reseller_id"], r["reseller"]) == who {
				all[r["engagement_id"]] = true
				if slices.Contains([]string{"police", "prison", "border", "military", "intelligence"}, r["end_user_class"]) {
					security[r["engagement_id"]] = true
				}
			}
		}
		return []float64{float64(len(all)), 100 * float64(len(security)) / float64(len(all))}
	}},
	"RF-07": {"contradicted: " + number + "; independent origins: " + number, func(b *plainBooks, who string, f finding.Finding) []float64 {
		origins, n := map[string]bool{}, 0
		for _, r := range b.tables["claims"] {
			if subjectOf(r["about_id"], r["about"]) == who && r["status"] != "contradicted" {
				origins[r["origin"]] = true
				n++
			}
		}
		return []float64{float64(n), float64(len(origins))}
	}},
	"RF-11": {"bulk storage \\(" + number + "\\).* within " + number + " days.*?(?:provide for " + number + "\\.)?$",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			return []float64{b.window(who), 90, b.terms[who]}
		}},
	"RF-15": {"reached " + number + ", at least " + number + " times .* \\(" + number + "\\)", func(b *plainBooks, who string, f finding.Finding) []float64 {
		_, v := b.line(who, "TB")
		s := slices.Sorted(slices.Values(v))
		return []float64{most(v), s[len(s)-2] / b.terms[who], b.terms[who]}
	}},
	"RF-16": {"In " + number + " of twelve .* reached " + number + ", " + number + " times", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.rising(who), b.peak(who, "TB"), b.growth(who, "TB")}
	}},
	"RF-17": {"^" + number + " hours.*?(?: rise of " + number + " times.*)?\\.$", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "speech"), b.rise(who, "speech")}
	}},
	"RF-18": {"^" + number + " characters", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "translation")}
	}},
	"RF-19": {"^" + number + " pictures", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "face")}
	}},
	"RF-20": {"rose to " + number + " tokens in one month, " + number + " times .* store of " + number, func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "llm"), b.rise(who, "llm"), b.peak(who, "TB")}
	}},
	"RF-23": {"fell by " + number + " % within " + number + " days", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{100 * b.fell(who, f.Sentence), 45}
	}},
	"RF-24": {"^" + number + " sub-accounts .* threshold of " + number + " hours .* reach " + number + " hours", func(b *plainBooks, who string, f finding.Finding) []float64 {
		list := b.split(who, "speech")
		sum := 0.0
		for _, v := range list {
			sum += v
		}
		return []float64{float64(len(list)), world.SpeechHours, sum}
	}},
	"RF-27": {"^" + number + " GPU hours", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "gpu")}
	}},
	"RF-29": {"says that " + number + " of the seven .* out of " + number + " that", func(b *plainBooks, who string, f finding.Finding) []float64 {
		n, known := 0, 0
		for _, r := range b.tables["clauses"] {
			if r["engagement_id"] == f.Subject.ID && !slices.Contains([]string{"no_restriction", "exit_penalty", "secrecy"}, r["clause"]) {
				known++
				if r["present"] == "no" {
					n++
				}
			}
		}
		return []float64{float64(n), float64(known)}
	}},
	"RF-31": {"value to " + number + " times", func(b *plainBooks, who string, f finding.Finding) []float64 {
		var values []float64
		for _, r := range b.tables["engagements"] {
			if r["engagement_id"] == f.Subject.ID {
				v, _ := strconv.ParseFloat(r["value"], 64)
				values = append(values, v)
			}
		}
		return []float64{values[len(values)-1] / values[0]}
	}},
	"RF-34": {"Up to " + number + " hours .*?(?:, " + number + " times the quarter before.*)?$", func(b *plainBooks, who string, f finding.Finding) []float64 {
		quarters := map[string]float64{}
		for _, r := range b.tables["support"] {
			if subjectOf(r["party_id"], r["party_name"]) == who && !slices.Contains([]string{"patching", "incident_response", "cyber_defence"}, r["code"]) {
				v, _ := strconv.ParseFloat(r["hours"], 64)
				quarters[r["quarter"]] += v
			}
		}
		peak, growth, before := 0.0, 0.0, 0.0
		for _, q := range slices.Sorted(maps.Keys(quarters)) { // the world's quarters follow each other
			if quarters[q] > peak {
				peak, growth = quarters[q], quarters[q]/before
			}
			before = quarters[q]
		}
		return []float64{peak, growth}
	}},
	"RF-39": {"decided " + number + " days after|not found|register marks", func(b *plainBooks, who string, f finding.Finding) []float64 {
		for _, r := range b.tables["engagements"] {
			for _, a := range b.tables["approvals"] {
				if r["engagement_id"] == f.Subject.ID && a["engagement_id"] == f.Subject.ID && a["kind"] == "human_rights_review" {
					signed, _ := time.Parse(time.DateOnly, r["signed"])
					decided, _ := time.Parse(time.DateOnly, a["decided"])
					return []float64{decided.Sub(signed).Hours() / 24}
				}
			}
		}
		return []float64{math.NaN()}
	}},
}

// notRecomputed are flags whose numbers are not recomputed here, with the reason.
var notRecomputed = map[string]string{
	"RF-03": "scores and ownership paths have tests and known answers of their own (match, ownership)",
	"RF-10": "the codes are those of the items",
	"RF-21": "the factor is that of the larger of two months; party tests of signal hold it to known answers",
	"RF-25": "likeness has tests of its own (signal)",
}

var (
	quoted    = regexp.MustCompile(`“[^”]*”`)
	dated     = regexp.MustCompile(`\b[0-9]{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) [0-9]{4}\b|\b[0-9]{4}-[0-9]{2}\b`)
	flagNames = regexp.MustCompile(`\bRF-[0-9]{2}\b|\bregion \S+|\bgraded? [A-F][1-6]\b|\(grade [A-F][1-6]\)`)
)

// shown reads a number of a sentence, data in TB, and how far it may be off by its rounding.
func shown(s string) (value, slack float64) {
	unit := 1.0
	for suffix, f := range map[string]float64{" GB": 1e-3, " TB": 1, " PB": 1e3, " EB": 1e6} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			s, unit = rest, f
		}
	}
	s = strings.ReplaceAll(s, "\u202f", "")
	value, _ = strconv.ParseFloat(s, 64)
	slack = 0.5
	if i := strings.IndexByte(s, '.'); i >= 0 {
		slack = 0.5 * math.Pow(10, -float64(len(s)-i-1))
	} else if len(s) < 3 || unit > 1 {
		slack = max(0.005*value, 1e-9) // three figures, of which the last ones were noughts
	}
	return value * unit, slack*unit*1.001 + 1e-9
}

// TestSentences recomputes the numbers in the sentences of two worlds from the files themselves.
func TestSentences(t *testing.T) {
	seen := map[string]int{}
	for _, seed := range []uint64{1, 3} {
		dir := t.TempDir()
		if err := world.Write(t.Context(), dir, world.Options{Seed: seed, Size: "40/600"}); err != nil {
			t.Fatal(err)
		}
		in := readRecords(t, dir)
		found, err := reviewRecords(t, in)
		if err != nil {
			t.Fatal(err)
		}
		books := plainBooksOf(t, in)
		for _, f := range found {
			if f.State != finding.Raised || notRecomputed[f.Flag] != "" {
				continue
			}
			if n, err := books.check(f); err != nil {
				t.Errorf("seed %d: %s about %s: %v\n%s", seed, f.Flag, f.Subject.Name, err, f.Sentence)
			} else {
				seen[f.Flag] += n
			}
		}
	}
	for _, flag := range []string{"RF-11", "RF-15", "RF-16", "RF-17", "RF-18", "RF-19", "RF-24", "RF-29", "RF-31", "RF-34"} {
		if seen[flag] == 0 {
			t.Errorf("%s: no number was recomputed", flag)
		}
	}
}

// check compares the numbers of a sentence with the books, and returns how many there were.
func (b *plainBooks) check(f finding.Finding) (int, error) {
	text := dated.ReplaceAllString(flagNames.ReplaceAllString(quoted.ReplaceAllString(f.Sentence, ""), ""), "")
	for _, name := range slices.Concat([]string{f.Subject.Name}, f.Accounts, f.Engagement) {
		text = strings.ReplaceAll(text, name, "")
	}
	who := f.Subject.ID
	if f.Subject.Kind == "party" && b.use[who] == nil {
		if b.use[f.Subject.Name] != nil {
			who = f.Subject.Name
		}
	}
	n := 0
	rest := text
	r, ok := readings[f.Flag]
	if ok {
		at := regexp.MustCompile(r.pattern).FindStringSubmatchIndex(text)
		if at == nil {
			return 0, fmt.Errorf("the sentence has another form than the test knows: %s", r.pattern)
		}
		for i, w := range r.of(b, who, f) {
			from, to := at[2*i+2], at[2*i+3]
			if from < 0 {
				continue
			}
			if math.IsNaN(w) {
				return 0, fmt.Errorf("%s is not found in the files", text[from:to])
			}
			got, slack := shown(text[from:to])
			if math.Abs(got-w) > slack {
				return 0, fmt.Errorf("%s is written, %g is what the files give", text[from:to], w)
			}
			rest = strings.Replace(rest, text[from:to], "", 1)
			n++
		}
	}
	// Limits of the pack that a sentence repeats.
	if f.Flag == "RF-06" {
		rest = strings.Replace(rest, fmt.Sprintf("within %d days", world.HandoverDays), "", 1)
	}
	if m := regexp.MustCompile(`[0-9][0-9.,\x{202f}]*`).FindString(rest); m != "" {
		return 0, fmt.Errorf("the number %s is not recomputed", m)
	}
	return n, nil
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
