package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

type decidePage struct {
	Case                  casefile.Case
	P                     casefile.Proposal
	Interim               bool
	Checked               bool // somebody pressed "check" or "propose"
	Missing               []string
	Outcomes              []casefile.Outcome
	Standards             []casefile.Standard
	Severities            []casefile.Severity
	Actions, Involvements []string
	Why                   map[casefile.Outcome]string // reasons against milder outcomes
	Duties                string
	Key                   string
	Claims                map[casefile.ID]bool
	Findings              map[string]bool
}

// decide shows the form of a proposal, with what it still lacks.
func (s *Server) decide(v *visit) error {
	if err := v.by().May(casefile.MovePropose); err != nil {
		return err
	}
	c, err := s.desk.Case(v.ctx(), v.by(), casefile.ID(v.r.PathValue("case")))
	if err != nil {
		return err
	}
	p := casefile.Proposal{Severity: c.Severity, Scope: casefile.Scope{Party: c.Party, PartyName: c.PartyName}}
	for _, k := range c.Claims {
		if k.Holds() {
			p.Claims = append(p.Claims, k.ID)
		}
	}
	for _, f := range c.Findings {
		if f.State == "raised" {
			p.Findings = append(p.Findings, f.ID)
		}
	}
	return s.decideShow(v, http.StatusOK, c, p, v.r.URL.Query().Get("interim") == "yes", false)
}

func (s *Server) decideShow(v *visit, status int, c casefile.Case, p casefile.Proposal, interim, checked bool) error {
	page := decidePage{Case: c, P: p, Interim: interim, Checked: checked, Missing: casefile.Lacks(c, p, interim),
		Outcomes: casefile.Outcomes, Standards: casefile.Standards,
		Actions: casefile.Actions, Severities: casefile.Severities, Involvements: casefile.Involvements,
		Why: map[casefile.Outcome]string{}, Key: newID(""),
		Claims: map[casefile.ID]bool{}, Findings: map[string]bool{}}
	for _, o := range p.Rejected {
		page.Why[o.Outcome] = o.Why
	}
	for _, id := range p.Claims {
		page.Claims[id] = true
	}
	for _, id := range p.Findings {
		page.Findings[id] = true
	}
	for _, d := range p.Duties {
		page.Duties += d.Text + " | " + d.Owner + " | " + d.Due + "\n"
	}
	return v.show(status, "decide", "Propose a decision", page)
}

// proposalOf reads the form of a decision.
func proposalOf(f form) casefile.Proposal {
	p := casefile.Proposal{
		Service: f.text("service"), Outcome: casefile.Outcome(f.text("outcome")),
		Standard: casefile.Standard(f.text("standard")),
		Severity: casefile.Severity(f.text("severity")), Critical: f.yes("critical"), Reasons: f.text("reasons"),
		Claims: f.ids("claim"), Findings: f.all("finding"), Involved: f.text("involved"),
		Involving: f.text("involving"), Leverage: f.text("leverage"), ExitHarm: f.text("exit_harm"),
		Narrowest: f.text("narrowest"), LegalAble: f.text("legal"), Notice: f.text("notice"),
		NotSeen: f.text("not_seen"), Watch: f.lines("watch"), Reversal: f.text("reversal"),
		Start: f.text("start"), End: f.text("end"), Review: f.text("review"), Confirms: casefile.ID(f.text("confirms")),
		Replaces: casefile.ID(f.text("replaces")),
		Scope: casefile.Scope{Party: f.text("party"), PartyName: f.text("party_name"),
			Descendants: f.yes("descendants"), Accounts: f.words("accounts"), Services: f.words("services"),
			Capabilities: f.words("capabilities"), Regions: f.words("regions"), Actions: f.all("action")},
	}
	for _, o := range casefile.Outcomes {
		if why := f.text("against-" + string(o)); why != "" {
			p.Rejected = append(p.Rejected, casefile.Option{Outcome: o, Why: why})
		}
	}
	for _, l := range f.lines("duties") {
		part := append(strings.Split(l, "|"), "", "")
		p.Duties = append(p.Duties, casefile.Duty{Text: strings.TrimSpace(part[0]), Owner: strings.TrimSpace(part[1]),
			Due: strings.TrimSpace(part[2])})
	}
	return p
}

func (s *Server) decideSend(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := v.by().May(casefile.MovePropose); err != nil {
		return err
	}
	id := casefile.ID(v.r.PathValue("case"))
	c, err := s.desk.Case(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	p, interim := proposalOf(f), f.yes("interim")
	if f.text("do") != "propose" || len(casefile.Lacks(c, p, interim)) > 0 {
		status := http.StatusOK
		if f.text("do") == "propose" {
			status = http.StatusUnprocessableEntity
		}
		return s.decideShow(v, status, c, p, interim, true)
	}
	propose := s.desk.Propose
	if interim {
		propose = s.desk.Interim
	}
	d, err := propose(v.ctx(), v.by(), id, p)
	if err != nil {
		return err
	}
	return v.to("/decisions/"+string(d.ID), "proposed")
}

type decisionPage struct {
	D        casefile.Decision
	Case     casefile.Case
	Names    map[string]string
	Needed   int
	Yes      int
	Key      string
	Claims   []casefile.Claim
	Findings []casefile.Finding
	Checks   []int
}

func (s *Server) decision(v *visit) error {
	id := casefile.ID(v.r.PathValue("decision"))
	c, err := s.desk.Case(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.Decisions, func(d casefile.Decision) bool { return d.ID == id })
	if i < 0 {
		return casefile.ErrNotFound
	}
	d := c.Decisions[i]
	if v.wants() == "json" {
		return v.json(d)
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p := decisionPage{D: d, Case: c, Names: who, Needed: casefile.Approvals(d), Key: newID(""),
		Checks: casefile.CheckDays}
	for _, x := range d.Voices {
		if x.Kind == "approve" {
			p.Yes++
		}
	}
	for _, k := range c.Claims {
		if slices.Contains(d.Claims, k.ID) {
			p.Claims = append(p.Claims, k)
		}
	}
	for _, f := range c.Findings {
		if slices.Contains(d.Findings, f.ID) {
			p.Findings = append(p.Findings, f)
		}
	}
	return v.show(http.StatusOK, "decision", string(d.ID)+" "+d.Service, p)
}

func (s *Server) decisionMove(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if v.r.PathValue("move") == "approve" {
		if err := s.formFactor(v); err != nil {
			return err
		}
	}
	ctx, by, id := v.ctx(), v.by(), casefile.ID(v.r.PathValue("decision"))
	did := ""
	switch v.r.PathValue("move") {
	case "approve":
		did, err = "approved", s.desk.Approve(ctx, by, id, f.text("reasons"))
	case "refuse":
		did, err = "refused", s.desk.Refuse(ctx, by, id, f.text("reasons"))
	case "dissent":
		did, err = "dissent", s.desk.Dissent(ctx, by, id, f.text("reasons"))
	case "execute":
		did, err = "executed", s.desk.Execute(ctx, by, id, casefile.Execution{Done: f.text("done") == "yes",
			Before: f.text("before"), After: f.text("after"), Failure: f.text("failure")})
	case "duty":
		did, err = "verified", s.desk.MeetDuty(ctx, by, id, f.number("duty"), f.text("how"))
	case "verify":
		did, err = "verified", s.desk.Verify(ctx, by, id, casefile.Check{Day: f.number("day"),
			Holds: f.text("holds") == "yes", Found: f.text("found"), Evasion: f.text("evasion")})
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.to("/decisions/"+string(id), did)
}

type recordPage struct {
	R     casefile.Record
	Names map[string]string
	Case  casefile.ID
	Paths [][]finding.Step
}

// decisionRecord is the record with its 29 points, for people or as JSON.
func (s *Server) decisionRecord(v *visit) error {
	id := casefile.ID(v.r.PathValue("decision"))
	r, err := s.desk.Record(v.ctx(), v.by(), id)
	if err != nil {
		return err
	}
	if v.wants() == "json" {
		v.w.Header().Set("Content-Disposition", `attachment; filename="`+string(id)+`.json"`)
		return v.json(r)
	}
	who, _, err := s.names(v.ctx())
	if err != nil {
		return err
	}
	p := recordPage{R: r, Names: who, Case: id.File()}
	for _, b := range r.EndUser.Paths {
		var path []finding.Step
		if err := json.Unmarshal(b, &path); err != nil {
			return fmt.Errorf("read ownership path of record %s: %w", id, err)
		}
		p.Paths = append(p.Paths, path)
	}
	return v.show(http.StatusOK, "record", "Record of "+string(id), p)
}

func (v *visit) json(x any) error {
	v.w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(v.w)
	e.SetIndent("", "  ")
	return e.Encode(x)
}
