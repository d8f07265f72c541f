package review

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/record"
)

// A Tender is one procedure before its award: who takes part, and what is said of each.
type Tender struct {
	ID      string   `json:"id"`
	Title   string   `json:"title,omitempty"`
	Buyer   string   `json:"buyer,omitempty"`
	Closes  string   `json:"closes,omitempty"` // last day for bids that the records state
	Dates   []string `json:"dates"`            // each date that the records state, with what it is
	Answers string   `json:"answers"`          // until when bidders may answer, or that no date is in the records
	Until   string   `json:"until"`            // the same in few words
	Bidders []Bidder `json:"bidders"`
	// Unread says where parties may stand who are not told apart and so compared with no list.
	Unread []string `json:"parties_not_read"`
	File   string   `json:"file"`
	At     string   `json:"at"`
}

// A Bidder takes part in a tender.
type Bidder struct {
	Party  string       `json:"party"`
	Name   string       `json:"name"`
	Role   string       `json:"role"`             // tenderer, subcontractor, supplier …; several with commas between
	Group  string       `json:"group,omitempty"`  // the group that it bids in, as written
	Lots   string       `json:"lots,omitempty"`   // as the records number them; empty where they do not say
	State  string       `json:"state,omitempty"`  // of its bid: withdrawn, disqualified …
	Said   []BidderHit  `json:"said"`             // empty where nothing is said
	Unsaid string       `json:"unsaid,omitempty"` // where nothing is said: what was looked at
	Flags  []BidderFlag `json:"flags,omitempty"`  // raised on it
	Number []string     `json:"numbers,omitempty"`
	party  int32
}

// A BidderFlag is a flag that a pack raised on a bidder, with the clauses that the pack rests it on.
type BidderFlag struct {
	Flag     string   `json:"flag"`
	Title    string   `json:"title"`
	Severity string   `json:"severity"`
	Pack     string   `json:"pack"`
	RestsOn  []string `json:"rests_on"`
}

// A BidderHit is what is said of a bidder, the ground that a buyer may weigh, and what the bidder may answer.
type BidderHit struct {
	Status string `json:"status"`
	List   string `json:"list,omitempty"`
	Entry  string `json:"entry,omitempty"`
	Says   string `json:"says"`
	Effect string `json:"effect,omitempty"`
	Ground string `json:"ground"`
	Answer string `json:"answer"`
}

// mostTenders is how many tenders are kept for the report.
const mostTenders = 500

const tendersSQL = `
SELECT v.id, coalesce((SELECT min(i.text) FROM engagement_item i WHERE i.n = v.n), ''), b.party, coalesce(v.closes_on, CASE WHEN v.published THEN NULL ELSE v.end_on END),
  v.ask_by, v.answer_by, v.decide_by, v.standstill, v.source, v.place, o.party, o.role, coalesce(o.joined, ''), coalesce(o.lots, ''), coalesce(o.state, '')
FROM (SELECT *, row_number() OVER (PARTITION BY n ORDER BY version DESC) AS k FROM engagement_version WHERE kind = 'tender') v
LEFT JOIN party_map b ON b.mention = v.buyer
LEFT JOIN (SELECT DISTINCT e.id, m.party, p.role, p.joined, p.lots, p.state FROM engagement_other p JOIN engagement e ON e.seq = p.engagement JOIN party_map m ON m.mention = p.mention
  WHERE p.role NOT IN ('buyer', 'procuring_entity', 'review_body')
  UNION SELECT e.id, m.party, 'supplier', '', '', '' FROM engagement e JOIN party_map m ON m.mention = e.seller WHERE e.kind = 'tender') o ON o.id = v.id
WHERE v.k = 1 ORDER BY v.id, o.role, o.party, o.joined, o.state, o.lots`

const hiddenSQL = `
SELECT DISTINCT e.id, h.why, h.header, h.text FROM engagement_hidden h JOIN engagement e ON e.seq = h.engagement ORDER BY ALL`

// tenders fills the summary with a sheet for each tender of the run.
func (r *run) tenders(ctx context.Context) error {
	flags := r.bidderFlags
	var last string
	err := r.book.Each(ctx, "read tenders", tendersSQL, func(rows *sql.Rows) error {
		var t Tender
		var buyer, who sql.NullInt32
		var closes, ask, answer, decide, standstill sql.NullTime
		var source int
		var role sql.NullString
		var b Bidder
		err := rows.Scan(&t.ID, &t.Title, &buyer, &closes, &ask, &answer, &decide, &standstill, &source, &t.At,
			&who, &role,
			&b.Group, &b.Lots, &b.State)
		if err != nil {
			return err
		}
		if t.ID != last || len(r.sum.Tenders) == 0 {
			if len(r.sum.Tenders) == mostTenders {
				if t.ID != last {
					last = t.ID
					r.sum.TendersLeft++
				}
				return nil
			}
			last = t.ID
			t.Buyer, t.File, t.Bidders, t.Unread = r.nameOf(buyer), r.files[source].Name, []Bidder{}, []string{}
			r.dates(&t, tenderDates{closes, ask, answer, decide, standstill})
			r.sum.Tenders = append(r.sum.Tenders, t)
		}
		x := &r.sum.Tenders[len(r.sum.Tenders)-1]
		if !who.Valid || x.ID != t.ID {
			return nil
		}
		b.Party, b.Name, b.Said, b.party = r.idOf(who), r.nameOf(who), []BidderHit{}, who.Int32
		b.Role = strings.ReplaceAll(role.String, "_", " ")
		if at := slices.IndexFunc(x.Bidders, func(o Bidder) bool {
			return o.party == b.party && o.Group == b.Group && o.State == b.State
		}); at >= 0 {
			x.Bidders[at].join(b)
			return nil
		}
		for _, id := range r.res.Parties[b.party].Identifiers {
			b.Number = append(b.Number, id.String())
		}
		for _, l := range r.saidOfBidder(b.party) {
			b.Said = append(b.Said, r.bidderHit(l.HoldingLine, l.hit))
		}
		if len(b.Said) == 0 {
			b.Unsaid = r.unsaid(b.party)
		}
		b.Flags = flags[b.Party]
		x.Bidders = append(x.Bidders, b)
		return nil
	})
	if err == nil {
		err = r.hiddenBidders(ctx)
	}
	for i := range r.sum.Tenders {
		slices.SortStableFunc(r.sum.Tenders[i].Bidders, func(a, b Bidder) int {
			return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a.Name, b.Name))
		})
	}
	r.sum.About = string(r.about())
	return err
}

// join adds roles and lots in which the same bidder stands.
func (b *Bidder) join(o Bidder) {
	for _, x := range []struct{ have, more *string }{{&b.Role, &o.Role}, {&b.Lots, &o.Lots}} {
		for part := range strings.SplitSeq(*x.more, ", ") {
			if part != "" && !slices.Contains(strings.Split(*x.have, ", "), part) {
				*x.have = strings.TrimPrefix(*x.have+", "+part, ", ")
			}
		}
	}
}

// order is 0 for a bidder that is on a list, and the higher the less is said.
func (b *Bidder) order() int {
	n := len(bidderStatuses)
	for _, h := range b.Said {
		if i := slices.Index(bidderStatuses, h.Status); i >= 0 {
			n = min(n, i)
		}
	}
	return n
}

// hiddenBidders says of each tender where parties may stand who are not told apart.
func (r *run) hiddenBidders(ctx context.Context) error {
	at := map[string]int{}
	for i, t := range r.sum.Tenders {
		at[t.ID] = i
	}
	return r.book.Each(ctx, "read texts that may name bidders", hiddenSQL, func(rows *sql.Rows) error {
		var id, column, text string
		var why int32
		if err := rows.Scan(&id, &why, &column, &text); err != nil {
			return err
		}
		if i, ok := at[id]; ok {
			r.sum.Tenders[i].Unread = append(r.sum.Tenders[i].Unread, hiddenWords(record.HiddenBy(why), column, text))
		}
		return nil
	})
}

// hiddenWords says where parties may stand. What stands there is not shown of a column that nobody explained: it may be
// anything.
func hiddenWords(why record.HiddenBy, column, text string) string {
	switch why {
	case record.HiddenList:
		return fmt.Sprintf("“%s” (%s) may be one body or several; it was compared as one name. Write semicolons "+
			"between names.",
			text, column)
	case record.HiddenMembers:
		return fmt.Sprintf("The members of the group “%s” are not named.", text)
	case record.HiddenNames:
		if text == "1" {
			return "1 bidder has no name in the records."
		}
		return text + " bidders have no name in the records."
	case record.HiddenNumber:
		return "The publisher counts bidders: " + text + "."
	}
	return fmt.Sprintf("Parties may stand in the column “%s”, which was not read. Call it tenderers, "+
		"consortium_members or "+
		"subcontractors, or use --map.", column)
}

type tenderDates struct{ closes, ask, answer, decide, standstill sql.NullTime }

// dates says which dates the records state of a tender, and until when bidders may answer. A date that no record
// states is not made up: the days of a law begin on days that the records do not hold.
func (r *run) dates(t *Tender, d tenderDates) {
	t.Dates = []string{}
	say := func(at sql.NullTime, what string) string {
		if !at.Valid {
			return ""
		}
		s := what + " " + at.Time.Format("2 January 2006")
		if at.Time.Before(r.o.AsOf.Truncate(24 * time.Hour)) {
			s += " (passed)"
		}
		t.Dates = append(t.Dates, s)
		return s
	}
	if d.closes.Valid {
		t.Closes = d.closes.Time.Format(time.DateOnly)
	}
	say(d.ask, "questions until")
	say(d.closes, "bids until")
	say(d.decide, "award to be decided by")
	say(d.standstill, "standstill until")
	stated := say(d.answer, "the buyer hears bidders until")
	days, pack, own := r.pack.Parameter(policy.BidderAnswerDays)
	switch {
	case stated != "":
		t.Until, t.Answers = d.answer.Time.Format("2 January 2006"),
			"Bidders may answer until "+d.answer.Time.Format("2 January 2006")+"."
	case own:
		t.Until = fmt.Sprintf("%g days after the buyer asks", days)
		t.Answers = fmt.Sprintf("The buyer's own pack %s gives %g days from the day on which the buyer asks.", pack,
			days)
	default:
		t.Until = "no date is in the records"
		t.Answers = "No date for an answer is in the records; the buyer sets one."
	}
}

// The standings of a bidder beside those of issuers.
const (
	SameName  = "same name as an entry"                  // distinctive, and nothing else was compared
	OtherBody = "same name; something speaks against it" // a number, a country or a date
)

// bidderStatuses are the standings of a bidder, what says the most first.
var bidderStatuses = []string{OnList, OwnedByList, OwnsList, SameName, StandingCheck, OtherBody}

// A saidLine is what is said of a bidder, with the hit that it rests on.
type saidLine struct {
	HoldingLine
	hit finding.Hit
}

// saidOfBidder is what lists and ownership say of a bidder. A name alone never makes it "on a list": the grades decide
// as they do for findings and names to check.
func (r *run) saidOfBidder(p int32) (out []saidLine) {
	if h, status, why := r.byName(p); status != "" {
		l := hitLine(status, h)
		if why != "" {
			l.Says += "; " + why
		}
		out = append(out, saidLine{l, h})
	}
	if s := r.owned[p]; s.ShareMax >= watchShare || s.Control {
		l := saidLine{HoldingLine: HoldingLine{Status: OwnedByList, Says: pathWords(s.Path)}}
		if len(s.Hits) > 0 {
			l.hit = s.Hits[0]
			l.List, l.Entry, l.Effect = cmp.Or(l.hit.Title, l.hit.List), l.hit.Entry, l.hit.Effect
		}
		out = append(out, l)
	}
	if b, ok := r.below[p]; ok && (b.Max >= watchShare || b.Control) {
		out = append(out, saidLine{HoldingLine{Status: OwnsList, List: cmp.Or(b.Hit.Title, b.Hit.List),
			Entry:  b.Hit.Entry,
			Effect: b.Hit.Effect, Says: b.Says}, b.Hit})
	}
	return out
}

// byName is the standing of a party by its own name and numbers, the hit that it rests on, and why it is no more; ""
// where no list has a name that is near enough to be looked at.
func (r *run) byName(p int32) (h finding.Hit, status, why string) {
	hits := r.listed[p].Hits
	least, _, _ := r.pack.Parameter("listed_score")
	if len(hits) == 0 {
		return h, "", ""
	}
	if bestScore(hits) < least || bestScore(hits) == 0 {
		if i := slices.IndexFunc(hits, func(h finding.Hit) bool { return h.Grade >= "D" }); i >= 0 &&
			bestScore(hits) == 0 {
			return hits[i], OtherBody, "a number, a country or a date speaks against it"
		}
		return h, "", ""
	}
	ground, said, at := worth(hits)
	switch ground {
	case groundOther:
		return hits[at], OnList, ""
	case groundName:
		return hits[at], SameName, "nothing but the name was compared"
	}
	return hits[at], StandingCheck, said
}

// bidderHit adds to what is said of a bidder the article that a buyer may weigh. The grounds are those of
// Directive 2014/24/EU, Article 57; a buyer under other law puts its own in their place.
func (r *run) bidderHit(l HoldingLine, hit finding.Hit) BidderHit {
	h := BidderHit{Status: l.Status, List: l.List, Entry: l.Entry, Says: l.Says, Effect: l.Effect}
	switch l.Status {
	case StandingCheck, OtherBody:
		h.Ground = "none while it is not known whether the entry means this bidder"
		h.Answer = "by which number of a register it is told from the entry"
		return h
	case SameName:
		h.Answer = "whether it is the body of the entry, and by which number of a register it is told from it; " +
			"whether the " +
			"entry still stands; measures that it has taken (Article 57(6))"
		h.Ground = "if it is the body of the entry: "
	default:
		h.Answer = "that it is another body, with a register number; that the entry or the holding no longer stands; " +
			"measures that it has taken (Article 57(6))"
	}
	switch hit.Legal {
	case "sanctions":
		h.Ground += "the legal act behind the list decides whether an award is barred; Directive 2014/24/EU Article " +
			"57 names no list"
	case "debarment":
		h.Ground += "the rules of the body that debarred; Directive 2014/24/EU Article 57(4)(g) where an earlier " +
			"contract was ended early for its faults"
	case "export_control":
		h.Ground += "no ground by itself; Directive 2014/24/EU Article 57(4)(c) only where grave professional " +
			"misconduct is shown by appropriate means"
	default:
		h.Ground += "Directive 2014/24/EU Article 57(4)(c), only where grave professional misconduct is shown by " +
			"appropriate means; a report alone shows none"
	}
	return h
}

// noteBidder keeps what is raised on a party, for the sheets of tenders.
func (r *run) noteBidder(f *finding.Finding) {
	if f.State != finding.Raised || f.Subject.Kind != "party" || len(f.If) > 0 {
		return
	}
	x := BidderFlag{Flag: f.Flag, Title: f.Title, Severity: f.Severity, Pack: f.Pack}
	for _, c := range f.RestsOn {
		x.RestsOn = append(x.RestsOn, c.Instrument+" "+c.Clause)
	}
	if r.bidderFlags == nil {
		r.bidderFlags = map[string][]BidderFlag{}
	}
	r.bidderFlags[f.Subject.ID] = append(r.bidderFlags[f.Subject.ID], x)
}
