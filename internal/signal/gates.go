package signal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
)

const reviewKind = "human_rights_review"

// isReview reads the kinds of gate that people write.
func isReview(kind string) bool {
	return kind == reviewKind || kind == "human_rights" || kind == "human_rights_impact_assessment" || kind == "hria"
}

// licenceKinds are the kinds of gate that are licences, exceptions from them, or notes that none is needed.
var licenceKinds = []string{"licence", "license", "export_licence", "export_license", "exception", "licence_exception",
	"license_exception", "counsel_note", "counsel", "counsel_opinion"}

func isLicence(kind string) bool { return slices.Contains(licenceKinds, kind) }

// A verdict is what the outcome of a gate means.
type verdict string

// The verdicts.
const (
	approved verdict = "approved"
	refused  verdict = "refused"
	pending  verdict = "pending" // nothing is decided
	absent   verdict = "absent"  // the register says that there is none
	unclear  verdict = "unclear" // an outcome is stated in a word that is not understood
)

var verdicts = func() map[string]verdict {
	m := map[string]verdict{}
	for v, words := range map[verdict]string{
		approved: "approved approve granted passed pass yes cleared accepted ok approved_with_conditions conditional " +
			"conditionally_approved positive done completed issued valid",
		refused: "refused rejected denied declined no failed negative revoked withdrawn not_approved expired invalid " +
			"lapsed",
		pending: "pending open in_progress under_review in_review waiting submitted requested planned draft ongoing " +
			"awaiting deferred outstanding",
		absent: "missing absent none lacking not_on_file none_on_file not_found not_received not_provided " +
			"not_obtained not_held not_issued " +
			"no_certificate no_licence no_license no_review",
	} {
		for _, w := range strings.Fields(words) {
			m[w] = v
		}
	}
	m[""] = pending
	return m
}()

// decision reports whether a verdict says that something was decided.
func (v verdict) decision() bool { return v != pending && v != absent }

// verdict returns what the outcome of a gate means.
func (g gate) verdict() verdict {
	if v, ok := verdicts[g.outcome]; ok {
		return v
	}
	return unclear
}

func (g gate) says() string {
	s := plain(g.kind) + ": " + latest("no outcome stated", g.outcome)
	if g.decided.Valid {
		s += ", decided " + g.decided.Time.Format(time.DateOnly)
	}
	if g.paid == "yes" {
		s += ", by somebody paid on the deal"
	}
	if !g.own && g.engagement == "" {
		s += " (for the party, not for one engagement)"
	}
	return s
}

func plain(s string) string { return strings.ReplaceAll(s, "_", " ") }

// review returns the state of the human-rights review over gates: the latest decision,
// pending when there is none yet, none when there is no review at all. The gaps are what
// keeps it from being known.
func (run *Run) review(gates []gate) (state string, gaps []Gap) {
	state = "none"
	var at time.Time
	for _, g := range gates {
		if !isReview(g.kind) {
			if !g.after && run.lacking(book.Approvals, g.lacks)("approvals.kind") {
				gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.kind", What: g.kind, Rows: 1})
			}
			continue
		}
		v := g.verdict()
		switch {
		case v == absent:
			continue
		case g.after:
			gaps = append(gaps, Gap{Reason: AfterReview, Column: "approvals.decided", What: g.says(), Rows: 1})
			continue
		case run.loose(g) != nil:
			gaps = append(gaps, *run.loose(g))
		case run.lacking(book.Approvals, g.lacks)("approvals.outcome"):
			gaps = append(gaps, Gap{Reason: ColumnAbsent, Column: "approvals.outcome"})
		case v == unclear:
			gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.outcome", What: g.outcome, Rows: 1})
			continue
		}
		switch {
		case state == "none", state == string(pending) && v != pending:
			state, at = string(v), g.decided.Time
		case v == pending:
		case g.decided.Time.After(at), g.decided.Time.Equal(at) && v == refused:
			state, at = string(v), g.decided.Time
		}
	}
	return state, joinGaps(gaps)
}

// loose is why a gate may be of another engagement: its source has no column that says of which, or more than
// one engagement fits the id; nil when neither is so.
func (run *Run) loose(g gate) *Gap {
	switch {
	case g.unsure:
		return &Gap{Reason: WordUnknown, Column: "approvals.engagement_id", What: g.engagement, Rows: 1}
	case g.engagement == "" && run.lacking(book.Approvals, g.lacks)("approvals.engagement_id"):
		gap := run.unreadGap("approvals.engagement_id")
		return &gap
	}
	return nil
}

// reviewAge is how long before a signature or first use a review may have been decided to be a
// review of it, in years: guidance asks for reviews that are repeated (UNGP 17(c)); the number is ours.
const reviewAge = 3

// A need is something that a human-rights review has to cover: a capability, from a day on.
type need struct {
	class      string
	engagement string       // that provides it, "" for use that bills show
	day        sql.NullTime // of signature or first use; not valid when it is not known
	last       time.Time    // the last day that it may be
}

// sound returns whether a review covers a need: approved, decided before it and not long before,
// and by nobody paid on the deal. While something of that is not known, the gap says what.
func (run *Run) sound(g gate, n need) (ok bool, gap *Gap) {
	lacks := run.lacking(book.Approvals, g.lacks)
	doubt := func(reason Reason, column, what string) *Gap {
		if lacks(column) && what == "" {
			reason = ColumnAbsent
		}
		return &Gap{Reason: reason, Column: column, What: what, Rows: 1}
	}
	switch v := g.verdict(); {
	case !g.after && !isReview(g.kind) && lacks("approvals.kind"):
		return false, doubt(WordUnknown, "approvals.kind", g.kind)
	case g.after || !isReview(g.kind) || g.paid == "yes" || v == refused || v == absent:
		return false, nil
	case v == unclear:
		return false, doubt(WordUnknown, "approvals.outcome", g.outcome)
	case v == pending && lacks("approvals.outcome"):
		return false, doubt(CellEmpty, "approvals.outcome", "")
	case v == pending:
		return false, nil
	case !g.decided.Valid:
		return false, doubt(CellEmpty, "approvals.decided", "")
	case !n.day.Valid:
		return false, run.dayGap(n)
	case g.decided.Time.After(n.last), g.decidedLast().Before(n.day.Time.AddDate(-reviewAge, 0, 0)):
		return false, nil
	// a month or a year, and the day in it
	case g.decidedLast().After(n.day.Time), g.decided.Time.Before(n.last.AddDate(-reviewAge, 0, 0)):
		if g.decidedDay {
			return false, run.dayGap(n)
		}
		return false, doubt(CellEmpty, "approvals.decided", "")
	case g.paid != "no" && (g.paid != "" || lacks("approvals.paid_on_deal")):
		return false, doubt(WordUnknown, "approvals.paid_on_deal", g.paid)
	case run.loose(g) != nil:
		return false, run.loose(g)
	}
	return true, nil
}

// decidedLast is the last day on which a gate may have been decided: of a month or a year that stands for it, its last.
func (g gate) decidedLast() time.Time {
	switch at := g.decided.Time; {
	case g.decidedDay:
		return at
	case at.YearDay() == 1: // a year, or its first month
		return at.AddDate(1, 0, -1)
	default:
		return at.AddDate(0, 1, -1)
	}
}

// dayGap says that the day from which a review is needed is not known.
func (run *Run) dayGap(n need) *Gap {
	column := "usage.ChargePeriodStart"
	if n.engagement != "" {
		column = "engagements.signed"
	}
	if !run.Has(column) {
		return &Gap{Reason: ColumnAbsent, Column: column}
	}
	return &Gap{Reason: CellEmpty, Column: column, What: n.engagement, Rows: 1}
}

// unreviewed returns the capability classes among needs that no sound review covers, and what
// keeps others from being known to be covered. covers reports whether an engagement provides a class.
func (run *Run) unreviewed(needs []need, gates []gate, covers func(engagement, class string) bool) (classes []string,
	gaps []Gap) {
	for _, n := range needs {
		reviewed := false
		var doubts []Gap
		for _, g := range gates {
			if g.engagement != "" && g.engagement != n.engagement && !covers(g.engagement, n.class) &&
				!slices.Contains(run.unsure[g.engagement], n.engagement) {
				continue
			}
			ok, gap := run.sound(g, n)
			reviewed = reviewed || ok
			if gap != nil {
				gap.May = []string{n.class}
				doubts = append(doubts, *gap)
			}
		}
		switch {
		case reviewed:
		case len(doubts) > 0:
			gaps = append(gaps, doubts...)
		default:
			classes = append(classes, n.class)
		}
	}
	return sorted(classes), joinGaps(gaps)
}

func (run *Run) gateFacts(f *Facts, e *engagement) {
	put := func(name string, value any, gaps ...Gap) { run.put(f, nil, cell{name: name, value: value, gaps: gaps}) }
	now := e.current()
	// A contract that somebody else published does not pass the company's gates: where none is on
	// file for it, nothing is known of its reviews.
	if now.published && len(e.gates) == 0 {
		why := run.tableGaps("approvals.kind")
		if len(why) == 0 {
			why = []Gap{{Reason: Unstated, Column: "approvals.kind"}}
		}
		for _, name := range []string{"engagement.review", "engagement.review_late_days", "engagement.paid_approver",
			"engagement.licence",
			"engagement.gates", "engagement.end_use_certificate", "engagement.addition_reviewed"} {
			put(name, nil, why...)
		}
		return
	}
	state, gaps := run.review(e.gates)
	put("engagement.review", state, gaps...)

	// Late is counted from the first signature to the first decision; a month or a year is no day to count from.
	signed := e.versions[0].signed
	var late any
	for _, g := range e.gates {
		if !isReview(g.kind) || g.after || g.unsure || !g.verdict().decision() || !g.decided.Valid || !g.decidedDay ||
			!signed.Valid || e.versions[0].signedLast != signed {
			continue
		}
		days := g.decided.Time.Sub(signed.Time).Hours() / 24
		if old, ok := late.(float64); !ok || days < old {
			late = days
		}
	}
	run.put(f, run.lacking(book.Engagements, now.lacks), cell{name: "engagement.review_late_days", value: late})
	put("engagement.addition_reviewed", run.additionReviewed(e))

	var paid any
	gates, total, told := int64(0), 0, 0
	var later, some []Gap
	for _, g := range e.gates {
		if g.after {
			later = append(later, Gap{Reason: AfterReview, Column: "approvals.decided", What: g.says(), Rows: 1})
			continue
		}
		if g.unsure {
			later, some = append(later, *run.loose(g)), append(some, *run.loose(g))
			continue
		}
		if g.own {
			gates++
		}
		total++
		switch g.paid {
		case "yes":
			paid, told = true, told+1
		case "no":
			told++
		case "":
			if !run.lacking(book.Approvals, g.lacks)("approvals.paid_on_deal") {
				told++ // a register that marks only those who are paid
			}
		}
	}
	if paid == nil && told == total {
		paid = false
	}
	if paid == true {
		later = nil
	}
	run.put(f, nil, cell{name: "engagement.paid_approver", value: paid, needs: []string{"approvals.paid_on_deal"},
		gaps: joinGaps(later)})
	put("engagement.gates", gates, joinGaps(some)...)
	licence, gaps := run.licence(e, now)
	if licence == true { // a record of kind licence needs no register of approvals
		run.settle(f, defs["engagement.licence"], licence, true, nil)
	} else {
		put("engagement.licence", licence, gaps...)
	}
	run.certificateFacts(f, e, now)
}

// additionReviewed returns whether an approved review was decided on or after the day on which
// a later version added a capability; nil when a day or an outcome is not known.
func (run *Run) additionReviewed(e *engagement) any {
	at, added := e.addition()
	if len(e.versions) > 1 && !e.additionKnown() {
		at = e.versions[len(e.versions)-1] // something may have been added at the latest then
	} else if !added {
		return true
	}
	if !at.signed.Valid {
		return nil
	}
	open := false
	for _, g := range e.gates {
		if !isReview(g.kind) || g.after || g.decided.Valid && g.decidedLast().Before(at.signed.Time) {
			continue
		}
		lacks := run.lacking(book.Approvals, g.lacks)
		switch v := g.verdict(); {
		case v == approved && g.decided.Valid && !g.decided.Time.Before(at.signedLast.Time) && !g.unsure:
			return true
		case v == approved, v == unclear, v == pending && lacks("approvals.outcome"):
			open = true
		}
	}
	if open || !added {
		return nil
	}
	return false
}

// licence returns whether a licence, exception or counsel note is on file that covers an engagement: as
// a gate, or as a record of kind licence for the same parties, goods, destination and time.
func (run *Run) licence(e *engagement, now version) (any, []Gap) {
	state, gaps := run.licenceState(e, now)
	return state == Covers, gaps
}

// certificateKinds are the kinds of gate that are end-use certificates.
var certificateKinds = []string{"end_use_certificate", "end_user_certificate", "euc", "end_use_statement",
	"end_user_statement",
	"end_use_undertaking"}

func isCertificate(kind string) bool { return slices.Contains(certificateKinds, kind) }

// certificatesSQL counts end-use certificates and licences, the engagements of the company's own in which regulated
// goods move (see [item.regulated] and [moves]), and those of them for which the approvals have a row about a
// certificate.
const certificatesSQL = `
WITH certified AS (SELECT DISTINCT engagement FROM approval_row WHERE kind IN ('%[1]s')),
goods AS (SELECT DISTINCT v.id FROM engagement_item i JOIN engagement_version v ON v.n = i.n AND v.version = i.version
  WHERE NOT v.published AND coalesce(v.kind, '') NOT IN ('%[3]s')
    AND (i.controlled <> '' OR list_has_any(string_split(i.capabilities, '|'), ['%[4]s'])))
SELECT (SELECT count(*) FROM approval_row WHERE kind IN ('%[1]s')), (SELECT count(*) FROM approval_row WHERE kind IN ('%[2]s')),
  (SELECT count(*) FROM goods), (SELECT count(*) FROM goods WHERE id IN (SELECT engagement FROM certified))`

// certifiedShare is the share of the engagements in which regulated goods move from which on a register of approvals
// keeps their end-use certificates: one without stands out then. Where fewer have one, certificates are kept elsewhere
// or asked of some goods only, and that a row is not there says nothing. The number is ours: one in three.
const certifiedShare = 1.0 / 3

// findCertificates notes whether the approvals hold end-use certificates for enough engagements of regulated goods that
// one may be expected of each. It also counts the licences.
func (run *Run) findCertificates(ctx context.Context) error {
	var n, licences, goods, certified int64
	query := fmt.Sprintf(certificatesSQL, strings.Join(certificateKinds, "', '"), strings.Join(licenceKinds, "', '"),
		strings.Join(unmoved, "', '"), strings.Join(regulatedClasses, "', '"))
	if err := run.db.QueryRowContext(ctx, query).Scan(&n, &licences, &goods, &certified); err != nil {
		return fmt.Errorf("count end-use certificates and licences: %w", err)
	}
	run.limited = n + licences
	run.certificates = certified > 0 && float64(certified) >= certifiedShare*float64(goods)
	return nil
}

// Limitless returns how many approvals are licences or end-use certificates, and which columns for their limits no
// source has: without these it is not known until when they hold and how much they allow.
func (run *Run) Limitless() (approvals int64, columns []string) {
	if run.limited == 0 {
		return 0, nil
	}
	for _, column := range []string{"approvals.valid_until", "approvals.quantity"} {
		if !run.Has(column) {
			columns = append(columns, column)
		}
	}
	return run.limited, columns
}

// certificateFacts read the end-use certificates of an engagement: valid, expired (or refused), exceeded, other_party,
// late (decided after signature and start), pending, absent (the register says that there is none), missing (expected,
// and the register holds none), or none.
func (run *Run) certificateFacts(f *Facts, e *engagement, now version) {
	state := "none"
	var gaps []Gap
	var short []gate // those that allow less than there is
	for _, g := range e.gates {
		if !isCertificate(g.kind) {
			if !g.after && !isReview(g.kind) && !isLicence(g.kind) && run.lacking(book.Approvals,
				g.lacks)("approvals.kind") {
				gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.kind", What: g.kind, Rows: 1})
			}
			continue
		}
		s := string(g.verdict())
		switch {
		case run.loose(g) != nil:
			gaps = append(gaps, *run.loose(g))
			continue
		case g.after:
			gaps = append(gaps, Gap{Reason: AfterReview, Column: "approvals.decided", What: g.says(), Rows: 1})
			continue
		case g.verdict() == unclear:
			gaps = append(gaps, Gap{Reason: WordUnknown, Column: "approvals.outcome", What: g.outcome, Rows: 1})
			continue
		case g.outcome == "":
			gaps = append(gaps, run.unsaid("approvals.outcome", g))
			continue
		case g.verdict() == approved && g.own && g.party >= 0 && g.party != now.endUser && g.party != now.buyer &&
			!run.namesake(g.party, now.endUser) && !run.namesake(g.party, now.buyer):
			if run.userUnread(now) { // it may be for the end user
				gaps = append(gaps, run.unreadGap("engagements.end_user"))
				continue
			}
			s = OtherParty
		case g.verdict() == approved:
			c := run.limit(g, e, now)
			if c.gap != nil {
				gaps = append(gaps, *c.gap)
				continue
			}
			switch s = c.state; {
			case s == Exceeded:
				short = append(short, g)
			case s == Covers && g.decided.Valid && run.granted(g, e, now).state == Expired:
				s = "late"
			case s == Covers:
				s = "valid"
			}
		case g.verdict() == refused:
			s = Expired
		}
		if none := state == "none" || state == string(absent); none || s == "valid" || state == string(pending) &&
			s != string(absent) || s == Exceeded && state != "valid" {
			state = s
		}
	}
	if state == Exceeded && run.together(short, e, now) {
		state = "valid"
	}
	switch {
	case state == "valid":
		gaps = nil
	case state == "none" && moves(now.kind) && !now.published && slices.ContainsFunc(now.items, item.regulated):
		if state = "missing"; !run.certificates { // the register does not keep them: whether there is one is not known
			gaps = append(gaps, Gap{Reason: Unstated, Column: "approvals.kind", What: "an end-use certificate",
				Rows: 1})
		}
	case state == "none" && run.certificates && moves(now.kind) && !now.published:
		// What is not known to be regulated may be.
		gaps = slices.Concat(gaps, f.Gaps["engagement.controlled"])
	}
	run.put(f, nil, cell{name: "engagement.end_use_certificate", value: state, gaps: gaps})
}
