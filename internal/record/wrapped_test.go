package record

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Wrappers that people put around a file.
func zipOf(t *testing.T, name string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarOf(t *testing.T, name string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(b)), Mode: 0o600, Typeflag: tar.TypeReg})
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzOf(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstOf(t *testing.T, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(b, nil)
}

func TestODSInAnyWrapper(t *testing.T) {
	const tail = "</office:spreadsheet></office:body></office:document-content>"
	row := func(s string) string {
		return "<table:table-row><table:table-cell><text:p>" + s + "</text:p></table:table-cell></table:table-row>"
	}
	book, err := os.ReadFile(writeODS(t, odsHead+`<table:table table:name="One">`+row("a")+
		`</table:table><table:table table:name="Two ! 2">`+
		row("b")+`</table:table>`+tail))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		bytes      []byte
		want       []string // names of sources
	}{
		{"in a ZIP", "x.zip", zipOf(t, "in/book.ods", book), []string{"x.zip!in/book.ods!One",
			"x.zip!in/book.ods!Two ! 2"}},
		{"in a ZIP in a ZIP", "x.zip", zipOf(t, "y.zip", zipOf(t, "book.ods", book)),
			[]string{"x.zip!y.zip!book.ods!One", "x.zip!y.zip!book.ods!Two ! 2"}},
		{"in a tar", "x.tar", tarOf(t, "book.ods", book), []string{"x.tar!book.ods!One", "x.tar!book.ods!Two ! 2"}},
		{"in a packed tar", "x.tgz", gzOf(t, tarOf(t, "book.ods", book)), []string{"x.tgz!book.ods!One",
			"x.tgz!book.ods!Two ! 2"}},
		{"packed with gzip", "x.ods.gz", gzOf(t, book), []string{"x.ods.gz!One", "x.ods.gz!Two ! 2"}},
		{"packed with Zstandard", "x.ods.zst", zstOf(t, book), []string{"x.ods.zst!One", "x.ods.zst!Two ! 2"}},
		{"packed, in a ZIP", "x.zip", zipOf(t, "book.ods.gz", gzOf(t, book)), []string{"x.zip!book.ods.gz!One",
			"x.zip!book.ods.gz!Two ! 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(path, tt.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			sources, err := Find([]string{path})
			if err != nil {
				t.Fatal(err)
			}
			var names, texts []string
			for _, s := range sources {
				names = append(names, s.Name)
				r, err := s.Open()
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r)
				r.Close()
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, string(b))
				if got := s.Workbook(); got != s.Name[:len(got)] || got+"!One" != sources[0].Name {
					t.Errorf("workbook of %s: %q", s.Name, got)
				}
			}
			if !slices.Equal(names, tt.want) || !slices.Equal(texts, []string{"a\n", "b\n"}) {
				t.Errorf("got %q with %q", names, texts)
			}
		})
	}
}

func TestPackedZIP(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zip.gz")
	if err := os.WriteFile(path, gzOf(t, zipOf(t, "a.csv", []byte("a,b\n"))), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := Find([]string{path})
	if err != nil || len(sources) != 1 || sources[0].Name != "x.zip.gz!a.csv" {
		t.Fatalf("got %v, %v", sources, err)
	}
	packed := gzOf(t, zipOf(t, "a.csv", []byte("a,b\n")))
	cut := filepath.Join(t.TempDir(), "cut.zip.gz")
	if err := os.WriteFile(cut, packed[:len(packed)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Find([]string{cut}); err != nil || len(got) != 1 || got[0].Damage == "" {
		t.Errorf("cut off: got %v, %v", got, err)
	}
	head, err := sources[0].Head()
	if err != nil || string(head) != "a,b\n" {
		t.Errorf("got %q, %v", head, err)
	}
}
