package focus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

const commitmentCSV = "ContractCommitmentId,ContractId,ContractCommitmentType,ContractCommitmentCategory,ContractCommitmentCost,ContractCommitmentQuantity,ContractCommitmentUnit,ContractCommitmentDescription,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,BillingCurrency\n" +
	"CC-1,K-1,Savings Plan,Spend,1200.50,,,words of a customer,2030-01-01T04:00:00Z,2031-01-01T04:00:00Z,eur\n" +
	"CC-2,K-2,Reservation,Usage,NULL,17520.0000,Hours,,2030-01-01T00:00:00Z,2031-01-01T00:00:00Z,EUR\n"

// The contract-commitment dataset reads the same in every form, and is no bill.
func TestCommitments(t *testing.T) {
	dir := t.TempDir()
	plain := write(t, dir, "plain.csv", commitmentCSV)
	db := openDB(t)
	parquet := filepath.Join(dir, "it's [1].parquet")
	out := filepath.Join(t.TempDir(), "x.parquet")
	if _, err := db.Exec("COPY (SELECT * FROM read_csv(" + quote(plain) + ", nullstr = 'NULL')) TO " + quote(out) +
		" (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(out, parquet); err != nil {
		t.Fatal(err)
	}
	const object = `{"ContractCommitmentId":"CC-1","ContractId":"K-1","ContractCommitmentType":"Savings Plan","ContractCommitmentCategory":"Spend","ContractCommitmentCost":1200.50,` +
		`"ContractCommitmentPeriodStart":"2030-01-01T04:00:00Z","ContractCommitmentPeriodEnd":"2031-01-01T04:00:00Z","BillingCurrency":"EUR","ContractCommitmentDescription":"words of a customer"}`
	const second = `{"ContractCommitmentId":"CC-2","ContractId":"K-2","ContractCommitmentType":"Reservation","ContractCommitmentCategory":"Usage","ContractCommitmentCost":null,"ContractCommitmentQuantity":17520.0000,` +
		`"ContractCommitmentUnit":"Hours","ContractCommitmentPeriodStart":"2030-01-01T00:00:00Z","ContractCommitmentPeriodEnd":"2031-01-01T00:00:00Z","BillingCurrency":"EUR"}`
	want := []string{"CC-1 K-1 Savings Plan Spend 1200.5 EUR   2030-01-01 2031-01-01",
		"CC-2 K-2 Reservation Usage  EUR 17520 Hours 2030-01-01 2031-01-01"}
	for _, path := range []string{plain, write(t, dir, "semicolon.csv", "sep=;\n"+strings.ReplaceAll(commitmentCSV, ",",
		";")), write(t, dir, "capitals.csv.gz",
		zipped(t, strings.Replace(commitmentCSV, "ContractCommitmentId,ContractId",
			"CONTRACT_COMMITMENT_ID,CONTRACT_ID", 1))),
		write(t, dir, "lines.jsonl", object+"\n"+second+"\n"), write(t, dir, "array.json.zst",
			zstandard(t, "["+object+","+second+"]")), write(t, dir, "z.zip", archived(t, "inner.csv", commitmentCSV)),
		parquet} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src := recordtest.Sources(t, path)[0]
			head, err := src.Head()
			if err != nil {
				t.Fatal(err)
			}
			if !RecogniseCommitments(head, src.Path) {
				t.Fatal("not recognised")
			}
			if _, ok := Recognise(head, src.Name); ok && !strings.HasPrefix(string(head), "PAR1") {
				t.Error("taken for a bill")
			}
			var c recordtest.Collector
			st, err := DecodeCommitments(t.Context(), db, src, &c)
			if err != nil || st.Rows != 2 || st.Records != 2 || len(c.Rejects) > 0 {
				t.Fatalf("%+v, %v, rejects %v", st, err, c.Rejects)
			}
			var got []string
			for _, x := range recordtest.Of[*record.Commitment](&c) {
				got = append(got, strings.Join([]string{x.ID, x.Contract, x.Kind, x.Category, amount(x.Cost),
					x.Currency, amount(x.Quantity), x.Unit, x.Start.DayString(), x.End.DayString()}, " "))
				if len(x.Unread) > 0 {
					t.Errorf("unread %v", x.Unread)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("commitments (-want +got):\n%s", diff)
			}
		})
	}
}

// amount is a decimal without zeros at its end.
func amount(d record.Decimal) string {
	if !strings.Contains(string(d), ".") {
		return string(d)
	}
	return strings.TrimRight(strings.TrimRight(string(d), "0"), ".")
}

// A row without ids is a reject, a cell that is not understood costs itself, a file that breaks off says so.
func TestCommitmentsUnhappy(t *testing.T) {
	for _, tt := range []struct {
		name, text                      string
		records, rejects, unread, fails int
	}{
		{"no ids", "ContractCommitmentId,ContractId,ContractCommitmentCost\n,,1\nA,,1\n", 1, 1, 0, 0},
		{"a cost and a day that are none",
			"ContractCommitmentId,ContractId,ContractCommitmentCost,ContractCommitmentPeriodStart\nA,K,viel,nie\n", 1,
			0, 2, 0},
		{"a short row", "ContractCommitmentId,ContractId,ContractCommitmentCost\nA,K\nB,K,2\n", 1, 1, 0, 0},
		{"a cut object", `{"ContractCommitmentId":"A","ContractId":"K"}` + "\n" + `{"ContractCommitmentId":"B`, 1, 0, 0,
			1},
		{"a list of anything", `[{"ContractCommitmentId":"A","ContractId":"K"},3]`, 1, 1, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := recordtest.Sources(t, write(t, t.TempDir(), "x", tt.text))[0]
			var c recordtest.Collector
			st, err := DecodeCommitments(t.Context(), openDB(t), src, &c)
			if err != nil {
				t.Fatal(err)
			}
			unread := 0
			for _, x := range recordtest.Of[*record.Commitment](&c) {
				unread += len(x.Unread)
			}
			if st.Records != tt.records || st.Rejects != tt.rejects || len(c.Rejects) != tt.rejects ||
				unread != tt.unread || (st.Failed != "") != (tt.fails > 0) {
				t.Errorf("%+v, %d unread, rejects %v", st, unread, c.Rejects)
			}
		})
	}
}

// FuzzCommitments gives arbitrary text for the contract-commitment dataset: every row is a record or a reject.
func FuzzCommitments(f *testing.F) {
	f.Add([]byte(commitmentCSV))
	f.Add([]byte(`[{"ContractCommitmentId":"A","ContractId":"K","ContractCommitmentCost":1e3},4]`))
	f.Add([]byte("{\"ContractCommitmentId\":{},\"ContractId\":[1]}\n{"))
	db := openDB(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.HasPrefix(string(text), "PAR1") || !RecogniseCommitments(text, "") {
			return
		}
		src := recordtest.Sources(t, write(t, t.TempDir(), "x", string(text)))[0]
		var c recordtest.Collector
		st, err := DecodeCommitments(t.Context(), db, src, &c)
		if err != nil {
			return
		}
		if st.Rows != st.Records+st.Rejects || st.Rejects != len(c.Rejects) || st.Records != len(c.Records) {
			t.Errorf("%+v, %d records, %d rejects", st, len(c.Records), len(c.Rejects))
		}
	})
}
