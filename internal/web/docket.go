package web

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/ledger"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record/table"
	"plimsoll/internal/review"
)

// docketPage is what is demanded by when, as it stands today.
type docketPage struct {
	Today    time.Time
	Run      string
	AsOf     string
	All      int
	Concern  int
	Overdue  int
	Statuses []standing
	Status   obligation.Status
	Lines    []docket.Demand
	Export   string
}

// demandsToday lists the demands of the newest review as they stand today, those of one status when one is named.
func (s *Server) demandsToday(ctx context.Context, status obligation.Status) (all, shown []docket.Demand, err error) {
	if status != "" && !slices.Contains(obligation.Statuses, status) {
		return nil, nil, &invalid{"status", "no demand stands so: " + string(status)}
	}
	if all, err = s.docket.List(ctx); err != nil {
		return nil, nil, err
	}
	shown = all
	if status != "" {
		shown = slices.DeleteFunc(slices.Clone(all), func(d docket.Demand) bool { return d.Status != status })
	}
	return all, shown, nil
}

// docketList shows them; as a table, as JSON or as a calendar.
func (s *Server) docketList(v *visit) error {
	q := v.r.URL.Query()
	status := obligation.Status(q.Get("status"))
	all, shown, err := s.demandsToday(v.ctx(), status)
	if err != nil {
		return err
	}
	lines := make([]review.DemandLine, len(shown))
	for i := range shown {
		lines[i] = shown[i].DemandLine
	}
	switch {
	case q.Get("format") == "ics":
		return v.ics("demands", s.cfg.Now(), lines)
	case v.wants() != "":
		return v.send(demandSheet("today", lines))
	}
	p := docketPage{Today: s.cfg.Now(), All: len(all), Status: status, Lines: shown, Export: "/demands?status=" +
		url.QueryEscape(string(status)) + "&"}
	n := map[obligation.Status]int{}
	for _, d := range all {
		p.Run, p.AsOf = d.Run, d.AsOf
		n[d.Status]++
		if d.Concerns > 0 {
			p.Concern++
			if d.Status == obligation.Overdue {
				p.Overdue++
			}
		}
	}
	p.Statuses = append(p.Statuses, standing{"", len(all), "/demands"})
	for _, st := range obligation.Statuses {
		if n[st] > 0 {
			p.Statuses = append(p.Statuses, standing{st, n[st], "/demands?status=" + url.QueryEscape(string(st))})
		}
	}
	return v.show(http.StatusOK, "docket", "Demands", p)
}

type demandPage struct {
	D     docket.Demand
	Names map[string]string
	Acts  []obligation.Acted
	Today string
	Key   string
	Can   bool
	Proof bool // receipts can be had
}

func (s *Server) demand(v *visit) error {
	d, err := s.docket.Get(v.ctx(), v.r.PathValue("demand"))
	if err != nil {
		return err
	}
	switch v.wants() {
	case "":
	case "json":
		return v.json(d)
	default:
		return v.send(touchedSheet(d))
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "demand", "Demand "+d.Line.Demand, demandPage{D: d, Names: who,
		Acts:  []obligation.Acted{obligation.Done, obligation.Partly, obligation.Refused, obligation.Silent},
		Today: s.cfg.Now().UTC().Format(time.DateOnly), Key: newID(""), Can: v.me.Is("investigator", "reviewer",
			"counsel"), Proof: s.cfg.Custody != nil && s.cfg.Custody.Log != nil})
}

// touchedHead are the columns of what a demand touches.
var touchedHead = []string{"engagement", "by", "not_known", "kind", "end_user", "item", "value", "currency", "signed",
	"start", "end", "file", "at"}

func touchedRow(t review.Touched) []string {
	return []string{t.Engagement, t.By, t.Open, t.Kind, t.EndUser, t.Item, t.Value, t.Currency, t.Signed, t.Start,
		t.End, t.File, t.At}
}

func touchedSheet(d docket.Demand) sheet {
	return sheetOf("demand-"+d.Line.Demand, touchedHead, d.Touched, func(t review.Touched) []any {
		out := make([]any, len(touchedHead))
		for i, c := range touchedRow(t) {
			out[i] = c
		}
		return out
	})
}

func (s *Server) demandAnswer(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	a := docket.Answer{Demand: v.r.PathValue("demand"), By: f.text("by"), Acted: obligation.Acted(f.text("acted")),
		Text: f.text("text"), Date: f.text("date"), Publisher: f.text("publisher"),
		Source: f.text("source"), Grade: f.text("grade"), Case: casefile.ID(f.text("case")), Takes: f.text("takes"),
		Reason: f.text("reason")}
	if _, err := s.docket.Answer(v.ctx(), v.by(), a); err != nil {
		return err
	}
	return v.to("/demands/"+url.PathEscape(a.Demand), "demand-answered")
}

// ics sends the days of demands that are not met as a calendar.
func (v *visit) ics(name string, asOf time.Time, lines []review.DemandLine) error {
	list := make([]obligation.Line, len(lines))
	for i := range lines {
		list[i] = lines[i].Line
	}
	var b bytes.Buffer
	if err := obligation.WriteICS(&b, asOf, list); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.ics"`)
	_, _ = v.w.Write(b.Bytes()) // the reader went away
	return nil
}

// A demandEvent is an event of a demand with the receipt that proves it.
type demandEvent struct {
	At      time.Time
	Kind    string
	Text    string
	Receipt string // name of the file; "" when none can be had yet
}

type demandSheetPage struct {
	D      docket.Demand
	Events []demandEvent
	Today  time.Time
	VKey   string
}

// demandExport sends what we did about one demand: a page, the receipts of each step and the engagements it touches.
func (s *Server) demandExport(v *visit) error {
	d, err := s.docket.Get(v.ctx(), v.r.PathValue("demand"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := s.demandFolder(v.ctx(), z, "", d); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/zip")
	v.w.Header().Set("Content-Disposition", `attachment; filename="what-we-did.zip"`)
	v.w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = v.w.Write(b.Bytes()) // the reader went away
	return nil
}

// demandFolder writes the page, the receipts and the touched engagements of a demand under a prefix.
func (s *Server) demandFolder(ctx context.Context, z *zip.Writer, prefix string, d docket.Demand) error {
	p := demandSheetPage{D: d, Today: s.cfg.Now()}
	receipts, err := s.demandReceipts(ctx, d.Line.Demand, &p)
	if err != nil {
		return err
	}
	put := func(name string, b []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: prefix + name, Method: zip.Deflate, Modified: p.Today.UTC()})
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	var page bytes.Buffer
	if err := s.pages.sets["demand"].ExecuteTemplate(&page, "sheet", p); err != nil {
		return fmt.Errorf("write page of demand: %w", err)
	}
	if err := put("what-we-did.html", page.Bytes()); err != nil {
		return err
	}
	for _, e := range p.Events {
		if e.Receipt != "" {
			if err := put(e.Receipt, receipts[e.Receipt]); err != nil {
				return err
			}
		}
	}
	if p.VKey != "" {
		if err := put("vkey", []byte(p.VKey+"\n")); err != nil {
			return err
		}
		if err := put("receipts/vkey", []byte(p.VKey+"\n")); err != nil {
			return err
		}
	}
	var rows bytes.Buffer
	w := csv.NewWriter(&rows)
	list := [][]string{touchedHead}
	for _, t := range d.Touched {
		row := touchedRow(t)
		for i := range row {
			row[i] = table.Inert(row[i])
		}
		list = append(list, row)
	}
	if err := w.WriteAll(list); err != nil {
		return err
	}
	return put("touched.csv", rows.Bytes())
}

// demandReceipts fills in the events of a demand and returns the receipts that there are, by the names of their files.
func (s *Server) demandReceipts(ctx context.Context, id string, p *demandSheetPage) (map[string][]byte, error) {
	var events []casefile.Event
	leaves := map[int64]string{}
	err := s.cfg.Store.Read(ctx, func(tx *sql.Tx) (err error) {
		if events, err = docket.Events(ctx, tx, id); err != nil {
			return err
		}
		for _, e := range events {
			found, err := ledger.FindRow(ctx, tx, "event", strconv.FormatInt(e.Seq, 10))
			if err != nil {
				return err
			}
			if len(found) > 0 {
				leaves[e.Seq] = found[0].ID
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, e := range events {
		x := demandEvent{At: e.At, Kind: string(e.Kind), Text: e.Text}
		if c := s.cfg.Custody; c != nil && c.Log != nil && leaves[e.Seq] != "" {
			r, err := c.Log.Receipt(ctx, leaves[e.Seq], ledger.FieldRow)
			switch {
			case err == nil:
				x.Receipt = fmt.Sprintf("receipts/%s-%d.tlog-proof", e.At.UTC().Format(time.DateOnly), e.Seq)
				out[x.Receipt], p.VKey = r.Encode(), c.VKey
			case !errors.Is(err, ledger.ErrPending):
				return nil, err
			}
		}
		p.Events = append(p.Events, x)
	}
	return out, nil
}

// demandTasks are the demands that wait for somebody: overdue or due soon, and concerning engagements.
func (s *Server) demandTasks(ctx context.Context, by casefile.Actor) ([]casefile.Task, error) {
	if by.Program || !by.Has(docket.Answerers...) {
		return nil, nil
	}
	list, err := s.docket.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []casefile.Task
	for _, d := range list {
		if !d.Open() {
			continue
		}
		t := casefile.Task{Kind: "demand", About: casefile.AboutDemand, Subject: casefile.ID(d.Line.Demand),
			Title: d.Line.Text, Text: "Demanded, " +
				string(d.Status) + ": " + d.DueWords, Late: d.Status == obligation.Overdue}
		if day, err := time.Parse(time.DateOnly, d.Due); err == nil {
			t.Due = day.AddDate(0, 0, 1).Add(-time.Microsecond)
		}
		out = append(out, t)
	}
	return out, nil
}

// inboxOf lists what waits for an actor: of cases, then of demands, the most urgent of both first.
func (s *Server) inboxOf(ctx context.Context, by casefile.Actor) ([]casefile.Task, error) {
	list, err := s.desk.Inbox(ctx, by)
	if err != nil {
		return nil, err
	}
	more, err := s.demandTasks(ctx, by)
	if err != nil {
		return nil, err
	}
	list = append(list, more...)
	slices.SortStableFunc(list, func(a, b casefile.Task) int {
		switch {
		case a.Due.IsZero() && b.Due.IsZero():
			return 0
		case a.Due.IsZero():
			return 1
		case b.Due.IsZero():
			return -1
		}
		return a.Due.Compare(b.Due)
	})
	return list, nil
}

// demandMoments are the changes of demands that concern a party, for its timeline.
func (s *Server) demandMoments(ctx context.Context, party string, until time.Time) (out []casefile.Event,
	demands []docket.Demand, err error) {
	if demands, err = s.docket.Of(ctx, party); err != nil {
		return nil, nil, err
	}
	for _, d := range demands {
		for _, c := range d.History {
			if c.At.After(until) {
				continue
			}
			text := fmt.Sprintf("Demand %s stands: %s (%s)", d.Line.Demand, c.Status, d.Line.Text)
			out = append(out, casefile.Event{At: c.At, Actor: "clock", Kind: casefile.EventDemandStatus,
				Subject: casefile.ID(d.Line.Demand), Party: party, Text: text})
		}
	}
	return out, demands, nil
}

type (
	docketOut struct {
		Demands []docket.Demand `json:"demands"`
	}
	demandInput struct {
		Demand string `path:"demand"`
	}
	demandAnswerBody struct {
		By        string           `json:"by" doc:"Whoever acted"`
		Acted     obligation.Acted `json:"acted" doc:"done, partly, refused or no_answer"`
		Text      string           `json:"text"`
		Date      string           `json:"date" doc:"On which it was done, such as 2032-07-01"`
		Publisher string           `json:"publisher" doc:"Who says so"`
		Source    string           `json:"source" doc:"Where it can be read"`
		Grade     string           `json:"grade"`
		Case      string           `json:"case"`
		Takes     string           `json:"takes_back" doc:"Id of an answer that no longer counts; then only the reason is needed"`
		Reason    string           `json:"reason"`
	}
)

func (s *Server) apiDocket(a huma.API) {
	add(s, a, "GET", "/demands", "list-demands-today",
		"The demands of the newest review as they stand today, with answers and every change of a status", readFindings,
		func(ctx context.Context, _ *actor, in *struct {
			Status string `query:"status" doc:"How the demands stand, such as overdue; all when empty"`
		}) (docketOut, error) {
			_, list, err := s.demandsToday(ctx, obligation.Status(in.Status))
			return docketOut{append([]docket.Demand{}, list...)}, err
		})
	add(s, a, "GET", "/demands/{demand}", "get-demand", "One demand as it stands today", readFindings,
		func(ctx context.Context, _ *actor, in *demandInput) (docket.Demand, error) {
			return s.docket.Get(ctx, in.Demand)
		})
	add(s, a, "POST", "/demands/{demand}/answers", "answer-demand",
		"Record what was done about a demand, or take an answer back", workCase,
		func(ctx context.Context, me *actor, in *struct {
			Idem
			Demand string `path:"demand" doc:"Id of the demand"`
			Body   demandAnswerBody
		}) (made, error) {
			b := in.Body
			id, err := s.docket.Answer(ctx, me.Actor, docket.Answer{Demand: in.Demand, By: b.By, Acted: b.Acted,
				Text: b.Text, Date: b.Date, Publisher: b.Publisher, Source: b.Source, Grade: b.Grade,
				Case: casefile.ID(b.Case), Takes: b.Takes, Reason: b.Reason})
			return made{ID: id}, err
		})
}
