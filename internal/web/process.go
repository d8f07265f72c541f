package web

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
)

// processMove makes a move of an appeal, a remedy or a second look; "" and false for another move.
func (s *Server) processMove(v *visit, move string, f form) (did string, mine bool, err error) {
	ctx, by, file := v.ctx(), v.by(), casefile.ID(v.r.PathValue("case"))
	id := casefile.ID(f.text("id"))
	if id.File() != file && id != "" {
		return "", true, casefile.ErrNotFound
	}
	switch move {
	case "appeal":
		a := casefile.Appeal{Decision: casefile.ID(f.text("decision")), By: f.text("by"), Who: f.text("who"),
			Notice: f.text("notice"), Received: f.text("received"), Grounds: f.text("grounds")}
		if a.Decision = orOf(a.Decision, file, "D"); a.Decision.File() != file {
			return "", true, casefile.ErrNotFound
		}
		_, err = s.desk.Appeal(ctx, by, a)
	case "admit":
		err = s.desk.AdmitAppeal(ctx, by, orOf(id, file, "A"), f.text("admit") != "no", f.text("reasons"))
	case "rule":
		err = s.desk.RuleOnAppeal(ctx, by, orOf(id, file, "A"), f.text("ruling"), f.text("reasons"))
	case "remedy":
		r := casefile.Remedy{Decision: casefile.ID(f.text("decision")), Kind: f.text("kind"), Text: f.text("text"),
			With: f.text("with"), Wanted: f.text("wanted")}
		for _, l := range f.lines("steps") {
			part := append(strings.Split(l, "|"), "", "")
			r.Steps = append(r.Steps, casefile.Step{Text: strings.TrimSpace(part[0]), Owner: strings.TrimSpace(part[1]),
				Due: strings.TrimSpace(part[2])})
		}
		_, err = s.desk.ProposeRemedy(ctx, by, file, r)
	case "agree":
		err = s.desk.AgreeRemedy(ctx, by, orOf(id, file, "R"), f.text("agree") != "no", f.text("reasons"))
	case "remedystep":
		err = s.desk.DoRemedyStep(ctx, by, orOf(id, file, "R"), f.number("step"), f.text("proof"))
	case "remedycheck":
		err = s.desk.CheckRemedyStep(ctx, by, orOf(id, file, "R"), f.number("step"), f.text("holds") != "no",
			f.text("found"))
	case "audit":
		err = s.desk.Audit(ctx, by, orOf(id, file, "U"), f.text("holds") != "no", f.text("found"))
	case "holdreview":
		err = s.desk.ReviewHold(ctx, by, file, f.text("why"))
	default:
		return "", false, nil
	}
	return "process", true, err
}

// orOf names a thing that is not there where a form names none, so that roles are looked at first.
func orOf(id, file casefile.ID, kind string) casefile.ID {
	if id != "" {
		return id
	}
	return file + "-" + casefile.ID(kind) + "0"
}

type (
	appealBody struct {
		Decision string `json:"decision"`
		By       string `json:"by" doc:"named_party, notifier or affected_people"`
		Who      string `json:"who" doc:"An office of the party, or a code; never the name of a person"`
		Notice   string `json:"notice"`
		Received string `json:"received"`
		Grounds  string `json:"grounds" doc:"In the words in which they came"`
	}
	admitBody struct {
		Admit   bool   `json:"admit"`
		Reasons string `json:"reasons"`
	}
	rulingBody struct {
		Ruling  string `json:"ruling" doc:"stands, sent_back or reversed"`
		Reasons string `json:"reasons"`
	}
	stepOut struct {
		Text  string `json:"text"`
		Owner string `json:"owner"`
		Due   string `json:"due"`
	}
	remedyBody struct {
		Decision string    `json:"decision"`
		Kind     string    `json:"kind"`
		Text     string    `json:"text"`
		With     string    `json:"with"`
		Wanted   string    `json:"wanted" doc:"What affected people asked for"`
		Steps    []stepOut `json:"steps"`
	}
	stepBody struct {
		Step  int    `json:"step" doc:"1 is the first"`
		Proof string `json:"proof"`
	}
	stepCheckBody struct {
		Step  int    `json:"step"`
		Holds bool   `json:"holds"`
		Found string `json:"found"`
	}
	holdBody struct {
		Why string `json:"why" doc:"Why the hold stays"`
	}
	auditBody struct {
		Holds bool   `json:"holds"`
		Found string `json:"found"`
	}
	processOut struct {
		Appeals  []casefile.Appeal `json:"appeals"`
		Remedies []casefile.Remedy `json:"remedies"`
		Audits   []casefile.Audit  `json:"audits"`
	}
)

func (s *Server) apiProcess(a huma.API) {
	d := s.desk
	add(s, a, "GET", "/cases/{case}/processes", "list-processes", "Appeals, remedies and second looks of a case",
		readCases,
		func(ctx context.Context, me *actor, in *CaseInput) (processOut, error) {
			c, err := d.Case(ctx, me.Actor, casefile.ID(in.Case))
			return processOut{c.Appeals, c.Remedies, c.Audits}, err
		})
	add(s, a, "POST", "/cases/{case}/appeals", "file-appeal", "Record an appeal against a decision", workCase,
		func(ctx context.Context, me *actor, in *caseMove[appealBody]) (made, error) {
			b := in.Body
			if b.Decision == "" {
				b.Decision = in.Case + "-D0"
			}
			if casefile.ID(b.Decision).File() != casefile.ID(in.Case) {
				return made{}, casefile.ErrNotFound
			}
			id, err := d.Appeal(ctx, me.Actor, casefile.Appeal{Decision: casefile.ID(b.Decision), By: b.By, Who: b.Who,
				Notice: b.Notice, Received: b.Received, Grounds: b.Grounds})
			return made{ID: string(id)}, err
		})
	add(s, a, "POST", "/cases/{case}/remedies", "propose-remedy", "Put a remedy down for another person to agree",
		workCase, func(ctx context.Context, me *actor, in *caseMove[remedyBody]) (made, error) {
			b := in.Body
			r := casefile.Remedy{Decision: casefile.ID(b.Decision), Kind: b.Kind, Text: b.Text, With: b.With,
				Wanted: b.Wanted}
			for _, x := range b.Steps {
				r.Steps = append(r.Steps, casefile.Step{Text: x.Text, Owner: x.Owner, Due: x.Due})
			}
			id, err := d.ProposeRemedy(ctx, me.Actor, casefile.ID(in.Case), r)
			return made{ID: string(id)}, err
		})
	add(s, a, "POST", "/cases/{case}/hold-reviews", "review-hold",
		"Record the half-yearly look at a legal hold that stays", workCase, func(ctx context.Context, me *actor,
			in *caseMove[holdBody]) (made, error) {
			return made{ID: in.Case}, d.ReviewHold(ctx, me.Actor, casefile.ID(in.Case), in.Body.Why)
		})
	item(s, a, "/appeals/{id}/admit", "admit-appeal", "Say whether an appeal is heard; never who took part before",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b admitBody) error {
			return d.AdmitAppeal(ctx, by, id, b.Admit, b.Reasons)
		})
	item(s, a, "/appeals/{id}/rule", "rule-appeal", "Rule on an appeal; never who took part before",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b rulingBody) error {
			return d.RuleOnAppeal(ctx, by, id, b.Ruling, b.Reasons)
		})
	item(s, a, "/remedies/{id}/agree", "agree-remedy", "Agree to a remedy, or refuse it", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b admitBody) error {
		return d.AgreeRemedy(ctx, by, id, b.Admit, b.Reasons)
	})
	item(s, a, "/remedies/{id}/step", "do-remedy-step", "Record that a step of a remedy was done",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b stepBody) error {
			return d.DoRemedyStep(ctx, by, id, b.Step, b.Proof)
		})
	item(s, a, "/remedies/{id}/check", "check-remedy-step", "Record an independent look at a step",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b stepCheckBody) error {
			return d.CheckRemedyStep(ctx, by, id, b.Step, b.Holds, b.Found)
		})
	item(s, a, "/audits/{id}", "audit-clearance", "Record the second look at a clearance; never who took part before",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b auditBody) error {
			return d.Audit(ctx, by, id, b.Holds, b.Found)
		})
}
