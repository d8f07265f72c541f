package gleif

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// lei completes eighteen characters with their check digits.
func lei(body string) string {
	for n := range 100 {
		if s := fmt.Sprintf("%s%02d", body, n); valid(s) {
			return s
		}
	}
	panic(body)
}

var (
	child  = lei("9999001122QOSTRAVI")
	parent = lei("9999001122QOKELMST")
	top    = lei("9999001122QOVARROW")
)

func decode(t testing.TB, src record.Source) (*ownershiptest.Collector, record.Stats) {
	t.Helper()
	head, err := src.Head()
	if err != nil || !Recognise(head) {
		t.Fatalf("%s is not recognised (%v)", src.Name, err)
	}
	c := &ownershiptest.Collector{}
	stats, err := Decode(context.Background(), src, c)
	if err != nil {
		t.Fatalf("decode %s: %v", src.Name, err)
	}
	if err := c.Check(stats); err != nil {
		t.Fatalf("decode %s: %v", src.Name, err)
	}
	return c, stats
}

// relations is one table of level 2 in the three forms.
func relations() map[string]string {
	rows := [][]string{ // start, end, type, status, registration, period type, from, to
		{child, parent, direct, "ACTIVE", "PUBLISHED", "RELATIONSHIP_PERIOD", "2024-03-01T00:00:00Z", ""},
		{child, top, ultimate, "INACTIVE", "LAPSED", "RELATIONSHIP_PERIOD", "2020-01-01", "2023-12-31"},
		{child, parent, managed, "ACTIVE", "PUBLISHED", "ACCOUNTING_PERIOD", "2024-01-01", "2024-12-31"},
		{parent, top, branch, "ACTIVE", "PUBLISHED", "", "", ""},
		{parent, top, feeder, "ACTIVE", "PUBLISHED", "", "", ""},
		{parent, top, direct, "ACTIVE", annulled, "", "", ""},
		{parent[:19] + "x", top, direct, "ACTIVE", "PUBLISHED", "", "", ""},
		{parent, top, "IS_COUSIN_OF", "ACTIVE", "PUBLISHED", "", "", ""},
		{parent, top, direct, "ACTIVE", "PUBLISHED", "RELATIONSHIP_PERIOD", "1st May", ""},
	}
	var table, tree, object strings.Builder
	table.WriteString("Relationship.EndNode.NodeID,Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeIDType,Relationship.RelationshipType,Relationship.RelationshipStatus,Registration.RegistrationStatus,Relationship.Period.1.periodType,Relationship.Period.1.startDate,Relationship.Period.1.endDate\n")
	fmt.Fprintf(&tree, `<?xml version="1.0"?><rr:RelationshipData xmlns:rr="http://www.gleif.org/data/schema/rr/2016"><rr:Header><rr:ContentDate>2025-01-01T00:00:00Z</rr:ContentDate><rr:RecordCount>%d</rr:RecordCount></rr:Header><rr:RelationshipRecords>`, len(rows)+1)
	object.WriteString(`{"relations":[`)
	for i, r := range rows {
		fmt.Fprintf(&table, "%s,%s,LEI,LEI,%s,%s,%s,%s,%s,%s\n", r[1], r[0], r[2], r[3], r[4], r[5], r[6], r[7])
		fmt.Fprintf(&tree, "\n<rr:RelationshipRecord><rr:Relationship><rr:StartNode><rr:NodeID>%s</rr:NodeID><rr:NodeIDType>LEI</rr:NodeIDType></rr:StartNode><rr:EndNode><rr:NodeID>%s</rr:NodeID><rr:NodeIDType>LEI</rr:NodeIDType></rr:EndNode><rr:RelationshipType>%s</rr:RelationshipType><rr:RelationshipPeriods><rr:RelationshipPeriod><rr:StartDate>%s</rr:StartDate><rr:EndDate>%s</rr:EndDate><rr:PeriodType>%s</rr:PeriodType></rr:RelationshipPeriod></rr:RelationshipPeriods><rr:RelationshipStatus>%s</rr:RelationshipStatus></rr:Relationship><rr:Registration><rr:RegistrationStatus>%s</rr:RegistrationStatus></rr:Registration></rr:RelationshipRecord>",
			r[0], r[1], r[2], r[6], r[7], r[5], r[3], r[4])
		if i > 0 {
			object.WriteByte(',')
		}
		fmt.Fprintf(&object,
			`{"RelationshipRecord":{"Relationship":{"StartNode":{"NodeID":{"$":%q},"NodeIDType":{"$":"LEI"}},"EndNode":{"NodeID":{"$":%q},"NodeIDType":{"$":"LEI"}},"RelationshipType":{"$":%q},"RelationshipPeriods":{"RelationshipPeriod":[{"StartDate":{"$":%q},"EndDate":{"$":%q},"PeriodType":{"$":%q}}]},"RelationshipStatus":{"$":%q}},"Registration":{"RegistrationStatus":{"$":%q}}}}`,
			r[0], r[1], r[2], r[6], r[7], r[5], r[3], r[4])
	}
	tree.WriteString(`</rr:RelationshipRecords></rr:RelationshipData>`)
	object.WriteString(`]}`)
	return map[string]string{"csv": table.String(), "xml": tree.String(), "json": object.String()}
}

func TestRelations(t *testing.T) {
	want := []string{
		parent + " > " + child + " " + direct +
			" [0.5, 1] open true control true since 2024-03-01T00:00:00Z until  ended false indirect false",
		top + " > " + child + " " + ultimate +
			" [0.5, 1] open true control true since 2020-01-01 until 2023-12-31 ended true indirect true",
		parent + " > " + child + " " + managed +
			" [0, 0] open false control true since  until  ended false indirect false",
		top + " > " + parent + " " + branch +
			" [1, 1] open false control true since  until  ended false indirect false",
	}
	forms := relations()
	head, rows, _ := strings.Cut(forms["csv"], "\n")
	forms["csv in capitals"], forms["csv in small letters"] = strings.ToUpper(head)+"\n"+rows, strings.ToLower(head)+
		"\n"+rows
	for form, text := range forms {
		t.Run(form, func(t *testing.T) {
			c, stats := decode(t, ownershiptest.File(t, []byte(text)))
			var got []string
			for _, s := range c.Statements {
				got = append(got, fmt.Sprintf("%s > %s %s [%v, %v] open %v control %v since %s until %s ended %v "+
					"indirect %v",
					s.Owner.LocalID, s.Owned.LocalID, s.Kind, s.Min, s.Max, s.MinOpen, s.Control, s.Since, s.Until,
					s.Ended, s.Indirect))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("statements (-want +got):\n%s", d)
			}
			if stats.Rows != 9 || len(c.Rejects) != 3 {
				t.Errorf("%d rows, rejects %+v; want 9 rows, 3 rejects", stats.Rows, c.Rejects)
			}
			notes := 2
			if form == "xml" {
				notes = 3 // the header promises one more
			}
			if len(stats.Notes) != notes {
				t.Errorf("notes = %q", stats.Notes)
			}
		})
	}
}

func TestParties(t *testing.T) {
	text := "LEI,Entity.LegalAddress.City,Entity.LegalName,Entity.LegalAddress.Country,Entity.LegalAddress.FirstAddressLine,Entity.EntityCategory,Entity.RegistrationAuthority.RegistrationAuthorityID,Entity.RegistrationAuthority.RegistrationAuthorityEntityID,Registration.RegistrationStatus,New.Column\n" +
		child + ",Port Melin,\"Ostravine Cloud, Resale\",QO,9 Quay,GENERAL,RA000585,00441200,LAPSED,x\n" +
		parent + ",,Kelm State Treasury,QK,,RESIDENT_GOVERNMENT_ENTITY,RA999999,17,ISSUED,\n" +
		top + ",,Varrow,QV,,,,," + annulled + ",\n" +
		"123,,Nobody,QV,,,,,ISSUED,\n" +
		top + ",short row\n" +
		top + ",,,QV,,,,,ISSUED,\n"
	c, stats := decode(t, ownershiptest.File(t, []byte(text)))
	want := []party.Ref{
		{Name: "Ostravine Cloud, Resale", LocalID: child, Scope: "gleif", Kind: party.Organization, Country: "QO",
			Address:     "9 Quay, Port Melin, QO",
			Identifiers: []party.Identifier{{Scheme: "LEI", ID: child}, {Scheme: "GB-COH", ID: "00441200"}}},
		{Name: "Kelm State Treasury", LocalID: parent, Scope: "gleif", Kind: party.PublicBody, Country: "QK",
			Address:     "QK",
			Identifiers: []party.Identifier{{Scheme: "LEI", ID: parent}}},
	}
	if d := cmp.Diff(want, c.Parties); d != "" {
		t.Errorf("parties (-want +got):\n%s", d)
	}
	var at []string
	for _, r := range c.Rejects {
		at = append(at, r.At)
	}
	if d := cmp.Diff([]string{"row 5", "row 6", "row 7"}, at); d != "" || stats.Rows != 6 {
		t.Errorf("rejects at %v of %d rows\n%+v", at, stats.Rows, c.Rejects)
	}
}

func TestPublishedFiles(t *testing.T) {
	for _, tt := range []struct {
		file string
		rows int
	}{
		{"gleif-lei-sample_10rows.csv", 10},
		{"20240505-0000-gleif-goldencopy-lei2-intra-day.json", 577},
		{"20180901-gleif-concatenated-file-lei2-Top10.xml", 10},
	} {
		t.Run(tt.file, func(t *testing.T) {
			src := recordtest.Sources(t, recordtest.Shared(t, "data/gleif/goldencopy/"+tt.file))[0]
			c, stats := decode(t, src)
			for _, r := range c.Rejects {
				t.Errorf("%s: %s", r.At, r.Reason)
			}
			if stats.Rows != tt.rows || len(c.Parties) != tt.rows {
				t.Errorf("%d rows, %d parties; want %d", stats.Rows, len(c.Parties), tt.rows)
			}
			numbered := 0
			for _, p := range c.Parties {
				if len(p.Identifiers) > 1 {
					numbered++
				}
				if p.Country == "" || p.Address == "" {
					t.Errorf("no country or address: %+v", p)
				}
			}
			t.Logf("%d parties, %d with a national number, notes %q", len(c.Parties), numbered, stats.Notes)
		})
	}
	// Of the API's answers those are read that say who is who or who owns whom.
	read := map[string]int{}
	for _, src := range recordtest.Sources(t, recordtest.Shared(t, "data/gleif/api-json")) {
		head, err := src.Head()
		if err != nil {
			continue
		}
		folder := filepath.Base(filepath.Dir(src.Path))
		ours := folder == "lei_records" || folder == "relationships" || folder == "reporting_exceptions"
		if got := Recognise(head); got != ours {
			t.Errorf("%s: recognised %v, want %v", src.Name, got, ours)
		}
		if !ours {
			continue
		}
		c, stats := decode(t, src)
		for _, r := range c.Rejects {
			t.Errorf("%s: %s: %s", src.Name, r.At, r.Reason)
		}
		read[folder] += stats.Records
	}
	t.Logf("records of the API: %v", read)
}

func TestExceptions(t *testing.T) {
	xml := func(reasons ...string) string {
		var b strings.Builder
		b.WriteString(`<x:ReportingExceptionData xmlns:x="http://www.gleif.org/data/schema/repex/2016"><x:Exception><x:LEI>` + child +
			`</x:LEI><x:ExceptionCategory>DIRECT_ACCOUNTING_CONSOLIDATION_PARENT</x:ExceptionCategory>`)
		for _, r := range reasons {
			b.WriteString("<x:ExceptionReason>" + r + "</x:ExceptionReason>")
		}
		return b.String() + "</x:Exception></x:ReportingExceptionData>"
	}
	api := func(reason string) string {
		return `{"data":{"type":"reporting-exceptions","attributes":{"validTo":null,"lei":"` + child +
			`","category":"ULTIMATE_ACCOUNTING_CONSOLIDATION_PARENT","reason":"` + reason + `"}}}`
	}
	for _, tt := range []struct {
		name, file, text string
		hidden, indirect bool
		reject           string
	}{
		{"withheld", "x.xml", xml("NON_PUBLIC"), true, false, ""},
		{"nobody", "x.xml", xml("NO_KNOWN_PERSON"), false, false, ""},
		{"natural persons", "x.xml", xml("NATURAL_PERSONS"), true, false, ""},
		{"nobody and withheld", "x.xml", xml("NO_KNOWN_PERSON", "LEGAL_OBSTACLES"), true, false, ""},
		{"a word of another version", "x.xml", xml("SOMETHING_NEW"), true, false, ""},
		{"no reason", "x.xml", xml(), false, false, "without a reason"},
		{"table", "x.csv", "LEI,Exception.Category,Exception.Reason.1,Exception.Reason.2\n" + child +
			",DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NO_LEI,\n", true, false, ""},
		{"table in other letters", "x.csv", "LEI,EXCEPTION.CATEGORY,EXCEPTION.REASON.1\n" + child +
			",DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NO_LEI\n", true, false, ""},
		{"JSON", "x.json", `{"exceptions":[{"LEI":{"$":"` + child +
			`"},"ExceptionCategory":{"$":"ULTIMATE_ACCOUNTING_CONSOLIDATION_PARENT"},` +
			`"ExceptionReason":[{"$":"NON_CONSOLIDATING"}]}]}`, true, true, ""},
		{"answer of the API", "x.json", api("NON_PUBLIC"), true, true, ""},
		{"another category", "x.csv", "LEI,Exception.Category,Exception.Reason.1\n" + child + ",SIBLING,NO_LEI\n",
			false, false, "SIBLING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if !Recognise([]byte(tt.text)) {
				t.Fatal("not recognised")
			}
			c, _ := decode(t, recordtest.Sources(t, path)[0])
			if tt.reject != "" {
				if len(c.Rejects) != 1 || !strings.Contains(c.Rejects[0].Reason, tt.reject) {
					t.Fatalf("rejects %+v, want one with %q", c.Rejects, tt.reject)
				}
				return
			}
			if len(c.Statements) != 1 {
				t.Fatalf("%d statements, rejects %+v", len(c.Statements), c.Rejects)
			}
			st := c.Statements[0]
			if st.Hidden() != tt.hidden || st.Indirect != tt.indirect || st.Owned.LocalID != child ||
				st.Owner.Name != "" || st.Reason == "" {
				t.Errorf("statement %+v: hidden %v", st, st.Hidden())
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range relations() {
		f.Add([]byte(text))
	}
	f.Add([]byte("LEI,Entity.LegalName\n" + child + ",Ostravine\n"))
	f.Add([]byte(`{"data":[{"type":"relationship-records","attributes":{"relationship":{"startNode":{"id":"` + child +
		`","type":"LEI"},` +
		`"endNode":{"id":"` + child +
		`","type":"LEI"},"type":"IS_DIRECTLY_CONSOLIDATED_BY"}}},{"type":"reporting-exceptions","attributes":{}}]}`))
	f.Add([]byte("LEI,Exception.Category,Exception.Reason.1\n" + child +
		",DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NON_PUBLIC\n"))
	f.Add([]byte(`{"records":[{"LEI":{"$":"` + child +
		`"},"Entity":{"LegalName":{"@xml:lang":"en","$":"Ostravine"}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := &ownershiptest.Collector{}
		stats, err := Decode(context.Background(), record.Source{Path: path, Name: "x"}, c)
		if err != nil {
			return
		}
		if err := c.Check(stats); err != nil {
			t.Error(err)
		}
	})
}

// TestBareRecords reads records without the object that holds them in GLEIF's own files: one, one a line, or in an
// array.
func TestBareRecords(t *testing.T) {
	text := func(s string) string { return `{"$":"` + s + `"}` }
	for name, rec := range map[string]string{
		"entity": `{"LEI":` + text(child) +
			`,"Entity":{"LegalName":{"@xml:lang":"en","$":"Ostravine"}},"Registration":{"RegistrationStatus":` +
			text("ISSUED") + `}}`,
		"relation": `{"Relationship":{"StartNode":{"NodeID":` + text(child) + `,"NodeIDType":` + text("LEI") +
			`},"EndNode":{"NodeID":` + text(parent) + `,"NodeIDType":` + text("LEI") +
			`},"RelationshipType":` + text("IS_DIRECTLY_CONSOLIDATED_BY") + `,"RelationshipStatus":` + text("ACTIVE") +
			`}}`,
		"exception": `{"LEI":` + text(child) + `,"ExceptionCategory":` +
			text("DIRECT_ACCOUNTING_CONSOLIDATION_PARENT") + `,"ExceptionReason":[` + text("NON_PUBLIC") + `]}`,
	} {
		for form, file := range map[string]string{"one": rec, "lines": rec + "\n" + rec + "\n", "array": "[" + rec +
			",\n" + rec + "]"} {
			t.Run(name+" "+form, func(t *testing.T) {
				if !Recognise([]byte(file)) {
					t.Fatal("not recognised")
				}
				c := &ownershiptest.Collector{}
				stats, err := Decode(t.Context(), ownershiptest.File(t, []byte(file)), c)
				want := 2
				if form == "one" {
					want = 1
				}
				if err != nil || stats.Rows != want || stats.Records != want || len(c.Rejects) > 0 {
					t.Errorf("%+v, rejects %v, %v", stats, c.Rejects, err)
				}
			})
		}
	}
	c := &ownershiptest.Collector{}
	stats, err := Decode(t.Context(), ownershiptest.File(t,
		[]byte(`{"records":[],"x":{"LEI":{"$":"1"},"LegalName":{"$":"x"}}}`)), c)
	if err != nil || len(stats.Notes) == 0 {
		t.Errorf("a file without a record is not said to be one: %+v, %v", stats, err)
	}
}
