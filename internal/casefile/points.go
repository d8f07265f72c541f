package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// makeRecord puts the 29 points together from the case as it was read.
func makeRecord(c Case, x Decision, rv *review, version int, previous string, now time.Time) (Record, error) {
	f := c.Dossier
	r := Record{
		Identity: RecordIdentity{Decision: x.ID, Case: c.ID, Version: version, Title: c.Title, Proposed: x.Proposed,
			Decided: x.Decided,
			Written: now.UTC().Truncate(time.Microsecond), Language: or(f.Language, "en"), State: x.State,
			Interim: x.Interim},
		Policy: RecordPolicy{Packs: []string{}, Digest: f.PackDigest, LawAsAt: or(f.LawAsAt,
			x.Proposed.UTC().Format(time.DateOnly))},
		Trigger:     RecordTrigger{Trigger: c.Trigger, Claims: c.Claims, Origins: Origins(c.Claims)},
		Scope:       f.Scope,
		Coverage:    f.Coverage,
		Content:     or(f.Content, ContentStatement),
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
		Outcome: RecordOutcome{Service: x.Service, Outcome: x.Outcome, Scope: x.Scope, Standard: x.Standard,
			Reasons: x.Reasons,
			NotSeen: x.NotSeen, Start: x.Start, End: x.End},
		ExitHarm:    x.ExitHarm,
		Conditions:  RecordConditions{Duties: x.Duties, Watch: x.Watch, Narrowest: x.Narrowest, LegalAble: x.LegalAble},
		People:      RecordPeople{Proposer: x.Proposer, Voices: x.Voices, Recusals: c.Conflicts, SignIns: x.SignIns},
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
	for _, p := range c.Remedies {
		if p.Decision == "" || p.Decision == x.ID {
			r.Remedy = strings.TrimPrefix(r.Remedy+"\n"+p.Told(), "\n")
		}
	}
	for _, a := range c.Appeals {
		if a.Decision == x.ID {
			r.Appeal = strings.TrimPrefix(r.Appeal+"\n"+a.Told(), "\n")
		}
	}
	for _, l := range c.Letters {
		if l.Sent.IsZero() {
			continue
		}
		r.Reply.Letters = append(r.Reply.Letters, l)
		r.Notices = append(r.Notices, string(l.ID)+" to "+l.To+" on "+l.Sent.Format(time.DateOnly))
	}
	r.addItems(c)
	r.addFindings(c.Findings)
	r.addReview(rv, c.Findings)
	var err error
	r.Seal.SHA256, err = r.Sum()
	return r, err
}

// addFindings fills what findings say: flags, packs, paths, known innocent explanations and
// the rows read.
func (r *Record) addFindings(fs []Finding) {
	for _, f := range fs {
		r.Flags = append(r.Flags, RecordFlag{Flag: f.Flag, State: f.State, Finding: f.ID, Sentence: f.Sentence,
			Answer: f.Answer})
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

// review is what a stored run says beside the findings that were put into the case.
type review struct {
	id    string
	party []RecordFlag // the party's findings of that run
	Packs []struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Digest  string `json:"sha256"`
	} `json:"packs"`
	AsOf  string `json:"as_of"`
	Flags map[string]struct {
		Title         string `json:"title"`
		Checked       int    `json:"checked"`
		NotComputable int    `json:"not_computable"`
	} `json:"flags"`
}

// readReview reads the run from which the case's newest finding comes; nil without one.
func readReview(ctx context.Context, tx *sql.Tx, c *Case) (*review, error) {
	if len(c.Findings) == 0 {
		return nil, nil
	}
	rv := &review{id: c.Findings[len(c.Findings)-1].Run}
	var summary string
	err := tx.QueryRowContext(ctx, `SELECT summary FROM run WHERE id = $1`, rv.id).Scan(&summary)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(summary), rv); err != nil {
		return nil, fmt.Errorf("read summary of run %s: %w", rv.id, err)
	}
	if c.Party == "" {
		return rv, nil
	}
	rv.party, err = all(ctx, tx,
		`SELECT f.flag, f.state, f.id, t.sentence FROM run r JOIN finding f ON f.run = r.seq JOIN finding_text t ON t.run = f.run AND t.place = f.place
		WHERE r.id = $1 AND f.party = $2 ORDER BY f.place`, func(r row) (x RecordFlag, err error) {
			err = r.Scan(&x.Flag, &x.State, &x.Finding, &x.Sentence)
			return x, err
		}, rv.id, c.Party)
	return rv, err
}

// addReview completes points 2 and 8: what else that run found about the party, and which
// flags it looked at without finding anything.
func (r *Record) addReview(rv *review, linked []Finding) {
	if rv == nil {
		return
	}
	for _, p := range rv.Packs {
		if s := strings.TrimSpace(p.Name + " " + p.Version); !slices.Contains(r.Policy.Packs, s) {
			r.Policy.Packs = append(r.Policy.Packs, s)
		}
		if r.Policy.Digest == "" {
			r.Policy.Digest = p.Digest
		} else if !strings.Contains(r.Policy.Digest, p.Digest) {
			r.Policy.Digest += " " + p.Digest
		}
	}
	told := map[string]bool{}
	for _, f := range linked {
		told[f.Flag] = true
	}
	for _, f := range rv.party {
		if !slices.ContainsFunc(linked, func(x Finding) bool { return x.ID == f.Finding }) {
			r.Flags = append(r.Flags, f)
		}
		told[f.Flag] = true
	}
	for _, flag := range slices.Sorted(maps.Keys(rv.Flags)) {
		n := rv.Flags[flag]
		if told[flag] {
			continue
		}
		state := "not_raised"
		text := fmt.Sprintf("%s: not raised on this party; the review looked %d times, %d of them could not be "+
			"computed.", n.Title, n.Checked, n.NotComputable)
		if n.Checked == 0 || n.Checked == n.NotComputable {
			state, text = finding.NotComputable, n.Title+": could not be computed for anybody in this review."
		}
		r.Flags = append(r.Flags, RecordFlag{Flag: flag, State: state, Sentence: text})
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
