package table

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record"
)

// counter checks each thing that a decoder emits and keeps nothing.
type counter struct {
	t                *testing.T
	records, rejects int
}

func (c *counter) Record(r record.Record) error {
	c.records++
	if r.Where().At == "" {
		c.t.Fatalf("record without a place: %+v", r)
	}
	return nil
}

func (c *counter) Reject(r record.Reject) error {
	c.rejects++
	if r.At == "" || r.Reason == "" {
		c.t.Fatalf("reject without place or reason: %+v", r)
	}
	return nil
}

func (c *counter) check(s record.Stats, err error) {
	if s.Records+s.Kept != c.records || s.Rejects != c.rejects || err == nil && s.Rows != s.Records+s.Rejects {
		c.t.Fatalf("stats %+v, the sink got %d records and %d rejects (%v)", s, c.records, c.rejects, err)
	}
}

// fuzzFile is one file that is written over and over.
func fuzzFile(f *testing.F, name string) func(*testing.T, []byte) record.Source {
	path := filepath.Join(f.TempDir(), name)
	return func(t *testing.T, data []byte) record.Source {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return record.Source{Path: path, Name: name, Size: int64(len(data))}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(engagementsCSV))
	f.Add([]byte("account_id;party_name\nA;\"B\n"))
	f.Add([]byte("kind,date,source\nconflict,2031,x\n"))
	f.Add([]byte("party_name|hours|quarter\nx|(1.5)|Q1 2031\n"))
	f.Add([]byte("\xff\xfeh\x00"))
	source := fuzzFile(f, "fuzz.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		if kind, delim, ok := Recognise(data); ok != (kind != "") || ok != (delim != 0) {
			t.Fatalf("Recognise = %q, %q, %v", kind, delim, ok)
		}
		IsNumberPairs(data)
		c := &counter{t: t}
		src := source(t, data)
		s, err := Decode(context.Background(), src, c)
		c.check(s, err)
		if g := Nearest(src); g.Meant && g.Table == "" {
			t.Fatalf("meant to be none: %+v", g)
		}
	})
}

// FuzzEvery reads all tables of any file, below a header that is looked for or below the first row.
func FuzzEvery(f *testing.F) {
	f.Add([]byte("Title\n\nocid;b\n1;2\n"))
	f.Add([]byte("sep=|\nocid|b\n\"1\n\"|2\n3\n"))
	f.Add(book(f, false, contracts))
	source := fuzzFile(f, "fuzz.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		src := source(t, data)
		known := func(header []string) bool { return len(header) > 1 && header[0] == "ocid" }
		HasHeader(src, data, known)
		for _, k := range []func([]string) bool{nil, known} {
			_ = Every(t.Context(), src, Visit{
				Known: k,
				Header: func(string, []string) (func(string, []string) error, error) {
					return func(at string, _ []string) error {
						if at == "" {
							t.Fatal("a row without a place")
						}
						return nil
					}, nil
				},
				Bad: func(at, reason string) error {
					if at == "" || reason == "" {
						t.Fatalf("place %q, reason %q", at, reason)
					}
					return nil
				},
			})
		}
	})
}

func FuzzDecodeXLSX(f *testing.F) {
	f.Add(book(f, false, contracts))
	f.Add(book(f, true, sheetOf{"S", [][]any{{"party_name", "hours"}, {"x", 1.5}}}))
	source := fuzzFile(f, "fuzz.xlsx")
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &counter{t: t}
		src := source(t, data)
		s, err := DecodeXLSX(context.Background(), src, c)
		c.check(s, err)
		_, _ = SheetKinds(src)
		_ = EverySheet(t.Context(), src, func(string, bool) func(int, []string) error {
			last := 0
			return func(n int, _ []string) error {
				if n <= last {
					t.Fatalf("row %d behind row %d", n, last)
				}
				last = n
				return nil
			}
		})
	})
}

// FuzzSheet puts the fuzzer behind the archive's checksums: it writes the sheet itself.
func FuzzSheet(f *testing.F) {
	good := book(f, false, contracts)
	rewrite(f, good, "xl/worksheets/sheet1.xml", func(s string) string { f.Add(s); return s + " " })
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>party_name</t></is></c><c r="B1" t="str"><v>hours</v></c></row><row r="9"><c r="ZZZ1"/></row></sheetData></worksheet>`)
	source := fuzzFile(f, "fuzz.xlsx")
	f.Fuzz(func(t *testing.T, sheet string) {
		data := rewrite(t, good, "xl/worksheets/sheet1.xml", func(string) string { return sheet + " " })
		c := &counter{t: t}
		s, err := DecodeXLSX(context.Background(), source(t, data), c)
		c.check(s, err)
	})
}

func FuzzMaps(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "../../../examples/maps/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, []byte("Номер;Вид\n1;2\n"))
		}
	}
	f.Add([]byte("maps: [{name: a, table: events, files: [x], columns: {kind: &k A, date: *k}}]"), []byte("A\n1\n"))
	source := fuzzFile(f, "fuzz.csv")
	f.Fuzz(func(t *testing.T, yaml, data []byte) {
		maps, err := ParseMaps("fuzz.yaml", yaml)
		if err != nil {
			if !bytes.Contains([]byte(err.Error()), []byte("fuzz.yaml")) {
				t.Fatalf("error does not name the file: %v", err)
			}
			return
		}
		src := source(t, data)
		if _, _, err := Match(maps, src); err != nil && !errors.Is(err, record.ErrEmpty) &&
			!bytes.Contains([]byte(err.Error()), []byte("fuzz.csv")) {
			t.Fatalf("error does not name the file: %v", err)
		}
		for _, m := range maps {
			c := &counter{t: t}
			s, err := DecodeMapped(context.Background(), src, m, c)
			c.check(s, err)
			rows := 0
			if s, err := EachMapped(t.Context(), src, m, func(*MappedRow) error { rows++; return nil }); err == nil &&
				rows > s.Rows {
				t.Fatalf("%d rows were visited, %d counted", rows, s.Rows)
			}
		}
	})
}
