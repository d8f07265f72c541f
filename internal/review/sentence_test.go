package review

import (
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
	"plimsoll/internal/world"
)

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
	"RF-02": {"Of " + number + " engagements that it resells, " + number + " %|no identifier",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			all, security := map[string]bool{}, map[string]bool{}
			for _, r := range b.tables["engagements"] {
				if subjectOf(r["reseller_id"], r["reseller"]) == who {
					all[r["engagement_id"]] = true
					if slices.Contains([]string{"police", "prison", "border", "military", "intelligence"},
						r["end_user_class"]) {
						security[r["engagement_id"]] = true
					}
				}
			}
			return []float64{float64(len(all)), 100 * float64(len(security)) / float64(len(all))}
		}},
	"RF-03": {"^(?:.*? hold (?:between )?" + number + " %(?: and " + number + " %)? of it)?(?:.*?, " + number +
		" steps? long)?(?:.*?\\(score " + number +
		"(?:, grade [A-Z]" + number + ")?\\))?",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			want, err := b.owners.check(f)
			if err != nil {
				b.t.Errorf("%s about %s: %v", f.Flag, f.Subject.Name, err)
			}
			return want
		}},
	"RF-07": {"contradicted: " + number + "; independent origins: " + number, func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		origins, n := map[string]bool{}, 0
		for _, r := range b.tables["claims"] {
			if subjectOf(r["about_id"], r["about"]) == who && r["status"] != "contradicted" {
				origins[r["origin"]] = true
				n++
			}
		}
		return []float64{float64(n), float64(len(origins))}
	}},
	"RF-11": {"bulk storage \\(" + number + " on average, " + number + " in the largest month\\).* within " + number +
		" days.*?(?:provide for " + number + "\\.)?$",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			mean, largest := b.window(who)
			return []float64{mean, largest, 90, b.terms[who]}
		}},
	"RF-15": {"reached " + number + ", at least " + number + " times .* \\(" + number + "\\)",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			_, v := b.line(who, "TB")
			s := slices.Sorted(slices.Values(v))
			return []float64{most(v), s[len(s)-2] / b.terms[who], b.terms[who]}
		}},
	"RF-16": {"In " + number + " of twelve .* reached " + number + ", " + number + " times",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			return []float64{b.rising(who), b.peak(who, "TB"), b.growth(who, "TB")}
		}},
	"RF-17": {"^" + number + " hours.*?(?: rise of " + number + " times.*)?\\.$", func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		return []float64{b.peak(who, "speech"), b.rise(who, "speech")}
	}},
	"RF-18": {"^" + number + " characters", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "translation")}
	}},
	"RF-19": {"^" + number + " pictures", func(b *plainBooks, who string, f finding.Finding) []float64 {
		return []float64{b.peak(who, "face")}
	}},
	"RF-20": {"rose to " + number + " tokens in one month, " + number + " times .* store of " + number,
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			return []float64{b.peak(who, "llm"), b.rise(who, "llm"), b.peak(who, "TB")}
		}},
	"RF-21": {"Within " + number + " days of an event .* to " + number + " times its earlier level",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			return []float64{30, b.surged(who, f.Sentence)}
		}},
	"RF-25": {"Within " + number + " days of a restriction, what .* at " + number + " %",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			days, volume := b.returned(who, f.Sentence)
			return []float64{days, 100 * volume}
		}},
	"RF-23": {"fell by " + number + " % within " + number + " days", func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		return []float64{100 * b.fell(who, f.Sentence), 45}
	}},
	"RF-24": {"^" + number + " sub-accounts .* threshold of " + number + " hours .* reach " + number + " hours",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
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
	"RF-47": {"concern this engagement: " + number + "; past their day with nothing on file: " + number,
		func(b *plainBooks, _ string, f finding.Finding) []float64 {
			answered := map[string]bool{}
			for _, r := range b.tables["answers"] {
				answered[r["demand_id"]] = true
			}
			concern, overdue := 0.0, 0.0
			for _, r := range b.tables["demands"] {
				if r["about"] != f.Subject.ID {
					continue
				}
				concern++
				if !answered[r["demand_id"]] && r["due"] != "" && r["due"] < world.Today {
					overdue++
				}
			}
			return []float64{concern, overdue}
		}},
	"RF-44": {"under it: " + number + ", which is " + number + " times", func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		var licence map[string]string
		for _, r := range b.tables["engagements"] {
			if r["engagement_id"] == f.Subject.ID {
				licence = r
			}
		}
		allowed, _ := strconv.ParseFloat(licence["quantity"], 64)
		var orders, deliveries float64
		for _, r := range b.tables["engagements"] {
			if r["kind"] == "licence" || r["buyer_id"] != licence["buyer_id"] ||
				r["item_code"] != licence["item_code"] {
				continue
			}
			q, _ := strconv.ParseFloat(r["quantity"], 64)
			if r["kind"] == "delivery" {
				deliveries += q
			} else {
				orders += q
			}
		}
		return []float64{max(orders, deliveries), max(orders, deliveries) / allowed}
	}},
	"RF-45": {"signed " + number + " days after", func(b *plainBooks, who string, f finding.Finding) []float64 {
		best := math.NaN()
		for _, r := range b.tables["engagements"] {
			if r["engagement_id"] != f.Subject.ID {
				continue
			}
			signed, _ := time.Parse(time.DateOnly, r["signed"])
			for _, e := range b.tables["events"] {
				day, err := time.Parse(time.DateOnly, e["date"])
				if err != nil || e["kind"] != "restriction" || e["about_id"] != r["buyer_id"] &&
					e["about_id"] != r["end_user_id"] || day.After(signed) {
					continue
				}
				if n := signed.Sub(day).Hours() / 24; math.IsNaN(best) || n < best {
					best = n
				}
			}
		}
		return []float64{best}
	}},
	"RF-29": {"says that " + number + " of the seven .* out of " + number + " that", func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		n, known := 0, 0
		for _, r := range b.tables["clauses"] {
			if r["engagement_id"] == f.Subject.ID && !slices.Contains([]string{"no_restriction", "exit_penalty",
				"secrecy"}, r["clause"]) {
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
	"RF-34": {"Up to " + number + " hours .*?(?:, " + number + " times the quarter before.*)?$",
		func(b *plainBooks, who string, f finding.Finding) []float64 {
			quarters := map[string]float64{}
			for _, r := range b.tables["support"] {
				if subjectOf(r["party_id"], r["party_name"]) == who &&
					!slices.Contains([]string{"patching", "incident_response", "cyber_defence"}, r["code"]) {
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
	"RF-39": {"decided " + number + " days after|not found|register marks", func(b *plainBooks, who string,
		f finding.Finding) []float64 {
		for _, r := range b.tables["engagements"] {
			for _, a := range b.tables["approvals"] {
				if r["engagement_id"] == f.Subject.ID && a["engagement_id"] == f.Subject.ID &&
					a["kind"] == "human_rights_review" {
					signed, _ := time.Parse(time.DateOnly, r["signed"])
					decided, _ := time.Parse(time.DateOnly, a["decided"])
					return []float64{decided.Sub(signed).Hours() / 24}
				}
			}
		}
		return []float64{math.NaN()}
	}},
}

var (
	quoted = regexp.MustCompile(`“[^”]*”`)
	dated  = regexp.MustCompile(
		`\b[0-9]{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) [0-9]{4}\b|\b[0-9]{4}-[0-9]{2}\b`)
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
	seen, raised, open := map[string]int{}, map[string]bool{}, 0
	for _, seed := range []uint64{1, 3} {
		dir := t.TempDir()
		if err := world.Write(t.Context(), dir, world.Options{Seed: seed, Size: "40/600"}); err != nil {
			t.Fatal(err)
		}
		in := readRecords(t, dir)
		got, err := reviewRecords(t, in, today(t))
		if err != nil {
			t.Fatal(err)
		}
		books := plainBooksOf(t, in)
		books.owners = plainOwnersOf(t, in)
		for _, f := range got.found {
			if f.State != finding.Raised {
				n, err := books.checkOpen(f)
				if err != nil {
					t.Errorf("seed %d: %s about %s: %v\n%s", seed, f.Flag, f.Subject.Name, err, f.Sentence)
				}
				open += n
				continue
			}
			raised[f.Flag] = true
			if n, err := books.check(f); err != nil {
				t.Errorf("seed %d: %s about %s: %v\n%s", seed, f.Flag, f.Subject.Name, err, f.Sentence)
			} else {
				seen[f.Flag] += n
			}
		}
	}
	if open == 0 {
		t.Error("no number of what is not computable was recomputed")
	}
	// Flags whose sentences hold numbers of the records, in these worlds.
	for _, flag := range append(slices.Sorted(maps.Keys(readings)), "RF-10") {
		if raised[flag] && seen[flag] == 0 {
			t.Errorf("%s: no number was recomputed", flag)
		}
		if !raised[flag] {
			t.Errorf("%s: neither world raises it", flag)
		}
	}
}

// check compares the numbers of a sentence with the books, and returns how many there were.
func (b *plainBooks) check(f finding.Finding) (int, error) {
	sentence, err := b.supposed(f.Sentence)
	if err != nil {
		return 0, err
	}
	if err := b.masked(f, sentence); err != nil {
		return 0, err
	}
	text := dated.ReplaceAllString(flagNames.ReplaceAllString(quoted.ReplaceAllString(sentence, ""), ""), "")
	for _, name := range slices.Concat([]string{f.Subject.Name}, f.Accounts, f.Engagement) {
		text = strings.ReplaceAll(text, name, "")
	}
	for _, r := range b.tables["instruments"] {
		text = strings.ReplaceAll(text, r["title"], "")
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
	if f.Flag == "RF-10" { // the codes are those of the items
		for _, r := range b.tables["engagements"] {
			if r["engagement_id"] == f.Subject.ID && r["item_code"] != "" {
				n += strings.Count(rest, r["item_code"])
				rest = strings.ReplaceAll(rest, r["item_code"], "")
			}
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

var (
	ifPlaces = regexp.MustCompile(`^If (.+?) \(in/(\S+) row ([0-9]+)\) is the (.+?) of in/(\S+) row ([0-9]+): `)
	gradeOf  = regexp.MustCompile(`\bgraded? ([A-F][1-6])\b`)
	regionOf = regexp.MustCompile(`\bregion (\S+)`)
)

// supposed holds the rows that a sentence names of parties that may be one against the files, and returns the sentence
// without them.
func (b *plainBooks) supposed(sentence string) (string, error) {
	m := ifPlaces.FindStringSubmatch(sentence)
	if m == nil {
		return sentence, nil
	}
	for _, x := range [][3]string{{m[1], m[2], m[3]}, {m[4], m[5], m[6]}} {
		row, err := strconv.Atoi(x[2])
		lines := strings.Split(b.files[x[1]], "\n")
		if err != nil || row > len(lines) || !strings.Contains(lines[row-1], x[0]) {
			return "", fmt.Errorf("row %s of %s does not name %s", x[2], x[1], x[0])
		}
	}
	return sentence[len(m[0]):], nil
}

// masked holds what a sentence quotes, dates, grades and regions against the files: they are no numbers, but they must
// stand there.
func (b *plainBooks) masked(f finding.Finding, sentence string) error {
	for _, q := range quoted.FindAllString(sentence, -1) {
		if words := strings.TrimSuffix(strings.Trim(q, "“”"), "…"); !b.holds(words) {
			return fmt.Errorf("%q stands in no file", words)
		}
	}
	rest := quoted.ReplaceAllString(sentence, "")
	for _, d := range dated.FindAllString(rest, -1) {
		iso, day := d, time.Time{}
		if t, err := time.Parse("2 January 2006", d); err == nil {
			iso, day = t.Format(time.DateOnly), t
		}
		month := iso[:len("2006-01")]
		gap := f.Flag == "RF-40" && !b.months[f.Subject.ID][month] && !b.months[f.Subject.Name][month]
		if !b.holds(iso) && !gap && (day.IsZero() || day.Day() != 1 || !b.holds(month)) {
			return fmt.Errorf("the date %s stands in no file", d)
		}
	}
	for _, m := range gradeOf.FindAllStringSubmatch(rest, -1) {
		if !slices.ContainsFunc(b.tables["claims"], func(r map[string]string) bool { return r["grade"] == m[1] }) {
			return fmt.Errorf("no claim has the grade %s", m[1])
		}
	}
	for _, m := range regionOf.FindAllStringSubmatch(rest, -1) {
		region := strings.TrimRight(m[1], ".,;")
		known := func(r map[string]string) bool { return r["RegionId"] == region || r["region"] == region }
		if !slices.ContainsFunc(b.tables["usage"], known) && !slices.ContainsFunc(b.tables["events"], known) {
			return fmt.Errorf("no charge and no event is of the region %s", region)
		}
	}
	return nil
}

// holds reports whether a text stands in some file.
func (b *plainBooks) holds(text string) bool {
	for _, t := range b.files {
		if strings.Contains(t, text) || strings.Contains(t, strings.ReplaceAll(text, `"`, `""`)) {
			return true
		}
	}
	return false
}
