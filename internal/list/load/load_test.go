package load_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
	"plimsoll/internal/list/load"
	"plimsoll/internal/record/recordtest"
)

const (
	sdn      = "901,\"VELMORA TRADING\",-0- ,\"TESTA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\x1a"
	cons     = "801,\"ISTRA WORKS\",-0- ,\"NS-T\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\x1a"
	add      = "901,1,\"Dock 7\",\"Port Rell\",\"Syldavia\",-0- \r\n\x1a"
	conAdd   = "801,1,-0- ,-0- ,\"Syldavia\",-0- \r\n\x1a"
	alt      = "901,1,\"aka\",\"VELTRADE\",-0- \r\n\x1a"
	conAlt   = "801,1,\"fka\",\"OLD ISTRA\",-0- \r\n\x1a"
	namedCSV = "name,publisher,report,status\nKesh Cargo,Harbour Watch,Quay Report,listed\n"
	entity   = `{"id":"c1","schema":"Company","properties":{"name":["Pallas Signals"],"topics":["debarment"]}}` + "\n"
)

// folder writes files and returns the folder's path.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	w.Close()
	return b.String()
}

func ids(lists []*list.List) (out []string) {
	for _, l := range lists {
		out = append(out, l.ID)
	}
	return out
}

func TestLoad(t *testing.T) {
	set := map[string]string{"sdn.csv": sdn, "add.csv": add, "alt.csv": alt, "sdn_comments.csv": "\x1a"}
	with := func(more map[string]string) map[string]string {
		out := map[string]string{}
		for _, m := range []map[string]string{set, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	twoSets := with(map[string]string{"cons_prim.csv": cons, "cons_add.csv": conAdd, "cons_alt.csv": conAlt,
		"cons_comments.csv": "\x1a"})
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a set", set, []string{"ofac-sdn"}},
		{"two sets in one folder", twoSets, []string{"ofac-sdn", "ofac-cons"}},
		{"names that say nothing", map[string]string{"1.csv": sdn, "2.csv": add, "3.csv": alt,
			"comments.csv": "901,\"x\"\n"}, []string{"ofac-sdn"}},
		{"compressed", map[string]string{"SDN.CSV.gz": zipped(sdn), "ADD.CSV": add, "ALT.CSV.gz": zipped(alt),
			"SDN_COMMENTS.CSV": "\x1a"}, []string{"ofac-sdn"}},
		{"parts in several folders", map[string]string{"a/sdn.csv": sdn, "b/add.csv": add, "b/alt.csv": alt,
			"c/sdn_comments.csv": "\x1a"}, []string{"ofac-sdn"}},
		{"documents beside lists", with(map[string]string{"README.md": "# lists", "SHA256SUMS": "00 x",
			"n/named.csv": namedCSV}), []string{"named-harbour-watch-quay-report", "ofac-sdn"}},
		{"the same bytes twice", map[string]string{"a.csv": namedCSV, "b/a.csv": namedCSV},
			[]string{"named-harbour-watch-quay-report"}},
		{"the same text plain and compressed", map[string]string{"a.csv": namedCSV, "b.csv.gz": zipped(namedCSV)},
			[]string{"named-harbour-watch-quay-report"}},
		{"a set twice", map[string]string{
			"a/sdn.csv": sdn, "a/add.csv": add, "a/alt.csv": alt, "a/sdn_comments.csv": "\x1a",
			"b/sdn.csv": sdn, "b/add.csv": add, "b/alt.csv": alt, "b/sdn_comments.csv": "\x1a",
		}, []string{"ofac-sdn"}},
		{"two versions", map[string]string{"a.csv": namedCSV, "b.csv": namedCSV +
			"Talis Freight,Harbour Watch,Quay Report,listed\n"}, []string{"named-harbour-watch-quay-report",
			"named-harbour-watch-quay-report-2"}},
		{"entities", map[string]string{"x.ftm.json": entity}, []string{"ftm-x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lists, err := load.Load(context.Background(), []string{folder(t, tt.files)})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lists {
				listtest.Sound(t, l)
			}
			if d := cmp.Diff(tt.want, ids(lists)); d != "" {
				t.Errorf("lists (-want +got):\n%s", d)
			}
		})
	}
}

// TestUnread names what lies beside lists and is not read, in folders and archives.
func TestUnread(t *testing.T) {
	files := map[string]string{"n/a.csv": namedCSV, "n/.a.csv": namedCSV, "n/.cache/b.csv": namedCSV, "n/~$a.xlsx": "x",
		"README.md": "# x", "scan.pdf": "%PDF-1.7"}
	dir := folder(t, files)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	packed := filepath.Join(t.TempDir(), "all.zip")
	if err := os.WriteFile(packed, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"folder": dir, "archive": packed} {
		t.Run(name, func(t *testing.T) {
			lists, err := load.Load(t.Context(), []string{path})
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(lists[0].Unread, "\n")
			for _, w := range []string{"hidden", "n/.a.csv", "n/.cache/", "n/~$a.xlsx",
				"documents that lie beside lists (2): ", "README.md", "scan.pdf"} {
				if !strings.Contains(all, w) {
					t.Errorf("%q is not named: %s", w, all)
				}
			}
			if len(lists) != 1 || len(lists[0].Unread) != 2 {
				t.Errorf("%d lists, %d lines: %s", len(lists), len(lists[0].Unread), all)
			}
		})
	}
	if _, err := load.Load(t.Context(), []string{folder(t, map[string]string{".a.csv": namedCSV})}); err == nil ||
		!strings.Contains(err.Error(), ".a.csv") {
		t.Errorf("a folder of hidden lists alone: %v", err)
	}
}

// ods is an OpenDocument workbook of sheets, each a name and rows of cells.
func ods(t *testing.T, sheets ...[]string) string {
	t.Helper()
	const head = `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" ` +
		`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">` +
		`<office:body><office:spreadsheet>`
	text := head
	for _, s := range sheets {
		text += `<table:table table:name="` + s[0] + `">`
		for _, row := range s[1:] {
			text += "<table:table-row>"
			for _, c := range strings.Split(row, "|") {
				text += "<table:table-cell><text:p>" + c + "</text:p></table:table-cell>"
			}
			text += "</table:table-row>"
		}
		text += "</table:table>"
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range [][2]string{{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
		{"content.xml", text + "</office:spreadsheet></office:body></office:document-content>"}} {
		w, err := z.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(m[1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSheetsOfODS(t *testing.T) {
	notes := []string{"Notes", "what this is|and why"}
	firms := []string{"Firms", "name|publisher|report|status", "Kesh Cargo|Harbour Watch|Quay Report|listed"}
	lists, err := load.Load(t.Context(), []string{folder(t, map[string]string{"a.ods": ods(t, notes, firms)})})
	if err != nil {
		t.Fatal(err)
	}
	if len(lists) != 1 || len(lists[0].Entries) != 1 || !strings.Contains(strings.Join(lists[0].Notes, " "),
		"the sheet Notes was not read") {
		t.Errorf("lists %v, notes %q", ids(lists), lists[0].Notes)
	}
	_, err = load.Load(t.Context(), []string{folder(t, map[string]string{"a.ods": ods(t, notes), "b.csv": namedCSV})})
	listtest.Problem(t, err, "", "not a list of a known format")
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, file, words string
		files             map[string]string
	}{
		{"missing companion", "sdn.csv", "alias file of the set is missing", map[string]string{"sdn.csv": sdn,
			"add.csv": add, "sdn_comments.csv": "\x1a"}},
		{"missing primary", "add.csv", "without its primary file", map[string]string{"add.csv": add,
			"n.csv": namedCSV}},
		{"orphans of another day", "add.csv", "not in the primary file", map[string]string{"sdn.csv": cons,
			"add.csv": add, "alt.csv": conAlt, "sdn_comments.csv": "\x1a"}},
		{"two of one role", "alt_old.csv", "a second alias file", map[string]string{"sdn.csv": sdn, "add.csv": add,
			"alt.csv": alt, "alt_old.csv": conAlt, "sdn_comments.csv": "\x1a"}},
		{"empty file", "n.csv", "the file is empty", map[string]string{"n.csv": ""}},
		{"unknown file", "x.csv", "not a list of a known format", map[string]string{"x.csv": "a,b\n1,2\n",
			"n.csv": namedCSV}},
		{"a watch list in other words", "x.csv", "nearest is a table of names",
			map[string]string{"x.csv": "\ufeffSociété,Pays,Motif,Source\nDelta,FR,x,y\n"}},
		{"columns short of the US list", "x.csv", "nearest is the US Consolidated Screening List: the header lacks " +
			"the column ids",
			map[string]string{"x.csv": "source,entity_number,type,programs,name,addresses,start_date,end_date," +
				"license_requirement,license_policy,vessel_flag,remarks,alt_names,citizenships,dates_of_birth,nationalities," +
				"source_information_url\n1,2\n"}},
		{"cut gzip", "n.csv.gz", "cut short", map[string]string{
			"n.csv.gz": zipped(strings.Repeat(namedCSV, 200))[:90]}},
		{"status", "n.csv", "unknown status", map[string]string{"n.csv": strings.Replace(namedCSV, "listed", "delisted",
			1)}},
		{"damaged row of a set", "sdn.csv", "13 fields", map[string]string{"sdn.csv": strings.Replace(sdn, "\r\n",
			",-0- \r\n", 1), "add.csv": add, "alt.csv": alt, "sdn_comments.csv": "\x1a"}},
		{"nothing", "lists", "no file given holds a list", map[string]string{"README.md": "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lists, err := load.Load(context.Background(), []string{folder(t, tt.files)})
			if lists != nil {
				t.Errorf("%d lists beside an error", len(lists))
			}
			var le *list.LoadError
			if !errors.As(err, &le) {
				t.Fatalf("error is %v", err)
			}
			for _, p := range le.Problems {
				if strings.HasSuffix(p.File, tt.file) && strings.Contains(p.Reason, tt.words) {
					return
				}
			}
			t.Errorf("no problem of %s with %q in: %v", tt.file, tt.words, err)
		})
	}
	if _, err := load.Load(context.Background(), []string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a path that is not there is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := load.Load(ctx, []string{folder(t, map[string]string{"sdn.csv": strings.Repeat(sdn[:len(sdn)-1], 2000),
		"add.csv": add})}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled load gives %v", err)
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"sdn.csv", sdn, "ofac"}, {"any.csv", alt, "ofac"}, {"n.csv", namedCSV, "named"}, {"e.json", entity, "ftm"},
		{"u.xml", `<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="2031-01-01">`, "un"}, {"s.xml", "<sdnList>",
			"ofac"}, {"x.xml", "<sanctionsData>", "ofac"},
		{"o.json", `{"id":"o1","schema":"Ownership","properties":{"owner":["a"],"asset":["b"]}}` + "\n", ""},
		{"r.json", `{"releases":[]}`, ""}, {"engagements.csv", "engagement_id,kind,seller\nE1,sale,X\n", ""},
		{"bill.csv", "BilledCost,BillingAccountId\n1,2\n", ""},
	} {
		src := listtest.Source(t, tt.name, tt.text)
		head, err := src.Head()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := load.Recognise(src, head); got != tt.want || ok != (tt.want != "") {
			t.Errorf("Recognise(%s) = %q, %v, want %q", tt.name, got, ok, tt.want)
		}
	}
}

// No business record that lies beside the checkout is taken for a list.
func TestRealRecordsAreNoLists(t *testing.T) {
	seen := 0
	for _, dir := range []string{"data/ocds", "data/focus", "data/bods", "data/gov_contracts"} {
		for _, src := range recordtest.Sources(t, recordtest.Shared(t, dir)) {
			head, err := src.Head()
			if err != nil {
				continue
			}
			seen++
			if format, ok := load.Recognise(src, head); ok {
				t.Errorf("%s is taken for a list of format %s", src.Name, format)
			}
		}
	}
	t.Logf("%d files are no lists", seen)
}

// Every real list in one run, with the counts that the files themselves give.
func TestRealLists(t *testing.T) {
	paths := []string{
		recordtest.Shared(t, "data/sanctions/ofac_sdn_2021"), recordtest.Shared(t, "data/sanctions/ofac_cons_2025-12"),
		recordtest.Shared(t, "data/sanctions/un"), recordtest.Shared(t, "data/sanctions/bis_dpl/dpl_2023-11.txt"),
		recordtest.Shared(t, "data/sanctions/us_csl/consolidated.csv.gz"),
	}
	lists, err := load.Load(context.Background(), paths)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		ID            string
		Rows, Entries int
	}
	var got []row
	for _, l := range lists {
		listtest.Sound(t, l)
		got = append(got, row{l.ID, l.Files[0].Rows, len(l.Entries)})
		t.Logf("%-12s %6d entries %6d names, published %s, %d notes", l.ID, len(l.Entries), l.Names,
			l.Published.Format("2006-01-02"), len(l.Notes))
	}
	want := []row{
		{"ofac-cons", 443, 443}, {"un-sc", 1003, 1003}, {"bis-dpl", 665, 549}, {"us-csl", 14160, 14159},
		{"ofac-sdn", 8976, 8976}, {"ofac-cons-2", 442, 442},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lists (-want +got):\n%s", d)
	}
}

// The cut samples of 2026 name every fault: a header that counts more, a document without
// its end, sets without their companions.
func TestRealCutSamples(t *testing.T) {
	_, err := load.Load(context.Background(), []string{recordtest.Shared(t, "data/sanctions/small_current_samples")})
	listtest.Problem(t, err, "", "the header counts 18706 records, the file holds 10")
	listtest.Problem(t, err, "line 301", "cut short")
	listtest.Problem(t, err, "", "the address file of the set is missing")
	_, err = load.Load(context.Background(), []string{recordtest.Shared(t, "data/sanctions/watchman_malformed")})
	listtest.Problem(t, err, "line 2", "2 fields, the header has 28")
	listtest.Problem(t, err, "", "without its primary file")
}
