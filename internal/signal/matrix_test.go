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

// fullWorld is the case with every table and every column filled.
func fullWorld() world {
	w := caseWorld()
	other := deal("K-90", "City Library", "City Library", "Face gates", "50")
	other.Items[0].Scheme, other.Items[0].Code = "ECCN", "4A005"
	w.records = append(w.records,
		other,
		&record.Clause{Engagement: "K-88", Clause: "human_rights", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "no_restriction", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "exit_penalty", Present: "no"},
		&record.Clause{Engagement: "K-88", Clause: "secrecy", Present: "yes"},
		&record.Approval{Engagement: "K-88", Kind: "human_rights_review", Outcome: "approved", Decided: date("2031-03-01"), PaidOnDeal: "no"},
		&record.Event{ID: "V2", Kind: "restriction", Date: date("2031-10-01"), About: ref(unit)},
	)
	for _, r := range w.records {
		switch r := r.(type) {
		case *record.Engagement:
			r.Method, r.Rationale, r.Withheld, r.Lacks = "limited", "extreme urgency", true, nil
		case *record.Account:
			r.EndUserClass, r.Reseller = "intelligence", ref("Bright Resale Ltd")
		case *record.Approval:
			r.PaidOnDeal = "no"
		}
	}
	w.owners[unit] = Standing{Known: true, ShareMin: 0.1, ShareMax: 0.2}
	return w
}

// without returns the world as its sources would tell it if they had no such column.
func without(w world, column string) world {
	table, name, _ := strings.Cut(column, ".")
	switch table {
	case "lists":
		w.lists = nil
	case "ownership":
		w.owners = nil
	case "usage":
		if name == "ChargePeriodStart" {
			w.bills = nil // a charge without a period is no row
		}
		w.noColumns = append(w.noColumns, name)
	}
	lacks := record.Columns{name: true}
	keep := w.records[:0:0]
	for _, r := range w.records {
		switch r := r.(type) {
		case *record.Engagement:
			if table == "engagements" {
				r.Lacks = lacks
				switch name {
				case "kind":
					r.Kind = ""
				case "end_user":
					r.EndUser, r.EndUserText = party.Ref{}, ""
				case "buyer":
					r.Buyer = party.Ref{}
				case "reseller":
					r.Reseller = party.Ref{}
				case "item":
					for i := range r.Items {
						r.Items[i].Text = ""
					}
				case "item_code":
					for i := range r.Items {
						r.Items[i].Code, r.Items[i].Scheme = "", ""
					}
				case "quantity":
					for i := range r.Items {
						r.Items[i].Quantity = ""
					}
				case "value":
					r.Value = ""
				case "signed":
					r.Signed = record.Date{}
				case "method":
					r.Method = ""
				case "rationale":
					r.Rationale = ""
				case "withheld":
					r.Withheld = false
				}
			}
		case *record.Account:
			if table == "accounts" {
				r.Lacks = lacks
				switch name {
				case "end_user":
					r.EndUser, r.EndUserText = party.Ref{}, ""
				case "end_user_class":
					r.EndUserClass = ""
				case "party_name":
					r.Party = party.Ref{}
				case "reseller":
					r.Reseller = party.Ref{}
				}
			}
		case *record.Claim:
			if table == "claims" {
				if name == "about" {
					continue
				}
				r.Lacks = lacks
				if name == "grade" {
					r.Grade = ""
				}
			}
		case *record.Clause:
			if table == "clauses" {
				if name == "clause" {
					continue
				}
				r.Lacks, r.Present = lacks, ""
			}
		case *record.Approval:
			if table == "approvals" {
				if name == "kind" {
					continue
				}
				r.Lacks = lacks
				switch name {
				case "outcome":
					r.Outcome = ""
				case "decided":
					r.Decided = record.Date{}
				case "paid_on_deal":
					r.PaidOnDeal = ""
				}
			}
		case *record.Support:
			if table == "support" {
				r.Lacks = lacks
				switch name {
				case "hours":
					r.Hours = ""
				case "code":
					r.Code = ""
				}
			}
		case *record.Event:
			if column == "events.date" {
				continue
			}
		}
		keep = append(keep, r)
	}
	w.records = keep
	return w
}

// TestColumnRemoved takes every column away in turn: what is computed from it must be
// missing, with the column's name, and never a value.
func TestColumnRemoved(t *testing.T) {
	full := map[string]map[string]*Facts{}
	b := fullWorld().open(t)
	for _, kind := range []string{OfParty, OfEngagement, OfAccount} {
		full[kind] = facts(t, b, kind)
	}
	// Another column can tell the same of these.
	either := map[string]bool{"party.class": true, "party.security": true, "party.capabilities": true}
	subject := map[string]string{OfParty: unit, OfEngagement: "K-88", OfAccount: "A1"}
	columns := map[string][]Def{}
	for _, d := range Catalogue {
		name := subject[d.Of]
		if d.Name == "party.resales" || d.Name == "party.security_share" || d.Name == "party.listed_score" {
			name = "Bright Resale Ltd"
		}
		if d.Name == "engagement.controlled" {
			name = "K-90"
		}
		if full[d.Of][name].Values[d.Name] == nil {
			t.Errorf("%s of %s is missing in the full world: %v", d.Name, name, full[d.Of][name].Missing[d.Name])
		}
		for _, c := range d.Columns {
			if !either[d.Name] {
				columns[c] = append(columns[c], d)
			}
		}
	}
	for _, column := range keys(columns) {
		t.Run(column, func(t *testing.T) {
			b := without(fullWorld(), column).open(t)
			if b.prepare(t.Context()) == nil && b.Has(column) {
				t.Errorf("Has(%q) = true", column)
			}
			got := map[string]map[string]*Facts{}
			for _, d := range columns[column] {
				if got[d.Of] == nil {
					got[d.Of] = facts(t, b, d.Of)
				}
				for name, f := range got[d.Of] {
					// What has no account used nothing, whatever the bills lack.
					if strings.HasPrefix(d.Name, "usage.") && name != unit {
						continue
					}
					if d.Name == "engagement.capabilities" && name == "K-90" || d.Name == "engagement.capability_added" && name == "K-90" {
						continue // its code tells
					}
					if v, ok := f.Values[d.Name]; ok {
						t.Errorf("%s of %s = %v", d.Name, name, v)
					}
					if !slices.Contains(f.Missing[d.Name], column) || !f.Absent[column] {
						t.Errorf("%s of %s misses %v, absent %v", d.Name, name, f.Missing[d.Name], f.Absent)
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
		&record.Engagement{ID: "E1", Buyer: ref("Army"), Lacks: record.Columns{"item": true, "item_code": true, "value": true, "end_user": true, "reseller": true}},
	}}.open(t)
	f := facts(t, b, OfEngagement)["E1"]
	want := map[string]any{"engagement.government": true}
	if diff := cmp.Diff(want, f.Values); diff != "" {
		t.Errorf("values of an empty engagement (-want +got):\n%s", diff)
	}
	p := facts(t, b, OfParty)["Army"]
	for name := range p.Values {
		if strings.HasPrefix(name, "usage.") || strings.HasPrefix(name, "support.") || name == "party.capabilities" {
			t.Errorf("%s = %v without a record of it", name, p.Values[name])
		}
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
