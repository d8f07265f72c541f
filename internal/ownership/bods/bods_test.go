package bods

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership"
	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func decode(t testing.TB, src record.Source) (*ownershiptest.Collector, record.Stats) {
	t.Helper()
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

func source(t testing.TB, path string) record.Source {
	t.Helper()
	return recordtest.Sources(t, path)[0]
}

// brief prints a statement in one line, so that a table of them can be read.
func brief(s ownership.Statement) string {
	name := func(r party.Ref) string {
		if r.Name == "" {
			return "?"
		}
		return r.Name
	}
	out := fmt.Sprintf("%s > %s %s", name(s.Owner), name(s.Owned), s.Kind)
	switch {
	case s.ShareKnown:
		out += fmt.Sprintf(" %.4g-%.4g", s.Min, s.Max)
	default:
		out += " unknown"
	}
	if s.Control {
		out += " control"
	}
	if s.MinOpen {
		out += " minopen"
	}
	if s.MaxOpen {
		out += " maxopen"
	}
	if s.Indirect {
		out += " indirect"
	}
	if s.Ended {
		out += " ended"
	}
	if s.Since.Known() || s.Until.Known() {
		out += fmt.Sprintf(" %s..%s", s.Since, s.Until)
	}
	if s.Reason != "" {
		out += " (" + s.Reason + ")"
	}
	return out
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		file       string
		rows       int
		statements []string
		parties    []string
		rejects    []string
		notes      int
	}{
		{
			file: "chain-0.4.json", rows: 12,
			statements: []string{
				"Kelm State Holding > Ostravine Cloud Resale Ltd shareholding 0.5-0.75 maxopen 2030-08-01..",
				"Kelm State Holding > Ostravine Cloud Resale Ltd votingRights unknown control",
				"Kelm State Holding > Ostravine Cloud Resale Ltd boardMember 0-0",
				"Ilke Oranth > Ostravine Cloud Resale Ltd shareholding 0.25-0.5 indirect",
				"Ilke Oranth > Kelm State Holding unknownInterest unknown",
				"Varrow Trading > Ostravine Cloud Resale Ltd shareholding 1-1 ended ..2028-12-31",
				"? > Ostravine Cloud Resale Ltd unknownInterest unknown (interestedPartyHasNotProvidedInformation: " +
					"asked twice)",
			},
			parties: []string{
				"Ostravine Cloud Resale Ltd|organization|QO|9 Quay Street, Port Melin, QO-1107|QO-REG:0044120 Old " +
					"number:17",
				"Kelm State Holding|public_body|||", "Varrow Trading|organization|||",
			},
			rejects: []string{
				`/7: interestedParty refers to "rec-nowhere", which no file of the run describes`,
				"/8: interests/0: share exact 140 is not between 0 and 100 percent",
			},
			notes: 2,
		},
		{
			file: "register-0.2.jsonl", rows: 10,
			statements: []string{
				"? > Melin Harbour Technology Ltd votingRights 0-0 (noBeneficialOwners)",
				"? > Melin Harbour Technology Ltd shareholding 0.15-0.25 (the party is known to exist and not named)",
			},
			parties: []string{"Melin Harbour Technology Ltd|organization|||"},
			rejects: []string{"line 9: not JSON: unexpected end of JSON input",
				`line 10: statementType "surprise" is unknown`},
			notes: 2,
		},
	} {
		t.Run(tt.file, func(t *testing.T) {
			src := source(t, filepath.Join("testdata", tt.file))
			head, err := src.Head()
			if err != nil || !Recognise(head) {
				t.Fatalf("not recognised (%v)", err)
			}
			c, stats := decode(t, src)
			var statements, parties, rejects []string
			for _, s := range c.Statements {
				statements = append(statements, strings.Replace(brief(s), "voting-rights", "votingRights", 1))
			}
			for _, p := range c.Parties {
				var ids []string
				for _, id := range p.Identifiers {
					ids = append(ids, id.String())
				}
				parties = append(parties, strings.Join([]string{p.Name, string(p.Kind), p.Country, p.Address,
					strings.Join(ids, " ")}, "|"))
			}
			for _, r := range c.Rejects {
				rejects = append(rejects, r.At+": "+r.Reason)
			}
			if d := cmp.Diff(tt.statements, statements); d != "" {
				t.Errorf("statements (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.parties, parties); d != "" {
				t.Errorf("parties (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.rejects, rejects); d != "" {
				t.Errorf("rejects (-want +got):\n%s", d)
			}
			if stats.Rows != tt.rows || len(stats.Notes) != tt.notes {
				t.Errorf("stats = %+v, want %d rows, %d notes", stats, tt.rows, tt.notes)
			}
		})
	}
}

// TestGzip reads the same statements from a compressed file.
func TestGzip(t *testing.T) {
	text, err := os.ReadFile("testdata/register-0.2.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(text)
	z.Close()
	want, _ := decode(t, ownershiptest.File(t, text))
	got, _ := decode(t, ownershiptest.File(t, packed.Bytes()))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestBrokenOff(t *testing.T) {
	for _, text := range []string{`[{"statementID":"a"`, `[{"statementID":"a"},`, `[`} {
		if _, err := Decode(context.Background(), ownershiptest.File(t, []byte(text)), &ownershiptest.Collector{}); err == nil {
			t.Errorf("Decode(%q) did not report the cut", text)
		}
	}
}

// ownLines counts the statements of a file by a decoder that knows nothing of BODS.
func ownLines(t *testing.T, src record.Source) int {
	t.Helper()
	r, err := src.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for d := json.NewDecoder(r); d.More(); {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", src.Name, err)
		}
		if list, ok := v.([]any); ok {
			n += len(list)
		} else {
			n++
		}
	}
	return n
}

func TestPublishedFiles(t *testing.T) {
	total := record.Stats{}
	for _, folder := range []string{
		"examples/0.2", "examples/0.3", "examples/0.4", "validity-tests/0.4/valid-statements", "bodsdata",
		"register-sources-bods",
	} {
		dir := recordtest.Shared(t, "data/bods/"+folder)
		rows, statements, parties, rejects, unreadable := 0, 0, 0, 0, 0
		for _, src := range recordtest.Sources(t, dir) {
			head, err := src.Head()
			if err != nil {
				t.Fatal(err)
			}
			if !Recognise(head) {
				if strings.Contains(src.Name, "PROVENANCE") || strings.HasSuffix(src.Name, ".csv") {
					continue
				}
				unreadable++
				t.Errorf("%s is not recognised", src.Name)
			}
			c, stats := decode(t, src)
			if want := ownLines(t, src); stats.Rows != want {
				t.Errorf("%s: %d rows, the file holds %d", src.Name, stats.Rows, want)
			}
			for _, r := range c.Rejects {
				if !strings.Contains(r.Reason, "of the run describes") {
					t.Errorf("%s %s: %s", r.File, r.At, r.Reason)
				}
			}
			rows, statements, parties, rejects = rows+stats.Rows, statements+len(c.Statements), parties+len(c.Parties),
				rejects+stats.Rejects
		}
		t.Logf("%-40s %4d rows, %3d statements, %3d parties, %3d dangling", folder, rows, statements, parties, rejects)
		total.Rows += rows
	}
	if total.Rows < 400 {
		t.Errorf("only %d rows read", total.Rows)
	}
}

// TestInvalidFiles loads what the standard's own tests call invalid: no file may panic or
// be taken in silence where the broken member is one that is used.
func TestInvalidFiles(t *testing.T) {
	dir := recordtest.Shared(t, "data/bods/validity-tests/0.4/invalid-statements")
	rejected, files := 0, 0
	for _, src := range recordtest.Sources(t, dir) {
		if !strings.HasSuffix(src.Name, ".json") {
			continue
		}
		files++
		c := &ownershiptest.Collector{}
		stats, err := Decode(context.Background(), src, c)
		if err == nil {
			err = c.Check(stats)
			if err != nil {
				t.Errorf("%s: %v", src.Name, err)
			}
		}
		if stats.Rejects > 0 || err != nil {
			rejected++
		}
	}
	t.Logf("%d of %d files have something that is not used", rejected, files)
	if rejected < 20 {
		t.Errorf("only %d rejected", rejected)
	}
}

// TestMixedExample checks the ranges that the standard's own examples lead to.
func TestMixedExample(t *testing.T) {
	src := source(t, recordtest.Shared(t, "data/bods/examples/0.4/mixed-direct-and-indirect-ownership.json"))
	c, _ := decode(t, src)
	index := map[string]int32{}
	of := func(r party.Ref) int32 {
		if _, ok := index[r.LocalID]; !ok {
			index[r.LocalID] = int32(len(index))
		}
		return index[r.LocalID]
	}
	var edges []ownership.Edge
	for i, s := range c.Statements {
		edges = append(edges, s.Edge(of(s.Owner), of(s.Owned), int32(i)))
	}
	r := ownership.NewGraph(edges).Listed(index["9bfe59b6a869"], func(p int32) bool {
		return p == index["53508b65253f"]
	},
		record.DayOf(2026, 1, 1).Time)
	if r.Min != 1 || r.Max != 1 {
		t.Errorf("half directly and half through another company: [%v, %v], want all", r.Min, r.Max)
	}
}

func FuzzDecode(f *testing.F) {
	for _, file := range []string{"chain-0.4.json", "register-0.2.jsonl"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		Recognise(text)
		RecogniseFlat(ownershiptest.File(t, text), text)
		c := &ownershiptest.Collector{}
		stats, err := Decode(context.Background(), ownershiptest.File(t, text), c)
		if err != nil {
			return
		}
		if err := c.Check(stats); err != nil {
			t.Error(err)
		}
	})
}
