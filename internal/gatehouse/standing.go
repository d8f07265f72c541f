package gatehouse

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"plimsoll/internal/casefile"
)

// partyOf is the party that a decision is about.
func partyOf(x casefile.Decision) string {
	if x.Scope.Party != "" {
		return x.Scope.Party
	}
	return x.Party
}

// bound gives the decisions that the door last saw.
func (g *Gatehouse) bound() []casefile.Decision {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.decided
}

func (g *Gatehouse) name(party string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.names[party]
}

// standings joins what the door saw of each restriction with what the case file says of its
// decision: ordered, not done stays visible until an executor has attached his evidence.
func (g *Gatehouse) standings() []Standing {
	decisions := map[string]casefile.Decision{}
	for _, x := range g.bound() {
		decisions[string(x.ID)] = x
	}
	out := g.watch.Standings(g.publish.Index())
	for i := range out {
		x, ok := decisions[out[i].Decision]
		if !ok {
			continue
		}
		s := &out[i]
		s.State, s.NotDone = string(x.State), x.State == casefile.Ordered || x.State == casefile.Failed
		if !x.Decided.IsZero() {
			s.Ordered = &x.Decided
		}
		if x.Enforced.Done && !x.Enforced.Executed.IsZero() {
			s.Executed, s.Executor = &x.Enforced.Executed, [2]string{x.Enforced.Before, x.Enforced.After}
		}
	}
	return out
}

// Evidence is what the door itself says of the state before and after a decision.
func (g *Gatehouse) Evidence(decision casefile.ID) (before, after string) {
	return g.watch.Evidence(g.publish.Index(), string(decision))
}

func (g *Gatehouse) showStanding(w http.ResponseWriter, _ *http.Request) {
	all := g.standings()
	open := 0
	for _, s := range all {
		if s.NotDone {
			open++
		}
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any{"snapshot": g.publish.Index().Status(g.Desk.Now()), "ordered_not_done": open,
		"restrictions": all})
}

func (g *Gatehouse) showEvents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	_ = g.writeEvents(w)
}

// writeEvents writes the decisions that bind as an events table.
func (g *Gatehouse) writeEvents(out io.Writer) error {
	return WriteEvents(out, g.bound(), g.name, g.Desk.Now())
}

// WriteEvents writes decisions that bind as an events table. A review that reads it beside its
// records looks whether the restricted use came back elsewhere (RF-25). It names parties as the
// records do, by name(party id) where a decision does not name them; one line for each decision
// and region.
func WriteEvents(out io.Writer, decided []casefile.Decision, name func(party string) string, now time.Time) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"event_id", "kind", "date", "about", "about_id", "region", "source"})
	var rows [][]string
	for _, x := range decided {
		if !slices.Contains([]casefile.Outcome{casefile.Restrict, casefile.Suspend, casefile.Terminate}, x.Outcome) {
			continue
		}
		day := x.Start
		if day == "" {
			day = x.Decided.UTC().Format(time.DateOnly)
		}
		about := x.Scope.PartyName
		if about == "" {
			about = name(partyOf(x))
		}
		if about == "" || day > now.UTC().Format(time.DateOnly) {
			continue // not begun, or nobody that records could name
		}
		regions := x.Scope.Regions
		if len(regions) == 0 {
			regions = []string{""}
		}
		for i, r := range regions {
			rows = append(rows, []string{fmt.Sprintf("%s#%d", x.ID, i+1), "restriction", day, about, "", r,
				"decision " + string(x.ID)})
		}
	}
	slices.SortFunc(rows, slices.Compare)
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}
