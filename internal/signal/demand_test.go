package signal

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/book"
	"plimsoll/internal/obligation"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// duty is a row of a table of obligations, from its columns and cells.
func duty(table string, cells ...string) *record.Obligation {
	o := &record.Obligation{Place: record.Place{Source: 9, At: "row " + cells[1]}, Table: table,
		Cells: map[string]string{}}
	for i := 0; i < len(cells); i += 2 {
		if o.Cells[cells[i]] = cells[i+1]; cells[i+1] == "" {
			delete(o.Cells, cells[i])
		}
	}
	if o.Cells["about_kind"] == "party" {
		o.About = ref(o.Cells["about"])
	}
	if strings.HasPrefix(o.Cells["of"], "company") || o.Cells["of"] == "customer" {
		o.Addressee = party.Ref{Name: o.Cells["addressee"]}
		if o.Addressee.Name != "" {
			o.Addressee = ref(o.Addressee.Name)
		}
	}
	return o
}

// nameDemanded makes mentions of the parties that rows of demands name, as a review does.
func (w world) nameDemanded(b *book.Book) {
	for _, r := range w.records {
		if o, ok := r.(*record.Obligation); ok {
			b.Mention(o.About, book.InDemand, o.Place)
			b.Mention(o.Addressee, book.InDemand, o.Place)
		}
	}
}

// demands returns the demands of a world as they stand.
func (w world) demands(b *book.Book) (out []Demand) {
	var rows []obligation.Row
	named := map[obligation.Place][2]int32{}
	for _, r := range w.records {
		if o, ok := r.(*record.Obligation); ok {
			x := obligation.RowOf(o, "duties")
			rows = append(rows, x)
			named[x.At] = [2]int32{b.Mention(o.About, "", o.Place), b.Mention(o.Addressee, "", o.Place)}
		}
	}
	for _, s := range obligation.Build(rows, nil).Stand(asOf) {
		n := named[s.Demand.At]
		out = append(out, Demand{s, n[0], n[1]})
	}
	return out
}

// TestDemands: which engagement a demand concerns, whether it is overdue, and what keeps that from being known.
func TestDemands(t *testing.T) {
	const past, ahead = "2031-06-01", "2099-01-01"
	engagement := func(change func(*record.Engagement)) *record.Engagement {
		e := deal("K-1", "Ministry of Home Affairs", unit, "Storage and speech", "160")
		e.Seller, e.Destination, e.Lacks = ref("Skerry Cloud"), "Ulthoria", nil
		e.Buyer.Country = ""
		if change != nil {
			change(e)
		}
		return e
	}
	d := func(cells ...string) *record.Obligation {
		return duty("demands", append([]string{"demand_id", "D1", "instrument_id", "R1", "text", "Stop it", "of",
			"companies"}, cells...)...)
	}
	order := duty("instruments", "instrument_id", "R1", "title", "Order 7", "date", "2031-01-01", "force", "binding")
	answer := func(acted, date string) *record.Obligation {
		return duty("answers", "answer_id", "A1", "demand_id", "D1", "acted", acted, "date", date)
	}
	for _, tt := range []struct {
		name     string
		change   func(*record.Engagement)
		records  []record.Record
		by       string // "" when no demand concerns it
		overdue  int
		answered any    // of the overdue one
		gap      string // column of a gap of demand.overdue
		maybe    string // column of a gap of demand.concerns
		words    string
	}{
		{name: "by the end user", records: []record.Record{order, d("about_kind", "party", "about", unit, "due", past)},
			by: "party", overdue: 1, answered: false,
			words: "“Stop it” is due since 1 June 2031 by Order 7"},
		{name: "by another party", records: []record.Record{order, d("about_kind", "party", "about", "Brigade Four",
			"due", past)}},
		{name: "by its id, in another spelling", records: []record.Record{order, d("about_kind", "engagement", "about",
			"K-9; k 1", "due", past)}, by: "engagement", overdue: 1, answered: false},
		{name: "by another id", records: []record.Record{order, d("about_kind", "engagement", "about", "K-11", "due",
			past)}},
		{name: "by a capability", records: []record.Record{order, d("about_kind", "capability", "about", "Speech",
			"due", past)}, by: "capability", overdue: 1, answered: false},
		{name: "by another capability", records: []record.Record{order, d("about_kind", "capability", "about", "face",
			"due", past)}},
		{name: "by the words of the goods", records: []record.Record{order, d("about_kind", "goods", "about", "storage",
			"due", past)}, by: "goods", overdue: 1, answered: false},
		{name: "by the code of the goods", change: func(e *record.Engagement) {
			e.Items[0].Scheme,
				e.Items[0].Code = "HS", "9301.10"
		},
			records: []record.Record{order, d("about_kind", "goods", "about", "HS:9301", "due", past)}, by: "goods",
			overdue: 1, answered: false},
		{name: "goods without a code", change: func(e *record.Engagement) { e.Items[0].Text = "?" },
			records: []record.Record{order, d("about_kind", "goods", "about", "HS:9301", "due", past)},
			gap:     "engagements.item_code", maybe: "engagements.item_code"},
		{name: "goods that are not understood", change: func(e *record.Engagement) { e.Items[0].Text = "?" },
			records: []record.Record{order, d("about_kind", "capability", "about", "face", "due", past)},
			gap:     "engagements.item", maybe: "engagements.item"},
		{name: "no goods stated", change: func(e *record.Engagement) { e.Items = nil },
			records: []record.Record{order, d("about_kind", "goods", "about", "storage", "due", past)},
			gap:     "engagements.item", maybe: "engagements.item"},
		{name: "goods that the demand does not mean for certain, not due yet", change: func(e *record.Engagement) {
			e.Items = nil
		},
			records: []record.Record{order, d("about_kind", "goods", "about", "storage", "due", ahead)},
			maybe:   "engagements.item"},
		{name: "by the place", records: []record.Record{order, d("about_kind", "place", "about", "Velden; ulthoria",
			"due", past)}, by: "place", overdue: 1, answered: false},
		{name: "goods to the place", records: []record.Record{order, d("about_kind", "goods", "about", "storage",
			"place", "Ulthoria", "due", past)}, by: "goods", overdue: 1, answered: false},
		{name: "goods to another place", records: []record.Record{order, d("about_kind", "goods", "about", "storage",
			"place", "Chile", "due", past)}, change: func(e *record.Engagement) { e.Destination = "Norway" }},
		{name: "goods to a place in words of no table", records: []record.Record{order, d("about_kind", "goods",
			"about", "storage", "place", "Velden", "due", past)},
			gap: "engagements.destination", maybe: "engagements.destination"},
		{name: "goods to a part of a state in words of no table", records: []record.Record{order, d("about_kind",
			"goods", "about", "storage", "place", "Eastern Marches, Velden", "due", past)},
			gap: "engagements.destination", maybe: "engagements.destination"},
		{name: "to a part of the state", records: []record.Record{order, d("about_kind", "goods", "about", "storage",
			"place", "Eastern Khadim, Ulthoria", "due", past)},
			gap: "engagements.destination", maybe: "engagements.destination"},
		{name: "nothing says where to", change: func(e *record.Engagement) { e.Destination = "" },
			records: []record.Record{order, d("about_kind", "place", "about", "Ulthoria", "due", past)},
			gap:     "engagements.destination", maybe: "engagements.destination"},
		{name: "what it is about is not stated", records: []record.Record{order, d("due", past)}, gap: "demands.about",
			maybe: "demands.about"},
		{name: "a kind that is none", records: []record.Record{order, d("about_kind", "weather", "about", "rain", "due",
			past)}, gap: "demands.about_kind", maybe: "demands.about_kind"},
		{name: "conduct", records: []record.Record{order, d("about_kind", "conduct", "due", past)}},
		{name: "of another company", records: []record.Record{order, d("of", "company", "addressee", "Orsa Data",
			"about_kind", "goods", "about", "storage", "due", past)}},
		{name: "of the seller", records: []record.Record{order, d("of", "company", "addressee", "Skerry Cloud",
			"about_kind", "goods", "about", "storage", "due", past)}, by: "goods", overdue: 1, answered: false},
		{name: "of the seller, about nothing in particular", records: []record.Record{
			order, d("of", "company", "addressee", "Skerry Cloud", "due", past)}, by: "addressee", overdue: 1,
			answered: false},
		{name: "not due yet", records: []record.Record{order, d("about_kind", "party", "about", unit, "due", ahead)},
			by: "party"},
		{name: "due not known", records: []record.Record{order, d("about_kind", "party", "about", unit)}, by: "party",
			gap: "demands.due"},
		{name: "addressee not known", records: []record.Record{order, d("of", "", "about_kind", "party", "about", unit,
			"due", past)}, by: "party", gap: "demands.of"},
		{name: "a condition that is not known to be met", records: []record.Record{order, d("about_kind", "party",
			"about", unit, "due", past, "condition", "if asked")}, by: "party", gap: "demands.condition_met"},
		{name: "no instrument on file", records: []record.Record{d("about_kind", "party", "about", unit, "due", past)},
			by: "party", gap: "instruments.instrument_id"},
		{name: "answered", records: []record.Record{order, d("about_kind", "party", "about", unit, "due", past),
			answer("done", "2031-05-01")}, by: "party"},
		{name: "answered in part", records: []record.Record{order, d("about_kind", "party", "about", unit, "due", past),
			answer("partly", "2031-05-01")}, by: "party", overdue: 1, answered: true},
		{name: "done on a day that is not known", records: []record.Record{order, d("about_kind", "party", "about",
			unit, "due", past), answer("done", "")}, by: "party", gap: "answers.date"},
		{name: "an answer that is not understood", records: []record.Record{order, d("about_kind", "party", "about",
			unit, "due", past), answer("perhaps", "2031-05-01")}, by: "party", overdue: 1},
		{name: "due not known, and answered", records: []record.Record{order, d("about_kind", "party", "about", unit),
			answer("done", "2031-05-01")}, by: "party"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{records: append([]record.Record{engagement(tt.change)}, tt.records...),
				declare: map[string]record.Columns{"answers": nil, "demands": nil}}
			f := facts(t, w.open(t), OfEngagement)["K-1"]
			by := ""
			if list := f.Values["demand.concerns"].([]map[string]any); len(list) > 0 {
				by = list[0]["by"].(string)
			}
			overdue := f.Values["demand.overdue"].([]map[string]any)
			var answered any
			if len(overdue) > 0 {
				answered = overdue[0]["answered"]
			}
			if by != tt.by || len(overdue) != tt.overdue || !cmp.Equal(answered, tt.answered) {
				t.Errorf("by %q, %d overdue, answered %v; want %q, %d, %v", by, len(overdue), answered, tt.by,
					tt.overdue, tt.answered)
			}
			for name, column := range map[string]string{"demand.overdue": tt.gap, "demand.concerns": tt.maybe} {
				got := ""
				if g := f.Gaps[name]; len(g) > 0 {
					got = g[0].Column
				}
				if got != column {
					t.Errorf("%s: gap %q, want %q", name, got, column)
				}
			}
			if words := f.Values["demand.words"]; tt.words != "" && words != tt.words {
				t.Errorf("words %q", words)
			}
			if tt.by != "" && !slices.ContainsFunc(f.Rows, func(r Row) bool {
				return r.Signal == "demand." &&
					r.At == "row D1"
			}) {
				t.Errorf("rows %+v", f.Rows)
			}
		})
	}
	t.Run("no table of answers", func(t *testing.T) {
		w := world{records: []record.Record{engagement(nil), order, d("about_kind", "party", "about", unit, "due",
			past)}}
		f := facts(t, w.open(t), OfEngagement)["K-1"]
		if x := f.Values["demand.overdue"].([]map[string]any); len(x) != 1 || x[0]["answered"] != nil ||
			gapOf(f, "demand.overdue", "answers.demand_id") == nil {
			t.Errorf("%+v, gaps %+v", x, f.Gaps["demand.overdue"])
		}
	})
	t.Run("renaming states changes nothing but names", func(t *testing.T) {
		for _, place := range []string{"Ulthoria", "Velden", "Harvador"} {
			e := engagement(func(e *record.Engagement) { e.Destination = place })
			w := world{records: []record.Record{e, order, d("about_kind", "goods", "about", "storage", "place", place,
				"due", past)}}
			if x := facts(t, w.open(t), OfEngagement)["K-1"].Values["demand.overdue"].([]map[string]any); len(x) != 1 {
				t.Errorf("%s: %+v", place, x)
			}
		}
	})
}
