package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/obligation"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
)

// demandsPage is what is demanded by when, as it stood on the day of a review.
type demandsPage struct {
	Run      store.Run
	Demands  *review.Demands
	Statuses []standing
	Status   obligation.Status // that is shown; "" for all
	Lines    []review.DemandLine
	Export   string
}

// A standing is a status with how many demands have it.
type standing struct {
	Status  obligation.Status
	Demands int
	At      string
}

// demandsOf returns the demands of a stored review, an empty register when it has none, with the lines of one status.
func (s *Server) demandsOf(ctx context.Context, run string, status obligation.Status) (store.Run, *review.Demands,
	[]review.DemandLine, error) {
	r, err := s.cfg.Store.Run(ctx, run)
	if err != nil {
		return r, nil, nil, err
	}
	if status != "" && !slices.Contains(obligation.Statuses, status) {
		return r, nil, nil, &invalid{"status", "no demand stands so: " + string(status)}
	}
	d := &review.Demands{Standing: []review.DemandLine{}, Lines: []review.Touched{}}
	if sum := summary(r); sum != nil && sum.Demands != nil {
		d = sum.Demands
	}
	lines := d.Standing
	if status != "" {
		lines = slices.DeleteFunc(slices.Clone(lines), func(l review.DemandLine) bool { return l.Status != status })
	}
	return r, d, lines, nil
}

// demands shows the register of a review, by status; as a table, as JSON or as a calendar.
func (s *Server) demands(v *visit) error {
	q := v.r.URL.Query()
	r, d, lines, err := s.demandsOf(v.ctx(), v.r.PathValue("run"), obligation.Status(q.Get("status")))
	if err != nil {
		return err
	}
	base := "/runs/" + r.ID + "/demands"
	p := demandsPage{Run: r, Demands: d, Lines: lines, Status: obligation.Status(q.Get("status")),
		Export: base + "?status=" + url.QueryEscape(q.Get("status")) + "&"}
	switch {
	case q.Get("format") == "ics":
		return v.calendarOf(r, lines)
	case v.wants() != "":
		return v.send(demandSheet(r.ID, lines))
	}
	p.Statuses = append(p.Statuses, standing{"", len(d.Standing), base})
	for _, status := range obligation.Statuses {
		n := 0
		for i := range d.Standing {
			if d.Standing[i].Status == status {
				n++
			}
		}
		if n > 0 {
			p.Statuses = append(p.Statuses, standing{status, n, base + "?status=" + url.QueryEscape(string(status))})
		}
	}
	return v.show(http.StatusOK, "demands", "What is demanded by when", p)
}

func demandSheet(run string, lines []review.DemandLine) sheet {
	return sheetOf("demands-"+run, []string{"demand_id", "status", "due", "days_late", "text", "of", "addressee",
		"instrument", "clause", "issuer", "force", "read",
		"source", "source_sha256", "engagements", "may_concern", "answers", "words"}, lines,
		func(l review.DemandLine) []any {
			return []any{l.Demand, string(l.Status), l.Due, l.Late, l.Text, string(l.Of), l.Addressee, l.Instrument,
				l.Clause, l.Issuer, string(l.Force), string(l.Read),
				l.Source, l.SHA256, l.Concerns, l.May, some(l.Answers), l.Words}
		})
}

// calendarOf sends the days of demands that are not met as a calendar.
func (v *visit) calendarOf(r store.Run, lines []review.DemandLine) error {
	asOf, err := time.Parse(time.DateOnly, r.AsOf)
	if err != nil {
		return err
	}
	return v.ics("demands-"+r.ID, asOf, lines)
}

type demandsOut struct {
	AsOf    string          `json:"as_of"`
	Demands *review.Demands `json:"demands"`
}

func (s *Server) apiDemands(a huma.API) {
	add(s, a, "GET", "/runs/{run}/demands", "list-demands",
		"What is demanded of whom by when, and which engagements of a review that concerns", readFindings,
		func(ctx context.Context, _ *actor, in *struct {
			RunInput
			Status string `query:"status" doc:"How the demands stand, such as overdue; all when empty"`
		}) (demandsOut, error) {
			r, d, lines, err := s.demandsOf(ctx, in.Run, obligation.Status(in.Status))
			if err != nil {
				return demandsOut{}, err
			}
			out := *d
			out.Standing = lines
			if in.Status != "" {
				out.Lines = slices.DeleteFunc(slices.Clone(d.Lines), func(t review.Touched) bool {
					return string(t.Status) != in.Status
				})
			}
			return demandsOut{r.AsOf, &out}, nil
		})
}
