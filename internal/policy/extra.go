package policy

import (
	"cmp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// extra returns the value of a name that only sentences know, nil when it is missing.
func extra(name string, f *signal.Facts) ref.Val {
	switch name {
	case "subject.name":
		return text(f.Subject.Name)
	case "path.owner", "path.hops":
		if len(f.Path) == 0 {
			return nil
		}
		if name == "path.hops" {
			return types.Int(len(f.Path))
		}
		return text(f.Path[0].From)
	case "claim.count":
		return types.Int(len(f.Claims))
	}
	if h, ok := bestHit(f.Hits); ok {
		switch name {
		case "hit.list":
			if h.Title != "" {
				return text(h.Title)
			}
			return text(h.List)
		case "hit.name":
			return text(h.Name)
		case "hit.matched":
			return text(h.Matched)
		case "hit.grade":
			return text(h.Grade)
		case "hit.score":
			return types.Double(h.Score)
		case "hit.effect":
			return text(h.Legal)
		case "hit.fifty":
			return types.Bool(h.FiftyRule)
		case "hit.fifty_law":
			return types.String(h.FiftyLaw)
		}
	}
	if c, ok := bestClaim(f.Claims); ok {
		switch name {
		case "claim.source":
			return text(c.Source)
		case "claim.date":
			return text(c.Published)
		case "claim.text":
			return text(strings.TrimSuffix(strings.TrimSpace(c.Text), "."))
		case "claim.grade":
			return text(c.Grade)
		case "claim.reply":
			if c.Reply == "" {
				return text("No reply is on file.")
			}
			return text("The reply on file: “" + strings.TrimSuffix(strings.TrimSpace(c.Reply), ".") + "”.")
		}
	}
	return nil
}

func text(s string) ref.Val {
	if s == "" {
		return nil
	}
	return types.String(s)
}

func bestHit(hits []finding.Hit) (finding.Hit, bool) {
	if len(hits) == 0 {
		return finding.Hit{}, false
	}
	return slices.MaxFunc(hits, func(a, b finding.Hit) int {
		return cmp.Or(cmp.Compare(agrees(a), agrees(b)), cmp.Compare(a.Score, b.Score))
	}), true
}

// agrees is 0 for a hit whose number, country or date speaks against it (grades D and E), else 1.
func agrees(h finding.Hit) int {
	if h.Grade >= "D" {
		return 0
	}
	return 1
}

// settled are the statuses of claims that no sentence rests on.
var settled = []string{
	"not_supported", "contradicted", "refuted", "withdrawn", "retracted", "corrected", "rejected", "false", "removed",
	"dismissed", "unfounded",
}

// bestClaim picks the best graded of the claims that stand, the earliest of equals. Grades
// run from A1 down and sort as text.
func bestClaim(claims []finding.Claim) (finding.Claim, bool) {
	var best finding.Claim
	found := false
	for _, c := range claims {
		if slices.Contains(settled, c.Status) {
			continue
		}
		if !found || cmp.Or(cmp.Compare(c.Grade, best.Grade), cmp.Compare(c.Published, best.Published),
			cmp.Compare(c.ID, best.ID)) < 0 {
			best, found = c, true
		}
	}
	return best, found
}
