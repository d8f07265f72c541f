package focus

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func openDB(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	// As a book sets it up: order must be asked for.
	if _, err := db.Exec("SET preserve_insertion_order = false; SET threads = 2"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// loaded is what Load made of some files.
type loaded struct {
	db      *sql.DB
	sources []record.Source
	stats   map[int]record.Stats
	rejects []record.Reject
}

func (l *loaded) stat(t testing.TB, name string) record.Stats {
	t.Helper()
	for _, s := range l.sources {
		if strings.HasSuffix(s.Name, name) {
			return l.stats[s.Index]
		}
	}
	t.Fatalf("no source %s", name)
	return record.Stats{}
}

func (l *loaded) text(t testing.TB, query string) string {
	t.Helper()
	rows, err := l.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	var b strings.Builder
	for rows.Next() {
		v := make([]any, len(cols))
		p := make([]any, len(cols))
		for i := range v {
			p[i] = &v[i]
		}
		if err := rows.Scan(p...); err != nil {
			t.Fatal(err)
		}
		for i := range v {
			if i > 0 {
				b.WriteByte('|')
			}
			switch v := v[i].(type) {
			case nil:
				b.WriteString("∅")
			case duckdb.Decimal:
				b.WriteString(v.String())
			case time.Time:
				b.WriteString(v.Format("2006-01-02"))
			default:
				fmt.Fprint(&b, v)
			}
		}
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// load finds the bills among the files under the paths and loads them.
func load(t testing.TB, paths ...string) *loaded {
	t.Helper()
	l := &loaded{db: openDB(t)}
	for _, s := range recordtest.Sources(t, paths...) {
		head, err := s.Head()
		if err != nil {
			continue
		}
		if _, ok := Recognise(head, s.Name); ok {
			l.sources = append(l.sources, s)
		}
	}
	var c recordtest.Collector
	var err error
	if l.stats, err = Load(context.Background(), l.db, l.sources, &c); err != nil {
		t.Fatal(err)
	}
	l.rejects = c.Rejects
	return l
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const billHeader = "BilledCost,BillingAccountId,BillingPeriodStart,ChargeCategory,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,EffectiveCost,ServiceProviderName,ServiceName,SubAccountId,BillingCurrency\n"

// bill writes one charge a line: account, day, cost.
func bill(lines ...string) string {
	var b strings.Builder
	b.WriteString(billHeader)
	for _, l := range lines {
		f := strings.Split(l, " ")
		fmt.Fprintf(&b, "%s,%s,%s-01T00:00:00Z,Usage,%sT00:00:00Z,1,Hours,%s,Nimbus,Vault,team-1,EUR\n", f[2], f[0],
			f[1][:7], f[1], f[2])
	}
	return b.String()
}

const perMonth = "SELECT account, month, sum(charges)::BIGINT, sum(billed) FROM usage GROUP BY ALL ORDER BY ALL"

func TestRecognise(t *testing.T) {
	for _, tt := range []struct{ name, head, version string }{
		{"1.0", "BilledCost,BillingAccountId,ProviderName,PublisherName,ServiceName\n", "1.0"},
		{"1.1", "BilledCost,BillingAccountId,ProviderName,SkuMeter,ServiceName\n", "1.1"},
		{"1.2", "BilledCost,BillingAccountId,ProviderName,InvoiceId,ServiceName\n", "1.2"},
		{"1.3", "BilledCost,BillingAccountId,ProviderName,ServiceProviderName,ServiceName\n", "1.3"},
		{"1.4", "BilledCost,BillingAccountId,ServiceProviderName,HostProviderName,ServiceName\n", "1.4"},
		{"0.5", "BilledCost,BillingAccountId,ChargeType,Provider,ServiceName,AmortizedCost\n", "0.5"},
		{"any order, own columns", "x_Team,ServiceName,Id,EffectiveCost,ChargePeriodStart\r\n", "1.0"},
		{"byte order mark is gone, quotes", `"BilledCost","BillingAccountId","ServiceName"` + "\n", "1.0"},
		{"semicolons", "BilledCost;BillingAccountId;ServiceName\n", "1.0"},
		{"warehouse spelling", "BILLED_COST,BILLING_ACCOUNT_ID,SERVICE_NAME\n", "1.0"},
		{"rows of BigQuery",
			`{"schema":{"fields":[{"name":"BilledCost"},{"name":"BillingAccountId"},{"name":"ChargePeriodStart"}]},"rows":[`, "1.0"},
		{"one object a line", `{"BilledCost":"1","BillingAccountId":"a","ChargePeriodStart":"2030-01-01T00:00:00Z"}` +
			"\n{", "1.0"},
		{"array of objects", `[{"BilledCost":1,"BillingAccountId":"a","BillingPeriodStart":"2030-01-01T00:00:00Z"`,
			"1.0"},
		{"manifest", `{"columns":[{"name":"BilledCost"},{"name":"BillingAccountId"},{"name":"ChargePeriodStart"}]}`,
			""},
		{"register table", "account_id,party_name,since\n", ""},
		{"native bill", "BillingAccountId,BillingAccountName,BillingCurrency,Cost,Quantity,MeterName\n", ""},
		{"contract commitments",
			"BillingCurrency,ContractCommitmentId,ContractCommitmentCost,InvoiceIssuerName,PricingCurrency,ServiceProviderName\n", ""},
		{"invoice details", "BilledCost,BillingAccountId,BillingCurrency,ChargeCategory,InvoiceDetailGrain,InvoiceDetailId\n", ""},
		{"one line of a file cut short", "BilledCost,BillingAccountId,ServiceName,Tag", "1.0"},
		{"empty", "", ""},
		{"binary", "BilledCost\x00,BillingAccountId,ServiceName", ""},
	} {
		version, ok := Recognise([]byte(tt.head), "x.csv")
		if version != tt.version || ok != (tt.version != "") {
			t.Errorf("%s: Recognise = %q, %v, want %q", tt.name, version, ok, tt.version)
		}
	}
}

func TestLoadGroupsAndProvenance(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bill.csv", "\ufeff"+
		`Tags,ChargePeriodStart,BilledCost,EffectiveCost,BillingAccountId,ServiceName,ServiceCategory,ChargeCategory,ConsumedQuantity,ConsumedUnit,RegionId,CommitmentDiscountStatus,ProviderName,PublisherName,InvoiceIssuerName,BillingCurrency,ChargeClass
"{""a"":1}",2030-01-01T00:00:00Z,0.000000000001,1,A-1,Vault,Storage,Usage,1.5E3,GB-Hours,north-1,,Nimbus,Nimbus,Nimbus,EUR,
,2030-01-31T23:00:00.000Z,0.1,1,A-1,Vault,Storage,Usage,NULL,GB-Hours,north-1,null,Nimbus,Nimbus,Nimbus,EUR,
,2030-01-31 23:30:00 UTC,-0.3,1,A-1,Vault,Storage,Credit,\N,,north-1,,Nimbus,Nimbus,Nimbus,eur,Correction
,2030-01-31T22:00-05:00,0.25,1,A-1,Vault,Storage,Usage,2,GB-Hours,north-1,Unused,Nimbus,Nimbus,Nimbus,EUR,
`)
	l := load(t, dir)
	got := l.text(t, `SELECT first_row, last_row, charges, account, sub_account, month, region, category, service, subcategory, unit, charge, used, quantity, billed, effective, currency, provider, issuer, publisher, host FROM usage ORDER BY first_row`)
	want := `2|3|2|A-1||2030-01-01|north-1|Storage|Vault||GB-Hours|Usage|yes|1500|0.100000000001|2|EUR|Nimbus|Nimbus|Nimbus|
4|4|1|A-1||2030-01-01|north-1|Storage|Vault|||Credit|no|∅|-0.3|1|EUR|Nimbus|Nimbus|Nimbus|
5|5|1|A-1||2030-02-01|north-1|Storage|Vault||GB-Hours|Usage|no|2|0.25|1|EUR|Nimbus|Nimbus|Nimbus|
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	st := l.stat(t, "bill.csv")
	if st.Rows != 4 || st.Records != 4 || st.Rejects != 0 || st.Extra["Tags"] != 1 {
		t.Errorf("stats %+v", st)
	}
	if got, want := l.text(t, "SELECT column_name FROM usage_lacks ORDER BY 1"),
		"HostProviderName\nServiceSubcategory\nSkuMeter\nSubAccountId\n"; got != want {
		t.Errorf("usage_lacks = %q, want %q", got, want)
	}
}

func TestRejectsNameTheLine(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bill.csv", billHeader+
		"1,A,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,1,Hours,1,N,V,s,EUR\n"+ // line 2
		"1,,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,1,Hours,1,N,V,s,EUR\n"+
		"1,A,2030-01-01T00:00:00Z,Usage,01/02/2030,1,Hours,1,N,V,s,EUR\n"+
		"\"1,5\",A,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,1,Hours,1,N,V,s,EUR\n"+
		"1,A,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,many,Hours,1,N,V,s,EUR\n"+
		"1,A,2030-01-01T00:00:00Z,Usage,NULL,1,Hours,1,N,V,s,EUR\n"+
		"1,A,2030-01-01T00:00:00Z,Usage,infinity,1,Hours,1,N,V,s,EUR\n"+
		"1e99,A,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,1,Hours,1,N,V,s,EUR\n"+
		"99999999999999999999,A,2030-01-01T00:00:00Z,Usage,2030-01-01T00:00:00Z,1,Hours,1,N,V,s,EUR\n"+
		"null,A,,usage,2030-01-01T00:00:00Z,,Hours,1,N,V,s,EUR\n") // line 11
	l := load(t, dir)
	var got []string
	for _, r := range l.rejects {
		got = append(got, r.At+": "+r.Reason)
	}
	want := []string{
		`row 4: ChargePeriodStart "01/02/2030" is not an ISO time`,
		`row 5: BilledCost "1,5" is not a number`,
		`row 6: ConsumedQuantity "many" is not a number`,
		"row 7: no ChargePeriodStart",
		`row 8: ChargePeriodStart "infinity" is not an ISO time`,
		`row 9: BilledCost "1e99" is not a number`,
		"row 10: BilledCost is out of range",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	st := l.stat(t, "bill.csv")
	if st.Rows != 10 || st.Records != 3 || st.Rejects != 7 {
		t.Errorf("stats %+v", st)
	}
	if !slices.Contains(st.Notes, "1 charges have no BilledCost") {
		t.Errorf("notes %q", st.Notes)
	}
}

// A bill of FOCUS that a spreadsheet saved again has its own days. Days that can be read two ways are not read.
func TestDaysOfSpreadsheets(t *testing.T) {
	for _, tt := range []struct{ name, first, second, want string }{
		{"dots", "05.03.2030", "31.03.2030 00:00", "2030-03-01|2|∅\n"},
		{"day first", "05/03/2030 0:00", "31/03/2030 0:00", "2030-03-01|2|∅\n"},
		{"month first", "3/5/2030", "3/31/2030", "2030-03-01|2|∅\n"},
		{"digits alone", "20300305", "20300331", "2030-03-01|2|∅\n"},
		{"with strokes in ISO order", "2030/03/05", "2030/03/31", "2030-03-01|2|∅\n"},
		{"either way", "05/03/2030", "06/03/2030", "∅|2|ChargePeriodStart is not an ISO time\n"},
		{"both ways", "31/03/2030", "03/31/2030", "∅|2|ChargePeriodStart is not an ISO time\n"},
		{"one of them", "2030-03-05T00:00:00Z", "31.03.2030", "2030-03-01|2|∅\n"},
		{"no such day", "31.02.2030", "31.03.2030", "2030-03-01|1|∅\n∅|1|ChargePeriodStart is not an ISO time\n"},
	} {
		for _, delim := range []string{",", ";"} {
			t.Run(tt.name+delim, func(t *testing.T) {
				dir := t.TempDir()
				write(t, dir, "bill.csv",
					strings.ReplaceAll("BilledCost,BillingAccountId,ChargePeriodStart,ServiceName\n1,A,"+tt.first+
						",V\n2,A,"+tt.second+",V\n", ",", delim))
				l := load(t, dir)
				if got := l.text(t, "SELECT month, sum(charges)::BIGINT, unread FROM usage GROUP BY ALL ORDER BY month"); got != tt.want {
					t.Errorf("usage = %q, want %q; rejects %v", got, tt.want, l.rejects)
				}
			})
		}
	}
}

// Decimal commas are found beside a column of numbers that has none.
func TestDecimalCommaBesideEmptyColumn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bill.csv",
		"BilledCost;BillingAccountId;ChargePeriodStart;ServiceName;EffectiveCost;ConsumedQuantity\n"+
			"1,5;A;2030-01-01T00:00:00Z;V;;9000000,0000000000\n200;A;2030-01-01T00:00:00Z;V;;7\n")
	l := load(t, dir)
	if got, want := l.text(t, "SELECT billed, effective, quantity, charges FROM usage"), "201.5|∅|9000007|2\n"; got != want {
		t.Errorf("usage = %q, want %q; rejects %v", got, want, l.rejects)
	}
}

// Titles and spreadsheets' own lines may stand above the header; rows are still named by their line.
func TestHeaderBelowTitles(t *testing.T) {
	const head, row = "BilledCost;BillingAccountId;ChargePeriodStart;ServiceName",
		"1;A;2030-01-01T00:00:00Z;V\nx;A;2030-01-01T00:00:00Z;V\n"
	for _, tt := range []struct{ name, above, reject string }{
		{"nothing", "", "row 3"},
		{"sep", "sep=;\r\n", "row 4"},
		{"a byte order mark and sep", "\ufeffsep=;\n", "row 4"},
		{"empty lines", "\n\n", "row 5"},
		{"titles", "Cost export\nMonth;January 2030\n\n", "row 6"},
		{"titles filled up with delimiters", "Cost export;;;\n;;;\n", "row 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "bill.csv", tt.above+head+"\n"+row)
			l := load(t, dir)
			if got, want := l.text(t, "SELECT account, service, billed FROM usage WHERE unread IS NULL"), "A|V|1\n"; got != want {
				t.Errorf("usage = %q, want %q", got, want)
			}
			if len(l.rejects) != 1 || l.rejects[0].At != tt.reject {
				t.Errorf("rejects %v, want one at %s", l.rejects, tt.reject)
			}
		})
	}
}

// Records over several lines, short rows, blank lines and bytes that are no UTF-8 go the
// careful way, and lines stay the file's own.
func TestCarefulWayKeepsLines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bill.csv", "BilledCost,BillingAccountId,ChargePeriodStart,ServiceName,Tags\n"+
		"1,A,2030-01-01T00:00:00Z,V,\"two\nlines, \"\"quoted\"\"\"\n"+ // 2, 3
		"x,A,2030-01-01T00:00:00Z,V,\n"+ // 4
		"\n"+
		"1,A,2030-01-01T00:00:00Z\n"+ // 6
		"1,A,2030-01-01T00:00:00Z,V,,,\n"+ // 7: trailing delimiters
		"1,A,2030-01-01T00:00:00Z,V,a,b\n"+ // 8
		"1,A,2030-01-01T00:00:00Z,Caf\xe9,\n"+ // 9
		"1,A,2030-01-01T00:00:00Z,V,\"open\n"+ // 10
		"2,A,2030-01-01T00:00:00Z,V,z\n") // 11
	l := load(t, dir)
	var got []string
	for _, r := range l.rejects {
		got = append(got, r.At+": "+r.Reason)
	}
	want := []string{
		"row 6: the row has 3 fields, the header has 5",
		"row 8: the row has 6 fields, the header has 5",
		"row 10: the quote opened in cell 5 is never closed",
		`row 4: BilledCost "x" is not a number`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if got, want := l.text(t, "SELECT service, first_row, last_row, charges, billed FROM usage WHERE unread IS NULL "+
		"ORDER BY first_row"), "V|2|11|3|4\nCafé|9|9|1|1\n"; got != want {
		t.Errorf("usage = %q, want %q", got, want)
	}
	st := l.stat(t, "bill.csv")
	if st.Rows != 8 || st.Records != 4 || st.Rejects != 4 || st.Extra["Tags"] != 2 {
		t.Errorf("stats %+v", st)
	}
	if !slices.Contains(st.Notes, "1 rows are not UTF-8: read as Windows-1252") {
		t.Errorf("notes %q", st.Notes)
	}
}

// Plain text named .gz, gzip named .csv, a member of a ZIP file, UTF-16: the bytes decide.
func TestContainers(t *testing.T) {
	text := bill("A 2030-01-05 1.25", "A 2030-01-06 2")
	var utf16 []byte
	utf16 = append(utf16, 0xff, 0xfe)
	for _, c := range []byte(text) {
		utf16 = append(utf16, c, 0)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"exports/2030-01.csv.gz", "readme.txt"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, zipped(t, text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, bytes string }{
		{"plain.csv", text},
		{"plain.csv.gz", text},
		{"packed.csv.gz", zipped(t, text)},
		{"packed.csv", zipped(t, text)},
		{"wide.csv", string(utf16)},
		{"it's.zip", archive.String()},
		{"crlf.csv", strings.ReplaceAll(text, "\n", "\r\n")},
		{"no end.csv", strings.TrimSuffix(text, "\n")},
		{"semicolon.csv", strings.ReplaceAll(text, ",", ";")},
		{"bom.csv", "\ufeff" + text},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.name, tt.bytes)
			l := load(t, dir)
			if got, want := l.text(t, perMonth), "A|2030-01-01|2|3.25\n"; got != want {
				t.Errorf("usage = %q, want %q; rejects %v", got, want, l.rejects)
			}
			if got, want := l.text(t, "SELECT min(first_row), max(last_row) FROM usage"), "2|3\n"; got != want {
				t.Errorf("rows = %q, want %q", got, want)
			}
		})
	}
}

// No word that a customer writes may be found anywhere in the database or beside it.
func TestContentIsNeverStored(t *testing.T) {
	const secret = "merkwort"
	dir := t.TempDir()
	header := "BilledCost,BillingAccountId,ChargePeriodStart,ServiceName,ResourceId,ResourceName,Tags,ChargeDescription,x_Project\n"
	row := "1,A,2030-01-01T00:00:00Z,V,merkwort-id,merkwort,\"{\"\"merkwort\"\":1}\",about merkwort,merkwort\n"
	write(t, dir, "direct.csv", header+row+row)
	write(t, dir, "careful.csv", header+row+"1,A,2030-02-01T00:00:00Z,V,\"merkwort\nid\",merkwort,,,\n1,merkwort\n")
	write(t, dir, "rows.json",
		`[{"BilledCost":1,"BillingAccountId":"B","ChargePeriodStart":"2030-01-01T00:00:00Z","ServiceName":"V","Tags":{"merkwort":1},"ResourceId":"merkwort"}]`)
	file := filepath.Join(t.TempDir(), "book.duckdb")
	db, err := sql.Open("duckdb", file)
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var c recordtest.Collector
	sources := recordtest.Sources(t, dir)
	stats, err := Load(context.Background(), db, sources, &c)
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	for _, st := range stats {
		for _, name := range []string{"ResourceId", "ResourceName", "Tags", "ChargeDescription", "x_Project"} {
			dropped += st.Extra[name]
		}
	}
	if want := 2*5 + 5 + 2 + 2; dropped != want {
		t.Errorf("%d dropped values counted, want %d", dropped, want)
	}
	for _, r := range c.Rejects {
		if strings.Contains(r.Reason, secret) {
			t.Errorf("reject %v", r)
		}
	}
	if _, err := db.Exec("CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(secret)) {
		t.Error("a content column reached the database")
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.csv", "BilledCost,ServiceName,ChargePeriodStart\n1,V,2030-01-01\n")
	write(t, dir, "b.csv", "BilledCost,ServiceName,BillingAccountId\n1,V,A\n")
	write(t, dir, "c.csv", "BilledCost,BilledCost,BillingAccountId,BillingPeriodStart\n1,1,A,2030-01-01\n")
	write(t, dir, "d.csv", "EffectiveCost,SubAccountId,BillingPeriodStart\n4,team,2030-01-01\n")
	l := load(t, dir)
	var rejects []string
	for _, r := range l.rejects {
		rejects = append(rejects, filepath.Base(r.File)+" "+r.At+": "+r.Reason)
	}
	wantRejects := []string{
		"b.csv row 1: no column ChargePeriodStart or BillingPeriodStart: the charges belong to no month",
		"c.csv row 1: column BilledCost stands in the header twice",
	}
	if diff := cmp.Diff(wantRejects, rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	got := l.text(t, "SELECT account, sub_account, month, charges, billed, effective, used, unread FROM usage ORDER "+
		"BY source")
	want := `||2030-01-01|1|1|∅|unknown|∅
A||∅|1|∅|∅|unknown|no BillingPeriodStart
||∅|0|∅|∅|unknown|column BilledCost stands in the header twice
team||2030-01-01|1|∅|4|unknown|∅
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

// TestUnreadableFileIsNamed: it ends no load, its stats name it, and what it held stays there as unknown use.
func TestUnreadableFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	packed := zipped(t, bill("A 2030-01-05 1.25"))
	for name, bytes := range map[string]string{
		"cut.csv.gz":  packed[:len(packed)-9],
		"cut.parquet": "PAR1 and then nothing of the kind PAR1",
	} {
		path := write(t, dir, name, bytes)
		src := record.Source{Path: path, Name: name}
		var c recordtest.Collector
		db := openDB(t)
		stats, err := Load(context.Background(), db, []record.Source{src}, &c)
		if err != nil || !strings.Contains(stats[0].Failed, name) {
			t.Errorf("%s: error %v, failed %q; want no error and the name of the file", name, err, stats[0].Failed)
		}
		var lost int
		if err := db.QueryRow("SELECT count(*) FROM usage WHERE unread LIKE '%cut short%'").Scan(&lost); err != nil ||
			lost != 1 {
			t.Errorf("%s: %d rows stand for what was not read (%v), want 1", name, lost, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bill.csv", bill("A 2030-01-05 1.25"))
	ctx, cancel := context.WithCancel(context.Background())
	db := openDB(t)
	cancel()
	var c recordtest.Collector
	if _, err := Load(ctx, db, recordtest.Sources(t, dir), &c); err == nil {
		t.Error("no error after cancellation")
	}
}
