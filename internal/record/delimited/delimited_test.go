package delimited

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

type got struct {
	Row   int
	Cells []string
	Bad   string
}

func all(t testing.TB, r io.Reader, delim byte) []got {
	t.Helper()
	in := NewReader(r, delim)
	var out []got
	for {
		l, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if bad, ok := errors.AsType[*BadRow](err); ok {
			out = append(out, got{Row: bad.Line, Bad: bad.Reason})
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got{Row: l.Line, Cells: append([]string(nil), l.Cells...)})
	}
}

func TestRows(t *testing.T) {
	const never = "the quote opened in cell 2 is never closed"
	for _, tt := range []struct {
		name, in string
		want     []got
	}{
		{"lines", "a,b\nc,d\n", []got{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		{"no last line end", "a,b", []got{{1, []string{"a", "b"}, ""}}},
		{"ends in a delimiter", "a,", []got{{1, []string{"a", ""}, ""}}},
		{"quoted line break moves the line", "a,\"x\ny\"\nc,d\n", []got{{1, []string{"a", "x\ny"}, ""},
			{3, []string{"c", "d"}, ""}}},
		{"doubled quote", `a,"say ""hi"""`, []got{{1, []string{"a", `say "hi"`}, ""}}},
		{"stray quote in a bare cell", `a,5" pipe`, []got{{1, []string{"a", `5" pipe`}, ""}}},
		{"stray quote in a quoted cell", `a,"5" pipe",c`, []got{{1, []string{"a", `5" pipe`, "c"}, ""}}},
		{"quote never closed costs one line", "a,\"b\nc,d\ne,f\n", []got{{1, nil, never}, {2, []string{"c", "d"}, ""},
			{3, []string{"e", "f"}, ""}}},
		{"quote never closed in the last line", "a,b\nc,\"d", []got{{1, []string{"a", "b"}, ""}, {2, nil, never}}},
		// the second quote does not end the first cell: text follows it
		{"two quotes never closed", "a,\"b\nc,d\ne,\"f\ng,h\n",
			[]got{{1, nil, never}, {2, []string{"c", "d"}, ""}, {3, nil, never}, {4, []string{"g", "h"}, ""}}},
		{"spaces behind a quote", "\"a\"  ,\"b\"   \nc,\"d\" ", []got{{1, []string{"a", "b"}, ""},
			{2, []string{"c", "d"}, ""}}},
		{"crlf", "a,\"b\"\r\nc,d\r\n", []got{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		{"cr", "a,\"b\"\rc,d\r", []got{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		{"empty lines", "a\n\n\nb\n", []got{{1, []string{"a"}, ""}, {2, []string{""}, ""}, {3, []string{""}, ""},
			{4, []string{"b"}, ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, all(t, strings.NewReader(tt.in), ',')); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, all(t, iotest.OneByteReader(strings.NewReader(tt.in)), ',')); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLongRows crosses the buffer's size, and then the limit.
func TestLongRows(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	rows := all(t, strings.NewReader("a,\""+long+"\n"+long+"\"\nb,c\n"), ',')
	if len(rows) != 2 || len(rows[0].Cells[1]) != 2*len(long)+1 || rows[1].Row != 3 {
		t.Errorf("long row: %d rows", len(rows))
	}
	rows = all(t, strings.NewReader("a,b\n"+strings.Repeat("y", MaxRow+100)+"\nc,d\n"), ',')
	if len(rows) != 3 || rows[1].Bad != "the row is longer than 4 MiB" || rows[2].Row != 3 {
		t.Errorf("row past the limit: %d rows, %q", len(rows), rows[1].Bad)
	}
	// One quote that is never closed in a large file costs its own line.
	var b strings.Builder
	b.WriteString("1,\"open\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d,some value that is forty bytes long or so\n", i)
	}
	rows = all(t, strings.NewReader(b.String()), ',')
	if len(rows) != 100_001 || rows[0].Bad == "" || rows[100_000].Bad != "" {
		t.Errorf("open quote: %d rows", len(rows))
	}
}

// FuzzRows compares with encoding/csv wherever that reads the text without complaint.
func FuzzRows(f *testing.F) {
	f.Add("a,b\n\"c\nd\",\"e\"\"f\"\n")
	f.Add("a;b\r\n\r\n\"\";x")
	f.Add("a,\"b\nc\n")
	f.Add("\"a\"\r,b\n")
	f.Fuzz(func(t *testing.T, in string) {
		mine := all(t, strings.NewReader(in), ',')
		last := 0
		for _, g := range mine {
			if g.Row <= last {
				t.Fatalf("row %d after row %d", g.Row, last)
			}
			last = g.Row
		}
		r := csv.NewReader(strings.NewReader(in))
		r.FieldsPerRecord = -1
		theirs, err := r.ReadAll()
		if err != nil || !utf8.ValidString(in) || strings.Contains(strings.ReplaceAll(in, "\r\n", ""), "\r") {
			return
		}
		i := 0
		for _, g := range mine {
			if len(g.Cells) == 1 && g.Cells[0] == "" && (i == len(theirs) || len(theirs[i]) != 1 ||
				theirs[i][0] != "") {
				continue // an empty line
			}
			if g.Bad != "" || i >= len(theirs) {
				t.Fatalf("row %d: %+v, encoding/csv reads %d rows", g.Row, g, len(theirs))
			}
			for k, c := range g.Cells { // encoding/csv turns a quoted \r\n into \n
				g.Cells[k] = strings.ReplaceAll(c, "\r\n", "\n")
			}
			if diff := cmp.Diff(theirs[i], g.Cells); diff != "" {
				t.Fatalf("row %d (-encoding/csv +ours):\n%s", g.Row, diff)
			}
			i++
		}
		if i != len(theirs) {
			t.Fatalf("%d rows, encoding/csv reads %d", i, len(theirs))
		}
	})
}

// TestBounded reads a large text through a buffer that does not grow.
func TestBounded(t *testing.T) {
	in := NewReader(strings.NewReader(strings.Repeat("E-1,contract,\"Harbour\nOffice\"\n", 300_000)), ',')
	n := 0
	for {
		if _, err := in.Next(); err != nil {
			break
		}
		n++
	}
	if n != 300_000 || len(in.buf) != 64<<10 {
		t.Errorf("%d rows through %d bytes", n, len(in.buf))
	}
}

// TestCutText: a text that breaks off is an error, and its last row is not handed out as a whole one.
func TestCutText(t *testing.T) {
	in := NewReader(io.MultiReader(strings.NewReader("a,b\nc,d"), iotest.ErrReader(io.ErrUnexpectedEOF)), ',')
	if r, err := in.Next(); err != nil || r.Line != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err := in.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%+v, %v, want io.ErrUnexpectedEOF", r, err)
	}
}

func TestFirst(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		n        int
		want     []Row
	}{
		{"a header", "a,b\n1,2\n", 1, []Row{{Cells: []string{"a", "b"}, Line: 1}}},
		{"behind empty rows and sep", "\n,\nsep=,\na,b\n", 1, []Row{{Cells: []string{"a", "b"}, Line: 4}}},
		{"fewer than asked for", "a,b\n", 3, []Row{{Cells: []string{"a", "b"}, Line: 1}}},
		{"a row that cannot be split", "a,\"b\nc,d\n", 2, nil},
		{"a byte 0", "a\x00,b\n", 1, nil},
		{"nothing", "", 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, First([]byte(tt.in), ',', tt.n)); diff != "" {
				t.Errorf("First (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCandidates(t *testing.T) {
	for in, want := range map[string]string{"a;b\n": ",;\t|", "sep=;\r\na": ";", "\"SEP=|\"\n": "|",
		"\ufeffsep=\t\n": "\t", "sep=ab\n": ",;\t|"} {
		if got := string(Candidates([]byte(in))); got != want {
			t.Errorf("Candidates(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     Tally
	}{
		{"one row a line", "a,b\n\"c\",d", Tally{Rows: 2, Plain: true}},
		{"a row of two lines", "a,\"b\nc\"\nd,e\n", Tally{Rows: 2}},
		{"an open quote", "a,\"b\nc,d\n", Tally{Rows: 1}},
		{"no UTF-8", "a,\xe9\n", Tally{Rows: 1}},
		{"nothing", "", Tally{Plain: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Count(strings.NewReader(tt.in), ',', nil)
			if err != nil || got != tt.want {
				t.Errorf("Count(%q) = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestLine(t *testing.T) {
	const in = "a,\"b, c\",\nd\r\n\"e\"\"\",f,g\n\xe9,h\n,"
	want := [][]string{{"a", "b, c", ""}, {"d"}, {`e""`, "f", "g"}, {"é", "h"}, {"", ""}}
	var got [][]string
	_, err := Count(strings.NewReader(in), ',', func(_ int64, l *Line) error {
		var row []string
		for i := range 4 {
			cell := l.Cell(i)
			if i >= len(l.fields) {
				if cell != nil {
					t.Errorf("row %d, cell %d past the last is %q", len(got)+1, i, cell)
				}
				continue
			}
			row = append(row, string(cell))
		}
		got = append(got, row)
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("lines of %q are %q, %v, want %q", in, got, err, want)
	}
}
