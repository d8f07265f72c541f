package report

import (
	"fmt"
	"strings"

	"plimsoll/internal/obligation"
	"plimsoll/internal/policy"
	"plimsoll/internal/review"
)

// Limits on one page of the sections about deals; the tables hold all.
const (
	holdingRows   = 300
	tenderSheets  = 50
	bidderRows    = 100 // of one tender
	inventoryRows = 100
	demandRows    = 200
	touchedRows   = 300
)

// titles are the titles of a report by what its records are about.
var titles = map[string]string{
	string(review.AboutSales):     "Review of contracts, sales and transfers",
	string(review.AboutUsage):     "Review of accounts and usage",
	string(review.AboutTender):    "Review of tenders and bidders before an award",
	string(review.AboutPortfolio): "Review of holdings and their issuers",
}

// deals are the sections of a report about holdings, tenders and supplies.
type deals struct {
	HoldingLines     []review.HoldingLine
	HoldingsCaption  string
	Tenders          []review.Tender
	TendersLede      string
	TendersMore      string
	InventoryLines   []review.InventoryLine
	InventoryCaption string
	InventoryBy      []pivot
	InventoryEdges   string
	DemandsLede      string
	DemandLines      []review.DemandLine
	DemandsCaption   string
	Touched          []review.Touched
	TouchedCaption   string
	NeutralityLede   string
	ChangesLede      string
	RunningLede      string
	RunningCaption   string
	DealsFirst       bool // they stand before the findings: it is what the reader came for
}

func dealsOf(s review.Summary) deals {
	var d deals
	if s.Holdings != nil {
		d.HoldingLines = s.Holdings.Lines[:min(len(s.Holdings.Lines), holdingRows)]
		d.HoldingsCaption = ofAll(len(d.HoldingLines), len(s.Holdings.Lines), "line", "lines", "holdings.csv")
	}
	d.Tenders = s.Tenders[:min(len(s.Tenders), tenderSheets)]
	d.TendersLede = tendersLede(s.Tenders)
	if n := len(s.Tenders) - len(d.Tenders); n > 0 {
		d.TendersMore = fmt.Sprintf("%s more in review.json. ", Plural(n, "tender", "tenders"))
	}
	if s.TendersLeft > 0 {
		d.TendersMore += fmt.Sprintf("%s more were read and are shown nowhere: review fewer files at a time to see "+
			"them.",
			Plural(s.TendersLeft, "tender", "tenders"))
	}
	if s.Inventory != nil {
		for _, l := range s.Inventory.First[:min(len(s.Inventory.First), inventoryRows)] {
			l.Capability = policy.Word(l.Capability)
			d.InventoryLines = append(d.InventoryLines, l)
		}
		d.InventoryCaption = ofAll(len(d.InventoryLines), s.Inventory.Lines, "line", "lines", "inventory.csv")
		if n := s.Inventory.Added; n > 0 {
			d.InventoryCaption += fmt.Sprintf(" The value of %s is the sum of lines that state different ones.",
				Plural(int(n), "record", "records"))
		}
	}
	if x := s.Inventory; x != nil {
		d.InventoryBy = pivotsOf(x.Pivots)
		d.InventoryEdges = fmt.Sprintf("%s between %s.", Plural(x.Edges, "edge", "edges"), Plural(x.Nodes, "party",
			"parties"))
		if x.NoEdge > 0 {
			d.InventoryEdges += fmt.Sprintf(" %s no seller, or neither buyer nor end user, and no edge: they are in "+
				"inventory.csv alone.",
				Plural(x.NoEdge, "line names", "lines name"))
		}
	}
	if x := s.Demands; x != nil {
		d.DemandsLede = demandsLede(x)
		d.DemandLines = x.Standing[:min(len(x.Standing), demandRows)]
		d.DemandsCaption = ofAll(len(d.DemandLines), len(x.Standing), "demand", "demands", "demands.csv")
		d.Touched = x.Lines[:min(len(x.Lines), touchedRows)]
		d.TouchedCaption = ofAll(len(d.Touched), len(x.Lines)+x.Left, "engagement of a demand",
			"engagements of demands", "demands.csv")
	}
	if x := s.Running; x != nil {
		d.RunningLede = runningLede(x)
		d.RunningCaption = ofAll(len(x.Lines), x.All, "line", "lines", "still_running.csv")
	}
	if x := s.Changes; x != nil {
		d.ChangesLede = changesLede(x)
	}
	if x := s.Neutrality; x != nil {
		d.NeutralityLede = neutralityLede(x)
	}
	d.DealsFirst = s.About == string(review.AboutPortfolio) || s.About == string(review.AboutTender)
	return d
}

// tendersLede counts the bidders of tenders by what is said of them, each party once.
func tendersLede(tenders []review.Tender) string {
	by, all, unread := map[string]map[string]bool{}, map[string]bool{}, 0
	for _, t := range tenders {
		if len(t.Unread) > 0 {
			unread++
		}
		for _, b := range t.Bidders {
			all[b.Party] = true
			for _, h := range b.Said {
				if by[h.Status] == nil {
					by[h.Status] = map[string]bool{}
				}
				by[h.Status][b.Party] = true
			}
		}
	}
	s := fmt.Sprintf("%s with %s.", Plural(len(tenders), "tender", "tenders"), Plural(len(all), "bidder", "bidders"))
	for _, x := range []struct{ status, words string }{{review.OnList, "on a list"},
		{review.OwnedByList, "owned by a listed party"}, {review.OwnsList, "owners of a listed party"},
		{review.SameName, "with the same name as an entry and nothing else compared"},
		{review.StandingCheck, "with a name to check"}, {review.OtherBody,
			"with the name of an entry against which something speaks"}} {
		if n := len(by[x.status]); n > 0 || x.status == review.OnList {
			s += fmt.Sprintf(" Bidders %s: %s.", x.words, Count(n))
		}
	}
	if unread > 0 {
		s += fmt.Sprintf(" Of %s it is not known in full who takes part.", Plural(unread, "tender", "tenders"))
	}
	return s
}

// bidders are those of a tender that its sheet shows.
func bidders(t review.Tender) []review.Bidder { return t.Bidders[:min(len(t.Bidders), bidderRows)] }

func moreBidders(t review.Tender) string {
	if len(t.Bidders) <= bidderRows {
		return ""
	}
	return fmt.Sprintf("The first %d of %s, those of which something is said before the others; all are in "+
		"review.json and "+
		"findings.xlsx.", bidderRows, Plural(len(t.Bidders), "bidder", "bidders"))
}

// A pivot is the inventory summed up by one column.
type pivot struct {
	By    string
	Lines []review.InventorySum
}

func pivotsOf(all []review.InventorySum) []pivot {
	var out []pivot
	for _, x := range all {
		if len(out) == 0 || out[len(out)-1].By != x.By {
			out = append(out, pivot{By: x.By})
		}
		x.Capability = policy.Word(x.Capability)
		p := &out[len(out)-1]
		p.Lines = append(p.Lines, x)
	}
	return out
}

// demandsLede says how many demands concern the engagements, how many of them are overdue, and of how many that is not
// known.
func demandsLede(x *review.Demands) string {
	concern := "1 demand concerns"
	if x.Concern != 1 {
		concern = Count(x.Concern) + " demands concern"
	}
	s := fmt.Sprintf("%s these engagements; %s overdue", concern, areOf(x.Overdue))
	if x.Open > 0 {
		s += fmt.Sprintf("; of %s it is not known whether they are", Count(x.Open))
	}
	if x.May > 0 {
		s += fmt.Sprintf("; whether %s more do is not known", Count(x.May))
	}
	return s + "."
}

// changesLede counts what changed since an earlier review.
func changesLede(x *review.Changes) string {
	s := fmt.Sprintf("Raised now and not then: %s; then and not now: %s; then, and now not computable or perhaps "+
		"not: %s; of another severity: %s.",
		Count(x.New), Count(x.Gone), Count(x.Open), Count(x.Severity))
	var parts []string
	for _, c := range []string{review.HeldNew, review.HeldGone, review.SaidNew, review.SaidGone, review.OpenNew,
		review.OpenGone} {
		if n := x.Counts[c]; n > 0 {
			parts = append(parts, c+": "+Count(n))
		}
	}
	if len(parts) > 0 {
		s += " Holdings: " + strings.Join(parts, ", ") + "."
	}
	if len(x.Apart) > 0 {
		s += " Not in the earlier review, and so not compared: " + some(x.Apart, len(x.Apart)) + "."
	}
	return s
}

// runningLede says how much still runs for parties that decisions restrict.
func runningLede(x *review.Running) string {
	s := fmt.Sprintf("The records hold %s about %s.", Plural(x.Restrictions, "restriction", "restrictions"),
		Plural(x.Parties, "party", "parties"))
	var parts []string
	for _, c := range x.Counts {
		parts = append(parts, c.State+": "+Count(c.N))
	}
	if len(parts) > 0 {
		s += " Of contracts, licences, deliveries, accounts, companies and resellers of theirs: " + strings.Join(parts,
			"; ") + "."
	} else {
		s += " Of theirs these records show nothing that still runs; what they do not hold is not known."
	}
	if x.NoOwners {
		s += " No ownership statements were read, so companies below them are not known."
	}
	if x.NotFound > 0 {
		s += fmt.Sprintf(" %s nobody of these records.", Plural(x.NotFound, "restriction names", "restrictions name"))
	}
	return s
}

// aFault is what a difference under other names of states is.
const aFault = "A difference is a fault of this program or of its lists of words, and worth a report."

// neutralityLede says whether anything changed under other names of states.
func neutralityLede(x *review.Neutrality) string {
	s := fmt.Sprintf("The records and lists were read again with every state under another name, in columns of "+
		"countries (%s changed) and inside names and texts. ",
		Plural(x.Renamed, "word", "words"))
	switch {
	case x.Same && len(x.Flags) == 0:
		return s + "Every flag was raised on the same rows, with the same severity, and left open as often."
	case x.Same:
		return s + fmt.Sprintf("Every flag was raised on the same rows, with the same severity. How often %s left "+
			"open differs: "+
			"names of one party in two spellings are joined by their words.", Plural(len(x.Flags), "flag is",
			"flags are"))
	case len(x.Flags) == 0:
		return s + "Every flag was raised as often, some on other rows. " + aFault
	}
	return s + fmt.Sprintf("The answers differ for %s. ", Plural(len(x.Flags), "flag", "flags")) + aFault
}

func areOf(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	}
	return Count(n) + " are"
}

// forceWords says whether an instrument binds.
func forceWords(f obligation.Force) string {
	switch f {
	case obligation.Binding:
		return "binding"
	case obligation.NonBinding:
		return "not binding"
	}
	return "whether it binds is not stated"
}

// ofAll says how many of how many are shown, and where all are.
func ofAll(n, of int, one, many, file string) string {
	if n == of {
		return Plural(of, one, many) + "."
	}
	return fmt.Sprintf("The first %s of %s; all are in %s.", Count(n), Plural(of, one, many), file)
}

// holdingsLede is the first sentence of a report about holdings.
func holdingsLede(h *review.Holdings) string {
	all, open, by := 0, 0, map[string]map[string]bool{}
	for _, p := range h.Portfolios {
		all, open = all+p.Holdings, open+p.Open
	}
	for _, l := range h.Lines {
		if by[l.Status] == nil {
			by[l.Status] = map[string]bool{}
		}
		by[l.Status][l.Party] = true
	}
	return fmt.Sprintf("Of %s, issuers on a list: %d; owned by a listed party: %d; owners of a listed party: %d; "+
		"names to check: %d; with an entry that a list removed: %d; not checked in full: %d.",
		Plural(all, "holding", "holdings"), len(by[review.OnList]), len(by[review.OwnedByList]),
		len(by[review.OwnsList]), len(by[review.StandingCheck]),
		len(by[review.RemovedEntry]), open)
}
