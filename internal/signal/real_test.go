package signal

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/recordtest"
)

// bookSink puts records into a book and counts rejects.
type bookSink struct {
	*book.Book
	rejects int
}

func (s *bookSink) Reject(record.Reject) error { s.rejects++; return nil }

// resolveAlike makes a party of each mention, and classifies as the run does.
func resolveAlike(t *testing.T, b *book.Book) *Run {
	t.Helper()
	mentions := b.Mentions()
	byMention := make([]int32, len(mentions))
	parties := make([]party.Party, len(mentions))
	classes := make([]Class, len(mentions))
	for i, m := range mentions {
		byMention[i] = int32(i)
		parties[i] = party.Party{ID: party.ID(m.Ref.Scope + m.Ref.LocalID + m.Ref.Name), Name: m.Ref.Name,
			Identifiers: m.Ref.Identifiers}
		body := capability.EndUser(m.Ref.Name, m.Ref.Class)
		classes[i].Name, classes[i].Why = body.Class, body.Evidence
	}
	run, err := New(t.Context(), b, Inputs{
		AsOf: asOf, Parties: parties, ByMention: byMention, Classes: classes,
		Item: func(k ItemKey) ItemClass {
			a := capability.Item(k.Text, k.Scheme, k.Code)
			return ItemClass{Capabilities: a.Capabilities, Controlled: a.Controlled, Understood: a.Understood,
				Hints: a.HintsControl}
		},
		Service: func(k ServiceKey) Use {
			a := capability.Service(capability.Charge(k))
			return Use{Capability: a.Capability, Measure: a.Measure, Factor: a.Factor, PerMonthHours: a.PerMonthHours,
				Level: a.Level, May: a.May, Wants: a.Wants}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestRealBills: the thousand real charges, nobody's accounts known.
func TestRealBills(t *testing.T) {
	src := recordtest.Sources(t, recordtest.Shared(t, "data/focus/focus-1.0-sample/focus_sample.csv"))
	b, err := book.Open(t.Context(), t.TempDir(), "512MB")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sink := &bookSink{Book: b}
	loading, err := focus.Begin(context.Background(), b.DB(), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer loading.Close()
	stats, err := loading.Finish(sink)
	if err != nil {
		t.Fatal(err)
	}
	run := resolveAlike(t, b)
	c, err := run.Coverage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, s := range stats {
		rows += s.Rows
	}
	if rows != 1000 || c.Charges != int64(rows-sink.rejects) {
		t.Errorf("%d rows, %d rejects, %d charges in the book; the file has 1000 rows", rows, sink.rejects, c.Charges)
	}
	if c.AccountsMapped != 0 || c.CostMapped != 0 || c.Accounts != len(facts(t, run, OfAccount)) {
		t.Errorf("coverage = %+v", c)
	}
	un, err := run.Unmapped(t.Context())
	if err != nil || len(un) != c.Accounts {
		t.Fatalf("%d of %d accounts unmapped, %v", len(un), c.Accounts, err)
	}
	var cost float64
	for _, u := range un {
		cost += u.Cost
	}
	if cost < 0.999999 || cost > 1.000001 {
		t.Errorf("unmapped accounts carry %v of the cost", cost)
	}
	t.Logf("%d charges, months %s to %s, %d accounts, %d services", c.Charges, c.FirstMonth, c.LastMonth, c.Accounts,
		len(run.services))
}

// TestRealContracts: published contracts give an engagement each, with the fields that
// registers publish, and nothing that they do not.
func TestRealContracts(t *testing.T) {
	src := recordtest.Sources(t, recordtest.Shared(t, "data/ocds/ocdskit-realdata"))
	b, err := book.Open(t.Context(), t.TempDir(), "512MB")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sink := &bookSink{Book: b}
	ids := map[string]bool{}
	for _, s := range src {
		head, err := s.Head()
		if err != nil || !ocds.Recognise(head) {
			continue
		}
		if _, err := ocds.DecodeAll(t.Context(), []record.Source{s}, recordFunc(func(r record.Record) error {
			if e, ok := r.(*record.Engagement); ok {
				ids[e.ID] = true
			}
			return sink.Record(r)
		})); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) == 0 {
		t.Skip("no engagement in these files")
	}
	run := resolveAlike(t, b)
	f := facts(t, run, OfEngagement)
	if len(f) != len(ids) {
		t.Errorf("%d engagements, %d subjects", len(ids), len(f))
	}
	methods := 0
	for id, x := range f {
		if x.Values["engagement.method"] != nil {
			methods++
		}
		if v, ok := x.Values["engagement.clauses_known"]; ok {
			t.Fatalf("clauses of %s are known: %v", id, v)
		}
		if !cmp.Equal(x.Missing["engagement.review"], []string{"approvals.kind", "approvals.outcome"}) ||
			!x.Absent["approvals.kind"] {
			t.Fatalf("review of %s misses %v", id, x.Missing["engagement.review"])
		}
	}
	parties := 0
	if err := run.Facts(t.Context(), OfParty, func(*Facts) error { parties++; return nil }); err != nil {
		t.Fatal(err)
	}
	c, err := run.Coverage(t.Context())
	if err != nil || len(c.Value) == 0 {
		t.Errorf("coverage %+v, %v", c, err)
	}
	t.Logf("%d engagements, %d with a method, %d buyers; value %+v", len(f), methods, parties, c.Value)
}

type recordFunc func(record.Record) error

func (f recordFunc) Record(r record.Record) error { return f(r) }
func (f recordFunc) Reject(record.Reject) error   { return nil }
