package signal

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
)

// useOf is the use of one class over consecutive months from January 2031 on; NaN is a month without any bill.
func useOf(class, measure string, values ...float64) *use {
	u := newUse()
	first := monthOf(date("2031-01-01").Time)
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		m := first + month(i)
		u.months = append(u.months, m)
		add(u.measure, measure, m, v)
		add(u.class, class, m, v)
	}
	return u
}

func on(day string) time.Time { return date(day).Time }

// TestSurgeDays: a change of level counts near an event, and nowhere else. Bills have no finer grain than the month.
func TestSurgeDays(t *testing.T) {
	run := &Run{}
	u := useOf("speech", speech, 10, 10, 10, 10, 50, 200, 10) // from May on
	for _, tt := range []struct {
		name, day string
		kind      string
		about     int32
		want      []float64 // days and factor, nil: no surge
	}{
		{"in the month", "2031-05-12", "conflict", -1, []float64{0, 20}},
		{"31 days before it", "2031-03-31", "conflict", -1, []float64{31, 5}},
		{"32 days before it", "2031-03-30", "conflict", -1, nil},
		// June, within 31 days too, stood higher
		{"31 days after it", "2031-07-01", "crackdown", -1, []float64{31, 20}},
		{"32 days after it", "2031-07-02", "crackdown", -1, nil},
		{"a month after its last day", "2031-06-30", "emergency", -1, []float64{30, 20}},
		{"about the party", "2031-05-12", "conflict", 3, []float64{0, 20}},
		{"about another", "2031-05-12", "conflict", 4, nil},
		{"no crisis", "2031-05-12", "publication", -1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &surroundings{events: []event{{id: "V", kind: tt.kind, day: on(tt.day), about: tt.about}}}
			got := run.surges(3, u, c)
			if tt.want == nil {
				if len(got) != 0 {
					t.Errorf("surges = %v", got)
				}
				return
			}
			if len(got) != 1 || got[0]["days"] != tt.want[0] || got[0]["factor"] != tt.want[1] ||
				got[0]["date"] != "2031-05-01" ||
				got[0]["event_date"] != tt.day {
				t.Errorf("surges = %v, want days and factor %v", got, tt.want)
			}
		})
	}
}

// TestRelocationBaseline: a fall is measured against the larger of the month of the trigger and the month before it.
func TestRelocationBaseline(t *testing.T) {
	run := &Run{}
	triggers := []trigger{{id: "P", kind: "publication", day: on("2031-04-20")}}
	for _, tt := range []struct {
		name   string
		values []float64 // January to June
		want   []any     // date and fall of each movement
	}{
		{"nothing moves", []float64{100, 100, 100, 100, 100, 100}, nil},
		{"falls from the month of the trigger", []float64{100, 100, 100, 200, 50, 50}, []any{"2031-05-01", 0.75,
			"2031-06-01", 0.75}},
		{"falls in the month of the trigger, from the month before", []float64{100, 100, 200, 50, 50, 50},
			[]any{"2031-04-01", 0.75, "2031-05-01", 0.75, "2031-06-01", 0.75}},
		{"under a tenth", []float64{100, 100, 100, 100, 95, 95}, nil},
		{"stored only from the month of the trigger on", []float64{0, 0, 0, 80, 20, 20}, []any{"2031-05-01", 0.75,
			"2031-06-01", 0.75}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := useOf("bulk_storage", storageTB, tt.values...)
			u.region["north"] = u.measure[storageTB]
			var got []any
			moved, _ := run.relocations(u, triggers)
			for _, m := range moved {
				got = append(got, m["date"], m["fall"])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("falls (-want +got):\n%s", diff)
			}
		})
	}
	late := useOf("bulk_storage", storageTB, 100, 100, 100, 100, 100, 100, 10)
	late.region["north"] = late.measure[storageTB]
	if got, _ := run.relocations(late, triggers); len(got) != 0 {
		t.Errorf("a fall more than %d days after: %v", soonDays, got)
	}
}

// TestTriggers: weak claims are none, nor are events about others or of other kinds. A claim of which
// nothing says whether it is weak is none either, and its doubt is said.
func TestTriggers(t *testing.T) {
	run := world{declare: map[string]record.Columns{"claims": {}}}.open(t)
	run.parents = map[int32][]int32{0: {7}}
	for _, tt := range []struct {
		name          string
		grade, status string
		about         int32
		undated       bool
		want          bool
		doubt         string // the column that leaves it open
	}{
		{"a good claim", "B2", "", 0, false, true, ""},
		{"about the body above", "B2", "", 7, false, true, ""},
		{"about another", "B2", "", 8, false, false, ""},
		{"no grade", "", "", 0, false, false, "claims.grade"},
		{"a grade that is no grade", "excellent", "", 0, false, false, "claims.grade"},
		{"no grade, but withdrawn", "", "withdrawn", 0, false, false, ""},
		{"the lowest that counts", "D4", "supported", 0, false, true, ""},
		{"unreliable", "E1", "", 0, false, false, ""},
		{"a source that cannot be judged", "F2", "", 0, false, false, ""},
		{"improbable", "A5", "", 0, false, false, ""},
		{"content that cannot be judged", "A6", "", 0, false, false, ""},
		{"withdrawn", "A1", "withdrawn", 0, false, false, ""},
		{"contradicted", "A1", "contradicted", 0, false, false, ""},
		{"disputed is not withdrawn", "A1", "disputed", 0, false, true, ""},
		{"without a date", "A1", "", 0, true, false, "claims.published"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := claim{id: "C", grade: tt.grade, status: tt.status, saidBy: "The Post"}
			if !tt.undated {
				x.published.Time, x.published.Valid = on("2031-04-20"), true
			}
			c := &surroundings{claims: map[int32][]claim{tt.about: {x}}}
			maybe, undated := run.doubtfulTriggers(0, c)
			for _, x := range maybe {
				undated = append(undated, *x.doubt)
			}
			if len(undated) > 1 || (tt.doubt != "") != (len(undated) == 1) || tt.doubt != "" &&
				undated[0].Column != tt.doubt {
				t.Errorf("doubts = %+v, want %q", undated, tt.doubt)
			}
			got := run.triggers(0, c)
			if (len(got) == 1) != tt.want || tt.want && (got[0].kind != "publication" || got[0].saidBy != "The Post" ||
				got[0].grade != tt.grade) {
				t.Errorf("triggers = %+v", got)
			}
		})
	}
	for kind, want := range map[string]bool{"publication": true, "inquiry": true, "notice": true, "restriction": true,
		"conflict": false, "migration": false} {
		c := &surroundings{events: []event{{kind: kind, day: on("2031-04-20"), about: 7},
			{kind: kind, day: on("2031-04-20"), about: -1}}}
		if got := run.triggers(0, c); (len(got) == 1) != want {
			t.Errorf("triggers of an event of kind %s = %+v", kind, got)
		}
	}
}

// TestSupport: hours by quarter, and the quarter before is the quarter before.
func TestSupport(t *testing.T) {
	row := func(who, quarter, hours, code string) *record.Support {
		s := &record.Support{Party: ref(who), Hours: record.Decimal(hours), Code: code}
		if quarter != "" {
			s.Quarter = date(quarter)
		}
		return s
	}
	f := facts(t, world{records: []record.Record{
		row("Grows", "2031-01-01", "200", "ai"), row("Grows", "2031-04-01", "400", "ai"), row("Grows", "2031-05-01",
			"200", "data"),
		row("Skips", "2031-01-01", "200", "ai"), row("Skips", "2031-07-01", "600", "ai"),
		row("Once", "2031-01-01", "200", "ai"),
		row("Falls", "2031-01-01", "600", "ai"), row("Falls", "2031-04-01", "200", "ai"),
		row("Blank", "2031-01-01", "200", "ai"), row("Blank", "2031-04-01", "", "ai"),
		row("Helped", "2031-01-01", "100", "ai"), row("Helped", "2031-04-01", "9000", "incident response"),
		row("Helped", "2031-04-01", "9000", "patching"),
		row("Undated", "", "500", "ai"),
	}}.open(t), OfParty)
	for _, tt := range []struct {
		who          string
		peak, growth any
		open         string // the column of the gap of growth
	}{
		{"Grows", 600.0, 3.0, ""}, {"Skips", 600.0, nil, "support.quarter"}, {"Once", 200.0, nil, "support.quarter"},
		{"Falls", 600.0, nil, "support.quarter"},
		{"Blank", 200.0, nil, "support.hours"}, {"Helped", 100.0, nil, "support.quarter"}, {"Undated", nil, nil,
			"support.quarter"},
	} {
		t.Run(tt.who, func(t *testing.T) {
			x := f[tt.who]
			if x.Values["support.hours_peak"] != tt.peak || x.Values["support.growth"] != tt.growth {
				t.Errorf("peak %v, growth %v; want %v, %v", x.Values["support.hours_peak"], x.Values["support.growth"],
					tt.peak, tt.growth)
			}
			if tt.open != "" && gapOf(x, "support.growth", tt.open) == nil || tt.open == "" &&
				len(x.Gaps["support.growth"]) > 0 {
				t.Errorf("gaps of growth = %+v", x.Gaps["support.growth"])
			}
		})
	}
}

// TestHandedOver: what a party no longer has because its account went to another has not moved by that, and what fell
// beside it has.
func TestHandedOver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		since string    // from when on the next unit has account A1, "" for never
		other []float64 // of another account of the party, January to June; A1 has 100
		after []float64 // of A1, April to June
		moved bool
		open  bool
	}{
		{"nothing changes hands, nothing falls", "", nil, []float64{100, 100, 100}, false, false},
		{"the data goes", "", nil, []float64{100, 10, 10}, true, false},
		{"the account goes, with its data", "2031-05-01", nil, []float64{100, 100, 100}, false, true},
		{"the account goes long before", "2030-12-01", []float64{100, 100, 100, 100, 10, 10}, []float64{100, 100, 100},
			true, false},
		{"a small account goes, and other data falls", "2031-05-01", []float64{900, 900, 900, 900, 100, 100},
			[]float64{100, 100, 100}, true, false},
		{"the account goes, and other data stays", "2031-05-01", []float64{100, 100, 100, 100, 100, 100},
			[]float64{100, 100, 100}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := []record.Record{
				&record.Account{Place: record.Place{At: "row 2"}, AccountID: "A1", Party: ref("First Unit"),
					Since: date("2029-01-01")},
				&record.Account{Place: record.Place{At: "row 3"}, AccountID: "A2", Party: ref("First Unit"),
					Since: date("2029-01-01")},
				&record.Event{Place: record.Place{At: "row 2"}, ID: "P", Kind: "publication", About: ref("First Unit"),
					Date: date("2031-04-20"), Source: "the press"},
			}
			if tt.since != "" {
				records = append(records, &record.Account{Place: record.Place{At: "row 4"}, AccountID: "A1",
					Party: ref("Second Unit"), Since: date(tt.since)})
			}
			bills := join(usage("A1", "", "north", "Object Store", "2031-01", append([]float64{100, 100, 100},
				tt.after...)...),
				usage("A2", "", "north", "Object Store", "2031-01", tt.other...))
			f := facts(t, world{records: records, bills: bills}.open(t), OfParty)["First Unit"]
			falls := 0
			list, _ := f.Values["usage.relocations"].([]map[string]any)
			for _, m := range list {
				if m["kind"] == "fall" {
					falls++
				}
			}
			open := slices.ContainsFunc(f.Gaps["usage.relocations"], func(g Gap) bool {
				return strings.Contains(g.What,
					"changed hands")
			})
			if falls > 0 != tt.moved || open != tt.open {
				t.Errorf("falls %v, open %v; gaps %+v", list, open, f.Gaps["usage.relocations"])
			}
		})
	}
}
