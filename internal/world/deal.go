package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A deal is one engagement, as tidy as it can be unless a case says otherwise: end user and
// reseller identified, human-rights review in time, all safeguards in the contract.
type deal struct {
	id           string
	kind         string // contract by default
	buyer, user  org
	userText     string // instead of user: a word that names nobody
	reseller     *org
	resellerBare string // a reseller without any identifier
	item, code   string
	quantity     float64
	unit         string
	value        float64
	signed       string
	months       int
	method       string
	rationale    string
	withheld     bool
	noReview     bool
	reviewLate   int  // days after signature
	paid         bool // the approver is paid on the deal
	licence      bool // an export licence is on file
	// no end-use certificate is on file, where a complete register has one of every sale of coded goods
	uncertified bool
	missing     []string // safeguards that are absent
	also        []string // no_restriction, exit_penalty, secrecy
	reference   string   // where the clauses stand
	noClauses   bool     // no clause register for it
	amended     *amended
	payer       string
	consignee   string     // who receives the goods, when stated
	delivery    string     // place of delivery, the buyer's stores by default
	decided     []decision // gates beside the usual ones
}

// A decision is one gate of a deal as the approvals register has it.
type decision struct {
	kind, day, outcome, role string
	paid                     bool
}

type amended struct {
	value  float64
	item   string
	signed string
}

var safeguards = []string{"acceptable_use", "human_rights", "end_use_limit", "no_transfer", "audit_right",
	"suspend_right", "cooperation"}

// sign writes the deal into the registers and returns its id.
func (w *world) sign(d deal) string {
	if d.id == "" {
		d.id = w.dealID()
	}
	signed := day(d.signed)
	w.meet(w.provider, d.buyer, d.user)
	if d.reseller != nil {
		w.meet(*d.reseller)
	}
	row := cells{
		"engagement_id": d.id, "kind": or(d.kind, "contract"), "seller": w.provider.name, "seller_id": w.provider.id,
		"buyer": d.buyer.name, "buyer_id": d.buyer.id, "buyer_country": w.names.state[d.buyer.state],
		"item": d.item, "item_code": d.code, "quantity": decimal(d.quantity), "unit": d.unit,
		"value": decimal(d.value), "currency": "EUR", "signed": d.signed,
		"start": signed.AddDate(0, 0, 14).Format(time.DateOnly), "end": signed.AddDate(0, max(d.months, 24),
			13).Format(time.DateOnly),
		"destination": w.names.state[d.buyer.state], "method": or(d.method, "open"), "payer": d.payer,
		"rationale": d.rationale, "withheld": yesNo(d.withheld), "consignee": d.consignee,
		"delivery_place": or(d.delivery, "central stores"),
	}
	if d.userText != "" {
		row["end_user"] = d.userText
	} else {
		row["end_user"], row["end_user_id"], row["end_user_country"], row["end_user_class"] = d.user.name, d.user.id,
			w.names.state[d.user.state], d.user.class
	}
	switch {
	case d.reseller != nil:
		row["reseller"], row["reseller_id"], row["reseller_country"] = d.reseller.name, d.reseller.id,
			w.names.state[d.reseller.state]
	case d.resellerBare != "":
		row["reseller"] = d.resellerBare
	}
	w.engagements.row(row)
	if a := d.amended; a != nil {
		row["value"], row["signed"] = decimal(a.value), a.signed
		if a.item != "" {
			row["item"] = a.item
		}
		w.engagements.row(row)
	}
	if !d.noClauses {
		w.terms(d)
	}
	w.gates(d, signed)
	return d.id
}

func (w *world) terms(d deal) {
	reference := or(d.reference, "annex 2")
	for i, c := range safeguards {
		present := "yes"
		if has(d.missing, c) {
			present = "no"
		}
		w.clauses.row(cells{"engagement_id": d.id, "clause": c, "present": present,
			"reference": fmt.Sprintf("%s, section %d", reference, i+1)})
	}
	for _, c := range []string{"no_restriction", "exit_penalty", "secrecy"} {
		w.clauses.row(cells{"engagement_id": d.id, "clause": c, "present": yesNo(has(d.also, c)),
			"reference": or(d.reference, "main text")})
	}
}

func (w *world) gates(d deal, signed time.Time) {
	user := d.user
	if d.userText != "" {
		user = d.buyer
	}
	write := func(x decision) {
		w.approvals.row(cells{
			"engagement_id": d.id, "party_name": user.name, "party_id": user.id, "kind": x.kind,
			"decided": x.day, "outcome": x.outcome, "decided_by_role": x.role, "paid_on_deal": yesNo(x.paid),
		})
	}
	gate := func(kind string, days int, outcome, role string, paid bool) {
		write(decision{kind, signed.AddDate(0, 0, days).Format(time.DateOnly), outcome, role, paid})
	}
	for _, x := range d.decided {
		write(x)
	}
	if !d.noReview {
		days := -21
		if d.reviewLate > 0 {
			days = d.reviewLate
		}
		gate("human_rights_review", days, "approved", "human rights officer", false)
	}
	if w.complete && d.code != "" && d.kind != "licence" && !d.uncertified {
		gate("end_use_certificate", -20, "approved", "export control officer", false)
	}
	if d.licence {
		gate("licence", -14, "granted", "export control officer", false)
	}
	if d.paid {
		gate("limited_access", -3, "approved", "regional sales director", true)
	} else if w.rng.IntN(3) == 0 {
		gate("credit_check", -30, "approved", "credit officer", false)
	}
}

func (w *world) dealID() string {
	for {
		id := fmt.Sprintf("K-%06d", w.rng.IntN(1_000_000))
		if !w.numbers[id] {
			w.numbers[id] = true
			return id
		}
	}
}

func (w *world) accountID() string {
	for {
		id := fmt.Sprintf("%02d-%06d", 10+w.rng.IntN(80), w.rng.IntN(1_000_000))
		if !w.numbers[id] {
			w.numbers[id] = true
			return id
		}
	}
}

// An account ties bills to holder and end user.
type account struct {
	id           string
	subs         []string // none: one row for the whole account
	holder, user org
	userText     string
	reseller     *org
	address      string
	since, until string
}

// hold writes an account into the register and returns its id.
func (w *world) hold(a account) string {
	if a.id == "" {
		a.id = w.accountID()
	}
	subs := a.subs
	if len(subs) == 0 {
		subs = []string{""}
	}
	w.meet(a.holder, a.user)
	if a.reseller != nil {
		w.meet(*a.reseller)
	}
	for _, sub := range subs {
		row := cells{
			"account_id": a.id, "sub_account_id": sub, "party_name": a.holder.name, "party_id": a.holder.id,
			"country": w.names.state[a.holder.state], "party_address": or(a.address, a.holder.address),
			"since": or(a.since, "2030-06-01"), "until": a.until,
		}
		if a.userText != "" {
			row["end_user"] = a.userText
		} else {
			row["end_user"], row["end_user_id"], row["end_user_class"] = a.user.name, a.user.id, a.user.class
		}
		if a.reseller != nil {
			row["reseller"], row["reseller_id"] = a.reseller.name, a.reseller.id
		}
		w.accounts.row(row)
	}
	return a.id
}

// claim says what somebody says about a party.
func (w *world) claim(about org, capability, text, source, published, origin, grade, status, reply string) {
	w.claimNo++
	slug := strings.ToLower(strings.Fields(source)[0])
	w.claims.row(cells{
		"claim_id": fmt.Sprintf("CL-%03d", w.claimNo), "about": about.name, "about_id": about.id,
		"capability": capability,
		"text":       text, "source": source, "url": "https://" + slug + ".example/" + published,
		"published": published,
		"origin":    origin, "grade": grade, "status": status, "reply": reply,
	})
}

func (w *world) hours(about org, quarter string, hours float64, code string) {
	w.support.row(cells{"party_name": about.name, "party_id": about.id, "quarter": quarter, "hours": decimal(hours),
		"code": code})
}

func (w *world) event(kind, date string, about *org, source string) {
	w.eventNo++
	row := cells{"event_id": fmt.Sprintf("EV-%02d", w.eventNo), "kind": kind, "date": date, "source": source,
		"url": "https://context.example/" + date}
	if about != nil {
		row["about"], row["about_id"] = about.name, about.id
	}
	w.events.row(row)
}

// verdict turns a yes or no into what the key expects.
func verdict(raised bool) Expect {
	if raised {
		return Raised
	}
	return NotRaised
}

// expect writes what a review must say about a party.
func (w *world) expect(name string, raised bool, flags string, about org, why string, where ...string) {
	w.keyed(name, verdict(raised), flags, KeySubject{"party", about.name, about.id}, why, where...)
}

// expectDeal writes what a review must say about an engagement.
func (w *world) expectDeal(name string, raised bool, flags, id, why string) {
	w.keyed(name, verdict(raised), flags, KeySubject{"engagement", id, id}, why, id)
}

// expectAccount writes what a review must say about an account, or a sub-account.
func (w *world) expectAccount(name string, want Expect, flags, id, why string) {
	w.keyed(name, want, flags, KeySubject{"account", id, id}, why, id)
}

// open writes flags of a party that must not be clear: raised, or not computable.
func (w *world) open(name, flags string, about org, why string, where ...string) {
	w.keyed(name, Open, flags, KeySubject{"party", about.name, about.id}, why, where...)
}

// keyed writes a line of the key for each flag.
func (w *world) keyed(name string, want Expect, flags string, about KeySubject, why string, where ...string) {
	for flag := range strings.FieldsSeq(flags) {
		l := KeyLine{Case: name, Flag: "RF-" + flag, Expect: want, Subject: about, Why: why}
		for _, at := range where {
			if strings.HasPrefix(at, "K-") || strings.HasPrefix(at, "ocds-") {
				l.Engagements = append(l.Engagements, at)
			} else {
				l.Accounts = append(l.Accounts, at)
			}
		}
		w.key.line(l)
	}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic("world: " + err.Error())
	}
	return t
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func decimal(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
