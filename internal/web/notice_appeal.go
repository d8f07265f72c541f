package web

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
	"plimsoll/internal/notice"
	"plimsoll/internal/publication"
)

// appealLeaf is the kind of the leaf that holds an appeal as it came.
const appealLeaf = "appeal"

// mostGrounds is how long the grounds of an appeal may be, in bytes: as long as what a notice says.
const mostGrounds = 24_000

// appealAsk is an appeal as it is sent under the code of a notice.
type appealAsk struct {
	Code     string `json:"code" doc:"Of a notice"`
	Decision string `json:"decision" doc:"Number of its page on the public site, such as P-0012, or of the decision"`
	By       string `json:"by" doc:"affected_people or notifier"`
	Grounds  string `json:"grounds"`
}

// An appealSeen is what its sender sees of an appeal: what the public site shows of it, too.
type appealSeen struct {
	ID       casefile.ID          `json:"appeal"`
	Decision casefile.ID          `json:"decision"`
	Received string               `json:"received"`
	State    casefile.AppealState `json:"state" doc:"filed, admitted, not_admitted or decided"`
	Ruling   string               `json:"ruling,omitempty" doc:"stands, sent_back or reversed"`
	Ruled    string               `json:"ruled,omitempty"`
	Due      string               `json:"due,omitempty" doc:"By which people who took no part before say the next word"`
}

// appealFault is something that the sender of an appeal can put right.
func appealFault(field, key string, args ...any) error {
	return &notice.Fault{Field: field, Key: key, Args: args}
}

// appeal takes an appeal in under the code of a notice.
func (d *noticeDoor) appeal(ctx context.Context, address string, q appealAsk) (seen appealSeen, err error) {
	grounds := strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(q.Grounds))
	switch {
	case grounds == "":
		return seen, appealFault("grounds", "appeal.needed")
	case len(grounds) > mostGrounds:
		return seen, appealFault("grounds", "fault.long", len(grounds), mostGrounds)
	case !utf8.ValidString(grounds) || strings.ContainsFunc(grounds, func(r rune) bool {
		return unicode.IsControl(r) &&
			r != '\n' && r != '\t'
	}):
		return seen, appealFault("grounds", "fault.characters")
	}
	if q.By != "notifier" {
		q.By = "affected_people"
	}
	first, err := d.firstOf(ctx, address, q.Code)
	if err != nil {
		return seen, err
	}
	id, err := d.server.public.DecisionOf(ctx, q.Decision)
	if errors.Is(err, publication.ErrNotFound) {
		return seen, appealFault("decision", "appeal.none")
	} else if err != nil {
		return seen, err
	}
	a := casefile.Appeal{Decision: id, By: q.By, Who: "the sender of notice " + string(first), Notice: string(first),
		Grounds: grounds}
	a, err = d.server.desk.AppealByNotice(ctx, a, func(tx *sql.Tx, a *casefile.Appeal) error {
		t, err := ledger.Append(ctx, tx, ledger.Entry{Kind: appealLeaf, Subject: string(a.ID), Actor: "sender",
			Content: appealText(a, d.box.To())})
		a.Leaf = t.ID
		return err
	})
	switch {
	case errors.Is(err, casefile.ErrRuns):
		return seen, appealFault("grounds", "appeal.runs")
	case errors.Is(err, casefile.ErrStage), errors.Is(err, casefile.ErrNotFound):
		return seen, appealFault("decision", "appeal.over")
	case err != nil:
		return seen, err
	}
	if d.server.cfg.Custody != nil && d.server.cfg.Custody.Wake != nil {
		d.server.cfg.Custody.Wake()
	}
	list, err := d.appeals(ctx, first)
	for _, x := range list {
		if x.ID == a.ID {
			return x, err
		}
	}
	return seenOf(a, time.Time{}), err
}

// appealText is what the leaf of an appeal holds: what came, and nothing about who sent it but the notice.
func appealText(a *casefile.Appeal, to string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "plimsoll.appeal/v1\nid %s\nto %s\nagainst %s\nby %s\nnotice %s\nreceived %s\n", a.ID, to,
		a.Decision, a.By, a.Notice, a.Received)
	for line := range strings.SplitSeq(a.Grounds, "\n") {
		b.WriteString("| " + line + "\n")
	}
	return b.Bytes()
}

// firstOf returns the first notice of a code: under it stand the appeals of whoever holds the code.
func (d *noticeDoor) firstOf(ctx context.Context, address, code string) (notice.ID, error) {
	list, err := d.box.Follow(ctx, address, code)
	if err != nil {
		return "", err
	}
	return list[len(list)-1].ID, nil
}

// appeals lists what became of the appeals under a code whose first notice this is.
func (d *noticeDoor) appeals(ctx context.Context, first notice.ID) (out []appealSeen, err error) {
	list, due, err := d.server.desk.AppealsOf(ctx, string(first))
	for i, a := range list {
		out = append(out, seenOf(a, due[i]))
	}
	return out, err
}

func seenOf(a casefile.Appeal, due time.Time) appealSeen {
	s := appealSeen{ID: a.ID, Decision: a.Decision, Received: a.Received, State: a.State, Ruling: a.Ruling}
	if !a.Ruled.IsZero() {
		s.Ruled = a.Ruled.UTC().Format(time.DateOnly)
	}
	if !due.IsZero() && a.Running() {
		s.Due = due.UTC().Format(time.DateOnly)
	}
	return s
}

// Stands says where an appeal stands, in the language of the page.
func (p noticePage) Stands(a appealSeen) template.HTML {
	if a.State == casefile.AppealDecided {
		return p.T("process.appeal."+a.Ruling, p.L.Day(a.Received), p.L.Day(a.Ruled))
	}
	return p.T("process.appeal."+string(a.State), p.L.Day(a.Received))
}

// Next says by when the next word on an appeal is due; "" where none is.
func (p noticePage) Next(a appealSeen) template.HTML {
	switch {
	case a.Due == "":
		return ""
	case a.State == casefile.AppealAdmitted:
		return p.T("appeal.ruled", p.L.Day(a.Due))
	}
	return p.T("appeal.until", p.L.Day(a.Due))
}

// appealForm reads the form of an appeal.
func appealForm(w http.ResponseWriter, r *http.Request) (q appealAsk, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*mostGrounds)
	if err := r.ParseForm(); err != nil {
		return q, err
	}
	f := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return appealAsk{f("code"), f("decision"), f("by"), r.PostForm.Get("grounds")}, nil
}

func (d *noticeDoor) appealPage(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "appeal", noticePage{Title: "appeal.title", Appeal: appealAsk{
		Decision: r.URL.Query().Get("decision")}})
}

// appealAgain is the form with a code filled in, which comes in a body: in an address it would stay in histories.
func (d *noticeDoor) appealAgain(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "appeal", noticePage{Title: "appeal.title", Code: d.field(w, r, "code")})
}

func (d *noticeDoor) appealSend(w http.ResponseWriter, r *http.Request) {
	q, err := appealForm(w, r)
	var seen appealSeen
	if err == nil {
		seen, err = d.appeal(r.Context(), hostOf(r.RemoteAddr), q)
	}
	if err != nil {
		t := d.diagnose(w, err)
		d.show(w, r, t.status, "appeal", noticePage{Title: "appeal.title", trouble: &t, Code: q.Code, Appeal: q})
		return
	}
	d.show(w, r, http.StatusOK, "appealed", noticePage{Title: "appeal.sent", Code: q.Code, Appeals: []appealSeen{seen}})
}

// appealProof makes the receipt of an appeal under a code.
func (d *noticeDoor) appealProof(ctx context.Context, address, code, id string) ([]byte, error) {
	first, err := d.firstOf(ctx, address, code)
	if err != nil {
		return nil, err
	}
	list, _, err := d.server.desk.AppealsOf(ctx, string(first))
	if err != nil {
		return nil, err
	}
	c := d.server.cfg.Custody
	for _, a := range list {
		if string(a.ID) != id || a.Leaf == "" || c == nil || c.Log == nil {
			continue
		}
		r, err := c.Log.Receipt(ctx, a.Leaf, ledger.FieldContent)
		switch {
		case errors.Is(err, ledger.ErrPending):
			return nil, notice.ErrPending
		case err != nil:
			return nil, err
		}
		return r.Encode(), nil
	}
	return nil, notice.ErrCode
}

func (d *noticeDoor) appealReceipt(w http.ResponseWriter, r *http.Request) {
	code, id := d.field(w, r, "code"), r.PostForm.Get("appeal")
	text, err := d.appealProof(r.Context(), hostOf(r.RemoteAddr), code, id)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="appeal-`+strings.Map(plainName, id)+`.tlog-proof"`)
	_, _ = w.Write(text)
}

// plainName leaves letters, digits and "-" of an id.
func plainName(r rune) rune {
	if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

func (d *noticeDoor) apiAppeal(w http.ResponseWriter, r *http.Request) {
	var q appealAsk
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4*mostGrounds)).Decode(&q); err != nil {
		d.fail(w, r, &notice.Fault{Reason: "The body is not the JSON that is asked for.", Key: "fault.json"})
		return
	}
	seen, err := d.appeal(r.Context(), hostOf(r.RemoteAddr), q)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	answerJSON(w, http.StatusOK, seen, plainJSON)
}

func (d *noticeDoor) apiAppealReceipt(w http.ResponseWriter, r *http.Request) {
	var q struct{ Code, Appeal string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&q); err != nil {
		d.fail(w, r, &notice.Fault{Reason: "The body is not the JSON that is asked for.", Key: "fault.json"})
		return
	}
	text, err := d.appealProof(r.Context(), hostOf(r.RemoteAddr), q.Code, q.Appeal)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text)
}
