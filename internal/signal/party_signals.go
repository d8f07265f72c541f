package signal

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
)

func (run *Run) partyFact(s *subject, c *surroundings) *Facts {
	p := s.party
	f := newFacts(OfParty, finding.Subject{Kind: OfParty, ID: run.partyID(p), Name: run.partyName(p),
		Party: run.partyID(p)})
	f.Engagements, f.Accounts = s.engagements, s.accounts
	if len(f.Engagements) == 0 {
		f.Engagements = s.sold
	}
	var list rowList
	run.classFacts(f, s)
	run.put(f, nil, cell{name: "party.roles", value: run.rolesOf(p), gaps: run.rolesGap(p)})
	f.Values["party.possible_roles"] = run.possibleRoles(p)
	run.boughtFacts(f, s)
	run.standingFacts(f, p)
	run.belowFacts(f, p)
	run.claimFacts(f, &list, p, c)
	run.reviewFacts(f, &list, s)
	run.resaleFacts(f, s)
	run.useFacts(f, s, c)
	run.supportFacts(f, &list, s)
	run.segmentFacts(f, run.class(p))
	f.Values["party.users"] = run.users[p]
	for _, r := range s.deeds {
		list.add(r)
	}
	list.more += int(s.engagedTotal) - len(s.engagements)
	s.billRows(&list, f)
	f.Rows = list.done()
	return f
}

// classFacts are what kind of body a party is. Where that is not known, whether it is a
// security body is not either.
//
// A class that spares its body a flag says nothing of those who use its accounts where the register
// has no column for them: what a ministry holds, a service may use. A company may hold an account for
// another where no column says that a reseller stands before it.
func (run *Run) classFacts(f *Facts, s *subject) {
	p := s.party
	c := run.in.Classes[p]
	var users []Gap
	switch class := run.class(p); {
	case s.use == nil:
	case class == capability.Commercial:
		users = slices.Concat(s.userless, s.dealerless)
	case exempt(class):
		users = s.userless
	}
	run.settle(f, defs["party.class"], run.class(p), true, users)
	run.settle(f, defs["party.security"], run.security(p), true,
		slices.Concat(run.classGap(p, "accounts.end_user_class"), users))
	f.Values["party.government"] = run.government(p)
	var unstated []Gap
	switch {
	case c.Contradiction:
	case c.Stated == "":
		unstated = run.tableGaps("accounts.end_user_class") // a class that nothing states contradicts nothing
	case c.StatedUnknown && capability.Security(c.NameClass):
		// it may be laxer than the name
		unstated = []Gap{{Reason: WordUnknown, Column: "accounts.end_user_class", What: c.Stated, Rows: 1}}
	}
	run.settle(f, defs["party.class_contradicted"], c.Contradiction, true, unstated)
	f.Values["party.class_stated"], f.Values["party.class_of_name"] = c.Stated, c.NameClass
	f.Values["party.beneath"] = c.Beneath
}

// reviewFacts are the human-rights reviews of a party, and what of its use no sound review covers.
func (run *Run) reviewFacts(f *Facts, list *rowList, s *subject) {
	state, gaps := run.review(s.gates)
	if state == "none" && run.book.Rows(book.Engagements) > 0 {
		// The reviews of engagements are its reviews where the records say whose engagements they are.
		gaps = joinGaps(slices.Concat(gaps, run.tableGaps("engagements.buyer", "engagements.end_user")))
	}
	run.put(f, nil, cell{name: "party.review", value: state, gaps: gaps})
	for _, g := range s.gates {
		if isReview(g.kind) {
			list.add(Row{Signal: "party.unreviewed", Source: g.source, At: g.at, Says: g.says()})
		}
	}
	var needs []need
	of := map[string][]string{}
	for _, x := range s.provided {
		of[x.id] = x.capabilities
		for _, class := range x.capabilities {
			needs = append(needs, need{class, x.id, x.signed, x.signedLast})
		}
	}
	if s.use != nil {
		for _, class := range keys(s.use.used) {
			first := sql.NullTime{}
			for m := range s.use.used[class] {
				if end := m.end().AddDate(0, 0, -1); !first.Valid || end.Before(first.Time) {
					first = sql.NullTime{Time: end, Valid: true}
				}
			}
			needs = append(needs, need{class: class, day: first, last: first.Time})
		}
	}
	classes, doubts := run.unreviewed(needs, s.gates, func(id, class string) bool {
		return slices.Contains(of[id],
			class)
	})
	if torn := run.tornGates(s); len(torn) > 0 && len(classes) > 0 {
		torn[0].May = classes // a row that could not be read may be the review of any of them
		classes, doubts = nil, append(doubts, torn[0])
	}
	// What it bought or used besides is not known to be reviewed either.
	doubts = append(doubts, f.Gaps["party.capabilities"]...)
	run.put(f, nil, cell{name: "party.unreviewed", value: classes, gaps: doubts})
	run.settle(f, defs["party.gate_faults"], s.gateFaults(), true, run.gateGaps(f, s))
}

// tornGates are the approvals of a party and of its engagements that could not be read, as one gap.
func (run *Run) tornGates(s *subject) []Gap {
	if len(run.torn) == 0 {
		return nil
	}
	out := run.tornGaps(run.partyID(s.party), book.Approvals)
	for _, x := range s.provided {
		out = append(out, run.tornGaps(x.id, book.Approvals)...)
	}
	return joinGaps(out)
}

// gateFaults reports whether a review was late or decided by somebody paid on the deal.
func (s *subject) gateFaults() bool {
	return slices.ContainsFunc(s.gates, func(g gate) bool {
		return isReview(g.kind) && !g.after && !g.unsure && (g.paid == "yes" || g.verdict() == approved && s.late(g))
	})
}

// gateGaps are why faults of reviews may be there that are not known, nil when some are known.
func (run *Run) gateGaps(f *Facts, s *subject) []Gap {
	if s.gateFaults() {
		return nil
	}
	gaps := slices.Concat(run.tableGaps("approvals.kind"), f.Gaps["party.review"])
	for _, g := range s.gates {
		if !isReview(g.kind) {
			continue
		}
		lacks := run.lacking(book.Approvals, g.lacks)
		for _, column := range []string{"approvals.decided", "approvals.outcome", "approvals.paid_on_deal"} {
			if lacks(column) {
				gaps = append(gaps, run.unreadGap(column))
			}
		}
	}
	for _, x := range s.provided {
		unsure := func(g gate) bool {
			return x.id == g.engagement && g.decided.Time.After(x.signed.Time) && !g.decided.Time.After(x.signedLast)
		}
		if !x.signed.Valid && len(s.gates) > 0 || slices.ContainsFunc(s.gates, unsure) {
			gaps = append(gaps, Gap{Reason: CellEmpty, Column: "engagements.signed", What: x.id, Rows: 1})
		}
	}
	if len(s.gates) > 0 {
		gaps = append(gaps, f.Gaps["party.capabilities"]...)
	}
	return joinGaps(gaps)
}

// late reports whether a review was decided after the engagement that it is for was signed.
func (s *subject) late(g gate) bool {
	return slices.ContainsFunc(s.provided, func(x provided) bool {
		return x.id == g.engagement && x.signed.Valid && g.decided.Valid && g.decided.Time.After(x.signedLast)
	})
}

func (run *Run) resaleFacts(f *Facts, s *subject) {
	run.put(f, nil, cell{name: "party.resales", value: s.resales})
	share := 0.0 // it resells nothing
	var gaps []Gap
	if s.resales > 0 {
		share = float64(s.secure) / float64(s.resales)
		if s.unsure > 0 {
			gaps = []Gap{{Reason: Unstated, Column: "engagements.end_user_class", Rows: s.unsure}}
			f.Most["party.security_share"] = float64(s.secure+s.unsure) / float64(s.resales)
		}
	}
	run.put(f, nil, cell{name: "party.security_share", value: share, gaps: gaps})
}

// UnnamedAccount is what the use is called that bills give to no account.
const UnnamedAccount = "account not named in the bills"

// strayFact are the facts of an account that no party is known of, nil for a party. Its use is
// judged like a party's; nothing else is known of whose it is.
func (run *Run) strayFact(s *subject, c *surroundings) *Facts {
	x := s.stray
	if x == nil {
		return nil
	}
	name := x.key()
	if name == "" {
		name = UnnamedAccount
	}
	f := newFacts(OfParty, finding.Subject{Kind: OfAccount, ID: x.key(), Name: name})
	f.Accounts = []string{name}
	why := run.noRegister(name, 0)
	if x.holder >= 0 {
		why.Column, why.What = "accounts.sub_account_id", name+" of an account of "+run.partyName(x.holder)
		f.Subject.Party = run.partyID(x.holder)
	}
	for _, d := range Catalogue {
		if d.Of == OfParty && !strings.HasPrefix(d.Name, "usage.") {
			f.Gaps[d.Name], f.Missing[d.Name] = []Gap{why}, []string{why.Column}
		}
	}
	known := func(name string, value any) {
		f.Values[name] = value
		delete(f.Gaps, name)
		delete(f.Missing, name)
	}
	known("party.roles", []string{book.Account})
	known("party.possible_roles", []string{})
	if x.holder < 0 {
		known("party.class", "unknown")
	}
	known("party.class_contradicted", false)
	known("party.resales", int64(0))
	known("support.hours_peak", 0.0)
	known("support.growth", 1.0)
	run.useFacts(f, s, c)
	run.segmentFacts(f, "unknown")
	known("party.users", 0.0)
	var list rowList
	s.billRows(&list, f)
	f.Rows = list.done()
	return f
}

// possibleRoles are the roles of the parties that one may be the same as, sorted.
func (run *Run) possibleRoles(p int32) []string {
	out := []string{}
	for _, q := range run.in.Possible[p] {
		out = append(out, run.rolesOf(q)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// rolesOf returns the roles that the records give a party in deals, statements and claims, sorted.
func (run *Run) rolesOf(p int32) []string {
	out := []string{}
	for role := range run.rolesIn(p) {
		switch role {
		case book.Supports, book.Approved, book.InEvent:
		default:
			out = append(out, role)
		}
	}
	slices.Sort(out)
	return out
}

func (run *Run) boughtFacts(f *Facts, s *subject) {
	used := s.capabilities
	told := s.told || !s.deals
	gaps := s.unknownItems
	if s.use != nil {
		used = append(slices.Clone(used), keys(s.use.used)...)
		gaps = slices.Concat(gaps, run.classGaps(s.use))
		told = true
	} else if len(s.accounts) > 0 && run.usage.rows == 0 {
		gaps = append(slices.Clone(gaps), Gap{Reason: ColumnAbsent, Column: "usage.ServiceName"})
	}
	gaps = slices.Concat(gaps, run.unbilledGaps(s), s.held, run.unheldGaps(s.party), run.rolesGap(s.party))
	gaps = append(gaps, run.tornGaps(run.partyID(s.party), book.Engagements)...) // it may have bought what stands there
	if g := run.namelessGap(book.Engagements); g != nil && (run.has(s.party, book.EndUser) ||
		run.has(s.party, book.Buyer)) {
		gaps = append(gaps, *g)
	}
	var value any = sorted(used)
	if !told {
		gaps = append(gaps, Gap{Reason: CellEmpty, Column: "engagements.item"})
		if !run.Has("engagements.item") {
			gaps[len(gaps)-1].Reason = ColumnAbsent
		}
	}
	run.settle(f, defs["party.capabilities"], value, true, joinGaps(gaps))
}

func (run *Run) standingFacts(f *Facts, p int32) {
	listed, owned := run.in.Lists[p], run.in.Owners[p]
	run.put(f, nil, cell{name: "party.listed_score", value: listed.Score})
	f.Hits = append(f.Hits, listed.Hits...)
	values := map[string]any{}
	var gaps []Gap
	if owned.Known {
		values["party.listed_share_max"], values["party.listed_share_min"] = owned.ShareMax, owned.ShareMin
		values["party.listed_control"] = owned.Control
		values["party.listed_fifty"], values["party.listed_fifty_may"] = owned.Fifty, owned.FiftyMay || owned.Fifty
		f.Path, f.Further = owned.Path, owned.Further
		for _, h := range owned.Hits {
			if !slices.Contains(f.Hits, h) {
				f.Hits = append(f.Hits, h)
			}
		}
		if owned.Cut != "" {
			gaps = append(gaps, Gap{Reason: Unstated, Column: "ownership.share", What: owned.Cut})
		}
		if owned.Withheld != "" {
			gaps = append(gaps, Gap{Reason: Unstated, Column: "ownership.share", What: owned.Withheld})
			if owned.Cut == "" {
				f.Most["party.listed_share_max"], f.Most["party.listed_share_min"] = owned.ShareOpen, owned.ShareOpen
			}
		}
	}
	for _, name := range []string{"party.listed_share_max", "party.listed_share_min", "party.listed_control",
		"party.listed_fifty", "party.listed_fifty_may"} {
		needs := "ownership.share"
		if name == "party.listed_control" {
			needs = "ownership.control"
		}
		run.put(f, nil, cell{name: name, value: values[name], needs: []string{needs}, gaps: gaps})
	}
}

// belowFacts are what a party holds of listed ones.
func (run *Run) belowFacts(f *Facts, p int32) {
	var b Below
	values := map[string]any{}
	if run.in.Owners != nil && run.in.Lists != nil {
		b = run.in.Below[p]
		name := ""
		if b.Name != "" {
			name = fmt.Sprintf("%s (“%s”, an entry of %s, score %s)", b.Name, b.Hit.Name,
				latest(b.Hit.List, b.Hit.Title), amount(b.Hit.Score))
			if len(f.Path) == 0 {
				f.Path = b.Path
			}
		}
		values = map[string]any{"max": b.Max, "min": b.Min, "control": b.Control, "grade": b.Hit.Grade,
			"effect": b.Hit.Legal, "name": name, "path": b.Says}
	}
	for _, part := range []string{"max", "min", "control", "grade", "effect", "name", "path"} {
		run.put(f, nil, cell{name: "party.owns_listed_" + part, value: values[part]})
	}
}
