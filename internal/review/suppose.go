package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/resolve"
	"plimsoll/internal/signal"
)

// Two mentions that may be one party stay two parties. So that nothing is clear because one
// file lacks a number, the rules are asked a second time as if they were one: what is raised
// only then is raised one step lower, with the doubt in its sentence.

// A supposed is a finding that is raised if parties are one that may be one.
type supposed struct {
	finding finding.Finding
	family  string
	members []int32
}

// An unanswered flag cannot be computed if the parties of a group are one.
type unanswered struct {
	result policy.Result
	group  *resolve.Supposed
}

// An ifOne is what rules answer about one group of parties, if they are one.
type ifOne struct {
	unanswered
	raised bool
}

// suppose asks the rules about the parties that may be one. The answers wait until it is
// known what is raised without supposing anything.
func (r *run) suppose(ctx context.Context) error {
	answers := make([][]ifOne, len(r.res.Suppositions))
	var steps []func(context.Context) error
	for i := range r.res.Suppositions {
		s := &r.res.Suppositions[i]
		s.Groups = slices.DeleteFunc(s.Groups, func(g resolve.Supposed) bool {
			return slices.ContainsFunc(g.Members, func(p int32) bool { return r.person[p] != "" })
		})
		if len(s.Groups) == 0 {
			continue
		}
		r.leadBy(s)
		step := func(ctx context.Context) (err error) {
			if answers[i], err = r.supposeOne(ctx, i); err != nil {
				return fmt.Errorf("ask about parties that may be one: %w", err)
			}
			return nil
		}
		if !r.o.wide { // then the tables of the book itself are made anew each time
			steps = append(steps, step)
		} else if err := step(ctx); err != nil {
			return err
		}
	}
	if err := r.signal.Beside(ctx, steps); err != nil {
		return err
	}
	for _, of := range answers {
		for _, x := range of {
			if x.raised {
				r.supposed = append(r.supposed, r.doubted(x.result, x.group))
			} else {
				r.opened = append(r.opened, x.unanswered)
			}
		}
	}
	if r.o.wide {
		return r.measure(ctx) // the tables were made anew for the parties supposed
	}
	return nil
}

// leadBy gives each group of a supposition the number and the id of the party that it is asked about as, and all
// parties their kinds, without the names of natural persons.
func (r *run) leadBy(s *resolve.Supposition) {
	leads := s.Parties
	s.Parties = slices.Clone(r.res.Parties)
	for i := range s.Groups {
		g := &s.Groups[i]
		s.Parties[g.Lead] = leads[g.Lead]
		s.Parties[g.Lead].ID = r.res.Parties[r.dealer(g)].ID
	}
}

// supposeOne asks the rules about the groups of one supposition. It changes nothing of r: several may be asked at a
// time.
func (r *run) supposeOne(ctx context.Context, number int) (answers []ifOne, err error) {
	s := &r.res.Suppositions[number]
	shadow := *r
	if shadow.base = r.signal; r.o.wide {
		shadow.base = nil
	}
	shadow.room = fmt.Sprintf("asked_%d", number)
	shadow.sum = newRun(r.o).sum
	shadow.sum.Screening = r.sum.Screening
	shadow.res = resolve.Result{ByMention: s.ByMention, Parties: s.Parties}
	shadow.progress = func(string, int64, int64) {}
	group := map[int32]*resolve.Supposed{}
	shadow.only = map[int32]bool{}
	for i := range s.Groups {
		g := &s.Groups[i]
		group[g.Lead], shadow.only[g.Lead] = g, true
	}
	shadow.place = make(map[string]int32, len(s.Parties))
	for m := range s.ByMention {
		if p := s.ByMention[m]; p >= 0 {
			shadow.place[string(s.Parties[p].ID)] = p
		}
	}
	for _, step := range []func(context.Context) error{shadow.classify, shadow.stand, shadow.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	defer func() { err = errors.Join(err, shadow.signal.Close()) }()
	j := &judging{run: &shadow}
	aggs := make([]*policy.Aggregator, signal.Workers())
	for i := range aggs {
		aggs[i] = r.pack.NewAggregator()
	}
	for _, kind := range []string{signal.OfParty, signal.OfAccount, signal.OfEngagement} {
		if len(r.pack.Rules(kind)) == 0 {
			continue
		}
		of := func(f *signal.Facts) *resolve.Supposed {
			if p, ok := shadow.place[cmp.Or(f.Subject.Party, f.Subject.ID)]; ok {
				return group[p]
			}
			return nil
		}
		judge := func(worker int, f *signal.Facts) []policy.Result {
			if of(f) == nil {
				return nil
			}
			return aggs[worker].Evaluate(f)
		}
		err := signal.Judge(ctx, shadow.signal, kind, judge, func(f *signal.Facts, results []policy.Result) error {
			for _, res := range results {
				switch res.State {
				case policy.NotComputable:
					x := &res.Finding
					// as lines of what is not computable have them, see [gaps.add]
					x.Series, x.Claims, x.Hits, x.Path, x.Further = nil, nil, nil, nil, nil
					answers = append(answers, ifOne{unanswered{res, of(f)}, false})
				case policy.Raised:
					if ground, _ := j.ground(f, &res); ground == groundWeak {
						continue
					}
					j.cap(f, &res)
					res.Finding.Evidence = j.evidence(f, res.Signals)
					answers = append(answers, ifOne{unanswered{res, of(f)}, true})
				}
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// dealer is the member of a group that the company deals with, else the first.
func (r *run) dealer(g *resolve.Supposed) int32 {
	if r.deals == nil {
		r.deals = map[int32]bool{}
		r.book.EachRole(func(m int32, role string) {
			if p := r.res.ByMention[m]; p >= 0 && dealing(role) {
				r.deals[p] = true
			}
		})
	}
	for _, p := range g.Members {
		if r.deals[p] {
			return p
		}
	}
	return g.Lead
}

// dealing reports whether a role takes part in a deal of the company.
func dealing(role string) bool {
	switch role {
	case book.Owner, book.Owned, book.Claimed, book.Supports, book.Approved, book.InEvent, book.InDemand:
		return false
	}
	return true
}

// doubted words a finding as what it is: raised if the parties are one.
func (r *run) doubted(res policy.Result, g *resolve.Supposed) supposed {
	f := res.Finding
	rivals, common := false, false
	var why string
	for n, i := range g.Links {
		l := &r.res.Doubtful[i]
		rivals = rivals || l.Rivals
		common = common || l.Weight < commonBelow
		if n == 0 {
			why = linkWords(l)
		}
	}
	if f.State == finding.Raised {
		f.Severity = lower(f.Severity)
	}
	if (rivals || common) && finding.Rank(f.Severity) < finding.Rank("medium") {
		f.Severity = "medium"
	}
	f.Confidence = round4(f.Confidence * doubtFactor)
	f.ID = finding.NewID(f.Flag, f.Subject.Kind, f.Subject.ID+"\x00if one")
	f.If = r.conditions(g)
	f.Sentence = fmt.Sprintf("If %s: %s That is not certain: %s.", conditionText(f.If, len(g.Members)), f.Sentence, why)
	for _, c := range f.If {
		for _, side := range []finding.Side{c.Left, c.Right} {
			m, ok := r.mentionAt(side)
			if !ok {
				continue
			}
			src := r.files[r.ms[m].at.Source]
			e := finding.Evidence{SHA256: src.SHA256, File: src.Name, At: r.ms[m].at.At, Says: "names " + side.Name}
			if !slices.ContainsFunc(f.Evidence, func(o finding.Evidence) bool {
				return o.SHA256 == e.SHA256 &&
					o.At == e.At
			}) {
				f.Evidence = append(f.Evidence, e)
			}
		}
	}
	return supposed{finding: f, family: res.Rule.Family, members: g.Members}
}

// mentionAt returns the first mention of a name at a place of a file.
func (r *run) mentionAt(side finding.Side) (m int, ok bool) {
	if r.mentioned == nil {
		r.mentioned = make(map[[2]string]int, len(r.ms))
		for m := range r.ms {
			at := [2]string{r.ms[m].where, r.shown(m)}
			if _, have := r.mentioned[at]; !have && r.ms[m].at.At != "" {
				r.mentioned[at] = m
			}
		}
	}
	m, ok = r.mentioned[[2]string{side.At, side.Name}]
	return m, ok
}

const (
	commonBelow = 1.0 // bits: below it names alone say too little for more than medium
	doubtFactor = 0.6 // what is left of the confidence of a finding that rests on a possible join
	mostDoubts  = 4   // links that a finding names
)

// lower is the severity one step below.
func lower(severity string) string {
	switch severity {
	case "critical":
		return "high"
	case "high":
		return "medium"
	}
	return "low"
}

// conditions are the links on which a group rests, the heaviest first.
func (r *run) conditions(g *resolve.Supposed) []finding.Condition {
	var out []finding.Condition
	for _, i := range g.Links[:min(len(g.Links), mostDoubts)] {
		l := &r.res.Doubtful[i]
		a, b := l.Left, l.Right
		if !r.deals[r.res.ByMention[a]] {
			a, b = b, a
		}
		out = append(out, finding.Condition{Left: r.side(a), Right: r.side(b), Why: linkWords(l), Weight: l.Weight})
	}
	return out
}

func (r *run) side(m int) finding.Side {
	at := r.ms[m].where
	if list := r.rows(&r.ms[m]); at == "" && len(list) > 0 {
		at = list[0]
	}
	return finding.Side{Name: r.shown(m), At: at, Party: string(r.res.Parties[r.res.ByMention[m]].ID)}
}

// conditionText says in words which parties would have to be one.
func conditionText(conditions []finding.Condition, members int) string {
	c := conditions[0]
	text := fmt.Sprintf("%s (%s) is the %s of %s", c.Left.Name, place(c.Left.At), c.Right.Name, place(c.Right.At))
	if members > 2 {
		text += fmt.Sprintf(", and the same as %d more", members-2)
	}
	return text
}

func place(at string) string {
	if at == "" {
		return "another record"
	}
	return at
}

// linkWords says in a phrase what a possible join rests on.
func linkWords(l *resolve.Link) string {
	var agree []string
	for _, a := range l.Agree {
		if a != "more than one party fits" && !strings.HasPrefix(a, "but ") {
			agree = append(agree, a)
		}
	}
	what := "the " + strings.Join(agree, " and the ") + " agree"
	if len(agree) == 1 {
		what = "only the " + agree[0] + " agrees"
	}
	switch {
	case l.Rivals:
		return what + ", and more than one party fits"
	case l.Weight < commonBelow:
		return what + ", such names are common, and nothing contradicts"
	}
	return what + ", the name is rare, and nothing contradicts"
}

// question is a flag about a subject.
type question struct{ flag, kind, id string }

// questionsOf are those that a finding answers: about its subject, and about the parties that may be it.
func (r *run) questionsOf(f *finding.Finding, members []int32) []question {
	out := []question{{f.Flag, f.Subject.Kind, f.Subject.ID}}
	if f.Subject.Kind == signal.OfParty {
		for _, p := range members {
			out = append(out, question{f.Flag, signal.OfParty, string(r.res.Parties[p].ID)})
		}
	}
	return out
}

// await lists the questions that are not computable if parties are one.
func (j *judging) await() {
	j.awaited = map[question]bool{}
	for i := range j.opened {
		for _, a := range j.questionsOf(&j.opened[i].result.Finding, j.opened[i].group.Members) {
			j.awaited[a] = false
		}
	}
}

// given notes an answer other than "not raised".
func (j *judging) given(a question) {
	if _, ok := j.awaited[a]; ok {
		j.awaited[a] = true
	}
}

// openSupposed takes what cannot be computed if parties are one, where it is not raised while they are not: a
// name that may be somebody's is no reason to clear them. wide are the lines that stand for the whole run.
func (j *judging) openSupposed(wide []finding.Finding) {
	raised := map[question]bool{}
	for i := range j.supposed {
		for _, a := range j.questionsOf(&j.supposed[i].finding, j.supposed[i].members) {
			raised[a] = true
		}
	}
	said := map[string]bool{} // flags of which a line of the run says so
	for _, f := range wide {
		said[f.Flag] = true
	}
	for i := range j.opened {
		open := &j.opened[i]
		questions := j.questionsOf(&open.result.Finding, open.group.Members)
		if said[open.result.Finding.Flag] || slices.ContainsFunc(questions, func(a question) bool {
			return raised[a] ||
				j.awaited[a]
		}) {
			continue
		}
		for _, a := range questions {
			j.awaited[a] = true
		}
		f := j.doubted(open.result, open.group).finding
		j.open.subject(f.Subject.Kind, []finding.Finding{f}, func(string) bool { return false })
		j.gaps.add(f)
		j.openIf[f.Flag]++
	}
}

// emitSupposed writes the findings that rest on a possible join and say more than what is
// raised without it.
func (j *judging) emitSupposed() error {
	slices.SortStableFunc(j.supposed, func(a, b supposed) int { // of one subject the worst
		return cmp.Or(cmp.Compare(finding.Rank(a.finding.Severity), finding.Rank(b.finding.Severity)),
			cmp.Compare(b.finding.Confidence, a.finding.Confidence))
	})
	done := map[string]bool{}
	for _, s := range j.supposed {
		f := s.finding
		if done[f.ID] || j.said(&f, s.members) {
			continue
		}
		done[f.ID] = true
		if err := j.emit(f, s.family); err != nil {
			return err
		}
		c := j.raisedIf[f.Flag]
		j.raisedIf[f.Flag] = c + 1
	}
	return nil
}

// said reports whether a flag is raised at least as high without supposing anything: about the
// subject, or about one of the parties that may be it.
func (j *judging) said(f *finding.Finding, members []int32) bool {
	rank := func(kind, id string) int {
		if n, ok := j.raised[[3]string{f.Flag, kind, id}]; ok {
			return n
		}
		return finding.Rank("")
	}
	least := rank(f.Subject.Kind, f.Subject.ID)
	if f.Subject.Kind == signal.OfParty {
		for _, p := range members {
			least = min(least, rank(signal.OfParty, string(j.res.Parties[p].ID)))
		}
	}
	return least <= finding.Rank(f.Severity)
}

// possiblyOne lists the flags that are raised, or not computable, only if parties are one, with how often.
func (j *judging) possiblyOne() {
	for _, flag := range slices.Sorted(maps.Keys(j.raisedIf)) {
		f := j.sum.Flags[flag]
		f.Checked += j.raisedIf[flag]
		f.Raised += j.raisedIf[flag]
		f.RaisedIf = j.raisedIf[flag]
		j.sum.Flags[flag] = f
	}
	for flag, n := range j.openIf {
		f := j.sum.Flags[flag]
		f.NotRaised -= n
		f.NotComputable += n
		j.sum.Flags[flag] = f
	}
}
