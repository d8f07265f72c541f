package record

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// zipped packs files by name.
func zipped(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestArchiveInArchive lists what lies in archives inside archives, and names what lies too deep.
func TestArchiveInArchive(t *testing.T) {
	deep := zipped(t, map[string][]byte{"low.csv": []byte("d\n")})
	for range 2 {
		deep = zipped(t, map[string][]byte{"more.zip": deep})
	}
	book := zipped(t, map[string][]byte{"[Content_Types].xml": []byte("<x/>")})
	all := zipped(t, map[string][]byte{
		"a.csv": []byte("a\n"), "x.zip": zipped(t, map[string][]byte{"b.csv": []byte("b\n"),
			"y.zip": zipped(t, map[string][]byte{"c.csv": []byte("c\n")})}),
		"book.xlsx": book, "deep.zip": deep, "no.zip": []byte("PK\x03\x04 and nothing else"), "short": []byte("PK"),
	})
	path := filepath.Join(t.TempDir(), "all.zip")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := Find([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range sources {
		if s.Skipped != "" {
			got[s.Name] = "skipped: " + s.Skipped
			continue
		}
		r, err := s.Open()
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		got[s.Name] = string(text[:min(len(text), 4)])
	}
	for name, want := range map[string]string{
		"all.zip!a.csv": "a\n", "all.zip!x.zip!b.csv": "b\n", "all.zip!x.zip!y.zip!c.csv": "c\n",
		"all.zip!book.xlsx": "PK\x03\x04",
		"all.zip!no.zip":    "PK\x03\x04", "all.zip!short": "PK",
	} {
		if got[name] != want {
			t.Errorf("%s holds %q, want %q", name, got[name], want)
		}
	}
	if s := got["all.zip!deep.zip!more.zip!more.zip"]; !strings.HasPrefix(s, "skipped: an archive inside") ||
		len(got) != 7 {
		t.Errorf("%d sources, the deepest %q: %v", len(got), s, got)
	}
}

// TestLooks says what files are that can be no table.
func TestLooks(t *testing.T) {
	for _, tt := range []struct{ head, want string }{
		{"%PDF-1.7\n", "PDF"}, {"  <!DOCTYPE html>\n<html>", "HTML"}, {"<?xml version='1.0'?>", "XML"},
		{"\n[1, 2]", "JSON"}, {"\x89PNG\r\n", "picture"},
		{"\x00\x01\xff\xfe\x80", "no text"}, {"name,country\n", ""}, {"Kunde;Betrag\nMühle;5\n", ""},
	} {
		if got := Looks([]byte(tt.head)); got == "" != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("Looks(%q) = %q, want %q in it", tt.head, got, tt.want)
		}
	}
}
