package app

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"plimsoll/internal/access"
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
func (d *door) bound() []casefile.Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.decided
}

func (d *door) name(party string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names[party]
}

// standings joins what the door saw of each restriction with what the case file says of its
// decision: ordered, not done stays visible until an executor has attached his evidence.
func (d *door) standings() []access.Standing {
	decisions := map[string]casefile.Decision{}
	for _, x := range d.bound() {
		decisions[string(x.ID)] = x
	}
	out := d.watch.Standings(d.publish.Index())
	for i := range out {
		x, ok := decisions[out[i].Decision]
		if !ok {
			continue
		}
		s := &out[i]
		s.State, s.NotDone = x.State, x.State == casefile.Ordered || x.State == casefile.Failed
		if !x.Decided.IsZero() {
			s.Ordered = &x.Decided
		}
		if x.Enforced.Done && !x.Enforced.Executed.IsZero() {
			s.Executed, s.Executor = &x.Enforced.Executed, [2]string{x.Enforced.Before, x.Enforced.After}
		}
	}
	return out
}

// evidence is what the door itself says of the state before and after a decision.
func (d *door) evidence(decision casefile.ID) (before, after string) {
	return d.watch.Evidence(d.publish.Index(), string(decision))
}

func (d *door) showStanding(w http.ResponseWriter, _ *http.Request) {
	all := d.standings()
	open := 0
	for _, s := range all {
		if s.NotDone {
			open++
		}
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any{"snapshot": d.publish.Index().Status(d.desk.Now()), "ordered_not_done": open, "restrictions": all})
}

func (d *door) showEvents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	_ = d.writeEvents(w)
}

// writeEvents writes the decisions that bind as an events table. A review that reads it beside
// its records looks whether the restricted use came back elsewhere (RF-25). It names parties
// as the records do; one line for each decision and region.
func (d *door) writeEvents(out io.Writer) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"event_id", "kind", "date", "about", "about_id", "region", "source"})
	var rows [][]string
	for _, x := range d.bound() {
		if !slices.Contains([]string{casefile.Restrict, casefile.Suspend, casefile.Terminate}, x.Outcome) {
			continue
		}
		day := x.Start
		if day == "" {
			day = x.Decided.UTC().Format(time.DateOnly)
		}
		name := x.Scope.PartyName
		if name == "" {
			name = d.name(partyOf(x))
		}
		if name == "" || day > d.desk.Now().UTC().Format(time.DateOnly) {
			continue // not begun, or nobody that records could name
		}
		regions := x.Scope.Regions
		if len(regions) == 0 {
			regions = []string{""}
		}
		for i, r := range regions {
			rows = append(rows, []string{fmt.Sprintf("%s#%d", x.ID, i+1), "restriction", day, name, "", r, "decision " + string(x.ID)})
		}
	}
	slices.SortFunc(rows, slices.Compare)
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}
