package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"plimsoll/internal/casefile"
)

// smallCell is the number below which a figure is not shown: from 1 to 4 it could point at somebody (domain reference,
// 4.10).
const smallCell = 5

// Figures are the counts of a year.
type Figures struct {
	Year   int     `json:"year"`
	Groups []Group `json:"groups"`
}

// A Group is figures that belong together. Parts of a total are in one group with it.
type Group struct {
	Name string `json:"name"`
	Rows []Row  `json:"rows"`
	// parts are the rows that add up to row total; -1 where none is.
	total int
	parts []int
}

// A Row is one figure.
type Row struct {
	Name  string `json:"name"`
	N     int    `json:"n"`               // 0 where it is not shown
	Small bool   `json:"small,omitempty"` // fewer than 5
	Held  bool   `json:"held,omitempty"`  // not shown, since another could be worked out
	Days  bool   `json:"days,omitempty"`  // a time, not a count
}

// suppress hides small figures, and the next smallest of those that add up to a total that is shown, as long as one
// could be worked out from the others.
func (g *Group) suppress() {
	for i := range g.Rows {
		r := &g.Rows[i]
		if !r.Days && r.N > 0 && r.N < smallCell {
			r.Small = true
		}
	}
	if g.total >= 0 && len(g.parts) > 0 && !g.Rows[g.total].Small {
		hidden := 0
		for _, i := range g.parts {
			if g.Rows[i].Small {
				hidden++
			}
		}
		if hidden == 1 {
			next := -1
			for _, i := range g.parts {
				if r := g.Rows[i]; !r.Small && r.N > 0 && (next < 0 || r.N < g.Rows[next].N) {
					next = i
				}
			}
			if next < 0 {
				next = g.total
			}
			g.Rows[next].Held = true
		}
	}
	for i := range g.Rows {
		if g.Rows[i].Small || g.Rows[i].Held {
			g.Rows[i].N = 0
		}
	}
}

// figures counts every year that is over, the newest first.
func figures(ctx context.Context, tx *sql.Tx, now time.Time) (out []Figures, err error) {
	first, last := "", ""
	err = tx.QueryRowContext(ctx, `SELECT coalesce(min(opened), ''), coalesce(max(changed), '') FROM case_file`).Scan(
		&first, &last)
	if err != nil {
		return nil, fmt.Errorf("count a year: %w", err)
	}
	var sent string
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(min(received), '') FROM notice`).Scan(&sent); err != nil {
		return nil, fmt.Errorf("count a year: %w", err)
	}
	if sent != "" && (first == "" || sent < first) {
		first = sent
	}
	if len(first) < 4 {
		return nil, nil
	}
	from, err := strconv.Atoi(first[:4])
	if err != nil {
		return nil, fmt.Errorf("count a year: %w", err)
	}
	for year := now.UTC().Year() - 1; year >= from; year-- {
		f, err := year1(ctx, tx, year)
		if err != nil {
			return nil, fmt.Errorf("count %d: %w", year, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// triggers are the kinds of what opens a case, as they are counted.
var triggers = []string{"finding", "notice", "press", "request", "own_inquiry", "other"}

func year1(ctx context.Context, tx *sql.Tx, year int) (Figures, error) {
	f := Figures{Year: year}
	from, to := fmt.Sprintf("%04d-", year), fmt.Sprintf("%04d-", year+1)
	n := func(query string) (n int, err error) {
		err = tx.QueryRowContext(ctx, query, from, to).Scan(&n)
		return n, err
	}
	decided, err := decidedIn(ctx, tx, from, to)
	if err != nil {
		return f, err
	}
	by, sales := map[string]int{}, 0
	for _, d := range decided {
		switch d.Outcome {
		case casefile.Restrict, casefile.Suspend, casefile.Terminate:
			by["report.refused"]++
		case casefile.Condition:
			by["report.conditioned"]++
		case casefile.Monitor:
			by["report.watched"]++
		default:
			by["report.cleared"]++
		}
		if slices.ContainsFunc(d.Scope.Actions, func(a string) bool {
			return a == "sell" || a == "deliver" ||
				a == "renew"
		}) {
			sales++
		}
	}
	g := Group{Name: "report.sales", total: 0, parts: []int{1, 2, 3, 4},
		Rows: []Row{{Name: "report.examined", N: len(decided)}}}
	for _, k := range []string{"report.refused", "report.conditioned", "report.watched", "report.cleared"} {
		g.Rows = append(g.Rows, Row{Name: k, N: by[k]})
	}
	g.Rows = append(g.Rows, Row{Name: "report.of_sales", N: sales})
	f.add(g)
	if err := f.cases(ctx, tx, from, to, n); err != nil {
		return f, err
	}
	received, err := n(`SELECT count(*) FROM notice WHERE received >= $1 AND received < $2`)
	if err != nil {
		return f, err
	}
	answered, err := n(`SELECT count(*) FROM notice WHERE received >= $1 AND received < $2 AND status IN ('answered', 'closed')`)
	if err != nil {
		return f, err
	}
	// The rest of the total is a part, too: it could be worked out.
	rest := received - answered
	g = Group{Name: "report.notices", total: -1, Rows: []Row{{Name: "report.notices.received", N: received},
		{Name: "report.notices.answered", N: answered}}}
	if rest > 0 && rest < smallCell {
		g.Rows[1].Held = true
	}
	f.add(g)
	return f, nil
}

func (f *Figures) add(g Group) {
	g.suppress()
	f.Groups = append(f.Groups, g)
}

// cases counts cases, letters, times and what went wrong.
func (f *Figures) cases(ctx context.Context, tx *sql.Tx, from, to string, n func(string) (int, error)) error {
	g := Group{Name: "report.cases", total: -1}
	for _, q := range []struct{ name, query string }{
		{"report.opened", `SELECT count(*) FROM case_file WHERE opened >= $1 AND opened < $2`},
		{"report.closed", `SELECT count(*) FROM case_file WHERE closed >= $1 AND closed < $2`},
		{"report.letters", `SELECT count(*) FROM letter WHERE sent >= $1 AND sent < $2`},
		{"report.replied", `SELECT count(DISTINCT r.letter) FROM reply r JOIN letter l ON l.id = r.letter WHERE l.sent >= $1 AND l.sent < $2 AND r.answer IN ('answered', 'partly')`},
		{"report.failed", `SELECT count(*) FROM decision WHERE decided >= $1 AND decided < $2 AND state = 'failed'`},
		{"report.appeals", `SELECT count(*) FROM process WHERE kind = 'appeal' AND at >= $1 AND at < $2`},
		{"report.remedies", `SELECT count(*) FROM process WHERE kind = 'remedy' AND state IN ('agreed', 'done') AND at >= $1 AND at < $2`},
		{"report.dissents", `SELECT count(*) FROM voice WHERE kind = 'dissent' AND at >= $1 AND at < $2`},
		{"report.recused", `SELECT count(*) FROM interest WHERE recused = TRUE AND at >= $1 AND at < $2`},
	} {
		x, err := n(q.query)
		if err != nil {
			return err
		}
		g.Rows = append(g.Rows, Row{Name: q.name, N: x})
	}
	median, many, err := medianDays(ctx, tx, from, to)
	if err != nil {
		return err
	}
	if many >= smallCell {
		g.Rows = append(g.Rows, Row{Name: "report.median", N: median, Days: true})
	}
	f.add(g)
	rows, err := tx.QueryContext(ctx, `SELECT body FROM case_file WHERE opened >= $1 AND opened < $2`, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	by := map[string]int{}
	all := 0
	for rows.Next() {
		var body string
		var x struct {
			Trigger casefile.Trigger `json:"trigger"`
		}
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &x); err != nil {
			return err
		}
		kind := x.Trigger.Kind
		if !slices.Contains(triggers, kind) {
			kind = "other"
		}
		by[kind]++
		all++
	}
	g = Group{Name: "report.from", total: 0, Rows: []Row{{Name: "report.opened", N: all}}}
	for i, k := range triggers {
		g.Rows, g.parts = append(g.Rows, Row{Name: "trigger." + k, N: by[k]}), append(g.parts, i+1)
	}
	f.add(g)
	return rows.Err()
}

// decidedIn lists the decisions of a year, without interim measures.
func decidedIn(ctx context.Context, tx *sql.Tx, from, to string) (out []casefile.Decision, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT body FROM decision WHERE decided >= $1 AND decided < $2 AND state <> 'refused' AND interim = FALSE`,
		from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body string
		var d casefile.Decision
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// medianDays is the median of the days from the opening of a case to its first decision, and of how many cases.
func medianDays(ctx context.Context, tx *sql.Tx, from, to string) (days, of int, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT c.opened, min(d.decided) FROM case_file c JOIN decision d ON d.case_id = c.id
		WHERE d.decided <> '' AND d.state <> 'refused' GROUP BY c.id, c.opened HAVING min(d.decided) >= $1 AND min(d.decided) < $2`, from, to)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	var list []int
	for rows.Next() {
		var opened, decided string
		if err := rows.Scan(&opened, &decided); err != nil {
			return 0, 0, err
		}
		list = append(list, int(casefile.When(decided).Sub(casefile.When(opened)).Hours()/24))
	}
	slices.Sort(list)
	if len(list) == 0 {
		return 0, 0, rows.Err()
	}
	return list[len(list)/2], len(list), rows.Err()
}

// casesWithProcesses lists the cases that have appeals or remedies.
func casesWithProcesses(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT case_id FROM process WHERE kind IN ('appeal', 'remedy')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out[id] = true
	}
	return out, rows.Err()
}

// processLines says what became of the appeals against a decision and the remedies after it: a message each with its
// days, after tabs. Their words are published with the decision, once two people released them.
func processLines(ctx context.Context, tx *sql.Tx, id casefile.ID) (out []string, err error) {
	appeals, remedies, err := casefile.ProcessesIn(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	for _, a := range appeals {
		switch a.State {
		case casefile.AppealDecided:
			out = append(out, "process.appeal."+a.Ruling+"\t"+a.Received+"\t"+dayOf(a.Ruled))
		default:
			out = append(out, "process.appeal."+string(a.State)+"\t"+a.Received)
		}
	}
	for _, r := range remedies {
		if r.State != casefile.RemedyAgreed && r.State != casefile.RemedyDone {
			continue
		}
		done := 0
		for _, s := range r.Steps {
			if !s.Checked.IsZero() {
				done++
			}
		}
		out = append(out, fmt.Sprintf("process.remedy\t%s\t%d\t%d", dayOf(r.Decided), done, len(r.Steps)))
	}
	return out, nil
}

// writeReports writes the figures of each year and the page that lists them.
func (s *site) writeReports() error {
	for _, f := range s.reports {
		base := "figures-" + strconv.Itoa(f.Year)
		if err := s.render(base, "", "report", func(v *view) {
			v.Year, v.Groups, v.Title = f.Year, f.Groups, v.P("report.title", f.Year)+" · "+s.Company
		}); err != nil {
			return err
		}
		b, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			return err
		}
		if err := s.put(base+".json", append(b, '\n')); err != nil {
			return err
		}
	}
	return s.render("figures", "", "listing", func(v *view) {
		v.Heading, v.Note, v.Title = "list.reports", "list.reports.note", v.P("list.reports")+" · "+s.Company
		for _, f := range s.reports {
			v.Entries = append(v.Entries, entry{view: v, On: fmt.Sprintf("%04d-12-31", f.Year),
				Href: v.At("figures-" + strconv.Itoa(f.Year)), Title: v.P("report.title", f.Year)})
		}
	})
}

// standings says how the decisions on the site stand at a moment: a message for each.
func standings(ctx context.Context, tx *sql.Tx, list []Publication, now time.Time) (map[string]string,
	map[string][]string, error) {
	out, processes := map[string]string{}, map[string][]string{}
	moved, err := casesWithProcesses(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range list {
		if p.Kind != OfDecision || out[p.Subject] != "" {
			continue
		}
		d, err := casefile.DecisionIn(ctx, tx, casefile.ID(p.Subject))
		if err != nil {
			return nil, nil, err
		}
		if p.State == Released && moved[string(d.Case)] {
			if processes[p.Subject], err = processLines(ctx, tx, d.ID); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case d.State == casefile.Replaced || d.State == casefile.Confirmed:
			out[p.Subject] = "page.now.replaced"
		case d.State == casefile.Ended, d.End != "" && d.End <= now.UTC().Format(time.DateOnly), !d.Ends.IsZero() &&
			!now.Before(d.Ends):
			out[p.Subject] = "page.now.ended"
		case d.Active(now):
			out[p.Subject] = "page.now.active"
		default:
			out[p.Subject] = "page.now.inactive"
		}
	}
	return out, processes, nil
}
