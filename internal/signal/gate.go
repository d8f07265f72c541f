package signal

import (
	"strings"
	"time"
)

const reviewKind = "human_rights_review"

// isReview and isLicence read the kinds of gate that people write.
func isReview(kind string) bool {
	return kind == reviewKind || kind == "human_rights" || kind == "human_rights_impact_assessment" || kind == "hria"
}

func isLicence(kind string) bool {
	switch kind {
	case "licence", "license", "export_licence", "export_license", "exception", "licence_exception", "license_exception",
		"counsel_note", "counsel", "counsel_opinion":
		return true
	}
	return false
}

// outcome brings the outcome of a gate to approved, refused or pending.
func (g gate) verdict() string {
	switch g.outcome {
	case "approved", "approve", "granted", "passed", "pass", "yes", "cleared", "accepted", "ok", "approved_with_conditions",
		"conditional", "conditionally_approved", "positive", "done", "completed", "issued", "valid":
		return "approved"
	case "refused", "rejected", "denied", "declined", "no", "failed", "negative", "revoked", "withdrawn", "not_approved":
		return "refused"
	}
	return "pending"
}

func (g gate) says() string {
	s := plain(g.kind) + ": " + latest("no outcome stated", g.outcome)
	if g.decided.Valid {
		s += ", decided " + g.decided.Time.Format(time.DateOnly)
	}
	if g.paid == "yes" {
		s += ", by somebody paid on the deal"
	}
	if !g.own {
		s += " (for the party, not for one engagement)"
	}
	return s
}

func plain(s string) string { return strings.ReplaceAll(s, "_", " ") }

// review returns the state of the human-rights review over gates: the latest decision,
// pending when there is none yet, none when there is no review at all. known is false when
// a review is on file whose outcome the source has no column for.
func review(gates []gate) (state string, known bool) {
	state, known = "none", true
	var at time.Time
	for _, g := range gates {
		if !isReview(g.kind) {
			continue
		}
		if g.lacks&columnBit(tApproval, "outcome") != 0 {
			known = false
		}
		v := g.verdict()
		switch {
		case state == "none", state == "pending" && v != "pending":
			state, at = v, g.decided.Time
		case v == "pending":
		case g.decided.Time.After(at), g.decided.Time.Equal(at) && v == "refused":
			state, at = v, g.decided.Time
		}
	}
	return state, known
}

func (b *Book) gateFacts(f *Facts, e *engagement) {
	put := func(name string, value any, needs ...string) {
		b.put(f, nil, cell{name: name, value: value, needs: needs})
	}
	// A contract that somebody else published does not pass the company's gates: where none is on
	// file for it, nothing is known of its reviews.
	if e.current().published && len(e.gates) == 0 {
		for _, name := range []string{"engagement.review", "engagement.review_late_days", "engagement.paid_approver", "engagement.licence", "engagement.gates"} {
			put(name, nil, "approvals.kind")
		}
		return
	}
	state, known := review(e.gates)
	if known {
		put("engagement.review", state)
	} else {
		put("engagement.review", nil, "approvals.outcome")
	}

	// Late is counted from the first signature to the first decision; a month or a year is no day to count from.
	signed := e.versions[0].signed
	var late any
	for _, g := range e.gates {
		if !isReview(g.kind) || g.verdict() == "pending" || !g.decided.Valid || !g.decidedDay || !signed.Valid || !e.versions[0].signedDay {
			continue
		}
		days := g.decided.Time.Sub(signed.Time).Hours() / 24
		if old, ok := late.(float64); !ok || days < old {
			late = days
		}
	}
	b.put(f, lacking(tEngagement, e.current().lacks), cell{name: "engagement.review_late_days", value: late})

	var paid any
	gates, own, told := int64(0), 0, 0
	licence := false
	for _, g := range e.gates {
		if g.own {
			gates++
		}
		own++
		switch g.paid {
		case "yes":
			paid, told = true, told+1
		case "no":
			told++
		}
		if isLicence(g.kind) && g.verdict() == "approved" || isLicence(g.kind) && g.outcome == "" {
			licence = true
		}
	}
	if paid == nil && (told == own || own == 0) {
		paid = false
	}
	put("engagement.paid_approver", paid, "approvals.paid_on_deal")
	put("engagement.licence", licence)
	put("engagement.gates", gates)
}
