package load_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
	"plimsoll/internal/list/load"
)

// entries loads one file and prints its entries with their places.
func entries(t *testing.T, file, text string, beside map[string]string) ([]string, error) {
	t.Helper()
	files := map[string]string{file: text}
	maps.Copy(files, beside)
	lists, err := load.Load(t.Context(), []string{folder(t, files)})
	var out []string
	for _, l := range lists {
		listtest.Sound(t, l)
		for i := range l.Entries {
			e := &l.Entries[i]
			out = append(out, e.At+": "+listtest.Brief(e))
		}
	}
	return out, err
}

// encoded writes text in UTF-16 with a byte order mark.
func encoded(text string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// latin writes text in ISO 8859-1, which the samples fit into.
func latin(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

// hostile are names that a shell, a database or a flag parser would take for something else.
var hostile = []string{"a*b?[0] ", "it's \"100 %\" ", "-new\nline ", "--list ", "${HOME};x "}

// TestReaders sends every sample along the same roads: as it is, under hostile names, compressed, in other encodings,
// twice, empty, cut, and with one bad entry among good ones.
func TestReaders(t *testing.T) {
	golden := readGolden(t)
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			want, err := entries(t, s.file, s.text, s.beside)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(golden[s.name], want); d != "" {
				t.Errorf("entries (-want +got):\n%s", d)
			}
			isXML := strings.HasPrefix(s.text, "<?xml")
			same := map[string]string{s.file + ".gz": zipped(s.text), "x " + s.file: "\ufeff" + s.text}
			for _, h := range hostile {
				same[h+s.file] = s.text
			}
			if !strings.HasSuffix(s.file, ".json") { // JSON is UTF-8 (RFC 8259, section 8.1)
				same["utf16 "+s.file] = encoded(strings.Replace(s.text, "UTF-8", "UTF-16", 1))
				same["latin "+s.file] = latin(strings.Replace(s.text, "UTF-8", "ISO-8859-1", 1))
			}
			if isXML {
				same["lines "+s.file] = strings.ReplaceAll(s.text, "><", ">\r\n\t<")
			} else {
				same["crlf "+s.file] = strings.ReplaceAll(s.text, "\n", "\r\n")
			}
			for file, text := range same {
				got, err := entries(t, file, text, s.beside)
				if err != nil {
					t.Errorf("%q: %v", file, err)
				} else if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%q (-want +got):\n%s", file, d)
				}
			}
			refuses(t, s)
		})
	}
}

func refuses(t *testing.T, s sample) {
	t.Helper()
	for _, x := range []struct{ what, text string }{
		{"empty", ""}, {"blank", " \r\n\r\n"}, {"cut", s.text[:len(s.text)-len(lastEntry(s.text))/2]},
	} {
		if got, err := entries(t, s.file, x.text, s.beside); err == nil {
			t.Errorf("%s: it is read: %q", x.what, got)
		} else if !strings.Contains(err.Error(), s.file) {
			t.Errorf("%s: the message names no file: %v", x.what, err)
		}
	}
	if s.good == "" {
		return
	}
	if !strings.Contains(s.text, s.good) {
		t.Fatalf("the sample has no %q", s.good)
	}
	_, err := entries(t, s.file, strings.Replace(s.text, s.good, s.bad, 1), s.beside)
	var le *list.LoadError
	if !errors.As(err, &le) {
		t.Fatalf("a bad entry: error is %v", err)
	}
	if p := le.Problems[0]; p.At != s.at && !strings.HasPrefix(p.At, s.at+" ") || filepath.Base(p.File) != s.file ||
		p.Reason == "" {
		t.Errorf("a bad entry is named as %q, want it at %q", p, s.at)
	}
}

// lastEntry is the end of a text from its last row or element on.
func lastEntry(text string) string {
	if strings.HasPrefix(text, "<?xml") {
		return text[strings.LastIndex(text, "</"):]
	}
	text = strings.TrimRight(text, "\n")
	if i := strings.LastIndexByte(text, '\n'); i > 0 && text[0] != '{' || i > 0 && strings.Count(text, "\n") == 1 {
		return text[i+1:]
	}
	return text[len(text)/2:]
}

// readGolden reads testdata/readers.txt: "# name" and the entries below it. UPDATE=1 writes it from what is read now.
func readGolden(t *testing.T) map[string][]string {
	t.Helper()
	path := filepath.Join("testdata", "readers.txt")
	if os.Getenv("UPDATE") != "" {
		var b strings.Builder
		for _, s := range samples {
			got, err := entries(t, s.file, s.text, s.beside)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString("# " + s.name + "\n" + strings.Join(got, "\n") + "\n")
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	name := ""
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			name = rest
			continue
		}
		out[name] = append(out[name], line)
	}
	return out
}
