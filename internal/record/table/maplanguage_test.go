package table

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/charmap"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func mapped(t *testing.T, maps []Map, want string, src record.Source) (*recordtest.Collector, record.Stats) {
	t.Helper()
	m, ok, err := Match(maps, src)
	if err != nil || !ok || m.Name != want {
		t.Fatalf("match %s = %q, %v, %v, want %q", src.Name, m.Name, ok, err, want)
	}
	var c recordtest.Collector
	stats, err := DecodeMapped(context.Background(), src, m, &c)
	if err != nil {
		t.Fatal(err)
	}
	check(t, &c, stats)
	return &c, stats
}

func ownMaps(t *testing.T) []Map {
	t.Helper()
	maps, err := LoadMaps(filepath.Join("testdata", "own.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return maps
}

func TestMappedText(t *testing.T) {
	text := "Отчёт;;\n2031 год;;\nНомер;Вид;Заказчик;Отдел;Товар;Сумма;Дата;Итого;Прим.\n" +
		"1;Поставка;Управление дорог;-;Камеры;1 234,5;03.02.2031;;см.\n" +
		"2;услуга;Порт;отдел 4;Хранение;н/д;04.02.2031;;\n" +
		"3;аренда;Порт;;Хранение;12.5;04.02.2031;;\n" +
		";;;;;99;;да;\n"
	data, err := charmap.Windows1251.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, stats := mapped(t, ownMaps(t), "halden-orders", file(t, "Orders_2031.csv", data))
	got := recordtest.Of[*record.Engagement](c)
	if len(got) != 3 || len(got[2].Unread) != 1 || got[2].Unread[0].Column != "value" {
		t.Fatalf("%d engagements, rejects %v", len(got), c.Rejects)
	}
	if e := got[0]; e.ID != "H-1" || e.Kind != "sale" || e.Buyer.Name != "Управление дорог" ||
		e.Seller.Name != "Halden JSC" ||
		e.Value != "1234500" || e.Signed.String() != "2031-02-03" || e.At != "row 4" || !e.Lacks["end_user"] ||
		e.Lacks["value"] {
		t.Errorf("first = %+v", e)
	}
	if e := got[1]; e.Kind != "contract" || e.Buyer.Name != "Порт, отдел 4" || !e.Value.Null() {
		t.Errorf("second = %+v", e)
	}
	want := []record.Reject{
		{File: "Orders_2031.csv", At: "row 7", Kind: Engagements, Reason: "a total line"},
	}
	if diff := cmp.Diff(want, c.Rejects, lostOf); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"Прим.": 1}, stats.Extra); diff != "" {
		t.Errorf("extra (-want +got):\n%s", diff)
	}
}

func TestMappedNoHeader(t *testing.T) {
	c, stats := mapped(t, ownMaps(t), "hours", file(t, "hours.csv", []byte("Unit 9,77,3 fev "+
		"2031,1200.5,Patches,z\nUnit 8,78,2031-05-01,none,,\nUnit 7,79\n")))
	want := []record.Record{
		&record.Support{Place: record.Place{At: "row 1"}, Party: party.Ref{Name: "Unit 9", Scope: "register",
			Identifiers: []party.Identifier{{Scheme: "XX-REG", ID: "77"}}},
			Quarter: record.DayOf(2031, 1, 1), Hours: "1200.5", Code: "patching", Lacks: record.Columns{}},
		&record.Support{Place: record.Place{At: "row 2"}, Party: party.Ref{Name: "Unit 8", Scope: "register",
			Identifiers: []party.Identifier{{Scheme: "XX-REG", ID: "78"}}},
			Quarter: record.DayOf(2031, 4, 1), Code: "data", Lacks: record.Columns{}},
	}
	if diff := cmp.Diff(want, c.Records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"column 6": 1}, stats.Extra); diff != "" {
		t.Errorf("extra (-want +got):\n%s", diff)
	}
	if len(c.Rejects) != 1 || c.Rejects[0].Reason != "the row has 2 cells and the mapping reads column 5" {
		t.Errorf("rejects = %v", c.Rejects)
	}
}

func TestMappedByHeader(t *testing.T) {
	src := file(t, "anything.txt", []byte("on date|what\n48000|war\n01/06/2031 09:30|report\nJune 2 "+
		"2031|report\n20310603|party\n5 June 2031|war\n"))
	c, stats := mapped(t, ownMaps(t), "stamps", src)
	var got []string
	for _, e := range recordtest.Of[*record.Event](c) {
		got = append(got, e.Kind+" "+e.Date.String()+" "+e.Region)
	}
	folder := filepath.Base(filepath.Dir(src.Path))
	want := []string{"conflict 2031-06-01 " + folder + " {x}", "publication 2031-06-01T09:30:00Z " + folder + " {x}",
		"publication 2031-06-02 " + folder + " {x}",
		"party 2031-06-03 " + folder + " {x}", "conflict  " + folder + " {x}"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if len(c.Rejects) != 0 || len(stats.Notes) != 2 || !strings.HasPrefix(stats.Notes[0],
		`date (from "On date"): not understood (no date of the form SERIAL or DD/MM/YYYY hh:mm`) ||
		!strings.HasPrefix(stats.Notes[1], `kind (from "What"): not understood (none of`) {
		t.Errorf("rejects = %v, notes = %q", c.Rejects, stats.Notes)
	}
	if _, ok, err := Match(ownMaps(t), file(t, "other.csv", []byte("a,b\n1,2\n"))); ok || err != nil {
		t.Errorf("a file of no mapping was matched (%v)", err)
	}
}

func TestMappedSheets(t *testing.T) {
	maps, err := ParseMaps("m.yaml", []byte(`
maps:
  - name: two-sheets
    table: engagements
    files: ["*.xlsx"]
    sheet: [Q1, "2"]
    skip_rows: 1
    number: "1.234,56"
    date: DD-MM-YYYY
    columns: {engagement_id: Ref, buyer: Who, value: 3, signed: When}
`))
	if err != nil {
		t.Fatal(err)
	}
	rows := func(id string) [][]any {
		return [][]any{{"Report"}, {"Ref", "Who", "Sum", "When"}, {id, "Port", "1.200,50", "03-02-2031"},
			{id + "b", "Port", 7.5, 48000}, {id + "c", "Port", 7.125, 48000}}
	}
	src := file(t, "a.xlsx", book(t, false, sheetOf{"Q1", rows("a")}, sheetOf{"Q2", rows("b")},
		sheetOf{"Q3", rows("c")}))
	c, stats := mapped(t, maps, "two-sheets", src)
	var got []string
	for _, e := range recordtest.Of[*record.Engagement](c) {
		got = append(got, strings.Join([]string{e.At, e.ID, string(e.Value), e.Signed.String()}, " "))
	}
	want := []string{"sheet Q1 row 3 a 1200.50 2031-02-03", "sheet Q1 row 4 ab 7.5 2031-06-01",
		"sheet Q1 row 5 ac  2031-06-01",
		"sheet Q2 row 3 b 1200.50 2031-02-03", "sheet Q2 row 4 bb 7.5 2031-06-01", "sheet Q2 row 5 bc  2031-06-01"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("engagements (-want +got):\n%s%v", diff, c.Rejects)
	}
	if len(c.Rejects) != 0 {
		t.Errorf("rejects = %v", c.Rejects)
	}
	notes := []string{`sheet "Q3" was not read: mapping two-sheets is not for it`,
		`value (from column 3): not understood (ambiguous: 7.125 as a number cell, 7125 as text), the rest of the row is used: "7.125" (2 rows, the first is sheet Q1 row 5)`}
	if diff := cmp.Diff(notes, stats.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestMappedErrors(t *testing.T) {
	maps := ownMaps(t)
	for _, tt := range []struct{ name, data, m, want string }{
		{"missing column", "x\ny\nНомер;Вид\n1;2\n", "halden-orders",
			`read f.csv by mapping halden-orders (own.yaml:3): line 20: columns.buyer: there is no column "Заказчик"; the header is`},
		{"no header", "", "stamps", "the file is empty"},
		{"twice", "What,When,when \n", "stamps", ""},
		{"twice alike", "What,WHEN,when \n", "stamps", `the header has "When" twice (columns 2 and 3)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m Map
			for _, x := range maps {
				if x.Name == tt.m {
					m = x
				}
			}
			data := []byte(tt.data)
			if m.encoding != "" {
				data, _ = charmap.Windows1251.NewEncoder().Bytes(data)
			}
			_, err := DecodeMapped(context.Background(), file(t, "f.csv", data), m, &recordtest.Collector{})
			if tt.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

// TestMapErrors holds each mistake to its file, line and key.
func TestMapErrors(t *testing.T) {
	const head = "maps:\n  - name: a\n    table: engagements\n    files: [x.csv]\n"
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "read map m.yaml: the file is empty"},
		{"no YAML", "a: [", "read map m.yaml: line 1"},
		{"no maps", "x: 1\n", "m.yaml:1: x: no such key; there are maps"},
		{"no list", "maps: 3\n", "m.yaml:1: maps: a list is expected"},
		{"two documents", "maps: []\n---\nmaps: []\n", "one document is expected"},
		{"nothing said", "maps:\n  - {}\n", "m.yaml:2: maps[1].name: a name is needed"},
		{"table", "maps:\n  - name: a\n    table: bills\n    files: [x]\n    columns: {}\n",
			`m.yaml:3: maps[1].table: "bills" is none of accounts,`},
		{"unknown key", head + "    colums: {}\n", "m.yaml:5: maps[1].colums: no such key; there are columns, date,"},
		{"unknown column", head + "    columns:\n      engagement_id: A\n      price: B\n",
			"m.yaml:7: maps[1].columns.price: no such key"},
		{"no key column", head + "    columns: {buyer: A}\n",
			"m.yaml:5: maps[1].columns: engagements needs engagement_id"},
		{"two sources", head + "    columns:\n      engagement_id: {column: A, const: B}\n",
			"m.yaml:6: maps[1].columns.engagement_id: exactly one of column, join, text and const"},
		{"number", head + "    number: one\n    columns: {engagement_id: A}\n",
			`m.yaml:5: maps[1].number: "one" is no example of a number`},
		{"date", head + "    date: dd/mm/yy\n    columns: {engagement_id: A}\n",
			`m.yaml:5: maps[1].date: "dd/mm/yy" is no date pattern`},
		{"date without year", head + "    date: DD.MM\n    columns: {engagement_id: A}\n",
			"year, month, day and time are needed"},
		{"regexp", head + "    columns:\n      engagement_id: {column: A, take: '('}\n",
			"m.yaml:6: maps[1].columns.engagement_id.take: error parsing regexp"},
		{"encoding", head + "    encoding: klingon\n    columns: {engagement_id: A}\n",
			`m.yaml:5: maps[1].encoding: "klingon" is no known encoding`},
		{"names without header", head + "    no_header: true\n    columns: {engagement_id: A}\n",
			`m.yaml:6: maps[1].columns.engagement_id: "A" is a name`},
		{"column 0", head + "    columns: {engagement_id: 0}\n", "columns are numbered from 1"},
		{"brace", head + "    columns:\n      engagement_id: {text: 'a{b'}\n", "a brace is not closed"},
		{"condition", head + "    columns: {engagement_id: A}\n    reject: [{column: A, reason: b}]\n",
			"m.yaml:6: maps[1].reject[1]: column, reason and exactly one of is, match and empty"},
		{"same name", head + "    columns: {engagement_id: A}\n  - name: a\n    table: engagements\n    files: [x]\n " +
			"   columns: {engagement_id: A}\n", `m.yaml:6: name: "a" is also the name of the mapping at line 2`},
		{"twice", head + "    name: b\n    columns: {engagement_id: A}\n",
			"m.yaml:5: maps[1].name: the key stands twice"},
		{"takes all", "maps:\n  - name: a\n    table: events\n    columns: {kind: A, date: B}\n",
			"m.yaml:2: maps[1].files: files or header is needed"},
		{"delimiter", head + "    delimiter: ';;'\n    columns: {engagement_id: A}\n", "one character or the word tab"},
		{"number for a name", head + "    columns: {engagement_id: A, buyer: {column: B, times: 2}}\n",
			"number and times are for numbers, and buyer is none"},
		{"only", head + "    columns: {engagement_id: {column: A, only: true}}\n", "it belongs to take"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMaps("m.yaml", []byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant %q in it", err, tt.want)
			}
		})
	}
	if _, err := LoadMaps(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(),
		"none.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

func TestNumberFormats(t *testing.T) {
	p := &mapParser{file: "m"}
	for _, tt := range []struct{ example, in, want string }{
		{"1,234.56", "12,345,678.9", "12345678.9"}, {"1,234.56", "1234.5", "1234.5"}, {"1,234.56", "12,34", ""},
		{"1.234,56", "1.234", "1234"}, {"1.234,56", "1234,5", "1234.5"}, {"1 234,56", "1\u00a0234,56", "1234.56"},
		{"1'234.56", "1'234.56", "1234.56"}, {"1234.56", "1,234.56", ""}, {"1234", "12", "12"}, {"1234", "1.5", ""},
		{"1,234", "1,234", "1234"}, {"12,34,567.89", "1,23,45,678.50", "12345678.50"}, {"12,34,567.89", "1,234,56", ""},
		{"1,234.56", "(5.00)", "-5.00"}, {"1,234.56", "-0.00", "0.00"}, {"1,234.56", "€ 7", "7"},
	} {
		f := p.number(&yaml.Node{Kind: yaml.ScalarNode, Value: tt.example}, "number")
		if f == nil {
			t.Fatalf("example %q: %v", tt.example, p.errs)
		}
		x := located{expr: expr{number: f}}
		got, err := x.readNumber(tt.in, false)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q as %q = %q, %v, want %q", tt.in, tt.example, got, err, tt.want)
		}
	}
}

// TestExampleMaps loads what ships with the program, and that the language's page shows.
func TestExampleMaps(t *testing.T) {
	if maps := examples(t); len(maps) < 9 {
		t.Errorf("%d example mappings", len(maps))
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "format", "map.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the page shows no mapping")
	}
	for _, b := range blocks {
		text, _, _ := strings.Cut(b, "```")
		if !strings.HasPrefix(text, "maps:") {
			text = "maps:\n  - name: a\n    table: engagements\n    files: [a.csv]\n" + text
		}
		if _, err := ParseMaps("map.md", []byte(text)); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}
