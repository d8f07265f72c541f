package review

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
)

// gaps folds what could not be computed for subjects on which nothing else was raised. One
// flag that lacks one column for ten thousand contracts is one thing to know, not ten
// thousand; a subject with something raised on it keeps lines of its own.
type gaps struct {
	by    map[string]*gap
	order []string
	fold  int // the number of subjects from which on one line stands for them
}

type gap struct {
	first    []finding.Finding // up to fold lines
	subjects int
	unknown  []finding.Gap // of all subjects
}

// foldPast is the number of subjects from which on one line stands for them.
const foldPast = 10

// newGaps folds from foldPast subjects on, or from another number above 0.
func newGaps(fold int) *gaps {
	if fold <= 0 {
		fold = foldPast
	}
	return &gaps{by: map[string]*gap{}, fold: fold}
}

func (g *gaps) add(f finding.Finding) {
	why := slices.Clone(f.Missing)
	for _, u := range f.Unknown {
		why = append(why, u.Reason)
	}
	sort.Strings(why)
	k := f.Flag + " " + f.Subject.Kind + " " + strings.Join(slices.Compact(why), " ")
	x := g.by[k]
	if x == nil {
		x = &gap{}
		g.by[k] = x
		g.order = append(g.order, k)
	}
	x.subjects++
	x.unknown = finding.SumGaps(append(x.unknown, f.Unknown...), foldPast)
	if x.subjects <= g.fold {
		f.Series, f.Claims, f.Hits, f.Path, f.Further = nil, nil, nil, nil, nil
		x.first = append(x.first, f)
	}
}

var pluralOf = map[string]string{"party": "parties", "engagement": "engagements", "account": "accounts"}

// findings returns the lines: one for each subject while these are few, else one for all,
// which names the first.
func (g *gaps) findings() []finding.Finding {
	sort.Strings(g.order)
	var out []finding.Finding
	for _, k := range g.order {
		x := g.by[k]
		if x.subjects <= g.fold {
			out = append(out, x.first...)
			continue
		}
		f := x.first[0]
		var names []string
		for _, one := range x.first {
			names = append(names, one.Subject.Name)
		}
		f.ID = finding.NewID(f.Flag, "run", k)
		f.Subject = finding.Subject{Kind: "run", ID: "run", Name: fmt.Sprintf("%d %s", x.subjects,
			pluralOf[f.Subject.Kind])}
		f.Engagement, f.Accounts, f.Period = nil, nil, nil
		f.Unknown, f.Sentence = x.unknown, policy.Cannot(f.Title, f.Missing, x.unknown)
		f.Values = map[string]any{"subjects": x.subjects, "first": names}
		out = append(out, f)
	}
	return out
}
