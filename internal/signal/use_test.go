package signal

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// lineOf makes a line from consecutive months; NaN is a month without any bill.
func lineOf(values ...float64) line {
	u := newUse()
	of := map[month]float64{}
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		u.months = append(u.months, month(24000+i))
		of[month(24000+i)] = v
	}
	return u.line(of)
}

func TestLine(t *testing.T) {
	gap := math.NaN()
	for _, tt := range []struct {
		name                       string
		values                     []float64
		mads, growth, rise         float64
		knowMads, knowGrow, knowUp bool
	}{
		{"nothing", nil, 0, 0, 0, false, false, false},
		{"never used", []float64{0, 0, 0, 0, 0}, 0, 0, 0, false, false, false},
		{"two months", []float64{10, 20}, 0, 0, 0, false, false, false},
		{"three earlier months", []float64{10, 10, 10, 40}, 60, 4, 4, true, true, true},
		{"months before the first use do not count", []float64{0, 0, 0, 10, 10, 40}, 0, 0, 0, false, false, false},
		{"flat", []float64{10, 10, 10, 10, 10}, 0, 1, 1, true, true, true},
		{"falling", []float64{100, 50, 40, 30}, 0, 0.6, 0.75, true, true, true},
		{"spread wider than the floor", []float64{10, 20, 30, 60}, 4, 3, 6, true, true, true},
		{"a gap is no zero", []float64{10, 10, gap, 10, 40}, 60, 4, 4, true, true, true},
		{"six calendar months", []float64{1, 10, 10, 10, 10, 10, 10, 40}, 60, 4, 4, true, true, true},
		{"spread over twelve calendar months only", []float64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 20},
			20, 2, 2, true, true, true},
	} {
		l := lineOf(tt.values...)
		for _, c := range []struct {
			name string
			of   func(line) (float64, bool)
			want float64
			know bool
		}{{"mads", line.mads, tt.mads, tt.knowMads}, {"growth", line.growth, tt.growth, tt.knowGrow},
			{"rise", line.rise, tt.rise, tt.knowUp}} {
			got, know := c.of(l)
			if know != c.know || math.Abs(got-c.want) > 1e-9 {
				t.Errorf("%s: %s = %v, %v; want %v, %v", tt.name, c.name, got, know, c.want, c.know)
			}
		}
	}
}

// TestWindows: each window is judged by what lies in its own three months.
func TestWindows(t *testing.T) {
	u := newUse()
	put := func(class, measure string, m month, v float64) {
		add(u.measure, measure, m, v)
		add(u.class, class, m, v)
		if u.used[class] == nil {
			u.used[class] = map[month]bool{}
		}
		u.used[class][m] = true
	}
	for m := month(24100); m < 24112; m++ {
		u.months = append(u.months, m)
	}
	put("bulk_storage", storageTB, 24100, 500)
	put("speech", speech, 24103, 5) // the fourth month: not within 90 days
	if got := u.windows(); len(got) != 0 {
		t.Errorf("windows = %v", got)
	}
	if got := u.classes(); !cmp.Equal(got, []string{"bulk_storage"}) {
		t.Errorf("classes = %v", got)
	}
	put("translation", chars, 24105, 7)
	put("bulk_storage", storageTB, 24106, 20)
	put("bulk_storage", storageTB, 24107, 30)
	put("speech", speech, 24107, 5)
	put("speech", speech, 24105, 2)
	if got := u.classes(); !cmp.Equal(got, []string{"bulk_storage", "speech", "translation"}) {
		t.Errorf("classes = %v", got)
	}
	want := []map[string]any{ // the largest month first, then most in all days, then the earliest
		window("2008-10-01", 30, float64(20*30+30*31)/92, 7, 7), window("2008-11-01", 30, float64(20*30+30*31)/92, 5,
			0),
		window("2008-12-01", 30, float64(30*31)/90, 5, 0), window("2008-09-01", 20, float64(20*30)/91, 2, 7),
	}
	if diff := cmp.Diff(want, u.windows(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	// What is not known of speech in one month is open in the windows that hold it, and in no other.
	u.note(Gap{Reason: UnitUnknown}, "speech", nil, 24109, true)
	for _, w := range u.windows() {
		_, open := w["speech_hours"].(AtLeast)
		if _, other := w["translation_chars"].(AtLeast); open != (w["from"] == "2008-12-01") || other {
			t.Errorf("window = %v", w)
		}
	}
}

// TestWindowMean: what is stored on the average day of a window does not depend on how long its months are.
func TestWindowMean(t *testing.T) {
	const january = month(2031 * 12)
	kept := func(months int) *use { // the same amount of TB·hours in each month
		u := newUse()
		for m := january; m < january+month(months); m++ {
			u.months = append(u.months, m)
			add(u.measure, storageTB, m, 730*200/m.hours())
			add(u.class, "speech", m, 40)
		}
		return u
	}
	whole := kept(12)
	undated := kept(3)
	undated.note(Gap{Reason: UnitUnknown}, "bulk_storage", nil, noMonth, true)
	late := kept(2)
	for _, tt := range []struct {
		name          string
		use           *use
		from          string
		largest, mean any
	}{
		{"february is short", whole, "2031-01-01", 730 * 200 / 672., 730 * 200 * 3 / (90 * 24.)},
		{"the records end", late, "2031-01-01", 730 * 200 / 672., 730 * 200 * 2 / (59 * 24.)},
		{"a charge without a date", undated, "2031-01-01", AtLeast(730 * 200 / 672.),
			AtLeast(730 * 200 * 3 / (90 * 24.))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.use.windows()[0]
			if w["from"] != tt.from || w["storage_tb"] != tt.largest || !cmp.Equal(w["storage_mean_tb"], tt.mean,
				cmpopts.EquateApprox(0, 1e-9)) {
				t.Errorf("window = %v, want from %s, %v, on average %v", w, tt.from, tt.largest, tt.mean)
			}
		})
	}
}

func window(from string, largest, mean, hours, characters float64) map[string]any {
	return map[string]any{"from": from, "storage_tb": largest, "storage_mean_tb": mean, "speech_hours": hours,
		"translation_chars": characters,
		"vision_images":     0.0, "face_images": 0.0, "text_records": 0.0, "llm_tokens": 0.0, "gpu_hours": 0.0}
}

func TestWhatIsUse(t *testing.T) {
	w := world{
		records: []record.Record{account("A1", "", "Army", "")},
		bills: []bill{
			{account: "A1", month: "2031-01", service: "Object Store", quantity: "10.000000000001"},
			{account: "A1", month: "2031-01", service: "Object Store", quantity: "-2.5"}, // a correction
			{account: "A1", month: "2031-01", service: "Object Store", quantity: 100, charge: "Tax"},
			{account: "A1", month: "2031-01", service: "Object Store", quantity: 100, charge: "Credit"},
			{account: "A1", month: "2031-01", service: "Object Store", quantity: 100, unused: true},
			// GB-hours: 672 hours in February 2031
			{account: "A1", month: "2031-02", service: "Block Store", quantity: 672000},
			{account: "A1", month: "2031-02", service: "Mail", quantity: 1},
			{account: "A1", month: "2031-03", service: "Dictate", quantity: nil},
			{account: "A1", month: "2031-03", service: "Translate", quantity: -5}, // credited in full
		},
	}
	f := facts(t, w.open(t), OfParty)["Army"]
	for _, tt := range []struct {
		signal string
		want   any
	}{
		{"usage.months", int64(3)},
		{"usage.storage_tb_peak", 7.500000000001},
		{"usage.combination", []string{"bulk_storage", "speech"}},
		{"usage.speech_hours_peak", 0.0}, // used, and nothing says how much: at least nothing
		{"usage.translation_chars_peak", 0.0},
		{"party.capabilities", []string{"bulk_storage", "speech"}},
	} {
		if got := f.Values[tt.signal]; !cmp.Equal(got, tt.want) {
			t.Errorf("%s = %v, want %v", tt.signal, got, tt.want)
		}
	}
	if g := gapOf(f, "usage.speech_hours_peak", "usage.ConsumedQuantity"); g == nil || g.Reason != CellEmpty ||
		g.Rows != 1 {
		t.Errorf("gaps of speech = %+v", f.Gaps["usage.speech_hours_peak"])
	}
	if _, bounded := f.Most["usage.speech_hours_peak"]; bounded {
		t.Error("speech of which nothing says how much has a bound")
	}
	if got := f.Series[0].Values; !cmp.Equal(got, []float64{7.500000000001, 1, 0}) {
		t.Errorf("storage by month = %v", got)
	}
}

func TestAccountDatesAndSubAccounts(t *testing.T) {
	old := account("A1", "", "Army", "")
	old.Until = date("2031-03-01")
	next := account("A1", "", "Hospital", "")
	next.Since = date("2031-03-01")
	own := account("A1", "lab", "City Library", "")
	w := world{
		records: []record.Record{old, next, own},
		bills: join(
			usage("A1", "x", "", "Dictate", "2031-01-01", 1, 2, 30, 40),
			usage("A1", "lab", "", "Dictate", "2031-01-01", 500),
			usage("A7", "y", "", "Dictate", "2031-02-01", 7),
		),
	}
	b := w.open(t)
	f := facts(t, b, OfParty)
	for party, want := range map[string]float64{"Army": 2, "Hospital": 40, "City Library": 500} {
		if got := f[party].Values["usage.speech_hours_peak"]; got != want {
			t.Errorf("speech of %s = %v, want %v", party, got, want)
		}
	}
	un, err := b.Unmapped(t.Context())
	if err != nil || len(un) != 1 || un[0].Account != "A7" || un[0].Charges != 1 || math.Abs(un[0].Cost-1./6) > 1e-12 {
		t.Errorf("unmapped = %v, %v", un, err)
	}
	c, err := b.Coverage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Accounts != 3 || c.AccountsMapped != 2 || c.Charges != 6 || c.Months != 4 || c.FirstMonth != "2031-01" ||
		math.Abs(c.CostMapped-5./6) > 1e-12 {
		t.Errorf("coverage = %+v", c)
	}
}

func TestCoverage(t *testing.T) {
	known := deal("K-1", "Army", "", "Storage", "75.50")
	known.Buyer.Identifiers = []party.Identifier{{Scheme: "VAT", ID: "1"}}
	w := world{
		records: []record.Record{
			known, deal("K-2", "", "", "Chairs", "24.50"), deal("K-2", "", "", "Chairs", "24.5"),
			&record.Account{AccountID: "A1", Party: ref("Army")},
		},
		bills: join(usage("A1", "", "", "Mail", "2031-01-01", 1, -1, -1, 1)),
	}
	c, err := w.open(t).Coverage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Value) != 1 || c.Value[0].Total != "100" || math.Abs(c.Value[0].Tied-0.755) > 1e-12 ||
		c.Value[0].Identified != c.Value[0].Tied {
		t.Errorf("value = %+v", c.Value)
	}
	if !cmp.Equal(c.Gaps, []string{"2031-02", "2031-03"}) || c.Records["engagements"] != 3 {
		t.Errorf("coverage = %+v", c)
	}
}

func TestCommitted(t *testing.T) {
	w := world{
		records: []record.Record{account("A1", "", "Army", "")},
		bills:   usage("A1", "", "north", "Object Store", "2031-01-01", 10, 10, 50, 60, 70),
	}
	for i, c := range []struct{ start, end, quantity, unit string }{
		{"2031-01-01", "2031-02-28", "20000", "GB"}, {"2031-03-01", "2031-04-30", "0.1", "PB"},
	} {
		d := deal([]string{"K-1", "K-2"}[i], "Army", "Army", "Storage", "1")
		d.Start, d.End = date(c.start), date(c.end)
		d.Items[0].Quantity, d.Items[0].Unit = record.Decimal(c.quantity), c.unit
		w.records = append(w.records, d)
	}
	f := facts(t, w.open(t), OfParty)["Army"]
	// 0.5, 0.5, 0.5, 0.6 and, past the end of both, 0.7 of the last.
	if f.Values["usage.committed_tb"] != 100.0 || f.Values["usage.storage_over_2m"] != 0.6 {
		t.Errorf("committed %v, over %v", f.Values["usage.committed_tb"], f.Values["usage.storage_over_2m"])
	}
}

func TestReappears(t *testing.T) {
	w := world{
		records: []record.Record{
			account("A1", "", "Ministry of Home Affairs", unit),
			account("A2", "", "Bright Resale Ltd", ""),
			account("A3", "", "City Library", ""),
			account("A4", "", "Hospital", ""),
			&record.Event{ID: "R1", Kind: "restriction", Date: date("2031-06-15"), About: ref(unit)},
		},
		bills: join(
			usage("A1", "", "north", "Object Store", "2031-01-01", 1000, 1000, 1000, 1000, 1000, 500),
			usage("A1", "", "north", "Dictate", "2031-01-01", 200, 200, 200, 200, 200, 100),
			// back through a reseller, two months later, at eight tenths
			usage("A2", "", "south", "Object Store", "2031-08-01", 800, 800, 800),
			usage("A2", "", "south", "Dictate", "2031-08-01", 160, 160, 160),
			// a customer who has always used the same
			usage("A3", "", "north", "Object Store", "2031-01-01", 900, 900, 900, 900, 900, 900, 900, 900, 900),
			usage("A3", "", "north", "Dictate", "2031-01-01", 190, 190, 190, 190, 190, 190, 190, 190, 190),
			// one that begins, with another mix
			usage("A4", "", "north", "Dictate", "2031-08-01", 150, 150, 150),
		),
	}
	w.records[1].(*record.Account).Reseller = ref("Bright Resale Ltd")
	w.records[1].(*record.Account).Party = ref("Ministry of Home Affairs")
	got := facts(t, w.open(t), OfParty)[unit].Values["usage.reappears"].([]map[string]any)
	if len(got) == 0 {
		t.Fatal("nothing reappears")
	}
	first := got[0]
	if first["via"] != "reseller" || first["account"] != "A2" || math.Abs(first["cosine"].(float64)-1) > 1e-9 ||
		math.Abs(first["volume"].(float64)-0.8) > 1e-9 || first["days"] != 47.0 || !cmp.Equal(first["shared"],
		[]string{"account holder", "parent body"}) {
		t.Errorf("reappears = %v", first)
	}
	for _, x := range got {
		if x["account"] == "A3" {
			t.Errorf("a steady customer reappears: %v", x)
		}
		if x["account"] == "A4" && x["cosine"].(float64) > 0.9 {
			t.Errorf("another mix is similar: %v", x)
		}
	}
}

func TestReappearsInAnotherRegion(t *testing.T) {
	w := world{
		records: []record.Record{
			account("A1", "", "Army", ""),
			&record.Event{ID: "R1", Kind: "restriction", Date: date("2031-06-01"), About: ref("Army")},
		},
		bills: join(
			usage("A1", "", "north", "Object Store", "2031-01-01", 100, 100, 100, 100, 100),
			usage("A1", "", "south", "Object Store", "2031-07-01", 90, 90),
		),
	}
	got := facts(t, w.open(t), OfParty)["Army"].Values["usage.reappears"].([]map[string]any)
	if len(got) != 1 || got[0]["via"] != "region" || got[0]["region"] != "south" || got[0]["volume"] != 0.9 ||
		got[0]["days"] != 30.0 {
		t.Errorf("reappears = %v", got)
	}
}

// TestReappearsAfterChargesOfNothing: a bill with lines of quantity 0 before the restriction is no use of the account
// or region.
func TestReappearsAfterChargesOfNothing(t *testing.T) {
	w := world{
		records: []record.Record{
			account("A1", "", "Army", ""), account("A2", "", "Broker", "Army"),
			&record.Event{ID: "R1", Kind: "restriction", Date: date("2031-06-01"), About: ref("Army")},
		},
		bills: join(
			usage("A1", "", "north", "Dictate", "2031-01-01", 100, 100, 100, 100, 100, 0, 0, 0),
			usage("A1", "", "south", "Dictate", "2031-01-01", 0, 0, 0, 0, 0, 80, 80, 80),
			usage("A2", "", "north", "Dictate", "2031-01-01", 0, 0, 0, 0, 0, 0, 90, 90),
		),
	}
	back := map[any]any{}
	for _, x := range facts(t, w.open(t), OfParty)["Army"].Values["usage.reappears"].([]map[string]any) {
		back[x["via"]] = x["volume"]
	}
	if want := (map[any]any{"account": 0.9, "region": 0.8}); !cmp.Equal(back, want) {
		t.Errorf("reappears = %v, want %v", back, want)
	}
}

func TestLeaving(t *testing.T) {
	w := world{
		records: []record.Record{
			account("A1", "", "Army", ""), account("A2", "", "City Library", ""),
			&record.Event{ID: "P1", Kind: "publication", Date: date("2031-04-20"), About: ref("Army")},
			&record.Event{ID: "V1", Kind: "migration", Date: date("2031-04-20")},
		},
		bills: join(
			usage("A1", "", "north", "Object Store", "2031-01-01", 100, 100, 100, 100),
			usage("A2", "", "north", "Object Store", "2031-01-01", 100, 100, 100, 100, 20, 20),
		),
	}
	f := facts(t, w.open(t), OfParty)
	got := f["Army"].Values["usage.relocations"].([]map[string]any)
	if len(got) != 1 || got[0]["fall"] != 1.0 || got[0]["date"] != "2031-05-01" || got[0]["days"] != 11.0 ||
		got[0]["trigger"] != "publication" {
		t.Errorf("relocations of a party whose bills end = %v", got)
	}
	if got := f["City Library"].Values["usage.relocations"].([]map[string]any); len(got) != 0 {
		t.Errorf("relocations without a trigger = %v", got)
	}
}

func TestAmount(t *testing.T) {
	for _, tt := range []struct {
		x    float64
		unit string
		want string
	}{{11400, "TB", "11.4 PB"}, {400, "TB", "400 TB"}, {0.5, "TB", "500 GB"}, {24000, "hours", "24,000 hours"},
		{-1234567.8, "", "-1,234,568"}, {0, "TB", "0 TB"}} {
		if got := volume(tt.x, tt.unit); got != tt.want {
			t.Errorf("volume(%v, %q) = %q, want %q", tt.x, tt.unit, got, tt.want)
		}
	}
}
