package docket_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/ledger"
	"plimsoll/internal/obligation"
	"plimsoll/internal/review"
	"plimsoll/internal/store"
)

var rita = casefile.Actor{ID: "rita", Roles: []casefile.Role{casefile.Reviewer}}

// house opens a store whose events are followed by the ledger, with one review that holds demands.
func house(t *testing.T, lines ...obligation.Line) (*store.Store, *docket.Docket, *time.Time) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2032, 7, 2, 9, 0, 0, 0, time.UTC)
	cases := casefile.NewDesk(db)
	cases.Now = func() time.Time { return now }
	db.Now = cases.Now
	d := docket.New(cases)
	d.Now = func() time.Time { return now }
	addRun(t, db, "2032-07-01", lines...)
	return db, d, &now
}

func addRun(t *testing.T, db *store.Store, asOf string, lines ...obligation.Line) {
	t.Helper()
	x := review.Demands{}
	for _, l := range lines {
		x.Standing = append(x.Standing, review.DemandLine{Line: l, Concerns: 1})
		x.Lines = append(x.Lines, review.Touched{Demand: l.Demand, Engagement: "E-1", Party: "party-1"})
	}
	b, err := json.Marshal(map[string]any{"as_of": asOf, "tool": map[string]string{"version": "t"}, "demands": x})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "review.json"), b, 0o644),
		os.WriteFile(filepath.Join(dir, "findings.jsonl"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.SaveRun(t.Context(), "", dir); err != nil {
		t.Fatal(err)
	}
}

func line(id, due string, status obligation.Status) obligation.Line {
	return obligation.Line{Demand: id, Due: due, Status: status, Of: obligation.OfCompanies,
		Text: "Stop deliveries of " + id}
}

// TestClock: a status moves with the days and with answers, and every change of it is recorded once, with a leaf.
func TestClock(t *testing.T) {
	db, d, now := house(t, line("far", "2032-09-30", obligation.Pending), line("near", "2032-07-10",
		obligation.DueSoon), line("late", "2032-06-01", obligation.Overdue),
		line("undated", "", obligation.DueUnknown), obligation.Line{Demand: "nobody", Due: "2032-06-01",
			Status: obligation.AddresseeOpen})
	d.Cases.Follow = func(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
		_, err := ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Case, Subject: string(e.Subject), Actor: e.Actor,
			Row: &ledger.Row{Table: "event", Key: "seq", Value: strconv.FormatInt(e.Seq, 10), Columns: []string{
				"at", "text"}}})
		return err
	}
	status := func(id string) string {
		t.Helper()
		x, err := d.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return string(x.Status)
	}
	tick := func(want int) {
		t.Helper()
		if n, err := d.Tick(t.Context()); err != nil || n != want {
			t.Errorf("%d changes, %v; want %d", n, err, want)
		}
	}
	tick(5)
	tick(0)
	*now = now.AddDate(0, 0, 9) // the day after "near"
	tick(1)
	for id, want := range map[string]string{"far": "pending", "near": "overdue", "late": "overdue",
		"undated": "due not known", "nobody": "addressee not known"} {
		if got := status(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	a := docket.Answer{Demand: "near", By: "Example Cloud", Acted: obligation.Done, Text: "Deliveries ended.",
		Date: "2032-07-09", Publisher: "its annual report"}
	id, err := d.Answer(t.Context(), rita, a)
	if err != nil || status("near") != "met" {
		t.Fatalf("answered: %v, %s", err, status("near"))
	}
	tick(0) // the answer settled it at once
	a.Demand, a.Text = "undated", "Done what is asked."
	if _, err := d.Answer(t.Context(), rita, a); err != nil || status("undated") != "due not known" {
		t.Errorf("a demand without a day is met by an answer: %s, %v", status("undated"), err)
	}
	a.Demand = "nobody"
	if _, err := d.Answer(t.Context(), rita, a); err != nil || status("nobody") != "addressee not known" {
		t.Errorf("a demand of nobody is met by an answer: %s, %v", status("nobody"), err)
	}
	if _, err := d.Answer(t.Context(), rita, docket.Answer{Demand: "near", Takes: id,
		Reason: "It was about another delivery."}); err != nil || status("near") != "overdue" {
		t.Errorf("taken back: %s, %v", status("near"), err)
	}
	if _, err := d.Answer(t.Context(), rita, docket.Answer{Demand: "near", Takes: id, Reason: "again"}); err == nil {
		t.Error("an answer was taken back twice")
	}
	x, err := d.Get(t.Context(), "near")
	if err != nil {
		t.Fatal(err)
	}
	var h []string
	for _, c := range x.History {
		h = append(h, c.Day+" "+string(c.Status))
	}
	if got := strings.Join(h, "; "); got != "2032-07-02 due soon; 2032-07-11 overdue; 2032-07-11 met; 2032-07-11 overdue" {
		t.Errorf("history: %s", got)
	}
	err = db.Read(t.Context(), func(tx *sql.Tx) error {
		events, err := docket.Events(t.Context(), tx, "near")
		for _, e := range events {
			if found, err := ledger.FindRow(t.Context(), tx, "event", strconv.FormatInt(e.Seq, 10)); err != nil ||
				len(found) != 1 {
				t.Errorf("event %d (%s) has %d leaves, %v", e.Seq, e.Text, len(found), err)
			}
		}
		if len(events) != 6 {
			t.Errorf("%d events, want 6", len(events))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// A review of records without any demands takes none away; one that no longer holds a demand does.
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "review.json"), []byte(`{"as_of":"2032-07-11"}`), 0o644),
		os.WriteFile(filepath.Join(dir, "findings.jsonl"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.SaveRun(t.Context(), "", dir); err != nil {
		t.Fatal(err)
	}
	tick(0)
	addRun(t, db, "2032-07-11", line("far", "2032-09-30", obligation.Pending))
	tick(4)
	if list, err := d.Of(t.Context(), "party-1"); err != nil || len(list) != 1 {
		t.Errorf("demands of the party: %d, %v", len(list), err)
	}
}

// TestAnswerNeeds: who may answer, and what an answer needs.
func TestAnswerNeeds(t *testing.T) {
	_, d, _ := house(t, line("near", "2032-07-10", obligation.DueSoon))
	whole := docket.Answer{Demand: "near", By: "x", Acted: obligation.Done, Text: "y", Date: "2032-07-01",
		Publisher: "z"}
	for _, tt := range []struct {
		name   string
		by     casefile.Actor
		change func(*docket.Answer)
		want   string
	}{
		{"a publisher", casefile.Actor{ID: "p", Roles: []casefile.Role{casefile.Publisher}}, func(*docket.Answer) {},
			casefile.ErrForbidden.Error()},
		{"a program", casefile.Actor{ID: "p", Roles: rita.Roles, Program: true}, func(*docket.Answer) {},
			casefile.ErrProgram.Error()},
		{"no words", rita, func(a *docket.Answer) { a.Text = " " }, "the words"},
		{"another word for done", rita, func(a *docket.Answer) { a.Acted = "mostly" }, "done, partly"},
		{"a day that lies ahead", rita, func(a *docket.Answer) { a.Date = "2032-07-03" }, "a day that has come"},
		{"no day", rita, func(a *docket.Answer) { a.Date = "July" }, "the day"},
		{"nobody says so", rita, func(a *docket.Answer) { a.Publisher = "" }, "who says so"},
		{"a grade that is none", rita, func(a *docket.Answer) { a.Grade = "Z9" }, "a grade"},
		{"a demand that is not there", rita, func(a *docket.Answer) { a.Demand = "other" }, docket.ErrNotFound.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := whole
			tt.change(&a)
			if _, err := d.Answer(t.Context(), tt.by, a); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
