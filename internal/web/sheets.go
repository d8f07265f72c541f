package web

import (
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/review"
)

// export sends one of the tables of a page: the one that the address names, or the page's
// only one under "".
func (v *visit) export(tables map[string]sheet) error {
	s, ok := tables[v.r.URL.Query().Get("table")]
	if !ok {
		return errNoPage
	}
	return v.send(s)
}

// runSheets are the tables of the page of a review.
func runSheets(id string, s *review.Summary) map[string]sheet {
	if s == nil {
		return nil
	}
	type read struct {
		review.Input
		reason string
	}
	var inputs []read
	for _, i := range s.Inputs {
		inputs = append(inputs, read{i, ""})
	}
	for _, u := range s.Unknown {
		inputs = append(inputs, read{review.Input{File: u.File, SHA256: u.SHA256, Kind: "not read"}, u.Reason})
	}
	return map[string]sheet{
		"flags": sheetOf("flags-"+id, []string{"flag", "title", "family", "checked", "raised", "not_raised", "exempt",
			"not_computable", "not_applicable", "missing"},
			slices.Sorted(maps.Keys(s.Flags)), func(k string) []any {
				f := s.Flags[k]
				return []any{k, f.Title, f.Family, f.Checked, f.Raised, f.NotRaised, f.Exempt, f.NotComputable,
					f.NotApplicable, some(f.Missing)}
			}),
		"coverage": sheetOf("coverage-"+id, []string{"family", "title", "flags", "computable", "share_of_checks",
			"missing"}, s.Coverage.Families, func(f review.Family) []any {
			return []any{f.ID, f.Title, f.Flags, f.Computable, f.Share, some(f.Missing)}
		}),
		"inputs": sheetOf("inputs-"+id, []string{"file", "kind", "sha256", "rows", "used", "not_used", "reason"},
			inputs, func(i read) []any {
				return []any{i.File, i.Kind, i.SHA256, i.Rows, i.Records, i.Rejects, i.reason}
			}),
	}
}

// policySheets are the tables of the policy page, over all packs.
func policySheets(d policy.Description) map[string]sheet {
	type inPack[T any] struct {
		pack string
		is   T
	}
	type clause struct {
		in policy.Instrument
		is policy.Clause
	}
	var rules []inPack[policy.RuleDescription]
	var thresholds []inPack[policy.Parameter]
	var clauses []inPack[clause]
	for _, p := range d.Packs {
		name := p.Name + " " + p.Version
		for _, r := range p.Rules {
			rules = append(rules, inPack[policy.RuleDescription]{name, r})
		}
		for _, x := range p.Parameters {
			thresholds = append(thresholds, inPack[policy.Parameter]{name, x})
		}
		for _, i := range p.Instruments {
			for _, c := range i.Clauses {
				clauses = append(clauses, inPack[clause]{name, clause{i, c}})
			}
		}
	}
	return map[string]sheet{
		"rules": sheetOf("rules", []string{"pack", "flag", "subject", "title", "family", "when", "applies", "exempt",
			"severity", "rests_on", "innocent", "ask", "signals", "thresholds", "tests"}, rules,
			func(x inPack[policy.RuleDescription]) []any {
				r := x.is
				return []any{x.pack, r.Flag, r.Of, r.Title, r.Family, r.When, r.Applies, some(r.Exempt),
					some(r.Severity), some(r.RestsOn), some(r.Innocent), some(r.Ask), some(r.Signals),
					some(r.Parameters), r.Tests}
			}),
		"thresholds": sheetOf("thresholds", []string{"pack", "name", "value", "unit", "meaning"}, thresholds,
			func(x inPack[policy.Parameter]) []any {
				return []any{x.pack, x.is.Name, x.is.Value, x.is.Unit, x.is.Doc}
			}),
		"clauses": sheetOf("clauses", []string{"pack", "instrument", "kind", "speaks_to", "clause", "says", "from",
			"until", "read", "source"}, clauses, func(x inPack[clause]) []any {
			i, c := x.is.in, x.is.is
			return []any{x.pack, i.Title, i.Kind, i.Addressee, c.Clause, c.Says, c.From, c.Until, c.Read, c.Source}
		}),
	}
}

// partySheets are the tables of the page of a party.
func (p *partyPage) sheets() map[string]sheet {
	columns := []string{"month"}
	for _, s := range p.Series {
		columns = append(columns, s.Measure+", "+s.Unit)
	}
	return map[string]sheet{
		"timeline": momentSheet("timeline-"+p.ID, p.Timeline), "": momentSheet("timeline-"+p.ID, p.Timeline),
		"decisions": decisionSheet("decisions-"+p.ID, p.Decisions),
		"claims":    claimSheet("claims-"+p.ID, p.Claims),
		"usage": sheetOf("usage-"+p.ID, columns, p.Months, func(m monthRow) []any {
			row := []any{m.Month}
			for _, v := range m.Values {
				row = append(row, v)
			}
			return row
		}),
		"not-computable": sheetOf("not-computable-"+p.ID, []string{"flag", "title", "for", "missing"}, p.NotComputable,
			func(f finding.Finding) []any {
				return []any{f.Flag, f.Title, f.Subject.Name, some(f.Missing)}
			}),
	}
}

// caseSheets are the tables of the page of a case.
func (p *casePage) sheets() map[string]sheet {
	id := string(p.Case.ID)
	return map[string]sheet{
		"decisions": decisionSheet("decisions-"+id, p.Case.Decisions),
		"claims":    claimSheet("claims-"+id, p.Case.Claims),
		"timeline":  momentSheet("timeline-"+id, p.Timeline),
		"findings": sheetOf("findings-"+id, []string{"run", "id", "flag", "state", "severity", "sentence", "found_out"},
			p.Case.Findings, func(f casefile.Finding) []any {
				return []any{f.Run, f.ID, f.Flag, f.State, f.Severity, f.Sentence, f.Answer}
			}),
	}
}

func decisionSheet(name string, list []casefile.Decision) sheet {
	columns := []string{"id", "case", "service", "outcome", "interim", "state", "standard", "severity", "party",
		"descendants", "accounts", "services", "capabilities", "regions", "actions", "reasons", "proposed", "decided",
		"start", "end", "review"}
	return sheetOf(name, columns, list, func(d casefile.Decision) []any {
		end := d.End
		if d.Interim {
			end = stampOf(d.Ends)
		}
		return []any{string(d.ID), string(d.Case), d.Service, d.Outcome, d.Interim, d.State, d.Standard, d.Severity,
			d.Scope.PartyName, d.Scope.Descendants, some(d.Scope.Accounts), some(d.Scope.Services),
			some(d.Scope.Capabilities), some(d.Scope.Regions), some(d.Scope.Actions), d.Reasons, stampOf(d.Proposed),
			stampOf(d.Decided), d.Start, end, d.Review}
	})
}

// claimSheet has the reply beside each claim: no export shows one without the other.
func claimSheet(name string, list []casefile.Claim) sheet {
	return sheetOf(name, []string{"id", "case", "source", "published", "claim", "status", "grades", "origin", "denies",
		"reply"}, list, func(c casefile.Claim) []any {
		grades := []string{}
		for _, g := range c.Grades {
			grades = append(grades, g.String())
		}
		return []any{string(c.ID), string(c.Case), c.Source, c.Published, c.Text, c.Status, grades, c.Origin,
			string(c.Denies), said(c.Replies)}
	})
}

func momentSheet(name string, list []moment) sheet {
	return sheetOf(name, []string{"at", "actor", "kind", "case", "subject", "text", "reply"}, list,
		func(m moment) []any {
			reply := ""
			if m.Claim {
				reply = said(m.Replies)
			}
			return []any{stampOf(m.At), m.Actor, m.Kind, string(m.Case), string(m.Subject), m.Text, reply}
		})
}

// said words replies in one cell.
func said(replies []casefile.Reply) string {
	if len(replies) == 0 {
		return "no reply on file"
	}
	var out []string
	for _, r := range replies {
		s := r.Answer + " (" + r.Received + ")"
		if r.Text != "" {
			s += ": " + r.Text
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// signinSheet is the table of sessions and tokens.
func signinSheet(list []signin) sheet {
	return sheetOf("sessions-and-tokens", []string{"id", "kind", "name", "scopes", "begun", "last_used", "ends"}, list,
		func(x signin) []any {
			return []any{x.ID, x.Kind, x.Name, some(x.Scopes), stampOf(x.Created), stampOf(x.Seen), stampOf(x.Expires)}
		})
}

// evidenceSheet is the table of the rows that a finding rests on.
func evidenceSheet(f finding.Finding) sheet {
	return sheetOf("evidence-"+f.ID, []string{"source", "where", "says", "sha256"}, f.Evidence,
		func(e finding.Evidence) []any {
			return []any{e.File, e.At, e.Says, e.SHA256}
		})
}
