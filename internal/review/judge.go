package review

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// judging is what is collected while every rule is asked about every subject.
type judging struct {
	*run
	agg      *policy.Aggregator
	gaps     *gaps
	open     *opens
	missing  map[string]map[string]bool // by flag
	toCheck  map[string]int             // by flag: raised by a name alone that says too little
	raised   map[[3]string]int          // flag, kind and id of the subject → rank of the severity
	raisedIf map[string]int             // by flag: raised only if parties are one that may be one
	openIf   map[string]int             // by flag: not computable only if they are
	// not computable if parties are one: whether there is another answer than "not raised" while they are not
	awaited map[question]bool
}

// judge asks every rule about every subject.
func (r *run) judge(ctx context.Context) error {
	j := &judging{run: r, agg: r.pack.NewAggregator(), gaps: newGaps(r.o.fold), open: newOpens(r.signal.Has),
		missing: map[string]map[string]bool{}, toCheck: map[string]int{},
		raised: map[[3]string]int{}, raisedIf: map[string]int{}, openIf: map[string]int{}}
	j.await()
	aggs := make([]*policy.Aggregator, signal.Workers())
	for i := range aggs {
		aggs[i] = r.pack.NewAggregator()
	}
	done := int64(0)
	for _, kind := range []string{signal.OfParty, signal.OfAccount, signal.OfEngagement} {
		if len(r.pack.Rules(kind)) == 0 {
			continue
		}
		judge := func(worker int, f *signal.Facts) []policy.Result { return aggs[worker].Evaluate(f) }
		err := signal.Judge(ctx, r.signal, kind, judge, func(f *signal.Facts, results []policy.Result) error {
			if done++; done%256 == 0 {
				r.progress("judge", done, 0)
			}
			return j.subject(f, results)
		})
		if err != nil {
			return err
		}
	}
	for _, agg := range aggs {
		j.agg.Merge(agg)
	}
	wide := j.agg.Findings()
	for _, f := range wide {
		j.open.run(f)
	}
	j.openSupposed(wide)
	for _, f := range append(j.gaps.findings(), wide...) {
		if err := j.emit(f, ""); err != nil {
			return err
		}
	}
	if err := j.nameless(ctx, wide); err != nil {
		return err
	}
	if err := j.emitSupposed(); err != nil {
		return err
	}
	r.sum.Open = j.open.list()
	j.namesakes()
	r.flagCounts(j)
	j.possiblyOne()
	return nil
}

// subject sorts the answers about one subject: raised and not computable to the findings,
// exempt to its list, a name that says too little to the names to check.
func (j *judging) subject(f *signal.Facts, results []policy.Result) error {
	for i := range results {
		if len(j.awaited) > 0 && results[i].State != policy.NotRaised {
			j.given(question{results[i].Rule.Flag, f.Subject.Kind, f.Subject.ID})
		}
	}
	results = slices.DeleteFunc(results, func(res policy.Result) bool {
		switch res.State {
		case policy.Exempt:
			j.exempt(f, &res)
			return true
		case policy.Raised:
			return j.shelve(f, &res)
		}
		return res.State != policy.NotComputable
	})
	if len(results) == 0 {
		return nil
	}
	var partly []finding.Finding
	for i := range results {
		j.cap(f, &results[i])
		if len(results[i].Finding.Unknown)+len(results[i].Finding.Missing) > 0 {
			partly = append(partly, results[i].Finding)
		}
	}
	if len(partly) > 0 {
		j.open.subject(f.Subject.Kind, partly, func(column string) bool { return f.Absent[column] })
	}
	suspect := slices.ContainsFunc(results, func(res policy.Result) bool { return res.State == policy.Raised })
	for _, res := range results {
		if res.State == policy.NotComputable && !suspect {
			j.gaps.add(res.Finding)
			continue
		}
		res.Finding.Evidence = j.evidence(f, res.Signals)
		if err := j.emit(res.Finding, res.Rule.Family); err != nil {
			return err
		}
	}
	return nil
}

// emit writes a finding, and counts it.
func (j *judging) emit(f finding.Finding, family string) error {
	if err := j.spool.add(f); err != nil {
		return err
	}
	if f.State != finding.Raised {
		j.sum.Counts.NotComputable++
		if j.missing[f.Flag] == nil {
			j.missing[f.Flag] = map[string]bool{}
		}
		for _, m := range f.Missing {
			j.missing[f.Flag][m] = true
		}
		return nil
	}
	if at := [3]string{f.Flag, f.Subject.Kind, f.Subject.ID}; len(f.If) == 0 {
		if n, ok := j.raised[at]; !ok || finding.Rank(f.Severity) < n {
			j.raised[at] = finding.Rank(f.Severity)
		}
	}
	j.noteFlag(&f)
	j.noteBidder(&f)
	j.sum.Counts.Raised++
	j.sum.Counts.BySeverity[f.Severity]++
	who := f.Subject.Name
	if p, ok := j.place[f.Subject.Party]; ok {
		who = cmp.Or(j.res.Parties[p].Name, who)
	}
	j.leads.add(f, family, who)
	return nil
}

// exempt lists a subject for which a flag would be raised, were its kind of body not exempt.
func (j *judging) exempt(f *signal.Facts, res *policy.Result) {
	x := Exempt{Flag: res.Rule.Flag, Title: res.Rule.Title, Subject: f.Subject, Why: res.Why,
		Values: res.Finding.Values}
	if p, ok := j.place[cmp.Or(f.Subject.Party, f.Subject.ID)]; ok {
		c := j.classes[p]
		x.Class, x.From, x.Stated, x.Beneath = c.Name, c.Why, c.Stated, c.Beneath
	}
	j.sum.Exempt = append(j.sum.Exempt, x)
}

// shelve puts a party that is raised by a name alone, which says too little, among the names to
// check, and reports whether it did.
func (j *judging) shelve(f *signal.Facts, res *policy.Result) bool {
	ground, why := j.ground(f, res)
	if ground != groundWeak {
		return false
	}
	hits := slices.Clone(j.listed[j.place[f.Subject.ID]].Hits)
	j.sum.ToCheck = append(j.sum.ToCheck, NameToCheck{Flag: res.Rule.Flag, Party: f.Subject, Hits: hits, Reason: why,
		Records: len(f.Engagements) + len(f.Accounts)})
	j.toCheck[res.Rule.Flag]++
	return true
}

// namesakes lists the parties whose name is one of a list while a number, country or date speaks
// against it: nothing is raised on them, and people should know.
func (j *judging) namesakes() {
	for p := range j.res.Parties {
		hits := j.listed[int32(p)].Hits
		if bestScore(hits) > 0 || !slices.ContainsFunc(hits, func(h finding.Hit) bool { return h.Grade[0] == 'D' }) {
			continue
		}
		x := &j.res.Parties[p]
		called := x.Name
		if individual, ok := j.person[int32(p)]; ok {
			called = individual
		}
		j.sum.ToCheck = append(j.sum.ToCheck, NameToCheck{Flag: "RF-03", Hits: slices.Clone(hits),
			Party:  finding.Subject{Kind: signal.OfParty, ID: string(x.ID), Name: called, Party: string(x.ID)},
			Reason: "the name is the same; a number, a country or a date speaks against it"})
	}
}

// cap keeps what is raised by an exact and distinctive name alone at medium.
func (j *judging) cap(f *signal.Facts, res *policy.Result) {
	if res.State != policy.Raised || finding.Rank(res.Finding.Severity) >= finding.Rank("medium") {
		return
	}
	if ground, _ := j.ground(f, res); ground == groundName {
		res.Finding.Severity = "medium"
	}
}

// evidence are the rows that feed the signals of a rule.
func (r *run) evidence(f *signal.Facts, signals []string) []finding.Evidence {
	var out []finding.Evidence
	for _, row := range f.Evidence() {
		if !feeds(row.Signal, signals) {
			continue
		}
		src := r.files[row.Source]
		e := finding.Evidence{SHA256: src.SHA256, File: src.Name, At: row.At, Says: row.Says}
		if !slices.Contains(out, e) { // one row may feed several signals of a rule
			out = append(out, e)
		}
	}
	if feeds("party.listed", signals) || feeds("party.owns_listed", signals) {
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
func (r *run) flagCounts(j *judging) {
	for _, c := range j.agg.Counts() {
		f := r.sum.Flags[c.Flag]
		f.Title, f.Family = c.Title, c.Family
		f.Checked += c.Checked + c.NotComputable
		f.Raised += c.Raised
		f.NotRaised += c.Checked - c.Raised - c.Exempt
		f.Exempt += c.Exempt
		f.NotComputable += c.NotComputable
		f.NotApplicable += c.NotApplicable
		f.Missing = sorted(j.missing[c.Flag])
		for reason, n := range c.Reasons {
			if f.Reasons == nil {
				f.Reasons = map[string]int{}
			}
			f.Reasons[reason] += n
		}
		r.sum.Flags[c.Flag] = f
	}
	for flag, n := range j.toCheck {
		f := r.sum.Flags[flag]
		f.Raised -= n
		f.ToCheck += n
		r.sum.Flags[flag] = f
	}
}
