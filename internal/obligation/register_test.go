package obligation

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// read writes tables to a folder and reads them.
func read(t *testing.T, tables map[string]string) *Register {
	t.Helper()
	dir := t.TempDir()
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := record.Find([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), sources, &casefile.Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const instruments = `instrument_id,title,kind,issuer,date,force,votes,objections,status,read
R1,Resolution 7 of the Assembly of Harvador,resolution,Assembly of Harvador,2031-05-01,non_binding,"90 for, 4 against, 20 abstained",Ithrabane objected to paragraph 4,,secondary
R2,Order of the Maritime Court,order,Maritime Court,2032-06-20,binding,,,,primary
R3,Guidance of 2019,guidance,Ministry of Trade,2019-01-01,non_binding,,,superseded,memory
R4,Order that comes later,order,Maritime Court,2032-12-01,binding,,,,memory
`

const demands = `demand_id,instrument_id,text,of,addressee,due,condition,condition_met
D1,R1,End the supply of listed optics,all_states,,within 12 months of 2031-05-01,,
D2,R2,Report on measures taken,state,Ulthoria,within 3 weeks,,
D3,R1,Publish the contracts,company,Skerry Cloud,2033-01-01,,
D4,R1,Inform the public,,,2031-09-01,,
D5,R1,Review the sales,companies,,,,
D6,R3,Keep a register,companies,,2020-01-01,,
D7,R4,Stop the supply,state,Ulthoria,2033-01-01,,
D8,R9,Something,state,Ulthoria,2032-01-01,,
D9,R1,Return the goods,state,Ulthoria,within 30 days,if the licence is revoked,
D10,R1,Return the goods,state,Ulthoria,within 30 days,if the licence is revoked,2032-05-01
D11,R1,Answer the committee,company,Skerry Cloud,2031-12-31,,
D12,R1,Compensate those affected,company,Skerry Cloud,2031-12-31,,
D13,R1,Audit the accounts,company,Skerry Cloud,2032-07-10,,
D14,R1,Suspend the service,company,Skerry Cloud,2031-12-31,,
D15,R1,Answer in time,company,Skerry Cloud,2031-12-31,,
`

const answers = `answer_id,demand_id,by,acted,date,text,publisher,grade,status
A1,D11,Skerry Cloud,done,2032-01-10,A letter was sent,Skerry Cloud,B2,
A2,D12,Skerry Cloud,refused,2032-02-01,It holds itself not liable,The Ulthoria Gazette,C3,
A3,D13,Skerry Cloud,partly,2032-05-01,Two of five accounts were audited,Skerry Cloud,B2,
A4,D14,Skerry Cloud,done,2031-12-01,It was suspended,A forum,E5,withdrawn
A5,D15,Skerry Cloud,done,2033-01-01,It was answered,Skerry Cloud,B2,
A6,D1,Ulthoria,no_answer,2032-06-01,No answer came,Committee,B2,
`

func TestStand(t *testing.T) {
	r := read(t, map[string]string{"instruments.csv": instruments, "demands.csv": demands, "answers.csv": answers})
	if len(r.Rejects)+len(r.Unread) > 0 {
		t.Fatalf("rejects %v, unread %v", r.Rejects, r.Unread)
	}
	got := map[string]Standing{}
	for _, s := range r.Stand(on("2032-07-01")) {
		got[s.Demand.ID] = s
	}
	for _, tt := range []struct {
		name, id   string
		want       Status
		late, left int
	}{
		{"past its day, nothing on file", "D1", Overdue, 61, 0},
		{"a span from an order, due soon", "D2", DueSoon, 0, 10},
		{"far ahead", "D3", Pending, 0, 184},
		{"of nobody that is named", "D4", AddresseeOpen, 0, 0},
		{"by no day", "D5", DueUnknown, 0, 0},
		{"of an instrument that was superseded", "D6", NotInForce, 0, 0},
		{"of an instrument after the day", "D7", NotInForce, 0, 184},
		{"of an instrument that nobody described", "D8", InstrumentAbsent, 0, 0},
		{"under a condition that did not come about", "D9", Conditional, 0, 0},
		{"under a condition that came about: the span runs from then", "D10", Overdue, 31, 0},
		{"done after its day", "D11", Met, 10, 0},
		{"declined", "D12", DeclinedToMeet, 0, 0},
		{"done in part, before its day", "D13", PartlyMet, 0, 9},
		{"an answer that was withdrawn", "D14", Overdue, 183, 0},
		{"an answer after the day of the register", "D15", Overdue, 183, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if s := got[tt.id]; s.Status != tt.want || s.Late != tt.late || s.Left != tt.left {
				t.Errorf("%s is %q, %d late, %d left; want %q, %d, %d", tt.id, s.Status, s.Late, s.Left, tt.want,
					tt.late, tt.left)
			}
		})
	}
	if s := r.Stand(on("2032-07-01"))[0]; s.Status != Overdue {
		t.Errorf("first is %s", s.Status)
	}
}

// TestAnswers: what is on file counts from its day, and what depends on a day that is not known stays open.
func TestAnswers(t *testing.T) {
	const head = "answer_id,demand_id,by,acted,date\n"
	for _, tt := range []struct {
		name, due, answers string
		want               Status
		late               int
	}{
		{"declined, and later done", "2032-06-01", "A1,D1,X,refused,2032-02-01\nA2,D1,X,done,2032-06-11\n", Met, 10},
		{"done, and later taken back", "2032-06-01", "A1,D1,X,done,2032-02-01\nA2,D1,X,partly,2032-03-01\n", Overdue,
			30},
		{"done again after its day", "2032-06-01", "A1,D1,X,done,2032-05-01\nA2,D1,X,done,2032-06-20\n", Met, 0},
		{"done on a day that is not known", "2032-06-01", "A1,D1,X,done,\n", AnswersOpen, 0},
		{"declined on a day that is not known", "2033-06-01", "A1,D1,X,refused,\n", AnswersOpen, 0},
		{"in part on a day that is not known, past its day either way", "2032-06-01", "A1,D1,X,partly,\n", Overdue, 30},
		{"done twice, one day not known", "2032-06-01", "A1,D1,X,done,2032-05-01\nA2,D1,X,done,\n", Met, 0},
		{"declined, and done on a day that is not known", "2032-06-01", "A1,D1,X,refused,2032-05-01\nA2,D1,X,done,\n",
			AnswersOpen, 0},
		{"two of one day", "2032-06-01", "A1,D1,X,done,2032-05-01\nA2,D1,X,refused,2032-05-01\n", AnswersOpen, 0},
		{"two of one day, in the other order", "2032-06-01", "A2,D1,X,refused,2032-05-01\nA1,D1,X,done,2032-05-01\n",
			AnswersOpen, 0},
		{"two of one day, and one after", "2032-06-01",
			"A1,D1,X,done,2032-05-01\nA2,D1,X,refused,2032-05-01\nA3,D1,X,done,2032-05-02\n", Met, 0},
		{"done in a month that is over", "2032-06-15", "A1,D1,X,done,2032-06\n", Met, 0},
		{"done in a year that is not over", "2032-06-01", "A1,D1,X,done,2032\n", AnswersOpen, 0},
		{"done in a month that ends after a refusal", "2032-06-01",
			"A1,D1,X,done,2032-05\nA2,D1,X,refused,2032-05-10\n", AnswersOpen, 0},
		{"no answer says nothing", "2032-06-01", "A1,D1,X,done,2032-05-01\nA2,D1,X,no_answer,2032-05-10\n", Met, 0},
		{"by no day that is stated, done: never met", "", "A1,D1,X,done,2032-05-01\n", DueUnknown, 0},
		{"under a condition, done all the same", "2032-06-01,if asked,2032-12", "A1,D1,X,done,2032-05-01\n",
			Conditional, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, map[string]string{"i.csv": instruments, "a.csv": head + tt.answers,
				"d.csv": "demand_id,instrument_id,of,due,condition,condition_met\nD1,R1,state," + tt.due + "\n"})
			s := r.Stand(on("2032-07-01"))[0]
			if s.Status != tt.want || s.Late != tt.late {
				t.Errorf("%q, %d late; want %q, %d; rejects %v", s.Status, s.Late, tt.want, tt.late, r.Rejects)
			}
		})
	}
}

// TestNeverMet: without a day or an addressee nothing is met by itself, and nothing is overdue.
func TestNeverMet(t *testing.T) {
	r := read(t, map[string]string{"i.csv": instruments, "d.csv": demands})
	for _, s := range r.Stand(on("2099-01-01")) {
		if s.Status == Met {
			t.Errorf("%s is met without an answer", s.Demand.ID)
		}
		if (s.Demand.Of == "" || !s.Demand.Due.Known()) && s.Status == Overdue {
			t.Errorf("%s is overdue without a day or an addressee", s.Demand.ID)
		}
	}
}

func TestRejects(t *testing.T) {
	r := read(t, map[string]string{
		"copy.csv": "title,instrument_id,date\nOne,R1,2031-05-01\n",
		"i.csv":    "instrument_id,title,date,force\nR1,One,2031-05-01,\nR1,Again,,\n,None,,\nR2,Two,31/31/2031,\nR3,Three,2031-01-01,strong\n",
		"d.csv":    "demand_id,instrument_id,text,of,due\nD1,R1,One,state,soon\nD1,R1,Again,state,\n,R1,None,state,\nD2,R1,Two,everybody,\n",
		"a.csv":    "answer_id,demand_id,acted\nA1,D9,done\nA2,D1,\nA3,D1,maybe\nA4,D1,done\nA4,D1,partly\n",
		"x.csv":    "name,country\nSomebody,XX\n",
	})
	var got []string
	for _, x := range r.Rejects {
		got = append(got, x.File+" "+x.At+": "+x.Reason)
	}
	for _, want := range []string{
		`i.csv row 3: instrument_id "R1"`, "i.csv row 4: the row has no instrument_id", "i.csv row 5: date",
		`i.csv row 6: force: "strong"`,
		"d.csv row 2: due", `d.csv row 3: demand_id "D1"`, "d.csv row 4: the row has no demand_id",
		`d.csv row 5: of: "everybody"`,
		`a.csv row 2: no row describes the demand "D9"`, "a.csv row 3: acted: the cell is empty",
		`a.csv row 4: acted: "maybe"`,
		`a.csv row 6: answer_id "A4"`,
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("no reject says %q", want)
		}
	}
	if len(got) != 12 {
		t.Errorf("%d rejects, want 12:\n%s", len(got), strings.Join(got, "\n"))
	}
	if len(r.Unread) != 1 || !strings.Contains(r.Unread[0], "x.csv") {
		t.Errorf("unread: %v", r.Unread)
	}
	if s := r.Stand(on("2032-07-01")); len(s) != 2 || s[0].Status != DueUnknown || s[1].Status != AddresseeOpen {
		t.Errorf("the demand whose day cannot be read: %+v", s)
	}
}

func TestWrite(t *testing.T) {
	r := read(t, map[string]string{"i.csv": instruments, "d.csv": strings.Replace(demands, "Publish the contracts",
		`"=HYPERLINK(1)"`, 1), "a.csv": answers})
	lines := Lines(r.Stand(on("2032-07-01")))
	var b bytes.Buffer
	if err := WriteCSV(&b, lines); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 16 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		for _, c := range r {
			if strings.HasPrefix(c, "=") {
				t.Errorf("a formula: %q", c)
			}
		}
	}
	var ics bytes.Buffer
	if err := WriteICS(&ics, on("2032-07-01"), lines); err != nil {
		t.Fatal(err)
	}
	for n, l := range strings.Split(ics.String(), "\r\n") {
		if len(l) > icsLine {
			t.Errorf("line %d has %d bytes: %q", n+1, len(l), l)
		}
	}
	if !strings.Contains(ics.String(), "DTSTART;VALUE=DATE:"+on("2032-05-01").Format("20060102")) ||
		strings.Contains(ics.String(), "D11@") {
		t.Errorf("calendar:\n%s", ics.String())
	}
	if _, err := time.Parse(time.DateOnly, lines[0].Due); err != nil {
		t.Error(err)
	}
	for _, l := range lines { // a register says what was asked and what is on file, and accuses nobody
		for _, word := range []string{"violat", "breach", "guilty", "failed", "ignored"} {
			if strings.Contains(strings.ToLower(l.Words+l.DueWords), word) {
				t.Errorf("%s: %q", l.Demand, l.Words)
			}
		}
	}
}

// TestDocument: docs/format/obligations.md names every column, and no other.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("../../docs/format/obligations.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, columns := range map[string][]string{"instruments": table.ColumnsOf(table.Instruments),
		"demands": table.ColumnsOf(table.Demands),
		"answers": table.ColumnsOf(table.Answers)} {
		_, part, ok := strings.Cut(string(b), "## "+kind+"\n")
		part, _, _ = strings.Cut(part, "\n## ")
		if !ok {
			t.Fatalf("no part about %s", kind)
		}
		var named []string
		for _, line := range strings.Split(part, "\n") {
			cell, _, row := strings.Cut(strings.TrimPrefix(line, "| `"), " |")
			if !row || !strings.HasPrefix(line, "| `") {
				continue
			}
			for _, name := range strings.Split(cell, ",") {
				named = append(named, strings.Trim(name, " `"))
			}
		}
		slices.Sort(named)
		want := slices.Sorted(slices.Values(columns))
		if !slices.Equal(named, want) {
			t.Errorf("%s: the document names %v, the code %v", kind, named, want)
		}
	}
}

// TestDocumentHash: a hash is kept where a document was read, in one form; else the row stays and the hash is not on
// file.
func TestDocumentHash(t *testing.T) {
	const sum = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	for _, tt := range []struct{ name, instrument, demand, want, reject, words string }{
		{name: "of the instrument", instrument: "secondary," + sum, want: sum, words: "SHA-256 " + sum},
		{name: "in capitals, with its name", instrument: "primary,SHA256:" + strings.ToUpper(sum), want: sum},
		{name: "none", instrument: "primary,", words: "no hash of the document"},
		{name: "from memory", instrument: ",", words: "from memory"},
		{name: "cut short", instrument: "primary," + sum[1:], reject: "no SHA-256"},
		{name: "no digits", instrument: "primary," + strings.Repeat("x", 64), reject: "no SHA-256"},
		{name: "of a text that nobody read", instrument: "memory," + sum,
			reject: "does not say that a document was read"},
		{name: "of the clause", instrument: "primary,", demand: "primary,page 3," + sum, want: sum},
		{name: "a clause in another document", instrument: "primary," + sum, demand: "secondary,a report,",
			words: "no hash of the document"},
		{name: "a clause from memory in a document that was read", instrument: "primary," + sum, demand: "memory,," +
			sum, reject: "demand is kept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, map[string]string{"i.csv": "instrument_id,title,read,source_sha256\nR1,One," + tt.instrument +
				"\n",
				"d.csv": "demand_id,instrument_id,of,read,source,source_sha256\nD1,R1,state," + cmp.Or(tt.demand,
					",,") + "\n"})
			l := Lines(r.Stand(on("2032-07-01")))[0]
			if l.SHA256 != tt.want && tt.reject == "" || !strings.Contains(l.Document(), tt.words) {
				t.Errorf("hash %q, %q; want %q, %q", l.SHA256, l.Document(), tt.want, tt.words)
			}
			if n := len(r.Rejects); (n > 0) != (tt.reject != "") || n > 0 && !strings.Contains(r.Rejects[0].Reason,
				tt.reject) {
				t.Errorf("rejects %v, want %q", r.Rejects, tt.reject)
			}
		})
	}
}

// TestYAML: tables as YAML are the same tables; what cannot be used is named with its line.
func TestYAML(t *testing.T) {
	csv := read(t, map[string]string{"i.csv": "instrument_id,title,date\nR1,One,2031-05-01\n",
		"d.csv": "demand_id,instrument_id,of,about_kind,about,due\nD1,R1,companies,goods,arms; HS:9301,within 12 " +
			"months\n"})
	const same = "# a register\ninstruments:\n  - instrument_id: R1\n    title: One\n    date: 2031-05-01\n" +
		"demands:\n  - demand_id: D1\n    instrument_id: R1\n    of: companies\n    about_kind: goods\n    about: " +
		"[arms, \"HS:9301\"]\n    due: within 12 months\n"
	r := read(t, map[string]string{"r.yaml": same})
	a, b := Lines(csv.Stand(on("2032-07-01"))), Lines(r.Stand(on("2032-07-01")))
	if len(r.Rejects)+len(r.Unread) > 0 || len(b) != 1 {
		t.Fatalf("%d demands, rejects %v, unread %v", len(b), r.Rejects, r.Unread)
	}
	if a[0].At, b[0].At = "", ""; a[0].Status != Overdue || !reflect.DeepEqual(a, b) {
		t.Errorf("as CSV %+v\nas YAML %+v", a, b)
	}
	for _, tt := range []struct{ name, text, reject, unread string }{
		{"a row that is a word", "demands:\n  - soon\n", "line 2: the row is no list", ""},
		{"a column twice", "answers:\n  - answer_id: A1\n    demand_id: D1\n    Demand_ID: D2\n", "line 2: the column",
			""},
		{"a row without its key", "demands:\n  - text: Something\n", "line 2: the row has no demand_id", ""},
		{"a table in a cell", "demands:\n  - demand_id: D1\n    about: {a: b}\n", "line 2: about", ""},
		{"a reference", "demands:\n  - &a\n    demand_id: D1\n    instrument_id: R1\n  - *a\n",
			"line 5: the row is no list", ""},
		{"no YAML", "demands:\n  - demand_id: D1\n   text: [\n", "", "line"},
		{"another table beside them", "demands:\n  - demand_id: D1\nsales:\n  - id: 1\n", "", `line 3: "sales"`},
		{"no list", "demands:\n", "", ""},
		{"a text", "demands: []\n", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, map[string]string{"i.csv": "instrument_id,title\nR1,One\n", "r.yaml": tt.text})
			all := ""
			for _, x := range r.Rejects {
				all += x.At + ": " + x.Reason + "\n"
			}
			if !strings.Contains(all, tt.reject) || (tt.reject == "") != (all == "") {
				t.Errorf("rejects %q, want %q", all, tt.reject)
			}
			if got := strings.Join(r.Unread, "\n"); !strings.Contains(got, tt.unread) || tt.unread != "" &&
				!strings.Contains(got, "r.yaml") {
				t.Errorf("unread %q, want %q", got, tt.unread)
			}
		})
	}
}
