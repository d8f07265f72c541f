package web

import (
	"slices"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

// A moment is an event as a page shows it. Where it tells a claim, the party's reply stands
// beside it: no page shows one without the other.
type moment struct {
	casefile.Event
	Claim   bool
	Replies []casefile.Reply
}

// moments puts the replies that came until a moment (zero: all) beside the claims that
// events tell.
func moments(events []casefile.Event, claims []casefile.Claim, until time.Time) []moment {
	out := make([]moment, len(events))
	for i, e := range events {
		out[i].Event = e
		if e.Kind != casefile.EventClaim {
			continue
		}
		out[i].Claim = true
		if at := slices.IndexFunc(claims, func(c casefile.Claim) bool { return c.ID == e.Subject }); at >= 0 {
			for _, r := range claims[at].Replies {
				if until.IsZero() || !r.At.After(until) {
					out[i].Replies = append(out[i].Replies, r)
				}
			}
		}
	}
	return out
}

// replies finds what was answered to a claim of the register that stands beside a finding:
// the case holds the same words of the same source.
type replies map[[2]string][]casefile.Reply

func repliesOf(claims []casefile.Claim) replies {
	out := replies{}
	for _, c := range claims {
		wording := c.Text
		if len(c.History) > 0 {
			wording = c.History[0].Text // a corrected claim keeps its reply
		}
		k := [2]string{c.Source, wording}
		out[k] = append(out[k], c.Replies...)
	}
	return out
}

// To is for templates.
func (r replies) To(c finding.Claim) []casefile.Reply { return r[[2]string{c.Source, c.Text}] }

// A shown finding is one as a card shows it.
type shownFinding struct {
	F    finding.Finding
	Run  string
	Said replies
}
