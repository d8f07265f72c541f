package signal

import (
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/list"
	"plimsoll/internal/record"
)

// Ways in which goods go elsewhere than to whom they are sold, in engagement.route.
const (
	RouteDestination = "other_destination" // not the end user's country, or the buyer's where that is not stated
	RouteConsignee   = "other_consignee"   // received by a party that is neither buyer nor end user nor near them
)

// goodsFacts are the signals of goods: the licence that covers them, their way, and what was suspended.
func (run *Run) goodsFacts(f *Facts, e *engagement, now version, lacks func(string) bool) {
	state, gaps := run.licenceState(e, now)
	if state == NoLicence && !now.published && !run.Has("approvals.kind") {
		state, gaps = "", []Gap{{Reason: ColumnAbsent, Column: "approvals.kind"}}
	}
	run.put(f, nil, cell{name: "engagement.licence_state", value: some(state), gaps: gaps})
	beneath := ""
	if u := now.user(); u >= 0 {
		beneath = run.in.Classes[u].Beneath
	}
	run.put(f, nil, cell{name: "engagement.beneath", value: beneath})
	run.wayFacts(f, now, lacks)
	run.drawnFacts(f, e, now)
	run.suspendedFacts(f, e, now)
}

// wayFacts say how goods go elsewhere. Where the records have no consignee or no destination, they may.
func (run *Run) wayFacts(f *Facts, now version, lacks func(string) bool) {
	way := []string{}
	switch now.kind {
	case "re_export", record.KindTransit, record.KindBrokering:
		way = append(way, now.kind)
	}
	var gaps []Gap
	there, stated := run.endUserElsewhere(now)
	switch differs := f.Values["engagement.destination_differs"]; {
	case stated:
		if there {
			way = append(way, RouteDestination)
		}
	case differs == true:
		way = append(way, RouteDestination)
	case differs == nil:
		gaps = append(gaps, f.Gaps["engagement.destination_differs"]...)
	}
	const consignee = "engagements.consignee"
	switch {
	case now.consignee >= 0:
		if now.consignee != now.buyer && now.consignee != now.endUser && now.consignee != now.seller &&
			!run.near(now.consignee, now.buyer) && !run.near(now.consignee, now.endUser) && !run.namesake(now.consignee,
			now.seller) {
			way = append(way, RouteConsignee)
		}
	case now.published:
		gaps = append(gaps, run.unreadGap(consignee))
	case !run.Has(consignee) || lacks(consignee):
		gaps = append(gaps, run.unreadGap(consignee))
	}
	run.put(f, nil, cell{name: "engagement.route", value: way, gaps: joinGaps(gaps)})
}

// endUserElsewhere reports whether goods go to another country than that of the end user; stated is false when one of
// the two is not known. An agent abroad who has the goods sent to the end user sends them nowhere else.
func (run *Run) endUserElsewhere(now version) (elsewhere, stated bool) {
	if now.endUser < 0 || int(now.endUser) >= len(run.in.Parties) || now.endUser == now.buyer {
		return false, false
	}
	country := run.in.Parties[now.endUser].Country
	if country == "" || now.destination == "" {
		return false, false
	}
	if book.PlainWords(country) == book.PlainWords(now.destination) {
		return false, true
	}
	home, there := list.Country(country), list.Country(now.destination)
	return home != there, home != "" && there != ""
}

// drawnFacts are what is recorded under a licence.
func (run *Run) drawnFacts(f *Facts, e *engagement, now version) {
	ratio, quantity := 0.0, 0.0
	var gaps []Gap
	if now.kind == "" {
		gaps = append(gaps, run.unreadGap("engagements.kind"))
	}
	if now.kind == record.KindLicence {
		for i := range run.licences {
			if l := &run.licences[i]; l.id == e.id {
				ratio, quantity, gaps = l.drawn()
			}
		}
	}
	run.put(f, nil, cell{name: "engagement.drawn_ratio", value: ratio, gaps: gaps})
	run.put(f, nil, cell{name: "engagement.drawn", value: quantity, gaps: gaps})
}

// suspendedFacts say how long before the engagement its buyer or end user, or a body above it, was restricted.
func (run *Run) suspendedFacts(f *Facts, e *engagement, now version) {
	if run.around == nil {
		return
	}
	day, last := e.versions[0].signed, e.versions[0].signedLast
	var before []time.Time
	var gaps []Gap
	for _, x := range run.around.events {
		if !restricting(x.kind) || x.about < 0 {
			continue
		}
		if now.buyer >= 0 && run.concerns(x, now.buyer) || now.endUser >= 0 && run.concerns(x, now.endUser) ||
			now.consignee >= 0 && run.concerns(x, now.consignee) {
			before = append(before, x.day)
		}
	}
	for _, p := range []int32{now.buyer, now.endUser} {
		if p >= 0 {
			gaps = append(gaps, run.unclearGaps(p, run.around, restricting)...)
		}
	}
	days := -1.0
	if day.Valid {
		days = firstAfter(before, day.Time)
	}
	for _, v := range e.versions[1:] { // extended, or delivered again, after it
		if days < 0 && v.signed.Valid {
			days = firstAfter(before, v.signed.Time)
		}
	}
	if days < 0 && len(before) > 0 && (!day.Valid || firstAfter(before, last.Time) >= 0) {
		gaps = append(gaps, Gap{Reason: CellEmpty, Column: "engagements.signed", What: e.id, Rows: 1})
	}
	if days >= 0 {
		gaps = nil
	}
	run.put(f, run.lacking(book.Engagements, 0), cell{name: "engagement.restricted_days", value: days,
		gaps: joinGaps(gaps)})
}

// restricting reports whether an event of a kind restricts what may be sold.
func restricting(kind string) bool { return kind == "restriction" }
