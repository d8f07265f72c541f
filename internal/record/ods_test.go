package record

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const odsHead = `<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>`

// writeODS writes a workbook whose sheets are the elements given.
func writeODS(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.ods")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, m := range [][2]string{{"mimetype", odsType}, {"content.xml", content}, {"styles.xml", "<a/>"}} {
		w, err := z.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestODS(t *testing.T) {
	const tail = "</office:spreadsheet></office:body></office:document-content>"
	cell := func(s string) string { return "<table:table-cell><text:p>" + s + "</text:p></table:table-cell>" }
	for _, tt := range []struct {
		name, sheets string
		want         []string
	}{
		{"two sheets, one empty between", `<table:table table:name="A"><table:table-row>` + cell("x") + cell("y") +
			`</table:table-row></table:table><table:table table:name="B"/>` +
			`<table:table table:name="C"><table:table-row>` + cell("z") + `</table:table-row></table:table>`,
			[]string{"book.ods!A: x,y\n", "book.ods!C: z\n"}},
		{"repeated", `<table:table table:name="A"><table:table-row table:number-rows-repeated="2">` + cell("h") +
			`<table:table-cell table:number-columns-repeated="2"/>` + cell("k") +
			`<table:table-cell table:number-columns-repeated="16000"/></table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row></table:table>`,
			[]string{"book.ods!A: h,,,k\nh,,,k\n"}},
		{"a short row", `<table:table table:name="A"><table:table-row>` + cell("a") + cell("b") + cell("c") +
			`</table:table-row><table:table-row>` + cell("d") + `</table:table-row></table:table>`,
			[]string{"book.ods!A: a,b,c\nd,,\n"}},
		{"values", `<table:table table:name="A"><table:table-row><table:table-cell office:value-type="date" office:date-value="2031-02-03T00:00:00"><text:p>3 Feb</text:p></table:table-cell>` +
			`<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell><table:covered-table-cell/>` +
			`<table:table-cell office:value-type="string"><office:annotation><text:p>no</text:p></office:annotation><text:p>a "b",<text:s text:c="2"/>c</text:p><text:p>d</text:p></table:table-cell></table:table-row></table:table>`,
			[]string{"book.ods!A: 2031-02-03,1234.5,,\"a \"\"b\"\",  c\nd\"\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, err := Find([]string{writeODS(t, odsHead+tt.sheets+tail)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range src {
				r, err := s.Open()
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r)
				r.Close()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, s.Name+": "+string(b))
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("sheets %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzODS(f *testing.F) {
	f.Add(odsHead + `<table:table table:name="A"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>`)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = io.Copy(io.Discard, io.LimitReader(newODSReader(strings.NewReader(text), 0), 1<<22))
	})
}
