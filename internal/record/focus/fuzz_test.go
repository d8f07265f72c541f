package focus

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

// loadedSoundly loads one bill, perhaps by a map, and checks what holds of every bill: a file that cannot be read is an
// error or said to have failed, each reject has a place and a reason, and each row is a charge, known or not, or a
// reject.
func loadedSoundly(t *testing.T, db *sql.DB, src record.Source, under map[int]table.Map) {
	t.Helper()
	if _, err := db.Exec("DROP TABLE IF EXISTS usage; DROP TABLE IF EXISTS usage_lacks"); err != nil {
		t.Fatal(err)
	}
	var c recordtest.Collector
	stats, err := LoadMapped(t.Context(), db, []record.Source{src}, under, &c)
	if err != nil {
		return
	}
	for _, r := range c.Rejects {
		if r.At == "" || r.Reason == "" {
			t.Errorf("reject without a place or a reason: %+v", r)
		}
	}
	st := stats[src.Index]
	if st.Rejects != len(c.Rejects) {
		t.Errorf("%d rejects counted, %d given", st.Rejects, len(c.Rejects))
	}
	var charges int
	if err := db.QueryRow("SELECT coalesce(sum(charges), 0)::BIGINT FROM usage").Scan(&charges); err != nil {
		t.Fatal(err)
	}
	if charges < st.Records || st.Failed == "" && st.Unusable == "" && st.Rows > st.Records+st.Rejects {
		t.Errorf("%d charges, %+v", charges, st)
	}
}

// FuzzWorkbook writes a sheet of a workbook itself, behind the checksums of the archive, and reads it as a bill.
func FuzzWorkbook(f *testing.F) {
	path := bookOf(f, filepath.Join(f.TempDir(), "seed.xlsx"), billHeader+
		"12.5,1,2030-01-01T00:00:00Z,Usage,2030-01-05T00:00:00Z,3,GB,12.5,Amber Cloud,Object Store,2,EUR\n",
		[]string{"BilledCost", "ConsumedQuantity"}, []string{"ChargePeriodStart"}, 1, false)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	const part = "xl/worksheets/sheet1.xml"
	in, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := in.Open(part)
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(seed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`<worksheet><sheetData><row r="2"><c r="A2" t="str"><v>BilledCost</v></c><c r="B2" t="str"><v>BillingAccountId</v></c><c r="C2" t="str"><v>ChargePeriodStart</v></c></row>` +
		`<row r="3"><c r="A3"><v>1E+3</v></c><c r="C3"><v>47484.5</v></c><c r="ZZ3"><v>1</v></c></row><row r="3"/></sheetData></worksheet>`)
	db := openDB(f)
	f.Fuzz(func(t *testing.T, sheet string) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, m := range in.File {
			p, err := w.Create(m.Name)
			if err != nil {
				t.Fatal(err)
			}
			if m.Name == part {
				_, _ = io.WriteString(p, sheet)
				continue
			}
			r, err := m.Open()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(p, r)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		src := record.Source{Path: write(t, t.TempDir(), "x.xlsx", b.String()), Name: "x.xlsx"}
		if RecogniseWorkbook(src, b.Bytes()) {
			loadedSoundly(t, db, src, nil)
		}
	})
}

// FuzzGrouped reads any text as a grouped bill.
func FuzzGrouped(f *testing.F) {
	header := strings.Join([]string{GroupRow, GroupSnapshot, GroupKey, GroupMonth, GroupBilling, GroupPeriod,
		GroupUnread, GroupFirst, GroupLast, GroupCharges,
		GroupQuantities, GroupLarge, GroupControls, "BillingAccountId", "BilledCost", "ChargePeriodStart",
		"ConsumedQuantity", "ConsumedUnit", "ServiceName"}, ",")
	f.Add(header + "\ngroup,s 2030-02-01,k,203001,203001,3600,,2030-01-01 00:00:00,2030-01-31 " +
		"00:00:00,3,3,,1,A,1.5,2030-01-01T00:00:00Z,2,Hours,V\n" +
		"control,s 2030-02-01,,203001,203001,,,,,3,3,,1,A,1.5,,2,,\n")
	f.Add(header + "\ngroup,s,k,x,,,why,,,-1,,1e40,0,A,,,,,\ncontrol,s,,,,,,,,1,,,2,,,,,,\nother,,,,,,,,,,,,,,,,,,\n")
	db := openDB(f)
	f.Fuzz(func(t *testing.T, text string) {
		Nearest([]byte(text))
		if _, ok := Recognise([]byte(text), "x.csv"); !ok {
			return
		}
		loadedSoundly(t, db, record.Source{Path: write(t, t.TempDir(), "x.csv", text), Name: "x.csv"}, nil)
	})
}

// FuzzMappedBill reads any text as a bill under a map.
func FuzzMappedBill(f *testing.F) {
	maps, err := table.ParseMaps("m.yaml", []byte(ownMap))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ownBill)
	f.Add("Konto;Tag;Dienst;Menge;Einheit;Kosten\n\"1\n\";31.02.2031;;-1,5;s;1e9\n;;;;;\n1\n\xff;1.1.31;a;,;h;1.000.000,5\n")
	db := openDB(f)
	f.Fuzz(func(t *testing.T, text string) {
		loadedSoundly(t, db, record.Source{Path: write(t, t.TempDir(), "b.csv", text), Name: "b.csv"},
			map[int]table.Map{0: maps[0]})
	})
}
