package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
)

// names maps the ids of people to their names.
func (s *Server) names(ctx context.Context) (map[string]string, []store.Person, error) {
	list, err := s.cfg.Store.People(ctx)
	if err != nil {
		return nil, nil, err
	}
	m := map[string]string{"clock": "the clock", "": "the program", "register": "the register of claims"}
	for _, p := range list {
		m[p.ID] = p.Name
	}
	return m, list, nil
}

// named puts names for ids into events.
func named(events []casefile.Event, who map[string]string) []casefile.Event {
	out := slices.Clone(events)
	for i := range out {
		if id, says := out[i].Assignee(); says && id != "" {
			out[i].Text = "Assigned to " + nameOf(who, id)
		}
		out[i].Actor = nameOf(who, out[i].Actor)
	}
	return out
}

func nameOf(who map[string]string, id string) string {
	if n, ok := who[id]; ok {
		return n
	}
	return id
}

type inboxPage struct {
	Tasks  []task
	Late   int
	Unread int // stories of notices that nobody has read
	Public int // publications that wait for this person's word
	Since  time.Time
	// Changes are what others did lately to the reader's roles and sign-ins.
	Changes []auditLine
}

type task struct {
	casefile.Task
	Href string
}

func (s *Server) inbox(v *visit) error {
	if !v.me.may(readCases) {
		// An admin has no cases: the first page is the people.
		http.Redirect(v.w, v.r, "/people", http.StatusSeeOther)
		return nil
	}
	list, err := s.inboxOf(v.ctx(), v.by())
	if err != nil {
		return err
	}
	if v.wants() != "" {
		return v.send(sheetOf("inbox", []string{"kind", "case", "subject", "title", "text", "due", "late"}, list,
			func(t casefile.Task) []any {
				return []any{t.Kind, string(t.Case), string(t.Subject), t.Title, t.Text, stampOf(t.Due), t.Late}
			}))
	}
	p := inboxPage{}
	if p.Changes, err = s.changesOf(v.ctx(), v.me.ID); err != nil {
		return err
	}
	if s.cfg.Notices != nil && v.me.may(workNotices) {
		if p.Unread, err = s.cfg.Notices.Unread(v.ctx()); err != nil {
			return err
		}
	}
	if p.Public, err = s.public.Waiting(v.ctx(), v.by()); err != nil {
		return err
	}
	for _, t := range list {
		x := task{t, "/cases/" + string(t.Case)}
		switch t.About {
		case casefile.AboutDemand:
			x.Href = "/demands/" + url.PathEscape(string(t.Subject))
		case casefile.AboutDecision:
			x.Href = "/decisions/" + string(t.Subject)
		case casefile.AboutLetter:
			x.Href = "/letters/" + string(t.Subject)
		}
		if t.Late {
			p.Late++
		}
		p.Tasks = append(p.Tasks, x)
	}
	return v.show(http.StatusOK, "inbox", "Inbox", p)
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type casesPage struct {
	casefile.Page
	Filter     casefile.Query
	Stages     []casefile.Stage
	Names      map[string]string
	People     []store.Person
	Severities []casefile.Severity
	More       string // address of the next page
	First      string
	Export     string
	Now        time.Time
}

const pageRows = 50

func (s *Server) cases(v *visit) error {
	q := v.r.URL.Query()
	who, people, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	f := casefile.Query{Stage: casefile.Stage(q.Get("stage")), Severity: casefile.Severity(q.Get("severity")),
		Assignee: q.Get("assignee"), Label: q.Get("label"), Text: q.Get("q"), Open: q.Get("closed") != "yes",
		Cursor: q.Get("after"),
		Limit:  pageRows}
	if v.wants() != "" {
		return v.send(s.caseSheet(v, f, who))
	}
	list, err := s.desk.Cases(v.ctx(), v.by(), f)
	if err != nil {
		return err
	}
	p := casesPage{Page: list, Filter: f, Stages: casefile.Stages, Names: who, People: people,
		Severities: casefile.Severities, Now: s.cfg.Now()}
	at := func(set, value string) string {
		u := copyOf(q)
		u.Del("done")
		u.Del("after")
		if set != "" {
			u.Set(set, value)
		}
		return "/cases?" + u.Encode()
	}
	if list.Next != "" {
		p.More = at("after", list.Next)
	}
	if q.Get("after") != "" {
		p.First = at("", "")
	}
	p.Export = at("", "") + "&"
	return v.show(http.StatusOK, "cases", "Cases", p)
}

func copyOf(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}

func (s *Server) caseSheet(v *visit, f casefile.Query, who map[string]string) sheet {
	return sheet{"cases", []string{"id", "title", "party", "stage", "severity", "assignee", "restricted", "opened",
		"changed", "closed"}, func(yield func([]any, error) bool) {
		f.Limit, f.Cursor = 500, ""
		for {
			list, err := s.desk.Cases(v.ctx(), v.by(), f)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, c := range list.Cases {
				if !yield([]any{string(c.ID), c.Title, c.PartyName, string(c.Stage), c.Severity,
					nameOf(who, c.Assignee), c.Restricted, stampOf(c.Opened), stampOf(c.Changed), stampOf(c.Closed)},
					nil) {
					return
				}
			}
			if f.Cursor = list.Next; f.Cursor == "" {
				return
			}
		}
	}}
}

type casePage struct {
	Case       casefile.Case
	Steps      []step
	Next       casefile.Stage
	Needs      []string
	Back       []casefile.Stage
	Names      map[string]string
	People     []store.Person
	Timeline   []moment
	Origins    int
	Statuses   []string
	Severities []casefile.Severity
	Running    []casefile.Clock
	Appealable []casefile.Decision
	Remedies   []string
	Now        time.Time
	Key        string
}

type step struct {
	Stage casefile.Stage
	Past  bool
	Here  bool
}

func (s *Server) caseView(v *visit) error {
	c, err := s.desk.Case(v.ctx(), v.by(), casefile.ID(v.r.PathValue("case")))
	if err != nil {
		return err
	}
	if v.wants() == "json" && v.r.URL.Query().Get("table") == "" {
		return v.json(c)
	}
	who, people, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p := casePage{Case: c, Names: who, People: people, Origins: casefile.Origins(c.Claims), Statuses: casefile.Statuses,
		Severities: casefile.Severities, Now: s.cfg.Now(), Key: newID("")}
	at := slices.Index(casefile.Stages, c.Stage)
	for i, st := range casefile.Stages {
		p.Steps = append(p.Steps, step{st, i < at, i == at})
		if i < at && i >= 2 {
			p.Back = append(p.Back, st)
		}
	}
	if at >= 2 && at < len(casefile.Stages)-2 {
		p.Next = casefile.Stages[at+1]
		p.Needs = casefile.Needs(c, p.Next)
	}
	for _, k := range c.Clocks {
		if k.Ended.IsZero() {
			p.Running = append(p.Running, k)
		}
	}
	p.Remedies = casefile.Remedies
	for _, x := range c.Decisions {
		if !x.Decided.IsZero() && !slices.Contains([]casefile.State{casefile.Refused, casefile.Replaced,
			casefile.Confirmed, casefile.Ended}, x.State) {
			p.Appealable = append(p.Appealable, x)
		}
	}
	p.Timeline = moments(named(c.Events, who), c.Claims, time.Time{})
	slices.Reverse(p.Timeline)
	for i := range p.Timeline {
		p.Timeline[i].Case = "" // this one
	}
	if v.wants() != "" {
		return v.export(p.sheets())
	}
	return v.show(http.StatusOK, "case", string(c.ID)+" "+c.Title, p)
}

type newCasePage struct {
	Key, Run, Finding, Party, PartyName, Title, Severity, Sentence string
	Severities                                                     []casefile.Severity
}

func (s *Server) caseNew(v *visit) error {
	if err := v.by().May(casefile.MoveOpen); err != nil {
		return err
	}
	q := v.r.URL.Query()
	p := newCasePage{Key: newID(""), Run: q.Get("run"), Finding: q.Get("finding"), Party: q.Get("party"),
		Severities: casefile.Severities}
	if p.Finding != "" {
		f, _, err := s.cfg.Store.Finding(v.ctx(), p.Run, p.Finding)
		if err != nil {
			return err
		}
		p.Party, p.Severity, p.Sentence = f.Subject.Party, f.Severity, f.Sentence
		p.Title = f.Title
		p.PartyName = f.Subject.Name
	}
	if p.Party != "" {
		name, err := s.partyName(v.ctx(), p.Party)
		if err != nil {
			return err
		}
		p.PartyName = name
	}
	return v.show(http.StatusOK, "casenew", "Open a case", p)
}

func (s *Server) caseOpen(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	o := casefile.Opening{
		Title: f.text("title"), Party: f.text("party"), PartyName: f.text("party_name"),
		Severity:   casefile.Severity(f.text("severity")),
		Restricted: f.yes("restricted"), Labels: f.words("labels"),
		Trigger: casefile.Trigger{Kind: f.text("kind"), Channel: f.text("channel"), Who: f.text("who"),
			Received: f.text("received"), Text: f.text("text"), Risk: f.text("risk")},
	}
	if f.text("finding") != "" {
		o.Findings = []casefile.FindingRef{{Run: f.text("run"), ID: f.text("finding")}}
	}
	c, err := s.desk.Open(v.ctx(), v.by(), o)
	if err != nil {
		return err
	}
	return v.to("/cases/"+string(c.ID), "opened")
}

func (s *Server) findingLink(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(f.text("case"))
	if id == "" {
		return &invalid{"case", "choose the case that the finding is put into"}
	}
	if err := s.desk.LinkFinding(v.ctx(), v.by(), id, casefile.FindingRef{Run: f.text("run"), ID: f.text("finding")}); err != nil {
		return err
	}
	return v.to("/cases/"+string(id)+"#findings", "finding")
}

// caseMove makes one move on a case; which one stands in the path.
func (s *Server) caseMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	ctx, by, id := v.ctx(), v.by(), casefile.ID(v.r.PathValue("case"))
	did := "saved"
	switch v.r.PathValue("move") {
	case "triage":
		err = s.desk.Triage(ctx, by, id, f.version(), casefile.Severity(f.text("severity")), casefile.Triage{
			Scale: f.text("scale"), Scope: f.text("scope"), Irremediability: f.text("irremediability"),
			Likelihood: f.text("likelihood"), Urgency: f.text("urgency"), Outcome: f.text("outcome"),
			Reason: f.text("reason"), Into: casefile.ID(f.text("into"))})
	case "advance":
		did = "moved"
		err = s.desk.Advance(ctx, by, id, f.version(), casefile.Stage(f.text("to")), f.text("reason"))
	case "assign":
		did = "assigned"
		if err = s.colleagues(ctx, f.text("person")); err == nil {
			err = s.desk.Assign(ctx, by, id, f.version(), f.text("person"))
		}
	case "comment":
		did = "comment"
		err = s.desk.Comment(ctx, by, id, f.text("text"))
	case "label":
		err = s.desk.Label(ctx, by, id, f.words("add"), f.all("remove"))
	case "relate":
		err = s.desk.Relate(ctx, by, id, casefile.ID(f.text("other")), f.text("kind"), f.text("note"))
	case "restrict":
		if err = s.colleagues(ctx, f.all("member")...); err == nil {
			err = s.desk.Restrict(ctx, by, id, f.version(), f.yes("restricted"), f.all("member"), f.text("reason"))
		}
	case "declare":
		did = "declared"
		err = s.desk.DeclareConflict(ctx, by, id, f.text("interest"), f.yes("paid"))
	case "recuse":
		did = "declared"
		if err = s.desk.Recuse(ctx, by, id, f.text("reason"), f.yes("paid")); err == nil {
			return v.to("/cases", did) // the case itself is closed to them now
		}
	case "claim":
		did = "claim"
		_, err = s.desk.AddClaim(ctx, by, id, claimOf(f))
	case "answer":
		err = s.desk.AnswerFinding(ctx, by, id, f.text("finding"), f.text("answer"))
	case "letter":
		l, e := s.desk.DraftLetter(ctx, by, id, casefile.LetterDraft{To: f.text("to"), Language: f.text("language"),
			Days: f.number("days"), Text: f.text("text")})
		if e != nil {
			return e
		}
		return v.to("/letters/"+string(l.ID), "letter")
	case "dossier":
		err = s.saveDossier(v, id, f)
	case "pause":
		if f.yes("resume") {
			err = s.desk.Resume(ctx, by, id, int64(f.number("clock")))
		} else {
			err = s.desk.Pause(ctx, by, id, int64(f.number("clock")), f.text("why"))
		}
	case "close":
		did = "moved"
		err = s.desk.Close(ctx, by, id, f.version(), f.text("reason"))
	case "reopen":
		did = "moved"
		err = s.desk.Reopen(ctx, by, id, f.text("reason"))
	default:
		var mine bool
		if did, mine, err = s.processMove(v, v.r.PathValue("move"), f); !mine {
			return errNoPage
		}
	}
	if err != nil {
		return err
	}
	return v.to("/cases/"+string(id.File()), did)
}

// colleagues refuses people to whom no case can be given: who is unknown, whose account is
// closed, whose roles read no case. "" is nobody.
func (s *Server) colleagues(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if id == "" {
			continue
		}
		p, err := s.cfg.Store.Person(ctx, id)
		switch {
		case errors.Is(err, store.ErrNoPerson):
			return &invalid{"person", "there is no person with the id " + id}
		case err != nil:
			return err
		case p.Disabled || !p.Actor().MayRead():
			return &invalid{"person", p.Name + " cannot read cases: the account is closed or no role lets it"}
		}
	}
	return nil
}

func claimOf(f form) casefile.Claim {
	c := casefile.Claim{Text: f.text("text"), Source: f.text("source"), URL: f.text("url"),
		Published: f.text("published"), Origin: f.text("origin"),
		Capability: f.text("capability"), Unit: f.text("unit"), Window: f.text("window"), Anonymous: f.yes("anonymous"),
		Critical: f.yes("critical"), Denies: casefile.ID(f.text("denies"))}
	if g := f.text("grade"); len(g) == 2 {
		c.Grades = []casefile.Grade{{Source: g[:1], Information: g[1:], Reason: f.text("grade_reason")}}
	}
	return c
}

// saveDossier changes the parts of the dossier that the form shows and keeps the others.
func (s *Server) saveDossier(v *visit, id casefile.ID, f form) error {
	if err := v.by().May(casefile.MoveDossier); err != nil {
		return err
	}
	c, err := s.desk.Case(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	d := c.Dossier
	for name, field := range map[string]*string{
		"hold": &d.Hold, "coverage": &d.Coverage, "content": &d.Content, "end_user": &d.EndUser,
		"innocent": &d.Innocent, "affected": &d.Affected, "experts": &d.Experts,
		"legal": &d.LegalNotes, "privileged": &d.Privileged, "remedy": &d.Remedy, "publication": &d.Publication,
		"appeal": &d.Appeal, "law": &d.LawAsAt,
		"language": &d.Language, "no_letter": &d.NoLetter, "no_letter_until": &d.NoLetterTill,
		"scope_from": &d.Scope.From, "scope_to": &d.Scope.To, "scope_out": &d.Scope.Out,
	} {
		if v.r.PostForm.Has(name) {
			*field = f.text(name)
		}
	}
	for name, field := range map[string]*[]string{"entities": &d.Scope.Entities, "contracts": &d.Scope.Contracts,
		"services": &d.Scope.Services, "regions": &d.Scope.Regions,
		"redactions": &d.Redactions, "reopen": &d.ReopenWhen} {
		if v.r.PostForm.Has(name) {
			*field = f.lines(name)
		}
	}
	if v.r.PostForm.Has("context") {
		d.Context = nil
		for _, l := range f.lines("context") {
			part := strings.Split(l, "|")
			if len(part) != 4 {
				return &invalid{"context", "a line of the context has four parts: code | statement | source | date; " +
					"this has not: " + l}
			}
			d.Context = append(d.Context, casefile.Modifier{Code: strings.TrimSpace(part[0]),
				Text: strings.TrimSpace(part[1]), Source: strings.TrimSpace(part[2]), Date: strings.TrimSpace(part[3])})
		}
	}
	return s.desk.SetDossier(v.ctx(), v.by(), id, f.version(), d)
}

// claimMove grades a claim or changes its status.
func (s *Server) claimMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("claim"))
	did := "graded"
	switch v.r.PathValue("move") {
	case "grade":
		g := f.text("grade")
		if len(g) != 2 {
			return &invalid{"grade", "a grade is a letter from A to F and a number from 1 to 6"}
		}
		err = s.desk.GradeClaim(v.ctx(), v.by(), id, casefile.Grade{Source: g[:1], Information: g[1:],
			Reason: f.text("reason")})
	case "mark":
		did = "saved"
		err = s.desk.MarkClaim(v.ctx(), v.by(), id, f.yes("critical"), f.text("reason"))
	case "status":
		did = "status"
		err = s.desk.SetClaimStatus(v.ctx(), v.by(), id, casefile.StatusChange{Status: f.text("status"),
			Text: f.text("text"), Reason: f.text("reason"), Authority: f.text("authority")})
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.to("/cases/"+string(id.File())+"#claims", did)
}

type letterPage struct {
	Letter  casefile.Letter
	Case    casefile.Case
	Names   map[string]string
	Answers []string
	Claims  map[casefile.ID]casefile.Claim
	Key     string
}

// Said lists what the party said to a claim, in this letter or another, oldest first.
func (p letterPage) Said(claim casefile.ID) []casefile.Reply { return p.Claims[claim].Replies }

func (s *Server) letter(v *visit) error {
	id := casefile.ID(v.r.PathValue("letter"))
	c, err := s.desk.Case(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.Letters, func(l casefile.Letter) bool { return l.ID == id })
	if i < 0 {
		return casefile.ErrNotFound
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p := letterPage{Letter: c.Letters[i], Case: c, Names: who, Answers: casefile.Answers,
		Claims: map[casefile.ID]casefile.Claim{}, Key: newID("")}
	for _, k := range c.Claims {
		p.Claims[k.ID] = k
	}
	return v.show(http.StatusOK, "letter", "Letter to "+p.Letter.To, p)
}

func (s *Server) letterMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("letter"))
	did := "sent"
	switch v.r.PathValue("move") {
	case "send":
		err = s.desk.SendLetter(v.ctx(), v.by(), id, casefile.Sending{Proof: f.text("proof"), Days: f.number("days"),
			Shorter: f.text("shorter")})
	case "attempt":
		did = "saved"
		err = s.desk.Attempt(v.ctx(), v.by(), id, f.text("how"))
	case "reply":
		did = "reply"
		var replies []casefile.Reply
		for _, k := range f.all("claim") {
			if a := f.text("answer-" + k); a != "" {
				replies = append(replies, casefile.Reply{Claim: casefile.ID(k), Answer: a, Text: f.text("text-" + k),
					Received: f.text("received"), Effect: f.text("effect-" + k)})
			}
		}
		err = s.desk.RecordReply(v.ctx(), v.by(), id, replies)
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.to("/letters/"+string(id), did)
}
