package review

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/record"
)

// TestDamagedFileEndsNoRun: a file that is cut off, changed or packed beyond the bounds is named as failed, nothing of
// changed bytes is used, and the other files are reported.
func TestDamagedFileEndsNoRun(t *testing.T) {
	var orders strings.Builder
	orders.WriteString("engagement_id,kind,seller,buyer\n")
	for i := range 3000 {
		fmt.Fprintf(&orders, "E-%d,contract,Nyxal Cloud plc,Marvale Bakery %d\n", i, i*i)
	}
	bill := "BillingAccountId,ChargePeriodStart,ServiceName,ConsumedQuantity,ConsumedUnit,BilledCost,BillingCurrency,ChargeCategory\n" +
		strings.Repeat("A-1,2031-01-02,Virtual Machines,1,Hours,2,EUR,Usage\n", 50)
	var large strings.Builder
	large.WriteString(bill)
	for i := range 20_000 {
		fmt.Fprintf(&large, "A-%d,2031-01-02,Virtual Machines,%d,Hours,2,EUR,Usage\n", i*i, i)
	}
	packed := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.Bytes()
	}
	member := func(name, text string, change int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		out := b.Bytes()
		if change > 0 {
			out[change] ^= 0x55
		}
		return out
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	for _, tt := range []struct {
		name, file string
		text       []byte
		bounds     record.Bounds
		records    int // of the damaged file that are used, -1: some
	}{
		{"cut gzip of orders", "orders.csv.gz", half(packed(orders.String())), record.Bounds{}, -1},
		{"cut gzip of a large bill", "bill.csv.gz", half(packed(large.String())), record.Bounds{}, -1},
		{"cut gzip of a bill without a whole line", "bill.csv.gz", half(packed(bill)), record.Bounds{}, 0},
		{"changed byte in a member", "orders.zip", member("orders.csv", orders.String(), 2000), record.Bounds{}, 0},
		{"changed byte in a bill", "bill.zip", member("bill.csv", bill, 120), record.Bounds{}, 0},
		{"member over the size", "orders.zip", member("orders.csv", orders.String(), 0), record.Bounds{Size: 20_000},
			-1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string][]byte{
				tt.file:     tt.text,
				"whole.csv": []byte("engagement_id,kind,seller,buyer\nW-1,contract,Nyxal Cloud plc,Olmo Foods\n"),
			} {
				if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Out: filepath.Join(t.TempDir(), "out"),
				Bounds: tt.bounds})
			if err != nil {
				t.Fatalf("the run ended: %v", err)
			}
			if got := res.Summary.Failed; len(got) != 1 || !strings.Contains(got[0], tt.file) {
				t.Errorf("failed = %q, want one line that names %s", got, tt.file)
			}
			for _, in := range res.Summary.Inputs {
				switch {
				case strings.Contains(in.File, "whole.csv"):
					if in.Records != 1 {
						t.Errorf("the whole file gives %d records, want 1", in.Records)
					}
				case tt.records < 0 && (in.Records == 0 || in.Records >= in.Rows+1), tt.records >= 0 &&
					in.Records != tt.records:
					t.Errorf("%s gives %d records", in.File, in.Records)
				}
			}
		})
	}
}

// TestDamagedOwnershipClearsNobody: behind a file of ownership statements that breaks off may stand a listed owner of
// anybody, and what anybody holds of a listed one.
func TestDamagedOwnershipClearsNobody(t *testing.T) {
	var lines strings.Builder
	entity := func(id, name string) {
		fmt.Fprintf(&lines, `{"id":%q,"schema":"Company","properties":{"name":[%q]}}`+"\n", id, name)
	}
	entity("bakery", "Marvale Bakery")
	entity("fund", "Talvik Fund")
	lines.WriteString(`{"id":"l-1","schema":"Ownership","properties":{"owner":["fund"],"asset":["bakery"],"percentage":["60"]}}` + "\n")
	whole := lines.String()
	for _, tt := range []struct {
		name, file, text string
		clear            bool
	}{
		{"whole", "owners.json", whole, true},
		{"lines that break off", "owners.json", whole + `{"id":"l-2","schema":"Ownership","properties":{"own`, false},
		{"icij rows that break off", "relationships.csv",
			"node_id_start,node_id_end,rel_type,link\n1,2,officer_of,shareholder of\n1,", false},
		{"rows of a table that break off", "ownership.csv",
			"owner,owned,share\nTalvik Fund,Marvale Bakery,60\nHalvard Ar", false},
		{"an array that breaks off", "bods.json",
			`[{"statementID":"s-1","statementType":"entityStatement","entityType":"registeredEntity","name":"Marvale Bakery"},` +
				`{"statementID":"s-2","statementType":"entityStatement","entityType":"registeredEntity","name":"Talvik Fund"},` +
				`{"statementID":"s-3","statementType":"ownershipOrControlStatement","subject":{"describedByEntityStatement":"s-1"},` +
				`"interestedParty":{"describedByEntityStatement":"s-2"},"interests":[{"type":"shareholding","share":{"exact":60}}]},{"state`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				tt.file:      tt.text,
				"orders.csv": "engagement_id,kind,seller,buyer\nW-1,contract,Nyxal Cloud plc,Marvale Bakery\n",
				"list.csv":   "name,publisher,status\nHalvard Arms Works,Ministry of Trade,listed\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Paths: []string{filepath.Join(dir, "orders.csv"),
				filepath.Join(dir, tt.file)},
				Lists: []string{filepath.Join(dir, "list.csv")}, Out: filepath.Join(t.TempDir(), "out")})
			if err != nil {
				t.Fatal(err)
			}
			if failed := len(res.Summary.Failed); (failed == 0) != tt.clear {
				t.Errorf("failed = %q", res.Summary.Failed)
			}
			for _, flag := range []string{"RF-03", "RF-46"} {
				if got := res.Summary.Flags[flag]; (got.NotRaised > 0) != tt.clear {
					t.Errorf("%s: not raised for %d parties, not computable for %d", flag, got.NotRaised,
						got.NotComputable)
				}
			}
		})
	}
}

// TestDamagedWorkbookFails: a workbook or archive whose bytes make no sense ends the run as one that could not finish.
func TestDamagedWorkbookFails(t *testing.T) {
	for _, file := range []string{"orders.xlsx", "orders.zip", "orders.ods"} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				file:        "PK\x03\x04" + strings.Repeat("orders", 100),
				"whole.csv": "engagement_id,kind,seller,buyer\nW-1,contract,Nyxal Cloud plc,Olmo Foods\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, Out: filepath.Join(t.TempDir(), "out")})
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Summary.Failed; len(got) != 1 || !strings.Contains(got[0], file) {
				t.Errorf("failed = %q, want one line that names %s", got, file)
			}
		})
	}
}

// TestSetsOfTheSameBytes: two sets of the CSV edition of BODS hold tables with the same bytes, whose rows belong to the
// statements of each; a copy within one set is read once.
func TestSetsOfTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	write := func(set, name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, set), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, set, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for set, of := range map[string]string{"north": "Marvale", "south": "Talvik"} {
		write(set, "entity_statement.csv",
			"_link,statementId,recordId,recordType,recordDetails_entityType_type,recordDetails_name\n"+
				fmt.Sprintf("0,%[1]s-s0,%[1]s-0,entity,registeredEntity,%[1]s "+
					"Fund\n1,%[1]s-s1,%[1]s-1,entity,registeredEntity,%[1]s Bakery\n", of))
		write(set, "relationship_statement.csv",
			"_link,statementId,recordId,recordType,recordDetails_subject,recordDetails_interestedParty\n"+
				fmt.Sprintf("0,%[1]s-s2,%[1]s-r,relationship,%[1]s-1,%[1]s-0\n", of))
		for _, name := range []string{"interests.csv", "interests (1).csv"} {
			write(set, name, "_link,_link_relationship_statement,type,directOrIndirect,share_exact\n0.0,0,shareholding,direct,60\n")
		}
	}
	res, err := Run(t.Context(), Options{Paths: []string{dir}, Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for _, in := range res.Summary.Inputs {
		if in.SameAs == "" {
			read[filepath.Base(filepath.Dir(in.File))]++
		} else if filepath.Dir(in.SameAs) != filepath.Dir(in.File) {
			t.Errorf("%s is taken for %s of another set", in.File, in.SameAs)
		}
	}
	if read["north"] != 3 || read["south"] != 3 {
		t.Errorf("tables read: %v, want 3 of each set", read)
	}
}
