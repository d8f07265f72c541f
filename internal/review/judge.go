package review

import (
	"context"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// judge asks every rule about every subject.
func (r *run) judge(ctx context.Context) error {
	names := map[string]string{}
	for _, p := range r.res.parties {
		names[string(p.ID)] = p.Name
	}
	agg := r.pack.NewAggregator()
	missing := map[string]map[string]bool{}
	emit := func(f finding.Finding, family string) error {
		if err := r.spool.add(f); err != nil {
			return err
		}
		if f.State != finding.Raised {
			r.sum.Counts.NotComputable++
			if missing[f.Flag] == nil {
				missing[f.Flag] = map[string]bool{}
			}
			for _, m := range f.Missing {
				missing[f.Flag][m] = true
			}
			return nil
		}
		r.sum.Counts.Raised++
		r.sum.Counts.BySeverity[f.Severity]++
		who := names[f.Subject.Party]
		if who == "" {
			who = f.Subject.Name
		}
		r.leads.add(f, family, who)
		return nil
	}
	gaps := newGaps()
	done := int64(0)
	for _, kind := range []string{signal.OfParty, signal.OfAccount, signal.OfEngagement} {
		if len(r.pack.Rules(kind)) == 0 {
			continue
		}
		err := r.signal.Facts(ctx, kind, func(f *signal.Facts) error {
			if done++; done%256 == 0 {
				r.progress("judge", done, 0)
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			results := agg.Evaluate(f)
			suspect := slices.ContainsFunc(results, func(res policy.Result) bool { return res.State == policy.Raised })
			for _, res := range results {
				switch {
				case res.State == policy.NotComputable && !suspect:
					gaps.add(res.Finding)
					continue
				case res.State != policy.Raised && res.State != policy.NotComputable:
					continue
				}
				res.Finding.Evidence = r.evidence(f, res.Signals)
				if err := emit(res.Finding, res.Rule.Family); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, f := range append(gaps.findings(), agg.Findings()...) {
		if err := emit(f, ""); err != nil {
			return err
		}
	}
	r.flagCounts(agg, missing)
	return nil
}

// evidence are the rows that feed the signals of a rule.
func (r *run) evidence(f *signal.Facts, signals []string) []finding.Evidence {
	var out []finding.Evidence
	for _, row := range f.Rows {
		if !feeds(row.Signal, signals) {
			continue
		}
		src := r.files[row.Source]
		e := finding.Evidence{SHA256: src.SHA256, File: src.Name, At: row.At, Says: row.Says}
		if !slices.Contains(out, e) { // one row may feed several signals of a rule
			out = append(out, e)
		}
	}
	if feeds("party.listed", signals) {
		out = append(out, r.proof[f.Subject.Party]...)
	}
	return out
}

func feeds(prefix string, signals []string) bool {
	for _, s := range signals {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// flagCounts sums up the rules of one flag; a flag may be computed for several kinds of subject.
func (r *run) flagCounts(agg *policy.Aggregator, missing map[string]map[string]bool) {
	for _, c := range agg.Counts() {
		f := r.sum.Flags[c.Flag]
		f.Title, f.Family = c.Title, c.Family
		f.Checked += c.Checked + c.NotComputable
		f.Raised += c.Raised
		f.NotRaised += c.Checked - c.Raised - c.Exempt
		f.Exempt += c.Exempt
		f.NotComputable += c.NotComputable
		f.NotApplicable += c.NotApplicable
		f.Missing = sorted(missing[c.Flag])
		r.sum.Flags[c.Flag] = f
	}
}
