package review

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record"
	"plimsoll/internal/signal"
)

// Demands are what instruments demand of whom by when, and which engagements of the records that concerns.
type Demands struct {
	Demands  int          `json:"demands"`
	Concern  int          `json:"concern"`     // demands that concern at least one engagement
	Overdue  int          `json:"overdue"`     // of those, overdue with no answer on file that says they were done
	Open     int          `json:"open"`        // of those, demands of which it is not known whether they are overdue
	May      int          `json:"may_concern"` // demands that concern none for certain, and may concern some
	Touched  int          `json:"engagements"` // engagements that some demand concerns
	NotUsed  int          `json:"rows_not_used"`
	Sets     []string     `json:"sets,omitempty"` // built-in sets that were switched on
	Standing []DemandLine `json:"standing"`       // every demand
	Lines    []Touched    `json:"touched"`        // the first of them; all are in demands.csv
	Left     int          `json:"touched_left_out,omitempty"`
}

// A DemandLine is a demand as it stands, with what it draws on.
type DemandLine struct {
	obligation.Line
	Concerns int        `json:"concerns"`    // engagements
	May      int        `json:"may_concern"` // engagements of which that is not known
	Draws    []DrawDown `json:"draw_down"`
}

// A DrawDown sums up the engagements of one kind and currency that a demand concerns.
type DrawDown struct {
	Kind     string `json:"kind"` // licences, deliveries or contracts
	Records  int    `json:"records"`
	Currency string `json:"currency,omitempty"`
	Value    string `json:"value,omitempty"` // exact; of the records that state one
	NoValue  int    `json:"without_value"`
	First    string `json:"first,omitempty"` // day of signature
	Last     string `json:"last,omitempty"`
	sum      *big.Rat
}

// Touched is one engagement that a demand concerns or may concern.
type Touched struct {
	Demand     string            `json:"demand_id"`
	Status     obligation.Status `json:"status"`
	Due        string            `json:"due,omitempty"`
	Engagement string            `json:"engagement"`
	By         string            `json:"by"` // "" where it only may concern it
	Open       string            `json:"open,omitempty"`
	Kind       string            `json:"kind,omitempty"`
	EndUser    string            `json:"end_user,omitempty"`
	Party      string            `json:"party,omitempty"` // its id
	Item       string            `json:"item,omitempty"`
	Value      string            `json:"value,omitempty"`
	Currency   string            `json:"currency,omitempty"`
	Signed     string            `json:"signed,omitempty"`
	Start      string            `json:"start,omitempty"`
	End        string            `json:"end,omitempty"`
	File       string            `json:"file"`
	At         string            `json:"at"`
}

// mostTouched is how many engagements of demands review.json holds.
const mostTouched = 1000

// obligation keeps a row of instruments, demands or answers, with the parties that it names.
func (r *run) obligation(o *record.Obligation) {
	row := obligation.RowOf(o, r.files[o.Source].Name)
	r.duties = append(r.duties, row)
	if o.About.Zero() && o.Addressee.Zero() {
		return
	}
	if r.wanted == nil {
		r.wanted = map[obligation.Place][2]int32{}
	}
	r.wanted[row.At] = [2]int32{r.book.Mention(o.About, book.InDemand, o.Place), r.book.Mention(o.Addressee,
		book.InDemand, o.Place)}
}

// calendarDays counts every day from Monday to Friday as a working day: a review knows no holidays.
type calendarDays struct{}

// Add returns the n-th such day after a day.
func (calendarDays) Add(t time.Time, n int) time.Time {
	for n > 0 {
		if t = t.AddDate(0, 0, 1); t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			n--
		}
	}
	return t
}

// register makes the register of what is demanded, of the tables of the run and the sets that are switched on.
func (r *run) register() error {
	for i, name := range r.o.Sets {
		set, err := obligation.LoadSet(name)
		if err != nil {
			return err
		}
		source := -2 - i // no file of the run
		r.files[source] = record.Source{Index: source, Name: set.File(), SHA256: set.SHA256}
		for _, row := range set.Rows {
			row.At.Source = source
			r.duties = append(r.duties, row)
		}
	}
	if len(r.duties) == 0 {
		return nil
	}
	reg := obligation.Build(r.duties, calendarDays{})
	lost := map[string]bool{}
	for _, x := range reg.Rejects {
		if err := r.reject(x); err != nil {
			return err
		}
		if at := x.File + "\x00" + x.At; !lost[at] && !strings.Contains(x.Reason, " is kept, ") {
			lost[at] = true
			for i := range r.inputs {
				if r.inputs[i].src.Name == x.File {
					r.inputs[i].stats.Records--
					r.inputs[i].stats.Rejects++
				}
			}
		}
	}
	for table, n := range reg.Lost {
		r.book.Lose(table, n)
	}
	for _, s := range reg.Stand(r.o.AsOf) {
		d := signal.Demand{Standing: s, About: -1, Addressee: -1}
		if m, ok := r.wanted[s.Demand.At]; ok {
			d.About, d.Addressee = m[0], m[1]
		}
		r.demands = append(r.demands, d)
	}
	r.sum.Demands = &Demands{Demands: len(r.demands), NotUsed: len(lost), Sets: r.o.Sets, Standing: []DemandLine{},
		Lines: []Touched{}}
	return nil
}

// demanded joins the demands to the engagements that they concern, and writes demands.csv.
func (r *run) demanded(ctx context.Context) error {
	if len(r.demands) == 0 {
		return nil
	}
	out := r.sum.Demands
	list := make([]obligation.Standing, len(r.demands))
	for i := range r.demands {
		list[i] = r.demands[i].Standing
	}
	for _, l := range obligation.Lines(list) {
		out.Standing = append(out.Standing, DemandLine{Line: l, Draws: []DrawDown{}})
	}
	var touches []signal.Touch
	if err := r.signal.Touched(ctx, func(t signal.Touch) error { touches = append(touches, t); return nil }); err != nil {
		return err
	}
	deals, err := r.dealsOf(ctx, touches)
	if err != nil {
		return err
	}
	concerned := map[string]bool{}
	lines := make([]Touched, 0, len(touches))
	for _, t := range touches {
		d := &out.Standing[t.Demand]
		x := deals[t.Engagement]
		x.Demand, x.Status, x.Due, x.By = d.Demand, d.Status, d.Due, t.By
		if t.By == "" {
			d.May++
			x.Open = gapWords(*t.Open)
		} else {
			d.Concerns++
			concerned[t.Engagement] = true
			d.draw(x)
		}
		lines = append(lines, x)
	}
	out.Touched = len(concerned)
	place := map[string]int{}
	for i := range out.Standing {
		place[out.Standing[i].Demand] = i
		out.count(&out.Standing[i])
	}
	slices.SortStableFunc(lines, func(a, b Touched) int {
		return cmp.Or(cmp.Compare(place[a.Demand], place[b.Demand]), -cmp.Compare(min(1, len(a.By)), min(1, len(b.By))),
			cmp.Compare(a.Engagement, b.Engagement))
	})
	out.Lines = lines[:min(len(lines), mostTouched)]
	out.Left = len(lines) - len(out.Lines)
	return r.writeDemands(lines)
}

// count adds a demand to the counts of all.
func (out *Demands) count(d *DemandLine) {
	for i := range d.Draws {
		if x := &d.Draws[i]; x.Records > x.NoValue {
			x.Value = decimal(x.sum)
		}
	}
	switch {
	case d.Concerns == 0:
		if d.May > 0 {
			out.May++
		}
		return
	case d.Status == obligation.Overdue:
		out.Overdue++
	case d.Status == obligation.DueUnknown, d.Status == obligation.AddresseeOpen,
		d.Status == obligation.InstrumentAbsent,
		d.Status == obligation.AnswersOpen, d.Status == obligation.Conditional:
		out.Open++
	}
	out.Concern++
}

// draw adds an engagement to what a demand draws on.
func (d *DemandLine) draw(x Touched) {
	kind := "contracts"
	switch x.Kind {
	case record.KindLicence:
		kind = "licences"
	case record.KindDelivery, "re_export", record.KindTransit, record.KindTransfer:
		kind = "deliveries"
	}
	i := slices.IndexFunc(d.Draws, func(w DrawDown) bool { return w.Kind == kind && w.Currency == x.Currency })
	if i < 0 {
		i = len(d.Draws)
		d.Draws = append(d.Draws, DrawDown{Kind: kind, Currency: x.Currency, sum: new(big.Rat)})
	}
	w := &d.Draws[i]
	w.Records++
	if x.Value == "" {
		w.NoValue++
	} else {
		w.sum.Add(w.sum, record.Decimal(x.Value).Rat())
	}
	if x.Signed != "" && (w.First == "" || x.Signed < w.First) {
		w.First = x.Signed
	}
	w.Last = max(w.Last, x.Signed)
}

// mostPlaces is how many digits after the point a sum of values may need; the book keeps as many.
const mostPlaces = 12

func decimal(sum *big.Rat) string { return withoutZeros(sum.FloatString(mostPlaces)) }

const touchedSQL = `
SELECT v.id, v.kind, p.party, CAST(v.value AS VARCHAR), v.currency, v.signed, v.start_on, v.end_on, v.source, v.place,
  coalesce((SELECT min(i.text) FROM engagement_item i WHERE i.n = v.n), '')
FROM (SELECT *, row_number() OVER (PARTITION BY n ORDER BY version DESC) AS k FROM engagement_version) v
LEFT JOIN party_map p ON p.mention = coalesce(v.end_user, v.buyer) WHERE v.k = 1`

// dealsOf reads the engagements of touches, by id.
func (r *run) dealsOf(ctx context.Context, touches []signal.Touch) (map[string]Touched, error) {
	out := map[string]Touched{}
	for _, t := range touches {
		out[t.Engagement] = Touched{Engagement: t.Engagement}
	}
	if len(out) == 0 {
		return out, nil
	}
	return out, r.book.Each(ctx, "read engagements of demands", touchedSQL, func(rows *sql.Rows) error {
		var x Touched
		var who sql.NullInt32
		var value sql.NullString
		var signed, start, end sql.NullTime
		var source int
		if err := rows.Scan(&x.Engagement, &x.Kind, &who, &value, &x.Currency, &signed, &start, &end, &source, &x.At,
			&x.Item); err != nil {
			return err
		}
		if _, ok := out[x.Engagement]; !ok {
			return nil
		}
		x.EndUser, x.Party, x.Value, x.File = r.nameOf(who), r.idOf(who), withoutZeros(value.String),
			r.files[source].Name
		x.Signed, x.Start, x.End = dayText(signed), dayText(start), dayText(end)
		out[x.Engagement] = x
		return nil
	})
}

func dayText(t sql.NullTime) string {
	if !t.Valid {
		return ""
	}
	return t.Time.Format(time.DateOnly)
}

// gapWords says why it is not known whether a demand concerns an engagement.
func gapWords(g signal.Gap) string {
	s := strings.ReplaceAll(string(g.Reason), "_", " ") + ": " + g.Column
	if g.What != "" {
		s += " (" + g.What + ")"
	}
	return s
}

// writeDemands writes demands.csv: a row for each demand and engagement, and one for each demand without any.
func (r *run) writeDemands(lines []Touched) error {
	rows := [][]string{{"demand_id", "status", "due", "days_late", "text", "of", "addressee", "instrument", "issuer",
		"force", "read",
		"engagement", "by", "not_known", "kind", "end_user", "item", "value", "currency", "signed", "start", "end",
		"answers", "file", "at"}}
	by := map[string][]Touched{}
	for _, l := range lines {
		by[l.Demand] = append(by[l.Demand], l)
	}
	for i := range r.sum.Demands.Standing {
		d := &r.sum.Demands.Standing[i]
		touched := by[d.Demand]
		if len(touched) == 0 {
			touched = []Touched{{File: "", At: d.At}}
		}
		for _, x := range touched {
			rows = append(rows, []string{d.Demand, string(d.Status), d.Due, fmt.Sprint(d.Late), d.Text, string(d.Of),
				d.Addressee, d.Instrument,
				d.Issuer, string(d.Force), string(d.Read), x.Engagement, x.By, x.Open, x.Kind, x.EndUser, x.Item,
				x.Value, x.Currency, x.Signed,
				x.Start, x.End, strings.Join(d.Answers, "; "), x.File, x.At})
		}
	}
	return writeCSV(filepath.Join(r.dir, "demands.csv"), rows)
}
