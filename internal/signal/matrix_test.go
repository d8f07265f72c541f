package signal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// fullWorld is the case with every table and every column filled, and something to be found by every signal.
func fullWorld() world {
	w := caseWorld()
	other := deal("K-90", "City Library", "City Library", "Face gates", "50")
	other.Items[0].Scheme, other.Items[0].Code = "ECCN", "4A005"
	amended := deal("K-88", "Ministry of Home Affairs", unit, "Storage and speech", "160")
	amended.Signed, amended.End = date("2031-02-01"), date("2033-01-01")
	amended.Items[0].Quantity, amended.Items[0].Unit = "400", "TB"
	before, after := account("A3", "", "Ministry of Home Affairs", unit), account("A3", "", "City Library",
		"City Library")
	after.Since = date("2032-03-05")
	w.records = append(w.records,
		other, amended, before, after, account("A5", "", "Ministry of Home Affairs", "Second Directorate"),
		&record.Clause{Engagement: "K-88", Clause: "human_rights", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "no_restriction", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "exit_penalty", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "secrecy", Present: "yes"},
		&record.Approval{Engagement: "K-88", Kind: "human_rights_review", Outcome: "approved",
			Decided: date("2031-03-01")},
		&record.Approval{Engagement: "K-88", Kind: "end_use_certificate", Outcome: "approved",
			Decided: date("2031-01-01")},
		duty("instruments", "instrument_id", "R1", "title", "Order 7", "date", "2031-01-01", "force", "binding"),
		duty("demands", "demand_id", "D1", "instrument_id", "R1", "of", "companies", "about_kind", "party", "about",
			unit, "due", "2031-06-01"),
		&record.Event{ID: "V2", Kind: "restriction", Date: date("2031-10-01"), About: ref(unit)},
	)
	for _, r := range w.records {
		switch r := r.(type) {
		case *record.Engagement:
			r.Method, r.Rationale, r.Withheld, r.Lacks = "limited", "extreme urgency", true, nil
			r.Delivery, r.EndUse = "Shed 4, Old Quay", "homes"
			r.Bids, r.TenderDays, r.Changes = "3", "20", record.ChangesCompared
			r.Reseller, r.Payer, r.Buyer.Country, r.Destination = ref("Bright Resale Ltd"), ref("Harbour Trust"), "NZ",
				"IS"
		case *record.Account:
			r.EndUserClass, r.Reseller = "intelligence", ref("Bright Resale Ltd")
		case *record.Approval:
			r.PaidOnDeal = "no"
		}
	}
	w.bills = join(w.bills,
		usage("A1", "s1", "north", "Write", "2031-01-01", 1e9, 1e9, 1e9, 5e9),
		usage("A1", "s1", "north", "See", "2031-01-01", 100),
		usage("A1", "s1", "north", "Faces", "2031-01-01", 50),
		usage("A1", "s1", "north", "Accelerator", "2031-01-01", 7),
		usage("A1", "s1", "north", "Analyse", "2031-01-01", 9, 9, 9, 9),
		usage("A3", "", "", "Mail", "2031-01-01", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
		usage("A5", "", "north", "Dictate", "2031-11-01", 300, 300),
		usage("A2", "", "", "Mail", "2031-12-01", 1),
	)
	w.places = []ListedPlace{{Listed: record.Listed{Name: "Old Quay", PartOf: "IS", List: "Sites",
		Publisher: "Harbour Watch"}}}
	// One month of the unit is not there.
	w.bills = slices.DeleteFunc(w.bills, func(x bill) bool {
		return x.month == "2031-12" && x.account != "A2" &&
			x.account != "A5"
	})
	w.owners[unit] = Standing{Known: true, ShareMin: 0.6, ShareMax: 0.7, Control: true, Fifty: true, FiftyMay: true}
	return w
}

// blank empties a column of a record; it returns false where no record is left without it.
var blank = map[string]func(record.Record) bool{
	"engagements.kind":        engagementOf(func(r *record.Engagement) { r.Kind = "" }),
	"engagements.end_user":    engagementOf(func(r *record.Engagement) { r.EndUser, r.EndUserText = party.Ref{}, "" }),
	"engagements.buyer":       engagementOf(func(r *record.Engagement) { r.Buyer = party.Ref{} }),
	"engagements.reseller":    engagementOf(func(r *record.Engagement) { r.Reseller = party.Ref{} }),
	"engagements.payer":       engagementOf(func(r *record.Engagement) { r.Payer = party.Ref{} }),
	"engagements.destination": engagementOf(func(r *record.Engagement) { r.Destination = "" }),
	"engagements.item":        itemOf(func(it *record.Item) { it.Text = "" }),
	"engagements.item_code":   itemOf(func(it *record.Item) { it.Scheme, it.Code = "", "" }),
	"engagements.quantity":    itemOf(func(it *record.Item) { it.Quantity = "" }),
	"engagements.unit":        itemOf(func(it *record.Item) { it.Unit = "" }),
	"engagements.value":       engagementOf(func(r *record.Engagement) { r.Value = "" }),
	"engagements.signed":      engagementOf(func(r *record.Engagement) { r.Signed = record.Date{} }),
	"engagements.start":       engagementOf(func(r *record.Engagement) { r.Start = record.Date{} }),
	"engagements.end":         engagementOf(func(r *record.Engagement) { r.End = record.Date{} }),
	"engagements.method":      engagementOf(func(r *record.Engagement) { r.Method = "" }),
	"engagements.rationale":   engagementOf(func(r *record.Engagement) { r.Rationale = "" }),
	"engagements.bids":        engagementOf(func(r *record.Engagement) { r.Bids = "" }),
	"engagements.tender_days": engagementOf(func(r *record.Engagement) { r.TenderDays = "" }),
	"engagements.changes":     engagementOf(func(r *record.Engagement) { r.Changes = record.ChangesUnknown }),
	"engagements.withheld":    engagementOf(func(r *record.Engagement) { r.Withheld = false }),
	"accounts.end_user":       accountOf(func(r *record.Account) { r.EndUser, r.EndUserText = party.Ref{}, "" }),
	"accounts.end_user_class": accountOf(func(r *record.Account) { r.EndUserClass = "" }),
	"accounts.party_name":     accountOf(func(r *record.Account) { r.Party = party.Ref{} }),
	"accounts.reseller":       accountOf(func(r *record.Account) { r.Reseller = party.Ref{} }),
	"accounts.since":          accountOf(func(r *record.Account) { r.Since = record.Date{} }),
	"claims.grade":            claimOf(func(r *record.Claim) { r.Grade = "" }),
	"claims.published":        claimOf(func(r *record.Claim) { r.Published = record.Date{} }),
	"claims.origin":           claimOf(func(r *record.Claim) { r.Origin = "" }),
	"claims.status":           claimOf(func(r *record.Claim) { r.Status = "" }),
	"claims.capability":       claimOf(func(r *record.Claim) { r.Capability = "" }),
	"clauses.present":         func(r record.Record) bool { c := r.(*record.Clause); c.Present = ""; return true },
	"approvals.outcome":       approvalOf(func(r *record.Approval) { r.Outcome = "" }),
	"approvals.decided":       approvalOf(func(r *record.Approval) { r.Decided = record.Date{} }),
	"approvals.paid_on_deal":  approvalOf(func(r *record.Approval) { r.PaidOnDeal = "" }),
	"support.hours":           supportOf(func(r *record.Support) { r.Hours = "" }),
	"support.code":            supportOf(func(r *record.Support) { r.Code = "" }),
	"support.quarter":         supportOf(func(r *record.Support) { r.Quarter = record.Date{} }),
	// What tells nothing without its key is no row: readers do not read a table without it.
	"claims.about":   func(record.Record) bool { return false },
	"clauses.clause": func(record.Record) bool { return false },
	"approvals.kind": func(record.Record) bool { return false },
	"events.date":    func(record.Record) bool { return false },
	"events.kind":    func(record.Record) bool { return false },

	"demands.demand_id": func(record.Record) bool { return false },
}

func engagementOf(empty func(*record.Engagement)) func(record.Record) bool {
	return func(r record.Record) bool { empty(r.(*record.Engagement)); return true }
}

func itemOf(empty func(*record.Item)) func(record.Record) bool {
	return func(r record.Record) bool {
		e := r.(*record.Engagement)
		for i := range e.Items {
			empty(&e.Items[i])
		}
		return true
	}
}

func accountOf(empty func(*record.Account)) func(record.Record) bool {
	return func(r record.Record) bool { empty(r.(*record.Account)); return true }
}

func claimOf(empty func(*record.Claim)) func(record.Record) bool {
	return func(r record.Record) bool { empty(r.(*record.Claim)); return true }
}

func approvalOf(empty func(*record.Approval)) func(record.Record) bool {
	return func(r record.Record) bool { empty(r.(*record.Approval)); return true }
}

func supportOf(empty func(*record.Support)) func(record.Record) bool {
	return func(r record.Record) bool { empty(r.(*record.Support)); return true }
}

// lack notes that the source of a record has no such column, and returns the record's table.
func lack(r record.Record, column string) (table string) {
	table, name, _ := strings.Cut(column, ".")
	lacks := record.Columns{name: true}
	set := func(of string, to *record.Columns) string {
		if of == table {
			*to = lacks
		}
		return of
	}
	switch r := r.(type) {
	case *record.Engagement:
		return set("engagements", &r.Lacks)
	case *record.Account:
		return set("accounts", &r.Lacks)
	case *record.Claim:
		return set("claims", &r.Lacks)
	case *record.Clause:
		return set("clauses", &r.Lacks)
	case *record.Approval:
		return set("approvals", &r.Lacks)
	case *record.Support:
		return set("support", &r.Lacks)
	case *record.Obligation:
		return r.Table
	case *record.Event:
		return "events"
	}
	return ""
}

// without returns the world as its sources would tell it if they had no such column.
func without(w world, column string) world {
	table, name, _ := strings.Cut(column, ".")
	switch table {
	case "lists":
		w.lists = nil
	case "ownership":
		w.owners = nil
	case "places":
		w.places = nil
	case "usage":
		w.noColumns = append(w.noColumns, name)
	}
	keep := w.records[:0:0]
	for _, r := range w.records {
		if lack(r, column) == table && !blank[column](r) {
			continue
		}
		keep = append(keep, r)
	}
	w.records = keep
	return w
}

// usageColumns are the columns of bills that are taken away.
var usageColumns = []string{"BillingAccountId", "SubAccountId", "ChargePeriodStart", "ChargeCategory",
	"ConsumedQuantity",
	"ConsumedUnit", "InvoiceIssuerName", "RegionId", "ServiceName"}

// told gives the subject by which a signal is looked at; the unit, its contract and its account for all others.
var told = map[string]string{
	"party.resales": "Bright Resale Ltd", "party.security_share": "Bright Resale Ltd",
	"party.listed_score":    "Bright Resale Ltd",
	"engagement.controlled": "K-90", "account.handovers": "A3",
}

func subjectOf(d Def) string {
	if name := told[d.Name]; name != "" {
		return d.Of + " " + name
	}
	return d.Of + " " + map[string]string{OfParty: unit, OfEngagement: "K-88", OfAccount: "A1"}[d.Of]
}

// TestFullWorld: every signal of the catalogue has a value there, without a gap; but what is unknown by itself.
func TestFullWorld(t *testing.T) {
	full := all(t, fullWorld())
	for _, d := range Catalogue {
		f := full[subjectOf(d)]
		if f == nil {
			t.Fatalf("no %s", subjectOf(d))
		}
		if f.Values[d.Name] == nil {
			t.Errorf("%s of %s is missing: %+v", d.Name, f.Subject.Name, f.Gaps[d.Name])
		}
		if d.Type == Maps && cmp.Equal(f.Values[d.Name], []map[string]any{}) {
			t.Errorf("%s of %s has no element", d.Name, f.Subject.Name)
		}
		for _, c := range d.Columns {
			if table, _, _ := strings.Cut(c, "."); blank[c] == nil && table != "usage" && table != "lists" &&
				table != "places" && table != "ownership" {
				t.Errorf("%s of %s: no test takes the column %s away", d.Name, f.Subject.Name, c)
			}
		}
	}
}

// settled are signals that say what the records say, or that another column of the full world tells as well: where a
// column is taken away, what is known may become less.
var settled = map[string]string{
	"engagement.late_value engagements.changes": "a later row is the change",
	"engagement.late_days engagements.changes":  "a later row is the change",
	"party.gate_faults engagements.end_user":    "the buyer is taken for the end user",
	"party.roles":                               "what the records say",
	"party.security engagements.end_user":       "accounts and the name say it",
	"party.security accounts.end_user_class":    "the name says the class",
	"engagement.security engagements.end_user":  "the buyer is a security body too",
	"account.security accounts.end_user_class":  "the name says the class",
	"engagement.clauses_known":                  "what the records say",
	"engagement.entry_named":                    "what the codes name; engagement.controlled has the gap",
	"party.class engagements.end_user":          "accounts name the end user too",
	"party.class accounts.end_user_class":       "the name says the class",
	"party.capabilities engagements.item":       "bills and codes tell",
	"party.unreviewed engagements.item":         "bills and codes tell",
	"engagement.capabilities engagements.item":  "codes tell",
}

// holds reports whether what was known is still known, or more: a number is no smaller, a word the same or "unknown",
// and every element of a list is there, with fewer fields or with numbers that are known in part.
func holds(was, now any) bool {
	switch was := was.(type) {
	case nil:
		return true
	case int64:
		n, ok := now.(int64)
		return ok && n >= was
	case float64:
		x, ok := now.(float64)
		return ok && x >= was
	case bool:
		return was == now
	case string:
		return was == now || now == "unknown"
	case []string:
		list, _ := now.([]string)
		return !slices.ContainsFunc(was, func(s string) bool { return !slices.Contains(list, s) })
	case []float64:
		return len(was) == 0 || cmp.Equal(was, now)
	case []map[string]any:
		list, _ := now.([]map[string]any)
		return !slices.ContainsFunc(was, func(x map[string]any) bool {
			return !slices.ContainsFunc(list, func(y map[string]any) bool { return within(x, y) })
		})
	}
	return false
}

// within reports whether an element is what was known of it, as far as it goes.
func within(was, now map[string]any) bool {
	for k, v := range now {
		old := was[k]
		if least, ok := v.(AtLeast); ok {
			x, _ := old.(float64)
			if float64(least) > x && k != "storage_tb" {
				return false
			}
			continue
		}
		if k == "shared" {
			continue // what ties an account to another is named as far as it is known
		}
		if !cmp.Equal(old, v) && k != "from" {
			return false
		}
	}
	return true
}

// TestColumnRemoved takes every column away in turn. Every signal that rests on it must have a gap that names the
// column; and nothing that was known may become less without a gap: what is not read is not clear.
func TestColumnRemoved(t *testing.T) {
	full := all(t, fullWorld())
	rests := map[string][]Def{}
	for _, d := range Catalogue {
		for _, c := range d.Columns {
			rests[c] = append(rests[c], d)
		}
	}
	columns := keys(blank)
	for _, c := range usageColumns {
		columns = append(columns, "usage."+c)
	}
	columns = append(columns, "lists", "ownership.share", "ownership.control", "places.place")
	for _, column := range columns {
		t.Run(column, func(t *testing.T) {
			got := all(t, without(fullWorld(), column))
			for _, d := range rests[column] {
				f := got[subjectOf(d)]
				if f == nil {
					t.Logf("%s is not there", subjectOf(d))
					continue
				}
				if settled[d.Name+" "+column] != "" {
					continue
				}
				if g := gapOf(f, d.Name, column); g == nil {
					t.Errorf("%s of %s = %v: no gap names the column: %+v", d.Name, f.Subject.Name, f.Values[d.Name],
						f.Gaps[d.Name])
				} else if g := gapOf(f, d.Name, column); g.Reason != ColumnAbsent || !f.Absent[column] {
					t.Errorf("%s of %s: gap %+v, absent %v", d.Name, f.Subject.Name, g, f.Absent)
				}
			}
			for key, was := range full {
				f := got[key]
				if f == nil {
					t.Logf("%s is not there", key)
					continue
				}
				for _, d := range Catalogue {
					if d.Of == f.Kind && len(f.Gaps[d.Name]) == 0 && settled[d.Name] == "" &&
						settled[d.Name+" "+column] == "" &&
						!holds(was.Values[d.Name], f.Values[d.Name]) {
						t.Errorf("%s of %s = %v without a gap, was %v", d.Name, key, f.Values[d.Name],
							was.Values[d.Name])
					}
				}
			}
		})
	}
}

// TestEmptyBook: no record, no subject; and records with nothing but a key give no value
// that was not in them.
func TestEmptyBook(t *testing.T) {
	b := world{}.open(t)
	for _, kind := range []string{OfParty, OfEngagement, OfAccount} {
		if f := facts(t, b, kind); len(f) != 0 {
			t.Errorf("%d subjects of kind %s in an empty book", len(f), kind)
		}
	}
	c, err := b.Coverage(t.Context())
	if err != nil || c.Charges != 0 || len(c.Value) != 0 {
		t.Errorf("coverage of an empty book: %+v, %v", c, err)
	}
	b = world{records: []record.Record{
		&record.Engagement{ID: "E1", Buyer: ref("Army"), Lacks: record.Columns{"item": true, "item_code": true,
			"value": true, "end_user": true, "reseller": true}},
	}}.open(t)
	f := facts(t, b, OfEngagement)["E1"]
	// The end user is not known; that the buyer is a security body is. A payer's column is there, and empty.
	want := map[string]any{"engagement.government": true, "engagement.security": true, "engagement.third_payer": false,
		"engagement.payer_name": "",
		"engagement.beneath":    "", "engagement.drawn": 0.0, "engagement.drawn_ratio": 0.0,
		"engagement.route":       []string{},
		"engagement.led_to":      1.0, // no source ties it to a procedure, so it has one
		"engagement.entry_named": false}
	if diff := cmp.Diff(want, f.Values); diff != "" {
		t.Errorf("values of an empty engagement (-want +got):\n%s", diff)
	}
	p := facts(t, b, OfParty)["Army"]
	for name := range p.Values {
		if strings.HasPrefix(name, "usage.") || strings.HasPrefix(name, "support.") {
			t.Errorf("%s = %v without a record of it", name, p.Values[name])
		}
	}
	if gapOf(p, "party.capabilities", "engagements.item") == nil {
		t.Errorf("party.capabilities = %v, gaps %+v", p.Values["party.capabilities"], p.Gaps["party.capabilities"])
	}
	if !p.Absent["accounts.account_id"] || !p.Absent["usage.ConsumedQuantity"] {
		t.Errorf("absent = %v", p.Absent)
	}
}

// all returns every fact of a world but the places, which order and copies do change.
func all(t *testing.T, w world) map[string]*Facts {
	t.Helper()
	b := w.open(t)
	out := map[string]*Facts{}
	for _, kind := range []string{OfParty, OfEngagement, OfAccount} {
		for name, f := range facts(t, b, kind) {
			f.Rows = nil
			out[kind+" "+name] = f
		}
	}
	return out
}

func TestCopiesAndOrderChangeNothing(t *testing.T) {
	want := all(t, fullWorld())
	w := fullWorld()
	w.records = append(w.records, fullWorld().records...)
	if diff := cmp.Diff(want, all(t, w)); diff != "" {
		t.Errorf("every record twice (-once +twice):\n%s", diff)
	}
	for seed := range uint64(5) {
		w := fullWorld()
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(w.records), func(i, j int) { w.records[i], w.records[j] = w.records[j], w.records[i] })
		r.Shuffle(len(w.bills), func(i, j int) { w.bills[i], w.bills[j] = w.bills[j], w.bills[i] })
		if diff := cmp.Diff(want, all(t, w)); diff != "" {
			t.Errorf("seed %d (-ordered +shuffled):\n%s", seed, diff)
		}
	}
}

func TestSplitSubscriptionAddsUp(t *testing.T) {
	whole := all(t, fullWorld())["party "+unit].Values
	w := fullWorld()
	var bills []bill
	for i, x := range w.bills {
		if x.account != "A1" {
			bills = append(bills, x)
			continue
		}
		q, _ := x.quantity.(float64)
		for part := range 4 {
			y := x
			y.sub, y.quantity = fmt.Sprintf("part%d-%d", part, i%2), q/4
			if part > 1 {
				y.account = "A1b"
			}
			bills = append(bills, y)
		}
	}
	w.bills = bills
	extra := account("A1b", "", "Ministry of Home Affairs", unit)
	extra.EndUserClass, extra.Reseller = "intelligence", ref("Bright Resale Ltd")
	w.records = append(w.records, extra)
	split := all(t, w)["party "+unit].Values
	for _, d := range Catalogue {
		if d.Of != OfParty || strings.HasPrefix(d.Name, "usage.sub_") || d.Name == "usage.reappears" {
			continue
		}
		if !cmp.Equal(whole[d.Name], split[d.Name]) {
			t.Errorf("%s: whole %v, split %v", d.Name, whole[d.Name], split[d.Name])
		}
	}
}

func TestCurrencyChangesNothing(t *testing.T) {
	want := all(t, fullWorld())
	w := fullWorld()
	for _, r := range w.records {
		if e, ok := r.(*record.Engagement); ok {
			e.Currency = "XXB"
		}
	}
	if diff := cmp.Diff(want, all(t, w)); diff != "" {
		t.Errorf("another currency (-want +got):\n%s", diff)
	}
	// An amendment in another currency is not compared.
	again := deal("K-1", "Army", "Army", "Storage", "900")
	again.Currency, again.Signed = "XXB", date("2031-05-01")
	f := all(t, world{records: []record.Record{deal("K-1", "Army", "Army", "Storage", "100"), again}})
	if v, ok := f["engagement K-1"].Values["engagement.value_growth"]; ok {
		t.Errorf("growth over two currencies = %v", v)
	}
}
