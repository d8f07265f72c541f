package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
)

// A running is what still ran after a decision, by the newest review that had it among its records.
type running struct {
	Decision casefile.ID          `json:"decision"`
	Run      string               `json:"review" doc:"Empty where no stored review had the decision among its records: then nothing is known"`
	AsOf     string               `json:"as_of,omitempty"`
	Counts   []review.RunCount    `json:"counts"`
	Lines    []review.RunningLine `json:"lines" doc:"Contracts, renewals, licences, deliveries, accounts, subsidiaries and resellers, with their days"`
	Cut      int                  `json:"left_out,omitempty" doc:"Lines of the review, of whatever decision, that it keeps in still_running.csv alone"`
	NoOwners bool                 `json:"no_ownership_statements,omitempty" doc:"Companies below the party are not known"`
	Unplaced bool                 `json:"names_nobody,omitempty" doc:"The review could tie the decision to no party of its records"`
	Checks   []plannedCheck       `json:"checks" doc:"The checks that follow the execution by themselves"`
}

// A plannedCheck is one of the checks that follow an execution, with its day.
type plannedCheck struct {
	Day   int    `json:"day"`
	On    string `json:"on"`
	Done  bool   `json:"done"`
	Holds bool   `json:"holds,omitempty"`
}

// stillRunning reads what still runs for a decision from the newest stored review that had it among its records.
func (s *Server) stillRunning(ctx context.Context, d casefile.Decision) (running, error) {
	out := running{Decision: d.ID, Counts: []review.RunCount{}, Lines: []review.RunningLine{}, Checks: checksOf(d)}
	runs, err := s.cfg.Store.Runs(ctx)
	if err != nil {
		return out, err
	}
	for _, r := range runs { // the newest first; the list has no summaries
		if r, err = s.cfg.Store.Run(ctx, r.ID); err != nil {
			return out, err
		}
		sum := summary(r)
		if sum == nil || sum.Running == nil || !slices.ContainsFunc(sum.Running.IDs, ofDecision(d.ID)) {
			continue
		}
		x := sum.Running
		out.Run, out.AsOf, out.NoOwners = r.ID, r.AsOf, x.NoOwners
		is := ofDecision(d.ID)
		for _, l := range x.Lines {
			if is(l.Restriction) {
				out.Lines = append(out.Lines, l)
			}
		}
		out.Cut, out.Unplaced = max(0, x.All-len(x.Lines)), len(out.Lines) == 0 && x.NotFound > 0
		for _, l := range out.Lines {
			i := slices.IndexFunc(out.Counts, func(c review.RunCount) bool { return c.State == l.State })
			if i < 0 {
				i, out.Counts = len(out.Counts), append(out.Counts, review.RunCount{State: l.State})
			}
			out.Counts[i].N++
		}
		slices.SortStableFunc(out.Counts, func(a, b review.RunCount) int { return cmp.Compare(b.N, a.N) })
		return out, nil
	}
	return out, nil
}

// ofDecision reports whether the id of a restriction among records is that of a decision: the door writes "D-1#2" for
// each region of one.
func ofDecision(id casefile.ID) func(string) bool {
	return func(event string) bool {
		of, _, _ := strings.Cut(event, "#")
		return of == string(id)
	}
}

// checksOf are the checks that follow the execution of a decision, none before it was executed.
func checksOf(d casefile.Decision) []plannedCheck {
	out := []plannedCheck{}
	e := d.Enforced
	if !e.Done || e.Executed.IsZero() {
		return out
	}
	for _, day := range casefile.CheckDays {
		c := plannedCheck{Day: day, On: e.Executed.UTC().AddDate(0, 0, day).Format(time.DateOnly)}
		for _, k := range e.Checks {
			if k.Day == day {
				c.Done, c.Holds = true, k.Holds
			}
		}
		out = append(out, c)
	}
	return out
}

type runningPage struct {
	D       casefile.Decision
	Case    casefile.Case
	Running running
	Run     store.Run
	Export  string
}

// decisionRunning shows what still runs after a decision.
func (s *Server) decisionRunning(v *visit) error {
	id := casefile.ID(v.r.PathValue("decision"))
	c, err := s.desk.Case(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.Decisions, func(d casefile.Decision) bool { return d.ID == id })
	if i < 0 {
		return casefile.ErrNotFound
	}
	x, err := s.stillRunning(v.ctx(), c.Decisions[i])
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(runningSheet(x))
	}
	return v.show(http.StatusOK, "running", "What still runs after "+string(id), runningPage{D: c.Decisions[i], Case: c,
		Running: x,
		Export:  "/decisions/" + string(id) + "/running?"})
}

func runningSheet(x running) sheet {
	return sheetOf("still-running-"+string(x.Decision), []string{"restriction", "restricted_on", "party", "kind", "id",
		"through", "from", "until", "state", "value", "currency",
		"next_check", "file", "at"}, x.Lines, func(l review.RunningLine) []any {
		return []any{l.Restriction, l.Day, l.Party, l.Kind, l.ID, l.Through, l.From, l.Until, l.State, l.Value,
			l.Currency, l.NextCheck, l.File, l.At}
	})
}

func (s *Server) apiRunning(a huma.API) {
	add(s, a, "GET", "/decisions/{id}/running", "get-running",
		"What still runs after a decision, by the newest review that had it among its records", readCases,
		func(ctx context.Context, me *actor, in *ItemInput) (running, error) {
			d, err := s.desk.Decision(ctx, me.Actor, casefile.ID(in.ID))
			if err != nil {
				return running{}, err
			}
			return s.stillRunning(ctx, d)
		})
}
