package focus

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// bookOf writes a table as a sheet: cells of the columns named as numbers and times become such.
func bookOf(t testing.TB, path, text string, numbers, times []string, titles int, date1904 bool) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f := excelize.NewFile()
	defer f.Close()
	if date1904 {
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(list []string, name string) bool {
		return strings.Contains(","+strings.Join(list, ",")+",", ","+name+",")
	}
	for i := range titles {
		if err := f.SetCellValue("Sheet1", fmt.Sprintf("A%d", i+1), "Usage of the year"); err != nil {
			t.Fatal(err)
		}
	}
	for r, row := range rows {
		for c, cell := range row {
			var v any = cell
			name := rows[0][c]
			if n, err := strconv.ParseFloat(cell, 64); err == nil && r > 0 && is(numbers, name) {
				v = n
			} else if d, err := time.Parse("2006-01-02T15:04:05Z", cell); err == nil && is(times, name) {
				v = d
			}
			at, _ := excelize.CoordinatesToCellName(c+1, r+1+titles)
			if err := f.SetCellValue("Sheet1", at, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.NewSheet("Notes"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("Notes", "A1", "made by hand"); err != nil {
		t.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// loadBook loads one workbook.
func loadBook(t testing.TB, path string) *loaded {
	t.Helper()
	l := &loaded{db: openDB(t), sources: recordtest.Sources(t, path)}
	head, err := l.sources[0].Head()
	if err != nil || !RecogniseWorkbook(l.sources[0], head) {
		t.Fatalf("not recognised: %v", err)
	}
	var c recordtest.Collector
	if l.stats, err = Load(t.Context(), l.db, l.sources, &c); err != nil {
		t.Fatal(err)
	}
	l.rejects = c.Rejects
	return l
}

// TestBillsInWorkbooks: a bill that a spreadsheet saved adds up to what the bill itself does, with numbers and times as
// spreadsheets store them.
func TestBillsInWorkbooks(t *testing.T) {
	google := "billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,project.id,cost,currency,usage.amount,usage.unit,invoice.month,cost_type\n" +
		"01-AB,Cloud Storage,Standard,2030-01-05T00:00:00Z,2030-01-06T00:00:00Z,p-1,1.5,EUR,7.25,gibibyte " +
		"month,203001,regular\n" +
		"01-AB,Cloud " +
		"Storage,Standard,2030-02-05T13:30:00Z,2030-02-05T14:30:00Z,p-1,0.25,EUR,1E+20,byte-seconds,203002,regular\n"
	plain := billHeader + "12.5,123456789012,2030-01-01T00:00:00Z,Usage,2030-01-05T00:00:00Z,3,GB,12.5,Amber " +
		"Cloud,Object Store,200000000001,EUR\n" +
		"0.125,123456789012,2030-01-01T00:00:00Z,Usage,2030-01-31T23:00:00Z,1,GB,0.125,Amber Cloud,Object " +
		"Store,200000000001,EUR\n"
	for _, tt := range []struct {
		name, text     string
		numbers, times []string
		titles         int
		date1904       bool
	}{
		{"google", google, []string{"cost", "usage.amount", "invoice.month"}, []string{"usage_start_time",
			"usage_end_time"}, 0, false},
		{"focus, accounts as numbers, titles above", plain, []string{"BilledCost", "EffectiveCost", "ConsumedQuantity",
			"BillingAccountId", "SubAccountId"},
			[]string{"ChargePeriodStart", "BillingPeriodStart"}, 3, false},
		{"focus, days since 1904", plain, []string{"BilledCost"}, []string{"ChargePeriodStart", "BillingPeriodStart"},
			0, true},
		{"all text", plain, nil, nil, 0, false},
		{"amazon", aws("/", awsLines...), []string{"lineItem/UsageAmount", "lineItem/UnblendedCost"},
			[]string{"lineItem/UsageStartDate"}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			want := load(t, write(t, dir, "bill.csv", tt.text))
			got := loadBook(t, bookOf(t, filepath.Join(dir, "it's [1].xlsx"), tt.text, tt.numbers, tt.times, tt.titles,
				tt.date1904))
			equalSums(t, sums(t, want.db, sumsQuery), sums(t, got.db, sumsQuery))
			var a, b string
			const who = "SELECT string_agg(DISTINCT account || '/' || sub_account, ',' ORDER BY account || '/' || " +
				"sub_account) FROM usage"
			if err := want.db.QueryRow(who).Scan(&a); err != nil {
				t.Fatal(err)
			}
			if err := got.db.QueryRow(who).Scan(&b); err != nil || a != b {
				t.Errorf("accounts %q, want %q (%v)", b, a, err)
			}
			st := got.stats[got.sources[0].Index]
			if !strings.Contains(strings.Join(st.Notes, " "), `sheet "Notes" was not read`) || len(got.rejects) > 0 {
				t.Errorf("notes %v, rejects %v", st.Notes, got.rejects)
			}
		})
	}
}

// TestContractApplied: charges tie their account to the contracts whose commitments they draw on, in every form.
func TestContractApplied(t *testing.T) {
	const applied = `{"Elements":[{"ContractId":"K-1","ContractCommitmentId":"C-1","ContractCommitmentAppliedCost":1},{"ContractId":"K-2","ContractCommitmentId":"C-2"}]}`
	quoted := `"` + strings.ReplaceAll(applied, `"`, `""`) + `"`
	header := strings.TrimSuffix(billHeader, "\n") + ",ContractApplied\n"
	row := func(sub, x string) string {
		return "1,A,2030-01-01T00:00:00Z,Usage,2030-01-05T00:00:00Z,3,GB,1,Amber Cloud,Object Store," + sub + ",EUR," +
			x + "\n"
	}
	text := header + row("s1", quoted) + row("s1", quoted) + row("s2", "") +
		row("s3", `"{""Elements"":[{""ContractID"":""K-2""}]}"`)
	object := func(sub, x string) string {
		return `{"BilledCost":1,"BillingAccountId":"A","BillingPeriodStart":"2030-01-01T00:00:00Z","ChargeCategory":"Usage","ChargePeriodStart":"2030-01-05T00:00:00Z","ConsumedQuantity":3,"ConsumedUnit":"GB","ServiceName":"Object Store","SubAccountId":"` + sub + `","ContractApplied":` + x + "}\n"
	}
	lines := object("s1", applied) + object("s2", "null") + object("s3", `"{\"Elements\":[{\"ContractId\":\"K-2\"}]}"`)
	dir := t.TempDir()
	for _, path := range []string{write(t, dir, "bill.csv", text), write(t, dir, "long.csv",
		strings.Replace(text, "Object Store", "\"Object\nStore\"", 1)), write(t, dir, "bill.jsonl", lines)} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			l := load(t, path)
			var got string
			if err := l.db.QueryRow("SELECT string_agg(account || ' ' || sub_account || ' ' || contract, ', ' ORDER " +
				"BY sub_account, contract) FROM usage_contract").Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != "A s1 K-1, A s1 K-2, A s3 K-2" {
				t.Errorf("ties %q", got)
			}
		})
	}
}

// TestTornContracts counts the charges whose ContractApplied cannot be read; an empty list is none of them.
func TestTornContracts(t *testing.T) {
	header := strings.TrimSuffix(billHeader, "\n") + ",ContractApplied\n"
	row := func(x string) string {
		return "1,A,2030-01-01T00:00:00Z,Usage,2030-01-05T00:00:00Z,3,GB,1,Amber Cloud,Object Store,s,EUR,\"" +
			strings.ReplaceAll(x, `"`, `""`) + "\"\n"
	}
	for _, tt := range []struct {
		cell string
		torn bool
	}{
		{`{"Elements":[{"ContractId":"K-1"}]}`, false}, {`{"Elements":[]}`, false}, {"", false}, {"NULL", false},
		{"{}", false},
		{`{"Elements":[{"ContractId":"K-1"`, true}, {`{Elements:[{ContractId:K-1}]}`, true}, {"K-1; K-2", true},
		{`{"Elements":[{"Id":"K-1"}]}`, true},
	} {
		t.Run(tt.cell, func(t *testing.T) {
			for _, text := range []string{header + row(tt.cell), header + strings.Replace(row(tt.cell), "Object Store",
				"\"Object\nStore\"", 1)} {
				l := load(t, write(t, t.TempDir(), "bill.csv", text))
				notes := strings.Join(l.stats[l.sources[0].Index].Notes, "; ")
				if got := strings.Contains(notes, "1 charges have a ContractApplied that cannot be read"); got != tt.torn {
					t.Errorf("notes %q, torn %v", notes, tt.torn)
				}
			}
		})
	}
}

// TestPeriods reads the billing-period dataset, which is no bill.
func TestPeriods(t *testing.T) {
	const text = "BillingPeriodStart,BillingPeriodEnd,BillingPeriodStatus,BillingPeriodCreated,BillingPeriodLastUpdated,InvoiceIssuerName\n" +
		"2030-01-01T00:00:00Z,2030-02-01T00:00:00Z,Closed,,,Amber\n2030-02-01T00:00:00Z,2030-03-01T00:00:00Z,Open,,,Amber\n2030-03-01 00:00:00,,,,,\nsoon,,Open,,,Amber\n"
	for _, tt := range []struct{ name, text string }{{"p.csv", text}, {"p2.csv", strings.ReplaceAll(text, ",", ";")},
		{"p.jsonl", `{"BillingPeriodStart":"2030-01-01T00:00:00Z","BillingPeriodStatus":"Closed","InvoiceIssuerName":"Amber"}` + "\n" +
			`{"BillingPeriodStart":"2030-02-01T00:00:00Z","BillingPeriodStatus":"Open"}` + "\n" +
			`{"BillingPeriodStart":"2030-03-01T00:00:00Z","BillingPeriodStatus":"?"}` + "\n" +
			`{"BillingPeriodStart":null,"BillingPeriodStatus":"Open"}` + "\n"}} {
		t.Run(tt.name, func(t *testing.T) {
			src := recordtest.Sources(t, write(t, t.TempDir(), tt.name, tt.text))[0]
			head, err := src.Head()
			if err != nil || !RecognisePeriods(head, "") {
				t.Fatalf("not recognised: %v", err)
			}
			if _, ok := Recognise(head, src.Name); ok {
				t.Error("taken for a bill")
			}
			var c recordtest.Collector
			list, st, err := DecodePeriods(t.Context(), openDB(t), src, &c)
			if err != nil || len(list) != 3 || st.Rows != 4 || st.Records != 3 || len(c.Rejects) != 1 {
				t.Fatalf("%+v, %+v, %v, %v", list, st, c.Rejects, err)
			}
			if !list[0].Final || list[1].Final || list[2].Final || list[1].Start.Prec != record.Day {
				t.Errorf("%+v", list)
			}
		})
	}
}

// FuzzPeriods reads any text as billing periods: no panic, and each row is a period or a reject.
func FuzzPeriods(f *testing.F) {
	f.Add([]byte("BillingPeriodStart,BillingPeriodStatus\n2030-01-01,Open\nx,Closed\n"))
	f.Add([]byte(`[{"BillingPeriodStart":"2030-01-01","BillingPeriodStatus":"Open"},1]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		src := record.Source{Path: write(t, t.TempDir(), "p", string(text)), Name: "p"}
		if head, err := src.Head(); err != nil || !RecognisePeriods(head, "") {
			return
		}
		var c recordtest.Collector
		list, st, err := DecodePeriods(t.Context(), nil, src, &c)
		if err == nil && len(list)+st.Rejects != st.Rows {
			t.Fatalf("%d periods and %d rejects of %d rows", len(list), st.Rejects, st.Rows)
		}
	})
}
