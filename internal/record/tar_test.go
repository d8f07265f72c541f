package record

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// tarred packs entries; an entry without a header is a file.
func tarred(t testing.TB, entries ...tarEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := e.Header
		h.Name, h.Mode = e.name, 0o600
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(e.text))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(e.text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type tarEntry struct {
	name, text string
	tar.Header
}

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// v7 takes the magic word out of each header, as Unix V7 wrote it.
func v7(text []byte) []byte {
	text = bytes.Clone(text)
	for at := 0; at+tarBlock <= len(text); at += tarBlock {
		block := text[at : at+tarBlock]
		if string(block[tarMagicAt:tarMagicAt+5]) != tarMagic {
			continue
		}
		clear(block[tarMagicAt:])
		copy(block[tarSumAt:], "        ")
		sum := 0
		for _, b := range block {
			sum += int(b)
		}
		copy(block[tarSumAt:], fmt.Sprintf("%06o\x00 ", sum))
	}
	return text
}

// TestTar lists the files of tar archives in every wrapping, each to be read by itself.
func TestTar(t *testing.T) {
	files := []tarEntry{{name: "./b.json", text: "{}"}, {name: "sub/", Header: tar.Header{Typeflag: tar.TypeDir}},
		{name: "sub/a.csv", text: "x,y\n1,2\n"},
		{name: "sub/.cache", text: "z"}, {name: "link.csv", Header: tar.Header{Typeflag: tar.TypeSymlink,
			Linkname: "sub/a.csv"}},
		{name: "pipe", Header: tar.Header{Typeflag: tar.TypeFifo}}, {name: strings.Repeat("long/", 50) + "c.csv",
			text: "deep"}, {name: "empty.csv"},
		{name: "again.csv", text: "1"}, {name: "again.csv", text: "2"}}
	plain := tarred(t, files...)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	short := tarred(t, tarEntry{name: "one.csv", text: "1"}, tarEntry{name: "two.csv", text: strings.Repeat("2", 900)})
	long := "!" + strings.Repeat("long/", 50) + "c.csv=deep"
	all := "!again.csv=1 !again.csv (2)=2 !b.json={} !empty.csv= !link.csv=a link to sub/a.csv, which is not " +
		"followed inside an archive" +
		" " + long + " !pipe=neither a file nor a folder !sub/a.csv=x,y\n1,2\n =1 hidden file in it: sub/.cache; " +
		"what of them is to be read has to be given by itself"
	for _, tt := range []struct {
		name, file string
		text       []byte
		want       string
	}{
		{"plain", "a.tar", plain, all},
		{"under another name", "a.dat", plain, all},
		{"gzip", "a.tgz", gzipped(t, plain), all},
		{"zstandard", "a.tar.zst", enc.EncodeAll(plain, nil), all},
		{"without magic", "a.tar", v7(tarred(t, tarEntry{name: "one.csv", text: "1"})), "!one.csv=1"},
		{"in a ZIP file", "a.zip",
			zipped(t, map[string][]byte{"in.tar": tarred(t, tarEntry{name: "one.csv", text: "1"})}),
			"!in.tar!one.csv=1"},
		{"packed, in a tar archive", "a.tar",
			tarred(t, tarEntry{name: "in.tgz",
				text: string(gzipped(t, tarred(t, tarEntry{name: "one.csv", text: "1"})))}), "!in.tgz!one.csv=1"},
		{"a packed table in it", "a.tar",
			tarred(t, tarEntry{name: "one.csv.gz", text: string(gzipped(t, []byte("1,2\n")))}), "!one.csv.gz=1,2\n"},
		{"cut behind a file", "a.tar", short[:1024], "!one.csv=1 =damage"},
		{"cut in a file", "a.tar", short[:2000], "!one.csv=1 !two.csv=damage =damage"},
		{"cut in a header", "a.tar", short[:1300], "!one.csv=1 =damage"},
		{"changed header", "a.tar", append(append(bytes.Clone(short[:1024]), bytes.Repeat([]byte("x"), 512)...),
			short[1536:]...), "!one.csv=1 =damage"},
		{"cut gzip", "a.tgz", gzipped(t, plain)[:150], "=damage"},
		{"no tar archive", "a.csv", []byte("a,b\n" + strings.Repeat("1,2\n", 200)), "=a,b\n" + strings.Repeat("1,2\n",
			200)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(path, tt.text, 0o600); err != nil {
				t.Fatal(err)
			}
			sources, err := Find([]string{path})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range sources {
				got = append(got, strings.TrimPrefix(s.Name, tt.file)+"="+held(s))
			}
			if g := strings.Join(got, " "); g != tt.want && !(tt.want == "=damage" && strings.HasSuffix(g, tt.want)) {
				t.Errorf("sources\n%s\nwant\n%s", g, tt.want)
			}
		})
	}
}

// held is what a source holds, or why it cannot be read.
func held(s Source) string {
	if s.Skipped != "" {
		return s.Skipped
	}
	if s.Damage != "" {
		return "damage"
	}
	r, err := s.Open()
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestTarBound stops what unpacks to more than it may, and says how to raise the bound.
func TestTarBound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tgz")
	if err := os.WriteFile(path, gzipped(t, tarred(t, tarEntry{name: "a.csv", text: strings.Repeat("1,2\n", 5000)})),
		0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := FindWithin([]string{path}, Bounds{Size: 4096})
	if err != nil {
		t.Fatal(err)
	}
	last := sources[len(sources)-1]
	if !strings.Contains(last.Damage, "4096 bytes") || !strings.Contains(last.Damage, "--unpack-size") {
		t.Errorf("damage %q of %d sources", last.Damage, len(sources))
	}
}

// TestEncrypted names the members of a ZIP file that need a password.
func TestEncrypted(t *testing.T) {
	all := zipped(t, map[string][]byte{"a.csv": []byte("1")})
	for at := 0; ; {
		n := bytes.Index(all[at:], []byte("PK\x01\x02"))
		if n < 0 {
			break
		}
		all[at+n+8] |= zipEncrypted // of the directory (APPNOTE.TXT, 4.3.12)
		at += n + 4
	}
	path := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := Find([]string{path})
	if err != nil || len(sources) != 1 || !strings.Contains(sources[0].Skipped, "encrypted") {
		t.Errorf("%v, %+v", err, sources)
	}
}
