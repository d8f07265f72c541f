package signal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// asOf is the day on which the small books are judged.
var asOf = time.Date(2032, 7, 1, 0, 0, 0, 0, time.UTC)

// a world is a small hand-made book: records, bills, and what other packages would find out.
type world struct {
	records   []record.Record
	bills     []bill
	noColumns []string // FOCUS columns that the bills lack
	lists     map[string]Standing
	owners    map[string]Standing
	declare   map[string]record.Columns
	merge     map[string]string // mention name → name of the party that it was resolved to
	class     map[string]Class  // by name of the party, in place of what its name says
	key       func(string) string
	places    []ListedPlace
	unusable  map[string]string // register table → a file of it that could not be read
	rejected  []string          // register tables, once for each row that could not be used
	torn      []record.Reject   // rows that could not be used, with what they name
}

// a bill is one group of charges of one month.
type bill struct {
	account, sub, month, region, service string
	quantity                             any
	charge                               string // Usage when empty
	unused                               bool
	used                                 string // whether it is use, where the charge does not tell: "unknown"
	unread                               string // why the charge could not be read
	unit                                 string // countable when empty; "odd" cannot be converted
	issuer                               string
}

func ref(name string) party.Ref { return party.Ref{Name: name, Scope: "register"} }

func date(s string) record.Date {
	d, err := record.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// uses says what the invented services are for.
var uses = map[string]Use{
	"Object Store": {Capability: "bulk_storage", Measure: "storage_tb_month", Factor: 1},
	"Block Store":  {Capability: "bulk_storage", Measure: "storage_tb_month", Factor: 0.001, PerMonthHours: true},
	"Dictate":      {Capability: "speech", Measure: "speech_hours", Factor: 1},
	"Translate":    {Capability: "translation", Measure: "translation_chars", Factor: 1},
	"See":          {Capability: "vision", Measure: "vision_images", Factor: 1},
	"Write":        {Capability: "llm", Measure: "llm_tokens", Factor: 1},
	"Accelerator":  {Capability: "gpu", Measure: "gpu_hours", Factor: 1},
	"Transfer":     {Capability: "", Measure: "egress_tb", Factor: 1},
	"Faces":        {Capability: "face", Measure: "vision_images", Factor: 1},
	"Analyse":      {Capability: "text_analytics", Measure: "text_records", Factor: 1},
	"Mail":         {Capability: "", Measure: "", Factor: 0},
	"Database":     {Capability: "", Measure: "", Factor: 0},
	// an umbrella over services of one kind
	"Mind Bundle": {May: []string{"face", "llm", "speech", "translation", "vision"}},
	"":            {May: append(slices.Clone(capability.Classes), "egress")},
}

// service says what a charge is for; an amount in an odd unit, or in none, cannot be counted.
func service(k ServiceKey) Use {
	u := uses[k.Service]
	if k.Unit != "u" && u.Measure != "" {
		u.Wants, u.Measure, u.Factor = u.Measure, "", 0
	}
	return u
}

var capabilityWords = []string{"storage", "speech", "translation", "face", "intrusion", "engineering"}

func classify(k ItemKey) (c ItemClass) {
	for _, w := range capabilityWords {
		if strings.Contains(strings.ToLower(k.Text), w) {
			if w == "storage" {
				w = "bulk_storage"
			}
			c.Capabilities = append(c.Capabilities, w)
		}
	}
	if k.Scheme == "ECCN" {
		c.Controlled = append(c.Controlled, k.Code)
	}
	c.Understood = k.Text != "" && k.Text != "?" || k.Code != ""
	return c
}

func classOf(name string) string {
	n := strings.ToLower(name)
	for word, class := range map[string]string{
		"hospital": "health", "police": "police", "directorate": "intelligence", "army": "military", "library": "civil",
	} {
		if strings.Contains(n, word) {
			return class
		}
	}
	return "unknown"
}

func publicBody(name string) bool {
	for _, w := range []string{"Ministry", "Directorate", "Police", "Army"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

func (w world) open(t testing.TB) *Run {
	t.Helper()
	ctx := context.Background()
	b, err := book.Open(ctx, t.TempDir(), "512MB")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	for table, lacks := range w.declare {
		b.Declare(table, lacks)
	}
	for table, file := range w.unusable {
		b.Unusable(table, file)
	}
	for _, table := range w.rejected {
		b.Lose(table, 1)
	}
	for _, x := range w.torn {
		b.Reject(x)
	}
	for _, r := range w.records {
		if err := b.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	if w.bills != nil {
		w.load(t, b)
	}
	w.nameDemanded(b)
	mentions := b.Mentions()
	var parties []party.Party
	var classes []Class
	byName := map[string]int32{}
	byMention := make([]int32, len(mentions))
	for i, m := range mentions {
		name := m.Ref.Name
		if to, ok := w.merge[name]; ok {
			name = to
		}
		p, ok := byName[name]
		if !ok {
			p = int32(len(parties))
			byName[name] = p
			kind := party.Organization
			if publicBody(name) {
				kind = party.PublicBody
			}
			parties = append(parties, party.Party{ID: party.ID("p-" + name), Name: name, Kind: kind,
				Country: m.Ref.Country})
			class, ok := w.class[name]
			if !ok {
				class = Class{Name: classOf(name)}
			}
			classes = append(classes, class)
		}
		parties[p].Country = latest(parties[p].Country, m.Ref.Country)
		parties[p].Identifiers = append(parties[p].Identifiers, m.Ref.Identifiers...)
		byMention[i] = p
	}
	byParty := func(m map[string]Standing) map[int32]Standing {
		if m == nil {
			return nil
		}
		out := map[int32]Standing{}
		for name, s := range m {
			p, ok := byName[name]
			if !ok {
				t.Fatalf("no party %q", name)
			}
			out[p] = s
		}
		return out
	}
	run, err := New(ctx, b, Inputs{
		Demands: w.demands(b), Places: w.places,
		AsOf: asOf, Parties: parties, ByMention: byMention, Classes: classes, Item: classify,
		Service: service, Lists: byParty(w.lists), Owners: byParty(w.owners), AccountKey: w.key,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// load fills the table of bills as record/focus does.
func (w world) load(t testing.TB, b *book.Book) {
	t.Helper()
	tx, err := b.DB().Begin()
	if err != nil {
		t.Fatal(err)
	}
	lacks := map[string]bool{}
	for _, c := range w.noColumns {
		lacks[c] = true
		if _, err := tx.Exec("INSERT INTO usage_lacks VALUES (9, $1)", c); err != nil {
			t.Fatal(err)
		}
	}
	keep := func(column, v string) string {
		if lacks[column] {
			return ""
		}
		return v
	}
	for i, x := range w.bills {
		charge, issuer := x.charge, x.issuer
		if charge == "" {
			charge = "Usage"
		}
		if issuer == "" {
			issuer = "Altus Cloud Inc."
		}
		unit, quantity := x.unit, x.quantity
		if unit == "" {
			unit = "u"
		}
		if lacks["ConsumedQuantity"] {
			quantity = nil
		}
		used := map[bool]string{true: "yes", false: "no"}[charge == "Usage" && !x.unused]
		if lacks["ChargeCategory"] {
			charge, used = "", "unknown"
		}
		if x.used != "" {
			used = x.used
		}
		var unread, month any
		if x.unread != "" {
			unread = x.unread
		}
		if x.month != "" && !lacks["ChargePeriodStart"] {
			month = x.month + "-01"
		}
		_, err := tx.Exec(`INSERT INTO usage VALUES (9, $1, $1, 1, $2, $3, CAST($4 AS DATE), $5, '', $6, '', '', $11,
			$7, $8, CAST($9 AS DECIMAL(38,12)), 10, 10, 'CUR', 'Altus Cloud', $10, '', '', '', 1, NULL, $12)`,
			i+1, keep("BillingAccountId", x.account), keep("SubAccountId", x.sub), month, keep("RegionId", x.region),
			keep("ServiceName", x.service),
			charge, used, quantity, keep("InvoiceIssuerName", issuer), keep("ConsumedUnit", unit), unread)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// facts returns the facts of one kind by the name of their subject.
func facts(t testing.TB, run *Run, kind string) map[string]*Facts {
	t.Helper()
	out := map[string]*Facts{}
	err := run.Facts(context.Background(), kind, func(f *Facts) error {
		if out[f.Subject.Name] != nil {
			return fmt.Errorf("%s comes twice", f.Subject.Name)
		}
		out[f.Subject.Name] = f
		for name := range f.Values {
			checkType(t, name, f.Values[name])
			if f.Missing[name] != nil {
				t.Errorf("%s of %s is both there and missing", name, f.Subject.Name)
			}
		}
		for _, d := range Catalogue {
			if d.Of == kind && f.Values[d.Name] == nil && f.Missing[d.Name] == nil && f.Gaps[d.Name] == nil {
				t.Errorf("%s of %s is neither there nor missing", d.Name, f.Subject.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func checkType(t testing.TB, name string, v any) {
	t.Helper()
	var got Type
	switch v.(type) {
	case bool:
		got = Bool
	case int64:
		got = Int
	case float64:
		got = Double
	case string:
		got = String
	case []string:
		got = Strings
	case []float64:
		got = Doubles
	case []map[string]any:
		got = Maps
	}
	if want := defs[name].Type; got != want {
		t.Errorf("%s is a %T, want %s", name, v, want)
	}
}

// gapOf returns the first gap of a signal that names a column, nil when there is none.
func gapOf(f *Facts, signal, column string) *Gap {
	for _, g := range slices.Concat(f.Gaps[signal], f.Inside[signal]) {
		if g.Column == column {
			return &g
		}
	}
	return nil
}
