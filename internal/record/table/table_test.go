package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// file writes a source for a test.
func file(t testing.TB, name string, data []byte) record.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return recordtest.Sources(t, path)[0]
}

func decode(t testing.TB, src record.Source) (*recordtest.Collector, record.Stats) {
	t.Helper()
	var c recordtest.Collector
	stats, err := Decode(context.Background(), src, &c)
	if err != nil {
		t.Fatalf("decode %s: %v", src.Name, err)
	}
	check(t, &c, stats)
	return &c, stats
}

// check holds for every file: each row is one record or one reject, and each has a place.
func check(t testing.TB, c *recordtest.Collector, s record.Stats) {
	t.Helper()
	if s.Rows != s.Records+s.Rejects {
		t.Errorf("%d rows, but %d records and %d rejects", s.Rows, s.Records, s.Rejects)
	}
	if s.Records+s.Kept != len(c.Records) || s.Rejects != len(c.Rejects) {
		t.Errorf("stats say %d records and %d rejects, the sink got %d and %d", s.Records, s.Rejects, len(c.Records),
			len(c.Rejects))
	}
	for _, r := range c.Records {
		if r.Where().At == "" {
			t.Errorf("record without a place: %+v", r)
		}
	}
	for _, r := range c.Rejects {
		if r.At == "" || r.Reason == "" || r.File == "" {
			t.Errorf("reject without place, reason or file: %+v", r)
		}
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct {
		name, in, kind string
		delim          rune
	}{
		{"accounts", "account_id,party_name\n", Accounts, ','},
		{"accounts, other order and spelling", "Party Name;ACCOUNT-ID;country\n", Accounts, ';'},
		{"accounts by end user", "account_id\tend_user\n", Accounts, '\t'},
		{"engagements", "engagement_id|kind|buyer\n", Engagements, '|'},
		{"engagements with decision columns", "engagement_id,buyer,kind,decided,outcome,party_name\n", Engagements,
			','},
		{"approvals", "engagement_id,party_name,kind,decided,outcome\n", Approvals, ','},
		{"approvals by party", "kind,outcome,party_name\n", Approvals, ','},
		{"clauses", "engagement_id,clause,present\n", Clauses, ','},
		{"claims", "claim_id,about\n", Claims, ','},
		{"claims without key", "source,about,text\n", Claims, ','},
		{"support", "party_name,quarter,hours,code\n", Support, ','},
		{"events", "event_id,kind,date\n", Events, ','},
		{"quoted header", "\"engagement id\",\"buyer\"\r\n", Engagements, ','},
		{"separator line", "sep=;\r\nengagement_id;buyer\r\n", Engagements, ';'},
		{"empty lines first", "\n\r\nengagement_id,buyer\n", Engagements, ','},
		{"cut within the first row", "engagement_id,buyer,item", Engagements, ','},
		{"a bill", "BillingAccountId,ChargePeriodStart,BilledCost\n", "", 0},
		{"names to screen", "name,kind,country,id\n", "", 0},
		{"JSON", "{\"engagement_id\": 1}\n", "", 0},
		{"nothing", "", "", 0},
		{"zeros", "\x00\x00,\x00engagement_id,buyer", "", 0},
		{"zeros after the header", "engagement_id,buyer\n\x00\x00\x00\n", Engagements, ','},
		{"UTF-16 without a mark", strings.Join(strings.Split("engagement_id,buyer\n", ""), "\x00") + "\x00", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kind, delim, ok := Recognise([]byte(tt.in))
			if kind != tt.kind || delim != tt.delim || ok != (tt.kind != "") {
				t.Errorf("Recognise(%q) = %q, %q, %v, want %q, %q", tt.in, kind, delim, ok, tt.kind, tt.delim)
			}
		})
	}
}

const engagementsCSV = "Engagement ID,Kind,Seller,Buyer,Buyer_ID,End " +
	"User,reseller,Item,item-code,quantity,unit,VALUE,currency,signed,start,end,destination,Cost centre\r\n" +
	"E-1,Contract,Skyfold Ltd,Ministry of Roads,XX-REG:00123,,,\"Storage,\nseven " +
	"regions\",72317000,500,TB,\"1,234,567.80\",eur,2031-02-03,2031-03,2031,North Ostania,77\r\n" +
	"E-2,sale,Skyfold Ltd,Harbour Office,42,various,Third Party " +
	"FZE,Cameras,,,,(1200.50),GBP,2031-05-01T10:00:00Z,,,,\r\n" +
	"E-3,gift,Skyfold Ltd,Harbour Office,,,,,,,,,,,,,,\r\n" +
	"E-4,sale,Skyfold Ltd,Harbour Office,,,,,,,,3501.872.63,USD,,,,,\r\n" +
	",sale,Skyfold Ltd,Harbour Office,,,,,,,,,,,,,,\r\n" +
	"E-5,sale,Skyfold Ltd,Harbour Office,,,,,,,,12,USD,03/02/2031,,,,\r\n" +
	"E-6,sale,short row\r\n" +
	",,,,,,,,,,,,,,,,,\r\n" +
	"\r\n"

func TestEngagements(t *testing.T) {
	src := file(t, "engagements.csv", []byte(engagementsCSV))
	c, stats := decode(t, src)
	lacks := record.Columns{"method": true, "rationale": true, "payer": true, "consignee": true, "withheld": true,
		"bids": true, "tender_days": true, "delivery_place": true, "end_use": true}
	date := func(s string) record.Date {
		d, err := record.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	skyfold, harbour := party.Ref{Name: "Skyfold Ltd", Scope: "register"}, party.Ref{Name: "Harbour Office",
		Scope: "register"}
	lackingToo := func(column string) record.Columns {
		out := record.Columns{column: true}
		for c := range lacks {
			out[c] = true
		}
		return out
	}
	want := []record.Record{
		&record.Engagement{
			Place: record.Place{At: "row 2"}, ID: "E-1", Kind: "contract",
			Seller: party.Ref{Name: "Skyfold Ltd", Scope: "register"},
			Buyer: party.Ref{Name: "Ministry of Roads", Scope: "register", Identifiers: []party.Identifier{
				{Scheme: "XX-REG", ID: "00123"}}},
			Items: []record.Item{{Text: "Storage,\nseven regions", Code: "72317000", Quantity: "500", Unit: "TB"}},
			Value: "1234567.80", Currency: "EUR", Signed: date("2031-02-03"), Start: date("2031-03"),
			End:         date("2031"),
			Destination: "North Ostania", Lacks: lacks,
		},
		&record.Engagement{
			Place: record.Place{At: "row 4"}, ID: "E-2", Kind: "sale",
			Seller:      party.Ref{Name: "Skyfold Ltd", Scope: "register"},
			Buyer:       party.Ref{Name: "Harbour Office", Scope: "register", LocalID: "42"},
			EndUserText: "various",
			Reseller:    party.Ref{Name: "Third Party FZE", Scope: "register"},
			Items:       []record.Item{{Text: "Cameras"}},
			Value:       "-1200.50", Currency: "GBP", Signed: date("2031-05-01T10:00:00Z"), Lacks: lacks,
		},
		&record.Engagement{ // a reject that is counted; whom it names is read all the same
			Place: record.Place{At: "row 5"}, ID: "E-3", Seller: skyfold, Buyer: harbour, Lacks: lackingToo("kind"),
			Unread: []record.Unread{{Column: "kind", Value: "gift", Reason: "none of " + engagementKind.String()}},
		},
		&record.Engagement{
			Place: record.Place{At: "row 6"}, ID: "E-4", Kind: "sale", Seller: skyfold, Buyer: harbour, Currency: "USD",
			Lacks: lackingToo("value"),
			Unread: []record.Unread{{Column: "value", Value: "3501.872.63",
				Reason: "is ambiguous: its points and commas fit no notation"}},
		},
		&record.Engagement{
			Place: record.Place{At: "row 8"}, ID: "E-5", Kind: "sale", Seller: skyfold, Buyer: harbour, Value: "12",
			Currency: "USD", Lacks: lackingToo("signed"),
			Unread: []record.Unread{{Column: "signed", Value: "03/02/2031", Reason: "is not an ISO date"}},
		},
	}
	if diff := cmp.Diff(want, c.Records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	wantRejects := []record.Reject{
		{File: "engagements.csv", At: "row 5", Kind: Engagements, Reason: `Kind: "gift" is none of ` +
			engagementKind.String()},
		{File: "engagements.csv", At: "row 7", Kind: Engagements, Reason: `Engagement ID is empty`},
		{File: "engagements.csv", At: "row 9", Kind: Engagements,
			Reason: `the row has 3 cells where the header has 18`},
	}
	if diff := cmp.Diff(wantRejects, c.Rejects, lostOf); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"Cost centre": 1}, stats.Extra); diff != "" {
		t.Errorf("extra columns (-want +got):\n%s", diff)
	}
	notes := []string{
		"Kind: not understood (none of " + engagementKind.String() + `), the rest of the row is used: "gift" (row 5)`,
		`VALUE: not understood (ambiguous: its points and commas fit no notation), the rest of the row is used: "3501.872.63" (row 6)`,
		`signed: not understood (not an ISO date), the rest of the row is used: "03/02/2031" (row 8)`,
		"without any value, skipped: 1 row",
	}
	if diff := cmp.Diff(notes, stats.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestEncodings reads one table in each way that offices write text.
// A byte 0 costs the cell that holds it; a row of nothing else costs itself.
func TestByteZero(t *testing.T) {
	text := "account_id,party_name,country\nA-1,Harbour \x00ffice,XX\n\x00\x00\x00\xff\nA\x002,Plain,XX\nA-3,Plain,XX\n"
	c, stats := decode(t, file(t, "accounts.csv", []byte(text)))
	var got []string
	for _, a := range recordtest.Of[*record.Account](c) {
		got = append(got, fmt.Sprintf("%s %q lacks name: %t", a.AccountID, a.Party.Name, a.Lacks["party_name"]))
	}
	for _, r := range c.Rejects {
		got = append(got, r.At+": "+r.Reason)
	}
	want := []string{`A-1 "" lacks name: true`, `A-3 "Plain" lacks name: false`,
		"row 3: the row has 1 cells where the header has 3", "row 4: account_id is empty"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%q", diff, stats.Notes)
	}
}

func TestEncodings(t *testing.T) {
	text := "account_id,party_name,country\nA-1,Müller & Söhne GmbH,Österland\nA-2,Plain,X\n"
	utf16le := []byte{0xff, 0xfe}
	utf16be := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
		utf16be = append(utf16be, byte(u>>8), byte(u))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	latin := strings.NewReplacer("ü", "\xfc", "ö", "\xf6", "Ö", "\xd6").Replace(text)
	for name, data := range map[string][]byte{
		"plain":        []byte(text),
		"mark":         []byte("\ufeff" + text),
		"utf16le":      utf16le,
		"utf16be":      utf16be,
		"windows-1252": []byte(latin),
		"gzip":         zipped.Bytes(),
		"crlf":         []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"cr":           []byte(strings.ReplaceAll(text, "\n", "\r")),
		"no last line": []byte(strings.TrimSuffix(text, "\n")),
		"semicolon":    []byte(strings.ReplaceAll(text, ",", ";")),
		"tab":          []byte(strings.ReplaceAll(text, ",", "\t")),
		"pipe":         []byte(strings.ReplaceAll(text, ",", "|")),
	} {
		t.Run(name, func(t *testing.T) {
			c, stats := decode(t, file(t, "accounts.csv", data))
			got := recordtest.Of[*record.Account](c)
			if len(got) != 2 || got[0].Party.Name != "Müller & Söhne GmbH" || got[0].Party.Country != "Österland" {
				t.Fatalf("accounts = %+v", got)
			}
			if got[1].At != "row 3" {
				t.Errorf("place = %q, want row 3", got[1].At)
			}
			if !got[0].Lacks["end_user"] || got[0].Lacks["country"] {
				t.Errorf("lacks = %v", got[0].Lacks)
			}
			if name == "windows-1252" && (len(stats.Notes) != 1 ||
				stats.Notes[0] != "not UTF-8, read as Windows-1252: 1 row") {
				t.Errorf("notes = %q", stats.Notes)
			}
		})
	}
}

func TestOtherTables(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     record.Record
		second   string // what was not understood in the second row, or why it is a reject
	}{
		{"claim", "claim_id,about,capability,text,source,url,published,origin,grade,status,reply\n" +
			"C1,Unit 9,Bulk_Storage,It stores,Bay Herald,https://example.org/a,2031-05-01,o1,b2,Under review,denied\n" +
			"C2,Unit 9,,It stores,Bay Herald,,,,G7,reported,\n",
			&record.Claim{ID: "C1", About: party.Ref{Name: "Unit 9", Scope: "register"}, Capability: "bulk_storage",
				Text:   "It stores",
				Source: "Bay Herald", URL: "https://example.org/a", Published: record.DayOf(2031, 5, 1), Origin: "o1",
				Grade:  "B2",
				Status: "under_review", Reply: "denied", Lacks: record.Columns{}},
			`grade "G7": no grade: a letter A to F and a digit 1 to 6`},
		{"clause", "engagement_id,clause,present,reference\nE-1,Human rights,TRUE,4.2\nE-1,human_rights,perhaps,\n",
			&record.Clause{Engagement: "E-1", Clause: "human_rights", Present: "yes", Reference: "4.2",
				Lacks: record.Columns{}},
			`present "perhaps": none of yes, no, unknown`},
		{"approval", "engagement_id,party_name,kind,decided,outcome,decided_by_role,paid_on_deal\n" +
			"E-1,,Human-rights review,2031-01-02,Approved,counsel,No\n,,licence,2031-01-02,approved,,\n",
			&record.Approval{Engagement: "E-1", Kind: "human_rights_review", Decided: record.DayOf(2031, 1, 2),
				Outcome:       "approved",
				DecidedByRole: "counsel", PaidOnDeal: "no", Lacks: record.Columns{"quantity": true,
					"valid_until": true}},
			`neither engagement_id nor party_name has a value: the approval is of nothing`},
		{"support", "party_name,quarter,hours,code\nUnit 9,Q2 2031,\"1.204,5\",Cyber defence\nUnit 9,2031-Q5,3,ai\n",
			&record.Support{Party: party.Ref{Name: "Unit 9", Scope: "register"}, Quarter: record.DayOf(2031, 4, 1),
				Hours: "1204.5",
				Code:  "cyber_defence", Lacks: record.Columns{}},
			`quarter "2031-Q5": neither a quarter such as 2031-Q2 nor a date`},
		{"event", "event_id,kind,date,about,region,source,url\nV1,Publication,2031-08-06,Unit 9,,Bay " +
			"Herald,\nV2,party,2031-08-06,,,x,\n",
			&record.Event{ID: "V1", Kind: "publication", Date: record.DayOf(2031, 8, 6), About: party.Ref{
				Name: "Unit 9", Scope: "register"},
				Source: "Bay Herald", Lacks: record.Columns{}},
			`kind "party": none of conflict, emergency, crackdown, publication, inquiry, notice, restriction, list_change, reorganisation, migration`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decode(t, file(t, tt.name+".csv", []byte(tt.in)))
			ignorePlace := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Place" }, cmp.Ignore())
			if diff := cmp.Diff(tt.want, c.Records[0], ignorePlace); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			got := ""
			if len(c.Rejects) == 1 {
				got = c.Rejects[0].Reason
			} else if u := unreadOf(c.Records[len(c.Records)-1]); len(u) == 1 {
				got = u[0].Column + " " + quoted(u[0].Value) + ": " + u[0].Reason
			}
			if got != tt.second || len(c.Records)+len(c.Rejects) != 2 {
				t.Errorf("second row %q, want %q", got, tt.second)
			}
		})
	}
}

func unreadOf(r record.Record) []record.Unread {
	switch r := r.(type) {
	case *record.Engagement:
		return r.Unread
	case *record.Account:
		return r.Unread
	case *record.Claim:
		return r.Unread
	case *record.Clause:
		return r.Unread
	case *record.Approval:
		return r.Unread
	case *record.Support:
		return r.Unread
	case *record.Event:
		return r.Unread
	}
	return nil
}

// TestCancelled stops in the middle of a file.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Decode(ctx, file(t, "a.csv", []byte(engagementsCSV)), &recordtest.Collector{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// TestKnownColumns holds the list of understood columns to what the builders ask for.
func TestKnownColumns(t *testing.T) {
	for _, kind := range tables() {
		names := known[kind]
		b := bind(kind, names, nil)
		for _, x := range b.extra {
			t.Errorf("%s: column %s is listed as known and not read", kind, x.name)
		}
		if len(b.lacks) > 0 {
			t.Errorf("%s: lacks %v with all columns there", kind, b.lacks)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"12", "12"}, {"-12.50", "-12.50"}, {"+3", "3"}, {"1e3", "1000"}, {"1,234.56", "1234.56"},
		{"1.234,56", "1234.56"},
		{"1,234,567", "1234567"}, {"1.234.567", "1234567"}, {"12,5", "12.5"}, {"12,50", "12.50"},
		{"1 234,56", "1234.56"},
		{"1\u00a0234\u00a0567", "1234567"}, {"1'234.50", "1234.50"}, {"$ 2,396,696.24", "2396696.24"},
		{"€1.204,00", "1204.00"},
		{"(1,200.00)", "-1200.00"}, {"1200-", "-1200"}, {"-£5", "-5"}, {"\u221212.5", "-12.5"}, {"1,234.", "1234"},
		{"1,234", ""}, {"3501.872.63", ""}, {"4762.120.00", ""}, {"1,23,456.00", ""}, {"12a", ""}, {"0x1F", ""},
		{"1/3", ""},
		{"--5", ""}, {"None", ""}, {"1 23", ""}, {".", ""}, {",", ""}, {"()", ""}, {"NaN", ""}, {"Inf", ""},
		{"1e999999999", ""},
		{"1.234,567.8", ""},
	} {
		got, err := ParseNumber(tt.in)
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseNumber(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestParseQuarter(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"2031-Q2", "2031-04-01"}, {"2031Q2", "2031-04-01"}, {"Q2 2031", "2031-04-01"}, {"q4/2031", "2031-10-01"},
		{"2031-Q0", ""}, {"2031-5", ""}, {"Q22031", "2031-04-01"}, {"", ""},
	} {
		got, ok := parseQuarter(tt.in)
		if got.DayString() != tt.want || ok != (tt.want != "") {
			t.Errorf("parseQuarter(%q) = %q, %v, want %q", tt.in, got, ok, tt.want)
		}
	}
}

func TestSerial(t *testing.T) {
	for _, tt := range []struct {
		in   string
		d04  bool
		want string
	}{
		{"48000", false, "2031-06-01"}, {"46538", true, "2031-06-01"}, {"1", false, "1900-01-01"},
		{"59", false, "1900-02-28"},
		{"61", false, "1900-03-01"}, {"48000.5", false, "2031-06-01T12:00:00Z"}, {"2031", false, ""},
		{"2031-05-01", false, ""},
		{"-1", false, ""}, {"NaN", false, ""}, {"1e9", false, ""},
	} {
		got, _ := serial(tt.in, tt.d04)
		if got.String() != tt.want {
			t.Errorf("serial(%q, %v) = %q, want %q", tt.in, tt.d04, got, tt.want)
		}
	}
}

// TestISODay holds the short way to the long one.
func TestISODay(t *testing.T) {
	for _, s := range []string{"2031-02-03", "2028-02-29", "2031-02-29", "2031-13-01", "2031-00-10", "2031-01-00",
		"0000-01-01", "2031-1-011", "2031/01/01", "٢٠٣١-01"} {
		want, err := record.ParseDate(s)
		got, ok := isoDay(s)
		if ok != (err == nil && want.Prec == record.Day) || ok && got != want {
			t.Errorf("isoDay(%q) = %v, %v, ParseDate says %v, %v", s, got, ok, want, err)
		}
	}
}

func TestUndust(t *testing.T) {
	for in, want := range map[record.Decimal]record.Decimal{
		"-30276.160000000003": "-30276.16", "85.598359412741914": "85.5983594127419", "1.5": "1.5",
		"123456789012345678": "123456789012345678", "": "",
	} {
		if got := undust(in); got != want {
			t.Errorf("undust(%q) = %q, want %q", in, got, want)
		}
	}
}
