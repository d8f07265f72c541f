package signal

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
	"plimsoll/internal/record"
)

// spelling is one key for the account ids of these tests: a path around them and letter case do not matter.
func spelling(id string) string {
	return strings.ToLower(strings.TrimPrefix(id, "/subscriptions/"))
}

// unknownWorld holds an account of each kind that can be known in part.
func unknownWorld() world {
	return world{
		key: spelling,
		records: []record.Record{
			account("A1", "", "Army", ""), account("A2", "", "Army", ""), // no bill names A2
			account("L1", "", "City Library", ""), account("L1", "desk", "City Library", ""),
			account("guid-77", "", "Lantern Works", ""),
			account("U1", "", "Port Office", ""), account("R1", "", "Quay Trust", ""), account("O1", "", "Dairy", ""),
			account("D1", "", "Mill", ""), account("M1", "", "Print Shop", ""), account("N1", "", "Ferry Line", ""),
		},
		bills: []bill{
			{account: "A1", month: "2031-01", service: "Object Store", quantity: 10},
			{account: "A9", sub: "x", month: "2031-01", service: "Dictate", quantity: 900},
			{account: "A9", sub: "y", month: "2031-01", service: "Dictate", quantity: 300},
			{account: "L1", month: "2031-01", service: "Object Store", quantity: 1},
			{account: "L1", sub: "desk", month: "2031-01", service: "Dictate", quantity: 2},
			{account: "L1", sub: "lab", month: "2031-01", service: "Dictate", quantity: 5000},
			{account: "/subscriptions/GUID-77", month: "2031-01", service: "Dictate", quantity: 4},
			{account: "U1", month: "2031-01", service: "Object Store", quantity: 10},
			{account: "U1", month: "2031-01", service: "Object Store", quantity: 50, used: "unknown"},
			{account: "U1", month: "2031-02", service: "Object Store", quantity: 20, used: "unknown"},
			{account: "R1", month: "2031-01", service: "Object Store", quantity: 3},
			{account: "R1", month: "2031-01", service: "Dictate", quantity: nil, unread: "the amount is no number"},
			{account: "O1", month: "2031-01", service: "Dictate", quantity: 12, unit: "odd"},
			{account: "O1", month: "2031-01", service: "Object Store", quantity: 2},
			{account: "D1", month: "2031-01", service: "Database", quantity: 7000, unit: "odd"},
			{account: "M1", month: "2031-01", service: "Mind Bundle", quantity: 400},
			{account: "N1", service: "Dictate", quantity: 60}, // without a month
			{account: "N1", month: "2031-01", service: "Dictate", quantity: 5},
		},
	}
}

// TestUseKnownInPart: what is known of a measure stands as at least so much, with what is not known and why.
func TestUseKnownInPart(t *testing.T) {
	run := unknownWorld().open(t)
	f := facts(t, run, OfParty)
	const (
		storagePeak, speechPeak, llmPeak, textPeak = "usage.storage_tb_peak", "usage.speech_hours_peak",
			"usage.llm_tokens_peak", "usage.vision_images_peak"
	)
	open := math.Inf(1)
	for _, tt := range []struct {
		name, subject, signal string
		value                 any
		most                  float64 // Inf: no bound
		gap                   *Gap    // nil: none at all
	}{
		{"an account without a bill", "Army", storagePeak, 10.0, open,
			&Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: "A2", Rows: 1}},
		{"an account without a bill, another measure", "Army", speechPeak, 0.0, open,
			&Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: "A2", Rows: 1}},
		{"an account without a bill, months", "Army", "usage.months", int64(1), open,
			&Gap{Reason: NoBill, Column: "usage.BillingAccountId", What: "A2", Rows: 1}},
		{"a bill without an account", "A9", speechPeak, 1200.0, 1200, nil},
		{"the holder of an account with other sub-accounts", "City Library", speechPeak, 5002.0, 5002, nil},
		{"a sub-account that the register does not list", "L1/lab", speechPeak, 5000.0, 5000, nil},
		{"an account spelt otherwise", "Lantern Works", speechPeak, 4.0, 4, nil},
		{"charges of which nothing says that they are use", "Port Office", storagePeak, 10.0, 60,
			&Gap{Reason: CellEmpty, Column: "usage.ChargeCategory", What: "Object Store", Rows: 2, Amount: 70,
				Unit: "u"}},
		{"the same, another measure", "Port Office", speechPeak, 0.0, 0, nil},
		{"charges that could not be read", "Quay Trust", speechPeak, 0.0, open,
			&Gap{Reason: RowRejected, Column: "usage.ConsumedQuantity", What: "the amount is no number", Rows: 1,
				May: []string{"speech"}}},
		{"the same, another measure", "Quay Trust", storagePeak, 3.0, 3, nil},
		{"a unit that is not understood", "Dairy", speechPeak, 0.0, open,
			&Gap{Reason: UnitUnknown, Column: "usage.ConsumedUnit", What: "odd", Rows: 1, Amount: 12, Unit: "odd"}},
		{"the same, another measure", "Dairy", storagePeak, 2.0, 2, nil},
		{"an unknown meter of a database is no speech", "Mill", speechPeak, 0.0, 0, nil},
		{"an unknown meter of a database is no storage", "Mill", storagePeak, 0.0, 0, nil},
		{"an unknown meter of a database is no language model", "Mill", llmPeak, 0.0, 0, nil},
		{"an umbrella service may be speech", "Print Shop", speechPeak, 0.0, open,
			&Gap{Reason: WordUnknown, Column: "usage.SkuMeter", What: "Mind Bundle", Rows: 1, Amount: 400, Unit: "u",
				May: []string{"speech"}}},
		{"an umbrella service may be images, face or other", "Print Shop", textPeak, 0.0, open,
			&Gap{Reason: WordUnknown, Column: "usage.SkuMeter", What: "Mind Bundle", Rows: 1, Amount: 400, Unit: "u",
				May: []string{"face", "vision"}}},
		{"an umbrella service of language is no storage", "Print Shop", storagePeak, 0.0, 0, nil},
		{"a charge without a month", "Ferry Line", speechPeak, 5.0, open,
			&Gap{Reason: CellEmpty, Column: "usage.ChargePeriodStart", What: "Dictate", Rows: 1, Amount: 60, Unit: "u",
				May: []string{"speech"}}},
		{"a charge without a month, another measure", "Ferry Line", storagePeak, 0.0, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := f[tt.subject]
			if x == nil {
				t.Fatalf("no subject %s", tt.subject)
			}
			if got := x.Values[tt.signal]; got != tt.value {
				t.Errorf("%s = %v, want %v", tt.signal, got, tt.value)
			}
			most, bounded := x.Most[tt.signal]
			if bounded != !math.IsInf(tt.most, 1) || bounded && most != tt.most {
				t.Errorf("%s is at most %v, %v; want %v", tt.signal, most, bounded, tt.most)
			}
			var want []Gap
			if tt.gap != nil {
				want = []Gap{*tt.gap}
			}
			if diff := cmp.Diff(want, x.Gaps[tt.signal]); diff != "" {
				t.Errorf("gaps of %s (-want +got):\n%s", tt.signal, diff)
			}
		})
	}
	if want := []Tie{{"/subscriptions/GUID-77", "guid-77"}}; !cmp.Equal(run.Ties(), want) {
		t.Errorf("ties = %v, want %v", run.Ties(), want)
	}
}

// TestStrays: use that nothing ties to a party is judged by itself, and of whose it is nothing is known.
func TestStrays(t *testing.T) {
	f := facts(t, unknownWorld().open(t), OfParty)
	for _, tt := range []struct{ name, subject, party, column string }{
		{"an account that no row of the register names", "A9", "", "accounts.account_id"},
		{"a sub-account of an exempt holder that the register does not list", "L1/lab", "p-City Library",
			"accounts.sub_account_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := f[tt.subject]
			if x == nil {
				t.Fatal("no such subject")
			}
			if x.Kind != OfParty || x.Subject.Kind != OfAccount || x.Subject.Party != tt.party ||
				!slices.Equal(x.Accounts, []string{tt.subject}) {
				t.Errorf("kind %s, subject %+v, accounts %v", x.Kind, x.Subject, x.Accounts)
			}
			if class, ok := x.Values["party.class"]; ok && class != "unknown" {
				t.Errorf("class = %v", class)
			}
			for _, signal := range []string{"party.security", "party.review", "party.unreviewed", "party.claims",
				"party.capabilities", "party.listed_score"} {
				g := gapOf(x, signal, tt.column)
				if _, ok := x.Values[signal]; ok || g == nil || g.Reason != NoRegister {
					t.Errorf("%s = %v, gaps %+v", signal, x.Values[signal], x.Gaps[signal])
				}
			}
			if len(x.Rows) == 0 || len(x.Series) == 0 {
				t.Errorf("%d rows of evidence, %d lines", len(x.Rows), len(x.Series))
			}
		})
	}
}

// TestAccountIDs: ids are tied by their key, and where more than one row of the register fits, to none.
func TestAccountIDs(t *testing.T) {
	run := world{
		key: spelling,
		records: []record.Record{
			account("abc", "", "Army", ""), account("two", "", "Mill", ""), account("TWO", "", "Dairy", ""),
			account("org", "unit-5", "Hospital", ""),
		},
		bills: []bill{
			{account: "ABC", sub: "s", month: "2031-01", service: "Dictate", quantity: 1},
			{account: "Two", month: "2031-01", service: "Dictate", quantity: 2},
			{account: "two", month: "2031-01", service: "Dictate", quantity: 3},
			{account: "", sub: "UNIT-5", month: "2031-01", service: "Dictate", quantity: 4},
			{account: "/subscriptions/unit-5", month: "2031-02", service: "Dictate", quantity: 5},
			{account: "org", sub: "Unit-5", month: "2031-03", service: "Dictate", quantity: 6},
			{account: "", sub: "else", month: "2031-01", service: "Dictate", quantity: 7},
		},
	}.open(t)
	f := facts(t, run, OfParty)
	for _, tt := range []struct {
		name, subject string
		hours         float64
		months        int64
	}{
		{"letter case", "Army", 1, 1}, {"an exact id is not ambiguous", "Mill", 3, 1}, {"an ambiguous id is nobody's",
			"Two", 2, 1},
		{"a sub-account in three spellings", "Hospital", 6, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := f[tt.subject]
			if x == nil {
				t.Fatal("no such subject")
			}
			if x.Values["usage.speech_hours_peak"] != tt.hours || x.Values["usage.months"] != tt.months {
				t.Errorf("speech %v in %v months", x.Values["usage.speech_hours_peak"], x.Values["usage.months"])
			}
		})
	}
	if g := gapOf(f["Dairy"], "usage.speech_hours_peak", "usage.BillingAccountId"); g == nil || g.Reason != NoBill {
		t.Errorf("an account whose id only others fit: %+v", f["Dairy"].Gaps["usage.speech_hours_peak"])
	}
	if len(run.Ties()) != 4 {
		t.Errorf("ties = %v", run.Ties())
	}
}

// TestNobodysAccount: what bills name no account at all for is shown too.
func TestNobodysAccount(t *testing.T) {
	f := facts(t, world{
		records: []record.Record{account("A1", "", "Army", "")},
		bills: []bill{
			{month: "2031-01", service: "Dictate", quantity: 7}, {account: "A1", month: "2031-01", service: "Dictate",
				quantity: 1},
		},
	}.open(t), OfParty)
	if x := f["account not named in the bills"]; x == nil || x.Values["usage.speech_hours_peak"] != 7.0 {
		t.Errorf("facts = %+v", x)
	}
}

// TestRejectedRows: a file or a row that could not be read leaves open what it may have said, for everybody.
func TestRejectedRows(t *testing.T) {
	w := caseWorld()
	w.unusable = map[string]string{"claims": "claims.csv"}
	w.rejected = []string{"support", "support", "approvals"}
	u := facts(t, w.open(t), OfParty)[unit]
	for _, tt := range []struct {
		signal string
		want   *Gap
	}{
		{"party.claims", &Gap{Reason: RowRejected, Column: "claims", What: "claims.csv"}},
		{"usage.relocations", &Gap{Reason: RowRejected, Column: "claims", What: "claims.csv"}},
		{"support.hours_peak", &Gap{Reason: RowRejected, Column: "support", What: nobody, Rows: 2}},
		{"usage.storage_tb_peak", nil},
	} {
		t.Run(tt.signal, func(t *testing.T) {
			var want []Gap
			if tt.want != nil {
				want = []Gap{*tt.want}
			}
			if diff := cmp.Diff(want, u.Gaps[tt.signal]); diff != "" || u.Values[tt.signal] == nil {
				t.Errorf("value %v, gaps (-want +got):\n%s", u.Values[tt.signal], diff)
			}
		})
	}
}

// TestRivalRows: two rows give one account to two parties for the same time.
func TestRivalRows(t *testing.T) {
	w := world{
		records: []record.Record{account("A1", "", "Army", ""), account("A1", "", "Hospital", ""),
			account("A2", "", "Mill", "")},
		bills: join(usage("A1", "", "", "Dictate", "2031-01-01", 9), usage("A2", "", "", "Dictate", "2031-01-01", 4)),
	}
	run := w.open(t)
	f := facts(t, run, OfParty)
	for party, open := range map[string]bool{"Army": true, "Hospital": true, "Mill": false} {
		if g := gapOf(f[party], "usage.speech_hours_peak", "accounts.since"); (g != nil) != open {
			t.Errorf("gaps of %s = %+v", party, f[party].Gaps["usage.speech_hours_peak"])
		}
	}
	a := facts(t, run, OfAccount)
	for _, signal := range []string{"account.class", "account.security", "account.government"} {
		if _, ok := a["A1"].Values[signal]; ok || gapOf(a["A1"], signal, "accounts.since") == nil {
			t.Errorf("%s = %v, gaps %+v", signal, a["A1"].Values[signal], a["A1"].Gaps[signal])
		}
	}
}

// TestHandedOverUse: the month in which an account changes hands may be either holder's, and charges without a month
// any holder's. The later holder has the month, as before; of the earlier it is not known.
func TestHandedOverUse(t *testing.T) {
	old := account("A1", "", "Army", "")
	old.Until = date("2031-02-20")
	next := account("A1", "", "Hospital", "")
	next.Since = date("2031-02-21")
	clean := account("A2", "", "Navy", "")
	clean.Until = date("2031-01-31")
	after := account("A2", "", "Library", "")
	after.Since = date("2031-02-01")
	late := account("A3", "", "Coast Guard", "")
	last := account("A3", "", "Ferry Line", "")
	last.Since = date("2031-02-01")
	w := world{
		records: []record.Record{old, next, clean, after, late, last},
		bills: join(
			usage("A1", "", "", "Dictate", "2031-01-01", 3, 900, 40),
			usage("A2", "", "", "Dictate", "2031-01-01", 3, 900),
			usage("A3", "", "", "Dictate", "2031-01-01", 3, 4),
			[]bill{{account: "A3", service: "Dictate", quantity: 700}},
		),
	}
	f := facts(t, w.open(t), OfParty)
	const peak = "usage.speech_hours_peak"
	for _, tt := range []struct {
		party  string
		known  float64
		column string // of the gap, "" when there is none
		amount float64
	}{
		{"Army", 3, "accounts.since", 900},
		{"Hospital", 900, "", 0},
		{"Navy", 3, "", 0},
		{"Library", 900, "", 0},
		{"Coast Guard", 3, "usage.ChargePeriodStart", 700},
		{"Ferry Line", 4, "usage.ChargePeriodStart", 700},
	} {
		t.Run(tt.party, func(t *testing.T) {
			if got := f[tt.party].Values[peak]; got != tt.known {
				t.Errorf("%s = %v, want %v", peak, got, tt.known)
			}
			gaps := f[tt.party].Gaps[peak]
			if tt.column == "" {
				if len(gaps) > 0 {
					t.Errorf("gaps = %+v", gaps)
				}
				return
			}
			if g := gapOf(f[tt.party], peak, tt.column); g == nil || g.Amount != tt.amount {
				t.Errorf("gaps = %+v, want %v of %s", gaps, tt.amount, tt.column)
			}
		})
	}
}

// TestStatedInUnknownWords: a class in a word that is not understood may contradict the name of a security body.
func TestStatedInUnknownWords(t *testing.T) {
	for _, tt := range []struct {
		name  string
		class Class
		open  bool
	}{
		{"a security body", Class{Name: "police", NameClass: "police", Stated: "zorb", StatedUnknown: true}, true},
		{"a library", Class{Name: "civil", NameClass: "civil", Stated: "zorb", StatedUnknown: true}, false},
		{"a word that is known", Class{Name: "police", NameClass: "police", Stated: "police"}, false},
		{"a contradiction that is known", Class{Name: "police", NameClass: "police", Stated: "zorb",
			StatedUnknown: true, Contradiction: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{records: []record.Record{account("A1", "", "Somebody", "")}, bills: usage("A1", "", "",
				"Dictate", "2031-01-01", 1)}
			run := w.open(t)
			run.in.Classes[0] = tt.class
			f := newFacts(OfParty, finding.Subject{})
			run.classFacts(f, &subject{})
			if got := len(f.Gaps["party.class_contradicted"]) > 0; got != tt.open {
				t.Errorf("gaps %+v", f.Gaps["party.class_contradicted"])
			}
		})
	}
}

// TestUniteGaps: a charge that may be of several classes is counted once.
func TestUniteGaps(t *testing.T) {
	gap := func(rows int64, amount float64, may ...string) Gap {
		return Gap{Reason: WordUnknown, Column: "usage.SkuMeter", What: "Bundle", Rows: rows, Amount: amount, Unit: "u",
			May: may}
	}
	got := uniteGaps([]Gap{gap(1, 4, "face"), gap(2, 6, "face")}, []Gap{gap(1, 4, "vision"), gap(2, 6, "vision")},
		[]Gap{gap(1, 4, "speech")})
	if diff := cmp.Diff([]Gap{gap(3, 10, "face", "speech", "vision")}, got); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}
