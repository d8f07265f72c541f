package review

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/finding"
)

// A Tender is one procedure before its award: who takes part, and what is said of each.
type Tender struct {
	ID      string   `json:"id"`
	Title   string   `json:"title,omitempty"`
	Buyer   string   `json:"buyer,omitempty"`
	Closes  string   `json:"closes,omitempty"` // last day that the records state
	Bidders []Bidder `json:"bidders"`
	File    string   `json:"file"`
	At      string   `json:"at"`
}

// A Bidder takes part in a tender.
type Bidder struct {
	Party  string      `json:"party"`
	Name   string      `json:"name"`
	Role   string      `json:"role"` // tenderer, subcontractor, supplier …
	Said   []BidderHit `json:"said"`
	Unsaid string      `json:"unsaid,omitempty"` // where nothing is said: what was looked at
	Flags  []string    `json:"flags,omitempty"`
	Number []string    `json:"numbers,omitempty"` // of registers
	party  int32
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
SELECT v.id, coalesce((SELECT min(i.text) FROM engagement_item i WHERE i.n = v.n), ''), b.party, coalesce(v.closes_on, CASE WHEN v.published THEN NULL ELSE v.end_on END), v.source, v.place, o.party, o.role
FROM (SELECT *, row_number() OVER (PARTITION BY n ORDER BY version DESC) AS k FROM engagement_version WHERE kind = 'tender') v
LEFT JOIN party_map b ON b.mention = v.buyer
LEFT JOIN (SELECT DISTINCT e.id, m.party, p.role FROM engagement_other p JOIN engagement e ON e.seq = p.engagement JOIN party_map m ON m.mention = p.mention
  WHERE p.role NOT IN ('buyer', 'procuring_entity', 'review_body')
  UNION SELECT e.id, m.party, 'supplier' FROM engagement e JOIN party_map m ON m.mention = e.seller WHERE e.kind = 'tender') o ON o.id = v.id
WHERE v.k = 1 ORDER BY v.id, o.role, o.party`

// tenders fills the summary with a sheet for each tender of the run.
func (r *run) tenders(ctx context.Context) error {
	var last string
	err := r.book.Each(ctx, "read tenders", tendersSQL, func(rows *sql.Rows) error {
		var t Tender
		var buyer, who sql.NullInt32
		var closes sql.NullTime
		var source int
		var role sql.NullString
		if err := rows.Scan(&t.ID, &t.Title, &buyer, &closes, &source, &t.At, &who, &role); err != nil {
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
			t.Buyer, t.File, t.Bidders = r.nameOf(buyer), r.files[source].Name, []Bidder{}
			if closes.Valid {
				t.Closes = closes.Time.Format(time.DateOnly)
			}
			r.sum.Tenders = append(r.sum.Tenders, t)
		}
		x := &r.sum.Tenders[len(r.sum.Tenders)-1]
		if !who.Valid || x.ID != t.ID {
			return nil
		}
		b := Bidder{Party: r.idOf(who), Name: r.nameOf(who), Role: strings.ReplaceAll(role.String, "_", " "),
			Said: []BidderHit{}, party: who.Int32}
		for _, id := range r.res.Parties[who.Int32].Identifiers {
			b.Number = append(b.Number, id.String())
		}
		for _, l := range r.said(who.Int32, &removedEntries{}) {
			b.Said = append(b.Said, r.bidderHit(l, who.Int32))
		}
		if len(b.Said) == 0 {
			b.Unsaid = r.unsaid(who.Int32)
		}
		x.Bidders = append(x.Bidders, b)
		return nil
	})
	for i := range r.sum.Tenders {
		slices.SortStableFunc(r.sum.Tenders[i].Bidders, func(a, b Bidder) int {
			return cmp.Compare(len(b.Said),
				len(a.Said))
		})
	}
	r.sum.About = string(r.about())
	return err
}

// bidderHit adds to what is said of a bidder the article that a buyer may weigh. The grounds are those of
// Directive 2014/24/EU, Article 57; a buyer under other law puts its own in their place.
func (r *run) bidderHit(l HoldingLine, p int32) BidderHit {
	h := BidderHit{Status: l.Status, List: l.List, Entry: l.Entry, Says: l.Says, Effect: l.Effect,
		Answer: "that it is another body, with a register number; that the entry or the holding no longer stands; " +
			"measures that it has taken (Article 57(6))"}
	var hit finding.Hit
	switch {
	case l.Status == OnList || l.Status == StandingCheck:
		hit = r.listed[p].Hits[0]
	case l.Status == OwnsList:
		hit = r.below[p].Hit
	case len(r.owned[p].Hits) > 0:
		hit = r.owned[p].Hits[0]
	}
	switch hit.Legal {
	case "sanctions":
		h.Ground = "the legal act behind the list decides whether an award is barred; Directive 2014/24/EU Article " +
			"57 names no list"
	case "debarment":
		h.Ground = "the rules of the body that debarred; Directive 2014/24/EU Article 57(4)(g) where an earlier " +
			"contract was ended early for its faults"
	case "export_control":
		h.Ground = "no ground by itself; Directive 2014/24/EU Article 57(4)(c) only where grave professional " +
			"misconduct is shown by appropriate means"
	default:
		h.Ground = "Directive 2014/24/EU Article 57(4)(c), only where grave professional misconduct is shown by " +
			"appropriate means; a report alone shows none"
	}
	return h
}
