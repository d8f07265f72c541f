package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
)

// A holiday is one day that is not worked.
type holiday struct {
	Day  string `json:"day" doc:"A date like 2026-12-25"`
	Name string `json:"name"`
}

type calendarPage struct {
	Week     []restDay
	Holidays []holiday
	Text     string // the holidays, one a line, for the form
	Today    time.Time
	Ends     time.Time // of ten working days that begin today
}

type restDay struct {
	Name  string
	Rests bool
}

// week is in the order in which pages show it.
var week = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday,
	time.Sunday}

func rests(c casefile.Calendar, d time.Weekday) bool {
	if c.Rest == nil {
		return d == time.Saturday || d == time.Sunday
	}
	return c.Rest[d]
}

func holidays(c casefile.Calendar) []holiday {
	out := []holiday{}
	for _, day := range slices.Sorted(maps.Keys(c.Holidays)) {
		out = append(out, holiday{day, c.Holidays[day]})
	}
	return out
}

// calendar shows which days count for the clocks of cases.
func (s *Server) calendar(v *visit) error {
	c, err := s.desk.Calendar(v.ctx())
	if err != nil {
		return err
	}
	p := calendarPage{Holidays: holidays(c), Today: s.cfg.Now()}
	p.Ends = c.Add(p.Today, 10)
	for _, d := range week {
		p.Week = append(p.Week, restDay{d.String(), rests(c, d)})
	}
	var b strings.Builder
	for _, h := range p.Holidays {
		b.WriteString(strings.TrimSpace(h.Day+" "+h.Name) + "\n")
	}
	p.Text = b.String()
	if v.wants() != "" {
		return v.send(sheetOf("holidays", []string{"day", "name"}, p.Holidays, func(h holiday) []any {
			return []any{h.Day, h.Name}
		}))
	}
	return v.show(http.StatusOK, "calendar", "Working days", p)
}

func (s *Server) calendarSave(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	days, err := casefile.ParseHolidays(strings.NewReader(f.text("holidays")))
	if err != nil {
		return &invalid{"holidays", strings.TrimPrefix(err.Error(), "read holidays: ")}
	}
	c := casefile.Calendar{Rest: map[time.Weekday]bool{}, Holidays: days}
	for _, name := range f.all("rest") {
		d, ok := casefile.Weekday(name)
		if !ok {
			return &invalid{"rest", "there is no day of the week that is called " + name}
		}
		c.Rest[d] = true
	}
	if err := s.desk.SetCalendar(v.ctx(), v.by(), c); err != nil {
		return err
	}
	return v.to("/holidays", "saved")
}

// calendarBody is the calendar in the API.
type calendarBody struct {
	Rest     []string  `json:"rest" doc:"Days of the week that are not worked, such as saturday"`
	Holidays []holiday `json:"holidays"`
}

func (s *Server) apiCalendar(a huma.API) {
	add(s, a, "GET", "/calendar", "get-calendar", "Which days count for the clocks of cases", readHealth,
		func(ctx context.Context, _ *actor, _ *noInput) (calendarBody, error) {
			c, err := s.desk.Calendar(ctx)
			o := calendarBody{Rest: []string{}, Holidays: holidays(c)}
			for _, d := range week {
				if rests(c, d) {
					o.Rest = append(o.Rest, strings.ToLower(d.String()))
				}
			}
			return o, err
		})
	add(s, a, "PUT", "/calendar", "set-calendar", "Replace the working days; clocks that run keep their date", setDays,
		func(ctx context.Context, me *actor, in *struct{ Body calendarBody }) (calendarBody, error) {
			c := casefile.Calendar{Rest: map[time.Weekday]bool{}, Holidays: map[string]string{}}
			for _, name := range in.Body.Rest {
				d, ok := casefile.Weekday(name)
				if !ok {
					return in.Body, &invalid{"rest", "there is no day of the week that is called " + name}
				}
				c.Rest[d] = true
			}
			for _, h := range in.Body.Holidays {
				if _, twice := c.Holidays[h.Day]; twice {
					return in.Body, &invalid{"holidays", h.Day + " stands there twice"}
				}
				c.Holidays[h.Day] = h.Name
			}
			return in.Body, s.desk.SetCalendar(ctx, me.Actor, c)
		})
}
