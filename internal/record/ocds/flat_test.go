package ocds

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// writeFiles writes a folder and lists its files.
func writeFiles(t testing.TB, files map[string]string) []record.Source {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "in")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return recordtest.Sources(t, dir)
}

func packed(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])),
			Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(files[name]))
	}
	w.Close()
	z.Close()
	return b.String()
}

// TestFlat reads one process in each flattened form.
func TestFlat(t *testing.T) {
	const head = "ocid,id,date,tag,buyer/name,tender/title,awards/0/id,awards/0/value/amount,awards/0/value/currency,awards/0/suppliers/0/name,awards/0/suppliers/1/name\n"
	const row = "ocds-ab1234-1,r1,2031-02-01T00:00:00Z,award,Port of Harn,Cranes,a1,12.50,EUR,Velm AG,Quist AG\n"
	registry := map[string]string{
		"main.csv": "_link,ocid,id,date,tag,buyer_name,tender_title\n7,ocds-ab1234-1,r1,2031-02-01,compiled,Port " +
			"of Harn,Cranes\n",
		"awards.csv": "_link,_link_main,id,value_amount,value_currency\n7.awards.0,7,a1,12.50,EUR\n",
		"awards_suppliers.csv": "_link,_link_awards,_link_main,name\n7.awards.0.suppliers.1,7.awards.0,7,Quist " +
			"AG\n7.awards.0.suppliers.0,7.awards.0,7,Velm AG\n",
		"tender_documents.csv":  "_link,_link_tender,_link_main,id,title\n7.tender.documents.0,7,7,1,Notice\n",
		"parties_unrelated.csv": "a,b\n1,2\n",
	}
	dotted := strings.ReplaceAll(head, "/", ".") + row
	for _, tt := range []struct {
		name  string
		files map[string]string
	}{
		{"one table", map[string]string{"a.csv": head + row}},
		{"dots and semicolons", map[string]string{"a.csv": strings.ReplaceAll(dotted, ",", ";")}},
		{"behind releases/0", map[string]string{"a.csv": "uri,releases/0/" + strings.ReplaceAll(head, ",",
			",releases/0/") + "x," + row}},
		{"behind compiledRelease", map[string]string{"a.csv": "compiledRelease/" + strings.ReplaceAll(head, ",",
			",compiledRelease/") + row}},
		{"brackets", map[string]string{"a.csv": strings.NewReplacer("awards/0", "awards[0]", "suppliers/0",
			"suppliers[0]", "suppliers/1", "suppliers[1]").Replace(head) + row}},
		{"a row for each supplier", map[string]string{"a.csv": strings.Replace(head, ",awards/0/suppliers/1/name", "",
			1) +
			strings.Replace(row, ",Quist AG", "", 1) + strings.Replace(row, ",Velm AG", "", 1)}},
		{"tables of a path each", map[string]string{
			"a.csv": "ocid,id,date,/buyer/name,/tender/title\nocds-ab1234-1,r1,2031-02-01,Port of Harn,Cranes\n",
			"b.csv": "ocid,id,/awards/id,/awards/value/amount,/awards/value/currency\nocds-ab1234-1,r1,a1,12.50,EUR\n",
			"c.csv": "ocid,id,/awards/id,/awards/suppliers/name\nocds-ab1234-1,r1,a1,Velm " +
				"AG\nocds-ab1234-1,r1,a1,Quist AG\n"}},
		{"every cell quoted", map[string]string{"a.csv": `"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(
			head+strings.TrimSpace(row)) + `"`}},
		{"every cell quoted, with a byte order mark", map[string]string{"a.csv": "\ufeff\"" + strings.NewReplacer(",",
			`";"`, "\n", "\"\r\n\"").Replace(head+strings.TrimSpace(row)) + `"`}},
		{"in capitals", map[string]string{"a.csv": strings.ToUpper(head) + row}},
		{"suppliers in one cell", map[string]string{
			"a.csv": strings.Replace(strings.Replace(head, ",awards/0/suppliers/1/name", "", 1), "suppliers/0/name",
				"suppliers/name", 1) +
				strings.Replace(row, "Velm AG,Quist AG", "Velm AG; Quist AG", 1)}},
		{"registry", registry},
		{"registry in an archive", map[string]string{"full.tar.gz": packed(t, registry)}},
		{"registry packed one by one", func() map[string]string {
			out := map[string]string{}
			for name, text := range registry {
				var b bytes.Buffer
				z := gzip.NewWriter(&b)
				_, _ = z.Write([]byte(text))
				z.Close()
				out[name+".gz"] = b.String()
			}
			return out
		}()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &recordtest.Collector{}
			var list []record.Source
			for _, src := range writeFiles(t, tt.files) {
				if head, err := src.Head(); err == nil && RecogniseFlat(src, head) {
					list = append(list, src)
				}
			}
			stats, err := DecodeAll(context.Background(), list, c)
			if err != nil {
				t.Fatal(err)
			}
			e := recordtest.Of[*record.Engagement](c)
			if len(e) != 1 || len(c.Rejects) > 0 {
				t.Fatalf("%d engagements, rejects %v, %+v", len(e), c.Rejects, stats)
			}
			got := strings.Join(summary(e[0]), "\n")
			want := "buyer Port of Harn\nend user Port of Harn\nitem Cranes|\nkind contract\nseller Quist AG\nseller " +
				"Velm AG\nvalue 12.50 EUR"
			if got != want || e[0].ID != "ocds-ab1234-1/award/a1" {
				t.Errorf("%s\n%s\nwant\n%s", e[0].ID, got, want)
			}
			rows := 0
			for _, s := range stats {
				rows += s.Rows
			}
			if rows == 0 {
				t.Error("no row was counted")
			}
		})
	}
}

// TestFlatRejects reads tables that are broken in one row.
func TestFlatRejects(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no ocid":        {"a.csv": "ocid,buyer/name\n,Port of Harn\n"},
		"no main row":    {"b.csv": "_link,_link_main,id\n3.awards.0,3,a\n"},
		"foreign link":   {"b.csv": "_link,_link_main,id\n3.awards.0,4,a\n"},
		"a far place":    {"b.csv": "_link,_link_main,id\n3.awards.999999999,3,a\n"},
		"quote not shut": {"a.csv": "ocid,buyer/name\nocds-1,\"Port of Harn\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &recordtest.Collector{}
			_, err := DecodeAll(context.Background(), writeFiles(t, files), c)
			if err != nil || len(c.Rejects) != 1 || len(c.Records) != 0 || c.Rejects[0].At == "" ||
				c.Rejects[0].File == "" {
				t.Errorf("%v, %d records, rejects %+v", err, len(c.Records), c.Rejects)
			}
		})
	}
}

// TestFlatSets: tables of two sets whose bytes are the same are rows of each set.
func TestFlatSets(t *testing.T) {
	for _, archive := range []bool{false, true} {
		files := map[string]string{}
		for set, names := range map[string][3]string{"a": {"ocds-ab1234-1", "Port of Harn", "Velm AG"},
			"b": {"ocds-ab1234-2", "Port of Rell", "Quist AG"}} {
			files[set+"/main.csv"] = "_link,ocid,id,date,tag,buyer_name\n0," + names[0] + ",r1,2031-02-01,compiled," +
				names[1] + "\n"
			files[set+"/awards.csv"] = "_link,_link_main,id,value_amount,value_currency\n0.awards.0,0,a1,12.50,EUR\n"
			files[set+"/awards_suppliers.csv"] = "_link,_link_awards,_link_main,name\n0.awards.0.suppliers.0,0.awards.0,0," + names[2] + "\n"
		}
		if archive {
			files = map[string]string{"two.tar.gz": packed(t, files)}
		}
		c := &recordtest.Collector{}
		if _, err := DecodeAll(context.Background(), writeFiles(t, files), c); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range recordtest.Of[*record.Engagement](c) {
			got = append(got, strings.Join([]string{e.Buyer.Name, e.Seller.Name, string(e.Value)}, " "))
		}
		sort.Strings(got)
		if s := strings.Join(got, ", "); s != "Port of Harn Velm AG 12.50, Port of Rell Quist AG 12.50" ||
			len(c.Rejects) > 0 {
			t.Errorf("archive %v: %s, rejects %v", archive, s, c.Rejects)
		}
	}
}

// TestFlatExample reads the workbooks of the standard's own example and the JSON that they
// were made from.
func TestFlatExample(t *testing.T) {
	root := recordtest.Shared(t, "data/ocds/fictional-example/flattened")
	c := &recordtest.Collector{}
	if _, err := DecodeAll(context.Background(), recordtest.Sources(t, root), c); err != nil {
		t.Fatal(err)
	}
	twin := &recordtest.Collector{}
	if _, err := DecodeAll(context.Background(), recordtest.Sources(t,
		recordtest.Shared(t, "data/ocds/fictional-example/1.1/ocds-213czf-000-00001.json")), twin); err != nil {
		t.Fatal(err)
	}
	a, b := recordtest.Of[*record.Engagement](c), recordtest.Of[*record.Engagement](twin)
	if len(a) != 1 || len(b) != 1 {
		t.Fatalf("%d engagements from workbooks, %d from JSON, want 1 each; rejects %v", len(a), len(b), c.Rejects)
	}
	if got, want := strings.Join(summary(a[0]), "\n"), strings.Join(summary(b[0]), "\n"); got != want {
		t.Errorf("workbooks\n%s\nJSON\n%s", got, want)
	}
}

func FuzzFlat(f *testing.F) {
	f.Add("ocid,buyer/name,awards/0/suppliers/0/name\n1,x,y\n")
	f.Add("_link,_link_main,ocid,id\n1,1,o,2\n1.awards.3.x,1,,4\n")
	f.Add("ocid,awards/0,awards/0/id,awards/id,roles/0/0/0\n1,2,3,4,5\n")
	f.Add("ocid;releases/0/tag;a[0]b\n1;2;3\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		IsPart(record.Source{Path: path, Name: "a.csv"})
		c := &recordtest.Collector{}
		stats, err := DecodeAll(context.Background(), []record.Source{{Path: path, Name: "a.csv"}}, c)
		if err == nil && len(c.Rejects) != stats[0].Rejects {
			t.Fatalf("%d rejects, %d counted", len(c.Rejects), stats[0].Rejects)
		}
	})
}

// TestArchiveOfSeveral reads each file of an archive by what it is, whichever comes first.
func TestArchiveOfSeveral(t *testing.T) {
	release := `{"ocid":"ocds-ab1234-1","id":"1","buyer":{"name":"Port of Harn"},"awards":[{"id":"a","suppliers":[{"name":"Velm AG"}]}]}`
	table := "ocid,id,buyer/name,awards/0/id,awards/0/suppliers/0/name\nocds-ab1234-2,1,Port of Harn,a,Quist AG\n"
	notice := tedNotice("2030/S 003-000002", "", tedAward)
	for name, names := range map[string][3]string{
		"JSON first": {"a.jsonl", "b.csv", "c.xml"}, "table first": {"b.jsonl", "a.csv", "c.xml"}, "notice first": {
			"x/b.jsonl", "x/c.csv", "a.xml"},
	} {
		t.Run(name, func(t *testing.T) {
			src := writeFiles(t, map[string]string{"full.tar.gz": packed(t, map[string]string{
				names[0]: release + "\n" + release[:40], names[1]: table, names[2]: notice,
				"README.md": "# Contracts"})})
			var list []record.Source
			for _, s := range src {
				if head, err := s.Head(); err == nil && (Recognise(head) || RecogniseFlat(s, head)) {
					list = append(list, s)
				}
			}
			c := &recordtest.Collector{}
			stats, err := DecodeAll(context.Background(), list, c)
			if err != nil {
				t.Fatal(err)
			}
			var sellers []string
			for _, e := range recordtest.Of[*record.Engagement](c) {
				sellers = append(sellers, e.Seller.Name)
			}
			sort.Strings(sellers)
			if got := strings.Join(sellers, ", "); len(src) != 4 || got != "Lead Ltd, Quist AG, Velm AG" {
				t.Errorf("%d sources, sellers %q, %+v, %v", len(src), got, stats, c.Rejects)
			}
			if len(c.Rejects) != 1 || c.Rejects[0].File != "in/full.tar.gz!"+names[0] || c.Rejects[0].At != "row 2" {
				t.Errorf("rejects %v", c.Rejects)
			}
		})
	}
}

// FuzzTabular reads any text as a publisher's contract table: no panic, every reject counted.
func FuzzTabular(f *testing.F) {
	for _, header := range []string{
		"Notice Identifier,Notice Type,Organisation Name,Status,Published Date,Title,Description,Cpv Codes,Awarded " +
			"Date,Awarded Value," +
			"Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE]\n1,2,3,4,5,6,7,8,9,10,[a|b|c|d|e|f]\n",
		"ID_NOTICE_CAN,CAE_NAME,ISO_COUNTRY_CODE,CPV,ID_AWARD,WIN_NAME,TITLE\n1,a---b,LU,35,7,c---d,t\n",
		"contract_transaction_unique_key,contract_award_unique_key,modification_number,action_date,awarding_sub_agency_name,recipient_name\na,K,0,2030-01-02,b,c\n",
		"PIID;Date Signed;Contracting Agency;Legal Business Name\nP;1/31/2030;a;b\n",
	} {
		f.Add(header)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		src := record.Source{Path: path, Name: "a.csv"}
		if head, err := src.Head(); err != nil || !RecogniseFlat(src, head) && !Recognise(head) {
			return
		}
		c := &recordtest.Collector{}
		stats, err := DecodeAll(context.Background(), []record.Source{src}, c)
		if err == nil && len(c.Rejects) != stats[0].Rejects {
			t.Fatalf("%d rejects, %d counted", len(c.Rejects), stats[0].Rejects)
		}
	})
}
