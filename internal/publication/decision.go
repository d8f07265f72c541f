package publication

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
)

// decisionPage makes the page of a decision, with nothing taken out yet. No name of anybody who works here is on it.
func decisionPage(c casefile.Case, x casefile.Decision, asOf time.Time) Page {
	p := Page{Kind: OfDecision, Subject: string(x.ID), AsOf: asOf.UTC().Format(time.DateOnly)}
	p.decisionFacts(c, x)
	reasons := []Block{{Text: x.Reasons}}
	for _, b := range []Block{{"involvement", x.Involving, nil}, {"leverage", x.Leverage, nil},
		{"exit_harm", x.ExitHarm, nil}, {"narrowest", x.Narrowest, nil},
		{"legal", x.LegalAble, nil}, {"notice_given", x.Notice, nil}, {"reversal", x.Reversal, nil}} {
		if b.Text != "" {
			reasons = append(reasons, b)
		}
	}
	p.section("reasons", reasons...)
	var options []Block
	for _, o := range x.Rejected {
		options = append(options, Block{Term: "outcome." + string(o.Outcome), Text: o.Why})
	}
	p.section("options", options...)
	p.section("claims", claimsOf(c, x)...)
	var flags []Block
	for _, f := range c.Findings {
		if slices.Contains(x.Findings, f.ID) {
			flags = append(flags, Block{Text: f.Flag + ": " + f.Sentence})
			if f.Answer != "" {
				flags = append(flags, Block{Term: "found_out", Text: f.Answer})
			}
		}
	}
	p.section("findings", flags...)
	p.section("innocent", Block{Text: c.Dossier.Innocent})
	p.section("coverage", Block{Text: c.Dossier.Coverage}, Block{Term: "left_out", Text: c.Dossier.Scope.Out},
		Block{Term: "not_reviewed", Text: x.NotSeen},
		Block{Term: "content", Text: or(c.Dossier.Content, casefile.ContentStatement)})
	var duties []Block
	for _, d := range x.Duties {
		text := d.Text
		if d.Due != "" {
			text += " (" + d.Due + ")"
		}
		duties = append(duties, Block{Term: map[bool]string{true: "condition_met",
			false: "condition_open"}[d.Met != ""], Text: text})
	}
	for _, w := range x.Watch {
		duties = append(duties, Block{Term: "watched", Text: w})
	}
	p.section("conditions", duties...)
	p.section("enforcement", enforcement(x)...)
	var dissent []Block
	for _, v := range x.Voices {
		if v.Kind == "dissent" {
			dissent = append(dissent, Block{Text: v.Reasons})
		}
	}
	p.section("dissent", dissent...)
	remedies := []Block{{Text: c.Dossier.Remedy}}
	for _, r := range c.Remedies {
		if r.Decision != x.ID || r.State != casefile.RemedyAgreed && r.State != casefile.RemedyDone {
			continue
		}
		remedies = append(remedies, Block{Term: "remedy_with", Text: r.With}, Block{Term: "remedy_wanted",
			Text: r.Wanted}, Block{Term: "remedy_agreed", Text: r.Text})
		for _, s := range r.Steps {
			term := "step_open"
			if !s.Checked.IsZero() {
				term = "step_done"
			}
			remedies = append(remedies, Block{Term: term, Text: s.Text + " (" + s.Due + ")"})
		}
	}
	p.section("remedy", remedies...)
	appeals := []Block{{Text: c.Dossier.Appeal}}
	for _, a := range c.Appeals {
		if a.Decision != x.ID {
			continue
		}
		q := &Quote{Source: a.Who, Hidden: a.By != "named_party", On: a.Received, Text: a.Grounds}
		if q.Hidden {
			q.Source = ""
		}
		appeals = append(appeals, Block{Quote: q})
		switch a.State {
		case casefile.AppealNotAdmitted:
			appeals = append(appeals, Block{Term: "appeal_not_heard", Text: a.Why})
		case casefile.AppealDecided:
			appeals = append(appeals, Block{Term: "appeal_" + a.Ruling, Text: a.Reasons})
		}
	}
	p.section("appeal", appeals...)
	return p
}

func or(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}

// section adds a part with what it holds; one that holds nothing is left out.
func (p *Page) section(part string, blocks ...Block) {
	blocks = slices.DeleteFunc(blocks, func(b Block) bool { return b.Quote == nil && strings.TrimSpace(b.Text) == "" })
	if len(blocks) > 0 {
		p.Sections = append(p.Sections, Section{Part: part, Heading: "section." + part, Blocks: blocks})
	}
}

func (p *Page) fact(part, term, group, text string) {
	if strings.TrimSpace(text) != "" {
		p.Facts = append(p.Facts, Fact{Part: part, Term: "fact." + term, Group: group, Text: text})
	}
}

func (p *Page) decisionFacts(c casefile.Case, x casefile.Decision) {
	p.fact("", "outcome", "outcome", string(x.Outcome))
	p.fact("service", "service", "", x.Service)
	p.fact("party", "party", "", or(x.Scope.PartyName, c.PartyName))
	for i, a := range x.Scope.Actions {
		p.fact("scope", "action", "action", a)
		if i > 0 {
			p.Facts[len(p.Facts)-1].Term = "" // one term for all
		}
	}
	p.fact("scope", "regions", "", strings.Join(x.Scope.Regions, ", "))
	p.fact("", "standard", "standard", string(x.Standard))
	p.fact("", "involvement", "involvement", x.Involved)
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.DateOnly)
	}
	p.fact("", "opened", "day", day(c.Opened))
	p.fact("", "decided", "day", day(x.Decided))
	p.fact("", "start", "day", x.Start)
	p.fact("", "end", "day", or(x.End, day(x.Ends)))
	p.fact("", "review", "day", x.Review)
	yes := 0
	for _, v := range x.Voices {
		if v.Kind == "approve" {
			yes++
		}
	}
	p.fact("", "people", "people", fmt.Sprint(yes+1))
}

// claimsOf lists what a decision rests on, and what denies it, each with the party's replies in full.
func claimsOf(c casefile.Case, x casefile.Decision) (out []Block) {
	asked := map[casefile.ID]bool{}
	for _, l := range c.Letters {
		for _, a := range l.Assertions {
			asked[a.Claim] = asked[a.Claim] || !l.Sent.IsZero()
		}
	}
	for _, k := range c.Claims {
		if !slices.Contains(x.Claims, k.ID) && !slices.Contains(x.Claims, k.Denies) {
			continue
		}
		q := &Quote{Source: k.Source, Hidden: k.Anonymous, On: k.Published, Text: k.Text, Status: k.Status,
			Asks: asked[k.ID]}
		if k.Anonymous {
			q.Source = ""
		}
		if n := len(k.Grades); n > 0 {
			q.Grade = k.Grades[n-1].String()
		}
		for _, h := range k.History {
			if h.Status == casefile.FoundByAuthority && k.Status == h.Status {
				q.Found = h.Authority
			}
		}
		for _, r := range k.Replies {
			q.Replies = append(q.Replies, Said{Answer: r.Answer, On: r.Received, Text: r.Text})
		}
		out = append(out, Block{Quote: q})
	}
	return out
}

// enforcement says what was ordered and what became of it: an order that was not carried out stays in sight.
func enforcement(x casefile.Decision) (out []Block) {
	e := x.Enforced
	if e.Failure != "" && !e.Done {
		out = append(out, Block{Term: "not_done", Text: e.Failure})
	}
	if e.Done {
		out = append(out, Block{Term: "done_on", Text: e.Executed.UTC().Format(time.DateOnly)})
	}
	for _, k := range e.Checks {
		term := "check_fails"
		if k.Holds {
			term = "check_holds"
		}
		out = append(out, Block{Term: term, Text: k.At.UTC().Format(time.DateOnly)})
	}
	return out
}
