package casefile

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// makeRecord puts the 29 points together from the case as it was read.
func makeRecord(c Case, x Decision, version int, previous string, now time.Time) (Record, error) {
	f := c.Dossier
	r := Record{
		Identity: RecordIdentity{Decision: x.ID, Case: c.ID, Version: version, Title: c.Title, Proposed: x.Proposed, Decided: x.Decided,
			Written: now.UTC().Truncate(time.Microsecond), Language: or(f.Language, "en"), State: x.State, Interim: x.Interim},
		Policy:      RecordPolicy{Packs: []string{}, Digest: f.PackDigest, LawAsAt: or(f.LawAsAt, x.Proposed.UTC().Format(time.DateOnly))},
		Trigger:     RecordTrigger{Trigger: c.Trigger, Claims: c.Claims, Origins: Origins(c.Claims)},
		Scope:       f.Scope,
		Coverage:    f.Coverage,
		Content:     or(f.Content, contentStatement),
		EndUser:     RecordEndUser{Text: f.EndUser, Paths: []json.RawMessage{}},
		Flags:       []RecordFlag{},
		Evidence:    slices.Clone(f.Evidence),
		Innocent:    RecordInnocent{Considered: f.Innocent, Known: []string{}},
		Context:     f.Context,
		Involvement: [2]string{x.Involved, x.Involving},
		Severity: RecordSeverity{Severity: x.Severity, Scale: c.Triage.Scale, Scope: c.Triage.Scope,
			Irremediability: c.Triage.Irremediability, Likelihood: c.Triage.Likelihood},
		Leverage: x.Leverage,
		Reply:    RecordReply{Letters: []Letter{}, NoAsked: f.NoLetter},
		Affected: [2]string{f.Affected, f.Experts},
		Legal:    f.LegalNotes,
		Options:  x.Rejected,
		Outcome: RecordOutcome{Service: x.Service, Outcome: x.Outcome, Scope: x.Scope, Standard: x.Standard, Reasons: x.Reasons,
			NotSeen: x.NotSeen, Start: x.Start, End: x.End},
		ExitHarm:    x.ExitHarm,
		Conditions:  RecordConditions{Duties: x.Duties, Watch: x.Watch, Narrowest: x.Narrowest, LegalAble: x.LegalAble},
		People:      RecordPeople{Proposer: x.Proposer, Voices: x.Voices, Recusals: c.Conflicts},
		Enforcement: RecordEnforcement{Enforcement: x.Enforced, State: x.State},
		Notices:     []string{},
		Remedy:      f.Remedy,
		Publication: RecordPublication{Publication: f.Publication, Redactions: f.Redactions},
		Review:      RecordReview{Date: x.Review, Reversal: x.Reversal, Triggers: f.ReopenWhen},
		Appeal:      f.Appeal,
		Seal:        RecordSeal{Previous: previous},
	}
	if x.Interim && r.Outcome.End == "" && !x.Ends.IsZero() {
		r.Outcome.End = x.Ends.Format(time.DateOnly)
	}
	if x.Notice != "" {
		r.Notices = append(r.Notices, x.Notice)
	}
	for _, l := range c.Letters {
		if l.Sent.IsZero() {
			continue
		}
		r.Reply.Letters = append(r.Reply.Letters, l)
		r.Notices = append(r.Notices, string(l.ID)+" to "+l.To+" on "+l.Sent.Format(time.DateOnly))
	}
	r.addFindings(c.Findings)
	var err error
	r.Seal.SHA256, err = r.Sum()
	return r, err
}

// addFindings fills what findings say: flags, packs, paths, known innocent explanations and
// the rows read.
func (r *Record) addFindings(fs []Finding) {
	for _, f := range fs {
		r.Flags = append(r.Flags, RecordFlag{Flag: f.Flag, State: f.State, Finding: f.ID, Sentence: f.Sentence, Answer: f.Answer})
		var b finding.Finding
		if json.Unmarshal([]byte(f.Body), &b) != nil {
			continue
		}
		if p := strings.TrimSpace(b.Pack + " " + b.Version); p != "" && !slices.Contains(r.Policy.Packs, p) {
			r.Policy.Packs = append(r.Policy.Packs, p)
		}
		if len(b.Path) > 0 {
			if p, err := json.Marshal(b.Path); err == nil {
				r.EndUser.Paths = append(r.EndUser.Paths, p)
			}
		}
		for _, i := range b.Innocent {
			if !slices.Contains(r.Innocent.Known, i) {
				r.Innocent.Known = append(r.Innocent.Known, i)
			}
		}
		for _, e := range b.Evidence {
			r.Evidence = append(r.Evidence, Evidence{SHA256: e.SHA256, Name: e.File + " " + e.At, Note: e.Says})
		}
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
