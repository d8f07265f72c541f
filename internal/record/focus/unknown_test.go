package focus

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// usageHeader has the columns that say whether a charge is use, of whom and how much.
const usageHeader = "BillingAccountId,SubAccountId,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,ChargeCategory,CommitmentDiscountStatus,ServiceName,SkuMeter,ConsumedQuantity,ConsumedUnit,BilledCost,BillingCurrency\n"

// Used is said in three words, and an empty or strange category is none of them.
func TestUsed(t *testing.T) {
	for _, tt := range []struct{ charge, status, want string }{
		{"Usage", "", "yes"}, {"USAGE", "Used", "yes"}, {"Usage", "Unused", "no"}, {"", "Unused", "no"},
		{"Purchase", "", "no"}, {"tax", "", "no"}, {"Credit", "", "no"}, {"Adjustment", "", "no"},
		{"", "", "unknown"}, {"NULL", "", "unknown"}, {"Verbrauch", "", "unknown"}, {"On-Demand", "", "unknown"},
	} {
		t.Run(tt.charge+"/"+tt.status, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "bill.csv", usageHeader+
				fmt.Sprintf("A,,2030-01-05T00:00:00Z,2030-01-06T00:00:00Z,2030-01-01T00:00:00Z,%s,%s,V,M,1,Hours,1,EUR\n", tt.charge, tt.status))
			l := load(t, dir)
			if got := l.text(t, "SELECT used FROM usage"); got != tt.want+"\n" {
				t.Errorf("used = %q, want %q", got, tt.want)
			}
		})
	}
}

// A rejected charge stays in the table as far as it was read, without amounts, and charges without an account are kept.
func TestUnread(t *testing.T) {
	dir := t.TempDir()
	row := func(account, start, category, quantity, cost string) string {
		return fmt.Sprintf("%s,s,%s,2030-01-06T00:00:00Z,2030-01-01T00:00:00Z,%s,,V,M,%s,Hours,%s,EUR\n", account,
			start, category, quantity, cost)
	}
	write(t, dir, "bill.csv", usageHeader+
		row("A", "2030-01-05T00:00:00Z", "Usage", "1", "1")+
		row("A", "2030-01-05T00:00:00Z", "Usage", "24k", "1")+
		row("A", "2030-01-05T00:00:00Z", "Usage", "9k", "1")+
		row("A", "5. Januar", "Usage", "1", "1")+
		row("A", "2030-01-05T00:00:00Z", "Usage", "1", "\"1,5\"")+
		row("", "2030-01-05T00:00:00Z", "Usage", "", "1")+
		"A,s,2030-01-05T00:00:00Z\n"+
		row("B", "2030-01-05T00:00:00Z", "Usage", "1e31", "1"))
	l := load(t, dir)
	got := l.text(t, "SELECT first_row, last_row, charges, account, sub_account, month, used, quantity, billed, "+
		"unread FROM usage ORDER BY first_row")
	want := `2|2|1|A|s|2030-01-01|yes|1|1|∅
3|4|2|A|s|2030-01-01|yes|∅|∅|ConsumedQuantity is not a number
5|5|1|A|s|∅|yes|∅|∅|ChargePeriodStart is not an ISO time
6|6|1|A|s|2030-01-01|yes|∅|∅|BilledCost is not a number
7|7|1||s|2030-01-01|yes|∅|1|∅
8|8|1|||∅|unknown|∅|∅|the row has not as many fields as the header
9|9|1|B|s|2030-01-01|yes|∅|∅|ConsumedQuantity is out of range
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if st := l.stat(t, "bill.csv"); st.Rows != 8 || st.Records != 2 || st.Rejects != 6 || len(l.rejects) != 6 {
		t.Errorf("stats %+v, %d rejects", st, len(l.rejects))
	}
	if why := l.rejects[1].Reason; why != `ConsumedQuantity "24k" is not a number` {
		t.Errorf("reason %q does not quote the value", why)
	}
}

// Amounts of any size that a provider writes add up exactly, from text and from Parquet.
func TestLargeQuantities(t *testing.T) {
	for _, tt := range []struct {
		name     string
		quantity []string
		scale    string
		sum      string
	}{
		{name: "nine petabytes for a day in byte-seconds", quantity: []string{"7.776e20", "777600000000000000000",
			"777600000000000000000.5"}, scale: "1e+12", sum: "2332800000.000000000001"},
		{name: "an exabyte for a month", quantity: []string{"2678400000000000000000000", "-1e24"}, scale: "1e+12",
			sum: "1678400000000"},
		{name: "past what a decimal holds", quantity: []string{"1e27", "1e27"}, scale: "1e+12",
			sum: "2000000000000000"},
		{name: "small ones stay exact", quantity: []string{"0.000000000001", "999999999999999"}, scale: "1",
			sum: "999999999999999.000000000001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			var b strings.Builder
			b.WriteString(usageHeader)
			for i, q := range tt.quantity {
				fmt.Fprintf(&b, "A,,2030-01-%02dT00:00:00Z,2030-01-%02dT00:00:00Z,2030-01-01T00:00:00Z,Usage,,V,M,%s,byte-seconds,1,EUR\n", i+1, i+2, q)
			}
			write(t, dir, "bill.csv", b.String())
			l := load(t, dir)
			if got, want := l.text(t, "SELECT quantity, scale, charges FROM usage"), fmt.Sprintf("%s|%s|%d\n", tt.sum,
				tt.scale, len(tt.quantity)); got != want {
				t.Errorf("usage = %q, want %q; rejects %v", got, want, l.rejects)
			}
			path := filepath.Join(t.TempDir(), "bill.parquet")
			if _, err := l.db.Exec(
				fmt.Sprintf(`COPY (SELECT 'A' AS BillingAccountId, TIMESTAMP '2030-01-01' AS ChargePeriodStart, 'Usage' AS ChargeCategory, 'V' AS ServiceName,
  q::DOUBLE AS ConsumedQuantity, 1 AS BilledCost FROM (VALUES (%s)) v(q)) TO %s (FORMAT parquet)`,
					strings.Join(tt.quantity, "), ("), quote(path))); err != nil {
				t.Fatal(err)
			}
			p := load(t, path)
			if got, want := p.text(t, "SELECT sum(charges)::BIGINT, count_if(unread IS NOT NULL) FROM usage"),
				fmt.Sprintf("%d|0\n", len(tt.quantity)); got != want {
				t.Errorf("Parquet: %q, want %q; rejects %v", got, want, p.rejects)
			}
		})
	}
}

// How long the period of a charge is.
func TestPeriodHours(t *testing.T) {
	for _, tt := range []struct{ start, end, want string }{
		{"2030-01-05T00:00:00Z", "2030-01-06T00:00:00Z", "24"}, {"2030-01-05T00:00:00Z", "2030-01-05T23:59:59Z", "24"},
		{"2030-01-05T00:00:00Z", "2030-01-05T01:00:00Z", "1"}, {"2030-01-05T00:00:00Z", "2030-01-05T00:14:00Z", "0.25"},
		{"2030-01-01T00:00:00Z", "2030-02-01T00:00:00Z", "744"}, {"2030-01-05T00:00:00Z", "", "∅"},
		{"2030-01-05T00:00:00Z", "2030-01-05T00:00:00Z", "∅"},
		{"2030-01-05T00:00:00Z", "soon", "∅"}, {"2030-01-05", "2030-01-06", "24"},
	} {
		t.Run(tt.start+" "+tt.end, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "bill.csv", usageHeader+
				fmt.Sprintf("A,,%s,%s,2030-01-01T00:00:00Z,Usage,,V,M,5000,GB,1,EUR\n", tt.start, tt.end))
			l := load(t, dir)
			if got := l.text(t, "SELECT period_hours FROM usage"); got != tt.want+"\n" {
				t.Errorf("period_hours = %q, want %s; rejects %v", got, tt.want, l.rejects)
			}
		})
	}
}

// Providers' own words are read, customers' are not; both ways of reading agree.
func TestWords(t *testing.T) {
	head := "BilledCost,BillingAccountId,ChargePeriodStart,ProviderName,ServiceName,ChargeDescription,Tags,x_SkuMeterName,x_SkuMeterSubcategory,x_SkuMeterCategory,x_Project,x_CostCategories,ResourceName\n"
	rows := "1,A,2030-01-01T00:00:00Z,Microsoft,AI,about us,t,S1 Characters,Translator Text,Foundry " +
		"Tools,own,own,own\n" +
		"1,B,2030-01-01T00:00:00Z,Google Cloud,AI,Facial Detection operations,t,,,,own,own,own\n" +
		"1,C,2030-01-01T00:00:00Z,Oracle,AI, OCI - Speech ,t,null,,N/A,own,own,own\n" +
		"1,D,2030-01-01T00:00:00Z,Skyfold,AI,about us,t,,,,own,own,own\n"
	want := "A|S1 Characters|Foundry Tools | Translator Text ::\nB||:: Facial Detection operations\nC||:: OCI - " +
		"Speech\nD||\n"
	for _, tt := range []struct{ name, text string }{
		{"as it is", head + rows},
		{"record by record", head + rows + "1,E\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "bill.csv", tt.text)
			l := load(t, dir)
			if diff := cmp.Diff(want, l.text(t, "SELECT account, meter, words FROM usage WHERE unread IS NULL ORDER "+
				"BY account")); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
			st := l.stat(t, "bill.csv")
			if st.Extra["x_Project"] != 4 || st.Extra["x_SkuMeterSubcategory"] != 0 ||
				st.Extra["ChargeDescription"] != 4 {
				t.Errorf("dropped values %v", st.Extra)
			}
			if got := l.text(t, "SELECT count(*) FROM usage_lacks WHERE column_name = 'SkuMeter'"); got != "0\n" {
				t.Error("SkuMeter is lacking although x_SkuMeterName is there")
			}
		})
	}
}
